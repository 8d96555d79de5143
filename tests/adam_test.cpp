// nn.adam: first steps worked by hand, PyTorch's steps, a valley, errors.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

import nn.adam;
import nn.test;

namespace {

using nn::Adam;
using nn::Parameter;
using nn::real;
using nn::RMSProp;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;

constexpr real not_a_number = std::numeric_limits<real>::quiet_NaN();

Parameter parameter(const Tensor& value, const Tensor& gradient) {
  Parameter result{"weight", value};
  result.gradient = gradient;
  return result;
}

// v = 0.25 · g², so that the first step is η g / (√0.25 |g|) = 2 η, with the sign of g.
TEST(RMSProp, StepsByHand) {
  Parameter theta = parameter({1, 1}, {2, -4});
  RMSProp optimizer{{.learning_rate = 0.125F, .alpha = 0.75F, .epsilon = 0}};
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {0.75F, 1.25F}), 1e-6);
  // v = 0.75 · 1 + 0.25 · 1 = 1 for g = 1, and 0.75 · 4 + 0.25 · 4 = 4 for g = 2
  theta.gradient = Tensor{1, 2};
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {0.625F, 1.125F}), 1e-6);
}

// m̂ = g and v̂ = g² after the first step, so its length is η for a gradient of any size.
TEST(Adam, FirstStepIsTheLearningRateWhateverTheGradient) {
  Parameter theta = parameter({0, 0, 0}, {1e-4F, -1, 1e4F});
  Adam optimizer{{.learning_rate = 0.01F}};
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {-0.01F, 0.01F, -0.01F}), 1e-5);
}

// Without the correction m = 0.5 · 1 and v = 0.75 · 1; with it both are 1. A second gradient of 0
// leaves m = 0.25, m̂ = 0.25 / (1 − 0.5²) = 1/3 and v = 0.1875, v̂ = 0.1875 / (1 − 0.25²) = 0.2.
TEST(Adam, BiasCorrectionByHand) {
  Parameter theta = parameter({0}, {1});
  Adam optimizer{{.learning_rate = 1, .beta1 = 0.5F, .beta2 = 0.25F, .epsilon = 0}};
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {-1}), 1e-6);
  theta.gradient = Tensor{0};
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {static_cast<real>(-1 - 1 / (3 * std::sqrt(0.2)))}), 1e-6);
}

// If the gradient is 0, only the decay remains in it, so Adam's first step is η. Decoupled decay
// multiplies the weight by 1 − η λ.
TEST(Adam, DecoupledDecayBypassesTheGradient) {
  Parameter a = parameter({8}, {0});
  Parameter b = a;
  Adam{{.learning_rate = 0.5F, .weight_decay = 0.25F}}.step(std::vector{&a});
  Adam{{.learning_rate = 0.5F, .weight_decay = 0.25F, .decoupled = true}}.step(std::vector{&b});
  EXPECT_LT(difference(a.value, {7.5F}), 1e-6);
  EXPECT_EQ(b.value, (Tensor{7}));
}

TEST(Adam, MatchesPyTorch) {
  const auto error = [](auto optimizer, const char* name) {
    return nn::test::difference_from_recorded_steps(optimizer, "adam", name);
  };
  const real eta = real(0.1);
  const real lambda = real(0.2);
  const RMSProp::Options rmsprop{.learning_rate = eta, .alpha = real(0.8), .epsilon = real(1e-3)};
  const RMSProp::Options rmsprop_decay{
      .learning_rate = eta, .alpha = real(0.8), .epsilon = real(1e-3), .weight_decay = lambda};
  const Adam::Options adam{.learning_rate = eta};
  const Adam::Options options{
      .learning_rate = eta, .beta1 = real(0.7), .beta2 = real(0.95), .epsilon = real(1e-3)};
  const Adam::Options decay{.learning_rate = eta, .weight_decay = lambda};
  const Adam::Options adamw{.learning_rate = eta, .weight_decay = real(0.01), .decoupled = true};
  const Adam::Options adamw_decay{.learning_rate = eta, .weight_decay = lambda, .decoupled = true};

  EXPECT_LT(error(RMSProp{rmsprop}, "rmsprop"), nn::test::tolerance);
  EXPECT_LT(error(RMSProp{rmsprop_decay}, "rmsprop_decay"), nn::test::tolerance);
  EXPECT_LT(error(Adam{adam}, "adam"), nn::test::tolerance);
  EXPECT_LT(error(Adam{options}, "adam_options"), nn::test::tolerance);
  EXPECT_LT(error(Adam{decay}, "adam_decay"), nn::test::tolerance);
  EXPECT_LT(error(Adam{adamw}, "adamw"), nn::test::tolerance);  // PyTorch's default of λ
  EXPECT_LT(error(Adam{adamw_decay}, "adamw_decay"), nn::test::tolerance);
}

// f(x, y) = x² / 2 + 50 y²: a hundred times as steep across as along, for which separate step sizes
// compensate.
template <class Optimizer>
double distance_after_descent(Optimizer optimizer) {
  Parameter p = parameter({4, 1}, {0, 0});
  for (int step = 0; step < 500; ++step) {
    p.gradient = Tensor{p.value(0), 100 * p.value(1)};
    optimizer.step(std::vector{&p});
  }
  return std::hypot(p.value(0), p.value(1));
}

TEST(Adam, ReachesTheFloorOfAValley) {
  EXPECT_LT(distance_after_descent(RMSProp{{.learning_rate = real(0.02)}}), 0.05);
  EXPECT_LT(distance_after_descent(Adam{{.learning_rate = real(0.1)}}), 0.01);
  EXPECT_LT(distance_after_descent(
                Adam{{.learning_rate = real(0.1), .weight_decay = real(0.01), .decoupled = true}}),
            0.01);
}

// The learning rate is not part of m and v, so a new one applies to the whole of the next step.
TEST(Adam, LearningRateMayChange) {
  Parameter theta = parameter({0}, {3});
  Adam optimizer{{.learning_rate = 0.5F}};
  optimizer.step(std::vector{&theta});
  optimizer.set_learning_rate(0.25F);
  EXPECT_EQ(optimizer.learning_rate(), 0.25F);
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {-0.75F}), 1e-5);  // the gradient is the same: m̂ / √v̂ = 1
}

TEST(Adam, NamesItselfInTables) {
  EXPECT_EQ(RMSProp{}.name(), "RMSProp");
  EXPECT_EQ(Adam{}.name(), "Adam");
  EXPECT_EQ(Adam{{.decoupled = true}}.name(), "AdamW");
}

TEST(Adam, RefusesOtherParameters) {
  Parameter two = parameter({1, 2}, {1, 1});
  Parameter three = parameter({1, 2, 3}, {1, 1, 1});
  const auto error = [&](auto optimizer) {
    optimizer.step(std::vector{&two});
    return error_of<std::invalid_argument>([&] { optimizer.step(std::vector{&three}); });
  };
  const std::string text =
      ": parameter 1 is weight of shape (3), but in the first step it was weight of shape (2); use "
      "one optimizer for each list of parameters";
  EXPECT_EQ(error(RMSProp{}), "nn::RMSProp" + text);
  EXPECT_EQ(error(Adam{}), "nn::Adam" + text);
  EXPECT_EQ(error(Adam{{.decoupled = true}}), "nn::AdamW" + text);
}

TEST(RMSProp, RefusesOptionsOutOfRange) {
  const auto error = [](const RMSProp::Options& options) {
    return error_of<std::invalid_argument>([&] { RMSProp{options}; });
  };
  EXPECT_EQ(error({.learning_rate = -1}),
            "nn::RMSProp: learning rate is -1, expected a finite number, 0 or more");
  EXPECT_EQ(error({.alpha = 1}), "nn::RMSProp: alpha is 1, expected at least 0 and below 1");
  EXPECT_EQ(error({.epsilon = not_a_number}),
            "nn::RMSProp: epsilon is nan, expected a finite number, 0 or more");
  EXPECT_EQ(error({.weight_decay = -1}),
            "nn::RMSProp: weight decay is -1, expected a finite number, 0 or more");
}

TEST(Adam, RefusesOptionsOutOfRange) {
  const auto error = [](const Adam::Options& options) {
    return error_of<std::invalid_argument>([&] { Adam{options}; });
  };
  EXPECT_EQ(error({.learning_rate = not_a_number}),
            "nn::Adam: learning rate is nan, expected a finite number, 0 or more");
  EXPECT_EQ(error({.beta1 = 1}), "nn::Adam: beta1 is 1, expected at least 0 and below 1");
  EXPECT_EQ(error({.beta2 = 1}), "nn::Adam: beta2 is 1, expected at least 0 and below 1");
  EXPECT_EQ(error({.beta2 = -0.5F}), "nn::Adam: beta2 is -0.5, expected at least 0 and below 1");
  EXPECT_EQ(error({.epsilon = -1}), "nn::Adam: epsilon is -1, expected a finite number, 0 or more");
  EXPECT_EQ(error({.weight_decay = INFINITY}),
            "nn::Adam: weight decay is inf, expected a finite number, 0 or more");
  EXPECT_EQ(error_of<std::invalid_argument>([] { Adam{{.learning_rate = -1, .decoupled = true}}; }),
            "nn::AdamW: learning rate is -1, expected a finite number, 0 or more");
  Adam optimizer{{.decoupled = true}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { optimizer.set_learning_rate(-1); }),
            "nn::AdamW: learning rate is -1, expected a finite number, 0 or more");
}

// The defaults that the module's reference names.
TEST(Adam, HasTheDefaultsOfItsReference) {
  EXPECT_EQ(RMSProp{}.learning_rate(), real(0.01));
  EXPECT_EQ(Adam{}.learning_rate(), real(1e-3));
  // Without options it steps as with these.
  const auto stepped = [](auto optimizer) {
    Parameter theta = parameter({1, -2}, {0.5F, 3});
    for (int step = 0; step < 3; ++step) optimizer.step(std::vector{&theta});
    return theta.value;
  };
  EXPECT_EQ(stepped(RMSProp{}), stepped(RMSProp{{.learning_rate = real(0.01),
                                                 .alpha = real(0.99),
                                                 .epsilon = real(1e-8),
                                                 .weight_decay = 0}}));
  EXPECT_EQ(stepped(Adam{}), stepped(Adam{{.learning_rate = real(1e-3),
                                           .beta1 = real(0.9),
                                           .beta2 = real(0.999),
                                           .epsilon = real(1e-8),
                                           .weight_decay = 0,
                                           .decoupled = false}}));
}

TEST(RMSProp, LearningRateMayChange) {
  Parameter theta = parameter({0}, {2});
  RMSProp optimizer{{.learning_rate = 0.5F, .alpha = 0, .epsilon = 0}};  // the step is the rate
  optimizer.step(std::vector{&theta});
  optimizer.set_learning_rate(0.25F);
  EXPECT_EQ(optimizer.learning_rate(), 0.25F);
  optimizer.step(std::vector{&theta});
  EXPECT_LT(difference(theta.value, {-0.75F}), 1e-6);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { optimizer.set_learning_rate(-1); }),
            "nn::RMSProp: learning rate is -1, expected a finite number, 0 or more");
}

// Large parameters are updated in parts, on several threads: every value once, none left out.
TEST(Adam, StepsOnEveryValueOnceOnAnyNumberOfThreads) {
  const auto stepped = [](auto optimizer) {
    Parameter theta{"weight", Tensor{nn::Shape{20000}, real{1}}};
    theta.gradient.fill(real{0.5});
    for (int step = 0; step < 2; ++step) optimizer.step(std::vector{&theta});
    return theta.value;
  };
  const auto expect_alike = [&](auto optimizer) {
    const Tensor value = stepped(optimizer);
    EXPECT_NE(value(0), 1);
    EXPECT_EQ(value, (Tensor{value.shape(), value(0)})) << optimizer.name();
    EXPECT_TRUE(nn::test::same_on_any_threads([&] { return stepped(optimizer); }));
  };
  expect_alike(RMSProp{{.learning_rate = real(0.1)}});
  expect_alike(Adam{{.learning_rate = real(0.1)}});
  expect_alike(Adam{{.learning_rate = real(0.1), .weight_decay = real(0.01), .decoupled = true}});
}

// An optimizer that gets the state of another continues exactly like it.
TEST(Adam, ResumesFromItsState) {
  const auto expect_resumed = [](auto optimizer, const std::vector<std::string>& names) {
    Parameter theta = parameter({1, -2}, {0.5F, 3});
    const std::vector<Parameter*> parameters{&theta};
    auto fresh = optimizer;
    optimizer.step(parameters);
    const auto from = optimizer.state(parameters);
    const auto to = fresh.state(parameters);
    ASSERT_EQ(from.size(), names.size());
    ASSERT_EQ(to.size(), names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(from[i].name, names[i]);
      if (auto* const tensor = std::get_if<Tensor*>(&to[i].value)) {
        **tensor = *std::get<Tensor*>(from[i].value);
      } else {
        std::get<std::span<std::uint64_t>>(to[i].value)[0] =
            std::get<std::span<std::uint64_t>>(from[i].value)[0];
      }
    }
    Parameter other = theta;
    optimizer.step(parameters);
    fresh.step(std::vector{&other});
    EXPECT_EQ(other.value, theta.value) << optimizer.name();
  };
  expect_resumed(RMSProp{}, {"mean_square.0"});
  expect_resumed(Adam{}, {"t", "mean.0", "mean_square.0"});
  expect_resumed(Adam{{.decoupled = true}}, {"t", "mean.0", "mean_square.0"});
}

}  // namespace
