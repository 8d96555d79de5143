// Recipe: gradient accumulation. Read with docs/recipes.md.

// [accumulate]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <vector>

import nn;

/// The gradient of many samples, computed in batches that fit into memory: backward() overwrites
/// the gradients, so they are added up here, each batch by its fraction of the whole.
void accumulate(nn::Sequential& network, const nn::Dataset& set, std::size_t batch_size) {
  const nn::SoftmaxCrossEntropy cost;
  const std::vector<nn::Parameter*> parameters = network.parameters();
  std::vector<nn::Tensor> sums;
  sums.reserve(parameters.size());
  for (const nn::Parameter* const p : parameters) sums.emplace_back(p->value.shape());
  for (const nn::Batch& batch : nn::Batches{set, {.size = batch_size, .shuffle = false}}.epoch(1)) {
    const nn::Tensor logits = network.forward(batch.inputs);
    network.backward_parameters(cost.gradient(logits, batch.targets));
    const auto fraction = static_cast<nn::real>(batch.size()) / static_cast<nn::real>(set.size());
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      for (std::size_t i = 0; i < sums[p].size(); ++i) {
        sums[p].values()[i] += fraction * parameters[p]->gradient.values()[i];
      }
    }
  }
  for (std::size_t p = 0; p < parameters.size(); ++p) parameters[p]->gradient = sums[p];
}
// [/accumulate]

// [use]
int main() {
  const nn::Dataset digits = nn::mnist::load(NN_MNIST_FOLDER).validation.first(1'000);
  nn::Random random{1};
  nn::Sequential network{nn::Dense{784, 32, nn::He{random}}, nn::ReLU{},
                         nn::Dense{32, 10, nn::Glorot{random}}};
  accumulate(network, digits, 1'000);
  const nn::Tensor at_once = network.parameter("0.weight").gradient;
  accumulate(network, digits, 64);
  const nn::Tensor in_parts = network.parameter("0.weight").gradient;
  double difference = 0;
  double length = 0;
  for (std::size_t i = 0; i < at_once.size(); ++i) {
    difference += std::pow(at_once.values()[i] - in_parts.values()[i], 2);
    length += std::pow(at_once.values()[i], 2);
  }
  fmt::print(
      "1,000 images at once and in batches of 64: the gradients differ by less than\n"
      "a millionth of their length: {}\n",
      std::sqrt(difference / length) < 1e-6);
}
// [/use]
