// What reads files is in its own source file, so that a build without files, for a browser,
// can leave it out.
module;

#include <fmt/core.h>
#include <png.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.pictures;

import nn.idx;
import nn.stream;
import nn.text;

namespace nn {

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t most_bytes = std::size_t{256} << 20U;
constexpr std::size_t longest_side = 10'000;
constexpr std::size_t most_pixels = longest_side * longest_side;
/// Of a larger picture only the brightness is kept, because its colors would take a gigabyte.
constexpr std::size_t most_colored = 25'000'000;
constexpr std::size_t most_pictures = 100'000;

constexpr const char* owner = "load_pictures";

[[noreturn]] void refuse(const fs::path& file, std::string_view what) {
  throw std::runtime_error(fmt::format("nn::{}: {}: {}", owner, file.string(), what));
}

/// A whole file in memory.
struct Contents {
  fs::path file;
  Bytes bytes;

  [[nodiscard]] std::string_view text() const { return as_text(bytes); }

  [[noreturn]] void fail(std::string_view what) const { refuse(file, what); }
  [[noreturn]] void fail(std::size_t byte, std::string_view what) const {
    throw std::runtime_error(
        fmt::format("nn::{}: {}, byte {}: {}", owner, file.string(), byte, what));
  }
};

/// Reads a file to its end, or a pipe or a device.
Contents read(const fs::path& file) {
  std::error_code none;
  if (!fs::exists(file, none) || fs::is_directory(file, none)) {
    throw std::runtime_error(fmt::format("nn::{}: no file {}", owner, file.string()));
  }
  if (!fs::is_regular_file(file, none) || fs::file_size(file, none) <= most_bytes) {
    Contents contents{.file = file, .bytes = Stream{owner, file}.read(most_bytes + 1)};
    if (contents.bytes.size() <= most_bytes) return contents;  // a small file may expand to more
  }
  refuse(file, "larger than 256 MiB");
}

/// Brightness of bytes, or of pairs of bytes with the more significant first.
Picture picture_of(std::span<const std::uint8_t> bytes, const Shape& shape, std::size_t white) {
  Picture picture{Tensor::uninitialized(shape)};
  const std::size_t width = bytes.size() / shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const unsigned value = width == 1 ? bytes[i] : bytes[2 * i] * 256U + bytes[2 * i + 1];
    picture.brightness.data()[i] = static_cast<real>(value) / static_cast<real>(white);
  }
  return picture;
}

// ------------------------------------------------------------------------------------------ PNG

constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

/// The shape that a header claims, if it can be true.
Shape checked_shape(const Contents& png, std::size_t width, std::size_t height) {
  if (width > longest_side || height > longest_side) {
    png.fail(
        fmt::format("{} × {} pixels, expected at most {} a side", width, height, longest_side));
  }
  // A pixel takes at least one bit, and zlib makes at most 1,032 bytes out of one.
  if (height * ((width + 7) / 8) / 1'032 > png.bytes.size()) {
    png.fail(fmt::format("{} bytes cannot hold {} × {} pixels", png.bytes.size(), width, height));
  }
  return Shape{height, width};
}

/// Frees libpng's memory at the end of the scope.
struct PngImage {
  png_image image{};

  PngImage() { image.version = PNG_IMAGE_VERSION; }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(&image); }
};

/// The pixels of a PNG file.
/// @param format Of the pixels, as libpng names it.
/// @param background The shade that shows through transparent pixels.
Bytes pixels_of(const Contents& png, png_uint_32 format, std::uint8_t background) {
  PngImage read;
  const auto fail = [&] { png.fail(fmt::format("libpng: {}", read.image.message)); };
  const int begun =
      png_image_begin_read_from_memory(&read.image, png.bytes.data(), png.bytes.size());
  if (begun == 0) fail();
  const Shape shape = checked_shape(png, read.image.width, read.image.height);
  read.image.format = format;
  read.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // shades as a screen has them, at any depth
  const std::size_t channels = PNG_IMAGE_PIXEL_CHANNELS(format);
  Bytes pixels(shape.size() * channels);
  const png_color behind{.red = background, .green = background, .blue = background};
  const auto stride = static_cast<png_int_32>(shape[1] * channels);
  if (png_image_finish_read(&read.image, &behind, pixels.data(), stride, nullptr) == 0) fail();
  return pixels;
}

/// The shade to show behind transparent pixels: white, or black if nearly all that can be seen is
/// light, because white strokes on white would be lost.
std::uint8_t background_of(const Contents& png) {
  constexpr std::uint8_t visible = 128;
  constexpr std::uint8_t light = 160;
  const Bytes pixels = pixels_of(png, PNG_FORMAT_GA, 0);
  std::size_t seen = 0;
  std::size_t dark = 0;
  for (std::size_t i = 0; i < pixels.size(); i += 2) {
    if (pixels[i + 1] < visible) continue;
    ++seen;
    dark += pixels[i] < light ? 1U : 0U;
  }
  return seen > 0 && 50 * dark < seen ? 0 : 255;
}

/// Red, green and blue, shape (3, height, width); nothing if all pixels are gray.
Tensor colors_of(const Bytes& pixels, const Shape& shape) {
  bool is_gray = true;
  for (std::size_t i = 0; i < pixels.size(); i += 3) {
    is_gray = is_gray && pixels[i] == pixels[i + 1] && pixels[i] == pixels[i + 2];
  }
  if (is_gray) return {};
  Tensor colors = Tensor::uninitialized(Shape{3, shape[0], shape[1]});
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    colors.data()[i % 3 * shape.size() + i / 3] = static_cast<real>(pixels[i]) / 255;
  }
  return colors;
}

Picture read_png(const Contents& png) {
  PngImage header;
  const int begun =
      png_image_begin_read_from_memory(&header.image, png.bytes.data(), png.bytes.size());
  if (begun == 0) png.fail(fmt::format("libpng: {}", header.image.message));
  const Shape shape = checked_shape(png, header.image.width, header.image.height);
  const bool is_transparent = (header.image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  const bool is_colored = (header.image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  const std::uint8_t background = is_transparent ? background_of(png) : 255;
  Picture picture = picture_of(pixels_of(png, PNG_FORMAT_GRAY, background), shape, 255);
  if (is_colored && shape.size() <= most_colored) {
    picture.colors = colors_of(pixels_of(png, PNG_FORMAT_RGB, background), shape);
  }
  return picture;
}

// ------------------------------------------------------------------------------------------ PGM

/// A PGM file, read number by number.
class PgmReader {
 public:
  explicit PgmReader(const Contents& pgm) : pgm_{pgm}, text_{pgm.text()} {}

  /// The next number, after blanks and comments.
  std::size_t number(const char* what, std::size_t least, std::size_t most) {
    skip_blanks();
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(blanks, at_), text_.size());
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (digits.empty()) pgm_.fail(begin, fmt::format("the file ends before {}", what));
    std::size_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stop != end || value < least || value > most) {
      pgm_.fail(begin, fmt::format("{} is {}, expected a whole number from {} to {}", what,
                                   in_quotes(digits, 20), least, most));
    }
    return value;
  }

  /// What follows the single blank after the header.
  [[nodiscard]] std::span<const std::uint8_t> raster() const {
    return std::span{pgm_.bytes}.subspan(std::min(at_ + 1, pgm_.bytes.size()));
  }

  /// Whether nothing follows but blanks and comments.
  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }

  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  static constexpr std::string_view blanks = " \t\n\v\f\r";

  void skip_blanks() {
    at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    while (at_ < text_.size() && text_[at_] == '#') {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
      at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    }
  }

  const Contents& pgm_;
  std::string_view text_;
  std::size_t at_ = 2;  // after P2 or P5
};

/// P2: every pixel a number in digits.
Picture read_digits(const Contents& pgm, PgmReader& reader, const Shape& shape, std::size_t white) {
  std::vector<real> values;
  while (values.size() < shape.size()) {
    if (reader.at_end()) {
      pgm.fail(pgm.bytes.size(),
               fmt::format("the file ends after {} of {} pixels", values.size(), shape.size()));
    }
    values.push_back(static_cast<real>(reader.number("a pixel", 0, white)) /
                     static_cast<real>(white));
  }
  if (!reader.at_end()) {
    pgm.fail(reader.position(), fmt::format("more than the {} pixels announced", shape.size()));
  }
  return {Tensor{shape, values}};
}

/// P5: every pixel a byte, or two if white is above 255.
Picture read_raster(const Contents& pgm, const PgmReader& reader, const Shape& shape,
                    std::size_t white) {
  const std::size_t width = white > 255 ? 2 : 1;
  const auto raster = reader.raster();
  const std::size_t begin = pgm.bytes.size() - raster.size();
  const std::size_t expected = shape.size() * width;
  if (raster.size() < expected) {
    pgm.fail(pgm.bytes.size(), fmt::format("the file ends after {} of {} pixels",
                                           raster.size() / width, shape.size()));
  }
  if (raster.size() > expected) {
    pgm.fail(begin + expected, fmt::format("more than the {} pixels announced", shape.size()));
  }
  Picture picture = picture_of(raster, shape, white);
  const auto values = picture.brightness.values();
  const auto wrong = std::ranges::find_if(values, [](real x) { return x > 1; });
  if (wrong != values.end()) {
    const auto pixel = static_cast<std::size_t>(wrong - values.begin());
    pgm.fail(begin + pixel * width, fmt::format("a pixel is above {}, which is white", white));
  }
  return picture;
}

Picture read_pgm(const Contents& pgm) {
  PgmReader reader{pgm};
  const std::size_t width = reader.number("the width", 1, longest_side);
  const std::size_t height = reader.number("the height", 1, longest_side);
  const std::size_t white = reader.number("the value of white", 1, 65'535);
  const Shape shape{height, width};
  return pgm.text().starts_with("P2") ? read_digits(pgm, reader, shape, white)
                                      : read_raster(pgm, reader, shape, white);
}

// ------------------------------------------------------------------------------------------ IDX

std::vector<Picture> read_pictures(Contents contents) {
  const fs::path& file = contents.file;
  const Idx idx = parse_idx(std::move(contents.bytes), file, 3, most_pixels);
  const Shape shape{idx.axes[1], idx.axes[2]};
  const std::size_t count = idx.axes[0];
  if (count > most_pictures || shape[0] > longest_side || shape[1] > longest_side) {
    refuse(file, fmt::format("{} pictures of {} × {} pixels, expected at most {} pictures and {} "
                             "pixels a side",
                             count, shape[1], shape[0], most_pictures, longest_side));
  }
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = std::span{idx.values}.subspan(i * shape.size(), shape.size());
    pictures.push_back(picture_of(bytes, shape, 255));
  }
  return pictures;
}

}  // namespace

std::vector<Picture> load_pictures(const fs::path& file) {
  Contents contents = read(file);
  const std::string_view text = contents.text();
  if (text.starts_with(std::string_view{"\0\0", 2})) return read_pictures(std::move(contents));
  if (text.starts_with(png_signature)) return {read_png(contents)};
  if (text.starts_with("P2") || text.starts_with("P5")) return {read_pgm(contents)};
  contents.fail(
      fmt::format("begins with {}, expected PNG, PGM (P2 or P5) or IDX", in_quotes(text, 4)));
}

}  // namespace nn
