/// @file
/// @brief The reporter: prints the progress of training, and lets Ctrl-C end it.
module;

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

export module nn.reporter;

export import nn.training;

export namespace nn {

/// Prints the progress of training to standard output: a line for each epoch and, on a terminal, a
/// progress bar, which is never wider than the terminal. Output that cannot be written, for example
/// because the disk is full, is lost, but training continues.
///
/// During training, the first Ctrl-C asks every Training of the program that has a reporter to end
/// after its current batch, with a usable network and a history that says it was interrupted. The
/// second Ctrl-C ends the program.
class Reporter : public Observer {
 public:
  /// @param prints Whether it prints; otherwise it only lets Ctrl-C end training.
  explicit Reporter(bool prints = true);

  void begin(Training& training) override;
  /// Updates the bar, and stops the training after Ctrl-C.
  /// @param training Has begun.
  /// @throws std::invalid_argument if begin() was not called.
  void step(Training& training) override;
  /// Prints the line of the last epoch.
  /// @param training Has begun, and ended an epoch.
  /// @throws std::invalid_argument if begin() was not called, or no epoch has ended.
  void epoch(Training& training) override;
  void end(Training& training, bool brought_back) override;
  void leave() override;

 private:
  class Interrupt;
  class Bar;
  void print(const std::string& text) const;
  [[nodiscard]] Bar& bar(std::string_view event) const;
  bool prints_;
  std::shared_ptr<Interrupt> interrupt_;  // while a training runs
  std::shared_ptr<Bar> bar_;
};

/// The longest line that can be overwritten in place, like a progress bar: one column shorter than
/// the terminal, and at most 79.
/// @param descriptor Where the line goes: `STDOUT_FILENO`.
/// @return The number of columns; 0 if that is not a terminal, or one that cannot return to the
///   beginning of a line (`TERM=dumb`).
[[nodiscard]] std::size_t progress_columns(int descriptor);

/// An evaluation as a line, `test  cost 0.1209  accuracy 0.9628`; what does not fit in 79 columns
/// continues below the first value.
/// @param head The text at the beginning, such as the name of the set.
/// @param evaluation The cost and the metrics.
/// @param metrics The names of the metrics, in their order.
/// @throws std::invalid_argument if there are more or fewer names than values.
[[nodiscard]] std::string to_line(std::string_view head, const Evaluation& evaluation,
                                  const std::vector<std::string>& metrics);

}  // namespace nn
