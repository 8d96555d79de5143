// PNG, with libpng.
module;

#include <fmt/core.h>
#include <png.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Frees libpng's memory at the end of the scope.
struct PngImage {
  png_image image{};

  explicit PngImage(const Contents& png) {
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, png.bytes.data(), png.bytes.size()) == 0) {
      fail(png);
    }
  }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(&image); }

  [[noreturn]] void fail(const Contents& png) const {
    png.fail(fmt::format("libpng: {}", image.message));
  }
};

/// The shape in the header, if the file is long enough for it.
Shape shape_of(const Contents& png, const PngImage& header) {
  const Shape shape = checked_shape(png, header.image.width, header.image.height);
  // A pixel takes at least one bit, and zlib expands a byte to at most 1,032.
  if (shape[0] * ((shape[1] + 7) / 8) / 1'032 > png.bytes.size()) {
    png.fail(fmt::format("{} bytes are too few for {} × {} pixels", png.bytes.size(), shape[1],
                         shape[0]));
  }
  return shape;
}

/// The pixels of a PNG file.
/// @param format The pixel format, one of libpng's constants.
/// @param background The shade that shows through transparent pixels.
Bytes pixels_of(const Contents& png, png_uint_32 format, std::uint8_t background) {
  PngImage read{png};
  const Shape shape = shape_of(png, read);
  read.image.format = format;
  read.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // treat samples of any depth as sRGB shades
  const std::size_t channels = PNG_IMAGE_PIXEL_CHANNELS(format);
  Bytes pixels(shape.size() * channels);
  const png_color behind{.red = background, .green = background, .blue = background};
  const auto stride = static_cast<png_int_32>(shape[1] * channels);
  if (png_image_finish_read(&read.image, &behind, pixels.data(), stride, nullptr) == 0) {
    read.fail(png);
  }
  return pixels;
}

std::uint8_t background_of(const Contents& png) {
  const Bytes pixels = pixels_of(png, PNG_FORMAT_GA, 0);
  Background background;
  for (std::size_t i = 0; i < pixels.size(); i += 2) background.see(pixels[i], pixels[i + 1]);
  return background.shade();
}

/// The EXIF data of a file, empty if there is none. The file consists of chunks: a length, a type,
/// contents and a checksum. A chunk that claims more contents than the file has is rejected,
/// because libpng would allocate the memory for them.
std::span<const std::uint8_t> exif_of(const Contents& png) {
  const std::span<const std::uint8_t> bytes{png.bytes};
  std::span<const std::uint8_t> exif;
  for (std::size_t at = 8; bytes.size() - at >= 12;) {
    const std::size_t length = std::size_t{bytes[at]} << 24U | std::size_t{bytes[at + 1]} << 16U |
                               std::size_t{bytes[at + 2]} << 8U | bytes[at + 3];
    if (length > bytes.size() - at - 12) {
      png.fail(bytes.size(), "the file ends before the picture does");
    }
    const std::string_view type = png.text().substr(at + 4, 4);
    if (type == "eXIf") exif = bytes.subspan(at + 8, length);
    if (type == "IEND") break;
    at += 12 + length;
  }
  return exif;
}

}  // namespace

Picture read_png(const Contents& png) {
  const unsigned orientation = orientation_in(exif_of(png));
  const PngImage header{png};
  const Shape shape = shape_of(png, header);
  const bool is_transparent = (header.image.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  const bool is_colored = (header.image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  const std::uint8_t background = is_transparent ? background_of(png) : 255;
  Picture picture = is_colored && shape.size() <= most_colored
                        ? picture_of_rgb(pixels_of(png, PNG_FORMAT_RGB, background), shape)
                        : picture_of_gray(pixels_of(png, PNG_FORMAT_GRAY, background), shape);
  return upright(std::move(picture), orientation);
}

}  // namespace nn::detail
