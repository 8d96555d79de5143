/// @file
/// @brief safetensors: a common file format for named tensors, which PyTorch and others use.
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

/// The library's version, `0.2.0`, which is written into every file that it stores.
[[nodiscard]] std::string_view version();

/// A tensor as stored in a file: numbers of any type, with any number of axes.
struct StoredTensor {
  std::string name;
  std::string type;                ///< The type's name in the format: `F32`, `F64`, `U64`, ….
  std::vector<std::size_t> shape;  ///< The lengths of its axes; none for a single number.
  std::vector<std::byte> bytes;    ///< Row-major, little-endian.

  /// A tensor to store, in the library's own type: F32, or F64 if the library is built in double.
  /// @param name Its name.
  /// @param tensor Its values.
  [[nodiscard]] static StoredTensor of(std::string_view name, const Tensor& tensor);
  /// Whole numbers to store, as U64.
  /// @param name Their name.
  /// @param numbers In order; they get one axis.
  [[nodiscard]] static StoredTensor of(std::string_view name,
                                       std::span<const std::uint64_t> numbers);
  /// Doubles to store, as F64.
  /// @param name Their name.
  /// @param numbers In order; they get one axis.
  [[nodiscard]] static StoredTensor of(std::string_view name, std::span<const double> numbers);

  /// The values as a Tensor: F16, BF16, F32 and F64 are converted, and rounded if the file has more
  /// precision.
  /// @throws std::runtime_error if it has another type, or no axis or more than four.
  [[nodiscard]] Tensor tensor() const;
  /// The values as whole numbers.
  /// @throws std::runtime_error if it is not U64.
  [[nodiscard]] std::vector<std::uint64_t> whole_numbers() const;
  /// The values as doubles.
  /// @throws std::runtime_error if it is not F64.
  [[nodiscard]] std::vector<double> numbers() const;
};

/// The shape as text: `(256, 784)`.
/// @param shape Any number of axes; only the first eight are written.
[[nodiscard]] std::string to_string(std::span<const std::size_t> shape);

/// The contents of a safetensors file.
struct Safetensors {
  std::map<std::string, std::string> metadata;  ///< Any text about the tensors.
  std::vector<StoredTensor> tensors;            ///< In the order of their bytes.

  /// A tensor by its name.
  /// @param name Its name.
  /// @return The tensor, or nullptr if there is none.
  [[nodiscard]] const StoredTensor* find(std::string_view name) const;
};

/// Reads a safetensors file. The format: eight bytes with the length of the header (little-endian);
/// the header, JSON that gives the type, the shape and the byte range for every name; then the
/// bytes. Memory use depends on the size of the file, not on what its header claims.
/// @param owner The function that reads, for the error: `load_weights`.
/// @param file Its path.
/// @throws std::runtime_error if the file is missing or not such a file, also if a key occurs
///   twice, or bytes follow the header's JSON or the last tensor. The error says what is wrong.
[[nodiscard]] Safetensors read_safetensors(std::string_view owner,
                                           const std::filesystem::path& file);

/// Writes a safetensors file atomically. @see write_whole
/// @param owner The function that writes, for the error: `save_network`.
/// @param file Its path; an existing file is replaced.
/// @param contents Names, all different, and tensors.
/// @throws std::runtime_error if it cannot be written.
void write_safetensors(std::string_view owner, const std::filesystem::path& file,
                       const Safetensors& contents);

}  // namespace nn
