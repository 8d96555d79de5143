// Recipe: storing and exporting a network. Read with docs/recipes.md.

// [export]
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>

import nn;

int main() {
  nn::Random random{1};
  const nn::Sequential network{nn::Dense{784, 32, nn::He{random}}, nn::ReLU{},
                               nn::Dense{32, 10, nn::Glorot{random}}};
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("nn-recipe-{}", getpid());
  std::filesystem::create_directories(folder);

  // For this library and for PyTorch: weights under PyTorch's names.
  nn::save_network(folder / "digits.safetensors", network);
  const nn::Sequential loaded = nn::load_network(folder / "digits.safetensors");
  const nn::Tensor image{nn::Shape{1, 784}, 0.5F};
  fmt::print("loaded, it predicts the same: {}\n", loaded.predict(image) == network.predict(image));

  // For ONNX Runtime and whatever else runs such files.
  nn::export_onnx(folder / "digits.onnx", network, nn::Shape{784});
  fmt::print("digits.onnx has {} bytes\n", std::filesystem::file_size(folder / "digits.onnx"));
  std::filesystem::remove_all(folder);
}
// [/export]
