// Loads a network from a file.

#include <string>

#include "target.hpp"

import nn.weights;

void nn::fuzz::parse(const std::string& file) { (void)load_network(file); }
