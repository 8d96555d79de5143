/// @file
/// @brief Grades dropout. The masks are the reader's, so they are read off the outputs.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

export module exercises.dropout;

export import exercises.grade;
export import nn.dropout;
export import nn.random;

using nn::Random;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// Numbers of which none is 0, so that each 0 in an output was dropped.
Tensor without_zeros(const Shape& shape) {
  Tensor x{shape};
  for (std::size_t i = 0; i < x.size(); ++i) x.values()[i] = static_cast<real>(1 + i % 7);
  return x;
}

/// The mask that an output was made with: 0 where it is 0, otherwise 1.
Tensor mask_of(Tensor y) {
  for (real& m : y.values()) m = m == 0 ? 0 : 1;
  return y;
}

/// What a mask drops, and the other way round.
Tensor inverted(Tensor mask) {
  for (real& m : mask.values()) m = 1 - m;
  return mask;
}

/// factor · x ⊙ m.
Tensor masked(Tensor x, const Tensor& mask, double factor = 1) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.values()[i] *= mask.values()[i] * static_cast<real>(factor);
  }
  return x;
}

std::size_t zeros_in(const Tensor& y) {
  return static_cast<std::size_t>(std::ranges::count(y.values(), real{0}));
}

/// Whether some sample has values that were dropped, and values that were kept.
bool has_both_in_a_row(const Tensor& mask) {
  for (std::size_t n = 0; n < mask.rows(); ++n) {
    if (mask.row(n).front() != std::ranges::min(mask.row(n))) return true;
    if (mask.row(n).front() != std::ranges::max(mask.row(n))) return true;
  }
  return false;
}

/// Compares an output with what its own mask gives.
void expect_scaled(const Tensor& y, const Tensor& x, double p) {
  require(y.shape() == x.shape(), "Y must have the shape of X.");
  require(y != x, "Y is X: in training, forward drops values and scales the rest.");
  const Tensor m = mask_of(y);
  expect(
      "Y", y, masked(x, m, 1 / (1 - p)),
      {{"The values that are kept are not scaled: divide them by 1 − p.", masked(x, m)},
       {"The values that are kept are multiplied by 1 − p: divide them by it.",
        masked(x, m, 1 - p)},
       {"The values that are kept are divided by p: divide them by 1 − p.", masked(x, m, 1 / p)}});
}

/// Whether every value of a gradient is 0 or scaled, as if it came from a mask.
bool has_a_mask(const Tensor& dx, const Tensor& dy, double p) {
  return dx.shape() == dy.shape() && zeros_in(dx) > 0 &&
         std::ranges::equal(dx.values(), masked(dy, mask_of(dx), 1 / (1 - p)).values(),
                            [](real a, real b) { return a - b < 1e-4F && b - a < 1e-4F; });
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class like nn::Dropout.
template <class Dropout>
std::vector<Step> dropout() {
  static const Tensor six{1, 2, 3, 4, 5, 6};
  static const Tensor x = without_zeros(Shape{4, 6});
  static const Tensor dy = random_tensor(Shape{4, 6}, 1);
  constexpr double quarter = 0.25;
  const auto layer = [](double p) {
    Random random{1};
    return Dropout{p, random};
  };

  return {
      {"forward: the six numbers of section 12.5",
       [layer] { expect_scaled(layer(0.5).forward(six), six, 0.5); }},
      {"forward: 30 passes",
       [layer] {
         Dropout mine = layer(0.5);
         const Tensor first = mine.forward(six);
         bool are_equal = true;
         bool as_many = true;
         for (int pass = 1; pass < 30; ++pass) {
           const Tensor y = mine.forward(six);
           are_equal = are_equal && y == first;
           as_many = as_many && zeros_in(y) == zeros_in(first);
         }
         require(!are_equal, "Every pass has the same mask: draw a new one in each forward.");
         require(!as_many,
                 fmt::format("Every pass drops {} of the 6 values. Draw a number for each "
                             "value: sometimes more are dropped, sometimes fewer.",
                             zeros_in(first)));
         require(layer(0.5).forward(six) == first,
                 "Two layers with the same seed drop different values: draw from random_, so that "
                 "a training run can be repeated.");
       }},
      {"forward: a batch of 100 samples, 200 values each, p = 0.2",
       [layer] {
         const Tensor batch = without_zeros(Shape{100, 200});
         const Tensor y = layer(0.2).forward(batch);
         require(y.shape() == batch.shape(), "Y must have the shape of X.");
         const std::size_t zeros = zeros_in(y);
         require(zeros != 0 && zeros != y.size(),
                 "Either all values are kept or all are dropped: draw a number for each value, not "
                 "one for all.");
         const Tensor m = mask_of(y);
         require(has_both_in_a_row(m),
                 "A sample is kept or dropped as a whole: draw a number for each of its values.");
         require(m.rows(0, 1) != m.rows(1, 1),
                 "The samples have the same mask: draw a number for each value of each sample.");
         expect("the fraction of dropped values",
                static_cast<double>(zeros) / static_cast<double>(y.size()), 0.2,
                {{"A value is kept with probability p: it must be dropped with probability p.",
                  number(0.8)}},
                0.075);
         expect_scaled(y, batch, 0.2);
       }},
      {"predict",
       [layer] {
         Dropout mine = layer(quarter);
         static_cast<void>(mine.forward(x));
         const Tensor y = mine.predict(x);
         require(zeros_in(y) == 0, "predict drops values: at inference, all are kept.");
         expect("Y", y, x,
                {{"predict multiplies by 1 − p: forward has divided by it already, so nothing is "
                  "left to do.",
                  times(0.75F, x)},
                 {"predict divides by 1 − p: only forward does that, because it drops values.",
                  times(1 / 0.75F, x)}});
       }},
      {"backward: p = 0.25",
       [layer] {
         Dropout mine = layer(quarter);
         const Tensor m = mask_of(mine.forward(x));
         const Tensor dx = mine.backward(dy);
         const double kept = 1 / (1 - quarter);
         const Tensor other = mask_of(dx);
         require(other == m || other == inverted(m) || !has_a_mask(dx, dy, quarter),
                 "backward has another mask than the forward before it: use the one that forward "
                 "stored.");
         expect(
             "∂C/∂X", dx, masked(dy, m, kept),
             {{"That is ∂C/∂Y: multiply it by what forward multiplied X by.", dy},
              {"The mask is right, but the gradient is not scaled: multiply by m / (1 − p).",
               masked(dy, m)},
              {"It is scaled twice: the factor is m / (1 − p).", masked(dy, m, kept * kept)},
              {"It is scaled, but the mask is missing: a value that was dropped has no influence "
               "on the cost.",
               times(static_cast<real>(kept), dy)},
              {"The dropped values get the gradient, and those that were kept get none.",
               masked(dy, inverted(m), kept)},
              {"It is multiplied by Y: the slope of x m / (1 − p) is m / (1 − p).",
               masked(masked(dy, m, kept), x)}});
       }},
      {"backward: after a second pass",
       [layer] {
         Dropout mine = layer(quarter);
         const Tensor first = mask_of(mine.forward(x));
         const Tensor second = mask_of(mine.forward(x));
         const double kept = 1 / (1 - quarter);
         expect("∂C/∂X", mine.backward(dy), masked(dy, second, kept),
                {{"It has the mask of the first pass: forward must replace it.",
                  masked(dy, first, kept)}});
       }},
      {"backward: gradient check", [layer] { expect_gradients(layer(0.4), x); }},
      {"both: p = 0", [layer] {
         Dropout mine = layer(0);
         expect("Y", mine.forward(x), x);
         expect("∂C/∂X", mine.backward(dy), dy);
       }}};
}

}  // namespace exercises
