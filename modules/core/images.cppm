/// @file
/// @brief Images: their extent, and the interleaved memory layout that makes convolutions fast.
module;

#include <cstddef>
#include <string>
#include <utility>

export module nn.images;

export import nn.tensor;
import nn.vector;

export namespace nn {

/// A height and a width; `Extent{3}` and plain `3` mean a square.
struct Extent {
  std::size_t height;
  std::size_t width;

  /// A square.
  /// @param side Its height and its width.
  constexpr Extent(std::size_t side)  // implicit: a side is a square
      : height{side}, width{side} {}
  /// A rectangle.
  /// @param h Its rows.
  /// @param w Its columns.
  constexpr Extent(std::size_t h, std::size_t w) : height{h}, width{w} {}

  /// The number of pixels, height times width.
  [[nodiscard]] constexpr std::size_t area() const { return height * width; }

  constexpr bool operator==(const Extent&) const = default;
};

/// The extent as layer names and errors show it: `5×3`.
/// @param extent Height first, then width.
[[nodiscard]] std::string to_string(const Extent& extent);

/// A batch of images, stored so that the same pixel of several images is in neighboring places: one
/// vector instruction then works on as many images as it has lanes. So a loop over the pixels of an
/// image, written just like the formula, already uses vector instructions.
///
/// The images come in groups of `lanes`; a group is an array (channels, rows, columns) of vectors,
/// row-major. The last group may have unused lanes, whose values mean nothing: an elementwise
/// function may leave anything there, and code that sums over lanes clears them first.
/// @see clear_spare_lanes
class InterleavedImages {
 public:
  InterleavedImages() = default;
  InterleavedImages(const InterleavedImages&) = default;
  InterleavedImages& operator=(const InterleavedImages&) = default;
  /// Leaves the other object without images.
  InterleavedImages(InterleavedImages&& other) noexcept
      : count_{std::exchange(other.count_, 0)},
        sample_{std::exchange(other.sample_, Shape{})},
        values_{std::move(other.values_)} {}
  InterleavedImages& operator=(InterleavedImages&& other) noexcept {
    count_ = std::exchange(other.count_, 0);
    sample_ = std::exchange(other.sample_, Shape{});
    values_ = std::move(other.values_);
    return *this;
  }
  ~InterleavedImages() = default;

  /// Images whose pixels are whatever the memory held; for code that writes them all.
  /// @param count How many images, at least 1.
  /// @param sample The shape of one, (C, H, W).
  /// @throws std::invalid_argument if count is 0, or the sample does not have three axes.
  InterleavedImages(std::size_t count, const Shape& sample);

  /// The images of a tensor.
  /// @param images Shape (B, C, H, W).
  /// @throws std::invalid_argument if the tensor does not have four axes.
  InterleavedImages(const Tensor& images);  // implicit: same values

  /// The images as a tensor again, shape (B, C, H, W).
  operator Tensor() const;  // implicit: same values

  /// The number of images.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// The shape of one image, (C, H, W).
  [[nodiscard]] const Shape& sample() const { return sample_; }

  /// The shape as a tensor, (B, C, H, W); `Shape{}` if there are none.
  [[nodiscard]] Shape shape() const { return count_ == 0 ? Shape{} : sample_.batch(count_); }

  /// The number of groups.
  [[nodiscard]] std::size_t groups() const { return values_.rows(); }

  /// The vectors of one group, C·H·W of them.
  /// @param index 0 to groups() − 1.
  [[nodiscard]] real* group(std::size_t index) { return values_.row(index).data(); }
  /// The same, read only.
  [[nodiscard]] const real* group(std::size_t index) const { return values_.row(index).data(); }

  /// All values in storage order, for elementwise functions.
  [[nodiscard]] Tensor& values() { return values_; }
  /// The same, read only.
  [[nodiscard]] const Tensor& values() const { return values_; }

  /// Sets the unused lanes of the last group to 0.
  void clear_spare_lanes();

  /// Whether shape and values are equal, exactly.
  bool operator==(const InterleavedImages& other) const { return *this == Tensor{other}; }
  bool operator==(const Tensor& other) const { return Tensor{*this} == other; }

 private:
  std::size_t count_ = 0;
  Shape sample_;
  Tensor values_;  // (groups, C·H·W, lanes)
};

/// Whether a tensor has so few images that most lanes would be unused if they were interleaved:
/// then processing them one after the other is faster.
/// @param tensor Any shape; images have four axes.
[[nodiscard]] inline bool are_few_images(const Tensor& tensor) {
  return tensor.rank() == 4 && 4 * tensor.rows() <= lanes;
}

}  // namespace nn
