// Poolings with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <vector>

import exercises.mistakes;
import exercises.pooling;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

using Window = std::vector<real>;

/// Max pooling. Each class below spoils one result.
struct Right {
  explicit Right(std::size_t size) : size{size} {}
  virtual ~Right() = default;
  Right(const Right&) = default;
  Right& operator=(const Right&) = delete;

  /// A window's output, and the parts of its gradient that the values get.
  virtual real output(const Window& window) const { return std::ranges::max(window); }
  virtual Window parts(const Window& window) const {
    Window all(window.size());
    all[static_cast<std::size_t>(std::ranges::max_element(window) - window.begin())] = 1;
    return all;
  }
  /// From one window to the next.
  virtual std::size_t step() const { return size; }

  Window window(const Tensor& x, std::size_t image, std::size_t i, std::size_t j) const {
    Window values;
    for (std::size_t k = 0; k < size * size; ++k)
      values.push_back(x.values()[place(x, image, i, j, k)]);
    return values;
  }
  /// The place of value k of a window; all channels of all images are numbered through.
  std::size_t place(const Tensor& x, std::size_t image, std::size_t i, std::size_t j,
                    std::size_t k) const {
    const std::size_t height = x.shape()[2];
    const std::size_t width = x.shape()[3];
    return (image * height + step() * i + k / size) * width + step() * j + k % size;
  }
  Tensor predict(const Tensor& x) const {
    Tensor y{Shape{x.shape()[0], x.shape()[1], x.shape()[2] / size, x.shape()[3] / size}};
    std::size_t at = 0;
    for (std::size_t image = 0; image < x.shape()[0] * x.shape()[1]; ++image) {
      for (std::size_t i = 0; i < y.shape()[2]; ++i) {
        for (std::size_t j = 0; j < y.shape()[3]; ++j) {
          y.values()[at++] = output(window(x, image, i, j));
        }
      }
    }
    return y;
  }
  Tensor forward(const Tensor& x) {
    input = x;
    return predict(x);
  }
  Tensor backward(const Tensor& dy) const {
    Tensor dx{input.shape()};
    std::size_t at = 0;
    for (std::size_t image = 0; image < dy.shape()[0] * dy.shape()[1]; ++image) {
      for (std::size_t i = 0; i < dy.shape()[2]; ++i) {
        for (std::size_t j = 0; j < dy.shape()[3]; ++j, ++at) {
          const Window all = parts(window(input, image, i, j));
          for (std::size_t k = 0; k < all.size(); ++k) {
            dx.values()[place(input, image, i, j, k)] += all[k] * dy.values()[at];
          }
        }
      }
    }
    return dx;
  }

  std::size_t size;
  Tensor input;
};

template <real wrong(const Window&)>
struct Predicts : Right {
  using Right::Right;
  real output(const Window& window) const override { return wrong(window); }
};

template <Window wrong(const Window&)>
struct Divides : Right {
  using Right::Right;
  Window parts(const Window& window) const override { return wrong(window); }
};

struct Overlapping : Right {
  using Right::Right;
  std::size_t step() const override { return 1; }
};

real mean(const Window& window) {
  real sum = 0;
  for (const real x : window) sum += x;
  return sum / static_cast<real>(window.size());
}
real from_zero(const Window& window) { return std::max(real{0}, std::ranges::max(window)); }
real first(const Window& window) { return window.front(); }
real last(const Window& window) { return window.back(); }
real smallest(const Window& window) { return std::ranges::min(window); }

Window to_all(const Window& window) { return Window(window.size(), 1); }
Window divided(const Window& window) {
  return Window(window.size(), 1 / static_cast<real>(window.size()));
}
Window to_first(const Window& window) {
  Window parts(window.size());
  parts[0] = 1;
  return parts;
}
Window times_largest(const Window& window) {
  Window parts(window.size());
  const auto largest = std::ranges::max_element(window);
  parts[static_cast<std::size_t>(largest - window.begin())] = *largest;
  return parts;
}
Window to_equals(const Window& window) {
  Window parts;
  for (const real x : window) parts.push_back(x == std::ranges::max(window) ? 1.0F : 0.0F);
  return parts;
}
Window to_last_equal(const Window& window) {
  Window parts(window.size());
  std::size_t place = 0;
  for (std::size_t k = 0; k < window.size(); ++k) {
    if (window[k] >= window[place]) place = k;
  }
  parts[place] = 1;
  return parts;
}

template <class Layer>
exercises::Tried tried(const char* words) {
  return {words, exercises::pooling<Layer>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::pooling<Right>(),
      {tried<Predicts<mean>>("the mean of each window"),
       tried<Predicts<from_zero>>("A window of negative values becomes 0"),
       tried<Predicts<first>>("the first value of each window"),
       tried<Predicts<last>>("the last value of each window"),
       tried<Predicts<smallest>>("the smallest value of each window"),
       tried<Overlapping>("The windows overlap"),
       tried<Divides<to_all>>("only the largest gets it"),
       tried<Divides<divided>>("that is average pooling"),
       tried<Divides<to_first>>("The first value of each window has the gradient"),
       tried<Divides<times_largest>>("multiplied by the largest value"),
       tried<Divides<to_equals>>("to each of several equal values"),
       tried<Divides<to_last_equal>>("Of equal values, the last gets the gradient")});
}
