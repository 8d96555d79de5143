/// @file
/// @brief Checkpoints: the whole state of a training run in a file, so that it can resume there.
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

/// What determines a training run, as pairs: `{"seed", "1"}`. A run can resume from a checkpoint
/// only if its description is the same. @see Training::description
using Description = std::vector<std::pair<std::string, std::string>>;

/// Writes a checkpoint, a safetensors file, atomically: the previous one stays until the new one is
/// complete. @see write_whole
/// @param file Its path; an older checkpoint there is replaced.
/// @param description The description of the run; no key twice.
/// @param states Everything needed to resume, no name twice.
/// @throws std::runtime_error if it cannot be written.
void save_checkpoint(const std::filesystem::path& file, const Description& description,
                     const std::vector<State>& states);

/// A checkpoint read from a file.
class Checkpoint {
 public:
  /// Reads a checkpoint.
  /// @param file Its path.
  /// @param description The description of the run that is to resume from it.
  /// @throws std::runtime_error if the file is missing or not a checkpoint, or if it is from a
  ///   different run or version of the library; then the error names the first difference.
  Checkpoint(std::filesystem::path file, const Description& description);

  /// Copies the stored values to where they belong; either all of them or none.
  /// @param states The names of the values and the places to write to. Tensors must have the shapes
  ///   that were stored.
  /// @throws std::runtime_error if a value is missing or has another size.
  void restore(const std::vector<State>& states) const;

  /// Throws an error about the contents of the checkpoint.
  /// @param what What is wrong; it follows the name of the file.
  /// @throws std::runtime_error always.
  [[noreturn]] void refuse(std::string_view what) const;

 private:
  std::filesystem::path file_;
  Safetensors contents_;
};

/// An observer that saves training to a file: before the first batch, at the end of every epoch,
/// when training is stopped, and every so many seconds. If the file already exists, training
/// resumes from it, with the same bits as if it had never stopped: just start the same program
/// again. If training was finished, fit() restores network and history and trains nothing; set more
/// epochs to continue, or delete the file to start over.
///
/// The file stores the state of network, optimizer and metrics, how far training has progressed,
/// and the history; orders and random numbers follow from the seed. It does not store state inside
/// augment or other observers, and observers are not called for past epochs.
///
/// A file from a different run is rejected: other layers, cost, optimizer, learning rate, sets,
/// metrics or options. The optimizer's other options are not compared, so keep them the same.
class Checkpoints : public Observer {
 public:
  /// @param file The path of the checkpoint.
  /// @param seconds Time between two checkpoints within an epoch, 0 or more; 0: only at its end.
  /// @throws std::invalid_argument if the seconds are negative or not finite.
  explicit Checkpoints(std::filesystem::path file, double seconds = 60);

  /// Resumes, or else writes the first checkpoint, so that a path that cannot be written is
  /// detected before an epoch is lost.
  /// @param training Has not taken a step.
  /// @throws std::runtime_error if the file cannot be read or written, or is from a different run.
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
