module;

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.training;

import nn.files;

namespace nn {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// ------------------------------------------------------------------------------------ interrupt

std::atomic<bool> interrupt_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only write such");

/// While one lives, the first Ctrl-C is a request, to all trainings of the program, and the second
/// ends it. The last to go puts back what Ctrl-C did before.
class InterruptRequest {
 public:
  InterruptRequest() {
    const std::scoped_lock lock{mutex_};
    if (alive_++ > 0) return;
    interrupt_requested = false;
    before_ = std::signal(SIGINT, [](int) {
      interrupt_requested = true;
      std::signal(SIGINT, SIG_DFL);
    });
  }
  InterruptRequest(const InterruptRequest&) = delete;
  InterruptRequest& operator=(const InterruptRequest&) = delete;
  ~InterruptRequest() {
    const std::scoped_lock lock{mutex_};
    if (--alive_ == 0) std::signal(SIGINT, before_);
  }

  [[nodiscard]] static bool made() { return interrupt_requested; }

 private:
  static inline std::mutex mutex_;
  static inline std::size_t alive_ = 0;
  static inline void (*before_)(int) = SIG_DFL;
};

// ------------------------------------------------------------------------------------- progress

/// What a line may hold on a terminal of 80 columns; a longer one wraps, and cannot be overwritten.
constexpr std::size_t max_columns = 79;

/// A cost in few columns, however large.
std::string short_number(double value) {
  if (std::isnan(value)) return "nan";  // whose sign, which means nothing, would be printed
  return std::abs(value) < 10'000 ? fmt::format("{:.4f}", value) : fmt::format("{:.2e}", value);
}

/// The bar that moves along the bottom line of a terminal; nothing where output goes elsewhere.
class Bar {
 public:
  Bar(bool quiet, std::size_t epochs, std::size_t batches, std::size_t batch_size)
      : shown_{!quiet && isatty(STDOUT_FILENO) == 1},
        epochs_{epochs},
        batches_{batches},
        batch_size_{batch_size} {}

  /// @param epoch From 1 on.
  /// @param batch How many of the epoch's are done.
  void show(std::size_t epoch, std::size_t batch, double mean_cost) {
    using std::chrono::milliseconds;
    if (!shown_ || Clock::now() - last_ < milliseconds{100}) return;
    last_ = Clock::now();
    const std::size_t done = (epoch - 1) * batches_ + batch;
    const double rate = static_cast<double>(done) / seconds_since(start_);
    const double left = static_cast<double>(epochs_ * batches_ - done) / rate;
    const std::string head = fmt::format("{:>3}/{} ", epoch, epochs_);
    const std::string tail =
        fmt::format(" {}/{}  cost {}  {:.0f} images/s  {:.0f} s left", batch, batches_,
                    short_number(mean_cost), rate * static_cast<double>(batch_size_), left);
    fmt::print("\r\x1b[K{:.{}}", head + bar(batch, head.size() + tail.size()) + tail, max_columns);
    std::fflush(stdout);
  }

  /// Clears the line for what is to stand there.
  void clear() const {
    if (shown_) fmt::print("\r\x1b[K");
  }

 private:
  /// `[=====     ]`, as wide as the text leaves room for; nothing where it leaves none.
  [[nodiscard]] std::string bar(std::size_t batch, std::size_t text) const {
    constexpr std::size_t frame = 2;
    if (text + frame >= max_columns) return "";
    const std::size_t width = std::min<std::size_t>(20, max_columns - text - frame);
    const std::size_t filled = width * batch / batches_;
    return fmt::format("[{:=<{}}{:{}}]", "", filled, "", width - filled);
  }

  bool shown_;
  std::size_t epochs_;
  std::size_t batches_;
  std::size_t batch_size_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_;
};

// ----------------------------------------------------------------------- what options ask for

void check_limit(const char* option, double value) {
  if (value >= 0) return;
  throw std::invalid_argument(
      fmt::format("nn::Trainer: {} is {}, expected 0 or more", option, value));
}

void check_options(const FitOptions& options, bool validated) {
  if (options.epochs == 0) {
    throw std::invalid_argument("nn::Trainer: 0 epochs, expected at least 1");
  }
  if (!(options.clip_norm >= 0)) {
    throw std::invalid_argument(fmt::format(
        "nn::Trainer: gradients clipped to norm {}, expected 0 or more", options.clip_norm));
  }
  if (options.patience > 0 && !validated) {
    throw std::invalid_argument(fmt::format(
        "nn::Trainer: patience is {}, but there is no validation set", options.patience));
  }
  check_limit("enough_cost", options.enough_cost);
  check_limit("min_change", options.min_change);
  check_limit("checkpoint_seconds", options.checkpoint_seconds);
}

bool all_finite(std::span<const real> values) {
  bool finite = true;
  for (const real x : values) finite &= std::abs(x) <= std::numeric_limits<real>::max();
  return finite;
}

/// One value that is not finite would spoil all weights.
void check_finite(const std::string& set, const char* what, const Tensor& tensor) {
  for (std::size_t n = 0; n < tensor.rows(); ++n) {
    const std::span<const real> row = tensor.row(n);
    if (all_finite(row)) continue;
    const auto found = std::ranges::find_if(row, [](real x) { return !std::isfinite(x); });
    throw std::invalid_argument(
        fmt::format("nn::Trainer: sample {} of {}: {} {} is {}, expected finite numbers", n, set,
                    what, found - row.begin(), std::isnan(*found) ? std::abs(*found) : *found));
  }
}

/// A set that does not fit is to be found out at once, not after an epoch.
void check_fits(const std::string& set, const Dataset& dataset, const Sequential& network) {
  static_cast<void>(Batches{dataset, {.size = 1}});
  static_cast<void>(network.output_shape(dataset.inputs.shape().sample()));
  check_finite(set, "input", dataset.inputs);
  check_finite(set, "target", dataset.targets);
}

void check_weights(std::span<const double> weights, const Tensor& targets) {
  if (weights.empty()) return;
  for (const double weight : weights) {
    if (weight >= 0 && std::isfinite(weight)) continue;
    throw std::invalid_argument(fmt::format(
        "nn::Trainer: the weight of a class is {}, expected a finite number, 0 or more", weight));
  }
  if (std::ranges::none_of(weights, [](double weight) { return weight > 0; })) {
    throw std::invalid_argument("nn::Trainer: the weights of all classes are 0");
  }
  const std::size_t largest = std::ranges::max(target_classes(targets));
  if (largest >= weights.size()) {
    throw std::invalid_argument(fmt::format(
        "nn::Trainer: {} class weights, but a target is class {}", weights.size(), largest));
  }
}

/// A cost in which every sample counts by the weight of its class; without weights, the cost as it
/// is.
class WeightedCost {
 public:
  /// @param targets All that there will be, to be found out if one has no weight.
  WeightedCost(const detail::AnyCost& cost, std::span<const double> weights, const Tensor& targets)
      : cost_{&cost}, weights_{weights} {
    check_weights(weights, targets);
  }

  /// What the samples of a batch weigh together.
  [[nodiscard]] double weight(const Tensor& targets) const {
    if (weights_.empty()) return static_cast<double>(targets.rows());
    double sum = 0;
    for (std::size_t b = 0; b < targets.rows(); ++b) sum += weight(targets, b);
    return sum;
  }

  /// Σ w c / Σ w.
  [[nodiscard]] double value(const Tensor& predictions, const Tensor& targets) const {
    if (weights_.empty()) return cost_->value(predictions, targets);
    const double whole = weight(targets);
    double sum = 0;
    for (std::size_t b = 0; whole > 0 && b < targets.rows(); ++b) {
      sum += weight(targets, b) / whole * cost_->value(sample(predictions, b), sample(targets, b));
    }
    return sum;
  }

  /// The cost is a mean, so a row of its gradient is that of the row's own cost, divided by B.
  [[nodiscard]] Tensor gradient(const Tensor& predictions, const Tensor& targets) const {
    Tensor gradient = cost_->gradient(predictions, targets);
    if (weights_.empty()) return gradient;
    const double whole = weight(targets);
    const double mean = whole > 0 ? whole / static_cast<double>(targets.rows()) : 1;
    for (std::size_t b = 0; b < targets.rows(); ++b) {
      const auto factor = static_cast<real>(weight(targets, b) / mean);
      for (real& g : gradient.row(b)) g *= factor;
    }
    return gradient;
  }

 private:
  [[nodiscard]] double weight(const Tensor& targets, std::size_t b) const {
    return weights_[target_class(targets, b)];
  }

  /// A batch of one.
  static Tensor sample(const Tensor& batch, std::size_t b) {
    Tensor one = Tensor::uninitialized(batch.shape().sample().batch(1));
    std::ranges::copy(batch.row(b), one.data());
    return one;
  }

  const detail::AnyCost* cost_;
  std::span<const double> weights_;
};

/// Sets the learning rate as a schedule has it, and at the end puts back what it was. Without a
/// schedule the rate is left alone.
class ScheduledRate {
 public:
  ScheduledRate(detail::AnyOptimizer& optimizer, Schedule schedule)
      : optimizer_{&optimizer}, schedule_{std::move(schedule)}, eta_{optimizer.learning_rate()} {}
  ScheduledRate(const ScheduledRate&) = delete;
  ScheduledRate& operator=(const ScheduledRate&) = delete;
  ~ScheduledRate() {
    if (schedule_) optimizer_->set_learning_rate(eta_);
  }

  void set(const Progress& progress) {
    if (!schedule_) return;
    const double factor = schedule_(progress);
    if (!(factor >= 0 && std::isfinite(factor))) {
      throw std::invalid_argument(
          fmt::format("nn::Trainer: the schedule gives the factor {} after {:.4g} epochs, expected "
                      "a finite number, 0 or more",
                      factor, progress.epoch));
    }
    optimizer_->set_learning_rate(static_cast<real>(double{eta_} * factor));
  }

 private:
  detail::AnyOptimizer* optimizer_;
  Schedule schedule_;
  real eta_;
};

/// What changes the inputs of batches, and the random numbers of it. The orders of the epochs are
/// drawn from streams 1, 2, …, so that stream 0 is free.
class Augmentation {
 public:
  explicit Augmentation(const FitOptions& options)
      : change_{&options.augment}, random_{Random{options.seed}.stream(0)} {}

  [[nodiscard]] Tensor operator()(Tensor inputs, std::size_t epoch, std::size_t batch) const {
    if (!*change_) return inputs;
    const std::size_t size = inputs.rows();
    Tensor changed = (*change_)(std::move(inputs), random_.stream(epoch).stream(batch));
    if (changed.rows() == size) return changed;
    throw std::invalid_argument(
        fmt::format("nn::Trainer: augment made {} samples of {}", changed.rows(), size));
  }

 private:
  const std::function<Tensor(Tensor, Random)>* change_;
  Random random_;
};

// -------------------------------------------------------------------------------------- the end

/// Whether training has come to its end before all epochs have, and why.
Ending ending_of(const History& history, const FitOptions& options) {
  if (history.divergence) return Ending::diverged;
  if (InterruptRequest::made()) return Ending::interrupted;
  if (history.epochs.empty()) return Ending::all_epochs;
  const Epoch& last = history.epochs.back();
  if (options.patience > 0 && last.number - history.best_epoch() >= options.patience) {
    return Ending::patience;
  }
  const double cost = last.training.cost;
  if (options.enough_cost > 0 && cost <= options.enough_cost) return Ending::cost_small;
  if (options.min_change > 0 && last.number > 1) {
    const double before = history.epochs[last.number - 2].training.cost;
    if (std::abs(cost - before) <= options.min_change * std::abs(before)) {
      return Ending::cost_stands_still;
    }
  }
  return Ending::all_epochs;
}

std::string reason(Ending ending, const FitOptions& options) {
  switch (ending) {
    case Ending::all_epochs:
      return "all epochs done";
    case Ending::patience:
      return fmt::format("{} epochs without a lower validation cost", options.patience);
    case Ending::cost_small:
      return "the training cost is small enough";
    case Ending::cost_stands_still:
      return "the training cost stands still";
    case Ending::interrupted:
      return "interrupted";
    case Ending::diverged:
      return "diverged";
  }
  return "";
}

/// `interrupted: the network stays as it is now`; nothing of a training that went all its way.
std::string end_line(const History& history, const FitOptions& options, bool brought_back) {
  const std::string why = reason(history.ending, options);
  if (brought_back)
    return fmt::format("{}: the network is epoch {}'s\n", why, history.best_epoch());
  if (history.ending == Ending::all_epochs) return "";
  const std::size_t steps = history.divergence ? history.divergence->steps_back : 0;
  if (steps == 0) return why + ": the network stays as it is now\n";
  return fmt::format("{}: the network is what it was {} {} before\n", why, steps,
                     steps == 1 ? "step" : "steps");
}

/// What follows the end line of a training that diverged: where, and what to try.
std::string advice(const Divergence& divergence) {
  return fmt::format(
      "  epoch {}, batch {}: the cost is {}\n"
      "  not finite first: {}\n"
      "  try a smaller learning rate, or clipped gradients (clip_norm); look at the\n"
      "  largest values of the data, and at how the weights begin\n",
      divergence.epoch, divergence.batch, divergence.cost, divergence.first);
}

/// How many steps pass until the network is kept again. So rarely it costs next to nothing.
constexpr std::size_t steps_to_keep = 100;

/// Samples that pass through the network together when it is only used.
constexpr std::size_t predict_batch = 500;

}  // namespace

// -------------------------------------------------------------------------------------- history

std::string Divergence::text() const {
  return fmt::format("epoch {}, batch {}: the cost is {}; not finite first: {}", epoch, batch, cost,
                     first);
}

double History::seconds() const {
  return ranges::accumulate(epochs | ranges::views::transform(&Epoch::seconds), 0.0);
}

double History::samples_per_second() const {
  const std::size_t samples =
      ranges::accumulate(epochs | ranges::views::transform(&Epoch::samples), std::size_t{0});
  return seconds() > 0 ? static_cast<double>(samples) / seconds() : 0;
}

std::size_t History::best_epoch() const {
  std::size_t best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  for (const Epoch& epoch : epochs) {
    const double cost = validated ? epoch.validation.cost : epoch.training.cost;
    if (!(cost < lowest)) continue;
    lowest = cost;
    best = epoch.number;
  }
  return best;
}

namespace {

/// The columns of a history: for each set in turn its cost and its metrics.
std::vector<std::string> columns(const History& history) {
  std::vector<std::string> sets{"training"};
  if (history.validated) sets.emplace_back("validation");
  sets.insert(sets.end(), history.sets.begin(), history.sets.end());
  std::vector<std::string> names;
  for (const std::string& set : sets) {
    names.push_back(set + "_cost");
    for (const std::string& metric : history.metrics) {
      names.push_back(fmt::format("{}_{}", set, metric));
    }
  }
  return names;
}

/// What stands in them for an epoch.
std::vector<double> row(const History& history, const Epoch& epoch) {
  std::vector<double> values;
  const auto add = [&](const Evaluation& evaluation) {
    values.push_back(evaluation.cost);
    values.insert(values.end(), evaluation.metrics.begin(), evaluation.metrics.end());
  };
  add(epoch.training);
  if (history.validated) add(epoch.validation);
  for (const Evaluation& evaluation : epoch.sets) add(evaluation);
  return values;
}

}  // namespace

std::string History::csv() const {
  std::string text = "epoch";
  for (const std::string& name : columns(*this)) text += "," + name;
  for (const Epoch& epoch : epochs) {
    text += fmt::format("\n{}", epoch.number);
    for (const double value : row(*this, epoch)) text += fmt::format(",{}", value);
  }
  return text + "\n";
}

std::string History::json() const {
  auto rows = nlohmann::ordered_json::array();
  const std::vector<std::string> names = columns(*this);
  for (const Epoch& epoch : epochs) {
    nlohmann::ordered_json object{{"epoch", epoch.number}};
    const std::vector<double> values = row(*this, epoch);
    for (std::size_t i = 0; i < names.size(); ++i) object[names[i]] = values[i];
    rows.push_back(std::move(object));
  }
  return rows.dump(2) + "\n";
}

void History::write_csv(const std::filesystem::path& file) const {
  write_whole("History", file, csv());
}

void History::write_json(const std::filesystem::path& file) const {
  write_whole("History", file, json());
}

// -------------------------------------------------------------------------------------- trainer

std::vector<double> balanced_weights(const Tensor& targets) {
  if (targets.empty()) throw std::invalid_argument("nn::balanced_weights: there are no targets");
  std::vector<double> counts;
  for (const std::size_t index : target_classes(targets)) {
    if (index >= counts.size()) counts.resize(index + 1);
    ++counts[index];
  }
  const auto present = std::ranges::count_if(counts, [](double count) { return count > 0; });
  const double share = static_cast<double>(targets.rows()) / static_cast<double>(present);
  for (double& count : counts) count = count > 0 ? share / count : 0;
  return counts;
}

void Trainer::watch(std::string name, const Dataset& dataset) {
  const bool taken = name == "training" || name == "validation" ||
                     std::ranges::find(sets_, name, &NamedSet::name) != sets_.end();
  if (name.empty() || taken) {
    throw std::invalid_argument(fmt::format("nn::Trainer: a set cannot be named '{}', {}", name,
                                            taken ? "another has that name" : "which is no word"));
  }
  sets_.emplace_back(std::move(name), dataset);
}

void Trainer::reset_metrics() const {
  for (const auto& metric : metrics_) metric->reset();
}

void Trainer::add_to_metrics(const Tensor& predictions, const Tensor& targets) const {
  for (const auto& metric : metrics_) metric->add(predictions, targets);
}

std::vector<double> Trainer::metric_values() const {
  return metrics_ | ranges::views::transform([](const auto& metric) { return metric->value(); }) |
         ranges::to<std::vector>();
}

/// `evaluation  cost 0.1209  accuracy 0.9628`; what a line cannot hold goes on below the first
/// value.
std::string Trainer::line(std::string_view head, const Evaluation& evaluation) const {
  std::string text{head};
  std::size_t columns = head.size();
  const auto add = [&](const std::string& value) {
    if (columns + 2 + value.size() > max_columns) {
      text += fmt::format("\n{:{}}", "", head.size());
      columns = head.size();
    }
    text += fmt::format("  {}", value);
    columns += 2 + value.size();
  };
  add(fmt::format("cost {}", short_number(evaluation.cost)));
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    add(fmt::format("{} {:.4f}", metrics_[i]->name(), evaluation.metrics[i]));
  }
  return text;
}

/// `epoch  1/10  cost 0.2433  accuracy 0.9289 | validation 0.1209  0.9628`; sets that this line
/// cannot hold stand below, their values named too.
std::string Trainer::line(const Epoch& epoch, std::size_t epochs, bool validated) const {
  const auto digits = std::max<std::size_t>(2, std::to_string(epochs).size());
  const std::string head = fmt::format("epoch {:>{}}/{}", epoch.number, digits, epochs);
  std::string text = line(head, epoch.training);
  const auto add = [&](const std::string& set, const Evaluation& evaluation) {
    std::string values = fmt::format(" | {} {}", set, short_number(evaluation.cost));
    for (const double value : evaluation.metrics) values += fmt::format("  {:.4f}", value);
    const bool fits =
        text.find('\n') == std::string::npos && text.size() + values.size() <= max_columns;
    text += fits ? values : "\n" + line(fmt::format("{:>{}}", set, head.size()), evaluation);
  };
  if (validated) add("validation", epoch.validation);
  for (std::size_t i = 0; i < sets_.size(); ++i) add(sets_[i].name(), epoch.sets[i]);
  return text;
}

/// What one call of fit() works with.
struct Trainer::Fit {
  /// How far the epoch at hand has come.
  struct Running {
    std::uint64_t batches = 0;  ///< Done.
    std::uint64_t samples = 0;
    double cost_sum = 0;
    double weight_sum = 0;
    double seconds = 0;
  };

  const FitOptions& options;
  Batches batches;
  std::vector<Parameter*> parameters;
  WeightedCost cost;
  Augmentation augment;
  ScheduledRate rate;
  Bar bar;
  History history;
  Description description;  ///< Where there is a checkpoint.
  Running running{};
  std::optional<Sequential> best{};  ///< Of the epoch with the lowest validation cost.
  std::optional<Sequential> kept{};  ///< With it, a cost was finite.
  std::uint64_t steps_when_kept = 0;
  std::vector<double> packed_epochs{};  ///< Those of the history, on the way to and from a file.
  double packed_rate = 0;               ///< The optimizer's, on the same way.
  Clock::time_point saved = Clock::now();

  /// Keeps the network as it is before a step, now and then.
  void keep(const Sequential& network) {
    const std::size_t steps = history.learning_rates.size();
    if (kept && steps - steps_when_kept < steps_to_keep) return;
    kept = network;
    steps_when_kept = steps;
  }

  /// Whether it is time for the next checkpoint.
  [[nodiscard]] bool is_due() const {
    return !options.checkpoint.empty() && options.checkpoint_seconds > 0 &&
           seconds_since(saved) >= options.checkpoint_seconds;
  }

  /// How far training has come before a batch.
  [[nodiscard]] Progress progress(std::size_t epoch, std::size_t batch) const {
    Progress progress{.epoch = static_cast<double>(epoch - 1) +
                               static_cast<double>(batch) / static_cast<double>(batches.count()),
                      .epochs = static_cast<double>(options.epochs)};
    if (epoch == 1) return progress;
    const Epoch& last = history.epochs[epoch - 2];
    progress.cost = history.validated ? last.validation.cost : last.training.cost;
    return progress;
  }
};

/// One pass over the batches, or what is left of it: the four steps of learning, again and again.
void Trainer::train(Fit& fit, Epoch& epoch) {
  Fit::Running& running = fit.running;
  if (running.batches == 0) reset_metrics();
  Clock::time_point start = Clock::now();
  // [steps]
  for (std::uint64_t& i = running.batches; i < fit.batches.count(); ++i) {
    if (InterruptRequest::made()) break;
    if (fit.is_due()) {
      running.seconds += seconds_since(std::exchange(start, Clock::now()));
      save(fit);
    }
    Dataset batch = fit.batches[i];
    const Tensor predictions =
        network_->forward(fit.augment(std::move(batch.inputs), epoch.number, i));
    const double cost = fit.cost.value(predictions, batch.targets);
    const double weight = fit.cost.weight(batch.targets);  // the batch's size, if all count alike
    running.cost_sum += weight * cost;
    running.weight_sum += weight;
    if (!std::isfinite(cost)) {
      diverge(fit, {.epoch = epoch.number, .batch = i + 1, .cost = cost}, predictions);
      break;
    }
    fit.keep(*network_);
    network_->backward_parameters(fit.cost.gradient(predictions, batch.targets));
    if (fit.options.clip_norm > 0) clip_gradients(fit.parameters, fit.options.clip_norm);
    fit.rate.set(fit.progress(epoch.number, i));
    optimizer_->step(fit.parameters);

    running.samples += batch.targets.rows();
    add_to_metrics(predictions, batch.targets);
    fit.history.learning_rates.push_back(learning_rate());
    fit.bar.show(epoch.number, i + 1, running.cost_sum / running.weight_sum);
  }
  // [/steps]
  running.seconds += seconds_since(start);
  const bool complete = running.batches == fit.batches.count();
  if (InterruptRequest::made() && !complete && !fit.history.divergence) save(fit);
  epoch.samples = running.samples;
  epoch.training = {.cost = running.weight_sum == 0 ? 0 : running.cost_sum / running.weight_sum,
                    .metrics = metric_values()};
  epoch.learning_rate = learning_rate();
  epoch.seconds = running.seconds;
}

/// Finds out where the values went wrong, and brings back the network that was kept.
void Trainer::diverge(Fit& fit, Divergence divergence, const Tensor& predictions) {
  if (std::isnan(divergence.cost)) divergence.cost = std::abs(divergence.cost);  // no "-nan"
  divergence.first = "the cost";
  if (!all_finite(predictions.values())) {
    const std::size_t batch = divergence.batch - 1;
    Tensor inputs = fit.augment(fit.batches[batch].inputs, divergence.epoch, batch);
    if (all_finite(inputs.values())) {
      // Where a layer draws at random and now all is finite, only the last is known not to be.
      divergence.layer =
          network_->first_not_finite(std::move(inputs)).value_or(network_->size() - 1);
      divergence.first = fmt::format("layer {} ({})", *divergence.layer + 1,
                                     network_->layer_names()[*divergence.layer]);
    } else {
      divergence.first = "the inputs";
    }
  }
  if (fit.kept) {
    *network_ = *fit.kept;
    divergence.steps_back = fit.history.learning_rates.size() - fit.steps_when_kept;
  }
  fit.history.divergence = std::move(divergence);
}

Epoch Trainer::train_epoch(Fit& fit, const Dataset& validation) {
  Epoch epoch;
  epoch.number = fit.history.epochs.size() + 1;
  fit.batches.shuffle(epoch.number);
  std::vector<double>& rates = fit.history.learning_rates;
  rates.reserve(std::bit_ceil(rates.size() + fit.batches.count()));  // no step is to allocate
  train(fit, epoch);
  if (fit.history.validated) epoch.validation = measure(validation);
  for (const NamedSet& set : sets_) epoch.sets.push_back(measure(set.dataset()));
  return epoch;
}

// ---------------------------------------------------------------------------------- checkpoints

namespace {

/// Calls with every number of an epoch, in order; its evaluations have their sizes already.
template <class E, class Call>
void each_number(E& epoch, bool validated, const Call& call) {
  const auto each_of = [&](auto& evaluation) {
    call(evaluation.cost);
    std::ranges::for_each(evaluation.metrics, call);
  };
  each_of(epoch.training);
  if (validated) each_of(epoch.validation);
  std::ranges::for_each(epoch.sets, each_of);
  call(epoch.learning_rate);
  call(epoch.seconds);
}

/// The epochs of a history as a row of numbers.
std::vector<double> pack(const History& history) {
  std::vector<double> numbers;
  for (const Epoch& epoch : history.epochs) {
    each_number(epoch, history.validated, [&](double number) { numbers.push_back(number); });
    numbers.push_back(static_cast<double>(epoch.samples));
  }
  return numbers;
}

/// Back again. The history knows its metrics and sets.
std::vector<Epoch> unpack(const History& history, std::span<const double> numbers,
                          const Checkpoint& checkpoint) {
  constexpr double most_samples = 1e15;  // whole numbers that a double still holds
  const Evaluation empty{.cost = 0, .metrics = std::vector<double>(history.metrics.size())};
  std::vector<Epoch> epochs;
  const auto next = [&] {
    if (numbers.empty()) checkpoint.refuse("'history.epochs' ends within an epoch");
    const double number = numbers.front();
    numbers = numbers.subspan(1);
    return number;
  };
  while (!numbers.empty()) {
    Epoch epoch{.number = epochs.size() + 1,
                .training = empty,
                .validation = empty,
                .sets = std::vector(history.sets.size(), empty)};
    each_number(epoch, history.validated, [&](double& number) { number = next(); });
    const double samples = next();
    if (!(samples >= 0 && samples <= most_samples)) {
      checkpoint.refuse(fmt::format("'history.epochs' has an epoch of {} samples", samples));
    }
    epoch.samples = static_cast<std::size_t>(samples);
    epochs.push_back(std::move(epoch));
  }
  return epochs;
}

/// A number that follows from all the values and tells one set from another (FNV-1a, taken over
/// whole values).
std::uint64_t fingerprint(std::span<const real> values, std::uint64_t hash) {
  constexpr std::uint64_t prime = 0x100000001b3;
  for (const real value : values) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    hash = (hash ^ bits) * prime;
  }
  return hash;
}

/// `55000 samples of shape (784), fingerprint 1d2e…`.
std::string describe_set(const Dataset& set) {
  if (set.size() == 0) return "none";
  constexpr std::uint64_t start = 0xcbf29ce484222325;
  return fmt::format("{} samples of shape {}, fingerprint {:016x}", set.size(),
                     to_string(set.inputs.shape().sample()),
                     fingerprint(set.targets.values(), fingerprint(set.inputs.values(), start)));
}

std::string yes_or_no(bool truth) { return truth ? "yes" : "no"; }

}  // namespace

/// What must be the same for a training to go on from a checkpoint.
Description Trainer::describe(const Dataset& training, const Dataset& validation,
                              const FitOptions& options) const {
  Description words{{"the type of numbers", sizeof(real) == sizeof(double) ? "double" : "float"}};
  for (const std::string& name : network_->layer_names()) {
    words.emplace_back(fmt::format("layer {}", words.size()), name);
  }
  words.emplace_back("the cost", cost_->name());
  words.emplace_back("the optimizer", optimizer_->name());
  words.emplace_back("the learning rate", fmt::format("{}", optimizer_->learning_rate()));
  words.emplace_back("the training set", describe_set(training));
  words.emplace_back("the validation set", describe_set(validation));
  words.emplace_back("batch_size", fmt::format("{}", options.batch_size));
  words.emplace_back("shuffle", yes_or_no(options.shuffle));
  words.emplace_back("drop_last", yes_or_no(options.drop_last));
  words.emplace_back("seed", fmt::format("{}", options.seed));
  words.emplace_back("clip_norm", fmt::format("{}", options.clip_norm));
  words.emplace_back("patience", fmt::format("{}", options.patience));
  words.emplace_back("class_weights", fmt::format("{}", fmt::join(options.class_weights, ", ")));
  for (const auto& metric : metrics_) words.emplace_back("metric " + metric->name(), "watched");
  for (const NamedSet& set : sets_) words.emplace_back("set " + set.name(), "watched");
  return words;
}

/// How far the training has come; from it follows what else there is.
std::vector<State> Trainer::how_far(Fit& fit) {
  Fit::Running& running = fit.running;
  return {{.name = "history.epochs", .value = &fit.packed_epochs},
          {.name = "history.learning_rates", .value = &fit.history.learning_rates},
          {.name = "learning_rate", .value = std::span{&fit.packed_rate, 1}},
          counter_state("epoch.batches", running.batches),
          counter_state("epoch.samples", running.samples),
          {.name = "epoch.cost_sum", .value = std::span{&running.cost_sum, 1}},
          {.name = "epoch.weight_sum", .value = std::span{&running.weight_sum, 1}},
          {.name = "epoch.seconds", .value = std::span{&running.seconds, 1}},
          counter_state("steps_when_kept", fit.steps_when_kept)};
}

/// All that the training needs to go on, each in its place.
std::vector<State> Trainer::states(Fit& fit) const {
  std::vector<State> all = how_far(fit);
  append_state(all, "network", network_->state());
  append_state(all, "optimizer", optimizer_->state(fit.parameters));
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    append_state(all, fmt::format("metric.{}", i), metrics_[i]->state());
  }
  if (fit.best) append_state(all, "best", fit.best->state());
  if (fit.kept) append_state(all, "kept", fit.kept->state());
  return all;
}

/// Keeps the training as it is between two steps, if it is to be kept.
void Trainer::save(Fit& fit) const {
  if (fit.options.checkpoint.empty()) return;
  fit.packed_epochs = pack(fit.history);
  fit.packed_rate = learning_rate();
  save_checkpoint(fit.options.checkpoint, fit.description, states(fit));
  fit.saved = Clock::now();
}

/// Goes back to where a checkpoint was written.
void Trainer::resume(Fit& fit) {
  const Checkpoint checkpoint{fit.options.checkpoint, fit.description};
  History& history = fit.history;
  checkpoint.restore(how_far(fit));
  history.epochs = unpack(history, fit.packed_epochs, checkpoint);
  const std::size_t count = fit.batches.count();
  const std::size_t steps = history.learning_rates.size();
  if (fit.running.batches >= count ||
      steps != history.epochs.size() * count + fit.running.batches) {
    checkpoint.refuse(fmt::format("{} steps cannot be {} epochs of {} batches and {} batches",
                                  steps, history.epochs.size(), count, fit.running.batches));
  }
  if (fit.steps_when_kept > steps) {
    checkpoint.refuse(
        fmt::format("'steps_when_kept' is {} of {} steps", fit.steps_when_kept, steps));
  }
  const auto rate = static_cast<real>(fit.packed_rate);
  if (!(rate >= 0 && std::isfinite(rate))) {
    checkpoint.refuse(fmt::format("'learning_rate' is {}", fit.packed_rate));
  }
  if (fit.options.patience > 0 && history.best_epoch() > 0) fit.best = *network_;
  if (steps > 0) fit.kept = *network_;
  checkpoint.restore(states(fit));
  for (std::size_t step = 0; step < steps; ++step) {
    fit.rate.set(fit.progress(step / count + 1, step % count));
  }
  set_learning_rate(rate);
  print(fmt::format("goes on after epoch {}, batch {}, from {}\n", history.epochs.size(),
                    fit.running.batches, fit.options.checkpoint.string()));
}

// ------------------------------------------------------------------------------------- training

/// All that can be found out before the first batch.
void Trainer::check(const Dataset& training, const Dataset& validation,
                    const FitOptions& options) const {
  const bool validated = validation.size() > 0;
  check_options(options, validated);
  check_fits("the training set", training, *whole().network_);
  if (network_->size() == 0) throw std::invalid_argument("nn::Trainer: the network has no layers");
  if (validated || validation.targets.rows() > 0) {
    check_fits("the validation set", validation, *network_);
  }
  for (const NamedSet& set : sets_) check_fits("set " + set.name(), set.dataset(), *network_);
  if (options.checkpoint.empty()) return;
  const auto refuse = [](const std::string& name) {
    throw std::invalid_argument(fmt::format(
        "nn::Trainer: {} does not tell its state, so there can be no checkpoint", name));
  };
  if (!optimizer_->is_resumable()) refuse(optimizer_->name());
  for (const auto& metric : metrics_) {
    if (!metric->is_resumable()) refuse(metric->name());
  }
}

/// This trainer, unless it was moved from.
const Trainer& Trainer::whole() const {
  if (cost_) return *this;
  throw std::invalid_argument("nn::Trainer: has no optimizer, it was moved from");
}

History Trainer::begin_history(bool validated) const {
  History history;
  for (const auto& metric : metrics_) history.metrics.push_back(metric->name());
  for (const NamedSet& set : sets_) history.sets.push_back(set.name());
  history.validated = validated;
  return history;
}

History Trainer::fit(const Dataset& training, const Dataset& validation,
                     const FitOptions& options) {
  check(training, validation, options);
  const std::size_t size = std::min(options.batch_size, training.size());
  const Batches batches{training,
                        {.size = size, .shuffle = options.shuffle, .drop_last = options.drop_last},
                        Random{options.seed}};
  const InterruptRequest interrupt;
  Fit fit{.options = options,
          .batches = batches,
          .parameters = network_->parameters(),
          .cost = {*cost_, options.class_weights, training.targets},
          .augment = Augmentation{options},
          .rate = {*optimizer_, options.schedule},
          .bar = {quiet_, options.epochs, batches.count(), size},
          .history = begin_history(validation.size() > 0),
          .description =
              options.checkpoint.empty() ? Description{} : describe(training, validation, options)};
  History& history = fit.history;
  if (!options.checkpoint.empty() && std::filesystem::exists(options.checkpoint)) {
    resume(fit);
  } else {
    save(fit);  // what cannot be written is to be known before an epoch is lost
  }
  history.ending = ending_of(history, options);
  while (history.ending == Ending::all_epochs && history.epochs.size() < options.epochs) {
    const Epoch epoch = train_epoch(fit, validation);
    history.epochs.push_back(epoch);
    fit.bar.clear();
    print(line(epoch, options.epochs, history.validated) + "\n");
    if (options.patience > 0 && history.best_epoch() == epoch.number) fit.best = *network_;
    if (options.on_epoch) options.on_epoch(epoch);
    history.ending = ending_of(history, options);
    if (fit.running.batches < batches.count()) break;  // interrupted, or diverged
    fit.running = {};
    save(fit);
  }
  const bool bring_back = fit.best && history.best_epoch() < history.epochs.size();
  if (bring_back) *network_ = *fit.best;
  print(end_line(history, options, bring_back));
  if (history.divergence) print(advice(*history.divergence));
  return std::move(history);
}

Evaluation Trainer::measure(const Dataset& dataset) const {
  const Batches batches{dataset,
                        {.size = std::min(predict_batch, dataset.size()), .shuffle = false}};
  reset_metrics();
  double cost_sum = 0;
  for (std::size_t i = 0; i < batches.count(); ++i) {
    Dataset batch = batches[i];
    const auto size = static_cast<double>(batch.size());
    const Tensor predictions = network_->predict(std::move(batch.inputs));
    cost_sum += size * cost_->value(predictions, batch.targets);
    add_to_metrics(predictions, batch.targets);
  }
  return {.cost = cost_sum / static_cast<double>(dataset.size()), .metrics = metric_values()};
}

Evaluation Trainer::evaluate(const Dataset& dataset) {
  check_fits("the set", dataset, *whole().network_);
  Evaluation evaluation = measure(dataset);
  print(line("evaluation", evaluation) + "\n");
  return evaluation;
}

std::vector<Evaluation> Trainer::evaluate(const std::vector<NamedSet>& sets) {
  std::size_t width = 0;
  for (const NamedSet& set : sets) width = std::max(width, set.name().size());
  std::vector<Evaluation> evaluations;
  for (const NamedSet& set : sets) {
    check_fits("set " + set.name(), set.dataset(), *whole().network_);
    evaluations.push_back(measure(set.dataset()));
    print(line(fmt::format("{:<{}}", set.name(), width), evaluations.back()) + "\n");
  }
  return evaluations;
}

void Trainer::print(const std::string& text) const {
  if (quiet_) return;
  fmt::print("{}", text);
  std::fflush(stdout);
}

Tensor Trainer::predict(const Tensor& inputs) const {
  if (inputs.empty()) throw std::invalid_argument("nn::Trainer: inputs are empty");
  static_cast<void>(whole());
  const auto places =
      ranges::views::iota(std::size_t{0}, inputs.rows()) | ranges::to<std::vector>();
  Tensor outputs;
  for (auto&& chunk : places | ranges::views::chunk(predict_batch)) {
    const std::size_t first = *chunk.begin();
    const auto count = static_cast<std::size_t>(chunk.size());
    Tensor batch = Tensor::uninitialized(inputs.shape().sample().batch(count));
    std::copy_n(inputs.row(first).begin(), batch.size(), batch.data());
    const Tensor part = network_->predict(std::move(batch));
    if (outputs.empty())
      outputs = Tensor::uninitialized(part.shape().sample().batch(inputs.rows()));
    std::ranges::copy(part.values(), outputs.row(first).begin());
  }
  return outputs;
}

std::vector<std::size_t> Trainer::predict_classes(const Tensor& inputs) const {
  return classes(predict(inputs));
}

}  // namespace nn
