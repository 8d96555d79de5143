/// @file
/// @brief Training: the training loop over network, cost, optimizer and data, one step at a time.
module;

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

export module nn.training;

export import nn.batching;
export import nn.descent;
export import nn.evaluation;
export import nn.history;
export import nn.schedule;

export namespace nn {

/// What happens around the optimizer's step.
struct StepOptions {
  real clip_norm = 0;  ///< The largest norm of the gradients; 0: no limit. @see clip_gradients

  /// How the learning rate changes, as a factor of the optimizer's own rate, which is restored when
  /// the Training is destroyed. Empty: the rate stays the same, unless on_epoch() changes it.
  Schedule schedule{};

  /// Data augmentation: changes the inputs of each training batch, for example rotates images or
  /// adds noise. Called with shape (B, …), returns B samples. The random numbers follow from seed,
  /// epoch and batch, so every epoch changes a sample differently.
  std::function<Tensor(Tensor inputs, Random random)> augment;
};

/// When to stop before all epochs are done (early stopping).
struct StopOptions {
  /// Training ends after this many epochs in a row without a lower validation cost; 0: never. If
  /// set, finish() restores the network of the epoch with the lowest validation cost, however
  /// training ended; this takes a copy of the network.
  std::size_t patience = 0;

  /// Training ends when an epoch's training cost is at most this; 0: never.
  double enough_cost = 0;

  /// Training ends when an epoch changes the training cost by at most this fraction; 0: never.
  double min_change = 0;
};

/// How to train.
struct TrainingOptions {
  std::size_t epochs = 1;  ///< Passes over the training set, at least 1.
  BatchOptions batches{};  ///< A batch size larger than the set means all of it.
  std::uint64_t seed = 0;  ///< Determines the orders of the epochs and what augment draws.
  StepOptions steps{};     ///< Clipping, schedule, augmentation.
  StopOptions stopping{};  ///< Reasons to stop early.
};

/// A data set and its name. It refers to the set, which must not be moved or destroyed.
struct NamedSet {
  std::string name;  ///< One word, used as a column header.
  std::reference_wrapper<const Dataset> dataset;
};

/// What is measured in addition to the training cost.
struct Watch {
  std::vector<AnyMetric> metrics;       ///< Measured on training batches and on every set below.
  const Dataset* validation = nullptr;  ///< Measured after every epoch; nullptr: no set.
  std::vector<NamedSet> sets;           ///< Measured too, but stopping does not depend on them.
};

/// How the learning rate jumps when training is resumed with another number of epochs.
struct RateJump {
  double before;  ///< The rate of the last step before.
  double after;   ///< The rate that the schedule now gives for that step.
};

/// A training run in progress, which you advance step by step or epoch by epoch:
///
///     nn::Training training{network, cost, optimizer, set, {.epochs = 5}};
///     while (!training.is_over()) training.run_epoch();
///
/// or `while (training.step()) …` for the batches of an epoch. Two runs from the same initial
/// weights and seed give the same bits, on any number of threads.
///
/// The first batch whose cost is not finite ends training. The network is then restored from the
/// last copy: one is made before steps 1, 101, 201, …, once the cost of that batch is known to be
/// finite. The optimizer is not restored.
class Training {
 public:
  /// @param network Must outlive this object and keep its layers; frozen layers must stay frozen.
  /// @param cost What to minimize.
  /// @param optimizer How to minimize it; `AnyOptimizer{std::ref(optimizer)}` uses the caller's
  ///   own.
  /// @param set The training set; must outlive this object.
  /// @param options Epochs, batches, seed.
  /// @param watch What to measure.
  /// @throws std::invalid_argument if an option is out of range, a set does not fit the network or
  ///   contains a value that is not finite, a set other than the validation set is empty, or
  ///   patience is set without a validation set.
  Training(Sequential& network, AnyCost cost, AnyOptimizer optimizer, const Dataset& set,
           const TrainingOptions& options = {}, Watch watch = {});
  Training(Sequential& network, AnyCost cost, AnyOptimizer optimizer, Dataset&& set,
           const TrainingOptions& options = {}, Watch watch = {}) = delete;
  Training(const Training&) = delete;
  Training& operator=(const Training&) = delete;
  /// Restores the optimizer's learning rate, if a schedule has changed it.
  ~Training();

  /// Trains on the next batch of the epoch: forward, cost, backward, optimizer.
  /// @return Whether it did; false at the end of an epoch, and once is_over().
  /// @throws std::invalid_argument if the schedule returns an invalid factor, augment another
  ///   number of samples, or a layer was frozen or unfrozen since this object was made.
  bool step();

  /// Ends the epoch: measures the validation set and the watched sets, and adds to the history.
  /// @throws std::invalid_argument if the epoch has no step yet, unless training was stopped or
  ///   diverged.
  const Epoch& end_epoch();

  /// Takes the remaining steps of the epoch and ends it.
  /// @throws std::invalid_argument if is_over(), and as step() does.
  const Epoch& run_epoch();

  /// Ends training before the next step, with a usable network.
  void stop() { stopped_ = true; }

  /// Restores the best network if patience is set. Call it once, when is_over().
  /// @return Whether the network is now that of an earlier epoch.
  bool finish();

  /// Whether there is nothing left to do.
  [[nodiscard]] bool is_over() const;
  /// Whether all batches of the epoch are done.
  [[nodiscard]] bool is_epoch_complete() const { return batch_ == batches_.count(); }

  /// What was measured so far, and why training ended.
  [[nodiscard]] const History& history() const { return history_; }
  /// The network being trained.
  [[nodiscard]] const Sequential& network() const { return *network_; }
  /// The options it was made with.
  [[nodiscard]] const TrainingOptions& options() const { return options_; }
  /// The optimizer's learning rate.
  [[nodiscard]] real learning_rate() const { return optimizer_.learning_rate(); }

  /// The number of the epoch in progress, starting at 1.
  [[nodiscard]] std::size_t epoch() const { return history_.epochs.size() + 1; }
  /// How many batches of it are done.
  [[nodiscard]] std::size_t batch() const { return static_cast<std::size_t>(batch_); }
  /// How many batches an epoch has.
  [[nodiscard]] std::size_t batches() const { return batches_.count(); }
  /// The mean cost over the batches of the epoch so far.
  [[nodiscard]] double running_cost() const { return running_.cost(); }
  /// The network's outputs in the last step, before its weights changed.
  [[nodiscard]] const Tensor& outputs() const { return outputs_; }
  /// The cost of the last step's batch.
  [[nodiscard]] double cost() const { return cost_value_; }

  /// Everything that determines the training run, as pairs such as `{"batch_size", "100"}`. Only a
  /// run with the same description can be resumed from its checkpoint.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> description() const;

  /// The name of the first part that cannot be stored, an optimizer or a metric without a state;
  /// nothing if all can.
  [[nodiscard]] std::optional<std::string> not_resumable() const;

  /// Everything needed to resume training between two steps.
  [[nodiscard]] std::vector<State> state();

  /// Resumes where another Training with the same description was when its state() was saved.
  /// @param restore Called several times with some of the states; writes the stored values to them.
  /// @throws std::runtime_error if the stored values contradict each other.
  void resume(const std::function<void(const std::vector<State>&)>& restore);

  /// How the learning rate jumps if the resumed run has another number of epochs, which its
  /// schedule now spans; nothing if it does not jump.
  [[nodiscard]] const std::optional<RateJump>& rate_jump() const { return rate_jump_; }

 private:
  void check() const;
  void check_last_batch() const;
  void check_frozen() const;
  void keep_network();
  [[nodiscard]] bool clip();
  void diverge();
  [[nodiscard]] std::string broken_gradient() const;
  [[nodiscard]] Tensor augment(Tensor inputs, std::size_t batch) const;
  void set_rate(std::size_t epoch, std::size_t batch);
  [[nodiscard]] Progress progress(std::size_t epoch, std::size_t batch) const;
  [[nodiscard]] Ending ending() const;
  [[nodiscard]] std::vector<State> place();
  void check_place() const;

  Sequential* network_;
  AnyCost cost_;
  AnyOptimizer optimizer_;
  const Dataset* set_;
  TrainingOptions options_;
  Watch watch_;
  Batches batches_;
  Random random_;  // for augment
  std::vector<Parameter*> parameters_;
  std::vector<bool> frozen_;  // which layers were frozen when this object was made
  real rate_;                 // the optimizer's own
  History history_;
  std::optional<RateJump> rate_jump_;
  bool stopped_ = false;

  // The epoch in progress.
  std::optional<Batches::Epoch> order_;
  RunningEvaluation running_;
  std::uint64_t batch_ = 0;  // batches done
  std::uint64_t samples_ = 0;
  double seconds_ = 0;
  Batch current_;
  Tensor outputs_;
  double cost_value_ = 0;

  std::optional<Sequential> best_;  // of the epoch with the lowest validation cost
  std::optional<Sequential> kept_;  // the last copy with a finite cost
  std::uint64_t steps_when_kept_ = 0;
  std::vector<double> packed_epochs_;  // those of the history, packed for a checkpoint
  double packed_rate_ = 0;
};

/// An observer of training (a callback object): prints its progress, stores it, or stops it.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = default;
  Observer(Observer&&) = default;
  Observer& operator=(const Observer&) = default;
  Observer& operator=(Observer&&) = default;
  virtual ~Observer() = default;

  virtual void begin(Training& /*training*/) {}      ///< Before the first step.
  virtual void step(Training& /*training*/) {}       ///< After each step.
  virtual void interrupt(Training& /*training*/) {}  ///< When stop() ends an epoch early.
  virtual void epoch(Training& /*training*/) {}      ///< After each epoch; may be incomplete.
  /// At the end. `brought_back`: whether the network was restored from an earlier epoch.
  virtual void end(Training& /*training*/, bool /*brought_back*/) {}
  virtual void leave() {}  ///< Last of all, even if an exception ended the training.
};

/// Trains a network from start to end.
///
///     nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
///     trainer.watch(nn::Accuracy{});
///     trainer.observe(nn::Reporter{});
///     trainer.fit(training_set, validation_set, {.epochs = 5});
class Trainer {
 public:
  /// @param network Must outlive the trainer and keep its layers.
  /// @param cost What to minimize.
  /// @param optimizer How to minimize it; it keeps its state from one fit() to the next.
  Trainer(Sequential& network, AnyCost cost, AnyOptimizer optimizer)
      : network_{&network}, cost_{std::move(cost)}, optimizer_{std::move(optimizer)} {}

  /// Measures a metric in every epoch, on all sets.
  /// @param metric Any metric.
  void watch(AnyMetric metric) { metrics_.push_back(std::move(metric)); }

  /// Measures a set after every epoch, in addition to the validation set.
  /// @param name One word, used as a column header.
  /// @param dataset Must not be moved or destroyed while the trainer is used.
  /// @throws std::invalid_argument if the name is empty or taken.
  void watch(std::string name, const Dataset& dataset);
  void watch(std::string name, Dataset&& dataset) = delete;

  /// Adds an observer for every fit().
  /// @param observer Moved in. Observers are called in the order in which they were added. Add
  ///   Checkpoints before a Reporter, so that the Reporter sees that training was resumed.
  template <std::derived_from<Observer> O>
  void observe(O observer) {
    observers_.push_back(std::make_unique<O>(std::move(observer)));
  }

  /// Calls a function after every epoch.
  /// @param call May change the learning rate.
  /// @throws std::invalid_argument if the function is empty.
  void on_epoch(std::function<void(const Epoch&)> call);

  /// Trains the network. @see Training
  /// @param training The set to learn from.
  /// @param validation Measured after every epoch; may be empty.
  /// @param options Epochs, batches, seed.
  /// @return What was measured in every epoch.
  /// @throws std::invalid_argument as the constructor of Training does.
  History fit(const Dataset& training, const Dataset& validation,
              const TrainingOptions& options = {});
  /// The same, without a validation set.
  History fit(const Dataset& training, const TrainingOptions& options = {}) {
    return fit(training, Dataset{}, options);
  }

  /// Measures the cost and the watched metrics of the network on a set. @see nn::evaluate
  /// @param dataset At least one sample.
  [[nodiscard]] Evaluation evaluate(const Dataset& dataset) const {
    return nn::evaluate(*network_, cost_, dataset, metrics_);
  }

  /// The optimizer, to read or change its learning rate.
  [[nodiscard]] AnyOptimizer& optimizer() { return optimizer_; }

 private:
  Sequential* network_;
  AnyCost cost_;
  AnyOptimizer optimizer_;
  std::vector<AnyMetric> metrics_;
  std::vector<NamedSet> sets_;
  std::vector<std::unique_ptr<Observer>> observers_;
};

}  // namespace nn
