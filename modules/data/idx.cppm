/// @file
/// @brief IDX: the file format of MNIST and similar data sets.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

export module nn.idx;

export namespace nn {

/// The contents of an IDX file of bytes.
struct Idx {
  std::vector<std::size_t> axes;     ///< The lengths of the axes, outermost first.
  std::vector<std::uint8_t> values;  ///< As many as the product of the axes, last axis fastest.
};

/// Reads an IDX file of unsigned bytes, plain or compressed with gzip. The file begins with two
/// zero bytes, the type of its values (8 for unsigned bytes) and the number of axes; then come the
/// length of each axis, in four bytes (big-endian), and the values.
///
/// EMNIST stores every image transposed, so the images of a file with three axes whose name begins
/// with `emnist-` are transposed back.
///
/// @param file The path; if it does not exist but `file.gz` does, that is read.
/// @param axes How many axes are expected.
/// @param most The largest number of values to accept, for callers that must limit memory, because
///   a small compressed file can expand to very many.
/// @return The lengths of the axes, and the values.
/// @throws std::runtime_error if the file is missing or not such a file. The error says what is
///   wrong, and at which byte of the decompressed contents.
[[nodiscard]] Idx read_idx(const std::filesystem::path& file, std::size_t axes,
                           std::size_t most = std::size_t{1} << 40U);

/// The same for a file that is already in memory.
/// @param bytes The contents, decompressed.
/// @param file The path, for the errors.
/// @param axes How many axes are expected.
/// @param most The largest number of values to accept.
/// @return The lengths of the axes, and the values.
/// @throws std::runtime_error if this is not such a file.
[[nodiscard]] Idx parse_idx(std::vector<std::uint8_t> bytes, const std::filesystem::path& file,
                            std::size_t axes, std::size_t most = std::size_t{1} << 40U);

/// Reads the labels in an IDX file: unsigned bytes with one axis, as in MNIST; or a table of 32-bit
/// numbers (type 0x0C) with a row for each image that begins with its label, as in QMNIST.
///
/// @param file The path; if it does not exist but `file.gz` does, that is read.
/// @param largest The largest label to accept.
/// @return One label for each image.
/// @throws std::runtime_error if the file is missing or not such a file, or a label is larger.
///   @see read_idx
[[nodiscard]] std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file,
                                                        std::uint8_t largest);

}  // namespace nn
