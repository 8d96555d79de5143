#include <concepts>

import exercises.normalization;
import mine.normalization;

static_assert(!std::derived_from<mine::BatchNorm, nn::BatchNorm>,
              "the layer that is graded must be yours");

int main() { return exercises::grade_and_print(exercises::normalization<mine::BatchNorm>()); }
