/// @file
/// @brief The reporter: prints how a training goes, and lets Ctrl-C end it.
module;

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

export module nn.reporter;

export import nn.training;

export namespace nn {

/// Follows a training on the standard output: on a terminal with a progress bar, elsewhere with a
/// line for each epoch. The bar is never wider than the terminal. What cannot be written, such as
/// to a full disk, is lost; it does not end the training.
///
/// While a training runs, the first Ctrl-C asks every training of the program that has a reporter
/// to end after its batch, with a usable network and a history that says so; the second one ends
/// the program.
class Reporter : public Observer {
 public:
  /// @param prints Whether it prints; otherwise it only lets Ctrl-C end the training.
  explicit Reporter(bool prints = true);

  void begin(Training& training) override;
  /// Moves the bar, and passes Ctrl-C on.
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

/// How long a line may be that is written over itself, as a progress bar is: one column shorter
/// than the terminal, and at most 79.
/// @param descriptor Where the line goes: `STDOUT_FILENO`.
/// @return The columns; 0 where such a line has no place: not on a terminal, or on one that cannot
///   go back to the beginning of a line (`TERM=dumb`).
[[nodiscard]] std::size_t progress_columns(int descriptor);

/// An evaluation as a line, `test  cost 0.1209  accuracy 0.9628`; what does not fit into 79 columns
/// continues below the first value.
/// @param head What was evaluated.
/// @param evaluation What was measured.
/// @param metrics The names of the metrics, in their order.
/// @throws std::invalid_argument if there are more or fewer names than values.
[[nodiscard]] std::string to_line(std::string_view head, const Evaluation& evaluation,
                                  const std::vector<std::string>& metrics);

}  // namespace nn
