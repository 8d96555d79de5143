module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

module live.figures;

import live.words;
import nn.activation;

namespace live {

namespace {

constexpr std::size_t classes = 3;
constexpr std::array temperatures{0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0};

/// What to see in each logit.
constexpr std::array<std::string_view, classes> helps{
    "At temperature 1, raising the logit by 1 multiplies its power of e by e, about 2.72.",
    "It changes all three probabilities, because they share one sum.",
    "Its lead over the other two counts, not its size."};

Control logit(std::size_t i) {
  return {.name = fmt::format("z{}", i + 1),
          .label = fmt::format("Logit {}", i + 1),
          .help = std::string{helps.at(i)},
          .start = {1.0 + static_cast<double>(i)},
          .low = -10,
          .high = 10,
          .step = 0.1};
}

/// The formula as it is written, without any precautions.
struct Naive {
  std::array<nn::real, classes> powers{};
  nn::real sum = 0;
  std::array<nn::real, classes> quotients{};

  explicit Naive(const nn::Tensor& z) {
    for (std::size_t i = 0; i < classes; ++i) sum += powers[i] = std::exp(z(0, i));
    for (std::size_t i = 0; i < classes; ++i) quotients[i] = powers[i] / sum;
  }

  /// @return `2.718 / 30.193 = 0.090`.
  [[nodiscard]] std::string words(std::size_t i) const {
    return fmt::format("{} / {} = {}", power(powers[i]), power(sum), probability(quotients[i]));
  }

  static std::string power(double value) {
    if (std::isinf(value) || value == 0) return numeral(value);
    return fmt::format(fmt::runtime(value >= 0.001 && value < 1e4 ? "{:.3f}" : "{:.1e}"), value);
  }

  static std::string probability(double value) {
    return std::isnan(value) ? "not a number" : fmt::format("{:.3f}", value);
  }
};

/// Where the formula fails, and why; empty if it does not.
std::string failure(const Naive& naive, const nn::Tensor& z, const nn::Tensor& right) {
  const double largest = *std::ranges::max_element(z.values());
  if (std::isinf(*std::ranges::max_element(naive.powers))) {
    return fmt::format(
        "e to the {} is more than a float can hold, so it becomes inf, and inf / inf is not a "
        "number.",
        numeral(largest));
  }
  if (std::isinf(naive.sum)) {
    return "Every power fits into a float, but not their sum: any number divided by inf is 0.";
  }
  if (naive.sum == 0) {
    return "All powers are too small for a float and become 0, and 0 / 0 is not a number.";
  }
  double worst = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    worst = std::fmax(worst, std::abs(naive.quotients[i] - right(0, i)));
  }
  return worst < 1e-3 ? ""
                      : "The powers are so small that a float keeps hardly any of their digits.";
}

/// Logits, a temperature, and probabilities computed in two ways: by the formula as it is written,
/// and by nn::Softmax, which subtracts the largest logit first.
class SoftmaxFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    return {logit(0),
            logit(1),
            logit(2),
            {.name = "shift",
             .label = "Added to all",
             .help = "Only differences count: this should change nothing.",
             .start = {0},
             .low = -110,
             .high = 110,
             .step = 1},
            {.name = "temperature",
             .label = "Temperature",
             .help = "All logits are divided by it: below 1 the largest probability grows, above 1 "
                     "it shrinks.",
             .start = {3},
             .high = temperatures.size() - 1,
             .step = 1,
             .choices = numerals(temperatures)}};
  }

 protected:
  void update() override {
    nn::Tensor z{nn::Shape{1, classes}};
    for (std::size_t i = 0; i < classes; ++i) {
      const double logit = number(fmt::format("z{}", i + 1)) + number("shift");
      z(0, i) = static_cast<nn::real>(logit / temperatures.at(count("temperature")));
    }
    const nn::Tensor y = nn::Softmax{}.predict(z);
    const Naive naive{z};
    show("y", y);
    show("naive",
         std::array<double, classes>{naive.quotients[0], naive.quotients[1], naive.quotients[2]});
    std::string quotients;
    std::string probabilities;
    for (std::size_t i = 0; i < classes; ++i) {
      quotients += naive.words(i) + "\n";
      probabilities += Naive::probability(y(0, i)) + "\n";
    }
    tell("z", lines(z.values()));
    tell("naive", quotients);
    tell("y", probabilities);
    tell_summary(naive, z, y);
  }

 private:
  void tell_summary(const Naive& naive, const nn::Tensor& z, const nn::Tensor& y) {
    const std::string list = fmt::format("{:.3f}, {:.3f} and {:.3f}", y(0, 0), y(0, 1), y(0, 2));
    const std::string why = failure(naive, z, y);
    tell("summary",
         why.empty() ? fmt::format("The probabilities are {}. Both ways agree.", list)
                     : fmt::format("{} nn::Softmax subtracts the largest logit first and gives {}.",
                                   why, list));
  }
};

}  // namespace

std::unique_ptr<Figure> softmax() { return std::make_unique<SoftmaxFigure>(); }

}  // namespace live
