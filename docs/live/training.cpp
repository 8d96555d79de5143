module;

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

module live.figures;

import live.images;
import live.recipes;
import nn.reshape;
import nn.text;

namespace live {

using namespace std::string_literals;

namespace {

constexpr std::size_t pixels = 784;
constexpr std::size_t digit_classes = 10;
constexpr std::size_t validation_images = 2'000;  ///< Out of the training images.
constexpr std::size_t test_images = 10'000;
constexpr std::size_t slice = 100;           ///< Images that are measured in one step.
constexpr std::size_t points_an_epoch = 10;  ///< Of the training curves.

/// The sets, made when they are first needed: 8,000 images to train on, 2,000 for validation.
const nn::Split& sets() {
  static const nn::Split split = [] {
    return nn::split(Images{"training", "mnist_training"}.all(),
                     nn::Counts{.validation = validation_images});
  }();
  return split;
}

const Images& digits_to_test() {
  static const Images images{"training", "mnist_test"};
  return images;
}

/// Chapter 10's networks.
Plan multi_layer_perceptron(const Recipe& recipe) {
  Plan plan{recipe};
  plan.dense_layers(pixels, digit_classes);
  return plan;
}

Plan convolutional_network(const Recipe& recipe) {
  Plan plan{recipe};
  plan.add(nn::Reshape{1, 28, 28}, "nn::Reshape{1, 28, 28}");
  plan.end_line();
  plan.convolution(1, 16, 5);
  plan.convolution(16, 32, 5);
  plan.add(nn::Flatten{}, "nn::Flatten{}");
  plan.end_line();
  plan.hidden(512, 128);
  plan.output(128, digit_classes);
  return plan;
}

/// A curve that grows.
struct Curve {
  std::vector<double> epochs{}, costs{}, accuracies{};

  void add(double epoch, const nn::Evaluation& evaluation) {
    epochs.push_back(epoch);
    costs.push_back(evaluation.cost);
    accuracies.push_back(100 * evaluation.metrics[0]);
  }
};

/// Measures cost and accuracy, batch by batch.
nn::RunningEvaluation fresh_evaluation() {
  return nn::RunningEvaluation{std::vector<nn::AnyMetric>{nn::Accuracy{}}};
}

/// Training on MNIST. An epoch has a step for every training batch, then one for every hundred
/// held-out images, so that no step takes long. If the reader asks for the test images, there is a
/// step for each hundred of them after all training.
class TrainingFigure final : public LearningFigure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<Control> all{
        {.name = "network",
         .label = "Network",
         .help = "The two networks of this chapter. The CNN has its own widths.",
         .start = {0},
         .high = 1,
         .choices = {"MLP", "CNN"}}};
    for (Control& control : recipe_controls(
             {.widths = {256, 256, 0}, .rate_falls = true, .weight_decay = 0.1}, 20, 512)) {
      all.push_back(std::move(control));
    }
    all.push_back(a_switch("test", "Look at the test images",
                           "In further steps, once the training is over.", false));
    all.back().restarts = false;
    return all;
  }

  [[nodiscard]] std::size_t last_step() const override {
    return training_steps() + (is_on("test") ? test_images / slice : 0);
  }

 protected:
  void begin() override {
    recipe_ = recipe();
    const Plan plan = choice("network") == "CNN" ? convolutional_network(recipe_)
                                                 : multi_layer_perceptron(recipe_);
    begin_training(plan, recipe_, sets().training);
    batches_.emplace(sets().training, nn::BatchOptions{.size = recipe_.batch_size},
                     nn::Random{recipe_.seed});
    training_curve_ = validation_curve_ = {};
    running_.reset();
    confusion_ = nn::ConfusionMatrix{digit_classes};
    seconds_ = 0;
    trained_ = 0;
    tell("code", code(plan));
  }

  void advance() override {
    const std::size_t place = steps() % epoch_steps();
    if (is_over()) {
      const std::size_t index = steps() - training_steps();
      measure(digits_to_test().part(index * slice, slice), index);
    } else if (place < batches_->count()) {
      train(steps() / epoch_steps(), place);
    } else {
      validate(place - batches_->count());
    }
  }

  void update() override {
    show_curve("training", training_curve_);
    show_curve("validation", validation_curve_);
    show_confusion();
    show_training();
    tell("summary", summary());
    tell("speed",
         trained_ == 0
             ? ""
             : fmt::format("{} images a second on this machine, counting only training steps.",
                           nn::thousands(static_cast<std::size_t>(static_cast<double>(trained_) /
                                                                  seconds_))));
  }

 private:
  [[nodiscard]] std::size_t epoch_steps() const {
    return batches_->count() + validation_images / slice;
  }
  [[nodiscard]] std::size_t training_steps() const { return recipe_.epochs * epoch_steps(); }
  /// Whether training is over and only test images are left.
  [[nodiscard]] bool is_over() const { return steps() >= training_steps(); }
  /// How many test images have been read.
  [[nodiscard]] std::size_t tested() const {
    return steps() > training_steps() ? (steps() - training_steps()) * slice : 0;
  }

  void train(std::size_t epoch, std::size_t index) {
    if (index == 0) {
      if (epoch > 0) training().end_epoch();
      order_ = batches_->epoch(epoch + 1);
    }
    const std::size_t count = batches_->count();
    const double passed =
        static_cast<double>(epoch) + static_cast<double>(index) / static_cast<double>(count);
    const auto begun = std::chrono::steady_clock::now();
    step();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const nn::Targets targets = (*order_)[index].targets;
    trained_ += targets.size();
    running_.add_cost(training().cost(), static_cast<double>(targets.size()));
    running_.add_to_metrics(training().outputs(), targets);
    if ((index + 1) * points_an_epoch / count > index * points_an_epoch / count) {
      training_curve_.add(passed + 1 / static_cast<double>(count), running_.result());
      running_.reset();
    }
  }

  void validate(std::size_t index) {
    measure(sets().validation.part(index * slice, slice), index);
    if (confusion_.total() == validation_images) {
      const std::size_t epoch = steps() / epoch_steps() + 1;
      validation_curve_.add(static_cast<double>(epoch), measured_.result());
    }
  }

  /// Adds the network's predictions for some images to the evaluation and to the table; both start
  /// again with the first slice of a set.
  void measure(const nn::Dataset& images, std::size_t index) {
    if (index == 0) {
      measured_.reset();
      confusion_ = nn::ConfusionMatrix{digit_classes};
    }
    const nn::Tensor logits = network().predict(images.inputs);
    measured_.add_cost(nn::SoftmaxCrossEntropy::value(logits, images.targets),
                       static_cast<double>(images.size()));
    measured_.add_to_metrics(logits, images.targets);
    confusion_.add(nn::Labels::from_rows(logits), images.targets.labels());
  }

  void show_curve(const std::string& name, const Curve& curve) {
    show(name + " epochs", curve.epochs);
    show(name + " cost", curve.costs);
    show(name + " accuracy", curve.accuracies);
  }

  void show_confusion() {
    Values counts{.numbers = {}, .shape = {digit_classes, digit_classes}};
    std::string words;
    for (std::size_t actual = 0; actual < digit_classes; ++actual) {
      std::size_t all = 0;
      for (std::size_t taken = 0; taken < digit_classes; ++taken) all += confusion_(actual, taken);
      for (std::size_t taken = 0; taken < digit_classes; ++taken) {
        const std::size_t count = confusion_(actual, taken);
        counts.numbers.push_back(static_cast<float>(count));
        words += actual == taken ? fmt::format("Of {} images of a {}, {} were read right.\n", all,
                                               actual, count)
                                 : fmt::format("Of {} images of a {}, {} were taken for a {}.\n",
                                               all, actual, count, taken);
      }
    }
    show("confusion", std::move(counts));
    tell("cells", words);
    tell("table",
         fmt::format(
             "{} of the {} images: a row for each digit shown, a column for each digit read.",
             nn::thousands(confusion_.total()), tested() > 0 ? "test" : "held-out"));
  }

  [[nodiscard]] std::string summary() const {
    if (steps() == 0) {
      return fmt::format(
          "{} parameters, untrained. {} training images, {} held out for validation.",
          nn::thousands(network().parameter_count()), nn::thousands(sets().training.size()),
          nn::thousands(validation_images));
    }
    std::string text = fmt::format(
        "Epoch {} of {}", std::min(steps() / epoch_steps() + 1, recipe_.epochs), recipe_.epochs);
    if (training_curve_.costs.empty()) {
      text += fmt::format(", step {} of {}: {} parameters updated {} times", steps(), epoch_steps(),
                          nn::thousands(network().parameter_count()), steps());
    }
    if (!training_curve_.costs.empty()) {
      text +=
          fmt::format("; training: {}, {:.2f} % right", cost_in_words(training_curve_.costs.back()),
                      training_curve_.accuracies.back());
    }
    if (!validation_curve_.costs.empty()) {
      text += fmt::format("; held-out images: {}, {:.2f} % right",
                          cost_in_words(validation_curve_.costs.back()),
                          validation_curve_.accuracies.back());
    }
    if (tested() > 0) {
      const nn::Evaluation test = measured_.result();
      text += fmt::format("; {} test images: {}, {:.2f} % right", nn::thousands(tested()),
                          cost_in_words(test.cost), 100 * test.metrics[0]);
    }
    return text + ".";
  }

  [[nodiscard]] std::string code(const Plan& plan) const {
    const bool tests = is_on("test");
    return (tests ? "#include <cstdio>\n\n"s : ""s) +
           "import nn;\n\nint main() {\n"
           "  const nn::Split digits = nn::mnist::load(\"data/mnist\");\n" +
           plan.code() + "\n" + training_code(recipe_, "digits.training, digits.validation") +
           (tests ? evaluation_code("test", "digits.test") : "") + "}\n";
  }

  Recipe recipe_;
  std::optional<nn::Batches> batches_;  ///< Those of the training, for their targets.
  std::optional<nn::Batches::Epoch> order_;
  Curve training_curve_, validation_curve_;
  nn::RunningEvaluation running_ = fresh_evaluation();   ///< Since the last point of the curve.
  nn::RunningEvaluation measured_ = fresh_evaluation();  ///< Of the images in the table.
  nn::ConfusionMatrix confusion_{digit_classes};
  double seconds_ = 0;
  std::size_t trained_ = 0;
};

}  // namespace

std::unique_ptr<Figure> training() { return std::make_unique<TrainingFigure>(); }

}  // namespace live
