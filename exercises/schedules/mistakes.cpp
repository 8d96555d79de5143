// Schedules with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <stdexcept>
#include <vector>

import exercises.mistakes;
import exercises.schedules;

using exercises::LearningRate;
using exercises::Tried;
using nn::Progress;
using nn::Schedule;

namespace {

/// Step decay by a function of e / w and γ.
using Power = double(double drops, double gamma);
struct Decay {
  static inline Power* factor;
  double every;
  double gamma;
  double operator()(const Progress& p) const { return factor(p.epoch / every, gamma); }
};

double powers(double drops, double gamma) { return std::pow(gamma, std::floor(drops)); }
double unrounded(double drops, double gamma) { return std::pow(gamma, drops); }
double per_epoch(double drops, double gamma) { return std::pow(gamma, 4 * drops); }
double once(double drops, double gamma) { return drops < 1 ? 1 : gamma; }
double rounded_up(double drops, double gamma) { return std::pow(gamma, std::ceil(drops)); }
double to_nearest(double drops, double gamma) { return std::pow(gamma, std::round(drops)); }
double multiplied(double drops, double gamma) { return gamma * std::floor(drops); }
double late(double drops, double gamma) {
  return std::pow(gamma, std::max(0.0, std::ceil(drops) - 1));
}

/// A cosine by a function of e, E and l.
using Curve = double(double e, double epochs, double last);
struct Wave {
  static inline Curve* factor;
  double last;
  double operator()(const Progress& p) const { return factor(p.epoch, p.epochs, last); }
};

double between(double last, double angle) { return last + (1 - last) * (1 + std::cos(angle)) / 2; }

constexpr double pi = std::numbers::pi;
double half_wave(double e, double epochs, double last) { return between(last, pi * e / epochs); }
double rising(double e, double epochs, double last) { return between(last, pi - pi * e / epochs); }
double bare(double e, double epochs, double) { return std::cos(pi * e / epochs); }
double without_pi(double e, double epochs, double last) { return between(last, e / epochs); }
double whole(double e, double epochs, double last) { return between(last, 2 * pi * e / epochs); }
double quarter(double e, double epochs, double last) { return between(last, pi / 2 * e / epochs); }
double without_epochs(double e, double, double last) { return between(last, pi * e); }
double line(double e, double epochs, double last) { return 1 - (1 - last) * e / epochs; }
double to_zero(double e, double epochs, double) { return half_wave(e, epochs, 0); }
double above_one(double e, double epochs, double last) { return last + half_wave(e, epochs, 0); }
double not_added(double e, double epochs, double last) {
  return (1 - last) * half_wave(e, epochs, 0);
}
double cut_off(double e, double epochs, double last) {
  return std::max(last, half_wave(e, epochs, 0));
}

/// The parts of a warm-up that can be spoiled.
struct Parts {
  double first = 1;          ///< Times a: where it begins.
  double least = 0;          ///< Where it begins at least.
  double rises = 1;          ///< Whether it rises at all.
  bool by_too_much = false;  ///< Whether it rises by 1, not by 1 − a.
  bool over_all = false;     ///< Whether the rise takes E epochs.
  bool falls = false;
  bool shifted = true;      ///< Whether the second schedule gets e − w.
  bool shortened = true;    ///< Whether the second schedule gets E − w.
  bool asks_for_e = false;  ///< Whether the second schedule is asked for e in the warm-up.
  bool to_one = false;      ///< Whether it rises to 1.
  bool gives_cost = true;
  bool throws = true;
};

struct Warm {
  static inline Parts parts;
  double epochs;
  double first;
  Schedule then;

  double operator()(const Progress& p) {
    if (parts.throws && p.epochs <= epochs) throw std::invalid_argument("too short");
    const double rest = parts.shortened ? p.epochs - epochs : p.epochs;
    const double cost = parts.gives_cost ? p.cost : std::nan("");
    if (p.epoch >= epochs) return then({parts.shifted ? p.epoch - epochs : p.epoch, rest, cost});
    const double a = std::max(parts.least, parts.first * first);
    double fraction = parts.rises * p.epoch / (parts.over_all ? p.epochs : epochs);
    if (parts.falls) fraction = 1 - fraction;
    const double ramp = a + (parts.by_too_much ? 1 : 1 - a) * fraction;
    return parts.to_one ? ramp : ramp * then({parts.asks_for_e ? p.epoch : 0, rest, cost});
  }
};

/// The rate of a step by a function of the step, the steps per epoch and E, which returns e and E.
template <Progress progress(double step, double per_epoch, double epochs)>
double rate_of(const Schedule& schedule, double eta, std::size_t step, std::size_t per_epoch,
               std::size_t epochs) {
  return eta * schedule(progress(static_cast<double>(step), static_cast<double>(per_epoch),
                                 static_cast<double>(epochs)));
}

Progress exact(double step, double n, double epochs) { return {step / n, epochs}; }
Progress whole_epochs(double step, double n, double epochs) {
  return {std::floor(step / n), epochs};
}
Progress step_as_epoch(double step, double, double epochs) { return {step, epochs}; }
Progress ahead(double step, double n, double epochs) { return {(step + 1) / n, epochs}; }
Progress all_steps(double step, double n, double epochs) { return {step / n, epochs * n}; }
Progress one_epoch(double step, double n, double) { return {step / n, 1}; }
Progress both_steps(double step, double n, double epochs) { return {step, n * epochs}; }
Progress fraction(double step, double n, double epochs) { return {step / n / epochs, 1}; }
double without_eta(const Schedule& schedule, double, std::size_t step, std::size_t per_epoch,
                   std::size_t epochs) {
  return rate_of<exact>(schedule, 1, step, per_epoch, epochs);
}

/// What is graded; each of them can be spoiled.
struct Ways {
  Power* decay = powers;
  Curve* wave = half_wave;
  Parts warm_up = {};
  LearningRate* rate = rate_of<exact>;
};

std::vector<exercises::Step> steps(Ways ways) {
  const auto choose = [ways] {
    Decay::factor = ways.decay;
    Wave::factor = ways.wave;
    Warm::parts = ways.warm_up;
  };
  return exercises::prepared(choose, exercises::schedules<Decay, Wave, Warm>(ways.rate));
}

Tried tried_decay(const char* words, Power* decay) { return {words, steps({.decay = decay})}; }
Tried tried_wave(const char* words, Curve* wave) { return {words, steps({.wave = wave})}; }
Tried tried_warm_up(const char* words, Parts parts) { return {words, steps({.warm_up = parts})}; }
Tried tried_rate(const char* words, LearningRate* rate) { return {words, steps({.rate = rate})}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}), {tried_decay("do not round down", unrounded),
                  tried_decay("That is γᵉ", per_epoch),
                  tried_decay("There is one drop only", once),
                  tried_decay("You round e / w up", rounded_up),
                  tried_decay("to the nearest whole number", to_nearest),
                  tried_decay("γ is multiplied", multiplied),
                  tried_decay("The drop is late", late),
                  tried_wave("It rises from 0 to 1", rising),
                  tried_wave("That is the cosine itself", bare),
                  tried_wave("π is missing", without_pi),
                  tried_wave("That is a whole wave", whole),
                  tried_wave("That is a quarter of a wave", quarter),
                  tried_wave("E is missing: the angle", without_epochs),
                  tried_wave("That is a straight line", line),
                  tried_wave("It goes down to 0", to_zero),
                  tried_wave("It begins above 1", above_one),
                  tried_wave("l is not added", not_added),
                  tried_wave("The wave is cut off", cut_off),
                  tried_warm_up("There is no warm-up", {.least = 1}),
                  tried_warm_up("It rises from 0", {.first = 0}),
                  tried_warm_up("It rises by 1", {.by_too_much = true}),
                  tried_warm_up("It stays at a", {.rises = 0}),
                  tried_warm_up("It rises so slowly", {.over_all = true}),
                  tried_warm_up("It falls to a", {.falls = true}),
                  tried_warm_up("gets e and E", {.shifted = false, .shortened = false}),
                  tried_warm_up("gets e − w, but E", {.shortened = false}),
                  tried_warm_up("gets E − w, but e", {.shifted = false}),
                  tried_warm_up("is asked for e", {.asks_for_e = true}),
                  tried_warm_up("It rises to 1", {.to_one = true}),
                  tried_warm_up("gets NaN as its cost", {.gives_cost = false}),
                  tried_warm_up("throw std::invalid_argument", {.throws = false}),
                  tried_rate("The rate changes once per epoch", rate_of<whole_epochs>),
                  tried_rate("the step in place of the epoch", rate_of<step_as_epoch>),
                  tried_rate("It is one step ahead", rate_of<ahead>),
                  tried_rate("That is f", without_eta),
                  tried_rate("E is a number of steps", rate_of<all_steps>),
                  tried_rate("E is missing: the schedule", rate_of<one_epoch>),
                  tried_rate("are steps", rate_of<both_steps>),
                  tried_rate("are fractions", rate_of<fraction>)});
}
