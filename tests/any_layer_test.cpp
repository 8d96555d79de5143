// nn.any_layer: layers of different types as values of one type, and the signals between them.

#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

import nn.activation;
import nn.any_layer;
import nn.convolution;
import nn.dense;
import nn.normalization;
import nn.recurrent;
import nn.reshape;
import nn.test;

namespace {

using nn::AnyLayer;
using nn::Dense;
using nn::InterleavedImages;
using nn::Parameter;
using nn::Shape;
using nn::Tensor;
using nn::test::noise;

static_assert(nn::ImageLayer<nn::Convolution> && nn::ImageLayer<nn::ReLU>);
static_assert(!nn::ImageLayer<Dense> && !nn::ImageLayer<nn::Flatten>);

Dense dense(std::size_t inputs, std::size_t outputs) {
  return Dense{noise(Shape{inputs, outputs}, 1), noise(Shape{outputs}, 2)};
}

nn::Convolution convolution() {
  return nn::Convolution{noise(Shape{2, 1, 3, 3}, 1), noise(Shape{2}, 2)};
}

// ---------------------------------------------------------------------------------------- signal

TEST(Signal, ConvertsItselfToTheFormThatIsWanted) {
  const Tensor tensor = noise(Shape{3, 1, 4, 4});
  nn::Signal from_tensor{tensor};
  EXPECT_TRUE(from_tensor.is_images());
  EXPECT_EQ(std::move(from_tensor).images(), InterleavedImages{tensor});
  nn::Signal from_images{InterleavedImages{tensor}};
  EXPECT_TRUE(from_images.is_images());
  EXPECT_EQ(std::move(from_images).tensor(), tensor);
  const Tensor matrix{{1, 2}};
  EXPECT_FALSE(nn::Signal{matrix}.is_images());
}

TEST(Signal, KnowsItsLayoutAndShape) {
  const Tensor tensor = noise(Shape{3, 1, 4, 4});
  EXPECT_FALSE(nn::Signal{tensor}.is_interleaved());
  EXPECT_TRUE(nn::Signal{InterleavedImages{tensor}}.is_interleaved());
  EXPECT_EQ(nn::Signal{tensor}.shape(), tensor.shape());
  EXPECT_EQ(nn::Signal{InterleavedImages{tensor}}.shape(), tensor.shape());
  EXPECT_EQ(nn::Signal{Tensor{}}.shape(), Shape{});
  EXPECT_EQ(nn::Signal{InterleavedImages{}}.shape(), Shape{});
}

TEST(Signal, IsFewOnlyAsATensor) {
  const Tensor one = noise(Shape{1, 1, 4, 4});
  EXPECT_EQ(nn::Signal{one}.is_few(), nn::are_few_images(one));
  EXPECT_FALSE(nn::Signal{InterleavedImages{one}}.is_few());
  EXPECT_FALSE(nn::Signal{noise(Shape{1, 4})}.is_few());
}

TEST(Signal, CarriesLengthsWithATensor) {
  EXPECT_EQ(nn::Signal(Tensor{{1, 2}, {3, 4}}).lengths(), nn::Lengths{});
  nn::Signal signal{Tensor{{1, 2}, {3, 4}}, {2, 1}};
  EXPECT_EQ(signal.lengths(), (nn::Lengths{2, 1}));
}

/// A layer that takes lengths, and one that finds them in its input.
struct Reader : nn::ReLU {
  Tensor forward(Tensor x, const nn::Lengths& lengths = {}) {
    seen = lengths;
    return nn::ReLU::forward(std::move(x));
  }
  [[nodiscard]] static Tensor predict(const Tensor& x, const nn::Lengths& lengths = {}) {
    Tensor y = x;
    for (std::size_t n = 0; n < lengths.size(); ++n) {
      y.row(n)[0] = static_cast<nn::real>(lengths[n]);
    }
    return y;
  }
  nn::Lengths seen;
};
struct Source : nn::ReLU {
  [[nodiscard]] static nn::Lengths lengths(const Tensor& x) { return nn::Lengths(x.rows(), 1); }
};
static_assert(nn::LengthsLayer<Reader> && nn::LengthsSource<Source>);
static_assert(!nn::LengthsLayer<nn::ReLU> && !nn::LengthsSource<nn::ReLU>);

TEST(AnyLayer, HandsLengthsToLayersThatTakeThem) {
  AnyLayer reader{Reader{}};
  const Tensor x = noise(Shape{2, 3, 4});
  EXPECT_EQ(reader.forward(nn::Signal{x, {3, 2}}).lengths(), (nn::Lengths{3, 2}));
  EXPECT_EQ(reader.as<Reader>()->seen, (nn::Lengths{3, 2}));
  const Tensor y = reader.predict(nn::Signal{x, {3, 2}}).tensor();
  EXPECT_EQ(y(0, 0, 0), 3);
  EXPECT_EQ(y(1, 0, 0), 2);
}

TEST(AnyLayer, SendsLengthsPastLayersThatDoNotTakeThem) {
  const nn::Signal x{noise(Shape{2, 3, 4}), {3, 2}};
  EXPECT_EQ(AnyLayer{nn::Tanh{}}.forward(x).lengths(), (nn::Lengths{3, 2}));
  EXPECT_EQ(AnyLayer{dense(4, 5)}.predict(x).lengths(), (nn::Lengths{3, 2}));
  EXPECT_EQ(AnyLayer{Source{}}.predict(x).lengths(), (nn::Lengths{1, 1}));
  EXPECT_EQ(AnyLayer{Source{}}.forward(x).lengths(), (nn::Lengths{1, 1}));
}

// Where the places change, lengths no longer mean anything.
TEST(AnyLayer, EndsLengthsWithThePlaces) {
  const nn::Signal x{noise(Shape{2, 3, 4}), {3, 2}};
  EXPECT_EQ(AnyLayer{nn::Flatten{}}.forward(x).lengths(), nn::Lengths{});
  EXPECT_EQ((AnyLayer{nn::Recurrent{4, 5}}.predict(x).lengths()), nn::Lengths{});
}

// ------------------------------------------------------------------------------------ any layer

TEST(AnyLayer, DoesWhatItsLayerDoes) {
  Dense layer = dense(4, 3);
  AnyLayer any{layer};
  EXPECT_EQ(any.name(), "Dense 4→3");
  EXPECT_EQ(any.output_shape(Shape{4}), Shape{3});
  EXPECT_EQ(any.type(), typeid(Dense));
  const Tensor x = noise(Shape{5, 4}, 3);
  const Tensor dy = noise(Shape{5, 3}, 4);
  EXPECT_EQ(any.predict(x), layer.predict(x));
  EXPECT_EQ(any.forward(x).tensor(), layer.forward(x));
  EXPECT_EQ(any.backward(dy).tensor(), layer.backward(dy));
  EXPECT_EQ(any.parameters()[0]->gradient, layer.parameters()[0]->gradient);
  any.parameters()[0]->gradient.fill(0);
  any.backward_parameters(dy);
  EXPECT_EQ(any.parameters()[0]->gradient, layer.parameters()[0]->gradient);
  EXPECT_EQ(any.state().size(), 2U);
}

TEST(AnyLayer, IsAValue) {
  const Tensor x{{1, 2}};
  const Dense layer = dense(2, 3);
  AnyLayer original{layer};
  AnyLayer copy = original;
  copy.parameters()[0]->value.fill(0);
  EXPECT_EQ(original.predict(x), layer.predict(x));
  EXPECT_NE(copy.predict(x), layer.predict(x));
  copy = original;
  EXPECT_EQ(copy.predict(x), layer.predict(x));
  copy = AnyLayer{nn::ReLU{}};
  EXPECT_EQ(copy.name(), "ReLU");
  const AnyLayer moved = std::move(original);
  EXPECT_EQ(moved.predict(x), layer.predict(x));
}

// An optimizer holds pointers to the parameters.
TEST(AnyLayer, IsOverwrittenInPlaceByOneOfTheSameType) {
  AnyLayer layer{dense(2, 3)};
  const std::vector<Parameter*> parameters = layer.parameters();
  const AnyLayer zeros{Dense{2, 3}};
  layer = zeros;
  EXPECT_EQ(layer.parameters(), parameters);
  EXPECT_EQ(parameters[0]->value, (Tensor{Shape{2, 3}}));
  const AnyLayer other{nn::LSTM{2, 3}};
  layer = other;
  EXPECT_EQ(layer.name(), "LSTM 2→3");
}

TEST(AnyLayer, IsOfOneType) {
  const Dense layer = dense(2, 3);
  const AnyLayer any{layer};
  ASSERT_NE(any.as<Dense>(), nullptr);
  EXPECT_EQ(any.as<Dense>()->weights(), layer.weights());
  EXPECT_EQ(any.as<nn::ReLU>(), nullptr);
}

TEST(AnyLayer, PredictsOfImagesWhatItPredictsOfATensor) {
  const nn::Convolution layer = convolution();
  const AnyLayer any{layer};
  for (const std::size_t count : {1U, 20U}) {
    const Tensor x = noise(Shape{count, 1, 6, 6});
    const Tensor y = layer.predict(x);
    EXPECT_EQ(any.predict(x), y);
    EXPECT_EQ(any.predict(InterleavedImages{x}).tensor(), y);
    EXPECT_EQ(any.predict(nn::Signal{x}).images(), InterleavedImages{y});
  }
  const AnyLayer flatten{nn::Flatten{}};
  const Tensor x = noise(Shape{20, 1, 6, 6});
  EXPECT_EQ(flatten.predict(InterleavedImages{x}).tensor(), x.reshaped(Shape{20, 36}));
}

// A layer for images also takes rows if it can, such as an activation.
TEST(AnyLayer, TakesRowsWhereTheLayerDoes) {
  const AnyLayer norm{nn::BatchNorm{3}};
  EXPECT_EQ(norm.predict(noise(Shape{4, 3})).shape(), (Shape{4, 3}));
  EXPECT_EQ(norm.predict(noise(Shape{4, 3, 2, 2})).shape(), (Shape{4, 3, 2, 2}));
}

TEST(AnyLayer, ShowsItsParametersReadOnly) {
  AnyLayer any{dense(2, 3)};
  const AnyLayer& constant = any;
  static_assert(std::is_same_v<decltype(constant.parameters()), std::vector<const Parameter*>>);
  const std::vector<const Parameter*> parameters = constant.parameters();
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters[0], any.parameters()[0]);
  EXPECT_EQ(parameters[1]->name, "bias");
}

}  // namespace
