// The gradients of the kernels and the biases. Each is a sum of products over all images and all
// places of the output. The factors, values of ∂C/∂Y and of the input, are vectors with one number
// for each of several images (nn.images); their lanes are added up at the very end.
//
// A tile is a few output channels times one row of the kernel: every value of ∂C/∂Y, once loaded,
// is used for all columns of the row, and every value of the input for all the channels.
module;

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

module nn.convolution;

import nn.parallel;
import nn.strips;
import nn.vector;

namespace nn {

using detail::Geometry;
using detail::image_steps;
using detail::ImageSteps;

namespace {

/// The places (i, j) that a tile of the kernel gradient sums over.
struct Places {
  Extent count;                ///< How many there are, down and across.
  std::size_t image_row;       ///< From a place in the image to the next one below.
  std::size_t image_column;    ///< From a place in the image to the next one on the right.
  std::size_t output_channel;  ///< From one channel of ∂C/∂Y to the next.
  std::size_t sums_output;     ///< From one output channel's sums to the next.
};

/// Channels × Columns dot products: sum(o, n) += Σ over places (i, j) of dy(o, i, j) image(i s, j s
/// + n), for one row of the kernels of one input channel.
template <std::size_t Channels, std::size_t Columns>
void dot_tile(const Places& places, const real* dy, const real* image, real* sums) {
  std::array<std::array<Simd, Columns>, Channels> sum;
  for (std::size_t o = 0; o < Channels; ++o) {
    for (std::size_t n = 0; n < Columns; ++n) {
      sum[o][n] = simd_load(sums + (o * places.sums_output + n) * lanes);
    }
  }
  for (std::size_t i = 0; i < places.count.height; ++i) {
    const real* const row = image + i * places.image_row;
    const real* const d = dy + i * places.count.width * lanes;
    for (std::size_t j = 0; j < places.count.width; ++j) {
      std::array<Simd, Columns> pixel;
      for (std::size_t n = 0; n < Columns; ++n) {
        pixel[n] = simd_load(row + j * places.image_column + n * lanes);
      }
      for (std::size_t o = 0; o < Channels; ++o) {
        const Simd gradient = simd_load(d + o * places.output_channel + j * lanes);
        for (std::size_t n = 0; n < Columns; ++n) {
          sum[o][n] = multiply_add(gradient, pixel[n], sum[o][n]);
        }
      }
    }
  }
  for (std::size_t o = 0; o < Channels; ++o) {
    for (std::size_t n = 0; n < Columns; ++n) {
      simd_store(sums + (o * places.sums_output + n) * lanes, sum[o][n]);
    }
  }
}

/// The most columns of a tile: a whole row of the kernel, or an even part of it if it has more.
constexpr std::size_t most_dot_columns = 5;

std::size_t dot_columns(std::size_t width) {
  const std::size_t parts = (width + most_dot_columns - 1) / most_dot_columns;
  return (width + parts - 1) / parts;
}

/// The output channels of a tile: as many as there are registers for the sums.
constexpr std::size_t dot_channels(std::size_t columns) {
  constexpr std::size_t sums = vector_registers == 32 ? 24 : 12;
  constexpr std::size_t most = 8;
  return std::min(most, sums / columns);
}

using DotTile = void (*)(const Places&, const real*, const real*, real*);

/// The tile of this many columns, for a number of channels that is known only at run time.
template <std::size_t Columns>
DotTile dot_tile_of(std::size_t channels) {
  static constexpr auto tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<DotTile, sizeof...(I)>{&dot_tile<I + 1, Columns>...};
  }(std::make_index_sequence<dot_channels(Columns)>{});
  return tiles[channels - 1];
}

/// The same, for a number of columns that is known only at run time, too.
DotTile dot_tile_for(std::size_t channels, std::size_t columns) {
  switch (columns) {
    case 1:
      return dot_tile_of<1>(channels);
    case 2:
      return dot_tile_of<2>(channels);
    case 3:
      return dot_tile_of<3>(channels);
    case 4:
      return dot_tile_of<4>(channels);
    default:
      return dot_tile_of<most_dot_columns>(channels);
  }
}

}  // namespace

void Convolution::kernel_gradient(const InterleavedImages& dy, const Geometry& g) {
  const Shape& k = kernels_.value.shape();
  // A round computes the kernels of a few output channels and one input channel, or only one row of
  // them if there would be too few rounds, and sums over all images in order. Rounds share nothing,
  // so the result is the same on any number of threads.
  const std::size_t columns = dot_columns(k[3]);
  const std::size_t block = dot_channels(columns);
  const std::size_t blocks = (k[0] + block - 1) / block;
  const std::size_t rows = blocks * k[1] < 8 ? 1 : k[2];
  const std::size_t rounds_of_kernel = k[2] / rows;
  const ImageSteps image = image_steps(g.padded, lanes);
  const Places places{.count = g.output,
                      .image_row = stride_.height * image.row,
                      .image_column = stride_.width * image.column,
                      .output_channel = g.output.area() * lanes,
                      .sums_output = rows * k[3]};
  parallel_for(blocks * k[1] * rounds_of_kernel, [&](std::size_t round) {
    const std::size_t first_row = round % rounds_of_kernel * rows;
    const std::size_t c = round / rounds_of_kernel % k[1];
    const std::size_t o = round / rounds_of_kernel / k[1] * block;
    const std::size_t channels = std::min(block, k[0] - o);
    Tensor sums{Shape{channels, rows * k[3], lanes}};
    for (std::size_t group = 0; group < dy.groups(); ++group) {
      const real* const corner = input_.group(group) + c * image.channel + first_row * image.row;
      const real* const d = dy.group(group) + o * places.output_channel;
      for (std::size_t m = 0; m < rows; ++m) {
        for (std::size_t n = 0; n < k[3]; n += columns) {
          dot_tile_for(channels, std::min(columns, k[3] - n))(
              places, d, corner + m * image.row + n * lanes, &sums(0, m * k[3] + n, 0));
        }
      }
    }
    for (std::size_t i = 0; i < channels; ++i) {
      for (std::size_t j = 0; j < rows * k[3]; ++j) {
        kernels_.gradient(o + i, c, first_row + j / k[3], j % k[3]) =
            simd_sum(simd_load(&sums(i, j, 0)));
      }
    }
  });
}

void Convolution::bias_gradient(const InterleavedImages& dy) {
  const real* const values = dy.values().data();
  parallel_for(biases_.value.size(), [&](std::size_t o) {
    const Sums sums = sums_over(strip_of(dy.shape(), o), [&](std::size_t place) {
      return Sums{simd_load(values + place), Simd{}};
    });
    biases_.gradient(o) = sums[0][0];
  });
}

}  // namespace nn
