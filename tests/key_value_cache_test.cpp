// nn.key_value_cache: one place after another gives what the whole sequence gives, and errors.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

import nn.activation;
import nn.attention;
import nn.dense;
import nn.dropout;
import nn.embedding;
import nn.initializers;
import nn.key_value_cache;
import nn.normalization;
import nn.recurrent;
import nn.reshape;
import nn.residual;
import nn.test;

namespace {

using nn::Attention;
using nn::Dense;
using nn::Embedding;
using nn::KeyValueCache;
using nn::LayerNorm;
using nn::Residual;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

/// A small language model with every kind of layer that a cache can continue.
Sequential model() {
  nn::Random random{1};
  const nn::RandomNormal normal{random, 0.5};
  const Residual attention{Sequential{
      LayerNorm{8}, Attention{8, normal, {.heads = 2, .causal = true}}, nn::Dropout{0.1, random}}};
  const Residual dense{LayerNorm{8}, Dense{8, 16, normal}, nn::GELU{}, Dense{16, 8, normal}};
  return Sequential{
      Embedding{11, 8, normal},
      nn::Positions{40, 8, normal},
      nn::SinusoidalPositions{50, 8},
      attention,
      dense,
      Sequential{attention, dense},
      Residual{Sequential{Attention{8, normal, {.causal = true}}, Dense{8, 6, normal}},
               Sequential{Dense{8, 6, normal}}},
      nn::LeakyReLU{},
      nn::Tanh{},
      nn::Sigmoid{},
      nn::ReLU{},
      Dense{6, 11, normal}};
}

Tensor tokens(std::size_t sequences, std::size_t places) {
  nn::Random random{2};
  Tensor x{Shape{sequences, places}};
  for (nn::real& token : x.values()) token = static_cast<nn::real>(random.below(11));
  return x;
}

/// Some places of sequences of shape (B, T, …).
Tensor places_of(const Tensor& x, std::size_t first, std::size_t count) {
  const std::size_t width = x.columns() / x.shape()[1];
  Tensor part{x.rank() == 2 ? Shape{x.rows(), count} : Shape{x.rows(), count, width}};
  for (std::size_t n = 0; n < x.rows(); ++n) {
    std::ranges::copy(x.row(n).subspan(first * width, count * width), part.row(n).begin());
  }
  return part;
}

TEST(KeyValueCache, GivesWhatTheWholeSequenceGives) {
  const Sequential network = model();
  for (const std::size_t sequences : {1U, 3U}) {
    const Tensor x = tokens(sequences, 40);
    const Tensor whole = network.predict(x);
    KeyValueCache cache{network, 40, sequences};
    EXPECT_EQ(cache.capacity(), 40);
    EXPECT_EQ(cache.sequences(), sequences);
    for (std::size_t t = 0; t < 40; ++t) {
      EXPECT_EQ(cache.places(), t);
      EXPECT_EQ(cache.predict(places_of(x, t, 1)), places_of(whole, t, 1)) << t;
    }
  }
}

TEST(KeyValueCache, TakesSeveralPlacesAtOnceAndStartsAgain) {
  const Sequential network = model();
  const Tensor x = tokens(2, 30);
  const Tensor whole = network.predict(x);
  KeyValueCache cache{network, 30, 2};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(cache.predict(places_of(x, 0, 17)), places_of(whole, 0, 17));
    EXPECT_EQ(cache.predict(places_of(x, 17, 13)), places_of(whole, 17, 13));
    cache.clear();
  }
}

// A network without tokens: its input is (B, N, D).
TEST(KeyValueCache, TakesSequencesOfFeatures) {
  nn::Random random{1};
  const Sequential network{Attention{4, nn::RandomNormal{random, 1}, {.causal = true}}};
  const Tensor x = nn::test::noise(Shape{1, 5, 4});
  KeyValueCache cache{network, 9};
  EXPECT_EQ(cache.predict(x), network.predict(x));
}

TEST(KeyValueCache, StaysAsItIsAfterAnError) {
  const Sequential network = model();
  const Tensor x = tokens(1, 10);
  const Tensor whole = network.predict(x);
  KeyValueCache cache{network, 10};
  EXPECT_EQ(cache.predict(places_of(x, 0, 6)), places_of(whole, 0, 6));
  EXPECT_THROW((void)cache.predict(Tensor{{1, 2, 11}}), std::invalid_argument);  // there is no 11
  EXPECT_EQ(cache.predict(places_of(x, 6, 4)), places_of(whole, 6, 4));
}

TEST(KeyValueCache, RefusesInputThatDoesNotFit) {
  const Sequential network = model();
  KeyValueCache cache{network, 8, 2};
  (void)cache.predict(tokens(2, 5));
  const auto refusal = [&](const Tensor& x) {
    return error_of<std::invalid_argument>([&] { (void)cache.predict(x); });
  };
  EXPECT_EQ(refusal(tokens(2, 4)),
            "nn::KeyValueCache: 5 places are stored and 4 more were given, expected at most 8 in "
            "all");
  EXPECT_EQ(refusal(tokens(1, 1)),
            "nn::KeyValueCache: input has shape (1, 1), expected (2, N) or (2, N, D)");
  EXPECT_EQ(refusal(Tensor{1, 2}),
            "nn::KeyValueCache: input has shape (2), expected (2, N) or (2, N, D)");
  EXPECT_EQ(refusal(Tensor{}),
            "nn::KeyValueCache: input has shape (), expected (2, N) or (2, N, D)");
  EXPECT_EQ(refusal(Tensor{Shape{2, 1, 8}}),
            "nn::Embedding: input has shape (2, 1, 8), expected (B, T)");
}

TEST(KeyValueCache, RefusesPadding) {
  const Sequential network{Embedding{5, 2, {.padding = 4}}};
  KeyValueCache cache{network, 8, 2};
  EXPECT_EQ(cache.predict(Tensor{{1, 2}, {4, 0}}).shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)cache.predict(Tensor{{1, 2}, {0, 4}}); }),
            "nn::KeyValueCache: sequence 1 ends with padding, expected sequences without it");
}

TEST(KeyValueCache, RefusesLayersThatItCannotContinue) {
  const auto refusal = [](const Sequential& network, std::size_t places = 8) {
    return error_of<std::invalid_argument>([&] { KeyValueCache{network, places}; });
  };
  EXPECT_EQ(refusal(Sequential{Dense{4, 4}, nn::GRU{4, 4}}),
            "nn::KeyValueCache: layer 2 (GRU 4→4) cannot be continued place by place");
  EXPECT_EQ(refusal(Sequential{Dense{4, 4}, Sequential{Dense{4, 4}, nn::Flatten{}}}),
            "nn::KeyValueCache: layer 2.2 (Flatten) cannot be continued place by place");
  EXPECT_EQ(
      refusal(Sequential{Residual{Sequential{Dense{4, 4}, Attention{4, {.heads = 2}}}}}),
      "nn::KeyValueCache: layer 1.block.2 (Attention 4, 2 heads) has no causal mask, so a new "
      "place would change the earlier ones");
  EXPECT_EQ(
      refusal(Sequential{Residual{Sequential{Dense{4, 4}}, Sequential{Attention{4}}}}),
      "nn::KeyValueCache: layer 1.projection.1 (Attention 4, 1 head) has no causal mask, so a "
      "new place would change the earlier ones");
  EXPECT_EQ(
      refusal(Sequential{nn::Positions{7, 4}}),
      "nn::KeyValueCache: layer 1 (Positions 7×4) has 7 places, expected at least 8, the size "
      "of the cache");
  EXPECT_EQ(refusal(Sequential{nn::SinusoidalPositions{7, 4}}),
            "nn::KeyValueCache: layer 1 (SinusoidalPositions 7×4) has 7 places, expected at least "
            "8, the size of the cache");
  EXPECT_EQ(refusal(model(), 0),
            "nn::KeyValueCache: 0 places and 1 sequences, expected at least 1 of each");
}

}  // namespace
