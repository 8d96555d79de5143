/// @file
/// @brief Initializers: the weights at the start of training.
module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>

export module nn.initializers;

import nn.checks;
export import nn.layer;
export import nn.random;
export import nn.tensor;

export namespace nn {

/// The shape of the distribution that weights are drawn from; its mean is 0.
enum class Distribution { normal, uniform };

}  // namespace nn

namespace nn::detail {

/// Rejects a fan of 0, because the variance divides by it.
inline void check_fan(const char* initializer, std::size_t connections) {
  if (connections > 0) return;
  throw std::invalid_argument(
      fmt::format("nn::{}: a unit has 0 connections, expected at least 1", initializer));
}

/// Fills weights with numbers of mean 0 and a given variance: N(0, σ) with σ² = variance, or
/// U(−c, c), whose variance is c²/3.
// [fill]
inline void fill(Tensor& weights, Random& random, Distribution distribution, double variance) {
  const double deviation = std::sqrt(variance);
  const double bound = std::sqrt(3 * variance);
  for (real& w : weights.values()) {
    w = static_cast<real>(distribution == Distribution::normal ? random.normal(0, deviation)
                                                               : random.uniform(-bound, bound));
  }
}
// [/fill]

}  // namespace nn::detail

export namespace nn {

/// He (Kaiming) initialization, for layers followed by ReLU: weights with variance 2 / n_in, where
/// the 2 compensates for the half of the signal that ReLU cuts off. Normal, with standard deviation
/// √(2 / n_in); or uniform, with bound √(6 / n_in).
///
/// Source: He, Zhang, Ren & Sun (2015), "Delving deep into rectifiers".
class He {
 public:
  /// @param random The source of the numbers; must outlive this object.
  /// @param distribution Normal or uniform.
  explicit He(Random& random, Distribution distribution = Distribution::normal)
      : random_{&random}, distribution_{distribution} {}

  /// Fills the weights of a layer.
  /// @param weights All overwritten.
  /// @param fan The layer's connections: n_in is fan.in, at least 1.
  /// @throws std::invalid_argument if n_in is 0.
  void operator()(Tensor& weights, Fan fan) const {
    detail::check_fan("He", fan.in);
    detail::fill(weights, *random_, distribution_, 2.0 / static_cast<double>(fan.in));
  }

 private:
  Random* random_;
  Distribution distribution_;
};

/// Glorot (Xavier) initialization, for layers followed by tanh or softmax: weights with variance
/// 2 / (n_in + n_out), a compromise between preserving the size of signals forward and that of
/// gradients backward. Uniform, with bound √(6 / (n_in + n_out)); or normal, with standard
/// deviation √(2 / (n_in + n_out)).
///
/// Source: Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward
/// neural networks".
class Glorot {
 public:
  /// @param random The source of the numbers; must outlive this object.
  /// @param distribution Uniform or normal.
  explicit Glorot(Random& random, Distribution distribution = Distribution::uniform)
      : random_{&random}, distribution_{distribution} {}

  /// Fills the weights of a layer.
  /// @param weights All overwritten.
  /// @param fan The layer's connections: n_in is fan.in, n_out is fan.out, together at least 1.
  /// @throws std::invalid_argument if both are 0.
  void operator()(Tensor& weights, Fan fan) const {
    detail::check_fan("Glorot", fan.in + fan.out);
    detail::fill(weights, *random_, distribution_, 2.0 / static_cast<double>(fan.in + fan.out));
  }

 private:
  Random* random_;
  Distribution distribution_;
};

/// Weights from a normal distribution, whatever the size of the layer.
class RandomNormal {
 public:
  /// @param random The source of the numbers; must outlive this object.
  /// @param deviation The standard deviation (not the variance), 0 or more.
  /// @param mean The mean.
  /// @throws std::invalid_argument if the deviation is negative, or either is not finite.
  explicit RandomNormal(Random& random, double deviation = 0.05, double mean = 0)
      : random_{&random}, deviation_{deviation}, mean_{mean} {
    check_not_negative("RandomNormal", "deviation", deviation);
    if (!std::isfinite(mean)) refuse_option("RandomNormal", "mean", mean, "a finite number");
  }

  /// Fills the weights, whatever the fan.
  /// @param weights All overwritten.
  void operator()(Tensor& weights, Fan /*fan*/) const {
    for (real& w : weights.values()) w = static_cast<real>(random_->normal(mean_, deviation_));
  }

 private:
  Random* random_;
  double deviation_;
  double mean_;
};

/// Weights from a uniform distribution over [low, high), whatever the size of the layer.
class RandomUniform {
 public:
  /// @param random The source of the numbers; must outlive this object.
  /// @param low The lower bound.
  /// @param high The upper bound, at least low.
  /// @throws std::invalid_argument if high is below low, or either is not finite.
  explicit RandomUniform(Random& random, double low = -0.05, double high = 0.05)
      : random_{&random}, low_{low}, high_{high} {
    if (!(low <= high && std::isfinite(high - low))) {
      throw std::invalid_argument(
          fmt::format("nn::RandomUniform: low is {} and high is {}, expected finite numbers with "
                      "low below high",
                      low, high));
    }
  }

  /// Fills the weights, whatever the fan.
  /// @param weights All overwritten.
  void operator()(Tensor& weights, Fan /*fan*/) const {
    for (real& w : weights.values()) w = static_cast<real>(random_->uniform(low_, high_));
  }

 private:
  Random* random_;
  double low_;
  double high_;
};

/// The same value for every weight. The units of such a layer are equal, and training keeps them
/// equal, so use it only for demonstrations or for a layer with one unit.
class Constant {
 public:
  /// @param value The value of every weight.
  explicit Constant(real value) : value_{value} {}

  /// Fills the weights, whatever the fan.
  /// @param weights All overwritten.
  void operator()(Tensor& weights, Fan /*fan*/) const { weights.fill(value_); }

 private:
  real value_;
};

}  // namespace nn
