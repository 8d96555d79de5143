/// @file
/// @brief Exercise 8: the convolution.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module mine.convolution;

import exercises.todo;
export import nn.images;
export import nn.layer;

export namespace mine {

using namespace nn;

/// A convolution with stride 1 and without padding: for every output channel o and every place
/// (i, j) of the window,
///
///     y(n, o, i, j) = b(o) + Σ over c, u, v of x(n, c, i + u, j + v) k(o, c, u, v)
///
/// B images with C channels of H × W pixels become B images with O channels. With kernels of F × G
/// they have (H − F + 1) × (W − G + 1) pixels.
class Convolution {
 public:
  /// @param kernels K, shape (O, C, F, G).
  /// @param biases b, shape (O).
  Convolution(Tensor kernels, Tensor biases)
      : kernels_{"weight", std::move(kernels)}, biases_{"bias", std::move(biases)} {}

  /// A layer whose kernels an initializer fills; biases are zeros.
  Convolution(std::size_t inputs, std::size_t outputs, Extent kernel,
              Initializer auto&& initializer)
      : Convolution{Tensor{Shape{outputs, inputs, kernel.height, kernel.width}},
                    Tensor{Shape{outputs}}} {
    initializer(kernels_.value, Fan{.in = kernel.area() * inputs, .out = kernel.area() * outputs});
  }

  /// @param x X, shape (B, C, H, W).
  /// @return Y, shape (B, O, H − F + 1, W − G + 1).
  Tensor predict(const Tensor& x) const {
    const Tensor& k = kernels_.value;
    const Tensor& b = biases_.value;
    Tensor y{output_of(x)};
    // [todo Convolution::predict]
    const auto [images, outputs, height, width] = axes(y);
    const auto [all, channels, rows, columns] = axes(k);
    for (std::size_t n = 0; n < images; ++n)
      for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t i = 0; i < height; ++i)
          for (std::size_t j = 0; j < width; ++j) {
            real sum = b(o);
            for (std::size_t c = 0; c < channels; ++c)
              for (std::size_t u = 0; u < rows; ++u)
                for (std::size_t v = 0; v < columns; ++v) {
                  sum += x(n, c, i + u, j + v) * k(o, c, u, v);
                }
            y(n, o, i, j) = sum;
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

  /// Writes ∂C/∂K to `dk` and ∂C/∂b to `db`; both are already 0.
  /// @param dy ∂C/∂Y, the shape of the output.
  /// @return ∂C/∂X, the shape of the input.
  Tensor backward(const Tensor& dy) {
    const Tensor& x = input_;
    const Tensor& k = kernels_.value;
    Tensor& dk = kernels_.gradient;
    Tensor& db = biases_.gradient;
    dk.fill(0);
    db.fill(0);
    Tensor dx{x.shape()};
    // [todo Convolution::backward]
    const auto [images, outputs, height, width] = axes(dy);
    const auto [all, channels, rows, columns] = axes(k);
    for (std::size_t n = 0; n < images; ++n)
      for (std::size_t o = 0; o < outputs; ++o)
        for (std::size_t i = 0; i < height; ++i)
          for (std::size_t j = 0; j < width; ++j) {
            const real d = dy(n, o, i, j);
            db(o) += d;
            for (std::size_t c = 0; c < channels; ++c)
              for (std::size_t u = 0; u < rows; ++u)
                for (std::size_t v = 0; v < columns; ++v) {
                  dk(o, c, u, v) += d * x(n, c, i + u, j + v);
                  dx(n, c, i + u, j + v) += d * k(o, c, u, v);
                }
          }
    // [/todo]
    return dx;
  }

  std::vector<Parameter*> parameters() { return {&kernels_, &biases_}; }
  std::string name() const { return "my Convolution"; }
  Shape output_shape(const Shape& sample) const {
    return output_of(Tensor{sample.batch(1)}).sample();
  }

 private:
  struct Axes {
    std::size_t a, b, c, d;
  };
  static Axes axes(const Tensor& tensor) {
    const Shape& shape = tensor.shape();
    return {shape[0], shape[1], shape[2], shape[3]};
  }

  Shape output_of(const Tensor& x) const {
    const auto [images, channels, height, width] = axes(x);
    const auto [outputs, inputs, rows, columns] = axes(kernels_.value);
    return Shape{images, outputs, height - rows + 1, width - columns + 1};
  }

  Parameter kernels_;
  Parameter biases_;
  Tensor input_;
};

static_assert(Layer<Convolution>);

}  // namespace mine
