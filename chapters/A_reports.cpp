// Appendix A: three student reports. Read with docs/chapters/A_reports.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using nn::Dataset;
using nn::Sequential;
using nn::Tensor;
using Initializer = std::function<void(Tensor&, nn::Fan)>;
// [/fold]

// [networks]
/// Ends in sigmoids, which answer yes or no for each digit.
Sequential simple(const Initializer& init) {
  return Sequential{nn::Reshape{nn::Shape{1, 28, 28}},
                    nn::Convolution{1, 5, {.kernel = 3}, init},
                    nn::ReLU{},
                    nn::Flatten{},
                    nn::Dense{3380, 100, init},
                    nn::Sigmoid{},
                    nn::Dense{100, 2, init},
                    nn::Sigmoid{}};
}

/// The network with pooling. Its softmax is part of the cost, as in chapter 3.
Sequential full(const Initializer& init) {
  return Sequential{nn::Reshape{nn::Shape{1, 28, 28}},
                    nn::Convolution{1, 5, {.kernel = 5}, init},
                    nn::MaxPool{2},
                    nn::Sigmoid{},
                    nn::Flatten{},
                    nn::Dense{720, 100, init},
                    nn::Sigmoid{},
                    nn::Dense{100, 2, init}};
}

/// The MLP for ten digits, up to the logits.
Sequential perceptron(const Initializer& init) {
  return Sequential{nn::Dense{784, 1000, init}, nn::Tanh{}, nn::Dense{1000, 100, init}, nn::Tanh{},
                    nn::Dense{100, 10, init}};
}

/// The MLP as the report has it, with tanh after the last layer, too.
Sequential perceptron_with_tanh(const Initializer& init) {
  Sequential network = perceptron(init);
  network.push(nn::Tanh{});
  return network;
}
// [/networks]

// [train]
/// Trains as the report does: on one image at a time, at a learning rate of 0.01.
nn::History train(Sequential& network, const nn::AnyCost& cost, const Dataset& training,
                  std::size_t epochs, const nn::StopOptions& stopping = {}) {
  nn::Trainer trainer{network, cost, nn::GradientDescent{{.learning_rate = 0.01F}}};
  return trainer.fit(training, {.epochs = epochs, .batches = {.size = 1}, .stopping = stopping});
}

std::size_t epochs() { return lecture::is_short() ? 4 : 20; }

double count_right(const Sequential& network, const Dataset& set) {
  return lecture::percent_right(network, set) * static_cast<double>(set.size()) / 100;
}
// [/train]

// [attempt]
Initializer normal(nn::Random& random) { return nn::RandomNormal{random, 1}; }
Initializer glorot(nn::Random& random) { return nn::Glorot{random}; }

/// What to train: a network, its initializer and its cost.
struct Attempt {
  std::string name;
  Sequential (*network)(const Initializer&);
  Initializer (*init)(nn::Random&);
  nn::AnyCost cost;
  [[nodiscard]] Sequential begin(std::uint64_t seed) const {
    nn::Random random{seed};
    return network(init(random));
  }
};

/// Trains with three seeds, prints how many of a few and of many images are read right, and
/// returns the history of the first run.
nn::History try_out(const Attempt& attempt, const Dataset& training, const Dataset& few,
                    const Dataset& many) {
  nn::History first;
  std::string counts;
  const auto percents = lecture::for_seeds(3, [&](std::uint64_t seed) {
    Sequential network = attempt.begin(seed);
    const nn::History history = train(network, attempt.cost, training, epochs());
    if (seed == 1) first = history;
    counts += fmt::format("{:3.0f}", count_right(network, few));
    return lecture::percent_right(network, many);
  });
  fmt::print("  {:<17} cost {:5.2f} to {:.4f};{} of {}, {} % of {}\n", attempt.name,
             first.epochs.front().training.cost, first.epochs.back().training.cost, counts,
             few.size(), to_string(lecture::spread(percents), 1), many.size());
  return first;
}
// [/attempt]

// [two_digits]
Dataset zeros_and_ones(const Dataset& digits) { return choose_classes(digits, {0, 1}); }

void two_digits(const nn::Split& digits) {
  heading("A.4 Two digits out of ten");
  const Dataset training = zeros_and_ones(digits.training).first(200);
  const Dataset test = zeros_and_ones(digits.test);
  for (const Attempt& attempt : {Attempt{"CNN simple", simple, glorot, nn::BinaryCrossEntropy{}},
                                 Attempt{"CNN full", full, glorot, nn::SoftmaxCrossEntropy{}}}) {
    const nn::History history = try_out(attempt, training, test.first(40), test);
    fmt::print("  {:<17} seconds: {:.2f}\n", attempt.name, history.seconds());
  }
}
// [/two_digits]

// [change]
void one_change_at_a_time(const nn::Split& digits) {
  heading("A.6 One change at a time");
  const Dataset hundred = digits.training.first(100);
  std::vector<lecture::Curve> curves;
  for (const Attempt& attempt :
       {Attempt{"normal tanh MSE", perceptron_with_tanh, normal, nn::MeanSquaredError{}},
        Attempt{"Glorot tanh MSE", perceptron_with_tanh, glorot, nn::MeanSquaredError{}},
        Attempt{"normal softmax CE", perceptron, normal, nn::SoftmaxCrossEntropy{}},
        Attempt{"Glorot softmax CE", perceptron, glorot, nn::SoftmaxCrossEntropy{}}}) {
    curves.push_back({attempt.name, {}});
    const nn::History history = try_out(attempt, hundred, digits.test.first(20), digits.validation);
    for (const nn::Epoch& epoch : history.epochs) {
      curves.back().values.push_back(epoch.training.cost);
    }
  }
  lecture::keep("A_curves.csv", "epoch", 1, curves);
}
// [/change]

// [stop]
void when_to_stop(const nn::Split& digits) {
  heading("A.7 When to stop");
  const Dataset training = zeros_and_ones(digits.training).first(200);
  const Attempt cnn{"CNN full", full, glorot, nn::SoftmaxCrossEntropy{}};
  const auto until = [&](const char* reason, const nn::StopOptions& stopping) {
    Sequential network = cnn.begin(1);
    const nn::Epoch last = train(network, cnn.cost, training, 16, stopping).epochs.back();
    fmt::print("  {:<17} epoch {:2}, cost {:.4f}\n", reason, last.number, last.training.cost);
  };
  until("cost 0.1", {.enough_cost = 0.1});
  until("change below 3 %", {.min_change = 0.03});
  until("neither", {});
}
// [/stop]

// [rare]
void rare_digit(const nn::Split& digits) {
  heading("A.8 A rare digit");
  const Dataset pair = choose_classes(digits.training, {4, 9});
  std::vector<std::size_t> places;  // the indices of 1,000 fours and 20 nines
  std::vector<std::size_t> room{1'000, 20};
  for (std::size_t i = 0; i < pair.size(); ++i) {
    std::size_t& left = room.at(pair.targets.labels()[i]);
    if (left > 0) places.push_back(i);
    if (left > 0) --left;
  }
  const Dataset training = gather(pair, places);
  const Dataset judged = choose_classes(digits.validation, {4, 9});
  const std::vector<double> balanced = nn::balanced_weights(training.targets);
  fmt::print("  balanced weights: {:.2f} for the 4, {:.2f} for the 9\n", balanced[0], balanced[1]);
  const auto learn = [&](const char* name, const nn::AnyCost& cost, std::size_t passes) {
    std::vector<double> nines;
    const auto fours = lecture::for_seeds(3, [&](std::uint64_t seed) {
      nn::Random random{seed};
      Sequential network{nn::Dense{784, 32, nn::He{random}}, nn::ReLU{},
                         nn::Dense{32, 2, nn::Glorot{random}}};
      nn::Trainer trainer{network, cost, nn::GradientDescent{{.learning_rate = 0.05F}}};
      trainer.fit(training, {.epochs = passes, .batches = {.size = 20}});
      nn::ConfusionMatrix matrix{2};
      matrix.add(nn::Labels::from_rows(predict(network, judged.inputs)), judged.targets.labels());
      nines.push_back(100 * matrix.recall(1));
      return 100 * matrix.recall(0);
    });
    fmt::print("  {:2} epochs, {} recall of the 4 {:>10} %, of the 9 {:>10} %\n", passes, name,
               to_string(lecture::spread(fours), 1), to_string(lecture::spread(nines), 1));
  };
  for (const std::size_t passes : {5U, 50U}) {
    learn("as it is:", nn::SoftmaxCrossEntropy{}, passes);
    learn("balanced:", nn::Weighted{nn::SoftmaxCrossEntropy{}, balanced}, passes);
  }
}
// [/rare]

// [baseline]
/// Trains a network 784-64-10 with three seeds on batches of the given size.
std::vector<nn::History> baseline(const Dataset& training, const Dataset& validation,
                                  std::size_t batch, std::size_t passes) {
  std::vector<nn::History> runs;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    lecture::progress(fmt::format("batches of {}, seed {}", batch, seed));
    nn::Random random{seed};
    Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                       nn::Dense{64, 10, nn::Glorot{random}}};
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.1F}}};
    trainer.watch(nn::Accuracy{});
    runs.push_back(
        trainer.fit(training, validation, {.epochs = passes, .batches = {.size = batch}}));
  }
  lecture::progress("");
  return runs;
}

void all_rows_in_every_step(const nn::Split& digits) {
  heading("A.9 All rows in every step");
  const std::size_t rows = lecture::is_short() ? 6'000 : 42'000;
  const Dataset training = digits.training.first(rows);
  for (const auto& [batch, passes] : {std::pair{rows, rows / 200}, std::pair{200UL, 5UL}}) {
    const std::vector<nn::History> runs = baseline(training, digits.validation, batch, passes);
    lecture::Curve right{"right", {}};
    for (std::size_t i = 0; i < passes; ++i) {
      const lecture::Spread percent = lecture::spread(lecture::for_seeds(
          3, [&](auto seed) { return 100 * runs[seed - 1].epochs[i].validation.metrics[0]; }));
      right.values.push_back(percent.mean);
      if ((i + 1) * 5 % passes != 0) continue;
      fmt::print("  batches of {:>5}: {:3} passes, {:4} steps: {} % right\n", batch, i + 1,
                 (i + 1) * (rows / batch), to_string(percent, 1));
    }
    lecture::keep(batch == rows ? "A_full_batch.csv" : "A_batches.csv", "pass", 1, {right});
  }
}
// [/baseline]

// [check]
void check_yourself() {
  heading("A.10 Check yourself");
  nn::Random random{1};
  const nn::Glorot init{random};
  const Sequential little{nn::Convolution{1, 2, {.kernel = 3}, init}, nn::MaxPool{2}, nn::Sigmoid{},
                          nn::Flatten{}, nn::Dense{8, 2, init}};
  Tensor images{nn::Shape{2, 1, 6, 6}};
  for (nn::real& x : images.values()) x = static_cast<nn::real>(random.normal());
  lecture::check_gradients("CNN full", little, images);
}
// [/check]

// [break]
/// Binary cross-entropy whose gradient leaves out the first output.
struct OneSided : nn::BinaryCrossEntropy {
  static Tensor gradient(const Tensor& predictions, const nn::Targets& targets) {
    Tensor result = nn::BinaryCrossEntropy::gradient(predictions, targets);
    for (std::size_t i = 0; i < result.rows(); ++i) result(i, 0) = 0;
    return result;
  }
};

void break_it(const nn::Split& digits) {
  heading("A.11 Break it: a gradient for one output only");
  const Tensor guess{{0.8F, 0.3F}};
  const Tensor truth{{1, 0}};
  fmt::print("  cost {:.3f}\n", nn::BinaryCrossEntropy::value(guess, truth));
  lecture::show("gradient", nn::BinaryCrossEntropy::gradient(guess, truth));
  lecture::show("one output", OneSided::gradient(guess, truth));

  Sequential network = Attempt{"", simple, glorot, OneSided{}}.begin(1);
  const Dataset test = zeros_and_ones(digits.test).first(40);
  const nn::History history =
      train(network, OneSided{}, zeros_and_ones(digits.training).first(200), epochs());
  fmt::print("  cost of epoch {} {:.4f}; right: {:.0f} of {}\n", epochs(),
             history.epochs.back().training.cost, count_right(network, test), test.size());
  lecture::show("digits", test.first(4).targets.labels());
  lecture::show("outputs", network.predict(test.first(4).inputs));
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Appendix A: three student reports");
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  two_digits(digits);
  one_change_at_a_time(digits);
  when_to_stop(digits);
  rare_digit(digits);
  all_rows_in_every_step(digits);
  check_yourself();
  break_it(digits);
}
// [/main]
