module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module live.recipes;

import nn.activation;
import nn.adam;
import nn.convolution;
import nn.pooling;
import nn.dense;
import nn.dropout;
import nn.initializers;

namespace live {

namespace {

// ------------------------------------------------------------------------------- what there is

using Fill = std::function<void(nn::Tensor&, nn::Fan)>;

template <class L>
void push(nn::Sequential& network) {
  network.push(L{});
}

template <class I>
Fill random_fill(nn::Random& random) {
  return I{random};
}

Fill constant_fill(nn::Random& /*random*/) { return nn::Constant{0.1F}; }

template <class O>
nn::AnyOptimizer optimizer(const Recipe& recipe) {
  return O{{.learning_rate = static_cast<nn::real>(recipe.rate),
            .weight_decay = static_cast<nn::real>(recipe.weight_decay)}};
}

/// AdamW is Adam whose weight decay bypasses the gradient.
nn::AnyOptimizer adam_with_decoupled_decay(const Recipe& recipe) {
  return nn::Adam{{.learning_rate = static_cast<nn::real>(recipe.rate),
                   .weight_decay = static_cast<nn::real>(recipe.weight_decay),
                   .decoupled = true}};
}

/// A word of a control and its meaning.
template <class Make>
struct Choice {
  std::string_view name;
  Make make;
  std::string_view code{};
};

constexpr std::array activations{
    Choice{"ReLU", push<nn::ReLU>, "nn::ReLU{}"},
    Choice{"LeakyReLU", push<nn::LeakyReLU>, "nn::LeakyReLU{}"},
    Choice{"Tanh", push<nn::Tanh>, "nn::Tanh{}"},
    Choice{"Sigmoid", push<nn::Sigmoid>, "nn::Sigmoid{}"},
};

constexpr std::array initializers{
    Choice{"He", random_fill<nn::He>, "nn::He{random}"},
    Choice{"Glorot", random_fill<nn::Glorot>, "nn::Glorot{random}"},
    Choice{"RandomNormal", random_fill<nn::RandomNormal>, "nn::RandomNormal{random}"},
    Choice{"Constant", constant_fill, "nn::Constant{0.1F}"},
};

constexpr std::array optimizers{
    Choice{"GradientDescent", optimizer<nn::GradientDescent>},
    Choice{"Momentum", optimizer<nn::Momentum>},
    Choice{"RMSProp", optimizer<nn::RMSProp>},
    Choice{"Adam", optimizer<nn::Adam>},
    Choice{"AdamW", adam_with_decoupled_decay},
};

constexpr std::array rates{0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                           0.04,   0.1,    0.2,   0.5,   1.0,   2.0};
constexpr std::array decays{0.0, 0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5};
constexpr std::array batch_sizes{1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0};

const auto& find(const auto& choices, std::string_view name) {
  return *std::ranges::find(choices, name, [](const auto& choice) { return choice.name; });
}

// -------------------------------------------------------------------------------- the controls

std::string word(double number) { return fmt::format("{:g}", number); }

template <class Make>
std::string word(const Choice<Make>& choice) {
  return std::string{choice.name};
}

std::vector<std::string> words(const auto& choices) {
  std::vector<std::string> all(choices.size());
  std::ranges::transform(choices, all.begin(), [](const auto& choice) { return word(choice); });
  return all;
}

/// A choice of words, one of which is chosen initially.
Control choice_of(std::string name, std::string label, std::string help,
                  std::vector<std::string> words, std::string_view start) {
  const auto place = std::ranges::find(words, start) - words.begin();
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .start = {static_cast<double>(place)},
          .high = static_cast<double>(words.size() - 1),
          .choices = std::move(words)};
}

Control range(std::string name, std::string label, std::string help, double start, double low,
              double high, double step) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .start = {start},
          .low = low,
          .high = high,
          .step = step};
}

// -------------------------------------------------------------------------------- the training

/// The options of nn::Training for a recipe.
nn::TrainingOptions options_of(const Recipe& recipe) {
  nn::TrainingOptions options{
      .epochs = recipe.epochs, .batches = {.size = recipe.batch_size}, .seed = recipe.seed};
  if (recipe.rate_falls) {
    options.steps.schedule = [](const nn::Progress& p) { return 1 - p.epoch / p.epochs; };
  }
  return options;
}

// ------------------------------------------------------------------------------------ the code

/// He is not meant for the last layer, which has no ReLU after it.
std::string_view last_initializer(const Recipe& recipe) {
  return recipe.initializer == "He" ? "Glorot" : std::string_view{recipe.initializer};
}

}  // namespace

// --------------------------------------------------------------------------------- the network

void Plan::hidden(std::size_t inputs, std::size_t outputs) {
  const auto& initializer = find(initializers, recipe_.initializer);
  add(nn::Dense{inputs, outputs, initializer.make(random_)},
      fmt::format("nn::Dense{{{}, {}, {}}}", inputs, outputs, initializer.code));
  activation();
  dropout();
  end_line();
}

void Plan::convolution(std::size_t channels, std::size_t filters, std::size_t kernel) {
  const auto& initializer = find(initializers, recipe_.initializer);
  add(nn::Convolution{channels, filters, {.kernel = kernel}, initializer.make(random_)},
      fmt::format("nn::Convolution{{{}, {}, {{.kernel = {}}}, {}}}", channels, filters, kernel,
                  initializer.code));
  add(nn::MaxPool{2}, "nn::MaxPool{2}");
  activation();
  end_line();
}

void Plan::output(std::size_t inputs, std::size_t outputs) {
  const auto& initializer = find(initializers, last_initializer(recipe_));
  add(nn::Dense{inputs, outputs, initializer.make(random_)},
      fmt::format("nn::Dense{{{}, {}, {}}}", inputs, outputs, initializer.code));
  end_line();
}

void Plan::dense_layers(std::size_t inputs, std::size_t outputs) {
  for (const std::size_t width : recipe_.widths) {
    if (width == 0) continue;
    hidden(inputs, width);
    inputs = width;
  }
  output(inputs, outputs);
}

void Plan::activation() {
  const auto& function = find(activations, recipe_.activation);
  function.make(network_);
  line_.emplace_back(function.code);
}

void Plan::dropout() {
  if (recipe_.dropout == 0) return;
  add(nn::Dropout{recipe_.dropout, random_},
      fmt::format("nn::Dropout{{{:g}, random}}", recipe_.dropout));
}

void Plan::end_line() {
  lines_.push_back(fmt::format("      {}", fmt::join(std::exchange(line_, {}), ", ")));
}

std::string Plan::code() const {
  const std::string layers = fmt::format("{}", fmt::join(lines_, ",\n"));
  const bool draws = layers.find("random") != std::string::npos;
  return fmt::format(
      "{}"
      "  nn::Sequential network{{\n"
      "{}}};\n",
      draws ? fmt::format("  nn::Random random{{{}}};\n", recipe_.seed) : "", layers);
}

// -------------------------------------------------------------------------------- the training

void LearningFigure::begin_training(const Plan& plan, const Recipe& recipe,
                                    const nn::Dataset& set) {
  training_.reset();
  network_ = plan.network();
  if (set.size() == 0) return;
  training_.emplace(network_, nn::SoftmaxCrossEntropy{},
                    find(optimizers, recipe.optimizer).make(recipe), set, options_of(recipe));
}

bool LearningFigure::step() {
  if (training_->step()) return true;
  if (training_->history().divergence) {
    constexpr nn::real nan = std::numeric_limits<nn::real>::quiet_NaN();
    for (nn::Parameter* const parameter : network_.parameters()) parameter->value.fill(nan);
  }
  return false;
}

void LearningFigure::show_training() {
  if (training_ && !training_->outputs().empty()) show("outputs", training_->outputs());
  show("gradients", all(&nn::Parameter::gradient));
  show("parameters", all(&nn::Parameter::value));
}

Values LearningFigure::all(nn::Tensor nn::Parameter::* part) const {
  Values all;
  for (const nn::Parameter* const p : network_.parameters()) {
    const std::span<const nn::real> values = (p->*part).values();
    all.numbers.insert(all.numbers.end(), values.begin(), values.end());
  }
  all.shape = {all.numbers.size()};
  return all;
}

// ---------------------------------------------------------------------------------- the figure

std::vector<Control> LearningFigure::recipe_controls(const Recipe& start, std::size_t most_epochs,
                                                     std::size_t widest) {
  std::vector<Control> all{
      {.name = "widths",
       .label = "Neurons in the hidden layers",
       .help = "First to last; 0 leaves a layer out.",
       .start = {start.widths.begin(), start.widths.end()},
       .high = static_cast<double>(widest),
       .step = 1,
       .columns = start.widths.size()},
      choice_of("activation", "Activation", "What each hidden layer does to its sums (chapter 2).",
                words(activations), start.activation),
      choice_of("initializer", "Initializer",
                "The initial weights (chapter 7). With He, the last layer gets Glorot.",
                words(initializers), start.initializer),
      choice_of("optimizer", "Optimizer", "How a gradient becomes a step (chapter 5).",
                words(optimizers), start.optimizer),
      choice_of("rate", "Learning rate",
                "Scales every step. If it is too small, learning is slow; if too large, the cost "
                "diverges.",
                words(rates), word(start.rate)),
      a_switch("falls", "The rate falls", "Linearly, to 0 at the end of the last epoch.",
               start.rate_falls),
      choice_of("batch", "Batch size", "The number of samples per step (chapter 6).",
                words(batch_sizes), std::to_string(start.batch_size)),
      range("dropout", "Dropout", "The fraction of the hidden outputs dropped in training.",
            start.dropout, 0, 0.8, 0.05),
      choice_of("decay", "Weight decay", "How strongly each step shrinks the weights.",
                words(decays), word(start.weight_decay)),
      range("epochs", "Epochs", "Passes over the training set; then it stops.",
            static_cast<double>(start.epochs), 1, static_cast<double>(most_epochs), 1),
      range("seed", "Seed", "Determines the initial weights and the order of the samples.",
            static_cast<double>(start.seed), 1, 50, 1),
  };
  for (Control& control : all) {
    control.more = control.name != "rate" && control.name != "dropout" && control.name != "decay";
  }
  return all;
}

Recipe LearningFigure::recipe() const {
  Recipe recipe{.activation = choice("activation"),
                .initializer = choice("initializer"),
                .optimizer = choice("optimizer"),
                .rate = rates.at(count("rate")),
                .rate_falls = is_on("falls"),
                .weight_decay = decays.at(count("decay")),
                .dropout = number("dropout"),
                .batch_size = static_cast<std::size_t>(batch_sizes.at(count("batch"))),
                .epochs = count("epochs"),
                .seed = count("seed")};
  for (const double width : numbers("widths")) {
    recipe.widths.push_back(static_cast<std::size_t>(width));
  }
  return recipe;
}

std::string cost_in_words(double cost) {
  if (!std::isfinite(cost)) return "a cost that is no longer a number";
  return cost < 1'000 ? fmt::format("cost {:.4f}", cost) : fmt::format("cost {:.1e}", cost);
}

// ------------------------------------------------------------------------------------ the code

std::string literal(double number) {
  std::string text = word(number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text + "F";
}

std::string training_code(const Recipe& recipe, std::string_view sets) {
  std::string options = fmt::format(".learning_rate = {}", literal(recipe.rate));
  if (recipe.weight_decay != 0) {
    options += fmt::format(", .weight_decay = {}", literal(recipe.weight_decay));
  }
  const bool decoupled = recipe.optimizer == "AdamW";
  if (decoupled) options += ", .decoupled = true";
  std::string fit = fmt::format(".epochs = {}, .batches = {{.size = {}}}, .seed = {}",
                                recipe.epochs, recipe.batch_size, recipe.seed);
  if (recipe.rate_falls) {
    fit +=
        ",\n               .steps = {.schedule = [](const nn::Progress& p) {\n"
        "                 return 1 - p.epoch / p.epochs;\n"
        "               }}";
  }
  return fmt::format(
      "  nn::Trainer trainer{{network, nn::SoftmaxCrossEntropy{{}},\n"
      "                      nn::{}{{{{{}}}}}}};\n"
      "  trainer.watch(nn::Accuracy{{}});\n"
      "  trainer.observe(nn::Reporter{{}});\n"
      "  trainer.fit({},\n"
      "              {{{}}});\n",
      decoupled ? "Adam" : recipe.optimizer, options, sets, fit);
}

std::string evaluation_code(std::string_view head, std::string_view set) {
  return fmt::format(
      "  std::puts(nn::to_line(\"{}\", trainer.evaluate({}), {{\"accuracy\"}}).c_str());\n", head,
      set);
}

}  // namespace live
