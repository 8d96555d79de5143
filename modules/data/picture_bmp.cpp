// BMP, with our own decoder: its pixels are numbers of 1 to 32 bits, row by row, or palette
// indices.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

using Color = std::array<std::uint8_t, 4>;  // red, green, blue and opacity

/// Which bits of a pixel hold a channel.
struct Channel {
  std::uint32_t mask = 0;

  [[nodiscard]] std::uint8_t of(std::uint32_t pixel) const {
    if (mask == 0) return 0;
    const auto shift = static_cast<unsigned>(std::countr_zero(mask));
    const std::uint64_t most = mask >> shift;
    return static_cast<std::uint8_t>(((pixel & mask) >> shift) * std::uint64_t{255} / most);
  }
};

class BmpReader {
 public:
  explicit BmpReader(const Contents& bmp) : bmp_{bmp} {
    read_header();
    if (bits_ <= 8) {
      read_palette();
    } else {
      read_channels();
    }
  }

  [[nodiscard]] Picture picture() const {
    const std::size_t row_size = (shape_[1] * bits_ + 31) / 32 * 4;
    const std::size_t last_row_size = (shape_[1] * bits_ + 7) / 8;  // it may lack padding bytes
    const std::size_t size = bmp_.bytes.size() - first_pixel_;
    if (size < (shape_[0] - 1) * row_size + last_row_size) {
      bmp_.fail(bmp_.bytes.size(),
                fmt::format("the file ends after {} out of {} rows", size / row_size, shape_[0]));
    }
    const bool is_transparent = has_opacity(row_size);
    std::vector<std::uint8_t> pixels;
    pixels.reserve(shape_.size() * (is_transparent ? 4 : 3));
    for (std::size_t y = 0; y < shape_[0]; ++y) {
      const std::size_t row = is_top_first_ ? y : shape_[0] - 1 - y;
      for (std::size_t x = 0; x < shape_[1]; ++x) {
        const Color color = color_at(first_pixel_ + row * row_size, x);
        pixels.insert(pixels.end(), color.begin(), color.end() - (is_transparent ? 0 : 1));
      }
    }
    return is_transparent ? picture_of_rgba(pixels, shape_) : picture_of_rgb(pixels, shape_);
  }

 private:
  static constexpr std::size_t file_header = 14;
  static constexpr std::size_t oldest_header = 12;
  static constexpr std::size_t usual_header = 40;
  static constexpr std::size_t header_with_opacity = 56;
  // The header's compression codes; with masks, it says which bits of a pixel hold a channel.
  static constexpr std::size_t none = 0;
  static constexpr std::size_t rle8 = 1;
  static constexpr std::size_t rle4 = 2;
  static constexpr std::size_t masks = 3;
  static constexpr std::size_t masks_and_opacity = 6;

  /// A little-endian number.
  [[nodiscard]] std::uint32_t number(std::size_t at, std::size_t size) const {
    if (at > bmp_.bytes.size() || bmp_.bytes.size() - at < size) {
      bmp_.fail(bmp_.bytes.size(), "the file ends within its header");
    }
    std::uint32_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | bmp_.bytes[at + i];
    return value;
  }
  [[nodiscard]] std::uint32_t two(std::size_t at) const { return number(at, 2); }
  [[nodiscard]] std::uint32_t four(std::size_t at) const { return number(at, 4); }

  void read_header() {
    header_ = four(file_header);
    first_pixel_ = four(10);
    if (header_ == oldest_header) {
      bits_ = two(24);
      shape_ = checked_shape(bmp_, two(18), two(20));
    } else if (header_ >= usual_header && header_ <= 124) {
      bits_ = two(28);
      compression_ = four(30);
      colors_ = four(46);
      const std::uint32_t height = four(22);
      is_top_first_ = height >> 31U != 0;  // its sign
      shape_ = checked_shape(bmp_, four(18), is_top_first_ ? 0U - height : height);
    } else {
      bmp_.fail(file_header,
                fmt::format("the header has {} bytes, expected 12 or 40 to 124", header_));
    }
    if (compression_ == rle8 || compression_ == rle4) {
      bmp_.fail(
          "this is a BMP with compressed rows (RLE), which is not supported: export it as PNG");
    }
    const bool has_masks = compression_ == masks || compression_ == masks_and_opacity;
    if (compression_ != none && !(has_masks && (bits_ == 16 || bits_ == 32))) {
      bmp_.fail(30,
                fmt::format("this is a BMP of {} bits with compression {}, which is not supported: "
                            "export it as PNG",
                            bits_, compression_));
    }
    if (bits_ != 1 && bits_ != 2 && bits_ != 4 && bits_ != 8 && bits_ != 16 && bits_ != 24 &&
        bits_ != 32) {
      bmp_.fail(header_ == oldest_header ? 24 : 28,
                fmt::format("a pixel has {} bits, expected 1, 2, 4, 8, 16, 24 or 32", bits_));
    }
    if (first_pixel_ < file_header + header_ || first_pixel_ > bmp_.bytes.size()) {
      bmp_.fail(10, fmt::format("the pixels begin at byte {}, expected {} to {}", first_pixel_,
                                file_header + header_, bmp_.bytes.size()));
    }
  }

  void read_palette() {
    const std::size_t size = header_ == oldest_header ? 3 : 4;
    const std::size_t most = std::size_t{1} << bits_;
    const std::size_t room = (first_pixel_ - file_header - header_) / size;
    const std::size_t count = std::min({colors_ == 0 ? most : colors_, most, room});
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t color = number(file_header + header_ + i * size, 3);
      palette_.push_back({static_cast<std::uint8_t>(color >> 16U),
                          static_cast<std::uint8_t>(color >> 8U), static_cast<std::uint8_t>(color),
                          255});
    }
  }

  void read_channels() {
    if (compression_ == none) {
      channels_ = {{{0xFF0000}, {0xFF00}, {0xFF}, {}}};
      if (bits_ == 16) channels_ = {{{0x7C00}, {0x03E0}, {0x001F}, {}}};
      if (bits_ == 32) channels_[3].mask = 0xFF000000;  // not in the standard, but common
      return;
    }
    const bool has_opacity = header_ >= header_with_opacity || compression_ == masks_and_opacity;
    for (std::size_t i = 0; i < (has_opacity ? 4U : 3U); ++i) {
      channels_[i].mask = four(file_header + usual_header + 4 * i);
    }
  }

  /// Whether opacity is stored, and not just 0 everywhere, as some programs write it.
  [[nodiscard]] bool has_opacity(std::size_t row_size) const {
    if (channels_[3].mask == 0) return false;
    for (std::size_t y = 0; y < shape_[0]; ++y) {
      for (std::size_t x = 0; x < shape_[1]; ++x) {
        if (color_at(first_pixel_ + y * row_size, x)[3] != 0) return true;
      }
    }
    return false;
  }

  [[nodiscard]] Color color_at(std::size_t row, std::size_t x) const {
    if (bits_ > 8) {
      const std::uint32_t pixel = number(row + x * bits_ / 8, bits_ / 8);
      return {channels_[0].of(pixel), channels_[1].of(pixel), channels_[2].of(pixel),
              channels_[3].of(pixel)};
    }
    const std::size_t at = row + x * bits_ / 8;
    const std::size_t shift = 8 - bits_ - x * bits_ % 8;  // the first pixel has the highest bits
    const std::size_t color = bmp_.bytes[at] >> shift & ((1U << bits_) - 1);
    if (color >= palette_.size()) {
      bmp_.fail(at, fmt::format("a pixel has color {}, but the palette has only {} colors", color,
                                palette_.size()));
    }
    return palette_[color];
  }

  const Contents& bmp_;
  std::size_t header_ = 0;
  std::size_t first_pixel_ = 0;
  std::size_t bits_ = 0;
  std::size_t compression_ = none;
  std::size_t colors_ = 0;
  bool is_top_first_ = false;
  Shape shape_;
  std::vector<Color> palette_;
  std::array<Channel, 4> channels_;
};

}  // namespace

Picture read_bmp(const Contents& bmp) { return BmpReader{bmp}.picture(); }

}  // namespace nn::detail
