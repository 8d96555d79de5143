// nn.metrics: a confusion matrix worked by hand, the metrics from it, its tables, errors.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

import nn.metrics;
import nn.tensor;
import nn.test;

namespace {

using nn::ConfusionMatrix;
using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

constexpr real not_a_number = std::numeric_limits<real>::quiet_NaN();

// Ten animals: 0 a cat, 1 a dog, 2 a bird. Rows are the actual classes, columns the predictions:
//
//   2 1 0    two out of four predicted cats are cats, two out of three cats found: P 2/4, R 2/3
//   1 2 0    two out of three predicted dogs are dogs, two out of three dogs found: P 2/3, R 2/3
//   1 0 3    three out of three predicted birds are, three out of four birds found: P 3/3, R 3/4
ConfusionMatrix animals() {
  ConfusionMatrix matrix{3};
  const Labels actual{0, 0, 0, 1, 1, 1, 2, 2, 2, 2};
  const Labels predicted{0, 0, 1, 0, 1, 1, 0, 2, 2, 2};
  matrix.add(predicted, actual);
  return matrix;
}

TEST(ConfusionMatrix, CountsByHand) {
  const ConfusionMatrix matrix = animals();
  EXPECT_EQ(matrix.size(), 3);
  EXPECT_EQ(matrix.total(), 10);
  const std::vector<std::vector<std::size_t>> counts{{2, 1, 0}, {1, 2, 0}, {1, 0, 3}};
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t p = 0; p < 3; ++p) EXPECT_EQ(matrix(a, p), counts[a][p]) << a << " " << p;
  }
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.7);
}

TEST(ConfusionMatrix, PrecisionRecallAndF1ByHand) {
  const ConfusionMatrix matrix = animals();
  EXPECT_DOUBLE_EQ(matrix.precision(0), 2.0 / 4);
  EXPECT_DOUBLE_EQ(matrix.precision(1), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.precision(2), 3.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.recall(0), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.recall(1), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.recall(2), 3.0 / 4);
  // F1 = 2 TP / (2 TP + FP + FN), the same as 2 P R / (P + R)
  EXPECT_DOUBLE_EQ(matrix.f1(0), 4.0 / 7);
  EXPECT_DOUBLE_EQ(matrix.f1(1), 4.0 / 6);
  EXPECT_DOUBLE_EQ(matrix.f1(2), 6.0 / 7);
  // Macro: every class has the same weight, although one has four samples.
  EXPECT_DOUBLE_EQ(matrix.macro_precision(), (2.0 / 4 + 2.0 / 3 + 1) / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_recall(), (2.0 / 3 + 2.0 / 3 + 3.0 / 4) / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), (4.0 / 7 + 4.0 / 6 + 6.0 / 7) / 3);
}

// Class 2 neither occurs nor is predicted: it does not count.
TEST(ConfusionMatrix, AClassThatNeverOccursDoesNotCount) {
  ConfusionMatrix matrix{3};
  EXPECT_EQ(matrix.accuracy(), 0);
  EXPECT_EQ(matrix.macro_f1(), 0);
  const Labels right{0, 1};
  matrix.add(right, right);
  EXPECT_FALSE(matrix.occurs(2));
  EXPECT_EQ(matrix.precision(2), 0);
  EXPECT_EQ(matrix.recall(2), 0);
  EXPECT_EQ(matrix.f1(2), 0);
  EXPECT_EQ(matrix.macro_precision(), 1);
  EXPECT_EQ(matrix.macro_recall(), 1);
  EXPECT_EQ(matrix.macro_f1(), 1);
}

// A class that occurs only as a sample, or only as a prediction, counts with 0.
TEST(ConfusionMatrix, ZeroByZeroIsZero) {
  ConfusionMatrix matrix{4};
  matrix.add({0, 0, 2}, {0, 1, 0});
  EXPECT_DOUBLE_EQ(matrix.macro_precision(), (1.0 / 2 + 0 + 0) / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_recall(), (1.0 / 2 + 0 + 0) / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), (1.0 / 2 + 0 + 0) / 3);
}

// A prediction of no class is wrong and affects every number.
TEST(ConfusionMatrix, CountsPredictionsOfNoClass) {
  ConfusionMatrix matrix{2};
  matrix.add({0, Labels::no_class, 1, Labels::no_class}, {0, 0, 1, 1});
  EXPECT_EQ(matrix.total(), 4);
  EXPECT_EQ(matrix.samples(0), 2);
  EXPECT_EQ(matrix.without_class(1), 1);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(matrix.precision(0), 1);
  EXPECT_DOUBLE_EQ(matrix.recall(0), 0.5);
  EXPECT_EQ(matrix.table(),
            "actual \\ predicted\n"
            "          0    1 none\n"
            "     0    1    0    1\n"
            "     1    0    1    1\n");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { matrix.add({0}, {Labels::no_class}); }),
            "nn::ConfusionMatrix: the target of sample 0 contains NaN, so it has no class");
}

// Wherever the NaN is, a row that contains one has no largest value.
TEST(Metrics, ARowWithNaNIsWrong) {
  for (std::size_t place = 0; place < 3; ++place) {
    Tensor scores{{0, 1, 0}};
    scores(0, place) = not_a_number;
    for (std::size_t actual = 0; actual < 3; ++actual) {
      nn::Accuracy accuracy;
      accuracy.add(scores, Labels{actual});
      EXPECT_EQ(accuracy.value(), 0);
      nn::TopAccuracy top{2};
      top.add(scores, Labels{actual});
      EXPECT_EQ(top.value(), 0);
      nn::F1 f1{3};
      f1.add(scores, Labels{actual});
      EXPECT_EQ(f1.value(), 0);
    }
  }
  // A probability of class 1 alone.
  nn::Accuracy accuracy;
  accuracy.add({{not_a_number}, {not_a_number}}, Labels{0, 1});
  EXPECT_EQ(accuracy.value(), 0);
  // Not even if the target has one, too.
  accuracy.add({{not_a_number, 1}}, Tensor{{not_a_number, 1}});
  EXPECT_EQ(accuracy.value(), 0);
}

TEST(ConfusionMatrix, ListsMixUpsMostFrequentFirst) {
  ConfusionMatrix matrix = animals();
  matrix.add(Labels{1}, Labels{2});  // birds taken for dogs
  matrix.add(Labels{1}, Labels{2});
  const auto list = matrix.confusions();
  ASSERT_EQ(list.size(), 4);
  EXPECT_EQ(list[0].actual, 2);
  EXPECT_EQ(list[0].predicted, 1);
  EXPECT_EQ(list[0].count, 2);
  // Those equally frequent stay in the order of the table.
  EXPECT_EQ(list[1].actual, 0);
  EXPECT_EQ(list[2].actual, 1);
  EXPECT_EQ(list[3].actual, 2);
  EXPECT_EQ(list[3].predicted, 0);
}

TEST(ConfusionMatrix, Table) {
  EXPECT_EQ(animals().table(),
            "actual \\ predicted\n"
            "          0    1    2\n"
            "     0    2    1    0\n"
            "     1    1    2    0\n"
            "     2    1    0    3\n");
}

TEST(ConfusionMatrix, TableStaysAlignedWhereCountsAreLarge) {
  ConfusionMatrix matrix{2};
  const Labels many{std::vector<std::size_t>(123'456, 0)};
  matrix.add(many, many);
  EXPECT_EQ(matrix.table(),
            "actual \\ predicted\n"
            "            0      1\n"
            "     0 123456      0\n"
            "     1      0      0\n");
}

TEST(ConfusionMatrix, Report) {
  EXPECT_EQ(animals().report(),
            "class   precision   recall       F1  samples\n"
            "    0     50.00 %  66.67 %  57.14 %        3\n"
            "    1     66.67 %  66.67 %  66.67 %        3\n"
            "    2    100.00 %  75.00 %  85.71 %        4\n"
            " mean     72.22 %  69.44 %  69.84 %       10\n");
}

TEST(ConfusionMatrix, Errors) {
  ConfusionMatrix matrix{3};
  const auto error = [&](const Labels& predicted, const Labels& actual) {
    return error_of<std::invalid_argument>([&] { matrix.add(predicted, actual); });
  };
  EXPECT_EQ(error({0, 3}, {0, 0}), "nn::ConfusionMatrix: class is 3, expected 0 to 2");
  EXPECT_EQ(error({0, 0}, {0, 7}), "nn::ConfusionMatrix: class is 7, expected 0 to 2");
  EXPECT_EQ(error({0, 0, 0}, {0, 0}),
            "nn::ConfusionMatrix: 3 predictions and 2 targets, expected the same number of each");
  EXPECT_EQ(matrix.total(), 0) << "a refused set must not be counted in part";
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matrix(0, 3); }),
            "nn::ConfusionMatrix: class is 3, expected 0 to 2");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)matrix.recall(3); }),
            "nn::ConfusionMatrix: class is 3, expected 0 to 2");
  EXPECT_EQ(error_of<std::invalid_argument>([] { ConfusionMatrix{1}; }),
            "nn::ConfusionMatrix: 1 classes, expected 2 to 65536");
}

TEST(Accuracy, IsTheFractionPredictedCorrectly) {
  nn::Accuracy accuracy;
  EXPECT_EQ(accuracy.value(), 0);
  accuracy.add({{1, 0}, {0, 1}, {0, 1}, {0, 1}}, Labels{0, 1, 0, 1});
  EXPECT_DOUBLE_EQ(accuracy.value(), 3.0 / 4);
  // A batch of one counts as one sample, not as half of what was seen.
  accuracy.add({{1, 0}}, Labels{1});
  EXPECT_DOUBLE_EQ(accuracy.value(), 3.0 / 5);
  accuracy.reset();
  EXPECT_EQ(accuracy.value(), 0);
}

TEST(Accuracy, OfOneHotTargetsAndOfASingleColumn) {
  nn::Accuracy rows;
  rows.add({{1, 0}, {0, 1}}, Tensor{{1, 0}, {1, 0}});
  EXPECT_DOUBLE_EQ(rows.value(), 0.5);

  const Tensor probabilities{Shape{4, 1}, std::vector<real>{0.9F, 0.8F, 0.3F, 0.1F}};
  nn::Accuracy numbers;
  numbers.add(probabilities, Labels{1, 0, 0, 0});
  EXPECT_DOUBLE_EQ(numbers.value(), 0.75);
  nn::Accuracy column;
  column.add(probabilities, Tensor{Shape{4, 1}, std::vector<real>{1, 0, 0, 0}});
  EXPECT_DOUBLE_EQ(column.value(), 0.75);
}

TEST(Accuracy, OfEachPlaceOfASequence) {
  nn::Accuracy accuracy;
  const Tensor sequences = Tensor{1, 0, 0, 1, 0, 1, 0, 1}.reshaped(Shape{2, 2, 2});
  accuracy.add(sequences, Labels{0, 1, 0, 1});
  EXPECT_DOUBLE_EQ(accuracy.value(), 3.0 / 4);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { accuracy.add(sequences, Labels{0, 1}); }),
            "nn::Accuracy: 4 predictions and 2 targets, expected the same number of each");
}

TEST(Accuracy, RefusesUnequalNumbers) {
  nn::Accuracy accuracy;
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { accuracy.add({{1, 0}, {0, 1}}, Labels{0, 1, 1}); }),
      "nn::Accuracy: 2 predictions and 3 targets, expected the same number of each");
}

TEST(TopAccuracy, CountsTargetsAmongTheLargest) {
  const Tensor predictions{{0.5F, 0.3F, 0.2F}, {0.5F, 0.3F, 0.2F}, {0.5F, 0.3F, 0.2F}};
  const Labels targets{0, 1, 2};
  for (std::size_t k = 1; k <= 4; ++k) {
    nn::TopAccuracy top{k};
    top.add(predictions, targets);
    EXPECT_DOUBLE_EQ(top.value(), k < 3 ? static_cast<double>(k) / 3 : 1) << k;
  }
  EXPECT_EQ(nn::TopAccuracy{3}.name(), "top_3_accuracy");
}

// Of equal predictions, the first class comes before the rest, as for accuracy: a network that
// gives every class the same score is not right by a tie.
TEST(TopAccuracy, TiesGoToTheFirst) {
  const Tensor same(Shape{3, 3}, real(0.5));
  nn::TopAccuracy top{2};
  top.add(same, Labels{0, 1, 2});
  EXPECT_DOUBLE_EQ(top.value(), 2.0 / 3);
}

// Not even for a network whose outputs are all NaN.
TEST(TopAccuracy, OfOneIsAccuracyEvenWithoutNumbers) {
  const Tensor lost(Shape{3, 3}, not_a_number);
  nn::TopAccuracy top{1};
  nn::Accuracy accuracy;
  top.add(lost, Labels{0, 1, 2});
  accuracy.add(lost, Labels{0, 1, 2});
  EXPECT_EQ(top.value(), accuracy.value());
}

TEST(TopAccuracy, Errors) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { nn::TopAccuracy{0}; }),
            "nn::TopAccuracy: k is 0, expected at least 1");
  nn::TopAccuracy top{2};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { top.add({{1, 0}, {0, 1}}, Labels{0, 1, 1}); }),
            "nn::TopAccuracy: 2 predictions and 3 targets, expected the same number of each");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { top.add(Tensor{Shape{4, 1}}, Labels{0, 1, 1, 0}); }),
      "nn::TopAccuracy: predictions have shape (4, 1), expected (B, M) with M at least 2");
}

// Over two batches, the macro precision is that of all samples together: one out of two predicted
// as 0 is a 0, both predicted as 1 are. The mean of the batches' own values would be (1/4 + 1/2) /
// 2.
TEST(MacroMetrics, AccumulateOverBatches) {
  nn::Precision precision{2};
  precision.add({{1, 0}, {1, 0}}, Labels{0, 1});
  EXPECT_DOUBLE_EQ(precision.value(), 0.25);
  precision.add({{0, 1}, {0, 1}}, Labels{1, 1});
  EXPECT_DOUBLE_EQ(precision.value(), (1.0 / 2 + 2.0 / 2) / 2);
  precision.reset();
  EXPECT_EQ(precision.value(), 0);
}

TEST(MacroMetrics, AreThoseOfTheConfusionMatrix) {
  const Labels targets{0, 0, 0, 1, 1, 1, 2, 2, 2, 2};
  Tensor predictions{Shape{10, 3}};
  const Labels predicted{0, 0, 1, 0, 1, 1, 0, 2, 2, 2};
  for (std::size_t i = 0; i < 10; ++i) predictions(i, predicted[i]) = 1;
  nn::Precision precision{3};
  nn::Recall recall{3};
  nn::F1 f1{3};
  precision.add(predictions, targets);
  recall.add(predictions, targets);
  f1.add(predictions, targets);
  EXPECT_EQ(precision.value(), animals().macro_precision());
  EXPECT_EQ(recall.value(), animals().macro_recall());
  EXPECT_EQ(f1.value(), animals().macro_f1());
  EXPECT_EQ(precision.name() + " " + recall.name() + " " + f1.name(), "precision recall f1");
}

TEST(AnyMetric, IsAMetricAndAValue) {
  static_assert(nn::Metric<nn::AnyMetric>);
  nn::AnyMetric metric = nn::Accuracy{};
  metric.add({{1, 0}, {1, 0}}, Labels{0, 1});
  nn::AnyMetric copy = metric;
  copy.reset();
  EXPECT_EQ(metric.value(), 0.5);
  EXPECT_EQ(copy.value(), 0);
  EXPECT_EQ(copy.name(), "accuracy");
  EXPECT_TRUE(copy.is_resumable());
  EXPECT_EQ(copy.state().size(), 2U);
}

}  // namespace
