module;

#include <fmt/core.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

module nn.key_value_cache;

import nn.activation;
import nn.attention;
import nn.dense;
import nn.dropout;
import nn.embedding;
import nn.normalization;
import nn.residual;

namespace nn {

namespace {

template <class... Layers>
bool is_one_of(const AnyLayer& layer) {
  return ((layer.as<Layers>() != nullptr) || ...);
}

/// Whether the layer's output at a place depends on nothing but its input there.
bool is_placewise(const AnyLayer& layer) {
  return is_one_of<Embedding, Dense, LayerNorm, Dropout, ReLU, LeakyReLU, Sigmoid, Tanh, GELU>(
      layer);
}

/// @throws std::invalid_argument always; the text is about one layer.
[[noreturn]] void refuse(const std::string& place, const AnyLayer& layer, const std::string& why) {
  throw std::invalid_argument(
      fmt::format("nn::KeyValueCache: layer {} ({}) {}", place, layer.name(), why));
}

/// @throws std::invalid_argument if the layer reads tokens and finds padding, which has no place in
///   a sequence that goes on.
void check_padding(const AnyLayer& layer, const Tensor& x) {
  const auto* const embedding = layer.as<Embedding>();
  if (embedding == nullptr || x.rank() != 2) return;
  const Lengths lengths = embedding->lengths(x);
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] == x.columns()) continue;
    throw std::invalid_argument(fmt::format(
        "nn::KeyValueCache: sequence {} ends with padding, expected sequences without it", n));
  }
}

/// Adds what comes past the layers of a residual connection.
Tensor sum_of(Tensor through, const Tensor& past) {
  for (std::size_t i = 0; i < through.size(); ++i) through.data()[i] += past.data()[i];
  return through;
}

}  // namespace

KeyValueCache::KeyValueCache(const Sequential& network, std::size_t capacity, std::size_t sequences)
    : network_{&network}, capacity_{capacity}, sequences_{sequences} {
  if (capacity == 0 || sequences == 0) {
    throw std::invalid_argument(
        fmt::format("nn::KeyValueCache: {} places and {} sequences, expected at least 1 of each",
                    capacity, sequences));
  }
  add_layers(network, "");
}

void KeyValueCache::add_layers(const Sequential& network, const std::string& prefix) {
  for (std::size_t i = 0; i < network.size(); ++i) {
    add_layer(network[i], fmt::format("{}{}", prefix, i + 1));
  }
}

/// Makes room for the keys and values of attention layers.
/// @param place Where the layer is, counted from 1 as in the errors of a Sequential: `3.block.1`.
void KeyValueCache::add_layer(const AnyLayer& layer, const std::string& place) {
  if (const auto* const network = layer.as<Sequential>()) return add_layers(*network, place + ".");
  if (const auto* const residual = layer.as<Residual>()) {
    add_layers(residual->block(), place + ".block.");
    return add_layers(residual->projection(), place + ".projection.");
  }
  if (const auto* const attention = layer.as<Attention>()) {
    if (!attention->is_causal()) {
      refuse(place, layer, "has no causal mask, so a new place would change the earlier ones");
    }
    keys_values_.emplace_back(Shape{sequences_, capacity_, 2 * attention->features()});
    return;
  }
  const auto check_positions = [&](std::size_t places) {
    if (places >= capacity_) return;
    refuse(place, layer,
           fmt::format("has {} places, expected at least {}, the size of the cache", places,
                       capacity_));
  };
  if (const auto* const positions = layer.as<Positions>()) {
    check_positions(positions->places());
  } else if (const auto* const waves = layer.as<SinusoidalPositions>()) {
    check_positions(waves->places());
  } else if (!is_placewise(layer)) {
    refuse(place, layer, "cannot be continued place by place");
  }
}

void KeyValueCache::check_input(const Tensor& x) const {
  if (x.rank() < 2 || x.rows() != sequences_) {
    throw std::invalid_argument(
        fmt::format("nn::KeyValueCache: input has shape {}, expected ({}, N) or ({}, N, D)",
                    to_string(x.shape()), sequences_, sequences_));
  }
  if (x.shape()[1] > capacity_ - places_) {
    throw std::invalid_argument(
        fmt::format("nn::KeyValueCache: {} places are stored and {} more were given, expected at "
                    "most {} in all",
                    places_, x.shape()[1], capacity_));
  }
}

Tensor KeyValueCache::predict(Tensor x) {
  check_input(x);
  const std::size_t new_places = x.shape()[1];
  std::size_t next = 0;  // the next attention layer
  Tensor y = run(*network_, std::move(x), next);
  places_ += new_places;
  return y;
}

Tensor KeyValueCache::run(const Sequential& network, Tensor x, std::size_t& next) {
  for (std::size_t i = 0; i < network.size(); ++i) x = run_layer(network[i], std::move(x), next);
  return x;
}

// [predict]
Tensor KeyValueCache::run_layer(const AnyLayer& layer, Tensor x, std::size_t& next) {
  if (const auto* const network = layer.as<Sequential>()) return run(*network, std::move(x), next);
  if (const auto* const residual = layer.as<Residual>()) {
    Tensor through = run(residual->block(), x, next);
    return sum_of(std::move(through), run(residual->projection(), std::move(x), next));
  }
  if (const auto* const attention = layer.as<Attention>()) {
    return attention->predict_from(places_, x, keys_values_.at(next++));
  }
  if (const auto* const positions = layer.as<Positions>()) {
    return positions->predict_from(places_, std::move(x));
  }
  if (const auto* const waves = layer.as<SinusoidalPositions>()) {
    return waves->predict_from(places_, std::move(x));
  }
  check_padding(layer, x);
  return layer.predict(std::move(x));  // a layer that acts on every place separately
}
// [/predict]

}  // namespace nn
