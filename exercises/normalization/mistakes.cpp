// Batch normalizations with one mistake each, and what the grader must say about it.
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

import exercises.mistakes;
import exercises.normalization;

using nn::Parameter;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

/// What the variance is divided by.
enum class Count { n, one_less, one };

/// How the running statistics move.
enum class Moves { tenth, all, nine_tenths, none, adds };

/// What a layer does; each of them can be spoiled.
struct Ways {
  bool centered = true;  ///< Whether the mean is subtracted in forward.
  bool divided = true;   ///< Whether forward divides by s.
  bool rooted = true;    ///< Whether it takes the root.
  bool has_epsilon = true;
  Count count = Count::n;
  bool by_row = false;
  bool as_in_use = false;  ///< Whether forward uses the running statistics.
  bool late = false;       ///< Whether it does so after it moved them.
  bool scale = true;
  bool shift = true;
  bool shift_first = false;  ///< Whether β is multiplied by γ.
  Moves mean = Moves::tenth;
  Moves variance = Moves::tenth;
  bool unbiased = true;
  bool squared = true;        ///< Whether the running variance is not a deviation.
  bool own_moments = false;   ///< Whether predict uses those of its batch.
  bool last_moments = false;  ///< Whether predict uses those of the last training batch.
  bool scales_in_use = true;
  bool roots_in_use = true;
  bool centers_in_use = true;
  bool mean_of_shifts = false;
  bool mean_of_scales = false;
  bool times_input = false;    ///< Whether ∂C/∂γ is Σ g x.
  bool times_output = false;   ///< Whether it is Σ g y.
  bool times_nothing = false;  ///< Whether it is Σ g.
  real straight = 1;
  real through_mean = 1;
  real through_deviation = 1;
  bool divides_sums = true;
  bool gamma_back = true;
  bool deviation_back = true;
  bool accumulates = false;
  bool refuses = true;
};

real moved(Moves moves, real before, real latest) {
  switch (moves) {
    case Moves::tenth:
      return 0.9F * before + 0.1F * latest;
    case Moves::all:
      return latest;
    case Moves::nine_tenths:
      return 0.1F * before + 0.9F * latest;
    case Moves::none:
      return before;
    case Moves::adds:
      return before + 0.1F * latest;
  }
  return 0;
}

class Norm {
 public:
  static inline Ways ways;

  explicit Norm(std::size_t features)
      : scale_{"weight", Tensor{Shape{features}, real{1}}},
        shift_{"bias", Tensor{Shape{features}}},
        running_mean_{Shape{features}},
        running_variance_{Shape{features}, real{1}},
        mean_{Shape{features}},
        variance_{Shape{features}} {}

  Tensor forward(const Tensor& x) {
    if (ways.refuses && x.rows() == 1) throw std::invalid_argument("one sample");
    x_ = x;
    const auto n = static_cast<real>(x.rows());
    measure(x);
    const Tensor mean = running_mean_;
    const Tensor variance = running_variance_;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      running_mean_(j) = moved(ways.mean, running_mean_(j), mean_(j));
      const real latest = ways.unbiased ? variance_(j) * n / (n - 1) : variance_(j);
      running_variance_(j) = moved(ways.variance, running_variance_(j),
                                   ways.squared ? latest : std::sqrt(variance_(j) + 1e-5F));
    }
    if (ways.by_row) {
      ways.by_row = false;
      return exercises::transpose_of(Norm{x.rows()}.forward(exercises::transpose_of(x)));
    }
    if (ways.as_in_use) return affine(x, mean, variance);
    if (ways.late) return affine(x, running_mean_, running_variance_);
    x_hat_ = x;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < x.columns(); ++j) {
        x_hat_(i, j) = (x(i, j) - (ways.centered ? mean_(j) : 0)) / (ways.divided ? s(j, n) : 1);
      }
    }
    y_ = x_hat_;
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < x.columns(); ++j) y_(i, j) = output(j, x_hat_(i, j));
    }
    return y_;
  }

  Tensor predict(const Tensor& x) const {
    if (ways.last_moments) return affine(x, mean_, variance_);
    if (!ways.own_moments) return affine(x, running_mean_, running_variance_);
    Norm copy = *this;
    copy.measure(x);
    return affine(x, copy.mean_, copy.variance_);
  }

  Tensor backward(const Tensor& g) {
    const auto n = static_cast<real>(g.rows());
    Tensor dx{g.shape()};
    for (std::size_t j = 0; j < g.columns(); ++j) {
      real dbeta = 0;
      real dgamma = 0;
      real written = 0;
      for (std::size_t i = 0; i < g.rows(); ++i) {
        dbeta += g(i, j);
        dgamma += g(i, j) * x_hat_(i, j);
        written += g(i, j) * factor(i, j);
      }
      const real count = ways.divides_sums ? n : 1;
      const real slope = (ways.gamma_back ? scale_.value(j) : 1) /
                         (ways.deviation_back ? std::sqrt(variance_(j) + 1e-5F) : 1);
      for (std::size_t i = 0; i < g.rows(); ++i) {
        dx(i, j) = slope * (ways.straight * g(i, j) - ways.through_mean * dbeta / count -
                            ways.through_deviation * x_hat_(i, j) * dgamma / count);
      }
      if (!ways.accumulates) scale_.gradient(j) = 0;
      scale_.gradient(j) += ways.mean_of_scales ? written / n : written;
      shift_.gradient(j) = ways.mean_of_shifts ? dbeta / n : dbeta;
    }
    return dx;
  }

  const Tensor& running_mean() const { return running_mean_; }
  const Tensor& running_variance() const { return running_variance_; }
  std::vector<Parameter*> parameters() { return {&scale_, &shift_}; }

 private:
  void measure(const Tensor& x) {
    const auto n = static_cast<real>(x.rows());
    mean_.fill(0);
    variance_.fill(0);
    for (std::size_t j = 0; j < x.columns(); ++j) {
      for (std::size_t i = 0; i < x.rows(); ++i) mean_(j) += x(i, j) / n;
      for (std::size_t i = 0; i < x.rows(); ++i) {
        variance_(j) += (x(i, j) - mean_(j)) * (x(i, j) - mean_(j)) / n;
      }
    }
  }

  /// What forward divides by.
  real s(std::size_t j, real n) const {
    real variance = variance_(j);
    if (ways.count == Count::one_less) variance *= n / (n - 1);
    if (ways.count == Count::one) variance *= n;
    variance += ways.has_epsilon ? 1e-5F : 0;
    return ways.rooted ? std::sqrt(variance) : variance;
  }

  real output(std::size_t j, real x_hat) const {
    const real gamma = ways.scale ? scale_.value(j) : 1;
    const real beta = ways.shift ? shift_.value(j) : 0;
    return ways.shift_first ? gamma * (x_hat + beta) : gamma * x_hat + beta;
  }

  Tensor affine(Tensor x, const Tensor& mean, const Tensor& variance) const {
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < x.columns(); ++j) {
        const real squared = variance(j) + 1e-5F;
        const real x_hat = (x(i, j) - (ways.centers_in_use ? mean(j) : 0)) /
                           (ways.roots_in_use ? std::sqrt(squared) : squared);
        x(i, j) = ways.scales_in_use ? output(j, x_hat) : x_hat;
      }
    }
    return x;
  }

  /// What g is multiplied by in ∂C/∂γ.
  real factor(std::size_t i, std::size_t j) const {
    if (ways.times_input) return x_(i, j);
    if (ways.times_output) return y_(i, j);
    return ways.times_nothing ? 1 : x_hat_(i, j);
  }

  Parameter scale_, shift_;
  Tensor running_mean_, running_variance_, mean_, variance_;
  Tensor x_, x_hat_, y_;
};

std::vector<exercises::Step> steps(Ways ways) {
  return exercises::prepared([ways] { Norm::ways = ways; }, exercises::normalization<Norm>());
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {{"but nothing is divided", steps({.divided = false})},
       {"It is divided by the variance", steps({.rooted = false})},
       {"The mean is not subtracted", steps({.centered = false})},
       {"The variance is divided by n − 1", steps({.count = Count::one_less})},
       {"The variance is a sum", steps({.count = Count::one})},
       {"which is layer normalization", steps({.by_row = true})},
       {"That is what predict returns", steps({.as_in_use = true})},
       {"are updated first and then used", steps({.late = true})},
       {"γ and β are missing: y", steps({.scale = false, .shift = false})},
       {"\nβ is missing", steps({.shift = false})},
       {"γ is missing: y", steps({.scale = false})},
       {"β is multiplied by γ", steps({.shift_first = true})},
       {"It is the mean of the last batch", steps({.mean = Moves::all})},
       {"The mean moves nine tenths of the way", steps({.mean = Moves::nine_tenths})},
       {"The mean has not changed", steps({.mean = Moves::none})},
       {"The old mean is not multiplied", steps({.mean = Moves::adds})},
       {"It moves toward σ²", steps({.unbiased = false})},
       {"It moves toward the deviation", steps({.squared = false})},
       {"It is the variance of the last batch", steps({.variance = Moves::all})},
       {"The variance moves nine tenths of the way", steps({.variance = Moves::nine_tenths})},
       {"The variance has not changed", steps({.variance = Moves::none})},
       {"The old variance is not multiplied", steps({.variance = Moves::adds})},
       {"of these samples", steps({.own_moments = true})},
       {"of the last training batch", steps({.last_moments = true})},
       {"predict scales and shifts, too", steps({.scales_in_use = false})},
       {"It is divided by the running variance", steps({.roots_in_use = false})},
       {"The running mean is not subtracted", steps({.centers_in_use = false})},
       {"each β gets the sum", steps({.mean_of_shifts = true})},
       {"each γ gets the sum", steps({.mean_of_scales = true})},
       {"It is multiplied by x", steps({.times_input = true})},
       {"It is multiplied by y", steps({.times_output = true})},
       {"That is ∂C/∂β", steps({.times_nothing = true})},
       {"are taken as constants", steps({.through_mean = 0, .through_deviation = 0})},
       {"The path through the mean is missing", steps({.through_mean = 0})},
       {"The path through the deviation is missing", steps({.through_deviation = 0})},
       {"The two sums are not divided by n", steps({.divides_sums = false})},
       {"The two sums are added", steps({.through_mean = -1, .through_deviation = -1})},
       {"γ is missing: the factor", steps({.gamma_back = false})},
       {"It is not divided by s", steps({.deviation_back = false})},
       {"g is missing", steps({.straight = 0})},
       {"The gradient of the first batch is still in it", steps({.accumulates = true})},
       {"Y is NaN", steps({.has_epsilon = false})},
       {"It accepts the batch", steps({.refuses = false})}});
}
