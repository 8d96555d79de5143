module;

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
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

import nn.random;

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

void check_options(const FitOptions& options) {
  if (options.epochs == 0) {
    throw std::invalid_argument("nn::Trainer: 0 epochs, expected at least 1");
  }
  if (!(options.clip_norm >= 0)) {
    throw std::invalid_argument(fmt::format(
        "nn::Trainer: gradients clipped to norm {}, expected 0 or more", options.clip_norm));
  }
}

/// A validation set whose inputs do not fit is to be found out at once, not after an epoch.
void check_fits(const Dataset& dataset, const Sequential& network) {
  static_cast<void>(Batches{dataset, {.size = 1}});
  static_cast<void>(network.output_shape(dataset.inputs.shape().sample()));
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out{file};
  out << text << std::flush;
  if (!out) throw std::runtime_error(fmt::format("nn::History: cannot write {}", file.string()));
}

/// Samples that pass through the network together when it is only used.
constexpr std::size_t predict_batch = 500;

}  // namespace

// -------------------------------------------------------------------------------------- history

double History::seconds() const {
  return ranges::accumulate(epochs | ranges::views::transform(&Epoch::seconds), 0.0);
}

double History::samples_per_second() const {
  const std::size_t samples =
      ranges::accumulate(epochs | ranges::views::transform(&Epoch::samples), std::size_t{0});
  return seconds() > 0 ? static_cast<double>(samples) / seconds() : 0;
}

std::string History::csv() const {
  std::string text = "epoch,training_cost";
  for (const std::string& name : metrics) text += fmt::format(",training_{}", name);
  if (validated) {
    text += ",validation_cost";
    for (const std::string& name : metrics) text += fmt::format(",validation_{}", name);
  }
  const auto add = [&](const Evaluation& evaluation) {
    text += fmt::format(",{}", evaluation.cost);
    for (const double value : evaluation.metrics) text += fmt::format(",{}", value);
  };
  for (const Epoch& epoch : epochs) {
    text += fmt::format("\n{}", epoch.number);
    add(epoch.training);
    if (validated) add(epoch.validation);
  }
  return text + "\n";
}

std::string History::json() const {
  auto rows = nlohmann::ordered_json::array();
  for (const Epoch& epoch : epochs) {
    nlohmann::ordered_json row{{"epoch", epoch.number}};
    const auto add = [&](const std::string& set, const Evaluation& evaluation) {
      row[set + "_cost"] = evaluation.cost;
      for (std::size_t i = 0; i < metrics.size(); ++i) {
        row[set + "_" + metrics[i]] = evaluation.metrics[i];
      }
    };
    add("training", epoch.training);
    if (validated) add("validation", epoch.validation);
    rows.push_back(std::move(row));
  }
  return rows.dump(2) + "\n";
}

void History::write_csv(const std::filesystem::path& file) const { write(file, csv()); }

void History::write_json(const std::filesystem::path& file) const { write(file, json()); }

// -------------------------------------------------------------------------------------- trainer

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

/// `epoch  1/10  cost 0.2433  accuracy 0.9289 | validation 0.1209  0.9628`; where that is too long,
/// the validation stands below, its values named too.
std::string Trainer::line(const Epoch& epoch, std::size_t epochs, bool validated) const {
  const auto digits = std::max<std::size_t>(2, std::to_string(epochs).size());
  const std::string head = fmt::format("epoch {:>{}}/{}", epoch.number, digits, epochs);
  std::string text = line(head, epoch.training);
  if (!validated) return text;
  std::string values = short_number(epoch.validation.cost);
  for (const double value : epoch.validation.metrics) values += fmt::format("  {:.4f}", value);
  std::string whole = fmt::format("{} | validation {}", text, values);
  if (whole.size() <= max_columns) return whole;
  return text + "\n" + line(fmt::format("{:>{}}", "validation", head.size()), epoch.validation);
}

/// One pass over the batches: the four steps of learning, again and again.
Epoch Trainer::train_epoch(const Batches& batches, std::span<Parameter* const> parameters,
                           real clip_norm, const OnBatch& on_batch) {
  const Clock::time_point start = Clock::now();
  reset_metrics();
  double cost_sum = 0;
  std::size_t seen = 0;
  // [steps]
  for (std::size_t i = 0; i < batches.count() && !InterruptRequest::made(); ++i) {
    Dataset batch = batches[i];
    const std::size_t size = batch.size();
    const Tensor predictions = network_->forward(std::move(batch.inputs));
    network_->backward_parameters(cost_->gradient(predictions, batch.targets));
    if (clip_norm > 0) clip_gradients(parameters, clip_norm);
    optimizer_->step(parameters);

    cost_sum += static_cast<double>(size) * cost_->value(predictions, batch.targets);
    seen += size;
    add_to_metrics(predictions, batch.targets);
    on_batch(i + 1, cost_sum / static_cast<double>(seen));
  }
  // [/steps]
  Epoch epoch;
  epoch.training = {.cost = seen == 0 ? 0 : cost_sum / static_cast<double>(seen),
                    .metrics = metric_values()};
  epoch.learning_rate = learning_rate();
  epoch.seconds = seconds_since(start);
  epoch.samples = seen;
  return epoch;
}

History Trainer::fit(const Dataset& training, const Dataset& validation,
                     const FitOptions& options) {
  check_options(options);
  if (validation.size() > 0 || validation.targets.rows() > 0) check_fits(validation, *network_);
  const std::size_t size = std::min(options.batch_size, training.size());
  Batches batches{training,
                  {.size = size, .shuffle = options.shuffle, .drop_last = options.drop_last},
                  Random{options.seed}};
  const std::vector<Parameter*> parameters = network_->parameters();
  const InterruptRequest interrupt;
  Bar bar{quiet_, options.epochs, batches.count(), size};
  History history;
  for (const auto& metric : metrics_) history.metrics.push_back(metric->name());
  history.validated = validation.size() > 0;

  for (std::size_t number = 1; number <= options.epochs && !InterruptRequest::made(); ++number) {
    batches.shuffle(number);
    Epoch epoch =
        train_epoch(batches, parameters, options.clip_norm,
                    [&](std::size_t batch, double cost) { bar.show(number, batch, cost); });
    epoch.number = number;
    if (history.validated) epoch.validation = measure(validation);
    bar.clear();
    if (!quiet_) {
      fmt::print("{}\n", line(epoch, options.epochs, history.validated));
      std::fflush(stdout);
    }
    history.epochs.push_back(epoch);
    if (options.on_epoch) options.on_epoch(epoch);
  }
  history.interrupted = InterruptRequest::made();
  if (history.interrupted && !quiet_) fmt::print("interrupted: the network stays as it is now\n");
  return history;
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
  Evaluation evaluation = measure(dataset);
  if (!quiet_) fmt::print("{}\n", line("evaluation", evaluation));
  return evaluation;
}

Tensor Trainer::predict(const Tensor& inputs) const {
  if (inputs.empty()) throw std::invalid_argument("nn::Trainer: inputs are empty");
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
