// nn.exponential: as accurate as the standard library's function, and what happens at the ends.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

import nn.exponential;
import nn.tensor;

namespace {

using nn::exponential;
using nn::real;

TEST(Exponential, IsAccurateEverywhere) {
  constexpr real rounding = 8 * std::numeric_limits<real>::epsilon();
  for (double x = 1e-30; x < 80; x *= 1.37) {
    for (const double signed_x : {x, -x}) {
      const auto rounded = static_cast<real>(signed_x);
      // Rounding k ln 2 costs a relative error that grows with x.
      EXPECT_NEAR(double{exponential(rounded)} / std::exp(double{rounded}), 1,
                  double{rounding} * (1 + x / 8))
          << signed_x;
    }
  }
  EXPECT_EQ(exponential(0), 1);
}

TEST(Exponential, HasPartsThatMultiplyToIt) {
  for (const real x : {real(-20), real(-0.3), real(0), real(1e-5), real(3), real(20)}) {
    const auto [power, rest] = nn::exponential_parts(x);
    EXPECT_EQ(std::exp2(std::round(std::log2(power))), power);
    EXPECT_NEAR(power * (1 + rest) / std::exp(x), 1, 1e-5);
    EXPECT_LE(std::abs(rest), 0.42);  // e^(½ ln 2) − 1
  }
}

// Far out it stays finite and above 0, so that a quotient of exponentials never becomes 0 / 0.
TEST(Exponential, StaysInRange) {
  constexpr real infinity = std::numeric_limits<real>::infinity();
  for (const real far : {real(1000), std::numeric_limits<real>::max(), infinity}) {
    EXPECT_TRUE(std::isfinite(exponential(far)));
    EXPECT_GT(exponential(far), 1e37);
    EXPECT_GT(exponential(-far), 0);
    EXPECT_LT(exponential(-far), 1e-37);
  }
  EXPECT_TRUE(std::isnan(exponential(std::numeric_limits<real>::quiet_NaN())));
}

}  // namespace
