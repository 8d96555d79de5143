/// @file
/// @brief Grades step decay, the cosine, linear warm-up, and the learning rate of a step.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module exercises.schedules;

export import exercises.grade;
export import nn.schedule;

using nn::Progress;
using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// The function that computes the learning rate of a step.
using LearningRate = double(const nn::Schedule& schedule, double eta, std::size_t step,
                            std::size_t steps_per_epoch, std::size_t epochs);

}  // namespace exercises

namespace exercises {

using Factor = std::function<double(double e)>;

/// The factors after some of ten epochs.
Tensor factors(const std::vector<double>& epochs, const Factor& f) {
  Tensor all{Shape{epochs.size()}};
  for (std::size_t i = 0; i < epochs.size(); ++i) all(i) = static_cast<real>(f(epochs[i]));
  return all;
}

/// The same, of a schedule.
Tensor factors_of(const std::vector<double>& epochs, nn::Schedule schedule) {
  return factors(epochs, [schedule](double e) { return schedule({e, 10}); });
}

/// A factor; nothing if the schedule throws what it must.
std::optional<double> unless_refused(const nn::Schedule& schedule, const Progress& progress) {
  try {
    return schedule(progress);
  } catch (const std::invalid_argument&) {
    return {};
  }
}

/// From 1 at fraction 0 to 0 at fraction 1.
double half_wave(double fraction) { return (1 + std::cos(std::numbers::pi * fraction)) / 2; }

/// The rates of some steps, four in an epoch.
Tensor rates(const std::vector<std::size_t>& steps,
             const std::function<double(std::size_t step)>& rate) {
  Tensor all{Shape{steps.size()}};
  for (std::size_t i = 0; i < steps.size(); ++i) all(i) = static_cast<real>(rate(steps[i]));
  return all;
}

// What schedules are asked for: epochs out of ten, and steps of which there are four in an epoch.
const std::vector<double> whole_run{0, 1, 2.5, 5, 7.5, 10};
const std::vector<double> drops{3.9, 4, 8};
const std::vector<double> rise{0, 0.5, 1, 2, 6, 10};
const std::vector<std::size_t> steps{0, 1, 3, 4, 6, 7};
const std::vector<std::size_t> around_drops{0, 3, 4, 7};

/// What the steps call: the reader's schedules, made of their options, and the reader's function.
struct Mine {
  nn::Schedule (*step_decay)(double every, double factor);
  nn::Schedule (*cosine)(double last);
  nn::Schedule (*warm_up)(double epochs, double first, nn::Schedule then);
  LearningRate* learning_rate;
};

/// The steps; compiled once, unlike what depends on the reader's classes.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): a list of all steps
std::vector<Step> steps_for(const Mine& mine) {
  return {
      {"StepDecay: w = 4, γ = 0.1 (section 13.2), e = 0, 1, 2.5, 5, 7.5, 10",
       [mine] {
         const auto decayed = [](const Factor& power) {
           return factors(whole_run, [&](double e) { return std::pow(0.1, power(e)); });
         };
         expect("f", factors_of(whole_run, mine.step_decay(4, 0.1)),
                decayed([](double e) { return std::floor(e / 4); }),
                {{"You divide by w, but do not round down: the rate drops all the time, as in "
                  "exponential decay.",
                  decayed([](double e) { return e / 4; })},
                 {"That is γᵉ, exponential decay: count the drops, ⌊e / w⌋.",
                  decayed([](double e) { return e; })},
                 {"There is one drop only: another follows whenever w more epochs have passed.",
                  decayed([](double e) { return e < 4 ? 0 : 1; })},
                 {"You round e / w up: the first drop comes after w epochs, not at the beginning.",
                  decayed([](double e) { return std::ceil(e / 4); })},
                 {"You round e / w to the nearest whole number: round down.",
                  decayed([](double e) { return std::round(e / 4); })},
                 {"γ is multiplied by the number of drops: it must be raised to that power.",
                  factors(whole_run, [](double e) { return 0.1 * std::floor(e / 4); })}});
       }},
      {"StepDecay: the same, e = 3.9, 4, 8",
       [mine] {
         const auto decayed = [](const Factor& power) {
           return factors(drops, [&](double e) { return std::pow(0.1, power(e)); });
         };
         expect("f", factors_of(drops, mine.step_decay(4, 0.1)),
                decayed([](double e) { return std::floor(e / 4); }),
                {{"The drop is late: after exactly w epochs, the next step has the lower rate.",
                  decayed([](double e) { return std::max(0.0, std::ceil(e / 4) - 1); })}});
       }},
      {"Cosine: E = 10 (section 13.2), e = 0, 1, 2.5, 5, 7.5, 10",
       [mine] {
         const auto waves = [](const Factor& fraction) {
           return factors(whole_run, [&](double e) { return half_wave(fraction(e)); });
         };
         expect("f", factors_of(whole_run, mine.cosine(0)), waves([](double e) { return e / 10; }),
                {{"It rises from 0 to 1: at e = 0 the factor is 1.",
                  waves([](double e) { return 1 - e / 10; })},
                 {"That is the cosine itself, which goes down to −1: add 1 and divide by 2.",
                  factors(whole_run, [](double e) { return std::cos(std::numbers::pi * e / 10); })},
                 {"π is missing: std::cos takes an angle in radians, and half a wave is π.",
                  waves([](double e) { return e / 10 / std::numbers::pi; })},
                 {"That is a whole wave, which is at 1 again at the end: take half of one.",
                  waves([](double e) { return e / 5; })},
                 {"That is a quarter of a wave, from 1 to one half: take half of one.",
                  waves([](double e) { return e / 20; })},
                 {"E is missing: the angle is π e / E.", waves([](double e) { return e; })},
                 {"That is a straight line from 1 to 0.",
                  factors(whole_run, [](double e) { return 1 - e / 10; })}});
       }},
      {"Cosine: the same, down to l = 0.2",
       [mine] {
         const auto waves = [](const Factor& f) {
           return factors(whole_run, [&](double e) { return f(half_wave(e / 10)); });
         };
         expect(
             "f", factors_of(whole_run, mine.cosine(0.2)),
             waves([](double wave) { return 0.2 + 0.8 * wave; }),
             {{"It goes down to 0: the last factor is l.", waves([](double wave) { return wave; })},
              {"It begins above 1: the wave goes from 1 to l, so multiply it by 1 − l.",
               waves([](double wave) { return 0.2 + wave; })},
              {"It is multiplied by 1 − l, but l is not added.",
               waves([](double wave) { return 0.8 * wave; })},
              {"The wave is cut off at l: it must be flatter, so that it ends there.",
               waves([](double wave) { return std::max(0.2, wave); })}});
       }},
      {"WarmUp: w = 2, a = 0.1, then a constant rate, e = 0, 0.5, 1, 2, 6, 10",
       [mine] {
         const auto rising = [](const Factor& f) {
           return factors(rise, [&](double e) { return e < 2 ? f(e) : 1; });
         };
         expect("f", factors_of(rise, mine.warm_up(2, 0.1, nn::ConstantRate{})),
                rising([](double e) { return 0.1 + 0.9 * e / 2; }),
                {{"There is no warm-up.", rising([](double) { return 1; })},
                 {"It rises from 0: it must begin at a.", rising([](double e) { return e / 2; })},
                 {"It rises by 1, from a to 1 + a: it must rise by 1 − a.",
                  rising([](double e) { return 0.1 + e / 2; })},
                 {"It stays at a and then jumps: it must rise in a straight line.",
                  rising([](double) { return 0.1; })},
                 {"It rises so slowly that it would take all E epochs: divide by w.",
                  rising([](double e) { return 0.1 + 0.9 * e / 10; })},
                 {"It falls to a.", rising([](double e) { return 1 - 0.9 * e / 2; })}});
       }},
      {"WarmUp: the same, then a cosine",
       [mine] {
         const auto then = [](const Factor& f) {
           return factors(rise, [&](double e) { return e < 2 ? 0.1 + 0.9 * e / 2 : f(e); });
         };
         expect("f", factors_of(rise, mine.warm_up(2, 0.1, nn::Cosine{})),
                then([](double e) { return half_wave((e - 2) / 8); }),
                {{"The second schedule gets e and E: it begins when w epochs have passed, so it "
                  "gets e − w and E − w.",
                  then([](double e) { return half_wave(e / 10); })},
                 {"The second schedule gets e − w, but E: it has only E − w epochs.",
                  then([](double e) { return half_wave((e - 2) / 10); })},
                 {"The second schedule gets E − w, but e: when it begins, its e is 0.",
                  then([](double e) { return half_wave(e / 8); })},
                 {"During the warm-up, the second schedule is asked for e: it has not begun, so "
                  "ask for its epoch 0.",
                  factors(rise,
                          [](double e) {
                            return e < 2 ? (0.1 + 0.9 * e / 2) * half_wave(e / 8)
                                         : half_wave((e - 2) / 8);
                          })},
                 {"During the warm-up, the second schedule is asked for e: it has not begun, so "
                  "ask for its epoch 0.",
                  factors(rise, [](double e) {
                    return e < 2 ? (0.1 + 0.9 * e / 2) * half_wave(e / 10) : half_wave((e - 2) / 8);
                  })}});
       }},
      {"WarmUp: the same, then a schedule that begins at one half",
       [mine] {
         const auto risen = [](double to) {
           return factors(rise, [to](double e) {
             return e < 2 ? to * (0.1 + 0.9 * e / 2) : 0.5 * (1 - (e - 2) / 8);
           });
         };
         const auto line = [](const Progress& p) { return 0.5 * (1 - p.epoch / p.epochs); };
         expect("f", factors_of(rise, mine.warm_up(2, 0.1, line)), risen(0.5),
                {{"It rises to 1: it must rise to the first factor of the second schedule.",
                  risen(1)}});
       }},
      {"WarmUp: the second schedule gets the cost",
       [mine] {
         const auto cost = [](const Progress& p) { return p.cost; };
         const double got = mine.warm_up(2, 0.1, cost)({3, 10, 0.25});
         require(!std::isnan(got),
                 "The second schedule gets NaN as its cost: pass progress.cost on, because "
                 "nn::ReduceOnPlateau needs it.");
         expect("the cost", got, 0.25);
       }},
      {"WarmUp: a training run that is not longer",
       [mine] {
         for (const double epochs : {1.0, 2.0}) {
           const std::optional<double> got =
               unless_refused(mine.warm_up(2, 0.1, nn::Cosine{}), {1, epochs});
           if (!got) continue;
           throw Wrong{
               fmt::format("With w = 2 and E = {}, it returns {:.3g}: throw "
                           "std::invalid_argument, because no epoch is left for the second "
                           "schedule.",
                           epochs, *got)};
         }
       }},
      {"learning_rate: a cosine, η = 0.3, 2 epochs of 4 steps, steps 0, 1, 3, 4, 6, 7",
       [mine] {
         const auto waves = [](const std::function<double(std::size_t)>& fraction,
                               double eta = 0.3) {
           return rates(steps, [&](std::size_t t) { return eta * half_wave(fraction(t)); });
         };
         const auto eighth = [](std::size_t t) { return static_cast<double>(t) / 8; };
         expect(
             "f η",
             rates(steps,
                   [&](std::size_t t) { return mine.learning_rate(nn::Cosine{}, 0.3, t, 4, 2); }),
             waves(eighth),
             {{"The rate changes once per epoch: step / steps_per_epoch is a division of whole "
               "numbers. Convert to double first.",
               waves([](std::size_t t) { return t < 4 ? 0.0 : 0.5; })},
              {"The schedule gets the step in place of the epoch: divide by steps_per_epoch.",
               waves([](std::size_t t) { return static_cast<double>(t) / 2; })},
              {"It is one step ahead: before the first step, 0 epochs have passed.",
               waves([eighth](std::size_t t) { return eighth(t + 1); })},
              {"That is f: multiply it by η.", waves(eighth, 1)},
              {"E is a number of steps: the schedule counts epochs.",
               waves([](std::size_t t) { return static_cast<double>(t) / 32; })},
              {"E is missing: the schedule gets E = 1.",
               waves([](std::size_t t) { return static_cast<double>(t) / 4; })}});
       }},
      {"learning_rate: step decay, η = 1, w = 1, γ = 0.5, steps 0, 3, 4, 7", [mine] {
         const auto decayed = [](const std::function<double(std::size_t)>& drops_before) {
           return rates(around_drops,
                        [&](std::size_t t) { return std::pow(0.5, drops_before(t)); });
         };
         const nn::StepDecay decay{{.every = 1, .factor = 0.5}};
         expect("f η",
                rates(around_drops,
                      [&](std::size_t t) { return mine.learning_rate(decay, 1, t, 4, 2); }),
                decayed([](std::size_t t) { return t < 4 ? 0 : 1; }),
                {{"Both numbers that the schedule gets are steps: a cosine does not notice, but "
                  "step decay counts epochs.",
                  decayed([](std::size_t t) { return static_cast<double>(t); })},
                 {"Both numbers that the schedule gets are fractions of the training run: a cosine "
                  "does not notice, but step decay counts epochs.",
                  decayed([](std::size_t) { return 0; })}});
       }}};
}

}  // namespace exercises

export namespace exercises {

/// The steps for classes like nn::StepDecay, nn::Cosine and nn::WarmUp, and for the rate of a step.
/// A StepDecay is made of (w, γ), a Cosine of (l), a WarmUp of (w, a, schedule).
template <class StepDecay, class Cosine, class WarmUp>
std::vector<Step> schedules(LearningRate* learning_rate) {
  return steps_for({.step_decay = [](double every, double factor) -> nn::Schedule {
                      return StepDecay{every, factor};
                    },
                    .cosine = [](double last) -> nn::Schedule { return Cosine{last}; },
                    .warm_up = [](double epochs, double first, nn::Schedule then) -> nn::Schedule {
                      return WarmUp{epochs, first, std::move(then)};
                    },
                    .learning_rate = learning_rate});
}

}  // namespace exercises
