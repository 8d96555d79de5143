/// @file
/// @brief What every fuzz target shares. A target is a file NAME.cpp that defines parse().
///
/// The parsers take paths, so an input is a file: one in memory, whose path is opened like any
/// other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nn::fuzz {

/// A file in memory that has a path for as long as the object lives.
class MemoryFile {
 public:
  MemoryFile();
  explicit MemoryFile(std::string_view bytes);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  /// Makes these bytes the whole contents.
  void write(std::span<const std::uint8_t> bytes);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

/// Each target's own: gives the file to its parser. It may throw what the parser's interface
/// promises, and that is std::runtime_error.
void parse(const std::string& file);

/// Writes the bytes to a file and parses it. Whatever but a sentence in a std::runtime_error comes
/// out of the parser goes on to the caller: a fault.
/// @return Whether the parser took them.
bool takes(std::span<const std::uint8_t> bytes);

}  // namespace nn::fuzz
