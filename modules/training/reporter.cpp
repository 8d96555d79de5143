module;

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

module nn.reporter;

import nn.text;

namespace nn {

namespace {

using Clock = std::chrono::steady_clock;

/// The longest line on a terminal of 80 columns; a longer one would wrap and could not be
/// overwritten.
constexpr std::size_t max_columns = 79;

std::atomic<bool> interrupt_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may write nothing else");

/// The value of an environment variable; empty if it is not set.
std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? "" : value;
}

/// Not fmt::print, which would throw: a full disk should not end a training run.
void put(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::size_t progress_columns(int descriptor) {
  if (isatty(descriptor) == 0 || variable("TERM") == "dumb") return 0;
  winsize size{};
  std::size_t columns = ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
  if (columns == 0) {
    const std::string_view given = variable("COLUMNS");
    std::from_chars(given.data(), given.data() + given.size(), columns);
  }
  return columns == 0 ? max_columns : std::min(max_columns, columns - 1);
}

/// While one of these exists, the first Ctrl-C is a request and the second ends the program. The
/// last one to be destroyed restores the previous behavior of Ctrl-C.
class Reporter::Interrupt {
 public:
  Interrupt() {
    const std::scoped_lock lock{mutex_};
    if (alive_++ > 0) return;
    interrupt_requested = false;
    before_ = std::signal(SIGINT, [](int) {
      interrupt_requested = true;
      std::signal(SIGINT, SIG_DFL);
    });
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt() {
    const std::scoped_lock lock{mutex_};
    if (--alive_ == 0) std::signal(SIGINT, before_);
  }

 private:
  static inline std::mutex mutex_;
  static inline std::size_t alive_ = 0;
  static inline void (*before_)(int) = SIG_DFL;
};

/// The progress bar on the bottom line of a terminal; prints nothing if the output goes elsewhere.
class Reporter::Bar {
 public:
  Bar(const Training& training, bool prints)
      : shown_{prints && progress_columns(STDOUT_FILENO) > 0},
        first_step_{training.history().learning_rates.size()} {}

  void show(const Training& training) {
    using std::chrono::milliseconds;
    if (!shown_ || Clock::now() - last_ < milliseconds{100}) return;
    last_ = Clock::now();
    const std::size_t steps = training.history().learning_rates.size();
    const std::size_t all = training.options().epochs * training.batches();
    const double seconds = std::chrono::duration<double>(last_ - start_).count();
    const double rate = static_cast<double>(steps - first_step_) / seconds;
    const std::size_t images = training.outputs().rows();
    const std::string head = fmt::format("{:>3}/{} ", training.epoch(), training.options().epochs);
    const std::string tail =
        fmt::format(" {}/{}  cost {}  {:.0f} images/s  {:.0f} s left", training.batch(),
                    training.batches(), short_number(training.running_cost()),
                    rate * static_cast<double>(images), static_cast<double>(all - steps) / rate);
    const std::size_t columns = progress_columns(STDOUT_FILENO);  // a window can change its size
    const std::size_t text = head.size() + tail.size();
    const std::size_t room = columns > text ? columns - text : 0;
    put(fmt::format("\r\x1b[K{:.{}}", head + bar(training, room) + tail, columns));
  }

  /// Clears the line for the next output.
  void clear() const {
    if (shown_) put("\r\x1b[K");
  }

 private:
  /// `[=====     ]`, as wide as there is room for; empty if there is none.
  static std::string bar(const Training& training, std::size_t room) {
    constexpr std::size_t frame = 2;
    if (room <= frame) return "";
    const std::size_t width = std::min<std::size_t>(20, room - frame);
    const std::size_t filled = width * training.batch() / training.batches();
    return fmt::format("[{:=<{}}{:{}}]", "", filled, "", width - filled);
  }

  bool shown_;
  std::size_t first_step_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_;
};

// ----------------------------------------------------------------------------------------- lines

std::string to_line(std::string_view head, const Evaluation& evaluation,
                    const std::vector<std::string>& metrics) {
  if (metrics.size() != evaluation.metrics.size()) {
    throw std::invalid_argument(
        fmt::format("nn::to_line: {} metric names and {} values, expected the same number of each",
                    metrics.size(), evaluation.metrics.size()));
  }
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
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    add(fmt::format("{} {:.4f}", metrics[i], unsigned_nan(evaluation.metrics[i])));
  }
  return text;
}

namespace {

/// `epoch  1/10  cost 0.2433  accuracy 0.9289 | validation 0.1209  0.9628`; sets that do not fit on
/// this line follow on the next lines, with the names of their values.
std::string epoch_line(const Training& training) {
  const History& history = training.history();
  const Epoch& epoch = history.epochs.back();
  const std::size_t epochs = training.options().epochs;
  const auto digits = std::max<std::size_t>(2, std::to_string(epochs).size());
  const std::string head = fmt::format("epoch {:>{}}/{}", epoch.number, digits, epochs);
  std::string text = to_line(head, epoch.training, history.metrics);
  const auto add = [&](const std::string& set, const Evaluation& evaluation) {
    std::string values = fmt::format(" | {} {}", set, short_number(evaluation.cost));
    for (const double value : evaluation.metrics)
      values += fmt::format("  {:.4f}", unsigned_nan(value));
    const bool fits =
        text.find('\n') == std::string::npos && text.size() + values.size() <= max_columns;
    text +=
        fits ? values
             : "\n" + to_line(fmt::format("{:>{}}", set, head.size()), evaluation, history.metrics);
  };
  if (history.validated) add("validation", epoch.validation);
  for (std::size_t i = 0; i < history.sets.size(); ++i) add(history.sets[i], epoch.sets[i]);
  return text;
}

std::string reason(const Training& training) {
  const StopOptions& stopping = training.options().stopping;
  switch (training.history().ending) {
    case Ending::all_epochs:
      return "all epochs done";
    case Ending::patience:
      return fmt::format("{} epochs without a lower validation cost", stopping.patience);
    case Ending::cost_small:
      return "the training cost is low enough";
    case Ending::cost_stands_still:
      return "the training cost no longer changes";
    case Ending::interrupted:
      if (training.batch() == 0) return "interrupted";  // between two epochs
      return fmt::format("interrupted in epoch {}, batch {}/{}", training.history().epochs.size(),
                         training.batch(), training.batches());
    case Ending::diverged:
      return "diverged";
  }
  return "";
}

/// `interrupted: the network keeps its last weights`; empty if training did all its epochs.
std::string end_line(const Training& training, bool brought_back) {
  const History& history = training.history();
  const std::string why = reason(training);
  if (brought_back) {
    return fmt::format("{}: the network is now that of epoch {}\n", why, history.best_epoch());
  }
  if (history.ending == Ending::all_epochs) return "";
  const std::size_t steps = history.divergence ? history.divergence->steps_back : 0;
  if (steps == 0) return why + ": the network keeps its last weights\n";
  return fmt::format("{}: the network is back to what it was {} {} earlier\n", why, steps,
                     steps == 1 ? "step" : "steps");
}

/// Printed after the end line if training diverged: where, and what to try.
std::string advice(const Divergence& divergence) {
  return fmt::format(
      "  epoch {}, batch {}: the cost is {}\n"
      "  first non-finite value in {}\n"
      "  try a smaller learning rate or gradient clipping (clip_norm); also check the\n"
      "  largest values of the data, and how the weights are initialized\n",
      divergence.epoch, divergence.batch, divergence.cost, divergence.first);
}

}  // namespace

// -------------------------------------------------------------------------------------- reporter

Reporter::Reporter(bool prints) : prints_{prints} {}

void Reporter::print(const std::string& text) const {
  if (prints_) put(text);
}

void Reporter::begin(Training& training) {
  interrupt_ = std::make_shared<Interrupt>();
  bar_ = std::make_shared<Bar>(training, prints_);
  if (training.history().learning_rates.empty()) return;
  print(fmt::format("resumed after epoch {}, batch {}\n", training.history().epochs.size(),
                    training.batch()));
  if (const auto& jump = training.rate_jump()) {
    print(fmt::format(
        "the schedule now spans {} epochs: the learning rate jumps from {:.3g} to {:.3g}\n",
        training.options().epochs, jump->before, jump->after));
  }
}

Reporter::Bar& Reporter::bar(std::string_view event) const {
  if (bar_) return *bar_;
  throw std::invalid_argument(fmt::format("nn::Reporter: {}() was called before begin()", event));
}

void Reporter::step(Training& training) {
  bar("step").show(training);
  if (interrupt_requested) training.stop();
}

void Reporter::epoch(Training& training) {
  bar("epoch").clear();
  if (training.history().epochs.empty()) {
    throw std::invalid_argument("nn::Reporter: epoch() was called before an epoch ended");
  }
  print(epoch_line(training) + "\n");
  if (interrupt_requested) training.stop();
}

void Reporter::end(Training& training, bool brought_back) {
  print(end_line(training, brought_back));
  if (training.history().divergence) print(advice(*training.history().divergence));
}

void Reporter::leave() {
  interrupt_.reset();
  bar_.reset();
}

}  // namespace nn
