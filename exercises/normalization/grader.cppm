/// @file
/// @brief Grades batch normalization.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

export module exercises.normalization;

export import exercises.grade;
export import nn.normalization;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

constexpr real epsilon = 1e-5F;

/// Mean and variance of a group of values.
struct Moments {
  real mean = 0;
  real variance = 0;  ///< Divided by n.
};

using Values = std::vector<real>;

Moments moments_of(const Values& values) {
  const auto n = static_cast<real>(values.size());
  Moments moments;
  for (const real x : values) moments.mean += x / n;
  for (const real x : values) {
    moments.variance += (x - moments.mean) * (x - moments.mean) / n;
  }
  return moments;
}

Values column_of(const Tensor& x, std::size_t j) {
  Values values;
  for (std::size_t i = 0; i < x.rows(); ++i) values.push_back(x(i, j));
  return values;
}

/// Each value by a function of it and the moments of its column.
Tensor by_column(const Tensor& x, const std::function<real(real x, Moments of_column)>& f) {
  Tensor y{x.shape()};
  for (std::size_t j = 0; j < x.columns(); ++j) {
    const Moments moments = moments_of(column_of(x, j));
    for (std::size_t i = 0; i < x.rows(); ++i) y(i, j) = f(x(i, j), moments);
  }
  return y;
}

real normalized(real x, Moments of) { return (x - of.mean) / std::sqrt(of.variance + epsilon); }
real unrooted(real x, Moments of) { return (x - of.mean) / (of.variance + epsilon); }
real uncentered(real x, Moments of) { return x / std::sqrt(of.variance + epsilon); }

/// Normalized within each row, as layer normalization does.
Tensor by_row(const Tensor& x) { return transpose_of(by_column(transpose_of(x), normalized)); }

/// Each row multiplied by gamma, plus beta.
Tensor scaled(Tensor x, const Tensor& gamma, const Tensor& beta) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) x(i, j) = gamma(j) * x(i, j) + beta(j);
  }
  return x;
}

/// The sums of the columns of g ⊙ x.
Tensor sums_of(const Tensor& g, const Tensor& x) {
  Tensor sums{Shape{x.columns()}};
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) sums(j) += g(i, j) * x(i, j);
  }
  return sums;
}

/// The parts of ∂C/∂X that can be spoiled.
struct Parts {
  real straight = 1;           ///< Times the path straight to x̂.
  real through_mean = 1;       ///< Times the path through the mean.
  real through_deviation = 1;  ///< Times the path through the deviation.
  bool divided_by_n = true;
  bool gamma = true;
  bool deviation = true;  ///< Whether it is divided by s.
};

Tensor input_gradient(const Tensor& x, const Tensor& gamma, const Tensor& g, Parts parts = {}) {
  const Tensor x_hat = by_column(x, normalized);
  const Tensor dgamma = sums_of(g, x_hat);
  const Tensor dbeta = sums_of(g, Tensor{g.shape(), real{1}});
  const real n = parts.divided_by_n ? static_cast<real>(x.rows()) : 1;
  Tensor dx{x.shape()};
  for (std::size_t j = 0; j < x.columns(); ++j) {
    const real s = std::sqrt(moments_of(column_of(x, j)).variance + epsilon);
    const real factor = (parts.gamma ? gamma(j) : 1) / (parts.deviation ? s : 1);
    for (std::size_t i = 0; i < x.rows(); ++i) {
      dx(i, j) = factor * (parts.straight * g(i, j) - parts.through_mean * dbeta(j) / n -
                           parts.through_deviation * x_hat(i, j) * dgamma(j) / n);
    }
  }
  return dx;
}

// The batch of section 15.5, its scale and shift, and the gradient of section 15.6.
const Tensor batch{{0, 10}, {6, 50}, {6, 10}, {8, 50}};
const Tensor scale{3, 2};
const Tensor shift{1, 0};
const Tensor gradient{{0, 1}, {0, 1}, {0, 0}, {1, 0}};
const Tensor no_shift{0, 0};
// A batch with which the running statistics move a second time.
const Tensor other{{1, 20}, {3, 0}, {-1, 5}};

/// The reader's layer with a scale and a shift.
template <class BatchNorm>
BatchNorm layer_of(const Tensor& gamma, const Tensor& beta) {
  BatchNorm layer{gamma.size()};
  layer.parameters()[0]->value = gamma;
  layer.parameters()[1]->value = beta;
  return layer;
}

/// What a running number of each column is after `batch` and `other`.
/// @param initial What it is at first.
/// @param f Moves it: a function of what it was and of the batch's column.
Tensor after_both(real initial, const std::function<real(real before, const Values& column)>& f) {
  Tensor all{Shape{batch.columns()}};
  for (std::size_t j = 0; j < all.size(); ++j) {
    all(j) = f(f(initial, column_of(batch, j)), column_of(other, j));
  }
  return all;
}

real unbiased(const Values& column) {
  const auto n = static_cast<real>(column.size());
  return moments_of(column).variance * n / (n - 1);
}
real biased(const Values& column) { return moments_of(column).variance; }
real deviation(const Values& column) { return std::sqrt(biased(column) + epsilon); }

/// What Y of `batch` may be by mistake, without scale and shift.
std::vector<Mistake> mistakes_of_forward() {
  const auto by = [](const std::function<real(real, Moments)>& f) { return by_column(batch, f); };
  return {{"The mean is subtracted, but nothing is divided: divide by √(σ² + ε).",
           by([](real x, Moments of) { return x - of.mean; })},
          {"It is divided by the variance: take its root.", by(unrooted)},
          {"The mean is not subtracted.", by(uncentered)},
          {"The variance is divided by n − 1: here it is divided by n; only the running "
           "variance takes n − 1.",
           by([](real x, Moments of) {
             return (x - of.mean) / std::sqrt(of.variance * 4 / 3 + epsilon);
           })},
          {"The variance is a sum: divide it by n.", by([](real x, Moments of) {
             return (x - of.mean) / std::sqrt(of.variance * 4 + epsilon);
           })},
          {"Each sample is normalized over its features, which is layer normalization: "
           "normalize each feature over the batch.",
           by_row(batch)},
          {"That is what predict returns: in training, use the mean and the variance of the "
           "batch.",
           by([](real x, Moments) { return x / std::sqrt(1 + epsilon); })},
          {"The running statistics are updated first and then used: in training, use those of "
           "the batch.",
           by([](real x, Moments of) {
             return (x - of.mean / 10) / std::sqrt(0.9F + of.variance * 4 / 30 + epsilon);
           })}};
}

/// The running mean after `batch` and `other`, from the weights of the old and of the new.
Tensor moved_mean(real old, real latest) {
  return after_both(0, [=](real before, const Values& column) {
    return old * before + latest * moments_of(column).mean;
  });
}

/// The same of the running variance, by a function of a column.
Tensor moved_variance(real old, real latest, real (*variance)(const Values&)) {
  return after_both(1, [=](real before, const Values& column) {
    return old * before + latest * variance(column);
  });
}

std::vector<Mistake> mistakes_of_running_mean() {
  return {{"It is the mean of the last batch: move it by a tenth of the way.", moved_mean(0, 1)},
          {"The mean moves nine tenths of the way: 0.9 is the weight of the old one.",
           moved_mean(0.1F, 0.9F)},
          {"The mean has not changed: forward must update it.", moved_mean(1, 0)},
          {"The old mean is not multiplied by 0.9.", moved_mean(1, 0.1F)}};
}

std::vector<Mistake> mistakes_of_running_variance() {
  return {{"It moves toward σ², which is a little too small: multiply it by n / (n − 1).",
           moved_variance(0.9F, 0.1F, biased)},
          {"It moves toward the deviation: σ² n / (n − 1) is a variance.",
           moved_variance(0.9F, 0.1F, deviation)},
          {"It is the variance of the last batch: move it by a tenth of the way.",
           moved_variance(0, 1, unbiased)},
          {"The variance moves nine tenths of the way: 0.9 is the weight of the old one.",
           moved_variance(0.1F, 0.9F, unbiased)},
          {"The variance has not changed: forward must update it.", moved_variance(1, 0, unbiased)},
          {"The old variance is not multiplied by 0.9.", moved_variance(1, 0.1F, unbiased)}};
}

/// Each value by a function of it and of given moments of its column.
Tensor with(Tensor x, real (*f)(real x, Moments of), const std::vector<Moments>& columns) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) x(i, j) = f(x(i, j), columns[j]);
  }
  return x;
}

/// What predict() may return by mistake after it was trained with `batch`.
std::vector<Mistake> mistakes_of_predict(const Tensor& x, const std::vector<Moments>& running) {
  const std::vector<Moments> of_batch{moments_of(column_of(batch, 0)),
                                      moments_of(column_of(batch, 1))};
  return {
      {"It is normalized with the mean and the variance of these samples: use the running "
       "ones, because an answer must not depend on the rest of the batch.",
       scaled(by_column(x, normalized), scale, shift)},
      {"It is normalized with the mean and the variance of the last training batch: use "
       "the running ones.",
       scaled(with(x, normalized, of_batch), scale, shift)},
      {"γ and β are missing: predict scales and shifts, too.", with(x, normalized, running)},
      {"It is divided by the running variance: take its root.",
       scaled(with(x, unrooted, running), scale, shift)},
      {"The running mean is not subtracted.", scaled(with(x, uncentered, running), scale, shift)}};
}

/// What ∂C/∂X of section 15.6 may be by mistake.
std::vector<Mistake> mistakes_of_input_gradient() {
  const auto spoiled = [](Parts parts) { return input_gradient(batch, scale, gradient, parts); };
  return {{"Mean and variance are taken as constants, but they depend on every x: subtract "
           "(∂C/∂β + x̂ ∂C/∂γ) / n from g.",
           spoiled({.through_mean = 0, .through_deviation = 0})},
          {"The path through the mean is missing: − ∂C/∂β / n.", spoiled({.through_mean = 0})},
          {"The path through the deviation is missing: − x̂ ∂C/∂γ / n.",
           spoiled({.through_deviation = 0})},
          {"The two sums are not divided by n.", spoiled({.divided_by_n = false})},
          {"The two sums are added: subtract them.",
           spoiled({.through_mean = -1, .through_deviation = -1})},
          {"γ is missing: the factor is γ / s.", spoiled({.gamma = false})},
          {"It is not divided by s: the factor is γ / s.", spoiled({.deviation = false})},
          {"g is missing: the two sums are subtracted from it.", spoiled({.straight = 0})}};
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class like nn::BatchNorm.
template <class BatchNorm>
std::vector<Step> normalization() {
  // Seven samples of five features, which are far from 0.
  static const Tensor large = [] {
    Tensor x = random_tensor(Shape{7, 5}, 1);
    for (real& value : x.values()) value = 3 * value + 2;
    return x;
  }();
  static const Tensor gamma = random_tensor(Shape{5}, 2);
  static const Tensor beta = random_tensor(Shape{5}, 3);
  static const Tensor dy = random_tensor(Shape{7, 5}, 4);

  return {
      {"forward: the batch of section 15.5, with γ = 1 and β = 0",
       [] {
         BatchNorm layer{2};
         expect("Y", layer.forward(batch), by_column(batch, normalized), mistakes_of_forward());
       }},
      {"forward: with γ = (3, 2) and β = (1, 0)",
       [] {
         const Tensor x_hat = by_column(batch, normalized);
         expect("Y", layer_of<BatchNorm>(scale, shift).forward(batch), scaled(x_hat, scale, shift),
                {{"γ and β are missing: y = γ x̂ + β.", x_hat},
                 {"β is missing: y = γ x̂ + β.", scaled(x_hat, scale, no_shift)},
                 {"γ is missing: y = γ x̂ + β.", scaled(x_hat, Tensor{1, 1}, shift)},
                 {"β is multiplied by γ, too: y = γ x̂ + β.", scaled(x_hat, scale, Tensor{3, 0})}});
       }},
      {"forward: the running mean after two batches",
       [] {
         BatchNorm layer{2};
         layer.forward(batch);
         layer.forward(other);
         expect("the running mean", layer.running_mean(), moved_mean(0.9F, 0.1F),
                mistakes_of_running_mean());
       }},
      {"forward: the running variance after two batches",
       [] {
         BatchNorm layer{2};
         layer.forward(batch);
         layer.forward(other);
         expect("the running variance", layer.running_variance(),
                moved_variance(0.9F, 0.1F, unbiased), mistakes_of_running_variance());
       }},
      {"predict: two samples, after one batch",
       [] {
         BatchNorm layer = layer_of<BatchNorm>(scale, shift);
         layer.forward(batch);
         const Tensor x{{8, 50}, {1, 20}};
         const std::vector<Moments> running{{layer.running_mean()(0), layer.running_variance()(0)},
                                            {layer.running_mean()(1), layer.running_variance()(1)}};
         expect("Y", layer.predict(x), scaled(with(x, normalized, running), scale, shift),
                mistakes_of_predict(x, running));
       }},
      {"backward: ∂C/∂β of section 15.6",
       [] {
         BatchNorm layer = layer_of<BatchNorm>(scale, shift);
         layer.forward(batch);
         layer.backward(gradient);
         const Tensor want = sums_of(gradient, Tensor{gradient.shape(), real{1}});
         expect("∂C/∂β", layer.parameters()[1]->gradient, want,
                {{"It is the mean over the batch: each β gets the sum.", times(0.25F, want)}});
       }},
      {"backward: ∂C/∂γ of section 15.6",
       [] {
         BatchNorm layer = layer_of<BatchNorm>(scale, shift);
         layer.forward(batch);
         layer.backward(gradient);
         const Tensor x_hat = by_column(batch, normalized);
         const Tensor want = sums_of(gradient, x_hat);
         expect("∂C/∂γ", layer.parameters()[0]->gradient, want,
                {{"It is the mean over the batch: each γ gets the sum.", times(0.25F, want)},
                 {"It is multiplied by x: γ multiplies x̂, so its gradient is Σ g x̂.",
                  sums_of(gradient, batch)},
                 {"It is multiplied by y: γ multiplies x̂, so its gradient is Σ g x̂.",
                  sums_of(gradient, scaled(x_hat, scale, shift))},
                 {"That is ∂C/∂β: multiply each g by x̂ first.",
                  sums_of(gradient, Tensor{gradient.shape(), real{1}})}});
       }},
      {"backward: ∂C/∂X of section 15.6",
       [] {
         BatchNorm layer = layer_of<BatchNorm>(scale, shift);
         layer.forward(batch);
         expect("∂C/∂X", layer.backward(gradient), input_gradient(batch, scale, gradient),
                mistakes_of_input_gradient());
       }},
      {"both: as in the library, 7 samples of 5 features",
       [] {
         BatchNorm mine = layer_of<BatchNorm>(gamma, beta);
         auto right = layer_of<nn::BatchNorm>(gamma, beta);
         expect("Y", mine.forward(large), right.forward(large));
         expect("∂C/∂X", mine.backward(dy), right.backward(dy));
         expect("∂C/∂γ", mine.parameters()[0]->gradient, right.parameters()[0]->gradient);
         expect("∂C/∂β", mine.parameters()[1]->gradient, right.parameters()[1]->gradient);
         expect("the running variance", mine.running_variance(), right.running_variance());
         expect("Y of predict", mine.predict(large.rows(2, 1)), right.predict(large.rows(2, 1)));
       }},
      {"backward: a second batch",
       [] {
         BatchNorm layer = layer_of<BatchNorm>(scale, shift);
         layer.forward(batch);
         layer.backward(gradient);
         const Tensor dy2 = random_tensor(Shape{3, 2}, 5);
         layer.forward(other);
         layer.backward(dy2);
         const Tensor want = sums_of(dy2, by_column(other, normalized));
         Tensor both = sums_of(gradient, by_column(batch, normalized));
         for (std::size_t j = 0; j < 2; ++j) both(j) += want(j);
         expect("∂C/∂γ of the second batch", layer.parameters()[0]->gradient, want,
                {{"The gradient of the first batch is still in it: begin the sum with 0.", both}});
       }},
      {"backward: gradient check",
       [] { expect_gradients(layer_of<BatchNorm>(gamma, beta), large); }},
      {"forward: a feature that is the same in all samples",
       [] {
         const Tensor constant{{2, 1}, {2, 3}, {2, 5}};
         const Tensor y = layer_of<BatchNorm>(scale, shift).forward(constant);
         require(std::ranges::none_of(y.values(), [](real value) { return std::isnan(value); }),
                 "Y is NaN: the variance of a constant feature is 0. Add ε before you take the "
                 "root.");
         expect("Y", y, scaled(by_column(constant, normalized), scale, shift));
       }},
      {"forward: a batch of one sample", [] {
         BatchNorm layer{2};
         try {
           layer.forward(batch.rows(0, 1));
         } catch (const std::invalid_argument&) {
           return;
         }
         throw Wrong{
             "It accepts the batch, although x̂ would be 0 whatever the sample: throw "
             "std::invalid_argument."};
       }}};
}

}  // namespace exercises
