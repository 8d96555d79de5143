// The graph to which every kind of layer adds its nodes. onnx.cpp writes it to a file.
module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.layer_kinds;

namespace nn {

/// A unique name in the graph.
std::string OnnxGraph::unique(std::string_view name) {
  const std::string first = fmt::format("{}{}", place_, name);
  std::string unique = first;
  for (std::size_t i = 2; !names_.insert(unique).second; ++i)
    unique = fmt::format("{}_{}", first, i);
  return unique;
}

std::string OnnxGraph::constant(std::string_view name, Tensor values) {
  constants_.push_back({.name = unique(name), .values = std::move(values)});
  return constants_.back().name;
}

std::string OnnxGraph::integers(std::string_view name, std::vector<std::int64_t> values) {
  constants_.push_back({.name = unique(name), .values = std::move(values)});
  return constants_.back().name;
}

std::string OnnxGraph::add(OnnxNode node) {
  if (node.inputs.empty()) node.inputs = {last()};
  node.name = unique(node.name.empty() ? node.op : node.name);
  last_ = node.name;
  nodes_.push_back(std::move(node));
  return last_;
}

void OnnxGraph::add(const Sequential& network, std::string_view part) {
  const std::string outer_place = place_;
  const Shape outer_sample = sample_;
  const std::string place = part.empty() ? place_ : fmt::format("{}{}.", place_, part);
  for (std::size_t i = 0; i < network.size(); ++i) {
    const AnyLayer& layer = network[i];
    const AnyLayerKind* const kind = find_layer_kind(layer);
    if (kind == nullptr || !kind->onnx) {
      throw std::invalid_argument(
          fmt::format("nn::export_onnx: no ONNX export for {}: {}", layer.name(),
                      kind == nullptr ? "register it with nn::register_layer and set .onnx"
                                      : "set .onnx where it is registered"));
    }
    place_ = fmt::format("{}{}.", place, i);
    kind->onnx(*this, layer);
    sample_ = layer.output_shape(sample_);
  }
  place_ = outer_place;
  sample_ = outer_sample;
}

}  // namespace nn
