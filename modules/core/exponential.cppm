/// @file
/// @brief The exponential function, in a form that loops can compute for a whole vector at a time.
/// `import nn;` does not export it.
module;

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <type_traits>

export module nn.exponential;

export import nn.tensor;
import nn.vector;

namespace nn::detail {

/// 1/n! from n = 0: all the terms of the series of eʳ that matter in this precision if |r| ≤ ½ ln
/// 2.
constexpr auto reciprocal_factorials = [] {
  std::array<real, sizeof(real) == sizeof(float) ? 8 : 14> terms{1};
  double term = 1;
  for (std::size_t n = 1; n < terms.size(); ++n) {
    terms[n] = static_cast<real>(term /= static_cast<double>(n));
  }
  return terms;
}();

/// The series from 1/n! on: 1/n! + r (1/(n+1)! + r (…)). A loop in its place would stop GCC from
/// vectorizing the loops that call it.
template <std::size_t n>
inline real series(real r) {
  if constexpr (n + 1 == reciprocal_factorials.size()) {
    return reciprocal_factorials[n];
  } else {
    return multiply_add(series<n + 1>(r), r, reciprocal_factorials[n]);
  }
}

}  // namespace nn::detail

export namespace nn {

/// eˣ as power · (1 + rest), where power is a power of two.
struct ExponentialParts {
  real power;
  real rest;
};

/// eˣ = 2ᵏ eʳ, where k is x / ln 2 rounded and r = x − k ln 2 is the rest: eʳ is the sum of the
/// first terms of its series, and 2ᵏ needs only k written into the exponent bits of a number. The
/// standard library's function would do as well, but a loop that calls it cannot be vectorized.
/// @param x Any number. 2ᵏ stays within 2^±126 (in double, 2^±1022), so that a larger or smaller x
///   counts as the largest or smallest one; NaN stays NaN.
[[nodiscard]] inline ExponentialParts exponential_parts(real x) {
  using Bits = std::conditional_t<sizeof(real) == sizeof(float), std::uint32_t, std::uint64_t>;
  constexpr int fraction = std::numeric_limits<real>::digits - 1;  // bits
  constexpr Bits bias = std::numeric_limits<real>::max_exponent - 1;
  constexpr real ln2 = std::numbers::ln2_v<real>;
  constexpr real limit = (bias - 1) * ln2;
  // Numbers of this size have no bits left for fractions, so adding one of them rounds to a whole
  // number.
  constexpr real rounder = real(1.5) * (Bits{1} << static_cast<unsigned>(fraction));
  const real clamped = std::min(std::max(x, -limit), limit);  // NaN stays NaN
  const real rounded = multiply_add(clamped, 1 / ln2, rounder);
  const real r = multiply_add(rounder - rounded, ln2, clamped);
  return {.power = std::bit_cast<real>((std::bit_cast<Bits>(rounded) + bias) << fraction),
          .rest = detail::series<1>(r) * r};
}

/// eˣ, never 0 or infinity. @see exponential_parts
/// @param x Any number; NaN stays NaN.
[[nodiscard]] inline real exponential(real x) {
  const auto [power, rest] = exponential_parts(x);
  return multiply_add(power, rest, power);
}

}  // namespace nn
