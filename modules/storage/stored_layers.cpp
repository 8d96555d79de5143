// The list of layers in a file: JSON in the metadata, one object with type and settings per layer.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

module nn.weights;

import nn.layer_kinds;
import nn.text;

namespace nn {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char* type_key = "type";

OrderedJson layers_of(const Sequential& network);

OrderedJson to_json(const LayerSetting& setting) {
  return std::visit(
      []<class T>(const T& value) {
        if constexpr (std::is_same_v<T, const Sequential*>) {
          return layers_of(*value);
        } else {
          return OrderedJson(value);
        }
      },
      setting);
}

/// `{"type": "LeakyReLU", "slope": 0.1}`. For an unregistered layer the type is the layer's name;
/// if that is also the name of a kind, it gets a suffix, so that load_network() does not confuse
/// them.
OrderedJson layer_of(const AnyLayer& layer) {
  const AnyLayerKind* const kind = find_layer_kind(layer);
  if (kind == nullptr) {
    const std::string name = layer.name();
    return {{type_key, find_layer_kind(name) == nullptr ? name : name + " (not registered)"}};
  }
  OrderedJson stored{{type_key, kind->name}};
  for (const auto& [name, setting] : kind->settings(layer)) {
    if (stored.contains(name)) {
      throw std::invalid_argument(
          fmt::format("nn::save_network: {} has a setting called {}, a reserved name", kind->name,
                      in_quotes(name)));
    }
    stored[name] = to_json(setting);
  }
  return stored;
}

/// `[{"type": "Dense"}, {"type": "ReLU"}, …]`.
OrderedJson layers_of(const Sequential& network) {
  OrderedJson layers = OrderedJson::array();
  for (std::size_t i = 0; i < network.size(); ++i) layers.push_back(layer_of(network[i]));
  return layers;
}

// Settings do not repeat what the shapes of the tensors say. So a file cannot contradict itself,
// and the sizes in it cannot make the library allocate more memory than the file is long.

Sequential make_network(const Safetensors& contents, const OrderedJson& layers,
                        const std::string& prefix, std::size_t depth);

/// A layer in the list of layers of a file.
class LayerInFile final : public StoredLayer {
 public:
  /// @param prefix The prefix of its tensors' names: `2.`.
  /// @param depth How many networks its own network is nested in.
  LayerInFile(const Safetensors& contents, const OrderedJson& layer, const AnyLayerKind& kind,
              std::string prefix, std::size_t depth)
      : contents_{&contents},
        layer_{&layer},
        kind_{&kind},
        prefix_{std::move(prefix)},
        depth_{depth} {}

  [[nodiscard]] std::string place() const override { return prefix_.substr(0, prefix_.size() - 1); }

  [[nodiscard]] bool truth(std::string_view setting) const override {
    const OrderedJson& value = find(setting);
    if (!value.is_boolean()) refuse(setting, value, "true or false");
    return value.get<bool>();
  }

  [[nodiscard]] double number(std::string_view setting) const override {
    const OrderedJson& value = find(setting);
    if (!value.is_number()) refuse(setting, value, "a number");
    return value.get<double>();
  }

  [[nodiscard]] std::size_t whole(std::string_view setting) const override {
    const OrderedJson& value = find(setting);
    if (!is_length(value)) {
      refuse(setting, value, fmt::format("a whole number, at most {}", largest));
    }
    return value.get<std::size_t>();
  }

  [[nodiscard]] std::string text(std::string_view setting) const override {
    const OrderedJson& value = find(setting);
    if (!value.is_string()) refuse(setting, value, "text");
    return value.get<std::string>();
  }

  [[nodiscard]] bool is(std::string_view setting, std::string_view text) const override {
    return find(setting) == text;
  }

  [[nodiscard]] std::vector<std::size_t> lengths(std::string_view setting) const override {
    const OrderedJson& list = find(setting);
    if (!list.is_array() || list.empty() || list.size() >= Shape::max_rank ||
        !std::ranges::all_of(list, is_length)) {
      refuse(setting, list, fmt::format("up to three whole numbers, at most {}", largest));
    }
    return list.get<std::vector<std::size_t>>();
  }

  [[nodiscard]] std::array<std::size_t, 2> sides(std::string_view setting) const override {
    const std::vector<std::size_t> sides = lengths(setting);
    if (sides.size() != 2) refuse(setting, find(setting), "two whole numbers");
    return {sides[0], sides[1]};
  }

  [[nodiscard]] Sequential network(std::string_view setting) const override {
    return make_network(*contents_, find(setting), prefix_ + part_prefix(setting), depth_ + 1);
  }

  [[nodiscard]] Shape shape(std::string_view tensor, std::size_t rank) const override {
    const TensorName name_in_layer = kind_->tensor_name(tensor);
    const std::string name = prefix_ + name_in_layer.stored;
    const StoredTensor* const stored = contents_->find(name);
    if (stored == nullptr) throw std::runtime_error(fmt::format("'{}' is missing", name));
    std::vector<std::size_t> axes = stored->shape;
    if (axes.size() != rank || std::ranges::find(axes, std::size_t{0}) != axes.end()) {
      throw std::runtime_error(fmt::format("'{}' has shape {}, expected {} axes of 1 or more", name,
                                           to_string(axes), rank));
    }
    if (rank == 2 && !name_in_layer.is_table) std::swap(axes[0], axes[1]);
    return Shape{axes};
  }

 private:
  static constexpr std::size_t largest = 1U << 20U;

  static bool is_length(const OrderedJson& value) {
    return value.is_number_unsigned() && value.get<std::size_t>() <= largest;
  }

  [[nodiscard]] const OrderedJson& find(std::string_view setting) const {
    const auto found = layer_->find(setting);
    if (found == layer_->end()) {
      throw std::runtime_error(
          fmt::format("the entry of the layer at index {} has no {}", place(), setting));
    }
    return *found;
  }

  [[noreturn]] void refuse(std::string_view setting, const OrderedJson& value,
                           std::string_view expected) const {
    constexpr std::size_t most = 40;
    std::string text = value.dump(-1, ' ', true);
    if (text.size() > most) text = text.substr(0, most) + "…";
    throw std::runtime_error(fmt::format("the layer at index {}: {} is {}, expected {}", place(),
                                         setting, text, expected));
  }

  const Safetensors* contents_;
  const OrderedJson* layer_;
  const AnyLayerKind* kind_;
  std::string prefix_;
  std::size_t depth_;
};

/// The kind that an entry of the list names.
/// @param place Of the layer, for the error.
const AnyLayerKind& kind_of(const OrderedJson& layer, const std::string& place) {
  const bool typed = layer.is_object() && layer.contains(type_key) && layer[type_key].is_string();
  if (!typed) {
    throw std::runtime_error(fmt::format(
        "the entry of the layer at index {} has no type, expected text such as 'ReLU'", place));
  }
  const auto type = layer[type_key].get<std::string>();
  if (const AnyLayerKind* const kind = find_layer_kind(type)) return *kind;
  throw std::runtime_error(fmt::format(
      "the layer at index {} is {}, which is neither a layer of this library nor registered: use "
      "nn::register_layer, or build the network and use nn::load_weights",
      place, in_quotes(type)));
}

Sequential make_network(const Safetensors& contents, const OrderedJson& layers,
                        const std::string& prefix, std::size_t depth) {
  constexpr std::size_t deepest = 8;  // networks within networks
  if (depth > deepest) {
    throw std::runtime_error(fmt::format(
        "its list of layers is nested too deeply: more than {} networks within networks", deepest));
  }
  if (!layers.is_array() || layers.empty()) {
    throw std::runtime_error(fmt::format("the layers of {} are not a list of 1 or more layers",
                                         prefix.empty() ? "the network" : in_quotes(prefix)));
  }
  Sequential network;
  for (const OrderedJson& layer : layers) {
    const std::string place = fmt::format("{}{}", prefix, network.size());
    const AnyLayerKind& kind = kind_of(layer, place);
    kind.push(network, LayerInFile{contents, layer, kind, place + ".", depth});
  }
  return network;
}

OrderedJson parse_layers(const std::string& text) {
  // Reject text that is nested more deeply than any network, because quoting it in an error would
  // recurse.
  constexpr int deepest = 100;
  const auto is_flat = [](int depth, OrderedJson::parse_event_t /*event*/,
                          const OrderedJson& /*value*/) {
    if (depth > deepest) {
      throw std::runtime_error(
          "its list of layers is nested too deeply: more than 100 levels of JSON");
    }
    return true;
  };
  try {
    return OrderedJson::parse(text, is_flat);
  } catch (const OrderedJson::parse_error&) {
    throw std::runtime_error("its list of layers is not valid JSON");
  } catch (const OrderedJson::out_of_range&) {
    throw std::runtime_error(
        "its list of layers has a number that is too large, expected at most 1.8e308");
  }
}

}  // namespace

std::string detail::layers_text(const Sequential& network) { return layers_of(network).dump(); }

Sequential detail::make_layers(const Safetensors& contents, const std::string& text) {
  return make_network(contents, parse_layers(text), "", 0);
}

}  // namespace nn
