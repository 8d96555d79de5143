/// @file
/// @brief Text: numbers formatted for people, and pieces of files quoted safely in error messages.
module;

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

export module nn.text;

export namespace nn {

/// A whole number with thousands separators: `269,322`.
/// @param number Any.
[[nodiscard]] std::string thousands(std::size_t number);

/// The number to print: a NaN loses its sign, which means nothing.
/// @param value Any.
template <std::floating_point T>
[[nodiscard]] T unsigned_nan(T value) {
  return std::isnan(value) ? std::abs(value) : value;
}

/// A number with four decimals, or in scientific notation if it is huge: `0.1209`, `1.00e+30`,
/// `nan`.
/// @param value Any.
[[nodiscard]] std::string short_number(double value);

/// A piece of a file, made safe to quote in an error message: cut to a length, and with a question
/// mark for every byte that is not printable ASCII.
/// @param text From the file.
/// @param most The largest number of bytes to show.
/// @return `'text'`, or `'tex'…`.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t most = 40);

/// The same for UTF-8 text and without quotes: only control characters become question marks.
/// @param text From the file, valid UTF-8.
/// @param most The largest number of bytes to show.
/// @return `text`, or `tex…`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 200);

/// Two rows of pixels as one line of text, for drawing a digit in a terminal: each character is
/// `▀`, `▄`, `█` or a space.
/// @param upper Brightness from 0 to 1; a pixel is drawn if it is above 0.4.
/// @param lower The row below it, equally many pixels.
template <std::floating_point T>
[[nodiscard]] std::string half_blocks(std::span<const T> upper, std::span<const T> lower) {
  std::string text;
  for (std::size_t x = 0; x < upper.size(); ++x) {
    const bool above = upper[x] > T(0.4);
    const bool below = lower[x] > T(0.4);
    constexpr std::array<const char*, 4> blocks{" ", "▀", "▄", "█"};
    text += blocks[(above ? 1U : 0U) + (below ? 2U : 0U)];
  }
  return text;
}

}  // namespace nn
