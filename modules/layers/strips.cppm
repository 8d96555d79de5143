/// @file
/// @brief Strips: the values that a normalization processes together. `import nn;` does not export
/// them.
module;

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

export module nn.strips;

export import nn.tensor;
export import nn.vector;

export namespace nn {

/// The vectors that are normalized together, and where they are. In a batch of rows, a vector holds
/// neighboring columns, so each lane is a separate feature; in interleaved images (nn.images) and
/// within one sample, all lanes are values of the same feature or of the same sample. The formulas
/// on vectors are the same in both cases, except that in the second, sums also go over the lanes.
struct Strip {
  std::size_t first;       ///< The place of the first vector.
  std::size_t groups;      ///< The number of groups of vectors.
  std::size_t group_step;  ///< From one group to the next.
  std::size_t vectors;     ///< The number of vectors in a group.
  std::size_t step;        ///< From one vector to the next.
  std::size_t counted;     ///< The lanes that hold values, in the last group; before it, all do.
  std::size_t stored;      ///< The lanes that may be written, in the last group.
  std::size_t feature;     ///< The feature of the first lane; for a row, its index.
  bool is_joined;          ///< Whether the values of all lanes belong together.
};

/// How many vectors it takes to hold this many numbers.
/// @param numbers At least 1.
[[nodiscard]] constexpr std::size_t vectors_of(std::size_t numbers) {
  return (numbers + lanes - 1) / lanes;
}

/// How many strips a batch has: one for each channel, or one for each vector of columns.
/// @param shape (B, D), or (B, D, H, W) for interleaved images.
[[nodiscard]] inline std::size_t strips_of(const Shape& shape) {
  return shape.rank() == 2 ? vectors_of(shape[1]) : shape[1];
}

/// One strip of a batch.
/// @param shape (B, D), or (B, D, H, W) for interleaved images.
/// @param index 0 to strips_of(shape) − 1.
[[nodiscard]] inline Strip strip_of(const Shape& shape, std::size_t index) {
  if (shape.rank() == 2) {
    const std::size_t used = std::min(lanes, shape[1] - index * lanes);
    return {.first = index * lanes,
            .groups = 1,
            .group_step = 0,
            .vectors = shape[0],
            .step = shape[1],
            .counted = used,
            .stored = used,
            .feature = index * lanes,
            .is_joined = false};
  }
  const std::size_t pixels = shape[2] * shape[3];
  return {.first = index * pixels * lanes,
          .groups = vectors_of(shape[0]),
          .group_step = shape[1] * pixels * lanes,
          .vectors = pixels,
          .step = lanes,
          .counted = (shape[0] - 1) % lanes + 1,
          .stored = lanes,
          .feature = index,
          .is_joined = true};
}

/// One row of a matrix as a strip. The lanes after its end are those of the next row.
/// @param index The index of the row.
/// @param columns The number of the matrix's columns.
[[nodiscard]] inline Strip strip_of_row(std::size_t index, std::size_t columns) {
  const std::size_t used = (columns - 1) % lanes + 1;
  return {.first = index * columns,
          .groups = vectors_of(columns),
          .group_step = lanes,
          .vectors = 1,
          .step = lanes,
          .counted = used,
          .stored = used,
          .feature = index,
          .is_joined = true};
}

/// The numbers that belong to a strip's features: the same in all lanes, or one for each lane.
/// @param strip Any.
/// @param features One number for each feature.
[[nodiscard]] inline Simd load_features(const Strip& strip, const Tensor& features) {
  const real* const from = features.data() + strip.feature;
  return strip.is_joined ? simd_all(*from) : simd_load(from);
}

/// Writes the numbers that belong to a strip's features.
/// @param strip Any.
/// @param features One number for each feature.
/// @param values The same in all lanes if the strip is joined.
inline void store_features(const Strip& strip, Tensor& features, const Simd& values) {
  const std::size_t count = strip.is_joined ? 1 : strip.stored;
  std::memcpy(features.data() + strip.feature, &values, count * sizeof(real));
}

/// Writes value(place) at all places of a strip.
/// @param strip Any.
/// @param to Place 0.
/// @param value Gives the vector that belongs at a place.
template <class Value>
void write_strip(const Strip& strip, real* to, const Value& value) {
  for (std::size_t g = 0; g < strip.groups; ++g) {
    const std::size_t first = strip.first + g * strip.group_step;
    const bool whole = g + 1 < strip.groups || strip.stored == lanes;
    for (std::size_t v = 0; v < strip.vectors; ++v) {
      const std::size_t place = first + v * strip.step;
      const Simd y = value(place);
      if (whole) {
        simd_store(to + place, y);
      } else {
        std::memcpy(to + place, &y, strip.stored * sizeof(real));
      }
    }
  }
}

/// Two sums, computed in one pass.
using Sums = std::array<Simd, 2>;

}  // namespace nn

namespace nn::detail {

inline void add(Sums& sums, const Sums& terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += terms[i];
}

/// The sums over one group. There are four partial sums, and every fourth vector is added to the
/// same one, so that an addition need not wait for the previous one.
template <class Terms>
Sums group_sums(const Strip& strip, std::size_t first, const Terms& terms) {
  std::array<Sums, 4> sums{};
  std::size_t v = 0;
  for (; v + sums.size() <= strip.vectors; v += sums.size()) {
    for (std::size_t i = 0; i < sums.size(); ++i) add(sums[i], terms(first + (v + i) * strip.step));
  }
  for (; v < strip.vectors; ++v) add(sums[0], terms(first + v * strip.step));
  add(sums[0], sums[1]);
  add(sums[2], sums[3]);
  add(sums[0], sums[2]);
  return sums[0];
}

}  // namespace nn::detail

export namespace nn {

/// The sums of terms(place) over a strip, always in the same order.
/// @param strip Any.
/// @param terms Gives two vectors of terms for a place.
/// @return One sum for each lane; for a joined strip, the sum over all lanes in every lane.
template <class Terms>
[[nodiscard]] Sums sums_over(const Strip& strip, const Terms& terms) {
  Simd is_counted{};
  for (std::size_t lane = 0; lane < strip.counted; ++lane) is_counted[lane] = 1;
  Sums sums{};
  for (std::size_t g = 0; g < strip.groups; ++g) {
    Sums group = detail::group_sums(strip, strip.first + g * strip.group_step, terms);
    if (g + 1 == strip.groups) {
      for (Simd& sum : group) sum = is_counted != 0 ? sum : Simd{};
    }
    detail::add(sums, group);
  }
  if (strip.is_joined) {
    for (Simd& sum : sums) sum = simd_all(simd_sum(sum));
  }
  return sums;
}

/// Mean and biased variance, σ² = Σ (x − μ)² / n.
struct Moments {
  Simd mean;
  Simd variance;
};

/// Mean and biased variance of a strip's values.
/// @param strip Any.
/// @param x Place 0.
/// @param n How many values belong to each mean.
[[nodiscard]] Moments moments_of(Strip strip, const real* x, real n);

/// 1 / √(σ² + ε), in every lane.
/// @param variance σ².
/// @param epsilon ε.
[[nodiscard]] inline Simd inverse_deviation(const Simd& variance, real epsilon) {
  Simd inverse;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    inverse[lane] = 1 / std::sqrt(variance[lane] + epsilon);
  }
  return inverse;
}

/// (x − mean) factor + shift: a normalized value, scaled and shifted, of a number or of a vector.
/// @param x The value.
/// @param mean μ.
/// @param factor γ / √(σ² + ε).
/// @param shift β.
template <class Number>
[[nodiscard]] Number scaled(const Number& x, const Number& mean, const Number& factor,
                            const Number& shift) {
  return (x - mean) * factor + shift;
}

}  // namespace nn
