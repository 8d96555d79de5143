/// @file
/// @brief IDX: the file format of MNIST and its relatives.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

export module nn.idx;

export namespace nn {

/// The contents of an IDX file of bytes.
struct Idx {
  std::vector<std::size_t> axes;     ///< Their lengths, outermost first.
  std::vector<std::uint8_t> values;  ///< As many as the product of the axes, last axis fastest.
};

/// Reads an IDX file of unsigned bytes, plain or compressed by gzip. The file begins with two zero
/// bytes, the type of its values (8 for unsigned bytes) and the number of axes; then come the
/// length of each axis, in four bytes with the most significant first, and the values.
///
/// EMNIST has rows for columns in every image: a file with three axes whose name begins with
/// `emnist-` is turned upright.
///
/// @param file The path; if it does not exist but `file.gz` does, that is read.
/// @param axes How many axes are expected.
/// @param most The most values to accept, for callers who must limit memory: a small compressed
///   file can hold very many.
/// @return The lengths of the axes, and the values.
/// @throws std::runtime_error if the file is missing or not such a file. The error says what is
///   wrong at which byte of the contents, that is once decompressed.
[[nodiscard]] Idx read_idx(const std::filesystem::path& file, std::size_t axes,
                           std::size_t most = std::size_t{1} << 40U);

/// The same of a file that has been read already.
/// @param bytes The contents, not compressed.
/// @param file The path, for the errors.
/// @param axes How many axes are expected.
/// @param most The most values to accept.
/// @return The lengths of the axes, and the values.
/// @throws std::runtime_error if this is not such a file.
[[nodiscard]] Idx parse_idx(std::vector<std::uint8_t> bytes, const std::filesystem::path& file,
                            std::size_t axes, std::size_t most = std::size_t{1} << 40U);

/// Reads the labels of an IDX file: unsigned bytes with one axis, as MNIST has them; or a table of
/// 32-bit numbers (type 0x0C) with a row for each image that begins with its label, as QMNIST has
/// them.
///
/// @param file The path; if it does not exist but `file.gz` does, that is read.
/// @param largest The largest label that is accepted.
/// @return One label for each image.
/// @throws std::runtime_error if the file is missing or not such a file, or a label is larger.
///   @see read_idx
[[nodiscard]] std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file,
                                                        std::uint8_t largest);

}  // namespace nn
