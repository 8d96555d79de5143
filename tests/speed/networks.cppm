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

export namespace speed {

constexpr std::size_t batch_size = 100;

// Of the language model: the size of its vocabulary, the length of its windows, and a batch of
// them.
constexpr std::size_t characters = 91;
constexpr std::size_t places = 128;
constexpr std::size_t windows = 8;

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

/// Two convolutions with kernels of 5 × 5, each followed by a pool, and their outputs as one row.
/// @param side Height and width of the images.
/// @param normalized Whether each convolution has a batch normalization after it.
nn::Sequential convolutions(std::size_t side, std::size_t first, std::size_t second,
                            nn::Random& random, bool normalized = false) {
  nn::Sequential network{nn::Reshape{1, side, side}};
  std::size_t channels = 1;
  for (const std::size_t next : {first, second}) {
    network.push(nn::Convolution{channels, next, {.kernel = 5}, nn::He{random}});
    if (normalized) network.push(nn::BatchNorm{next});
    network.push(nn::MaxPool{2});
    network.push(nn::ReLU{});
    channels = next;
  }
  network.push(nn::Flatten{});
  return network;
}

/// The same with two dense layers after it.
/// @param normalized Whether the first of them has a batch normalization after it, too.
/// @param dropped Whether they have a dropout between them.
nn::Sequential convolutional(std::size_t first, std::size_t second, nn::Random& random,
                             bool normalized = false, bool dropped = false) {
  nn::Sequential network = convolutions(28, first, second, random, normalized);
  network.push(nn::Dense{16 * second, 128, nn::He{random}});
  if (normalized) network.push(nn::BatchNorm{128});
  network.push(nn::ReLU{});
  if (dropped) network.push(nn::Dropout{0.2, random});
  network.push(nn::Dense{128, 10, nn::Glorot{random}});
  return network;
}

/// A pre-norm block: attention and an MLP, each past a residual connection.
nn::Sequential attention_block(std::size_t features, const nn::AttentionOptions& options,
                               const nn::Glorot& start) {
  return nn::Sequential{
      nn::Residual{nn::LayerNorm{features}, nn::Attention{features, start, options}},
      nn::Residual{nn::LayerNorm{features}, nn::Dense{features, 4 * features, start}, nn::GELU{},
                   nn::Dense{4 * features, features, start}}};
}

/// A network by its name in the questions: `mlp` and `book_cnn` are those of chapter 10, `cnn` has
/// half the channels, `normalized_cnn` is `cnn` with batch normalization, `dropped_cnn` is
/// `book_cnn` with batch normalization and dropout, `lstm` and `gru` read an image row by row, to
/// `transformer` the rows are places that look at each other, and `language_model` is chapter 19's.
/// @throws std::invalid_argument if there is no such network.
nn::Sequential network(const std::string& name, std::uint64_t seed = 1) {
  nn::Random random{seed};
  if (name == "mlp") return perceptron(784, 256, 2, random);
  if (name == "cnn") return convolutional(8, 16, random);
  if (name == "book_cnn") return convolutional(16, 32, random);
  if (name == "normalized_cnn") return convolutional(8, 16, random, true);
  if (name == "dropped_cnn") return convolutional(16, 32, random, true, true);
  const nn::Glorot start{random};
  if (name == "lstm") {
    return nn::Sequential{nn::Reshape{28, 28}, nn::LSTM{28, 128, start}, nn::Dense{128, 10, start}};
  }
  if (name == "gru") {
    return nn::Sequential{nn::Reshape{28, 28}, nn::GRU{28, 128, start}, nn::Dense{128, 10, start}};
  }
  if (name == "transformer") {
    return nn::Sequential{nn::Reshape{28, 28},
                          nn::Dense{28, 128, start},
                          nn::Positions{28, 128, start},
                          attention_block(128, {.heads = 4}, start),
                          attention_block(128, {.heads = 4}, start),
                          nn::Flatten{},
                          nn::Dense{28 * 128, 10, start}};
  }
  if (name == "language_model") {
    return nn::Sequential{nn::Embedding{characters, 96, start},
                          nn::SinusoidalPositions{places, 96},
                          attention_block(96, {.heads = 4, .causal = true}, start),
                          attention_block(96, {.heads = 4, .causal = true}, start),
                          nn::LayerNorm{96},
                          nn::Dense{96, characters, start}};
  }
  throw std::invalid_argument(fmt::format("no network '{}'", name));
}

}  // namespace speed
