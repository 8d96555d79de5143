/// @file
/// @brief Backpropagation: layers in a row, the chain rule through them, and its proof.
module;

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

export module nn.backprop;

import nn.images;
export import nn.layer;
import nn.random;
export import nn.tensor;

namespace nn::detail {

/// Any layer behind one interface, still a value: a copy is a copy of the layer.
class AnyLayer {
 public:
  template <class L>
    requires(!std::same_as<L, AnyLayer> && Layer<L>)
  explicit AnyLayer(L layer) : self_{std::make_unique<Model<L>>(std::move(layer))} {}
  AnyLayer(const AnyLayer& other) : self_{other.self_->clone()} {}
  /// A layer of the same type is written over where it stands, and so are its parameters.
  AnyLayer& operator=(const AnyLayer& other) {
    if (self_ && self_->assign(*other.self_)) return *this;
    return *this = AnyLayer{other};
  }
  AnyLayer(AnyLayer&&) noexcept = default;
  AnyLayer& operator=(AnyLayer&&) noexcept = default;
  ~AnyLayer() = default;

  /// What a layer can do, with the type left out.
  struct Interface {
    Interface() = default;
    Interface(const Interface&) = default;
    Interface& operator=(const Interface&) = delete;
    virtual ~Interface() = default;
    [[nodiscard]] virtual std::unique_ptr<Interface> clone() const = 0;
    /// Copies a layer of the same type into this one; else does nothing and returns false.
    virtual bool assign(const Interface& other) = 0;
    [[nodiscard]] virtual const std::type_info& type() const = 0;
    [[nodiscard]] virtual const void* address() const = 0;
    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual Shape output_shape(const Shape& sample) const = 0;
    virtual Signal forward(Signal x) = 0;
    virtual Signal backward(Signal dy) = 0;
    virtual void backward_parameters(Signal dy) = 0;
    [[nodiscard]] virtual Signal predict(Signal x) const = 0;
    [[nodiscard]] virtual std::vector<Parameter*> parameters() = 0;
    [[nodiscard]] virtual std::vector<State> state() = 0;
  };

  Interface* operator->() { return self_.get(); }
  const Interface* operator->() const { return self_.get(); }

 private:
  template <Layer L>
  struct Model final : Interface {
    explicit Model(L concrete) : layer{std::move(concrete)} {}
    [[nodiscard]] std::unique_ptr<Interface> clone() const override {
      return std::make_unique<Model>(*this);
    }
    bool assign(const Interface& other) override {
      if (other.type() != typeid(L)) return false;
      layer = static_cast<const Model&>(other).layer;
      return true;
    }
    [[nodiscard]] const std::type_info& type() const override { return typeid(L); }
    [[nodiscard]] const void* address() const override { return &layer; }
    [[nodiscard]] std::string name() const override { return layer.name(); }
    [[nodiscard]] Shape output_shape(const Shape& sample) const override {
      return layer.output_shape(sample);
    }
    Signal forward(Signal x) override {
      return pass(std::move(x), [&](auto y) { return layer.forward(std::move(y)); });
    }
    Signal backward(Signal dy) override {
      return pass(std::move(dy), [&](auto d) { return layer.backward(std::move(d)); });
    }
    void backward_parameters(Signal dy) override {
      if constexpr (FirstLayer<L>) {
        pass(std::move(dy), [&](auto d) {
          layer.backward_parameters(std::move(d));
          return Tensor{};
        });
      } else {
        static_cast<void>(backward(std::move(dy)));
      }
    }
    [[nodiscard]] Signal predict(Signal x) const override {
      if (x.is_few()) return layer.predict(std::move(x).tensor());
      return pass(std::move(x), [&](auto y) { return layer.predict(std::move(y)); });
    }
    [[nodiscard]] std::vector<Parameter*> parameters() override { return layer.parameters(); }
    [[nodiscard]] std::vector<State> state() override { return state_of(layer); }

    /// Hands over what the layer works on: images if it can and they are, else a tensor.
    template <class Call>
    static Signal pass(Signal signal, const Call& call) {
      if constexpr (ImageLayer<L>) {
        if (signal.is_images()) return call(std::move(signal).images());
      }
      return call(std::move(signal).tensor());
    }

    L layer;
  };

  std::unique_ptr<Interface> self_;
};

}  // namespace nn::detail

export namespace nn {

class Sequential;

/// A network: layers in a row, the output of each the input of the next.
///
/// Forward, Y₁ = f₁(X), Y₂ = f₂(Y₁), …; backward, the chain rule from the last layer to the first,
/// each turning ∂C/∂(its output) into ∂C/∂(its input). A network is itself a Layer, and a value: a
/// copy has weights of its own.
class Sequential {
 public:
  /// An empty network; forward() hands its input on.
  Sequential() = default;

  /// A network of these layers.
  /// @param layers First to last.
  /// @throws std::invalid_argument if a layer cannot take what the one before it gives.
  template <class... Layers>
    requires((sizeof...(Layers) > 1 || !(std::same_as<Layers, Sequential> && ...)) &&
             (Layer<Layers> && ...))
  explicit Sequential(Layers... layers) {
    (push(std::move(layers)), ...);
  }

  Sequential(const Sequential&) = default;

  /// Where both networks have layers of the same types, each is written over in place: who holds
  /// this network's parameters still does.
  Sequential& operator=(const Sequential& other);

  /// Leaves the other network empty; passing something through it is refused until it is given
  /// layers again.
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
  /// @throws std::invalid_argument if it cannot take what the last layer gives.
  template <Layer L>
  void push(L layer) {
    append(detail::AnyLayer{std::move(layer)});
  }

  /// How many layers there are.
  [[nodiscard]] std::size_t size() const { return layers_.size(); }

  /// One layer by its type, to look at its weights: `network.layer<nn::Dense>(0).weights()`.
  /// @tparam L The layer's type.
  /// @param index 0 is the first layer.
  /// @throws std::invalid_argument if there is no such layer, or it has another type.
  template <class L>
  [[nodiscard]] const L& layer(std::size_t index) const {
    return *static_cast<const L*>(address(index, typeid(L)));
  }

  /// The same, where it may have another type.
  /// @tparam L The layer's type.
  /// @param index 0 is the first layer.
  /// @return The layer, or nullptr if it has another type.
  /// @throws std::invalid_argument if there is no such layer.
  template <class L>
  [[nodiscard]] const L* layer_if(std::size_t index) const {
    return static_cast<const L*>(address_if(index, typeid(L)));
  }

  /// The layers' names, first to last.
  [[nodiscard]] std::vector<std::string> layer_names() const;

  /// @return `Sequential of 3 layers`.
  [[nodiscard]] std::string name() const;

  /// @param sample A sample's shape, without the batch; `Shape{}` if not known.
  /// @return The shape of what the last layer makes of it.
  /// @throws std::invalid_argument if a layer cannot take what the one before it gives.
  [[nodiscard]] Shape output_shape(const Shape& sample = Shape{}) const;

  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @return The last layer's output.
  /// @throws std::invalid_argument if the shape does not fit.
  [[nodiscard]] Tensor forward(Tensor x);

  /// @param dy ∂C/∂Y for the output of the last forward().
  /// @return ∂C/∂X. Every parameter's gradient is written on the way.
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  [[nodiscard]] Tensor backward(Tensor dy);

  /// As backward(), for training: stops at the first layer that learns, since nobody needs ∂C/∂X.
  /// @param dy ∂C/∂Y for the output of the last forward().
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  void backward_parameters(Tensor dy);

  /// The output when the network is used: keeps nothing, so many threads may call it at once.
  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @return The last layer's output.
  /// @throws std::invalid_argument if the shape does not fit.
  [[nodiscard]] Tensor predict(Tensor x) const;

  /// Where values go wrong: passes a batch through a copy of the network, as forward() would, and
  /// looks at what each layer puts out.
  /// @param x Input, shape (B, …) as the first layer wants it.
  /// @return The index of the first layer that puts out NaN or an infinity; none if all is finite.
  /// @throws std::invalid_argument if the shape does not fit.
  [[nodiscard]] std::optional<std::size_t> first_not_finite(Tensor x) const;

  /// @return The parameters of all layers, first to last. They stay where they are until the
  ///   network is destroyed or assigned one of other layers.
  [[nodiscard]] std::vector<Parameter*> parameters();

  /// @return All that is to be stored of the network: the state of every layer, each name with the
  ///   layer's index before it, `0.weight`, `0.bias`, …. The places are as those of parameters().
  [[nodiscard]] std::vector<State> state();

  /// The number of values that training adjusts.
  [[nodiscard]] std::size_t parameter_count() const;

  /// A table of the layers: name, shape of the output for one sample, number of parameters.
  /// @param sample A sample's shape, where the first layer leaves it open.
  /// @throws std::invalid_argument if a layer cannot take what the one before it gives.
  [[nodiscard]] std::string summary(const Shape& sample = Shape{}) const;

 private:
  void swap(Sequential& other) noexcept {
    layers_.swap(other.layers_);
    parameter_counts_.swap(other.parameter_counts_);
    std::swap(output_, other.output_);
    std::swap(moved_from_, other.moved_from_);
  }
  void append(detail::AnyLayer layer);
  [[nodiscard]] const void* address(std::size_t index, const std::type_info& type) const;
  [[nodiscard]] const void* address_if(std::size_t index, const std::type_info& type) const;
  [[nodiscard]] Shape next_shape(std::size_t index, const Shape& sample) const;
  void check(const Tensor& x) const;
  [[nodiscard]] bool contains(const Sequential& other) const;

  std::vector<detail::AnyLayer> layers_;
  std::vector<std::size_t> parameter_counts_;  // of every layer
  Shape output_;                               // for a sample whose shape is not known
  bool moved_from_ = false;
};

/// What a gradient check found: for the input and for every parameter, ‖a − n‖ / (‖a‖ + ‖n‖), where
/// a is the gradient that backward() computed and n the one measured. 0 where both vanish.
struct GradientCheck {
  /// What was found for one tensor.
  struct Entry {
    std::string name;       ///< "input", or the parameter's name
    double relative_error;  ///< In [0, 1]; under 1e-7 in double if the derivation is right.
  };
  std::vector<Entry> entries;  ///< The input's first, then the parameters' in their order.

  /// The largest relative error; 0 if there are no entries.
  [[nodiscard]] double worst() const;
};

/// Checks a layer's backward() against its forward(), which alone defines what is right.
///
/// The layer is put under the cost C = Σ r y with random factors r, so ∂C/∂y = r. Every gradient is
/// measured as a central difference (C(v + h) − C(v − h)) / 2h. In float that finds a wrong
/// derivation, by errors above 1 %; to prove one right, build the library in double
/// (NN_REAL=double).
///
/// Check a layer or network that is fresh, on random inputs: at a kink, such as 0 for ReLU, a
/// measured slope means nothing, and where a trained network is saturated the slopes are smaller
/// than the rounding. A layer that draws at random draws the same each time: every forward() is
/// that of a copy.
///
/// @param layer Any layer, your own or a whole network; changed and put back value by value.
/// @param input A batch, shape (B, …).
/// @param seed Of the random factors.
/// @return How far off the gradients of the input and of every parameter are.
/// @throws std::invalid_argument if the input does not fit the layer, or a gradient has not the
/// shape of what it is the gradient of.
template <Layer L>
[[nodiscard]] GradientCheck check_gradients(L& layer, const Tensor& input, std::uint64_t seed = 1);

}  // namespace nn

namespace nn::detail {

/// Makes a sentence of what output_shape() said of an input.
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

/// @throws std::invalid_argument if a gradient has not the shape of what it is the gradient of.
void check_shape(const std::string& layer, const std::string& what, const Tensor& gradient,
                 const Tensor& value);

/// How far off the computed gradient of one tensor is, C being measured by `cost()`.
template <class CostOf>
double gradient_error(Tensor& value, const Tensor& computed, const CostOf& cost) {
  // Rounding costs ε/h, curvature h²: the cube root of ε balances the two.
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
    const double width = double{above} - double{x};  // as rounded, not as wished
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
  L checked = layer;  // forward() is always that of a copy: whoever draws at random draws alike
  // A gradient is written, not added to: what stands there before must not matter.
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
  result.entries.push_back({"input", detail::gradient_error(x, dx, cost)});
  const std::vector<Parameter*> computed = checked.parameters();
  const std::vector<Parameter*> nudged = layer.parameters();
  for (std::size_t i = 0; i < nudged.size(); ++i) {
    detail::check_shape(layer.name(), nudged[i]->name, computed[i]->gradient, nudged[i]->value);
    result.entries.push_back(
        {nudged[i]->name, detail::gradient_error(nudged[i]->value, computed[i]->gradient, cost)});
  }
  return result;
}

}  // namespace nn
