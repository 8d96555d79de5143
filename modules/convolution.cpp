module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.convolution;

import nn.parallel;
import nn.vector;

namespace nn {

namespace {

using detail::Geometry;

std::size_t area(Extent extent) { return extent.height * extent.width; }

std::string to_string(Extent extent) { return fmt::format("{}×{}", extent.height, extent.width); }

/// How many windows fit: ⌊(length − window) / stride⌋ + 1.
std::size_t places(std::size_t length, std::size_t window, std::size_t stride) {
  return (length - window) / stride + 1;
}

/// output_shape() of a sample; its error is made to stand alone, without a Sequential around.
template <class L>
Shape checked_output(const L& layer, std::string_view type, const Shape& sample) {
  if (sample.rank() == 0) throw std::invalid_argument(fmt::format("nn::{}: input is empty", type));
  try {
    return layer.output_shape(sample);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {}, input has {}", type, error.what(), to_string(sample)));
  }
}

/// The shape that a layer made of its last input; `Shape{}` if there was none.
template <class L>
Shape last_output(const L& layer, const Shape& input) {
  return input.rank() == 0 ? Shape{} : layer.output_shape(input.sample()).batch(input[0]);
}

}  // namespace

// ---------------------------------------------------------------------------------- convolution

Convolution::Convolution(std::size_t inputs, std::size_t outputs, const Options& options)
    : Convolution{
          [&] {
            if (inputs == 0 || outputs == 0 || area(options.kernel) == 0) {
              throw std::invalid_argument(fmt::format(
                  "nn::Convolution: {} inputs, {} outputs and kernels of {}, expected at "
                  "least 1 of each",
                  inputs, outputs, to_string(options.kernel)));
            }
            return Tensor{Shape{outputs, inputs, options.kernel.height, options.kernel.width}};
          }(),
          Tensor{Shape{outputs}}, options.stride, options.padding} {}

Convolution::Convolution(Tensor kernels, Tensor biases, Extent stride, Padding padding)
    : kernels_{"weight", std::move(kernels)},
      biases_{"bias", std::move(biases)},
      stride_{stride},
      padding_{padding} {
  const Shape& k = kernels_.value.shape();
  if (k.rank() != 4 || biases_.value.shape() != Shape{k[0]}) {
    throw std::invalid_argument(fmt::format(
        "nn::Convolution: kernels have shape {} and biases {}, expected (O, C, F, G) and (O)",
        nn::to_string(k), nn::to_string(biases_.value.shape())));
  }
  constexpr std::size_t most = std::size_t{1} << 24U;  // so that no sum of lengths overflows
  if (const auto [height, width] = padding_.each_side(); height > most || width > most) {
    throw std::invalid_argument(fmt::format("nn::Convolution: padding is {}, expected at most {}",
                                            to_string(padding_.each_side()), most));
  }
  if (area(stride_) == 0) {
    throw std::invalid_argument(
        fmt::format("nn::Convolution: stride is {}, expected at least 1×1", to_string(stride_)));
  }
}

std::string Convolution::name() const {
  const Shape& k = kernels_.value.shape();
  if (k.rank() == 0) return "Convolution";  // moved from
  std::string text = fmt::format("Convolution {}→{} {}×{}", k[1], k[0], k[2], k[3]);
  if (stride_ != 1) text += fmt::format(" stride {}", to_string(stride_));
  if (padding_.is_same()) text += " same";
  if (padding_.each_side() != 0) {
    text += fmt::format(" padding {}", to_string(padding_.each_side()));
  }
  return text;
}

Geometry Convolution::geometry(const Shape& sample) const {
  const Shape& k = kernels_.value.shape();
  if (sample.rank() != 3 || sample[0] != k[1]) {
    throw std::invalid_argument(fmt::format("expects images of shape ({}, H, W)", k[1]));
  }
  Geometry g{.channels = k[1],
             .input = {sample[1], sample[2]},
             .padded = {sample[1], sample[2]},
             .output = 0,
             .top = padding_.each_side().height,
             .left = padding_.each_side().width};
  // All the zeros along one axis: what "same" asks for, or those of both sides.
  const auto zeros = [&](std::size_t length, std::size_t kernel, std::size_t stride,
                         std::size_t& before) {
    if (!padding_.is_same()) return 2 * before;
    const std::size_t reach = (length - 1) / stride * stride + kernel;
    const std::size_t missing = reach > length ? reach - length : 0;
    before = missing / 2;
    return missing;
  };
  g.padded.height += zeros(g.input.height, k[2], stride_.height, g.top);
  g.padded.width += zeros(g.input.width, k[3], stride_.width, g.left);
  if (g.padded.height < k[2] || g.padded.width < k[3]) {
    const auto least = [](std::size_t kernel, std::size_t zeros) {
      return kernel > 2 * zeros ? kernel - 2 * zeros : 1;
    };
    throw std::invalid_argument(
        fmt::format("expects images of at least {}×{}", least(k[2], g.top), least(k[3], g.left)));
  }
  g.output = {places(g.padded.height, k[2], stride_.height),
              places(g.padded.width, k[3], stride_.width)};
  return g;
}

Shape Convolution::output_shape(const Shape& sample) const {
  check_weights(kernels_.value);
  if (sample.rank() == 0) return Shape{};
  const Geometry g = geometry(sample);
  return Shape{kernels_.value.shape()[0], g.output.height, g.output.width};
}

// A convolution is a sum of products over three small loops: channels, kernel rows, kernel columns.
// The images stand side by side (nn.images), so every number below is a vector of numbers, one for
// each of several images, and the loops are written as the formula says.
//
// What makes them fast is the tile: a few output channels times a few neighbouring pixels, whose
// sums stay in registers while the loops run. Each image value is loaded once for all the channels
// of the tile, each weight once for all its pixels.

namespace {

/// Sums in registers: with two pixels' values and one weight, all registers but a few.
constexpr std::size_t tile_channels = vector_registers == 32 ? 8 : 4;
constexpr std::size_t tile_pixels = 2;

/// What a tile sums over, and how many numbers everything is apart.
struct Window {
  std::size_t channels;
  std::size_t image_column;    ///< From one image column to the next.
  std::size_t image_row;       ///< From one image row to the next.
  std::size_t image_channel;   ///< From one channel to the next.
  std::size_t kernel_row;      ///< From one kernel row to the next.
  std::size_t kernel_channel;  ///< From one channel's kernel to the next.
  std::size_t kernel_output;   ///< From one output channel's kernels to the next.
  std::size_t output_channel;  ///< From one output channel to the next.
  std::size_t pixel_step;      ///< From where one vector of sums begins in the image to the next.
};

/// The rows and columns of the kernel that a tile needs; where the rest meets only zeros, it is
/// left out.
struct Part {
  std::size_t first_row;
  std::size_t last_row;
  std::size_t first_column;
  std::size_t last_column;
};

/// Channels × Pixels sums: out(o, p) = bias(o) + Σ_c Σ_m Σ_n kernel(o, c, m, n) image(c, m, p + n).
/// @param bias One for each output channel, or null for none.
template <std::size_t Channels, std::size_t Pixels>
void correlate_tile(const Window& w, const Part& part, const real* kernels, const real* bias,
                    const real* image, real* out) {
  std::array<std::array<Vector, Pixels>, Channels> sum{};
  for (std::size_t o = 0; o < Channels && bias != nullptr; ++o) {
    for (std::size_t p = 0; p < Pixels; ++p) sum[o][p] = Vector{} + bias[o];
  }
  // [tile]
  for (std::size_t c = 0; c < w.channels; ++c) {
    for (std::size_t m = part.first_row; m < part.last_row; ++m) {
      const real* const row = image + c * w.image_channel + m * w.image_row;
      const real* const weights = kernels + c * w.kernel_channel + m * w.kernel_row;
      for (std::size_t n = part.first_column; n < part.last_column; ++n) {
        std::array<Vector, Pixels> pixel;
        for (std::size_t p = 0; p < Pixels; ++p)
          pixel[p] = load(row + n * w.image_column + p * w.pixel_step);
        for (std::size_t o = 0; o < Channels; ++o) {
          const real weight = weights[o * w.kernel_output + n];
          for (std::size_t p = 0; p < Pixels; ++p) sum[o][p] += weight * pixel[p];
        }
      }
    }
  }
  // [/tile]
  for (std::size_t o = 0; o < Channels; ++o) {
    for (std::size_t p = 0; p < Pixels; ++p) {
      store(out + o * w.output_channel + p * lanes, sum[o][p]);
    }
  }
}

using CorrelateTile = void (*)(const Window&, const Part&, const real*, const real*, const real*,
                               real*);

/// The tile for numbers of channels and pixels that are known only at run time.
CorrelateTile tile_for(std::size_t channels, std::size_t pixels) {
  static constexpr auto tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<CorrelateTile, tile_channels * tile_pixels>{
        &correlate_tile<I / tile_pixels + 1, I % tile_pixels + 1>...};
  }(std::make_index_sequence<tile_channels * tile_pixels>{});
  return tiles[(channels - 1) * tile_pixels + pixels - 1];
}

/// Channels are shared out evenly over as few tiles as will do: this many tiles.
std::size_t tiles_of(std::size_t channels) {
  return (channels + tile_channels - 1) / tile_channels;
}

/// A round works on a band of rows, a quarter of an image: enough rounds for several threads.
constexpr std::size_t bands = 4;

/// The first row of a band; of the band behind the last, the number of rows.
std::size_t first_row_of(std::size_t band, std::size_t rows) { return rows * band / bands; }

/// The first channel of a tile; of the tile behind the last, the number of channels.
std::size_t first_of(std::size_t tile, std::size_t channels) {
  return channels * tile / tiles_of(channels);
}

}  // namespace

Images Convolution::padded(Images x) const {
  const Geometry g = geometry(x.sample());
  if (g.padded == g.input) return x;
  Images result{x.count(), Shape{g.channels, g.padded.height, g.padded.width}};
  result.values().fill(0);
  parallel_for(x.groups() * g.channels, [&](std::size_t round) {
    const std::size_t group = round / g.channels;
    const std::size_t c = round % g.channels;
    for (std::size_t y = 0; y < g.input.height; ++y) {
      std::copy_n(x.group(group) + (c * area(g.input) + y * g.input.width) * lanes,
                  g.input.width * lanes,
                  result.group(group) +
                      (c * area(g.padded) + (y + g.top) * g.padded.width + g.left) * lanes);
    }
  });
  return result;
}

Tensor Convolution::padded(const Tensor& x, const Geometry& g) {
  if (g.padded == g.input) return x;
  Tensor result{Shape{x.rows(), g.channels, g.padded.height, g.padded.width}};
  for (std::size_t b = 0; b < x.rows(); ++b) {
    for (std::size_t c = 0; c < g.channels; ++c) {
      for (std::size_t i = 0; i < g.input.height; ++i) {
        std::copy_n(x.row(b).data() + c * area(g.input) + i * g.input.width, g.input.width,
                    &result(b, c, i + g.top, g.left));
      }
    }
  }
  return result;
}

Images Convolution::correlate(const Images& x, const Geometry& g) const {
  const Shape& k = kernels_.value.shape();
  Images y{x.count(), Shape{k[0], g.output.height, g.output.width}};
  const Window window{.channels = k[1],
                      .image_column = lanes,
                      .image_row = g.padded.width * lanes,
                      .image_channel = area(g.padded) * lanes,
                      .kernel_row = k[3],
                      .kernel_channel = k[2] * k[3],
                      .kernel_output = k[1] * k[2] * k[3],
                      .output_channel = area(g.output) * lanes,
                      .pixel_step = stride_.width * lanes};
  const Part all{.first_row = 0, .last_row = k[2], .first_column = 0, .last_column = k[3]};
  const std::size_t tiles = tiles_of(k[0]);
  parallel_for(x.groups() * tiles * bands, [&](std::size_t round) {
    const std::size_t band = round % bands;
    const std::size_t tile = round / bands % tiles;
    const std::size_t group = round / bands / tiles;
    const std::size_t o = first_of(tile, k[0]);
    const std::size_t channels = first_of(tile + 1, k[0]) - o;
    const std::size_t end = first_row_of(band + 1, g.output.height);
    const real* const kernels = kernels_.value.data() + o * window.kernel_output;
    const real* const image = x.group(group);
    real* const out = y.group(group) + o * area(g.output) * lanes;
    for (std::size_t i = first_row_of(band, g.output.height); i < end; ++i) {
      const real* const row = image + i * stride_.height * g.padded.width * lanes;
      for (std::size_t j = 0; j < g.output.width; j += tile_pixels) {
        tile_for(channels, std::min(tile_pixels, g.output.width - j))(
            window, all, kernels, biases_.value.data() + o, row + j * stride_.width * lanes,
            out + (i * g.output.width + j) * lanes);
      }
    }
  });
  return y;
}

Images Convolution::forward(Images x) {
  static_cast<void>(checked_output(*this, "Convolution", x.sample()));
  input_sample_ = x.sample();
  input_ = padded(std::move(x));
  input_.clear_spare_lanes();
  return correlate(input_, geometry(input_sample_));
}

/// A few images one after the other: now it is neighbouring pixels that stand side by side in a
/// vector. The sums run on over the whole image, from row to row; those whose windows reach over a
/// row's end mean nothing and are left out at the end.
Tensor Convolution::predict(const Tensor& x) const {
  if (!Signal::are_few(x) || stride_ != 1) return predict(Images{x});
  const Shape& k = kernels_.value.shape();
  const Shape sample = checked_output(*this, "Convolution", x.shape().sample());
  const Geometry g = geometry(x.shape().sample());
  const Tensor image = padded(x, g);
  Tensor y = Tensor::uninitialized(sample.batch(x.rows()));
  const std::size_t sums = (g.output.height - 1) * g.padded.width + g.output.width;
  const std::size_t vectors = (sums + lanes - 1) / lanes;
  const Window window{.channels = k[1],
                      .image_column = 1,
                      .image_row = g.padded.width,
                      .image_channel = area(g.padded),
                      .kernel_row = k[3],
                      .kernel_channel = k[2] * k[3],
                      .kernel_output = k[1] * k[2] * k[3],
                      .output_channel = vectors * lanes,
                      .pixel_step = lanes};
  const Part all{.first_row = 0, .last_row = k[2], .first_column = 0, .last_column = k[3]};
  const std::size_t tiles = tiles_of(k[0]);
  parallel_for(x.rows() * tiles, [&](std::size_t round) {
    const std::size_t index = round / tiles;
    const std::size_t o = first_of(round % tiles, k[0]);
    const std::size_t channels = first_of(round % tiles + 1, k[0]) - o;
    Tensor run_on = Tensor::uninitialized(Shape{channels, vectors * lanes});
    for (std::size_t v = 0; v < vectors; v += tile_pixels) {
      tile_for(channels, std::min(tile_pixels, vectors - v))(
          window, all, kernels_.value.data() + o * window.kernel_output, biases_.value.data() + o,
          image.row(index).data() + v * lanes, run_on.data() + v * lanes);
    }
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < g.output.height; ++i) {
        std::copy_n(run_on.row(c).data() + i * g.padded.width, g.output.width,
                    &y(index, o + c, i, 0));
      }
    }
  });
  return y;
}

Images Convolution::predict(Images x) const {
  static_cast<void>(checked_output(*this, "Convolution", x.sample()));
  const Geometry g = geometry(x.sample());
  return correlate(padded(std::move(x)), g);
}

namespace {

/// Channels × Columns dot products: sum(o, n) += Σ over places (i, j) of dy(o, i, j) image(i s, j s
/// + n), for one row of the kernels of one input channel.
template <std::size_t Channels, std::size_t Columns>
void dot_tile(const Window& w, Extent places, std::size_t row_step, const real* dy,
              const real* image, real* sums) {
  std::array<std::array<Vector, Columns>, Channels> sum;
  for (std::size_t o = 0; o < Channels; ++o) {
    for (std::size_t n = 0; n < Columns; ++n) {
      sum[o][n] = load(sums + (o * w.kernel_output + n) * lanes);
    }
  }
  for (std::size_t i = 0; i < places.height; ++i) {
    const real* const row = image + i * row_step * lanes;
    const real* const d = dy + i * places.width * lanes;
    for (std::size_t j = 0; j < places.width; ++j) {
      std::array<Vector, Columns> pixel;
      for (std::size_t n = 0; n < Columns; ++n) {
        pixel[n] = load(row + j * w.pixel_step + n * w.image_column);
      }
      for (std::size_t o = 0; o < Channels; ++o) {
        const Vector gradient = load(d + o * w.output_channel + j * lanes);
        for (std::size_t n = 0; n < Columns; ++n) sum[o][n] += gradient * pixel[n];
      }
    }
  }
  for (std::size_t o = 0; o < Channels; ++o) {
    for (std::size_t n = 0; n < Columns; ++n) {
      store(sums + (o * w.kernel_output + n) * lanes, sum[o][n]);
    }
  }
}

constexpr std::size_t dot_channels = 4;
constexpr std::size_t dot_columns = vector_registers == 32 ? 5 : 2;

using DotTile = void (*)(const Window&, Extent, std::size_t, const real*, const real*, real*);

DotTile dot_tile_for(std::size_t channels, std::size_t columns) {
  static constexpr auto tiles = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<DotTile, dot_channels * dot_columns>{
        &dot_tile<I / dot_columns + 1, I % dot_columns + 1>...};
  }(std::make_index_sequence<dot_channels * dot_columns>{});
  return tiles[(channels - 1) * dot_columns + columns - 1];
}

}  // namespace

void Convolution::kernel_gradient(const Images& dy, const Geometry& g) {
  const Shape& k = kernels_.value.shape();
  // A round owns a few output channels' kernels of one input channel, or where that makes few
  // rounds one row of them, and sums over all images, in order: nothing is shared, and the result
  // is the same on any number of threads.
  const std::size_t blocks = (k[0] + dot_channels - 1) / dot_channels;
  const std::size_t rows = blocks * k[1] < 8 ? 1 : k[2];
  const std::size_t rounds_of_kernel = k[2] / rows;
  const Window window{.channels = 1,
                      .image_column = lanes,
                      .image_row = g.padded.width * lanes,
                      .image_channel = area(g.padded) * lanes,
                      .kernel_row = k[3],
                      .kernel_channel = k[2] * k[3],
                      .kernel_output = rows * k[3],
                      .output_channel = area(g.output) * lanes,
                      .pixel_step = stride_.width * lanes};
  parallel_for(blocks * k[1] * rounds_of_kernel, [&](std::size_t round) {
    const std::size_t first_row = round % rounds_of_kernel * rows;
    const std::size_t c = round / rounds_of_kernel % k[1];
    const std::size_t o = round / rounds_of_kernel / k[1] * dot_channels;
    const std::size_t channels = std::min(dot_channels, k[0] - o);
    Tensor sums{Shape{channels, rows * k[3], lanes}};
    for (std::size_t group = 0; group < dy.groups(); ++group) {
      const real* const image = input_.group(group) + c * area(g.padded) * lanes;
      const real* const d = dy.group(group) + o * area(g.output) * lanes;
      for (std::size_t m = 0; m < rows; ++m) {
        const real* const row = image + (first_row + m) * g.padded.width * lanes;
        for (std::size_t n = 0; n < k[3]; n += dot_columns) {
          dot_tile_for(channels, std::min(dot_columns, k[3] - n))(
              window, g.output, stride_.height * g.padded.width, d, row + n * lanes,
              &sums(0, m * k[3] + n, 0));
        }
      }
    }
    for (std::size_t i = 0; i < channels; ++i) {
      for (std::size_t j = 0; j < rows * k[3]; ++j) {
        kernels_.gradient(o + i, c, first_row + j / k[3], j % k[3]) = total(load(&sums(i, j, 0)));
      }
    }
  });
}

void Convolution::bias_gradient(const Images& dy, const Geometry& g) {
  parallel_for(biases_.value.size(), [&](std::size_t o) {
    Vector sum{};
    for (std::size_t group = 0; group < dy.groups(); ++group) {
      const real* const channel = dy.group(group) + o * area(g.output) * lanes;
      for (std::size_t i = 0; i < area(g.output); ++i) sum += load(channel + i * lanes);
    }
    biases_.gradient(o) = total(sum);
  });
}

namespace {

// [turned]
/// The kernels turned by 180°, channels in and out having changed places: (C, O, F, G).
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

/// The places of [0, kernel) that meet [0, length) when the kernel begins at `begin` − (kernel − 1)
/// and is moved on over `more` places.
std::pair<std::size_t, std::size_t> overlap(std::size_t begin, std::size_t more, std::size_t kernel,
                                            std::size_t length) {
  const std::size_t first = begin + more + 1 < kernel ? kernel - 1 - begin - more : 0;
  const std::size_t last =
      std::min(kernel, length + kernel - 1 > begin ? length + kernel - 1 - begin : 0);
  return {std::min(first, last), last};
}

}  // namespace

Images Convolution::input_gradient(const Images& dy, const Geometry& g) const {
  const Shape& k = kernels_.value.shape();
  // The output gradient with its values as far apart as the windows were, and as many zeros left
  // and right as the kernel reaches over; above and below they are left out of the sums instead.
  const Extent spread{(g.output.height - 1) * stride_.height + 1,
                      (g.output.width - 1) * stride_.width + 1};
  const std::size_t width = g.padded.width + k[3] - 1;
  Images wide{dy.count(), Shape{k[0], spread.height, width}};
  parallel_for(dy.groups() * k[0], [&](std::size_t round) {
    const std::size_t group = round / k[0];
    const std::size_t o = round % k[0];
    const real* from = dy.group(group) + o * area(g.output) * lanes;
    real* const channel = wide.group(group) + o * spread.height * width * lanes;
    std::fill_n(channel, spread.height * width * lanes, real{0});
    for (std::size_t i = 0; i < g.output.height; ++i) {
      real* const to = channel + (i * stride_.height * width + k[3] - 1) * lanes;
      for (std::size_t j = 0; j < g.output.width; ++j, from += lanes) {
        store(to + j * stride_.width * lanes, load(from));
      }
    }
  });

  Images dx{dy.count(), input_sample_};
  const Tensor kernels = turned(kernels_.value);
  const Window window{.channels = k[0],
                      .image_column = lanes,
                      .image_row = width * lanes,
                      .image_channel = spread.height * width * lanes,
                      .kernel_row = k[3],
                      .kernel_channel = k[2] * k[3],
                      .kernel_output = k[0] * k[2] * k[3],
                      .output_channel = area(g.input) * lanes,
                      .pixel_step = lanes};
  const std::size_t tiles = tiles_of(k[1]);
  parallel_for(dy.groups() * tiles * bands, [&](std::size_t round) {
    const std::size_t band = round % bands;
    const std::size_t tile = round / bands % tiles;
    const std::size_t group = round / bands / tiles;
    const std::size_t c = first_of(tile, k[1]);
    const auto channels = first_of(tile + 1, k[1]) - c;
    const std::size_t end = first_row_of(band + 1, g.input.height);
    real* const out = dx.group(group) + c * area(g.input) * lanes;
    for (std::size_t y = first_row_of(band, g.input.height); y < end; ++y) {
      const auto [first_row, last_row] = overlap(y + g.top, 0, k[2], spread.height);
      // The row where the kernel begins may stand above the image; the first row it needs does not.
      const real* const row = wide.group(group) + (static_cast<std::ptrdiff_t>(y + g.top) -
                                                   static_cast<std::ptrdiff_t>(k[2] - 1)) *
                                                      static_cast<std::ptrdiff_t>(width * lanes);
      for (std::size_t x = 0; x < g.input.width; x += tile_pixels) {
        const std::size_t pixels = std::min(tile_pixels, g.input.width - x);
        const auto [first_column, last_column] =
            overlap(x + g.left, pixels - 1, k[3], spread.width);
        tile_for(channels, pixels)(window, {first_row, last_row, first_column, last_column},
                                   kernels.data() + c * window.kernel_output, nullptr,
                                   row + (x + g.left) * lanes,
                                   out + (y * g.input.width + x) * lanes);
      }
    }
  });
  return dx;
}

Geometry Convolution::checked_geometry(const Shape& dy) const {
  check_backward("Convolution", dy,
                 input_.count() == 0 ? Shape{} : output_shape(input_sample_).batch(input_.count()));
  return geometry(input_sample_);
}

void Convolution::backward_parameters(Images dy) {
  const Geometry g = checked_geometry(dy.shape());
  dy.clear_spare_lanes();
  kernel_gradient(dy, g);
  bias_gradient(dy, g);
}

Images Convolution::backward(Images dy) {
  const Geometry g = checked_geometry(dy.shape());
  dy.clear_spare_lanes();
  kernel_gradient(dy, g);
  bias_gradient(dy, g);
  return input_gradient(dy, g);
}

// -------------------------------------------------------------------------------------- pooling

namespace {

Extent checked_window(std::string_view layer, const PoolOptions& options) {
  if (area(options.window) == 0) {
    throw std::invalid_argument(fmt::format("nn::{}: window is {}, expected at least 1×1", layer,
                                            to_string(options.window)));
  }
  return options.window;
}

Extent checked_stride(const PoolOptions& options) {
  const auto [height, width] = options.stride;
  return {height == 0 ? options.window.height : height, width == 0 ? options.window.width : width};
}

std::string pool_name(std::string_view layer, Extent window, Extent stride) {
  std::string text = fmt::format("{} {}", layer, to_string(window));
  if (stride != window) text += fmt::format(" stride {}", to_string(stride));
  return text;
}

Shape pool_shape(const Shape& sample, Extent window, Extent stride) {
  if (sample.rank() == 0) return Shape{};
  if (sample.rank() != 3) throw std::invalid_argument("expects images of shape (C, H, W)");
  if (sample[1] < window.height || sample[2] < window.width) {
    throw std::invalid_argument(fmt::format("expects images of at least {}", to_string(window)));
  }
  return Shape{sample[0], places(sample[1], window.height, stride.height),
               places(sample[2], window.width, stride.width)};
}

/// A pooling layer's windows over one channel.
struct Windows {
  Extent input;
  Extent output;
  Extent window;
  Extent stride;

  /// Calls visit(place of the window's corner in the input, place in the output) for every window.
  template <class Visit>
  void each(const Visit& visit) const {
    for (std::size_t i = 0; i < output.height; ++i) {
      for (std::size_t j = 0; j < output.width; ++j) {
        visit(i * stride.height * input.width + j * stride.width, i * output.width + j);
      }
    }
  }

  /// Calls visit(how far it is from the corner, its number) for every place of a window.
  template <class Visit>
  void each_place(const Visit& visit) const {
    if (window == 2) {  // nearly every pool there is: without loops it takes half the time
      visit(0, 0);
      visit(1, 1);
      visit(input.width, 2);
      visit(input.width + 1, 3);
      return;
    }
    for (std::size_t m = 0; m < window.height; ++m) {
      for (std::size_t n = 0; n < window.width; ++n) {
        visit(m * input.width + n, m * window.width + n);
      }
    }
  }
};

Extent extent_of(const Shape& sample) { return {sample[1], sample[2]}; }

/// Calls visit(a channel of the input, the same of the output) for every group and channel.
template <class Visit>
void for_each_channel(std::size_t groups, const Shape& input, const Shape& output,
                      const Visit& visit) {
  parallel_for(groups * input[0], [&](std::size_t round) {
    const std::size_t group = round / input[0];
    const std::size_t c = round % input[0];
    visit((group * input.size() + c * area(extent_of(input))) * lanes,
          (group * output.size() + c * area(extent_of(output))) * lanes);
  });
}

}  // namespace

MaxPool::MaxPool(const PoolOptions& options)
    : window_{checked_window("MaxPool", options)}, stride_{checked_stride(options)} {}

std::string MaxPool::name() const { return pool_name("MaxPool", window_, stride_); }

Shape MaxPool::output_shape(const Shape& sample) const {
  return pool_shape(sample, window_, stride_);
}

/// The largest values of all windows, and if wanted the place in its window of each: of equal ones
/// the first; a NaN counts as larger than any number, so that it is not lost.
Images MaxPool::pool(const Images& x, Images* places) const {
  Images y{x.count(), checked_output(*this, "MaxPool", x.sample())};
  if (places != nullptr) *places = Images{x.count(), y.sample()};
  const Windows windows{extent_of(x.sample()), extent_of(y.sample()), window_, stride_};
  for_each_channel(x.groups(), x.sample(), y.sample(), [&](std::size_t from, std::size_t to) {
    const real* const in = x.values().data() + from;
    real* const out = y.values().data() + to;
    real* const kept = places == nullptr ? nullptr : places->values().data() + to;
    windows.each([&](std::size_t corner, std::size_t i) {
      // [largest]
      Vector best = load(in + corner * lanes);
      Vector place{};
      windows.each_place([&](std::size_t distance, std::size_t number) {
        const Vector value = load(in + (corner + distance) * lanes);
        const auto larger = (value > best) | is_nan(value);
        best = larger ? value : best;
        place = larger ? Vector{} + static_cast<real>(number) : place;
      });
      store(out + i * lanes, best);
      if (kept != nullptr) store(kept + i * lanes, place);
      // [/largest]
    });
  });
  return y;
}

Images MaxPool::forward(const Images& x) {
  Images y = pool(x, &places_);
  input_ = x.sample();
  return y;
}

Images MaxPool::predict(const Images& x) const { return pool(x, nullptr); }

Tensor MaxPool::predict(const Tensor& x) const {
  if (!Signal::are_few(x)) return predict(Images{x});
  const Shape sample = x.shape().sample();
  Tensor y = Tensor::uninitialized(checked_output(*this, "MaxPool", sample).batch(x.rows()));
  const Windows windows{extent_of(sample), extent_of(y.shape().sample()), window_, stride_};
  for (std::size_t channel = 0; channel < x.rows() * sample[0]; ++channel) {
    const real* const in = x.data() + channel * area(windows.input);
    real* const out = y.data() + channel * area(windows.output);
    windows.each([&](std::size_t corner, std::size_t i) {
      real best = in[corner];
      windows.each_place([&](std::size_t distance, std::size_t /*number*/) {
        const real value = in[corner + distance];
        best = value > best || std::isnan(value) ? value : best;
      });
      out[i] = best;
    });
  }
  return y;
}

Images MaxPool::backward(const Images& dy) const {
  check_backward("MaxPool", dy.shape(), places_.shape());
  Images dx{dy.count(), input_};
  const Windows windows{extent_of(input_), extent_of(dy.sample()), window_, stride_};
  for_each_channel(dy.groups(), input_, dy.sample(), [&](std::size_t to, std::size_t from) {
    real* const out = dx.values().data() + to;
    const real* const in = dy.values().data() + from;
    const real* const kept = places_.values().data() + from;
    std::fill_n(out, area(windows.input) * lanes, real{0});
    windows.each([&](std::size_t corner, std::size_t i) {
      const Vector place = load(kept + i * lanes);
      const Vector gradient = load(in + i * lanes);
      windows.each_place([&](std::size_t distance, std::size_t number) {
        real* const value = out + (corner + distance) * lanes;
        const auto here = place == Vector{} + static_cast<real>(number);
        store(value, load(value) + (here ? gradient : Vector{}));
      });
    });
  });
  return dx;
}

AveragePool::AveragePool(const PoolOptions& options)
    : window_{checked_window("AveragePool", options)}, stride_{checked_stride(options)} {}

std::string AveragePool::name() const { return pool_name("AveragePool", window_, stride_); }

Shape AveragePool::output_shape(const Shape& sample) const {
  return pool_shape(sample, window_, stride_);
}

Images AveragePool::predict(const Images& x) const {
  Images y{x.count(), checked_output(*this, "AveragePool", x.sample())};
  const Windows windows{extent_of(x.sample()), extent_of(y.sample()), window_, stride_};
  const real share = 1 / static_cast<real>(area(window_));
  for_each_channel(x.groups(), x.sample(), y.sample(), [&](std::size_t from, std::size_t to) {
    const real* const in = x.values().data() + from;
    real* const out = y.values().data() + to;
    windows.each([&](std::size_t corner, std::size_t i) {
      Vector sum{};
      windows.each_place([&](std::size_t distance, std::size_t /*number*/) {
        sum += load(in + (corner + distance) * lanes);
      });
      store(out + i * lanes, sum * share);
    });
  });
  return y;
}

Images AveragePool::forward(const Images& x) {
  Images y = predict(x);
  input_ = x.shape();
  return y;
}

Images AveragePool::backward(const Images& dy) const {
  check_backward("AveragePool", dy.shape(), last_output(*this, input_));
  Images dx{dy.count(), input_.sample()};
  const Windows windows{extent_of(dx.sample()), extent_of(dy.sample()), window_, stride_};
  const real share = 1 / static_cast<real>(area(window_));
  for_each_channel(dy.groups(), dx.sample(), dy.sample(), [&](std::size_t to, std::size_t from) {
    real* const out = dx.values().data() + to;
    const real* const in = dy.values().data() + from;
    std::fill_n(out, area(windows.input) * lanes, real{0});
    windows.each([&](std::size_t corner, std::size_t i) {
      const Vector gradient = load(in + i * lanes) * share;
      windows.each_place([&](std::size_t distance, std::size_t /*number*/) {
        real* const value = out + (corner + distance) * lanes;
        store(value, load(value) + gradient);
      });
    });
  });
  return dx;
}

// ------------------------------------------------------------------------------------ reshaping

Reshape::Reshape(const Shape& sample) : sample_{sample} {
  if (sample.rank() == 0 || sample.rank() == Shape::max_rank) {
    throw std::invalid_argument(fmt::format(
        "nn::Reshape: a sample of shape {}, expected 1 to 3 axes", nn::to_string(sample)));
  }
}

std::string Reshape::name() const { return fmt::format("Reshape to {}", nn::to_string(sample_)); }

Shape Reshape::output_shape(const Shape& sample) const {
  if (sample.rank() != 0 && sample.size() != sample_.size()) {
    throw std::invalid_argument(fmt::format("expects {} values", sample_.size()));
  }
  return sample_;
}

Tensor Reshape::forward(Tensor x) {
  const Shape input = x.shape();
  Tensor y = predict(std::move(x));
  input_ = input;
  return y;
}

Tensor Reshape::predict(Tensor x) const {
  if (x.columns() != sample_.size()) {
    throw std::invalid_argument(fmt::format("nn::Reshape: samples have {} values, expected {}",
                                            x.columns(), sample_.size()));
  }
  const Shape shape = sample_.batch(x.rows());
  return std::move(x).reshaped(shape);
}

namespace {

/// The gradient in the shape of the input: what both layers do on the way back.
Tensor shaped_back(std::string_view layer, Tensor dy, const Shape& input) {
  if (input.rank() == 0) {
    throw std::invalid_argument(fmt::format("nn::{}: backward before forward", layer));
  }
  if (dy.size() != input.size()) {
    throw std::invalid_argument(fmt::format("nn::{}: gradient has shape {}, the last input {}",
                                            layer, nn::to_string(dy.shape()),
                                            nn::to_string(input)));
  }
  return std::move(dy).reshaped(input);
}

}  // namespace

Tensor Reshape::backward(Tensor dy) const { return shaped_back("Reshape", std::move(dy), input_); }

Tensor Flatten::backward(Tensor dy) const { return shaped_back("Flatten", std::move(dy), input_); }

}  // namespace nn
