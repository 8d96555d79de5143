/// @file
/// @brief Stored networks: a file that PyTorch reads too, and a network made from a file.
module;

#include <cstddef>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

export module nn.weights;

export import nn.backprop;
import nn.safetensors;

namespace nn::detail {

/// The layers of a network as a file has them, in JSON. @see stored_layers.cpp
[[nodiscard]] std::string layers_text(const Sequential& network);
/// Makes the layers, whose tensors give their sizes; the values of the tensors are not filled in.
[[nodiscard]] Sequential make_layers(const Safetensors& contents, const std::string& text);

/// A tensor that a file has or should have.
struct NamedShape {
  std::string name;
  std::vector<std::size_t> shape;
};

/// The tensors of a file. @see weight_names.cpp
[[nodiscard]] std::vector<NamedShape> tensors_of(const Safetensors& contents);
/// Their names for an error message; of many only the first.
[[nodiscard]] std::string quoted_names(std::span<const NamedShape> tensors);
/// What to do about names that a file does not have: which it has instead, and which renaming would
/// give the network's layers tensors of the right shapes.
[[nodiscard]] std::string naming_advice(std::span<const NamedShape> file,
                                        std::span<const NamedShape> wanted);
/// Gives the tensors of a file other names. @see LoadOptions::rename
void rename(Safetensors& contents, const std::map<std::string, std::string>& renaming);

}  // namespace nn::detail

export namespace nn {

/// Stores a network in a safetensors file, its layers and everything that they have learned, as a
/// whole or not at all.
///
/// The tensors have the names and the shapes that they have in PyTorch's Sequential of the same
/// layers, so that Python reads them with `load_state_dict`: `0.weight`, `0.bias`, …. Matrices such
/// as the weights of Dense are transposed there, (M, D), and those of recurrent layers are called
/// `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`. The layers with their settings
/// are in the metadata, in JSON, with the library's version.
///
/// @param file Its path; an existing file is replaced.
/// @param network At least one layer. A layer of your own is stored under the names of its
///   parameters, but load_network() can make it only if it was registered. @see register_layer
/// @throws std::invalid_argument if the network has no layer, or a layer has two tensors of one
///   name.
/// @throws std::runtime_error if the file cannot be written.
void save_network(const std::filesystem::path& file, const Sequential& network);

/// Makes the network that a file holds.
/// @param file Written by save_network(), with layers of the library and registered ones.
/// @return A network that computes the same.
/// @throws std::runtime_error if the file is missing or not such a file, if it holds no layers but
///   only tensors (as those of other programs do: make the network and use load_weights()), if its
///   layers and tensors do not fit each other, or if a value is not finite or a variance negative.
[[nodiscard]] Sequential load_network(const std::filesystem::path& file);

/// Which layers load_weights() takes from a file, and where they go. By default everything in the
/// file goes into the whole network.
struct LoadOptions {
  /// One past the last layer, where there is no limit.
  static constexpr std::size_t end = std::numeric_limits<std::size_t>::max();

  std::size_t first = 0;          ///< The first layer in the file that is taken.
  std::size_t last = end;         ///< One past the last layer in the file that is taken.
  std::optional<std::size_t> to;  ///< The network's layer that gets the first one; by default the
                                  ///< layer with the same index.
  /// What comes before the layer's index in the file. Tensors with other names are skipped. With
  /// `features.` the layers are `features.0.weight` and so on.
  std::string prefix;
  /// Names that the file has, and what to take them for, before anything else is done: with
  /// `{{"fc1", "0"}}` its `fc1.weight` is read as `0.weight`. A name is a tensor's whole name or
  /// the part before a dot; where several fit, the longest counts. Renamed to nothing, that part is
  /// dropped: `{{"model", ""}}`. The empty name fits every tensor: `{{"", "0"}}`.
  std::map<std::string, std::string> rename;
};

/// What load_weights() did.
struct LoadReport {
  std::vector<std::string> loaded;     ///< Tensors of the network that were loaded: `0.weight`.
  std::vector<std::string> skipped;    ///< Tensors of the file that were not used.
  std::vector<std::string> untouched;  ///< Tensors of the network that are as they were.
};

/// Gives a network the weights that a file holds, or some of its layers those of some of the file's
/// layers:
///
///     nn::load_weights("cnn.safetensors", network, {.first = 0, .last = 4});  // layers 0 to 3
///     nn::load_weights("theirs.safetensors", network, {.rename = {{"fc1", "0"}, {"fc2", "2"}}});
///
/// In the layers that are loaded, every tensor of the network has to be in the file and every
/// tensor of the file in the network, with the same shape. All of them are loaded, or none.
///
/// @param file A safetensors file with names (once renamed) and shapes as save_network() writes
///   them, whatever program wrote it, in F16, BF16, F32 or F64. `num_batches_tracked`, which
///   PyTorch writes for its BatchNorm, is skipped.
/// @param network Has the layers that the weights belong to.
/// @param options Which layers; by default all of them.
/// @return What was loaded, what was skipped and what stayed as it was.
/// @throws std::invalid_argument if the first layer comes after the last.
/// @throws std::runtime_error if the file is missing or not such a file, if a tensor is missing, is
///   one too many or has another shape or type than the network's, if a value is not finite or a
///   variance negative, if layers were chosen and the file has no tensors of them, or if a name to
///   be replaced is none of the file's. Where a tensor is missing, the error lists the file's names
///   and, if one fits, a renaming.
LoadReport load_weights(const std::filesystem::path& file, Sequential& network,
                        const LoadOptions& options = {});

}  // namespace nn
