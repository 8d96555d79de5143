// WebP, with libwebp.
module;

#include <fmt/core.h>
#include <webp/decode.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

/// A little-endian number of four bytes.
std::size_t number_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::size_t{bytes[at + 3]} << 24U | std::size_t{bytes[at + 2]} << 16U |
         std::size_t{bytes[at + 1]} << 8U | bytes[at];
}

/// The contents of the chunk with EXIF data, empty if there is none. After 12 bytes, the file
/// consists of chunks: a type, a length, and contents that are padded to an even length.
std::span<const std::uint8_t> exif_of(const Contents& webp) {
  const std::span<const std::uint8_t> bytes{webp.bytes};
  for (std::size_t at = 12; at < bytes.size() && bytes.size() - at >= 8;) {
    const std::size_t length = number_at(bytes, at + 4);
    if (length > bytes.size() - at - 8) return {};
    if (webp.text().substr(at, 4) == "EXIF") return bytes.subspan(at + 8, length);
    at += 8 + length + length % 2;
  }
  return {};
}

/// The shape in the header, if the file is long enough for it. A picture in one color takes almost
/// no bytes, so this check is weaker than for other formats.
Shape shape_of(const Contents& webp, const WebPBitstreamFeatures& features) {
  constexpr std::size_t most_pixels_per_byte = 16'384;
  const Shape shape = checked_shape(webp, static_cast<std::size_t>(features.width),
                                    static_cast<std::size_t>(features.height));
  if (shape.size() / most_pixels_per_byte > webp.bytes.size()) {
    webp.fail(fmt::format("{} bytes are too few for {} × {} pixels", webp.bytes.size(), shape[1],
                          shape[0]));
  }
  return shape;
}

}  // namespace

Picture read_webp(const Contents& webp) {
  const std::vector<std::uint8_t>& bytes = webp.bytes;
  if (bytes.size() < 12 || number_at(bytes, 4) > bytes.size() - 8) {
    webp.fail(bytes.size(), "the file ends before the picture does");
  }
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) {
    webp.fail("libwebp: the header is damaged");
  }
  if (features.has_animation != 0) {
    webp.fail("this is an animated WebP, which is not supported: export a frame as PNG or JPEG");
  }
  const Shape shape = shape_of(webp, features);
  const bool is_transparent = features.has_alpha != 0;
  const std::size_t channels = is_transparent ? 4 : 3;
  std::vector<std::uint8_t> pixels(shape.size() * channels);
  const auto decode = is_transparent ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(bytes.data(), bytes.size(), pixels.data(), pixels.size(),
             static_cast<int>(shape[1] * channels)) == nullptr) {
    webp.fail("libwebp: the picture is damaged");
  }
  return upright(is_transparent ? picture_of_rgba(pixels, shape) : picture_of_rgb(pixels, shape),
                 orientation_in(exif_of(webp)));
}

}  // namespace nn::detail
