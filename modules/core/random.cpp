module;

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

module nn.random;

// The mathematical functions of the C library differ between systems in their last bit. So we write
// the two functions that normal() needs ourselves, with operations that IEEE 754 rounds the same
// way everywhere. The compiler may not fuse any of them (-ffp-contract=off in
// modules/CMakeLists.txt).

namespace nn {

namespace {

/// ln x for x in (0, 1]: x = m · 2ᵉ, ln m = 2 artanh s with s = (m − 1) / (m + 1), as a series.
double logarithm(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // m in [1/2, 1); exact, like all of frexp
  if (m < 0.5 * std::numbers::sqrt2) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1);  // |s| < 0.172, so 12 terms reach the last bit
  const double s2 = s * s;
  double series = 0;
  for (int k = 23; k >= 1; k -= 2) series = series * s2 + 1.0 / k;
  return 2 * s * series + exponent * std::numbers::ln2;
}

/// cos 2πx for x in [0, 1): folded to an angle of at most π/4, then the Taylor series of the cosine
/// or of the sine.
double cosine_of_turn(double x) {
  const double half = x > 0.5 ? 1 - x : x;              // cos is even about half a turn
  const double sign = half > 0.25 ? -1 : 1;             // and odd about a quarter
  const double turn = half > 0.25 ? 0.5 - half : half;  // in [0, 1/4]
  const bool as_sine = turn > 0.125;
  const double angle = 2 * std::numbers::pi * (as_sine ? 0.25 - turn : turn);
  const double a2 = angle * angle;
  double series = 1;
  for (int k = as_sine ? 17 : 16; k >= 2; k -= 2) series = 1 - series * a2 / (k * (k - 1));
  return sign * (as_sine ? angle * series : series);
}

}  // namespace

void Random::fill(std::uint64_t first, std::span<std::uint64_t> to) const {
  // scramble() for several places at a time: each of its lines becomes a loop over vectors.
  constexpr std::size_t together = 16;
  using Words = std::array<std::uint32_t, together>;
  for (std::size_t begin = 0; begin < to.size(); begin += together) {
    std::array<Words, 4> x;
    for (std::size_t i = 0; i < together; ++i) {
      const std::uint64_t place = first + begin + i;
      x[0][i] = low(place);
      x[1][i] = high(place);
      x[2][i] = low(words_[1]);
      x[3][i] = high(words_[1]);
    }
    std::uint32_t key0 = low(words_[0]);
    std::uint32_t key1 = high(words_[0]);
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < together; ++i) {
        const std::uint64_t product0 = factor0 * x[0][i];
        const std::uint64_t product1 = factor1 * x[2][i];
        x[0][i] = high(product1) ^ x[1][i] ^ key0;
        x[1][i] = low(product1);
        x[2][i] = high(product0) ^ x[3][i] ^ key1;
        x[3][i] = low(product0);
      }
      key0 += key_step0;
      key1 += key_step1;
    }
    const std::size_t count = std::min(together, to.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      to[begin + i] = x[0][i] | std::uint64_t{x[1][i]} << 32U;
    }
  }
}

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Random::normal(double mean, double deviation) {
  // Box and Muller (1958): radius and angle of a point with a two-dimensional normal distribution.
  const double radius = std::sqrt(-2 * logarithm(1 - uniform()));
  return mean + deviation * radius * cosine_of_turn(uniform());
}

std::size_t Random::below(std::size_t bound) {
  if (bound == 0) throw std::invalid_argument("nn::Random::below: bound is 0, expected at least 1");
  // The last, incomplete run of `bound` numbers would favor the small ones: draw again there.
  const std::uint64_t incomplete = (max() % bound + 1) % bound;
  std::uint64_t bits = (*this)();
  while (bits > max() - incomplete) bits = (*this)();
  return static_cast<std::size_t>(bits % bound);
}

std::vector<std::size_t> Random::permutation(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left) std::swap(order[left - 1], order[below(left)]);
  return order;
}

}  // namespace nn
