// A safetensors file, whose tensors a network takes that has two.

#include <string>

#include "target.hpp"

import nn.backprop;
import nn.dense;
import nn.weights;

void nn::fuzz::parse(const std::string& file) {
  Sequential network{Dense{2, 1}};
  load_weights(file, network);
}
