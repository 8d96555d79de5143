// nn.strips: which values belong together in rows and in interleaved images, and what is written.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>

import nn.images;
import nn.strips;
import nn.test;

namespace {

using nn::lanes;
using nn::real;
using nn::Shape;
using nn::Simd;
using nn::Strip;
using nn::Sums;
using nn::Tensor;
using nn::test::whole_noise;

/// The sum of the values and the sum of their squares.
Sums sums_of(const Strip& strip, const Tensor& x) {
  return nn::sums_over(strip, [&](std::size_t place) {
    const Simd value = nn::simd_load(x.data() + place);
    return Sums{value, value * value};
  });
}

// Whole numbers, so every order of addition gives the same sum.
TEST(Strips, OfRowsAreColumns) {
  const std::size_t columns = 2 * lanes + 1;
  for (const std::size_t rows : {1U, 3U, 9U}) {
    const Tensor x = whole_noise(Shape{rows, columns});
    ASSERT_EQ(nn::strips_of(x.shape()), 3U);
    for (std::size_t j = 0; j < columns; ++j) {
      const Sums sums = sums_of(nn::strip_of(x.shape(), j / lanes), x);
      real sum = 0;
      real squares = 0;
      for (std::size_t n = 0; n < rows; ++n) {
        sum += x(n, j);
        squares += x(n, j) * x(n, j);
      }
      EXPECT_EQ(sums[0][j % lanes], sum);
      EXPECT_EQ(sums[1][j % lanes], squares);
    }
  }
}

TEST(Strips, OfImagesAreChannels) {
  const Tensor x = whole_noise(Shape{lanes + 3, 2, 3, 3});
  const nn::InterleavedImages images{x};
  ASSERT_EQ(nn::strips_of(x.shape()), 2U);
  for (std::size_t c = 0; c < 2; ++c) {
    real sum = 0;
    for (std::size_t n = 0; n < x.rows(); ++n) {
      const auto channel = x.row(n).subspan(c * 9, 9);
      sum = std::accumulate(channel.begin(), channel.end(), sum);
    }
    const Sums sums = sums_of(nn::strip_of(x.shape(), c), images.values());
    for (std::size_t lane = 0; lane < lanes; ++lane) EXPECT_EQ(sums[0][lane], sum);
  }
}

TEST(Strips, OfARowEndWithIt) {
  const std::size_t columns = lanes + 2;
  const Tensor x = whole_noise(Shape{3, columns});
  for (std::size_t n = 0; n < 3; ++n) {
    const real sum = std::accumulate(x.row(n).begin(), x.row(n).end(), real{0});
    EXPECT_EQ(sums_of(nn::strip_of_row(n, columns), x)[0][0], sum);
  }
}

// What follows a strip in memory belongs to another thread.
TEST(Strips, AreWrittenWithoutTheirNeighbors) {
  const Shape shape{3, 2 * lanes + 1};
  for (std::size_t index = 0; index < 3; ++index) {
    Tensor x{shape, 5};
    nn::write_strip(nn::strip_of(shape, index), x.data(), [](std::size_t) { return Simd{}; });
    for (std::size_t n = 0; n < shape[0]; ++n) {
      for (std::size_t j = 0; j < shape[1]; ++j) {
        EXPECT_EQ(x(n, j), j / lanes == index ? 0 : 5) << n << " " << j;
      }
    }
  }
  Tensor rows{shape, 5};
  nn::write_strip(nn::strip_of_row(1, shape[1]), rows.data(), [](std::size_t) { return Simd{}; });
  EXPECT_EQ(rows.rows(0, 1), (Tensor{Shape{1, shape[1]}, 5}));
  EXPECT_EQ(rows.rows(1, 1), (Tensor{Shape{1, shape[1]}}));
  EXPECT_EQ(rows.rows(2, 1), (Tensor{Shape{1, shape[1]}, 5}));
}

TEST(Strips, HaveNumbersForTheirFeatures) {
  const std::size_t columns = 4 * lanes + 2;  // the strip of the last two begins after feature 4
  Tensor features{Shape{columns}};
  std::iota(features.values().begin(), features.values().end(), real{0});
  const Strip rows = nn::strip_of(Shape{4, columns}, 4);
  EXPECT_EQ(nn::load_features(rows, features)[1], static_cast<real>(columns - 1));
  const Strip images = nn::strip_of(Shape{4, columns, 2, 2}, 3);
  const Simd same = nn::load_features(images, features);
  for (std::size_t lane = 0; lane < lanes; ++lane) EXPECT_EQ(same[lane], 3);

  nn::store_features(images, features, Simd{} + 7);
  nn::store_features(rows, features, Simd{} + 9);
  EXPECT_EQ(features(2), 2);
  EXPECT_EQ(features(3), 7);
  EXPECT_EQ(features(4), 4);
  EXPECT_EQ(features(4 * lanes - 1), static_cast<real>(4 * lanes - 1));
  EXPECT_EQ(features(4 * lanes), 9);
  EXPECT_EQ(features(columns - 1), 9);
}

// The mean of 1, 2, 3, 4 is 2.5, their variance ((1.5² + 0.5²) · 2) / 4 = 1.25.
TEST(Moments, ByHand) {
  const Tensor x = Tensor{1, 2, 3, 4}.reshaped(Shape{4, 1});
  const auto [mean, variance] = nn::moments_of(nn::strip_of(x.shape(), 0), x.data(), 4);
  EXPECT_EQ(mean[0], real(2.5));
  EXPECT_EQ(variance[0], real(1.25));
}

}  // namespace
