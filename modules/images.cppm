/// @file
/// @brief Images side by side: the layout in which convolutions are fast.
module;

#include <cstddef>
#include <utility>
#include <variant>

export module nn.images;

export import nn.tensor;
import nn.vector;

export namespace nn {

/// A batch of images, stored so that the same pixel of several images stands side by side: one
/// vector instruction then works on as many images as it has lanes. A loop over the pixels of one
/// image, written as the formula says it, runs at the speed of the machine.
///
/// The images come in groups of `lanes`; a group is its channels, rows and columns of vectors,
/// row-major. In the last group lanes may be left over. What stands in them means nothing: a
/// function of every value by itself may make anything of it, and who sums over lanes clears them
/// first.
class Images {
 public:
  Images() = default;
  Images(const Images&) = default;
  Images& operator=(const Images&) = default;
  /// Leaves the other without images.
  Images(Images&& other) noexcept
      : count_{std::exchange(other.count_, 0)},
        sample_{std::exchange(other.sample_, Shape{})},
        values_{std::move(other.values_)} {}
  Images& operator=(Images&& other) noexcept {
    count_ = std::exchange(other.count_, 0);
    sample_ = std::exchange(other.sample_, Shape{});
    values_ = std::move(other.values_);
    return *this;
  }
  ~Images() = default;

  /// Images whose pixels are whatever the memory held; for code that writes them all.
  /// @param count How many images, at least 1.
  /// @param sample The shape of one, (C, H, W).
  /// @throws std::invalid_argument if there are none, or the sample has not three axes.
  Images(std::size_t count, const Shape& sample);

  /// The images of a tensor.
  /// @param images Shape (B, C, H, W).
  /// @throws std::invalid_argument if the tensor has not four axes.
  Images(const Tensor& images);  // NOLINT(google-explicit-constructor): the same in other order

  /// The images as a tensor again, shape (B, C, H, W).
  operator Tensor() const;  // NOLINT(google-explicit-constructor): the same in other order

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

  /// All values in the order they are stored: for functions of every value by itself.
  [[nodiscard]] Tensor& values() { return values_; }
  /// The same, read only.
  [[nodiscard]] const Tensor& values() const { return values_; }

  /// Sets the lanes to 0 that no image stands in.
  void clear_spare_lanes();

  /// Whether shape and values are equal, exactly.
  bool operator==(const Images& other) const { return *this == Tensor{other}; }
  bool operator==(const Tensor& other) const { return Tensor{*this} == other; }

 private:
  std::size_t count_ = 0;
  Shape sample_;
  Tensor values_;  // (groups, C·H·W, lanes)
};

/// What passes between two layers: a tensor, or images in the layout above. Whoever takes it says
/// which it wants; it is converted where it is the other.
class Signal {
 public:
  /// @param tensor Any shape.
  Signal(Tensor tensor) : value_{std::move(tensor)} {}  // NOLINT(google-explicit-constructor)
  /// @param images In the layout above.
  Signal(Images images) : value_{std::move(images)} {}  // NOLINT(google-explicit-constructor)

  /// Whether it is a batch of images, in either form.
  [[nodiscard]] bool is_images() const {
    const Tensor* const tensor = std::get_if<Tensor>(&value_);
    return tensor == nullptr || tensor->rank() == 4;
  }

  /// Whether a tensor holds so few images that side by side they would leave most lanes empty: then
  /// it is faster to take one after the other.
  /// @param tensor Any shape; images have four axes.
  [[nodiscard]] static bool are_few(const Tensor& tensor) {
    return tensor.rank() == 4 && 4 * tensor.rows() <= lanes;
  }

  /// Whether it is a tensor of few images.
  [[nodiscard]] bool is_few() const {
    const Tensor* const tensor = std::get_if<Tensor>(&value_);
    return tensor != nullptr && are_few(*tensor);
  }

  /// @return The tensor; images become one, shape (B, C, H, W).
  [[nodiscard]] Tensor tensor() && {
    if (const auto* images = std::get_if<Images>(&value_)) return *images;
    return std::get<Tensor>(std::move(value_));
  }

  /// @return The images; a tensor, shape (B, C, H, W), is put in their layout.
  /// @throws std::invalid_argument if it is a tensor that has not four axes.
  [[nodiscard]] Images images() && {
    if (const auto* tensor = std::get_if<Tensor>(&value_)) return *tensor;
    return std::get<Images>(std::move(value_));
  }

 private:
  std::variant<Tensor, Images> value_;
};

}  // namespace nn
