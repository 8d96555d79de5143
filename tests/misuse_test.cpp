// Misuse, case by case: whatever is done wrong, the library says what, in one sentence. Run under
// the sanitizers, this also shows that no misuse reaches memory that is not its own.

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
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dataset;
using nn::real;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;

// A moved-from object is what many of the cases are about.
// NOLINTBEGIN(bugprone-use-after-move)

/// What an exception is: invalid_argument for what the program did, runtime_error for what it met.
enum class Refusal { none, invalid_argument, runtime_error, another };

struct Case {
  std::string words;
  std::string text;  ///< Of the exception.
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
Dataset points() { return {.inputs = ones(6, 2), .targets = Tensor{0, 1, 2, 0, 1, 2}}; }

/// Inputs and targets that differ in number.
Dataset torn() { return {.inputs = ones(6, 2), .targets = Tensor{0, 1}}; }

nn::Trainer trainer(Sequential& network) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.set_quiet(true);
  return trainer;
}

void fit(const Dataset& training, const Dataset& validation = {},
         const nn::FitOptions& options = {}) {
  Sequential n = network();
  trainer(n).fit(training, validation, options);
}

template <class L, class X>
void forward(L layer, X x) {
  (void)layer.forward(std::move(x));
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
  (void)layer.forward(std::move(x));
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
  (void)layer.forward(std::move(x));
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
      {"a shape of five axes", "nn::Shape: 5 axes, a tensor has at most 4",
       [] { (void)Shape{1, 2, 3, 4, 5}; }},
      {"a shape with an axis of length 0", "nn::Shape: axis 1 has length 0",
       [] { (void)Shape{2, 0}; }},
      {"a shape larger than memory",
       "nn::Shape: (1099511627776, 1099511627776) holds more values than memory can",
       [] { (void)Shape{std::size_t{1} << 40U, std::size_t{1} << 40U}; }},
      {"a batch of no samples", "nn::Shape: axis 0 has length 0", [] { (void)Shape{3}.batch(0); }},
      {"a batch of samples of four axes", "nn::Shape: 5 axes, a tensor has at most 4",
       [] { (void)Shape{1, 2, 3, 4}.batch(2); }},
      {"a vector without values", "nn::Shape: axis 0 has length 0",
       [] { (void)Tensor(std::initializer_list<real>{}); }},
      {"rows of different lengths", "nn::Tensor: row 1 has 1 values, row 0 has 2",
       [] { (void)Tensor{{1, 2}, {3}}; }},
      {"rows without values", "nn::Shape: axis 0 has length 0",
       [] { (void)Tensor(std::initializer_list<std::initializer_list<real>>{}); }},
      {"too few values for a shape", "nn::Tensor: 3 values for shape (2, 2), expected 4",
       [] { (void)Tensor{Shape{2, 2}, std::vector<real>{1, 2, 3}}; }},
      {"reshaped to another number of values", "nn::Tensor: shape (4) holds 4 values, not 6",
       [] { (void)ones(2, 3).reshaped(Shape{4}); }},
      {"reshaped after a move", "nn::Tensor: shape (2, 3) holds 6 values, not 0",
       [] {
         Tensor x = ones(2, 3);
         const Tensor y = std::move(x);
         (void)x.reshaped(Shape{2, 3});
       }},
      {"images of no count",
       "nn::Images: 0 images of shape (1, 2, 2), expected at least 1 of (C, H, W)",
       [] { (void)nn::Images{0, Shape{1, 2, 2}}; }},
      {"images whose sample has one axis",
       "nn::Images: 3 images of shape (4), expected at least 1 of (C, H, W)",
       [] { (void)nn::Images{3, Shape{4}}; }},
      {"images of a tensor of two axes",
       "nn::Images: (2, 3) is not the shape of images, expected (B, C, H, W)",
       [] { (void)nn::Images{ones(2, 3)}; }},
      {"images of a tensor that was moved from",
       "nn::Images: () is not the shape of images, expected (B, C, H, W)",
       [] {
         Tensor x = ones(1, 1, 2, 2);
         const Tensor y = std::move(x);
         (void)nn::Images{x};
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
      {"a random number below 0", "nn::Random::below: bound is 0",
       [] { (void)nn::Random{1}.below(0); }},
      {"no threads", "nn::set_threads: 0 threads, expected 1 to 1024", [] { nn::set_threads(0); }},
      {"too many threads", "nn::set_threads: 2000 threads, expected 1 to 1024",
       [] { nn::set_threads(2'000); }},
      {"He for a fan of 0", "nn::He: a fan of 0 connections, expected at least 1",
       [] {
         nn::Random random{1};
         Tensor w = ones(2, 2);
         nn::He{random}(w, nn::Fan{.in = 0, .out = 2});
       }},
      {"Glorot for a fan of 0", "nn::Glorot: a fan of 0 connections, expected at least 1",
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
       "nn::RandomUniform: from 1 to -1, expected finite numbers, low before high",
       [] {
         nn::Random random{1};
         (void)nn::RandomUniform{random, 1, -1};
       }},
      {"even weights without bounds",
       "nn::RandomUniform: from -inf to inf, expected finite numbers, low before high",
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
      {"a reshape to nothing", "nn::Reshape: a sample of shape (), expected 1 to 3 axes",
       [] { (void)nn::Reshape{Shape{}}; }},
      {"a reshape to an axis of length 0", "nn::Shape: axis 1 has length 0",
       [] { (void)nn::Reshape{1, 0, 28}; }},
      {"a reshape to four axes",
       "nn::Reshape: a sample of shape (1, 2, 3, 4), expected 1 to 3 axes",
       [] { (void)nn::Reshape{1, 2, 3, 4}; }},
      {"a dropout of all", "nn::Dropout: rate is 1, expected 0 or more and less than 1",
       [] {
         nn::Random random{1};
         (void)nn::Dropout{1, random};
       }},
      {"a dropout of a negative share",
       "nn::Dropout: rate is -0.5, expected 0 or more and less than 1",
       [] {
         nn::Random random{1};
         (void)nn::Dropout{-0.5, random};
       }},
      {"a dropout of NaN", "nn::Dropout: rate is nan, expected 0 or more and less than 1",
       [] {
         nn::Random random{1};
         (void)nn::Dropout{NAN, random};
       }},
      {"a leaky ReLU that leaks all",
       "nn::LeakyReLU: slope is 1, expected a number between 0 and 1",
       [] { (void)nn::LeakyReLU{1}; }},
      {"a leaky ReLU of NaN", "nn::LeakyReLU: slope is nan, expected a number between 0 and 1",
       [] { (void)nn::LeakyReLU{real(NAN)}; }},
      {"a batch normalisation of no features", "nn::BatchNorm: 0 features, expected at least 1",
       [] { (void)nn::BatchNorm{0}; }},
      {"a batch normalisation of momentum 0",
       "nn::BatchNorm: momentum is 0, expected more than 0 and at most 1",
       [] { (void)nn::BatchNorm{3, {.momentum = 0}}; }},
      {"a batch normalisation of epsilon NaN",
       "nn::BatchNorm: epsilon is nan, expected more than 0",
       [] { (void)nn::BatchNorm{3, {.epsilon = real(NAN)}}; }},
      {"a layer normalisation of no features", "nn::LayerNorm: 0 features, expected at least 1",
       [] { (void)nn::LayerNorm{0}; }},
      {"a layer normalisation of negative epsilon",
       "nn::LayerNorm: epsilon is -1, expected more than 0",
       [] { (void)nn::LayerNorm{3, {.epsilon = -1}}; }},
      {"a recurrent layer without inputs",
       "nn::Recurrent: 0 inputs and 3 outputs, expected at least 1 of each",
       [] { (void)nn::Recurrent{0, 3}; }},
      {"a GRU without outputs", "nn::GRU: 3 inputs and 0 outputs, expected at least 1 of each",
       [] { (void)nn::GRU{3, 0}; }},
      {"an LSTM without outputs", "nn::LSTM: 3 inputs and 0 outputs, expected at least 1 of each",
       [] { (void)nn::LSTM{3, 0}; }},
  };
}

// Wrong ranks and sizes, forward.
std::vector<Case> wrong_ranks_and_sizes_forward() {
  return {
      {"dense: forward of a vector", "nn::Dense: input has shape (2), expected (B, 2)",
       [] { forward(nn::Dense{2, 3}, Tensor{1, 2}); }},
      {"dense: forward of other columns", "nn::Dense: input has 5 columns, expected 2",
       [] { forward(nn::Dense{2, 3}, ones(4, 5)); }},
      {"dense: forward of nothing", "nn::Dense: input has shape (), expected (B, 2)",
       [] { forward(nn::Dense{2, 3}, Tensor{}); }},
      {"dense: predict of three axes", "nn::Dense: input has shape (4, 1, 2), expected (B, 2)",
       [] { predict(nn::Dense{2, 3}, ones(4, 1, 2)); }},
      {"softmax: forward of images", "nn::Softmax: input has shape (2, 1, 3, 3), expected (B, M)",
       [] { forward(nn::Softmax{}, ones(2, 1, 3, 3)); }},
      {"softmax: predict of nothing", "nn::Softmax: input has shape (), expected (B, M)",
       [] { predict(nn::Softmax{}, Tensor{}); }},
      {"convolution: forward of rows",
       "nn::Images: (2, 9) is not the shape of images, expected (B, C, H, W)",
       [] { forward(convolution(), ones(2, 9)); }},
      {"convolution: forward of other channels",
       "nn::Convolution: expects images of shape (1, H, W), input has (3, 5, 5)",
       [] { forward(convolution(), ones(2, 3, 5, 5)); }},
      {"convolution: forward of images smaller than the kernel",
       "nn::Convolution: expects images of at least 3×3, input has (1, 2, 2)",
       [] { forward(convolution(), ones(2, 1, 2, 2)); }},
      {"convolution: predict of rows",
       "nn::Images: (2, 9) is not the shape of images, expected (B, C, H, W)",
       [] { predict(convolution(), ones(2, 9)); }},
      {"convolution: predict of nothing",
       "nn::Images: () is not the shape of images, expected (B, C, H, W)",
       [] { predict(convolution(), Tensor{}); }},
      {"convolution: predict of no images", "nn::Convolution: input is empty",
       [] { predict(convolution(), nn::Images{}); }},
      {"convolution: forward of no images", "nn::Convolution: input is empty",
       [] { forward(convolution(), nn::Images{}); }},
      {"max pool: forward of rows",
       "nn::Images: (2, 9) is not the shape of images, expected (B, C, H, W)",
       [] { forward(nn::MaxPool{2}, ones(2, 9)); }},
      {"max pool: forward of images smaller than the window",
       "nn::MaxPool: expects images of at least 3×3, input has (1, 2, 2)",
       [] { forward(nn::MaxPool{3}, ones(2, 1, 2, 2)); }},
      {"max pool: predict of three axes",
       "nn::Images: (2, 4, 4) is not the shape of images, expected (B, C, H, W)",
       [] { predict(nn::MaxPool{2}, ones(2, 4, 4)); }},
      {"max pool: predict of no images", "nn::MaxPool: input is empty",
       [] { predict(nn::MaxPool{2}, nn::Images{}); }},
      {"average pool: forward of rows",
       "nn::Images: (2, 9) is not the shape of images, expected (B, C, H, W)",
       [] { forward(nn::AveragePool{2}, ones(2, 9)); }},
      {"average pool: predict of images smaller than the window",
       "nn::AveragePool: expects images of at least 3×3, input has (1, 2, 2)",
       [] { predict(nn::AveragePool{3}, ones(20, 1, 2, 2)); }},
      {"average pool: predict of no images", "nn::AveragePool: input is empty",
       [] { predict(nn::AveragePool{2}, nn::Images{}); }},
      {"reshape: forward of another number of values",
       "nn::Reshape: samples have 5 values, expected 4",
       [] { forward(nn::Reshape{2, 2}, ones(3, 5)); }},
      {"reshape: predict of nothing", "nn::Reshape: samples have 0 values, expected 4",
       [] { predict(nn::Reshape{2, 2}, Tensor{}); }},
      {"flatten: forward of nothing", "nn::Flatten: input is empty",
       [] { forward(nn::Flatten{}, Tensor{}); }},
      {"flatten: predict of nothing", "nn::Flatten: input is empty",
       [] { predict(nn::Flatten{}, Tensor{}); }},
      {"batch normalisation: forward of other columns",
       "nn::BatchNorm: input has shape (4, 5), expected (B, 3) or (B, 3, H, W)",
       [] { forward(nn::BatchNorm{3}, ones(4, 5)); }},
      {"batch normalisation: forward of three axes",
       "nn::BatchNorm: input has shape (4, 3, 5), expected (B, 3) or (B, 3, H, W)",
       [] { forward(nn::BatchNorm{3}, ones(4, 3, 5)); }},
      {"batch normalisation: forward of a single row",
       "nn::BatchNorm: a training batch of shape (1, 3) has one value of each feature, expected at "
       "least 2",
       [] { forward(nn::BatchNorm{3}, ones(1, 3)); }},
      {"batch normalisation: predict of other channels",
       "nn::BatchNorm: input has shape (4, 2, 5, 5), expected (B, 3) or (B, 3, H, W)",
       [] { predict(nn::BatchNorm{3}, ones(4, 2, 5, 5)); }},
      {"batch normalisation: forward of no images",
       "nn::BatchNorm: input has shape (), expected (B, 3) or (B, 3, H, W)",
       [] { forward(nn::BatchNorm{3}, nn::Images{}); }},
      {"layer normalisation: forward of a vector",
       "nn::LayerNorm: input has shape (3), expected (B, 3) or (B, …, 3)",
       [] { forward(nn::LayerNorm{3}, Tensor{1, 2, 3}); }},
      {"layer normalisation: predict of other features",
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
  };
}

// Backward before forward.
std::vector<Case> backward_before_forward() {
  return {
      {"dense: backward first", "nn::Dense: backward before forward",
       [] { backward(nn::Dense{2, 3}, ones(4, 3)); }},
      {"dense: backward_parameters first", "nn::Dense: backward before forward",
       [] { nn::Dense{2, 3}.backward_parameters(ones(4, 3)); }},
      {"ReLU: backward first", "nn::ReLU: backward before forward",
       [] { backward(nn::ReLU{}, ones(4, 3)); }},
      {"leaky ReLU: backward first", "nn::LeakyReLU: backward before forward",
       [] { backward(nn::LeakyReLU{}, ones(4, 3)); }},
      {"sigmoid: backward first", "nn::Sigmoid: backward before forward",
       [] { backward(nn::Sigmoid{}, ones(4, 3)); }},
      {"tanh: backward first", "nn::Tanh: backward before forward",
       [] { backward(nn::Tanh{}, ones(4, 3)); }},
      {"softmax: backward first", "nn::Softmax: backward before forward",
       [] { backward(nn::Softmax{}, ones(4, 3)); }},
      {"convolution: backward first", "nn::Convolution: backward before forward",
       [] { backward(convolution(), ones(2, 2, 3, 3)); }},
      {"convolution: backward_parameters first", "nn::Convolution: backward before forward",
       [] { convolution().backward_parameters(ones(2, 2, 3, 3)); }},
      {"max pool: backward first", "nn::MaxPool: backward before forward",
       [] { backward(nn::MaxPool{2}, ones(2, 1, 2, 2)); }},
      {"average pool: backward first", "nn::AveragePool: backward before forward",
       [] { backward(nn::AveragePool{2}, ones(2, 1, 2, 2)); }},
      {"reshape: backward first", "nn::Reshape: backward before forward",
       [] { backward(nn::Reshape{2, 2}, ones(2, 2, 2)); }},
      {"flatten: backward first", "nn::Flatten: backward before forward",
       [] { backward(nn::Flatten{}, ones(2, 4)); }},
      {"dropout: backward first", "nn::Dropout: backward before forward",
       [] {
         nn::Random random{1};
         backward(nn::Dropout{0.5, random}, ones(2, 4));
       }},
      {"batch normalisation: backward first", "nn::BatchNorm: backward before forward",
       [] { backward(nn::BatchNorm{3}, ones(2, 3)); }},
      {"layer normalisation: backward first", "nn::LayerNorm: backward before forward",
       [] { backward(nn::LayerNorm{3}, ones(2, 3)); }},
      {"recurrent: backward first", "nn::Recurrent: backward before forward",
       [] { backward(nn::Recurrent{3, 2}, ones(4, 2)); }},
      {"GRU: backward first", "nn::GRU: backward before forward",
       [] { backward(nn::GRU{3, 2}, ones(4, 2)); }},
      {"LSTM: backward first", "nn::LSTM: backward before forward",
       [] { backward(nn::LSTM{3, 2}, ones(4, 2)); }},
      {"LSTM: backward_parameters first", "nn::LSTM: backward before forward",
       [] { nn::LSTM{3, 2}.backward_parameters(ones(4, 2)); }},
  };
}

// Backward of what was not the output.
std::vector<Case> backward_of_what_was_not_the_output() {
  return {
      {"dense: backward of other columns", "nn::Dense: gradient has 2 columns, expected 3",
       [] { backward_after(nn::Dense{2, 3}, ones(4, 2), ones(4, 2)); }},
      {"dense: backward of other rows", "nn::Dense: gradient has 5 rows, the last forward had 4",
       [] { backward_after(nn::Dense{2, 3}, ones(4, 2), ones(5, 3)); }},
      {"dense: backward of nothing", "nn::Dense: gradient has shape (), expected (B, 3)",
       [] { backward_after(nn::Dense{2, 3}, ones(4, 2), Tensor{}); }},
      {"ReLU: backward of another shape",
       "nn::ReLU: gradient has shape (4, 3), the last output (4, 2)",
       [] { backward_after(nn::ReLU{}, ones(4, 2), ones(4, 3)); }},
      {"softmax: backward of another shape",
       "nn::Softmax: gradient has shape (4, 3), the last output (4, 2)",
       [] { backward_after(nn::Softmax{}, ones(4, 2), ones(4, 3)); }},
      {"convolution: backward of another size",
       "nn::Convolution: gradient has shape (2, 2, 5, 5), the last output (2, 2, 3, 3)",
       [] { backward_after(convolution(), ones(2, 1, 5, 5), ones(2, 2, 5, 5)); }},
      {"convolution: backward of rows",
       "nn::Images: (2, 18) is not the shape of images, expected (B, C, H, W)",
       [] { backward_after(convolution(), ones(2, 1, 5, 5), ones(2, 18)); }},
      {"max pool: backward of another size",
       "nn::MaxPool: gradient has shape (2, 1, 4, 4), the last output (2, 1, 2, 2)",
       [] { backward_after(nn::MaxPool{2}, ones(2, 1, 4, 4), ones(2, 1, 4, 4)); }},
      {"average pool: backward of more images",
       "nn::AveragePool: gradient has shape (3, 1, 2, 2), the last output (2, 1, 2, 2)",
       [] { backward_after(nn::AveragePool{2}, ones(2, 1, 4, 4), ones(3, 1, 2, 2)); }},
      {"reshape: backward of fewer values",
       "nn::Reshape: gradient has shape (2, 2, 2), the last input (3, 4)",
       [] { backward_after(nn::Reshape{2, 2}, ones(3, 4), ones(2, 2, 2)); }},
      {"flatten: backward of nothing",
       "nn::Flatten: gradient has shape (), the last input (3, 2, 2)",
       [] { backward_after(nn::Flatten{}, ones(3, 2, 2), Tensor{}); }},
      {"dropout: backward of another shape",
       "nn::Dropout: gradient has shape (4, 3), the last output (4, 2)",
       [] {
         nn::Random random{1};
         backward_after(nn::Dropout{0.5, random}, ones(4, 2), ones(4, 3));
       }},
      {"batch normalisation: backward of more rows",
       "nn::BatchNorm: gradient has shape (5, 3), the last output (4, 3)",
       [] { backward_after(nn::BatchNorm{3}, ones(4, 3), ones(5, 3)); }},
      {"layer normalisation: backward of more rows",
       "nn::LayerNorm: gradient has shape (5, 3), the last output (4, 3)",
       [] { backward_after(nn::LayerNorm{3}, ones(4, 3), ones(5, 3)); }},
      {"LSTM: backward of a sequence where the last is the output",
       "nn::LSTM: gradient has shape (4, 5, 2), the last output (4, 2)",
       [] { backward_after(nn::LSTM{3, 2}, ones(4, 5, 3), ones(4, 5, 2)); }},
      {"GRU: backward of more units", "nn::GRU: gradient has shape (4, 3), the last output (4, 2)",
       [] { backward_after(nn::GRU{3, 2}, ones(4, 5, 3), ones(4, 3)); }},
  };
}

// Moved from.
std::vector<Case> moved_from() {
  return {
      {"dense: predict after a move", "nn::Dense: has no weights, it was moved from",
       [] { predict_moved(nn::Dense{2, 3}, ones(4, 2)); }},
      {"dense: backward after a move", "nn::Dense: backward before forward",
       [] { backward_moved(nn::Dense{2, 3}, ones(4, 2), ones(4, 3)); }},
      {"ReLU: backward after a move", "nn::ReLU: backward before forward",
       [] { backward_moved(nn::ReLU{}, ones(4, 2), ones(4, 2)); }},
      {"softmax: backward after a move", "nn::Softmax: backward before forward",
       [] { backward_moved(nn::Softmax{}, ones(4, 2), ones(4, 2)); }},
      {"convolution: predict after a move",
       "nn::Convolution: has no weights, it was moved from, input has (1, 5, 5)",
       [] { predict_moved(convolution(), ones(2, 1, 5, 5)); }},
      {"convolution: backward after a move", "nn::Convolution: backward before forward",
       [] { backward_moved(convolution(), ones(2, 1, 5, 5), ones(2, 2, 3, 3)); }},
      {"max pool: backward after a move", "nn::MaxPool: backward before forward",
       [] { backward_moved(nn::MaxPool{2}, ones(2, 1, 4, 4), ones(2, 1, 2, 2)); }},
      {"dropout: backward after a move", "nn::Dropout: backward before forward",
       [] {
         nn::Random random{1};
         backward_moved(nn::Dropout{0.5, random}, ones(4, 2), ones(4, 2));
       }},
      {"batch normalisation: predict after a move",
       "nn::BatchNorm: has no weights, it was moved from",
       [] { predict_moved(nn::BatchNorm{3}, ones(4, 3)); }},
      {"batch normalisation: backward after a move", "nn::BatchNorm: backward before forward",
       [] { backward_moved(nn::BatchNorm{3}, ones(4, 3), ones(4, 3)); }},
      {"layer normalisation: predict after a move",
       "nn::LayerNorm: has no weights, it was moved from",
       [] { predict_moved(nn::LayerNorm{3}, ones(4, 3)); }},
      {"layer normalisation: backward after a move", "nn::LayerNorm: backward before forward",
       [] { backward_moved(nn::LayerNorm{3}, ones(4, 3), ones(4, 3)); }},
      {"recurrent: predict after a move", "nn::Recurrent: has no weights, it was moved from",
       [] { predict_moved(nn::Recurrent{3, 2}, ones(4, 5, 3)); }},
      {"recurrent: backward after a move", "nn::Recurrent: backward before forward",
       [] { backward_moved(nn::Recurrent{3, 2}, ones(4, 5, 3), ones(4, 2)); }},
      {"LSTM: forward after a move", "nn::LSTM: has no weights, it was moved from",
       [] {
         nn::LSTM layer{3, 2};
         const nn::LSTM taken = std::move(layer);
         forward(layer, ones(4, 5, 3));
       }},
      {"GRU: backward after a move", "nn::GRU: backward before forward",
       [] { backward_moved(nn::GRU{3, 2}, ones(4, 5, 3), ones(4, 2)); }},
      {"network: predict after a move", "nn::Sequential: has no layers, it was moved from",
       [] { predict_moved(network(), ones(4, 2)); }},
      {"network: forward after a move", "nn::Sequential: has no layers, it was moved from",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         forward(from, ones(4, 2));
       }},
      {"network: a layer of it after a move",
       "nn::Sequential: layer index 0, the network has 0 layers",
       [] {
         Sequential from = network();
         const Sequential to = std::move(from);
         (void)from.layer<nn::Dense>(0);
       }},
      {"network: a layer pushed after it was moved from",
       "nn::Sequential: layer 1 (Dense 0→0) has no weights, it was moved from, the input has ()",
       [] {
         nn::Dense dense{2, 3};
         const nn::Dense taken = std::move(dense);
         Sequential{}.push(dense);
       }},
      {"batches: one after a move", "nn::Batches: has no order, it was moved from",
       [] {
         const Dataset set = points();
         nn::Batches from{set, {.size = 2}};
         const nn::Batches to = std::move(from);
         (void)from[0];
       }},
      {"confusion matrix: add after a move",
       "nn::ConfusionMatrix: has no counts, it was moved from",
       [] {
         nn::ConfusionMatrix from{3};
         const nn::ConfusionMatrix to = std::move(from);
         const std::vector<std::size_t> one{1};
         from.add(one, one);
       }},
      {"confusion matrix: accuracy after a move",
       "nn::ConfusionMatrix: has no counts, it was moved from",
       [] {
         nn::ConfusionMatrix from{3};
         const nn::ConfusionMatrix to = std::move(from);
         (void)from.accuracy();
       }},
      {"trainer: fit after a move", "nn::Trainer: has no optimizer, it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer from = trainer(n);
         const nn::Trainer to = std::move(from);
         from.fit(points());
       }},
      {"trainer: predict after a move", "nn::Trainer: has no optimizer, it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer from = trainer(n);
         const nn::Trainer to = std::move(from);
         (void)from.predict(ones(4, 2));
       }},
      {"trainer: the rate after a move", "nn::Trainer: has no optimizer, it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer from = trainer(n);
         const nn::Trainer to = std::move(from);
         (void)from.learning_rate();
       }},
      {"trainer: fit of a network that was moved from", "nn::Trainer: the network has no layers",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         const Sequential to = std::move(n);
         t.fit(points());
       }},
      {"trainer: predict of a network that was moved from",
       "nn::Sequential: has no layers, it was moved from",
       [] {
         Sequential n = network();
         nn::Trainer t = trainer(n);
         const Sequential to = std::move(n);
         (void)t.predict(ones(4, 2));
       }},
  };
}

// Networks.
std::vector<Case> networks() {
  return {
      {"network: layers that do not fit",
       "nn::Sequential: layer 2 (Dense 4→1) expects 4 columns, layer 1 gives 3",
       [] { (void)Sequential{nn::Dense{2, 3}, nn::Dense{4, 1}}; }},
      {"network: images where rows are due",
       "nn::Sequential: layer 2 (Dense 16→1) expects rows of 16 columns (put nn::Flatten before "
       "it), layer 1 gives (1, 4, 4)",
       [] { (void)Sequential{nn::Reshape{1, 4, 4}, nn::Dense{16, 1}}; }},
      {"network: a push of what does not fit",
       "nn::Sequential: layer 4 (Dense 5→1) expects 5 columns, layer 3 gives 3",
       [] {
         Sequential n = network();
         n.push(nn::Dense{5, 1});
       }},
      {"network: a network inside that does not fit",
       "nn::Sequential: layer 2 (Sequential of 2 layers): its layer 2 (Dense 5→1) expects 5 "
       "columns, layer 1 gives 3",
       [] { (void)Sequential{nn::Dense{2, 3}, Sequential{nn::ReLU{}, nn::Dense{5, 1}}}; }},
      {"network: a sequence where images are due",
       "nn::Sequential: layer 2 (Convolution 1→2 3×3) expects images of shape (1, H, W), layer 1 "
       "gives (4, 4)",
       [] { (void)Sequential{nn::Reshape{4, 4}, convolution()}; }},
      {"network: input of other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns, the input has 5",
       [] { forward(network(), ones(4, 5)); }},
      {"network: input of another rank",
       "nn::Sequential: layer 1 (Dense 2→4) expects rows of 2 columns (put nn::Flatten before it), "
       "the input has (2, 2)",
       [] { predict(network(), ones(4, 2, 2)); }},
      {"network: input of nothing", "nn::Sequential: input is empty",
       [] { predict(network(), Tensor{}); }},
      {"network: where values go wrong, for nothing", "nn::Sequential: input is empty",
       [] { (void)network().first_not_finite(Tensor{}); }},
      {"network: backward first", "nn::Dense: backward before forward",
       [] { backward(network(), ones(4, 3)); }},
      {"network: backward_parameters first", "nn::Dense: backward before forward",
       [] { network().backward_parameters(ones(4, 3)); }},
      {"network: backward of another shape", "nn::Dense: gradient has 2 columns, expected 3",
       [] { backward_after(network(), ones(4, 2), ones(4, 2)); }},
      {"network: a layer that is not there",
       "nn::Sequential: layer index 7, the network has 3 layers",
       [] { (void)network().layer<nn::Dense>(7); }},
      {"network: a layer of another type",
       "nn::Sequential: layer 2 is ReLU, another type was asked for",
       [] { (void)network().layer<nn::Dense>(1); }},
      {"network: a summary of an input that does not fit",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns, the input has 7",
       [] { (void)network().summary(Shape{7}); }},
      {"gradient check of an input that does not fit",
       "nn::check_gradients: Dense 2→3 expects 2 columns, the input has shape (4, 5)",
       [] {
         nn::Dense dense{2, 3};
         (void)nn::check_gradients(dense, ones(4, 5));
       }},
  };
}

// Costs.
std::vector<Case> costs() {
  return {
      {"mean squared error: targets of another number",
       "nn::MeanSquaredError: predictions have shape (4, 3) and targets (5, 3), expected (B, M) "
       "and the same, or (B)",
       [] { (void)nn::MeanSquaredError::value(ones(4, 3), ones(5, 3)); }},
      {"mean squared error: predictions of one axis",
       "nn::MeanSquaredError: predictions have shape (2) and targets (2), expected (B, M) and the "
       "same, or (B)",
       [] { (void)nn::MeanSquaredError::gradient(Tensor{1, 2}, Tensor{1, 2}); }},
      {"mean squared error: a class out of range",
       "nn::MeanSquaredError: target of sample 1 is 3, expected a class from 0 to 2",
       [] { (void)nn::MeanSquaredError::value(ones(2, 3), Tensor{0, 3}); }},
      {"cross-entropy: a class out of range",
       "nn::CrossEntropy: target of sample 0 is 3, expected a class from 0 to 2",
       [] { (void)nn::CrossEntropy::value(ones(2, 3), Tensor{3, 0}); }},
      {"cross-entropy: the gradient for half a class",
       "nn::CrossEntropy: target of sample 1 is 0.5, expected a class from 0 to 2",
       [] { (void)nn::CrossEntropy::gradient(ones(2, 3), Tensor{0, real(0.5)}); }},
      {"binary cross-entropy: a negative class",
       "nn::BinaryCrossEntropy: target of sample 1 is -1, expected a class from 0 to 2",
       [] { (void)nn::BinaryCrossEntropy::value(ones(2, 3), Tensor{0, -1}); }},
      {"softmax cross-entropy: a class out of range",
       "nn::SoftmaxCrossEntropy: target of sample 1 is 7, expected a class from 0 to 2",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 3), Tensor{0, 7}); }},
      {"softmax cross-entropy: the gradient for a class NaN",
       "nn::SoftmaxCrossEntropy: target of sample 1 is nan, expected a class from 0 to 2",
       [] { (void)nn::SoftmaxCrossEntropy::gradient(ones(2, 3), Tensor{0, real(NAN)}); }},
      {"softmax cross-entropy: one column",
       "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for yes or no "
       "there is BinaryCrossEntropy",
       [] { (void)nn::SoftmaxCrossEntropy::value(ones(2, 1), Tensor{0, 1}); }},
      {"softmax cross-entropy: nothing",
       "nn::SoftmaxCrossEntropy: predictions have shape () and targets (), expected (B, M) and the "
       "same, or (B)",
       [] { (void)nn::SoftmaxCrossEntropy::value(Tensor{}, Tensor{}); }},
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
       [] { (void)nn::AdamW{{.weight_decay = real(NAN)}}; }},
      {"AdamW set to a negative rate",
       "nn::AdamW: learning rate is -1, expected a finite number, 0 or more",
       [] { nn::AdamW{}.set_learning_rate(-1); }},
      {"gradient descent on a gradient of another shape",
       "nn::GradientDescent: weight has shape (3), its gradient (2)",
       [] { step_torn(nn::GradientDescent{}); }},
      {"momentum on a gradient of another shape",
       "nn::Momentum: weight has shape (3), its gradient (2)", [] { step_torn(nn::Momentum{}); }},
      {"RMSProp on a gradient of another shape",
       "nn::RMSProp: weight has shape (3), its gradient (2)", [] { step_torn(nn::RMSProp{}); }},
      {"Adam on a gradient of another shape", "nn::Adam: weight has shape (3), its gradient (2)",
       [] { step_torn(nn::Adam{}); }},
      {"momentum on other parameters",
       "nn::Momentum: stepped on other parameters before; give every network its own optimizer",
       [] { step_others(nn::Momentum{}); }},
      {"RMSProp on other parameters",
       "nn::RMSProp: stepped on other parameters before; give every network its own optimizer",
       [] { step_others(nn::RMSProp{}); }},
      {"Adam on other parameters",
       "nn::Adam: stepped on other parameters before; give every network its own optimizer",
       [] { step_others(nn::Adam{}); }},
      {"AdamW on other parameters",
       "nn::AdamW: stepped on other parameters before; give every network its own optimizer",
       [] { step_others(nn::AdamW{}); }},
      {"gradients clipped to 0", "nn::clip_gradients: maximum is 0, expected more than 0",
       [] { (void)nn::clip_gradients({}, 0); }},
      {"gradients clipped to NaN", "nn::clip_gradients: maximum is nan, expected more than 0",
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
      {"one cycle that only rises", "nn::OneCycle: rise is 1, expected more than 0 and less than 1",
       [] { (void)nn::OneCycle{{.rise = 1}}; }},
      {"one cycle from a negative factor",
       "nn::OneCycle: first is -1, expected a finite number, 0 or more",
       [] { (void)nn::OneCycle{{.first = -1}}; }},
      {"a warm-up of no epochs", "nn::WarmUp: epochs is 0, expected a finite number above 0",
       [] { (void)nn::WarmUp{{.epochs = 0}}; }},
      {"a warm-up from NaN", "nn::WarmUp: first is nan, expected a finite number, 0 or more",
       [] { (void)nn::WarmUp{{.first = NAN}}; }},
      {"a warm-up with nothing behind it", "nn::WarmUp: the schedule that follows is empty",
       [] { (void)nn::WarmUp{{.epochs = 1}, nn::Schedule{}}; }},
      {"a warm-up as long as the training",
       "nn::WarmUp: the rate rises for 5 epochs, the training has 5, expected more",
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
      {"gather from nothing", "nn::gather: the set is empty",
       [] {
         const std::vector<std::size_t> one{0};
         (void)nn::gather(Dataset{}, one);
       }},
      {"gather nothing", "nn::gather: no places, expected at least one",
       [] { (void)nn::gather(points(), {}); }},
      {"gather out of range", "nn::gather: place is 6, expected 0 to 5",
       [] {
         const std::vector<std::size_t> six{6};
         (void)nn::gather(points(), six);
       }},
      {"gather of inputs and targets that differ in number",
       "nn::gather: 6 inputs and 2 targets, expected equally many",
       [] {
         const std::vector<std::size_t> one{0};
         (void)nn::gather(torn(), one);
       }},
      {"choose no classes", "nn::choose_classes: no classes, expected at least one",
       [] { (void)nn::choose_classes(points(), {}); }},
      {"choose a class twice", "nn::choose_classes: class 1 is named twice",
       [] { (void)nn::choose_classes(points(), {1, 1}); }},
      {"choose a class without samples", "nn::choose_classes: no sample is of class 5",
       [] { (void)nn::choose_classes(points(), {5}); }},
      {"choose classes of rows",
       "nn::choose_classes: targets have shape (2, 2), choosing classes needs class numbers (N)",
       [] { (void)nn::choose_classes({.inputs = ones(2, 2), .targets = ones(2, 2)}, {1}); }},
      {"choose classes among targets NaN",
       "nn::choose_classes: target of sample 0 is nan, choosing classes needs class numbers",
       [] { (void)nn::choose_classes({.inputs = ones(1, 2), .targets = Tensor{real(NAN)}}, {1}); }},
      {"batches of nothing", "nn::Batches: the set is empty",
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
       "nn::Batches: 6 inputs and 2 targets, expected equally many",
       [] {
         const Dataset set = torn();
         (void)nn::Batches{set, {.size = 1}};
       }},
      {"a batch out of range", "nn::Batches: batch index is 3, expected 0 to 2",
       [] {
         const Dataset set = points();
         (void)nn::Batches{set, {.size = 2}}[3];
       }},
      {"a split that leaves nothing",
       "nn::split: 4 samples for validation and 2 for test leave none of 6 to train",
       [] { (void)nn::split(points(), nn::Counts{.validation = 4, .test = 2}); }},
      {"a split of nothing",
       "nn::split: 0 samples for validation and 0 for test leave none of 0 to train",
       [] { (void)nn::split(Dataset{}, nn::Counts{}); }},
      {"a split by a share of 1",
       "nn::split: fraction for validation is 1, expected at least 0 and below 1",
       [] { (void)nn::split(points(), nn::Fractions{.validation = 1}); }},
      {"a split by a negative share",
       "nn::split: fraction for test is -0.5, expected at least 0 and below 1",
       [] { (void)nn::split(points(), nn::Fractions{.test = -0.5}); }},
      {"a split by NaN",
       "nn::split: fraction for validation is nan, expected at least 0 and below 1",
       [] { (void)nn::split(points(), nn::Fractions{.validation = NAN}); }},
      {"a split by shares that leave nothing",
       "nn::split: 3 samples for validation and 3 for test leave none of 6 to train",
       [] { (void)nn::split(points(), nn::Fractions{.validation = 0.5, .test = 0.5}); }},
      {"a stratified split of rows",
       "nn::split: targets have shape (4, 2), stratified splitting needs class numbers (N)",
       [] { (void)nn::split_places(ones(4, 2), nn::Counts{.test = 1}, {.stratified = true}); }},
      {"a stratified split of half classes",
       "nn::split: target of sample 1 is 0.5, stratified splitting needs class numbers",
       [] {
         (void)nn::split_places(Tensor{0, real(0.5)}, nn::Counts{.test = 1}, {.stratified = true});
       }},
  };
}

// Augmentation.
std::vector<Case> augmentation() {
  return {
      {"augment: a negative rotation", "nn::Augment: rotation is -1 degrees, expected 0 to 180",
       [] { (void)nn::Augment{{.rotation = -1}}; }},
      {"augment: a shift NaN", "nn::Augment: shift is nan pixels, expected 0 or more",
       [] { (void)nn::Augment{{.shift = NAN}}; }},
      {"augment: a scaling of 1", "nn::Augment: scaling is 1, expected 0 or more and less than 1",
       [] { (void)nn::Augment{{.scaling = 1}}; }},
      {"augment: a shear of 90 degrees",
       "nn::Augment: shear is 90 degrees, expected 0 or more and less than 90",
       [] { (void)nn::Augment{{.shear = 90}}; }},
      {"augment: a negative amplitude", "nn::Elastic: amplitude is -1 pixels, expected 0 or more",
       [] { (void)nn::Augment{{.elastic = {.amplitude = -1}}}; }},
      {"augment: a smoothness of 0", "nn::Elastic: smoothness is 0 pixels, expected 1 or more",
       [] { (void)nn::Augment{{.elastic = {.amplitude = 1, .smoothness = 0}}}; }},
      {"augment: a negative thickness", "nn::Augment: thickness is -1 pixels, expected 0 to 2",
       [] { (void)nn::Augment{{.thickness = -1}}; }},
      {"augment: a thickness NaN", "nn::Augment: thickness is nan pixels, expected 0 to 2",
       [] { (void)nn::Augment{{.thickness = NAN}}; }},
      {"augment: rows that are no squares",
       "nn::Augment: rows of 5 values are no square images, such need the shape (B, C, H, W)",
       [] { (void)nn::Augment{{}}(ones(2, 5), nn::Random{1}); }},
      {"augment: three axes",
       "nn::Augment: images have shape (2, 4, 4), expected (B, C, H, W), or (B, H·H) for square "
       "ones",
       [] { (void)nn::Augment{{}}(ones(2, 4, 4), nn::Random{1}); }},
      {"augment: nothing",
       "nn::Augment: images have shape (), expected (B, C, H, W), or (B, H·H) for square ones",
       [] { (void)nn::Augment{{}}(Tensor{}, nn::Random{1}); }},
      {"warp: to no width", "nn::warp: width is 0, expected a factor above 0",
       [] { (void)nn::warp(ones(2, 4), {.width = 0}); }},
      {"warp: to a height NaN", "nn::warp: height is nan, expected a factor above 0",
       [] { (void)nn::warp(ones(2, 4), {.height = NAN}); }},
      {"warp: a displacement of another size",
       "nn::warp: displacement has shape (2, 3, 3), expected (2, 2, 2)",
       [] { (void)nn::warp(ones(2, 4), {}, ones(2, 3, 3)); }},
      {"thicken: by three pixels", "nn::thicken: pixels is 3, expected -2 to 2",
       [] { (void)nn::thicken(ones(2, 4), 3); }},
      {"thicken: by NaN", "nn::thicken: pixels is nan, expected -2 to 2",
       [] { (void)nn::thicken(ones(2, 4), NAN); }},
      {"thicken: rows that are no squares",
       "nn::thicken: rows of 5 values are no square images, such need the shape (B, C, H, W)",
       [] { (void)nn::thicken(ones(2, 5), 1); }},
      {"displacement: infinitely far", "nn::Elastic: amplitude is inf pixels, expected 0 or more",
       [] { (void)nn::displacement({.amplitude = INFINITY}, 2, 2, nn::Random{1}); }},
      {"displacement: of no pixels",
       "nn::displacement: an image of 0×4 pixels, expected at least 1×1",
       [] { (void)nn::displacement({.amplitude = 1}, 0, 4, nn::Random{1}); }},
  };
}

// Metrics.
std::vector<Case> metrics() {
  return {
      {"classes of a vector", "nn::classes: rows have shape (2), expected (B, M)",
       [] { (void)nn::classes(Tensor{1, 2}); }},
      {"classes of nothing", "nn::classes: rows have shape (), expected (B, M)",
       [] { (void)nn::classes(Tensor{}); }},
      {"target classes that are negative", "nn::target_classes: -1 is not the number of a class",
       [] { (void)nn::target_classes(Tensor{0, -1}); }},
      {"target classes NaN", "nn::target_classes: nan is not the number of a class",
       [] { (void)nn::target_classes(Tensor{real(NAN)}); }},
      {"target classes of images", "nn::classes: rows have shape (2, 2, 2), expected (B, M)",
       [] { (void)nn::target_classes(ones(2, 2, 2)); }},
      {"the target class of a sample that is not there",
       "nn::target_class: sample 2 of 2, counted from 0",
       [] { (void)nn::target_class(Tensor{0, 1}, 2); }},
      {"the target class of nothing", "nn::target_class: sample 0 of 0, counted from 0",
       [] { (void)nn::target_class(Tensor{}, 0); }},
      {"accuracy: targets of another number",
       "nn::Accuracy: 3 predictions and 2 targets, expected equally many",
       [] { nn::Accuracy{}.add(ones(3, 2), Tensor{0, 1}); }},
      {"accuracy: predictions of one axis", "nn::classes: rows have shape (2), expected (B, M)",
       [] { nn::Accuracy{}.add(Tensor{0, 1}, Tensor{0, 1}); }},
      {"accuracy: a class that is not whole",
       "nn::target_classes: 0.5 is not the number of a class",
       [] { nn::Accuracy{}.add(ones(2, 2), Tensor{0, real(0.5)}); }},
      {"top accuracy of 0", "nn::TopAccuracy: k is 0, expected at least 1",
       [] { (void)nn::TopAccuracy{0}; }},
      {"top accuracy: one column",
       "nn::TopAccuracy: predictions have shape (3, 1), expected (B, M) with M at least 2",
       [] { nn::TopAccuracy{2}.add(ones(3, 1), Tensor{0, 1, 0}); }},
      {"top accuracy: nothing",
       "nn::TopAccuracy: predictions have shape (), expected (B, M) with M at least 2",
       [] { nn::TopAccuracy{2}.add(Tensor{}, Tensor{}); }},
      {"precision of one class", "nn::ConfusionMatrix: 1 classes, expected 2 to 65536",
       [] { (void)nn::Precision{1}; }},
      {"recall: a class out of range", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { nn::Recall{2}.add(ones(2, 2), Tensor{0, 2}); }},
      {"F1: more outputs than classes", "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { nn::F1{2}.add(Tensor{{0, 0, 1}}, Tensor{0}); }},
      {"a confusion matrix larger than memory",
       "nn::ConfusionMatrix: 4294967296 classes, expected 2 to 65536",
       [] { (void)nn::ConfusionMatrix{std::size_t{1} << 32U}; }},
      {"a confusion matrix of lists that differ in length",
       "nn::ConfusionMatrix: 0 predictions and 1 targets, expected equally many",
       [] {
         const std::vector<std::size_t> one{1};
         nn::ConfusionMatrix{2}.add(one, {});
       }},
      {"a confusion matrix asked for a class it has not",
       "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { (void)nn::ConfusionMatrix{2}(0, 2); }},
      {"the recall of a class that is not there",
       "nn::ConfusionMatrix: class is 2, expected 0 to 1",
       [] { (void)nn::ConfusionMatrix{2}.recall(2); }},
  };
}

// Training.
std::vector<Case> training() {
  return {
      {"watch a set without a name", "nn::Trainer: a set cannot be named '', which is no word",
       [] {
         Sequential n = network();
         const Dataset set = points();
         trainer(n).watch("", set);
       }},
      {"watch a set named like another",
       "nn::Trainer: a set cannot be named 'validation', another has that name",
       [] {
         Sequential n = network();
         const Dataset set = points();
         trainer(n).watch("validation", set);
       }},
      {"balanced weights of nothing", "nn::balanced_weights: there are no targets",
       [] { (void)nn::balanced_weights(Tensor{}); }},
      {"balanced weights of half classes", "nn::target_classes: 0.5 is not the number of a class",
       [] { (void)nn::balanced_weights(Tensor{real(0.5)}); }},
      {"fit: nothing", "nn::Batches: the set is empty", [] { fit(Dataset{}); }},
      {"fit: no epochs", "nn::Trainer: 0 epochs, expected at least 1",
       [] { fit(points(), {}, {.epochs = 0}); }},
      {"fit: batches of no size", "nn::Batches: batch size is 0, expected 1 to 6",
       [] { fit(points(), {}, {.batch_size = 0}); }},
      {"fit: gradients clipped to a negative norm",
       "nn::Trainer: gradients clipped to norm -1, expected 0 or more",
       [] { fit(points(), {}, {.clip_norm = -1}); }},
      {"fit: patience without a validation set",
       "nn::Trainer: patience is 1, but there is no validation set",
       [] { fit(points(), {}, {.patience = 1}); }},
      {"fit: a negative cost that is enough", "nn::Trainer: enough_cost is -1, expected 0 or more",
       [] { fit(points(), {}, {.enough_cost = -1}); }},
      {"fit: a change NaN", "nn::Trainer: min_change is nan, expected 0 or more",
       [] { fit(points(), {}, {.min_change = NAN}); }},
      {"fit: a class without a weight", "nn::Trainer: 2 class weights, but a target is class 2",
       [] { fit(points(), {}, {.class_weights = {1, 2}}); }},
      {"fit: a class weight NaN",
       "nn::Trainer: the weight of a class is nan, expected a finite number, 0 or more",
       [] { fit(points(), {}, {.class_weights = {1, 1, NAN}}); }},
      {"fit: class weights that are all 0", "nn::Trainer: the weights of all classes are 0",
       [] { fit(points(), {}, {.class_weights = {0, 0, 0}}); }},
      {"fit: a schedule that gives NaN",
       "nn::Trainer: the schedule gives the factor nan after 0 epochs, expected a finite number, 0 "
       "or more",
       [] { fit(points(), {}, {.schedule = [](const nn::Progress&) { return NAN; }}); }},
      {"fit: an augmentation that loses samples", "nn::Trainer: augment made 5 samples of 6",
       [] { fit(points(), {}, {.augment = [](Tensor, nn::Random) { return ones(5, 2); }}); }},
      {"fit: an augmentation that gives nothing", "nn::Trainer: augment made 0 samples of 6",
       [] { fit(points(), {}, {.augment = [](Tensor, nn::Random) { return Tensor{}; }}); }},
      {"fit: an augmentation that changes the shape",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns, the input has 3",
       [] { fit(points(), {}, {.augment = [](Tensor, nn::Random) { return ones(6, 3); }}); }},
      {"fit: inputs and targets that differ in number",
       "nn::Batches: 6 inputs and 2 targets, expected equally many", [] { fit(torn()); }},
      {"fit: inputs of other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns, the input has 5",
       [] { fit({.inputs = ones(6, 5), .targets = Tensor{Shape{6}}}); }},
      {"fit: a label out of range",
       "nn::SoftmaxCrossEntropy: target of sample 0 is 3, expected a class from 0 to 2",
       [] {
         Dataset set = points();
         set.targets(4) = 3;
         fit(set);
       }},
      {"fit: an input NaN",
       "nn::Trainer: sample 4 of the training set: input 1 is nan, expected finite numbers",
       [] {
         Dataset set = points();
         set.inputs(4, 1) = real(NAN);
         fit(set);
       }},
      {"fit: an input infinite in the validation set",
       "nn::Trainer: sample 0 of the validation set: input 0 is -inf, expected finite numbers",
       [] {
         Dataset set = points();
         set.inputs(0, 0) = -real(INFINITY);
         fit(points(), set);
       }},
      {"fit: a target NaN",
       "nn::Trainer: sample 5 of the training set: target 0 is nan, expected finite numbers",
       [] {
         Dataset set = points();
         set.targets(5) = real(NAN);
         fit(set);
       }},
      {"fit: validation inputs of other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns, the input has 5",
       [] { fit(points(), {.inputs = ones(6, 5), .targets = Tensor{Shape{6}}}); }},
      {"fit: validation without inputs",
       "nn::Batches: 0 inputs and 2 targets, expected equally many",
       [] { fit(points(), {.inputs = {}, .targets = Tensor{1, 2}}); }},
      {"fit: a network without layers", "nn::Trainer: the network has no layers",
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
      {"evaluate: nothing", "nn::Batches: the set is empty",
       [] {
         Sequential n = network();
         trainer(n).evaluate(Dataset{});
       }},
      {"evaluate: an input NaN",
       "nn::Trainer: sample 1 of the set: input 0 is nan, expected finite numbers",
       [] {
         Sequential n = network();
         Dataset set = points();
         set.inputs(1, 0) = real(NAN);
         trainer(n).evaluate(set);
       }},
      {"evaluate: a named set with an infinite target",
       "nn::Trainer: sample 2 of set odd: target 0 is inf, expected finite numbers",
       [] {
         Sequential n = network();
         Dataset set = points();
         set.targets(2) = real(INFINITY);
         trainer(n).evaluate({{"odd", set}});
       }},
      {"evaluate: inputs of another rank",
       "nn::Sequential: layer 1 (Dense 2→4) expects rows of 2 columns (put nn::Flatten before it), "
       "the input has (1, 2)",
       [] {
         Sequential n = network();
         trainer(n).evaluate({.inputs = ones(6, 1, 2), .targets = Tensor{Shape{6}}});
       }},
      {"predict: nothing", "nn::Trainer: inputs are empty",
       [] {
         Sequential n = network();
         (void)trainer(n).predict(Tensor{});
       }},
      {"predict: other columns",
       "nn::Sequential: layer 1 (Dense 2→4) expects 2 columns, the input has 5",
       [] {
         Sequential n = network();
         (void)trainer(n).predict(ones(4, 5));
       }},
      {"predict classes of outputs that are no rows",
       "nn::classes: rows have shape (4, 1, 2), expected (B, M)",
       [] {
         Sequential n{nn::Reshape{1, 2}};
         (void)trainer(n).predict_classes(ones(4, 2));
       }},
      {"a trainer set to a rate NaN",
       "nn::Adam: learning rate is nan, expected a finite number, 0 or more",
       [] {
         Sequential n = network();
         trainer(n).set_learning_rate(real(NAN));
       }},
  };
}

// Files.
std::vector<Case> files() {
  return {
      {"mnist: a folder without files",
       "nn::mnist: no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in /nowhere",
       [] { (void)nn::mnist::load("/nowhere"); }, Refusal::runtime_error},
      {"mnist: an IDX file that is not there", "nn::mnist: no file images or images.gz in /nowhere",
       [] { (void)nn::mnist::read_idx("/nowhere/images", 3); }, Refusal::runtime_error},
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
      {"history: a file that cannot be written",
       "nn::History: cannot write /nowhere/history.csv: No such file or directory",
       [] { nn::History{}.write_csv("/nowhere/history.csv"); }, Refusal::runtime_error},
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

/// Without the folder that a file of a case stood in, which has another name each time.
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
        backward_before_forward, backward_of_what_was_not_the_output, moved_from, networks, costs,
        optimizers, schedules, data, augmentation, metrics, training, files}) {
    for (const Case& row : group()) {
      const Outcome outcome = outcome_of(row.call);
      EXPECT_EQ(outcome.type, row.type) << row.words << ": " << outcome.text;
      EXPECT_EQ(without_folder(outcome.text), row.text) << row.words;
      // DUMP std::printf("DUMP %s | %s\n", row.words.c_str(),
      // without_folder(outcome.text).c_str());
      ++cases;
    }
  }
  std::printf("%zu cases of misuse, each refused with its exception and its text\n", cases);
  EXPECT_GE(cases, 120U);
}

// What is refused leaves things as they were.

TEST(Misuse, LeavesANetworkUsable) {
  Sequential n = network();
  EXPECT_THROW(n.push(nn::Dense{5, 1}), std::invalid_argument);
  EXPECT_THROW((void)n.forward(ones(4, 7)), std::invalid_argument);
  EXPECT_EQ(n.forward(ones(4, 2)).shape(), (Shape{4, 3}));
  EXPECT_THROW((void)n.backward(ones(1, 1)), std::invalid_argument);
  EXPECT_EQ(n.backward(ones(4, 3)).shape(), (Shape{4, 2}));
}

// Twice is no misuse: the gradients are written anew.
TEST(Misuse, IsNotASecondBackward) {
  nn::Random random{1};
  Sequential n{nn::Dense{2, 4, nn::He{random}}, nn::ReLU{}, nn::Dense{4, 3, nn::He{random}}};
  (void)n.forward(ones(4, 2));
  const Tensor first = n.backward(ones(4, 3));
  const Tensor gradient = n.parameters()[0]->gradient;
  EXPECT_EQ(n.backward(ones(4, 3)), first);
  EXPECT_EQ(n.parameters()[0]->gradient, gradient);
}

// Nor is a metric without samples.
TEST(Misuse, IsNotAMetricWithoutSamples) {
  EXPECT_EQ(nn::Accuracy{}.value(), 0);
  EXPECT_EQ(nn::TopAccuracy{3}.value(), 0);
  EXPECT_EQ(nn::Precision{3}.value(), 0);
  EXPECT_EQ(nn::Recall{3}.value(), 0);
  EXPECT_EQ(nn::F1{3}.value(), 0);
  EXPECT_EQ(nn::ConfusionMatrix{3}.accuracy(), 0);
}

// What was moved from can be given something new.
TEST(Misuse, EndsWithAssignment) {
  Sequential from = network();
  const Sequential to = std::move(from);
  from = to;
  EXPECT_EQ(from.predict(ones(4, 2)).shape(), (Shape{4, 3}));
  nn::Dense dense{2, 3};
  const nn::Dense taken = std::move(dense);
  dense = taken;
  EXPECT_EQ(dense.predict(ones(4, 2)).shape(), (Shape{4, 3}));
}

// A network may become the one inside it.
TEST(Misuse, IsNotBecomingAPartOfOneself) {
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

// Displacements and turns of any size: what looks outside the image sees 0.
TEST(Misuse, IsNotAWarpOutOfTheImage) {
  for (const double far : {1e9, 1e300}) {
    EXPECT_EQ(nn::warp(ones(2, 16), {.right = far, .down = -far}), Tensor(Shape{2, 16}));
  }
  const Tensor lost{Shape{2, 4, 4}, real(NAN)};
  for (const real x : nn::warp(ones(2, 16), {}, lost).values()) EXPECT_EQ(x, 0);
  (void)nn::Augment{{.shift = 1e300, .elastic = {.amplitude = 1e300, .smoothness = 1e300}}}(
      ones(2, 16), nn::Random{1});
}

// NOLINTEND(bugprone-use-after-move)

}  // namespace
