/// @file
/// @brief How the programs look on a terminal: bold headings, red errors, the name that the reader
///   typed.
module;

#include <fmt/color.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

export module terminal;

namespace terminal {

/// Whether a file is a terminal that shows colors, and the reader wants them (no-color.org).
bool has_color(int descriptor) {
  // NOLINTBEGIN(concurrency-mt-unsafe): nobody sets them
  const char* const unwanted = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  // NOLINTEND(concurrency-mt-unsafe)
  return isatty(descriptor) != 0 && (unwanted == nullptr || *unwanted == '\0') && kind != nullptr &&
         std::string_view{kind} != "dumb";
}

std::string styled(int descriptor, const fmt::text_style& style, std::string_view text) {
  return has_color(descriptor) ? fmt::format(style, "{}", text) : std::string{text};
}

}  // namespace terminal

export namespace terminal {

/// A heading or a result, for standard output; plain where that is not a terminal.
std::string bold(std::string_view text) { return styled(STDOUT_FILENO, fmt::emphasis::bold, text); }

/// What the reader typed to run the program: `book mnist`, or the name of its file if it was
/// started without `./book`.
std::string program_name() {
#if defined(__linux__)
  return program_invocation_short_name;
#else
  return getprogname();
#endif
}

/// Prints an error to standard error, after the name of the program.
void print_error(std::string_view text) {
  const fmt::text_style red = fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red);
  const std::string line =
      fmt::format("{} {}\n", styled(STDERR_FILENO, red, program_name() + ":"), text);
  std::fputs(line.c_str(), stderr);
}

}  // namespace terminal
