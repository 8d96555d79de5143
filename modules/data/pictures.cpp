module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

module nn.pictures;

import nn.matmul;

namespace nn {

namespace {

constexpr std::size_t side = 28;
constexpr std::size_t box_side = 20;
constexpr real least_contrast = real(0.1);
/// Fainter ink does not count for the box, because it may be blur or the grain of the paper.
constexpr real ink_of_the_box = real(0.2);

void check(const Picture& picture) {
  const Tensor& brightness = picture.brightness;
  if (brightness.rank() != 2) {
    throw std::invalid_argument(
        fmt::format("nn::find_digits: brightness has shape {}, expected 2 axes",
                    to_string(brightness.shape())));
  }
  for (const real value : brightness.values()) {
    if (value >= 0 && value <= 1) continue;
    throw std::invalid_argument(
        fmt::format("nn::find_digits: brightness is {}, expected 0 to 1", value));
  }
}

/// The median brightness of the pixels along the edge.
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

  /// From 0 for paper, or anything even further from ink, to 1 for the strongest ink.
  [[nodiscard]] real ink_at(real brightness) const {
    return std::max(real{0}, (brightness - paper) / (ink - paper));
  }
};

// [shades]
Shades shades_of(const Tensor& brightness) {
  const real paper = shade_of_the_edge(brightness);
  const auto [darkest, lightest] = std::ranges::minmax(brightness.values());
  return {.paper = paper, .ink = paper - darkest >= lightest - paper ? darkest : lightest};
}
// [/shades]

void check_contrast(const Tensor& brightness, const Shades& shades) {
  if (std::abs(shades.ink - shades.paper) >= least_contrast) return;
  const auto [darkest, lightest] = std::ranges::minmax(brightness.values());
  throw std::invalid_argument(
      fmt::format("nn::find_digits: no ink: brightness ranges from {:.2f} to {:.2f}, expected a "
                  "difference of at least {} between the ink and the edge of the picture: draw "
                  "darker or use more light",
                  darkest, lightest, least_contrast));
}

/// The bounding box of the ink: its first row and column, and those after its last.
struct Box {
  std::size_t top;
  std::size_t left;
  std::size_t bottom;
  std::size_t right;
};

Box box_of(const Tensor& brightness, const Shades& shades) {
  Box box{.top = brightness.rows(), .left = brightness.columns(), .bottom = 0, .right = 0};
  for (std::size_t y = 0; y < brightness.shape()[0]; ++y) {
    for (std::size_t x = 0; x < brightness.shape()[1]; ++x) {
      if (shades.ink_at(brightness(y, x)) < ink_of_the_box) continue;
      box.top = std::min(box.top, y);
      box.bottom = std::max(box.bottom, y + 1);
      box.left = std::min(box.left, x);
      box.right = std::max(box.right, x + 1);
    }
  }
  return box;
}

/// The box, cut out. Its values are ink, not brightness.
Tensor inked_box(const Tensor& brightness, const Shades& shades) {
  const auto [top, left, bottom, right] = box_of(brightness, shades);
  Tensor cut = Tensor::uninitialized(Shape{bottom - top, right - left});
  for (std::size_t y = top; y < bottom; ++y) {
    const auto line = brightness.row(y).subspan(left, right - left);
    std::ranges::transform(line, cut.row(y - top).begin(),
                           [&](real value) { return shades.ink_at(value); });
  }
  return cut;
}

}  // namespace

namespace detail {

namespace {

/// Adds a row of one image, times a weight, to a row of another image.
void add(std::span<const real> from, double weight, std::span<real> to) {
  for (std::size_t x = 0; x < to.size(); ++x) to[x] += static_cast<real>(weight) * from[x];
}

}  // namespace

// [in_rows]
/// Scales an image to fewer or more rows. With fewer rows, a row of the result covers several old
/// rows and is their mean, weighted by how much of each it covers. With more rows, it is between
/// two old rows and interpolates them linearly.
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

}  // namespace detail

namespace {

using detail::in_rows;
using detail::Ink;
using detail::Piece;

/// Scales the box so that its longer side has 20 pixels, and its ink so that the strongest is 1
/// again, because thin lines become pale when a large picture is reduced.
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
/// mass is in the middle (row 14 of 0 to 27), or as near to it as the height of the image allows.
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

/// The ink of one piece, as a fraction of its strongest ink.
Tensor cut_out(const Piece& piece, const Tensor& ink) {
  Tensor box{Shape{piece.height(), piece.width()}};
  for (const std::size_t pixel : piece.pixels) {
    box(pixel / ink.columns() - piece.top, pixel % ink.columns() - piece.left) = ink.data()[pixel];
  }
  const real most = std::ranges::max(box.values());
  for (real& value : box.values()) value /= most;
  return inked_box(box, {.paper = 0, .ink = 1});
}

/// The ink of some pieces, and nothing else.
Tensor only(const std::vector<Piece>& pieces, const Tensor& ink) {
  Tensor result{ink.shape()};
  for (const Piece& piece : pieces) {
    for (const std::size_t pixel : piece.pixels) result.data()[pixel] = ink.data()[pixel];
  }
  return result;
}

FoundDigit prepared(const Piece& piece, const Tensor& ink) {
  const auto height = static_cast<double>(ink.rows());
  const auto width = static_cast<double>(ink.columns());
  return {.pixels = centered(scaled(cut_out(piece, ink))),
          .left = static_cast<double>(piece.left) / width,
          .right = static_cast<double>(piece.right) / width,
          .top = static_cast<double>(piece.top) / height,
          .bottom = static_cast<double>(piece.bottom) / height};
}

/// Treats all the ink of a picture as one digit.
Digits whole(const Tensor& brightness) {
  const Shades shades = shades_of(brightness);
  check_contrast(brightness, shades);
  Digits result;
  result.digits.push_back({.pixels = centered(scaled(inked_box(brightness, shades))),
                           .left = 0,
                           .right = 1,
                           .top = 0,
                           .bottom = 1});
  return result;
}

/// For a large picture in which no digit was found. A digit may fill it and touch its edges; this
/// is assumed if a fair part of the picture is inked and hardly anything is between ink and paper,
/// so that uneven light, a few lines or specks do not count.
/// @param stages The stages so far, for the error if there is no digit.
Digits cropped(const Tensor& brightness, std::vector<Stage> stages) {
  const Shades shades = shades_of(brightness);
  check_contrast(brightness, shades);
  const auto part_above = [&](real least) {
    const auto count = std::ranges::count_if(
        brightness.values(), [&](real value) { return shades.ink_at(value) >= least; });
    return static_cast<double>(count) / static_cast<double>(brightness.size());
  };
  const double inked = part_above(real(0.5));
  const double between = part_above(real(0.25)) - part_above(real(0.75));
  const bool is_digit = inked >= 0.1 && inked <= 0.7 && between <= 0.2;
  if (!is_digit) throw NoDigit{std::move(stages)};
  return whole(brightness);
}

/// The longest side of a picture that is treated as one digit: a little more than one and a half
/// times MNIST's.
constexpr std::size_t small = 48;
/// In a picture with a side shorter than this, a mean over 3 × 3 pixels would erase the strokes.
constexpr std::size_t tiny = 16;
/// Less grain does not disturb the network.
constexpr real least_grain = real(0.01);

const Piece& heaviest(const std::vector<Piece>& pieces) {
  return *std::ranges::max_element(pieces, {}, &Piece::mass);
}

bool contains(const Piece& outer, const Piece& inner) {
  return outer.top <= inner.top && outer.left <= inner.left && outer.bottom >= inner.bottom &&
         outer.right >= inner.right;
}

/// Whether a piece is the hole of another piece: a blob, only a few times as long as wide.
bool is_hole(const Piece& inner, const Piece& outer) {
  constexpr double longest_blob = 6;
  return contains(outer, inner) && inner.length < std::min(longest_blob, outer.length);
}

/// The fraction of a piece's box that is inked. For digits it is less than half, for sheets more.
double filled(const Piece& piece) {
  return static_cast<double>(piece.pixels.size()) /
         static_cast<double>(piece.height() * piece.width());
}

/// Its mean ink, which is small for the artifacts that JPEG adds around strokes.
double strength(const Piece& piece) {
  return piece.mass / static_cast<double>(piece.pixels.size());
}

// [which]
/// Whether the ink is light on dark, decided from the pieces found both ways. Pieces that are much
/// fainter than those of the other way are flaws of the picture. The hole of a black 0 is light and
/// inside the 0, but it is a blob, and a digit is longer than that. A sheet of paper, or its
/// squares, fills more of its box than a digit. Ink has a sharp outline; a bright spot on the paper
/// does not. If all this does not decide, the way with more ink wins.
bool is_light(const std::vector<Piece>& dark, const std::vector<Piece>& light) {
  if (light.empty()) return false;
  if (dark.empty()) return true;
  const Piece& a = heaviest(dark);
  const Piece& b = heaviest(light);
  if (4 * strength(b) < strength(a)) return false;
  if (4 * strength(a) < strength(b)) return true;
  if (is_hole(b, a)) return false;
  if (is_hole(a, b)) return true;
  if (std::abs(filled(a) - filled(b)) > 0.25) return filled(a) > filled(b);
  if (std::abs(a.sharpness - b.sharpness) > 0.08) return b.sharpness > a.sharpness;
  return b.length * b.sharpness > a.length * a.sharpness;
}
// [/which]

}  // namespace

// [find_digits]
Digits find_digits(const Picture& picture) {
  check(picture);
  const auto [shorter, longer] =
      std::minmax({picture.brightness.rows(), picture.brightness.columns()});
  if (longer <= small) {
    const real grain = shorter < tiny ? real{0} : detail::grain_of(picture.brightness);
    const bool is_grainy = grain > least_grain && grain < detail::most_grain;
    return whole(is_grainy ? detail::mean_of_neighbors(picture.brightness) : picture.brightness);
  }
  const std::vector<Ink> inks = detail::inks_of(picture);
  const std::array found{detail::digits_in(inks[0]), detail::digits_in(inks[1])};
  const std::size_t way = is_light(found[0], found[1]) ? 1 : 0;
  const Ink& ink = inks[way];
  std::vector<Stage> stages{{.name = "paper", .image = ink.paper},
                            {.name = "ink", .image = ink.ink}};
  if (found[way].empty()) return cropped(picture.brightness, std::move(stages));
  Digits result{.digits = {}, .largest = 0, .stages = std::move(stages)};
  for (const Piece& piece : found[way]) result.digits.push_back(prepared(piece, ink.ink));
  result.largest = static_cast<std::size_t>(&heaviest(found[way]) - found[way].data());
  result.stages.push_back({.name = "digits", .image = only(found[way], ink.ink)});
  return result;
}
// [/find_digits]

NoDigit::NoDigit(std::vector<Stage> so_far)
    : std::invalid_argument{"nn::find_digits: no digit: nothing on the paper is shaped like one; "
                            "crop the picture to the digit"},
      stages{std::move(so_far)} {}

Tensor to_mnist(const Picture& picture) {
  Digits found = find_digits(picture);
  return std::move(found.digits[found.largest].pixels);
}

}  // namespace nn
