/// @file
/// @brief Exercise 10.4: shifted images.
module;

#include <algorithm>
#include <cstddef>

export module mine.shift;

import exercises.todo;
export import nn.random;
export import nn.tensor;

export namespace mine {

using namespace nn;

/// An image moved by whole pixels. What is moved out of it is lost, and zeros come in.
/// @param image Shape (H, W).
/// @param down By how many rows; up if it is negative.
/// @param right By how many columns; to the left if it is negative.
/// @return Shape (H, W).
Tensor shifted(const Tensor& image, int down, int right) {
  Tensor result{image.shape()};
  const auto rows = static_cast<int>(image.rows());
  const auto columns = static_cast<int>(image.columns());
  // [todo shifted]
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      const int from_row = i - down;
      const int from_column = j - right;
      if (from_row < 0 || from_row >= rows || from_column < 0 || from_column >= columns) continue;
      result(i, j) = image(from_row, from_column);
    }
  }
  // [/todo]
  return result;
}

/// Moves each image of a batch at random, in both directions by up to `most` pixels.
/// @param images Shape (B, H, W).
/// @param most At least 0; all amounts from −most to most are equally likely.
/// @param random `random.below(n)` returns a whole number from 0 to n − 1.
/// @return Shape (B, H, W).
Tensor shifted_at_random(const Tensor& images, int most, Random& random) {
  Tensor result{images.shape()};
  const Shape size = images.shape().sample();
  for (std::size_t n = 0; n < images.rows(); ++n) {
    const Tensor image = images.rows(n, 1).reshaped(size);
    Tensor moved;  // what becomes of it
    // [todo shifted_at_random]
    const auto amount = [&] {
      return static_cast<int>(random.below(2 * static_cast<std::size_t>(most) + 1)) - most;
    };
    const int down = amount();
    const int right = amount();
    moved = shifted(image, down, right);
    // [/todo]
    std::ranges::copy(moved.values(), result.row(n).begin());
  }
  return result;
}

}  // namespace mine
