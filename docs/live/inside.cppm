/// @file
/// @brief The values inside a network while it reads an image, and texts that explain them.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

export module live.inside;

import nn.convolution;
import nn.pooling;
import nn.dense;
export import nn.weights;

namespace live {

/// A layer of a network at work on one image.
export struct LayerAtWork {
  std::size_t index;  ///< In the network; 0 is the first.
  std::string name;
  nn::Tensor maps;  ///< Its output: images, shape (C, H, W); or numbers, (1, 1, M).
};

/// The output of each layer for an image.
/// @param network Any.
/// @param image Shape (1, 784).
export std::vector<LayerAtWork> at_work(const nn::Sequential& network, const nn::Tensor& image) {
  std::vector<LayerAtWork> layers;
  for (const nn::Tensor& y : network.outputs(image)) {
    const std::size_t i = layers.size();
    const nn::Shape& shape = y.shape();
    const nn::Shape maps =
        shape.rank() == 4 ? nn::Shape{shape[1], shape[2], shape[3]} : nn::Shape{1, 1, y.columns()};
    layers.push_back({.index = i, .name = network[i].name(), .maps = y.reshaped(maps)});
  }
  return layers;
}

/// The largest of the absolute values.
export double most(const nn::Tensor& tensor) {
  double largest = 0;
  for (const nn::real value : tensor.values()) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

/// One of several matrices.
/// @param matrices Shape (N, H, W) or (N, C, H, W).
/// @return Shape (H, W) or (C, H, W).
export nn::Tensor one_of(const nn::Tensor& matrices, std::size_t place) {
  nn::Tensor one{matrices.shape().sample()};
  std::ranges::copy(matrices.row(place), one.data());
  return one;
}

/// The map with the largest number: what its filter looks for is in the image.
export std::size_t strongest(const LayerAtWork& layer) {
  std::vector<nn::real> peaks;
  for (std::size_t map = 0; map < layer.maps.shape()[0]; ++map) {
    peaks.push_back(std::ranges::max(layer.maps.row(map)));
  }
  return static_cast<std::size_t>(std::ranges::max_element(peaks) - peaks.begin());
}

/// The convolution that a layer's maps come from: the layer itself or the last one before it.
export const nn::Convolution* convolution_of(const nn::Sequential& network, std::size_t index) {
  for (std::size_t i = index + 1; i-- > 0;) {
    if (const auto* layer = network[i].as<nn::Convolution>()) return layer;
  }
  return nullptr;
}

/// The beginning of a map's text: `Map 3 of 16, layer 2`.
std::string place_of(const LayerAtWork& layer, std::size_t map) {
  return fmt::format("Map {} of {}, layer {}", map + 1, layer.maps.shape()[0], layer.index + 1);
}

/// The text for a map that a convolution made.
std::string words_of(const nn::Convolution& layer, const LayerAtWork& at_work, std::size_t map) {
  const nn::Tensor image = one_of(at_work.maps, map);
  const auto [least, largest] = std::ranges::minmax(image.values());
  const nn::Shape& kernels = layer.kernels().shape();
  const std::string how =
      kernels[1] == 1
          ? fmt::format("one filter of {} × {}, moved over the image", kernels[2], kernels[3])
          : fmt::format(
                "{} filters of {} × {}, one for each map of the layer before, and their sum",
                kernels[1], kernels[2], kernels[3]);
  return fmt::format(
      "{} ({}): {}. Where the blue parts of {}, the map has large numbers; where the orange parts "
      "are, small ones. Here they go from {:.2f} to {:.2f}.",
      place_of(at_work, map), at_work.name, how,
      kernels[1] == 1 ? "the filter are over ink" : "a filter are over large numbers", least,
      largest);
}

/// The text for one map.
/// @param network The network that the layer belongs to.
/// @param layer The layer at work.
/// @param map 0 to C − 1.
export std::string words_of(const nn::Sequential& network, const LayerAtWork& layer,
                            std::size_t map) {
  if (const auto* convolution = network[layer.index].as<nn::Convolution>()) {
    return words_of(*convolution, layer, map);
  }
  const nn::Tensor image = one_of(layer.maps, map);
  const auto above = std::ranges::count_if(image.values(), [](nn::real y) { return y > 0; });
  if (layer.maps.shape()[1] == 1) {
    return fmt::format("Layer {} ({}): {} numbers, {} of them above 0; no longer a picture.",
                       layer.index + 1, layer.name, image.size(), above);
  }
  const std::string begin = fmt::format("{} ({}): ", place_of(layer, map), layer.name);
  if (network[layer.index].as<nn::MaxPool>() != nullptr) {
    return begin + fmt::format(
                       "keeps the largest number of every window of the map before, so {} × {} "
                       "are left. The position of that number within its window is lost.",
                       image.rows(), image.columns());
  }
  return begin + fmt::format("{} of {} numbers are above 0: there, the filter found something.",
                             above, image.size());
}

/// A hidden unit of a first dense layer at work.
export struct Unit {
  std::size_t index;    ///< 0 for the first of the layer.
  double output;        ///< After its activation.
  nn::Tensor weights;   ///< Shape (28, 28).
  nn::Tensor products;  ///< The weights, each times its pixel.
};

/// The first dense layer, which reads the pixels, and the layers after it.
export class FirstLayer {
 public:
  /// @param network Its first dense layer takes 784 pixels and has an activation after it.
  /// @param image Shape (1, 784).
  FirstLayer(const nn::Sequential& network, const nn::Tensor& image)
      : network_{&network}, image_{&image} {
    while (network[index_].as<nn::Dense>() == nullptr) ++index_;
    hidden_ = network[index_ + 1].predict(layer().predict(image));
  }

  /// The number of its units.
  [[nodiscard]] std::size_t count() const { return hidden_.columns(); }

  /// The units with the largest outputs, in descending order.
  [[nodiscard]] std::vector<Unit> strongest(std::size_t how_many) const {
    std::vector<std::size_t> order(count());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, std::ranges::less{},
                      [&](std::size_t unit) { return std::pair{-hidden_(0, unit), unit}; });
    order.resize(std::min(how_many, order.size()));
    std::vector<Unit> units;
    units.reserve(order.size());
    for (const std::size_t unit : order) units.push_back(look_at(unit));
    return units;
  }

  /// The text for a unit.
  /// @param unit One of strongest().
  /// @param guess The digit that the network reads.
  [[nodiscard]] std::string words_of(const Unit& unit, std::size_t guess) const {
    double for_it = 0;
    double against = 0;
    for (const double product : unit.products.values()) {
      (product > 0 ? for_it : against) += product;
    }
    return fmt::format(
        "Unit {} of {} outputs {:.2f}: {:.2f} from ink where its weights are blue, {:.2f} from ink "
        "where they are orange, and its bias {:.2f}. The network's logit for {} is {:.2f}; without "
        "this unit it would be {:.2f}.",
        unit.index + 1, count(), unit.output, for_it, against, layer().biases()(unit.index), guess,
        score(hidden_, guess), score(without(unit.index), guess));
  }

 private:
  [[nodiscard]] const nn::Dense& layer() const { return network_->layer<nn::Dense>(index_); }

  [[nodiscard]] Unit look_at(std::size_t unit) const {
    constexpr std::size_t side = 28;
    Unit seen{.index = unit,
              .output = hidden_(0, unit),
              .weights = nn::Tensor::uninitialized(nn::Shape{side, side}),
              .products = nn::Tensor::uninitialized(nn::Shape{side, side})};
    for (std::size_t i = 0; i < side * side; ++i) {
      const nn::real weight = layer().weights()(i, unit);
      seen.weights.data()[i] = weight;
      seen.products.data()[i] = weight * (*image_)(0, i);
    }
    return seen;
  }

  /// The layer's output with one unit set to 0.
  [[nodiscard]] nn::Tensor without(std::size_t unit) const {
    nn::Tensor silenced = hidden_;
    silenced(0, unit) = 0;
    return silenced;
  }

  /// The logit of one digit that the rest of the network computes from it.
  [[nodiscard]] double score(nn::Tensor x, std::size_t guess) const {
    for (std::size_t i = index_ + 2; i < network_->size(); ++i) {
      x = (*network_)[i].predict(std::move(x));
    }
    return x(0, guess);
  }

  const nn::Sequential* network_;
  const nn::Tensor* image_;
  std::size_t index_ = 0;
  nn::Tensor hidden_;  // (1, M)
};

}  // namespace live
