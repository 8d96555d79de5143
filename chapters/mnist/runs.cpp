module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module mnist.runs;

namespace fs = std::filesystem;

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

nn::Split load(const Options& options, const Recipe& recipe) {
  nn::Split digits;
  try {
    digits = nn::mnist::load(options.data, {.validation = recipe.validation, .seed = options.seed});
  } catch (const std::exception& error) {
    throw BadOption(fmt::format("--data: {}", error.what()));
  }
  if (const nn::Shape image = digits.training.inputs.shape().sample(); image != nn::Shape{784}) {
    throw BadOption(fmt::format("--data: images of {} pixels, expected 784", image.size()));
  }
  for (const Model& model : recipe.models) {
    if (model.batch_size > digits.training.size()) {
      throw BadOption(fmt::format("--batch-size: {} images, but the training set has only {}",
                                  model.batch_size, digits.training.size()));
    }
  }
  return digits;
}

// [train]
/// The schedule of a recipe: linear decay toward 0, one step down after each epoch.
double on_a_line(const nn::Progress& progress) {
  return 1 - std::floor(progress.epoch) / progress.epochs;
}

Run train(const Model& model, const nn::Split& digits, std::uint64_t seed, bool quiet) {
  nn::Random random{seed};
  Run run{.model = &model, .seed = seed, .network = model.network(random), .history = {}};
  nn::Trainer trainer{run.network, nn::SoftmaxCrossEntropy{}, model.optimizer(model.learning_rate)};
  trainer.watch(nn::Accuracy{});
  if (!quiet) {
    say(fmt::format("\n{}, seed {}\n\n{}\n", model.title, seed,
                    run.network.summary(nn::Shape{784})));
  }
  trainer.observe(nn::Reporter{!quiet});
  nn::StepOptions steps{.augment = model.augment};
  if (model.rate_falls) steps.schedule = on_a_line;
  run.history = trainer.fit(digits.training, digits.validation,
                            {.epochs = model.epochs,
                             .batches = {.size = model.batch_size},
                             .seed = seed,
                             .steps = steps});
  run.whole_epochs = static_cast<std::size_t>(
      std::ranges::count(run.history.epochs, digits.training.size(), &nn::Epoch::samples));
  return run;
}
// [/train]

std::vector<Run> stored_runs(const Recipe& recipe, const fs::path& folder) {
  std::vector<Run> runs;
  for (const Model& model : recipe.models) {
    const fs::path file = folder / (model.name + ".safetensors");
    try {
      nn::Sequential network = nn::load_network(file);
      const nn::Shape output = network.output_shape(nn::Shape{784});
      if (output != nn::Shape{10}) {
        throw std::runtime_error(fmt::format("{} turns 784 pixels into {}, expected (10)",
                                             file.string(), nn::to_string(output)));
      }
      runs.push_back({.model = &model, .seed = 0, .network = std::move(network), .history = {}});
    } catch (const std::invalid_argument& error) {
      throw BadOption(
          fmt::format("--load: {} does not take 784 pixels: {}", file.string(), error.what()));
    } catch (const std::runtime_error& error) {
      throw BadOption(fmt::format("--load: {}", error.what()));
    }
  }
  return runs;
}

namespace {

/// A network from --load may end in Softmax, although those of the recipes do not.
nn::AnyCost cost_of(const nn::Sequential& network) {
  if (nn::ends_in_softmax(network)) return nn::CrossEntropy{};
  return nn::SoftmaxCrossEntropy{};
}

// [another_pen]
/// Makes the strokes of every image a pixel wider or a pixel thinner, at random.
nn::Tensor another_pen(const nn::Tensor& images, nn::Random random) {
  const nn::Tensor wider = nn::thicken(images, 1);
  nn::Tensor result = nn::thicken(images, -1);
  for (std::size_t i = 0; i < images.rows(); ++i) {
    if (random.uniform() < 0.5) std::ranges::copy(wider.row(i), result.row(i).begin());
  }
  return result;
}
// [/another_pen]

}  // namespace

void judge(Run& run, const nn::Dataset& digits) {
  run.cost = nn::evaluate(run.network, cost_of(run.network), digits).cost;
  const nn::Tensor probabilities = nn::predict_probabilities(run.network, digits.inputs);
  const nn::Labels predicted = nn::Labels::from_rows(probabilities);
  const nn::Labels& actual = digits.targets.labels();
  run.confusion.add(predicted, actual);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == predicted[i]) continue;
    run.mistakes.push_back({i, actual[i], predicted[i], probabilities(i, predicted[i])});
  }
  std::ranges::sort(run.mistakes, {},
                    [](const Mistake& m) { return std::pair{-m.probability, m.index}; });
}

// [changes]
std::vector<Change> changes() {
  const nn::Augment move{{.rotation = 15, .shift = 4}};
  const auto all = [move](nn::Tensor images, const nn::Random& random) {
    return another_pen(move(std::move(images), random), random);
  };
  return {{"rotated up to 15°", nn::Augment{{.rotation = 15}}},
          {"shifted up to 4 px", nn::Augment{{.shift = 4}}},
          {"thickened by 1 px", [](auto images, auto) { return nn::thicken(images, 1); }},
          {"thinned by 1 px", [](auto images, auto) { return nn::thicken(images, -1); }},
          {"all of that", all}};
}
// [/changes]

void judge_changed(std::vector<Run>& runs, const nn::Dataset& digits) {
  for (const Change& change : changes()) {
    const nn::Dataset changed{.inputs = change.of(digits.inputs, nn::Random{1}),
                              .targets = digits.targets};
    for (Run& run : runs) {
      const nn::Evaluation seen =
          nn::evaluate(run.network, cost_of(run.network), changed, nn::Accuracy{});
      run.changed.push_back({change.name, seen.metrics[0]});
    }
  }
}
