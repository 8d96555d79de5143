// Rules (printed lines on paper), frames and cells of forms: straight lines that are not part of a
// digit.
module;

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

/// A straight, nearly horizontal line: at column x it is in row `first` + `slope` · x.
struct Line {
  double first;
  double slope;
  Number begin;  ///< Its first column.
  Number end;    ///< The column after its last.

  [[nodiscard]] double row(Number x) const { return first + slope * static_cast<double>(x); }
  [[nodiscard]] Number nearest_row(Number x) const { return std::lround(row(x)); }
};

constexpr Number near_enough = 5;  // how many pixels the end of a line may miss another line by

/// The largest thickness of a line.
Number thickest(const Mask& mask) { return 3 + std::min(mask.height, mask.width) / 60; }

/// The vertical run of ink through a pixel: its first row and the one after the last.
std::pair<Number, Number> run_through(const Mask& mask, Number y, Number x) {
  Number top = y;
  Number bottom = y + 1;
  while (mask.has(top - 1, x)) --top;
  while (mask.has(bottom, x)) ++bottom;
  return {top, bottom};
}

/// The row in the middle of every thin vertical run of ink, and the rows above and below it.
Mask thin_runs(const Mask& mask) {
  Mask thin{static_cast<std::size_t>(mask.height), static_cast<std::size_t>(mask.width)};
  for (Number x = 0; x < mask.width; ++x) {
    for (Number y = 0; y < mask.height; ++y) {
      if (!mask.has(y, x)) continue;
      const auto [top, bottom] = run_through(mask, y, x);
      y = bottom;
      if (bottom - top > thickest(mask)) continue;
      const Number middle = (top + bottom - 1) / 2;
      for (const Number row : {middle - 1, middle, middle + 1}) {
        if (row >= 0 && row < mask.height) thin.set(row, x, true);
      }
    }
  }
  return thin;
}

/// The rows and columns of the pixels of a mask.
std::vector<std::array<Number, 2>> pixels_of(const Mask& mask) {
  std::vector<std::array<Number, 2>> pixels;
  for (Number y = 0; y < mask.height; ++y) {
    for (Number x = 0; x < mask.width; ++x) {
      if (mask.has(y, x)) pixels.push_back({y, x});
    }
  }
  return pixels;
}

/// The longest stretch of a line with ink nearly everywhere. Where a stroke crosses it or runs
/// along it, the ink is thick, which says nothing about the line, so these columns do not count.
/// @param rows The row of the line at every column, less `first`.
/// @return The first column, the one after the last, and how many columns have thin ink.
std::array<Number, 3> stretch_of(const Mask& mask, const Mask& thin,
                                 const std::vector<Number>& rows, Number first) {
  const Number widest_gap = std::max<Number>(thin.width / 12, 4);
  std::array<Number, 3> longest{};
  Number begin = 0;
  Number count = 0;
  Number gaps = 0;  // since the beginning
  Number gap = 0;   // since the last ink
  for (Number x = 0; x < thin.width; ++x) {
    const Number row = first + rows[static_cast<std::size_t>(x)];
    if (!thin.has(row, x)) {
      gap += mask.has(row, x) ? 0 : 1;
      continue;
    }
    if (count == 0 || gap >= widest_gap) {
      begin = x;
      count = 0;
      gaps = 0;
    } else {
      gaps += gap;
    }
    gap = 0;
    ++count;
    if (count > longest[2] && count >= 3 * gaps) longest = {begin, x + 1, count};
  }
  return longest;
}

/// The straight line with the most ink, if it is longer than a fifth of the picture. This is the
/// Hough transform: every pixel votes for the lines through it, one for each slope, and only lines
/// with enough votes are examined.
std::optional<Line> best_line(const Mask& mask, const Mask& thin) {
  constexpr double steepest = 0.06;
  const double step = 4 / static_cast<double>(std::max<Number>(thin.width, 200));
  const std::vector<std::array<Number, 2>> pixels = pixels_of(thin);
  Number most = std::max<Number>(std::min(thin.width, thin.height) / 5, 8);
  std::optional<Line> best;
  std::vector<Number> rows(static_cast<std::size_t>(thin.width));
  for (double slope = -steepest; slope < steepest + step / 2; slope += step) {
    for (std::size_t x = 0; x < rows.size(); ++x) {
      rows[x] = std::lround(slope * static_cast<double>(x));
    }
    const Number reach = std::abs(rows.back());
    std::vector<Number> votes(static_cast<std::size_t>(thin.height + 2 * reach));
    for (const auto& [y, x] : pixels) {
      ++votes[static_cast<std::size_t>(y - rows[static_cast<std::size_t>(x)] + reach)];
    }
    for (Number first = -reach; first < thin.height + reach; ++first) {
      if (votes[static_cast<std::size_t>(first + reach)] <= most) continue;
      const auto [begin, end, count] = stretch_of(mask, thin, rows, first);
      if (count <= most) continue;
      most = count;
      best = Line{.first = static_cast<double>(first), .slope = slope, .begin = begin, .end = end};
    }
  }
  return best;
}

/// All straight lines, the longest first.
std::vector<Line> lines_in(const Mask& mask) {
  constexpr std::size_t enough = 30;
  std::vector<Line> lines;
  Mask thin = thin_runs(mask);
  while (lines.size() < enough) {
    const std::optional<Line> line = best_line(mask, thin);
    if (!line) break;
    lines.push_back(*line);
    for (Number x = line->begin; x < line->end; ++x) {
      for (Number row = line->nearest_row(x) - 3; row <= line->nearest_row(x) + 3; ++row) {
        if (thin.has(row, x)) thin.set(row, x, false);
      }
    }
  }
  return lines;
}

/// Whether a line ends at the edge of the picture or at one of the lines across.
bool is_held(const Line& line, Number x, const Mask& mask, const std::vector<Line>& across) {
  const Number y = line.nearest_row(x);
  if (std::min({x, y, mask.width - 1 - x, mask.height - 1 - y}) <= near_enough) return true;
  return std::ranges::any_of(across, [&](const Line& other) {
    return std::abs(other.row(y) - static_cast<double>(x)) <= near_enough &&
           y >= other.begin - near_enough && y < other.end + near_enough;
  });
}

/// The median thickness of a line, where no stroke crosses it.
Number thickness_of(const Line& line, const Mask& mask) {
  std::vector<Number> found;
  for (Number x = line.begin; x < line.end; ++x) {
    const Number y = line.nearest_row(x);
    if (!mask.has(y, x)) continue;
    const auto [top, bottom] = run_through(mask, y, x);
    if (bottom - top <= thickest(mask)) found.push_back(bottom - top);
  }
  if (found.empty()) return 0;
  const auto middle = found.begin() + static_cast<Number>(found.size() / 2);
  std::ranges::nth_element(found, middle);
  return *middle;
}

/// Removes a line's ink where no stroke crosses it.
void erase(const Line& line, Mask& mask) {
  const Number thickness = thickness_of(line, mask);
  for (Number x = line.begin; x < line.end; ++x) {
    for (Number y = line.nearest_row(x) - 2; y <= line.nearest_row(x) + 2; ++y) {
      if (!mask.has(y, x)) continue;
      const auto [top, bottom] = run_through(mask, y, x);
      if (bottom - top > thickness + 2) continue;
      for (Number row = top; row < bottom; ++row) mask.set(row, x, false);
    }
  }
}

}  // namespace

// [rules]
/// Removes rules and frames. A stroke of a digit can end anywhere, but a line of a form or of ruled
/// paper ends at the edge of the picture or at another such line. So all straight lines are
/// candidates at first, and then those with an end elsewhere are dropped one after the other.
Mask without_rules(const Mask& mask) {
  Mask upright = mask.transposed();
  std::array lines{lines_in(mask), lines_in(upright)};
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::size_t way : {0U, 1U}) {
      const Mask& seen = way == 0 ? mask : upright;
      const auto is_free = [&](const Line& line) {
        return !is_held(line, line.begin, seen, lines[1 - way]) ||
               !is_held(line, line.end - 1, seen, lines[1 - way]);
      };
      changed |= std::erase_if(lines[way], is_free) > 0;
    }
  }
  for (const Line& line : lines[1]) erase(line, upright);
  Mask result = upright.transposed();
  for (const Line& line : lines[0]) erase(line, result);
  return result;
}
// [/rules]

}  // namespace nn::detail
