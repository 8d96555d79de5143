/// @file
/// @brief Supporting code of chapter 17: builds and trains networks of many layers, plain and
/// residual, and measures the norms of their gradients.
module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
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
  std::string kind;        ///< plain, residual, unscaled, pre-norm or post-norm.
  std::size_t hidden = 8;  ///< Hidden layers, of 100 neurons each.
};

/// He's weights, divided by the root of the number of blocks that are added up.
export nn::RandomNormal small_weights(nn::Random& random, std::size_t blocks) {
  return nn::RandomNormal{random, std::sqrt(2.0 / 100 / static_cast<double>(blocks))};
}

/// One hidden layer; all but the plain one have a path past them.
void push_hidden(nn::Sequential& network, const std::string& kind, const nn::He& he,
                 const nn::RandomNormal& small) {
  if (kind == "plain") {
    network.push(nn::ReLU{});
    network.push(nn::Dense{100, 100, he});
  } else if (kind == "residual") {
    network.push(nn::Residual{nn::ReLU{}, nn::Dense{100, 100, small}});
  } else if (kind == "unscaled") {
    network.push(nn::Residual{nn::ReLU{}, nn::Dense{100, 100, he}});
  } else if (kind == "pre-norm") {
    network.push(nn::Residual{nn::LayerNorm{100}, nn::ReLU{}, nn::Dense{100, 100, he}});
  } else {
    network.push(nn::Residual{nn::ReLU{}, nn::Dense{100, 100, he}});
    network.push(nn::LayerNorm{100});
  }
}

export nn::Sequential build(const Plan& plan, std::uint64_t seed) {
  nn::Random random{seed};
  const nn::He he{random};
  const std::size_t blocks = plan.hidden - 1;
  const nn::RandomNormal small = small_weights(random, blocks);
  nn::Sequential network{nn::Dense{784, 100, he}};
  for (std::size_t i = 0; i < blocks; ++i) push_hidden(network, plan.kind, he, small);
  if (plan.kind == "pre-norm") network.push(nn::LayerNorm{100});
  network.push(nn::ReLU{});
  network.push(nn::Dense{100, 10, he});
  return network;
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
export void train_once(nn::Sequential& network, const nn::Dataset& digits, real rate,
                       std::uint64_t seed) {
  nn::GradientDescent descent{{.learning_rate = rate}};
  const nn::Batches batches{digits, {.size = 100}, nn::Random{seed}};
  for (const nn::Batch& batch : batches.epoch(0)) {
    const Tensor logits = network.forward(batch.inputs);
    network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
    descent.step(network.parameters());
  }
}

export nn::Sequential trained(const Plan& plan, const nn::Dataset& digits, real rate,
                              std::uint64_t seed) {
  lecture::progress(fmt::format("{} {}, seed {}, rate {}", plan.hidden, plan.kind, seed, rate));
  nn::Sequential network = build(plan, seed);
  train_once(network, digits, rate, seed);
  lecture::progress("");
  return network;
}
// [/train]

// [norms]
/// ‖∂C/∂W‖ of each dense layer, first to last, before any training.
std::vector<double> gradient_norms(nn::Sequential network, const nn::Dataset& batch) {
  const Tensor logits = network.forward(batch.inputs);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  std::vector<double> norms;
  for (const nn::Parameter* const parameter : network.parameters()) {
    if (parameter->value.rank() != 2) continue;  // weights, not biases, scales or shifts
    double squares = 0;
    for (const double g : parameter->gradient.values()) squares += g * g;
    norms.push_back(std::sqrt(squares));
  }
  return norms;
}

/// Prints the norms of the first layer, of the last, and of three in between, the means of three
/// seeds, and adds those of all layers to the curves.
export void show_norms(const std::vector<std::string>& kinds, const nn::Split& digits,
                       std::vector<Curve>& curves) {
  fmt::print("  {:<20}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "dense layer", "first", "1/4", "1/2", "3/4",
             "last");
  for (const std::string& kind : kinds) {
    for (const std::size_t hidden : {8U, 20U, 50U}) {
      Curve mean{fmt::format("{} {}", kind, hidden), std::vector<double>(51, NAN)};
      for (std::size_t i = 0; i <= hidden; ++i) mean.values[i] = 0;
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const auto norms = gradient_norms(build({kind, hidden}, seed), digits.training.first(100));
        for (std::size_t i = 0; i < norms.size(); ++i) mean.values[i] += norms[i] / 3;
      }
      fmt::print("  {:<9}{:3} hidden ", kind, hidden);
      for (std::size_t i = 0; i <= 4; ++i) fmt::print("{:9.0e}", mean.values[i * hidden / 4]);
      fmt::print("\n");
      curves.push_back(mean);
    }
  }
}
// [/norms]

// [agreement]
/// ∂y₀/∂X for a batch: how the first logit of each sample depends on its input.
Tensor input_gradient(nn::Sequential& network, const Tensor& x) {
  Tensor first{network.forward(x).shape()};
  for (std::size_t n = 0; n < x.rows(); ++n) first(n, 0) = 1;
  return network.backward(first);
}

double dot(std::span<const real> a, std::span<const real> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

/// The cosine between the gradient for an image and the gradient for almost the same image, with
/// noise of 5 % added; the mean over a batch.
double agreement(nn::Sequential& network, const Tensor& images, nn::Random random) {
  const double deviation =
      0.05 * std::sqrt(dot(images.values(), images.values()) / static_cast<double>(images.size()));
  Tensor moved = images;
  for (real& value : moved.values()) value += static_cast<real>(random.normal(0, deviation));
  const Tensor a = input_gradient(network, images);
  const Tensor b = input_gradient(network, moved);
  double sum = 0;
  for (std::size_t i = 0; i < a.rows(); ++i) {
    sum += dot(a.row(i), b.row(i)) / std::sqrt(dot(a.row(i), a.row(i)) * dot(b.row(i), b.row(i)));
  }
  return sum / static_cast<double>(a.rows());
}
// [/agreement]

// [promise]
/// Makes one step of gradient descent whose length is chosen so that the cost should fall by 0.1,
/// and returns by how much it falls.
double kept_promise(nn::Sequential& network, const nn::Dataset& batch) {
  Tensor logits = network.forward(batch.inputs);
  const double before = nn::SoftmaxCrossEntropy::value(logits, batch.targets);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  double squares = 0;
  for (const nn::Parameter* const parameter : network.parameters()) {
    squares += dot(parameter->gradient.values(), parameter->gradient.values());
  }
  nn::GradientDescent{{.learning_rate = static_cast<real>(0.1 / squares)}}.step(
      network.parameters());
  logits = network.forward(batch.inputs);
  return before - nn::SoftmaxCrossEntropy::value(logits, batch.targets);
}

/// Prints agreement and kept promise of untrained networks: the means of three seeds.
export void show_trust(const std::vector<std::string>& kinds, const nn::Split& digits) {
  for (const std::string& kind : kinds) {
    for (const std::size_t hidden : {8U, 20U, 50U}) {
      double agrees = 0;
      double falls = 0;
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        nn::Sequential network = build({kind, hidden}, seed);
        agrees += agreement(network, digits.training.inputs.rows(0, 200), nn::Random{seed}) / 3;
        falls += kept_promise(network, digits.training.first(1'000)) / 3;
      }
      fmt::print("  {:<9}{:3} hidden: agreement {:.2f}, cost falls by {:.3f} of 0.1\n", kind,
                 hidden, agrees, falls);
    }
  }
}
// [/promise]

// [rate]
/// Trains once with each of six learning rates and returns the one with the lowest validation cost.
export real chosen_rate(const Plan& plan, const nn::Split& digits) {
  real best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (const real rate : {0.01F, 0.03F, 0.1F, 0.3F, 1.0F, 3.0F}) {
    const nn::Sequential network = trained(plan, digits.training, rate, 0);
    const double cost = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits.validation).cost;
    if (cost < lowest) {
      lowest = cost;
      best = rate;
    }
  }
  return best;
}

/// At each depth, chooses a rate, trains with three seeds, and prints the mean accuracy and its
/// deviation.
export void measure(const std::string& kind, const nn::Split& digits) {
  for (const std::size_t hidden : {8U, 20U, 50U}) {
    const Plan plan{kind, hidden};
    const real rate = chosen_rate(plan, digits);
    const std::vector<double> right = lecture::for_seeds(3, [&](std::uint64_t seed) {
      return percent_right(trained(plan, digits.training, rate, seed), digits.test);
    });
    fmt::print("  {:<9}{:3} hidden  rate {:<6}{:>12} %\n", kind, hidden, rate,
               to_string(lecture::spread(right), 1));
  }
}
// [/rate]
