/// @file
/// @brief Grades ReLU and softmax.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

export module exercises.activation;

export import exercises.grade;
export import nn.activation;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// f applied to every pair of values.
template <class Function>
Tensor combined(const Tensor& a, const Tensor& b, Function f) {
  Tensor result{a.shape()};
  for (std::size_t i = 0; i < a.size(); ++i) result.values()[i] = f(a.values()[i], b.values()[i]);
  return result;
}

template <class Function>
Tensor mapped(const Tensor& a, Function f) {
  return combined(a, a, [f](real x, real) { return f(x); });
}

/// The exponentials, each row divided by its sum, or the whole by the sum of all.
Tensor quotients(const Tensor& x, bool by_row) {
  Tensor result = mapped(x, [](real value) { return std::exp(value); });
  real all = 0;
  for (const real value : result.values()) all += value;
  for (std::size_t n = 0; n < x.rows(); ++n) {
    real sum = 0;
    for (const real value : result.row(n)) sum += value;
    for (real& value : result.row(n)) value /= by_row ? sum : all;
  }
  return result;
}

}  // namespace exercises

export namespace exercises {

/// The steps for classes like nn::ReLU and nn::Softmax.
template <class ReLU, class Softmax>
std::vector<Step> activation() {
  static const Tensor x{{-2, 0, 1.5}, {3, -0.5, 2}};
  static const Tensor dy{{1, -1, 2}, {0.5, 4, -3}};
  // Logits, and the probabilities that belong to them.
  static const Tensor z{{1, 2, 0}, {-1, 0, 3}};
  static const Tensor y = quotients(z, true);

  return {
      {"ReLU: predict",
       [] {
         expect("Y", ReLU{}.predict(x), mapped(x, [](real v) { return std::max(real{0}, v); }),
                {{"That is |x|: negative numbers must become 0.",
                  mapped(x, [](real v) { return std::abs(v); })},
                 {"That is min(0, x).", mapped(x, [](real v) { return std::min(real{0}, v); })}});
       }},
      {"ReLU: backward",
       [] {
         ReLU relu;
         relu.forward(x);
         expect("∂C/∂X", relu.backward(dy),
                combined(dy, x, [](real d, real v) { return v > 0 ? d : 0; }),
                {{"It is the derivative of ReLU, not multiplied by ∂C/∂Y.",
                  mapped(x, [](real v) { return v > 0 ? real{1} : 0; })},
                 {"That is ∂C/∂Y itself: where the input was negative, the gradient must be 0. (An "
                  "output is never negative, so `y >= 0` is always true.)",
                  dy},
                 {"It is multiplied by the output, not by the derivative, which is 1 or 0.",
                  combined(dy, x, [](real d, real v) { return d * std::max(real{0}, v); })},
                 {"It asks whether ∂C/∂Y is positive, not whether the output was.",
                  mapped(dy, [](real d) { return std::max(real{0}, d); })},
                 {"By convention the gradient at x = 0 is 0: test > 0, not >= 0.",
                  combined(dy, x, [](real d, real v) { return v >= 0 ? d : 0; })}});
       }},
      {"ReLU: images, shape (2, 3, 4, 4)",
       [] {
         const Tensor images = random_tensor(Shape{2, 3, 4, 4}, 1);
         const Tensor gradient = random_tensor(Shape{2, 3, 4, 4}, 2);
         ReLU mine;
         nn::ReLU right;
         expect("Y", mine.forward(images), right.forward(images));
         expect("∂C/∂X", mine.backward(gradient), right.backward(gradient));
       }},
      {"Softmax: predict",
       [] {
         expect("Y", Softmax{}.predict(z), y,
                {{"The exponentials are not divided by their sum.",
                  mapped(z, [](real v) { return std::exp(v); })},
                 {"They are divided by the sum of the whole batch: each row adds up to 1.",
                  quotients(z, false)},
                 {"It is the logarithm of the probabilities.",
                  mapped(y, [](real v) { return std::log(v); })}});
       }},
      {"Softmax: predict does not overflow",
       [] {
         const Tensor large{{1000, 999, 0}, {-1000, -1000, -1000}};
         const Tensor got = Softmax{}.predict(large);
         const auto has_nan = [&](std::size_t n) {
           return std::ranges::any_of(got.row(n), [](real v) { return std::isnan(v); });
         };
         require(
             !has_nan(1) || has_nan(0),
             "Every exponential of the second row is 0: subtract the largest logit of each row, "
             "not that of the batch.");
         require(!has_nan(0),
                 "For logits of 1000, there is NaN among the probabilities: e¹⁰⁰⁰ is larger than "
                 "any float. Subtract the largest logit of the row first.");
         expect("Y", got, nn::Softmax{}.predict(large));
       }},
      {"Softmax: backward",
       [] {
         Softmax softmax;
         softmax.forward(z);
         nn::Softmax right;
         right.forward(z);
         expect("∂C/∂X", softmax.backward(dy), right.backward(dy),
                {{"Only the diagonal of the Jacobian is used: each output depends on every logit.",
                  combined(dy, y, [](real d, real p) { return d * p * (1 - p); })},
                 {"The sum Σᵢ ∂C/∂y(i) y(i) is missing.",
                  combined(dy, y, [](real d, real p) { return d * p; })},
                 {"That is y − ∂C/∂Y, which is the gradient of softmax and cross-entropy together.",
                  combined(dy, y, [](real d, real p) { return p - d; })}});
       }},
      {"Softmax: 5 rows of 10", [] {
         const Tensor logits = random_tensor(Shape{5, 10}, 3);
         const Tensor gradient = random_tensor(Shape{5, 10}, 4);
         Softmax mine;
         nn::Softmax right;
         expect("Y", mine.forward(logits), right.forward(logits));
         expect("∂C/∂X", mine.backward(gradient), right.backward(gradient));
       }}};
}

}  // namespace exercises
