// nn.residual: by hand, the gradient check, compared with PyTorch; images, storage names, errors.

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

import nn.activation;
import nn.attention;
import nn.convolution;
import nn.dense;
import nn.dropout;
import nn.initializers;
import nn.normalization;
import nn.pooling;
import nn.random;
import nn.residual;
import nn.test;

namespace {

using nn::BatchNorm;
using nn::Convolution;
using nn::Dense;
using nn::InterleavedImages;
using nn::Parameter;
using nn::Random;
using nn::real;
using nn::ReLU;
using nn::Residual;
using nn::Sequential;
using nn::Shape;
using nn::Signal;
using nn::Tanh;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::refusal;
using nn::test::tolerance;

static_assert(nn::Layer<Residual> && nn::FirstLayer<Residual> && nn::Stateful<Residual>);
static_assert(nn::SignalLayer<Residual> && nn::CompositeLayer<Residual>);

Dense dense(std::size_t inputs, std::size_t outputs, std::size_t seed = 1) {
  return Dense{noise(Shape{inputs, outputs}, seed), noise(Shape{outputs}, seed + 100)};
}

/// A dense layer with one weight and no bias: y = w x.
Dense factor(real w) { return Dense{Tensor{{w}}, Tensor{0}}; }

/// Two convolutions that keep the shape, each normalized, as in a residual network for images.
Sequential two_convolutions(std::size_t channels, std::uint64_t seed = 1) {
  Random random{seed};
  const nn::He he{random};
  const Convolution::Options same{.kernel = 3, .padding = nn::Padding::same()};
  return Sequential{Convolution{channels, channels, same, he}, BatchNorm{channels}, ReLU{},
                    Convolution{channels, channels, same, he}, BatchNorm{channels}};
}

/// The same, from three channels to four and half as high and wide.
Residual projected_images() {
  Random random{2};
  const nn::He he{random};
  return Residual{
      Sequential{Convolution{3, 4, {.kernel = 3, .stride = 2, .padding = nn::Padding{1}}, he},
                 BatchNorm{4}, ReLU{},
                 Convolution{4, 4, {.kernel = 3, .padding = nn::Padding{1}}, he}, BatchNorm{4}},
      Sequential{Convolution{3, 4, {.kernel = 1, .stride = 2}, he}, BatchNorm{4}}};
}

/// The same without anything that hides a gradient: a bias has none before a normalization.
Residual smooth_images(std::size_t inputs, std::size_t outputs) {
  Random random{3};
  const nn::He he{random};
  const Convolution::Options same{.kernel = 3, .padding = nn::Padding::same()};
  return Residual{Sequential{BatchNorm{inputs}, Tanh{}, Convolution{inputs, outputs, same, he},
                             Tanh{}, Convolution{outputs, outputs, same, he}},
                  Sequential{Convolution{inputs, outputs, {.kernel = 1}, he}}};
}

// --------------------------------------------------------------------------------------- by hand

TEST(Residual, ByHand) {
  Residual layer{Dense{Tensor{{1, 2}, {3, 4}}, Tensor{10, 20}}};
  const Tensor x{{1, 1}};
  EXPECT_EQ(layer.forward(x), (Tensor{{15, 27}}));  // (1, 1) + (14, 26)
  EXPECT_EQ(layer.predict(x), (Tensor{{15, 27}}));
  EXPECT_EQ(layer.backward(Tensor{{1, 0}}), (Tensor{{2, 3}}));  // (1, 0) + (1, 3)
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{1, 0}, {1, 0}}));
  EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{1, 0}));
}

TEST(Residual, WithAProjectionByHand) {
  Residual layer{Sequential{Dense{Tensor{{1}, {3}}, Tensor{10}}},
                 Sequential{Dense{Tensor{{5}, {-1}}, Tensor{100}}}};
  EXPECT_EQ(layer.forward(Tensor{{1, 2}}), (Tensor{{120}}));  // 17 + 103
  EXPECT_EQ(layer.backward(Tensor{{2}}), (Tensor{{12, 4}}));  // 2 (1 + 5), 2 (3 − 1)
  EXPECT_EQ(layer.parameters()[2]->gradient, (Tensor{{2}, {4}}));
}

// Chapter 17: two blocks have four paths, (1 + 2)(1 + 3) = 1 + 2 + 3 + 6.
TEST(Residual, IsASumOverPaths) {
  Sequential network{Residual{factor(2)}, Residual{factor(3)}};
  EXPECT_EQ(network.forward(Tensor{{1}}), (Tensor{{12}}));
  EXPECT_EQ(network.backward(Tensor{{1}}), (Tensor{{12}}));
}

TEST(Residual, OfLayersThatGiveZeroIsTheIdentity) {
  Residual layer{two_convolutions(2)};
  for (Parameter* const parameter : layer.parameters()) parameter->value.fill(0);
  const Tensor x = noise(Shape{5, 2, 4, 4});
  EXPECT_EQ(layer.forward(x), x);
  EXPECT_EQ(layer.backward(x), x);
  EXPECT_EQ(layer.predict(x), x);
}

TEST(Residual, MayBeInsideAnother) {
  Residual layer{Residual{factor(2)}, ReLU{}, Residual{factor(3)}};
  EXPECT_EQ(layer.forward(Tensor{{1}}), (Tensor{{13}}));  // 1 + 3 · 4
  EXPECT_EQ(layer.backward(Tensor{{2}}), (Tensor{{26}}));
  EXPECT_EQ(layer.block().size(), 3U);
}

// --------------------------------------------------------------------------- gradient and PyTorch

TEST(Residual, HasTheRightGradient) {
  Residual rows{dense(4, 6), Tanh{}, dense(6, 4, 2)};
  EXPECT_LT(nn::check_gradients(rows, noise(Shape{3, 4})).worst(), gradient_tolerance);
  Residual wider{Sequential{dense(4, 6), Tanh{}, dense(6, 5, 2)}, Sequential{dense(4, 5, 3)}};
  EXPECT_LT(nn::check_gradients(wider, noise(Shape{3, 4})).worst(), gradient_tolerance);
  Residual images = smooth_images(3, 4);
  EXPECT_LT(nn::check_gradients(images, noise(Shape{3, 3, 4, 6})).worst(), gradient_tolerance);
}

TEST(Residual, HasTheRightGradientInANetwork) {
  Random random{1};
  Sequential network{Residual{dense(4, 4), Tanh{}, nn::Dropout{0.4, random}},
                     Residual{Residual{dense(4, 4, 2), Tanh{}}, nn::LayerNorm{4}}, dense(4, 2, 3)};
  EXPECT_LT(nn::check_gradients(network, noise(Shape{3, 4})).worst(), gradient_tolerance);
  Sequential images{smooth_images(2, 2), nn::GlobalAveragePool{}, dense(2, 3)};
  EXPECT_LT(nn::check_gradients(images, noise(Shape{3, 2, 4, 4})).worst(), gradient_tolerance);
}

void expect_pytorch(const std::string& name, Residual layer) {
  SCOPED_TRACE(name);
  const auto value = [&](const std::string& what) { return golden("residual", name + what); };
  const std::vector<Parameter*> parameters = layer.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i]->value = value("_parameter" + std::to_string(i));
  }
  EXPECT_LT(difference(layer.forward(value("_x")), value("_y")), tolerance);
  EXPECT_LT(difference(layer.backward(value("_dy")), value("_dx")), tolerance);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Tensor gradient = value("_gradient" + std::to_string(i));
    EXPECT_LT(difference(parameters[i]->gradient, gradient), tolerance) << i;
  }
  EXPECT_LT(difference(layer.predict(value("_x")), value("_predicted")), tolerance);
}

TEST(Residual, MatchesPyTorch) {
  expect_pytorch("rows", Residual{Dense{4, 6}, Tanh{}, Dense{6, 4}});
  expect_pytorch("wider",
                 Residual{Sequential{Dense{4, 6}, Tanh{}, Dense{6, 5}}, Sequential{Dense{4, 5}}});
  expect_pytorch("images", projected_images());
}

// ------------------------------------------------------------------------------- layout and
// threads

TEST(Residual, KeepsImagesInTheirLayout) {
  const Tensor x = noise(Shape{5, 2, 4, 4}, 3);
  const Tensor dy = noise(Shape{5, 2, 4, 4}, 4);
  Residual layer{two_convolutions(2)};
  Residual same = layer;
  Signal y = layer.forward(Signal{InterleavedImages{x}});
  EXPECT_TRUE(y.is_interleaved());
  EXPECT_EQ(std::move(y).tensor(), same.forward(x));
  Signal dx = layer.backward(Signal{InterleavedImages{dy}});
  EXPECT_TRUE(dx.is_interleaved());
  EXPECT_EQ(std::move(dx).tensor(), same.backward(dy));
  Signal predicted = layer.predict(Signal{InterleavedImages{x}});
  EXPECT_TRUE(predicted.is_interleaved());
  EXPECT_EQ(std::move(predicted).tensor(), same.predict(x));
}

// A layer that works on tensors only, such as a normalization of rows.
TEST(Residual, TakesImagesWhoseLayersWorkOnTensors) {
  const Tensor x = noise(Shape{5, 2, 4, 4}, 3);
  Residual layer{nn::LayerNorm{4}};
  Signal y = layer.forward(Signal{InterleavedImages{x}});
  EXPECT_FALSE(y.is_interleaved());
  EXPECT_EQ(std::move(y).tensor(), Residual{nn::LayerNorm{4}}.forward(x));
}

TEST(Residual, PredictsOfOneImageWhatItPredictsOfMany) {
  Sequential network{projected_images(), Residual{two_convolutions(4)}, nn::GlobalAveragePool{}};
  const Tensor x = noise(Shape{37, 3, 6, 6});
  static_cast<void>(network.forward(x));  // for the running statistics
  const Tensor y = network.predict(x);
  EXPECT_EQ(y.shape(), (Shape{37, 4}));
  for (const std::size_t i : {0U, 36U}) {
    EXPECT_LT(difference(network.predict(x.rows(i, 1)), y.rows(i, 1)), tolerance);
  }
}

TEST(Residual, HasTheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = noise(Shape{40, 3, 10, 10}, 1);
  const Tensor dy = noise(Shape{40, 4, 5, 5}, 2);
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    Residual layer = projected_images();
    std::vector<Tensor> results{layer.forward(x), layer.backward(dy), layer.predict(x)};
    for (const Parameter* const parameter : layer.parameters()) {
      results.push_back(parameter->gradient);
    }
    return results;
  }));
}

// -------------------------------------------------------------------- what its layers keep and
// draw

TEST(Residual, DropsInTrainingOnly) {
  Random random{1};
  Residual layer{nn::Dropout{0.5, random}};
  const Tensor ones{Shape{20, 20}, real{1}};
  EXPECT_EQ(layer.predict(ones), (Tensor{Shape{20, 20}, real{2}}));
  const Tensor y = layer.forward(ones);
  for (const real value : y.values()) EXPECT_TRUE(value == 1 || value == 3);
  EXPECT_NE(layer.forward(ones), y);
}

TEST(Residual, ExposesTheStateOfItsLayers) {
  Random random{1};
  Residual layer{Sequential{dense(2, 3), BatchNorm{3}, nn::Dropout{0.5, random}},
                 Sequential{dense(2, 3, 2)}};
  std::vector<std::string> names;
  for (const nn::State& state : layer.state()) names.push_back(state.name);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "block.0.weight", "block.0.bias", "block.1.weight", "block.1.bias",
                       "block.1.running_mean", "block.1.running_var", "block.2.passes",
                       "block.2.random", "projection.0.weight", "projection.0.bias"}));
}

TEST(Residual, GivesOnlyTheGradientsOfItsParametersIfThatIsEnough) {
  const Tensor x = noise(Shape{5, 3, 6, 6}, 1);
  const Tensor dy = noise(Shape{5, 4, 3, 3}, 2);
  Residual all = projected_images();
  Residual some = all;
  all.forward(x);
  static_cast<void>(all.backward(dy));
  Sequential network{std::move(some)};
  network.forward(x);
  network.backward_parameters(dy);
  for (std::size_t i = 0; i < all.parameters().size(); ++i) {
    EXPECT_EQ(network.parameters()[i]->gradient, all.parameters()[i]->gradient);
  }
}

TEST(Residual, NamesItsParametersInANetwork) {
  Sequential network{dense(2, 2), Residual{Sequential{dense(2, 3), Residual{dense(3, 3)}},
                                           Sequential{dense(2, 3, 2)}}};
  EXPECT_EQ(network.parameter_names(),
            (std::vector<std::string>{"0.weight", "0.bias", "1.block.0.weight", "1.block.0.bias",
                                      "1.block.1.block.0.weight", "1.block.1.block.0.bias",
                                      "1.projection.0.weight", "1.projection.0.bias"}));
  EXPECT_EQ(network.parameters().size(), 8U);
  EXPECT_EQ(&network.parameter("1.projection.0.weight"), network.parameters()[6]);
  EXPECT_EQ(network.parameter_count(), 6U + 9 + 12 + 9);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)network.parameter("1.2.weight"); }),
            "nn::Sequential: there is no parameter '1.2.weight'; the parameters are: 0.weight, "
            "0.bias, 1.block.0.weight, 1.block.0.bias, 1.block.1.block.0.weight, "
            "1.block.1.block.0.bias, 1.projection.0.weight, 1.projection.0.bias");
  Residual layer{dense(2, 2), Tanh{}, dense(2, 2)};
  const nn::GradientCheck check = nn::check_gradients(layer, noise(Shape{3, 2}));
  ASSERT_EQ(check.entries.size(), 5U);
  EXPECT_EQ(check.entries[3].layer, "Residual of 3 layers");
  EXPECT_EQ(check.entries[3].name, "block.2.weight");
}

TEST(Residual, MayHaveFrozenLayers) {
  Sequential inner{dense(2, 2), dense(2, 2)};
  inner.freeze(0, 1);
  Sequential network{Residual{inner}, dense(2, 1)};
  EXPECT_EQ(network.parameter_names(),
            (std::vector<std::string>{"0.block.1.weight", "0.block.1.bias", "1.weight", "1.bias"}));
  EXPECT_EQ(network.parameter_count(), 15U);
  EXPECT_EQ(network.parameter("0.block.0.weight").value, inner.layer<Dense>(0).weights());
  network.freeze(0, 1);
  EXPECT_EQ(network.parameter_names(), (std::vector<std::string>{"1.weight", "1.bias"}));
}

// ---------------------------------------------------------------------------------------- a value

TEST(Residual, CopiesShareNothing) {
  const Tensor x = noise(Shape{2, 3});
  const Sequential original{Residual{dense(3, 3), Tanh{}}};
  Sequential copy = original;
  copy.parameters()[0]->value.fill(0);
  EXPECT_NE(copy.predict(x), original.predict(x));
  const std::vector<Parameter*> parameters = copy.parameters();
  copy = original;  // in place: an optimizer holds pointers to the parameters
  EXPECT_EQ(copy.parameters(), parameters);
  EXPECT_EQ(copy.predict(x), original.predict(x));
}

// What is assigned is part of what is overwritten.
TEST(Residual, MayBeReplacedByItsOwnLayers) {
  const Tensor x = noise(Shape{2, 3});
  Sequential network{Residual{Residual{dense(3, 3)}}, ReLU{}};
  network = Sequential{Residual{Sequential{Residual{dense(3, 3)}, ReLU{}}}, ReLU{}};
  const Sequential inner = network.layer<Residual>(0).block();
  network = network.layer<Residual>(0).block();
  EXPECT_EQ(network.layer_names(), inner.layer_names());
  EXPECT_EQ(network.predict(x), inner.predict(x));
}

TEST(Residual, KnowsWhatItContains) {
  const Sequential network{
      Residual{Sequential{Sequential{dense(2, 2)}, ReLU{}}, Sequential{dense(2, 2)}}};
  const Residual& layer = network.layer<Residual>(0);
  EXPECT_TRUE(network.contains(&layer));
  EXPECT_TRUE(network.contains(&layer.block()));
  EXPECT_TRUE(network.contains(&layer.projection()));
  EXPECT_TRUE(network.contains(&layer.block().layer<Sequential>(0)));
  EXPECT_FALSE(network.contains(&network));
  const Sequential copy = layer.block();
  EXPECT_FALSE(network.contains(&copy));
}

TEST(Residual, SaysWhatItIs) {
  EXPECT_EQ(Residual{ReLU{}}.name(), "Residual of 1 layer");
  EXPECT_EQ((Residual{ReLU{}, Tanh{}}.name()), "Residual of 2 layers");
  EXPECT_EQ(projected_images().name(), "Residual of 5 layers, projected");
  EXPECT_EQ(projected_images().output_shape(Shape{3, 8, 8}), (Shape{4, 4, 4}));
  EXPECT_EQ(Residual{ReLU{}}.output_shape(Shape{}), Shape{});
  EXPECT_EQ((Residual{Sequential{ReLU{}}}.block().size()), 1U);
  EXPECT_EQ((Residual{Sequential{ReLU{}}}.projection().size()), 0U);
  const Sequential network{Residual{dense(2, 2), ReLU{}}, dense(2, 1)};
  EXPECT_EQ(network.summary(Shape{2}),
            "layer                                          output  parameters\n"
            "Residual of 2 layers                              (2)           6\n"
            "Dense 2→1                                         (1)           3\n"
            "total                                                           9\n");
}

// ----------------------------------------------------------------------------------------- errors

/// A layer whose output is longer than it says.
struct Lying {
  [[nodiscard]] static std::string name() { return "Lying"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor forward(const Tensor& x) {
    return Tensor{Shape{x.rows(), x.columns() + 1}};
  }
  [[nodiscard]] static Tensor predict(const Tensor& x) { return forward(x); }
  [[nodiscard]] static Tensor backward(Tensor dy) { return dy; }
  [[nodiscard]] static std::vector<Parameter*> parameters() { return {}; }
};

TEST(Residual, RefusesWhatItCannotAdd) {
  EXPECT_EQ(refusal(Residual{Dense{2, 3}}, Shape{4, 2}),
            "nn::Residual: needs a projection, because its layers give shape (3); the input has "
            "shape (2)");
  EXPECT_EQ(refusal(Residual{Dense{2, 2}}, Shape{4, 5}),
            "nn::Sequential: layer 1 (Dense 2→2) expects 2 columns; the input has 5");
  EXPECT_EQ(
      refusal(Residual{Sequential{Dense{2, 3}}, Sequential{ReLU{}, Dense{5, 3}}}, Shape{4, 2}),
      "nn::Residual: has a projection whose layer 2 (Dense 5→3) expects 5 columns; the input "
      "has shape (2)");
  EXPECT_EQ(refusal(Residual{Sequential{ReLU{}}, Sequential{nn::MaxPool{2}}}, Shape{4, 1, 4, 4}),
            "nn::Residual: has layers that give shape (1, 4, 4), but a projection that gives "
            "(1, 2, 2); the input has shape (1, 4, 4)");
  EXPECT_EQ(refusal(Residual{ReLU{}}, Shape{}), "nn::Residual: input is empty");
  EXPECT_EQ(refusal(Residual{Lying{}}, Shape{4, 2}),
            "nn::Residual: the layers give shape (4, 3), expected (4, 2), the shape to add it to");
}

TEST(Residual, IsRefusedByANetworkItDoesNotFit) {
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)Sequential{Dense{3, 2}, Residual{Dense{2, 3}}}; }),
      "nn::Sequential: layer 2 (Residual of 1 layer) needs a projection, because its layers "
      "give shape (3); layer 1 gives 2");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Sequential{Dense{3, 2}, Residual{ReLU{}, Dense{3, 3}}}; }),
            "nn::Sequential: layer 2 (Residual of 2 layers): its layer 2 (Dense 3→3) expects 3 "
            "columns; layer 1 gives 2");
  EXPECT_EQ(error_of<std::invalid_argument>([] {
              (void)Sequential{Dense{3, 2},
                               Residual{Sequential{Dense{2, 3}}, Sequential{Dense{5, 3}}}};
            }),
            "nn::Sequential: layer 2 (Residual of 1 layer, projected) has a projection whose layer "
            "1 (Dense 5→3) expects 5 columns; layer 1 gives 2");
}

TEST(Residual, HandsLengthsToTheLayersInsideAndAfterIt) {
  Random random{1};
  const nn::Glorot glorot{random};
  const nn::Attention first{4, glorot};
  const nn::Attention second{4, glorot};
  Sequential network{Sequential{Residual{first}}, second};
  const Tensor x = noise(Shape{2, 3, 4});
  const nn::Lengths lengths{3, 1};

  Tensor sum = first.predict(x, lengths);
  for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += x.data()[i];
  EXPECT_EQ(network.predict(x, lengths), second.predict(sum, lengths));
  EXPECT_EQ(network.forward(x, lengths), second.predict(sum, lengths));
  EXPECT_NE(network.predict(x, lengths), network.predict(x));
}

TEST(Residual, IsNotMadeOfNothing) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Residual{Sequential{}}; }),
            "nn::Residual: 0 layers, expected at least 1");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)Residual{Sequential{Dense{2, 3}}, Sequential{Dense{2, 4}}}; }),
            "nn::Residual: has layers that give shape (3), but a projection that gives (4)");
}

TEST(Residual, RefusesAGradientThatIsNotOfItsOutput) {
  const auto [before, after] =
      nn::test::gradient_refusals(Residual{ReLU{}}, Shape{4, 2}, Shape{4, 3});
  EXPECT_EQ(before, "nn::Residual: backward() was called before forward()");
  EXPECT_EQ(after,
            "nn::Residual: gradient has shape (4, 3), expected (4, 2), the shape of the last "
            "output");
}

}  // namespace
