/// @file
/// @brief Activations: the nonlinear functions between the layers of a network.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module nn.activation;

import nn.checks;
import nn.exponential;
export import nn.images;
export import nn.layer;
import nn.parallel;
export import nn.tensor;
import nn.vector;

export namespace nn {

/// A function whose derivative cannot be computed from its output, because several x give the same
/// y with different slopes. It says so with a member `keeps_input` that is true.
template <class Function>
concept NeedsInput = Function::keeps_input;

/// An elementwise function, y = f(x); backward, the chain rule gives ∂C/∂x = ∂C/∂y · f′(x). For
/// most of the functions below, f′(x) can be computed from y alone, so forward() keeps y; for those
/// that need x, it keeps x.
///
/// @tparam Function Has `name()`, `operator()(x)`, and `derivative(y)`, which is f′(x) where
///   y = f(x); if it needs the input, `derivative(x)`.
template <class Function>
class Elementwise {
 public:
  Elementwise() = default;
  /// @param function The function, with its constants.
  explicit Elementwise(Function function) : function_{std::move(function)} {}

  /// The function.
  [[nodiscard]] const Function& function() const { return function_; }

  /// @return The function's name.
  [[nodiscard]] std::string name() const { return function_.name(); }

  /// @param sample Any shape.
  /// @return The same.
  [[nodiscard]] Shape output_shape(const Shape& sample) const { return sample; }

  /// @param x Input, any shape.
  /// @return f(x), the same shape.
  Tensor forward(Tensor x) {
    if (kept_.shape() != x.shape()) kept_ = Tensor::uninitialized(x.shape());
    parallel_parts(x.size(),
                   [&, values = x.data(), kept = kept_.data()](std::size_t begin, std::size_t end) {
                     for (std::size_t i = begin; i < end; ++i) {
                       if constexpr (NeedsInput<Function>) {
                         kept[i] = values[i];
                         values[i] = function_(values[i]);
                       } else {
                         values[i] = kept[i] = function_(values[i]);
                       }
                     }
                   });
    return x;
  }

  /// @param x Input, any shape.
  /// @return f(x), the same shape.
  [[nodiscard]] Tensor predict(Tensor x) const {
    parallel_parts(x.size(), [&, values = x.data()](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) values[i] = function_(values[i]);
    });
    return x;
  }

  /// @param dy ∂C/∂Y, the shape of the last output.
  /// @return ∂C/∂X, the same shape.
  /// @throws std::invalid_argument if the shape differs, or forward() was not called.
  // [backward]
  Tensor backward(Tensor dy) {
    check_backward(name(), dy.shape(), kept_.shape());
    const real* const y = kept_.data();
    parallel_parts(dy.size(), [&, values = dy.data()](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) values[i] *= function_.derivative(y[i]);
    });
    return dy;
  }
  // [/backward]

  // An elementwise function does not depend on the order of the values.
  /// The same for interleaved images.
  InterleavedImages forward(InterleavedImages x) {
    x.values() = forward(std::move(x.values()));
    return x;
  }
  /// The same for interleaved images.
  [[nodiscard]] InterleavedImages predict(InterleavedImages x) const {
    x.values() = predict(std::move(x.values()));
    return x;
  }
  /// The same for interleaved images.
  InterleavedImages backward(InterleavedImages dy) {
    dy.values() = backward(std::move(dy.values()));
    return dy;
  }

  /// @return Nothing: an activation does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Function function_;
  Tensor kept_;  // y, or x if the derivative needs it
};

/// max(0, x).
struct ReLUFunction {
  /// @return `ReLU`.
  [[nodiscard]] std::string name() const { return "ReLU"; }
  /// Tests x < 0 instead of x > 0, so that NaN stays NaN.
  /// @param x Any number.
  /// @return y, 0 or more.
  [[nodiscard]] constexpr real operator()(real x) const { return x < 0 ? 0 : x; }
  /// @param y What x became.
  /// @return 1 where y > 0, else 0.
  [[nodiscard]] constexpr real derivative(real y) const { return y > 0 ? 1 : 0; }
};

/// slope · x where x < 0, x elsewhere.
struct LeakyReLUFunction {
  real slope = real(0.01);  ///< Above 0, so that y has the sign of x.

  /// @return `LeakyReLU`.
  [[nodiscard]] std::string name() const { return "LeakyReLU"; }
  /// @param x Any number.
  /// @return y, with the sign of x.
  [[nodiscard]] constexpr real operator()(real x) const { return x < 0 ? slope * x : x; }
  /// @param y What x became.
  /// @return 1 where y > 0, else the slope.
  [[nodiscard]] constexpr real derivative(real y) const { return y > 0 ? 1 : slope; }
};

// [sigmoid]
/// 1 / (1 + e⁻ˣ).
struct SigmoidFunction {
  /// @return `Sigmoid`.
  [[nodiscard]] std::string name() const { return "Sigmoid"; }
  /// The exponent is never positive, so the power may underflow to 0 but never overflows.
  /// @param x Any number.
  /// @return y, in [0, 1].
  [[nodiscard]] inline real operator()(real x) const {
    const real e = std::exp(-std::abs(x));
    return (x >= 0 ? real{1} : e) / (1 + e);
  }
  /// @param y What x became, in [0, 1].
  /// @return y (1 − y), at most 1/4.
  [[nodiscard]] constexpr real derivative(real y) const { return y * (1 - y); }
};
// [/sigmoid]

}  // namespace nn

namespace nn::detail {

/// The standard normal distribution: the probability Φ(x) that a number drawn from it is below x,
/// and the density φ(x) = e^(−x²/2) / √(2π), which is its derivative. Both are inlined, so that the
/// loops that call them can be vectorized, which std::erf would prevent.
struct Normal {
  static constexpr bool in_float = sizeof(real) == sizeof(float);
  /// Beyond ±limit, Φ(x) counts as 0 or 1.
  static constexpr real limit = in_float ? real(5.5) : real(8.3);

  real probability;
  real density;

  /// @param x Meant for |x| up to the limit.
  [[gnu::always_inline]] static inline Normal at(real x) {
    constexpr real peak =
        real(0.5) * std::numbers::sqrt2_v<real> * std::numbers::inv_sqrtpi_v<real>;
    const real power = exponential(real(-0.5) * x * x);
    const real density = peak * power;
    if constexpr (in_float) {
      const real beyond = real(0.5) * power * tail(std::abs(x));
      return {.probability = x < 0 ? beyond : 1 - beyond, .density = density};
    } else {
      const real sum = series(x * x, std::make_index_sequence<96>{});
      return {.probability = multiply_add(density * x, sum, real(0.5)), .density = density};
    }
  }

 private:
  /// Times e^(−x²/2), this is 2 (1 − Φ(x)) for x ≥ 0, with an error of at most 1.5e-7. (Source:
  /// Abramowitz & Stegun (1964), formula 7.1.26, with x / √2.)
  [[gnu::always_inline]] static inline real tail(real x) {
    const real t = 1 / multiply_add(x, real(0.3275911) / std::numbers::sqrt2_v<real>, 1);
    real sum = real(1.061405429);
    for (const real next :
         {real(-1.453152027), real(1.421413741), real(-0.284496736), real(0.254829592), real(0)}) {
      sum = multiply_add(sum, t, next);
    }
    return sum;
  }

  /// The sum in Φ(x) = ½ + φ(x) x (1 + x²/3 + x⁴/(3·5) + x⁶/(3·5·7) + …), exact for double up to
  /// the limit if it has 96 terms. From the inside out, it is 1 + s/3 (1 + s/5 (1 + s/7 (…))) with
  /// s = x²; all terms are positive, so no digits cancel.
  template <std::size_t... I>
  [[gnu::always_inline]] static inline real series(real square,
                                                   std::index_sequence<I...> /*terms*/) {
    real sum = 1;
    ((sum =
          multiply_add(square * (real{1} / static_cast<real>(2 * (sizeof...(I) - I) + 1)), sum, 1)),
     ...);
    return sum;
  }
};

}  // namespace nn::detail

export namespace nn {

/// x Φ(x), where Φ(x) = ½ (1 + erf(x / √2)) is the probability that a number from the standard
/// normal distribution is below x.
struct GELUFunction {
  /// The function first falls and then rises, so y does not determine the slope.
  static constexpr bool keeps_input = true;

  /// @return `GELU`.
  [[nodiscard]] std::string name() const { return "GELU"; }
  /// @param x Any number.
  /// @return y, at least −0.17.
  [[nodiscard, gnu::always_inline]] inline real operator()(real x) const {
    const real y = x * detail::Normal::at(x).probability;
    const real above = x > detail::Normal::limit ? x : y;
    return x < -detail::Normal::limit ? real{0} : above;
  }
  /// @param x Any number.
  /// @return Φ(x) + x φ(x), from −0.13 to 1.13.
  [[nodiscard, gnu::always_inline]] inline real derivative(real x) const {
    const auto [probability, density] = detail::Normal::at(x);
    const real above = x > detail::Normal::limit ? real{1} : multiply_add(x, density, probability);
    return x < -detail::Normal::limit ? real{0} : above;
  }
};

/// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
struct TanhFunction {
  /// @return `Tanh`.
  [[nodiscard]] std::string name() const { return "Tanh"; }
  /// @param x Any number.
  /// @return y, in [−1, 1].
  [[nodiscard]] inline real operator()(real x) const { return std::tanh(x); }
  /// @param y What x became, in [−1, 1].
  /// @return 1 − y², at most 1.
  [[nodiscard]] constexpr real derivative(real y) const { return 1 - y * y; }
};

// Compiled once, in the library and with its optimization flags.
extern template class Elementwise<ReLUFunction>;
extern template class Elementwise<LeakyReLUFunction>;
extern template class Elementwise<SigmoidFunction>;
extern template class Elementwise<TanhFunction>;
extern template class Elementwise<GELUFunction>;

/// The rectified linear unit y = max(0, x); its derivative is 1 where x > 0, else 0 (at 0 too).
/// Source: Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".
class ReLU : public Elementwise<ReLUFunction> {};

/// ReLU with a small slope for x < 0, y = slope · x, so that every unit always gets a gradient.
/// Source: Maas, Hannun & Ng (2013), "Rectifier nonlinearities improve neural network acoustic
/// models".
class LeakyReLU : public Elementwise<LeakyReLUFunction> {
 public:
  /// @param slope The slope where x < 0, in (0, 1).
  /// @throws std::invalid_argument if it is not in that range.
  explicit LeakyReLU(real slope = real(0.01)) : Elementwise{LeakyReLUFunction{checked(slope)}} {}

  /// The slope where x < 0.
  [[nodiscard]] real slope() const { return function().slope; }

 private:
  static real checked(real slope) {
    if (slope > 0 && slope < 1) return slope;
    refuse_option("LeakyReLU", "slope", double{slope}, "above 0 and below 1");
  }
};

/// The sigmoid (logistic function) y = 1 / (1 + e⁻ˣ), between 0 and 1; y′ = y (1 − y).
class Sigmoid : public Elementwise<SigmoidFunction> {};

/// The hyperbolic tangent y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), between −1 and 1; y′ = 1 − y².
class Tanh : public Elementwise<TanhFunction> {};

/// The Gaussian error linear unit y = x Φ(x), where Φ(x) is the probability that a number from the
/// standard normal distribution is below x; y′ = Φ(x) + x φ(x), with the density φ. It is a ReLU
/// without a kink: x is multiplied not by 0 or 1 but by a number between them. This is the exact
/// form, PyTorch's default. (The option approximate="tanh" of PyTorch, which GPT-2 was trained
/// with, replaces Φ by a formula that needs only tanh.) Source: Hendrycks & Gimpel (2016),
/// "Gaussian error linear units (GELUs)".
class GELU : public Elementwise<GELUFunction> {};

/// Turns every row of logits into a probability distribution: y(i) = e^x(i) / Σⱼ e^x(j). Legend: B
/// batch, M classes.
///
/// Unlike the functions above, it works on a whole row, not elementwise. The largest x is
/// subtracted first, which leaves the quotient unchanged and keeps every exponential from
/// overflowing.
class Softmax {
 public:
  /// @return `Softmax`.
  [[nodiscard]] std::string name() const { return "Softmax"; }

  /// @param sample (M), or `Shape{}`.
  /// @return The same.
  /// @throws std::invalid_argument if the sample has more than one axis.
  [[nodiscard]] Shape output_shape(const Shape& sample) const {
    if (sample.rank() > 1) {
      throw std::invalid_argument("expects rows (put nn::Flatten before it)");
    }
    return sample;
  }

  /// @param x Input (logits), shape (B, M).
  /// @return Probabilities, shape (B, M); every row sums to 1.
  /// @throws std::invalid_argument if x is not a matrix.
  Tensor forward(Tensor x) {
    output_ = predict(std::move(x));
    return output_;
  }

  /// The probabilities; stores nothing for backward().
  /// @param x Input (logits), shape (B, M).
  /// @return Probabilities, shape (B, M); every row sums to 1.
  /// @throws std::invalid_argument if x is not a matrix.
  [[nodiscard]] Tensor predict(Tensor x) const {
    if (x.rank() != 2) {
      throw std::invalid_argument(
          fmt::format("nn::Softmax: input has shape {}, expected (B, M)", to_string(x.shape())));
    }
    for (std::size_t n = 0; n < x.rows(); ++n) normalize(x.row(n));
    return x;
  }

  /// Multiplies by the full Jacobian ∂y(i)/∂x(j) = y(i) (δ(i, j) − y(j)), so it is correct for any
  /// cost: ∂C/∂x(j) = y(j) (∂C/∂y(j) − Σᵢ ∂C/∂y(i) y(i)).
  /// @param dy ∂C/∂Y, shape (B, M).
  /// @return ∂C/∂X, shape (B, M).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  // [softmax-backward]
  Tensor backward(Tensor dy) {
    check_backward(name(), dy.shape(), output_.shape());
    for (std::size_t n = 0; n < dy.rows(); ++n) {
      const std::span<const real> y = output_.row(n);
      const std::span<real> d = dy.row(n);
      real mean = 0;
      for (std::size_t j = 0; j < d.size(); ++j) mean += d[j] * y[j];
      for (std::size_t j = 0; j < d.size(); ++j) d[j] = y[j] * (d[j] - mean);
    }
    return dy;
  }
  // [/softmax-backward]

  /// @return Nothing: an activation does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  // [normalize]
  static void normalize(std::span<real> row) {
    const real largest = *std::ranges::max_element(row);
    real sum = 0;
    for (real& x : row) sum += (x = std::exp(x - largest));
    for (real& x : row) x /= sum;
  }
  // [/normalize]

  Tensor output_;
};

}  // namespace nn
