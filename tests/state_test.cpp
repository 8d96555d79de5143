// nn.state: the pieces of a state, their names, and which types have one.

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

import nn;

namespace {

using nn::Shape;
using nn::State;
using nn::Tensor;

std::vector<std::string> names(const std::vector<State>& states) {
  std::vector<std::string> names;
  for (const State& state : states) names.push_back(state.name);
  return names;
}

TEST(State, OfAPartHasThePartsNameBeforeIt) {
  std::uint64_t steps = 3;
  Tensor mean{1, 2};
  std::vector<State> whole{nn::counter_state("t", steps)};
  nn::append_state(whole, "mean", {{.name = "0", .value = &mean}});
  EXPECT_EQ(names(whole), (std::vector<std::string>{"t", "mean.0"}));
  std::get<std::span<std::uint64_t>>(whole[0].value)[0] = 7;
  EXPECT_EQ(steps, 7);  // the place itself, not a copy
  EXPECT_EQ(std::get<Tensor*>(whole[1].value), &mean);
}

TEST(State, OfANetworkNamesEveryLayersByItsIndex) {
  nn::Random random{1};
  nn::Sequential inner{nn::BatchNorm{3}, nn::Dense{3, 2}};
  nn::Sequential network{nn::Dense{4, 3}, nn::ReLU{}, nn::Dropout{0.5, random}, inner};
  EXPECT_EQ(names(network.state()),
            (std::vector<std::string>{"0.weight", "0.bias", "2.passes", "2.random", "3.0.weight",
                                      "3.0.bias", "3.0.running_mean", "3.0.running_var",
                                      "3.1.weight", "3.1.bias"}));
  EXPECT_EQ(std::get<Tensor*>(network.state()[0].value), &network.parameters()[0]->value);
}

TEST(State, OfAnOptimizerIsZerosBeforeItsFirstStep) {
  nn::Parameter weight{"weight", Tensor{Shape{2, 3}, 1}};
  nn::Parameter bias{"bias", Tensor{Shape{3}, 1}};
  const std::vector<nn::Parameter*> parameters{&weight, &bias};
  nn::Adam adam;
  const std::vector<State> states = adam.state(parameters);
  EXPECT_EQ(names(states),
            (std::vector<std::string>{"t", "mean.0", "mean.1", "mean_square.0", "mean_square.1"}));
  EXPECT_EQ(*std::get<Tensor*>(states[1].value), (Tensor{Shape{2, 3}}));
  nn::Momentum momentum;
  EXPECT_EQ(names(momentum.state(parameters)),
            (std::vector<std::string>{"velocity.0", "velocity.1"}));
  nn::RMSProp rmsprop;
  EXPECT_EQ(names(rmsprop.state(parameters)),
            (std::vector<std::string>{"mean_square.0", "mean_square.1"}));
  EXPECT_TRUE(nn::GradientDescent{}.state(parameters).empty());
}

TEST(State, OfAMetricIsWhatItHasCounted) {
  const Tensor predictions{{0.1F, 0.9F}, {0.8F, 0.2F}};
  const nn::Labels targets{1, 1};
  nn::Accuracy accuracy;
  accuracy.add(predictions, targets);
  const std::vector<State> states = accuracy.state();
  EXPECT_EQ(names(states), (std::vector<std::string>{"right", "seen"}));
  EXPECT_EQ(std::get<std::span<std::uint64_t>>(states[0].value)[0], 1);
  EXPECT_EQ(std::get<std::span<std::uint64_t>>(states[1].value)[0], 2);
  nn::F1 f1{2};
  f1.add(predictions, targets);
  // Two rows of targets, and the columns of the two classes and of no class.
  EXPECT_EQ(std::get<std::span<std::uint64_t>>(f1.state()[0].value).size(), 6);
}

static_assert(nn::Stateful<nn::Sequential>);
static_assert(nn::Stateful<nn::BatchNorm>);
static_assert(!nn::Stateful<nn::Dense>);
static_assert(nn::ResumableOptimizer<nn::GradientDescent>);
static_assert(nn::Stateful<nn::TopAccuracy>);

}  // namespace
