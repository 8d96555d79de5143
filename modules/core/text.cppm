/// @file
/// @brief Text: numbers as people write them, and pieces of files as an error message may quote
/// them.
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

/// A whole number with separators between the thousands: `269,322`.
/// @param number Any.
[[nodiscard]] std::string thousands(std::size_t number);

/// A number as it should be printed: a NaN without its sign, which means nothing.
/// @param value Any.
template <std::floating_point T>
[[nodiscard]] T unsigned_nan(T value) {
  return std::isnan(value) ? std::abs(value) : value;
}

/// A number with a fixed count of decimals, short even where it is huge: `0.1209`, `1.00e+30`,
/// `nan`.
/// @param value Any.
[[nodiscard]] std::string short_number(double value);

/// A piece of a file as an error message may quote it, whatever the file contains: cut to a length,
/// and with a question mark for every byte that is not printable ASCII.
/// @param text From the file.
/// @param most How many bytes of it are shown.
/// @return `'text'`, or `'tex'…`.
[[nodiscard]] std::string in_quotes(std::string_view text, std::size_t most = 40);

/// The same for UTF-8 text, which keeps its letters, and without quotes; only control characters
/// become question marks.
/// @param text From the file, correct UTF-8.
/// @param most How many bytes of it are shown.
/// @return `text`, or `tex…`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 200);

/// Two rows of pixels as one line of text, so that a digit can be drawn in a terminal: each
/// character is `▀`, `▄`, `█` or a space.
/// @param upper Brightness from 0 to 1; above 0.4 a pixel is drawn.
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
