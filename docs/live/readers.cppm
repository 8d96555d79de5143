/// @file
/// @brief Networks that read digits, and the test images on which they are compared.
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

import live.images;
import nn.convolution;
import nn.pooling;
import nn.reshape;
import nn.dense;
import nn.evaluation;
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
  if (const auto* inner = network[0].as<nn::Sequential>()) return begins_with<Layers...>(*inner);
  return (... || (network[0].as<Layers>() != nullptr));
}

/// The same network for rows of 784 pixels, which it reshapes to images or to sequences of their
/// rows if necessary.
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
  /// @param name Its name.
  /// @param network Takes 784 pixels, an image of 28 × 28, or its 28 rows; outputs ten numbers.
  /// @throws std::invalid_argument if it does not.
  Reader(std::string name, const nn::Sequential& network)
      : name_{std::move(name)}, network_{of_rows(network)} {
    const auto* const first = network_[0].as<nn::Dense>();
    if (first != nullptr && first->inputs() != pixels) {
      throw std::invalid_argument(
          fmt::format("it takes {} numbers, but an image has {} pixels", first->inputs(), pixels));
    }
    const nn::Shape output = network_.output_shape(nn::Shape{pixels});
    if (output == nn::Shape{digits}) return;
    throw std::invalid_argument(
        fmt::format("its output for an image has shape {}, expected (10), one for each digit",
                    nn::to_string(output)));
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const nn::Sequential& network() const { return network_; }

  /// The probability of each digit.
  /// @param images Shape (B, 784).
  /// @return Shape (B, 10).
  [[nodiscard]] nn::Tensor probabilities(const nn::Tensor& images) const {
    return nn::predict_probabilities(network_, images);
  }

 private:
  std::string name_;
  nn::Sequential network_;
};

/// MNIST's test images, numbered from 1, and which of them are misread. Because finding that out
/// takes a while, it is done in parts.
export class TestImages {
 public:
  /// Reads them from a file.
  void load() { images_ = Images{"draw", "mnist_test"}; }
  [[nodiscard]] std::size_t count() const { return images_.size(); }

  /// One image, shape (1, 784), from 0 for background to 1 for ink.
  [[nodiscard]] nn::Tensor image(std::size_t number) const {
    return images_.part(number - 1, 1).inputs;
  }

  /// The digit that an image shows.
  [[nodiscard]] std::size_t digit(std::size_t number) const { return images_.label(number - 1); }

  /// How many have been checked.
  [[nodiscard]] std::size_t checked() const { return checked_; }
  /// The numbers of the images that a network misreads, as far as they have been checked.
  /// @param reader 0 for the first network.
  [[nodiscard]] const std::vector<std::size_t>& misread(std::size_t reader) const {
    return misread_.at(reader);
  }
  /// The numbers of the images that at least one network misreads.
  [[nodiscard]] const std::vector<std::size_t>& misread() const { return misread_by_any_; }

  /// Forgets which images are misread.
  void forget() {
    checked_ = 0;
    misread_.clear();
    misread_by_any_.clear();
  }

  /// Checks more images.
  /// @param readers The networks.
  /// @param last The last image to check.
  void check(std::span<const Reader> readers, std::size_t last) {
    last = std::min(last, count());
    if (last <= checked_) return;
    misread_.resize(readers.size());
    const std::size_t first = checked_ + 1;
    const nn::Dataset some = images_.part(checked_, last - checked_);
    for (std::size_t r = 0; r < readers.size(); ++r) {
      const nn::Labels guesses = nn::Labels::from_rows(readers[r].probabilities(some.inputs));
      for (std::size_t i = 0; i < guesses.size(); ++i) {
        if (guesses[i] != some.targets.labels()[i]) misread_[r].push_back(first + i);
      }
      misread_by_any_.insert(misread_by_any_.end(), std::ranges::lower_bound(misread_[r], first),
                             misread_[r].end());
    }
    std::ranges::sort(misread_by_any_);
    const auto [end, all] = std::ranges::unique(misread_by_any_);
    misread_by_any_.erase(end, all);
    checked_ = last;
  }

  /// The image to show next: first those that are misread, then the rest.
  /// @param number The image shown now; 0 for none.
  /// @return 0 if more images must be checked first.
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
  Images images_;
  std::size_t checked_ = 0;
  std::vector<std::vector<std::size_t>> misread_;
  std::vector<std::size_t> misread_by_any_;
};

}  // namespace live
