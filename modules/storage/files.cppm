/// @file
/// @brief Files read as a whole and written atomically, so that no partial file is left behind.
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

/// Reads a whole file; takes as much memory as the file is long.
/// @param owner The function that reads, for the error: `load_weights`.
/// @param file Its path.
/// @throws std::runtime_error if the file does not exist or cannot be read.
[[nodiscard]] std::vector<std::byte> read_whole(std::string_view owner,
                                                const std::filesystem::path& file);

/// Writes a file atomically. The bytes are written to a new file in the same folder,
/// `file.part-1234-1`, and flushed to the disk; only then does it take the file's name and
/// permissions. Whatever happens in between (a full disk, a killed program, a power failure,
/// another program that writes the same file), the name always belongs to one complete file, old or
/// new. Only a killed program leaves its `.part` file behind.
///
/// A symbolic link stays, and the file that it points to is replaced, or created if it is missing.
/// A terminal, a pipe or a device such as `/dev/null` gets the bytes directly.
/// @param owner The function that writes, for the error: `save_network`.
/// @param file Its path; an existing file is replaced, unless it is write-protected.
/// @param bytes The contents of the file.
/// @throws std::runtime_error if it cannot be written, with the system's reason.
void write_whole(std::string_view owner, const std::filesystem::path& file,
                 std::span<const std::byte> bytes);
/// The same for text.
void write_whole(std::string_view owner, const std::filesystem::path& file, std::string_view text);

/// Checks that write_whole() could write a file, without changing anything. Call it before hours of
/// work whose results the file will store.
/// @param owner The function that will write, for the error.
/// @param file Its path.
/// @throws std::runtime_error if it could not, with the error that write_whole() would throw.
void check_writable(std::string_view owner, const std::filesystem::path& file);

/// Throws an error about the contents of a file.
/// @param owner The function that reads, for the error.
/// @param file Its path, for the error.
/// @param what What is wrong, which comes last:
///   `nn::load_weights: digits.safetensors: '0.bias' is missing`.
/// @throws std::runtime_error always.
[[noreturn]] inline void refuse_file(std::string_view owner, const std::filesystem::path& file,
                                     std::string_view what) {
  throw std::runtime_error("nn::" + std::string{owner} + ": " + file.string() + ": " +
                           std::string{what});
}

/// Calls a function that works on the contents of a file and adds the file's name to its errors, so
/// that the function need not know it.
/// @param owner The function that reads, for the error.
/// @param file Its path, for the error.
/// @param call The function.
/// @return Its result.
/// @throws std::runtime_error if the call throws std::runtime_error or std::invalid_argument, with
///   owner and file in front of its message. @see refuse_file
template <class Call>
auto naming_file(std::string_view owner, const std::filesystem::path& file, Call&& call) {
  try {
    return call();
  } catch (const std::runtime_error& error) {
    refuse_file(owner, file, error.what());
  } catch (const std::invalid_argument& error) {  // for example from a layer's constructor
    refuse_file(owner, file, error.what());
  }
}

}  // namespace nn
