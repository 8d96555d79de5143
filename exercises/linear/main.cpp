#include <concepts>

import exercises.linear;
import mine.linear;
import nn.dense;

static_assert(nn::Layer<mine::Linear> && !std::derived_from<mine::Linear, nn::Dense>,
              "the layer that is graded must be yours");

int main() { return exercises::grade_and_print(exercises::linear<mine::Linear>()); }
