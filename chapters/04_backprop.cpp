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
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 4: backpropagation");

  heading("4.1 Which way is down");
  const double h = 1e-4;
  const auto [fx, fy] = gradient(1, 0.5);
  fmt::print("  f(1, 0.5) = {:.4f}\n", f(1, 0.5));
  fmt::print("  gradient  = ({:.4f}, {:.4f})\n", fx, fy);
  fmt::print("  measured  = ({:.4f}, {:.4f})\n", (f(1 + h, 0.5) - f(1 - h, 0.5)) / (2 * h),
             (f(1, 0.5 + h) - f(1, 0.5 - h)) / (2 * h));
  // [/slope]

  // [field]
  std::string field = "x,y,f,fx,fy\n";
  for (int i = -16; i <= 16; ++i) {
    for (int j = -16; j <= 16; ++j) {
      const double u = 0.125 * j;
      const double v = 0.125 * i;
      const auto [fu, fv] = gradient(u, v);
      field += fmt::format("{:.3f},{:.3f},{:.4f},{:.4f},{:.4f}\n", u, v, f(u, v), fu, fv);
    }
  }
  lecture::keep("04_field.csv", field);
  // [/field]

  // [descent]
  heading("4.2 Gradient descent");
  double x = 1;
  double y = 0.5;
  std::string path = "x,y\n1.0000,0.5000\n";
  for (int t = 1; t <= 6; ++t) {
    const auto [gx, gy] = gradient(x, y);
    x -= 0.1 * gx;
    y -= 0.1 * gy;
    fmt::print("  step {}: x = {:7.4f}, y = {:7.4f}, f = {:.4f}\n", t, x, y, f(x, y));
    path += fmt::format("{:.4f},{:.4f}\n", x, y);
  }
  lecture::keep("04_path.csv", path);
  // [/descent]

  // [forward]
  heading("4.3 Two inputs, two neurons, one output: forward");
  nn::Dense first{Tensor{{0.5, -1}, {1, 0.5}}, Tensor{0, 0.25}};
  nn::ReLU bend;
  nn::Dense second{Tensor{{2}, {-1}}, Tensor{-1}};
  const Tensor input{{1, 0.5}};
  const Tensor target{{0.5}};
  const Tensor sums = first.forward(input);
  const Tensor hidden = bend.forward(sums);
  const Tensor output = second.forward(hidden);
  show("X", input);
  show("X W1 + b1", sums);
  show("ReLU of it", hidden);
  show("output", output);
  fmt::print("  cost = ({} - {})^2 = {}\n", output(0, 0), target(0, 0),
             nn::MeanSquaredError::value(output, target));
  // [/forward]

  // [backward]
  heading("4.4 The same network: backward");
  const Tensor d_output = nn::MeanSquaredError::gradient(output, target);
  const Tensor d_hidden = second.backward(d_output);
  const Tensor d_sums = bend.backward(d_hidden);
  const Tensor d_input = first.backward(d_sums);
  show("d output", d_output);
  show("dW2", second.parameters()[0]->gradient);
  show("db2", second.parameters()[1]->gradient);
  show("d hidden", d_hidden);
  show("d sums", d_sums);
  show("dW1", first.parameters()[0]->gradient);
  show("db1", first.parameters()[1]->gradient);
  show("dX", d_input);
  // [/backward]

  // [step]
  heading("4.5 nn::Sequential does both walks");
  // Against the gradient: every parameter gives way by a share of its own slope.
  const auto step = [](nn::Sequential& moved, real rate) {
    for (nn::Parameter* const parameter : moved.parameters()) {
      for (std::size_t i = 0; i < parameter->value.size(); ++i) {
        parameter->value.values()[i] -= rate * parameter->gradient.values()[i];
      }
    }
  };
  // [/step]

  // [sequential]
  nn::Sequential network{first, nn::ReLU{}, second};
  fmt::print("{}", network.summary());
  const Tensor same = network.forward(input);
  network.backward(nn::MeanSquaredError::gradient(same, target));
  show("dW1", network.parameters()[0]->gradient);
  fmt::print("  cost before the step: {:.4f}\n", nn::MeanSquaredError::value(same, target));
  step(network, 0.05F);
  fmt::print("  cost after the step:  {:.4f}\n",
             nn::MeanSquaredError::value(network.predict(input), target));
  // [/sequential]

  // [xor]
  heading("4.6 XOR is learned");
  nn::Random random{1};
  const auto uniform = [&random](Tensor& weights, nn::Fan fan) {
    const double c = std::sqrt(6.0 / static_cast<double>(fan.in + fan.out));
    for (real& w : weights.values()) w = static_cast<real>(random.uniform(-c, c));
  };
  const Tensor questions{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const Tensor answers{{0}, {1}, {1}, {0}};
  nn::Sequential gate{nn::Dense{2, 8, uniform}, nn::ReLU{}, nn::Dense{8, 1, uniform},
                      nn::Sigmoid{}};
  // [/xor]

  // [epoch]
  const auto train_one_epoch = [&](nn::Sequential& learner) {
    for (std::size_t i = 0; i < 4; ++i) {  // one question at a time
      const Tensor guess = learner.forward(questions.rows(i, 1));
      learner.backward(nn::BinaryCrossEntropy::gradient(guess, answers.rows(i, 1)));
      step(learner, 0.02F);
    }
  };
  const auto cost = [&](const nn::Sequential& learner) {
    return nn::BinaryCrossEntropy::value(learner.predict(questions), answers);
  };
  nn::Sequential fresh = gate;  // for the check of section 4.7
  fmt::print("  epoch    0: cost {:.3f}\n", cost(gate));
  for (int epoch = 1; epoch <= 2000; ++epoch) {
    train_one_epoch(gate);
    if (epoch % 500 == 0) fmt::print("  epoch {:4}: cost {:.3f}\n", epoch, cost(gate));
  }
  const Tensor guesses = gate.predict(questions);
  for (std::size_t i = 0; i < 4; ++i) {
    fmt::print("  {} xor {}: 1 with a probability of {:.3f}\n", questions(i, 0), questions(i, 1),
               guesses(i, 0));
  }
  // [/epoch]

  // [check]
  heading("4.7 Check yourself");
  const Tensor somewhere{{0.25, -0.75}, {1.125, 0.375}};
  const auto check = [&](nn::Sequential& checked) {
    for (const auto& entry : nn::check_gradients(checked, somewhere).entries) {
      lecture::check(entry.name, entry.relative_error, 0.01);
    }
  };
  check(fresh);
  // [/check]

  // [forgetful]
  heading("4.8 Break it: a layer that forgets its derivative");
  class Forgetful : public nn::ReLU {
   public:
    static Tensor backward(Tensor dy) { return dy; }
  };
  random = nn::Random{1};  // so that it begins with the same weights
  nn::Sequential wrong{nn::Dense{2, 8, uniform}, Forgetful{}, nn::Dense{8, 1, uniform},
                       nn::Sigmoid{}};
  fresh = wrong;
  fmt::print("  epoch    0: cost {:.3f}\n", cost(wrong));
  for (int epoch = 1; epoch <= 2000; ++epoch) train_one_epoch(wrong);
  fmt::print("  epoch 2000: cost {:.3f}\n", cost(wrong));
  // [/forgetful]

  // [break]
  check(fresh);
}
// [/break]
