/// @file
/// @brief The dense layer: every input connected to every output.
module;

#include <fmt/core.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module nn.dense;

import nn.checks;
export import nn.layer;
import nn.matmul;
export import nn.tensor;

export namespace nn {

/// A dense (fully connected) layer: Y = X W + b, that is, y(n, j) = Σᵢ x(n, i) w(i, j) + b(j).
/// Legend: B batch, D inputs, M outputs, T places of a sequence. In a batch of sequences, every
/// place is a row, so the same weights are used at all places.
///
/// Backward, by the chain rule: ∂C/∂W = Xᵀ ∂C/∂Y, ∂C/∂b(j) = Σₙ ∂C/∂y(n, j), and
/// ∂C/∂X = ∂C/∂Y Wᵀ.
class Dense {
 public:
  /// A layer whose weights and biases are zeros until you set them.
  /// @param inputs D, at least 1.
  /// @param outputs M, at least 1.
  /// @throws std::invalid_argument if either is 0.
  Dense(std::size_t inputs, std::size_t outputs)
      : Dense{Tensor{checked_shape(inputs, outputs)}, Tensor{Shape{outputs}}} {}

  /// A layer whose weights an initializer fills; biases are zeros.
  /// @param inputs D, at least 1.
  /// @param outputs M, at least 1.
  /// @param initializer Called with the weights and `Fan{D, M}`.
  /// @throws std::invalid_argument if either is 0.
  template <Initializer F>
  Dense(std::size_t inputs, std::size_t outputs, F&& initializer) : Dense{inputs, outputs} {
    initializer(weights_.value, Fan{.in = inputs, .out = outputs});
  }

  /// A layer with given weights.
  /// @param weights W, shape (D, M).
  /// @param biases b, shape (M).
  /// @throws std::invalid_argument if the shapes do not fit each other.
  Dense(Tensor weights, Tensor biases)
      : weights_{"weight", std::move(weights)}, biases_{"bias", std::move(biases)} {
    const Shape& w = weights_.value.shape();
    if (w.rank() != 2 || biases_.value.shape() != Shape{w[1]}) {
      throw std::invalid_argument(
          fmt::format("nn::Dense: weights have shape {} and biases {}, expected (D, M) and (M)",
                      to_string(w), to_string(biases_.value.shape())));
    }
  }

  /// D, the number of inputs.
  [[nodiscard]] std::size_t inputs() const { return weights_.value.rows(); }
  /// M, the number of outputs.
  [[nodiscard]] std::size_t outputs() const { return weights_.value.columns(); }

  /// W, shape (D, M): column j holds the weights of output j.
  [[nodiscard]] const Tensor& weights() const { return weights_.value; }

  /// b, shape (M).
  [[nodiscard]] const Tensor& biases() const { return biases_.value; }

  /// @return `Dense 784→256`.
  [[nodiscard]] std::string name() const { return fmt::format("Dense {}→{}", inputs(), outputs()); }

  /// @param sample (D), (T, D), or `Shape{}`.
  /// @return (M), or (T, M) if the sample is a sequence.
  /// @throws std::invalid_argument if the sample has another shape.
  [[nodiscard]] Shape output_shape(const Shape& sample) const {
    check_weights(weights_.value);
    if (sample.rank() == 2 && sample[1] == inputs()) return Shape{sample[0], outputs()};
    if (sample.rank() > 1) {
      throw std::invalid_argument(
          fmt::format("expects rows of {} columns (put nn::Flatten before it)", inputs()));
    }
    if (sample.rank() == 1 && sample[0] != inputs()) {
      throw std::invalid_argument(fmt::format("expects {} columns", inputs()));
    }
    return Shape{outputs()};
  }

  /// @param x Input, shape (B, D) or (B, T, D).
  /// @return Output, shape (B, M) or (B, T, M).
  /// @throws std::invalid_argument if x has another shape.
  // [forward]
  Tensor forward(Tensor x) {
    Tensor y = predict(x);
    input_ = std::move(x);
    return y;
  }
  // [/forward]

  /// The output; stores nothing for backward().
  /// @param x Input, shape (B, D) or (B, T, D).
  /// @return Output, shape (B, M) or (B, T, M).
  /// @throws std::invalid_argument if x has another shape.
  [[nodiscard]] Tensor predict(const Tensor& x) const {
    check_input(x);
    return matmul(x, weights_.value, biases_.value.values());
  }

  /// @param dy ∂C/∂Y, shape (B, M) or (B, T, M).
  /// @return ∂C/∂X, shape (B, D) or (B, T, D).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  // [backward]
  Tensor backward(const Tensor& dy) {
    backward_parameters(dy);
    return matmul(dy, transposed(weights_.value));
  }
  // [/backward]

  /// The gradients of weights and biases only.
  /// @param dy ∂C/∂Y, shape (B, M) or (B, T, M).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  void backward_parameters(const Tensor& dy) {
    check_backward("Dense", dy.shape(), output_of_batch());
    // [backward-parameters]
    weights_.gradient = matmul(transposed(input_), dy);
    biases_.gradient = sum_rows(dy);
    // [/backward-parameters]
  }

  /// @return Weights and biases.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&weights_, &biases_}; }

 private:
  static Shape checked_shape(std::size_t inputs, std::size_t outputs) {
    if (inputs == 0 || outputs == 0) {
      throw std::invalid_argument(fmt::format(
          "nn::Dense: {} inputs and {} outputs, expected at least 1 of each", inputs, outputs));
    }
    return Shape{inputs, outputs};
  }

  void check_input(const Tensor& x) const {
    check_weights(weights_.value, "Dense");
    if (x.rank() != 2 && x.rank() != 3) {
      throw std::invalid_argument(
          fmt::format("nn::Dense: input has shape {}, expected (B, {}) or (B, T, {})",
                      to_string(x.shape()), inputs(), inputs()));
    }
    const std::size_t columns = x.shape()[x.rank() - 1];
    if (columns == inputs()) return;
    throw std::invalid_argument(
        fmt::format("nn::Dense: input has {} columns, expected {}", columns, inputs()));
  }

  /// The shape of the last output; `Shape{}` if there was none.
  [[nodiscard]] Shape output_of_batch() const {
    if (input_.rank() == 3) return Shape{input_.rows(), input_.shape()[1], outputs()};
    return input_.empty() ? Shape{} : Shape{input_.rows(), outputs()};
  }

  Parameter weights_;
  Parameter biases_;
  Tensor input_;  // of the last forward()
};

}  // namespace nn
