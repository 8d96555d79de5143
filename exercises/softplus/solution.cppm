/// @file
/// @brief Exercise 2.4: softplus.
module;

#include <algorithm>
#include <cmath>
#include <string>

export module mine.softplus;

import exercises.todo;
export import nn.activation;

export namespace mine {

using namespace nn;

/// Softplus, a smooth ReLU: y = ln(1 + eˣ).
struct SoftplusFunction {
  std::string name() const { return "my Softplus"; }

  /// Must not overflow: for x = 1000 it is 1000, and for x = −1000 it is 0.
  /// @param x Any number.
  /// @return y, 0 or more.
  real operator()(real x) const {
    // [todo operator()]
    return std::max(real{0}, x) + std::log1p(std::exp(-std::abs(x)));
    // [/todo]
  }

  /// @param y The output f(x).
  /// @return f′(x), the derivative with respect to x.
  real derivative(real y) const {
    // [todo derivative]
    return -std::expm1(-y);
    // [/todo]
  }
};

/// The layer.
using Softplus = Elementwise<SoftplusFunction>;

static_assert(Layer<Softplus>);

}  // namespace mine
