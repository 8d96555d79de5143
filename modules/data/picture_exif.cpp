// Cameras store a picture as the sensor saw it, and the orientation of the camera as EXIF data.
// EXIF is a TIFF file without an image: a header, then directories whose entries have a tag, a
// type, a count and a value.
module;

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

module nn.pictures;

import nn.stream;

namespace nn::detail {

namespace {

/// Reads numbers in either byte order; 0 past the end.
class TiffNumbers {
 public:
  TiffNumbers(std::span<const std::uint8_t> bytes, bool least_first)
      : bytes_{bytes}, least_first_{least_first} {}

  [[nodiscard]] std::size_t two(std::size_t at) const { return number(at, 2); }
  [[nodiscard]] std::size_t four(std::size_t at) const { return number(at, 4); }

 private:
  [[nodiscard]] std::size_t number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    std::size_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8U | bytes_[at + (least_first_ ? size - 1 - i : i)];
    }
    return value;
  }

  std::span<const std::uint8_t> bytes_;
  bool least_first_;
};

/// An image rotated or mirrored. Orientations 5 to 8 transpose it; in addition, an image may be
/// mirrored along one axis or both.
Tensor upright(const Tensor& image, unsigned orientation) {
  const bool exchanges = orientation >= 5;
  const bool mirrors_rows =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool mirrors_columns =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const std::size_t rows = image.rows();
  const std::size_t columns = image.columns();
  Tensor result = Tensor::uninitialized(exchanges ? Shape{columns, rows} : Shape{rows, columns});
  for (std::size_t y = 0; y < result.rows(); ++y) {
    for (std::size_t x = 0; x < result.columns(); ++x) {
      const std::size_t row = exchanges ? x : y;
      const std::size_t column = exchanges ? y : x;
      result(y, x) = image(mirrors_rows ? rows - 1 - row : row,
                           mirrors_columns ? columns - 1 - column : column);
    }
  }
  return result;
}

}  // namespace

unsigned orientation_in(std::span<const std::uint8_t> exif) {
  constexpr std::string_view head{"Exif\0\0", 6};
  constexpr std::size_t tag = 0x0112;
  constexpr std::size_t type_of_two_bytes = 3;
  constexpr std::size_t entry_size = 12;
  if (as_text(exif).starts_with(head)) exif = exif.subspan(head.size());
  const std::string_view text = as_text(exif);
  const bool least_first = text.starts_with("II");
  const TiffNumbers tiff{exif, least_first};
  if ((!least_first && !text.starts_with("MM")) || tiff.two(2) != 42) return 1;
  const std::size_t directory = tiff.four(4);
  const std::size_t entries = tiff.two(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * entry_size;
    if (tiff.two(entry) != tag) continue;
    const std::size_t value = tiff.two(entry + 8);
    const bool is_one_number =
        tiff.two(entry + 2) == type_of_two_bytes && tiff.four(entry + 4) == 1;
    return is_one_number && value >= 1 && value <= 8 ? static_cast<unsigned>(value) : 1;
  }
  return 1;
}

Picture upright(Picture picture, unsigned orientation) {
  if (orientation == 1) return picture;
  Picture result{upright(picture.brightness, orientation)};
  if (picture.colors.empty()) return result;
  const Shape& shape = picture.brightness.shape();
  Tensor& colors = result.colors;
  colors =
      Tensor::uninitialized(Shape{3, result.brightness.shape()[0], result.brightness.shape()[1]});
  for (std::size_t i = 0; i < 3; ++i) {
    const Tensor plane = upright(Tensor{shape, picture.colors.row(i)}, orientation);
    std::ranges::copy(plane.values(), colors.row(i).begin());
  }
  return result;
}

}  // namespace nn::detail
