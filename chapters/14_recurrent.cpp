// Chapter 14: reading an image as a sequence. Read with docs/chapters/14_recurrent.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

import experiments;
import lecture;
import nn;
import reading;

using lecture::heading, lecture::show;
using nn::real, nn::Shape, nn::Tensor;
// [/fold]

// [order]
void show_order() {
  heading("14.1 A sequence has an order");
  nn::Random random{1};
  nn::Sequential dense{nn::Flatten{}, nn::Dense{20, 32, nn::He{random}}, nn::ReLU{},
                       nn::Dense{32, 2, nn::Glorot{random}}};
  fmt::print("  mark in the first five steps: {:5.1f} % right\n",
             train(dense, 10, 5, 0.005F, random));
  fmt::print("  mark in the last five:        {:5.1f} % right\n",
             lecture::percent_right(dense, marked(1'000, 10, 5, 10, random)));
  try {
    show("eleven steps", dense.predict(marked(1'000, 11, 0, 5, random).inputs));
  } catch (const std::exception& error) {
    fmt::print("  eleven steps:\n  {}\n", error.what());
  }
}
// [/order]

// [plain]
/// The states of one sequence x, shape (T, D): row t of the result is the state after step t, and
/// row 0, the state before the first step, is zero.
Tensor plain_states(const nn::Recurrent& layer, const Tensor& x) {
  const Tensor& W = layer.weight_input();
  const Tensor& U = layer.weight_hidden();
  Tensor h{Shape{x.rows() + 1, layer.outputs()}};
  for (std::size_t t = 1; t <= x.rows(); ++t) {
    for (std::size_t j = 0; j < layer.outputs(); ++j) {
      real a = layer.bias()(j);
      for (std::size_t d = 0; d < layer.inputs(); ++d) a += x(t - 1, d) * W(d, j);
      for (std::size_t i = 0; i < layer.outputs(); ++i) a += h(t - 1, i) * U(i, j);
      h(t, j) = std::tanh(a);
    }
  }
  return h;
}
// [/plain]

// [hand]
nn::Recurrent show_two_steps() {
  heading("14.2 A layer that remembers");
  nn::Recurrent small{1, 2};
  small.parameters()[0]->value = Tensor{{0.5, 1}};
  small.parameters()[1]->value = Tensor{{0, 1}, {0.5, 0}};
  small.parameters()[2]->value = Tensor{0, -0.5};
  show("h", plain_states(small, Tensor{{1}, {0}}));
  return small;
}
// [/hand]

// [plain_back]
/// Backpropagation through time, where dh is ∂C/∂h of the last state. Writes the gradients of the
/// parameters and returns ∂C/∂x.
Tensor plain_back(nn::Recurrent& layer, const Tensor& x, Tensor dh) {
  for (nn::Parameter* p : layer.parameters()) p->gradient = Tensor{p->value.shape()};
  nn::Parameter& W = *layer.parameters()[0];
  nn::Parameter& U = *layer.parameters()[1];
  nn::Parameter& b = *layer.parameters()[2];
  const Tensor h = plain_states(layer, x);
  Tensor dx{x.shape()};
  for (std::size_t t = x.rows(); t > 0; --t) {
    Tensor dh_before{dh.shape()};
    for (std::size_t j = 0; j < layer.outputs(); ++j) {
      const real delta = dh(j) * (1 - h(t, j) * h(t, j));
      for (std::size_t d = 0; d < layer.inputs(); ++d) {
        W.gradient(d, j) += x(t - 1, d) * delta;
        dx(t - 1, d) += W.value(d, j) * delta;
      }
      for (std::size_t i = 0; i < layer.outputs(); ++i) {
        U.gradient(i, j) += h(t - 1, i) * delta;
        dh_before(i) += U.value(i, j) * delta;
      }
      b.gradient(j) += delta;
    }
    dh = dh_before;
  }
  return dx;
}

void show_back(nn::Recurrent small) {
  heading("14.3 Backward through time");
  show("dX", plain_back(small, Tensor{{1}, {0}}, Tensor{1, 0}));
  show("dW", small.parameters()[0]->gradient);
  show("dU", small.parameters()[1]->gradient);
  show("db", small.parameters()[2]->gradient);
}
// [/plain_back]

// [through]
std::vector<lecture::Curve> show_reach() {
  heading("14.4 How far a gradient reaches");
  std::vector<lecture::Curve> curves;
  fmt::print("  {:<14}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "steps back", 0, 10, 20, 40, 80);
  for (const real factor : {0.5F, 1.0F, 2.0F}) {
    nn::Random start{2};
    nn::Recurrent layer{4, 32, nn::Glorot{start}};
    for (real& u : layer.parameters()[1]->value.values()) u *= factor;
    curves.push_back(reach(fmt::format("simple U × {}", factor), layer));
  }
  return curves;
}
// [/through]

// [clipping]
void show_clipping() {
  heading("14.5 Clipping");
  descend("none", std::numeric_limits<real>::infinity());
  descend("1", 1);
}
// [/clipping]

// [gates]
real sigmoid(real a) { return 1 / (1 + std::exp(-a)); }

/// One step of an LSTM for one sample. Overwrites the state h and the memory c, both of shape
/// (1, H), with the new ones.
void lstm_step(const nn::LSTM& layer, const Tensor& x, Tensor& h, Tensor& c) {
  const std::size_t H = layer.outputs();
  const Tensor b_and_x = nn::matmul(x, layer.weight_input(), layer.bias().values());
  const Tensor u = nn::matmul(h, layer.weight_hidden());
  const auto a = [&](std::size_t column) { return b_and_x(0, column) + u(0, column); };
  for (std::size_t j = 0; j < H; ++j) {
    const real i = sigmoid(a(j));
    const real f = sigmoid(a(H + j));
    const real g = std::tanh(a(2 * H + j));
    const real o = sigmoid(a(3 * H + j));
    c(0, j) = f * c(0, j) + i * g;
    h(0, j) = o * std::tanh(c(0, j));
  }
}

void show_gates() {
  heading("14.6 Gates");
  nn::LSTM unit{2, 1};
  unit.parameters()[0]->value = Tensor{{0, 0, 1, 0},      // from the number to i, f, g, o
                                       {20, -20, 0, 0}};  // from the mark
  unit.parameters()[2]->value = Tensor{-10, 10, 0, 10};
  const Tensor story{{0.9F, 0}, {0.5F, 1}, {-0.8F, 0}, {0.3F, 0}, {-0.6F, 1}, {0.7F, 0}};
  Tensor h{Shape{1, 1}};
  Tensor c{Shape{1, 1}};
  fmt::print("  number  mark   state\n");
  for (std::size_t t = 0; t < story.rows(); ++t) {
    lstm_step(unit, story.rows(t, 1), h, c);
    fmt::print("  {:6.1f}{:6.0f}{:8.3f}\n", story(t, 0), story(t, 1), h(0, 0));
  }
  nn::Dense sign{1, 2};
  sign.parameters()[0]->value = Tensor{{-1, 1}};
  nn::Random random{1};
  fmt::print(
      "  1000 steps: {:.1f} % right\n",
      lecture::percent_right(nn::Sequential{unit, sign}, marked(500, 1'000, 0, 1'000, random)));
}
// [/gates]

// [highway]
void show_reach_with_gates(std::vector<lecture::Curve> curves) {
  heading("14.7 How far a gradient reaches, with gates");
  fmt::print("  {:<14}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "steps back", 0, 10, 20, 40, 80);
  nn::Random start{2};
  nn::GRU gru{4, 32, nn::Glorot{start}};
  nn::LSTM lstm{4, 32, nn::Glorot{start}};
  curves.push_back(reach("GRU", gru));
  curves.push_back(reach("LSTM", lstm));
  open_gate(gru.parameters(), 32, 4);
  open_gate(lstm.parameters(), 32, 4);
  curves.push_back(reach("GRU z open", gru));
  curves.push_back(reach("LSTM f open", lstm));
  lecture::keep("14_reach.csv", "steps", 1, curves);
}
// [/highway]

// [remember]
void show_memory() {
  heading("14.8 Remember the marked number");
  fmt::print("  layer      steps   0.0003  0.001  0.003   0.01   0.03    0.1   at the best\n");
  for (const char* const kind : {"simple", "GRU", "LSTM", "GRU z open"}) {
    for (const std::size_t steps : {10U, 20U, 40U, 80U}) {
      if (lecture::is_short() && steps > 10) break;
      tune_memory(kind, steps);
    }
  }
}
// [/remember]

// [check]
void show_check() {
  heading("14.9 Check yourself");
  nn::Random random{1};
  nn::Recurrent simple{3, 4, nn::Glorot{random}};
  nn::Recurrent plain = simple;
  const Tensor x = noise(Shape{1, 6, 3});
  const Tensor rows = x.reshaped(Shape{6, 3});
  check_same("plain state", plain_states(plain, rows).rows(6, 1), simple.forward(x));
  check_same("plain gradient, x", plain_back(plain, rows, Tensor{1, -1, 2, 0}),
             simple.backward(Tensor{{1, -1, 2, 0}}));
  check_same_gradients(plain, simple);
  const nn::LSTM lstm{3, 4, nn::Glorot{random}};
  Tensor h{Shape{1, 4}};
  Tensor c{Shape{1, 4}};
  for (std::size_t t = 0; t < 6; ++t) lstm_step(lstm, rows.rows(t, 1), h, c);
  check_same("plain LSTM", h, lstm.predict(x));
  lecture::check_gradients("simple", simple, x);
  lecture::check_gradients("GRU", nn::GRU{3, 4, nn::Glorot{random}}, x);
  lecture::check_gradients("LSTM", lstm, x);
}
// [/check]

// [digits]
/// Compares the layers and returns the last network that was trained, which has a GRU.
nn::Sequential show_digits(const nn::Split& digits) {
  heading("14.10 A digit, row by row");
  nn::Sequential network;
  fmt::print("  layer      units   0.0003  0.001  0.003   0.01   0.03    0.1   at the best\n");
  for (const auto& [kind, H] :
       {std::pair{"simple", 128U}, {"simple", 232U}, {"LSTM", 128U}, {"GRU", 128U}}) {
    network = tune_digits(kind, H, digits);
  }
  fmt::print("{}", network.summary(Shape{784}));
  return network;
}
// [/digits]

// [rows]
void show_reading(const nn::Sequential& network, const nn::Dataset& digits) {
  heading("14.11 What it thinks while it reads");
  show_right_after(network, digits, {7, 14, 21, 28});
  show_image(network, digits.inputs, 33);
}
// [/rows]

// [break]
/// The simple layer with a bug: its backward pass ends after one step, because with zeros for U no
/// gradient reaches the previous state.
class LastStepOnly : public nn::Recurrent {
 public:
  using nn::Recurrent::Recurrent;
  Tensor backward(const Tensor& dh) {
    Tensor& U = parameters()[1]->value;
    const Tensor kept = std::exchange(U, Tensor{U.shape()});
    Tensor dx = nn::Recurrent::backward(dh);
    U = kept;
    return dx;
  }
  void backward_parameters(const Tensor& dh) { backward(dh); }
};

void show_last_step_only() {
  heading("14.12 Break it: one step back and no further");
  nn::Random random{1};
  lecture::check_gradients("last step only", LastStepOnly{3, 4, nn::Glorot{random}},
                           noise(Shape{4, 6, 3}));
  for (const std::size_t steps : {3U, 5U, 10U}) {
    const auto right = lecture::for_seeds(starts(), [&](std::uint64_t seed) {
      nn::Random start{seed};
      nn::Sequential network{LastStepOnly{2, 32, nn::Glorot{start}},
                             nn::Dense{32, 2, nn::Glorot{start}}};
      return train(network, steps, steps / 2, 0.005F, start);
    });
    fmt::print("  {:2} steps: {} % right\n", steps, to_string(lecture::spread(right), 1));
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 14: reading an image as a sequence");
  show_order();
  show_back(show_two_steps());
  const std::vector<lecture::Curve> curves = show_reach();
  show_clipping();
  show_gates();
  show_reach_with_gates(curves);
  show_memory();
  show_check();
  const nn::Split digits = load_digits();
  show_reading(show_digits(digits), digits.validation);
  show_last_step_only();
}
// [/main]
