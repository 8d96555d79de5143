// Chapter 8: convolution. Read with docs/chapters/08_convolution.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using lecture::show;
using nn::real;
using nn::Shape;
using nn::Tensor;
// [/fold]

// [training]
/// Pixel p of a shuffled image is pixel from[p] of the digit.
const std::vector<std::size_t> from = nn::Random{8}.permutation(784);
nn::Dataset shuffled(const nn::Dataset& digits) {
  nn::Dataset result = digits;
  for (std::size_t i = 0; i < digits.size(); ++i)
    for (std::size_t p = 0; p < 784; ++p) result.inputs(i, p) = digits.inputs(i, from[p]);
  return result;
}

/// Trains on the first 300 batches of 100, in the order of the data set.
nn::Sequential trained(nn::Sequential network, const nn::Dataset& digits) {
  const nn::Adam adam{{.learning_rate = 0.005F}};
  const nn::TrainingOptions options{.batches = {.size = 100, .shuffle = false}};
  nn::Training training{network, nn::SoftmaxCrossEntropy{}, adam, digits, options};
  for (int i = 0; i < 300; ++i) training.step();
  return network;
}

/// The percentage of validation images that a network gets right after training, over five seeds.
template <class Make>
std::string percent_of_five(const Make& make, const nn::Split& digits) {
  return to_string(lecture::spread(lecture::for_seeds(5, [&](std::uint64_t seed) {
    return lecture::percent_right(trained(make(seed), digits.training), digits.validation);
  })));
}

nn::Sequential dense_network(std::uint64_t seed) {
  nn::Random random{seed};
  return nn::Sequential{nn::Dense{784, 32, nn::He{random}}, nn::ReLU{},
                        nn::Dense{32, 10, nn::Glorot{random}}};
}

void no_neighbors(const nn::Split& digits, const nn::Split& mixed) {
  heading("8.1 A dense layer does not know which pixels are neighbors");
  Tensor pair = digits.training.inputs.rows(0, 2);
  std::ranges::copy(mixed.training.inputs.row(0), pair.row(1).begin());
  lecture::draw(pair, 0);
  fmt::print("  pixels in order:  {} % right\n", percent_of_five(dense_network, digits));
  fmt::print("  pixels shuffled:  {} % right\n", percent_of_five(dense_network, mixed));
  lecture::keep("08_shuffled.csv", "pixel", 1, {{"from", {from.begin(), from.end()}}});
}
// [/training]

// [slide]
/// One channel: slides the kernel k over the image x, one output for each window.
Tensor slide(const Tensor& x, const Tensor& k, real bias) {
  Tensor y{Shape{x.rows() - k.rows() + 1, x.columns() - k.columns() + 1}, bias};
  for (std::size_t i = 0; i < y.rows(); ++i)
    for (std::size_t j = 0; j < y.columns(); ++j)
      for (std::size_t m = 0; m < k.rows(); ++m)
        for (std::size_t n = 0; n < k.columns(); ++n) y(i, j) += x(i + m, j + n) * k(m, n);
  return y;
}

const Tensor X{{1, 0, 2, 1}, {0, 1, 0, 2}, {2, 1, 1, 0}, {1, 0, 2, 1}};
const Tensor K{{1, 2}, {0, -1}};

void by_hand() {
  heading("8.2 A window that moves");
  show("X", X);
  show("K", K);
  show("Y", slide(X, K, 1));
}
// [/slide]

// [edge]
void edges() {
  heading("8.3 Finding edges");
  const Tensor corner{{0, 0, 0, 0, 0, 0},
                      {0, 0, 0, 0, 0, 0},
                      {0, 0, 0, 1, 1, 1},
                      {0, 0, 0, 1, 1, 1},
                      {0, 0, 0, 1, 1, 1}};
  show("vertical", slide(corner, Tensor{{-1, 1}}, 0));
  show("horizontal", slide(corner, Tensor{{-1}, {1}}, 0));
}
// [/edge]

// [forward]
/// The formula, with a loop for each of its letters and one for the images of the batch.
Tensor plain_forward(const Tensor& x, const Tensor& k, const Tensor& bias) {
  Tensor y{Shape{x.shape()[0], k.shape()[0], x.shape()[2] - k.shape()[2] + 1,
                 x.shape()[3] - k.shape()[3] + 1}};
  for (std::size_t image = 0; image < y.shape()[0]; ++image)
    for (std::size_t o = 0; o < y.shape()[1]; ++o)
      for (std::size_t i = 0; i < y.shape()[2]; ++i)
        for (std::size_t j = 0; j < y.shape()[3]; ++j) {
          y(image, o, i, j) = bias(o);
          for (std::size_t c = 0; c < k.shape()[1]; ++c)
            for (std::size_t m = 0; m < k.shape()[2]; ++m)
              for (std::size_t n = 0; n < k.shape()[3]; ++n)
                y(image, o, i, j) += x(image, c, i + m, j + n) * k(o, c, m, n);
        }
  return y;
}

void channels() {
  heading("8.4 Channels, and weights that are shared");
  const Tensor x = Tensor{1, 2, 3, 4, 1, 0, 0, 1}.reshaped(Shape{1, 2, 2, 2});
  const Tensor k = Tensor{1, 0, 0, 1, 0, 1, 1, -2}.reshaped(Shape{1, 2, 2, 2});
  show("Y", plain_forward(x, k, Tensor{0.5}));
  show("layer", nn::Convolution{k, Tensor{0.5}}.predict(x));
}
// [/forward]

// [stride]
void strides() {
  heading("8.5 Stride and padding");
  const auto print_shape = [](const nn::Convolution& layer) {
    fmt::print("  {:<44}{}\n", layer.name(), to_string(layer.output_shape(Shape{1, 28, 28})));
  };
  print_shape({1, 8, {.kernel = 5}});
  print_shape({1, 8, {.kernel = 5, .padding = nn::Padding::same()}});
  print_shape({1, 8, {.kernel = 5, .stride = 2, .padding = nn::Padding{1}}});
}
// [/stride]

// [backward]
struct Gradients {
  Tensor x, k, bias;
};

/// Runs the loops of the forward pass; each product adds to the gradients of its two factors.
Gradients plain_backward(const Tensor& x, const Tensor& k, const Tensor& dy) {
  Gradients d{Tensor{x.shape()}, Tensor{k.shape()}, Tensor{Shape{k.shape()[0]}}};
  for (std::size_t image = 0; image < dy.shape()[0]; ++image)
    for (std::size_t o = 0; o < dy.shape()[1]; ++o)
      for (std::size_t i = 0; i < dy.shape()[2]; ++i)
        for (std::size_t j = 0; j < dy.shape()[3]; ++j) {
          d.bias(o) += dy(image, o, i, j);
          for (std::size_t c = 0; c < k.shape()[1]; ++c)
            for (std::size_t m = 0; m < k.shape()[2]; ++m)
              for (std::size_t n = 0; n < k.shape()[3]; ++n) {
                d.k(o, c, m, n) += dy(image, o, i, j) * x(image, c, i + m, j + n);
                d.x(image, c, i + m, j + n) += dy(image, o, i, j) * k(o, c, m, n);
              }
        }
  return d;
}

/// Turns a matrix into a batch of one image with one channel; `rows` turns it back.
Tensor image(const Tensor& rows) { return rows.reshaped(Shape{1, 1, rows.rows(), rows.columns()}); }
Tensor rows(const Tensor& image) { return image.reshaped(image.shape().sample().sample()); }

void backward_by_hand() {
  heading("8.6 The backward pass");
  const Tensor dY{{1, 0, 0}, {0, 0, 0}, {0, 0, 2}};
  const Gradients d = plain_backward(image(X), image(K), image(dY));
  show("dX", rows(d.x));
  show("dK", rows(d.k));
  show("db", d.bias);
}
// [/backward]

// [pool]
/// Returns Y, the largest of each 2 × 2 pixels, and dX, which is dY at these largest pixels.
std::pair<Tensor, Tensor> plain_max_pool(const Tensor& x, const Tensor& dy) {
  Tensor y{dy.shape()};
  Tensor dx{x.shape()};
  for (std::size_t i = 0; i < dy.rows(); ++i)
    for (std::size_t j = 0; j < dy.columns(); ++j) {
      std::size_t row = 2 * i;
      std::size_t column = 2 * j;
      for (std::size_t r = 2 * i; r < 2 * i + 2; ++r)
        for (std::size_t q = 2 * j; q < 2 * j + 2; ++q)
          if (x(r, q) > x(row, column)) row = r, column = q;
      y(i, j) = x(row, column);
      dx(row, column) = dy(i, j);
    }
  return {y, dx};
}

void pooling() {
  heading("8.7 Pooling");
  const auto [largest, dx] = plain_max_pool(X, Tensor{{1, 1}, {1, 1}});
  show("largest", largest);
  show("dX", dx);
  show("mean", rows(nn::AveragePool{2}.predict(image(X))));
}
// [/pool]

// [check]
/// Distinct numbers from -1 upward in steps of 0.02, in a scrambled order.
Tensor scattered(const Shape& shape) {
  Tensor x{shape};
  for (std::size_t i = 0; i < x.size(); ++i)
    x.values()[i] = 0.02F * static_cast<real>(i * 31 % x.size()) - 1;
  return x;
}

void check_equal(const char* what, const Tensor& module, const Tensor& plain) {
  double largest = 0;
  for (std::size_t i = 0; i < plain.size(); ++i)
    largest = std::max<double>(largest, std::abs(module.values()[i] - plain.values()[i]));
  lecture::check(what, largest, 1e-5);
}

void check_yourself() {
  heading("8.8 Check yourself");
  nn::Random random{1};
  const nn::He he{random};
  const Tensor x = scattered(Shape{2, 2, 6, 6});
  nn::Convolution layer{2, 3, {.kernel = 3}, he};
  const Tensor y = layer.forward(x);
  const Tensor dy = scattered(y.shape());
  const Gradients d = plain_backward(x, layer.kernels(), dy);
  check_equal("output", y, plain_forward(x, layer.kernels(), layer.biases()));
  check_equal("input gradient", layer.backward(dy), d.x);
  check_equal("kernel gradient", layer.parameters()[0]->gradient, d.k);
  check_equal("bias gradient", layer.parameters()[1]->gradient, d.bias);
  const Tensor matrix = scattered(Shape{6, 6});
  const Tensor dmax = scattered(Shape{3, 3});
  const auto [plain_y, plain_dx] = plain_max_pool(matrix, dmax);
  nn::MaxPool pool{2};
  check_equal("max pooling: output", pool.forward(image(matrix)), plain_y);
  check_equal("max pooling: input gradient", pool.backward(image(dmax)), plain_dx);
  const nn::Convolution padded{2, 3, {.kernel = 3, .stride = 2, .padding = nn::Padding{1}}, he};
  lecture::check_gradients("with stride and padding", padded, x);
}
// [/check]

// [mnist]
nn::Sequential convolutional_network(std::uint64_t seed) {
  nn::Random random{seed};
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 8, {.kernel = 5}, nn::RandomNormal{random, 0.05}},
                        nn::ReLU{},
                        nn::MaxPool{2},
                        nn::Flatten{},
                        nn::Dense{1152, 10, nn::Glorot{random}}};
}

void digits_with_neighbors(const nn::Split& digits, const nn::Split& mixed) {
  heading("8.9 A small CNN learns digits");
  const nn::Sequential network = trained(convolutional_network(1), digits.training);
  fmt::print("{}", network.summary(Shape{784}));
  fmt::print("  pixels in order:  {} % right\n", percent_of_five(convolutional_network, digits));
  fmt::print("  pixels shuffled:  {} % right\n", percent_of_five(convolutional_network, mixed));
  std::vector<double> gray;  // a weight of 0 becomes 128
  for (const real w : network.layer<nn::Convolution>(1).kernels().values())
    gray.push_back(128 + 100 * w);
  lecture::keep("08_filters.csv", "weight", 1, {{.name = "gray", .values = gray}});
}
// [/mnist]

// [break]
void break_the_rotation() {
  heading("8.10 Break it: a kernel not rotated");
  const Tensor dY = image(scattered(Shape{3, 3}));
  const auto compare = [&](const char* what, const Tensor& kernel, const Tensor& used) {
    const nn::Convolution back{image(used), Tensor{0}, 1, nn::Padding{1}};
    check_equal(what, back.predict(dY), plain_backward(image(X), image(kernel), dY).x);
  };
  compare("rotated", K, Tensor{{-1, 0}, {2, 1}});
  compare("not rotated", K, K);
  compare("not rotated, symmetric", Tensor{{1, 2}, {2, 1}}, Tensor{{1, 2}, {2, 1}});
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 8: convolution");
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  const nn::Split mixed{shuffled(digits.training), shuffled(digits.validation), {}};
  no_neighbors(digits, mixed);
  by_hand();
  edges();
  channels();
  strides();
  backward_by_hand();
  pooling();
  check_yourself();
  digits_with_neighbors(digits, mixed);
  break_the_rotation();
}
// [/main]
