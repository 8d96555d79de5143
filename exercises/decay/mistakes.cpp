// Decays with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

import exercises.decay;
import exercises.mistakes;

using exercises::Tried;
using nn::Progress;
using nn::Schedule;

namespace {

using Factor = double(const Progress& p);
double line(const Progress& p) { return 1 - p.epoch / p.epochs; }
double rising(const Progress& p) { return p.epoch / p.epochs; }
double cut(const Progress& p) { return 1 - std::floor(p.epoch / p.epochs); }
double constant(const Progress& /*p*/) { return 1; }
double by_epochs(const Progress& p) { return 1 - std::floor(p.epoch) / p.epochs; }
double undivided(const Progress& p) { return 1 - p.epoch; }
double undivided_to_zero(const Progress& p) { return std::max(0.0, 1 - p.epoch); }
double to_half(const Progress& p) { return 1 - p.epoch / p.epochs / 2; }
double too_early(const Progress& p) { return std::max(0.0, 1 - p.epoch / (p.epochs - 1)); }
double too_late(const Progress& p) { return 1 - p.epoch / (p.epochs + 1); }
double cooldown(const Progress& p) { return std::min(1.0, 4 * (1 - p.epoch / p.epochs)); }
double left(const Progress& p) { return p.epochs - p.epoch; }
double squared(const Progress& p) { return line(p) * line(p); }
double hyperbola(const Progress& p) { return 1 / (1 + p.epoch); }
double of_five(const Progress& p) { return 1 - p.epoch / 5; }

/// How the mean is computed; each of them can be spoiled.
struct Ways {
  double first = 0;        // the number of the first step
  std::size_t more = 0;    // steps too many
  bool divides = true;     // at all
  bool by_epochs = false;  // by their number instead of that of the steps
  bool ends_only = false;  // the first and the last factor
  bool fraction = false;   // in place of epochs
  bool once_an_epoch = false;
  bool calls_twice = false;
};

double mean_of(const Ways& ways, const Schedule& schedule, double epochs, std::size_t steps) {
  if (ways.ends_only) {
    return (schedule({.epoch = 0, .epochs = epochs}) +
            schedule({.epoch = epochs, .epochs = epochs})) /
           2;
  }
  const std::size_t count =
      (ways.once_an_epoch ? static_cast<std::size_t>(epochs) : steps) + ways.more;
  const auto all = static_cast<double>(count - ways.more);
  double sum = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const double passed = (static_cast<double>(n) + ways.first) / all;
    const Progress progress{.epoch = ways.fraction ? passed : passed * epochs, .epochs = epochs};
    if (ways.calls_twice) schedule(progress);
    sum += schedule(progress);
  }
  if (!ways.divides) return sum;
  return sum / (ways.by_epochs ? epochs : static_cast<double>(count));
}

std::vector<exercises::Step> steps(const Schedule& decay, const Ways& ways) {
  return exercises::decay({[decay] { return decay; },
                           [ways](const Schedule& schedule, double epochs, std::size_t count) {
                             return mean_of(ways, schedule, epochs, count);
                           }});
}

Tried decays(const char* words, Factor* f) { return {words, steps(f, {})}; }
Tried means(const char* words, const Ways& ways) { return {words, steps(line, ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps(line, {}),
      {decays("It rises from 0 to 1", rising),
       decays("It is 1 until the end", cut),
       decays("It does not change", constant),
       decays("It falls once an epoch", by_epochs),
       decays("It falls by 1 each epoch: divide", undivided),
       decays("It falls by 1 each epoch, down to 0", undivided_to_zero),
       decays("It falls to a half only", to_half),
       decays("It is 0 before the end", too_early),
       decays("It is not 0 in the end", too_late),
       decays("That is linear cooldown", cooldown),
       decays("It is the epochs that are left", left),
       decays("It is the square of what is left", squared),
       {"That is a cosine", steps(nn::Cosine{}, {})},
       {"The schedule is empty", steps(nullptr, {})},
       decays("which never reaches 0", hyperbola),
       decays("The number of epochs is fixed", of_five),
       means("That is the sum", {.divides = false}),
       means("It is divided by the number of epochs", {.by_epochs = true}),
       means("so first with 0 epochs passed", {.first = 1}),
       means("That is the mean of the first and the last factor", {.ends_only = true}),
       means("The factor in the end", {.more = 1}),
       means("multiply by `epochs`", {.fraction = true}),
       means("in the middle of each step", {.first = 0.5}),
       means("The schedule is called once an epoch", {.once_an_epoch = true}),
       means("call it once for each step", {.calls_twice = true})});
}
