/// @file
/// @brief Exercise 7: He's and Glorot's initializers.
module;

#include <cmath>
#include <span>

export module mine.initializers;

import exercises.todo;
export import nn.layer;
export import nn.random;

export namespace mine {

using namespace nn;

/// He's initializer, for layers before a ReLU: weights from a normal distribution with mean 0 and
/// variance 2 / fan.in.
class He {
 public:
  explicit He(Random& random) : random_{&random} {}

  /// Fills the weights. `random_->normal(mean, deviation)` draws a number; the deviation is the
  /// root of the variance.
  /// @param fan `fan.in` is the number of inputs of a unit, `fan.out` that of its outputs.
  void operator()(Tensor& weights, Fan fan) const {
    // [todo He]
    const double deviation = std::sqrt(2.0 / static_cast<double>(fan.in));
    for (real& w : weights.values()) w = static_cast<real>(random_->normal(0, deviation));
    // [/todo]
  }

 private:
  Random* random_;
};

/// Glorot's initializer, for layers before a tanh or the output: weights from a uniform
/// distribution with mean 0 and variance 2 / (fan.in + fan.out).
class Glorot {
 public:
  explicit Glorot(Random& random) : random_{&random} {}

  /// Fills the weights. `random_->uniform(low, high)` draws a number. The variance of the uniform
  /// distribution from −a to a is a² / 3.
  void operator()(Tensor& weights, Fan fan) const {
    // [todo Glorot]
    const double bound = std::sqrt(6.0 / static_cast<double>(fan.in + fan.out));
    for (real& w : weights.values()) w = static_cast<real>(random_->uniform(-bound, bound));
    // [/todo]
  }

 private:
  Random* random_;
};

static_assert(Initializer<He> && Initializer<Glorot>);

}  // namespace mine
