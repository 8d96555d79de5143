// Chapter 4: backpropagation. Read with docs/chapters/04_backprop.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

import lecture;
import nn.activation;
import nn.backprop;
import nn.cost;
import nn.dense;
import nn.random;

using lecture::heading;
using lecture::show;
using nn::real;
using nn::Tensor;
// [/fold]

// [hills]
/// One hollow among four hills: f(x, y) = -(cos² x + cos² y)².
double f(double x, double y) {
  const double s = std::cos(x) * std::cos(x) + std::cos(y) * std::cos(y);
  return -s * s;
}

/// Its gradient (∂f/∂x, ∂f/∂y).
std::pair<double, double> gradient(double x, double y) {
  const double s = std::cos(x) * std::cos(x) + std::cos(y) * std::cos(y);
  return {2 * s * std::sin(2 * x), 2 * s * std::sin(2 * y)};
}
// [/hills]

// [slope]
void gradient_points_uphill() {
  heading("4.1 The gradient points uphill");
  const double h = 1e-4;
  const auto [fx, fy] = gradient(1, 0.5);
  fmt::print("  f(1, 0.5) = {:.4f}\n", f(1, 0.5));
  fmt::print("  gradient  = ({:.4f}, {:.4f})\n", fx, fy);
  fmt::print("  measured  = ({:.4f}, {:.4f})\n", (f(1 + h, 0.5) - f(1 - h, 0.5)) / (2 * h),
             (f(1, 0.5 + h) - f(1, 0.5 - h)) / (2 * h));
}
// [/slope]

// [descent]
void gradient_descent() {
  heading("4.2 Gradient descent");
  double x = 1;
  double y = 0.5;
  for (int t = 1; t <= 6; ++t) {
    const auto [fx, fy] = gradient(x, y);
    x -= 0.1 * fx;
    y -= 0.1 * fy;
    fmt::print("  step {}: x = {:7.4f}, y = {:7.4f}, f = {:.4f}\n", t, x, y, f(x, y));
  }
}
// [/descent]

// [fold: The data of the figures]
void keep_landscape() {
  std::string field = "x,y,f,fx,fy\n";
  for (int i = -16; i <= 16; ++i) {
    for (int j = -16; j <= 16; ++j) {
      const double x = 0.125 * j;
      const double y = 0.125 * i;
      const auto [fx, fy] = gradient(x, y);
      field += fmt::format("{:.3f},{:.3f},{:.4f},{:.4f},{:.4f}\n", x, y, f(x, y), fx, fy);
    }
  }
  lecture::keep("04_field.csv", field);

  std::string path = "x,y\n";
  double x = 1;
  double y = 0.5;
  for (int t = 0; t <= 6; ++t) {
    path += fmt::format("{:.4f},{:.4f}\n", x, y);
    const auto [fx, fy] = gradient(x, y);
    x -= 0.1 * fx;
    y -= 0.1 * fy;
  }
  lecture::keep("04_path.csv", path);
}
// [/fold]

// [paper]
/// A network small enough to work out on paper, with its input and its target.
struct Paper {
  nn::Dense first{Tensor{{0.5, -1}, {1, 0.5}}, Tensor{0, 1.25}};
  nn::ReLU relu{};
  nn::Dense second{Tensor{{2}, {-1}}, Tensor{-0.5}};
  Tensor input{{1, 0.5}};
  Tensor target{{0.5}};
};
// [/paper]

// [forward]
/// Prints the forward pass step by step and returns the output.
Tensor forward(Paper& paper) {
  heading("4.3 The forward pass, with every number");
  const Tensor sums = paper.first.forward(paper.input);
  const Tensor hidden = paper.relu.forward(sums);
  const Tensor output = paper.second.forward(hidden);
  show("X", paper.input);
  show("X W1 + b1", sums);
  show("ReLU of it", hidden);
  show("output", output);
  fmt::print("  cost = ({} - {})^2 = {}\n", output(0, 0), paper.target(0, 0),
             nn::MeanSquaredError::value(output, paper.target));
  return output;
}
// [/forward]

// [backward]
void backward(Paper& paper, const Tensor& output) {
  heading("4.4 The backward pass, with every number");
  const Tensor d_output = nn::MeanSquaredError::gradient(output, paper.target);
  const Tensor d_hidden = paper.second.backward(d_output);
  const Tensor d_sums = paper.relu.backward(d_hidden);
  const Tensor d_input = paper.first.backward(d_sums);
  show("d output", d_output);
  show("dW2", paper.second.parameters()[0]->gradient);
  show("db2", paper.second.parameters()[1]->gradient);
  show("d hidden", d_hidden);
  show("d sums", d_sums);
  show("dW1", paper.first.parameters()[0]->gradient);
  show("db1", paper.first.parameters()[1]->gradient);
  show("dX", d_input);
  for (std::size_t j = 0; j < 2; ++j) {
    const real w = paper.first.weights()(0, j);
    fmt::print("  from x1 through sum {}: {:4.1f} times {:4.1f} is {:.1f}\n", j + 1, w,
               d_sums(0, j), w * d_sums(0, j));
  }
}
// [/backward]

// [step]
/// Gradient descent: moves every parameter against its gradient.
void step(nn::Sequential& network, real rate) {
  for (nn::Parameter* const parameter : network.parameters()) {
    for (std::size_t i = 0; i < parameter->value.size(); ++i) {
      parameter->value.values()[i] -= rate * parameter->gradient.values()[i];
    }
  }
}
// [/step]

// [sequential]
void both_passes(const Paper& paper) {
  heading("4.5 nn::Sequential does both passes");
  nn::Sequential network{paper.first, paper.relu, paper.second};
  fmt::print("{}", network.summary());
  const Tensor output = network.forward(paper.input);
  network.backward(nn::MeanSquaredError::gradient(output, paper.target));
  show("dW1", network.parameters()[0]->gradient);
  fmt::print("  cost before the step: {:.4f}\n", nn::MeanSquaredError::value(output, paper.target));
  step(network, 0.02F);
  fmt::print("  cost after the step:  {:.4f}\n",
             nn::MeanSquaredError::value(network.predict(paper.input), paper.target));
}
// [/sequential]

// [xor]
const Tensor questions{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
const Tensor answers{{0}, {1}, {1}, {0}};

/// An untrained network with eight hidden neurons, with the same weights at every call.
nn::Sequential fresh_network(const nn::Layer auto& activation) {
  nn::Random random{1};
  const auto uniform = [&random](Tensor& weights, nn::Fan fan) {
    const double c = std::sqrt(6.0 / static_cast<double>(fan.in + fan.out));
    for (real& w : weights.values()) w = static_cast<real>(random.uniform(-c, c));
  };
  return nn::Sequential{nn::Dense{2, 8, uniform}, activation, nn::Dense{8, 1, uniform},
                        nn::Sigmoid{}};
}
// [/xor]

// [epoch]
void train_one_epoch(nn::Sequential& network) {
  for (std::size_t i = 0; i < 4; ++i) {  // one question at a time
    const Tensor guess = network.forward(questions.rows(i, 1));
    network.backward(nn::BinaryCrossEntropy::gradient(guess, answers.rows(i, 1)));
    step(network, 0.02F);
  }
}
// [/epoch]

// [learn]
double cost(const nn::Sequential& network) {
  return nn::BinaryCrossEntropy::value(network.predict(questions), answers);
}

void learn_xor() {
  heading("4.6 Learning XOR");
  nn::Sequential network = fresh_network(nn::ReLU{});
  fmt::print("  epoch    0: cost {:.3f}\n", cost(network));
  for (int epoch = 1; epoch <= 2000; ++epoch) {
    train_one_epoch(network);
    if (epoch % 500 == 0) fmt::print("  epoch {:4}: cost {:.3f}\n", epoch, cost(network));
  }
  const Tensor guesses = network.predict(questions);
  for (std::size_t i = 0; i < 4; ++i) {
    fmt::print("  {} xor {}: 1 with a probability of {:.3f}\n", questions(i, 0), questions(i, 1),
               guesses(i, 0));
  }
}
// [/learn]

// [check]
void check_gradients(nn::Sequential network) {
  const Tensor somewhere{{0.25, -0.75}, {1.125, 0.375}};
  for (const auto& entry : nn::check_gradients(network, somewhere).entries) {
    lecture::check(entry.name, entry.relative_error, 0.01);
  }
}

void check_yourself() {
  heading("4.7 Check yourself");
  check_gradients(fresh_network(nn::ReLU{}));
}
// [/check]

// [forgetful]
/// ReLU, but its derivative is 1 everywhere, which is wrong where x < 0.
struct Forgetful {
  [[nodiscard]] std::string name() const { return "Forgetful"; }
  real operator()(real x) const { return x < 0 ? 0 : x; }
  [[nodiscard]] real derivative(real /*y*/) const { return 1; }
};
// [/forgetful]

// [break]
void break_it() {
  heading("4.8 Break it: a layer with a wrong derivative");
  const nn::Elementwise<Forgetful> wrong;
  nn::Sequential network = fresh_network(wrong);
  fmt::print("  epoch    0: cost {:.3f}\n", cost(network));
  for (int epoch = 1; epoch <= 2000; ++epoch) train_one_epoch(network);
  fmt::print("  epoch 2000: cost {:.3f}\n", cost(network));
  check_gradients(fresh_network(wrong));
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 4: backpropagation");
  gradient_points_uphill();
  gradient_descent();
  keep_landscape();
  Paper paper;
  const Tensor output = forward(paper);
  backward(paper, output);
  both_passes(paper);
  learn_xor();
  check_yourself();
  break_it();
}
// [/main]
