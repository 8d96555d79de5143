#include <concepts>

import exercises.dense;
import mine.dense;

static_assert(!std::derived_from<mine::Dense, nn::Dense>, "the layer that is graded must be yours");

int main() { return exercises::grade_and_print(exercises::dense<mine::Dense>()); }
