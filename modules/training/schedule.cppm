/// @file
/// @brief Schedules: how the learning rate changes during training.
module;

#include <fmt/core.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>

export module nn.schedule;

import nn.checks;

namespace nn::detail {

// [wave]
/// Goes from one factor to another along half a cosine wave, flat at both ends.
inline double half_wave(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}
// [/wave]

}  // namespace nn::detail

export namespace nn {

/// How far training has progressed. In the formulas below, e out of E epochs have passed.
struct Progress {
  double epoch = 0;   ///< e: epochs that have passed; 2.5 is the middle of the third.
  double epochs = 1;  ///< E: epochs of the whole training run.
  /// The cost of the last complete epoch: on the validation set, or on the training set if there is
  /// no validation set. NaN in the first epoch.
  double cost = std::numeric_limits<double>::quiet_NaN();
};

/// A schedule is called before every step and returns a factor f, 0 or more, which multiplies the
/// optimizer's learning rate η for that step. Any callable with this signature is a schedule:
///
///     [](const nn::Progress& p) { return 1 - p.epoch / p.epochs; }
///
/// A schedule does not know the optimizer, so every schedule works with every optimizer. It may
/// have state, because each training run uses its own copy.
// [schedule]
using Schedule = std::function<double(const Progress& progress)>;
// [/schedule]

/// A constant learning rate: f = 1.
class ConstantRate {
 public:
  /// @return 1.
  [[nodiscard]] double operator()(const Progress& /*progress*/) const { return 1; }
};

/// Step decay: the rate drops once every `every` epochs, f = γ^⌊e / every⌋.
class StepDecay {
 public:
  struct Options {
    double every = 10;    ///< Epochs from one drop to the next, above 0.
    double factor = 0.1;  ///< γ, 0 or more.
  };

  StepDecay() : StepDecay{Options{}} {}
  /// @param options Each in the range given above.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit StepDecay(const Options& options) : options_{options} {
    check_positive("StepDecay", "every", options.every);
    check_not_negative("StepDecay", "factor", options.factor);
  }

  /// @param progress How far training has progressed.
  /// @return f.
  [[nodiscard]] double operator()(const Progress& progress) const {
    return std::pow(options_.factor, std::floor(progress.epoch / options_.every));
  }

 private:
  Options options_;
};

/// Exponential decay: the rate decays a little at every step, by the factor γ per epoch, f = γᵉ.
class ExponentialDecay {
 public:
  struct Options {
    double factor = 0.9;  ///< γ, what remains after one epoch, 0 or more.
  };

  ExponentialDecay() : ExponentialDecay{Options{}} {}
  /// @param options The factor, in the range given above.
  /// @throws std::invalid_argument if it is out of its range.
  explicit ExponentialDecay(const Options& options) : options_{options} {
    check_not_negative("ExponentialDecay", "factor", options.factor);
  }

  /// @param progress How far training has progressed.
  /// @return f.
  [[nodiscard]] double operator()(const Progress& progress) const {
    return std::pow(options_.factor, progress.epoch);
  }

 private:
  Options options_;
};

/// Cosine annealing: the rate decays along half a cosine wave, slowly at both ends,
/// f = l + (1 − l) (1 + cos(π e/E)) / 2.
///
/// Source: Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts",
/// equation 5, without restarts.
class Cosine {
 public:
  struct Options {
    double last = 0;  ///< l, the factor at the end, 0 or more.
  };

  Cosine() : Cosine{Options{}} {}
  /// @param options The factor, in the range given above.
  /// @throws std::invalid_argument if it is out of its range.
  explicit Cosine(const Options& options) : options_{options} {
    check_not_negative("Cosine", "last", options.last);
  }

  /// @param progress How far training has progressed.
  /// @return f.
  [[nodiscard]] double operator()(const Progress& progress) const {
    return detail::half_wave(1, options_.last, progress.epoch / progress.epochs);
  }

 private:
  Options options_;
};

/// One cycle: the rate rises to the optimizer's own rate, which is the maximum, and then decays to
/// almost 0, both along half a cosine wave. With s = e/E, the fraction of training that is done, f
/// goes from `first` to 1 while s < `rise`, then to `last`.
///
/// Source: Smith & Topin (2018), "Super-convergence: very fast training of neural networks using
/// large learning rates", but with cosine waves instead of straight lines, as in PyTorch.
class OneCycle {
 public:
  struct Options {
    double rise = 0.3;    ///< The fraction of training during which the rate rises, in (0, 1).
    double first = 0.04;  ///< The factor at the start, 0 or more.
    double last = 4e-6;   ///< The factor at the end, 0 or more.
  };

  OneCycle() : OneCycle{Options{}} {}
  /// @param options Each in the range given above.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit OneCycle(const Options& options) : options_{options} {
    if (!(options.rise > 0 && options.rise < 1)) {
      refuse_option("OneCycle", "rise", options.rise, "above 0 and below 1");
    }
    check_not_negative("OneCycle", "first", options.first);
    check_not_negative("OneCycle", "last", options.last);
  }

  /// @param progress How far training has progressed.
  /// @return f.
  [[nodiscard]] double operator()(const Progress& progress) const {
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

/// Linear warm-up: over the first w epochs, the rate rises linearly to the first rate of a second
/// schedule f₂, which then spans only the remaining E − w epochs:
/// f = (a + (1 − a) e/w) f₂(0) while e < w, then f = f₂(e − w).
///
/// Source: Goyal et al. (2017), "Accurate, large minibatch SGD: training ImageNet in 1 hour",
/// section 2.2.
class WarmUp {
 public:
  struct Options {
    double epochs = 1;   ///< w, above 0 and less than E.
    double first = 0.1;  ///< a, the fraction of the rate at the start, 0 or more.
  };

  /// @param options Each in the range given above.
  /// @param then The schedule that follows.
  /// @throws std::invalid_argument if an option is out of its range, or `then` is empty.
  explicit WarmUp(const Options& options, Schedule then = ConstantRate{})
      : options_{options}, then_{std::move(then)} {
    check_positive("WarmUp", "epochs", options.epochs);
    check_not_negative("WarmUp", "first", options.first);
    if (!then_) throw std::invalid_argument("nn::WarmUp: the schedule after the warm-up is empty");
  }

  /// @param progress How far training has progressed.
  /// @return f.
  /// @throws std::invalid_argument unless w < E.
  double operator()(const Progress& progress) {
    const auto [rise, first] = options_;
    if (!(progress.epochs > rise)) {
      throw std::invalid_argument(fmt::format(
          "nn::WarmUp: the warm-up takes {} epochs, but the training has only {}, expected more",
          rise, progress.epochs));
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

/// The rate drops whenever the cost stops decreasing: f = γⁿ, where n counts how often there were
/// `patience` epochs in a row without improvement. A cost is an improvement if it is lower than the
/// best so far by more than the fraction `min_change` of that.
///
/// This is PyTorch's ReduceLROnPlateau, whose `patience` is one less: there it is the number of
/// epochs to tolerate.
class ReduceOnPlateau {
 public:
  struct Options {
    double factor = 0.1;  ///< γ, 0 or more.
    int patience = 5;     ///< Epochs in a row without improvement, at least 1.
    /// The fraction of the best cost by which a cost must be lower to be an improvement, in [0, 1).
    double min_change = 1e-4;
  };

  ReduceOnPlateau() : ReduceOnPlateau{Options{}} {}
  /// @param options Each in the range given above.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit ReduceOnPlateau(const Options& options) : options_{options} {
    check_not_negative("ReduceOnPlateau", "factor", options.factor);
    if (options.patience < 1) {
      refuse_option("ReduceOnPlateau", "patience", options.patience, "at least 1");
    }
    check_below_one("ReduceOnPlateau", "min_change", options.min_change);
  }

  /// @param progress How far training has progressed; its cost changes when a new epoch begins.
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
  double threshold_ = std::numeric_limits<double>::infinity();  // an improvement is below this
  int waited_ = 0;
  double factor_ = 1;
};

}  // namespace nn
