// `./book write` from its user's view, and the language models of chapter 19 that it uses.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

import nn;
import nn.test;
import nn.test.program;
import rivals;
import text;

namespace {

using nn::Shape;
using nn::Tensor;
using nn::test::Outcome;
using text::Tokens;
using text::Vocabulary;

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// ------------------------------------------------------------------------------------ vocabulary

TEST(Vocabulary, HasTheCharactersThatOccurOften) {
  const Vocabulary vocabulary{repeated("ba−", 20) + repeated("c", 19)};
  EXPECT_EQ(vocabulary.size(), 4);
  EXPECT_EQ(vocabulary.tokens("ab−c?"), (Tokens{0, 1, 2, 3, 3}));
  EXPECT_EQ(vocabulary.character(2), "−");
  EXPECT_EQ(vocabulary.character(3), "□");
  EXPECT_EQ(vocabulary.tokens(""), Tokens{});
}

TEST(Vocabulary, CutsUtf8IntoCharacters) {
  EXPECT_EQ(text::characters_of("aş∂𝛿"), (std::vector<std::string>{"a", "ş", "∂", "𝛿"}));
  EXPECT_EQ(text::characters_of("\x80"), (std::vector<std::string>{"\x80"}));  // no character
}

TEST(Pages, AreDividedIntoTrainingAndValidation) {
  const text::Pages pages = text::load_pages();
  EXPECT_EQ(pages.training.size() + pages.validation.size(),
            text::characters_of(pages.text).size());
  EXPECT_EQ(pages.validation.size(), (pages.training.size() + 8) / 9);
  const std::string beginning = "# 0. A first network";
  const Tokens tokens = pages.vocabulary.tokens(beginning);
  EXPECT_TRUE(std::ranges::equal(
      tokens, Tokens(pages.training.begin(),
                     pages.training.begin() + static_cast<std::ptrdiff_t>(tokens.size()))));
}

// ------------------------------------------------------------------------------------- the models

// Without weights, every token has the probability 1/V.
TEST(Bits, OfANetworkThatKnowsNothing) {
  nn::Sequential network = text::transformer(8, 1);
  for (nn::Parameter* const parameter : network.parameters()) parameter->value.fill(0);
  EXPECT_NEAR(text::bits(network, Tokens(1'000, 5)), 3, 1e-6);
}

// After a come b and c, equally often; after b and c always a.
TEST(Bits, OfCountedPairs) {
  const std::string text = repeated("abac", 10'000);
  const Vocabulary vocabulary{text};
  const Tokens tokens = vocabulary.tokens(text);
  const text::Pages pages{.text = text,
                          .vocabulary = vocabulary,
                          .training = {tokens.begin(), tokens.begin() + 36'000},
                          .validation = {tokens.begin() + 36'000, tokens.end()}};
  const rivals::Pairs pairs{pages.training, vocabulary.size()};
  EXPECT_NEAR(pairs.bits(pages.validation), 0.5, 0.001);
  EXPECT_LT(rivals::zlib_bits(pages), 0.1);
}

TEST(Pairs, DrawWhatFollows) {
  const rivals::Pairs pairs{Tokens{0, 1, 0, 2, 0, 1, 0}, 3};  // after 0: once more each, so 1, 3, 2
  EXPECT_NEAR(pairs.probability(0, 1), 3.0 / 6, 1e-12);
  nn::Random random{1};
  std::array<double, 3> counts{};
  for (int i = 0; i < 6'000; ++i) ++counts.at(pairs.next(0, random));
  EXPECT_NEAR(counts[0] / 6'000, 1.0 / 6, 0.02);
  EXPECT_NEAR(counts[1] / 6'000, 3.0 / 6, 0.02);
  EXPECT_NEAR(counts[2] / 6'000, 2.0 / 6, 0.02);
}

TEST(Networks, HaveAboutEquallyManyParameters) {
  const std::size_t tokens = text::load_pages().vocabulary.size();
  const auto a = static_cast<double>(text::transformer(tokens, 1).parameter_count());
  const auto b = static_cast<double>(text::gru(tokens, 1).parameter_count());
  EXPECT_NEAR(a / b, 1, 0.05);
}

TEST(Networks, LearnAShortText) {
  const Tokens tokens = [] {
    Tokens all;
    for (std::size_t i = 0; i < 1'000; ++i) all.push_back(i % 3);
    return all;
  }();
  for (nn::Sequential network : {text::transformer(3, 1), text::gru(3, 1)}) {
    std::size_t steps = 0;
    text::train(network, tokens,
                {.steps = 20, .batch = 2, .report = [&](std::size_t step) { steps = step; }});
    EXPECT_EQ(steps, 20);
    EXPECT_LT(text::bits(network, tokens), 0.2);
  }
}

// ----------------------------------------------------------------------------------------- writing

TEST(Choose, TakesTheLikeliestAtTemperatureZero) {
  nn::Random random{1};
  const std::vector<nn::real> logits{1, 3, 3, 2};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(text::choose(logits, {.temperature = 0}, random), 1);
    EXPECT_EQ(text::choose(logits, {.temperature = 9, .top_k = 1}, random), 1);
  }
}

TEST(Choose, DrawsFromTheLargestLogits) {
  nn::Random random{1};
  const std::vector<nn::real> logits{1, 3, 4, 2};
  std::array<double, 4> counts{};
  for (int i = 0; i < 4'000; ++i) ++counts[text::choose(logits, {.top_k = 3}, random)];
  EXPECT_EQ(counts[0], 0);
  const double sum = 1 + std::exp(-1) + std::exp(-2);
  EXPECT_NEAR(counts[2] / 4'000, 1 / sum, 0.03);
  EXPECT_NEAR(counts[1] / 4'000, std::exp(-1) / sum, 0.03);
  EXPECT_NEAR(counts[3] / 4'000, std::exp(-2) / sum, 0.03);
}

TEST(Choose, DividesByTheTemperature) {
  nn::Random random{1};
  const std::vector<nn::real> logits{0, static_cast<nn::real>(std::log(4))};
  int first = 0;
  for (int i = 0; i < 4'000; ++i) {
    if (text::choose(logits, {.temperature = 2}, random) == 0) ++first;
  }
  EXPECT_NEAR(first / 4'000.0, 1.0 / 3, 0.03);  // 1 : 2, not 1 : 4
}

/// A network whose choice depends on all that it has read.
nn::Sequential noisy_network() {
  nn::Sequential network = text::transformer(7, 3);
  nn::Random random{4};
  for (nn::Parameter* const parameter : network.parameters()) {
    nn::RandomNormal{random, 0.3}(parameter->value, {});
  }
  return network;
}

// The window grows to 128 places; then half of it remains, and it grows again.
TEST(Writer, ChoosesAsIfItReadTheWindowAgain) {
  const nn::Sequential network = noisy_network();
  text::Writer writer{network};
  Tokens window{1, 2, 3};
  writer.read(window);
  nn::Random random{1};
  nn::Random same{1};
  std::set<std::size_t> chosen;
  for (int i = 0; i < 300; ++i) {
    Tensor x{Shape{1, window.size()}};
    std::ranges::copy(window, x.values().begin());
    const Tensor y = network.predict(x);
    const std::size_t token = text::choose(y.values().last(7), {.temperature = 2}, same);
    EXPECT_EQ(writer.next({.temperature = 2}, random), token) << i;
    chosen.insert(token);
    window.push_back(token);
    if (window.size() > text::places) window.erase(window.begin(), window.end() - 64);
  }
  EXPECT_GT(chosen.size(), 1);
}

TEST(Writer, ReadsTheEndOfALongText) {
  const nn::Sequential network = noisy_network();
  Tokens text(1'000);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = i * i % 7;
  text::Writer whole{network};
  whole.read(text);
  text::Writer end{network};
  end.read({text.end() - 64, text.end()});
  nn::Random random{1};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(whole.next({.temperature = 0}, random), end.next({.temperature = 0}, random));
  }
}

// ------------------------------------------------------------------------------------- the program

class WriteProgram : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path(name).string();
  }

  [[nodiscard]] Outcome run(const std::string& arguments) const {
    return nn::test::run_command("cd " + path("") + " && " + NN_PROGRAM + " " + arguments);
  }

  void expect_refusal(const std::string& arguments, const std::string& sentence) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.output, "write: " + sentence + "\n");
  }

 private:
  nn::test::Folder folder_;
};

TEST_F(WriteProgram, ContinuesAText) {
  const Outcome outcome = run("'To train a network'");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.output.starts_with("To train a network"));
  EXPECT_TRUE(outcome.output.ends_with("\n"));
  EXPECT_EQ(text::characters_of(outcome.output).size(), 18 + 300 + 1);
  EXPECT_EQ(run("'To train a network'").output, outcome.output);  // the same seed
  EXPECT_NE(run("'To train a network' --seed 2").output, outcome.output);
  EXPECT_EQ(text::characters_of(run("ş --length 1000").output).size(), 1 + 1'000 + 1);
}

// The figure of chapter 19 writes the same: tests/live/test_write.py.
TEST_F(WriteProgram, WritesWhatIsRecorded) {
  std::ifstream file{NN_WRITTEN};
  for (const nlohmann::json& recorded : nlohmann::json::parse(file)) {
    std::string arguments;
    for (const auto& word : recorded.at("arguments")) {
      arguments += " '" + word.get<std::string>() + "'";
    }
    EXPECT_EQ(run(arguments).output, recorded.at("output").get<std::string>()) << arguments;
  }
}

TEST_F(WriteProgram, AlwaysChoosesTheLikeliestIfAsked) {
  const Outcome zero = run("'The gradient' --temperature 0 --length 50");
  EXPECT_EQ(zero.status, 0);
  EXPECT_EQ(run("'The gradient' --temperature 0 --length 50 --seed 7").output, zero.output);
  EXPECT_EQ(run("'The gradient' --top-k 1 --length 50 --seed 8").output, zero.output);
}

TEST_F(WriteProgram, RefusesWhatItCannotUse) {
  expect_refusal("", "TEXT: is missing, expected at least one character to continue");
  expect_refusal("''", "TEXT: is missing, expected at least one character to continue");
  expect_refusal("a --length 0", "--length: '0' is not a whole number from 1 to 100000");
  expect_refusal("a --length many", "--length: 'many' is not a whole number from 1 to 100000");
  expect_refusal("a --top-k 0", "--top-k: '0' is not a whole number from 1 to 1000000");
  expect_refusal("a --temperature -1", "--temperature: '-1' is not a number from 0 to 100");
  expect_refusal("a --temperature nan", "--temperature: 'nan' is not a number from 0 to 100");
  expect_refusal("a --seed x", "--seed: 'x' is not a whole number from 0 to 1000000000000");
  expect_refusal("a --lenght 5", "there is no option '--lenght'; did you mean '--length'?");
  expect_refusal("a --network ''", "--network: the path is empty");
  expect_refusal("a --train x", "TEXT excludes --train");
}

TEST_F(WriteProgram, RefusesNetworksThatDoNotWrite) {
  expect_refusal("a --network none",
                 "--network: nn::load_network: cannot read none: there is no such file");
  nn::save_network(path("digits"), nn::Sequential{nn::Dense{784, 10}});
  expect_refusal("a --network digits",
                 "--network: digits cannot continue a text: nn::Sequential: layer 1 (Dense 784→10) "
                 "expects 784 columns; the input has 128");
  const std::size_t tokens = text::load_pages().vocabulary.size();
  nn::save_network(path("small"), text::transformer(5, 1));
  expect_refusal("a --network small", "--network: small does not predict one of " +
                                          std::to_string(tokens) + " tokens at each of 128 places");
  nn::save_network(path("gru"), text::gru(tokens, 1));
  expect_refusal("a --network gru",
                 "--network: gru cannot continue a text: nn::KeyValueCache: layer 2 (GRU 64→240 "
                 "sequence) cannot be continued place by place");
}

TEST_F(WriteProgram, ChecksFirstWhereToStoreANetwork) {
  const Outcome outcome = run("--train none/network");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output,
            "write: nn::save_network: cannot write none/network: No such file or directory\n");
}

TEST_F(WriteProgram, ShowsHelp) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.status, 0);
  for (const char* const option :
       {"TEXT", "--length", "--temperature", "--top-k", "--seed", "--network", "--train"}) {
    EXPECT_NE(outcome.output.find(option), std::string::npos) << option;
  }
}

// The stored network is the one that `./book write --train` makes.
TEST(StoredNetwork, PredictsTheValidationText) {
  EXPECT_NEAR(text::bits(nn::load_network(NN_NETWORK), text::load_pages().validation), 2.02, 0.01);
}

}  // namespace
