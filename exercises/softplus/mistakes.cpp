// Softplus with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

import exercises.mistakes;
import exercises.softplus;

using nn::real;

namespace {

real logarithm(real x) { return std::log(1 + std::exp(-std::abs(x))); }
real right(real x) { return std::max(real{0}, x) + logarithm(x); }

real without_one(real x) { return x; }
real without_logarithm(real x) { return 1 + std::exp(x); }
real relu(real x) { return std::max(real{0}, x); }
real sigmoid(real x) { return 1 / (1 + std::exp(-x)); }
real mirrored(real x) { return right(-x); }
real positive_exponent(real x) {
  return std::max(real{0}, x) + std::log(1 + std::exp(std::abs(x)));
}
real exponent_without_bars(real x) { return std::max(real{0}, x) + std::log(1 + std::exp(-x)); }
real without_maximum(real x) { return x + logarithm(x); }
real base_two(real x) { return right(x) / std::log(real{2}); }
real base_ten(real x) { return right(x) / std::log(real{10}); }
real overflows(real x) { return std::log(1 + std::exp(x)); }
real overflows_below(real x) { return x + std::log(1 + std::exp(-x)); }
real limited(real x) { return right(std::min(x, real{80})); }

real from_output(real y) { return 1 - std::exp(-y); }
real of_output(real y) { return sigmoid(y); }
real power(real y) { return std::exp(-y); }
real wrong_exponent(real y) { return 1 - std::exp(y); }
real not_divided(real y) { return std::exp(y) - 1; }
real of_sigmoid(real y) { return y * (1 - y); }
real of_relu(real y) { return y > 0 ? 1 : 0; }
real itself(real y) { return y; }
real quotient(real y) { return (std::exp(y) - 1) / std::exp(y); }

/// A function and its derivative; one of them is wrong at a time.
struct Ways {
  real (*f)(real x) = right;
  real (*derivative)(real y) = from_output;
};

struct Function {
  static inline Ways ways;
  std::string name() const { return "Softplus"; }
  real operator()(real x) const { return ways.f(x); }
  real derivative(real y) const { return ways.derivative(y); }
};

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Function::ways = ways; }, exercises::softplus<Function>());
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}), {tried("the 1 is missing", {.f = without_one}),
                  tried("the logarithm is missing", {.f = without_logarithm}),
                  tried("That is ReLU", {.f = relu}),
                  tried("That is the sigmoid", {.f = sigmoid}),
                  tried("softplus of −x", {.f = mirrored}),
                  tried("max(0, x) is missing", {.f = logarithm}),
                  tried("The exponent is |x|", {.f = positive_exponent}),
                  tried("The exponent is −x", {.f = exponent_without_bars}),
                  tried("x is in place of max(0, x)", {.f = without_maximum}),
                  tried("to base 2", {.f = base_two}),
                  tried("to base 10", {.f = base_ten}),
                  tried("For x = 1000 the result is not finite", {.f = overflows}),
                  tried("For x = −1000 the result is not finite", {.f = overflows_below}),
                  tried("x is limited", {.f = limited}),
                  tried("That is σ(y)", {.derivative = of_output}),
                  tried("That is e⁻ʸ", {.derivative = power}),
                  tried("That is 1 − eʸ", {.derivative = wrong_exponent}),
                  tried("That is eʸ − 1", {.derivative = not_divided}),
                  tried("the derivative of the sigmoid", {.derivative = of_sigmoid}),
                  tried("the derivative of ReLU", {.derivative = of_relu}),
                  tried("That is y itself", {.derivative = itself}),
                  tried("For y = 1000 the derivative is not finite", {.derivative = quotient})});
}
