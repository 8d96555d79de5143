/// @file
/// @brief Supporting code of chapter 15: builds and trains deep networks, measures the norms of
/// their gradients, and searches for a learning rate.
module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

export module experiments;

import lecture;
import nn;

using lecture::Curve, lecture::percent_right;
using nn::real;
using nn::Tensor;

// [plan]
/// Describes a network 784-100-…-100-10.
export struct Plan {
  std::string initializer;  ///< random, Glorot or He.
  std::string activation;   ///< sigmoid, tanh or ReLU.
  std::size_t hidden = 8;   ///< Hidden layers, of 100 neurons each.
  std::string extra{};      ///< BatchNorm, LayerNorm or Dropout in each hidden layer, or nothing.
};

nn::Sequential build(const Plan& plan, std::uint64_t seed) {
  nn::Random random{seed};
  const std::map<std::string, std::function<void(Tensor&, nn::Fan)>> fills{
      {"random", nn::RandomNormal{random, 0.05}},
      {"Glorot", nn::Glorot{random}},
      {"He", nn::He{random}}};
  nn::Sequential network;
  for (std::size_t i = 0; i < plan.hidden; ++i) {
    network.push(nn::Dense{i == 0 ? std::size_t{784} : 100, 100, fills.at(plan.initializer)});
    if (plan.extra == "BatchNorm") network.push(nn::BatchNorm{100});
    if (plan.extra == "LayerNorm") network.push(nn::LayerNorm{100});
    if (plan.activation == "ReLU") network.push(nn::ReLU{});
    if (plan.activation == "tanh") network.push(nn::Tanh{});
    if (plan.activation == "sigmoid") network.push(nn::Sigmoid{});
    if (plan.extra == "Dropout") network.push(nn::Dropout{0.2, random});
  }
  network.push(nn::Dense{100, 10, fills.at(plan.initializer)});
  return network;
}

/// A plan for each of the three activations with each initializer.
export std::vector<Plan> plans(const std::vector<std::string>& initializers, std::size_t hidden,
                               const std::string& extra = "") {
  std::vector<Plan> result;
  for (const std::string activation : {"sigmoid", "tanh", "ReLU"}) {
    for (const std::string& initializer : initializers) {
      result.push_back({initializer, activation, hidden, extra});
    }
  }
  return result;
}
// [/plan]

// [train]
/// Splits MNIST's training images: 50,000 to train on, 2,000 to choose a learning rate, and 8,000
/// that serve as test images; fewer of each with --short.
export nn::Split load() {
  const auto [training, rest, test] = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  if (!lecture::is_short()) return {training, rest.first(2'000), rest.part(2'000, 8'000)};
  return {training.first(1'500), rest.first(200), rest.part(2'000, 500)};
}

/// Trains for one epoch with plain gradient descent and batches of 100.
export nn::Sequential trained(const Plan& plan, const nn::Dataset& digits, real rate,
                              std::uint64_t seed) {
  lecture::progress(
      fmt::format("{} {} {}, rate {}", plan.initializer, plan.activation, seed, rate));
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
// [/train]

// [norms]
/// ‖∂C/∂W‖ of each dense layer, first to last, before any training.
Curve gradient_norms(const Plan& plan, const nn::Dataset& batch) {
  nn::Sequential network = build(plan, 1);
  const Tensor logits = network.forward(batch.inputs);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  Curve norms{(plan.extra.empty() ? plan.initializer : plan.extra) + " " + plan.activation, {}};
  for (const nn::Parameter* const parameter : network.parameters()) {
    if (parameter->value.rank() != 2) continue;  // weights, not biases, scales or shifts
    double squares = 0;
    for (const double g : parameter->gradient.values()) squares += g * g;
    norms.values.push_back(std::sqrt(squares));
  }
  return norms;
}

/// Prints the norms of every second layer of each network, and adds those of all layers to the
/// curves.
export void show_norms(const std::vector<Plan>& networks, const nn::Split& digits,
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

// [rate]
/// Trains once with each of six learning rates and returns the one with the lowest validation cost.
export real chosen_rate(const Plan& plan, const nn::Split& digits) {
  real best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (const real rate : {0.03F, 0.1F, 0.3F, 1.0F, 3.0F, 10.0F}) {
    const nn::Sequential network = trained(plan, digits.training, rate, 0);
    const double cost = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits.validation).cost;
    if (cost < lowest) best = rate;
    lowest = std::fmin(cost, lowest);  // ignores a NaN
  }
  return best;
}

/// Chooses a rate, trains with three seeds, and prints the mean accuracy and its deviation.
export void measure(const Plan& plan, const nn::Split& digits) {
  const real rate = chosen_rate(plan, digits);
  const std::vector<double> right = lecture::for_seeds(3, [&](std::uint64_t seed) {
    return percent_right(trained(plan, digits.training, rate, seed), digits.test);
  });
  fmt::print("  {:<8}{:<9}{} hidden  {:<11}rate {:<6}{:>12} %\n", plan.initializer, plan.activation,
             plan.hidden, plan.extra, rate, to_string(lecture::spread(right), 1));
}
// [/rate]
