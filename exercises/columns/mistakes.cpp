// Turned images with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

import exercises.columns;
import exercises.mistakes;

using exercises::images_of;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

/// Which pixel of the images `x` comes to (n, i, j); `last` is the last row or column.
using Pixel = real(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last);

real right(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t) {
  return x(n, j, i);
}
real unchanged(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t) {
  return x(n, i, j);
}
real clockwise(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last) {
  return x(n, last - j, i);
}
real back(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last) {
  return x(n, j, last - i);
}
real mirrored(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last) {
  return x(n, i, last - j);
}
real upside_down(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last) {
  return x(n, last - i, j);
}
real diagonal(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last) {
  return x(n, last - j, last - i);
}
real first_only(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t) {
  return n == 0 ? x(n, j, i) : x(n, i, j);
}
real all_first(const Tensor& x, std::size_t, std::size_t i, std::size_t j, std::size_t) {
  return x(0, j, i);
}
real lost_above(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t) {
  return x(n, std::max(i, j), std::min(i, j));
}
real lost_below(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t) {
  return x(n, std::min(i, j), std::max(i, j));
}
real too_short(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t last) {
  return i == last || j == last ? 0 : x(n, j, i);
}
real exchanged(const Tensor& x, std::size_t n, std::size_t i, std::size_t j, std::size_t) {
  return x(x.rows() - 1 - n, j, i);
}

Tensor of_pixels(Pixel* pixel, const Tensor& x) {
  const Shape& shape = x.shape();
  return images_of(
      Shape{shape[0], shape[2], shape[1]},
      [&](std::size_t n, std::size_t i, std::size_t j) { return pixel(x, n, i, j, shape[1] - 1); });
}
Tensor other_axis(const Tensor& x) {
  const Shape& shape = x.shape();
  if (shape[0] == 1) return of_pixels(right, x);
  return images_of(Shape{shape[1], shape[0], shape[2]},
                   [&](std::size_t i, std::size_t n, std::size_t j) { return x(n, i, j); });
}
/// Right for squares; for other images as told.
Tensor reshaped(const Tensor& x) {
  const Shape& shape = x.shape();
  if (shape[1] == shape[2]) return of_pixels(right, x);
  return x.reshaped(Shape{shape[0], shape[2], shape[1]});
}
Tensor same_shape(const Tensor& x) {
  return x.shape()[1] == x.shape()[2] ? of_pixels(right, x) : x;
}

exercises::Tried tried(const char* words, Pixel* pixel) {
  return {words, exercises::columns([pixel](const Tensor& x) { return of_pixels(pixel, x); })};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::columns([](const Tensor& x) { return of_pixels(right, x); }),
      {tried("The images are unchanged", unchanged),
       tried("turned clockwise", clockwise),
       tried("turned counterclockwise", back),
       tried("mirrored, left to right", mirrored),
       tried("upside down", upside_down),
       tried("at the other diagonal", diagonal),
       tried("Only the first image is turned", first_only),
       tried("All images are the first one", all_first),
       tried("above the diagonal are lost", lost_above),
       tried("below the diagonal are lost", lost_below),
       tried("The last row and column are missing", too_short),
       tried("The two images are exchanged", exchanged),
       {"Another axis is swapped", exercises::columns(other_axis)},
       {"Only the shape has changed", exercises::columns(reshaped)},
       {"W rows and H columns", exercises::columns(same_shape)}});
}
