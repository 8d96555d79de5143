/// @file
/// @brief Grades gradient descent, momentum and Adam.
module;

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module exercises.optimizers;

export import exercises.grade;
export import nn.adam;
export import nn.descent;

using nn::Parameter;
using nn::real;
using nn::Tensor;

namespace exercises {

const Tensor first_value{1, -2, 0.5};
// Gradients of two steps. Their signs and sizes differ, so that each mistake has its own result.
const std::vector<Tensor> gradients{Tensor{0.5, -1, 4}, Tensor{-0.25, 2, 1}};

/// Where a parameter is after `count` steps of an optimizer, with one parameter or two.
template <class O>
Tensor after(O optimizer, std::size_t count, bool with_another = false) {
  Parameter parameter{"weight", first_value};
  Parameter another{"bias", Tensor{3, 3}};
  std::vector<Parameter*> all{&parameter};
  if (with_another) all.insert(all.begin(), &another);
  for (std::size_t t = 0; t < count; ++t) {
    parameter.gradient = gradients[t];
    another.gradient = Tensor{7, -7};
    optimizer.step(all);
  }
  return parameter.value;
}

/// The same by a formula for one number, which may keep two: f(θ, g, a, b, t).
Tensor by_formula(const std::function<void(real&, real, real&, real&, real)>& f,
                  std::size_t count = 2) {
  Tensor theta = first_value;
  Tensor a{theta.shape()};
  Tensor b{theta.shape()};
  for (std::size_t t = 0; t < count; ++t) {
    for (std::size_t i = 0; i < theta.size(); ++i) {
      f(theta.values()[i], gradients[t].values()[i], a.values()[i], b.values()[i],
        static_cast<real>(t + 1));
    }
  }
  return theta;
}

constexpr real eta = 0.1F;
constexpr real mu = 0.8F;
constexpr real beta1 = 0.9F;
constexpr real beta2 = 0.99F;

/// One step of Adam with parts that can be spoiled.
struct AdamParts {
  bool corrected_mean = true;
  bool corrected_square = true;
  bool kept_corrected = false;  ///< Whether m̂ and v̂ are kept as m and v.
  bool squared = true;
  bool rooted = true;
  bool epsilon_under_root = false;
  real first_step = 1;
  real epsilon = 1e-8F;
};

Tensor adam(AdamParts parts) {
  return by_formula([parts](real& theta, real g, real& m, real& v, real t) {
    const real steps = t - 1 + parts.first_step;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * (parts.squared ? g * g : std::abs(g));
    const real mean = parts.corrected_mean ? m / (1 - std::pow(beta1, steps)) : m;
    const real square = parts.corrected_square ? v / (1 - std::pow(beta2, steps)) : v;
    if (parts.kept_corrected) {
      m = mean;
      v = square;
    }
    const real root = parts.epsilon_under_root ? std::sqrt(square + parts.epsilon)
                                               : std::sqrt(square) + parts.epsilon;
    theta -= eta * mean / (parts.rooted ? root : square + parts.epsilon);
  });
}

}  // namespace exercises

export namespace exercises {

/// The steps for classes like nn::GradientDescent, nn::Momentum and nn::Adam. Each is made from
/// numbers: (η), (η, μ) and (η, β₁, β₂).
template <class GradientDescent, class Momentum, class Adam>
std::vector<Step> optimizers() {
  return {
      {"GradientDescent: two steps",
       [] {
         const auto moved = [](real factor) {
           return by_formula(
               [factor](real& theta, real g, real&, real&, real) { theta += factor * g; });
         };
         expect("θ", after(GradientDescent{eta}, 2), moved(-eta),
                {{"It goes uphill: subtract.", moved(eta)},
                 {"The learning rate is left out.", moved(-1)},
                 {"It does not move.", first_value},
                 {"θ is overwritten by the step: subtract it from θ.",
                  by_formula([](real& theta, real g, real&, real&, real) { theta = -eta * g; })}});
       }},
      {"Momentum: two steps",
       [] {
         const auto update = [](real own, real sign) {
           return by_formula([=](real& theta, real g, real& u, real&, real) {
             u = mu * u + own * g;
             theta += sign * eta * u;
           });
         };
         expect(
             "θ", after(Momentum{eta, mu}, 2), update(1, -1),
             {{"That is the formula with (1 − μ) g: here g is added in full.", update(1 - mu, -1)},
              {"It goes uphill: subtract.", update(1, 1)},
              {"The velocity is forgotten: u ← μ u + g keeps the last one.",
               by_formula([](real& theta, real g, real&, real&, real) { theta -= eta * g; })},
              {"The old velocity is used: update it first.",
               by_formula([](real& theta, real g, real& u, real&, real) {
                 theta -= eta * u;
                 u = mu * u + g;
               })},
              {"That is Nesterov's form.",
               by_formula([](real& theta, real g, real& u, real&, real) {
                 u = mu * u + g;
                 theta -= eta * (g + mu * u);
               })}});
       }},
      {"Momentum: the second of two parameters",
       [] { expect("θ", after(Momentum{eta, mu}, 2, true), after(Momentum{eta, mu}, 2)); }},
      {"Adam: two steps",
       [] {
         expect("θ", after(Adam{eta, beta1, beta2}, 2), adam({}),
                {{"The corrections are left out: m and v begin at 0 and are too small at first.",
                  adam({.corrected_mean = false, .corrected_square = false})},
                 {"v is not corrected.", adam({.corrected_square = false})},
                 {"m is not corrected.", adam({.corrected_mean = false})},
                 {"You keep m̂ and v̂ as m and v: keep the uncorrected ones.",
                  adam({.kept_corrected = true})},
                 {"Your v averages |g|; it must average g².", adam({.squared = false})},
                 {"The root of v̂ is left out.", adam({.rooted = false})},
                 {"Your first step has t = 2; it must have t = 1.", adam({.first_step = 2})}});
       }},
      {"Adam: a gradient of 0",
       [] {
         Parameter parameter{"weight", Tensor{1, 2}};
         std::vector<Parameter*> all{&parameter};
         Adam adam_of_reader{eta, beta1, beta2};
         adam_of_reader.step(all);
         require(!std::isnan(parameter.value(0)),
                 "It is NaN: with a gradient of 0, √v̂ is 0, too. Add ε.");
         expect("θ", parameter.value, Tensor{1, 2});
       }},
      {"Adam: a large ε",
       [] {
         constexpr real epsilon = 0.5F;
         expect("θ", after(Adam{eta, beta1, beta2, epsilon}, 2), adam({.epsilon = epsilon}),
                {{"ε is under the root: add it to √v̂.",
                  adam({.epsilon_under_root = true, .epsilon = epsilon})},
                 {"ε is always 10⁻⁸: use the one that the constructor gets.", adam({})}});
       }},
      {"Adam: the second of two parameters", [] {
         // Of two parameters, the second has t = 2 and 4 if each of them is counted.
         const Tensor counted_twice = by_formula([](real& theta, real g, real& m, real& v, real t) {
           m = beta1 * m + (1 - beta1) * g;
           v = beta2 * v + (1 - beta2) * g * g;
           theta -= eta * (m / (1 - std::pow(beta1, 2 * t))) /
                    std::sqrt(v / (1 - std::pow(beta2, 2 * t)));
         });
         expect("θ", after(Adam{eta, beta1, beta2}, 2, true), adam({}),
                {{"t is counted for each parameter: count once in each step.", counted_twice}});
       }}};
}

}  // namespace exercises
