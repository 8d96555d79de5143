module;

#include <dlfcn.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>

module matmul.contest;

import nn.parallel;

using nn::Matrix;
using nn::real;
using nn::Tensor;

namespace {

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

  void operator()(const Matrix& a, const Matrix& b, Tensor& c) const {
    constexpr int row_major = 101;
    constexpr int as_it_is = 111;
    const int m = static_cast<int>(a.rows);
    const int n = static_cast<int>(b.columns);
    const int k = static_cast<int>(b.rows);
    multiply(row_major, as_it_is, as_it_is, m, n, k, 1, a.data, k, b.data, n, 0, c.data(), n);
  }
};

void enter_openblas(Contest& contest, const std::string& name, std::size_t threads, double limit) {
  static const OpenBlas blas;
  if (!blas.is_there()) {
    contest.steps.push_back({.name = name, .seconds = 0, .speed = 0, .limit = limit, .error = 0});
    return;
  }
  // The threads of the previous step may still be polling for work.
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  blas.set_threads(static_cast<int>(threads));
  contest.enter(name, blas, limit);
}

}  // namespace

void enter_libraries(Contest& contest, const Machine& machine) {
  const Multiply multiply = [](const Matrix& a, const Matrix& b, Tensor& c) {
    c = nn::matmul(a, b);
  };
  const std::size_t all = nn::threads();
  nn::set_threads(1);
  contest.enter("nn::matmul, one thread", multiply, machine.multiply_adds);
  nn::set_threads(all);
  contest.enter("nn::matmul, all threads", multiply, machine.all_multiply_adds);
  enter_openblas(contest, "OpenBLAS, one thread", 1, machine.multiply_adds);
  enter_openblas(contest, "OpenBLAS, all threads", all, machine.all_multiply_adds);
}
