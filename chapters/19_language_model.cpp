// Chapter 19: a language model. Read with docs/chapters/19_language_model.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <string>
#include <vector>

import lecture;
import nn;
import rivals;
import text;

using lecture::heading, lecture::show;
using nn::real, nn::Shape, nn::Tensor;
using text::Tokens;
// [/fold]

// [fold: Printing]
/// Prints a text with lines of at most 76 characters.
void print_text(const text::Vocabulary& vocabulary, const Tokens& tokens) {
  std::size_t column = 0;
  for (const std::size_t token : tokens) {
    const std::string character = vocabulary.character(token);
    if (column == 0) fmt::print("  ");
    if (character != "\n") fmt::print("{}", character);
    column = character == "\n" ? 0 : column + 1;
    if (column == 76) column = 0;
    if (column == 0) fmt::print("\n");
  }
  if (column > 0) fmt::print("\n");
}

/// Prints the four likeliest characters after another one.
void show_likeliest(const rivals::Pairs& pairs, const text::Vocabulary& vocabulary,
                    const char* character) {
  const std::size_t token = vocabulary.tokens(character)[0];
  Tokens order(vocabulary.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::ranges::greater{},
                    [&](std::size_t next) { return pairs.probability(token, next); });
  fmt::print("  after {}:", character);
  for (std::size_t i = 0; i < 4; ++i) {
    fmt::print("   '{}' {:4.1f} %", vocabulary.character(order[i]),
               100 * pairs.probability(token, order[i]));
  }
  fmt::print("\n");
}

// [/fold]

// [pairs]
rivals::Pairs counted(const text::Pages& pages) {
  heading("19.1 Which character follows which");
  fmt::print("  {} characters to learn from, {} to predict, {} tokens\n\n",
             nn::thousands(pages.training.size()), nn::thousands(pages.validation.size()),
             pages.vocabulary.size());
  const rivals::Pairs pairs{pages.training, pages.vocabulary.size()};
  for (const char* const character : {"t", "h", "q", "$"}) {
    show_likeliest(pairs, pages.vocabulary, character);
  }
  nn::Random random{1};
  Tokens tokens = pages.vocabulary.tokens("To train a network");
  while (tokens.size() < 150) tokens.push_back(pairs.next(tokens.back(), random));
  fmt::print("\n");
  print_text(pages.vocabulary, tokens);
  return pairs;
}
// [/pairs]

// [cost]
void cost_by_hand() {
  heading("19.2 Bits per character");
  const real ln3 = std::log(real(3));
  const real more = std::log(real(7) / 3);
  const Tensor rows{{ln3, 0, 0, 0}, {0, 0, 0, 0}, {more, more, 0, more}};
  const Tensor logits = rows.reshaped(Shape{1, 3, 4});
  const nn::Targets next = nn::Labels{0, 1, 2};
  show("logits", rows);
  show("p", nn::Softmax{}.predict(rows));
  const double cost = nn::SoftmaxCrossEntropy::value(logits, next);
  fmt::print("  cost {:.3f}, {:.3f} bits per character\n", cost, cost / std::numbers::ln2);
  show("gradient", nn::SoftmaxCrossEntropy::gradient(logits, next).reshaped(Shape{3, 4}));
}
// [/cost]

// [networks]
void networks(std::size_t tokens) {
  heading("19.3 Two networks");
  fmt::print("{}\n", text::gru(tokens, 1).summary(Shape{text::places}));
  fmt::print("{}", text::transformer(tokens, 1).summary(Shape{text::places}));
}
// [/networks]

// [learn]
/// A line of the table, and the first network of several seeds.
template <class Make>
nn::Sequential learn(const char* name, const Make& make, const text::Pages& pages,
                     std::vector<lecture::Curve>& curves) {
  const std::size_t tokens = pages.vocabulary.size();
  const Tokens some{pages.validation.begin(), pages.validation.begin() + 50 * text::places + 1};
  nn::Sequential first;
  const auto run = [&](std::uint64_t seed) {
    nn::Sequential network = make(tokens, seed);
    text::Plan plan{.seed = seed};
    if (lecture::is_short()) plan.steps = 10;
    if (seed == 1) curves.push_back({.name = name, .values = {text::bits(network, some)}});
    plan.report = [&](std::size_t step) {
      lecture::progress(fmt::format("{}, seed {}, step {} of {}", name, seed, step, plan.steps));
      if (seed == 1 && step % 100 == 0) curves.back().values.push_back(text::bits(network, some));
    };
    text::train(network, pages.training, plan);
    const double bits = text::bits(network, pages.validation);
    if (seed == 1) first = std::move(network);
    return bits;
  };
  const auto bits = lecture::for_seeds(lecture::is_short() ? 2 : 3, run);
  lecture::progress("");
  fmt::print("  {:<14}{:>8}{:>19}\n", name, nn::thousands(first.parameter_count()),
             lecture::to_string(lecture::spread(bits)));
  return first;
}

nn::Sequential contest(const text::Pages& pages, const rivals::Pairs& pairs) {
  heading("19.4 Learning this book");
  const std::size_t tokens = pages.vocabulary.size();
  const double of_pairs = pairs.bits(pages.validation);
  const double of_zlib = rivals::zlib_bits(pages);
  fmt::print("                parameters   bits per character\n");
  fmt::print("  equally likely{:8}{:12.2f}\n", 0, std::log2(tokens));
  fmt::print("  counted pairs {:>8}{:12.2f}\n", nn::thousands(tokens * tokens), of_pairs);
  fmt::print("  zlib          {:>8}{:12.2f}\n", "", of_zlib);
  std::vector<lecture::Curve> curves;
  learn("GRU", text::gru, pages, curves);
  const auto masked = [](std::size_t size, std::uint64_t seed) {
    return text::transformer(size, seed);
  };
  nn::Sequential transformer = learn("transformer", masked, pages, curves);
  const std::size_t length = curves.front().values.size();
  curves.push_back({.name = "counted pairs", .values = std::vector<double>(length, of_pairs)});
  curves.push_back({.name = "zlib", .values = std::vector<double>(length, of_zlib)});
  lecture::keep("19_learning.csv", "step", 100, curves);
  return transformer;
}
// [/learn]

// [writing]
void writing(const text::Pages& pages, const nn::Sequential& network) {
  heading("19.5 Writing");
  for (const double temperature : {0.0, 0.7, 1.5}) {
    text::Writer writer{network};
    nn::Random random{1};
    Tokens tokens = pages.vocabulary.tokens("To train a network");
    writer.read(tokens);
    for (int i = 0; i < 250; ++i) {
      tokens.push_back(writer.next({.temperature = temperature, .top_k = 20}, random));
    }
    fmt::print("{}  temperature {}:\n", temperature > 0 ? "\n" : "", temperature);
    print_text(pages.vocabulary, tokens);
  }
}
// [/writing]

// [plain]
Tensor batch_of_one(std::span<const std::size_t> tokens) {
  Tensor x{Shape{1, tokens.size()}};
  std::ranges::copy(tokens, x.values().begin());
  return x;
}

/// The logits of the character after these: predicts all places, and uses only the last one.
Tensor plain_logits(const nn::Sequential& network, const Tokens& tokens) {
  return text::last_logits(network.predict(batch_of_one(tokens)));
}

/// How long work on a window takes, in milliseconds per character.
template <class Work>
double milliseconds(const Work& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begun;
  return taken.count() / text::places;
}

void with_and_without_cache(const text::Pages& pages, const nn::Sequential& network) {
  heading("19.6 Do not compute it again");
  const Tokens window{pages.validation.begin(), pages.validation.begin() + text::places};
  const double again = milliseconds([&] {
    Tokens read;
    for (const std::size_t token : window) {
      read.push_back(token);
      plain_logits(network, read);
    }
  });
  const double cached = milliseconds([&] {
    nn::KeyValueCache cache{network, text::places};
    for (const std::size_t& token : window) {
      static_cast<void>(cache.predict(batch_of_one({&token, 1})));
    }
  });
  fmt::print("  all places again   {:7.2f} ms per character\n", again);
  fmt::print("  key-value cache    {:7.2f} ms per character\n", cached);
}
// [/plain]

// [check]
void check_yourself(const text::Pages& pages, const nn::Sequential& network) {
  heading("19.7 Check yourself");
  const Tokens window{pages.validation.begin(), pages.validation.begin() + text::places};
  const Tensor whole = network.predict(batch_of_one(window));

  nn::KeyValueCache cache{network, text::places};
  Tensor each{whole.shape()};
  for (std::size_t t = 0; t < window.size(); ++t) {
    const Tensor y = cache.predict(batch_of_one({&window[t], 1}));
    for (std::size_t j = 0; j < y.size(); ++j) each(0, t, j) = y.values()[j];
  }
  lecture::check_equal("cache, all places", each, whole, 0);

  Tokens other = window;
  const std::size_t half = text::places / 2;
  for (std::size_t t = half; t < other.size(); ++t)
    other[t] = (other[t] + 1) % pages.vocabulary.size();
  const std::size_t count = half * whole.shape()[2];  // the logits of the first half
  const Shape first{half, whole.shape()[2]};
  const Tensor changed = network.predict(batch_of_one(other));
  lecture::check_equal("the half before a changed one",
                       Tensor{first, changed.values().first(count)},
                       Tensor{first, whole.values().first(count)}, 0);

  nn::Random random{1};
  const Tensor logits{{0, std::numbers::ln2_v<real>, 2 * std::numbers::ln2_v<real>}};
  Tensor fractions{Shape{1, 3}};
  for (int i = 0; i < 10'000; ++i) ++fractions(0, text::choose(logits.values(), {}, random));
  for (real& fraction : fractions.values()) fraction /= 10'000;
  lecture::check_equal("drawn, probabilities", fractions, nn::Softmax{}.predict(logits), 0.02);
}
// [/check]

// [break]
void break_it(const text::Pages& pages) {
  heading("19.8 Break it: forget the mask");
  const std::size_t tokens = pages.vocabulary.size();
  nn::Sequential network = text::transformer(tokens, 1, false);
  text::Plan plan;
  if (lecture::is_short()) plan.steps = 10;
  plan.report = [&](std::size_t step) {
    lecture::progress(fmt::format("without a mask, step {} of {}", step, plan.steps));
  };
  text::train(network, pages.training, plan);
  lecture::progress("");
  fmt::print("  {:.3f} bits per character\n\n", text::bits(network, pages.validation));
  nn::Random random{1};
  Tokens text = pages.vocabulary.tokens("To train a network");
  while (text.size() < text::places) {
    text.push_back(
        text::choose(plain_logits(network, text).values(), {.temperature = 0.7}, random));
  }
  print_text(pages.vocabulary, text);
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 19: a language model");
  const text::Pages pages = text::load_pages();
  const rivals::Pairs pairs = counted(pages);
  cost_by_hand();
  networks(pages.vocabulary.size());
  const nn::Sequential transformer = contest(pages, pairs);
  writing(pages, transformer);
  with_and_without_cache(pages, transformer);
  check_yourself(pages, transformer);
  break_it(pages);
}
// [/main]
