// nn.backprop: a network worked by hand, the chain rule, a network taken apart, frozen layers,
// errors, the gradient check.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

import nn.activation;
import nn.backprop;
import nn.convolution;
import nn.cost;
import nn.dataset;
import nn.dense;
import nn.normalization;
import nn.pooling;
import nn.recurrent;
import nn.reshape;
import nn.test;

namespace {

using nn::Dense;
using nn::Parameter;
using nn::real;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::noise;

static_assert(nn::FirstLayer<Sequential>);

/// A dense layer of random weights.
Dense dense(std::size_t inputs, std::size_t outputs, std::uint64_t seed = 1) {
  return Dense{noise(Shape{inputs, outputs}, seed), noise(Shape{outputs}, seed + 100)};
}

/// A convolution of random kernels.
nn::Convolution convolution(std::size_t inputs, std::size_t outputs, std::size_t side) {
  return nn::Convolution{noise(Shape{outputs, inputs, side, side}, outputs),
                         noise(Shape{outputs}, inputs)};
}

/// The current gradients of all parameters of a layer.
std::vector<Tensor> gradients(auto& layer) {
  std::vector<Tensor> all;
  for (const Parameter* parameter : layer.parameters()) all.push_back(parameter->gradient);
  return all;
}

// Two inputs, two hidden units, one output, and the cost (y − 5)²:
//
//   forward   h = (1·1 + 2·1, 1·(−2) + 2·0.5) = (3, −1), through ReLU (3, 0)
//             y = 3·2 + 0·3 + 1 = 7, C = (7 − 5)² = 4
//   backward  ∂C/∂y = 2 (7 − 5) = 4
//             second layer: ∂C/∂W = (3, 0)ᵀ·4, ∂C/∂b = 4, ∂C/∂h = 4·(2, 3) = (8, 12)
//             ReLU was cut off at the second unit: (8, 0)
//             first layer: ∂C/∂W = (1, 2)ᵀ (8, 0), ∂C/∂b = (8, 0), ∂C/∂x = (8·1, 8·1)
TEST(Sequential, ByHand) {
  Sequential network{Dense{Tensor{{1, -2}, {1, 0.5}}, Tensor{0, 0}}, nn::ReLU{},
                     Dense{Tensor{{2}, {3}}, Tensor{1}}};
  const Tensor y = network.forward(Tensor{{1, 2}});
  EXPECT_EQ(y, (Tensor{{7}}));
  const Tensor target{{5}};
  const nn::MeanSquaredError cost;
  EXPECT_EQ(cost.value(y, target), 4);
  const Tensor dx = network.backward(cost.gradient(y, target));
  EXPECT_EQ(gradients(network),
            (std::vector{Tensor{{8, 0}, {16, 0}}, Tensor{8, 0}, Tensor{{12}, {0}}, Tensor{4}}));
  EXPECT_EQ(dx, (Tensor{{8, 8}}));
}

// Section 4.4, where both hidden units are open: the first input reaches the cost (y − 0.5)²
// through either, and ∂C/∂x₁ = 1·2·0.5 + 1·(−1)·(−1) = 1 + 1.
TEST(Sequential, AddsUpOverPaths) {
  Sequential network{Dense{Tensor{{0.5, -1}, {1, 0.5}}, Tensor{0, 1.25}}, nn::ReLU{},
                     Dense{Tensor{{2}, {-1}}, Tensor{-0.5}}};
  const Tensor y = network.forward(Tensor{{1, 0.5}});
  EXPECT_EQ(y, (Tensor{{1}}));
  const Tensor target{{0.5}};
  EXPECT_EQ(nn::MeanSquaredError::value(y, target), 0.25);
  const Tensor dx = network.backward(nn::MeanSquaredError::gradient(y, target));
  EXPECT_EQ(gradients(network), (std::vector{Tensor{{2, -1}, {1, -0.5}}, Tensor{2, -1},
                                             Tensor{{1}, {0.5}}, Tensor{1}}));
  EXPECT_EQ(dx, (Tensor{{2, 1.5}}));
}

TEST(Sequential, IsItsLayersOneAfterTheOther) {
  Dense first = dense(4, 7, 1);
  nn::Tanh second;
  Dense third = dense(7, 6, 2);
  nn::Sigmoid fourth;
  Dense fifth = dense(6, 3, 3);
  nn::Softmax sixth;
  Sequential network{first, second, third, fourth, fifth, sixth};
  EXPECT_EQ(network.size(), 6U);

  const Tensor x = noise(Shape{5, 4}, 1);
  const Tensor y = first.forward(x);
  const Tensor z = third.forward(second.forward(y));
  EXPECT_EQ(network.forward(x), sixth.forward(fifth.forward(fourth.forward(z))));

  const Tensor dy = noise(Shape{5, 3}, 2);
  const Tensor dz = fourth.backward(fifth.backward(sixth.backward(dy)));
  EXPECT_EQ(network.backward(dy), first.backward(second.backward(third.backward(dz))));
  EXPECT_EQ(network.parameters()[0]->gradient, first.parameters()[0]->gradient);
  EXPECT_EQ(network.parameters()[3]->gradient, third.parameters()[1]->gradient);
}

TEST(Sequential, WithoutLayersReturnsItsInput) {
  Sequential network;
  const Tensor x{{1, 2}};
  EXPECT_EQ(network.forward(x), x);
  EXPECT_EQ(network.predict(x), x);
  EXPECT_EQ(network.backward(x), x);
  EXPECT_NO_THROW(network.backward_parameters(x));
  EXPECT_EQ(network.parameter_count(), 0U);
}

TEST(Sequential, PredictIsForward) {
  Sequential network{dense(4, 7), nn::ReLU{}, dense(7, 3), nn::Softmax{}};
  const Tensor x = noise(Shape{5, 4});
  EXPECT_EQ(network.predict(x), network.forward(x));
}

/// A small convolutional network with one of every kind of layer.
Sequential small_images() {
  return Sequential{
      convolution(1, 3, 3), nn::Tanh{},    nn::AveragePool{2},
      convolution(3, 2, 2), nn::Sigmoid{}, nn::MaxPool{{.window = 2, .stride = 1}},
      nn::Flatten{},        dense(8, 4),   nn::LeakyReLU{},
      nn::Reshape{2, 2},    nn::Flatten{}, nn::Softmax{},
  };
}

TEST(Sequential, HasTheRightGradientThroughEveryKindOfLayer) {
  Sequential network = small_images();
  const nn::GradientCheck check = nn::check_gradients(network, noise(Shape{3, 1, 10, 10}));
  EXPECT_EQ(check.entries.size(), 7U);  // the input and six parameters
  EXPECT_LT(check.worst(), nn::test::gradient_tolerance);
}

TEST(Sequential, MatchesPyTorch) {
  const auto value = [](const std::string& name) { return golden("backprop", name); };
  Sequential network{nn::Convolution{value("parameter0"), value("parameter1")},
                     nn::ReLU{},
                     nn::MaxPool{2},
                     nn::Convolution{value("parameter2"), value("parameter3")},
                     nn::Tanh{},
                     nn::Flatten{},
                     Dense{value("parameter4"), value("parameter5")}};
  const Tensor logits = network.forward(value("x"));
  EXPECT_LT(difference(logits, value("logits")), nn::test::tolerance);
  const nn::SoftmaxCrossEntropy cost;
  const Tensor targets = nn::Labels::from_numbers(value("classes")).one_hot(logits.columns());
  EXPECT_NEAR(cost.value(logits, targets), double{value("cost")(0)}, nn::test::tolerance);
  network.backward_parameters(cost.gradient(logits, targets));
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_LT(difference(network.parameters()[i]->gradient, value("gradient" + std::to_string(i))),
              nn::test::tolerance)
        << "parameter " << i;
  }
}

// No gradient is needed before the first layer that learns; skipping it must not change the rest.
TEST(Sequential, BackwardParametersLeavesOnlyTheInputOut) {
  const std::vector<Sequential> networks{
      Sequential{dense(8, 5), nn::Tanh{}, dense(5, 3)},
      Sequential{nn::Reshape{2, 2, 2}, convolution(2, 3, 2), nn::Flatten{}},
      Sequential{nn::Sigmoid{}, nn::Tanh{}, dense(8, 3)},
      Sequential{Sequential{dense(8, 4), nn::ReLU{}}, dense(4, 3)}};
  for (Sequential all : networks) {
    Sequential first = all;
    const Tensor x = noise(Shape{6, 8}, 1);
    const Tensor dy = noise(all.forward(x).shape(), 2);
    (void)first.forward(x);
    (void)all.backward(dy);
    first.backward_parameters(dy);
    EXPECT_EQ(gradients(first), gradients(all));
  }
}

TEST(Sequential, MayHaveNothingToLearn) {
  Sequential network{nn::ReLU{}, nn::Softmax{}};
  const Tensor y = network.forward(Tensor{{1, 2}});
  EXPECT_NO_THROW(network.backward_parameters(y));
  EXPECT_TRUE(network.parameters().empty());
}

TEST(Sequential, MayBeALayerOfAnother) {
  Sequential nested{Sequential{dense(4, 5, 1), nn::Tanh{}}, Sequential{dense(5, 3, 2)}};
  Sequential flat{dense(4, 5, 1), nn::Tanh{}, dense(5, 3, 2)};
  const Tensor x = noise(Shape{2, 4}, 1);
  const Tensor dy = noise(Shape{2, 3}, 2);
  EXPECT_EQ(nested.forward(x), flat.forward(x));
  EXPECT_EQ(nested.backward(dy), flat.backward(dy));
  EXPECT_EQ(gradients(nested), gradients(flat));
  EXPECT_EQ(nested.parameter_count(), flat.parameter_count());
  EXPECT_EQ(nested.layer_names(),
            (std::vector<std::string>{"Sequential of 2 layers", "Sequential of 1 layer"}));
}

// Between a network and one inside it, images are not converted.
TEST(Sequential, PassesSignalsOnInTheirLayout) {
  Sequential network{nn::Tanh{}, Sequential{nn::Tanh{}}};
  const Tensor x = noise(Shape{5, 2, 3, 3}, 1);
  nn::Signal y = network.forward(nn::Signal{nn::InterleavedImages{x}});
  EXPECT_TRUE(y.is_interleaved());
  EXPECT_EQ(y.shape(), x.shape());
  EXPECT_EQ(std::move(y).tensor(), network.forward(x));
  nn::Signal dx = network.backward(nn::Signal{nn::InterleavedImages{x}});
  EXPECT_TRUE(dx.is_interleaved());
  EXPECT_EQ(std::move(dx).tensor(), network.backward(x));
  nn::Signal predicted = network.predict(nn::Signal{nn::InterleavedImages{x}});
  EXPECT_TRUE(predicted.is_interleaved());
  EXPECT_EQ(std::move(predicted).tensor(), network.predict(x));
}

TEST(Sequential, KnowsTheNamesOfAllParameters) {
  Sequential network{dense(2, 3), nn::ReLU{}, Sequential{dense(3, 1)}};
  network.freeze(0, 1);
  const std::vector<nn::NamedParameter> all = network.named_parameters();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].name, "0.weight");
  EXPECT_TRUE(all[0].frozen);
  EXPECT_EQ(all[3].name, "2.0.bias");
  EXPECT_FALSE(all[3].frozen);
  EXPECT_EQ(all[3].parameter, network.parameters()[1]);
  EXPECT_TRUE(network.contains(&network.layer<Sequential>(2)));
  EXPECT_FALSE(network.contains(&network));
}

TEST(Sequential, CopiesShareNothing) {
  Sequential original{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  const Tensor x{{0.5, -0.25}};
  const Tensor before = original.predict(x);
  Sequential copy = original;
  EXPECT_EQ(copy.predict(x), before);
  for (Parameter* parameter : copy.parameters()) parameter->value.fill(0);
  EXPECT_EQ(original.predict(x), before);
  EXPECT_EQ(copy.predict(x), (Tensor{{0}}));
  copy = original;
  EXPECT_EQ(copy.predict(x), before);
}

// An optimizer holds pointers to the parameters.
TEST(Sequential, IsOverwrittenInPlaceByOneOfTheSameLayers) {
  const Sequential other{Sequential{dense(2, 3, 1), nn::ReLU{}}, dense(3, 1, 2)};
  Sequential network{Sequential{dense(2, 3, 3), nn::ReLU{}}, dense(3, 1, 4)};
  const std::vector<Parameter*> parameters = network.parameters();
  network = other;
  EXPECT_EQ(network.parameters(), parameters);
  EXPECT_EQ(network.predict(Tensor{{1, 2}}), other.predict(Tensor{{1, 2}}));
  parameters[0]->value.fill(0);
  EXPECT_NE(network.predict(Tensor{{1, 2}}), other.predict(Tensor{{1, 2}}));
}

TEST(Sequential, MayBeAssignedOneOfOtherLayers) {
  const Sequential other{dense(2, 3, 1), nn::ReLU{}};
  Sequential as_long{dense(2, 3, 3), nn::Tanh{}};
  Sequential shorter{dense(2, 3, 3)};
  as_long = other;
  shorter = other;
  for (const Sequential& network : {as_long, shorter}) {
    EXPECT_EQ(network.layer_names(), other.layer_names());
    EXPECT_EQ(network.parameter_count(), 9U);
    EXPECT_EQ(network.predict(Tensor{{1, 2}}), other.predict(Tensor{{1, 2}}));
  }
}

TEST(Sequential, KeepsItsParametersWhereTheyAreWhenMoved) {
  Sequential network{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  const std::vector<Parameter*> before = network.parameters();
  Sequential moved = std::move(network);
  EXPECT_EQ(moved.parameters(), before);
  moved.push(nn::Sigmoid{});
  EXPECT_EQ(moved.parameters(), before);
}

TEST(Sequential, ShowsItsLayers) {
  const Sequential network{Dense{Tensor{{1, 2}}, Tensor{3, 4}}, nn::ReLU{}};
  EXPECT_EQ(network.layer<Dense>(0).weights(), (Tensor{{1, 2}}));
  EXPECT_EQ(network.layer<nn::ReLU>(1).name(), "ReLU");
  EXPECT_EQ(network.layer_names(), (std::vector<std::string>{"Dense 1→2", "ReLU"}));
  EXPECT_EQ(network.name(), "Sequential of 2 layers");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.layer<Dense>(2); }),
            "nn::Sequential: layer index is 2, but the network has 2 layers, numbered from 0");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.layer<Dense>(1); }),
            "nn::Sequential: the layer at index 1 is ReLU, but the call asks for a different type");
}

TEST(Sequential, SummarizesItself) {
  const Sequential network{nn::Reshape{1, 28, 28},
                           nn::Convolution{1, 8, {.kernel = 5, .padding = nn::Padding::same()}},
                           nn::ReLU{},
                           nn::MaxPool{2},
                           nn::Flatten{},
                           Dense{1568, 10}};
  EXPECT_EQ(network.parameter_count(), 15898U);
  EXPECT_EQ(network.output_shape(Shape{784}), Shape{10});
  EXPECT_EQ(network.summary(Shape{784}),
            "layer                                          output  parameters\n"
            "Reshape to (1, 28, 28)                    (1, 28, 28)           0\n"
            "Convolution 1→8 5×5 same                  (8, 28, 28)         208\n"
            "ReLU                                      (8, 28, 28)           0\n"
            "MaxPool 2×2                               (8, 14, 14)           0\n"
            "Flatten                                        (1568)           0\n"
            "Dense 1568→10                                    (10)      15,690\n"
            "total                                                      15,898\n");
}

// An activation takes any input, so its shape is not known until a layer determines it.
TEST(Sequential, SummarizesUnknownShapesAsAny) {
  const Sequential network{nn::ReLU{}, Dense{2, 1}};
  EXPECT_EQ(network.summary(),
            "layer                                          output  parameters\n"
            "ReLU                                              any           0\n"
            "Dense 2→1                                         (1)           3\n"
            "total                                                           3\n");
}

TEST(Sequential, RefusesALayerThatDoesNotFit) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Sequential{Dense{784, 256}, nn::ReLU{}, Dense{128, 10}}; }),
            "nn::Sequential: layer 3 (Dense 128→10) expects 128 columns; layer 2 gives 256");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Sequential{nn::Reshape{1, 28, 28}, nn::MaxPool{2}, Dense{196, 10}}; }),
            "nn::Sequential: layer 3 (Dense 196→10) expects rows of 196 columns (put nn::Flatten "
            "before it); layer 2 gives shape (1, 14, 14)");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Sequential{Dense{2, 6}, nn::Convolution{1, 8, {.kernel = 3}}}; }),
            "nn::Sequential: layer 2 (Convolution 1→8 3×3) expects images of shape (1, H, W); "
            "layer 1 gives 6");
}

TEST(Sequential, StaysAsItWasWhenItRefuses) {
  Sequential network{Dense{4, 3}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { network.push(Dense{2, 1}); }),
            "nn::Sequential: layer 2 (Dense 2→1) expects 2 columns; layer 1 gives 3");
  EXPECT_EQ(network.size(), 1U);
  EXPECT_EQ(network.parameter_count(), 15U);
  network.push(Dense{3, 1});
  EXPECT_EQ(network.predict(Tensor{{1, 2, 3, 4}}), (Tensor{{0}}));
}

TEST(Sequential, NamesTheLayersOfANetworkInside) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Sequential{Dense{4, 3}, Sequential{nn::ReLU{}, Dense{2, 1}}}; }),
            "nn::Sequential: layer 2 (Sequential of 2 layers): its layer 2 (Dense 2→1) expects 2 "
            "columns; layer 1 gives 3");
}

TEST(Sequential, RefusesInputThatDoesNotFit) {
  Sequential network{Dense{2, 3}, nn::ReLU{}};
  const auto refusal = [&](const Tensor& x) {
    const std::string text = error_of<std::invalid_argument>([&] { (void)network.forward(x); });
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.predict(x); }), text);
    return text;
  };
  EXPECT_EQ(refusal(Tensor{{1, 2, 3, 4, 5}}),
            "nn::Sequential: layer 1 (Dense 2→3) expects 2 columns; the input has 5");
  EXPECT_EQ(refusal(Tensor{Shape{7, 1, 28, 28}}),
            "nn::Sequential: layer 1 (Dense 2→3) expects rows of 2 columns (put nn::Flatten before "
            "it); the input has shape (1, 28, 28)");
  EXPECT_EQ(refusal(Tensor{}), "nn::Sequential: input is empty");
}

TEST(Sequential, RefusesBackwardBeforeForward) {
  Sequential network{Dense{2, 3}, nn::ReLU{}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.backward(Tensor{{1, 2, 3}}); }),
            "nn::ReLU: backward() was called before forward()");
}

TEST(Sequential, PredictsForManyThreadsAtOnce) {
  const Sequential network = small_images();
  const Tensor x = noise(Shape{6, 1, 10, 10});
  const Tensor alone = network.predict(x);
  std::vector<Tensor> results(8);
  std::vector<std::thread> users;
  users.reserve(results.size());
  for (Tensor& result : results) {
    users.emplace_back([&] {
      for (int i = 0; i < 20; ++i) result = network.predict(x);
    });
  }
  for (std::thread& user : users) user.join();
  EXPECT_EQ(results, std::vector(8, alone));
}

TEST(Sequential, HasTheSameBitsOnAnyNumberOfThreads) {
  Sequential network = small_images();
  const Tensor x = noise(Shape{70, 1, 10, 10}, 1);
  const Tensor dy = noise(Shape{70, 4}, 2);
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    std::vector<Tensor> results{network.forward(x)};
    results.push_back(network.backward(dy));
    for (Tensor& gradient : gradients(network)) results.push_back(std::move(gradient));
    return results;
  }));
}

// ---------------------------------------------------------------------------------- taken apart

/// Enough images that they go through the network in parts, of which the last may be smaller.
TEST(Sequential, PredictsALargeBatchAsItPredictsItsRows) {
  const Sequential network{
      nn::Reshape{1, 28, 28}, nn::Convolution{noise(Shape{16, 1, 5, 5}), noise(Shape{16})},
      nn::MaxPool{2},         nn::ReLU{},
      nn::Flatten{},          Dense{noise(Shape{2'304, 3}), noise(Shape{3})}};
  const Tensor x = noise(Shape{149, 784});
  const Tensor y = network.predict(x);
  ASSERT_EQ(y.shape(), (Shape{149, 3}));
  for (std::size_t n = 0; n < x.rows(); n += 37) {
    EXPECT_EQ(y.rows(n, 1), network.predict(x.rows(n, 1))) << n;
  }
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return std::vector{network.predict(x)}; }));
}

/// A layer whose output has another shape than output_shape() says.
struct Misreporting {
  [[nodiscard]] static std::string name() { return "Misreporting"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor predict(const Tensor& x) { return Tensor{Shape{x.rows(), 1}}; }
  [[nodiscard]] static Tensor forward(const Tensor& x) { return predict(x); }
  [[nodiscard]] static Tensor backward(const Tensor& dy) { return dy; }
  [[nodiscard]] static std::vector<Parameter*> parameters() { return {}; }
};

TEST(Sequential, RefusesOutputsOfAnotherShapeThanPromised) {
  const Sequential network{Misreporting{}};
  const std::string text =
      error_of<std::invalid_argument>([&] { (void)network.predict(Tensor{Shape{1'400, 784}}); });
  EXPECT_TRUE(text.starts_with("nn::Sequential: the output has shape (")) << text;
  EXPECT_TRUE(text.ends_with(", 784)")) << text;
}

TEST(Sequential, GivesItsLayersWhateverTheirTypes) {
  Sequential network{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  const Tensor x{{1, -2}};
  EXPECT_EQ(network[0].name(), "Dense 2→3");
  EXPECT_EQ(network[1].name(), "ReLU");
  const Tensor hidden = network[1].predict(network[0].predict(x));
  EXPECT_EQ(network[2].predict(hidden), network.predict(x));
  EXPECT_EQ(network[0].as<Dense>()->weights(), network.layer<Dense>(0).weights());
  static_assert(std::is_same_v<decltype(network[0].parameters()), std::vector<const Parameter*>>);
  ASSERT_EQ(network[2].parameters().size(), 2U);
  EXPECT_EQ(network[2].parameters()[1], network.parameters()[3]);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network[3]; }),
            "nn::Sequential: layer index is 3, but the network has 3 layers, numbered from 0");
}

TEST(Sequential, GivesSomeLayersAsANetwork) {
  Sequential network{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  const Tensor x{{1, -2}};
  Sequential features = network.slice(0, 2);
  const Sequential head = network.slice(2, 3);
  EXPECT_EQ(features.layer_names(), (std::vector<std::string>{"Dense 2→3", "ReLU"}));
  EXPECT_EQ(head.predict(features.predict(x)), network.predict(x));
  EXPECT_EQ(network.slice(1, 1).size(), 0U);
  EXPECT_EQ(network.slice(0, 3).predict(x), network.predict(x));
  features.parameters()[0]->value.fill(0);  // a copy
  EXPECT_NE(network.layer<Dense>(0).weights(), features.layer<Dense>(0).weights());
  for (const auto& [first, last] : {std::pair{2U, 1U}, std::pair{0U, 4U}}) {
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.slice(first, last); }),
              "nn::Sequential: first is " + std::to_string(first) + " and last is " +
                  std::to_string(last) + ", expected first to be at most last, and last at most 3");
  }
}

TEST(Sequential, GivesTheOutputOfEveryLayer) {
  const Sequential network = small_images();
  for (const std::size_t count : {1U, 20U}) {  // one by one, and interleaved
    const Tensor x = noise(Shape{count, 1, 10, 10});
    const std::vector<Tensor> outputs = network.outputs(x);
    ASSERT_EQ(outputs.size(), network.size());
    for (std::size_t i = 0; i < network.size(); ++i) {
      EXPECT_EQ(outputs[i], network.slice(0, i + 1).predict(x)) << network[i].name();
    }
  }
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.outputs(Tensor{}); }),
            "nn::Sequential: input is empty");
}

TEST(Sequential, NamesItsParameters) {
  Sequential network{dense(4, 3), nn::ReLU{},
                     Sequential{nn::BatchNorm{3}, nn::Reshape{1, 3}, nn::GRU{3, 2}}};
  const std::vector<std::string> names = network.parameter_names();
  EXPECT_EQ(names, (std::vector<std::string>{"0.weight", "0.bias", "2.0.weight", "2.0.bias",
                                             "2.2.weight_input", "2.2.weight_hidden", "2.2.bias",
                                             "2.2.bias_hidden"}));
  const std::vector<Parameter*> parameters = network.parameters();
  ASSERT_EQ(parameters.size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(&network.parameter(names[i]), parameters[i]) << names[i];
  }
}

TEST(Sequential, GivesAParameterByItsName) {
  Sequential network{dense(4, 3), nn::ReLU{}, Sequential{dense(3, 2)}};
  EXPECT_EQ(network.parameter("0.weight").value, network.layer<Dense>(0).weights());
  EXPECT_EQ(network.parameter("2.0.bias").value,
            network.layer<Sequential>(2).layer<Dense>(0).biases());
  network.parameter("0.weight").value.fill(7);
  EXPECT_EQ(network.layer<Dense>(0).weights(), (Tensor{Shape{4, 3}, 7}));
  const Sequential& constant = network;
  static_assert(std::is_same_v<decltype(constant.parameter("0.weight")), const Parameter&>);
  EXPECT_EQ(&constant.parameter("0.weight"), network.parameters()[0]);
}

TEST(Sequential, RefusesANameThatNoParameterHas) {
  Sequential network{dense(4, 3), nn::ReLU{}, Sequential{dense(3, 2)}};
  network.freeze(0, 1);
  for (const std::string name : {"weight", "0.wieght", "1.weight", "3.weight", "2.weight",
                                 "00.bias", "0", "", "0.weight.0", "2.0"}) {
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.parameter(name); }),
              "nn::Sequential: there is no parameter '" + name +
                  "'; the parameters are: 0.weight, 0.bias, 2.0.weight, 2.0.bias");
  }
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)Sequential{nn::ReLU{}}.parameter("0.bias"); }),
      "nn::Sequential: there is no parameter '0.bias'; the network has none");
}

TEST(Sequential, ShowsItsParametersReadOnly) {
  Sequential network{dense(2, 3), nn::ReLU{}, Sequential{dense(3, 1)}};
  const Sequential& constant = network;
  static_assert(std::is_same_v<decltype(constant.parameters()), std::vector<const Parameter*>>);
  const std::vector<Parameter*> parameters = network.parameters();
  const std::vector<const Parameter*> same = constant.parameters();
  ASSERT_EQ(same.size(), parameters.size());
  for (std::size_t i = 0; i < same.size(); ++i) EXPECT_EQ(same[i], parameters[i]);
}

// ---------------------------------------------------------------------------------- frozen layers

TEST(Freeze, TakesParametersFromTheOptimizerButNotFromStorage) {
  Sequential network{dense(2, 3), nn::ReLU{}, dense(3, 3), Sequential{dense(3, 1)}};
  const std::size_t count = network.parameter_count();
  network.freeze(0, 3);
  EXPECT_TRUE(network.is_frozen(0));
  EXPECT_TRUE(network.is_frozen(2));
  EXPECT_FALSE(network.is_frozen(3));
  EXPECT_EQ(network.parameter_names(), (std::vector<std::string>{"3.0.weight", "3.0.bias"}));
  EXPECT_EQ(network.parameters().size(), 2U);
  EXPECT_EQ(std::as_const(network).parameters().size(), 2U);
  EXPECT_EQ(network.state().size(), 6U);
  EXPECT_EQ(network.state()[0].name, "0.weight");
  EXPECT_EQ(network.parameter_count(), count);
  EXPECT_EQ(network.parameter("0.weight").value, network.layer<Dense>(0).weights());
  network.unfreeze(2, 3);
  EXPECT_EQ(network.parameter_names(),
            (std::vector<std::string>{"2.weight", "2.bias", "3.0.weight", "3.0.bias"}));
}

TEST(Freeze, ReachesIntoANetworkInside) {
  Sequential inner{dense(2, 3), dense(3, 2)};
  inner.freeze(0, 1);
  Sequential network{inner, dense(2, 1)};
  EXPECT_EQ(network.parameter_names(),
            (std::vector<std::string>{"0.1.weight", "0.1.bias", "1.weight", "1.bias"}));
  EXPECT_EQ(network.parameters().size(), 4U);
  EXPECT_EQ(network.parameter_count(), 6U + 3 + 6 + 2 + 2 + 1);
  network.freeze(0, 1);
  EXPECT_EQ(network.parameter_names(), (std::vector<std::string>{"1.weight", "1.bias"}));
}

/// A layer that learns a number it does not use, and counts its backward passes.
struct Counting {
  int* passes;
  Parameter unused{"unused", Tensor{0}};

  [[nodiscard]] static std::string name() { return "Counting"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor forward(Tensor x) { return x; }
  [[nodiscard]] static Tensor predict(Tensor x) { return x; }
  [[nodiscard]] Tensor backward(Tensor dy) const { return ++*passes, dy; }
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&unused}; }
};

TEST(Freeze, EndsBackwardAtTheFirstLayerThatLearns) {
  int first = 0;
  int second = 0;
  Sequential network{Counting{&first}, dense(2, 3), Counting{&second}, dense(3, 1)};
  network.freeze(0, 1);
  const Tensor x = noise(Shape{5, 2}, 1);
  const Tensor dy = noise(Shape{5, 1}, 2);
  network.forward(x);
  network.backward_parameters(dy);
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
  network.freeze(0, 3);
  network.backward_parameters(dy);
  EXPECT_EQ(second, 1);
  network.freeze(0, 4);
  EXPECT_NO_THROW(network.backward_parameters(dy));
  EXPECT_TRUE(network.parameters().empty());
}

// A frozen layer still passes the gradient on to the layers before it.
TEST(Freeze, LeavesTheOtherGradientsAsTheyAre) {
  Sequential all{dense(2, 3), nn::Tanh{}, dense(3, 3), nn::Tanh{}, dense(3, 1)};
  Sequential some = all;
  some.freeze(2, 3);
  const Tensor x = noise(Shape{5, 2}, 1);
  const Tensor dy = noise(Shape{5, 1}, 2);
  all.forward(x);
  all.backward_parameters(dy);
  some.forward(x);
  some.backward_parameters(dy);
  for (const std::string& name : some.parameter_names()) {
    EXPECT_EQ(some.parameter(name).gradient, all.parameter(name).gradient) << name;
  }
}

TEST(Freeze, IsShownInTheSummary) {
  Sequential network{Dense{2, 3}, nn::ReLU{}, Dense{3, 1}};
  network.freeze(0, 1);
  EXPECT_EQ(network.summary(),
            "layer                                          output  parameters\n"
            "Dense 2→3 (frozen)                                (3)           9\n"
            "ReLU                                              (3)           0\n"
            "Dense 3→1                                         (1)           4\n"
            "total                                                          13\n");
}

TEST(Freeze, IsCopiedWithTheNetwork) {
  Sequential network{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  network.freeze(0, 2);
  const Sequential copy = network;
  EXPECT_TRUE(copy.is_frozen(0));
  EXPECT_FALSE(copy.is_frozen(2));
  Sequential assigned{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  assigned = network;  // in place
  EXPECT_TRUE(assigned.is_frozen(1));
  Sequential other{dense(2, 3)};
  other = network;
  EXPECT_TRUE(other.is_frozen(1));
  EXPECT_TRUE(network.slice(1, 3).is_frozen(0));
  EXPECT_FALSE(network.slice(1, 3).is_frozen(1));
  Sequential moved = std::move(network);
  EXPECT_TRUE(moved.is_frozen(0));
  moved.push(nn::Sigmoid{});
  EXPECT_FALSE(moved.is_frozen(3));
}

TEST(Freeze, RefusesLayersThatThereAreNot) {
  Sequential network{dense(2, 3), nn::ReLU{}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { network.freeze(1, 3); }),
            "nn::Sequential: first is 1 and last is 3, expected first to be at most last, and last "
            "at most 2");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { network.unfreeze(2, 1); }),
            "nn::Sequential: first is 2 and last is 1, expected first to be at most last, and last "
            "at most 2");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.is_frozen(2); }),
            "nn::Sequential: layer index is 2, but the network has 2 layers, numbered from 0");
  EXPECT_NO_THROW(network.freeze(2, 2));
}

// ----------------------------------------------------------------------------- the gradient check

/// A layer as a user would write it: y = x², times a scale that it learns. Its backward can be made
/// to forget a factor.
class ScaledSquare {
 public:
  explicit ScaledSquare(real derivative_of_square, real derivative_of_scale = 1)
      : of_square_{derivative_of_square}, of_scale_{derivative_of_scale} {}

  [[nodiscard]] static std::string name() { return "ScaledSquare"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] Tensor predict(Tensor x) const {
    for (real& value : x.values()) value *= scale_.value(0) * value;
    return x;
  }
  [[nodiscard]] Tensor forward(Tensor x) {
    input_ = x;
    return predict(std::move(x));
  }
  [[nodiscard]] Tensor backward(Tensor dy) {
    scale_.gradient.fill(0);
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const real x = input_.values()[i];
      scale_.gradient(0) += of_scale_ * dy.values()[i] * x * x;
      dy.values()[i] *= of_square_ * scale_.value(0) * x;
    }
    return dy;
  }
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&scale_}; }

 private:
  real of_square_;
  real of_scale_;
  Parameter scale_{"scale", Tensor{3}};
  Tensor input_;
};

TEST(CheckGradients, AcceptsALayerThatIsRight) {
  ScaledSquare layer{2};
  const nn::GradientCheck check = nn::check_gradients(layer, noise(Shape{4, 3}));
  ASSERT_EQ(check.entries.size(), 2U);
  EXPECT_EQ(check.entries[0].layer, "ScaledSquare");
  EXPECT_EQ(check.entries[0].name, "input");
  EXPECT_EQ(check.entries[1].layer, "ScaledSquare");
  EXPECT_EQ(check.entries[1].name, "scale");
  EXPECT_LT(check.worst(), nn::test::gradient_tolerance);
}

TEST(CheckGradients, FindsAWrongGradientOfTheInput) {
  ScaledSquare layer{1};  // the 2 of (x²)′ = 2x forgotten: ‖a − 2a‖ / (‖a‖ + ‖2a‖) = 1/3
  const nn::GradientCheck check = nn::check_gradients(layer, noise(Shape{4, 3}));
  EXPECT_NEAR(check.entries[0].relative_error, 1.0 / 3, 1e-3);
  EXPECT_LT(check.entries[1].relative_error, nn::test::gradient_tolerance);
  EXPECT_EQ(check.worst(), check.entries[0].relative_error);
}

TEST(CheckGradients, FindsAWrongGradientOfAParameter) {
  ScaledSquare layer{2, -1};  // the wrong sign: ‖a + a‖ / (‖a‖ + ‖a‖) = 1
  const nn::GradientCheck check = nn::check_gradients(layer, noise(Shape{4, 3}));
  EXPECT_LT(check.entries[0].relative_error, nn::test::gradient_tolerance);
  EXPECT_NEAR(check.entries[1].relative_error, 1, 1e-3);
}

TEST(CheckGradients, FindsAGradientThatIsNotANumber) {
  ScaledSquare layer{std::numeric_limits<real>::quiet_NaN()};
  EXPECT_EQ(nn::check_gradients(layer, noise(Shape{4, 3})).worst(), 1);
}

TEST(CheckGradients, FindsAWrongLayerInsideANetwork) {
  Sequential network{dense(3, 5), ScaledSquare{1}, dense(5, 2)};
  const nn::GradientCheck check = nn::check_gradients(network, noise(Shape{4, 3}));
  EXPECT_GT(check.worst(), 0.1);
  EXPECT_LT(check.entries.back().relative_error, nn::test::gradient_tolerance);  // after it, right
}

TEST(CheckGradients, NamesLayerAndParameterOfEveryEntry) {
  Sequential network{dense(2, 3), nn::Tanh{}, Sequential{nn::Tanh{}, dense(3, 1)}};
  const nn::GradientCheck check = nn::check_gradients(network, noise(Shape{4, 2}));
  std::vector<std::string> found;
  for (const auto& entry : check.entries) found.push_back(entry.layer + ": " + entry.name);
  EXPECT_EQ(found, (std::vector<std::string>{"Sequential of 3 layers: input", "Dense 2→3: 0.weight",
                                             "Dense 2→3: 0.bias", "Dense 3→1: 2.1.weight",
                                             "Dense 3→1: 2.1.bias"}));
}

// Frozen parameters are not trained, so their gradients are not checked.
TEST(CheckGradients, LeavesFrozenLayersOut) {
  Sequential network{dense(2, 3), nn::Tanh{}, dense(3, 1)};
  network.freeze(0, 1);
  const nn::GradientCheck check = nn::check_gradients(network, noise(Shape{4, 2}));
  ASSERT_EQ(check.entries.size(), 3U);
  EXPECT_EQ(check.entries[1].layer, "Dense 3→1");
  EXPECT_EQ(check.entries[1].name, "2.weight");
  EXPECT_LT(check.worst(), nn::test::gradient_tolerance);
}

/// y = s x, with a fault in backward().
struct Scaling {
  enum class Fault { adds_up, no_gradient, wrong_shape };

  Fault fault;
  Parameter scale{"scale", Tensor{3}};
  Tensor input{};

  [[nodiscard]] static std::string name() { return "Scaling"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] Tensor predict(Tensor x) const {
    for (real& value : x.values()) value *= scale.value(0);
    return x;
  }
  [[nodiscard]] Tensor forward(Tensor x) {
    input = x;
    return predict(std::move(x));
  }
  [[nodiscard]] Tensor backward(const Tensor& dy) {
    if (fault == Fault::no_gradient) return {};
    if (fault == Fault::wrong_shape) scale.gradient = Tensor{1, 2};
    for (std::size_t i = 0; i < dy.size(); ++i) {
      scale.gradient(0) += dy.values()[i] * input.values()[i];
    }
    return predict(dy);
  }
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&scale}; }
};

TEST(CheckGradients, FindsAGradientThatIsAddedToTheLastOne) {
  Scaling layer{Scaling::Fault::adds_up};
  const nn::GradientCheck check = nn::check_gradients(layer, noise(Shape{4, 3}));
  EXPECT_LT(check.entries[0].relative_error, nn::test::gradient_tolerance);
  EXPECT_GT(check.entries[1].relative_error, 0.01);
}

TEST(CheckGradients, RefusesGradientsOfAnotherShape) {
  Scaling nothing{Scaling::Fault::no_gradient};
  EXPECT_EQ(error_of<std::invalid_argument>(
                [&] { (void)nn::check_gradients(nothing, noise(Shape{4, 3})); }),
            "nn::check_gradients: Scaling: the gradient of input has shape (), expected (4, 3)");
  Scaling turned{Scaling::Fault::wrong_shape};
  EXPECT_EQ(error_of<std::invalid_argument>(
                [&] { (void)nn::check_gradients(turned, noise(Shape{4, 3})); }),
            "nn::check_gradients: Scaling: the gradient of scale has shape (2), expected (1)");
}

TEST(CheckGradients, RefusesAnInputThatDoesNotFit) {
  Dense layer = dense(3, 2);
  EXPECT_THROW((void)nn::check_gradients(layer, noise(Shape{4, 2})), std::invalid_argument);
}

TEST(CheckGradients, LeavesTheLayerAsItWas) {
  Dense layer = dense(3, 2);
  const Dense before = layer;
  (void)nn::check_gradients(layer, noise(Shape{4, 3}));
  EXPECT_EQ(layer.weights(), before.weights());
  EXPECT_EQ(layer.biases(), before.biases());
}

TEST(Sequential, IsEmptyAfterAMove) {
  Sequential from{Dense{2, 3}};
  const Sequential to{std::move(from)};
  EXPECT_EQ(to.size(), 1U);
  EXPECT_EQ(from.size(), 0U);  // NOLINT(bugprone-use-after-move)
  from.push(Dense{5, 1});      // and the old shape does not restrict it
  EXPECT_EQ(from.output_shape(), Shape{1});
}

// --------------------------------------------------------------------------- values that go wrong

TEST(FirstNotFinite, IsTheFirstLayerWithSuchAnOutput) {
  Sequential network{dense(2, 3), nn::ReLU{}, dense(3, 1)};
  const Tensor x{{1, 2}, {3, 4}};
  EXPECT_FALSE(network.first_not_finite(x));
  network.parameters()[3]->value(0) = std::numeric_limits<real>::infinity();
  EXPECT_EQ(network.first_not_finite(x), 2U);
  network.parameters()[1]->value(2) = std::numeric_limits<real>::quiet_NaN();
  EXPECT_EQ(network.first_not_finite(x), 0U);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.first_not_finite(Tensor{}); }),
            "nn::Sequential: input is empty");
}

// It also examines images, and does not change what a layer remembers.
TEST(FirstNotFinite, ChangesNothing) {
  Sequential network{convolution(1, 2, 3), nn::BatchNorm{2}, nn::ReLU{}};
  const Tensor x = noise(Shape{20, 1, 5, 5});
  const Tensor before = network.predict(x);
  EXPECT_FALSE(network.first_not_finite(x));
  EXPECT_EQ(network.predict(x), before);
  network.parameters()[3]->value(1) = std::numeric_limits<real>::quiet_NaN();
  EXPECT_EQ(network.first_not_finite(x), 1U);
}

}  // namespace
