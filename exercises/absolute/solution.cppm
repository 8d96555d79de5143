/// @file
/// @brief Exercise 3.5: the mean absolute error.
module;

#include <cmath>
#include <cstddef>
#include <string>

export module mine.absolute;

import exercises.todo;
export import nn.cost;

export namespace mine {

using namespace nn;

/// The mean absolute error: C = 1/(BM) Σ |ŷ(n, j) − t(n, j)|, for a batch of B samples with M
/// outputs. `targets.wanted(n, j, M)` is t(n, j).
class MeanAbsoluteError {
 public:
  /// Its name in tables, of your choice.
  static std::string name() {
    // [todo MeanAbsoluteError::name]
    return "my mean absolute error";
    // [/todo]
  }

  /// @param predictions Ŷ, shape (B, M).
  /// @return C.
  static double value(const Tensor& predictions, const Targets& targets) {
    // [todo MeanAbsoluteError::value]
    double sum = 0;
    for (std::size_t n = 0; n < predictions.rows(); ++n) {
      for (std::size_t j = 0; j < predictions.columns(); ++j) {
        const double t = targets.wanted(n, j, predictions.columns());
        sum += std::abs(predictions(n, j) - t);
      }
    }
    return sum / static_cast<double>(predictions.size());
    // [/todo]
  }

  /// @param predictions Ŷ, shape (B, M).
  /// @return ∂C/∂Ŷ, shape (B, M); 0 where a prediction equals its target.
  static Tensor gradient(const Tensor& predictions, const Targets& targets) {
    // [todo MeanAbsoluteError::gradient]
    Tensor gradient{predictions.shape()};
    const real slope = 1 / static_cast<real>(predictions.size());
    for (std::size_t n = 0; n < predictions.rows(); ++n) {
      for (std::size_t j = 0; j < predictions.columns(); ++j) {
        const real t = targets.wanted(n, j, predictions.columns());
        if (predictions(n, j) > t) gradient(n, j) = slope;
        if (predictions(n, j) < t) gradient(n, j) = -slope;
      }
    }
    return gradient;
    // [/todo]
  }
};

static_assert(Cost<MeanAbsoluteError>);

}  // namespace mine
