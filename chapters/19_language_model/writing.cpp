// What writes, apart from what trains: a page of the book has this part of the module alone.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module text;

using nn::Shape;
using nn::Tensor;

namespace text {

std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> characters;
  for (const char byte : text) {
    // In UTF-8, the bytes 10…… belong to the character before them.
    const bool goes_on = (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    if (!goes_on || characters.empty()) characters.emplace_back();
    characters.back() += byte;
  }
  return characters;
}

// [vocabulary]
Vocabulary::Vocabulary(std::string_view text, std::size_t at_least) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& character : characters_of(text)) ++counts[character];
  for (const auto& [character, count] : counts) {
    if (count < at_least) continue;
    tokens_[character] = characters_.size();
    characters_.push_back(character);
  }
}

Tokens Vocabulary::tokens(std::string_view text) const {
  Tokens tokens;
  for (const std::string& character : characters_of(text)) {
    const auto found = tokens_.find(character);
    tokens.push_back(found == tokens_.end() ? characters_.size() : found->second);
  }
  return tokens;
}
// [/vocabulary]

std::string Vocabulary::character(std::size_t token) const {
  return token < characters_.size() ? characters_[token] : "□";
}

Tensor last_logits(const Tensor& y) {
  const std::size_t size = y.shape()[2];
  return Tensor{Shape{size}, y.values().last(size)};
}

// [choose]
std::size_t choose(std::span<const real> logits, const Sampling& sampling, nn::Random& random) {
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The largest logit first; of equal ones, the smaller token.
  std::ranges::sort(order, {}, [&](std::size_t token) { return std::pair{-logits[token], token}; });
  order.resize(std::min(order.size(), sampling.top_k));
  if (sampling.temperature == 0) return order[0];
  std::vector<double> sums;  // of the probabilities, not yet divided by their sum
  double sum = 0;
  for (const std::size_t token : order) {
    sum += std::exp((double{logits[token]} - logits[order[0]]) / sampling.temperature);
    sums.push_back(sum);
  }
  const auto chosen = std::ranges::upper_bound(sums, random.uniform() * sum);
  return order[static_cast<std::size_t>(chosen - sums.begin())];
}
// [/choose]

// [writer]
void Writer::read(const Tokens& tokens) {
  text_.insert(text_.end(), tokens.begin(), tokens.end());
  std::size_t more = tokens.size();
  if (more > cache_.capacity() - cache_.places()) {  // full: keep half of the places
    more = std::min(text_.size(), cache_.capacity() / 2);
    text_.erase(text_.begin(), text_.end() - static_cast<std::ptrdiff_t>(more));
    cache_.clear();
  }
  Tensor x{Shape{1, more}};
  std::copy(text_.end() - static_cast<std::ptrdiff_t>(more), text_.end(), x.values().begin());
  logits_ = last_logits(cache_.predict(std::move(x)));
}

std::size_t Writer::next(const Sampling& sampling, nn::Random& random) {
  const std::size_t token = choose(logits_.values(), sampling, random);
  read({token});
  return token;
}
// [/writer]

}  // namespace text
