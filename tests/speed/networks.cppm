/// @file
/// @brief The networks that `./book speed` measures, and the data they learn from.
module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

export module speed.networks;

export import nn;

namespace speed {

/// Two convolutions with kernels of 5 × 5, each followed by a pool, then two dense layers.
/// @param with Whether each convolution has a batch normalization after it, and the dense layers a
/// dropout
///   between them.
nn::Sequential convolutional(std::size_t first, std::size_t second, bool with, nn::Random& random) {
  nn::Sequential network{nn::Reshape{1, 28, 28}};
  std::size_t channels = 1;
  for (const std::size_t next : {first, second}) {
    network.push(nn::Convolution{channels, next, {.kernel = 5}, nn::He{random}});
    if (with) network.push(nn::BatchNorm{next});
    network.push(nn::MaxPool{2});
    network.push(nn::ReLU{});
    channels = next;
  }
  network.push(nn::Flatten{});
  network.push(nn::Dense{16 * second, 128, nn::He{random}});
  network.push(nn::ReLU{});
  if (with) network.push(nn::Dropout{0.2, random});
  network.push(nn::Dense{128, 10, nn::Glorot{random}});
  return network;
}

}  // namespace speed

export namespace speed {

constexpr std::size_t batch_size = 100;

/// MNIST with all 60,000 training images, read once.
const nn::Split& digits() {
  static const nn::Split split = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0});
  return split;
}

/// A multi-layer perceptron with `depth` hidden layers of `width` units.
nn::Sequential perceptron(std::size_t inputs, std::size_t width, std::size_t depth,
                          nn::Random& random) {
  nn::Sequential network;
  for (std::size_t i = 0; i < depth; ++i) {
    network.push(nn::Dense{i == 0 ? inputs : width, width, nn::He{random}});
    network.push(nn::ReLU{});
  }
  network.push(nn::Dense{depth == 0 ? inputs : width, 10, nn::Glorot{random}});
  return network;
}

/// A network by its name in the questions: `mlp` and `book_cnn` are those of chapter 10, `cnn` has
/// half the channels, `normalized` is `book_cnn` with batch normalization and dropout, `lstm` and
/// `gru` read an image row by row.
/// @throws std::invalid_argument if there is no such network.
nn::Sequential network(const std::string& name, std::uint64_t seed = 1) {
  nn::Random random{seed};
  if (name == "mlp") return perceptron(784, 256, 2, random);
  if (name == "cnn") return convolutional(8, 16, false, random);
  if (name == "book_cnn") return convolutional(16, 32, false, random);
  if (name == "normalized") return convolutional(16, 32, true, random);
  const nn::Glorot start{random};
  if (name == "lstm") {
    return nn::Sequential{nn::Reshape{28, 28}, nn::LSTM{28, 128, start}, nn::Dense{128, 10, start}};
  }
  if (name == "gru") {
    return nn::Sequential{nn::Reshape{28, 28}, nn::GRU{28, 128, start}, nn::Dense{128, 10, start}};
  }
  throw std::invalid_argument(fmt::format("no network '{}'", name));
}

}  // namespace speed
