// nn.cost: values and gradients by hand, from PyTorch and numerically; certainty, means, targets.

#include <gtest/gtest.h>

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
import nn.cost;
import nn.dense;
import nn.tensor;
import nn.test;

namespace {

using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Targets;
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
  const Labels classes{0, 1};
  EXPECT_DOUBLE_EQ(nn::CrossEntropy::value(probabilities, classes), 1.5 * std::log(2.0));
  EXPECT_EQ(nn::CrossEntropy::gradient(probabilities, classes), (Tensor{{-2, 0}, {0, -1}}));
}

// Yes with 1/4, no with 3/4, both equally wrong: C = ln 4. ∂C/∂p = (−4, 4) / 2.
TEST(BinaryCrossEntropy, ByHand) {
  const Tensor probabilities{{0.25}, {0.75}};
  const Labels answers{1, 0};
  EXPECT_DOUBLE_EQ(nn::BinaryCrossEntropy::value(probabilities, answers), std::log(4.0));
  EXPECT_EQ(nn::BinaryCrossEntropy::gradient(probabilities, answers), (Tensor{{-2}, {2}}));
}

// Equal logits are a probability of 1/4 each: C = ln 4, ∂C/∂z = 1/4 − t.
TEST(SoftmaxCrossEntropy, ByHand) {
  const Tensor logits{{7, 7, 7, 7}};
  EXPECT_DOUBLE_EQ(nn::SoftmaxCrossEntropy::value(logits, Labels{2}), std::log(4.0));
  EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Labels{2}),
            (Tensor{{0.25, 0.25, -0.75, 0.25}}));
}

// Computed in one step or in two, the cost is the same.
TEST(SoftmaxCrossEntropy, RefusesASingleOutput) {
  for (const auto& measure :
       {+[] { (void)nn::SoftmaxCrossEntropy::value(Tensor{{1}}, Tensor{{1}}); },
        +[] { (void)nn::SoftmaxCrossEntropy::gradient(Tensor{{1}}, Tensor{{1}}); }}) {
    EXPECT_EQ(error_of<std::invalid_argument>(measure),
              "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for one "
              "yes-or-no output use BinaryCrossEntropy");
  }
}

TEST(SoftmaxCrossEntropy, IsSoftmaxFollowedByCrossEntropy) {
  const Tensor logits = golden("cost", "logits");
  nn::Softmax softmax;
  const Tensor probabilities = softmax.forward(logits);
  for (const Targets& targets : {Targets{Labels::from_numbers(golden("cost", "classes"))},
                                 Targets{golden("cost", "rows")}}) {
    EXPECT_NEAR(nn::SoftmaxCrossEntropy::value(logits, targets),
                nn::CrossEntropy::value(probabilities, targets), tolerance);
    EXPECT_LT(difference(nn::SoftmaxCrossEntropy::gradient(logits, targets),
                         softmax.backward(nn::CrossEntropy::gradient(probabilities, targets))),
              tolerance);
  }
}

// The logits of the recorded batch as two sequences of two places: the same four samples.
TEST(SoftmaxCrossEntropy, TakesALabelForEachPlaceOfASequence) {
  const Tensor sequences = golden("cost", "logits").reshaped(Shape{2, 2, 5});
  const Labels labels = Labels::from_numbers(golden("cost", "classes"));
  EXPECT_NEAR(nn::SoftmaxCrossEntropy::value(sequences, labels),
              double{golden("cost", "softmax_classes")(0)}, tolerance);
  const Tensor expected = golden("cost", "softmax_classes_gradient").reshaped(sequences.shape());
  EXPECT_LT(difference(nn::SoftmaxCrossEntropy::gradient(sequences, labels), expected), tolerance);
  nn::test::UnderCost layer{nn::SoftmaxCrossEntropy{}, labels};
  EXPECT_LT(nn::check_gradients(layer, sequences).worst(), nn::test::gradient_tolerance);
}

TEST(SoftmaxCrossEntropy, RefusesOtherTargetsOfSequences) {
  const auto refusal = [](const Shape& shape, const Targets& targets) {
    const Tensor logits{shape};
    const std::string text = error_of<std::invalid_argument>(
        [&] { (void)nn::SoftmaxCrossEntropy::value(logits, targets); });
    EXPECT_EQ(error_of<std::invalid_argument>(
                  [&] { (void)nn::SoftmaxCrossEntropy::gradient(logits, targets); }),
              text);
    return text;
  };
  const std::string start =
      "nn::SoftmaxCrossEntropy: predictions have shape (2, 3, 5) and targets ";
  const std::string end = ", expected 6 labels, one for each place";
  EXPECT_EQ(refusal(Shape{2, 3, 5}, Labels{0, 1}), start + "are 2 labels" + end);
  EXPECT_EQ(refusal(Shape{2, 3, 5}, Tensor{Shape{2, 3, 5}}), start + "(2, 3, 5)" + end);
  EXPECT_EQ(refusal(Shape{2, 1, 5}, Labels{4, 5}),
            "nn::SoftmaxCrossEntropy: label of sample 1 is 5, expected 0 to 4");
  EXPECT_EQ(refusal(Shape{2, 1, 1}, Labels{0, 0}),
            "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for one "
            "yes-or-no output use BinaryCrossEntropy");
}

// The fused cost never forms the probability, so it knows how wrong the network is where softmax
// has rounded to 0.
TEST(SoftmaxCrossEntropy, KnowsLogitsOfAnySize) {
  const Tensor logits{{1000, -1000}};
  EXPECT_DOUBLE_EQ(nn::SoftmaxCrossEntropy::value(logits, Labels{1}), 2000);
  EXPECT_EQ(nn::SoftmaxCrossEntropy::value(logits, Labels{0}), 0);
  EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Labels{1}), (Tensor{{1, -1}}));
  EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Labels{0}), (Tensor{{0, 0}}));
}

// The rule for certainty: a probability of 0 is clamped to the smallest normal number.
const double certainly_wrong = -std::log(double{nn::least_probability});

// Next to a logit of 1e16, a double cannot represent + ln 2, so the two must not be added.
TEST(SoftmaxCrossEntropy, KeepsTheLogarithmNextToHugeLogits) {
  for (const real huge : {real(1e8), real(1e16), real(1e30), real(-1e16), real(-1e30)}) {
    const Tensor logits{{huge, huge}};
    EXPECT_DOUBLE_EQ(nn::SoftmaxCrossEntropy::value(logits, Labels{1}), std::log(2.0)) << huge;
    EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, Labels{1}), (Tensor{{0.5, -0.5}}));
  }
}

// A mask: −∞ is the logit of a class that cannot be.
TEST(SoftmaxCrossEntropy, LeavesMaskedClassesOut) {
  constexpr real masked = -std::numeric_limits<real>::infinity();
  const Tensor logits{{masked, 0, 0}};
  const Tensor one_hot{{0, 1, 0}};
  for (const Targets& targets : {Targets{Labels{1}}, Targets{one_hot}}) {
    EXPECT_DOUBLE_EQ(nn::SoftmaxCrossEntropy::value(logits, targets), std::log(2.0));
    EXPECT_EQ(nn::SoftmaxCrossEntropy::gradient(logits, targets), (Tensor{{0, -0.5, 0.5}}));
  }
  EXPECT_EQ(nn::SoftmaxCrossEntropy::value(logits, Labels{0}),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(nn::Softmax{}.predict(logits), (Tensor{{0, 0.5, 0.5}}));
}

TEST(CrossEntropy, IsFiniteForCertainty) {
  const Tensor certain{{1, 0}};
  EXPECT_EQ(nn::CrossEntropy::value(certain, Labels{0}), 0);
  EXPECT_DOUBLE_EQ(nn::CrossEntropy::value(certain, Labels{1}), certainly_wrong);
  EXPECT_EQ(nn::CrossEntropy::gradient(certain, Labels{0}), (Tensor{{-1, 0}}));
  EXPECT_EQ(nn::CrossEntropy::gradient(certain, Labels{1}),
            (Tensor{{0, -1 / nn::least_probability}}));
  if (!nn::test::in_double) {
    EXPECT_NEAR(certainly_wrong, 87.3, 0.1);
  }
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

// As with activations, a cost must not hide a NaN.
TEST(Cost, LetsANanThrough) {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  EXPECT_TRUE(std::isnan(nn::MeanSquaredError::value(Tensor{{nan, 0}}, Labels{0})));
  EXPECT_TRUE(std::isnan(nn::CrossEntropy::value(Tensor{{nan, 0}}, Labels{0})));
  EXPECT_TRUE(std::isnan(nn::BinaryCrossEntropy::value(Tensor{{nan, 0}}, Labels{0})));
  EXPECT_TRUE(std::isnan(nn::SoftmaxCrossEntropy::value(Tensor{{nan, 0}}, Labels{0})));
}

/// What differs between costs: their names here, in errors and in golden/cost.json, and what they
/// compare.
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
  Targets rows = golden("cost", "rows");
  Targets classes = Labels::from_numbers(golden("cost", "classes"));
  C cost;

  /// The error of comparing these.
  std::string refusal(const Tensor& p, const Targets& t) const {
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
  for (const Targets& targets : {this->rows, this->classes}) {
    nn::test::UnderCost layer{this->cost, targets};
    EXPECT_LT(nn::check_gradients(layer, this->predictions).worst(), nn::test::gradient_tolerance);
  }
}

TYPED_TEST(EveryCost, MatchesPyTorch) {
  const std::string name = About<TypeParam>::golden;
  for (const std::string kind : {"rows", "classes"}) {
    const Targets& targets = kind == "rows" ? this->rows : this->classes;
    EXPECT_NEAR(this->cost.value(this->predictions, targets),
                double{golden("cost", name + "_" + kind)(0)}, tolerance);
    EXPECT_LT(difference(this->cost.gradient(this->predictions, targets),
                         golden("cost", name + "_" + kind + "_gradient")),
              tolerance);
  }
}

TYPED_TEST(EveryCost, TakesAClassForARowWithOneOne) {
  const Tensor one_hot = this->classes.labels().one_hot(this->predictions.columns());
  EXPECT_EQ(this->cost.value(this->predictions, this->classes),
            this->cost.value(this->predictions, one_hot));
  EXPECT_EQ(this->cost.gradient(this->predictions, this->classes),
            this->cost.gradient(this->predictions, one_hot));
}

/// A batch, and the same batch again after it.
nn::Dataset twice(const Tensor& batch, const Targets& targets) {
  std::vector<std::size_t> places(2 * batch.rows());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i % batch.rows();
  return nn::gather({.inputs = batch, .targets = targets}, places);
}

// A mean over the batch: repeating the batch changes nothing, but each sample counts half as much.
TYPED_TEST(EveryCost, IsAMeanOverTheBatch) {
  for (const Targets& targets : {this->rows, this->classes}) {
    const nn::Dataset both = twice(this->predictions, targets);
    EXPECT_NEAR(this->cost.value(both.inputs, both.targets),
                this->cost.value(this->predictions, targets), 1e-12);
    Tensor half = this->cost.gradient(this->predictions, targets);
    for (real& value : half.values()) value /= 2;
    EXPECT_LT(
        difference(this->cost.gradient(both.inputs, both.targets), twice(half, targets).inputs),
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
  const std::string expected = ", expected (B, M) and B labels or (B, M)";
  const Tensor p{Shape{2, 3}, 0.5};
  EXPECT_EQ(this->refusal(p, Tensor{Shape{2, 4}}),
            cost + ": predictions have shape (2, 3) and targets (2, 4)" + expected);
  EXPECT_EQ(this->refusal(p, Tensor{0, 1}),
            cost + ": predictions have shape (2, 3) and targets (2)" + expected);
  EXPECT_EQ(this->refusal(p, Labels{0, 1, 2}),
            cost + ": predictions have shape (2, 3) and targets are 3 labels" + expected);
  EXPECT_EQ(this->refusal(Tensor{Shape{2}}, Tensor{Shape{2}}),
            cost + ": predictions have shape (2) and targets (2)" + expected);
  EXPECT_EQ(this->refusal(Tensor{}, Tensor{}),
            cost + ": predictions have shape () and targets ()" + expected);
}

TYPED_TEST(EveryCost, RefusesLabelsThatThereAreNot) {
  const std::string cost = "nn::" + std::string{About<TypeParam>::type};
  const Tensor p{Shape{2, 3}, 0.5};
  EXPECT_EQ(this->refusal(p, Labels{0, 3}), cost + ": label of sample 1 is 3, expected 0 to 2");
}

// For a single output the labels 0 and 1 are the wanted outputs.
TYPED_TEST(EveryCost, TakesYesAndNoForASingleOutput) {
  if (std::same_as<TypeParam, nn::SoftmaxCrossEntropy>) return;  // takes two or more
  const Tensor p{{0.25}, {0.5}};
  EXPECT_EQ(this->cost.value(p, Labels{1, 0}), this->cost.value(p, Tensor{{1}, {0}}));
  EXPECT_EQ(this->refusal(p, Labels{0, 2}), "nn::" + std::string{About<TypeParam>::type} +
                                                ": label of sample 1 is 2, expected 0 to 1");
}

// Weighted classes.

TEST(Weighted, MatchesPyTorch) {
  const Tensor numbers = golden("training", "class_weights");
  const nn::Weighted cost{nn::SoftmaxCrossEntropy{},
                          {numbers.values().begin(), numbers.values().end()}};
  const Labels labels = Labels::from_numbers(golden("training", "classes"));
  for (const Targets& targets : {Targets{labels}, Targets{labels.one_hot(4)}}) {
    const nn::Dense dense{golden("training", "weight"), golden("training", "bias")};
    const Tensor logits = dense.predict(golden("training", "x"));
    EXPECT_NEAR(cost.value(logits, targets), double{golden("training", "cost").data()[0]},
                tolerance);
  }
}

TEST(Weighted, HasTheRightGradient) {
  nn::test::UnderCost layer{nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 0, 7}}, Labels{0, 2, 1, 2}};
  const Tensor logits = nn::test::noise(Shape{4, 3});
  EXPECT_LT(nn::check_gradients(layer, logits).worst(), nn::test::gradient_tolerance);
}

// Samples with the costs 1 and 9 and the weights 3 and 1: (3 · 1 + 1 · 9) / 4.
TEST(Weighted, ByHand) {
  const nn::Weighted cost{nn::MeanSquaredError{}, {3, 1}};
  const Labels labels{0, 1};
  const Tensor rows = labels.one_hot(2);
  const Tensor predictions{{2, 1}, {3, 4}};  // (1 + 1) / 2 and (9 + 9) / 2
  EXPECT_DOUBLE_EQ(cost.value(predictions, rows), 3.0);
  EXPECT_DOUBLE_EQ(cost.weight(rows), 4);
  EXPECT_EQ(cost.name(), "mean squared error weighted 3, 1");
}

TEST(Weighted, AClassOfWeightZeroTeachesNothing) {
  const nn::Weighted cost{nn::SoftmaxCrossEntropy{}, {1, 0}};
  const Tensor logits{{1, 2}, {3, 4}};
  EXPECT_EQ(cost.value(logits, Labels{1, 1}), 0);
  EXPECT_EQ(cost.gradient(logits, Labels{1, 1}), (Tensor{Shape{2, 2}}));
}

TEST(Weighted, RefusesWhatCannotBeAWeight) {
  const auto refusal = [](std::vector<double> weights) {
    return error_of<std::invalid_argument>(
        [&] { nn::Weighted{nn::SoftmaxCrossEntropy{}, std::move(weights)}; });
  };
  EXPECT_EQ(refusal({1, -1}),
            "nn::Weighted: the weight of class 1 is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal({1, NAN}),
            "nn::Weighted: the weight of class 1 is nan, expected a finite number, 0 or more");
  EXPECT_EQ(refusal({0, 0}),
            "nn::Weighted: the weights of all classes are 0, expected at least one above 0");
  EXPECT_EQ(refusal({}),
            "nn::Weighted: the weights of all classes are 0, expected at least one above 0");
  const nn::Weighted two{nn::SoftmaxCrossEntropy{}, {1, 2}};
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)two.weight(Labels{0, 2}); }),
      "nn::Weighted: 2 class weights, but a target is class 2, expected one weight for each class");
}

TEST(Weighted, BalancedWeights) {
  EXPECT_EQ(nn::balanced_weights(Labels{0, 0, 0, 1, 3, 3}),
            (std::vector{6 / (3 * 3.0), 6 / (3 * 1.0), 0.0, 6 / (3 * 2.0)}));
  EXPECT_EQ(nn::balanced_weights(Tensor{{1, 0}, {0, 1}, {0, 1}, {0, 1}}),
            (std::vector{2.0, 4 / 6.0}));
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::balanced_weights(Labels{}); }),
            "nn::balanced_weights: 0 targets, expected at least 1");
}

// Any cost.

TEST(AnyCost, IsACostAndAValue) {
  static_assert(nn::Cost<nn::AnyCost>);
  const nn::AnyCost mse = nn::MeanSquaredError{};
  nn::AnyCost copy = nn::CrossEntropy{};
  copy = mse;
  EXPECT_EQ(copy.name(), "mean squared error");
  EXPECT_EQ(copy.value(Tensor{{3}}, Tensor{{1}}), 4);
  EXPECT_EQ(copy.gradient(Tensor{{3}}, Tensor{{1}}), (Tensor{{4}}));
  EXPECT_EQ(copy.weight(Labels{0, 1, 1}), 3);
  EXPECT_EQ((nn::AnyCost{nn::Weighted{mse, {1, 5}}}.weight(Labels{0, 1, 1})), 11);
}

}  // namespace
