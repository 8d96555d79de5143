/// @file
/// @brief Exercise 15: batch normalization.
module;

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

export module mine.normalization;

import exercises.todo;
export import nn.layer;

export namespace mine {

using namespace nn;

/// Batch normalization of rows: in training, every feature, which is a column, is normalized to
/// mean 0 and variance 1 over the batch, and then scaled and shifted:
///
///     μ = Σ x / n        σ² = Σ (x − μ)² / n        x̂ = (x − μ) / √(σ² + ε)        y = γ x̂ + β
class BatchNorm {
 public:
  /// A layer with γ = 1 and β = 0. The running mean is 0 at first, the running variance 1.
  /// @param features D.
  explicit BatchNorm(std::size_t features)
      : scale_{"weight", Tensor{Shape{features}, real{1}}},
        shift_{"bias", Tensor{Shape{features}}},
        running_mean_{Shape{features}},
        running_variance_{Shape{features}, real{1}},
        deviation_{Shape{features}} {}

  /// Normalizes with the mean and the variance of the batch, keeps x̂ and √(σ² + ε) for backward(),
  /// and moves the running statistics by a tenth of the way: the mean toward μ, the variance toward
  /// σ² n / (n − 1).
  /// @param x X, shape (B, D); n is B.
  /// @return Y, shape (B, D).
  /// @throws std::invalid_argument if the batch has only one sample.
  Tensor forward(const Tensor& x) {
    const Tensor& gamma = scale_.value;
    const Tensor& beta = shift_.value;
    normalized_ = Tensor{x.shape()};
    Tensor y{x.shape()};
    // [todo BatchNorm::forward]
    if (x.rows() == 1) throw std::invalid_argument("BatchNorm: a batch of one sample");
    const auto n = static_cast<real>(x.rows());
    for (std::size_t j = 0; j < x.columns(); ++j) {
      real mean = 0;
      for (std::size_t i = 0; i < x.rows(); ++i) mean += x(i, j) / n;
      real variance = 0;
      for (std::size_t i = 0; i < x.rows(); ++i) {
        variance += (x(i, j) - mean) * (x(i, j) - mean) / n;
      }
      deviation_(j) = std::sqrt(variance + epsilon);
      for (std::size_t i = 0; i < x.rows(); ++i) {
        normalized_(i, j) = (x(i, j) - mean) / deviation_(j);
        y(i, j) = gamma(j) * normalized_(i, j) + beta(j);
      }
      running_mean_(j) += momentum * (mean - running_mean_(j));
      running_variance_(j) += momentum * (variance * n / (n - 1) - running_variance_(j));
    }
    // [/todo]
    return y;
  }

  /// Normalizes with the running mean and the running variance.
  /// @param x X, shape (B, D).
  /// @return Y, shape (B, D).
  Tensor predict(const Tensor& x) const {
    const Tensor& gamma = scale_.value;
    const Tensor& beta = shift_.value;
    Tensor y{x.shape()};
    // [todo BatchNorm::predict]
    for (std::size_t j = 0; j < x.columns(); ++j) {
      const real s = std::sqrt(running_variance_(j) + epsilon);
      for (std::size_t i = 0; i < x.rows(); ++i) {
        y(i, j) = gamma(j) * (x(i, j) - running_mean_(j)) / s + beta(j);
      }
    }
    // [/todo]
    return y;
  }

  /// Writes ∂C/∂γ to scale_.gradient and ∂C/∂β to shift_.gradient; both have the shape (D).
  /// @param dy ∂C/∂Y, shape (B, D).
  /// @return ∂C/∂X, shape (B, D).
  Tensor backward(const Tensor& dy) {
    const Tensor& gamma = scale_.value;
    Tensor dx{dy.shape()};
    // [todo BatchNorm::backward]
    const auto n = static_cast<real>(dy.rows());
    for (std::size_t j = 0; j < dy.columns(); ++j) {
      real dgamma = 0;
      real dbeta = 0;
      for (std::size_t i = 0; i < dy.rows(); ++i) {
        dgamma += dy(i, j) * normalized_(i, j);
        dbeta += dy(i, j);
      }
      for (std::size_t i = 0; i < dy.rows(); ++i) {
        dx(i, j) = gamma(j) / deviation_(j) * (dy(i, j) - (dbeta + normalized_(i, j) * dgamma) / n);
      }
      scale_.gradient(j) = dgamma;
      shift_.gradient(j) = dbeta;
    }
    // [/todo]
    return dx;
  }

  const Tensor& running_mean() const { return running_mean_; }
  const Tensor& running_variance() const { return running_variance_; }

  /// γ and β.
  std::vector<Parameter*> parameters() { return {&scale_, &shift_}; }
  std::string name() const { return "my BatchNorm"; }
  Shape output_shape(const Shape& sample) const { return sample; }

 private:
  static constexpr real epsilon = 1e-5F;
  static constexpr real momentum = 0.1F;  // the weight of the new batch in the running statistics

  Parameter scale_;  // γ, shape (D)
  Parameter shift_;  // β, shape (D)
  Tensor running_mean_;
  Tensor running_variance_;
  Tensor normalized_;  // x̂ of the last forward(), shape (B, D)
  Tensor deviation_;   // √(σ² + ε) of the last forward(), shape (D)
};

static_assert(Layer<BatchNorm>);

}  // namespace mine
