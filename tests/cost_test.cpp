// nn.cost: values and gradients by hand, from PyTorch and measured; certainty, means, targets.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

import nn.activation;
import nn.backprop;
import nn.cost;
import nn.tensor;
import nn.test;

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::tolerance;

// ((3 − 1)² + (0 − 1)² + (5 − 5)² + (2 − 3)²) / 4 = 6/4; each gradient is 2 · difference / 4.
TEST(MeanSquaredError, ByHand) {
  const Tensor predictions{{3, 0}, {5, 2}};
  const Tensor targets{{1, 1}, {5, 3}};
  EXPECT_DOUBLE_EQ(nn::MeanSquaredError::value(predictions, targets), 1.5);
  EXPECT_EQ(nn::MeanSquaredError::gradient(predictions, targets), (Tensor{{1, -0.5}, {0, -0.5}}));
}

// The right classes have probabilities 1/4 and 1/2: C = (ln 4 + ln 2) / 2, ∂C/∂p = −1 / (2 p).
TEST(CrossEntropy, ByHand) {
  const Tensor probabilities{{0.25, 0.75}, {0.5, 0.5}};
  const Tensor classes{0, 1};
  EXPECT_DOUBLE_EQ(nn::CrossEntropy::value(probabilities, classes), 1.5 * std::log(2.0));
  EXPECT_EQ(nn::CrossEntropy::gradient(probabilities, classes), (Tensor{{-2, 0}, {0, -1}}));
}

// Yes with 1/4, no with 3/4, both wrong in the same measure: C = ln 4. ∂C/∂p = (−4, 4) / 2.
TEST(BinaryCrossEntropy, ByHand) {
  const Tensor probabilities{{0.25}, {0.75}};
  const Tensor answers{1, 0};
  EXPECT_DOUBLE_EQ(nn::BinaryCrossEntropy::value(probabilities, answers), std::log(4.0));
  EXPECT_EQ(nn::BinaryCrossEntropy::gradient(probabilities, answers), (Tensor{{-2}, {2}}));
}

// Equal logits are a probability of 1/4 each: C = ln 4, ∂C/∂z = 1/4 − t.
TEST(SoftmaxCrossEntropy, ByHand) {
  const Tensor logits{{7, 7, 7, 7}};
  EXPECT_DOUBLE_EQ(nn::SoftmaxCrossEntropy::value(logits, Tensor{2}), std::log(4.0));
  EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Tensor{2}),
            (Tensor{{0.25, 0.25, -0.75, 0.25}}));
}

// The way in one step and the way in two are the same cost.
TEST(SoftmaxCrossEntropy, RefusesASingleOutput) {
  for (const auto& measure :
       {+[] { (void)nn::SoftmaxCrossEntropy::value(Tensor{{1}}, Tensor{{1}}); },
        +[] { (void)nn::SoftmaxCrossEntropy::gradient(Tensor{{1}}, Tensor{{1}}); }}) {
    EXPECT_EQ(
        error_of<std::invalid_argument>(measure),
        "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for yes or no "
        "there is BinaryCrossEntropy");
  }
}

TEST(SoftmaxCrossEntropy, IsSoftmaxFollowedByCrossEntropy) {
  const Tensor logits = golden("cost", "logits");
  nn::Softmax softmax;
  const Tensor probabilities = softmax.forward(logits);
  for (const Tensor& targets : {golden("cost", "classes"), golden("cost", "rows")}) {
    EXPECT_NEAR(nn::SoftmaxCrossEntropy::value(logits, targets),
                nn::CrossEntropy::value(probabilities, targets), tolerance);
    EXPECT_LT(difference(nn::SoftmaxCrossEntropy::gradient(logits, targets),
                         softmax.backward(nn::CrossEntropy::gradient(probabilities, targets))),
              tolerance);
  }
}

// The fused cost never forms the probability, so it knows how wrong the network is where softmax
// has rounded to 0.
TEST(SoftmaxCrossEntropy, KnowsLogitsOfAnySize) {
  const Tensor logits{{1000, -1000}};
  EXPECT_DOUBLE_EQ(nn::SoftmaxCrossEntropy::value(logits, Tensor{1}), 2000);
  EXPECT_EQ(nn::SoftmaxCrossEntropy::value(logits, Tensor{0}), 0);
  EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Tensor{1}), (Tensor{{1, -1}}));
  EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Tensor{0}), (Tensor{{0, 0}}));
}

// The rule for certainty: a probability of 0 counts as the least that there is.
const double certainly_wrong = -std::log(double{nn::least_probability});

TEST(CrossEntropy, IsFiniteForCertainty) {
  const Tensor certain{{1, 0}};
  EXPECT_EQ(nn::CrossEntropy::value(certain, Tensor{0}), 0);
  EXPECT_DOUBLE_EQ(nn::CrossEntropy::value(certain, Tensor{1}), certainly_wrong);
  EXPECT_EQ(nn::CrossEntropy::gradient(certain, Tensor{0}), (Tensor{{-1, 0}}));
  EXPECT_EQ(nn::CrossEntropy::gradient(certain, Tensor{1}),
            (Tensor{{0, -1 / nn::least_probability}}));
  if (!nn::test::in_double) EXPECT_NEAR(certainly_wrong, 87.3, 0.1);
}

TEST(BinaryCrossEntropy, IsFiniteForCertainty) {
  const Tensor certain{{1, 0}};
  EXPECT_EQ(nn::BinaryCrossEntropy::value(certain, Tensor{{1, 0}}), 0);
  EXPECT_DOUBLE_EQ(nn::BinaryCrossEntropy::value(certain, Tensor{{0, 1}}), certainly_wrong);
  EXPECT_EQ(nn::BinaryCrossEntropy::gradient(certain, Tensor{{1, 0}}), (Tensor{{-0.5, 0.5}}));
  const real steepest = 1 / nn::least_probability / 2;
  EXPECT_EQ(nn::BinaryCrossEntropy::gradient(certain, Tensor{{0, 1}}),
            (Tensor{{steepest, -steepest}}));
  EXPECT_TRUE(std::isfinite(steepest));
}

// As for activations: a cost that hid a NaN would hide the fault.
TEST(Cost, LetsANanThrough) {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  EXPECT_TRUE(std::isnan(nn::MeanSquaredError::value(Tensor{{nan, 0}}, Tensor{0})));
  EXPECT_TRUE(std::isnan(nn::CrossEntropy::value(Tensor{{nan, 0}}, Tensor{0})));
  EXPECT_TRUE(std::isnan(nn::BinaryCrossEntropy::value(Tensor{{nan, 0}}, Tensor{0})));
  EXPECT_TRUE(std::isnan(nn::SoftmaxCrossEntropy::value(Tensor{{nan, 0}}, Tensor{0})));
}

/// What is a cost's own: its names, here, in an error and in golden/cost.json, and what it
/// compares.
template <class C>
struct About;
template <>
struct About<nn::MeanSquaredError> {
  static constexpr auto name = "mean squared error";
  static constexpr auto type = "MeanSquaredError";
  static constexpr auto golden = "mse";
  static constexpr auto predictions = "logits";
};
template <>
struct About<nn::CrossEntropy> {
  static constexpr auto name = "cross-entropy";
  static constexpr auto type = "CrossEntropy";
  static constexpr auto golden = "ce";
  static constexpr auto predictions = "probabilities";
};
template <>
struct About<nn::BinaryCrossEntropy> {
  static constexpr auto name = "binary cross-entropy";
  static constexpr auto type = "BinaryCrossEntropy";
  static constexpr auto golden = "bce";
  static constexpr auto predictions = "answers";
};
template <>
struct About<nn::SoftmaxCrossEntropy> {
  static constexpr auto name = "softmax cross-entropy";
  static constexpr auto type = "SoftmaxCrossEntropy";
  static constexpr auto golden = "softmax";
  static constexpr auto predictions = "logits";
};

template <class C>
class EveryCost : public testing::Test {
 protected:
  Tensor predictions = golden("cost", About<C>::predictions);
  Tensor rows = golden("cost", "rows");
  Tensor classes = golden("cost", "classes");
  C cost;

  /// The error of comparing these.
  std::string refusal(const Tensor& p, const Tensor& t) const {
    const std::string of_value = error_of<std::invalid_argument>([&] { (void)cost.value(p, t); });
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)cost.gradient(p, t); }), of_value);
    return of_value;
  }
};

using Costs = testing::Types<nn::MeanSquaredError, nn::CrossEntropy, nn::BinaryCrossEntropy,
                             nn::SoftmaxCrossEntropy>;
TYPED_TEST_SUITE(EveryCost, Costs);

TYPED_TEST(EveryCost, HasTheRightGradient) {
  static_assert(nn::Cost<TypeParam>);
  for (const Tensor& targets : {this->rows, this->classes}) {
    nn::test::UnderCost layer{this->cost, targets};
    EXPECT_LT(nn::check_gradients(layer, this->predictions).worst(), nn::test::gradient_tolerance);
  }
}

TYPED_TEST(EveryCost, MatchesPyTorch) {
  const std::string name = About<TypeParam>::golden;
  for (const std::string kind : {"rows", "classes"}) {
    const Tensor targets = golden("cost", kind);
    EXPECT_NEAR(this->cost.value(this->predictions, targets),
                double{golden("cost", name + "_" + kind)(0)}, tolerance);
    EXPECT_LT(difference(this->cost.gradient(this->predictions, targets),
                         golden("cost", name + "_" + kind + "_gradient")),
              tolerance);
  }
}

TYPED_TEST(EveryCost, TakesAClassForARowWithOneOne) {
  Tensor one_hot{this->predictions.shape()};
  for (std::size_t b = 0; b < one_hot.rows(); ++b) {
    one_hot(b, static_cast<std::size_t>(this->classes(b))) = 1;
  }
  EXPECT_EQ(this->cost.value(this->predictions, this->classes),
            this->cost.value(this->predictions, one_hot));
  EXPECT_EQ(this->cost.gradient(this->predictions, this->classes),
            this->cost.gradient(this->predictions, one_hot));
}

/// A batch and the same batch again behind it.
Tensor twice(const Tensor& batch) {
  Tensor result{batch.shape().sample().batch(2 * batch.rows())};
  const auto half = static_cast<std::ptrdiff_t>(batch.size());
  std::ranges::copy(batch.values(), result.values().begin());
  std::ranges::copy(batch.values(), result.values().begin() + half);
  return result;
}

// A mean over the batch: its size alone changes nothing, and each sample weighs half as much.
TYPED_TEST(EveryCost, IsAMeanOverTheBatch) {
  for (const Tensor& targets : {this->rows, this->classes}) {
    EXPECT_NEAR(this->cost.value(twice(this->predictions), twice(targets)),
                this->cost.value(this->predictions, targets), 1e-12);
    Tensor half = this->cost.gradient(this->predictions, targets);
    for (real& value : half.values()) value /= 2;
    EXPECT_LT(
        difference(this->cost.gradient(twice(this->predictions), twice(targets)), twice(half)),
        tolerance);
  }
}

TYPED_TEST(EveryCost, TakesTargetsInOneColumnAsTheyAre) {
  if (std::same_as<TypeParam, nn::SoftmaxCrossEntropy>) return;  // takes two or more
  const Tensor predictions{{0.25}, {0.5}, {0.75}};
  const Tensor targets{0, 1, 0.5};  // not class numbers: there is but one output
  const Tensor column = targets.reshaped(Shape{3, 1});
  EXPECT_EQ(this->cost.value(predictions, targets), this->cost.value(predictions, column));
  EXPECT_EQ(this->cost.gradient(predictions, targets), this->cost.gradient(predictions, column));
}

TYPED_TEST(EveryCost, SaysWhatItIs) {
  EXPECT_STREQ(this->cost.name().c_str(), About<TypeParam>::name);
}

TYPED_TEST(EveryCost, RefusesTargetsThatDoNotFit) {
  const std::string cost = "nn::" + std::string{About<TypeParam>::type};
  const std::string expected = ", expected (B, M) and the same, or (B)";
  const Tensor p{Shape{2, 3}, 0.5};
  EXPECT_EQ(this->refusal(p, Tensor{Shape{2, 4}}),
            cost + ": predictions have shape (2, 3) and targets (2, 4)" + expected);
  EXPECT_EQ(this->refusal(p, Tensor{Shape{3}}),
            cost + ": predictions have shape (2, 3) and targets (3)" + expected);
  EXPECT_EQ(this->refusal(Tensor{Shape{2}}, Tensor{Shape{2}}),
            cost + ": predictions have shape (2) and targets (2)" + expected);
  EXPECT_EQ(this->refusal(Tensor{}, Tensor{}),
            cost + ": predictions have shape () and targets ()" + expected);
}

TYPED_TEST(EveryCost, RefusesClassesThatThereAreNot) {
  const std::string cost = "nn::" + std::string{About<TypeParam>::type};
  const Tensor p{Shape{2, 3}, 0.5};
  const std::string expected = ", expected a class from 0 to 2";
  EXPECT_EQ(this->refusal(p, Tensor{0, 3}), cost + ": target of sample 1 is 3" + expected);
  EXPECT_EQ(this->refusal(p, Tensor{-1, 0}), cost + ": target of sample 0 is -1" + expected);
  EXPECT_EQ(this->refusal(p, Tensor{0, 1.5}), cost + ": target of sample 1 is 1.5" + expected);
  EXPECT_EQ(this->refusal(p, Tensor{std::numeric_limits<real>::quiet_NaN(), 0}),
            cost + ": target of sample 0 is nan" + expected);
}

}  // namespace
