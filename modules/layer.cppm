/// @file
/// @brief The contract that every layer keeps.
module;

#include <fmt/core.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.layer;

import nn.images;
export import nn.state;
export import nn.tensor;

export namespace nn {

/// What a layer learns: values, and the gradient of the cost with respect to them.
// [parameter]
struct Parameter {
  std::string name;  ///< "weight" or "bias"; a layer with several says whose: "weight_hidden".
  Tensor value;
  Tensor gradient;  ///< Same shape as the value; written by backward(), read by an optimizer.

  /// A parameter whose gradient is zeros.
  /// @param parameter_name "weight" or "bias", or a longer name where there are several.
  /// @param initial Its value before training.
  Parameter(std::string_view parameter_name, Tensor initial)
      : name{parameter_name}, value{std::move(initial)}, gradient{value.shape()} {}
};
// [/parameter]

/// How many connections lead into one unit of a layer and how many lead out of one; what
/// initializers scale by.
struct Fan {
  std::size_t in;   ///< Dense: inputs. Convolution: kernel height · width · input channels.
  std::size_t out;  ///< Dense: outputs. Convolution: kernel height · width · output channels.
};

/// Whatever can fill a layer's weights before training. @see nn.initializers
template <class F>
concept Initializer = std::invocable<F&, Tensor&, Fan>;

/// A layer is a function Y = f(X) of a batch X, one row or image a sample, and knows how a change
/// of the cost C passes through it.
///
/// - `name()`: what a summary and an error call it, `Dense 784→256`.
/// - `output_shape(sample)`: the shape it makes of a sample's shape, without the batch; throws
///   std::invalid_argument if it cannot take such samples. `Shape{}` stands for "not known".
/// - `forward(X)`: Y, in training; keeps what backward() will need.
/// - `backward(∂C/∂Y)`: ∂C/∂X for the batch of the last forward(); writes the gradient of every
///   parameter.
/// - `predict(X)`: Y when the network is used; keeps nothing, so many threads may call it at once.
/// - `parameters()`: what it learns, weights before biases; none for a layer without any.
/// - `state()`, where there is more to keep than parameters, running means say: everything, so that
///   the layer can be stored. @see Stateful
///
/// Tensors are passed by value: who no longer needs one moves it in, and the layer may keep it or
/// write its result in the same place.
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

/// A layer that works on Images: in a row of such layers the images stay in that layout. Both
/// layouts convert into each other, so such a layer takes and gives tensors like any other.
template <class L>
concept ImageLayer = Layer<L> && requires(L layer, const L& constant, Images images) {
  { layer.forward(std::move(images)) } -> std::same_as<Images>;
  { layer.backward(std::move(images)) } -> std::same_as<Images>;
  { constant.predict(std::move(images)) } -> std::same_as<Images>;
};

/// A layer that can leave ∂C/∂X out: `backward_parameters(∂C/∂Y)` writes the parameters' gradients
/// only. The first layer of a network is asked for no more: nothing below it learns.
template <class L>
concept FirstLayer =
    Layer<L> && requires(L layer, const Tensor& gradient) { layer.backward_parameters(gradient); };

/// All that must be stored of a layer: what it tells itself, else its parameters, by their names.
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

/// Refuses a layer that was moved from and so has no weights any more.
/// @param weights Its weights.
/// @param layer Its name, for the error; none where the error is to go on from a name.
/// @throws std::invalid_argument if there are none.
inline void check_weights(const Tensor& weights, std::string_view layer = "") {
  if (!weights.empty()) return;
  throw std::invalid_argument(fmt::format("{}{}{}has no weights, it was moved from",
                                          layer.empty() ? "" : "nn::", layer,
                                          layer.empty() ? "" : ": "));
}

/// Refuses what cannot be ∂C/∂Y of the last forward(): what a layer's backward() begins with.
/// @param layer Its name, for the error.
/// @param dy The shape of what backward() was given.
/// @param output The shape of the last output; `Shape{}` if there was none.
/// @throws std::invalid_argument if the shapes differ, or there was no forward().
inline void check_backward(std::string_view layer, const Shape& dy, const Shape& output) {
  if (output.rank() == 0) {
    throw std::invalid_argument(fmt::format("nn::{}: backward before forward", layer));
  }
  if (dy != output) {
    throw std::invalid_argument(fmt::format("nn::{}: gradient has shape {}, the last output {}",
                                            layer, to_string(dy), to_string(output)));
  }
}

}  // namespace nn
