// Chapter 11: the matrix product. Read with docs/chapters/11_matmul.md.

// [fold: Headers and imports]
#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

import lecture;
import nn.matmul;
import nn.parallel;
import nn.random;
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
/// (1) The formula: every element of C is a row of A times a column of B.
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
// [/loops]

// [product]
Tensor noise(const Shape& shape) {
  nn::Random random{shape.size()};
  Tensor tensor{shape};
  for (real& x : tensor.values()) x = static_cast<real>(random.uniform(-1, 1));
  return tensor;
}

/// The plain product, its sums in double.
std::vector<double> exact_product(const Tensor& a, const Tensor& b) {
  std::vector<double> c(a.rows() * b.columns());
  for (std::size_t i = 0; i < a.rows(); ++i) {
    for (std::size_t k = 0; k < b.rows(); ++k) {
      const double scalar = a(i, k);
      double* const to = &c[i * b.columns()];
      for (std::size_t j = 0; j < b.columns(); ++j) to[j] += scalar * b.data()[k * b.columns() + j];
    }
  }
  return c;
}

/// The largest difference, as a share of the largest element.
double error(const Tensor& c, const std::vector<double>& exact) {
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    largest = std::fmax(largest, std::abs(exact[i]));
    difference = std::fmax(difference, std::abs(c.data()[i] - exact[i]));
  }
  return largest > 0 ? difference / largest : difference;
}
// [/product]

// [seconds]
/// Seconds that `work` takes: the best of several runs, since other programs can only slow it down.
double seconds(const std::function<void()>& work) {
  double best = INFINITY;
  double all = 0;
  for (int run = 0; run < 2 || all < 0.15; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = std::fmin(best, taken.count());
    all += taken.count();
  }
  return std::fmax(best, 1e-9);
}
// [/seconds]

// [table]
/// Operations of a product, in billions.
double giga_operations(const Matrix& a, const Matrix& b) {
  return 2e-9 * static_cast<double>(a.rows * a.columns * b.columns);
}

/// GFLOP/s of a product that `work` computes.
double speed(const Matrix& a, const Matrix& b, const std::function<void()>& work) {
  return giga_operations(a, b) / seconds(work);
}

/// One line of the table. `intensity`: operations for each byte that is loaded or stored.
struct Step {
  std::string name;
  char mark;
  double intensity, limit, seconds, error;
};

/// One product, computed in ever better ways, and the table of them.
struct Contest {
  Tensor a, b, c;
  std::vector<double> exact;
  std::vector<Step> steps;

  Contest(std::size_t m, std::size_t k, std::size_t n)
      : a{noise(Shape{m, k})}, b{noise(Shape{k, n})}, c{Shape{m, n}}, exact{exact_product(a, b)} {}

  /// Measures `work`, which adds the product to c or writes it there.
  void enter(const std::string& name, char mark, double intensity, double limit,
             const std::function<void()>& work) {
    const double best = seconds(work);
    c.fill(0);
    work();
    steps.push_back({name, mark, intensity, limit, best, error(c, exact)});
  }

  /// GFLOP/s; 0 of what is not there.
  [[nodiscard]] double speed(const Step& step) const {
    return step.seconds > 0 ? giga_operations(a, b) / step.seconds : 0;
  }

  void print() const {
    fmt::print("  {:<25}{:>8}{:>10}{:>11}{:>11}{:>11}\n", "", "ms", "GFLOP/s", "times (1)",
               "% of limit", "error");
    for (const Step& step : steps) {
      fmt::print("  {:<25}{:8.2f}{:10.1f}{:11.1f}{:11.1f}{:11.1e}\n", step.name, 1e3 * step.seconds,
                 speed(step), speed(step) / speed(steps[0]), 100 * speed(step) / step.limit,
                 step.error);
    }
  }
};
// [/table]

// [first]
/// `limit`: GFLOP/s that the machine can do; section 11.2 measures it.
void three_plain_loops(Contest& contest, double limit) {
  heading("11.1 Three loops");
  // Each multiply-add loads a number of A and one of B.
  contest.enter("(1) i-j-k", '1', 2.0 / (2 * sizeof(real)), limit,
                [&] { three_loops(contest.a, contest.b, contest.c); });
  fmt::print("  {} times {}: {:.0f} ms, {:.2f} GFLOP/s\n", to_string(contest.a.shape()),
             to_string(contest.b.shape()), 1e3 * contest.steps[0].seconds,
             contest.speed(contest.steps[0]));
}
// [/first]

// [chains]
/// How many vectors of sums the registers hold beside what they are made from.
constexpr std::size_t sums_at_once = nn::vector_registers == 32 ? 24 : 12;

/// Tells the compiler that somebody may read and change a value, so that it leaves nothing out.
template <typename Value>
void show_to_others(Value& value) {
  asm volatile("" : "+m"(value) : : "memory");
}

/// Chains of multiply-adds. In each, one waits for the one before; the chains do not wait for each
/// other.
template <typename Number, std::size_t Chains>
void multiply_adds(std::size_t count) {
  std::array<Number, Chains> sums{};
  Number factor{};
  show_to_others(factor);
  for (std::size_t i = 0; i < count; ++i) {
    for (Number& sum : sums) sum = sum * factor + factor;
  }
  show_to_others(sums);
}
// [/chains]

// [bandwidth]
/// A row grows by a number times another row, a vector at a time: two loads and a store for each
/// multiply-add. (`size` is a multiple of `lanes`.)
void add_scaled(real scalar, const real* row, real* to, std::size_t size) {
  for (std::size_t j = 0; j < size; j += lanes) {
    simd_store(to + j, simd_load(to + j) + scalar * simd_load(row + j));
  }
}

/// GB/s that add_scaled() moves, on all threads; each has two rows of `size` numbers.
double bandwidth(std::size_t size, std::size_t repeats) {
  const std::size_t all = nn::threads();
  std::vector<Tensor> rows(2 * all, Tensor{Shape{size}, 1});
  const double taken = seconds([&] {
    nn::parallel_for(all, [&](std::size_t thread) {
      Tensor& to = rows[2 * thread];
      for (std::size_t i = 0; i < repeats; ++i) {
        add_scaled(0.5F, rows[2 * thread + 1].data(), to.data(), size);
        show_to_others(to);
      }
    });
  });
  return 1e-9 * static_cast<double>(all * repeats * 3 * size * sizeof(real)) / taken;
}
// [/bandwidth]

// [machine]
/// What the machine can do, in GFLOP/s and in GB/s; `all` is on all threads.
struct Machine {
  double chain, multiply_adds, all_multiply_adds;
  double first_cache, memory, all_memory;
};

Machine measure_machine() {
  constexpr std::size_t count = 200'000;
  const auto vectors = [](std::size_t threads) {
    const double taken = seconds([threads] {
      nn::parallel_for(threads, [](std::size_t) { multiply_adds<Simd, sums_at_once>(count); });
    });
    return 2e-9 * static_cast<double>(threads * count * sums_at_once * lanes) / taken;
  };
  constexpr std::size_t small = 2048;
  constexpr std::size_t large = std::size_t{1} << 24U;
  const std::size_t all = nn::threads();
  const double all_memory = bandwidth(large / all, 1);
  nn::set_threads(1);
  const double chain = 2e-9 * count / seconds([] { multiply_adds<real, 1>(count); });
  const double one = vectors(1);
  const double cache = bandwidth(small, 1000);
  const double memory = bandwidth(large, 1);
  nn::set_threads(all);
  return {chain, one, vectors(all), cache, memory, all_memory};
}
// [/machine]

// [limits]
void limits(const Machine& machine) {
  heading("11.2 What the machine can do");
  const std::size_t all = nn::threads();
  const auto print = [](const std::string& what, double number, std::string_view unit) {
    fmt::print("  {:<40}{:8.1f} {}\n", what, number, unit);
  };
  print("multiply-adds, one after the other", machine.chain, "GFLOP/s");
  print(fmt::format("{} chains, {} numbers in each", sums_at_once, lanes), machine.multiply_adds,
        "GFLOP/s");
  print(fmt::format("the same on all threads, {}", all), machine.all_multiply_adds, "GFLOP/s");
  print("first cache, one thread", machine.first_cache, "GB/s");
  print("memory, one thread", machine.memory, "GB/s");
  print("memory, all threads", machine.all_memory, "GB/s");
  print("operations in the time of one byte", machine.all_multiply_adds / machine.all_memory,
        "FLOP/byte");
}
// [/limits]

// [counting]
void counting() {
  heading("11.3 Counting");
  struct Product {
    std::size_t m, k, n;
  };
  fmt::print("  {:>5}{:>6}{:>6}{:>22}{:>8}{:>12}\n", "M", "K", "N", "million operations", "MB",
             "FLOP/byte");
  for (const auto& [m, k, n] : std::array<Product, 4>{
           {{1, 784, 256}, {100, 784, 256}, {96, 1024, 1024}, {1024, 1024, 1024}}}) {
    const auto operations = static_cast<double>(2 * m * k * n);
    const auto bytes = static_cast<double>(sizeof(real) * (m * k + k * n + m * n));
    fmt::print("  {:>5}{:>6}{:>6}{:22.1f}{:8.2f}{:12.1f}\n", m, k, n, operations / 1e6, bytes / 1e6,
               operations / bytes);
  }
}
// [/counting]

// [paper]
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
}
// [/paper]

// [swapped]
/// (2) The two inner loops swapped: a row of C grows by a number of A times a row of B.
void swapped_loops(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    real* const to = c.data() + i * b.columns;
    for (std::size_t k = 0; k < b.rows; ++k) {
      const real scalar = a.data[i * a.row_stride + k];
      const real* const row = b.data + k * b.row_stride;
#pragma clang loop vectorize(disable)  // that is step (3)
      for (std::size_t j = 0; j < b.columns; ++j) to[j] += scalar * row[j];
    }
  }
}
// [/swapped]

// [order]
void order_of_loops(Contest& contest, const Machine& machine) {
  heading("11.5 The order of the loops");
  const Tensor columns{Shape{1024, 1024}, 1};
  const Matrix b = nn::transposed(columns);
  fmt::print("  (1), B's columns side by side:      {:.2f} GFLOP/s\n",
             speed(contest.a, b, [&] { three_loops(contest.a, b, contest.c); }));
  fmt::print("  multiply-adds, one after the other: {:.2f} GFLOP/s\n", machine.chain);
  // Each multiply-add loads a number of B and one of C, and stores the latter.
  contest.enter("(2) i-k-j", '2', 2.0 / (3 * sizeof(real)), machine.multiply_adds,
                [&] { swapped_loops(contest.a, contest.b, contest.c); });
  contest.print();
}
// [/order]

// [vectors]
/// (3) The same, with vectors.
void with_vectors(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    real* const to = c.data() + i * b.columns;
    for (std::size_t k = 0; k < b.rows; ++k) {
      add_scaled(a.data[i * a.row_stride + k], b.data + k * b.row_stride, to, b.columns);
    }
  }
}
// [/vectors]

// [lanes]
void vectors_of_numbers(Contest& contest, const Machine& machine) {
  heading("11.6 Vectors");
  contest.enter("(3) vectors", '3', 2.0 / (3 * sizeof(real)), machine.multiply_adds,
                [&] { with_vectors(contest.a, contest.b, contest.c); });
  contest.print();
}
// [/lanes]

// [blocks]
/// (4) Block by block of B, each small enough for the first cache and used for all rows of A.
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
// [/blocks]

// [cache]
void blocks_for_the_cache(Contest& contest, const Machine& machine) {
  heading("11.7 Blocks for the cache");
  const auto bytes = static_cast<double>(contest.b.size() * sizeof(real));
  const auto reads = static_cast<double>(contest.a.rows());
  fmt::print("  step (3) reads the {:.1f} MB of B {} times: {:.0f} GB/s\n", bytes / 1e6, reads,
             bytes * reads / contest.steps.back().seconds / 1e9);
  contest.enter("(4) blocks", '4', 2.0 / (3 * sizeof(real)), machine.multiply_adds,
                [&] { in_blocks(contest.a, contest.b, contest.c); });
  contest.print();
}
// [/cache]

// [tile]
constexpr std::size_t tile_rows = sums_at_once / 2;
constexpr std::size_t panel_width = 2 * lanes;

/// A tile of C, two vectors wide, stays in registers while k runs.
void multiply_tile(const real* a, std::size_t a_stride, const real* b, std::size_t b_stride,
                   std::size_t depth, real* c, std::size_t c_stride) {
  std::array<std::array<Simd, 2>, tile_rows> sums;
  for (std::size_t i = 0; i < tile_rows; ++i) {
    sums[i] = {simd_load(c + i * c_stride), simd_load(c + i * c_stride + lanes)};
  }
#pragma clang loop unroll(disable)  // two rounds at once need more registers than there are
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
// [/tile]

// [tiles]
/// (5) Tile by tile.
void in_tiles(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t j = 0; j + panel_width <= b.columns; j += panel_width) {
    for (std::size_t i = 0; i + tile_rows <= a.rows; i += tile_rows) {
      multiply_tile(a.data + i * a.row_stride, a.row_stride, b.data + j, b.row_stride, b.rows,
                    c.data() + i * b.columns + j, b.columns);
    }
  }
}
// [/tiles]

// [registers]
/// Operations for each byte that multiply_tile() loads while k runs.
constexpr double tile_intensity =
    2.0 * tile_rows * panel_width / ((tile_rows + panel_width) * sizeof(real));

void tile_in_registers(Contest& contest, const Machine& machine) {
  heading("11.8 A tile in registers");
  fmt::print("  steps (3), (4): {:.2f} loads and stores for each multiply-add of vectors\n", 3.0);
  fmt::print("  a tile {} × 2:  {:.2f}\n", tile_rows, (tile_rows + 2.0) / (2 * tile_rows));
  contest.enter("(5) tile in registers", '5', tile_intensity, machine.multiply_adds,
                [&] { in_tiles(contest.a, contest.b, contest.c); });
  contest.print();
}
// [/registers]

// [pack]
constexpr std::size_t block_depth = 256;

/// Copies rows k0 … of the panel of B that begins with column j0, so that they are contiguous.
void pack(const Matrix& b, std::size_t k0, std::size_t depth, std::size_t j0, real* panel) {
  const real* from = b.data + k0 * b.row_stride + j0 * b.column_stride;
  for (std::size_t k = 0; k < depth; ++k, from += b.row_stride, panel += panel_width) {
    if (b.column_stride == 1) {
      for (std::size_t v = 0; v < 2; ++v)
        simd_store(panel + v * lanes, simd_load(from + v * lanes));
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

/// (6) Panel by panel of B, each packed.
void packed(const Matrix& a, const Matrix& b, Tensor& c) {
  for (std::size_t j = 0; j + panel_width <= b.columns; j += panel_width) {
    multiply_panel(a, b, c, j);
  }
}
// [/pack]

// [packing]
void packing(Contest& contest, const Machine& machine) {
  heading("11.9 Packing");
  contest.enter("(6) packing", '6', tile_intensity, machine.multiply_adds,
                [&] { packed(contest.a, contest.b, contest.c); });
  contest.print();

  const Tensor many = noise(Shape{1008, 1024});
  Tensor c{Shape{1008, 1024}};
  fmt::print("\n  1008 rows of A:       (5) {:6.1f}, (6) {:6.1f} GFLOP/s\n",
             speed(many, contest.b, [&] { in_tiles(many, contest.b, c); }),
             speed(many, contest.b, [&] { packed(many, contest.b, c); }));
  const Tensor columns{Shape{1024, 1024}, 1};
  const Matrix b = nn::transposed(columns);
  const std::size_t all = nn::threads();
  nn::set_threads(1);
  fmt::print("  96, B a transpose:    (6) {:6.1f}, nn::matmul {:6.1f} GFLOP/s\n",
             speed(contest.a, b, [&] { packed(contest.a, b, contest.c); }),
             speed(contest.a, b, [&] { contest.c = nn::matmul(contest.a, b); }));
  nn::set_threads(all);
}
// [/packing]

// [threads]
/// (7) The same; every panel is the work of one thread.
void threaded(const Matrix& a, const Matrix& b, Tensor& c) {
  nn::parallel_for(b.columns / panel_width,
                   [&](std::size_t panel) { multiply_panel(a, b, c, panel * panel_width); });
}
// [/threads]

// [parallel]
void several_threads(Contest& contest, const Machine& machine) {
  heading("11.10 Threads");
  fmt::print("  threads: {}\n", nn::threads());
  contest.enter("(7) threads", '7', tile_intensity, machine.all_multiply_adds,
                [&] { threaded(contest.a, contest.b, contest.c); });
  contest.print();
}
// [/parallel]

// [openblas]
/// OpenBLAS, if this machine has it: loaded while the program runs, so that no build needs it.
struct OpenBlas {
  using Multiply = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k,
                            real alpha, const real* a, int a_stride, const real* b, int b_stride,
                            real beta, real* c, int c_stride);
  Multiply multiply = nullptr;
  void (*set_threads)(int) = nullptr;

  OpenBlas() {
    void* const library = dlopen("libopenblas.so.0", RTLD_NOW);
    if (library == nullptr) return;
    const char* const name = std::is_same_v<real, float> ? "cblas_sgemm" : "cblas_dgemm";
    multiply = reinterpret_cast<Multiply>(dlsym(library, name));
    set_threads = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"));
  }

  [[nodiscard]] bool is_there() const { return multiply != nullptr && set_threads != nullptr; }

  void operator()(const Tensor& a, const Tensor& b, Tensor& c) const {
    constexpr int row_major = 101;
    constexpr int as_it_is = 111;
    const int m = static_cast<int>(a.rows());
    const int n = static_cast<int>(b.columns());
    const int k = static_cast<int>(b.rows());
    multiply(row_major, as_it_is, as_it_is, m, n, k, 1, a.data(), k, b.data(), n, 0, c.data(), n);
  }
};
// [/openblas]

// [libraries]
/// Enters nn::matmul and OpenBLAS, on one thread and on all.
void enter_libraries(Contest& contest, const Machine& machine) {
  const OpenBlas blas;
  const std::size_t all = nn::threads();
  for (const bool alone : {true, false}) {
    nn::set_threads(alone ? 1 : all);
    contest.enter(alone ? "nn::matmul, one thread" : "nn::matmul, all threads", alone ? 'n' : 'N',
                  tile_intensity, alone ? machine.multiply_adds : machine.all_multiply_adds,
                  [&] { contest.c = nn::matmul(contest.a, contest.b); });
  }
  for (const bool alone : {true, false}) {
    const std::string name = alone ? "OpenBLAS, one thread" : "OpenBLAS, all threads";
    const char mark = alone ? 'o' : 'O';
    const double limit = alone ? machine.multiply_adds : machine.all_multiply_adds;
    // The threads of the one before may still look out for work.
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    if (blas.is_there()) {
      blas.set_threads(alone ? 1 : static_cast<int>(all));
      contest.enter(name, mark, 0, limit, [&] { blas(contest.a, contest.b, contest.c); });
    } else {
      contest.steps.push_back({name, mark, 0, limit, 0, 0});
    }
  }
}

void the_library(Contest& contest, const Machine& machine) {
  heading("11.11 The library, and OpenBLAS");
  enter_libraries(contest, machine);
  contest.print();

  Contest layer{100, 784, 256};
  layer.enter("(1) i-j-k", '1', 0, machine.multiply_adds,
              [&] { three_loops(layer.a, layer.b, layer.c); });
  enter_libraries(layer, machine);
  fmt::print("\n  {} times {}:\n", to_string(layer.a.shape()), to_string(layer.b.shape()));
  layer.print();
}
// [/libraries]

// [picture]
/// A picture on logarithmic scales: eight places to the right double the intensity, two lines up
/// the speed.
class Picture {
 public:
  explicit Picture(double top) : top_{top} {}

  void mark(double intensity, double speed, char character) {
    const auto column = std::lround(8 * std::log2(intensity / leftmost));
    const auto line = std::lround(2 * std::log2(top_ / speed));
    if (column < 0 || column >= width || line < 0 || line >= height) return;
    lines_[static_cast<std::size_t>(line)][static_cast<std::size_t>(column)] = character;
  }

  void print() const {
    for (std::size_t line = 0; line < height; ++line) {
      const double speed = top_ / std::exp2(static_cast<double>(line) / 2);
      fmt::print("  {:>8} |{}\n", line % 4 == 0 ? fmt::format("{:.1f}", speed) : "", lines_[line]);
    }
    fmt::print("   GFLOP/s +{:-<64}\n{:>12}", "", "");
    for (int place = 0; place < width; place += 8) {
      fmt::print("{:<8}", leftmost * std::exp2(place / 8));
    }
    fmt::print("\n{:>12}FLOP/byte, of the bytes that are loaded and stored\n", "");
  }

  static constexpr int width = 64;
  static constexpr int height = 22;
  static constexpr double leftmost = 1.0 / 16;

 private:
  double top_;
  std::vector<std::string> lines_ = std::vector<std::string>(height, std::string(width, ' '));
};
// [/picture]

// [roofline]
void roofline(const Contest& contest, const Machine& machine) {
  heading("11.12 The roofline");
  Picture picture{std::fmax(machine.all_multiply_adds, machine.multiply_adds)};
  for (int column = 0; column < Picture::width; ++column) {
    const double intensity = Picture::leftmost * std::exp2(column / 8.0);
    const bool flat = machine.first_cache * intensity > machine.multiply_adds;
    if (flat) picture.mark(intensity, machine.all_multiply_adds, '=');
    picture.mark(intensity, std::fmin(machine.memory * intensity, machine.multiply_adds), '.');
    picture.mark(intensity, std::fmin(machine.first_cache * intensity, machine.multiply_adds), '-');
  }
  std::string lines = "step,intensity,gflops\n";
  for (std::size_t i = 0; i < contest.steps.size(); ++i) {
    const Step& step = contest.steps[i];
    const double speed = contest.speed(step);
    if (step.intensity > 0) picture.mark(step.intensity, speed, step.mark);
    lines += fmt::format("{},{:.3f},{:.3f}\n", i + 1, step.intensity, speed);
  }
  picture.print();
  lecture::keep("11_steps.csv", lines);
  lecture::keep("11_roofs.csv",
                fmt::format("chain,one,all,cache,memory\n{:.3f},{:.3f},{:.3f},{:.3f},{:.3f}\n",
                            machine.chain, machine.multiply_adds, machine.all_multiply_adds,
                            machine.first_cache, machine.memory));
}
// [/roofline]

// [check]
void check() {
  heading("11.13 Check yourself");
  const Tensor a = noise(Shape{24, 64});
  const Tensor b = noise(Shape{64, 256});
  const auto product = [&](const auto& multiply) {
    Tensor c{Shape{24, 256}};
    multiply(a, b, c);
    return c;
  };
  const Tensor plain = product(three_loops);
  int step = 1;
  for (const Tensor& c : {product(swapped_loops), product(with_vectors), product(in_blocks),
                          product(in_tiles), product(packed), product(threaded)}) {
    fmt::print("  step ({}) equals (1) to the last bit: {}\n", ++step, c == plain);
  }
  Tensor columns{Shape{256, 64}};
  for (std::size_t k = 0; k < 64; ++k) {
    for (std::size_t j = 0; j < 256; ++j) columns(j, k) = b(k, j);
  }
  Tensor from_columns{Shape{24, 256}};
  packed(a, nn::transposed(columns), from_columns);
  fmt::print("  step (6) with B a transpose: {}; nn::matmul: {}\n", from_columns == plain,
             nn::matmul(a, b) == plain);
  bool right = true;
  for (const std::size_t m : std::array<std::size_t, 6>{1, 2, 5, 12, 13, 100}) {
    for (const std::size_t n : std::array<std::size_t, 6>{1, 3, 16, 17, 33, 65}) {
      const Tensor left = noise(Shape{m, 300});
      const Tensor other = noise(Shape{300, n});
      right = right && error(nn::matmul(left, other), exact_product(left, other)) < 1e-5;
    }
  }
  fmt::print("  nn::matmul, 36 awkward shapes: every error below 1e-5: {}\n", right);
  const Tensor large = noise(Shape{200, 200});
  const std::size_t all = nn::threads();
  nn::set_threads(1);
  const Tensor alone = nn::matmul(large, large);
  for (const std::size_t threads : std::array<std::size_t, 3>{2, 3, 8}) {
    nn::set_threads(threads);
    fmt::print("  nn::matmul, {} threads as one, to the last bit: {}\n", threads,
               nn::matmul(large, large) == alone);
  }
  nn::set_threads(all);
}
// [/check]

// [break]
void break_it() {
  heading("11.14 Break it");
  const Tensor a = noise(Shape{24, 64});
  const Tensor b = noise(Shape{64, 37});
  Tensor c{Shape{24, 37}};
  const std::vector<double> exact = exact_product(a, b);
  packed(a, b, c);
  std::size_t right = 0;
  while (right < 37 && std::abs(c(0, right) - exact[right]) < 1e-4) ++right;
  fmt::print("  narrow: the first {} of 37 columns are right, error {:.2f}\n", right,
             error(c, exact));

  const Tensor whole = noise(Shape{64, 32});
  const std::vector<double> expected = exact_product(a, whole);
  Tensor kept{Shape{24, 32}};
  for (int call = 1; call <= 3; ++call) {
    packed(a, whole, kept);
    fmt::print("  not cleared: call {}, error {:.2f}\n", call, error(kept, expected));
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 11: matmul");
  const Machine machine = measure_machine();
  Contest contest{96, 1024, 1024};
  three_plain_loops(contest, machine.multiply_adds);
  limits(machine);
  counting();
  on_paper();
  order_of_loops(contest, machine);
  vectors_of_numbers(contest, machine);
  blocks_for_the_cache(contest, machine);
  tile_in_registers(contest, machine);
  packing(contest, machine);
  several_threads(contest, machine);
  the_library(contest, machine);
  roofline(contest, machine);
  check();
  break_it();
}
// [/main]
