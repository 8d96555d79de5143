module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

module nn.images;

import nn.parallel;

namespace nn {

namespace {

using Square = std::array<Vector, lanes>;

/// The first halves of two vectors, their numbers taking turns; Half 1: the second halves.
template <int Half, std::size_t... I>
Vector take_turns(Vector a, Vector b, std::index_sequence<I...> /*places*/) {
  return __builtin_shufflevector(a, b,
                                 static_cast<int>(Half * lanes / 2 + I / 2 + I % 2 * lanes)...);
}

/// Transposes a square of numbers, a vector a row. Seen as a deck of cards, row i and row i +
/// lanes / 2 are shuffled into each other; after log₂(lanes) such shuffles every number has changed
/// its row for its column.
void transpose(Square& rows) {
  constexpr std::make_index_sequence<lanes> places;
  for (std::size_t left = lanes; left > 1; left /= 2) {
    Square shuffled;
    for (std::size_t i = 0; i < lanes / 2; ++i) {
      shuffled[2 * i] = take_turns<0>(rows[i], rows[i + lanes / 2], places);
      shuffled[2 * i + 1] = take_turns<1>(rows[i], rows[i + lanes / 2], places);
    }
    rows = shuffled;
  }
}

const Shape& checked(const Tensor& images) {
  if (images.rank() != 4) {
    throw std::invalid_argument(
        fmt::format("nn::Images: {} is not the shape of images, expected (B, C, H, W)",
                    to_string(images.shape())));
  }
  return images.shape();
}

}  // namespace

Images::Images(const Tensor& images) : Images{images.rows(), checked(images).sample()} {
  const std::size_t size = sample_.size();
  parallel_for(groups(), [&](std::size_t g) {
    const std::size_t first = g * lanes;
    const std::size_t used = std::min(lanes, count_ - first);
    real* const to = group(g);
    for (std::size_t i = 0; i < size; i += lanes) {
      // The last square may reach into what follows the image; that is not written.
      Square square{};
      for (std::size_t lane = 0; lane < used; ++lane) {
        square[lane] = load(images.row(first + lane).data() + i);
      }
      transpose(square);
      for (std::size_t k = 0; k < std::min(lanes, size - i); ++k)
        store(to + (i + k) * lanes, square[k]);
    }
  });
}

Images::operator Tensor() const {
  if (count_ == 0) return {};
  Tensor images = Tensor::uninitialized(shape());
  const std::size_t size = sample_.size();
  parallel_for(groups(), [&](std::size_t g) {
    const std::size_t first = g * lanes;
    const std::size_t used = std::min(lanes, count_ - first);
    const real* const from = group(g);
    for (std::size_t i = 0; i < size; i += lanes) {
      const std::size_t pixels = std::min(lanes, size - i);
      Square square{};
      for (std::size_t k = 0; k < pixels; ++k) square[k] = load(from + (i + k) * lanes);
      transpose(square);
      for (std::size_t lane = 0; lane < used; ++lane) {
        real* const to = images.row(first + lane).data() + i;
        if (pixels == lanes) {
          store(to, square[lane]);
        } else {
          for (std::size_t k = 0; k < pixels; ++k) to[k] = square[lane][k];
        }
      }
    }
  });
  return images;
}

void Images::clear_spare_lanes() {
  const std::size_t used = count_ % lanes;
  if (used == 0) return;
  real* const last = group(groups() - 1);
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    std::fill(last + i * lanes + used, last + (i + 1) * lanes, real{0});
  }
}

}  // namespace nn
