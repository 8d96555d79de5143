/// @file
/// @brief The machine's vector: as many numbers as one instruction works on.
module;

#include <array>
#include <cstddef>
#include <cstring>

export module nn.vector;

import nn.tensor;

export namespace nn {

/// The bytes of a vector register: the one constant that the speed of the library hangs on.
#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64;
constexpr std::size_t vector_registers = 32;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32;
constexpr std::size_t vector_registers = 16;
#else
constexpr std::size_t vector_bytes = 16;
constexpr std::size_t vector_registers = 16;
#endif

/// The numbers in a vector: 16 floats with AVX-512, 8 with AVX2, 4 elsewhere.
constexpr std::size_t lanes = vector_bytes / sizeof(real);

/// A vector of numbers; `+`, `*`, `<` and so on work on all of them at once.
using Vector = real __attribute__((vector_size(vector_bytes)));

/// Reads a vector from anywhere in memory.
[[nodiscard]] inline Vector load(const real* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);  // one instruction
  return vector;
}

/// Writes a vector to anywhere in memory.
inline void store(real* to, const Vector& vector) { std::memcpy(to, &vector, sizeof vector); }

/// Where a vector's numbers are NaN: for `?:`, like what comparisons give.
[[nodiscard]] inline auto is_nan(const Vector& vector) {
  return vector != vector;  // NOLINT(misc-redundant-expression): only NaN differs from itself
}

/// The sum of a vector's numbers.
[[nodiscard]] inline real total(const Vector& vector) {
  std::array<real, lanes> values;
  store(values.data(), vector);
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) values[i] += values[i + half];
  }
  return values[0];
}

}  // namespace nn
