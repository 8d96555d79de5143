/// @file
/// @brief Checkpoints: the whole state of a training in a file, so that it can go on from there.
module;

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.checkpoint;

import nn.safetensors;
export import nn.state;

export namespace nn {

// Trainer uses what stands here; who trains names a file, FitOptions::checkpoint.

/// What a training is, word by word: `{"batch size", "100"}`. One that goes on from a checkpoint
/// must be the same.
using Description = std::vector<std::pair<std::string, std::string>>;

/// Writes a checkpoint, a safetensors file, as a whole or not at all: until it stands, the one
/// before it does. @see write_whole
/// @param file Its path; an older checkpoint that stands there is replaced.
/// @param description Of the training; no word twice.
/// @param states All that the training needs to go on, no name twice.
/// @throws std::runtime_error if it cannot be written.
void save_checkpoint(const std::filesystem::path& file, const Description& description,
                     const std::vector<State>& states);

/// A checkpoint that was read.
class Checkpoint {
 public:
  /// Reads a checkpoint.
  /// @param file Its path.
  /// @param description Of the training that is to go on from it.
  /// @throws std::runtime_error if the file is missing or no checkpoint, or is one of another
  ///   training, or another version of the library, with the first difference.
  Checkpoint(std::filesystem::path file, const Description& description);

  /// Puts what the checkpoint holds where it belongs; all of it or nothing.
  /// @param states Names that it has, and where they stand; tensors have the shapes that they had.
  /// @throws std::runtime_error if something is missing, or of another size.
  void restore(const std::vector<State>& states) const;

  /// Says what is wrong with what the checkpoint holds.
  /// @param what Follows the name of the file.
  /// @throws std::runtime_error always.
  [[noreturn]] void refuse(std::string_view what) const;

 private:
  std::filesystem::path file_;
  Safetensors contents_;
};

}  // namespace nn
