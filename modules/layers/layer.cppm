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

/// What a layer learns: values, and the gradient of the cost with respect to them.
// [parameter]
struct Parameter {
  std::string name;  ///< "weight" or "bias"; a longer one where there are several: "weight_hidden".
  Tensor value;
  Tensor gradient;  ///< Same shape as the value; written by backward(), read by an optimizer.

  /// A parameter whose gradient is zeros.
  /// @param parameter_name "weight" or "bias", or a longer name where there are several.
  /// @param initial Its value before training.
  Parameter(std::string_view parameter_name, Tensor initial)
      : name{parameter_name}, value{std::move(initial)}, gradient{value.shape()} {}
};
// [/parameter]

/// How many connections lead into one unit of a layer and how many lead out of one. Initializers
/// scale by them.
struct Fan {
  std::size_t in;   ///< Dense: inputs. Convolution: kernel height · width · input channels.
  std::size_t out;  ///< Dense: outputs. Convolution: kernel height · width · output channels.
};

/// Anything that can fill a layer's weights before training. @see nn.initializers
template <class F>
concept Initializer = std::invocable<F&, Tensor&, Fan>;

/// A layer is a function Y = f(X) of a batch X, in which every sample is one row or image. It also
/// passes the gradient of the cost C on, from its output to its input and its parameters.
///
/// - `name()`: its name in summaries and errors, `Dense 784→256`.
/// - `output_shape(sample)`: the shape it turns a sample's shape into, without the batch; throws
///   std::invalid_argument if it cannot take such samples. `Shape{}` means "not known".
/// - `forward(X)`: Y, in training; keeps what backward() will need.
/// - `backward(∂C/∂Y)`: ∂C/∂X for the batch of the last forward(); writes the gradient of every
///   parameter.
/// - `predict(X)`: Y when the network is used; keeps nothing, so many threads may call it at once.
/// - `parameters()`: what it learns, weights before biases; none for a layer without any.
/// - `state()`, optional: everything that must be stored, for a layer that keeps more than its
///   parameters, such as running means. @see Stateful
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

/// A layer that can leave ∂C/∂X out: `backward_parameters(∂C/∂Y)` writes only the gradients of the
/// parameters. For the first layer of a network that is enough, since no layer before it learns.
template <class L>
concept FirstLayer =
    Layer<L> && requires(L layer, const Tensor& gradient) { layer.backward_parameters(gradient); };

/// Everything that must be stored of a layer: its state(), or else its parameters, by their names.
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

}  // namespace nn
