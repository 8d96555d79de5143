/// @file
/// @brief Exercise 3: cross-entropy, alone and combined with softmax.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>

export module mine.cost;

import exercises.todo;
export import nn.activation;
export import nn.cost;

export namespace mine {

using namespace nn;

/// The cross-entropy C = −1/B Σ t(n, j) ln p(n, j), summed over the B samples n and the M classes
/// j. A target t is a row of M numbers that add up to 1; `targets.wanted(n, j, M)` is t(n, j).
class CrossEntropy {
 public:
  /// @param p The predictions P, probabilities above 0, shape (B, M).
  /// @return C, in nats.
  static double value(const Tensor& p, const Targets& targets) {
    const std::size_t classes = p.columns();
    // [todo CrossEntropy::value]
    double sum = 0;
    for (std::size_t n = 0; n < p.rows(); ++n) {
      for (std::size_t j = 0; j < classes; ++j) {
        const double t = targets.wanted(n, j, classes);
        if (t != 0) sum -= t * std::log(double{p(n, j)});
      }
    }
    return sum / static_cast<double>(p.rows());
    // [/todo]
  }

  /// @param p The predictions P, probabilities above 0, shape (B, M).
  /// @return ∂C/∂P, shape (B, M).
  static Tensor gradient(const Tensor& p, const Targets& targets) {
    const std::size_t classes = p.columns();
    // [todo CrossEntropy::gradient]
    Tensor dp{p.shape()};
    for (std::size_t n = 0; n < p.rows(); ++n) {
      for (std::size_t j = 0; j < classes; ++j) {
        dp(n, j) = -targets.wanted(n, j, classes) / p(n, j) / static_cast<real>(p.rows());
      }
    }
    return dp;
    // [/todo]
  }

  static std::string name() { return "my cross-entropy"; }
};

/// The cross-entropy of the softmax of logits, in one function: the gradient is short, and nothing
/// overflows.
class SoftmaxCrossEntropy {
 public:
  /// Must be finite for logits of any size.
  /// @param z The logits Z, shape (B, M).
  /// @return C, in nats.
  static double value(const Tensor& z, const Targets& targets) {
    const std::size_t classes = z.columns();
    // [todo SoftmaxCrossEntropy::value]
    double sum = 0;
    for (std::size_t n = 0; n < z.rows(); ++n) {
      const double largest = *std::ranges::max_element(z.row(n));
      double exponentials = 0;
      for (const real logit : z.row(n)) exponentials += std::exp(logit - largest);
      for (std::size_t j = 0; j < classes; ++j) {
        sum += targets.wanted(n, j, classes) * (std::log(exponentials) + largest - z(n, j));
      }
    }
    return sum / static_cast<double>(z.rows());
    // [/todo]
  }

  /// @param z The logits Z, shape (B, M).
  /// @return ∂C/∂Z, shape (B, M).
  static Tensor gradient(const Tensor& z, const Targets& targets) {
    const std::size_t classes = z.columns();
    // [todo SoftmaxCrossEntropy::gradient]
    Tensor dz = Softmax{}.predict(z);
    for (std::size_t n = 0; n < z.rows(); ++n) {
      for (std::size_t j = 0; j < classes; ++j) {
        dz(n, j) = (dz(n, j) - targets.wanted(n, j, classes)) / static_cast<real>(z.rows());
      }
    }
    return dz;
    // [/todo]
  }

  static std::string name() { return "my softmax cross-entropy"; }
};

static_assert(Cost<CrossEntropy> && Cost<SoftmaxCrossEntropy>);

}  // namespace mine
