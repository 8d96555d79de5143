// Chapter 14: reading an image as a sequence. Read with docs/chapters/14_recurrent.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using lecture::percent_right;
using lecture::show;
using nn::real;
using nn::Shape;
using nn::Tensor;
// [/fold]

// [marked]
/// Sequences of two numbers a step: a random one, and a mark, which is 1 at one step and 0 at all
/// others. The class is 1 where the marked number is above 0. Marks stand from step `from` on,
/// before `to`.
nn::Dataset marked(std::size_t samples, std::size_t steps, std::size_t from, std::size_t to,
                   nn::Random& random) {
  Tensor sequences{Shape{samples, steps, 2}};
  nn::Labels labels;
  for (std::size_t n = 0; n < samples; ++n) {
    for (std::size_t t = 0; t < steps; ++t) {
      sequences(n, t, 0) = static_cast<real>(random.uniform(-1, 1));
    }
    const std::size_t place = from + random.below(to - from);
    sequences(n, place, 1) = 1;
    labels.push_back(sequences(n, place, 0) > 0 ? 1 : 0);
  }
  return {.inputs = std::move(sequences), .targets = std::move(labels)};
}
// [/marked]

// [train]
/// Trains with Adam on batches of 50. Each sequence is seen once.
void train(nn::Sequential& network, const nn::Dataset& set) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{{.learning_rate = 0.005F}}};
  trainer.fit(set, {.batches = {.size = 50, .shuffle = false}, .steps = {.clip_norm = 1}});
}

/// How many sequences 500 batches have.
constexpr std::size_t plenty = std::size_t{500} * 50;
// [/train]

// [order]
/// What a dense layer makes of a sequence.
void show_order() {
  heading("14.1 A sequence has an order");
  nn::Random random{1};
  nn::Sequential dense{nn::Flatten{}, nn::Dense{20, 32, nn::He{random}}, nn::ReLU{},
                       nn::Dense{32, 2, nn::Glorot{random}}};
  train(dense, marked(plenty, 10, 0, 5, random));
  fmt::print("  mark in the first five steps: {:5.1f} % right\n",
             percent_right(dense, marked(1'000, 10, 0, 5, random)));
  fmt::print("  mark in the last five:        {:5.1f} % right\n",
             percent_right(dense, marked(1'000, 10, 5, 10, random)));
  try {
    show("eleven steps", dense.predict(marked(1'000, 11, 0, 5, random).inputs));
  } catch (const std::exception& error) {
    fmt::print("  eleven steps:\n  {}\n", error.what());
  }
}
// [/order]

// [hand]
/// Two steps on paper, forward and backward.
void show_two_steps() {
  heading("14.2 A layer that remembers");
  nn::Recurrent small{1, 2, {.sequence = true}};
  const std::vector<nn::Parameter*> of_small = small.parameters();
  of_small[0]->value = Tensor{{0.5, 1}};
  of_small[1]->value = Tensor{{0, 1}, {0.5, 0}};
  of_small[2]->value = Tensor{0, -0.5};
  const Tensor two_steps{Shape{1, 2, 1}, std::array<real, 2>{1, 0}};
  show("W", of_small[0]->value);
  show("U", of_small[1]->value);
  show("b", of_small[2]->value);
  show("h", small.forward(two_steps).reshaped(Shape{2, 2}));
  // [/hand]

  // [back]
  heading("14.3 Backward through time");
  const Tensor dx = small.backward(Tensor{Shape{1, 2, 2}, std::array<real, 4>{0, 0, 1, 0}});
  show("dX", dx.reshaped(Shape{2, 1}));
  show("dW", of_small[0]->gradient);
  show("dU", of_small[1]->gradient);
  show("db", of_small[2]->gradient);
}
// [/back]

// [kinds]
/// Puts a recurrent layer behind the others, and a dense one that reads its last state.
template <class L>
void push(nn::Sequential& network, std::size_t D, std::size_t H, std::size_t M,
          nn::Random& random) {
  network.push(L{D, H, nn::Glorot{random}});
  network.push(nn::Dense{H, M, nn::Glorot{random}});
}

struct Kind {
  std::string_view name;
  void (*push)(nn::Sequential&, std::size_t D, std::size_t H, std::size_t M, nn::Random&);
};
constexpr std::array kinds{Kind{"simple", push<nn::Recurrent>}, Kind{"GRU", push<nn::GRU>},
                           Kind{"LSTM", push<nn::LSTM>}};
// [/kinds]

// [reach]
/// ‖∂C/∂x‖ of every step, from the last to the first, as multiples of the last one's. The cost
/// depends on the last state only, at random.
template <class L>
std::vector<double> reach(L layer, const Tensor& x) {
  Tensor dh = layer.forward(x);
  nn::Random random{3};
  for (real& g : dh.values()) g = static_cast<real>(random.normal());
  const Tensor dx = layer.backward(dh);
  std::vector<double> squares(dx.shape()[1]);
  for (std::size_t n = 0; n < dx.shape()[0]; ++n) {
    for (std::size_t t = 0; t < squares.size(); ++t) {
      for (std::size_t d = 0; d < dx.shape()[2]; ++d) {
        squares[squares.size() - 1 - t] += std::pow(double{dx(n, t, d)}, 2);
      }
    }
  }
  std::vector<double> lengths(squares.size());
  std::ranges::transform(squares, lengths.begin(),
                         [&](double square) { return std::sqrt(square / squares.front()); });
  return lengths;
}

/// Such lengths under their names, for a table and a figure.
using Curves = std::vector<std::pair<std::string, std::vector<double>>>;

void tell(const std::pair<std::string, std::vector<double>>& curve) {
  fmt::print("  {:<20}", curve.first);
  for (const std::size_t distance : {0U, 10U, 20U, 40U, 80U}) {
    fmt::print("{:11.1e}", curve.second[distance]);
  }
  fmt::print("\n");
}
// [/reach]

// [through]
/// Numbers between -1 and 1.
Tensor noise(const Shape& shape) {
  nn::Random random{1};
  Tensor x{shape};
  for (real& value : x.values()) value = static_cast<real>(random.uniform(-1, 1));
  return x;
}

/// The simple layer, its weights from state to state made smaller and larger.
Curves show_reach() {
  heading("14.4 How far a gradient reaches");
  const Tensor x = noise(Shape{20, 81, 4});
  Curves curves;
  fmt::print("  {:<20}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "steps back", 0, 10, 20, 40, 80);
  for (const double factor : {0.5, 1.0, 2.0}) {
    nn::Random start{2};
    nn::Recurrent layer{4, 32, nn::Glorot{start}};
    for (real& u : layer.parameters()[1]->value.values()) u *= static_cast<real>(factor);
    curves.emplace_back(fmt::format("simple U × {}", factor), reach(layer, x));
    tell(curves.back());
  }
  return curves;
}
// [/through]

// [clip]
/// Sixty steps of plain gradient descent with no gradient longer than the limit.
void descend(real limit) {
  nn::Random start{5};
  nn::Sequential network;
  push<nn::Recurrent>(network, 2, 32, 2, start);
  const std::vector<nn::Parameter*> parameters = network.parameters();
  for (real& u : parameters[1]->value.values()) u *= 2;
  nn::GradientDescent descent{{.learning_rate = 0.1F}};
  double cost = 0;
  double longest = 0;
  fmt::print("  {}", limit > 1 ? "no limit: " : "at most 1:");
  for (int step = 1; step <= 60; ++step) {
    const nn::Dataset batch = marked(50, 30, 0, 1, start);
    const Tensor logits = network.forward(batch.inputs);
    cost += nn::SoftmaxCrossEntropy::value(logits, batch.targets) / 10;
    network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
    longest = std::max(longest, nn::clip_gradients(parameters, limit));
    descent.step(parameters);
    if (step % 10 == 0) fmt::print("{:6.2f}", std::exchange(cost, 0));
  }
  fmt::print("   longest gradient {:.0f}\n", longest);
}

void show_clipping() {
  heading("14.5 Clipping");
  descend(std::numeric_limits<real>::max());
  descend(1);
}
// [/clip]

// [gates]
/// One step of all the sequences, shape (B, D).
Tensor step_of(const Tensor& x, std::size_t t) {
  Tensor step{Shape{x.shape()[0], x.shape()[2]}};
  for (std::size_t n = 0; n < step.rows(); ++n) {
    for (std::size_t d = 0; d < step.columns(); ++d) step(n, d) = x(n, t, d);
  }
  return step;
}

/// One unit whose weights are set by hand: it keeps the number that was marked last.
void show_gates() {
  heading("14.6 Gates");
  nn::LSTM unit{2, 1, {.sequence = true}};
  unit.parameters()[0]->value = Tensor{{0, 0, 1, 0},  // of the number: to i, f, g, o
                                       {20, -20, 0, 0}};
  unit.parameters()[2]->value = Tensor{-10, 10, 0, 10};
  const Tensor story{{0.9F, 0}, {0.5F, 1}, {-0.8F, 0}, {0.3F, 0}, {-0.6F, 1}, {0.7F, 0}};
  const Tensor states = unit.predict(story.reshaped(Shape{1, 6, 2}));
  fmt::print("  number  mark   state\n");
  for (std::size_t t = 0; t < story.rows(); ++t) {
    fmt::print("  {:6.1f}{:6.0f}{:8.3f}\n", story(t, 0), story(t, 1), states(0, t, 0));
  }
  nn::Random random{1};
  const nn::Dataset thousand = marked(500, 1'000, 0, 1'000, random);
  const Tensor ends = step_of(unit.predict(thousand.inputs), 999);
  std::size_t right = 0;
  for (std::size_t n = 0; n < 500; ++n) {
    if ((ends(n, 0) > 0) == (thousand.targets.labels()[n] == 1)) ++right;
  }
  fmt::print("  1000 steps: {:.1f} % right\n", static_cast<double>(right) / 5);
}
// [/gates]

// [highway]
/// Sets the biases of the second gate, that which keeps the old: a GRU's z, an LSTM's f.
void open_gate(const std::vector<nn::Parameter*>& parameters, std::size_t H, real bias) {
  for (std::size_t j = H; j < 2 * H; ++j) parameters[2]->value(j) = bias;
}

/// The layers with gates, as they begin and with one gate opened.
void show_reach_with_gates(Curves curves) {
  heading("14.7 How far a gradient reaches, with gates");
  fmt::print("  {:<20}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "steps back", 0, 10, 20, 40, 80);
  const Tensor x = noise(Shape{20, 81, 4});
  for (const real bias : {0.0F, 4.0F}) {
    nn::Random start{2};
    nn::GRU gru{4, 32, nn::Glorot{start}};
    nn::LSTM lstm{4, 32, nn::Glorot{start}};
    if (bias != 0) {
      open_gate(gru.parameters(), 32, bias);
      open_gate(lstm.parameters(), 32, bias);
    }
    curves.emplace_back(bias == 0 ? "GRU" : "GRU, z open", reach(gru, x));
    tell(curves.back());
    curves.emplace_back(bias == 0 ? "LSTM" : "LSTM, f open", reach(lstm, x));
    tell(curves.back());
  }
  std::string lines = "steps";
  for (const auto& [name, norms] : curves) lines += fmt::format(",\"{}\"", name);
  for (std::size_t t = 0; t < 81; ++t) {
    lines += fmt::format("\n{}", t);
    for (const auto& [name, norms] : curves) lines += fmt::format(",{:.2e}", norms[t]);
  }
  lecture::keep("14_reach.csv", lines + "\n");
}
// [/highway]

// [remember]
/// From how many starts a thing is learned.
std::uint64_t starts() { return lecture::is_short() ? 1 : 3; }

/// Learns to remember for a number of steps, and prints how well. The bias of a GRU's gate z may be
/// set, so that it begins open.
void remember(const Kind& kind, std::size_t steps, real z_bias = 0) {
  const std::string name = fmt::format("{}{}", kind.name, z_bias == 0 ? "" : ", z open");
  fmt::print("  {:<12}{:3} steps:", name, steps);
  for (std::uint64_t seed = 1; seed <= starts(); ++seed) {
    lecture::progress(fmt::format("{}, {} steps, start {}", name, steps, seed));
    nn::Random random{seed};
    nn::Sequential network;
    kind.push(network, 2, 32, 2, random);
    if (z_bias != 0) open_gate(network.parameters(), 32, z_bias);
    train(network, marked(plenty, steps, 0, steps / 2, random));
    fmt::print("{:7.1f}", percent_right(network, marked(1'000, steps, 0, steps / 2, random)));
  }
  fmt::print(" % right\n");
}

void show_memory() {
  heading("14.8 Remember the marked number");
  const std::vector<std::size_t> lengths = lecture::is_short()
                                               ? std::vector<std::size_t>{5, 10}
                                               : std::vector<std::size_t>{10, 20, 40, 80};
  for (const Kind& kind : kinds) {
    for (const std::size_t steps : lengths) remember(kind, steps);
  }
  for (const std::size_t steps : lengths) remember(kinds[1], steps, 3);
}
// [/remember]

// [check]
template <nn::Layer L>
void check(const std::string& name, L layer) {
  for (const nn::GradientCheck::Entry& entry :
       nn::check_gradients(layer, noise(Shape{4, 6, 3})).entries) {
    fmt::print("  {:<18}{:<14}differs by less than 1 %: {}\n", name, entry.name,
               entry.relative_error < 0.01);
  }
}

void show_check() {
  heading("14.9 Check yourself");
  nn::Random random{1};
  check("simple", nn::Recurrent{3, 4, nn::Glorot{random}});
  check("GRU", nn::GRU{3, 4, nn::Glorot{random}});
  check("LSTM", nn::LSTM{3, 4, nn::Glorot{random}, {.sequence = true}});
}
// [/check]

// [digits]
/// Trains a layer of 128 units on digits read row by row.
nn::Sequential train_digits(const Kind& kind, std::uint64_t seed, const nn::Dataset& digits) {
  const std::size_t epochs = lecture::is_short() ? 2 : 3;
  nn::Random random{seed};
  nn::Sequential network{nn::Reshape{28, 28}};
  kind.push(network, 28, 128, 10, random);
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{{.learning_rate = 0.003F}}};
  trainer.on_epoch([&](const nn::Epoch& epoch) {
    lecture::progress(
        fmt::format("{}, start {}: epoch {} of {}", kind.name, seed, epoch.number, epochs));
  });
  trainer.fit(digits, {.epochs = epochs,
                       .batches = {.size = 50},
                       .seed = seed,
                       .steps = {.clip_norm = 1, .schedule = nn::Cosine{}}});
  return network;
}
// [/digits]

// [mnist]
/// All three layers; returns the first GRU.
nn::Sequential show_digits(const nn::Split& digits) {
  heading("14.10 A digit, row by row");
  nn::Sequential reader;
  for (const Kind& kind : kinds) {
    double validation = 0;
    double test = 0;
    for (std::uint64_t seed = 1; seed <= starts(); ++seed) {
      const nn::Sequential network = train_digits(kind, seed, digits.training);
      validation += percent_right(network, digits.validation) / static_cast<double>(starts());
      test += percent_right(network, digits.test) / static_cast<double>(starts());
      if (kind.name == "GRU" && seed == 1) reader = network;
    }
    fmt::print("  {:<8}validation {:.1f} %, test {:.1f} % right\n", kind.name, validation, test);
  }
  fmt::print("{}", reader.summary(Shape{784}));
  return reader;
}
// [/mnist]

// [reading]
/// What the network would say after each row, if the image ended there: ten probabilities, shape
/// (28 N, 10). The recurrent layer has the same weights, but now gives every state.
Tensor read_rows(const nn::Sequential& network, const Tensor& images) {
  const std::vector<const nn::Parameter*> trained = network[1].parameters();
  nn::GRU gru{28, 128, {.sequence = true}};
  for (std::size_t p = 0; p < trained.size(); ++p) {
    gru.parameters()[p]->value = trained[p]->value;
  }
  const Tensor states = gru.predict(images.reshaped(Shape{images.rows(), 28, 28}));
  const Tensor logits = network[2].predict(states.reshaped(Shape{images.rows() * 28, 128}));
  return nn::Softmax{}.predict(logits);
}

/// The two likeliest digits, `7 0.93  9 0.05`.
std::string two_best(std::span<const real> p) {
  std::array<std::size_t, 10> order{};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
  return fmt::format("{} {:.2f}  {} {:.2f}", order[0], p[order[0]], order[1], p[order[1]]);
}
// [/reading]

// [rows]
/// How often the guess is right after some of the rows.
void show_rows(const nn::Sequential& reader, const nn::Dataset& digits) {
  heading("14.11 What it thinks while it reads");
  const nn::Labels guesses = nn::Labels::from_rows(read_rows(reader, digits.inputs));
  fmt::print("  right after 7, 14, 21, 28 rows:");
  for (const std::size_t rows : {7U, 14U, 21U, 28U}) {
    std::size_t right = 0;
    for (std::size_t n = 0; n < digits.size(); ++n) {
      if (guesses[28 * n + rows - 1] == digits.targets.labels()[n]) ++right;
    }
    const auto all = static_cast<double>(digits.size());
    fmt::print("{:7.1f} %", 100 * (static_cast<double>(right) / all));
  }
  fmt::print("\n");
}

char ink(real pixel) {
  if (pixel > 0.5F) return '#';
  return pixel > 0.1F ? '+' : '.';
}

/// One image, every second row, and what the network thinks after it.
void show_image(const nn::Sequential& reader, const nn::Dataset& digits, std::size_t index) {
  fmt::print("\n");
  const Tensor image{Shape{28, 28}, digits.inputs.row(index)};
  const Tensor p = read_rows(reader, image.reshaped(Shape{1, 784}));
  std::string data = "row";
  for (std::size_t c = 0; c < 28; ++c) data += fmt::format(",x{}", c);
  for (std::size_t d = 0; d < 10; ++d) data += fmt::format(",p{}", d);
  for (std::size_t row = 0; row < 28; ++row) {
    data += fmt::format("\n{}", row + 1);
    for (const real x : image.row(row)) data += fmt::format(",{:.0f}", 255 * x);
    for (const real share : p.row(row)) data += fmt::format(",{:.3f}", share);
    if (row % 2 == 0) continue;
    fmt::print("  ");
    for (const real x : image.row(row)) fmt::print("{}", ink(x));
    fmt::print("  row {:2}:  {}\n", row + 1, two_best(p.row(row)));
  }
  lecture::keep("14_rows.csv", data + "\n");
}
// [/rows]

// [last]
/// The simple recurrent layer, and a mistake: the way back ends after one step, as if the state
/// before the last were a constant.
class LastStepOnly {
 public:
  LastStepOnly(std::size_t D, std::size_t H, const nn::Glorot& glorot)
      : inner_{D, H, glorot, {.sequence = true}} {}

  [[nodiscard]] static std::string name() { return "last step only"; }
  [[nodiscard]] Shape output_shape(const Shape& /*sample*/) const {
    return Shape{inner_.outputs()};
  }
  [[nodiscard]] Tensor predict(const Tensor& x) const {
    return step_of(inner_.predict(x), x.shape()[1] - 1);
  }
  Tensor forward(const Tensor& x) {
    x_ = x;
    return predict(x);
  }
  Tensor backward(const Tensor& dh) {
    const Tensor h = inner_.predict(x_);
    const std::size_t last = x_.shape()[1] - 1;
    Tensor delta = step_of(h, last);
    for (std::size_t i = 0; i < delta.size(); ++i) {
      const real y = delta.values()[i];
      delta.values()[i] = dh.values()[i] * (1 - y * y);
    }
    const std::vector<nn::Parameter*> all = parameters();
    all[0]->gradient = nn::matmul(nn::transposed(step_of(x_, last)), delta);
    all[1]->gradient = nn::matmul(nn::transposed(step_of(h, last - 1)), delta);
    all[2]->gradient =
        nn::matmul(Tensor{Shape{1, delta.rows()}, 1}, delta).reshaped(Shape{delta.columns()});
    const Tensor of_last = nn::matmul(delta, nn::transposed(all[0]->value));
    Tensor dx{x_.shape()};
    for (std::size_t n = 0; n < of_last.rows(); ++n) {
      for (std::size_t d = 0; d < of_last.columns(); ++d) dx(n, last, d) = of_last(n, d);
    }
    return dx;
  }
  [[nodiscard]] std::vector<nn::Parameter*> parameters() { return inner_.parameters(); }

 private:
  nn::Recurrent inner_;
  Tensor x_;
};
// [/last]

// [break]
void show_last_step_only() {
  heading("14.12 Break it: one step back and no further");
  nn::Random random{1};
  check("last step only", LastStepOnly{3, 4, nn::Glorot{random}});
  for (const std::size_t steps : {3U, 5U, 10U}) {
    nn::Random start{1};
    nn::Sequential network;
    network.push(LastStepOnly{2, 32, nn::Glorot{start}});
    network.push(nn::Dense{32, 2, nn::Glorot{start}});
    train(network, marked(plenty, steps, 0, steps / 2, start));
    fmt::print("  {:2} steps: {:.1f} % right\n", steps,
               percent_right(network, marked(1'000, steps, 0, steps / 2, start)));
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 14: reading an image as a sequence");
  show_order();
  show_two_steps();
  const Curves curves = show_reach();
  show_clipping();
  show_gates();
  show_reach_with_gates(curves);
  show_memory();
  show_check();

  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  if (lecture::is_short()) {
    digits.training = nn::split(digits.training, nn::Counts{.validation = 3'000}).validation;
  }
  const nn::Sequential reader = show_digits(digits);
  show_rows(reader, digits.validation);
  show_image(reader, digits.validation, 33);
  show_last_step_only();
}
// [/main]
