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
import nn.mnist;
import nn.training;

using lecture::heading;
using nn::real;
using nn::Tensor;
// [/fold]

// [valley]
/// A narrow valley, f(x, y) = (x² + 20 y²) / 2: writes the gradient at a place.
void slope(nn::Parameter& place) {
  place.gradient(0) = place.value(0);
  place.gradient(1) = 20 * place.value(1);
}

/// Walks 40 steps from (-4, 1) with an optimizer; tells some of them, and all to the figure.
template <nn::Optimizer O>
std::string walk(O optimizer) {
  nn::Parameter place{"place", Tensor{-4, 1}};
  const std::vector<nn::Parameter*> all{&place};
  std::string path = fmt::format("{},0,-4.0000,1.0000\n", optimizer.name());
  fmt::print("  after step             1              2             10             40\n");
  fmt::print("  {:<15}", optimizer.name());
  for (int t = 1; t <= 40; ++t) {
    slope(place);
    optimizer.step(all);
    if (t == 1 || t == 2 || t == 10 || t == 40) {
      fmt::print(" ({:5.2f}, {:5.2f})", place.value(0), place.value(1));
    }
    path +=
        fmt::format("{},{},{:.4f},{:.4f}\n", optimizer.name(), t, place.value(0), place.value(1));
  }
  fmt::print("\n");
  return path;
}
// [/valley]

// [descent]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 5: from gradient descent to Adam");

  heading("5.1 A narrow valley");
  std::string paths = "optimizer,step,x,y\n";
  paths += walk(nn::GradientDescent{{.learning_rate = 0.09F}});
  // [/descent]

  // [momentum]
  heading("5.2 Momentum");
  paths += walk(nn::Momentum{{.learning_rate = 0.03F, .momentum = 0.8F}});
  // [/momentum]

  // [rmsprop]
  heading("5.3 RMSProp");
  paths += walk(nn::RMSProp{{.learning_rate = 0.1F, .alpha = 0.9F}});
  // [/rmsprop]

  // [adam]
  heading("5.4 Adam");
  paths += walk(nn::Adam{{.learning_rate = 0.4F}});
  lecture::keep("05_paths.csv", paths);
  // [/adam]

  // [hand]
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
  // [/hand]

  // [correction]
  heading("5.6 Bias correction left out");
  fmt::print("  step   with it   without   in learning rates\n");
  double m1 = 0;
  double v1 = 0;
  for (int t = 1; t <= 100; ++t) {  // the gradient is 1 all the time
    m1 = 0.9 * m1 + 0.1;
    v1 = 0.999 * v1 + 0.001;
    const double with = m1 / (1 - std::pow(0.9, t)) / std::sqrt(v1 / (1 - std::pow(0.999, t)));
    if (t == 1 || t == 3 || t == 10 || t == 100) {
      fmt::print("  {:4}   {:7.3f}   {:7.3f}\n", t, with, m1 / std::sqrt(v1));
    }
  }
  // [/correction]

  // [network]
  heading("5.7 Four optimizers on MNIST");
  const nn::Dataset digits =
      nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0}).training.first(30'000);
  // Trains 784-32-10 for one epoch, batch after batch as they come.
  const auto train = [&digits](const nn::AnyOptimizer& optimizer) {
    nn::Random random{1};
    const auto uniform = [&random](Tensor& weights, nn::Fan fan) {
      const double c = std::sqrt(6.0 / static_cast<double>(fan.in + fan.out));
      for (real& w : weights.values()) w = static_cast<real>(random.uniform(-c, c));
    };
    nn::Sequential network{nn::Dense{784, 32, uniform}, nn::ReLU{}, nn::Dense{32, 10, uniform}};
    nn::Training training{network,
                          nn::SoftmaxCrossEntropy{},
                          optimizer,
                          digits,
                          {.batches = {.size = 100, .shuffle = false}}};
    std::vector<double> costs;  // of every batch, before its step
    while (training.step()) costs.push_back(training.cost());
    return costs;
  };
  // [/network]

  // [mnist]
  const std::vector<std::vector<double>> costs{train(nn::GradientDescent{{.learning_rate = 0.1F}}),
                                               train(nn::Momentum{{.learning_rate = 0.1F}}),
                                               train(nn::RMSProp{{.learning_rate = 0.003F}}),
                                               train(nn::Adam{{.learning_rate = 0.003F}})};
  const auto mean = [](std::span<const double> numbers) {
    double sum = 0;
    for (const double x : numbers) sum += x;
    return sum / static_cast<double>(numbers.size());
  };
  fmt::print("  mean cost of batches       1-10  91-100  291-300\n");
  const std::array<std::string, 4> names{"gradient descent", "momentum", "RMSProp", "Adam"};
  std::string curves = "step,descent,momentum,rmsprop,adam\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::span<const double> c{costs[i]};
    fmt::print("  {:<25}{:6.2f}{:8.2f}{:9.2f}\n", names[i], mean(c.first(10)),
               mean(c.subspan(90, 10)), mean(c.subspan(290, 10)));
  }
  for (std::size_t t = 0; t + 10 <= 300; t += 10) {
    curves += fmt::format("{}", t + 5);
    for (const auto& c : costs) curves += fmt::format(",{:.3f}", mean(std::span{c}.subspan(t, 10)));
    curves += "\n";
  }
  lecture::keep("05_mnist.csv", curves);
  // [/mnist]

  // [check]
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
  // [/check]

  // [break]
  heading("5.9 Break it: a rate too large");
  walk(nn::GradientDescent{{.learning_rate = 0.11F}});
}
// [/break]
