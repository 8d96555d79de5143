/// @file
/// @brief Images: their extent, and the interleaved layout in which convolutions are fast.
module;

#include <cstddef>
#include <string>
#include <utility>

export module nn.images;

export import nn.tensor;
import nn.vector;

export namespace nn {

/// A height and a width; `Extent{3}` and plain `3` are a square.
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

  /// Height times width.
  [[nodiscard]] constexpr std::size_t area() const { return height * width; }

  constexpr bool operator==(const Extent&) const = default;
};

/// The extent as names and errors show it: `5×3`.
/// @param extent Height first, then width.
[[nodiscard]] std::string to_string(const Extent& extent);

/// A batch of images, stored so that the same pixel of several images is in neighboring places: one
/// vector instruction then works on as many images as it has lanes. A loop over the pixels of one
/// image, written as the formula says, runs at the speed of the machine.
///
/// The images come in groups of `lanes`; a group is its channels, rows and columns of vectors,
/// row-major. In the last group lanes may be left over, and their values mean nothing: a function
/// of every value by itself may leave anything there, and code that sums over lanes clears them
/// first. @see clear_spare_lanes
class InterleavedImages {
 public:
  InterleavedImages() = default;
  InterleavedImages(const InterleavedImages&) = default;
  InterleavedImages& operator=(const InterleavedImages&) = default;
  /// Leaves the other without images.
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
  /// @throws std::invalid_argument if there are none, or the sample does not have three axes.
  InterleavedImages(std::size_t count, const Shape& sample);

  /// The images of a tensor.
  /// @param images Shape (B, C, H, W).
  /// @throws std::invalid_argument if the tensor does not have four axes.
  InterleavedImages(const Tensor& images);  // implicit: same values

  /// The images as a tensor again, shape (B, C, H, W).
  operator Tensor() const;  // implicit: same values

  /// How many images there are.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// The shape of one image, (C, H, W).
  [[nodiscard]] const Shape& sample() const { return sample_; }

  /// The shape as a tensor, (B, C, H, W); `Shape{}` if there are none.
  [[nodiscard]] Shape shape() const { return count_ == 0 ? Shape{} : sample_.batch(count_); }

  /// How many groups there are.
  [[nodiscard]] std::size_t groups() const { return values_.rows(); }

  /// One group's vectors, as many as an image has pixels in all channels.
  /// @param index 0 to groups() − 1.
  [[nodiscard]] real* group(std::size_t index) { return values_.row(index).data(); }
  /// The same, read only.
  [[nodiscard]] const real* group(std::size_t index) const { return values_.row(index).data(); }

  /// All values in the order in which they are stored: for functions of every value by itself.
  [[nodiscard]] Tensor& values() { return values_; }
  /// The same, read only.
  [[nodiscard]] const Tensor& values() const { return values_; }

  /// Sets the lanes that hold no image to 0.
  void clear_spare_lanes();

  /// Whether shape and values are equal, exactly.
  bool operator==(const InterleavedImages& other) const { return *this == Tensor{other}; }
  bool operator==(const Tensor& other) const { return Tensor{*this} == other; }

 private:
  std::size_t count_ = 0;
  Shape sample_;
  Tensor values_;  // (groups, C·H·W, lanes)
};

/// Whether a tensor holds so few images that interleaving them would leave most lanes empty: then
/// it is faster to process them one after the other.
/// @param tensor Any shape; images have four axes.
[[nodiscard]] inline bool are_few_images(const Tensor& tensor) {
  return tensor.rank() == 4 && 4 * tensor.rows() <= lanes;
}

}  // namespace nn
