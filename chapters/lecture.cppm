/// @file
/// @brief How a chapter's program speaks: headings with the numbers of its page, tensors as tables.
module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

export module lecture;

import nn.tensor;

namespace lecture {

bool waits = false;

}  // namespace lecture

export namespace lecture {

/// Reads the program's options: `--step` makes it wait for Enter before every heading but the
/// first. Ends the program with status 2 at anything else.
void begin(int argc, char** argv, std::string_view title) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view{argv[i]} != "--step") {
      fmt::print(stderr, "{}: no option '{}'; there is only --step\n", argv[0], argv[i]);
      std::exit(2);
    }
    waits = true;
  }
  fmt::print("{}\n", title);
}

/// `1.3 A batch rides along`, underlined.
void heading(std::string_view text) {
  static bool first = true;
  if (waits && !first) {
    fmt::print("\n[Enter]");
    std::fflush(stdout);
    for (int c = 0; c != '\n' && c != EOF;) c = std::getchar();
  }
  first = false;
  fmt::print("\n{}\n{:-<{}}\n", text, "", text.size());
}

/// Prints a tensor under its name, a row a line: `W (3, 2)   0.50  -1.00`.
void show(std::string_view name, const nn::Tensor& tensor) {
  const std::string label = fmt::format("{} {}", name, to_string(tensor.shape()));
  const std::size_t rows = tensor.rank() < 2 ? 1 : tensor.rows();
  for (std::size_t i = 0; i < rows; ++i) {
    fmt::print("  {:<18}", i == 0 ? label : "");
    for (std::size_t j = 0; j < tensor.size() / rows; ++j) {
      fmt::print("{:8.3f}", tensor.values()[i * (tensor.size() / rows) + j]);
    }
    fmt::print("\n");
  }
}

}  // namespace lecture
