/// @file
/// @brief Gradient descent: a step against the gradient, and one with momentum.
module;

#include <fmt/core.h>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

export module nn.descent;

export import nn.layer;
import nn.parallel;
export import nn.tensor;

export namespace nn {

/// An optimizer turns gradients into new values. The letters of the papers: θ a parameter, g its
/// gradient ∂C/∂θ, η the learning rate, λ the weight decay, t the number of the step from 1 on.
///
/// - `name()`: what a table calls it.
/// - `step(parameters)`: one step for each of them. What it remembers of a parameter it keeps by
///   the parameter's place in the list, so that must be the same list every time.
/// - `learning_rate()`, `set_learning_rate(η)`: for who changes it during training.
template <class O>
concept Optimizer =
    std::copyable<O> &&
    requires(O optimizer, const O& constant, std::span<Parameter* const> parameters, real rate) {
      { constant.name() } -> std::convertible_to<std::string>;
      optimizer.step(parameters);
      { constant.learning_rate() } -> std::same_as<real>;
      optimizer.set_learning_rate(rate);
    };

/// An optimizer that tells all that it remembers, so that a training can be resumed from a file.
///
/// - `state(parameters)`: what it keeps for these parameters; zeros before the first step.
template <class O>
concept ResumableOptimizer =
    Optimizer<O> && requires(O optimizer, std::span<Parameter* const> parameters) {
      { optimizer.state(parameters) } -> std::same_as<std::vector<State>>;
    };

/// An optimizer's option must be a finite number, at least 0 and, where it is a fading factor,
/// below 1.
/// @param owner The optimizer's name, for the error.
/// @param option The option's name, for the error.
/// @param value What was asked for.
/// @param below The bound it must stay under, exclusive.
/// @throws std::invalid_argument if the value is out of range or not a number.
void check_option(std::string_view owner, std::string_view option, real value,
                  real below = std::numeric_limits<real>::infinity()) {
  if (value >= 0 && value < below) return;
  throw std::invalid_argument(
      below > 1 ? fmt::format("nn::{}: {} is {}, expected a finite number, 0 or more", owner,
                              option, value)
                : fmt::format("nn::{}: {} is {}, expected at least 0 and below {}", owner, option,
                              value, below));
}

/// A parameter's gradient must be shaped like its value.
/// @param owner The optimizer's name, for the error.
/// @param parameters What it is to step on.
/// @throws std::invalid_argument if a gradient has another shape.
void check_parameters(std::string_view owner, std::span<Parameter* const> parameters) {
  for (const Parameter* const p : parameters) {
    if (p->gradient.shape() == p->value.shape()) continue;
    throw std::invalid_argument(fmt::format("nn::{}: {} has shape {}, its gradient {}", owner,
                                            p->name, to_string(p->value.shape()),
                                            to_string(p->gradient.shape())));
  }
}

/// One tensor for every parameter, of its shape, at first zeros: what an optimizer remembers.
class Memory {
 public:
  /// Makes the tensors at the first call.
  /// @param owner The optimizer's name, for the error.
  /// @param parameters All that the optimizer steps on, the same list at every call.
  /// @throws std::invalid_argument if they differ in number or shape from those of the first call,
  ///   or a gradient has not the shape of its value.
  void prepare(std::string_view owner, std::span<Parameter* const> parameters) {
    check_parameters(owner, parameters);
    if (tensors_.empty()) {
      for (const Parameter* p : parameters) tensors_.emplace_back(p->value.shape());
    }
    bool same = tensors_.size() == parameters.size();
    for (std::size_t i = 0; same && i < tensors_.size(); ++i) {
      same = tensors_[i].shape() == parameters[i]->value.shape();
    }
    if (!same) {
      throw std::invalid_argument(fmt::format(
          "nn::{}: stepped on other parameters before; give every network its own optimizer",
          owner));
    }
  }

  /// The values kept for one parameter.
  /// @param parameter Its place in the list that prepare() was given.
  [[nodiscard]] std::span<real> operator[](std::size_t parameter) {
    return tensors_[parameter].values();
  }

  /// All tensors, each by its place in the list that prepare() was given.
  [[nodiscard]] std::vector<State> state() {
    std::vector<State> states;
    states.reserve(tensors_.size());
    for (Tensor& tensor : tensors_) {
      states.push_back({.name = std::to_string(states.size()), .value = &tensor});
    }
    return states;
  }

 private:
  std::vector<Tensor> tensors_;
};

/// Gradient descent: θ ← θ − η (g + λ θ).
class GradientDescent {
 public:
  struct Options {
    real learning_rate = real(0.01);  ///< η, 0 or more.
    real weight_decay = 0;            ///< λ of the L2 penalty λ/2 ‖θ‖², 0 or more.
  };

  GradientDescent() = default;

  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit GradientDescent(const Options& options) : options_{options} {
    check_option(name(), "learning rate", options_.learning_rate);
    check_option(name(), "weight decay", options_.weight_decay);
  }

  /// @return `GradientDescent`.
  [[nodiscard]] static std::string name() { return "GradientDescent"; }
  /// η, the learning rate.
  [[nodiscard]] real learning_rate() const { return options_.learning_rate; }
  /// Changes η, from the next step on.
  /// @param rate 0 or more.
  /// @throws std::invalid_argument if it is negative or not a finite number.
  void set_learning_rate(real rate) {
    check_option(name(), "learning rate", rate);
    options_.learning_rate = rate;
  }

  /// One step down the gradient.
  /// @param parameters Values and gradients.
  /// @throws std::invalid_argument if a gradient has not the shape of its value.
  // [step]
  void step(std::span<Parameter* const> parameters) const {
    check_parameters(name(), parameters);
    const real eta = options_.learning_rate;
    const real lambda = options_.weight_decay;
    for (Parameter* const parameter : parameters) {
      const std::span<real> theta = parameter->value.values();
      const std::span<const real> g = parameter->gradient.values();
      parallel_parts(theta.size(), [=](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) theta[i] -= eta * (g[i] + lambda * theta[i]);
      });
    }
  }
  // [/step]

  /// @return Nothing: every step is as if it were the first.
  [[nodiscard]] static std::vector<State> state(std::span<Parameter* const> /*parameters*/) {
    return {};
  }

 private:
  Options options_;
};

/// Gradient descent with momentum, which adds up where gradients agree and cancels where they
/// alternate: u ← μ u + g + λ θ, θ ← θ − η u. With Nesterov's correction the step looks ahead along
/// u: θ ← θ − η (g + λ θ + μ u).
///
/// Source: Polyak (1964); Sutskever, Martens, Dahl & Hinton (2013), "On the importance of
/// initialization and momentum in deep learning", in the form without a dampening factor.
class Momentum {
 public:
  struct Options {
    real learning_rate = real(0.01);  ///< η, 0 or more.
    real momentum = real(0.9);        ///< μ, in [0, 1).
    bool nesterov = false;            ///< Whether to look ahead.
    real weight_decay = 0;            ///< λ of the L2 penalty λ/2 ‖θ‖², 0 or more.
  };

  Momentum() = default;

  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit Momentum(const Options& options) : options_{options} {
    check_option(name(), "learning rate", options_.learning_rate);
    check_option(name(), "momentum", options_.momentum, 1);
    check_option(name(), "weight decay", options_.weight_decay);
  }

  /// @return `Momentum`.
  [[nodiscard]] static std::string name() { return "Momentum"; }
  /// η, the learning rate.
  [[nodiscard]] real learning_rate() const { return options_.learning_rate; }
  /// Changes η, from the next step on.
  /// @param rate 0 or more.
  /// @throws std::invalid_argument if it is negative or not a finite number.
  void set_learning_rate(real rate) {
    check_option(name(), "learning rate", rate);
    options_.learning_rate = rate;
  }

  /// One step along the velocity.
  /// @param parameters Values and gradients, the same list at every step.
  /// @throws std::invalid_argument if they differ in number or shape from those of the step before.
  // [momentum]
  void step(std::span<Parameter* const> parameters) {
    const real eta = options_.learning_rate;
    const real mu = options_.momentum;
    const bool nesterov = options_.nesterov;
    const real lambda = options_.weight_decay;
    velocity_.prepare(name(), parameters);
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const std::span<real> theta = parameters[p]->value.values();
      const std::span<const real> g = parameters[p]->gradient.values();
      const std::span<real> u = velocity_[p];
      parallel_parts(theta.size(), [=](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          const real gradient = g[i] + lambda * theta[i];
          u[i] = mu * u[i] + gradient;
          theta[i] -= eta * (nesterov ? gradient + mu * u[i] : u[i]);
        }
      });
    }
  }
  // [/momentum]

  /// @param parameters All that it steps on.
  /// @return `velocity.0`, `velocity.1`, …: u of every parameter.
  /// @throws std::invalid_argument if they differ in number or shape from those of a step before.
  [[nodiscard]] std::vector<State> state(std::span<Parameter* const> parameters) {
    velocity_.prepare(name(), parameters);
    std::vector<State> states;
    append_state(states, "velocity", velocity_.state());
    return states;
  }

 private:
  Options options_;
  Memory velocity_;
};

/// Clips gradients by their common norm: where ‖g‖, over all parameters together, is larger than
/// the maximum, every gradient is multiplied by maximum / ‖g‖. The direction stays.
///
/// Source: Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural
/// networks".
///
/// @param parameters Whose gradients to clip.
/// @param maximum The largest norm allowed, above 0.
/// @return ‖g‖ before clipping.
/// @throws std::invalid_argument if the maximum is not above 0.
double clip_gradients(std::span<Parameter* const> parameters, real maximum) {
  if (!(maximum > 0)) {
    throw std::invalid_argument(
        fmt::format("nn::clip_gradients: maximum is {}, expected more than 0", maximum));
  }
  double squares = 0;
  for (const Parameter* const parameter : parameters) {
    for (const double g : parameter->gradient.values()) squares += g * g;
  }
  const double norm = std::sqrt(squares);
  if (norm > maximum) {
    const auto factor = static_cast<real>(maximum / norm);
    for (Parameter* const parameter : parameters) {
      for (real& g : parameter->gradient.values()) g *= factor;
    }
  }
  return norm;
}

}  // namespace nn
