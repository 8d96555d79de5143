// What reads files stands by itself, so that a build without files, for a browser, can leave it
// out.
module;

#include <fmt/core.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.pictures;

import nn.mnist;

namespace nn {

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t most_bytes = std::size_t{256} << 20U;
constexpr std::size_t longest_side = 10'000;  // so a picture has 100,000,000 pixels at the most
constexpr std::size_t most_pixels = longest_side * longest_side;
constexpr std::size_t most_pictures = 100'000;

[[noreturn]] void fail_at(const fs::path& path, std::size_t byte, const std::string& what) {
  throw std::runtime_error(
      fmt::format("nn::load_pictures: {}, byte {}: {}", path.string(), byte, what));
}

/// Four bytes, the most significant first.
std::size_t number(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 8U | bytes[i];
  return value;
}

/// Bytes as an error may quote them, whatever they are.
std::string shown(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t most = 20;
  std::string text{bytes.begin(), bytes.begin() + std::ptrdiff_t(std::min(bytes.size(), most))};
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return fmt::format("'{}'{}", text, bytes.size() > most ? "…" : "");
}

/// A whole file in memory.
struct Contents {
  fs::path path;
  Bytes bytes;

  [[nodiscard]] bool starts_with(std::string_view text) const {
    return std::ranges::equal(std::span{bytes}.first(std::min(bytes.size(), text.size())), text, {},
                              {}, [](char c) { return static_cast<std::uint8_t>(c); });
  }

  [[noreturn]] void fail(std::size_t byte, const std::string& what) const {
    fail_at(path, byte, what);
  }
};

Contents read(const fs::path& path) {
  Contents contents{.path = path, .bytes = {}};
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::ifstream in{path, std::ios::binary};
  if (error || !in) contents.fail(0, "the file cannot be opened");
  if (size > most_bytes) contents.fail(most_bytes, "the file is larger than 256 MiB");
  contents.bytes.resize(size);
  in.read(reinterpret_cast<char*>(contents.bytes.data()),  // NOLINT: chars are bytes
          static_cast<std::streamsize>(size));
  contents.bytes.resize(static_cast<std::size_t>(in.gcount()));
  return contents;
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
constexpr std::size_t header_at = png_signature.size();  // a chunk: its length, its type, its bytes

/// Walks from chunk to chunk: libpng would not say where a file is damaged.
void check_chunks(const Contents& png) {
  const std::span bytes{png.bytes};
  std::size_t at = header_at;
  std::string type = "the header";
  while (type != "'IEND'") {
    if (bytes.size() - at < 12) png.fail(bytes.size(), "the file ends before its last chunk");
    const std::size_t length = number(bytes, at);
    type = shown(bytes.subspan(at + 4, 4));
    if (length > bytes.size() - at - 12) {
      png.fail(bytes.size(),
               fmt::format("the file ends in chunk {}, which began at byte {}", type, at));
    }
    if (at == header_at && (type != "'IHDR'" || length != 13)) {
      png.fail(at, fmt::format("the first chunk is {} of {} bytes, expected 'IHDR' of 13", type,
                               length));
    }
    const std::size_t checksum = crc32_z(0, &bytes[at + 4], length + 4);
    if (checksum != number(bytes, at + 8 + length)) {
      png.fail(at + 8 + length, fmt::format("chunk {} does not have the checksum 0x{:08x}", type,
                                            number(bytes, at + 8 + length)));
    }
    at += 12 + length;
  }
}

/// The height and width that the header claims, once they can be true.
Shape png_shape(const Contents& png) {
  const std::size_t width = number(png.bytes, header_at + 8);
  const std::size_t height = number(png.bytes, header_at + 12);
  const auto check = [&](std::size_t length, const char* what, std::size_t byte) {
    if (length >= 1 && length <= longest_side) return;
    png.fail(byte, fmt::format("{} is {}, expected 1 to {}", what, length, longest_side));
  };
  check(width, "the width", header_at + 8);
  check(height, "the height", header_at + 12);
  // A pixel takes a bit or more, and zlib can make 1,032 bytes of one, but not more.
  if (height * ((width + 7) / 8) / 1'032 > png.bytes.size()) {
    png.fail(header_at + 8,
             fmt::format("{} bytes cannot hold {} × {} pixels", png.bytes.size(), height, width));
  }
  return Shape{height, width};
}

/// libpng's memory, given back however its use ends.
struct PngImage {
  png_image image{};

  PngImage() { image.version = PNG_IMAGE_VERSION; }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(&image); }
};

Picture read_png(const Contents& png) {
  check_chunks(png);
  const Shape shape = png_shape(png);
  PngImage read;
  const auto fail = [&] { png.fail(header_at, fmt::format("libpng: {}", read.image.message)); };
  if (png_image_begin_read_from_memory(&read.image, png.bytes.data(), png.bytes.size()) == 0)
    fail();
  read.image.format = PNG_FORMAT_GRAY;
  read.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // shades as a screen has them, at any depth
  Bytes pixels(shape.size());
  const png_color white{.red = 255, .green = 255, .blue = 255};
  const auto stride = static_cast<png_int_32>(shape[1]);
  if (png_image_finish_read(&read.image, &white, pixels.data(), stride, nullptr) == 0) fail();
  return picture_of(pixels, shape, 255);
}

// ------------------------------------------------------------------------------------------ PGM

/// A PGM file, read number by number.
class PgmReader {
 public:
  explicit PgmReader(const Contents& pgm) : pgm_{pgm} {}

  /// The next number, behind blanks and comments.
  std::size_t number(const char* what, std::size_t least, std::size_t most) {
    skip_blanks();
    const std::size_t begin = at_;
    while (at_ < pgm_.bytes.size() && !is_blank(pgm_.bytes[at_])) ++at_;
    const std::string digits{pgm_.bytes.begin() + std::ptrdiff_t(begin),
                             pgm_.bytes.begin() + std::ptrdiff_t(at_)};
    if (digits.empty()) pgm_.fail(begin, fmt::format("the file ends before {}", what));
    std::size_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stop != end || value < least || value > most) {
      const std::span token = std::span{pgm_.bytes}.subspan(begin, at_ - begin);
      pgm_.fail(begin, fmt::format("{} is {}, expected a whole number from {} to {}", what,
                                   shown(token), least, most));
    }
    return value;
  }

  /// What follows the one blank behind the header.
  std::span<const std::uint8_t> raster() {
    return std::span{pgm_.bytes}.subspan(std::min(at_ + 1, pgm_.bytes.size()));
  }

  /// Whether nothing follows but blanks and comments.
  bool at_end() {
    skip_blanks();
    return at_ == pgm_.bytes.size();
  }

  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  static bool is_blank(std::uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

  void skip_blanks() {
    bool in_comment = false;
    for (; at_ < pgm_.bytes.size(); ++at_) {
      const std::uint8_t byte = pgm_.bytes[at_];
      if (byte == '\n' || byte == '\r') in_comment = false;
      if (byte == '#') in_comment = true;
      if (!in_comment && !is_blank(byte)) return;
    }
  }

  const Contents& pgm_;
  std::size_t at_ = 2;  // behind P2 or P5
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

/// P5: every pixel a byte, or two where white is above 255.
Picture read_raster(const Contents& pgm, PgmReader& reader, const Shape& shape, std::size_t white) {
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
  const auto wrong =
      std::ranges::find_if(picture.brightness.values(), [](real x) { return x > 1; });
  if (wrong != picture.brightness.values().end()) {
    const auto pixel = static_cast<std::size_t>(wrong - picture.brightness.values().begin());
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
  return pgm.starts_with("P2") ? read_digits(pgm, reader, shape, white)
                               : read_raster(pgm, reader, shape, white);
}

// ------------------------------------------------------------------------------------------ IDX

/// The first bytes of a file, decompressed if it is compressed.
Bytes head_of(const fs::path& path) {
  Bytes head(16);
  gzFile_s* const file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  const int count = gzread(file, head.data(), static_cast<unsigned>(head.size()));
  gzclose(file);
  head.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return head;
}

/// Refuses what is too much before anything is read: compressed, it may be a small file.
void check_idx(const fs::path& path, const Bytes& head) {
  if (head.size() < 16 || head[3] != 3) return;  // nn::mnist::read_idx() says what is wrong
  const std::size_t count = number(head, 4);
  const std::size_t height = number(head, 8);
  const std::size_t width = number(head, 12);
  if (count > most_pictures) {
    fail_at(path, 4, fmt::format("{} pictures, {} are the most", count, most_pictures));
  }
  if (height > longest_side || width > longest_side || count * height * width > most_pixels) {
    fail_at(path, 8,
            fmt::format("{} pictures of {} × {} pixels, {} pixels a side and {} in all are "
                        "the most",
                        count, height, width, longest_side, most_pixels));
  }
}

std::vector<Picture> read_idx(const fs::path& path) {
  const mnist::Idx idx = mnist::read_idx(path, 3);
  const Shape shape{idx.axes[1], idx.axes[2]};
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < idx.axes[0]; ++i) {
    const auto bytes = std::span{idx.values}.subspan(i * shape.size(), shape.size());
    pictures.push_back(picture_of(bytes, shape, 255));
  }
  return pictures;
}

}  // namespace

std::vector<Picture> load_pictures(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw std::runtime_error(fmt::format("nn::load_pictures: no file {}", file.string()));
  }
  const Bytes head = head_of(file);
  if (head.size() >= 2 && head[0] == 0 && head[1] == 0) {
    check_idx(file, head);
    return read_idx(file);
  }
  const Contents contents = read(file);
  if (contents.starts_with(png_signature)) return {read_png(contents)};
  if (contents.starts_with("P2") || contents.starts_with("P5")) return {read_pgm(contents)};
  contents.fail(0, fmt::format("{} begins neither PNG, PGM (P2 or P5) nor IDX",
                               shown(std::span{contents.bytes}.first(
                                   std::min<std::size_t>(contents.bytes.size(), 4)))));
}

}  // namespace nn
