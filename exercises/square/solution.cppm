/// @file
/// @brief Exercise 4.5: the square as a layer.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module mine.square;

import exercises.todo;
export import nn.layer;

export namespace mine {

using namespace nn;

/// The square of each number of a tensor of any shape: y = x².
class Square {
 public:
  /// Its name in summaries and errors, of your choice.
  std::string name() const {
    // [todo Square::name]
    return "my Square";
    // [/todo]
  }

  /// The shape of an output, without the batch.
  /// @param sample The shape of an input, without the batch; `Shape{}` if it is unknown.
  Shape output_shape(const Shape& sample) const {
    // [todo Square::output_shape]
    return sample;
    // [/todo]
  }

  /// The output for a batch; stores nothing.
  /// @param x X, any shape.
  /// @return Y, the same shape.
  Tensor predict(Tensor x) const {
    // [todo Square::predict]
    for (real& value : x.values()) value *= value;
    return x;
    // [/todo]
  }

  /// The same in training; stores what backward() will need.
  /// @param x X, any shape.
  /// @return Y, the same shape.
  Tensor forward(Tensor x) {
    // [todo Square::forward]
    input_ = x;
    return predict(std::move(x));
    // [/todo]
  }

  /// @param dy ∂C/∂Y for the batch of the last forward(), the shape of its output.
  /// @return ∂C/∂X, the same shape.
  Tensor backward(Tensor dy) {
    // [todo Square::backward]
    for (std::size_t i = 0; i < dy.size(); ++i) dy.values()[i] *= 2 * input_.values()[i];
    return dy;
    // [/todo]
  }

  /// What an optimizer may change.
  std::vector<Parameter*> parameters() {
    // [todo Square::parameters]
    return {};
    // [/todo]
  }

 private:
  Tensor input_;
};

static_assert(Layer<Square>);

}  // namespace mine
