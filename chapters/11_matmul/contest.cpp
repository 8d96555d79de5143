module;

#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

module matmul.contest;

import nn.parallel;
import nn.random;

using nn::Matrix;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

constexpr std::size_t repeats = 200'000;

/// GFLOP/s of the chains on the given number of threads.
double arithmetic(const Loops& loops, std::size_t threads) {
  const double taken = seconds(
      [&] { nn::parallel_for(threads, [&](std::size_t /*thread*/) { loops.chains(repeats); }); });
  return 2e-9 * static_cast<double>(threads * repeats * loops.count * loops.numbers) / taken;
}

/// GB/s that add_rows() moves on the given number of threads, each with two rows of `size` numbers:
/// it loads both and stores one.
double bandwidth(const Loops& loops, std::size_t threads, std::size_t size, std::size_t times) {
  std::vector<Tensor> rows(2 * threads, Tensor{Shape{size}, 1});
  const double taken = seconds([&] {
    nn::parallel_for(threads, [&](std::size_t thread) {
      loops.add_rows(rows[2 * thread + 1], rows[2 * thread], times);
    });
  });
  return 1e-9 * static_cast<double>(threads * times * 3 * size * sizeof(real)) / taken;
}

}  // namespace

Machine measure_machine(const Loops& loops) {
  constexpr std::size_t small = 2048;
  constexpr std::size_t large = std::size_t{1} << 24U;
  const std::size_t all = nn::threads();
  return {.chains = loops.count,
          .numbers = loops.numbers,
          .chain = 2e-9 * repeats / seconds([&] { loops.one_chain(repeats); }),
          .multiply_adds = arithmetic(loops, 1),
          .all_multiply_adds = arithmetic(loops, all),
          .first_cache = bandwidth(loops, 1, small, 1000),
          .memory = bandwidth(loops, 1, large, 1),
          .all_memory = bandwidth(loops, all, large / all, 1)};
}

void print(const Machine& machine) {
  const auto line = [](const std::string& what, double number, std::string_view unit) {
    fmt::print("  {:<40}{:8.1f} {}\n", what, number, unit);
  };
  line("multiply-adds, one after the other", machine.chain, "GFLOP/s");
  line(fmt::format("{} chains of vectors, {} lanes each", machine.chains, machine.numbers),
       machine.multiply_adds, "GFLOP/s");
  line(fmt::format("the same on all threads: {}", nn::threads()), machine.all_multiply_adds,
       "GFLOP/s");
  line("L1 cache, one thread", machine.first_cache, "GB/s");
  line("memory, one thread", machine.memory, "GB/s");
  line("memory, all threads", machine.all_memory, "GB/s");
  line("machine balance", machine.all_multiply_adds / machine.all_memory, "FLOP/byte");
}

Tensor noise(const Shape& shape) {
  nn::Random random{shape.size()};
  Tensor tensor{shape};
  for (real& x : tensor.values()) x = static_cast<real>(random.uniform(-1, 1));
  return tensor;
}

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

Tensor product(const Multiply& multiply, const Matrix& a, const Matrix& b) {
  Tensor c{Shape{a.rows, b.columns}};
  multiply(a, b, c);
  return c;
}

double error(const Tensor& c, const std::vector<double>& exact) {
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    largest = std::fmax(largest, std::abs(exact[i]));
    difference = std::fmax(difference, std::abs(c.data()[i] - exact[i]));
  }
  return largest > 0 ? difference / largest : difference;
}

double error(const Tensor& c, const Tensor& expected) {
  return error(c, std::vector<double>(expected.values().begin(), expected.values().end()));
}

// [seconds]
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

namespace {

/// The best time of several runs, with C already allocated.
double seconds_of(const Multiply& multiply, const Matrix& a, const Matrix& b) {
  Tensor c{Shape{a.rows, b.columns}};
  return seconds([&] { multiply(a, b, c); });
}

/// GFLOP/s of a product that takes `taken` seconds; a multiply-add counts as two operations.
double speed_of(const Matrix& a, const Matrix& b, double taken) {
  return 2e-9 * static_cast<double>(a.rows * a.columns * b.columns) / taken;
}

}  // namespace

double speed(const Multiply& multiply, const Matrix& a, const Matrix& b) {
  return speed_of(a, b, seconds_of(multiply, a, b));
}

Contest::Contest(std::size_t m, std::size_t k, std::size_t n, double limit)
    : a{noise(Shape{m, k})}, b{noise(Shape{k, n})}, limit{limit}, exact{exact_product(a, b)} {}

void Contest::enter(const std::string& name, const Multiply& multiply, double together) {
  const double taken = seconds_of(multiply, a, b);
  steps.push_back({.name = name,
                   .seconds = taken,
                   .speed = speed_of(a, b, taken),
                   .limit = together,
                   .error = error(product(multiply, a, b), exact)});
}

void Contest::print() const {
  fmt::print("  {:<25}{:>8}{:>10}{:>11}{:>11}{:>11}\n", "", "ms", "GFLOP/s", "speedup",
             "% of limit", "error");
  for (const Step& step : steps) {
    fmt::print("  {:<25}{:8.2f}{:10.1f}{:11.1f}{:11.1f}{:11.1e}\n", step.name, 1e3 * step.seconds,
               step.speed, step.speed / steps[0].speed, 100 * step.speed / step.limit, step.error);
  }
}
