/// @file
/// @brief Exercise 2: ReLU and softmax.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

export module mine.activation;

import exercises.todo;
export import nn.layer;

export namespace mine {

using namespace nn;

/// The rectified linear unit, for each number of a tensor of any shape: y = max(0, x).
class ReLU {
 public:
  /// @param x X, any shape.
  /// @return Y, the same shape.
  Tensor predict(Tensor x) const {
    // [todo ReLU::predict]
    for (real& value : x.values()) value = std::max(real{0}, value);
    return x;
    // [/todo]
  }

  /// The same in training: backward() will need the output.
  Tensor forward(Tensor x) {
    output_ = predict(std::move(x));
    return output_;
  }

  /// @param dy ∂C/∂Y, the shape of the output.
  /// @return ∂C/∂X, the same shape.
  Tensor backward(Tensor dy) {
    const Tensor& y = output_;
    // [todo ReLU::backward]
    for (std::size_t i = 0; i < dy.size(); ++i) {
      if (y.values()[i] == 0) dy.values()[i] = 0;
    }
    return dy;
    // [/todo]
  }

  std::vector<Parameter*> parameters() { return {}; }
  std::string name() const { return "my ReLU"; }
  Shape output_shape(const Shape& sample) const { return sample; }

 private:
  Tensor output_;
};

/// Softmax: y(i) = e^x(i) / Σⱼ e^x(j), for each row of a matrix.
class Softmax {
 public:
  /// Must not overflow: for x = 1000 too, the probabilities are numbers.
  /// @param x X, the logits, shape (B, M).
  /// @return Y, the probabilities, shape (B, M); each row adds up to 1.
  Tensor predict(Tensor x) const {
    // [todo Softmax::predict]
    for (std::size_t n = 0; n < x.rows(); ++n) {
      const std::span<real> row = x.row(n);
      const real largest = *std::ranges::max_element(row);
      real sum = 0;
      for (real& value : row) sum += value = std::exp(value - largest);
      for (real& value : row) value /= sum;
    }
    return x;
    // [/todo]
  }

  /// The same in training: backward() will need the output.
  Tensor forward(Tensor x) {
    output_ = predict(std::move(x));
    return output_;
  }

  /// Multiplies ∂C/∂Y by the Jacobian ∂y(i)/∂x(j), which is y(i) (1 − y(i)) where i = j, and
  /// −y(i) y(j) elsewhere.
  /// @param dy ∂C/∂Y, shape (B, M).
  /// @return ∂C/∂X, shape (B, M).
  Tensor backward(const Tensor& dy) {
    const Tensor& y = output_;
    // [todo Softmax::backward]
    Tensor dx{dy.shape()};
    for (std::size_t n = 0; n < y.rows(); ++n) {
      real mean = 0;
      for (std::size_t i = 0; i < y.columns(); ++i) mean += y(n, i) * dy(n, i);
      for (std::size_t j = 0; j < y.columns(); ++j) dx(n, j) = y(n, j) * (dy(n, j) - mean);
    }
    return dx;
    // [/todo]
  }

  std::vector<Parameter*> parameters() { return {}; }
  std::string name() const { return "my Softmax"; }
  Shape output_shape(const Shape& sample) const { return sample; }

 private:
  Tensor output_;
};

static_assert(Layer<ReLU> && Layer<Softmax>);

}  // namespace mine
