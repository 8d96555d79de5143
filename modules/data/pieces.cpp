// From ink to digits: removes lines and edges, and joins the remaining pieces.
module;

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

/// The pixels with at least this much ink.
Mask inked(const Tensor& ink, real least) {
  Mask mask{ink.rows(), ink.columns()};
  std::ranges::transform(ink.values(), mask.bits.begin(),
                         [least](real value) { return value >= least ? 1 : 0; });
  return mask;
}

// --------------------------------------------------------------------------------------- pieces

/// The eight neighbors of a pixel.
constexpr std::array<std::array<Number, 2>, 8> around{
    {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}}};

/// Adds a pixel to a piece.
void add(Piece& piece, const Mask& mask, std::size_t pixel, real ink) {
  const std::size_t y = pixel / static_cast<std::size_t>(mask.width);
  const std::size_t x = pixel % static_cast<std::size_t>(mask.width);
  piece.top = std::min(piece.top, y);
  piece.left = std::min(piece.left, x);
  piece.bottom = std::max(piece.bottom, y + 1);
  piece.right = std::max(piece.right, x + 1);
  piece.mass += ink;
  piece.pixels.push_back(pixel);
}

Piece nothing(const Mask& mask) {
  return {.top = static_cast<std::size_t>(mask.height),
          .left = static_cast<std::size_t>(mask.width),
          .bottom = 0,
          .right = 0,
          .mass = 0,
          .outline = 0,
          .stroke = 0,
          .length = 0,
          .sharpness = 0,
          .pixels = {}};
}

bool is_inside(const Mask& mask, Number y, Number x) {
  return mask.has(y - 1, x) && mask.has(y + 1, x) && mask.has(y, x - 1) && mask.has(y, x + 1);
}

/// Removes the connected component of a pixel from a mask and returns it.
/// @param whole The mask before anything was removed.
Piece taken_out(Mask& mask, const Mask& whole, Number y, Number x, const Tensor& ink) {
  Piece piece = nothing(mask);
  std::vector<std::array<Number, 2>> open{{y, x}};
  mask.set(y, x, false);
  while (!open.empty()) {
    const auto [row, column] = open.back();
    open.pop_back();
    const std::size_t pixel = mask.index(row, column);
    add(piece, mask, pixel, ink.data()[pixel]);
    piece.outline += is_inside(whole, row, column) ? 0 : 1;
    for (const auto& [down, right] : around) {
      if (!mask.has(row + down, column + right)) continue;
      mask.set(row + down, column + right, false);
      open.push_back({row + down, column + right});
    }
  }
  return piece;
}

/// The connected components of a mask.
std::vector<Piece> pieces_of(const Mask& whole, const Tensor& ink) {
  Mask mask = whole;
  std::vector<Piece> pieces;
  for (Number y = 0; y < mask.height; ++y) {
    for (Number x = 0; x < mask.width; ++x) {
      if (mask.has(y, x)) pieces.push_back(taken_out(mask, whole, y, x, ink));
    }
  }
  return pieces;
}

bool touches_the_edge(const Piece& piece, const Tensor& ink) {
  return piece.top == 0 || piece.left == 0 || piece.bottom == ink.rows() ||
         piece.right == ink.columns();
}

/// Whether a piece runs along the edge of the picture, like the black border of a scan: it covers
/// most of a side, and hardly any of it is further inside than a sixth of the picture.
bool is_an_edge(const Piece& piece, const Tensor& ink) {
  if (!touches_the_edge(piece, ink)) return false;
  std::array<std::size_t, 4> covered{};
  std::size_t inside = 0;
  for (const std::size_t pixel : piece.pixels) {
    const std::size_t y = pixel / ink.columns();
    const std::size_t x = pixel % ink.columns();
    const std::array<std::size_t, 4> distances{y, x, ink.rows() - 1 - y, ink.columns() - 1 - x};
    for (std::size_t i = 0; i < 4; ++i) covered[i] += distances[i] == 0 ? 1U : 0U;
    const bool is_outside = 6 * std::min(distances[0], distances[2]) < ink.rows() ||
                            6 * std::min(distances[1], distances[3]) < ink.columns();
    inside += is_outside ? 0U : 1U;
  }
  const auto covers = [&](std::size_t side, std::size_t length) {
    return 2 * covered[side] > length;
  };
  return 8 * inside < piece.pixels.size() &&
         (covers(0, ink.columns()) || covers(2, ink.columns()) || covers(1, ink.rows()) ||
          covers(3, ink.rows()));
}

/// By how many pixels two intervals overlap; if negative, how far apart they are.
Number overlap(std::size_t begin, std::size_t end, std::size_t other_begin, std::size_t other_end) {
  return static_cast<Number>(std::min(end, other_end)) -
         static_cast<Number>(std::max(begin, other_begin));
}

// [belong]
/// Whether two pieces belong to one digit: one is above the other; or they are close, and one is
/// small or both together are narrow.
bool belong(const Piece& a, const Piece& b, double stroke, std::size_t tallest) {
  const Number across = overlap(a.left, a.right, b.left, b.right);
  const Number down = overlap(a.top, a.bottom, b.top, b.bottom);
  const auto narrower = static_cast<double>(std::min(a.width(), b.width()));
  const auto taller = static_cast<double>(std::max(a.height(), b.height()));
  const bool is_above = static_cast<double>(across) >= 0.35 * narrower &&
                        static_cast<double>(-down) <= std::max(2 * stroke, taller / 5);
  const bool is_close = static_cast<double>(-std::min(across, down)) <= 1.3 * stroke;
  const bool is_small = 2 * std::min(a.height(), b.height()) < tallest;
  const std::size_t width = std::max(a.right, b.right) - std::min(a.left, b.left);
  const std::size_t height = std::max(a.bottom, b.bottom) - std::min(a.top, b.top);
  return is_above || (is_close && (is_small || 5 * width < 4 * height));
}
// [/belong]

void join(Piece& piece, const Piece& more) {
  piece.top = std::min(piece.top, more.top);
  piece.left = std::min(piece.left, more.left);
  piece.bottom = std::max(piece.bottom, more.bottom);
  piece.right = std::max(piece.right, more.right);
  piece.mass += more.mass;
  piece.outline += more.outline;
  piece.pixels.insert(piece.pixels.end(), more.pixels.begin(), more.pixels.end());
}

/// Joins pieces that belong together, until none do.
std::vector<Piece> joined(std::vector<Piece> pieces, double stroke) {
  std::size_t tallest = 0;
  for (const Piece& piece : pieces) tallest = std::max(tallest, piece.height());
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t j = i + 1; j < pieces.size();) {
        if (!belong(pieces[i], pieces[j], stroke, tallest)) {
          ++j;
          continue;
        }
        join(pieces[i], pieces[j]);
        pieces.erase(pieces.begin() + static_cast<Number>(j));
        changed = true;
      }
    }
  }
  return pieces;
}

/// Whether the box of a piece is inside that of another piece.
bool is_within(const Piece& inner, const Piece& outer) {
  return inner.top > outer.top && inner.left > outer.left && inner.bottom < outer.bottom &&
         inner.right < outer.right;
}

/// Removes pieces that surround another piece of a fair size: a circle or a frame around a digit.
void remove_surroundings(std::vector<Piece>& pieces) {
  const std::vector<Piece> all = pieces;
  std::erase_if(pieces, [&](const Piece& outer) {
    return std::ranges::any_of(all, [&](const Piece& inner) {
      return is_within(inner, outer) && 3 * inner.height() >= outer.height();
    });
  });
}

/// Whether a piece is a blot: it fills its box but is not a 1.
bool is_a_blot(const Piece& piece) {
  const auto [shorter, longer] = std::minmax({piece.height(), piece.width()});
  return 5 * shorter > 2 * longer && 10 * piece.pixels.size() > 7 * piece.height() * piece.width();
}

/// Drops pieces that touch the edge of the picture if there is another piece of a fair size that
/// does not: at least a twelfth of the picture, and a third of the piece.
void drop_those_at_the_edge(std::vector<Piece>& pieces, const Tensor& ink) {
  std::size_t tallest = 0;
  for (const Piece& piece : pieces) {
    if (!touches_the_edge(piece, ink)) tallest = std::max(tallest, piece.height());
  }
  if (12 * tallest < std::min(ink.rows(), ink.columns())) return;
  std::erase_if(pieces, [&](const Piece& piece) {
    return touches_the_edge(piece, ink) && piece.height() <= 3 * tallest;
  });
}

/// Keeps the pieces that can be digits: drops blots, pieces much smaller than the rest, and pieces
/// smaller than a twentieth of the picture.
void keep_digits(std::vector<Piece>& pieces, const Tensor& ink) {
  std::erase_if(pieces, is_a_blot);
  std::size_t tallest = std::max(ink.rows(), ink.columns()) / 8;
  for (const Piece& piece : pieces) tallest = std::max(tallest, piece.height());
  std::erase_if(pieces, [&](const Piece& piece) { return 5 * piece.height() < 2 * tallest; });
}

/// Whether the picture becomes as bright as paper within a few pixels of a stroke's edge.
bool is_sharp(const Ink& ink, std::size_t pixel, const std::array<Number, 2>& outward, Number far) {
  const auto rows = static_cast<Number>(ink.image.rows());
  const auto columns = static_cast<Number>(ink.image.columns());
  const Number y = static_cast<Number>(pixel) / columns;
  const Number x = static_cast<Number>(pixel) % columns;
  const real here = ink.image.data()[pixel];
  real brightest = here;
  for (Number step = 1; step <= far; ++step) {
    brightest =
        std::max(brightest, ink.image(std::clamp<Number>(y + step * outward[0], 0, rows - 1),
                                      std::clamp<Number>(x + step * outward[1], 0, columns - 1)));
  }
  return brightest - here >= (ink.paper.data()[pixel] - here) / 2;
}

/// Measures the strokes of a piece, before their faint edges are added.
void measure(Piece& piece, const Ink& ink, const Mask& mask) {
  constexpr std::array<std::array<Number, 2>, 4> directions{{{-1, 0}, {1, 0}, {0, -1}, {0, 1}}};
  const auto area = static_cast<double>(piece.pixels.size());
  piece.stroke = 2 * area / piece.outline;
  piece.length = area / (piece.stroke * piece.stroke);
  const auto far = static_cast<Number>(3 + piece.stroke / 3);
  double sides = 0;
  double sharp = 0;
  for (const std::size_t pixel : piece.pixels) {
    for (const auto& outward : directions) {
      const Number y = static_cast<Number>(pixel) / mask.width + outward[0];
      const Number x = static_cast<Number>(pixel) % mask.width + outward[1];
      if (mask.has(y, x) || y < 0 || x < 0 || y >= mask.height || x >= mask.width) continue;
      ++sides;
      sharp += is_sharp(ink, pixel, outward, far) ? 1 : 0;
    }
  }
  piece.sharpness = sides > 0 ? sharp / sides : 0;
}

/// Adds the faint edges of a digit's strokes to it.
void grow(Piece& piece, const Mask& faint, const Tensor& ink) {
  std::vector<std::uint8_t> is_taken(faint.bits.size());
  for (const std::size_t pixel : piece.pixels) is_taken[pixel] = 1;
  std::vector<std::size_t> rim = piece.pixels;
  for (std::size_t step = 1 + piece.height() / 10; step > 0; --step) {
    std::vector<std::size_t> next;
    for (const std::size_t pixel : rim) {
      for (const auto& [down, right] : around) {
        const Number y = static_cast<Number>(pixel) / faint.width + down;
        const Number x = static_cast<Number>(pixel) % faint.width + right;
        if (!faint.has(y, x) || is_taken[faint.index(y, x)] != 0) continue;
        is_taken[faint.index(y, x)] = 1;
        next.push_back(faint.index(y, x));
      }
    }
    for (const std::size_t pixel : next) add(piece, faint, pixel, ink.data()[pixel]);
    rim = std::move(next);
  }
}

/// Removes the ink under a mask from an image, and the soft edges around it.
/// @param kept Ink that must stay.
void remove(Tensor& ink, const Mask& mask, const Mask& kept) {
  constexpr Number far = 2;
  for (Number y = 0; y < mask.height; ++y) {
    for (Number x = 0; x < mask.width; ++x) {
      if (!mask.has(y, x) || kept.has(y, x)) continue;
      for (Number row = std::max<Number>(y - far, 0); row <= std::min(y + far, mask.height - 1);
           ++row) {
        for (Number column = std::max<Number>(x - far, 0);
             column <= std::min(x + far, mask.width - 1); ++column) {
          if (!kept.has(row, column)) ink(row, column) = 0;
        }
      }
    }
  }
}

/// The pieces of the ink in a mask, joined into digits.
std::vector<Piece> put_together(const Ink& picture, const Tensor& ink, const Mask& mask) {
  constexpr std::size_t too_many = 500;
  std::vector<Piece> pieces = pieces_of(mask, ink);
  for (Piece& piece : pieces) measure(piece, picture, mask);
  std::erase_if(
      pieces, [&](const Piece& piece) { return piece.sharpness < 0.7 || is_an_edge(piece, ink); });
  drop_those_at_the_edge(pieces, ink);
  if (pieces.empty()) return {};
  const double stroke = std::ranges::max_element(pieces, {}, &Piece::mass)->stroke;
  std::erase_if(pieces, [&](const Piece& piece) {
    return static_cast<double>(piece.pixels.size()) < 0.4 * stroke * stroke;
  });
  if (pieces.size() > too_many) return {};
  remove_surroundings(pieces);
  pieces = joined(std::move(pieces), stroke);
  keep_digits(pieces, ink);
  return pieces;
}

/// Sorts digits into reading order: row by row, each from left to right. A row ends where a digit
/// begins below all of it.
void put_in_order(std::vector<Piece>& digits) {
  std::ranges::sort(digits, {}, &Piece::top);
  for (auto row = digits.begin(); row != digits.end();) {
    std::size_t bottom = row->bottom;
    auto end = row + 1;
    for (; end != digits.end() && end->top < bottom; ++end) bottom = std::max(bottom, end->bottom);
    std::ranges::sort(row, end, {}, &Piece::left);
    row = end;
  }
}

}  // namespace

std::vector<Piece> digits_in(const Ink& picture) {
  constexpr real least_contrast = real(0.1);
  constexpr int attempts = 3;
  Tensor ink = picture.ink;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const real most = strongest(ink);
    if (most < least_contrast) break;
    const Mask mask = inked(ink, real(0.3) * most);
    const Mask drawn = without_rules(mask);
    std::vector<Piece> digits = put_together(picture, ink, drawn);
    remove(ink, mask, drawn);
    if (digits.empty()) {
      remove(ink, drawn, Mask{ink.rows(), ink.columns()});
      continue;
    }
    const Mask faint = inked(ink, real(0.05) * most);
    for (Piece& digit : digits) {
      measure(digit, picture, drawn);
      grow(digit, faint, ink);
    }
    put_in_order(digits);
    return digits;
  }
  return {};
}

}  // namespace nn::detail
