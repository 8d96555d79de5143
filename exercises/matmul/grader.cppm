/// @file
/// @brief Grades the matrix product and its speed.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <string>
#include <vector>

export module exercises.matmul;

export import exercises.grade;
export import nn.matmul;

using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

using Product = std::function<Tensor(const Tensor&, const Tensor&)>;

/// What the grader calls.
struct Products {
  Product product;
  Product fast_product;
};

}  // namespace exercises

namespace exercises {

/// Three loops in the order i, j, k, to be compared with.
Tensor in_three_loops(const Tensor& a, const Tensor& b) {
  Tensor c{Shape{a.rows(), b.columns()}};
  const real* const left = a.data();
  const real* const right = b.data();
  const std::size_t columns = b.columns();
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      real sum = 0;
      for (std::size_t k = 0; k < b.rows(); ++k)
        sum += left[i * b.rows() + k] * right[k * columns + j];
      c(i, j) = sum;
    }
  }
  return c;
}

double seconds_of(const Product& product, const Tensor& a, const Tensor& b) {
  const auto begin = std::chrono::steady_clock::now();
  static_cast<void>(product(a, b));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Tensor minus(Tensor a, const Tensor& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a.values()[i] -= b.values()[i];
  return a;
}

/// The products of one k: column k of A times row k of B.
Tensor products_of(const Tensor& a, const Tensor& b, std::size_t k) {
  Tensor c{Shape{a.rows(), b.columns()}};
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t j = 0; j < b.columns(); ++j) c(i, j) = a(i, k) * b(k, j);
  }
  return c;
}

/// What comes out if a sum does not begin at 0 but where the one before ended.
Tensor running(Tensor c) {
  for (std::size_t i = 1; i < c.size(); ++i) c.values()[i] += c.values()[i - 1];
  return c;
}

/// The same with 0 after some rows and columns.
Tensor with_zeros(Tensor c, std::size_t rows, std::size_t columns) {
  for (std::size_t i = 0; i < c.rows(); ++i) {
    for (std::size_t j = 0; j < c.columns(); ++j) {
      if (i >= rows || j >= columns) c(i, j) = 0;
    }
  }
  return c;
}

/// Grades one of the two functions.
std::vector<Step> grade_product(const std::string& name, const Product& mine) {
  static const Tensor a{{1, 2, 0}, {3, -1, 1}, {2, 0, -2}};
  static const Tensor b{{4, 0, 1}, {-2, 5, 3}, {1, 1, 2}};
  return {
      {name + ": 3 × 3, as on paper",
       [mine] {
         const Tensor want = nn::matmul(a, b);
         expect(
             "C", mine(a, b), want,
             {{"That is A Bᵀ: the sum has b(k, j), not b(j, k).", nn::matmul(a, nn::transposed(b))},
              {"That is Aᵀ B: the sum has a(i, k), not a(k, i).", nn::matmul(nn::transposed(a), b)},
              {"That is B A: the factors are exchanged.", nn::matmul(b, a)},
              {"Each value also contains the sums before it: begin every sum at 0.", running(want)},
              {"Only the last product of each sum counts: add (+=), instead of overwriting (=).",
               products_of(a, b, 2)},
              {"The last product of each sum is missing: k ends too early.",
               minus(want, products_of(a, b, 2))},
              {"The first product of each sum is missing: k begins at 0.",
               minus(want, products_of(a, b, 0))}});
       }},
      {name + ": other shapes", [mine] {
         for (const auto& [m, n, k] : {std::array<std::size_t, 3>{1, 1, 1},
                                       {3, 2, 4},
                                       {5, 1, 7},
                                       {17, 19, 23},
                                       {66, 35, 70}}) {
           const Tensor left = random_tensor(Shape{m, k}, m);
           const Tensor right = random_tensor(Shape{k, n}, n + 100);
           const Tensor want = nn::matmul(left, right);
           const Tensor got = mine(left, right);
           expect(
               fmt::format("C of {} × {} and {} × {}", m, k, k, n), got, want,
               {{"The last rows are 0: the number of rows need not be a multiple of your block "
                 "size.",
                 with_zeros(want, m - m % 4, n)},
                {"The last columns are 0: their number need not be a multiple of your block size.",
                 with_zeros(want, m, n - n % 4)}});
           expect(fmt::format("C of {} × {} and {} × {}, the second time", m, k, k, n),
                  mine(left, right), want,
                  {{"The result of the call before is still in it: begin with zeros.",
                    minus(want, minus(Tensor{want.shape()}, want))}});
         }
       }}};
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> matmul(const Products& mine) {
  std::vector<Step> steps = grade_product("product", mine.product);
  for (const Step& step : grade_product("fast_product", mine.fast_product)) steps.push_back(step);
  steps.push_back(
      {"fast_product: speed", [mine] {
         const Tensor a = random_tensor(Shape{512, 512}, 1);
         const Tensor b = random_tensor(Shape{512, 512}, 2);
         double plain = std::numeric_limits<double>::max();
         double fast = plain;
         for (int i = 0; i < 5;
              ++i) {  // the best of five, in turns: other programs may disturb one
           plain = std::min(plain, seconds_of(in_three_loops, a, b));
           fast = std::min(fast, seconds_of(mine.fast_product, a, b));
         }
         require(plain >= 3 * fast,
                 fmt::format(
                     "It takes {:.0f} ms for matrices of 512 × 512; three "
                     "loops in the order i, j, k take "
                     "{:.0f} ms. It is {:.1f} times as fast, and must be at least 3 times as fast.",
                     1000 * fast, 1000 * plain, plain / fast));
       }});
  return steps;
}

}  // namespace exercises
