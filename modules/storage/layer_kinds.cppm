/// @file
/// @brief The list of layer kinds: how each layer is stored, loaded and exported, including yours.
module;

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

export module nn.layer_kinds;

export import nn.backprop;

export namespace nn {

/// One setting of a layer, for a file: true or false, a whole number, any other number, text, a few
/// lengths such as those of a shape, or a network that is part of the layer (it must outlive the
/// setting).
using LayerSetting = std::variant<bool, std::size_t, double, std::string, std::vector<std::size_t>,
                                  const Sequential*>;

/// The settings needed to construct a layer, in the order of the file: `{{"slope",
/// layer.slope()}}`. Lengths that follow from the shapes of the layer's tensors are left out, so
/// that a file cannot contradict itself.
using LayerSettings = std::vector<std::pair<std::string, LayerSetting>>;

/// A layer as described by a file, from which a LayerKind makes the layer.
///
/// Every function throws std::runtime_error if the file does not have what is asked for. The error
/// names the layer and what was expected; the caller adds the file's name.
class StoredLayer {
 public:
  StoredLayer() = default;
  StoredLayer(const StoredLayer&) = delete;
  StoredLayer& operator=(const StoredLayer&) = delete;
  virtual ~StoredLayer() = default;

  /// The layer's position in the network, for errors: `2`, or `2.0` in a network inside it.
  [[nodiscard]] virtual std::string place() const = 0;

  /// A setting that is true or false.
  /// @param setting Its name.
  [[nodiscard]] virtual bool truth(std::string_view setting) const = 0;
  /// A setting that is a number.
  /// @param setting Its name.
  [[nodiscard]] virtual double number(std::string_view setting) const = 0;
  /// A setting that is a whole number from 0 to 2²⁰, so that sums and products of a few such
  /// numbers do not overflow.
  /// @param setting Its name.
  [[nodiscard]] virtual std::size_t whole(std::string_view setting) const = 0;
  /// A setting that is text.
  /// @param setting Its name.
  [[nodiscard]] virtual std::string text(std::string_view setting) const = 0;
  /// Whether a setting equals this text; false if it is not text.
  /// @param setting Its name.
  /// @param text The text to compare with.
  [[nodiscard]] virtual bool is(std::string_view setting, std::string_view text) const = 0;
  /// A setting that is a list of one to three lengths, each at most 2²⁰.
  /// @param setting Its name.
  [[nodiscard]] virtual std::vector<std::size_t> lengths(std::string_view setting) const = 0;
  /// A setting that is a list of two lengths, height and width.
  /// @param setting Its name.
  [[nodiscard]] virtual std::array<std::size_t, 2> sides(std::string_view setting) const = 0;
  /// A setting that is a network: its layers, whose weights are filled in later.
  /// @param setting Its name.
  [[nodiscard]] virtual Sequential network(std::string_view setting) const = 0;

  /// The shape of one of the layer's tensors. Because the tensor really is in the file, a layer of
  /// that size takes no more memory than the file is long.
  /// @param tensor Its name in the layer, such as that of a parameter.
  /// @param rank The number of its axes.
  /// @return Its shape in the layer (files store matrices transposed, except tables).
  [[nodiscard]] virtual Shape shape(std::string_view tensor, std::size_t rank) const = 0;
};

/// The name of one of a layer's tensors in a file.
struct TensorName {
  std::string own;     ///< In the layer: `bias`.
  std::string stored;  ///< In the file, usually PyTorch's name: `bias_ih_l0`.
  /// A second tensor that the file has for it, or empty. When read, the two are added; when
  /// written, the second is all zeros. PyTorch's recurrent layers have two biases where one is
  /// enough.
  std::string plus;
  /// Whether a matrix has the same layout in the file, such as a table with a row for each token.
  /// All other matrices are transposed.
  bool is_table = false;
};

// ------------------------------------------------------------------------------------------ ONNX

/// An attribute of an ONNX operator: `{"alpha", 0.2F}`, `{"axis", 1}`, `{"mode", "nearest"}`,
/// `{"perm", std::vector<std::int64_t>{1, 0, 2}}`.
struct OnnxAttribute {
  std::string name;
  std::variant<float, std::int64_t, std::string, std::vector<std::int64_t>> value;
};

/// A node of an ONNX graph, which applies an operator: `{.op = "Relu"}`.
struct OnnxNode {
  std::string op;  ///< Its type, a name from the list of ONNX operators.
  /// The names of its inputs: OnnxGraph::last(), constants, outputs of other nodes. Empty means
  /// only OnnxGraph::last().
  std::vector<std::string> inputs;
  std::vector<OnnxAttribute> attributes;
  std::size_t output = 0;  ///< Which of the operator's outputs is used.
  std::string name;        ///< Within its layer; by default the operator's.
};

/// A constant of an ONNX graph: floats, or whole numbers such as axes or a shape.
struct OnnxConstant {
  std::string name;
  std::variant<Tensor, std::vector<std::int64_t>> values;
};

/// A network as an ONNX graph: nodes that read constants and the outputs of earlier nodes. Each
/// kind of layer adds its own nodes. Names begin with the layer's position, `2.weight`; if a name
/// is taken, a number is added, `2.Mul_2`.
///
/// The output of a layer is that of the last node it adds. A layer that adds no node passes its
/// input through.
class OnnxGraph {
 public:
  /// An empty graph.
  /// @param sample The shape of one sample of the network's input, without the batch.
  explicit OnnxGraph(const Shape& sample) : sample_{sample} {}

  /// The name of the last node's output, or `input`, the network's input, if there is no node yet.
  /// For a layer that has not added a node yet, it is the layer's input.
  [[nodiscard]] const std::string& last() const { return last_; }

  /// Makes an earlier output the last one, so that the next nodes read it: for a layer with two
  /// paths from its input.
  /// @param name What last() was before.
  void go_back_to(std::string_view name) { last_ = name; }

  /// The shape of one sample of the current layer's input, without the batch.
  [[nodiscard]] const Shape& sample() const { return sample_; }

  /// Adds numbers that the layer has learned.
  /// @param name The name within the layer: `weight`.
  /// @param values In the layout that the operator expects.
  /// @return Their name in the graph, for the node that reads them.
  std::string constant(std::string_view name, Tensor values);

  /// Adds whole numbers, for an operator that takes axes or a shape as an input.
  /// @param name The name within the layer: `axes`.
  /// @param values They become a tensor with one axis.
  /// @return Their name in the graph.
  std::string integers(std::string_view name, std::vector<std::int64_t> values);

  /// Adds a node.
  /// @param node Its inputs must be in the graph already.
  /// @return The name of its output.
  std::string add(OnnxNode node);

  /// Adds all layers of a network.
  /// @param network Takes sample().
  /// @param part The prefix of its layers' names: `inner` for `2.inner.0.weight`. Empty if the
  ///   network is the current layer.
  /// @throws std::invalid_argument if one of the layers has no ONNX export.
  void add(const Sequential& network, std::string_view part = "");

  /// All nodes, each after those that it reads.
  [[nodiscard]] const std::vector<OnnxNode>& nodes() const { return nodes_; }
  /// All constants, in the order in which they were added.
  [[nodiscard]] const std::vector<OnnxConstant>& constants() const { return constants_; }

 private:
  [[nodiscard]] std::string unique(std::string_view name);

  Shape sample_;
  std::string last_ = "input";
  std::string place_;  // the prefix of the current layer's names: `2.`
  std::vector<OnnxNode> nodes_;
  std::vector<OnnxConstant> constants_;
  std::set<std::string> names_;
};

// -------------------------------------------------------------------------------------- the list

/// A kind of layer: what nn.weights and nn.onnx need to know about all layers of one type. For a
/// layer that is default-constructible and has no settings, the name is enough.
/// @tparam L The layer's type.
template <Layer L>
struct LayerKind {
  /// Its name in files: `Swish`. Do not change it while files with the old name are in use.
  std::string name;
  /// Returns the settings needed to construct the layer; none by default.
  std::function<LayerSettings(const L& layer)> settings;
  /// Makes a layer from settings and the shapes of tensors. The values of the tensors are filled in
  /// later. By default `L{}`.
  std::function<L(const StoredLayer& stored)> make;
  /// The tensors that have different names in files; none by default.
  std::vector<TensorName> tensor_names;
  /// Adds the layer's nodes to an ONNX graph; without it the layer cannot be exported.
  std::function<void(OnnxGraph& graph, const L& layer)> onnx;
};

/// A kind of layer without its type, as the file formats use it.
struct AnyLayerKind {
  std::string name;                      ///< @see LayerKind::name
  const std::type_info* type;            ///< The layers' type.
  std::vector<TensorName> tensor_names;  ///< @see LayerKind::tensor_names
  /// The settings of a layer of this type.
  std::function<LayerSettings(const AnyLayer& layer)> settings;
  /// Makes a layer and adds it to a network.
  std::function<void(Sequential& network, const StoredLayer& stored)> push;
  /// Adds a layer of this type to an ONNX graph; empty if it cannot be exported.
  std::function<void(OnnxGraph& graph, const AnyLayer& layer)> onnx;

  /// The name in a file of one of the layer's tensors.
  /// @param tensor Its name in the layer.
  [[nodiscard]] TensorName tensor_name(std::string_view tensor) const;
};

/// The layer number that a tensor's name begins with: 2 for `2.weight`.
/// @param tensor Its name in a network.
/// @return Nothing if the name does not begin with a number and a dot.
[[nodiscard]] std::optional<std::size_t> layer_number(std::string_view tensor);

/// The prefix of the tensor names of a network that is part of a layer. The part `inner` gives
/// `inner.`, but `layers` gives no prefix, because a Sequential is nothing but its layers.
/// @param setting The name of the setting that is the network.
[[nodiscard]] std::string part_prefix(std::string_view setting);

/// The name in a file of a tensor of a network.
/// @param network The network with the tensor.
/// @param tensor Its name in the network, as in Sequential::state(): `0.weight_input`.
/// @return The name in the file, or both names: `0.weight_ih_l0`.
/// @throws std::invalid_argument if the network has no such layer.
[[nodiscard]] TensorName stored_name(const Sequential& network, std::string_view tensor);

/// The kind of a layer.
/// @param layer Any.
/// @return nullptr if its type is neither one of the library's nor registered.
[[nodiscard]] const AnyLayerKind* find_layer_kind(const AnyLayer& layer);

/// A kind of layer by its name in a file.
/// @param name `Dense`.
/// @return nullptr if there is no such kind.
[[nodiscard]] const AnyLayerKind* find_layer_kind(std::string_view name);

}  // namespace nn

namespace nn::detail {

[[noreturn]] void refuse_kind(std::string_view name, std::string_view what);
void add_layer_kind(AnyLayerKind kind);

/// The library's own kinds. @see library_kinds.cpp, recurrent_kinds.cpp, sequence_kinds.cpp
[[nodiscard]] std::vector<AnyLayerKind> library_kinds();
void append_recurrent_kinds(std::vector<AnyLayerKind>& kinds);
void append_sequence_kinds(std::vector<AnyLayerKind>& kinds);

/// The default for LayerKind::make.
template <Layer L>
std::function<L(const StoredLayer& stored)> default_make(const LayerKind<L>& kind) {
  if (kind.settings) {
    refuse_kind(kind.name, "has settings, but no way to make a layer from them: set .make as well");
  }
  if constexpr (std::default_initializable<L>) {
    return [](const StoredLayer& /*stored*/) { return L{}; };
  } else {
    refuse_kind(kind.name, "has no default constructor: set .make, which makes a layer");
  }
}

/// The same kind without its type.
template <Layer L>
AnyLayerKind without_type(LayerKind<L> kind) {
  if (!kind.make) kind.make = default_make(kind);
  AnyLayerKind any{
      .name = std::move(kind.name),
      .type = &typeid(L),
      .tensor_names = std::move(kind.tensor_names),
      .settings = [](const AnyLayer& /*layer*/) { return LayerSettings{}; },
      .push = [make = std::move(kind.make)](
                  Sequential& network, const StoredLayer& stored) { network.push(make(stored)); },
      .onnx = {}};
  if (kind.settings) {
    any.settings = [settings = std::move(kind.settings)](const AnyLayer& layer) {
      return settings(*layer.as<L>());
    };
  }
  if (kind.onnx) {
    any.onnx = [onnx = std::move(kind.onnx)](OnnxGraph& graph, const AnyLayer& layer) {
      onnx(graph, *layer.as<L>());
    };
  }
  return any;
}

}  // namespace nn::detail

export namespace nn {

/// Adds a kind of layer to the list, so that networks with such layers can be stored, loaded with
/// load_network() and exported:
///
///     nn::register_layer<Swish>({.name = "Swish", .settings = settings_of, .make = make_swish});
///
/// Call it at the start of the program, before other threads store or load networks, because the
/// list is not locked.
/// @tparam L The layer's type.
/// @param kind Everything that files need to know about such layers.
/// @throws std::invalid_argument if the name is empty, the name or the type is already in the list,
///   or `make` is needed but not set.
template <Layer L>
void register_layer(LayerKind<L> kind) {
  detail::add_layer_kind(detail::without_type(std::move(kind)));
}

}  // namespace nn
