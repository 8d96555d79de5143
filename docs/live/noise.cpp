module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

module live.figures;

import live.images;
import nn.activation;
import nn.dense;
import nn.training;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

constexpr std::array<std::size_t, 7> sizes{1, 3, 10, 30, 100, 300, 1000};

/// What section 6.3 measured with 55,000 images: untrained, after an epoch.
struct Measured {
  double size;
  std::array<double, 2> noise;
};
constexpr std::array chapter{Measured{1, {9.12, 22.20}}, Measured{10, {2.90, 7.31}},
                             Measured{100, {0.92, 2.35}}, Measured{1000, {0.29, 0.75}}};

/// The images that a page has.
const nn::Dataset& images() {
  static const nn::Dataset all = Images{"live", "mnist_training"}.all();
  return all;
}

/// 784-32-10, initialized as in the chapter.
nn::Sequential make_network() {
  nn::Random random{1};
  const auto uniform = [&random](Tensor& weights, nn::Fan fan) {
    const double c = std::sqrt(6.0 / static_cast<double>(fan.in + fan.out));
    for (real& w : weights.values()) w = static_cast<real>(random.uniform(-c, c));
  };
  return nn::Sequential{nn::Dense{784, 32, uniform}, nn::ReLU{}, nn::Dense{32, 10, uniform}};
}

/// As many steps as the chapter's epoch has, at the rate 0.1, in batches of 100.
void train(nn::Sequential& network) {
  constexpr std::size_t steps = 550;
  nn::Training training{network,
                        nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.1F}},
                        images(),
                        {.epochs = steps, .batches = {.size = 100, .shuffle = false}}};
  for (std::size_t i = 0; i < steps; ++i) {
    if (training.is_epoch_complete()) training.end_epoch();
    training.step();
  }
}

/// The gradient of a batch's cost with respect to all parameters, in one row.
std::vector<double> gradient(nn::Sequential& network, const nn::Batch& batch) {
  const Tensor logits = network.forward(batch.inputs);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  std::vector<double> all;
  for (const nn::Parameter* const parameter : network.parameters()) {
    all.insert(all.end(), parameter->gradient.values().begin(), parameter->gradient.values().end());
  }
  return all;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// A batch's gradient relative to the gradient of all images, whose length is the unit: its
/// component in the same direction, and the rest.
struct Arrow {
  double along;
  double across;
  /// The square of its distance to the gradient of all, which is (1, 0).
  [[nodiscard]] double error() const { return (along - 1) * (along - 1) + across * across; }
};

/// A network, and the gradient of all images there.
struct Place {
  nn::Sequential network;
  std::vector<double> whole;
  double single = 0;  ///< The noise of one image: s, in lengths of the gradient.

  explicit Place(bool trained) : network{make_network()} {
    if (trained) train(network);
    whole = gradient(network, images());
    const auto singles = nn::Batches{images(), {.size = 1}, nn::Random{1}}.epoch(1);
    constexpr std::size_t count = 500;
    for (std::size_t i = 0; i < count; ++i) single += arrow(singles[i]).error() / count;
    single = std::sqrt(single);
  }

  Arrow arrow(const nn::Batch& batch) {
    const std::vector<double> g = gradient(network, batch);
    const double squares = product(whole, whole);
    const double along = product(g, whole) / squares;
    const double across = std::max(0.0, product(g, g) / squares - along * along);
    return {.along = along, .across = std::sqrt(across)};
  }
};

/// Gradients of batches around that of all images: section 6.3 with the images that a page has.
class NoiseFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<std::string> words;
    words.reserve(sizes.size());
    for (const std::size_t size : sizes) words.push_back(fmt::format("{}", size));
    return {
        {.name = "size",
         .label = "Images in a batch",
         .help =
             "The number of images that each gradient averages; a hundred times as many reduce the "
             "noise to a tenth.",
         .start = {4},
         .high = static_cast<double>(sizes.size() - 1),
         .step = 1,
         .choices = words},
        {.name = "weights",
         .label = "Weights",
         .help = "Where the gradients are taken; the epoch of the chapter has 550 steps too.",
         .start = {0},
         .high = 1,
         .step = 1,
         .choices = {"untrained", "after 550 steps"}},
        {.name = "seed",
         .label = "Seed",
         .help = "A different seed draws different batches.",
         .start = {2},
         .high = 20,
         .step = 1}};
  }

  [[nodiscard]] std::size_t last_step() const override { return 200; }

 protected:
  void begin() override {
    std::optional<Place>& place = places_.at(count("weights"));
    if (!place) place.emplace(count("weights") == 1);
    place_ = &*place;
    arrows_.clear();
  }

  void advance() override {
    const nn::Batches batches{images(), {.size = size()}, nn::Random{count("seed")}};
    const std::size_t index = steps() % batches.count();
    if (index == 0) epoch_ = batches.epoch(1 + steps() / batches.count());
    arrows_.push_back(place_->arrow((*epoch_)[index]));
  }

  void update() override {
    Values points{.numbers = {}, .shape = {arrows_.size(), 2}};
    for (const Arrow& arrow : arrows_) {
      points.numbers.push_back(static_cast<float>(arrow.along));
      points.numbers.push_back(static_cast<float>(arrow.across));
    }
    show("points", std::move(points));
    show("law", std::array{law()});
    show_curves();
    tell("summary", arrows_.empty() ? before() : after());
  }

 private:
  [[nodiscard]] std::size_t size() const { return sizes.at(count("size")); }
  /// The noise that the derivation predicts for batches of this size.
  [[nodiscard]] double law() const { return place_->single / std::sqrt(size()); }
  [[nodiscard]] double noise() const {
    double squares = 0;
    for (const Arrow& arrow : arrows_) squares += arrow.error();
    return std::sqrt(squares / static_cast<double>(arrows_.size()));
  }

  /// Noise by batch size: the law, what the chapter measured, and what is measured here.
  void show_curves() {
    std::vector<double> line;
    for (const std::size_t size : sizes) {
      line.push_back(static_cast<double>(size));
      line.push_back(place_->single / std::sqrt(size));
    }
    std::vector<double> points;
    for (const Measured& measured : chapter) {
      points.push_back(measured.size);
      points.push_back(measured.noise.at(count("weights")));
    }
    show("line", line);
    show("chapter", points);
    std::vector<double> here;
    if (!arrows_.empty()) here = {static_cast<double>(size()), noise()};
    show("here", here);
  }

  [[nodiscard]] std::string before() const {
    std::string words = fmt::format(
        "Batches of {}: the law predicts a noise of {:.2f} / √{} = {:.2f} gradient lengths.",
        size(), place_->single, size(), law());
    for (const Measured& measured : chapter) {
      if (measured.size != static_cast<double>(size())) continue;
      words += fmt::format(" Section 6.3 measured {:.2f}.", measured.noise.at(count("weights")));
    }
    return words + " No batch is drawn yet.";
  }

  [[nodiscard]] std::string after() const {
    const Arrow& last = arrows_.back();
    const double degrees = std::atan2(last.across, last.along) * 180 / std::numbers::pi;
    return fmt::format(
        "{} batches of {}: the noise is {:.2f} gradient lengths, and the law predicts {:.2f}. The "
        "gradient of the last batch points {:.0f}° away and is {:.2f} times as long.",
        arrows_.size(), size(), noise(), law(), degrees, std::hypot(last.along, last.across));
  }

  std::array<std::optional<Place>, 2> places_;
  Place* place_ = nullptr;
  std::optional<nn::Batches::Epoch> epoch_;
  std::vector<Arrow> arrows_;
};

}  // namespace

std::unique_ptr<Figure> noise() { return std::make_unique<NoiseFigure>(); }

}  // namespace live
