module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

module nn.pictures;

import nn.matmul;

namespace nn {

namespace {

constexpr std::size_t side = 28;
constexpr std::size_t box_side = 20;
constexpr real least_contrast = real(0.1);
/// Fainter ink does not widen the box: it may be blur, or the grain of the paper.
constexpr real ink_of_the_box = real(0.2);

void check(const Tensor& brightness) {
  if (brightness.rank() != 2) {
    throw std::invalid_argument(fmt::format(
        "nn::to_mnist: brightness has shape {}, expected 2 axes", to_string(brightness.shape())));
  }
  for (const real value : brightness.values()) {
    if (value >= 0 && value <= 1) continue;
    throw std::invalid_argument(
        fmt::format("nn::to_mnist: brightness is {}, expected 0 to 1", value));
  }
}

/// The median of the pixels along the edge.
real shade_of_the_edge(const Tensor& brightness) {
  const std::size_t height = brightness.shape()[0];
  const std::size_t width = brightness.shape()[1];
  std::vector<real> edge;
  for (std::size_t x = 0; x < width; ++x) {
    edge.push_back(brightness(0, x));
    edge.push_back(brightness(height - 1, x));
  }
  for (std::size_t y = 0; y < height; ++y) {
    edge.push_back(brightness(y, 0));
    edge.push_back(brightness(y, width - 1));
  }
  const auto middle = edge.begin() + static_cast<std::ptrdiff_t>(edge.size() / 2);
  std::ranges::nth_element(edge, middle);
  return *middle;
}

/// The brightness of the paper and of the strongest ink.
struct Shades {
  real paper;
  real ink;

  /// From 0 for paper, or anything even less like ink, to 1 for the strongest ink.
  [[nodiscard]] real ink_at(real brightness) const {
    return std::max(real{0}, (brightness - paper) / (ink - paper));
  }
};

// [shades]
Shades shades_of(const Tensor& brightness) {
  const real paper = shade_of_the_edge(brightness);
  const auto [darkest, lightest] = std::ranges::minmax(brightness.values());
  const real ink = paper - darkest >= lightest - paper ? darkest : lightest;
  if (std::abs(ink - paper) < least_contrast) {
    throw std::invalid_argument(
        fmt::format("nn::to_mnist: no ink: brightness is from {:.2f} to {:.2f}, and a difference "
                    "below {} from the edge's is none",
                    darkest, lightest, least_contrast));
  }
  return {.paper = paper, .ink = ink};
}
// [/shades]

/// The smallest box around the ink, cut out. Its values are ink, not brightness.
Tensor inked_box(const Tensor& brightness, const Shades& shades) {
  std::size_t top = brightness.shape()[0];
  std::size_t left = brightness.shape()[1];
  std::size_t bottom = 0;
  std::size_t right = 0;
  for (std::size_t y = 0; y < brightness.shape()[0]; ++y) {
    for (std::size_t x = 0; x < brightness.shape()[1]; ++x) {
      if (shades.ink_at(brightness(y, x)) < ink_of_the_box) continue;
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
      left = std::min(left, x);
      right = std::max(right, x + 1);
    }
  }
  Tensor box = Tensor::uninitialized(Shape{bottom - top, right - left});
  for (std::size_t y = top; y < bottom; ++y) {
    const auto line = brightness.row(y).subspan(left, right - left);
    std::ranges::transform(line, box.row(y - top).begin(),
                           [&](real value) { return shades.ink_at(value); });
  }
  return box;
}

/// Adds a row of one image, times a weight, to a row of another.
void add(std::span<const real> from, double weight, std::span<real> to) {
  for (std::size_t x = 0; x < to.size(); ++x) to[x] += static_cast<real>(weight) * from[x];
}

// [in_rows]
/// Scales an image to fewer or more rows. With fewer, a row of the result covers several old ones
/// and is their mean, weighted by how much of each it covers. With more, it lies between two old
/// ones and mixes them by its distance from each.
Tensor in_rows(const Tensor& image, std::size_t rows) {
  Tensor result{Shape{rows, image.columns()}};
  const double step = static_cast<double>(image.rows()) / static_cast<double>(rows);
  const auto last = static_cast<double>(image.rows() - 1);
  for (std::size_t row = 0; row < rows; ++row) {
    const double begin = static_cast<double>(row) * step;
    if (step < 1) {
      const double middle = std::clamp(begin + (step - 1) / 2, 0.0, last);
      const double above = std::floor(middle);
      const double below = std::min(above + 1, last);
      add(image.row(static_cast<std::size_t>(above)), 1 - (middle - above), result.row(row));
      add(image.row(static_cast<std::size_t>(below)), middle - above, result.row(row));
      continue;
    }
    const double end = std::min(begin + step, last + 1);
    for (auto y = static_cast<std::size_t>(begin); static_cast<double>(y) < end; ++y) {
      const auto top = static_cast<double>(y);
      const double covered = std::min(top + 1, end) - std::max(top, begin);
      add(image.row(y), covered / step, result.row(row));
    }
  }
  return result;
}
// [/in_rows]

/// Scales the box so that its longer side has 20 pixels, and its ink so that the strongest is 1
/// again, because thin lines turn pale when a large picture shrinks.
Tensor scaled(const Tensor& box) {
  const std::size_t longer = std::max(box.rows(), box.columns());
  const auto length = [longer](std::size_t old) {  // rounded, but at least 1
    return std::max<std::size_t>((2 * old * box_side + longer) / (2 * longer), 1);
  };
  const Tensor right_height = in_rows(box, length(box.rows()));
  Tensor image = transpose(in_rows(transpose(right_height), length(box.columns())));
  const real strongest = std::ranges::max(image.values());
  for (real& value : image.values()) value /= strongest;
  return image;
}

// [first_row]
/// Where to put the first row of an image among the 28 rows of the result, so that its center of
/// mass falls into the middle one, row 14 of 0 to 27, or as near to it as its height allows.
std::size_t first_row(const Tensor& image) {
  double mass = 0;
  double moment = 0;
  for (std::size_t y = 0; y < image.rows(); ++y) {
    for (const double ink : image.row(y)) {
      mass += ink;
      moment += ink * static_cast<double>(y);
    }
  }
  // In MNIST, centers are at least 13.5 and below 14.5. The small number allows for rounding.
  const double first = std::ceil(static_cast<double>(side - 1) / 2 - moment / mass - 1e-6);
  return static_cast<std::size_t>(std::clamp(first, 0.0, static_cast<double>(side - image.rows())));
}
// [/first_row]

Tensor centered(const Tensor& image) {
  const std::size_t top = first_row(image);
  const std::size_t left = first_row(transpose(image));
  Tensor result{Shape{1, side * side}};
  for (std::size_t y = 0; y < image.rows(); ++y) {
    std::ranges::copy(image.row(y), result.row(0).subspan((top + y) * side + left).begin());
  }
  return result;
}

}  // namespace

// [to_mnist]
Tensor to_mnist(const Picture& picture) {
  check(picture.brightness);
  const Shades shades = shades_of(picture.brightness);
  return centered(scaled(inked_box(picture.brightness, shades)));
}
// [/to_mnist]

}  // namespace nn
