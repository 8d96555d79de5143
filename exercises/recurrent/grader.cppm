/// @file
/// @brief Grades the simple recurrent layer.
module;

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module exercises.recurrent;

export import exercises.grade;
export import nn.matmul;
export import nn.recurrent;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// W, shape (D, H), U, shape (H, H), and b, shape (H).
struct Weights {
  Tensor w, u, b;
};

/// The state that follows from a = x W + b and u = h′ U by a function of both.
Tensor state(const Tensor& a, const Tensor& u, const std::function<real(real, real)>& f) {
  Tensor h = a;
  for (std::size_t i = 0; i < h.size(); ++i) h.values()[i] = f(a.values()[i], u.values()[i]);
  return h;
}

real tanh_of_sum(real a, real u) { return std::tanh(a + u); }

/// The inputs of one step of sequences.
/// @param x Shape (B, T, D).
/// @return Shape (B, D).
Tensor step_of(const Tensor& x, std::size_t t) {
  Tensor step{Shape{x.shape()[0], x.shape()[2]}};
  for (std::size_t n = 0; n < step.rows(); ++n) {
    for (std::size_t i = 0; i < step.columns(); ++i) step(n, i) = x(n, t, i);
  }
  return step;
}

/// The reverse: overwrites one step.
void put(Tensor& x, std::size_t t, const Tensor& step) {
  for (std::size_t n = 0; n < step.rows(); ++n) {
    for (std::size_t i = 0; i < step.columns(); ++i) x(n, t, i) = step(n, i);
  }
}

/// All states.
/// @param x Shape (B, T, D).
/// @param initial h₀, shape (B, H).
/// @return h₀ to h_T, shape (B, H) each.
std::vector<Tensor> states(const Weights& weights, const Tensor& x, const Tensor& initial) {
  std::vector<Tensor> h{initial};
  for (std::size_t t = 0; t < x.shape()[1]; ++t) {
    const Tensor a = nn::matmul(step_of(x, t), weights.w, weights.b.values());
    h.push_back(state(a, nn::matmul(h[t], weights.u), tanh_of_sum));
  }
  return h;
}

/// The parts of backpropagation through time that can be spoiled.
struct Parts {
  bool slope = true;            ///< Whether ∂C/∂h is multiplied by 1 − h².
  bool slope_before = false;    ///< Whether by that of the state before.
  bool goes_on = true;          ///< Whether the gradient goes on to the steps before the last.
  bool transposed = true;       ///< Whether it does so through Uᵀ, not U.
  bool through_u = true;        ///< Whether it does so through U at all.
  bool every_above = true;      ///< Whether every state gets a gradient from above.
  bool own_above = true;        ///< Whether they are in the right order.
  bool adds = true;             ///< Whether gradients are summed over steps, not overwritten.
  bool state_before = true;     ///< Whether ∂C/∂U uses the state before the step.
  bool reaches_initial = true;  ///< Whether step 1 passes its gradient back to h₀.
  bool mirrored = false;        ///< Whether the steps of ∂C/∂X are in the wrong order.
};

struct Gradients {
  Tensor w, u, b, x, initial;
};

void add(Tensor& sum, const Tensor& terms, bool adds) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum.values()[i] = terms.values()[i] + (adds ? sum.values()[i] : 0);
  }
}

/// All gradients.
/// @param x Shape (B, T, D).
/// @param initial h₀, shape (B, H).
/// @param dy Shape (B, T, H).
Gradients gradients(const Weights& weights, const Tensor& x, const Tensor& initial,
                    const Tensor& dy, Parts parts = {}) {
  const auto& [w, u, b] = weights;
  const std::size_t steps = x.shape()[1];
  const std::vector<Tensor> h = states(weights, x, initial);
  Gradients all{Tensor{w.shape()}, Tensor{u.shape()}, Tensor{b.shape()}, Tensor{x.shape()},
                Tensor{initial.shape()}};
  Tensor& dh = all.initial;
  for (std::size_t t = steps; t-- > 0;) {
    if (parts.every_above || t + 1 == steps) {
      add(dh, step_of(dy, parts.own_above ? t : steps - 1 - t), true);
    }
    Tensor delta = dh;
    for (std::size_t i = 0; i < delta.size(); ++i) {
      const real y = h[parts.slope_before ? t : t + 1].values()[i];
      if (parts.slope) delta.values()[i] *= 1 - y * y;
    }
    add(all.w, nn::matmul(nn::transposed(step_of(x, t)), delta), parts.adds);
    add(all.u, nn::matmul(nn::transposed(h[parts.state_before ? t : t + 1]), delta), parts.adds);
    add(all.b, nn::sum_rows(delta), parts.adds);
    put(all.x, parts.mirrored ? steps - 1 - t : t, nn::matmul(delta, nn::transposed(w)));
    if (t == 0 && !parts.reaches_initial) break;
    dh = parts.transposed ? nn::matmul(delta, nn::transposed(u)) : nn::matmul(delta, u);
    if (!parts.through_u) dh = delta;
    if (!parts.goes_on) dh.fill(0);
  }
  return all;
}

// The example of chapter 14: one input, two units, two steps. The cost is the first unit of h₂.
const Weights small{.w = Tensor{{0.5, 1}}, .u = Tensor{{0, 1}, {0.5, 0}}, .b = Tensor{0, -0.5}};
const Tensor two_steps = Tensor{1, 0}.reshaped(Shape{1, 2, 1});
const Tensor of_last = Tensor{0, 0, 1, 0}.reshaped(Shape{1, 2, 2});
const Tensor zeros{{0, 0}};

// Three sequences of five steps, with four inputs and two units.
const Weights larger{.w = random_tensor(Shape{4, 2}, 1),
                     .u = random_tensor(Shape{2, 2}, 2),
                     .b = random_tensor(Shape{2}, 3)};
const Tensor sequences = random_tensor(Shape{3, 5, 4}, 4);
const Tensor states_before = random_tensor(Shape{3, 2}, 5);
const Tensor of_all = random_tensor(Shape{3, 5, 2}, 6);

template <class Recurrent>
Recurrent layer_of(const Weights& weights) {
  return Recurrent{weights.w, weights.u, weights.b};
}

/// The reader's gradients.
template <class Recurrent>
Gradients gradients_of(Recurrent& layer, const Tensor& x, const Tensor& initial, const Tensor& dy) {
  layer.forward(x, initial);
  const Tensor dx = layer.backward(dy);
  return {layer.parameters()[0]->gradient, layer.parameters()[1]->gradient,
          layer.parameters()[2]->gradient, dx, layer.initial_gradient()};
}

/// What the gradients of an example may be by mistake.
std::vector<Mistake> mistakes_of(Tensor Gradients::* gradient, const Weights& weights,
                                 const Tensor& x, const Tensor& initial, const Tensor& dy) {
  const auto with = [&](Parts parts) {
    return gradients(weights, x, initial, dy, parts).*gradient;
  };
  return {
      {"The slope of tanh is missing: multiply ∂C/∂h by 1 − h².", with({.slope = false})},
      {"The slope is that of the state before: use the state that the step gives, 1 − h².",
       with({.slope_before = true})},
      {"The gradient does not reach the steps before the last: each step passes δ Uᵀ back.",
       with({.goes_on = false})},
      {"The gradient goes back through U: the state is multiplied by U on its way forward, so "
       "its gradient is δ Uᵀ.",
       with({.transposed = false})},
      {"δ itself goes back: multiply it by Uᵀ.", with({.through_u = false})},
      {"Only the last state gets a gradient from above: add from_above to ∂C/∂h at every step.",
       with({.every_above = false})},
      {"The gradients from above are in the wrong order: that of step t is from_above[t - 1].",
       with({.own_above = false})},
      {"Only step 1 counts: add the gradients of all steps, instead of overwriting (=).",
       with({.adds = false})},
      {"The state after each step is used: U multiplies the state before it.",
       with({.state_before = false})},
      {"That is the gradient of h₁: step 1 passes δ Uᵀ back to h₀, too.",
       with({.reaches_initial = false})},
      {"The steps are in the wrong order: that of step t is dx[t - 1].", with({.mirrored = true})}};
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class like nn::Recurrent that returns every state and is made of W, U and b.
template <class Recurrent>
std::vector<Step> recurrent() {
  const auto look_at = [](const std::string& name, Tensor Gradients::* gradient) {
    auto mine = layer_of<Recurrent>(small);
    expect(name, gradients_of(mine, two_steps, zeros, of_last).*gradient,
           gradients(small, two_steps, zeros, of_last).*gradient,
           mistakes_of(gradient, small, two_steps, zeros, of_last));
  };
  return {
      {"step: h₁ of section 14.2",
       [] {
         const Tensor x = step_of(two_steps, 0);
         const Tensor a = nn::matmul(x, small.w, small.b.values());
         expect("h₁", layer_of<Recurrent>(small).step(x, zeros), state(a, zeros, tanh_of_sum),
                {{"The bias is missing: add b.", state(nn::matmul(x, small.w), zeros, tanh_of_sum)},
                 {"tanh is missing.", a},
                 {"That is the sigmoid in place of tanh.",
                  state(a, zeros, [](real sum, real) { return 1 / (1 + std::exp(-sum)); })}});
       }},
      {"step: h₂ of section 14.2",
       [] {
         const Tensor x = step_of(two_steps, 1);
         const Tensor a = nn::matmul(x, small.w, small.b.values());
         const Tensor h = states(small, two_steps, zeros)[1];
         const Tensor u = nn::matmul(h, small.u);
         expect("h₂", layer_of<Recurrent>(small).step(x, h), state(a, u, tanh_of_sum),
                {{"The layer has no memory: add h′ U.", state(a, zeros, tanh_of_sum)},
                 {"U is transposed: it is h′ U.",
                  state(a, nn::matmul(h, nn::transposed(small.u)), tanh_of_sum)},
                 {"h′ itself is added: multiply it by U.", state(a, h, tanh_of_sum)},
                 {"h′ U is added to the tanh: it belongs in its argument.",
                  state(a, u, [](real sum, real more) { return std::tanh(sum) + more; })}});
       }},
      {"step: 3 samples of 4 inputs, 2 units",
       [] {
         const Tensor x = step_of(sequences, 0);
         expect("h", layer_of<Recurrent>(larger).step(x, states_before),
                state(nn::matmul(x, larger.w, larger.b.values()),
                      nn::matmul(states_before, larger.u), tanh_of_sum));
       }},
      {"forward: as in the library, 3 sequences of 5 steps",
       [] {
         nn::Recurrent right{4, 2, {.sequence = true}};
         right.parameters()[0]->value = larger.w;
         right.parameters()[1]->value = larger.u;
         right.parameters()[2]->value = larger.b;
         auto mine = layer_of<Recurrent>(larger);
         expect("the states", mine.forward(sequences), right.forward(sequences));
       }},
      {"backward: ∂C/∂b of section 14.3", [look_at] { look_at("∂C/∂b", &Gradients::b); }},
      {"backward: ∂C/∂W of section 14.3", [look_at] { look_at("∂C/∂W", &Gradients::w); }},
      {"backward: ∂C/∂U of section 14.3", [look_at] { look_at("∂C/∂U", &Gradients::u); }},
      {"backward: ∂C/∂X of section 14.3", [look_at] { look_at("∂C/∂X", &Gradients::x); }},
      {"backward: ∂C/∂h₀",
       [] {
         auto mine = layer_of<Recurrent>(small);
         const Tensor got = gradients_of(mine, two_steps, zeros, of_last).initial;
         require(!got.empty(), "initial_gradient_ is empty: step 1 passes δ Uᵀ back to h₀, too.");
         expect("∂C/∂h₀", got, gradients(small, two_steps, zeros, of_last).initial,
                mistakes_of(&Gradients::initial, small, two_steps, zeros, of_last));
       }},
      {"backward: a gradient from above at every step, 3 sequences of 5 steps",
       [] {
         auto mine = layer_of<Recurrent>(larger);
         const Gradients got = gradients_of(mine, sequences, states_before, of_all);
         const Gradients want = gradients(larger, sequences, states_before, of_all);
         const auto compare = [&](const std::string& name, Tensor Gradients::* gradient) {
           expect(name, got.*gradient, want.*gradient,
                  mistakes_of(gradient, larger, sequences, states_before, of_all));
         };
         compare("∂C/∂b", &Gradients::b);
         compare("∂C/∂W", &Gradients::w);
         compare("∂C/∂U", &Gradients::u);
         compare("∂C/∂X", &Gradients::x);
         compare("∂C/∂h₀", &Gradients::initial);
       }},
      {"backward: a second batch",
       [] {
         auto mine = layer_of<Recurrent>(larger);
         const Tensor before = gradients_of(mine, sequences, states_before, of_all).w;
         const Tensor x = random_tensor(Shape{2, 3, 4}, 7);
         const Tensor dy = random_tensor(Shape{2, 3, 2}, 8);
         const Tensor initial{Shape{2, 2}};
         const Tensor want = gradients(larger, x, initial, dy).w;
         Tensor both = want;
         add(both, before, true);
         expect("∂C/∂W of the second batch", gradients_of(mine, x, initial, dy).w, want,
                {{"The gradient of the first batch is still in it: set it to 0, then add.", both}});
       }},
      {"backward: gradient check",
       [] { expect_gradients(layer_of<Recurrent>(larger), sequences); }},
      {"both: one step", [] {
         const Tensor x = random_tensor(Shape{3, 1, 4}, 9);
         const Tensor dy = random_tensor(Shape{3, 1, 2}, 10);
         auto mine = layer_of<Recurrent>(larger);
         const Gradients got = gradients_of(mine, x, states_before, dy);
         const Gradients want = gradients(larger, x, states_before, dy);
         expect("∂C/∂U", got.u, want.u);
         expect("∂C/∂X", got.x, want.x);
         expect("∂C/∂h₀", got.initial, want.initial);
       }}};
}

}  // namespace exercises
