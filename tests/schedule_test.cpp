// nn.schedule: the factors by hand and PyTorch's, and errors.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Progress;
using nn::Schedule;
using nn::test::error_of;
using nn::test::golden;

/// The largest difference from the factors that PyTorch takes in five epochs of four steps.
double difference_from_recorded(Schedule schedule, const std::string& name) {
  const nn::Tensor expected = golden("schedule", name);
  nn::Tensor factors{expected.shape()};
  for (std::size_t step = 0; step < factors.size(); ++step) {
    const Progress progress{.epoch = static_cast<double>(step) / 4, .epochs = 5};
    factors(step) = static_cast<nn::real>(schedule(progress));
  }
  return factors.size() == 20 ? nn::test::difference(factors, expected) : INFINITY;
}

/// The factor in the middle of each of six epochs.
std::vector<double> in_the_middle(Schedule schedule) {
  std::vector<double> factors;
  for (int epoch = 0; epoch < 6; ++epoch) {
    factors.push_back(schedule({.epoch = epoch + 0.5, .epochs = 6}));
  }
  return factors;
}

TEST(Schedule, ByHand) {
  EXPECT_EQ(in_the_middle(nn::ConstantRate{}), std::vector<double>(6, 1));
  EXPECT_EQ(in_the_middle(nn::StepDecay{{.every = 2, .factor = 0.5}}),
            (std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25}));
  EXPECT_EQ(in_the_middle(nn::StepDecay{{.every = 2.5, .factor = 0.5}}),
            (std::vector<double>{1, 1, 0.5, 0.5, 0.5, 0.25}));
  EXPECT_DOUBLE_EQ(nn::ExponentialDecay{{.factor = 0.25}}({.epoch = 1.5, .epochs = 6}), 0.125);
  EXPECT_DOUBLE_EQ(nn::Cosine{}({.epoch = 3, .epochs = 6}), 0.5);
  EXPECT_DOUBLE_EQ(nn::Cosine{{.last = 0.5}}({.epoch = 6, .epochs = 6}), 0.5);
  const nn::OneCycle cycle{{.rise = 0.5, .first = 0.2, .last = 0}};
  EXPECT_DOUBLE_EQ(cycle({.epoch = 0, .epochs = 6}), 0.2);
  EXPECT_DOUBLE_EQ(cycle({.epoch = 1.5, .epochs = 6}), 0.6);
  EXPECT_DOUBLE_EQ(cycle({.epoch = 3, .epochs = 6}), 1);
  EXPECT_DOUBLE_EQ(cycle({.epoch = 6, .epochs = 6}), 0);
}

TEST(Schedule, AsPyTorch) {
  using nn::test::tolerance;
  EXPECT_LT(difference_from_recorded(nn::StepDecay{{.every = 2, .factor = 0.5}}, "step"),
            tolerance);
  EXPECT_LT(difference_from_recorded(nn::ExponentialDecay{{.factor = 0.8}}, "exponential"),
            tolerance);
  EXPECT_LT(difference_from_recorded(nn::Cosine{}, "cosine"), tolerance);
  EXPECT_LT(difference_from_recorded(nn::Cosine{{.last = 0.25}}, "cosine_last"), tolerance);
  EXPECT_LT(difference_from_recorded(nn::OneCycle{}, "one_cycle"), tolerance);
  EXPECT_LT(
      difference_from_recorded(nn::WarmUp{{.epochs = 2, .first = 0.1}, nn::Cosine{}}, "warm_up"),
      tolerance);
}

TEST(Schedule, WarmUpRisesToWhatFollows) {
  nn::WarmUp alone{{.epochs = 2, .first = 0}};
  EXPECT_DOUBLE_EQ(alone({.epoch = 0, .epochs = 6}), 0);
  EXPECT_DOUBLE_EQ(alone({.epoch = 0.5, .epochs = 6}), 0.25);
  EXPECT_DOUBLE_EQ(alone({.epoch = 2, .epochs = 6}), 1);
  EXPECT_DOUBLE_EQ(alone({.epoch = 5, .epochs = 6}), 1);
  nn::WarmUp own{{.epochs = 2, .first = 0}, [](const Progress& p) { return 3 - p.epoch; }};
  EXPECT_DOUBLE_EQ(own({.epoch = 1, .epochs = 6}), 1.5);
  EXPECT_DOUBLE_EQ(own({.epoch = 2, .epochs = 6}), 3);
  EXPECT_DOUBLE_EQ(own({.epoch = 4, .epochs = 6}), 1);
}

/// The factors that ReduceOnPlateau takes when the epochs have these costs: in the first, and after
/// each.
std::vector<double> on_plateau(Schedule schedule, const std::vector<double>& costs) {
  std::vector<double> factors{schedule({.epoch = 0, .epochs = 100})};
  for (std::size_t epoch = 1; epoch <= costs.size(); ++epoch) {
    const auto passed = static_cast<double>(epoch);
    factors.push_back(schedule({passed, 100, costs[epoch - 1]}));
    // Within an epoch nothing changes: its cost has been seen.
    EXPECT_EQ(schedule({passed + 0.5, 100, costs[epoch - 1]}), factors.back());
  }
  return factors;
}

TEST(Schedule, ReduceOnPlateauAsPyTorch) {
  const nn::Tensor costs = golden("schedule", "costs");
  const nn::Tensor expected = golden("schedule", "plateau");
  EXPECT_EQ(on_plateau(nn::ReduceOnPlateau{{.factor = 0.5, .patience = 2, .min_change = 0.05}},
                       {costs.values().begin(), costs.values().end()}),
            (std::vector<double>{expected.values().begin(), expected.values().end()}));
}

TEST(Schedule, ReduceOnPlateauByHand) {
  EXPECT_EQ(on_plateau(nn::ReduceOnPlateau{{.factor = 0.5, .patience = 1, .min_change = 0}},
                       {1, 1, 0.5, NAN, 0.25, 0.3}),
            (std::vector<double>{1, 1, 0.5, 0.5, 0.25, 0.25, 0.125}));
}

TEST(Schedule, RefusesWhatCannotBe) {
  const auto refusal = [](auto&& make) { return error_of<std::invalid_argument>(make); };
  EXPECT_EQ(refusal([] { nn::StepDecay{{.every = 0}}; }),
            "nn::StepDecay: every is 0, expected a finite number above 0");
  EXPECT_EQ(refusal([] { nn::StepDecay{{.factor = -1}}; }),
            "nn::StepDecay: factor is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::ExponentialDecay{{.factor = NAN}}; }),
            "nn::ExponentialDecay: factor is nan, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::Cosine{{.last = -0.5}}; }),
            "nn::Cosine: last is -0.5, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::OneCycle{{.rise = 1}}; }),
            "nn::OneCycle: rise is 1, expected above 0 and below 1");
  EXPECT_EQ(refusal([] { nn::OneCycle{{.first = -1}}; }),
            "nn::OneCycle: first is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::OneCycle{{.last = INFINITY}}; }),
            "nn::OneCycle: last is inf, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::WarmUp{{.epochs = 0}}; }),
            "nn::WarmUp: epochs is 0, expected a finite number above 0");
  EXPECT_EQ(refusal([] { nn::WarmUp{{.first = -1}}; }),
            "nn::WarmUp: first is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::WarmUp{{.epochs = 2}}({.epoch = 0, .epochs = 2}); }),
            "nn::WarmUp: the warm-up takes 2 epochs, but the training has only 2, expected more");
  EXPECT_EQ(refusal([] { nn::ReduceOnPlateau{{.factor = -1}}; }),
            "nn::ReduceOnPlateau: factor is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal([] { nn::ReduceOnPlateau{{.patience = 0}}; }),
            "nn::ReduceOnPlateau: patience is 0, expected at least 1");
  EXPECT_EQ(refusal([] { nn::ReduceOnPlateau{{.min_change = 1}}; }),
            "nn::ReduceOnPlateau: min_change is 1, expected at least 0 and below 1");
}

}  // namespace
