/// @file
/// @brief Training: network, cost, optimizer and data brought together.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.training;

import nn.backprop;
import nn.batching;
import nn.cost;
import nn.descent;
export import nn.layer;
import nn.metrics;
export import nn.tensor;

namespace nn::detail {

/// Any cost behind one interface.
struct AnyCost {
  AnyCost() = default;
  AnyCost(const AnyCost&) = delete;
  AnyCost& operator=(const AnyCost&) = delete;
  virtual ~AnyCost() = default;
  [[nodiscard]] virtual double value(const Tensor& predictions, const Tensor& targets) const = 0;
  [[nodiscard]] virtual Tensor gradient(const Tensor& predictions, const Tensor& targets) const = 0;
};

template <Cost C>
struct CostModel final : AnyCost {
  explicit CostModel(C concrete) : cost{std::move(concrete)} {}
  [[nodiscard]] double value(const Tensor& p, const Tensor& t) const override {
    return cost.value(p, t);
  }
  [[nodiscard]] Tensor gradient(const Tensor& p, const Tensor& t) const override {
    return cost.gradient(p, t);
  }
  C cost;
};

/// Any optimizer behind one interface.
struct AnyOptimizer {
  AnyOptimizer() = default;
  AnyOptimizer(const AnyOptimizer&) = delete;
  AnyOptimizer& operator=(const AnyOptimizer&) = delete;
  virtual ~AnyOptimizer() = default;
  virtual void step(std::span<Parameter* const> parameters) = 0;
  [[nodiscard]] virtual real learning_rate() const = 0;
  virtual void set_learning_rate(real rate) = 0;
};

template <Optimizer O>
struct OptimizerModel final : AnyOptimizer {
  explicit OptimizerModel(O concrete) : optimizer{std::move(concrete)} {}
  void step(std::span<Parameter* const> parameters) override { optimizer.step(parameters); }
  [[nodiscard]] real learning_rate() const override { return optimizer.learning_rate(); }
  void set_learning_rate(real rate) override { optimizer.set_learning_rate(rate); }
  O optimizer;
};

/// Any metric behind one interface.
struct AnyMetric {
  AnyMetric() = default;
  AnyMetric(const AnyMetric&) = delete;
  AnyMetric& operator=(const AnyMetric&) = delete;
  virtual ~AnyMetric() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  virtual void reset() = 0;
  virtual void add(const Tensor& predictions, const Tensor& targets) = 0;
  [[nodiscard]] virtual double value() const = 0;
};

template <Metric M>
struct MetricModel final : AnyMetric {
  explicit MetricModel(M concrete) : metric{std::move(concrete)} {}
  [[nodiscard]] std::string name() const override { return metric.name(); }
  void reset() override { metric.reset(); }
  void add(const Tensor& p, const Tensor& t) override { metric.add(p, t); }
  [[nodiscard]] double value() const override { return metric.value(); }
  M metric;
};

}  // namespace nn::detail

export namespace nn {

/// What a network achieves on a set.
struct Evaluation {
  double cost = 0;              ///< The mean over the samples.
  std::vector<double> metrics;  ///< The values of the watched metrics, in the order of watch().
};

/// One epoch of training.
struct Epoch {
  std::size_t number = 0;    ///< From 1 on.
  Evaluation training;       ///< Means over the epoch's batches as they were trained on.
  Evaluation validation;     ///< At the end of the epoch; without meaning where there is no set.
  double learning_rate = 0;  ///< Of the epoch's last step.
  double seconds = 0;        ///< Spent on training, without the validation.
  std::size_t samples = 0;   ///< Trained on.
};

/// The course of a training.
struct History {
  std::vector<std::string> metrics;  ///< The names of the watched metrics.
  std::vector<Epoch> epochs;         ///< In order.
  bool validated = false;            ///< Whether there was a validation set.
  bool interrupted = false;  ///< Whether Ctrl-C ended it; the last epoch may then be incomplete.

  /// Seconds spent on training, without validation.
  [[nodiscard]] double seconds() const;

  /// Samples trained on in a second; 0 where no time was measured.
  [[nodiscard]] double samples_per_second() const;

  /// A line of column names, then a line for each epoch: `epoch,training_cost,training_accuracy,…,
  /// validation_cost,…`.
  [[nodiscard]] std::string csv() const;

  /// An array of one object for each epoch, with the names of csv().
  [[nodiscard]] std::string json() const;

  /// Writes csv() to a file.
  /// @param file Its path; what stands there is overwritten.
  /// @throws std::runtime_error if it cannot be written.
  void write_csv(const std::filesystem::path& file) const;

  /// Writes json() to a file.
  /// @param file Its path; what stands there is overwritten.
  /// @throws std::runtime_error if it cannot be written.
  void write_json(const std::filesystem::path& file) const;
};

/// How to train.
struct FitOptions {
  std::size_t epochs = 1;        ///< Passes over the training set, at least 1.
  std::size_t batch_size = 100;  ///< Samples in a batch; all, where there are fewer.
  bool shuffle = true;           ///< Whether every epoch has an order of its own.
  bool drop_last = false;        ///< Whether to leave out a last batch that would be short.
  std::uint64_t seed = 0;        ///< Names the orders of the epochs.
  real clip_norm = 0;            ///< The largest norm of the gradients; 0: no limit.
  std::function<void(const Epoch&)> on_epoch{};  ///< Called at the end of every epoch.
};

/// Trains a network and tells how it goes: to a terminal with a bar that moves, elsewhere with a
/// line an epoch.
class Trainer {
 public:
  /// @param network Must outlive the trainer and keep its layers.
  /// @param cost What to make small.
  /// @param optimizer How.
  template <Cost C, Optimizer O>
  Trainer(Sequential& network, C cost, O optimizer)
      : network_{&network},
        cost_{std::make_unique<detail::CostModel<C>>(std::move(cost))},
        optimizer_{std::make_unique<detail::OptimizerModel<O>>(std::move(optimizer))} {}

  /// Adds a metric to the cost: measured in every epoch on training and validation set, and by
  /// evaluate().
  /// @param metric Forgets what it has seen before every set.
  template <Metric M>
  void watch(M metric) {
    metrics_.push_back(std::make_unique<detail::MetricModel<M>>(std::move(metric)));
  }

  /// Trains the network. Two trainings from the same start and seed give the same bits, on any
  /// number of threads.
  ///
  /// Ctrl-C ends it after the batch at hand, with a usable network and a history that says so; a
  /// second one ends the program.
  ///
  /// @param training The set to learn from.
  /// @param validation Measured after every epoch; may be empty.
  /// @param options Epochs, batches, seed.
  /// @return What was measured in every epoch.
  /// @throws std::invalid_argument if an option is out of its range, the training set is empty, or
  ///   a set does not fit the network, the cost or a metric.
  History fit(const Dataset& training, const Dataset& validation, const FitOptions& options = {});

  /// The same, without a validation set.
  History fit(const Dataset& training, const FitOptions& options = {}) {
    return fit(training, Dataset{}, options);
  }

  /// Measures cost and metrics of the network on a set, and prints them.
  /// @param dataset At least one sample.
  /// @return The mean cost, and the metrics in the order of watch().
  /// @throws std::invalid_argument if the set is empty or does not fit the network, the cost or a
  ///   metric.
  Evaluation evaluate(const Dataset& dataset);

  /// The network's outputs. The inputs may be many: they pass in batches.
  /// @param inputs Shape (N, …).
  /// @return Shape (N, M).
  /// @throws std::invalid_argument if the inputs are empty or do not fit the network.
  [[nodiscard]] Tensor predict(const Tensor& inputs) const;

  /// The classes that the network takes the inputs for. @see classes
  /// @param inputs Shape (N, …).
  /// @return N classes.
  /// @throws std::invalid_argument if the inputs are empty or do not fit the network, or its
  ///   outputs are not rows.
  [[nodiscard]] std::vector<std::size_t> predict_classes(const Tensor& inputs) const;

  /// Silences fit() and evaluate(), which at first print how it goes.
  /// @param quiet Whether they print nothing.
  void set_quiet(bool quiet) { quiet_ = quiet; }

  /// The optimizer's learning rate, which may be changed between epochs.
  [[nodiscard]] real learning_rate() const { return optimizer_->learning_rate(); }
  /// Changes the optimizer's learning rate, from the next step on.
  /// @param rate η, 0 or more.
  /// @throws std::invalid_argument if the optimizer does not take it.
  void set_learning_rate(real rate) { optimizer_->set_learning_rate(rate); }

 private:
  using OnBatch = std::function<void(std::size_t batch, double mean_cost)>;

  Epoch train_epoch(const Batches& batches, std::span<Parameter* const> parameters, real clip_norm,
                    const OnBatch& on_batch);
  [[nodiscard]] Evaluation measure(const Dataset& dataset) const;
  void reset_metrics() const;
  void add_to_metrics(const Tensor& predictions, const Tensor& targets) const;
  [[nodiscard]] std::vector<double> metric_values() const;
  [[nodiscard]] std::string line(std::string_view head, const Evaluation& evaluation) const;
  [[nodiscard]] std::string line(const Epoch& epoch, std::size_t epochs, bool validated) const;

  Sequential* network_;
  std::unique_ptr<detail::AnyCost> cost_;
  std::unique_ptr<detail::AnyOptimizer> optimizer_;
  std::vector<std::unique_ptr<detail::AnyMetric>> metrics_;
  bool quiet_ = false;
};

}  // namespace nn
