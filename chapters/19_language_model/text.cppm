/// @file
/// @brief Language models of chapter 19: characters as tokens, the networks, training, bits per
///   character, and writing.
module;

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

export module text;

import nn.backprop;
import nn.key_value_cache;
import nn.random;
import nn.tensor;

using nn::real;

export namespace text {

/// Characters as numbers.
using Tokens = std::vector<std::size_t>;

/// The characters that occur often in a text. Each is a token; all others share the last one.
class Vocabulary {
 public:
  /// @param text From which the characters are taken.
  /// @param at_least How many times a character must occur in it.
  explicit Vocabulary(std::string_view text, std::size_t at_least = 20);

  /// V, the number of tokens.
  [[nodiscard]] std::size_t size() const { return characters_.size() + 1; }
  [[nodiscard]] Tokens tokens(std::string_view text) const;
  /// The character that a token is; `□` for the last one.
  [[nodiscard]] std::string character(std::size_t token) const;

 private:
  std::vector<std::string> characters_;  // in UTF-8, up to four bytes each
  std::map<std::string, std::size_t> tokens_;
};

/// The characters of a text in UTF-8.
std::vector<std::string> characters_of(std::string_view text);

/// A text, and its tokens: the last tenth is for validation.
struct Pages {
  std::string text;
  Vocabulary vocabulary;
  Tokens training;
  Tokens validation;
};

/// The book's own pages. @see data/text/README.md
/// @throws std::runtime_error if the file cannot be read.
Pages load_pages();

/// T, the places of a window: how many characters a network looks at.
constexpr std::size_t places = 128;

/// A transformer with two blocks of 96 features, each with attention and two dense layers.
/// @param masked Whether every place sees only itself and the places before it.
nn::Sequential transformer(std::size_t tokens, std::uint64_t seed, bool masked = true);

/// A GRU with about as many parameters.
nn::Sequential gru(std::size_t tokens, std::uint64_t seed);

/// How a network is trained: on random windows of the text. Both networks then take about equally
/// long.
struct Plan {
  std::size_t steps = 3'000;
  std::size_t batch = 8;    ///< Windows in a step.
  real rate = real(0.004);  ///< The largest learning rate of the cycle.
  std::uint64_t seed = 1;   ///< Determines the windows.
  /// Called after every step.
  std::function<void(std::size_t step)> report = [](std::size_t /*step*/) {};
};

void train(nn::Sequential& network, const Tokens& text, const Plan& plan);

/// The cost in bits per character. The text is cut into windows, so that a network knows at most
/// the T characters before the one that it predicts, on average half as many.
double bits(const nn::Sequential& network, const Tokens& text);

/// How the next character is chosen.
struct Sampling {
  /// Logits are divided by it; at least 0. Below 1, likely characters become likelier; at 0 the
  /// likeliest is always chosen.
  double temperature = 1;
  /// Only the k likeliest characters can be chosen; at least 1.
  std::size_t top_k = std::numeric_limits<std::size_t>::max();
};

/// The logits of the character after the last place: from those of a sequence, (1, T, V), to (V).
nn::Tensor last_logits(const nn::Tensor& y);

std::size_t choose(std::span<const real> logits, const Sampling& sampling, nn::Random& random);

/// Continues a text, character after character.
class Writer {
 public:
  /// @param network Must exist longer.
  explicit Writer(const nn::Sequential& network) : cache_{network, places} {}

  /// Reads the next characters, at least one.
  void read(const Tokens& tokens);
  /// The logits of the next character.
  [[nodiscard]] std::span<const real> logits() const { return logits_.values(); }
  /// Chooses the next character, reads it, and returns it.
  std::size_t next(const Sampling& sampling, nn::Random& random);

 private:
  nn::KeyValueCache cache_;
  Tokens text_;  // what the network has read, or the later part of it
  nn::Tensor logits_;
};

}  // namespace text
