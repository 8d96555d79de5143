module;

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

module nn.normalization;

import nn.checks;
import nn.parallel;
import nn.strips;
import nn.vector;

namespace nn {

BatchNorm::BatchNorm(std::size_t features, const Options& options)
    : scale_{"weight", Tensor{Shape{checked_features("BatchNorm", features)}, real{1}}},
      shift_{"bias", Tensor{Shape{features}}},
      options_{options},
      running_mean_{Shape{features}},
      running_variance_{Shape{features}, real{1}},
      mean_{Shape{features}},
      inverse_deviation_{Shape{features}} {
  check_positive("BatchNorm", "epsilon", double{options.epsilon});
  if (!(options.momentum > 0 && options.momentum <= 1)) {
    refuse_option("BatchNorm", "momentum", double{options.momentum}, "above 0 and at most 1");
  }
}

std::string BatchNorm::name() const { return fmt::format("BatchNorm {}", features()); }

Shape BatchNorm::output_shape(const Shape& sample) const {
  check_weights(scale_.value);
  const bool fits = sample.rank() == 1 || sample.rank() == 3;
  if (sample.rank() != 0 && !(fits && sample[0] == features())) {
    throw std::invalid_argument(fmt::format("expects {} columns or channels", features()));
  }
  return sample;
}

void BatchNorm::check(const Shape& input) const {
  check_weights(scale_.value, "BatchNorm");
  const bool fits = input.rank() == 2 || input.rank() == 4;
  if (fits && input[1] == features()) return;
  throw std::invalid_argument(
      fmt::format("nn::BatchNorm: input has shape {}, expected (B, {}) or (B, {}, H, W)",
                  to_string(input), features(), features()));
}

namespace {

/// Moves running statistics toward those of the latest batch, by the fraction momentum.
void move_towards(const Strip& strip, Tensor& running, const Simd& latest, real momentum) {
  const Simd before = load_features(strip, running);
  store_features(strip, running, before + momentum * (latest - before));
}

}  // namespace

Tensor BatchNorm::forward(Tensor x, const Shape& shape) {
  check(shape);
  const std::size_t count = shape.size() / features();
  if (count == 1) {
    throw std::invalid_argument(fmt::format(
        "nn::BatchNorm: a training batch of shape {} has one value per feature, expected at "
        "least 2",
        to_string(shape)));
  }
  input_ = std::move(x);
  shape_ = shape;
  Tensor y = Tensor::uninitialized(input_.shape());
  const real* const values = input_.data();
  const auto n = static_cast<real>(count);
  parallel_for(strips_of(shape), [&](std::size_t index) {
    const Strip strip = strip_of(shape, index);
    const auto [mean, variance] = moments_of(strip, values, n);
    const Simd inverse = inverse_deviation(variance, options_.epsilon);
    const Simd factor = load_features(strip, scale_.value) * inverse;
    const Simd shift = load_features(strip, shift_.value);
    write_strip(strip, y.data(),
                [&](std::size_t i) { return scaled(simd_load(values + i), mean, factor, shift); });
    store_features(strip, mean_, mean);
    store_features(strip, inverse_deviation_, inverse);
    move_towards(strip, running_mean_, mean, options_.momentum);
    move_towards(strip, running_variance_, variance * (n / (n - 1)), options_.momentum);
  });
  return y;
}

Tensor BatchNorm::predict(const Tensor& x, const Shape& shape) const {
  check(shape);
  Tensor y = Tensor::uninitialized(x.shape());
  parallel_for(strips_of(shape), [&](std::size_t index) {
    const Strip strip = strip_of(shape, index);
    const Simd mean = load_features(strip, running_mean_);
    const Simd factor =
        load_features(strip, scale_.value) *
        inverse_deviation(load_features(strip, running_variance_), options_.epsilon);
    const Simd shift = load_features(strip, shift_.value);
    write_strip(strip, y.data(), [&](std::size_t i) {
      return scaled(simd_load(x.data() + i), mean, factor, shift);
    });
  });
  return y;
}

Tensor BatchNorm::backward(const Tensor& dy, const Shape& shape) {
  check_backward("BatchNorm", shape, input_.empty() ? Shape{} : shape_);
  Tensor dx = Tensor::uninitialized(dy.shape());
  const real* const x = input_.data();
  const real* const gradient = dy.data();
  const std::size_t count = shape.size() / features();
  const auto n = static_cast<real>(count);
  parallel_for(strips_of(shape), [&](std::size_t index) {
    const Strip strip = strip_of(shape, index);
    const Simd mean = load_features(strip, mean_);
    const Simd inverse = load_features(strip, inverse_deviation_);
    // [backward]
    const auto x_hat = [&](std::size_t i) { return (simd_load(x + i) - mean) * inverse; };
    const auto [dbeta, dgamma] = sums_over(strip, [&](std::size_t i) {
      const Simd g = simd_load(gradient + i);
      return Sums{g, g * x_hat(i)};
    });
    store_features(strip, shift_.gradient, dbeta);
    store_features(strip, scale_.gradient, dgamma);
    const Simd factor = load_features(strip, scale_.value) * inverse;
    const Simd of_mean = dbeta / n;
    const Simd of_deviation = dgamma / n;
    write_strip(strip, dx.data(), [&](std::size_t i) {
      return factor * (simd_load(gradient + i) - of_mean - x_hat(i) * of_deviation);
    });
    // [/backward]
  });
  return dx;
}

Tensor BatchNorm::forward(Tensor x) {
  const Shape shape = x.shape();
  if (shape.rank() == 4) return forward(InterleavedImages{x});
  return forward(std::move(x), shape);
}

Tensor BatchNorm::predict(Tensor x) const {
  const Shape shape = x.shape();
  if (shape.rank() != 4) return predict(x, shape);
  if (!are_few_images(x)) return predict(InterleavedImages{x});
  check(shape);
  const std::size_t pixels = shape[2] * shape[3];
  for (std::size_t c = 0; c < features(); ++c) {
    const real mean = running_mean_(c);
    const real factor = scale_.value(c) * (1 / std::sqrt(running_variance_(c) + options_.epsilon));
    const real shift = shift_.value(c);
    for (std::size_t b = 0; b < x.rows(); ++b) {
      real* const channel = x.row(b).data() + c * pixels;
      for (std::size_t i = 0; i < pixels; ++i) channel[i] = scaled(channel[i], mean, factor, shift);
    }
  }
  return x;
}

Tensor BatchNorm::backward(const Tensor& dy) {
  const Shape shape = dy.shape();
  if (shape.rank() == 4) return backward(InterleavedImages{dy});
  return backward(dy, shape);
}

InterleavedImages BatchNorm::forward(InterleavedImages x) {
  x.values() = forward(std::move(x.values()), x.shape());
  return x;
}

InterleavedImages BatchNorm::predict(InterleavedImages x) const {
  x.values() = predict(x.values(), x.shape());
  return x;
}

InterleavedImages BatchNorm::backward(InterleavedImages dy) {
  dy.values() = backward(dy.values(), dy.shape());
  return dy;
}

}  // namespace nn
