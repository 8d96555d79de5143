/// @file
/// @brief Residual connections: the output of a few layers is added to their input.
module;

#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module nn.residual;

export import nn.backprop;

export namespace nn {

/// A residual connection, also called skip connection: the input goes through a few layers, which
/// compute F, and past them: Y = X + F(X). With g = ∂C/∂Y, ∂C/∂X = g + F′ᵀ g. So the gradient
/// reaches the input on a path without any factor that could make it smaller, however deep the
/// network is.
///
/// Where F changes the shape, X needs a projection P into the new shape, usually one dense layer or
/// one convolution with kernels of 1×1: Y = P(X) + F(X), and ∂C/∂X = P′ᵀ g + F′ᵀ g.
///
/// Images stay interleaved on both paths where the layers inside work on them. PyTorch has no such
/// layer. The parameters are named as in a class that has F as `block` and P as `projection`, two
/// torch.nn.Sequential: `block.0.weight`, `projection.0.weight`.
///
/// Source: He, Zhang, Ren & Sun (2016), "Deep residual learning for image recognition".
class Residual {
 public:
  /// A connection past these layers, whose output must have the shape of their input. A single
  /// Sequential is F itself, and a single Residual is copied.
  /// @param layers F, first to last; at least one.
  /// @throws std::invalid_argument if a layer cannot take the output of the layer before it.
  template <class... Layers>
    requires((sizeof...(Layers) > 1 ||
              !((std::same_as<Layers, Sequential> || std::same_as<Layers, Residual>) && ...)) &&
             (Layer<Layers> && ...))
  explicit Residual(Layers... layers) : Residual{Sequential{std::move(layers)...}} {}

  /// The same with a network, and a second one as the projection:
  /// `Residual{Sequential{…}, Sequential{Dense{64, 128}}}`.
  /// @param block F; at least one layer.
  /// @param projection P; without layers, X is added as it is.
  /// @throws std::invalid_argument if F has no layers, or the shapes of F(X) and P(X) differ.
  explicit Residual(Sequential block, Sequential projection = Sequential{});

  /// F: the layers that the connection leads past.
  [[nodiscard]] const Sequential& block() const { return block_; }

  /// P; without layers if X is added as it is.
  [[nodiscard]] const Sequential& projection() const { return projection_; }

  /// @return `Residual of 3 layers`, or `Residual of 3 layers, projected`.
  [[nodiscard]] std::string name() const;

  /// @param sample A sample's shape, without the batch; `Shape{}` if unknown.
  /// @return The shape of F's output.
  /// @throws std::invalid_argument if a layer cannot take its input, or the two outputs that are to
  ///   be added have different shapes.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Input, shape (B, …) as F's first layer wants it.
  /// @return X + F(X), or P(X) + F(X).
  /// @throws std::invalid_argument if the shape does not fit.
  Tensor forward(Tensor x) { return forward_signal(std::move(x)).tensor(); }

  /// @param dy ∂C/∂Y, the shape of the last output.
  /// @return ∂C/∂X. Every parameter's gradient is written on the way.
  /// @throws std::invalid_argument if the shape differs, or forward() was not called.
  Tensor backward(Tensor dy) { return backward_signal(std::move(dy)).tensor(); }

  /// The gradients of the parameters only.
  /// @param dy ∂C/∂Y, the shape of the last output.
  /// @throws std::invalid_argument if the shape differs, or forward() was not called.
  void backward_parameters(Tensor dy) { backward_parameters_signal(std::move(dy)); }

  /// The output in inference; stores nothing for backward().
  /// @param x Input, shape (B, …) as F's first layer wants it.
  /// @return X + F(X), or P(X) + F(X).
  /// @throws std::invalid_argument if the shape does not fit.
  [[nodiscard]] Tensor predict(Tensor x) const { return predict_signal(std::move(x)).tensor(); }

  /// The same for a signal, whose layout the layers inside choose. @see SignalLayer
  template <std::same_as<Signal> S>
  Signal forward(S x) {
    return forward_signal(std::move(x));
  }
  /// The same for a signal.
  template <std::same_as<Signal> S>
  Signal backward(S dy) {
    return backward_signal(std::move(dy));
  }
  /// The same for a signal.
  template <std::same_as<Signal> S>
  void backward_parameters(S dy) {
    backward_parameters_signal(std::move(dy));
  }
  /// The same for a signal.
  template <std::same_as<Signal> S>
  [[nodiscard]] Signal predict(S x) const {
    return predict_signal(std::move(x));
  }

  /// @return The parameters of F, then those of P, without those of frozen layers.
  [[nodiscard]] std::vector<Parameter*> parameters();

  /// @return All parameters by name, frozen or not: `block.0.weight`, `projection.0.weight`.
  [[nodiscard]] std::vector<NamedParameter> named_parameters() const;

  /// Whether a network is F or P, or inside one of them.
  /// @param part Its address.
  [[nodiscard]] bool contains(const void* part) const;

  /// @return The state of F, then that of P, with the prefixes `block` and `projection`.
  [[nodiscard]] std::vector<State> state();

 private:
  [[nodiscard]] bool is_projected() const { return projection_.size() > 0; }
  void check(const Shape& input) const;
  void check_gradient(const Shape& dy) const;
  Signal forward_signal(Signal x);
  Signal backward_signal(Signal dy);
  void backward_parameters_signal(Signal dy);
  [[nodiscard]] Signal predict_signal(Signal x) const;

  Sequential block_;
  Sequential projection_;
  Shape output_;  // of the last forward()
};

}  // namespace nn
