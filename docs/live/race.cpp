module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module live.figures;

import live.words;
import nn.adam;
import nn.descent;

namespace live {

namespace {

using nn::real;
using nn::Tensor;

constexpr std::array rates_tried{0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.09, 0.1,
                                 0.11,  0.15,  0.2,  0.3,  0.4,  0.5,  1.0,  2.0};
constexpr std::array lengths{40.0, 100.0, 200.0};
constexpr std::array start{-4.0, 1.0};
constexpr std::array area{-4.6, 3.0, -1.5, 1.5};  // the part drawn: from, to along x, along y

/// The learning rate of an optimizer, or that it does not run.
Control rate_of(std::string name, const std::string& label, double rate, std::string help) {
  std::vector<std::string> words = numerals(rates_tried);
  words.insert(words.begin(), "does not run");
  const auto place = std::ranges::find(rates_tried, rate) - rates_tried.begin() + 1;
  return {.name = std::move(name),
          .label = label + ": rate",
          .help = std::move(help),
          .start = {static_cast<double>(place)},
          .high = static_cast<double>(rates_tried.size()),
          .step = 1,
          .choices = words};
}

/// Two digits, as in the chapter; for large numbers the first two.
std::string short_number(double value) {
  if (std::abs(value) >= 1e4) return fmt::format("{:.1e}", value);
  return fmt::format("{:.2f}", std::abs(value) < 0.005 ? 0.0 : value);
}

/// A walker: an optimizer, its place, and its path.
struct Walker {
  nn::AnyOptimizer optimizer;
  nn::Parameter place{"place", Tensor{static_cast<real>(start[0]), static_cast<real>(start[1])}};
  std::vector<real> path{place.value(0), place.value(1)};
  bool lost = false;  // further away than a float can represent
};

/// Four optimizers walk through one valley, f(x, y) = (x² + a y²) / 2.
class RaceFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    return {
        rate_of("descent", "GradientDescent", 0.09,
                "Above 2 / steepness, its steps across the valley become longer and longer."),
        rate_of("momentum", "Momentum", 0.03,
                "Momentum needs a smaller rate, because its velocity makes the steps up to "
                "1 / (1 − μ) times as long."),
        {.name = "mu",
         .label = "Momentum: μ",
         .help = "The fraction of its velocity that it keeps in each step; with 0 it is gradient "
                 "descent.",
         .start = {0.8},
         .high = 0.99,
         .step = 0.01},
        rate_of("rmsprop", "RMSProp", 0.1,
                "About the length of its steps, however steep the valley is."),
        rate_of("adam", "Adam", 0.4,
                "The length of its first step in each direction; it overshoots if that is long."),
        {.name = "steepness",
         .label = "The valley",
         .help = "How many times steeper it is across than along; with 1 it is round.",
         .start = {20},
         .low = 1,
         .high = 50,
         .step = 1},
        {.name = "length",
         .label = "Steps",
         .help = "When the race ends. After 40, Adam is still swinging.",
         .start = {0},
         .high = lengths.size() - 1,
         .step = 1,
         .choices = numerals(lengths)}};
  }

  [[nodiscard]] std::size_t last_step() const override {
    return static_cast<std::size_t>(lengths.at(count("length")));
  }

 protected:
  void begin() override {
    walkers_.clear();
    const auto enter = [this](std::string_view name, auto make) {
      if (count(name) > 0)
        walkers_.push_back({make(static_cast<real>(rates_tried.at(count(name) - 1)))});
    };
    const auto mu = static_cast<real>(number("mu"));
    enter("descent", [](real rate) { return nn::GradientDescent{{.learning_rate = rate}}; });
    enter("momentum",
          [mu](real rate) { return nn::Momentum{{.learning_rate = rate, .momentum = mu}}; });
    enter("rmsprop", [](real rate) { return nn::RMSProp{{.learning_rate = rate, .alpha = 0.9F}}; });
    enter("adam", [](real rate) { return nn::Adam{{.learning_rate = rate}}; });
    show_valley();
  }

  void advance() override {
    const auto steepness = static_cast<real>(number("steepness"));
    for (Walker& w : walkers_) {
      if (w.lost) continue;
      w.place.gradient(0) = w.place.value(0);
      w.place.gradient(1) = steepness * w.place.value(1);
      w.optimizer.step(std::array{&w.place});
      w.lost = !std::isfinite(cost_of(w));
      if (!w.lost) w.path.insert(w.path.end(), {w.place.value(0), w.place.value(1)});
    }
  }

  void update() override {
    std::string names;
    std::string places;
    std::string costs;
    for (std::size_t i = 0; i < walkers_.size(); ++i) {
      const Walker& w = walkers_[i];
      show(fmt::format("path {}", i),
           Values{.numbers = {w.path.begin(), w.path.end()}, .shape = {w.path.size() / 2, 2}});
      names += w.optimizer.name() + "\n";
      places += w.lost ? "out of sight\n"
                       : fmt::format("({}, {})\n", short_number(w.place.value(0)),
                                     short_number(w.place.value(1)));
      costs += cost_in_words(w) + "\n";
    }
    tell("names", names);
    tell("places", places);
    tell("costs", costs);
    tell_summary();
  }

 private:
  [[nodiscard]] double cost_at(double x, double y) const {
    return (x * x + number("steepness") * y * y) / 2;
  }
  [[nodiscard]] double cost_of(const Walker& w) const {
    return static_cast<real>(cost_at(w.place.value(0), w.place.value(1)));
  }
  [[nodiscard]] bool flies_apart(const Walker& w) const {
    return !(cost_of(w) <= cost_at(start[0], start[1]));
  }

  [[nodiscard]] std::string cost_in_words(const Walker& w) const {
    if (w.lost) return "inf";
    const double cost = cost_of(w);
    return cost >= 1e4 ? fmt::format("{:.1e}", cost) : fmt::format("{:.4f}", cost);
  }

  /// The cost at the points of a grid, for the contour lines, and the costs that get a line.
  void show_valley() {
    constexpr std::size_t rows = 61;
    constexpr std::size_t columns = 97;
    Tensor costs{nn::Shape{rows, columns}};
    for (std::size_t i = 0; i < rows; ++i) {
      const double y = area[2] + (area[3] - area[2]) * static_cast<double>(i) / (rows - 1);
      for (std::size_t j = 0; j < columns; ++j) {
        const double x = area[0] + (area[1] - area[0]) * static_cast<double>(j) / (columns - 1);
        costs(i, j) = static_cast<real>(cost_at(x, y));
      }
    }
    show("costs", costs);
    show("area", area);
    show("levels", std::array{0.25, 1.0, 2.5, 5.0, 8.0, 12.0, 18.0, 26.0, 36.0, 50.0});
  }

  void tell_summary() {
    if (walkers_.empty() || steps() == 0) {
      tell("summary", fmt::format("At the start ({:g}, {:g}) the cost is {:g}.", start[0], start[1],
                                  cost_at(start[0], start[1])));
      return;
    }
    std::vector<std::pair<double, const Walker*>> order;
    std::string apart;
    for (const Walker& w : walkers_) {
      if (flies_apart(w)) {
        apart += fmt::format(" {} diverges: its learning rate is too large.", w.optimizer.name());
      } else {
        order.emplace_back(cost_of(w), &w);
      }
    }
    std::ranges::sort(order);
    std::string ranks;
    for (const auto& [cost, w] : order) {
      ranks += fmt::format("{}{} {}", ranks.empty() ? " the costs are: " : ", ",
                           w->optimizer.name(), cost_in_words(*w));
    }
    tell("summary",
         fmt::format("After {} {}{}{}{}", steps(), steps() == 1 ? "step" : "steps", ranks,
                     ranks.empty() ? " none is lower than at the start." : ".", apart));
  }

  std::vector<Walker> walkers_;
};

}  // namespace

std::unique_ptr<Figure> race() { return std::make_unique<RaceFigure>(); }

}  // namespace live
