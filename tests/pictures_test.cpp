// nn.pictures: files of every format are read, invalid ones rejected, and digits preprocessed like
// MNIST's.

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <png.h>
#include <turbojpeg.h>
#include <webp/encode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "data_files.hpp"

import nn.pictures;
import nn.random;
import nn.tensor;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::Picture;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::append;
using nn::test::Bytes;
using nn::test::bytes_of;
using nn::test::error_of;
using nn::test::idx;

// ------------------------------------------------------------------------------- PNG, by libpng

struct Png {
  std::uint32_t width;
  std::uint32_t height;
  int depth;
  int color;
  std::vector<Bytes> rows;
  std::vector<png_color> palette{};
  Bytes alpha{};  ///< Of the palette's colors.
  int interlace = PNG_INTERLACE_NONE;
};

Bytes encoded(Png png) {
  Bytes bytes;
  png_structp file = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(file);
  const auto write = [](png_structp to, png_bytep data, std::size_t count) {
    auto& out = *static_cast<Bytes*>(png_get_io_ptr(to));
    out.insert(out.end(), data, data + count);
  };
  png_set_write_fn(file, &bytes, write, nullptr);
  png_set_IHDR(file, info, png.width, png.height, png.depth, png.color, png.interlace,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!png.palette.empty()) {
    png_set_PLTE(file, info, png.palette.data(), static_cast<int>(png.palette.size()));
  }
  if (!png.alpha.empty()) {
    png_set_tRNS(file, info, png.alpha.data(), static_cast<int>(png.alpha.size()), nullptr);
  }
  png_write_info(file, info);
  std::vector<png_bytep> rows;
  for (Bytes& row : png.rows) rows.push_back(row.data());
  png_write_image(file, rows.data());
  png_write_end(file, info);
  png_destroy_write_struct(&file, &info);
  return bytes;
}

/// A chunk of a PNG file, with its checksum.
Bytes chunk(const std::string& type, const Bytes& data) {
  Bytes bytes;
  append(bytes, data.size());
  bytes.insert(bytes.end(), type.begin(), type.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  append(bytes, crc32_z(0, &bytes[4], bytes.size() - 4));
  return bytes;
}

/// A PNG file of gray bytes that claims a size and has these contents, which it compresses.
Bytes png_claiming(std::size_t width, std::size_t height, const Bytes& raw,
                   std::uint8_t depth = 8) {
  Bytes bytes = bytes_of("\x89PNG\r\n\x1a\n");
  Bytes header;
  append(header, width);
  append(header, height);
  for (const std::uint8_t byte : Bytes{depth, 0, 0, 0, 0}) header.push_back(byte);
  Bytes packed(compressBound(raw.size()));
  uLongf size = packed.size();
  compress(packed.data(), &size, raw.data(), raw.size());
  packed.resize(size);
  for (const Bytes& part : {chunk("IHDR", header), chunk("IDAT", packed), chunk("IEND", {})}) {
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

// ------------------------------------------------------------- JPEG, WebP, BMP and EXIF, in memory

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A number in some bytes, the least significant first.
Bytes little(std::size_t number, std::size_t size) {
  Bytes bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
  }
  return bytes;
}

/// The same, the most significant first.
Bytes big(std::size_t number, std::size_t size) {
  Bytes bytes = little(number, size);
  std::ranges::reverse(bytes);
  return bytes;
}

/// @param format Of the pixels, as TurboJPEG names it.
Bytes jpeg(int width, int height, int format, const Bytes& pixels, int sampling, int flags = 0) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* data = nullptr;
  unsigned long size = 0;  // TurboJPEG's type
  EXPECT_EQ(tjCompress2(encoder, pixels.data(), width, 0, height, format, &data, &size, sampling,
                        100, flags),
            0)
      << tjGetErrorStr2(encoder);
  const Bytes bytes(data, data + size);
  tjFree(data);
  tjDestroy(encoder);
  return bytes;
}

Bytes gray_jpeg(int width, int height, const Bytes& pixels) {
  return jpeg(width, height, TJPF_GRAY, pixels, TJSAMP_GRAY);
}

/// A JPEG with another part after its first two bytes.
Bytes with_part(const Bytes& jpeg, std::uint8_t marker, const Bytes& data) {
  return Bytes(jpeg.begin(), jpeg.begin() + 2) + Bytes{0xFF, marker} + big(data.size() + 2, 2) +
         data + Bytes(jpeg.begin() + 2, jpeg.end());
}

/// @param pixels Red, green, blue and opacity.
Bytes webp(int width, int height, const Bytes& pixels) {
  std::uint8_t* data = nullptr;
  const std::size_t size = WebPEncodeLosslessRGBA(pixels.data(), width, height, 4 * width, &data);
  const Bytes bytes(data, data + size);
  WebPFree(data);
  return bytes;
}

Bytes riff_chunk(const std::string& type, const Bytes& data) {
  return bytes_of(type) + little(data.size(), 4) + data + Bytes(data.size() % 2);
}

/// A WebP file of chunks.
Bytes riff(const Bytes& chunks) { return riff_chunk("RIFF", bytes_of("WEBP") + chunks); }

/// A header that announces further chunks.
Bytes extended(std::size_t width, std::size_t height, std::uint8_t flags) {
  return riff_chunk("VP8X", Bytes{flags, 0, 0, 0} + little(width - 1, 3) + little(height - 1, 3));
}

/// The same WebP file with EXIF data.
Bytes with_exif(const Bytes& webp, std::size_t width, std::size_t height, const Bytes& exif) {
  constexpr std::uint8_t has_exif = 8;
  return riff(extended(width, height, has_exif) + Bytes(webp.begin() + 12, webp.end()) +
              riff_chunk("EXIF", exif));
}

/// EXIF data with one entry before the orientation and one after it.
Bytes exif(std::size_t orientation, bool least_first, std::size_t type = 3, std::size_t count = 1) {
  const auto number = least_first ? little : big;
  const auto entry = [&](std::size_t tag, std::size_t its_type, std::size_t its_count,
                         const Bytes& value) {
    return number(tag, 2) + number(its_type, 2) + number(its_count, 4) + value;
  };
  return bytes_of(least_first ? "II" : "MM") + number(42, 2) + number(8, 4) + number(3, 2) +
         entry(0x010F, 2, 4, bytes_of("make")) +
         entry(0x0112, type, count, number(orientation, 2) + Bytes(2)) +
         entry(0x0128, 3, 1, number(2, 2) + Bytes(2)) + number(0, 4);
}

/// A BMP file with the usual header.
/// @param rows Everything after the header: colors or masks, and the padded rows.
/// @param before How many bytes of that come before the pixels.
Bytes bmp(std::size_t width, std::size_t height, std::size_t bits, const Bytes& rows,
          std::size_t before = 0, std::size_t compression = 0, const Bytes& more_header = {}) {
  const std::size_t header = 40 + more_header.size();
  const Bytes info = little(header, 4) + little(width, 4) + little(height, 4) + little(1, 2) +
                     little(bits, 2) + little(compression, 4) + Bytes(20) + more_header;
  return bytes_of("BM") + little(14 + header + rows.size(), 4) + Bytes(4) +
         little(14 + header + before, 4) + info + rows;
}

// ----------------------------------------------------------------------------------- the fixture

/// A folder of small files, gone after the test.
class Pictures : public nn::test::Folder, public testing::Test {
 protected:
  [[nodiscard]] fs::path file(const Bytes& bytes) const {
    return nn::test::write_plain(path("file"), bytes);
  }

  [[nodiscard]] fs::path compressed(const Bytes& bytes) const {
    return nn::test::write_compressed(path("file.gz"), bytes);
  }

  [[nodiscard]] Tensor one(const Bytes& bytes) const {
    const std::vector<Picture> pictures = nn::load_pictures(file(bytes));
    EXPECT_EQ(pictures.size(), 1U);
    return pictures.at(0).brightness;
  }
  [[nodiscard]] Tensor one(const std::string& text) const { return one(bytes_of(text)); }

  /// The error for a file without the path: `byte 7: …`, or only the fault. Empty if it is read.
  [[nodiscard]] std::string fault_of(const fs::path& where,
                                     const std::string& who = "nn::load_pictures") const {
    const std::string text = error_of<std::runtime_error>([&] { (void)nn::load_pictures(where); });
    if (text.empty()) return "";  // it is read
    const std::string head = who + ": " + where.string();
    EXPECT_EQ(text.substr(0, head.size()), head);
    return text.size() < head.size() + 2 ? text : text.substr(head.size() + 2);
  }
  [[nodiscard]] std::string fault(const Bytes& bytes) const { return fault_of(file(bytes)); }
  [[nodiscard]] std::string fault(const std::string& text) const { return fault(bytes_of(text)); }
};

void expect_near(const Tensor& a, const Tensor& b, double tolerance) {
  ASSERT_EQ(a.shape(), b.shape());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a.values()[i], b.values()[i], tolerance) << "value " << i;
  }
}

/// Brightness by its bytes.
Tensor shades(const Shape& shape, const std::vector<int>& bytes) {
  Tensor tensor{shape};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    tensor.values()[i] = static_cast<real>(bytes[i]) / 255;
  }
  return tensor;
}

// ------------------------------------------------------------------------------------------- PNG

TEST_F(Pictures, ReadsGrayPngOfAnyDepth) {
  const Tensor two = shades(Shape{2, 3}, {0, 255, 0, 255, 0, 255});
  EXPECT_EQ(one(encoded({3, 2, 1, PNG_COLOR_TYPE_GRAY, {{0b01000000}, {0b10100000}}})), two);
  EXPECT_EQ(one(encoded({3, 1, 2, PNG_COLOR_TYPE_GRAY, {{0b00011100}}})),
            shades(Shape{1, 3}, {0, 85, 255}));
  EXPECT_EQ(one(encoded({3, 1, 4, PNG_COLOR_TYPE_GRAY, {{0x0A, 0xF0}}})),
            shades(Shape{1, 3}, {0, 170, 255}));
  EXPECT_EQ(one(encoded({3, 1, 8, PNG_COLOR_TYPE_GRAY, {{0, 7, 255}}})),
            shades(Shape{1, 3}, {0, 7, 255}));
  // libpng's way over linear light may round by one.
  expect_near(one(encoded({3, 1, 16, PNG_COLOR_TYPE_GRAY, {{0, 0, 0x80, 0, 0xFF, 0xFF}}})),
              shades(Shape{1, 3}, {0, 128, 255}), 0.004);
}

TEST_F(Pictures, ReadsInterlacedPng) {
  std::vector<Bytes> rows;
  Tensor expected{Shape{9, 9}};
  for (std::uint8_t y = 0; y < 9; ++y) {
    rows.emplace_back();
    for (std::uint8_t x = 0; x < 9; ++x) {
      rows.back().push_back(static_cast<std::uint8_t>(20 * y + x));
      expected(y, x) = static_cast<real>(20 * y + x) / 255;
    }
  }
  EXPECT_EQ(one(encoded({9, 9, 8, PNG_COLOR_TYPE_GRAY, rows, {}, {}, PNG_INTERLACE_ADAM7})),
            expected);
}

TEST_F(Pictures, ReadsColorsAsGray) {
  const Tensor rgb =
      one(encoded({4, 1, 8, PNG_COLOR_TYPE_RGB, {{255, 255, 255, 0, 0, 0, 0, 255, 0, 0, 0, 255}}}));
  EXPECT_EQ(rgb(0, 0), 1);
  EXPECT_EQ(rgb(0, 1), 0);
  EXPECT_GT(rgb(0, 2), rgb(0, 3));  // green is lighter than blue
  EXPECT_GT(rgb(0, 3), 0);
  EXPECT_EQ(
      one(encoded({3, 1, 8, PNG_COLOR_TYPE_PALETTE, {{1, 0, 1}}, {{255, 255, 255}, {51, 51, 51}}})),
      shades(Shape{1, 3}, {51, 255, 51}));
  EXPECT_EQ(
      one(encoded(
          {2, 1, 16, PNG_COLOR_TYPE_RGB, {{255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0}}})),
      shades(Shape{1, 2}, {255, 0}));
}

TEST_F(Pictures, ShowsTransparentPixelsAsWhite) {
  EXPECT_EQ(one(encoded({3, 1, 8, PNG_COLOR_TYPE_GRAY_ALPHA, {{0, 0, 0, 255, 9, 0}}})),
            shades(Shape{1, 3}, {255, 0, 255}));
  const Tensor rgba =
      one(encoded({3, 1, 8, PNG_COLOR_TYPE_RGB_ALPHA, {{9, 9, 9, 0, 0, 0, 0, 255, 0, 0, 0, 128}}}));
  EXPECT_EQ(rgba(0, 0), 1);
  EXPECT_EQ(rgba(0, 1), 0);
  EXPECT_GT(rgba(0, 2), real(0.4));
  EXPECT_LT(rgba(0, 2), real(0.8));
  EXPECT_EQ(
      one(encoded({2, 1, 8, PNG_COLOR_TYPE_PALETTE, {{0, 1}}, {{0, 0, 0}, {0, 0, 0}}, {0, 255}})),
      shades(Shape{1, 2}, {255, 0}));
}

// The messages are libpng's and may change with its version.
TEST_F(Pictures, SaysWhatLibpngRefuses) {
  const Bytes good = png_claiming(2, 1, {0, 10, 20});
  EXPECT_EQ(one(good), shades(Shape{1, 2}, {10, 20}));
  const auto cut = [&](std::ptrdiff_t size) { return Bytes(good.begin(), good.begin() + size); };
  const auto changed = [&](std::size_t byte) {
    Bytes bad = good;
    bad[byte] ^= 1U;
    return bad;
  };
  Bytes other = cut(8);
  const Bytes first = chunk("t\1\xFFt", {1});
  other.insert(other.end(), first.begin(), first.end());
  for (const Bytes& bad :
       {cut(8), cut(33),  // before and after the header
        changed(29),      // a checksum
        changed(43),      // the compressed pixels
        other,            // no header
        png_claiming(2, 1, {0, 10, 20}, 3), png_claiming(2, 2, {0, 10, 20}), png_claiming(1, 0, {}),
        png_claiming(4'294'967'295, 4'294'967'295, {})}) {
    EXPECT_TRUE(fault(bad).starts_with("libpng: ")) << fault(bad);
  }
  EXPECT_EQ(fault(png_claiming(2, 1, {0, 10, 20}, 3)), "libpng: Invalid IHDR data");
  EXPECT_EQ(fault(png_claiming(2, 2, {0, 10, 20})), "libpng: Not enough image data");
}

TEST_F(Pictures, DoesNotBelieveAPngThatClaimsTooMuch) {
  const std::string most = " pixels, expected 1 to 10000 per side";
  EXPECT_EQ(fault(png_claiming(10'001, 1, {})), "the picture has 10001 × 1" + most);
  EXPECT_EQ(fault(png_claiming(1, 1'000'000, {})), "the picture has 1 × 1000000" + most);
  const Bytes huge = png_claiming(10'000, 9'999, {});
  EXPECT_EQ(fault(huge), fmt::format("{} bytes are too few for 10000 × 9999 pixels", huge.size()));
  // libpng would take a gigabyte for the second of these.
  const Bytes good = png_claiming(2, 1, {0, 10, 20});
  const std::string end = "the file ends before the picture does";
  EXPECT_EQ(fault(Bytes(good.begin(), good.begin() + 20)), "byte 20: " + end);
  Bytes exif = Bytes(good.begin(), good.begin() + 33) + big(1U << 30U, 4) + bytes_of("eXIf");
  exif = exif + Bytes(good.begin() + 33, good.end());
  EXPECT_EQ(fault(exif), fmt::format("byte {}: {}", exif.size(), end));
}

// ------------------------------------------------------------------------------------------- PGM

TEST_F(Pictures, ReadsPgm) {
  const Tensor expected = shades(Shape{2, 3}, {0, 51, 102, 153, 204, 255});
  EXPECT_EQ(one("P2 3 2 255 0 51 102 153 204 255"), expected);
  EXPECT_EQ(one("P2\n# by hand\n3 # wide\n2\r\n255\n0 51 102\n153 204 255 # end\n"), expected);
  Bytes raster = bytes_of("P5\n3 2\n# c\n255\n");
  for (const int byte : {0, 51, 102, 153, 204, 255}) {
    raster.push_back(static_cast<std::uint8_t>(byte));
  }
  EXPECT_EQ(one(raster), expected);
}

TEST_F(Pictures, ReadsPgmOfAnyWhite) {
  EXPECT_EQ(one("P2 3 1 4 0 1 4"), (Tensor{{0, real(0.25), 1}}));
  EXPECT_EQ(one("P2 2 1 65535 65535 0"), (Tensor{{1, 0}}));
  EXPECT_EQ(one(std::string{"P5 2 1 4 \x01\x04", 11}), (Tensor{{real(0.25), 1}}));
  EXPECT_EQ(one(std::string{"P5 2 1 1024 \x02\x00\x04\x00", 16}), (Tensor{{real(0.5), 1}}));
}

TEST_F(Pictures, SaysWhatIsWrongWithAPgm) {
  EXPECT_EQ(fault("P2"), "byte 2: the file ends before the width");
  EXPECT_EQ(fault("P2 3 # 4 5 6"), "byte 12: the file ends before the height");
  EXPECT_EQ(fault("P2 3 2"), "byte 6: the file ends before the value of white");
  EXPECT_EQ(fault("P2 0 2 255"),
            "byte 3: the width is '0', expected a whole number from 1 to 10000");
  EXPECT_EQ(fault("P5 3 x 255"),
            "byte 5: the height is 'x', expected a whole number from 1 to 10000");
  EXPECT_EQ(fault("P5 3 -1 255"),
            "byte 5: the height is '-1', expected a whole number from 1 to 10000");
  EXPECT_EQ(fault("P5 3 2 65536 "),
            "byte 7: the value of white is '65536', expected a whole number from 1 to 65535");
  EXPECT_EQ(fault("P2 2 1 9 3 10"),
            "byte 11: a pixel is '10', expected a whole number from 0 to 9");
  EXPECT_EQ(fault("P2 2 1 9 3 \x01\xFF"),
            "byte 11: a pixel is '?\?', expected a whole number from 0 to 9");
  EXPECT_EQ(fault("P2 2 1 9 3 "), "byte 11: the file ends after 1 out of 2 pixels");
  EXPECT_EQ(fault("P2 2 1 9 3 4 5"),
            "byte 13: the file has more than the 2 pixels that its header announces");
  EXPECT_EQ(fault("P5 2 1 9"), "byte 8: the file ends after 0 out of 2 pixels");
  EXPECT_EQ(fault("P5 2 1 9 \x01"), "byte 10: the file ends after 1 out of 2 pixels");
  EXPECT_EQ(fault("P5 2 1 9 \x01\x02\x03"),
            "byte 11: the file has more than the 2 pixels that its header announces");
  EXPECT_EQ(fault("P5 2 1 9 \x01\x0A"),
            "byte 10: a pixel is 10, expected at most 9, the value of white");
  EXPECT_EQ(fault("P5 2 1 256 \x01\x01\x01\x01"),
            "byte 11: a pixel is 257, expected at most 256, the value of white");
}

TEST_F(Pictures, DoesNotBelieveAPgmThatClaimsTooMuch) {
  EXPECT_EQ(fault("P2 99999999999999999999 1 255 1"),
            "byte 3: the width is '99999999999999999999', expected a whole number from 1 to 10000");
  EXPECT_EQ(
      fault("P2 999999999999999999999999 1 255 1"),
      "byte 3: the width is '99999999999999999999'…, expected a whole number from 1 to 10000");
  EXPECT_EQ(fault("P5 10000 10000 65535 x"),
            "byte 22: the file ends after 0 out of 100000000 pixels");
  EXPECT_EQ(fault("P2 10000 10000 9 1"), "byte 18: the file ends after 1 out of 100000000 pixels");
}

// --------------------------------------------------------------------------- PBM, PGM and PPM

TEST_F(Pictures, ReadsPbm) {
  const Tensor expected = shades(Shape{2, 3}, {255, 0, 255, 0, 0, 255});
  EXPECT_EQ(one("P1 3 2 0 1 0 1 1 0"), expected);
  EXPECT_EQ(one("P1\n3 2\n010\n110"), expected);  // digits need not be apart
  EXPECT_EQ(one("P1#1\n3#0\n2#1\n01#1\n0\n#1\n110\n#1"), expected);
  EXPECT_EQ(one("P4 3 2\n\x5F\xC0"), expected);  // the rest of a byte means nothing
  EXPECT_EQ(one("P4 9 1 \xFF\x7F"), shades(Shape{1, 9}, {0, 0, 0, 0, 0, 0, 0, 0, 255}));
}

TEST_F(Pictures, SaysWhatIsWrongWithAPbm) {
  EXPECT_EQ(fault("P1 2 1 0 2"), "byte 9: a pixel is '2', expected 0 or 1");
  EXPECT_EQ(fault("P1 2 1 0"), "byte 8: the file ends after 1 out of 2 pixels");
  EXPECT_EQ(fault("P1 2 1 001"),
            "byte 9: the file has more than the 2 pixels that its header announces");
  EXPECT_EQ(fault("P4 9 2\n\xFF\xFF\xFF"), "byte 10: the file ends after 13 out of 18 pixels");
  EXPECT_EQ(fault("P4 9 1\n\xFF\xFF\xFF"),
            "byte 9: the file has more than the 9 pixels that its header announces");
}

TEST_F(Pictures, ReadsPpm) {
  for (const Bytes& ppm :
       {bytes_of("P3 2 1 255\n 51 102 153 # a comment\n 255 255 255"),
        bytes_of("P6 2 1 255\n\x33\x66\x99\xFF\xFF\xFF"), bytes_of("P3 2 1 5 1 2 3 5 5 5"),
        bytes_of(std::string{"P6 2 1 1280\n\1\0\2\0\3\0\5\0\5\0\5\0", 24})}) {
    const Picture picture = nn::load_pictures(file(ppm)).at(0);
    EXPECT_EQ(picture.colors, shades(Shape{3, 1, 2}, {51, 255, 102, 255, 153, 255}));
    EXPECT_EQ(picture.brightness(0, 1), 1);
    // The gray that libpng makes of the same color.
    EXPECT_NEAR(picture.brightness(0, 0),
                one(encoded({1, 1, 8, PNG_COLOR_TYPE_RGB, {{51, 102, 153}}}))(0, 0), 0.005);
  }
  const Picture gray = nn::load_pictures(file(bytes_of("P3 2 1 9 0 0 0 9 9 9"))).at(0);
  EXPECT_EQ(gray.brightness, (Tensor{{0, 1}}));
  EXPECT_TRUE(gray.colors.empty());
}

TEST_F(Pictures, SaysWhatIsWrongWithAPpm) {
  EXPECT_EQ(fault("P3 2 1 9 1 2 3 4"), "byte 16: the file ends after 1 out of 2 pixels");
  EXPECT_EQ(fault("P6 2 1 9 \1\2\3\4\5"), "byte 14: the file ends after 1 out of 2 pixels");
  EXPECT_EQ(fault("P6 1 1 9 \1\2\x0A"),
            "byte 11: a pixel is 10, expected at most 9, the value of white");
}

// The headers of other programs.
TEST_F(Pictures, ReadsCommentsAnywhereInAHeader) {
  const Tensor expected = shades(Shape{1, 2}, {51, 35});  // 35 is '#'
  for (const char* header : {"P5\n#\n2 1\n255\n", "P5 # one\n # two\n2 # three\r\n1\n# four\n255\n",
                             "P5#\n2#\n1#\n255#\n", "P5 2 1 255\n# behind\n# twice\n",
                             "P5 2 1 255# behind\n", "P5\r\n2 1\r\n255\r\n"}) {
    EXPECT_EQ(one(std::string{header} + "3#"), expected) << header;
    EXPECT_EQ(one(std::string{header} + "3#\n"), expected) << header;
  }
  EXPECT_EQ(one("P5 2 1 255\n#\n"), shades(Shape{1, 2}, {35, 10}));  // pixels, by their number
  EXPECT_EQ(one("P5 2 1 255\n\n\n"), shades(Shape{1, 2}, {10, 10}));
}

TEST_F(Pictures, IgnoresBlanksBehindPixels) {
  const Tensor expected = shades(Shape{1, 2}, {51, 255});
  for (const char* blanks : {"\n", "\r\n", "\n\n", " \t\n"}) {
    EXPECT_EQ(one(std::string{"P5 2 1 255\n3\xFF"} + blanks), expected);
    EXPECT_EQ(one(std::string{"P2 2 1 255\n51 255"} + blanks), expected);
  }
  EXPECT_EQ(one("P4 1 1\n\x80\n"), (Tensor{{0}}));
  EXPECT_EQ(fault("P5 2 1 255\n3\xFF\n."),
            "byte 13: the file has more than the 2 pixels that its header announces");
}

TEST_F(Pictures, ReadsTwelveBitsInSixteen) {
  const auto gray = [](const std::string& header) {
    return bytes_of(header) + Bytes{0x0F, 0xFF, 0x08, 0x00, 0x00, 0x00};
  };
  const Tensor expected{{1, real(2048) / 4095, 0}};
  EXPECT_EQ(one(gray("P5 3 1 4095\n")), expected);
  EXPECT_EQ(one(gray("P5 3 1 65535\n")), expected);  // a picture without light has no digit either
  EXPECT_EQ(one("P2 3 1 65535 4095 2048 0"), expected);
  EXPECT_EQ(one("P2 3 1 65535 4096 2048 0"), (Tensor{{real(4096) / 65535, real(2048) / 65535, 0}}));
}

// ------------------------------------------------------------------------------------------- IDX

TEST_F(Pictures, ReadsEveryPictureOfAnIdxFile) {
  const Bytes two = idx({2, 1, 3}, {0, 51, 102, 153, 204, 255});
  for (const fs::path& where : {file(two), compressed(two)}) {
    const std::vector<Picture> pictures = nn::load_pictures(where);
    ASSERT_EQ(pictures.size(), 2U);
    EXPECT_EQ(pictures[0].brightness, shades(Shape{1, 3}, {0, 51, 102}));
    EXPECT_EQ(pictures[1].brightness, shades(Shape{1, 3}, {153, 204, 255}));
  }
}

TEST_F(Pictures, TurnsImagesOfEmnistUpright) {
  const fs::path three =
      nn::test::write_plain(path("emnist-three"), idx({1, 2, 3}, {0, 51, 102, 153, 204, 255}));
  EXPECT_EQ(nn::load_pictures(three)[0].brightness,
            shades(Shape{3, 2}, {0, 153, 51, 204, 102, 255}));
}

TEST_F(Pictures, SaysWhatIsWrongWithAnIdxFile) {
  EXPECT_EQ(fault_of(file(idx({2}, {7, 1})), "nn::read_idx"), "byte 3: 1 axes, expected 3");
  EXPECT_EQ(fault_of(file({0, 0}), "nn::read_idx"), "byte 2: the file ends within its header");
  EXPECT_EQ(fault_of(file(idx({2, 1, 1}, {7})), "nn::read_idx"),
            "byte 17: the file ends after 1 out of 2 values");
}

TEST_F(Pictures, TakesNoMoreThanItsLimitFromAnIdxFile) {
  const std::string most = ", expected at most 100000 pictures and 10000 pixels per side";
  EXPECT_EQ(fault_of(compressed(idx({100'001, 1, 1}, Bytes(100'001)))),
            "the file has 100001 pictures of 1 × 1 pixels" + most);
  EXPECT_EQ(fault(idx({1, 1, 10'001}, Bytes(10'001))),
            "the file has 1 pictures of 10001 × 1 pixels" + most);
  EXPECT_EQ(fault(idx({1, 10'001, 1}, Bytes(10'001))),
            "the file has 1 pictures of 1 × 10001 pixels" + most);
  EXPECT_EQ(fault_of(compressed(idx({2, 10'000, 10'000}, {7})), "nn::read_idx"),
            "byte 12: axis 2 has length 10000, expected at most 100000000 values in all");
}

// ------------------------------------------------------------------------------------------ JPEG

/// Blocks of 8 × 8 pixels in a row, each of one color.
Bytes blocks(const std::vector<Bytes>& colors) {
  Bytes pixels;
  for (std::size_t y = 0; y < 8; ++y) {
    for (const Bytes& color : colors) {
      for (std::size_t x = 0; x < 8; ++x) pixels = pixels + color;
    }
  }
  return pixels;
}

TEST_F(Pictures, ReadsJpeg) {
  const Bytes gray = blocks({{0}, {100}, {255}});
  const Bytes colors = blocks({{200, 40, 60}, {200, 40, 60}, {250, 250, 250}, {250, 250, 250}});
  for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
    const Picture one =
        nn::load_pictures(file(jpeg(24, 8, TJPF_GRAY, gray, TJSAMP_GRAY, flags))).at(0);
    EXPECT_TRUE(one.colors.empty());
    ASSERT_EQ(one.brightness.shape(), (Shape{8, 24}));
    for (const auto& [x, shade] : {std::pair{3U, 0.0}, {12U, 100.0 / 255}, {20U, 1.0}}) {
      EXPECT_NEAR(one.brightness(4, x), shade, 0.01);
    }
    for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_411}) {
      const Picture two =
          nn::load_pictures(file(jpeg(32, 8, TJPF_RGB, colors, sampling, flags))).at(0);
      ASSERT_EQ(two.colors.shape(), (Shape{3, 8, 32}));
      EXPECT_NEAR(two.colors(0, 4, 4), 200.0 / 255, 0.02);
      EXPECT_NEAR(two.colors(1, 4, 4), 40.0 / 255, 0.02);
      EXPECT_NEAR(two.colors(2, 4, 4), 60.0 / 255, 0.02);
      EXPECT_NEAR(two.brightness(4, 28), 250.0 / 255, 0.01);
    }
  }
}

TEST_F(Pictures, SaysWhatIsWrongWithAJpeg) {
  const Bytes good = gray_jpeg(8, 8, Bytes(64, 9));
  Bytes bad = good;
  bad[7] = 'X';  // the name of the first part, which does not matter
  EXPECT_EQ(fault(bad), "");
  const std::string end = "the file ends before the picture does";
  EXPECT_EQ(fault(Bytes(good.begin(), good.end() - 1)),
            fmt::format("byte {}: {}", good.size() - 1, end));
  EXPECT_EQ(fault("\xFF\xD8\xFF\xE0 JPEG"), "byte 9: " + end);
  const std::string nothing = fault("\xFF\xD8\xFF\xD9");  // newer libraries refuse it themselves
  EXPECT_TRUE(nothing == "the picture has 0 × 0 pixels, expected 1 to 10000 per side" ||
              nothing.starts_with("libjpeg: "))
      << nothing;
  EXPECT_EQ(fault(jpeg(8, 8, TJPF_CMYK, Bytes(256, 9), TJSAMP_444)),
            "this JPEG uses CMYK, the colors of print, expected gray or RGB: export it as PNG");
  Bytes large = good;
  const auto frame = std::ranges::search(large, Bytes{0, 11, 8, 0, 8, 0, 8}).begin() + 3;
  ASSERT_LT(frame, large.end());
  std::ranges::copy(Bytes{0x27, 0x10, 0x27, 0x10}, frame);
  EXPECT_EQ(fault(large),
            fmt::format("{} bytes are too few for 10000 × 10000 pixels", good.size()));
  *frame = 0x28;
  EXPECT_EQ(fault(large), "the picture has 10000 × 10256 pixels, expected 1 to 10000 per side");
}

TEST_F(Pictures, SaysThatAJpegIsDamaged) {
  Bytes pixels;
  for (std::size_t i = 0; i < 64 * 64; ++i) {
    pixels.push_back(static_cast<std::uint8_t>(i * i % 251));
  }
  const Bytes good = gray_jpeg(64, 64, pixels);
  const auto middle = static_cast<std::ptrdiff_t>(good.size() / 2);
  const auto spliced = [&](std::ptrdiff_t left_out) {
    return Bytes(good.begin(), good.begin() + middle - left_out) +
           Bytes(good.begin() + middle + left_out, good.end());
  };
  EXPECT_EQ(fault(spliced(0)), "");
  EXPECT_TRUE(fault(spliced(500)).starts_with("libjpeg: Corrupt JPEG data: "))
      << fault(spliced(500));
  // Some cameras leave a few bytes before the end, and a second picture behind it.
  EXPECT_EQ(fault(Bytes(good.begin(), good.end() - 2) + Bytes{1, 2, 3, 0xFF, 0xD9} + good), "");
}

// ------------------------------------------------------------------------------------------ WebP

TEST_F(Pictures, ReadsWebP) {
  const Bytes good = webp(2, 1, {255, 0, 0, 255, 255, 255, 255, 255});
  const Picture picture = nn::load_pictures(file(good)).at(0);
  EXPECT_EQ(picture.colors, shades(Shape{3, 1, 2}, {255, 255, 0, 255, 0, 255}));
  EXPECT_EQ(picture.brightness(0, 1), 1);
  EXPECT_EQ(one(webp(3, 1, {0, 0, 0, 255, 7, 7, 7, 255, 9, 9, 9, 255})),
            shades(Shape{1, 3}, {0, 7, 9}));
  std::uint8_t* data = nullptr;
  const Bytes pixels(std::size_t{3} * 16 * 16, 100);
  const std::size_t size = WebPEncodeRGB(pixels.data(), 16, 16, 3 * 16, 80, &data);  // lossy
  expect_near(one(Bytes(data, data + size)), Tensor{Shape{16, 16}, real(100) / 255}, 0.02);
  WebPFree(data);
}

TEST_F(Pictures, ShowsTransparentPixelsOfAWebPAsPaper) {
  EXPECT_EQ(one(webp(3, 1, {0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 128})),
            shades(Shape{1, 3}, {0, 255, 127}));
  EXPECT_EQ(one(webp(3, 1, {255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 128})),
            shades(Shape{1, 3}, {255, 0, 128}));
}

TEST_F(Pictures, SaysWhatIsWrongWithAWebP) {
  const Bytes good = webp(2, 1, {0, 0, 0, 255, 255, 255, 255, 255});
  EXPECT_EQ(fault(Bytes(good.begin(), good.end() - 1)),
            fmt::format("byte {}: the file ends before the picture does", good.size() - 1));
  EXPECT_EQ(fault(riff(riff_chunk("VP8L", Bytes(20)))), "libwebp: the header is damaged");
  Bytes bad = good;
  std::fill(bad.begin() + 25, bad.end(), 0xFF);
  EXPECT_EQ(fault(bad), "libwebp: the picture is damaged");
  constexpr std::uint8_t animated = 2;
  EXPECT_EQ(fault(riff(extended(2, 1, animated) + riff_chunk("ANIM", Bytes(6)))),
            "this is an animated WebP, which is not supported: export a frame as PNG or JPEG");
  Bytes wide = good;  // 14 bits for each side less 1
  std::ranges::copy(Bytes{0x0F, 0xE7, 0xC3, 0x09}, wide.begin() + 21);
  EXPECT_EQ(fault(wide), fmt::format("{} bytes are too few for 10000 × 10000 pixels", good.size()));
  std::ranges::copy(Bytes{0xFF, 0xFF, 0xFF, 0x0F}, wide.begin() + 21);
  EXPECT_EQ(fault(wide), "the picture has 16384 × 16384 pixels, expected 1 to 10000 per side");
}

// ------------------------------------------------------------------------------------------- BMP

constexpr std::size_t minus_two = 0x1'0000'0000 - 2;

TEST_F(Pictures, ReadsBmpOfAnyDepth) {
  const Tensor black_and_white = shades(Shape{2, 3}, {255, 0, 255, 0, 0, 255});
  const Bytes two_colors{0, 0, 0, 0, 255, 255, 255, 0};
  // The last row comes first.
  EXPECT_EQ(one(bmp(3, 2, 1, two_colors + Bytes{0x20, 0, 0, 0, 0xA0, 0, 0, 0}, 8)),
            black_and_white);
  EXPECT_EQ(one(bmp(3, minus_two, 1, two_colors + Bytes{0xA0, 0, 0, 0, 0x20, 0, 0, 0}, 8)),
            black_and_white);
  EXPECT_EQ(one(bmp(3, 2, 4, two_colors + Bytes{0x00, 0x10, 0, 0, 0x10, 0x10, 0, 0}, 8)),
            black_and_white);
  EXPECT_EQ(one(bmp(3, 2, 8, two_colors + Bytes{0, 0, 1, 9, 1, 0, 1, 9}, 8)), black_and_white);
  const Tensor colors = shades(Shape{3, 1, 2}, {255, 99, 102, 99, 51, 99});
  for (const Bytes& good : {
           bmp(2, 1, 24, {51, 102, 255, 99, 99, 99, 0, 0}),
           bmp(2, 1, 24, {51, 102, 255, 99, 99, 99}),  // the last row is not filled up
           bmp(2, 1, 32, {51, 102, 255, 0, 99, 99, 99, 0}),
           bmp(2, 1, 32,
               Bytes{0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255} +
                   Bytes{0, 255, 102, 51, 0, 99, 99, 99},
               12, 3),
           bmp(2, 1, 8, Bytes{51, 102, 255, 0, 99, 99, 99, 0} + Bytes{0, 1, 0, 0}, 8),
       }) {
    EXPECT_EQ(nn::load_pictures(file(good)).at(0).colors, colors);
  }
  EXPECT_EQ(one(bmp(2, 1, 16, {0xFF, 0x7F, 0, 0})), shades(Shape{1, 2}, {255, 0}));
  EXPECT_EQ(
      one(bmp(2, 1, 16,
              Bytes{0, 0xF8, 0, 0, 0xE0, 7, 0, 0, 0x1F, 0, 0, 0} + Bytes{0xFF, 0xFF, 0, 0}, 12, 3)),
      shades(Shape{1, 2}, {255, 0}));
}

TEST_F(Pictures, ReadsTheOldestBmp) {
  const Bytes header = little(12, 4) + little(2, 2) + little(1, 2) + little(1, 2);
  EXPECT_EQ(one(bytes_of("BM") + Bytes(8) + little(32, 4) + header + little(1, 2) +
                Bytes{0, 0, 0, 255, 255, 255} + Bytes{0x40, 0, 0, 0}),
            shades(Shape{1, 2}, {0, 255}));
  EXPECT_EQ(one(bytes_of("BM") + Bytes(8) + little(26, 4) + header + little(24, 2) +
                Bytes{7, 7, 7, 9, 9, 9, 0, 0}),
            shades(Shape{1, 2}, {7, 9}));
}

TEST_F(Pictures, ShowsTransparentPixelsOfABmpAsPaper) {
  const Bytes masks{0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255};
  EXPECT_EQ(one(bmp(2, 1, 32, {0, 0, 0, 255, 0, 0, 0, 0}, 0, 3, masks)),
            shades(Shape{1, 2}, {0, 255}));
  EXPECT_EQ(one(bmp(2, 1, 32, {255, 255, 255, 255, 0, 0, 0, 0}, 0, 3, masks)),
            shades(Shape{1, 2}, {255, 0}));
  EXPECT_EQ(one(bmp(2, 1, 32, {0, 0, 0, 255, 0, 0, 0, 0})), shades(Shape{1, 2}, {0, 255}));
  // Opacity 0 everywhere means that a program left it out.
  EXPECT_EQ(one(bmp(2, 1, 32, {9, 9, 9, 0, 7, 7, 7, 0}, 0, 3, masks)), shades(Shape{1, 2}, {9, 7}));
}

TEST_F(Pictures, SaysWhatIsWrongWithABmp) {
  const std::string rle =
      "this is a BMP with compressed rows (RLE), which is not supported: export it as PNG";
  EXPECT_EQ(fault("BM"), "byte 2: the file ends within its header");
  EXPECT_EQ(fault(bmp(2, 1, 8, {}, 0, 1)), rle);
  EXPECT_EQ(fault(bmp(2, 1, 4, {}, 0, 2)), rle);
  EXPECT_EQ(fault(bmp(2, 1, 0, {}, 0, 5)),
            "byte 30: this is a BMP of 0 bits with compression 5, which is not supported: export "
            "it as PNG");
  EXPECT_EQ(fault(bmp(2, 1, 3, {})),
            "byte 28: a pixel has 3 bits, expected 1, 2, 4, 8, 16, 24 or 32");
  EXPECT_EQ(fault(bmp(2, 0, 24, {})), "the picture has 2 × 0 pixels, expected 1 to 10000 per side");
  EXPECT_EQ(fault(bmp(10'001, 1, 24, {})),
            "the picture has 10001 × 1 pixels, expected 1 to 10000 per side");
  EXPECT_EQ(fault(bmp(1, 0x8000'0000, 24, {})),
            "the picture has 1 × 2147483648 pixels, expected 1 to 10000 per side");
  EXPECT_EQ(fault(bmp(10'000, 10'000, 1, Bytes(8), 8)),
            "byte 62: the file ends after 0 out of 10000 rows");
  EXPECT_EQ(fault(bmp(2, 3, 24, Bytes(21))), "byte 75: the file ends after 2 out of 3 rows");
  EXPECT_EQ(fault(bmp(2, 1, 8, Bytes(8) + Bytes{0, 2, 0, 0}, 8)),
            "byte 63: a pixel has color 2, but the palette has only 2 colors");
  EXPECT_EQ(fault(bmp(2, 1, 24, Bytes(8), 9)),
            "byte 10: the pixels begin at byte 63, expected 54 to 62");
  Bytes bad = bmp(2, 1, 24, Bytes(8));
  bad[14] = 16;
  EXPECT_EQ(fault(bad), "byte 14: the header has 16 bytes, expected 12 or 40 to 124");
}

// ---------------------------------------------------------------------------------- orientation

/// What `abc` above `def` looks like when it is stored with an orientation, as EXIF defines it.
Tensor seen(std::size_t orientation) {
  const auto rows = [](const Shape& shape, std::string_view letters) {
    std::vector<int> bytes;
    for (const char letter : letters) bytes.push_back(50 * (letter - 'a'));
    return shades(shape, bytes);
  };
  constexpr std::array<std::string_view, 9> letters{
      "", "abcdef", "cbafed", "fedcba", "defabc", "adbecf", "daebfc", "fcebda", "cfbead"};
  return rows(orientation < 5 ? Shape{2, 3} : Shape{3, 2}, letters[orientation]);
}

const Bytes six_shades{0, 50, 100, 150, 200, 250};

Bytes six_opaque_shades() {
  Bytes pixels;
  for (const std::uint8_t shade : six_shades) pixels = pixels + Bytes{shade, shade, shade, 255};
  return pixels;
}

Bytes png_of_six_shades() {
  return encoded({3, 2, 8, PNG_COLOR_TYPE_GRAY, {{0, 50, 100}, {150, 200, 250}}});
}

/// A PNG file with EXIF data, which comes after its header.
Bytes png_with_exif(const Bytes& png, const Bytes& exif) {
  return Bytes(png.begin(), png.begin() + 33) + chunk("eXIf", exif) +
         Bytes(png.begin() + 33, png.end());
}

TEST_F(Pictures, TurnsAPictureAsItsCameraWasHeld) {
  const Bytes jpeg = gray_jpeg(3, 2, six_shades);
  const Bytes webp_file = webp(3, 2, six_opaque_shades());
  const Bytes prefix = bytes_of(std::string_view{"Exif\0\0", 6});
  for (std::size_t orientation = 1; orientation <= 8; ++orientation) {
    for (const bool least_first : {false, true}) {
      const Bytes data = exif(orientation, least_first);
      expect_near(one(with_part(jpeg, 0xE1, prefix + data)), seen(orientation), 0.03);
      EXPECT_EQ(one(png_with_exif(png_of_six_shades(), data)), seen(orientation));
      EXPECT_EQ(one(with_exif(webp_file, 3, 2, data)), seen(orientation));
      EXPECT_EQ(one(with_exif(webp_file, 3, 2, prefix + data)), seen(orientation));
    }
  }
}

TEST_F(Pictures, TurnsColorsAsWell) {
  const Bytes png = encoded({2, 1, 8, PNG_COLOR_TYPE_RGB, {{255, 0, 0, 0, 255, 255}}});
  const Picture picture = nn::load_pictures(file(png_with_exif(png, exif(8, true)))).at(0);
  EXPECT_EQ(picture.brightness.shape(), (Shape{2, 1}));
  EXPECT_EQ(picture.colors, shades(Shape{3, 2, 1}, {0, 255, 255, 0, 255, 0}));
}

TEST_F(Pictures, TakesTheFirstExifDataOfAJpeg) {
  const Bytes prefix = bytes_of(std::string_view{"Exif\0\0", 6});
  const Bytes other = bytes_of("http://ns.adobe.com/xap/1.0/");
  const Bytes second = with_part(gray_jpeg(3, 2, six_shades), 0xE1, prefix + exif(3, true));
  expect_near(one(with_part(with_part(second, 0xE1, other), 0xFE, prefix + exif(5, true))), seen(3),
              0.03);
  expect_near(one(with_part(second, 0xE1, prefix + exif(6, false))), seen(6), 0.03);
}

TEST_F(Pictures, IgnoresFaultyExifData) {
  const Bytes good = exif(6, true);
  const auto is_upright = [&](const Bytes& data) {
    return one(png_with_exif(png_of_six_shades(), data)) == seen(1);
  };
  EXPECT_FALSE(is_upright(good));
  for (std::size_t size = 1; size < 8 + 2 + 12 + 10; ++size) {
    EXPECT_TRUE(is_upright(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))))
        << size;
  }
  for (const Bytes& bad : {exif(0, true), exif(9, true), exif(600, false), exif(6, true, 4),
                           exif(6, true, 3, 2), bytes_of("II*"), Bytes(40), Bytes(40, 0xFF)}) {
    EXPECT_TRUE(is_upright(bad));
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::uint8_t byte : Bytes{0, 1, 0x7F, 0x80, 0xFF}) {
      Bytes bad = good;
      bad[i] = byte;
      EXPECT_EQ(one(png_with_exif(png_of_six_shades(), bad)).size(), 6U);
    }
  }
}

// ------------------------------------------------------------------------------- any other file

TEST_F(Pictures, ReadsCompressedFiles) {
  const auto read = [&](const Bytes& bytes) {
    return nn::load_pictures(compressed(bytes)).at(0).brightness;
  };
  EXPECT_EQ(read(bytes_of("P2 2 1 1 1 0")), (Tensor{{1, 0}}));
  EXPECT_EQ(read(png_claiming(2, 1, {0, 10, 20})), shades(Shape{1, 2}, {10, 20}));
}

TEST_F(Pictures, SaysWhatAFileIsNot) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::load_pictures(path("none.png")); }),
            "nn::load_pictures: no file " + path("none.png").string());
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::load_pictures(path("")); }),
            "nn::load_pictures: " + path("").string() + " is a folder, expected a file");
  const std::string expected = ", expected PNG, JPEG, WebP, BMP, PBM, PGM, PPM or IDX";
  EXPECT_EQ(fault(""), "the file is empty" + expected);
  EXPECT_EQ(fault("P8 1 1 255 abc"), "the file begins with 'P8 1'…" + expected);
  EXPECT_EQ(fault("\xFF\xD8"), "the file begins with '?\?'" + expected);
  EXPECT_EQ(fault("<html>"), "the file begins with '<htm'…" + expected);
  EXPECT_EQ(fault(Bytes(40)), "the file begins with '?\?\?\?'…" + expected);
  EXPECT_EQ(fault_of(compressed(bytes_of("GIF89a"))),
            "this is GIF, which is not supported: export it as PNG or JPEG");
}

TEST_F(Pictures, NamesTheFormatsThatItDoesNotRead) {
  const auto fault_at = [&](std::size_t byte, std::string_view mark) {
    return fault(Bytes(byte, 0) + bytes_of(mark) + Bytes(40, ' '));
  };
  const std::string advice = ", which is not supported: export it as PNG or JPEG";
  using namespace std::string_view_literals;
  for (const auto& [name, byte, mark] :
       std::initializer_list<std::tuple<std::string, std::size_t, std::string_view>>{
           {"HEIC", 4, "ftypheic"},
           {"HEIC", 4, "ftypheix"},
           {"HEIC", 4, "ftyphevc"},
           {"HEIC or another kind of HEIF", 4, "ftypmif1"},
           {"AVIF", 4, "ftypavif"},
           {"a raw photograph (CR3)", 4, "ftypcrx "},
           {"TIFF", 0, "II*\0"sv},
           {"TIFF", 0, "MM\0*"sv},
           {"TIFF", 0, "MM\0+"sv},
           {"GIF", 0, "GIF87a"},
           {"GIF", 0, "GIF89a"},
           {"JPEG 2000", 0, "\0\0\0\x0CjP  \r\n\x87\n"sv},
           {"JPEG 2000", 0, "\xFF\x4F\xFF\x51"},
           {"JPEG XL", 0, "\0\0\0\x0CJXL "sv},
           {"JPEG XL", 0, "\xFF\x0A"},
           {"ICO", 0, "\0\0\1\0"sv},
           {"SVG", 0, "<svg xmlns='http://www.w3.org/2000/svg'/>"},
           {"SVG", 0, "\xEF\xBB\xBF\n<?xml version='1.0'?>\n<!-- one -->\n<svg>"},
           {"PAM", 0, "P7\n"},
           {"PSD", 0, "8BPS"}}) {
    EXPECT_EQ(fault_at(byte, mark), "this is " + name + advice);
  }
  EXPECT_EQ(fault_at(0, "%PDF-1.7"),
            "this is PDF, which is not supported: export the page as PNG or JPEG");
  EXPECT_EQ(fault_at(4, "ftypqt  "),
            "this is a video, which is not supported: export a frame as PNG or JPEG");
  EXPECT_EQ(fault_at(0, "PK\3\4"),
            "this is a ZIP archive, which is not supported: unpack it and pass the pictures in it");
}

TEST_F(Pictures, RefusesAFileThatIsTooLarge) {
  const fs::path large = file(bytes_of("P5 1 1 255 "));
  fs::resize_file(large, (std::size_t{256} << 20U) + 1);
  EXPECT_EQ(fault_of(large), "the file is larger than 256 MiB, the limit");
  // A compressed file may consist of several: 257 times 1 MiB take little space.
  const std::string part = nn::test::contents_of(compressed(Bytes(std::size_t{1} << 20U, '1')));
  std::string many;
  for (int i = 0; i < 257; ++i) many += part;
  EXPECT_EQ(fault(many), "the file is larger than 256 MiB, the limit");
}

/// Gives every chunk of a damaged PNG file the checksum of its current contents.
void fix_checksums(Bytes& png) {
  std::size_t at = 8;
  while (at + 12 <= png.size()) {
    std::size_t length = 0;
    for (std::size_t i = at; i < at + 4; ++i) length = length << 8U | png[i];
    if (length > png.size() - at - 12) return;
    Bytes checksum;
    append(checksum, crc32_z(0, &png[at + 4], length + 4));
    std::ranges::copy(checksum, png.begin() + static_cast<std::ptrdiff_t>(at + 8 + length));
    at += 12 + length;
  }
}

/// Expects that a file is either read, with valid brightness, or rejected in one sentence.
void expect_read_or_refused(const fs::path& where) {
  try {
    for (const Picture& picture : nn::load_pictures(where)) {
      const auto is_brightness = [](real value) { return value >= 0 && value <= 1; };
      EXPECT_TRUE(std::ranges::all_of(picture.brightness.values(), is_brightness));
    }
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string{error.what()}.find('\n'), std::string::npos) << error.what();
  }
}

TEST_F(Pictures, ReadsOrRefusesWhateverIsDamaged) {
  const Bytes png = encoded({2,
                             3,
                             8,
                             PNG_COLOR_TYPE_PALETTE,
                             {{0, 1}, {1, 1}, {1, 0}},
                             {{0, 0, 0}, {9, 9, 9}},
                             {0, 99},
                             PNG_INTERLACE_ADAM7});
  const Bytes data = exif(6, true);
  const Bytes photograph =
      jpeg(2, 2, TJPF_RGB, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, TJSAMP_420);
  const Bytes masks{0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255};
  for (const Bytes& good :
       {png, png_with_exif(png, data), bytes_of("P1 2 2 0110"), bytes_of("P2 2 2 9 1 2 3 4"),
        bytes_of("P3 1 1 9 1 2 3"), bytes_of("P4 2 2 \x80\x7F"), bytes_of("P5 2 2 9 \1\2\3\4"),
        bytes_of("P6 1 1 999 \1\2\3\4\1\2"), idx({2, 1, 2}, {1, 2, 3, 4}),
        with_part(photograph, 0xE1, bytes_of(std::string_view{"Exif\0\0", 6}) + data),
        with_exif(webp(2, 1, {1, 2, 3, 4, 5, 6, 7, 255}), 2, 1, data),
        bmp(2, 2, 4, Bytes(64) + Bytes{0x12, 0, 0, 0, 0x34, 0, 0, 0}, 64),
        bmp(2, 1, 32, {1, 2, 3, 4, 5, 6, 7, 255}, 0, 3, masks)}) {
    for (std::size_t i = 0; i < good.size(); ++i) {
      expect_read_or_refused(
          file(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i))));
      for (const std::uint8_t byte : Bytes{0, 1, 3, '9', ' ', 0x7F, 0x80, 0xFF}) {
        Bytes bad = good;
        bad[i] = byte;
        expect_read_or_refused(file(bad));
        if (good == png) fix_checksums(bad);
        expect_read_or_refused(file(bad));
      }
    }
  }
}

// Whatever its length: an incomplete file must not become a picture with a gray half.
TEST_F(Pictures, RefusesWhateverIsCutShort) {
  const Bytes color{200, 40, 60, 200, 40, 60, 250, 250, 250, 250, 250, 250};
  for (const Bytes& good :
       {png_of_six_shades(), gray_jpeg(3, 2, six_shades),
        jpeg(2, 2, TJPF_RGB, color, TJSAMP_420, TJFLAG_PROGRESSIVE),
        webp(3, 2, six_opaque_shades()), bmp(4, 1, 24, color), bytes_of("P4 9 2\nabcd"),
        bytes_of("P5 2 2 255\nabcd"), bytes_of("P6 1 1 255\nabc")}) {
    EXPECT_EQ(fault(good), "");
    for (std::size_t size = 1; size < good.size(); ++size) {
      const std::string words =
          fault(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
      const bool may_be_missing = good[0] == 0x89 && size + 12 >= good.size();  // PNG's last part
      EXPECT_TRUE(words != "" || may_be_missing) << size << " of " << good.size();
    }
  }
}

// ------------------------------------------------------------------------------------- to_mnist

Picture inverted(Picture picture) {
  for (real& value : picture.brightness.values()) value = 1 - value;
  return picture;
}

/// The same picture with each pixel `factor` by `factor` times.
Picture enlarged(const Picture& picture, std::size_t factor) {
  const Tensor& old = picture.brightness;
  Tensor large{Shape{old.shape()[0] * factor, old.shape()[1] * factor}};
  for (std::size_t y = 0; y < large.shape()[0]; ++y) {
    for (std::size_t x = 0; x < large.shape()[1]; ++x) large(y, x) = old(y / factor, x / factor);
  }
  return {large};
}

/// The same picture at another place of a larger sheet.
Picture moved(const Picture& picture, std::size_t down, std::size_t right) {
  const Tensor& old = picture.brightness;
  Tensor sheet{Shape{100, 80}};
  for (std::size_t y = 0; y < old.shape()[0]; ++y) {
    for (std::size_t x = 0; x < old.shape()[1]; ++x) sheet(y + down, x + right) = old(y, x);
  }
  return {sheet};
}

/// A dark bar on white paper.
Picture bar(const Shape& paper, std::size_t top, std::size_t left, const Shape& ink) {
  Tensor tensor{paper, 1};
  for (std::size_t y = top; y < top + ink[0]; ++y) {
    for (std::size_t x = left; x < left + ink[1]; ++x) tensor(y, x) = real(0.25);
  }
  return {tensor};
}

/// The value at a row and a column of a result of to_mnist().
real at(const Tensor& digit, std::size_t y, std::size_t x) { return digit(0, 28 * y + x); }

/// Expects a block of ink 1 and paper 0 around it.
void expect_block(const Tensor& digit, std::size_t top, std::size_t left, const Shape& ink) {
  ASSERT_EQ(digit.shape(), (Shape{1, 784}));
  for (std::size_t y = 0; y < 28; ++y) {
    for (std::size_t x = 0; x < 28; ++x) {
      const bool inside = y >= top && y < top + ink[0] && x >= left && x < left + ink[1];
      EXPECT_NEAR(at(digit, y, x), inside ? 1 : 0, 1e-5) << "row " << y << ", column " << x;
    }
  }
}

// A bar of 40 × 10 becomes one of 20 × 5. Its center is that of its rows 9 and 10 of 0 to 19, 9.5,
// and of its column 2: the first row goes to 4, which puts 9.5 at 13.5, and column 2 to 14.
TEST(ToMnist, ByHand) {
  const Picture dark = bar(Shape{60, 90}, 3, 70, Shape{40, 10});
  expect_block(nn::to_mnist(dark), 4, 12, Shape{20, 5});
  expect_block(nn::to_mnist(inverted(dark)), 4, 12, Shape{20, 5});
}

TEST(ToMnist, CentersByMassUnlessThatWouldCutTheBox) {
  Picture corner = bar(Shape{30, 30}, 5, 5, Shape{20, 2});  // an L: its mass is to the left, below
  for (std::size_t x = 5; x < 25; ++x) corner.brightness(24, x) = corner.brightness(23, x) = 0;
  for (std::size_t y = 5; y < 25; ++y) corner.brightness(y, 5) = corner.brightness(y, 6) = 0;
  const Tensor digit = nn::to_mnist(corner);
  EXPECT_EQ(at(digit, 0, 8), 1);    // the top, which would otherwise be above the first row
  EXPECT_EQ(at(digit, 19, 27), 1);  // the end of the foot
  EXPECT_EQ(at(digit, 0, 10), 0);
}

TEST(ToMnist, AveragesWhereItShrinksAndInterpolatesWhereItEnlarges) {
  Picture stripes{Tensor{Shape{44, 44}, 1}};
  for (std::size_t y = 2; y < 42; y += 4) {  // 20 rows of 2: dark, light, dark, light …
    for (std::size_t x = 2; x < 42; ++x) {
      stripes.brightness(y, x) = stripes.brightness(y + 1, x) = 0;
    }
  }
  for (std::size_t y = 2; y < 42; ++y) stripes.brightness(y, 41) = 0;  // the box is 40 × 40
  const Tensor small = nn::to_mnist(stripes);
  std::size_t pale = 0;
  for (const real value : small.values()) pale += std::abs(value - real(0.5)) < 1e-5 ? 1U : 0U;
  EXPECT_EQ(pale, 10U);  // of the last column each second pixel is half ink

  Picture two{Tensor{Shape{4, 4}, 1}};
  two.brightness(1, 1) = 0;
  two.brightness(2, 1) = real(0.5);
  const Tensor large = nn::to_mnist(two);  // 20 rows from ink 1 to ink 0.5, ten columns wide
  const std::size_t left = 9;
  std::size_t top = 0;
  while (at(large, top, left) == 0) ++top;
  EXPECT_EQ(at(large, top, left - 1), 0);
  EXPECT_EQ(at(large, top, left + 9), 1);
  EXPECT_NEAR(at(large, top + 5, left), 0.975, 1e-5);  // a fortieth of a pixel behind the first
  EXPECT_NEAR(at(large, top + 10, left), 0.725, 1e-5);
  EXPECT_NEAR(at(large, top + 19, left), 0.5, 1e-5);
}

TEST(ToMnist, TakesAnyShape) {
  const Picture line = bar(Shape{1, 1000}, 0, 100, Shape{1, 300});
  expect_block(nn::to_mnist(line), 14, 4, Shape{1, 20});
  const Picture upright = bar(Shape{1000, 1}, 100, 0, Shape{300, 1});
  expect_block(nn::to_mnist(upright), 4, 14, Shape{20, 1});
  expect_block(nn::to_mnist(bar(Shape{3, 3}, 1, 1, Shape{1, 1})), 4, 4, Shape{20, 20});
}

TEST(ToMnist, StrengthensThinLines) {
  const Tensor digit = nn::to_mnist(bar(Shape{900, 900}, 50, 450, Shape{800, 4}));
  EXPECT_EQ(std::ranges::max(digit.values()), 1);
}

TEST(ToMnist, RefusesAPictureWithoutInk) {
  const auto refusal = [](const Picture& picture) {
    return error_of<std::invalid_argument>([&] { (void)nn::to_mnist(picture); });
  };
  const std::string rest =
      ", expected a difference of at least 0.1 between the ink and the edge of the picture: "
      "draw darker or use more light";
  for (const real shade : {real(0), real(0.5), real(1)}) {
    const std::string text = fmt::format("{:.2f}", shade);
    EXPECT_EQ(refusal({Tensor{Shape{20, 30}, shade}}),
              "nn::find_digits: no ink: brightness ranges from " + text + " to " + text + rest);
  }
  EXPECT_EQ(refusal({Tensor{Shape{1, 1}, 1}}),
            "nn::find_digits: no ink: brightness ranges from 1.00 to 1.00" + rest);
  Picture faint{Tensor{Shape{20, 30}, 1}};
  faint.brightness(10, 10) = real(0.91);
  EXPECT_EQ(refusal(faint), "nn::find_digits: no ink: brightness ranges from 0.91 to 1.00" + rest);
  faint.brightness(10, 10) = real(0.89);
  EXPECT_EQ(refusal(faint), "");
}

TEST(ToMnist, RefusesATensorThatIsNotAPicture) {
  const auto refusal = [](const Tensor& tensor) {
    return error_of<std::invalid_argument>([&] { (void)nn::to_mnist({tensor}); });
  };
  EXPECT_EQ(refusal({}), "nn::find_digits: brightness has shape (), expected 2 axes");
  EXPECT_EQ(refusal(Tensor{Shape{1, 28, 28}}),
            "nn::find_digits: brightness has shape (1, 28, 28), expected 2 axes");
  EXPECT_EQ(refusal(Tensor{Shape{2, 2}, 2}), "nn::find_digits: brightness is 2, expected 0 to 1");
  EXPECT_EQ(refusal(Tensor{Shape{2, 2}, std::numeric_limits<real>::quiet_NaN()}),
            "nn::find_digits: brightness is nan, expected 0 to 1");
}

/// How many of the first test images of MNIST, changed, to_mnist() gives back; at the edge
/// of the box it may leave out ink up to 0.2.
template <class Change>
std::size_t given_back(std::size_t count, const Change& change) {
  const std::vector<Picture> images =
      nn::load_pictures(nn::test::mnist_folder() / "t10k-images-idx3-ubyte.gz");
  EXPECT_EQ(images.size(), 10'000U);
  std::size_t same = 0;
  for (const Picture& image : std::span{images}.first(count)) {
    const Tensor digit = nn::to_mnist(change(image));
    const auto is_near = [](real a, real b) {
      return std::abs(a - b) < (a == 0 ? real(0.201) : real(0.004));
    };
    same += std::ranges::equal(digit.values(), image.brightness.values(), is_near) ? 1U : 0U;
  }
  return same;
}

// .ci/run tests as many large pictures as small ones.
TEST(ToMnist, GivesMnistBack) {
  const auto moved_away = [](const Picture& image) { return moved(image, 60, 7); };
  const auto enlarged_and_inverted = [](const Picture& image) {
    return enlarged(inverted(image), 7);
  };
  EXPECT_GE(given_back(1'000, std::identity{}), 980U);
  EXPECT_GE(given_back(1'000, inverted), 980U);
  const std::size_t large = std::getenv("NN_LONG") != nullptr ? 1'000 : 200;
  EXPECT_GE(given_back(large, moved_away), large * 98 / 100);
  EXPECT_GE(given_back(large, enlarged_and_inverted), large * 98 / 100);
}

// ----------------------------------------------------------------------------------- find_digits

/// A point of a drawing, or a direction, in pixels.
struct Point {
  double y;
  double x;
};

/// How far a point is from the straight line between two others.
double distance(Point point, Point from, Point to) {
  const Point along{to.y - from.y, to.x - from.x};
  const double length = along.y * along.y + along.x * along.x;
  const double part =
      std::clamp(((point.y - from.y) * along.y + (point.x - from.x) * along.x) / length, 0.0, 1.0);
  return std::hypot(point.y - from.y - part * along.y, point.x - from.x - part * along.x);
}

/// The ink, from 0 to 1, of a digit 4 at a point: lines of a round pen, 7 pixels wide, in a field
/// of 120 × 120 pixels.
double four(Point at) {
  constexpr std::array<std::array<Point, 2>, 3> lines{
      {{{{30, 62}, {71, 36}}}, {{{71, 36}, {70, 82}}}, {{{50, 68}, {90, 66}}}}};
  double nearest = 120;
  for (const auto& [from, to] : lines) nearest = std::min(nearest, distance(at, from, to));
  return std::clamp(4 - nearest, 0.0, 1.0);
}

/// A sheet of 120 × 120 pixels.
/// @param brightness The brightness of a point, from its place and the ink of the 4 there.
template <class Brightness>
Tensor sheet(const Brightness& brightness) {
  Tensor image{Shape{120, 120}};
  for (std::size_t y = 0; y < 120; ++y) {
    for (std::size_t x = 0; x < 120; ++x) {
      const Point at{static_cast<double>(y), static_cast<double>(x)};
      image(y, x) = static_cast<real>(std::clamp<double>(brightness(at, four(at)), 0, 1));
    }
  }
  return image;
}

/// Dark ink on light paper.
double shade(double ink) { return 0.95 - 0.85 * ink; }

/// Expects that one digit is found, and that it looks like the 4 on a clean sheet.
void expect_four(const Picture& picture) {
  const Picture clean{sheet([](Point, double ink) { return shade(ink); })};
  const Tensor expected = nn::to_mnist(clean);
  const nn::Digits found = nn::find_digits(picture);
  ASSERT_EQ(found.digits.size(), 1U);
  double difference = 0;
  double ink = 0;
  for (std::size_t i = 0; i < 784; ++i) {
    difference += std::abs(expected(0, i) - found.digits[0].pixels(0, i));
    ink += expected(0, i);
  }
  EXPECT_LT(difference / ink, 0.2);
}

template <class Brightness>
void expect_four_on(const Brightness& brightness) {
  expect_four({sheet(brightness)});
}

TEST(FindDigits, InAGradientOfLight) {
  expect_four_on([](Point at, double ink) { return (1 - 0.55 * at.x / 120) * shade(ink); });
  expect_four_on(
      [](Point at, double ink) { return (1 - 0.25 * (at.x + at.y) / 240) * (0.95 - 0.4 * ink); });
}

TEST(FindDigits, HalfInShadow) {
  expect_four_on([](Point at, double ink) { return (at.x + at.y > 115 ? 0.4 : 1) * shade(ink); });
  expect_four_on([](Point at, double ink) {  // with a soft edge
    return (1 - 0.6 * std::clamp((at.y - 50) / 20, 0.0, 1.0)) * shade(ink);
  });
}

TEST(FindDigits, InGrain) {
  nn::Random random{1};
  expect_four_on([&](Point, double ink) {
    return 0.8 - 0.6 * ink + 0.06 * static_cast<double>(random.normal());
  });
}

TEST(FindDigits, NextToTheBlackEdgeOfAScan) {
  expect_four_on([](Point at, double ink) { return at.y < 9 ? 0.03 : shade(ink); });
  expect_four_on([](Point at, double ink) { return at.y >= 112 || at.x < 6 ? 0.03 : shade(ink); });
}

TEST(FindDigits, InAFrame) {
  expect_four_on([](Point at, double ink) {
    const double side = std::max(std::abs(at.y - 60), std::abs(at.x - 60));
    return shade(side >= 45 && side < 48 ? 1 : ink);
  });
}

TEST(FindDigits, InTheCellOfAForm) {
  expect_four_on([](Point at, double ink) {
    const bool is_row = std::abs(at.y - 20) <= 1 || std::abs(at.y - 100) <= 1;
    const bool is_column = std::abs(at.x - 25) <= 1 || std::abs(at.x - 95) <= 1;
    return shade(is_row || (is_column && at.y >= 19 && at.y <= 101) ? 1 : ink);
  });
}

TEST(FindDigits, OnPaperOnADarkDesk) {
  expect_four_on([](Point at, double ink) {
    const double across = at.x - 58 + 0.1 * (at.y - 60);
    const double down = at.y - 60 - 0.1 * (at.x - 58);
    return std::abs(across) < 45 && std::abs(down) < 50 ? shade(ink) : 0.2 + 0.03 * std::sin(at.y);
  });
}

TEST(FindDigits, OnRuledPaper) {
  expect_four_on([](Point at, double ink) {
    const double row = std::fmod(at.y + 0.02 * at.x, 24);
    return shade(std::max(ink, row < 2 ? 0.4 : 0.0));
  });
}

TEST(FindDigits, OnSquaredPaper) {
  expect_four_on([](Point at, double ink) {
    const bool is_line = std::fmod(at.y, 20) < 1 || std::fmod(at.x + 7, 20) < 1;
    return shade(std::max(ink, is_line ? 0.4 : 0.0));
  });
}

TEST(FindDigits, LightOnDark) {
  expect_four_on([](Point, double ink) { return 1 - shade(ink); });
}

// A yellow highlighter on white paper is nearly as bright as the paper, but its blue is dark.
TEST(FindDigits, OfAYellowHighlighter) {
  const Tensor yellow = sheet([](Point, double ink) { return 1 - 0.06 * ink; });
  const Tensor blue = sheet([](Point, double ink) { return 1 - 0.75 * ink; });
  Tensor colors{Shape{3, 120, 120}, 1};
  std::ranges::copy(blue.values(), colors.row(2).begin());
  expect_four({yellow, colors});
}

TEST_F(Pictures, FindsWhiteStrokesOnATransparentPicture) {
  Png png{.width = 120, .height = 120, .depth = 8, .color = PNG_COLOR_TYPE_GRAY_ALPHA, .rows = {}};
  const Tensor ink = sheet([](Point, double strength) { return strength; });
  for (std::size_t y = 0; y < 120; ++y) {
    png.rows.emplace_back();
    for (const real alpha : ink.row(y)) {
      png.rows.back().push_back(255);
      png.rows.back().push_back(static_cast<std::uint8_t>(255 * alpha));
    }
  }
  expect_four(nn::load_pictures(file(encoded(png))).at(0));
}

/// Writes the digit of a sheet into a larger picture.
void write_four(Tensor& image, std::size_t down, std::size_t right) {
  for (std::size_t y = 0; y < 120 && y + down < image.rows(); ++y) {
    for (std::size_t x = 20; x < 100; ++x) {
      const Point at{static_cast<double>(y), static_cast<double>(x)};
      if (four(at) > 0) image(y + down, x + right) = static_cast<real>(shade(four(at)));
    }
  }
}

TEST(FindDigits, FromLeftToRight) {
  Tensor image{Shape{120, 200}, real(0.95)};
  write_four(image, 0, 90);
  write_four(image, 10, 0);
  const nn::Digits found = nn::find_digits({image});
  ASSERT_EQ(found.digits.size(), 2U);
  EXPECT_LT(found.digits[0].right, found.digits[1].left);
  EXPECT_NEAR(found.digits[0].left, 32.0 / 200, 0.02);
  EXPECT_NEAR(found.digits[0].top, 36.0 / 120, 0.02);
  EXPECT_NEAR(found.digits[1].right, 176.0 / 200, 0.02);
  EXPECT_NEAR(found.digits[1].bottom, 94.0 / 120, 0.02);
  EXPECT_FALSE(found.stages.empty());
}

TEST(FindDigits, RowByRow) {
  Tensor image{Shape{300, 240}, real(0.95)};
  write_four(image, 170, 120);
  write_four(image, 150, 10);
  write_four(image, 0, 0);
  write_four(image, 30, 110);
  const std::vector<nn::FoundDigit> digits = nn::find_digits({image}).digits;
  ASSERT_EQ(digits.size(), 4U);
  EXPECT_LT(digits[0].right, digits[1].left);
  EXPECT_LT(digits[2].right, digits[3].left);
  EXPECT_LT(digits[1].bottom, digits[2].top);
}

TEST(FindDigits, RefusesAPictureWithoutADigit) {
  const auto refusal = [](const Tensor& image) {
    return error_of<std::invalid_argument>([&] { (void)nn::find_digits({image}); });
  };
  const std::string no_digit =
      "nn::find_digits: no digit: nothing on the paper is shaped like one; crop the picture to the "
      "digit";
  EXPECT_EQ(refusal(sheet([](Point at, double) {  // ruled paper
              return std::fmod(at.y, 24) < 2 ? 0.4 : 0.95;
            })),
            no_digit);
  EXPECT_EQ(refusal(sheet([](Point at, double) { return at.y < 10 ? 0.03 : 0.95; })), no_digit);
  EXPECT_NE(refusal(sheet([](Point at, double) { return 1 - 0.5 * at.x / 120; })), "");
}

TEST(FindDigits, ShowsHowFarItCameWithoutADigit) {
  try {
    (void)nn::find_digits({sheet([](Point at, double) { return at.y < 10 ? 0.03 : 0.95; })});
    FAIL();
  } catch (const nn::NoDigit& error) {
    ASSERT_EQ(error.stages.size(), 2U);
    EXPECT_EQ(error.stages[0].name, "paper");
    EXPECT_EQ(error.stages[1].name, "ink");
    EXPECT_EQ(error.stages[0].image.shape(), error.stages[1].image.shape());
  }
}

}  // namespace
