/// @file
/// @brief Exercise 1.6: a layer without biases.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module mine.linear;

import exercises.todo;
export import nn.layer;
export import nn.matmul;

export namespace mine {

using namespace nn;

/// A dense layer without biases: Y = X W, for a batch of B samples with D inputs and M outputs.
class Linear {
 public:
  /// @param weights W, shape (D, M): column j has the weights of output j.
  explicit Linear(Tensor weights) : weights_{"weight", std::move(weights)} {}

  /// Its name in summaries and errors, of your choice.
  std::string name() const {
    // [todo Linear::name]
    return "my Linear";
    // [/todo]
  }

  /// The shape of an output, without the batch.
  /// @param sample The shape of an input, without the batch: (D), or `Shape{}` if it is unknown.
  /// @return (M).
  Shape output_shape(const Shape& sample) const {
    // [todo Linear::output_shape]
    return Shape{weights_.value.columns()};
    // [/todo]
  }

  /// The output for a batch; stores nothing.
  /// @param x X, shape (B, D).
  /// @return Y, shape (B, M).
  Tensor predict(const Tensor& x) const {
    // [todo Linear::predict]
    return matmul(x, weights_.value);
    // [/todo]
  }

  /// The same in training; stores what backward() will need.
  /// @param x X, shape (B, D).
  /// @return Y, shape (B, M).
  Tensor forward(Tensor x) {
    // [todo Linear::forward]
    Tensor y = predict(x);
    input_ = std::move(x);
    return y;
    // [/todo]
  }

  /// Writes ∂C/∂W to weights_.gradient, in place of the gradient of the batch before. The cost is
  /// already a mean over the batch, so nothing is divided here.
  /// @param dy ∂C/∂Y for the batch of the last forward(), shape (B, M).
  /// @return ∂C/∂X, shape (B, D).
  Tensor backward(const Tensor& dy) {
    // [todo Linear::backward]
    weights_.gradient = matmul(transposed(input_), dy);
    return matmul(dy, transposed(weights_.value));
    // [/todo]
  }

  /// What an optimizer may change.
  std::vector<Parameter*> parameters() {
    // [todo Linear::parameters]
    return {&weights_};
    // [/todo]
  }

 private:
  Parameter weights_;
  Tensor input_;
};

static_assert(Layer<Linear>);

}  // namespace mine
