// The library's own kinds of layers; those of recurrent layers are in recurrent_kinds.cpp, those
// for tokens in sequence_kinds.cpp.
module;

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

module nn.layer_kinds;

import nn.activation;
import nn.convolution;
import nn.dense;
import nn.dropout;
import nn.normalization;
import nn.pooling;
import nn.random;
import nn.reshape;
import nn.residual;

namespace nn {

namespace {

using Integers = std::vector<std::int64_t>;

std::int64_t whole(std::size_t number) { return static_cast<std::int64_t>(number); }

Integers integers_of(Extent extent) { return {whole(extent.height), whole(extent.width)}; }

std::vector<std::size_t> lengths_of(Extent extent) { return {extent.height, extent.width}; }

Extent extent(const StoredLayer& stored, const char* setting) {
  const auto [height, width] = stored.sides(setting);
  return {height, width};
}

/// A kind of layer that has no settings and is a single ONNX operator with one input.
template <class L>
AnyLayerKind plain(const char* op) {
  return detail::without_type<L>(
      {.name = L{}.name(),
       .onnx = [op](OnnxGraph& graph, const L& /*layer*/) { graph.add({.op = op}); }});
}

AnyLayerKind dense() {
  return detail::without_type<Dense>(
      {.name = "Dense",
       .make =
           [](const StoredLayer& stored) {
             const Shape weights = stored.shape("weight", 2);
             return Dense{weights[0], weights[1]};
           },
       .onnx =
           [](OnnxGraph& graph, const Dense& layer) {
             const std::string weight = graph.constant("weight", layer.weights());
             const std::string bias = graph.constant("bias", layer.biases());
             if (graph.sample().rank() == 1) {  // general matrix multiplication: X W + b
               graph.add({.op = "Gemm", .inputs = {graph.last(), weight, bias}});
             } else {  // of sequences, which Gemm does not take
               graph.add({.op = "MatMul", .inputs = {graph.last(), weight}});
               graph.add({.op = "Add", .inputs = {graph.last(), bias}});
             }
           }});
}

// ---------------------------------------------------------------------------------------- images

/// The padding of an image in ONNX's order: above, left, below, right.
Integers pads(const Convolution& layer, const Shape& image) {
  const Extent each = layer.padding().each_side();
  if (!layer.padding().is_same()) {
    return {whole(each.height), whole(each.width), whole(each.height), whole(each.width)};
  }
  const Shape& kernels = layer.kernels().shape();
  const Shape output = layer.output_shape(image);
  const auto missing = [&](std::size_t axis, std::size_t stride) {
    const std::size_t reach = (output[axis] - 1) * stride + kernels[axis + 1];
    return whole(reach > image[axis] ? reach - image[axis] : 0);
  };
  const std::int64_t rows = missing(1, layer.stride().height);
  const std::int64_t columns = missing(2, layer.stride().width);
  return {rows / 2, columns / 2, rows - rows / 2, columns - columns / 2};
}

/// How a kernel or a window moves over an image.
std::vector<OnnxAttribute> moves(Extent window, Extent stride) {
  return {{"kernel_shape", integers_of(window)}, {"strides", integers_of(stride)}};
}

Convolution make_convolution(const StoredLayer& stored) {
  const Shape kernels = stored.shape("weight", 4);
  const Padding padding =
      stored.is("padding", "same") ? Padding::same() : Padding{extent(stored, "padding")};
  return Convolution{
      kernels[1],
      kernels[0],
      {.kernel = {kernels[2], kernels[3]}, .stride = extent(stored, "stride"), .padding = padding}};
}

void add_convolution(OnnxGraph& graph, const Convolution& layer) {
  const Shape& kernels = layer.kernels().shape();
  std::vector<OnnxAttribute> attributes = moves({kernels[2], kernels[3]}, layer.stride());
  attributes.push_back({"pads", pads(layer, graph.sample())});
  graph.add({.op = "Conv",
             .inputs = {graph.last(), graph.constant("weight", layer.kernels()),
                        graph.constant("bias", layer.biases())},
             .attributes = std::move(attributes)});
}

AnyLayerKind convolution() {
  return detail::without_type<Convolution>(
      {.name = "Convolution",
       .settings =
           [](const Convolution& layer) {
             const Padding padding = layer.padding();
             return LayerSettings{
                 {"stride", lengths_of(layer.stride())},
                 {"padding", padding.is_same() ? LayerSetting{"same"}
                                               : LayerSetting{lengths_of(padding.each_side())}}};
           },
       .make = make_convolution,
       .onnx = add_convolution});
}

/// MaxPool or AveragePool; ONNX has the same names.
template <class Pool>
AnyLayerKind pool(const char* name) {
  return detail::without_type<Pool>(
      {.name = name,
       .settings =
           [](const Pool& layer) {
             return LayerSettings{{"window", lengths_of(layer.window())},
                                  {"stride", lengths_of(layer.stride())}};
           },
       .make =
           [](const StoredLayer& stored) {
             return Pool{PoolOptions{.window = extent(stored, "window"),
                                     .stride = extent(stored, "stride")}};
           },
       .onnx =
           [name](OnnxGraph& graph, const Pool& layer) {
             graph.add({.op = name, .attributes = moves(layer.window(), layer.stride())});
           }});
}

AnyLayerKind reshape() {
  return detail::without_type<Reshape>(
      {.name = "Reshape",
       .settings =
           [](const Reshape& layer) {
             const std::span<const std::size_t> axes = layer.sample().axes();
             return LayerSettings{{"sample", std::vector(axes.begin(), axes.end())}};
           },
       .make = [](const StoredLayer& stored) { return Reshape{Shape{stored.lengths("sample")}}; },
       .onnx =
           [](OnnxGraph& graph, const Reshape& layer) {
             Integers shape{0};  // 0: the batch axis keeps its length
             for (const std::size_t axis : layer.sample().axes()) shape.push_back(whole(axis));
             graph.add({.op = "Reshape", .inputs = {graph.last(), graph.integers("shape", shape)}});
           }});
}

// ------------------------------------------------------------- activations, dropout, normalization

AnyLayerKind leaky_relu() {
  return detail::without_type<LeakyReLU>(
      {.name = "LeakyReLU",
       .settings = [](const LeakyReLU& layer) { return LayerSettings{{"slope", layer.slope()}}; },
       .make =
           [](const StoredLayer& stored) {
             return LeakyReLU{static_cast<real>(stored.number("slope"))};
           },
       .onnx =
           [](OnnxGraph& graph, const LeakyReLU& layer) {
             graph.add(
                 {.op = "LeakyRelu", .attributes = {{"alpha", static_cast<float>(layer.slope())}}});
           }});
}

/// x/2 (1 + erf(x / √2)). ONNX has an operator for it only since version 20.
void add_gelu(OnnxGraph& graph, const GELU& /*layer*/) {
  const std::string x = graph.last();
  const real half = real(0.5);
  graph.add({.op = "Mul", .inputs = {x, graph.constant("root_of_half", Tensor{std::sqrt(half)})}});
  graph.add({.op = "Erf"});
  graph.add({.op = "Add", .inputs = {graph.last(), graph.constant("one", Tensor{1})}});
  graph.add({.op = "Mul", .inputs = {graph.last(), x}});
  graph.add({.op = "Mul", .inputs = {graph.last(), graph.constant("half", Tensor{half})}});
}

AnyLayerKind dropout() {
  return detail::without_type<Dropout>(
      {.name = "Dropout",
       .settings = [](const Dropout& layer) { return LayerSettings{{"rate", layer.rate()}}; },
       .make =
           [](const StoredLayer& stored) {
             Random random{0};  // so further training draws other masks than the stored layer would
             return Dropout{stored.number("rate"), random};
           },
       .onnx = [](OnnxGraph& /*graph*/, const Dropout& /*layer*/) {}});  // no dropout in inference
}

AnyLayerKind batch_norm() {
  return detail::without_type<BatchNorm>(
      {.name = "BatchNorm",
       .settings =
           [](const BatchNorm& layer) {
             return LayerSettings{{"momentum", layer.options().momentum},
                                  {"epsilon", layer.options().epsilon}};
           },
       .make =
           [](const StoredLayer& stored) {
             return BatchNorm{stored.shape("weight", 1)[0],
                              {.momentum = static_cast<real>(stored.number("momentum")),
                               .epsilon = static_cast<real>(stored.number("epsilon"))}};
           },
       .onnx =
           [](OnnxGraph& graph, const BatchNorm& layer) {
             graph.add({.op = "BatchNormalization",
                        .inputs = {graph.last(), graph.constant("weight", layer.scale()),
                                   graph.constant("bias", layer.shift()),
                                   graph.constant("running_mean", layer.running_mean()),
                                   graph.constant("running_var", layer.running_variance())},
                        .attributes = {{"epsilon", static_cast<float>(layer.options().epsilon)}}});
           }});
}

AnyLayerKind layer_norm() {
  return detail::without_type<LayerNorm>(
      {.name = "LayerNorm",
       .settings =
           [](const LayerNorm& layer) {
             return LayerSettings{{"epsilon", layer.options().epsilon}};
           },
       .make =
           [](const StoredLayer& stored) {
             return LayerNorm{stored.shape("weight", 1)[0],
                              {.epsilon = static_cast<real>(stored.number("epsilon"))}};
           },
       .onnx =
           [](OnnxGraph& graph, const LayerNorm& layer) {
             graph.add({.op = "LayerNormalization",
                        .inputs = {graph.last(), graph.constant("weight", layer.scale()),
                                   graph.constant("bias", layer.shift())},
                        .attributes = {{"epsilon", static_cast<float>(layer.options().epsilon)}}});
           }});
}

/// The kind of a network inside a network.
AnyLayerKind sequential() {
  return detail::without_type<Sequential>(
      {.name = "Sequential",
       .settings = [](const Sequential& layer) { return LayerSettings{{"layers", &layer}}; },
       .make = [](const StoredLayer& stored) { return stored.network("layers"); },
       .onnx = [](OnnxGraph& graph, const Sequential& layer) { graph.add(layer); }});
}

/// The two paths of a residual connection, and their sum.
void add_residual(OnnxGraph& graph, const Residual& layer) {
  const std::string input = graph.last();
  graph.add(layer.block(), "block");
  const std::string through = graph.last();
  graph.go_back_to(input);
  graph.add(layer.projection(), "projection");
  graph.add({.op = "Add", .inputs = {graph.last(), through}});
}

AnyLayerKind residual() {
  return detail::without_type<Residual>(
      {.name = "Residual",
       .settings =
           [](const Residual& layer) {
             const bool is_projected = layer.projection().size() > 0;
             return LayerSettings{
                 {"block", &layer.block()},
                 {"projection", is_projected ? LayerSetting{&layer.projection()} : "none"}};
           },
       .make =
           [](const StoredLayer& stored) {
             return Residual{stored.network("block"), stored.is("projection", "none")
                                                          ? Sequential{}
                                                          : stored.network("projection")};
           },
       .onnx = add_residual});
}

AnyLayerKind global_average_pool() {
  return detail::without_type<GlobalAveragePool>(
      {.name = "GlobalAveragePool",
       .onnx = [](OnnxGraph& graph, const GlobalAveragePool& /*layer*/) {
         graph.add({.op = "GlobalAveragePool"});  // (B, C, 1, 1)
         graph.add({.op = "Flatten"});
       }});
}

}  // namespace

std::vector<AnyLayerKind> detail::library_kinds() {
  std::vector<AnyLayerKind> kinds{dense(),
                                  convolution(),
                                  pool<MaxPool>("MaxPool"),
                                  pool<AveragePool>("AveragePool"),
                                  global_average_pool(),
                                  reshape(),
                                  plain<Flatten>("Flatten"),
                                  plain<ReLU>("Relu"),
                                  leaky_relu(),
                                  plain<Sigmoid>("Sigmoid"),
                                  plain<Tanh>("Tanh"),
                                  detail::without_type<GELU>({.name = "GELU", .onnx = add_gelu}),
                                  plain<Softmax>("Softmax"),
                                  dropout(),
                                  batch_norm(),
                                  layer_norm(),
                                  sequential(),
                                  residual()};
  append_recurrent_kinds(kinds);
  append_sequence_kinds(kinds);
  return kinds;
}

}  // namespace nn
