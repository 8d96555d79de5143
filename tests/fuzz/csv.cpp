// Images and labels of a CSV file.

#include <string>

#include "target.hpp"

import nn.csv;

void nn::fuzz::parse(const std::string& file) { (void)nn::mnist::load_csv(file); }
