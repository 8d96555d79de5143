module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.cost;

import nn.checks;

namespace nn {

namespace {

/// Rejects a single output: its softmax is always 1, whatever the logit, so nothing can be learned.
void check_logits(const Tensor& logits, const Targets& targets) {
  const std::size_t axes = logits.rank();
  if (axes > 1 && logits.shape()[axes - 1] == 1) {
    throw std::invalid_argument(
        "nn::SoftmaxCrossEntropy: predictions have 1 column, expected 2 or more; for one yes-or-no "
        "output use "
        "BinaryCrossEntropy");
  }
  targets.check_fit_places("SoftmaxCrossEntropy", logits.shape());
}

/// The logits of a sample, or of a place of a sequence; or their gradients: the last axis.
template <class AnyTensor>
auto row_of(AnyTensor& logits, std::size_t n) {
  const std::size_t columns = logits.shape()[logits.rank() - 1];
  return logits.values().subspan(n * columns, columns);
}

// [mean]
/// The mean over the samples of Σⱼ term(p(n, j), t(n, j)), added up in double.
template <class Term>
double mean_of_sums(const Tensor& p, const Targets& t, Term term) {
  double sum = 0;
  for (std::size_t n = 0; n < p.rows(); ++n) {
    for (std::size_t j = 0; j < p.columns(); ++j) {
      sum += term(p(n, j), t.wanted(n, j, p.columns()));
    }
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
      gradient(n, j) =
          derivative(p(n, j), t.wanted(n, j, p.columns())) / static_cast<real>(divisor);
    }
  }
  return gradient;
}
// [/derivatives]

// [surprise]
real at_least(real probability) {
  return probability < least_probability ? least_probability : probability;
}

/// −t ln p; 0 if t is 0, whatever p is.
double surprise(real t, real p) { return t == 0 ? 0 : -double{t} * std::log(double{at_least(p)}); }
// [/surprise]

}  // namespace

// [squares]
double MeanSquaredError::value(const Tensor& predictions, const Targets& targets) {
  targets.check_fit("MeanSquaredError", predictions.shape());
  const auto square = [](double p, double t) { return (p - t) * (p - t); };
  return mean_of_sums(predictions, targets, square) / static_cast<double>(predictions.columns());
}

Tensor MeanSquaredError::gradient(const Tensor& predictions, const Targets& targets) {
  targets.check_fit("MeanSquaredError", predictions.shape());
  return derivatives(predictions, targets, predictions.size(),
                     [](real p, real t) { return 2 * (p - t); });
}
// [/squares]

// [entropy]
double CrossEntropy::value(const Tensor& predictions, const Targets& targets) {
  targets.check_fit("CrossEntropy", predictions.shape());
  return mean_of_sums(predictions, targets, [](real p, real t) { return surprise(t, p); });
}

Tensor CrossEntropy::gradient(const Tensor& predictions, const Targets& targets) {
  targets.check_fit("CrossEntropy", predictions.shape());
  return derivatives(predictions, targets, predictions.rows(),
                     [](real p, real t) { return -t / at_least(p); });
}
// [/entropy]

// [binary]
double BinaryCrossEntropy::value(const Tensor& predictions, const Targets& targets) {
  targets.check_fit("BinaryCrossEntropy", predictions.shape());
  const auto either = [](real p, real t) { return surprise(t, p) + surprise(1 - t, 1 - p); };
  return mean_of_sums(predictions, targets, either) / static_cast<double>(predictions.columns());
}

Tensor BinaryCrossEntropy::gradient(const Tensor& predictions, const Targets& targets) {
  targets.check_fit("BinaryCrossEntropy", predictions.shape());
  return derivatives(predictions, targets, predictions.size(),
                     [](real p, real t) { return (1 - t) / at_least(1 - p) - t / at_least(p); });
}
// [/binary]

// [fused-value]
double SoftmaxCrossEntropy::value(const Tensor& logits, const Targets& targets) {
  check_logits(logits, targets);
  double sum = 0;
  for (std::size_t n = 0; n < targets.size(); ++n) {
    const std::span<const real> z = row_of(logits, n);
    const double largest = *std::ranges::max_element(z);
    double exponentials = 0;
    for (const real x : z) exponentials += std::exp(x - largest);
    // Σ t (ln Σ e^(z − m) + (m − z)), where m is the largest z: both summands are at least 0, so
    // nothing cancels, and the logarithm is not lost next to a huge m. A class with t = 0 does not
    // count, even if its z is −∞.
    const double logarithm = std::log(exponentials);
    for (std::size_t j = 0; j < z.size(); ++j) {
      const double wanted = targets.wanted(n, j, z.size());
      if (wanted != 0) sum += wanted * (logarithm + (largest - z[j]));
    }
  }
  return sum / static_cast<double>(targets.size());
}
// [/fused-value]

// [fused-gradient]
Tensor SoftmaxCrossEntropy::gradient(const Tensor& logits, const Targets& targets) {
  check_logits(logits, targets);
  const auto batch = static_cast<real>(targets.size());
  Tensor gradient = Tensor::uninitialized(logits.shape());
  for (std::size_t n = 0; n < targets.size(); ++n) {
    const std::span<const real> z = row_of(logits, n);
    const std::span<real> dz = row_of(gradient, n);
    const real largest = *std::ranges::max_element(z);
    real exponentials = 0;
    real mass = 0;  // Σ t, which is 1 for a distribution
    for (std::size_t j = 0; j < z.size(); ++j) {
      exponentials += (dz[j] = std::exp(z[j] - largest));
      mass += targets.wanted(n, j, z.size());
    }
    for (std::size_t j = 0; j < z.size(); ++j) {
      const real wanted = targets.wanted(n, j, z.size());
      dz[j] = (mass * dz[j] / exponentials - wanted) / batch;
    }
  }
  return gradient;
}
// [/fused-gradient]

// ----------------------------------------------------------------------------- weighted classes

std::vector<double> balanced_weights(const Targets& targets) {
  if (targets.size() == 0)
    throw std::invalid_argument("nn::balanced_weights: 0 targets, expected at least 1");
  const Labels labels = targets.classes();
  constexpr std::size_t most = (1U << 24U) - 1;  // the same limit as in Labels::from_numbers
  const std::size_t largest = std::ranges::max(labels);
  if (largest > most) {
    throw std::invalid_argument(
        fmt::format("nn::balanced_weights: a target is class {}, expected 0 to {}", largest, most));
  }
  std::vector<double> counts(largest + 1);
  for (const std::size_t label : labels) ++counts[label];
  const auto present = std::ranges::count_if(counts, [](double count) { return count > 0; });
  const double balanced = static_cast<double>(targets.size()) / static_cast<double>(present);
  for (double& count : counts) count = count > 0 ? balanced / count : 0;
  return counts;
}

Weighted::Weighted(AnyCost cost, std::vector<double> class_weights)
    : cost_{std::move(cost)}, class_weights_{std::move(class_weights)} {
  for (std::size_t i = 0; i < class_weights_.size(); ++i) {
    check_not_negative("Weighted", fmt::format("the weight of class {}", i), class_weights_[i]);
  }
  if (std::ranges::none_of(class_weights_, [](double weight) { return weight > 0; })) {
    throw std::invalid_argument(
        "nn::Weighted: the weights of all classes are 0, expected at least one above 0");
  }
}

std::string Weighted::name() const {
  return fmt::format("{} weighted {}", cost_.name(), fmt::join(class_weights_, ", "));
}

double Weighted::weight_of(const Targets& targets, std::size_t sample) const {
  const std::size_t label = targets.class_of(sample);
  if (label < class_weights_.size()) return class_weights_[label];
  throw std::invalid_argument(
      fmt::format("nn::Weighted: {} class weights, but a target is class {}, expected one weight "
                  "for each class",
                  class_weights_.size(), label));
}

double Weighted::weight(const Targets& targets) const {
  double sum = 0;
  for (std::size_t n = 0; n < targets.size(); ++n) sum += weight_of(targets, n);
  return sum;
}

double Weighted::value(const Tensor& predictions, const Targets& targets) const {
  thread_local Targets target;  // memory that later steps reuse
  const double whole = weight(targets);
  targets.check_fit("Weighted", predictions.shape());
  double sum = 0;
  for (std::size_t n = 0; whole > 0 && n < targets.size(); ++n) {
    targets.select({&n, 1}, target);
    sum += weight_of(targets, n) / whole * cost_.value(predictions.rows(n, 1), target);
  }
  return sum;
}

/// The cost is a mean, so a row of its gradient is the gradient of that sample's cost divided by B.
Tensor Weighted::gradient(const Tensor& predictions, const Targets& targets) const {
  Tensor gradient = cost_.gradient(predictions, targets);
  const double whole = weight(targets);
  const double mean = whole > 0 ? whole / static_cast<double>(targets.size()) : 1;
  for (std::size_t n = 0; n < targets.size(); ++n) {
    const auto factor = static_cast<real>(weight_of(targets, n) / mean);
    for (real& g : gradient.row(n)) g *= factor;
  }
  return gradient;
}

}  // namespace nn
