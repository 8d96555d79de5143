// Reads the pictures of data/pictures/benchmark.py with a stored network, and prints what it read,
// a line for each picture: the file, the digit that it read and how probable it took it to be.

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

import nn;

namespace {

namespace fs = std::filesystem;

void read(const nn::Sequential& network, const fs::path& file, const fs::path& folder) {
  const std::string name = fs::relative(file, folder).string();
  try {
    const nn::Tensor pixels = nn::to_mnist(nn::load_pictures(file).front());
    const nn::Tensor probabilities = nn::Softmax{}.predict(network.predict(pixels));
    fmt::print("{}\t{}\t{:.4f}\n", name, nn::Labels::from_rows(probabilities)[0],
               std::ranges::max(probabilities.values()));
  } catch (const std::invalid_argument& error) {
    fmt::print("{}\tnone\t{}\n", name, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    fmt::print(stderr, "read_pictures: expected a network and a folder\n");
    return EXIT_FAILURE;
  }
  const nn::Sequential network = nn::load_network(argv[1]);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{argv[2]}) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) read(network, file, argv[2]);
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  fmt::print(stderr, "read_pictures: {}\n", error.what());
  return EXIT_FAILURE;
}
