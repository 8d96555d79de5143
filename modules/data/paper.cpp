// From a picture to its ink: where is the paper, how bright is it at every point, and what differs?
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

module nn.pictures;

import nn.matmul;

namespace nn::detail {

namespace {

/// The longer side of a large picture after reduction: enough for a digit of a twentieth of it.
constexpr std::size_t longest_side = 480;

/// One of an image's values by its rank, from 0 for the least to 1 for the largest.
real ranked(std::vector<real> values, double rank) {
  const auto place = static_cast<std::ptrdiff_t>(rank * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + place);
  return values[static_cast<std::size_t>(place)];
}

std::vector<real> copied(const Tensor& image) {
  return {image.values().begin(), image.values().end()};
}

/// The picture with at most 480 pixels a side.
Tensor reduced(const Tensor& image) {
  const std::size_t longer = std::max(image.rows(), image.columns());
  if (longer <= longest_side) return image;
  const auto length = [longer](std::size_t old) {
    return std::max<std::size_t>(old * longest_side / longer, 1);
  };
  return transpose(
      in_rows(transpose(in_rows(image, length(image.rows()))), length(image.columns())));
}

/// The brightness, and red, green and blue if there are colors.
std::vector<Tensor> planes_of(const Picture& picture) {
  const Shape& shape = picture.brightness.shape();
  std::vector<Tensor> planes{reduced(picture.brightness)};
  for (std::size_t i = 0; i < picture.colors.rows(); ++i) {
    planes.push_back(reduced(Tensor{shape, picture.colors.row(i)}));
  }
  return planes;
}

Tensor inverted(Tensor image) {
  for (real& value : image.values()) value = 1 - value;
  return image;
}

/// At every pixel the largest value within a distance along its row. The maximum of a window of
/// length 2n is that of two windows of length n, so the window doubles with each pass.
Tensor largest_in_rows(const Tensor& image, std::size_t distance) {
  const std::size_t window = 2 * distance + 1;
  const std::size_t width = image.columns();
  Tensor result = Tensor::uninitialized(image.shape());
  std::vector<real> line(width + 2 * distance);
  for (std::size_t y = 0; y < image.rows(); ++y) {
    std::ranges::fill(line, std::numeric_limits<real>::lowest());
    std::ranges::copy(image.row(y), line.begin() + static_cast<std::ptrdiff_t>(distance));
    std::size_t length = 1;
    for (; 2 * length <= window; length *= 2) {
      for (std::size_t x = 0; x + length < line.size(); ++x) {
        line[x] = std::max(line[x], line[x + length]);
      }
    }
    for (std::size_t x = 0; x < width; ++x) {
      result(y, x) = std::max(line[x], line[x + window - length]);
    }
  }
  return result;
}

/// The largest value in a square around every pixel.
Tensor largest(const Tensor& image, std::size_t distance) {
  return transpose(largest_in_rows(transpose(largest_in_rows(image, distance)), distance));
}

// [paper]
/// The brightness of the paper at every pixel: the picture without anything dark that is thinner
/// than a third of its longer side. The largest value of each neighborhood takes away what is dark
/// and thin, but it also makes everything bright wider; the least value of each neighborhood makes
/// it as wide as it was.
Tensor paper_of(const Tensor& image) {
  const std::size_t distance =
      std::max<std::size_t>(std::min(image.rows(), image.columns()) / 6, 1);
  return inverted(largest(inverted(largest(image, distance)), distance));
}
// [/paper]

/// Means over neighbors, the more of them the stronger the grain; an image without grain stays.
Tensor smoothed(Tensor image) {
  constexpr real per_pass = real(0.015);
  const real grain = grain_of(image);
  if (grain > most_grain) return image;
  for (real rest = std::min(grain, 3 * per_pass); rest >= per_pass; rest -= per_pass) {
    image = mean_of_neighbors(image);
  }
  return image;
}

// [ink_of]
/// What is darker than the paper. Half the light makes ink and paper half as bright, so the
/// difference counts as a fraction of the paper's brightness; but not of less than a third of the
/// brightest paper's, because something that dark is a desk. What most of the paper differs by is
/// its grain, and is taken off: two standard deviations more than the mean. In a normal
/// distribution the first quarter lies 0.7 standard deviations below the mean and the first
/// twentieth one further below; so few pixels are asked because a digit may cover half of the
/// picture.
Ink ink_of(const Tensor& image) {
  const Tensor smooth = smoothed(image);
  Ink result{
      .image = smooth, .paper = paper_of(smooth), .ink = Tensor::uninitialized(image.shape())};
  const real least = std::ranges::max(result.paper.values()) / 3;
  for (std::size_t i = 0; i < image.size(); ++i) {
    const real paper = result.paper.data()[i];
    result.ink.data()[i] =
        paper > 0 ? (paper - smooth.data()[i]) / std::max(paper, least) : real{0};
  }
  const real quarter = ranked(copied(result.ink), 0.25);
  const real grain = quarter + real(2.8) * (quarter - ranked(copied(result.ink), 0.05));
  for (real& value : result.ink.values()) value = std::max(value - grain, real{0});
  return result;
}
// [/ink_of]

}  // namespace

Tensor mean_of_neighbors(const Tensor& image) {
  const auto along_rows = [](const Tensor& from) {
    Tensor to = Tensor::uninitialized(from.shape());
    for (std::size_t y = 0; y < from.rows(); ++y) {
      for (std::size_t x = 0; x < from.columns(); ++x) {
        const real before = from(y, x == 0 ? x : x - 1);
        const real behind = from(y, std::min(x + 1, from.columns() - 1));
        to(y, x) = (before + from(y, x) + behind) / 3;
      }
    }
    return to;
  };
  return transpose(along_rows(transpose(along_rows(image))));
}

// The least quarter of the differences is that of even paper, even where a digit fills the picture.
// A quarter of a normal distribution is within 0.32 standard deviations.
real grain_of(const Tensor& image) {
  const Tensor means = mean_of_neighbors(image);
  std::vector<real> differences = copied(image);
  for (std::size_t i = 0; i < differences.size(); ++i) {
    differences[i] = std::abs(differences[i] - means.data()[i]);
  }
  return ranked(std::move(differences), 0.25) / real(0.3);
}

real strongest(const Tensor& ink) { return ranked(copied(ink), 1 - 1.0 / 2'000); }

std::vector<Ink> inks_of(const Picture& picture) {
  std::vector<Ink> inks(2);
  std::vector<real> most{0, 0};
  for (const Tensor& plane : planes_of(picture)) {
    for (const std::size_t way : {0U, 1U}) {
      Ink ink = ink_of(way == 0 ? plane : inverted(plane));
      const real strength = strongest(ink.ink);
      if (!inks[way].ink.empty() && strength < real(1.2) * most[way]) continue;
      most[way] = strength;
      inks[way] = std::move(ink);
    }
  }
  return inks;
}

}  // namespace nn::detail
