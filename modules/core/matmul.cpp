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

/// The largest tile of sums that fits in the registers together with the factors: 24 out of 32
/// registers, or 12 out of 16.
constexpr std::size_t tile_sums = vector_registers == 32 ? 24 : 12;

/// How many rows a tile of this width has. A tile is two vectors wide, or one at the right end of
/// C; where C has only a few rows, the tile is wider, so that enough independent sums are in
/// progress.
constexpr std::size_t tile_rows(std::size_t vectors) { return tile_sums / vectors; }
constexpr std::size_t wide = vector_registers == 32 ? 8 : 4;

/// Rows of A, and the depth (range of k), that one round works through: with a depth of 256, a
/// panel of B stays in the first-level cache while all the rows are multiplied by it.
constexpr std::size_t block_rows = 400;
constexpr std::size_t block_depth = 256;

/// How many numbers of A stay in the second-level cache while the panels of B are worked through.
constexpr std::size_t cached = std::size_t{1} << 17U;

/// Reading an element of B takes as long as this many multiplications, however few rows A has. And
/// below `serial_work` multiplications, a second thread costs more than it gains.
constexpr std::size_t read_work = 8;
constexpr std::size_t serial_work = std::size_t{1} << 17U;

/// A larger product is cut into at least this many rounds, if it has enough rows.
constexpr std::size_t min_rounds = 4;

constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// What a tile is computed from: the scalars of A with their two strides, rows of B, and the
/// initial values of the sums.
struct Factors {
  const real* a;
  std::size_t a_row_stride;
  std::size_t a_depth_stride;
  const real* b;
  std::size_t b_stride;
  std::size_t depth;
  const real* start;
  std::size_t start_stride;
};

// [kernel]
/// The micro-kernel: a tile of Rows × Vectors sums stays in registers while k runs. For each k it
/// loads one row of B, and each scalar of A once, for Rows × Vectors multiply-adds.
/// @param c The tile's first element.
template <std::size_t Rows, std::size_t Vectors>
void multiply_tile(const Factors& f, real* c, std::size_t c_stride) {
  std::array<std::array<Simd, Vectors>, Rows> sum;
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t v = 0; v < Vectors; ++v) {
      sum[i][v] = simd_load(f.start + i * f.start_stride + v * lanes);
    }
  }
  for (std::size_t k = 0; k < f.depth; ++k) {
    std::array<Simd, Vectors> row;
    for (std::size_t v = 0; v < Vectors; ++v) row[v] = simd_load(f.b + k * f.b_stride + v * lanes);
    for (std::size_t i = 0; i < Rows; ++i) {
      const Simd scalar = simd_all(f.a[i * f.a_row_stride + k * f.a_depth_stride]);
      for (std::size_t v = 0; v < Vectors; ++v) sum[i][v] = multiply_add(scalar, row[v], sum[i][v]);
    }
  }
  for (std::size_t i = 0; i < Rows; ++i) {
    for (std::size_t v = 0; v < Vectors; ++v) simd_store(c + i * c_stride + v * lanes, sum[i][v]);
  }
}
// [/kernel]

using MultiplyTile = void (*)(const Factors&, real*, std::size_t);

/// The micro-kernel for a number of rows that is known only at run time.
template <std::size_t Vectors>
MultiplyTile tile_of(std::size_t rows) {
  static constexpr auto tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<MultiplyTile, sizeof...(I)>{&multiply_tile<I + 1, Vectors>...};
  }(std::make_index_sequence<tile_rows(Vectors)>{});
  return tiles[rows - 1];
}

/// How many rows the next tile takes: full tiles first, then the last rows split evenly into two.
std::size_t next_rows(std::size_t left, std::size_t most) {
  if (left <= most) return left;
  return left < 2 * most ? divide_up(left, 2) : most;
}

/// Rows k0 … of one panel of B, packed: copied so that they are contiguous and the kernel reads
/// memory sequentially. Columns past B's last may hold anything.
template <std::size_t Vectors>
void pack(const Matrix& b, std::size_t k0, std::size_t depth, std::size_t j0, real* panel) {
  constexpr std::size_t panel_width = Vectors * lanes;
  const std::size_t width = std::min(panel_width, b.columns - j0);
  const real* const from = b.data + k0 * b.row_stride + j0 * b.column_stride;
  std::size_t k = 0;
  if (b.column_stride == 1) {
    for (; k < depth; ++k) {
      for (std::size_t v = 0; v < Vectors; ++v) {
        simd_store(panel + k * panel_width + v * lanes,
                   simd_load(from + k * b.row_stride + v * lanes));
      }
    }
  } else if (b.row_stride == 1 && width == panel_width) {
    // [squares]
    for (; k + lanes <= depth; k += lanes) {  // B is a transpose: square by square
      for (std::size_t v = 0; v < Vectors; ++v) {
        SimdSquare square;
        for (std::size_t j = 0; j < lanes; ++j) {
          square[j] = simd_load(from + k + (v * lanes + j) * b.column_stride);
        }
        transpose(square);
        for (std::size_t i = 0; i < lanes; ++i) {
          simd_store(panel + (k + i) * panel_width + v * lanes, square[i]);
        }
      }
    }
    // [/squares]
  }
  for (; k < depth; ++k) {
    for (std::size_t j = 0; j < width; ++j) {
      panel[k * panel_width + j] = from[k * b.row_stride + j * b.column_stride];
    }
  }
}

/// The range of k is cut into equal blocks.
std::size_t depth_of_block(const Matrix& a) {
  return divide_up(a.columns, divide_up(a.columns, block_depth));
}

/// One round of the product: the rows of C from i0, the columns of the panel from j0, and the terms
/// of the sums whose index goes from k_begin to k_end.
struct Round {
  std::size_t i0;
  std::size_t rows;
  std::size_t j0;
  std::size_t k_begin;
  std::size_t k_end;
};

template <std::size_t Vectors>
void multiply_block(const Matrix& a, const Matrix& b, std::span<const real> bias, Tensor& c,
                    const Round& round) {
  const auto& [i0, rows, j0, k_begin, k_end] = round;
  constexpr std::size_t panel_width = Vectors * lanes;
  const std::size_t width = std::min(panel_width, b.columns - j0);
  const bool whole = width == panel_width;
  // [direct]
  // Rows that are close together need no packing. A single tile of rows reads B only once, so
  // packing it first would mean reading it twice.
  const bool direct =
      b.column_stride == 1 && (b.row_stride <= panel_width || rows <= tile_rows(Vectors));
  // [/direct]

  alignas(vector_bytes) std::array<real, block_depth * panel_width> panel;
  // Tiles are always written whole; where C is narrower, they are written to a separate block
  // first.
  constexpr std::size_t most_rows = Vectors == wide ? tile_rows(wide) : block_rows;
  alignas(vector_bytes) std::array<real, most_rows * panel_width> narrow;
  alignas(vector_bytes) std::array<real, panel_width> first{};
  if (!bias.empty()) std::copy_n(bias.data() + j0, width, first.data());
  real* const out = whole ? c.data() + i0 * b.columns + j0 : narrow.data();
  const std::size_t stride = whole ? b.columns : panel_width;
  for (std::size_t i = 0; !whole && k_begin > 0 && i < rows; ++i) {
    std::fill_n(out + i * stride, stride, real{0});
    std::copy_n(c.data() + (i0 + i) * b.columns + j0, width, out + i * stride);
  }

  // [blocks]
  for (std::size_t k0 = k_begin; k0 < k_end; k0 += depth_of_block(a)) {
    const std::size_t depth = std::min(depth_of_block(a), k_end - k0);
    if (!direct) pack<Vectors>(b, k0, depth, j0, panel.data());
    for (std::size_t i = 0, tile = 0; i < rows; i += tile) {
      tile = next_rows(rows - i, tile_rows(Vectors));
      real* const to = out + i * stride;
      tile_of<Vectors>(tile)({.a = a.data + (i0 + i) * a.row_stride + k0 * a.column_stride,
                              .a_row_stride = a.row_stride,
                              .a_depth_stride = a.column_stride,
                              .b = direct ? b.data + k0 * b.row_stride + j0 : panel.data(),
                              .b_stride = direct ? b.row_stride : panel_width,
                              .depth = depth,
                              .start = k0 == 0 ? first.data() : to,
                              .start_stride = k0 == 0 ? 0 : stride},
                             to, stride);
    }
  }
  // [/blocks]
  for (std::size_t i = 0; !whole && i < rows; ++i) {
    std::copy_n(out + i * stride, width, c.data() + (i0 + i) * b.columns + j0);
  }
}

/// The product by way of its transpose, Cᵀ = Bᵀ Aᵀ, for a C that is narrow: the rows of Cᵀ are
/// long.
Tensor multiply_turned(const Matrix& a, const Matrix& b) {
  const Tensor turned = matmul(transposed(b), transposed(a));
  Tensor c = Tensor::uninitialized(Shape{a.rows, b.columns});
  real* to = c.data();
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < b.columns; ++j) *to++ = turned.data()[j * a.rows + i];
  }
  return c;
}

}  // namespace

Tensor transpose(const Tensor& matrix) {
  Tensor result = Tensor::uninitialized(Shape{matrix.columns(), matrix.rows()});
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.columns(); ++j) result(j, i) = matrix(i, j);
  }
  return result;
}

Tensor sum_rows(const Matrix& matrix) {
  Tensor sums{Shape{matrix.columns}};
  for (std::size_t n = 0; n < matrix.rows; ++n) {
    const real* const row = matrix.data + n * matrix.row_stride;
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      sums.data()[j] += row[j * matrix.column_stride];
    }
  }
  return sums;
}

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
  // B is too narrow for vectors, but A is a transpose, so its columns are contiguous. This is the
  // weight gradient of a network's last layer.
  if (b.columns < 2 * lanes && b.columns % lanes != 0 && a.row_stride == 1 && a.rows >= 2 * lanes &&
      bias.empty()) {
    return multiply_turned(a, b);
  }
  Tensor c = Tensor::uninitialized(Shape{a.rows, b.columns});
  const std::size_t panel_width = (a.rows <= tile_rows(wide) ? wide : 2) * lanes;
  const std::size_t panels = divide_up(b.columns, panel_width);
  // [serial]
  const bool serial = std::max(a.rows, read_work) * a.columns * b.columns < serial_work;
  const std::size_t blocks =
      std::max(divide_up(a.rows, block_rows),
               serial ? 1 : std::min(divide_up(min_rounds, panels), divide_up(a.rows, tile_sums)));
  // [/serial]
  // [order]
  // A round does the whole depth and reads A's rows again for every panel, from the cache or at
  // least sequentially. If A is a transpose too large for the cache, each number would come from
  // memory on its own; then all panels are worked through for one block of the depth before the
  // next.
  const bool whole_depth = a.column_stride == 1 || divide_up(a.rows, blocks) * a.columns <= cached;
  const std::size_t step = whole_depth ? a.columns : depth_of_block(a);
  for (std::size_t k0 = 0; k0 < a.columns; k0 += step) {
    const auto round = [&](std::size_t index) {
      const std::size_t block = index / panels;
      const std::size_t i0 = a.rows * block / blocks;
      const Round part{.i0 = i0,
                       .rows = a.rows * (block + 1) / blocks - i0,
                       .j0 = index % panels * panel_width,
                       .k_begin = k0,
                       .k_end = std::min(k0 + step, a.columns)};
      const std::size_t width = std::min(panel_width, b.columns - part.j0);
      if (width <= lanes) return multiply_block<1>(a, b, bias, c, part);
      if (width <= 2 * lanes) return multiply_block<2>(a, b, bias, c, part);
      multiply_block<wide>(a, b, bias, c, part);
    };
    if (serial) {
      for (std::size_t index = 0; index < blocks * panels; ++index) round(index);
    } else {
      parallel_for(blocks * panels, round);
    }
  }
  // [/order]
  return c;
}

Tensor matmul(const Matrix& a, const Matrix& b) { return matmul(a, b, {}); }

Tensor matmul(const Tensor& a, const Matrix& b, std::span<const real> bias) {
  Tensor c = matmul(Matrix{a}, b, bias);
  if (a.rank() != 3) return c;
  return std::move(c).reshaped(Shape{a.shape()[0], a.shape()[1], b.columns});
}

}  // namespace nn
