/// @file
/// @brief Stored networks: save a network to a file that PyTorch can read too, and load it again.
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

/// The layers of a network in JSON, for a file. @see stored_layers.cpp
[[nodiscard]] std::string layers_text(const Sequential& network);
/// Makes the layers, with the sizes of their tensors; does not fill in the values.
[[nodiscard]] Sequential make_layers(const Safetensors& contents, const std::string& text);

/// A tensor that a file has or should have.
struct NamedShape {
  std::string name;
  std::vector<std::size_t> shape;
};

/// The tensors of a file. @see weight_names.cpp
[[nodiscard]] std::vector<NamedShape> tensors_of(const Safetensors& contents);
/// Their names for an error message; if there are many, only the first few.
[[nodiscard]] std::string quoted_names(std::span<const NamedShape> tensors);
/// Advice about names that are missing in a file: which names it has, and which renaming would give
/// the network's layers tensors of the right shapes.
[[nodiscard]] std::string naming_advice(std::span<const NamedShape> file,
                                        std::span<const NamedShape> wanted);
/// Renames the tensors of a file. @see LoadOptions::rename
void rename(Safetensors& contents, const std::map<std::string, std::string>& renaming);

}  // namespace nn::detail

export namespace nn {

/// Saves a network to a safetensors file, atomically: its layers and everything that they have
/// learned.
///
/// The tensors have the names and shapes of a PyTorch Sequential with the same layers, so that
/// Python can load them with `load_state_dict`: `0.weight`, `0.bias`, …. In the file, matrices such
/// as the weights of Dense are transposed, (M, D), and the tensors of recurrent layers are called
/// `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`; those of attention
/// `in_proj_weight`, `in_proj_bias`, `out_proj.weight` and `out_proj.bias`. Tables, such as that of
/// an embedding, are not transposed. The metadata has the layers with their settings, in JSON, and
/// the library's version.
///
/// @param file Its path; an existing file is replaced.
/// @param network At least one layer. A layer of your own is stored under the names of its
///   parameters, but load_network() can make it only if it is registered. @see register_layer
/// @throws std::invalid_argument if the network has no layers, or two tensors of a layer have the
///   same name.
/// @throws std::runtime_error if the file cannot be written.
void save_network(const std::filesystem::path& file, const Sequential& network);

/// Loads a network from a file.
/// @param file Written by save_network(); its layers are from the library or registered.
/// @return A network that computes the same.
/// @throws std::runtime_error if the file is missing or not such a file, if it has tensors but no
///   list of layers (like files of other programs: build the network and use load_weights()), if
///   its layers and tensors do not fit each other, or if a value is not finite or a variance
///   negative.
[[nodiscard]] Sequential load_network(const std::filesystem::path& file);

/// Which layers load_weights() loads from a file, and where they go. By default everything in the
/// file goes into the whole network.
struct LoadOptions {
  /// For `last`: no limit.
  static constexpr std::size_t end = std::numeric_limits<std::size_t>::max();

  std::size_t first = 0;          ///< The first layer in the file to load.
  std::size_t last = end;         ///< One past the last layer in the file to load.
  std::optional<std::size_t> to;  ///< The network's layer that gets the first one; by default the
                                  ///< layer with the same index.
  /// The prefix before the layer's index in the file: with `features.`, the tensors are
  /// `features.0.weight` and so on. Tensors with other names are skipped.
  std::string prefix;
  /// Renames tensors of the file, before anything else is done: with `{{"fc1", "0"}}`, its
  /// `fc1.weight` is read as `0.weight`. The old name is a tensor's whole name or the part before a
  /// dot; if several match, the longest counts. If the new name is empty, that part is dropped:
  /// `{{"model", ""}}`. An empty old name matches every tensor: `{{"", "0"}}`.
  std::map<std::string, std::string> rename;
};

/// What load_weights() did.
struct LoadReport {
  std::vector<std::string> loaded;     ///< Tensors of the network that were loaded: `0.weight`.
  std::vector<std::string> skipped;    ///< Tensors of the file that were not used.
  std::vector<std::string> untouched;  ///< Tensors of the network that did not change.
};

/// Loads weights from a file into a network, or those of some layers only:
///
///     nn::load_weights("cnn.safetensors", network, {.first = 0, .last = 4});  // layers 0 to 3
///     nn::load_weights("theirs.safetensors", network, {.rename = {{"fc1", "0"}, {"fc2", "2"}}});
///
/// In the layers that are loaded, every tensor of the network must be in the file and every tensor
/// of the file in the network, with the same shape. Either all of them are loaded, or none.
///
/// @param file A safetensors file from any program, in F16, BF16, F32 or F64, with names (after
///   renaming) and shapes as save_network() writes them. `num_batches_tracked`, which PyTorch
///   writes for its BatchNorm, is skipped.
/// @param network Has the layers that the weights belong to.
/// @param options Which layers to load; by default all of them.
/// @return What was loaded, what was skipped and what did not change.
/// @throws std::invalid_argument if the first layer comes after the last.
/// @throws std::runtime_error if the file is missing or not such a file, if a tensor is missing,
///   left over, or has another shape or type than the network's, if a value is not finite or a
///   variance negative, if the file has no tensors for the chosen layers, or if a name to be
///   renamed is not in the file. If a tensor is missing, the error lists the file's names and
///   suggests a renaming if one fits.
LoadReport load_weights(const std::filesystem::path& file, Sequential& network,
                        const LoadOptions& options = {});

}  // namespace nn
