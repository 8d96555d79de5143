// nn.checks: what is rejected, with which message.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

import nn.checks;
import nn.test;

namespace {

using nn::Shape;
using nn::Tensor;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The text of the std::invalid_argument that a call throws; empty if it throws none.
template <class Call>
std::string refused(Call&& call) {
  return nn::test::error_of<std::invalid_argument>(call);
}

TEST(CheckNotNegative, TakesFiniteNumbersFromZeroOn) {
  const auto check = [](double value) {
    return refused([=] { nn::check_not_negative("Adam", "decay", value); });
  };
  for (const double right : {0.0, -0.0, 1e-300, 0.5, 1e300}) EXPECT_EQ(check(right), "");
  EXPECT_EQ(check(-1), "nn::Adam: decay is -1, expected a finite number, 0 or more");
  EXPECT_EQ(check(infinity), "nn::Adam: decay is inf, expected a finite number, 0 or more");
  EXPECT_EQ(check(nan), "nn::Adam: decay is nan, expected a finite number, 0 or more");
}

TEST(CheckPositive, TakesFiniteNumbersAboveZero) {
  const auto check = [](double value) {
    return refused([=] { nn::check_positive("BatchNorm", "epsilon", value); });
  };
  for (const double right : {1e-300, 0.5, 1e300}) EXPECT_EQ(check(right), "");
  EXPECT_EQ(check(0), "nn::BatchNorm: epsilon is 0, expected a finite number above 0");
  EXPECT_EQ(check(-0.5), "nn::BatchNorm: epsilon is -0.5, expected a finite number above 0");
  EXPECT_EQ(check(infinity), "nn::BatchNorm: epsilon is inf, expected a finite number above 0");
  EXPECT_EQ(check(nan), "nn::BatchNorm: epsilon is nan, expected a finite number above 0");
}

TEST(CheckBelowOne, TakesNumbersFromZeroToBelowOne) {
  const auto check = [](double value) {
    return refused([=] { nn::check_below_one("Dropout", "rate", value); });
  };
  for (const double right : {0.0, 0.5, 0.999}) EXPECT_EQ(check(right), "");
  EXPECT_EQ(check(1), "nn::Dropout: rate is 1, expected at least 0 and below 1");
  EXPECT_EQ(check(-0.25), "nn::Dropout: rate is -0.25, expected at least 0 and below 1");
  EXPECT_EQ(check(nan), "nn::Dropout: rate is nan, expected at least 0 and below 1");
}

// A float converted to double is printed with its own digits, and a NaN without its sign.
TEST(RefuseOption, PrintsTheNumberAsItWasWritten) {
  const auto text = [](double value) {
    return refused([=] { nn::refuse_option("Owner", "option", value, "another"); });
  };
  EXPECT_EQ(text(0.1), "nn::Owner: option is 0.1, expected another");
  EXPECT_EQ(text(double{0.1F}), "nn::Owner: option is 0.1, expected another");
  EXPECT_EQ(text(std::copysign(nan, -1)), "nn::Owner: option is nan, expected another");
}

TEST(CheckedFeatures, AreAtLeastOne) {
  EXPECT_EQ(nn::checked_features("LayerNorm", 3), 3U);
  EXPECT_EQ(refused([] { nn::checked_features("LayerNorm", 0); }),
            "nn::LayerNorm: 0 features, expected at least 1");
}

TEST(CheckWeights, RefusesALayerThatWasMovedFrom) {
  EXPECT_EQ(refused([] { nn::check_weights(Tensor{1}, "Dense"); }), "");
  EXPECT_EQ(refused([] { nn::check_weights(Tensor{}, "Dense"); }),
            "nn::Dense: has no weights because it was moved from");
  EXPECT_EQ(refused([] { nn::check_weights(Tensor{}); }),
            "has no weights because it was moved from");
}

TEST(CheckBackward, RefusesAGradientThatIsNotOfTheLastOutput) {
  const auto check = [](const Shape& dy, const Shape& output) {
    return refused([&] { nn::check_backward("Identity", dy, output); });
  };
  EXPECT_EQ(check(Shape{2, 3}, Shape{2, 3}), "");
  EXPECT_EQ(check(Shape{2, 3}, Shape{}), "nn::Identity: backward() was called before forward()");
  EXPECT_EQ(
      check(Shape{2, 3}, Shape{2, 4}),
      "nn::Identity: gradient has shape (2, 3), expected (2, 4), the shape of the last output");
}

/// Has the output shape (4) for samples of one axis.
struct Picky {
  [[nodiscard]] static Shape output_shape(const Shape& sample) {
    if (sample.rank() == 1) return Shape{4};
    throw std::invalid_argument("expects rows");
  }
};

TEST(CheckedOutput, CompletesTheSentenceOfALayer) {
  EXPECT_EQ(nn::checked_output(Picky{}, "Picky", Shape{7}), Shape{4});
  EXPECT_EQ(refused([] { (void)nn::checked_output(Picky{}, "Picky", Shape{2, 3}); }),
            "nn::Picky: expects rows; the input has shape (2, 3)");
  EXPECT_EQ(refused([] { (void)nn::checked_output(Picky{}, "Picky", Shape{}); }),
            "nn::Picky: input is empty");
}

TEST(CountWindows, IsTheFormula) {
  EXPECT_EQ(nn::count_windows(28, 5, 1), 24U);
  EXPECT_EQ(nn::count_windows(28, 5, 2), 12U);
  EXPECT_EQ(nn::count_windows(3, 3, 7), 1U);
}

}  // namespace
