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
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 2: activations");

  heading("2.1 A bend");
  const Tensor X{{-2}, {-1}, {0}, {1}, {2}};
  const nn::Dense two_ways{Tensor{{1, -1}}, Tensor{0, 0}};  // x and -x
  const nn::Dense sum{Tensor{{1}, {1}}, Tensor{0}};
  show("straight", sum.predict(two_ways.predict(X)).reshaped(nn::Shape{1, 5}));
  show("bent", sum.predict(nn::ReLU{}.predict(two_ways.predict(X))).reshaped(nn::Shape{1, 5}));
  // [/bend]

  // [functions]
  heading("2.2 Four functions");
  const Tensor x{-100, -2, -0.5, 0, 0.5, 2, 100};
  show("x", x);
  show("ReLU", nn::ReLU{}.predict(x));
  show("leaky ReLU", nn::LeakyReLU{0.1F}.predict(x));
  show("sigmoid", nn::Sigmoid{}.predict(x));
  show("tanh", nn::Tanh{}.predict(x));
  // [/functions]

  // [slope]
  heading("2.3 How steep they are");
  // What backward() makes of a gradient of ones.
  const auto slope = [](nn::Layer auto activation, const Tensor& at) {
    activation.forward(at);
    return activation.backward(Tensor{at.shape(), 1});
  };
  // [/slope]

  // [slopes]
  show("x", x);
  show("ReLU", slope(nn::ReLU{}, x));
  show("leaky ReLU", slope(nn::LeakyReLU{0.1F}, x));
  show("sigmoid", slope(nn::Sigmoid{}, x));
  show("tanh", slope(nn::Tanh{}, x));
  // [/slopes]

  // [plot]
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
  // [/plot]

  // [backward]
  heading("2.4 The way back");
  nn::ReLU relu;
  show("Y", relu.forward(Tensor{{3, -1}, {-2, 0.5}}));
  show("dX", relu.backward(Tensor{{10, 20}, {30, 40}}));
  // [/backward]

  // [softmax]
  heading("2.5 Softmax: a whole row at once");
  const Tensor z{{1, 2, 3}, {0, 0, 0}};
  show("z", z);
  show("softmax", nn::Softmax{}.predict(z));
  // [/softmax]

  // [overflow]
  heading("2.6 Softmax overflows, and is mended");
  const Tensor large{{1000, 1001}};
  const real e0 = std::exp(large(0, 0));
  const real e1 = std::exp(large(0, 1));
  fmt::print("  as the formula says: {} / ({} + {}) = {}\n", e1, e0, e1,
             std::isnan(e1 / (e0 + e1)) ? "not a number" : "a number");
  show("nn::Softmax", nn::Softmax{}.predict(large));
  // [/overflow]

  // [jacobian]
  heading("2.7 Softmax, the way back");
  nn::Softmax softmax;
  const Tensor y = softmax.forward(Tensor{{0, 0}});
  show("y", y);
  show("dz", softmax.backward(Tensor{{1, 0}}));
  // [/jacobian]

  // [measure]
  heading("2.8 Check yourself");
  // The cost is Σ r y. How far is its gradient, as the layer computes it, from the one measured?
  const auto worst_difference = [](nn::Layer auto activation, const Tensor& at, const Tensor& r) {
    const auto cost = [&](const Tensor& input) {
      const Tensor output = activation.predict(input);
      double total = 0;
      for (std::size_t i = 0; i < r.size(); ++i) total += r.values()[i] * output.values()[i];
      return total;
    };
    activation.forward(at);
    const Tensor computed = activation.backward(r);
    double worst = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      constexpr real h = 0.0078125;  // 1/128, exact in binary
      Tensor above = at;
      Tensor below = at;
      above.values()[i] += h;
      below.values()[i] -= h;
      const double measured = (cost(above) - cost(below)) / (2 * h);
      worst = std::fmax(worst, std::abs(measured - computed.values()[i]));
    }
    return worst;
  };
  // [/measure]

  // [check]
  const Tensor at{{-1.5, 0.25, 2}, {0.75, -0.5, 1}};  // nowhere near the kink at 0
  const Tensor r{{1, -2, 0.5}, {3, 1, -1}};
  lecture::check("ReLU", worst_difference(nn::ReLU{}, at, r), 1e-3);
  lecture::check("leaky ReLU", worst_difference(nn::LeakyReLU{0.1F}, at, r), 1e-3);
  lecture::check("sigmoid", worst_difference(nn::Sigmoid{}, at, r), 1e-3);
  lecture::check("tanh", worst_difference(nn::Tanh{}, at, r), 1e-3);
  lecture::check("softmax", worst_difference(nn::Softmax{}, at, r), 1e-3);
  // [/check]

  // [break]
  heading("2.9 Break it: a neuron that died");
  nn::Dense neuron{Tensor{{1}}, Tensor{-10}};  // the bias outweighs every input
  nn::ReLU after;
  show("Y", after.forward(neuron.forward(X)).reshaped(nn::Shape{1, 5}));
  neuron.backward(after.backward(Tensor{X.shape(), 1}));
  show("dW", neuron.parameters()[0]->gradient);
  show("db", neuron.parameters()[1]->gradient);
}
// [/break]
