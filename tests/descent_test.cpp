// nn.descent: steps worked by hand, PyTorch's steps, a valley, rules, any optimizer, clipping,
// errors.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

import nn.adam;
import nn.test;

namespace {

using nn::AnyOptimizer;
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
  GradientDescent optimizer{{.learning_rate = 0.1F}};
  optimizer.step(std::vector{&theta});
  // 1 − 0.1 · 0.5 and −2 − 0.1 · 4
  EXPECT_LT(difference(theta.value, {0.95F, -2.4F}), 1e-6);
}

TEST(GradientDescent, WeightDecayByHand) {
  Parameter theta = parameter({1, -2}, {0.5F, 4});
  GradientDescent optimizer{{.learning_rate = 0.1F, .weight_decay = 0.5F}};
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

// One optimizer can update any parameters, because it keeps nothing about them.
TEST(GradientDescent, ServesOneParameterListAfterAnother) {
  Parameter first = parameter({1}, {1});
  Parameter second = parameter({1, 1}, {2, 3});
  GradientDescent optimizer{{.learning_rate = 1}};
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
  GradientDescent descent{{.learning_rate = 0.1F}};
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
  const auto error = [&](const std::vector<Parameter*>& parameters) {
    return error_of<std::invalid_argument>([&] { optimizer.step(parameters); });
  };
  const std::string advice = "; use one optimizer for each list of parameters";
  EXPECT_EQ(error({&three}),
            "nn::Momentum: parameter 1 is weight of shape (3), but in the first step it was weight "
            "of shape (2)" +
                advice);
  EXPECT_EQ(
      error({&two, &three}),
      "nn::Momentum: parameter 2 is weight of shape (3), but in the first step it was missing" +
          advice);
  EXPECT_EQ(
      error({}),
      "nn::Momentum: parameter 1 is missing, but in the first step it was weight of shape (2)" +
          advice);
  Parameter bias = two;
  bias.name = "bias";
  EXPECT_EQ(error({&bias}),
            "nn::Momentum: parameter 1 is bias of shape (2), but in the first step it was weight "
            "of shape (2)" +
                advice);
  EXPECT_EQ(three.value, (Tensor{1, 2, 3}));
  EXPECT_EQ(error({&two}), "");
}

TEST(Momentum, BeginsAgainWhenItWasMovedFrom) {
  Parameter two = parameter({1, 2}, {1, 1});
  Parameter one = parameter({1}, {1});
  Momentum optimizer{{.learning_rate = 0.5F}};
  optimizer.step(std::vector{&two});
  const Momentum other = std::move(optimizer);
  optimizer.step(std::vector{&one});  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(one.value, (Tensor{0.5F}));
}

TEST(Descent, RefusesAGradientOfAnotherShape) {
  Parameter torn = parameter({1, 2, 3}, {1, 2});
  const auto error = [&](auto optimizer) {
    return error_of<std::invalid_argument>([&] { optimizer.step(std::vector{&torn}); });
  };
  EXPECT_EQ(error(GradientDescent{}),
            "nn::GradientDescent: weight has shape (3), but its gradient has shape (2)");
  EXPECT_EQ(error(Momentum{}),
            "nn::Momentum: weight has shape (3), but its gradient has shape (2)");
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

  // The velocity is a sum of gradients, so a new rate applies to all of it.
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

// Large parameters are updated in parts, on several threads: every value once, none left out.
TEST(Descent, StepsOnEveryValueOnceOnAnyNumberOfThreads) {
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
  expect_alike(GradientDescent{{.learning_rate = real(0.1)}});
  expect_alike(Momentum{{.learning_rate = real(0.1)}});
  expect_alike(Momentum{{.learning_rate = real(0.1), .nesterov = true}});
}

/// A user's rule: AdaGrad without a safeguard, s ← s + g², θ ← θ − η g / √s.
struct AdaGradRule {
  real learning_rate = 1;

  static constexpr std::array<std::string_view, 1> slots{"sum"};
  static std::string_view name() { return "AdaGrad"; }
  void check() const {}
  void update(std::span<real> theta, std::span<const real> g, std::span<real> sum) const {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      sum[i] += g[i] * g[i];
      theta[i] -= learning_rate * g[i] / std::sqrt(sum[i]);
    }
  }
};

TEST(RuleOptimizer, AppliesARuleOfAUser) {
  nn::RuleOptimizer<AdaGradRule> optimizer{{.learning_rate = 2}};
  Parameter theta = parameter({1, 1}, {3, -5});
  optimizer.step(std::vector{&theta});
  EXPECT_EQ(theta.value, (Tensor{-1, 3}));
  theta.gradient = Tensor{4, 12};
  optimizer.step(std::vector{&theta});  // √(3² + 4²) = 5 and √(5² + 12²) = 13
  EXPECT_LT(difference(theta.value, {-2.6F, 3 - 24 / real(13)}), 1e-6);
  EXPECT_EQ(optimizer.name(), "AdaGrad");
  EXPECT_EQ(optimizer.state(std::vector{&theta})[0].name, "sum.0");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { optimizer.set_learning_rate(-1); }),
            "nn::AdaGrad: learning rate is -1, expected a finite number, 0 or more");
}

/// A user's optimizer that cannot be saved: it decreases every value by the rate.
class Stepper {
 public:
  [[nodiscard]] static std::string name() { return "Stepper"; }
  void step(std::span<Parameter* const> parameters) const {
    for (Parameter* const p : parameters) {
      for (real& value : p->value.values()) value -= rate_;
    }
  }
  [[nodiscard]] real learning_rate() const { return rate_; }
  void set_learning_rate(real rate) { rate_ = rate; }

 private:
  real rate_ = 1;
};

static_assert(nn::Optimizer<AnyOptimizer>);
static_assert(nn::ResumableOptimizer<Momentum>);
static_assert(nn::Optimizer<Stepper> && !nn::ResumableOptimizer<Stepper>);
static_assert(!std::is_constructible_v<AnyOptimizer, int>);

TEST(AnyOptimizer, StepsAsWhatItHolds) {
  Parameter a = parameter({1, -2}, {0.5F, 4});
  Parameter b = a;
  Momentum momentum{{.learning_rate = 0.5F}};
  AnyOptimizer any = momentum;
  for (int i = 0; i < 3; ++i) {
    momentum.step(std::vector{&a});
    any.step(std::vector{&b});
  }
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(any.name(), "Momentum");
  EXPECT_EQ(any.learning_rate(), 0.5F);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { any.set_learning_rate(-1); }),
            "nn::Momentum: learning rate is -1, expected a finite number, 0 or more");
}

TEST(AnyOptimizer, IsAValue) {
  Parameter theta = parameter({1}, {1});
  Momentum momentum{{.learning_rate = 0.5F, .momentum = 0.5F}};
  AnyOptimizer first{momentum};
  first.step(std::vector{&theta});
  AnyOptimizer second = first;  // with its velocity
  second.set_learning_rate(0.25F);
  EXPECT_EQ(first.learning_rate(), 0.5F);
  EXPECT_EQ(momentum.learning_rate(), 0.5F);
  Parameter other = theta;
  first.step(std::vector{&theta});
  second.step(std::vector{&other});
  EXPECT_EQ(theta.value, (Tensor{-0.25F}));  // 0.5 − 0.5 · 1.5
  EXPECT_EQ(other.value, (Tensor{0.125F}));  // 0.5 − 0.25 · 1.5

  first = Stepper{};
  EXPECT_EQ(first.name(), "Stepper");
  first = second;
  EXPECT_EQ(first.name(), "Momentum");
  const AnyOptimizer moved = std::move(second);
  EXPECT_EQ(moved.learning_rate(), 0.25F);
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)second.name(); }),  // NOLINT(*use-after-move)
      "nn::AnyOptimizer: has no optimizer because it was moved from");
}

TEST(AnyOptimizer, BorrowsTheOptimizerOfTheCaller) {
  Parameter theta = parameter({1}, {1});
  Momentum momentum{{.learning_rate = 0.5F, .momentum = 0.5F}};
  AnyOptimizer any = std::ref(momentum);
  AnyOptimizer copy = any;
  copy.set_learning_rate(0.25F);
  EXPECT_EQ(momentum.learning_rate(), 0.25F);
  any.step(std::vector{&theta});
  copy.step(std::vector{&theta});
  momentum.step(std::vector{&theta});  // velocities 1, 1.5 and 1.75
  EXPECT_EQ(theta.value, (Tensor{1 - 0.25F * 4.25F}));
}

// Without braces this does not compile, because it could make a copy.
TEST(AnyOptimizer, BorrowsAnother) {
  AnyOptimizer any = GradientDescent{};
  AnyOptimizer borrowed{std::ref(any)};
  borrowed.set_learning_rate(0.5F);
  EXPECT_EQ(any.learning_rate(), 0.5F);
  static_assert(!std::is_convertible_v<std::reference_wrapper<AnyOptimizer>, AnyOptimizer>);
}

TEST(AnyOptimizer, HasTheStateOfWhatItHolds) {
  Parameter weight = parameter({1, 2}, {1, 1});
  Parameter bias = parameter({1}, {1});
  const std::vector<Parameter*> all{&weight, &bias};
  const auto names = [&](AnyOptimizer any) {
    std::string text;
    for (const nn::State& state : any.state(all)) text += state.name + " ";
    return text;
  };
  EXPECT_EQ(names(Momentum{}), "velocity.0 velocity.1 ");
  EXPECT_EQ(names(nn::Adam{}), "t mean.0 mean.1 mean_square.0 mean_square.1 ");
  EXPECT_EQ(names(GradientDescent{}), "");
  EXPECT_EQ(names(Stepper{}), "");
  EXPECT_TRUE(AnyOptimizer{GradientDescent{}}.is_resumable());
  EXPECT_FALSE(AnyOptimizer{Stepper{}}.is_resumable());

  // The places are those of the optimizer itself, also when it is borrowed.
  Momentum momentum;
  AnyOptimizer borrowed = std::ref(momentum);
  EXPECT_EQ(std::get<Tensor*>(borrowed.state(all)[0].value),
            std::get<Tensor*>(momentum.state(all)[0].value));

  AnyOptimizer stepper = Stepper{};
  EXPECT_FALSE(AnyOptimizer{std::ref(stepper)}.is_resumable());
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

// An infinite gradient has no direction to keep.
TEST(ClipGradients, RefusesGradientsThatAreNotFinite) {
  for (const real broken : {std::numeric_limits<real>::infinity(), -not_a_number}) {
    Parameter a = parameter({0, 0}, {3, 4});
    Parameter b{"bias", Tensor{0, 0}};
    b.gradient = Tensor{1, broken};
    EXPECT_EQ(error_of<std::invalid_argument>([&] { nn::clip_gradients(std::vector{&a, &b}, 1); }),
              std::string{"nn::clip_gradients: value 1 of the gradient of bias is "} +
                  (std::isnan(broken) ? "nan" : "inf") + ", expected finite numbers");
    EXPECT_EQ(a.gradient, (Tensor{3, 4}));
    EXPECT_EQ(b.gradient(0), 1);
  }
}

TEST(ClipGradients, RefusesAMaximumNotAboveZero) {
  const auto error = [](real maximum) {
    return error_of<std::invalid_argument>([=] { nn::clip_gradients({}, maximum); });
  };
  EXPECT_EQ(error(0), "nn::clip_gradients: maximum is 0, expected above 0");
  EXPECT_EQ(error(-1), "nn::clip_gradients: maximum is -1, expected above 0");
  EXPECT_EQ(error(not_a_number), "nn::clip_gradients: maximum is nan, expected above 0");
}

}  // namespace
