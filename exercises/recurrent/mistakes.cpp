// Recurrent layers with one mistake each, and what the grader must say about it.
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

import exercises.mistakes;
import exercises.recurrent;

using nn::Parameter;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

real tanh_of_sum(real a, real u) { return std::tanh(a + u); }
real outside(real a, real u) { return std::tanh(a) + u; }
real identity(real a, real u) { return a + u; }
real sigmoid(real a, real u) { return 1 / (1 + std::exp(-a - u)); }

/// What a layer does; each of them can be spoiled.
struct Ways {
  real (*f)(real a, real u) = tanh_of_sum;
  bool bias = true;
  bool memory = true;
  bool plain_state = false;  ///< Whether h′ is added without U.
  bool turned_step = false;  ///< Whether a step uses Uᵀ.
  bool turned_back = false;  ///< Whether the way back uses U.
  bool plain_back = false;   ///< Whether it uses neither.
  bool slope = true;
  bool slope_before = false;
  bool goes_on = true;
  bool every_above = true;
  bool own_above = true;
  bool adds = true;
  bool clears = true;
  bool state_after = false;
  bool turned_gradient = false;  ///< Whether ∂C/∂U is transposed.
  bool mirrored = false;         ///< Whether the steps of ∂C/∂X are.
  bool initial = true;           ///< Whether it stores ∂C/∂h₀.
  bool first_state = false;      ///< Whether it stores ∂C/∂h₁ in its place.
};

/// A layer in plain loops.
class Layer {
 public:
  static inline Ways ways;

  Layer(Tensor w, Tensor u, Tensor b)
      : w_{"weight_input", std::move(w)},
        u_{"weight_hidden", std::move(u)},
        b_{"bias", std::move(b)} {}

  Tensor step(const Tensor& x, const Tensor& before) const {
    Tensor h{before.shape()};
    for (std::size_t n = 0; n < h.rows(); ++n) {
      for (std::size_t j = 0; j < units(); ++j) {
        real a = ways.bias ? b_.value(j) : 0;
        for (std::size_t d = 0; d < x.columns(); ++d) a += x(n, d) * w_.value(d, j);
        real u = ways.plain_state ? before(n, j) : 0;
        for (std::size_t i = 0; i < units() && ways.memory && !ways.plain_state; ++i) {
          u += before(n, i) * (ways.turned_step ? u_.value(j, i) : u_.value(i, j));
        }
        h(n, j) = ways.f(a, u);
      }
    }
    return h;
  }

  Tensor forward(const Tensor& x) { return forward(x, Tensor{Shape{x.rows(), units()}}); }
  Tensor forward(const Tensor& x, const Tensor& initial) {
    x_ = x;
    h_ = {initial};
    Tensor y{Shape{x.rows(), x.shape()[1], units()}};
    for (std::size_t t = 0; t < x.shape()[1]; ++t) {
      Tensor input{Shape{x.rows(), x.shape()[2]}};
      for (std::size_t n = 0; n < x.rows(); ++n) {
        for (std::size_t d = 0; d < x.shape()[2]; ++d) input(n, d) = x(n, t, d);
      }
      h_.push_back(step(input, h_.back()));
      for (std::size_t n = 0; n < x.rows(); ++n) {
        for (std::size_t j = 0; j < units(); ++j) y(n, t, j) = h_.back()(n, j);
      }
    }
    return y;
  }

  Tensor backward(const Tensor& dy) {
    if (ways.clears) {
      for (Parameter* parameter : parameters()) parameter->gradient.fill(0);
    }
    Tensor dx{x_.shape()};
    Tensor dh{h_[0].shape()};
    const std::size_t steps = dy.shape()[1];
    for (std::size_t t = steps; t-- > 0;) {
      if (!ways.adds) {
        for (Parameter* parameter : parameters()) parameter->gradient.fill(0);
      }
      for (std::size_t n = 0; n < dh.rows(); ++n) {
        for (std::size_t j = 0; j < units(); ++j) {
          if (ways.every_above || t + 1 == steps) {
            dh(n, j) += dy(n, ways.own_above ? t : steps - 1 - t, j);
          }
        }
      }
      if (ways.first_state && t == 0) initial_ = dh;
      dh = step_back(t, dh, dx);
      if (!ways.goes_on) dh.fill(0);
    }
    if (ways.initial && !ways.first_state) initial_ = dh;
    return dx;
  }

  const Tensor& initial_gradient() const { return initial_; }
  std::vector<Parameter*> parameters() { return {&w_, &u_, &b_}; }

 private:
  std::size_t units() const { return b_.value.size(); }

  Tensor step_back(std::size_t t, const Tensor& dh, Tensor& dx) {
    Tensor before{dh.shape()};
    const Tensor& of_u = h_[ways.state_after ? t + 1 : t];
    for (std::size_t n = 0; n < dh.rows(); ++n) {
      for (std::size_t j = 0; j < units(); ++j) {
        const real y = h_[ways.slope_before ? t : t + 1](n, j);
        const real delta = ways.slope ? dh(n, j) * (1 - y * y) : dh(n, j);
        b_.gradient(j) += delta;
        for (std::size_t d = 0; d < x_.shape()[2]; ++d) {
          w_.gradient(d, j) += x_(n, t, d) * delta;
          dx(n, ways.mirrored ? x_.shape()[1] - 1 - t : t, d) += w_.value(d, j) * delta;
        }
        for (std::size_t i = 0; i < units(); ++i) {
          (ways.turned_gradient ? u_.gradient(j, i) : u_.gradient(i, j)) += of_u(n, i) * delta;
          before(n, i) += (ways.turned_back ? u_.value(j, i) : u_.value(i, j)) * delta;
        }
      }
      for (std::size_t j = 0; j < units() && ways.plain_back; ++j) {
        const real y = h_[t + 1](n, j);
        before(n, j) = dh(n, j) * (1 - y * y);
      }
    }
    return before;
  }

  Parameter w_, u_, b_;
  Tensor x_;
  std::vector<Tensor> h_;
  Tensor initial_;
};

std::vector<exercises::Step> steps(Ways ways) {
  return exercises::prepared([ways] { Layer::ways = ways; }, exercises::recurrent<Layer>());
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}), {{"The bias is missing", steps({.bias = false})},
                  {"tanh is missing", steps({.f = identity})},
                  {"That is the sigmoid", steps({.f = sigmoid})},
                  {"The layer has no memory", steps({.memory = false})},
                  {"U is transposed", steps({.turned_step = true})},
                  {"h′ itself is added", steps({.plain_state = true})},
                  {"h′ U is added to the tanh", steps({.f = outside})},
                  {"The slope of tanh is missing", steps({.slope = false})},
                  {"The slope is that of the state before", steps({.slope_before = true})},
                  {"does not reach the steps before the last", steps({.goes_on = false})},
                  {"The gradient goes back through U", steps({.turned_back = true})},
                  {"δ itself goes back", steps({.plain_back = true})},
                  {"Only the last state gets a gradient from above", steps({.every_above = false})},
                  {"from above are in the wrong order", steps({.own_above = false})},
                  {"Only step 1 counts", steps({.adds = false})},
                  {"The state after each step is used", steps({.state_after = true})},
                  {"It is the transpose", steps({.turned_gradient = true})},
                  {"The steps are in the wrong order", steps({.mirrored = true})},
                  {"initial_gradient_ is empty", steps({.initial = false})},
                  {"That is the gradient of h₁", steps({.first_state = true})},
                  {"The gradient of the first batch is still in it", steps({.clears = false})}});
}
