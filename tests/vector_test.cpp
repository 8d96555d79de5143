// nn.vector: operations on all numbers of a SIMD vector.

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

import nn.tensor;
import nn.vector;

namespace {

using nn::lanes;
using nn::real;
using nn::Simd;

TEST(Vector, HoldsAsManyNumbersAsFit) {
  EXPECT_EQ(sizeof(Simd), nn::vector_bytes);
  EXPECT_EQ(lanes * sizeof(real), nn::vector_bytes);
  EXPECT_GE(lanes, 2U);
}

TEST(Vector, IsLoadedAndStoredAnywhere) {
  std::vector<real> from(lanes + 1);
  std::iota(from.begin(), from.end(), real{0});
  std::vector<real> to(lanes + 1);
  nn::simd_store(to.data() + 1, nn::simd_load(from.data() + 1));  // not aligned to its size
  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(to[1], 1);
  EXPECT_EQ(to[lanes], static_cast<real>(lanes));
}

TEST(Vector, WorksOnAllItsNumbers) {
  std::vector<real> values(lanes);
  std::iota(values.begin(), values.end(), real{1});
  const Simd doubled = nn::simd_load(values.data()) * 2 + 1;
  for (std::size_t i = 0; i < lanes; ++i) EXPECT_EQ(doubled[i], 2 * values[i] + 1);
}

TEST(Vector, TotalIsTheSum) {
  std::vector<real> values(lanes);
  std::iota(values.begin(), values.end(), real{1});
  EXPECT_EQ(nn::simd_sum(nn::simd_load(values.data())), static_cast<real>(lanes * (lanes + 1) / 2));
}

TEST(Vector, TransposesASquare) {
  nn::SimdSquare square;
  for (std::size_t i = 0; i < nn::lanes; ++i) {
    for (std::size_t j = 0; j < nn::lanes; ++j) square[i][j] = static_cast<real>(100 * i + j);
  }
  nn::transpose(square);
  for (std::size_t i = 0; i < nn::lanes; ++i) {
    for (std::size_t j = 0; j < nn::lanes; ++j) {
      EXPECT_EQ(square[i][j], static_cast<real>(100 * j + i));
    }
  }
}

}  // namespace
