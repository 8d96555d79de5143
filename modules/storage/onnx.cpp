module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <protozero/pbf_builder.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

module nn.onnx;

import nn.files;
import nn.layer_kinds;
import nn.safetensors;

namespace nn {

namespace {

using protozero::pbf_builder;
using protozero::pbf_tag_type;

// ------------------------------------------------------------------------------------ the format

// An ONNX file is one Protocol Buffers message: fields with a number and a value, which may again
// be a message. These are the messages of onnx.proto, from the outermost to the innermost, with the
// fields that we write. (Upper and lower case are as in onnx.proto.)

// NOLINTBEGIN(readability-identifier-naming)
enum class ModelProto : pbf_tag_type {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  graph = 7,
  opset_import = 8
};
enum class OperatorSetIdProto : pbf_tag_type { version = 2 };
enum class GraphProto : pbf_tag_type {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12
};
enum class NodeProto : pbf_tag_type { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
enum class AttributeProto : pbf_tag_type { name = 1, f = 2, i = 3, s = 4, ints = 8, type = 20 };
namespace AttributeType {
constexpr std::int32_t FLOAT = 1;
constexpr std::int32_t INT = 2;
constexpr std::int32_t STRING = 3;
constexpr std::int32_t INTS = 7;
}  // namespace AttributeType
enum class TensorProto : pbf_tag_type {
  dims = 1,
  data_type = 2,
  float_data = 4,
  int64_data = 7,
  name = 8
};
namespace DataType {
constexpr std::int32_t FLOAT = 1;
constexpr std::int32_t INT64 = 7;
}  // namespace DataType
enum class ValueInfoProto : pbf_tag_type { name = 1, type = 2 };
enum class TypeProto : pbf_tag_type { tensor_type = 1 };
enum class TypeProtoTensor : pbf_tag_type { elem_type = 1, shape = 2 };
enum class TensorShapeProto : pbf_tag_type { dim = 1 };
enum class Dimension : pbf_tag_type { dim_value = 1, dim_param = 2 };
// NOLINTEND(readability-identifier-naming)

constexpr std::int64_t operators_version = 17;
constexpr std::int64_t format_version = 8;  // of the ONNX release that introduced the operators
constexpr std::size_t largest_file = (std::size_t{1} << 31U) - 1;  // in bytes, as any message

using Integers = std::vector<std::int64_t>;

Integers whole(const Shape& shape) {
  const std::span<const std::size_t> axes = shape.axes();
  return {axes.begin(), axes.end()};
}

void write(pbf_builder<AttributeProto>& attribute, float number) {
  attribute.add_enum(AttributeProto::type, AttributeType::FLOAT);
  attribute.add_float(AttributeProto::f, number);
}

void write(pbf_builder<AttributeProto>& attribute, std::int64_t number) {
  attribute.add_enum(AttributeProto::type, AttributeType::INT);
  attribute.add_int64(AttributeProto::i, number);
}

void write(pbf_builder<AttributeProto>& attribute, const std::string& text) {
  attribute.add_enum(AttributeProto::type, AttributeType::STRING);
  attribute.add_string(AttributeProto::s, text);
}

void write(pbf_builder<AttributeProto>& attribute, const Integers& numbers) {
  attribute.add_enum(AttributeProto::type, AttributeType::INTS);
  for (const std::int64_t number : numbers) attribute.add_int64(AttributeProto::ints, number);
}

void write(pbf_builder<NodeProto>& node, const OnnxAttribute& attribute) {
  pbf_builder<AttributeProto> message{node, NodeProto::attribute};
  message.add_string(AttributeProto::name, attribute.name);
  std::visit([&](const auto& value) { write(message, value); }, attribute.value);
}

/// A node; its output has the node's own name.
void write(pbf_builder<GraphProto>& graph, const OnnxNode& node, const std::string& name) {
  pbf_builder<NodeProto> message{graph, GraphProto::node};
  message.add_string(NodeProto::op_type, node.op);
  message.add_string(NodeProto::name, name);
  for (const std::string& input : node.inputs) message.add_string(NodeProto::input, input);
  for (std::size_t i = 0; i < node.output; ++i) message.add_string(NodeProto::output, "");
  message.add_string(NodeProto::output, name);
  for (const OnnxAttribute& attribute : node.attributes) write(message, attribute);
}

void write(pbf_builder<TensorProto>& tensor, const Tensor& values) {
  tensor.add_int32(TensorProto::data_type, DataType::FLOAT);
  for (const std::int64_t length : whole(values.shape())) {
    tensor.add_int64(TensorProto::dims, length);
  }
  std::vector<float> floats(values.size());
  std::ranges::transform(values.values(), floats.begin(),
                         [](auto value) { return static_cast<float>(value); });
  tensor.add_packed_float(TensorProto::float_data, floats.begin(), floats.end());
}

void write(pbf_builder<TensorProto>& tensor, const Integers& values) {
  tensor.add_int32(TensorProto::data_type, DataType::INT64);
  tensor.add_int64(TensorProto::dims, static_cast<std::int64_t>(values.size()));
  tensor.add_packed_int64(TensorProto::int64_data, values.begin(), values.end());
}

void write(pbf_builder<GraphProto>& graph, const OnnxConstant& constant) {
  pbf_builder<TensorProto> message{graph, GraphProto::initializer};
  message.add_string(TensorProto::name, constant.name);
  std::visit([&](const auto& values) { write(message, values); }, constant.values);
}

/// The network's input or output: (batch, …).
void write(pbf_builder<GraphProto>& graph, GraphProto field, const char* name,
           const Shape& sample) {
  pbf_builder<ValueInfoProto> value{graph, field};
  value.add_string(ValueInfoProto::name, name);
  pbf_builder<TypeProto> type{value, ValueInfoProto::type};
  pbf_builder<TypeProtoTensor> tensor{type, TypeProto::tensor_type};
  tensor.add_int32(TypeProtoTensor::elem_type, DataType::FLOAT);
  pbf_builder<TensorShapeProto> shape{tensor, TypeProtoTensor::shape};
  pbf_builder<Dimension>{shape, TensorShapeProto::dim}.add_string(Dimension::dim_param, "batch");
  for (const std::int64_t length : whole(sample)) {
    pbf_builder<Dimension>{shape, TensorShapeProto::dim}.add_int64(Dimension::dim_value, length);
  }
}

/// The whole graph. Its output is that of the last node.
/// @param input The shape of the network's samples.
/// @param output The shape of the network's output for one sample.
std::string graph_bytes(OnnxGraph graph, const Shape& input, const Shape& output) {
  if (graph.nodes().empty()) graph.add({.op = "Identity"});
  std::string bytes;
  pbf_builder<GraphProto> message{bytes};
  for (const OnnxConstant& constant : graph.constants()) write(message, constant);
  for (const OnnxNode& node : graph.nodes()) {
    write(message, node, &node == &graph.nodes().back() ? "output" : node.name);
  }
  message.add_string(GraphProto::name, "network");
  write(message, GraphProto::input, "input", input);
  write(message, GraphProto::output, "output", output);
  return bytes;
}

}  // namespace

void export_onnx(const std::filesystem::path& file, const Sequential& network,
                 const Shape& sample) {
  if (sample.rank() == 0 || sample.rank() == Shape::max_rank) {
    throw std::invalid_argument(
        fmt::format("nn::export_onnx: the sample has {} axes, expected 1 to 3", sample.rank()));
  }
  if (network.parameter_count() > largest_file / sizeof(float)) {
    throw std::invalid_argument(fmt::format(
        "nn::export_onnx: the network has {} parameters, but an ONNX file holds at most "
        "{} bytes",
        network.parameter_count(), largest_file));
  }
  const Shape output = network.output_shape(sample);
  OnnxGraph graph{sample};
  graph.add(network);

  std::string bytes;
  pbf_builder<ModelProto> model{bytes};
  model.add_int64(ModelProto::ir_version, format_version);
  model.add_string(ModelProto::producer_name, "nn");
  model.add_string(ModelProto::producer_version, std::string{version()});
  model.add_message(ModelProto::graph, graph_bytes(std::move(graph), sample, output));
  pbf_builder<OperatorSetIdProto>{model, ModelProto::opset_import}.add_int64(
      OperatorSetIdProto::version, operators_version);
  write_whole("export_onnx", file, bytes);
}

}  // namespace nn
