/// @file
/// @brief Adam and RMSProp: optimizers with a separate step size for every value.
module;

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

export module nn.adam;

import nn.checks;
export import nn.descent;

export namespace nn {

/// The rule of RMSProp, which divides every step by the recent size of its gradient, so that values
/// move at the same pace in steep and flat directions: v ← α v + (1 − α) g²,
/// θ ← θ − η g / (√v + ε).
///
/// This is PyTorch's form: ε is added to the root, and weight decay to the gradient, g + λ θ.
///
/// Source: Tieleman & Hinton (2012), lecture 6.5 of "Neural networks for machine learning".
struct RMSPropRule {
  real learning_rate = real(0.01);  ///< η, 0 or more.
  real alpha = real(0.99);          ///< α, the decay rate of v, in [0, 1).
  real epsilon = real(1e-8);        ///< ε against division by 0; 0 disables the safeguard.
  real weight_decay = 0;            ///< λ of the L2 penalty λ/2 ‖θ‖², 0 or more.

  /// What is kept for each parameter: v.
  static constexpr std::array<std::string_view, 1> slots{"mean_square"};
  /// @return `RMSProp`.
  [[nodiscard]] static constexpr std::string_view name() { return "RMSProp"; }
  /// @throws std::invalid_argument if an option is out of its range.
  void check() const {
    check_below_one(name(), "alpha", alpha);
    check_not_negative(name(), "epsilon", epsilon);
    check_not_negative(name(), "weight decay", weight_decay);
  }
  /// One step. @see UpdateRule
  /// @param theta θ.
  /// @param g The gradient.
  /// @param v The running mean of its square.
  void update(std::span<real> theta, std::span<const real> g, std::span<real> v) const {
    const real eta = learning_rate;
    const real a = alpha;
    const real eps = epsilon;
    const real lambda = weight_decay;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const real gradient = g[i] + lambda * theta[i];
      v[i] = a * v[i] + (1 - a) * gradient * gradient;
      theta[i] -= eta * gradient / (std::sqrt(v[i]) + eps);
    }
  }
};

/// RMSProp: `RMSProp{{.alpha = 0.9F}}`. @see RMSPropRule
using RMSProp = RuleOptimizer<RMSPropRule>;

/// The rule of Adam: momentum and RMSProp together, each with a correction for starting at 0 (bias
/// correction).
///
/// m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ),
/// θ ← θ − η m̂ / (√v̂ + ε).
///
/// Weight decay is added to the gradient, g + λ θ, unless it is decoupled. Decoupled decay is
/// **AdamW**: θ ← (1 − η λ) θ − η m̂ / (√v̂ + ε). It acts on θ directly, because in the gradient it
/// would be divided by √v̂, and values with large gradients would hardly decay. This is PyTorch's
/// form, where λ is multiplied by η. In algorithm 2 of Loshchilov & Hutter, λ is multiplied only by
/// the schedule's factor, θ ← (1 − f λ) θ − …; divide their λ by the learning rate to get ours.
///
/// Source: Kingma & Ba (2015), "Adam: a method for stochastic optimization", algorithm 1;
/// Loshchilov & Hutter (2019), "Decoupled weight decay regularization".
struct AdamRule {
  real learning_rate = real(1e-3);  ///< η, 0 or more.
  real beta1 = real(0.9);           ///< β₁, the decay rate of m, in [0, 1).
  real beta2 = real(0.999);         ///< β₂, the decay rate of v, in [0, 1).
  real epsilon = real(1e-8);        ///< ε against division by 0; 0 disables the safeguard.
  real weight_decay = 0;            ///< λ, 0 or more; the default of PyTorch's AdamW is 0.01.
  bool decoupled = false;           ///< Whether the decay bypasses the gradient, as in AdamW.

  /// What is kept for each parameter: m and v.
  static constexpr std::array<std::string_view, 2> slots{"mean", "mean_square"};
  /// Because the formula depends on t.
  static constexpr bool counts_steps = true;
  /// @return `Adam`; with decoupled decay `AdamW`.
  [[nodiscard]] constexpr std::string_view name() const { return decoupled ? "AdamW" : "Adam"; }
  /// @throws std::invalid_argument if an option is out of its range.
  void check() const {
    check_below_one(name(), "beta1", beta1);
    check_below_one(name(), "beta2", beta2);
    check_not_negative(name(), "epsilon", epsilon);
    check_not_negative(name(), "weight decay", weight_decay);
  }
  /// One step. @see UpdateRule
  /// @param theta θ.
  /// @param g The gradient.
  /// @param m The running mean of the gradient.
  /// @param v The running mean of its square.
  /// @param t The number of the step.
  // [update]
  void update(std::span<real> theta, std::span<const real> g, std::span<real> m, std::span<real> v,
              std::uint64_t t) const {
    const real eta = learning_rate;
    const real b1 = beta1;
    const real b2 = beta2;
    const real eps = epsilon;
    const auto steps = static_cast<double>(t);
    const auto correction1 = static_cast<real>(1 / (1 - std::pow(double{b1}, steps)));
    const auto correction2 = static_cast<real>(1 / (1 - std::pow(double{b2}, steps)));
    const real l2 = decoupled ? 0 : weight_decay;
    const real keep = decoupled ? 1 - eta * weight_decay : 1;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const real gradient = g[i] + l2 * theta[i];
      m[i] = b1 * m[i] + (1 - b1) * gradient;
      v[i] = b2 * v[i] + (1 - b2) * gradient * gradient;
      const real m_hat = m[i] * correction1;
      const real v_hat = v[i] * correction2;
      theta[i] = keep * theta[i] - eta * m_hat / (std::sqrt(v_hat) + eps);
    }
  }
  // [/update]
};

/// Adam: `Adam{{.learning_rate = 1e-3F}}`. AdamW is `Adam{{.weight_decay = 0.01F, .decoupled =
/// true}}`. @see AdamRule
using Adam = RuleOptimizer<AdamRule>;

}  // namespace nn
