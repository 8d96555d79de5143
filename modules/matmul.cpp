module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <utility>

module nn.matmul;

import nn.parallel;
import nn.vector;

namespace nn {

namespace {

/// Of 32 registers 24 hold sums, of 16 registers 12.
constexpr std::size_t tile_rows = vector_registers == 32 ? 12 : 6;
constexpr std::size_t tile_vectors = 2;
constexpr std::size_t tile_width = tile_vectors * lanes;

/// Rows of A and the depth of K that one round works through while they stay in the cache.
constexpr std::size_t block_rows = 10 * tile_rows;
constexpr std::size_t block_depth = 512;

/// Below this many multiplications a second thread costs more than it brings.
constexpr std::size_t serial_work = std::size_t{1} << 17U;

/// What a tile multiplies: the scalars of A by their two strides, the rows of B by a function.
template <class RowOfB>
struct Factors {
  const real* a;
  std::size_t a_row_stride;
  std::size_t a_depth_stride;
  std::size_t depth;
  RowOfB row_of_b;  ///< row_of_b(k) points to tile_width values
};

/// The micro-kernel: a tile of Rows × tile_width sums lives in registers while k runs. For each k
/// it loads one row of B, and each scalar of A once, for Rows × tile_vectors multiply-adds.
/// @param c The tile's first element; on entry the values that the sums start from.
template <std::size_t Rows, class RowOfB>
void multiply_tile(const Factors<RowOfB>& f, real* c, std::size_t c_stride) {
  std::array<std::array<Vector, tile_vectors>, Rows> sum;
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t v = 0; v < tile_vectors; ++v) sum[i][v] = load(c + i * c_stride + v * lanes);
  }
  for (std::size_t k = 0; k < f.depth; ++k) {
    const real* const b = f.row_of_b(k);
    std::array<Vector, tile_vectors> row;
    for (std::size_t v = 0; v < tile_vectors; ++v) row[v] = load(b + v * lanes);
    for (std::size_t i = 0; i < Rows; ++i) {
      const real scalar = f.a[i * f.a_row_stride + k * f.a_depth_stride];
      for (std::size_t v = 0; v < tile_vectors; ++v) sum[i][v] += scalar * row[v];
    }
  }
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t v = 0; v < tile_vectors; ++v) store(c + i * c_stride + v * lanes, sum[i][v]);
  }
}

/// The micro-kernel for a number of rows that is known only at run time, 1 to tile_rows.
template <class RowOfB>
void multiply_rows(std::size_t rows, const Factors<RowOfB>& f, real* c, std::size_t c_stride) {
  using Kernel = void (*)(const Factors<RowOfB>&, real*, std::size_t);
  static constexpr auto kernels = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<Kernel, tile_rows>{&multiply_tile<I + 1, RowOfB>...};
  }(std::make_index_sequence<tile_rows>{});
  kernels[rows - 1](f, c, c_stride);
}

/// How many rows the next tile takes: full tiles, the last rows shared out evenly over two.
std::size_t next_rows(std::size_t left) {
  if (left <= tile_rows) return left;
  return left < 2 * tile_rows ? (left + 1) / 2 : tile_rows;
}

/// Rows k0 … of one panel of B, tile_width columns from j0 on, copied so that they are contiguous:
/// the kernel then reads memory in one straight line. Columns behind B's last are zeros.
void pack(const Matrix& b, std::size_t k0, std::size_t depth, std::size_t j0, real* panel) {
  const std::size_t width = std::min(tile_width, b.columns - j0);
  const real* const from = b.data + k0 * b.row_stride + j0 * b.column_stride;
  if (width < tile_width) std::fill_n(panel, depth * tile_width, real{0});
  if (b.column_stride == 1) {
    for (std::size_t k = 0; k < depth; ++k) {
      std::copy_n(from + k * b.row_stride, width, panel + k * tile_width);
    }
    return;
  }
  for (std::size_t j = 0; j < width; ++j) {
    for (std::size_t k = 0; k < depth; ++k) {
      panel[k * tile_width + j] = from[k * b.row_stride + j * b.column_stride];
    }
  }
}

/// One round of the product: the rows i0 … of C, in the tile_width columns from j0 on.
void multiply_block(const Matrix& a, const Matrix& b, std::span<const real> bias, Tensor& c,
                    std::size_t i0, std::size_t j0) {
  const std::size_t rows = std::min(block_rows, a.rows - i0);
  const std::size_t width = std::min(tile_width, b.columns - j0);
  const bool whole = width == tile_width;
  // Tiles are written whole; where C is narrower, they go to a block of their own first.
  Tensor narrow = whole ? Tensor{} : Tensor::uninitialized(Shape{rows, tile_width});
  real* const out = whole ? c.data() + i0 * b.columns + j0 : narrow.data();
  const std::size_t stride = whole ? b.columns : tile_width;
  for (std::size_t i = 0; i < rows; ++i) {
    std::fill_n(out + i * stride, tile_width, real{0});
    if (!bias.empty()) std::copy_n(bias.data() + j0, width, out + i * stride);
  }

  // A single tile of rows reads B once; packing it would only read it twice.
  const bool packed = rows > tile_rows || b.column_stride != 1;
  Tensor panel;
  if (packed) panel = Tensor::uninitialized(Shape{std::min(block_depth, a.columns), tile_width});
  for (std::size_t k0 = 0; k0 < a.columns; k0 += block_depth) {
    const std::size_t depth = std::min(block_depth, a.columns - k0);
    if (packed) pack(b, k0, depth, j0, panel.data());
    const real* const first = packed ? panel.data() : b.data + k0 * b.row_stride + j0;
    const std::size_t step = packed ? tile_width : b.row_stride;
    const auto row_of_b = [first, step](std::size_t k) { return first + k * step; };
    for (std::size_t i = 0, tile = 0; i < rows; i += tile) {
      tile = next_rows(rows - i);
      multiply_rows(tile,
                    Factors{.a = a.data + (i0 + i) * a.row_stride + k0 * a.column_stride,
                            .a_row_stride = a.row_stride,
                            .a_depth_stride = a.column_stride,
                            .depth = depth,
                            .row_of_b = row_of_b},
                    out + i * stride, stride);
    }
  }
  for (std::size_t i = 0; !whole && i < rows; ++i) {
    std::copy_n(out + i * stride, width, c.data() + (i0 + i) * b.columns + j0);
  }
}

}  // namespace

Tensor matmul(const Matrix& a, const Matrix& b, std::span<const real> bias) {
  if (a.columns == 0 || b.columns == 0) {
    throw std::invalid_argument(
        fmt::format("nn::matmul: the {} factor is empty", a.columns == 0 ? "left" : "right"));
  }
  if (a.columns != b.rows) {
    throw std::invalid_argument(
        fmt::format("nn::matmul: {}×{} times {}×{}: the right factor has {} rows, expected {}",
                    a.rows, a.columns, b.rows, b.columns, b.rows, a.columns));
  }
  if (!bias.empty() && bias.size() != b.columns) {
    throw std::invalid_argument(
        fmt::format("nn::matmul: bias has {} values, expected {}", bias.size(), b.columns));
  }
  Tensor c = Tensor::uninitialized(Shape{a.rows, b.columns});
  const std::size_t row_blocks = (a.rows + block_rows - 1) / block_rows;
  const std::size_t panels = (b.columns + tile_width - 1) / tile_width;
  const auto round = [&](std::size_t index) {
    multiply_block(a, b, bias, c, index % row_blocks * block_rows, index / row_blocks * tile_width);
  };
  if (a.rows * a.columns * b.columns < serial_work) {
    for (std::size_t index = 0; index < row_blocks * panels; ++index) round(index);
  } else {
    parallel_for(row_blocks * panels, round);
  }
  return c;
}

Tensor matmul(const Matrix& a, const Matrix& b) { return matmul(a, b, {}); }

}  // namespace nn
