module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>

module nn.images;

import nn.parallel;

namespace nn {

namespace {

const Shape& checked(const Tensor& images) {
  if (images.rank() != 4) {
    throw std::invalid_argument(
        fmt::format("nn::InterleavedImages: the tensor has shape {}, expected (B, C, H, W)",
                    to_string(images.shape())));
  }
  return images.shape();
}

}  // namespace

std::string to_string(const Extent& extent) {
  return fmt::format("{}×{}", extent.height, extent.width);
}

InterleavedImages::InterleavedImages(std::size_t count, const Shape& sample)
    : count_{count}, sample_{sample} {
  if (count == 0 || sample.rank() != 3) {
    throw std::invalid_argument(
        fmt::format("nn::InterleavedImages: {} images of shape {}, expected at least 1 image of "
                    "shape (C, H, W)",
                    count, to_string(sample)));
  }
  values_ = Tensor::uninitialized(Shape{(count + lanes - 1) / lanes, sample.size(), lanes});
}

InterleavedImages::InterleavedImages(const Tensor& images)
    : InterleavedImages{images.rows(), checked(images).sample()} {
  // [interleave]
  const std::size_t size = sample_.size();
  parallel_for(groups(), [&](std::size_t g) {
    const std::size_t first = g * lanes;
    const std::size_t used = std::min(lanes, count_ - first);
    real* const to = group(g);
    for (std::size_t i = 0; i < size; i += lanes) {
      // The last square may read past the image; what it reads there is not written.
      SimdSquare square{};
      for (std::size_t lane = 0; lane < used; ++lane) {
        square[lane] = simd_load(images.row(first + lane).data() + i);
      }
      transpose(square);
      for (std::size_t k = 0; k < std::min(lanes, size - i); ++k)
        simd_store(to + (i + k) * lanes, square[k]);
    }
  });
  // [/interleave]
}

InterleavedImages::operator Tensor() const {
  if (count_ == 0) return {};
  Tensor images = Tensor::uninitialized(shape());
  const std::size_t size = sample_.size();
  parallel_for(groups(), [&](std::size_t g) {
    const std::size_t first = g * lanes;
    const std::size_t used = std::min(lanes, count_ - first);
    const real* const from = group(g);
    for (std::size_t i = 0; i < size; i += lanes) {
      const std::size_t pixels = std::min(lanes, size - i);
      SimdSquare square{};
      for (std::size_t k = 0; k < pixels; ++k) square[k] = simd_load(from + (i + k) * lanes);
      transpose(square);
      for (std::size_t lane = 0; lane < used; ++lane) {
        real* const to = images.row(first + lane).data() + i;
        if (pixels == lanes) {
          simd_store(to, square[lane]);
        } else {
          for (std::size_t k = 0; k < pixels; ++k) to[k] = square[lane][k];
        }
      }
    }
  });
  return images;
}

void InterleavedImages::clear_spare_lanes() {
  const std::size_t used = count_ % lanes;
  if (used == 0) return;
  Simd is_used{};
  for (std::size_t lane = 0; lane < used; ++lane) is_used[lane] = 1;
  real* const last = group(groups() - 1);
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    simd_store(last + i * lanes, is_used != 0 ? simd_load(last + i * lanes) : Simd{});
  }
}

}  // namespace nn
