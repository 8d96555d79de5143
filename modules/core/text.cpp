module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

module nn.text;

namespace nn {

std::string thousands(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, ",");
  return text;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "nan";
  return std::abs(value) < 10'000 ? fmt::format("{:.4f}", value) : fmt::format("{:.2e}", value);
}

std::string in_quotes(std::string_view text, std::size_t most) {
  std::string start{text.substr(0, most)};
  std::ranges::replace_if(start, [](char c) { return c < ' ' || c > '~'; }, '?');
  return fmt::format("'{}'{}", start, text.size() > most ? "…" : "");
}

std::string printable(std::string_view text, std::size_t most) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && byte(end) >> 6U == 2) --end;  // not inside a character
  std::string result;
  for (std::size_t i = 0; i < end; ++i) {
    // Control characters: those below the space, the one after '~', and U+0080 to U+009F, which
    // UTF-8 writes as C2 and then 80 to 9F.
    const bool of_two = byte(i) == 0xC2 && i + 1 < end && byte(i + 1) < 0xA0;
    result += of_two || byte(i) < ' ' || byte(i) == 0x7F ? '?' : text[i];
    if (of_two) ++i;
  }
  return result + (end < text.size() ? "…" : "");
}

}  // namespace nn
