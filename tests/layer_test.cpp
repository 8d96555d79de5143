// nn.layer: new parameters, and which types are layers.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

import nn.layer;

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

/// The smallest layer: it returns its input.
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

// A layer that keeps more than its parameters has its own state().
TEST(StateOf, IsTheLayersOwnOrItsParameters) {
  struct Learns : Identity {
    Parameter scale{"scale", Tensor{3}};
    [[nodiscard]] std::vector<Parameter*> parameters() { return {&scale}; }
  };
  struct Counts : Learns {
    std::uint64_t passes = 0;
    [[nodiscard]] std::vector<nn::State> state() { return {nn::counter_state("passes", passes)}; }
  };
  Learns learns;
  Counts counts;
  ASSERT_EQ(nn::state_of(learns).size(), 1U);
  EXPECT_EQ(nn::state_of(learns)[0].name, "scale");
  EXPECT_EQ(std::get<Tensor*>(nn::state_of(learns)[0].value), &learns.scale.value);
  ASSERT_EQ(nn::state_of(counts).size(), 1U);
  EXPECT_EQ(nn::state_of(counts)[0].name, "passes");
}

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

// Anything callable with weights and a fan is an initializer: a function, a lambda, a mutable
// lambda.
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
