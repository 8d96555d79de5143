// Chapter 0: a first network. Read with docs/chapters/00_first_network.md.

// [program]
#include <fmt/core.h>

import nn;

int main() {
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);

  nn::Random random{1};
  nn::Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                         nn::Dense{64, 10, nn::Glorot{random}}};

  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  trainer.fit(digits.training, {.epochs = 3});
  fmt::print("it reads {:.1f} % of the test images correctly\n",
             100 * trainer.evaluate(digits.test).metrics[0]);

  const nn::Picture picture = nn::load_pictures(NN_PICTURES_FOLDER "/seven.png")[0];
  fmt::print("seven.png shows a {}\n", nn::predict_classes(network, nn::to_mnist(picture))[0]);
}
// [/program]
