/// @file
/// @brief Files read from front to back, plain or compressed, and text compressed. `import nn;`
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

/// A file read from front to back, plain or compressed by gzip. Bytes are counted in its contents,
/// that is once decompressed.
class Stream {
 public:
  /// Opens a file.
  /// @param owner Who reads, for the errors: `read_idx`.
  /// @param file Its path; if it does not exist but `file.gz` does, that is opened. It may also
  /// lead
  ///   to a pipe or a device, such as `/dev/stdin`.
  /// @throws std::runtime_error if neither exists, or it cannot be opened.
  Stream(std::string_view owner, const std::filesystem::path& file);

  /// The contents of a file that has been read already.
  /// @param owner Who reads, for the errors.
  /// @param file Its path, for the errors.
  /// @param bytes The contents, not compressed.
  Stream(std::string_view owner, std::filesystem::path file, std::vector<std::uint8_t> bytes);

  /// Reads the next bytes. Memory grows with what the file really holds, to at most twice as much,
  /// so it is safe to ask for as many bytes as an untrusted header promises.
  /// @param most How many bytes are wanted.
  /// @return As many; fewer only if the contents end before.
  /// @throws std::runtime_error if compressed data is damaged or cut short, with the byte of the
  ///   compressed file.
  [[nodiscard]] std::vector<std::uint8_t> read(std::size_t most);

  /// How many bytes have been read.
  [[nodiscard]] std::size_t position() const { return position_; }

  /// The path of the file that was opened.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Refuses the file.
  /// @param byte Where the fault is, in the contents.
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

/// The same bytes, seen as text.
/// @param bytes Must outlive the result.
[[nodiscard]] inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  // NOLINTNEXTLINE(*-reinterpret-cast): a char may look at any byte
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Compresses text as gzip does; the same text always gives the same bytes.
/// @param text Any bytes.
/// @return A gzip stream of one member.
/// @throws std::bad_alloc if zlib gets no memory.
[[nodiscard]] std::vector<std::byte> compressed(std::string_view text);

}  // namespace nn
