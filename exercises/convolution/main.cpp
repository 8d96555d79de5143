#include <concepts>

import exercises.convolution;
import mine.convolution;

static_assert(!std::derived_from<mine::Convolution, nn::Convolution>,
              "the layer that is graded must be yours");

int main() { return exercises::grade_and_print(exercises::convolution<mine::Convolution>()); }
