#include <concepts>

import exercises.activation;
import mine.activation;

static_assert(!std::derived_from<mine::ReLU, nn::ReLU> &&
                  !std::derived_from<mine::Softmax, nn::Softmax>,
              "the layers that are graded must be yours");

int main() {
  return exercises::grade_and_print(exercises::activation<mine::ReLU, mine::Softmax>());
}
