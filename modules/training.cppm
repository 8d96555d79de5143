/// @file
/// @brief Training: network, cost, optimizer and data brought together.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module nn.training;

import nn.backprop;
import nn.batching;
import nn.checkpoint;
import nn.cost;
import nn.descent;
export import nn.layer;
import nn.metrics;
export import nn.random;
export import nn.schedule;
export import nn.tensor;

namespace nn::detail {

/// Any cost behind one interface.
struct AnyCost {
  AnyCost() = default;
  AnyCost(const AnyCost&) = delete;
  AnyCost& operator=(const AnyCost&) = delete;
  virtual ~AnyCost() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual double value(const Tensor& predictions, const Tensor& targets) const = 0;
  [[nodiscard]] virtual Tensor gradient(const Tensor& predictions, const Tensor& targets) const = 0;
};

template <Cost C>
struct CostModel final : AnyCost {
  explicit CostModel(C concrete) : cost{std::move(concrete)} {}
  [[nodiscard]] std::string name() const override { return cost.name(); }
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
  [[nodiscard]] virtual std::string name() const = 0;
  virtual void step(std::span<Parameter* const> parameters) = 0;
  [[nodiscard]] virtual real learning_rate() const = 0;
  virtual void set_learning_rate(real rate) = 0;
  [[nodiscard]] virtual bool is_resumable() const = 0;
  /// Empty where it is not resumable.
  virtual std::vector<State> state(std::span<Parameter* const> parameters) = 0;
};

template <Optimizer O>
struct OptimizerModel final : AnyOptimizer {
  explicit OptimizerModel(O concrete) : optimizer{std::move(concrete)} {}
  [[nodiscard]] std::string name() const override { return optimizer.name(); }
  void step(std::span<Parameter* const> parameters) override { optimizer.step(parameters); }
  [[nodiscard]] real learning_rate() const override { return optimizer.learning_rate(); }
  void set_learning_rate(real rate) override { optimizer.set_learning_rate(rate); }
  [[nodiscard]] bool is_resumable() const override { return ResumableOptimizer<O>; }
  std::vector<State> state([[maybe_unused]] std::span<Parameter* const> parameters) override {
    if constexpr (ResumableOptimizer<O>) return optimizer.state(parameters);
    return {};
  }
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
  [[nodiscard]] virtual bool is_resumable() const = 0;
  /// Empty where it is not resumable.
  virtual std::vector<State> state() = 0;
};

template <Metric M>
struct MetricModel final : AnyMetric {
  explicit MetricModel(M concrete) : metric{std::move(concrete)} {}
  [[nodiscard]] std::string name() const override { return metric.name(); }
  void reset() override { metric.reset(); }
  void add(const Tensor& p, const Tensor& t) override { metric.add(p, t); }
  [[nodiscard]] double value() const override { return metric.value(); }
  [[nodiscard]] bool is_resumable() const override { return Stateful<M>; }
  std::vector<State> state() override {
    if constexpr (Stateful<M>) return metric.state();
    return {};
  }
  M metric;
};

}  // namespace nn::detail

export namespace nn {

/// What a network achieves on a set. Every sample counts alike.
struct Evaluation {
  double cost = 0;              ///< The mean over the samples.
  std::vector<double> metrics;  ///< The values of the watched metrics, in the order of watch().
};

/// A set and what it is called. It is kept by its address, so it must stay where it is.
class NamedSet {
 public:
  /// @param name One word, the head of a column.
  /// @param dataset Must outlive this.
  NamedSet(std::string name, const Dataset& dataset) : name_{std::move(name)}, dataset_{&dataset} {}
  NamedSet(std::string name, Dataset&& dataset) = delete;

  /// What the set is called.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The set.
  [[nodiscard]] const Dataset& dataset() const { return *dataset_; }

 private:
  std::string name_;
  const Dataset* dataset_;
};

/// One epoch of training.
struct Epoch {
  std::size_t number = 0;  ///< From 1 on.
  Evaluation training;     ///< Means over the epoch's batches as they were trained on.
  Evaluation validation;   ///< At the end of the epoch; without meaning where there is no set.
  std::vector<Evaluation> sets{};  ///< Of the watched sets, at the end of the epoch.
  double learning_rate = 0;        ///< Of the epoch's last step.
  double seconds = 0;              ///< Spent on training, without the validation.
  std::size_t samples = 0;         ///< Trained on.
};

/// Why a training ended.
enum class Ending {
  all_epochs,         ///< It had as many as were asked for.
  patience,           ///< The validation cost was no longer getting lower.
  cost_small,         ///< The training cost was as small as asked for.
  cost_stands_still,  ///< The training cost hardly changed any more.
  interrupted,        ///< Ctrl-C; the last epoch may be incomplete.
  diverged,           ///< The cost of a batch was not finite; the last epoch is incomplete.
};

/// The first cost of a training that was not finite, and where the values came from.
struct Divergence {
  std::size_t epoch = 0;  ///< From 1 on.
  std::size_t batch = 0;  ///< Of this epoch, from 1 on.
  double cost = 0;        ///< NaN, or infinite.
  /// The first layer whose values were not finite, from 0 on as in Sequential::layer(). None: it
  /// was the inputs, or only the cost.
  std::optional<std::size_t> layer{};
  /// What was not finite first: `layer 2 (ReLU)`, counted from 1 as in every message, `the inputs`,
  /// or `the cost`.
  std::string first{};
  std::size_t steps_back = 0;  ///< How many steps before the network was kept; 0: it was not.

  /// `epoch 1, batch 3: the cost is nan; not finite first: layer 2 (ReLU)`.
  [[nodiscard]] std::string text() const;
};

/// The course of a training.
struct History {
  std::vector<std::string> metrics;        ///< The names of the watched metrics.
  std::vector<std::string> sets{};         ///< The names of the watched sets.
  std::vector<Epoch> epochs;               ///< In order.
  std::vector<double> learning_rates{};    ///< Of every step, in order.
  bool validated = false;                  ///< Whether there was a validation set.
  Ending ending = Ending::all_epochs;      ///< Why it ended.
  std::optional<Divergence> divergence{};  ///< Where it diverged, if that ended it.

  /// Whether Ctrl-C ended it; the last epoch may then be incomplete.
  [[nodiscard]] bool interrupted() const { return ending == Ending::interrupted; }

  /// The number of the epoch with the lowest validation cost, without a validation set training
  /// cost; of equal ones the first. 0 where none had a finite cost.
  [[nodiscard]] std::size_t best_epoch() const;

  /// Seconds spent on training, without validation.
  [[nodiscard]] double seconds() const;

  /// Samples trained on in a second; 0 where no time was measured.
  [[nodiscard]] double samples_per_second() const;

  /// A line of column names, then a line for each epoch: `epoch,training_cost,training_accuracy,…,
  /// validation_cost,…`, then the same of each watched set.
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
  std::uint64_t seed = 0;        ///< Names the orders of the epochs and what augment draws.
  real clip_norm = 0;            ///< The largest norm of the gradients; 0: no limit.

  /// How the learning rate changes, as a factor of the optimizer's own, which stands again when
  /// training is over. Empty: it stays what it is, or what on_epoch makes of it.
  Schedule schedule{};

  /// How much a sample of each class counts in the cost of training, 0 or more; empty: all alike.
  /// A batch's cost is then C = Σ w c / Σ w, where c is the cost of a sample and w the weight of
  /// its class. Targets are numbers of classes or one-hot rows. Metrics, validation and evaluate()
  /// are not weighted. @see balanced_weights
  std::vector<double> class_weights{};

  /// Changes the inputs of each training batch, in every epoch anew: turns or moves images, adds
  /// noise. Called with shape (B, …), returns B samples. The random numbers follow from seed, epoch
  /// and batch.
  std::function<Tensor(Tensor inputs, Random random)> augment{};

  /// Epochs in a row without a lower validation cost, after which training ends; 0: no such end.
  /// However training ends then, the network becomes that of the epoch whose validation cost was
  /// lowest, with all that its layers hold; every Parameter stays where it is. Until then a copy of
  /// that network takes the memory of a second one.
  std::size_t patience = 0;

  /// Training ends when an epoch's training cost is at most this; 0: no such end.
  double enough_cost = 0;

  /// Training ends when an epoch changes the training cost by at most this share of it; 0: no such
  /// end.
  double min_change = 0;

  std::function<void(const Epoch&)> on_epoch{};  ///< Called at the end of every epoch.

  /// A file that training is kept in: before the first batch, at the end of every epoch, on Ctrl-C,
  /// and every so many seconds. Where it stands already, training goes on from it, to the same bits
  /// as if it had never stopped: start the same program again. Of a finished training, fit() gives
  /// network and history and trains nothing; ask for more epochs to go on, delete the file to begin
  /// anew.
  ///
  /// What is kept: all that network, optimizer and metrics remember, how far training has come, and
  /// the history; orders and random numbers follow from the seed. A schedule is led again through
  /// what has passed; what augment and on_epoch remember is not kept, and on_epoch is not called
  /// for epochs that have passed. Empty: nothing is kept.
  ///
  /// Compared with the file are: the layers by their names, the cost, the optimizer's name and
  /// learning rate, the sets, what is watched, batch_size, shuffle, drop_last, seed, clip_norm,
  /// patience and class_weights. The rest, an optimizer's other options say, must be kept the same
  /// by who starts the program.
  std::filesystem::path checkpoint{};
  double checkpoint_seconds = 60;  ///< Within an epoch; 0: only at its end.
};

/// Weights under which every class counts alike, however rare: N / (K n) for a class of n samples,
/// where N samples are of K classes. @see FitOptions::class_weights
/// @param targets Numbers of classes, shape (N), or one-hot rows, shape (N, M).
/// @return The weights of the classes from 0 to the largest; 0 for one that has no samples.
/// @throws std::invalid_argument if there are no targets, or they are not classes.
[[nodiscard]] std::vector<double> balanced_weights(const Tensor& targets);

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

  /// Adds a set that fit() measures after every epoch, beside the validation set. Nothing is chosen
  /// by it.
  /// @param name One word, the head of a column.
  /// @param dataset Kept by its address: it must stay where it is while the trainer trains.
  /// @throws std::invalid_argument if the name is empty or taken.
  void watch(std::string name, const Dataset& dataset);
  void watch(std::string name, Dataset&& dataset) = delete;

  /// Trains the network. Two trainings from the same start and seed give the same bits, on any
  /// number of threads.
  ///
  /// Ctrl-C ends it after the batch at hand, with a usable network and a history that says so; a
  /// second one ends the program.
  ///
  /// So does the first batch whose cost is not finite. The network is then the last one that was
  /// kept: before steps 1, 101, 201, … a copy is made, with which the cost of the batch at hand was
  /// finite. Where there is none yet, the network stays as it is. The history's last epoch is then
  /// incomplete: its training cost is not finite, its validation is of the network that was kept.
  /// The optimizer still remembers the steps that led astray: train on with a new trainer. The copy
  /// takes the memory of a second network.
  ///
  /// @param training The set to learn from.
  /// @param validation Measured after every epoch; may be empty.
  /// @param options Epochs, batches, seed.
  /// @return What was measured in every epoch.
  /// @throws std::runtime_error if the checkpoint cannot be read or written, or is one of another
  ///   training. @see FitOptions::checkpoint
  /// @throws std::invalid_argument if an option is out of its range, the training set is empty, a
  ///   set does not fit the network, the cost or a metric, a value of a set is not finite, the
  ///   network has no layers, there is patience and no validation set, a class has no weight, or
  ///   the schedule or augment gives what cannot be.
  History fit(const Dataset& training, const Dataset& validation, const FitOptions& options = {});

  /// The same, without a validation set.
  History fit(const Dataset& training, const FitOptions& options = {}) {
    return fit(training, Dataset{}, options);
  }

  /// Measures cost and metrics of the network on a set, and prints them.
  /// @param dataset At least one sample.
  /// @return The mean cost, and the metrics in the order of watch().
  /// @throws std::invalid_argument if the set is empty, does not fit the network, the cost or a
  ///   metric, or a value of it is not finite.
  Evaluation evaluate(const Dataset& dataset);

  /// The same of several sets, with a line for each: `trainer.evaluate({{"clean", clean}, {"noisy",
  /// noisy}})`.
  /// @param sets Their names and where they stand.
  /// @return As many evaluations, in the order of the sets.
  /// @throws std::invalid_argument if a set is empty, does not fit the network, the cost or a
  ///   metric, or a value of it is not finite.
  std::vector<Evaluation> evaluate(const std::vector<NamedSet>& sets);

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
  [[nodiscard]] real learning_rate() const { return whole().optimizer_->learning_rate(); }
  /// Changes the optimizer's learning rate, from the next step on.
  /// @param rate η, 0 or more.
  /// @throws std::invalid_argument if the optimizer does not take it.
  void set_learning_rate(real rate) { whole().optimizer_->set_learning_rate(rate); }

 private:
  struct Fit;

  [[nodiscard]] const Trainer& whole() const;
  void check(const Dataset& training, const Dataset& validation, const FitOptions& options) const;
  [[nodiscard]] History begin_history(bool validated) const;
  Epoch train_epoch(Fit& fit, const Dataset& validation);
  void train(Fit& fit, Epoch& epoch);
  [[nodiscard]] Description describe(const Dataset& training, const Dataset& validation,
                                     const FitOptions& options) const;
  [[nodiscard]] static std::vector<State> how_far(Fit& fit);
  [[nodiscard]] std::vector<State> states(Fit& fit) const;
  void save(Fit& fit) const;
  void resume(Fit& fit);
  void diverge(Fit& fit, Divergence divergence, const Tensor& predictions);
  [[nodiscard]] Evaluation measure(const Dataset& dataset) const;
  void reset_metrics() const;
  void add_to_metrics(const Tensor& predictions, const Tensor& targets) const;
  [[nodiscard]] std::vector<double> metric_values() const;
  [[nodiscard]] std::string line(std::string_view head, const Evaluation& evaluation) const;
  [[nodiscard]] std::string line(const Epoch& epoch, std::size_t epochs, bool validated) const;
  void print(const std::string& text) const;

  Sequential* network_;
  std::unique_ptr<detail::AnyCost> cost_;
  std::unique_ptr<detail::AnyOptimizer> optimizer_;
  std::vector<std::unique_ptr<detail::AnyMetric>> metrics_;
  std::vector<NamedSet> sets_;
  bool quiet_ = false;
};

}  // namespace nn
