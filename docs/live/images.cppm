/// @file
/// @brief MNIST's images in the format that a page has.
module;

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

export module live.images;

export import nn.dataset;
import nn.files;

export namespace live {

/// Images of handwritten digits: the bytes of a file, 784 for each image, then one for each label.
/// They are converted to floats only when needed, because floats take four times the memory.
class Images {
 public:
  Images() = default;
  /// @param owner The figure that reads them, for the error: `training`.
  /// @param file Its name.
  /// @throws std::runtime_error if there is no such file.
  Images(std::string_view owner, std::string_view file) : bytes_{nn::read_whole(owner, file)} {}

  /// How many there are.
  [[nodiscard]] std::size_t size() const { return bytes_.size() / (pixels + 1); }

  /// Consecutive images, shape (count, 784), from 0 for background to 1 for ink.
  /// @param start The index of the first one.
  /// @param count How many, at least 1.
  [[nodiscard]] nn::Dataset part(std::size_t start, std::size_t count) const {
    nn::Tensor inputs = nn::Tensor::uninitialized(nn::Shape{count, pixels});
    std::ranges::transform(std::span{bytes_}.subspan(start * pixels, count * pixels), inputs.data(),
                           [](std::byte byte) { return static_cast<nn::real>(byte) / 255; });
    nn::Labels labels;
    for (std::size_t i = start; i < start + count; ++i) labels.push_back(label(i));
    return {.inputs = std::move(inputs), .targets = std::move(labels)};
  }

  /// All of them.
  [[nodiscard]] nn::Dataset all() const { return part(0, size()); }

  /// The digit that an image shows.
  /// @param index 0 to size() − 1.
  [[nodiscard]] std::size_t label(std::size_t index) const {
    return std::to_integer<std::size_t>(bytes_.at(size() * pixels + index));
  }

 private:
  static constexpr std::size_t pixels = 784;

  std::vector<std::byte> bytes_;
};

}  // namespace live
