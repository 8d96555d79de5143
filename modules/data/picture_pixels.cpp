// Converts the bytes of a decoded picture to brightness and colors.
module;

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

module nn.pictures;

namespace nn::detail {

namespace {

/// The gray that a screen shows as bright as a color. Shades are not proportional to light, so they
/// are converted to linear light, weighted as the eye weights them, and converted back.
///
/// Source: IEC 61966-2-1 (sRGB); libpng does the same.
class Gray {
 public:
  /// Making the tables takes longer than reading a small picture, so they are made only once.
  static const Gray& tables() {
    static const Gray gray;
    return gray;
  }

  /// @param rgb Red, green and blue.
  std::uint8_t operator()(std::span<const std::uint8_t> rgb) const {
    constexpr std::array<std::uint32_t, 3> weights{6968, 23434, 2366};  // their sum is 2¹⁵
    const std::uint32_t light =
        weights[0] * light_[rgb[0]] + weights[1] * light_[rgb[1]] + weights[2] * light_[rgb[2]];
    return shade_[light >> 15U];
  }

 private:
  Gray() {
    for (std::size_t shade = 0; shade < light_.size(); ++shade) {
      const double x = static_cast<double>(shade) / 255;
      const double light = x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
      light_[shade] = static_cast<std::uint32_t>(std::lround(light * most_light));
    }
    for (std::size_t light = 0; light < shade_.size(); ++light) {
      const double x = static_cast<double>(light) / most_light;
      const double shade = x <= 0.0031308 ? x * 12.92 : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
      shade_[light] = static_cast<std::uint8_t>(std::lround(shade * 255));
    }
  }

  static constexpr int most_light = 65'535;
  std::array<std::uint32_t, 256> light_{};
  std::vector<std::uint8_t> shade_ = std::vector<std::uint8_t>(most_light + 1);
};

/// Red, green and blue, shape (3, height, width); nothing if all pixels are gray.
Tensor colors_of(std::span<const std::uint8_t> pixels, const Shape& shape) {
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

}  // namespace

Shape checked_shape(const Contents& contents, std::size_t width, std::size_t height) {
  if (width == 0 || height == 0 || width > longest_side_in_file || height > longest_side_in_file) {
    contents.fail(fmt::format("the picture has {} × {} pixels, expected 1 to {} per side", width,
                              height, longest_side_in_file));
  }
  return Shape{height, width};
}

Picture picture_of_gray(std::span<const std::uint8_t> pixels, const Shape& shape) {
  Picture picture{Tensor::uninitialized(shape)};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    picture.brightness.data()[i] = static_cast<real>(pixels[i]) / 255;
  }
  return picture;
}

Picture picture_of_rgb(std::span<const std::uint8_t> pixels, const Shape& shape) {
  const Gray& gray = Gray::tables();
  Picture picture{Tensor::uninitialized(shape)};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    picture.brightness.data()[i] = static_cast<real>(gray(pixels.subspan(3 * i, 3))) / 255;
  }
  if (shape.size() <= most_colored) picture.colors = colors_of(pixels, shape);
  return picture;
}

Picture picture_of_rgba(std::span<const std::uint8_t> pixels, const Shape& shape) {
  const Gray& gray = Gray::tables();
  Background background;
  for (std::size_t i = 0; i < pixels.size(); i += 4) {
    background.see(gray(pixels.subspan(i, 3)), pixels[i + 3]);
  }
  std::vector<std::uint8_t> opaque(3 * shape.size());
  for (std::size_t i = 0; i < opaque.size(); ++i) {
    const unsigned opacity = pixels[i / 3 * 4 + 3];
    const unsigned mixed =
        pixels[i / 3 * 4 + i % 3] * opacity + background.shade() * (255 - opacity);
    opaque[i] = static_cast<std::uint8_t>((mixed + 127) / 255);
  }
  return picture_of_rgb(opaque, shape);
}

void Background::see(std::uint8_t shade, std::uint8_t opacity) {
  constexpr std::uint8_t visible = 128;
  constexpr std::uint8_t light = 160;
  if (opacity < visible) return;
  ++seen_;
  dark_ += shade < light ? 1U : 0U;
}

std::uint8_t Background::shade() const { return seen_ > 0 && 50 * dark_ < seen_ ? 0 : 255; }

}  // namespace nn::detail
