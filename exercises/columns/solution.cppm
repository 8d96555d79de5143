/// @file
/// @brief Exercise 14.2: images whose rows are the columns of others.
module;

#include <cstddef>

export module mine.columns;

import exercises.todo;
export import nn.tensor;

export namespace mine {

using namespace nn;

/// Swaps rows and columns of each image.
/// @param images Shape (B, H, W).
/// @return Shape (B, W, H).
Tensor transposed_images(const Tensor& images) {
  // [todo transposed_images]
  const Shape& shape = images.shape();
  Tensor turned{Shape{shape[0], shape[2], shape[1]}};
  for (std::size_t n = 0; n < shape[0]; ++n) {
    for (std::size_t i = 0; i < shape[1]; ++i) {
      for (std::size_t j = 0; j < shape[2]; ++j) turned(n, j, i) = images(n, i, j);
    }
  }
  return turned;
  // [/todo]
}

}  // namespace mine
