// Products in tiles with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <vector>

import exercises.mistakes;
import exercises.tiles;

using nn::lanes;
using nn::Matrix;
using nn::real;
using nn::Tensor;

namespace {

constexpr std::size_t rows = 6;

/// What a product does; each part can be spoiled.
struct Ways {
  bool nothing = false;
  bool overwrites = false;
  bool panels_only = false;
  bool vectors_only = false;
  bool narrow_overwrites = false;
  bool narrow_twice = false;
  bool narrow_from_start = false;
  bool narrow_first_tile = false;
  bool narrow_without_stride = false;
  bool beyond = false;
};

/// Σₖ a(i, k) b(k, j), with rows of B that begin every `stride` numbers.
real element(const Matrix& a, const Matrix& b, std::size_t i, std::size_t j, std::size_t stride) {
  real sum = 0;
  for (std::size_t k = 0; k < a.columns; ++k) {
    // Beyond the last row there is nothing to read.
    if (k * stride + j >= b.rows * b.row_stride) break;
    sum += a.data[i * a.row_stride + k] * b.data[k * stride + j];
  }
  return sum;
}

void in_tiles(const Ways& ways, const Matrix& a, const Matrix& b, Tensor& c) {
  if (ways.nothing) return;
  const std::size_t columns = b.columns;
  const std::size_t panels = columns / (2 * lanes) * 2 * lanes;
  const std::size_t vectors = columns / lanes * lanes;
  for (std::size_t i = 0; i < a.rows; ++i) {
    const std::size_t end = ways.beyond && vectors < columns ? vectors + lanes : columns;
    for (std::size_t j = 0; j < end && i * columns + j < c.size(); ++j) {
      const bool is_narrow = j >= vectors;
      if (ways.panels_only && j >= panels) continue;
      if (ways.vectors_only && is_narrow) continue;
      if (ways.narrow_first_tile && is_narrow && i >= a.rows / 2) continue;
      const std::size_t from = ways.narrow_from_start && is_narrow ? j - vectors : j;
      const std::size_t stride = ways.narrow_without_stride && is_narrow ? b.columns : b.row_stride;
      const real sum = element(a, b, i, from, stride);
      real& to = c.values()[i * columns + j];
      if (ways.overwrites || (ways.narrow_overwrites && is_narrow)) to = 0;
      to += sum;
      if (ways.narrow_twice && is_narrow) to += sum;
    }
  }
}

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::tiles(
      {[ways](const Matrix& a, const Matrix& b, Tensor& c) { in_tiles(ways, a, b, c); }, rows});
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("C is unchanged", {.nothing = true}), tried("C is overwritten", {.overwrites = true}),
       tried("after the last panel of two vectors are left out", {.panels_only = true}),
       tried("after the last full vector are left out", {.vectors_only = true}),
       tried("The last columns overwrite what C held", {.narrow_overwrites = true}),
       tried("is added twice to the last columns", {.narrow_twice = true}),
       tried("they begin at j, not at 0", {.narrow_from_start = true}),
       tried("beyond the end of a row", {.beyond = true}),
       tried("only the first rows are computed", {.narrow_first_tile = true}),
       tried("not every `b.columns`", {.narrow_without_stride = true})});
}
