// A training program that may be killed at any moment, which resume_test does. Run again with the
// same checkpoint, it resumes. In the end it writes its network and history, with all bits.
//
//     resumable CHECKPOINT RESULT THREADS

#include <fmt/core.h>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

import nn;

namespace {

/// Points of three classes, one the rarest.
nn::Dataset points(std::size_t count, std::uint64_t seed) {
  nn::Random random{seed};
  nn::Dataset dataset{.inputs = nn::Tensor{nn::Shape{count, 8}}, .targets = {}};
  nn::Labels labels;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = random.below(5) % 3;
    for (nn::real& x : dataset.inputs.row(i)) {
      x = static_cast<nn::real>(random.normal(static_cast<double>(label), 1));
    }
    labels.push_back(label);
  }
  dataset.targets = std::move(labels);
  return dataset;
}

/// A network with every kind of layer that remembers more than its weights.
nn::Sequential network() {
  nn::Random random{3};
  const nn::He he{random};
  return nn::Sequential{nn::Dense{8, 32, he},     nn::BatchNorm{32},     nn::ReLU{},
                        nn::Dropout{0.2, random}, nn::Dense{32, 32, he}, nn::ReLU{},
                        nn::Dropout{0.2, random}, nn::Dense{32, 3, he}};
}

nn::Tensor with_noise(nn::Tensor inputs, nn::Random random) {
  for (nn::real& x : inputs.values()) x += static_cast<nn::real>(random.normal(0, 0.1));
  return inputs;
}

/// The history with all bits, but without the seconds, which differ.
std::string text_of(const nn::History& history) {
  std::string text = history.csv();
  for (const double rate : history.learning_rates) text += fmt::format("{:a}\n", rate);
  for (const nn::Epoch& epoch : history.epochs) {
    text +=
        fmt::format("{:a} {:a} {}\n", epoch.training.cost, epoch.validation.cost, epoch.samples);
  }
  return text;
}

void run(std::span<char*> arguments) {
  nn::set_threads(static_cast<std::size_t>(std::atoi(arguments[3])));
  const nn::Dataset training = points(900, 1);
  const nn::Dataset validation = points(200, 2);
  nn::Sequential net = network();
  nn::Trainer trainer{net, nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 2, 1}},
                      nn::Adam{{.learning_rate = nn::real(0.01)}}};
  trainer.watch(nn::Accuracy{});
  trainer.watch(nn::F1{3});
  trainer.watch("other", validation);
  // [fit]
  trainer.observe(nn::Checkpoints{arguments[1], 0.005});
  const nn::History history = trainer.fit(
      training, validation,
      {.epochs = 24,
       .batches = {.size = 8},
       .seed = 5,
       .steps = {.clip_norm = 1, .schedule = nn::ReduceOnPlateau{}, .augment = with_noise},
       .stopping = {.patience = 20}});
  // [/fit]
  const std::filesystem::path result = arguments[2];
  nn::write_whole("resumable", result.string() + ".csv", text_of(history));
  nn::save_network(result, net);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(std::span{argv, static_cast<std::size_t>(argc)});
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
