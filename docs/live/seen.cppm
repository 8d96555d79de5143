/// @file
/// @brief What networks see of a drawing or a picture, and where its ink is.
module;

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

export module live.seen;

export import nn.pictures;
export import nn.tensor;

export namespace live {

/// A picture file in the format that the page passes.
/// @param bytes The width in two bytes, little-endian, then two zero bytes; the height likewise;
///   then red, green, blue and opacity of every pixel.
nn::Picture picture_of(std::span<const std::byte> bytes) {
  const auto number = [&](std::size_t place) { return std::to_integer<unsigned>(bytes[place]); };
  const auto length = [&](std::size_t place) {
    return std::size_t{number(place) + 256 * number(place + 1)};
  };
  const nn::Shape shape{length(4), length(0)};
  nn::Picture picture{.brightness = nn::Tensor::uninitialized(shape),
                      .colors = nn::Tensor::uninitialized(nn::Shape{3, shape[0], shape[1]})};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const double opacity = number(8 + 4 * i + 3) / 255.0;
    double brightness = 0;
    for (std::size_t color = 0; color < 3; ++color) {
      constexpr std::array<double, 3> weights{0.299, 0.587, 0.114};
      const double shade = number(8 + 4 * i + color) / 255.0;
      const double seen = opacity * shade + (1 - opacity);  // transparent pixels are white
      picture.colors.data()[color * shape.size() + i] = static_cast<nn::real>(seen);
      brightness += weights[color] * seen;
    }
    picture.brightness.data()[i] = static_cast<nn::real>(std::clamp(brightness, 0.0, 1.0));
  }
  return picture;
}

/// The same image with a margin of one pixel of paper, so that the edge is always paper, wherever
/// the pen went.
nn::Tensor with_margin(const nn::Tensor& image) {
  nn::Tensor wider{nn::Shape{image.rows() + 2, image.columns() + 2}};
  for (std::size_t y = 0; y < image.rows(); ++y) {
    std::ranges::copy(image.row(y), wider.row(y + 1).subspan(1).begin());
  }
  return wider;
}

/// The image with fewer or more pixels: each is the mean of those it covers.
/// @param image A matrix.
/// @param side Pixels in a row and in a column of the result.
nn::Tensor shrunk(const nn::Tensor& image, std::size_t side) {
  const auto covered = [side](std::size_t place, std::size_t length) {
    const std::size_t begin = place * length / side;
    return std::pair{begin, std::max(begin + 1, (place + 1) * length / side)};
  };
  nn::Tensor small{nn::Shape{side, side}};
  for (std::size_t y = 0; y < side; ++y) {
    const auto [top, bottom] = covered(y, image.rows());
    for (std::size_t x = 0; x < side; ++x) {
      const auto [left, right] = covered(x, image.columns());
      double sum = 0;
      for (std::size_t row = top; row < bottom; ++row) {
        for (std::size_t column = left; column < right; ++column) sum += image(row, column);
      }
      const auto pixels = static_cast<double>((bottom - top) * (right - left));
      small(y, x) = static_cast<nn::real>(sum / pixels);
    }
  }
  return small;
}

/// Where the ink is along an axis.
struct InkAlong {
  std::size_t length = 0;  ///< From the first pixel with ink to the last.
  double centre = 0;       ///< Of mass.
};

/// @param side Of the square image.
/// @param ink_at Called with the place along the axis, and across.
template <class InkAt>
InkAlong ink_along(std::size_t side, const InkAt& ink_at) {
  constexpr double faint = 0.2;
  std::size_t first = side;
  std::size_t end = 0;
  double mass = 0;
  double moment = 0;
  for (std::size_t along = 0; along < side; ++along) {
    for (std::size_t across = 0; across < side; ++across) {
      const double ink = ink_at(along, across);
      mass += ink;
      moment += ink * static_cast<double>(along);
      if (ink < faint) continue;
      first = std::min(first, along);
      end = along + 1;
    }
  }
  return {.length = end > 0 ? end - first : 0, .centre = mass > 0 ? moment / mass : 0};
}

/// Where the ink is in what a network sees.
struct Ink {
  InkAlong down;
  InkAlong across;
  double from_middle;  ///< The distance of the center of mass from the middle, in pixels.
  double share;        ///< The fraction of the largest possible amount of ink.
};

/// @param image A square matrix, 0 paper and 1 ink.
Ink ink_of(const nn::Tensor& image) {
  const std::size_t side = image.rows();
  const InkAlong down = ink_along(side, [&](std::size_t y, std::size_t x) { return image(y, x); });
  const InkAlong across =
      ink_along(side, [&](std::size_t x, std::size_t y) { return image(y, x); });
  const auto middle = static_cast<double>(side) / 2;
  double mass = 0;
  for (const double ink : image.values()) mass += ink;
  return {.down = down,
          .across = across,
          .from_middle = std::hypot(down.centre - middle, across.centre - middle),
          .share = mass / static_cast<double>(image.size())};
}

}  // namespace live
