module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>

module nn.cost;

namespace nn {

namespace {

/// Targets as rows, whichever way they are given: `target(n, j)` is what output j of sample n
/// should be.
class Targets {
 public:
  Targets(std::string_view cost, const Tensor& predictions, const Tensor& targets)
      : targets_{targets}, classes_{targets.rank() == 1 && predictions.columns() > 1} {
    const bool fits = predictions.rank() == 2 && targets.rows() == predictions.rows() &&
                      (targets.rank() == 1 || targets.shape() == predictions.shape());
    if (!fits) {
      throw std::invalid_argument(
          fmt::format("nn::{}: predictions have shape {} and targets {}, expected (B, M) and the "
                      "same, or (B)",
                      cost, to_string(predictions.shape()), to_string(targets.shape())));
    }
    for (std::size_t n = 0; classes_ && n < targets.rows(); ++n) {
      const real label = targets(n);
      if (!(label >= 0) || label >= static_cast<real>(predictions.columns()) ||
          label != std::floor(label)) {
        throw std::invalid_argument(
            fmt::format("nn::{}: target of sample {} is {}, expected a class from 0 to {}", cost, n,
                        label, predictions.columns() - 1));
      }
    }
  }

  [[nodiscard]] real operator()(std::size_t n, std::size_t j) const {
    if (classes_) return static_cast<std::size_t>(targets_(n)) == j ? 1 : 0;
    return targets_.data()[n * targets_.columns() + j];
  }

 private:
  const Tensor& targets_;
  bool classes_;
};

/// Refuses one output: its softmax is 1, whatever the logit, so there is nothing to learn.
Targets targets_of_classes(const Tensor& logits, const Tensor& targets) {
  if (logits.rank() == 2 && logits.columns() == 1) {
    throw std::invalid_argument(
        "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for yes or no "
        "there "
        "is BinaryCrossEntropy");
  }
  return {"SoftmaxCrossEntropy", logits, targets};
}

// [mean]
/// The mean over the samples of Σⱼ term(p(n, j), t(n, j)), added up in double.
template <class Term>
double mean_of_sums(const Tensor& p, const Targets& t, Term term) {
  double sum = 0;
  for (std::size_t n = 0; n < p.rows(); ++n) {
    for (std::size_t j = 0; j < p.columns(); ++j) sum += term(p(n, j), t(n, j));
  }
  return sum / static_cast<double>(p.rows());
}
// [/mean]

// [derivatives]
/// The tensor of derivative(p(n, j), t(n, j)) / divisor.
template <class Derivative>
Tensor derivatives(const Tensor& p, const Targets& t, std::size_t divisor, Derivative derivative) {
  Tensor gradient = Tensor::uninitialized(p.shape());
  for (std::size_t n = 0; n < p.rows(); ++n) {
    for (std::size_t j = 0; j < p.columns(); ++j) {
      gradient(n, j) = derivative(p(n, j), t(n, j)) / static_cast<real>(divisor);
    }
  }
  return gradient;
}
// [/derivatives]

// [surprise]
real at_least(real probability) {
  return probability < least_probability ? least_probability : probability;
}

/// −t ln p; nothing where t is 0, whatever p is.
double surprise(real t, real p) { return t == 0 ? 0 : -double{t} * std::log(double{at_least(p)}); }
// [/surprise]

}  // namespace

// [squares]
double MeanSquaredError::value(const Tensor& predictions, const Tensor& targets) {
  const Targets wanted{"MeanSquaredError", predictions, targets};
  const auto square = [](double p, double t) { return (p - t) * (p - t); };
  return mean_of_sums(predictions, wanted, square) / static_cast<double>(predictions.columns());
}

Tensor MeanSquaredError::gradient(const Tensor& predictions, const Tensor& targets) {
  return derivatives(predictions, {"MeanSquaredError", predictions, targets}, predictions.size(),
                     [](real p, real t) { return 2 * (p - t); });
}
// [/squares]

// [entropy]
double CrossEntropy::value(const Tensor& predictions, const Tensor& targets) {
  return mean_of_sums(predictions, {"CrossEntropy", predictions, targets},
                      [](real p, real t) { return surprise(t, p); });
}

Tensor CrossEntropy::gradient(const Tensor& predictions, const Tensor& targets) {
  return derivatives(predictions, {"CrossEntropy", predictions, targets}, predictions.rows(),
                     [](real p, real t) { return -t / at_least(p); });
}
// [/entropy]

// [binary]
double BinaryCrossEntropy::value(const Tensor& predictions, const Tensor& targets) {
  const Targets wanted{"BinaryCrossEntropy", predictions, targets};
  const auto either = [](real p, real t) { return surprise(t, p) + surprise(1 - t, 1 - p); };
  return mean_of_sums(predictions, wanted, either) / static_cast<double>(predictions.columns());
}

Tensor BinaryCrossEntropy::gradient(const Tensor& predictions, const Tensor& targets) {
  return derivatives(predictions, {"BinaryCrossEntropy", predictions, targets}, predictions.size(),
                     [](real p, real t) { return (1 - t) / at_least(1 - p) - t / at_least(p); });
}
// [/binary]

// [fused-value]
double SoftmaxCrossEntropy::value(const Tensor& logits, const Tensor& targets) {
  const Targets wanted = targets_of_classes(logits, targets);
  double sum = 0;
  for (std::size_t n = 0; n < logits.rows(); ++n) {
    const std::span<const real> z = logits.row(n);
    const double largest = *std::ranges::max_element(z);
    double exponentials = 0;
    for (const real x : z) exponentials += std::exp(x - largest);
    // Σ t (ln Σ e^z − z): every term is at least 0, so nothing cancels.
    const double logarithm = largest + std::log(exponentials);
    for (std::size_t j = 0; j < z.size(); ++j) sum += double{wanted(n, j)} * (logarithm - z[j]);
  }
  return sum / static_cast<double>(logits.rows());
}
// [/fused-value]

// [fused-gradient]
Tensor SoftmaxCrossEntropy::gradient(const Tensor& logits, const Tensor& targets) {
  const Targets wanted = targets_of_classes(logits, targets);
  const auto batch = static_cast<real>(logits.rows());
  Tensor gradient = Tensor::uninitialized(logits.shape());
  for (std::size_t n = 0; n < logits.rows(); ++n) {
    const std::span<const real> z = logits.row(n);
    const real largest = *std::ranges::max_element(z);
    real exponentials = 0;
    real mass = 0;  // Σ t, which is 1 for a distribution
    for (std::size_t j = 0; j < z.size(); ++j) {
      exponentials += (gradient(n, j) = std::exp(z[j] - largest));
      mass += wanted(n, j);
    }
    for (std::size_t j = 0; j < z.size(); ++j) {
      gradient(n, j) = (mass * gradient(n, j) / exponentials - wanted(n, j)) / batch;
    }
  }
  return gradient;
}
// [/fused-gradient]

}  // namespace nn
