// PBM, PGM and PPM, with our own decoder: a text header, then numbers as text or as bytes.
module;

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.pictures;

import nn.text;

namespace nn::detail {

namespace {

class PnmReader {
 public:
  explicit PnmReader(const Contents& pnm)
      : pnm_{pnm},
        text_{pnm.text()},
        is_bits_{text_[1] == '1' || text_[1] == '4'},
        is_raster_{text_[1] >= '4'},
        channels_{text_[1] == '3' || text_[1] == '6' ? 3U : 1U} {
    const std::size_t width = number("the width", 1, longest_side_in_file);
    const std::size_t height = number("the height", 1, longest_side_in_file);
    if (!is_bits_) white_ = number("the value of white", 1, 65'535);
    shape_ = Shape{height, width};
  }

  Picture picture();

 private:
  static constexpr std::string_view blanks = " \t\n\v\f\r";

  /// How many numbers all pixels have together.
  [[nodiscard]] std::size_t count() const { return shape_.size() * channels_; }

  // ------------------------------------------------------------------------------------- digits

  void skip_blanks() {
    at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    while (at_ < text_.size() && text_[at_] == '#') {
      at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
      at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size());
    }
  }

  /// The next number, after blanks and comments. A comment may also follow it directly.
  std::size_t number(const char* what, std::size_t least, std::size_t most) {
    skip_blanks();
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(" \t\n\v\f\r#", at_), text_.size());
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (digits.empty()) pnm_.fail(begin, fmt::format("the file ends before {}", what));
    std::size_t value = 0;
    const char* const end = std::to_address(digits.end());  // an iterator need not be a pointer
    const auto [stop, error] = std::from_chars(std::to_address(digits.begin()), end, value);
    if (error != std::errc{} || stop != end || value < least || value > most) {
      pnm_.fail(begin, fmt::format("{} is {}, expected a whole number from {} to {}", what,
                                   in_quotes(digits, 20), least, most));
    }
    return value;
  }

  /// The next pixel of a PBM: a digit, which need not be separated from the previous one.
  std::size_t bit() {
    const char digit = text_[at_];
    if (digit != '0' && digit != '1') {
      pnm_.fail(at_,
                fmt::format("a pixel is {}, expected 0 or 1", in_quotes(text_.substr(at_, 1))));
    }
    ++at_;
    return digit == '0' ? 1 : 0;  // 1 is ink
  }

  /// All numbers, written as text.
  auto digits() {
    std::vector<std::uint16_t> values;
    while (values.size() < count()) {
      skip_blanks();
      if (at_ == text_.size()) {
        pnm_.fail(at_, fmt::format("the file ends after {} out of {} pixels",
                                   values.size() / channels_, shape_.size()));
      }
      values.push_back(static_cast<std::uint16_t>(is_bits_ ? bit() : number("a pixel", 0, white_)));
    }
    skip_blanks();
    if (at_ < text_.size()) {
      pnm_.fail(at_, fmt::format("the file has more than the {} pixels that its header announces",
                                 shape_.size()));
    }
    return [values = std::move(values)](std::size_t i) -> std::size_t { return values[i]; };
  }

  // -------------------------------------------------------------------------------------- bytes

  /// The bytes of the pixels. A single blank comes before them, but some programs write a comment
  /// or a Windows line ending, two characters; only the number of bytes distinguishes these from
  /// pixels. Blanks may follow.
  /// @param size How many bytes are expected.
  std::span<const std::uint8_t> raster(std::size_t size) {
    const std::size_t end = text_.size();
    const auto is_enough = [&](std::size_t begin) { return begin <= end && end - begin >= size; };
    if (text_.substr(at_).starts_with("\r\n") && is_enough(at_ + 2)) ++at_;
    at_ = std::min(at_ + (text_.substr(at_).starts_with('#') ? 0 : 1), end);
    while (text_.substr(at_).starts_with('#')) {
      const std::size_t line = text_.find('\n', at_);
      if (line == std::string_view::npos || !is_enough(line + 1)) break;
      at_ = line + 1;
    }
    if (!is_enough(at_)) {
      pnm_.fail(end, fmt::format("the file ends after {} out of {} pixels",
                                 (end - at_) * shape_.size() / size, shape_.size()));
    }
    if (text_.find_first_not_of(blanks, at_ + size) != std::string_view::npos) {
      pnm_.fail(at_ + size,
                fmt::format("the file has more than the {} pixels that its header announces",
                            shape_.size()));
    }
    return std::span{pnm_.bytes}.subspan(at_, size);
  }

  /// All bits of a PBM, in which each row begins with a new byte.
  auto bits() {
    const std::size_t width = (shape_[1] + 7) / 8;
    const auto bytes = raster(shape_[0] * width);
    return [bytes, width, columns = shape_[1]](std::size_t i) -> std::size_t {
      const std::size_t column = i % columns;
      const unsigned byte = bytes[i / columns * width + column / 8];
      return (byte >> (7 - column % 8) & 1U) == 0 ? 1 : 0;  // 1 is ink
    };
  }

  // ----------------------------------------------------------------------------------- a picture

  /// @param value Returns a number of the pixels, given its index.
  Picture picture_of(const auto& value) {
    if (white_ == 65'535) {
      // 12-bit cameras and scanners store 16 bits, often without saying that only 12 are used.
      constexpr std::size_t white_of_12_bits = 4095;
      std::size_t most = 0;
      for (std::size_t i = 0; i < count(); ++i) most = std::max(most, value(i));
      if (most <= white_of_12_bits) white_ = white_of_12_bits;
    }
    if (channels_ == 1) {
      Picture picture{Tensor::uninitialized(shape_)};
      for (std::size_t i = 0; i < count(); ++i) {
        picture.brightness.data()[i] = static_cast<real>(value(i)) / static_cast<real>(white_);
      }
      return picture;
    }
    std::vector<std::uint8_t> pixels(count());
    for (std::size_t i = 0; i < count(); ++i) {
      pixels[i] = static_cast<std::uint8_t>((value(i) * 255 + white_ / 2) / white_);
    }
    return picture_of_rgb(pixels, shape_);
  }

  const Contents& pnm_;
  std::string_view text_;
  bool is_bits_;
  bool is_raster_;
  std::size_t channels_;
  std::size_t at_ = 2;  // after P1 to P6
  std::size_t white_ = 1;
  Shape shape_;
};

Picture PnmReader::picture() {
  if (!is_raster_) return picture_of(digits());
  if (is_bits_) return picture_of(bits());
  const std::size_t width = white_ > 255 ? 2 : 1;
  const auto bytes = raster(count() * width);
  const auto value = [&](std::size_t i) -> std::size_t {
    return width == 1 ? bytes[i] : bytes[2 * i] * std::size_t{256} + bytes[2 * i + 1];
  };
  for (std::size_t i = 0; i < count(); ++i) {
    if (value(i) <= white_) continue;
    pnm_.fail(at_ + i * width, fmt::format("a pixel is {}, expected at most {}, the value of white",
                                           value(i), white_));
  }
  return picture_of(value);
}

}  // namespace

Picture read_pnm(const Contents& pnm) { return PnmReader{pnm}.picture(); }

}  // namespace nn::detail
