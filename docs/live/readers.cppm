/// @file
/// @brief Networks that read digits, and the test images that they are asked about.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module live.readers;

import nn.activation;
import nn.convolution;
import nn.dense;
import nn.files;
import nn.metrics;
import nn.recurrent;
export import nn.weights;

namespace live {

constexpr std::size_t side = 28;
constexpr std::size_t pixels = side * side;
constexpr std::size_t digits = 10;

/// Whether the first layer is one of these.
template <class... Layers>
bool begins_with(const nn::Sequential& network) {
  if (network.size() == 0) return false;
  if (const auto* inner = network.layer_if<nn::Sequential>(0)) {
    return begins_with<Layers...>(*inner);
  }
  return (... || (network.layer_if<Layers>(0) != nullptr));
}

/// The same network for rows of 784 pixels: images, or sequences of their rows, are made of them.
nn::Sequential of_rows(const nn::Sequential& network) {
  if (begins_with<nn::Convolution, nn::MaxPool, nn::AveragePool>(network)) {
    return nn::Sequential{nn::Reshape{nn::Shape{1, side, side}}, network};
  }
  if (begins_with<nn::Recurrent, nn::GRU, nn::LSTM>(network)) {
    return nn::Sequential{nn::Reshape{nn::Shape{side, side}}, network};
  }
  return network;
}

/// A network that reads digits.
export class Reader {
 public:
  /// @param name What it is called.
  /// @param network Takes 784 pixels, an image of 28 × 28, or its 28 rows; makes ten numbers.
  /// @throws std::invalid_argument if it does not.
  Reader(std::string name, const nn::Sequential& network)
      : name_{std::move(name)}, network_{of_rows(network)} {
    const auto* const first = network_.layer_if<nn::Dense>(0);
    if (first != nullptr && first->inputs() != pixels) {
      throw std::invalid_argument(
          fmt::format("it takes {} numbers, and an image has {} pixels", first->inputs(), pixels));
    }
    const nn::Shape output = network_.output_shape(nn::Shape{pixels});
    if (output == nn::Shape{digits}) return;
    throw std::invalid_argument(
        fmt::format("of an image it makes numbers of shape {}, expected (10), one for each digit",
                    nn::to_string(output)));
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const nn::Sequential& network() const { return network_; }

  /// How probable it takes each digit to be.
  /// @param images Shape (B, 784).
  /// @return Shape (B, 10).
  [[nodiscard]] nn::Tensor probabilities(const nn::Tensor& images) const {
    nn::Tensor y = network_.predict(images);
    const bool has_softmax = network_.layer_if<nn::Softmax>(network_.size() - 1) != nullptr;
    return has_softmax ? y : nn::Softmax{}.predict(std::move(y));
  }

 private:
  std::string name_;
  nn::Sequential network_;
};

/// MNIST's test images, numbered from 1, and which of them are misread. To find that out takes a
/// while, so it is done in parts.
export class TestImages {
 public:
  /// Reads them from a file: the pixels of all, then as many bytes with their digits.
  void load() { bytes_ = nn::read_whole("draw", "mnist_test"); }
  [[nodiscard]] std::size_t count() const { return bytes_.size() / (pixels + 1); }

  /// Images one after the other, shape (count, 784), 0 background and 1 ink.
  [[nodiscard]] nn::Tensor images(std::size_t number, std::size_t count) const {
    nn::Tensor some = nn::Tensor::uninitialized(nn::Shape{count, pixels});
    const auto bytes = std::span{bytes_}.subspan((number - 1) * pixels, count * pixels);
    std::ranges::transform(bytes, some.data(), [](std::byte byte) {
      return static_cast<nn::real>(std::to_integer<int>(byte)) / 255;
    });
    return some;
  }

  /// The digit that an image shows.
  [[nodiscard]] std::size_t digit(std::size_t number) const {
    return std::to_integer<std::size_t>(bytes_.at(count() * pixels + number - 1));
  }

  /// How many have been looked at.
  [[nodiscard]] std::size_t checked() const { return checked_; }
  /// The numbers of those that a network misreads, as far as they have been looked at.
  /// @param reader 0 for the first network.
  [[nodiscard]] const std::vector<std::size_t>& misread(std::size_t reader) const {
    return misread_.at(reader);
  }
  /// Those that at least one network misreads.
  [[nodiscard]] const std::vector<std::size_t>& misread() const { return misread_by_any_; }

  /// Forgets which are misread.
  void forget() {
    checked_ = 0;
    misread_.clear();
    misread_by_any_.clear();
  }

  /// Looks at more of them.
  /// @param readers The networks.
  /// @param last The last image to be looked at.
  void check(std::span<const Reader> readers, std::size_t last) {
    last = std::min(last, count());
    if (last <= checked_) return;
    misread_.resize(readers.size());
    const std::size_t first = checked_ + 1;
    const nn::Tensor some = images(first, last - checked_);
    for (std::size_t r = 0; r < readers.size(); ++r) {
      const std::vector<std::size_t> guesses = nn::classes(readers[r].probabilities(some));
      for (std::size_t i = 0; i < guesses.size(); ++i) {
        if (guesses[i] != digit(first + i)) misread_[r].push_back(first + i);
      }
      misread_by_any_.insert(misread_by_any_.end(), std::ranges::lower_bound(misread_[r], first),
                             misread_[r].end());
    }
    std::ranges::sort(misread_by_any_);
    const auto [end, all] = std::ranges::unique(misread_by_any_);
    misread_by_any_.erase(end, all);
    checked_ = last;
  }

  /// The image to show after another one: first those that are misread, then the others.
  /// @param number Of the image that is shown; 0 for none.
  /// @return 0 if more of them have to be looked at before that can be said.
  [[nodiscard]] std::size_t next(std::size_t number) const {
    if (count() == 0) return 0;
    const auto& all = misread_by_any_;
    const bool among_misread = number == 0 || std::ranges::binary_search(all, number);
    if (among_misread) {
      const auto found = std::ranges::upper_bound(all, number);
      if (found != all.end()) return *found;
      if (checked_ < count()) return 0;
      number = 0;
    }
    do number = number % count() + 1;
    while (std::ranges::binary_search(all, number));
    return number;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t checked_ = 0;
  std::vector<std::vector<std::size_t>> misread_;
  std::vector<std::size_t> misread_by_any_;
};

}  // namespace live
