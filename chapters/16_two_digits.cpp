// Chapter 16: an old report, run again. Read with docs/chapters/16_two_digits.md.

// [fold: Headers and imports]
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
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
/// The smaller network of the report: it has a sigmoid at the end, so a yes or no for each digit.
Sequential simple(const Initializer& start) {
  return Sequential{nn::Reshape{nn::Shape{1, 28, 28}},
                    nn::Convolution{1, 5, {.kernel = 3}, start},
                    nn::ReLU{},
                    nn::Flatten{},
                    nn::Dense{3380, 100, start},
                    nn::Sigmoid{},
                    nn::Dense{100, 2, start},
                    nn::Sigmoid{}};
}

/// The one with pooling. Its softmax is part of the cost, as in chapter 3.
Sequential full(const Initializer& start) {
  return Sequential{nn::Reshape{nn::Shape{1, 28, 28}},
                    nn::Convolution{1, 5, {.kernel = 5}, start},
                    nn::MaxPool{2},
                    nn::Sigmoid{},
                    nn::Flatten{},
                    nn::Dense{720, 100, start},
                    nn::Sigmoid{},
                    nn::Dense{100, 2, start}};
}

/// The multi-layer perceptron, for ten digits, up to the numbers that its last layer adds up.
Sequential perceptron(const Initializer& start) {
  return Sequential{nn::Dense{784, 1000, start}, nn::Tanh{}, nn::Dense{1000, 100, start},
                    nn::Tanh{}, nn::Dense{100, 10, start}};
}

/// The same with tanh behind the last layer too, as the report has it.
Sequential perceptron_with_tanh(const Initializer& start) {
  Sequential network = perceptron(start);
  network.push(nn::Tanh{});
  return network;
}
// [/networks]

// [train]
/// The report's way: one image at a time, gradient descent at 0.01.
nn::History train(Sequential& network, const nn::AnyCost& cost, const Dataset& training,
                  std::size_t epochs, const nn::StopOptions& stopping = {}) {
  nn::Trainer trainer{network, cost, nn::GradientDescent{{.learning_rate = 0.01F}}};
  trainer.on_epoch(
      [](const nn::Epoch& epoch) { lecture::progress(fmt::format("epoch {}", epoch.number)); });
  return trainer.fit(training, {.epochs = epochs, .batches = {.size = 1}, .stopping = stopping});
}

/// Counts the answers of a network.
nn::ConfusionMatrix judge(const Sequential& network, const Dataset& dataset) {
  const Tensor answers = nn::predict(network, dataset.inputs);
  nn::ConfusionMatrix matrix{answers.columns()};
  matrix.add(nn::Labels::from_rows(answers), dataset.targets.labels());
  return matrix;
}

/// How many of the answers are right.
std::size_t right(const Sequential& network, const Dataset& dataset) {
  const nn::ConfusionMatrix matrix = judge(network, dataset);
  return static_cast<std::size_t>(
      std::lround(matrix.accuracy() * static_cast<double>(dataset.size())));
}
// [/train]

// [saturated]
/// The share of a layer's outputs at which tanh is flat: its slope 1 - y² is below 0.02.
double saturated(const Tensor& outputs) {
  const auto values = outputs.values();
  const auto count =
      std::count_if(values.begin(), values.end(), [](double y) { return std::abs(y) > 0.99; });
  return static_cast<double>(count) / static_cast<double>(outputs.size());
}

/// Prints these shares for the three layers of a perceptron with tanh.
void show_saturated(const char* name, const Sequential& network, const Tensor& inputs) {
  const std::vector<Tensor> outputs = network.outputs(inputs);
  fmt::print("  {:<8}", name);
  for (std::size_t i = 0; i < 3; ++i) {
    fmt::print("  layer {}: {:3.0f} %", i + 1, 100 * saturated(outputs[2 * i + 1]));
  }
  fmt::print("  are flat\n");
}
// [/saturated]

// [one_sided]
/// Binary cross-entropy whose gradient leaves out the first output.
struct OneSided : nn::BinaryCrossEntropy {
  static Tensor gradient(const Tensor& predictions, const nn::Targets& targets) {
    Tensor result = nn::BinaryCrossEntropy::gradient(predictions, targets);
    for (std::size_t i = 0; i < result.rows(); ++i) result(i, 0) = 0;
    return result;
  }
};
// [/one_sided]

// [shapes]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 16: an old report, run again");
  const std::size_t epochs = lecture::is_short() ? 4 : 20;

  heading("16.1 Three networks");
  nn::Random random{1};
  Sequential pooled = full(nn::Glorot{random});
  random = nn::Random{1};
  Sequential unpooled = simple(nn::Glorot{random});
  fmt::print("{}", pooled.summary());
  const Sequential mlp = perceptron(nn::Glorot{random});
  fmt::print("parameters: CNN simple {}, CNN full {}, MLP {}\n", unpooled.parameter_count(),
             pooled.parameter_count(), mlp.parameter_count());
  // [/shapes]

  // [choose]
  heading("16.2 Two digits out of ten");
  const Dataset few{.inputs = Tensor{{0.1F}, {0.2F}, {0.3F}, {0.4F}},
                    .targets = nn::Labels{4, 9, 1, 4}};
  const Dataset chosen = choose_classes(few, {9, 4});
  lecture::show("inputs", chosen.inputs.reshaped(nn::Shape{1, chosen.size()}));
  lecture::show("targets", chosen.targets.labels());
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  const Dataset all = choose_classes(digits.training, {0, 1});
  const Dataset unseen = choose_classes(digits.test, {0, 1});
  const Dataset training = all.first(200);
  const Dataset test = unseen.first(40);
  const auto ones = [](const Dataset& set) {
    return std::ranges::count(set.targets.labels(), std::size_t{1});
  };
  fmt::print("  training: {} zeros and ones; {} taken, {} of them ones\n", all.size(),
             training.size(), ones(training));
  fmt::print("  test:     {} zeros and ones; {} taken, {} of them ones\n", unseen.size(),
             test.size(), ones(test));
  // [/choose]

  // [cnns]
  heading("16.3 The two convolutional networks");
  const nn::History of_simple = train(unpooled, nn::BinaryCrossEntropy{}, training, epochs);
  const nn::History of_full = train(pooled, nn::SoftmaxCrossEntropy{}, training, epochs);
  const auto tell = [&](const char* name, const Sequential& network, const nn::History& history) {
    fmt::print("  {:<10}  cost of epoch 1 {:.2f}, of epoch {} {:.4f}\n", name,
               history.epochs.front().training.cost, epochs, history.epochs.back().training.cost);
    fmt::print("  {:<10}  right: {} of {}; {:.3f} of all {}\n", "", right(network, test),
               test.size(), judge(network, unseen).accuracy(), unseen.size());
    fmt::print("  {:<10}  seconds: {:.2f}\n", "", history.seconds());
  };
  tell("CNN simple", unpooled, of_simple);
  tell("CNN full", pooled, of_full);
  // [/cnns]

  // [paper]
  heading("16.4 What a cost of 0.96 says");
  const Tensor extreme{{1, -1, 1, -1, 1, -1, 1, -1, 1, -1}};
  const Tensor silent{nn::Shape{1, 10}};
  fmt::print("  ±1 by turns, the digit is 0: {:.1f}\n",
             nn::MeanSquaredError::value(extreme, nn::Labels{0}));
  fmt::print("  ±1 by turns, the digit is 1: {:.1f}\n",
             nn::MeanSquaredError::value(extreme, nn::Labels{1}));
  fmt::print("  0 everywhere, any digit:     {:.1f}\n",
             nn::MeanSquaredError::value(silent, nn::Labels{0}));
  // [/paper]

  // [flat]
  heading("16.5 The network that did not learn");
  const Dataset hundred = digits.training.first(100);
  const Dataset twenty = digits.test.first(20);
  show_saturated("N(0, 1)", perceptron_with_tanh(nn::RandomNormal{random, 1}), hundred.inputs);
  show_saturated("Glorot", perceptron_with_tanh(nn::Glorot{random}), hundred.inputs);
  // [/flat]

  // [mended]
  heading("16.6 One mistake at a time");
  std::vector<nn::History> curves{of_simple, of_full};
  const auto attempt = [&](const char* name, auto cost, auto make, auto initializer) {
    const std::uint64_t starts = lecture::is_short() ? 1 : 3;
    std::string costs;  // of the first start
    std::string counts;
    double share = 0;
    for (std::uint64_t seed = 1; seed <= starts; ++seed) {
      nn::Random weights{seed};
      Sequential network = make(initializer(weights));
      const nn::History history = train(network, cost, hundred, epochs);
      if (seed == 1) {
        curves.push_back(history);
        costs = fmt::format("{:5.2f} to {:5.3f}", history.epochs.front().training.cost,
                            history.epochs.back().training.cost);
      }
      counts += fmt::format(" {:2}", right(network, twenty));
      share += judge(network, digits.validation).accuracy() / static_cast<double>(starts);
    }
    fmt::print("  {:<20} cost {}, of 20 right:{}, of {} {:.2f}\n", name, costs, counts,
               digits.validation.size(), share);
  };
  const auto normal = [](nn::Random& weights) { return nn::RandomNormal{weights, 1}; };
  const auto glorot = [](nn::Random& weights) { return nn::Glorot{weights}; };
  attempt("N(0, 1), tanh, MSE", nn::MeanSquaredError{}, perceptron_with_tanh, normal);
  attempt("Glorot,  tanh, MSE", nn::MeanSquaredError{}, perceptron_with_tanh, glorot);
  attempt("N(0, 1), softmax, CE", nn::SoftmaxCrossEntropy{}, perceptron, normal);
  attempt("Glorot,  softmax, CE", nn::SoftmaxCrossEntropy{}, perceptron, glorot);
  // [/mended]

  // [curves]
  std::string lines = "epoch,simple,full,mlp,mended\n";
  for (std::size_t e = 0; e < epochs; ++e) {
    lines += fmt::format("{}", e + 1);
    for (const std::size_t i : {0U, 1U, 2U, 5U}) {
      lines += fmt::format(",{:.5f}", curves[i].epochs[e].training.cost);
    }
    lines += "\n";
  }
  lecture::keep("16_curves.csv", lines);
  // [/curves]

  // [stop]
  heading("16.7 When to stop");
  const auto stop = [](const char* name, const nn::History& history) {
    const nn::Epoch& last = history.epochs.back();
    const std::map<nn::Ending, const char*> why{
        {nn::Ending::all_epochs, "all epochs done"},
        {nn::Ending::cost_small, "cost is small"},
        {nn::Ending::cost_stands_still, "cost stands still"}};
    fmt::print("  {:<26} stops after epoch {:2}, cost {:.3f}: {}\n", name, last.number,
               last.training.cost, why.at(history.ending));
  };
  random = nn::Random{1};  // the weights that section 16.3 began with
  Sequential small = full(nn::Glorot{random});
  stop("CNN full, cost 0.1",
       train(small, nn::SoftmaxCrossEntropy{}, training, 100, {.enough_cost = 0.1}));
  random = nn::Random{1};
  Sequential still = full(nn::Glorot{random});
  stop("CNN full, change below 3 %",
       train(still, nn::SoftmaxCrossEntropy{}, training, 100, {.min_change = 0.03}));
  random = nn::Random{1};
  Sequential stuck = perceptron_with_tanh(nn::RandomNormal{random, 1});
  stop("MLP N(0, 1), below 3 %",
       train(stuck, nn::MeanSquaredError{}, hundred, 100, {.min_change = 0.03}));
  // [/stop]

  // [rare]
  heading("16.8 A rare digit");
  const Dataset pair = choose_classes(digits.training, {4, 9});
  const Dataset judged = choose_classes(digits.validation, {4, 9});
  std::vector<std::size_t> places;
  std::array<std::size_t, 2> room{1'000, 20};
  for (std::size_t i = 0; i < pair.size(); ++i) {
    std::size_t& left = room.at(pair.targets.labels()[i]);
    if (left == 0) continue;
    --left;
    places.push_back(i);
  }
  const Dataset lopsided = gather(pair, places);
  const std::vector<double> balanced = nn::balanced_weights(lopsided.targets);
  fmt::print("  balanced weights: {:.2f} for the 4, {:.2f} for the 9\n", balanced[0], balanced[1]);
  // [/rare]

  // [weights]
  const auto learn = [&](std::size_t passes, bool weighted) {
    random = nn::Random{1};
    Sequential network{nn::Dense{784, 32, nn::He{random}}, nn::ReLU{},
                       nn::Dense{32, 2, nn::Glorot{random}}};
    nn::AnyCost cost = nn::SoftmaxCrossEntropy{};
    if (weighted) cost = nn::Weighted{cost, balanced};
    nn::Trainer trainer{network, cost, nn::GradientDescent{{.learning_rate = 0.05F}}};
    trainer.fit(lopsided, {.epochs = passes, .batches = {.size = 20}});
    const nn::ConfusionMatrix matrix = judge(network, judged);
    fmt::print("  {:2} epochs, {:<9} recall of the 4 {:.2f}, of the 9 {:.2f}; accuracy {:.2f}\n",
               passes, weighted ? "balanced:" : "as it is:", matrix.recall(0), matrix.recall(1),
               matrix.accuracy());
  };
  for (const std::size_t passes : {5U, 50U}) {
    learn(passes, false);
    learn(passes, true);
  }
  // [/weights]

  // [csv]
  heading("16.9 A file of rows");
  const std::size_t rows = lecture::is_short() ? 6'000 : 42'000;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("two_digits_{}.csv", getpid());
  const Dataset taken = digits.training.first(rows);
  nn::mnist::save_csv(file, taken);
  const auto bytes = static_cast<double>(std::filesystem::file_size(file));
  const Dataset table = nn::mnist::load_csv(file);
  std::filesystem::remove(file);
  fmt::print("  {} rows, {:.0f} MB; read back the same: {}\n", table.size(), bytes / 1e6,
             table.inputs == taken.inputs && table.targets == taken.targets ? "yes" : "no");
  // [/csv]

  // [baseline]
  heading("16.10 All rows in every step");
  const std::size_t steps = rows / 200;
  std::string points = "batch,passes,accuracy\n";
  const auto baseline = [&](std::size_t batch, std::size_t passes, std::size_t every) {
    random = nn::Random{1};
    Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                       nn::Dense{64, 10, nn::Glorot{random}}};
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.1F}}};
    trainer.watch(nn::Accuracy{});
    trainer.watch(nn::F1{10});
    trainer.on_epoch(
        [](const nn::Epoch& epoch) { lecture::progress(fmt::format("pass {}", epoch.number)); });
    const nn::History history =
        trainer.fit(table, digits.validation, {.epochs = passes, .batches = {.size = batch}});
    for (const nn::Epoch& epoch : history.epochs) {
      const std::vector<double>& seen = epoch.validation.metrics;
      points += fmt::format("{},{},{:.4f}\n", batch, epoch.number, seen[0]);
      if (epoch.number % every != 0) continue;
      fmt::print("  batches of {:>6}: {:3} passes, {:4} steps: accuracy {:.3f}, macro F1 {:.3f}\n",
                 batch, epoch.number, epoch.number * (rows / batch), seen[0], seen[1]);
    }
    fmt::print("  seconds: {:.1f}\n", history.seconds());
    return judge(network, digits.validation);
  };
  const nn::ConfusionMatrix counted = baseline(rows, steps, steps / 5);
  baseline(200, 5, 1);
  lecture::keep("16_passes.csv", points);
  // [/baseline]

  // [worst]
  const auto worst = counted.confusions().front();
  fmt::print("  all rows in every step, most often mistaken: {} for {}, {} times\n", worst.actual,
             worst.predicted, worst.count);
  // [/worst]

  // [check]
  heading("16.11 Check yourself");
  random = nn::Random{1};
  const nn::Glorot start{random};
  Sequential little_simple{nn::Convolution{1, 2, {.kernel = 3}, start},
                           nn::ReLU{},
                           nn::Flatten{},
                           nn::Dense{32, 3, start},
                           nn::Sigmoid{},
                           nn::Dense{3, 2, start},
                           nn::Sigmoid{}};
  Sequential little_full{nn::Convolution{1, 2, {.kernel = 3}, start},
                         nn::MaxPool{2},
                         nn::Sigmoid{},
                         nn::Flatten{},
                         nn::Dense{8, 3, start},
                         nn::Sigmoid{},
                         nn::Dense{3, 2, start}};
  Tensor image{nn::Shape{2, 1, 6, 6}};
  for (nn::real& x : image.values()) x = static_cast<nn::real>(random.normal());
  const auto check = [&](const char* name, Sequential& network) {
    const nn::GradientCheck gradients = check_gradients(network, image);
    fmt::print("  {:<10}  all {} gradients differ by less than 1 %: {}\n", name,
               gradients.entries.size(), gradients.worst() < 0.01);
  };
  check("CNN simple", little_simple);
  check("CNN full", little_full);
  // [/check]

  // [break]
  heading("16.12 Break it: a gradient with one output only");
  const Tensor guess{{0.8F, 0.3F}};
  const Tensor truth{{1, 0}};
  fmt::print("  cost {:.3f}\n", nn::BinaryCrossEntropy::value(guess, truth));
  lecture::show("gradient", nn::BinaryCrossEntropy::gradient(guess, truth));
  lecture::show("one output", OneSided::gradient(guess, truth));
  random = nn::Random{1};
  Sequential half = simple(nn::Glorot{random});
  const nn::History lame = train(half, OneSided{}, training, epochs);
  fmt::print("  cost of epoch 1 {:.2f}, of epoch {} {:.4f}; right: {} of {}\n",
             lame.epochs.front().training.cost, epochs, lame.epochs.back().training.cost,
             right(half, test), test.size());
  // [/break]

  // [symptom]
  const Tensor answers = half.predict(test.inputs);
  for (std::size_t i = 0; i < 4; ++i) {
    fmt::print("  a {}: outputs {:.2f} and {:.2f}\n", test.targets.labels()[i], answers(i, 0),
               answers(i, 1));
  }
}
// [/symptom]
