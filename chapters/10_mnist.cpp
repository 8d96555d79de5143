// Chapter 10: MNIST, an MLP against a CNN. Read with docs/chapters/10_mnist.md.

// [fold: Headers, one for each thing that is used]
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/transform.hpp>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>
// [/fold]

// [start]
import nn;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
// [/start]

// [mlp]
nn::Sequential multi_layer_perceptron(nn::Random& random) {
  return nn::Sequential{nn::Dense{784, 256, nn::He{random}}, nn::ReLU{},
                        nn::Dense{256, 256, nn::He{random}}, nn::ReLU{},
                        nn::Dense{256, 10, nn::Glorot{random}}};
}
// [/mlp]

// [cnn]
/// ReLU stands behind the pool, where it has a quarter of the values to look at: the two may
/// change places.
nn::Sequential convolutional_network(nn::Random& random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 16, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{16, 32, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{512, 128, nn::He{random}},
                        nn::ReLU{},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}
// [/cnn]

// [reported_cnn]
/// The convolutional network of the report: one convolution, 85,660 parameters.
nn::Sequential reported_convolutional_network(nn::Random& random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 5, {.kernel = 3}, nn::He{random}},
                        nn::ReLU{},
                        nn::MaxPool{2},
                        nn::Flatten{},
                        nn::Dense{845, 100, nn::Glorot{random}},
                        nn::ReLU{},
                        nn::Dense{100, 10, nn::Glorot{random}}};
}
// [/reported_cnn]

// [optimizers]
/// The optimizers that a recipe can ask for, with the learning rate that they start from.
nn::AnyOptimizer adam(nn::real learning_rate) {
  return nn::Adam{{.learning_rate = learning_rate, .weight_decay = 0.1F, .decoupled = true}};
}

/// Where no image comes twice, less has to hold the weights back.
nn::AnyOptimizer light_adam(nn::real learning_rate) {
  return nn::Adam{{.learning_rate = learning_rate, .weight_decay = 0.01F, .decoupled = true}};
}

nn::AnyOptimizer descent(nn::real learning_rate) {
  return nn::GradientDescent{{.learning_rate = learning_rate}};
}
// [/optimizers]

// [model]
/// What the report measured, in as many digits as it gave; empty where it gave nothing.
struct Reported {
  std::string training_accuracy, validation_cost, validation_accuracy, test_cost, test_accuracy;
};

/// A network and how to train it.
struct Model {
  std::string name;
  std::string title;
  nn::Sequential (*network)(nn::Random&);
  nn::AnyOptimizer (*optimizer)(nn::real learning_rate);
  nn::real learning_rate;
  bool rate_falls;  ///< Whether the learning rate falls, epoch by epoch, on a line towards 0.
  std::size_t epochs;
  std::size_t batch_size;
  std::function<nn::Tensor(nn::Tensor, nn::Random)> augment{};  ///< Empty: images stay as they are.
  Reported reported{};
};

struct Recipe {
  std::string name;
  double validation;  ///< The fraction of the images for training that is set aside.
  std::vector<Model> models;
  bool changed = false;  ///< Whether it is tested on changed images, too.
};
// [/model]

// [default_recipe]
Recipe default_recipe() {
  const Model mlp{.name = "mlp",
                  .title = "MLP",
                  .network = multi_layer_perceptron,
                  .optimizer = adam,
                  .learning_rate = 2e-3F,
                  .rate_falls = true,
                  .epochs = 10,
                  .batch_size = 100};
  Model cnn = mlp;  // the same in all but the network
  cnn.name = "cnn";
  cnn.title = "CNN";
  cnn.network = convolutional_network;
  return {.name = "default", .validation = 1.0 / 12, .models = {mlp, cnn}};
}
// [/default_recipe]

// [report_recipe]
Recipe report_recipe() {
  return {.name = "report",
          .validation = 0.2,
          .models = {{.name = "mlp",
                      .title = "MLP",
                      .network = multi_layer_perceptron,
                      .optimizer = descent,
                      .learning_rate = 0.04F,
                      .rate_falls = false,
                      .epochs = 15,
                      .batch_size = 100,
                      .reported = {.training_accuracy = "98.2 %",
                                   .validation_cost = "0.097",
                                   .validation_accuracy = "97.10 %",
                                   .test_cost = "0.091",
                                   .test_accuracy = "97.31 %"}},
                     {.name = "cnn",
                      .title = "CNN",
                      .network = reported_convolutional_network,
                      .optimizer = descent,
                      .learning_rate = 0.01F,
                      .rate_falls = false,
                      .epochs = 10,
                      .batch_size = 128,
                      .reported = {.training_accuracy = "97 %",
                                   .validation_cost = "0.22",
                                   .validation_accuracy = "93 %",
                                   .test_cost = "",
                                   .test_accuracy = ""}}}};
}
// [/report_recipe]

// [augmented_recipe]
/// The networks of the default recipe, trained with images that are changed anew in every epoch.
Recipe augmented_recipe() {
  Recipe recipe = default_recipe();
  recipe.name = "augmented";
  recipe.changed = true;
  for (Model& model : recipe.models) {
    model.optimizer = light_adam;
    model.epochs = 80;
    model.augment = nn::Augment{{.rotation = 15,
                                 .shift = 4,
                                 .scaling = 0.15,
                                 .shear = 10,
                                 .elastic = {.amplitude = 1},
                                 .thickness = 1.2}};
  }
  return recipe;
}
// [/augmented_recipe]

// [options]
struct Options {
  std::string recipe = "default";
  std::optional<std::size_t> epochs;
  std::optional<std::size_t> batch_size;
  std::optional<nn::real> learning_rate;
  std::uint64_t seed = 1;
  std::size_t seeds = 1;
  std::size_t threads = nn::threads();
  fs::path data = NN_MNIST_FOLDER;
  fs::path json;
  fs::path csv;
  fs::path save;
  fs::path load;
  bool changed = false;
  bool quiet = false;
};
// [/options]

// [fold: How options are read, and files tried before hours of training]
/// Accepts whole numbers of a range, and says so of anything else.
CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  return CLI::Validator{
      [low, high](const std::string& text) -> std::string {
        std::uint64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stop == end && number >= low && number <= high) {
          return "";
        }
        return fmt::format("'{}' is not a whole number from {} to {}", text, low, high);
      },
      ""};
}

/// Accepts any path but an empty one, such as that of a variable of the shell that is not set.
CLI::Validator path() {
  return CLI::Validator{
      [](const std::string& text) { return text.empty() ? "'' is not a path" : std::string{}; },
      ""};
}

void describe(CLI::App& app, Options& options) {
  app.add_option("--recipe", options.recipe,
                 "default; report: the older report's networks; augmented: the default ones, "
                 "trained with changed images")
      ->check(CLI::IsMember({"default", "report", "augmented"}));
  app.add_option("--epochs", options.epochs, "Passes over the training set")
      ->check(whole_number(1, 1'000'000));
  app.add_option("--batch-size", options.batch_size, "Images in a batch")
      ->check(whole_number(1, 1'000'000));
  app.add_option("--learning-rate", options.learning_rate, "The rate that training starts from");
  app.add_option("--seed", options.seed, "Names weights and orders; 1 if not given")
      ->check(whole_number(0, 1'000'000'000'000));
  app.add_option("--seeds", options.seeds, "Trains with N seeds and gives means and deviations")
      ->check(whole_number(1, 1'000));
  app.add_option("--threads", options.threads, "Threads; at first one for each core")
      ->check(whole_number(1, 1'024));
  app.add_option("--data", options.data, "The folder of the MNIST files")->check(path());
  app.add_option("--json", options.json, "Writes all results to this file")->check(path());
  app.add_option("--csv", options.csv, "Writes learning curves and mistakes to this folder")
      ->check(path());
  app.add_option("--save", options.save, "Stores the trained networks in this folder")
      ->check(path());
  CLI::Option* const stored =
      app.add_option("--load", options.load, "Compares those of this folder, untrained")
          ->check(path());
  for (const char* trains : {"--recipe", "--epochs", "--batch-size", "--learning-rate", "--seed",
                             "--seeds", "--json", "--csv", "--save"}) {
    stored->excludes(trains);
  }
  app.add_flag("--changed", options.changed, "Tests on changed images, too, as augmented does");
  app.add_flag("--quiet", options.quiet, "Prints only the comparison");
  app.set_version_flag("--version", fmt::format("10_mnist {}", nn::version()),
                       "Prints the library's version");
  app.footer(
      "Examples:\n"
      "  ./book mnist                                 the comparison\n"
      "  ./book mnist --recipe report --seeds 3       the older report's, mean of three\n"
      "  ./book mnist --epochs 1 --json result.json   a quick look, kept in a file\n"
      "  ./book mnist --save DIR                      both networks are kept, too\n"
      "  ./book mnist --load DIR                      and compared, without training\n"
      "  ./book mnist --recipe augmented --save DIR   the networks of data/networks\n"
      "\nCtrl-C ends the training after the batch at hand and compares what there is.");
}

/// An option that cannot be: ends the program before any training.
struct BadOption : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Folders that the program makes; removed with this object, unless they are kept.
class NewFolders {
 public:
  NewFolders() = default;
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;
  ~NewFolders() {
    std::error_code error;
    for (const fs::path& folder : made_ | std::views::reverse) fs::remove(folder, error);
  }

  /// Makes a folder and those above it, where they are missing.
  void make(const char* option, const fs::path& folder) {
    std::error_code error;
    fs::path part;
    for (const fs::path& name : folder) {
      part /= name;
      if (fs::create_directory(part, error)) made_.push_back(part);
    }
    if (!fs::is_directory(folder, error)) {
      throw BadOption(fmt::format("{}: cannot make the folder {}", option, folder.string()));
    }
  }

  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

/// A file that the program will write.
struct Output {
  const char* option;  ///< Which asks for it.
  fs::path file;
};

/// The stem of a run's files: `cnn`, or of several seeds `cnn-2`.
std::string name_of(const Options& options, const Model& model, std::uint64_t seed) {
  return model.name + (options.seeds == 1 ? "" : fmt::format("-{}", seed));
}

std::vector<Output> outputs(const Options& options, const Recipe& recipe) {
  std::vector<Output> all;
  if (!options.json.empty()) all.push_back({"--json", options.json});
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    for (const Model& model : recipe.models) {
      const std::string name = name_of(options, model, seed);
      if (!options.save.empty()) all.push_back({"--save", options.save / (name + ".safetensors")});
      if (options.csv.empty()) continue;
      all.push_back({"--csv", options.csv / (name + ".csv")});
      all.push_back({"--csv", options.csv / (name + "_mistakes.csv")});
    }
  }
  return all;
}

/// The last check before the training: whatever it will write can be written, each file once. A
/// refused option leaves no trace.
void check_outputs(const Options& options, const Recipe& recipe) {
  NewFolders folders;
  if (!options.csv.empty()) folders.make("--csv", options.csv);
  if (!options.save.empty()) folders.make("--save", options.save);
  std::map<fs::path, const char*> option_of;
  for (const auto& [option, file] : outputs(options, recipe)) {
    try {
      nn::check_writable("write_whole", file);
    } catch (const std::runtime_error& error) {
      throw BadOption(fmt::format("{}: {}", option, error.what()));
    }
    const auto [first, is_new] = option_of.emplace(fs::weakly_canonical(file), option);
    if (is_new) continue;
    throw BadOption(fmt::format("{}: {} is written by {}", option, file.string(), first->second));
  }
  folders.keep();
}
// [/fold]

// [prepare]
Recipe recipe_of(const std::string& name) {
  if (name == "report") return report_recipe();
  if (name == "augmented") return augmented_recipe();
  return default_recipe();
}

/// Checks what can be checked before the data is read, and puts the options into the recipe.
Recipe prepare(const Options& options) {
  Recipe recipe = recipe_of(options.recipe);
  recipe.changed |= options.changed;
  for (Model& model : recipe.models) {
    model.epochs = options.epochs.value_or(model.epochs);
    model.batch_size = options.batch_size.value_or(model.batch_size);
    model.learning_rate = options.learning_rate.value_or(model.learning_rate);
    if (!(model.learning_rate > 0 && std::isfinite(model.learning_rate))) {
      throw BadOption(
          fmt::format("--learning-rate: {}, expected a number above 0", model.learning_rate));
    }
  }
  return recipe;
}
// [/prepare]

// [load]
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
      throw BadOption(fmt::format("--batch-size: {} images, the training set has {}",
                                  model.batch_size, digits.training.size()));
    }
  }
  return digits;
}
// [/load]

// [run]
/// A test image that a network misread.
struct Mistake {
  std::size_t index;  ///< Its place in the test set, from 0 on.
  std::size_t actual;
  std::size_t predicted;
  nn::real probability;  ///< Which the network gave to what it predicted.
};

/// The accuracy on test images that were changed.
struct Changed {
  std::string name;  ///< How.
  double accuracy;
};

/// One network trained from one seed, and what came of it.
struct Run {
  const Model* model;
  std::uint64_t seed;
  nn::Sequential network;
  nn::History history;
  nn::Evaluation test{};
  nn::ConfusionMatrix confusion{10};
  std::vector<Mistake> mistakes{};  ///< The surest first.
  std::vector<Changed> changed{};   ///< By each of changes(), where it is asked.
};
// [/run]

// [train]
/// Prints text, or loses it where the output cannot be written: fmt::print() would throw, and the
/// networks that are trained by then would be lost with it. The program ends with status 1.
void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
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
  if (model.rate_falls) {
    trainer.on_epoch([&](const nn::Epoch& epoch) {
      const auto left = static_cast<double>(model.epochs - epoch.number);
      const auto share = static_cast<nn::real>(left / static_cast<double>(model.epochs));
      trainer.optimizer().set_learning_rate(model.learning_rate * share);
    });
  }
  run.history = trainer.fit(digits.training, digits.validation,
                            {.epochs = model.epochs,
                             .batches = {.size = model.batch_size},
                             .seed = seed,
                             .steps = {.augment = model.augment}});
  return run;
}
// [/train]

// [test]
/// A network that --load has read may end in Softmax, although those of the recipes do not.
nn::AnyCost cost_of(const nn::Sequential& network) {
  if (nn::ends_in_softmax(network)) return nn::CrossEntropy{};
  return nn::SoftmaxCrossEntropy{};
}

/// The one look at the test set, when all training is done.
void test(Run& run, const nn::Dataset& digits) {
  run.test = nn::evaluate(run.network, cost_of(run.network), digits);
  const nn::Tensor probabilities = nn::predict_probabilities(run.network, digits.inputs);
  const nn::Labels predicted = nn::Labels::from_rows(probabilities);
  const nn::Labels& actual = digits.targets.labels();
  run.confusion.add(predicted, actual);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == predicted[i]) continue;
    run.mistakes.push_back({i, actual[i], predicted[i], probabilities(i, predicted[i])});
  }
  std::ranges::stable_sort(run.mistakes, std::greater{}, &Mistake::probability);
}
// [/test]

// [changes]
/// What is done to all test images, each in its own way where chance has a part.
struct Change {
  std::string name;
  std::function<nn::Tensor(nn::Tensor, nn::Random)> of;
};

/// Every image with strokes that are a pixel wider or a pixel thinner, as a coin falls.
nn::Tensor another_pen(const nn::Tensor& images, nn::Random random) {
  const nn::Tensor wider = nn::thicken(images, 1);
  nn::Tensor result = nn::thicken(images, -1);
  for (std::size_t i = 0; i < images.rows(); ++i) {
    if (random.uniform() < 0.5) std::ranges::copy(wider.row(i), result.row(i).begin());
  }
  return result;
}

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

// [test_changed]
/// The same test images changed, in the same way for every run.
void test_changed(std::vector<Run>& runs, const nn::Dataset& digits) {
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
// [/test_changed]

// [stored]
/// The networks that --save has stored, in place of a training.
std::vector<Run> stored_runs(const Recipe& recipe, const fs::path& folder) {
  std::vector<Run> runs;
  for (const Model& model : recipe.models) {
    const fs::path file = folder / (model.name + ".safetensors");
    try {
      nn::Sequential network = nn::load_network(file);
      const nn::Shape output = network.output_shape(nn::Shape{784});
      if (output != nn::Shape{10}) {
        throw std::runtime_error(fmt::format("{} makes {} of 784 pixels, expected (10)",
                                             file.string(), nn::to_string(output)));
      }
      runs.push_back({.model = &model, .seed = 0, .network = std::move(network), .history = {}});
    } catch (const std::invalid_argument& error) {
      throw BadOption(
          fmt::format("--load: {} takes no 784 pixels: {}", file.string(), error.what()));
    } catch (const std::runtime_error& error) {
      throw BadOption(fmt::format("--load: {}", error.what()));
    }
  }
  return runs;
}
// [/stored]

// [statistic]
/// The mean over the seeds, and the standard deviation where there are several.
struct Statistic {
  double mean = 0;
  double deviation = 0;
  std::size_t count = 0;
};

template <class Value>
Statistic statistic(const std::vector<Run>& runs, const Model& model, const Value& value) {
  const auto values = runs |
                      ranges::views::filter([&](const Run& run) { return run.model == &model; }) |
                      ranges::views::transform(value) | ranges::to<std::vector<double>>();
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  const double mean = ranges::accumulate(values, 0.0) / count;
  const auto square = [mean](double x) { return (x - mean) * (x - mean); };
  const double squares = ranges::accumulate(values | ranges::views::transform(square), 0.0);
  return {.mean = mean,
          .deviation = values.size() < 2 ? 0 : std::sqrt(squares / (count - 1)),
          .count = values.size()};
}
// [/statistic]

// [row]
/// A row of the table: what it shows, how to read it off a run, how to write it.
struct Row {
  std::string label;
  std::function<double(const Run&)> value;
  std::function<std::string(double)> write;
  bool of_training = false;  ///< Whether a stored network has no such number.
  std::string Reported::* reported = nullptr;
};
// [/row]

// [fold: Numbers as text]
std::string whole(double x) { return nn::thousands(static_cast<std::size_t>(std::llround(x))); }
std::string seconds(double x) { return fmt::format("{:.1f} s", x); }
std::string nats(double x) { return fmt::format("{:.4f}", nn::unsigned_nan(x)); }
std::string percent(double x) { return fmt::format("{:.2f} %", 100 * x); }
// [/fold]

// [rows]
std::vector<Row> rows() {
  const auto last = [](const Run& run) -> const nn::Epoch& { return run.history.epochs.back(); };
  constexpr bool of_training = true;
  return {
      {"parameters",
       [](const Run& run) { return static_cast<double>(run.network.parameter_count()); }, whole},
      {"epochs", [](const Run& run) { return static_cast<double>(run.history.epochs.size()); },
       whole, of_training},
      {"training time", [](const Run& run) { return run.history.seconds(); }, seconds, of_training},
      {"images/s", [](const Run& run) { return run.history.samples_per_second(); }, whole,
       of_training},
      {"training accuracy", [=](const Run& run) { return last(run).training.metrics[0]; }, percent,
       of_training, &Reported::training_accuracy},
      {"validation cost", [=](const Run& run) { return last(run).validation.cost; }, nats,
       of_training, &Reported::validation_cost},
      {"validation accuracy", [=](const Run& run) { return last(run).validation.metrics[0]; },
       percent, of_training, &Reported::validation_accuracy},
      {"test cost", [](const Run& run) { return run.test.cost; }, nats, !of_training,
       &Reported::test_cost},
      {"test accuracy", [](const Run& run) { return run.confusion.accuracy(); }, percent,
       !of_training, &Reported::test_accuracy},
      {"test precision", [](const Run& run) { return run.confusion.precision(); }, percent},
      {"test recall", [](const Run& run) { return run.confusion.recall(); }, percent},
      {"test F1", [](const Run& run) { return run.confusion.f1(); }, percent},
  };
}

/// A row for each of changes().
std::vector<Row> changed_rows() {
  std::vector<Row> rows;
  for (const Change& change : changes()) {
    rows.push_back({change.name,
                    [i = rows.size()](const Run& run) { return run.changed.at(i).accuracy; },
                    percent});
  }
  return rows;
}
// [/rows]

// [fold: Cells, padded and with their units]
std::string cell(const Statistic& s, const std::function<std::string(double)>& write) {
  if (s.count == 0) return "–";
  // The unit once, behind both numbers.
  std::string mean = write(s.mean);
  if (s.deviation == 0) return mean;
  const std::string unit =
      mean.ends_with(" %") || mean.ends_with(" s") ? mean.substr(mean.size() - 2) : "";
  mean.resize(mean.size() - unit.size());
  std::string deviation = write(s.deviation);
  deviation.resize(deviation.size() - unit.size());
  return fmt::format("{} ± {}{}", mean, deviation, unit);
}

/// Pads on the left by what a reader sees: ± and – are one column but several bytes.
std::string right(const std::string& text, std::size_t width) {
  const auto columns = static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  return std::string(width > columns ? width - columns : 0, ' ') + text;
}

/// Prints a line without the blanks at its end.
void print_line(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}
// [/fold]

// [comparison]
/// Whether the networks were trained here, and not loaded.
bool is_trained(const std::vector<Run>& runs) { return !runs.front().history.epochs.empty(); }

void print_rows(const std::vector<Row>& rows, const Recipe& recipe, const std::vector<Run>& runs) {
  const bool reported = recipe.name == "report";
  const Model& mlp = recipe.models[0];
  const Model& cnn = recipe.models[1];
  for (const Row& row : rows) {
    if (row.of_training && !is_trained(runs)) continue;
    const Statistic left = statistic(runs, mlp, row.value);
    const Statistic beside = statistic(runs, cnn, row.value);
    const auto report = [&](const Model& model) {
      return right(row.reported == nullptr ? "" : model.reported.*row.reported, 10);
    };
    const bool both = left.count > 0 && beside.count > 0 && left.mean > 0;
    const std::string ratio = both ? fmt::format("{:.2f}", beside.mean / left.mean) : "–";
    print_line(fmt::format("{:<19}{}{}{}{}", row.label, right(cell(left, row.write), 18),
                           reported ? report(mlp) : "", right(cell(beside, row.write), 18),
                           reported ? report(cnn) : right(ratio, 12)));
  }
}

void print_comparison(const Recipe& recipe, const std::vector<Run>& runs) {
  const bool reported = recipe.name == "report";
  const std::string beside_mlp = reported ? right("reported", 10) : "";
  const std::string beside_cnn = reported ? right("reported", 10) : right("CNN : MLP", 12);
  fmt::print("\n{:<19}{}{}{}{}\n", "", right("MLP", 18), beside_mlp, right("CNN", 18), beside_cnn);
  print_rows(rows(), recipe, runs);
  if (recipe.changed) {
    fmt::print("\ntest accuracy if the images are\n");
    print_rows(changed_rows(), recipe, runs);
  }
}
// [/comparison]

// [confusions]
void print_confusions(const std::vector<Run>& runs) {
  fmt::print("\nMistaken most often\n\n");
  for (const Run& run : runs) {
    std::string line;
    const auto confusions = run.confusion.confusions();
    for (const auto& [actual, predicted, count] : confusions | std::views::take(5)) {
      line += fmt::format("{}{} for {} ({})", line.empty() ? "" : ", ", actual, predicted, count);
    }
    fmt::print("  {}  {}\n", run.model->title, line.empty() ? "nothing" : line);
  }
}
// [/confusions]

// [half_blocks]
/// Two rows of pixels as one line of half blocks; the margin, which is empty, is left out.
std::string half_blocks(std::span<const nn::real> pixels, std::size_t line) {
  constexpr std::size_t side = 28;
  constexpr std::size_t margin = 2;
  std::string text;
  for (std::size_t x = margin; x < side - margin; ++x) {
    const bool upper = pixels[(2 * line + margin) * side + x] > 0.4F;
    const bool lower = pixels[(2 * line + margin + 1) * side + x] > 0.4F;
    constexpr std::array<const char*, 4> blocks{" ", "▀", "▄", "█"};
    text += blocks[(upper ? 1U : 0U) + (lower ? 2U : 0U)];
  }
  return text;
}
// [/half_blocks]

// [worst_mistakes]
/// Draws the three mistakes that a network was surest of, side by side.
void print_worst_mistakes(const Run& run, const nn::Dataset& digits) {
  const auto worst = run.mistakes | std::views::take(3);
  fmt::print("\nThe {}'s surest mistakes\n", run.model->title);
  std::string captions;
  for (const Mistake& m : worst) {
    captions += fmt::format("  {:<24}", fmt::format("{} taken for {} ({:.0f} %)", m.actual,
                                                    m.predicted, 100 * m.probability));
  }
  print_line(captions);
  for (std::size_t line = 0; line < 12; ++line) {
    std::string drawn;
    for (const Mistake& m : worst) drawn += "  " + half_blocks(digits.inputs.row(m.index), line);
    print_line(drawn);
  }
}
// [/worst_mistakes]

// [verdict]
/// One plain sentence, from the numbers.
std::string verdict(const Recipe& recipe, const std::vector<Run>& runs) {
  const auto mean = [&](const Model& model, const auto& value) {
    return statistic(runs, model, value).mean;
  };
  const auto errors = [&](const Model& model) {
    return 1 - mean(model, [](const Run& run) { return run.confusion.accuracy(); });
  };
  const auto size = [&](const Model& model) {
    return mean(model, [](const Run& run) { return run.network.parameter_count(); });
  };
  const auto time = [&](const Model& model) {
    return mean(model, [](const Run& run) { return run.history.seconds(); });
  };
  const Model* better = &recipe.models.front();
  const Model* worse = &recipe.models.back();
  if (errors(*worse) < errors(*better)) std::swap(better, worse);
  const std::string times =
      errors(*better) > 0 ? fmt::format(", {:.1f} times\nas many", errors(*worse) / errors(*better))
                          : "";
  const std::string longer = is_trained(runs) ? fmt::format(" and trains {:.1f} times as long",
                                                            time(*better) / time(*worse))
                                              : "";
  return fmt::format(
      "The {} misreads {:.2f} % of the digits it never saw, the {} {:.2f} %{}; "
      "it has {:.2f} times the parameters{}.",
      better->title, 100 * errors(*better), worse->title, 100 * errors(*worse), times,
      size(*better) / size(*worse), longer);
}
// [/verdict]

// [json]
Json to_json(const Options& options, const std::vector<Run>& runs) {
  Json models = Json::array();
  for (const Run& run : runs) {
    Json confusion = Json::array();
    for (std::size_t actual = 0; actual < 10; ++actual) {
      Json row = Json::array();
      for (std::size_t predicted = 0; predicted < 10; ++predicted) {
        row.push_back(run.confusion(actual, predicted));
      }
      confusion.push_back(std::move(row));
    }
    Json changed = Json::object();
    for (const auto& [name, accuracy] : run.changed) changed[name] = accuracy;
    models.push_back({{"name", run.model->name},
                      {"seed", run.seed},
                      {"layers", run.network.layer_names()},
                      {"parameters", run.network.parameter_count()},
                      {"batch_size", run.model->batch_size},
                      {"learning_rate", run.model->learning_rate},
                      {"interrupted", run.history.interrupted()},
                      {"diverged", run.history.divergence.has_value()},
                      {"train_seconds", run.history.seconds()},
                      {"images_per_second", run.history.samples_per_second()},
                      {"test",
                       {{"cost", run.test.cost},
                        {"accuracy", run.confusion.accuracy()},
                        {"precision", run.confusion.precision()},
                        {"recall", run.confusion.recall()},
                        {"f1", run.confusion.f1()},
                        {"confusion", confusion}}},
                      {"changed", changed},
                      {"history", Json::parse(run.history.json())}});
  }
  return {{"recipe", options.recipe},
          {"seed", options.seed},
          {"threads", options.threads},
          {"models", models}};
}
// [/json]

// [fold: Where a result goes whose file cannot be written]
/// Whether a function could write a file; prints why not.
template <class Write>
bool written(const fs::path& file, const Write& write) {
  try {
    write(file);
    return true;
  } catch (const std::runtime_error& error) {
    fmt::print(stderr, "10_mnist: {}\n", error.what());
    return false;
  }
}

/// A file of the same name in a new folder of the temporary folder.
fs::path elsewhere(const fs::path& file) {
  std::error_code error;
  fs::path folder = fs::temp_directory_path(error);
  if (error) folder = "/tmp";
  std::string name = (folder / "10_mnist-XXXXXX").string();
  static_cast<void>(mkdtemp(name.data()));  // if it fails, so does what is written there
  return name / file.filename();
}

/// Has a function write a result, if not into its file, then into the temporary folder: what hours
/// of training have made is not lost to a full disk.
/// @param text Is printed if both fail; empty: nothing.
/// @return Whether the result is in its file.
template <class Write>
bool keep(const fs::path& file, const Write& write, const std::string& text = "") {
  if (written(file, write)) return true;
  const fs::path other = elsewhere(file);
  if (written(other, write)) {
    fmt::print(stderr, "10_mnist: it is in {} instead\n", other.string());
  } else {
    say(text);
  }
  return false;
}

bool keep_text(const fs::path& file, const std::string& text) {
  return keep(file, [&](const fs::path& to) { nn::write_whole("write_whole", to, text); }, text);
}
// [/fold]

// [keep]
std::string mistakes_csv(const Run& run) {
  std::string text = "index,actual,predicted,probability\n";
  for (const Mistake& m : run.mistakes) {
    text += fmt::format("{},{},{},{:.4f}\n", m.index, m.actual, m.predicted, m.probability);
  }
  return text;
}

/// @return Whether every file is where the options say.
bool keep_all(const Options& options, const std::vector<Run>& runs) {
  bool kept = true;
  for (const Run& run : runs) {
    if (options.save.empty()) break;
    const std::string name = name_of(options, *run.model, run.seed) + ".safetensors";
    kept &= keep(options.save / name,
                 [&](const fs::path& file) { nn::save_network(file, run.network); });
  }
  if (!options.json.empty()) kept &= keep_text(options.json, to_json(options, runs).dump(2) + "\n");
  for (const Run& run : runs) {
    if (options.csv.empty()) break;
    const std::string name = name_of(options, *run.model, run.seed);
    kept &= keep_text(options.csv / (name + ".csv"), run.history.csv());
    kept &= keep_text(options.csv / (name + "_mistakes.csv"), mistakes_csv(run));
  }
  return kept;
}
// [/keep]

// [compare]
constexpr int bad_option = 2;
constexpr int interrupted = 130;  // what a shell gives a program that Ctrl-C ended

int compare(const Options& options) {
  const Recipe recipe = prepare(options);
  nn::set_threads(options.threads);
  const nn::Split digits = load(options, recipe);
  check_outputs(options, recipe);
  const bool trains = options.load.empty();
  std::vector<Run> runs;
  if (!trains) runs = stored_runs(recipe, options.load);
  if (trains && !options.quiet) {
    fmt::print("{} images to train on, {} to validate, {} to test; {} threads\n",
               nn::thousands(digits.training.size()), nn::thousands(digits.validation.size()),
               nn::thousands(digits.test.size()), nn::threads());
    if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write the output");
  }

  const auto stopped = [&] { return !runs.empty() && runs.back().history.interrupted(); };
  for (std::uint64_t seed = options.seed; trains && seed < options.seed + options.seeds; ++seed) {
    for (const Model& model : recipe.models) {
      if (!stopped()) runs.push_back(train(model, digits, seed, options.quiet));
    }
  }
  for (Run& run : runs) test(run, digits.test);
  if (recipe.changed) test_changed(runs, digits.test);

  const bool kept = keep_all(options, runs);
  print_comparison(recipe, runs);
  if (!options.quiet) {
    print_confusions(runs);
    for (const Run& run : runs | std::views::take(2)) print_worst_mistakes(run, digits.test);
  }
  if (stopped()) {
    fmt::print("\nInterrupted: the last training is not complete.\n");
    return interrupted;
  }
  const auto diverged = [](const Run& run) { return run.history.divergence.has_value(); };
  if (std::ranges::any_of(runs, diverged)) {
    fmt::print("\nA training diverged: its network is not what its recipe makes of it.\n");
    return EXIT_FAILURE;
  }
  fmt::print("\n{}\n", verdict(recipe, runs));
  return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
// [/compare]

// [main]
int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Trains an MLP and a CNN on MNIST, alike, and compares them.", "./book mnist"};
  describe(app, options);
  try {
    app.parse(argc, argv);
    return compare(options);
  } catch (const CLI::Success& request) {  // --help or --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "10_mnist: {}\n", error.what());
    return bad_option;
  } catch (const BadOption& error) {
    fmt::print(stderr, "10_mnist: {}\n", error.what());
    return bad_option;
  } catch (const std::exception& error) {
    fmt::print(stderr, "10_mnist: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
// [/main]
