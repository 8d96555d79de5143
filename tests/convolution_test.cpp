// nn.convolution: by hand, against plain loops, against PyTorch; shapes and errors.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.activation;
import nn.backprop;
import nn.convolution;
import nn.cost;
import nn.dataset;
import nn.dense;
import nn.reshape;
import nn.test;
import nn.vector;

namespace {

using nn::Convolution;
using nn::Extent;
using nn::InterleavedImages;
using nn::Padding;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::refusal;
using nn::test::tolerance;
using nn::test::whole_noise;

static_assert(nn::FirstLayer<Convolution>);

/// One image of one channel.
Tensor image(const Tensor& rows) { return rows.reshaped(Shape{1, 1, rows.rows(), rows.columns()}); }

// The kernel (1 2 / 0 −1) on the image's upper left corner: 1·1 + 2·2 + 0·4 − 1·5 = 0; plus the
// bias 10. The kernel is not rotated by 180°: what the field calls a convolution is a
// cross-correlation.
TEST(Convolution, ByHand) {
  Convolution layer{image(Tensor{{1, 2}, {0, -1}}), Tensor{10}};
  const Tensor x = image(Tensor{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{10, 12}, {16, 18}}));

  // ∂C/∂Y = (1 0 / 0 1): ∂C/∂K(m, n) = X(m, n) + X(m + 1, n + 1), ∂C/∂b = 2, and ∂C/∂X is the
  // kernel laid on the two places that took part.
  const Tensor dx = layer.backward(image(Tensor{{1, 0}, {0, 1}}));
  EXPECT_EQ(layer.parameters()[0]->gradient, image(Tensor{{6, 8}, {12, 14}}));
  EXPECT_EQ(layer.parameters()[1]->gradient, Tensor{2});
  EXPECT_EQ(dx, image(Tensor{{1, 2, 0}, {0, 0, 2}, {0, 0, -1}}));
}

// Two input channels are added up; two output channels use the same image.
TEST(Convolution, JoinsEveryInputChannelToEveryOutputChannel) {
  const Tensor kernels = Tensor{1, 10, 100, 1000}.reshaped(Shape{2, 2, 1, 1});
  const Convolution layer{kernels, Tensor{0, 5}};
  const Tensor x = Tensor{1, 2, 3, 4}.reshaped(Shape{1, 2, 1, 2});
  EXPECT_EQ(layer.predict(x), (Tensor{31, 42, 3105, 4205}.reshaped(Shape{1, 2, 1, 2})));
}

TEST(Convolution, AddsItsBias) {
  const Convolution layer{Tensor{Shape{2, 1, 3, 3}}, Tensor{0.5, -7}};
  const Tensor y = layer.predict(whole_noise(Shape{1, 1, 5, 5}));
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(y.values()[i], real{0.5});
    EXPECT_EQ(y.values()[9 + i], -7);
  }
}

// ------------------------------------------------------------------------- the formula as loops

// Forward and backward exactly as in the formulas of nn::Convolution, one loop for each letter.
// `zeros` are the rows of zeros above the image and the columns of zeros to its left.

/// X(b, c, i, j), the image with zeros around it.
real padded(const Tensor& x, Extent zeros, std::size_t b, std::size_t c, std::size_t i,
            std::size_t j) {
  if (i < zeros.height || i - zeros.height >= x.shape()[2]) return 0;
  if (j < zeros.width || j - zeros.width >= x.shape()[3]) return 0;
  return x(b, c, i - zeros.height, j - zeros.width);
}

/// Y(b, o, i, j) = b(o) + Σ_c Σ_m Σ_n X(b, c, s i + m, s j + n) K(o, c, m, n).
Tensor plain_forward(const Tensor& x, const Tensor& kernels, const Tensor& biases, Extent stride,
                     Extent zeros, const Shape& output) {
  const Shape& k = kernels.shape();
  Tensor y{output};
  for (std::size_t b = 0; b < output[0]; ++b) {
    for (std::size_t o = 0; o < output[1]; ++o) {
      for (std::size_t i = 0; i < output[2]; ++i) {
        for (std::size_t j = 0; j < output[3]; ++j) {
          y(b, o, i, j) = biases(o);
          for (std::size_t c = 0; c < k[1]; ++c) {
            for (std::size_t m = 0; m < k[2]; ++m) {
              for (std::size_t n = 0; n < k[3]; ++n) {
                y(b, o, i, j) +=
                    padded(x, zeros, b, c, stride.height * i + m, stride.width * j + n) *
                    kernels(o, c, m, n);
              }
            }
          }
        }
      }
    }
  }
  return y;
}

/// ∂C/∂K(o, c, m, n) = Σ_b Σ_i Σ_j ∂C/∂Y(b, o, i, j) X(b, c, s i + m, s j + n).
Tensor plain_kernel_gradient(const Tensor& x, const Tensor& dy, Extent stride, Extent zeros,
                             const Shape& kernels) {
  Tensor dk{kernels};
  for (std::size_t o = 0; o < kernels[0]; ++o) {
    for (std::size_t c = 0; c < kernels[1]; ++c) {
      for (std::size_t m = 0; m < kernels[2]; ++m) {
        for (std::size_t n = 0; n < kernels[3]; ++n) {
          for (std::size_t b = 0; b < dy.shape()[0]; ++b) {
            for (std::size_t i = 0; i < dy.shape()[2]; ++i) {
              for (std::size_t j = 0; j < dy.shape()[3]; ++j) {
                dk(o, c, m, n) += dy(b, o, i, j) * padded(x, zeros, b, c, stride.height * i + m,
                                                          stride.width * j + n);
              }
            }
          }
        }
      }
    }
  }
  return dk;
}

/// ∂C/∂b(o) = Σ_b Σ_i Σ_j ∂C/∂Y(b, o, i, j).
Tensor plain_bias_gradient(const Tensor& dy) {
  Tensor db{Shape{dy.shape()[1]}};
  for (std::size_t b = 0; b < dy.shape()[0]; ++b) {
    for (std::size_t o = 0; o < dy.shape()[1]; ++o) {
      for (std::size_t i = 0; i < dy.shape()[2]; ++i) {
        for (std::size_t j = 0; j < dy.shape()[3]; ++j) db(o) += dy(b, o, i, j);
      }
    }
  }
  return db;
}

/// ∂C/∂X by the chain rule: each product X(b, c, u, v) K(o, c, m, n) in Y(b, o, i, j) adds
/// K(o, c, m, n) ∂C/∂Y(b, o, i, j) to ∂C/∂X(b, c, u, v).
Tensor plain_input_gradient(const Tensor& dy, const Tensor& kernels, Extent stride, Extent zeros,
                            const Shape& input) {
  const Shape& k = kernels.shape();
  Tensor dx{input};
  for (std::size_t b = 0; b < dy.shape()[0]; ++b) {
    for (std::size_t o = 0; o < dy.shape()[1]; ++o) {
      for (std::size_t i = 0; i < dy.shape()[2]; ++i) {
        for (std::size_t j = 0; j < dy.shape()[3]; ++j) {
          for (std::size_t c = 0; c < k[1]; ++c) {
            for (std::size_t m = 0; m < k[2]; ++m) {
              for (std::size_t n = 0; n < k[3]; ++n) {
                const std::size_t u = stride.height * i + m - zeros.height;  // huge if above
                const std::size_t v = stride.width * j + n - zeros.width;
                if (u >= input[2] || v >= input[3]) continue;  // a zero, not a pixel
                dx(b, c, u, v) += dy(b, o, i, j) * kernels(o, c, m, n);
              }
            }
          }
        }
      }
    }
  }
  return dx;
}

// -------------------------------------------------------------------------- against the loops

/// Zeros before the image along one axis, so that ⌈length / stride⌉ windows fit.
std::size_t zeros_before(std::size_t length, std::size_t kernel, std::size_t stride) {
  const std::size_t reach = (length + stride - 1) / stride * stride - stride + kernel;
  return reach > length ? (reach - length) / 2 : 0;
}

struct Case {
  std::size_t inputs, outputs;
  Extent kernel;
  Extent image;
};

/// Few images, which predict() processes one by one; some that fill part of a vector; and more than
/// a vector has lanes.
constexpr std::array<std::size_t, 3> counts{1, 3, nn::lanes + 1};

void expect_plain_loops(Convolution layer, const Tensor& x, Extent zeros) {
  SCOPED_TRACE(layer.name() + ", " + std::to_string(x.rows()) + " images");
  const Tensor& kernels = layer.kernels();
  const Extent stride = layer.stride();
  const Tensor y = layer.forward(x);
  const Tensor plain_y = plain_forward(x, kernels, layer.biases(), stride, zeros, y.shape());
  EXPECT_EQ(y, plain_y);
  EXPECT_EQ(layer.predict(x), plain_y);

  const Tensor dy = whole_noise(y.shape(), 4);
  EXPECT_EQ(layer.backward(dy), plain_input_gradient(dy, kernels, stride, zeros, x.shape()));
  const Tensor dk = plain_kernel_gradient(x, dy, stride, zeros, kernels.shape());
  EXPECT_EQ(layer.parameters()[0]->gradient, dk);
  EXPECT_EQ(layer.parameters()[1]->gradient, plain_bias_gradient(dy));

  layer.parameters()[0]->gradient.fill(7);
  layer.backward_parameters(dy);
  EXPECT_EQ(layer.parameters()[0]->gradient, dk);
}

class ConvolutionOfSize : public testing::TestWithParam<Case> {};

// Whole numbers, so both ways to compute a sum agree to the last bit. The sizes: images narrower
// than a vector or a little wider, kernels that fill the image, channels that do not fill a tile.
constexpr std::array cases{Case{1, 1, 1, 1},
                           Case{1, 1, 3, 3},
                           Case{2, 3, {3, 2}, {5, 6}},
                           Case{1, 5, {2, 4}, {7, 33}},
                           Case{3, 13, 3, {12, 12}},
                           Case{4, 2, {5, 1}, {9, 17}},
                           Case{2, 7, {1, 5}, {6, 31}},
                           Case{1, 8, 5, {11, 28}},
                           Case{13, 1, 2, {3, 2}},
                           Case{2, 4, {5, 6}, {5, 6}}};

TEST_P(ConvolutionOfSize, IsThePlainLoops) {
  const Case& c = GetParam();
  const Tensor kernels =
      whole_noise(Shape{c.outputs, c.inputs, c.kernel.height, c.kernel.width}, 2);
  const Tensor biases = whole_noise(Shape{c.outputs}, 3);
  // A stride of 3 or more may leave rows at the end that no window reaches.
  for (const Extent stride : {Extent{1}, Extent{2}, Extent{2, 1}, Extent{1, 3}, Extent{3, 4}}) {
    const Extent same{zeros_before(c.image.height, c.kernel.height, stride.height),
                      zeros_before(c.image.width, c.kernel.width, stride.width)};
    for (const auto& [padding, zeros] :
         {std::pair{Padding::valid(), Extent{0}}, std::pair{Padding::same(), same},
          std::pair{Padding{{1, 2}}, Extent{1, 2}}, std::pair{Padding{{2, 0}}, Extent{2, 0}}}) {
      for (const std::size_t count : counts) {
        const Tensor x = whole_noise(Shape{count, c.inputs, c.image.height, c.image.width}, 1);
        expect_plain_loops(Convolution{kernels, biases, stride, padding}, x, zeros);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConvolutionOfSize, testing::ValuesIn(cases), [](const auto& test) {
  const Case& c = test.param;
  const auto text = [](Extent extent) {
    return std::to_string(extent.height) + "x" + std::to_string(extent.width);
  };
  return std::to_string(c.inputs) + "to" + std::to_string(c.outputs) + "_" + text(c.kernel) +
         "_on_" + text(c.image);
});

// ---------------------------------------------------------------------------- against PyTorch

TEST(Convolution, MatchesPyTorch) {
  for (const Extent kernel : {Extent{3, 2}, Extent{2, 4}}) {
    const std::string size = std::to_string(kernel.height) + "x" + std::to_string(kernel.width);
    const Tensor weight = golden("convolution", "weight_" + size);
    for (const Extent stride : {Extent{1}, Extent{2, 3}}) {
      for (const auto& [kind, padding] :
           {std::pair{"_valid", Padding::valid()}, std::pair{"_same", Padding::same()},
            std::pair{"_explicit", Padding{{1, 2}}}}) {
        const std::string name = size + "_stride" + std::to_string(stride.height) + "x" +
                                 std::to_string(stride.width) + kind;
        SCOPED_TRACE(name);
        const auto value = [&](const char* what) { return golden("convolution", name + what); };
        Convolution layer{weight, golden("convolution", "bias"), stride, padding};
        EXPECT_LT(difference(layer.forward(golden("convolution", "x")), value("_y")), tolerance);
        EXPECT_LT(difference(layer.backward(value("_dy")), value("_dx")), tolerance);
        EXPECT_LT(difference(layer.parameters()[0]->gradient, value("_dweight")), tolerance);
        EXPECT_LT(difference(layer.parameters()[1]->gradient, value("_dbias")), tolerance);
      }
    }
  }
}

/// A layer with random weights.
Convolution random_layer(std::size_t inputs, std::size_t outputs, Extent kernel, Extent stride = 1,
                         Padding padding = Padding::valid()) {
  return Convolution{noise(Shape{outputs, inputs, kernel.height, kernel.width}, 7),
                     noise(Shape{outputs}, 8), stride, padding};
}

TEST(Convolution, HasTheRightGradient) {
  Convolution layer = random_layer(2, 3, {3, 2}, {2, 1}, Padding::same());
  EXPECT_LT(nn::check_gradients(layer, noise(Shape{2, 2, 5, 6})).worst(), gradient_tolerance);
}

// One convolution's output is the next one's input, so both must agree on the order of channels,
// rows and columns, forward and backward.
TEST(Convolution, HasTheRightGradientWhereSeveralAreStacked) {
  nn::Sequential network{random_layer(2, 3, {3, 2}), random_layer(3, 4, {1, 3}), nn::Tanh{},
                         random_layer(4, 2, 2, 2, Padding{1})};
  EXPECT_LT(nn::check_gradients(network, noise(Shape{2, 2, 6, 7})).worst(), gradient_tolerance);
}

/// A batch twice, one copy after the other.
Tensor twice(const Tensor& batch) {
  Tensor result{batch.shape().sample().batch(2 * batch.rows())};
  const auto half = static_cast<std::ptrdiff_t>(batch.size());
  std::ranges::copy(batch.values(), result.values().begin());
  std::ranges::copy(batch.values(), result.values().begin() + half);
  return result;
}

// The cost is a mean over the batch, and so is every gradient, in convolutional and dense layers:
// repeating the same images changes neither.
TEST(Convolution, HasGradientsOfTheMeanLikeADenseLayer) {
  const Tensor x = noise(Shape{4, 1, 6, 6}, 1);
  const Tensor targets = nn::Labels{0, 1, 2, 1}.one_hot(3);
  const nn::SoftmaxCrossEntropy cost;
  nn::Sequential network{random_layer(1, 2, 3), nn::Flatten{},
                         nn::Dense{noise(Shape{32, 3}, 2), Tensor{Shape{3}}}};
  network.backward_parameters(cost.gradient(network.forward(x), targets));
  nn::Sequential with_twice = network;
  with_twice.backward_parameters(cost.gradient(with_twice.forward(twice(x)), twice(targets)));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LT(difference(with_twice.parameters()[i]->gradient, network.parameters()[i]->gradient),
              tolerance);
  }
}

// ------------------------------------------------------------------------------ images, threads

TEST(Convolution, DoesNotDependOnTheOtherImages) {
  const Tensor x = noise(Shape{5, 2, 9, 11});
  Convolution layer = random_layer(2, 3, 3);
  const Tensor whole = layer.predict(x);
  for (std::size_t b = 0; b < x.rows(); ++b) {
    const Tensor one = layer.predict(Tensor{Shape{1, 2, 9, 11}, x.row(b)});
    EXPECT_EQ(one, (Tensor{one.shape(), whole.row(b)}));
  }
}

// Processed one after the other or interleaved, images give the same sums.
TEST(Convolution, GivesTheSameBitsForFewImagesAsForMany) {
  const std::vector<Convolution> layers{
      Convolution{noise(Shape{5, 3, 3, 2}), noise(Shape{5})},
      Convolution{noise(Shape{9, 3, 2, 5}), noise(Shape{9}), 1, Padding::same()},
      Convolution{noise(Shape{1, 3, 7, 9}), noise(Shape{1}), 1, Padding{{2, 1}}},
      Convolution{noise(Shape{4, 3, 3, 3}), noise(Shape{4}), 2}};
  for (const Convolution& layer : layers) {
    for (const std::size_t count : {std::size_t{1}, (nn::lanes + 3) / 4}) {
      const Tensor x = noise(Shape{count, 3, 7, 9});
      EXPECT_EQ(layer.predict(x), layer.predict(nn::InterleavedImages{x})) << layer.name() << count;
    }
  }
}

// Images share vectors, so a NaN in one of them must not reach another.
TEST(Convolution, KeepsANanInItsImage) {
  Tensor x = noise(Shape{3, 1, 5, 5});
  for (real& value : x.row(1)) value = std::numeric_limits<real>::quiet_NaN();
  Convolution layer = random_layer(1, 2, 3, 1, Padding::same());
  const Tensor y = layer.forward(x);
  const Tensor dx = layer.backward(noise(y.shape()));
  for (const std::size_t b : {0U, 2U}) {
    for (const real value : y.row(b)) EXPECT_TRUE(std::isfinite(value));
    for (const real value : dx.row(b)) EXPECT_TRUE(std::isfinite(value));
  }
}

/// 1 / x: infinite in the unused lanes.
struct Reciprocal {
  [[nodiscard]] static std::string name() { return "Reciprocal"; }
  real operator()(real x) const { return 1 / x; }
  [[nodiscard]] static real derivative(real y) { return -y * y; }
};

TEST(Convolution, SumsOverImagesOnly) {
  nn::Elementwise<Reciprocal> before;
  nn::Elementwise<Reciprocal> after;
  Convolution layer{Tensor{Shape{1, 1, 2, 2}, real{1}}, Tensor{Shape{1}}};
  const InterleavedImages twos{Tensor{Shape{1, 1, 3, 3}, real{2}}};
  const InterleavedImages ones{Tensor{Shape{1, 1, 2, 2}, real{1}}};
  const auto expect_finite_gradients = [&] {
    for (const nn::Parameter* parameter : layer.parameters()) {
      for (const real g : parameter->gradient.values()) EXPECT_TRUE(std::isfinite(g));
    }
  };
  (void)after.forward(layer.forward(before.forward(twos)));
  (void)layer.backward(after.backward(ones));
  expect_finite_gradients();
  (void)after.forward(layer.forward(twos));
  layer.backward_parameters(after.backward(ones));
  expect_finite_gradients();
}

TEST(Convolution, BackwardParametersLeavesOnlyTheInputOut) {
  Convolution all = random_layer(2, 5, 3, 2, Padding::same());
  Convolution first = all;
  const Tensor x = noise(Shape{4, 2, 9, 11}, 1);
  const Tensor dy = noise(all.forward(x).shape(), 2);
  (void)first.forward(x);
  (void)all.backward(dy);
  first.backward_parameters(dy);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(first.parameters()[i]->gradient, all.parameters()[i]->gradient);
  }
}

TEST(Convolution, HasTheSameBitsOnAnyNumberOfThreads) {
  for (const std::size_t batch : {1U, 2U, 70U}) {
    Convolution layer = random_layer(2, 5, 3, 1, Padding::same());
    const Tensor x = noise(Shape{batch, 2, 10, 10}, 1);
    const Tensor dy = noise(Shape{batch, 5, 10, 10}, 2);
    EXPECT_TRUE(nn::test::same_on_any_threads([&] {
      Tensor y = layer.forward(x);
      Tensor dx = layer.backward(dy);
      return std::vector{std::move(y), std::move(dx), layer.parameters()[0]->gradient,
                         layer.parameters()[1]->gradient};
    }));
  }
}

TEST(Convolution, PredictKeepsNothing) {
  Convolution layer = random_layer(1, 2, 3);
  const Tensor x = noise(Shape{2, 1, 6, 6}, 1);
  const Tensor dy = noise(layer.forward(x).shape(), 2);
  (void)layer.backward(dy);
  const Tensor before = layer.parameters()[0]->gradient;
  (void)layer.predict(noise(Shape{5, 1, 8, 8}, 3));
  (void)layer.backward(dy);
  EXPECT_EQ(layer.parameters()[0]->gradient, before);
}

// The layer accepts images of any size.
TEST(Convolution, TakesImagesOfAnySize) {
  Convolution layer = random_layer(1, 2, 3);
  EXPECT_EQ(layer.forward(noise(Shape{2, 1, 6, 6})).shape(), (Shape{2, 2, 4, 4}));
  EXPECT_EQ(layer.forward(noise(Shape{3, 1, 3, 9})).shape(), (Shape{3, 2, 1, 7}));
  EXPECT_EQ(layer.backward(noise(Shape{3, 2, 1, 7})).shape(), (Shape{3, 1, 3, 9}));
}

// --------------------------------------------------------------------------- shapes and errors

TEST(Convolution, HasTheShapeOfItsFormula) {
  const auto shape = [](const Convolution::Options& options) {
    return Convolution{1, 8, options}.output_shape(Shape{1, 28, 20});
  };
  EXPECT_EQ(shape({.kernel = 5}), (Shape{8, 24, 16}));
  EXPECT_EQ(shape({.kernel = {3, 5}, .stride = 2}), (Shape{8, 13, 8}));
  EXPECT_EQ(shape({.kernel = 5, .padding = Padding::same()}), (Shape{8, 28, 20}));
  EXPECT_EQ(shape({.kernel = 4, .stride = {3, 7}, .padding = Padding::same()}), (Shape{8, 10, 3}));
  EXPECT_EQ(shape({.kernel = 1, .stride = 3, .padding = Padding::same()}), (Shape{8, 10, 7}));
  EXPECT_EQ(shape({.kernel = 5, .padding = Padding{{1, 2}}}), (Shape{8, 26, 20}));
  EXPECT_EQ((Convolution{1, 8, {.kernel = 5}}.output_shape(Shape{})), Shape{});
}

TEST(Convolution, SaysWhatItIs) {
  const auto name = [](const Convolution::Options& options) {
    return Convolution{1, 8, options}.name();
  };
  EXPECT_EQ(name({.kernel = 5}), "Convolution 1→8 5×5");
  EXPECT_EQ(name({.kernel = {3, 5}, .stride = 2}), "Convolution 1→8 3×5 stride 2×2");
  EXPECT_EQ(name({.kernel = 5, .padding = Padding::same()}), "Convolution 1→8 5×5 same");
  EXPECT_EQ(name({.kernel = 5, .stride = {1, 2}, .padding = Padding{2}}),
            "Convolution 1→8 5×5 stride 1×2 padding 2×2");
  EXPECT_EQ(name({.kernel = {1, 5}, .padding = Padding{{0, 2}}}),
            "Convolution 1→8 1×5 padding 0×2");
}

TEST(Convolution, HandsItsKernelsAndFanToAnInitializer) {
  std::vector<nn::Fan> fans;
  const Convolution layer{2, 3, {.kernel = {4, 5}}, [&](Tensor& kernels, nn::Fan fan) {
                            fans.push_back(fan);
                            kernels.fill(7);
                          }};
  ASSERT_EQ(fans.size(), 1U);
  EXPECT_EQ(fans[0].in, 40U);
  EXPECT_EQ(fans[0].out, 60U);
  EXPECT_EQ(layer.kernels(), (Tensor{Shape{3, 2, 4, 5}, real{7}}));
  EXPECT_EQ(layer.biases(), (Tensor{0, 0, 0}));
}

TEST(Convolution, KnowsWhatItWasMadeWith) {
  const Convolution layer = random_layer(1, 2, 3, {2, 1}, Padding{{1, 2}});
  EXPECT_EQ(layer.stride(), (Extent{2, 1}));
  EXPECT_EQ(layer.padding().each_side(), (Extent{1, 2}));
}

TEST(Convolution, SaysThatItWasMovedFrom) {
  Convolution layer = random_layer(1, 2, 3);
  const Convolution other = std::move(layer);
  EXPECT_EQ(layer.name(), "Convolution");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{Shape{1, 1, 5, 5}}); }),
      "nn::Convolution: has no weights because it was moved from; the input has shape (1, 5, 5)");
  for (const Shape& sample : {Shape{1, 5, 5}, Shape{}}) {
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.output_shape(sample); }),
              "has no weights because it was moved from");
  }
}

TEST(Convolution, RefusesToBeWithoutChannelsKernelOrStride) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Convolution{0, 8, {.kernel = 5}}; }),
            "nn::Convolution: 0 inputs, 8 outputs and kernels of 5×5, expected at least 1 of each");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Convolution{1, 0, {.kernel = 5}}; }),
            "nn::Convolution: 1 inputs, 0 outputs and kernels of 5×5, expected at least 1 of each");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Convolution{1, 8, {.kernel = {3, 0}}}; }),
            "nn::Convolution: 1 inputs, 8 outputs and kernels of 3×0, expected at least 1 of each");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Convolution{1, 8, {.kernel = 5, .stride = {0, 1}}}; }),
            "nn::Convolution: stride is 0×1, expected at least 1×1");
}

TEST(Convolution, RefusesKernelsAndBiasesThatDoNotFit) {
  EXPECT_EQ(
      error_of<std::invalid_argument>(
          [] { (void)Convolution{Tensor{Shape{2, 1, 3, 3}}, Tensor{Shape{3}}}; }),
      "nn::Convolution: kernels have shape (2, 1, 3, 3) and biases (3), expected (O, C, F, G) "
      "and (O)");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Convolution{Tensor{Shape{3, 3}}, Tensor{Shape{3}}}; }),
            "nn::Convolution: kernels have shape (3, 3) and biases (3), expected (O, C, F, G) and "
            "(O)");
}

TEST(Convolution, RefusesImagesThatDoNotFit) {
  const Convolution layer{1, 8, {.kernel = {5, 3}}};
  EXPECT_EQ(refusal(layer, Shape{2, 784}),
            "nn::InterleavedImages: the tensor has shape (2, 784), expected (B, C, H, W)");
  EXPECT_EQ(refusal(layer, Shape{}),
            "nn::InterleavedImages: the tensor has shape (), expected (B, C, H, W)");
  EXPECT_EQ(refusal(layer, Shape{2, 3, 28, 28}),
            "nn::Convolution: expects images of shape (1, H, W); the input has shape (3, 28, 28)");
  EXPECT_EQ(refusal(layer, Shape{2, 1, 4, 28}),
            "nn::Convolution: expects images of at least 5×3; the input has shape (1, 4, 28)");
  EXPECT_EQ(
      refusal(Convolution{1, 8, {.kernel = {5, 3}, .padding = Padding{1}}}, Shape{2, 1, 2, 28}),
      "nn::Convolution: expects images of at least 3×1; the input has shape (1, 2, 28)");
}

// Padding alone may fill a kernel, but an image has at least one row and one column.
TEST(Convolution, SaysTheLeastImageWhereZerosFillTheKernel) {
  for (const std::size_t rows : {1U, 2U}) {
    const Convolution layer{1, 8, {.kernel = {rows, 5}, .padding = Padding{{1, 0}}}};
    EXPECT_EQ(refusal(layer, Shape{2, 1, 3, 4}),
              "nn::Convolution: expects images of at least 1×5; the input has shape (1, 3, 4)");
  }
}

TEST(Convolution, RefusesNoImages) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)random_layer(1, 2, 3).predict(InterleavedImages{}); }),
            "nn::Convolution: input is empty");
}

TEST(Convolution, RefusesPaddingBeyondAllImages) {
  constexpr std::size_t most = std::size_t{1} << 24U;
  EXPECT_EQ(
      (Convolution{1, 1, {.kernel = 1, .padding = Padding{most}}}.padding().each_side().width),
      most);
  for (const Extent padding : {Extent{most + 1, 0}, Extent{0, most + 1}}) {
    EXPECT_EQ(error_of<std::invalid_argument>(
                  [&] { (void)Convolution{1, 1, {.kernel = 1, .padding = Padding{padding}}}; }),
              "nn::Convolution: padding is " + std::to_string(padding.height) + "×" +
                  std::to_string(padding.width) + ", expected at most 16777216");
  }
}

TEST(Convolution, RefusesAGradientUnlikeItsOutput) {
  const auto [before, after] = nn::test::gradient_refusals(Convolution{1, 8, {.kernel = 3}},
                                                           Shape{2, 1, 5, 5}, Shape{1, 1, 1, 2});
  EXPECT_EQ(before, "nn::Convolution: backward() was called before forward()");
  EXPECT_EQ(after,
            "nn::Convolution: gradient has shape (1, 1, 1, 2), expected (2, 8, 3, 3), the shape of "
            "the last output");
}

}  // namespace
