// Reads picture files in every format and preprocesses the pictures.

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "target.hpp"

import nn.pictures;
import nn.tensor;

namespace {

/// Preprocesses a picture; one without ink may be rejected. Pictures that are too large are
/// skipped, because a few bytes of WebP can expand to millions of pixels, which would only take
/// time.
void use(const nn::Picture& picture) try {
  constexpr std::size_t most_pixels = 1'000'000;
  if (picture.brightness.size() > most_pixels) return;
  const nn::Tensor input = nn::to_mnist(picture);
  if (std::ranges::all_of(input.values(), [](auto ink) { return ink >= 0 && ink <= 1; })) return;
  fmt::print(stderr, "fuzz: ink that is not from 0 to 1\n");
  std::abort();
} catch (const std::invalid_argument&) {
}

}  // namespace

void nn::fuzz::parse(const std::string& file) {
  for (const Picture& picture : load_pictures(file)) use(picture);
}

#ifdef NN_FUZZ

namespace {

/// Gives every chunk of a PNG the checksum that it should have.
void fix_checksums(std::span<std::uint8_t> png) {
  const auto number = [&](std::size_t at) {
    return std::uint32_t{png[at]} << 24U | std::uint32_t{png[at + 1]} << 16U |
           std::uint32_t{png[at + 2]} << 8U | png[at + 3];
  };
  for (std::size_t at = 8; png.size() >= at + 12 && png.size() - at - 12 >= number(at);) {
    const std::size_t end = at + 8 + number(at);
    const auto checksum = crc32_z(0, &png[at + 4], end - at - 4);
    for (std::size_t i = 0; i < 4; ++i) {
      png[end + i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i));
    }
    at = end + 4;
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

/// Changes an input as libFuzzer would. A PNG with wrong checksums would be rejected before
/// anything else in it is read, so three out of four get correct ones.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (size > 8 && data[0] == 0x89 && seed % 4 != 0) fix_checksums({data, size});
  return size;
}

#endif
