// Weights with one mistake each, and what the grader must say about it.
#include <vector>

import exercises.clip;
import exercises.mistakes;

using nn::Shape;
using nn::Tensor;

namespace {

/// The numbers of a network; those of a right one unless one of them is spoiled.
struct Numbers {
  Tensor w{{-1, 0}};
  Tensor b{1, 0};
  Tensor v{{-1}, {0}};
  Tensor c{1};
};

struct Clip {
  static inline Numbers numbers;
  static Tensor hidden_weights() { return numbers.w; }
  static Tensor hidden_biases() { return numbers.b; }
  static Tensor output_weights() { return numbers.v; }
  static Tensor output_bias() { return numbers.c; }
};

std::vector<exercises::Step> steps(const Numbers& numbers) {
  return exercises::prepared([numbers] { Clip::numbers = numbers; }, exercises::clip<Clip>());
}

exercises::Tried tried(const char* words, const Numbers& numbers) {
  return {words, steps(numbers)};
}

Tensor columns(nn::real first, nn::real second) {
  return Tensor{first, second}.reshaped(Shape{1, 2});
}
Tensor rows(nn::real first, nn::real second) { return Tensor{first, second}.reshaped(Shape{2, 1}); }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("hidden_weights has shape (2, 1), expected (1, 2)", {.w = rows(-1, 0)}),
       tried("hidden_biases has shape (1), expected (2)", {.b = Tensor{1}}),
       tried("output_weights has shape (1, 2), expected (2, 1)", {.v = columns(-1, 0)}),
       tried("output_bias has shape (2), expected (1)", {.c = Tensor{1, 0}}),
       tried("That is max(x, 1)", {.w = columns(1, 0), .b = Tensor{-1, 0}, .v = rows(1, 0)}),
       tried("That is x: no neuron",
             {.w = columns(1, -1), .b = Tensor{0, 0}, .v = rows(1, -1), .c = Tensor{nn::real{0}}}),
       tried("That is max(0, x), which",
             {.w = columns(1, 0), .b = Tensor{0, 0}, .v = rows(1, 0), .c = Tensor{nn::real{0}}}),
       tried("Negative x become 0",
             {.w = columns(1, 1), .b = Tensor{0, -1}, .v = rows(1, -1), .c = Tensor{nn::real{0}}}),
       tried("The kink is at 0", {.b = Tensor{0, 0}, .c = Tensor{nn::real{0}}}),
       tried("The kink is at −1", {.b = Tensor{-1, 0}, .c = Tensor{-1}}),
       tried("That is max(0, 1 − x)", {.v = rows(1, 0), .c = Tensor{nn::real{0}}}),
       tried("That is max(0, x − 1)",
             {.w = columns(1, 0), .b = Tensor{-1, 0}, .v = rows(1, 0), .c = Tensor{nn::real{0}}}),
       tried("the weight of the output must be negative", {.v = rows(1, 0)}),
       tried("the output needs a bias", {.c = Tensor{nn::real{0}}}),
       tried("needs the opposite sign", {.w = columns(1, 0), .b = Tensor{-1, 0}}),
       tried("That is |x − 1|",
             {.w = columns(-1, 1), .b = Tensor{1, -1}, .v = rows(1, 1), .c = Tensor{nn::real{0}}}),
       tried("That is 1 everywhere", {.v = rows(0, 0)}),
       tried("twice as steep", {.v = rows(-2, 0)}),
       tried("the output stops falling",
             {.w = columns(-1, -1), .b = Tensor{1, -2}, .v = rows(-1, 1)})});
}
