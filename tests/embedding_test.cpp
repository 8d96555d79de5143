// nn.embedding: tokens by hand, PyTorch's values, the gradients of the tables, positions, and the
// lengths that padding gives, also through a network.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.attention;
import nn.backprop;
import nn.dense;
import nn.embedding;
import nn.initializers;
import nn.normalization;
import nn.recurrent;
import nn.test;

namespace {

using nn::Embedding;
using nn::Lengths;
using nn::Parameter;
using nn::Positions;
using nn::Random;
using nn::real;
using nn::Shape;
using nn::SinusoidalPositions;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_refusals;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::refusal;
using nn::test::tolerance;

Embedding three_tokens() {
  Embedding layer{3, 2};
  layer.parameters()[0]->value = Tensor{{1, 2}, {3, 4}, {5, 6}};
  return layer;
}

TEST(Embedding, ByHand) {
  Embedding layer = three_tokens();
  const Tensor y = layer.forward(Tensor{{2, 0}, {0, 0}});
  EXPECT_EQ(y, (Tensor{5, 6, 1, 2, 1, 2, 1, 2}.reshaped(Shape{2, 2, 2})));
  // Token 0 is at three places, token 1 at none.
  const Tensor dy = Tensor{1, 2, 3, 4, 5, 6, 7, 8}.reshaped(Shape{2, 2, 2});
  EXPECT_EQ(layer.backward(dy), (Tensor{{0, 0}, {0, 0}}));
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{15, 18}, {0, 0}, {1, 2}}));
}

TEST(Positions, ByHand) {
  Positions layer{3, 2};
  layer.parameters()[0]->value = Tensor{{1, 2}, {3, 4}, {5, 6}};
  const Tensor x = Tensor{10, 20, 30, 40, 50, 60, 70, 80}.reshaped(Shape{2, 2, 2});
  EXPECT_EQ(layer.forward(x), (Tensor{11, 22, 33, 44, 51, 62, 73, 84}.reshaped(Shape{2, 2, 2})));
  EXPECT_EQ(layer.backward(x), x);
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{60, 80}, {100, 120}, {0, 0}}));
}

// With four features there are two waves; the second is 100 times as long as the first.
TEST(SinusoidalPositions, ByHand) {
  SinusoidalPositions layer{3, 4};
  const Tensor y = layer.forward(Tensor{Shape{1, 2, 4}, 1});
  const auto at = [&](std::size_t t, std::size_t j) { return double{y(0, t, j)} - 1; };
  EXPECT_NEAR(at(0, 0), 0, tolerance);
  EXPECT_NEAR(at(0, 1), 1, tolerance);
  EXPECT_NEAR(at(1, 0), std::sin(1.0), tolerance);
  EXPECT_NEAR(at(1, 1), std::cos(1.0), tolerance);
  EXPECT_NEAR(at(1, 2), std::sin(0.01), tolerance);
  EXPECT_NEAR(at(1, 3), std::cos(0.01), tolerance);
  EXPECT_EQ(layer.backward(y), y);
}

TEST(SinusoidalPositions, HaveAnOddNumberOfFeaturesToo) {
  const SinusoidalPositions layer{2, 3};
  EXPECT_NEAR(layer.table()(1, 2), std::sin(std::pow(10000, -2.0 / 3)), tolerance);
}

TEST(Embedding, AgreesWithPyTorch) {
  const auto value = [](const char* name) { return golden("embedding", name); };
  Embedding layer{7, 5, {.padding = 2}};
  layer.parameters()[0]->value = value("weight");
  EXPECT_EQ(layer.forward(value("tokens")), value("y"));
  EXPECT_EQ(layer.predict(value("tokens")), value("y"));
  layer.backward_parameters(value("dy"));
  EXPECT_LT(difference(layer.parameters()[0]->gradient, value("dweight")), tolerance);
}

TEST(Positions, AgreeWithPyTorch) {
  const auto value = [](const char* name) { return golden("embedding", name); };
  Positions layer{6, 5};
  layer.parameters()[0]->value = value("positions");
  EXPECT_LT(difference(layer.forward(value("y")), value("placed")), tolerance);
  EXPECT_LT(difference(layer.predict(value("y")), value("placed")), tolerance);
  EXPECT_EQ(layer.backward(value("dy")), value("dy"));
  EXPECT_LT(difference(layer.parameters()[0]->gradient, value("dpositions")), tolerance);
}

TEST(SinusoidalPositions, AgreeWithPyTorch) {
  EXPECT_LT(difference((SinusoidalPositions{6, 8}.table()), golden("embedding", "waves")),
            tolerance);
}

/// An embedding of fixed tokens, for the gradient check, which changes inputs a little.
class Fixed {
 public:
  explicit Fixed(Embedding layer) : layer_{std::move(layer)} {}
  [[nodiscard]] std::string name() const { return layer_.name(); }
  [[nodiscard]] static Shape output_shape(const Shape& /*sample*/) { return Shape{}; }
  Tensor forward(const Tensor& /*x*/) { return layer_.forward(tokens_); }
  [[nodiscard]] Tensor predict(const Tensor& /*x*/) const { return layer_.predict(tokens_); }
  Tensor backward(const Tensor& dy) { return layer_.backward(dy); }
  [[nodiscard]] std::vector<Parameter*> parameters() { return layer_.parameters(); }

 private:
  Tensor tokens_{{3, 1, 1}, {0, 3, 1}};
  Embedding layer_;
};

TEST(Embedding, PassesTheGradientCheck) {
  Random random{1};
  nn::Sequential network{Fixed{Embedding{4, 3, nn::RandomNormal{random, 1}}},
                         Positions{5, 3, nn::RandomNormal{random, 1}}, SinusoidalPositions{3, 3},
                         nn::Attention{3, nn::RandomNormal{random, 1}}};
  EXPECT_LT(nn::check_gradients(network, Tensor{Shape{2, 3}}).worst(), gradient_tolerance);
}

// ---------------------------------------------------------------------------------------- padding

TEST(Embedding, HasARowOfZerosForPadding) {
  Random random{1};
  Embedding layer{4, 3, nn::RandomNormal{random, 1}, {.padding = 1}};
  EXPECT_NE(layer.table()(0, 0), 0);
  for (const real w : layer.table().row(1)) EXPECT_EQ(w, 0);
  (void)layer.forward(Tensor{{1, 2}});
  layer.backward_parameters(Tensor{Shape{1, 2, 3}, 1});
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{0, 0, 0}, {0, 0, 0}, {1, 1, 1}, {0, 0, 0}}));
}

TEST(Embedding, MeasuresLengths) {
  const Tensor x{{1, 2, 0, 0}, {0, 0, 3, 0}, {0, 0, 0, 0}, {1, 1, 1, 1}};
  EXPECT_EQ((Embedding{4, 2, {.padding = 0}}.lengths(x)), (Lengths{2, 3, 0, 4}));
  EXPECT_EQ((Embedding{4, 2, {.padding = 1}}.lengths(x)), (Lengths{4, 4, 4, 0}));
  EXPECT_EQ((Embedding{4, 2}.lengths(x)), Lengths{});
}

/// Tokens through two layers of attention, with a network inside the network.
nn::Sequential reader(std::optional<std::size_t> padding) {
  Random random{3};
  const nn::RandomNormal initializer{random, 0.7};
  return nn::Sequential{
      Embedding{5, 4, initializer, {.padding = padding}}, Positions{9, 4, initializer},
      nn::Attention{4, initializer, {.heads = 2}}, nn::LayerNorm{4},
      nn::Sequential{nn::Dense{4, 4, initializer}, nn::Attention{4, initializer}}};
}

// What a network says about a short sequence does not depend on how far it is filled up.
TEST(Embedding, TellsANetworkWhatIsPadding) {
  nn::Sequential network = reader(0);
  const Tensor y = network.forward(Tensor{{1, 2, 3}});
  const Tensor z = network.forward(Tensor{{1, 2, 3, 0, 0}, {4, 4, 1, 2, 3}});
  EXPECT_EQ(network.predict(Tensor{{1, 2, 3, 0, 0}, {4, 4, 1, 2, 3}}), z);
  for (std::size_t t = 0; t < 5; ++t) {
    for (std::size_t j = 0; j < 4; ++j) {
      EXPECT_NEAR(z(0, t, j), t < 3 ? y(0, t, j) : 0, tolerance) << t;
      EXPECT_NE(z(1, t, j), 0);
    }
  }
  EXPECT_EQ(network.outputs(Tensor{{1, 2, 3, 0, 0}, {4, 4, 1, 2, 3}}).back(), z);
  nn::Sequential other = reader(std::nullopt);
  EXPECT_NE(other.predict(Tensor{{1, 2, 3, 0, 0}})(0, 0, 0), y(0, 0, 0));
}

// A large batch is predicted in parts, each with its own lengths.
TEST(Embedding, TellsEveryPartOfALargeBatch) {
  const nn::Sequential network = reader(0);
  Tensor x{Shape{40'000, 6}};
  for (std::size_t n = 0; n < x.rows(); ++n) {
    for (std::size_t t = 0; t < n % 7; ++t) x(n, t) = static_cast<real>(1 + (n + t) % 4);
  }
  const Tensor y = network.predict(x);
  for (const std::size_t n : {0U, 5U, 19'999U, 20'000U, 39'999U}) {
    EXPECT_EQ(y.rows(n, 1), network.predict(x.rows(n, 1))) << n;
  }
  // The same lengths for a network that does not see the tokens.
  const Tensor embedded = network.slice(0, 2).predict(x);
  Lengths lengths;
  for (std::size_t n = 0; n < x.rows(); ++n) lengths.push_back(n % 7);
  nn::Sequential rest = network.slice(2, 5);
  EXPECT_EQ(rest.predict(embedded, lengths), y);
  EXPECT_EQ(rest.forward(embedded, lengths), y);
}

// A layer that changes the places ends what is known about them.
TEST(Lengths, EndWhereThePlacesChange) {
  Random random{3};
  const nn::RandomNormal initializer{random, 1};
  nn::Sequential network{Embedding{5, 4, initializer, {.padding = 0}},
                         nn::Recurrent{4, 3, initializer}, nn::Dense{3, 2, initializer}};
  EXPECT_EQ(network.forward(Tensor{{1, 2, 0}}).shape(), (Shape{1, 2}));
}

TEST(Lengths, MustFitTheBatch) {
  nn::Sequential network{nn::Attention{2}};
  const auto error = [](auto&& call) { return error_of<std::invalid_argument>(call); };
  EXPECT_EQ(error([&] { (void)network.forward(Tensor{Shape{2, 3, 2}}, {1}); }),
            "nn::Sequential: 1 lengths for 2 sequences");
  EXPECT_EQ(error([&] { (void)network.predict(Tensor{Shape{2, 3, 2}}, {1, 2, 3}); }),
            "nn::Sequential: 3 lengths for 2 sequences");
  EXPECT_EQ(error([&] { (void)network.predict(Tensor{Shape{2, 3, 2}}, {1, 4}); }),
            "nn::Sequential: the length of the sequence at index 1 is 4, expected at most 3");
}

// ------------------------------------------------------------------------------------- the layers

TEST(Embedding, IsALayer) {
  static_assert(nn::FirstLayer<Embedding>);
  static_assert(nn::Layer<Positions>);
  static_assert(nn::Layer<SinusoidalPositions>);
  Embedding layer{65, 128, {.padding = 3}};
  EXPECT_EQ(layer.name(), "Embedding 65→128");
  EXPECT_EQ(layer.tokens(), 65U);
  EXPECT_EQ(layer.features(), 128U);
  EXPECT_EQ(layer.padding(), 3U);
  EXPECT_EQ(layer.table(), (Tensor{Shape{65, 128}}));
  EXPECT_EQ(layer.parameters()[0]->name, "weight");
  EXPECT_EQ(layer.output_shape(Shape{7}), (Shape{7, 128}));
  EXPECT_EQ(layer.output_shape(Shape{}), Shape{});

  Positions positions{64, 128};
  EXPECT_EQ(positions.name(), "Positions 64×128");
  EXPECT_EQ(positions.places(), 64U);
  EXPECT_EQ(positions.features(), 128U);
  EXPECT_EQ(positions.table(), (Tensor{Shape{64, 128}}));
  EXPECT_EQ(positions.parameters()[0]->name, "weight");

  SinusoidalPositions waves{64, 128};
  EXPECT_EQ(waves.name(), "SinusoidalPositions 64×128");
  EXPECT_EQ(waves.places(), 64U);
  EXPECT_EQ(waves.features(), 128U);
  EXPECT_TRUE(waves.parameters().empty());
}

template <class L>
class EveryPosition : public testing::Test {};
using PositionLayers = testing::Types<Positions, SinusoidalPositions>;
TYPED_TEST_SUITE(EveryPosition, PositionLayers, );

TYPED_TEST(EveryPosition, KnowsItsShape) {
  const TypeParam layer{5, 4};
  EXPECT_EQ(layer.output_shape(Shape{5, 4}), (Shape{5, 4}));
  EXPECT_EQ(layer.output_shape(Shape{4}), Shape{4});
  EXPECT_EQ(layer.output_shape(Shape{}), Shape{});
}

TYPED_TEST(EveryPosition, RefusesWhatDoesNotFit) {
  const auto error = [](auto&& call) { return error_of<std::invalid_argument>(call); };
  TypeParam layer{5, 4};
  const std::string name = layer.name();
  const std::string type = "nn::" + name.substr(0, name.find(' '));
  EXPECT_EQ(error([] { (void)TypeParam(0, 4); }),
            type + ": 0 places and 4 features, expected at least 1 of each");
  EXPECT_EQ(error([] { (void)TypeParam(5, 0); }),
            type + ": 5 places and 0 features, expected at least 1 of each");
  EXPECT_EQ(refusal(layer, Shape{2, 4}), type + ": input has shape (2, 4), expected (B, T, 4)");
  EXPECT_EQ(refusal(layer, Shape{2, 4, 3}),
            type + ": input has shape (2, 4, 3), expected (B, T, 4)");
  EXPECT_EQ(refusal(layer, Shape{2, 6, 4}), type + ": input has 6 places, expected at most 5");
  EXPECT_EQ(error([&] { (void)layer.output_shape(Shape{5, 3}); }),
            "expects sequences of shape (T, 4)");
  EXPECT_EQ(error([&] { (void)layer.output_shape(Shape{6, 4}); }),
            "expects sequences of at most 5 places");
  const auto [before, after] = gradient_refusals(layer, Shape{2, 3, 4}, Shape{2, 4, 4});
  EXPECT_EQ(before, type + ": backward() was called before forward()");
  EXPECT_EQ(after, type +
                       ": gradient has shape (2, 4, 4), expected (2, 3, 4), the shape of the last "
                       "output");
  const TypeParam other = std::move(layer);
  EXPECT_EQ(error([&] { (void)layer.predict(Tensor{Shape{2, 3, 4}}); }),
            type + ": has no weights because it was moved from");
}

TEST(Embedding, InitializesItsTable) {
  std::vector<std::string> calls;
  const auto record = [&](Tensor& weights, nn::Fan fan) {
    calls.push_back(nn::to_string(weights.shape()) + " " + std::to_string(fan.in) + "→" +
                    std::to_string(fan.out));
  };
  const Embedding embedding{7, 3, record};
  const Positions positions{6, 3, record};
  EXPECT_EQ(calls, (std::vector<std::string>{"(7, 3) 1→3", "(6, 3) 1→3"}));
}

TEST(Embedding, RefusesWhatIsNotAToken) {
  Embedding layer = three_tokens();
  const auto error = [&](real token) {
    Tensor x{Shape{2, 4}};
    x(1, 3) = token;
    const std::string text = error_of<std::invalid_argument>([&] { (void)layer.forward(x); });
    EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(x); }), text);
    return text;
  };
  const std::string head = "nn::Embedding: the token at (1, 3) is ";
  const std::string tail = ", expected a whole number from 0 to 2";
  EXPECT_EQ(error(3), head + "3" + tail);
  EXPECT_EQ(error(-1), head + "-1" + tail);
  EXPECT_EQ(error(1.5), head + "1.5" + tail);
  EXPECT_EQ(error(std::numeric_limits<real>::quiet_NaN()), head + "nan" + tail);
  EXPECT_EQ(error(std::numeric_limits<real>::infinity()), head + "inf" + tail);
}

TEST(Embedding, RefusesWhatDoesNotFit) {
  const auto error = [](auto&& call) { return error_of<std::invalid_argument>(call); };
  EXPECT_EQ(error([] { (void)Embedding{0, 3}; }),
            "nn::Embedding: 0 tokens and 3 features, expected at least 1 of each");
  EXPECT_EQ(error([] { (void)Embedding{3, 0}; }),
            "nn::Embedding: 3 tokens and 0 features, expected at least 1 of each");
  EXPECT_EQ(error([] { (void)Embedding{16'777'217, 1}; }),
            "nn::Embedding: 16777217 tokens, expected at most 16777216");
  EXPECT_EQ(error([] { (void)Embedding{3, 2, {.padding = 3}}; }),
            "nn::Embedding: padding is 3, expected at most 2");
  Embedding layer = three_tokens();
  EXPECT_EQ(refusal(layer, Shape{2}), "nn::Embedding: input has shape (2), expected (B, T)");
  EXPECT_EQ(refusal(layer, Shape{2, 3, 1}),
            "nn::Embedding: input has shape (2, 3, 1), expected (B, T)");
  EXPECT_EQ(error([&] { (void)layer.output_shape(Shape{3, 2}); }), "expects rows of tokens");
  const auto [before, after] = gradient_refusals(layer, Shape{2, 3}, Shape{2, 3});
  EXPECT_EQ(before, "nn::Embedding: backward() was called before forward()");
  EXPECT_EQ(after,
            "nn::Embedding: gradient has shape (2, 3), expected (2, 3, 2), the shape of the last "
            "output");
  const Embedding other = std::move(layer);
  EXPECT_EQ(error([&] { (void)layer.predict(Tensor{{1, 2}}); }),
            "nn::Embedding: has no weights because it was moved from");
}

// ------------------------------------------------------------------------------ place after place

template <class L>
void expect_rows_from_a_place(const L& layer, const std::string& name) {
  const Tensor zeros{Shape{2, 2, 4}};
  const Tensor y = layer.predict_from(3, zeros);
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t j = 0; j < 8; ++j) EXPECT_EQ(y.row(n)[j], layer.table().data()[3 * 4 + j]);
  }
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict_from(4, zeros); }),
            "nn::" + name + ": input has 2 places after the first 4, expected at most 5 in all");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict_from(9, zeros); }),
            "nn::" + name + ": input has 2 places after the first 9, expected at most 5 in all");
}

TEST(Positions, OfLaterPlaces) {
  nn::Random random{1};
  expect_rows_from_a_place(nn::Positions{5, 4, nn::RandomNormal{random, 1}}, "Positions");
  expect_rows_from_a_place(nn::SinusoidalPositions{5, 4}, "SinusoidalPositions");
}

}  // namespace
