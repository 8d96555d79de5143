// The speed of the kernels, measured with Google Benchmark: the limits of the machine, the matrix
// product at the shapes of the networks, the convolution. Next to ours are OpenBLAS and oneDNN
// where the build found them. `./book speed` runs this and makes a table of it.
//
// A benchmark is named what/shape/who/threads; its counter FLOP/s (or B/s) is the result.

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#ifdef NN_OPENBLAS
#include <cblas.h>
#endif
#ifdef NN_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
extern "C" void omp_set_num_threads(int threads);  // oneDNN's threads are OpenMP's
#endif

import nn;

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

Tensor noise(const Shape& shape) {
  nn::Random random{shape.size()};
  Tensor tensor{shape};
  for (real& x : tensor.values()) x = static_cast<real>(random.uniform(-1, 1));
  return tensor;
}

/// Registers a benchmark of `work`, which does `amount` floating-point operations (or moves as many
/// bytes), on one thread and on two.
void add(const std::string& name, double amount, const std::string& unit,
         const std::function<void(int)>& use_threads, const std::function<void()>& work) {
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark(fmt::format("{}/{}", name, threads).c_str(),
                                 [=](benchmark::State& state) {
                                   use_threads(threads);
                                   // The previous benchmark's threads may still spin for work.
                                   std::this_thread::sleep_for(std::chrono::milliseconds{20});
                                   work();  // warm up memory and threads
                                   for (auto _ : state) work();
                                   state.counters[unit] = benchmark::Counter(
                                       amount, benchmark::Counter::kIsIterationInvariantRate);
                                 })
        ->UseRealTime();
  }
}

void use_our_threads(int threads) { nn::set_threads(static_cast<std::size_t>(threads)); }

// ------------------------------------------------------------------------------------ the machine

/// Multiply-adds that wait for nothing: enough chains in registers to hide the time of each.
void fused_multiply_adds(std::size_t count) {
  constexpr std::size_t chains = nn::vector_registers == 32 ? 24 : 12;
  std::array<nn::Simd, chains> sums{};
  nn::Simd factor{};
  for (std::size_t i = 0; i < nn::lanes; ++i) factor[i] = real(0.5);
  benchmark::DoNotOptimize(factor);
  for (std::size_t i = 0; i < count; ++i) {
    for (nn::Simd& sum : sums) sum = sum * factor + factor;
  }
  for (nn::Simd& sum : sums) benchmark::DoNotOptimize(sum);
}

void add_limits() {
  constexpr std::size_t count = 1'000'000;
  constexpr std::size_t chains = nn::vector_registers == 32 ? 24 : 12;
  for (const int threads : {1, 2}) {
    const double operations = 2.0 * count * chains * nn::lanes * threads;
    benchmark::RegisterBenchmark(
        fmt::format("limit/multiply-add/machine/{}", threads).c_str(),
        [=](benchmark::State& state) {
          use_our_threads(threads);
          for (auto _ : state) {
            nn::parallel_for(static_cast<std::size_t>(threads),
                             [](std::size_t) { fused_multiply_adds(count); });
          }
          state.counters["FLOP/s"] =
              benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
        })
        ->UseRealTime();
  }
  // c = a + b over tensors far larger than the caches: two reads and a write.
  const auto a = std::make_shared<Tensor>(Shape{1 << 24}, real{1});
  const auto b = std::make_shared<Tensor>(Shape{1 << 24}, real{2});
  const auto c = std::make_shared<Tensor>(Shape{1 << 24}, real{0});
  add("limit/memory/machine", 3.0 * static_cast<double>(a->size()) * sizeof(real), "B/s",
      use_our_threads, [=] {
        constexpr std::size_t part = 1 << 18;
        nn::parallel_for(a->size() / part, [&](std::size_t round) {
          for (std::size_t i = round * part; i < (round + 1) * part; ++i) {
            c->data()[i] = a->data()[i] + b->data()[i];
          }
        });
      });
}

// ----------------------------------------------------------------------------- the matrix product

/// One product of training: M × K times K × N, where either factor may be a transpose.
struct Product {
  std::string name;
  std::size_t m, k, n;
  bool transposed_a = false;
  bool transposed_b = false;
};

std::vector<Product> products() {
  struct Layer {
    std::string network;
    std::size_t batch, inputs, outputs;
  };
  std::vector<Layer> layers;
  for (const std::size_t batch : {100U, 128U}) {
    for (const auto& [inputs, outputs] :
         {std::pair{784U, 256U}, std::pair{256U, 256U}, std::pair{256U, 10U}}) {
      layers.push_back({"mlp", batch, inputs, outputs});
    }
    for (const auto& [inputs, outputs] :
         {std::pair{256U, 128U}, std::pair{512U, 128U}, std::pair{128U, 10U}}) {
      layers.push_back({"cnn", batch, inputs, outputs});
    }
  }
  std::vector<Product> all;
  for (const auto& [network, batch, inputs, outputs] : layers) {
    const std::string name = fmt::format("{} {}→{} batch {}", network, inputs, outputs, batch);
    all.push_back({.name = name + " forward", .m = batch, .k = inputs, .n = outputs});
    all.push_back(
        {.name = name + " weights", .m = inputs, .k = batch, .n = outputs, .transposed_a = true});
    const bool first = network == "mlp" && inputs == 784;  // nobody needs the gradient of an image
    if (!first) {
      all.push_back(
          {.name = name + " input", .m = batch, .k = outputs, .n = inputs, .transposed_b = true});
    }
  }
  all.push_back({.name = "1024³", .m = 1024, .k = 1024, .n = 1024});
  return all;
}

void add_products() {
  for (const Product& p : products()) {
    const auto a =
        std::make_shared<Tensor>(noise(p.transposed_a ? Shape{p.k, p.m} : Shape{p.m, p.k}));
    const auto b =
        std::make_shared<Tensor>(noise(p.transposed_b ? Shape{p.n, p.k} : Shape{p.k, p.n}));
    const double operations =
        2 * static_cast<double>(p.m) * static_cast<double>(p.k) * static_cast<double>(p.n);
    add("matmul/" + p.name + "/ours", operations, "FLOP/s", use_our_threads, [=] {
      const nn::Matrix left = p.transposed_a ? nn::transposed(*a) : nn::Matrix{*a};
      const nn::Matrix right = p.transposed_b ? nn::transposed(*b) : nn::Matrix{*b};
      benchmark::DoNotOptimize(nn::matmul(left, right).data());
    });
#ifdef NN_OPENBLAS
    const auto c = std::make_shared<Tensor>(Shape{p.m, p.n});
    add("matmul/" + p.name + "/OpenBLAS", operations, "FLOP/s", openblas_set_num_threads, [=] {
      cblas_sgemm(CblasRowMajor, p.transposed_a ? CblasTrans : CblasNoTrans,
                  p.transposed_b ? CblasTrans : CblasNoTrans, static_cast<int>(p.m),
                  static_cast<int>(p.n), static_cast<int>(p.k), 1, a->data(),
                  static_cast<int>(a->columns()), b->data(), static_cast<int>(b->columns()), 0,
                  c->data(), static_cast<int>(p.n));
    });
#endif
  }
}

// -------------------------------------------------------------------------------- the convolution

/// A convolution of the small CNN or of that of chapter 10: channels in and out, the side of the
/// image and of the kernel.
struct Layer {
  std::size_t inputs, outputs, side, kernel;
};

#ifdef NN_ONEDNN
/// The same convolution with oneDNN, every operand in the layout that it prefers.
class OneDnn {
 public:
  OneDnn(const Layer& l, std::size_t batch) {
    using dnnl::memory;
    const auto dim = [](std::size_t n) { return static_cast<memory::dim>(n); };
    const std::size_t out = l.side - l.kernel + 1;
    const auto any = [](const memory::dims& dims) {
      return memory::desc{dims, memory::data_type::f32, memory::format_tag::any};
    };
    const memory::dims x_dims{dim(batch), dim(l.inputs), dim(l.side), dim(l.side)};
    const memory::dims w_dims{dim(l.outputs), dim(l.inputs), dim(l.kernel), dim(l.kernel)};
    const memory::dims y_dims{dim(batch), dim(l.outputs), dim(out), dim(out)};
    const memory::desc bias{{dim(l.outputs)}, memory::data_type::f32, memory::format_tag::x};
    const memory::dims one{1, 1};
    const memory::dims none{0, 0};
    const auto direct = dnnl::algorithm::convolution_direct;
    const dnnl::convolution_forward::primitive_desc forward{
        {dnnl::prop_kind::forward_training, direct, any(x_dims), any(w_dims), bias, any(y_dims),
         one, none, none},
        engine_};
    const dnnl::convolution_backward_weights::primitive_desc weights{
        {direct, any(x_dims), any(w_dims), bias, any(y_dims), one, none, none}, engine_, forward};
    const dnnl::convolution_backward_data::primitive_desc data{
        {direct, any(x_dims), any(w_dims), any(y_dims), one, none, none}, engine_, forward};
    const auto make = [&](const memory::desc& desc) { return memory{desc, engine_}; };
    const memory b = make(bias);
    forward_ = {dnnl::convolution_forward{forward},
                {{DNNL_ARG_SRC, make(forward.src_desc())},
                 {DNNL_ARG_WEIGHTS, make(forward.weights_desc())},
                 {DNNL_ARG_BIAS, b},
                 {DNNL_ARG_DST, make(forward.dst_desc())}}};
    weights_ = {dnnl::convolution_backward_weights{weights},
                {{DNNL_ARG_SRC, make(weights.src_desc())},
                 {DNNL_ARG_DIFF_WEIGHTS, make(weights.diff_weights_desc())},
                 {DNNL_ARG_DIFF_BIAS, b},
                 {DNNL_ARG_DIFF_DST, make(weights.diff_dst_desc())}}};
    data_ = {dnnl::convolution_backward_data{data},
             {{DNNL_ARG_DIFF_SRC, make(data.diff_src_desc())},
              {DNNL_ARG_WEIGHTS, make(data.weights_desc())},
              {DNNL_ARG_DIFF_DST, make(data.diff_dst_desc())}}};
  }

  void forward() { run(forward_); }
  void weights() { run(weights_); }
  void data() { run(data_); }

 private:
  using Call = std::pair<dnnl::primitive, std::unordered_map<int, dnnl::memory>>;

  void run(const Call& call) {
    call.first.execute(stream_, call.second);
    stream_.wait();
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  Call forward_;
  Call weights_;
  Call data_;
};
#endif

void add_convolutions() {
  constexpr std::size_t batch = 100;
  for (const Layer& l :
       {Layer{1, 8, 28, 5}, Layer{8, 16, 12, 5}, Layer{1, 16, 28, 5}, Layer{16, 32, 12, 5}}) {
    const std::size_t side = l.side - l.kernel + 1;
    const double operations =
        2 * static_cast<double>(batch * l.inputs * l.outputs * side * side * l.kernel * l.kernel);
    const std::string name =
        fmt::format("convolution/{}→{} {}×{}", l.inputs, l.outputs, l.kernel, l.kernel);
    const auto layer = std::make_shared<nn::Convolution>(
        noise(Shape{l.outputs, l.inputs, l.kernel, l.kernel}), noise(Shape{l.outputs}));
    const auto x =
        std::make_shared<nn::InterleavedImages>(noise(Shape{batch, l.inputs, l.side, l.side}));
    const auto dy = std::make_shared<nn::InterleavedImages>(layer->forward(*x));
    const bool first = l.inputs == 1;
    add(name + " forward/ours", operations, "FLOP/s", use_our_threads,
        [=] { benchmark::DoNotOptimize(layer->predict(*x).group(0)); });
    add(name + " kernel/ours", operations, "FLOP/s", use_our_threads,
        [=] { layer->backward_parameters(*dy); });
    if (!first) {
      add(name + " kernel and input/ours", 2 * operations, "FLOP/s", use_our_threads,
          [=] { benchmark::DoNotOptimize(layer->backward(*dy).group(0)); });
    }
#ifdef NN_ONEDNN
    // How oneDNN shares work out is settled when the primitive is made: one for each number.
    std::array<std::shared_ptr<OneDnn>, 3> theirs;
    for (const int threads : {1, 2}) {
      omp_set_num_threads(threads);
      theirs[static_cast<std::size_t>(threads)] = std::make_shared<OneDnn>(l, batch);
    }
    const auto current = std::make_shared<OneDnn*>(nullptr);
    const auto use_threads = [=](int threads) {
      omp_set_num_threads(threads);
      *current = theirs[static_cast<std::size_t>(threads)].get();
    };
    add(name + " forward/oneDNN", operations, "FLOP/s", use_threads,
        [=] { (*current)->forward(); });
    add(name + " kernel/oneDNN", operations, "FLOP/s", use_threads, [=] { (*current)->weights(); });
    if (!first) {
      add(name + " kernel and input/oneDNN", 2 * operations, "FLOP/s", use_threads, [=] {
        (*current)->weights();
        (*current)->data();
      });
    }
#endif
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  add_limits();
  add_products();
  add_convolutions();
  benchmark::RunSpecifiedBenchmarks();
}
