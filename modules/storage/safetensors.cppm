/// @file
/// @brief safetensors: the common file of named tensors, which PyTorch and others read and write.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

export module nn.safetensors;

export import nn.tensor;

export namespace nn {

/// The library's version, `0.2.0`: written beside all that it stores.
[[nodiscard]] std::string_view version();

/// A tensor as it stands in a file: numbers of any type and any number of axes.
struct StoredTensor {
  std::string name;
  std::string type;                ///< `F32`, `F64`, `U64`, `I64`, …: the format's own words.
  std::vector<std::size_t> shape;  ///< The lengths of its axes; none for a single number.
  std::vector<std::byte> bytes;    ///< Row-major, the least significant byte first.

  /// A tensor to be stored, in the library's own type: F32, or F64 where it is built in double.
  /// @param name Its name.
  /// @param tensor Its values.
  [[nodiscard]] static StoredTensor of(std::string_view name, const Tensor& tensor);
  /// Whole numbers to be stored, as U64.
  /// @param name Their name.
  /// @param numbers In order; they get one axis.
  [[nodiscard]] static StoredTensor of(std::string_view name,
                                       std::span<const std::uint64_t> numbers);
  /// Numbers in double to be stored, as F64.
  /// @param name Their name.
  /// @param numbers In order; they get one axis.
  [[nodiscard]] static StoredTensor of(std::string_view name, std::span<const double> numbers);

  /// The values as the library has them: F16, BF16, F32 and F64 are converted, and rounded where
  /// the file holds more digits.
  /// @throws std::runtime_error if it is of another type, or has no axis or more than four.
  [[nodiscard]] Tensor tensor() const;
  /// Whole numbers.
  /// @throws std::runtime_error if it is not U64.
  [[nodiscard]] std::vector<std::uint64_t> whole_numbers() const;
  /// Numbers in double.
  /// @throws std::runtime_error if it is not F64.
  [[nodiscard]] std::vector<double> numbers() const;
};

/// The shape as it is written on paper: `(256, 784)`.
/// @param shape Any number of axes; the first eight are written.
[[nodiscard]] std::string to_string(std::span<const std::size_t> shape);

/// What a safetensors file holds.
struct Safetensors {
  std::map<std::string, std::string> metadata;  ///< Words about the tensors.
  std::vector<StoredTensor> tensors;            ///< In the order of their bytes.

  /// A tensor by its name.
  /// @param name Its name.
  /// @return Where it stands, or nullptr.
  [[nodiscard]] const StoredTensor* find(std::string_view name) const;
};

/// Reads a safetensors file. The format: eight bytes with the length of the header, the least
/// significant first; the header, in JSON, which gives to every name a type, a shape and the bytes
/// from where to where; then the bytes.
/// @param owner Who wants to read, for the error: `load_weights`.
/// @param file Its path.
/// @throws std::runtime_error if the file is missing or not such a file, with what is wrong: also
///   if a key occurs twice, or bytes follow the header's JSON or the last tensor. Memory is asked
///   for by the file's size, whatever its header claims.
[[nodiscard]] Safetensors read_safetensors(std::string_view owner,
                                           const std::filesystem::path& file);

/// Writes a safetensors file, as a whole or not at all. @see write_whole
/// @param owner Who wants to write, for the error: `save_network`.
/// @param file Its path; what stands there is overwritten.
/// @param contents Names, all different, and tensors.
/// @throws std::runtime_error if it cannot be written.
void write_safetensors(std::string_view owner, const std::filesystem::path& file,
                       const Safetensors& contents);

}  // namespace nn
