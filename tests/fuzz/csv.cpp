// Reads images and labels of a CSV file, then only its images, which must be the same.

#include <stdexcept>
#include <string>

#include "target.hpp"

import nn.csv;

void nn::fuzz::parse(const std::string& file) {
  try {
    const Dataset set = mnist::load_csv(file);
    if (!(mnist::load_csv_images(file) == set.inputs)) throw std::logic_error("other images");
  } catch (const std::runtime_error&) {
    static_cast<void>(mnist::load_csv_images(file));
    throw;
  }
}
