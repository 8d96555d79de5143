module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.convolution;

import nn.matmul;
import nn.parallel;

namespace nn {

namespace {

using detail::Geometry;

std::size_t area(Extent extent) { return extent.height * extent.width; }

std::size_t round_up(std::size_t count, std::size_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

std::string to_string(Extent extent) { return fmt::format("{}×{}", extent.height, extent.width); }

/// How many windows fit: ⌊(length − window) / stride⌋ + 1.
std::size_t places(std::size_t length, std::size_t window, std::size_t stride) {
  return (length - window) / stride + 1;
}

void check_batch(std::string_view layer, const Tensor& x) {
  if (x.rank() != 4) {
    throw std::invalid_argument(fmt::format("nn::{}: input has shape {}, expected (B, C, H, W)",
                                            layer, to_string(x.shape())));
  }
}

/// @param output The shape of the last output, `Shape{}` if there was none.
void check_gradient(std::string_view layer, const Tensor& dy, const Shape& output) {
  if (output.rank() == 0) {
    throw std::invalid_argument(fmt::format("nn::{}: backward before forward", layer));
  }
  if (dy.shape() != output) {
    throw std::invalid_argument(fmt::format("nn::{}: gradient has shape {}, the last output {}",
                                            layer, to_string(dy.shape()), to_string(output)));
  }
}

/// Calls output_shape() for a batch; its error is made to stand alone, without a Sequential around.
template <class L>
Shape checked_output(const L& layer, std::string_view type, const Tensor& x) {
  check_batch(type, x);
  try {
    return layer.output_shape(x.shape().sample()).batch(x.rows());
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {}, input has {}", type, error.what(), to_string(x.shape().sample())));
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
  if (area(stride_) == 0) {
    throw std::invalid_argument(
        fmt::format("nn::Convolution: stride is {}, expected at least 1×1", to_string(stride_)));
  }
}

std::string Convolution::name() const {
  const Shape& k = kernels_.value.shape();
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
  if (sample.rank() == 0) return Shape{};
  const Geometry g = geometry(sample);
  return Shape{kernels_.value.shape()[0], g.output.height, g.output.width};
}

/// For every number (c, m, n) of a kernel, how far from an output's place its image value stands.
std::vector<std::size_t> Convolution::offsets(const Geometry& g) const {
  const Shape& k = kernels_.value.shape();
  std::vector<std::size_t> result;
  result.reserve(k.sample().size());
  for (std::size_t c = 0; c < k[1]; ++c) {
    for (std::size_t m = 0; m < k[2]; ++m) {
      for (std::size_t n = 0; n < k[3]; ++n) {
        result.push_back(c * area(g.padded) + m * g.padded.width + n);
      }
    }
  }
  return result;
}

namespace {

/// An image with its padding: the image itself where there is none, else a copy.
class Padded {
 public:
  Padded(std::span<const real> image, const Geometry& g) : data_{image.data()} {
    if (g.padded == g.input) return;
    copy_ = Tensor{Shape{g.channels, g.padded.height, g.padded.width}};
    for (std::size_t row = 0; row < g.channels * g.input.height; ++row) {
      const std::size_t c = row / g.input.height;
      const std::size_t y = row % g.input.height + g.top;
      std::copy_n(image.data() + row * g.input.width, g.input.width, &copy_(c, y, 0) + g.left);
    }
    data_ = copy_.data();
  }

  [[nodiscard]] const real* data() const { return data_; }

 private:
  const real* data_;
  Tensor copy_;
};

/// The output of one image. Sums run along whole rows of the padded image: where a row of outputs
/// ends, a few are computed that belong to no place (the kernel would hang over), and left out of
/// the copy. With a stride, most are.
void convolve(const Matrix& kernels, std::span<const real> biases, const real* image,
              std::span<const std::size_t> offsets, const Geometry& g, Extent stride,
              std::span<real> out) {
  const std::size_t width = g.padded.width;
  const std::size_t count =
      (g.output.height - 1) * stride.height * width + (g.output.width - 1) * stride.width + 1;
  const std::size_t row = round_up(count, tile_columns());
  Tensor sums = Tensor::uninitialized(Shape{kernels.rows, row});
  shifted_sums(kernels, image, offsets, biases, count, sums.data(), row);
  real* to = out.data();
  for (std::size_t o = 0; o < kernels.rows; ++o) {
    for (std::size_t i = 0; i < g.output.height; ++i) {
      const real* const from = sums.data() + o * row + i * stride.height * width;
      if (stride.width == 1) {
        to = std::copy_n(from, g.output.width, to);
      } else {
        for (std::size_t j = 0; j < g.output.width; ++j) *to++ = from[j * stride.width];
      }
    }
  }
}

}  // namespace

Tensor Convolution::predict(const Tensor& x) const {
  Tensor y = Tensor::uninitialized(checked_output(*this, "Convolution", x));
  const Geometry g = geometry(x.shape().sample());
  const std::vector<std::size_t> steps = offsets(g);
  const Matrix kernels{kernels_.value};
  parallel_for(x.rows(), [&](std::size_t b) {
    const Padded image{x.row(b), g};
    convolve(kernels, biases_.value.values(), image.data(), steps, g, stride_, y.row(b));
  });
  return y;
}

Tensor Convolution::forward(Tensor x) {
  Tensor y = predict(x);
  input_ = std::move(x);
  return y;
}

namespace {

/// The output gradient of one image, laid out like the padded image: every value at the place where
/// its window begins, zeros between them, and zeros before and behind, so that a step of the kernel
/// is a constant step in memory here too.
class Spread {
 public:
  Spread(const Geometry& g, Extent kernel, std::size_t outputs)
      : lead_{(kernel.height - 1) * g.padded.width + kernel.width - 1},
        stride_{round_up(lead_ + area(g.padded) + tile_columns(), tile_columns())},
        values_{Shape{outputs, stride_}} {}

  void fill(std::span<const real> dy, const Geometry& g, Extent stride) {
    const real* from = dy.data();
    for (std::size_t o = 0; o < values_.rows(); ++o) {
      for (std::size_t i = 0; i < g.output.height; ++i) {
        real* const to = channel(o) + i * stride.height * g.padded.width;
        for (std::size_t j = 0; j < g.output.width; ++j) to[j * stride.width] = *from++;
      }
    }
  }

  /// Where output channel o begins, behind its leading zeros.
  [[nodiscard]] real* channel(std::size_t o) { return values_.row(o).data() + lead_; }

  /// The channels as rows of a matrix, for dot products with `count` values each.
  [[nodiscard]] Matrix rows(std::size_t count) const {
    Matrix matrix{values_};
    matrix.data += lead_;
    matrix.columns = count;
    return matrix;
  }

  /// For every (o, m, n), how far from an input's place the output gradient stands that reached it
  /// through K(o, c, m, n), counted from source().
  [[nodiscard]] std::vector<std::size_t> offsets(const Geometry& g, Extent kernel) const {
    std::vector<std::size_t> result;
    for (std::size_t o = 0; o < values_.rows(); ++o) {
      for (std::size_t m = 0; m < kernel.height; ++m) {
        for (std::size_t n = 0; n < kernel.width; ++n) {
          result.push_back(o * stride_ + lead_ - m * g.padded.width - n);
        }
      }
    }
    return result;
  }
  [[nodiscard]] const real* source() const { return values_.data(); }

 private:
  std::size_t lead_;
  std::size_t stride_;
  Tensor values_;
};

/// The kernels with channels in and out changing places, (C, O, F, G): a row for each input
/// channel.
Tensor kernels_by_input(const Tensor& kernels) {
  const Shape& k = kernels.shape();
  const std::size_t size = k[2] * k[3];
  Tensor result = Tensor::uninitialized(Shape{k[1], k[0], k[2], k[3]});
  for (std::size_t o = 0; o < k[0]; ++o) {
    for (std::size_t c = 0; c < k[1]; ++c) {
      std::copy_n(&kernels.values()[(o * k[1] + c) * size], size, &result(c, o, 0, 0));
    }
  }
  return result;
}

/// The input gradient of one image, a convolution of the spread gradient; padding gets none.
void convolve_back(const Matrix& kernels, const Spread& spread,
                   std::span<const std::size_t> offsets, const Geometry& g, std::span<real> dx) {
  const std::size_t width = g.padded.width;
  const std::size_t count = g.input.height * width;
  const std::size_t row = round_up(count, tile_columns());
  Tensor sums = Tensor::uninitialized(Shape{g.channels, row});
  shifted_sums(kernels, spread.source() + g.top * width, offsets, {}, count, sums.data(), row);
  real* to = dx.data();
  for (std::size_t c = 0; c < g.channels; ++c) {
    for (std::size_t i = 0; i < g.input.height; ++i) {
      to = std::copy_n(sums.data() + c * row + i * width + g.left, g.input.width, to);
    }
  }
}

}  // namespace

void Convolution::backward_into(const Tensor& dy, Tensor* dx) {
  const Shape& k = kernels_.value.shape();
  const Extent kernel{k[2], k[3]};
  check_gradient("Convolution", dy, last_output(*this, input_.shape()));
  const Geometry g = geometry(input_.shape().sample());
  const std::vector<std::size_t> steps = offsets(g);
  const Tensor turned = dx == nullptr ? Tensor{} : kernels_by_input(kernels_.value);
  const std::size_t reach = round_up(
      area(g.padded) - (kernel.height - 1) * g.padded.width - (kernel.width - 1), tile_columns());

  // The gradients of parameters are sums over the images. They are added up in groups that depend
  // on the batch alone, and the groups in order: the same bits on any number of threads.
  constexpr std::size_t most_groups = 32;
  const std::size_t group_size = (input_.rows() + most_groups - 1) / most_groups;
  const std::size_t groups = (input_.rows() + group_size - 1) / group_size;
  Tensor kernel_sums{Shape{groups, kernels_.value.size()}};
  Tensor bias_sums{Shape{groups, k[0]}};
  parallel_for(groups, [&](std::size_t group) {
    Spread spread{g, kernel, k[0]};
    const std::vector<std::size_t> back = spread.offsets(g, kernel);
    const std::size_t last = std::min(input_.rows(), (group + 1) * group_size);
    for (std::size_t b = group * group_size; b < last; ++b) {
      spread.fill(dy.row(b), g, stride_);
      const Padded image{input_.row(b), g};
      add_shifted_dots(spread.rows(reach), image.data(), steps, kernel_sums.row(group).data());
      for (std::size_t o = 0; o < k[0]; ++o) {
        const auto channel = dy.row(b).subspan(o * area(g.output), area(g.output));
        bias_sums(group, o) = std::accumulate(channel.begin(), channel.end(), bias_sums(group, o));
      }
      if (dx != nullptr) convolve_back(turned, spread, back, g, dx->row(b));
    }
  });
  const auto add_groups = [groups](const Tensor& sums, Tensor& gradient) {
    gradient.fill(0);
    for (std::size_t group = 0; group < groups; ++group) {
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        gradient.values()[i] += sums.row(group)[i];
      }
    }
  };
  add_groups(kernel_sums, kernels_.gradient);
  add_groups(bias_sums, biases_.gradient);
}

Tensor Convolution::backward(const Tensor& dy) {
  Tensor dx = input_.empty() ? Tensor{} : Tensor::uninitialized(input_.shape());
  backward_into(dy, &dx);
  return dx;
}

void Convolution::backward_parameters(const Tensor& dy) { backward_into(dy, nullptr); }

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

/// Calls visit(output's place, its window's first value, the window's place in its channel) for
/// every output, channels in parallel.
template <class Visit>
void for_each_window(const Shape& input, const Shape& output, Extent stride, const Visit& visit) {
  const std::size_t height = output[2];
  const std::size_t width = output[3];
  parallel_for(input[0], [&](std::size_t b) {
    for (std::size_t channel = b * input[1]; channel < (b + 1) * input[1]; ++channel) {
      for (std::size_t i = 0; i < height; ++i) {
        for (std::size_t j = 0; j < width; ++j) {
          const std::size_t corner = i * stride.height * input[3] + j * stride.width;
          visit((channel * height + i) * width + j, channel * input[2] * input[3], corner);
        }
      }
    }
  });
}

/// The place in its channel of a window's largest value; of equal ones the first, and of a NaN its
/// own, so that it is not lost.
std::size_t place_of_maximum(const real* channel, std::size_t corner, Extent window,
                             std::size_t width) {
  std::size_t best = corner;
  for (std::size_t m = 0; m < window.height; ++m) {
    for (std::size_t n = 0; n < window.width; ++n) {
      const std::size_t place = corner + m * width + n;
      if (channel[place] > channel[best] || channel[place] != channel[place]) best = place;
    }
  }
  return best;
}

}  // namespace

MaxPool::MaxPool(const PoolOptions& options)
    : window_{checked_window("MaxPool", options)}, stride_{checked_stride(options)} {}

std::string MaxPool::name() const { return pool_name("MaxPool", window_, stride_); }

Shape MaxPool::output_shape(const Shape& sample) const {
  return pool_shape(sample, window_, stride_);
}

Tensor MaxPool::forward(const Tensor& x) {
  Tensor y = Tensor::uninitialized(checked_output(*this, "MaxPool", x));
  input_ = x.shape();
  maxima_.resize(y.size());
  for_each_window(input_, y.shape(), stride_,
                  [&, out = y.data()](std::size_t to, std::size_t channel, std::size_t corner) {
                    const real* const values = x.data() + channel;
                    const std::size_t best = place_of_maximum(values, corner, window_, input_[3]);
                    maxima_[to] = static_cast<std::uint32_t>(best);
                    out[to] = values[best];
                  });
  return y;
}

Tensor MaxPool::predict(const Tensor& x) const {
  Tensor y = Tensor::uninitialized(checked_output(*this, "MaxPool", x));
  for_each_window(x.shape(), y.shape(), stride_,
                  [&, out = y.data()](std::size_t to, std::size_t channel, std::size_t corner) {
                    const real* const values = x.data() + channel;
                    out[to] = values[place_of_maximum(values, corner, window_, x.shape()[3])];
                  });
  return y;
}

Tensor MaxPool::backward(const Tensor& dy) const {
  check_gradient("MaxPool", dy, last_output(*this, input_));
  Tensor dx{input_};
  for_each_window(input_, dy.shape(), stride_,
                  [&, out = dx.data()](std::size_t from, std::size_t channel, std::size_t) {
                    out[channel + maxima_[from]] += dy.data()[from];
                  });
  return dx;
}

AveragePool::AveragePool(const PoolOptions& options)
    : window_{checked_window("AveragePool", options)}, stride_{checked_stride(options)} {}

std::string AveragePool::name() const { return pool_name("AveragePool", window_, stride_); }

Shape AveragePool::output_shape(const Shape& sample) const {
  return pool_shape(sample, window_, stride_);
}

Tensor AveragePool::forward(const Tensor& x) {
  Tensor y = predict(x);
  input_ = x.shape();
  return y;
}

Tensor AveragePool::predict(const Tensor& x) const {
  Tensor y = Tensor::uninitialized(checked_output(*this, "AveragePool", x));
  const real share = 1 / static_cast<real>(area(window_));
  for_each_window(x.shape(), y.shape(), stride_,
                  [&, out = y.data()](std::size_t to, std::size_t channel, std::size_t corner) {
                    real sum = 0;
                    for (std::size_t m = 0; m < window_.height; ++m) {
                      for (std::size_t n = 0; n < window_.width; ++n) {
                        sum += x.data()[channel + corner + m * x.shape()[3] + n];
                      }
                    }
                    out[to] = sum * share;
                  });
  return y;
}

Tensor AveragePool::backward(const Tensor& dy) const {
  check_gradient("AveragePool", dy, last_output(*this, input_));
  Tensor dx{input_};
  const real share = 1 / static_cast<real>(area(window_));
  for_each_window(input_, dy.shape(), stride_,
                  [&, out = dx.data()](std::size_t from, std::size_t channel, std::size_t corner) {
                    for (std::size_t m = 0; m < window_.height; ++m) {
                      for (std::size_t n = 0; n < window_.width; ++n) {
                        out[channel + corner + m * input_[3] + n] += dy.data()[from] * share;
                      }
                    }
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
  input_ = x.shape();
  return predict(std::move(x));
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
