module;

#include <fmt/core.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <protozero/pbf_builder.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

module nn.onnx;

import nn.activation;
import nn.convolution;
import nn.dense;
import nn.dropout;
import nn.files;
import nn.layer;
import nn.normalization;
import nn.recurrent;
import nn.safetensors;
import nn.weights;

namespace nn {

namespace {

using protozero::pbf_builder;
using protozero::pbf_tag_type;

// ------------------------------------------------------------------------------------ the format

// An ONNX file is one message of Protocol Buffers: fields, each a number and a value, and a value
// may be a message again. Here are the messages of onnx.proto, from the outermost in, with the
// fields that we write. (Upper case and lower case are theirs.)

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
enum class AttributeProto : pbf_tag_type { name = 1, f = 2, i = 3, ints = 8, type = 20 };
namespace AttributeType {
constexpr std::int32_t FLOAT = 1;
constexpr std::int32_t INT = 2;
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
constexpr std::int64_t format_version = 8;  // that of the ONNX release that brought the operators
constexpr std::size_t largest_file = (std::size_t{1} << 31U) - 1;  // in bytes, as any message

using Ints = std::vector<std::int64_t>;

struct Attribute {
  const char* name;
  std::variant<float, std::int64_t, Ints> value;
};

/// One operator. Its first input is the output of the node before it, the rest are constants.
struct Node {
  std::string op;
  std::vector<std::string> constants{};
  std::vector<Attribute> attributes{};
  std::size_t output = 0;  ///< Which of the operator's outputs is used.
  std::string name{};      ///< In its layer; that of the operator if there is none.
};

std::int64_t whole(std::size_t number) { return static_cast<std::int64_t>(number); }

Ints whole(const Shape& shape) {
  Ints axes(shape.rank());
  for (std::size_t axis = 0; axis < axes.size(); ++axis) axes[axis] = whole(shape[axis]);
  return axes;
}

Ints whole(Extent extent) { return {whole(extent.height), whole(extent.width)}; }

void write(pbf_builder<AttributeProto>& attribute, float number) {
  attribute.add_enum(AttributeProto::type, AttributeType::FLOAT);
  attribute.add_float(AttributeProto::f, number);
}

void write(pbf_builder<AttributeProto>& attribute, std::int64_t number) {
  attribute.add_enum(AttributeProto::type, AttributeType::INT);
  attribute.add_int64(AttributeProto::i, number);
}

void write(pbf_builder<AttributeProto>& attribute, const Ints& numbers) {
  attribute.add_enum(AttributeProto::type, AttributeType::INTS);
  for (const std::int64_t number : numbers) attribute.add_int64(AttributeProto::ints, number);
}

void write(pbf_builder<NodeProto>& node, const Attribute& attribute) {
  pbf_builder<AttributeProto> message{node, NodeProto::attribute};
  message.add_string(AttributeProto::name, attribute.name);
  std::visit([&](const auto& value) { write(message, value); }, attribute.value);
}

/// A node, with the name of what it gets; what it gives has the node's own name.
void write(pbf_builder<GraphProto>& graph, const Node& node, const std::string& input) {
  pbf_builder<NodeProto> message{graph, GraphProto::node};
  message.add_string(NodeProto::op_type, node.op);
  message.add_string(NodeProto::name, node.name);
  message.add_string(NodeProto::input, input);
  for (const std::string& name : node.constants) message.add_string(NodeProto::input, name);
  for (std::size_t i = 0; i < node.output; ++i) message.add_string(NodeProto::output, "");
  message.add_string(NodeProto::output, node.name);
  for (const Attribute& attribute : node.attributes) write(message, attribute);
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

// ------------------------------------------------------------------------------------- the graph

/// A row of nodes, and the constants that they need.
class Graph {
 public:
  /// From here on it is the turn of another layer.
  /// @param place What its names begin with: `0.`, in a network inside the network `2.0.`.
  /// @param sample The shape of what it gets, without the batch.
  void enter(std::string place, const Shape& sample) {
    place_ = std::move(place);
    sample_ = sample;
  }

  [[nodiscard]] const Shape& sample() const { return sample_; }

  void add(Node node) {
    node.name = place_ + (node.name.empty() ? node.op : node.name);
    nodes_.push_back(std::move(node));
  }

  /// Writes numbers that the network has learned.
  /// @return Their name, for the node that needs them.
  [[nodiscard]] std::string constant(std::string_view name, const Tensor& tensor) {
    std::vector<float> floats(tensor.size());
    std::ranges::transform(tensor.values(), floats.begin(),
                           [](auto value) { return static_cast<float>(value); });
    return constant(name, whole(tensor.shape()), DataType::FLOAT, [&](auto& message) {
      message.add_packed_float(TensorProto::float_data, floats.begin(), floats.end());
    });
  }

  /// Writes whole numbers, axes or a shape.
  /// @return Their name.
  [[nodiscard]] std::string constant(std::string_view name, const Ints& values) {
    return constant(name, {whole(values.size())}, DataType::INT64, [&](auto& message) {
      message.add_packed_int64(TensorProto::int64_data, values.begin(), values.end());
    });
  }

  /// The message, when the last layer has had its turn.
  /// @param input The shape of the network's samples.
  /// @param output The shape of what becomes of one.
  [[nodiscard]] std::string finish(const Shape& input, const Shape& output) {
    if (nodes_.empty()) add({.op = "Identity"});
    nodes_.back().name = "output";
    std::string before = "input";
    for (const Node& node : nodes_) write(message_, node, std::exchange(before, node.name));
    message_.add_string(GraphProto::name, "network");
    write(message_, GraphProto::input, "input", input);
    write(message_, GraphProto::output, "output", output);
    return std::move(bytes_);
  }

 private:
  template <class Write>
  std::string constant(std::string_view name, const Ints& shape, std::int32_t type,
                       const Write& write_values) {
    std::string full_name = fmt::format("{}{}", place_, name);
    pbf_builder<TensorProto> message{message_, GraphProto::initializer};
    message.add_string(TensorProto::name, full_name);
    message.add_int32(TensorProto::data_type, type);
    for (const std::int64_t length : shape) message.add_int64(TensorProto::dims, length);
    write_values(message);
    return full_name;
  }

  std::string place_;
  Shape sample_;
  std::vector<Node> nodes_;
  std::string bytes_;
  pbf_builder<GraphProto> message_{bytes_};
};

// ------------------------------------------------------------------------------------ the layers

void add(Graph& graph, const Dense& layer) {
  graph.add({.op = "Gemm",  // general matrix multiplication: X W + b
             .constants = {graph.constant("weight", layer.weights()),
                           graph.constant("bias", layer.biases())}});
}

/// The zeros around an image: above, left, below, right.
Ints pads(const Convolution& layer, const Shape& image) {
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
std::vector<Attribute> moves(Extent window, Extent stride) {
  return {{"kernel_shape", whole(window)}, {"strides", whole(stride)}};
}

void add(Graph& graph, const Convolution& layer) {
  const Shape& kernels = layer.kernels().shape();
  std::vector<Attribute> attributes = moves({kernels[2], kernels[3]}, layer.stride());
  attributes.push_back({"pads", pads(layer, graph.sample())});
  graph.add({.op = "Conv",
             .constants = {graph.constant("weight", layer.kernels()),
                           graph.constant("bias", layer.biases())},
             .attributes = std::move(attributes)});
}

void add(Graph& graph, const MaxPool& layer) {
  graph.add({.op = "MaxPool", .attributes = moves(layer.window(), layer.stride())});
}

void add(Graph& graph, const AveragePool& layer) {
  graph.add({.op = "AveragePool", .attributes = moves(layer.window(), layer.stride())});
}

void add(Graph& graph, const Reshape& layer) {
  Ints shape = whole(layer.sample());
  shape.insert(shape.begin(), 0);  // as it is: the batch
  graph.add({.op = "Reshape", .constants = {graph.constant("shape", shape)}});
}

void add(Graph& graph, const Flatten& /*layer*/) { graph.add({.op = "Flatten"}); }

void add(Graph& graph, const ReLU& /*layer*/) { graph.add({.op = "Relu"}); }

void add(Graph& graph, const LeakyReLU& layer) {
  graph.add({.op = "LeakyRelu", .attributes = {{"alpha", static_cast<float>(layer.slope())}}});
}

void add(Graph& graph, const Sigmoid& /*layer*/) { graph.add({.op = "Sigmoid"}); }

void add(Graph& graph, const Tanh& /*layer*/) { graph.add({.op = "Tanh"}); }

void add(Graph& graph, const Softmax& /*layer*/) { graph.add({.op = "Softmax"}); }

void add(Graph& /*graph*/, const Dropout& /*layer*/) {}  // leaves nothing out when used

/// What a layer has learned, in the order of parameters(), which wants a layer that may change.
template <class L>
std::vector<Tensor> learned(L layer) {
  std::vector<Tensor> values;
  for (Parameter* const parameter : layer.parameters()) {
    values.push_back(std::move(parameter->value));
  }
  return values;
}

void add(Graph& graph, const BatchNorm& layer) {
  const std::vector<Tensor> values = learned(layer);
  graph.add({.op = "BatchNormalization",
             .constants = {graph.constant("weight", values[0]), graph.constant("bias", values[1]),
                           graph.constant("running_mean", layer.running_mean()),
                           graph.constant("running_var", layer.running_variance())},
             .attributes = {{"epsilon", static_cast<float>(layer.options().epsilon)}}});
}

void add(Graph& graph, const LayerNorm& layer) {
  const std::vector<Tensor> values = learned(layer);
  graph.add({.op = "LayerNormalization",
             .constants = {graph.constant("weight", values[0]), graph.constant("bias", values[1])},
             .attributes = {{"epsilon", static_cast<float>(layer.options().epsilon)}}});
}

// Of recurrent layers ONNX has the weights transposed, the blocks of the gates in an order of its
// own, and an axis of length 1 before all of it, for layers that read in both directions.

using Order = std::vector<std::size_t>;  // block i of ONNX's is block order[i] of ours

/// (D, k H) becomes (1, k H, D).
Tensor turned(const Tensor& weights, const Order& order) {
  const std::size_t units = weights.columns() / order.size();
  Tensor result{Shape{1, weights.columns(), weights.rows()}};
  for (std::size_t block = 0; block < order.size(); ++block) {
    for (std::size_t j = 0; j < units; ++j) {
      for (std::size_t i = 0; i < weights.rows(); ++i) {
        result(0, block * units + j, i) = weights(i, order[block] * units + j);
      }
    }
  }
  return result;
}

/// b and b_u, one behind the other: (1, 2 k H).
Tensor joined(const Tensor& input, const Tensor& hidden, const Order& order) {
  Tensor result{Shape{1, 2 * input.size()}};
  auto place = result.values().begin();
  for (const Tensor* const bias : {&input, &hidden}) {
    const Tensor column = turned(bias->reshaped(Shape{1, bias->size()}), order);
    place = std::ranges::copy(column.values(), place).out;
  }
  return result;
}

void add(Graph& graph, const Recurrence& layer, const char* op, const Order& order,
         std::vector<Attribute> attributes = {}) {
  std::vector<Tensor> values = learned(layer);
  if (values.size() == 3) values.emplace_back(values[2].shape());  // no bias of its own for h′ U
  attributes.push_back({"hidden_size", whole(layer.outputs())});
  // ONNX has the steps outermost, and gives all the states, (T, 1, B, H), and the last, (1, B, H).
  graph.add({.op = "Transpose", .attributes = {{"perm", Ints{1, 0, 2}}}});
  graph.add({.op = op,
             .constants = {graph.constant("W", turned(values[0], order)),
                           graph.constant("R", turned(values[1], order)),
                           graph.constant("B", joined(values[2], values[3], order))},
             .attributes = std::move(attributes),
             .output = layer.is_sequence() ? std::size_t{0} : std::size_t{1}});
  if (layer.is_sequence()) {
    graph.add({.op = "Transpose", .attributes = {{"perm", Ints{2, 1, 0, 3}}}, .name = "back"});
  }
  const std::int64_t directions = layer.is_sequence() ? 1 : 0;
  graph.add({.op = "Squeeze", .constants = {graph.constant("axes", Ints{directions})}});
}

void add(Graph& graph, const Recurrent& layer) { add(graph, layer, "RNN", {0}); }

void add(Graph& graph, const GRU& layer) {
  // z, r, n; and the reset stands behind the product h′ U
  add(graph, layer, "GRU", {1, 0, 2}, {{"linear_before_reset", std::int64_t{1}}});
}

void add(Graph& graph, const LSTM& layer) {
  add(graph, layer, "LSTM", {0, 3, 1, 2});  // i, o, f, g
}

/// All layers of a network, and of the networks inside it.
void add(Graph& graph, const Sequential& network, const std::string& place, Shape sample) {
  for (std::size_t i = 0; i < network.size(); ++i) {
    const std::string own = fmt::format("{}{}.", place, i);
    const auto add_layer = [&]<class L>(const L& layer) {
      if constexpr (std::same_as<L, Sequential>) {
        add(graph, layer, own, sample);
      } else {
        graph.enter(own, sample);
        add(graph, layer);
      }
      sample = layer.output_shape(sample);
    };
    if (!detail::visit_layer(network, i, add_layer)) {
      throw std::invalid_argument(fmt::format(
          "nn::export_onnx: {} is not a layer of the library, and nothing tells what it is in ONNX",
          network.layer_names()[i]));
    }
  }
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
        "nn::export_onnx: the network has {} parameters, and an ONNX file holds at most "
        "{} bytes",
        network.parameter_count(), largest_file));
  }
  const Shape output = network.output_shape(sample);
  Graph graph;
  add(graph, network, "", sample);

  std::string bytes;
  pbf_builder<ModelProto> model{bytes};
  model.add_int64(ModelProto::ir_version, format_version);
  model.add_string(ModelProto::producer_name, "nn");
  model.add_string(ModelProto::producer_version, std::string{version()});
  model.add_message(ModelProto::graph, graph.finish(sample, output));
  pbf_builder<OperatorSetIdProto>{model, ModelProto::opset_import}.add_int64(
      OperatorSetIdProto::version, operators_version);
  write_whole("export_onnx", file, bytes);
}

}  // namespace nn
