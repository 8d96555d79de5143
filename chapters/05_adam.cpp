// Chapter 5: from gradient descent to Adam. Read with docs/chapters/05_adam.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

import lecture;
import nn.activation;
import nn.adam;
import nn.dense;
import nn.initializers;
import nn.mnist;
import nn.training;

using lecture::heading;
using nn::real;
using nn::Tensor;
// [/fold]

// [valley]
/// Writes the gradient of a narrow valley, f(x, y) = (x² + 20 y²) / 2, at a place.
void slope(nn::Parameter& place) {
  place.gradient(0) = place.value(0);
  place.gradient(1) = 20 * place.value(1);
}

/// The places that an optimizer visits, beginning with (-4, 1).
struct Path {
  std::string optimizer;
  std::vector<std::array<double, 2>> places;
};

/// Walks 40 steps from (-4, 1) with an optimizer and prints some of them.
template <nn::Optimizer O>
Path walk(O optimizer) {
  nn::Parameter place{"place", Tensor{-4, 1}};
  const std::vector<nn::Parameter*> all{&place};
  Path path{.optimizer = optimizer.name(), .places = {{-4, 1}}};
  fmt::print("  after step             1              2             10             40\n");
  fmt::print("  {:<15}", optimizer.name());
  for (int t = 1; t <= 40; ++t) {
    slope(place);
    optimizer.step(all);
    path.places.push_back({place.value(0), place.value(1)});
    if (t == 1 || t == 2 || t == 10 || t == 40) {
      fmt::print(" ({:5.2f}, {:5.2f})", place.value(0), place.value(1));
    }
  }
  fmt::print("\n");
  return path;
}
// [/valley]

// [descent]
Path descend() {
  heading("5.1 A narrow valley");
  return walk(nn::GradientDescent{{.learning_rate = 0.09F}});
}
// [/descent]

// [momentum]
Path walk_with_momentum() {
  heading("5.2 Momentum");
  return walk(nn::Momentum{{.learning_rate = 0.03F, .momentum = 0.8F}});
}
// [/momentum]

// [rmsprop]
Path walk_with_rmsprop() {
  heading("5.3 RMSProp");
  return walk(nn::RMSProp{{.learning_rate = 0.1F, .alpha = 0.9F}});
}
// [/rmsprop]

// [adam]
Path walk_with_adam() {
  heading("5.4 Adam");
  return walk(nn::Adam{{.learning_rate = 0.4F}});
}
// [/adam]

// [fold: The data of the four paths]
void keep_paths(const std::vector<Path>& paths) {
  std::string lines = "optimizer,step,x,y\n";
  for (const Path& path : paths) {
    for (std::size_t t = 0; t < path.places.size(); ++t) {
      const auto [x, y] = path.places[t];
      lines += fmt::format("{},{},{:.4f},{:.4f}\n", path.optimizer, t, x, y);
    }
  }
  lecture::keep("05_paths.csv", lines);
}
// [/fold]

// [hand]
void two_steps_by_hand() {
  heading("5.5 Two steps of Adam by hand");
  nn::Parameter theta{"theta", Tensor{1}};
  nn::Adam adam{{.learning_rate = 0.1F}};
  double m = 0;
  double v = 0;
  double by_hand = 1;
  const std::vector<nn::Parameter*> only{&theta};
  const std::array<double, 2> gradients{0.5, -0.25};
  for (int t = 1; t <= 2; ++t) {
    const double g = gradients[static_cast<std::size_t>(t) - 1];
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    const double m_hat = m / (1 - std::pow(0.9, t));
    const double v_hat = v / (1 - std::pow(0.999, t));
    by_hand -= 0.1 * m_hat / (std::sqrt(v_hat) + 1e-8);
    theta.gradient(0) = static_cast<real>(g);
    adam.step(only);
    fmt::print("  g = {:5.2f}: m = {:.4f}, v = {:.7f}, m^ = {:.4f}, v^ = {:.5f}\n", g, m, v, m_hat,
               v_hat);
    fmt::print("             theta = {:.4f} by hand, {:.4f} by nn::Adam\n", by_hand,
               theta.value(0));
  }
}
// [/hand]

// [correction]
void leave_correction_out() {
  heading("5.6 Bias correction left out");
  fmt::print("  step   with it   without   in learning rates\n");
  double m = 0;
  double v = 0;
  for (int t = 1; t <= 100; ++t) {  // the gradient is 1 all the time
    m = 0.9 * m + 0.1;
    v = 0.999 * v + 0.001;
    const double with = m / (1 - std::pow(0.9, t)) / std::sqrt(v / (1 - std::pow(0.999, t)));
    if (t == 1 || t == 3 || t == 10 || t == 100) {
      fmt::print("  {:4}   {:7.3f}   {:7.3f}\n", t, with, m / std::sqrt(v));
    }
  }
}
// [/correction]

// [network]
/// Trains a network of 784 inputs, 32 hidden neurons and 10 outputs for one epoch, with the batches
/// in the order of the data set, and returns the cost of every batch before its step.
std::vector<double> train(const nn::Dataset& digits, const nn::AnyOptimizer& optimizer) {
  nn::Random random{1};
  const nn::Glorot glorot{random};
  nn::Sequential network{nn::Dense{784, 32, glorot}, nn::ReLU{}, nn::Dense{32, 10, glorot}};
  nn::Training training{network,
                        nn::SoftmaxCrossEntropy{},
                        optimizer,
                        digits,
                        {.batches = {.size = 100, .shuffle = false}}};
  std::vector<double> costs;
  while (training.step()) costs.push_back(training.cost());
  return costs;
}
// [/network]

// [mnist]
/// The mean cost of ten batches, from number `first` on, counted from 0.
double mean_of_ten(const std::vector<double>& costs, std::size_t first) {
  double sum = 0;
  for (const double cost : std::span{costs}.subspan(first, 10)) sum += cost;
  return sum / 10;
}

std::vector<lecture::Curve> four_optimizers() {
  heading("5.7 Four optimizers on MNIST");
  const nn::Dataset digits =
      nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0}).training.first(30'000);
  const std::vector<lecture::Curve> curves{
      {"gradient descent", train(digits, nn::GradientDescent{{.learning_rate = 0.1F}})},
      {"momentum", train(digits, nn::Momentum{{.learning_rate = 0.1F}})},
      {"RMSProp", train(digits, nn::RMSProp{{.learning_rate = 0.003F}})},
      {"Adam", train(digits, nn::Adam{{.learning_rate = 0.003F}})}};
  fmt::print("  mean cost of batches       1-10  91-100  291-300\n");
  for (const auto& [name, costs] : curves) {
    fmt::print("  {:<25}{:6.2f}{:8.2f}{:9.2f}\n", name, mean_of_ten(costs, 0),
               mean_of_ten(costs, 90), mean_of_ten(costs, 290));
  }
  return curves;
}
// [/mnist]

// [fold: The data of the costs]
void keep_costs(const std::vector<lecture::Curve>& curves) {
  std::string lines = "step,descent,momentum,rmsprop,adam\n";
  for (std::size_t t = 0; t + 10 <= 300; t += 10) {
    lines += fmt::format("{}", t + 5);
    for (const auto& curve : curves) lines += fmt::format(",{:.3f}", mean_of_ten(curve.values, t));
    lines += "\n";
  }
  lecture::keep("05_mnist.csv", lines);
}
// [/fold]

// [check]
void check() {
  heading("5.8 Check yourself");
  nn::Parameter place{"place", Tensor{-4, 1}};
  nn::Momentum module{{.learning_rate = 0.05F, .momentum = 0.5F}};
  const std::vector<nn::Parameter*> all{&place};
  std::array<double, 2> velocity{0, 0};
  std::array<double, 2> position{-4, 1};
  double worst = 0;
  for (int t = 0; t < 10; ++t) {
    slope(place);
    module.step(all);
    const std::array<double, 2> g{position[0], 20 * position[1]};
    for (std::size_t i = 0; i < 2; ++i) {
      velocity[i] = 0.5 * velocity[i] + g[i];
      position[i] -= 0.05 * velocity[i];
      worst = std::fmax(worst, std::abs(position[i] - place.value(i)));
    }
  }
  lecture::check("ten steps by hand", worst, 1e-5);
}
// [/check]

// [break]
void step_too_far() {
  heading("5.9 Break it: a learning rate that is too large");
  walk(nn::GradientDescent{{.learning_rate = 0.11F}});
}
// [/break]

// [fold: The order of the sections]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 5: from gradient descent to Adam");
  keep_paths({descend(), walk_with_momentum(), walk_with_rmsprop(), walk_with_adam()});
  two_steps_by_hand();
  leave_correction_out();
  keep_costs(four_optimizers());
  check();
  step_too_far();
}
// [/fold]
