// Products with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <utility>

import exercises.matmul;
import exercises.mistakes;

using exercises::Product;
using exercises::Tried;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

Tensor right(const Tensor& a, const Tensor& b) { return nn::matmul(a, b); }

/// Three loops with parts that can be spoiled.
struct Loops {
  std::size_t begin = 0;     ///< The first k.
  std::size_t left_out = 0;  ///< How many of the last k are not added.
  bool resets = true;        ///< Whether every sum begins at 0.
  bool adds = true;          ///< Whether products are added, not overwritten.
  std::size_t rows = 1;      ///< From this on, only multiples of it are computed.
  std::size_t columns = 1;

  static std::size_t rounded(std::size_t n, std::size_t block) {
    return n < block ? n : n / block * block;
  }

  Tensor operator()(const Tensor& a, const Tensor& b) const {
    Tensor c{Shape{a.rows(), b.columns()}};
    real sum = 0;
    for (std::size_t i = 0; i < rounded(a.rows(), rows); ++i) {
      for (std::size_t j = 0; j < rounded(b.columns(), columns); ++j) {
        if (resets) sum = 0;
        for (std::size_t k = begin; k + left_out < a.columns(); ++k) {
          sum = (adds ? sum : 0) + a(i, k) * b(k, j);
        }
        c(i, j) = sum;
      }
    }
    return c;
  }
};

Tried product(const char* words, Product wrong) {
  return {words, exercises::matmul({.product = std::move(wrong), .fast_product = right})};
}

Tried fast_product(const char* words, Product wrong) {
  return {words, exercises::matmul({.product = right, .fast_product = std::move(wrong)})};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::matmul({.product = right, .fast_product = right}),
      {product("That is A Bᵀ",
               [](const Tensor& a, const Tensor& b) { return right(a, nn::transpose(b)); }),
       product("That is Aᵀ B",
               [](const Tensor& a, const Tensor& b) { return right(nn::transpose(a), b); }),
       product("That is B A", [](const Tensor& a, const Tensor& b) { return right(b, a); }),
       product("begin every sum at 0", Loops{.resets = false}),
       product("Only the last product of each sum counts", Loops{.adds = false}),
       product("The last product of each sum is missing", Loops{.left_out = 1}),
       product("The first product of each sum is missing", Loops{.begin = 1}),
       fast_product("The last rows are 0", Loops{.rows = 4}),
       fast_product("The last columns are 0", Loops{.columns = 4}),
       fast_product("The result of the call before is still in it",
                    [before = Tensor{}](const Tensor& a, const Tensor& b) mutable {
                      const Tensor c = right(a, b);
                      if (before.shape() != c.shape()) before = Tensor{c.shape()};
                      for (std::size_t i = 0; i < c.size(); ++i)
                        before.values()[i] += c.values()[i];
                      return before;
                    }),
       fast_product("must be at least 3 times as fast", Loops{})});
}
