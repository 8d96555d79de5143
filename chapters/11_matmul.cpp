// Chapter 11: the matrix product. Read with docs/chapters/11_matmul.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

import lecture;
import matmul.contest;
import matmul.roofline;
import nn.parallel;
import nn.vector;

using lecture::heading;
using nn::lanes;
using nn::Matrix;
using nn::real;
using nn::Shape;
using nn::Simd;
using nn::simd_load;
using nn::simd_store;
using nn::Tensor;
// [/fold]

// [loops]
/// (1) The formula: each element of C is a row of A times a column of B. Like every step, this adds
/// the product to what C holds.
void three_loops(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < b.columns; ++j) {
      real sum = 0;
      for (std::size_t k = 0; k < a.columns; ++k) {
        sum += a.data[i * a.row_stride + k] * b.data[k * b.row_stride + j * b.column_stride];
      }
      c(i, j) += sum;
    }
  }
}

void three_plain_loops(Contest& contest) {
  heading("11.1 Three loops");
  contest.enter("(1) i-j-k", three_loops);
  const Step& step = contest.steps[0];
  fmt::print("  {} times {}: {:.0f} ms, {:.2f} GFLOP/s\n", to_string(contest.a.shape()),
             to_string(contest.b.shape()), 1e3 * step.seconds, step.speed);
}
// [/loops]

// [chains]
/// How many vectors of sums fit into the registers, with room left for the factors.
constexpr std::size_t sums_at_once = nn::vector_registers == 32 ? 24 : 12;

/// Makes the compiler assume that the value is read and changed here, so that it can neither skip
/// the work before nor compute it at compile time.
template <typename Value>
void hide_from_optimizer(Value& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

/// Runs chains of multiply-adds. Within a chain each waits for the previous one; the chains are
/// independent of each other.
template <typename Number, std::size_t Chains>
void multiply_adds(std::size_t count) {
  std::array<Number, Chains> sums{};
  Number factor{};
  hide_from_optimizer(factor);
  for (std::size_t i = 0; i < count; ++i)
    for (Number& sum : sums) sum = sum * factor + factor;
  hide_from_optimizer(sums);
}
// [/chains]

// [machine]
/// Adds scalar × row to another row, one vector at a time, with two loads and a store for each
/// multiply-add. `size` must be a multiple of `lanes`.
void add_scaled(real scalar, const real* row, real* to, std::size_t size) {
  for (std::size_t j = 0; j < size; j += lanes) {
    simd_store(to + j, simd_load(to + j) + scalar * simd_load(row + j));
  }
}

void add_repeatedly(const Tensor& row, Tensor& to, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    add_scaled(0.5F, row.data(), to.data(), row.size());
    hide_from_optimizer(to);
  }
}

Machine measure() {
  return measure_machine({.one_chain = multiply_adds<real, 1>,
                          .chains = multiply_adds<Simd, sums_at_once>,
                          .count = sums_at_once,
                          .numbers = lanes,
                          .add_rows = add_repeatedly});
}

void limits(const Machine& machine) {
  heading("11.2 What the machine can do");
  print(machine);
}
// [/machine]

// [counting]
void counting() {
  heading("11.3 Counting operations and bytes");
  fmt::print("  {:>5}{:>6}{:>6}{:>22}{:>8}{:>12}\n", "M", "K", "N", "million operations", "MB",
             "FLOP/byte");
  for (const auto& [m, k, n] : std::array<std::array<std::size_t, 3>, 4>{
           {{1, 784, 256}, {100, 784, 256}, {96, 1024, 1024}, {1024, 1024, 1024}}}) {
    const auto operations = static_cast<double>(2 * m * k * n);
    const auto bytes = static_cast<double>(sizeof(real) * (m * k + k * n + m * n));
    fmt::print("  {:>5}{:>6}{:>6}{:22.1f}{:8.2f}{:12.1f}\n", m, k, n, operations / 1e6, bytes / 1e6,
               operations / bytes);
  }
}
// [/counting]

// [paper]
/// a·a − c for a = 1 + 2⁻¹² and c = 1 + 2⁻¹¹: exactly 2⁻²⁴.
void two_roundings_or_one() {
  const float a = 1 + 0x1p-12F;
  const float c = 1 + 0x1p-11F;
  float product = a * a;
  hide_from_optimizer(product);  // forces it to be rounded before the subtraction
  fmt::print("  a·a - c  two roundings {:.1e}, one {:.1e}, exactly {:.1e}\n", product - c,
             std::fma(a, a, -c), 0x1p-24);
}

void on_paper() {
  heading("11.4 On paper");
  const Tensor a{{1, 2}, {3, 4}};
  const Tensor b{{5, 6}, {7, 8}};
  for (const bool swapped : {false, true}) {
    Tensor c{Shape{2, 2}};
    std::string places;
    fmt::print("  {}  products", swapped ? "i-k-j" : "i-j-k");
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t middle = 0; middle < 2; ++middle) {
        for (std::size_t inner = 0; inner < 2; ++inner) {
          const std::size_t j = swapped ? inner : middle;
          const std::size_t k = swapped ? middle : inner;
          c(i, j) += a(i, k) * b(k, j);
          fmt::print("  {:.0f}·{:.0f}", a(i, k), b(k, j));
          places += fmt::format("{:5}", k * 2 + j);
        }
      }
    }
    fmt::print("\n         places of B {}\n", places);
    lecture::show("C", c);
  }
  two_roundings_or_one();
}
// [/paper]

// [swapped]
/// (2) The two inner loops swapped: adds one element of A times a row of B to a row of C.
void swapped_loops(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    real* const to = c.data() + i * b.columns;
    for (std::size_t k = 0; k < b.rows; ++k) {
      const real scalar = a.data[i * a.row_stride + k];
      const real* const row = b.data + k * b.row_stride;
#pragma clang loop vectorize(disable)  // vectors come in step (3)
      for (std::size_t j = 0; j < b.columns; ++j) to[j] += scalar * row[j];
    }
  }
}

void order_of_loops(Contest& contest, const Machine& machine) {
  heading("11.5 The order of the loops");
  const Tensor columns{Shape{1024, 1024}, 1};
  const Matrix b = nn::transposed(columns);
  fmt::print("  (1), B stored column by column:     {:.2f} GFLOP/s\n",
             speed(three_loops, contest.a, b));
  fmt::print("  multiply-adds, one after the other: {:.2f} GFLOP/s\n", machine.chain);
  contest.enter_and_print("(2) i-k-j", swapped_loops);
}
// [/swapped]

// [vectors]
/// (3) Step (2) with vectors.
void with_vectors(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    real* const to = c.data() + i * b.columns;
    for (std::size_t k = 0; k < b.rows; ++k) {
      add_scaled(a.data[i * a.row_stride + k], b.data + k * b.row_stride, to, b.columns);
    }
  }
}

void vectors_of_numbers(Contest& contest) {
  heading("11.6 Vectors");
  contest.enter_and_print("(3) vectors", with_vectors);
}
// [/vectors]

// [blocks]
/// (4) Takes B in blocks that fit into the L1 cache and uses each for all rows of A.
void in_blocks(const Matrix& a, const Matrix& b, Tensor& c) {
  constexpr std::size_t depth = 16;
  constexpr std::size_t width = 256;
  for (std::size_t j = 0; j < b.columns; j += width) {
    for (std::size_t k0 = 0; k0 < b.rows; k0 += depth) {
      for (std::size_t i = 0; i < a.rows; ++i) {
        real* const to = c.data() + i * b.columns + j;
        for (std::size_t k = k0; k < k0 + depth; ++k) {
          add_scaled(a.data[i * a.row_stride + k], b.data + k * b.row_stride + j, to, width);
        }
      }
    }
  }
}

void blocks_for_the_cache(Contest& contest) {
  heading("11.7 Blocks for the cache");
  const auto bytes = static_cast<double>(contest.b.size() * sizeof(real));
  const auto reads = static_cast<double>(contest.a.rows());
  fmt::print("  step (3) reads the {:.1f} MB of B {} times: {:.0f} GB/s\n", bytes / 1e6, reads,
             bytes * reads / contest.steps.back().seconds / 1e9);
  contest.enter_and_print("(4) blocks", in_blocks);
}
// [/blocks]

// [tile]
constexpr std::size_t tile_rows = sums_at_once / 2;
constexpr std::size_t panel_width = 2 * lanes;

/// Adds to a tile of C, two vectors wide, which stays in registers while k runs.
void multiply_tile(const real* a, std::size_t a_stride, const real* b, std::size_t b_stride,
                   std::size_t depth, real* c, std::size_t c_stride) {
  std::array<std::array<Simd, 2>, tile_rows> sums;
  for (std::size_t i = 0; i < tile_rows; ++i) {
    sums[i] = {simd_load(c + i * c_stride), simd_load(c + i * c_stride + lanes)};
  }
#pragma clang loop unroll(disable)  // an unrolled loop needs more registers than there are
  for (std::size_t k = 0; k < depth; ++k) {
    const std::array<Simd, 2> row{simd_load(b + k * b_stride), simd_load(b + k * b_stride + lanes)};
    for (std::size_t i = 0; i < tile_rows; ++i) {
      const real scalar = a[i * a_stride + k];
      for (std::size_t v = 0; v < 2; ++v) sums[i][v] += scalar * row[v];
    }
  }
  for (std::size_t i = 0; i < tile_rows; ++i) {
    for (std::size_t v = 0; v < 2; ++v) simd_store(c + i * c_stride + v * lanes, sums[i][v]);
  }
}

/// (5) Goes over C tile by tile; rows and columns that do not fill a tile are left out.
void in_tiles(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t j = 0; j + panel_width <= b.columns; j += panel_width) {
    for (std::size_t i = 0; i + tile_rows <= a.rows; i += tile_rows) {
      multiply_tile(a.data + i * a.row_stride, a.row_stride, b.data + j, b.row_stride, b.rows,
                    c.data() + i * b.columns + j, b.columns);
    }
  }
}

void tile_in_registers(Contest& contest) {
  heading("11.8 A tile in registers");
  fmt::print("  steps (3), (4): {:.2f} loads and stores per vector multiply-add\n", 3.0);
  fmt::print("  a {} × 2 tile:  {:.2f}\n", tile_rows, (tile_rows + 2.0) / (2 * tile_rows));
  contest.enter_and_print("(5) tile in registers", in_tiles);
}
// [/tile]

// [pack]
constexpr std::size_t block_depth = 256;

/// Copies `depth` rows of a panel of B, from row k0 and column j0 on, into contiguous memory.
void pack(const Matrix& b, std::size_t k0, std::size_t depth, std::size_t j0, real* panel) {
  const real* from = b.data + k0 * b.row_stride + j0 * b.column_stride;
  for (std::size_t k = 0; k < depth; ++k, from += b.row_stride, panel += panel_width) {
    if (b.column_stride == 1) {
      std::copy_n(from, panel_width, panel);
    } else {
      for (std::size_t j = 0; j < panel_width; ++j) panel[j] = from[j * b.column_stride];
    }
  }
}

void multiply_panel(const Matrix& a, const Matrix& b, Tensor& c, std::size_t j) {
  alignas(nn::vector_bytes) std::array<real, block_depth * panel_width> panel;
  for (std::size_t k = 0; k < b.rows; k += block_depth) {
    const std::size_t depth = std::min(block_depth, b.rows - k);
    pack(b, k, depth, j, panel.data());
    for (std::size_t i = 0; i + tile_rows <= a.rows; i += tile_rows) {
      multiply_tile(a.data + i * a.row_stride + k, a.row_stride, panel.data(), panel_width, depth,
                    c.data() + i * b.columns + j, b.columns);
    }
  }
}

/// (6) Packs each panel of B before using it.
void packed(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t j = 0; j + panel_width <= b.columns; j += panel_width) {
    multiply_panel(a, b, c, j);
  }
}

/// The module's product in the form of a step; unlike the steps, it overwrites C.
void with_library(const Matrix& a, const Matrix& b, Tensor& c) { c = nn::matmul(a, b); }

void packing(Contest& contest) {
  heading("11.9 Packing");
  contest.enter_and_print("(6) packing", packed);

  const Tensor many = noise(Shape{1008, 1024});
  fmt::print("\n  1008 rows of A:       (5) {:6.1f}, (6) {:6.1f} GFLOP/s\n",
             speed(in_tiles, many, contest.b), speed(packed, many, contest.b));
  const Tensor columns{Shape{1024, 1024}, 1};
  const Matrix b = nn::transposed(columns);
  const std::size_t all = nn::threads();
  nn::set_threads(1);
  fmt::print("  96, B transposed:     (6) {:6.1f}, nn::matmul {:6.1f} GFLOP/s\n",
             speed(packed, contest.a, b), speed(with_library, contest.a, b));
  nn::set_threads(all);
}
// [/pack]

// [threads]
/// (7) Step (6) with the panels distributed over the threads.
void threaded(const Matrix& a, const Matrix& b, Tensor& c) {
  nn::parallel_for(b.columns / panel_width,
                   [&](std::size_t panel) { multiply_panel(a, b, c, panel * panel_width); });
}

void several_threads(Contest& contest, const Machine& machine) {
  heading("11.10 Threads");
  fmt::print("  threads: {}\n", nn::threads());
  contest.enter_and_print("(7) threads", threaded, machine.all_multiply_adds);
}
// [/threads]

// [libraries]
void the_library(Contest& contest, const Machine& machine) {
  heading("11.11 The library, and OpenBLAS");
  enter_libraries(contest, machine);
  contest.print();

  Contest layer{100, 784, 256, machine.multiply_adds};
  layer.enter("(1) i-j-k", three_loops);
  enter_libraries(layer, machine);
  fmt::print("\n  {} times {}:\n", to_string(layer.a.shape()), to_string(layer.b.shape()));
  layer.print();
}
// [/libraries]

// [roofline]
void roofline(const Contest& contest, const Machine& machine) {
  heading("11.12 The roofline");
  constexpr double number = sizeof(real);
  constexpr double element = 2 / (2 * number);  // loads one number of A and one of B
  constexpr double row = 2 / (3 * number);      // loads from B and C, stores to C
  constexpr double tile =
      2.0 * tile_rows * panel_width / ((tile_rows + panel_width) * number);  // while k runs
  draw_roofline(machine, contest.steps, {element, row, row, row, tile, tile, tile, tile, tile});
}
// [/roofline]

// [check]
/// Compares every step with the three loops, bit for bit.
void check_steps() {
  heading("11.13 Check yourself");
  const Tensor a = noise(Shape{24, 64});
  const Tensor b = noise(Shape{64, 256});
  const Tensor b_transposed = nn::transpose(b);
  const Tensor expected = product(three_loops, a, b);
  const std::array<Multiply, 6> steps{swapped_loops, with_vectors, in_blocks,
                                      in_tiles,      packed,       threaded};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    lecture::check(fmt::format("step ({})", i + 2), error(product(steps[i], a, b), expected), 0);
  }
  lecture::check("step (6), B transposed",
                 error(product(packed, a, nn::transposed(b_transposed)), expected), 0);
  lecture::check("nn::matmul", error(nn::matmul(a, b), expected), 0);
}

/// Checks the module on shapes that do not fill their tiles, and with several numbers of threads.
void check_library() {
  double worst = 0;
  for (const std::size_t m : std::array<std::size_t, 6>{1, 2, 5, 12, 13, 100}) {
    for (const std::size_t n : std::array<std::size_t, 6>{1, 3, 16, 17, 33, 65}) {
      const Tensor a = noise(Shape{m, 300});
      const Tensor b = noise(Shape{300, n});
      worst = std::fmax(worst, error(nn::matmul(a, b), exact_product(a, b)));
    }
  }
  lecture::check("nn::matmul, 36 awkward shapes", worst, 1e-5);
  const Tensor a = noise(Shape{200, 200});
  const std::size_t all = nn::threads();
  nn::set_threads(1);
  const Tensor one_thread = nn::matmul(a, a);
  for (const std::size_t threads : std::array<std::size_t, 3>{2, 3, 8}) {
    nn::set_threads(threads);
    lecture::check(fmt::format("nn::matmul, {} threads", threads),
                   error(nn::matmul(a, a), one_thread), 0);
  }
  nn::set_threads(all);
}
// [/check]

// [break]
void break_it() {
  heading("11.14 Break it");
  const Tensor a = noise(Shape{24, 64});
  const Tensor b = noise(Shape{64, 37});
  const std::vector<double> exact = exact_product(a, b);
  const Tensor c = product(packed, a, b);
  std::size_t right = 0;
  while (right < 37 && std::abs(c(0, right) - exact[right]) < 1e-4) ++right;
  fmt::print("  narrow: the first {} of 37 columns are right, error {:.2f}\n", right,
             error(c, exact));

  const Tensor whole = noise(Shape{64, 32});
  Tensor kept{Shape{24, 32}};
  for (int call = 1; call <= 3; ++call) {
    packed(a, whole, kept);
    fmt::print("  not cleared: call {}, error {:.2f}\n", call,
               error(kept, exact_product(a, whole)));
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 11: matmul");
  const Machine machine = measure();
  Contest contest{96, 1024, 1024, machine.multiply_adds};
  three_plain_loops(contest);
  limits(machine);
  counting();
  on_paper();
  order_of_loops(contest, machine);
  vectors_of_numbers(contest);
  blocks_for_the_cache(contest);
  tile_in_registers(contest);
  packing(contest);
  several_threads(contest, machine);
  the_library(contest, machine);
  roofline(contest, machine);
  check_steps();
  check_library();
  break_it();
}
// [/main]
