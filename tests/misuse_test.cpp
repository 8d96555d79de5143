// Misuse, case by case: for every mistake, the library reports what is wrong in one sentence. Run
// under sanitizers, this also shows that no misuse accesses invalid memory.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dataset;
using nn::Labels;
using nn::real;
using nn::Sequential;
using nn::Shape;
using nn::Targets;
using nn::Tensor;

// A moved-from object is what many of the cases are about.
// NOLINTBEGIN(bugprone-use-after-move)

/// The kind of an exception: invalid_argument for a program's mistake, runtime_error for its
/// environment.
enum class Refusal { none, invalid_argument, runtime_error, another };

struct Case {
  std::string words;
  std::string text;  ///< The message of the exception.
  std::function<void()> call;
  Refusal type = Refusal::invalid_argument;
};

/// A tensor of ones.
template <class... Axes>
Tensor ones(Axes... axes) {
  return Tensor{Shape{static_cast<std::size_t>(axes)...}, real{1}};
}

nn::Convolution convolution() { return nn::Convolution{1, 2, {.kernel = 3}}; }

Sequential network() { return Sequential{nn::Dense{2, 4}, nn::ReLU{}, nn::Dense{4, 3}}; }

/// Six samples of three classes.
Dataset points() { return {.inputs = ones(6, 2), .targets = Labels{0, 1, 2, 0, 1, 2}}; }

/// Six samples and three wanted outputs for each.
Dataset wanted() { return {.inputs = ones(6, 2), .targets = Tensor{Shape{6, 3}}}; }

/// Inputs and targets that differ in number.
Dataset torn() { return {.inputs = ones(6, 2), .targets = Labels{0, 1}}; }

/// A metric, but no value of it in the first epoch.
nn::History torn_history() {
  nn::Epoch epoch;
  epoch.number = 1;
  return {.metrics = {"accuracy"}, .epochs = {epoch}};
}

/// The label that −1 becomes when it is converted to a size.
constexpr std::size_t minus_one = ~std::size_t{0};

nn::Trainer trainer(Sequential& network) {
  return nn::Trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
}

void fit(const Dataset& training, const Dataset& validation = {},
         const nn::TrainingOptions& options = {}) {
  Sequential n = network();
  trainer(n).fit(training, validation, options);
}

/// Fits with one more observer.
template <class O>
void fit_observed(O observer) {
  Sequential n = network();
  nn::Trainer t = trainer(n);
  t.observe(std::move(observer));
  t.fit(points());
}

/// A Training on points that is stepped by hand.
struct Stepped {
  explicit Stepped(nn::TrainingOptions how = {}) : options{std::move(how)} {}
  Sequential net = network();
  Dataset set = points();
  nn::TrainingOptions options;
  nn::AnyOptimizer optimizer = nn::Adam{};
  nn::Training training{net, nn::SoftmaxCrossEntropy{}, nn::AnyOptimizer{std::ref(optimizer)}, set,
                        options};
};

template <class L, class X>
void forward(L layer, X x) {
  layer.forward(std::move(x));
}

template <class L, class X>
void predict(const L& layer, X x) {
  (void)layer.predict(std::move(x));
}

template <class L>
void backward(L layer, Tensor dy) {
  (void)layer.backward(std::move(dy));
}

template <class L>
void backward_after(L layer, Tensor x, Tensor dy) {
  layer.forward(std::move(x));
  (void)layer.backward(std::move(dy));
}

template <class L>
void predict_moved(L layer, Tensor x) {
  const L taken = std::move(layer);
  EXPECT_FALSE(layer.name().empty());
  (void)layer.predict(std::move(x));
}

template <class L>
void backward_moved(L layer, Tensor x, Tensor dy) {
  layer.forward(std::move(x));
  const L taken = std::move(layer);
  (void)layer.backward(std::move(dy));
}

/// A step on a parameter whose gradient is shorter than its value.
template <class O>
void step_torn(O optimizer) {
  nn::Parameter weight{"weight", ones(3)};
  weight.gradient = ones(2);
  optimizer.step(std::array{&weight});
}

/// A step on one parameter, then one on two.
template <class O>
void step_others(O optimizer) {
  nn::Parameter weight{"weight", ones(3)};
  nn::Parameter bias{"bias", ones(3)};
  optimizer.step(std::array{&weight});
  optimizer.step(std::array{&weight, &bias});
}

/// A step on two parameters, then one on the first of them.
template <class O>
void step_fewer(O optimizer) {
  nn::Parameter weight{"weight", ones(3)};
  nn::Parameter bias{"bias", ones(3)};
  optimizer.step(std::array{&weight, &bias});
  optimizer.step(std::array{&weight});
}

/// An optimizer that does not expose its state.
struct Secretive {
  [[nodiscard]] static std::string name() { return "Secretive"; }
  void step(std::span<nn::Parameter* const> /*parameters*/) {}
  [[nodiscard]] static real learning_rate() { return 1; }
  void set_learning_rate(real /*rate*/) {}
};

/// A file that is gone after use.
struct TextFile {
  explicit TextFile(const std::string& text) : path{folder.path("file.csv")} {
    std::ofstream{path} << text;
  }
  nn::test::Folder folder;
  std::filesystem::path path;
};

// Shapes and tensors.
std::vector<Case> shapes_and_tensors() {
  return {
      {"a shape of five axes", "nn::Shape: 5 axes, expected at most 4",
       [] { (void)Shape{1, 2, 3, 4, 5}; }},
      {"a shape with an axis of length 0", "nn::Shape: axis 1 has length 0, expected at least 1",
       [] { (void)Shape{2, 0}; }},
      {"a shape larger than memory",
       "nn::Shape: (1099511627776, 1099511627776) has more values than memory can hold",
       [] { (void)Shape{std::size_t{1} << 40U, std::size_t{1} << 40U}; }},
      {"a batch of no samples", "nn::Shape: axis 0 has length 0, expected at least 1",
       [] { (void)Shape{3}.batch(0); }},
      {"a batch of samples of four axes", "nn::Shape: 5 axes, expected at most 4",
       [] { (void)Shape{1, 2, 3, 4}.batch(2); }},
      {"a vector without values", "nn::Shape: axis 0 has length 0, expected at least 1",
       [] { (void)Tensor(std::initializer_list<real>{}); }},
      {"rows of different lengths", "nn::Tensor: row 1 has 1 values, expected 2 as in row 0",
       [] { (void)Tensor{{1, 2}, {3}}; }},
      {"rows without values", "nn::Shape: axis 0 has length 0, expected at least 1",
       [] { (void)Tensor(std::initializer_list<std::initializer_list<real>>{}); }},
      {"too few values for a shape", "nn::Tensor: 3 values for shape (2, 2), expected 4",
       [] { (void)Tensor{Shape{2, 2}, std::vector<real>{1, 2, 3}}; }},
      {"reshaped to another number of values", "nn::Tensor: shape (4) holds 4 values, expected 6",
       [] { (void)ones(2, 3).reshaped(Shape{4}); }},
      {"reshaped after a move", "nn::Tensor: shape (2, 3) holds 6 values, expected 0",
       [] {
         Tensor x = ones(2, 3);
         const Tensor y = std::move(x);
         (void)x.reshaped(Shape{2, 3});
       }},
      {"rows beyond the end",
       "nn::Tensor: 2 rows starting at 3, expected 1 or more, all within the tensor's 4",
       [] { (void)ones(4, 2).rows(3, 2); }},
      {"no rows", "nn::Tensor: 0 rows starting at 1, expected 1 or more, all within the tensor's 4",
       [] { (void)ones(4, 2).rows(1, 0); }},
      {"rows from so far on that the sum overflows",
       "nn::Tensor: 2 rows starting at 18446744073709551615, expected 1 or more, all within the "
       "tensor's 4",
       [] { (void)ones(4, 2).rows(minus_one, 2); }},
      {"rows of nothing",
       "nn::Tensor: 1 rows starting at 0, expected 1 or more, all within the tensor's 0",
       [] { (void)Tensor{}.rows(0, 1); }},
      {"images of no count",
       "nn::InterleavedImages: 0 images of shape (1, 2, 2), expected at least 1 image of shape (C, "
       "H, W)",
       [] { (void)nn::InterleavedImages{0, Shape{1, 2, 2}}; }},
      {"images whose sample has one axis",
       "nn::InterleavedImages: 3 images of shape (4), expected at least 1 image of shape (C, H, W)",
       [] { (void)nn::InterleavedImages{3, Shape{4}}; }},
      {"images of a tensor of two axes",
       "nn::InterleavedImages: the tensor has shape (2, 3), expected (B, C, H, W)",
       [] { (void)nn::InterleavedImages{ones(2, 3)}; }},
      {"images of a tensor that was moved from",
       "nn::InterleavedImages: the tensor has shape (), expected (B, C, H, W)",
       [] {
         Tensor x = ones(1, 1, 2, 2);
         const Tensor y = std::move(x);
         (void)nn::InterleavedImages{x};
       }},
  };
}

// Numbers.
std::vector<Case> numbers() {
  return {
      {"a product of shapes that do not fit",
       "nn::matmul: 2×3 times 2×3: the right factor has 2 rows, expected 3",
       [] { (void)nn::matmul(ones(2, 3), ones(2, 3)); }},
      {"a product with nothing on the left", "nn::matmul: the left factor is empty",
       [] { (void)nn::matmul(Tensor{}, ones(2, 3)); }},
      {"a product with nothing on the right", "nn::matmul: the right factor is empty",
       [] { (void)nn::matmul(ones(2, 3), Tensor{}); }},
      {"a product with a bias too long", "nn::matmul: bias has 2 values, expected 4",
       [] {
         const Tensor b{1, 2};
         (void)nn::matmul(ones(2, 3), ones(3, 4), b.values());
       }},
      {"a random number below 0", "nn::Random::below: bound is 0, expected at least 1",
       [] { (void)nn::Random{1}.below(0); }},
      {"no threads", "nn::set_threads: 0 threads, expected 1 to 1024", [] { nn::set_threads(0); }},
      {"too many threads", "nn::set_threads: 2000 threads, expected 1 to 1024",
       [] { nn::set_threads(2'000); }},
      {"He for a fan of 0", "nn::He: a unit has 0 connections, expected at least 1",
       [] {
         nn::Random random{1};
         Tensor w = ones(2, 2);
         nn::He{random}(w, nn::Fan{.in = 0, .out = 2});
       }},
      {"Glorot for a fan of 0", "nn::Glorot: a unit has 0 connections, expected at least 1",
       [] {
         nn::Random random{1};
         Tensor w = ones(2, 2);
         nn::Glorot{random}(w, nn::Fan{.in = 0, .out = 0});
       }},
      {"normal weights of negative deviation",
       "nn::RandomNormal: deviation is -1, expected a finite number, 0 or more",
       [] {
         nn::Random random{1};
         (void)nn::RandomNormal{random, -1};
       }},
      {"normal weights of infinite deviation",
       "nn::RandomNormal: deviation is inf, expected a finite number, 0 or more",
       [] {
         nn::Random random{1};
         (void)nn::RandomNormal{random, INFINITY};
       }},
      {"normal weights about NaN", "nn::RandomNormal: mean is nan, expected a finite number",
       [] {
         nn::Random random{1};
         (void)nn::RandomNormal{random, 1, NAN};
       }},
      {"even weights between bounds turned about",
       "nn::RandomUniform: low is 1 and high is -1, expected finite numbers with low below high",
       [] {
         nn::Random random{1};
         (void)nn::RandomUniform{random, 1, -1};
       }},
      {"even weights without bounds",
       "nn::RandomUniform: low is -inf and high is inf, expected finite numbers with low below "
       "high",
       [] {
         nn::Random random{1};
         (void)nn::RandomUniform{random, -INFINITY, INFINITY};
       }},
  };
}

// Layers that cannot be.
std::vector<Case> layers_that_cannot_be() {
  return {
      {"a dense layer without inputs",
       "nn::Dense: 0 inputs and 3 outputs, expected at least 1 of each",
       [] { (void)nn::Dense{0, 3}; }},
      {"a dense layer without outputs",
       "nn::Dense: 3 inputs and 0 outputs, expected at least 1 of each",
       [] { (void)nn::Dense{3, 0}; }},
      {"a dense layer of weights and biases that do not fit",
       "nn::Dense: weights have shape (2, 3) and biases (2), expected (D, M) and (M)",
       [] { (void)nn::Dense{ones(2, 3), Tensor{1, 2}}; }},
      {"a dense layer of weights with one axis",
       "nn::Dense: weights have shape (2) and biases (2), expected (D, M) and (M)",
       [] { (void)nn::Dense{Tensor{1, 2}, Tensor{1, 2}}; }},
      {"a convolution without channels",
       "nn::Convolution: 0 inputs, 3 outputs and kernels of 3×3, expected at least 1 of each",
       [] { (void)nn::Convolution{0, 3, {.kernel = 3}}; }},
      {"a convolution without kernels",
       "nn::Convolution: 1 inputs, 0 outputs and kernels of 3×3, expected at least 1 of each",
       [] { (void)nn::Convolution{1, 0, {.kernel = 3}}; }},
      {"a convolution with a kernel of no size",
       "nn::Convolution: 1 inputs, 3 outputs and kernels of 0×0, expected at least 1 of each",
       [] { (void)nn::Convolution{1, 3, {.kernel = 0}}; }},
      {"a convolution that does not move", "nn::Convolution: stride is 0×0, expected at least 1×1",
       [] { (void)nn::Convolution{1, 3, {.kernel = 3, .stride = 0}}; }},
      {"a convolution padded without bounds",
       "nn::Convolution: padding is 9223372036854775807×9223372036854775807, expected at most "
       "16777216",
       [] {
         (void)nn::Convolution{1, 3, {.kernel = 3, .padding = nn::Padding{~std::size_t{0} / 2}}};
       }},
      {"a convolution of kernels and biases that do not fit",
       "nn::Convolution: kernels have shape (2, 1, 3, 3) and biases (1), expected (O, C, F, G) and "
       "(O)",
       [] { (void)nn::Convolution{ones(2, 1, 3, 3), Tensor{1}}; }},
      {"a max pool of no size", "nn::MaxPool: window is 0×0, expected at least 1×1",
       [] { (void)nn::MaxPool{0}; }},
      {"an average pool of no size", "nn::AveragePool: window is 0×2, expected at least 1×1",
       [] { (void)nn::AveragePool{nn::Extent{0, 2}}; }},
      {"a residual connection past nothing", "nn::Residual: 0 layers, expected at least 1",
       [] { (void)nn::Residual{Sequential{}}; }},
      {"a residual connection whose projection gives another shape",
       "nn::Residual: has layers that give shape (3), but a projection that gives (4)",
       [] { (void)nn::Residual{Sequential{nn::Dense{2, 3}}, Sequential{nn::Dense{2, 4}}}; }},
      {"a residual connection past what was moved from",
       "nn::Residual: 0 layers, expected at least 1",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)nn::Residual{from};
       }},
      {"a reshape to nothing", "nn::Reshape: sample has shape (), expected 1 to 3 axes",
       [] { (void)nn::Reshape{Shape{}}; }},
      {"a reshape to an axis of length 0", "nn::Shape: axis 1 has length 0, expected at least 1",
       [] { (void)nn::Reshape{1, 0, 28}; }},
      {"a reshape to four axes", "nn::Reshape: sample has shape (1, 2, 3, 4), expected 1 to 3 axes",
       [] { (void)nn::Reshape{1, 2, 3, 4}; }},
      {"a dropout of all", "nn::Dropout: rate is 1, expected at least 0 and below 1",
       [] {
         nn::Random random{1};
         (void)nn::Dropout{1, random};
       }},
      {"a dropout of a negative share",
       "nn::Dropout: rate is -0.5, expected at least 0 and below 1",
       [] {
         nn::Random random{1};
         (void)nn::Dropout{-0.5, random};
       }},
      {"a dropout of NaN", "nn::Dropout: rate is nan, expected at least 0 and below 1",
       [] {
         nn::Random random{1};
         (void)nn::Dropout{NAN, random};
       }},
      {"a leaky ReLU that leaks all", "nn::LeakyReLU: slope is 1, expected above 0 and below 1",
       [] { (void)nn::LeakyReLU{1}; }},
      {"a leaky ReLU of NaN", "nn::LeakyReLU: slope is nan, expected above 0 and below 1",
       [] { (void)nn::LeakyReLU{real(NAN)}; }},
      {"a batch normalization of no features", "nn::BatchNorm: 0 features, expected at least 1",
       [] { (void)nn::BatchNorm{0}; }},
      {"a batch normalization of momentum 0",
       "nn::BatchNorm: momentum is 0, expected above 0 and at most 1",
       [] { (void)nn::BatchNorm{3, {.momentum = 0}}; }},
      {"a batch normalization of epsilon NaN",
       "nn::BatchNorm: epsilon is nan, expected a finite number above 0",
       [] { (void)nn::BatchNorm{3, {.epsilon = real(NAN)}}; }},
      {"a layer normalization of no features", "nn::LayerNorm: 0 features, expected at least 1",
       [] { (void)nn::LayerNorm{0}; }},
      {"a layer normalization of negative epsilon",
       "nn::LayerNorm: epsilon is -1, expected a finite number above 0",
       [] { (void)nn::LayerNorm{3, {.epsilon = -1}}; }},
      {"a recurrent layer without inputs",
       "nn::Recurrent: 0 inputs and 3 outputs, expected at least 1 of each",
       [] { (void)nn::Recurrent{0, 3}; }},
      {"a GRU without outputs", "nn::GRU: 3 inputs and 0 outputs, expected at least 1 of each",
       [] { (void)nn::GRU{3, 0}; }},
      {"an LSTM without outputs", "nn::LSTM: 3 inputs and 0 outputs, expected at least 1 of each",
       [] { (void)nn::LSTM{3, 0}; }},
      {"an embedding without tokens",
       "nn::Embedding: 0 tokens and 3 features, expected at least 1 of each",
       [] { (void)nn::Embedding{0, 3}; }},
      {"an embedding of too many tokens",
       "nn::Embedding: 16777217 tokens, expected at most 16777216",
       [] { (void)nn::Embedding{(std::size_t{1} << 24U) + 1, 1}; }},
      {"an embedding with padding that is not a token",
       "nn::Embedding: padding is 3, expected at most 2",
       [] { (void)nn::Embedding{3, 2, {.padding = 3}}; }},
      {"positions without places",
       "nn::Positions: 0 places and 3 features, expected at least 1 of each",
       [] { (void)nn::Positions{0, 3}; }},
      {"sinusoidal positions without features",
       "nn::SinusoidalPositions: 3 places and 0 features, expected at least 1 of each",
       [] { (void)nn::SinusoidalPositions{3, 0}; }},
      {"attention without heads",
       "nn::Attention: 4 features and 0 heads, expected at least 1 of each",
       [] { (void)nn::Attention{4, {.heads = 0}}; }},
      {"attention with heads that do not divide the features",
       "nn::Attention: 4 features and 3 heads, expected a number of heads that divides the "
       "features",
       [] { (void)nn::Attention{4, {.heads = 3}}; }},
  };
}

// Wrong ranks and sizes, forward.
std::vector<Case> wrong_ranks_and_sizes_forward() {
  return {
      {"dense: forward of a vector", "nn::Dense: input has shape (2), expected (B, 2) or (B, T, 2)",
       [] { forward(nn::Dense{2, 3}, Tensor{1, 2}); }},
      {"dense: forward of other columns", "nn::Dense: input has 5 columns, expected 2",
       [] { forward(nn::Dense{2, 3}, ones(4, 5)); }},
      {"dense: forward of nothing", "nn::Dense: input has shape (), expected (B, 2) or (B, T, 2)",
       [] { forward(nn::Dense{2, 3}, Tensor{}); }},
      {"dense: predict of images",
       "nn::Dense: input has shape (4, 1, 1, 2), expected (B, 2) or (B, T, 2)",
       [] { predict(nn::Dense{2, 3}, ones(4, 1, 1, 2)); }},
      {"dense: predict of sequences with other features",
       "nn::Dense: input has 3 columns, expected 2",
       [] { predict(nn::Dense{2, 3}, ones(4, 2, 3)); }},
      {"softmax: forward of images", "nn::Softmax: input has shape (2, 1, 3, 3), expected (B, M)",
       [] { forward(nn::Softmax{}, ones(2, 1, 3, 3)); }},
      {"softmax: predict of nothing", "nn::Softmax: input has shape (), expected (B, M)",
       [] { predict(nn::Softmax{}, Tensor{}); }},
      {"convolution: forward of rows",
       "nn::InterleavedImages: the tensor has shape (2, 9), expected (B, C, H, W)",
       [] { forward(convolution(), ones(2, 9)); }},
      {"convolution: forward of other channels",
       "nn::Convolution: expects images of shape (1, H, W); the input has shape (3, 5, 5)",
       [] { forward(convolution(), ones(2, 3, 5, 5)); }},
      {"convolution: forward of images smaller than the kernel",
       "nn::Convolution: expects images of at least 3×3; the input has shape (1, 2, 2)",
       [] { forward(convolution(), ones(2, 1, 2, 2)); }},
      {"convolution: predict of rows",
       "nn::InterleavedImages: the tensor has shape (2, 9), expected (B, C, H, W)",
       [] { predict(convolution(), ones(2, 9)); }},
      {"convolution: predict of nothing",
       "nn::InterleavedImages: the tensor has shape (), expected (B, C, H, W)",
       [] { predict(convolution(), Tensor{}); }},
      {"convolution: predict of no images", "nn::Convolution: input is empty",
       [] { predict(convolution(), nn::InterleavedImages{}); }},
      {"convolution: forward of no images", "nn::Convolution: input is empty",
       [] { forward(convolution(), nn::InterleavedImages{}); }},
      {"max pool: forward of rows",
       "nn::InterleavedImages: the tensor has shape (2, 9), expected (B, C, H, W)",
       [] { forward(nn::MaxPool{2}, ones(2, 9)); }},
      {"max pool: forward of images smaller than the window",
       "nn::MaxPool: expects images of at least 3×3; the input has shape (1, 2, 2)",
       [] { forward(nn::MaxPool{3}, ones(2, 1, 2, 2)); }},
      {"max pool: predict of three axes",
       "nn::InterleavedImages: the tensor has shape (2, 4, 4), expected (B, C, H, W)",
       [] { predict(nn::MaxPool{2}, ones(2, 4, 4)); }},
      {"max pool: predict of no images", "nn::MaxPool: input is empty",
       [] { predict(nn::MaxPool{2}, nn::InterleavedImages{}); }},
      {"average pool: forward of rows",
       "nn::InterleavedImages: the tensor has shape (2, 9), expected (B, C, H, W)",
       [] { forward(nn::AveragePool{2}, ones(2, 9)); }},
      {"average pool: predict of images smaller than the window",
       "nn::AveragePool: expects images of at least 3×3; the input has shape (1, 2, 2)",
       [] { predict(nn::AveragePool{3}, ones(20, 1, 2, 2)); }},
      {"average pool: predict of no images", "nn::AveragePool: input is empty",
       [] { predict(nn::AveragePool{2}, nn::InterleavedImages{}); }},
      {"global average pool: forward of rows",
       "nn::InterleavedImages: the tensor has shape (2, 9), expected (B, C, H, W)",
       [] { forward(nn::GlobalAveragePool{}, ones(2, 9)); }},
      {"global average pool: predict of no images", "nn::GlobalAveragePool: input is empty",
       [] { predict(nn::GlobalAveragePool{}, nn::InterleavedImages{}); }},
      {"residual connection: forward past layers that change the shape",
       "nn::Residual: needs a projection, because its layers give shape (3); the input has shape "
       "(2)",
       [] { forward(nn::Residual{nn::Dense{2, 3}}, ones(4, 2)); }},
      {"residual connection: forward of other columns",
       "nn::Sequential: layer 1 (Dense 2→2) expects 2 columns; the input has 5",
       [] { forward(nn::Residual{nn::Dense{2, 2}}, ones(4, 5)); }},
      {"residual connection: predict of what its projection cannot take",
       "nn::Residual: has a projection whose layer 1 (Dense 5→3) expects 5 columns; the input has "
       "shape (2)",
       [] {
         predict(nn::Residual{Sequential{nn::Dense{2, 3}}, Sequential{nn::Dense{5, 3}}},
                 ones(4, 2));
       }},
      {"residual connection: predict of nothing", "nn::Residual: input is empty",
       [] { predict(nn::Residual{nn::ReLU{}}, Tensor{}); }},
      {"reshape: forward of another number of values",
       "nn::Reshape: samples have 5 values, expected 4",
       [] { forward(nn::Reshape{2, 2}, ones(3, 5)); }},
      {"reshape: predict of nothing", "nn::Reshape: samples have 0 values, expected 4",
       [] { predict(nn::Reshape{2, 2}, Tensor{}); }},
      {"flatten: forward of nothing", "nn::Flatten: input is empty",
       [] { forward(nn::Flatten{}, Tensor{}); }},
      {"flatten: predict of nothing", "nn::Flatten: input is empty",
       [] { predict(nn::Flatten{}, Tensor{}); }},
      {"batch normalization: forward of other columns",
       "nn::BatchNorm: input has shape (4, 5), expected (B, 3) or (B, 3, H, W)",
       [] { forward(nn::BatchNorm{3}, ones(4, 5)); }},
      {"batch normalization: forward of three axes",
       "nn::BatchNorm: input has shape (4, 3, 5), expected (B, 3) or (B, 3, H, W)",
       [] { forward(nn::BatchNorm{3}, ones(4, 3, 5)); }},
      {"batch normalization: forward of a single row",
       "nn::BatchNorm: a training batch of shape (1, 3) has one value per feature, expected at "
       "least 2",
       [] { forward(nn::BatchNorm{3}, ones(1, 3)); }},
      {"batch normalization: predict of other channels",
       "nn::BatchNorm: input has shape (4, 2, 5, 5), expected (B, 3) or (B, 3, H, W)",
       [] { predict(nn::BatchNorm{3}, ones(4, 2, 5, 5)); }},
      {"batch normalization: forward of no images",
       "nn::BatchNorm: input has shape (), expected (B, 3) or (B, 3, H, W)",
       [] { forward(nn::BatchNorm{3}, nn::InterleavedImages{}); }},
      {"layer normalization: forward of a vector",
       "nn::LayerNorm: input has shape (3), expected (B, 3) or (B, …, 3)",
       [] { forward(nn::LayerNorm{3}, Tensor{1, 2, 3}); }},
      {"layer normalization: predict of other features",
       "nn::LayerNorm: input has shape (4, 5), expected (B, 3) or (B, …, 3)",
       [] { predict(nn::LayerNorm{3}, ones(4, 5)); }},
      {"recurrent: forward of rows", "nn::Recurrent: input has shape (4, 3), expected (B, T, 3)",
       [] { forward(nn::Recurrent{3, 2}, ones(4, 3)); }},
      {"GRU: predict of other inputs", "nn::GRU: a step has 2 inputs, expected 3",
       [] { predict(nn::GRU{3, 2}, ones(4, 5, 2)); }},
      {"LSTM: forward of images", "nn::LSTM: input has shape (4, 1, 5, 3), expected (B, T, 3)",
       [] { forward(nn::LSTM{3, 2}, ones(4, 1, 5, 3)); }},
      {"LSTM: predict of nothing", "nn::LSTM: input has shape (), expected (B, T, 3)",
       [] { predict(nn::LSTM{3, 2}, Tensor{}); }},
      {"embedding: forward of vectors", "nn::Embedding: input has shape (4, 5, 3), expected (B, T)",
       [] { forward(nn::Embedding{3, 2}, ones(4, 5, 3)); }},
      {"embedding: predict of nothing", "nn::Embedding: input has shape (), expected (B, T)",
       [] { predict(nn::Embedding{3, 2}, Tensor{}); }},
      {"embedding: forward of a token that is too large",
       "nn::Embedding: the token at (0, 1) is 3, expected a whole number from 0 to 2",
       [] { forward(nn::Embedding{3, 2}, Tensor{{0, 3}}); }},
      {"embedding: forward of a negative token",
       "nn::Embedding: the token at (1, 0) is -1, expected a whole number from 0 to 2",
       [] { forward(nn::Embedding{3, 2}, Tensor{{0}, {-1}}); }},
      {"embedding: predict of half a token",
       "nn::Embedding: the token at (0, 0) is 0.5, expected a whole number from 0 to 2",
       [] { predict(nn::Embedding{3, 2}, Tensor{{0.5}}); }},
      {"embedding: predict of NaN",
       "nn::Embedding: the token at (0, 0) is nan, expected a whole number from 0 to 2",
       [] { predict(nn::Embedding{3, 2}, Tensor{{real(NAN)}}); }},
      {"positions: forward of too many places",
       "nn::Positions: input has 6 places, expected at most 5",
       [] { forward(nn::Positions{5, 3}, ones(4, 6, 3)); }},
      {"sinusoidal positions: predict of rows",
       "nn::SinusoidalPositions: input has shape (4, 3), expected (B, T, 3)",
       [] { predict(nn::SinusoidalPositions{5, 3}, ones(4, 3)); }},
      {"attention: forward of rows", "nn::Attention: input has shape (4, 3), expected (B, T, 3)",
       [] { forward(nn::Attention{3}, ones(4, 3)); }},
      {"attention: predict of other features",
       "nn::Attention: input has shape (4, 5, 2), expected (B, T, 3)",
       [] { predict(nn::Attention{3}, ones(4, 5, 2)); }},
      {"attention: predict of nothing", "nn::Attention: input has shape (), expected (B, T, 3)",
       [] { predict(nn::Attention{3}, Tensor{}); }},
      {"recurrent: forward with lengths of another batch", "nn::GRU: 3 lengths for 4 sequences",
       [] { nn::GRU{3, 2}.forward(ones(4, 5, 3), {5, 5, 5}); }},
      {"recurrent: predict with a length that is too large",
       "nn::LSTM: the length of the sequence at index 1 is 6, expected at most 5",
       [] { (void)nn::LSTM{3, 2}.predict(ones(2, 5, 3), {5, 6}); }},
      {"attention: forward with lengths of another batch",
       "nn::Attention: 3 lengths for 4 sequences",
       [] { nn::Attention{3}.forward(ones(4, 5, 3), {5, 5, 5}); }},
      {"attention: predict with a length that is too large",
       "nn::Attention: the length of the sequence at index 1 is 6, expected at most 5",
       [] { (void)nn::Attention{3}.predict(ones(2, 5, 3), {5, 6}); }},
  };
}

// Backward before forward.
std::vector<Case> backward_before_forward() {
  return {
      {"dense: backward first", "nn::Dense: backward() was called before forward()",
       [] { backward(nn::Dense{2, 3}, ones(4, 3)); }},
      {"dense: backward_parameters first", "nn::Dense: backward() was called before forward()",
       [] { nn::Dense{2, 3}.backward_parameters(ones(4, 3)); }},
      {"ReLU: backward first", "nn::ReLU: backward() was called before forward()",
       [] { backward(nn::ReLU{}, ones(4, 3)); }},
      {"leaky ReLU: backward first", "nn::LeakyReLU: backward() was called before forward()",
       [] { backward(nn::LeakyReLU{}, ones(4, 3)); }},
      {"sigmoid: backward first", "nn::Sigmoid: backward() was called before forward()",
       [] { backward(nn::Sigmoid{}, ones(4, 3)); }},
      {"tanh: backward first", "nn::Tanh: backward() was called before forward()",
       [] { backward(nn::Tanh{}, ones(4, 3)); }},
      {"softmax: backward first", "nn::Softmax: backward() was called before forward()",
       [] { backward(nn::Softmax{}, ones(4, 3)); }},
      {"convolution: backward first", "nn::Convolution: backward() was called before forward()",
       [] { backward(convolution(), ones(2, 2, 3, 3)); }},
      {"convolution: backward_parameters first",
       "nn::Convolution: backward() was called before forward()",
       [] { convolution().backward_parameters(ones(2, 2, 3, 3)); }},
      {"max pool: backward first", "nn::MaxPool: backward() was called before forward()",
       [] { backward(nn::MaxPool{2}, ones(2, 1, 2, 2)); }},
      {"average pool: backward first", "nn::AveragePool: backward() was called before forward()",
       [] { backward(nn::AveragePool{2}, ones(2, 1, 2, 2)); }},
      {"global average pool: backward first",
       "nn::GlobalAveragePool: backward() was called before forward()",
       [] { backward(nn::GlobalAveragePool{}, ones(2, 1)); }},
      {"residual connection: backward first",
       "nn::Residual: backward() was called before forward()",
       [] { backward(nn::Residual{nn::ReLU{}}, ones(2, 1)); }},
      {"residual connection: backward_parameters first",
       "nn::Residual: backward() was called before forward()",
       [] { nn::Residual{nn::ReLU{}}.backward_parameters(ones(2, 1)); }},
      {"reshape: backward first", "nn::Reshape: backward() was called before forward()",
       [] { backward(nn::Reshape{2, 2}, ones(2, 2, 2)); }},
      {"flatten: backward first", "nn::Flatten: backward() was called before forward()",
       [] { backward(nn::Flatten{}, ones(2, 4)); }},
      {"dropout: backward first", "nn::Dropout: backward() was called before forward()",
       [] {
         nn::Random random{1};
         backward(nn::Dropout{0.5, random}, ones(2, 4));
       }},
      {"batch normalization: backward first",
       "nn::BatchNorm: backward() was called before forward()",
       [] { backward(nn::BatchNorm{3}, ones(2, 3)); }},
      {"layer normalization: backward first",
       "nn::LayerNorm: backward() was called before forward()",
       [] { backward(nn::LayerNorm{3}, ones(2, 3)); }},
      {"recurrent: backward first", "nn::Recurrent: backward() was called before forward()",
       [] { backward(nn::Recurrent{3, 2}, ones(4, 2)); }},
      {"GRU: backward first", "nn::GRU: backward() was called before forward()",
       [] { backward(nn::GRU{3, 2}, ones(4, 2)); }},
      {"LSTM: backward first", "nn::LSTM: backward() was called before forward()",
       [] { backward(nn::LSTM{3, 2}, ones(4, 2)); }},
      {"LSTM: backward_parameters first", "nn::LSTM: backward() was called before forward()",
       [] { nn::LSTM{3, 2}.backward_parameters(ones(4, 2)); }},
      {"GELU: backward first", "nn::GELU: backward() was called before forward()",
       [] { backward(nn::GELU{}, ones(4, 3)); }},
      {"embedding: backward first", "nn::Embedding: backward() was called before forward()",
       [] { backward(nn::Embedding{3, 2}, ones(4, 5, 2)); }},
      {"positions: backward first", "nn::Positions: backward() was called before forward()",
       [] { backward(nn::Positions{5, 3}, ones(4, 5, 3)); }},
      {"sinusoidal positions: backward first",
       "nn::SinusoidalPositions: backward() was called before forward()",
       [] { backward(nn::SinusoidalPositions{5, 3}, ones(4, 5, 3)); }},
      {"attention: backward first", "nn::Attention: backward() was called before forward()",
       [] { backward(nn::Attention{3}, ones(4, 5, 3)); }},
      {"attention: backward_parameters first",
       "nn::Attention: backward() was called before forward()",
       [] { nn::Attention{3}.backward_parameters(ones(4, 5, 3)); }},
      {"attention: attention_weights first",
       "nn::Attention: attention_weights() was called before forward()",
       [] { (void)nn::Attention{3}.attention_weights(); }},
  };
}

// Backward of what was not the output.
std::vector<Case> backward_of_what_was_not_the_output() {
  return {
      {"dense: backward of other columns",
       "nn::Dense: gradient has shape (4, 2), expected (4, 3), the shape of the last output",
       [] { backward_after(nn::Dense{2, 3}, ones(4, 2), ones(4, 2)); }},
      {"dense: backward of other rows",
       "nn::Dense: gradient has shape (5, 3), expected (4, 3), the shape of the last output",
       [] { backward_after(nn::Dense{2, 3}, ones(4, 2), ones(5, 3)); }},
      {"dense: backward of nothing",
       "nn::Dense: gradient has shape (), expected (4, 3), the shape of the last output",
       [] { backward_after(nn::Dense{2, 3}, ones(4, 2), Tensor{}); }},
      {"ReLU: backward of another shape",
       "nn::ReLU: gradient has shape (4, 3), expected (4, 2), the shape of the last output",
       [] { backward_after(nn::ReLU{}, ones(4, 2), ones(4, 3)); }},
      {"softmax: backward of another shape",
       "nn::Softmax: gradient has shape (4, 3), expected (4, 2), the shape of the last output",
       [] { backward_after(nn::Softmax{}, ones(4, 2), ones(4, 3)); }},
      {"convolution: backward of another size",
       "nn::Convolution: gradient has shape (2, 2, 5, 5), expected (2, 2, 3, 3), the shape of the "
       "last output",
       [] { backward_after(convolution(), ones(2, 1, 5, 5), ones(2, 2, 5, 5)); }},
      {"convolution: backward of rows",
       "nn::InterleavedImages: the tensor has shape (2, 18), expected (B, C, H, W)",
       [] { backward_after(convolution(), ones(2, 1, 5, 5), ones(2, 18)); }},
      {"max pool: backward of another size",
       "nn::MaxPool: gradient has shape (2, 1, 4, 4), expected (2, 1, 2, 2), the shape of the last "
       "output",
       [] { backward_after(nn::MaxPool{2}, ones(2, 1, 4, 4), ones(2, 1, 4, 4)); }},
      {"average pool: backward of more images",
       "nn::AveragePool: gradient has shape (3, 1, 2, 2), expected (2, 1, 2, 2), the shape of the "
       "last output",
       [] { backward_after(nn::AveragePool{2}, ones(2, 1, 4, 4), ones(3, 1, 2, 2)); }},
      {"global average pool: backward of other channels",
       "nn::GlobalAveragePool: gradient has shape (2, 3), expected (2, 1), the shape of the last "
       "output",
       [] { backward_after(nn::GlobalAveragePool{}, ones(2, 1, 4, 4), ones(2, 3)); }},
      {"residual connection: backward of other columns",
       "nn::Residual: gradient has shape (2, 3), expected (2, 4), the shape of the last output",
       [] { backward_after(nn::Residual{nn::ReLU{}}, ones(2, 4), ones(2, 3)); }},
      {"reshape: backward of fewer values",
       "nn::Reshape: gradient has shape (2, 2, 2), expected as many values as the last input, of "
       "shape "
       "(3, 4)",
       [] { backward_after(nn::Reshape{2, 2}, ones(3, 4), ones(2, 2, 2)); }},
      {"flatten: backward of nothing",
       "nn::Flatten: gradient has shape (), expected as many values as the last input, of shape "
       "(3, 2, "
       "2)",
       [] { backward_after(nn::Flatten{}, ones(3, 2, 2), Tensor{}); }},
      {"embedding: backward of another shape",
       "nn::Embedding: gradient has shape (1, 2), expected (1, 2, 3), the shape of the last output",
       [] { backward_after(nn::Embedding{3, 3}, ones(1, 2), ones(1, 2)); }},
      {"positions: backward of fewer places",
       "nn::Positions: gradient has shape (4, 4, 3), expected (4, 5, 3), the shape of the last "
       "output",
       [] { backward_after(nn::Positions{5, 3}, ones(4, 5, 3), ones(4, 4, 3)); }},
      {"attention: backward of rows",
       "nn::Attention: gradient has shape (4, 3), expected (4, 5, 3), the shape of the last output",
       [] { backward_after(nn::Attention{3}, ones(4, 5, 3), ones(4, 3)); }},
      {"dropout: backward of another shape",
       "nn::Dropout: gradient has shape (4, 3), expected (4, 2), the shape of the last output",
       [] {
         nn::Random random{1};
         backward_after(nn::Dropout{0.5, random}, ones(4, 2), ones(4, 3));
       }},
      {"batch normalization: backward of more rows",
       "nn::BatchNorm: gradient has shape (5, 3), expected (4, 3), the shape of the last output",
       [] { backward_after(nn::BatchNorm{3}, ones(4, 3), ones(5, 3)); }},
      {"layer normalization: backward of more rows",
       "nn::LayerNorm: gradient has shape (5, 3), expected (4, 3), the shape of the last output",
       [] { backward_after(nn::LayerNorm{3}, ones(4, 3), ones(5, 3)); }},
      {"LSTM: backward of a sequence where the last is the output",
       "nn::LSTM: gradient has shape (4, 5, 2), expected (4, 2), the shape of the last output",
       [] { backward_after(nn::LSTM{3, 2}, ones(4, 5, 3), ones(4, 5, 2)); }},
      {"GRU: backward of more units",
       "nn::GRU: gradient has shape (4, 3), expected (4, 2), the shape of the last output",
       [] { backward_after(nn::GRU{3, 2}, ones(4, 5, 3), ones(4, 3)); }},
  };
}

// Moved from.
std::vector<Case> moved_from() {
  return {
      {"dense: predict after a move", "nn::Dense: has no weights because it was moved from",
       [] { predict_moved(nn::Dense{2, 3}, ones(4, 2)); }},
      {"dense: backward after a move", "nn::Dense: backward() was called before forward()",
       [] { backward_moved(nn::Dense{2, 3}, ones(4, 2), ones(4, 3)); }},
      {"ReLU: backward after a move", "nn::ReLU: backward() was called before forward()",
       [] { backward_moved(nn::ReLU{}, ones(4, 2), ones(4, 2)); }},
      {"softmax: backward after a move", "nn::Softmax: backward() was called before forward()",
       [] { backward_moved(nn::Softmax{}, ones(4, 2), ones(4, 2)); }},
      {"convolution: predict after a move",
       "nn::Convolution: has no weights because it was moved from; the input has shape (1, 5, 5)",
       [] { predict_moved(convolution(), ones(2, 1, 5, 5)); }},
      {"convolution: backward after a move",
       "nn::Convolution: backward() was called before forward()",
       [] { backward_moved(convolution(), ones(2, 1, 5, 5), ones(2, 2, 3, 3)); }},
      {"max pool: backward after a move", "nn::MaxPool: backward() was called before forward()",
       [] { backward_moved(nn::MaxPool{2}, ones(2, 1, 4, 4), ones(2, 1, 2, 2)); }},
      {"residual connection: predict after a move",
       "nn::Sequential: has no layers because it was moved from",
       [] { predict_moved(nn::Residual{nn::ReLU{}}, ones(4, 2)); }},
      {"residual connection: backward after a move",
       "nn::Residual: backward() was called before forward()",
       [] { backward_moved(nn::Residual{nn::ReLU{}}, ones(4, 2), ones(4, 2)); }},
      {"dropout: backward after a move", "nn::Dropout: backward() was called before forward()",
       [] {
         nn::Random random{1};
         backward_moved(nn::Dropout{0.5, random}, ones(4, 2), ones(4, 2));
       }},
      {"batch normalization: predict after a move",
       "nn::BatchNorm: has no weights because it was moved from",
       [] { predict_moved(nn::BatchNorm{3}, ones(4, 3)); }},
      {"batch normalization: backward after a move",
       "nn::BatchNorm: backward() was called before forward()",
       [] { backward_moved(nn::BatchNorm{3}, ones(4, 3), ones(4, 3)); }},
      {"layer normalization: predict after a move",
       "nn::LayerNorm: has no weights because it was moved from",
       [] { predict_moved(nn::LayerNorm{3}, ones(4, 3)); }},
      {"layer normalization: backward after a move",
       "nn::LayerNorm: backward() was called before forward()",
       [] { backward_moved(nn::LayerNorm{3}, ones(4, 3), ones(4, 3)); }},
      {"recurrent: predict after a move", "nn::Recurrent: has no weights because it was moved from",
       [] { predict_moved(nn::Recurrent{3, 2}, ones(4, 5, 3)); }},
      {"recurrent: backward after a move", "nn::Recurrent: backward() was called before forward()",
       [] { backward_moved(nn::Recurrent{3, 2}, ones(4, 5, 3), ones(4, 2)); }},
      {"LSTM: forward after a move", "nn::LSTM: has no weights because it was moved from",
       [] {
         nn::LSTM layer{3, 2};
         const nn::LSTM taken = std::move(layer);
         forward(layer, ones(4, 5, 3));
       }},
      {"GRU: backward after a move", "nn::GRU: backward() was called before forward()",
       [] { backward_moved(nn::GRU{3, 2}, ones(4, 5, 3), ones(4, 2)); }},
      {"embedding: predict after a move", "nn::Embedding: has no weights because it was moved from",
       [] { predict_moved(nn::Embedding{3, 2}, ones(4, 5)); }},
      {"embedding: backward after a move", "nn::Embedding: backward() was called before forward()",
       [] { backward_moved(nn::Embedding{3, 2}, ones(4, 5), ones(4, 5, 2)); }},
      {"positions: predict after a move", "nn::Positions: has no weights because it was moved from",
       [] { predict_moved(nn::Positions{5, 3}, ones(4, 5, 3)); }},
      {"sinusoidal positions: predict after a move",
       "nn::SinusoidalPositions: has no weights because it was moved from",
       [] { predict_moved(nn::SinusoidalPositions{5, 3}, ones(4, 5, 3)); }},
      {"attention: predict after a move", "nn::Attention: has no weights because it was moved from",
       [] { predict_moved(nn::Attention{3}, ones(4, 5, 3)); }},
      {"attention: backward after a move", "nn::Attention: backward() was called before forward()",
       [] { backward_moved(nn::Attention{3}, ones(4, 5, 3), ones(4, 5, 3)); }},
      {"network: predict after a move", "nn::Sequential: has no layers because it was moved from",
       [] { predict_moved(network(), ones(4, 2)); }},
      {"network: forward after a move", "nn::Sequential: has no layers because it was moved from",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         forward(from, ones(4, 2));
       }},
      {"network: a layer of it after a move",
       "nn::Sequential: layer index is 0, but the network has 0 layers, numbered from 0",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)from.layer<nn::Dense>(0);
       }},
      {"network: a layer pushed after it was moved from",
       "nn::Sequential: layer 1 (Dense 0→0) has no weights because it was moved from; the input "
       "has shape ()",
       [] {
         nn::Dense dense{2, 3};
         const nn::Dense taken = std::move(dense);
         Sequential{}.push(dense);
       }},
      {"network: the outputs of its layers after a move",
       "nn::Sequential: has no layers because it was moved from",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)from.outputs(ones(4, 2));
       }},
      {"network: a layer by its index after a move",
       "nn::Sequential: layer index is 0, but the network has 0 layers, numbered from 0",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)from[0];
       }},
      {"network: layers cut out after a move",
       "nn::Sequential: first is 0 and last is 2, expected first to be at most last, and last at "
       "most 0",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)from.slice(0, 2);
       }},
      {"network: a parameter after a move",
       "nn::Sequential: there is no parameter '0.weight'; the network has none",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)from.parameter("0.weight");
       }},
      {"any layer: predict after a move", "nn::AnyLayer: is empty because it was moved from",
       [] {
         nn::AnyLayer from{nn::Dense{2, 3}};
         const nn::AnyLayer to = std::move(from);
         (void)from.predict(ones(4, 2));
       }},
      {"any layer: its type after a move", "nn::AnyLayer: is empty because it was moved from",
       [] {
         nn::AnyLayer from{nn::Dense{2, 3}};
         const nn::AnyLayer to = std::move(from);
         (void)from.as<nn::Dense>();
       }},
      {"any layer: a copy after a move", "nn::AnyLayer: is empty because it was moved from",
       [] {
         nn::AnyLayer from{nn::Dense{2, 3}};
         const nn::AnyLayer to = std::move(from);
         (void)nn::AnyLayer{from};
       }},
      {"any layer: what was moved from, assigned to another",
       "nn::AnyLayer: is empty because it was moved from",
       [] {
         nn::AnyLayer from{nn::Dense{2, 3}};
         nn::AnyLayer to = std::move(from);
         to = from;
       }},
      {"any cost: value after a move", "nn::AnyCost: is empty because it was moved from",
       [] {
         nn::AnyCost from{nn::MeanSquaredError{}};
         const nn::AnyCost to = std::move(from);
         (void)from.value(ones(2, 2), ones(2, 2));
       }},
      {"any cost: a copy after a move", "nn::AnyCost: is empty because it was moved from",
       [] {
         nn::AnyCost from{nn::MeanSquaredError{}};
         const nn::AnyCost to = std::move(from);
         (void)nn::AnyCost{from};
       }},
      {"weighted cost: weight after a move",
       "nn::Weighted: 0 class weights, but a target is class 1, expected one weight for each class",
       [] {
         nn::Weighted from{nn::SoftmaxCrossEntropy{}, {1, 2, 3}};
         const nn::Weighted to = std::move(from);
         (void)from.weight(Labels{1});
       }},
      {"weighted cost: gradient after a move", "nn::AnyCost: is empty because it was moved from",
       [] {
         nn::Weighted from{nn::SoftmaxCrossEntropy{}, {1, 2, 3}};
         const nn::Weighted to = std::move(from);
         (void)from.gradient(ones(1, 3), Labels{1});
       }},
      {"any metric: add after a move", "nn::AnyMetric: is empty because it was moved from",
       [] {
         nn::AnyMetric from{nn::Accuracy{}};
         const nn::AnyMetric to = std::move(from);
         from.add(ones(2, 2), Labels{0, 1});
       }},
      {"any metric: a copy after a move", "nn::AnyMetric: is empty because it was moved from",
       [] {
         nn::AnyMetric from{nn::Accuracy{}};
         const nn::AnyMetric to = std::move(from);
         (void)nn::AnyMetric{from};
       }},
      {"any optimizer: step after a move",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         nn::AnyOptimizer from{nn::Adam{}};
         const nn::AnyOptimizer to = std::move(from);
         nn::Parameter weight{"weight", ones(3)};
         from.step(std::array{&weight});
       }},
      {"any optimizer: a copy after a move",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         nn::AnyOptimizer from{nn::Adam{}};
         const nn::AnyOptimizer to = std::move(from);
         (void)nn::AnyOptimizer{from};
       }},
      {"any optimizer: one that steps with it after a move",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         nn::AnyOptimizer from{nn::Adam{}};
         const nn::AnyOptimizer borrower{std::ref(from)};
         const nn::AnyOptimizer to = std::move(from);
         (void)borrower.learning_rate();
       }},
      {"a set: batches after a move", "nn::Batches: 0 samples, expected at least 1",
       [] {
         Dataset from = points();
         const Dataset to = std::move(from);
         (void)nn::Batches{from, {.size = 2}};
       }},
      {"an epoch: a batch after a move", "nn::Batches: has no order because it was moved from",
       [] {
         const Dataset set = points();
         nn::Batches::Epoch from = nn::Batches{set, {.size = 2}}.epoch(1);
         const nn::Batches::Epoch to = std::move(from);
         (void)from[0];
       }},
      {"an epoch: all batches after a move", "nn::Batches: has no order because it was moved from",
       [] {
         const Dataset set = points();
         nn::Batches::Epoch from = nn::Batches{set, {.size = 2}}.epoch(1);
         const nn::Batches::Epoch to = std::move(from);
         for (const nn::Batch& batch : from) (void)batch.size();
       }},
      {"confusion matrix: add after a move",
       "nn::ConfusionMatrix: has no counts because it was moved from",
       [] {
         nn::ConfusionMatrix from{3};
         const nn::ConfusionMatrix to = std::move(from);
         from.add(Labels{1}, Labels{1});
       }},
      {"confusion matrix: accuracy after a move",
       "nn::ConfusionMatrix: has no counts because it was moved from",
       [] {
         nn::ConfusionMatrix from{3};
         const nn::ConfusionMatrix to = std::move(from);
         (void)from.accuracy();
       }},
      {"confusion matrix: table after a move",
       "nn::ConfusionMatrix: has no counts because it was moved from",
       [] {
         nn::ConfusionMatrix from{3};
         const nn::ConfusionMatrix to = std::move(from);
         (void)from.table();
       }},
      {"confusion matrix: report after a move",
       "nn::ConfusionMatrix: has no counts because it was moved from",
       [] {
         nn::ConfusionMatrix from{3};
         const nn::ConfusionMatrix to = std::move(from);
         (void)from.report();
       }},
      {"recall: value after a move", "nn::ConfusionMatrix: has no counts because it was moved from",
       [] {
         nn::Recall from{3};
         const nn::Recall to = std::move(from);
         (void)from.value();
       }},
      {"evaluate: a cost that was moved from", "nn::AnyCost: is empty because it was moved from",
       [] {
         nn::AnyCost from{nn::SoftmaxCrossEntropy{}};
         const nn::AnyCost to = std::move(from);
         (void)nn::evaluate(network(), from, points());
       }},
      {"evaluate: a metric that was moved from",
       "nn::AnyMetric: is empty because it was moved from",
       [] {
         std::vector<nn::AnyMetric> metrics{nn::Accuracy{}};
         const nn::AnyMetric to = std::move(metrics[0]);
         (void)nn::evaluate(network(), nn::SoftmaxCrossEntropy{}, points(), metrics);
       }},
      {"trainer: fit after a move", "nn::AnyCost: is empty because it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer from = trainer(n);
         const nn::Trainer to = std::move(from);
         from.fit(points());
       }},
      {"trainer: evaluate after a move", "nn::AnyCost: is empty because it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer from = trainer(n);
         const nn::Trainer to = std::move(from);
         (void)from.evaluate(points());
       }},
      {"trainer: the rate after a move",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer from = trainer(n);
         const nn::Trainer to = std::move(from);
         (void)from.optimizer().learning_rate();
       }},
      {"trainer: fit after its optimizer was moved from",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         const nn::AnyOptimizer to = std::move(t.optimizer());
         t.fit(points());
       }},
      {"trainer: fit while its optimizer is moved from",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         t.on_epoch([&](const nn::Epoch&) { const auto to = std::move(t.optimizer()); });
         t.fit(points(), {.epochs = 2, .steps = {.schedule = nn::Cosine{}}});
       }},
      {"trainer: fit of a network that was moved from", "nn::Training: the network has no layers",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         const Sequential to = std::move(n);
         t.fit(points());
       }},
      {"trainer: evaluate a network that was moved from", "nn::evaluate: the network has no layers",
       [] {
         Sequential n = network();
         const nn::Trainer t = trainer(n);
         const Sequential to = std::move(n);
         (void)t.evaluate(points());
       }},
      {"predict: a network that was moved from",
       "nn::Sequential: has no layers because it was moved from",
       [] {
         Sequential n = network();
         const Sequential to = std::move(n);
         (void)nn::predict(n, ones(4, 2));
       }},
      {"training: a step of a network that was moved from",
       "nn::Sequential: has no layers because it was moved from",
       [] {
         Stepped stepped;
         const Sequential to = std::move(stepped.net);
         stepped.training.step();
       }},
      {"training: a step with an optimizer that was moved from",
       "nn::AnyOptimizer: has no optimizer because it was moved from",
       [] {
         Stepped stepped;
         const nn::AnyOptimizer to = std::move(stepped.optimizer);
         stepped.training.step();
       }},
      {"training: of a set that was moved from",
       "nn::Batches: the set now has 0 samples, too few for 1 batches of 6",
       [] {
         Stepped stepped;
         const Dataset to = std::move(stepped.set);
         stepped.training.step();
       }},
  };
}

// Networks.
std::vector<Case> networks() {
  return {
      {"network: layers that do not fit",
       "nn::Sequential: layer 2 (Dense 4→1) expects 4 columns; layer 1 gives 3",
       [] { (void)Sequential{nn::Dense{2, 3}, nn::Dense{4, 1}}; }},
      {"network: images where rows are due",
       "nn::Sequential: layer 2 (Dense 16→1) expects rows of 16 columns (put nn::Flatten before "
       "it); layer 1 gives shape (1, 4, 4)",
       [] { (void)Sequential{nn::Reshape{1, 4, 4}, nn::Dense{16, 1}}; }},
      {"network: a push of what does not fit",
       "nn::Sequential: layer 4 (Dense 5→1) expects 5 columns; layer 3 gives 3",
       [] {
         Sequential n = network();
         n.push(nn::Dense{5, 1});
       }},
      {"network: a network inside that does not fit",
       "nn::Sequential: layer 2 (Sequential of 2 layers): its layer 2 (Dense 5→1) expects 5 "
       "columns; layer 1 gives 3",
       [] { (void)Sequential{nn::Dense{2, 3}, Sequential{nn::ReLU{}, nn::Dense{5, 1}}}; }},
      {"network: a sequence where images are due",
       "nn::Sequential: layer 2 (Convolution 1→2 3×3) expects images of shape (1, H, W); layer 1 "
       "gives shape (4, 4)",
       [] { (void)Sequential{nn::Reshape{4, 4}, convolution()}; }},
      {"cache: attention without a mask",
       "nn::KeyValueCache: layer 1 (Attention 3, 1 head) has no causal mask, so a new place would "
       "change the earlier ones",
       [] { (void)nn::KeyValueCache{Sequential{nn::Attention{3}}, 8}; }},
      {"cache: too many places",
       "nn::KeyValueCache: 0 places are stored and 5 more were given, expected at most 4 in all",
       [] {
         const Sequential n{nn::Attention{3, {.causal = true}}};
         (void)nn::KeyValueCache{n, 4}.predict(ones(1, 5, 3));
       }},
      {"cache: another number of sequences",
       "nn::KeyValueCache: input has shape (2, 1, 3), expected (1, N) or (1, N, D)",
       [] {
         const Sequential n{nn::Attention{3, {.causal = true}}};
         (void)nn::KeyValueCache{n, 4}.predict(ones(2, 1, 3));
       }},
      {"network: attention after rows",
       "nn::Sequential: layer 2 (Attention 4, 2 heads) expects sequences of shape (T, 4); layer 1 "
       "gives 3",
       [] { (void)Sequential{nn::Dense{2, 3}, nn::Attention{4, {.heads = 2}}}; }},
      {"network: sequences that are too long for its positions",
       "nn::Sequential: layer 2 (Positions 5×4) expects sequences of at most 5 places; layer 1 "
       "gives "
       "shape (6, 4)",
       [] { (void)Sequential{nn::Embedding{3, 4}, nn::Positions{5, 4}}.predict(ones(2, 6)); }},
      {"network: a length that is too large",
       "nn::Sequential: the length of the sequence at index 0 is 6, expected at most 5",
       [] { (void)nn::Sequential{nn::Attention{3}}.predict(ones(2, 5, 3), nn::Lengths{6, 5}); }},
      {"network: lengths of another batch", "nn::Sequential: 3 lengths for 4 sequences",
       [] { Sequential{nn::Attention{3}}.forward(ones(4, 5, 3), {5, 5, 5}); }},
      {"network: input of other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 5",
       [] { forward(network(), ones(4, 5)); }},
      {"network: input of another rank",
       "nn::Sequential: layer 1 (Dense 2→4) expects rows of 2 columns (put nn::Flatten before it); "
       "the input has shape (2, 3)",
       [] { (void)network().predict(ones(4, 2, 3)); }},
      {"network: input of nothing", "nn::Sequential: input is empty",
       [] { (void)network().predict(Tensor{}); }},
      {"network: where values go wrong, for nothing", "nn::Sequential: input is empty",
       [] { (void)network().first_not_finite(Tensor{}); }},
      {"network: backward first", "nn::Dense: backward() was called before forward()",
       [] { backward(network(), ones(4, 3)); }},
      {"network: backward_parameters first", "nn::Dense: backward() was called before forward()",
       [] { network().backward_parameters(ones(4, 3)); }},
      {"network: backward of another shape",
       "nn::Dense: gradient has shape (4, 2), expected (4, 3), the shape of the last output",
       [] { backward_after(network(), ones(4, 2), ones(4, 2)); }},
      {"network: a layer that is not there",
       "nn::Sequential: layer index is 7, but the network has 3 layers, numbered from 0",
       [] { (void)network().layer<nn::Dense>(7); }},
      {"network: a layer of another type",
       "nn::Sequential: the layer at index 1 is ReLU, but the call asks for a different type",
       [] { (void)network().layer<nn::Dense>(1); }},
      {"network: a layer by an index that is not there",
       "nn::Sequential: layer index is 3, but the network has 3 layers, numbered from 0",
       [] { (void)network()[3]; }},
      {"network: a layer of an empty network",
       "nn::Sequential: layer index is 0, but the network has 0 layers, numbered from 0",
       [] { (void)Sequential{}[0]; }},
      {"network: a layer that predicts other columns", "nn::Dense: input has 5 columns, expected 2",
       [] { (void)network()[0].predict(ones(4, 5)); }},
      {"network: a dense layer that predicts no images",
       "nn::Dense: input has shape (), expected (B, 2) or (B, T, 2)",
       [] { (void)network()[0].predict(nn::InterleavedImages{}); }},
      {"network: the outputs of its layers for other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 5",
       [] { (void)network().outputs(ones(4, 5)); }},
      {"network: the outputs of its layers for nothing", "nn::Sequential: input is empty",
       [] { (void)network().outputs(Tensor{}); }},
      {"network: layers cut out beyond the last",
       "nn::Sequential: first is 1 and last is 4, expected first to be at most last, and last at "
       "most 3",
       [] { (void)network().slice(1, 4); }},
      {"network: layers cut out from last to first",
       "nn::Sequential: first is 2 and last is 1, expected first to be at most last, and last at "
       "most 3",
       [] { (void)network().slice(2, 1); }},
      {"network: layers cut out that do not fit what they are given",
       "nn::Sequential: layer 2 (Dense 4→3) expects 4 columns; layer 1 gives 2",
       [] { (void)network().slice(1, 3).predict(ones(4, 2)); }},
      {"network: layers frozen beyond the last",
       "nn::Sequential: first is 0 and last is 4, expected first to be at most last, and last at "
       "most 3",
       [] { network().freeze(0, 4); }},
      {"network: layers unfrozen from last to first",
       "nn::Sequential: first is 3 and last is 0, expected first to be at most last, and last at "
       "most 3",
       [] { network().unfreeze(3, 0); }},
      {"network: whether a layer that is not there is frozen",
       "nn::Sequential: layer index is 3, but the network has 3 layers, numbered from 0",
       [] { (void)network().is_frozen(3); }},
      {"network: a parameter of a layer that is not there",
       "nn::Sequential: there is no parameter '9.weight'; the parameters are: 0.weight, 0.bias, "
       "2.weight, "
       "2.bias",
       [] { (void)network().parameter("9.weight"); }},
      {"network: a parameter of a layer without any",
       "nn::Sequential: there is no parameter '1.weight'; the parameters are: 0.weight, 0.bias, "
       "2.weight, "
       "2.bias",
       [] { (void)network().parameter("1.weight"); }},
      {"network: a parameter without its layer",
       "nn::Sequential: there is no parameter 'weight'; the parameters are: 0.weight, 0.bias, "
       "2.weight, "
       "2.bias",
       [] { (void)network().parameter("weight"); }},
      {"network: a parameter without a name",
       "nn::Sequential: there is no parameter ''; the parameters are: 0.weight, 0.bias, 2.weight, "
       "2.bias",
       [] { (void)network().parameter(""); }},
      {"network: a parameter of a network inside by the name it has there",
       "nn::Sequential: there is no parameter '1.weight'; the parameters are: 1.0.weight, 1.0.bias",
       [] { (void)Sequential{nn::ReLU{}, Sequential{nn::Dense{2, 1}}}.parameter("1.weight"); }},
      {"network: a parameter where there are none",
       "nn::Sequential: there is no parameter '0.weight'; the network has none",
       [] { (void)Sequential{nn::ReLU{}}.parameter("0.weight"); }},
      {"any layer: backward first", "nn::Dense: backward() was called before forward()",
       [] { nn::AnyLayer{nn::Dense{2, 3}}.backward(ones(4, 3)); }},
      {"any layer: a convolution of rows",
       "nn::InterleavedImages: the tensor has shape (2, 9), expected (B, C, H, W)",
       [] { nn::AnyLayer{convolution()}.forward(ones(2, 9)); }},
      {"network: a summary of an input that does not fit",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 7",
       [] { (void)network().summary(Shape{7}); }},
      {"gradient check of an input that does not fit",
       "nn::check_gradients: Dense 2→3 expects 2 columns; the input has shape (4, 5)",
       [] {
         nn::Dense dense{2, 3};
         (void)nn::check_gradients(dense, ones(4, 5));
       }},
      {"gradient check of nothing", "nn::Dense: input has shape (), expected (B, 2) or (B, T, 2)",
       [] {
         nn::Dense dense{2, 3};
         (void)nn::check_gradients(dense, Tensor{});
       }},
      {"gradient check of a layer that was moved from",
       "nn::check_gradients: Dense 0→0 has no weights because it was moved from; the input has "
       "shape (4, 2)",
       [] {
         nn::Dense dense{2, 3};
         const nn::Dense taken = std::move(dense);
         (void)nn::check_gradients(dense, ones(4, 2));
       }},
      {"gradient check of a network that was moved from",
       "nn::Sequential: has no layers because it was moved from",
       [] {
         Sequential n = network();
         const Sequential taken = std::move(n);
         (void)nn::check_gradients(n, ones(4, 2));
       }},
  };
}

// Labels and targets.
std::vector<Case> labels_and_targets() {
  return {
      {"labels from a negative number",
       "nn::Labels: label of sample 1 is -1, expected a whole number from 0 to "
       "16777215",
       [] { (void)Labels::from_numbers(Tensor{0, -1}); }},
      {"labels from half a number",
       "nn::Labels: label of sample 0 is 0.5, expected a whole number from 0 to "
       "16777215",
       [] { (void)Labels::from_numbers(Tensor{real(0.5)}); }},
      {"labels from NaN",
       "nn::Labels: label of sample 0 is nan, expected a whole number from 0 to "
       "16777215",
       [] { (void)Labels::from_numbers(Tensor{real(NAN)}); }},
      {"labels from infinity",
       "nn::Labels: label of sample 2 is inf, expected a whole number from 0 to "
       "16777215",
       [] { (void)Labels::from_numbers(Tensor{0, 1, real(INFINITY)}); }},
      {"labels from a number that float cannot tell from its neighbors",
       "nn::Labels: label of sample 0 is 16777216, expected a whole number from 0 to "
       "16777215",
       [] { (void)Labels::from_numbers(Tensor{16777216}); }},
      {"labels from numbers in a matrix", "nn::Labels: numbers have shape (2, 1), expected (N)",
       [] { (void)Labels::from_numbers(ones(2, 1)); }},
      {"labels from no numbers", "nn::Labels: numbers have shape (), expected (N)",
       [] { (void)Labels::from_numbers(Tensor{}); }},
      {"labels from rows that are a vector", "nn::Labels: rows have shape (2), expected (N, M)",
       [] { (void)Labels::from_rows(Tensor{1, 2}); }},
      {"labels from rows that are images", "nn::Labels: rows have shape (2, 2, 2), expected (N, M)",
       [] { (void)Labels::from_rows(ones(2, 2, 2)); }},
      {"labels from no rows", "nn::Labels: rows have shape (), expected (N, M)",
       [] { (void)Labels::from_rows(Tensor{}); }},
      {"one-hot rows with too few columns", "nn::Labels: label of sample 1 is 3, expected 0 to 2",
       [] { (void)Labels{0, 3}.one_hot(3); }},
      {"one-hot rows of a label that was negative",
       "nn::Labels: label of sample 0 is 18446744073709551615, expected 0 to 2",
       [] { (void)Labels{minus_one}.one_hot(3); }},
      {"one-hot rows without columns", "nn::Shape: axis 1 has length 0, expected at least 1",
       [] { (void)Labels{0}.one_hot(0); }},
      {"one-hot rows of no labels", "nn::Shape: axis 0 has length 0, expected at least 1",
       [] { (void)Labels{}.one_hot(3); }},
      {"the labels of wanted outputs",
       "nn::Targets: labels() was called, but the targets are a tensor of outputs",
       [] { (void)Targets{ones(2, 3)}.labels(); }},
      {"the labels of class numbers in a tensor",
       "nn::Targets: labels() was called, but the targets are a tensor of outputs",
       [] { (void)Targets{Tensor{0, 1}}.labels(); }},
      {"the wanted outputs of labels",
       "nn::Targets: outputs() was called, but the targets are labels",
       [] { (void)Targets{Labels{0, 1}}.outputs(); }},
      {"the wanted outputs of no targets",
       "nn::Targets: outputs() was called, but the targets are labels",
       [] { (void)Targets{}.outputs(); }},
  };
}

// Costs.
std::vector<Case> costs() {
  return {
      {"mean squared error: targets of another number",
       "nn::MeanSquaredError: predictions have shape (4, 3) and targets (5, 3), expected (B, M) "
       "and B labels or (B, M)",
       [] { (void)nn::MeanSquaredError::value(ones(4, 3), ones(5, 3)); }},
      {"mean squared error: predictions of one axis",
       "nn::MeanSquaredError: predictions have shape (2) and targets (2), expected (B, M) and B "
       "labels or (B, M)",
       [] { (void)nn::MeanSquaredError::gradient(Tensor{1, 2}, Tensor{1, 2}); }},
      {"mean squared error: a class out of range",
       "nn::MeanSquaredError: label of sample 1 is 3, expected 0 to 2",
       [] { (void)nn::MeanSquaredError::value(ones(2, 3), Labels{0, 3}); }},
      {"cross-entropy: a class out of range",
       "nn::CrossEntropy: label of sample 0 is 3, expected 0 to 2",
       [] { (void)nn::CrossEntropy::value(ones(2, 3), Labels{3, 0}); }},
      {"cross-entropy: the gradient for class numbers that are not labels",
       "nn::CrossEntropy: predictions have shape (2, 3) and targets (2), expected (B, M) and B "
       "labels or (B, M)",
       [] { (void)nn::CrossEntropy::gradient(ones(2, 3), Tensor{0, 1}); }},
      {"binary cross-entropy: a label that was negative",
       "nn::BinaryCrossEntropy: label of sample 1 is 18446744073709551615, expected 0 to 2",
       [] { (void)nn::BinaryCrossEntropy::value(ones(2, 3), Labels{0, minus_one}); }},
      {"binary cross-entropy: neither yes nor no",
       "nn::BinaryCrossEntropy: label of sample 1 is 2, expected 0 to 1",
       [] { (void)nn::BinaryCrossEntropy::gradient(ones(2, 1), Labels{0, 2}); }},
      {"softmax cross-entropy: a class out of range",
       "nn::SoftmaxCrossEntropy: label of sample 1 is 7, expected 0 to 2",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 3), Labels{0, 7}); }},
      {"softmax cross-entropy: the gradient for a class out of range",
       "nn::SoftmaxCrossEntropy: label of sample 0 is 3, expected 0 to 2",
       [] { (void)nn::SoftmaxCrossEntropy::gradient(ones(2, 3), Labels{3, 3}); }},
      {"softmax cross-entropy: more labels than predictions",
       "nn::SoftmaxCrossEntropy: predictions have shape (2, 3) and targets are 3 labels, expected "
       "(B, M) and B labels or (B, M)",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 3), Labels{0, 1, 2}); }},
      {"softmax cross-entropy: wanted outputs of other columns",
       "nn::SoftmaxCrossEntropy: predictions have shape (2, 3) and targets (2, 2), expected (B, M) "
       "and B labels or (B, M)",
       [] { (void)nn::SoftmaxCrossEntropy::gradient(ones(2, 3), ones(2, 2)); }},
      {"softmax cross-entropy: images",
       "nn::SoftmaxCrossEntropy: predictions have shape (2, 1, 3, 3) and targets are 2 labels, "
       "expected (B, M) and B labels or (B, M)",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 1, 3, 3), Labels{0, 1}); }},
      {"softmax cross-entropy: one column",
       "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for one yes-or-no "
       "output use "
       "BinaryCrossEntropy",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 1), Labels{0, 1}); }},
      {"softmax cross-entropy: nothing",
       "nn::SoftmaxCrossEntropy: predictions have shape () and targets (), expected (B, M) and B "
       "labels or (B, M)",
       [] { (void)nn::SoftmaxCrossEntropy::value(Tensor{}, Tensor{}); }},
      {"softmax cross-entropy: no targets",
       "nn::SoftmaxCrossEntropy: predictions have shape (2, 3) and targets are 0 labels, expected "
       "(B, M) and B labels or (B, M)",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 3), {}); }},
      {"softmax cross-entropy: a label for each sequence instead of each place",
       "nn::SoftmaxCrossEntropy: predictions have shape (2, 5, 3) and targets are 2 labels, "
       "expected 10 labels, one for each place",
       [] { (void)nn::SoftmaxCrossEntropy::gradient(ones(2, 5, 3), Labels{0, 1}); }},
      {"any cost: a class out of range",
       "nn::CrossEntropy: label of sample 0 is 3, expected 0 to 2",
       [] { (void)nn::AnyCost{nn::CrossEntropy{}}.gradient(ones(1, 3), Labels{3}); }},
      {"weighted cost: a negative weight",
       "nn::Weighted: the weight of class 1 is -1, expected a finite number, 0 or more",
       [] { (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, -1}}; }},
      {"weighted cost: a weight NaN",
       "nn::Weighted: the weight of class 2 is nan, expected a finite number, 0 or more",
       [] { (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 1, NAN}}; }},
      {"weighted cost: an infinite weight",
       "nn::Weighted: the weight of class 0 is inf, expected a finite number, 0 or more",
       [] { (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {INFINITY}}; }},
      {"weighted cost: weights that are all 0",
       "nn::Weighted: the weights of all classes are 0, expected at least one above 0",
       [] { (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {0, 0, 0}}; }},
      {"weighted cost: no weights",
       "nn::Weighted: the weights of all classes are 0, expected at least one above 0",
       [] { (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {}}; }},
      {"weighted cost: a class without a weight",
       "nn::Weighted: 2 class weights, but a target is class 2, expected one weight for each class",
       [] {
         (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 2}}.value(ones(2, 3), Labels{0, 2});
       }},
      {"weighted cost: more predictions than labels",
       "nn::Weighted: predictions have shape (4, 3) and targets are 2 labels, expected (B, M) and "
       "B labels or (B, M)",
       [] {
         (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 2, 3}}.value(ones(4, 3), Labels{0, 2});
       }},
      {"weighted cost: the gradient of more predictions than labels",
       "nn::SoftmaxCrossEntropy: predictions have shape (4, 3) and targets are 2 labels, expected "
       "(B, M) and B labels or (B, M)",
       [] {
         (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 2, 3}}.gradient(ones(4, 3),
                                                                           Labels{0, 2});
       }},
      {"weighted cost: a class with a weight but out of range",
       "nn::Weighted: label of sample 1 is 2, expected 0 to 1",
       [] {
         (void)nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 2, 3}}.value(ones(2, 2), Labels{0, 2});
       }},
      {"balanced weights of nothing", "nn::balanced_weights: 0 targets, expected at least 1",
       [] { (void)nn::balanced_weights(Labels{}); }},
      {"balanced weights of an empty tensor",
       "nn::balanced_weights: 0 targets, expected at least 1",
       [] { (void)nn::balanced_weights(Tensor{}); }},
      {"balanced weights of a label that was negative",
       "nn::balanced_weights: a target is class 18446744073709551615, expected 0 to 16777215",
       [] { (void)nn::balanced_weights(Labels{0, minus_one}); }},
  };
}

// Optimizers.
std::vector<Case> optimizers() {
  return {
      {"gradient descent at a negative rate",
       "nn::GradientDescent: learning rate is -1, expected a finite number, 0 or more",
       [] { (void)nn::GradientDescent{{.learning_rate = -1}}; }},
      {"gradient descent at an infinite rate",
       "nn::GradientDescent: learning rate is inf, expected a finite number, 0 or more",
       [] { (void)nn::GradientDescent{{.learning_rate = real(INFINITY)}}; }},
      {"gradient descent set to a rate NaN",
       "nn::GradientDescent: learning rate is nan, expected a finite number, 0 or more",
       [] { nn::GradientDescent{}.set_learning_rate(real(NAN)); }},
      {"gradient descent with negative decay",
       "nn::GradientDescent: weight decay is -1, expected a finite number, 0 or more",
       [] { (void)nn::GradientDescent{{.weight_decay = -1}}; }},
      {"momentum of 1", "nn::Momentum: momentum is 1, expected at least 0 and below 1",
       [] { (void)nn::Momentum{{.momentum = 1}}; }},
      {"momentum at a rate NaN",
       "nn::Momentum: learning rate is nan, expected a finite number, 0 or more",
       [] { (void)nn::Momentum{{.learning_rate = real(NAN)}}; }},
      {"momentum set to a negative rate",
       "nn::Momentum: learning rate is -1, expected a finite number, 0 or more",
       [] { nn::Momentum{}.set_learning_rate(-1); }},
      {"RMSProp with alpha 2", "nn::RMSProp: alpha is 2, expected at least 0 and below 1",
       [] { (void)nn::RMSProp{{.alpha = 2}}; }},
      {"RMSProp with negative epsilon",
       "nn::RMSProp: epsilon is -1, expected a finite number, 0 or more",
       [] { (void)nn::RMSProp{{.epsilon = -1}}; }},
      {"RMSProp set to an infinite rate",
       "nn::RMSProp: learning rate is inf, expected a finite number, 0 or more",
       [] { nn::RMSProp{}.set_learning_rate(real(INFINITY)); }},
      {"Adam at a rate NaN", "nn::Adam: learning rate is nan, expected a finite number, 0 or more",
       [] { (void)nn::Adam{{.learning_rate = real(NAN)}}; }},
      {"Adam with beta1 of 1", "nn::Adam: beta1 is 1, expected at least 0 and below 1",
       [] { (void)nn::Adam{{.beta1 = 1}}; }},
      {"Adam with a negative beta2", "nn::Adam: beta2 is -1, expected at least 0 and below 1",
       [] { (void)nn::Adam{{.beta2 = -1}}; }},
      {"AdamW with decay NaN",
       "nn::AdamW: weight decay is nan, expected a finite number, 0 or more",
       [] { (void)nn::Adam{{.weight_decay = real(NAN), .decoupled = true}}; }},
      {"AdamW set to a negative rate",
       "nn::AdamW: learning rate is -1, expected a finite number, 0 or more",
       [] { nn::Adam{{.decoupled = true}}.set_learning_rate(-1); }},
      {"gradient descent on a gradient of another shape",
       "nn::GradientDescent: weight has shape (3), but its gradient has shape (2)",
       [] { step_torn(nn::GradientDescent{}); }},
      {"momentum on a gradient of another shape",
       "nn::Momentum: weight has shape (3), but its gradient has shape (2)",
       [] { step_torn(nn::Momentum{}); }},
      {"RMSProp on a gradient of another shape",
       "nn::RMSProp: weight has shape (3), but its gradient has shape (2)",
       [] { step_torn(nn::RMSProp{}); }},
      {"Adam on a gradient of another shape",
       "nn::Adam: weight has shape (3), but its gradient has shape (2)",
       [] { step_torn(nn::Adam{}); }},
      {"momentum on other parameters",
       "nn::Momentum: parameter 2 is bias of shape (3), but in the first step it was missing; use "
       "one optimizer for each list of parameters",
       [] { step_others(nn::Momentum{}); }},
      {"RMSProp on other parameters",
       "nn::RMSProp: parameter 2 is bias of shape (3), but in the first step it was missing; use "
       "one optimizer for each list of parameters",
       [] { step_others(nn::RMSProp{}); }},
      {"Adam on other parameters",
       "nn::Adam: parameter 2 is bias of shape (3), but in the first step it was missing; use one "
       "optimizer for each list of parameters",
       [] { step_others(nn::Adam{}); }},
      {"AdamW on other parameters",
       "nn::AdamW: parameter 2 is bias of shape (3), but in the first step it was missing; use one "
       "optimizer for each list of parameters",
       [] { step_others(nn::Adam{{.decoupled = true}}); }},
      {"Adam on fewer parameters",
       "nn::Adam: parameter 2 is missing, but in the first step it was bias of shape (3); use one "
       "optimizer for each list of parameters",
       [] { step_fewer(nn::Adam{}); }},
      {"momentum asked for the state of other parameters",
       "nn::Momentum: parameter 1 is weight of shape (2), but in the first step it was weight of "
       "shape (3); use one optimizer for each list of parameters",
       [] {
         nn::Momentum momentum;
         nn::Parameter known{"weight", ones(3)};
         nn::Parameter other{"weight", ones(2)};
         momentum.step(std::array{&known});
         (void)momentum.state(std::array{&other});
       }},
      {"any optimizer on a gradient of another shape",
       "nn::Adam: weight has shape (3), but its gradient has shape (2)",
       [] { step_torn(nn::AnyOptimizer{nn::Adam{}}); }},
      {"any optimizer set to a negative rate",
       "nn::Adam: learning rate is -1, expected a finite number, 0 or more",
       [] { nn::AnyOptimizer{nn::Adam{}}.set_learning_rate(-1); }},
      {"gradients clipped to 0", "nn::clip_gradients: maximum is 0, expected above 0",
       [] { (void)nn::clip_gradients({}, 0); }},
      {"gradients clipped to NaN", "nn::clip_gradients: maximum is nan, expected above 0",
       [] { (void)nn::clip_gradients({}, real(NAN)); }},
  };
}

// Schedules.
std::vector<Case> schedules() {
  return {
      {"a step decay every 0 epochs", "nn::StepDecay: every is 0, expected a finite number above 0",
       [] { (void)nn::StepDecay{{.every = 0}}; }},
      {"a step decay by NaN", "nn::StepDecay: factor is nan, expected a finite number, 0 or more",
       [] { (void)nn::StepDecay{{.factor = NAN}}; }},
      {"an exponential decay by a negative factor",
       "nn::ExponentialDecay: factor is -1, expected a finite number, 0 or more",
       [] { (void)nn::ExponentialDecay{{.factor = -1}}; }},
      {"a cosine to an infinite factor",
       "nn::Cosine: last is inf, expected a finite number, 0 or more",
       [] { (void)nn::Cosine{{.last = INFINITY}}; }},
      {"one cycle that only rises", "nn::OneCycle: rise is 1, expected above 0 and below 1",
       [] { (void)nn::OneCycle{{.rise = 1}}; }},
      {"one cycle from a negative factor",
       "nn::OneCycle: first is -1, expected a finite number, 0 or more",
       [] { (void)nn::OneCycle{{.first = -1}}; }},
      {"a warm-up of no epochs", "nn::WarmUp: epochs is 0, expected a finite number above 0",
       [] { (void)nn::WarmUp{{.epochs = 0}}; }},
      {"a warm-up from NaN", "nn::WarmUp: first is nan, expected a finite number, 0 or more",
       [] { (void)nn::WarmUp{{.first = NAN}}; }},
      {"a warm-up with nothing behind it", "nn::WarmUp: the schedule after the warm-up is empty",
       [] { (void)nn::WarmUp{{.epochs = 1}, nn::Schedule{}}; }},
      {"a warm-up as long as the training",
       "nn::WarmUp: the warm-up takes 5 epochs, but the training has only 5, expected more",
       [] { (void)nn::WarmUp{{.epochs = 5}}(nn::Progress{.epochs = 5}); }},
      {"a plateau of no patience", "nn::ReduceOnPlateau: patience is 0, expected at least 1",
       [] { (void)nn::ReduceOnPlateau{{.patience = 0}}; }},
      {"a plateau by a negative factor",
       "nn::ReduceOnPlateau: factor is -1, expected a finite number, 0 or more",
       [] { (void)nn::ReduceOnPlateau{{.factor = -1}}; }},
      {"a plateau that asks for all",
       "nn::ReduceOnPlateau: min_change is 1, expected at least 0 and below 1",
       [] { (void)nn::ReduceOnPlateau{{.min_change = 1}}; }},
  };
}

// Data.
std::vector<Case> data() {
  return {
      {"gather from nothing", "nn::gather: 0 samples, expected at least 1",
       [] {
         const std::vector<std::size_t> one{0};
         (void)nn::gather(Dataset{}, one);
       }},
      {"gather nothing", "nn::gather: no indices, expected at least one",
       [] { (void)nn::gather(points(), {}); }},
      {"gather out of range", "nn::gather: index is 6, expected 0 to 5",
       [] {
         const std::vector<std::size_t> six{6};
         (void)nn::gather(points(), six);
       }},
      {"gather of inputs and targets that differ in number",
       "nn::gather: 6 inputs and 2 targets, expected the same number of each",
       [] {
         const std::vector<std::size_t> one{0};
         (void)nn::gather(torn(), one);
       }},
      {"gather a set into itself",
       "nn::gather: the destination is the set itself, expected a different one",
       [] {
         Dataset set = points();
         const std::vector<std::size_t> last{5};
         nn::gather(set, last, set);
       }},
      {"a part of a set beyond its end",
       "nn::Dataset: 2 samples starting at 5, expected 1 or more, all within the set's 6",
       [] { (void)points().part(5, 2); }},
      {"a part of a set from so far on that the sum overflows",
       "nn::Dataset: 2 samples starting at 18446744073709551615, expected 1 or more, all within "
       "the "
       "set's 6",
       [] { (void)points().part(minus_one, 2); }},
      {"a part of a set without samples",
       "nn::Dataset: 0 samples starting at 2, expected 1 or more, all within the set's 6",
       [] { (void)points().part(2, 0); }},
      {"a part of inputs and targets that differ in number",
       "nn::Dataset: 6 inputs and 2 targets, expected the same number of each",
       [] { (void)torn().part(0, 1); }},
      {"the first samples of a set with fewer",
       "nn::Dataset: 7 samples starting at 0, expected 1 or more, all within the set's 6",
       [] { (void)points().first(7); }},
      {"the first sample of an empty set", "nn::Dataset: 0 samples, expected at least 1",
       [] { (void)Dataset{}.first(1); }},
      {"choose no classes", "nn::choose_classes: no classes, expected at least one",
       [] { (void)nn::choose_classes(points(), {}); }},
      {"choose a class twice", "nn::choose_classes: class 1 is listed twice",
       [] { (void)nn::choose_classes(points(), {1, 1}); }},
      {"choose a class without samples", "nn::choose_classes: the set has no sample of class 5",
       [] { (void)nn::choose_classes(points(), {5}); }},
      {"choose classes of rows",
       "nn::choose_classes: targets are outputs of shape (2, 2), but choosing classes needs labels",
       [] { (void)nn::choose_classes({.inputs = ones(2, 2), .targets = ones(2, 2)}, {1}); }},
      {"choose classes among numbers that are not labels",
       "nn::choose_classes: targets are outputs of shape (1), but choosing classes needs labels",
       [] { (void)nn::choose_classes({.inputs = ones(1, 2), .targets = Tensor{1}}, {1}); }},
      {"choose classes of inputs and targets that differ in number",
       "nn::choose_classes: 6 inputs and 2 targets, expected the same number of each",
       [] { (void)nn::choose_classes(torn(), {1}); }},
      {"batches of nothing", "nn::Batches: 0 samples, expected at least 1",
       [] {
         const Dataset set;
         (void)nn::Batches{set, {.size = 1}};
       }},
      {"batches of no size", "nn::Batches: batch size is 0, expected 1 to 6",
       [] {
         const Dataset set = points();
         (void)nn::Batches{set, {.size = 0}};
       }},
      {"batches larger than the set", "nn::Batches: batch size is 7, expected 1 to 6",
       [] {
         const Dataset set = points();
         (void)nn::Batches{set, {.size = 7}};
       }},
      {"batches of inputs and targets that differ in number",
       "nn::Batches: 6 inputs and 2 targets, expected the same number of each",
       [] {
         const Dataset set = torn();
         (void)nn::Batches{set, {.size = 1}};
       }},
      {"a batch out of range", "nn::Batches: batch index is 3, expected 0 to 2",
       [] {
         const Dataset set = points();
         (void)nn::Batches{set, {.size = 2}}.epoch(1)[3];
       }},
      {"a short batch that was dropped", "nn::Batches: batch index is 1, expected 0 to 0",
       [] {
         const Dataset set = points();
         nn::Batch batch;
         nn::Batches{set, {.size = 4, .drop_last = true}}.epoch(1).read(1, batch);
       }},
      {"the batches of a set that has become smaller",
       "nn::Batches: the set now has 2 samples, too few for 3 batches of 2",
       [] {
         Dataset set = points();
         const nn::Batches batches{set, {.size = 2, .shuffle = false}};
         set = set.first(2);
         (void)batches.epoch(1);
       }},
      {"a batch of a set that has become smaller since the epoch began",
       "nn::gather: index is 5, expected 0 to 1",
       [] {
         Dataset set = points();
         const nn::Batches::Epoch epoch = nn::Batches{set, {.size = 2, .shuffle = false}}.epoch(1);
         set = set.first(2);
         (void)epoch[2];
       }},
      {"a batch read over the set that it comes from",
       "nn::gather: the destination is the set itself, expected a different one",
       [] {
         Dataset set = points();
         nn::Batches{set, {.size = 2}}.epoch(1).read(0, set);
       }},
      {"a split that leaves nothing",
       "nn::split: 4 samples for validation and 2 for test leave none of the 6 samples for "
       "training",
       [] { (void)nn::split(points(), nn::Counts{.validation = 4, .test = 2}); }},
      {"a split of nothing",
       "nn::split: 0 samples for validation and 0 for test leave none of the 0 samples for "
       "training",
       [] { (void)nn::split(Dataset{}, nn::Counts{}); }},
      {"a split by a fraction of 1",
       "nn::split: fraction for validation is 1, expected at least 0 and below 1",
       [] { (void)nn::split(points(), nn::Fractions{.validation = 1}); }},
      {"a split by a negative share",
       "nn::split: fraction for test is -0.5, expected at least 0 and below 1",
       [] { (void)nn::split(points(), nn::Fractions{.test = -0.5}); }},
      {"a split by NaN",
       "nn::split: fraction for validation is nan, expected at least 0 and below 1",
       [] { (void)nn::split(points(), nn::Fractions{.validation = NAN}); }},
      {"a split by shares that leave nothing",
       "nn::split: 3 samples for validation and 3 for test leave none of the 6 samples for "
       "training",
       [] { (void)nn::split(points(), nn::Fractions{.validation = 0.5, .test = 0.5}); }},
      {"a stratified split of rows",
       "nn::split: targets are outputs of shape (4, 2), but stratified splitting needs labels",
       [] { (void)nn::split_places(ones(4, 2), nn::Counts{.test = 1}, {.stratified = true}); }},
      {"a stratified split of numbers that are not labels",
       "nn::split: targets are outputs of shape (2), but stratified splitting needs labels",
       [] {
         (void)nn::split_places(Tensor{0, real(0.5)}, nn::Counts{.test = 1}, {.stratified = true});
       }},
      {"a split of inputs and targets that differ in number",
       "nn::split: 6 inputs and 2 targets, expected the same number of each",
       [] { (void)nn::split(torn(), nn::Counts{.test = 1}); }},
      {"a split that asks for so much that the sum overflows",
       "nn::split: 1 samples for validation and 18446744073709551615 for test leave none of the 6 "
       "samples for training",
       [] { (void)nn::split(points(), nn::Counts{.validation = 1, .test = minus_one}); }},
  };
}

// Augmentation.
std::vector<Case> augmentation() {
  return {
      {"augment: a negative rotation", "nn::Augment: rotation is -1 degrees, expected 0 to 180",
       [] { (void)nn::Augment{{.rotation = -1}}; }},
      {"augment: a shift NaN",
       "nn::Augment: shift is nan pixels, expected a finite number, 0 or more",
       [] { (void)nn::Augment{{.shift = NAN}}; }},
      {"augment: a scaling of 1", "nn::Augment: scaling is 1, expected at least 0 and below 1",
       [] { (void)nn::Augment{{.scaling = 1}}; }},
      {"augment: a shear of 90 degrees",
       "nn::Augment: shear is 90 degrees, expected at least 0 and below 90",
       [] { (void)nn::Augment{{.shear = 90}}; }},
      {"augment: a negative amplitude",
       "nn::Elastic: amplitude is -1 pixels, expected a finite number, 0 or more",
       [] { (void)nn::Augment{{.elastic = {.amplitude = -1}}}; }},
      {"augment: a smoothness of 0",
       "nn::Elastic: smoothness is 0 pixels, expected a finite number, 1 or more",
       [] { (void)nn::Augment{{.elastic = {.amplitude = 1, .smoothness = 0}}}; }},
      {"augment: a negative thickness", "nn::Augment: thickness is -1 pixels, expected 0 to 2",
       [] { (void)nn::Augment{{.thickness = -1}}; }},
      {"augment: a thickness NaN", "nn::Augment: thickness is nan pixels, expected 0 to 2",
       [] { (void)nn::Augment{{.thickness = NAN}}; }},
      {"augment: rows that are not squares",
       "nn::Augment: rows of 5 values are not square images, expected the shape (B, C, H, W)",
       [] { (void)nn::Augment{{}}(ones(2, 5), nn::Random{1}); }},
      {"augment: three axes",
       "nn::Augment: images have shape (2, 4, 4), expected (B, C, H, W), or (B, H·H) for square "
       "images",
       [] { (void)nn::Augment{{}}(ones(2, 4, 4), nn::Random{1}); }},
      {"augment: nothing",
       "nn::Augment: images have shape (), expected (B, C, H, W), or (B, H·H) for square images",
       [] { (void)nn::Augment{{}}(Tensor{}, nn::Random{1}); }},
      {"warp: to no width", "nn::warp: width is 0, expected a finite factor above 0",
       [] { (void)nn::warp(ones(2, 4), {.width = 0}); }},
      {"warp: to a height NaN", "nn::warp: height is nan, expected a finite factor above 0",
       [] { (void)nn::warp(ones(2, 4), {.height = NAN}); }},
      {"warp: a displacement of another size",
       "nn::warp: displacement has shape (2, 3, 3), expected (2, 2, 2)",
       [] { (void)nn::warp(ones(2, 4), {}, ones(2, 3, 3)); }},
      {"thicken: by three pixels", "nn::thicken: pixels is 3, expected -2 to 2",
       [] { (void)nn::thicken(ones(2, 4), 3); }},
      {"thicken: by NaN", "nn::thicken: pixels is nan, expected -2 to 2",
       [] { (void)nn::thicken(ones(2, 4), NAN); }},
      {"thicken: rows that are not squares",
       "nn::thicken: rows of 5 values are not square images, expected the shape (B, C, H, W)",
       [] { (void)nn::thicken(ones(2, 5), 1); }},
      {"displacement: infinitely far",
       "nn::Elastic: amplitude is inf pixels, expected a finite number, 0 or more",
       [] { (void)nn::displacement({.amplitude = INFINITY}, 2, 2, nn::Random{1}); }},
      {"displacement: of no pixels",
       "nn::displacement: the image has 4 × 0 pixels, expected at least 1 × 1",
       [] { (void)nn::displacement({.amplitude = 1}, 0, 4, nn::Random{1}); }},
  };
}

// Metrics.
std::vector<Case> metrics() {
  return {
      {"accuracy: targets of another number",
       "nn::Accuracy: 3 predictions and 2 targets, expected the same number of each",
       [] { nn::Accuracy{}.add(ones(3, 2), Labels{0, 1}); }},
      {"accuracy: predictions of one axis",
       "nn::Accuracy: predictions have shape (2), expected (B, M)",
       [] { nn::Accuracy{}.add(Tensor{0, 1}, Labels{0, 1}); }},
      {"accuracy: class numbers that are not labels",
       "nn::Accuracy: predictions have shape (2, 3) and targets (2), expected (B, M) and B labels "
       "or (B, M)",
       [] { nn::Accuracy{}.add(ones(2, 3), Tensor{0, 2}); }},
      {"accuracy: wanted outputs of other columns",
       "nn::Accuracy: predictions have shape (2, 3) and targets (2, 2), expected (B, M) and B "
       "labels or (B, M)",
       [] { nn::Accuracy{}.add(ones(2, 3), ones(2, 2)); }},
      {"any metric: targets of another number",
       "nn::Accuracy: 3 predictions and 2 targets, expected the same number of each",
       [] { nn::AnyMetric{nn::Accuracy{}}.add(ones(3, 2), Labels{0, 1}); }},
      {"top accuracy of 0", "nn::TopAccuracy: k is 0, expected at least 1",
       [] { (void)nn::TopAccuracy{0}; }},
      {"top accuracy: one column",
       "nn::TopAccuracy: predictions have shape (3, 1), expected (B, M) with M at least 2",
       [] { nn::TopAccuracy{2}.add(ones(3, 1), Labels{0, 1, 0}); }},
      {"top accuracy: nothing",
       "nn::TopAccuracy: predictions have shape (), expected (B, M) with M at least 2",
       [] { nn::TopAccuracy{2}.add(Tensor{}, Tensor{}); }},
      {"top accuracy: targets of another number",
       "nn::TopAccuracy: 3 predictions and 2 targets, expected the same number of each",
       [] { nn::TopAccuracy{2}.add(ones(3, 2), Labels{0, 1}); }},
      {"top accuracy: class numbers that are not labels",
       "nn::TopAccuracy: predictions have shape (2, 3) and targets (2), expected (B, M) and B "
       "labels or (B, M)",
       [] { nn::TopAccuracy{2}.add(ones(2, 3), Tensor{0, 2}); }},
      {"precision: predictions of one axis", "nn::Labels: rows have shape (2), expected (N, M)",
       [] { nn::Precision{2}.add(Tensor{0, 1}, Labels{0, 1}); }},
      {"precision: class numbers that are not labels",
       "nn::MacroMean: predictions have shape (2, 2) and targets (2), expected (B, M) and B labels "
       "or (B, M)",
       [] { nn::Precision{2}.add(ones(2, 2), Tensor{0, 1}); }},
      {"precision of one class", "nn::ConfusionMatrix: 1 classes, expected 2 to 65536",
       [] { (void)nn::Precision{1}; }},
      {"recall: a class out of range", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { nn::Recall{2}.add(ones(2, 2), Labels{0, 2}); }},
      {"F1: more outputs than classes", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { nn::F1{2}.add(Tensor{{0, 0, 1}}, Labels{0}); }},
      {"a confusion matrix larger than memory",
       "nn::ConfusionMatrix: 4294967296 classes, expected 2 to 65536",
       [] { (void)nn::ConfusionMatrix{std::size_t{1} << 32U}; }},
      {"a confusion matrix of lists that differ in length",
       "nn::ConfusionMatrix: 0 predictions and 1 targets, expected the same number of each",
       [] { nn::ConfusionMatrix{2}.add(Labels{}, Labels{1}); }},
      {"a confusion matrix of a predicted class that it does not have",
       "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { nn::ConfusionMatrix{2}.add(Labels{2}, Labels{1}); }},
      {"a confusion matrix of a class that was negative",
       "nn::ConfusionMatrix: class is 18446744073709551615, expected 0 to 1",
       [] { nn::ConfusionMatrix{2}.add(Labels{0}, Labels{minus_one}); }},
      {"a confusion matrix asked for a class that it does not have",
       "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { (void)nn::ConfusionMatrix{2}(0, 2); }},
      {"the recall of a class that is not there",
       "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { (void)nn::ConfusionMatrix{2}.recall(2); }},
      {"the precision of a class that is not there",
       "nn::ConfusionMatrix: class is 7, expected 0 to 1",
       [] { (void)nn::ConfusionMatrix{2}.precision(7); }},
      {"the F1 of a class that is not there", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { (void)nn::ConfusionMatrix{2}.f1(2); }},
  };
}

// Training.
std::vector<Case> training() {
  return {
      {"watch a set without a name", "nn::Trainer: a set cannot be named '': expected one word",
       [] {
         Sequential n = network();
         const Dataset set = points();
         trainer(n).watch("", set);
       }},
      {"watch a set named like another",
       "nn::Trainer: a set cannot be named 'validation': that name is taken",
       [] {
         Sequential n = network();
         const Dataset set = points();
         trainer(n).watch("validation", set);
       }},
      {"watch a set twice by one name",
       "nn::Trainer: a set cannot be named 'odd': that name is taken",
       [] {
         Sequential n = network();
         const Dataset set = points();
         nn::Trainer t = trainer(n);
         t.watch("odd", set);
         t.watch("odd", set);
       }},
      {"call nothing after every epoch", "nn::Trainer: on_epoch: the function is empty",
       [] {
         Sequential n = network();
         trainer(n).on_epoch(nullptr);
       }},
      {"fit: nothing", "nn::Training: the training set: 0 samples, expected at least 1",
       [] { fit(Dataset{}); }},
      {"fit: no epochs", "nn::Training: 0 epochs, expected at least 1",
       [] { fit(points(), {}, {.epochs = 0}); }},
      {"fit: batches of no size", "nn::Batches: batch size is 0, expected 1 to 6",
       [] { fit(points(), {}, {.batches = {.size = 0}}); }},
      {"fit: gradients clipped to a negative norm",
       "nn::Training: clip_norm is -1, expected 0 or more",
       [] { fit(points(), {}, {.steps = {.clip_norm = -1}}); }},
      {"fit: gradients clipped to NaN", "nn::Training: clip_norm is nan, expected 0 or more",
       [] { fit(points(), {}, {.steps = {.clip_norm = real(NAN)}}); }},
      {"fit: patience without a validation set",
       "nn::Training: patience is 1, but there is no validation set: pass one, or set patience to "
       "0",
       [] { fit(points(), {}, {.stopping = {.patience = 1}}); }},
      {"fit: a negative cost that is enough",
       "nn::Training: enough_cost is -1, expected a finite number, 0 or more",
       [] { fit(points(), {}, {.stopping = {.enough_cost = -1}}); }},
      {"fit: a change NaN", "nn::Training: min_change is nan, expected a finite number, 0 or more",
       [] { fit(points(), {}, {.stopping = {.min_change = NAN}}); }},
      {"fit: an infinite change",
       "nn::Training: min_change is inf, expected a finite number, 0 or more",
       [] { fit(points(), {}, {.stopping = {.min_change = INFINITY}}); }},
      {"fit: a class without a weight",
       "nn::Weighted: 2 class weights, but a target is class 2, expected one weight for each class",
       [] {
         Sequential n = network();
         const nn::Weighted cost{nn::SoftmaxCrossEntropy{}, {1, 2}};
         nn::Trainer{n, cost, nn::Adam{}}.fit(points());
       }},
      {"fit: a class of the validation set without a weight",
       "nn::Weighted: 2 class weights, but a target is class 2, expected one weight for each class",
       [] {
         Sequential n = network();
         const nn::Weighted cost{nn::SoftmaxCrossEntropy{}, {1, 2}};
         nn::Trainer{n, cost, nn::Adam{}}.fit(points().first(2), points());
       }},
      {"fit: a schedule that gives NaN",
       "nn::Training: the schedule returned the factor nan after 0 epochs, expected a finite "
       "number, "
       "0 or more",
       [] { fit(points(), {}, {.steps = {.schedule = [](const nn::Progress&) { return NAN; }}}); }},
      {"fit: a schedule that gives a negative factor",
       "nn::Training: the schedule returned the factor -1 after 0 epochs, expected a finite "
       "number, 0 "
       "or more",
       [] { fit(points(), {}, {.steps = {.schedule = [](const nn::Progress&) { return -1; }}}); }},
      {"fit: an augmentation that loses samples",
       "nn::Training: augment returned 5 samples, expected 6",
       [] {
         fit(points(), {}, {.steps = {.augment = [](Tensor, nn::Random) { return ones(5, 2); }}});
       }},
      {"fit: an augmentation that returns nothing",
       "nn::Training: augment returned 0 samples, expected 6",
       [] {
         fit(points(), {}, {.steps = {.augment = [](Tensor, nn::Random) { return Tensor{}; }}});
       }},
      {"fit: an augmentation that changes the shape",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 3",
       [] {
         fit(points(), {}, {.steps = {.augment = [](Tensor, nn::Random) { return ones(6, 3); }}});
       }},
      {"fit: inputs and targets that differ in number",
       "nn::Training: the training set: 6 inputs and 2 targets, expected the same number of each",
       [] { fit(torn()); }},
      {"fit: inputs of other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 5",
       [] { fit({.inputs = ones(6, 5), .targets = Labels{0, 0, 0, 0, 0, 0}}); }},
      {"fit: a label out of range",
       "nn::SoftmaxCrossEntropy: label of sample 4 is 3, expected 0 to 2",
       [] {
         Dataset set = points();
         set.targets = Labels{0, 1, 2, 0, 3, 2};
         fit(set, {}, {.batches = {.shuffle = false}});
       }},
      {"fit: class numbers that are not labels",
       "nn::SoftmaxCrossEntropy: predictions have shape (6, 3) and targets (6), expected (B, M) "
       "and B labels or (B, M)",
       [] { fit({.inputs = ones(6, 2), .targets = Tensor{0, 1, 2, 0, 1, 2}}); }},
      {"fit: an input NaN",
       "nn::Training: sample 4 of the training set: input 1 is nan, expected finite numbers",
       [] {
         Dataset set = points();
         set.inputs(4, 1) = real(NAN);
         fit(set);
       }},
      {"fit: an input infinite in the validation set",
       "nn::Training: sample 0 of the validation set: input 0 is -inf, expected finite numbers",
       [] {
         Dataset set = points();
         set.inputs(0, 0) = -real(INFINITY);
         fit(points(), set);
       }},
      {"fit: a wanted output NaN",
       "nn::Training: sample 5 of the training set: target 2 is nan, expected finite numbers",
       [] {
         Dataset set = wanted();
         Tensor outputs = set.targets.outputs();
         outputs(5, 2) = real(NAN);
         set.targets = outputs;
         fit(set);
       }},
      {"fit: validation inputs of other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 5",
       [] { fit(points(), {.inputs = ones(2, 5), .targets = Labels{0, 1}}); }},
      {"fit: validation without inputs",
       "nn::Training: the validation set: 0 inputs and 2 targets, expected the same number of each",
       [] { fit(points(), {.inputs = {}, .targets = Labels{1, 2}}); }},
      {"fit: validation without targets",
       "nn::Training: the validation set: 6 inputs and 0 targets, expected the same number of each",
       [] { fit(points(), {.inputs = ones(6, 2)}); }},
      {"fit: a validation label out of range",
       "nn::SoftmaxCrossEntropy: label of sample 1 is 7, expected 0 to 2",
       [] { fit(points(), {.inputs = ones(2, 2), .targets = Labels{0, 7}}); }},
      {"fit: a watched set without samples",
       "nn::Training: set odd: 0 samples, expected at least 1",
       [] {
         Sequential n = network();
         const Dataset odd;
         nn::Trainer t = trainer(n);
         t.watch("odd", odd);
         t.fit(points());
       }},
      {"fit: a watched set with an infinite target",
       "nn::Training: sample 2 of set odd: target 0 is inf, expected finite numbers",
       [] {
         Sequential n = network();
         Tensor outputs{Shape{6, 3}};
         outputs(2, 0) = real(INFINITY);
         const Dataset odd{.inputs = ones(6, 2), .targets = outputs};
         nn::Trainer t = trainer(n);
         t.watch("odd", odd);
         t.fit(points());
       }},
      {"fit: a network without layers", "nn::Training: the network has no layers",
       [] {
         Sequential n;
         trainer(n).fit(points());
       }},
      {"fit: a metric of fewer classes", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         t.watch(nn::Recall{2});
         t.fit(points());
       }},
      {"training: no epochs", "nn::Training: 0 epochs, expected at least 1",
       [] { (void)Stepped{{.epochs = 0}}; }},
      {"training: patience with an empty validation set",
       "nn::Training: patience is 2, but there is no validation set: pass one, or set patience to "
       "0",
       [] {
         Sequential n = network();
         const Dataset set = points();
         const Dataset empty;
         (void)nn::Training{n,   nn::SoftmaxCrossEntropy{},     nn::Adam{},
                            set, {.stopping = {.patience = 2}}, {.validation = &empty}};
       }},
      {"training: an augmentation that loses samples",
       "nn::Training: augment returned 1 samples, expected 4",
       [] {
         Stepped{{.batches = {.size = 4},
                  .steps = {.augment = [](Tensor, nn::Random) { return ones(1, 2); }}}}
             .training.run_epoch();
       }},
      {"training: an optimizer that stepped on another network",
       "nn::Adam: parameter 1 is weight of shape (2, 4), but in the first step it was weight of "
       "shape (2, 3); "
       "use one optimizer for each list of parameters",
       [] {
         Sequential other{nn::Dense{2, 3}};
         Stepped stepped;
         stepped.optimizer.step(other.parameters());
         stepped.training.step();
       }},
      {"training: a layer frozen after its optimizer has stepped",
       "nn::Adam: parameter 1 is weight of shape (4, 3), but in the first step it was weight of "
       "shape (2, 4); "
       "use one optimizer for each list of parameters",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         t.fit(points());
         n.freeze(0, 1);
         t.fit(points());
       }},
      {"a trainer set to a rate NaN",
       "nn::Adam: learning rate is nan, expected a finite number, 0 or more",
       [] {
         Sequential n = network();
         trainer(n).optimizer().set_learning_rate(real(NAN));
       }},
      {"a trainer set to a negative rate after an epoch",
       "nn::Adam: learning rate is -1, expected a finite number, 0 or more",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         t.on_epoch([&](const nn::Epoch&) { t.optimizer().set_learning_rate(-1); });
         t.fit(points());
       }},
  };
}

// Evaluation.
std::vector<Case> evaluation() {
  return {
      {"evaluate: nothing", "nn::evaluate: the set: 0 samples, expected at least 1",
       [] {
         Sequential n = network();
         (void)trainer(n).evaluate(Dataset{});
       }},
      {"evaluate: inputs and targets that differ in number",
       "nn::evaluate: the set: 6 inputs and 2 targets, expected the same number of each",
       [] { (void)nn::evaluate(network(), nn::SoftmaxCrossEntropy{}, torn()); }},
      {"evaluate: a network without layers", "nn::evaluate: the network has no layers",
       [] { (void)nn::evaluate(Sequential{}, nn::SoftmaxCrossEntropy{}, points()); }},
      {"evaluate: an input NaN",
       "nn::evaluate: sample 1 of the set: input 0 is nan, expected finite numbers",
       [] {
         Sequential n = network();
         Dataset set = points();
         set.inputs(1, 0) = real(NAN);
         (void)trainer(n).evaluate(set);
       }},
      {"evaluate: an infinite target",
       "nn::evaluate: sample 2 of the set: target 0 is inf, expected finite numbers",
       [] {
         Tensor outputs{Shape{6, 3}};
         outputs(2, 0) = real(INFINITY);
         const Dataset set{.inputs = ones(6, 2), .targets = outputs};
         (void)nn::evaluate(network(), nn::MeanSquaredError{}, set);
       }},
      {"evaluate: inputs of another rank",
       "nn::Sequential: layer 1 (Dense 2→4) expects rows of 2 columns (put nn::Flatten before it); "
       "the input has shape (2, 1)",
       [] {
         Sequential n = network();
         (void)trainer(n).evaluate({.inputs = ones(2, 2, 1), .targets = Labels{0, 1}});
       }},
      {"evaluate: a label out of range",
       "nn::SoftmaxCrossEntropy: label of sample 1 is 3, expected 0 to 2",
       [] {
         (void)nn::evaluate(network(), nn::SoftmaxCrossEntropy{},
                            {.inputs = ones(2, 2), .targets = Labels{0, 3}}, nn::Accuracy{});
       }},
      {"evaluate: a metric of fewer classes", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { (void)nn::evaluate(network(), nn::SoftmaxCrossEntropy{}, points(), nn::F1{2}); }},
      {"predict: nothing", "nn::predict: inputs are empty",
       [] { (void)nn::predict(network(), Tensor{}); }},
      {"predict: other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns; the input has 5",
       [] { (void)nn::predict(network(), ones(4, 5)); }},
      {"predict classes: nothing", "nn::predict: inputs are empty",
       [] { (void)nn::predict_classes(network(), Tensor{}); }},
      {"predict classes of outputs that are not rows",
       "nn::Labels: rows have shape (4, 1, 2), expected (N, M)",
       [] { (void)nn::predict_classes(Sequential{nn::Reshape{1, 2}}, ones(4, 2)); }},
  };
}

// What follows a training.
std::vector<Case> observers() {
  return {
      {"reporter: a step before begin", "nn::Reporter: step() was called before begin()",
       [] {
         Stepped stepped;
         nn::Reporter{}.step(stepped.training);
       }},
      {"reporter: an epoch before begin", "nn::Reporter: epoch() was called before begin()",
       [] {
         Stepped stepped;
         stepped.training.run_epoch();
         nn::Reporter{}.epoch(stepped.training);
       }},
      {"reporter: an epoch before one has ended",
       "nn::Reporter: epoch() was called before an epoch ended",
       [] {
         Stepped stepped;
         nn::Reporter reporter;
         reporter.begin(stepped.training);
         reporter.epoch(stepped.training);
       }},
      {"reporter: a step after leave", "nn::Reporter: step() was called before begin()",
       [] {
         Stepped stepped;
         nn::Reporter reporter;
         reporter.begin(stepped.training);
         reporter.leave();
         reporter.step(stepped.training);
       }},
      {"a line with a name for a metric that was not measured",
       "nn::to_line: 1 metric names and 0 values, expected the same number of each",
       [] {
         const nn::Evaluation evaluation =
             nn::evaluate(network(), nn::SoftmaxCrossEntropy{}, points());
         (void)nn::to_line("test", evaluation, {"accuracy"});
       }},
      {"a line without a name for a metric that was measured",
       "nn::to_line: 0 metric names and 1 values, expected the same number of each",
       [] { (void)nn::to_line("test", {.cost = 1, .metrics = {1}}, {}); }},
      {"history: an epoch without a value of a metric, as CSV",
       "nn::History: epoch 1 has 1 costs and metric values, expected 2, one for each column",
       [] { (void)torn_history().csv(); }},
      {"history: an epoch without a value of a metric, as JSON",
       "nn::History: epoch 1 has 1 costs and metric values, expected 2, one for each column",
       [] { (void)torn_history().json(); }},
      {"checkpoints every -1 seconds",
       "nn::Checkpoints: seconds is -1, expected a finite number, 0 or more",
       [] { (void)nn::Checkpoints{"file", -1}; }},
      {"checkpoints every NaN seconds",
       "nn::Checkpoints: seconds is nan, expected a finite number, 0 or more",
       [] { (void)nn::Checkpoints{"file", NAN}; }},
      {"checkpoints after an infinite time",
       "nn::Checkpoints: seconds is inf, expected a finite number, 0 or more",
       [] { (void)nn::Checkpoints{"file", INFINITY}; }},
      {"checkpoints in a folder that is not there",
       "nn::Checkpoints: cannot write /nowhere/file: No such file or directory",
       [] { fit_observed(nn::Checkpoints{"/nowhere/file"}); }, Refusal::runtime_error},
      {"checkpoints of an optimizer that does not expose its state",
       "nn::Checkpoints: Secretive does not expose its state, so it cannot be stored",
       [] {
         Sequential n = network();
         nn::Trainer t{n, nn::SoftmaxCrossEntropy{}, Secretive{}};
         t.observe(nn::Checkpoints{"/nowhere/file"});
         t.fit(points());
       }},
  };
}

// Files.
std::vector<Case> files() {
  return {
      {"mnist: a folder without files",
       "nn::mnist: no file train-images-idx3-ubyte in /nowhere, expected this name or "
       "train-images.idx3-ubyte, with or without .gz",
       [] { (void)nn::mnist::load("/nowhere"); }, Refusal::runtime_error},
      {"mnist: a set that is not there", "nn::read_idx: no file images or images.gz in /nowhere",
       [] { (void)nn::mnist::load_set("/nowhere/images", "/nowhere/labels"); },
       Refusal::runtime_error},
      {"an IDX file that is not there", "nn::read_idx: no file images or images.gz in /nowhere",
       [] { (void)nn::read_idx("/nowhere/images", 3); }, Refusal::runtime_error},
      {"a text file read as an IDX file",
       "nn::read_idx: file.csv, byte 0: magic number is 0x6c616265, but that of an IDX file of "
       "bytes begins with 0x000008",
       [] {
         const TextFile file{"label,pixel0\n"};
         (void)nn::read_idx(file.path, 3);
       },
       Refusal::runtime_error},
      {"mnist: a CSV file that is not there",
       "nn::mnist: no file train.csv or train.csv.gz in /nowhere",
       [] { (void)nn::mnist::load_csv("/nowhere/train.csv"); }, Refusal::runtime_error},
      {"mnist: a label out of range",
       "nn::mnist: file.csv, line 2, column 1 (label): '10' is not a whole number from 0 to 9",
       [] {
         const TextFile file{"label,pixel0\n10,0\n"};
         (void)nn::mnist::load_csv(file.path);
       },
       Refusal::runtime_error},
      {"mnist: a pixel out of range",
       "nn::mnist: file.csv, line 2, column 2 (pixel0): '256' is not a whole number from 0 to 255",
       [] {
         const TextFile file{"label,pixel0\n1,256\n"};
         (void)nn::mnist::load_csv(file.path);
       },
       Refusal::runtime_error},
      {"mnist: a file without images", "nn::mnist: file.csv, line 2: no rows follow the header",
       [] {
         const TextFile file{"label,pixel0\n"};
         (void)nn::mnist::load_csv(file.path);
       },
       Refusal::runtime_error},
      {"mnist: wanted outputs saved as labels",
       "nn::Targets: labels() was called, but the targets are a tensor of outputs",
       [] { nn::mnist::save_csv("/nowhere/file.csv", wanted()); }},
      {"mnist: nothing saved",
       "nn::mnist::save_csv: inputs have shape () and there are 0 labels, expected (N, pixels) and "
       "N labels",
       [] { nn::mnist::save_csv("/nowhere/file.csv", {}); }},
      {"mnist: inputs and labels saved that differ in number",
       "nn::mnist::save_csv: inputs have shape (6, 2) and there are 2 labels, expected (N, pixels) "
       "and N "
       "labels",
       [] { nn::mnist::save_csv("/nowhere/file.csv", torn()); }},
      {"mnist: a label saved that is not a digit",
       "nn::mnist::save_csv: label of sample 1 is 10, expected 0 to 9",
       [] {
         nn::mnist::save_csv("/nowhere/file.csv", {.inputs = ones(2, 4), .targets = Labels{9, 10}});
       }},
      {"mnist: a pixel saved that is not a byte",
       "nn::mnist::save_csv: pixel 3 of sample 0 is 1.5, expected one of 0/255, 1/255, …, 255/255",
       [] {
         Dataset set{.inputs = ones(1, 4), .targets = Labels{9}};
         set.inputs(0, 3) = real(1.5);
         nn::mnist::save_csv("/nowhere/file.csv", set);
       }},
      {"mnist: a file that cannot be written",
       "nn::mnist: cannot write /nowhere/file.csv: No such file or directory",
       [] { nn::mnist::save_csv("/nowhere/file.csv", points()); }, Refusal::runtime_error},
      {"history: a file that cannot be written",
       "nn::History: cannot write /nowhere/history.csv: No such file or directory",
       [] { nn::write_whole("History", "/nowhere/history.csv", nn::History{}.csv()); },
       Refusal::runtime_error},
      {"pictures: a file that is not there", "nn::load_pictures: no file /nowhere/digit.png",
       [] { (void)nn::load_pictures("/nowhere/digit.png"); }, Refusal::runtime_error},
      {"a picture without axes", "nn::find_digits: brightness has shape (), expected 2 axes",
       [] { (void)nn::to_mnist(nn::Picture{}); }},
      {"a picture that is a row", "nn::find_digits: brightness has shape (4), expected 2 axes",
       [] { (void)nn::to_mnist({.brightness = ones(4)}); }},
      {"a picture brighter than white", "nn::find_digits: brightness is 2, expected 0 to 1",
       [] { (void)nn::to_mnist({.brightness = Tensor{{1, 2}, {0, 1}}}); }},
      {"a picture with a value NaN", "nn::find_digits: brightness is nan, expected 0 to 1",
       [] { (void)nn::to_mnist({.brightness = Tensor{{real(NAN)}}}); }},
      {"a picture without ink",
       "nn::find_digits: no ink: brightness ranges from 1.00 to 1.00, expected a "
       "difference of at least 0.1 between the ink and the edge of the picture: draw darker or use "
       "more light",
       [] { (void)nn::to_mnist({.brightness = ones(4, 4)}); }},
  };
}

struct Outcome {
  Refusal type = Refusal::none;
  std::string text;
};

Outcome outcome_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return {.type = Refusal::invalid_argument, .text = error.what()};
  } catch (const std::runtime_error& error) {
    return {.type = Refusal::runtime_error, .text = error.what()};
  } catch (const std::exception& error) {
    return {.type = Refusal::another, .text = error.what()};
  }
  return {};
}

/// Without the folder of a case's file, which has a different name each time.
std::string without_folder(std::string text) {
  const std::string folder = (std::filesystem::temp_directory_path() / "nn-test-").string();
  if (const std::size_t at = text.find(folder); at != std::string::npos) {
    text.erase(at, text.find('/', at + folder.size()) + 1 - at);
  }
  return text;
}

TEST(Misuse, IsRefusedInASentence) {
  std::size_t cases = 0;
  for (const auto& group :
       {shapes_and_tensors, numbers, layers_that_cannot_be, wrong_ranks_and_sizes_forward,
        backward_before_forward, backward_of_what_was_not_the_output, moved_from, networks,
        labels_and_targets, costs, optimizers, schedules, data, augmentation, metrics, training,
        evaluation, observers, files}) {
    for (const Case& row : group()) {
      const Outcome outcome = outcome_of(row.call);
      EXPECT_EQ(outcome.type, row.type) << row.words << ": " << outcome.text;
      EXPECT_EQ(without_folder(outcome.text), row.text) << row.words;
      ++cases;
    }
  }
  std::printf("%zu cases of misuse, each refused with its exception and its text\n", cases);
  EXPECT_GE(cases, 480U);
}

// A rejected call changes nothing.

TEST(Misuse, LeavesANetworkUsable) {
  Sequential n = network();
  EXPECT_THROW(n.push(nn::Dense{5, 1}), std::invalid_argument);
  EXPECT_THROW(n.forward(ones(4, 7)), std::invalid_argument);
  EXPECT_EQ(n.forward(ones(4, 2)).shape(), (Shape{4, 3}));
  EXPECT_THROW(n.backward(ones(1, 1)), std::invalid_argument);
  EXPECT_EQ(n.backward(ones(4, 3)).shape(), (Shape{4, 2}));
  EXPECT_THROW(n.freeze(0, 4), std::invalid_argument);
  EXPECT_FALSE(n.is_frozen(0));
  EXPECT_THROW((void)n.slice(2, 5), std::invalid_argument);
  EXPECT_EQ(n.size(), 3U);
}

TEST(Misuse, LeavesWhatWasCounted) {
  nn::ConfusionMatrix matrix{2};
  matrix.add(Labels{0, 1}, Labels{0, 0});
  EXPECT_THROW(matrix.add(Labels{1, 2}, Labels{1, 1}), std::invalid_argument);
  EXPECT_EQ(matrix.total(), 2U);
  nn::Accuracy accuracy;
  accuracy.add(ones(2, 2), Labels{0, 0});
  EXPECT_THROW(accuracy.add(ones(2, 2), Labels{1}), std::invalid_argument);
  EXPECT_EQ(accuracy.value(), 1);
}

TEST(Misuse, LeavesASetAsItWas) {
  Dataset set = points();
  const std::vector<std::size_t> last{5};
  EXPECT_THROW(nn::gather(set, last, set), std::invalid_argument);
  EXPECT_EQ(set.inputs, points().inputs);
  EXPECT_EQ(set.targets, points().targets);
}

// A training with a schedule restores the optimizer's rate at its end, unless the optimizer is
// gone.
TEST(Misuse, LeavesATrainingThatCanEnd) {
  Stepped stepped{{.steps = {.schedule = nn::Cosine{}}}};
  EXPECT_TRUE(stepped.training.step());
  const nn::AnyOptimizer taken = std::move(stepped.optimizer);
  EXPECT_THROW((void)stepped.training.learning_rate(), std::invalid_argument);
}

// Calling backward twice is allowed: the gradients are written again.
TEST(Misuse, IsNotASecondBackward) {
  nn::Random random{1};
  Sequential n{nn::Dense{2, 4, nn::He{random}}, nn::ReLU{}, nn::Dense{4, 3, nn::He{random}}};
  n.forward(ones(4, 2));
  const Tensor first = n.backward(ones(4, 3));
  const Tensor gradient = n.parameters()[0]->gradient;
  EXPECT_EQ(n.backward(ones(4, 3)), first);
  EXPECT_EQ(n.parameters()[0]->gradient, gradient);
}

// So is the value of a metric without samples.
TEST(Misuse, IsNotAMetricWithoutSamples) {
  EXPECT_EQ(nn::Accuracy{}.value(), 0);
  EXPECT_EQ(nn::TopAccuracy{3}.value(), 0);
  EXPECT_EQ(nn::Precision{3}.value(), 0);
  EXPECT_EQ(nn::Recall{3}.value(), 0);
  EXPECT_EQ(nn::F1{3}.value(), 0);
  EXPECT_EQ(nn::ConfusionMatrix{3}.accuracy(), 0);
}

// So is a range of no layers.
TEST(Misuse, IsNotARangeOfNoLayers) {
  Sequential n = network();
  EXPECT_EQ(n.slice(3, 3).size(), 0U);
  n.freeze(1, 1);
  EXPECT_EQ(n.parameters().size(), 4U);
}

// An observer that is added during training takes effect in the next run.
TEST(Misuse, IsNotAnObserverAddedByAnother) {
  Sequential n = network();
  nn::Trainer t = trainer(n);
  std::size_t calls = 0;
  t.on_epoch([&](const nn::Epoch& epoch) {
    for (std::size_t i = 0; epoch.number == 1 && i < 20; ++i) {
      t.on_epoch([&](const nn::Epoch&) { ++calls; });
    }
  });
  t.fit(points(), {.epochs = 2});
  EXPECT_EQ(calls, 0U);
}

// A moved-from object can be assigned a new value.
TEST(Misuse, EndsWithAssignment) {
  Sequential from = network();
  const Sequential to = std::move(from);
  from = to;
  EXPECT_EQ(from.predict(ones(4, 2)).shape(), (Shape{4, 3}));
  nn::Dense dense{2, 3};
  const nn::Dense taken = std::move(dense);
  dense = taken;
  EXPECT_EQ(dense.predict(ones(4, 2)).shape(), (Shape{4, 3}));
  nn::AnyLayer layer{nn::ReLU{}};
  const nn::AnyLayer relu = std::move(layer);
  layer = nn::AnyLayer{dense};
  EXPECT_EQ(layer.predict(ones(4, 2)).shape(), (Shape{4, 3}));
  nn::AnyCost cost{nn::MeanSquaredError{}};
  const nn::AnyCost squares = std::move(cost);
  cost = squares;
  EXPECT_EQ(cost.name(), squares.name());
  nn::AnyOptimizer optimizer{nn::Adam{}};
  const nn::AnyOptimizer adam = std::move(optimizer);
  optimizer = adam;
  EXPECT_EQ(optimizer.learning_rate(), adam.learning_rate());
}

// A network may be assigned the network inside it.
TEST(Misuse, IsNotAssigningAPartOfItself) {
  const auto around = [](Sequential inner) {
    Sequential outer;
    outer.push(std::move(inner));
    return outer;
  };
  Sequential n = around(Sequential{nn::Dense{2, 3}});
  n = n.layer<Sequential>(0);
  EXPECT_EQ(n.layer_names(), std::vector<std::string>{"Dense 2→3"});
  Sequential deep = around(around(around(Sequential{nn::Dense{2, 3}, nn::ReLU{}})));
  deep = deep.layer<Sequential>(0).layer<Sequential>(0);
  EXPECT_EQ(deep.layer_names(), std::vector<std::string>{"Sequential of 2 layers"});
}

// Displacements and rotations of any size: outside the image, everything is 0.
TEST(Misuse, IsNotAWarpOutOfTheImage) {
  for (const double far : {1e9, 1e300}) {
    EXPECT_EQ(nn::warp(ones(2, 16), {.right = far, .down = -far}), Tensor(Shape{2, 16}));
  }
  const Tensor lost{Shape{2, 4, 4}, real(NAN)};
  EXPECT_EQ(nn::warp(ones(2, 16), {}, lost), Tensor(Shape{2, 16}));
  (void)nn::Augment{{.shift = 1e300, .elastic = {.amplitude = 1e300, .smoothness = 1e300}}}(
      ones(2, 16), nn::Random{1});
}

// NOLINTEND(bugprone-use-after-move)

}  // namespace
