// Recipe: a layer of your own. Read with docs/recipes.md.

// [layer]
#include <fmt/core.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

import nn;

/// Swish, y = x σ(x). Any type that models nn::Layer is a layer; there is no base class.
class Swish {
 public:
  static std::string name() { return "Swish"; }
  static nn::Shape output_shape(const nn::Shape& sample) { return sample; }
  static std::vector<nn::Parameter*> parameters() { return {}; }

  static nn::Tensor predict(nn::Tensor x) {
    for (nn::real& value : x.values()) value *= sigmoid(value);
    return x;
  }

  nn::Tensor forward(nn::Tensor x) {
    input_ = x;
    return predict(std::move(x));
  }

  /// y′ = σ(x) + x σ(x) (1 − σ(x))
  [[nodiscard]] nn::Tensor backward(nn::Tensor dy) const {
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const nn::real x = input_.values()[i];
      const nn::real s = sigmoid(x);
      dy.values()[i] *= s + x * s * (1 - s);
    }
    return dy;
  }

 private:
  static nn::real sigmoid(nn::real x) { return 1 / (1 + std::exp(-x)); }
  nn::Tensor input_;
};
// [/layer]

// [use]
int main() {
  nn::Random random{1};
  const nn::Tensor x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  nn::Sequential network{nn::Dense{2, 4, nn::Glorot{random}}, Swish{},
                         nn::Dense{4, 1, nn::Glorot{random}}};
  for (const auto& [layer, name, error] : nn::check_gradients(network, x).entries) {
    fmt::print("{:<22} {:<9} off by less than 1 %: {}\n", layer, name, error < 0.01);
  }
  // [/use]

  // [register]
  nn::register_layer<Swish>({.name = "Swish", .onnx = [](nn::OnnxGraph& graph, const Swish&) {
                               const std::string input = graph.last();
                               const std::string gate = graph.add({.op = "Sigmoid"});
                               graph.add({.op = "Mul", .inputs = {input, gate}});
                             }});
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("swish-{}.safetensors", getpid());
  nn::save_network(file, network);
  const nn::Sequential loaded = nn::load_network(file);
  nn::export_onnx(file, network, nn::Shape{2});
  std::filesystem::remove(file);
  fmt::print("stored and loaded, it predicts the same: {}\n",
             loaded.predict(x) == network.predict(x));
}
// [/register]
