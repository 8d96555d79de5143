module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module live.figures;

import live.inside;
import live.readers;
import live.seen;
import live.strokes;
import nn.convolution;
import nn.dataset;
import nn.files;
import nn.pictures;
import nn.text;
import nn.weights;

namespace live {

namespace {

constexpr std::size_t canvas_side = 140;  // pixels; 5 for each that the networks read
constexpr std::size_t side = 28;
constexpr std::size_t units_shown = 12;
constexpr double many = 1e9;

/// The initial drawing.
constexpr std::array<double, 94> three{
    292, 282, 317, 235, 340, 206, 378, 180, 421, 162, 443, 156, 478, 152, 523, 153, 569, 164, 589,
    172, 606, 184, 621, 200, 634, 217, 643, 236, 648, 256, 650, 277, 646, 310, 640, 330, 630, 349,
    602, 383, 585, 398, 565, 411, 500, 438, 440, 450, 520, 456, 578, 473, 610, 490, 638, 513, 667,
    551, 679, 579, 684, 620, 680, 650, 671, 681, 656, 711, 636, 737, 611, 760, 582, 780, 551, 796,
    517, 807, 483, 813, 447, 814, 413, 810, 381, 802, 351, 788, 326, 772, 305, 752, 282, 722};

/// A control whose input element the page makes itself.
Control of_the_page(std::string name, std::string label, std::string help,
                    std::vector<double> start, double high) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .start = std::move(start),
          .high = high,
          .free = true,
          .restarts = false};
}

/// The same, but not kept in the address, where a file would not fit.
Control unshared(Control control) {
  control.shared = false;
  return control;
}

/// `98.4 %`; never rounds up to 100 %.
std::string percent(double share) {
  if (share >= 0.9995) return "> 99.9 %";
  return fmt::format("{:.1f} %", 100 * share);
}

/// A canvas to draw on, the stored networks that read the drawing, and a look inside them.
class DrawFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    Control strokes = of_the_page("strokes", "Strokes", "The points of the drawing, in order.",
                                  {three.begin(), three.end()}, 1000);
    strokes.low = -1;  // between two strokes
    Control normalize = a_switch(
        "normalize", "Make it like MNIST's images",
        "Scales the ink to 20 pixels and moves its center of mass to the middle, as in the images "
        "that the networks learned from.",
        true);
    normalize.restarts = false;
    return {
        std::move(strokes),
        {.name = "width",
         .label = "Line width",
         .help =
             "In hundredths of the canvas. A thin line has less ink than the networks are used to.",
         .start = {9},
         .low = 3,
         .high = 18,
         .step = 1,
         .restarts = false},
        std::move(normalize),
        of_the_page("image", "Test image", "Its number, 0 for none.", {0}, 10'000),
        of_the_page("map", "Map",
                    "The chosen row of maps and the map in it; none: the strongest of the first.",
                    {}, 1000),
        of_the_page("unit", "Hidden unit", "The chosen unit.", {0}, units_shown - 1),
        unshared(of_the_page("picture", "Picture", "How many were loaded.", {0}, many)),
        unshared(of_the_page("network", "Network", "How many were loaded.", {0}, many)),
        unshared(of_the_page("checked", "Checked", "Test images looked at.", {0}, 10'000))};
  }

 protected:
  void begin() override {
    if (!readers_.empty()) return;
    readers_.emplace_back("MLP", nn::load_network("mlp"));
    readers_.emplace_back("CNN", nn::load_network("cnn"));
  }

  void update() override {
    if (check_test_images()) return;
    take_network();
    take_picture();
    const nn::Tensor canvas = this->canvas();
    const bool is_blank = std::ranges::max(canvas.values()) == 0;
    const nn::Tensor image = is_blank ? nn::Tensor{nn::Shape{1, side * side}} : seen(canvas);
    show("seen", image.reshaped(nn::Shape{side, side}));
    show("canvas", canvas);
    tell("source", source());
    read(image, is_blank);
    show_stages();
    tell("seen", is_blank ? "Draw a digit here." : words_of_seen(canvas, image));
    show_layers(image, is_blank);
    show_units(image);
  }

 private:
  /// One of the numbers of a control; 0 if an address has too few.
  [[nodiscard]] std::size_t whole(std::string_view control, std::size_t place = 0) const {
    const std::span<const double> values = numbers(control);
    return place < values.size() ? static_cast<std::size_t>(values[place]) : 0;
  }

  // ------------------------------------------------------------------------------ what is read

  [[nodiscard]] bool shows_picture() const { return whole("picture") > 0 && !picture_.empty(); }
  [[nodiscard]] bool shows_test_image() const { return !shows_picture() && whole("image") > 0; }

  [[nodiscard]] std::string source() const {
    if (shows_picture()) return "picture";
    return shows_test_image() ? "test image" : "drawing";
  }

  /// The drawing, brighter where there is more ink; for a picture file, its shades.
  nn::Tensor canvas() {
    if (shows_picture()) return picture_;
    if (shows_test_image()) {
      if (test_.count() == 0) test_.load();
      return test_.image(whole("image")).reshaped(nn::Shape{side, side});
    }
    constexpr double hundredths = 100;
    return image_of(strokes_of(numbers("strokes")), number("width") / hundredths, canvas_side);
  }

  /// What the networks see of it, shape (1, 784).
  [[nodiscard]] nn::Tensor seen(const nn::Tensor& canvas) const {
    if (shows_test_image()) return canvas.reshaped(nn::Shape{1, side * side});
    return is_on("normalize") ? normalized(canvas)
                              : shrunk(canvas, side).reshaped(nn::Shape{1, side * side});
  }

  [[nodiscard]] nn::Tensor normalized(const nn::Tensor& canvas) const {
    if (shows_picture()) return found_.digits[found_.largest].pixels;
    return nn::to_mnist({.brightness = with_margin(canvas)});
  }

  /// Loads a picture that the page has put into a file. If it is rejected, nothing changes.
  void take_picture() {
    if (whole("picture") == picture_taken_ || whole("picture") == 0) return;
    picture_taken_ = whole("picture");
    nn::Picture picture =
        picture_of(nn::read_whole("draw", fmt::format("picture {}", picture_taken_)));
    found_ = nn::find_digits(picture);
    picture_ = std::move(picture.brightness);
  }

  /// Loads a network that the page has put into a file, in the same way.
  void take_network() {
    if (whole("network") == network_taken_) return;
    network_taken_ = whole("network");
    if (network_taken_ > 0) {
      Reader reader{"yours", nn::load_network(fmt::format("network {}", network_taken_))};
      forget_network();
      readers_.push_back(std::move(reader));
    } else {
      forget_network();
    }
  }

  void forget_network() {
    readers_.erase(readers_.begin() + 2, readers_.end());
    test_.forget();
  }

  // --------------------------------------------------------------------------------- what it is

  void read(const nn::Tensor& image, bool is_blank) {
    std::vector<std::string> names;
    std::vector<std::string> readings;
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const Reader& reader = readers_[i];
      nn::Tensor probabilities = reader.probabilities(image);
      if (is_blank) probabilities.fill(0);
      const std::size_t guess = nn::Labels::from_rows(probabilities)[0];
      std::vector<std::string> bars;
      for (const double share : probabilities.values()) bars.push_back(percent(share));
      names.push_back(reader.name());
      show(fmt::format("probabilities {}", i), probabilities);
      tell(fmt::format("bars {}", i), fmt::format("{}", fmt::join(bars, "\n")));
      tell(fmt::format("guess {}", i), is_blank ? "" : std::to_string(guess));
      tell(fmt::format("certainty {}", i), is_blank ? "" : bars[guess]);
      readings.push_back(fmt::format("{} reads {} ({})", called(i), guess, bars[guess]));
      if (i == 0) guess_ = guess;
    }
    tell("names", fmt::format("{}", fmt::join(names, "\n")));
    tell("summary", is_blank ? "The canvas is empty." : truth() + sentence(readings));
  }

  /// The stages of the preprocessing of a picture, and what the networks read in each digit.
  void show_stages() {
    std::vector<std::string> names;
    if (shows_picture() && is_on("normalize")) {
      for (const nn::Stage& stage : found_.stages) {
        show(fmt::format("stage {}", names.size()), stage.image);
        names.push_back(stage.name);
      }
      for (const nn::FoundDigit& digit : found_.digits) {
        show(fmt::format("stage {}", names.size()), digit.pixels.reshaped(nn::Shape{side, side}));
        std::vector<std::string> readings;
        for (const Reader& reader : readers_) {
          const nn::Labels guess = nn::Labels::from_rows(reader.probabilities(digit.pixels));
          readings.push_back(fmt::format("{} {}", reader.name(), guess[0]));
        }
        names.push_back(fmt::format("{}", fmt::join(readings, ", ")));
      }
    }
    tell("stages", fmt::format("{}", fmt::join(names, "\n")));
  }

  /// `The MLP`, `your network`.
  [[nodiscard]] std::string called(std::size_t reader) const {
    return reader < 2 ? "the " + readers_[reader].name() : "your network";
  }

  static std::string sentence(const std::vector<std::string>& parts) {
    std::string all = fmt::format("{}.", fmt::join(parts, ", "));
    all[0] = all[0] == 't' ? 'T' : all[0];
    return all;
  }

  /// What is known of a test image: `Test image 116 is a 4. `
  [[nodiscard]] std::string truth() const {
    if (!shows_test_image()) return "";
    return fmt::format("Test image {} is a {}. ", nn::thousands(whole("image")),
                       test_.digit(whole("image")));
  }

  [[nodiscard]] std::string words_of_seen(const nn::Tensor& canvas, const nn::Tensor& image) const {
    if (shows_test_image()) {
      return "An image as in MNIST, whose makers normalized it, so the switch has no effect on it.";
    }
    const Ink ink = ink_of(image.reshaped(nn::Shape{side, side}));
    if (is_on("normalize")) {
      return fmt::format(
          "{} × {} points became 28 × 28. The ink is now {} pixels high and {} wide, in "
          "proportion, and its center of mass is in the middle, as in every image of MNIST.",
          canvas.columns(), canvas.rows(), ink.down.length, ink.across.length);
    }
    std::vector<std::string> readings;
    const nn::Tensor proper = normalized(canvas);
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const nn::Tensor probabilities = readers_[i].probabilities(proper);
      const std::size_t guess = nn::Labels::from_rows(probabilities)[0];
      readings.push_back(
          fmt::format("{} would read {} ({})", called(i), guess, percent(probabilities(0, guess))));
    }
    return fmt::format(
        "The canvas unchanged, but in fewer pixels: {}the ink is {} pixels high and {} wide, and "
        "its center of mass is {:.1f} pixels from the middle. In the images that the networks "
        "learned from, the longer side has about 20 pixels and the center is near the middle; for "
        "other images, their answers mean little. If made like MNIST's, {}.",
        ink.share > 0.5 ? "to the networks, white is ink, and here it is almost everywhere; " : "",
        ink.down.length, ink.across.length, ink.from_middle, fmt::join(readings, ", "));
  }

  // ------------------------------------------------------------------------- MNIST's test images

  /// Looks at more of the test images, if the page asks for that.
  bool check_test_images() {
    if (whole("checked") == 0) test_.forget();
    const bool asked = whole("checked") > test_.checked();
    if (asked) {
      if (test_.count() == 0) test_.load();
      test_.check(readers_, whole("checked"));
    }
    show("tests",
         std::array{static_cast<double>(test_.next(whole("image"))),
                    static_cast<double>(test_.checked()), static_cast<double>(test_.count())});
    tell("tests", words_of_tests());
    return asked;
  }

  [[nodiscard]] std::string words_of_tests() const {
    if (test_.checked() == 0) return "";
    std::vector<std::string> misread;
    misread.reserve(readers_.size());
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      misread.push_back(fmt::format("{} misreads {}", called(i), test_.misread(i).size()));
    }
    return fmt::format("Of {} test images, {}; {} are misread by at least one of them.",
                       test_.checked() < test_.count()
                           ? "the first " + nn::thousands(test_.checked())
                           : "all " + nn::thousands(test_.count()),
                       fmt::join(misread, ", "), test_.misread().size());
  }

  // ------------------------------------------------------------------------------------- inside

  /// The maps of the CNN, layer by layer, and details of the chosen one. Without ink they are
  /// empty, although biases alone would fill them.
  void show_layers(const nn::Tensor& image, bool is_blank) {
    const nn::Sequential& network = readers_[1].network();
    std::vector<std::string> names;
    std::vector<LayerAtWork> layers = at_work(network, image);
    std::erase_if(layers, [](const LayerAtWork& layer) {
      return layer.name.starts_with("Reshape") || layer.name.starts_with("Flatten") ||
             layer.name.starts_with("Dropout");
    });
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (is_blank) layers[i].maps.fill(0);
      const nn::Shape& shape = layers[i].maps.shape();
      names.push_back(fmt::format("Layer {}, {}: ", layers[i].index + 1, layers[i].name) +
                      (shape[1] == 1
                           ? fmt::format("{} numbers", shape[2])
                           : fmt::format("{} maps of {} × {}", shape[0], shape[1], shape[2])));
      show(fmt::format("maps {}", i), layers[i].maps);
    }
    tell("layers", fmt::format("{}", fmt::join(names, "\n")));
    const std::size_t row = std::min(whole("map", 0), layers.size() - 1);
    const LayerAtWork& layer = layers[row];
    const std::size_t map = numbers("map").empty()
                                ? strongest(layer)
                                : std::min(whole("map", 1), layer.maps.shape()[0] - 1);
    show("chosen map", std::array{static_cast<double>(row), static_cast<double>(map)});
    show_map(network, layer, map);
  }

  void show_map(const nn::Sequential& network, const LayerAtWork& layer, std::size_t map) {
    show("map", one_of(layer.maps, map));
    tell("map", words_of(network, layer, map));
    const nn::Convolution* const made_by = convolution_of(network, layer.index);
    if (made_by == nullptr || layer.maps.shape()[1] == 1) {
      show("filters", Values{.numbers = {}, .shape = {0, 0, 0}});
    } else {
      show("filters", one_of(made_by->kernels(), map));
    }
  }

  /// The hidden units of the MLP with the largest outputs, and details of the chosen one.
  void show_units(const nn::Tensor& image) {
    const FirstLayer layer{readers_[0].network(), image};
    const std::vector<Unit> units = layer.strongest(units_shown);
    Values weights{.numbers = {}, .shape = {units.size(), side, side}};
    std::vector<std::string> labels;
    for (const Unit& unit : units) {
      weights.numbers.insert(weights.numbers.end(), unit.weights.data(),
                             unit.weights.data() + unit.weights.size());
      labels.push_back(fmt::format("{}: {:.1f}", unit.index + 1, unit.output));
    }
    show("units", std::move(weights));
    tell("units", fmt::format("{}", fmt::join(labels, "\n")));
    const Unit& chosen = units[std::min(whole("unit"), units.size() - 1)];
    show("weights", chosen.weights);
    show("products", chosen.products);
    tell("unit", layer.words_of(chosen, guess_));
  }

  std::vector<Reader> readers_;  // the MLP, the CNN, and the reader's own if there is one
  TestImages test_;
  nn::Tensor picture_;
  nn::Digits found_;  // in the picture
  std::size_t picture_taken_ = 0;
  std::size_t network_taken_ = 0;
  std::size_t guess_ = 0;  // of the MLP
};

}  // namespace

std::unique_ptr<Figure> draw() { return std::make_unique<DrawFigure>(); }

}  // namespace live
