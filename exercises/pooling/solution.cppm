/// @file
/// @brief Exercise 8: max pooling.
module;

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module mine.pooling;

import exercises.todo;
export import nn.layer;

export namespace mine {

using namespace nn;

/// Max pooling: each window of size × size pixels of a channel becomes its largest value. Windows
/// do not overlap; rows and columns that no whole window covers are left out.
class MaxPool {
 public:
  explicit MaxPool(std::size_t size) : size_{size} {}

  /// @param x X, shape (B, C, H, W).
  /// @return Y, shape (B, C, ⌊H / size⌋, ⌊W / size⌋).
  Tensor predict(const Tensor& x) const {
    Tensor y{output_of(x.shape())};
    // [todo MaxPool::predict]
    for (std::size_t n = 0; n < y.shape()[0]; ++n)
      for (std::size_t c = 0; c < y.shape()[1]; ++c)
        for (std::size_t i = 0; i < y.shape()[2]; ++i)
          for (std::size_t j = 0; j < y.shape()[3]; ++j) {
            real largest = x(n, c, size_ * i, size_ * j);
            for (std::size_t u = 0; u < size_; ++u)
              for (std::size_t v = 0; v < size_; ++v) {
                largest = std::max(largest, x(n, c, size_ * i + u, size_ * j + v));
              }
            y(n, c, i, j) = largest;
          }
    // [/todo]
    return y;
  }

  /// The same in training: backward() will need the input.
  Tensor forward(Tensor x) {
    Tensor y = predict(x);
    input_ = std::move(x);
    return y;
  }

  /// The gradient of each output goes to the largest value of its window, the first of equal ones;
  /// all other values have the gradient 0.
  /// @param dy ∂C/∂Y, the shape of the output.
  /// @return ∂C/∂X, the shape of the input.
  Tensor backward(const Tensor& dy) {
    const Tensor& x = input_;
    Tensor dx{x.shape()};
    // [todo MaxPool::backward]
    for (std::size_t n = 0; n < dy.shape()[0]; ++n)
      for (std::size_t c = 0; c < dy.shape()[1]; ++c)
        for (std::size_t i = 0; i < dy.shape()[2]; ++i)
          for (std::size_t j = 0; j < dy.shape()[3]; ++j) {
            std::size_t row = size_ * i;
            std::size_t column = size_ * j;
            for (std::size_t u = size_ * i; u < size_ * (i + 1); ++u)
              for (std::size_t v = size_ * j; v < size_ * (j + 1); ++v) {
                if (x(n, c, u, v) <= x(n, c, row, column)) continue;
                row = u;
                column = v;
              }
            dx(n, c, row, column) += dy(n, c, i, j);
          }
    // [/todo]
    return dx;
  }

  std::vector<Parameter*> parameters() { return {}; }
  std::string name() const { return "my MaxPool"; }
  Shape output_shape(const Shape& sample) const { return output_of(sample.batch(1)).sample(); }

 private:
  Shape output_of(const Shape& images) const {
    return Shape{images[0], images[1], images[2] / size_, images[3] / size_};
  }

  std::size_t size_;
  Tensor input_;
};

static_assert(Layer<MaxPool>);

}  // namespace mine
