/// @file
/// @brief Exercise 14: the simple recurrent layer.
module;

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

export module mine.recurrent;

import exercises.todo;
export import nn.layer;
export import nn.matmul;

export namespace mine {

using namespace nn;

/// The steps of a batch of sequences.
/// @param x Shape (B, T, D).
/// @return T tensors of shape (B, D).
std::vector<Tensor> steps_of(const Tensor& x) {
  const std::size_t width = x.shape()[2];
  std::vector<Tensor> steps(x.shape()[1], Tensor{Shape{x.shape()[0], width}});
  for (std::size_t t = 0; t < steps.size(); ++t) {
    for (std::size_t n = 0; n < x.shape()[0]; ++n) {
      for (std::size_t i = 0; i < width; ++i) steps[t](n, i) = x(n, t, i);
    }
  }
  return steps;
}

/// The sequences that consist of these steps.
/// @param steps T tensors of shape (B, D).
/// @return Shape (B, T, D).
Tensor sequences_of(std::span<const Tensor> steps) {
  Tensor x{Shape{steps[0].rows(), steps.size(), steps[0].columns()}};
  for (std::size_t t = 0; t < steps.size(); ++t) {
    for (std::size_t n = 0; n < steps[t].rows(); ++n) {
      for (std::size_t i = 0; i < steps[t].columns(); ++i) x(n, t, i) = steps[t](n, i);
    }
  }
  return x;
}

/// sum ← sum + terms, for tensors of the same shape.
void add(Tensor& sum, const Tensor& terms) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum.values()[i] += terms.values()[i];
}

/// The simple recurrent layer, for a batch of B sequences of T steps, with D inputs per step and H
/// units: hₜ = tanh(xₜ W + b + hₜ₋₁ U). The output is every state, h₁ to h_T.
class Recurrent {
 public:
  /// @param weight_input W, shape (D, H).
  /// @param weight_hidden U, shape (H, H).
  /// @param bias b, shape (H).
  Recurrent(Tensor weight_input, Tensor weight_hidden, Tensor bias)
      : weight_input_{"weight_input", std::move(weight_input)},
        weight_hidden_{"weight_hidden", std::move(weight_hidden)},
        bias_{"bias", std::move(bias)} {}

  /// One step: h = tanh(x W + b + h′ U).
  /// @param x Input of the step, shape (B, D).
  /// @param h_before h′, the state before the step, shape (B, H).
  /// @return h, the state after it, shape (B, H).
  Tensor step(const Tensor& x, const Tensor& h_before) const {
    const Tensor& w = weight_input_.value;
    const Tensor& u = weight_hidden_.value;
    const Tensor& b = bias_.value;
    // [todo Recurrent::step]
    Tensor h = matmul(x, w, b.values());
    add(h, matmul(h_before, u));
    for (real& value : h.values()) value = std::tanh(value);
    return h;
    // [/todo]
  }

  /// @param x X, shape (B, T, D); the state before the first step is 0.
  /// @return Every state, shape (B, T, H).
  Tensor predict(const Tensor& x) const { return Recurrent{*this}.forward(x); }
  Tensor forward(const Tensor& x) {
    return forward(x, Tensor{Shape{x.rows(), bias_.value.size()}});
  }

  /// The same with another state before the first step.
  /// @param initial h₀, shape (B, H).
  Tensor forward(const Tensor& x, Tensor initial) {
    inputs_ = steps_of(x);
    states_ = {std::move(initial)};
    for (const Tensor& input : inputs_) states_.push_back(step(input, states_.back()));
    return sequences_of(std::span{states_}.subspan(1));
  }

  /// Backpropagation through time. Writes ∂C/∂W, ∂C/∂U and ∂C/∂b to the `gradient` of each
  /// parameter, in place of what it holds, and ∂C/∂h₀ to initial_gradient_. The input of step t is
  /// inputs_[t - 1], the state before it states_[t - 1] and the state after it states_[t].
  /// @param dy ∂C/∂Y, shape (B, T, H): what each state gets from the next layer, apart from later
  ///   steps.
  /// @return ∂C/∂X, shape (B, T, D).
  Tensor backward(const Tensor& dy) {
    // What belongs to step t is from_above[t - 1] and dx[t - 1].
    const std::vector<Tensor> from_above = steps_of(dy);
    std::vector<Tensor> dx(inputs_.size(), Tensor{inputs_[0].shape()});
    Parameter& w = weight_input_;
    Parameter& u = weight_hidden_;
    Parameter& b = bias_;
    // [todo Recurrent::backward]
    for (Parameter* parameter : parameters()) parameter->gradient.fill(0);
    Tensor dh{states_[0].shape()};  // what the step after passed back
    for (std::size_t t = inputs_.size(); t > 0; --t) {
      const Tensor& h = states_[t];
      add(dh, from_above[t - 1]);
      Tensor delta = dh;
      for (std::size_t i = 0; i < delta.size(); ++i) {
        delta.values()[i] *= 1 - h.values()[i] * h.values()[i];
      }
      add(w.gradient, matmul(transposed(inputs_[t - 1]), delta));
      add(u.gradient, matmul(transposed(states_[t - 1]), delta));
      add(b.gradient, sum_rows(delta));
      dx[t - 1] = matmul(delta, transposed(w.value));
      dh = matmul(delta, transposed(u.value));
    }
    initial_gradient_ = dh;
    // [/todo]
    return sequences_of(dx);
  }

  /// ∂C/∂h₀ of the last backward(), shape (B, H).
  const Tensor& initial_gradient() const { return initial_gradient_; }

  /// W, U and b.
  std::vector<Parameter*> parameters() { return {&weight_input_, &weight_hidden_, &bias_}; }
  std::string name() const { return "my Recurrent"; }
  Shape output_shape(const Shape& sample) const { return Shape{sample[0], bias_.value.size()}; }

 private:
  Parameter weight_input_;
  Parameter weight_hidden_;
  Parameter bias_;
  std::vector<Tensor> inputs_;  // x₁ to x_T of the last forward(), shape (B, D) each
  std::vector<Tensor> states_;  // h₀ to h_T, shape (B, H) each
  Tensor initial_gradient_;
};

static_assert(Layer<Recurrent>);

}  // namespace mine
