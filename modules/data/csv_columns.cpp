// Finds out what the columns of a table are, from their names in a header or from their number.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

module nn.csv;

import nn.text;

namespace nn::mnist {

namespace {

using detail::CsvColumn;
using Role = CsvColumn::Role;

constexpr std::array<std::string_view, 6> label_names{"label", "labels", "class",
                                                      "digit", "target", "y"};
/// Names of columns that number the rows.
constexpr std::array<std::string_view, 4> row_names{"id", "index", "imageid", "unnamed: 0"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Cuts a whole number off the end of a name and returns it.
std::optional<std::size_t> cut_number(std::string_view& name) {
  std::size_t digits = 0;
  while (digits < name.size() && is_digit(name[name.size() - 1 - digits])) ++digits;
  const std::string_view text = name.substr(name.size() - digits);
  std::size_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  name.remove_suffix(digits);
  return number;
}

/// The name of a pixel: `pixel12`, `px_12`, `12`, or by row and column `3x4`.
struct PixelName {
  std::string head;  ///< The letters, and a separator if there is one before the number.
  std::optional<std::size_t> row;
  std::size_t column;

  bool operator==(const PixelName&) const = default;

  [[nodiscard]] std::string text() const {
    return row ? fmt::format("{}{}x{}", head, *row, column) : fmt::format("{}{}", head, column);
  }

  static std::optional<PixelName> of(std::string_view name) {
    const std::optional<std::size_t> column = cut_number(name);
    if (!column) return std::nullopt;
    std::optional<std::size_t> row;
    if (name.size() >= 2 && name.ends_with('x') && is_digit(name[name.size() - 2])) {
      name.remove_suffix(1);
      row = cut_number(name);
    }
    constexpr std::size_t longest = 20;
    const auto fits = [](char c) {
      return (c >= 'a' && c <= 'z') || c == ' ' || c == '_' || c == '-' || c == '.';
    };
    if (name.size() > longest || !std::ranges::all_of(name, fits)) return std::nullopt;
    return PixelName{.head = std::string{name}, .row = row, .column = *column};
  }
};

/// Reads the names of pixels, which must be in order.
class PixelNames {
 public:
  /// Takes the next name; false if it is not the expected() one.
  bool take(const PixelName& name) {
    if (!last_) {
      const bool from_start = name.column <= 1 && name.row.value_or(name.column) == name.column;
      if (!from_start) return false;
      first_column_ = name.column;
      last_ = name;
      return true;
    }
    const PixelName& last = *last_;
    const bool begins_row = name == next_row(last);
    if (!begins_row && (ends_row(last) || name != next_column(last))) return false;
    if (begins_row) columns_ = last.column + 1 - first_column_;
    last_ = name;
    return true;
  }

  [[nodiscard]] std::string expected() const {
    if (!last_) return "'pixel0'";
    const PixelName& last = *last_;
    std::string next = in_quotes(next_column(last).text());
    const std::optional<PixelName> row = next_row(last);
    if (!row) return next;
    return ends_row(last) ? in_quotes(row->text())
                          : fmt::format("{} or {}", next, in_quotes(row->text()));
  }

 private:
  [[nodiscard]] bool ends_row(const PixelName& last) const {
    return columns_ != 0 && last.column + 1 - first_column_ == columns_;
  }

  static PixelName next_column(PixelName last) {
    ++last.column;
    return last;
  }

  /// The first pixel of the next row, where rows may end here.
  [[nodiscard]] std::optional<PixelName> next_row(const PixelName& last) const {
    if (!last.row || (columns_ != 0 && !ends_row(last))) return std::nullopt;
    return PixelName{.head = last.head, .row = *last.row + 1, .column = first_column_};
  }

  std::optional<PixelName> last_;
  std::size_t first_column_ = 0;
  std::size_t columns_ = 0;  // in a row of pixels, once that is known
};

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool is_square(std::size_t number) {
  const auto root = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(number))));
  return number > 0 && root * root == number;
}

std::vector<CsvColumn> label_and_pixels(std::size_t pixels, std::optional<Role> label) {
  std::vector<CsvColumn> columns;
  if (label) columns.push_back({.role = *label, .name = "label"});
  for (std::size_t i = 0; i < pixels; ++i) {
    columns.push_back({.role = Role::pixel, .name = fmt::format("pixel{}", i)});
  }
  return columns;
}

}  // namespace

namespace detail {

std::vector<CsvColumn> named_columns(std::span<const std::string_view> names, bool labeled) {
  std::vector<CsvColumn> columns;
  PixelNames pixels;
  bool has_label = false;
  bool has_pixels = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string name = lower_case(names[i]);
    if (i == 0 && name.starts_with('#')) name.erase(0, name.find_first_not_of("# "));
    const bool is_label = std::ranges::find(label_names, name) != label_names.end();
    const bool is_row = std::ranges::find(row_names, name) != row_names.end();
    const std::optional<PixelName> pixel = PixelName::of(name);
    if (is_label && !has_label) {
      has_label = true;
      columns.push_back({.role = labeled ? Role::label : Role::other, .name = "label"});
    } else if (is_row || (i == 0 && name.empty() && names.size() > 1)) {
      columns.push_back({.role = Role::other, .name = "row"});
    } else if (pixel && pixels.take(*pixel)) {
      has_pixels = true;
      columns.push_back({.role = Role::pixel, .name = pixel->text()});
    } else {
      throw std::invalid_argument(fmt::format(
          "column {} of the header is {}, expected {}{}", i + 1, in_quotes(names[i], 20),
          has_label || has_pixels ? "" : "'label' or ", pixels.expected()));
    }
  }
  if (!has_pixels) throw std::invalid_argument("the header has no pixels, expected 'pixel0'");
  if (labeled && !has_label) {
    throw std::invalid_argument(
        "the header has no label, expected 'label'; load_csv_images reads images without labels");
  }
  return columns;
}

std::vector<CsvColumn> columns_without_names(std::size_t count, bool labeled) {
  if (is_square(count - 1)) {
    return label_and_pixels(count - 1, labeled ? Role::label : Role::other);
  }
  if (!is_square(count)) {
    throw std::invalid_argument(
        fmt::format("{} columns and no header, expected a label and the pixels of a square image, "
                    "or a header 'label,pixel0,…'",
                    count));
  }
  if (!labeled) return label_and_pixels(count, {});
  throw std::invalid_argument(
      fmt::format("{} columns and no header: they are the pixels of a square image, expected a "
                  "label before them; load_csv_images reads images without labels",
                  count));
}

bool are_column_numbers(std::span<const std::string_view> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i] != std::to_string(i)) return false;
  }
  constexpr std::size_t certain = 257;  // then the last number is larger than any pixel value
  constexpr std::size_t unlikely = 5;   // with fewer fields, it may as well be an image
  if (fields.size() >= unlikely && fields.size() < certain) {
    throw std::invalid_argument(
        "the numbers 0, 1, 2 and so on may be a header or an image: add a header 'label,pixel0,…'");
  }
  return fields.size() >= certain;
}

}  // namespace detail

}  // namespace nn::mnist
