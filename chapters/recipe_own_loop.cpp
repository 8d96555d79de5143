// Recipe: a training loop of your own. Read with docs/recipes.md.

// [setup]
#include <fmt/core.h>

#include <cstddef>

import nn;

int main() {
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER);
  const nn::Dataset training = digits.training.first(10'000);
  nn::Random random{1};
  nn::Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                         nn::Dense{64, 10, nn::Glorot{random}}};
  // [/setup]

  // [loop]
  const nn::SoftmaxCrossEntropy cost;
  nn::Adam optimizer;
  const nn::Batches batches{training, {.size = 50}};
  for (std::size_t e = 1; e <= 3; ++e) {
    for (const nn::Batch& batch : batches.epoch(e)) {
      const nn::Tensor logits = network.forward(batch.inputs);
      network.backward(cost.gradient(logits, batch.targets));
      optimizer.step(network.parameters());
    }
    const nn::Evaluation seen = nn::evaluate(network, cost, digits.validation, nn::Accuracy{});
    fmt::print("epoch {}: validation cost {:.3f}, accuracy {:.3f}\n", e, seen.cost,
               seen.metrics[0]);
  }
}
// [/loop]
