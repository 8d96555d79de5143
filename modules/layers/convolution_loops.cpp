// The loops of the convolution: forward, and for the gradient of its input, which is a convolution
// too (convolution_gradient.cpp has those for the kernels). A convolution is a sum of products over
// three small loops: channels, kernel rows, kernel columns. tests/convolution_test.cpp writes them
// as plain loops over numbers and checks that these loops give the same results. Here the images
// are interleaved (nn.images), so every number becomes a vector with one number for each of several
// images, and the loops still look like the formula.
//
// Tiles make them fast: a few output channels times a few neighboring pixels, whose sums stay in
// registers while the loops run. Each image value is loaded once for all the channels of the tile,
// and each weight once for all its pixels.
module;

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

module nn.convolution;

import nn.parallel;
import nn.vector;

namespace nn {

using detail::Geometry;
using detail::image_steps;
using detail::ImageSteps;

namespace {

/// Strides of the kernels in memory, counted in numbers.
struct KernelSteps {
  std::size_t row;
  std::size_t channel;  ///< From one input channel's kernel to the next.
  std::size_t output;   ///< From one output channel's kernels to the next.
};

KernelSteps kernel_steps(const Shape& k) {
  return {.row = k[3], .channel = k[2] * k[3], .output = k[1] * k[2] * k[3]};
}

/// What a tile sums over.
struct Window {
  std::size_t channels;
  ImageSteps image;
  KernelSteps kernel;
  std::size_t output_channel;  ///< From one output channel to the next.
  std::size_t pixel_step;      ///< From the image place of one vector of sums to that of the next.
};

/// A tile has 12 sums if there are 16 registers and 24 if there are 32; the remaining registers are
/// for the values of three pixels and one weight. This many independent sums also hide the latency
/// of a multiply-add: it takes four cycles, but two can start in each.
constexpr std::size_t tile_channels = vector_registers == 32 ? 8 : 4;
constexpr std::size_t tile_pixels = 3;

/// Means a width that is known only at run time.
constexpr std::size_t any_width = 0;

/// Channels × Pixels sums: out(o, p) = bias(o) + Σ_c Σ_m Σ_n kernel(o, c, m, n) image(c, m, p + n).
/// If Width is a compile-time constant, the loop over columns is unrolled, and every address in it
/// is a constant offset from the start of the row.
/// @param part The rows and columns of the kernels that are summed over.
/// @param bias One number for each output channel, or null for no bias.
template <std::size_t Channels, std::size_t Pixels, std::size_t Width>
void correlate_tile(const Window& w, Extent part, const real* kernels, const real* bias,
                    const real* image, real* out) {
  if constexpr (Width != any_width) part.width = Width;
  std::array<std::array<Simd, Pixels>, Channels> sum{};
  for (std::size_t o = 0; o < Channels && bias != nullptr; ++o) {
    for (std::size_t p = 0; p < Pixels; ++p) sum[o][p] = simd_all(bias[o]);
  }
  // [tile]
  for (std::size_t c = 0; c < w.channels; ++c) {
    for (std::size_t m = 0; m < part.height; ++m) {
      const real* const row = image + c * w.image.channel + m * w.image.row;
      const real* const weights = kernels + c * w.kernel.channel + m * w.kernel.row;
      for (std::size_t n = 0; n < part.width; ++n) {
        std::array<Simd, Pixels> pixel;
        for (std::size_t p = 0; p < Pixels; ++p)
          pixel[p] = simd_load(row + n * w.image.column + p * w.pixel_step);
        for (std::size_t o = 0; o < Channels; ++o) {
          const Simd weight = simd_all(weights[o * w.kernel.output + n]);
          for (std::size_t p = 0; p < Pixels; ++p) {
            sum[o][p] = multiply_add(weight, pixel[p], sum[o][p]);
          }
        }
      }
    }
  }
  // [/tile]
  for (std::size_t o = 0; o < Channels; ++o) {
    for (std::size_t p = 0; p < Pixels; ++p) {
      simd_store(out + o * w.output_channel + p * lanes, sum[o][p]);
    }
  }
}

using CorrelateTile = void (*)(const Window&, Extent, const real*, const real*, const real*, real*);

/// The tile for numbers of channels and pixels that are known only at run time.
CorrelateTile tile_of_any_width(std::size_t channels, std::size_t pixels) {
  static constexpr auto tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<CorrelateTile, sizeof...(I)>{
        &correlate_tile<I / tile_pixels + 1, I % tile_pixels + 1, any_width>...};
  }(std::make_index_sequence<tile_channels * tile_pixels>{});
  return tiles[(channels - 1) * tile_pixels + pixels - 1];
}

/// The tile with all its channels, for one width of the kernel.
template <std::size_t Width>
CorrelateTile whole_tile(std::size_t pixels) {
  static constexpr auto tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<CorrelateTile, sizeof...(I)>{&correlate_tile<tile_channels, I + 1, Width>...};
  }(std::make_index_sequence<tile_pixels>{});
  return tiles[pixels - 1];
}

/// The best tile for these sizes; for common widths, full tiles have a specialized version.
CorrelateTile tile_for(std::size_t channels, std::size_t pixels, std::size_t width) {
  if (channels == tile_channels && width == 3) return whole_tile<3>(pixels);
  if (channels == tile_channels && width == 5) return whole_tile<5>(pixels);
  return tile_of_any_width(channels, pixels);
}

/// The smallest number of tiles that covers the channels; the channels are split evenly.
std::size_t tiles_of(std::size_t channels) {
  return (channels + tile_channels - 1) / tile_channels;
}

/// The first channel of a tile; for one past the last tile, the number of channels.
std::size_t first_of(std::size_t tile, std::size_t channels) {
  return channels * tile / tiles_of(channels);
}

/// One task of a parallel loop: a few channels of some rows of one group of images.
struct Task {
  std::size_t group;
  std::size_t first_channel;
  std::size_t channels;
  std::size_t first_row;
  std::size_t end_row;
};

/// Calls body(task) for tasks that together cover all groups, channels and rows. A task has a
/// quarter of an image's rows, so that there are enough tasks for several threads.
template <class Body>
void for_each_task(std::size_t groups, std::size_t channels, std::size_t rows, const Body& body) {
  constexpr std::size_t bands = 4;
  const std::size_t tiles = tiles_of(channels);
  parallel_for(groups * tiles * bands, [&](std::size_t index) {
    const std::size_t band = index % bands;
    const std::size_t tile = index / bands % tiles;
    const std::size_t first = first_of(tile, channels);
    body(Task{.group = index / bands / tiles,
              .first_channel = first,
              .channels = first_of(tile + 1, channels) - first,
              .first_row = rows * band / bands,
              .end_row = rows * (band + 1) / bands});
  });
}

}  // namespace

// -------------------------------------------------------------------------------------- forward

InterleavedImages Convolution::correlate(const InterleavedImages& x, const Geometry& g) const {
  const Shape& k = kernels_.value.shape();
  InterleavedImages y{x.count(), Shape{k[0], g.output.height, g.output.width}};
  const Window window{.channels = k[1],
                      .image = image_steps(g.padded, lanes),
                      .kernel = kernel_steps(k),
                      .output_channel = g.output.area() * lanes,
                      .pixel_step = stride_.width * lanes};
  const Extent kernel{k[2], k[3]};
  for_each_task(x.groups(), k[0], g.output.height, [&](const Task& task) {
    const real* const kernels = kernels_.value.data() + task.first_channel * window.kernel.output;
    const real* const biases = biases_.value.data() + task.first_channel;
    const real* const image = x.group(task.group);
    real* const out = y.group(task.group) + task.first_channel * window.output_channel;
    for (std::size_t i = task.first_row; i < task.end_row; ++i) {
      const real* const row = image + i * stride_.height * window.image.row;
      for (std::size_t j = 0; j < g.output.width; j += tile_pixels) {
        tile_for(task.channels, std::min(tile_pixels, g.output.width - j), k[3])(
            window, kernel, kernels, biases, row + j * window.pixel_step,
            out + (i * g.output.width + j) * lanes);
      }
    }
  });
  return y;
}

namespace {

/// Copies the rows of every channel, without the meaningless values after each row of `run_on`.
void copy_rows(const Tensor& run_on, std::size_t step, Extent output, real* to) {
  for (std::size_t c = 0; c < run_on.rows(); ++c) {
    for (std::size_t i = 0; i < output.height; ++i) {
      to = std::copy_n(run_on.row(c).data() + i * step, output.width, to);
    }
  }
}

}  // namespace

/// A few images, one after the other: here the numbers of a vector are neighboring pixels. The sums
/// run over the whole image from row to row; those whose windows cross the end of a row mean
/// nothing and are dropped at the end.
Tensor Convolution::correlate_few(const Tensor& x, const Geometry& g) const {
  const Shape& k = kernels_.value.shape();
  Tensor y = Tensor::uninitialized(Shape{x.rows(), k[0], g.output.height, g.output.width});
  const std::size_t sums = (g.output.height - 1) * g.padded.width + g.output.width;
  const std::size_t vectors = (sums + lanes - 1) / lanes;
  const Window window{.channels = k[1],
                      .image = image_steps(g.padded, 1),
                      .kernel = kernel_steps(k),
                      .output_channel = vectors * lanes,
                      .pixel_step = lanes};
  const std::size_t tiles = tiles_of(k[0]);
  parallel_for(x.rows() * tiles, [&](std::size_t task) {
    const std::size_t b = task / tiles;
    const std::size_t o = first_of(task % tiles, k[0]);
    const std::size_t channels = first_of(task % tiles + 1, k[0]) - o;
    Tensor run_on = Tensor::uninitialized(Shape{channels, vectors * lanes});
    for (std::size_t v = 0; v < vectors; v += tile_pixels) {
      tile_for(channels, std::min(tile_pixels, vectors - v), k[3])(
          window, Extent{k[2], k[3]}, kernels_.value.data() + o * window.kernel.output,
          biases_.value.data() + o, x.row(b).data() + v * lanes, run_on.data() + v * lanes);
    }
    copy_rows(run_on, g.padded.width, g.output, &y(b, o, 0, 0));
  });
  return y;
}

// -------------------------------------------------------------------- the gradient of the input

namespace {

// [turned]
/// The kernels rotated by 180°, with the input and output channels swapped: (C, O, F, G).
Tensor turned(const Tensor& kernels) {
  const Shape& k = kernels.shape();
  Tensor result = Tensor::uninitialized(Shape{k[1], k[0], k[2], k[3]});
  for (std::size_t o = 0; o < k[0]; ++o) {
    for (std::size_t c = 0; c < k[1]; ++c) {
      for (std::size_t m = 0; m < k[2]; ++m) {
        for (std::size_t n = 0; n < k[3]; ++n) {
          result(c, o, k[2] - 1 - m, k[3] - 1 - n) = kernels(o, c, m, n);
        }
      }
    }
  }
  return result;
}
// [/turned]

/// The output gradient, with its values as far apart as the windows were and as many zeros on the
/// left and right as the kernel reaches past them. Above and below there are no zeros, because the
/// sums leave out the kernel rows that would meet them.
InterleavedImages spread(const InterleavedImages& dy, Extent stride, Extent size,
                         std::size_t left) {
  const Extent output{dy.sample()[1], dy.sample()[2]};
  const std::size_t channels = dy.sample()[0];
  InterleavedImages wide{dy.count(), Shape{channels, size.height, size.width}};
  parallel_for(dy.groups() * channels, [&](std::size_t task) {
    const std::size_t group = task / channels;
    const std::size_t o = task % channels;
    const real* from = dy.group(group) + o * output.area() * lanes;
    real* const channel = wide.group(group) + o * size.area() * lanes;
    std::fill_n(channel, size.area() * lanes, real{0});
    for (std::size_t i = 0; i < output.height; ++i) {
      real* const to = channel + (i * stride.height * size.width + left) * lanes;
      for (std::size_t j = 0; j < output.width; ++j, from += lanes) {
        simd_store(to + j * stride.width * lanes, simd_load(from));
      }
    }
  });
  return wide;
}

/// Consecutive rows or columns of a kernel.
struct Overlap {
  std::size_t first;
  std::size_t count;
};

/// The piece of a kernel that overlaps the values at [0, length) when its last row or column is at
/// place `begin` or at any of the `more` places after it.
Overlap overlap(std::size_t begin, std::size_t more, std::size_t kernel, std::size_t length) {
  if (begin >= length + kernel - 1) return {.first = 0, .count = 0};
  const std::size_t first = begin + more + 1 < kernel ? kernel - 1 - begin - more : 0;
  const std::size_t end = std::min(kernel, length + kernel - 1 - begin);
  return {.first = first, .count = end - first};
}

}  // namespace

InterleavedImages Convolution::input_gradient(const InterleavedImages& dy,
                                              const Geometry& g) const {
  const Shape& k = kernels_.value.shape();
  const Extent reach{(g.output.height - 1) * stride_.height + 1,
                     (g.output.width - 1) * stride_.width + 1};
  // An odd width, because with a power of two, the same pixel of all channels would compete for the
  // same few lines of the first-level cache.
  const Extent size{reach.height, (g.padded.width + k[3] - 1) | 1U};
  const InterleavedImages wide = spread(dy, stride_, size, k[3] - 1);
  const Tensor kernels = turned(kernels_.value);
  InterleavedImages dx{dy.count(), input_sample_};
  const Window window{.channels = k[0],
                      .image = image_steps(size, lanes),
                      .kernel = kernel_steps(kernels.shape()),
                      .output_channel = g.input.area() * lanes,
                      .pixel_step = lanes};
  for_each_task(dy.groups(), k[1], g.input.height, [&](const Task& task) {
    const real* const weights = kernels.data() + task.first_channel * window.kernel.output;
    real* const out = dx.group(task.group) + task.first_channel * window.output_channel;
    for (std::size_t y = task.first_row; y < task.end_row; ++y) {
      const Overlap rows = overlap(y + g.top, 0, k[2], reach.height);
      const std::size_t top = rows.count == 0 ? 0 : y + g.top + rows.first - (k[2] - 1);
      const real* const row = wide.group(task.group) + top * window.image.row;
      for (std::size_t x = 0; x < g.input.width; x += tile_pixels) {
        const std::size_t pixels = std::min(tile_pixels, g.input.width - x);
        const Overlap columns = overlap(x + g.left, pixels - 1, k[3], reach.width);
        tile_for(task.channels, pixels, columns.count)(
            window, Extent{rows.count, columns.count},
            weights + rows.first * window.kernel.row + columns.first, nullptr,
            row + (x + g.left + columns.first) * lanes, out + (y * g.input.width + x) * lanes);
      }
    }
  });
  return dx;
}

}  // namespace nn
