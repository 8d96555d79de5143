module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module live.figures;

import live.recipes;
import nn.activation;

namespace live {

using namespace std::string_literals;

namespace {

constexpr std::size_t most_classes = 3;
constexpr std::size_t held_out_count = 200;  ///< Points in addition to the training points.
constexpr std::size_t across = 48;           ///< The surface has this many squares in a row.
constexpr double edge = 1.25;                ///< The picture goes from −edge to edge.

struct Point {
  double x, y;
  std::size_t label;
};

// ---------------------------------------------------------------------------------- the points

/// Three arms around the middle.
Point spiral(std::size_t index, nn::Random& random) {
  const double way = std::sqrt(random.uniform());
  const double angle = 2 * std::numbers::pi * (way + static_cast<double>(index % 3) / 3);
  return {way * std::cos(angle), way * std::sin(angle), index % 3};
}

/// Two half circles, each with one end inside the other.
Point moon(std::size_t index, nn::Random& random) {
  const double angle = random.uniform(0, std::numbers::pi);
  const double turn = index % 2 == 0 ? 1 : -1;
  return {turn * (0.65 * std::cos(angle) - 0.3), turn * (0.65 * std::sin(angle) - 0.2), index % 2};
}

/// A ring around a disc.
Point circle(std::size_t index, nn::Random& random) {
  const double angle = random.uniform(0, 2 * std::numbers::pi);
  const double radius =
      index % 2 == 0 ? 0.45 * std::sqrt(random.uniform()) : random.uniform(0.7, 0.9);
  return {radius * std::cos(angle), radius * std::sin(angle), index % 2};
}

constexpr std::array shapes{spiral, moon, circle};
constexpr std::size_t own = shapes.size();

nn::Dataset dataset(std::span<const Point> points) {
  if (points.empty()) return {};
  nn::Tensor inputs{nn::Shape{points.size(), 2}};
  nn::Labels labels;
  for (std::size_t i = 0; i < points.size(); ++i) {
    inputs(i, 0UL) = static_cast<nn::real>(points[i].x);
    inputs(i, 1UL) = static_cast<nn::real>(points[i].y);
    labels.push_back(points[i].label);
  }
  return {.inputs = std::move(inputs), .targets = std::move(labels)};
}

/// The middles of all squares, row by row from above.
const nn::Tensor& squares() {
  static const nn::Tensor all = [] {
    nn::Tensor grid{nn::Shape{across * across, 2}};
    for (std::size_t i = 0; i < across * across; ++i) {
      const auto middle = [](std::size_t place) {
        return static_cast<nn::real>(edge * (2 * (static_cast<double>(place) + 0.5) / across - 1));
      };
      grid(i, 0UL) = middle(i % across);
      grid(i, 1UL) = -middle(i / across);
    }
    return grid;
  }();
  return all;
}

/// What comes before an element of a list that spans several lines.
std::string_view before(std::size_t index, std::size_t in_line) {
  if (index == 0) return "";
  return index % in_line == 0 ? ",\n              " : ", ";
}

/// `{0.12F, -0.5F}, …`
std::string code_of(const nn::Tensor& rows) {
  std::string text;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    text += fmt::format("{}{{{}, {}}}", before(i, 4), literal(rows(i, 0UL)), literal(rows(i, 1UL)));
  }
  return text;
}

std::string code_of(const nn::Labels& labels) {
  std::string text;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    text += fmt::format("{}{}", before(i, 25), labels[i]);
  }
  return text;
}

std::string code_of(const std::string& name, const nn::Dataset& set) {
  return fmt::format(
      "\nnn::Dataset {}() {{\n"
      "  return {{.inputs = {{{}}},\n"
      "          .targets = nn::Labels{{{}}}}};\n"
      "}}\n",
      name, code_of(set.inputs), code_of(set.targets.labels()));
}

// ---------------------------------------------------------------------------------- the figure

/// Points of a few classes in the plane, and how a network divides the plane while it learns them.
/// A step is an epoch.
class PlaneFigure final : public LearningFigure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<Control> all = controls_of_points();
    for (Control& control : recipe_controls(start(), 1'000, 128)) all.push_back(std::move(control));
    return all;
  }

  [[nodiscard]] std::size_t last_step() const override {
    return split_.training.size() == 0 ? 0 : recipe_.epochs;
  }

 protected:
  void begin() override {
    recipe_ = recipe();
    split_ = points();
    Plan plan{recipe_};
    plan.dense_layers(2, classes());
    begin_training(plan, recipe_, split_.training);
    epochs_ = training_costs_ = held_out_costs_ = {};
    if (split_.training.size() > 0) measure(0);
    show_points();
    tell("code", code(plan));
  }

  void advance() override {
    while (step()) {
    }
    training().end_epoch();
    measure(steps() + 1);
  }

  void update() override {
    show("surface", surface());
    show("epochs", epochs_);
    show("training cost", training_costs_);
    show("held-out cost", held_out_costs_);
    show_training();
    tell("summary", summary());
  }

 private:
  static Recipe start() {
    return {.widths = {64, 64, 0},
            .optimizer = "GradientDescent",
            .rate = 0.04,
            .batch_size = 5,
            .epochs = 300};
  }

  static std::vector<Control> controls_of_points() {
    return {{.name = "shape",
             .label = "Points",
             .help = "The spiral has three classes, the others have two.",
             .start = {1},
             .high = own,
             .choices = {"spiral", "moons", "circles", "my own"}},
            {.name = "count",
             .label = "Points to learn from",
             .help = "200 more are held out. Of your own points, every fourth is held out.",
             .start = {60},
             .low = 10,
             .high = 400,
             .step = 10},
            {.name = "noise",
             .label = "Noise",
             .help = "How far points are from their exact place (standard deviation).",
             .start = {0.2},
             .high = 0.5,
             .step = 0.02},
            {.name = "class",
             .label = "Class of the next point",
             .help = "For your own points: what a click or Enter adds to the picture.",
             .start = {0},
             .high = most_classes - 1,
             .choices = {"disc", "square", "triangle"},
             .restarts = false},
            {.name = "points",
             .label = "My own points",
             .help = "x, y and the class of each.",
             .start = {},
             .low = -2,
             .high = 2,
             .free = true}};
  }

  [[nodiscard]] nn::Split points() const {
    if (count("shape") == own) return own_points();
    nn::Random random = nn::Random{recipe_.seed}.stream(1);
    std::vector<Point> all;
    for (std::size_t i = 0; i < count("count") + held_out_count; ++i) {
      const Point point = shapes.at(count("shape"))(i, random);
      all.push_back({.x = thousandth(point.x + random.normal(0, number("noise"))),
                     .y = thousandth(point.y + random.normal(0, number("noise"))),
                     .label = point.label});
    }
    const std::span span{all};
    return {dataset(span.first(count("count"))), dataset(span.subspan(count("count"))), {}};
  }

  /// The points in the page's control, three numbers per point.
  [[nodiscard]] nn::Split own_points() const {
    const std::span<const double> list = numbers("points");
    std::vector<Point> all;
    for (std::size_t i = 0; i + 3 <= list.size(); i += 3) {
      const double label = std::clamp(std::round(list[i + 2]), 0.0, double{most_classes - 1});
      all.push_back({.x = thousandth(list[i]),
                     .y = thousandth(list[i + 1]),
                     .label = static_cast<std::size_t>(label)});
    }
    if (all.empty()) return {};
    return nn::split(dataset(all), nn::Fractions{.validation = 0.25});
  }

  /// Rounded, so that the program below has the very same points.
  static double thousandth(double number) { return std::round(number * 1'000) / 1'000; }

  /// The number of classes with points, but at least two, because one class is nothing to learn.
  [[nodiscard]] std::size_t classes() const {
    std::size_t last = 1;
    for (const nn::Dataset* set : {&split_.training, &split_.validation}) {
      for (const std::size_t label : set->targets.labels()) last = std::max(last, label);
    }
    return last + 1;
  }

  void measure(std::size_t epoch) {
    epochs_.push_back(static_cast<double>(epoch));
    training_ = evaluate(split_.training);
    training_costs_.push_back(training_.cost);
    if (split_.validation.size() == 0) return;
    held_out_ = evaluate(split_.validation);
    held_out_costs_.push_back(held_out_.cost);
  }

  [[nodiscard]] nn::Evaluation evaluate(const nn::Dataset& set) const {
    return nn::evaluate(network(), nn::SoftmaxCrossEntropy{}, set, nn::Accuracy{});
  }

  /// The probabilities of all classes for each square of the plane.
  [[nodiscard]] Values surface() const {
    const nn::Tensor y = nn::Softmax{}.predict(network().predict(squares()));
    return {.numbers = {y.data(), y.data() + y.size()}, .shape = {across, across, y.columns()}};
  }

  /// x and y from −1 to 1 across the picture, the class, and whether it is held out.
  void show_points() {
    Values all{.numbers = {}, .shape = {split_.training.size() + split_.validation.size(), 4}};
    for (const nn::Dataset* set : {&split_.training, &split_.validation}) {
      for (std::size_t i = 0; i < set->size(); ++i) {
        for (const nn::real at : set->inputs.row(i))
          all.numbers.push_back(at / static_cast<nn::real>(edge));
        all.numbers.push_back(static_cast<float>(set->targets.labels()[i]));
        all.numbers.push_back(set == &split_.validation ? 1 : 0);
      }
    }
    show("points", std::move(all));
    show("edge", std::array{edge});
  }

  [[nodiscard]] std::string summary() const {
    if (split_.training.size() == 0) {
      return "No points yet. Choose a class, then click into the picture, or use its arrow keys "
             "and Enter.";
    }
    std::string text = fmt::format("Epoch {} of {}: {} on {} points to learn from, {:.1f} % right",
                                   steps(), recipe_.epochs, cost_in_words(training_.cost),
                                   split_.training.size(), 100 * training_.metrics[0]);
    if (held_out_costs_.empty()) return text + ".";
    text += fmt::format("; {} on {} held out, {:.1f} % right.", cost_in_words(held_out_.cost),
                        split_.validation.size(), 100 * held_out_.metrics[0]);
    const auto best = std::ranges::min_element(held_out_costs_) - held_out_costs_.begin();
    if (static_cast<std::size_t>(best) == steps()) return text;
    return text + fmt::format(" Held-out cost was lowest, {:.4f}, after epoch {}.",
                              held_out_costs_[static_cast<std::size_t>(best)], best);
  }

  /// The whole program; the points are at its end.
  [[nodiscard]] std::string code(const Plan& plan) const {
    if (split_.training.size() == 0) return "";
    const bool held = split_.validation.size() > 0;
    return "#include <cstdio>\n\nimport nn;\n\nnn::Dataset training_points();  // at the end\n" +
           (held ? "nn::Dataset held_out_points();\n"s : "") + "\nint main() {\n" + plan.code() +
           "\n  const nn::Dataset training = training_points();\n" +
           "  const nn::Dataset held_out" + (held ? " = held_out_points();\n"s : "{};\n"s) +
           training_code(recipe_, "training, held_out") + evaluation_code("training", "training") +
           (held ? evaluation_code("held-out", "held_out") : "") + "}\n" +
           code_of("training_points", split_.training) +
           (held ? code_of("held_out_points", split_.validation) : "");
  }

  Recipe recipe_;
  nn::Split split_;
  std::vector<double> epochs_, training_costs_, held_out_costs_;
  nn::Evaluation training_, held_out_;
};

}  // namespace

std::unique_ptr<Figure> plane() { return std::make_unique<PlaneFigure>(); }

}  // namespace live
