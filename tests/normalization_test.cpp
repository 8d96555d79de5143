// nn.normalization: by hand, compared with PyTorch, numbers far from 0, images in both layouts, and
// predictions that do not depend on the rest of the batch.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.activation;
import nn.adam;
import nn.backprop;
import nn.convolution;
import nn.cost;
import nn.dataset;
import nn.dense;
import nn.initializers;
import nn.normalization;
import nn.pooling;
import nn.reshape;
import nn.test;
import nn.vector;

namespace {

using nn::BatchNorm;
using nn::InterleavedImages;
using nn::LayerNorm;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::tolerance;

static_assert(nn::ImageLayer<BatchNorm>);
static_assert(nn::Layer<LayerNorm>);

/// Random scales and shifts, so that none is 1 or 0.
template <class L>
L with_random_parameters(L layer) {
  layer.parameters()[0]->value = noise(Shape{layer.features()}, 11);
  layer.parameters()[1]->value = noise(Shape{layer.features()}, 12);
  return layer;
}

/// Not the numbers that nn::check_gradients draws as factors of its cost: a cost C = Σ x y does not
/// change with x once that is normalized, so there would be no gradient to check.
Tensor input(const Shape& shape) { return noise(shape, 2); }

// ------------------------------------------------------------------------- batch normalization

// Column (1, 3): μ = 2, σ² = 1; column (0, 4): μ = 2, σ² = 4. Either becomes (−1, 1); with γ = 3
// and β = 5 the second becomes (2, 8). ∂C/∂Y = (1 0 / 0 2): ∂C/∂γ = (−1, 2), ∂C/∂β = (1, 2). Two
// values are always −1 and 1 once normalized, so moving one changes nothing: ∂C/∂X = 0, up to ε.
TEST(BatchNorm, ByHand) {
  BatchNorm layer{2, {.epsilon = real(1e-15)}};
  layer.parameters()[0]->value = Tensor{1, 3};
  layer.parameters()[1]->value = Tensor{0, 5};
  EXPECT_LT(difference(layer.forward(Tensor{{1, 0}, {3, 4}}), Tensor{{-1, 2}, {1, 8}}), tolerance);
  EXPECT_LT(difference(layer.backward(Tensor{{1, 0}, {0, 2}}), Tensor{{0, 0}, {0, 0}}), tolerance);
  EXPECT_LT(difference(layer.parameters()[0]->gradient, Tensor{-1, 2}), tolerance);
  EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{1, 2}));
  // 0.9 · 0 + 0.1 · μ, and 0.9 · 1 + 0.1 · 2 σ²: of two values the unbiased variance is twice σ².
  EXPECT_LT(difference(layer.running_mean(), Tensor{0.2F, 0.2F}), 1e-7);
  EXPECT_LT(difference(layer.running_variance(), Tensor{1.1F, 1.7F}), 1e-7);
}

TEST(BatchNorm, TakesTheWeightOfTheNewBatchAsMomentum) {
  BatchNorm layer{1, {.momentum = 1}};
  (void)layer.forward(Tensor{{1}, {3}, {8}});
  EXPECT_LT(difference(layer.running_mean(), Tensor{4}), tolerance);
  EXPECT_LT(difference(layer.running_variance(), Tensor{13}), tolerance);
}

/// Loads scales and shifts, and passes the three recorded batches through a layer.
template <class L>
void expect_recorded(L& layer, const std::string& name) {
  const auto value = [&](const std::string& what) { return golden("normalization", name + what); };
  const std::vector<nn::Parameter*> parameters = layer.parameters();
  parameters[0]->value = value("_weight");
  parameters[1]->value = value("_bias");
  for (const std::string batch : {"0", "1", "2"}) {
    SCOPED_TRACE(name + batch);
    EXPECT_LT(difference(layer.forward(value("_x" + batch)), value("_y" + batch)), tolerance);
    EXPECT_LT(difference(layer.backward(value("_dy" + batch)), value("_dx" + batch)), tolerance);
    EXPECT_LT(difference(parameters[0]->gradient, value("_dweight" + batch)), tolerance);
    EXPECT_LT(difference(parameters[1]->gradient, value("_dbias" + batch)), tolerance);
  }
}

TEST(BatchNorm, MatchesPyTorch) {
  for (const std::string name : {"rows", "images"}) {
    BatchNorm layer{name == "rows" ? 5U : 3U};
    expect_recorded(layer, name);
    const auto value = [&](const char* what) { return golden("normalization", name + what); };
    EXPECT_LT(difference(layer.running_mean(), value("_running_mean")), tolerance);
    EXPECT_LT(difference(layer.running_variance(), value("_running_variance")), tolerance);
    EXPECT_LT(difference(layer.predict(value("_x2")), value("_predicted")), tolerance);
  }
}

/// Shapes with fewer and more columns, images and pixels than vectors have lanes.
const std::vector<Shape> shapes{Shape{2, 1},        Shape{3, 5},       Shape{9, 17},
                                Shape{5, 35},       Shape{1, 2, 2, 2}, Shape{2, 3, 3, 5},
                                Shape{19, 2, 1, 2}, Shape{33, 2, 3, 1}};

TEST(BatchNorm, HasTheRightGradient) {
  for (const Shape& shape : shapes) {
    if (shape[0] == 2 && shape.rank() == 2) continue;  // two values: the gradient is 0, but for ε
    BatchNorm layer = with_random_parameters(BatchNorm{shape[1]});
    EXPECT_LT(nn::check_gradients(layer, input(shape)).worst(), gradient_tolerance)
        << to_string(shape);
  }
}

/// The layer as one that works on images only.
struct InImageLayout : BatchNorm {
  using BatchNorm::BatchNorm;
  [[nodiscard]] Tensor forward(const Tensor& x) { return BatchNorm::forward(InterleavedImages{x}); }
  [[nodiscard]] Tensor backward(const Tensor& dy) {
    return BatchNorm::backward(InterleavedImages{dy});
  }
};

TEST(BatchNorm, HasTheRightGradientInTheLayoutOfImages) {
  for (const Shape& shape : shapes) {
    if (shape.rank() != 4) continue;
    InImageLayout layer = with_random_parameters(InImageLayout{shape[1]});
    EXPECT_LT(nn::check_gradients(layer, input(shape)).worst(), gradient_tolerance)
        << to_string(shape);
  }
}

TEST(BatchNorm, GivesTheSameBitsInBothLayouts) {
  for (const Shape& shape : shapes) {
    if (shape.rank() != 4) continue;
    const Tensor x = noise(shape, 1);
    const Tensor dy = noise(shape, 2);
    BatchNorm one = with_random_parameters(BatchNorm{shape[1]});
    BatchNorm two = one;
    EXPECT_EQ(two.forward(InterleavedImages{x}), one.forward(x));
    EXPECT_EQ(two.backward(InterleavedImages{dy}), one.backward(dy));
    EXPECT_EQ(two.predict(InterleavedImages{x}), one.predict(x));
    EXPECT_EQ(two.running_variance(), one.running_variance());
  }
}

// Every pixel is a value of its channel, as if it were a row by itself.
TEST(BatchNorm, TakesPixelsOfImagesAsRows) {
  const Tensor rows = noise(Shape{8, 3});
  Tensor images{Shape{2, 3, 2, 2}};
  for (std::size_t n = 0; n < 8; ++n) {
    for (std::size_t c = 0; c < 3; ++c) images(n / 4, c, n / 2 % 2, n % 2) = rows(n, c);
  }
  BatchNorm layer = with_random_parameters(BatchNorm{3});
  const Tensor of_images = layer.forward(images);
  const Tensor of_rows = layer.forward(rows);
  Tensor pixels{rows.shape()};
  for (std::size_t n = 0; n < 8; ++n) {
    for (std::size_t c = 0; c < 3; ++c) pixels(n, c) = of_images(n / 4, c, n / 2 % 2, n % 2);
  }
  EXPECT_LT(difference(pixels, of_rows), tolerance);
}

/// A column of normal numbers with mean 10,000 and deviation 1, and its moments in double.
struct FarFromZero {
  Tensor x;
  Tensor normalized;
  double mean = 0;
  double variance = 0;  // biased

  explicit FarFromZero(std::size_t count) : x{Shape{count, 1}}, normalized{x.shape()} {
    const auto n = static_cast<double>(count);
    nn::Random random{5};
    for (real& value : x.values()) value = static_cast<real>(1e4 + random.normal());
    for (const real value : x.values()) mean += double{value} / n;
    for (const real value : x.values()) variance += std::pow(double{value} - mean, 2) / n;
    for (std::size_t i = 0; i < count; ++i) {
      normalized(i, 0) = static_cast<real>((double{x(i, 0)} - mean) / std::sqrt(variance + 1e-5));
    }
  }
};

// Σ x² / n − μ² would have lost all digits of the variance in float. There the numbers are 0.001
// apart, and so is the mean from its neighbors.
TEST(BatchNorm, IsRightFarFromZero) {
  constexpr std::size_t count = 20'000;
  const FarFromZero far{count};
  for (const Shape& shape : {Shape{count, 1}, Shape{count / 10, 1, 2, 5}}) {
    BatchNorm layer{1, {.momentum = 1}};
    const Tensor y = layer.forward(far.x.reshaped(shape));
    EXPECT_LT(difference(y.reshaped(Shape{count, 1}), far.normalized), 6e-4);
    EXPECT_NEAR(layer.running_mean()(0), far.mean, 6e-4);
    EXPECT_NEAR(layer.running_variance()(0), far.variance * count / (count - 1), 1e-5);
  }
}

TEST(BatchNorm, MakesAConstantFeatureZero) {
  BatchNorm layer{1};
  const Tensor x{Shape{1000, 1}, real(12345.678)};
  EXPECT_LT(difference(layer.forward(x), Tensor{x.shape()}), tolerance);
  EXPECT_LT(difference(layer.running_variance(), Tensor{0.9F}), 1e-6);
}

TEST(BatchNorm, PredictsEachSampleByItself) {
  BatchNorm layer = with_random_parameters(BatchNorm{3});
  (void)layer.forward(noise(Shape{20, 3}));
  const Tensor x = noise(Shape{2, 3}, 7);
  const Tensor together = layer.predict(x);
  EXPECT_EQ(layer.predict(nn::test::sample_of(x, 1).reshaped(Shape{1, 3})),
            nn::test::sample_of(together, 1).reshaped(Shape{1, 3}));
  const Tensor images = noise(Shape{nn::lanes, 3, 4, 5}, 8);
  const Tensor one = nn::test::sample_of(images, 1).reshaped(Shape{1, 3, 4, 5});
  EXPECT_EQ(layer.predict(one),
            nn::test::sample_of(layer.predict(images), 1).reshaped(one.shape()));
}

TEST(BatchNorm, LeavesItsStatisticsAloneInInference) {
  BatchNorm layer{2};
  (void)layer.forward(noise(Shape{4, 2}));
  const Tensor mean = layer.running_mean();
  (void)layer.predict(noise(Shape{4, 2}, 2));
  EXPECT_EQ(layer.running_mean(), mean);
}

TEST(BatchNorm, SumsOverImagesOnly) {
  InterleavedImages x{Tensor{Shape{3, 2, 2, 2}, real{1}}};
  const real infinity = std::numeric_limits<real>::infinity();
  for (std::size_t i = 3; i < x.values().size(); i += nn::lanes) x.values().data()[i] = infinity;
  BatchNorm layer{2};
  if (nn::lanes > 3) {
    EXPECT_EQ(layer.forward(x), (Tensor{Shape{3, 2, 2, 2}}));
    EXPECT_EQ(layer.backward(x), (Tensor{Shape{3, 2, 2, 2}}));
    EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{12, 12}));
  }
}

TEST(BatchNorm, HasTheSameBitsOnAnyNumberOfThreads) {
  for (const Shape& shape : {Shape{50, 300}, Shape{20, 7, 9, 9}}) {
    EXPECT_TRUE(nn::test::same_on_any_threads([&] {
      BatchNorm layer = with_random_parameters(BatchNorm{shape[1]});
      Tensor y = layer.forward(noise(shape, 1));
      Tensor dx = layer.backward(noise(shape, 2));
      return std::vector<Tensor>{std::move(y),
                                 std::move(dx),
                                 layer.predict(noise(shape, 3)),
                                 layer.running_variance(),
                                 layer.parameters()[0]->gradient,
                                 layer.parameters()[1]->gradient};
    }));
  }
}

TEST(BatchNorm, SaysWhatItIs) {
  BatchNorm layer{16};
  EXPECT_EQ(layer.name(), "BatchNorm 16");
  EXPECT_EQ(layer.output_shape(Shape{16}), Shape{16});
  EXPECT_EQ(layer.output_shape(Shape{16, 24, 20}), (Shape{16, 24, 20}));
  EXPECT_EQ(layer.output_shape(Shape{}), Shape{});
  EXPECT_EQ(layer.parameters()[0]->name, "weight");
  EXPECT_EQ(layer.parameters()[1]->name, "bias");
  EXPECT_EQ(layer.running_mean(), (Tensor{Shape{16}}));
  EXPECT_EQ(layer.running_variance(), (Tensor{Shape{16}, real{1}}));
}

/// Scale and shift are the parameters, read only.
template <class L>
void expect_scale_and_shift() {
  L layer{3};
  EXPECT_EQ(layer.scale(), (Tensor{1, 1, 1}));
  EXPECT_EQ(layer.shift(), (Tensor{0, 0, 0}));
  layer.parameters()[0]->value = Tensor{1, 2, 3};
  layer.parameters()[1]->value = Tensor{4, 5, 6};
  EXPECT_EQ(layer.scale(), (Tensor{1, 2, 3}));
  EXPECT_EQ(layer.shift(), (Tensor{4, 5, 6}));
}

TEST(BatchNorm, ShowsItsScaleAndShift) { expect_scale_and_shift<BatchNorm>(); }

TEST(BatchNorm, RefusesOptionsOutOfRange) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { BatchNorm{0}; }),
            "nn::BatchNorm: 0 features, expected at least 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (BatchNorm{2, {.momentum = 0}}); }),
            "nn::BatchNorm: momentum is 0, expected above 0 and at most 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (BatchNorm{2, {.momentum = 1.5}}); }),
            "nn::BatchNorm: momentum is 1.5, expected above 0 and at most 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (BatchNorm{2, {.epsilon = 0}}); }),
            "nn::BatchNorm: epsilon is 0, expected a finite number above 0");
}

TEST(BatchNorm, RefusesABatchOfOneValueOfEachFeature) {
  BatchNorm layer{3};
  const std::string text = " has one value per feature, expected at least 2";
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.forward(Tensor{{1, 2, 3}}); }),
            "nn::BatchNorm: a training batch of shape (1, 3)" + text);
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)layer.forward(Tensor{Shape{1, 3, 1, 1}}); }),
      "nn::BatchNorm: a training batch of shape (1, 3, 1, 1)" + text);
  EXPECT_NO_THROW((void)layer.predict(Tensor{{1, 2, 3}}));
}

TEST(BatchNorm, RefusesWhatDoesNotFit) {
  BatchNorm layer{3};
  for (const Tensor& x : {Tensor{}, Tensor{1, 2, 3}, Tensor{{1, 2}, {3, 4}}, Tensor{Shape{2, 3, 4}},
                          Tensor{Shape{2, 1, 3, 3}}}) {
    const std::string expected = "nn::BatchNorm: input has shape " + to_string(x.shape()) +
                                 ", expected (B, 3) or (B, 3, H, W)";
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.forward(x); }), expected);
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(x); }), expected);
  }
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)nn::Sequential{nn::Dense{1, 5}, BatchNorm{3}}; }),
      "nn::Sequential: layer 2 (BatchNorm 3) expects 3 columns or channels; layer 1 gives 5");
}

/// Both layers have the same error for a gradient unlike their output.
template <class L>
void expect_gradient_refused(const std::string& type) {
  const auto [before, after] = nn::test::gradient_refusals(L{2}, Shape{2, 2}, Shape{1, 2});
  EXPECT_EQ(before, "nn::" + type + ": backward() was called before forward()");
  EXPECT_EQ(
      after,
      "nn::" + type + ": gradient has shape (1, 2), expected (2, 2), the shape of the last output");
}

TEST(BatchNorm, RefusesAGradientUnlikeItsOutput) {
  expect_gradient_refused<BatchNorm>("BatchNorm");
}

// --------------------------------------------------------------------- among convolutional layers

/// Counts how often it gets interleaved images, and how often a tensor. It returns its input, as
/// nn::ImageLayer requires.
struct Watched : BatchNorm {
  std::size_t* as_images;
  std::size_t* as_tensor;

  Watched(std::size_t features, std::size_t& images, std::size_t& tensors)
      : BatchNorm{features}, as_images{&images}, as_tensor{&tensors} {}
  Tensor forward(Tensor x) { return ++*as_tensor, BatchNorm::forward(std::move(x)); }
  Tensor backward(const Tensor& dy) { return ++*as_tensor, BatchNorm::backward(dy); }
  [[nodiscard]] Tensor predict(Tensor x) const {
    return ++*as_tensor, BatchNorm::predict(std::move(x));
  }
  InterleavedImages forward(InterleavedImages x) {
    return ++*as_images, BatchNorm::forward(std::move(x));
  }
  InterleavedImages backward(InterleavedImages dy) {
    return ++*as_images, BatchNorm::backward(std::move(dy));
  }
  [[nodiscard]] InterleavedImages predict(InterleavedImages x) const {
    return ++*as_images, BatchNorm::predict(std::move(x));
  }
};
static_assert(nn::ImageLayer<Watched>);

/// Images with a bright bar, vertical or horizontal, each with a different place and brightness;
/// the targets are the two directions, one-hot.
std::pair<Tensor, Tensor> bars(std::size_t count) {
  nn::Random random{9};
  Tensor images{Shape{count, 1, 8, 8}};
  nn::Labels classes;
  for (std::size_t b = 0; b < count; ++b) {
    const std::size_t at = random.below(8);
    const auto light = static_cast<real>(random.uniform(-5, 5));
    classes.push_back(b % 2);
    for (real& value : images.row(b)) value = light;
    for (std::size_t i = 0; i < 8; ++i) images(b, 0, b % 2 == 0 ? at : i, b % 2 == 0 ? i : at) += 1;
  }
  return {images, classes.one_hot(2)};
}

TEST(BatchNorm, StaysInTheLayoutOfImagesAndLearns) {
  std::size_t as_images = 0;
  std::size_t as_tensor = 0;
  nn::Random random{3};
  nn::Sequential network{nn::Convolution{1, 4, {.kernel = 3}, nn::He{random}},
                         Watched{4, as_images, as_tensor},
                         nn::ReLU{},
                         nn::MaxPool{2},
                         nn::Flatten{},
                         nn::Dense{36, 2, nn::Glorot{random}}};
  const auto [images, targets] = bars(64);
  const nn::SoftmaxCrossEntropy cost;
  nn::Adam adam{{.learning_rate = real(0.02)}};
  const auto parameters = network.parameters();
  constexpr std::size_t steps = 100;
  for (std::size_t step = 0; step < steps; ++step) {
    const Tensor logits = network.forward(images);
    network.backward_parameters(cost.gradient(logits, targets));
    adam.step(parameters);
  }
  EXPECT_EQ(as_images, 2 * steps);
  EXPECT_LT(cost.value(network.forward(images), targets), 0.05);
  EXPECT_LT(cost.value(network.predict(images), targets), 0.2);
  EXPECT_EQ(as_images, 2 * steps + 2);
  EXPECT_EQ(as_tensor, 0U);
}

// The Tanh is there because a bias right before a BatchNorm shifts every value alike: its gradient
// is 0, and a measurement of it is only rounding.
TEST(BatchNorm, PassesTheGradientCheckInANetwork) {
  nn::Random random{3};
  nn::Sequential network{nn::Convolution{2, 3, {.kernel = 2}, nn::He{random}},
                         nn::Tanh{},
                         BatchNorm{3},
                         nn::Flatten{},
                         nn::Dense{12, 4, nn::He{random}},
                         nn::Tanh{},
                         BatchNorm{4}};
  EXPECT_LT(nn::check_gradients(network, input(Shape{5, 2, 3, 3})).worst(), gradient_tolerance);
}

// ------------------------------------------------------------------------- layer normalization

// (1, 3): μ = 2, σ² = 1, so (−1, 1), then γ = (1, 3), β = (0, 5). ∂C/∂β is the column sum.
TEST(LayerNorm, ByHand) {
  LayerNorm layer{2, {.epsilon = real(1e-15)}};
  layer.parameters()[0]->value = Tensor{1, 3};
  layer.parameters()[1]->value = Tensor{0, 5};
  EXPECT_LT(difference(layer.forward(Tensor{{1, 3}, {9, 5}}), Tensor{{-1, 8}, {1, 2}}), tolerance);
  EXPECT_LT(difference(layer.backward(Tensor{{1, 2}, {3, 4}}), Tensor{{0, 0}, {0, 0}}), tolerance);
  EXPECT_LT(difference(layer.parameters()[0]->gradient, Tensor{2, -2}), tolerance);
  EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{4, 6}));
}

TEST(LayerNorm, MatchesPyTorch) {
  for (const std::string name : {"layer_rows", "layer_sequences"}) {
    LayerNorm layer{5};
    expect_recorded(layer, name);
    const Tensor x = golden("normalization", name + "_x2");
    EXPECT_LT(difference(layer.predict(x), golden("normalization", name + "_y2")), tolerance);
  }
}

TEST(LayerNorm, HasTheRightGradient) {
  for (const Shape& shape :
       {Shape{1, 3}, Shape{3, 5}, Shape{2, 16}, Shape{2, 3, 35}, Shape{2, 2, 2, 17}}) {
    LayerNorm layer = with_random_parameters(LayerNorm{shape[shape.rank() - 1]});
    EXPECT_LT(nn::check_gradients(layer, input(shape)).worst(), gradient_tolerance)
        << to_string(shape);
  }
}

TEST(LayerNorm, IsRightFarFromZero) {
  const FarFromZero far{1000};
  const Tensor y = LayerNorm{1000}.predict(far.x.reshaped(Shape{1, 1000}));
  EXPECT_LT(difference(y.reshaped(Shape{1000, 1}), far.normalized), 6e-4);
}

TEST(LayerNorm, IsTheSameInTrainingAndInference) {
  LayerNorm layer = with_random_parameters(LayerNorm{21});
  const Tensor x = noise(Shape{3, 4, 21});
  EXPECT_EQ(layer.predict(x), layer.forward(x));
}

TEST(LayerNorm, HasTheSameBitsOnAnyNumberOfThreads) {
  for (const Shape& shape : {Shape{70, 300}, Shape{9, 100, 33}}) {
    EXPECT_TRUE(nn::test::same_on_any_threads([&] {
      LayerNorm layer = with_random_parameters(LayerNorm{shape[shape.rank() - 1]});
      Tensor y = layer.forward(noise(shape, 1));
      Tensor dx = layer.backward(noise(shape, 2));
      return std::vector<Tensor>{std::move(y), std::move(dx), layer.parameters()[0]->gradient,
                                 layer.parameters()[1]->gradient};
    }));
  }
}

TEST(LayerNorm, SaysWhatItIs) {
  LayerNorm layer{16};
  EXPECT_EQ(layer.name(), "LayerNorm 16");
  EXPECT_EQ(layer.output_shape(Shape{16}), Shape{16});
  EXPECT_EQ(layer.output_shape(Shape{7, 16}), (Shape{7, 16}));
  EXPECT_EQ(layer.output_shape(Shape{}), Shape{});
  EXPECT_EQ(layer.parameters()[0]->name, "weight");
  EXPECT_EQ(layer.parameters()[1]->name, "bias");
}

TEST(LayerNorm, ShowsItsScaleAndShift) { expect_scale_and_shift<LayerNorm>(); }

TEST(LayerNorm, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { LayerNorm{0}; }),
            "nn::LayerNorm: 0 features, expected at least 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (LayerNorm{2, {.epsilon = -1}}); }),
            "nn::LayerNorm: epsilon is -1, expected a finite number above 0");
  LayerNorm layer{3};
  for (const Tensor& x :
       {Tensor{}, Tensor{1, 2, 3}, Tensor{{1, 2}, {3, 4}}, Tensor{Shape{2, 3, 4}}}) {
    const std::string expected =
        "nn::LayerNorm: input has shape " + to_string(x.shape()) + ", expected (B, 3) or (B, …, 3)";
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.forward(x); }), expected);
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(x); }), expected);
  }
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)nn::Sequential{nn::Dense{1, 5}, LayerNorm{3}}; }),
      "nn::Sequential: layer 2 (LayerNorm 3) expects a last axis of length 3; layer 1 gives 5");
}

TEST(LayerNorm, RefusesAGradientUnlikeItsOutput) {
  expect_gradient_refused<LayerNorm>("LayerNorm");
}

}  // namespace
