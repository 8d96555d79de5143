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

import nn.attention;
import nn.matmul;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

constexpr std::size_t places = 3;
constexpr std::array<double, places> sequence{1, 0, 2};
constexpr std::array<std::string_view, places> subscripts{"₁", "₂", "₃"};

/// What to see in each input.
constexpr std::array<std::string_view, places> help_of_places{
    "It makes the query, the key and the value of place 1.",
    "At 0, place 2 asks for nothing in particular: its query is 0, and so are its scores.",
    "The larger it is, the more places 1 and 3 look at place 3."};

/// `0.286`, `2`, `1.5e-05`: three decimals, without zeros at the end; never `-0`.
std::string decimal(double value) {
  if (value != 0 && std::abs(value) < 0.0005) return fmt::format("{:.1e}", value);
  std::string digits = fmt::format("{:.3f}", value);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

/// An attention weight: `0`, `0.190`, `1`.
std::string fraction(double weight) {
  return weight > 0.0005 && weight < 1 ? fmt::format("{:.3f}", weight) : decimal(weight);
}

/// A number within a product: in brackets if it is negative.
std::string factor(double value) {
  return value < 0 ? fmt::format("({})", decimal(value)) : decimal(value);
}

/// @return `1 · 0.693 = 0.693`.
std::string product(double a, double b, double result) {
  return fmt::format("{} · {} = {}", factor(a), factor(b), decimal(result));
}

/// `1`, `1 and 3`, `1, 2 and 3`.
std::string list(const std::vector<std::string>& words) {
  std::string all = words.front();
  for (std::size_t i = 1; i < words.size(); ++i) {
    all += (i + 1 < words.size() ? ", " : " and ") + words[i];
  }
  return all;
}

Control weight(std::string name, std::string label, std::string help) {
  return {.name = std::move(name),
          .label = std::move(label),
          .help = std::move(help),
          .start = {1},
          .low = -2,
          .high = 2,
          .step = 0.25};
}

/// The example of section 18.2: three places with one feature and one head. All the numbers of one
/// place are shown, and the weights of all.
class AttentionFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<Control> all;
    for (std::size_t i = 0; i < places; ++i) {
      all.push_back({.name = fmt::format("x{}", i + 1),
                     .label = fmt::format("Input x{}", subscripts[i]),
                     .help = std::string{help_of_places[i]},
                     .start = {sequence[i]},
                     .low = -2,
                     .high = 2,
                     .step = 0.25});
    }
    all.push_back(weight("wq", "Query weight",
                         "A larger one makes every place concentrate more on the key that fits "
                         "best; at 0 all keys fit equally well."));
    all.push_back(weight("wk", "Key weight / ln 2",
                         "At 1 the weight is ln 2, or 0.693, so that e to the score is a power of "
                         "2, as in this section."));
    all.push_back(weight("wv", "Value weight",
                         "It changes the outputs and leaves the attention weights alone."));
    all.push_back(a_switch("causal", "Causal mask",
                           "Hides the places after the one that looks; section 18.5 explains it.",
                           false));
    all.push_back({.name = "place",
                   .label = "Place that looks",
                   .help = "The place whose numbers are shown.",
                   .start = {1},
                   .low = 1,
                   .high = places,
                   .step = 1,
                   .free = true});
    return all;
  }

 protected:
  void update() override {
    Tensor x{Shape{1, places, 1}};
    for (std::size_t i = 0; i < places; ++i) {
      x.values()[i] = static_cast<real>(number(fmt::format("x{}", i + 1)));
    }
    nn::Attention layer{1, {.causal = is_on("causal")}};
    const auto wk = static_cast<real>(number("wk")) * std::numbers::ln2_v<real>;
    layer.parameters()[0]->value =
        Tensor{{static_cast<real>(number("wq")), wk, static_cast<real>(number("wv"))}};
    layer.parameters()[2]->value = Tensor{{1}};
    o_ = layer.forward(x).reshaped(Shape{places});
    p_ = layer.attention_weights().reshaped(Shape{places, places});
    x_ = x.reshaped(Shape{places, 1});
    w_ = layer.weight_in();
    qkv_ = nn::matmul(x_, w_);
    show("p", p_);
    show("o", o_);
    show("v", std::array<double, places>{v(0), v(1), v(2)});
    show("seen", std::array{static_cast<double>(seen())});
    tell_places();
    tell_place();
    tell("summary", summary());
  }

 private:
  /// The index of the chosen place.
  [[nodiscard]] std::size_t place() const {
    const std::span<const double> chosen = numbers("place");
    return chosen.empty() ? 0 : static_cast<std::size_t>(chosen[0]) - 1;
  }
  /// How many places the chosen one sees: under a causal mask, those up to itself.
  [[nodiscard]] std::size_t seen() const { return is_on("causal") ? place() + 1 : places; }

  [[nodiscard]] double q(std::size_t i) const { return qkv_(i, 0); }
  [[nodiscard]] double k(std::size_t j) const { return qkv_(j, 1); }
  [[nodiscard]] double v(std::size_t j) const { return qkv_(j, 2); }

  /// Texts for all places, one line for each; of the weights, a line for each pair.
  void tell_places() {
    std::vector<std::string> inputs;
    std::vector<std::string> keys;
    std::vector<std::string> values;
    std::vector<std::string> outputs;
    std::vector<std::string> weights;
    for (std::size_t i = 0; i < places; ++i) {
      inputs.push_back(decimal(x_(i, 0)));
      keys.push_back(product(x_(i, 0), w_(0, 1), k(i)));
      values.push_back(product(x_(i, 0), w_(0, 2), v(i)));
      outputs.push_back(decimal(o_(i)));
      for (std::size_t j = 0; j < places; ++j) weights.push_back(fraction(p_(i, j)));
    }
    tell("x", fmt::format("{}", fmt::join(inputs, "\n")));
    tell("keys", fmt::format("{}", fmt::join(keys, "\n")));
    tell("values", fmt::format("{}", fmt::join(values, "\n")));
    tell("outputs", fmt::format("{}", fmt::join(outputs, "\n")));
    tell("weights", fmt::format("{}", fmt::join(weights, "\n")));
  }

  /// How the output of the chosen place is computed. Of a place that it does not see, there is
  /// neither a score nor a power.
  void tell_place() {
    const std::size_t i = place();
    std::vector<std::string> scores;
    std::vector<std::string> powers;
    std::vector<std::string> terms;
    double sum = 0;
    for (std::size_t j = 0; j < seen(); ++j) {
      const double score = q(i) * k(j);
      const double power = std::exp(score);
      sum += power;
      scores.push_back(product(q(i), k(j), score));
      powers.push_back(decimal(power));
      terms.push_back(fmt::format("{} · {}", powers.back(), factor(v(j))));
    }
    std::vector<std::string> quotients;
    for (std::size_t j = 0; j < seen(); ++j) {
      quotients.push_back(fmt::format("{} / {} = {}", powers[j], decimal(sum), fraction(p_(i, j))));
    }
    tell("scores", fmt::format("{}", fmt::join(scores, "\n")));
    tell("powers", fmt::format("{}", fmt::join(powers, "\n")));
    tell("quotients", fmt::format("{}", fmt::join(quotients, "\n")));
    tell("query", fmt::format("Query: q{0} = x{0} · weight = {1}", subscripts[i],
                              product(x_(i, 0), w_(0, 0), q(i))));
    tell("sum", fmt::format("Sum of the powers: {} = {}", fmt::join(powers, " + "), decimal(sum)));
    tell("output", fmt::format("Output: o{} = ({}) / {} = {}", subscripts[i],
                               fmt::join(terms, " + "), decimal(sum), decimal(o_(i))));
  }

  [[nodiscard]] std::string summary() const {
    const std::size_t i = place();
    const std::string output = decimal(o_(i));
    if (seen() == 1) {
      return fmt::format("Place {} sees only itself, so its output is its own value, {}.", i + 1,
                         output);
    }
    double largest = 0;
    for (std::size_t j = 0; j < seen(); ++j) largest = std::max(largest, double{p_(i, j)});
    std::vector<std::string> best;
    for (std::size_t j = 0; j < seen(); ++j) {
      if (p_(i, j) > largest - 1e-5) best.push_back(std::to_string(j + 1));
    }
    if (best.size() == seen()) {
      return fmt::format(
          "Place {} gives the weight {} to each of the {} places that it sees, so its output is "
          "the plain mean of their values, {}.",
          i + 1, fraction(largest), seen(), output);
    }
    return fmt::format("Place {} looks most at {} {}, with the weight {}; its output is {}.", i + 1,
                       best.size() == 1 ? "place" : "places", list(best), fraction(largest),
                       output);
  }

  Tensor x_;    // shape (T, 1)
  Tensor w_;    // w_q, w_k and w_v, shape (1, 3)
  Tensor qkv_;  // queries, keys and values, shape (T, 3)
  Tensor p_;    // shape (T, T)
  Tensor o_;    // shape (T)
};

}  // namespace

std::unique_ptr<Figure> attention() { return std::make_unique<AttentionFigure>(); }

}  // namespace live
