/// @file
/// @brief Exercise 1.4: a check of all gradients of a dense layer.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>

export module mine.slopes;

import exercises.todo;
export import nn.dense;

export namespace mine {

using namespace nn;

/// Measures the slopes of a cost of a dense layer, as section 1.7 does for the weights.
class Slopes {
 public:
  /// A dense layer, a batch, and the cost, which is the sum of all outputs, each times its factor.
  struct Setting {
    Tensor x;        ///< X, shape (B, D).
    Tensor w;        ///< W, shape (D, M).
    Tensor b;        ///< b, shape (M).
    Tensor factors;  ///< Shape (B, M).
  };

  /// The cost.
  static double cost(const Setting& setting) {
    const Tensor y = Dense{setting.w, setting.b}.predict(setting.x);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      sum += double{setting.factors.values()[i]} * double{y.values()[i]};
    }
    return sum;
  }

  /// @return The measured ∂C/∂W, shape (D, M).
  static Tensor of_weights(const Setting& setting) {
    Tensor slopes{setting.w.shape()};
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      Setting above = setting;
      Setting below = setting;
      above.w.values()[i] += h;
      below.w.values()[i] -= h;
      slopes.values()[i] = static_cast<real>((cost(above) - cost(below)) / (2 * h));
    }
    return slopes;
  }

  /// @return The measured ∂C/∂b, shape (M).
  static Tensor of_biases(const Setting& setting) {
    // [todo Slopes::of_biases]
    Tensor slopes{setting.b.shape()};
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      Setting above = setting;
      Setting below = setting;
      above.b.values()[i] += h;
      below.b.values()[i] -= h;
      slopes.values()[i] = static_cast<real>((cost(above) - cost(below)) / (2 * h));
    }
    return slopes;
    // [/todo]
  }

  /// @return The measured ∂C/∂X, shape (B, D).
  static Tensor of_inputs(const Setting& setting) {
    // [todo Slopes::of_inputs]
    Tensor slopes{setting.x.shape()};
    for (std::size_t i = 0; i < slopes.size(); ++i) {
      Setting above = setting;
      Setting below = setting;
      above.x.values()[i] += h;
      below.x.values()[i] -= h;
      slopes.values()[i] = static_cast<real>((cost(above) - cost(below)) / (2 * h));
    }
    return slopes;
    // [/todo]
  }

  /// How far two tensors of the same shape are apart.
  /// @return The largest absolute value of a difference.
  static double worst(const Tensor& measured, const Tensor& computed) {
    // [todo Slopes::worst]
    double largest = 0;
    for (std::size_t i = 0; i < measured.size(); ++i) {
      const double difference = double{measured.values()[i]} - double{computed.values()[i]};
      largest = std::max(largest, std::abs(difference));
    }
    return largest;
    // [/todo]
  }

 private:
  static constexpr real h = 0.125;  // how far a number is nudged
};

}  // namespace mine
