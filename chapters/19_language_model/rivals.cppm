/// @file
/// @brief What the networks of chapter 19 are compared with: counted pairs of characters, and zlib.
module;

#include <zlib.h>

#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

export module rivals;

import nn;
import text;

export namespace rivals {

// [pairs]
/// Knows how often each token followed each other one in a text.
class Pairs {
 public:
  /// Every pair counts once from the start, so that none has the probability 0.
  Pairs(const text::Tokens& text, std::size_t tokens)
      : rows_(tokens, std::vector<double>(tokens, 1)) {
    for (std::size_t i = 1; i < text.size(); ++i) ++rows_[text[i - 1]][text[i]];
    for (std::vector<double>& row : rows_) {
      const double sum = std::accumulate(row.begin(), row.end(), 0.0);
      for (double& count : row) count /= sum;
    }
  }

  /// The probability that `next` comes after `token`.
  [[nodiscard]] double probability(std::size_t token, std::size_t next) const {
    return rows_[token][next];
  }

  /// Draws a token that comes after another one.
  std::size_t next(std::size_t token, nn::Random& random) const {
    const std::vector<double>& row = rows_[token];
    double left = random.uniform();
    std::size_t next = 0;
    while (next + 1 < row.size() && (left -= row[next]) >= 0) ++next;
    return next;
  }
  // [/pairs]

  /// The cost in bits per character.
  [[nodiscard]] double bits(const text::Tokens& text) const {
    double sum = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
      sum -= std::log2(probability(text[i - 1], text[i]));
    }
    return sum / static_cast<double>(text.size() - 1);
  }

 private:
  std::vector<std::vector<double>> rows_;  // probabilities, a row for each token before
};

/// The number of bytes that zlib needs, which compresses as `gzip -9` does.
std::size_t compressed(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string to(size, '\0');
  const int status =
      compress2(reinterpret_cast<Bytef*>(to.data()), &size,
                reinterpret_cast<const Bytef*>(text.data()), text.size(), Z_BEST_COMPRESSION);
  if (status != Z_OK) throw std::runtime_error("zlib: there is not enough memory");
  return size;
}

// [zlib]
/// How many bits longer the compressed text becomes with each character of the validation text.
double zlib_bits(const text::Pages& pages) {
  const std::vector<std::string> characters = text::characters_of(pages.text);
  std::size_t training = 0;  // bytes
  for (std::size_t i = 0; i < pages.training.size(); ++i) training += characters[i].size();
  const std::size_t added =
      compressed(pages.text) - compressed(std::string_view{pages.text}.substr(0, training));
  return 8 * static_cast<double>(added) / static_cast<double>(pages.validation.size());
}
// [/zlib]

}  // namespace rivals
