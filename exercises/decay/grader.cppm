/// @file
/// @brief Grades a linear decay and the mean factor of schedules.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

export module exercises.decay;

export import exercises.grade;
export import nn.schedule;

using nn::Progress;
using nn::real;
using nn::Schedule;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Decay {
  std::function<Schedule()> linear_decay;
  std::function<double(const Schedule&, double epochs, std::size_t steps)> mean_factor;
};

}  // namespace exercises

namespace exercises {

/// The factors at eleven places of a run, from its beginning to its end.
template <class Function>
Tensor factors(const Function& f, double epochs) {
  Tensor result{Shape{11}};
  for (std::size_t i = 0; i < 11; ++i) {
    const Progress progress{.epoch = epochs * static_cast<double>(i) / 10, .epochs = epochs};
    result(i) = static_cast<real>(f(progress));
  }
  return result;
}

/// What a decay of a run of 5 epochs may be instead.
std::vector<Mistake> of_decay() {
  const auto of = [](auto f) {
    return factors([f](const Progress& p) { return f(p.epoch, p.epochs); }, 5);
  };
  return {
      {"It rises from 0 to 1: that is the fraction that has passed.",
       of([](double e, double all) { return e / all; })},
      {"It is 1 until the end: is `epoch / epochs` cut to a whole number?",
       of([](double e, double all) { return 1 - std::floor(e / all); })},
      {"It does not change: does it use `epoch`?", of([](double, double) { return 1.0; })},
      {"It falls once an epoch, but must also fall between: do not round `epoch`.",
       of([](double e, double all) { return 1 - std::floor(e) / all; })},
      {"It falls by 1 each epoch: divide by `epochs`.", of([](double e, double) { return 1 - e; })},
      {"It falls by 1 each epoch, down to 0: divide by `epochs`.",
       of([](double e, double) { return std::max(0.0, 1 - e); })},
      {"It falls to a half only: it must be 0 in the end.",
       of([](double e, double all) { return 1 - e / all / 2; })},
      {"It is 0 before the end: the last epoch counts, too.",
       of([](double e, double all) { return std::max(0.0, 1 - e / (all - 1)); })},
      {"It is not 0 in the end: divide by `epochs`, not by one more.",
       of([](double e, double all) { return 1 - e / (all + 1); })},
      {"That is linear cooldown, which is 1 at first: fall from the beginning.",
       of([](double e, double all) { return std::min(1.0, 4 * (1 - e / all)); })},
      {"It is the epochs that are left: divide by `epochs`.",
       of([](double e, double all) { return all - e; })},
      {"It is the square of what is left, which is not a straight line.",
       of([](double e, double all) { return (1 - e / all) * (1 - e / all); })},
      {"That is a cosine, not a straight line.", factors(Schedule{nn::Cosine{}}, 5)},
      {"That is 1 / (1 + e), which never reaches 0.",
       of([](double e, double) { return 1 / (1 + e); })}};
}

/// e² / E²: its mean depends on every detail.
double parabola(const Progress& p) { return p.epoch * p.epoch / p.epochs / p.epochs; }

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> decay(const Decay& mine) {
  return {
      {"linear_decay: in 5 epochs",
       [mine] {
         const Schedule schedule = mine.linear_decay();
         require(static_cast<bool>(schedule), "The schedule is empty: return a lambda.");
         expect("the factors from the beginning to the end", factors(schedule, 5),
                factors([](const Progress& p) { return 1 - p.epoch / p.epochs; }, 5), of_decay(),
                1e-3);
       }},
      {"linear_decay: in 20 epochs, and in one",
       [mine] {
         for (const double epochs : {20.0, 1.0}) {
           expect("the factors from the beginning to the end", factors(mine.linear_decay(), epochs),
                  factors([](const Progress& p) { return 1 - p.epoch / p.epochs; }, epochs),
                  {{"The number of epochs is fixed: it is `epochs`, which differs from run to run.",
                    factors([](const Progress& p) { return 1 - p.epoch / 5; }, epochs)}},
                  1e-3);
         }
       }},
      {"mean_factor: four steps in two epochs of e² / E²",
       [mine] {
         expect(
             "the mean", mine.mean_factor(parabola, 2, 4), 14.0 / 64,
             {{"That is the sum: divide it by the number of steps.", number(14.0 / 16)},
              {"It is divided by the number of epochs, not of steps.", number(14.0 / 32)},
              {"The schedule is called before each step, so first with 0 epochs passed.",
               number(30.0 / 64)},
              {"That is the mean of the first and the last factor.", number(0.5)},
              {"The factor in the end, when no step is left, does not count.", number(30.0 / 80)},
              {"The schedule must be called with `epochs` epochs, not with 1.", number(14.0 / 16)},
              {"Passed are n / N of all epochs: multiply by `epochs`.", number(14.0 / 256)},
              {"The schedule is called in the middle of each step, not before it.",
               number(21.0 / 64)},
              {"The schedule is called once an epoch: it is called before each step.",
               number(1.0 / 8)}});
       }},
      {"mean_factor: a schedule that counts its calls",
       [mine] {
         std::size_t calls = 0;
         const Schedule counting = [&calls](const Progress&) {
           ++calls;
           return 1.0;
         };
         expect("the mean of ones", mine.mean_factor(counting, 3, 12), 1);
         require(calls == 12,
                 "A schedule may count its calls: call it once for each step, and no more.");
       }},
      {"mean_factor: 1,000 steps of a linear decay, and of a cosine", [mine] {
         expect("the mean of a linear decay", mine.mean_factor(mine.linear_decay(), 7, 1000),
                0.5005);
         expect("the mean of a cosine", mine.mean_factor(nn::Cosine{}, 7, 1000), 0.5005);
       }}};
}

}  // namespace exercises
