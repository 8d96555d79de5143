module;

#include <array>
#include <cstddef>

module nn.strips;

namespace nn {

// [moments]
/// The mean is subtracted before squaring, because computed from Σ x² the variance would be a small
/// difference of large numbers. The mean of the differences corrects the mean's own rounding error
/// (corrected two-pass algorithm).
Moments moments_of(Strip strip, const real* x, real n) {
  const Simd rough =
      sums_over(strip, [=](std::size_t i) { return Sums{simd_load(x + i), Simd{}}; })[0] / n;
  const auto [rest, squares] = sums_over(strip, [=](std::size_t i) {
    const Simd distance = simd_load(x + i) - rough;
    return Sums{distance, distance * distance};
  });
  const Simd correction = rest / n;
  const Simd variance = squares / n - correction * correction;
  return {.mean = rough + correction, .variance = variance < 0 ? Simd{} : variance};
}
// [/moments]

}  // namespace nn
