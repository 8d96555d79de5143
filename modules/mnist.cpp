module;

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.mnist;

import nn.files;

namespace nn::mnist {

namespace {

namespace fs = std::filesystem;

/// Files are read in pieces, the first so long, each of the others as long as all before it: memory
/// is at most twice what is really there.
constexpr std::size_t first_piece = std::size_t{1} << 16U;

/// A file read from front to back; zlib passes what is not compressed through as it is.
class Reader {
 public:
  explicit Reader(fs::path path) : path_{std::move(path)}, file_{gzopen(path_.c_str(), "rb")} {
    if (!file_) fail("cannot be opened");
  }

  /// Reads up to `count` bytes; fewer only at the end of the file.
  std::size_t read(void* to, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      const auto step = static_cast<unsigned>(std::min<std::size_t>(count - done, 1U << 20U));
      const int got = gzread(file_.get(), static_cast<std::uint8_t*>(to) + done, step);
      int code = Z_OK;
      std::string_view reason = gzerror(file_.get(), &code);
      if (code == Z_BUF_ERROR) fail_compressed("the file ends too early");
      if (got < 0) {
        // zlib puts the path in front, which fail_at() names already.
        if (const auto colon = reason.rfind(": "); colon != std::string_view::npos) {
          reason.remove_prefix(colon + 2);
        }
        fail_compressed(reason);
      }
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
      position_ += static_cast<std::size_t>(got);
    }
    return done;
  }

  /// Four bytes, the most significant first.
  std::uint32_t number() {
    std::array<std::uint8_t, 4> bytes{};
    const std::size_t start = position_;
    if (read(bytes.data(), bytes.size()) < bytes.size()) fail("the file ends in its header");
    position_of_number_ = start;
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
           std::uint32_t{bytes[2]} << 8U | bytes[3];
  }

  [[noreturn]] void fail(const std::string& what) const { fail_at(position_, what); }
  [[noreturn]] void fail_at_number(const std::string& what) const {
    fail_at(position_of_number_, what);
  }
  /// zlib reads ahead of us: where it stands in the file says more than where we do.
  [[noreturn]] void fail_compressed(std::string_view what) const {
    fail_at(static_cast<std::size_t>(gzoffset(file_.get())),
            fmt::format("compressed data: {}", what));
  }
  [[noreturn]] void fail_at(std::size_t byte, const std::string& what) const {
    throw std::runtime_error(fmt::format("nn::mnist: {}, byte {}: {}", path_.string(), byte, what));
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  fs::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::size_t position_ = 0;
  std::size_t position_of_number_ = 0;
};

fs::path find(const fs::path& file) {
  fs::path compressed = file;
  compressed += ".gz";
  for (const fs::path& candidate : {file, compressed}) {
    std::error_code none;
    if (fs::is_regular_file(candidate, none)) return candidate;
  }
  throw std::runtime_error(fmt::format("nn::mnist: no file {} or {} in {}",
                                       file.filename().string(), compressed.filename().string(),
                                       fs::absolute(file).parent_path().string()));
}

/// The size of a header plus its axes: where the values begin.
std::size_t header_size(const Idx& idx) { return 4 * (1 + idx.axes.size()); }

/// Reads as many values as the header promises. Memory grows with what is really there, so that a
/// header that lies cannot ask for more than the file holds.
void read_values(Reader& reader, Idx& idx, std::size_t count) {
  while (idx.values.size() < count) {
    const std::size_t before = idx.values.size();
    const std::size_t wanted = std::min(std::max(first_piece, before), count - before);
    idx.values.resize(before + wanted);
    const std::size_t got = reader.read(&idx.values[before], wanted);
    if (got < wanted) {
      reader.fail(fmt::format("the file ends after {} of {} values", before + got, count));
    }
  }
  std::uint8_t extra = 0;
  if (reader.read(&extra, 1) != 0) {
    reader.fail_at(header_size(idx) + count,
                   fmt::format("more than the {} values announced", count));
  }
}

/// Images and labels of one set, still as bytes.
struct Bytes {
  Idx images;
  Idx labels;
};

Bytes read_set(const fs::path& images, const fs::path& labels) {
  Bytes bytes{.images = read_idx(images, 3), .labels = read_idx(labels, 1)};
  if (bytes.images.axes[0] != bytes.labels.axes[0]) {
    throw std::runtime_error(fmt::format("nn::mnist: {} holds {} images, {} holds {} labels",
                                         images.string(), bytes.images.axes[0], labels.string(),
                                         bytes.labels.axes[0]));
  }
  const auto wrong =
      std::ranges::find_if(bytes.labels.values, [](auto label) { return label > 9; });
  if (wrong != bytes.labels.values.end()) {
    const auto place = static_cast<std::size_t>(wrong - bytes.labels.values.begin());
    throw std::runtime_error(fmt::format("nn::mnist: {}, byte {}: label is {}, expected 0 to 9",
                                         find(labels).string(), header_size(bytes.labels) + place,
                                         *wrong));
  }
  return bytes;
}

/// The samples at these places as numbers: 47 million bytes become 188 million only once.
Dataset to_dataset(const Bytes& bytes, std::span<const std::size_t> places) {
  if (places.empty()) return {};
  const std::size_t size = bytes.images.axes[1] * bytes.images.axes[2];
  Dataset dataset{.inputs = Tensor::uninitialized(Shape{places.size(), size}),
                  .targets = Tensor::uninitialized(Shape{places.size()})};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto pixels = std::span{bytes.images.values}.subspan(places[i] * size, size);
    std::ranges::transform(pixels, dataset.inputs.row(i).begin(),
                           [](std::uint8_t pixel) { return static_cast<real>(pixel) / 255; });
    dataset.targets(i) = static_cast<real>(bytes.labels.values[places[i]]);
  }
  return dataset;
}

Dataset to_dataset(const Bytes& bytes) {
  return to_dataset(bytes, ranges::views::iota(std::size_t{0}, bytes.labels.values.size()) |
                               ranges::to<std::vector>());
}

/// The images of two sets must be alike, or no network could take both.
void check_sizes(const fs::path& folder, const Idx& training, const Idx& test) {
  if (training.axes[1] == test.axes[1] && training.axes[2] == test.axes[2]) return;
  throw std::runtime_error(
      fmt::format("nn::mnist: {} holds images of {} × {} for training and of {} × {} for the test",
                  folder.string(), training.axes[1], training.axes[2], test.axes[1], test.axes[2]));
}

// ------------------------------------------------------------------------------------------ CSV

/// Columns are counted from 1.
std::string column_name(std::size_t column) {
  return column == 1 ? "label" : fmt::format("pixel{}", column - 2);
}

/// The whole of a file. Memory grows with what is really there.
std::string read_text(const fs::path& file) {
  Reader reader{file};
  std::string text;
  std::size_t size = 0;
  do {
    text.resize(std::max(first_piece, 2 * size));
    size += reader.read(&text[size], text.size() - size);
  } while (size == text.size());
  text.resize(size);
  return text;
}

/// A file of comma-separated values, read line by line and field by field.
class CsvReader {
 public:
  explicit CsvReader(const fs::path& file) : path_{find(file)}, text_{read_text(path_)} {}

  /// Goes to the next line; false where there is none.
  bool next_line() {
    line_ = std::string_view{text_}.substr(next_);
    line_ = line_.substr(0, line_.find('\n'));
    const bool any = next_ < text_.size();
    next_ = std::min(next_ + line_.size() + 1, text_.size());
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    ended_ = false;
    column_ = 0;
    ++number_of_line_;
    return any;
  }

  /// Whether the field read last was the last of its line.
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
  static std::string shown(std::string_view field) { return detail::shown(field, 20); }

  fs::path path_;
  std::string text_;
  std::size_t next_ = 0;   // where the next line begins
  std::string_view line_;  // what is left of this one
  bool ended_ = false;
  std::size_t number_of_line_ = 0;
  std::size_t column_ = 0;
};

/// The byte that to_dataset() would make this brightness of.
std::uint8_t to_byte(real brightness, std::size_t sample, std::size_t pixel) {
  const real byte = std::round(brightness * 255);
  if (byte >= 0 && byte <= 255 && byte / 255 == brightness) return static_cast<std::uint8_t>(byte);
  throw std::invalid_argument(fmt::format(
      "nn::mnist: pixel {} of sample {} is {}, expected one of 0/255, 1/255, …, 255/255", pixel,
      sample, brightness));
}

Bytes to_bytes(const Dataset& dataset) {
  const auto& [inputs, targets] = dataset;
  if (inputs.rank() != 2 || targets.shape() != Shape{inputs.rows()}) {
    throw std::invalid_argument(
        fmt::format("nn::mnist: inputs have shape {} and targets {}, expected (N, pixels) and (N)",
                    to_string(inputs.shape()), to_string(targets.shape())));
  }
  const std::size_t pixels = inputs.row(0).size();
  Bytes bytes;
  bytes.images.axes = {inputs.rows(), 1, pixels};
  for (std::size_t i = 0; i < inputs.rows(); ++i) {
    const real label = targets(i);
    if (!(label >= 0 && label <= 9 && label == std::floor(label))) {
      throw std::invalid_argument(
          fmt::format("nn::mnist: target of sample {} is {}, expected 0 to 9", i, label));
    }
    bytes.labels.values.push_back(static_cast<std::uint8_t>(label));
    for (std::size_t j = 0; j < pixels; ++j) {
      bytes.images.values.push_back(to_byte(inputs(i, j), i, j));
    }
  }
  return bytes;
}

std::string csv_of(const Bytes& bytes) {
  const std::size_t pixels = bytes.images.axes[2];
  std::string text = column_name(1);
  for (std::size_t column = 2; column < pixels + 2; ++column) text += "," + column_name(column);
  for (std::size_t i = 0; i < bytes.labels.values.size(); ++i) {
    text += '\n';
    text += std::to_string(bytes.labels.values[i]);
    for (const auto pixel : std::span{bytes.images.values}.subspan(i * pixels, pixels)) {
      text += ',';
      text += std::to_string(pixel);
    }
  }
  return text + '\n';
}

}  // namespace

Idx read_idx(const fs::path& file, std::size_t axes) {
  Reader reader{find(file)};
  const std::uint32_t magic = reader.number();
  if (magic >> 16U != 0) {
    reader.fail_at_number(fmt::format("magic number is 0x{:08x}, not that of an IDX file", magic));
  }
  if ((magic >> 8U) != 8) {
    reader.fail_at(2, fmt::format("type is 0x{:02x}, expected 0x08 for bytes", magic >> 8U));
  }
  if ((magic & 0xFFU) != axes) {
    reader.fail_at(3, fmt::format("{} axes, expected {}", magic & 0xFFU, axes));
  }
  Idx idx;
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const std::size_t length = reader.number();
    if (length == 0) reader.fail_at_number(fmt::format("axis {} has length 0", axis));
    // 2⁴⁰ values are more than any such file holds; their product with 2³² still fits.
    if (count > (std::size_t{1} << 40U) / length) {
      reader.fail_at_number(fmt::format("axis {} has length {}: too many values", axis, length));
    }
    count *= length;
    idx.axes.push_back(length);
  }
  read_values(reader, idx, count);
  return idx;
}

Dataset load_set(const fs::path& images, const fs::path& labels) {
  return to_dataset(read_set(images, labels));
}

Split load(const fs::path& folder, const LoadOptions& options) {
  const auto file = [&](const char* name) { return folder / name; };
  const Bytes training = read_set(file("train-images-idx3-ubyte"), file("train-labels-idx1-ubyte"));
  const Bytes test = read_set(file("t10k-images-idx3-ubyte"), file("t10k-labels-idx1-ubyte"));
  check_sizes(folder, training.images, test.images);
  const std::vector<real> labels(training.labels.values.begin(), training.labels.values.end());
  const SplitPlaces places =
      split_places(Tensor{Shape{labels.size()}, labels}, Counts{.validation = options.validation},
                   {.seed = options.seed, .stratified = options.stratified});
  return {.training = to_dataset(training, places.training),
          .validation = to_dataset(training, places.validation),
          .test = to_dataset(test)};
}

Dataset load_csv(const fs::path& file) {
  CsvReader reader{file};
  const std::size_t columns = reader.header();
  Bytes bytes;
  while (reader.next_line()) {
    bytes.labels.values.push_back(reader.number(9));
    for (std::size_t column = 2; column <= columns; ++column) {
      bytes.images.values.push_back(reader.number(255));
    }
    if (!reader.ended()) reader.fail("the line goes on after this column");
  }
  const std::size_t rows = bytes.labels.values.size();
  if (rows == 0) reader.fail("no rows follow the header");
  bytes.images.axes = {rows, 1, columns - 1};
  return to_dataset(bytes);
}

void save_csv(const fs::path& file, const Dataset& dataset) {
  write_whole("mnist", file, csv_of(to_bytes(dataset)));
}

}  // namespace nn::mnist
