/// @file
/// @brief Grades max pooling.
module;

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

export module exercises.pooling;

export import exercises.grade;
export import nn.pooling;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// A window of an image: size × size values, row after row.
struct Window {
  std::size_t n, c, row, column, size;

  [[nodiscard]] std::vector<real> of(const Tensor& x) const {
    std::vector<real> values;
    for (std::size_t u = 0; u < size; ++u) {
      for (std::size_t v = 0; v < size; ++v) values.push_back(x(n, c, row + u, column + v));
    }
    return values;
  }
};

/// What a window becomes, and which part of an output's gradient each of its values gets.
using Output = real(const std::vector<real>& window);
using Parts = std::vector<real>(const std::vector<real>& window);

/// @param step From one window to the next; 0 is their size.
Tensor pooled(const Tensor& x, std::size_t size, Output* output, std::size_t step = 0) {
  Tensor y{Shape{x.shape()[0], x.shape()[1], x.shape()[2] / size, x.shape()[3] / size}};
  if (step == 0) step = size;
  for (std::size_t n = 0; n < y.shape()[0]; ++n) {
    for (std::size_t c = 0; c < y.shape()[1]; ++c) {
      for (std::size_t i = 0; i < y.shape()[2]; ++i) {
        for (std::size_t j = 0; j < y.shape()[3]; ++j) {
          y(n, c, i, j) = output(Window{n, c, step * i, step * j, size}.of(x));
        }
      }
    }
  }
  return y;
}

Tensor gradient(const Tensor& x, std::size_t size, const Tensor& dy, Parts* parts) {
  Tensor dx{x.shape()};
  for (std::size_t n = 0; n < dy.shape()[0]; ++n) {
    for (std::size_t c = 0; c < dy.shape()[1]; ++c) {
      for (std::size_t i = 0; i < dy.shape()[2]; ++i) {
        for (std::size_t j = 0; j < dy.shape()[3]; ++j) {
          const std::vector<real> part = parts(Window{n, c, size * i, size * j, size}.of(x));
          for (std::size_t k = 0; k < part.size(); ++k) {
            dx(n, c, size * i + k / size, size * j + k % size) += part[k] * dy(n, c, i, j);
          }
        }
      }
    }
  }
  return dx;
}

real largest(const std::vector<real>& window) { return std::ranges::max(window); }

std::vector<real> one_at(const std::vector<real>& window, std::size_t place) {
  std::vector<real> parts(window.size());
  parts[place] = 1;
  return parts;
}

std::vector<real> first_largest(const std::vector<real>& window) {
  return one_at(window,
                static_cast<std::size_t>(std::ranges::max_element(window) - window.begin()));
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class like nn::MaxPool that is made of the size of its windows.
template <class MaxPool>
std::vector<Step> pooling() {
  // An image of 4 × 4 pixels, to compute by hand: one window is all negative, one has equal values.
  static const Tensor image =
      Tensor{1, 5, -4, -2, 3, 2, -1, -3, 0, 0, 7, 6, 2, 1, 7, 8}.reshaped(Shape{1, 1, 4, 4});
  static const Tensor equals =
      Tensor{4, 4, 2, 0, 1, 4, 0, 2, 3, 9, 5, 5, 9, 9, 5, 5}.reshaped(Shape{1, 1, 4, 4});
  static const Tensor dy = Tensor{1, -2, 3, 0.5}.reshaped(Shape{1, 1, 2, 2});
  static const auto mean = [](const std::vector<real>& window) {
    real sum = 0;
    for (const real x : window) sum += x;
    return sum / static_cast<real>(window.size());
  };
  static const auto as_gradient = [](const Tensor& x, Parts* parts) {
    return gradient(x, 2, dy, parts);
  };

  return {
      {"predict: an image of 4 × 4, windows of 2 × 2",
       [] {
         expect(
             "Y", MaxPool{2}.predict(image), pooled(image, 2, largest),
             {{"That is the mean of each window.", pooled(image, 2, mean)},
              {"A window of negative values becomes 0: begin with its first value, not with 0.",
               pooled(image, 2, [](auto& window) { return std::max(real{0}, largest(window)); })},
              {"That is the first value of each window.",
               pooled(image, 2, [](auto& window) { return window.front(); })},
              {"That is the last value of each window.",
               pooled(image, 2, [](auto& window) { return window.back(); })},
              {"That is the smallest value of each window.",
               pooled(image, 2, [](auto& window) { return std::ranges::min(window); })},
              {"The windows overlap: that of (i, j) begins at (size · i, size · j).",
               pooled(image, 2, largest, 1)}});
       }},
      {"predict: several images and channels, and rows and columns that are left over",
       [] {
         const Tensor images = random_tensor(Shape{2, 3, 7, 8}, 1);
         expect("Y", MaxPool{3}.predict(images), pooled(images, 3, largest));
       }},
      {"backward: an image of 4 × 4, windows of 2 × 2",
       [] {
         MaxPool layer{2};
         layer.forward(image);
         expect("∂C/∂X", layer.backward(dy), as_gradient(image, first_largest),
                {{"You give the gradient to every value of a window: only the largest gets it.",
                  as_gradient(image,
                              [](auto& window) { return std::vector<real>(window.size(), 1); })},
                 {"The gradient is divided among the values of a window: that is average pooling.",
                  as_gradient(
                      image, [](auto& window) { return std::vector<real>(window.size(), 0.25F); })},
                 {"The first value of each window has the gradient, not the largest.",
                  as_gradient(image, [](auto& window) { return one_at(window, 0); })},
                 {"The gradient is multiplied by the largest value: the slope of a copy is 1.",
                  as_gradient(image, [](auto& window) {
                    std::vector<real> parts = first_largest(window);
                    for (real& part : parts) part *= largest(window);
                    return parts;
                  })}});
       }},
      {"backward: equal values",
       [] {
         MaxPool layer{2};
         layer.forward(equals);
         expect("∂C/∂X", layer.backward(dy), as_gradient(equals, first_largest),
                {{"You give the gradient to each of several equal values: only the first gets it.",
                  as_gradient(equals,
                              [](auto& window) {
                                std::vector<real> parts;
                                for (const real x : window)
                                  parts.push_back(x == largest(window) ? 1.0F : 0.0F);
                                return parts;
                              })},
                 {"Of equal values, the last gets the gradient: compare with >, not with >=.",
                  as_gradient(equals, [](auto& window) {
                    std::size_t last = 0;
                    for (std::size_t k = 0; k < window.size(); ++k) {
                      if (window[k] == largest(window)) last = k;
                    }
                    return one_at(window, last);
                  })}});
       }},
      {"backward: several images and channels, and rows and columns that are left over", [] {
         const Tensor images = random_tensor(Shape{2, 3, 7, 8}, 2);
         const Tensor gradients = random_tensor(Shape{2, 3, 2, 2}, 3);
         MaxPool layer{3};
         layer.forward(images);
         expect("∂C/∂X", layer.backward(gradients), gradient(images, 3, gradients, first_largest));
       }}};
}

}  // namespace exercises
