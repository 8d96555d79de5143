/// @file
/// @brief The contract that every layer fulfills.
module;

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.layer;

export import nn.state;
export import nn.tensor;

export namespace nn {

/// A parameter of a layer: values that are learned, and the gradient of the cost with respect to
/// them.
// [parameter]
struct Parameter {
  std::string name;  ///< "weight" or "bias"; longer if there are several: "weight_hidden".
  Tensor value;
  Tensor gradient;  ///< Same shape as the value; written by backward(), read by an optimizer.

  /// A parameter whose gradient is all zeros.
  /// @param parameter_name "weight" or "bias", or a longer name if there are several.
  /// @param initial Its value before training.
  Parameter(std::string_view parameter_name, Tensor initial)
      : name{parameter_name}, value{std::move(initial)}, gradient{value.shape()} {}
};
// [/parameter]

/// How many places of each sequence of a batch are in use, one number for each sequence: the rest,
/// at its end, is padding, which makes short sequences as long as the longest one. An empty list
/// means that there is no padding.
using Lengths = std::vector<std::size_t>;

/// How many connections lead into one unit of a layer (fan-in) and out of one (fan-out).
/// Initializers scale the weights by them.
struct Fan {
  std::size_t in;   ///< Dense: inputs. Convolution: kernel height · width · input channels.
  std::size_t out;  ///< Dense: outputs. Convolution: kernel height · width · output channels.
};

/// A callable that fills a layer's weights before training. @see nn.initializers
template <class F>
concept Initializer = std::invocable<F&, Tensor&, Fan>;

/// A layer is a function Y = f(X) of a batch X, in which every sample is one row or image. In the
/// backward pass it turns the gradient of the cost C with respect to its output into the gradients
/// with respect to its input and its parameters.
///
/// - `name()`: its name in summaries and errors, `Dense 784→256`.
/// - `output_shape(sample)`: the output shape for a sample's shape, both without the batch; throws
///   std::invalid_argument if it cannot take such samples. `Shape{}` means "unknown".
/// - `forward(X)`: Y in training; stores what backward() will need.
/// - `backward(∂C/∂Y)`: ∂C/∂X for the batch of the last forward(); writes the gradient of every
///   parameter.
/// - `predict(X)`: Y in inference; stores nothing, so several threads may call it simultaneously.
/// - `parameters()`: its parameters, weights before biases; empty if the layer does not learn.
/// - `state()`, optional: everything to store, for a layer that keeps more than its parameters,
///   such as running means. @see Stateful
///
/// Tensors are passed by value: a caller that is done with a tensor can move it in, and the layer
/// may keep it or write its result in the same place.
// [contract]
template <class L>
concept Layer =
    std::copyable<L> && requires(L layer, const L& constant, const Shape& sample, Tensor tensor) {
      { constant.name() } -> std::convertible_to<std::string>;
      { constant.output_shape(sample) } -> std::same_as<Shape>;
      { layer.forward(std::move(tensor)) } -> std::convertible_to<Tensor>;
      { layer.backward(std::move(tensor)) } -> std::convertible_to<Tensor>;
      { constant.predict(std::move(tensor)) } -> std::convertible_to<Tensor>;
      { layer.parameters() } -> std::same_as<std::vector<Parameter*>>;
    };
// [/contract]

/// A layer that can skip ∂C/∂X: `backward_parameters(∂C/∂Y)` writes only the gradients of the
/// parameters. This is enough for the first layer of a network, since no layer before it learns.
template <class L>
concept FirstLayer =
    Layer<L> && requires(L layer, const Tensor& gradient) { layer.backward_parameters(gradient); };

/// Everything to store for a layer: its state() if it has one, otherwise its parameters, by name.
/// @param layer Any layer.
template <Layer L>
[[nodiscard]] std::vector<State> state_of(L& layer) {
  if constexpr (Stateful<L>) {
    return layer.state();
  } else {
    std::vector<State> states;
    for (Parameter* const parameter : layer.parameters()) {
      states.push_back({.name = parameter->name, .value = &parameter->value});
    }
    return states;
  }
}

/// A parameter under its name in the layer or network that it is part of.
struct NamedParameter {
  std::string name;  ///< `weight`; in a network `0.weight`, in a network inside it `2.0.weight`.
  const Parameter* parameter;
  bool frozen = false;  ///< Whether it is excluded from training. @see Sequential::freeze
};

/// A layer with layers inside, such as a network.
///
/// - `named_parameters()`: the parameters of all layers inside, frozen or not.
/// - `contains(part)`: whether the network at this address is inside.
template <class L>
concept CompositeLayer = Layer<L> && requires(const L& constant, const void* part) {
  { constant.named_parameters() } -> std::same_as<std::vector<NamedParameter>>;
  { constant.contains(part) } -> std::same_as<bool>;
};

/// All parameters of a layer, by name; also those that parameters() leaves out because they are
/// frozen.
/// @param layer Any layer.
template <Layer L>
[[nodiscard]] std::vector<NamedParameter> named_parameters_of(L& layer) {
  if constexpr (CompositeLayer<L>) {
    return layer.named_parameters();
  } else {
    std::vector<NamedParameter> all;
    for (const Parameter* const parameter : layer.parameters()) {
      all.push_back({.name = parameter->name, .parameter = parameter});
    }
    return all;
  }
}

}  // namespace nn
