// Chapter 8: convolution. Read with docs/chapters/08_convolution.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cstddef>
#include <exception>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using lecture::percent_right;
using nn::real;
using nn::Shape;
using nn::Tensor;

Tensor filled(const Shape& shape, std::initializer_list<real> values) {
  return Tensor{shape, std::span{values}};
}

/// Prints images row by row, one below the other.
void show_rows(const std::string& name, const Tensor& images) {
  const std::size_t width = images.shape()[images.rank() - 1];
  lecture::show(name, images.reshaped(Shape{images.size() / width, width}));
}
// [/fold]

// [training]
/// The same digits, the pixels of all of them in one new order.
nn::Dataset shuffled(const nn::Dataset& digits) {
  nn::Random random{8};
  const std::vector<std::size_t> from = random.permutation(784);
  nn::Dataset result = digits;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    for (std::size_t p = 0; p < from.size(); ++p) result.inputs(i, p) = digits.inputs(i, from[p]);
  }
  return result;
}

/// Trains on 300 batches of 100.
void train(nn::Sequential& network, const nn::Dataset& digits) {
  nn::Training training{network,
                        nn::SoftmaxCrossEntropy{},
                        nn::Adam{{.learning_rate = 0.005F}},
                        digits,
                        {.batches = {.size = 100, .shuffle = false}}};
  for (int i = 0; i < 300; ++i) training.step();
}
// [/training]

// [unturned]
/// One channel in, one out, and a mistake: on the way back the kernel is not turned.
class Unturned {
 public:
  explicit Unturned(nn::Convolution convolution) : inner_{std::move(convolution)} {}

  [[nodiscard]] std::string name() const { return inner_.name(); }
  [[nodiscard]] Shape output_shape(const Shape& sample) const {
    return inner_.output_shape(sample);
  }
  Tensor forward(const Tensor& x) { return inner_.forward(x); }
  [[nodiscard]] Tensor predict(const Tensor& x) const { return inner_.predict(x); }
  Tensor backward(const Tensor& dy) {
    inner_.backward_parameters(dy);
    const Tensor& kernel = inner_.kernels();
    const nn::Padding padding{{kernel.shape()[2] - 1, kernel.shape()[3] - 1}};
    return nn::Convolution{kernel, Tensor{0}, 1, padding}.predict(dy);
  }
  [[nodiscard]] std::vector<nn::Parameter*> parameters() { return inner_.parameters(); }

 private:
  nn::Convolution inner_;
};
// [/unturned]

// [neighbours]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 8: convolution");

  heading("8.1 A dense layer has no neighbours");
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  const nn::Split mixed{shuffled(digits.training), shuffled(digits.validation), {}};
  const auto five_starts = [](const nn::Split& images) {
    for (std::size_t start = 1; start <= 5; ++start) {
      nn::Random random{start};
      nn::Sequential network{nn::Dense{784, 32, nn::He{random}}, nn::ReLU{},
                             nn::Dense{32, 10, nn::Glorot{random}}};
      train(network, images.training);
      fmt::print("{:6.1f}", percent_right(network, images.validation));
    }
    fmt::print("  % right\n");
  };
  fmt::print("  pixels in order:");
  five_starts(digits);
  fmt::print("  pixels shuffled:");
  five_starts(mixed);
  // [/neighbours]

  // [hand]
  heading("8.2 A window that moves");
  const Tensor X = filled(Shape{1, 1, 4, 4}, {1, 0, 2, 1,  //
                                              0, 1, 0, 2,  //
                                              2, 1, 1, 0,  //
                                              1, 0, 2, 1});
  const Tensor K = filled(Shape{1, 1, 2, 2}, {1, 2,  //
                                              0, -1});
  nn::Convolution small{K, Tensor{1}};
  show_rows("X", X);
  show_rows("K", K);
  show_rows("Y", small.forward(X));
  // [/hand]

  // [edge]
  heading("8.3 An edge");
  const Tensor corner = filled(Shape{1, 1, 5, 6}, {0, 0, 0, 0, 0, 0,  //
                                                   0, 0, 0, 0, 0, 0,  //
                                                   0, 0, 0, 1, 1, 1,  //
                                                   0, 0, 0, 1, 1, 1,  //
                                                   0, 0, 0, 1, 1, 1});
  const nn::Convolution upright{filled(Shape{1, 1, 1, 2}, {-1, 1}), Tensor{0}};
  const nn::Convolution level{filled(Shape{1, 1, 2, 1}, {-1, 1}), Tensor{0}};
  show_rows("upright", upright.predict(corner));
  show_rows("level", level.predict(corner));
  // [/edge]

  // [channels]
  heading("8.4 Channels, and weights that are shared");
  const Tensor two = filled(Shape{1, 2, 2, 2}, {1, 2, 3, 4,  //
                                                1, 0, 0, 1});
  const nn::Convolution sum{filled(Shape{1, 2, 2, 2}, {1, 0, 0, 1,  //
                                                       0, 1, 1, -2}),
                            Tensor{0.5}};
  show_rows("Y", sum.predict(two));
  const nn::Sequential shared{nn::Convolution{1, 8, {.kernel = 5}}};
  const nn::Sequential all{nn::Dense{784, 4608}};
  fmt::print("  convolution: {:>9} parameters\n", shared.parameter_count());
  fmt::print("  dense:       {:>9} parameters\n", all.parameter_count());
  // [/channels]

  // [stride]
  heading("8.5 Stride and padding");
  const auto tell = [](const nn::Convolution& layer) {
    fmt::print("  {:<44}{}\n", layer.name(), to_string(layer.output_shape(Shape{1, 28, 28})));
  };
  tell({1, 8, {.kernel = 5}});
  tell({1, 8, {.kernel = 5, .padding = nn::Padding::same()}});
  tell({1, 8, {.kernel = 5, .stride = 2}});
  tell({1, 8, {.kernel = 5, .stride = 2, .padding = nn::Padding{1}}});
  // [/stride]

  // [backward]
  heading("8.6 Backward");
  const Tensor dY = filled(Shape{1, 1, 3, 3}, {1, 0, 0,  //
                                               0, 0, 0,  //
                                               0, 0, 2});
  show_rows("dX", small.backward(dY));
  show_rows("dK", small.parameters()[0]->gradient);
  show_rows("db", small.parameters()[1]->gradient);
  // [/backward]

  // [pooling]
  heading("8.7 Pooling");
  const Tensor ones{Shape{1, 1, 2, 2}, 1};
  nn::MaxPool largest{2};
  show_rows("largest", largest.forward(X));
  show_rows("dX", largest.backward(ones));
  nn::AveragePool mean{2};
  show_rows("mean", mean.forward(X));
  show_rows("dX", mean.backward(ones));
  // [/pooling]

  // [check]
  heading("8.8 Check yourself");
  nn::Random random{1};
  Tensor images{Shape{2, 2, 6, 6}};
  for (std::size_t i = 0; i < images.size(); ++i) {
    // No two are nearer than 0.02, so that no nudge makes another one the largest.
    images.values()[i] = 0.02F * static_cast<real>(i * 31 % images.size()) - 1;
  }
  lecture::check_gradients("convolution", nn::Convolution{2, 3, {.kernel = 3}, nn::He{random}},
                           images);
  lecture::check_gradients(
      "with stride and padding",
      nn::Convolution{2, 3, {.kernel = 3, .stride = 2, .padding = nn::Padding{1}}, nn::He{random}},
      images);
  lecture::check_gradients("max pooling", nn::MaxPool{2}, images);
  lecture::check_gradients("average pooling", nn::AveragePool{2}, images);
  // [/check]

  // [mnist]
  heading("8.9 Digits");
  const auto convolutional = [] {
    nn::Random start{1};
    return nn::Sequential{nn::Reshape{1, 28, 28},
                          nn::Convolution{1, 8, {.kernel = 5}, nn::RandomNormal{start, 0.05}},
                          nn::ReLU{},
                          nn::MaxPool{2},
                          nn::Flatten{},
                          nn::Dense{1152, 10, nn::Glorot{start}}};
  };
  nn::Sequential network = convolutional();
  fmt::print("{}", network.summary(Shape{784}));
  train(network, digits.training);
  fmt::print("  pixels in order:  {:.1f} % right\n", percent_right(network, digits.validation));

  const Tensor filters = network.layer<nn::Convolution>(1).kernels();
  std::string lines = "filter,row,column,grey\n";
  for (std::size_t o = 0; o < 8; ++o) {
    for (std::size_t m = 0; m < 5; ++m) {
      for (std::size_t n = 0; n < 5; ++n) {
        // 128 is a weight of 0: so numbers near 0 are not compared to their last digit.
        lines += fmt::format("{},{},{},{:.1f}\n", o, m, n, 128 + 100 * filters(o, 0, m, n));
      }
    }
  }
  lecture::keep("08_filters.csv", lines);

  network = convolutional();
  train(network, mixed.training);
  fmt::print("  pixels shuffled:  {:.1f} % right\n", percent_right(network, mixed.validation));
  // [/mnist]

  // [break]
  heading("8.10 Break it: a kernel not turned");
  const Tensor one{Shape{1, 1, 6, 6}, images.values().first(36)};
  lecture::check_gradients("not turned", Unturned{small}, one);
  const Tensor mirror = filled(Shape{1, 1, 2, 2}, {1, 2, 2, 1});
  lecture::check_gradients("not turned, but the same", Unturned{nn::Convolution{mirror, Tensor{1}}},
                           one);
  // [/break]

  // [shapes]
  heading("8.11 Break it: shapes that do not fit");
  const auto refused = [](const auto& layer, const Shape& sample) {
    try {
      static_cast<void>(layer.predict(Tensor{sample.batch(1)}));
    } catch (const std::exception& error) {
      fmt::print("  {}\n", error.what());
    }
  };
  refused(nn::Convolution{3, 8, {.kernel = 5}}, Shape{1, 28, 28});
  refused(nn::Convolution{1, 8, {.kernel = 5}}, Shape{1, 4, 4});
  refused(nn::MaxPool{2}, Shape{8, 1, 1});
}
// [/shapes]
