#include <concepts>

import exercises.residual;
import mine.residual;

static_assert(!std::derived_from<mine::Residual, nn::Residual>,
              "the layer that is graded must be yours");

int main() { return exercises::grade_and_print(exercises::residual<mine::Residual>()); }
