/// @file
/// @brief Exercise 13: learning-rate schedules.
module;

#include <cmath>
#include <cstddef>
#include <numbers>
#include <stdexcept>
#include <utility>

export module mine.schedules;

import exercises.todo;
export import nn.schedule;

export namespace mine {

using namespace nn;

/// Step decay: the rate drops to γ times itself whenever w more epochs have passed, f = γ^⌊e / w⌋.
class StepDecay {
 public:
  /// @param every w, above 0.
  /// @param factor γ.
  StepDecay(double every, double factor) : every_{every}, gamma_{factor} {}

  /// @return f.
  double operator()(const Progress& progress) const {
    // [todo StepDecay]
    return std::pow(gamma_, std::floor(progress.epoch / every_));
    // [/todo]
  }

 private:
  double every_;  // w
  double gamma_;
};

/// Half a cosine wave from 1 at e = 0 to l at e = E: f = l + (1 − l) (1 + cos(π e / E)) / 2.
class Cosine {
 public:
  /// @param last l.
  explicit Cosine(double last = 0) : last_{last} {}

  /// @return f.
  double operator()(const Progress& progress) const {
    // [todo Cosine]
    const double wave = (1 + std::cos(std::numbers::pi * progress.epoch / progress.epochs)) / 2;
    return last_ + (1 - last_) * wave;
    // [/todo]
  }

 private:
  double last_;  // l
};

/// Linear warm-up: over the first w epochs, the factor rises in a straight line from a times the
/// first factor of a second schedule to that factor. Then the second schedule follows, as if the
/// remaining E − w epochs were the whole training run.
class WarmUp {
 public:
  /// @param epochs w, above 0.
  /// @param first a, the fraction at the beginning.
  /// @param then The second schedule: `then_({e, E, cost})` is its factor after e of E epochs. It
  ///   may need `progress.cost`, the cost of the last epoch.
  WarmUp(double epochs, double first, Schedule then)
      : rise_{epochs}, first_{first}, then_{std::move(then)} {}

  /// @return f.
  /// @throws std::invalid_argument unless the training run is longer than the warm-up.
  double operator()(const Progress& progress) {
    // [todo WarmUp]
    const double rest = progress.epochs - rise_;
    if (rest <= 0) throw std::invalid_argument("WarmUp: the training ends before the warm-up");
    if (progress.epoch >= rise_) return then_({progress.epoch - rise_, rest, progress.cost});
    const double ramp = first_ + (1 - first_) * progress.epoch / rise_;
    return ramp * then_({0, rest, progress.cost});
    // [/todo]
  }

 private:
  double rise_;   // w
  double first_;  // a
  Schedule then_;
};

/// The learning rate of one step.
/// @param schedule Returns the factor f for `{e, E}`.
/// @param eta η, the optimizer's rate.
/// @param step How many steps were made before it: 0 for the first step of the first epoch.
/// @param steps_per_epoch Steps in each epoch.
/// @param epochs E.
/// @return f η.
double learning_rate(const Schedule& schedule, double eta, std::size_t step,
                     std::size_t steps_per_epoch, std::size_t epochs) {
  // [todo learning_rate]
  const double passed = static_cast<double>(step) / static_cast<double>(steps_per_epoch);
  return eta * schedule({passed, static_cast<double>(epochs)});
  // [/todo]
}

}  // namespace mine
