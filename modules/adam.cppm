/// @file
/// @brief Adam and its relatives: a learning rate for every parameter.
module;

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

export module nn.adam;

import nn.descent;
export import nn.layer;
import nn.parallel;
export import nn.tensor;

export namespace nn {

/// RMSProp divides every step by the recent size of its gradient, so that steep and flat directions
/// move alike: v ← α v + (1 − α) g², θ ← θ − η g / (√v + ε).
///
/// Source: Tieleman & Hinton (2012), lecture 6.5 of "Neural networks for machine learning".
class RMSProp {
 public:
  struct Options {
    real learning_rate = real(0.01);  ///< η, 0 or more.
    real alpha = real(0.99);          ///< α, how slowly v forgets, in [0, 1).
    real epsilon = real(1e-8);        ///< ε against division by 0; 0 takes that risk.
    real weight_decay = 0;            ///< λ, added to the gradient as λ θ, 0 or more.
  };

  RMSProp() = default;

  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit RMSProp(const Options& options) : options_{options} {
    check_option(name(), "learning rate", options_.learning_rate);
    check_option(name(), "alpha", options_.alpha, 1);
    check_option(name(), "epsilon", options_.epsilon);
    check_option(name(), "weight decay", options_.weight_decay);
  }

  /// @return `RMSProp`.
  [[nodiscard]] static std::string name() { return "RMSProp"; }
  /// η, the learning rate.
  [[nodiscard]] real learning_rate() const { return options_.learning_rate; }
  /// Changes η, from the next step on.
  /// @param rate 0 or more.
  /// @throws std::invalid_argument if it is negative or not a finite number.
  void set_learning_rate(real rate) {
    check_option(name(), "learning rate", rate);
    options_.learning_rate = rate;
  }

  /// One step, every parameter at its own pace.
  /// @param parameters Values and gradients, the same list at every step.
  /// @throws std::invalid_argument if they differ in number or shape from those of the step before.
  void step(std::span<Parameter* const> parameters) {
    const real eta = options_.learning_rate;
    const real alpha = options_.alpha;
    const real epsilon = options_.epsilon;
    const real lambda = options_.weight_decay;
    mean_square_.prepare(name(), parameters);
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const std::span<real> theta = parameters[p]->value.values();
      const std::span<const real> g = parameters[p]->gradient.values();
      const std::span<real> v = mean_square_[p];
      parallel_parts(theta.size(), [=](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          const real gradient = g[i] + lambda * theta[i];
          v[i] = alpha * v[i] + (1 - alpha) * gradient * gradient;
          theta[i] -= eta * gradient / (std::sqrt(v[i]) + epsilon);
        }
      });
    }
  }

  /// @param parameters All that it steps on.
  /// @return `mean_square.0`, `mean_square.1`, …: v of every parameter.
  /// @throws std::invalid_argument if they differ in number or shape from those of a step before.
  [[nodiscard]] std::vector<State> state(std::span<Parameter* const> parameters) {
    mean_square_.prepare(name(), parameters);
    std::vector<State> states;
    append_state(states, "mean_square", mean_square_.state());
    return states;
  }

 private:
  Options options_;
  Memory mean_square_;
};

/// Adam: momentum and RMSProp together, each corrected for having started at 0.
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ),
/// θ ← θ − η m̂ / (√v̂ + ε). Weight decay is added to the gradient, g + λ θ.
///
/// Source: Kingma & Ba (2015), "Adam: a method for stochastic optimization", algorithm 1.
class Adam {
 public:
  struct Options {
    real learning_rate = real(1e-3);  ///< η, 0 or more.
    real beta1 = real(0.9);           ///< β₁, how slowly m forgets, in [0, 1).
    real beta2 = real(0.999);         ///< β₂, how slowly v forgets, in [0, 1).
    real epsilon = real(1e-8);        ///< ε against division by 0; 0 takes that risk.
    real weight_decay = 0;            ///< λ, added to the gradient as λ θ, 0 or more.
  };

  Adam() = default;

  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit Adam(const Options& options) : Adam{options, "Adam", false} {}

  /// @return `Adam`; of an AdamW, `AdamW`.
  [[nodiscard]] std::string name() const { return name_; }
  /// η, the learning rate.
  [[nodiscard]] real learning_rate() const { return options_.learning_rate; }
  /// Changes η, from the next step on.
  /// @param rate 0 or more.
  /// @throws std::invalid_argument if it is negative or not a finite number.
  void set_learning_rate(real rate) {
    check_option(name_, "learning rate", rate);
    options_.learning_rate = rate;
  }

  /// One step, every parameter at its own pace.
  /// @param parameters Values and gradients, the same list at every step.
  /// @throws std::invalid_argument if they differ in number or shape from those of the step before.
  void step(std::span<Parameter* const> parameters) {
    mean_.prepare(name_, parameters);
    mean_square_.prepare(name_, parameters);
    ++t_;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      update(parameters[p]->value.values(), parameters[p]->gradient.values(), mean_[p],
             mean_square_[p]);
    }
  }

  /// @param parameters All that it steps on.
  /// @return t, and m and v of every parameter: `mean.0`, …, `mean_square.0`, ….
  /// @throws std::invalid_argument if they differ in number or shape from those of a step before.
  [[nodiscard]] std::vector<State> state(std::span<Parameter* const> parameters) {
    mean_.prepare(name_, parameters);
    mean_square_.prepare(name_, parameters);
    std::vector<State> states{counter_state("t", t_)};
    append_state(states, "mean", mean_.state());
    append_state(states, "mean_square", mean_square_.state());
    return states;
  }

 protected:
  Adam(const Options& options, const char* name, bool decoupled)
      : options_{options}, name_{name}, decoupled_{decoupled} {
    check_option(name_, "learning rate", options_.learning_rate);
    check_option(name_, "beta1", options_.beta1, 1);
    check_option(name_, "beta2", options_.beta2, 1);
    check_option(name_, "epsilon", options_.epsilon);
    check_option(name_, "weight decay", options_.weight_decay);
  }

 private:
  // [update]
  void update(std::span<real> theta, std::span<const real> g, std::span<real> m,
              std::span<real> v) const {
    const real eta = options_.learning_rate;
    const real beta1 = options_.beta1;
    const real beta2 = options_.beta2;
    const real epsilon = options_.epsilon;
    const auto t = static_cast<double>(t_);
    const auto correction1 = static_cast<real>(1 / (1 - std::pow(double{beta1}, t)));
    const auto correction2 = static_cast<real>(1 / (1 - std::pow(double{beta2}, t)));
    const real l2 = decoupled_ ? 0 : options_.weight_decay;
    const real keep = decoupled_ ? 1 - eta * options_.weight_decay : 1;
    parallel_parts(theta.size(), [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const real gradient = g[i] + l2 * theta[i];
        m[i] = beta1 * m[i] + (1 - beta1) * gradient;
        v[i] = beta2 * v[i] + (1 - beta2) * gradient * gradient;
        const real m_hat = m[i] * correction1;
        const real v_hat = v[i] * correction2;
        theta[i] = keep * theta[i] - eta * m_hat / (std::sqrt(v_hat) + epsilon);
      }
    });
  }
  // [/update]

  Options options_;
  const char* name_ = "Adam";
  bool decoupled_ = false;
  Memory mean_;
  Memory mean_square_;
  std::uint64_t t_ = 0;
};

/// Adam with decoupled weight decay: θ shrinks by η λ θ beside the step instead of through the
/// gradient, where v would divide the decay away just for the weights that move most.
///
/// Source: Loshchilov & Hutter (2019), "Decoupled weight decay regularization", algorithm 2.
class AdamW : public Adam {
 public:
  struct Options {
    real learning_rate = real(1e-3);  ///< η, 0 or more.
    real beta1 = real(0.9);           ///< β₁, how slowly m forgets, in [0, 1).
    real beta2 = real(0.999);         ///< β₂, how slowly v forgets, in [0, 1).
    real epsilon = real(1e-8);        ///< ε against division by 0; 0 takes that risk.
    real weight_decay = real(0.01);   ///< λ, 0 or more.
  };

  AdamW() : AdamW{Options{}} {}

  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit AdamW(const Options& options)
      : Adam{{.learning_rate = options.learning_rate,
              .beta1 = options.beta1,
              .beta2 = options.beta2,
              .epsilon = options.epsilon,
              .weight_decay = options.weight_decay},
             "AdamW",
             true} {}
};

}  // namespace nn
