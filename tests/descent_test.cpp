// nn.descent: steps worked by hand, PyTorch's steps, a valley, clipping, errors.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn.descent;
import nn.layer;
import nn.tensor;
import nn.test;

namespace {

using nn::GradientDescent;
using nn::Momentum;
using nn::Parameter;
using nn::real;
using nn::Tensor;
using nn::test::difference;
using nn::test::difference_from_recorded_steps;
using nn::test::error_of;

constexpr real not_a_number = std::numeric_limits<real>::quiet_NaN();

Parameter parameter(const Tensor& value, const Tensor& gradient) {
  Parameter result{"weight", value};
  result.gradient = gradient;
  return result;
}

TEST(GradientDescent, StepByHand) {
  Parameter theta = parameter({1, -2}, {0.5F, 4});
  const GradientDescent optimizer{{.learning_rate = 0.1F}};
  optimizer.step(std::vector{&theta});
  // 1 − 0.1 · 0.5 and −2 − 0.1 · 4
  EXPECT_LT(difference(theta.value, {0.95F, -2.4F}), 1e-6);
}

TEST(GradientDescent, WeightDecayByHand) {
  Parameter theta = parameter({1, -2}, {0.5F, 4});
  const GradientDescent optimizer{{.learning_rate = 0.1F, .weight_decay = 0.5F}};
  optimizer.step(std::vector{&theta});
  // 1 − 0.1 (0.5 + 0.5 · 1) and −2 − 0.1 (4 − 0.5 · 2)
  EXPECT_LT(difference(theta.value, {0.9F, -2.3F}), 1e-6);
}

TEST(GradientDescent, MatchesPyTorch) {
  EXPECT_LT(difference_from_recorded_steps(GradientDescent{{.learning_rate = real(0.1)}}, "descent",
                                           "gradient_descent"),
            nn::test::tolerance);
  EXPECT_LT(difference_from_recorded_steps(
                GradientDescent{{.learning_rate = real(0.1), .weight_decay = real(0.2)}}, "descent",
                "gradient_descent_decay"),
            nn::test::tolerance);
}

// One optimizer may serve any parameters, since it remembers nothing of them.
TEST(GradientDescent, ServesOneParameterListAfterAnother) {
  Parameter first = parameter({1}, {1});
  Parameter second = parameter({1, 1}, {2, 3});
  const GradientDescent optimizer{{.learning_rate = 1}};
  optimizer.step(std::vector{&first});
  optimizer.step(std::vector{&second});
  EXPECT_EQ(first.value, (Tensor{0}));
  EXPECT_EQ(second.value, (Tensor{-1, -2}));
}

// Velocity 1, then 0.5 · 1 + 1 = 1.5: momentum adds up where gradients agree.
TEST(Momentum, StepsByHand) {
  Parameter theta = parameter({1}, {1});
  Momentum optimizer{{.learning_rate = 0.5F, .momentum = 0.5F}};
  optimizer.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{0.5F}));
  optimizer.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{-0.25F}));
}

// Nesterov steps by g + μ v: 1 + 0.5 · 1 = 1.5, then 1 + 0.5 · 1.5 = 1.75.
TEST(Momentum, NesterovStepsByHand) {
  Parameter theta = parameter({1}, {1});
  Momentum optimizer{{.learning_rate = 0.5F, .momentum = 0.5F, .nesterov = true}};
  optimizer.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{0.25F}));
  optimizer.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{-0.625F}));
}

TEST(Momentum, MatchesPyTorch) {
  const auto error = [](const Momentum::Options& options, const char* name) {
    return difference_from_recorded_steps(Momentum{options}, "descent", name);
  };
  const real eta = real(0.1);
  const real mu = real(0.8);
  const real lambda = real(0.2);
  EXPECT_LT(error({.learning_rate = eta, .momentum = mu}, "momentum"), nn::test::tolerance);
  EXPECT_LT(error({.learning_rate = eta, .momentum = mu, .weight_decay = lambda}, "momentum_decay"),
            nn::test::tolerance);
  EXPECT_LT(error({.learning_rate = eta, .momentum = mu, .nesterov = true}, "nesterov"),
            nn::test::tolerance);
  EXPECT_LT(error({.learning_rate = eta, .momentum = mu, .nesterov = true, .weight_decay = lambda},
                  "nesterov_decay"),
            nn::test::tolerance);
}

TEST(Momentum, WithoutMomentumIsGradientDescent) {
  Parameter a = parameter({1, -2}, {0.5F, 4});
  Parameter b = a;
  Momentum momentum{{.learning_rate = 0.1F, .momentum = 0}};
  const GradientDescent descent{{.learning_rate = 0.1F}};
  for (int i = 0; i < 3; ++i) {
    momentum.step(std::vector{&a});
    descent.step(std::vector{&b});
  }
  EXPECT_EQ(a.value, b.value);
}

TEST(Momentum, RefusesOtherParameters) {
  Parameter two = parameter({1, 2}, {1, 1});
  Parameter three = parameter({1, 2, 3}, {1, 1, 1});
  Momentum optimizer;
  optimizer.step(std::vector{&two});
  const std::string text =
      "nn::Momentum: stepped on other parameters before; give every network its own optimizer";
  EXPECT_EQ(error_of<std::invalid_argument>([&] { optimizer.step(std::vector{&three}); }), text);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { optimizer.step(std::vector{&two, &two}); }),
            text);
  EXPECT_EQ(three.value, (Tensor{1, 2, 3}));
}

// f(x, y) = x² / 2 + 10 y² has its lowest point at 0: a valley ten times as steep across as along.
template <class Optimizer>
double distance_after_descent(Optimizer optimizer) {
  Parameter p = parameter({4, 1}, {0, 0});
  for (int step = 0; step < 200; ++step) {
    p.gradient = Tensor{p.value(0), 20 * p.value(1)};
    optimizer.step(std::vector{&p});
  }
  return std::hypot(p.value(0), p.value(1));
}

TEST(Descent, ReachesTheFloorOfAValley) {
  const double plain = distance_after_descent(GradientDescent{{.learning_rate = real(0.02)}});
  const double heavy = distance_after_descent(Momentum{{.learning_rate = real(0.02)}});
  const double ahead =
      distance_after_descent(Momentum{{.learning_rate = real(0.02), .nesterov = true}});
  EXPECT_LT(plain, 0.1);  // 4 · 0.98²⁰⁰ = 0.07
  EXPECT_LT(heavy, 0.001);
  EXPECT_LT(ahead, 0.001);
}

TEST(Descent, LearningRateMayChange) {
  Parameter theta = parameter({1}, {1});
  GradientDescent descent{{.learning_rate = 0.5F}};
  descent.step(std::vector{&theta});
  descent.set_learning_rate(0.25F);
  EXPECT_EQ(descent.learning_rate(), 0.25F);
  descent.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{0.25F}));

  // What momentum remembers is a gradient, so a new rate holds for all of it at once.
  theta.value = Tensor{1};
  Momentum momentum{{.learning_rate = 0.5F, .momentum = 0.5F}};
  momentum.step(std::vector{&theta});
  momentum.set_learning_rate(0.25F);
  momentum.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{0.125F}));  // 1 − 0.5 · 1 − 0.25 · 1.5
}

TEST(Descent, RefusesOptionsOutOfRange) {
  const auto error = [](auto options, auto make) {
    return error_of<std::invalid_argument>([&] { make(options); });
  };
  const auto descent = [](const GradientDescent::Options& options) { GradientDescent{options}; };
  const auto momentum = [](const Momentum::Options& options) { Momentum{options}; };

  EXPECT_EQ(error(GradientDescent::Options{.learning_rate = -1}, descent),
            "nn::GradientDescent: learning rate is -1, expected a finite number, 0 or more");
  EXPECT_EQ(error(GradientDescent::Options{.learning_rate = not_a_number}, descent),
            "nn::GradientDescent: learning rate is nan, expected a finite number, 0 or more");
  EXPECT_EQ(error(GradientDescent::Options{.learning_rate = INFINITY}, descent),
            "nn::GradientDescent: learning rate is inf, expected a finite number, 0 or more");
  EXPECT_EQ(error(GradientDescent::Options{.weight_decay = -0.5F}, descent),
            "nn::GradientDescent: weight decay is -0.5, expected a finite number, 0 or more");
  EXPECT_EQ(error(Momentum::Options{.learning_rate = -1}, momentum),
            "nn::Momentum: learning rate is -1, expected a finite number, 0 or more");
  EXPECT_EQ(error(Momentum::Options{.momentum = 1}, momentum),
            "nn::Momentum: momentum is 1, expected at least 0 and below 1");
  EXPECT_EQ(error(Momentum::Options{.momentum = -0.5F}, momentum),
            "nn::Momentum: momentum is -0.5, expected at least 0 and below 1");
  EXPECT_EQ(error(Momentum::Options{.momentum = not_a_number}, momentum),
            "nn::Momentum: momentum is nan, expected at least 0 and below 1");
  EXPECT_EQ(error(Momentum::Options{.weight_decay = not_a_number}, momentum),
            "nn::Momentum: weight decay is nan, expected a finite number, 0 or more");
}

TEST(Descent, RefusedLearningRateLeavesTheOldOne) {
  GradientDescent descent;
  Momentum momentum;
  EXPECT_EQ(error_of<std::invalid_argument>([&] { descent.set_learning_rate(-1); }),
            "nn::GradientDescent: learning rate is -1, expected a finite number, 0 or more");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { momentum.set_learning_rate(not_a_number); }),
            "nn::Momentum: learning rate is nan, expected a finite number, 0 or more");
  EXPECT_EQ(descent.learning_rate(), real(0.01));
  EXPECT_EQ(momentum.learning_rate(), real(0.01));
}

// ‖(3, 4, 12)‖ = 13 over both parameters; neither alone is longer than 13.
TEST(ClipGradients, TakesTheNormOfAllTogether) {
  Parameter a = parameter({0, 0}, {3, 4});
  Parameter b = parameter(Tensor{nn::Shape{1, 1}}, Tensor{nn::Shape{1, 1}, 12});
  EXPECT_EQ(nn::clip_gradients(std::vector{&a, &b}, 6.5F), 13);
  EXPECT_EQ(a.gradient, (Tensor{1.5F, 2}));
  EXPECT_EQ(b.gradient, (Tensor{nn::Shape{1, 1}, 6}));
}

TEST(ClipGradients, LeavesShortOnesAlone) {
  Parameter a = parameter({0, 0}, {3, 4});
  EXPECT_EQ(nn::clip_gradients(std::vector{&a}, 5), 5);
  EXPECT_EQ(a.gradient, (Tensor{3, 4}));
  a.gradient.fill(0);
  EXPECT_EQ(nn::clip_gradients(std::vector{&a}, 5), 0);
  EXPECT_EQ(a.gradient, (Tensor{0, 0}));
}

TEST(ClipGradients, RefusesAMaximumNotAboveZero) {
  const auto error = [](real maximum) {
    return error_of<std::invalid_argument>([=] { nn::clip_gradients({}, maximum); });
  };
  EXPECT_EQ(error(0), "nn::clip_gradients: maximum is 0, expected more than 0");
  EXPECT_EQ(error(-1), "nn::clip_gradients: maximum is -1, expected more than 0");
  EXPECT_EQ(error(not_a_number), "nn::clip_gradients: maximum is nan, expected more than 0");
}

}  // namespace
