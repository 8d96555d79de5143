module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

module nn.weights;

import nn.files;
import nn.layer_kinds;
import nn.matmul;
import nn.text;

namespace nn {

namespace {

using std::filesystem::path;

constexpr const char* layers_key = "nn.layers";
constexpr const char* version_key = "nn.version";

/// A tensor of a network, and its name in a file.
struct Entry {
  TensorName name;
  Tensor* value;

  /// Matrices are stored as in PyTorch: the W of X W as (outputs, inputs).
  [[nodiscard]] bool is_transposed() const { return value->rank() == 2 && !name.is_table; }

  [[nodiscard]] std::vector<std::size_t> shape() const {
    const std::span<const std::size_t> axes = value->shape().axes();
    std::vector<std::size_t> stored(axes.begin(), axes.end());
    if (is_transposed()) std::swap(stored[0], stored[1]);
    return stored;
  }
};

std::vector<Entry> entries_of(Sequential& network) {
  std::vector<Entry> entries;
  for (const State& state : network.state()) {
    if (const auto* const tensor = std::get_if<Tensor*>(&state.value)) {
      entries.push_back({.name = stored_name(network, state.name), .value = *tensor});
    }
  }
  return entries;
}

std::vector<StoredTensor> stored_tensors(const std::vector<Entry>& entries) {
  std::vector<StoredTensor> tensors;
  for (const Entry& entry : entries) {
    const auto& [own, stored, plus, is_table] = entry.name;
    const Tensor& value = *entry.value;
    tensors.push_back(StoredTensor::of(stored, entry.is_transposed() ? transpose(value) : value));
    if (!plus.empty()) tensors.push_back(StoredTensor::of(plus, Tensor{value.shape()}));
  }
  std::set<std::string> names;
  for (const StoredTensor& tensor : tensors) {
    if (names.insert(tensor.name).second) continue;
    throw std::invalid_argument(fmt::format(
        "nn::save_network: two tensors are called {}: give the layer a state() in which "
        "each has its own name",
        in_quotes(tensor.name)));
  }
  return tensors;
}

/// Which tensors of a file are loaded, and which tensors of the network they belong to.
class Part {
 public:
  explicit Part(LoadOptions options)
      : options_{std::move(options)}, to_{options_.to.value_or(options_.first)} {
    if (options_.first <= options_.last) return;
    throw std::invalid_argument(fmt::format(
        "nn::load_weights: first is {} and last is {}, expected first to be at most last",
        options_.first, options_.last));
  }

  [[nodiscard]] bool is_everything() const {
    return options_.first == 0 && options_.last == LoadOptions::end && to_ == 0 &&
           options_.prefix.empty();
  }

  /// Whether a tensor of the file is loaded.
  [[nodiscard]] bool takes(std::string_view name) const {
    if (!name.starts_with(options_.prefix)) return false;
    if (options_.first == 0 && options_.last == LoadOptions::end) return true;
    const std::optional<std::size_t> layer = layer_number(name.substr(options_.prefix.size()));
    return layer && options_.first <= *layer && *layer < options_.last;
  }

  /// The name in the file of a tensor of the network; nothing if it is not in this part.
  [[nodiscard]] std::optional<TensorName> name_in_file(const TensorName& name) const {
    const std::size_t layer = layer_number(name.own).value_or(0);
    if (layer < to_ || layer - to_ >= options_.last - options_.first) return std::nullopt;
    const auto moved = [&](const std::string& tensor) {
      return tensor.empty() ? ""
                            : fmt::format("{}{}{}", options_.prefix, layer - to_ + options_.first,
                                          tensor.substr(tensor.find('.')));
    };
    return TensorName{.own = name.own,
                      .stored = moved(name.stored),
                      .plus = moved(name.plus),
                      .is_table = name.is_table};
  }

 private:
  LoadOptions options_;
  std::size_t to_;
};

/// Rejects values with which the network could not compute anything: NaN, infinity, or a negative
/// variance.
void check_values(const StoredTensor& stored, const Tensor& value) {
  const bool is_variance = stored.name.ends_with(".running_var");
  const auto fits = [=](real x) { return std::isfinite(x) && !(is_variance && x < 0); };
  const auto values = value.values();
  const auto wrong = std::ranges::find_if_not(values, fits);
  if (wrong == values.end()) return;
  throw std::runtime_error(fmt::format(
      "'{}' has the value {} at index {}, expected {}", stored.name, unsigned_nan(*wrong),
      wrong - values.begin(), is_variance ? "finite numbers, 0 or more" : "finite numbers"));
}

/// The values in a file for an entry, in the layout of the network.
Tensor value_of(const Entry& entry, const Safetensors& contents) {
  const auto read = [&](const std::string& name) {
    const StoredTensor* const stored = contents.find(name);
    if (stored == nullptr) throw std::runtime_error(fmt::format("'{}' is missing", name));
    if (stored->shape != entry.shape()) {
      throw std::runtime_error(fmt::format("'{}' has shape {}, expected {}", name,
                                           to_string(stored->shape), to_string(entry.shape())));
    }
    Tensor value = stored->tensor();
    check_values(*stored, value);
    return value;
  };
  Tensor value = read(entry.name.stored);
  if (!entry.name.plus.empty()) {
    const Tensor second = read(entry.name.plus);
    for (std::size_t i = 0; i < value.size(); ++i) value.data()[i] += second.data()[i];
  }
  return entry.is_transposed() ? transpose(value) : value;
}

/// The tensors of a file that the network does not use.
/// @throws std::runtime_error if one of them is in the part that is loaded.
std::vector<std::string> skipped(const Safetensors& contents, const std::vector<Entry>& used,
                                 const Part& part) {
  std::set<std::string> names;
  for (const Entry& entry : used) names.insert({entry.name.stored, entry.name.plus});
  std::vector<std::string> skipped;
  for (const StoredTensor& stored : contents.tensors) {
    if (names.contains(stored.name)) continue;
    if (part.takes(stored.name) && !stored.name.ends_with(".num_batches_tracked")) {
      throw std::runtime_error(fmt::format("{} is in the file, but the network has no such tensor",
                                           in_quotes(stored.name)));
    }
    skipped.push_back(stored.name);
  }
  return skipped;
}

/// Checks that the file has all names that the network needs; if not, the error says what to do.
/// @param file Its tensors with their original names; in the contents they may be renamed.
void check_names(Sequential& network, const Safetensors& contents,
                 std::span<const detail::NamedShape> file, const Part& part) {
  std::vector<detail::NamedShape> wanted;
  for (const auto& [name, value] : entries_of(network)) {
    const std::optional<TensorName> in_file = part.name_in_file(name);
    if (!in_file) continue;
    const Entry entry{.name = *in_file, .value = value};
    wanted.push_back({.name = in_file->stored, .shape = entry.shape()});
    if (!in_file->plus.empty()) wanted.push_back({.name = in_file->plus, .shape = entry.shape()});
  }
  for (const detail::NamedShape& tensor : wanted) {
    if (contents.find(tensor.name) != nullptr) continue;
    throw std::runtime_error(fmt::format("{} is missing; {}", in_quotes(tensor.name),
                                         detail::naming_advice(file, wanted)));
  }
}

/// Loads the values of the file into the network; if not everything fits, it loads nothing.
LoadReport fill(Sequential& network, const Safetensors& contents, const Part& part) {
  LoadReport report;
  std::vector<Entry> entries;
  for (const auto& [name, value] : entries_of(network)) {
    const std::optional<TensorName> in_file = part.name_in_file(name);
    (in_file ? report.loaded : report.untouched).push_back(name.own);
    if (in_file) entries.push_back({.name = *in_file, .value = value});
  }
  std::vector<Tensor> values;
  values.reserve(entries.size());
  for (const Entry& entry : entries) values.push_back(value_of(entry, contents));
  report.skipped = skipped(contents, entries, part);
  if (values.empty() && !part.is_everything()) {
    throw std::runtime_error(
        fmt::format("the file has no tensors for the chosen layers of the network; it has {}",
                    detail::quoted_names(detail::tensors_of(contents))));
  }
  for (std::size_t i = 0; i < entries.size(); ++i) *entries[i].value = std::move(values[i]);
  return report;
}

/// The list of layers in a file's metadata.
const std::string& layers_of(const Safetensors& contents) {
  if (contents.metadata.contains("nn.checkpoint")) {
    throw std::runtime_error(
        "the file is a training checkpoint, not a network: resume it with Trainer::fit, then save "
        "the network");
  }
  const auto found = contents.metadata.find(layers_key);
  if (found == contents.metadata.end()) {
    throw std::runtime_error(
        fmt::format("the file has tensors ({}) but no list of layers: build the network and use "
                    "nn::load_weights (predict --layers)",
                    detail::quoted_names(detail::tensors_of(contents))));
  }
  return found->second;
}

}  // namespace

void save_network(const path& file, const Sequential& network) {
  if (network.size() == 0)
    throw std::invalid_argument("nn::save_network: the network has no layers");
  Sequential copy = network;  // because state() is not const
  const Safetensors contents{.metadata = {{layers_key, detail::layers_text(network)},
                                          {version_key, std::string{version()}}},
                             .tensors = stored_tensors(entries_of(copy))};
  write_safetensors("save_network", file, contents);
}

Sequential load_network(const path& file) {
  const Safetensors contents = read_safetensors("load_network", file);
  return naming_file("load_network", file, [&] {
    Sequential network = detail::make_layers(contents, layers_of(contents));
    fill(network, contents, Part{{}});
    return network;
  });
}

LoadReport load_weights(const path& file, Sequential& network, const LoadOptions& options) {
  const Part part{options};
  Safetensors contents = read_safetensors("load_weights", file);
  return naming_file("load_weights", file, [&] {
    const std::vector<detail::NamedShape> stored = detail::tensors_of(contents);
    detail::rename(contents, options.rename);
    check_names(network, contents, stored, part);
    return fill(network, contents, part);
  });
}

}  // namespace nn
