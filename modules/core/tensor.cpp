module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.tensor;

namespace nn {

Shape::Shape(std::span<const std::size_t> axes) : rank_{axes.size()} {
  if (rank_ > max_rank) {
    throw std::invalid_argument(
        fmt::format("nn::Shape: {} axes, expected at most {}", rank_, max_rank));
  }
  std::size_t product = 1;
  for (std::size_t axis = 0; axis < rank_; ++axis) {
    const std::size_t length = axes[axis];
    if (length == 0) {
      throw std::invalid_argument(
          fmt::format("nn::Shape: axis {} has length 0, expected at least 1", axis));
    }
    // Sizes in bytes must also fit in a pointer difference.
    if (length > std::numeric_limits<std::size_t>::max() / 2 / sizeof(real) / product) {
      throw std::invalid_argument(fmt::format(
          "nn::Shape: ({}) has more values than memory can hold", fmt::join(axes, ", ")));
    }
    product *= length;
    axes_[axis] = length;
  }
}

Shape Shape::sample() const {
  return rank_ < 2 ? Shape{} : Shape{std::span{axes_}.subspan(1, rank_ - 1)};
}

Shape Shape::batch(std::size_t count) const {
  std::array<std::size_t, max_rank + 1> axes{count};
  std::ranges::copy(axes_, axes.begin() + 1);
  return Shape{std::span{axes}.first(rank_ + 1)};
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    text += fmt::format("{}{}", axis == 0 ? "" : ", ", shape[axis]);
  }
  return text + ")";
}

}  // namespace nn

namespace nn::detail {

namespace {

constexpr std::align_val_t cache_line{64};

/// Extra room after every tensor's end, so that a load of several vectors that starts inside the
/// tensor stays inside its block.
constexpr std::size_t slack = 128;

/// A block with more values is large: 32 MB of floats.
constexpr std::size_t max_small = std::size_t{1} << 23U;

/// How many values a thread keeps at most in blocks that are not large: 64 MB of floats.
constexpr std::size_t max_kept = std::size_t{1} << 24U;

struct Block {
  real* data;
  std::size_t capacity;
  std::size_t given = 0;  ///< How many blocks had been given back before this one.

  [[nodiscard]] bool is_large() const { return capacity > max_small; }
};

void free_block(const Block& block) { ::operator delete(block.data, cache_line); }

/// The blocks that one thread has given back, oldest first. Each thread has its own recycler, so no
/// locks are needed.
///
/// A large block is kept only if one of its size was given back before. So the memory of a data set
/// is freed immediately, while training on large images, which needs the same sizes in every step,
/// does not wait for the system to fill new blocks with zeros.
class Recycler {
 public:
  Recycler() { blocks_.reserve(max_blocks + 1); }
  Recycler(const Recycler&) = delete;
  Recycler& operator=(const Recycler&) = delete;
  ~Recycler() {
    closed = true;
    std::ranges::for_each(blocks_, free_block);
  }

  /// The smallest block with room for `count` values; an empty block if all are too small or
  /// wastefully large. Of equal blocks, the last one given back, which may still be in the cache.
  [[nodiscard]] Block take(std::size_t count) {
    auto best = blocks_.end();
    for (auto block = blocks_.begin(); block != blocks_.end(); ++block) {
      const bool fits = block->capacity >= count && block->capacity <= count + count / 4;
      if (fits && (best == blocks_.end() || block->capacity <= best->capacity)) best = block;
    }
    if (best == blocks_.end()) return {};
    const Block taken = *best;
    remove(best);
    return taken;
  }

  // [recycler]
  void give(Block block) {
    block.given = ++given_;
    if (block.is_large() && !came_back_before(block.capacity)) {
      free_block(block);
      return;
    }
    blocks_.push_back(block);
    if (!block.is_large()) kept_ += block.capacity;
    while (blocks_.size() > max_blocks || kept_ > max_kept) free_at(blocks_.begin());
    const auto stale = std::ranges::find_if(blocks_, [&](const Block& other) {
      return other.is_large() && given_ - other.given > patience;
    });
    if (stale != blocks_.end()) free_at(stale);
  }
  // [/recycler]

  /// Set when this thread's recycler is destroyed: tensors that outlive it free their own memory.
  static thread_local bool closed;

 private:
  using Place = std::vector<Block>::iterator;

  void remove(Place place) {
    if (!place->is_large()) kept_ -= place->capacity;
    blocks_.erase(place);
  }

  void free_at(Place place) {
    free_block(*place);
    remove(place);
  }

  /// Whether a large block of this size was given back recently; also records that one was now.
  bool came_back_before(std::size_t capacity) {
    if (std::ranges::find(large_sizes_, capacity) != large_sizes_.end()) return true;
    large_sizes_[next_size_++ % large_sizes_.size()] = capacity;
    return false;
  }

  static constexpr std::size_t max_blocks = 256;
  /// A large block that is not taken while this many blocks are given back is freed.
  static constexpr std::size_t patience = 1000;
  std::vector<Block> blocks_;
  std::size_t kept_ = 0;   // values, in blocks that are not large
  std::size_t given_ = 0;  // blocks
  std::array<std::size_t, 16> large_sizes_{};
  std::size_t next_size_ = 0;
};

thread_local bool Recycler::closed = false;
thread_local Recycler recycler;

}  // namespace

Storage::Storage(std::size_t count) {
  if (count == 0) return;
  Block block{};
  if (!Recycler::closed) block = recycler.take(count);
  if (block.data == nullptr) {
    const std::size_t whole = count + slack;
    block = {static_cast<real*>(::operator new(whole * sizeof(real), cache_line)), count};
  }
  std::fill_n(block.data + count, slack, real{0});  // so that what a load finds there is a number
  data_ = block.data;
  capacity_ = block.capacity;
}

Storage::~Storage() {
  if (data_ == nullptr) return;
  if (Recycler::closed) {
    free_block({data_, capacity_});
  } else {
    recycler.give({data_, capacity_});
  }
}

}  // namespace nn::detail

namespace nn {

Tensor Tensor::uninitialized(const Shape& shape) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.storage_ = detail::Storage{shape.size()};
  return tensor;
}

Tensor::Tensor(const Shape& shape, real value) : Tensor{uninitialized(shape)} { fill(value); }

Tensor::Tensor(const Shape& shape, std::span<const real> values) : Tensor{uninitialized(shape)} {
  if (values.size() != size()) {
    throw std::invalid_argument(fmt::format("nn::Tensor: {} values for shape {}, expected {}",
                                            values.size(), to_string(shape), size()));
  }
  std::ranges::copy(values, data());
}

Tensor::Tensor(std::initializer_list<std::initializer_list<real>> rows)
    : Tensor{uninitialized(Shape{rows.size(), rows.size() == 0 ? 0 : rows.begin()->size()})} {
  std::size_t index = 0;
  for (const auto& values : rows) {
    if (values.size() != columns()) {
      throw std::invalid_argument(
          fmt::format("nn::Tensor: row {} has {} values, expected {} as in row 0", index,
                      values.size(), columns()));
    }
    std::ranges::copy(values, row(index++).begin());
  }
}

Tensor::Tensor(const Tensor& other) : Tensor{uninitialized(other.shape_)} {
  std::ranges::copy(other.values(), data());
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this == &other) return *this;
  if (size() != other.size()) storage_ = detail::Storage{other.size()};
  shape_ = other.shape_;
  std::ranges::copy(other.values(), data());
  return *this;
}

Tensor Tensor::rows(std::size_t first, std::size_t count) const {
  if (count == 0 || count > rows() || first > rows() - count) {
    throw std::invalid_argument(fmt::format(
        "nn::Tensor: {} rows starting at {}, expected 1 or more, all within the tensor's {}", count,
        first, rows()));
  }
  Tensor result = uninitialized(shape_.sample().batch(count));
  std::ranges::copy(values().subspan(first * columns(), count * columns()), result.data());
  return result;
}

Tensor Tensor::reshaped(const Shape& shape) const& { return Tensor{*this}.reshaped(shape); }

Tensor Tensor::reshaped(const Shape& shape) && {
  if (shape.size() != size()) {
    throw std::invalid_argument(fmt::format("nn::Tensor: shape {} holds {} values, expected {}",
                                            to_string(shape), shape.size(), size()));
  }
  Tensor result{std::move(*this)};
  result.shape_ = shape;
  return result;
}

}  // namespace nn
