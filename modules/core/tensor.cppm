/// @file
/// @brief Tensors: numbers with a shape, the one type that flows through a network.
module;

#include <algorithm>
#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>

export module nn.tensor;

export namespace nn {

/// The type of every number in a network. Networks do not need more than single precision;
/// the tests also build the library in double, where a wrong gradient cannot hide in rounding.
#ifdef NN_REAL_IS_DOUBLE
using real = double;
#else
using real = float;
#endif

/// The lengths of a tensor's axes, outermost first: (batch, columns), or
/// (batch, channels, height, width). One to four axes; `Shape{}` has none and means "not known".
class Shape {
 public:
  static constexpr std::size_t max_rank = 4;

  constexpr Shape() = default;

  /// @param axes Their lengths, outermost first.
  /// @throws std::invalid_argument if there are more than four, one is 0, or the product overflows.
  explicit Shape(std::initializer_list<std::size_t> axes) : Shape{std::span{axes}} {}
  /// The same, of lengths in any contiguous range.
  explicit Shape(std::span<const std::size_t> axes);

  /// The number of axes, 0 to 4.
  [[nodiscard]] constexpr std::size_t rank() const { return rank_; }

  /// The lengths of the axes, outermost first.
  [[nodiscard]] constexpr std::span<const std::size_t> axes() const {
    return {axes_.data(), rank_};
  }

  /// The number of values a tensor of this shape holds; 0 where there is no axis.
  [[nodiscard]] constexpr std::size_t size() const {
    std::size_t product = rank_ == 0 ? 0 : 1;
    for (std::size_t axis = 0; axis < rank_; ++axis) product *= axes_[axis];
    return product;
  }

  /// The length of one axis.
  /// @param axis 0 to rank() − 1, counted from the outermost.
  [[nodiscard]] constexpr std::size_t operator[](std::size_t axis) const {
    assert(axis < rank_);
    return axes_[axis];
  }

  /// The shape of one sample: this shape without its outermost axis, the batch.
  [[nodiscard]] Shape sample() const;

  /// The shape of a batch of samples of this shape.
  /// @param count Samples in the batch, at least 1.
  /// @throws std::invalid_argument if count is 0, this shape has four axes already, or the product
  ///   overflows.
  [[nodiscard]] Shape batch(std::size_t count) const;

  constexpr bool operator==(const Shape&) const = default;

 private:
  std::array<std::size_t, max_rank> axes_{};
  std::size_t rank_ = 0;
};

/// The shape as it is written on paper: `(100, 784)`.
/// @param shape Any; `Shape{}` gives `()`.
[[nodiscard]] std::string to_string(const Shape& shape);

}  // namespace nn

namespace nn::detail {

/// Owns the memory of one tensor: aligned to a cache line and, once given back, kept for the next
/// tensor of about that size. A training step asks for the same sizes again and again, so after
/// the first one it allocates nothing.
class Storage {
 public:
  Storage() = default;
  explicit Storage(std::size_t count);
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  Storage(Storage&& other) noexcept
      : data_{std::exchange(other.data_, nullptr)}, capacity_{std::exchange(other.capacity_, 0)} {}
  Storage& operator=(Storage&& other) noexcept {
    Storage taken{std::move(other)};
    std::swap(data_, taken.data_);
    std::swap(capacity_, taken.capacity_);
    return *this;
  }
  ~Storage();

  [[nodiscard]] constexpr real* data() const { return data_; }

 private:
  real* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace nn::detail

export namespace nn {

/// Numbers with a shape, row-major: the last axis is contiguous. A tensor is a value: a copy shares
/// nothing with its original, and a moved-from tensor is empty.
class Tensor {
 public:
  /// An empty tensor: no axis, no values.
  Tensor() = default;

  /// A tensor of zeros.
  /// @param shape Its axes; with `Shape{}` it is empty.
  explicit Tensor(const Shape& shape) : Tensor{shape, real{0}} {}

  /// A tensor with one value everywhere.
  /// @param shape Its axes; with `Shape{}` it is empty.
  /// @param value What stands everywhere.
  Tensor(const Shape& shape, real value);

  /// A tensor with these values, the last axis running fastest.
  /// @param shape Its axes.
  /// @param values As many as the shape holds; copied.
  /// @throws std::invalid_argument if there are not as many as the shape holds.
  Tensor(const Shape& shape, std::span<const real> values);

  /// A vector: `Tensor{1, 2, 3}` has shape (3).
  /// @param values At least one.
  /// @throws std::invalid_argument if there is none.
  template <int = 0>  // a template only to be the second choice: {{1}, {2}} means two rows
  Tensor(std::initializer_list<real> values) : Tensor{Shape{values.size()}, std::span{values}} {}

  /// A matrix by its rows: `Tensor{{1, 2}, {3, 4}, {5, 6}}` has shape (3, 2).
  /// @param rows First to last, at least one value in each.
  /// @throws std::invalid_argument if the rows differ in length, or there is no value.
  Tensor(std::initializer_list<std::initializer_list<real>> rows);

  /// A tensor whose values are whatever the memory held; for code that writes them all.
  /// @param shape Its axes; with `Shape{}` it is empty.
  [[nodiscard]] static Tensor uninitialized(const Shape& shape);

  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&& other) noexcept
      : shape_{std::exchange(other.shape_, Shape{})}, storage_{std::move(other.storage_)} {}
  Tensor& operator=(Tensor&& other) noexcept {
    shape_ = std::exchange(other.shape_, Shape{});
    storage_ = std::move(other.storage_);
    return *this;
  }
  ~Tensor() = default;

  /// The lengths of its axes; `Shape{}` if empty.
  [[nodiscard]] constexpr const Shape& shape() const { return shape_; }
  /// The number of axes, 1 to 4; 0 if empty.
  [[nodiscard]] constexpr std::size_t rank() const { return shape_.rank(); }
  /// The number of values; 0 if empty.
  [[nodiscard]] constexpr std::size_t size() const { return shape_.size(); }
  /// Whether there is no axis and so no value.
  [[nodiscard]] constexpr bool empty() const { return shape_.rank() == 0; }

  /// The length of the outermost axis: the samples of a batch, the rows of a matrix. 0 if empty.
  [[nodiscard]] constexpr std::size_t rows() const { return empty() ? 0 : shape_[0]; }

  /// The values in one row: the product of all axes but the outermost. 0 if empty.
  [[nodiscard]] constexpr std::size_t columns() const { return empty() ? 0 : size() / rows(); }

  /// The first value, where the others follow, the last axis running fastest.
  [[nodiscard]] constexpr real* data() { return storage_.data(); }
  /// The same, read only.
  [[nodiscard]] constexpr const real* data() const { return storage_.data(); }

  /// All values, the last axis running fastest.
  [[nodiscard]] constexpr std::span<real> values() { return {data(), size()}; }
  /// The same, read only.
  [[nodiscard]] constexpr std::span<const real> values() const { return {data(), size()}; }

  /// One row of a matrix, one sample of a batch: what stands at one index of the outermost axis.
  /// @param index 0 to rows() − 1.
  [[nodiscard]] constexpr std::span<real> row(std::size_t index) {
    return {data() + offset(index) * columns(), columns()};
  }
  /// The same, read only.
  [[nodiscard]] constexpr std::span<const real> row(std::size_t index) const {
    return {data() + offset(index) * columns(), columns()};
  }

  /// Some neighboring rows, copied: samples of a batch, rows of a matrix.
  /// @param first The first of them, from 0 on.
  /// @param count How many, at least 1.
  /// @return Shape (count, …), the inner axes as they are here.
  /// @throws std::invalid_argument if count is 0 or the tensor ends before.
  [[nodiscard]] Tensor rows(std::size_t first, std::size_t count) const;

  /// One value, by as many indices as there are axes.
  /// @param index The outermost axis first, each 0 to its axis's length − 1.
  template <std::convertible_to<std::size_t>... Index>
  [[nodiscard]] constexpr real& operator()(Index... index) {
    assert(sizeof...(index) == rank());
    return data()[offset(static_cast<std::size_t>(index)...)];
  }
  /// The same, read only.
  template <std::convertible_to<std::size_t>... Index>
  [[nodiscard]] constexpr real operator()(Index... index) const {
    assert(sizeof...(index) == rank());
    return data()[offset(static_cast<std::size_t>(index)...)];
  }

  /// The same values under another shape; called on a temporary, nothing is copied.
  /// @param shape Holds as many values.
  /// @throws std::invalid_argument if the shape holds another number of values.
  [[nodiscard]] Tensor reshaped(const Shape& shape) const&;
  /// The same, on a temporary.
  [[nodiscard]] Tensor reshaped(const Shape& shape) &&;

  /// Sets every value.
  /// @param value What each becomes.
  void fill(real value) { std::ranges::fill(values(), value); }

  /// Whether shape and values are equal, exactly.
  bool operator==(const Tensor& other) const {
    return shape_ == other.shape_ && std::ranges::equal(values(), other.values());
  }

 private:
  /// The place of an element: ((i · H + j) · W + k) …, Horner's rule over the axes.
  template <std::convertible_to<std::size_t>... Index>
  [[nodiscard]] constexpr std::size_t offset(Index... index) const {
    std::size_t axis = 0;
    std::size_t place = 0;
    ((assert(index < shape_[axis]), place = place * shape_[axis++] + index), ...);
    return place;
  }

  Shape shape_;
  detail::Storage storage_;
};

}  // namespace nn
