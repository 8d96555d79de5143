/// @file
/// @brief The history of a training run: plain data that can be written as CSV or JSON.
module;

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

export module nn.history;

export import nn.evaluation;

export namespace nn {

/// One epoch of training.
struct Epoch {
  std::size_t number = 0;        ///< Starting at 1.
  Evaluation training;           ///< Means over the epoch's batches while they were trained on.
  Evaluation validation;         ///< At the end of the epoch; meaningless without a validation set.
  std::vector<Evaluation> sets;  ///< The watched sets, at the end of the epoch.
  double learning_rate = 0;      ///< The rate of the epoch's last step.
  double seconds = 0;            ///< Time spent on training, without validation.
  std::size_t samples = 0;       ///< The number of samples trained on.
};

/// Why a training run ended.
enum class Ending {
  all_epochs,         ///< All epochs are done.
  patience,           ///< The validation cost no longer decreased (early stopping).
  cost_small,         ///< The training cost reached StopOptions::enough_cost.
  cost_stands_still,  ///< The training cost changed by no more than StopOptions::min_change.
  interrupted,        ///< It was stopped; the last epoch may be incomplete.
  diverged,           ///< The cost of a batch was not finite; the last epoch is incomplete.
};

/// The first non-finite cost of a training run, and where it came from.
struct Divergence {
  std::size_t epoch = 0;  ///< Starting at 1.
  std::size_t batch = 0;  ///< In this epoch, starting at 1.
  double cost = 0;        ///< NaN or infinite; finite if only a gradient was not.
  /// The index of the first layer whose output was not finite. Empty: it was the inputs, or only
  /// the cost.
  std::optional<std::size_t> layer;
  /// Where the first non-finite value was: `layer 2 (ReLU)`, counted from 1 as in every message,
  /// `the inputs`, `the cost`, or, checked only if gradients are clipped, `the gradient
  /// of 2.weight`.
  std::string first;
  std::size_t steps_back = 0;  ///< How many steps older the restored network is; 0: not restored.

  /// `epoch 1, batch 3: the cost is nan; first non-finite value in layer 2 (ReLU)`.
  [[nodiscard]] std::string text() const;
};

/// The course of a training run, for learning curves.
struct History {
  std::vector<std::string> metrics;      ///< The names of the watched metrics.
  std::vector<std::string> sets;         ///< The names of the watched sets.
  std::vector<Epoch> epochs;             ///< In order.
  std::vector<double> learning_rates;    ///< The rate of every step, in order.
  bool validated = false;                ///< Whether there was a validation set.
  Ending ending = Ending::all_epochs;    ///< Why it ended.
  std::optional<Divergence> divergence;  ///< Where it diverged, if it did.

  /// Whether it was stopped; the last epoch may then be incomplete.
  [[nodiscard]] bool interrupted() const { return ending == Ending::interrupted; }

  /// The number of the epoch with the lowest validation cost, or the lowest training cost if there
  /// is no validation set; of equal ones the first. 0 if no epoch had a finite cost.
  [[nodiscard]] std::size_t best_epoch() const;

  /// Seconds spent on training, without validation.
  [[nodiscard]] double seconds() const;

  /// Samples trained on per second; 0 if no time was measured.
  [[nodiscard]] double samples_per_second() const;

  /// A line of column names, then a line for each epoch: `epoch,training_cost,training_accuracy,…,
  /// validation_cost,…`, then the same for each watched set.
  /// @throws std::invalid_argument if an epoch has more or fewer values.
  [[nodiscard]] std::string csv() const;

  /// An array of one object for each epoch, with the names of csv().
  [[nodiscard]] std::string json() const;
};

}  // namespace nn
