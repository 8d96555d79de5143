/// @file
/// @brief A drawing: the strokes of a pen, and the image that they make.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

export module live.strokes;

export import nn.tensor;

namespace live {

/// A place on the canvas, whose sides are 1; y goes down.
export struct Point {
  double x;
  double y;
};

/// What a pen draws until it is lifted; a single point is a dot.
export using Stroke = std::vector<Point>;

/// The strokes in the numbers from a page.
/// @param numbers x and y of each point, in thousandths; a negative number lifts the pen.
export std::vector<Stroke> strokes_of(std::span<const double> numbers) {
  constexpr double units = 1000;
  std::vector<Stroke> strokes(1);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 0) {
      strokes.emplace_back();
    } else if (i + 1 < numbers.size()) {
      strokes.back().push_back({.x = numbers[i] / units, .y = numbers[i + 1] / units});
      ++i;
    }
  }
  std::erase_if(strokes, [](const Stroke& stroke) { return stroke.empty(); });
  return strokes;
}

/// How far a point is from the line between two others.
double distance(const Point& point, const Point& from, const Point& to) {
  const Point along{.x = to.x - from.x, .y = to.y - from.y};
  const double length = along.x * along.x + along.y * along.y;
  const double product = (point.x - from.x) * along.x + (point.y - from.y) * along.y;
  const double share = length > 0 ? std::clamp(product / length, 0.0, 1.0) : 0;
  return std::hypot(point.x - from.x - share * along.x, point.y - from.y - share * along.y);
}

/// Draws a line with a round pen. A pixel that the pen's edge crosses gets a part of the ink.
void draw_line(nn::Tensor& image, const Point& from, const Point& to, double radius) {
  const auto pixels = [&](double least, double most, std::size_t end) {
    const auto inside = [&](double place) {
      return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(end)));
    };
    return std::pair{inside(least - radius - 1), inside(most + radius + 2)};
  };
  const auto [top, bottom] = pixels(std::min(from.y, to.y), std::max(from.y, to.y), image.rows());
  const auto [left, right] =
      pixels(std::min(from.x, to.x), std::max(from.x, to.x), image.columns());
  for (std::size_t y = top; y < bottom; ++y) {
    for (std::size_t x = left; x < right; ++x) {
      const Point middle{.x = static_cast<double>(x) + 0.5, .y = static_cast<double>(y) + 0.5};
      const double ink = std::clamp(radius + 0.5 - distance(middle, from, to), 0.0, 1.0);
      image(y, x) = std::max(image(y, x), static_cast<nn::real>(ink));
    }
  }
}

/// The image of a drawing.
/// @param strokes In the order in which they were drawn.
/// @param width Of the pen; the canvas is 1 wide.
/// @param side Pixels in a row and in a column.
/// @return Shape (side, side), 0 paper and 1 ink.
export nn::Tensor image_of(const std::vector<Stroke>& strokes, double width, std::size_t side) {
  nn::Tensor image{nn::Shape{side, side}};
  const auto scale = static_cast<double>(side);
  const auto scaled = [&](const Point& point) {
    return Point{.x = scale * point.x, .y = scale * point.y};
  };
  for (const Stroke& stroke : strokes) {
    for (std::size_t i = 0; i < stroke.size(); ++i) {
      draw_line(image, scaled(stroke[i > 0 ? i - 1 : 0]), scaled(stroke[i]), scale * width / 2);
    }
  }
  return image;
}

}  // namespace live
