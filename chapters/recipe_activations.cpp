// Recipe: intermediate activations. Read with docs/recipes.md.

// [outputs]
#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <vector>

import nn;

int main() {
  const nn::Dataset digits = nn::mnist::load(NN_MNIST_FOLDER).test.first(500);
  const nn::Sequential network = nn::load_network(NN_NETWORKS_FOLDER "/mlp.safetensors");
  const std::vector<nn::Tensor> outputs = network.outputs(digits.inputs);
  for (std::size_t i = 0; i < network.size(); ++i) {
    const auto values = outputs[i].values();
    const auto zeros = std::ranges::count(values, nn::real{0});
    fmt::print("layer {} {:<14} {:<10} {:4.0f} % zeros, largest {:.1f}\n", i, network[i].name(),
               to_string(outputs[i].shape()),
               100 * static_cast<double>(zeros) / static_cast<double>(values.size()),
               *std::ranges::max_element(values));
  }
}
// [/outputs]
