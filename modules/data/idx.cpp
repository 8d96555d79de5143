module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

module nn.idx;

import nn.stream;

namespace nn {

namespace {

/// Four bytes, the most significant first.
std::uint32_t number(Stream& stream) {
  const std::vector<std::uint8_t> bytes = stream.read(4);
  if (bytes.size() < 4) stream.fail(stream.position(), "the file ends in its header");
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

/// Reads the first four bytes, which say what follows.
void check_kind(Stream& stream, std::size_t axes) {
  const std::uint32_t magic = number(stream);
  if (magic >> 16U != 0) {
    stream.fail(0, fmt::format("magic number is 0x{:08x}, not that of an IDX file", magic));
  }
  if (magic >> 8U != 8) {
    stream.fail(2, fmt::format("type is 0x{:02x}, expected 0x08 for bytes", magic >> 8U));
  }
  if ((magic & 0xFFU) != axes) {
    stream.fail(3, fmt::format("{} axes, expected {}", magic & 0xFFU, axes));
  }
}

}  // namespace

Idx read_idx(const std::filesystem::path& file, std::size_t axes, std::size_t most) {
  Stream stream{"read_idx", file};
  check_kind(stream, axes);
  Idx idx;
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::size_t byte = stream.position();
    const std::size_t length = number(stream);
    if (length == 0) stream.fail(byte, fmt::format("axis {} has length 0", axis));
    if (count > most / length) {  // so the product below cannot overflow
      stream.fail(byte,
                  fmt::format("axis {} has length {}: more than {} values", axis, length, most));
    }
    count *= length;
    idx.axes.push_back(length);
  }
  idx.values = stream.read(count);
  const std::size_t end = stream.position();
  if (idx.values.size() < count) {
    stream.fail(end, fmt::format("the file ends after {} of {} values", idx.values.size(), count));
  }
  if (!stream.read(1).empty()) {
    stream.fail(end, fmt::format("more than the {} values announced", count));
  }
  return idx;
}

}  // namespace nn
