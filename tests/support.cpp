module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

module nn.test;

import nn.activation;
import nn.dense;
import nn.initializers;

namespace nn::test {

std::filesystem::path mnist_folder() { return std::filesystem::path{NN_DATA_DIR} / "mnist"; }

std::filesystem::path golden_file(std::string_view name) {
  return std::filesystem::path{NN_GOLDEN_DIR} / name;
}

Tensor golden(std::string_view file, std::string_view name) {
  const std::filesystem::path path = golden_file(std::string{file} + ".json");
  std::ifstream in{path};
  if (!in) throw std::runtime_error("no golden file " + path.string());
  const auto entry = nlohmann::json::parse(in).at(std::string{name});
  const auto axes = entry.at("shape").get<std::vector<std::size_t>>();
  const auto values = entry.at("values").get<std::vector<real>>();
  return Tensor{Shape{axes}, values};
}

Sequential small_network(std::uint64_t seed) {
  Random random{seed};
  return Sequential{Dense{2, 8, He{random}}, ReLU{}, Dense{8, 3, Glorot{random}}};
}

}  // namespace nn::test
