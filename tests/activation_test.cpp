// nn.activation: values at the limits and in between, derivatives, the full Jacobian of softmax.

#include <gtest/gtest.h>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

import nn.activation;
import nn.backprop;
import nn.cost;
import nn.layer;
import nn.tensor;
import nn.test;

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::tolerance;

constexpr real infinity = std::numeric_limits<real>::infinity();

TEST(ReLU, ByHand) {
  nn::ReLU layer;
  EXPECT_EQ(layer.forward(Tensor{{-2, 0, 3}}), (Tensor{{0, 0, 3}}));
  EXPECT_EQ(layer.backward(Tensor{{5, 6, 7}}), (Tensor{{0, 0, 7}}));  // at 0 the derivative is 0
}

TEST(LeakyReLU, ByHand) {
  nn::LeakyReLU layer{0.25};
  EXPECT_EQ(layer.forward(Tensor{{-2, 0, 3}}), (Tensor{{-0.5, 0, 3}}));
  EXPECT_EQ(layer.backward(Tensor{{4, 8, 7}}), (Tensor{{1, 2, 7}}));
}

TEST(Sigmoid, ByHand) {
  nn::Sigmoid layer;
  // 1 / (1 + e^(−ln 3)) = 1 / (1 + 1/3) = 3/4; there the derivative is 3/4 · 1/4.
  const Tensor x{{0, static_cast<real>(std::log(3.0))}};
  EXPECT_LT(difference(layer.forward(x), Tensor{{0.5, 0.75}}), tolerance);
  EXPECT_LT(difference(layer.backward(Tensor{{1, 1}}), Tensor{{0.25, 0.1875}}), tolerance);
}

TEST(Tanh, ByHand) {
  nn::Tanh layer;
  // e^ln 2 = 2: (2 − 1/2) / (2 + 1/2) = 3/5; there the derivative is 1 − 9/25.
  const Tensor x{{0, static_cast<real>(std::log(2.0))}};
  const Tensor y{{0, static_cast<real>(0.6)}};
  EXPECT_LT(difference(layer.forward(x), y), tolerance);
  const Tensor dx{{1, static_cast<real>(0.64)}};
  EXPECT_LT(difference(layer.backward(Tensor{{1, 1}}), dx), tolerance);
}

TEST(GELU, ByHand) {
  nn::GELU layer;
  // Half of all normal numbers are below 0, and 84.13 % are less than one deviation above it, where
  // the density is e^(−1/2) / √(2π) = 0.2420.
  const Tensor y = layer.forward(Tensor{{0, 1, -1}});
  EXPECT_EQ(y(0, 0), 0);
  EXPECT_NEAR(y(0, 1), 0.841345, 1e-6);
  EXPECT_NEAR(y(0, 2), -0.158655, 1e-6);
  const Tensor dx = layer.backward(Tensor{{1, 1, 1}});
  EXPECT_NEAR(dx(0, 0), 0.5, tolerance);
  EXPECT_NEAR(dx(0, 1), 0.841345 + 0.241971, 1e-6);
  EXPECT_NEAR(dx(0, 2), 0.158655 - 0.241971, 1e-6);
}

// The layer computes the error function with its own formulas, not with the standard library.
TEST(GELU, IsAccurateEverywhere) {
  nn::GELU layer;
  for (double x = -12; x < 12; x += 0.037) {
    const double probability = std::erfc(-x / std::sqrt(2.0)) / 2;
    const double density = std::exp(-x * x / 2) / std::sqrt(8 * std::atan(1.0));
    constexpr double close = nn::test::in_double ? 1e-14 : 2e-6;
    EXPECT_NEAR(layer.forward(Tensor{{static_cast<real>(x)}})(0, 0), x * probability, close) << x;
    EXPECT_NEAR(layer.backward(Tensor{{1}})(0, 0), probability + x * density, close) << x;
  }
}

TEST(Softmax, ByHand) {
  nn::Softmax layer;
  // e^0 : e^ln 3 = 1 : 3.
  const Tensor x{{0, static_cast<real>(std::log(3.0))}};
  EXPECT_LT(difference(layer.forward(x), Tensor{{0.25, 0.75}}), tolerance);
  // The Jacobian of (1/4, 3/4) is 3/16 · ((1, −1), (−1, 1)): with ∂C/∂y = (2, 1) that is ±3/16.
  EXPECT_LT(difference(layer.backward(Tensor{{2, 1}}), Tensor{{0.1875, -0.1875}}), tolerance);
}

// Far out the functions are their limits exactly: no overflow, no NaN, no 0.9999.
TEST(Activation, IsExactAtTheFarEnds) {
  for (const real far : {real{1000}, std::numeric_limits<real>::max(), infinity}) {
    const Tensor x{{-far, far}};
    EXPECT_EQ(nn::Sigmoid{}.predict(x), (Tensor{{0, 1}}));
    EXPECT_EQ(nn::Tanh{}.predict(x), (Tensor{{-1, 1}}));
    EXPECT_EQ(nn::ReLU{}.predict(x), (Tensor{{0, far}}));
    EXPECT_EQ(nn::GELU{}.predict(x), (Tensor{{0, far}}));
  }
  nn::Sigmoid sigmoid;
  (void)sigmoid.forward(Tensor{{-1000, 1000}});
  EXPECT_EQ(sigmoid.backward(Tensor{{1, 1}}), (Tensor{{0, 0}}));
  nn::Tanh tanh;
  (void)tanh.forward(Tensor{{-1000, 1000}});
  EXPECT_EQ(tanh.backward(Tensor{{1, 1}}), (Tensor{{0, 0}}));
  nn::GELU gelu;
  (void)gelu.forward(Tensor{{-infinity, infinity}});
  EXPECT_EQ(gelu.backward(Tensor{{1, 1}}), (Tensor{{0, 1}}));
}

TEST(Softmax, TakesLogitsOfAnySize) {
  const Tensor x{{1000, 1000, -1000}, {-1000, -1000, -1000}, {0, 3000, 0}};
  const real third = real{1} / 3;
  EXPECT_LT(
      difference(nn::Softmax{}.predict(x), Tensor{{0.5, 0.5, 0}, {third, third, third}, {0, 1, 0}}),
      tolerance);
}

TEST(Softmax, MakesDistributions) {
  const Tensor y = nn::Softmax{}.predict(nn::test::noise(Shape{50, 10}));
  for (std::size_t b = 0; b < y.rows(); ++b) {
    double sum = 0;
    for (const real p : y.row(b)) {
      EXPECT_GT(p, 0);
      sum += double{p};
    }
    EXPECT_NEAR(sum, 1, tolerance);
  }
}

TEST(Softmax, SeesOnlyDifferences) {
  const Tensor x{{1, 2, 4}};
  const Tensor shifted{{-99, -98, -96}};
  EXPECT_EQ(nn::Softmax{}.predict(x), nn::Softmax{}.predict(shifted));
}

// A NaN means that something went wrong earlier; an activation must not hide it.
TEST(Activation, LetsANanThrough) {
  const Tensor x{{static_cast<real>(std::nan("")), 1}};
  EXPECT_TRUE(std::isnan(nn::ReLU{}.predict(x)(0, 0)));
  EXPECT_TRUE(std::isnan(nn::LeakyReLU{}.predict(x)(0, 0)));
  EXPECT_TRUE(std::isnan(nn::Sigmoid{}.predict(x)(0, 0)));
  EXPECT_TRUE(std::isnan(nn::Tanh{}.predict(x)(0, 0)));
  EXPECT_TRUE(std::isnan(nn::GELU{}.predict(x)(0, 0)));
  EXPECT_TRUE(std::isnan(nn::Softmax{}.predict(x)(0, 1)));
}

/// What every activation must do. Each has its default options, except for a larger leak.
template <class L>
class EveryActivation : public testing::Test {
 protected:
  L layer = [] {
    if constexpr (std::same_as<L, nn::LeakyReLU>) {
      return L{0.25};
    } else {
      return L{};
    }
  }();
};

using Activations =
    testing::Types<nn::ReLU, nn::LeakyReLU, nn::Sigmoid, nn::Tanh, nn::GELU, nn::Softmax>;
TYPED_TEST_SUITE(EveryActivation, Activations);

// Away from 0, where ReLU has a kink and no derivative to measure.
TYPED_TEST(EveryActivation, HasTheRightGradient) {
  Tensor x = nn::test::noise(Shape{4, 6});
  for (real& value : x.values()) value += value > 0 ? real{0.1F} : real{-0.1F};
  EXPECT_LT(nn::check_gradients(this->layer, x).worst(), gradient_tolerance);
}

// Softmax looks at whole rows: its derivative is a matrix, and MSE needs all of it.
TYPED_TEST(EveryActivation, HasTheRightGradientUnderMeanSquaredError) {
  const Tensor x = nn::test::noise(Shape{3, 4});
  const Tensor targets{{1, 0, 0, 0}, {0, 0, 1, 0}, {0.5, 0.5, 0, 0}};
  nn::Sequential network{this->layer, nn::test::UnderCost{nn::MeanSquaredError{}, targets}};
  EXPECT_LT(nn::check_gradients(network, x).worst(), gradient_tolerance);
}

TYPED_TEST(EveryActivation, MatchesPyTorch) {
  const std::string type = TypeParam{}.name();
  const std::string name = type == "ReLU"        ? "relu"
                           : type == "LeakyReLU" ? "leaky_relu"
                           : type == "Sigmoid"   ? "sigmoid"
                           : type == "Tanh"      ? "tanh"
                           : type == "GELU"      ? "gelu"
                                                 : "softmax";
  const Tensor y = this->layer.forward(golden("activation", "x"));
  EXPECT_LT(difference(y, golden("activation", name)), tolerance);
  const Tensor dx = this->layer.backward(golden("activation", "dy"));
  EXPECT_LT(difference(dx, golden("activation", name + "_dx")), tolerance);
}

// Predicting changes nothing that backward needs.
TYPED_TEST(EveryActivation, PredictsWhatForwardGives) {
  const Tensor x = nn::test::noise(Shape{4, 6}, 1);
  EXPECT_EQ(this->layer.predict(x), this->layer.forward(x));
  const Tensor dy = nn::test::noise(Shape{4, 6}, 2);
  const Tensor dx = this->layer.backward(dy);
  (void)this->layer.predict(nn::test::noise(Shape{4, 6}, 3));
  EXPECT_EQ(this->layer.backward(dy), dx);
}

// Large tensors are worked on by several threads, in parts; small ones are not.
TYPED_TEST(EveryActivation, DoesTheSameToLargeTensors) {
  const Tensor x = nn::test::noise(Shape{2003, 101}, 1);
  const Tensor dy = nn::test::noise(x.shape(), 2);
  const Tensor y = this->layer.forward(x);
  const Tensor dx = this->layer.backward(dy);
  const auto row = [](const Tensor& tensor, std::size_t b) {
    return Tensor{Shape{1, tensor.columns()}, tensor.row(b)};
  };
  for (std::size_t b = 0; b < x.rows(); ++b) {
    ASSERT_LT(difference(row(y, b), this->layer.forward(row(x, b))), tolerance);
    ASSERT_LT(difference(row(dx, b), this->layer.backward(row(dy, b))), tolerance);
  }
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return this->layer.predict(x); }));
}

TYPED_TEST(EveryActivation, HasNothingToLearn) {
  static_assert(nn::Layer<TypeParam>);
  EXPECT_TRUE(this->layer.parameters().empty());
  EXPECT_EQ(this->layer.output_shape(Shape{10}), Shape{10});
  EXPECT_EQ(this->layer.output_shape(Shape{}), Shape{});
}

TYPED_TEST(EveryActivation, RefusesAGradientUnlikeItsOutput) {
  const std::string name = this->layer.name();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)this->layer.backward(Tensor{{1, 2}}); }),
            "nn::" + name + ": backward() was called before forward()");
  (void)this->layer.forward(Tensor{{1, 2}});
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)this->layer.backward(Tensor{{1, 2, 3}}); }),
      "nn::" + name + ": gradient has shape (1, 3), expected (1, 2), the shape of the last output");
}

TEST(Activation, TakesImages) {
  const Tensor images = nn::test::noise(Shape{2, 3, 4, 5});
  nn::ReLU layer;
  EXPECT_EQ(layer.output_shape(Shape{3, 4, 5}), (Shape{3, 4, 5}));
  EXPECT_EQ(layer.forward(images).shape(), images.shape());
  EXPECT_EQ(layer.backward(images).shape(), images.shape());
}

TEST(Softmax, RefusesImages) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)nn::Softmax{}.predict(Tensor{Shape{2, 3, 4, 5}}); }),
            "nn::Softmax: input has shape (2, 3, 4, 5), expected (B, M)");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)nn::Softmax{}.output_shape(Shape{3, 4, 5}); }),
      "expects rows (put nn::Flatten before it)");
}

TEST(LeakyReLU, RefusesASlopeThatTurnsOrSteepensIt) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::LeakyReLU{0}; }),
            "nn::LeakyReLU: slope is 0, expected above 0 and below 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::LeakyReLU{-0.5}; }),
            "nn::LeakyReLU: slope is -0.5, expected above 0 and below 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::LeakyReLU{1}; }),
            "nn::LeakyReLU: slope is 1, expected above 0 and below 1");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)nn::LeakyReLU{std::numeric_limits<real>::quiet_NaN()}; }),
            "nn::LeakyReLU: slope is nan, expected above 0 and below 1");
}

}  // namespace
