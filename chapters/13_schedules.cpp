// Chapter 13: schedules. Read with docs/chapters/13_schedules.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using nn::real;
// [/fold]

// [digits]
/// 20,000 digits to train on and 10,000 to choose by; if it is to be short, a twentieth of them.
nn::Split load_digits() {
  const std::size_t part = lecture::is_short() ? 20 : 1;
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  digits.training = digits.training.first(20'000 / part);
  digits.validation = digits.validation.first(10'000 / part);
  return digits;
}
// [/digits]

// [train]
/// Trains a network and watches how much of the validation set it reads right.
nn::History fit(nn::Sequential& network, const nn::AnyOptimizer& optimizer, const nn::Split& digits,
                const nn::TrainingOptions& options) {
  lecture::progress(fmt::format("rate {}, start {}", optimizer.learning_rate(), options.seed));
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, optimizer};
  trainer.watch(nn::Accuracy{});
  return trainer.fit(digits.training, digits.validation, options);
}

/// Trains 784-64-10 by gradient descent, on batches of twenty.
nn::History train(const nn::Split& digits, double rate, const nn::Schedule& schedule,
                  std::size_t epochs = 5, std::uint64_t seed = 1) {
  nn::Random random{seed};
  nn::Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                         nn::Dense{64, 10, nn::Glorot{random}}};
  return fit(
      network, nn::GradientDescent{{.learning_rate = static_cast<real>(rate)}}, digits,
      {.epochs = epochs, .batches = {.size = 20}, .seed = seed, .steps = {.schedule = schedule}});
}
// [/train]

// [mean]
constexpr std::uint64_t starts = 3;

/// How a training ends.
struct End {
  double training_cost = 0, cost = 0, right = 0;
};

End end_of(const nn::History& history) {
  const nn::Epoch& last = history.epochs.back();
  return {last.training.cost, last.validation.cost, 100 * last.validation.metrics[0]};
}

/// The mean end of trainings from several starts.
End mean_end(const auto& training) {
  End mean;
  for (std::uint64_t seed = 1; seed <= starts; ++seed) {
    const auto [training_cost, cost, right] = end_of(training(seed));
    mean.training_cost += training_cost / double{starts};
    mean.cost += cost / double{starts};
    mean.right += right / double{starts};
  }
  return mean;
}

End mean_end(const nn::Split& digits, double rate, const nn::Schedule& schedule) {
  return mean_end([&](std::uint64_t seed) { return train(digits, rate, schedule, 5, seed); });
}
// [/mean]

// [constant]
void constant_rates(const nn::Split& digits) {
  heading("13.1 One rate from start to end");
  std::string ends = "rate,right\n";
  fmt::print("  {:>6}{:>16}{:>18}{:>10}\n", "rate", "training cost", "validation cost", "right");
  for (const double rate : {0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0}) {
    const auto [training_cost, cost, right] = mean_end(digits, rate, nn::ConstantRate{});
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
  for (const auto& [name, schedule] : schedules(10)) {
    fmt::print("  {:<17}", name);
    for (const double e : {0.0, 2.5, 5.0, 7.5, 10.0}) {
      fmt::print("{:8.3f}", schedule({.epoch = e, .epochs = 10}));
    }
    fmt::print("\n");
  }
  std::string lines = "epoch,constant,step decay,exponential,line,cosine,warm-up,one cycle\n";
  for (int i = 0; i <= 200; ++i) {
    lines += fmt::format("{}", i / 20.0);
    for (const auto& [name, schedule] : schedules(10)) {
      lines += fmt::format(",{:.5f}", schedule({.epoch = i / 20.0, .epochs = 10}));
    }
    lines += "\n";
  }
  lecture::keep("13_schedules.csv", lines);
}
// [/paper]

// [contest]
void contest(const nn::Split& digits) {
  heading("13.3 The same training, seven ways");
  fmt::print("  {:<19}{:>10}{:>10}{:>10}{:>10}\n", "right, in %", "rate 0.03", "0.1", "0.3", "1");
  std::string lines = "schedule,r0,r1,r2,r3";
  int number = 0;
  for (const auto& [name, schedule] : schedules(5)) {
    fmt::print("  {:<19}", name);
    lines += fmt::format("\n{}", number++);
    for (const double rate : {0.03, 0.1, 0.3, 1.0}) {
      const double right = mean_end(digits, rate, schedule).right;
      fmt::print("{:10.1f}", right);
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
  const std::vector<Named> both{{"constant", nn::ConstantRate{}},
                                {"a fall", nn::StepDecay{{.every = 3, .factor = 0.1}}}};
  for (const auto& [name, schedule] : both) {
    const nn::History history = train(digits, 0.3, schedule, 6);
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
/// Trains a network of four hidden layers by Adam.
nn::History train_deep(const nn::Split& digits, real rate, const nn::Schedule& schedule,
                       std::uint64_t seed) {
  nn::Random random{seed};
  nn::Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{}};
  for (int i = 0; i < 3; ++i) {
    network.push(nn::Dense{64, 64, nn::He{random}});
    network.push(nn::ReLU{});
  }
  network.push(nn::Dense{64, 10, nn::Glorot{random}});
  return fit(
      network, nn::Adam{{.learning_rate = rate}}, digits,
      {.epochs = 5, .batches = {.size = 100}, .seed = seed, .steps = {.schedule = schedule}});
}
// [/deep]

// [warm]
void warm_up(const nn::Split& digits) {
  heading("13.5 A slow start");
  fmt::print("  {:>6}{:>16}{:>16}\n", "rate", "cosine", "warm-up first");
  const std::vector<nn::Schedule> both{nn::Cosine{},
                                       nn::WarmUp{{.epochs = 1, .first = 0.01}, nn::Cosine{}}};
  for (const real rate : {0.003F, 0.01F, 0.03F}) {
    fmt::print("  {:>6}", rate);
    for (const nn::Schedule& schedule : both) {
      const End end =
          mean_end([&](std::uint64_t seed) { return train_deep(digits, rate, schedule, seed); });
      fmt::print("{:14.1f} %", end.right);
    }
    fmt::print("\n");
  }
}
// [/warm]

// [plateau]
void plateau(const nn::Split& digits) {
  heading("13.6 When the cost stops falling");
  const nn::ReduceOnPlateau schedule{{.factor = 0.3, .patience = 2}};
  const nn::History history = train(digits, 0.3, schedule, 12);
  fmt::print("  epoch   training cost   validation cost    rate in it\n");
  for (const nn::Epoch& epoch : history.epochs) {
    fmt::print("  {:>5}{:16.3f}{:18.3f}{:14.4f}\n", epoch.number, epoch.training.cost,
               epoch.validation.cost, epoch.learning_rate);
  }
  const std::vector<double>& rates = history.learning_rates;
  fmt::print("  {} steps; the first fall is behind step {}\n", rates.size(),
             std::ranges::count(rates, rates.front()));
}
// [/plateau]

// [cnn]
/// Trains a convolutional network for one epoch.
nn::History one_epoch(const nn::Split& digits, const nn::Schedule& schedule, std::uint64_t seed) {
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
  const std::size_t size = lecture::is_short() ? 32 : 256;
  return fit(network, nn::Adam{{.learning_rate = 0.01F, .beta1 = 0.7F, .beta2 = 0.9F}}, digits,
             {.batches = {.size = size}, .seed = seed, .steps = {.schedule = schedule}});
}
// [/cnn]

// [choose]
void choose() {
  heading("13.7 Once through the images");
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  if (lecture::is_short()) digits = load_digits();
  const std::vector<Named> candidates{{"constant", nn::ConstantRate{}},
                                      {"constant, times 0.3", [](auto&) { return 0.3; }},
                                      {"constant, times 0.1", [](auto&) { return 0.1; }},
                                      {"cosine", nn::Cosine{}},
                                      {"one cycle, rise 0.1", nn::OneCycle{{.rise = 0.1}}},
                                      {"one cycle, rise 0.3", nn::OneCycle{{.rise = 0.3}}},
                                      {"one cycle, rise 0.5", nn::OneCycle{{.rise = 0.5}}}};
  for (const auto& [name, schedule] : candidates) {
    std::vector<double> right;
    for (std::uint64_t seed = 1; seed <= starts; ++seed) {
      right.push_back(end_of(one_epoch(digits, schedule, seed)).right);
    }
    const auto [mean, deviation] = lecture::spread(right);
    fmt::print("  {:<20} {:.2f} % of validation images, deviation {:.2f}\n", name, mean, deviation);
  }
}
// [/choose]

// [ten]
void ten_starts() {
  heading("13.8 Ten starts and the test set");
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0});
  digits.validation = digits.test;  // measured at the end; nothing is chosen by it
  if (lecture::is_short()) digits.training = digits.training.first(1'000);
  std::vector<double> right;
  double fastest = 1e9;  // others may use the machine, too: the fastest tells what it can do
  for (std::uint64_t seed = 1; seed <= (lecture::is_short() ? 2 : 10); ++seed) {
    const nn::History history = one_epoch(digits, nn::OneCycle{}, seed);
    right.push_back(end_of(history).right);
    fastest = std::min(fastest, history.seconds());
    fmt::print("  start {:2}: {:.2f} % of the test images\n", seed, right.back());
  }
  const auto [mean, deviation] = lecture::spread(right);
  fmt::print("  mean {:.3f} %, deviation {:.3f}\n", mean, deviation);
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
    for (const double rate : {rates[0], rates[1], rates[rates.size() / 2 - 1], rates.back()}) {
      fmt::print(" {:.3f}", rate);
    }
    fmt::print(", right {:.1f} %\n", end_of(history).right);
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
  ten_starts();
  check(digits);
  break_it(digits);
}
// [/main]
