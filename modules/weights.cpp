module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <range/v3/algorithm/find.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

module nn.weights;

import nn.activation;
import nn.convolution;
import nn.dense;
import nn.dropout;
import nn.files;
import nn.normalization;
import nn.random;
import nn.recurrent;
import nn.safetensors;
import nn.state;

namespace nn {

namespace {

using Json = nlohmann::ordered_json;
using std::filesystem::path;

constexpr const char* layers_key = "nn.layers";
constexpr const char* version_key = "nn.version";

/// What is wrong with a file, to be told with its name.
struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// ------------------------------------------------------------------- layers and their settings

// Each layer's settings, and how it is made of them. What the shapes of its tensors tell does not
// stand in the settings again: so a file cannot contradict itself, and no claim of a size can ask
// for more memory than the file has bytes.

Json to_json(Extent extent) { return {extent.height, extent.width}; }

/// A layer as a file describes it.
class Description {
 public:
  Description(const Safetensors& contents, const Json& layer, std::string prefix, std::size_t depth)
      : contents_{&contents}, layer_{&layer}, prefix_{std::move(prefix)}, depth_{depth} {}

  /// The length of an axis of one of the layer's tensors.
  [[nodiscard]] std::size_t axis(const char* tensor, std::size_t index, std::size_t rank) const {
    const std::string name = prefix_ + tensor;
    const StoredTensor* const stored = contents_->find(name);
    if (stored == nullptr) throw Fault(fmt::format("'{}' is missing", name));
    const std::vector<std::size_t>& shape = stored->shape;
    if (shape.size() != rank || ranges::find(shape, std::size_t{0}) != shape.end()) {
      throw Fault(fmt::format("'{}' has shape {}, expected {} axes of 1 or more", name,
                              to_string(shape), rank));
    }
    return shape[index];
  }

  [[noreturn]] void refuse_rows(const char* tensor, std::size_t expected) const {
    throw Fault(fmt::format("'{}{}' has {} rows, expected {}", prefix_, tensor, axis(tensor, 0, 2),
                            expected));
  }

  /// One of the layer's settings.
  [[nodiscard]] const Json& setting(const char* key) const {
    const auto found = layer_->find(key);
    if (found == layer_->end()) throw Fault(fmt::format("layer {} has no {}", place(), key));
    return *found;
  }

  [[nodiscard]] double number(const char* key) const {
    const Json& value = setting(key);
    if (!value.is_number()) refuse(key, value, "a number");
    return value.get<double>();
  }

  [[nodiscard]] bool truth(const char* key) const {
    const Json& value = setting(key);
    if (!value.is_boolean()) refuse(key, value, "true or false");
    return value.get<bool>();
  }

  /// Lengths, each small enough that sums and products of a few of them do not overflow.
  [[nodiscard]] std::vector<std::size_t> lengths(const char* key) const {
    constexpr std::size_t largest = 1U << 20U;
    const Json& list = setting(key);
    const auto is_length = [](const Json& value) {
      return value.is_number_unsigned() && value.get<std::size_t>() <= largest;
    };
    if (!list.is_array() || list.empty() || list.size() >= Shape::max_rank ||
        !std::ranges::all_of(list, is_length)) {
      refuse(key, list, fmt::format("up to three whole numbers, at most {}", largest));
    }
    return list.get<std::vector<std::size_t>>();
  }

  [[nodiscard]] Extent extent(const char* key) const {
    const std::vector<std::size_t> sides = lengths(key);
    if (sides.size() != 2) refuse(key, setting(key), "two whole numbers");
    return {sides[0], sides[1]};
  }

  /// The layers of a network inside the network.
  [[nodiscard]] Sequential network(const char* key) const;

 private:
  [[nodiscard]] std::string_view place() const {
    return std::string_view{prefix_}.substr(0, prefix_.size() - 1);
  }

  [[noreturn]] void refuse(const char* key, const Json& value, std::string_view expected) const {
    constexpr std::size_t most = 40;
    std::string text = value.dump(-1, ' ', true);
    if (text.size() > most) text = text.substr(0, most) + "…";
    throw Fault(fmt::format("layer {}: {} is {}, expected {}", place(), key, text, expected));
  }

  const Safetensors* contents_;
  const Json* layer_;
  std::string prefix_;  // of the names of its tensors: `2.`
  std::size_t depth_;   // of networks around the layer's own
};

/// What stands in a file of a kind of layer. Where nothing else is said, the name alone.
template <class L>
struct Kind {
  static std::string name() { return L{}.name(); }
  static Json settings(const L& /*layer*/) { return Json::object(); }
  static L make(const Description& /*file*/) { return L{}; }
};

template <>
struct Kind<Dense> {
  static std::string name() { return "Dense"; }
  static Json settings(const Dense& /*layer*/) { return Json::object(); }
  static Dense make(const Description& file) {
    return Dense{file.axis("weight", 1, 2), file.axis("weight", 0, 2)};
  }
};

template <>
struct Kind<Convolution> {
  static std::string name() { return "Convolution"; }
  static Json settings(const Convolution& layer) {
    const Padding padding = layer.padding();
    return {{"stride", to_json(layer.stride())},
            {"padding", padding.is_same() ? Json("same") : to_json(padding.each_side())}};
  }
  static Convolution make(const Description& file) {
    const auto axis = [&](std::size_t index) { return file.axis("weight", index, 4); };
    const bool same = file.setting("padding") == "same";
    return Convolution{axis(1),
                       axis(0),
                       {.kernel = {axis(2), axis(3)},
                        .stride = file.extent("stride"),
                        .padding = same ? Padding::same() : Padding{file.extent("padding")}}};
  }
};

template <class Pool>
struct PoolKind {
  static Json settings(const Pool& layer) {
    return {{"window", to_json(layer.window())}, {"stride", to_json(layer.stride())}};
  }
  static Pool make(const Description& file) {
    return Pool{PoolOptions{.window = file.extent("window"), .stride = file.extent("stride")}};
  }
};
template <>
struct Kind<MaxPool> : PoolKind<MaxPool> {
  static std::string name() { return "MaxPool"; }
};
template <>
struct Kind<AveragePool> : PoolKind<AveragePool> {
  static std::string name() { return "AveragePool"; }
};

template <>
struct Kind<Reshape> {
  static std::string name() { return "Reshape"; }
  static Json settings(const Reshape& layer) {
    const std::span<const std::size_t> axes = layer.sample().axes();
    return {{"sample", std::vector(axes.begin(), axes.end())}};
  }
  static Reshape make(const Description& file) { return Reshape{Shape{file.lengths("sample")}}; }
};

template <>
struct Kind<LeakyReLU> {
  static std::string name() { return "LeakyReLU"; }
  static Json settings(const LeakyReLU& layer) { return {{"slope", layer.slope()}}; }
  static LeakyReLU make(const Description& file) {
    return LeakyReLU{static_cast<real>(file.number("slope"))};
  }
};

template <>
struct Kind<Dropout> {
  static std::string name() { return "Dropout"; }
  static Json settings(const Dropout& layer) { return {{"rate", layer.rate()}}; }
  static Dropout make(const Description& file) {
    Random random{0};  // who trains on draws other masks than before: those of a new start
    return Dropout{file.number("rate"), random};
  }
};

template <>
struct Kind<BatchNorm> {
  static std::string name() { return "BatchNorm"; }
  static Json settings(const BatchNorm& layer) {
    return {{"momentum", layer.options().momentum}, {"epsilon", layer.options().epsilon}};
  }
  static BatchNorm make(const Description& file) {
    return BatchNorm{file.axis("weight", 0, 1),
                     {.momentum = static_cast<real>(file.number("momentum")),
                      .epsilon = static_cast<real>(file.number("epsilon"))}};
  }
};

template <>
struct Kind<LayerNorm> {
  static std::string name() { return "LayerNorm"; }
  static Json settings(const LayerNorm& layer) { return {{"epsilon", layer.options().epsilon}}; }
  static LayerNorm make(const Description& file) {
    return LayerNorm{file.axis("weight", 0, 1),
                     {.epsilon = static_cast<real>(file.number("epsilon"))}};
  }
};

template <class Layer, std::size_t blocks>
struct RecurrentKind {
  static Json settings(const Layer& layer) { return {{"sequence", layer.is_sequence()}}; }
  static Layer make(const Description& file) {
    const std::size_t outputs = file.axis("weight_hh_l0", 1, 2);
    for (const char* const weight : {"weight_ih_l0", "weight_hh_l0"}) {
      if (file.axis(weight, 0, 2) != blocks * outputs) file.refuse_rows(weight, blocks * outputs);
    }
    return Layer{file.axis("weight_ih_l0", 1, 2), outputs, {.sequence = file.truth("sequence")}};
  }
};
template <>
struct Kind<Recurrent> : RecurrentKind<Recurrent, 1> {
  static std::string name() { return "Recurrent"; }
};
template <>
struct Kind<GRU> : RecurrentKind<GRU, 3> {
  static std::string name() { return "GRU"; }
};
template <>
struct Kind<LSTM> : RecurrentKind<LSTM, 4> {
  static std::string name() { return "LSTM"; }
};

Json layers_of(const Sequential& network);

template <>
struct Kind<Sequential> {
  static std::string name() { return "Sequential"; }
  static Json settings(const Sequential& layer) { return {{"layers", layers_of(layer)}}; }
  static Sequential make(const Description& file) { return file.network("layers"); }
};

/// A kind of layer by its name in a file.
struct NamedKind {
  std::string name;
  void (*push)(Sequential& network, const Description& file);
};

template <class L>
NamedKind kind() {
  return {.name = Kind<L>::name(), .push = [](Sequential& network, const Description& file) {
            network.push(Kind<L>::make(file));
          }};
}

const NamedKind* find_kind(std::string_view name) {
  static const std::array kinds{kind<Dense>(),       kind<Convolution>(), kind<MaxPool>(),
                                kind<AveragePool>(), kind<Reshape>(),     kind<Flatten>(),
                                kind<ReLU>(),        kind<LeakyReLU>(),   kind<Sigmoid>(),
                                kind<Tanh>(),        kind<Softmax>(),     kind<Dropout>(),
                                kind<BatchNorm>(),   kind<LayerNorm>(),   kind<Recurrent>(),
                                kind<GRU>(),         kind<LSTM>(),        kind<Sequential>()};
  for (const NamedKind& kind : kinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

/// `[{"type": "Dense"}, {"type": "ReLU"}, …]`. Of a layer that is not the library's, its own name.
Json layers_of(const Sequential& network) {
  const std::vector<std::string> names = network.layer_names();
  Json layers = Json::array();
  for (std::size_t i = 0; i < network.size(); ++i) {
    Json layer{{"type", names[i]}};
    detail::visit_layer(network, i, [&]<class L>(const L& known) {
      layer["type"] = Kind<L>::name();
      layer.update(Kind<L>::settings(known));
    });
    layers.push_back(std::move(layer));
  }
  return layers;
}

Sequential make_network(const Safetensors& contents, const Json& layers, const std::string& prefix,
                        std::size_t depth) {
  constexpr std::size_t deepest = 8;  // networks within networks
  if (!layers.is_array() || layers.empty() || depth > deepest) {
    throw Fault(fmt::format("the layers of '{}' are no list of layers", prefix));
  }
  Sequential network;
  for (const Json& layer : layers) {
    const std::string name = prefix + std::to_string(network.size());
    const bool typed = layer.is_object() && layer.contains("type") && layer["type"].is_string();
    if (!typed) throw Fault(fmt::format("layer {} has no type", name));
    const auto type = layer["type"].get<std::string>();
    const NamedKind* const known = find_kind(type);
    if (known == nullptr) {
      throw Fault(
          fmt::format("layer {} is {}, which is not a layer of this library: make the "
                      "network and use nn::load_weights",
                      name, detail::shown(type)));
    }
    known->push(network, Description{contents, layer, name + ".", depth});
  }
  return network;
}

Sequential Description::network(const char* key) const {
  return make_network(*contents_, setting(key), prefix_, depth_ + 1);
}

// -------------------------------------------------------------------------- tensors and their
// names

/// A tensor of a network, and how it stands in a file.
struct Entry {
  std::string name;
  Tensor* value;
  /// Of one whose two parts PyTorch keeps apart, the name of the second: read, it is added;
  /// written, it is zeros.
  std::string second{};

  /// A matrix X W is stored as PyTorch has it, (outputs, inputs).
  [[nodiscard]] bool is_transposed() const { return value->rank() == 2; }

  [[nodiscard]] std::vector<std::size_t> shape() const {
    const std::span<const std::size_t> axes = value->shape().axes();
    std::vector<std::size_t> stored(axes.begin(), axes.end());
    if (is_transposed()) std::swap(stored[0], stored[1]);
    return stored;
  }
};

Tensor transpose(const Tensor& matrix) {
  Tensor result = Tensor::uninitialized(Shape{matrix.columns(), matrix.rows()});
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.columns(); ++j) result(j, i) = matrix(i, j);
  }
  return result;
}

/// The tensors of a network under the names that PyTorch gives them.
std::vector<Entry> entries_of(Sequential& network) {
  const std::vector<State> states = network.state();
  const auto has = [&](const std::string& name) {
    return ranges::find(states, name, &State::name) != states.end();
  };
  std::vector<Entry> entries;
  for (const State& state : states) {
    if (!std::holds_alternative<Tensor*>(state.value)) continue;
    const std::size_t dot = state.name.rfind('.') + 1;
    const std::string prefix = state.name.substr(0, dot);
    std::string name = state.name.substr(dot);
    std::string second;
    if (has(prefix + "weight_input")) {  // a recurrent layer
      if (name == "bias" && !has(prefix + "bias_hidden")) second = prefix + "bias_hh_l0";
      static const std::map<std::string, std::string> recurrent{{"weight_input", "weight_ih_l0"},
                                                                {"weight_hidden", "weight_hh_l0"},
                                                                {"bias", "bias_ih_l0"},
                                                                {"bias_hidden", "bias_hh_l0"}};
      name = recurrent.at(name);
    }
    entries.push_back({.name = prefix + name,
                       .value = std::get<Tensor*>(state.value),
                       .second = std::move(second)});
  }
  return entries;
}

/// The values that a file holds for an entry, as the network has them.
Tensor value_of(const Entry& entry, const Safetensors& contents) {
  const auto read = [&](const std::string& name) {
    const StoredTensor* const stored = contents.find(name);
    if (stored == nullptr) throw Fault(fmt::format("'{}' is missing", name));
    if (stored->shape != entry.shape()) {
      throw Fault(fmt::format("'{}' has shape {}, expected {}", name, to_string(stored->shape),
                              to_string(entry.shape())));
    }
    return stored->tensor();
  };
  Tensor value = read(entry.name);
  if (!entry.second.empty()) {
    const Tensor second = read(entry.second);
    for (std::size_t i = 0; i < value.size(); ++i) value.data()[i] += second.data()[i];
  }
  return entry.is_transposed() ? transpose(value) : value;
}

/// Gives the network what the file holds; nothing, if not everything fits.
void fill(Sequential& network, const Safetensors& contents) {
  const std::vector<Entry> entries = entries_of(network);
  std::vector<Tensor> values;
  values.reserve(entries.size());
  for (const Entry& entry : entries) values.push_back(value_of(entry, contents));
  for (const StoredTensor& stored : contents.tensors) {
    const bool known = std::ranges::any_of(entries, [&](const Entry& entry) {
      return entry.name == stored.name || entry.second == stored.name;
    });
    if (!known && !stored.name.ends_with(".num_batches_tracked")) {
      throw Fault(fmt::format("{} is one too many: the network has no such tensor",
                              detail::shown(stored.name)));
    }
  }
  for (std::size_t i = 0; i < entries.size(); ++i) *entries[i].value = std::move(values[i]);
}

/// Reads a file and makes something of it; what is wrong is told with the file's name.
template <class Use>
auto use_file(std::string_view owner, const path& file, const Use& use) {
  const Safetensors contents = read_safetensors(owner, file);
  const auto told = [&](const std::exception& error) {
    return std::runtime_error(fmt::format("nn::{}: {}: {}", owner, file.string(), error.what()));
  };
  try {
    return use(contents);
  } catch (const std::runtime_error& error) {
    throw told(error);
  } catch (const std::invalid_argument& error) {  // a layer that refuses its settings
    throw told(error);
  }
}

Json parse_layers(const Safetensors& contents) {
  const auto found = contents.metadata.find(layers_key);
  if (contents.metadata.contains("nn.checkpoint")) {
    throw Fault(
        "is the checkpoint of a training: let Trainer::fit go on from it, and save the network "
        "then");
  }
  if (found == contents.metadata.end()) {
    throw Fault("holds tensors but no layers: make the network and use nn::load_weights");
  }
  // What is nested deeper than any network is refused: to show it in an error would recurse.
  constexpr int deepest = 100;
  const auto is_flat = [](int depth, Json::parse_event_t /*event*/, const Json& /*value*/) {
    if (depth > deepest) throw Fault("its list of layers is nested too deeply");
    return true;
  };
  try {
    return Json::parse(found->second, is_flat);
  } catch (const Json::parse_error&) {
    throw Fault("its list of layers is no JSON");
  } catch (const Json::out_of_range&) {
    throw Fault("its list of layers has a number that is too large");
  }
}

}  // namespace

void save_network(const path& file, const Sequential& network) {
  if (network.size() == 0) throw std::invalid_argument("nn::save_network: there are no layers");
  Safetensors contents;
  contents.metadata = {{layers_key, layers_of(network).dump()},
                       {version_key, std::string{version()}}};
  Sequential copy = network;  // tells where its tensors stand, as one that is const cannot
  for (const Entry& entry : entries_of(copy)) {
    contents.tensors.push_back(StoredTensor::of(
        entry.name, entry.is_transposed() ? transpose(*entry.value) : *entry.value));
    if (!entry.second.empty()) {
      contents.tensors.push_back(StoredTensor::of(entry.second, Tensor{entry.value->shape()}));
    }
  }
  write_safetensors("save_network", file, contents);
}

Sequential load_network(const path& file) {
  return use_file("load_network", file, [](const Safetensors& contents) {
    Sequential network = make_network(contents, parse_layers(contents), "", 0);
    fill(network, contents);
    return network;
  });
}

void load_weights(const path& file, Sequential& network) {
  use_file("load_weights", file, [&](const Safetensors& contents) { fill(network, contents); });
}

}  // namespace nn
