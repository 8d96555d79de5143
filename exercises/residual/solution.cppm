/// @file
/// @brief Exercise 17: residual connections.
module;

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module mine.residual;

import exercises.todo;
export import nn.backprop;

export namespace mine {

using namespace nn;

/// A residual connection: the input goes through a network F and past it, and the two are added.
/// If there is a projection, a network P, the path past F leads through P.
///
///     Y = X + F(X)    or    Y = P(X) + F(X)
class Residual {
 public:
  /// @param block F, at least one layer.
  /// @param projection P; without layers, X is added as it is.
  explicit Residual(Sequential block, Sequential projection = Sequential{})
      : block_{std::move(block)}, projection_{std::move(projection)} {}

  /// The output in inference: the sum of what predict() of the networks returns.
  /// @param x X, the input of F and of P.
  /// @return Y, the shape of F's output.
  Tensor predict(const Tensor& x) const {
    // [todo Residual::predict]
    return sum(is_projected() ? projection_.predict(x) : x, block_.predict(x));
    // [/todo]
  }

  /// The output in training: forward() of the networks stores what backward() needs.
  Tensor forward(const Tensor& x) {
    // [todo Residual::forward]
    return sum(is_projected() ? projection_.forward(x) : x, block_.forward(x));
    // [/todo]
  }

  /// Adds the gradients of both paths. The networks write the gradients of their parameters.
  /// @param dy g = ∂C/∂Y, the shape of the output.
  /// @return ∂C/∂X, the shape of the input.
  Tensor backward(const Tensor& dy) {
    // [todo Residual::backward]
    return sum(is_projected() ? projection_.backward(dy) : dy, block_.backward(dy));
    // [/todo]
  }

  /// The parameters of F, then those of P.
  std::vector<Parameter*> parameters() {
    // [todo Residual::parameters]
    std::vector<Parameter*> all = block_.parameters();
    for (Parameter* parameter : projection_.parameters()) all.push_back(parameter);
    return all;
    // [/todo]
  }

  std::string name() const { return "my Residual"; }
  Shape output_shape(const Shape& sample) const { return block_.output_shape(sample); }

 private:
  bool is_projected() const { return projection_.size() > 0; }

  /// a + b; both have the same shape.
  static Tensor sum(Tensor a, const Tensor& b) {
    if (a.shape() != b.shape()) throw std::logic_error("sum() of tensors of different shapes");
    for (std::size_t i = 0; i < a.size(); ++i) a.values()[i] += b.values()[i];
    return a;
  }

  Sequential block_;       // F
  Sequential projection_;  // P
};

static_assert(Layer<Residual>);

}  // namespace mine
