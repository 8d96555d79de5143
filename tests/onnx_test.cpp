// nn.onnx: the contents of the file, read back field by field. That ONNX Runtime computes the same
// is seen by golden/check_onnx.py.

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.activation;
import nn.attention;
import nn.backprop;
import nn.convolution;
import nn.pooling;
import nn.reshape;
import nn.dense;
import nn.dropout;
import nn.embedding;
import nn.layer;
import nn.normalization;
import nn.onnx;
import nn.random;
import nn.residual;
import nn.recurrent;
import nn.safetensors;
import nn.tensor;
import nn.test;

namespace {

using nn::Convolution;
using nn::Dense;
using nn::GRU;
using nn::LSTM;
using nn::Padding;
using nn::real;
using nn::Recurrent;
using nn::ReLU;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;
using protozero::pbf_reader;

// ------------------------------------------------------------------------- a file read back

struct Constant {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
  bool operator==(const Constant&) const = default;
};

/// A file as text. Nodes look like `output = Op(input, constants; attribute numbers)`.
struct Model {
  std::map<std::string, std::string> facts;
  std::vector<std::string> nodes;
  std::map<std::string, Constant> constants;
  std::string input;
  std::string output;
};

// The field numbers are those of onnx.proto, deliberately repeated here.

std::string attribute_text(pbf_reader attribute) {
  std::string text;
  std::int32_t type = 0;
  std::vector<std::int64_t> ints;
  while (attribute.next()) {
    switch (attribute.tag()) {
      case 1:  // name
        text = attribute.get_string();
        break;
      case 2:  // f
        text += fmt::format(" {}", attribute.get_float());
        break;
      case 3:  // i
        text += fmt::format(" {}", attribute.get_int64());
        break;
      case 8:  // ints
        text += fmt::format(" {}", attribute.get_int64());
        break;
      case 20:  // type
        type = attribute.get_enum();
        break;
      default:
        attribute.skip();
    }
  }
  const char* const type_name = type == 1 ? "f" : type == 2 ? "i" : type == 7 ? "ints" : "?";
  return text.insert(text.find(' '), fmt::format(":{}", type_name));
}

std::string node_text(pbf_reader node) {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> attributes;
  std::string name;
  std::string op;
  while (node.next()) {
    switch (node.tag()) {
      case 1:
        inputs.push_back(node.get_string());
        break;
      case 2:
        outputs.push_back(node.get_string());
        break;
      case 3:
        name = node.get_string();
        break;
      case 4:
        op = node.get_string();
        break;
      case 5:
        attributes.push_back(attribute_text(node.get_message()));
        break;
      default:
        node.skip();
    }
  }
  EXPECT_EQ(name, outputs.back());
  std::string text =
      fmt::format("{} = {}({}", fmt::join(outputs, "|"), op, fmt::join(inputs, ", "));
  if (!attributes.empty()) text += fmt::format("; {}", fmt::join(attributes, ", "));
  return text + ")";
}

std::pair<std::string, Constant> constant(pbf_reader tensor) {
  std::string name;
  Constant constant;
  std::int32_t type = 0;
  while (tensor.next()) {
    switch (tensor.tag()) {
      case 1:  // dims
        constant.shape.push_back(tensor.get_int64());
        break;
      case 2:  // data_type
        type = tensor.get_int32();
        break;
      case 4:  // float_data
        EXPECT_EQ(type, 1) << "FLOAT";
        for (const float value : tensor.get_packed_float()) constant.values.push_back(value);
        break;
      case 7:  // int64_data
        EXPECT_EQ(type, 7) << "INT64";
        for (const std::int64_t value : tensor.get_packed_int64()) {
          constant.values.push_back(static_cast<double>(value));
        }
        break;
      case 8:
        name = tensor.get_string();
        break;
      default:
        tensor.skip();
    }
  }
  return {name, constant};
}

/// `input: float (batch, 3, 28)`.
std::string value_text(pbf_reader value) {
  std::string text;
  std::vector<std::string> lengths;
  while (value.next()) {
    if (value.tag() == 1) text = value.get_string();
    if (value.tag() != 2) continue;
    pbf_reader type = value.get_message();
    EXPECT_TRUE(type.next(1));  // tensor_type
    pbf_reader tensor = type.get_message();
    EXPECT_TRUE(tensor.next(1));  // elem_type
    text += tensor.get_int32() == 1 ? ": float" : ": ?";
    EXPECT_TRUE(tensor.next(2));  // shape
    pbf_reader shape = tensor.get_message();
    while (shape.next(1)) {  // dim
      pbf_reader dim = shape.get_message();
      EXPECT_TRUE(dim.next());
      lengths.push_back(dim.tag() == 1 ? fmt::format("{}", dim.get_int64()) : dim.get_string());
    }
  }
  return fmt::format("{} ({})", text, fmt::join(lengths, ", "));
}

void read_graph(pbf_reader graph, Model& model) {
  while (graph.next()) {
    switch (graph.tag()) {
      case 1:
        model.nodes.push_back(node_text(graph.get_message()));
        break;
      case 2:
        model.facts["graph"] = graph.get_string();
        break;
      case 5:
        EXPECT_TRUE(model.constants.insert(constant(graph.get_message())).second);
        break;
      case 11:
        model.input = value_text(graph.get_message());
        break;
      case 12:
        model.output = value_text(graph.get_message());
        break;
      default:
        graph.skip();
    }
  }
}

Model read(const std::string& bytes) {
  Model model;
  pbf_reader message{bytes};
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        model.facts["ir_version"] = fmt::format("{}", message.get_int64());
        break;
      case 2:
        model.facts["producer_name"] = message.get_string();
        break;
      case 3:
        model.facts["producer_version"] = message.get_string();
        break;
      case 7:
        read_graph(message.get_message(), model);
        break;
      case 8: {
        pbf_reader operators = message.get_message();
        EXPECT_TRUE(operators.next(2));  // and no domain: that is ONNX's own
        model.facts["operators"] = fmt::format("{}", operators.get_int64());
        break;
      }
      default:
        message.skip();
    }
  }
  return model;
}

class Onnx : public testing::Test {
 protected:
  /// The contents of a network's file.
  [[nodiscard]] Model exported(const Sequential& network, const Shape& sample) const {
    nn::export_onnx(file_, network, sample);
    std::ifstream stream{file_, std::ios::binary};
    return read(std::string{std::istreambuf_iterator<char>{stream}, {}});
  }

  /// The nodes of a network of one layer.
  template <class L>
  [[nodiscard]] std::vector<std::string> nodes(L layer, const Shape& sample) const {
    return exported(Sequential{std::move(layer)}, sample).nodes;
  }

  [[nodiscard]] std::string refusal(const Sequential& network, const Shape& sample) const {
    return error_of<std::invalid_argument>([&] { nn::export_onnx(file_, network, sample); });
  }

  void SetUp() override {
    const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              fmt::format("nn_onnx_{}_{}", test.name(), sizeof(real));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    file_ = folder_ / "network.onnx";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

using Lines = std::vector<std::string>;

/// 1, 2, 3, …
Tensor counted(const Shape& shape) {
  Tensor tensor{shape};
  for (std::size_t i = 0; i < tensor.size(); ++i) tensor.values()[i] = static_cast<real>(i + 1);
  return tensor;
}

/// Gives a layer's parameters the numbers 1, 2, 3, …, each parameter by itself.
template <class L>
L counting(L layer) {
  for (nn::Parameter* const parameter : layer.parameters()) {
    parameter->value = counted(parameter->value.shape());
  }
  return layer;
}

// -------------------------------------------------------------------------------- the whole file

TEST_F(Onnx, IsAModelOfKnownVersions) {
  const Model model = exported(Sequential{Dense{2, 3}}, Shape{2});
  EXPECT_EQ(model.facts,
            (std::map<std::string, std::string>{{"ir_version", "8"},
                                                {"operators", "17"},
                                                {"producer_name", "nn"},
                                                {"producer_version", std::string{nn::version()}},
                                                {"graph", "network"}}));
}

TEST_F(Onnx, NamesInputAndOutputAndLeavesTheBatchOpen) {
  const Model model = exported(
      Sequential{nn::Reshape{1, 4, 4}, Convolution{1, 2, {.kernel = 3}}, nn::Flatten{}}, Shape{16});
  EXPECT_EQ(model.input, "input: float (batch, 16)");
  EXPECT_EQ(model.output, "output: float (batch, 8)");
}

TEST_F(Onnx, HandsOnFromNodeToNode) {
  const Model model = exported(Sequential{Dense{2, 3}, ReLU{}, Dense{3, 1}}, Shape{2});
  EXPECT_EQ(model.nodes, (Lines{"0.Gemm = Gemm(input, 0.weight, 0.bias)", "1.Relu = Relu(0.Gemm)",
                                "output = Gemm(1.Relu, 2.weight, 2.bias)"}));
}

TEST_F(Onnx, OpensNetworksInsideTheNetwork) {
  const Sequential inner{ReLU{}, Sequential{Dense{3, 3}}};
  const Model model = exported(Sequential{Dense{2, 3}, inner, ReLU{}}, Shape{2});
  EXPECT_EQ(model.nodes, (Lines{"0.Gemm = Gemm(input, 0.weight, 0.bias)", "1.0.Relu = Relu(0.Gemm)",
                                "1.1.0.Gemm = Gemm(1.0.Relu, 1.1.0.weight, 1.1.0.bias)",
                                "output = Relu(1.1.0.Gemm)"}));
}

TEST_F(Onnx, OfNoLayersHandsItsInputOn) {
  const Model model = exported(Sequential{}, Shape{3, 2});
  EXPECT_EQ(model.nodes, Lines{"output = Identity(input)"});
  EXPECT_EQ(model.output, "output: float (batch, 3, 2)");
}

TEST_F(Onnx, LeavesDropoutOut) {
  nn::Random random{1};
  const nn::Dropout dropout{0.5, random};
  EXPECT_EQ(nodes(dropout, Shape{3}), Lines{"output = Identity(input)"});
  const Model model = exported(Sequential{dropout, ReLU{}, dropout}, Shape{3});
  EXPECT_EQ(model.nodes, Lines{"output = Relu(input)"});
}

TEST_F(Onnx, ReplacesAFile) {
  nn::export_onnx(file_, Sequential{Dense{300, 300}}, Shape{300});
  const Model model = exported(Sequential{Dense{2, 3}}, Shape{2});
  EXPECT_EQ(model.input, "input: float (batch, 2)");
}

// ------------------------------------------------------------------------------------ the layers

TEST_F(Onnx, HasTheWeightsOfDenseAsTheyAre) {
  const Dense dense{Tensor{{1, 2, 3}, {4, 5, real(0.1)}}, Tensor{7, 8, 9}};
  const Model model = exported(Sequential{dense}, Shape{2});
  EXPECT_EQ(model.constants.size(), 2U);
  EXPECT_EQ(model.constants.at("0.weight"), (Constant{{2, 3}, {1, 2, 3, 4, 5, 0.1F}}));
  EXPECT_EQ(model.constants.at("0.bias"), (Constant{{3}, {7, 8, 9}}));
}

TEST_F(Onnx, HasKernelsStridesAndZerosOfConvolutions) {
  const Convolution plain{counted(Shape{1, 2, 1, 3}), Tensor{5}};
  const Model model = exported(Sequential{plain}, Shape{2, 4, 4});
  EXPECT_EQ(model.nodes, Lines{"output = Conv(input, 0.weight, 0.bias; kernel_shape:ints 1 3, "
                               "strides:ints 1 1, pads:ints 0 0 0 0)"});
  EXPECT_EQ(model.constants.at("0.weight"), (Constant{{1, 2, 1, 3}, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(model.constants.at("0.bias"), (Constant{{1}, {5}}));
  EXPECT_EQ(model.output, "output: float (batch, 1, 4, 2)");

  EXPECT_EQ(nodes(Convolution{2, 1, {.kernel = 3, .stride = {2, 1}, .padding = Padding{{1, 2}}}},
                  Shape{2, 4, 4}),
            Lines{"output = Conv(input, 0.weight, 0.bias; kernel_shape:ints 3 3, "
                  "strides:ints 2 1, pads:ints 1 2 1 2)"});
}

TEST_F(Onnx, HasTheOddZeroOfSamePaddingBelowAndOnTheRight) {
  const auto pads = [&](const Convolution::Options& options, const Shape& image) {
    const std::string node = nodes(Convolution{1, 1, options}, image).front();
    return node.substr(node.find("pads"));
  };
  const Padding same = Padding::same();
  EXPECT_EQ(pads({.kernel = {3, 5}, .padding = same}, Shape{1, 6, 6}), "pads:ints 1 2 1 2)");
  EXPECT_EQ(pads({.kernel = {2, 4}, .padding = same}, Shape{1, 6, 6}), "pads:ints 0 1 1 2)");
  // Five rows in steps of 2 are three outputs: they reach over 2 · 2 + 3 = 7 rows. Six columns in
  // steps of 3 are two outputs, which reach over 3 + 2 = 5 columns: none is missing.
  EXPECT_EQ(pads({.kernel = {3, 2}, .stride = {2, 3}, .padding = same}, Shape{1, 5, 6}),
            "pads:ints 1 0 1 0)");
}

TEST_F(Onnx, HasWindowsAndStridesOfPooling) {
  EXPECT_EQ(nodes(nn::MaxPool{2}, Shape{1, 5, 5}),
            Lines{"output = MaxPool(input; kernel_shape:ints 2 2, strides:ints 2 2)"});
  EXPECT_EQ(nodes(nn::AveragePool{{.window = {2, 3}, .stride = {1, 2}}}, Shape{1, 5, 5}),
            Lines{"output = AveragePool(input; kernel_shape:ints 2 3, strides:ints 1 2)"});
}

TEST_F(Onnx, MakesRowsOfTheMeansOfChannels) {
  const Model model = exported(Sequential{nn::GlobalAveragePool{}}, Shape{3, 5, 5});
  EXPECT_EQ(model.nodes, (Lines{"0.GlobalAveragePool = GlobalAveragePool(input)",
                                "output = Flatten(0.GlobalAveragePool)"}));
  EXPECT_EQ(model.output, "output: float (batch, 3)");
}

TEST_F(Onnx, AddsWhatComesPastTheLayersOfAResidualConnection) {
  const Model model = exported(
      Sequential{ReLU{}, nn::Residual{Sequential{Dense{2, 3}}, Sequential{Dense{2, 3}}}}, Shape{2});
  EXPECT_EQ(model.nodes, (Lines{"0.Relu = Relu(input)",
                                "1.block.0.Gemm = Gemm(0.Relu, 1.block.0.weight, 1.block.0.bias)",
                                "1.projection.0.Gemm = Gemm(0.Relu, 1.projection.0.weight, "
                                "1.projection.0.bias)",
                                "output = Add(1.projection.0.Gemm, 1.block.0.Gemm)"}));
  // The padding of the second path follows from the layer's input, not from the first path's.
  const Padding same = Padding::same();
  const Model images =
      exported(Sequential{nn::Residual{
                   Sequential{nn::MaxPool{2}, Convolution{1, 1, {.kernel = 3, .padding = same}}},
                   Sequential{Convolution{1, 1, {.kernel = 3, .stride = 2, .padding = same}}}}},
               Shape{1, 6, 6});
  EXPECT_EQ(images.nodes[2].substr(images.nodes[2].find("pads")), "pads:ints 0 0 1 1)");
}

TEST_F(Onnx, KeepsTheBatchWhereSamplesGetAnotherShape) {
  const Model model = exported(Sequential{nn::Reshape{1, 2, 3}, nn::Flatten{}}, Shape{6});
  EXPECT_EQ(model.nodes,
            (Lines{"0.Reshape = Reshape(input, 0.shape)", "output = Flatten(0.Reshape)"}));
  EXPECT_EQ(model.constants.at("0.shape"), (Constant{{4}, {0, 1, 2, 3}}));
}

TEST_F(Onnx, HasActivations) {
  EXPECT_EQ(nodes(ReLU{}, Shape{3}), Lines{"output = Relu(input)"});
  EXPECT_EQ(nodes(nn::LeakyReLU{real(0.25)}, Shape{3}),
            Lines{"output = LeakyRelu(input; alpha:f 0.25)"});
  EXPECT_EQ(nodes(nn::Sigmoid{}, Shape{3}), Lines{"output = Sigmoid(input)"});
  EXPECT_EQ(nodes(nn::Tanh{}, Shape{3}), Lines{"output = Tanh(input)"});
  EXPECT_EQ(nodes(nn::Softmax{}, Shape{3}), Lines{"output = Softmax(input)"});
}

TEST_F(Onnx, HasTheRunningStatisticsOfBatchNorm) {
  nn::BatchNorm norm = counting(nn::BatchNorm{2, {.momentum = 1, .epsilon = real(0.125)}});
  static_cast<void>(norm.forward(Tensor{{0, 1}, {2, 5}}));
  const Model model = exported(Sequential{norm}, Shape{2, 3, 3});
  EXPECT_EQ(model.nodes, Lines{"output = BatchNormalization(input, 0.weight, 0.bias, "
                               "0.running_mean, 0.running_var; epsilon:f 0.125)"});
  EXPECT_EQ(model.constants.at("0.weight"), (Constant{{2}, {1, 2}}));
  EXPECT_EQ(model.constants.at("0.bias"), (Constant{{2}, {1, 2}}));
  EXPECT_EQ(model.constants.at("0.running_mean"), (Constant{{2}, {1, 3}}));
  EXPECT_EQ(model.constants.at("0.running_var"), (Constant{{2}, {2, 8}}));
}

TEST_F(Onnx, HasLayerNorm) {
  const Model model =
      exported(Sequential{counting(nn::LayerNorm{2, {.epsilon = real(0.125)}})}, Shape{5, 2});
  EXPECT_EQ(model.nodes, Lines{"output = LayerNormalization(input, 0.weight, 0.bias; "
                               "epsilon:f 0.125)"});
  EXPECT_EQ(model.constants.at("0.weight"), (Constant{{2}, {1, 2}}));
}

TEST_F(Onnx, HasTheErrorFunctionOfGELU) {
  const Model model = exported(Sequential{nn::GELU{}}, Shape{3});
  EXPECT_EQ(model.nodes, (Lines{"0.Mul = Mul(input, 0.root_of_half)", "0.Erf = Erf(0.Mul)",
                                "0.Add = Add(0.Erf, 0.one)", "0.Mul_2 = Mul(0.Add, input)",
                                "output = Mul(0.Mul_2, 0.half)"}));
  EXPECT_EQ(model.constants.at("0.root_of_half"), (Constant{{1}, {0.70710678F}}));
  EXPECT_EQ(model.constants.at("0.one"), (Constant{{1}, {1}}));
  EXPECT_EQ(model.constants.at("0.half"), (Constant{{1}, {0.5}}));
}

TEST_F(Onnx, HasDenseOfSequencesWithoutGemm) {
  const Model model = exported(Sequential{counting(Dense{2, 3})}, Shape{4, 2});
  EXPECT_EQ(model.nodes,
            (Lines{"0.MatMul = MatMul(input, 0.weight)", "output = Add(0.MatMul, 0.bias)"}));
  EXPECT_EQ(model.constants.at("0.weight"), (Constant{{2, 3}, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(model.output, "output: float (batch, 4, 3)");
}

TEST_F(Onnx, HasTablesOfTokensAndPositions) {
  const Model model =
      exported(Sequential{counting(nn::Embedding{3, 2}), counting(nn::Positions{5, 2})}, Shape{2});
  EXPECT_EQ(model.nodes,
            (Lines{"0.Cast = Cast(input; to:i 7)", "0.Gather = Gather(0.weight, 0.Cast)",
                   "output = Add(0.Gather, 1.weight)"}));
  EXPECT_EQ(model.constants.at("0.weight"), (Constant{{3, 2}, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(model.constants.at("1.weight"), (Constant{{2, 2}, {1, 2, 3, 4}}));  // of two places
  EXPECT_EQ(model.input, "input: float (batch, 2)");
  EXPECT_EQ(model.output, "output: float (batch, 2, 2)");
  EXPECT_EQ(nodes(nn::SinusoidalPositions{5, 2}, Shape{2, 2}),
            Lines{"output = Add(input, 0.weight)"});
}

TEST_F(Onnx, HasAttentionFromItsFormulas) {
  const Model model =
      exported(Sequential{counting(nn::Attention{2, {.heads = 2, .causal = true}})}, Shape{3, 2});
  EXPECT_EQ(model.nodes, (Lines{"0.q = MatMul(input, 0.weight_q)",
                                "0.q_2 = Add(0.q, 0.bias_q)",
                                "0.q_3 = Reshape(0.q_2, 0.heads)",
                                "0.q_4 = Transpose(0.q_3; perm:ints 0 2 1 3)",
                                "0.k = MatMul(input, 0.weight_k)",
                                "0.k_2 = Add(0.k, 0.bias_k)",
                                "0.k_3 = Reshape(0.k_2, 0.heads)",
                                "0.k_4 = Transpose(0.k_3; perm:ints 0 2 3 1)",
                                "0.v = MatMul(input, 0.weight_v)",
                                "0.v_2 = Add(0.v, 0.bias_v)",
                                "0.v_3 = Reshape(0.v_2, 0.heads)",
                                "0.v_4 = Transpose(0.v_3; perm:ints 0 2 1 3)",
                                "0.MatMul = MatMul(0.q_4, 0.k_4)",
                                "0.Mul = Mul(0.MatMul, 0.scale)",
                                "0.Add = Add(0.Mul, 0.mask)",
                                "0.Softmax = Softmax(0.Add; axis:i -1)",
                                "0.MatMul_2 = MatMul(0.Softmax, 0.v_4)",
                                "0.Transpose = Transpose(0.MatMul_2; perm:ints 0 2 1 3)",
                                "0.Reshape = Reshape(0.Transpose, 0.places)",
                                "0.out = MatMul(0.Reshape, 0.weight_out)",
                                "output = Add(0.out, 0.bias_out)"}));
  EXPECT_EQ(model.constants.at("0.weight_q"), (Constant{{2, 2}, {1, 2, 7, 8}}));
  EXPECT_EQ(model.constants.at("0.weight_k"), (Constant{{2, 2}, {3, 4, 9, 10}}));
  EXPECT_EQ(model.constants.at("0.weight_v"), (Constant{{2, 2}, {5, 6, 11, 12}}));
  EXPECT_EQ(model.constants.at("0.bias_k"), (Constant{{2}, {3, 4}}));
  EXPECT_EQ(model.constants.at("0.weight_out"), (Constant{{2, 2}, {1, 2, 3, 4}}));
  EXPECT_EQ(model.constants.at("0.bias_out"), (Constant{{2}, {1, 2}}));
  EXPECT_EQ(model.constants.at("0.heads"), (Constant{{4}, {0, 3, 2, 1}}));
  EXPECT_EQ(model.constants.at("0.places"), (Constant{{3}, {0, 3, 2}}));
  EXPECT_EQ(model.constants.at("0.scale"), (Constant{{1}, {1}}));
  const double hidden = double{-1e30F};
  EXPECT_EQ(model.constants.at("0.mask"),
            (Constant{{3, 3}, {0, hidden, hidden, 0, 0, hidden, 0, 0, 0}}));
  EXPECT_EQ(nodes(nn::Attention{2}, Shape{3, 2}).at(14), "0.Softmax = Softmax(0.Mul; axis:i -1)");
}

TEST_F(Onnx, RefusesPadding) {
  EXPECT_EQ(refusal(Sequential{nn::Embedding{3, 2, {.padding = 0}}}, Shape{4}),
            "nn::export_onnx: no ONNX export for Embedding 3→2 with padding, because the graph "
            "would have no padding masks: export a network without it, for sequences of one "
            "length");
}

TEST_F(Onnx, HasTheLastStateOfARecurrentLayer) {
  const Model model = exported(Sequential{counting(Recurrent{3, 2})}, Shape{4, 3});
  EXPECT_EQ(model.nodes, (Lines{"0.Transpose = Transpose(input; perm:ints 1 0 2)",
                                "|0.RNN = RNN(0.Transpose, 0.W, 0.R, 0.B; hidden_size:i 2)",
                                "output = Squeeze(0.RNN, 0.axes)"}));
  EXPECT_EQ(model.constants.at("0.W"), (Constant{{1, 2, 3}, {1, 3, 5, 2, 4, 6}}));
  EXPECT_EQ(model.constants.at("0.R"), (Constant{{1, 2, 2}, {1, 3, 2, 4}}));
  EXPECT_EQ(model.constants.at("0.B"), (Constant{{1, 4}, {1, 2, 0, 0}}));
  EXPECT_EQ(model.constants.at("0.axes"), (Constant{{1}, {0}}));
  EXPECT_EQ(model.input, "input: float (batch, 4, 3)");
  EXPECT_EQ(model.output, "output: float (batch, 2)");
}

TEST_F(Onnx, HasAllStatesOfASequence) {
  const Model model = exported(Sequential{Recurrent{3, 2, {.sequence = true}}}, Shape{4, 3});
  EXPECT_EQ(model.nodes, (Lines{"0.Transpose = Transpose(input; perm:ints 1 0 2)",
                                "0.RNN = RNN(0.Transpose, 0.W, 0.R, 0.B; hidden_size:i 2)",
                                "0.back = Transpose(0.RNN; perm:ints 2 1 0 3)",
                                "output = Squeeze(0.back, 0.axes)"}));
  EXPECT_EQ(model.constants.at("0.axes"), (Constant{{1}, {1}}));
  EXPECT_EQ(model.output, "output: float (batch, 4, 2)");
}

TEST_F(Onnx, HasTheGatesOfAGRUInItsOwnOrder) {
  const Model model = exported(Sequential{counting(GRU{1, 2})}, Shape{4, 1});
  EXPECT_EQ(model.nodes.at(1),
            "|0.GRU = GRU(0.Transpose, 0.W, 0.R, 0.B; "
            "linear_before_reset:i 1, hidden_size:i 2)");
  // Ours are r, z and n, ONNX's z, r and n.
  EXPECT_EQ(model.constants.at("0.W"), (Constant{{1, 6, 1}, {3, 4, 1, 2, 5, 6}}));
  EXPECT_EQ(model.constants.at("0.R"),
            (Constant{{1, 6, 2}, {3, 9, 4, 10, 1, 7, 2, 8, 5, 11, 6, 12}}));
  EXPECT_EQ(model.constants.at("0.B"), (Constant{{1, 12}, {3, 4, 1, 2, 5, 6, 3, 4, 1, 2, 5, 6}}));
}

TEST_F(Onnx, HasTheGatesOfAnLSTMInItsOwnOrder) {
  const Model model = exported(Sequential{counting(LSTM{1, 1})}, Shape{4, 1});
  EXPECT_EQ(model.nodes.at(1), "|0.LSTM = LSTM(0.Transpose, 0.W, 0.R, 0.B; hidden_size:i 1)");
  // Ours are i, f, g and o, ONNX's i, o, f and g.
  EXPECT_EQ(model.constants.at("0.W"), (Constant{{1, 4, 1}, {1, 4, 2, 3}}));
  EXPECT_EQ(model.constants.at("0.R"), (Constant{{1, 4, 1}, {1, 4, 2, 3}}));
  EXPECT_EQ(model.constants.at("0.B"), (Constant{{1, 8}, {1, 4, 2, 3, 0, 0, 0, 0}}));
}

// ------------------------------------------------------------------------------------ what is
// wrong

/// A layer that the library does not know.
class Half {
 public:
  [[nodiscard]] static std::string name() { return "Half"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor forward(const Tensor& x) { return predict(x); }
  [[nodiscard]] static Tensor predict(Tensor x) {
    for (real& value : x.values()) value /= 2;
    return x;
  }
  [[nodiscard]] static Tensor backward(const Tensor& dy) { return predict(dy); }
  [[nodiscard]] static std::vector<nn::Parameter*> parameters() { return {}; }
};

TEST_F(Onnx, RefusesALayerThatTheLibraryDoesNotKnow) {
  const std::string expected =
      "nn::export_onnx: no ONNX export for Half: register it with nn::register_layer and set .onnx";
  EXPECT_EQ(refusal(Sequential{ReLU{}, Half{}}, Shape{3}), expected);
  EXPECT_EQ(refusal(Sequential{ReLU{}, Sequential{Half{}}}, Shape{3}), expected);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Onnx, RefusesSamplesThatDoNotFit) {
  EXPECT_EQ(refusal(Sequential{Dense{2, 3}}, Shape{}),
            "nn::export_onnx: the sample has 0 axes, expected 1 to 3");
  EXPECT_EQ(refusal(Sequential{ReLU{}}, Shape{1, 2, 3, 4}),
            "nn::export_onnx: the sample has 4 axes, expected 1 to 3");
  EXPECT_EQ(refusal(Sequential{Dense{2, 3}}, Shape{4}),
            "nn::Sequential: layer 1 (Dense 2→3) expects 2 columns; the input has 4");
}

TEST_F(Onnx, SaysThatItCannotWrite) {
  const std::filesystem::path file = folder_ / "missing" / "network.onnx";
  EXPECT_EQ(
      error_of<std::runtime_error>(
          [&] { nn::export_onnx(file, Sequential{Dense{2, 3}}, Shape{2}); }),
      fmt::format("nn::export_onnx: cannot write {}: No such file or directory", file.string()));
}

}  // namespace
