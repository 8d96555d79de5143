// From a picture to its ink: finds the paper, its brightness at every point, and what differs from
// it.
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

/// The longer side of a large picture after it is reduced: enough for a digit that is a twentieth
/// of the picture.
constexpr std::size_t longest_side = 480;

/// A quantile of an image's values: rank 0 is the smallest value, 1 the largest.
real ranked(std::vector<real> values, double rank) {
  const auto place = static_cast<std::ptrdiff_t>(rank * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + place);
  return values[static_cast<std::size_t>(place)];
}

std::vector<real> copied(const Tensor& image) {
  return {image.values().begin(), image.values().end()};
}

/// The picture reduced to at most 480 pixels per side.
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

/// At every pixel, the largest value within a distance along its row. The maximum over a window of
/// length 2n is the larger of the maxima over two windows of length n, so the window doubles with
/// each pass.
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
/// than a third of its shorter side (morphological closing). Taking the largest value of each
/// neighborhood removes what is dark and thin, but also makes everything bright wider; taking the
/// smallest value of each neighborhood then undoes the widening.
Tensor paper_of(const Tensor& image) {
  const std::size_t distance =
      std::max<std::size_t>(std::min(image.rows(), image.columns()) / 6, 1);
  return inverted(largest(inverted(largest(image, distance)), distance));
}
// [/paper]

/// Averages over neighbors, more of them for stronger grain; without grain, the image stays the
/// same.
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
/// The ink: what is darker than the paper. Half the light makes ink and paper half as bright, so
/// the difference counts as a fraction of the paper's brightness, or of a third of the brightest
/// paper's if that is more, because anything darker is a desk. The grain of the paper is
/// subtracted: the mean plus two standard deviations. These are estimated from the lower quantiles,
/// because a digit may cover half of the picture: in a normal distribution, the first quartile is
/// 0.7 standard deviations below the mean, and the fifth percentile another one below that.
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

// The smallest quarter of the differences is from plain paper, even if a digit fills the picture.
// In a normal distribution, a quarter of the values is within 0.32 standard deviations of the mean.
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
