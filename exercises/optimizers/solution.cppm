/// @file
/// @brief Exercise 5: gradient descent, momentum and Adam.
module;

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

export module mine.optimizers;

import exercises.todo;
export import nn.descent;

export namespace mine {

using namespace nn;

/// A tensor of zeros for each parameter, in the same order.
std::vector<Tensor> zeros_like(std::span<Parameter* const> parameters) {
  std::vector<Tensor> zeros;
  for (const Parameter* parameter : parameters) zeros.emplace_back(parameter->value.shape());
  return zeros;
}

/// Plain gradient descent: θ ← θ − η g.
class GradientDescent {
 public:
  explicit GradientDescent(real learning_rate) : eta_{learning_rate} {}

  /// Updates each parameter's `value` (θ) by its `gradient` (g).
  void step(std::span<Parameter* const> parameters) {
    for (Parameter* parameter : parameters) {
      const std::span<real> theta = parameter->value.values();
      const std::span<const real> g = parameter->gradient.values();
      // [todo GradientDescent::step]
      for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= eta_ * g[i];
      // [/todo]
    }
  }

  real learning_rate() const { return eta_; }
  void set_learning_rate(real rate) { eta_ = rate; }
  std::string name() const { return "my GradientDescent"; }

 private:
  real eta_;
};

/// Gradient descent with momentum: u ← μ u + g, then θ ← θ − η u. The velocity u is 0 at first.
class Momentum {
 public:
  explicit Momentum(real learning_rate, real momentum = 0.9F)
      : eta_{learning_rate}, mu_{momentum} {}

  void step(std::span<Parameter* const> parameters) {
    if (velocities_.empty()) velocities_ = zeros_like(parameters);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const std::span<real> theta = parameters[k]->value.values();
      const std::span<const real> g = parameters[k]->gradient.values();
      const std::span<real> u = velocities_[k].values();
      // [todo Momentum::step]
      for (std::size_t i = 0; i < theta.size(); ++i) {
        u[i] = mu_ * u[i] + g[i];
        theta[i] -= eta_ * u[i];
      }
      // [/todo]
    }
  }

  real learning_rate() const { return eta_; }
  void set_learning_rate(real rate) { eta_ = rate; }
  std::string name() const { return "my Momentum"; }

 private:
  real eta_;
  real mu_;
  std::vector<Tensor> velocities_;
};

/// Adam. With t = 1 in the first step:
///
///     m ← β₁ m + (1 − β₁) g        m̂ = m / (1 − β₁ᵗ)
///     v ← β₂ v + (1 − β₂) g²       v̂ = v / (1 − β₂ᵗ)       θ ← θ − η m̂ / (√v̂ + ε)
class Adam {
 public:
  explicit Adam(real learning_rate, real beta1 = 0.9F, real beta2 = 0.999F, real epsilon = 1e-8F)
      : eta_{learning_rate}, beta1_{beta1}, beta2_{beta2}, epsilon_{epsilon} {}

  void step(std::span<Parameter* const> parameters) {
    if (means_.empty()) {
      means_ = zeros_like(parameters);
      mean_squares_ = zeros_like(parameters);
    }
    // [todo Adam::step]
    ++steps_;
    const real correction1 = 1 - std::pow(beta1_, static_cast<real>(steps_));
    const real correction2 = 1 - std::pow(beta2_, static_cast<real>(steps_));
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const std::span<real> theta = parameters[k]->value.values();
      const std::span<const real> g = parameters[k]->gradient.values();
      const std::span<real> m = means_[k].values();
      const std::span<real> v = mean_squares_[k].values();
      for (std::size_t i = 0; i < theta.size(); ++i) {
        m[i] = beta1_ * m[i] + (1 - beta1_) * g[i];
        v[i] = beta2_ * v[i] + (1 - beta2_) * g[i] * g[i];
        theta[i] -= eta_ * (m[i] / correction1) / (std::sqrt(v[i] / correction2) + epsilon_);
      }
    }
    // [/todo]
  }

  real learning_rate() const { return eta_; }
  void set_learning_rate(real rate) { eta_ = rate; }
  std::string name() const { return "my Adam"; }

 private:
  real eta_;
  real beta1_;
  real beta2_;
  real epsilon_;
  std::vector<Tensor> means_;         // m, one tensor for each parameter
  std::vector<Tensor> mean_squares_;  // v
  int steps_ = 0;                     // t
};

static_assert(Optimizer<GradientDescent> && Optimizer<Momentum> && Optimizer<Adam>);

}  // namespace mine
