/// @file
/// @brief Gradient descent, plain and with momentum, and what all optimizers share.
module;

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

export module nn.descent;

import nn.checks;
export import nn.layer;
import nn.parallel;
export import nn.tensor;

export namespace nn {

/// An optimizer uses gradients to update parameters. The letters are those of the papers: θ is a
/// parameter, g its gradient ∂C/∂θ, η the learning rate, λ the weight decay, t the number of the
/// step, starting at 1.
///
/// - `name()`: its name in tables and errors.
/// - `step(parameters)`: one update of every parameter. An optimizer looks up what it keeps for a
///   parameter by the parameter's index in the list, so the list must be the same at every step.
/// - `learning_rate()`, `set_learning_rate(η)`: for changing the rate during training.
template <class O>
concept Optimizer =
    std::copyable<O> &&
    requires(O optimizer, const O& constant, std::span<Parameter* const> parameters, real rate) {
      { constant.name() } -> std::convertible_to<std::string>;
      optimizer.step(parameters);
      { constant.learning_rate() } -> std::same_as<real>;
      optimizer.set_learning_rate(rate);
    };

/// An optimizer that can be saved, so that training can resume from a file.
///
/// - `state(parameters)`: everything it keeps for these parameters; zeros before the first step.
template <class O>
concept ResumableOptimizer =
    Optimizer<O> && requires(O optimizer, std::span<Parameter* const> parameters) {
      { optimizer.state(parameters) } -> std::same_as<std::vector<State>>;
    };

/// The slots of an optimizer: the tensors that it keeps for every parameter, such as a velocity.
/// Each has the parameter's shape and starts at 0.
class Slots {
 public:
  /// @param names What to keep: {"mean", "mean_square"} makes two tensors for each parameter. The
  ///   names must outlive this object, so make them `static constexpr`.
  explicit Slots(std::span<const std::string_view> names) : names_{names} {}

  /// Makes the tensors at the first call; later calls only check the parameters.
  /// @param owner The optimizer's name, for the error.
  /// @param parameters All parameters of the optimizer, the same list at every call.
  /// @throws std::invalid_argument if a parameter's name or shape differs from the first call, one
  ///   is missing or new, or a gradient is not shaped like its value.
  void prepare(std::string_view owner, std::span<Parameter* const> parameters);

  /// The values kept for one parameter.
  /// @tparam N The number of names.
  /// @param parameter Its index in the list that prepare() got.
  /// @return One span for each name, in order.
  template <std::size_t N>
  [[nodiscard]] std::array<std::span<real>, N> of(std::size_t parameter) {
    std::array<std::span<real>, N> values;
    for (std::size_t i = 0; i < N; ++i) values[i] = tensors_[i][parameter].values();
    return values;
  }

  /// All tensors: `mean.0`, `mean.1`, …, `mean_square.0`, …, numbered by the parameter's index.
  [[nodiscard]] std::vector<State> state();

 private:
  struct Known {
    std::string name;
    Shape shape;
  };

  void make(std::span<Parameter* const> parameters);
  void check_same(std::string_view owner, std::span<Parameter* const> parameters) const;

  std::span<const std::string_view> names_;
  std::vector<std::vector<Tensor>> tensors_;  // for each name, one for each parameter
  std::vector<Known> known_;                  // the parameters of the first call
};

/// The update rule of an optimizer: its options and its formula. A rule is a struct whose members
/// are the options, with defaults, and
///
/// - `learning_rate`: one of the options, η.
/// - `name()`: the optimizer's name.
/// - `check()`: throws std::invalid_argument if an option other than η is out of range.
/// - `slots`: the names of what is kept for every parameter; `std::array<std::string_view, 0>` for
///   nothing.
/// - `update(θ, g, slots…)`: changes the values θ of a parameter, given their gradients g and one
///   span for each slot, all of the same length. Several threads update different parts of a large
///   parameter in parallel. First, copy the options into local constants: the compiler must assume
///   that a write to θ changes the members, and then it cannot vectorize the loop.
/// - `counts_steps`: only if the formula depends on t; update() then takes t as its last argument.
template <class R>
concept UpdateRule = std::copyable<R> && requires(const R& rule) {
  { rule.name() } -> std::convertible_to<std::string_view>;
  { rule.learning_rate } -> std::convertible_to<real>;
  rule.check();
  { R::slots.size() } -> std::same_as<std::size_t>;
};

/// An optimizer that applies one update rule to all parameters.
/// @tparam Rule Its options and formula: `RuleOptimizer<MomentumRule>` is `Momentum`.
template <UpdateRule Rule>
class RuleOptimizer {
 public:
  using Options = Rule;  ///< The options are the members of the rule.

  RuleOptimizer() = default;

  /// @param options Each in the range given in the rule.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit RuleOptimizer(const Options& options) : rule_{options} {
    set_learning_rate(options.learning_rate);
    rule_.check();
  }

  /// The name of the rule, such as `Momentum`.
  [[nodiscard]] std::string name() const { return std::string{rule_.name()}; }
  /// η, the learning rate.
  [[nodiscard]] real learning_rate() const { return rule_.learning_rate; }
  /// Changes η, starting with the next step.
  /// @param rate 0 or more.
  /// @throws std::invalid_argument if it is negative or not a finite number.
  void set_learning_rate(real rate) {
    check_not_negative(rule_.name(), "learning rate", rate);
    rule_.learning_rate = rate;
  }

  /// One step for every parameter.
  /// @param parameters Values and gradients, the same list at every step.
  /// @throws std::invalid_argument if a gradient does not have the shape of its value, or the rule
  ///   has slots and the parameters are not those of the earlier steps.
  void step(std::span<Parameter* const> parameters) {
    slots_.prepare(rule_.name(), parameters);
    ++t_;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const std::span<real> theta = parameters[p]->value.values();
      const std::span<const real> g = parameters[p]->gradient.values();
      const auto slots = slots_.template of<Rule::slots.size()>(p);
      parallel_parts(theta.size(), [&](std::size_t begin, std::size_t end) {
        const auto part = [=](auto values) { return values.subspan(begin, end - begin); };
        std::apply([&](auto... slot) { update(part(theta), part(g), part(slot)...); }, slots);
      });
    }
  }

  /// @param parameters All parameters of the optimizer.
  /// @return t, if the rule depends on it, and the slots of every parameter: `velocity.0`,
  ///   `velocity.1`, …. Empty if the rule keeps nothing.
  /// @throws std::invalid_argument as step() does.
  [[nodiscard]] std::vector<State> state(std::span<Parameter* const> parameters) {
    slots_.prepare(rule_.name(), parameters);
    std::vector<State> states = slots_.state();
    if constexpr (counts_steps) states.insert(states.begin(), counter_state("t", t_));
    return states;
  }

 private:
  static constexpr bool counts_steps = requires { Rule::counts_steps; };

  void update(std::span<real> theta, std::span<const real> g, auto... slots) const {
    if constexpr (counts_steps) {
      rule_.update(theta, g, slots..., t_);
    } else {
      rule_.update(theta, g, slots...);
    }
  }

  Rule rule_;
  Slots slots_{Rule::slots};
  std::uint64_t t_ = 0;
};

/// The rule of gradient descent: θ ← θ − η (g + λ θ).
struct GradientDescentRule {
  real learning_rate = real(0.01);  ///< η, 0 or more.
  real weight_decay = 0;            ///< λ of the L2 penalty λ/2 ‖θ‖², 0 or more.

  /// What is kept for each parameter: nothing, because a step depends only on the current gradient.
  static constexpr std::array<std::string_view, 0> slots{};
  /// @return `GradientDescent`.
  [[nodiscard]] static constexpr std::string_view name() { return "GradientDescent"; }
  /// @throws std::invalid_argument if an option is out of its range.
  void check() const { check_not_negative(name(), "weight decay", weight_decay); }
  /// One step. @see UpdateRule
  /// @param theta θ.
  /// @param g The gradient.
  // [step]
  void update(std::span<real> theta, std::span<const real> g) const {
    const real eta = learning_rate;
    const real lambda = weight_decay;
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] -= eta * (g[i] + lambda * theta[i]);
  }
  // [/step]
};

/// Gradient descent: `GradientDescent{{.learning_rate = 0.1F}}`. @see GradientDescentRule
using GradientDescent = RuleOptimizer<GradientDescentRule>;

/// The rule of gradient descent with momentum: u ← μ u + g + λ θ, θ ← θ − η u. Equal gradients add
/// up to a velocity of g / (1 − μ); gradients that alternate, g, −g, …, reach only g / (1 + μ).
/// With Nesterov's correction the step looks ahead along u: θ ← θ − η (g + λ θ + μ u).
///
/// This is PyTorch's form, without dampening: η is outside the velocity, so a new η scales the
/// whole velocity. In Sutskever et al. it is inside, u ← μ u − η g, θ ← θ + u, and older gradients
/// keep the η of the step they came from. The two agree as long as η does not change.
///
/// Source: Polyak (1964), "Some methods of speeding up the convergence of iteration methods";
/// Sutskever, Martens, Dahl & Hinton (2013), "On the importance of initialization and momentum in
/// deep learning".
struct MomentumRule {
  real learning_rate = real(0.01);  ///< η, 0 or more.
  real momentum = real(0.9);        ///< μ, in [0, 1).
  bool nesterov = false;            ///< Whether to look ahead (Nesterov momentum).
  real weight_decay = 0;            ///< λ of the L2 penalty λ/2 ‖θ‖², 0 or more.

  /// What is kept for each parameter: u.
  static constexpr std::array<std::string_view, 1> slots{"velocity"};
  /// @return `Momentum`.
  [[nodiscard]] static constexpr std::string_view name() { return "Momentum"; }
  /// @throws std::invalid_argument if an option is out of its range.
  void check() const {
    check_below_one(name(), "momentum", momentum);
    check_not_negative(name(), "weight decay", weight_decay);
  }
  /// One step. @see UpdateRule
  /// @param theta θ.
  /// @param g The gradient.
  /// @param u The velocity.
  // [momentum]
  void update(std::span<real> theta, std::span<const real> g, std::span<real> u) const {
    const real eta = learning_rate;
    const real mu = momentum;
    const bool ahead = nesterov;
    const real lambda = weight_decay;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const real gradient = g[i] + lambda * theta[i];
      u[i] = mu * u[i] + gradient;
      theta[i] -= eta * (ahead ? gradient + mu * u[i] : u[i]);
    }
  }
  // [/momentum]
};

/// Gradient descent with momentum: `Momentum{{.momentum = 0.8F}}`. @see MomentumRule
using Momentum = RuleOptimizer<MomentumRule>;

/// Clips gradients by their global norm: if ‖g‖, over all parameters together, is larger than the
/// maximum, every gradient is multiplied by maximum / ‖g‖. The direction stays the same.
///
/// Source: Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural
/// networks".
///
/// @param parameters The parameters whose gradients are clipped.
/// @param maximum The largest norm allowed, above 0; infinity clips nothing.
/// @return ‖g‖ before clipping.
/// @throws std::invalid_argument if the maximum is not above 0, or a gradient is not finite,
///   because it then has no direction to keep. In that case no gradient is changed.
double clip_gradients(std::span<Parameter* const> parameters, real maximum);

}  // namespace nn

namespace nn::detail {

/// The interface of every optimizer, without its type.
struct OptimizerInterface {
  OptimizerInterface() = default;
  OptimizerInterface(const OptimizerInterface&) = default;
  OptimizerInterface& operator=(const OptimizerInterface&) = delete;
  virtual ~OptimizerInterface() = default;
  [[nodiscard]] virtual std::unique_ptr<OptimizerInterface> clone() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;
  virtual void step(std::span<Parameter* const> parameters) = 0;
  [[nodiscard]] virtual real learning_rate() const = 0;
  virtual void set_learning_rate(real rate) = 0;
  [[nodiscard]] virtual bool is_resumable() const = 0;
  [[nodiscard]] virtual std::vector<State> state(std::span<Parameter* const> parameters) = 0;
};

/// Implements the interface for an optimizer of type O. Held is O itself, or a pointer to the
/// caller's optimizer.
template <Optimizer O, class Held>
struct OptimizerModel final : OptimizerInterface {
  explicit OptimizerModel(Held optimizer) : held_{std::move(optimizer)} {}
  [[nodiscard]] std::unique_ptr<OptimizerInterface> clone() const override {
    return std::make_unique<OptimizerModel>(*this);
  }
  [[nodiscard]] std::string name() const override { return held().name(); }
  void step(std::span<Parameter* const> parameters) override { held().step(parameters); }
  [[nodiscard]] real learning_rate() const override { return held().learning_rate(); }
  void set_learning_rate(real rate) override { held().set_learning_rate(rate); }
  [[nodiscard]] bool is_resumable() const override {
    // If the borrowed optimizer is an AnyOptimizer, ask the optimizer inside it.
    if constexpr (requires { held().is_resumable(); }) return held().is_resumable();
    return ResumableOptimizer<O>;
  }
  [[nodiscard]] std::vector<State> state(
      [[maybe_unused]] std::span<Parameter* const> parameters) override {
    if constexpr (ResumableOptimizer<O>) return held().state(parameters);
    return {};
  }

 private:
  [[nodiscard]] O& held() {
    if constexpr (std::is_pointer_v<Held>)
      return *held_;
    else
      return held_;
  }
  [[nodiscard]] const O& held() const {
    if constexpr (std::is_pointer_v<Held>)
      return *held_;
    else
      return held_;
  }

  Held held_;
};

}  // namespace nn::detail

export namespace nn {

/// An optimizer of any type, as a value: copying it copies the optimizer. It is itself an
/// Optimizer. On an object that was moved from, every member throws std::invalid_argument.
class AnyOptimizer {
 public:
  /// @param optimizer Copied or moved in.
  template <class O>
    requires(!std::same_as<O, AnyOptimizer> &&
             !std::same_as<O, std::reference_wrapper<AnyOptimizer>> && Optimizer<O>)
  AnyOptimizer(O optimizer)  // implicit: every optimizer is one
      : self_{std::make_unique<detail::OptimizerModel<O, O>>(std::move(optimizer))} {}

  /// Refers to the caller's optimizer instead of copying it: `AnyOptimizer{std::ref(optimizer)}`.
  /// Copies of this object refer to the same one.
  /// @param optimizer Must outlive this object and its copies.
  template <Optimizer O>
  AnyOptimizer(std::reference_wrapper<O> optimizer)  // implicit: every optimizer is one
      : self_{borrow(optimizer.get())} {}

  /// The same for an AnyOptimizer; it compiles only with braces. (Otherwise the reference would
  /// convert to an AnyOptimizer&, which would be copied.)
  AnyOptimizer(std::reference_wrapper<AnyOptimizer> any)  // implicit: every optimizer is one
      : self_{borrow(any.get())} {}

  AnyOptimizer(const AnyOptimizer& other) : self_{other.held().clone()} {}
  AnyOptimizer& operator=(const AnyOptimizer& other) { return *this = AnyOptimizer{other}; }
  AnyOptimizer(AnyOptimizer&&) noexcept = default;
  AnyOptimizer& operator=(AnyOptimizer&&) noexcept = default;
  ~AnyOptimizer() = default;

  /// The optimizer's name. @see Optimizer
  [[nodiscard]] std::string name() const { return held().name(); }

  /// One step for every parameter. @see Optimizer
  /// @param parameters Values and gradients, the same list at every step.
  void step(std::span<Parameter* const> parameters) { held().step(parameters); }

  /// η, the learning rate.
  [[nodiscard]] real learning_rate() const { return held().learning_rate(); }
  /// Changes η, starting with the next step.
  /// @param rate A rate that the optimizer accepts; otherwise it throws std::invalid_argument.
  void set_learning_rate(real rate) { held().set_learning_rate(rate); }

  /// Whether the optimizer can be saved. @see ResumableOptimizer
  [[nodiscard]] bool is_resumable() const { return held().is_resumable(); }

  /// Everything it keeps for these parameters; empty if it is not resumable.
  /// @param parameters All parameters of the optimizer.
  [[nodiscard]] std::vector<State> state(std::span<Parameter* const> parameters) {
    return held().state(parameters);
  }

 private:
  template <class O>
  [[nodiscard]] static std::unique_ptr<detail::OptimizerInterface> borrow(O& optimizer) {
    return std::make_unique<detail::OptimizerModel<O, O*>>(&optimizer);
  }

  [[nodiscard]] detail::OptimizerInterface& held() const;

  std::unique_ptr<detail::OptimizerInterface> self_;
};

}  // namespace nn
