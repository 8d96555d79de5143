#include <concepts>

import exercises.metrics;
import mine.metrics;

static_assert(!std::derived_from<mine::ConfusionMatrix, nn::ConfusionMatrix>,
              "the matrix that is graded must be yours");

int main() { return exercises::grade_and_print(exercises::metrics<mine::ConfusionMatrix>()); }
