// The kinds of layers for sequences of tokens: embedding, positions and attention.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

module nn.layer_kinds;

import nn.attention;
import nn.embedding;

namespace nn {

namespace {

using Integers = std::vector<std::int64_t>;

std::int64_t integer(std::size_t number) { return static_cast<std::int64_t>(number); }

/// A table has the same layout in PyTorch, unlike the weights of a product.
std::vector<TensorName> table() {
  return {{.own = "weight", .stored = "weight", .is_table = true}};
}

// -------------------------------------------------------------------------------------- embedding

void add_embedding(OnnxGraph& graph, const Embedding& layer) {
  if (layer.padding()) {
    throw std::invalid_argument(fmt::format(
        "nn::export_onnx: no ONNX export for {} with padding, because the graph would have no "
        "padding masks: export a network without it, for sequences of one length",
        layer.name()));
  }
  constexpr std::int64_t int64 = 7;  // ONNX's number for the type
  const std::string tokens = graph.add({.op = "Cast", .attributes = {{"to", int64}}});
  graph.add({.op = "Gather", .inputs = {graph.constant("weight", layer.table()), tokens}});
}

AnyLayerKind embedding() {
  return detail::without_type<Embedding>(
      {.name = "Embedding",
       .settings =
           [](const Embedding& layer) {
             const std::optional<std::size_t> padding = layer.padding();
             return LayerSettings{
                 {"padding", padding ? LayerSetting{*padding} : LayerSetting{"none"}}};
           },
       .make =
           [](const StoredLayer& stored) {
             const Shape shape = stored.shape("weight", 2);
             EmbeddingOptions options;
             if (!stored.is("padding", "none")) options.padding = stored.whole("padding");
             return Embedding{shape[0], shape[1], options};
           },
       .tensor_names = table(),
       .onnx = add_embedding});
}

// -------------------------------------------------------------------------------------- positions

/// Adds the rows of the places that the samples of the graph have.
void add_positions(OnnxGraph& graph, const Tensor& table) {
  graph.add({.op = "Add",
             .inputs = {graph.last(), graph.constant("weight", table.rows(0, graph.sample()[0]))}});
}

AnyLayerKind positions() {
  return detail::without_type<Positions>(
      {.name = "Positions",
       .make =
           [](const StoredLayer& stored) {
             const Shape shape = stored.shape("weight", 2);
             return Positions{shape[0], shape[1]};
           },
       .tensor_names = table(),
       .onnx = [](OnnxGraph& graph,
                  const Positions& layer) { add_positions(graph, layer.table()); }});
}

/// The table is computed, not stored, so the file must not be able to ask for any amount of memory.
SinusoidalPositions make_sinusoidal(const StoredLayer& stored) {
  constexpr std::size_t largest = std::size_t{1} << 22U;
  const auto [places, features] = stored.sides("shape");
  if (places * features > largest) {
    throw std::runtime_error(
        fmt::format("the layer at index {}: shape is [{},{}], expected at most {} numbers",
                    stored.place(), places, features, largest));
  }
  return SinusoidalPositions{places, features};
}

AnyLayerKind sinusoidal_positions() {
  return detail::without_type<SinusoidalPositions>(
      {.name = "SinusoidalPositions",
       .settings =
           [](const SinusoidalPositions& layer) {
             return LayerSettings{{"shape", std::vector{layer.places(), layer.features()}}};
           },
       .make = make_sinusoidal,
       .onnx = [](OnnxGraph& graph,
                  const SinusoidalPositions& layer) { add_positions(graph, layer.table()); }});
}

// -------------------------------------------------------------------------------------- attention

Attention make_attention(const StoredLayer& stored) {
  const Shape in = stored.shape("weight_in", 2);
  const Shape out = stored.shape("weight_out", 2);
  if (out[0] != out[1] || in != Shape{out[0], 3 * out[0]}) {
    throw std::runtime_error(
        fmt::format("'{}.in_proj_weight' has shape ({}, {}) and 'out_proj.weight' ({}, {}), "
                    "expected (3 D, D) and (D, D)",
                    stored.place(), in[1], in[0], out[1], out[0]));
  }
  return Attention{out[0], {.heads = stored.whole("heads"), .causal = stored.truth("causal")}};
}

/// D consecutive columns of a matrix, or D values of a vector: those of the queries (part 0), the
/// keys (1) or the values (2).
Tensor part_of(const Tensor& tensor, std::size_t part, std::size_t D) {
  const std::size_t rows = tensor.rank() == 2 ? tensor.rows() : 1;
  Tensor result{tensor.rank() == 2 ? Shape{rows, D} : Shape{D}};
  for (std::size_t i = 0; i < rows; ++i) {
    std::copy_n(tensor.data() + (3 * i + part) * D, D, result.data() + i * D);
  }
  return result;
}

/// 0 where a place may look, and so little elsewhere that softmax makes it 0.
Tensor causal_mask(std::size_t T) {
  Tensor mask{Shape{T, T}};
  for (std::size_t i = 0; i < T; ++i) {
    for (std::size_t j = i + 1; j < T; ++j) mask(i, j) = real(-1e30);
  }
  return mask;
}

/// x W + b.
std::string add_product(OnnxGraph& graph, const std::string& x, const std::string& name,
                        const Tensor& weight, const Tensor& bias) {
  const std::string product = graph.add(
      {.op = "MatMul", .inputs = {x, graph.constant("weight_" + name, weight)}, .name = name});
  return graph.add(
      {.op = "Add", .inputs = {product, graph.constant("bias_" + name, bias)}, .name = name});
}

void add_attention(OnnxGraph& graph, const Attention& layer) {
  const std::size_t T = graph.sample()[0];
  const std::size_t D = layer.features();
  const std::size_t d = D / layer.heads();
  const std::string x = graph.last();
  const std::string heads =
      graph.integers("heads", Integers{0, integer(T), integer(layer.heads()), integer(d)});
  /// (B, T, D) as (B, H, T, d), or the last two axes swapped.
  const auto part = [&](std::size_t index, const std::string& name, const Integers& axes) {
    const std::string rows = add_product(graph, x, name, part_of(layer.weight_in(), index, D),
                                         part_of(layer.bias_in(), index, D));
    const std::string split = graph.add({.op = "Reshape", .inputs = {rows, heads}, .name = name});
    return graph.add(
        {.op = "Transpose", .inputs = {split}, .attributes = {{"perm", axes}}, .name = name});
  };
  const std::string q = part(0, "q", {0, 2, 1, 3});
  const std::string k = part(1, "k", {0, 2, 3, 1});
  const std::string v = part(2, "v", {0, 2, 1, 3});
  graph.add({.op = "MatMul", .inputs = {q, k}});
  const real scale = 1 / std::sqrt(static_cast<real>(d));
  graph.add({.op = "Mul", .inputs = {graph.last(), graph.constant("scale", Tensor{scale})}});
  if (layer.is_causal()) {
    graph.add({.op = "Add", .inputs = {graph.last(), graph.constant("mask", causal_mask(T))}});
  }
  const std::string p = graph.add({.op = "Softmax", .attributes = {{"axis", std::int64_t{-1}}}});
  graph.add({.op = "MatMul", .inputs = {p, v}});
  graph.add({.op = "Transpose", .attributes = {{"perm", Integers{0, 2, 1, 3}}}});
  const std::string context = graph.add(
      {.op = "Reshape",
       .inputs = {graph.last(), graph.integers("places", Integers{0, integer(T), integer(D)})}});
  add_product(graph, context, "out", layer.weight_out(), layer.bias_out());
}

AnyLayerKind attention() {
  return detail::without_type<Attention>(
      {.name = "Attention",
       .settings =
           [](const Attention& layer) {
             return LayerSettings{{"heads", layer.heads()}, {"causal", layer.is_causal()}};
           },
       .make = make_attention,
       .tensor_names = {{.own = "weight_in", .stored = "in_proj_weight"},
                        {.own = "bias_in", .stored = "in_proj_bias"},
                        {.own = "weight_out", .stored = "out_proj.weight"},
                        {.own = "bias_out", .stored = "out_proj.bias"}},
       .onnx = add_attention});
}

}  // namespace

void detail::append_sequence_kinds(std::vector<AnyLayerKind>& kinds) {
  kinds.push_back(embedding());
  kinds.push_back(positions());
  kinds.push_back(sinusoidal_positions());
  kinds.push_back(attention());
}

}  // namespace nn
