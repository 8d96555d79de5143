module;

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

module nn.layer_kinds;

import nn.text;

namespace nn {

namespace {

/// The list of kinds, initially those of the library. It only grows at the end, so pointers to
/// kinds stay valid.
std::deque<AnyLayerKind>& all_kinds() {
  static std::deque<AnyLayerKind> kinds = [] {
    std::vector<AnyLayerKind> own = detail::library_kinds();
    return std::deque<AnyLayerKind>(std::move_iterator{own.begin()}, std::move_iterator{own.end()});
  }();
  return kinds;
}

template <class Matches>
const AnyLayerKind* find(const Matches& matches) {
  const std::deque<AnyLayerKind>& kinds = all_kinds();
  const auto found = std::ranges::find_if(kinds, matches);
  return found == kinds.end() ? nullptr : &*found;
}

/// A name with a prefix, for a part of something larger.
TensorName within(std::string_view prefix, const TensorName& name) {
  const auto longer = [&](const std::string& part) { return std::string{prefix} + part; };
  return {.own = longer(name.own),
          .stored = longer(name.stored),
          .plus = name.plus.empty() ? "" : longer(name.plus),
          .is_table = name.is_table};
}

/// The name in a file of a tensor of a layer, or of a network that is part of the layer.
TensorName name_in_layer(const AnyLayer& layer, std::string_view tensor) {
  const AnyLayerKind* const kind = find_layer_kind(layer);
  if (kind == nullptr) return {.own = std::string{tensor}, .stored = std::string{tensor}};
  for (const auto& [setting, value] : kind->settings(layer)) {
    const auto* const part = std::get_if<const Sequential*>(&value);
    const std::string prefix = part_prefix(setting);
    if (part == nullptr || !tensor.starts_with(prefix)) continue;
    const std::string_view rest = tensor.substr(prefix.size());
    const std::optional<std::size_t> index = layer_number(rest);
    if (index && *index < (*part)->size()) return within(prefix, stored_name(**part, rest));
  }
  return kind->tensor_name(tensor);
}

}  // namespace

TensorName AnyLayerKind::tensor_name(std::string_view tensor) const {
  const auto found = std::ranges::find(tensor_names, tensor, &TensorName::own);
  if (found != tensor_names.end()) return *found;
  return {.own = std::string{tensor}, .stored = std::string{tensor}};
}

std::optional<std::size_t> layer_number(std::string_view tensor) {
  std::size_t number = 0;
  const char* const end = std::to_address(tensor.end());  // an iterator need not be a pointer
  const auto [stop, error] = std::from_chars(std::to_address(tensor.begin()), end, number);
  if (error != std::errc{} || stop == end || *stop != '.') return std::nullopt;
  return number;
}

TensorName stored_name(const Sequential& network, std::string_view tensor) {
  const std::optional<std::size_t> index = layer_number(tensor);
  if (!index) {
    throw std::invalid_argument(
        fmt::format("nn::stored_name: {} does not begin with a layer number", in_quotes(tensor)));
  }
  const std::size_t rest = tensor.find('.') + 1;
  return within(tensor.substr(0, rest), name_in_layer(network[*index], tensor.substr(rest)));
}

std::string part_prefix(std::string_view setting) {
  return setting == "layers" ? "" : std::string{setting} + ".";
}

const AnyLayerKind* find_layer_kind(const AnyLayer& layer) {
  return find([&](const AnyLayerKind& kind) { return *kind.type == layer.type(); });
}

const AnyLayerKind* find_layer_kind(std::string_view name) {
  return find([&](const AnyLayerKind& kind) { return kind.name == name; });
}

void detail::refuse_kind(std::string_view name, std::string_view what) {
  throw std::invalid_argument(fmt::format("nn::register_layer: {} {}", in_quotes(name), what));
}

void detail::add_layer_kind(AnyLayerKind kind) {
  if (kind.name.empty()) {
    throw std::invalid_argument(
        "nn::register_layer: the name is empty, expected the name that files use");
  }
  if (const auto* known = find([&](const auto& other) { return *other.type == *kind.type; })) {
    refuse_kind(kind.name, fmt::format("has a type that is already registered, as {}",
                                       in_quotes(known->name)));
  }
  if (find_layer_kind(kind.name) != nullptr) {
    refuse_kind(kind.name, "is already the name of another kind of layer: choose a different one");
  }
  all_kinds().push_back(std::move(kind));
}

}  // namespace nn
