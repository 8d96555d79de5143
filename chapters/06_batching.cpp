// Chapter 6: batches. Read with docs/chapters/06_batching.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <vector>

import lecture;
import nn.activation;
import nn.batching;
import nn.dense;
import nn.descent;
import nn.evaluation;
import nn.initializers;
import nn.mnist;

using lecture::heading;
using nn::Tensor;
// [/fold]

// [network]
/// 784-32-10, untrained, with the same weights at every call.
nn::Sequential make_network() {
  nn::Random random{1};
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Dense{784, 32, glorot}, nn::ReLU{}, nn::Dense{32, 10, glorot}};
}

/// Trains for one epoch at the rate 0.1 and returns the cost of every batch before its step.
std::vector<double> train(nn::Sequential& network, const nn::Batches& batches) {
  const nn::SoftmaxCrossEntropy cost;
  nn::GradientDescent optimizer{{.learning_rate = 0.1F}};
  std::vector<double> costs;
  for (const nn::Batch& batch : batches.epoch(1)) {
    const Tensor logits = network.forward(batch.inputs);
    costs.push_back(cost.value(logits, batch.targets));
    network.backward_parameters(cost.gradient(logits, batch.targets));
    optimizer.step(network.parameters());
  }
  return costs;
}
// [/network]

// [sorted]
/// The first 600 images of every digit: all zeros, then all ones, and so on.
nn::Dataset sorted_by_class(const nn::Dataset& digits) {
  std::vector<std::size_t> places;
  for (std::size_t digit = 0; digit < 10; ++digit) {
    for (std::size_t i = 0; places.size() < 600 * (digit + 1); ++i) {
      if (digits.targets.labels()[i] == digit) places.push_back(i);
    }
  }
  return nn::gather(digits, places);
}
// [/sorted]

// [timing]
/// Seconds that an epoch takes: the best of three, because other programs can only slow it down.
double seconds(const nn::Dataset& images, std::size_t size) {
  double best = INFINITY;
  for (int attempt = 0; attempt < 3; ++attempt) {
    nn::Sequential network = make_network();
    const auto begin = std::chrono::steady_clock::now();
    train(network, nn::Batches{images, {.size = size}});
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    best = std::fmin(best, taken.count());
  }
  return best;
}

void speed(const nn::Dataset& images) {
  heading("6.1 One by one, or in batches");
  const double one_by_one = seconds(images, 1);
  for (const std::size_t size : {10U, 100U, 1000U}) {
    fmt::print("  in batches of {:>4}  {:4.0f} times as fast as one by one\n", size,
               one_by_one / seconds(images, size));
  }
}
// [/timing]

// [mean]
void batch_on_paper() {
  heading("6.2 A batch on paper");
  nn::Dense line{1, 1, [](Tensor& weights, nn::Fan) { weights(0, 0) = 1; }};
  for (const Tensor& x : {Tensor{{1}}, Tensor{{3}}, Tensor{{1}, {3}}}) {
    line.backward_parameters(nn::MeanSquaredError::gradient(line.forward(x), Tensor{x.shape()}));
    lecture::show("x", x);
    fmt::print("  {:<18}{:8.3f}\n", "gradient of w", line.parameters()[0]->gradient(0, 0));
  }
}
// [/mean]

// [noise]
/// The gradient of a batch's cost with respect to all parameters, in one row.
std::vector<double> gradient(nn::Sequential& network, const nn::Batch& batch) {
  const Tensor logits = network.forward(batch.inputs);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  std::vector<double> all;
  for (const nn::Parameter* const parameter : network.parameters()) {
    for (const double g : parameter->gradient.values()) all.push_back(g);
  }
  return all;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares);
}

double length(const std::vector<double>& a) { return distance(a, std::vector<double>(a.size())); }

/// How far the gradients of batches typically are from that of all images, divided by its length.
double noise(nn::Sequential& network, const nn::Dataset& images, std::size_t size) {
  const std::vector<double> whole = gradient(network, images);
  const nn::Batches::Epoch batches = nn::Batches{images, {.size = size}, nn::Random{2}}.epoch(1);
  const std::size_t count = std::min<std::size_t>(500, 50'000 / size);
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    squares += std::pow(distance(gradient(network, batches[i]), whole), 2);
  }
  return std::sqrt(squares / static_cast<double>(count)) / length(whole);
}

void noise_by_size(const nn::Dataset& images) {
  heading("6.3 Gradient noise");
  nn::Sequential fresh = make_network();
  nn::Sequential trained = make_network();
  train(trained, nn::Batches{images, {.size = 100, .shuffle = false}});
  std::vector<lecture::Curve> curves{{"size", {}}, {"untrained", {}}, {"trained", {}}};
  fmt::print("  batch size   untrained   after an epoch\n");
  for (const std::size_t size : {1U, 10U, 100U, 1000U}) {
    const std::array row{static_cast<double>(size), noise(fresh, images, size),
                         noise(trained, images, size)};
    fmt::print("  {:>10}{:12.2f}{:17.2f}\n", size, row[1], row[2]);
    for (std::size_t i = 0; i < 3; ++i) curves[i].values.push_back(row[i]);
  }
  lecture::keep("06_noise.csv", "row", 1, curves);
}
// [/noise]

// [order]
nn::Dataset ten_samples() {
  return {.inputs = Tensor{{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}},
          .targets = Tensor{1, 1, 1, 1, 1, 1, 1, 1, 2, 2}};
}

void order_of_epochs() {
  heading("6.4 A new order every epoch");
  const nn::Dataset ten = ten_samples();
  const nn::Batches batches{ten, {.size = 4}, nn::Random{1}};
  for (const std::size_t epoch : {1U, 2U, 1U}) {
    fmt::print("  epoch {}:", epoch);
    for (const nn::Batch& batch : batches.epoch(epoch)) {
      for (const double sample : batch.inputs.values()) fmt::print("  {}", sample);
      fmt::print("  |");
    }
    fmt::print("\n");
  }
}
// [/order]

// [last]
void short_last_batch() {
  heading("6.5 The short last batch");
  const nn::Dataset ten = ten_samples();
  double means = 0;
  double weighted = 0;
  for (const nn::Batch& batch : nn::Batches{ten, {.size = 4, .shuffle = false}}.epoch(1)) {
    const Tensor zeros{nn::Shape{batch.size(), 1}};
    const double cost = nn::MeanSquaredError::value(zeros, batch.targets);
    fmt::print("  batch of {}: cost {:.1f}\n", batch.size(), cost);
    means += cost / 3;
    weighted += cost * static_cast<double>(batch.size()) / 10;
  }
  fmt::print("  mean of the three costs:   {:.1f}\n", means);
  fmt::print("  weighted by size:          {:.1f}\n", weighted);
}
// [/last]

// [sets]
/// Prints a row of the table: how many samples of each class each set has.
void print_row(const char* name, const nn::Split& sets) {
  fmt::print("  {:<23}", name);
  for (const nn::Dataset* const set : {&sets.training, &sets.validation, &sets.test}) {
    std::array<std::size_t, 3> counts{};
    for (const std::size_t label : set->targets.labels()) ++counts[label];
    fmt::print("{:6}{:4}{:4}", counts[0], counts[1], counts[2]);
  }
  fmt::print("\n");
}

void three_sets() {
  heading("6.6 Training, validation and test sets");
  std::vector<std::size_t> classes(100, 0);
  for (std::size_t i = 70; i < 100; ++i) classes[i] = i < 90 ? 1 : 2;
  const nn::Dataset rare{.inputs = Tensor{nn::Shape{100, 1}}, .targets = nn::Labels{classes}};
  fmt::print("  {:<23}{:>14}{:>14}{:>14}\n", "set", "training", "validation", "test");
  fmt::print("  {:<23}{:>14}{:>14}{:>14}\n", "class", "0   1   2", "0   1   2", "0   1   2");
  print_row("counts", nn::split(rare, nn::Counts{.validation = 20, .test = 10}));
  print_row("fractions", nn::split(rare, nn::Fractions{.validation = 0.2, .test = 0.1}));
  print_row("fractions, stratified",
            nn::split(rare, nn::Fractions{.validation = 0.2, .test = 0.1}, {.stratified = true}));
}
// [/sets]

// [choosing]
void choose_on_validation() {
  heading("6.7 Why you need a test set as well");
  nn::Random dice{1};
  const auto right_of_200 = [&dice] {
    std::size_t right = 0;
    for (int i = 0; i < 200; ++i) right += dice.below(10) == 0 ? 1U : 0U;
    return right;
  };
  std::size_t best = 0;
  std::size_t test_of_best = 0;
  for (int guesser = 0; guesser < 100; ++guesser) {
    const std::size_t validation = right_of_200();
    const std::size_t test = right_of_200();
    if (validation > best) test_of_best = test;
    best = std::max(best, validation);
  }
  fmt::print("  best of 100 guessers: {} of 200 right in validation, {} in the test\n", best,
             test_of_best);
}
// [/choosing]

// [sizes]
void sizes(const nn::Dataset& images, const nn::Dataset& validation) {
  heading("6.8 How large a batch?");
  for (const std::size_t size : {10U, 100U, 1000U}) {
    nn::Sequential network = make_network();
    const nn::Batches batches{images, {.size = size}, nn::Random{1}};
    train(network, batches);
    const nn::Evaluation seen =
        nn::evaluate(network, nn::SoftmaxCrossEntropy{}, validation, nn::Accuracy{});
    fmt::print("  batches of {:>4}: {:3} steps, validation cost {:.2f}, {:.0f} % right\n", size,
               batches.count(), seen.cost, 100 * seen.metrics[0]);
  }
}
// [/sizes]

// [check]
void check(const nn::Dataset& images) {
  heading("6.9 Check yourself");
  nn::Sequential network = make_network();
  const std::vector<double> of_batch = gradient(network, images.first(20));
  std::vector<double> mean(of_batch.size(), 0.0);
  for (std::size_t i = 0; i < 20; ++i) {
    const std::vector<double> of_sample = gradient(network, images.part(i, 1));
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += of_sample[j] / 20;
  }
  lecture::check("a batch of 20, 20 single samples", distance(of_batch, mean) / length(mean), 1e-6);
}
// [/check]

// [break]
/// Trains and prints a row of the table: the costs of some batches, the accuracy, and how many
/// validation images are taken for nines.
void train_and_print(const char* name, const nn::Batches& batches, const nn::Dataset& validation) {
  nn::Sequential network = make_network();
  const std::vector<double> costs = train(network, batches);
  fmt::print("  {:<13}", name);
  for (const auto i : {1U, 6U, 7U, 12U, 13U, 18U, 55U, 60U}) fmt::print("{:#6.2g}", costs[i - 1]);
  const nn::Labels seen = nn::predict_classes(network, validation.inputs);
  fmt::print("{:6.0f} %{:8}\n", lecture::percent_right(network, validation),
             std::ranges::count(seen, std::size_t{9}));
}

void forget_to_shuffle(const nn::Dataset& sorted, const nn::Dataset& validation) {
  heading("6.10 Break it: sorted, and not shuffled");
  fmt::print("  cost of batch     1     6     7    12    13    18    55    60   right   nines\n");
  train_and_print("sorted", nn::Batches{sorted, {.size = 100, .shuffle = false}}, validation);
  train_and_print("shuffled", nn::Batches{sorted, {.size = 100}, nn::Random{1}}, validation);
}
// [/break]

// [fold: The order of the sections]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 6: batches");
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  const nn::Dataset sorted = sorted_by_class(digits.training);
  speed(sorted);
  batch_on_paper();
  noise_by_size(digits.training);
  order_of_epochs();
  short_last_batch();
  three_sets();
  choose_on_validation();
  sizes(sorted, digits.validation);
  check(digits.training);
  forget_to_shuffle(sorted, digits.validation);
}
// [/fold]
