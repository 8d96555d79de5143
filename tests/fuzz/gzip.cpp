// Reads the labels of a compressed IDX file, for three images of one pixel.

#include <string>
#include <string_view>

#include "target.hpp"

import nn.mnist;

void nn::fuzz::parse(const std::string& file) {
  using namespace std::string_view_literals;
  static const MemoryFile images{"\0\0\x08\x03\0\0\0\x03\0\0\0\x01\0\0\0\x01\x00\x80\xFF"sv};
  (void)nn::mnist::load_set(images.path(), file);
}
