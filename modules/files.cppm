/// @file
/// @brief Files read and written as a whole, so that no half of one is ever left behind.
module;

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

export module nn.files;

export namespace nn {

/// The contents of a file, in as much memory as the file is long.
/// @param owner Who wants to read, for the error: `load_weights`.
/// @param file Its path.
/// @throws std::runtime_error if there is no such file, or it cannot be read.
[[nodiscard]] std::vector<std::byte> read_whole(std::string_view owner,
                                                const std::filesystem::path& file);

/// Puts a file in place as a whole or not at all: the bytes are written beside it, into
/// `file.part`, and flushed to the disk before that takes its name. Whatever happens on the way, a
/// full disk, a killed program, power that fails, what stood there before still stands. A
/// `file.part` that is there is overwritten; a symbolic link is replaced by the file.
/// @param owner Who wants to write, for the error: `save_network`.
/// @param file Its path; a file that stands there is replaced.
/// @param bytes All that the file will hold.
/// @throws std::runtime_error if it cannot be written, with the system's reason.
void write_whole(std::string_view owner, const std::filesystem::path& file,
                 std::span<const std::byte> bytes);
/// The same of text.
void write_whole(std::string_view owner, const std::filesystem::path& file, std::string_view text);

}  // namespace nn

export namespace nn::detail {

/// A piece of a file as an error may quote it, whatever is in the file: not too long, and what a
/// terminal might take for a command is a question mark.
/// @param text Of the file.
/// @param most Bytes of it that are shown.
/// @return `'text'`, or `'tex'…`.
[[nodiscard]] std::string shown(std::string_view text, std::size_t most = 40);

/// The same of text in UTF-8, which stays in its own letters, and without quotes.
/// @param text Of the file, correct UTF-8.
/// @param most Bytes of it that are shown.
/// @return `text`, or `tex…`.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most = 200);

}  // namespace nn::detail
