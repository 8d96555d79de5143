/// @file
/// @brief The history of a training: plain data, which can be written as CSV or JSON.
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
  std::size_t number = 0;        ///< From 1 on.
  Evaluation training;           ///< Means over the epoch's batches as they were trained on.
  Evaluation validation;         ///< At the end of the epoch; meaningless where there is no set.
  std::vector<Evaluation> sets;  ///< Of the watched sets, at the end of the epoch.
  double learning_rate = 0;      ///< Of the epoch's last step.
  double seconds = 0;            ///< Spent on training, without the validation.
  std::size_t samples = 0;       ///< Trained on.
};

/// Why a training ended.
enum class Ending {
  all_epochs,         ///< It had as many as were asked for.
  patience,           ///< The validation cost no longer decreased.
  cost_small,         ///< The training cost was as small as asked for.
  cost_stands_still,  ///< The training cost hardly changed any more.
  interrupted,        ///< It was stopped; the last epoch may be incomplete.
  diverged,           ///< The cost of a batch was not finite; the last epoch is incomplete.
};

/// The first cost of a training that was not finite, and where the values came from.
struct Divergence {
  std::size_t epoch = 0;  ///< From 1 on.
  std::size_t batch = 0;  ///< Of this epoch, from 1 on.
  double cost = 0;        ///< NaN or infinite, unless it was a gradient that was not finite.
  /// The first layer whose output was not finite, from 0 on. None: it was the inputs, or only the
  /// cost.
  std::optional<std::size_t> layer;
  /// Where the first non-finite value was: `layer 2 (ReLU)`, counted from 1 as in every message,
  /// `the inputs`, `the cost`, or, checked only if gradients are clipped, `the gradient
  /// of 2.weight`.
  std::string first;
  std::size_t steps_back = 0;  ///< How many steps before the network was kept; 0: it was not.

  /// `epoch 1, batch 3: the cost is nan; first non-finite value in layer 2 (ReLU)`.
  [[nodiscard]] std::string text() const;
};

/// The course of a training.
struct History {
  std::vector<std::string> metrics;      ///< The names of the watched metrics.
  std::vector<std::string> sets;         ///< The names of the watched sets.
  std::vector<Epoch> epochs;             ///< In order.
  std::vector<double> learning_rates;    ///< Of every step, in order.
  bool validated = false;                ///< Whether there was a validation set.
  Ending ending = Ending::all_epochs;    ///< Why it ended.
  std::optional<Divergence> divergence;  ///< Where it diverged, if that ended it.

  /// Whether it was stopped; the last epoch may then be incomplete.
  [[nodiscard]] bool interrupted() const { return ending == Ending::interrupted; }

  /// The number of the epoch with the lowest validation cost, or without a validation set training
  /// cost; of equal ones the first. 0 where none had a finite cost.
  [[nodiscard]] std::size_t best_epoch() const;

  /// Seconds spent on training, without validation.
  [[nodiscard]] double seconds() const;

  /// Samples trained on in a second; 0 where no time was measured.
  [[nodiscard]] double samples_per_second() const;

  /// A line of column names, then a line for each epoch: `epoch,training_cost,training_accuracy,…,
  /// validation_cost,…`, then the same for each watched set.
  /// @throws std::invalid_argument if an epoch has more or fewer values.
  [[nodiscard]] std::string csv() const;

  /// An array of one object for each epoch, with the names of csv().
  [[nodiscard]] std::string json() const;
};

}  // namespace nn
