/// @file
/// @brief Grades softplus, as a function and in a layer.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

export module exercises.softplus;

export import exercises.grade;
export import nn.activation;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// A function of each number, computed in double.
template <class F>
Tensor mapped(const Tensor& x, F f) {
  Tensor result{x.shape()};
  for (std::size_t i = 0; i < x.size(); ++i) {
    result.values()[i] = static_cast<real>(f(double{x.values()[i]}));
  }
  return result;
}

double right(double x) { return std::max(0.0, x) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace exercises

export namespace exercises {

/// The steps for a Function of nn::Elementwise.
template <class Function>
std::vector<Step> softplus() {
  static const Tensor x{-2, -0.5, 0, 1, 3};
  static const Tensor y = mapped(x, right);
  static const auto f = [](real v) { return double{Function{}(v)}; };

  return {
      {"operator(): five numbers from −2 to 3",
       [] {
         expect("Y", mapped(x, [](double v) { return f(static_cast<real>(v)); }), y,
                {{"That is ln eˣ, which is x: the 1 is missing.", x},
                 {"That is 1 + eˣ: the logarithm is missing.",
                  mapped(x, [](double v) { return 1 + std::exp(v); })},
                 {"That is ReLU, without the logarithm.",
                  mapped(x, [](double v) { return std::max(0.0, v); })},
                 {"That is the sigmoid, the derivative of softplus.", mapped(x, sigmoid)},
                 {"That is ln(1 + e⁻ˣ), softplus of −x.",
                  mapped(x, [](double v) { return right(-v); })},
                 {"max(0, x) is missing: that is ln(1 + e^(−|x|)) alone.",
                  mapped(x, [](double v) { return right(-std::abs(v)); })},
                 {"The exponent is |x|, but must be −|x|.",
                  mapped(x, [](double v) { return std::max(0.0, v) + right(std::abs(v)); })},
                 {"The exponent is −x, but must be −|x|, so negative numbers are wrong.",
                  mapped(x, [](double v) { return std::max(0.0, v) + right(-v); })},
                 {"x is in place of max(0, x), so negative numbers are wrong.",
                  mapped(x, [](double v) { return v + right(-std::abs(v)); })},
                 {"It is the logarithm to base 2: std::log is the natural one.",
                  mapped(x, [](double v) { return right(v) / std::numbers::ln2; })},
                 {"It is the logarithm to base 10: std::log is the natural one.",
                  mapped(x, [](double v) { return right(v) / std::numbers::ln10; })}});
       }},
      {"operator(): 1000 and −1000",
       [] {
         require(std::isfinite(f(1000)),
                 "For x = 1000 the result is not finite: e¹⁰⁰⁰ is larger than any float. Use a "
                 "formula whose exponent is never above 0.");
         require(std::isfinite(f(-1000)),
                 "For x = −1000 the result is not finite: e⁻ˣ is larger than any float there. The "
                 "exponent −|x| is never above 0.");
         expect("f(1000)", f(1000), 1000,
                {{"x is limited, so the result stops growing: for large x, it is x.",
                  number(f(500))}});
         expect("f(100)", f(100), 100);
         require(std::abs(f(-1000)) < 1e-6, "f(−1000) must be 0.");
       }},
      {"derivative: of the same five numbers",
       [] {
         const Tensor got =
             mapped(y, [](double v) { return Function{}.derivative(static_cast<real>(v)); });
         expect(
             "f′(x)", got, mapped(x, sigmoid),
             {{"That is σ(y): the derivative is σ(x), but the argument is y.", mapped(y, sigmoid)},
              {"That is e⁻ʸ, which is 1 − σ(x).", mapped(y, [](double v) { return std::exp(-v); })},
              {"That is 1 − eʸ: the exponent must be −y.",
               mapped(y, [](double v) { return 1 - std::exp(v); })},
              {"That is eʸ − 1, which is eˣ: divide it by eʸ.",
               mapped(y, [](double v) { return std::exp(v) - 1; })},
              {"That is y (1 − y), the derivative of the sigmoid.",
               mapped(y, [](double v) { return v * (1 - v); })},
              {"That is the derivative of ReLU.",
               mapped(y, [](double v) { return v > 0 ? 1.0 : 0.0; })},
              {"That is y itself.", y}});
       }},
      {"derivative: y = 0 and y = 1000",
       [] {
         const Function function;
         const real large = function.derivative(1000);
         require(std::isfinite(large),
                 "For y = 1000 the derivative is not finite: eʸ is larger than any float there. "
                 "In 1 − e⁻ʸ, the exponent is never above 0.");
         expect("the derivative for y = 1000", double{large}, 1);
         require(std::abs(function.derivative(0)) < 1e-6,
                 "For y = 0, the derivative must be 0: x is far below 0 there.");
       }},
      {"as a layer: a batch of one, and images", [] {
         for (const Shape& shape : {Shape{1, 3}, Shape{2, 3, 2, 2}}) {
           const Tensor inputs = random_tensor(shape, 1);
           nn::Elementwise<Function> layer;
           expect("Y", layer.forward(inputs), mapped(inputs, right));
           expect_gradients(nn::Elementwise<Function>{}, inputs);
         }
       }}};
}

}  // namespace exercises
