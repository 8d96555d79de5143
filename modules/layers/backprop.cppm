/// @file
/// @brief Backpropagation: a network of layers, the chain rule through it, and a gradient check.
module;

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.backprop;

export import nn.any_layer;
import nn.random;

export namespace nn {

/// A network: a sequence of layers, where the output of each is the input of the next.
///
/// Forward: Y₁ = f₁(X), Y₂ = f₂(Y₁), …. Backward: the chain rule from the last layer to the first,
/// where each layer turns ∂C/∂(its output) into ∂C/∂(its input). A network is itself a Layer, and
/// it is a value: a copy has its own weights.
class Sequential {
 public:
  /// An empty network; forward() returns its input.
  Sequential() = default;

  /// A network of these layers.
  /// @param layers First to last.
  /// @throws std::invalid_argument if a layer cannot take the output of the layer before it.
  template <class... Layers>
    requires((sizeof...(Layers) > 1 || !(std::same_as<Layers, Sequential> && ...)) &&
             (Layer<Layers> && ...))
  explicit Sequential(Layers... layers) {
    (push(std::move(layers)), ...);
  }

  Sequential(const Sequential&) = default;

  /// If both networks have layers of the same types, each layer is overwritten in place, so
  /// pointers to this network's parameters stay valid. Which layers are frozen is copied too.
  Sequential& operator=(const Sequential& other);

  /// Leaves the other network empty; it rejects every input until it gets layers again.
  Sequential(Sequential&& other) noexcept {
    swap(other);
    other.moved_from_ = true;
  }
  Sequential& operator=(Sequential&& other) noexcept {
    Sequential taken{std::move(other)};
    swap(taken);
    return *this;
  }
  ~Sequential() = default;

  /// Adds a layer at the end.
  /// @param layer Copied or moved into the network.
  /// @throws std::invalid_argument if it cannot take the output of the last layer.
  template <Layer L>
  void push(L layer) {
    append(AnyLayer{std::move(layer)});
  }

  /// The number of layers.
  [[nodiscard]] std::size_t size() const { return layers_.size(); }

  /// One layer: its name, its predictions, its parameters.
  /// @param index 0 is the first layer.
  /// @throws std::invalid_argument if there is no such layer.
  [[nodiscard]] const AnyLayer& operator[](std::size_t index) const;

  /// One layer with its own type: `network.layer<nn::Dense>(0).weights()`.
  /// @tparam L The layer's type.
  /// @param index 0 is the first layer.
  /// @throws std::invalid_argument if there is no such layer, or it has another type.
  template <class L>
  [[nodiscard]] const L& layer(std::size_t index) const {
    if (const L* const layer = (*this)[index].template as<L>()) return *layer;
    refuse_type(index);
  }

  /// Consecutive layers, copied into a new network.
  /// @param first The index of the first one.
  /// @param last One past the last.
  /// @throws std::invalid_argument unless first ≤ last ≤ size().
  [[nodiscard]] Sequential slice(std::size_t first, std::size_t last) const;

  /// Excludes layers from training: parameters() leaves out theirs, so an optimizer does not touch
  /// them. Frozen layers still pass gradients on, and they are stored like all layers. What a layer
  /// tracks besides its parameters, such as running means, still changes.
  /// @param first The index of the first one.
  /// @param last One past the last.
  /// @throws std::invalid_argument unless first ≤ last ≤ size().
  void freeze(std::size_t first, std::size_t last) { set_frozen(first, last, true); }

  /// Makes layers trainable again. @see freeze
  /// @param first The index of the first one.
  /// @param last One past the last.
  /// @throws std::invalid_argument unless first ≤ last ≤ size().
  void unfreeze(std::size_t first, std::size_t last) { set_frozen(first, last, false); }

  /// Whether a layer is frozen.
  /// @param index 0 is the first layer.
  /// @throws std::invalid_argument if there is no such layer.
  [[nodiscard]] bool is_frozen(std::size_t index) const;

  /// The layers' names, first to last.
  [[nodiscard]] std::vector<std::string> layer_names() const;

  /// @return `Sequential of 3 layers`.
  [[nodiscard]] std::string name() const;

  /// @param sample A sample's shape, without the batch; `Shape{}` if unknown.
  /// @return The shape of the last layer's output.
  /// @throws std::invalid_argument if a layer cannot take the output of the one before it.
  [[nodiscard]] Shape output_shape(const Shape& sample = Shape{}) const;

  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @return The last layer's output.
  /// @throws std::invalid_argument if the shape does not fit.
  Tensor forward(Tensor x);

  /// The same for sequences with padding. (A network that begins with nn::Embedding finds the
  /// lengths itself.) @see LengthsLayer
  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @param lengths The lengths of its sequences; empty if there is no padding.
  /// @return The last layer's output.
  /// @throws std::invalid_argument if the shape or the number of lengths does not fit.
  Tensor forward(Tensor x, const Lengths& lengths);

  /// The same for a signal: a network that is a layer of another one gets images in the layout in
  /// which they come, and returns them in the layout of its last layer.
  /// @param x The signal itself; nothing is converted to one, so that calls with a tensor are not
  ///   ambiguous.
  template <std::same_as<Signal> S>
  Signal forward(S x) {
    return forward_signal(std::move(x));
  }

  /// @param dy ∂C/∂Y for the output of the last forward().
  /// @return ∂C/∂X. Every parameter's gradient is written on the way.
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  Tensor backward(Tensor dy);
  /// The same for a signal.
  template <std::same_as<Signal> S>
  Signal backward(S dy) {
    return backward_signal(std::move(dy));
  }

  /// Like backward(), but stops at the first layer with parameters, because training does not need
  /// ∂C/∂X.
  /// @param dy ∂C/∂Y for the output of the last forward().
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  void backward_parameters(Tensor dy) { backward_parameters_signal(std::move(dy)); }
  /// The same for a signal.
  template <std::same_as<Signal> S>
  void backward_parameters(S dy) {
    backward_parameters_signal(std::move(dy));
  }

  /// The output in inference. Stores nothing, so several threads may call it simultaneously.
  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @param lengths The lengths of its sequences; empty if there is no padding.
  /// @return The last layer's output.
  /// @throws std::invalid_argument if the shape or the number of lengths does not fit.
  [[nodiscard]] Tensor predict(Tensor x, const Lengths& lengths = {}) const;
  /// The same for a signal, without splitting the batch over threads.
  template <std::same_as<Signal> S>
  [[nodiscard]] Signal predict(S x) const {
    return predict_signal(std::move(x));
  }

  /// The output of every layer in inference, first to last.
  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @throws std::invalid_argument if the shape does not fit.
  [[nodiscard]] std::vector<Tensor> outputs(Tensor x) const;

  /// Finds the layer where NaN or infinity first appears.
  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @return The index of the first layer whose output is not finite; nothing if all outputs are.
  /// @throws std::invalid_argument if the shape does not fit.
  [[nodiscard]] std::optional<std::size_t> first_not_finite(Tensor x) const;

  /// @return The parameters of all layers that are not frozen, first to last. The pointers stay
  ///   valid until the network is destroyed or assigned a network with different layers.
  [[nodiscard]] std::vector<Parameter*> parameters();
  /// The same, read only.
  [[nodiscard]] std::vector<const Parameter*> parameters() const;

  /// @return The names of the parameters in the order of parameters(): the layer's index, then the
  ///   parameter's own name, such as `0.weight`, or `2.0.weight` in a network inside this one.
  [[nodiscard]] std::vector<std::string> parameter_names() const;

  /// @return All parameters by name, whether their layers are frozen or not.
  [[nodiscard]] std::vector<NamedParameter> named_parameters() const;

  /// One parameter by its name, whether its layer is frozen or not.
  /// @param name A name as parameter_names() returns it: `0.weight`.
  /// @throws std::invalid_argument if there is no such parameter.
  [[nodiscard]] Parameter& parameter(std::string_view name);
  /// The same, read only.
  [[nodiscard]] const Parameter& parameter(std::string_view name) const;

  /// @return Everything to store for this network: the state of every layer, with the layer's index
  ///   before each name, `0.weight`, `0.bias`, …. The pointers stay valid as long as those of
  ///   parameters().
  [[nodiscard]] std::vector<State> state();

  /// Whether a network is inside this one, at any depth.
  /// @param part Its address.
  [[nodiscard]] bool contains(const void* part) const;

  /// The number of values in all parameters, frozen or not.
  [[nodiscard]] std::size_t parameter_count() const;

  /// A table of the layers: name, output shape for one sample, number of parameters.
  /// @param sample A sample's shape; needed if the first layer accepts any shape.
  /// @throws std::invalid_argument if a layer cannot take the output of the one before it.
  [[nodiscard]] std::string summary(const Shape& sample = Shape{}) const;

 private:
  void swap(Sequential& other) noexcept {
    layers_.swap(other.layers_);
    learns_.swap(other.learns_);
    frozen_.swap(other.frozen_);
    std::swap(output_, other.output_);
    std::swap(moved_from_, other.moved_from_);
  }
  [[nodiscard]] std::size_t rows_of_part(const Shape& sample) const;
  Signal forward_signal(Signal x);
  Signal backward_signal(Signal dy);
  void backward_parameters_signal(Signal dy);
  [[nodiscard]] Signal predict_signal(Signal x) const;
  [[nodiscard]] Signal predict_part(Signal x) const;
  void append(AnyLayer layer);
  void set_frozen(std::size_t first, std::size_t last, bool frozen);
  /// Whether training changes the parameters of a layer.
  [[nodiscard]] bool is_trained(std::size_t index) const {
    return learns_[index] && !frozen_[index];
  }
  [[noreturn]] void refuse_type(std::size_t index) const;
  void check_index(std::size_t index) const;
  void check_range(std::size_t first, std::size_t last) const;
  [[nodiscard]] Shape next_shape(std::size_t index, const Shape& sample) const;
  void check(const Shape& input) const;

  std::vector<AnyLayer> layers_;
  std::vector<bool> learns_;  // for every layer: whether it has parameters
  std::vector<bool> frozen_;  // for every layer
  Shape output_;              // for a sample of unknown shape
  bool moved_from_ = false;
};

/// The result of a gradient check: for the input and every parameter, ‖a − n‖ / (‖a‖ + ‖n‖), where
/// a is the gradient from backward() and n the numerical gradient. 0 if both are 0.
struct GradientCheck {
  /// The result for one tensor.
  struct Entry {
    std::string layer;      ///< The name of the layer it belongs to: `Dense 784→256`.
    std::string name;       ///< `input`, or the parameter's name; in a network `0.weight`.
    double relative_error;  ///< In [0, 1]; in double, under 1e-7 if the derivation is right.
  };
  std::vector<Entry> entries;  ///< The input first, then the parameters in their order.

  /// The largest relative error; 0 if there are no entries.
  [[nodiscard]] double worst() const;
};

/// Gradient check: compares a layer's backward() with numerical gradients of its forward().
///
/// The cost is C = Σ r y with random factors r, so ∂C/∂y = r. The numerical gradient is the central
/// difference (C(v + h) − C(v − h)) / 2h. In float, a wrong derivation shows as an error above 1 %.
/// For strong evidence that a derivation is right, build the library in double (NN_REAL=double),
/// where the error must be below 1e-7.
///
/// Check untrained layers or networks on random inputs: at a kink, such as 0 for ReLU, a numerical
/// slope means nothing, and in a saturated network the slopes are smaller than the rounding errors.
/// A layer that draws random numbers draws the same ones each time, because every forward() runs on
/// a copy.
///
/// @param layer Any layer, your own or a whole network; its values are changed and restored.
/// @param input A batch, shape (B, …).
/// @param seed Determines the random factors r.
/// @return The relative errors of the gradients of the input and of every parameter.
/// @throws std::invalid_argument if the input does not fit the layer, or a gradient does not have
///   the shape of its value.
template <Layer L>
[[nodiscard]] GradientCheck check_gradients(L& layer, const Tensor& input, std::uint64_t seed = 1);

}  // namespace nn

namespace nn::detail {

/// Completes the message that output_shape() threw about an input.
[[noreturn]] void refuse_input(const std::string& layer, const std::string& error,
                               const Shape& input);

/// @throws std::invalid_argument if the layer cannot take the input.
template <Layer L>
void check_input(const L& layer, const Tensor& input) {
  try {
    static_cast<void>(layer.output_shape(input.shape().sample()));
  } catch (const std::invalid_argument& error) {
    refuse_input(layer.name(), error.what(), input.shape());
  }
}

/// @throws std::invalid_argument if a gradient does not have the shape of the value.
void check_shape(const std::string& layer, const std::string& what, const Tensor& gradient,
                 const Tensor& value);

/// The names of the parameters that are not frozen, in order.
[[nodiscard]] std::vector<std::string> trained_names(std::span<const NamedParameter> parameters);

/// The layer and the name of a parameter.
struct ParameterPlace {
  std::string layer;
  std::string name;
};

/// Which layer of a network parameter `index` belongs to, and its name in that layer.
[[nodiscard]] ParameterPlace place_in_network(const Sequential& network, std::size_t index);

template <Layer L>
ParameterPlace place_of(const L& layer, std::size_t index, const std::string& name) {
  if constexpr (std::same_as<L, Sequential>) {
    return place_in_network(layer, index);
  } else if constexpr (CompositeLayer<L>) {
    return {layer.name(), trained_names(layer.named_parameters()).at(index)};
  } else {
    return {layer.name(), name};
  }
}

/// The relative error of the computed gradient of one tensor; `cost()` returns C.
template <class CostOf>
double gradient_error(Tensor& value, const Tensor& computed, const CostOf& cost) {
  // The rounding error is about ε/h and the truncation error h²; the cube root of ε balances them.
  constexpr real step = sizeof(real) == sizeof(double) ? real(6e-6) : real(5e-3);
  double difference = 0;
  double computed_norm = 0;
  double measured_norm = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    real& x = value.values()[i];
    const real before = x;
    x = before + step;
    const real above = x;
    const double cost_above = cost();
    x = before - step;
    const double width = double{above} - double{x};  // 2h after rounding
    const double measured = (cost_above - cost()) / width;
    x = before;
    const double gradient = computed.values()[i];
    difference += (gradient - measured) * (gradient - measured);
    computed_norm += gradient * gradient;
    measured_norm += measured * measured;
  }
  const double norms = std::sqrt(computed_norm) + std::sqrt(measured_norm);
  if (norms == 0) return 0;
  return std::isfinite(norms) ? std::sqrt(difference) / norms : 1;
}

}  // namespace nn::detail

namespace nn {

template <Layer L>
GradientCheck check_gradients(L& layer, const Tensor& input, std::uint64_t seed) {
  detail::check_input(layer, input);
  Tensor x = input;
  L checked = layer;  // forward() runs on copies only, so random draws are the same each time
  // backward() overwrites gradients instead of adding to them, so their old values must not matter.
  for (Parameter* const parameter : checked.parameters()) parameter->gradient.fill(1);
  Tensor factors = checked.forward(x);
  Random random{seed};
  for (real& factor : factors.values()) factor = static_cast<real>(random.uniform(-1, 1));
  const Tensor dx = checked.backward(factors);
  detail::check_shape(layer.name(), "input", dx, x);

  const auto cost = [&] {
    L copy = layer;
    const Tensor y = copy.forward(x);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      sum += double{factors.values()[i]} * double{y.values()[i]};
    }
    return sum;
  };
  GradientCheck result;
  result.entries.push_back({layer.name(), "input", detail::gradient_error(x, dx, cost)});
  const std::vector<Parameter*> computed = checked.parameters();
  const std::vector<Parameter*> nudged = layer.parameters();
  for (std::size_t i = 0; i < nudged.size(); ++i) {
    const auto [owner, name] = detail::place_of(layer, i, nudged[i]->name);
    detail::check_shape(owner, name, computed[i]->gradient, nudged[i]->value);
    result.entries.push_back(
        {owner, name, detail::gradient_error(nudged[i]->value, computed[i]->gradient, cost)});
  }
  return result;
}

}  // namespace nn
