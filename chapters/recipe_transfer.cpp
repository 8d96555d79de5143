// Recipe: frozen layers and transfer learning. Read with docs/recipes.md.

// [head]
#include <fmt/core.h>

#include <cstddef>

import nn;

/// Trains a network on a few images and returns its accuracy on the test set.
double accuracy_after_training(nn::Sequential& network, const nn::Split& digits) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  trainer.fit(digits.training, {.epochs = 30, .batches = {.size = 20}});
  return trainer.evaluate(digits.test).metrics[0];
}

int main() {
  // 300 images of another set of digits; MNIST's network has never seen them.
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER "/../digits8", {.validation = 0});
  const nn::Sequential stored = nn::load_network(NN_NETWORKS_FOLDER "/cnn.safetensors");
  // [/head]

  // [transfer]
  // All but the last layer of the stored network, and a last layer that knows nothing yet.
  nn::Random random{1};
  nn::Sequential network = stored.slice(0, stored.size() - 1);
  network.push(nn::Dense{128, 10, nn::Glorot{random}});
  network.freeze(0, network.size() - 1);
  fmt::print("{}\n", network.summary());

  // The same network, all of it learned from the 300 images.
  nn::Random other{1};
  nn::Sequential fresh{nn::Reshape{1, 28, 28},
                       nn::Convolution{1, 16, {.kernel = 5}, nn::He{other}},
                       nn::MaxPool{2},
                       nn::ReLU{},
                       nn::Convolution{16, 32, {.kernel = 5}, nn::He{other}},
                       nn::MaxPool{2},
                       nn::ReLU{},
                       nn::Flatten{},
                       nn::Dense{512, 128, nn::He{other}},
                       nn::ReLU{},
                       nn::Dense{128, 10, nn::Glorot{other}}};
  // [/transfer]

  // [compare]
  const nn::Evaluation untrained =
      nn::evaluate(stored, nn::SoftmaxCrossEntropy{}, digits.test, nn::Accuracy{});
  fmt::print("MNIST's network as it is     {:.1f} %\n", 100 * untrained.metrics[0]);
  fmt::print("a new last layer             {:.1f} %\n",
             100 * accuracy_after_training(network, digits));
  fmt::print("all layers, from the start   {:.1f} %\n",
             100 * accuracy_after_training(fresh, digits));
}
// [/compare]
