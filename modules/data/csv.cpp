module;

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.csv;

import nn.files;
import nn.stream;
import nn.text;

namespace nn::mnist {

namespace {

namespace fs = std::filesystem;

/// Columns are counted from 1.
std::string column_name(std::size_t column) {
  return column == 1 ? "label" : fmt::format("pixel{}", column - 2);
}

/// A file of comma-separated values, read line by line and field by field.
class CsvReader {
 public:
  explicit CsvReader(const fs::path& file) : CsvReader{Stream{"mnist", file}} {}

  /// Goes to the next line; false if there is none.
  bool next_line() {
    const std::string_view text = as_text(bytes_);
    line_ = text.substr(next_);
    line_ = line_.substr(0, line_.find('\n'));
    const bool any = next_ < text.size();
    next_ = std::min(next_ + line_.size() + 1, text.size());
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    ended_ = false;
    column_ = 0;
    ++number_of_line_;
    return any;
  }

  /// How many fields the file can hold: each takes a digit and a comma or an end of line.
  [[nodiscard]] std::size_t most_fields() const { return bytes_.size() / 2 + 1; }

  /// Whether the last field read was the last of its line.
  [[nodiscard]] bool ended() const { return ended_; }

  /// The next field of the line.
  std::string_view field() {
    ++column_;
    if (ended_) fail("the line ends before this column");
    std::size_t size = 0;
    while (size < line_.size() && line_[size] != ',') ++size;
    const std::string_view field = line_.substr(0, size);
    ended_ = size == line_.size();
    line_.remove_prefix(ended_ ? size : size + 1);
    return field;
  }

  /// The next field as a number.
  std::uint8_t number(unsigned largest) {
    const std::string_view digits = field();
    unsigned value = 0;
    const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (error != std::errc{} || stop != digits.end() || value > largest) {
      fail(fmt::format("{} is not a whole number from 0 to {}", shown(digits), largest));
    }
    return static_cast<std::uint8_t>(value);
  }

  /// Reads `label,pixel0,pixel1,…`.
  /// @return The number of columns.
  std::size_t header() {
    if (!next_line()) fail("the file is empty");
    do {
      const std::string_view name = field();
      const std::string expected = column_name(column_);
      if (name != expected) {
        fail(fmt::format("the header has {}, expected '{}'", shown(name), expected));
      }
    } while (!ended_ || column_ < 2);
    return column_;
  }

  [[noreturn]] void fail(const std::string& what) const {
    const std::string column =
        column_ == 0 ? "" : fmt::format(", column {} ({})", column_, column_name(column_));
    throw std::runtime_error(
        fmt::format("nn::mnist: {}, line {}{}: {}", path_.string(), number_of_line_, column, what));
  }

 private:
  explicit CsvReader(Stream stream)
      : path_{stream.path()}, bytes_{stream.read(std::numeric_limits<std::size_t>::max())} {}

  static std::string shown(std::string_view field) { return in_quotes(field, 20); }

  fs::path path_;
  std::vector<std::uint8_t> bytes_;
  std::size_t next_ = 0;   // where the next line begins
  std::string_view line_;  // what is left of this one
  bool ended_ = false;
  std::size_t number_of_line_ = 0;
  std::size_t column_ = 0;
};

constexpr auto to_brightness = [](std::uint8_t pixel) { return static_cast<real>(pixel) / 255; };

/// The byte that has this brightness.
int to_byte(real brightness, std::size_t sample, std::size_t pixel) {
  const real byte = std::round(brightness * 255);
  if (byte >= 0 && byte <= 255 && to_brightness(static_cast<std::uint8_t>(byte)) == brightness) {
    return static_cast<int>(byte);
  }
  throw std::invalid_argument(fmt::format(
      "nn::mnist: pixel {} of sample {} is {}, expected one of 0/255, 1/255, …, 255/255", pixel,
      sample, brightness));
}

/// Refuses sets that the form has no place for. (Pixels are checked as they are written.)
void check(const Tensor& inputs, const Labels& labels) {
  if (inputs.rank() != 2 || labels.size() != inputs.rows()) {
    throw std::invalid_argument(
        fmt::format("nn::mnist: inputs have shape {} and there are {} labels, expected (N, pixels) "
                    "and N labels",
                    to_string(inputs.shape()), labels.size()));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] <= 9) continue;
    throw std::invalid_argument(
        fmt::format("nn::mnist: label of sample {} is {}, expected 0 to 9", i, labels[i]));
  }
}

std::string csv_of(const Tensor& inputs, const Labels& labels) {
  std::string text = column_name(1);
  for (std::size_t column = 2; column < inputs.columns() + 2; ++column) {
    text += "," + column_name(column);
  }
  for (std::size_t i = 0; i < inputs.rows(); ++i) {
    text += '\n';
    text += std::to_string(labels[i]);
    for (std::size_t j = 0; j < inputs.columns(); ++j) {
      text += ',';
      text += std::to_string(to_byte(inputs(i, j), i, j));
    }
  }
  text += '\n';
  return text;
}

}  // namespace

Dataset load_csv(const fs::path& file) {
  CsvReader reader{file};
  const std::size_t columns = reader.header();
  std::vector<std::size_t> labels;
  std::vector<std::uint8_t> pixels;
  pixels.reserve(reader.most_fields());
  while (reader.next_line()) {
    labels.push_back(reader.number(9));
    for (std::size_t column = 2; column <= columns; ++column) pixels.push_back(reader.number(255));
    if (!reader.ended()) reader.fail("the line goes on after this column");
  }
  if (labels.empty()) reader.fail("no rows follow the header");
  Tensor inputs = Tensor::uninitialized(Shape{labels.size(), columns - 1});
  std::ranges::transform(pixels, inputs.data(), to_brightness);
  return {.inputs = std::move(inputs), .targets = Labels{std::move(labels)}};
}

void save_csv(const fs::path& file, const Dataset& dataset) {
  const Labels& labels = dataset.targets.labels();
  check(dataset.inputs, labels);
  write_whole("mnist", file, csv_of(dataset.inputs, labels));
}

}  // namespace nn::mnist
