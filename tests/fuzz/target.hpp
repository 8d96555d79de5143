/// @file
/// @brief Shared by all fuzz targets. A target is a file NAME.cpp that defines parse().
///
/// The parsers take paths, so each input becomes a file in memory, whose path is opened like any
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

  /// Replaces the contents with these bytes.
  void write(std::span<const std::uint8_t> bytes);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

/// Defined by each target: gives the file to its parser. It may throw only what the parser's
/// interface documents, std::runtime_error.
void parse(const std::string& file);

/// Writes the bytes to a file and parses it. Any exception but a std::runtime_error with a proper
/// message is a fault and passes on to the caller.
/// @return Whether the parser accepted them.
bool takes(std::span<const std::uint8_t> bytes);

}  // namespace nn::fuzz
