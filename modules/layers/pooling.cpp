module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>

module nn.pooling;

import nn.checks;
import nn.parallel;
import nn.vector;

namespace nn {

namespace {

Extent checked_window(std::string_view layer, const PoolOptions& options) {
  if (options.window.area() == 0) {
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
  return Shape{sample[0], count_windows(sample[1], window.height, stride.height),
               count_windows(sample[2], window.width, stride.width)};
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

  /// Calls visit(offset from the corner, number of the place) for every place of a window.
  template <class Visit>
  void each_place(const Visit& visit) const {
    if (window == 2) {  // the most common window; without loops it takes half the time
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

/// Calls visit(place of a channel of the input, place of the same channel of the output) for every
/// group and channel, on several threads.
template <class Visit>
void for_each_channel(std::size_t groups, const Shape& input, const Shape& output,
                      const Visit& visit) {
  parallel_for(groups * input[0], [&](std::size_t round) {
    const std::size_t group = round / input[0];
    const std::size_t c = round % input[0];
    visit((group * input.size() + c * extent_of(input).area()) * lanes,
          (group * output.size() + c * extent_of(output).area()) * lanes);
  });
}

}  // namespace

MaxPool::MaxPool(const PoolOptions& options)
    : window_{checked_window("MaxPool", options)}, stride_{checked_stride(options)} {}

std::string MaxPool::name() const { return pool_name("MaxPool", window_, stride_); }

Shape MaxPool::output_shape(const Shape& sample) const {
  return pool_shape(sample, window_, stride_);
}

/// The largest value of every window and, if `places` is not null, its place in the window. Of
/// equal values the first counts; a NaN counts as larger than any number, so that it is not lost.
InterleavedImages MaxPool::pool(const InterleavedImages& x, InterleavedImages* places) const {
  InterleavedImages y{x.count(), checked_output(*this, "MaxPool", x.sample())};
  if (places != nullptr) *places = InterleavedImages{x.count(), y.sample()};
  const Windows windows{extent_of(x.sample()), extent_of(y.sample()), window_, stride_};
  for_each_channel(x.groups(), x.sample(), y.sample(), [&](std::size_t from, std::size_t to) {
    const real* const in = x.values().data() + from;
    real* const out = y.values().data() + to;
    real* const kept = places == nullptr ? nullptr : places->values().data() + to;
    windows.each([&](std::size_t corner, std::size_t i) {
      // [largest]
      Simd best = simd_load(in + corner * lanes);
      Simd place{};
      windows.each_place([&](std::size_t distance, std::size_t number) {
        const Simd value = simd_load(in + (corner + distance) * lanes);
        const auto larger = (value > best) | is_nan(value);
        best = larger ? value : best;
        place = larger ? simd_all(static_cast<real>(number)) : place;
      });
      simd_store(out + i * lanes, best);
      if (kept != nullptr) simd_store(kept + i * lanes, place);
      // [/largest]
    });
  });
  return y;
}

InterleavedImages MaxPool::forward(const InterleavedImages& x) {
  InterleavedImages y = pool(x, &places_);
  input_ = x.sample();
  return y;
}

InterleavedImages MaxPool::predict(const InterleavedImages& x) const { return pool(x, nullptr); }

Tensor MaxPool::predict(const Tensor& x) const {
  if (!are_few_images(x)) return predict(InterleavedImages{x});
  const Shape sample = x.shape().sample();
  Tensor y = Tensor::uninitialized(checked_output(*this, "MaxPool", sample).batch(x.rows()));
  const Windows windows{extent_of(sample), extent_of(y.shape().sample()), window_, stride_};
  for (std::size_t channel = 0; channel < x.rows() * sample[0]; ++channel) {
    const real* const in = x.data() + channel * windows.input.area();
    real* const out = y.data() + channel * windows.output.area();
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

InterleavedImages MaxPool::backward(const InterleavedImages& dy) const {
  check_backward("MaxPool", dy.shape(), places_.shape());
  InterleavedImages dx{dy.count(), input_};
  const Windows windows{extent_of(input_), extent_of(dy.sample()), window_, stride_};
  for_each_channel(dy.groups(), input_, dy.sample(), [&](std::size_t to, std::size_t from) {
    real* const out = dx.values().data() + to;
    const real* const in = dy.values().data() + from;
    const real* const kept = places_.values().data() + from;
    std::fill_n(out, windows.input.area() * lanes, real{0});
    windows.each([&](std::size_t corner, std::size_t i) {
      const Simd place = simd_load(kept + i * lanes);
      const Simd gradient = simd_load(in + i * lanes);
      windows.each_place([&](std::size_t distance, std::size_t number) {
        real* const value = out + (corner + distance) * lanes;
        const auto here = place == simd_all(static_cast<real>(number));
        simd_store(value, simd_load(value) + (here ? gradient : Simd{}));
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

InterleavedImages AveragePool::predict(const InterleavedImages& x) const {
  InterleavedImages y{x.count(), checked_output(*this, "AveragePool", x.sample())};
  const Windows windows{extent_of(x.sample()), extent_of(y.sample()), window_, stride_};
  const real fraction = 1 / static_cast<real>(window_.area());
  for_each_channel(x.groups(), x.sample(), y.sample(), [&](std::size_t from, std::size_t to) {
    const real* const in = x.values().data() + from;
    real* const out = y.values().data() + to;
    windows.each([&](std::size_t corner, std::size_t i) {
      Simd sum{};
      windows.each_place([&](std::size_t distance, std::size_t /*number*/) {
        sum += simd_load(in + (corner + distance) * lanes);
      });
      simd_store(out + i * lanes, sum * fraction);
    });
  });
  return y;
}

InterleavedImages AveragePool::forward(const InterleavedImages& x) {
  InterleavedImages y = predict(x);
  input_ = x.shape();
  return y;
}

InterleavedImages AveragePool::backward(const InterleavedImages& dy) const {
  check_backward("AveragePool", dy.shape(),
                 input_.rank() == 0 ? Shape{} : output_shape(input_.sample()).batch(input_[0]));
  InterleavedImages dx{dy.count(), input_.sample()};
  const Windows windows{extent_of(dx.sample()), extent_of(dy.sample()), window_, stride_};
  const real fraction = 1 / static_cast<real>(window_.area());
  for_each_channel(dy.groups(), dx.sample(), dy.sample(), [&](std::size_t to, std::size_t from) {
    real* const out = dx.values().data() + to;
    const real* const in = dy.values().data() + from;
    std::fill_n(out, windows.input.area() * lanes, real{0});
    windows.each([&](std::size_t corner, std::size_t i) {
      const Simd gradient = simd_load(in + i * lanes) * fraction;
      windows.each_place([&](std::size_t distance, std::size_t /*number*/) {
        real* const value = out + (corner + distance) * lanes;
        simd_store(value, simd_load(value) + gradient);
      });
    });
  });
  return dx;
}

Shape GlobalAveragePool::output_shape(const Shape& sample) {
  if (sample.rank() == 0) return Shape{};
  if (sample.rank() != 3) throw std::invalid_argument("expects images of shape (C, H, W)");
  return Shape{sample[0]};
}

Tensor GlobalAveragePool::predict(const InterleavedImages& x) {
  Tensor y = Tensor::uninitialized(
      checked_output(GlobalAveragePool{}, "GlobalAveragePool", x.sample()).batch(x.count()));
  const std::size_t pixels = extent_of(x.sample()).area();
  const real fraction = 1 / static_cast<real>(pixels);
  parallel_for(x.groups(), [&](std::size_t group) {
    const std::size_t first = group * lanes;  // the group's first image
    const std::size_t images = std::min(lanes, x.count() - first);
    for (std::size_t c = 0; c < y.columns(); ++c) {
      const real* const channel = x.group(group) + c * pixels * lanes;
      Simd sum{};
      for (std::size_t i = 0; i < pixels; ++i) sum += simd_load(channel + i * lanes);
      const Simd mean = sum * fraction;
      for (std::size_t b = 0; b < images; ++b) y(first + b, c) = mean[b];
    }
  });
  return y;
}

Tensor GlobalAveragePool::predict(const Tensor& x) {
  if (!are_few_images(x)) return predict(InterleavedImages{x});
  const Shape sample = x.shape().sample();
  Tensor y = Tensor::uninitialized(Shape{x.rows(), sample[0]});
  const std::size_t pixels = extent_of(sample).area();
  const real fraction = 1 / static_cast<real>(pixels);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const real* const channel = x.data() + i * pixels;
    y.data()[i] = std::accumulate(channel, channel + pixels, real{0}) * fraction;
  }
  return y;
}

Tensor GlobalAveragePool::forward(const InterleavedImages& x) {
  Tensor y = predict(x);
  input_ = x.shape();
  return y;
}

InterleavedImages GlobalAveragePool::backward(const Tensor& dy) const {
  check_backward("GlobalAveragePool", dy.shape(),
                 input_.rank() == 0 ? Shape{} : Shape{input_[0], input_[1]});
  InterleavedImages dx{dy.rows(), input_.sample()};
  const std::size_t pixels = extent_of(dx.sample()).area();
  const real fraction = 1 / static_cast<real>(pixels);
  parallel_for(dx.groups(), [&](std::size_t group) {
    const std::size_t first = group * lanes;
    const std::size_t images = std::min(lanes, dy.rows() - first);
    for (std::size_t c = 0; c < dy.columns(); ++c) {
      Simd each{};
      for (std::size_t b = 0; b < images; ++b) each[b] = dy(first + b, c) * fraction;
      real* const channel = dx.group(group) + c * pixels * lanes;
      for (std::size_t i = 0; i < pixels; ++i) simd_store(channel + i * lanes, each);
    }
  });
  return dx;
}

}  // namespace nn
