module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

module nn.files;

namespace nn {

std::string detail::shown(std::string_view text, std::size_t most) {
  std::string start{text.substr(0, most)};
  std::ranges::replace_if(start, [](char c) { return c < ' ' || c > '~'; }, '?');
  return fmt::format("'{}'{}", start, text.size() > most ? "…" : "");
}

std::string detail::printable(std::string_view text, std::size_t most) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && byte(end) >> 6U == 2) --end;  // not within a letter
  std::string result;
  for (std::size_t i = 0; i < end; ++i) {
    // Commands are below the blank, the one above '~', and U+0080 to U+009F: C2, then 80 to 9F.
    const bool of_two = byte(i) == 0xC2 && i + 1 < end && byte(i + 1) < 0xA0;
    result += of_two || byte(i) < ' ' || byte(i) == 0x7F ? '?' : text[i];
    if (of_two) ++i;
  }
  return result + (end < text.size() ? "…" : "");
}

}  // namespace nn
