/// @file
/// @brief Grades the convolution.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module exercises.convolution;

export import exercises.grade;
export import nn.convolution;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// The parts of a convolution that can be spoiled.
struct Parts {
  bool bias = true;
  bool rotated = false;          ///< Whether the kernel is turned by 180°.
  bool one_channel = false;      ///< Whether only the first input channel is used.
  bool transposed = false;       ///< Whether rows and columns of the kernel are exchanged.
  bool only_last_image = false;  ///< Whether gradients are overwritten by the last image.
};

/// Calls f with the place in y, the place in x and the place in the kernel of each product.
template <class Function>
// NOLINTNEXTLINE(readability-function-cognitive-complexity): a loop for each index
void for_each_product(const Shape& y, const Shape& k, Parts parts, Function f) {
  for (std::size_t n = 0; n < y[0]; ++n) {
    for (std::size_t o = 0; o < y[1]; ++o) {
      for (std::size_t i = 0; i < y[2]; ++i) {
        for (std::size_t j = 0; j < y[3]; ++j) {
          for (std::size_t c = 0; c < (parts.one_channel ? 1 : k[1]); ++c) {
            for (std::size_t u = 0; u < k[2]; ++u) {
              for (std::size_t v = 0; v < k[3]; ++v) {
                std::size_t row = parts.rotated ? k[2] - 1 - u : u;
                std::size_t column = parts.rotated ? k[3] - 1 - v : v;
                if (parts.transposed) std::swap(row, column);
                f(n, o, i, j, c, u, v, row, column);
              }
            }
          }
        }
      }
    }
  }
}

Tensor output(const Tensor& x, const Tensor& k, const Tensor& b, Parts parts = {}) {
  Tensor y{Shape{x.shape()[0], k.shape()[0], x.shape()[2] - k.shape()[2] + 1,
                 x.shape()[3] - k.shape()[3] + 1}};
  if (parts.bias) {
    for (std::size_t n = 0; n < y.shape()[0]; ++n) {
      for (std::size_t o = 0; o < y.shape()[1]; ++o) {
        for (std::size_t i = 0; i < y.shape()[2]; ++i) {
          for (std::size_t j = 0; j < y.shape()[3]; ++j) y(n, o, i, j) = b(o);
        }
      }
    }
  }
  for_each_product(
      y.shape(), k.shape(), parts,
      [&](auto n, auto o, auto i, auto j, auto c, auto u, auto v, auto row, auto column) {
        y(n, o, i, j) += x(n, c, i + u, j + v) * k(o, c, row, column);
      });
  return y;
}

Tensor kernel_gradient(const Tensor& x, const Tensor& k, const Tensor& dy, Parts parts = {}) {
  Tensor dk{k.shape()};
  for_each_product(
      dy.shape(), k.shape(), parts,
      [&](auto n, auto o, auto i, auto j, auto c, auto u, auto v, auto row, auto column) {
        if (parts.only_last_image && n + 1 < dy.shape()[0]) return;
        dk(o, c, row, column) += dy(n, o, i, j) * x(n, c, i + u, j + v);
      });
  return dk;
}

Tensor input_gradient(const Tensor& x, const Tensor& k, const Tensor& dy, Parts parts = {}) {
  Tensor dx{x.shape()};
  for_each_product(
      dy.shape(), k.shape(), parts,
      [&](auto n, auto o, auto i, auto j, auto c, auto u, auto v, auto row, auto column) {
        dx(n, c, i + u, j + v) += dy(n, o, i, j) * k(o, c, row, column);
      });
  return dx;
}

Tensor bias_gradient(const Tensor& dy, bool of_first_place = false) {
  Tensor db{Shape{dy.shape()[1]}};
  for (std::size_t n = 0; n < dy.shape()[0]; ++n) {
    for (std::size_t o = 0; o < dy.shape()[1]; ++o) {
      for (std::size_t i = 0; i < (of_first_place ? 1 : dy.shape()[2]); ++i) {
        for (std::size_t j = 0; j < (of_first_place ? 1 : dy.shape()[3]); ++j) {
          db(o) += dy(n, o, i, j);
        }
      }
    }
  }
  return db;
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class like nn::Convolution that is made of kernels and biases.
template <class Convolution>
std::vector<Step> convolution() {
  // Two images with two channels of 4 × 5 pixels, three output channels, kernels of 2 × 3.
  static const Tensor x = random_tensor(Shape{2, 2, 4, 5}, 1);
  static const Tensor k = random_tensor(Shape{3, 2, 2, 3}, 2);
  static const Tensor b = random_tensor(Shape{3}, 3);
  static const Tensor dy = random_tensor(Shape{2, 3, 3, 3}, 4);
  // One image of 3 × 3 pixels, and a kernel of 2 × 2, to compute by hand.
  static const Tensor image = Tensor{1, 2, 0, 0, 1, 3, 2, 0, 1}.reshaped(Shape{1, 1, 3, 3});
  static const Tensor kernel = Tensor{1, 0, 2, -1}.reshaped(Shape{1, 1, 2, 2});
  static const Tensor no_bias{0};

  return {
      {"predict: an image of 3 × 3, a kernel of 2 × 2",
       [] {
         expect("Y", Convolution{kernel, no_bias}.predict(image), output(image, kernel, no_bias),
                {{"You turned the kernel by 180°: use it as it is.",
                  output(image, kernel, no_bias, {.rotated = true})},
                 {"Rows and columns of the kernel are exchanged.",
                  output(image, kernel, no_bias, {.transposed = true})}});
       }},
      {"predict: several images and channels",
       [] {
         expect("Y", Convolution{k, b}.predict(x), output(x, k, b),
                {{"The bias is missing.", output(x, k, b, {.bias = false})},
                 {"Only the first input channel is used: sum over all.",
                  output(x, k, b, {.one_channel = true})},
                 {"You turned the kernel by 180°: use it as it is.",
                  output(x, k, b, {.rotated = true})}});
       }},
      {"backward: ∂C/∂b",
       [] {
         Convolution layer{k, b};
         layer.forward(x);
         layer.backward(dy);
         const Tensor want = bias_gradient(dy);
         expect("∂C/∂b", layer.parameters()[1]->gradient, want,
                {{"It is divided by the batch size: the cost has done that.", times(0.5, want)},
                 {"It is the mean over all places: each bias gets the sum.",
                  times(real{1} / 18, want)},
                 {"Only one place of each image counts: a bias is added at every place.",
                  bias_gradient(dy, true)}});
       }},
      {"backward: ∂C/∂K",
       [] {
         Convolution layer{k, b};
         layer.forward(x);
         layer.backward(dy);
         const Tensor want = kernel_gradient(x, k, dy);
         expect("∂C/∂K", layer.parameters()[0]->gradient, want,
                {{"It is divided by the batch size: the cost has done that.", times(0.5, want)},
                 {"It is turned by 180°.", kernel_gradient(x, k, dy, {.rotated = true})},
                 {"Only the last image counts: add, instead of overwriting (=).",
                  kernel_gradient(x, k, dy, {.only_last_image = true})},
                 {"Only the first input channel has a gradient.",
                  kernel_gradient(x, k, dy, {.one_channel = true})}});
       }},
      {"backward: ∂C/∂X",
       [] {
         Convolution layer{k, b};
         layer.forward(x);
         expect(
             "∂C/∂X", layer.backward(dy), input_gradient(x, k, dy),
             {{"The kernel is turned by 180° once too often: with the loops of the forward pass, "
               "each product goes back to its own x.",
               input_gradient(x, k, dy, {.rotated = true})},
              {"Only the first input channel has a gradient.",
               input_gradient(x, k, dy, {.one_channel = true})}});
       }},
      {"both: as in the library, 5 × 5 kernels", [] {
         const Tensor images = random_tensor(Shape{3, 4, 9, 8}, 5);
         const Tensor kernels = random_tensor(Shape{6, 4, 5, 5}, 6);
         const Tensor biases = random_tensor(Shape{6}, 7);
         const Tensor gradient = random_tensor(Shape{3, 6, 5, 4}, 8);
         Convolution mine{kernels, biases};
         nn::Convolution right{kernels, biases};
         expect("Y", mine.forward(images), right.forward(images));
         expect("∂C/∂X", mine.backward(gradient), right.backward(gradient));
         expect("∂C/∂K", mine.parameters()[0]->gradient, right.parameters()[0]->gradient);
         expect("∂C/∂b", mine.parameters()[1]->gradient, right.parameters()[1]->gradient);
       }}};
}

}  // namespace exercises
