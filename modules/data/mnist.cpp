module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

module nn.mnist;

import nn.idx;
import nn.text;

namespace nn::mnist {

namespace {

namespace fs = std::filesystem;

/// Images and labels of one set, as bytes.
struct Bytes {
  Idx images;
  std::vector<std::uint8_t> labels;
};

Bytes read_set(const fs::path& images, const fs::path& labels) {
  Bytes bytes{.images = read_idx(images, 3), .labels = read_idx_labels(labels, 9)};
  if (bytes.images.axes[0] != bytes.labels.size()) {
    throw std::runtime_error(fmt::format("nn::mnist: {} holds {} images, but {} holds {} labels",
                                         images.string(), bytes.images.axes[0], labels.string(),
                                         bytes.labels.size()));
  }
  return bytes;
}

/// A file that a folder may have, with all spellings of its name.
struct FileName {
  std::vector<std::string> stems;
  std::vector<std::string> types;

  /// The first of the names that exists in the folder, plain or compressed; nothing if none does.
  [[nodiscard]] std::optional<fs::path> find(const fs::path& folder) const {
    std::error_code none;
    for (const std::string& stem : stems) {
      for (const char* const dot : {"-", "."}) {
        for (const std::string& type : types) {
          fs::path file = folder / fmt::format("{}{}{}", stem, dot, type);
          for (const char* const end : {"", ".gz"}) {
            if (fs::is_regular_file(file.string() + end, none)) return file;
          }
        }
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] fs::path in(const fs::path& folder) const {
    if (const std::optional<fs::path> file = find(folder)) return *file;
    throw std::runtime_error(fmt::format(
        "nn::mnist: no file {0}-{1} in {2}, expected this name or {0}.{1}, with or without .gz",
        stems.front(), types.front(), (fs::absolute(folder) / "file").parent_path().string()));
  }
};

/// Reads a set from a folder. A separate statement looks for the images first, because compilers
/// differ in the order in which they evaluate the arguments of a call.
Bytes read_set(const fs::path& folder, const FileName& images, const FileName& labels) {
  const fs::path file = images.in(folder);
  return read_set(file, labels.in(folder));
}

/// The four files of a folder.
struct Files {
  FileName training_images, training_labels, test_images, test_labels;

  /// @param set The beginning of the names.
  static Files of(const std::string& set) {
    const std::vector<std::string> images{"idx3-ubyte"};
    const std::vector<std::string> labels{"idx1-ubyte", "idx2-int"};
    const auto either = [&](const char* kind) {
      return std::vector{set + "t10k-" + kind, set + "test-" + kind};
    };
    return {.training_images = {.stems = {set + "train-images"}, .types = images},
            .training_labels = {.stems = {set + "train-labels"}, .types = labels},
            .test_images = {.stems = either("images"), .types = images},
            .test_labels = {.stems = either("labels"), .types = labels}};
  }

  /// The first set that is in the folder; MNIST's names if none is.
  static Files in(const fs::path& folder) {
    for (const char* const set : {"", "emnist-digits-", "emnist-mnist-", "qmnist-"}) {
      if (Files files = of(set); files.training_images.find(folder)) return files;
    }
    return of("");
  }
};

/// Converts the samples at these places to floats. The set is split before this, because floats
/// take four times the memory of bytes: 188 MB for MNIST's training images.
Dataset to_dataset(const Bytes& bytes, std::span<const std::size_t> places) {
  if (places.empty()) return {};
  const std::size_t size = bytes.images.axes[1] * bytes.images.axes[2];
  Tensor inputs = Tensor::uninitialized(Shape{places.size(), size});
  std::vector<std::size_t> labels(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto pixels = std::span{bytes.images.values}.subspan(places[i] * size, size);
    std::ranges::transform(pixels, inputs.row(i).begin(),
                           [](std::uint8_t pixel) { return static_cast<real>(pixel) / 255; });
    labels[i] = bytes.labels[places[i]];
  }
  return {.inputs = std::move(inputs), .targets = Labels{std::move(labels)}};
}

Dataset to_dataset(const Bytes& bytes) {
  std::vector<std::size_t> places(bytes.labels.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  return to_dataset(bytes, places);
}

/// Checks that the images of both sets have the same size, so that one network can take both.
void check_sizes(const fs::path& folder, const Idx& training, const Idx& test) {
  if (training.axes[1] == test.axes[1] && training.axes[2] == test.axes[2]) return;
  throw std::runtime_error(
      fmt::format("nn::mnist: {} holds training images of {} × {} pixels and test images of {} × "
                  "{}, expected the same size",
                  folder.string(), training.axes[2], training.axes[1], test.axes[2], test.axes[1]));
}

/// The number of images for a fraction of them.
std::size_t count_of(double fraction, std::size_t whole) {
  if (!(fraction >= 0 && fraction < 1)) {
    throw std::invalid_argument(fmt::format(
        "nn::mnist::load: fraction for validation is {}, expected at least 0 and below 1",
        unsigned_nan(fraction)));
  }
  if (fraction == 0) return 0;
  const auto nearest = std::llround(fraction * static_cast<double>(whole));
  return std::max(static_cast<std::size_t>(nearest), std::min<std::size_t>(whole / 2, 1));
}

}  // namespace

Dataset load_set(const fs::path& images, const fs::path& labels) {
  return to_dataset(read_set(images, labels));
}

Split load(const fs::path& folder, const LoadOptions& options) {
  const Files files = Files::in(folder);
  const Bytes training = read_set(folder, files.training_images, files.training_labels);
  const Bytes test = read_set(folder, files.test_images, files.test_labels);
  check_sizes(folder, training.images, test.images);
  const std::vector<std::uint8_t>& labels = training.labels;
  const SplitPlaces places =
      split_places(Labels{std::vector<std::size_t>(labels.begin(), labels.end())},
                   Counts{.validation = count_of(options.validation, labels.size())},
                   {.seed = options.seed, .stratified = options.stratified});
  return {.training = to_dataset(training, places.training),
          .validation = to_dataset(training, places.validation),
          .test = to_dataset(test)};
}

}  // namespace nn::mnist
