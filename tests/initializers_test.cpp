// nn.initializers: the spread of the weights, the fan of a layer, reproducibility.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

import nn.convolution;
import nn.dense;
import nn.initializers;
import nn.layer;
import nn.random;
import nn.tensor;
import nn.test;

namespace {

using nn::Fan;
using nn::Random;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

static_assert(nn::Initializer<nn::He>);
static_assert(nn::Initializer<nn::Glorot>);
static_assert(nn::Initializer<nn::RandomNormal>);
static_assert(nn::Initializer<nn::RandomUniform>);
static_assert(nn::Initializer<nn::Constant>);

/// What one can measure about a hundred thousand weights.
struct Spread {
  double mean;
  double variance;
  double kurtosis;  ///< The fourth moment over the variance squared: 3 if normal, 9/5 if uniform.
  double largest;   ///< The largest absolute value.
};

Spread spread_of(const Tensor& weights) {
  const auto count = static_cast<double>(weights.size());
  Spread spread{};
  for (const real w : weights.values()) {
    spread.mean += double{w} / count;
    spread.largest = std::max(spread.largest, std::abs(double{w}));
  }
  double fourth = 0;
  for (const real w : weights.values()) {
    const double square = (w - spread.mean) * (w - spread.mean);
    spread.variance += square / count;
    fourth += square * square / count;
  }
  spread.kurtosis = fourth / (spread.variance * spread.variance);
  return spread;
}

// The measure of a hundred thousand draws: the bounds are a good four standard deviations.
void expect_normal(const Tensor& weights, double deviation) {
  const Spread spread = spread_of(weights);
  EXPECT_NEAR(spread.mean / deviation, 0, 0.013);
  EXPECT_NEAR(spread.variance / (deviation * deviation), 1, 0.02);
  EXPECT_NEAR(spread.kurtosis, 3, 0.07);
}

void expect_uniform(const Tensor& weights, double bound) {
  const Spread spread = spread_of(weights);
  EXPECT_NEAR(spread.mean / bound, 0, 0.0075);
  EXPECT_NEAR(spread.variance / (bound * bound / 3), 1, 0.012);
  EXPECT_NEAR(spread.kurtosis, 1.8, 0.03);
  EXPECT_LE(spread.largest, bound * (1 + 1e-6));  // in float, the bound itself may be rounded up
  EXPECT_GT(spread.largest, bound * 0.999);
}

/// A hundred thousand weights of a layer of 200 inputs and 500 outputs.
template <class Initializer>
Tensor filled(const Initializer& initializer) {
  Tensor weights{Shape{200, 500}};
  initializer(weights, Fan{.in = 200, .out = 500});
  return weights;
}

TEST(He, HasAVarianceOfTwoOverFanIn) {
  Random random{1};
  expect_normal(filled(nn::He{random}), std::sqrt(2.0 / 200));
  expect_normal(filled(nn::He{random, nn::Distribution::normal}), std::sqrt(2.0 / 200));
}

// The same variance: U(−c, c) has c²/3. Using the variance as the bound is a common mistake.
TEST(He, HasABoundOfRootSixOverFanInWhereItIsUniform) {
  Random random{1};
  expect_uniform(filled(nn::He{random, nn::Distribution::uniform}), std::sqrt(6.0 / 200));
}

TEST(Glorot, HasABoundOfRootSixOverBothFans) {
  Random random{1};
  expect_uniform(filled(nn::Glorot{random}), std::sqrt(6.0 / 700));
  expect_uniform(filled(nn::Glorot{random, nn::Distribution::uniform}), std::sqrt(6.0 / 700));
}

TEST(Glorot, HasAVarianceOfTwoOverBothFansWhereItIsNormal) {
  Random random{1};
  expect_normal(filled(nn::Glorot{random, nn::Distribution::normal}), std::sqrt(2.0 / 700));
}

TEST(RandomNormal, HasTheDeviationItWasGiven) {
  Random random{1};
  expect_normal(filled(nn::RandomNormal{random}), 0.05);
  expect_normal(filled(nn::RandomNormal{random, 2}), 2);
  const Spread shifted = spread_of(filled(nn::RandomNormal{random, 0.5, 10}));
  EXPECT_NEAR(shifted.mean, 10, 0.007);
  EXPECT_NEAR(shifted.variance, 0.25, 0.005);
}

TEST(RandomUniform, HasTheBoundsItWasGiven) {
  Random random{1};
  expect_uniform(filled(nn::RandomUniform{random}), 0.05);
  expect_uniform(filled(nn::RandomUniform{random, -2, 2}), 2);
  const Tensor weights = filled(nn::RandomUniform{random, 3, 5});
  const auto [least, largest] = std::ranges::minmax(weights.values());
  EXPECT_GE(least, 3);
  EXPECT_LE(largest, 5);
  EXPECT_NEAR(spread_of(weights).mean, 4, 0.0075);
}

TEST(Constant, IsTheSameEverywhere) {
  EXPECT_EQ(filled(nn::Constant{0.5}), (Tensor{Shape{200, 500}, 0.5}));
}

// The purpose of He: after a layer and its ReLU, the signal is as strong as before, so in a deep
// network it neither vanishes nor explodes. RandomNormal's 0.05 loses a factor of four per layer.
TEST(He, KeepsTheSignalThroughManyLayers) {
  Random random{1};
  Tensor he = nn::test::noise(Shape{50, 100});
  Tensor small = he;
  const auto mean_square = [](const Tensor& x) {
    double sum = 0;
    for (const real value : x.values()) sum += double{value} * double{value};
    return sum / static_cast<double>(x.size());
  };
  const double before = mean_square(he);
  const auto through = [](const nn::Dense& layer, const Tensor& x) {
    Tensor y = layer.predict(x);
    for (real& value : y.values()) value = std::max<real>(value, 0);
    return y;
  };
  for (int depth = 0; depth < 10; ++depth) {
    he = through(nn::Dense{100, 100, nn::He{random}}, he);
    small = through(nn::Dense{100, 100, nn::RandomNormal{random}}, small);
  }
  EXPECT_GT(mean_square(he), before / 4);
  EXPECT_LT(mean_square(he), before * 4);
  EXPECT_LT(mean_square(small), before * 1e-7);
}

/// The fans that a layer hands to its initializer.
class Capture {
 public:
  void operator()(Tensor& /*weights*/, Fan fan) { fans.push_back(fan); }
  std::vector<Fan> fans;
};

TEST(Fan, OfADenseLayerIsItsInputsAndOutputs) {
  Capture capture;
  (void)nn::Dense{784, 256, capture};
  ASSERT_EQ(capture.fans.size(), 1U);
  EXPECT_EQ(capture.fans[0].in, 784U);
  EXPECT_EQ(capture.fans[0].out, 256U);
}

// The connections into one unit are the kernel's window, 3 · 5 places of 4 channels, not the image.
TEST(Fan, OfAConvolutionIsItsKernelTimesChannels) {
  Capture capture;
  const nn::Convolution layer{4, 6, {.kernel = {3, 5}, .stride = 2}, capture};
  ASSERT_EQ(capture.fans.size(), 1U);
  EXPECT_EQ(capture.fans[0].in, 3U * 5 * 4);
  EXPECT_EQ(capture.fans[0].out, 3U * 5 * 6);
}

TEST(Initializers, LeaveBiasesZero) {
  Random random{1};
  EXPECT_EQ((nn::Dense{20, 10, nn::He{random}}.biases()), Tensor{Shape{10}});
  EXPECT_EQ((nn::Convolution{3, 8, {.kernel = 5}, nn::Glorot{random}}.biases()), Tensor{Shape{8}});
}

TEST(Initializers, GiveTheSameWeightsFromTheSameSeed) {
  const auto weights = [](std::uint64_t seed) {
    Random random{seed};
    const nn::Dense first{30, 20, nn::He{random}};
    const nn::Dense second{20, 10, nn::Glorot{random}};
    return std::vector{first.weights(), second.weights()};
  };
  EXPECT_EQ(weights(42), weights(42));
  EXPECT_NE(weights(42), weights(43));
}

TEST(Initializers, GiveEveryLayerDifferentWeights) {
  Random random{1};
  const nn::He he{random};
  const nn::Dense first{30, 20, he};
  const nn::Dense second{30, 20, he};
  EXPECT_NE(first.weights(), second.weights());
}

TEST(Initializers, RefuseInvalidDistributions) {
  Random random{1};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)nn::RandomNormal{random, -0.5}; }),
            "nn::RandomNormal: deviation is -0.5, expected a finite number, 0 or more");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)nn::RandomNormal{random, nan}; }),
            "nn::RandomNormal: deviation is nan, expected a finite number, 0 or more");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)nn::RandomUniform{random, 1, -1}; }),
      "nn::RandomUniform: low is 1 and high is -1, expected finite numbers with low below high");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)nn::RandomUniform{random, nan, 1}; }),
      "nn::RandomUniform: low is nan and high is 1, expected finite numbers with low below high");
}

}  // namespace
