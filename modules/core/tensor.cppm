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

/// The type of every number in a network. Single precision is enough for networks; the tests also
/// build the library in double, so that rounding cannot hide a wrong gradient.
#ifdef NN_REAL_IS_DOUBLE
using real = double;
#else
using real = float;
#endif

/// The lengths of a tensor's axes, outermost first: (batch, columns), or
/// (batch, channels, height, width). One to four axes; `Shape{}` has none and means "unknown".
class Shape {
 public:
  static constexpr std::size_t max_rank = 4;

  constexpr Shape() = default;

  /// @param axes Their lengths, outermost first.
  /// @throws std::invalid_argument if there are more than four, one is 0, or the product overflows.
  explicit Shape(std::initializer_list<std::size_t> axes) : Shape{std::span{axes}} {}
  /// The same, from any contiguous range of lengths.
  explicit Shape(std::span<const std::size_t> axes);

  /// The number of axes, 0 to 4.
  [[nodiscard]] constexpr std::size_t rank() const { return rank_; }

  /// The lengths of the axes, outermost first.
  [[nodiscard]] constexpr std::span<const std::size_t> axes() const {
    return {axes_.data(), rank_};
  }

  /// The number of values in a tensor of this shape; 0 if there is no axis.
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

  /// The shape of a batch whose samples have this shape.
  /// @param count Samples in the batch, at least 1.
  /// @throws std::invalid_argument if count is 0, this shape has four axes already, or the product
  ///   overflows.
  [[nodiscard]] Shape batch(std::size_t count) const;

  constexpr bool operator==(const Shape&) const = default;

 private:
  std::array<std::size_t, max_rank> axes_{};
  std::size_t rank_ = 0;
};

/// The shape as text: `(100, 784)`.
/// @param shape Any; `Shape{}` gives `()`.
[[nodiscard]] std::string to_string(const Shape& shape);

}  // namespace nn

namespace nn::detail {

/// Owns the memory of one tensor: aligned to a cache line and, once released, kept for the next
/// tensor of about that size. Every training step needs the same sizes, so after the first step
/// nothing is allocated.
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
/// no memory with the original, and a moved-from tensor is empty.
class Tensor {
 public:
  /// An empty tensor: no axis, no values.
  Tensor() = default;

  /// A tensor of zeros.
  /// @param shape Its axes; with `Shape{}` it is empty.
  explicit Tensor(const Shape& shape) : Tensor{shape, real{0}} {}

  /// A tensor with one value everywhere.
  /// @param shape Its axes; with `Shape{}` it is empty.
  /// @param value The initial value of every element.
  Tensor(const Shape& shape, real value);

  /// A tensor with these values, the last axis running fastest.
  /// @param shape Its axes.
  /// @param values shape.size() of them; copied.
  /// @throws std::invalid_argument if there are more or fewer values.
  Tensor(const Shape& shape, std::span<const real> values);

  /// A vector: `Tensor{1, 2, 3}` has shape (3).
  /// @param values At least one.
  /// @throws std::invalid_argument if there is none.
  template <int = 0>  // a template, so that overload resolution reads {{1}, {2}} as two rows
  Tensor(std::initializer_list<real> values) : Tensor{Shape{values.size()}, std::span{values}} {}

  /// A matrix from its rows: `Tensor{{1, 2}, {3, 4}, {5, 6}}` has shape (3, 2).
  /// @param rows At least one, with at least one value each.
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
  /// Whether the tensor has no axes and therefore no values.
  [[nodiscard]] constexpr bool empty() const { return shape_.rank() == 0; }

  /// The length of the outermost axis: the samples of a batch, the rows of a matrix. 0 if empty.
  [[nodiscard]] constexpr std::size_t rows() const { return empty() ? 0 : shape_[0]; }

  /// The number of values in one row: the product of all axes but the outermost. 0 if empty.
  [[nodiscard]] constexpr std::size_t columns() const { return empty() ? 0 : size() / rows(); }

  /// A pointer to the first value; the rest follow, the last axis running fastest.
  [[nodiscard]] constexpr real* data() { return storage_.data(); }
  /// The same, read only.
  [[nodiscard]] constexpr const real* data() const { return storage_.data(); }

  /// All values, the last axis running fastest.
  [[nodiscard]] constexpr std::span<real> values() { return {data(), size()}; }
  /// The same, read only.
  [[nodiscard]] constexpr std::span<const real> values() const { return {data(), size()}; }

  /// One row of a matrix, one sample of a batch: the values at one index of the outermost axis.
  /// @param index 0 to rows() − 1.
  [[nodiscard]] constexpr std::span<real> row(std::size_t index) {
    return {data() + offset(index) * columns(), columns()};
  }
  /// The same, read only.
  [[nodiscard]] constexpr std::span<const real> row(std::size_t index) const {
    return {data() + offset(index) * columns(), columns()};
  }

  /// A copy of consecutive rows, such as samples of a batch.
  /// @param first The index of the first one.
  /// @param count How many, at least 1.
  /// @return Shape (count, …), with the same inner axes.
  /// @throws std::invalid_argument if count is 0 or the tensor has too few rows after first.
  [[nodiscard]] Tensor rows(std::size_t first, std::size_t count) const;

  /// One value, given an index for each axis. Only an assertion checks the indices.
  /// @param index The outermost axis first, each from 0 to the length of its axis − 1.
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

  /// The same values with another shape; called on a temporary, it copies nothing.
  /// @param shape Has the same number of values.
  /// @throws std::invalid_argument if the number of values differs.
  [[nodiscard]] Tensor reshaped(const Shape& shape) const&;
  /// The same, on a temporary.
  [[nodiscard]] Tensor reshaped(const Shape& shape) &&;

  /// Sets every value.
  /// @param value The new value of every element.
  void fill(real value) { std::ranges::fill(values(), value); }

  /// Whether shape and values are equal, exactly.
  bool operator==(const Tensor& other) const {
    return shape_ == other.shape_ && std::ranges::equal(values(), other.values());
  }

 private:
  /// The offset of an element: ((i · H + j) · W + k) …, Horner's rule over the axes.
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
