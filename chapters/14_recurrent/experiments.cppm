/// @file
/// @brief The experiments of chapter 14: the task of the marked number, how far a gradient reaches,
/// and the search for a learning rate.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module experiments;

import lecture;
import nn;

using nn::real;
using nn::Shape;
using nn::Tensor;

// [marked]
/// Sequences with two numbers at each step: a random one between -1 and 1, and a mark, which is 1
/// at one step t, from ≤ t < to (counted from 0), and 0 at all others. The class is 1 if the marked
/// number is above 0, else 0.
export nn::Dataset marked(std::size_t samples, std::size_t steps, std::size_t from, std::size_t to,
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
/// Trains on 500 mini-batches of 50 new sequences, marked at one of the first `to` steps. Returns
/// the accuracy on 1,000 more, in percent.
export double train(nn::Sequential& network, std::size_t steps, std::size_t to, real rate,
                    nn::Random& random) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{{.learning_rate = rate}}};
  trainer.fit(marked(25'000, steps, 0, to, random),
              {.batches = {.size = 50, .shuffle = false}, .steps = {.clip_norm = 1}});
  return lecture::percent_right(network, marked(1'000, steps, 0, to, random));
}
// [/train]

// [reach]
/// Random numbers between -1 and 1, the same at every call.
export Tensor noise(const Shape& shape) {
  nn::Random random{1};
  Tensor x{shape};
  for (real& value : x.values()) value = static_cast<real>(random.uniform(-1, 1));
  return x;
}

/// ‖∂C/∂x‖ at each of 81 steps, from the last to the first, divided by its value at the last. The
/// cost depends on the last state only, with random weights. Prints some of these numbers.
export template <class L>
lecture::Curve reach(std::string name, L layer) {
  Tensor dh = layer.forward(noise(Shape{20, 81, 4}));
  nn::Random random{3};
  for (real& g : dh.values()) g = static_cast<real>(random.normal());
  const Tensor dx = layer.backward(dh);
  lecture::Curve curve{.name = std::move(name), .values = std::vector<double>(81)};
  for (std::size_t n = 0; n < 20; ++n) {
    for (std::size_t t = 0; t < 81; ++t) {
      for (std::size_t d = 0; d < 4; ++d) curve.values[80 - t] += std::pow(double{dx(n, t, d)}, 2);
    }
  }
  const double last = curve.values.front();
  for (double& value : curve.values) value = std::sqrt(value / last);
  fmt::print("  {:<14}", curve.name);
  for (const std::size_t back : {0U, 10U, 20U, 40U, 80U}) {
    fmt::print("{:11.1e}", curve.values[back]);
  }
  fmt::print("\n");
  return curve;
}
// [/reach]

// [kinds]
/// Sets the biases of the second gate, which keeps the old state: z of a GRU, f of an LSTM.
export void open_gate(const std::vector<nn::Parameter*>& parameters, std::size_t H, real bias) {
  for (std::size_t j = H; j < 2 * H; ++j) parameters[2]->value(j) = bias;
}

/// Adds a recurrent layer with D inputs and H units, and a dense layer that turns its last state
/// into M logits.
export void push(nn::Sequential& network, std::string_view kind, std::size_t D, std::size_t H,
                 std::size_t M, nn::Random& random) {
  if (kind == "simple") {
    network.push(nn::Recurrent{D, H, nn::Glorot{random}});
  } else if (kind == "LSTM") {
    network.push(nn::LSTM{D, H, nn::Glorot{random}});
  } else {
    network.push(nn::GRU{D, H, nn::Glorot{random}});
    if (kind == "GRU z open") open_gate(network.parameters(), H, 3);
  }
  network.push(nn::Dense{H, M, nn::Glorot{random}});
}
// [/kinds]

// [rate]
/// The number of seeds whose results are averaged.
export std::size_t starts() { return lecture::is_short() ? 2 : 3; }

/// Trains at each of six rates and prints the mean validation accuracies. Then trains at the best
/// rate from seeds that the search did not use, and prints mean and deviation of the result.
/// @param kind The layer, printed at the beginning of the row.
/// @param size The number that is printed after it.
/// @param searches How many training runs to compare at each rate.
/// @param validation Trains with a rate and a seed; returns the validation accuracy in percent.
/// @param result The same for the accuracy at the end of the row.
export template <class Validation, class Result>
void tune(std::string_view kind, std::size_t size, std::size_t searches,
          const Validation& validation, const Result& result) {
  fmt::print("  {:<11}{:5}  ", kind, size);
  real best = 0;
  double highest = 0;
  for (const real rate : {0.0003F, 0.001F, 0.003F, 0.01F, 0.03F, 0.1F}) {
    const std::vector<double> right = lecture::for_seeds(
        searches, [&](std::uint64_t seed) { return validation(rate, 100 + seed); });
    const double mean = lecture::spread(right).mean;
    fmt::print("{:7.1f}", mean);
    if (mean > highest) best = rate;
    highest = std::max(highest, mean);
  }
  const std::vector<double> right =
      lecture::for_seeds(starts(), [&](std::uint64_t seed) { return result(best, seed); });
  fmt::print("{:>14}\n", to_string(lecture::spread(right), 1));
}
// [/rate]

// [remember]
/// Trains a network with one seed to remember the marked number. Returns its accuracy in percent.
export double remember(std::string_view kind, std::size_t steps, real rate, std::uint64_t seed) {
  lecture::progress(fmt::format("{}, {} steps, rate {}, seed {}", kind, steps, rate, seed));
  nn::Random random{seed};
  nn::Sequential network;
  push(network, kind, 2, 32, 2, random);
  return train(network, steps, steps / 2, rate, random);
}

/// Chooses the learning rate of a layer for sequences of this many steps, then measures the layer.
export void tune_memory(std::string_view kind, std::size_t steps) {
  const auto training = [&](real rate, std::uint64_t seed) {
    return remember(kind, steps, rate, seed);
  };
  tune(kind, steps, lecture::is_short() ? 1 : 3, training, training);
}
// [/remember]

// [clip]
/// Plain gradient descent on sixty batches, with U doubled and gradients clipped to the limit, for
/// five seeds. Prints the mean cost of each seed's last ten batches, then the length of the longest
/// gradient before clipping.
export void descend(std::string_view name, real limit) {
  double longest = 0;
  fmt::print("  limit {:<4} last ten costs", name);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    nn::Random random{seed};
    nn::Sequential network;
    push(network, "simple", 2, 32, 2, random);
    const std::vector<nn::Parameter*> parameters = network.parameters();
    for (real& u : parameters[1]->value.values()) u *= 2;
    nn::GradientDescent descent{{.learning_rate = real(0.1)}};
    double cost = 0;
    for (int step = 1; step <= 60; ++step) {
      const nn::Dataset batch = marked(50, 30, 0, 1, random);
      const Tensor logits = network.forward(batch.inputs);
      if (step > 50) cost += nn::SoftmaxCrossEntropy::value(logits, batch.targets) / 10;
      network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
      longest = std::max(longest, nn::clip_gradients(parameters, limit));
      descent.step(parameters);
    }
    fmt::print("{:6.2f}", cost);
  }
  fmt::print("  longest gradient {:.0f}\n", longest);
}
// [/clip]

// [train_digits]
/// MNIST, or a small part of it with `--short`.
export nn::Split load_digits() {
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  if (!lecture::is_short()) return digits;
  return {digits.training.first(1'000), digits.validation.first(500), digits.test.first(500)};
}

/// Trains a recurrent layer with H units, and a dense one, on digits read row by row.
export nn::Sequential train_digits(std::string_view kind, std::size_t H, const nn::Dataset& digits,
                                   std::size_t epochs, real rate, std::uint64_t seed) {
  lecture::progress(fmt::format("{} {}, rate {}, seed {}", kind, H, rate, seed));
  nn::Random random{seed};
  nn::Sequential network{nn::Reshape{28, 28}};
  push(network, kind, 28, H, 10, random);
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{{.learning_rate = rate}}};
  trainer.fit(digits, {.epochs = epochs,
                       .batches = {.size = 50},
                       .seed = seed,
                       .steps = {.clip_norm = 1, .schedule = nn::Cosine{}}});
  return network;
}
// [/train_digits]

// [tune_digits]
/// Chooses the learning rate of a layer by the validation accuracy after one epoch, then trains
/// three epochs at the best rate and measures the accuracy on the test set. Returns the last
/// network trained.
export nn::Sequential tune_digits(std::string_view kind, std::size_t H, const nn::Split& digits) {
  nn::Sequential network;
  tune(
      kind, H, 1,
      [&](real rate, std::uint64_t seed) {
        network = train_digits(kind, H, digits.training, 1, rate, seed);
        return lecture::percent_right(network, digits.validation);
      },
      [&](real rate, std::uint64_t seed) {
        network = train_digits(kind, H, digits.training, 3, rate, seed);
        return lecture::percent_right(network, digits.test);
      });
  return network;
}
// [/tune_digits]

// [same]
/// Checks that two tensors with equally many values differ only by rounding. The error is the
/// length of their difference, which is NaN if any value is.
export void check_same(std::string_view what, const Tensor& a, const Tensor& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    squares += std::pow(double{a.values()[i]} - double{b.values()[i]}, 2);
  }
  lecture::check(what, std::sqrt(squares), 1e-6);
}

/// The same for the gradients of all parameters of two layers.
export void check_same_gradients(nn::Recurrent& plain, nn::Recurrent& layer) {
  for (std::size_t p = 0; p < plain.parameters().size(); ++p) {
    const nn::Parameter& parameter = *plain.parameters()[p];
    check_same(fmt::format("plain gradient, {}", parameter.name), parameter.gradient,
               layer.parameters()[p]->gradient);
  }
}
// [/same]
