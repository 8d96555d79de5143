// nn.weights: a network is loaded exactly as it was saved, to the last bit; PyTorch's too.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dense;
using nn::Padding;
using nn::Safetensors;
using nn::Sequential;
using nn::Shape;
using nn::StoredTensor;
using nn::Tensor;
using nn::test::error_of;
using nn::test::golden;
using nn::test::golden_file;
using nn::test::noise;

/// Every layer for rows and images that the library has, with settings other than the usual ones.
Sequential of_all_kinds(nn::Random& random) {
  const nn::He he{random};
  Sequential inner{nn::LayerNorm{6, {.epsilon = nn::real(1e-3)}}, nn::Softmax{}};
  return Sequential{
      nn::Reshape{1, 8, 9},
      nn::Convolution{1, 2, {.kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::same()}, he},
      nn::ReLU{},
      nn::Convolution{2, 3, {.kernel = 2, .padding = Padding{nn::Extent{1, 0}}}, he},
      nn::BatchNorm{3, {.momentum = nn::real(0.3), .epsilon = nn::real(1e-4)}},
      nn::MaxPool{{.window = {2, 1}, .stride = {1, 2}}},
      nn::LeakyReLU{nn::real(0.2)},
      nn::AveragePool{nn::Extent{1, 2}},
      nn::Flatten{},
      Dense{24, 6, he},
      nn::Sigmoid{},
      nn::Dropout{0.25, random},
      std::move(inner),
      nn::Tanh{}};
}

template <class Layer>
Sequential of_recurrent(nn::Random& random, bool sequence) {
  Sequential network{Layer{3, 4, nn::Glorot{random}, {.sequence = sequence}}};
  for (nn::Parameter* const parameter : network.parameters()) {
    parameter->value = noise(parameter->value.shape(), parameter->value.size());
  }
  return network;
}

class Weights : public nn::test::Folder, public testing::Test {
 protected:
  void expect_the_same_from_its_file(const Sequential& network, const Tensor& x) const {
    nn::save_network(path("n"), network);
    const Sequential loaded = nn::load_network(path("n"));
    EXPECT_EQ(loaded.layer_names(), network.layer_names());
    EXPECT_EQ(loaded.predict(x), network.predict(x));
  }

  [[nodiscard]] Safetensors stored(const Sequential& network) const {
    nn::save_network(path("n"), network);
    return nn::read_safetensors("test", path("n"));
  }

  /// The error of load_network for a file with these contents, after the name of the file.
  [[nodiscard]] std::string refusal(const Safetensors& contents) const {
    nn::write_safetensors("test", path("n"), contents);
    const std::string text =
        error_of<std::runtime_error>([&] { static_cast<void>(nn::load_network(path("n"))); });
    const std::string head = "nn::load_network: " + path("n").string() + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  }

  /// The same for load_weights.
  [[nodiscard]] std::string refusal(const Safetensors& contents, Sequential& network) const {
    nn::write_safetensors("test", path("n"), contents);
    const std::string text =
        error_of<std::runtime_error>([&] { nn::load_weights(path("n"), network); });
    const std::string head = "nn::load_weights: " + path("n").string() + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  }
};

TEST_F(Weights, OfEveryLayerComeBack) {
  nn::Random random{1};
  Sequential network = of_all_kinds(random);
  const Tensor x = noise(Shape{5, 72});
  static_cast<void>(network.forward(x));  // for the running statistics
  expect_the_same_from_its_file(network, x);
  for (const bool sequence : {false, true}) {
    const Tensor steps = noise(Shape{2, 5, 3});
    expect_the_same_from_its_file(of_recurrent<nn::Recurrent>(random, sequence), steps);
    expect_the_same_from_its_file(of_recurrent<nn::GRU>(random, sequence), steps);
    expect_the_same_from_its_file(of_recurrent<nn::LSTM>(random, sequence), steps);
  }
}

/// Every layer for tokens.
Sequential of_tokens(nn::Random& random, const nn::EmbeddingOptions& options) {
  const nn::Glorot glorot{random};
  Sequential network{nn::Embedding{7, 6, glorot, options},
                     nn::Positions{5, 6, glorot},
                     nn::SinusoidalPositions{9, 6},
                     nn::Attention{6, glorot, {.heads = 2, .causal = true}},
                     nn::Attention{6, glorot, {.heads = 3}},
                     Dense{6, 4, glorot},
                     nn::GELU{}};
  for (nn::Parameter* const parameter : network.parameters()) {
    parameter->value = noise(parameter->value.shape(), parameter->value.size());
  }
  return network;
}

TEST_F(Weights, OfLayersForTokensComeBack) {
  nn::Random random{1};
  const Tensor x{{3, 0, 6, 1, 1}, {2, 5, 4, 1, 2}};
  expect_the_same_from_its_file(of_tokens(random, {}), x);
  expect_the_same_from_its_file(of_tokens(random, {.padding = 1}), x);
}

TEST_F(Weights, OfLayersForTokensAreStoredAsInPyTorch) {
  nn::Random random{1};
  const Sequential network = of_tokens(random, {.padding = 1});
  const Safetensors contents = stored(network);
  std::vector<std::string> names;
  for (const StoredTensor& tensor : contents.tensors) {
    names.push_back(tensor.name + " " + nn::to_string(tensor.shape));
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{
                "0.weight (7, 6)", "1.weight (5, 6)", "3.in_proj_weight (18, 6)",
                "3.in_proj_bias (18)", "3.out_proj.weight (6, 6)", "3.out_proj.bias (6)",
                "4.in_proj_weight (18, 6)", "4.in_proj_bias (18)", "4.out_proj.weight (6, 6)",
                "4.out_proj.bias (6)", "5.weight (4, 6)", "5.bias (4)"}));
  const auto& embedding = network.layer<nn::Embedding>(0);
  EXPECT_EQ(contents.find("0.weight")->tensor()(2, 5), embedding.table()(2, 5));
  const auto& attention = network.layer<nn::Attention>(3);
  EXPECT_EQ(contents.find("3.in_proj_weight")->tensor()(17, 2), attention.weight_in()(2, 17));
  EXPECT_EQ(contents.metadata.at("nn.layers"),
            R"([{"type":"Embedding","padding":1},{"type":"Positions"},)"
            R"({"type":"SinusoidalPositions","shape":[9,6]},)"
            R"({"type":"Attention","heads":2,"causal":true},)"
            R"({"type":"Attention","heads":3,"causal":false},{"type":"Dense"},{"type":"GELU"}])");
  EXPECT_EQ(stored(of_tokens(random, {})).metadata.at("nn.layers").substr(0, 39),
            R"([{"type":"Embedding","padding":"none"},)");
}

TEST_F(Weights, OfLayersForTokensFromPyTorchGiveItsOutputs) {
  Sequential network{
      nn::Embedding{7, 6}, nn::Positions{5, 6}, nn::Attention{6, {.heads = 2, .causal = true}},
      nn::LayerNorm{6},    Dense{6, 4},         nn::GELU{}};
  nn::load_weights(golden_file("weights_tokens.safetensors"), network);
  EXPECT_LT(nn::test::difference(network.predict(golden("weights_tokens", "x")),
                                 golden("weights_tokens", "y")),
            nn::test::tolerance);
}

TEST_F(Weights, RefuseLayersForTokensThatDoNotFit) {
  const auto with_layers = [&](const std::string& layers) {
    Safetensors contents = stored(Sequential{nn::Attention{2}});
    contents.metadata["nn.layers"] = layers;
    return refusal(contents);
  };
  EXPECT_EQ(with_layers(R"([{"type":"Attention","heads":3,"causal":false}])"),
            "nn::Attention: 2 features and 3 heads, expected a number of heads that divides the "
            "features");
  EXPECT_EQ(with_layers(R"([{"type":"Attention","heads":0,"causal":false}])"),
            "nn::Attention: 2 features and 0 heads, expected at least 1 of each");
  EXPECT_EQ(with_layers(R"([{"type":"Attention","heads":1}])"),
            "the entry of the layer at index 0 has no causal");
  EXPECT_EQ(with_layers(R"([{"type":"SinusoidalPositions","shape":[4096,1025]}])"),
            "the layer at index 0: shape is [4096,1025], expected at most 4194304 numbers");
  EXPECT_EQ(with_layers(R"([{"type":"SinusoidalPositions","shape":[3]}])"),
            "the layer at index 0: shape is [3], expected two whole numbers");

  Safetensors narrow = stored(Sequential{nn::Attention{2}});
  narrow.tensors[0].shape = {4, 3};
  EXPECT_EQ(refusal(narrow),
            "'0.in_proj_weight' has shape (4, 3) and 'out_proj.weight' (2, 2), expected (3 D, D) "
            "and (D, D)");
  Safetensors padded = stored(Sequential{nn::Embedding{3, 2}});
  padded.metadata["nn.layers"] = R"([{"type":"Embedding","padding":3}])";
  EXPECT_EQ(refusal(padded), "nn::Embedding: padding is 3, expected at most 2");
  padded.metadata["nn.layers"] = R"([{"type":"Embedding","padding":-1}])";
  EXPECT_EQ(refusal(padded),
            "the layer at index 0: padding is -1, expected a whole number, at most 1048576");
}

TEST_F(Weights, OfResidualConnectionsComeBack) {
  nn::Random random{1};
  const nn::He he{random};
  Sequential block{nn::Convolution{1, 3, {.kernel = 3, .stride = 2, .padding = Padding{1}}, he},
                   nn::BatchNorm{3}, nn::ReLU{}};
  Sequential projection{nn::Convolution{1, 3, {.kernel = 1, .stride = 2}, he}};
  Sequential network{
      nn::Reshape{1, 8, 9}, nn::Residual{block, projection},
      nn::Residual{nn::Residual{nn::BatchNorm{3}, nn::Tanh{}}, nn::Dropout{0.25, random}},
      nn::GlobalAveragePool{}, Dense{3, 2, he}};
  const Tensor x = noise(Shape{5, 72});
  static_cast<void>(network.forward(x));  // for the running statistics
  expect_the_same_from_its_file(network, x);
  const Sequential loaded = nn::load_network(path("n"));
  EXPECT_EQ(loaded.layer<nn::Residual>(1).projection().layer_names(), projection.layer_names());
  EXPECT_EQ(loaded.layer<nn::Residual>(2).projection().size(), 0U);
  EXPECT_EQ(loaded.parameter_names(), network.parameter_names());
}

TEST_F(Weights, AreStoredAsInPyTorch) {
  nn::Random random{1};
  const Sequential network{nn::LSTM{3, 4}, Dense{4, 2, nn::He{random}}};
  const Safetensors contents = stored(network);
  std::vector<std::string> names;
  for (const StoredTensor& tensor : contents.tensors) {
    names.push_back(tensor.name + " " + nn::to_string(tensor.shape));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"0.weight_ih_l0 (16, 3)", "0.weight_hh_l0 (16, 4)",
                                             "0.bias_ih_l0 (16)", "0.bias_hh_l0 (16)",
                                             "1.weight (2, 4)", "1.bias (2)"}));
  const Tensor& weights = network.layer<Dense>(1).weights();
  EXPECT_EQ(contents.find("1.weight")->tensor()(1, 3), weights(3, 1));
  EXPECT_EQ(contents.metadata.at("nn.version"), nn::version());
  EXPECT_EQ(contents.metadata.at("nn.layers"),
            R"([{"type":"LSTM","sequence":false},{"type":"Dense"}])");
}

TEST_F(Weights, FromPyTorchGiveItsLogits) {
  const auto expect_logits = [](const std::string& name, Sequential network) {
    nn::load_weights(golden_file("weights_" + name + ".safetensors"), network);
    EXPECT_LT(nn::test::difference(network.predict(golden("weights", name + "_x")),
                                   golden("weights", name + "_y")),
              nn::test::tolerance)
        << name;
  };
  expect_logits("cnn", Sequential{nn::Reshape{1, 6, 6},
                                  nn::Convolution{1, 2, {.kernel = 3, .padding = Padding::same()}},
                                  nn::BatchNorm{2}, nn::ReLU{}, nn::MaxPool{2}, nn::Flatten{},
                                  Dense{18, 5}, nn::LayerNorm{5}, Dense{5, 3}});
  const nn::Convolution::Options half{.kernel = 3, .stride = 2, .padding = Padding{1}};
  expect_logits(
      "resnet",
      Sequential{nn::Reshape{1, 6, 6},
                 nn::Residual{Sequential{nn::Convolution{1, 3, half}, nn::BatchNorm{3}},
                              Sequential{nn::Convolution{1, 3, {.kernel = 1, .stride = 2}}}},
                 nn::ReLU{}, nn::Residual{nn::BatchNorm{3}, nn::Tanh{}}, nn::GlobalAveragePool{},
                 Dense{3, 2}});
  expect_logits("rnn", Sequential{nn::Recurrent{3, 4}, Dense{4, 2}});
  expect_logits("gru", Sequential{nn::GRU{3, 4}, Dense{4, 2}});
  expect_logits("lstm", Sequential{nn::LSTM{3, 4}, Dense{4, 2}});
}

TEST_F(Weights, AreLoadedAllOrNone) {
  Sequential network{Dense{2, 3}, Dense{3, 1}};
  Safetensors contents = stored(network);
  for (StoredTensor& tensor : contents.tensors) {
    tensor = StoredTensor::of(tensor.name, Tensor{tensor.tensor().shape(), 1});
  }
  contents.tensors.back() = StoredTensor::of("1.bias", Tensor{1, 2});
  EXPECT_EQ(refusal(contents, network), "'1.bias' has shape (2), expected (1)");
  EXPECT_EQ(network.layer<Dense>(0).weights(), (Tensor{Shape{2, 3}}));
}

TEST_F(Weights, ThatDoNotFitAreNamed) {
  Sequential network{Dense{2, 3}, Dense{3, 1}};
  const Safetensors good = stored(network);
  Safetensors contents = good;
  contents.tensors[0] = StoredTensor::of("0.weight", Tensor{Shape{2, 3}});
  EXPECT_EQ(refusal(contents, network), "'0.weight' has shape (2, 3), expected (3, 2)");
  contents = good;
  contents.tensors.erase(contents.tensors.begin() + 1);
  EXPECT_EQ(refusal(contents, network),
            "'0.bias' is missing; the file has '0.weight', '1.weight', '1.bias'; "
            "rename them with LoadOptions::rename (predict --rename), such as fc1=0");
  contents = good;
  contents.tensors.push_back(StoredTensor::of("2.weight", Tensor{1}));
  EXPECT_EQ(refusal(contents, network),
            "'2.weight' is in the file, but the network has no such tensor");
  contents = good;
  contents.tensors[1].type = nn::test::in_double ? "I64" : "I32";
  EXPECT_EQ(refusal(contents, network),
            "'0.bias' has type " + contents.tensors[1].type + ", expected F16, BF16, F32 or F64");
}

TEST_F(Weights, WithValuesThatNoTrainingLeavesAreRefused) {
  nn::Random random{1};
  Sequential network{Dense{2, 3, nn::He{random}}, nn::BatchNorm{3}};
  const auto error_with = [&](std::size_t tensor, nn::real value) {
    Sequential broken = network;
    std::get<Tensor*>(broken.state()[tensor].value)->values()[1] = value;
    nn::save_network(path("broken"), broken);
    const std::string error =
        error_of<std::runtime_error>([&] { (void)nn::load_network(path("broken")); });
    Sequential untouched = network;
    EXPECT_EQ(error_of<std::runtime_error>([&] { nn::load_weights(path("broken"), untouched); }),
              "nn::load_weights" + error.substr(std::string{"nn::load_network"}.size()));
    EXPECT_EQ(untouched.layer<Dense>(0).weights(), network.layer<Dense>(0).weights());
    return error.substr(error.find('\''));
  };
  EXPECT_EQ(error_with(0, -std::numeric_limits<nn::real>::quiet_NaN()),
            "'0.weight' has the value nan at index 2, expected finite numbers");
  EXPECT_EQ(error_with(1, std::numeric_limits<nn::real>::infinity()),
            "'0.bias' has the value inf at index 1, expected finite numbers");
  EXPECT_EQ(error_with(5, -1),
            "'1.running_var' has the value -1 at index 1, expected finite numbers, 0 or more");
}

TEST_F(Weights, WithoutLayersAreNoNetwork) {
  Safetensors contents = stored(Sequential{Dense{2, 3}});
  contents.metadata.clear();
  EXPECT_EQ(refusal(contents),
            "the file has tensors ('0.weight', '0.bias') but no list of layers: build the network "
            "and use nn::load_weights (predict --layers)");
  contents.metadata["nn.checkpoint"] = "0.1.0";
  EXPECT_EQ(refusal(contents),
            "the file is a training checkpoint, not a network: resume it with Trainer::fit, then "
            "save the network");
}

TEST_F(Weights, OfUnregisteredLayersNeedTheNetwork) {
  Sequential network{Dense{2, 2}, nn::test::UnderCost{nn::MeanSquaredError{}, Tensor{{0, 0}}}};
  const Safetensors contents = stored(network);
  EXPECT_EQ(
      refusal(contents),
      "the layer at index 1 is 'mean squared error', which is neither a layer of this library nor "
      "registered: use nn::register_layer, or build the network and use nn::load_weights");
  nn::load_weights(path("n"), network);
}

TEST_F(Weights, WithLayersThatCannotBeAreRefused) {
  const auto with_layers = [&](std::string_view layers) {
    Safetensors contents = stored(Sequential{Dense{2, 3}});
    contents.metadata["nn.layers"] = layers;
    return refusal(contents);
  };
  EXPECT_EQ(with_layers("[{"), "its list of layers is not valid JSON");
  EXPECT_EQ(with_layers("{}"), "the layers of the network are not a list of 1 or more layers");
  EXPECT_EQ(with_layers("[]"), "the layers of the network are not a list of 1 or more layers");
  EXPECT_EQ(with_layers("[1]"),
            "the entry of the layer at index 0 has no type, expected text such as 'ReLU'");
  EXPECT_EQ(with_layers(R"([{"type":"BatchNorm"}])"),
            "'0.weight' has shape (3, 2), expected 1 axes of 1 or more");
  EXPECT_EQ(with_layers(R"([{"type":"ReLU"},{"type":"Dense"}])"), "'1.weight' is missing");
  EXPECT_EQ(with_layers(R"([{"type":"Residual","block":[{"type":"ReLU"}]}])"),
            "the entry of the layer at index 0 has no projection");
  EXPECT_EQ(with_layers(R"([{"type":"Residual","block":[],"projection":"none"}])"),
            "the layers of '0.block.' are not a list of 1 or more layers");
  EXPECT_EQ(with_layers(R"([{"type":"Residual","block":[{"type":"ReLU"}],"projection":5}])"),
            "the layers of '0.projection.' are not a list of 1 or more layers");
  EXPECT_EQ(
      with_layers(
          R"([{"type":"Residual","block":[{"type":"Reshape","sample":[3]}],"projection":[{"type":"Reshape","sample":[4]}]}])"),
      "nn::Residual: has layers that give shape (3), but a projection that gives (4)");
  EXPECT_EQ(with_layers(R"([{"type":"Dense"},{"type":"Dropout"}])"),
            "the entry of the layer at index 1 has no rate");
  EXPECT_EQ(with_layers(R"([{"type":"Dense"},{"type":"Dropout","rate":"x"}])"),
            "the layer at index 1: rate is \"x\", expected a number");
  EXPECT_EQ(with_layers(R"([{"type":"Dense"},{"type":"Dropout","rate":2}])"),
            "nn::Dropout: rate is 2, expected at least 0 and below 1");
  EXPECT_EQ(with_layers(R"([{"type":"Dense"},{"type":"Reshape","sample":[1,9999999]}])"),
            "the layer at index 1: sample is [1,9999999], expected up to three whole numbers, at "
            "most 1048576");
  EXPECT_EQ(with_layers(R"([{"type":"Dense"},{"type":"MaxPool","window":[1],"stride":[1,1]}])"),
            "the layer at index 1: window is [1], expected two whole numbers");
  EXPECT_EQ(
      with_layers(R"([{"type":"Dense"},{"type":"MaxPool","window":[1,1],"stride":[1,1]}])"),
      "nn::Sequential: layer 2 (MaxPool 1×1) expects images of shape (C, H, W); layer 1 gives 3");
}

TEST_F(Weights, WithNumbersThatNoDoubleHoldsAreRefused) {
  Safetensors contents;
  contents.metadata["nn.layers"] = R"([{"type":"LeakyReLU","slope":1e999}])";
  EXPECT_EQ(refusal(contents),
            "its list of layers has a number that is too large, expected at most 1.8e308");
}

// Text from a file is printed to a terminal, so it must not contain control codes or be too long.
TEST_F(Weights, AreQuotedAsATerminalCanShowThem) {
  Safetensors contents;
  contents.metadata["nn.layers"] = R"([{"type":"\u001b[31mAttention\n"}])";
  EXPECT_EQ(
      refusal(contents),
      "the layer at index 0 is '?[31mAttention?', which is neither a layer of this library nor "
      "registered: use nn::register_layer, or build the network and use nn::load_weights");
  contents.metadata["nn.layers"] = R"([{"type":"ReLU"}])";
  contents.tensors = {StoredTensor::of(std::string(3'000, 'x'), Tensor{1})};
  EXPECT_EQ(refusal(contents),
            "'" + std::string(40, 'x') + "'… is in the file, but the network has no such tensor");
}

// Nested lists: a recursive function would overflow the stack.
TEST_F(Weights, NestedDeeplyAreRefused) {
  constexpr std::size_t depth = 1'000'000;
  Safetensors contents;
  contents.metadata["nn.layers"] =
      R"([{"type":"LeakyReLU","slope":)" + std::string(depth, '[') + std::string(depth, ']') + "}]";
  EXPECT_EQ(refusal(contents),
            "its list of layers is nested too deeply: more than 100 levels of JSON");
}

// A file of a few bytes must not create a huge layer: sizes come from tensors that really exist.
TEST_F(Weights, CannotAskForMoreMemoryThanTheirFileHas) {
  Safetensors contents;
  contents.metadata["nn.layers"] = R"([{"type":"LSTM","sequence":false}])";
  contents.tensors = {StoredTensor::of("0.weight_ih_l0", Tensor{Shape{4, 3}}),
                      StoredTensor::of("0.weight_hh_l0", Tensor{Shape{1, 5'000}})};
  EXPECT_EQ(refusal(contents), "'0.weight_ih_l0' has 4 rows, expected 20000");
  contents.tensors[0].shape = {0, std::size_t{1} << 40U};
  contents.tensors[0].bytes.clear();
  EXPECT_EQ(refusal(contents),
            "'0.weight_ih_l0' has shape (0, 1099511627776), expected 2 axes of 1 or more");
}

TEST_F(Weights, OfNetworksInNetworksGoOnlySoDeep) {
  std::string layers = R"([{"type":"ReLU"}])";
  for (int depth = 0; depth < 20; ++depth) {
    layers = R"([{"type":"Sequential","layers":)" + layers + "}]";
  }
  Safetensors contents;
  contents.metadata["nn.layers"] = layers;
  EXPECT_EQ(refusal(contents),
            "its list of layers is nested too deeply: more than 8 networks within networks");
}

// ------------------------------------------------------------------------------- parts of a file

/// A network with every parameter at one value.
Sequential filled(Sequential network, nn::real value) {
  for (nn::Parameter* const parameter : network.parameters()) parameter->value.fill(value);
  return network;
}

using Names = std::vector<std::string>;

TEST_F(Weights, AreReportedByName) {
  Sequential network{nn::LSTM{3, 4}, nn::BatchNorm{4}};
  Safetensors contents = stored(network);
  contents.tensors.push_back(StoredTensor::of("1.num_batches_tracked", Tensor{1}));
  nn::write_safetensors("test", path("n"), contents);
  const nn::LoadReport report = nn::load_weights(path("n"), network);
  EXPECT_EQ(report.loaded, (Names{"0.weight_input", "0.weight_hidden", "0.bias", "1.weight",
                                  "1.bias", "1.running_mean", "1.running_var"}));
  EXPECT_EQ(report.skipped, Names{"1.num_batches_tracked"});
  EXPECT_EQ(report.untouched, Names{});
}

// Transfer learning: a new head on trained layers.
TEST_F(Weights, OfSomeLayersGoIntoANetworkWithAnotherHead) {
  const nn::Convolution convolution{1, 2, {.kernel = 3}};
  nn::save_network(path("n"), filled(Sequential{nn::Reshape{1, 4, 4}, convolution, nn::ReLU{},
                                                nn::Flatten{}, Dense{8, 10}},
                                     1));
  Sequential network = filled(Sequential{nn::Reshape{1, 4, 4}, convolution, nn::ReLU{},
                                         nn::Flatten{}, Dense{8, 3}, nn::ReLU{}},
                              2);
  const nn::LoadReport report = nn::load_weights(path("n"), network, {.first = 0, .last = 4});
  EXPECT_EQ(report.loaded, (Names{"1.weight", "1.bias"}));
  EXPECT_EQ(report.skipped, (Names{"4.weight", "4.bias"}));
  EXPECT_EQ(report.untouched, (Names{"4.weight", "4.bias"}));
  EXPECT_EQ(network.parameter("1.weight").value, (Tensor{Shape{2, 1, 3, 3}, 1}));
  EXPECT_EQ(network.parameter("4.weight").value, (Tensor{Shape{8, 3}, 2}));
}

TEST_F(Weights, OfSomeLayersGoToAnotherPlace) {
  nn::save_network(path("n"), filled(Sequential{nn::LayerNorm{2}, nn::GRU{2, 2}, Dense{2, 4}}, 1));
  Sequential network = filled(Sequential{nn::GRU{2, 2}, Dense{2, 4}, Dense{4, 1}}, 2);
  const nn::LoadReport report =
      nn::load_weights(path("n"), network, {.first = 1, .last = 3, .to = 0});
  EXPECT_EQ(report.loaded, (Names{"0.weight_input", "0.weight_hidden", "0.bias", "0.bias_hidden",
                                  "1.weight", "1.bias"}));
  EXPECT_EQ(report.skipped, (Names{"0.weight", "0.bias"}));
  EXPECT_EQ(report.untouched, (Names{"2.weight", "2.bias"}));
  EXPECT_EQ(network.parameter("0.bias_hidden").value, (Tensor{Shape{6}, 1}));
  EXPECT_EQ(network.parameter("1.weight").value, (Tensor{Shape{2, 4}, 1}));
  EXPECT_EQ(network.parameter("2.weight").value, (Tensor{Shape{4, 1}, 2}));
}

// PyTorch's modules name their parts: `features.0.weight`.
TEST_F(Weights, OfAPartOfAFileAreFoundByPrefix) {
  Safetensors contents = stored(filled(Sequential{Dense{3, 2}, Dense{2, 2}}, 1));
  for (StoredTensor& tensor : contents.tensors) tensor.name = "features." + tensor.name;
  contents.tensors.push_back(StoredTensor::of("classifier.weight", Tensor{1}));
  nn::write_safetensors("test", path("n"), contents);
  Sequential network{Dense{3, 2}, Dense{2, 2}};
  nn::LoadReport report = nn::load_weights(path("n"), network, {.prefix = "features."});
  EXPECT_EQ(report.loaded, (Names{"0.weight", "0.bias", "1.weight", "1.bias"}));
  EXPECT_EQ(report.skipped, Names{"classifier.weight"});
  report = nn::load_weights(path("n"), network, {.last = 1, .prefix = "features."});
  EXPECT_EQ(report.untouched, (Names{"1.weight", "1.bias"}));
}

/// The weights of a PyTorch module with members fc1 and fc2, sorted by name as when it saves them.
Safetensors with_members() {
  Safetensors contents;
  contents.tensors = {StoredTensor::of("fc1.bias", Tensor{1, 1, 1}),
                      StoredTensor::of("fc1.weight", Tensor{Shape{3, 2}, 1}),
                      StoredTensor::of("fc2.bias", Tensor{2}),
                      StoredTensor::of("fc2.weight", Tensor{Shape{1, 3}, 2})};
  return contents;
}

TEST_F(Weights, UnderOtherNamesAreListedWithARenamingThatFits) {
  Sequential network{Dense{2, 3}, nn::ReLU{}, Dense{3, 1}};
  const std::string advice = "rename them with LoadOptions::rename (predict --rename)";
  EXPECT_EQ(refusal(with_members(), network),
            "'0.weight' is missing; the file has 'fc1.bias', 'fc1.weight', 'fc2.bias', "
            "'fc2.weight'; " +
                advice + "; judging by the shapes, 'fc1=0', 'fc2=2' would fit");
  Sequential other{Dense{2, 4}};
  EXPECT_TRUE(refusal(with_members(), other).ends_with(advice + ", such as fc1=0"));

  Safetensors features = stored(network);
  for (StoredTensor& tensor : features.tensors) tensor.name = "features." + tensor.name;
  EXPECT_EQ(refusal(features, network),
            "'0.weight' is missing; the file has 'features.0.weight', 'features.0.bias', "
            "'features.2.weight', 'features.2.bias'; " +
                advice + "; judging by the shapes, 'features=' would fit");
  EXPECT_EQ(refusal(Safetensors{}, network),
            "'0.weight' is missing; the file has no tensors; " + advice + ", such as fc1=0");
}

// A file may have thousands of names, with any text in them.
TEST_F(Weights, UnderManyOtherNamesAreListedInPart) {
  Sequential network{Dense{2, 3}};
  Safetensors contents;
  for (int i = 0; i < 1'000; ++i) {
    contents.tensors.push_back(
        StoredTensor::of(std::to_string(i) + "\n" + std::string(100, 'x'), Tensor{1}));
  }
  const std::string text = refusal(contents, network);
  EXPECT_LT(text.size(), 700);
  EXPECT_NE(text.find("'0?" + std::string(38, 'x') + "'…, '1?"), std::string::npos);
  EXPECT_NE(text.find("'… and 992 more; "), std::string::npos);
}

TEST_F(Weights, UnderOtherNamesAreRenamed) {
  nn::write_safetensors("test", path("n"), with_members());
  Sequential network{Dense{2, 3}, nn::ReLU{}, Dense{3, 1}};
  const nn::LoadReport report =
      nn::load_weights(path("n"), network, {.rename = {{"fc1", "0"}, {"fc2", "2"}}});
  EXPECT_EQ(report.loaded, (Names{"0.weight", "0.bias", "2.weight", "2.bias"}));
  EXPECT_EQ(network.parameter("0.bias").value, (Tensor{1, 1, 1}));
  EXPECT_EQ(network.parameter("2.weight").value, (Tensor{{2}, {2}, {2}}));
  // Whole names, the longest of several, a part dropped, and one put in front.
  Sequential first{Dense{2, 3}};
  EXPECT_EQ(nn::load_weights(path("n"), first,
                             {.last = 1, .rename = {{"fc1.weight", "0.weight"}, {"fc1", "0"}}})
                .skipped,
            (Names{"fc2.bias", "fc2.weight"}));
  EXPECT_EQ(nn::load_weights(path("n"), first,
                             {.last = 1, .prefix = "m.", .rename = {{"fc1", "m.0"}, {"", "n"}}})
                .skipped,
            (Names{"n.fc2.bias", "n.fc2.weight"}));
  Safetensors features = with_members();
  for (StoredTensor& tensor : features.tensors) tensor.name.replace(0, 3, "m.0");
  features.tensors.resize(2);
  nn::write_safetensors("test", path("n"), features);
  EXPECT_EQ(nn::load_weights(path("n"), first, {.rename = {{"m", ""}}}).loaded,
            (Names{"0.weight", "0.bias"}));
}

TEST_F(Weights, AreNotRenamedToOneNameOrFromNone) {
  nn::write_safetensors("test", path("n"), with_members());
  Sequential network{Dense{2, 3}};
  const auto refusal = [&](const nn::LoadOptions& options) {
    const std::string text =
        error_of<std::runtime_error>([&] { nn::load_weights(path("n"), network, options); });
    return text.substr(text.find("/n: ") + 4);
  };
  EXPECT_EQ(refusal({.rename = {{"fc1", "0"}, {"fc2", "0"}}}),
            "'fc1.bias' and 'fc2.bias' would both be renamed to '0.bias'");
  EXPECT_EQ(refusal({.rename = {{"fc", "0"}}}),
            "there is nothing to rename: no tensor's name begins with 'fc'; the file has "
            "'fc1.bias', 'fc1.weight', "
            "'fc2.bias', 'fc2.weight'");
  // The names are always the file's original names, not the new ones.
  EXPECT_EQ(refusal({.rename = {{"fc1", "0"}, {"fc", "2"}}}),
            "there is nothing to rename: no tensor's name begins with 'fc'; the file has "
            "'fc1.bias', 'fc1.weight', "
            "'fc2.bias', 'fc2.weight'");
  Sequential two{Dense{2, 3}, Dense{3, 1}};
  nn::LoadOptions half;
  half.rename = {{"fc1", "0"}};
  EXPECT_TRUE(
      error_of<std::runtime_error>([&] { nn::load_weights(path("n"), two, half); })
          .ends_with("'1.weight' is missing; the file has 'fc1.bias', 'fc1.weight', "
                     "'fc2.bias', 'fc2.weight'; rename them with LoadOptions::rename (predict "
                     "--rename); judging by the shapes, 'fc1=0', 'fc2=1' would fit"));
}

TEST_F(Weights, InHalfPrecisionAreLoaded) {
  Safetensors contents;
  const auto half = [](const char* name, const char* type, std::vector<std::size_t> shape,
                       std::uint16_t bits) {
    StoredTensor tensor{.name = name, .type = type, .shape = std::move(shape), .bytes = {}};
    std::size_t count = 1;
    for (const std::size_t axis : tensor.shape) count *= axis;
    for (std::size_t i = 0; i < count; ++i) {
      tensor.bytes.push_back(static_cast<std::byte>(bits & 0xFFU));
      tensor.bytes.push_back(static_cast<std::byte>(bits >> 8U));
    }
    return tensor;
  };
  contents.tensors = {half("0.weight", "F16", {3, 2}, 0x3800), half("0.bias", "BF16", {3}, 0xBF80)};
  nn::write_safetensors("test", path("n"), contents);
  Sequential network{Dense{2, 3}};
  nn::load_weights(path("n"), network);
  EXPECT_EQ(network.parameter("0.weight").value, (Tensor{Shape{2, 3}, nn::real(0.5)}));
  EXPECT_EQ(network.parameter("0.bias").value, (Tensor{-1, -1, -1}));
}

TEST_F(Weights, OfSomeLayersAreLoadedAllOrNone) {
  nn::save_network(path("n"), filled(Sequential{Dense{3, 2}, Dense{2, 2}, nn::LayerNorm{2}}, 1));
  Sequential network = filled(Sequential{Dense{3, 2}, Dense{2, 1}}, 2);
  const auto refusal = [&](const nn::LoadOptions& options) {
    const std::string text =
        error_of<std::runtime_error>([&] { nn::load_weights(path("n"), network, options); });
    return text.substr(text.find("/n: ") + 4);
  };
  EXPECT_EQ(refusal({.last = 2}), "'1.weight' has shape (2, 2), expected (1, 2)");
  EXPECT_EQ(refusal({.first = 2, .to = 1}), "'2.weight' has shape (2), expected (1, 2)");
  EXPECT_EQ(refusal({.first = 1, .last = 3}), "'1.weight' has shape (2, 2), expected (1, 2)");
  EXPECT_EQ(refusal({.first = 2, .last = 3}),
            "'2.weight' is in the file, but the network has no such tensor");
  EXPECT_TRUE(refusal({.prefix = "features."}).starts_with("'features.0.weight' is missing; "));
  EXPECT_TRUE(
      refusal({.first = 3, .last = 9})
          .starts_with("the file has no tensors for the chosen layers of the network; it has '"));
  EXPECT_TRUE(
      refusal({.first = 1, .last = 1})
          .starts_with("the file has no tensors for the chosen layers of the network; it has '"));
  EXPECT_EQ(network.parameter("0.weight").value, (Tensor{Shape{3, 2}, 2}));
  EXPECT_EQ(error_of<std::invalid_argument>(
                [&] { nn::load_weights(path("n"), network, {.first = 3, .last = 2}); }),
            "nn::load_weights: first is 3 and last is 2, expected first to be at most last");
}

TEST_F(Weights, AreNoneWithoutLayersOrAFile) {
  EXPECT_EQ(error_of<std::invalid_argument>([&] { nn::save_network(path("n"), Sequential{}); }),
            "nn::save_network: the network has no layers");
  EXPECT_EQ(error_of<std::runtime_error>([&] { static_cast<void>(nn::load_network(path("m"))); }),
            "nn::load_network: cannot read " + path("m").string() + ": there is no such file");
}

}  // namespace
