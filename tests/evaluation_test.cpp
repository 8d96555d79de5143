// nn.evaluation: cost and metrics of a network on a set, and its predictions.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dataset;
using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::clouds;
using nn::test::error_of;
using nn::test::small_network;

TEST(Evaluation, EvaluatesInBatchesLikeTheWhole) {
  nn::Sequential network = small_network();
  const Dataset many = clouds(1'203);  // more than pass through the network at once
  EXPECT_EQ(nn::predict(network, many.inputs), network.predict(many.inputs));
  EXPECT_NEAR(evaluate(network, nn::SoftmaxCrossEntropy{}, many).cost,
              nn::SoftmaxCrossEntropy::value(network.predict(many.inputs), many.targets), 1e-6);
}

// y = 2x of x = 1, 2, 3, where 2, 5, 6 are wanted: errors 0, −1, 0.
TEST(Evaluation, EvaluatesByHand) {
  nn::Sequential network{nn::Dense{Tensor{Shape{1, 1}, real{2}}, Tensor{real{0}}}};
  const std::vector<real> x{1, 2, 3};
  EXPECT_DOUBLE_EQ(evaluate(network, nn::MeanSquaredError{},
                            {.inputs = Tensor{Shape{3, 1}, x}, .targets = Tensor{2, 5, 6}})
                       .cost,
                   1.0 / 3);
}

// The precision over a set in several batches is not the mean of the batches' precisions.
TEST(Evaluation, MetricsSeeTheSetAsAWhole) {
  nn::Sequential network = small_network();
  const Dataset many = clouds(1'203);
  nn::ConfusionMatrix matrix{3};
  matrix.add(nn::predict_classes(network, many.inputs), many.targets.labels());
  EXPECT_EQ(evaluate(network, nn::SoftmaxCrossEntropy{}, many, nn::Accuracy{}, nn::Precision{3},
                     nn::F1{3})
                .metrics,
            (std::vector{matrix.accuracy(), matrix.macro_precision(), matrix.macro_f1()}));
}

TEST(Evaluation, PredictsTheLargestColumn) {
  const nn::Sequential network{nn::Dense{Tensor{{1, 0}, {0, 1}}, Tensor{0, 0}}};
  EXPECT_EQ(nn::predict_classes(network, Tensor{{2, 1}, {1, 2}, {0, 0}}), (Labels{0, 1, 0}));
}

// Batches of different weights: (2 · 1 + 1 · 4) / 3.
TEST(Evaluation, AddsBatchesUpByWhatTheyWeigh) {
  nn::RunningEvaluation running{{nn::Accuracy{}}};
  EXPECT_EQ(running.cost(), 0);
  running.add_cost(1, 2);
  running.add_cost(4, 1);
  running.add_to_metrics(Tensor{{1, 0}, {1, 0}}, Labels{0, 1});
  EXPECT_DOUBLE_EQ(running.cost(), 2);
  EXPECT_EQ(running.result().metrics, std::vector{0.5});
  EXPECT_EQ(running.state().size(), 4U);  // two sums, and what Accuracy has counted
  running.reset();
  EXPECT_EQ(running.cost(), 0);
  EXPECT_EQ(running.result().metrics, std::vector{0.0});
}

// Softmax is applied once, whether the network ends in it or not.
TEST(Evaluation, GivesProbabilities) {
  const nn::Sequential logits = small_network();
  const nn::Sequential ending{small_network(), nn::Softmax{}};
  const Tensor inputs = clouds(30).inputs;
  EXPECT_FALSE(nn::ends_in_softmax(logits));
  EXPECT_TRUE(nn::ends_in_softmax(ending));
  EXPECT_TRUE(nn::ends_in_softmax(nn::Sequential{ending}));
  EXPECT_FALSE(nn::ends_in_softmax(nn::Sequential{}));
  const Tensor right = nn::predict(ending, inputs);
  EXPECT_EQ(nn::predict_probabilities(logits, inputs), right);
  EXPECT_EQ(nn::predict_probabilities(ending, inputs), right);
}

TEST(Evaluation, RefusesProbabilitiesThatAreNotNumbers) {
  nn::Sequential network = small_network();
  network.parameter("0.weight").value(0, 0) = std::numeric_limits<real>::infinity();
  Tensor inputs{{0, 1}, {1, 1}};
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)nn::predict_probabilities(network, inputs); }),
      "nn::predict_probabilities: the network's output for sample 0 is NaN");
  EXPECT_EQ(nn::predict_classes(network, inputs)[0], Labels::no_class);
}

TEST(Evaluation, RefusesWhatCannotBeEvaluated) {
  const nn::Sequential network = small_network();
  const auto refusal = [&](const nn::Sequential& tried, const Dataset& set) {
    return error_of<std::invalid_argument>(
        [&] { (void)evaluate(tried, nn::SoftmaxCrossEntropy{}, set); });
  };
  EXPECT_EQ(refusal(network, {}), "nn::evaluate: the set: 0 samples, expected at least 1");
  EXPECT_EQ(refusal(nn::Sequential{}, clouds(3)), "nn::evaluate: the network has no layers");
  EXPECT_EQ(refusal(network, {.inputs = Tensor{Shape{3, 2}}, .targets = Labels{0, 1}}),
            "nn::evaluate: the set: 3 inputs and 2 targets, expected the same number of each");
  EXPECT_EQ(refusal(network, {.inputs = Tensor{Shape{2, 4}}, .targets = Labels{0, 1}}),
            "nn::Sequential: layer 1 (Dense 2→8) expects 2 columns; the input has 4");
  Dataset spoiled = clouds(30);
  spoiled.inputs(7, 1) = -std::numeric_limits<real>::quiet_NaN();
  EXPECT_EQ(refusal(network, spoiled),
            "nn::evaluate: sample 7 of the set: input 1 is nan, expected finite numbers");
  Tensor wanted{Shape{30, 3}};
  wanted(3, 2) = INFINITY;
  EXPECT_EQ(refusal(network, {.inputs = clouds(30).inputs, .targets = wanted}),
            "nn::evaluate: sample 3 of the set: target 2 is inf, expected finite numbers");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)nn::predict(network, Tensor{}); }),
            "nn::predict: inputs are empty");
}

}  // namespace
