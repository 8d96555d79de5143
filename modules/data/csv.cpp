module;

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
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
using detail::CsvColumn;
using Role = CsvColumn::Role;

constexpr std::size_t most_shown = 20;  // bytes of a field in an error message
constexpr std::size_t most_columns = 512 * 512 + 1;

/// The text without the blanks around it.
std::string_view trimmed(std::string_view text, std::string_view blanks) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// The separator of the fields of a line.
/// @throws std::invalid_argument if it is ambiguous.
char separator_of(std::string_view line) {
  const auto has = [&](char c) { return line.find(c) != std::string_view::npos; };
  if (has(';')) return ';';
  if (has(',') && has('\t')) {
    throw std::invalid_argument("the line has both commas and tabs, expected a single separator");
  }
  if (has('\t')) return '\t';
  if (has(',')) return ',';
  return trimmed(line, " \r").find(' ') == std::string_view::npos ? ',' : ' ';
}

/// Reads a table in a text file, line by line and field by field.
class CsvReader {
 public:
  explicit CsvReader(const fs::path& file) : CsvReader{Stream{"mnist", file}} {}

  /// Goes to the next line that is not blank; false if there is none.
  bool next_line() {
    do {
      ++number_of_line_;
      column_ = 0;
      if (rest_.empty()) return false;
      line_ = rest_.substr(0, rest_.find(line_end_));
      rest_.remove_prefix(std::min(line_.size() + 1, rest_.size()));
    } while (trimmed(line_, " \t\r").empty());
    begin_line();
    return true;
  }

  /// The most fields that the file can have: each takes a digit and a separator or an end of line.
  [[nodiscard]] std::size_t most_fields() const { return bytes_.size() / 2 + 1; }

  /// Whether the last field read was the last of its line.
  [[nodiscard]] bool ended() const { return ended_; }

  /// The next field of the line, without blanks and quotes around it.
  std::string_view field() {
    ++column_;
    if (ended_) fail("the line ends before this column");
    std::size_t size = 0;
    while (size < line_.size() && line_[size] != separator_) ++size;
    std::string_view field = trimmed(line_.substr(0, size), " \t\r");
    ended_ = size == line_.size();
    line_.remove_prefix(ended_ ? size : size + 1);
    if (separator_ == ' ') line_ = trimmed(line_, " \r");  // several blanks count as one
    if (field.size() >= 2 && field.starts_with('"') && field.ends_with('"')) {
      field = trimmed(field.substr(1, field.size() - 2), " \t");
    }
    return field;
  }

  /// The next field as a number; `7.0` and `7e0` also mean 7.
  std::uint8_t number(unsigned largest) {
    if (const std::optional<std::uint8_t> digits = next_digits(largest)) return *digits;
    const std::string_view text = field();
    unsigned value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && stop == text.data() + text.size() && value <= largest) {
      return static_cast<std::uint8_t>(value);
    }
    const double any = real_number(text);
    if (any >= 0 && any <= largest && any == std::floor(any)) {  // false for NaN
      return static_cast<std::uint8_t>(any);
    }
    fail(
        fmt::format("{} is not a whole number from 0 to {}", in_quotes(text, most_shown), largest));
  }

  /// A field as any number; NaN if it is not a number.
  [[nodiscard]] double real_number(std::string_view text) const {
    std::string digits{text};
    if (separator_ != ',') std::ranges::replace(digits, ',', '.');  // decimal comma: 0,0
    double value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    return error == std::errc{} && stop == end ? value : std::numeric_limits<double>::quiet_NaN();
  }

  /// Reads the first line, and returns to its beginning if it is not a header.
  /// @param labeled Whether to read labels.
  void read_columns(bool labeled) {
    if (!next_line()) fail("the file is empty");
    const std::string_view line = line_;
    try {
      separator_ = separator_of(line);
      begin_line();
      const std::vector<std::string_view> fields = all_fields();
      const auto is_number = [&](std::string_view text) { return !std::isnan(real_number(text)); };
      const bool is_header = !is_number(fields.front()) || !is_number(fields.back());
      column_ = 0;
      if (is_header) {
        columns_ = detail::named_columns(fields, labeled);
        return;
      }
      names_ = false;
      columns_ = detail::columns_without_names(fields.size(), labeled);
      if (detail::are_column_numbers(fields)) return;
    } catch (const std::invalid_argument& error) {
      column_ = 0;
      fail(error.what());
    }
    line_ = line;
    begin_line();
    has_row_ = true;
  }

  /// Goes to the next row; false if there is none.
  bool next_row() { return std::exchange(has_row_, false) || next_line(); }

  [[nodiscard]] const std::vector<CsvColumn>& columns() const { return columns_; }

  /// Whether a header has named the columns.
  [[nodiscard]] bool has_names() const { return names_; }

  [[noreturn]] void fail(const std::string& what) const {
    std::string column;
    if (column_ > 0) {
      column = fmt::format(", column {}", column_);
      if (column_ <= columns_.size()) column += fmt::format(" ({})", columns_[column_ - 1].name);
    }
    throw std::runtime_error(
        fmt::format("nn::mnist: {}, line {}{}: {}", path_.string(), number_of_line_, column, what));
  }

 private:
  explicit CsvReader(Stream stream)
      : path_{stream.path()},
        bytes_{stream.read(std::numeric_limits<std::size_t>::max())},
        rest_{as_text(bytes_)} {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // a byte order mark
    if (rest_.starts_with("\xFF\xFE") || rest_.starts_with("\xFE\xFF")) {
      number_of_line_ = 1;
      fail("the text is UTF-16, expected UTF-8 or ASCII");
    }
    if (rest_.find('\n') == std::string_view::npos) line_end_ = '\r';  // as on old Macintoshes
  }

  /// The fast path for almost all fields: the next field, if it consists of one to three digits.
  /// Otherwise nothing, and the line stays where it is.
  std::optional<std::uint8_t> next_digits(unsigned largest) {
    std::size_t size = 0;
    unsigned value = 0;
    for (; size < std::min<std::size_t>(3, line_.size()); ++size) {
      const unsigned digit = static_cast<unsigned char>(line_[size]) - unsigned{'0'};
      if (digit > 9) break;
      value = 10 * value + digit;
    }
    const bool ends_line = size == line_.size();
    if (size == 0 || value > largest || separator_ == ' ') return std::nullopt;
    if (!ends_line && line_[size] != separator_) return std::nullopt;
    ++column_;
    ended_ = ends_line;
    line_.remove_prefix(ends_line ? size : size + 1);
    return static_cast<std::uint8_t>(value);
  }

  /// All fields of the line.
  std::vector<std::string_view> all_fields() {
    std::vector<std::string_view> fields;
    do {
      fields.push_back(field());
      if (fields.size() > most_columns) {
        throw std::invalid_argument(fmt::format("the line has more than {} columns", most_columns));
      }
    } while (!ended_);
    return fields;
  }

  void begin_line() {
    if (separator_ == ' ') line_ = trimmed(line_, " \r");
    ended_ = false;
    column_ = 0;
  }

  fs::path path_;
  std::vector<std::uint8_t> bytes_;
  std::string_view rest_;  // the lines that follow
  char line_end_ = '\n';
  char separator_ = ',';
  std::vector<CsvColumn> columns_;
  bool names_ = true;
  bool has_row_ = false;   // whether the current line is a row that is still to be read
  std::string_view line_;  // what is left of the current line
  bool ended_ = false;
  std::size_t number_of_line_ = 0;
  std::size_t column_ = 0;
};

constexpr auto to_brightness = [](std::uint8_t pixel) { return static_cast<real>(pixel) / 255; };

/// The rows of a file.
struct Table {
  std::vector<std::size_t> labels;
  std::vector<std::uint8_t> pixels;
  std::size_t rows = 0;

  [[nodiscard]] Tensor images() const {
    Tensor inputs = Tensor::uninitialized(Shape{rows, pixels.size() / rows});
    std::ranges::transform(pixels, inputs.data(), to_brightness);
    return inputs;
  }

  /// Whether the labels seem to come last: the first pixel is 0 in every image of a digit.
  [[nodiscard]] bool may_end_in_labels() const {
    if (labels.empty() || std::ranges::any_of(labels, [](auto label) { return label != 0; })) {
      return false;
    }
    std::uint8_t largest = 0;
    for (std::size_t row = 1; row <= rows; ++row) {
      largest = std::max(largest, pixels[row * (pixels.size() / rows) - 1]);
    }
    return largest > 0 && largest <= 9;
  }
};

void read_row(CsvReader& reader, Table& table) {
  for (const CsvColumn& column : reader.columns()) {
    switch (column.role) {
      case Role::label:
        table.labels.push_back(reader.number(9));
        break;
      case Role::pixel:
        table.pixels.push_back(reader.number(255));
        break;
      case Role::other:
        (void)reader.field();
    }
  }
  if (!reader.ended()) reader.fail("the line continues after this column");
  ++table.rows;
}

Table read_table(const fs::path& file, bool labeled) {
  CsvReader reader{file};
  reader.read_columns(labeled);
  Table table;
  table.pixels.reserve(reader.most_fields());
  while (reader.next_row()) read_row(reader, table);
  if (table.rows == 0) reader.fail("no rows follow the header");
  if (!reader.has_names() && table.may_end_in_labels()) {
    reader.fail(
        "the first column is 0 in every line, so the labels may come last: put them first, or add "
        "a header 'pixel0,…,label'");
  }
  return table;
}

/// The byte that has this brightness.
int to_byte(real brightness, std::size_t sample, std::size_t pixel) {
  const real byte = std::round(brightness * 255);
  if (byte >= 0 && byte <= 255 && to_brightness(static_cast<std::uint8_t>(byte)) == brightness) {
    return static_cast<int>(byte);
  }
  throw std::invalid_argument(fmt::format(
      "nn::mnist::save_csv: pixel {} of sample {} is {}, expected one of 0/255, 1/255, …, 255/255",
      pixel, sample, brightness));
}

void check_digits(std::string_view owner, const Labels& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] <= 9) continue;
    throw std::invalid_argument(fmt::format(
        "nn::mnist::{}: label of sample {} is {}, expected 0 to 9", owner, i, labels[i]));
  }
}

/// Rejects sets that do not fit the format. (Pixels are checked when they are written.)
void check(const Tensor& inputs, const Labels& labels) {
  if (inputs.rank() != 2 || labels.size() != inputs.rows()) {
    throw std::invalid_argument(fmt::format(
        "nn::mnist::save_csv: inputs have shape {} and there are {} labels, expected (N, pixels) "
        "and N labels",
        to_string(inputs.shape()), labels.size()));
  }
  check_digits("save_csv", labels);
}

std::string csv_of(const Tensor& inputs, const Labels& labels) {
  std::string text = "label";
  for (std::size_t pixel = 0; pixel < inputs.columns(); ++pixel) {
    text += fmt::format(",pixel{}", pixel);
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

/// Writes text, compressed if the file's name ends in `.gz`.
void write(const fs::path& file, std::string_view text) {
  if (file.extension() == ".gz") {
    write_whole("mnist", file, compressed(text));
  } else {
    write_whole("mnist", file, text);
  }
}

}  // namespace

Dataset load_csv(const fs::path& file) {
  Table table = read_table(file, true);
  return {.inputs = table.images(), .targets = Labels{std::move(table.labels)}};
}

Tensor load_csv_images(const fs::path& file) { return read_table(file, false).images(); }

void save_csv(const fs::path& file, const Dataset& dataset) {
  const Labels& labels = dataset.targets.labels();
  check(dataset.inputs, labels);
  write(file, csv_of(dataset.inputs, labels));
}

void save_submission(const fs::path& file, const Labels& labels) {
  check_digits("save_submission", labels);
  std::string text = "ImageId,Label\n";
  for (std::size_t i = 0; i < labels.size(); ++i) text += fmt::format("{},{}\n", i + 1, labels[i]);
  write(file, text);
}

}  // namespace nn::mnist
