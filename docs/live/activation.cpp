module;

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

module live.figures;

import live.words;
import nn.activation;

namespace live {

namespace {

constexpr std::array<std::string_view, 4> functions{"ReLU", "leaky ReLU", "sigmoid", "tanh"};
constexpr double far = 6;  // the curves are drawn from -6 to 6

/// A layer's outputs for some numbers, and its slopes there.
struct Response {
  nn::Tensor y;
  nn::Tensor slope;
};

/// A gradient of ones comes back as the derivative itself.
template <nn::Layer Activation>
Response ask(Activation layer, const nn::Tensor& x) {
  return {.y = layer.forward(x), .slope = layer.backward(nn::Tensor{x.shape(), 1})};
}

Response ask(std::size_t function, nn::real leak, const nn::Tensor& x) {
  switch (function) {
    case 0:
      return ask(nn::ReLU{}, x);
    case 1:
      return ask(nn::LeakyReLU{leak}, x);
    case 2:
      return ask(nn::Sigmoid{}, x);
    case 3:
      return ask(nn::Tanh{}, x);
    default:
      throw std::invalid_argument("there are four functions");
  }
}

/// Three digits after the point, as in the chapter, unless all of them would be 0.
std::string digits(double value) {
  const bool too_small = value != 0 && std::abs(value) < 0.001;
  return fmt::format(fmt::runtime(too_small ? "{:.1e}" : "{:.3f}"), value + 0.0);
}

std::string consequence(double slope, double x, std::size_t function) {
  if (function < 2 && x == 0) return "This is the kink: the module uses the slope on its left.";
  if (slope == 0) return "The gradient that comes back is stopped here.";
  if (slope == 1) return "The gradient that comes back passes unchanged.";
  if (function >= 2 && slope < 0.01)
    return "Here the function is saturated: almost nothing comes back.";
  return "The gradient that comes back is multiplied by this slope.";
}

/// The activations of the chapter: curves, and a point that moves along them.
class ActivationFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    return {{.name = "function",
             .label = "Function",
             .help = "ReLU and leaky ReLU have a kink at 0; sigmoid and tanh flatten at both ends.",
             .start = {2},
             .high = 3,
             .step = 1,
             .choices = {functions.begin(), functions.end()}},
            {.name = "x",
             .label = "x",
             .help = "Where to look: the points on both curves and the table belong to this input.",
             .start = {2},
             .low = -far,
             .high = far,
             .step = 0.1},
            {.name = "leak",
             .label = "Slope a",
             .help = "Only for leaky ReLU: its slope below 0, where ReLU has 0.",
             .start = {0.1},
             .low = 0.01,
             .high = 0.99,
             .step = 0.01}};
  }

 protected:
  void update() override {
    show_curves();
    const nn::Tensor x = tensor("x", nn::Shape{1});
    const auto leak = static_cast<nn::real>(number("leak"));
    std::string values;
    std::string slopes;
    for (std::size_t i = 0; i < functions.size(); ++i) {
      const Response here = ask(i, leak, x);
      values += digits(here.y(0)) + "\n";
      slopes += digits(here.slope(0)) + "\n";
      if (i == count("function")) show_point(x(0), here.y(0), here.slope(0));
    }
    tell("names",
         fmt::format("{}\n{}\n{}\n{}", functions[0], functions[1], functions[2], functions[3]));
    tell("values", values);
    tell("slopes", slopes);
  }

 private:
  void show_curves() {
    constexpr std::size_t points = 241;
    nn::Tensor x{nn::Shape{points}};
    for (std::size_t i = 0; i < points; ++i) {
      x(i) = static_cast<nn::real>(2 * far * static_cast<double>(i) / (points - 1) - far);
    }
    const Response curve = ask(count("function"), static_cast<nn::real>(number("leak")), x);
    show("x", x);
    show("f", curve.y);
    show("slope", curve.slope);
  }

  /// The point, and a piece of the tangent to the curve there.
  void show_point(double x, double y, double slope) {
    show("point", std::array{x, y, slope});
    const double half = 1.5 / std::hypot(1, slope);
    show("tangent", std::array{x - half, y - half * slope, x + half, y + half * slope});
    tell("summary", fmt::format("At x = {}, {} gives {}, and its slope is {}. {}", numeral(x),
                                functions[count("function")], digits(y), digits(slope),
                                consequence(slope, x, count("function"))));
  }
};

}  // namespace

std::unique_ptr<Figure> activation() { return std::make_unique<ActivationFigure>(); }

}  // namespace live
