/// @file
/// @brief Exercise 13.3: a linear decay.
module;

#include <cstddef>

export module mine.decay;

import exercises.todo;
export import nn.schedule;

export namespace mine {

using namespace nn;

/// A schedule that decreases linearly, from 1 when no epoch has passed to 0 when all have.
/// @return A callable like `[](const Progress& progress) { return …; }`.
Schedule linear_decay() {
  // [todo linear_decay]
  return [](const Progress& progress) { return 1 - progress.epoch / progress.epochs; };
  // [/todo]
}

/// The mean of the factors with which a schedule multiplies the rate of each step.
/// @param schedule Called once before each step, in order: first with 0 of E epochs passed.
/// @param epochs E.
/// @param steps N, the steps of the whole run, at least 1.
double mean_factor(const Schedule& schedule, double epochs, std::size_t steps) {
  // [todo mean_factor]
  double sum = 0;
  for (std::size_t n = 0; n < steps; ++n) {
    const double passed = epochs * static_cast<double>(n) / static_cast<double>(steps);
    sum += schedule({.epoch = passed, .epochs = epochs});
  }
  return sum / static_cast<double>(steps);
  // [/todo]
}

}  // namespace mine
