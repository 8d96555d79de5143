// Chapter 7: initializers. Read with docs/chapters/07_initializers.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

import lecture;
import nn.activation;
import nn.adam;
import nn.dense;
import nn.initializers;
import nn.mnist;
import nn.training;

using lecture::heading;
using lecture::show;
using nn::real;
using nn::Tensor;
// [/fold]

// [starts]
/// Ways to begin: each fills the weights of a layer.
struct Start {
  std::string name;
  std::function<void(Tensor&, nn::Fan)> fill;
};

std::vector<Start> starts(nn::Random& random) {
  return {{"zero", nn::Constant{0}},
          {"too small", nn::RandomNormal{random, 0.01}},
          {"too large", nn::RandomNormal{random, 0.5}},
          {"He", nn::He{random}},
          {"Glorot", nn::Glorot{random}}};
}
// [/starts]

// [deep]
/// Root of the mean of the squares: how large the numbers of a tensor are.
double size_of(const Tensor& tensor) {
  double squares = 0;
  for (const double x : tensor.values()) squares += x * x;
  return std::sqrt(squares / static_cast<double>(tensor.size()));
}

/// How large the signal is before and after each of ten layers of 100 neurons.
template <nn::Layer Activation>
std::vector<double> sizes(const Start& start, const Tensor& input) {
  std::vector<double> result{size_of(input)};
  Tensor signal = input;
  for (int i = 0; i < 10; ++i) {
    const nn::Dense layer{100, 100, start.fill};
    signal = Activation{}.predict(layer.predict(signal));
    result.push_back(size_of(signal));
  }
  return result;
}

template <nn::Layer Activation>
void table(const std::string& file) {
  nn::Random random{1};
  Tensor input{nn::Shape{200, 100}};
  for (real& x : input.values()) x = static_cast<real>(random.normal());
  std::string lines = "layer";
  std::vector<std::vector<double>> columns;
  fmt::print("  {:<12}{:>10}{:>10}{:>10}{:>10}\n", "after layer", 1, 2, 5, 10);
  for (const Start& start : starts(random)) {
    columns.push_back(sizes<Activation>(start, input));
    const auto& column = columns.back();
    fmt::print("  {:<12}{:10.2g}{:10.2g}{:10.2g}{:10.2g}\n", start.name, column[1], column[2],
               column[5], column[10]);
    lines += "," + start.name;
  }
  for (std::size_t i = 0; i <= 10; ++i) {
    lines += fmt::format("\n{}", i);
    for (const auto& column : columns) lines += fmt::format(",{:.3e}", column[i]);
  }
  lecture::keep(file, lines + "\n");
}
// [/deep]

// [train]
/// Trains 784-64-64-64-10 with gradient descent on 300 batches, and returns the mean cost of the
/// last fifty.
double train(const nn::Dataset& digits, const Start& start) {
  nn::Sequential network{
      nn::Dense{784, 64, start.fill}, nn::ReLU{}, nn::Dense{64, 64, start.fill}, nn::ReLU{},
      nn::Dense{64, 64, start.fill},  nn::ReLU{}, nn::Dense{64, 10, start.fill}};
  nn::Training training{network,
                        nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.05F}},
                        digits,
                        {.batches = {.size = 100}, .seed = 1}};
  double cost = 0;
  for (int i = 0; i < 300; ++i) {
    training.step();
    if (i >= 250) cost += training.cost() / 50;
  }
  return cost;
}
// [/train]

// [forget]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 7: initializers");

  heading("7.1 A network that does not learn");
  const nn::Dataset questions{.inputs = Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
                              .targets = Tensor{{0}, {1}, {1}, {0}}};
  nn::Sequential gate{nn::Dense{2, 8}, nn::ReLU{}, nn::Dense{8, 1}, nn::Sigmoid{}};
  const nn::BinaryCrossEntropy cost;
  const auto tell = [&](std::size_t epoch) {
    fmt::print("  epoch {:4}: cost {:.3f}\n", epoch, nn::evaluate(gate, cost, questions).cost);
  };
  nn::Training slowly{gate,
                      cost,
                      nn::GradientDescent{{.learning_rate = 0.02F}},
                      questions,
                      {.epochs = 2000, .batches = {.size = 1, .shuffle = false}}};
  tell(0);
  while (!slowly.is_over()) {
    const nn::Epoch& epoch = slowly.run_epoch();
    if (epoch.number % 1000 == 0) tell(epoch.number);
  }
  // [/forget]

  // [relu]
  heading("7.2 Ten layers with ReLU");
  table<nn::ReLU>("07_relu.csv");
  // [/relu]

  // [formula]
  heading("7.3 What keeps a signal alive");
  nn::Random random{1};
  Tensor weights{nn::Shape{784, 256}};
  nn::He{random}(weights, {.in = 784, .out = 256});
  fmt::print("  He:     drawn {:.4f}, root of 2 / 784 is {:.4f}\n", size_of(weights),
             std::sqrt(2.0 / 784));
  nn::Glorot{random}(weights, {.in = 784, .out = 256});
  fmt::print("  Glorot: drawn {:.4f}, root of 2 / (784 + 256) is {:.4f}\n", size_of(weights),
             std::sqrt(2.0 / (784 + 256)));
  // [/formula]

  // [tanh]
  heading("7.4 Ten layers with tanh");
  table<nn::Tanh>("07_tanh.csv");
  // [/tanh]

  // [symmetry]
  heading("7.5 A start that never breaks its symmetry");
  nn::Sequential twins{nn::Dense{2, 3, nn::Constant{0.5}}, nn::Tanh{},
                       nn::Dense{3, 1, nn::Constant{0.5}}};
  nn::Training training{twins,
                        nn::MeanSquaredError{},
                        nn::Adam{{.learning_rate = 0.01F}},
                        questions,
                        {.epochs = 500, .batches = {.size = 4, .shuffle = false}}};
  while (!training.is_over()) training.run_epoch();
  show("W after 500", twins.layer<nn::Dense>(0).weights());
  // [/symmetry]

  // [mnist]
  heading("7.6 The effect on MNIST");
  const nn::Dataset digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0}).training;
  for (const Start& start : starts(random)) {
    const double result = train(digits, start);
    fmt::print("  {:<12} cost after 300 batches {}\n", start.name,
               std::isfinite(result) ? fmt::format("{:.2f}", result) : "not a number");
  }
  // [/mnist]

  // [check]
  heading("7.7 Check yourself");
  Tensor many{nn::Shape{1000, 1000}};
  nn::RandomNormal{random, 0.5}(many, {.in = 1000, .out = 1000});
  const std::array<double, 2> bounds{1, 2};
  for (const double bound : bounds) {
    std::size_t inside = 0;
    for (const double x : many.values()) inside += std::abs(x) < bound * 0.5 ? 1U : 0U;
    fmt::print("  within {} standard deviation{}: {:.1f} %\n", bound, bound > 1 ? "s" : "",
               static_cast<double>(inside) / 10'000);
  }
  // [/check]

  // [break]
  heading("7.8 Break it: all zeros");
  nn::Sequential zeros{nn::Dense{2, 3}, nn::ReLU{}, nn::Dense{3, 1}};
  const Tensor guesses = zeros.forward(questions.inputs);
  zeros.backward(nn::MeanSquaredError::gradient(guesses, questions.targets));
  for (const nn::Parameter* const parameter : zeros.parameters()) {
    show("d " + parameter->name,
         parameter->gradient.reshaped(nn::Shape{1, parameter->gradient.size()}));
  }
}
// [/break]
