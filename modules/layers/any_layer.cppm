/// @file
/// @brief Any layer as one type, so that a network can store layers of different types.
module;

#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

export module nn.any_layer;

export import nn.images;
export import nn.layer;

export namespace nn {

/// A layer that works on InterleavedImages directly; between two such layers the images stay in
/// that layout. The layouts convert into each other, so such a layer also accepts and returns
/// tensors like any other layer.
template <class L>
concept ImageLayer = Layer<L> && requires(L layer, const L& constant, InterleavedImages images) {
  { layer.forward(std::move(images)) } -> std::same_as<InterleavedImages>;
  { layer.backward(std::move(images)) } -> std::same_as<InterleavedImages>;
  { constant.predict(std::move(images)) } -> std::same_as<InterleavedImages>;
};

/// A layer that must know where the sequences of a batch end, such as nn::Attention: forward() and
/// predict() take their lengths as a second argument.
template <class L>
concept LengthsLayer =
    Layer<L> && requires(L layer, const L& constant, Tensor tensor, const Lengths& lengths) {
      { layer.forward(std::move(tensor), lengths) } -> std::convertible_to<Tensor>;
      { constant.predict(std::move(tensor), lengths) } -> std::convertible_to<Tensor>;
    };

/// A layer that sees in its input where the sequences of a batch end, such as nn::Embedding.
/// `lengths(X)` returns the lengths, which a network hands to the layers after it.
template <class L>
concept LengthsSource = Layer<L> && requires(const L& constant, const Tensor& tensor) {
  { constant.lengths(tensor) } -> std::same_as<Lengths>;
};

/// A layer that takes InterleavedImages directly and returns a tensor of another kind, such as one
/// row per image; its backward() turns the gradient of the tensor into InterleavedImages.
template <class L>
concept ImageReader = Layer<L> && requires(L layer, InterleavedImages images, Tensor tensor) {
  { layer.forward(std::move(images)) } -> std::same_as<Tensor>;
  { layer.backward(std::move(tensor)) } -> std::same_as<InterleavedImages>;
};

/// What passes between two layers: a tensor, or interleaved images. The receiving layer asks for
/// the form it needs, and the signal converts itself if it has the other form. If the tensor holds
/// sequences with padding, their lengths go with it.
class Signal {
 public:
  /// @param tensor Any shape.
  /// @param lengths The lengths of its sequences; empty if there is no padding.
  Signal(Tensor tensor, Lengths lengths = {})  // implicit: a layer's input or output
      : value_{std::move(tensor)}, lengths_{std::move(lengths)} {}
  /// @param images A batch of images.
  Signal(InterleavedImages images)  // implicit: a layer's input or output
      : value_{std::move(images)} {}

  /// Whether it is a batch of images, in either form.
  [[nodiscard]] bool is_images() const {
    const Tensor* const tensor = std::get_if<Tensor>(&value_);
    return tensor == nullptr || tensor->rank() == 4;
  }

  /// Whether it is images in the interleaved layout.
  [[nodiscard]] bool is_interleaved() const {
    return std::holds_alternative<InterleavedImages>(value_);
  }

  /// The shape of the batch, (B, …), whatever the layout; `Shape{}` if it is empty.
  [[nodiscard]] Shape shape() const {
    return std::visit([](const auto& value) { return value.shape(); }, value_);
  }

  /// Whether it is a tensor of a few images only. @see are_few_images
  [[nodiscard]] bool is_few() const {
    const Tensor* const tensor = std::get_if<Tensor>(&value_);
    return tensor != nullptr && are_few_images(*tensor);
  }

  /// The lengths of the sequences; empty if there is no padding.
  [[nodiscard]] const Lengths& lengths() const { return lengths_; }

  /// @return The tensor; images are converted to shape (B, C, H, W).
  [[nodiscard]] Tensor tensor() && {
    if (const auto* images = std::get_if<InterleavedImages>(&value_)) return *images;
    return std::get<Tensor>(std::move(value_));
  }

  /// @return The images; a tensor of shape (B, C, H, W) is converted.
  /// @throws std::invalid_argument if it is a tensor without exactly four axes.
  [[nodiscard]] InterleavedImages images() && {
    if (const auto* tensor = std::get_if<Tensor>(&value_)) return *tensor;
    return std::get<InterleavedImages>(std::move(value_));
  }

 private:
  std::variant<Tensor, InterleavedImages> value_;
  Lengths lengths_;
};

/// A layer that takes and returns a Signal in whichever form it is, because layers inside it choose
/// theirs. So images keep their layout on the way into a network inside a network, and out again.
template <class L>
concept SignalLayer = Layer<L> && requires(L layer, const L& constant, Signal signal) {
  { layer.forward(std::move(signal)) } -> std::same_as<Signal>;
  { layer.backward(std::move(signal)) } -> std::same_as<Signal>;
  { constant.predict(std::move(signal)) } -> std::same_as<Signal>;
};

}  // namespace nn

namespace nn::detail {

/// The interface of every layer, without its type.
struct LayerInterface {
  LayerInterface() = default;
  LayerInterface(const LayerInterface&) = default;
  LayerInterface& operator=(const LayerInterface&) = delete;
  virtual ~LayerInterface() = default;
  [[nodiscard]] virtual std::unique_ptr<LayerInterface> clone() const = 0;
  virtual bool assign(const LayerInterface& other) = 0;
  [[nodiscard]] virtual const std::type_info& type() const = 0;
  [[nodiscard]] virtual const void* address() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual Shape output_shape(const Shape& sample) const = 0;
  virtual Signal forward(Signal x) = 0;
  virtual Signal backward(Signal dy) = 0;
  virtual void backward_parameters(Signal dy) = 0;
  [[nodiscard]] virtual Signal predict(Signal x) const = 0;
  [[nodiscard]] virtual std::vector<Parameter*> parameters() = 0;
  [[nodiscard]] virtual std::vector<NamedParameter> named_parameters() = 0;
  [[nodiscard]] virtual bool contains(const void* part) const = 0;
  [[nodiscard]] virtual std::vector<State> state() = 0;
};

/// Implements the interface for a layer of type L.
template <Layer L>
struct LayerModel final : LayerInterface {
  explicit LayerModel(L concrete) : layer{std::move(concrete)} {}
  [[nodiscard]] std::unique_ptr<LayerInterface> clone() const override {
    return std::make_unique<LayerModel>(*this);
  }
  bool assign(const LayerInterface& other) override {
    if (other.type() != typeid(L)) return false;
    layer = static_cast<const LayerModel&>(other).layer;
    return true;
  }
  [[nodiscard]] const std::type_info& type() const override { return typeid(L); }
  [[nodiscard]] const void* address() const override { return &layer; }
  [[nodiscard]] std::string name() const override { return layer.name(); }
  [[nodiscard]] Shape output_shape(const Shape& sample) const override {
    return layer.output_shape(sample);
  }
  Signal forward(Signal x) override {
    if constexpr (reads_sequences) {
      return pass_sequences(std::move(x), [&](Tensor y, const auto&... lengths) {
        return layer.forward(std::move(y), lengths...);
      });
    } else {
      return pass_on(std::move(x), [&](auto y) { return layer.forward(std::move(y)); });
    }
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
      backward(std::move(dy));
    }
  }
  [[nodiscard]] Signal predict(Signal x) const override {
    if (x.is_few()) return layer.predict(std::move(x).tensor());
    if constexpr (reads_sequences) {
      return pass_sequences(std::move(x), [&](Tensor y, const auto&... lengths) {
        return layer.predict(std::move(y), lengths...);
      });
    } else {
      return pass_on(std::move(x), [&](auto y) { return layer.predict(std::move(y)); });
    }
  }
  [[nodiscard]] std::vector<Parameter*> parameters() override { return layer.parameters(); }
  [[nodiscard]] std::vector<NamedParameter> named_parameters() override {
    return named_parameters_of(layer);
  }
  [[nodiscard]] bool contains(const void* part) const override {
    if constexpr (CompositeLayer<L>) return part == &layer || layer.contains(part);
    return false;
  }
  [[nodiscard]] std::vector<State> state() override { return state_of(layer); }

  /// Whether the layer takes lengths or finds them in its input. (A layer that takes signals finds
  /// them there.)
  static constexpr bool reads_sequences = (LengthsLayer<L> || LengthsSource<L>) && !SignalLayer<L>;

  /// Calls a layer that takes lengths or finds them in its input, and sends them on.
  template <class Call>
  Signal pass_sequences(Signal signal, const Call& call) const {
    Lengths lengths = signal.lengths();
    Tensor x = std::move(signal).tensor();
    if constexpr (LengthsSource<L>) lengths = layer.lengths(x);
    const Shape before = x.shape();
    if constexpr (LengthsLayer<L>) {
      return with_lengths(call(std::move(x), lengths), std::move(lengths), before);
    } else {
      return with_lengths(call(std::move(x)), std::move(lengths), before);
    }
  }

  /// Calls a layer that does not know of lengths, and sends them on. (Layers inside a layer may.)
  template <class Call>
  static Signal pass_on(Signal signal, const Call& call) {
    if (signal.lengths().empty() || SignalLayer<L>) return pass(std::move(signal), call);
    Lengths lengths = signal.lengths();
    Tensor x = std::move(signal).tensor();
    const Shape before = x.shape();
    return with_lengths(call(std::move(x)), std::move(lengths), before);
  }

  /// An output with the lengths of the input, if its sequences are still as long.
  static Signal with_lengths(Tensor y, Lengths lengths, const Shape& before) {
    const Shape& after = y.shape();
    const bool same_places =
        before.rank() > 1 && after.rank() > 1 && before[0] == after[0] && before[1] == after[1];
    if (!same_places) lengths.clear();
    return Signal{std::move(y), std::move(lengths)};
  }

  /// Calls the layer with the form it works on: any if it has layers inside, images if it can use
  /// them, otherwise a tensor.
  template <class Call>
  static Signal pass(Signal signal, const Call& call) {
    if constexpr (SignalLayer<L>) {
      return call(std::move(signal));
    } else {
      if constexpr (ImageLayer<L> || ImageReader<L>) {
        if (signal.is_images()) return call(std::move(signal).images());
      }
      return call(std::move(signal).tensor());
    }
  }

  L layer;
};

}  // namespace nn::detail

export namespace nn {

/// A layer of any type, as a value: copying it copies the layer. On an object that was moved from,
/// every member throws std::invalid_argument.
class AnyLayer {
 public:
  /// @param layer Copied or moved in.
  template <class L>
    requires(!std::same_as<L, AnyLayer> && Layer<L>)
  explicit AnyLayer(L layer) : self_{std::make_unique<detail::LayerModel<L>>(std::move(layer))} {}
  AnyLayer(const AnyLayer& other) : self_{other.self().clone()} {}
  /// If both are layers of the same type, the layer is overwritten in place, so pointers to its
  /// parameters stay valid.
  AnyLayer& operator=(const AnyLayer& other) {
    if (self_ && self_->assign(other.self())) return *this;
    return *this = AnyLayer{other};
  }
  AnyLayer(AnyLayer&&) noexcept = default;
  AnyLayer& operator=(AnyLayer&&) noexcept = default;
  ~AnyLayer() = default;

  /// The layer with its own type.
  /// @tparam L The type to ask for.
  /// @return The layer, or nullptr if it has another type.
  template <class L>
  [[nodiscard]] const L* as() const {
    return self().type() == typeid(L) ? static_cast<const L*>(self().address()) : nullptr;
  }

  /// The layer's type.
  [[nodiscard]] const std::type_info& type() const { return self().type(); }

  /// The layer's name. @see Layer
  [[nodiscard]] std::string name() const { return self().name(); }

  /// The shape it turns a sample's shape into. @see Layer
  /// @param sample A sample's shape, without the batch; `Shape{}` if unknown.
  [[nodiscard]] Shape output_shape(const Shape& sample) const {
    return self().output_shape(sample);
  }

  /// The output in training. @see Layer
  /// @param x The input.
  Signal forward(Signal x) { return self().forward(std::move(x)); }

  /// ∂C/∂X. @see Layer
  /// @param dy ∂C/∂Y of the last forward().
  Signal backward(Signal dy) { return self().backward(std::move(dy)); }

  /// The gradients of the parameters only. @see FirstLayer
  /// @param dy ∂C/∂Y of the last forward().
  void backward_parameters(Signal dy) { self().backward_parameters(std::move(dy)); }

  /// The output in inference. @see Layer
  /// @param x The input, in either layout.
  [[nodiscard]] Signal predict(Signal x) const { return self().predict(std::move(x)); }
  /// The same for a tensor.
  [[nodiscard]] Tensor predict(Tensor x) const {
    return self().predict(Signal{std::move(x)}).tensor();
  }
  /// The same for interleaved images.
  [[nodiscard]] Signal predict(InterleavedImages x) const {
    return self().predict(Signal{std::move(x)});
  }

  /// The layer's parameters, weights before biases.
  [[nodiscard]] std::vector<Parameter*> parameters() { return self().parameters(); }
  /// The same, read only.
  [[nodiscard]] std::vector<const Parameter*> parameters() const {
    // To keep layers short, the contract has only a non-const parameters(); it changes nothing.
    const std::vector<Parameter*> all = self().parameters();
    return {all.begin(), all.end()};
  }

  /// All parameters by name, frozen or not. @see named_parameters_of
  [[nodiscard]] std::vector<NamedParameter> named_parameters() const {
    return self().named_parameters();
  }

  /// Whether a network is this layer or inside it.
  /// @param part Its address.
  [[nodiscard]] bool contains(const void* part) const { return self().contains(part); }

  /// Everything to store for this layer. @see state_of
  [[nodiscard]] std::vector<State> state() { return self().state(); }

 private:
  [[nodiscard]] detail::LayerInterface& self() const {
    if (self_) return *self_;
    throw std::invalid_argument("nn::AnyLayer: is empty because it was moved from");
  }

  std::unique_ptr<detail::LayerInterface> self_;
};

}  // namespace nn
