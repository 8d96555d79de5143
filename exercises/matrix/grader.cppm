/// @file
/// @brief Grades a convolution as a dense layer.
module;

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module exercises.matrix;

export import exercises.grade;
export import nn.convolution;
export import nn.matmul;

using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// Rows and columns.
struct Extent {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// What the grader calls.
struct Unrolled {
  std::function<Tensor(const Tensor& k, const Extent& image)> dense_weights;
  std::function<Tensor(const Tensor& dw, const Extent& kernel, const Extent& image)>
      kernel_gradient;
};

/// Calls `place(pixel, output, m, n)` for every weight of the kernel at every place of the window.
template <class Place>
void for_each_place(const Extent& kernel, const Extent& image, const Place& place) {
  const Extent output{image.rows - kernel.rows + 1, image.columns - kernel.columns + 1};
  for (std::size_t i = 0; i < output.rows; ++i)
    for (std::size_t j = 0; j < output.columns; ++j)
      for (std::size_t m = 0; m < kernel.rows; ++m)
        for (std::size_t n = 0; n < kernel.columns; ++n) {
          place(((i + m) * image.columns) + j + n, (i * output.columns) + j, m, n);
        }
}

/// The weights, if the kernel's weight at (m, n) is what a function gives.
template <class Weight>
Tensor weights_of(const Extent& kernel, const Extent& image, const Weight& weight) {
  Tensor w{Shape{image.rows * image.columns,
                 (image.rows - kernel.rows + 1) * (image.columns - kernel.columns + 1)}};
  for_each_place(kernel, image,
                 [&](std::size_t pixel, std::size_t output, std::size_t m, std::size_t n) {
                   w(pixel, output) = weight(m, n);
                 });
  return w;
}

}  // namespace exercises

namespace exercises {

Extent extent_of(const Tensor& matrix) { return {matrix.rows(), matrix.columns()}; }

Tensor right_weights(const Tensor& k, const Extent& image) {
  return weights_of(extent_of(k), image, [&](std::size_t m, std::size_t n) { return k(m, n); });
}

/// The sum over all places of a weight of the kernel.
Tensor right_gradient(const Tensor& dw, const Extent& kernel, const Extent& image) {
  Tensor dk{Shape{kernel.rows, kernel.columns}};
  for_each_place(kernel, image,
                 [&](std::size_t pixel, std::size_t output, std::size_t m, std::size_t n) {
                   dk(m, n) += dw(pixel, output);
                 });
  return dk;
}

/// The number at one place of the window.
Tensor gradient_at(const Tensor& dw, const Extent& kernel, const Extent& image,
                   std::size_t wanted) {
  Tensor dk{Shape{kernel.rows, kernel.columns}};
  for_each_place(kernel, image,
                 [&](std::size_t pixel, std::size_t output, std::size_t m, std::size_t n) {
                   if (output == wanted) dk(m, n) = dw(pixel, output);
                 });
  return dk;
}

/// Every column of a matrix is its first one.
Tensor with_first_column(Tensor w) {
  for (std::size_t i = 0; i < w.rows(); ++i) std::ranges::fill(w.row(i), w(i, 0));
  return w;
}

/// Only the first column of a matrix, the rest 0.
Tensor only_first_column(Tensor w) {
  for (std::size_t i = 0; i < w.rows(); ++i) std::ranges::fill(w.row(i).subspan(1), real{0});
  return w;
}

/// A matrix turned by half a turn.
Tensor turned(const Tensor& k) {
  Tensor result = k;
  std::ranges::reverse(result.values());
  return result;
}

/// A single image with a single channel.
Tensor as_image(const Tensor& rows) {
  return rows.reshaped(Shape{1, 1, rows.rows(), rows.columns()});
}

Tensor as_row(const Tensor& tensor) { return tensor.reshaped(Shape{1, tensor.size()}); }

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> matrix(const Unrolled& mine) {
  // The example of chapter 8, without a bias.
  static const Tensor x{{1, 0, 2, 1}, {0, 1, 0, 2}, {2, 1, 1, 0}, {1, 0, 2, 1}};
  static const Tensor k{{1, 2}, {0, -1}};
  static const Tensor dy{{1, 0, 0}, {1, 0, 0}, {0, 0, 2}};
  static const Extent image{4, 4};
  static const Extent kernel{2, 2};
  return {
      {"dense_weights: the kernel of section 8.2, 16 × 9",
       [mine] {
         const Tensor want = right_weights(k, image);
         const Tensor turned_k = turned(k);
         const Tensor transposed_k = transpose_of(k);
         // The rows of Y are read as if they were as long as those of X.
         Tensor narrow{want.shape()};
         for (std::size_t i = 0; i < 3; ++i)
           for (std::size_t j = 0; j < 3; ++j)
             for (std::size_t m = 0; m < 2; ++m)
               for (std::size_t n = 0; n < 2; ++n)
                 narrow(((i + m) * 3) + j + n, (i * 3) + j) = k(m, n);
         expect("W", mine.dense_weights(k, image), want,
                {{"It is transposed: a row belongs to a pixel, a column to an output.",
                  transpose_of(want)},
                 {"The kernel is turned by half a turn: k(m, n) is multiplied by x(i + m, j + n).",
                  right_weights(turned_k, image)},
                 {"The kernel is transposed: m counts its rows, n its columns.",
                  right_weights(transposed_k, image)},
                 {"Only the first output has weights: the window moves over the image.",
                  only_first_column(want)},
                 {"Every output looks at the first window: it moves with i and j.",
                  with_first_column(want)},
                 {"Pixels are counted with the width of the output: a row of the image has W of "
                  "them.",
                  narrow},
                 {"All weights of a window are 1: they are those of the kernel.",
                  weights_of(kernel, image, [](std::size_t, std::size_t) { return real{1}; })},
                 {"The weights are the right ones, but with the wrong sign.", times(-1, want)}});
       }},
      {"kernel_gradient: the image of section 8.2",
       [mine] {
         const Tensor dw = nn::matmul(nn::transposed(as_row(x)), as_row(dy));
         const Tensor want = right_gradient(dw, kernel, image);
         real all = 0;
         for (const real value : dw.values()) all += value;
         expect(
             "∂C/∂K", mine.kernel_gradient(dw, kernel, image), want,
             {{"Only the last window counts: add (+=), instead of overwriting (=).",
               gradient_at(dw, kernel, image, 8)},
              {"Only the first window counts: add up those of all outputs.",
               gradient_at(dw, kernel, image, 0)},
              {"That is the mean over the nine windows: a weight that is used nine times has the "
               "sum of the nine gradients.",
               times(real{1} / 9, want)},
              {"It is turned by half a turn: the place of k(m, n) is the same as in the weights.",
               turned(want)},
              {"It is transposed: m counts the kernel's rows, n its columns.", transpose_of(want)},
              {"Each value is the sum of all of ∂C/∂W: add only the places of k(m, n).",
               Tensor{Shape{2, 2}, all}},
              {"That is the corner of ∂C/∂W: find the places of k(m, n) in it.",
               Tensor{{dw(0, 0), dw(0, 1)}, {dw(1, 0), dw(1, 1)}}},
              {"That is the kernel, not its gradient.", k}});
       }},
      {"both: an image of 5 × 7, a kernel of 3 × 2, against nn::Convolution", [mine] {
         const Tensor inputs = random_tensor(Shape{5, 7}, 1);
         const Tensor weights = random_tensor(Shape{3, 2}, 2);
         const Tensor message = random_tensor(Shape{1, 1, 3, 6}, 3);
         nn::Convolution layer{as_image(weights), Tensor{real{0}}};
         const Tensor y = layer.forward(as_image(inputs));
         const Tensor dx = layer.backward(message);
         const Tensor w = mine.dense_weights(weights, {5, 7});
         require(w.shape() == Shape{35, 18},
                 "W has shape " + to_string(w.shape()) + ", expected (35, 18).");
         expect("x W, in a row", nn::matmul(as_row(inputs), w), as_row(y));
         expect("∂C/∂X of the dense layer, in a row",
                nn::matmul(as_row(message), nn::transposed(w)), as_row(dx));
         const Tensor dw = nn::matmul(nn::transposed(as_row(inputs)), as_row(message));
         expect("∂C/∂K", mine.kernel_gradient(dw, {3, 2}, {5, 7}),
                layer.parameters()[0]->gradient.reshaped(Shape{3, 2}));
       }}};
}

}  // namespace exercises
