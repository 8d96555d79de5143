// nn.layer: what a parameter starts as, and who counts as a layer.

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.layer;
import nn.tensor;
import nn.test;

namespace {

using nn::Fan;
using nn::Parameter;
using nn::Shape;
using nn::Tensor;

TEST(Parameter, StartsWithAGradientOfZeros) {
  const Parameter weight{"weight", Tensor{{1, 2}, {3, 4}}};
  EXPECT_EQ(weight.name, "weight");
  EXPECT_EQ(weight.value, (Tensor{{1, 2}, {3, 4}}));
  EXPECT_EQ(weight.gradient, (Tensor{Shape{2, 2}}));
}

TEST(Parameter, IsAValue) {
  Parameter weight{"weight", Tensor{1, 2}};
  Parameter copy = weight;
  copy.gradient(0) = 5;
  EXPECT_EQ(weight.gradient(0), 0);
}

TEST(CheckBackward, RefusesAGradientThatIsNotOfTheLastOutput) {
  const auto refusal = [](const Shape& dy, const Shape& output) {
    return nn::test::error_of<std::invalid_argument>(
        [&] { nn::check_backward("Identity", dy, output); });
  };
  EXPECT_EQ(refusal(Shape{2, 3}, Shape{2, 3}), "");
  EXPECT_EQ(refusal(Shape{2, 3}, Shape{}), "nn::Identity: backward before forward");
  EXPECT_EQ(refusal(Shape{2, 3}, Shape{2, 4}),
            "nn::Identity: gradient has shape (2, 3), the last output (2, 4)");
}

/// The least that is a layer: it hands on what it gets.
struct Identity {
  [[nodiscard]] static std::string name() { return "Identity"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor forward(Tensor x) { return x; }
  [[nodiscard]] static Tensor backward(Tensor dy) { return dy; }
  [[nodiscard]] static Tensor predict(Tensor x) { return x; }
  [[nodiscard]] static std::vector<Parameter*> parameters() { return {}; }
};
static_assert(nn::Layer<Identity>);
static_assert(!nn::FirstLayer<Identity>);

struct CanBeFirst : Identity {
  void backward_parameters(const Tensor& /*gradient*/) {}
};
static_assert(nn::FirstLayer<CanBeFirst>);

// A network is a value, so each of its layers must be.
struct NotCopyable : Identity {
  std::unique_ptr<int> only;
};
static_assert(!nn::Layer<NotCopyable>);

// Many threads may use one network at once, so predicting changes nothing.
struct ChangesWhenUsed : Identity {
  Tensor predict(Tensor x) { return last = std::move(x); }
  Tensor last;
};
static_assert(!nn::Layer<ChangesWhenUsed>);

struct ForgetsBackward {
  [[nodiscard]] static std::string name() { return "no backward"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor forward(Tensor x) { return x; }
  [[nodiscard]] static Tensor predict(Tensor x) { return x; }
  [[nodiscard]] static std::vector<Parameter*> parameters() { return {}; }
};
static_assert(!nn::Layer<ForgetsBackward>);

// Anything that can be called with weights and a fan initializes them: a function, a lambda, a
// lambda that changes what it holds.
using Function = void(Tensor&, Fan);
static_assert(nn::Initializer<Function*>);
static_assert(nn::Initializer<decltype([](Tensor& weights, Fan fan) {
  weights.fill(static_cast<nn::real>(fan.in));
})>);
static_assert(nn::Initializer<decltype([next = 0](Tensor& weights, Fan) mutable {
  weights.fill(static_cast<nn::real>(next++));
})>);
static_assert(!nn::Initializer<decltype([](Tensor&) {})>);
static_assert(!nn::Initializer<int>);

}  // namespace
