module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <stdexcept>

module nn.augment;

import nn.matmul;
import nn.parallel;
import nn.text;

namespace nn {

namespace {

/// The axes of one image.
struct Size {
  std::size_t channels;
  std::size_t height;
  std::size_t width;

  [[nodiscard]] std::size_t pixels() const { return height * width; }
};

Size size_of(const char* where, const Shape& shape) {
  if (shape.rank() == 4) return {.channels = shape[1], .height = shape[2], .width = shape[3]};
  if (shape.rank() != 2) {
    throw std::invalid_argument(fmt::format(
        "nn::{}: images have shape {}, expected (B, C, H, W), or (B, H·H) for square images", where,
        to_string(shape)));
  }
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(shape[1])));
  if (side * side != shape[1]) {
    throw std::invalid_argument(fmt::format(
        "nn::{}: rows of {} values are not square images, expected the shape (B, C, H, W)", where,
        shape[1]));
  }
  return {.channels = 1, .height = side, .width = side};
}

// ---------------------------------------------------------------------------- the affine change

/// The inverse of an affine transformation: the pixel in column x and row y of the result comes
/// from column xx x + xy y + x0 and row yx x + yy y + y0.
struct Origin {
  real xx, xy, x0;
  real yx, yy, y0;
};

Origin origin(const Affine& affine, const Size& size) {
  constexpr double degree = std::numbers::pi / 180;
  const double sine = std::sin(affine.rotation * degree);
  const double cosine = std::cos(affine.rotation * degree);
  const double lean = std::tan(affine.shear * degree);
  // The steps in reverse: turn back, shear back, scale back. Rows count downwards.
  const double xx = (cosine + lean * sine) / affine.width;
  const double xy = (lean * cosine - sine) / affine.width;
  const double yx = sine / affine.height;
  const double yy = cosine / affine.height;
  // The shift moves the center.
  const double x = static_cast<double>(size.width - 1) / 2;
  const double y = static_cast<double>(size.height - 1) / 2;
  const double x0 = x - xx * (x + affine.right) - xy * (y + affine.down);
  const double y0 = y - yx * (x + affine.right) - yy * (y + affine.down);
  return {.xx = static_cast<real>(xx),
          .xy = static_cast<real>(xy),
          .x0 = static_cast<real>(x0),
          .yx = static_cast<real>(yx),
          .yy = static_cast<real>(yy),
          .y0 = static_cast<real>(y0)};
}

// ------------------------------------------------------------------------------ the interpolation

/// An image with a frame of zeros: one pixel wide on the left and at the top, two on the right and
/// at the bottom. A coordinate outside the image is clamped to the frame, so reading a pixel needs
/// no branch.
class Framed {
 public:
  Framed(const real* image, const Size& size)
      : width_{size.width + 3}, values_{Shape{size.channels, (size.height + 3) * width_}} {
    for (std::size_t channel = 0; channel < size.channels; ++channel) {
      real* row = values_.row(channel).data();
      for (std::size_t y = 0; y < size.height; ++y, image += size.width) {
        row += width_;
        std::copy_n(image, size.width, row + 1);
      }
    }
  }

  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] const real* channel(std::size_t index) const { return values_.row(index).data(); }

  /// Converts a coordinate of the image to one of the framed image and clamps it. NaN becomes 0.
  /// @param last The second to last row or column of the framed image.
  static real inside(real coordinate, real last) {
    return std::min(last, std::max(real{0}, coordinate + 1));
  }

 private:
  std::size_t width_;
  Tensor values_;
};

/// Where some pixels of the result come from in the framed image: the upper left of four pixels,
/// and the offset to the right of it and below it, in fractions of a pixel.
struct Looks {
  static constexpr std::size_t most = 128;
  std::array<std::int32_t, most> corner;
  std::array<real, most> right;
  std::array<real, most> down;
};

// [interpolate]
/// Bilinear interpolation: the mean of the four pixels around each place, weighted by distance.
void interpolate(const real* framed, std::size_t width, const Looks& looks, std::size_t count,
                 real* result) {
  for (std::size_t i = 0; i < count; ++i) {
    const real* above = framed + looks.corner[i];
    const real* below = above + width;
    const real upper = above[0] + looks.right[i] * (above[1] - above[0]);
    const real lower = below[0] + looks.right[i] * (below[1] - below[0]);
    result[i] = upper + looks.down[i] * (lower - upper);
  }
}
// [/interpolate]

/// Warps images of the same size.
class Warper {
 public:
  Warper(const char* where, const Shape& shape)
      : size_{size_of(where, shape)},
        columns_{Tensor::uninitialized(Shape{size_.pixels()})},
        rows_{Tensor::uninitialized(Shape{size_.pixels()})},
        still_{Shape{2 * size_.pixels()}} {
    for (std::size_t i = 0; i < size_.pixels(); ++i) {
      const std::size_t row = i / size_.width;
      rows_(i) = static_cast<real>(row);
      columns_(i) = static_cast<real>(i - row * size_.width);
    }
  }

  [[nodiscard]] const Size& size() const { return size_; }

  /// @param image Changed in place.
  /// @param affine The affine transformation.
  /// @param moved A result of displacement(); empty for no elastic distortion.
  void operator()(real* image, const Affine& affine, const Tensor& moved) const {
    const Framed source{image, size_};
    const Origin from = origin(affine, size_);
    Looks looks;
    for (std::size_t begin = 0; begin < size_.pixels(); begin += Looks::most) {
      const std::size_t count = std::min(Looks::most, size_.pixels() - begin);
      look(from, moved.empty() ? still_ : moved, begin, count, looks);
      for (std::size_t channel = 0; channel < size_.channels; ++channel) {
        interpolate(source.channel(channel), source.width(), looks, count,
                    image + channel * size_.pixels() + begin);
      }
    }
  }

 private:
  void look(const Origin& from, const Tensor& moved, std::size_t begin, std::size_t count,
            Looks& looks) const {
    const real* columns = columns_.data() + begin;
    const real* rows = rows_.data() + begin;
    const real* right = moved.data() + begin;
    const real* down = right + size_.pixels();
    const auto last_x = static_cast<real>(size_.width + 1);
    const auto last_y = static_cast<real>(size_.height + 1);
    const auto width = static_cast<std::int32_t>(size_.width + 3);
    for (std::size_t i = 0; i < count; ++i) {
      const real x =
          Framed::inside(from.xx * columns[i] + from.xy * rows[i] + from.x0 + right[i], last_x);
      const real y =
          Framed::inside(from.yx * columns[i] + from.yy * rows[i] + from.y0 + down[i], last_y);
      const auto left = static_cast<std::int32_t>(x);  // rounds down: neither is below 0
      const auto top = static_cast<std::int32_t>(y);
      looks.corner[i] = top * width + left;
      looks.right[i] = x - static_cast<real>(left);
      looks.down[i] = y - static_cast<real>(top);
    }
  }

  Size size_;
  Tensor columns_;  // the column of every pixel
  Tensor rows_;
  Tensor still_;  // no displacement
};

// ---------------------------------------------------------------------------------- the strokes

constexpr auto larger = [](real a, real b) { return a < b ? b : a; };
constexpr auto smaller = [](real a, real b) { return b < a ? b : a; };

// [strokes]
/// The largest or smallest value in a square around each pixel that extends by `reach`, at most 1,
/// to every side. Between pixels, values change linearly, so the extreme value is in the middle of
/// the square, in a corner, or in the middle of a side.
template <class Choose>
void thicken(real* image, const Size& size, real reach, const Choose& choose) {
  const Framed source{image, size};
  Tensor row = Tensor::uninitialized(Shape{source.width()});
  for (std::size_t i = 0; i < size.channels * size.height; ++i, image += size.width) {
    const std::size_t y = i % size.height;
    const real* middle = source.channel(i / size.height) + (y + 1) * source.width();
    for (const real* other : {middle, middle - source.width(), middle + source.width()}) {
      for (std::size_t x = 0; x < source.width(); ++x) {
        row(x) = middle[x] + reach * (other[x] - middle[x]);
      }
      for (std::size_t x = 0; x < size.width; ++x) {
        const real here = row(x + 1);
        const real most = choose(here, choose(row(x), row(x + 2)));
        image[x] = choose(image[x], here + reach * (most - here));
      }
    }
  }
}
// [/strokes]

void thicken(real* image, const Size& size, double pixels) {
  const auto reach = static_cast<real>(std::abs(pixels) / 2);
  if (pixels > 0) thicken(image, size, reach, larger);
  if (pixels < 0) thicken(image, size, reach, smaller);
}

// ------------------------------------------------------------------------ the elastic distortion

/// Gaussians σ pixels apart, from 3 σ before the first pixel of a row to 3 σ after the last. Each
/// row of the result has the values of one Gaussian at all pixels. Each column is scaled so that
/// its squares sum to 1.
Tensor gaussians(double sigma, std::size_t pixels) {
  const auto steps = static_cast<std::size_t>(std::ceil(static_cast<double>(pixels - 1) / sigma));
  Tensor result = Tensor::uninitialized(Shape{steps + 7, pixels});
  for (std::size_t x = 0; x < pixels; ++x) {
    double squares = 0;
    for (std::size_t i = 0; i < result.rows(); ++i) {
      const double d = static_cast<double>(x) / sigma - (static_cast<double>(i) - 3);
      const double value = std::exp(-d * d / 2);
      squares += value * value;
      result(i, x) = static_cast<real>(value);
    }
    const auto scale = static_cast<real>(1 / std::sqrt(squares));
    for (std::size_t i = 0; i < result.rows(); ++i) result(i, x) *= scale;
  }
  return result;
}

/// Uniform random numbers with mean 0 and this standard deviation, four from each 64 random bits.
Tensor even_noise(const Shape& shape, double deviation, const Random& random) {
  constexpr std::size_t bits = 16;
  constexpr std::size_t numbers = 64 / bits;
  constexpr auto outcomes = static_cast<real>(1U << bits);
  const auto step = static_cast<real>(std::sqrt(12.0) * deviation) / outcomes;
  std::array<std::uint64_t, 32> drawn;
  Tensor noise = Tensor::uninitialized(shape);
  const std::size_t count = noise.size();
  for (std::size_t begin = 0; begin < count; begin += drawn.size() * numbers) {
    for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = random.at(begin / numbers + i);
    const std::size_t end = std::min(count, begin + drawn.size() * numbers);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t number = drawn[(i - begin) / numbers] >> (i % numbers * bits) & 0xFFFFU;
      noise.data()[i] = (static_cast<real>(number) - (outcomes - 1) / 2) * step;
    }
  }
  return noise;
}

/// Smooths noise into displacements. The noise samples are σ pixels apart, because noise at every
/// pixel would give nearly the same result for more work: the correlation of two movements depends
/// on the distance of the pixels and only by 2 exp(−π²), or 1 in 10,000, on where they are between
/// the samples (Poisson summation of Gaussians σ apart).
class Smoothing {
 public:
  Smoothing(const Elastic& elastic, const Size& size)
      : amplitude_{elastic.amplitude},
        across_{gaussians(elastic.smoothness, size.width)},
        down_{gaussians(elastic.smoothness, size.height)} {}

  /// A two-dimensional Gaussian is the product of two one-dimensional ones, so smoothing is a
  /// matrix product from each side.
  /// @return Shape (2·H, W).
  [[nodiscard]] Tensor displacement(const Random& random) const {
    const Shape grid{across_.rows() * 2, down_.rows()};
    const Tensor noise = even_noise(grid, amplitude_, random);
    const Shape half{across_.rows(), 2 * down_.columns()};
    return matmul(transposed(matmul(noise, down_).reshaped(half)), across_);
  }

 private:
  double amplitude_;
  Tensor across_;
  Tensor down_;
};

// --------------------------------------------------------------------------------- the options

/// Throws if a number is out of range or not finite.
void require(bool fits, const char* name, double value, const char* unit, const char* expected) {
  if (fits && std::isfinite(value)) return;
  throw std::invalid_argument(
      fmt::format("nn::{} is {}{}, expected {}", name, unsigned_nan(value), unit, expected));
}

void check(const Affine& a) {
  require(a.width > 0, "warp: width", a.width, "", "a finite factor above 0");
  require(a.height > 0, "warp: height", a.height, "", "a finite factor above 0");
  require(std::abs(a.shear) < 90, "warp: shear", a.shear, " degrees", "above -90 and below 90");
}

void check(const Elastic& e) {
  require(e.amplitude >= 0, "Elastic: amplitude", e.amplitude, " pixels",
          "a finite number, 0 or more");
  require(e.smoothness >= 1, "Elastic: smoothness", e.smoothness, " pixels",
          "a finite number, 1 or more");
}

void check(const AugmentOptions& o) {
  require(o.rotation >= 0 && o.rotation <= 180, "Augment: rotation", o.rotation, " degrees",
          "0 to 180");
  require(o.shift >= 0, "Augment: shift", o.shift, " pixels", "a finite number, 0 or more");
  require(o.scaling >= 0 && o.scaling < 1, "Augment: scaling", o.scaling, "",
          "at least 0 and below 1");
  require(o.shear >= 0 && o.shear < 90, "Augment: shear", o.shear, " degrees",
          "at least 0 and below 90");
  check(o.elastic);
  require(o.thickness >= 0 && o.thickness <= 2, "Augment: thickness", o.thickness, " pixels",
          "0 to 2");
}

// [draw]
/// Draws uniformly from the ranges in the options. Do not change the order of the draws: that would
/// change the images.
Affine draw(const AugmentOptions& options, Random random) {
  const auto even = [&](double middle, double most) {
    return random.uniform(middle - most, middle + most);
  };
  return {.rotation = even(0, options.rotation),
          .shear = even(0, options.shear),
          .width = even(1, options.scaling),
          .height = even(1, options.scaling),
          .right = even(0, options.shift),
          .down = even(0, options.shift)};
}
// [/draw]

}  // namespace

Tensor displacement(const Elastic& elastic, std::size_t height, std::size_t width,
                    const Random& random) {
  check(elastic);
  if (height == 0 || width == 0) {
    throw std::invalid_argument(fmt::format(
        "nn::displacement: the image has {} × {} pixels, expected at least 1 × 1", width, height));
  }
  const Smoothing smoothing{elastic, {.channels = 1, .height = height, .width = width}};
  return smoothing.displacement(random).reshaped(Shape{2, height, width});
}

Tensor warp(Tensor images, const Affine& affine, const Tensor& displacement) {
  check(affine);
  const Warper warper{"warp", images.shape()};
  const Shape expected{2, warper.size().height, warper.size().width};
  if (!displacement.empty() && displacement.shape() != expected) {
    throw std::invalid_argument(fmt::format("nn::warp: displacement has shape {}, expected {}",
                                            to_string(displacement.shape()), to_string(expected)));
  }
  parallel_for(images.rows(),
               [&](std::size_t i) { warper(images.row(i).data(), affine, displacement); });
  return images;
}

Tensor thicken(Tensor images, double pixels) {
  require(std::abs(pixels) <= 2, "thicken: pixels", pixels, "", "-2 to 2");
  const Size size = size_of("thicken", images.shape());
  parallel_for(images.rows(), [&](std::size_t i) { thicken(images.row(i).data(), size, pixels); });
  return images;
}

Augment::Augment(const AugmentOptions& options) : options_{options} { check(options); }

Tensor Augment::operator()(Tensor images, const Random& random) const {
  const Warper warper{"Augment", images.shape()};
  const Smoothing smoothing{options_.elastic, warper.size()};
  const bool bends = options_.elastic.amplitude > 0;
  const Random affine = random.stream(0);
  const Random elastic = random.stream(1);
  const Random thickness = random.stream(2);
  parallel_for(images.rows(), [&](std::size_t i) {
    real* image = images.row(i).data();
    warper(image, draw(options_, affine.stream(i)),
           bends ? smoothing.displacement(elastic.stream(i)) : Tensor{});
    Random one = thickness.stream(i);
    thicken(image, warper.size(), one.uniform(-options_.thickness, options_.thickness));
  });
  return images;
}

}  // namespace nn
