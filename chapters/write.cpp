// `./book write`: continues a text with the language model of chapter 19.

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

import command_line;
import nn;
import terminal;
import text;

namespace {

using command_line::BadOption;

struct Options {
  std::string start;
  text::Sampling sampling{.temperature = 0.7, .top_k = 20};
  std::size_t length = 300;
  std::uint64_t seed = 1;
  std::filesystem::path network = NN_NETWORKS_FOLDER "/text.safetensors";
  std::filesystem::path train;  ///< The file for a network to be trained; empty: none.
};

/// Accepts numbers in a range; the error for anything else names the range.
template <class Number>
CLI::Validator number_from(Number low, Number high, const char* kind) {
  return CLI::Validator{
      [=](const std::string& text) -> std::string {
        Number number{};
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stop == end && number >= low && number <= high) return "";
        return fmt::format("'{}' is not a {} from {} to {}", text, kind, low, high);
      },
      ""};
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  return number_from(low, high, "whole number");
}

void describe(CLI::App& app, Options& options) {
  CLI::Option* const start =
      app.add_option("TEXT", options.start, "What the network continues")->type_name("text");
  app.add_option("--length", options.length, "How many characters it adds; default 300")
      ->option_text("N")
      ->type_name("whole number")
      ->check(whole_number(1, 100'000));
  app.add_option("--temperature", options.sampling.temperature,
                 "Below 1, likely characters become likelier; at 0 the\n"
                 "likeliest is always chosen; default 0.7")
      ->option_text("X")
      ->type_name("number")
      ->check(number_from(0.0, 100.0, "number"));
  app.add_option("--top-k", options.sampling.top_k,
                 "Chooses among the N likeliest characters; default 20")
      ->option_text("N")
      ->type_name("whole number")
      ->check(whole_number(1, 1'000'000));
  app.add_option("--seed", options.seed, "Another seed gives another text; default 1")
      ->option_text("N")
      ->type_name("whole number")
      ->check(whole_number(0, 1'000'000'000'000));
  app.add_option("--network", options.network, "A network that --train has stored")
      ->option_text("FILE")
      ->type_name("file")
      ->check(command_line::path());
  app.add_option("--train", options.train,
                 "Trains a network on data/text/pages.txt, which takes\n"
                 "a few minutes, and stores it in this file")
      ->option_text("FILE")
      ->type_name("file")
      ->check(command_line::path())
      ->excludes(start);
  app.footer(
      "Examples:\n"
      "  ./book write \"To train a network\"\n"
      "  ./book write \"The gradient\" --temperature 0.3 --length 1000\n"
      "  ./book write \"## 19.1 \" --seed 5");
}

Options options_of(int argc, char** argv) {
  Options options;
  command_line::App app{"Continues a text with a small language model (chapter 19).",
                        "./book write"};
  describe(app, options);
  app.read(argc, argv);
  if (options.start.empty() && options.train.empty()) {
    throw BadOption("TEXT: is missing, expected at least one character to continue");
  }
  return options;
}

int train(const Options& options) {
  nn::check_writable("save_network", options.train);
  const text::Pages pages = text::load_pages();
  nn::Sequential network = text::transformer(pages.vocabulary.size(), 1);
  text::Plan plan;
  const std::size_t columns = nn::progress_columns(STDERR_FILENO);
  plan.report = [&](std::size_t step) {
    if (columns == 0 || step % 10 != 0) return;
    fmt::print(stderr, "\r\033[Kstep {} of {}", step, plan.steps);
  };
  text::train(network, pages.training, plan);
  if (columns > 0) fmt::print(stderr, "\r\033[K");
  nn::save_network(options.train, network);
  fmt::print("{:.2f} bits per character on the validation text; the network is in {}\n",
             text::bits(network, pages.validation), options.train.string());
  return EXIT_SUCCESS;
}

/// Loads a network that turns T tokens into T rows of logits.
nn::Sequential load(const std::filesystem::path& file, std::size_t tokens) {
  const auto refuse = [&](const std::string& why) {
    throw BadOption(fmt::format("--network: {} {}", file.string(), why));
  };
  try {
    nn::Sequential network = nn::load_network(file);
    const nn::Shape logits = network.output_shape(nn::Shape{text::places});
    const bool reads_tokens = network[0].as<nn::Embedding>() != nullptr &&
                              network.layer<nn::Embedding>(0).tokens() == tokens;
    if (reads_tokens && logits == nn::Shape{text::places, tokens}) {
      static_cast<void>(text::Writer{network});
      return network;
    }
    refuse(fmt::format("does not predict one of {} tokens at each of {} places", tokens,
                       text::places));
  } catch (const std::invalid_argument& error) {
    refuse(fmt::format("cannot continue a text: {}", error.what()));
  } catch (const BadOption&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw BadOption(fmt::format("--network: {}", error.what()));
  }
  throw std::logic_error("refuse() returned");
}

int write(const Options& options) {
  const text::Vocabulary vocabulary = text::load_pages().vocabulary;
  const nn::Sequential network = load(options.network, vocabulary.size());
  text::Writer writer{network};
  writer.read(vocabulary.tokens(options.start));
  nn::Random random{options.seed};
  fmt::print("{}", terminal::bold(options.start));
  for (std::size_t i = 0; i < options.length; ++i) {
    fmt::print("{}", vocabulary.character(writer.next(options.sampling, random)));
  }
  fmt::print("\n");
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  return command_line::run([&] {
    const Options options = options_of(argc, argv);
    return options.train.empty() ? write(options) : train(options);
  });
}
