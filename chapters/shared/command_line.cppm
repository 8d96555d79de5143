/// @file
/// @brief What `./book mnist`, `predict` and `write` share: what they add to CLI11, which is
/// shorter
///   help and a suggestion for a misspelled option, and how they end.
module;

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module command_line;

import nn.safetensors;
import terminal;

namespace command_line {

/// The Levenshtein distance: how many letters must be inserted, removed or replaced to turn one
/// word into the other. After each letter of `from`, `row[j]` is the distance between the letters
/// read so far and the first j letters of `to`.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char letter : from) {
    std::size_t diagonal = std::exchange(row[0], row[0] + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (letter == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// Whether a word is the beginning of a name, or the name with few errors.
bool is_similar(const std::string& word, const std::string& name) {
  return name.starts_with(word) || 3 * distance(word, name) <= name.size();
}

/// The text of an error; for an unknown option, with the one that the reader may have meant.
std::string text_of(const CLI::ParseError& error, const CLI::App& app) {
  for (const std::string& argument : app.remaining()) {
    const std::size_t begin = argument.find_first_not_of('-');
    if (begin == 0 || begin == std::string::npos) continue;  // not an option
    const std::string given = argument.substr(0, argument.find('='));
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        if (!is_similar(given.substr(begin), name)) continue;
        return fmt::format("there is no option '{}'; did you mean '--{}'?", given, name);
      }
    }
    return fmt::format("there is no option '{}'; '{} --help' lists them all.", given,
                       app.get_name());
  }
  return error.what();
}

}  // namespace command_line

export namespace command_line {

/// CLI11's help with bold headings, and with only what an option's text and description say: CLI11
/// would add the names of the options that it excludes.
class Help : public CLI::Formatter {
 public:
  Help() {
    column_width(24);
    label("Positionals", "Arguments");
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string& text = option->get_option_text();
    return text.empty() ? "" : " " + text;
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::istringstream lines{CLI::Formatter::make_help(app, std::move(name), mode)};
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      const bool is_heading = line.ends_with(':') && !line.starts_with(' ');
      text += (is_heading ? terminal::bold(line) : line) + '\n';
    }
    return text;
  }
};

/// An invalid option; ends the program before it does any work.
struct BadOption : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Accepts any path but an empty one, which an unset shell variable would give.
CLI::Validator path() {
  return CLI::Validator{
      [](const std::string& text) { return text.empty() ? "the path is empty" : std::string{}; },
      ""};
}

/// The options of a program.
class App : public CLI::App {
 public:
  /// @param purpose What the program does, as a sentence.
  /// @param command What the reader types to run it.
  App(const std::string& purpose, const std::string& command) : CLI::App{purpose, command} {
    formatter(std::make_shared<Help>());
    set_help_flag("-h,--help", "Prints this help");
  }

  /// Reads the options. For --help and --version it prints what they ask for and ends the program.
  /// @throws BadOption if one is invalid.
  void read(int argc, char** argv) {
    set_version_flag("--version", fmt::format("{} {}", terminal::program_name(), nn::version()),
                     "Prints the library's version");
    try {
      parse(argc, argv);
    } catch (const CLI::Success& request) {
      std::exit(exit(request));  // NOLINT(concurrency-mt-unsafe): there is one thread yet
    } catch (const CLI::ParseError& error) {
      throw BadOption(text_of(error, *this));
    }
  }
};

/// The exit status if an option is invalid.
constexpr int bad_option = 2;

/// Runs a program and prints the error that ends it.
/// @return What the program returns; bad_option or EXIT_FAILURE after an error.
int run(const std::function<int()>& program) {
  try {
    return program();
  } catch (const BadOption& error) {
    terminal::print_error(error.what());
    return bad_option;
  } catch (const std::exception& error) {
    terminal::print_error(error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace command_line
