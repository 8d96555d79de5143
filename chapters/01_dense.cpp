// Chapter 1: the dense layer. Read with docs/chapters/01_dense.md.

// [fold: Headers]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <stdexcept>
// [/fold]

// [imports]
import lecture;
import nn.dense;
import nn.matmul;

using lecture::heading;
using lecture::show;
using nn::Tensor;
// [/imports]

// [neuron]
/// The output of one neuron; `w` has one weight for each input in `x`.
nn::real neuron(const Tensor& x, const Tensor& w, nn::real b) {
  nn::real y = b;
  for (std::size_t i = 0; i < x.size(); ++i) y += x(i) * w(i);
  return y;
}
// [/neuron]

// [one]
void one_neuron() {
  heading("1.1 One neuron");
  const Tensor x{2, -1, 0.5};
  const Tensor w{0.5, 1, -2};
  fmt::print("  0.25 + 2 · 0.5 + (-1) · 1 + 0.5 · (-2) = {:.2f}\n", neuron(x, w, 0.25));
}
// [/one]

// [several]
const Tensor W{{0.5, -1}, {1, 0}, {-2, 4}};  // a column for each neuron
const Tensor b{0.25, 1};

void several_neurons() {
  heading("1.2 Several neurons: a matrix");
  show("W", W);
  show("b", b);
  show("x W + b", nn::matmul(Tensor{{2, -1, 0.5}}, W, b.values()));
}
// [/several]

// [batch]
const Tensor X{{2, -1, 0.5}, {0, 1, 1}};  // a row for each sample

void whole_batch() {
  heading("1.3 A batch of samples");
  show("X", X);
  show("X W + b", nn::matmul(X, W, b.values()));
}
// [/batch]

// [formulas]
constexpr double input = 2;
constexpr double target = 6;

double output(double w) { return input * w; }
double cost(double w) { return (output(w) - target) * (output(w) - target); }
double slope(double w) { return 2 * (output(w) - target) * input; }
// [/formulas]

// [weight]
void one_weight_learns() {
  heading("1.4 One weight learns");
  fmt::print("  the cost at w = 1 is {:.4f}, at w = 1.01 it is {:.4f}\n\n", cost(1), cost(1.01));
  fmt::print("  steps       w       y     cost    dC/dw\n");
  double w = 1;
  for (int steps = 0; steps <= 4; ++steps) {
    fmt::print("  {:5} {:7.4f} {:7.3f} {:8.4f} {:8.3f}\n", steps, w, output(w), cost(w), slope(w));
    w -= 0.0625 * slope(w);
  }
}
// [/weight]

// [layer]
void layer_class() {
  heading("1.5 The layer as a class");
  nn::Dense layer{W, b};
  static_assert(nn::Layer<nn::Dense>);
  fmt::print("  {}: {} in, {} out, {} parameters\n", layer.name(), layer.inputs(), layer.outputs(),
             layer.weights().size() + layer.biases().size());
  show("Y", layer.forward(X));
}
// [/layer]

// [backward]
const Tensor dY{{1, 0}, {0.5, -1}};

void backward_pass() {
  heading("1.6 The backward pass");
  nn::Dense layer{W, b};
  layer.forward(X);
  const Tensor dX = layer.backward(dY);
  show("dW", layer.parameters()[0]->gradient);
  show("db", layer.parameters()[1]->gradient);
  show("dX", dX);
}
// [/backward]

// [sum]
/// The simplest cost: every output times its factor, added up. `factors` has the size of `y`.
double weighted_sum(const Tensor& y, const Tensor& factors) {
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) sum += factors.values()[i] * y.values()[i];
  return sum;
}
// [/sum]

// [check]
void check_yourself() {
  heading("1.7 Check yourself");
  nn::Dense layer{W, b};
  layer.forward(X);
  layer.backward(dY);
  double worst = 0;
  for (std::size_t i = 0; i < W.size(); ++i) {
    constexpr nn::real h = 0.125;
    Tensor above = W;
    Tensor below = W;
    above.values()[i] += h;
    below.values()[i] -= h;
    const double measured = (weighted_sum(nn::Dense{above, b}.predict(X), dY) -
                             weighted_sum(nn::Dense{below, b}.predict(X), dY)) /
                            (2 * h);
    const double computed = layer.parameters()[0]->gradient.values()[i];
    worst = std::fmax(worst, std::abs(measured - computed));
    fmt::print("  weight {}: measured {:6.3f}, computed {:6.3f}\n", i, measured, computed);
  }
  lecture::check("all weights", worst, 1e-6);
}
// [/check]

// [break]
void break_it() {
  heading("1.8 Break it: forget to transpose");
  try {
    show("dW", nn::matmul(X, dY));
  } catch (const std::invalid_argument& error) {
    fmt::print("  {}\n", error.what());
  }
}
// [/break]

// [row]
void layers_in_sequence() {
  heading("1.9 Layers in sequence");
  const nn::Dense first{W, b};
  const nn::Dense second{Tensor{{1}, {2}}, Tensor{-1}};
  show("two layers", second.predict(first.predict(X)));
  const Tensor both = nn::matmul(W, second.weights());
  const Tensor bias = second.predict(b.reshaped(nn::Shape{1, 2}));  // b W₂ + b₂
  show("one layer", nn::matmul(X, both, bias.values()));
}
// [/row]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 1: the dense layer");
  one_neuron();
  several_neurons();
  whole_batch();
  one_weight_learns();
  layer_class();
  backward_pass();
  check_yourself();
  break_it();
  layers_in_sequence();
}
// [/main]
