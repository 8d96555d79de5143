module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

module nn.normalization;

import nn.parallel;
import nn.vector;

namespace nn {

namespace {

std::size_t checked_features(std::string_view layer, std::size_t features) {
  if (features > 0) return features;
  throw std::invalid_argument(fmt::format("nn::{}: 0 features, expected at least 1", layer));
}

void check_epsilon(std::string_view layer, real epsilon) {
  if (epsilon > 0 && std::isfinite(epsilon)) return;
  throw std::invalid_argument(
      fmt::format("nn::{}: epsilon is {}, expected more than 0", layer, epsilon));
}

// Whatever is normalised together is a strip of vectors. In rows a vector holds neighbouring
// columns, each lane a feature by itself; in images (nn.images) and within a sample all lanes are
// values of the same feature, or of the same sample. The algebra is that of vectors either way; the
// one difference is whether a sum goes over the lanes too.

/// Where the vectors of one strip stand.
struct Strip {
  std::size_t first;       ///< The place of the first vector.
  std::size_t groups;      ///< How many groups of vectors.
  std::size_t group_step;  ///< From one group to the next.
  std::size_t vectors;     ///< How many in a group.
  std::size_t step;        ///< From one vector to the next.
  std::size_t counted;     ///< The lanes that hold values, in the last group; in others all do.
  std::size_t stored;      ///< The lanes that may be written, in the last group.
  std::size_t feature;     ///< The feature of the first lane.
  bool is_joined;          ///< Whether all lanes are values of the same.
};

std::size_t vectors_of(std::size_t values) { return (values + lanes - 1) / lanes; }

/// How many strips a batch for BatchNorm has: one for each channel, or for a vector of columns.
std::size_t strips_of(const Shape& shape) {
  return shape.rank() == 2 ? vectors_of(shape[1]) : shape[1];
}

Strip strip_of(const Shape& shape, std::size_t index) {
  if (shape.rank() == 2) {
    const std::size_t used = std::min(lanes, shape[1] - index * lanes);
    return {.first = index * lanes,
            .groups = 1,
            .group_step = 0,
            .vectors = shape[0],
            .step = shape[1],
            .counted = used,
            .stored = used,
            .feature = index * lanes,
            .is_joined = false};
  }
  const std::size_t pixels = shape[2] * shape[3];
  return {.first = index * pixels * lanes,
          .groups = vectors_of(shape[0]),
          .group_step = shape[1] * pixels * lanes,
          .vectors = pixels,
          .step = lanes,
          .counted = (shape[0] - 1) % lanes + 1,
          .stored = lanes,
          .feature = index,
          .is_joined = true};
}

/// One row of a batch for LayerNorm; the lanes behind its end are those of another row.
Strip row_of(std::size_t index, std::size_t columns) {
  const std::size_t used = (columns - 1) % lanes + 1;
  return {.first = index * columns,
          .groups = vectors_of(columns),
          .group_step = lanes,
          .vectors = 1,
          .step = lanes,
          .counted = used,
          .stored = used,
          .feature = index,
          .is_joined = true};
}

/// The numbers that belong to a strip: one for all lanes, or one for each.
Vector values_for(const Strip& strip, const Tensor& tensor) {
  const real* const from = tensor.data() + strip.feature;
  return strip.is_joined ? Vector{} + *from : load(from);
}

void set_values_for(const Strip& strip, Tensor& tensor, const Vector& values) {
  const std::size_t count = strip.is_joined ? 1 : strip.stored;
  std::memcpy(tensor.data() + strip.feature, &values, count * sizeof(real));
}

/// Writes value(place) at all places of a strip.
template <class Value>
void write(const Strip& strip, real* to, const Value& value) {
  for (std::size_t g = 0; g < strip.groups; ++g) {
    const std::size_t first = strip.first + g * strip.group_step;
    const bool whole = g + 1 < strip.groups || strip.stored == lanes;
    for (std::size_t v = 0; v < strip.vectors; ++v) {
      const std::size_t place = first + v * strip.step;
      const Vector y = value(place);
      if (whole) {
        store(to + place, y);
      } else {
        std::memcpy(to + place, &y, strip.stored * sizeof(real));
      }
    }
  }
}

/// Two sums at once.
using Sums = std::array<Vector, 2>;

void add(Sums& sums, const Sums& terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += terms[i];
}

/// The sums over one group. Every fourth vector goes to the same sum, so that an addition need not
/// wait for the one before it.
template <class Terms>
Sums group_sums(const Strip& strip, std::size_t first, const Terms& terms) {
  std::array<Sums, 4> sums{};
  std::size_t v = 0;
  for (; v + sums.size() <= strip.vectors; v += sums.size()) {
    for (std::size_t i = 0; i < sums.size(); ++i) add(sums[i], terms(first + (v + i) * strip.step));
  }
  for (; v < strip.vectors; ++v) add(sums[0], terms(first + v * strip.step));
  add(sums[0], sums[1]);
  add(sums[2], sums[3]);
  add(sums[0], sums[2]);
  return sums[0];
}

/// The sums of terms(place) over a strip, always in the same order.
template <class Terms>
Sums sums_over(const Strip& strip, const Terms& terms) {
  Vector is_counted{};
  for (std::size_t lane = 0; lane < strip.counted; ++lane) is_counted[lane] = 1;
  Sums sums{};
  for (std::size_t g = 0; g < strip.groups; ++g) {
    Sums group = group_sums(strip, strip.first + g * strip.group_step, terms);
    if (g + 1 == strip.groups) {
      for (Vector& sum : group) sum = is_counted != 0 ? sum : Vector{};
    }
    add(sums, group);
  }
  if (strip.is_joined) {
    for (Vector& sum : sums) sum = Vector{} + total(sum);
  }
  return sums;
}

// [moments]
struct Moments {
  Vector mean;
  Vector variance;
};

/// Mean and biased variance of a strip's values. Taken from Σ x² the variance would be the small
/// difference of large numbers; so the mean is subtracted first. Its own rounding is mended by the
/// mean of what remains (the corrected two-pass algorithm).
Moments moments_of(const Strip& strip, const real* x, real n) {
  const Vector rough =
      sums_over(strip, [=](std::size_t i) { return Sums{load(x + i), Vector{}}; })[0] / n;
  const auto [rest, squares] = sums_over(strip, [=](std::size_t i) {
    const Vector distance = load(x + i) - rough;
    return Sums{distance, distance * distance};
  });
  const Vector mended = rest / n;
  const Vector variance = squares / n - mended * mended;
  return {.mean = rough + mended, .variance = variance < 0 ? Vector{} : variance};
}
// [/moments]

/// 1 / √(σ² + ε).
Vector inverse_deviation(const Vector& variance, real epsilon) {
  Vector inverse;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    inverse[lane] = 1 / std::sqrt(variance[lane] + epsilon);
  }
  return inverse;
}

/// y = (x − mean) factor + shift; factor is γ / √(σ² + ε).
template <class Number>
Number scaled(const Number& x, const Number& mean, const Number& factor, const Number& shift) {
  return (x - mean) * factor + shift;
}

}  // namespace

// ------------------------------------------------------------------------- batch normalisation

BatchNorm::BatchNorm(std::size_t features, const Options& options)
    : weights_{"weight", Tensor{Shape{checked_features("BatchNorm", features)}, real{1}}},
      biases_{"bias", Tensor{Shape{features}}},
      options_{options},
      running_mean_{Shape{features}},
      running_variance_{Shape{features}, real{1}},
      mean_{Shape{features}},
      inverse_deviation_{Shape{features}} {
  check_epsilon("BatchNorm", options.epsilon);
  if (!(options.momentum > 0 && options.momentum <= 1)) {
    throw std::invalid_argument(fmt::format(
        "nn::BatchNorm: momentum is {}, expected more than 0 and at most 1", options.momentum));
  }
}

std::string BatchNorm::name() const { return fmt::format("BatchNorm {}", features()); }

Shape BatchNorm::output_shape(const Shape& sample) const {
  check_weights(weights_.value);
  const bool fits = sample.rank() == 1 || sample.rank() == 3;
  if (sample.rank() != 0 && !(fits && sample[0] == features())) {
    throw std::invalid_argument(fmt::format("expects {} columns or channels", features()));
  }
  return sample;
}

void BatchNorm::check(const Shape& input) const {
  check_weights(weights_.value, "BatchNorm");
  const bool fits = input.rank() == 2 || input.rank() == 4;
  if (fits && input[1] == features()) return;
  throw std::invalid_argument(
      fmt::format("nn::BatchNorm: input has shape {}, expected (B, {}) or (B, {}, H, W)",
                  to_string(input), features(), features()));
}

Tensor BatchNorm::forward(Tensor x, const Shape& shape) {
  check(shape);
  const std::size_t count = shape.size() / features();
  if (count == 1) {
    throw std::invalid_argument(fmt::format(
        "nn::BatchNorm: a training batch of shape {} has one value of each feature, expected at "
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
    const Vector inverse = inverse_deviation(variance, options_.epsilon);
    const Vector factor = values_for(strip, weights_.value) * inverse;
    const Vector shift = values_for(strip, biases_.value);
    write(strip, y.data(),
          [&](std::size_t i) { return scaled(load(values + i), mean, factor, shift); });
    set_values_for(strip, mean_, mean);
    set_values_for(strip, inverse_deviation_, inverse);
    const auto move = [&](Tensor& running, const Vector& latest) {
      const Vector before = values_for(strip, running);
      set_values_for(strip, running, before + options_.momentum * (latest - before));
    };
    move(running_mean_, mean);
    move(running_variance_, variance * (n / (n - 1)));
  });
  return y;
}

Tensor BatchNorm::predict(const Tensor& x, const Shape& shape) const {
  check(shape);
  Tensor y = Tensor::uninitialized(x.shape());
  parallel_for(strips_of(shape), [&](std::size_t index) {
    const Strip strip = strip_of(shape, index);
    const Vector mean = values_for(strip, running_mean_);
    const Vector factor = values_for(strip, weights_.value) *
                          inverse_deviation(values_for(strip, running_variance_), options_.epsilon);
    const Vector shift = values_for(strip, biases_.value);
    write(strip, y.data(),
          [&](std::size_t i) { return scaled(load(x.data() + i), mean, factor, shift); });
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
    const Vector mean = values_for(strip, mean_);
    const Vector inverse = values_for(strip, inverse_deviation_);
    // [backward]
    const auto x_hat = [&](std::size_t i) { return (load(x + i) - mean) * inverse; };
    const auto [dbeta, dgamma] = sums_over(strip, [&](std::size_t i) {
      const Vector g = load(gradient + i);
      return Sums{g, g * x_hat(i)};
    });
    set_values_for(strip, biases_.gradient, dbeta);
    set_values_for(strip, weights_.gradient, dgamma);
    const Vector factor = values_for(strip, weights_.value) * inverse;
    const Vector of_mean = dbeta / n;
    const Vector of_deviation = dgamma / n;
    write(strip, dx.data(), [&](std::size_t i) {
      return factor * (load(gradient + i) - of_mean - x_hat(i) * of_deviation);
    });
    // [/backward]
  });
  return dx;
}

Tensor BatchNorm::forward(Tensor x) {
  const Shape shape = x.shape();
  if (shape.rank() == 4) return forward(Images{x});
  return forward(std::move(x), shape);
}

Tensor BatchNorm::predict(Tensor x) const {
  const Shape shape = x.shape();
  if (shape.rank() != 4) return predict(x, shape);
  if (!Signal::are_few(x)) return predict(Images{x});
  check(shape);
  const std::size_t pixels = shape[2] * shape[3];
  for (std::size_t c = 0; c < features(); ++c) {
    const real mean = running_mean_(c);
    const real factor =
        weights_.value(c) * (1 / std::sqrt(running_variance_(c) + options_.epsilon));
    const real shift = biases_.value(c);
    for (std::size_t b = 0; b < x.rows(); ++b) {
      real* const channel = x.row(b).data() + c * pixels;
      for (std::size_t i = 0; i < pixels; ++i) channel[i] = scaled(channel[i], mean, factor, shift);
    }
  }
  return x;
}

Tensor BatchNorm::backward(const Tensor& dy) {
  const Shape shape = dy.shape();
  if (shape.rank() == 4) return backward(Images{dy});
  return backward(dy, shape);
}

Images BatchNorm::forward(Images x) {
  x.values() = forward(std::move(x.values()), x.shape());
  return x;
}

Images BatchNorm::predict(Images x) const {
  x.values() = predict(x.values(), x.shape());
  return x;
}

Images BatchNorm::backward(Images dy) {
  dy.values() = backward(dy.values(), dy.shape());
  return dy;
}

// ------------------------------------------------------------------------- layer normalisation

LayerNorm::LayerNorm(std::size_t features, const Options& options)
    : weights_{"weight", Tensor{Shape{checked_features("LayerNorm", features)}, real{1}}},
      biases_{"bias", Tensor{Shape{features}}},
      options_{options} {
  check_epsilon("LayerNorm", options.epsilon);
}

std::string LayerNorm::name() const { return fmt::format("LayerNorm {}", features()); }

Shape LayerNorm::output_shape(const Shape& sample) const {
  check_weights(weights_.value);
  if (sample.rank() != 0 && sample[sample.rank() - 1] != features()) {
    throw std::invalid_argument(fmt::format("expects a last axis of {}", features()));
  }
  return sample;
}

namespace {

/// Calls body(row) for every row. One is little work, so a round takes several.
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
  check_weights(weights_.value, "LayerNorm");
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
  for_each_row(rows, features(), [&](std::size_t row) {
    const Strip strip = row_of(row, features());
    const auto [mean, variance] = moments_of(strip, x.data(), static_cast<real>(features()));
    const Vector inverse = inverse_deviation(variance, options_.epsilon);
    write(strip, y.data(), [&](std::size_t i) {
      const std::size_t j = i - strip.first;
      const Vector gamma = load(weights_.value.data() + j);
      return scaled(load(x.data() + i), mean, gamma * inverse, load(biases_.value.data() + j));
    });
    if (kept != nullptr) {
      set_values_for(strip, kept->mean, mean);
      set_values_for(strip, kept->inverse_deviation, inverse);
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

/// The sums over all rows, first to last, for a vector of columns at a time.
void LayerNorm::parameter_gradients(const Tensor& dy) {
  const Shape rows{dy.size() / features(), features()};
  parallel_for(strips_of(rows), [&](std::size_t index) {
    const Strip strip = strip_of(rows, index);
    Vector dbeta{};
    Vector dgamma{};
    for (std::size_t row = 0; row < rows[0]; ++row) {
      const std::size_t i = strip.first + row * strip.step;
      const Vector x_hat =
          (load(input_.data() + i) - statistics_.mean(row)) * statistics_.inverse_deviation(row);
      dbeta += load(dy.data() + i);
      dgamma += load(dy.data() + i) * x_hat;
    }
    set_values_for(strip, biases_.gradient, dbeta);
    set_values_for(strip, weights_.gradient, dgamma);
  });
}

Tensor LayerNorm::backward(const Tensor& dy) {
  check_backward("LayerNorm", dy.shape(), input_.shape());
  parameter_gradients(dy);
  Tensor dx = Tensor::uninitialized(dy.shape());
  const auto n = static_cast<real>(features());
  for_each_row(dy.size() / features(), features(), [&](std::size_t row) {
    const Strip strip = row_of(row, features());
    const real mean = statistics_.mean(row);
    const real inverse = statistics_.inverse_deviation(row);
    const auto x_hat = [&](std::size_t i) { return (load(input_.data() + i) - mean) * inverse; };
    const auto g = [&](std::size_t i) {
      return load(dy.data() + i) * load(weights_.value.data() + (i - strip.first));
    };
    const auto [sum, sum_of_products] =
        sums_over(strip, [&](std::size_t i) { return Sums{g(i), g(i) * x_hat(i)}; });
    const Vector of_mean = sum / n;
    const Vector of_deviation = sum_of_products / n;
    write(strip, dx.data(),
          [&](std::size_t i) { return inverse * (g(i) - of_mean - x_hat(i) * of_deviation); });
  });
  return dx;
}

}  // namespace nn
