/// @file
/// @brief Exercise 10: the training loop.
module;

#include <cstddef>
#include <limits>
#include <vector>

export module mine.training;

import exercises.todo;
export import nn.dataset;
export import nn.layer;

export namespace mine {

using namespace nn;

/// Trains a network for an epoch, with a step of the optimizer after each batch.
/// @param network Has `forward(x)`, `backward(dy)` and `parameters()`.
/// @param cost Has `value(predictions, targets)` and `gradient(predictions, targets)`.
/// @param optimizer Has `step(parameters)`.
/// @param dataset The samples.
/// @param batches For each batch, the places of its samples in the set.
/// @return The mean cost of the samples, each before the step of its batch.
template <class Network, class Cost, class Optimizer>
double run_epoch(Network& network, const Cost& cost, Optimizer& optimizer, const Dataset& dataset,
                 const std::vector<std::vector<std::size_t>>& batches) {
  // [todo run_epoch]
  double sum = 0;
  double samples = 0;
  for (const std::vector<std::size_t>& places : batches) {
    const Dataset batch = gather(dataset, places);
    const Tensor predictions = network.forward(batch.inputs);
    const auto size = static_cast<double>(batch.size());
    sum += size * cost.value(predictions, batch.targets);
    samples += size;
    network.backward(cost.gradient(predictions, batch.targets));
    optimizer.step(network.parameters());
  }
  return sum / samples;
  // [/todo]
}

/// The fraction of the samples whose class the network predicts correctly.
/// @param network Has `predict(x)`.
/// @param dataset Its targets are labels.
template <class Network>
double accuracy(const Network& network, const Dataset& dataset) {
  // [todo accuracy]
  const Labels predicted = Labels::from_rows(network.predict(dataset.inputs));
  double right = 0;
  for (std::size_t n = 0; n < dataset.size(); ++n) {
    if (predicted[n] == dataset.targets.labels()[n]) ++right;
  }
  return right / static_cast<double>(dataset.size());
  // [/todo]
}

/// Ends training once the validation cost has had no new lowest value for some epochs.
class EarlyStopping {
 public:
  /// @param patience How many epochs without a new lowest cost end training, at least 1.
  explicit EarlyStopping(std::size_t patience) : patience_{patience} {}

  /// Called once after each epoch.
  /// @param cost The validation cost after it.
  /// @return Whether training should end now.
  bool is_over(double cost) {
    // [todo EarlyStopping::is_over]
    if (cost < lowest_) {
      lowest_ = cost;
      epochs_ = 0;
    } else {
      ++epochs_;
    }
    return epochs_ >= patience_;
    // [/todo]
  }

 private:
  std::size_t patience_;
  double lowest_ = std::numeric_limits<double>::infinity();  // the lowest cost so far
  std::size_t epochs_ = 0;                                   // since then
};

}  // namespace mine
