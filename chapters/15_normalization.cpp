// Chapter 15: deep networks. Read with docs/chapters/15_normalization.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using lecture::percent_right;
using lecture::show;
using nn::real;
using nn::Shape;
using nn::Tensor;
// [/fold]

// [plan]
/// What a network is made of: 784-100-…-100-10.
struct Plan {
  std::string start;       ///< random, Glorot or He.
  std::string activation;  ///< sigmoid, tanh or ReLU.
  std::size_t hidden = 8;  ///< Hidden layers, of 100 neurons each.
  std::string norm{};      ///< BatchNorm or LayerNorm, before each activation; or none.
  double dropout = 0;      ///< The rate, behind each activation.
};

using Fill = std::function<void(Tensor&, nn::Fan)>;

Fill filled_by(const Plan& plan, nn::Random& random) {
  if (plan.start == "He") return nn::He{random};
  if (plan.start == "Glorot") return nn::Glorot{random};
  return nn::RandomNormal{random, 0.05};
}

nn::Sequential build(const Plan& plan) {
  nn::Random random{15};
  const Fill fill = filled_by(plan, random);
  nn::Sequential network;
  for (std::size_t i = 0; i < plan.hidden; ++i) {
    network.push(nn::Dense{i == 0 ? std::size_t{784} : std::size_t{100}, 100, fill});
    if (plan.norm == "BatchNorm") network.push(nn::BatchNorm{100});
    if (plan.norm == "LayerNorm") network.push(nn::LayerNorm{100});
    if (plan.activation == "ReLU") network.push(nn::ReLU{});
    if (plan.activation == "tanh") network.push(nn::Tanh{});
    if (plan.activation == "sigmoid") network.push(nn::Sigmoid{});
    if (plan.dropout > 0) network.push(nn::Dropout{plan.dropout, random});
  }
  network.push(nn::Dense{100, 10, fill});
  return network;
}

/// A plan for each combination, of each of the three activations.
std::vector<Plan> plans(const std::vector<std::string>& starts,
                        const std::vector<std::string>& norms, std::size_t hidden) {
  std::vector<Plan> result;
  for (const std::string& norm : norms) {
    for (const std::string activation : {"sigmoid", "tanh", "ReLU"}) {
      for (const std::string& start : starts) {
        result.push_back(
            {.start = start, .activation = activation, .hidden = hidden, .norm = norm});
      }
    }
  }
  return result;
}
// [/plan]

// [train]
/// 50,000 digits to learn from and 10,000 to look at; fewer if the program is to be short.
nn::Split load() {
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  if (!lecture::is_short()) return digits;
  return {digits.training.first(2'000), digits.validation.first(1'000), {}};
}

/// Plain gradient descent on batches of 100; `watch(step)` is called before each and after the
/// last.
void train(nn::Sequential& network, const nn::Dataset& digits, std::size_t epochs,
           const std::function<void(std::size_t)>& watch) {
  nn::GradientDescent descent{{.learning_rate = 0.1F}};
  const nn::Batches batches{digits, {.size = 100}, nn::Random{15}};
  std::size_t step = 0;
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    for (const nn::Batch& batch : batches.epoch(epoch)) {
      watch(step++);
      const Tensor logits = network.forward(batch.inputs);
      network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
      descent.step(network.parameters());
    }
  }
  watch(step);
}
// [/train]

// [norms]
/// ‖∂C/∂W‖ of every dense layer, first to last, before any training.
std::vector<double> gradient_norms(nn::Sequential network, const nn::Dataset& batch) {
  const Tensor logits = network.forward(batch.inputs);
  network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
  std::vector<double> norms;
  for (const nn::Parameter* const parameter : network.parameters()) {
    if (parameter->value.rank() != 2) continue;  // weights, not biases, scales or shifts
    double squares = 0;
    for (const double g : parameter->gradient.values()) squares += g * g;
    norms.push_back(std::sqrt(squares));
  }
  return norms;
}

/// Columns for a figure: a name, and a number for each line.
using Columns = std::vector<std::pair<std::string, std::vector<double>>>;

void keep(const std::string& file, const std::string& first, std::size_t step,
          const Columns& columns) {
  std::string lines = first;
  for (const auto& [name, numbers] : columns) lines += "," + name;
  for (std::size_t i = 0; i < columns.front().second.size(); ++i) {
    lines += fmt::format("\n{}", i * step);
    for (const auto& [name, numbers] : columns) lines += fmt::format(",{:.3g}", numbers[i]);
  }
  lecture::keep(file, lines + "\n");
}
// [/norms]

// [report]
/// Trains with rate 0.1 and all images in one batch, from three starts, and prints how good each
/// is.
void three_starts(const std::string& name, const nn::Split& digits, std::size_t steps,
                  const std::function<nn::Sequential(nn::Random&)>& make) {
  fmt::print("  {:<32}", name);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    lecture::progress(fmt::format("{}: start {} of 3", name, seed));
    nn::Random random{seed};
    nn::Sequential network = make(random);
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.1F}}};
    trainer.fit(digits.training,
                {.epochs = steps, .batches = {.size = digits.training.size(), .shuffle = false}});
    lecture::progress("");
    fmt::print("{:6.0f} %", percent_right(network, digits.validation));
  }
  fmt::print("\n");
}

/// 784-10-10 with ReLU, its weights normal with a deviation that is worked out from the fan.
std::function<nn::Sequential(nn::Random&)> small_network(
    const std::function<double(double, double)>& deviation) {
  return [deviation](nn::Random& random) {
    const auto fill = [&](Tensor& weights, nn::Fan fan) {
      const double s = deviation(static_cast<double>(fan.in), static_cast<double>(fan.out));
      nn::RandomNormal{random, s}(weights, fan);
    };
    return nn::Sequential{nn::Dense{784, 10, fill}, nn::ReLU{}, nn::Dense{10, 10, fill}};
  };
}

/// 784-10-10-10-10 with tanh, its weights between -0.5 and 0.5.
std::function<nn::Sequential(nn::Random&)> saturating_network(double rate) {
  return [rate](nn::Random& random) {
    const nn::RandomUniform fill{random, -0.5, 0.5};
    nn::Sequential network;
    for (const std::size_t inputs : {784U, 10U, 10U}) {
      network.push(nn::Dense{inputs, 10, fill});
      network.push(nn::Tanh{});
      if (rate > 0) network.push(nn::Dropout{rate, random});
    }
    network.push(nn::Dense{10, 10, fill});
    return network;
  };
}
// [/report]

// [careless]
/// Batch normalisation with a mistake: on the way back, mean and variance count as constants.
class Careless {
 public:
  explicit Careless(std::size_t features) : inner_{features, {.momentum = 1}} {}

  [[nodiscard]] std::string name() const { return inner_.name(); }
  [[nodiscard]] Shape output_shape(const Shape& sample) const {
    return inner_.output_shape(sample);
  }
  Tensor forward(const Tensor& x) { return inner_.forward(x); }
  [[nodiscard]] Tensor predict(const Tensor& x) const { return inner_.predict(x); }
  Tensor backward(const Tensor& dy) {
    Tensor dx = inner_.backward(dy);  // the gradients of γ and β are right
    const auto n = static_cast<real>(dy.rows());
    for (std::size_t j = 0; j < inner_.features(); ++j) {
      const real variance = inner_.running_variance()(j) * (n - 1) / n;  // momentum 1: this batch's
      const real factor = inner_.scale()(j) / std::sqrt(variance + 1e-5F);
      for (std::size_t i = 0; i < dy.rows(); ++i) dx(i, j) = factor * dy(i, j);
    }
    return dx;
  }
  [[nodiscard]] std::vector<nn::Parameter*> parameters() { return inner_.parameters(); }

 private:
  nn::BatchNorm inner_;
};

/// Nudges the input and every parameter of a layer (chapter 4).
template <nn::Layer L>
void check(const std::string& name, L layer, const Tensor& x) {
  for (const nn::GradientCheck::Entry& entry : nn::check_gradients(layer, x).entries) {
    fmt::print("  {:<20}{:<8}differs by less than 1 %: {}\n", name, entry.name,
               entry.relative_error < 0.01);
  }
}
// [/careless]

// [alone]
/// Percent of digits recognised where a batch is normalised by its own mean and variance, in use
/// too: the mistake of section 15.13.
double percent_together(nn::Sequential network, const nn::Dataset& digits, std::size_t together) {
  nn::Accuracy accuracy;
  const nn::Batches batches{digits, {.size = together, .shuffle = false, .drop_last = true}};
  for (const nn::Batch& batch : batches.epoch(1)) {
    accuracy.add(network.forward(batch.inputs), batch.targets);
  }
  return 100 * accuracy.value();
}

/// The same digits, all noughts first, all nines last.
nn::Dataset in_order(const nn::Dataset& digits) {
  std::vector<std::size_t> places(digits.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const nn::Labels& labels = digits.targets.labels();
  std::ranges::sort(places, {}, [&](std::size_t i) { return std::pair{labels[i], i}; });
  return nn::gather(digits, places);
}
// [/alone]

// [deep]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 15: deep networks");

  heading("15.1 Eight layers that learn nothing");
  const nn::Split digits = load();
  const std::size_t epochs = lecture::is_short() ? 3 : 2;
  for (const std::size_t hidden : {1U, 8U}) {
    nn::Sequential network = build({.start = "random", .activation = "sigmoid", .hidden = hidden});
    train(network, digits.training, epochs, [](std::size_t) {});
    const nn::Evaluation seen =
        nn::evaluate(network, nn::SoftmaxCrossEntropy{}, digits.validation, nn::Accuracy{});
    fmt::print("  {} hidden: cost {:.2f}, {:.1f} % right\n", hidden, seen.cost,
               100 * seen.metrics[0]);
  }
  // [/deep]

  // [vanish]
  heading("15.2 Where the gradient goes");
  const nn::Dataset hundred = digits.training.first(100);
  Columns norms;
  const auto show_norms = [&](const std::vector<Plan>& networks) {
    fmt::print("  {:<20}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "dense layer", 1, 3, 5, 7, 9);
    for (const Plan& plan : networks) {
      const std::string& what = plan.norm.empty() ? plan.start : plan.norm;
      norms.emplace_back(fmt::format("{} {}", what, plan.activation),
                         gradient_norms(build(plan), hundred));
      const std::vector<double>& of = norms.back().second;
      fmt::print("  {:<20}{:9.0e}{:9.0e}{:9.0e}{:9.0e}{:9.0e}\n", norms.back().first, of[0], of[2],
                 of[4], of[6], of[8]);
    }
  };
  show_norms(plans({"random", "Glorot", "He"}, {""}, 8));
  // [/vanish]

  // [grid]
  heading("15.3 Activation, initializer, depth");
  Columns curves;
  const nn::Dataset some = digits.validation.first(1'000);
  const auto train_and_tell = [&](const Plan& plan) {
    const std::string name = fmt::format("{:<8}{:<9}{:<8}{}", plan.start, plan.activation,
                                         plan.hidden == 1 ? "shallow" : "deep", plan.norm);
    lecture::progress(name);
    nn::Sequential network = build(plan);
    std::vector<double> right;
    train(network, digits.training, epochs, [&](std::size_t step) {
      if (step % 20 == 0) right.push_back(percent_right(network, some));
    });
    lecture::progress("");
    fmt::print("  {:<34}{:5.1f} %\n", name, percent_right(network, digits.validation));
    curves.emplace_back(name, std::move(right));
    return network;
  };
  for (const std::size_t hidden : {1U, 8U}) {
    for (const Plan& plan : plans({"random", "Glorot", "He"}, {""}, hidden)) {
      train_and_tell(plan);
    }
  }
  keep("15_curves.csv", "step", 20, curves);
  // [/grid]

  // [percent]
  heading("15.4 An older report: 25 %");
  const nn::Split all{
      digits.training.first(lecture::is_short() ? 500 : 4'000), digits.validation, {}};
  const std::size_t rounds = lecture::is_short() ? 60 : 500;
  const auto report = [&](const std::string& name, const auto& deviation) {
    three_starts(name, all, rounds, small_network(deviation));
  };
  report("random   sqrt(1 / 12)", [](double, double) { return std::sqrt(1.0 / 12); });
  report("He       sqrt(2 / in)", [](double in, double) { return std::sqrt(2 / in); });
  report("Glorot   sqrt(2 / (in + out))",
         [](double in, double out) { return std::sqrt(2 / (in + out)); });
  report("bound    sqrt(6 / (in + out))",
         [](double in, double out) { return std::sqrt(6 / (in + out)); });
  report("no root  2 / (in + out)", [](double in, double out) { return 2 / (in + out); });
  report("one      1", [](double, double) { return 1.0; });
  report("slip     sqrt(2 / in + out)",
         [](double in, double out) { return std::sqrt(2 / in + out); });
  // [/percent]

  // [forward]
  heading("15.5 Mean 0, variance 1");
  nn::BatchNorm small{2};
  small.parameters()[0]->value = Tensor{3, 2};
  small.parameters()[1]->value = Tensor{1, 0};
  const Tensor X{{0, 10}, {6, 50}, {6, 10}, {8, 50}};
  show("X", X);
  show("X hat", nn::BatchNorm{2}.forward(X));
  show("Y", small.forward(X));
  // [/forward]

  // [backward]
  heading("15.6 Backward");
  show("dX", small.backward(Tensor{{0, 1}, {0, 1}, {0, 0}, {1, 0}}));
  show("d gamma", small.parameters()[0]->gradient);
  show("d beta", small.parameters()[1]->gradient);
  // [/backward]

  // [running]
  heading("15.7 In use: the running statistics");
  nn::BatchNorm running{2};
  for (int t = 1; t <= 50; ++t) {
    running.forward(X);
    if (t != 1 && t != 10 && t != 50) continue;
    fmt::print("  after {:2}: mean {:6.3f}, variance {:6.3f}; the sample (8, 50) becomes {:.3f}\n",
               t, running.running_mean()(0), running.running_variance()(0),
               running.predict(Tensor{{8, 50}})(0, 0));
  }
  try {
    running.forward(Tensor{{8, 50}});
  } catch (const std::invalid_argument& error) {
    std::string refusal = error.what();
    refusal.replace(refusal.find(" has"), 1, "\n    ");  // too long for one line of a terminal
    fmt::print("  {}\n", refusal);
  }
  // [/running]

  // [channels]
  heading("15.8 Channels, and a sample by itself");
  const std::array<real, 8> pixels{0, 6, 10, 50,  //
                                   6, 8, 10, 50};
  show("images", nn::BatchNorm{2}.forward(Tensor{Shape{2, 2, 1, 2}, pixels}));
  show("LayerNorm", nn::LayerNorm{4}.forward(Tensor{{0, 6, 6, 8}, {10, 50, 10, 50}}));
  // [/channels]

  // [mend]
  heading("15.9 What normalisation mends");
  const std::vector<Plan> mended = plans({"random"}, {"BatchNorm", "LayerNorm"}, 8);
  show_norms(mended);
  keep("15_norms.csv", "layer", 1, norms);
  nn::Sequential normalised;  // the one of ReLU and BatchNorm, for section 15.13
  for (const Plan& plan : mended) {
    nn::Sequential network = train_and_tell(plan);
    if (plan.activation == "ReLU" && plan.norm == "BatchNorm") normalised = std::move(network);
  }
  // [/mend]

  // [dropout]
  heading("15.10 Dropout mends something else");
  for (const double rate : {0.0, 0.2, 0.5}) {
    three_starts(fmt::format("tanh, 4 layers, dropout {}", rate), all, rounds,
                 saturating_network(rate));
  }
  three_starts("the first, twice as long", all, 2 * rounds, saturating_network(0));
  for (const double rate : {0.0, 0.2}) {
    const Plan plan{.start = "Glorot", .activation = "sigmoid", .dropout = rate};
    nn::Sequential network = build(plan);
    fmt::print("  sigmoid, 9 layers, dropout {}: first gradient {:.0e}", rate,
               gradient_norms(network, hundred).front());
    train(network, digits.training, epochs, [](std::size_t) {});
    fmt::print(", then {:.1f} % right\n", percent_right(network, digits.validation));
  }
  // [/dropout]

  // [check]
  heading("15.11 Check yourself");
  nn::Random random{3};
  Tensor rows{Shape{6, 3}};
  nn::RandomNormal{random, 1}(rows, {.in = 1, .out = 1});
  Tensor images{Shape{2, 3, 4, 4}};
  nn::RandomNormal{random, 1}(images, {.in = 1, .out = 1});
  check("BatchNorm, rows", nn::BatchNorm{3}, rows);
  check("BatchNorm, images", nn::BatchNorm{3}, images);
  check("LayerNorm", nn::LayerNorm{3}, rows);
  // [/check]

  // [break]
  heading("15.12 Break it: constants that are not");
  check("careless", Careless{3}, rows);
  // [/break]

  // [company]
  heading("15.13 Break it: judged by the company");
  fmt::print("  predict:                  {:5.1f} % right\n",
             percent_right(normalised, digits.validation));
  for (const std::size_t together : {100U, 10U, 4U, 2U}) {
    fmt::print("  by {:3} that came along:   {:5.1f} % right\n", together,
               percent_together(normalised, digits.validation, together));
  }
  fmt::print("  by 100, digits in order:  {:5.1f} % right\n",
             percent_together(normalised, in_order(digits.validation), 100));
}
// [/company]
