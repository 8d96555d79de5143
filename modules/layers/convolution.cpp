module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

module nn.convolution;

import nn.checks;
import nn.parallel;
import nn.vector;

namespace nn {

using detail::Geometry;

namespace {

Tensor checked_kernels(std::size_t inputs, std::size_t outputs, Extent kernel) {
  if (inputs == 0 || outputs == 0 || kernel.area() == 0) {
    throw std::invalid_argument(
        fmt::format("nn::Convolution: {} inputs, {} outputs and kernels of {}, expected at least 1 "
                    "of each",
                    inputs, outputs, to_string(kernel)));
  }
  return Tensor{Shape{outputs, inputs, kernel.height, kernel.width}};
}

}  // namespace

Convolution::Convolution(std::size_t inputs, std::size_t outputs, const Options& options)
    : Convolution{checked_kernels(inputs, outputs, options.kernel), Tensor{Shape{outputs}},
                  options.stride, options.padding} {}

Convolution::Convolution(Tensor kernels, Tensor biases, Extent stride, Padding padding)
    : kernels_{"weight", std::move(kernels)},
      biases_{"bias", std::move(biases)},
      stride_{stride},
      padding_{padding} {
  const Shape& k = kernels_.value.shape();
  if (k.rank() != 4 || biases_.value.shape() != Shape{k[0]}) {
    throw std::invalid_argument(fmt::format(
        "nn::Convolution: kernels have shape {} and biases {}, expected (O, C, F, G) and (O)",
        to_string(k), to_string(biases_.value.shape())));
  }
  constexpr std::size_t most = std::size_t{1} << 24U;  // so that no sum of lengths overflows
  if (const auto [height, width] = padding_.each_side(); height > most || width > most) {
    throw std::invalid_argument(fmt::format("nn::Convolution: padding is {}, expected at most {}",
                                            to_string(padding_.each_side()), most));
  }
  if (stride_.area() == 0) {
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

namespace {

/// The zeros along one axis of an image.
struct Zeros {
  std::size_t before;
  std::size_t all;
};

Zeros zeros_along(std::size_t length, std::size_t kernel, std::size_t stride, bool is_same,
                  std::size_t each_side) {
  if (!is_same) return {.before = each_side, .all = 2 * each_side};
  const std::size_t reach = (length - 1) / stride * stride + kernel;
  const std::size_t missing = reach > length ? reach - length : 0;
  return {.before = missing / 2, .all = missing};
}

/// The smallest length of an image axis that, with this many zeros on each side, fits the kernel.
std::size_t least_length(std::size_t kernel, std::size_t zeros) {
  return kernel > 2 * zeros ? kernel - 2 * zeros : 1;
}

}  // namespace

Geometry Convolution::geometry(const Shape& sample) const {
  const Shape& k = kernels_.value.shape();
  if (sample.rank() != 3 || sample[0] != k[1]) {
    throw std::invalid_argument(fmt::format("expects images of shape ({}, H, W)", k[1]));
  }
  const bool same = padding_.is_same();
  const Extent each = padding_.each_side();
  const Zeros rows = zeros_along(sample[1], k[2], stride_.height, same, each.height);
  const Zeros columns = zeros_along(sample[2], k[3], stride_.width, same, each.width);
  const Extent padded{sample[1] + rows.all, sample[2] + columns.all};
  if (padded.height < k[2] || padded.width < k[3]) {
    throw std::invalid_argument(fmt::format("expects images of at least {}×{}",
                                            least_length(k[2], rows.before),
                                            least_length(k[3], columns.before)));
  }
  return {.channels = k[1],
          .input = {sample[1], sample[2]},
          .padded = padded,
          .output = {count_windows(padded.height, k[2], stride_.height),
                     count_windows(padded.width, k[3], stride_.width)},
          .top = rows.before,
          .left = columns.before};
}

Shape Convolution::output_shape(const Shape& sample) const {
  check_weights(kernels_.value);
  if (sample.rank() == 0) return Shape{};
  const Geometry g = geometry(sample);
  return Shape{kernels_.value.shape()[0], g.output.height, g.output.width};
}

/// The geometry for the input of forward() or predict(), which it checks.
Geometry Convolution::checked_geometry(const Shape& sample) const {
  static_cast<void>(checked_output(*this, "Convolution", sample));
  return geometry(sample);
}

/// The geometry of the last forward(), for a backward pass that begins with dy.
Geometry Convolution::last_geometry(const Shape& dy) const {
  check_backward("Convolution", dy,
                 input_.count() == 0 ? Shape{} : output_shape(input_sample_).batch(input_.count()));
  return geometry(input_sample_);
}

namespace {

InterleavedImages padded(InterleavedImages x, const Geometry& g) {
  if (g.padded == g.input) return x;
  InterleavedImages result{x.count(), Shape{g.channels, g.padded.height, g.padded.width}};
  result.values().fill(0);
  parallel_for(x.groups() * g.channels, [&](std::size_t round) {
    const std::size_t group = round / g.channels;
    const std::size_t c = round % g.channels;
    const real* const from = x.group(group) + c * g.input.area() * lanes;
    real* const to =
        result.group(group) + (c * g.padded.area() + g.top * g.padded.width + g.left) * lanes;
    for (std::size_t i = 0; i < g.input.height; ++i) {
      std::copy_n(from + i * g.input.width * lanes, g.input.width * lanes,
                  to + i * g.padded.width * lanes);
    }
  });
  return result;
}

Tensor padded(const Tensor& x, const Geometry& g) {
  if (g.padded == g.input) return x;
  Tensor result{Shape{x.rows(), g.channels, g.padded.height, g.padded.width}};
  for (std::size_t b = 0; b < x.rows(); ++b) {
    for (std::size_t c = 0; c < g.channels; ++c) {
      const real* const from = x.row(b).data() + c * g.input.area();
      for (std::size_t i = 0; i < g.input.height; ++i) {
        std::copy_n(from + i * g.input.width, g.input.width, &result(b, c, i + g.top, g.left));
      }
    }
  }
  return result;
}

}  // namespace

InterleavedImages Convolution::forward(InterleavedImages x) {
  const Geometry g = checked_geometry(x.sample());
  input_sample_ = x.sample();
  input_ = padded(std::move(x), g);
  input_.clear_spare_lanes();  // the kernel gradient sums over lanes
  return correlate(input_, g);
}

InterleavedImages Convolution::predict(InterleavedImages x) const {
  const Geometry g = checked_geometry(x.sample());
  return correlate(padded(std::move(x), g), g);
}

Tensor Convolution::predict(const Tensor& x) const {
  if (!are_few_images(x) || stride_ != 1) return predict(InterleavedImages{x});
  const Geometry g = checked_geometry(x.shape().sample());
  return correlate_few(padded(x, g), g);
}

void Convolution::backward_parameters(InterleavedImages dy) {
  const Geometry g = last_geometry(dy.shape());
  dy.clear_spare_lanes();
  kernel_gradient(dy, g);
  bias_gradient(dy);
}

InterleavedImages Convolution::backward(InterleavedImages dy) {
  const Geometry g = last_geometry(dy.shape());
  dy.clear_spare_lanes();
  kernel_gradient(dy, g);
  bias_gradient(dy);
  return input_gradient(dy, g);
}

}  // namespace nn
