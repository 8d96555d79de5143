/// @file
/// @brief Exercise 8.5: a convolution as a dense layer.
module;

#include <cstddef>

export module mine.matrix;

import exercises.todo;
export import nn.tensor;

export namespace mine {

using namespace nn;

/// Rows and columns of an image.
struct Size {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// The weights of the dense layer that computes the same as a convolution with one kernel, stride 1
/// and no padding. An image becomes a row of its pixels, one row of the image after the other, and
/// so does the output.
/// @param k K, shape (F, G).
/// @param image H rows and W columns.
/// @return Shape (H W, (H − F + 1) (W − G + 1)): a row for each pixel, a column for each output.
Tensor dense_weights(const Tensor& k, const Size& image) {
  const Size output{image.rows - k.rows() + 1, image.columns - k.columns() + 1};
  Tensor weights{Shape{image.rows * image.columns, output.rows * output.columns}};
  // [todo dense_weights]
  for (std::size_t i = 0; i < output.rows; ++i)
    for (std::size_t j = 0; j < output.columns; ++j)
      for (std::size_t m = 0; m < k.rows(); ++m)
        for (std::size_t n = 0; n < k.columns(); ++n) {
          const std::size_t pixel = (i + m) * image.columns + j + n;
          weights(pixel, i * output.columns + j) = k(m, n);
        }
  // [/todo]
  return weights;
}

/// The gradient of the kernel, from that of the dense layer's weights.
/// @param dw ∂C/∂W, shaped like the weights.
/// @param kernel F rows and G columns.
/// @param image H rows and W columns.
/// @return ∂C/∂K, shape (F, G).
Tensor kernel_gradient(const Tensor& dw, const Size& kernel, const Size& image) {
  const Size output{image.rows - kernel.rows + 1, image.columns - kernel.columns + 1};
  Tensor dk{Shape{kernel.rows, kernel.columns}};
  // [todo kernel_gradient]
  for (std::size_t i = 0; i < output.rows; ++i)
    for (std::size_t j = 0; j < output.columns; ++j)
      for (std::size_t m = 0; m < kernel.rows; ++m)
        for (std::size_t n = 0; n < kernel.columns; ++n) {
          const std::size_t pixel = (i + m) * image.columns + j + n;
          dk(m, n) += dw(pixel, i * output.columns + j);
        }
  // [/todo]
  return dk;
}

}  // namespace mine
