module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

module nn.mnist;

import nn.idx;

namespace nn::mnist {

namespace {

namespace fs = std::filesystem;

/// Images and labels of one set, still as bytes.
struct Bytes {
  Idx images;
  Idx labels;
};

void check_labels(const fs::path& file, const std::vector<std::uint8_t>& labels) {
  constexpr std::size_t header = 8;  // of an IDX file with one axis
  const auto wrong = std::ranges::find_if(labels, [](auto label) { return label > 9; });
  if (wrong == labels.end()) return;
  const auto place = static_cast<std::size_t>(wrong - labels.begin());
  throw std::runtime_error(fmt::format("nn::mnist: {}, byte {}: label is {}, expected 0 to 9",
                                       file.string(), header + place, *wrong));
}

Bytes read_set(const fs::path& images, const fs::path& labels) {
  Bytes bytes{.images = read_idx(images, 3), .labels = read_idx(labels, 1)};
  if (bytes.images.axes[0] != bytes.labels.axes[0]) {
    throw std::runtime_error(fmt::format("nn::mnist: {} holds {} images, {} holds {} labels",
                                         images.string(), bytes.images.axes[0], labels.string(),
                                         bytes.labels.axes[0]));
  }
  check_labels(labels, bytes.labels.values);
  return bytes;
}

/// The samples at these places as numbers. Splitting the bytes, before they become four times as
/// many, saves memory: the numbers of MNIST's training images take 188 MB.
Dataset to_dataset(const Bytes& bytes, std::span<const std::size_t> places) {
  if (places.empty()) return {};
  const std::size_t size = bytes.images.axes[1] * bytes.images.axes[2];
  Tensor inputs = Tensor::uninitialized(Shape{places.size(), size});
  std::vector<std::size_t> labels(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto pixels = std::span{bytes.images.values}.subspan(places[i] * size, size);
    std::ranges::transform(pixels, inputs.row(i).begin(),
                           [](std::uint8_t pixel) { return static_cast<real>(pixel) / 255; });
    labels[i] = bytes.labels.values[places[i]];
  }
  return {.inputs = std::move(inputs), .targets = Labels{std::move(labels)}};
}

Dataset to_dataset(const Bytes& bytes) {
  std::vector<std::size_t> places(bytes.labels.values.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  return to_dataset(bytes, places);
}

/// The images of both sets must have one size, or no network could take both.
void check_sizes(const fs::path& folder, const Idx& training, const Idx& test) {
  if (training.axes[1] == test.axes[1] && training.axes[2] == test.axes[2]) return;
  throw std::runtime_error(fmt::format(
      "nn::mnist: {} holds training images of {} × {} pixels and test images of {} × {}",
      folder.string(), training.axes[2], training.axes[1], test.axes[2], test.axes[1]));
}

}  // namespace

Dataset load_set(const fs::path& images, const fs::path& labels) {
  return to_dataset(read_set(images, labels));
}

Split load(const fs::path& folder, const LoadOptions& options) {
  const auto file = [&](const char* name) { return folder / name; };
  const Bytes training = read_set(file("train-images-idx3-ubyte"), file("train-labels-idx1-ubyte"));
  const Bytes test = read_set(file("t10k-images-idx3-ubyte"), file("t10k-labels-idx1-ubyte"));
  check_sizes(folder, training.images, test.images);
  const auto& labels = training.labels.values;
  const SplitPlaces places =
      split_places(Labels{std::vector<std::size_t>(labels.begin(), labels.end())},
                   Counts{.validation = options.validation},
                   {.seed = options.seed, .stratified = options.stratified});
  return {.training = to_dataset(training, places.training),
          .validation = to_dataset(training, places.validation),
          .test = to_dataset(test)};
}

}  // namespace nn::mnist
