#include <concepts>

import exercises.optimizers;
import mine.optimizers;

static_assert(!std::derived_from<mine::GradientDescent, nn::GradientDescent> &&
                  !std::derived_from<mine::Momentum, nn::Momentum> &&
                  !std::derived_from<mine::Adam, nn::Adam>,
              "the optimizers that are graded must be yours");

int main() {
  return exercises::grade_and_print(
      exercises::optimizers<mine::GradientDescent, mine::Momentum, mine::Adam>());
}
