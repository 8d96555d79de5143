// nn.layer_kinds: a user's layers are stored, loaded and exported after one registration.

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dense;
using nn::LayerSettings;
using nn::OnnxGraph;
using nn::Parameter;
using nn::real;
using nn::Safetensors;
using nn::Sequential;
using nn::Shape;
using nn::State;
using nn::StoredLayer;
using nn::StoredTensor;
using nn::Tensor;
using nn::test::error_of;
using nn::test::noise;

// -------------------------------------------------------------------------------- layers of a user

/// The parts of the contract that storing does not need. These layers are not trained.
struct Untrained {
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] static Tensor backward(Tensor dy) { return dy; }
  [[nodiscard]] static std::vector<Parameter*> parameters() { return {}; }
};

/// y = 2 x: no settings, no parameters.
struct Doubling : Untrained {
  [[nodiscard]] static std::string name() { return "Doubling"; }
  [[nodiscard]] static Tensor predict(Tensor x) {
    for (real& value : x.values()) value *= 2;
    return x;
  }
  [[nodiscard]] static Tensor forward(Tensor x) { return predict(std::move(x)); }
};

/// The same; nobody registers it.
struct Unknown : Doubling {
  [[nodiscard]] static std::string name() { return "Unknown"; }
};

/// y = x σ(β x): a setting.
class Swish : public Untrained {
 public:
  explicit Swish(real beta) : beta_{beta} {}
  [[nodiscard]] real beta() const { return beta_; }
  [[nodiscard]] std::string name() const { return fmt::format("Swish {}", beta_); }
  [[nodiscard]] Tensor predict(Tensor x) const {
    for (real& value : x.values()) value /= 1 + std::exp(-beta_ * value);
    return x;
  }
  [[nodiscard]] Tensor forward(Tensor x) const { return predict(std::move(x)); }

 private:
  real beta_;
};

/// y = g ⊙ x W; one of its parameters is named like those of recurrent layers.
class Gate : public Untrained {
 public:
  Gate(std::size_t inputs, std::size_t outputs)
      : weight_{"weight_input", Tensor{Shape{inputs, outputs}}},
        gain_{"gain", Tensor{Shape{outputs}, 1}} {}
  [[nodiscard]] const Tensor& weight() const { return weight_.value; }
  [[nodiscard]] const Tensor& gain() const { return gain_.value; }
  [[nodiscard]] static std::string name() { return "Gate"; }
  [[nodiscard]] Shape output_shape(const Shape& /*sample*/) const {
    return Shape{weight_.value.columns()};
  }
  [[nodiscard]] Tensor predict(const Tensor& x) const {
    Tensor y = nn::matmul(x, weight_.value);
    for (std::size_t n = 0; n < y.rows(); ++n) {
      for (std::size_t j = 0; j < y.columns(); ++j) y(n, j) *= gain_.value(j);
    }
    return y;
  }
  [[nodiscard]] Tensor forward(const Tensor& x) const { return predict(x); }
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&weight_, &gain_}; }

 private:
  Parameter weight_;
  Parameter gain_;
};

/// The same, for tests in which nobody registers it.
struct UnknownGate : Gate {
  using Gate::Gate;
};

/// y = x + f(x), f being a network.
class Skip : public Untrained {
 public:
  explicit Skip(Sequential inner) : inner_{std::move(inner)} {}
  [[nodiscard]] const Sequential& inner() const { return inner_; }
  [[nodiscard]] static std::string name() { return "Skip"; }
  [[nodiscard]] Tensor predict(Tensor x) const {
    const Tensor y = inner_.predict(x);
    for (std::size_t i = 0; i < x.size(); ++i) x.values()[i] += y.values()[i];
    return x;
  }
  [[nodiscard]] Tensor forward(Tensor x) const { return predict(std::move(x)); }
  [[nodiscard]] std::vector<Parameter*> parameters() { return inner_.parameters(); }
  [[nodiscard]] std::vector<State> state() {
    std::vector<State> states;
    nn::append_state(states, "inner", inner_.state());
    return states;
  }

 private:
  Sequential inner_;
};

/// Settings of every type.
struct Settings : Doubling {
  bool truth = false;
  std::size_t whole = 0;
  std::string text;
  std::vector<std::size_t> lengths;
};

/// Settings with a name that files reserve.
struct Typed : Doubling {};

/// A layer with two tensors of the same name.
struct Twins : Doubling {
  Parameter first{"weight", Tensor{1}};
  Parameter second{"weight", Tensor{2}};
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&first, &second}; }
};

Gate make_gate(const StoredLayer& stored) {
  const Shape shape = stored.shape("weight_input", 2);
  return Gate{shape[0], shape[1]};
}

// [register]
void register_swish() {
  nn::register_layer<Swish>(
      {.name = "Swish",
       .settings = [](const Swish& layer) { return LayerSettings{{"beta", layer.beta()}}; },
       .make = [](const StoredLayer& stored) { return Swish{real(stored.number("beta"))}; },
       .onnx =
           [](OnnxGraph& graph, const Swish& layer) {
             const std::string x = graph.last();
             const std::string beta = graph.constant("beta", Tensor{layer.beta()});
             const std::string scaled = graph.add({.op = "Mul", .inputs = {x, beta}});
             const std::string gate = graph.add({.op = "Sigmoid", .inputs = {scaled}});
             graph.add({.op = "Mul", .inputs = {x, gate}});
           }});
}
// [/register]

class LayerKinds : public nn::test::Folder, public testing::Test {
 protected:
  static void SetUpTestSuite() {
    register_swish();
    nn::register_layer<Doubling>({.name = "Doubling"});
    nn::register_layer<Gate>(
        {.name = "Gate", .make = make_gate, .onnx = [](OnnxGraph& graph, const Gate& layer) {
           graph.add({.op = "MatMul",
                      .inputs = {graph.last(), graph.constant("weight_input", layer.weight())}});
           graph.add({.op = "Mul", .inputs = {graph.last(), graph.constant("gain", layer.gain())}});
         }});
    nn::register_layer<Skip>(
        {.name = "Skip",
         .settings = [](const Skip& layer) { return LayerSettings{{"inner", &layer.inner()}}; },
         .make = [](const StoredLayer& stored) { return Skip{stored.network("inner")}; },
         .onnx =
             [](OnnxGraph& graph, const Skip& layer) {
               const std::string x = graph.last();
               graph.add(layer.inner(), "inner");
               graph.add({.op = "Add", .inputs = {x, graph.last()}});
             }});
    nn::register_layer<Settings>({.name = "Settings",
                                  .settings =
                                      [](const Settings& layer) {
                                        return LayerSettings{{"truth", layer.truth},
                                                             {"whole", layer.whole},
                                                             {"text", layer.text},
                                                             {"lengths", layer.lengths}};
                                      },
                                  .make =
                                      [](const StoredLayer& stored) {
                                        Settings layer;
                                        layer.truth = stored.truth("truth");
                                        layer.whole = stored.whole("whole");
                                        layer.text = stored.text("text");
                                        layer.lengths = stored.lengths("lengths");
                                        return layer;
                                      }});
  }

  [[nodiscard]] Safetensors stored(const Sequential& network) const {
    nn::save_network(path("n"), network);
    return nn::read_safetensors("test", path("n"));
  }

  /// What load_network says against a file with these layers and tensors.
  [[nodiscard]] std::string refusal(const std::string& layers,
                                    const std::vector<StoredTensor>& tensors = {}) const {
    nn::write_safetensors("test", path("n"),
                          {.metadata = {{"nn.layers", layers}}, .tensors = tensors});
    const std::string text =
        error_of<std::runtime_error>([&] { static_cast<void>(nn::load_network(path("n"))); });
    const std::string head = "nn::load_network: " + path("n").string() + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  }
};

std::vector<std::string> names_of(const Safetensors& contents) {
  std::vector<std::string> names;
  for (const StoredTensor& tensor : contents.tensors) {
    names.push_back(tensor.name + " " + nn::to_string(tensor.shape));
  }
  return names;
}

/// `2.Mul = Mul(1.Relu, 2.gain)`.
std::vector<std::string> nodes_of(const Sequential& network, const Shape& sample) {
  OnnxGraph graph{sample};
  graph.add(network);
  std::vector<std::string> lines;
  for (const nn::OnnxNode& node : graph.nodes()) {
    lines.push_back(fmt::format("{} = {}({})", node.name, node.op, fmt::join(node.inputs, ", ")));
  }
  return lines;
}

using Lines = std::vector<std::string>;

/// Gives every parameter different numbers than a new layer has.
Sequential learned(Sequential network) {
  for (const State& state : network.state()) {
    Tensor& value = *std::get<Tensor*>(state.value);
    value = noise(value.shape(), value.size());
  }
  return network;
}

// --------------------------------------------------------------------------- stored and exported

TEST_F(LayerKinds, OfAUserAreStoredUnderTheNamesOfTheirParameters) {
  const Sequential network = learned(Sequential{Gate{3, 2}, Dense{2, 2}});
  const Safetensors contents = stored(network);
  EXPECT_EQ(names_of(contents),
            (Lines{"0.weight_input (2, 3)", "0.gain (2)", "1.weight (2, 2)", "1.bias (2)"}));
  EXPECT_EQ(contents.metadata.at("nn.layers"), R"([{"type":"Gate"},{"type":"Dense"}])");
}

TEST_F(LayerKinds, OfAUserAreLoaded) {
  const Sequential network = learned(
      Sequential{Gate{3, 4}, Swish{real(0.25)}, Sequential{Doubling{}, Dense{4, 2}}, Doubling{}});
  EXPECT_EQ(stored(network).metadata.at("nn.layers"),
            R"([{"type":"Gate"},{"type":"Swish","beta":0.25},{"type":"Sequential","layers":)"
            R"([{"type":"Doubling"},{"type":"Dense"}]},{"type":"Doubling"}])");
  const Sequential loaded = nn::load_network(path("n"));
  const Tensor x = noise(Shape{5, 3});
  EXPECT_EQ(loaded.layer_names(), network.layer_names());
  EXPECT_EQ(loaded.predict(x), network.predict(x));
}

TEST_F(LayerKinds, OfAUserAreExported) {
  const Sequential network{Gate{3, 2}, Sequential{Swish{real(0.5)}}, Dense{2, 1}};
  EXPECT_EQ(
      nodes_of(network, Shape{3}),
      (Lines{"0.MatMul = MatMul(input, 0.weight_input)", "0.Mul = Mul(0.MatMul, 0.gain)",
             "1.0.Mul = Mul(0.Mul, 1.0.beta)", "1.0.Sigmoid = Sigmoid(1.0.Mul)",
             "1.0.Mul_2 = Mul(0.Mul, 1.0.Sigmoid)", "2.Gemm = Gemm(1.0.Mul_2, 2.weight, 2.bias)"}));
  nn::export_onnx(path("n.onnx"), network, Shape{3});
  EXPECT_TRUE(std::filesystem::exists(path("n.onnx")));
}

TEST_F(LayerKinds, KeepSettingsOfEveryType) {
  Settings layer;
  layer.truth = true;
  layer.whole = 7;
  layer.text = "same";
  layer.lengths = {1, 2, 3};
  EXPECT_EQ(stored(Sequential{layer}).metadata.at("nn.layers"),
            R"([{"type":"Settings","truth":true,"whole":7,"text":"same","lengths":[1,2,3]}])");
  const Sequential loaded = nn::load_network(path("n"));
  const Settings& same = loaded.layer<Settings>(0);
  EXPECT_EQ(same.truth, layer.truth);
  EXPECT_EQ(same.whole, layer.whole);
  EXPECT_EQ(same.text, layer.text);
  EXPECT_EQ(same.lengths, layer.lengths);
}

TEST_F(LayerKinds, MayHaveANetworkAsAPart) {
  const Sequential network = learned(
      Sequential{Skip{Sequential{nn::LSTM{3, 4}, Dense{4, 3}}}, Skip{Sequential{Gate{3, 3}}}});
  EXPECT_EQ(
      names_of(stored(network)),
      (Lines{"0.inner.0.weight_ih_l0 (16, 3)", "0.inner.0.weight_hh_l0 (16, 4)",
             "0.inner.0.bias_ih_l0 (16)", "0.inner.0.bias_hh_l0 (16)", "0.inner.1.weight (3, 4)",
             "0.inner.1.bias (3)", "1.inner.0.weight_input (3, 3)", "1.inner.0.gain (3)"}));
  Sequential loaded = nn::load_network(path("n"));
  Sequential same = network;
  ASSERT_EQ(loaded.state().size(), same.state().size());
  for (std::size_t i = 0; i < same.state().size(); ++i) {
    EXPECT_EQ(*std::get<Tensor*>(loaded.state()[i].value),
              *std::get<Tensor*>(same.state()[i].value));
  }
}

TEST_F(LayerKinds, ExportANetworkThatIsAPart) {
  EXPECT_EQ(nodes_of(Sequential{Dense{2, 3}, Skip{Sequential{nn::ReLU{}, Dense{3, 3}}}}, Shape{2}),
            (Lines{"0.Gemm = Gemm(input, 0.weight, 0.bias)", "1.inner.0.Relu = Relu(0.Gemm)",
                   "1.inner.1.Gemm = Gemm(1.inner.0.Relu, 1.inner.1.weight, 1.inner.1.bias)",
                   "1.Add = Add(0.Gemm, 1.inner.1.Gemm)"}));
}

// PyTorch's names for a class with two networks, `block` and `projection`.
TEST_F(LayerKinds, HaveTheNamesOfBothPathsOfAResidualConnection) {
  const Sequential network =
      learned(Sequential{nn::Residual{Dense{2, 2}, nn::ReLU{}}, nn::Reshape{1, 2},
                         nn::Residual{Sequential{nn::GRU{2, 3, {.sequence = true}}},
                                      Sequential{nn::Recurrent{2, 3, {.sequence = true}}}}});
  EXPECT_EQ(names_of(stored(network)),
            (Lines{"0.block.0.weight (2, 2)", "0.block.0.bias (2)", "2.block.0.weight_ih_l0 (9, 2)",
                   "2.block.0.weight_hh_l0 (9, 3)", "2.block.0.bias_ih_l0 (9)",
                   "2.block.0.bias_hh_l0 (9)", "2.projection.0.weight_ih_l0 (3, 2)",
                   "2.projection.0.weight_hh_l0 (3, 3)", "2.projection.0.bias_ih_l0 (3)",
                   "2.projection.0.bias_hh_l0 (3)"}));
  EXPECT_EQ(
      stored(network).metadata.at("nn.layers"),
      R"([{"type":"Residual","block":[{"type":"Dense"},{"type":"ReLU"}],"projection":"none"},)"
      R"({"type":"Reshape","sample":[1,2]},)"
      R"({"type":"Residual","block":[{"type":"GRU","sequence":true}],)"
      R"("projection":[{"type":"Recurrent","sequence":true}]}])");
}

TEST_F(LayerKinds, ExportBothPathsOfAResidualConnection) {
  nn::Random random{1};
  EXPECT_EQ(nodes_of(Sequential{nn::Residual{nn::ReLU{}, Dense{2, 2}}, nn::Tanh{}}, Shape{2}),
            (Lines{"0.block.0.Relu = Relu(input)",
                   "0.block.1.Gemm = Gemm(0.block.0.Relu, 0.block.1.weight, 0.block.1.bias)",
                   "0.Add = Add(input, 0.block.1.Gemm)", "1.Tanh = Tanh(0.Add)"}));
  EXPECT_EQ(nodes_of(Sequential{nn::Tanh{},
                                nn::Residual{Sequential{Dense{2, 3}}, Sequential{Dense{2, 3}}}},
                     Shape{2}),
            (Lines{"0.Tanh = Tanh(input)",
                   "1.block.0.Gemm = Gemm(0.Tanh, 1.block.0.weight, "
                   "1.block.0.bias)",
                   "1.projection.0.Gemm = Gemm(0.Tanh, 1.projection.0.weight, 1.projection.0.bias)",
                   "1.Add = Add(1.projection.0.Gemm, 1.block.0.Gemm)"}));
  // No node for dropout: the input is added to itself.
  EXPECT_EQ(nodes_of(Sequential{nn::Residual{nn::Dropout{0.5, random}}}, Shape{2}),
            Lines{"0.Add = Add(input, input)"});
}

// A layer kind only for this test: its tensors have other names in files, and one of them is the
// sum of two tensors there.
TEST_F(LayerKinds, MayHaveOtherNamesInAFile) {
  struct Renamed : Gate {
    using Gate::Gate;
  };
  nn::register_layer<Renamed>({.name = "Renamed",
                               .make =
                                   [](const StoredLayer& stored) {
                                     const Shape shape = stored.shape("weight_input", 2);
                                     return Renamed{shape[0], shape[1]};
                                   },
                               .tensor_names = {{.own = "weight_input", .stored = "weight"},
                                                {.own = "gain", .stored = "g", .plus = "h"}}});
  const Sequential network = learned(Sequential{Renamed{3, 2}});
  Safetensors contents = stored(network);
  EXPECT_EQ(names_of(contents), (Lines{"0.weight (2, 3)", "0.g (2)", "0.h (2)"}));
  contents.tensors[2] = StoredTensor::of("0.h", Tensor{1, 2});
  nn::write_safetensors("test", path("n"), contents);
  const Sequential loaded = nn::load_network(path("n"));
  const Tensor& before = network.layer<Renamed>(0).gain();
  EXPECT_EQ(loaded.layer<Renamed>(0).gain(), (Tensor{before(0) + 1, before(1) + 2}));
  EXPECT_EQ(loaded.layer<Renamed>(0).weight(), network.layer<Renamed>(0).weight());
}

// -------------------------------------------------------------------------- without registration

TEST_F(LayerKinds, AreNotNeededForWeights) {
  const Sequential network = learned(Sequential{UnknownGate{3, 2}, Dense{2, 2}});
  EXPECT_EQ(names_of(stored(network)).front(), "0.weight_input (2, 3)");
  Sequential other{UnknownGate{3, 2}, Dense{2, 2}};
  nn::load_weights(path("n"), other);
  EXPECT_EQ(other.layer<UnknownGate>(0).weight(), network.layer<UnknownGate>(0).weight());
  EXPECT_EQ(other.layer<UnknownGate>(0).gain(), network.layer<UnknownGate>(0).gain());
}

TEST_F(LayerKinds, AreNeededForANetwork) {
  nn::save_network(path("n"), Sequential{Unknown{}});
  EXPECT_EQ(error_of<std::runtime_error>([&] { static_cast<void>(nn::load_network(path("n"))); }),
            "nn::load_network: " + path("n").string() +
                ": the layer at index 0 is 'Unknown', which is neither a layer of this library nor "
                "registered: "
                "use nn::register_layer, or build the network and use nn::load_weights");
}

// An unregistered type with the name of a registered one must not be loaded as the latter.
TEST_F(LayerKinds, AreNotConfusedWithOthersOfTheSameName) {
  EXPECT_EQ(stored(Sequential{UnknownGate{3, 2}}).metadata.at("nn.layers"),
            R"json([{"type":"Gate (not registered)"}])json");
}

TEST_F(LayerKinds, AreNeededForOnnx) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [&] { nn::export_onnx(path("n"), Sequential{Unknown{}}, Shape{2}); }),
            "nn::export_onnx: no ONNX export for Unknown: register it with nn::register_layer and "
            "set .onnx");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [&] { nn::export_onnx(path("n"), Sequential{Doubling{}}, Shape{2}); }),
            "nn::export_onnx: no ONNX export for Doubling: set .onnx where it is registered");
  EXPECT_FALSE(std::filesystem::exists(path("n")));
}

// ---------------------------------------------------------------------------------- what is wrong

TEST_F(LayerKinds, AreRegisteredOnce) {
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { nn::register_layer<Doubling>({.name = "Doubling 2"}); }),
      "nn::register_layer: 'Doubling 2' has a type that is already registered, as "
      "'Doubling'");
  EXPECT_EQ(error_of<std::invalid_argument>([] { nn::register_layer<nn::ReLU>({.name = "Mine"}); }),
            "nn::register_layer: 'Mine' has a type that is already registered, as 'ReLU'");
}

TEST_F(LayerKinds, HaveUniqueNames) {
  for (const std::string name : {"Dense", "Sequential", "LSTM", "Swish"}) {
    EXPECT_EQ(error_of<std::invalid_argument>([&] { nn::register_layer<Unknown>({.name = name}); }),
              "nn::register_layer: '" + name +
                  "' is already the name of another kind of layer: choose a different one");
  }
  EXPECT_EQ(error_of<std::invalid_argument>([] { nn::register_layer<Unknown>({.name = ""}); }),
            "nn::register_layer: the name is empty, expected the name that files use");
}

TEST_F(LayerKinds, NeedAWayToMakeALayer) {
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { nn::register_layer<UnknownGate>({.name = "Mine"}); }),
      "nn::register_layer: 'Mine' has no default constructor: set .make, which makes a layer");
  EXPECT_EQ(error_of<std::invalid_argument>([] {
              nn::register_layer<Unknown>({.name = "Mine", .settings = [](const Unknown&) {
                                             return LayerSettings{{"rate", 0.5}};
                                           }});
            }),
            "nn::register_layer: 'Mine' has settings, but no way to make a layer from them: set "
            ".make as well");
}

TEST_F(LayerKinds, HaveSettingsAFileCanHold) {
  nn::register_layer<Typed>({.name = "Typed",
                             .settings = [](const Typed&) { return LayerSettings{{"type", true}}; },
                             .make = [](const StoredLayer&) { return Typed{}; }});
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { nn::save_network(path("n"), Sequential{Typed{}}); }),
      "nn::save_network: Typed has a setting called 'type', a reserved name");
}

TEST_F(LayerKinds, HaveADifferentNameForEachTensor) {
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { nn::save_network(path("n"), Sequential{Twins{}}); }),
      "nn::save_network: two tensors are called '0.weight': give the layer a state() in which each "
      "has its own name");
}

TEST_F(LayerKinds, RefuseSettingsOfAnotherType) {
  const auto with = [&](const std::string& settings) {
    return refusal(R"([{"type":"Settings",)" + settings + "}]");
  };
  EXPECT_EQ(with(R"("truth":1)"), "the layer at index 0: truth is 1, expected true or false");
  EXPECT_EQ(with(R"("truth":true)"), "the entry of the layer at index 0 has no whole");
  EXPECT_EQ(with(R"("truth":true,"whole":-1)"),
            "the layer at index 0: whole is -1, expected a whole number, at most 1048576");
  EXPECT_EQ(with(R"("truth":true,"whole":1048577)"),
            "the layer at index 0: whole is 1048577, expected a whole number, at most 1048576");
  EXPECT_EQ(with(R"("truth":true,"whole":2,"text":[])"),
            "the layer at index 0: text is [], expected text");
  EXPECT_EQ(
      with(R"("truth":true,"whole":2,"text":"a","lengths":[])"),
      "the layer at index 0: lengths is [], expected up to three whole numbers, at most 1048576");
  EXPECT_EQ(refusal(R"([{"type":"Skip","inner":[{"type":"Gate"}]}])"),
            "'0.inner.0.weight_input' is missing");
  EXPECT_EQ(refusal(R"([{"type":"Skip","inner":5}])"),
            "the layers of '0.inner.' are not a list of 1 or more layers");
}

// ---------------------------------------------------------------------------------- the list
// itself

TEST_F(LayerKinds, OfTheLibraryAreAllInTheList) {
  for (const char* const name :
       {"Dense",     "Convolution", "MaxPool", "AveragePool", "GlobalAveragePool",
        "Reshape",   "Flatten",     "ReLU",    "LeakyReLU",   "Sigmoid",
        "Tanh",      "Softmax",     "Dropout", "BatchNorm",   "LayerNorm",
        "Recurrent", "GRU",         "LSTM",    "Sequential",  "Residual"}) {
    const nn::AnyLayerKind* const kind = nn::find_layer_kind(name);
    ASSERT_NE(kind, nullptr) << name;
    EXPECT_TRUE(kind->onnx) << name;
  }
  EXPECT_EQ(nn::find_layer_kind("dense"), nullptr);
  EXPECT_EQ(nn::find_layer_kind(Sequential{Dense{1, 1}}[0])->name, "Dense");
  EXPECT_EQ(nn::find_layer_kind(Sequential{Unknown{}}[0]), nullptr);
}

TEST_F(LayerKinds, KnowTheNameOfATensorInAFile) {
  const Sequential network{nn::LSTM{1, 1, {.sequence = true}}, nn::GRU{1, 1}, Dense{1, 1}};
  const nn::TensorName bias = nn::stored_name(network, "0.bias");
  EXPECT_EQ(bias.own, "0.bias");
  EXPECT_EQ(bias.stored, "0.bias_ih_l0");
  EXPECT_EQ(bias.plus, "0.bias_hh_l0");
  EXPECT_EQ(nn::stored_name(network, "1.bias").plus, "");
  EXPECT_EQ(nn::stored_name(network, "1.bias_hidden").stored, "1.bias_hh_l0");
  EXPECT_EQ(nn::stored_name(network, "2.bias").stored, "2.bias");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { static_cast<void>(nn::stored_name(network, "bias")); }),
      "nn::stored_name: 'bias' does not begin with a layer number");
  EXPECT_EQ(nn::layer_number("12.weight"), 12U);
  EXPECT_EQ(nn::layer_number("12"), std::nullopt);
  EXPECT_EQ(nn::layer_number("x.12"), std::nullopt);
}

TEST_F(LayerKinds, GiveAGraphNamesThatAreNotTaken) {
  OnnxGraph graph{Shape{2}};
  EXPECT_EQ(graph.last(), "input");
  EXPECT_EQ(graph.sample(), Shape{2});
  EXPECT_EQ(graph.constant("a", Tensor{1}), "a");
  EXPECT_EQ(graph.integers("a", {1, 2}), "a_2");
  EXPECT_EQ(graph.add({.op = "a", .attributes = {{"axis", 1}, {"mode", "nearest"}}}), "a_3");
  EXPECT_EQ(graph.last(), "a_3");
  EXPECT_EQ(graph.nodes()[0].inputs, Lines{"input"});
  EXPECT_EQ(graph.constants().size(), 2U);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(graph.constants()[1].values),
            (std::vector<std::int64_t>{1, 2}));
}

}  // namespace
