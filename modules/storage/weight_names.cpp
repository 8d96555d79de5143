// Names of tensors in the files of other programs: renaming them, and suggesting a renaming.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.weights;

import nn.text;

namespace nn {

namespace {

using Shapes = std::map<std::string, std::vector<std::size_t>>;  // by the last part of a name

/// The tensors of a layer: those whose names agree up to the last dot.
struct Group {
  std::string name;
  Shapes shapes;
};

std::vector<Group> groups_of(std::span<const detail::NamedShape> tensors) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> places;
  for (const detail::NamedShape& tensor : tensors) {
    const std::size_t dot = tensor.name.rfind('.');
    const std::string name = dot == std::string::npos ? "" : tensor.name.substr(0, dot);
    const std::string last = dot == std::string::npos ? tensor.name : tensor.name.substr(dot + 1);
    if (last == "num_batches_tracked") continue;
    const auto [place, is_new] = places.try_emplace(name, groups.size());
    if (is_new) groups.push_back({.name = name, .shapes = {}});
    groups[place->second].shapes[last] = tensor.shape;
  }
  return groups;
}

using Renaming = std::vector<std::pair<std::string, std::string>>;

/// Shortens a renaming: `features=` instead of `features.0=0`, `features.3=3` and so on.
Renaming shortened(Renaming renaming) {
  const auto& [from, to] = renaming.front();
  if (!from.ends_with("." + to)) return renaming;
  const std::string head = from.substr(0, from.size() - to.size());
  const auto fits = [&](const auto& pair) { return pair.first == head + pair.second; };
  if (!std::ranges::all_of(renaming, fits)) return renaming;
  return {{head.substr(0, head.size() - 1), ""}};
}

/// Matches each layer of the network with the first layer of the file that has tensors of the same
/// shapes.
/// @return Empty if a layer of the network has no match.
Renaming fitting(std::span<const detail::NamedShape> file,
                 std::span<const detail::NamedShape> wanted) {
  std::vector<Group> stored = groups_of(file);
  Renaming renaming;
  for (const Group& layer : groups_of(wanted)) {
    const auto found = std::ranges::find(stored, layer.shapes, &Group::shapes);
    if (found == stored.end()) return {};
    renaming.emplace_back(found->name, layer.name);
    stored.erase(found);
  }
  return renaming.empty() ? renaming : shortened(std::move(renaming));
}

}  // namespace

namespace detail {

std::vector<NamedShape> tensors_of(const Safetensors& contents) {
  std::vector<NamedShape> tensors;
  tensors.reserve(contents.tensors.size());
  for (const StoredTensor& stored : contents.tensors) {
    tensors.push_back({.name = stored.name, .shape = stored.shape});
  }
  return tensors;
}

std::string quoted_names(std::span<const NamedShape> tensors) {
  constexpr std::size_t most = 8;
  if (tensors.empty()) return "no tensors";
  std::string text;
  for (std::size_t i = 0; i < std::min(most, tensors.size()); ++i) {
    text += (i == 0 ? "" : ", ") + in_quotes(tensors[i].name);
  }
  const std::size_t left = tensors.size() - std::min(most, tensors.size());
  return left == 0 ? text : text + fmt::format(" and {} more", left);
}

std::string naming_advice(std::span<const NamedShape> file, std::span<const NamedShape> wanted) {
  const std::string advice =
      fmt::format("the file has {}; rename them with LoadOptions::rename (predict --rename)",
                  quoted_names(file));
  const Renaming renaming = fitting(file, wanted);
  if (renaming.empty()) return advice + ", such as fc1=0";
  constexpr std::size_t most = 8;
  std::string pairs;
  for (std::size_t i = 0; i < std::min(most, renaming.size()); ++i) {
    pairs += (i == 0 ? "" : ", ") + in_quotes(renaming[i].first + "=" + renaming[i].second);
  }
  return fmt::format("{}; judging by the shapes, {}{} would fit", advice, pairs,
                     renaming.size() > most ? ", …" : "");
}

void rename(Safetensors& contents, const std::map<std::string, std::string>& renaming) {
  const std::vector<NamedShape> file = tensors_of(contents);
  std::set<std::string> used;
  const auto begins = [](std::string_view name, std::string_view part) {
    return part.empty() || name == part ||
           (name.starts_with(part) && name.substr(part.size()).starts_with('.'));
  };
  std::map<std::string, std::string> before;  // maps new names to old ones
  for (StoredTensor& tensor : contents.tensors) {
    const std::pair<const std::string, std::string>* best = nullptr;
    for (const auto& pair : renaming) {
      const bool longer = best == nullptr || pair.first.size() > best->first.size();
      if (longer && begins(tensor.name, pair.first)) best = &pair;
    }
    std::string name = tensor.name;
    if (best != nullptr) {
      const auto& [from, to] = *best;
      used.insert(from);
      std::string rest = name.substr(from.size());
      if (to.empty() && rest.starts_with('.')) rest.erase(0, 1);
      if (from.empty() && !to.empty()) rest.insert(0, ".");
      name = to + rest;
    }
    const auto [place, is_new] = before.try_emplace(name, tensor.name);
    if (!is_new) {
      throw std::runtime_error(fmt::format("{} and {} would both be renamed to {}",
                                           in_quotes(place->second), in_quotes(tensor.name),
                                           in_quotes(name)));
    }
    tensor.name = std::move(name);
  }
  for (const auto& [from, to] : renaming) {
    if (used.contains(from)) continue;
    throw std::runtime_error(
        fmt::format("there is nothing to rename: no tensor's name begins with {}; the file has {}",
                    in_quotes(from), quoted_names(file)));
  }
}

}  // namespace detail

}  // namespace nn
