/// @file
/// @brief Stored networks: a file that others read too, and a network made of a file.
module;

#include <cstddef>
#include <filesystem>
#include <utility>

export module nn.weights;

import nn.activation;
export import nn.backprop;
import nn.convolution;
import nn.dense;
import nn.dropout;
import nn.normalization;
import nn.recurrent;

export namespace nn {

/// Stores a network: its layers, and all that they have learned, in a safetensors file, as a whole
/// or not at all.
///
/// The tensors have the names and the shapes that they have in PyTorch's Sequential of the same
/// layers, so that Python reads them with `load_state_dict`: `0.weight`, `0.bias`, …; weights of
/// Dense and of recurrent layers stand transposed there, (M, D), and recurrent ones are called
/// `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`. The layers with their settings
/// are in the metadata, in JSON, with the library's version.
///
/// @param file Its path; what stands there is overwritten.
/// @param network At least one layer. A layer of a type that is not the library's is stored too,
///   but such a network can only be read by load_weights().
/// @throws std::invalid_argument if the network has no layer.
/// @throws std::runtime_error if the file cannot be written.
void save_network(const std::filesystem::path& file, const Sequential& network);

/// Makes the network that a file holds.
/// @param file Written by save_network(), with layers of the library alone.
/// @return A network that computes the same.
/// @throws std::runtime_error if the file is missing, is no such file, holds no layers but only
///   tensors (as those of other programs do: make the network and use load_weights()), or its
///   layers and tensors do not fit each other.
[[nodiscard]] Sequential load_network(const std::filesystem::path& file);

/// Gives a network the weights that a file holds; all of them or none.
/// @param file A safetensors file with names and shapes as save_network() writes them, by whatever
///   program it was written. `num_batches_tracked`, which PyTorch writes for its BatchNorm, is
///   passed over.
/// @param network Has the layers that the weights belong to.
/// @throws std::runtime_error if the file is missing or is no such file, or a tensor is missing, or
///   too many, or of another shape or type than the network's.
void load_weights(const std::filesystem::path& file, Sequential& network);

}  // namespace nn

export namespace nn::detail {

/// Calls a visitor with a layer as what it is, if its type is one of these.
/// @return Whether it is.
template <class... Layers, class Visitor>
bool visit_as(const Sequential& network, std::size_t index, Visitor&& visitor) {
  const auto visit = [&]<class L>(const L* layer) {
    if (layer != nullptr) visitor(*layer);
    return layer != nullptr;
  };
  return (... || visit(network.layer_if<Layers>(index)));
}

/// Calls a visitor with a layer as what it is.
/// @param network Has the layer.
/// @param index 0 is the first layer.
/// @param visitor Takes every type of layer that the library has.
/// @return Whether the layer's type is one of the library's; else nothing was called.
template <class Visitor>
bool visit_layer(const Sequential& network, std::size_t index, Visitor&& visitor) {
  return visit_as<Dense, Convolution, MaxPool, AveragePool, Reshape, Flatten, ReLU, LeakyReLU,
                  Sigmoid, Tanh, Softmax, Dropout, BatchNorm, LayerNorm, Recurrent, GRU, LSTM,
                  Sequential>(network, index, std::forward<Visitor>(visitor));
}

}  // namespace nn::detail
