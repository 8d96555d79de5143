module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

module live.figures;

import nn.activation;
import nn.backprop;
import nn.dense;
import nn.initializers;
import nn.random;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

constexpr std::size_t samples = 200;
constexpr std::size_t bars = 21;

/// Ways to initialize, those of the chapter and the reader's own: each fills a layer's weights.
struct Start {
  std::string name;
  std::function<void(Tensor&, nn::Fan)> fill;
};

std::vector<Start> starts(nn::Random& random, double deviation) {
  return {{"zero", nn::Constant{0}},
          {"too small", nn::RandomNormal{random, 0.01}},
          {"too large", nn::RandomNormal{random, 0.5}},
          {"He", nn::He{random}},
          {"Glorot", nn::Glorot{random}},
          {"your own", nn::RandomNormal{random, deviation}}};
}

/// Root mean square: how large the numbers of a tensor are.
double size_of(const Tensor& tensor) {
  double squares = 0;
  for (const double x : tensor.values()) squares += x * x;
  return std::sqrt(squares / static_cast<double>(tensor.size()));
}

/// 200 samples of random numbers.
Tensor random_rows(nn::Random& random, std::size_t width) {
  Tensor rows{Shape{samples, width}};
  for (real& x : rows.values()) x = static_cast<real>(random.normal());
  return rows;
}

/// The largest absolute value.
double reach_of(const Tensor& tensor) {
  double reach = 0;
  for (const double x : tensor.values()) reach = std::max(reach, std::abs(x));
  return reach;
}

/// The fraction of the numbers in each interval, from -reach to reach.
std::vector<double> histogram(const Tensor& tensor, double reach) {
  std::vector<double> shares(bars, 0.0);
  for (const double x : tensor.values()) {
    const double place = reach > 0 ? (x / reach + 1) / 2 : 0.5;
    const auto bar = static_cast<std::size_t>(place * static_cast<double>(bars));
    shares[std::min(bar, bars - 1)] += 1 / static_cast<double>(tensor.size());
  }
  return shares;
}

/// The sizes of a signal on its way through the layers, and of the gradient that comes back.
struct Journey {
  std::string name;
  std::vector<double> forward;   ///< The size of the signal before, and after each layer.
  std::vector<double> backward;  ///< The size of the message in the same places.
  std::vector<double> reaches;   ///< The largest number after each layer.
  std::vector<double> shares;    ///< The histograms of all layers, one after the other.
};

Journey travel(const Start& start, std::vector<nn::Sequential>& layers, Tensor signal,
               Tensor message) {
  Journey journey;
  journey.name = start.name;
  journey.forward.push_back(size_of(signal));
  for (nn::Sequential& layer : layers) {
    signal = layer.forward(signal);
    journey.forward.push_back(size_of(signal));
    journey.reaches.push_back(reach_of(signal));
    const std::vector<double> shares = histogram(signal, journey.reaches.back());
    journey.shares.insert(journey.shares.end(), shares.begin(), shares.end());
  }
  journey.backward.push_back(size_of(message));
  for (std::size_t i = layers.size(); i > 0; --i) {
    message = layers[i - 1].backward(message);
    journey.backward.push_back(size_of(message));
  }
  std::ranges::reverse(journey.backward);
  return journey;
}

/// A signal goes through many untrained layers, and a message comes back; both are measured after
/// each layer. The initial settings are those of sections 7.2 and 7.5.
class VarianceFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    return {
        {.name = "activation",
         .label = "Activation",
         .help = "What follows each layer. ReLU drops half of a signal, and tanh limits it to 1.",
         .start = {0},
         .high = 3,
         .step = 1,
         .choices = {"ReLU", "tanh", "sigmoid", "none"}},
        {.name = "start",
         .label = "Initializer to inspect",
         .help = "The one whose numbers the small pictures show, layer by layer.",
         .start = {3},
         .high = 5,
         .step = 1,
         .choices = {"zero", "too small", "too large", "He", "Glorot", "your own"},
         .restarts = false},
        {.name = "deviation",
         .label = "Your own standard deviation",
         .help = "A sixth initializer: normal, with this standard deviation, whatever the width.",
         .start = {0.1},
         .high = 0.5,
         .step = 0.005},
        {.name = "depth",
         .label = "Layers",
         .help = "Each one multiplies the size of the signal once more.",
         .start = {10},
         .low = 1,
         .high = 15,
         .step = 1},
        {.name = "width",
         .label = "Neurons",
         .help = "The width of each layer; it is n in the formulas.",
         .start = {100},
         .low = 10,
         .high = 150,
         .step = 10}};
  }

 protected:
  void begin() override {
    nn::Random random{1};
    nn::Random back{2};
    const Tensor signal = random_rows(random, count("width"));
    const Tensor message = random_rows(back, count("width"));
    journeys_.clear();
    for (const Start& start : starts(random, number("deviation"))) {
      std::vector<nn::Sequential> layers;
      layers.reserve(count("depth"));
      for (std::size_t i = 0; i < count("depth"); ++i) layers.push_back(layer(start));
      journeys_.push_back(travel(start, layers, signal, message));
    }
  }

  void update() override {
    Values forward{.numbers = {}, .shape = {journeys_.size(), count("depth") + 1}};
    Values backward = forward;
    for (const Journey& journey : journeys_) {
      for (const double size : journey.forward) forward.numbers.push_back(static_cast<float>(size));
      for (const double size : journey.backward) {
        backward.numbers.push_back(static_cast<float>(size));
      }
    }
    show("forward", std::move(forward));
    show("backward", std::move(backward));
    tell_table();
    look_into(journeys_.at(count("start")));
  }

 private:
  [[nodiscard]] nn::Sequential layer(const Start& start) const {
    const std::size_t n = count("width");
    const nn::Dense dense{n, n, start.fill};
    const std::string activation = choice("activation");
    if (activation == "ReLU") return nn::Sequential{dense, nn::ReLU{}};
    if (activation == "tanh") return nn::Sequential{dense, nn::Tanh{}};
    if (activation == "sigmoid") return nn::Sequential{dense, nn::Sigmoid{}};
    return nn::Sequential{dense};
  }

  /// The table of the chapter, with the message at the input in the last column.
  void tell_table() {
    std::vector<std::size_t> places{1, 2, 5, 10};
    std::erase_if(places, [this](std::size_t place) { return place >= count("depth"); });
    places.push_back(count("depth"));
    std::string words = "after layer";
    for (const std::size_t place : places) words += fmt::format("\t{}", place);
    words += "\tback at the input";
    for (const Journey& journey : journeys_) {
      words += "\n" + journey.name;
      for (const std::size_t place : places)
        words += fmt::format("\t{:.2g}", journey.forward[place]);
      words += fmt::format("\t{:.2g}", journey.backward.front());
    }
    tell("table", words);
  }

  /// The histograms of one of them, and what happened to its signal.
  void look_into(const Journey& journey) {
    Values shares{.numbers = {}, .shape = {journey.reaches.size(), bars}};
    for (const double share : journey.shares) shares.numbers.push_back(static_cast<float>(share));
    show("shares", std::move(shares));
    std::string words;
    for (std::size_t i = 0; i < journey.reaches.size(); ++i) {
      words += fmt::format("layer {}: up to {:.2g}\n", i + 1, journey.reaches[i]);
    }
    tell("layers", words);
    tell("summary",
         fmt::format(
             "{}, with {}: after {} layers the signal is {:.2g} and {}; the message is {:.2g} "
             "when it is back at the input and {}.",
             journey.name, count("activation") == 3 ? "no function" : choice("activation"),
             count("depth"), journey.forward.back(), fate_of_signal(journey),
             journey.backward.front(), fate(journey.backward.front())));
  }

  /// tanh is never more than 1, so its signal can be large and still be lost.
  [[nodiscard]] std::string fate_of_signal(const Journey& journey) const {
    const double ends = journey.shares[journey.shares.size() - bars] + journey.shares.back();
    if (choice("activation") != "tanh" || ends < 0.5) return fate(journey.forward.back());
    return fmt::format("is saturated, {:.0f} % of it at the two ends", 100 * ends);
  }

  [[nodiscard]] static std::string fate(double size) {
    if (size < 1e-3) return "has vanished";
    if (size < 0.1) return "is fading";
    if (size > 100) return "has exploded";
    return size > 10 ? "is growing" : "is alive";
  }

  std::vector<Journey> journeys_;
};

}  // namespace

std::unique_ptr<Figure> variance() { return std::make_unique<VarianceFigure>(); }

}  // namespace live
