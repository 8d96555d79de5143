/// @file
/// @brief Small data files for tests, written byte by byte.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace nn::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

/// Appends a number as IDX and PNG store it: four bytes, the most significant first.
inline void append(Bytes& bytes, std::size_t number) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

/// An IDX file of bytes: its header, then its values.
inline Bytes idx(const std::vector<std::size_t>& axes, const Bytes& values) {
  Bytes bytes;
  append(bytes, 0x0800U + axes.size());
  for (const std::size_t length : axes) append(bytes, length);
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// Writes a file. An old one is removed first, because some file systems flush a file that is
/// overwritten to the disk, which takes milliseconds.
/// @return Its path.
inline std::filesystem::path write_plain(const std::filesystem::path& file, const Bytes& bytes) {
  std::filesystem::remove(file);
  std::ofstream out{file, std::ios::binary};
  for (const std::uint8_t byte : bytes) out.put(static_cast<char>(byte));
  return file;
}

/// Writes a file compressed by gzip.
/// @return Its path.
inline std::filesystem::path write_compressed(const std::filesystem::path& file,
                                              const Bytes& bytes) {
  const gzFile out = gzopen(file.c_str(), "wb");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
  return file;
}

inline std::string contents_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace nn::test
