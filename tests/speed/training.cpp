// Our side of the comparison in `./book speed`. Reads questions, one per line, and answers each
// with a line of JSON; training.py and training_jax.py do the same for PyTorch and JAX, so that
// they can take turns.
//
//   train NETWORK OPTIMIZER THREADS SECONDS   images/s of training, batch 100
//   profile NETWORK THREADS SECONDS           the parts of such a step with Adam: name, operations,
//                                             bytes, and the median of the seconds
//   grow AXIS SIZE THREADS SECONDS            images/s of training with SGD; one size differs:
//                                             `batch`, `width` or `depth` of the MLP, or `side`,
//                                             that of the images of a CNN
//   images COUNT THREADS                      images/s while an MLP learns from so many images,
//                                             all different, and the process's bytes at the peak
//   infer NETWORK THREADS SECONDS             images/s of prediction, batch 1,000
//   characters WHAT THREADS SECONDS           characters/s of the language model, batch 8: `train`
//                                             with Adam, or `infer`
//   latency NETWORK THREADS SECONDS           seconds for one image, the median
//   augment KIND THREADS SECONDS              images/s of augmentation, `affine` or `elastic`
//   csv SECONDS                               rows/s of reading Kaggle's CSV
//   learn NETWORK THREADS SEED                seconds of training to the wanted accuracy on images
//                                             set aside for validation, and the test accuracy then
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

import speed.networks;
import speed.profile;

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
using speed::batch_size;
using speed::convolutions;
using speed::digits;
using speed::network;
using speed::Part;
using speed::perceptron;
using speed::profile;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// How a network learns in question `learn`, the same for both sides.
struct Recipe {
  double epochs;
  std::size_t batch;
  nn::real learning_rate;  ///< The highest. @see up_and_down
  nn::real smoothing;      ///< This part of each target is spread evenly over the classes.
  double accuracy;         ///< Of the validation images: where the clock stops.
};

Recipe recipe(const std::string& name) {
  if (name == "mlp") return {5, 100, 2e-3F, 0, 0.9731};
  return {1.75, 50, 1e-2F, 0.1F, 0.99};
}

/// The learning rate, as a part of the highest: linearly up to it during the first tenth of the
/// training, then linearly down to 0.
double up_and_down(double progress) {
  constexpr double peak = 0.1;
  return progress < peak ? progress / peak : (1 - progress) / (1 - peak);
}

/// Smoothed targets: those of the wrong classes are more than 0.
nn::Dataset smoothed(const nn::Dataset& images, nn::real smoothing) {
  nn::Tensor targets{nn::Shape{images.size(), 10}, smoothing / 10};
  for (std::size_t i = 0; i < images.size(); ++i) {
    targets(i, images.targets.class_of(i)) += 1 - smoothing;
  }
  return {images.inputs, std::move(targets)};
}

/// As many epochs as needed; the measurement ends training.
nn::TrainingOptions endless(std::size_t batch) {
  return {.epochs = 1'000'000, .batches = {.size = batch}, .seed = 1};
}

/// Training on some images, by default MNIST's.
nn::Training training_of(nn::Sequential& network, nn::AnyOptimizer optimizer,
                         const nn::TrainingOptions& options = endless(batch_size),
                         const nn::Dataset& images = digits().training) {
  return nn::Training{network, nn::SoftmaxCrossEntropy{}, std::move(optimizer), images, options};
}

/// Takes the next step, epoch after epoch; this is what is timed.
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

double training_rate(nn::Sequential network, nn::AnyOptimizer optimizer, double seconds,
                     std::size_t batch = batch_size,
                     const nn::Dataset& images = digits().training) {
  nn::Training training = training_of(network, std::move(optimizer), endless(batch), images);
  constexpr std::size_t warm = 20;
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < warm && seconds_since(start) < seconds; ++i) step(training);
  return rate(seconds, batch, [&] { step(training); });
}

/// Characters/s of the language model's training or prediction. How long a step takes does not
/// depend on what it reads.
double characters_rate(bool trains, double seconds) {
  nn::Random random{1};
  nn::Batch batch{.inputs = nn::Tensor{nn::Shape{speed::windows, speed::places}}};
  nn::Labels next;
  for (nn::real& character : batch.inputs.values()) {
    character = static_cast<nn::real>(random.below(speed::characters));
    next.push_back(random.below(speed::characters));
  }
  batch.targets = std::move(next);
  nn::Sequential model = network("language_model");
  nn::Adam adam;
  return rate(seconds, batch.inputs.size(), [&] {
    if (!trains) {
      static_cast<void>(model.predict(batch.inputs));
      return;
    }
    const nn::Tensor logits = model.forward(batch.inputs);
    model.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
    adam.step(model.parameters());
  });
}

/// Images of noise: how long a step takes does not depend on what they show.
nn::Dataset noise(std::size_t count, std::size_t side) {
  nn::Random random{1};
  nn::Tensor images{nn::Shape{count, side * side}};
  for (nn::real& pixel : images.values()) pixel = static_cast<nn::real>(random.uniform(0, 1));
  std::vector<std::size_t> classes(count);
  for (std::size_t i = 0; i < count; ++i) classes[i] = i % 10;
  return {std::move(images), nn::Labels{std::move(classes)}};
}

double growth(const std::string& axis, std::size_t size, double seconds) {
  nn::Random random{1};
  const nn::GradientDescent descent{{.learning_rate = 1e-3F}};
  if (axis == "side") {
    nn::Sequential network = convolutions(size, 8, 16, random);
    network.push(
        nn::Dense{network.output_shape(nn::Shape{size * size})[0], 10, nn::Glorot{random}});
    const nn::Dataset images = noise(2 * batch_size, size);
    return training_rate(std::move(network), descent, seconds, batch_size, images);
  }
  const bool is_batch = axis == "batch";
  const std::size_t width = axis == "width" ? size : 256;
  const std::size_t depth = axis == "depth" ? size : 2;
  return training_rate(perceptron(784, width, depth, random), descent, seconds,
                       is_batch ? size : batch_size);
}

/// The median; changes the order. (By pointers: clang 19 does not link comparisons of the iterators
/// of libstdc++ 16.)
double median(std::vector<double>& values) {
  double* const middle = values.data() + values.size() / 2;
  std::nth_element(values.data(), middle, values.data() + values.size());
  return *middle;
}

Json profile_of(const std::string& name, double seconds) {
  Json parts = Json::array();
  for (Part& part : profile(name, seconds)) {
    parts.push_back({{"name", part.name},
                     {"operations", part.operations},
                     {"bytes", part.bytes},
                     {"seconds", median(part.seconds)}});
  }
  return parts;
}

double latency(const nn::Sequential& network, double seconds) {
  const nn::Tensor image = digits().test.inputs.rows(0, 1);
  std::vector<double> times;
  for (const Clock::time_point start = Clock::now(); seconds_since(start) < seconds;) {
    const Clock::time_point begun = Clock::now();
    static_cast<void>(network.predict(image));
    times.push_back(seconds_since(begun));
  }
  return median(times);
}

double accuracy_on(const nn::Dataset& images, const nn::Sequential& network) {
  return nn::evaluate(network, nn::SoftmaxCrossEntropy{}, images, nn::Accuracy{}).metrics[0];
}

Json learn(const std::string& name, std::uint64_t seed) {
  static const nn::Split split = nn::mnist::load(NN_MNIST_FOLDER, {});
  nn::Sequential model = network(name, seed);
  const Recipe wanted = recipe(name);
  const nn::Dataset training_images = smoothed(split.training, wanted.smoothing);
  const auto schedule = [&](const nn::Progress& p) { return up_and_down(p.epoch / wanted.epochs); };
  nn::Training training = training_of(model, nn::Adam{{.learning_rate = wanted.learning_rate}},
                                      {.epochs = static_cast<std::size_t>(wanted.epochs) + 1,
                                       .batches = {.size = wanted.batch},
                                       .seed = seed,
                                       .steps = {.schedule = schedule}},
                                      training_images);
  const auto steps =
      static_cast<std::size_t>(wanted.epochs * static_cast<double>(training.batches()));
  double accuracy = 0;
  double paused = 0;  // to look at the validation images is not training
  std::size_t done = 0;
  const Clock::time_point start = Clock::now();
  while (accuracy < wanted.accuracy && done < steps) {
    step(training);
    if (++done % 50 > 0 && done < steps) continue;
    const Clock::time_point begun = Clock::now();
    accuracy = accuracy_on(split.validation, model);
    paused += seconds_since(begun);
  }
  const double seconds = seconds_since(start) - paused;
  return {{"seconds", seconds},
          {"steps", done},
          {"accuracy", accuracy},
          {"test", accuracy_on(split.test, model)}};
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

/// An MLP learns from so many images, all different: MNIST's, epoch after epoch, each changed at
/// random.
Json learn_from(std::size_t count) {
  std::ofstream{"/proc/self/clear_refs"} << "5";  // the peak counts from here
  const nn::Augment augment{{.rotation = 10, .shift = 2}};
  nn::TrainingOptions options = endless(batch_size);
  options.steps.augment = augment;
  nn::Sequential model = network("mlp");
  nn::Training training =
      training_of(model, nn::GradientDescent{{.learning_rate = 0.01F}}, options);
  const Clock::time_point start = Clock::now();
  for (std::size_t done = 0; done < count; done += batch_size) step(training);
  return {{"rate", static_cast<double>(count) / seconds_since(start)}, {"bytes", status("VmHWM")}};
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
  if (what == "profile") {
    use_threads();
    return profile_of(name, number());
  }
  if (what == "grow") {
    const auto size = static_cast<std::size_t>(number());
    use_threads();
    return growth(name, size, number());
  }
  if (what == "images") {
    use_threads();
    return learn_from(std::stoul(name));
  }
  if (what == "machine") return {{"vector_bits", 8 * nn::vector_bytes}};
  if (what == "infer") {
    use_threads();
    const nn::Sequential model = network(name);
    const nn::Tensor images = digits().test.inputs.rows(0, 1'000);
    return rate(number(), images.rows(), [&] { static_cast<void>(model.predict(images)); });
  }
  if (what == "characters") {
    use_threads();
    return characters_rate(name == "train", number());
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
