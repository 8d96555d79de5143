// nn.attention: three tokens by hand, the plain form that stores all weights, PyTorch's values with
// all masks, the gradient check, and that masks hide what they should.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.attention;
import nn.backprop;
import nn.dense;
import nn.initializers;
import nn.reshape;
import nn.test;

namespace {

using nn::Attention;
using nn::AttentionOptions;
using nn::Lengths;
using nn::Parameter;
using nn::Random;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::tolerance;

const double ln2 = std::numbers::ln2;

/// One feature and one head: queries and values are x, keys are x ln 2, so that the weights before
/// the division are powers of two, 2^(x(i) x(j)).
Attention powers_of_two(const AttentionOptions& options = {}) {
  Attention layer{1, options};
  layer.parameters()[0]->value = Tensor{{1, static_cast<real>(ln2), 1}};
  layer.parameters()[2]->value = Tensor{{1}};
  return layer;
}

Tensor sequence(std::initializer_list<real> values) {
  return Tensor{values}.reshaped(Shape{1, values.size(), 1});
}

const Tensor& three_tokens() {
  static const Tensor x = sequence({1, 0, 2});
  return x;
}

Attention random_layer(std::size_t features, const AttentionOptions& options) {
  Random random{5};
  Attention layer{features, options};
  const nn::RandomUniform initializer{random, -1, 1};
  for (Parameter* const p : layer.parameters()) initializer(p->value, {});
  return layer;
}

// The first token's powers are 2¹, 2⁰ and 2², so its weights are 2/7, 1/7 and 4/7. The second sees
// all alike. Those of the third are 2², 2⁰ and 2⁴.
TEST(Attention, ByHand) {
  Attention layer = powers_of_two();
  const Tensor y = layer.forward(three_tokens());
  const Tensor expected = sequence({real(10) / 7, 1, real(12) / 7});
  EXPECT_LT(difference(y, expected), tolerance);
  const Tensor weights{{real(2) / 7, real(1) / 7, real(4) / 7},
                       {real(1) / 3, real(1) / 3, real(1) / 3},
                       {real(4) / 21, real(1) / 21, real(16) / 21}};
  EXPECT_LT(difference(layer.attention_weights(), weights.reshaped(Shape{1, 1, 3, 3})), tolerance);
}

TEST(Attention, WithACausalMaskByHand) {
  Attention layer = powers_of_two({.causal = true});
  EXPECT_LT(difference(layer.forward(three_tokens()), sequence({1, 0.5, real(12) / 7})), tolerance);
  const Tensor weights{{1, 0, 0}, {0.5, 0.5, 0}, {real(4) / 21, real(1) / 21, real(16) / 21}};
  EXPECT_LT(difference(layer.attention_weights(), weights.reshaped(Shape{1, 1, 3, 3})), tolerance);
}

TEST(Attention, WithPaddingByHand) {
  Attention layer = powers_of_two();
  EXPECT_LT(difference(layer.forward(three_tokens(), {2}), sequence({real(2) / 3, 0.5, 0})),
            tolerance);
  const Tensor weights{{real(2) / 3, real(1) / 3, 0}, {0.5, 0.5, 0}, {0, 0, 0}};
  EXPECT_LT(difference(layer.attention_weights(), weights.reshaped(Shape{1, 1, 3, 3})), tolerance);
}

// The cost is the second output, y₂ = (v₁ + v₂ + v₃) / 3. So every ∂C/∂vⱼ is 1/3. The gradients of
// its scores are 1/3 (vⱼ − y₂) = (0, −1/3, 1/3), and with the keys (1, 0, 2) ln 2 the gradient of
// q₂ is 2/3 ln 2. The keys get none, because q₂ = 0.
TEST(Attention, BackwardByHand) {
  Attention layer = powers_of_two();
  (void)layer.forward(three_tokens());
  const real third = real(1) / 3;
  const auto dq = static_cast<real>(2 * ln2 / 3);
  EXPECT_LT(difference(layer.backward(sequence({0, 1, 0})), sequence({third, third + dq, third})),
            tolerance);
  const std::vector<Parameter*> parameters = layer.parameters();
  EXPECT_LT(difference(parameters[0]->gradient, Tensor{{0, 0, 1}}), tolerance);
  EXPECT_LT(difference(parameters[1]->gradient, Tensor{dq, 0, 1}), tolerance);
  EXPECT_LT(difference(parameters[2]->gradient, Tensor{{1}}), tolerance);
  EXPECT_LT(difference(parameters[3]->gradient, Tensor{1}), tolerance);
}

// Two heads of one feature each see only their own feature: two layers next to each other.
TEST(Attention, SplitsFeaturesAmongHeads) {
  Attention both{2, {.heads = 2}};
  const auto key = static_cast<real>(ln2);
  both.parameters()[0]->value = Tensor{{1, 0, key, 0, 1, 0}, {0, 1, 0, key, 0, 1}};
  both.parameters()[2]->value = Tensor{{1, 0}, {0, 1}};
  const Tensor x = Tensor{1, 2, 0, 0, 2, 1}.reshaped(Shape{1, 3, 2});
  const Tensor y = both.predict(x);
  const Tensor first = powers_of_two().predict(three_tokens());
  const Tensor second = powers_of_two().predict(sequence({2, 0, 1}));
  for (std::size_t t = 0; t < 3; ++t) {
    EXPECT_EQ(y(0, t, 0), first(0, t, 0));
    EXPECT_EQ(y(0, t, 1), second(0, t, 0));
  }
}

// ------------------------------------------------------------------------------- the plain form

/// Attention as in its formulas: loops over places that store all weights.
class Plain {
 public:
  Plain(const Attention& layer, const Tensor& x, const Lengths& lengths)
      : layer_{layer}, x_{x}, B_{x.shape()[0]}, T_{x.shape()[1]}, D_{x.shape()[2]} {
    const std::size_t H = layer.heads();
    d_ = D_ / H;
    p_ = Tensor{Shape{B_, H, T_, T_}};
    c_ = Tensor{Shape{B_, T_, D_}};
    qkv_ = Tensor{Shape{B_, T_, 3 * D_}};
    for (std::size_t n = 0; n < B_; ++n) {
      lengths_.push_back(lengths.empty() ? T_ : lengths[n]);
      for (std::size_t t = 0; t < T_; ++t) project(n, t);
      for (std::size_t h = 0; h < H; ++h) attend(n, h);
    }
  }

  [[nodiscard]] const Tensor& weights() const { return p_; }

  [[nodiscard]] Tensor output() const {
    Tensor y{x_.shape()};
    for_places([&](std::size_t n, std::size_t t) {
      for (std::size_t j = 0; j < D_; ++j) {
        double sum = layer_.bias_out()(j);
        for (std::size_t i = 0; i < D_; ++i) sum += c_(n, t, i) * layer_.weight_out()(i, j);
        y(n, t, j) = static_cast<real>(sum);
      }
    });
    return y;
  }

  /// ∂C/∂X, then the gradients of the parameters in their order.
  [[nodiscard]] std::vector<Tensor> gradients(const Tensor& dy) const {
    Tensor dx{x_.shape()};
    Tensor dweight_in{layer_.weight_in().shape()};
    Tensor dbias_in{layer_.bias_in().shape()};
    Tensor dweight_out{layer_.weight_out().shape()};
    Tensor dbias_out{layer_.bias_out().shape()};
    Tensor dc{x_.shape()};
    for_places([&](std::size_t n, std::size_t t) {
      for (std::size_t j = 0; j < D_; ++j) {
        dbias_out(j) += dy(n, t, j);
        for (std::size_t i = 0; i < D_; ++i) {
          dweight_out(i, j) += c_(n, t, i) * dy(n, t, j);
          dc(n, t, i) += dy(n, t, j) * layer_.weight_out()(i, j);
        }
      }
    });
    const Tensor dqkv = attend_back(dc);
    for_places([&](std::size_t n, std::size_t t) {
      for (std::size_t k = 0; k < 3 * D_; ++k) {
        dbias_in(k) += dqkv(n, t, k);
        for (std::size_t i = 0; i < D_; ++i) {
          dweight_in(i, k) += x_(n, t, i) * dqkv(n, t, k);
          dx(n, t, i) += dqkv(n, t, k) * layer_.weight_in()(i, k);
        }
      }
    });
    return {dx, dweight_in, dbias_in, dweight_out, dbias_out};
  }

 private:
  void project(std::size_t n, std::size_t t) {
    for (std::size_t k = 0; k < 3 * D_; ++k) {
      double sum = layer_.bias_in()(k);
      for (std::size_t i = 0; i < D_; ++i) sum += x_(n, t, i) * layer_.weight_in()(i, k);
      qkv_(n, t, k) = static_cast<real>(sum);
    }
  }

  /// Number `column` of the query (part 0), key (1) or value (2) of a place.
  [[nodiscard]] double part(std::size_t n, std::size_t t, std::size_t part,
                            std::size_t column) const {
    return qkv_(n, t, part * D_ + column);
  }

  [[nodiscard]] bool sees(std::size_t n, std::size_t i, std::size_t j) const {
    return j < lengths_[n] && !(layer_.is_causal() && j > i);
  }

  void attend(std::size_t n, std::size_t h) {
    for (std::size_t i = 0; i < lengths_[n]; ++i) {
      double sum = 0;
      std::vector<double> powers(T_);
      for (std::size_t j = 0; j < T_; ++j) {
        if (!sees(n, i, j)) continue;
        double score = 0;
        for (std::size_t k = h * d_; k < (h + 1) * d_; ++k) {
          score += part(n, i, 0, k) * part(n, j, 1, k);
        }
        sum += powers[j] = std::exp(score / std::sqrt(static_cast<double>(d_)));
      }
      for (std::size_t j = 0; j < T_; ++j) {
        p_(n, h, i, j) = static_cast<real>(powers[j] / sum);
        for (std::size_t k = h * d_; k < (h + 1) * d_; ++k) {
          c_(n, i, k) += static_cast<real>(powers[j] / sum * part(n, j, 2, k));
        }
      }
    }
  }

  [[nodiscard]] Tensor attend_back(const Tensor& dc) const {
    Tensor dqkv{Shape{B_, T_, 3 * D_}};
    for_places([&](std::size_t n, std::size_t i) {
      for (std::size_t h = 0; h < layer_.heads(); ++h) {
        std::vector<double> dp(T_);
        double mean = 0;
        for (std::size_t j = 0; j < T_; ++j) {
          for (std::size_t k = h * d_; k < (h + 1) * d_; ++k) {
            dp[j] += dc(n, i, k) * part(n, j, 2, k);
            dqkv(n, j, 2 * D_ + k) += p_(n, h, i, j) * dc(n, i, k);
          }
          mean += p_(n, h, i, j) * dp[j];
        }
        for (std::size_t j = 0; j < T_; ++j) {
          const double g = p_(n, h, i, j) * (dp[j] - mean) / std::sqrt(static_cast<double>(d_));
          for (std::size_t k = h * d_; k < (h + 1) * d_; ++k) {
            dqkv(n, i, k) += static_cast<real>(g * part(n, j, 1, k));
            dqkv(n, j, D_ + k) += static_cast<real>(g * part(n, i, 0, k));
          }
        }
      }
    });
    return dqkv;
  }

  /// Calls body(n, t) for every place that is not padding.
  template <class Body>
  void for_places(const Body& body) const {
    for (std::size_t n = 0; n < B_; ++n) {
      for (std::size_t t = 0; t < lengths_[n]; ++t) body(n, t);
    }
  }

  const Attention& layer_;
  const Tensor& x_;
  std::size_t B_;
  std::size_t T_;
  std::size_t D_;
  std::size_t d_ = 0;
  Lengths lengths_;
  Tensor p_;
  Tensor c_;
  Tensor qkv_;
};

/// A layer, a batch and its lengths.
struct Case {
  std::size_t places;
  std::size_t features;
  AttentionOptions options;
  Lengths lengths;
};

class InBlocks : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Attention, InBlocks,
                         testing::Values(Case{1, 3, {}, {}}, Case{7, 6, {.heads = 3}, {}},
                                         Case{7, 6, {.heads = 2, .causal = true}, {7, 3}},
                                         Case{64, 4, {.heads = 2}, {64, 1}},
                                         Case{65, 4, {.heads = 2, .causal = true}, {}},
                                         Case{130, 20, {.heads = 1}, {}},
                                         Case{130, 6, {.heads = 2}, {0, 97}},
                                         Case{150, 34, {.heads = 2, .causal = true}, {150, 64}}));

// A sum of a few hundred products, rounded in another order.
TEST_P(InBlocks, EqualsThePlainForm) {
  const auto& [places, features, options, lengths] = GetParam();
  constexpr double close = 10 * tolerance;
  Attention layer = random_layer(features, options);
  const Tensor x = noise(Shape{2, places, features}, 1);
  const Tensor dy = noise(x.shape(), 2);
  const Plain plain{layer, x, lengths};
  EXPECT_LT(difference(layer.forward(x, lengths), plain.output()), close);
  EXPECT_LT(difference(layer.predict(x, lengths), plain.output()), close);
  EXPECT_LT(difference(layer.attention_weights(), plain.weights()), close);
  const std::vector<Tensor> expected = plain.gradients(dy);
  EXPECT_LT(difference(layer.backward(dy), expected[0]), close);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_LT(difference(layer.parameters()[i]->gradient, expected[i + 1]), 10 * close) << i;
  }
}

// ------------------------------------------------------------------------------------ references

TEST(Attention, AgreesWithPyTorch) {
  const auto value = [](const std::string& name) { return golden("attention", name); };
  for (const std::string& name : {"plain", "causal", "padded", "causal_padded"}) {
    Attention layer{6, {.heads = 2, .causal = name.starts_with("causal")}};
    for (Parameter* const p : layer.parameters()) p->value = value(p->name);
    const Lengths lengths = name.ends_with("padded") ? Lengths{5, 3} : Lengths{};
    EXPECT_LT(difference(layer.forward(value("x"), lengths), value(name + "_y")), tolerance);
    EXPECT_LT(difference(layer.attention_weights(), value(name + "_weights")), tolerance);
    EXPECT_LT(difference(layer.backward(value("dy")), value(name + "_dx")), tolerance) << name;
    for (const Parameter* const p : layer.parameters()) {
      EXPECT_LT(difference(p->gradient, value(name + "_d" + p->name)), tolerance)
          << name << " " << p->name;
    }
  }
}

/// The layer with the lengths of a batch, for the gradient check.
struct WithLengths : Attention {
  WithLengths(Attention layer, Lengths given)
      : Attention{std::move(layer)}, lengths{std::move(given)} {}
  Tensor forward(Tensor x) { return Attention::forward(std::move(x), lengths); }
  [[nodiscard]] Tensor predict(const Tensor& x) const { return Attention::predict(x, lengths); }
  Lengths lengths;
};

TEST(Attention, PassesTheGradientCheck) {
  for (const bool causal : {false, true}) {
    for (const Lengths& lengths : {Lengths{}, Lengths{5, 2}}) {
      WithLengths layer{random_layer(6, {.heads = 2, .causal = causal}), lengths};
      EXPECT_LT(nn::check_gradients(layer, noise(Shape{2, 5, 6})).worst(), gradient_tolerance);
    }
  }
}

TEST(Attention, PassesTheGradientCheckInANetwork) {
  nn::Sequential network{nn::Reshape{4, 3}, random_layer(3, {}), random_layer(3, {.heads = 3}),
                         nn::Flatten{}};
  EXPECT_LT(nn::check_gradients(network, noise(Shape{2, 12})).worst(), gradient_tolerance);
}

// ----------------------------------------------------------------------------------------- masks

// Across the border between two blocks too.
TEST(Attention, ThatIsCausalDoesNotSeeLaterTokens) {
  const Attention layer = random_layer(8, {.heads = 2, .causal = true});
  const Tensor x = noise(Shape{1, 70, 8});
  const Tensor y = layer.predict(x);
  for (const std::size_t changed : {0U, 1U, 62U, 63U, 64U, 69U}) {
    Tensor other = x;
    other(0, changed, 3) += 1;
    const Tensor z = layer.predict(other);
    const std::size_t before = changed * 8;
    EXPECT_TRUE(std::ranges::equal(z.values().first(before), y.values().first(before)));
    EXPECT_FALSE(std::ranges::equal(z.values().subspan(before, 8), y.values().subspan(before, 8)));
  }
}

TEST(Attention, WithoutAMaskSeesEveryToken) {
  const Attention layer = random_layer(8, {.heads = 2});
  const Tensor x = noise(Shape{1, 70, 8});
  const Tensor y = layer.predict(x);
  for (const std::size_t changed : {0U, 69U}) {
    Tensor other = x;
    other(0, changed, 3) += 1;
    const Tensor z = layer.predict(other);
    for (std::size_t t = 0; t < 70; ++t) EXPECT_NE(z(0, t, 0), y(0, t, 0)) << t;
  }
}

// What is in the padded places does not matter, and neither does how many there are.
TEST(Attention, DoesNotSeePadding) {
  for (const bool causal : {false, true}) {
    Attention padded = random_layer(6, {.heads = 2, .causal = causal});
    Attention alone = padded;
    const Tensor x = noise(Shape{1, 70, 6}, 1);
    const Tensor dy = noise(Shape{1, 70, 6}, 2);
    constexpr std::size_t length = 40;
    const auto start = [](const Tensor& tensor) {
      return Tensor{Shape{1, length, 6}, tensor.values().first(length * 6)};
    };
    const auto check = [&](const Tensor& all, const Tensor& part) {
      EXPECT_EQ(start(all), part);
      for (const real rest : all.values().subspan(length * 6)) EXPECT_EQ(rest, 0);
    };
    check(padded.forward(x, {length}), alone.forward(start(x)));
    check(padded.predict(x, {length}), alone.predict(start(x)));
    check(padded.backward(dy), alone.backward(start(dy)));
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_LT(difference(padded.parameters()[i]->gradient, alone.parameters()[i]->gradient),
                tolerance);
    }
  }
}

TEST(Attention, TakesSequencesThatAreOnlyPadding) {
  Attention layer = random_layer(2, {});
  const Tensor zeros{Shape{2, 3, 2}};
  EXPECT_EQ(layer.forward(noise(Shape{2, 3, 2}), {0, 0}), zeros);
  EXPECT_EQ(layer.backward(noise(Shape{2, 3, 2})), zeros);
  for (const Parameter* const p : layer.parameters()) {
    EXPECT_EQ(p->gradient, Tensor{p->value.shape()});
  }
}

// ------------------------------------------------------------------------------------- the layer

TEST(Attention, IsALayer) {
  static_assert(nn::FirstLayer<Attention>);
  Attention layer{128, {.heads = 4, .causal = true}};
  const std::vector<Parameter*> parameters = layer.parameters();
  EXPECT_EQ(parameters[0]->name, "weight_in");
  EXPECT_EQ(parameters[1]->name, "bias_in");
  EXPECT_EQ(parameters[2]->name, "weight_out");
  EXPECT_EQ(parameters[3]->name, "bias_out");
  EXPECT_EQ(layer.weight_in(), (Tensor{Shape{128, 384}}));
  EXPECT_EQ(layer.bias_in(), Tensor{Shape{384}});
  EXPECT_EQ(layer.weight_out(), (Tensor{Shape{128, 128}}));
  EXPECT_EQ(layer.bias_out(), Tensor{Shape{128}});
  EXPECT_EQ(layer.features(), 128U);
  EXPECT_EQ(layer.heads(), 4U);
  EXPECT_TRUE(layer.is_causal());
  EXPECT_FALSE(Attention{1}.is_causal());
  EXPECT_EQ(layer.name(), "Attention 128, 4 heads, causal");
  EXPECT_EQ(Attention{3}.name(), "Attention 3, 1 head");
}

TEST(Attention, InitializesEachProjectionAsASeparateLayer) {
  std::vector<std::string> calls;
  const auto record = [&](Tensor& weights, nn::Fan fan) {
    calls.push_back(nn::to_string(weights.shape()) + " " + std::to_string(fan.in) + "→" +
                    std::to_string(fan.out));
  };
  const Attention layer{4, record, {.heads = 2}};
  EXPECT_EQ(calls, (std::vector<std::string>{"(4, 12) 4→4", "(4, 4) 4→4"}));
  EXPECT_EQ(layer.heads(), 2U);
}

TEST(Attention, KnowsItsShape) {
  const Attention layer{4};
  EXPECT_EQ(layer.output_shape(Shape{7, 4}), (Shape{7, 4}));
  EXPECT_EQ(layer.output_shape(Shape{4}), Shape{4});  // the number of places is not known yet
  EXPECT_EQ(layer.output_shape(Shape{}), Shape{});
}

// Predicting changes nothing that backward needs.
TEST(Attention, PredictsWhatForwardGives) {
  Attention layer = random_layer(6, {.heads = 2});
  const Tensor x = noise(Shape{3, 70, 6}, 1);
  EXPECT_EQ(layer.predict(x), layer.forward(x));
  const Tensor dy = noise(x.shape(), 2);
  const Tensor dx = layer.backward(dy);
  (void)layer.predict(noise(Shape{1, 4, 6}, 3), {2});
  EXPECT_EQ(layer.backward(dy), dx);
}

TEST(Attention, GivesTheSameParametersGradientsAlone) {
  Attention layer = random_layer(6, {.heads = 2});
  Attention first = layer;
  const Tensor x = noise(Shape{4, 5, 6});
  const Tensor dy = layer.forward(x);
  (void)first.forward(x);
  (void)layer.backward(dy);
  first.backward_parameters(dy);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(first.parameters()[i]->gradient, layer.parameters()[i]->gradient);
  }
}

TEST(Attention, DoesNotDependOnThreads) {
  const Tensor x = noise(Shape{3, 140, 40});
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    Attention layer = random_layer(40, {.heads = 4, .causal = true});
    std::vector<Tensor> results{layer.forward(x, {140, 90, 3})};
    results.push_back(layer.backward(results.front()));
    for (const Parameter* const p : layer.parameters()) results.push_back(p->gradient);
    results.push_back(layer.attention_weights());
    return results;
  }));
}

// Scores of thousands: all the weight is on one place, and nothing overflows.
TEST(Attention, TakesScoresOfAnySize) {
  Attention layer = powers_of_two();
  const Tensor y = layer.forward(sequence({1000, 0, -1000}));
  EXPECT_LT(difference(y, sequence({1000, 0, -1000})), tolerance);
  const Tensor weights = layer.attention_weights();
  EXPECT_EQ(weights(0, 0, 0, 0), 1);
  EXPECT_LT(weights(0, 0, 0, 2), 1e-30);
}

TEST(Attention, LetsANanThrough) {
  const Tensor y = powers_of_two().predict(sequence({1, std::numeric_limits<real>::quiet_NaN()}));
  EXPECT_TRUE(std::isnan(y(0, 0, 0)));
  EXPECT_TRUE(std::isnan(y(0, 1, 0)));
}

TEST(Attention, RefusesOptionsThatDoNotFit) {
  const auto error = [](std::size_t features, std::size_t heads) {
    return error_of<std::invalid_argument>([=] { (void)Attention{features, {.heads = heads}}; });
  };
  EXPECT_EQ(error(0, 1), "nn::Attention: 0 features and 1 heads, expected at least 1 of each");
  EXPECT_EQ(error(4, 0), "nn::Attention: 4 features and 0 heads, expected at least 1 of each");
  EXPECT_EQ(error(8, 3),
            "nn::Attention: 8 features and 3 heads, expected a number of heads that divides the "
            "features");
}

TEST(Attention, RefusesWhatDoesNotFit) {
  const auto error = [](auto&& call) { return error_of<std::invalid_argument>(call); };
  Attention layer{3};
  EXPECT_EQ(error([&] { (void)layer.forward(Tensor{Shape{2, 3}}); }),
            "nn::Attention: input has shape (2, 3), expected (B, T, 3)");
  EXPECT_EQ(error([&] { (void)layer.predict(Tensor{Shape{2, 6, 2}}); }),
            "nn::Attention: input has shape (2, 6, 2), expected (B, T, 3)");
  EXPECT_EQ(error([&] { (void)layer.forward(Tensor{Shape{2, 6, 3}}, {6}); }),
            "nn::Attention: 1 lengths for 2 sequences");
  EXPECT_EQ(error([&] { (void)layer.predict(Tensor{Shape{2, 6, 3}}, {6, 7}); }),
            "nn::Attention: the length of the sequence at index 1 is 7, expected at most 6");
  EXPECT_EQ(error([&] { (void)layer.attention_weights(); }),
            "nn::Attention: attention_weights() was called before forward()");
  EXPECT_EQ(error([&] { (void)layer.backward(Tensor{Shape{2, 6, 3}}); }),
            "nn::Attention: backward() was called before forward()");
  (void)layer.forward(Tensor{Shape{2, 6, 3}});
  EXPECT_EQ(error([&] { layer.backward_parameters(Tensor{Shape{2, 3}}); }),
            "nn::Attention: gradient has shape (2, 3), expected (2, 6, 3), the shape of the last "
            "output");
  EXPECT_EQ(error([&] { (void)layer.output_shape(Shape{2, 4}); }),
            "expects sequences of shape (T, 3)");
  const Attention other = std::move(layer);
  EXPECT_EQ(error([&] { (void)layer.predict(Tensor{Shape{2, 6, 3}}); }),
            "nn::Attention: has no weights because it was moved from");
}

TEST(Attention, RefusesNetworksThatDoNotFit) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { nn::Sequential(nn::Reshape{7, 5}, Attention{4, {.heads = 2}}); }),
            "nn::Sequential: layer 2 (Attention 4, 2 heads) expects sequences of shape (T, 4); "
            "layer 1 gives shape (7, 5)");
}

// ------------------------------------------------------------------------------ place after place

// Sequences in pieces of 1, 2, 70 and 5 places, so that queries need two blocks and keys three.
TEST(Attention, ContinuesSequencesToTheLastBit) {
  const Attention layer = random_layer(6, {.heads = 3, .causal = true});
  const Tensor x = noise(Shape{2, 78, 6});
  const Tensor whole = layer.predict(x);
  Tensor keys_values{Shape{2, 80, 12}};
  std::size_t first = 0;
  for (const std::size_t count : {1U, 2U, 70U, 5U}) {
    Tensor piece{Shape{2, count, 6}};
    Tensor expected{piece.shape()};
    for (std::size_t n = 0; n < 2; ++n) {
      std::ranges::copy(x.row(n).subspan(first * 6, count * 6), piece.row(n).begin());
      std::ranges::copy(whole.row(n).subspan(first * 6, count * 6), expected.row(n).begin());
    }
    EXPECT_EQ(layer.predict_from(first, piece, keys_values), expected) << first;
    first += count;
  }
}

TEST(Attention, RefusesToContinueWhereItCannot) {
  const auto refusal = [](bool causal, const Shape& stored, std::size_t first) {
    Tensor keys_values{stored};
    return error_of<std::invalid_argument>([&] {
      (void)Attention{2, {.causal = causal}}.predict_from(first, Tensor{Shape{1, 3, 2}},
                                                          keys_values);
    });
  };
  EXPECT_EQ(refusal(false, Shape{1, 8, 4}, 5),
            "nn::Attention: predict_from() needs a causal mask, because without one the new places "
            "would change the outputs at the places before them");
  EXPECT_EQ(refusal(true, Shape{1, 8, 4}, 5), "");
  const std::string expected = ", expected (1, S, 4) with S at least 9 for 3 more places from 6 on";
  const std::string start = "nn::Attention: keys and values have shape ";
  for (const Shape& stored : {Shape{1, 8, 4}, Shape{2, 9, 4}, Shape{1, 9, 3}, Shape{9, 4}}) {
    EXPECT_EQ(refusal(true, stored, 6), start + to_string(stored) + expected);
  }
}

}  // namespace
