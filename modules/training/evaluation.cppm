/// @file
/// @brief Evaluation: the cost and metrics of a network on a data set, and its predictions.
module;

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

export module nn.evaluation;

export import nn.backprop;
export import nn.cost;
export import nn.dataset;
export import nn.metrics;

export namespace nn {

/// Cost and metrics on a data set.
struct Evaluation {
  double cost = 0;              ///< The mean over the samples.
  std::vector<double> metrics;  ///< The values of the metrics, in the order they were given.
};
// GCC 16 finds the destructor in an importer only if the module itself has used it.
static_assert(std::destructible<Evaluation>);

/// Accumulates batches into an evaluation: the weighted mean of the cost, and the metrics.
/// @see WeighingCost
class RunningEvaluation {
 public:
  /// @param metrics The metrics to measure; they are reset.
  explicit RunningEvaluation(std::vector<AnyMetric> metrics = {});

  /// Adds the cost of a batch.
  /// @param cost The mean cost of the batch.
  /// @param weight The weight of the batch: its size, unless samples have different weights.
  void add_cost(double cost, double weight);

  /// Adds a batch to the metrics.
  /// @param predictions Shape (B, M).
  /// @param targets One target for each of the B samples.
  void add_to_metrics(const Tensor& predictions, const Targets& targets);

  /// The mean cost so far; 0 before the first batch.
  [[nodiscard]] double cost() const { return weight_sum_ == 0 ? 0 : cost_sum_ / weight_sum_; }

  /// The cost and the metrics so far.
  [[nodiscard]] Evaluation result() const;

  /// Starts again, without any batch.
  void reset();

  /// The metrics.
  [[nodiscard]] std::span<const AnyMetric> metrics() const { return metrics_; }

  /// Everything accumulated so far: `cost_sum`, `weight_sum`, `metric.0.…`.
  [[nodiscard]] std::vector<State> state();

 private:
  std::vector<AnyMetric> metrics_;
  double cost_sum_ = 0;
  double weight_sum_ = 0;
};

/// Checks that a network can use a data set: as many targets as inputs, shapes that fit, and only
/// finite numbers, since a single NaN would make every weight NaN.
/// @param owner The calling class or function, for the error: `evaluate`.
/// @param set What to call the set in the error: `the training set`.
/// @param dataset Any set.
/// @param network Any network.
/// @throws std::invalid_argument if the set is empty, does not fit, or contains NaN or an infinity.
void check_dataset(const std::string& owner, const std::string& set, const Dataset& dataset,
                   const Sequential& network);

/// Measures cost and metrics of a network on a set, in batches.
/// @param network Used in inference, with predict().
/// @param cost Any cost.
/// @param set At least one sample.
/// @param metrics Measured in addition to the cost.
/// @return The mean cost, and the metrics in their order.
/// @throws std::invalid_argument if the set is empty, does not fit the network, the cost or a
///   metric, or contains a value that is not finite.
[[nodiscard]] Evaluation evaluate(const Sequential& network, const AnyCost& cost,
                                  const Dataset& set, std::vector<AnyMetric> metrics);

/// The same, with the metrics one by one: `evaluate(network, cost, set, nn::Accuracy{})`.
template <Metric... M>
[[nodiscard]] Evaluation evaluate(const Sequential& network, const AnyCost& cost,
                                  const Dataset& set, M... metrics) {
  return evaluate(network, cost, set, std::vector<AnyMetric>{AnyMetric{std::move(metrics)}...});
}

/// A network's outputs for many inputs, which pass through it in batches.
/// @param network Used in inference, with predict().
/// @param inputs Shape (N, …), N at least 1.
/// @return Shape (N, M).
/// @throws std::invalid_argument if the inputs are empty or do not fit the network.
[[nodiscard]] Tensor predict(const Sequential& network, const Tensor& inputs);

/// Whether the last layer of a network is Softmax, so that its outputs are already probabilities
/// and the cost must be CrossEntropy, not SoftmaxCrossEntropy.
/// @param network Any.
[[nodiscard]] bool ends_in_softmax(const Sequential& network);

/// The probability that a classifier gives to each class, for many inputs: the softmax of its
/// outputs, or the outputs themselves if the network ends in Softmax.
/// @param network Used in inference, with predict().
/// @param inputs Shape (N, …), N at least 1.
/// @return Shape (N, M); every row sums to 1.
/// @throws std::invalid_argument if the inputs are empty or do not fit the network, or an output is
///   NaN.
[[nodiscard]] Tensor predict_probabilities(const Sequential& network, const Tensor& inputs);

/// The class that a network assigns to each of many inputs. @see Labels::from_rows
/// @param network Used in inference, with predict().
/// @param inputs Shape (N, …), N at least 1.
/// @return N labels.
/// @throws std::invalid_argument if the inputs are empty or do not fit the network, or its outputs
///   are not rows.
[[nodiscard]] Labels predict_classes(const Sequential& network, const Tensor& inputs);

}  // namespace nn
