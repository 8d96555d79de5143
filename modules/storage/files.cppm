/// @file
/// @brief Files read and written as a whole, so that no half of one is ever left behind.
module;

#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

export module nn.files;

export namespace nn {

/// The contents of a file, in as much memory as the file is long.
/// @param owner The function that reads, for the error: `load_weights`.
/// @param file Its path.
/// @throws std::runtime_error if there is no such file, or it cannot be read.
[[nodiscard]] std::vector<std::byte> read_whole(std::string_view owner,
                                                const std::filesystem::path& file);

/// Puts a file in place as a whole or not at all. The bytes are written into a new file of the same
/// folder, `file.part-1234-1`, and flushed to the disk, and only then does that take the file's
/// name and its permissions. Whatever happens on the way (a full disk, a killed program, a power
/// failure, another program that writes the same file), the name always belongs to one whole file,
/// the old or a new one. Only a program that is killed leaves the `.part` behind.
///
/// A symbolic link stays, and the file that it leads to is replaced, or created if it is missing. A
/// terminal, a pipe or a device such as `/dev/null` gets the bytes as they are.
/// @param owner The function that writes, for the error: `save_network`.
/// @param file Its path; an existing file is replaced, unless it is write-protected.
/// @param bytes All that the file will hold.
/// @throws std::runtime_error if it cannot be written, with the system's reason.
void write_whole(std::string_view owner, const std::filesystem::path& file,
                 std::span<const std::byte> bytes);
/// The same of text.
void write_whole(std::string_view owner, const std::filesystem::path& file, std::string_view text);

/// Tries whether write_whole() could put a file in place, without changing anything: before the
/// hours of work whose results it will hold.
/// @param owner The function that will write, for the error.
/// @param file Its path.
/// @throws std::runtime_error if it could not, with the error that write_whole() would have.
void check_writable(std::string_view owner, const std::filesystem::path& file);

/// Refuses what a file holds.
/// @param owner The function that reads, for the error.
/// @param file Its path, for the error.
/// @param what Follows both: `nn::load_weights: digits.safetensors: '0.bias' is missing`.
/// @throws std::runtime_error always.
[[noreturn]] inline void refuse_file(std::string_view owner, const std::filesystem::path& file,
                                     std::string_view what) {
  throw std::runtime_error("nn::" + std::string{owner} + ": " + file.string() + ": " +
                           std::string{what});
}

/// Calls a function that works on the contents of a file, so that it can say what is wrong with
/// them without knowing where they are from.
/// @param owner The function that reads, for the error.
/// @param file Its path, for the error.
/// @param call What is called.
/// @return What it returns.
/// @throws std::runtime_error for a std::runtime_error or std::invalid_argument of the call, with
///   owner and file in front. @see refuse_file
template <class Call>
auto naming_file(std::string_view owner, const std::filesystem::path& file, Call&& call) {
  try {
    return call();
  } catch (const std::runtime_error& error) {
    refuse_file(owner, file, error.what());
  } catch (const std::invalid_argument& error) {  // such as a layer that refuses its options
    refuse_file(owner, file, error.what());
  }
}

}  // namespace nn
