// Our side of the race in `./book speed`. Reads questions, one a line, and answers each with a line
// of JSON; training.py does the same for PyTorch, so that the two can take turns.
//
//   train NETWORK OPTIMIZER THREADS SECONDS   images/s of training, batch 100
//   infer NETWORK THREADS SECONDS             images/s of prediction, batch 1,000
//   latency NETWORK THREADS SECONDS           seconds for one image, the median
//   augment KIND THREADS SECONDS              images/s of augmentation, `affine` or `elastic`
//   csv SECONDS                               rows/s of reading Kaggle's CSV
//   learn NETWORK THREADS SEED                seconds of training to the wanted test accuracy
//   memory NETWORK                            bytes of the process at the peak of training, the
//                                             data not counted
//   start                                     a network, and its first prediction

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn;

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

nn::Sequential multi_layer_perceptron(nn::Random& random) {
  return nn::Sequential{nn::Dense{784, 256, nn::He{random}}, nn::ReLU{},
                        nn::Dense{256, 256, nn::He{random}}, nn::ReLU{},
                        nn::Dense{256, 10, nn::Glorot{random}}};
}

nn::Sequential convolutional_network(nn::Random& random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 8, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{8, 16, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{256, 128, nn::He{random}},
                        nn::ReLU{},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}

nn::Sequential network(const std::string& name, std::uint64_t seed = 1) {
  nn::Random random{seed};
  if (name == "mlp") return multi_layer_perceptron(random);
  if (name == "cnn") return convolutional_network(random);
  throw std::invalid_argument(fmt::format("no network '{}'", name));
}

/// How a network learns in question `learn`: the first recipe tried, the same for both sides.
struct Recipe {
  std::size_t epochs;
  nn::real learning_rate;  ///< Falls on a line to 0, step by step.
  double accuracy;         ///< Of the test set: where the clock stops.
};

Recipe recipe(const std::string& name) {
  if (name == "mlp") return {.epochs = 5, .learning_rate = 2e-3F, .accuracy = 0.9731};
  return {.epochs = 6, .learning_rate = 4e-3F, .accuracy = 0.99};
}

constexpr std::size_t batch_size = 100;

const nn::Split& digits() {
  static const nn::Split split = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0});
  return split;
}

/// A training on MNIST's 60,000 images.
nn::Training training_of(nn::Sequential& network, nn::AnyOptimizer optimizer,
                         const nn::TrainingOptions& options = {
                             .epochs = 1'000'000, .batches = {.size = batch_size}, .seed = 1}) {
  return nn::Training{network, nn::SoftmaxCrossEntropy{}, std::move(optimizer), digits().training,
                      options};
}

/// Takes the next step, epoch after epoch; the race is about its time.
void step(nn::Training& training) {
  if (training.is_epoch_complete()) training.end_epoch();
  if (!training.step()) throw std::runtime_error("the training has diverged");
}

/// Images/s while a piece of work is repeated for some seconds; a first round is not counted.
double rate(double seconds, std::size_t images, const std::function<void()>& work) {
  work();
  const Clock::time_point start = Clock::now();
  std::size_t rounds = 0;
  while (seconds_since(start) < seconds) {
    work();
    ++rounds;
  }
  return static_cast<double>(rounds * images) / seconds_since(start);
}

double training_rate(nn::Sequential network, nn::AnyOptimizer optimizer, double seconds) {
  nn::Training training = training_of(network, std::move(optimizer));
  constexpr std::size_t warm = 20;
  for (std::size_t i = 0; i < warm; ++i) step(training);
  return rate(seconds, batch_size, [&] { step(training); });
}

double latency(const nn::Sequential& network, double seconds) {
  const nn::Tensor image = digits().test.inputs.rows(0, 1);
  std::vector<double> times;
  for (const Clock::time_point start = Clock::now(); seconds_since(start) < seconds;) {
    const Clock::time_point begun = Clock::now();
    static_cast<void>(network.predict(image));
    times.push_back(seconds_since(begun));
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
  return times[times.size() / 2];
}

double test_accuracy(const nn::Sequential& network) {
  return nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits().test, nn::Accuracy{}).metrics[0];
}

Json learn(const std::string& name, std::uint64_t seed) {
  nn::Sequential model = network(name, seed);
  const auto [epochs, learning_rate, wanted] = recipe(name);
  const auto to_zero = [](const nn::Progress& p) { return 1 - p.epoch / p.epochs; };
  nn::Training training = training_of(model, nn::Adam{{.learning_rate = learning_rate}},
                                      {.epochs = epochs,
                                       .batches = {.size = batch_size},
                                       .seed = seed,
                                       .steps = {.schedule = to_zero}});
  const std::size_t steps = epochs * training.batches();
  double accuracy = 0;
  double paused = 0;  // to look at the test set is not training
  std::size_t done = 0;
  const Clock::time_point start = Clock::now();
  while (accuracy < wanted && done < steps) {
    step(training);
    if (++done % 100 > 0) continue;
    const Clock::time_point begun = Clock::now();
    accuracy = test_accuracy(model);
    paused += seconds_since(begun);
  }
  return {{"seconds", seconds_since(start) - paused}, {"steps", done}, {"accuracy", accuracy}};
}

/// A line of /proc/self/status, in bytes.
double status(const std::string& key) {
  std::ifstream lines{"/proc/self/status"};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + ":")) return 1024 * std::stod(line.substr(key.size() + 1));
  }
  return 0;
}

double memory(const std::string& name) {
  double data = 0;
  for (const nn::Dataset& set : {std::cref(digits().training), std::cref(digits().test)}) {
    data += static_cast<double>(set.inputs.size() * sizeof(nn::real) +
                                set.targets.size() * sizeof(std::size_t));
  }
  std::ofstream{"/proc/self/clear_refs"} << "5";  // the peak counts from here
  nn::Sequential model = network(name);
  nn::Training training = training_of(model, nn::Adam{});
  for (std::size_t i = 0; i < 600; ++i) step(training);
  return status("VmHWM") - data;
}

/// Images/s of augmentation: `affine`, or `elastic` too.
double augmentation_rate(const std::string& name, double seconds) {
  nn::AugmentOptions options{.rotation = 10, .shift = 2, .scaling = 0.1, .shear = 5};
  if (name == "elastic") options.elastic.amplitude = 1;
  const nn::Augment augment{options};
  const nn::Tensor images = digits().training.inputs.rows(0, batch_size);
  std::uint64_t round = 0;
  return rate(seconds, batch_size,
              [&] { static_cast<void>(augment(images, nn::Random{1}.stream(round++))); });
}

/// Rows/s of reading Kaggle's file of 42,000 images.
double csv_rate(double seconds) {
  constexpr std::size_t count = 42'000;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("speed_training_{}.csv", getpid());
  nn::mnist::save_csv(file, digits().training.first(count));
  const double rows = rate(seconds, count, [&] { static_cast<void>(nn::mnist::load_csv(file)); });
  std::filesystem::remove(file);
  return rows;
}

Json answer(std::istringstream question) {
  std::string what;
  std::string name;
  question >> what >> name;
  const auto number = [&] {
    double value = 0;
    if (!(question >> value)) throw std::invalid_argument("a number is missing");
    return value;
  };
  const auto use_threads = [&] { nn::set_threads(static_cast<std::size_t>(number())); };
  if (what == "train") {
    std::string optimizer;
    question >> optimizer;
    use_threads();
    const double seconds = number();
    return optimizer == "sgd"
               ? training_rate(network(name), nn::GradientDescent{{.learning_rate = 0.01F}},
                               seconds)
               : training_rate(network(name), nn::Adam{}, seconds);
  }
  if (what == "infer") {
    use_threads();
    const nn::Sequential model = network(name);
    const nn::Tensor images = digits().test.inputs.rows(0, 1'000);
    return rate(number(), images.rows(), [&] { static_cast<void>(model.predict(images)); });
  }
  if (what == "latency") {
    use_threads();
    return latency(network(name), number());
  }
  if (what == "augment") {
    use_threads();
    return augmentation_rate(name, number());
  }
  if (what == "csv") return csv_rate(std::stod(name));
  if (what == "learn") {
    use_threads();
    return learn(name, static_cast<std::uint64_t>(number()));
  }
  if (what == "memory") return memory(name);
  if (what == "start") return network("mlp").predict(nn::Tensor{nn::Shape{1, 784}}).size();
  throw std::invalid_argument(fmt::format("no question '{}'", what));
}

}  // namespace

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << answer(std::istringstream{line}).dump() << std::endl;
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "speed_training: {}\n", error.what());
    return 1;
  }
}
