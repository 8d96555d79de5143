// The kinds of recurrent layers, which PyTorch and ONNX store in two different ways.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

module nn.layer_kinds;

import nn.matmul;
import nn.recurrent;

namespace nn {

namespace {

using Integers = std::vector<std::int64_t>;

/// How the three layers differ in a file.
struct Gates {
  const char* op;                  ///< The ONNX operator.
  std::vector<std::size_t> order;  ///< Block i of ONNX's gates is block order[i] of ours.
  std::vector<OnnxAttribute> attributes{};
};

// ------------------------------------------------------------------------------------------
// PyTorch

/// PyTorch's names. Its layers have two biases, one for x W and one for h′ U; ours have one, except
/// the GRU.
std::vector<TensorName> names(bool has_hidden_bias) {
  std::vector<TensorName> names{{.own = "weight_input", .stored = "weight_ih_l0"},
                                {.own = "weight_hidden", .stored = "weight_hh_l0"}};
  if (has_hidden_bias) {
    names.push_back({.own = "bias", .stored = "bias_ih_l0"});
    names.push_back({.own = "bias_hidden", .stored = "bias_hh_l0"});
  } else {
    names.push_back({.own = "bias", .stored = "bias_ih_l0", .plus = "bias_hh_l0"});
  }
  return names;
}

template <class L>
L make(const StoredLayer& stored, std::size_t blocks) {
  const std::size_t outputs = stored.shape("weight_hidden", 2)[0];
  for (const TensorName& name : names(false)) {
    if (name.own == "bias") continue;
    const std::size_t columns = stored.shape(name.own, 2)[1];
    if (columns == blocks * outputs) continue;
    throw std::runtime_error(fmt::format("'{}.{}' has {} rows, expected {}", stored.place(),
                                         name.stored, columns, blocks * outputs));
  }
  return L{stored.shape("weight_input", 2)[0], outputs, {.sequence = stored.truth("sequence")}};
}

// ---------------------------------------------------------------------------------------------
// ONNX

// ONNX has the weights transposed, the blocks of the gates in a different order, and an additional
// first axis, of length 1 (2 for bidirectional layers).

/// (D, k H) becomes (1, k H, D).
Tensor reordered(const Tensor& weights, const std::vector<std::size_t>& order) {
  const Tensor rows = transpose(weights);
  const std::size_t block = rows.size() / order.size();
  Tensor result{Shape{1, rows.rows(), rows.columns()}};
  auto place = result.values().begin();
  for (const std::size_t from : order) {
    place = std::ranges::copy(rows.values().subspan(from * block, block), place).out;
  }
  return result;
}

/// b and b_u, one after the other: (1, 2 k H).
Tensor joined(const Tensor& input, const Tensor& hidden, const std::vector<std::size_t>& order) {
  Tensor result{Shape{1, 2 * input.size()}};
  auto place = result.values().begin();
  for (const Tensor* const bias : {&input, &hidden}) {
    const Tensor column = reordered(bias->reshaped(Shape{1, bias->size()}), order);
    place = std::ranges::copy(column.values(), place).out;
  }
  return result;
}

void add(OnnxGraph& graph, const Recurrence& layer, const Gates& gates) {
  const Tensor no_bias{layer.bias().shape()};
  const Tensor& bias_hidden = layer.bias_hidden().empty() ? no_bias : layer.bias_hidden();
  std::vector<OnnxAttribute> attributes = gates.attributes;
  attributes.push_back({"hidden_size", static_cast<std::int64_t>(layer.outputs())});
  const bool sequence = layer.is_sequence();
  // ONNX has the steps on the first axis, and outputs all states, (T, 1, B, H), and the last,
  // (1, B, H).
  graph.add({.op = "Transpose", .attributes = {{"perm", Integers{1, 0, 2}}}});
  graph.add(
      {.op = gates.op,
       .inputs = {graph.last(), graph.constant("W", reordered(layer.weight_input(), gates.order)),
                  graph.constant("R", reordered(layer.weight_hidden(), gates.order)),
                  graph.constant("B", joined(layer.bias(), bias_hidden, gates.order))},
       .attributes = std::move(attributes),
       .output = sequence ? std::size_t{0} : std::size_t{1}});
  if (sequence) {
    graph.add({.op = "Transpose", .attributes = {{"perm", Integers{2, 1, 0, 3}}}, .name = "back"});
  }
  const std::int64_t directions = sequence ? 1 : 0;
  graph.add(
      {.op = "Squeeze", .inputs = {graph.last(), graph.integers("axes", Integers{directions})}});
}

template <class L>
AnyLayerKind kind(const char* name, bool has_hidden_bias, const Gates& gates) {
  return detail::without_type<L>(
      {.name = name,
       .settings = [](const L& layer) { return LayerSettings{{"sequence", layer.is_sequence()}}; },
       .make = [blocks = gates.order.size()](
                   const StoredLayer& stored) { return make<L>(stored, blocks); },
       .tensor_names = names(has_hidden_bias),
       .onnx = [gates](OnnxGraph& graph, const L& layer) { add(graph, layer, gates); }});
}

}  // namespace

void detail::append_recurrent_kinds(std::vector<AnyLayerKind>& kinds) {
  kinds.push_back(kind<Recurrent>("Recurrent", false, {.op = "RNN", .order = {0}}));
  // Our order is r, z, n and ONNX's is z, r, n; the reset comes after the product h′ U.
  kinds.push_back(kind<GRU>(
      "GRU", true,
      {.op = "GRU", .order = {1, 0, 2}, .attributes = {{"linear_before_reset", std::int64_t{1}}}}));
  // Our order is i, f, g, o and ONNX's is i, o, f, g.
  kinds.push_back(kind<LSTM>("LSTM", false, {.op = "LSTM", .order = {0, 3, 1, 2}}));
}

}  // namespace nn
