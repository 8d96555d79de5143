/// @file
/// @brief Numbers as text for a page, as the book writes them.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

export module live.words;

import nn.tensor;

export namespace live {

/// A number with few digits.
/// @param value Any number; NaN becomes words.
/// @param digits The largest number of digits.
/// @return `0.25`, `-1`; never `-0`.
[[nodiscard]] std::string numeral(double value, int digits = 6) {
  return std::isnan(value) ? "not a number" : fmt::format("{:.{}g}", value + 0.0, digits);
}

/// A number within a formula.
/// @param value Any.
/// @return `0.25`, and in brackets if it is negative: `(-1)`.
[[nodiscard]] std::string term(double value) {
  return value < 0 ? fmt::format("({})", numeral(value)) : numeral(value);
}

/// Numbers to choose from.
/// @param values Any.
/// @return Each as numeral() has it.
[[nodiscard]] std::vector<std::string> numerals(std::span<const double> values) {
  std::vector<std::string> words(values.size());
  std::ranges::transform(values, words.begin(), [](double value) { return numeral(value); });
  return words;
}

/// Numbers as text, one per line.
/// @param values Any.
/// @param digits The largest number of digits of each.
/// @return One line for each value.
[[nodiscard]] std::string lines(std::span<const nn::real> values, int digits = 6) {
  std::string all;
  for (const nn::real value : values) {
    all += fmt::format("{}{:.{}g}", all.empty() ? "" : "\n", value + nn::real{0}, digits);
  }
  return all;
}

}  // namespace live
