module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

module live.windows;

import live.words;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

/// An image in tenths: 1 to 9, # for 1, . for 0.
struct Picture {
  std::string_view name;
  std::size_t width;
  std::string_view tenths;
};

constexpr Picture corner{"the corner of section 8.3", 6,
                         "......"
                         "......"
                         "...###"
                         "...###"
                         "...###"};

/// The first of MNIST's test images.
constexpr Picture seven{"a digit", 28,
                        "............................"
                        "............................"
                        "............................"
                        "............................"
                        "............................"
                        "............................"
                        "............................"
                        "......376621................"
                        "......9####98888888872......"
                        "......343469#9####9##5......"
                        "...........131333219#4......"
                        "..................3#81......"
                        ".................19#3......."
                        ".................5#92......."
                        "................2##2........"
                        "................5#7........."
                        "................8#2........."
                        "...............5#7.........."
                        "..............3#92.........."
                        ".............19#7..........."
                        ".............8#91..........."
                        "............1##3............"
                        "...........19#5............."
                        "...........5##2............."
                        "..........29##2............."
                        "..........5##92............."
                        "..........5#81.............."
                        "............................"};

constexpr std::array<real, 16> matrix{1, 0, 2, 1,  //
                                      0, 1, 0, 2,  //
                                      2, 1, 1, 0,  //
                                      1, 0, 2, 1};

real shade(char c) {
  if (c == '#') return 1;
  return c == '.' ? 0 : static_cast<real>(c - '0') / 10;
}

Tensor drawn(const Picture& picture) {
  Tensor image{Shape{1, 1, picture.tenths.size() / picture.width, picture.width}};
  std::ranges::transform(picture.tenths, image.data(), shade);
  return image;
}

}  // namespace

std::vector<real> typed_or(std::span<const double> typed, std::span<const real> there) {
  std::vector<real> numbers{there.begin(), there.end()};
  if (typed.size() == there.size()) {
    std::ranges::transform(typed, numbers.begin(), [](double n) { return static_cast<real>(n); });
  }
  return numbers;
}

std::vector<Control> WindowFigure::image_controls(std::size_t start) {
  return {{.name = "image",
           .label = "Image",
           .help = "What the window moves over. You can change the numbers of small images.",
           .start = {static_cast<double>(start)},
           .high = 2,
           .step = 1,
           .choices = {"matrix of 8.2", std::string{corner.name}, std::string{seven.name}}},
          {.name = "pixels",
           .label = "Pixels",
           .help = "The numbers that you typed into the image, row by row.",
           .start = {},
           .low = -100,
           .high = 100,
           .free = true}};
}

void WindowFigure::begin() {
  const std::array pictures{Tensor{Shape{1, 1, 4, 4}, std::span<const real>{matrix}}, drawn(corner),
                            drawn(seven)};
  const Tensor& chosen = pictures.at(count("image"));
  x_ = Tensor{chosen.shape(), std::span<const real>{typed_or(numbers("pixels"), chosen.values())}};
  y_ = output(x_);
}

real WindowFigure::pixel(std::size_t row, std::size_t column) const {
  const std::size_t p = padding();
  const bool inside =
      row >= p && row < p + x_.shape()[2] && column >= p && column < p + x_.shape()[3];
  return inside ? x_(0, 0, row - p, column - p) : 0;
}

WindowFigure::Place WindowFigure::place() const {
  const std::size_t columns = y_.shape()[3];
  return {.row = steps() / columns, .column = steps() % columns};
}

std::vector<real> WindowFigure::seen() const {
  const Place at = place();
  std::vector<real> numbers;
  for (std::size_t m = 0; m < window()[0]; ++m) {
    for (std::size_t n = 0; n < window()[1]; ++n) {
      numbers.push_back(pixel(stride() * at.row + m, stride() * at.column + n));
    }
  }
  return numbers;
}

void WindowFigure::show_words(const std::string& name, const Tensor& tensor) {
  show(name, tensor);
  tell(name, lines(tensor.values(), 4));
}

void WindowFigure::update() {
  Tensor padded{Shape{x_.shape()[2] + 2 * padding(), x_.shape()[3] + 2 * padding()}};
  for (std::size_t i = 0; i < padded.rows(); ++i) {
    for (std::size_t j = 0; j < padded.columns(); ++j) padded(i, j) = pixel(i, j);
  }
  show_words("x", padded);
  show_words("y", y_.reshaped(Shape{y_.shape()[2], y_.shape()[3]}));
  const Place at = place();
  show("window",
       std::array{static_cast<double>(stride() * at.row), static_cast<double>(stride() * at.column),
                  static_cast<double>(window()[0]), static_cast<double>(window()[1])});
  show("border", std::array{static_cast<double>(padding())});
  tell("place", fmt::format("row {}, column {}", at.row, at.column));
  tell("summary", fmt::format("Place {} of {}, row {}, column {}: {}", steps() + 1, y_.size(),
                              at.row, at.column, sum()));
}

}  // namespace live
