// Chapter 1: the dense layer. Read with docs/chapters/01_dense.md.

// [imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>

import lecture;
import nn.dense;
import nn.matmul;

using lecture::heading;
using lecture::show;
using nn::Tensor;
// [/imports]

// [neuron]
/// One neuron: as many weights as inputs, and a bias.
nn::real neuron(const Tensor& x, const Tensor& w, nn::real b) {
  nn::real y = b;
  for (std::size_t i = 0; i < x.size(); ++i) y += x(i) * w(i);
  return y;
}
// [/neuron]

// [one]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 1: the dense layer");

  heading("1.1 One neuron");
  const Tensor x{2, -1, 0.5};
  const Tensor w{0.5, 1, -2};
  fmt::print("  0.25 + 2 · 0.5 + (-1) · 1 + 0.5 · (-2) = {:.2f}\n", neuron(x, w, 0.25));
  // [/one]

  // [several]
  heading("1.2 Several neurons: a matrix");
  const Tensor W{{0.5, -1}, {1, 0}, {-2, 4}};  // a column for each neuron
  const Tensor b{0.25, 1};
  show("W", W);
  show("b", b);
  show("x W + b", nn::matmul(Tensor{{2, -1, 0.5}}, W, b.values()));
  // [/several]

  // [batch]
  heading("1.3 A batch rides along");
  const Tensor X{{2, -1, 0.5}, {0, 1, 1}};  // a row for each sample
  show("X", X);
  show("X W + b", nn::matmul(X, W, b.values()));
  // [/batch]

  // [layer]
  heading("1.4 The layer");
  nn::Dense layer{W, b};
  static_assert(nn::Layer<nn::Dense>);
  const Tensor Y = layer.forward(X);
  fmt::print("  {}: {} in, {} out, {} parameters\n", layer.name(), layer.inputs(), layer.outputs(),
             layer.weights().size() + layer.biases().size());
  show("Y", Y);
  // [/layer]

  // [backward]
  heading("1.5 The way back");
  const Tensor dY{{1, 0}, {0.5, -1}};
  const Tensor dX = layer.backward(dY);
  const nn::Parameter& weights = *layer.parameters()[0];
  const nn::Parameter& biases = *layer.parameters()[1];
  show("dW", weights.gradient);
  show("db", biases.gradient);
  show("dX", dX);
  // [/backward]

  // [cost]
  heading("1.6 Check yourself");
  // A cost as simple as can be: the sum of all outputs, each times a factor.
  const auto cost = [](const Tensor& y, const Tensor& factors) {
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += factors.values()[i] * y.values()[i];
    return sum;
  };
  // [/cost]

  // [check]
  double worst = 0;
  for (std::size_t i = 0; i < W.size(); ++i) {
    constexpr nn::real h = 0.125;
    Tensor above = W;
    Tensor below = W;
    above.values()[i] += h;
    below.values()[i] -= h;
    const double slope =
        (cost(nn::Dense{above, b}.predict(X), dY) - cost(nn::Dense{below, b}.predict(X), dY)) /
        (2 * h);
    worst = std::fmax(worst, std::abs(slope - weights.gradient.values()[i]));
    fmt::print("  weight {}: measured {:6.3f}, computed {:6.3f}\n", i, slope,
               weights.gradient.values()[i]);
  }
  fmt::print("  largest difference {:.0e}\n", worst);
  // [/check]

  // [break]
  heading("1.7 Break it: forget to transpose");
  try {
    static_cast<void>(nn::matmul(X, dY));
  } catch (const std::invalid_argument& error) {
    fmt::print("  {}\n", error.what());
  }
  // [/break]

  // [row]
  heading("1.8 Layers in a row");
  const nn::Dense second{Tensor{{1}, {2}}, Tensor{-1}};
  const Tensor Z = second.predict(Y);
  show("Z", Z);
  const Tensor both = nn::matmul(W, second.weights());
  show("one layer",
       nn::matmul(
           X, both,
           nn::matmul(Tensor{{0.25, 1}}, second.weights(), second.biases().values()).values()));
}
// [/row]
