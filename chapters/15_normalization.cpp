// Chapter 15: deep networks. Read with docs/chapters/15_normalization.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

import experiments;
import lecture;
import nn;
import reports;

using lecture::Curve, lecture::heading, lecture::percent_right, lecture::show;
using nn::real, nn::Shape, nn::Tensor;
// [/fold]

// [nothing]
void nothing_learned(const nn::Split& digits) {
  heading("15.1 Eight layers that learn nothing");
  for (const std::size_t hidden : {1U, 8U}) {
    const nn::Sequential network = trained({"random", "sigmoid", hidden}, digits.training, 0.3F, 1);
    const double cost = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits.test).cost;
    const double right = percent_right(network, digits.test);
    fmt::print("  {} hidden: cost {:.2f}, {:.1f} % right\n", hidden, cost, right);
  }
}
// [/nothing]

// [vanish]
void vanishing(const nn::Split& digits, std::vector<Curve>& norms) {
  heading("15.2 Where the gradient goes");
  show_norms(plans({"random", "Glorot", "He"}, 8), digits, norms);
}
// [/vanish]

// [grid]
void grid(const nn::Split& digits) {
  heading("15.3 Activation, initializer, depth");
  for (const std::size_t hidden : {1U, 8U}) {
    for (const Plan& plan : plans({"random", "Glorot", "He"}, hidden)) measure(plan, digits);
  }
}
// [/grid]

// [forward]
real square(real x) { return x * x; }

/// Batch normalization of rows, written like its formulas, one feature after another.
struct PlainNorm {
  nn::Parameter gamma, beta;  // scale and shift
  Tensor x_hat, s;            // kept for backward

  explicit PlainNorm(std::size_t features)
      : gamma{"weight", Tensor{Shape{features}, real{1}}},
        beta{"bias", Tensor{Shape{features}}},
        s{Shape{features}} {}

  Tensor forward(const Tensor& x) {
    const auto n = static_cast<real>(x.rows());
    Tensor y = x_hat = x;  // for the shape; the values are replaced
    for (std::size_t j = 0; j < x.columns(); ++j) {
      real mean = 0;
      for (std::size_t i = 0; i < x.rows(); ++i) mean += x(i, j) / n;
      real variance = 0;
      for (std::size_t i = 0; i < x.rows(); ++i) variance += square(x(i, j) - mean) / n;
      s(j) = std::sqrt(variance + 1e-5F);
      for (std::size_t i = 0; i < x.rows(); ++i) {
        x_hat(i, j) = (x(i, j) - mean) / s(j);
        y(i, j) = gamma.value(j) * x_hat(i, j) + beta.value(j);
      }
    }
    return y;
  }
  // [/forward]

  // [backward]
  Tensor backward(const Tensor& g) {
    const auto n = static_cast<real>(g.rows());
    Tensor dx = g;
    for (std::size_t j = 0; j < g.columns(); ++j) {
      real& d_beta = beta.gradient(j) = 0;
      real& d_gamma = gamma.gradient(j) = 0;
      for (std::size_t i = 0; i < g.rows(); ++i) {
        d_beta += g(i, j);
        d_gamma += g(i, j) * x_hat(i, j);
      }
      for (std::size_t k = 0; k < g.rows(); ++k) {
        dx(k, j) = gamma.value(j) / s(j) * (g(k, j) - (d_beta + x_hat(k, j) * d_gamma) / n);
      }
    }
    return dx;
  }
  // [/backward]

  // [layer]
  [[nodiscard]] Tensor predict(const Tensor& x) const { return PlainNorm{*this}.forward(x); }
  std::vector<nn::Parameter*> parameters() { return {&gamma, &beta}; }
  [[nodiscard]] std::string name() const { return "PlainNorm"; }
  [[nodiscard]] Shape output_shape(const Shape& sample) const { return sample; }
};
// [/layer]

// [by-hand]
void by_hand() {
  heading("15.5 Batch normalization");
  PlainNorm norm{2};
  norm.gamma.value = Tensor{3, 2};
  norm.beta.value = Tensor{1, 0};
  const Tensor y = norm.forward(Tensor{{0, 10}, {6, 50}, {6, 10}, {8, 50}});
  show("X hat", norm.x_hat);
  show("Y", y);

  heading("15.6 The backward pass");
  show("dX", norm.backward(Tensor{{0, 1}, {0, 1}, {0, 0}, {1, 0}}));
  show("d gamma", norm.gamma.gradient);
  show("d beta", norm.beta.gradient);
}
// [/by-hand]

// [running]
void inference() {
  heading("15.7 Inference with running statistics");
  nn::BatchNorm norm{2};
  for (int t = 1; t <= 50; ++t) {
    norm.forward(Tensor{{0, 10}, {6, 50}, {6, 10}, {8, 50}});
    if (t != 1 && t != 10 && t != 50) continue;
    fmt::print("  after {:2}: mean {:6.3f}, variance {:6.3f}; the sample (8, 50) becomes {:.3f}\n",
               t, norm.running_mean()(0), norm.running_variance()(0),
               norm.predict(Tensor{{8, 50}})(0, 0));
  }
}
// [/running]

// [channels]
void channels() {
  heading("15.8 Images, and layer normalization");
  const std::array<real, 8> pixels{0, 6, 10, 50, 6, 8, 10, 50};
  show("images", nn::BatchNorm{2}.forward(Tensor{Shape{2, 2, 1, 2}, pixels}));
  show("LayerNorm", nn::LayerNorm{4}.forward(Tensor{{0, 6, 6, 8}, {10, 50, 10, 50}}));
}
// [/channels]

// [normalized]
void normalized(const nn::Split& digits, std::vector<Curve>& norms) {
  heading("15.9 What normalization fixes");
  for (const std::string norm : {"BatchNorm", "LayerNorm"}) {
    show_norms(plans({"random"}, 8, norm), digits, norms);
    for (const Plan& plan : plans({"random"}, 8, norm)) measure(plan, digits);
  }
  lecture::keep("15_norms.csv", "layer", 1, norms);
}
// [/normalized]

// [dropout]
void deep_dropout(const nn::Split& digits, std::vector<Curve>& norms) {
  const Plan plan{"Glorot", "sigmoid", 8, "Dropout"};
  show_norms({plan}, digits, norms);
  measure(plan, digits);
}
// [/dropout]

// [check]
void check_yourself() {
  heading("15.11 Check yourself");
  const Tensor x = lecture::noise(Shape{20, 3}, 1);
  const Tensor g = lecture::noise(Shape{20, 3}, 2);
  PlainNorm plain{3};
  nn::BatchNorm fast{3};
  const std::vector<nn::Parameter*> parameters = fast.parameters();
  plain.gamma.value = parameters[0]->value = lecture::noise(Shape{3}, 3);
  plain.beta.value = parameters[1]->value = lecture::noise(Shape{3}, 4);
  lecture::check_equal("PlainNorm, nn::BatchNorm: Y", plain.forward(x), fast.forward(x), 1e-5);
  lecture::check_equal("dX", plain.backward(g), fast.backward(g), 1e-5);
  lecture::check_equal("d gamma", plain.gamma.gradient, parameters[0]->gradient, 1e-5);
  lecture::check_equal("d beta", plain.beta.gradient, parameters[1]->gradient, 1e-5);
  const Tensor rows = lecture::noise(Shape{6, 3}, 5);
  lecture::check_gradients("PlainNorm", plain, rows);
  lecture::check_gradients("BatchNorm, rows", nn::BatchNorm{3}, rows);
  lecture::check_gradients("BatchNorm, images", nn::BatchNorm{3},
                           lecture::noise(Shape{2, 3, 4, 4}, 6));
  lecture::check_gradients("LayerNorm", nn::LayerNorm{3}, rows);
}
// [/check]

// [careless]
/// Batch normalization with a mistake: its backward pass treats mean and variance as constants.
struct Careless : PlainNorm {
  Tensor backward(const Tensor& g) {
    Tensor dx = PlainNorm::backward(g);  // the gradients of γ and β are right
    for (std::size_t j = 0; j < g.columns(); ++j) {
      for (std::size_t k = 0; k < g.rows(); ++k) dx(k, j) = gamma.value(j) / s(j) * g(k, j);
    }
    return dx;
  }
};

void break_it() {
  heading("15.12 Break it: mean and variance as constants");
  lecture::check_gradients("Careless", Careless{PlainNorm{3}}, lecture::noise(Shape{6, 3}, 5));
}
// [/careless]

// [batch]
void batch_statistics(const nn::Split& digits) {
  heading("15.13 Break it: normalized by the wrong batch");
  const Plan plan{"random", "ReLU", 8, "BatchNorm"};
  nn::Sequential network = trained(plan, digits.training, chosen_rate(plan, digits), 1);
  fmt::print("  predict               {:8.1f} %\n", percent_right(network, digits.test));
  const auto percent = [&](const nn::Dataset& set, const nn::BatchOptions& options, auto seed) {
    nn::Accuracy accuracy;
    const nn::Batches batches{set, options, nn::Random{seed}};
    for (const nn::Batch& batch : batches.epoch(0)) {
      accuracy.add(network.forward(batch.inputs), batch.targets);
    }
    return 100 * accuracy.value();
  };
  for (const std::size_t size : {100U, 10U, 4U, 2U}) {
    const std::vector<double> right = lecture::for_seeds(
        3, [&](std::uint64_t seed) { return percent(digits.test, {.size = size}, seed); });
    fmt::print("  forward, {:3} at random{:>14} %\n", size, to_string(lecture::spread(right), 1));
  }
  std::vector<std::size_t> sorted = nn::Random{1}.permutation(digits.test.size());
  std::ranges::sort(sorted, {}, [&](std::size_t i) { return digits.test.targets.class_of(i); });
  const nn::Dataset of_a_kind = nn::gather(digits.test, sorted);
  fmt::print("  forward, 100 of a kind{:8.1f} %\n", percent(of_a_kind, {.shuffle = false}, 1U));
  const double dealt = percent(digits.test, {.size = 10, .shuffle = false}, 1U);
  fmt::print("  forward, 10 as dealt  {:8.1f} %\n", dealt);
}
// [/batch]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 15: deep networks");
  const nn::Split digits = load();
  std::vector<Curve> norms;
  nothing_learned(digits);
  vanishing(digits, norms);
  grid(digits);
  heading("15.4 Testing a student report");
  reported_initializers(digits);
  by_hand();
  inference();
  channels();
  normalized(digits, norms);
  heading("15.10 Dropout fixes something else");
  reported_dropout(digits);
  deep_dropout(digits, norms);
  check_yourself();
  break_it();
  batch_statistics(digits);
}
// [/main]
