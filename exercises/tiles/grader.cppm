/// @file
/// @brief Grades tiles for any number of columns.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module exercises.tiles;

export import exercises.grade;
export import nn.matmul;
export import nn.vector;

using nn::lanes;
using nn::Matrix;
using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Tiles {
  std::function<void(const Matrix& a, const Matrix& b, Tensor& c)> in_tiles;
  std::size_t tile_rows;
};

}  // namespace exercises

namespace exercises {

/// C after A B was added to it, but only in columns for which a function is true.
template <class Which>
Tensor added(const Tensor& a, const Tensor& b, Tensor c, const Which& which) {
  const Tensor product = nn::matmul(a, b);
  for (std::size_t i = 0; i < c.rows(); ++i) {
    for (std::size_t j = 0; j < c.columns(); ++j) {
      if (which(j)) c(i, j) += product(i, j);
    }
  }
  return c;
}

/// What C may be instead, for N columns.
std::vector<Mistake> of_columns(const Tensor& a, const Tensor& b, const Tensor& c) {
  const std::size_t columns = b.columns();
  const std::size_t panels = columns / (2 * lanes) * 2 * lanes;  // columns in full panels
  const std::size_t vectors = columns / lanes * lanes;           // columns in full vectors
  const auto all = [](std::size_t) { return true; };
  const Tensor product = nn::matmul(a, b);
  Tensor overwritten = added(a, b, c, all);
  Tensor twice = overwritten;
  Tensor reversed = overwritten;
  for (std::size_t i = 0; i < c.rows(); ++i) {
    for (std::size_t j = vectors; j < columns; ++j) {
      overwritten(i, j) = product(i, j);
      twice(i, j) += product(i, j);
    }
    for (std::size_t j = vectors; j < columns; ++j) {
      reversed(i, j) = c(i, j) + product(i, j - vectors);
    }
  }
  // A vector that is written where the row ends goes on in the next row.
  Tensor beyond = added(a, b, c, [&](std::size_t j) { return j < vectors; });
  const std::size_t last = std::min(vectors + lanes, c.size());
  for (std::size_t i = 0; i < c.rows(); ++i) {
    for (std::size_t j = vectors; j < last && i * columns + j < c.size(); ++j) {
      real sum = 0;
      for (std::size_t k = 0; k < b.rows() && k * columns + j < b.size(); ++k) {
        sum += a(i, k) * b.values()[k * columns + j];
      }
      beyond.values()[i * columns + j] += sum;
    }
  }
  Tensor first_tile = added(a, b, c, all);
  const std::size_t rows = c.rows() / 2;
  for (std::size_t i = rows; i < c.rows(); ++i) {
    for (std::size_t j = vectors; j < columns; ++j) first_tile(i, j) = c(i, j);
  }
  return {
      {"C is unchanged.", c},
      {"C is overwritten: the product must be added to what it holds.", product},
      {"The columns after the last panel of two vectors are left out.",
       added(a, b, c, [&](std::size_t j) { return j < panels; })},
      {"The columns after the last full vector are left out.",
       added(a, b, c, [&](std::size_t j) { return j < vectors; })},
      {"The last columns overwrite what C held: add to it.", overwritten},
      {"The product is added twice to the last columns.", twice},
      {"The last columns of C have the first columns of the product: they begin at j, not at 0.",
       reversed},
      {"A vector was written beyond the end of a row, so the first numbers of the next row are "
       "wrong.",
       beyond},
      {"In the last columns, only the first rows are computed.", first_tile}};
}

/// A step for one number of columns.
Step with_columns(const Tiles& mine, const std::string& name, std::size_t columns) {
  return {"in_tiles: " + name, [mine, columns] {
            const Tensor a = random_tensor(Shape{2 * mine.tile_rows, 7}, 1);
            const Tensor b = random_tensor(Shape{7, columns}, 2);
            const Tensor before = random_tensor(Shape{a.rows(), columns}, 3);
            Tensor c = before;
            mine.in_tiles(a, b, c);
            expect(fmt::format("C with {} columns", columns), c,
                   added(a, b, before, [](std::size_t) { return true; }), of_columns(a, b, before));
          }};
}

}  // namespace exercises

export namespace exercises {

/// The steps for this function.
std::vector<Step> tiles(const Tiles& mine) {
  return {with_columns(mine, "two panels of two vectors", 4 * lanes),
          with_columns(mine, "and one vector more", 5 * lanes),
          with_columns(mine, "and three columns more", 5 * lanes + 3),
          with_columns(mine, "a panel and three columns", 2 * lanes + 3),
          with_columns(mine, "a vector and a column", lanes + 1),
          with_columns(mine, "fewer columns than a vector", lanes - 1),
          with_columns(mine, "one column", 1),
          with_columns(mine, "the 37 columns of section 11.14", 37),
          {"in_tiles: a B that is part of a wider matrix", [mine] {
             const Tensor a = random_tensor(Shape{mine.tile_rows, 5}, 4);
             const Tensor wide = random_tensor(Shape{5, 4 * lanes}, 5);
             const std::size_t columns = 3 * lanes + 2;
             Tensor b{Shape{5, columns}};
             Tensor misread = b;
             for (std::size_t k = 0; k < 5; ++k) {
               for (std::size_t j = 0; j < columns; ++j) {
                 b(k, j) = wide(k, j);
                 misread(k, j) = j < 3 * lanes ? wide(k, j) : wide.values()[k * columns + j];
               }
             }
             Matrix part{wide};
             part.columns = columns;
             Tensor c{Shape{a.rows(), columns}};
             mine.in_tiles(a, part, c);
             expect("C", c, nn::matmul(a, b),
                    {{"The rows of B begin every `b.row_stride` numbers, not every `b.columns`.",
                      nn::matmul(a, misread)}});
           }}};
}

}  // namespace exercises
