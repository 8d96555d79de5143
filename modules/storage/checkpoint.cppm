/// @file
/// @brief Checkpoints: the whole state of a training in a file, so that it can continue from there.
module;

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.checkpoint;

import nn.safetensors;
export import nn.state;
export import nn.training;

export namespace nn {

/// What a training is, word by word: `{"seed", "1"}`. One that resumes from a checkpoint must be
/// the same. @see Training::description
using Description = std::vector<std::pair<std::string, std::string>>;

/// Writes a checkpoint, a safetensors file, as a whole or not at all: until it is complete, the one
/// before it stays. @see write_whole
/// @param file Its path; an older checkpoint there is replaced.
/// @param description Of the training; no word twice.
/// @param states Everything that the training needs to continue, no name twice.
/// @throws std::runtime_error if it cannot be written.
void save_checkpoint(const std::filesystem::path& file, const Description& description,
                     const std::vector<State>& states);

/// A checkpoint that was read.
class Checkpoint {
 public:
  /// Reads a checkpoint.
  /// @param file Its path.
  /// @param description Of the training that is to resume from it.
  /// @throws std::runtime_error if the file is missing or not a checkpoint, or is one of another
  ///   training, or of another version of the library, with the first difference.
  Checkpoint(std::filesystem::path file, const Description& description);

  /// Writes what the checkpoint holds to where it belongs; all of it or nothing.
  /// @param states Names that it has, and the places to write to; tensors have the shapes that they
  ///   had.
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

/// Keeps a training in a file: before the first batch, at the end of every epoch, when the training
/// is stopped, and every so many seconds. If the file already exists, training resumes from it, to
/// the same bits as if it had never stopped: just start the same program again. For a training that
/// was finished, fit() returns network and history and trains nothing; ask for more epochs to
/// continue, or delete the file to begin again.
///
/// The file holds everything that network, optimizer and metrics remember, how far training has
/// come, and the history; orders and random numbers follow from the seed. Not kept is what augment
/// and observers remember, and observers are not called for epochs that have passed.
///
/// A file of another training is refused: other layers, cost, optimizer, learning rate, sets,
/// metrics or options. An optimizer's further options are not compared: keep them the same.
class Checkpoints : public Observer {
 public:
  /// @param file Where the training is kept.
  /// @param seconds Between two checkpoints within an epoch, 0 or more; 0: only at its end.
  /// @throws std::invalid_argument if the seconds are negative or not finite.
  explicit Checkpoints(std::filesystem::path file, double seconds = 60);

  /// Resumes, or writes the first checkpoint, so that a place that cannot be written is found out
  /// before an epoch is lost.
  /// @param training Has not taken a step.
  /// @throws std::runtime_error if the file cannot be read or written, or is of another training.
  /// @throws std::invalid_argument if the optimizer or a metric does not expose its state.
  void begin(Training& training) override;
  void step(Training& training) override;
  void interrupt(Training& training) override;
  void epoch(Training& training) override;

 private:
  void save(Training& training);

  std::filesystem::path file_;
  double seconds_;
  Description description_;
  std::chrono::steady_clock::time_point saved_{};
};

}  // namespace nn
