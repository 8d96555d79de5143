module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

module nn.idx;

import nn.stream;

namespace nn {

namespace {

/// Reads four bytes as a number, the most significant first (big-endian).
std::uint32_t number(Stream& stream) {
  const std::vector<std::uint8_t> bytes = stream.read(4);
  if (bytes.size() < 4) stream.fail(stream.position(), "the file ends within its header");
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

/// Checks the first four bytes, which say what follows.
void check_kind(const Stream& stream, std::uint32_t magic, std::size_t axes) {
  if (magic >> 16U != 0) {
    stream.fail(
        0, fmt::format(
               "magic number is 0x{:08x}, but that of an IDX file of bytes begins with 0x000008",
               magic));
  }
  if (magic >> 8U != 8) {
    stream.fail(2, fmt::format("type is 0x{:02x}, expected 0x08 for bytes", magic >> 8U));
  }
  if ((magic & 0xFFU) != axes) {
    stream.fail(3, fmt::format("{} axes, expected {}", magic & 0xFFU, axes));
  }
}

/// Reads the lengths of the axes and then the values.
/// @param size The size of a value in bytes.
Idx read_values(Stream& stream, std::size_t axes, std::size_t most, std::size_t size) {
  Idx idx;
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::size_t byte = stream.position();
    const std::size_t length = number(stream);
    if (length == 0)
      stream.fail(byte, fmt::format("axis {} has length 0, expected at least 1", axis));
    if (count > most / length) {  // so the product below cannot overflow
      stream.fail(byte, fmt::format("axis {} has length {}, expected at most {} values in all",
                                    axis, length, most));
    }
    count *= length;
    idx.axes.push_back(length);
  }
  idx.values = stream.read(count * size);
  const std::size_t end = stream.position();
  if (idx.values.size() < count * size) {
    stream.fail(end, fmt::format("the file ends after {} out of {} values",
                                 idx.values.size() / size, count));
  }
  if (!stream.read(1).empty()) {
    stream.fail(
        end, fmt::format("the file has more than the {} values that its header announces", count));
  }
  return idx;
}

/// Transposes images whose rows are stored as columns.
Idx upright(const Idx& images) {
  const std::size_t rows = images.axes[1];
  const std::size_t columns = images.axes[2];
  Idx result{.axes = {images.axes[0], columns, rows}, .values = {}};
  result.values.resize(images.values.size());
  for (std::size_t first = 0; first < images.values.size(); first += rows * columns) {
    for (std::size_t y = 0; y < rows; ++y) {
      for (std::size_t x = 0; x < columns; ++x) {
        result.values[first + x * rows + y] = images.values[first + y * columns + x];
      }
    }
  }
  return result;
}

/// Reads a file whose values are bytes.
Idx read_bytes(Stream stream, const std::filesystem::path& file, std::size_t axes,
               std::size_t most) {
  check_kind(stream, number(stream), axes);
  const bool is_emnist = axes == 3 && file.filename().string().starts_with("emnist-");
  Idx idx = read_values(stream, axes, most, 1);
  if (is_emnist) return upright(idx);
  return idx;
}

}  // namespace

Idx read_idx(const std::filesystem::path& file, std::size_t axes, std::size_t most) {
  return read_bytes(Stream{"read_idx", file}, file, axes, most);
}

Idx parse_idx(std::vector<std::uint8_t> bytes, const std::filesystem::path& file, std::size_t axes,
              std::size_t most) {
  return read_bytes(Stream{"read_idx", file, std::move(bytes)}, file, axes, most);
}

std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file, std::uint8_t largest) {
  constexpr std::uint32_t table_of_int = 0x0C02;  // two axes, values of four bytes
  constexpr std::size_t most = std::size_t{1} << 40U;
  Stream stream{"read_idx_labels", file};
  const std::uint32_t magic = number(stream);
  const bool is_table = magic == table_of_int;
  if (!is_table) check_kind(stream, magic, 1);
  const Idx idx = is_table ? read_values(stream, 2, most, 4) : read_values(stream, 1, most, 1);
  const std::size_t header = stream.position() - idx.values.size();
  const std::size_t row = idx.values.size() / idx.axes[0];
  std::vector<std::uint8_t> labels(idx.axes[0]);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::uint32_t label = 0;
    for (std::size_t byte = 0; byte < (is_table ? 4 : 1); ++byte) {
      label = label << 8U | idx.values[i * row + byte];
    }
    if (label > largest) {
      stream.fail(header + i * row, fmt::format("label is {}, expected 0 to {}", label, largest));
    }
    labels[i] = static_cast<std::uint8_t>(label);
  }
  return labels;
}

}  // namespace nn
