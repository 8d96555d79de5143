module;

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.training;

import nn.checks;
import nn.text;

namespace nn {

namespace {

using Clock = std::chrono::steady_clock;

/// How many steps pass before the network is copied again; so rarely, the copy costs next to
/// nothing.
constexpr std::size_t steps_to_keep = 100;

void check_options(const TrainingOptions& options, bool validated) {
  if (options.epochs == 0) {
    throw std::invalid_argument("nn::Training: 0 epochs, expected at least 1");
  }
  if (!(options.steps.clip_norm >= 0)) {
    refuse_option("Training", "clip_norm", options.steps.clip_norm, "0 or more");
  }
  if (options.stopping.patience > 0 && !validated) {
    throw std::invalid_argument(
        fmt::format("nn::Training: patience is {}, but there is no validation set: pass one, or "
                    "set patience to 0",
                    options.stopping.patience));
  }
  check_not_negative("Training", "enough_cost", options.stopping.enough_cost);
  check_not_negative("Training", "min_change", options.stopping.min_change);
}

BatchOptions at_most(BatchOptions options, const Dataset& set) {
  check_samples("Training: the training set", set);
  options.size = std::min(options.size, set.size());
  return options;
}

bool is_finite(const Tensor& tensor) {
  return std::ranges::all_of(tensor.values(), [](real x) { return std::isfinite(x); });
}

}  // namespace

// The orders of the epochs come from streams 1, 2, … of the seed, so stream 0 is free for augment.
Training::Training(Sequential& network, AnyCost cost, AnyOptimizer optimizer, const Dataset& set,
                   const TrainingOptions& options, Watch watch)
    : network_{&network},
      cost_{std::move(cost)},
      optimizer_{std::move(optimizer)},
      set_{&set},
      options_{options},
      watch_{std::move(watch)},
      batches_{set, at_most(options.batches, set), Random{options.seed}},
      random_{Random{options.seed}.stream(0)},
      parameters_{network.parameters()},
      rate_{optimizer_.learning_rate()},
      running_{watch_.metrics} {
  if (watch_.validation != nullptr && watch_.validation->size() == 0 &&
      watch_.validation->targets.size() == 0) {
    watch_.validation = nullptr;
  }
  check();
  check_last_batch();
  for (const AnyMetric& metric : watch_.metrics) history_.metrics.push_back(metric.name());
  for (const NamedSet& named : watch_.sets) history_.sets.push_back(named.name);
  history_.validated = watch_.validation != nullptr;
  for (std::size_t i = 0; i < network.size(); ++i) frozen_.push_back(network.is_frozen(i));
}

Training::~Training() {
  if (!options_.steps.schedule) return;
  try {
    optimizer_.set_learning_rate(rate_);
  } catch (const std::invalid_argument&) {
    return;  // the caller has moved its optimizer away, and a destructor must not throw
  }
}

/// Checks everything that can be checked before the first batch.
void Training::check() const {
  check_options(options_, watch_.validation != nullptr);
  check_dataset("Training", "the training set", *set_, *network_);
  // Find a label that the cost rejects now, not in the middle of an epoch.
  static_cast<void>(cost_.weight(set_->targets));
  if (watch_.validation != nullptr) {
    check_dataset("Training", "the validation set", *watch_.validation, *network_);
  }
  for (const NamedSet& named : watch_.sets) {
    check_dataset("Training", "set " + named.name, named.dataset, *network_);
  }
}

/// BatchNorm rejects a batch of one sample, and the last batch of an epoch can be one. So this
/// batch is tried on a copy of the network before the first step.
void Training::check_last_batch() const {
  const std::size_t size = options_.batches.size;
  const std::size_t last = set_->size() - (batches_.count() - 1) * std::min(size, set_->size());
  if (last > 1) return;
  Sequential copy = *network_;
  try {
    copy.forward(set_->inputs.rows(0, 1));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("nn::Training: in batches of {}, the last of the {} samples has a batch to "
                    "itself: {}; change "
                    "batches.size or set batches.drop_last",
                    size, set_->size(), error.what()));
  }
}

/// The optimizer keeps values for the parameters of the layers that were not frozen, so this must
/// not change.
void Training::check_frozen() const {
  for (std::size_t i = 0; i < std::min(frozen_.size(), network_->size()); ++i) {
    if (network_->is_frozen(i) == frozen_[i]) continue;
    throw std::invalid_argument(fmt::format(
        "nn::Training: layer {} ({}) was {} after the Training was made: make a new Training",
        i + 1, (*network_)[i].name(), frozen_[i] ? "unfrozen" : "frozen"));
  }
}

// -------------------------------------------------------------------------------------- stepping

Tensor Training::augment(Tensor inputs, std::size_t batch) const {
  if (!options_.steps.augment) return inputs;
  const std::size_t size = inputs.rows();
  Tensor changed = options_.steps.augment(std::move(inputs), random_.stream(epoch()).stream(batch));
  if (changed.rows() == size) return changed;
  throw std::invalid_argument(
      fmt::format("nn::Training: augment returned {} samples, expected {}", changed.rows(), size));
}

bool Training::step() {
  if (is_epoch_complete() || is_over()) return false;
  check_frozen();
  if (!order_) {
    order_ = batches_.epoch(epoch());
    std::vector<double>& rates = history_.learning_rates;
    rates.reserve(std::bit_ceil(rates.size() + batches_.count()));  // so that no step allocates
  }
  const Clock::time_point start = Clock::now();
  // [step]
  order_->read(batch(), current_);
  outputs_ = network_->forward(augment(std::move(current_.inputs), batch()));
  cost_value_ = cost_.value(outputs_, current_.targets);
  running_.add_cost(cost_value_, cost_.weight(current_.targets));
  if (!std::isfinite(cost_value_)) {
    diverge();
    return false;
  }
  keep_network();
  network_->backward_parameters(cost_.gradient(outputs_, current_.targets));
  if (!clip()) {
    diverge();
    return false;
  }
  set_rate(epoch(), batch());
  optimizer_.step(parameters_);
  // [/step]
  running_.add_to_metrics(outputs_, current_.targets);
  history_.learning_rates.push_back(learning_rate());
  samples_ += outputs_.rows();
  ++batch_;
  seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  return true;
}

/// Copies the network before some of the steps, for the case that training diverges.
void Training::keep_network() {
  const std::size_t steps = history_.learning_rates.size();
  if (kept_ && steps - steps_when_kept_ < steps_to_keep) return;
  kept_ = *network_;
  steps_when_kept_ = steps;
}

/// Clips the gradients, if the options say so.
/// @return Whether they are finite.
bool Training::clip() {
  if (options_.steps.clip_norm == 0) return true;
  try {
    clip_gradients(parameters_, options_.steps.clip_norm);
  } catch (const std::invalid_argument&) {
    return false;
  }
  return true;
}

/// `the gradient of 2.weight`.
std::string Training::broken_gradient() const {
  for (const std::string& name : network_->parameter_names()) {
    if (!is_finite(network_->parameter(name).gradient)) return "the gradient of " + name;
  }
  return "the norm of the gradients";
}

/// Finds out where values first became non-finite, and restores the network that was kept.
void Training::diverge() {
  Divergence divergence{.epoch = epoch(),
                        .batch = batch() + 1,
                        .cost = unsigned_nan(cost_value_),
                        .first = "the cost"};
  if (std::isfinite(cost_value_)) {
    divergence.first = broken_gradient();
  } else if (!is_finite(outputs_)) {
    Tensor inputs = augment(batches_.epoch(epoch())[batch()].inputs, batch());
    if (is_finite(inputs)) {
      // If a layer draws random numbers, this pass may be finite; then only the last layer is
      // known.
      divergence.layer =
          network_->first_not_finite(std::move(inputs)).value_or(network_->size() - 1);
      divergence.first = fmt::format("layer {} ({})", *divergence.layer + 1,
                                     (*network_)[*divergence.layer].name());
    } else {
      divergence.first = "the inputs";
    }
  }
  if (kept_) {
    *network_ = *kept_;
    divergence.steps_back =
        history_.learning_rates.size() - static_cast<std::size_t>(steps_when_kept_);
  }
  history_.divergence = std::move(divergence);
}

// ------------------------------------------------------------------------------ the learning rate

/// How far training has progressed before a batch.
Progress Training::progress(std::size_t epoch, std::size_t batch) const {
  Progress progress{.epoch = static_cast<double>(epoch - 1) +
                             static_cast<double>(batch) / static_cast<double>(batches_.count()),
                    .epochs = static_cast<double>(options_.epochs)};
  if (epoch == 1) return progress;
  const Epoch& last = history_.epochs[epoch - 2];
  progress.cost = history_.validated ? last.validation.cost : last.training.cost;
  return progress;
}

void Training::set_rate(std::size_t epoch, std::size_t batch) {
  if (!options_.steps.schedule) return;
  const Progress now = progress(epoch, batch);
  const double factor = options_.steps.schedule(now);
  if (!(factor >= 0 && std::isfinite(factor))) {
    throw std::invalid_argument(fmt::format(
        "nn::Training: the schedule returned the factor {} after {:.4g} epochs, expected a "
        "finite number, 0 or more",
        unsigned_nan(factor), now.epoch));
  }
  optimizer_.set_learning_rate(static_cast<real>(double{rate_} * factor));
}

// ---------------------------------------------------------------------------------------- epochs

const Epoch& Training::end_epoch() {
  if (batch_ == 0 && !stopped_ && !history_.divergence) {
    throw std::invalid_argument(
        is_over()
            ? fmt::format("nn::Training: training is over after {} epochs", history_.epochs.size())
            : fmt::format("nn::Training: epoch {} cannot end before its first step", epoch()));
  }
  Epoch epoch{.number = this->epoch(),
              .training = running_.result(),
              .validation = {},
              .learning_rate = learning_rate(),
              .seconds = seconds_,
              .samples = static_cast<std::size_t>(samples_)};
  const auto measure = [this](const Dataset& set) {
    return evaluate(*network_, cost_, set, watch_.metrics);
  };
  if (watch_.validation != nullptr) epoch.validation = measure(*watch_.validation);
  for (const NamedSet& named : watch_.sets) epoch.sets.push_back(measure(named.dataset));
  const bool complete = is_epoch_complete();
  history_.epochs.push_back(std::move(epoch));
  if (options_.stopping.patience > 0 && history_.best_epoch() == history_.epochs.size()) {
    best_ = *network_;
  }
  if (complete) {
    order_.reset();
    running_.reset();
    batch_ = samples_ = 0;
    seconds_ = 0;
  } else {
    stopped_ = true;
  }
  history_.ending = ending();
  return history_.epochs.back();
}

const Epoch& Training::run_epoch() {
  while (step()) {
  }
  return end_epoch();
}

/// Whether training has ended, and why.
Ending Training::ending() const {
  if (history_.divergence) return Ending::diverged;
  if (stopped_) return Ending::interrupted;
  if (history_.epochs.empty()) return Ending::all_epochs;
  const StopOptions& stopping = options_.stopping;
  const Epoch& last = history_.epochs.back();
  if (stopping.patience > 0 && last.number - history_.best_epoch() >= stopping.patience) {
    return Ending::patience;
  }
  const double cost = last.training.cost;
  if (stopping.enough_cost > 0 && cost <= stopping.enough_cost) return Ending::cost_small;
  if (stopping.min_change > 0 && last.number > 1) {
    const double before = history_.epochs[last.number - 2].training.cost;
    if (std::abs(cost - before) <= stopping.min_change * std::abs(before)) {
      return Ending::cost_stands_still;
    }
  }
  return Ending::all_epochs;
}

bool Training::is_over() const {
  return ending() != Ending::all_epochs || history_.epochs.size() >= options_.epochs;
}

bool Training::finish() {
  history_.ending = ending();
  if (!best_ || history_.best_epoch() == history_.epochs.size()) return false;
  *network_ = *best_;
  return true;
}

// --------------------------------------------------------------------------------------- trainer

namespace {

/// Calls a function after every epoch.
class EpochCall final : public Observer {
 public:
  explicit EpochCall(std::function<void(const Epoch&)> call) : call_{std::move(call)} {}
  void epoch(Training& training) override { call_(training.history().epochs.back()); }

 private:
  std::function<void(const Epoch&)> call_;
};

/// Notifies the observers that training is over, even if an exception ended it.
class Leave {
 public:
  explicit Leave(const std::vector<std::unique_ptr<Observer>>& observers) : observers_{observers} {}
  Leave(const Leave&) = delete;
  Leave& operator=(const Leave&) = delete;
  ~Leave() {
    for (const auto& observer : observers_) observer->leave();
  }

 private:
  const std::vector<std::unique_ptr<Observer>>& observers_;
};

}  // namespace

void Trainer::watch(std::string name, const Dataset& dataset) {
  const bool taken = name == "training" || name == "validation" ||
                     std::ranges::find(sets_, name, &NamedSet::name) != sets_.end();
  if (name.empty() || taken) {
    throw std::invalid_argument(fmt::format("nn::Trainer: a set cannot be named '{}': {}", name,
                                            taken ? "that name is taken" : "expected one word"));
  }
  sets_.push_back({std::move(name), dataset});
}

void Trainer::on_epoch(std::function<void(const Epoch&)> call) {
  if (!call) throw std::invalid_argument("nn::Trainer: on_epoch: the function is empty");
  observe(EpochCall{std::move(call)});
}

History Trainer::fit(const Dataset& training, const Dataset& validation,
                     const TrainingOptions& options) {
  Training run{*network_, cost_,   AnyOptimizer{std::ref(optimizer_)},
               training,  options, {.metrics = metrics_, .validation = &validation, .sets = sets_}};
  const Leave leave{observers_};
  // An observer added during fit() takes effect in the next fit().
  const std::size_t count = observers_.size();
  const auto notify = [&](auto event, auto... details) {
    for (std::size_t i = 0; i < count; ++i) (observers_[i].get()->*event)(run, details...);
  };
  notify(&Observer::begin);
  // [fit]
  while (!run.is_over()) {
    while (run.step()) notify(&Observer::step);
    if (!run.is_epoch_complete() && !run.history().divergence) notify(&Observer::interrupt);
    run.end_epoch();
    notify(&Observer::epoch);
  }
  // [/fit]
  const bool brought_back = run.finish();
  notify(&Observer::end, brought_back);
  return run.history();
}

}  // namespace nn
