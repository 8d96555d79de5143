// `./book mnist --mine`: trains the two networks of chapter 10 with what the reader wrote, and with
// the library alone. CMake defines MINE_DENSE and so on for the exercises that were passed.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

import nn;
import terminal;

#ifdef MINE_DENSE
import mine.dense;
#endif
#ifdef MINE_ACTIVATION
import mine.activation;
#endif
#ifdef MINE_COST
import mine.cost;
#endif
#ifdef MINE_BACKPROP
import mine.backprop;
#endif
#ifdef MINE_OPTIMIZERS
import mine.optimizers;
#endif
#ifdef MINE_BATCHING
import mine.batching;
#endif
#ifdef MINE_INITIALIZERS
import mine.initializers;
#endif
#ifdef MINE_CONVOLUTION
import mine.convolution;
#endif
#ifdef MINE_POOLING
import mine.pooling;
#endif
#ifdef MINE_METRICS
import mine.metrics;
#endif
#ifdef MINE_TRAINING
import mine.training;
#endif

namespace {

using Order = std::vector<std::size_t>;

/// What networks and their training consist of, in the library.
struct Library {
  using Network = nn::Sequential;
  using Dense = nn::Dense;
  using ReLU = nn::ReLU;
  using MaxPool = nn::MaxPool;
  using SoftmaxCrossEntropy = nn::SoftmaxCrossEntropy;
  using He = nn::He;
  using Glorot = nn::Glorot;
  using ConfusionMatrix = nn::ConfusionMatrix;

  struct Convolution : nn::Convolution {
    Convolution(std::size_t inputs, std::size_t outputs, nn::Extent kernel,
                const nn::Initializer auto& initializer)
        : nn::Convolution{inputs, outputs, {.kernel = kernel}, initializer} {}
  };

  struct Adam : nn::Adam {
    explicit Adam(nn::real rate) : nn::Adam{{.learning_rate = rate}} {}
  };

  static Order permutation(std::size_t count, nn::Random& random) {
    return random.permutation(count);
  }

  static std::vector<Order> batches(const Order& order, std::size_t size) {
    std::vector<Order> all;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i % size == 0) all.emplace_back();
      all.back().push_back(order[i]);
    }
    return all;
  }

  static void run_epoch(auto& network, const auto& cost, auto& optimizer, const nn::Dataset& digits,
                        const std::vector<Order>& batches) {
    for (const Order& places : batches) {
      const nn::Dataset batch = nn::gather(digits, places);
      network.backward(cost.gradient(network.forward(batch.inputs), batch.targets));
      optimizer.step(network.parameters());
    }
  }
};

/// The same, where the reader has not written it.
struct Mine : Library {
#ifdef MINE_DENSE
  using Dense = mine::Dense;
#endif
#ifdef MINE_ACTIVATION
  using ReLU = mine::ReLU;
#endif
#ifdef MINE_COST
  using SoftmaxCrossEntropy = mine::SoftmaxCrossEntropy;
#endif
#ifdef MINE_BACKPROP
  using Network = mine::Network;
#endif
#ifdef MINE_OPTIMIZERS
  using Adam = mine::Adam;
#endif
#ifdef MINE_BATCHING
  static Order permutation(std::size_t count, nn::Random& random) {
    return mine::permutation(count, random);
  }
  static std::vector<Order> batches(const Order& order, std::size_t size) {
    return mine::batches(order, size);
  }
#endif
#ifdef MINE_INITIALIZERS
  using He = mine::He;
  using Glorot = mine::Glorot;
#endif
#ifdef MINE_CONVOLUTION
  using Convolution = mine::Convolution;
#endif
#ifdef MINE_POOLING
  using MaxPool = mine::MaxPool;
#endif
#ifdef MINE_METRICS
  using ConfusionMatrix = mine::ConfusionMatrix;
#endif
#ifdef MINE_TRAINING
  static void run_epoch(auto& network, const auto& cost, auto& optimizer, const nn::Dataset& digits,
                        const std::vector<Order>& batches) {
    mine::run_epoch(network, cost, optimizer, digits, batches);
  }
#endif
};

template <class Parts, class... Layers>
typename Parts::Network in_a_row(Layers... layers) {
  if constexpr (std::same_as<typename Parts::Network, nn::Sequential>) {
    return nn::Sequential{std::move(layers)...};
  } else {
    return typename Parts::Network{std::vector<nn::AnyLayer>{nn::AnyLayer{std::move(layers)}...}};
  }
}

template <class Parts>
typename Parts::Network mlp(nn::Random& random) {
  const typename Parts::He he{random};
  const typename Parts::Glorot glorot{random};
  return in_a_row<Parts>(typename Parts::Dense{784, 256, he}, typename Parts::ReLU{},
                         typename Parts::Dense{256, 256, he}, typename Parts::ReLU{},
                         typename Parts::Dense{256, 10, glorot});
}

template <class Parts>
typename Parts::Network cnn(nn::Random& random) {
  const typename Parts::He he{random};
  const typename Parts::Glorot glorot{random};
  return in_a_row<Parts>(nn::Reshape{1, 28, 28}, typename Parts::Convolution{1, 16, 5, he},
                         typename Parts::MaxPool{2}, typename Parts::ReLU{},
                         typename Parts::Convolution{16, 32, 5, he}, typename Parts::MaxPool{2},
                         typename Parts::ReLU{}, nn::Flatten{}, typename Parts::Dense{512, 128, he},
                         typename Parts::ReLU{}, typename Parts::Dense{128, 10, glorot});
}

struct Result {
  double accuracy;           ///< On the validation images.
  double images_per_second;  ///< In training.
};

template <class Parts>
Result train(typename Parts::Network (*network_of)(nn::Random&), const nn::Dataset& training,
             const nn::Dataset& validation, std::size_t epochs) {
  nn::Random random{1};
  typename Parts::Network network = network_of(random);
  const typename Parts::SoftmaxCrossEntropy cost;
  typename Parts::Adam optimizer{2e-3F};
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t e = 0; e < epochs; ++e) {
    const Order order = Parts::permutation(training.size(), random);
    Parts::run_epoch(network, cost, optimizer, training, Parts::batches(order, 100));
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;

  typename Parts::ConfusionMatrix matrix{10};
  constexpr std::size_t part = 500;  // so that the outputs of a layer stay small
  for (std::size_t start = 0; start < validation.size(); start += part) {
    const nn::Dataset some = validation.part(start, std::min(part, validation.size() - start));
    matrix.add(nn::Labels::from_rows(network.predict(some.inputs)), some.targets.labels());
  }
  return {.accuracy = matrix.accuracy(),
          .images_per_second = static_cast<double>(epochs * training.size()) / passed.count()};
}

/// A line for the library's network, then one for the reader's.
template <class OfLibrary, class OfReader>
void compare(const char* name, OfLibrary of_library, OfReader of_reader,
             const nn::Dataset& training, const nn::Dataset& validation, std::size_t epochs) {
  const auto print = [name](const char* whose, const Result& result) {
    fmt::print("{:<5}{:<30}{:>9.2f} %{:>12}\n", name, whose, 100 * result.accuracy,
               nn::thousands(static_cast<std::size_t>(result.images_per_second)));
    std::fflush(stdout);
  };
  print("the library's modules", train<Library>(of_library, training, validation, epochs));
  print("with yours", train<Mine>(of_reader, training, validation, epochs));
}

}  // namespace

int main(int count, char** arguments) {
  try {
    // The test wants fewer images.
    const std::size_t images = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 10'000;
    constexpr std::size_t epochs = 2;
    const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 12});
    const nn::Dataset training = digits.training.first(images);
    fmt::print(
        "{} training images, {} epochs of batches of 100; {} validation "
        "images\n\n{:<35}{:>11}{:>12}\n",
        nn::thousands(images), epochs, nn::thousands(digits.validation.size()), "", "accuracy",
        "images/s");
    compare("MLP", mlp<Library>, mlp<Mine>, training, digits.validation, epochs);
    compare("CNN", cnn<Library>, cnn<Mine>, training, digits.validation, epochs);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    terminal::print_error(error.what());
    return EXIT_FAILURE;
  }
}
