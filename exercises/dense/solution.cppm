/// @file
/// @brief Exercise 1: the dense layer.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module mine.dense;

import exercises.todo;
export import nn.layer;
export import nn.matmul;

export namespace mine {

using namespace nn;

/// A dense layer: Y = X W + b, for a batch of B samples with D inputs and M outputs.
class Dense {
 public:
  /// @param weights W, shape (D, M): column j has the weights of output j.
  /// @param biases b, shape (M).
  Dense(Tensor weights, Tensor biases)
      : weights_{"weight", std::move(weights)}, biases_{"bias", std::move(biases)} {}

  /// A layer whose weights an initializer fills; biases are zeros.
  Dense(std::size_t inputs, std::size_t outputs, Initializer auto&& initializer)
      : Dense{Tensor{Shape{inputs, outputs}}, Tensor{Shape{outputs}}} {
    initializer(weights_.value, Fan{.in = inputs, .out = outputs});
  }

  /// The output for a batch: y(n, j) = Σᵢ x(n, i) w(i, j) + b(j).
  /// @param x X, shape (B, D).
  /// @return Y, shape (B, M).
  Tensor predict(const Tensor& x) const {
    const Tensor& w = weights_.value;
    const Tensor& b = biases_.value;
    // [todo Dense::predict]
    Tensor y{Shape{x.rows(), w.columns()}};
    for (std::size_t n = 0; n < x.rows(); ++n) {
      for (std::size_t j = 0; j < w.columns(); ++j) {
        real sum = b(j);
        for (std::size_t i = 0; i < w.rows(); ++i) sum += x(n, i) * w(i, j);
        y(n, j) = sum;
      }
    }
    return y;
    // [/todo]
  }

  /// The same in training: backward() will need the input.
  Tensor forward(Tensor x) {
    Tensor y = predict(x);
    input_ = std::move(x);
    return y;
  }

  /// Writes ∂C/∂W to weights_.gradient and ∂C/∂b to biases_.gradient; both tensors exist, with
  /// the right shapes and the gradients of the batch before. The cost is already a mean over the
  /// batch, so nothing is divided here.
  /// @param dy ∂C/∂Y, shape (B, M).
  /// @return ∂C/∂X, shape (B, D).
  Tensor backward(const Tensor& dy) {
    const Tensor& x = input_;
    const Tensor& w = weights_.value;
    // [todo Dense::backward]
    weights_.gradient.fill(0);
    biases_.gradient.fill(0);
    Tensor dx{x.shape()};
    for (std::size_t n = 0; n < x.rows(); ++n) {
      for (std::size_t j = 0; j < w.columns(); ++j) {
        biases_.gradient(j) += dy(n, j);
        for (std::size_t i = 0; i < w.rows(); ++i) {
          weights_.gradient(i, j) += x(n, i) * dy(n, j);
          dx(n, i) += dy(n, j) * w(i, j);
        }
      }
    }
    return dx;
    // [/todo]
  }

  /// The weights, then the biases.
  std::vector<Parameter*> parameters() { return {&weights_, &biases_}; }

  std::string name() const { return "my Dense"; }
  Shape output_shape(const Shape&) const { return Shape{weights_.value.columns()}; }

 private:
  Parameter weights_;
  Parameter biases_;
  Tensor input_;
};

static_assert(Layer<Dense>);

}  // namespace mine
