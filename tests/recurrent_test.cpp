// nn.recurrent: steps by hand, PyTorch's values, the gradient check, clipping, and that threads do
// not matter.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.backprop;
import nn.dense;
import nn.descent;
import nn.embedding;
import nn.initializers;
import nn.recurrent;
import nn.reshape;
import nn.test;

namespace {

using nn::GRU;
using nn::LSTM;
using nn::Parameter;
using nn::Random;
using nn::real;
using nn::Recurrent;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::tolerance;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// A layer of one input and one output whose parameters are given, W, U, b (and c).
template <class L>
L unit(const std::vector<Tensor>& parameters) {
  L layer{1, 1, {.sequence = true}};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    layer.parameters()[i]->value = parameters[i];
  }
  return layer;
}

/// Two steps of one sample: 1, then −2.
const Tensor& two_steps() {
  static const Tensor x = Tensor{1, -2}.reshaped(Shape{1, 2, 1});
  return x;
}

TEST(Recurrent, MakesTwoStepsAsByHand) {
  auto layer = unit<Recurrent>({Tensor{{0.5}}, Tensor{{-2}}, Tensor{0.25}});
  const double h1 = std::tanh(0.5 + 0.25);
  const double h2 = std::tanh(-1 + 0.25 - 2 * h1);
  const Tensor y = layer.forward(two_steps());
  EXPECT_NEAR(y(0, 0, 0), h1, tolerance);
  EXPECT_NEAR(y(0, 1, 0), h2, tolerance);

  // With the cost h2 alone: the second step's a, then the first step's through U.
  const Tensor dx = layer.backward(Tensor{0, 1}.reshaped(Shape{1, 2, 1}));
  const double da2 = 1 - h2 * h2;
  const double da1 = -2 * da2 * (1 - h1 * h1);
  EXPECT_NEAR(dx(0, 0, 0), 0.5 * da1, tolerance);
  EXPECT_NEAR(dx(0, 1, 0), 0.5 * da2, tolerance);
  EXPECT_NEAR(layer.parameters()[0]->gradient(0, 0), da1 - 2 * da2, 4 * tolerance);
  EXPECT_NEAR(layer.parameters()[1]->gradient(0, 0), h1 * da2, tolerance);
  EXPECT_NEAR(layer.parameters()[2]->gradient(0), da1 + da2, tolerance);
}

// The cells have their own tanh, which must not lose small numbers next to 1.
TEST(Recurrent, HasATanhThatIsAccurateEverywhere) {
  const Recurrent layer = unit<Recurrent>({{{1}}, {{0}}, {0}});
  const real rounding = 4 * std::numeric_limits<real>::epsilon();
  for (double x = 1e-30; x < 100; x *= 1.37) {
    for (const double sign : {1.0, -1.0}) {
      Tensor input{Shape{1, 1, 1}};
      input.values()[0] = static_cast<real>(sign * x);
      const double right = std::tanh(double{input.values()[0]});
      EXPECT_NEAR(double{layer.predict(input).values()[0]} / right, 1, rounding) << sign * x;
    }
  }
}

TEST(GRU, MakesTwoStepsAsByHand) {
  const auto layer =
      unit<GRU>({Tensor{{0.5, 1, -1}}, Tensor{{2, -1, 3}}, Tensor{0.25, 0, 0.5}, Tensor{0, 1, -2}});
  const double z1 = sigmoid(1 + 1);
  const double n1 = std::tanh(-1 + 0.5 + sigmoid(0.5 + 0.25) * -2);
  const double h1 = (1 - z1) * n1;
  const double r2 = sigmoid(-1 + 0.25 + 2 * h1);
  const double z2 = sigmoid(-2 + 1 - h1);
  const double n2 = std::tanh(2 + 0.5 + r2 * (3 * h1 - 2));
  const Tensor y = layer.predict(two_steps());
  EXPECT_NEAR(y(0, 0, 0), h1, tolerance);
  EXPECT_NEAR(y(0, 1, 0), (1 - z2) * n2 + z2 * h1, tolerance);
}

TEST(LSTM, MakesTwoStepsAsByHand) {
  const auto layer =
      unit<LSTM>({Tensor{{0.5, 1, -1, 2}}, Tensor{{2, -1, 3, 1}}, Tensor{0.25, 1, 0.5, -1}});
  const double c1 = sigmoid(0.5 + 0.25) * std::tanh(-1 + 0.5);
  const double h1 = sigmoid(2 - 1) * std::tanh(c1);
  const double i2 = sigmoid(-1 + 0.25 + 2 * h1);
  const double f2 = sigmoid(-2 + 1 - h1);
  const double g2 = std::tanh(2 + 0.5 + 3 * h1);
  const double o2 = sigmoid(-4 - 1 + h1);
  const Tensor y = layer.predict(two_steps());
  EXPECT_NEAR(y(0, 0, 0), h1, tolerance);
  EXPECT_NEAR(y(0, 1, 0), o2 * std::tanh(f2 * c1 + i2 * g2), tolerance);
}

TEST(LSTM, RemembersAtFirst) {
  Random random{1};
  const LSTM layer{2, 3, nn::Glorot{random}};
  EXPECT_EQ(layer.bias(), (Tensor{0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
}

TEST(Recurrence, InitializesEachGateAsASeparateLayer) {
  std::vector<std::string> calls;
  const auto record = [&](Tensor& weights, nn::Fan fan) {
    calls.push_back(nn::to_string(weights.shape()) + " " + std::to_string(fan.in) + "→" +
                    std::to_string(fan.out));
  };
  const Recurrent recurrent{2, 3, record};
  const GRU gru{2, 3, record};
  const LSTM lstm{2, 3, record, {.sequence = true}};
  EXPECT_EQ(calls, (std::vector<std::string>{"(2, 3) 2→3", "(3, 3) 3→3", "(2, 9) 2→3", "(3, 9) 3→3",
                                             "(2, 12) 2→3", "(3, 12) 3→3"}));
}

// What the three layers share is tested on each of them.
template <class L>
class EveryRecurrence : public testing::Test {};
using Layers = testing::Types<Recurrent, GRU, LSTM>;
TYPED_TEST_SUITE(EveryRecurrence, Layers, );

template <class L>
std::string kind() {
  const std::string name = L{1, 1}.name();
  return name.substr(0, name.find(' '));
}

template <class L>
L random_layer(std::size_t inputs, std::size_t outputs, const nn::Recurrence::Options& options) {
  Random random{5};
  L layer{inputs, outputs, options};
  const nn::RandomUniform initializer{random, -1, 1};
  for (Parameter* const p : layer.parameters()) initializer(p->value, {});
  return layer;
}

TYPED_TEST(EveryRecurrence, IsALayer) {
  static_assert(nn::FirstLayer<TypeParam>);
  TypeParam layer{28, 128};
  const std::vector<Parameter*> parameters = layer.parameters();
  EXPECT_EQ(parameters[0]->name, "weight_input");
  EXPECT_EQ(parameters[1]->name, "weight_hidden");
  EXPECT_EQ(parameters[2]->name, "bias");
  if (parameters.size() > 3) {
    EXPECT_EQ(parameters[3]->name, "bias_hidden");
  }
  EXPECT_EQ(layer.inputs(), 28U);
  EXPECT_EQ(layer.outputs(), 128U);
  EXPECT_EQ(layer.name(), kind<TypeParam>() + " 28→128");
  EXPECT_EQ((TypeParam{28, 128, {.sequence = true}}.name()),
            kind<TypeParam>() + " 28→128 sequence");
}

TYPED_TEST(EveryRecurrence, ShowsItsParameters) {
  auto layer = random_layer<TypeParam>(2, 3, {});
  const std::vector<Parameter*> parameters = layer.parameters();
  EXPECT_EQ(layer.weight_input(), parameters[0]->value);
  EXPECT_EQ(layer.weight_hidden(), parameters[1]->value);
  EXPECT_EQ(layer.bias(), parameters[2]->value);
  if (parameters.size() > 3) {
    EXPECT_EQ(layer.bias_hidden(), parameters[3]->value);
  } else {
    EXPECT_TRUE(layer.bias_hidden().empty());
  }
}

TYPED_TEST(EveryRecurrence, AgreesWithPyTorch) {
  const std::string kind_of_layer = kind<TypeParam>();
  const std::string file = kind_of_layer == "GRU"    ? "gru"
                           : kind_of_layer == "LSTM" ? "lstm"
                                                     : "elman";
  const Tensor x = golden("recurrent", "x");
  const Tensor y = golden("recurrent", file + "_y");
  for (const bool sequence : {true, false}) {
    TypeParam layer{3, 4, {.sequence = sequence}};
    for (Parameter* const p : layer.parameters())
      p->value = golden("recurrent", file + "_" + p->name);
    const Tensor dy = golden("recurrent", sequence ? "dy" : "dlast");
    const Tensor output = layer.forward(x);
    if (sequence) {
      EXPECT_LT(difference(output, y), tolerance);
    }
    for (std::size_t n = 0; !sequence && n < 2; ++n) {
      for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(output(n, j), y(n, 4, j), tolerance);
    }
    const std::string gradients = file + (sequence ? "_sequence_d" : "_last_d");
    EXPECT_LT(difference(layer.backward(dy), golden("recurrent", gradients + "x")), tolerance);
    for (Parameter* const p : layer.parameters()) {
      EXPECT_LT(difference(p->gradient, golden("recurrent", gradients + p->name)), tolerance)
          << p->name;
    }
  }
}

TYPED_TEST(EveryRecurrence, PassesTheGradientCheck) {
  for (const bool sequence : {false, true}) {
    auto layer = random_layer<TypeParam>(3, 5, {.sequence = sequence});
    EXPECT_LT(nn::check_gradients(layer, noise(Shape{2, 4, 3})).worst(), gradient_tolerance);
  }
}

TYPED_TEST(EveryRecurrence, PassesTheGradientCheckStacked) {
  nn::Sequential network{nn::Reshape{3, 2}, random_layer<TypeParam>(2, 4, {.sequence = true}),
                         random_layer<TypeParam>(4, 3, {})};
  EXPECT_EQ(network.output_shape(Shape{6}), Shape{3});
  EXPECT_LT(nn::check_gradients(network, noise(Shape{2, 6})).worst(), gradient_tolerance);
}

TYPED_TEST(EveryRecurrence, GivesTheLastOfTheSequence) {
  const auto all = random_layer<TypeParam>(3, 5, {.sequence = true});
  auto last = random_layer<TypeParam>(3, 5, {});
  const Tensor x = noise(Shape{4, 6, 3});
  const Tensor sequence = all.predict(x);
  const Tensor y = last.forward(x);
  EXPECT_EQ(last.predict(x), y);
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_TRUE(std::ranges::equal(sequence.row(n).last(5), y.row(n)));
  }
}

/// A layer with the lengths of a batch, for the gradient check.
template <class L>
struct WithLengths : L {
  WithLengths(L layer, nn::Lengths given) : L{std::move(layer)}, lengths{std::move(given)} {}
  Tensor forward(const Tensor& x) { return L::forward(x, lengths); }
  [[nodiscard]] Tensor predict(const Tensor& x) const { return L::predict(x, lengths); }
  nn::Lengths lengths;
};

TYPED_TEST(EveryRecurrence, PassesTheGradientCheckWithPadding) {
  for (const bool sequence : {false, true}) {
    WithLengths<TypeParam> layer{random_layer<TypeParam>(3, 5, {.sequence = sequence}), {4, 1, 0}};
    EXPECT_LT(nn::check_gradients(layer, noise(Shape{3, 4, 3})).worst(), gradient_tolerance);
  }
}

/// Some steps of one sequence of a batch.
Tensor part_of(const Tensor& x, std::size_t sample, std::size_t steps) {
  const std::size_t width = x.shape()[2];
  return Tensor{Shape{1, steps, width}, x.row(sample).first(steps * width)};
}

// What is in the padding does not matter, neither forward nor backward.
TYPED_TEST(EveryRecurrence, ReadsPaddedSequencesLikeEachAlone) {
  const nn::Lengths lengths{6, 2, 5};
  const Tensor x = noise(Shape{3, 6, 3}, 1);
  for (const bool sequence : {false, true}) {
    auto layer = random_layer<TypeParam>(3, 5, {.sequence = sequence});
    const Tensor y = layer.forward(x, lengths);
    EXPECT_EQ(layer.predict(x, lengths), y);
    const Tensor dy = noise(y.shape(), 2);
    const Tensor dx = layer.backward(dy);
    std::vector<Tensor> sums;
    for (Parameter* const p : layer.parameters()) sums.emplace_back(p->value.shape());
    for (std::size_t n = 0; n < 3; ++n) {
      const std::size_t length = lengths[n];
      auto alone = layer;
      const Tensor y_alone = alone.forward(part_of(x, n, length));
      const Tensor dy_alone = sequence ? part_of(dy, n, length) : Tensor{Shape{1, 5}, dy.row(n)};
      const Tensor dx_alone = alone.backward(dy_alone);
      const std::size_t used = sequence ? 5 * length : 5;
      for (std::size_t i = 0; i < y.row(n).size(); ++i) {
        EXPECT_NEAR(y.row(n)[i], i < used ? y_alone.values()[i] : 0, tolerance);
      }
      for (std::size_t i = 0; i < dx.row(n).size(); ++i) {
        EXPECT_NEAR(dx.row(n)[i], i < 3 * length ? dx_alone.values()[i] : 0, tolerance);
      }
      for (std::size_t i = 0; i < sums.size(); ++i) {
        const Tensor& gradient = alone.parameters()[i]->gradient;
        for (std::size_t j = 0; j < gradient.size(); ++j) {
          sums[i].values()[j] += gradient.values()[j];
        }
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      EXPECT_LT(difference(layer.parameters()[i]->gradient, sums[i]), 4 * tolerance);
    }
  }
}

// The embedding knows which token is padding, and the network hands the lengths on.
TYPED_TEST(EveryRecurrence, ReadsPaddedTokensInANetwork) {
  Random random{1};
  const nn::Glorot glorot{random};
  nn::Sequential network{nn::Embedding{4, 3, glorot, {.padding = 0}},
                         random_layer<TypeParam>(3, 5, {.sequence = true}),
                         random_layer<TypeParam>(5, 2, {})};
  const Tensor padded{{1, 3, 2, 0, 0}, {2, 2, 1, 3, 1}};
  const Tensor y = network.forward(padded);
  EXPECT_LT(difference(network.predict(Tensor{{1, 3, 2}}), Tensor{Shape{1, 2}, y.row(0)}),
            tolerance);
  EXPECT_LT(difference(network.predict(Tensor{{2, 2, 1, 3, 1}}), Tensor{Shape{1, 2}, y.row(1)}),
            tolerance);
}

TYPED_TEST(EveryRecurrence, RefusesLengthsThatDoNotFit) {
  TypeParam layer{3, 5};
  const std::string name = "nn::" + kind<TypeParam>() + ": ";
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { layer.forward(Tensor{Shape{2, 4, 3}}, {4, 4, 4}); }),
      name + "3 lengths for 2 sequences");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{Shape{2, 4, 3}}, {4, 5}); }),
      name + "the length of the sequence at index 1 is 5, expected at most 4");
}

TYPED_TEST(EveryRecurrence, GivesTheSameParametersGradientsAlone) {
  auto layer = random_layer<TypeParam>(3, 5, {});
  auto first = layer;
  const Tensor x = noise(Shape{4, 6, 3});
  const Tensor dy = layer.forward(x);
  (void)first.forward(x);
  (void)layer.backward(dy);
  first.backward_parameters(dy);
  for (std::size_t i = 0; i < layer.parameters().size(); ++i) {
    EXPECT_EQ(first.parameters()[i]->gradient, layer.parameters()[i]->gradient);
  }
}

TYPED_TEST(EveryRecurrence, DoesNotDependOnThreads) {
  const Tensor x = noise(Shape{65, 3, 40});
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    auto layer = random_layer<TypeParam>(40, 70, {.sequence = true});
    std::vector<Tensor> results{layer.forward(x)};
    results.push_back(layer.backward(results.front()));
    for (const Parameter* const p : layer.parameters()) results.push_back(p->gradient);
    return results;
  }));
}

TYPED_TEST(EveryRecurrence, SaturatesAndKeepsNaN) {
  auto layer = random_layer<TypeParam>(1, 40, {});
  for (const real huge : {real(1e30), real(-1e30), std::numeric_limits<real>::infinity()}) {
    const Tensor y = layer.predict(Tensor{Shape{1, 3, 1}, huge});
    for (const real h : y.values()) EXPECT_LE(std::abs(h), 1) << huge;
  }
  const Tensor y = layer.predict(Tensor{Shape{1, 3, 1}, std::numeric_limits<real>::quiet_NaN()});
  for (const real h : y.values()) EXPECT_TRUE(std::isnan(h));
}

TYPED_TEST(EveryRecurrence, KnowsItsShape) {
  const TypeParam last{3, 5};
  const TypeParam all{3, 5, {.sequence = true}};
  EXPECT_EQ(last.output_shape(Shape{7, 3}), Shape{5});
  EXPECT_EQ(last.output_shape(Shape{}), Shape{5});
  EXPECT_EQ(all.output_shape(Shape{7, 3}), (Shape{7, 5}));
  EXPECT_EQ(all.output_shape(Shape{}), Shape{});
  // After a dense layer, the number of steps may not be known yet.
  EXPECT_EQ(last.output_shape(Shape{3}), Shape{5});
  EXPECT_EQ(all.output_shape(Shape{3}), Shape{});
  nn::Sequential network{nn::Dense{2, 3}, TypeParam{3, 5}};
  EXPECT_EQ(network.predict(Tensor{Shape{4, 7, 2}}).shape(), (Shape{4, 5}));
}

TYPED_TEST(EveryRecurrence, RefusesWhatDoesNotFit) {
  const std::string name = "nn::" + kind<TypeParam>();
  const auto error = [](auto&& call) { return error_of<std::invalid_argument>(call); };
  EXPECT_EQ(error([] { TypeParam(0, 4); }),
            name + ": 0 inputs and 4 outputs, expected at least 1 of each");
  EXPECT_EQ(error([] { TypeParam(3, 0); }),
            name + ": 3 inputs and 0 outputs, expected at least 1 of each");
  TypeParam layer{3, 4};
  EXPECT_EQ(error([&] { (void)layer.forward(Tensor{Shape{2, 6}}); }),
            name + ": input has shape (2, 6), expected (B, T, 3)");
  EXPECT_EQ(error([&] { (void)layer.predict(Tensor{Shape{2, 6, 2}}); }),
            name + ": a step has 2 inputs, expected 3");
  EXPECT_EQ(error([&] { (void)layer.backward(Tensor{Shape{2, 4}}); }),
            name + ": backward() was called before forward()");
  (void)layer.forward(Tensor{Shape{2, 6, 3}});
  EXPECT_EQ(error([&] { layer.backward_parameters(Tensor{Shape{2, 6, 4}}); }),
            name + ": gradient has shape (2, 6, 4), expected (2, 4), the shape of the last output");
  TypeParam all{3, 4, {.sequence = true}};
  (void)all.forward(Tensor{Shape{2, 6, 3}});
  EXPECT_EQ(error([&] { (void)all.backward(Tensor{Shape{2, 4}}); }),
            name + ": gradient has shape (2, 4), expected (2, 6, 4), the shape of the last output");
}

TYPED_TEST(EveryRecurrence, RefusesNetworksThatDoNotFit) {
  const std::string layer = kind<TypeParam>() + " 28→4";
  const auto error = [](auto&& call) { return error_of<std::invalid_argument>(call); };
  EXPECT_EQ(
      error([] { nn::Sequential(nn::Dense{3, 784}, TypeParam{28, 4}); }),
      "nn::Sequential: layer 2 (" + layer +
          ") expects sequences of shape (T, 28) (put nn::Reshape before it); layer 1 gives 784");
  EXPECT_EQ(error([] { nn::Sequential(nn::Reshape{28, 27}, TypeParam{28, 4}); }),
            "nn::Sequential: layer 2 (" + layer +
                ") expects sequences of 28 inputs; layer 1 gives shape (28, 27)");
}

// A unit that is linear near 0 and multiplies its state by 3 at each step: after 30 steps a small
// change has grown by 3²⁹, and with it the gradient.
TEST(Recurrence, IsTamedByClipping) {
  auto layer = unit<Recurrent>({Tensor{{1}}, Tensor{{3}}, Tensor{0}});
  (void)layer.forward(Tensor{Shape{1, 30, 1}});
  Tensor dy{Shape{1, 30, 1}};
  dy(0, 29, 0) = 1;
  layer.backward_parameters(dy);
  const std::vector<Parameter*> parameters = layer.parameters();
  const double norm = nn::clip_gradients(parameters, 1);
  EXPECT_NEAR(norm, (std::pow(3, 30) - 1) / 2, 1e-4 * norm);  // of b alone: 1 + 3 + … + 3²⁹
  EXPECT_NEAR(parameters[2]->gradient(0), 1, 1e-4);
}

}  // namespace
