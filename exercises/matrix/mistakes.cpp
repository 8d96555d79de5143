// Matrices of a convolution with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <vector>

import exercises.matrix;
import exercises.mistakes;

using exercises::Extent;
using exercises::for_each_place;
using exercises::weights_of;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

Extent extent_of(const Tensor& k) { return {k.rows(), k.columns()}; }

Tensor right(const Tensor& k, const Extent& image) {
  return weights_of(extent_of(k), image, [&](std::size_t m, std::size_t n) { return k(m, n); });
}
Tensor transposed(const Tensor& k, const Extent& image) {
  return exercises::transpose_of(right(k, image));
}
Tensor half_turn(Tensor k, const Extent& image) {
  std::ranges::reverse(k.values());
  return right(k, image);
}
Tensor turned(const Tensor& k, const Extent& image) { return half_turn(k, image); }
Tensor transposed_kernel(const Tensor& k, const Extent& image) {
  return right(exercises::transpose_of(k), image);
}
Tensor first_output(const Tensor& k, const Extent& image) {
  Tensor w = right(k, image);
  for (std::size_t i = 0; i < w.rows(); ++i) std::ranges::fill(w.row(i).subspan(1), real{0});
  return w;
}
Tensor fixed_window(const Tensor& k, const Extent& image) {
  Tensor w = right(k, image);
  for (std::size_t i = 0; i < w.rows(); ++i) std::ranges::fill(w.row(i), w(i, 0));
  return w;
}
Tensor narrow(const Tensor& k, const Extent& image) {
  Tensor w{right(k, image).shape()};
  const std::size_t columns = image.columns - k.columns() + 1;
  for_each_place(extent_of(k), image,
                 [&](std::size_t, std::size_t output, std::size_t m, std::size_t n) {
                   const std::size_t i = output / columns;
                   const std::size_t j = output % columns;
                   w(((i + m) * columns) + j + n, output) = k(m, n);
                 });
  return w;
}
Tensor ones(const Tensor& k, const Extent& image) {
  return weights_of(extent_of(k), image, [](std::size_t, std::size_t) { return real{1}; });
}
Tensor negative(const Tensor& k, const Extent& image) {
  return exercises::times(-1, right(k, image));
}
Tensor high(const Tensor& k, const Extent& image) {  // a row of the image has H pixels
  Tensor w{right(k, image).shape()};
  const std::size_t columns = image.columns - k.columns() + 1;
  for_each_place(extent_of(k), image,
                 [&](std::size_t, std::size_t output, std::size_t m, std::size_t n) {
                   const std::size_t i = output / columns;
                   const std::size_t j = output % columns;
                   w(((i + m) * image.rows) + j + n, output) = k(m, n);
                 });
  return w;
}
Tensor too_small(const Tensor& k, const Extent& image) {
  Tensor w = right(k, image);
  if (image.rows == image.columns) return w;
  return w.rows(0, w.columns());
}

/// What becomes of a number at a place of k(m, n) in output `output`.
using Add = void(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t output);
void add(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t /*output*/) {
  dk(m, n) += value;
}
void overwrite(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t /*output*/) {
  dk(m, n) = value;
}
void only_first(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t output) {
  if (output == 0) dk(m, n) = value;
}
void mean(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t /*output*/) {
  dk(m, n) += value / 9;
}
void opposite(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t /*output*/) {
  dk(dk.rows() - 1 - m, dk.columns() - 1 - n) += value;
}
void exchanged(Tensor& dk, std::size_t m, std::size_t n, real value, std::size_t /*output*/) {
  if (dk.rows() == dk.columns()) dk(n, m) += value;
}

using Weights = Tensor(const Tensor& k, const Extent& image);

Tensor gradient(Add* put, const Tensor& dw, const Extent& kernel, const Extent& image) {
  Tensor dk{Shape{kernel.rows, kernel.columns}};
  for_each_place(kernel, image,
                 [&](std::size_t pixel, std::size_t output, std::size_t m, std::size_t n) {
                   put(dk, m, n, dw(pixel, output), output);
                 });
  return dk;
}

std::vector<exercises::Step> steps(Weights* weights, Add* put) {
  return exercises::matrix(
      {weights, [put](const Tensor& dw, const Extent& kernel, const Extent& image) {
         return gradient(put, dw, kernel, image);
       }});
}

exercises::Tried of_weights(const char* words, Weights* weights) {
  return {words, steps(weights, add)};
}
exercises::Tried of_gradient(const char* words, Add* put) { return {words, steps(right, put)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps(right, add),
      {of_weights("a row belongs to a pixel", transposed),
       of_weights("The kernel is turned by half a turn", turned),
       of_weights("The kernel is transposed", transposed_kernel),
       of_weights("Only the first output has weights", first_output),
       of_weights("Every output looks at the first window", fixed_window),
       of_weights("counted with the width of the output", narrow),
       of_weights("All weights of a window are 1", ones),
       of_weights("with the wrong sign", negative), of_weights("x W, in a row: the shape", high),
       of_weights("W has shape (18, 18), expected (35, 18)", too_small),
       of_gradient("Only the last window counts", overwrite),
       of_gradient("Only the first window counts", only_first),
       of_gradient("That is the mean over the nine windows", mean),
       of_gradient("It is turned by half a turn", opposite),
       of_gradient("It is transposed: m counts", exchanged)});
}
