// JPEG, with libjpeg-turbo. We use its TurboJPEG interface because it returns errors; with
// libjpeg's own interface we would have to longjmp out of C code.
module;

#include <fmt/core.h>
#include <turbojpeg.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

/// What can be read from a JPEG file without decoding it.
struct JpegParts {
  std::span<const std::uint8_t> exif;  ///< Empty if there is none.
  bool is_complete = false;            ///< Whether the file has the marker that ends the picture.
};

/// Walks over the segments of a file. Each begins with a marker, 0xFF and a byte that is neither 0
/// nor 0xFF; most have a length and that many bytes. After the segment that begins a scan come its
/// pixels, in which 0xFF is followed by 0 or is part of a marker without length.
JpegParts parts_of(const Contents& jpeg) {
  constexpr std::uint8_t exif_part = 0xE1;  // other data may use this marker, too
  constexpr std::uint8_t end = 0xD9;
  const std::span<const std::uint8_t> bytes{jpeg.bytes};
  JpegParts parts;
  for (std::size_t at = 2; at + 1 < bytes.size();) {
    const std::uint8_t marker = bytes[at + 1];
    const bool is_alone = marker <= 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (bytes[at] != 0xFF || marker == 0xFF) {
      ++at;
    } else if (marker == end) {
      parts.is_complete = true;
      break;
    } else if (is_alone) {
      at += 2;
    } else if (bytes.size() - at < 4) {
      break;
    } else {
      const std::size_t length = std::size_t{bytes[at + 2]} << 8U | bytes[at + 3];
      if (length < 2 || length > bytes.size() - at - 2) break;
      const bool has_exif = marker == exif_part && jpeg.text().substr(at + 4).starts_with("Exif");
      if (has_exif && parts.exif.empty()) parts.exif = bytes.subspan(at + 4, length - 2);
      at += 2 + length;
    }
  }
  return parts;
}

class JpegDecoder {
 public:
  explicit JpegDecoder(const Contents& jpeg) : jpeg_{jpeg}, handle_{tjInitDecompress()} {
    if (!handle_) jpeg_.fail("libjpeg could not be initialized");
    int width = 0;
    int height = 0;
    int sampling = 0;
    if (tjDecompressHeader3(handle_.get(), jpeg_.bytes.data(), jpeg_.bytes.size(), &width, &height,
                            &sampling, &colors_) != 0) {
      fail();
    }
    shape_ =
        checked_shape(jpeg_, static_cast<std::size_t>(width), static_cast<std::size_t>(height));
    // A block of 8 × 8 pixels takes at least one bit.
    if (shape_.size() / 512 > jpeg_.bytes.size()) {
      jpeg_.fail(fmt::format("{} bytes are too few for {} × {} pixels", jpeg_.bytes.size(), width,
                             height));
    }
  }

  Picture decode() {
    if (colors_ == TJCS_CMYK || colors_ == TJCS_YCCK) {
      jpeg_.fail(
          "this JPEG uses CMYK, the colors of print, expected gray or RGB: export it as PNG");
    }
    if (colors_ == TJCS_GRAY || shape_.size() > most_colored) {
      return picture_of_gray(pixels(TJPF_GRAY), shape_);
    }
    return picture_of_rgb(pixels(TJPF_RGB), shape_);
  }

 private:
  struct Destroy {
    void operator()(void* handle) const { tjDestroy(handle); }
  };

  [[noreturn]] void fail() const {
    jpeg_.fail(fmt::format("libjpeg: {}", tjGetErrorStr2(handle_.get())));
  }

  /// @param format The pixel format, one of TurboJPEG's constants.
  std::vector<std::uint8_t> pixels(int format) {
    std::vector<std::uint8_t> result(shape_.size() * static_cast<std::size_t>(tjPixelSize[format]));
    // Without a limit, a small file could keep the decoder busy for hours.
    constexpr int flags = TJFLAG_LIMITSCANS;
    const int status =
        tjDecompress2(handle_.get(), jpeg_.bytes.data(), jpeg_.bytes.size(), result.data(),
                      static_cast<int>(shape_[1]), 0, static_cast<int>(shape_[0]), format, flags);
    // Many cameras write a few extra bytes between two segments, which are harmless.
    const std::string_view words = tjGetErrorStr2(handle_.get());
    const bool is_harmless = tjGetErrorCode(handle_.get()) == TJERR_WARNING &&
                             words.find("extraneous bytes") != std::string_view::npos;
    if (status != 0 && !is_harmless) fail();
    return result;
  }

  const Contents& jpeg_;
  std::unique_ptr<void, Destroy> handle_;
  int colors_ = 0;
  Shape shape_;
};

}  // namespace

Picture read_jpeg(const Contents& jpeg) {
  const JpegParts parts = parts_of(jpeg);
  if (!parts.is_complete) jpeg.fail(jpeg.bytes.size(), "the file ends before the picture does");
  return upright(JpegDecoder{jpeg}.decode(), orientation_in(parts.exif));
}

}  // namespace nn::detail
