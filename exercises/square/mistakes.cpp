// Squares with one mistake each, and what the grader must say about it.
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

import exercises.mistakes;
import exercises.square;

using nn::Parameter;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

real squared(real x) { return x * x; }
real unchanged(real x) { return x; }
real doubled(real x) { return 2 * x; }
real magnitude(real x) { return std::abs(x); }
real with_sign(real x) { return x * std::abs(x); }
real cubed(real x) { return x * x * x; }
real power_of_two(real x) { return std::exp2(x); }

real chain(real x, real dy) { return 2 * x * dy; }
real without_dy(real x, real /*dy*/) { return 2 * x; }
real only_dy(real /*x*/, real dy) { return dy; }
real twice_dy(real /*x*/, real dy) { return 2 * dy; }
real half(real x, real dy) { return x * dy; }
real twice_output(real x, real dy) { return 2 * x * x * dy; }
real times_output(real x, real dy) { return x * x * dy; }
real by_root(real x, real dy) { return 2 * std::abs(x) * dy; }
real added(real x, real dy) { return 2 * x + dy; }
real negative(real x, real dy) { return -2 * x * dy; }

/// What a square does; each of them can be spoiled.
struct Ways {
  real (*f)(real x) = squared;
  real (*back)(real x, real dy) = chain;
  bool returns_input = false;
  bool moves_first = false;
  bool stores = true;
  bool stores_once = false;
  bool accumulates = false;
  bool flattens = false;
  bool learns = false;
};

class Square {
 public:
  static inline Ways ways;

  std::string name() const { return "Square"; }
  Shape output_shape(const Shape& sample) const {
    return ways.flattens && sample.rank() > 1 ? Shape{sample.size()} : sample;
  }
  Tensor predict(Tensor x) const {
    for (real& value : x.values()) value = ways.f(value);
    return x;
  }
  Tensor forward(const Tensor& x) {
    if (ways.stores && (!ways.stores_once || input_.empty())) input_ = x;
    if (ways.moves_first) return {};
    return ways.returns_input ? x : predict(x);
  }
  Tensor backward(const Tensor& dy) {
    Tensor dx{input_.shape()};
    for (std::size_t i = 0; i < input_.size(); ++i) {
      dx.values()[i] = ways.back(input_.values()[i], dy.values()[i]);
      if (ways.accumulates && !sum_.empty()) dx.values()[i] += sum_.values()[i];
    }
    return sum_ = dx;
  }
  std::vector<Parameter*> parameters() {
    if (ways.learns) return {&parameter_};
    return {};
  }

 private:
  Tensor input_;
  Tensor sum_;
  Parameter parameter_{"weight", Tensor{1}};
};

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Square::ways = ways; }, exercises::square<Square>());
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("That is X.", {.f = unchanged}),
       tried("That is 2x, the derivative.", {.f = doubled}),
       tried("That is |x|", {.f = magnitude}),
       tried("That is x |x|", {.f = with_sign}),
       tried("That is x³", {.f = cubed}),
       tried("That is 2ˣ", {.f = power_of_two}),
       tried("forward returns X", {.returns_input = true}),
       tried("Y is empty", {.moves_first = true}),
       tried("The output shape for a sample of shape (2, 4, 4) is (32)", {.flattens = true}),
       tried("The list of parameters must be empty", {.learns = true}),
       tried("∂C/∂X is empty", {.stores = false}),
       tried("That is 2x, the derivative: multiply", {.back = without_dy}),
       tried("That is ∂C/∂Y", {.back = only_dy}),
       tried("That is 2 ∂C/∂Y", {.back = twice_dy}),
       tried("All values are half", {.back = half}),
       tried("multiplied by 2y", {.back = twice_output}),
       tried("multiplied by y:", {.back = times_output}),
       tried("multiplied by 2 |x|", {.back = by_root}),
       tried("is added to 2x", {.back = added}),
       tried("All values have the wrong sign", {.back = negative}),
       tried("It uses the X of the first batch", {.stores_once = true}),
       tried("The gradient of the first batch is still in it", {.accumulates = true})});
}
