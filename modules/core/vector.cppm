/// @file
/// @brief SIMD vectors: as many numbers as one instruction works on.
module;

#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <utility>

export module nn.vector;

export import nn.tensor;

export namespace nn {

/// The size of a vector register in bytes, and the number of registers: the two constants that the
/// speed of the library depends on. On a machine without vectors, the compiler works lane by lane.
#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64;
constexpr std::size_t vector_registers = 32;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32;
constexpr std::size_t vector_registers = 16;
#elif defined(__aarch64__)
constexpr std::size_t vector_bytes = 16;
constexpr std::size_t vector_registers = 32;
#else
constexpr std::size_t vector_bytes = 16;
constexpr std::size_t vector_registers = 16;
#endif

/// How many numbers a vector has: 16 floats with AVX-512, 8 with AVX2, 4 elsewhere.
constexpr std::size_t lanes = vector_bytes / sizeof(real);

/// A vector of numbers; `+`, `*`, `<` and so on work on all of them simultaneously.
using Simd = real __attribute__((vector_size(vector_bytes)));

/// Reads a vector from anywhere in memory.
/// @param from The first of its `lanes` numbers, aligned or not.
/// @return Those numbers.
[[nodiscard]] inline Simd simd_load(const real* from) {
  Simd vector;
  std::memcpy(&vector, from, sizeof vector);  // one instruction
  return vector;
}

/// Writes a vector to anywhere in memory.
/// @param to Where its first number goes, aligned or not; the rest follow.
/// @param vector What to write.
inline void simd_store(real* to, const Simd& vector) { std::memcpy(to, &vector, sizeof vector); }

/// A vector with the same number in every lane.
/// @param value Any.
[[nodiscard]] inline Simd simd_all(real value) {
  return value - Simd{};  // value + 0 would turn −0 into 0 and cost an addition
}

/// Whether the machine has a fused multiply-add (FMA), one instruction that rounds once.
#if defined(__FMA__) || defined(__FP_FAST_FMAF)
constexpr bool has_multiply_add = true;
#else
constexpr bool has_multiply_add = false;
#endif

/// a b + c, in one instruction if the machine has it.
///
/// A compiler may turn any `a * b + c` into such an instruction, but different compilers do so in
/// different places, and then the last bits of the results differ. So the library forbids it
/// (`-ffp-contract=off`) and calls this function where it wants one.
/// @param a One factor,
/// @param b and the other.
/// @param c What is added.
[[nodiscard]] inline real multiply_add(real a, real b, real c) {
  if constexpr (has_multiply_add) return std::fma(a, b, c);
  return a * b + c;
}

}  // namespace nn

namespace nn::detail {

// One instruction for all lanes. clang has one name for it, GCC one for each machine and type.
#if defined(__clang__)
inline Simd fused(Simd a, Simd b, Simd c) { return __builtin_elementwise_fma(a, b, c); }
#elif defined(__FMA__)
using Floats = float __attribute__((vector_size(vector_bytes)));
using Doubles = double __attribute__((vector_size(vector_bytes)));
#if defined(__AVX512F__)
constexpr int as_set = 4;  // how to round
inline Floats fused(Floats a, Floats b, Floats c) {
  return __builtin_ia32_vfmaddps512_mask(a, b, c, static_cast<short>(-1), as_set);
}
inline Doubles fused(Doubles a, Doubles b, Doubles c) {
  return __builtin_ia32_vfmaddpd512_mask(a, b, c, static_cast<unsigned char>(-1), as_set);
}
#else
inline Floats fused(Floats a, Floats b, Floats c) { return __builtin_ia32_vfmaddps256(a, b, c); }
inline Doubles fused(Doubles a, Doubles b, Doubles c) {
  return __builtin_ia32_vfmaddpd256(a, b, c);
}
#endif
#else
inline Simd fused(Simd a, Simd b, Simd c) {
  return [&]<std::size_t... I>(std::index_sequence<I...> /*lanes*/) {
    return Simd{std::fma(a[I], b[I], c[I])...};
  }(std::make_index_sequence<lanes>{});
}
#endif

}  // namespace nn::detail

export namespace nn {

/// The same for all lanes.
/// @param a One factor of each,
/// @param b and the other.
/// @param c What is added.
[[nodiscard]] inline Simd multiply_add(const Simd& a, const Simd& b, const Simd& c) {
  if constexpr (has_multiply_add) return detail::fused(a, b, c);
  return a * b + c;
}

/// Where a vector's numbers are NaN.
/// @param vector Any numbers.
/// @return A mask for `?:`, like a comparison's: −1 in the lanes with NaN, 0 in the rest.
[[nodiscard]] inline auto is_nan(const Simd& vector) {
  return vector != vector;  // NOLINT(misc-redundant-expression): only NaN differs from itself
}

/// The sum of a vector's numbers, by repeatedly adding one half to the other.
/// @param vector The terms.
[[nodiscard]] inline real simd_sum(const Simd& vector) {
  std::array<real, lanes> values;
  simd_store(values.data(), vector);
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) values[i] += values[i + half];
  }
  return values[0];
}

/// A square matrix of lanes × lanes numbers whose rows are vectors.
using SimdSquare = std::array<Simd, lanes>;

}  // namespace nn

namespace nn::detail {

/// Interleaves the first halves of two vectors; with Half = 1, the second halves.
template <int Half, std::size_t... I>
Simd take_turns(Simd a, Simd b, std::index_sequence<I...> /*places*/) {
  return __builtin_shufflevector(a, b,
                                 static_cast<int>(Half * lanes / 2 + I / 2 + I % 2 * lanes)...);
}

}  // namespace nn::detail

export namespace nn {

/// Transposes a square matrix. Row i and row i + lanes / 2 are interleaved, like the halves of a
/// deck of cards in a perfect shuffle; after log₂(lanes) shuffles, rows have become columns.
/// @param rows Changed in place.
inline void transpose(SimdSquare& rows) {
  constexpr std::make_index_sequence<lanes> places;
  for (std::size_t left = lanes; left > 1; left /= 2) {
    SimdSquare shuffled;
    for (std::size_t i = 0; i < lanes / 2; ++i) {
      shuffled[2 * i] = detail::take_turns<0>(rows[i], rows[i + lanes / 2], places);
      shuffled[2 * i + 1] = detail::take_turns<1>(rows[i], rows[i + lanes / 2], places);
    }
    rows = shuffled;
  }
}

}  // namespace nn
