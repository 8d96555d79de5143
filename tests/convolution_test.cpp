// nn.convolution: by hand, against seven plain loops, against PyTorch; pooling and its ties;
// shapes.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
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
import nn.dense;
import nn.images;
import nn.layer;
import nn.random;
import nn.tensor;
import nn.test;
import nn.vector;

namespace {

using nn::AveragePool;
using nn::Convolution;
using nn::Extent;
using nn::Flatten;
using nn::MaxPool;
using nn::Padding;
using nn::real;
using nn::Reshape;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::tolerance;
using nn::test::whole_noise;

static_assert(nn::FirstLayer<Convolution>);
static_assert(nn::Layer<MaxPool> && nn::Layer<AveragePool>);
static_assert(nn::Layer<Reshape> && nn::Layer<Flatten>);

/// One image of one channel.
Tensor image(const Tensor& rows) { return rows.reshaped(Shape{1, 1, rows.rows(), rows.columns()}); }

// --------------------------------------------------------------------------------- convolution

// The kernel (1 2 / 0 −1) on the image's upper left corner: 1·1 + 2·2 + 0·4 − 1·5 = 0; plus the
// bias 10. Not turned by 180°: what networks call a convolution is a cross-correlation.
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

// Two input channels are added up; two output channels look at the same image.
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

/// One convolution both ways, by the definition: every product of a value, a weight and a place.
struct Plain {
  Tensor y, dx, dkernels, dbiases;

  Plain(const Tensor& x, const Tensor& kernels, const Tensor& biases, const Tensor& dy,
        Extent stride, Extent before)
      : y{dy.shape()}, dx{x.shape()}, dkernels{kernels.shape()}, dbiases{biases.shape()} {
    for (std::size_t b = 0; b < dy.shape()[0]; ++b) {
      for (std::size_t o = 0; o < dy.shape()[1]; ++o) {
        for (std::size_t i = 0; i < dy.shape()[2]; ++i) {
          for (std::size_t j = 0; j < dy.shape()[3]; ++j) {
            y(b, o, i, j) = biases(o);
            dbiases(o) += dy(b, o, i, j);
            add_window(x, kernels, dy, {b, o, i, j}, {i * stride.height, j * stride.width}, before);
          }
        }
      }
    }
  }

 private:
  void add_window(const Tensor& x, const Tensor& kernels, const Tensor& dy,
                  std::array<std::size_t, 4> at, std::array<std::size_t, 2> corner, Extent before) {
    const auto [b, o, i, j] = at;
    for (std::size_t c = 0; c < kernels.shape()[1]; ++c) {
      for (std::size_t m = 0; m < kernels.shape()[2]; ++m) {
        for (std::size_t n = 0; n < kernels.shape()[3]; ++n) {
          const std::size_t row = corner[0] + m;
          const std::size_t column = corner[1] + n;
          if (row < before.height || row - before.height >= x.shape()[2]) continue;
          if (column < before.width || column - before.width >= x.shape()[3]) continue;
          const real value = x(b, c, row - before.height, column - before.width);
          y(b, o, i, j) += value * kernels(o, c, m, n);
          dkernels(o, c, m, n) += value * dy(b, o, i, j);
          dx(b, c, row - before.height, column - before.width) +=
              kernels(o, c, m, n) * dy(b, o, i, j);
        }
      }
    }
  }
};

/// Zeros before the image along one axis, so that ⌈length / stride⌉ windows fit.
std::size_t same_before(std::size_t length, std::size_t kernel, std::size_t stride) {
  const std::size_t reach = (length + stride - 1) / stride * stride - stride + kernel;
  return reach > length ? (reach - length) / 2 : 0;
}

struct Case {
  std::size_t inputs, outputs;
  Extent kernel;
  Extent image;
};

class ConvolutionOfSize : public testing::TestWithParam<Case> {};

// Whole numbers, so the two ways to each sum agree to the last bit. Images narrower than a vector,
// a little wider, kernels that fill the image, channels that do not fill a tile.
constexpr std::array cases{Case{1, 1, 1, 1},
                           Case{1, 1, 3, 3},
                           Case{2, 3, {3, 2}, {5, 6}},
                           Case{1, 5, {2, 4}, {7, 33}},
                           Case{3, 13, 3, {12, 12}},
                           Case{4, 2, {5, 1}, {9, 17}},
                           Case{2, 7, {1, 5}, {6, 31}},
                           Case{1, 8, 5, 28},
                           Case{13, 1, 2, {3, 2}},
                           Case{2, 4, {5, 6}, {5, 6}}};

TEST_P(ConvolutionOfSize, IsThePlainConvolution) {
  const Case& c = GetParam();
  const Tensor x = whole_noise(Shape{3, c.inputs, c.image.height, c.image.width}, 1);
  const Tensor kernels =
      whole_noise(Shape{c.outputs, c.inputs, c.kernel.height, c.kernel.width}, 2);
  const Tensor biases = whole_noise(Shape{c.outputs}, 3);
  // A stride of 3 or more may leave rows at the end that no window reaches.
  for (const Extent stride : {Extent{1}, Extent{2}, Extent{2, 1}, Extent{1, 3}, Extent{3, 4}}) {
    const Extent same{same_before(c.image.height, c.kernel.height, stride.height),
                      same_before(c.image.width, c.kernel.width, stride.width)};
    for (const auto& [padding, before] :
         {std::pair{Padding::valid(), Extent{0}}, std::pair{Padding::same(), same},
          std::pair{Padding{{1, 2}}, Extent{1, 2}}, std::pair{Padding{{2, 0}}, Extent{2, 0}}}) {
      Convolution layer{kernels, biases, stride, padding};
      SCOPED_TRACE(layer.name());
      const Tensor y = layer.forward(x);
      const Tensor dy = whole_noise(y.shape(), 4);
      const Tensor dx = layer.backward(dy);
      const Plain plain{x, kernels, biases, dy, stride, before};
      EXPECT_EQ(y, plain.y);
      EXPECT_EQ(layer.predict(x), plain.y);
      EXPECT_EQ(dx, plain.dx);
      EXPECT_EQ(layer.parameters()[0]->gradient, plain.dkernels);
      EXPECT_EQ(layer.parameters()[1]->gradient, plain.dbiases);
      layer.backward_parameters(dy);
      EXPECT_EQ(layer.parameters()[0]->gradient, plain.dkernels);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConvolutionOfSize, testing::ValuesIn(cases), [](const auto& info) {
  const Case& c = info.param;
  const auto text = [](Extent extent) {
    return std::to_string(extent.height) + "x" + std::to_string(extent.width);
  };
  return std::to_string(c.inputs) + "to" + std::to_string(c.outputs) + "_" + text(c.kernel) +
         "_on_" + text(c.image);
});

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

/// A batch and the same batch again behind it.
Tensor twice(const Tensor& batch) {
  Tensor result{batch.shape().sample().batch(2 * batch.rows())};
  const auto half = static_cast<std::ptrdiff_t>(batch.size());
  std::ranges::copy(batch.values(), result.values().begin());
  std::ranges::copy(batch.values(), result.values().begin() + half);
  return result;
}

// The cost is a mean over the batch, and so is every gradient, of convolution and dense layers
// alike: twice the same images leave both as they were.
TEST(Convolution, HasGradientsOfTheMeanLikeADenseLayer) {
  const Tensor x = noise(Shape{4, 1, 6, 6}, 1);
  const Tensor targets{0, 1, 2, 1};
  const nn::SoftmaxCrossEntropy cost;
  nn::Sequential network{random_layer(1, 2, 3), Flatten{},
                         nn::Dense{noise(Shape{32, 3}, 2), Tensor{Shape{3}}}};
  network.backward_parameters(cost.gradient(network.forward(x), targets));
  nn::Sequential with_twice = network;
  with_twice.backward_parameters(cost.gradient(with_twice.forward(twice(x)), twice(targets)));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LT(difference(with_twice.parameters()[i]->gradient, network.parameters()[i]->gradient),
              tolerance);
  }
}

TEST(Convolution, DoesNotDependOnTheOtherImages) {
  const Tensor x = noise(Shape{5, 2, 9, 11});
  Convolution layer = random_layer(2, 3, 3);
  const Tensor whole = layer.predict(x);
  for (std::size_t b = 0; b < x.rows(); ++b) {
    const Tensor one = layer.predict(Tensor{Shape{1, 2, 9, 11}, x.row(b)});
    EXPECT_EQ(one, (Tensor{one.shape(), whole.row(b)}));
  }
}

// Rows are worked on in whole vectors, which reach into the next image; what stands there must not.
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

// Nothing ties the layer to one size of image.
TEST(Convolution, TakesImagesOfAnySize) {
  Convolution layer = random_layer(1, 2, 3);
  EXPECT_EQ(layer.forward(noise(Shape{2, 1, 6, 6})).shape(), (Shape{2, 2, 4, 4}));
  EXPECT_EQ(layer.forward(noise(Shape{3, 1, 3, 9})).shape(), (Shape{3, 2, 1, 7}));
  EXPECT_EQ(layer.backward(noise(Shape{3, 2, 1, 7})).shape(), (Shape{3, 1, 3, 9}));
}

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

/// The error that a layer gives for an input, the same forward and predicting.
template <class L>
std::string refusal(L layer, const Shape& input) {
  const Tensor x = input.rank() == 0 ? Tensor{} : Tensor{input};
  const std::string text = error_of<std::invalid_argument>([&] { (void)layer.forward(x); });
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(x); }), text);
  return text;
}

TEST(Convolution, RefusesImagesThatDoNotFit) {
  const Convolution layer{1, 8, {.kernel = {5, 3}}};
  EXPECT_EQ(refusal(layer, Shape{2, 784}),
            "nn::Images: (2, 784) is not the shape of images, expected (B, C, H, W)");
  EXPECT_EQ(refusal(layer, Shape{}),
            "nn::Images: () is not the shape of images, expected (B, C, H, W)");
  EXPECT_EQ(refusal(layer, Shape{2, 3, 28, 28}),
            "nn::Convolution: expects images of shape (1, H, W), input has (3, 28, 28)");
  EXPECT_EQ(refusal(layer, Shape{2, 1, 4, 28}),
            "nn::Convolution: expects images of at least 5×3, input has (1, 4, 28)");
  EXPECT_EQ(
      refusal(Convolution{1, 8, {.kernel = {5, 3}, .padding = Padding{1}}}, Shape{2, 1, 2, 28}),
      "nn::Convolution: expects images of at least 3×1, input has (1, 2, 28)");
}

/// Every layer of this module refuses a gradient unlike its output in these words.
template <class L>
void expect_gradient_refused(L layer, const std::string& type, const Shape& input,
                             const std::string& output) {
  const Tensor other{Shape{1, 1, 1, 2}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(other); }),
            "nn::" + type + ": backward before forward");
  (void)layer.forward(Tensor{input});
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(other); }),
            "nn::" + type + ": gradient has shape (1, 1, 1, 2), the last " + output);
}

TEST(Convolution, RefusesAGradientUnlikeItsOutput) {
  expect_gradient_refused(Convolution{1, 8, {.kernel = 3}}, "Convolution", Shape{2, 1, 5, 5},
                          "output (2, 8, 3, 3)");
}

// ------------------------------------------------------------------------------------- pooling

TEST(MaxPool, ByHand) {
  MaxPool layer{2};
  const Tensor x = image(Tensor{{1, 5, 2, 0}, {3, 4, 8, 6}, {-1, -2, 0, 0}, {-3, -4, 0, 7}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{5, 8}, {-1, 7}}));
  EXPECT_EQ(layer.backward(image(Tensor{{10, 20}, {30, 40}})),
            image(Tensor{{0, 10, 0, 0}, {0, 0, 20, 0}, {30, 0, 0, 0}, {0, 0, 0, 40}}));
}

TEST(AveragePool, ByHand) {
  AveragePool layer{2};
  const Tensor x = image(Tensor{{1, 5, 2, 0}, {3, 3, 8, 6}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{3, 4}}));
  EXPECT_EQ(layer.backward(image(Tensor{{4, 8}})), image(Tensor{{1, 1, 2, 2}, {1, 1, 2, 2}}));
}

TEST(MaxPool, GivesTheGradientOfATieToTheFirst) {
  MaxPool layer{2};
  const Tensor x = image(Tensor{{0, 0, 1, 3}, {0, 0, 3, 3}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{0, 3}}));
  EXPECT_EQ(layer.backward(image(Tensor{{7, 9}})), image(Tensor{{7, 0, 0, 9}, {0, 0, 0, 0}}));
}

// Where windows overlap, one value may be the maximum of several and gets all their gradients.
TEST(MaxPool, AddsUpGradientsWhereWindowsOverlap) {
  MaxPool layer{{.window = 2, .stride = 1}};
  const Tensor x = image(Tensor{{1, 2, 3}, {4, 9, 5}, {6, 7, 8}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{9, 9}, {9, 9}}));
  EXPECT_EQ(layer.backward(image(Tensor{{1, 2}, {3, 4}})),
            image(Tensor{{0, 0, 0}, {0, 10, 0}, {0, 0, 0}}));
}

TEST(AveragePool, AddsUpGradientsWhereWindowsOverlap) {
  AveragePool layer{{.window = 2, .stride = 1}};
  EXPECT_EQ(layer.forward(image(Tensor{{4, 0, 8}, {0, 4, 0}})), image(Tensor{{2, 3}}));
  EXPECT_EQ(layer.backward(image(Tensor{{4, 8}})), image(Tensor{{1, 3, 2}, {1, 3, 2}}));
}

// Rows and columns that no whole window covers are left out, and get no gradient.
TEST(Pooling, LeavesOutWhatNoWholeWindowCovers) {
  const Tensor x = image(Tensor{{1, 2, 99}, {3, 4, 99}, {99, 99, 99}});
  MaxPool max{2};
  EXPECT_EQ(max.forward(x), image(Tensor{{4}}));
  EXPECT_EQ(max.backward(image(Tensor{{5}})), image(Tensor{{0, 0, 0}, {0, 5, 0}, {0, 0, 0}}));
  AveragePool average{2};
  EXPECT_EQ(average.forward(x), image(Tensor{{2.5}}));
  EXPECT_EQ(average.backward(image(Tensor{{4}})), image(Tensor{{1, 1, 0}, {1, 1, 0}, {0, 0, 0}}));
}

// A stride wider than the window skips values in between.
TEST(Pooling, MaySkipValues) {
  const Tensor x = image(Tensor{{1, 9, 2, 9, 3, 9}});
  MaxPool layer{{.window = 1, .stride = {1, 2}}};
  EXPECT_EQ(layer.forward(x), image(Tensor{{1, 2, 3}}));
  EXPECT_EQ(layer.backward(image(Tensor{{4, 5, 6}})), image(Tensor{{4, 0, 5, 0, 6, 0}}));
}

TEST(Pooling, KeepsChannelsAndImagesApart) {
  const Tensor x = whole_noise(Shape{3, 4, 6, 6});
  const Tensor y = MaxPool{2}.predict(x);
  for (std::size_t b = 0; b < 3; ++b) {
    for (std::size_t c = 0; c < 4; ++c) {
      const real of_corner = std::max({x(b, c, 4, 4), x(b, c, 4, 5), x(b, c, 5, 4), x(b, c, 5, 5)});
      EXPECT_EQ(y(b, c, 2, 2), of_corner);
    }
  }
}

// Used on other images between two steps of training, it must look for their maxima and not take
// the places that training remembers; nor may it disturb those.
TEST(MaxPool, PredictsWithoutTheMaximaOfTraining) {
  const Tensor trained = image(Tensor{{9, 0}, {0, 0}});
  const Tensor used = image(Tensor{{0, 0}, {0, 5}});
  MaxPool layer{2};
  (void)layer.forward(trained);
  EXPECT_EQ(layer.predict(used), image(Tensor{{5}}));
  EXPECT_EQ(layer.backward(image(Tensor{{1}})), image(Tensor{{1, 0}, {0, 0}}));
  EXPECT_EQ(layer.predict(whole_noise(Shape{3, 2, 4, 4})).shape(), (Shape{3, 2, 2, 2}));
}

TEST(MaxPool, LetsANanThrough) {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const Tensor x = image(Tensor{{nan, 1, 1, 2}, {2, 3, nan, 3}});
  const Tensor y = MaxPool{2}.predict(x);
  EXPECT_TRUE(std::isnan(y(0, 0, 0, 0)));
  EXPECT_TRUE(std::isnan(y(0, 0, 0, 1)));
}

/// What both kinds of pooling have in common.
// One after the other or side by side, the sums are the same sums.
TEST(FewImages, GiveTheSameBitsAsMany) {
  const std::vector<Convolution> layers{
      Convolution{nn::test::noise(Shape{5, 3, 3, 2}), nn::test::noise(Shape{5})},
      Convolution{nn::test::noise(Shape{9, 3, 2, 5}), nn::test::noise(Shape{9}), 1,
                  nn::Padding::same()},
      Convolution{nn::test::noise(Shape{1, 3, 7, 9}), nn::test::noise(Shape{1}), 1,
                  nn::Padding{{2, 1}}},
      Convolution{nn::test::noise(Shape{4, 3, 3, 3}), nn::test::noise(Shape{4}), 2}};
  for (const Convolution& layer : layers) {
    for (const std::size_t count : {std::size_t{1}, nn::lanes / 4}) {
      const Tensor x = nn::test::noise(Shape{count, 3, 7, 9});
      EXPECT_EQ(layer.predict(x), layer.predict(nn::Images{x})) << layer.name() << count;
    }
  }
}

template <class L>
class EveryPooling : public testing::Test {
 public:
  static constexpr bool is_max = std::same_as<L, MaxPool>;
  static inline const std::string type = is_max ? "MaxPool" : "AveragePool";
};

using Poolings = testing::Types<MaxPool, AveragePool>;
TYPED_TEST_SUITE(EveryPooling, Poolings);

TYPED_TEST(EveryPooling, MatchesPyTorch) {
  const std::string kind = this->is_max ? "max" : "average";
  const std::vector<std::pair<std::string, nn::PoolOptions>> options{
      {"_2x2", {.window = 2}},
      {"_2x3_stride1x2", {.window = {2, 3}, .stride = {1, 2}}},
      {"_1x2_stride3x3", {.window = {1, 2}, .stride = 3}}};
  for (const auto& [suffix, option] : options) {
    SCOPED_TRACE(suffix);
    TypeParam layer{option};
    const auto value = [&](const char* what) {
      return golden("convolution", kind + suffix + what);
    };
    EXPECT_LT(difference(layer.forward(golden("convolution", "x")), value("_y")), tolerance);
    EXPECT_LT(difference(layer.backward(value("_dy")), value("_dx")), tolerance);
  }
}

/// Numbers that all differ by at least a tenth: a step of the gradient check makes no other one the
/// maximum.
Tensor distinct(const Shape& shape) {
  Tensor tensor{shape};
  const auto order = nn::Random{1}.permutation(tensor.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    tensor.values()[i] = static_cast<real>(order[i]) / 10;
  }
  return tensor;
}

TYPED_TEST(EveryPooling, HasTheRightGradient) {
  const std::vector<nn::PoolOptions> options{
      {.window = 2}, {.window = {2, 3}, .stride = 1}, {.window = 1, .stride = 2}};
  for (const nn::PoolOptions& option : options) {
    TypeParam layer{option};
    EXPECT_LT(nn::check_gradients(layer, distinct(Shape{2, 2, 5, 7})).worst(), gradient_tolerance);
  }
}

TYPED_TEST(EveryPooling, PredictsWhatForwardGives) {
  TypeParam layer{{.window = {3, 2}, .stride = {1, 2}}};
  const Tensor x = noise(Shape{3, 2, 7, 8});
  EXPECT_EQ(layer.predict(x), layer.forward(x));
}

TYPED_TEST(EveryPooling, HasTheSameBitsOnAnyNumberOfThreads) {
  TypeParam layer{{.window = 3, .stride = 1}};
  const Tensor x = noise(Shape{20, 2, 10, 10}, 1);
  const Tensor dy = noise(Shape{20, 2, 8, 8}, 2);
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    Tensor y = layer.forward(x);
    return std::vector<Tensor>{std::move(y), layer.backward(dy)};
  }));
}

TYPED_TEST(EveryPooling, SaysWhatItIs) {
  EXPECT_EQ(TypeParam{2}.name(), this->type + " 2×2");
  EXPECT_EQ((TypeParam{{.window = {2, 3}, .stride = 2}}.name()), this->type + " 2×3 stride 2×2");
  EXPECT_EQ((TypeParam{{.window = 3, .stride = 3}}.name()), this->type + " 3×3");
  EXPECT_EQ(TypeParam{2}.output_shape(Shape{8, 25, 24}), (Shape{8, 12, 12}));
  EXPECT_EQ(TypeParam{2}.output_shape(Shape{}), Shape{});
  EXPECT_TRUE(TypeParam{2}.parameters().empty());
}

TYPED_TEST(EveryPooling, RefusesWhatItCannotPool) {
  const std::string layer = "nn::" + this->type;
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)TypeParam{0}; }),
            layer + ": window is 0×0, expected at least 1×1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)TypeParam{{.window = {2, 0}}}; }),
            layer + ": window is 2×0, expected at least 1×1");
  EXPECT_EQ(refusal(TypeParam{2}, Shape{2, 784}),
            "nn::Images: (2, 784) is not the shape of images, expected (B, C, H, W)");
  EXPECT_EQ(refusal(TypeParam{3}, Shape{2, 1, 28, 2}),
            layer + ": expects images of at least 3×3, input has (1, 28, 2)");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)TypeParam{2}.output_shape(Shape{784}); }),
            "expects images of shape (C, H, W)");
  expect_gradient_refused(TypeParam{2}, this->type, Shape{2, 3, 5, 4}, "output (2, 3, 2, 2)");
}

// ----------------------------------------------------------------------------------- reshaping

TEST(Reshape, CountsTheSameValuesOffAnew) {
  Reshape layer{1, 2, 3};
  const Tensor rows{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};
  const Tensor images = layer.forward(rows);
  EXPECT_EQ(images.shape(), (Shape{2, 1, 2, 3}));
  EXPECT_EQ(images(1, 0, 1, 0), 10);
  EXPECT_EQ(layer.predict(rows), images);
  EXPECT_EQ(layer.backward(images), rows);
}

TEST(Flatten, MakesRowsOfImages) {
  Flatten layer;
  const Tensor images = whole_noise(Shape{3, 2, 4, 5});
  const Tensor rows = layer.forward(images);
  EXPECT_EQ(rows.shape(), (Shape{3, 40}));
  EXPECT_EQ(rows(2, 25), images(2, 1, 1, 0));
  EXPECT_EQ(layer.predict(images), rows);
  EXPECT_EQ(layer.backward(rows), images);
}

TEST(Flatten, UndoesReshape) {
  nn::Sequential network{Reshape{2, 3}, Flatten{}};
  const Tensor x = whole_noise(Shape{4, 6});
  EXPECT_EQ(network.forward(x), x);
  EXPECT_EQ(network.backward(x), x);
}

TEST(Reshape, SaysWhatItIs) {
  EXPECT_EQ((Reshape{1, 28, 28}.name()), "Reshape to (1, 28, 28)");
  EXPECT_EQ((Reshape{1, 28, 28}.output_shape(Shape{784})), (Shape{1, 28, 28}));
  EXPECT_EQ((Reshape{1, 28, 28}.output_shape(Shape{})), (Shape{1, 28, 28}));
  EXPECT_EQ((Reshape{Shape{4, 4}}.output_shape(Shape{2, 8})), (Shape{4, 4}));
  EXPECT_TRUE(Reshape{4}.parameters().empty());
  EXPECT_EQ(Flatten{}.name(), "Flatten");
  EXPECT_EQ(Flatten{}.output_shape(Shape{8, 12, 12}), Shape{1152});
  EXPECT_EQ(Flatten{}.output_shape(Shape{}), Shape{});
  EXPECT_TRUE(Flatten{}.parameters().empty());
}

TEST(Reshape, RefusesAShapeThatNoSampleHas) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{1, 2, 3, 4}; }),
            "nn::Reshape: a sample of shape (1, 2, 3, 4), expected 1 to 3 axes");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{Shape{}}; }),
            "nn::Reshape: a sample of shape (), expected 1 to 3 axes");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{2, 0}; }),
            "nn::Shape: axis 1 has length 0");
}

TEST(Reshape, RefusesSamplesOfAnotherSize) {
  EXPECT_EQ(refusal(Reshape{2, 3}, Shape{4, 5}), "nn::Reshape: samples have 5 values, expected 6");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{2, 3}.output_shape(Shape{5}); }),
            "expects 6 values");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)nn::Sequential{nn::Dense{1, 5}, Reshape{2, 3}}; }),
      "nn::Sequential: layer 2 (Reshape to (2, 3)) expects 6 values, layer 1 gives 5");
}

TEST(Reshape, RefusesAGradientOfAnotherSize) {
  expect_gradient_refused(Reshape{2, 3}, "Reshape", Shape{4, 6}, "input (4, 6)");
  expect_gradient_refused(Flatten{}, "Flatten", Shape{4, 2, 3}, "input (4, 2, 3)");
}

/// 1 / x: infinite in lanes that no image stands in.
struct Reciprocal {
  [[nodiscard]] static std::string name() { return "Reciprocal"; }
  real operator()(real x) const { return 1 / x; }
  [[nodiscard]] static real derivative(real y) { return -y * y; }
};

TEST(Convolution, SumsOverImagesOnly) {
  nn::Elementwise<Reciprocal> before;
  nn::Elementwise<Reciprocal> behind;
  Convolution layer{Tensor{Shape{1, 1, 2, 2}, real{1}}, Tensor{Shape{1}}};
  const nn::Images x = before.forward(nn::Images{Tensor{Shape{1, 1, 3, 3}, real{2}}});
  (void)behind.forward(layer.forward(x));
  (void)layer.backward(behind.backward(nn::Images{Tensor{Shape{1, 1, 2, 2}, real{1}}}));
  for (const nn::Parameter* parameter : layer.parameters()) {
    for (const real g : parameter->gradient.values()) EXPECT_TRUE(std::isfinite(g));
  }
}

TEST(MaxPool, StaysAsItWasWhenItRefusesAnImage) {
  MaxPool layer{2};
  (void)layer.forward(Tensor{Shape{1, 1, 4, 4}});
  EXPECT_THROW((void)layer.forward(Tensor{Shape{1, 1, 1, 1}}), std::invalid_argument);
  EXPECT_EQ(layer.backward(Tensor{Shape{1, 1, 2, 2}}).shape(), (Shape{1, 1, 4, 4}));
}

TEST(Convolution, SumsOverImagesOnlyWhereTheInputIsLeftOut) {
  nn::Elementwise<Reciprocal> behind;
  Convolution layer{Tensor{Shape{1, 1, 2, 2}, real{1}}, Tensor{Shape{1}}};
  (void)behind.forward(layer.forward(Tensor{Shape{1, 1, 3, 3}, real{2}}));
  layer.backward_parameters(behind.backward(nn::Images{Tensor{Shape{1, 1, 2, 2}, real{1}}}));
  for (const nn::Parameter* parameter : layer.parameters()) {
    for (const real g : parameter->gradient.values()) EXPECT_TRUE(std::isfinite(g));
  }
}

// Zeros alone may fill a kernel, but an image has at least one row and one column.
TEST(Convolution, SaysTheLeastImageWhereZerosFillTheKernel) {
  for (const std::size_t rows : {1U, 2U}) {
    const Convolution layer{1, 8, {.kernel = {rows, 5}, .padding = Padding{{1, 0}}}};
    EXPECT_EQ(refusal(layer, Shape{2, 1, 3, 4}),
              "nn::Convolution: expects images of at least 1×5, input has (1, 3, 4)");
  }
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

TEST(Convolution, SaysThatItWasMovedFrom) {
  Convolution layer = random_layer(1, 2, 3);
  const Convolution other = std::move(layer);
  EXPECT_EQ(layer.name(), "Convolution");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{Shape{1, 1, 5, 5}}); }),
      "nn::Convolution: has no weights, it was moved from, input has (1, 5, 5)");
  for (const Shape& sample : {Shape{1, 5, 5}, Shape{}}) {
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.output_shape(sample); }),
              "has no weights, it was moved from");
  }
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

TEST(Convolution, TellsWhatItWasMadeWith) {
  const Convolution layer = random_layer(1, 2, 3, {2, 1}, Padding{{1, 2}});
  EXPECT_EQ(layer.stride(), (Extent{2, 1}));
  EXPECT_EQ(layer.padding().each_side(), (Extent{1, 2}));
  EXPECT_EQ((Reshape{2, 3}.sample()), (Shape{2, 3}));
}

TYPED_TEST(EveryPooling, TellsWhatItWasMadeWith) {
  const TypeParam layer{{.window = {2, 3}, .stride = {1, 0}}};
  EXPECT_EQ(layer.window(), (Extent{2, 3}));
  EXPECT_EQ(layer.stride(), (Extent{1, 3}));  // 0: the window's own
}

TEST(Images, OfNoNumberAreRefused) {
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)random_layer(1, 2, 3).predict(nn::Images{}); }),
      "nn::Convolution: input is empty");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)MaxPool{2}.predict(nn::Images{}); }),
            "nn::MaxPool: input is empty");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)AveragePool{2}.predict(nn::Images{}); }),
            "nn::AveragePool: input is empty");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Flatten::predict(Tensor{}); }),
            "nn::Flatten: input is empty");
}

// What is refused leaves the way back as it was.
TEST(Flatten, StaysAsItWasWhenItRefusesItsInput) {
  Flatten layer;
  (void)layer.forward(Tensor{Shape{1, 2, 3}});
  EXPECT_THROW((void)layer.forward(Tensor{}), std::invalid_argument);
  EXPECT_EQ(layer.backward(Tensor{Shape{1, 6}}).shape(), (Shape{1, 2, 3}));
}

// Windows of two by two have a loop of their own; those of three by three must not take it.
TEST(Pooling, TakesSquareWindowsOfThree) {
  const Tensor x = image(Tensor{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  MaxPool max{3};
  EXPECT_EQ(max.forward(x), image(Tensor{{9}}));
  EXPECT_EQ(max.backward(image(Tensor{{2}})), image(Tensor{{0, 0, 0}, {0, 0, 0}, {0, 0, 2}}));
  AveragePool average{3};
  EXPECT_LT(difference(average.forward(x), image(Tensor{{5}})), tolerance);
  EXPECT_LT(difference(average.backward(image(Tensor{{9}})), Tensor{Shape{1, 1, 3, 3}, real{1}}),
            tolerance);
}

}  // namespace
