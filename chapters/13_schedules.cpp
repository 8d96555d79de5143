// Chapter 13: schedules. Read with docs/chapters/13_schedules.md.

// [imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn.activation;
import nn.adam;
import nn.backprop;
import nn.batching;
import nn.convolution;
import nn.cost;
import nn.dense;
import nn.descent;
import nn.initializers;
import nn.metrics;
import nn.mnist;
import nn.random;
import nn.schedule;
import nn.training;

using lecture::heading;
using nn::real;
// [/imports]

// [digits]
/// The first samples of a set.
nn::Dataset first_of(const nn::Dataset& set, std::size_t count) {
  return nn::Batches{set, {.size = count, .shuffle = false}, nn::Random{0}}[0];
}

/// 20,000 digits to train on and 10,000 to choose by; if it is to be short, a tenth of them.
nn::Split load_digits() {
  const std::size_t part = lecture::is_short() ? 10 : 1;
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 10'000});
  digits.training = first_of(digits.training, 20'000 / part);
  digits.validation = first_of(digits.validation, 10'000 / part);
  return digits;
}
// [/digits]

// [train]
/// Trains 784-64-10 by gradient descent, on batches of twenty.
nn::History train(const nn::Split& digits, double rate, const nn::Schedule& schedule,
                  std::size_t epochs = 5, std::uint64_t seed = 1) {
  lecture::progress(fmt::format("rate {}, start {}", rate, seed));
  nn::Random random{seed};
  nn::Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                         nn::Dense{64, 10, nn::Glorot{random}}};
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = static_cast<real>(rate)}}};
  trainer.watch(nn::Accuracy{});
  trainer.set_quiet(true);
  return trainer.fit(digits.training, digits.validation,
                     {.epochs = epochs, .batch_size = 20, .seed = seed, .schedule = schedule});
}
// [/train]

// [mean]
/// How well trainings end, as the mean of those from several starts.
struct End {
  double training_cost = 0, cost = 0, right = 0;

  void add(const nn::Epoch& last, std::uint64_t starts) {
    training_cost += last.training.cost / static_cast<double>(starts);
    cost += last.validation.cost / static_cast<double>(starts);
    right += 100 * last.validation.metrics[0] / static_cast<double>(starts);
  }
};

constexpr std::uint64_t starts = 3;

End end_of(const nn::Split& digits, double rate, const nn::Schedule& schedule) {
  End end;
  for (std::uint64_t seed = 1; seed <= starts; ++seed) {
    end.add(train(digits, rate, schedule, 5, seed).epochs.back(), starts);
  }
  return end;
}
// [/mean]

// [constant]
void constant_rates(const nn::Split& digits) {
  heading("13.1 One rate from start to end");
  std::string ends = "rate,right\n";
  fmt::print("  {:>6}{:>16}{:>18}{:>10}\n", "rate", "training cost", "validation cost", "right");
  for (const double rate : {0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0}) {
    const auto [training_cost, cost, right] = end_of(digits, rate, nn::ConstantRate{});
    fmt::print("  {:>6}{:16.3f}{:18.3f}{:8.1f} %\n", rate, training_cost, cost, right);
    ends += fmt::format("{},{:.2f}\n", rate, right);
  }
  lecture::keep("13_ends.csv", ends);

  std::string costs = "rate,epoch,cost\n";
  for (const double rate : {0.01, 0.1, 1.0}) {
    for (const nn::Epoch& epoch : train(digits, rate, nn::ConstantRate{}).epochs) {
      costs += fmt::format("{},{},{:.4f}\n", rate, epoch.number, epoch.training.cost);
    }
  }
  lecture::keep("13_costs.csv", costs);
}
// [/constant]

// [schedules]
struct Named {
  std::string name;
  nn::Schedule schedule;
};

/// Seven ways through a training of so many epochs.
std::vector<Named> schedules(double epochs) {
  return {{"constant", nn::ConstantRate{}},
          {"step decay", nn::StepDecay{{.every = 0.4 * epochs, .factor = 0.1}}},
          {"exponential", nn::ExponentialDecay{{.factor = std::pow(0.01, 1 / epochs)}}},
          {"line", [](const nn::Progress& p) { return 1 - p.epoch / p.epochs; }},
          {"cosine", nn::Cosine{}},
          {"warm-up, cosine", nn::WarmUp{{.epochs = 0.1 * epochs, .first = 0.01}, nn::Cosine{}}},
          {"one cycle", nn::OneCycle{}}};
}
// [/schedules]

// [paper]
void on_paper() {
  heading("13.2 Seven schedules on paper");
  fmt::print("  {:<17}{:>8}{:>8}{:>8}{:>8}{:>8}\n", "epochs passed", 0, 2.5, 5, 7.5, 10);
  std::string lines = "epoch";
  for (const auto& [name, schedule] : schedules(10)) {
    fmt::print("  {:<17}", name);
    for (const double e : {0.0, 2.5, 5.0, 7.5, 10.0}) {
      fmt::print("{:8.3f}", schedule({.epoch = e, .epochs = 10}));
    }
    fmt::print("\n");
    lines += "," + (name == "warm-up, cosine" ? "warm-up" : name);
  }
  for (int i = 0; i <= 200; ++i) {
    lines += fmt::format("\n{}", i / 20.0);
    for (const auto& [name, schedule] : schedules(10)) {
      lines += fmt::format(",{:.5f}", schedule({.epoch = i / 20.0, .epochs = 10}));
    }
  }
  lecture::keep("13_schedules.csv", lines + "\n");
}
// [/paper]

// [contest]
void contest(const nn::Split& digits) {
  heading("13.3 The same training, seven ways");
  constexpr std::array<double, 4> rates{0.03, 0.1, 0.3, 1};
  fmt::print("  {:<17}{:>12}{:>10}{:>10}{:>10}\n", "right, in %", "rate 0.03", "0.1", "0.3", "1");
  std::string lines = "schedule,r0,r1,r2,r3";
  int number = 0;
  for (const auto& [name, schedule] : schedules(5)) {
    fmt::print("  {:<15}  ", name);
    lines += fmt::format("\n{}", number++);
    for (const double rate : rates) {
      const double right = end_of(digits, rate, schedule).right;
      fmt::print("{:>{}.1f}", right, rate == rates[0] ? 12 : 10);
      lines += fmt::format(",{:.2f}", right);
    }
    fmt::print("\n");
  }
  lecture::keep("13_contest.csv", lines + "\n");
}
// [/contest]

// [valley]
/// Mean cost of a million steps in the valley θ²/2, by gradients with a noise of deviation 1.
double valley(double rate) {
  nn::Random random{1};
  double theta = 0;
  double sum = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    theta -= rate * (theta + random.normal());
    sum += theta * theta / 2;
  }
  return sum / 1'000'000;
}
// [/valley]

// [fall]
void fall(const nn::Split& digits) {
  heading("13.4 What happens when the rate falls");
  const nn::History constant = train(digits, 0.3, nn::ConstantRate{}, 6);
  const nn::History falling = train(digits, 0.3, nn::StepDecay{{.every = 3, .factor = 0.1}}, 6);
  for (const auto& [name, history] : {std::pair{"constant", constant}, {"a fall", falling}}) {
    fmt::print("  {}\n    training cost  ", name);
    for (const nn::Epoch& epoch : history.epochs) fmt::print("{:8.3f}", epoch.training.cost);
    fmt::print("\n    validation cost");
    for (const nn::Epoch& epoch : history.epochs) fmt::print("{:8.3f}", epoch.validation.cost);
    fmt::print("\n");
  }
  for (const double rate : {0.3, 0.03}) {
    fmt::print("  a valley at rate {:>4}: cost {:.4f} expected, {:.4f} measured\n", rate,
               rate / (2 * (2 - rate)), valley(rate));
  }
}
// [/fall]

// [deep]
/// How a network of four hidden layers ends that Adam trains for five epochs.
End train_deep(const nn::Split& digits, real rate, const nn::Schedule& schedule) {
  End end;
  for (std::uint64_t seed = 1; seed <= starts; ++seed) {
    lecture::progress(fmt::format("Adam, rate {}, start {}", rate, seed));
    nn::Random random{seed};
    const nn::He he{random};
    nn::Sequential network{nn::Dense{784, 64, he},
                           nn::ReLU{},
                           nn::Dense{64, 64, he},
                           nn::ReLU{},
                           nn::Dense{64, 64, he},
                           nn::ReLU{},
                           nn::Dense{64, 64, he},
                           nn::ReLU{},
                           nn::Dense{64, 10, nn::Glorot{random}}};
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{{.learning_rate = rate}}};
    trainer.watch(nn::Accuracy{});
    trainer.set_quiet(true);
    const nn::History history =
        trainer.fit(digits.training, digits.validation,
                    {.epochs = 5, .batch_size = 100, .seed = seed, .schedule = schedule});
    end.add(history.epochs.back(), starts);
  }
  return end;
}
// [/deep]

// [warm]
void warm_up(const nn::Split& digits) {
  heading("13.5 A slow start");
  fmt::print("  {:>6}{:>16}{:>16}\n", "rate", "cosine", "warm-up first");
  for (const real rate : {0.003F, 0.01F, 0.03F}) {
    const End cold = train_deep(digits, rate, nn::Cosine{});
    const End warm =
        train_deep(digits, rate, nn::WarmUp{{.epochs = 1, .first = 0.01}, nn::Cosine{}});
    fmt::print("  {:>6}{:14.1f} %{:14.1f} %\n", rate, cold.right, warm.right);
  }
}
// [/warm]

// [plateau]
void plateau(const nn::Split& digits) {
  heading("13.6 When the cost stops falling");
  const nn::ReduceOnPlateau schedule{{.factor = 0.3, .patience = 2}};
  const nn::History history = train(digits, 0.3, schedule, 12);
  fmt::print("  {:>5}{:>16}{:>18}{:>14}\n", "epoch", "training cost", "validation cost",
             "rate in it");
  for (const nn::Epoch& epoch : history.epochs) {
    fmt::print("  {:>5}{:16.3f}{:18.3f}{:14.4f}\n", epoch.number, epoch.training.cost,
               epoch.validation.cost, epoch.learning_rate);
  }
  const std::vector<double>& rates = history.learning_rates;
  const auto change = std::ranges::adjacent_find(rates, std::not_equal_to{});
  fmt::print("  {} steps; the first fall is behind step {}\n", rates.size(),
             change == rates.end() ? 0 : change - rates.begin() + 1);
}
// [/plateau]

// [cnn]
/// How many of other images a network reads right, in %, and how long its one epoch took.
struct Reading {
  double right, seconds;
};

Reading one_epoch(const nn::Dataset& training, const nn::Dataset& others,
                  const nn::Schedule& schedule, std::uint64_t seed) {
  lecture::progress(fmt::format("convolutional network, start {}", seed));
  nn::Random random{seed};
  const nn::He he{random};
  nn::Sequential network{nn::Reshape{1, 28, 28},
                         nn::Convolution{1, 24, {.kernel = 5}, he},
                         nn::MaxPool{2},
                         nn::ReLU{},
                         nn::Convolution{24, 32, {.kernel = 3}, he},
                         nn::MaxPool{2},
                         nn::ReLU{},
                         nn::Flatten{},
                         nn::Dense{800, 256, he},
                         nn::ReLU{},
                         nn::Dense{256, 10, nn::Glorot{random}}};
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::Adam{{.learning_rate = 0.01F, .beta1 = 0.7F, .beta2 = 0.9F}}};
  trainer.watch(nn::Accuracy{});
  trainer.set_quiet(true);
  const std::size_t size = lecture::is_short() ? 32 : 256;
  const nn::History history =
      trainer.fit(training, {.batch_size = size, .seed = seed, .schedule = schedule});
  return {100 * trainer.evaluate(others).metrics[0], history.seconds()};
}
// [/cnn]

// [spread]
/// Mean and standard deviation of several runs, each with a seed of its own.
struct Spread {
  std::vector<double> values;

  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }
  [[nodiscard]] double deviation() const {
    double squares = 0;
    for (const double value : values) squares += (value - mean()) * (value - mean());
    return std::sqrt(squares / static_cast<double>(values.size() - 1));
  }
};
// [/spread]

// [choose]
void choose() {
  heading("13.7 Once through the images");
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 10'000});
  if (lecture::is_short()) digits = load_digits();
  const std::vector<Named> candidates{{"constant", nn::ConstantRate{}},
                                      {"constant, times 0.3", [](auto&) { return 0.3; }},
                                      {"constant, times 0.1", [](auto&) { return 0.1; }},
                                      {"cosine", nn::Cosine{}},
                                      {"one cycle, rise 0.1", nn::OneCycle{{.rise = 0.1}}},
                                      {"one cycle, rise 0.3", nn::OneCycle{{.rise = 0.3}}},
                                      {"one cycle, rise 0.5", nn::OneCycle{{.rise = 0.5}}}};
  for (const auto& [name, schedule] : candidates) {
    Spread right;
    for (std::uint64_t seed = 1; seed <= starts; ++seed) {
      right.values.push_back(one_epoch(digits.training, digits.validation, schedule, seed).right);
    }
    fmt::print("  {:<20} {:.2f} % of validation images, deviation {:.2f}\n", name, right.mean(),
               right.deviation());
  }
}
// [/choose]

// [ten]
void ten_seeds() {
  heading("13.8 Ten starts and the test set");
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0});
  if (lecture::is_short()) digits.training = first_of(digits.training, 2'000);
  const std::uint64_t seeds = lecture::is_short() ? 2 : 10;
  Spread right;
  double fastest = 1e9;  // others may use the machine, too: the fastest tells what it can do
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Reading reading = one_epoch(digits.training, digits.test, nn::OneCycle{}, seed);
    right.values.push_back(reading.right);
    fastest = std::min(fastest, reading.seconds);
    fmt::print("  start {:2}: {:.2f} % of the test images\n", seed, reading.right);
  }
  fmt::print("  mean {:.3f} %, deviation {:.3f}\n", right.mean(), right.deviation());
  fmt::print("  the fastest epoch takes {:.1f} s\n", fastest);
}
// [/ten]

// [check]
void check(const nn::Split& digits) {
  heading("13.9 Check yourself");
  constexpr int steps = 1'000;
  const nn::OneCycle cycle;
  double sum = 0;
  double jump = 0;
  for (int i = 0; i < steps; ++i) {
    const double e = (i + 0.5) / steps;
    sum += nn::Cosine{}({.epoch = e});
    jump = std::max(jump, std::abs(cycle({.epoch = e + 1.0 / steps}) - cycle({.epoch = e})));
  }
  fmt::print("  mean factor of the cosine:            {:.4f}\n", sum / steps);
  fmt::print("  one cycle, largest change in a step:  {:.4f}\n", jump);

  const nn::History history = train(digits, 0.1, cycle, 2);
  const std::vector<double>& rates = history.learning_rates;
  double error = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double e = 2 * static_cast<double>(i) / static_cast<double>(rates.size());
    error = std::max(error, std::abs(rates[i] - 0.1 * cycle({.epoch = e, .epochs = 2})));
  }
  fmt::print("  training kept to it within 1e-8:      {}\n", error < 1e-8);
}
// [/check]

// [break]
void break_it(const nn::Split& digits) {
  heading("13.10 Break it: epochs and steps mixed up");
  const double steps = static_cast<double>(digits.training.size()) / 20;
  const std::vector<Named> cosines{
      {"as it should be", nn::Cosine{}},
      {"once an epoch",
       [](const nn::Progress& p) { return nn::Cosine{}({std::floor(p.epoch), p.epochs}); }},
      {"steps for epochs",
       [=](const nn::Progress& p) { return nn::Cosine{}({p.epoch * steps, p.epochs}); }}};
  for (const auto& [name, schedule] : cosines) {
    const nn::History history = train(digits, 0.3, schedule, 1);
    const std::vector<double>& rates = history.learning_rates;
    fmt::print("  {:<17} rates", name);
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, rates.size() / 2, rates.size()}) {
      fmt::print(" {:.3f}", rates[step - 1]);
    }
    fmt::print(", right {:.1f} %\n", 100 * history.epochs[0].validation.metrics[0]);
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 13: schedules");
  const nn::Split digits = load_digits();
  constant_rates(digits);
  on_paper();
  contest(digits);
  fall(digits);
  warm_up(digits);
  plateau(digits);
  choose();
  ten_seeds();
  check(digits);
  break_it(digits);
}
// [/main]
