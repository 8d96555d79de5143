/// @file
/// @brief Exercise 11.3: blocks for the cache, without vectors.
module;

#include <algorithm>
#include <cstddef>
#include <functional>

export module mine.blocks;

import exercises.todo;
export import nn.tensor;

export namespace mine {

using namespace nn;

/// Adds a multiple of a row to another, number by number: to[j] += scalar · row[j].
/// @param size How many numbers.
void add_scaled(real scalar, const real* row, real* to, std::size_t size) {
  // [todo add_scaled]
  for (std::size_t j = 0; j < size; ++j) to[j] += scalar * row[j];
  // [/todo]
}

/// A function like add_scaled.
using AddScaled = std::function<void(real scalar, const real* row, real* to, std::size_t size)>;

/// Adds A B to what C holds. Takes B in blocks, and uses each block for all rows of A before the
/// next one.
/// @param a A, shape (M, K).
/// @param b B, shape (K, N).
/// @param c C, shape (M, N).
/// @param depth The rows of a block; fewer in the last blocks if K is not a multiple of it.
/// @param width The columns of a block; fewer in the last blocks if N is not a multiple of it.
/// @param add Called for each row of A and each row of a block, with the part of the row of B that
///   is in the block, and the part of the row of C to which a multiple of it is added.
void in_blocks(const Tensor& a, const Tensor& b, Tensor& c, std::size_t depth, std::size_t width,
               const AddScaled& add) {
  const std::size_t columns = b.columns();  // N
  // [todo in_blocks]
  for (std::size_t j = 0; j < columns; j += width) {
    const std::size_t size = std::min(width, columns - j);
    for (std::size_t k0 = 0; k0 < b.rows(); k0 += depth) {
      const std::size_t end = std::min(k0 + depth, b.rows());
      for (std::size_t i = 0; i < a.rows(); ++i) {
        for (std::size_t k = k0; k < end; ++k) {
          add(a(i, k), b.data() + k * columns + j, c.data() + i * columns + j, size);
        }
      }
    }
  }
  // [/todo]
}

}  // namespace mine
