// Chapter 2: activations. Read with docs/chapters/02_activation.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <string>

import lecture;
import nn.activation;
import nn.dense;

using lecture::heading;
using lecture::show;
using nn::real;
using nn::Tensor;
// [/fold]

// [bend]
const Tensor X{{-2}, {-1}, {0}, {1}, {2}};

void why_an_activation() {
  heading("2.1 Why a network needs an activation");
  const nn::Dense two_ways{Tensor{{1, -1}}, Tensor{0, 0}};  // x and -x
  const nn::Dense sum{Tensor{{1}, {1}}, Tensor{0}};
  show("no ReLU", sum.predict(two_ways.predict(X)).reshaped(nn::Shape{1, 5}));
  show("with ReLU", sum.predict(nn::ReLU{}.predict(two_ways.predict(X))).reshaped(nn::Shape{1, 5}));
}
// [/bend]

// [functions]
const Tensor x{-100, -2, -0.5, 0, 0.5, 2, 100};

void four_functions() {
  heading("2.2 Four functions");
  show("x", x);
  show("ReLU", nn::ReLU{}.predict(x));
  show("leaky ReLU", nn::LeakyReLU{0.1F}.predict(x));
  show("sigmoid", nn::Sigmoid{}.predict(x));
  show("tanh", nn::Tanh{}.predict(x));
}
// [/functions]

// [slope]
/// f'(x) for each x in `at`: what backward() returns for a gradient of ones.
Tensor slope(nn::Layer auto activation, const Tensor& at) {
  activation.forward(at);
  return activation.backward(Tensor{at.shape(), 1});
}
// [/slope]

// [slopes]
void derivatives() {
  heading("2.3 The derivatives");
  show("x", x);
  show("ReLU", slope(nn::ReLU{}, x));
  show("leaky ReLU", slope(nn::LeakyReLU{0.1F}, x));
  show("sigmoid", slope(nn::Sigmoid{}, x));
  show("tanh", slope(nn::Tanh{}, x));
}
// [/slopes]

// [fold: The data of the figure]
void keep_functions() {
  std::string lines = "x,relu,relu_slope,leaky,leaky_slope,sigmoid,sigmoid_slope,tanh,tanh_slope\n";
  for (int tenths = -40; tenths <= 40; ++tenths) {
    const Tensor place{static_cast<real>(tenths) / 10};
    const auto add = [&](const nn::Layer auto& activation) {
      lines +=
          fmt::format(",{:.4f},{:.4f}", activation.predict(place)(0), slope(activation, place)(0));
    };
    lines += fmt::format("{:.1f}", place(0));
    add(nn::ReLU{});
    add(nn::LeakyReLU{0.1F});
    add(nn::Sigmoid{});
    add(nn::Tanh{});
    lines += "\n";
  }
  lecture::keep("02_functions.csv", lines);
}
// [/fold]

// [backward]
void backward_pass() {
  heading("2.4 The backward pass");
  nn::ReLU relu;
  show("Y", relu.forward(Tensor{{3, -1}, {-2, 0.5}}));
  show("dX", relu.backward(Tensor{{10, 20}, {30, 40}}));
}
// [/backward]

// [softmax]
void probabilities() {
  heading("2.5 Softmax: probabilities from logits");
  const Tensor z{{1, 2, 3}, {0, 0, 0}};
  show("z", z);
  show("softmax", nn::Softmax{}.predict(z));
}
// [/softmax]

// [overflow]
void overflow() {
  heading("2.6 Softmax without overflow");
  const Tensor large{{1000, 1001}};
  const real e0 = std::exp(large(0, 0));
  const real e1 = std::exp(large(0, 1));
  fmt::print("  the formula as written: {} / ({} + {}) = {}\n", e1, e0, e1,
             std::isnan(e1 / (e0 + e1)) ? "not a number" : "a number");
  show("nn::Softmax", nn::Softmax{}.predict(large));
}
// [/overflow]

// [jacobian]
void softmax_backward() {
  heading("2.7 The backward pass of softmax");
  nn::Softmax softmax;
  show("y", softmax.forward(Tensor{{0, 0}}));
  show("dz", softmax.backward(Tensor{{1, 0}}));
}
// [/jacobian]

// [measure]
/// Every output times its factor, added up. `factors` has the size of `input`.
double cost(const nn::Layer auto& activation, const Tensor& input, const Tensor& factors) {
  const Tensor output = activation.predict(input);
  double sum = 0;
  for (std::size_t i = 0; i < factors.size(); ++i) sum += factors.values()[i] * output.values()[i];
  return sum;
}

/// The largest difference between the gradient that the layer computes and the measured slopes.
double worst_difference(nn::Layer auto activation, const Tensor& at, const Tensor& factors) {
  activation.forward(at);
  const Tensor computed = activation.backward(factors);
  double worst = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    constexpr real h = 0.0078125;  // 1/128, exact in binary
    Tensor above = at;
    Tensor below = at;
    above.values()[i] += h;
    below.values()[i] -= h;
    const double measured =
        (cost(activation, above, factors) - cost(activation, below, factors)) / (2 * h);
    worst = std::fmax(worst, std::abs(measured - computed.values()[i]));
  }
  return worst;
}
// [/measure]

// [check]
void check_yourself() {
  heading("2.8 Check yourself");
  const Tensor at{{-1.5, 0.25, 2}, {0.75, -0.5, 1}};  // farther than h from the kink at 0
  const Tensor r{{1, -2, 0.5}, {3, 1, -1}};
  lecture::check("ReLU", worst_difference(nn::ReLU{}, at, r), 1e-3);
  lecture::check("leaky ReLU", worst_difference(nn::LeakyReLU{0.1F}, at, r), 1e-3);
  lecture::check("sigmoid", worst_difference(nn::Sigmoid{}, at, r), 1e-3);
  lecture::check("tanh", worst_difference(nn::Tanh{}, at, r), 1e-3);
  lecture::check("softmax", worst_difference(nn::Softmax{}, at, r), 1e-3);
}
// [/check]

// [break]
void break_it() {
  heading("2.9 Break it: a dead ReLU");
  nn::Dense neuron{Tensor{{1}}, Tensor{-10}};  // the bias outweighs every input
  nn::ReLU after;
  show("Y", after.forward(neuron.forward(X)).reshaped(nn::Shape{1, 5}));
  neuron.backward(after.backward(Tensor{X.shape(), 1}));
  show("dW", neuron.parameters()[0]->gradient);
  show("db", neuron.parameters()[1]->gradient);
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 2: activations");
  why_an_activation();
  four_functions();
  derivatives();
  keep_functions();
  backward_pass();
  probabilities();
  overflow();
  softmax_backward();
  check_yourself();
  break_it();
}
// [/main]
