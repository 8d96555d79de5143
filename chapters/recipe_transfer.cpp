// Recipe: frozen layers and transfer learning. Read with docs/recipes.md.

// [head]
#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

import lecture;
import nn;

/// The places of 100 images of each digit in random order, digit by digit in turn, so that the
/// first 10 n are n of each; then those of all other images.
std::vector<std::size_t> hundred_of_each(const nn::Labels& digits, nn::Random random) {
  std::array<std::size_t, 10> found{};
  std::vector<std::size_t> places(1000);
  for (const std::size_t place : random.permutation(digits.size())) {
    const std::size_t digit = digits[place];
    const std::size_t before = found[digit]++;
    if (before < 100) {
      places[10 * before + digit] = place;
    } else {
      places.push_back(place);
    }
  }
  return places;
}

/// Trains a network with 6,000 images, drawn from a few again and again, and returns its accuracy
/// on others.
double trained(nn::Sequential network, const nn::Dataset& few, const nn::Dataset& others) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  trainer.fit(few, {.epochs = 6'000 / few.size(), .batches = {.size = 20}});
  return 100 * trainer.evaluate(others).metrics[0];
}
// [/head]

// [transfer]
/// All but the last layer of a stored network, frozen, and a last layer that knows nothing yet.
nn::Sequential with_new_head(const nn::Sequential& stored, nn::Random random) {
  nn::Sequential network = stored.slice(0, stored.size() - 1);
  network.freeze(0, network.size());
  network.push(nn::Dense{128, 10, nn::Glorot{random}});
  return network;
}

/// The same network, with no layer trained yet.
nn::Sequential from_the_start(nn::Random random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 16, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{16, 32, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{512, 128, nn::He{random}},
                        nn::ReLU{},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}
// [/transfer]

// [compare]
int main() {
  // Another set of digits; MNIST's network has never seen them.
  const nn::Dataset digits = nn::mnist::load(NN_MNIST_FOLDER "/../digits8", {.validation = 0}).test;
  const nn::Sequential stored = nn::load_network(NN_NETWORKS_FOLDER "/cnn.safetensors");
  fmt::print("{}\n", with_new_head(stored, nn::Random{1}).summary());
  fmt::print("images of each digit  MNIST's network  a new last layer  from the start\n");
  for (const std::size_t count : {10U, 30U, 100U}) {
    std::array<std::vector<double>, 3> results;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const nn::Random random{seed};
      const auto places = hundred_of_each(digits.targets.labels(), random);
      const std::span<const std::size_t> all{places};
      const nn::Dataset few = nn::gather(digits, all.first(10 * count));
      const nn::Dataset others = nn::gather(digits, all.subspan(1000));
      results[0].push_back(
          100 * nn::evaluate(stored, nn::SoftmaxCrossEntropy{}, others, nn::Accuracy{}).metrics[0]);
      results[1].push_back(trained(with_new_head(stored, random), few, others));
      results[2].push_back(trained(from_the_start(random), few, others));
    }
    fmt::print("{:<20}", count);
    for (const std::vector<double>& result : results) {
      fmt::print("  {:>14} %", lecture::to_string(lecture::spread(result), 1));
    }
    fmt::print("\n");
  }
}
// [/compare]
