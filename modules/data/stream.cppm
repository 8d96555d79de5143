/// @file
/// @brief Files read sequentially, plain or gzip-compressed, and compression of text. `import nn;`
/// does not export this.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

export module nn.stream;

extern "C" struct gzFile_s;  // of zlib, whose header an importer does not need

export namespace nn {

/// A file read sequentially, plain or compressed with gzip. Positions count decompressed bytes.
class Stream {
 public:
  /// Opens a file.
  /// @param owner The function that reads, for the errors: `read_idx`.
  /// @param file Its path; if it does not exist but `file.gz` does, that is opened. It may also be
  ///   a pipe or a device, such as `/dev/stdin`.
  /// @throws std::runtime_error if neither exists, or it cannot be opened.
  Stream(std::string_view owner, const std::filesystem::path& file);

  /// Uses the contents of a file that is already in memory.
  /// @param owner The function that reads, for the errors.
  /// @param file Its path, for the errors.
  /// @param bytes The contents, decompressed.
  Stream(std::string_view owner, std::filesystem::path file, std::vector<std::uint8_t> bytes);

  /// Reads the next bytes. Memory grows with the real contents of the file, to at most twice as
  /// much, so it is safe to ask for as many bytes as an untrusted header claims.
  /// @param most How many bytes to read.
  /// @return That many bytes; fewer only if the contents end before.
  /// @throws std::runtime_error if compressed data is damaged or cut short, with the byte of the
  ///   compressed file.
  [[nodiscard]] std::vector<std::uint8_t> read(std::size_t most);

  /// How many bytes have been read.
  [[nodiscard]] std::size_t position() const { return position_; }

  /// The path of the file that was opened.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Throws an error about the file.
  /// @param byte The position of the fault in the decompressed contents.
  /// @param what What is wrong.
  /// @throws std::runtime_error always: `nn::OWNER: FILE, byte N: WHAT`.
  [[noreturn]] void fail(std::size_t byte, std::string_view what) const;

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  std::size_t read_into(std::span<std::uint8_t> bytes);
  [[noreturn]] void fail_compressed(std::string_view what) const;

  std::string owner_;
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;  // none if the contents are in memory:
  std::vector<std::uint8_t> contents_;
  std::size_t position_ = 0;
};

/// A view of bytes as text.
/// @param bytes Must outlive the result.
[[nodiscard]] inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  // NOLINTNEXTLINE(*-reinterpret-cast): a char may alias any byte
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Compresses text with gzip; the same text always gives the same bytes.
/// @param text Any bytes.
/// @return A gzip stream of one member.
/// @throws std::bad_alloc if zlib gets no memory.
[[nodiscard]] std::vector<std::byte> compressed(std::string_view text);

}  // namespace nn
