module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module live.figures;

import nn.embedding;
import nn.files;
import nn.random;
import nn.weights;
import text;

namespace live {

namespace {

using nn::real;

constexpr std::size_t length = 200;  // characters that it adds
constexpr std::size_t shown = 8;     // of the candidates for the next one

/// "To train a network", in code points.
const std::vector<double> beginning{84, 111, 32,  116, 114, 97,  105, 110, 32,
                                    97, 32,  110, 101, 116, 119, 111, 114, 107};

/// A character in UTF-8.
std::string utf8(std::uint32_t point) {
  const auto tail = [point](unsigned shift) {
    return static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  const auto head = [point](unsigned mark, unsigned shift) {
    return static_cast<char>(mark | (point >> shift));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {head(0xC0, 6), tail(0)};
  if (point < 0x10000) return {head(0xE0, 12), tail(6), tail(0)};
  return {head(0xF0, 18), tail(12), tail(6), tail(0)};
}

/// A character so that one sees it: `␣`, `↵`, `a`.
std::string visible(const std::string& character) {
  if (character == " ") return "␣";
  return character == "\n" ? "↵" : character;
}

/// A character in a sentence.
std::string in_words(const std::string& character) {
  if (character == " ") return "a space";
  return character == "\n" ? "a new line" : fmt::format("“{}”", character);
}

std::string in_percent(double probability) { return fmt::format("{:.1f} %", 100 * probability); }

/// The probabilities of all tokens, in the order of their logits.
/// @param sorted The logits, the largest first.
/// @param allowed How many tokens have a probability at all.
std::vector<double> probabilities(std::span<const real> sorted, double temperature,
                                  std::size_t allowed) {
  std::vector<double> all(sorted.size(), 0);
  if (temperature == 0) allowed = 1;
  for (std::size_t i = 0; i < std::min(allowed, all.size()); ++i) {
    all[i] = i == 0 ? 1 : std::exp((double{sorted[i]} - sorted[0]) / temperature);
  }
  const double sum = std::accumulate(all.begin(), all.end(), 0.0);
  for (double& probability : all) probability /= sum;
  return all;
}

/// What `./book write` does: the language model continues a text, a character in each step. It
/// shows the likeliest characters that may come next, with their probabilities.
class WriteFigure final : public Figure {
 public:
  WriteFigure() : vocabulary_{characters(), 1}, network_{nn::load_network("text")} {
    const std::size_t tokens = network_.layer<nn::Embedding>(0).tokens();
    if (tokens == vocabulary_.size()) return;
    throw std::invalid_argument(
        fmt::format("the network knows {} tokens, the page {}", tokens, vocabulary_.size()));
  }

  [[nodiscard]] std::vector<Control> controls() const override {
    return {{.name = "start",
             .label = "Beginning",
             .help = "What the network continues; Enter lets it write.",
             .start = beginning,
             .high = 0x10FFFF,
             .step = 1,
             .free = true},
            {.name = "temperature",
             .label = "Temperature",
             .help = "Divides the logits: below 1, likely characters become likelier; at 0 the "
                     "likeliest is always chosen.",
             .start = {0.7},
             .high = 1.5,
             .step = 0.05,
             .restarts = false},
            {.name = "top_k",
             .label = "Top-k",
             .help = "Only so many of the likeliest characters may be chosen.",
             .start = {20},
             .low = 1,
             .high = static_cast<double>(vocabulary_.size()),
             .step = 1,
             .restarts = false},
            {.name = "seed",
             .label = "Seed",
             .help = "Another seed gives another text.",
             .start = {1},
             .high = 1e9,
             .step = 1,
             .free = true}};
  }

  [[nodiscard]] std::size_t last_step() const override { return length; }

 protected:
  void begin() override {
    start_ = {};
    for (const double point : numbers("start")) start_ += utf8(static_cast<std::uint32_t>(point));
    sampling_ = {.temperature = number("temperature"), .top_k = count("top_k")};
    const auto seed = numbers("seed").empty() ? 0 : numbers("seed")[0];
    random_ = nn::Random{static_cast<std::uint64_t>(seed)};
    written_ = {};
    writer_.emplace(network_);
    // Without a beginning, it continues an empty line.
    writer_->read(vocabulary_.tokens(start_.empty() ? "\n" : start_));
  }

  void advance() override { written_ += vocabulary_.character(writer_->next(sampling_, random_)); }

  void update() override {
    if (sampling_.temperature != number("temperature") || sampling_.top_k != count("top_k")) {
      write_again();
    }
    tell("start", start_);
    tell("written", written_);
    tell_candidates();
  }

 private:
  static std::string characters() {
    const std::vector<std::byte> bytes = nn::read_whole("write", "characters");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// The same number of characters with the present settings, because a figure shows what its
  /// settings and its steps determine.
  void write_again() {
    begin();
    for (std::size_t i = 0; i < steps(); ++i) advance();
  }

  /// The likeliest characters, the probabilities from which the next one is drawn, and those that
  /// the network gives: at temperature 1, with all characters allowed.
  void tell_candidates() {
    const std::span<const real> logits = writer_->logits();
    std::vector<std::size_t> order(logits.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {},
                      [&](std::size_t token) { return std::pair{-logits[token], token}; });
    std::vector<real> sorted;
    for (const std::size_t token : order) sorted.push_back(logits[token]);
    const std::vector<double> p = probabilities(sorted, sampling_.temperature, sampling_.top_k);
    const std::vector<double> original = probabilities(sorted, 1, sorted.size());
    std::vector<std::string> names;
    std::vector<std::string> percents;
    for (std::size_t i = 0; i < shown; ++i) {
      names.push_back(visible(vocabulary_.character(order[i])));
      percents.push_back(in_percent(p[i]));
    }
    show("probabilities", std::span{p}.first(shown));
    show("original", std::span{original}.first(shown));
    tell("names", fmt::format("{}", fmt::join(names, "\n")));
    tell("percents", fmt::format("{}", fmt::join(percents, "\n")));
    const double rest = std::accumulate(p.begin() + shown, p.end(), 0.0);
    tell("rest", fmt::format("all others together: {}", in_percent(rest)));
    const auto allowed =
        static_cast<std::size_t>(std::ranges::count_if(p, [](double one) { return one > 0; }));
    tell("summary",
         fmt::format("{} of {} characters written. {} of {} tokens may come next; the likeliest "
                     "is {}, with {}.",
                     steps(), length, allowed, p.size(), in_words(vocabulary_.character(order[0])),
                     percents[0]));
  }

  text::Vocabulary vocabulary_;
  nn::Sequential network_;
  std::optional<text::Writer> writer_;
  nn::Random random_{1};
  text::Sampling sampling_;
  std::string start_;
  std::string written_;
};

}  // namespace

std::unique_ptr<Figure> write() { return std::make_unique<WriteFigure>(); }

}  // namespace live
