// Reads a safetensors file, then loads its tensors into a network that has two.

#include <string>

#include "target.hpp"

import nn.backprop;
import nn.dense;
import nn.weights;

void nn::fuzz::parse(const std::string& file) {
  Sequential network{Dense{2, 1}};
  load_weights(file, network);
}
