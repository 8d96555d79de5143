/// @file
/// @brief Schedules: how the learning rate changes in the course of a training.
module;

#include <fmt/core.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string_view>
#include <utility>

export module nn.schedule;

namespace nn::detail {

/// An option of a schedule that is out of its range.
[[noreturn]] void refuse_option(std::string_view schedule, std::string_view option, double value,
                                std::string_view expected) {
  throw std::invalid_argument(
      fmt::format("nn::{}: {} is {}, expected {}", schedule, option, value, expected));
}

/// A factor of the learning rate.
void check_factor(std::string_view schedule, std::string_view option, double value) {
  if (value >= 0 && std::isfinite(value)) return;
  refuse_option(schedule, option, value, "a finite number, 0 or more");
}

/// A number of epochs, or a share of them.
void check_length(std::string_view schedule, std::string_view option, double value) {
  if (value > 0 && std::isfinite(value)) return;
  refuse_option(schedule, option, value, "a finite number above 0");
}

// [wave]
/// From one factor to another along half a wave of the cosine, flat at both ends.
double half_wave(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}
// [/wave]

}  // namespace nn::detail

export namespace nn {

/// How far a training has come. The letters below: e epochs have passed, of E.
struct Progress {
  double epoch = 0;   ///< e: epochs that have passed; 2.5 is the middle of the third.
  double epochs = 1;  ///< E: epochs of the whole training.
  /// The cost of the last whole epoch, on the validation set, without one on the training set; NaN
  /// in the first epoch.
  double cost = std::numeric_limits<double>::quiet_NaN();
};

/// A schedule says, before every step, what the optimizer's own learning rate η is multiplied by
/// for that step: a factor f, 0 or more. Any callable of that form is one:
///
///     [](const nn::Progress& p) { return 1 - p.epoch / p.epochs; }
///
/// It knows nothing of optimizers, so each goes with all of them. It may remember what it has seen:
/// a training works with a copy of its own.
// [schedule]
using Schedule = std::function<double(const Progress& progress)>;
// [/schedule]

/// The optimizer's own rate from start to end: f = 1.
class ConstantRate {
 public:
  /// @return 1.
  double operator()(const Progress& /*progress*/) const { return 1; }
};

/// A fall in steps, one every so many epochs: f = γ^⌊e / every⌋.
class StepDecay {
 public:
  struct Options {
    double every = 10;    ///< Epochs from one fall to the next, above 0.
    double factor = 0.1;  ///< γ, 0 or more.
  };

  StepDecay() : StepDecay{Options{}} {}
  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit StepDecay(const Options& options) : options_{options} {
    detail::check_length("StepDecay", "every", options.every);
    detail::check_factor("StepDecay", "factor", options.factor);
  }

  /// @param progress How far training has come.
  /// @return f.
  double operator()(const Progress& progress) const {
    return std::pow(options_.factor, std::floor(progress.epoch / options_.every));
  }

 private:
  Options options_;
};

/// A fall by the same share in every epoch, a little at every step: f = γᵉ.
class ExponentialDecay {
 public:
  struct Options {
    double factor = 0.9;  ///< γ, what is left after an epoch, 0 or more.
  };

  ExponentialDecay() : ExponentialDecay{Options{}} {}
  /// @param options In the range that stands beside it.
  /// @throws std::invalid_argument if it is out of its range.
  explicit ExponentialDecay(const Options& options) : options_{options} {
    detail::check_factor("ExponentialDecay", "factor", options.factor);
  }

  /// @param progress How far training has come.
  /// @return f.
  double operator()(const Progress& progress) const {
    return std::pow(options_.factor, progress.epoch);
  }

 private:
  Options options_;
};

/// A fall along half a wave of the cosine, slow at both ends: f = l + (1 − l) (1 + cos(π e/E)) / 2.
///
/// Source: Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts",
/// equation 5, without restarts.
class Cosine {
 public:
  struct Options {
    double last = 0;  ///< l, the factor at the end, 0 or more.
  };

  Cosine() : Cosine{Options{}} {}
  /// @param options In the range that stands beside it.
  /// @throws std::invalid_argument if it is out of its range.
  explicit Cosine(const Options& options) : options_{options} {
    detail::check_factor("Cosine", "last", options.last);
  }

  /// @param progress How far training has come.
  /// @return f.
  double operator()(const Progress& progress) const {
    return detail::half_wave(1, options_.last, progress.epoch / progress.epochs);
  }

 private:
  Options options_;
};

/// One cycle: the rate rises to the optimizer's own, here the largest, and falls to almost nothing,
/// both along half a wave of the cosine. With s = e/E, the share of training that is done, f goes
/// from `first` to 1 while s < `rise`, then to `last`.
///
/// Source: Smith & Topin (2018), "Super-convergence: very fast training of neural networks using
/// large learning rates", with waves for straight lines.
class OneCycle {
 public:
  struct Options {
    double rise = 0.3;    ///< The share of training that it rises for, above 0 and below 1.
    double first = 0.04;  ///< The factor at the start, 0 or more.
    double last = 4e-6;   ///< The factor at the end, 0 or more.
  };

  OneCycle() : OneCycle{Options{}} {}
  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit OneCycle(const Options& options) : options_{options} {
    if (!(options.rise > 0 && options.rise < 1)) {
      detail::refuse_option("OneCycle", "rise", options.rise, "more than 0 and less than 1");
    }
    detail::check_factor("OneCycle", "first", options.first);
    detail::check_factor("OneCycle", "last", options.last);
  }

  /// @param progress How far training has come.
  /// @return f.
  double operator()(const Progress& progress) const {
    // [one_cycle]
    const double share = progress.epoch / progress.epochs;
    const double rise = options_.rise;
    if (share < rise) return detail::half_wave(options_.first, 1, share / rise);
    return detail::half_wave(1, options_.last, (share - rise) / (1 - rise));
    // [/one_cycle]
  }

 private:
  Options options_;
};

/// A straight rise over the first w epochs to what another schedule begins with; that one then
/// takes the rest for the whole: f = (a + (1 − a) e/w) f₂(0) while e < w, then f = f₂(e − w) of
/// E − w epochs.
///
/// Source: Goyal et al. (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour",
/// section 2.2.
class WarmUp {
 public:
  struct Options {
    double epochs = 1;   ///< w, above 0, and less than the training has.
    double first = 0.1;  ///< a, the share of the rate at the start, 0 or more.
  };

  /// @param options Each in the range that stands beside it.
  /// @param then The schedule that follows.
  /// @throws std::invalid_argument if an option is out of its range, or no schedule follows.
  explicit WarmUp(const Options& options, Schedule then = ConstantRate{})
      : options_{options}, then_{std::move(then)} {
    detail::check_length("WarmUp", "epochs", options.epochs);
    detail::check_factor("WarmUp", "first", options.first);
    if (!then_) throw std::invalid_argument("nn::WarmUp: the schedule that follows is empty");
  }

  /// @param progress How far training has come.
  /// @return f.
  /// @throws std::invalid_argument if the training has no more epochs than the rise.
  double operator()(const Progress& progress) {
    const auto [rise, first] = options_;
    if (!(progress.epochs > rise)) {
      throw std::invalid_argument(fmt::format(
          "nn::WarmUp: the rate rises for {} epochs, the training has {}, expected more", rise,
          progress.epochs));
    }
    // [warm_up]
    const double rest = progress.epochs - rise;
    if (progress.epoch >= rise) return then_({progress.epoch - rise, rest, progress.cost});
    return (first + (1 - first) * progress.epoch / rise) * then_({0, rest, progress.cost});
    // [/warm_up]
  }

 private:
  Options options_;
  Schedule then_;
};

/// A fall whenever the cost stops falling: f = γⁿ, where n counts how often `patience` epochs in a
/// row went by without a cost below the lowest before by more than `min_change` of it.
///
/// PyTorch's ReduceLROnPlateau, whose `patience` counts one epoch less: how many it lets pass.
class ReduceOnPlateau {
 public:
  struct Options {
    double factor = 0.1;  ///< γ, 0 or more.
    int patience = 5;     ///< Epochs in a row without a lower cost, at least 1.
    /// The share of the lowest cost by which another must be below it to count as lower, in [0, 1).
    double min_change = 1e-4;
  };

  ReduceOnPlateau() : ReduceOnPlateau{Options{}} {}
  /// @param options Each in the range that stands beside it.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit ReduceOnPlateau(const Options& options) : options_{options} {
    detail::check_factor("ReduceOnPlateau", "factor", options.factor);
    if (options.patience < 1) {
      detail::refuse_option("ReduceOnPlateau", "patience", options.patience, "at least 1");
    }
    if (!(options.min_change >= 0 && options.min_change < 1)) {
      detail::refuse_option("ReduceOnPlateau", "min_change", options.min_change,
                            "at least 0 and below 1");
    }
  }

  /// @param progress How far training has come; the number of the epoch tells when its cost is new.
  /// @return f.
  double operator()(const Progress& progress) {
    if (const double number = std::floor(progress.epoch); number > epoch_) {
      epoch_ = number;
      see(progress.cost);
    }
    return factor_;
  }

 private:
  // [see]
  void see(double cost) {
    if (cost < threshold_) {
      threshold_ = cost - options_.min_change * std::abs(cost);
      waited_ = 0;
    } else if (++waited_ == options_.patience) {
      factor_ *= options_.factor;
      waited_ = 0;
    }
  }
  // [/see]

  Options options_;
  double epoch_ = 0;
  double threshold_ = std::numeric_limits<double>::infinity();  // what a lower cost is below
  int waited_ = 0;
  double factor_ = 1;
};

}  // namespace nn
