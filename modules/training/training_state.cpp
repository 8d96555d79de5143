// The state of a Training, from which another one can resume.
module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.training;

namespace nn {

namespace {

/// Calls a function with every number of an epoch, in order; its evaluations already have their
/// sizes.
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

/// Packs the epochs of a history into a list of numbers.
std::vector<double> pack(const History& history) {
  std::vector<double> numbers;
  for (const Epoch& epoch : history.epochs) {
    each_number(epoch, history.validated, [&](double number) { numbers.push_back(number); });
    numbers.push_back(static_cast<double>(epoch.samples));
  }
  return numbers;
}

/// Unpacks them again. The history already has the names of its metrics and sets.
std::vector<Epoch> unpack(const History& history, std::span<const double> numbers) {
  constexpr double most_samples = 1e15;  // a double represents every whole number up to here
  const Evaluation empty{.cost = 0, .metrics = std::vector<double>(history.metrics.size())};
  std::vector<Epoch> epochs;
  const auto next = [&] {
    if (numbers.empty()) {
      throw std::runtime_error(fmt::format(
          "'history.epochs' ends within epoch {}, so the file is damaged", epochs.size() + 1));
    }
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
      throw std::runtime_error(
          fmt::format("'history.epochs' has {} samples in epoch {}, expected 0 to 1e15", samples,
                      epochs.size() + 1));
    }
    epoch.samples = static_cast<std::size_t>(samples);
    epochs.push_back(std::move(epoch));
  }
  return epochs;
}

/// A hash of all values, which differs from set to set (FNV-1a over whole values).
class Fingerprint {
 public:
  void add(std::uint64_t bits) { hash_ = (hash_ ^ bits) * 0x100000001b3; }
  void add(const Tensor& tensor) {
    for (const real value : tensor.values()) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof value);
      add(bits);
    }
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// `55000 samples of shape (784), fingerprint 1d2e…`.
std::string describe_set(const Dataset* set) {
  if (set == nullptr) return "none";
  Fingerprint fingerprint;
  fingerprint.add(set->inputs);
  if (set->targets.are_labels()) {
    for (const std::size_t label : set->targets.labels()) fingerprint.add(label);
  } else {
    fingerprint.add(set->targets.outputs());
  }
  return fmt::format("{} samples of shape {}, fingerprint {:016x}", set->size(),
                     to_string(set->inputs.shape().sample()), fingerprint.value());
}

std::string yes_or_no(bool truth) { return truth ? "yes" : "no"; }

}  // namespace

std::vector<std::pair<std::string, std::string>> Training::description() const {
  std::vector<std::pair<std::string, std::string>> words{
      {"the type of numbers", sizeof(real) == sizeof(double) ? "double" : "float"}};
  for (std::size_t i = 0; i < network_->size(); ++i) {
    words.emplace_back(fmt::format("layer {}", i + 1),
                       (*network_)[i].name() + (network_->is_frozen(i) ? " (frozen)" : ""));
  }
  words.emplace_back("the cost", cost_.name());
  words.emplace_back("the optimizer", optimizer_.name());
  words.emplace_back("the learning rate", fmt::format("{}", rate_));
  words.emplace_back("the training set", describe_set(set_));
  words.emplace_back("the validation set", describe_set(watch_.validation));
  words.emplace_back("batches.size", fmt::format("{}", options_.batches.size));
  words.emplace_back("batches.shuffle", yes_or_no(options_.batches.shuffle));
  words.emplace_back("batches.drop_last", yes_or_no(options_.batches.drop_last));
  words.emplace_back("seed", fmt::format("{}", options_.seed));
  words.emplace_back("steps.clip_norm", fmt::format("{}", options_.steps.clip_norm));
  words.emplace_back("stopping.patience", fmt::format("{}", options_.stopping.patience));
  for (const AnyMetric& metric : watch_.metrics) {
    words.emplace_back("metric " + metric.name(), "watched");
  }
  for (const NamedSet& named : watch_.sets) words.emplace_back("set " + named.name, "watched");
  return words;
}

std::optional<std::string> Training::not_resumable() const {
  if (!optimizer_.is_resumable()) return optimizer_.name();
  for (const AnyMetric& metric : watch_.metrics) {
    if (!metric.is_resumable()) return metric.name();
  }
  return std::nullopt;
}

/// How far training has progressed; the sizes of everything else follow from it.
std::vector<State> Training::place() {
  return {{.name = "history.epochs", .value = &packed_epochs_},
          {.name = "history.learning_rates", .value = &history_.learning_rates},
          {.name = "learning_rate", .value = std::span{&packed_rate_, 1}},
          counter_state("epoch.batches", batch_),
          counter_state("epoch.samples", samples_),
          {.name = "epoch.seconds", .value = std::span{&seconds_, 1}},
          counter_state("steps_when_kept", steps_when_kept_)};
}

std::vector<State> Training::state() {
  packed_epochs_ = pack(history_);
  packed_rate_ = learning_rate();
  std::vector<State> all = place();
  append_state(all, "epoch", running_.state());
  append_state(all, "network", network_->state());
  append_state(all, "optimizer", optimizer_.state(parameters_));
  if (best_) append_state(all, "best", best_->state());
  if (kept_) append_state(all, "kept", kept_->state());
  return all;
}

/// Rejects values that contradict each other.
void Training::check_place() const {
  const std::size_t count = batches_.count();
  const std::size_t steps = history_.learning_rates.size();
  if (batch_ >= count || steps != history_.epochs.size() * count + batch_) {
    throw std::runtime_error(
        fmt::format("{} steps do not match {} epochs of {} batches plus {} batches", steps,
                    history_.epochs.size(), count, batch_));
  }
  if (steps_when_kept_ > steps) {
    throw std::runtime_error(fmt::format("'steps_when_kept' is {}, but there were only {} steps",
                                         steps_when_kept_, steps));
  }
  if (!(packed_rate_ >= 0 && std::isfinite(static_cast<real>(packed_rate_)))) {
    throw std::runtime_error(
        fmt::format("'learning_rate' is {}, expected a finite number, 0 or more", packed_rate_));
  }
}

void Training::resume(const std::function<void(const std::vector<State>&)>& restore) {
  restore(place());
  history_.epochs = unpack(history_, packed_epochs_);
  check_place();
  const real rate = static_cast<real>(packed_rate_);
  const std::vector<double> rates = history_.learning_rates;
  if (options_.stopping.patience > 0 && history_.best_epoch() > 0) best_ = *network_;
  if (!rates.empty()) kept_ = *network_;
  restore(state());
  if (batch_ > 0) order_ = batches_.epoch(epoch());
  // A schedule may have state, so it is called again for all past steps.
  const std::size_t count = batches_.count();
  for (std::size_t step = 0; step < rates.size(); ++step) set_rate(step / count + 1, step % count);
  if (!rates.empty()) {
    const RateJump jump{.before = rates.back(), .after = learning_rate()};
    constexpr double rounding = 1e-5;
    if (std::abs(jump.after - jump.before) > rounding * std::max(jump.after, jump.before)) {
      rate_jump_ = jump;
    }
  }
  optimizer_.set_learning_rate(rate);
}

}  // namespace nn
