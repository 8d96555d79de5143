// Writes networks with every layer of the library, each as NAME.onnx and NAME.safetensors, and the
// results of predict() for some inputs, NAME.json. check_onnx.py compares these with the results of
// ONNX Runtime, check_weights.py with those of PyTorch.
//
// stored_networks FOLDER

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

import nn;

namespace {

using nn::BatchNorm;
using nn::Convolution;
using nn::Dense;
using nn::Flatten;
using nn::GRU;
using nn::LSTM;
using nn::MaxPool;
using nn::Padding;
using nn::real;
using nn::Recurrent;
using nn::ReLU;
using nn::Residual;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;

nn::Random random{1};

/// Random numbers that float holds, since ONNX Runtime gets them in float.
Tensor noise(const Shape& shape, double largest) {
  Tensor tensor{shape};
  for (real& value : tensor.values()) {
    value = static_cast<float>(random.uniform(-largest, largest));
  }
  return tensor;
}

/// Random tokens below `count`.
Tensor tokens(const Shape& shape, std::size_t count) {
  Tensor tensor{shape};
  for (real& value : tensor.values()) value = static_cast<real>(random.below(count));
  return tensor;
}

/// Stores a network as if it had learned: parameters are moved, by no more than `moved`, and there
/// are running statistics.
/// @param vocabulary The number of tokens, for a network that reads tokens.
void store(const std::filesystem::path& folder, const std::string& name, Sequential network,
           const Shape& sample, double moved, std::size_t vocabulary = 0) {
  const auto input = [&](std::size_t batch) {
    const Shape shape = sample.batch(batch);
    return vocabulary == 0 ? noise(shape, 2) : tokens(shape, vocabulary);
  };
  for (nn::Parameter* const parameter : network.parameters()) {
    const Tensor change = noise(parameter->value.shape(), moved);
    for (std::size_t i = 0; i < change.size(); ++i) {
      parameter->value.values()[i] += change.values()[i];
    }
  }
  static_cast<void>(network.forward(input(20)));
  nn::export_onnx(folder / (name + ".onnx"), network, sample);
  if (network.size() > 0) nn::save_network(folder / (name + ".safetensors"), network);
  nlohmann::json runs;
  for (const std::size_t batch : {1U, 2U, 17U}) {
    const Tensor x = input(batch);
    const Tensor y = network.predict(x);
    runs.push_back({{"input", {{"shape", x.shape().axes()}, {"values", x.values()}}},
                    {"output", {{"shape", y.shape().axes()}, {"values", y.values()}}}});
  }
  std::ofstream{folder / (name + ".json")} << runs;
}

void store_layers(const std::filesystem::path& folder) {
  const auto layer = [&](const std::string& name, auto layer, const Shape& sample) {
    store(folder, name, Sequential{std::move(layer)}, sample, 0.5);
  };
  layer("dense", Dense{7, 5}, Shape{7});
  layer("dense_sequence", Dense{7, 5}, Shape{4, 7});
  const Shape image{3, 11, 14};
  layer("convolution", Convolution{3, 4, {.kernel = {3, 5}}}, image);
  layer("convolution_padded",
        Convolution{3, 4, {.kernel = {3, 5}, .stride = {2, 1}, .padding = Padding{{1, 2}}}}, image);
  layer("convolution_same", Convolution{3, 4, {.kernel = {4, 2}, .padding = Padding::same()}},
        image);
  layer("convolution_same_stride",
        Convolution{3, 4, {.kernel = {5, 2}, .stride = {2, 3}, .padding = Padding::same()}}, image);
  layer("max_pool", MaxPool{2}, image);
  layer("max_pool_stride", MaxPool{{.window = {3, 2}, .stride = {2, 1}}}, image);
  layer("average_pool", nn::AveragePool{2}, image);
  layer("average_pool_stride", nn::AveragePool{{.window = {3, 2}, .stride = {2, 1}}}, image);
  layer("global_average_pool", nn::GlobalAveragePool{}, image);
  layer("residual", Residual{Dense{9, 7}, ReLU{}, Dense{7, 9}}, Shape{9});
  layer("residual_projected",
        Residual{Sequential{Convolution{3, 4, {.kernel = 3, .stride = 2, .padding = Padding{1}}},
                            BatchNorm{4}, ReLU{}},
                 Sequential{Convolution{3, 4, {.kernel = 1, .stride = 2}}, BatchNorm{4}}},
        image);
  layer("residual_sequence",
        Residual{Sequential{GRU{5, 7, {.sequence = true}}},
                 Sequential{LSTM{5, 7, {.sequence = true}}}},
        Shape{6, 5});
  layer("reshape", nn::Reshape{3, 2, 4}, Shape{24});
  layer("flatten", Flatten{}, image);
  layer("flatten_rows", Flatten{}, Shape{6});
  layer("relu", ReLU{}, image);
  layer("leaky_relu", nn::LeakyReLU{real(0.2)}, Shape{9});
  layer("sigmoid", nn::Sigmoid{}, Shape{4, 9});
  layer("tanh", nn::Tanh{}, Shape{9});
  layer("gelu", nn::GELU{}, Shape{4, 9});
  layer("softmax", nn::Softmax{}, Shape{9});
  layer("dropout", nn::Dropout{0.5, random}, Shape{9});
  layer("batch_norm_rows", BatchNorm{9}, Shape{9});
  layer("batch_norm_images", BatchNorm{3, {.epsilon = real(1e-3)}}, image);
  layer("layer_norm_rows", nn::LayerNorm{9}, Shape{9});
  layer("layer_norm_sequence", nn::LayerNorm{9, {.epsilon = real(1e-3)}}, Shape{4, 9});
  const Shape sequence{6, 5};
  layer("recurrent", Recurrent{5, 7}, sequence);
  layer("recurrent_sequence", Recurrent{5, 7, {.sequence = true}}, sequence);
  layer("gru", GRU{5, 7}, sequence);
  layer("gru_sequence", GRU{5, 7, {.sequence = true}}, sequence);
  layer("lstm", LSTM{5, 7}, sequence);
  layer("lstm_sequence", LSTM{5, 7, {.sequence = true}}, sequence);
  layer("positions", nn::Positions{8, 5}, sequence);
  layer("sinusoidal_positions", nn::SinusoidalPositions{8, 5}, sequence);
  layer("attention", nn::Attention{5}, sequence);
  layer("attention_causal", nn::Attention{6, {.heads = 3, .causal = true}}, Shape{70, 6});
}

void store_networks(const std::filesystem::path& folder) {
  const nn::He he{random};
  const nn::Glorot glorot{random};
  const auto network = [&](const std::string& name, const Sequential& network,
                           const Shape& sample) { store(folder, name, network, sample, 0.05); };
  network("empty", Sequential{}, Shape{3});
  network("nested",
          Sequential{Dense{6, 8, he}, Sequential{BatchNorm{8}, ReLU{}, Sequential{Dense{8, 4, he}}},
                     Dense{4, 3, he}, nn::Softmax{}},
          Shape{6});
  network("mlp",
          Sequential{Dense{784, 256, he}, ReLU{}, Dense{256, 256, he}, ReLU{}, Dense{256, 10, he}},
          Shape{784});
  network("cnn",
          Sequential{nn::Reshape{1, 28, 28},
                     Convolution{1, 8, {.kernel = 5, .padding = Padding::same()}, he}, BatchNorm{8},
                     ReLU{}, MaxPool{2}, Convolution{8, 16, {.kernel = 5}, he}, ReLU{}, MaxPool{2},
                     Flatten{}, nn::Dropout{0.3, random}, Dense{400, 10, he}},
          Shape{784});
  const Convolution::Options same{.kernel = 3, .padding = Padding::same()};
  network("resnet",
          Sequential{
              nn::Reshape{1, 28, 28}, Convolution{1, 8, same, he}, MaxPool{2},
              Residual{BatchNorm{8}, ReLU{}, Convolution{8, 8, same, he},
                       Residual{nn::Dropout{0.3, random}, ReLU{}}},
              Residual{Sequential{Convolution{
                                      8, 16, {.kernel = 3, .stride = 2, .padding = Padding{1}}, he},
                                  BatchNorm{16}},
                       Sequential{Convolution{8, 16, {.kernel = 1, .stride = 2}, he}}},
              nn::GlobalAveragePool{}, Dense{16, 10, he}},
          Shape{784});
  network("recurrent_network",
          Sequential{GRU{28, 16, glorot, {.sequence = true}}, nn::LayerNorm{16},
                     LSTM{16, 16, glorot, {.sequence = true}}, Recurrent{16, 12, glorot},
                     Dense{12, 10, glorot}},
          Shape{28, 28});
  const nn::RandomNormal normal{random, 0.5};
  const nn::AttentionOptions causal{.heads = 4, .causal = true};
  store(folder, "tokens",
        Sequential{nn::Embedding{11, 16, normal}, nn::Positions{12, 16, normal},
                   nn::Attention{16, glorot, causal}, nn::LayerNorm{16}, Dense{16, 32, glorot},
                   nn::GELU{}, Dense{32, 11, glorot}},
        Shape{9}, 0.05, 11);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::filesystem::path folder{arguments[1]};
  std::filesystem::create_directories(folder);
  store_layers(folder);
  store_networks(folder);
}
