// Chapter 15: deep networks. Read with docs/chapters/15_normalization.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

import lecture;
import nn;

using lecture::Curve, lecture::heading, lecture::percent_right, lecture::show;
using nn::real, nn::Shape, nn::Tensor;
// [/fold]

// [plan]
/// What a network is made of: 784-100-…-100-10.
struct Plan {
  std::string start;       ///< random, Glorot or He.
  std::string activation;  ///< sigmoid, tanh or ReLU.
  std::size_t hidden = 8;  ///< Hidden layers, of 100 neurons each.
  std::string extra{};     ///< BatchNorm, LayerNorm or Dropout in each hidden layer, or nothing.
};

nn::Sequential build(const Plan& plan, std::uint64_t seed) {
  nn::Random random{seed};
  const std::map<std::string, std::function<void(Tensor&, nn::Fan)>> fills{
      {"random", nn::RandomNormal{random, 0.05}},
      {"Glorot", nn::Glorot{random}},
      {"He", nn::He{random}}};
  nn::Sequential network;
  for (std::size_t i = 0; i < plan.hidden; ++i) {
    network.push(nn::Dense{i == 0 ? std::size_t{784} : 100, 100, fills.at(plan.start)});
    if (plan.extra == "BatchNorm") network.push(nn::BatchNorm{100});
    if (plan.extra == "LayerNorm") network.push(nn::LayerNorm{100});
    if (plan.activation == "ReLU") network.push(nn::ReLU{});
    if (plan.activation == "tanh") network.push(nn::Tanh{});
    if (plan.activation == "sigmoid") network.push(nn::Sigmoid{});
    if (plan.extra == "Dropout") network.push(nn::Dropout{0.2, random});
  }
  network.push(nn::Dense{100, 10, fills.at(plan.start)});
  return network;
}

/// A plan for each of the three activations with each start.
std::vector<Plan> plans(const std::vector<std::string>& starts, std::size_t hidden,
                        const std::string& extra = "") {
  std::vector<Plan> result;
  for (const std::string activation : {"sigmoid", "tanh", "ReLU"}) {
    for (const std::string& start : starts) result.push_back({start, activation, hidden, extra});
  }
  return result;
}
// [/plan]

// [train]
/// 50,000 of MNIST's training images to learn from, 2,000 to choose a learning rate by, and 8,000
/// that serve as test images; fewer if the program is to be short.
nn::Split load() {
  const auto [training, rest, test] = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  if (!lecture::is_short()) return {training, rest.first(2'000), rest.part(2'000, 8'000)};
  return {training.first(1'500), rest.first(200), rest.part(2'000, 500)};
}

/// Plain gradient descent, one epoch of batches of 100.
nn::Sequential trained(const Plan& plan, const nn::Dataset& digits, real rate, std::uint64_t seed) {
  lecture::progress(fmt::format("{} {} {}, rate {}", plan.start, plan.activation, seed, rate));
  nn::Sequential network = build(plan, seed);
  nn::GradientDescent descent{{.learning_rate = rate}};
  const nn::Batches batches{digits, {.size = 100}, nn::Random{seed}};
  for (const nn::Batch& batch : batches.epoch(0)) {
    const Tensor logits = network.forward(batch.inputs);
    network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
    descent.step(network.parameters());
  }
  lecture::progress("");
  return network;
}

void nothing_learned(const nn::Split& digits) {
  heading("15.1 Eight layers that learn nothing");
  for (const std::size_t hidden : {1U, 8U}) {
    const nn::Sequential network = trained({"random", "sigmoid", hidden}, digits.training, 0.3F, 1);
    const double cost = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits.test).cost;
    const double right = percent_right(network, digits.test);
    fmt::print("  {} hidden: cost {:.2f}, {:.1f} % right\n", hidden, cost, right);
  }
}
// [/train]

// [norms]
/// ‖∂C/∂W‖ of every dense layer, first to last, before any training.
Curve gradient_norms(const Plan& plan, const nn::Dataset& batch) {
  nn::Sequential network = build(plan, 1);
  const Tensor logits = network.forward(batch.inputs);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  Curve norms{(plan.extra.empty() ? plan.start : plan.extra) + " " + plan.activation, {}};
  for (const nn::Parameter* const parameter : network.parameters()) {
    if (parameter->value.rank() != 2) continue;  // weights, not biases, scales or shifts
    double squares = 0;
    for (const double g : parameter->gradient.values()) squares += g * g;
    norms.values.push_back(std::sqrt(squares));
  }
  return norms;
}

/// Prints every second layer of each network, and adds all layers to the curves.
void show_norms(const std::vector<Plan>& networks, const nn::Split& digits,
                std::vector<Curve>& curves) {
  fmt::print("  {:<20}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "dense layer", 1, 3, 5, 7, 9);
  for (const Plan& plan : networks) {
    curves.push_back(gradient_norms(plan, digits.training.first(100)));
    fmt::print("  {:<20}", curves.back().name);
    for (std::size_t i = 0; i < 9; i += 2) fmt::print("{:9.0e}", curves.back().values[i]);
    fmt::print("\n");
  }
}
// [/norms]

// [vanish]
void vanishing(const nn::Split& digits, std::vector<Curve>& norms) {
  heading("15.2 Where the gradient goes");
  show_norms(plans({"random", "Glorot", "He"}, 8), digits, norms);
}
// [/vanish]

// [rate]
/// The learning rate of the lowest validation cost, from one run with each.
real chosen_rate(const Plan& plan, const nn::Split& digits) {
  real best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (const real rate : {0.03F, 0.1F, 0.3F, 1.0F, 3.0F, 10.0F}) {
    const nn::Sequential network = trained(plan, digits.training, rate, 0);
    const double cost = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits.validation).cost;
    if (cost < lowest) best = rate;
    lowest = std::fmin(cost, lowest);  // of a number and a NaN, the number
  }
  return best;
}

/// Chooses a rate, trains from three seeds, and prints how good the networks are.
void measure(const Plan& plan, const nn::Split& digits) {
  const real rate = chosen_rate(plan, digits);
  const std::vector<double> right = lecture::for_seeds(3, [&](std::uint64_t seed) {
    return percent_right(trained(plan, digits.training, rate, seed), digits.test);
  });
  fmt::print("  {:<8}{:<9}{} hidden  {:<11}rate {:<6}{:>12} %\n", plan.start, plan.activation,
             plan.hidden, plan.extra, rate, to_string(lecture::spread(right), 1));
}
// [/rate]

// [grid]
void grid(const nn::Split& digits) {
  heading("15.3 Activation, initializer, depth");
  for (const std::size_t hidden : {1U, 8U}) {
    for (const Plan& plan : plans({"random", "Glorot", "He"}, hidden)) measure(plan, digits);
  }
}
// [/grid]

// [report]
/// Trains from three starts with all images in one batch, and prints how good each is.
void three_starts(const std::string& name, const nn::Split& digits, std::size_t factor,
                  const std::function<nn::Sequential(nn::Random&)>& make) {
  const nn::Dataset some = digits.training.first(lecture::is_short() ? 500 : 4'000);
  const std::size_t steps = factor * (lecture::is_short() ? 60 : 500);
  fmt::print("  {:<32}", name);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    nn::Random random{seed};
    nn::Sequential network = make(random);
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.1F}}};
    trainer.fit(some, {.epochs = steps, .batches = {.size = some.size(), .shuffle = false}});
    fmt::print("{:6.0f} %", percent_right(network, digits.test));
  }
  fmt::print("\n");
}

void reported_starts(const nn::Split& digits) {
  heading("15.4 Khadka and Shah: 25 %");
  struct Formula {
    std::string name;
    double first, second;  // the deviations of the weights of 784-10-10
  };
  for (const auto& [name, first, second] : std::vector<Formula>{
           {"random   sqrt(1 / 12)", std::sqrt(1 / 12.0), std::sqrt(1 / 12.0)},
           {"He       sqrt(2 / in)", std::sqrt(2 / 784.0), std::sqrt(2 / 10.0)},
           {"Glorot   sqrt(2 / (in + out))", std::sqrt(2 / 794.0), std::sqrt(2 / 20.0)},
           {"bound    sqrt(6 / (in + out))", std::sqrt(6 / 794.0), std::sqrt(6 / 20.0)},
           {"no root  2 / (in + out)", 2 / 794.0, 2 / 20.0},
           {"one      1", 1, 1},
           {"slip     sqrt(2 / in + out)", std::sqrt(2 / 784.0 + 10), std::sqrt(2 / 10.0 + 10)}}) {
    three_starts(name, digits, 1, [&](nn::Random& random) {
      return nn::Sequential{nn::Dense{784, 10, nn::RandomNormal{random, first}}, nn::ReLU{},
                            nn::Dense{10, 10, nn::RandomNormal{random, second}}};
    });
  }
}
// [/report]

// [forward]
real square(real x) { return x * x; }

/// Batch normalization of rows as its formulas, one feature after another.
struct PlainNorm {
  nn::Parameter gamma, beta;  // scale and shift
  Tensor x_hat, s;            // kept for backward

  explicit PlainNorm(std::size_t features)
      : gamma{"weight", Tensor{Shape{features}, real{1}}},
        beta{"bias", Tensor{Shape{features}}},
        s{Shape{features}} {}

  Tensor forward(const Tensor& x) {
    const auto n = static_cast<real>(x.rows());
    Tensor y = x_hat = x;  // of the same shape
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
  heading("15.5 Mean 0, variance 1");
  PlainNorm norm{2};
  norm.gamma.value = Tensor{3, 2};
  norm.beta.value = Tensor{1, 0};
  const Tensor y = norm.forward(Tensor{{0, 10}, {6, 50}, {6, 10}, {8, 50}});
  show("X hat", norm.x_hat);
  show("Y", y);

  heading("15.6 Backward");
  show("dX", norm.backward(Tensor{{0, 1}, {0, 1}, {0, 0}, {1, 0}}));
  show("d gamma", norm.gamma.gradient);
  show("d beta", norm.beta.gradient);
}
// [/by-hand]

// [running]
void in_use() {
  heading("15.7 In use: the running statistics");
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
  heading("15.8 Channels, and one sample at a time");
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

// [saturating]
/// 784-10-10-10-10 with tanh, its weights between -0.5 and 0.5.
nn::Sequential saturating(double rate, nn::Random& random) {
  const nn::RandomUniform fill{random, -0.5, 0.5};
  nn::Sequential network;
  for (const std::size_t inputs : {784U, 10U, 10U}) {
    network.push(nn::Dense{inputs, 10, fill});
    network.push(nn::Tanh{});
    if (rate > 0) network.push(nn::Dropout{rate, random});
  }
  network.push(nn::Dense{10, 10, fill});
  return network;
}

void reported_dropout(const nn::Split& digits) {
  heading("15.10 Dropout fixes something else");
  for (const double rate : {0.0, 0.2, 0.5}) {
    three_starts(fmt::format("tanh, 4 layers, dropout {}", rate), digits, 1,
                 [&](nn::Random& random) { return saturating(rate, random); });
  }
  three_starts("the first, twice as long", digits, 2,
               [](nn::Random& random) { return saturating(0, random); });
}
// [/saturating]

// [dropout]
void deep_dropout(const nn::Split& digits, std::vector<Curve>& norms) {
  const Plan plan{"Glorot", "sigmoid", 8, "Dropout"};
  show_norms({plan}, digits, norms);
  measure(plan, digits);
}
// [/dropout]

// [check]
Tensor noise(const Shape& shape, std::uint64_t seed) {
  nn::Random random{seed};
  Tensor result{shape};
  nn::RandomNormal{random, 1}(result, {});
  return result;
}

void check_equal(const std::string& name, const Tensor& a, const Tensor& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::fmax(largest, std::abs(a.values()[i] - b.values()[i]));
  }
  lecture::check(name, largest, 1e-5);
}

void check_yourself() {
  heading("15.11 Check yourself");
  const Tensor x = noise(Shape{20, 3}, 1);
  const Tensor g = noise(Shape{20, 3}, 2);
  PlainNorm plain{3};
  nn::BatchNorm fast{3};
  const std::vector<nn::Parameter*> parameters = fast.parameters();
  plain.gamma.value = parameters[0]->value = noise(Shape{3}, 3);
  plain.beta.value = parameters[1]->value = noise(Shape{3}, 4);
  check_equal("PlainNorm, nn::BatchNorm: Y", plain.forward(x), fast.forward(x));
  check_equal("dX", plain.backward(g), fast.backward(g));
  check_equal("d gamma", plain.gamma.gradient, parameters[0]->gradient);
  check_equal("d beta", plain.beta.gradient, parameters[1]->gradient);
  const Tensor rows = noise(Shape{6, 3}, 5);
  lecture::check_gradients("PlainNorm", plain, rows);
  lecture::check_gradients("BatchNorm, rows", nn::BatchNorm{3}, rows);
  lecture::check_gradients("BatchNorm, images", nn::BatchNorm{3}, noise(Shape{2, 3, 4, 4}, 6));
  lecture::check_gradients("LayerNorm", nn::LayerNorm{3}, rows);
}
// [/check]

// [careless]
/// Batch normalization with a mistake: on the way back, mean and variance count as constants.
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
  heading("15.12 Break it: constants that are not");
  lecture::check_gradients("Careless", Careless{PlainNorm{3}}, noise(Shape{6, 3}, 5));
}
// [/careless]

// [batch]
void by_the_batch(const nn::Split& digits) {
  heading("15.13 Break it: normalized by the wrong batch");
  const Plan plan{"random", "ReLU", 8, "BatchNorm"};
  nn::Sequential network = trained(plan, digits.training, chosen_rate(plan, digits), 1);
  fmt::print("  predict               {:8.1f} %\n", percent_right(network, digits.test));
  const auto together = [&](const nn::Dataset& set, const nn::BatchOptions& options, auto seed) {
    nn::Accuracy accuracy;
    const nn::Batches batches{set, options, nn::Random{seed}};
    for (const nn::Batch& batch : batches.epoch(0)) {
      accuracy.add(network.forward(batch.inputs), batch.targets);
    }
    return 100 * accuracy.value();
  };
  for (const std::size_t size : {100U, 10U, 4U, 2U}) {
    const std::vector<double> right = lecture::for_seeds(
        3, [&](std::uint64_t seed) { return together(digits.test, {.size = size}, seed); });
    fmt::print("  forward, {:3} at random{:>14} %\n", size, to_string(lecture::spread(right), 1));
  }
  std::vector<std::size_t> sorted = nn::Random{1}.permutation(digits.test.size());
  std::ranges::sort(sorted, {}, [&](std::size_t i) { return digits.test.targets.class_of(i); });
  const double right = together(nn::gather(digits.test, sorted), {.shuffle = false}, 1U);
  fmt::print("  forward, 100 of a kind{:8.1f} %\n", right);
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
  reported_starts(digits);
  by_hand();
  in_use();
  channels();
  normalized(digits, norms);
  reported_dropout(digits);
  deep_dropout(digits, norms);
  check_yourself();
  break_it();
  by_the_batch(digits);
}
// [/main]
