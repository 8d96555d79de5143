module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
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

LayerNorm::LayerNorm(std::size_t features, const Options& options)
    : scale_{"weight", Tensor{Shape{checked_features("LayerNorm", features)}, real{1}}},
      shift_{"bias", Tensor{Shape{features}}},
      options_{options} {
  check_positive("LayerNorm", "epsilon", double{options.epsilon});
}

std::string LayerNorm::name() const { return fmt::format("LayerNorm {}", features()); }

Shape LayerNorm::output_shape(const Shape& sample) const {
  check_weights(scale_.value);
  if (sample.rank() != 0 && sample[sample.rank() - 1] != features()) {
    throw std::invalid_argument(fmt::format("expects a last axis of length {}", features()));
  }
  return sample;
}

namespace {

/// Calls body(row) for every row. A row is little work, so a round of the loop takes several.
template <class Body>
void for_each_row(std::size_t rows, std::size_t columns, const Body& body) {
  const std::size_t block = 8192 / columns + 1;
  parallel_for((rows + block - 1) / block, [&](std::size_t round) {
    const std::size_t end = std::min(rows, (round + 1) * block);
    for (std::size_t row = round * block; row < end; ++row) body(row);
  });
}

}  // namespace

Tensor LayerNorm::normalized(const Tensor& x, Statistics* kept) const {
  check_weights(scale_.value, "LayerNorm");
  if (x.rank() < 2 || x.shape()[x.rank() - 1] != features()) {
    throw std::invalid_argument(
        fmt::format("nn::LayerNorm: input has shape {}, expected (B, {}) or (B, …, {})",
                    to_string(x.shape()), features(), features()));
  }
  const std::size_t rows = x.size() / features();
  if (kept != nullptr) {
    *kept = {Tensor::uninitialized(Shape{rows}), Tensor::uninitialized(Shape{rows})};
  }
  Tensor y = Tensor::uninitialized(x.shape());
  const real* const values = x.data();
  const real* const gamma = scale_.value.data();
  const real* const beta = shift_.value.data();
  for_each_row(rows, features(), [&](std::size_t row) {
    const Strip strip = strip_of_row(row, features());
    const auto [mean, variance] = moments_of(strip, values, static_cast<real>(features()));
    const Simd inverse = inverse_deviation(variance, options_.epsilon);
    write_strip(strip, y.data(), [&](std::size_t i) {
      const std::size_t j = i - strip.first;
      return scaled(simd_load(values + i), mean, simd_load(gamma + j) * inverse,
                    simd_load(beta + j));
    });
    if (kept != nullptr) {
      store_features(strip, kept->mean, mean);
      store_features(strip, kept->inverse_deviation, inverse);
    }
  });
  return y;
}

Tensor LayerNorm::forward(Tensor x) {
  Tensor y = normalized(x, &statistics_);
  input_ = std::move(x);
  return y;
}

Tensor LayerNorm::predict(const Tensor& x) const { return normalized(x, nullptr); }

/// The gradients of scale and shift: sums over all rows in order, for a vector of columns at a
/// time.
void LayerNorm::parameter_gradients(const Tensor& dy) {
  const Shape rows{dy.size() / features(), features()};
  parallel_for(strips_of(rows), [&](std::size_t index) {
    const Strip strip = strip_of(rows, index);
    Simd dbeta{};
    Simd dgamma{};
    for (std::size_t row = 0; row < rows[0]; ++row) {
      const std::size_t i = strip.first + row * strip.step;
      const Simd x_hat = (simd_load(input_.data() + i) - statistics_.mean(row)) *
                         statistics_.inverse_deviation(row);
      dbeta += simd_load(dy.data() + i);
      dgamma += simd_load(dy.data() + i) * x_hat;
    }
    store_features(strip, shift_.gradient, dbeta);
    store_features(strip, scale_.gradient, dgamma);
  });
}

Tensor LayerNorm::backward(const Tensor& dy) {
  check_backward("LayerNorm", dy.shape(), input_.shape());
  parameter_gradients(dy);
  Tensor dx = Tensor::uninitialized(dy.shape());
  const auto n = static_cast<real>(features());
  for_each_row(dy.size() / features(), features(), [&](std::size_t row) {
    const Strip strip = strip_of_row(row, features());
    const real mean = statistics_.mean(row);
    const real inverse = statistics_.inverse_deviation(row);
    const auto x_hat = [&](std::size_t i) {
      return (simd_load(input_.data() + i) - mean) * inverse;
    };
    const auto g = [&](std::size_t i) {
      return simd_load(dy.data() + i) * simd_load(scale_.value.data() + (i - strip.first));
    };
    const auto [sum, sum_of_products] =
        sums_over(strip, [&](std::size_t i) { return Sums{g(i), g(i) * x_hat(i)}; });
    const Simd of_mean = sum / n;
    const Simd of_deviation = sum_of_products / n;
    write_strip(strip, dx.data(), [&](std::size_t i) {
      return inverse * (g(i) - of_mean - x_hat(i) * of_deviation);
    });
  });
  return dx;
}

}  // namespace nn
