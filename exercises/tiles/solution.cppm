/// @file
/// @brief Exercise 11.5: tiles for any number of columns.
module;

#include <array>
#include <cstddef>

export module mine.tiles;

import exercises.todo;
export import nn.matmul;
export import nn.vector;

export namespace mine {

using namespace nn;

/// The rows of a tile.
constexpr std::size_t tile_rows = vector_registers == 32 ? 12 : 6;

/// Adds A times a panel of B to a panel of C, tile by tile.
/// @tparam Vectors The width of both panels in vectors of `lanes` numbers.
/// @param a A, shape (M, K); M is a multiple of tile_rows.
/// @param b The first number of the panel of B, which has K rows.
/// @param b_stride How many numbers lie between the beginnings of two rows of B.
/// @param c The first number of the panel of C, which has M rows.
/// @param c_stride The same for C.
template <std::size_t Vectors>
void multiply_panel(const Matrix& a, const real* b, std::size_t b_stride, real* c,
                    std::size_t c_stride) {
  for (std::size_t i0 = 0; i0 < a.rows; i0 += tile_rows) {
    std::array<std::array<Simd, Vectors>, tile_rows> sums;
    for (std::size_t i = 0; i < tile_rows; ++i) {
      for (std::size_t v = 0; v < Vectors; ++v) {
        sums[i][v] = simd_load(c + (i0 + i) * c_stride + v * lanes);
      }
    }
    for (std::size_t k = 0; k < a.columns; ++k) {
      for (std::size_t v = 0; v < Vectors; ++v) {
        const Simd row = simd_load(b + k * b_stride + v * lanes);
        for (std::size_t i = 0; i < tile_rows; ++i) {
          sums[i][v] += a.data[(i0 + i) * a.row_stride + k] * row;
        }
      }
    }
    for (std::size_t i = 0; i < tile_rows; ++i) {
      for (std::size_t v = 0; v < Vectors; ++v) {
        simd_store(c + (i0 + i) * c_stride + v * lanes, sums[i][v]);
      }
    }
  }
}

/// Adds A B to what C holds. Must neither read beyond the rows of B nor write beyond those of C.
/// @param a A, shape (M, K): `a.data[i * a.row_stride + k]`. M is a multiple of tile_rows.
/// @param b B, shape (K, N), with any N: `b.data[k * b.row_stride + j]`. It may be a part of a
/// wider
///   matrix, so its row_stride may be larger than its columns.
/// @param c C, shape (M, N).
void in_tiles(const Matrix& a, const Matrix& b, Tensor& c) {
  // [todo in_tiles]
  const std::size_t columns = b.columns;
  std::size_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes) {
    multiply_panel<2>(a, b.data + j, b.row_stride, c.data() + j, columns);
  }
  if (j + lanes <= columns) {
    multiply_panel<1>(a, b.data + j, b.row_stride, c.data() + j, columns);
    j += lanes;
  }
  if (j == columns) return;
  Tensor narrow{Shape{b.rows, lanes}};
  Tensor sums{Shape{a.rows, lanes}};
  for (std::size_t k = 0; k < b.rows; ++k) {
    for (std::size_t v = 0; j + v < columns; ++v) narrow(k, v) = b.data[k * b.row_stride + j + v];
  }
  multiply_panel<1>(a, narrow.data(), lanes, sums.data(), lanes);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t v = 0; j + v < columns; ++v) c(i, j + v) += sums(i, v);
  }
  // [/todo]
}

}  // namespace mine
