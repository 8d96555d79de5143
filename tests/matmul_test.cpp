// nn.matmul: the product compared with a plain triple loop, for every awkward size.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn.matmul;
import nn.tensor;
import nn.test;

namespace {

using nn::matmul;
using nn::Matrix;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::transposed;
using nn::test::error_of;
using nn::test::whole_noise;

/// C = A B and the bias, by definition.
Tensor plain_product(const Tensor& a, const Tensor& b, std::span<const real> bias = {}) {
  Tensor c{Shape{a.rows(), b.columns()}};
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < b.columns(); ++j) {
      real sum = bias.empty() ? 0 : bias[j];
      for (std::size_t k = 0; k < b.rows(); ++k) sum += a(i, k) * b(k, j);
      c(i, j) = sum;
    }
  }
  return c;
}

Tensor plain_transpose(const Tensor& a) {
  Tensor t{Shape{a.columns(), a.rows()}};
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < a.columns(); ++j) t(j, i) = a(i, j);
  }
  return t;
}

TEST(Matmul, ByHand) {
  const Tensor a{{1, 2, 3}, {4, 5, 6}};
  const Tensor b{{1, 0}, {0, 1}, {2, -1}};
  // First row: 1·1 + 2·0 + 3·2 = 7, and 1·0 + 2·1 + 3·(−1) = −1.
  EXPECT_EQ(matmul(a, b), (Tensor{{7, -1}, {16, -1}}));
  const Tensor bias{10, 20};
  EXPECT_EQ(matmul(a, b, bias.values()), (Tensor{{17, 19}, {26, 19}}));
}

struct Size {
  std::size_t m, k, n;
};

// One, primes, whole tiles plus or minus one, more than one block of rows (400) and of depth (256),
// a transpose too large for the cache, shapes of a network: every edge that a kernel could get
// wrong.
constexpr std::array sizes{
    Size{1, 1, 1},      Size{1, 7, 1},      Size{2, 3, 5},       Size{5, 1, 3},
    Size{1, 600, 100},  Size{12, 12, 32},   Size{13, 17, 33},    Size{23, 40, 31},
    Size{24, 16, 64},   Size{11, 5, 1},     Size{67, 129, 35},   Size{120, 512, 32},
    Size{121, 513, 33}, Size{250, 3, 17},   Size{125, 1030, 65}, Size{100, 784, 10},
    Size{256, 100, 10}, Size{405, 260, 33}, Size{70, 4000, 37},
};

class MatmulOfSize : public testing::TestWithParam<Size> {
 protected:
  std::size_t m = GetParam().m;
  std::size_t n = GetParam().n;
  std::size_t k = GetParam().k;
  Tensor a = whole_noise(Shape{m, k}, 1);
  Tensor b = whole_noise(Shape{k, n}, 2);
  Tensor bias = whole_noise(Shape{n}, 3);
};

TEST_P(MatmulOfSize, IsThePlainProduct) { EXPECT_EQ(matmul(a, b), plain_product(a, b)); }

TEST_P(MatmulOfSize, AddsABias) {
  EXPECT_EQ(matmul(a, b, bias.values()), plain_product(a, b, bias.values()));
}

TEST_P(MatmulOfSize, TakesTransposedFactors) {
  const Tensor at = plain_transpose(a);
  const Tensor bt = plain_transpose(b);
  const Tensor c = plain_product(a, b);
  EXPECT_EQ(matmul(transposed(at), b), c);
  EXPECT_EQ(matmul(a, transposed(bt)), c);
  EXPECT_EQ(matmul(transposed(at), transposed(bt)), c);
  EXPECT_EQ(matmul(transposed(b), transposed(a)), plain_transpose(c));
}

TEST_P(MatmulOfSize, HasTheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = nn::test::noise(Shape{m, k}, 4);
  const Tensor y = nn::test::noise(Shape{k, n}, 5);
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return matmul(x, y, bias.values()); }));
}

INSTANTIATE_TEST_SUITE_P(Sizes, MatmulOfSize, testing::ValuesIn(sizes), [](const auto& size) {
  return std::to_string(size.param.m) + "x" + std::to_string(size.param.k) + "x" +
         std::to_string(size.param.n);
});

// Every row of a batch gets the same result, whatever the other rows are.
TEST(Matmul, DoesNotDependOnTheOtherRows) {
  const Tensor a = nn::test::noise(Shape{30, 200}, 1);
  const Tensor b = nn::test::noise(Shape{200, 40}, 2);
  const Tensor whole = matmul(a, b);
  for (std::size_t i = 0; i < a.rows(); ++i) {
    const Tensor row = matmul(Tensor{Shape{1, 200}, a.row(i)}, b);
    EXPECT_EQ(row, (Tensor{Shape{1, 40}, whole.row(i)}));
  }
}

// The kernel loads and stores whole vectors; values outside the matrix must not leak into it.
TEST(Matmul, KeepsANanInItsColumn) {
  Tensor b = whole_noise(Shape{20, 5}, 2);
  b(7, 2) = static_cast<real>(std::nan(""));
  for (const std::size_t rows : {1U, 30U}) {
    const Tensor c = matmul(whole_noise(Shape{rows, 20}), b);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(std::isnan(c(i, j)), j == 2);
    }
  }
}

TEST(SumRows, ByHand) {
  EXPECT_EQ(nn::sum_rows(Tensor{{1, 2, 3}, {4, 5, -6}, {0.5, 0, 0}}), (Tensor{5.5, 7, -3}));
}

TEST(Matmul, SeesImagesAsRows) {
  const Tensor images = whole_noise(Shape{3, 2, 4, 5});
  const Tensor b = whole_noise(Shape{40, 7});
  EXPECT_EQ(matmul(images, b), plain_product(images.reshaped(Shape{3, 40}), b));
}

TEST(Matmul, RefusesFactorsThatDoNotFit) {
  const Tensor a{Shape{2, 3}};
  const Tensor b{Shape{4, 5}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matmul(a, b); }),
            "nn::matmul: 2×3 times 4×5: the right factor has 4 rows, expected 3");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matmul(a, transposed(b)); }),
            "nn::matmul: 2×3 times 5×4: the right factor has 5 rows, expected 3");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matmul(Tensor{}, b); }),
            "nn::matmul: the left factor is empty");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matmul(a, Tensor{}); }),
            "nn::matmul: the right factor is empty");
  const Tensor bias{1, 2, 3, 4};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matmul(a, transposed(a), bias.values()); }),
            "nn::matmul: bias has 4 values, expected 2");
}

// A row for each place, and the result has the same places.
TEST(Matmul, SeesPlacesOfSequencesAsRows) {
  const Tensor a = nn::test::whole_noise(Shape{3, 4, 5}, 1);
  const Tensor b = nn::test::whole_noise(Shape{5, 6}, 2);
  const Tensor bias = nn::test::whole_noise(Shape{6}, 3);
  const Tensor rows = a.reshaped(Shape{12, 5});
  EXPECT_EQ(nn::matmul(a, b), nn::matmul(rows, b).reshaped(Shape{3, 4, 6}));
  EXPECT_EQ(nn::matmul(a, b, bias.values()),
            nn::matmul(rows, b, bias.values()).reshaped(Shape{3, 4, 6}));
  EXPECT_EQ(nn::matmul(nn::transposed(a), a), nn::matmul(nn::transposed(rows), rows));
  EXPECT_EQ(nn::sum_rows(a), nn::sum_rows(rows));
  EXPECT_EQ(nn::sum_rows(nn::transposed(rows)), nn::sum_rows(nn::transpose(rows)));
}

TEST(Matrix, OfOneAxisIsAColumn) {
  const Tensor vector{1, 2, 3};
  EXPECT_EQ(nn::matmul(vector, Tensor{{2}}), (Tensor{{2}, {4}, {6}}));
}

}  // namespace
