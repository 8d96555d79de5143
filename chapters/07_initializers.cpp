// Chapter 7: initializers. Read with docs/chapters/07_initializers.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
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

// [forget]
/// The four questions of XOR and their answers.
nn::Dataset questions() {
  return {.inputs = Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, .targets = Tensor{{0}, {1}, {1}, {0}}};
}

void learn_nothing() {
  heading("7.1 A network that does not learn");
  const nn::Dataset four = questions();
  nn::Sequential gate{nn::Dense{2, 8}, nn::ReLU{}, nn::Dense{8, 1}, nn::Sigmoid{}};
  const nn::BinaryCrossEntropy cost;
  const auto print_cost = [&](std::size_t epoch) {
    fmt::print("  epoch {:4}: cost {:.3f}\n", epoch, nn::evaluate(gate, cost, four).cost);
  };
  nn::Training training{gate,
                        cost,
                        nn::GradientDescent{{.learning_rate = 0.02F}},
                        four,
                        {.epochs = 2000, .batches = {.size = 1, .shuffle = false}}};
  print_cost(0);
  while (!training.is_over()) {
    const nn::Epoch& epoch = training.run_epoch();
    if (epoch.number % 1000 == 0) print_cost(epoch.number);
  }
}
// [/forget]

// [initializers]
/// An initializer, and its name in the tables.
struct Initializer {
  std::string name;
  std::function<void(Tensor&, nn::Fan)> fill;
};

std::vector<Initializer> initializers(nn::Random& random) {
  return {{"zero", nn::Constant{0}},
          {"too small", nn::RandomNormal{random, 0.01}},
          {"too large", nn::RandomNormal{random, 0.5}},
          {"He", nn::He{random}},
          {"Glorot", nn::Glorot{random}}};
}
// [/initializers]

// [deep]
/// How large the numbers of a tensor are: the root of the mean of their squares.
double size_of(const Tensor& tensor) {
  double squares = 0;
  for (const double x : tensor.values()) squares += x * x;
  return std::sqrt(squares / static_cast<double>(tensor.size()));
}

/// Random numbers of size 1.
Tensor random_numbers(nn::Random& random, std::size_t rows, std::size_t columns) {
  Tensor numbers{nn::Shape{rows, columns}};
  for (real& x : numbers.values()) x = static_cast<real>(random.normal());
  return numbers;
}

/// The size of the signal before the first and after each of ten layers of 100 neurons.
template <nn::Layer Activation>
std::vector<double> sizes(const Initializer& initializer, Tensor signal) {
  std::vector<double> result{size_of(signal)};
  for (int i = 0; i < 10; ++i) {
    const nn::Dense layer{100, 100, initializer.fill};
    signal = Activation{}.predict(layer.predict(signal));
    result.push_back(size_of(signal));
  }
  return result;
}

template <nn::Layer Activation>
std::vector<lecture::Curve> table() {
  nn::Random random{1};
  const Tensor input = random_numbers(random, 200, 100);
  std::vector<lecture::Curve> curves;
  fmt::print("  {:<12}{:>10}{:>10}{:>10}{:>10}\n", "after layer", 1, 2, 5, 10);
  for (const Initializer& initializer : initializers(random)) {
    const std::vector<double> size = sizes<Activation>(initializer, input);
    fmt::print("  {:<12}{:10.2g}{:10.2g}{:10.2g}{:10.2g}\n", initializer.name, size[1], size[2],
               size[5], size[10]);
    curves.push_back({.name = initializer.name, .values = size});
  }
  return curves;
}

void ten_layers_with_relu() {
  heading("7.2 Ten layers with ReLU");
  lecture::keep("07_relu.csv", "layer", 1, table<nn::ReLU>());
}
// [/deep]

// [variance]
/// Prints mean and variance of a random number that takes each of these values equally often.
void print_variance(std::string_view name, const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  fmt::print("  {:<6} mean {:.2f}, variance {:.2f}\n", name, mean, squares / count);
}

void mean_and_variance() {
  heading("7.3 Mean and variance");
  const std::vector<double> x{-2, 1, 1};
  const std::vector<double> y{-1, 1};
  std::vector<double> sums;
  std::vector<double> products;
  for (const double a : x) {
    for (const double b : y) {  // independent: all pairs are equally likely
      sums.push_back(a + b);
      products.push_back(a * b);
    }
  }
  print_variance("x", x);
  print_variance("y", y);
  print_variance("x + y", sums);
  print_variance("x y", products);
  print_variance("x + x", {-4, 2, 2});  // x is not independent of itself
}
// [/variance]

// [one]
/// Sends a signal forward and messages back through a layer with 400 inputs and 100 outputs, and
/// prints by what factor the mean square grows, measured and by the formula. `kept` is the fraction
/// of the mean square that an activation lets through.
void one_layer(std::string_view name, nn::Sequential layer, double variance, double kept) {
  nn::Random random{2};
  const Tensor x = random_numbers(random, 1000, 400);
  const Tensor dy = random_numbers(random, 1000, 100);
  const double forward = std::pow(size_of(layer.forward(x)) / size_of(x), 2);
  const double backward = std::pow(size_of(layer.backward(dy)) / size_of(dy), 2);
  fmt::print("  {:<16}{:10.2f}{:9.2f}{:11.2f}{:9.2f}\n", name, forward, kept * 400 * variance,
             backward, kept * 100 * variance);
}

void derive_initializers() {
  heading("7.4 Deriving He's and Glorot's initializers");
  nn::Random random{1};
  fmt::print("  {:<16}{:>10}{:>9}{:>11}{:>9}\n", "400 to 100", "forward", "formula", "backward",
             "formula");
  const nn::Dense glorot{400, 100, nn::Glorot{random}};
  one_layer("Glorot", nn::Sequential{glorot}, 2.0 / (400 + 100), 1);
  const nn::Dense he{400, 100, nn::He{random}};
  one_layer("He, then ReLU", nn::Sequential{he, nn::ReLU{}}, 2.0 / 400, 0.5);
}
// [/one]

// [tanh]
void ten_layers_with_tanh() {
  heading("7.5 Ten layers with tanh");
  lecture::keep("07_tanh.csv", "layer", 1, table<nn::Tanh>());
}
// [/tanh]

// [symmetry]
void equal_weights() {
  heading("7.6 Equal weights stay equal");
  const nn::Dataset four = questions();
  nn::Sequential network{nn::Dense{2, 3, nn::Constant{0.5}}, nn::Tanh{},
                         nn::Dense{3, 1, nn::Constant{0.5}}};
  nn::Training training{network,
                        nn::MeanSquaredError{},
                        nn::Adam{{.learning_rate = 0.01F}},
                        four,
                        {.epochs = 500, .batches = {.size = 4, .shuffle = false}}};
  while (!training.is_over()) training.run_epoch();
  show("W after 500", network.layer<nn::Dense>(0).weights());
}
// [/symmetry]

// [train]
/// Trains 784-64-64-64-10 with plain SGD on 300 batches and returns the mean cost of the last 50.
double train(const nn::Dataset& digits, const Initializer& initializer, std::uint64_t seed) {
  const auto& fill = initializer.fill;
  nn::Sequential network{nn::Dense{784, 64, fill}, nn::ReLU{}, nn::Dense{64, 64, fill}, nn::ReLU{},
                         nn::Dense{64, 64, fill},  nn::ReLU{}, nn::Dense{64, 10, fill}};
  nn::Training training{network,
                        nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.05F}},
                        digits,
                        {.batches = {.size = 100}, .seed = seed}};
  double cost = 0;
  for (int i = 0; i < 300; ++i) {
    training.step();
    if (i >= 250) cost += training.cost() / 50;
  }
  return cost;
}
// [/train]

// [mnist]
void initializers_on_mnist() {
  heading("7.7 The effect on MNIST");
  const nn::Dataset digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0}).training;
  nn::Random random{1};
  for (const Initializer& initializer : initializers(random)) {
    const std::vector<double> costs = lecture::for_seeds(3, [&](std::uint64_t seed) {
      random = nn::Random{seed};
      return train(digits, initializer, seed);
    });
    fmt::print("  {:<12} cost after 300 batches {}\n", initializer.name,
               to_string(lecture::spread(costs)));
  }
}
// [/mnist]

// [check]
/// The fraction of the numbers that are closer to 0 than a bound.
double inside(const Tensor& numbers, double bound) {
  std::size_t count = 0;
  for (const double x : numbers.values()) count += std::abs(x) < bound ? 1U : 0U;
  return static_cast<double>(count) / static_cast<double>(numbers.size());
}

void check() {
  heading("7.8 Check yourself");
  nn::Random random{1};
  Tensor weights{nn::Shape{784, 256}};
  const auto variance = [&] { return std::pow(size_of(weights), 2); };
  nn::He{random}(weights, {.in = 784, .out = 256});
  lecture::check("He: variance by formula", std::abs(variance() / (2.0 / 784) - 1), 0.02);
  lecture::check("within one standard deviation",
                 std::abs(inside(weights, std::sqrt(2.0 / 784)) - 0.683), 0.005);
  lecture::check("within two", std::abs(inside(weights, 2 * std::sqrt(2.0 / 784)) - 0.954), 0.005);
  nn::Glorot{random}(weights, {.in = 784, .out = 256});
  lecture::check("Glorot: variance by formula", std::abs(variance() / (2.0 / 1040) - 1), 0.02);
}
// [/check]

// [break]
void all_zeros() {
  heading("7.9 Break it: all zeros");
  const nn::Dataset four = questions();
  nn::Sequential zeros{nn::Dense{2, 3}, nn::ReLU{}, nn::Dense{3, 1}};
  const Tensor guesses = zeros.forward(four.inputs);
  zeros.backward(nn::MeanSquaredError::gradient(guesses, four.targets));
  for (const nn::Parameter* const parameter : zeros.parameters()) {
    show("d " + parameter->name,
         parameter->gradient.reshaped(nn::Shape{1, parameter->gradient.size()}));
  }
}
// [/break]

// [fold: The order of the sections]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 7: initializers");
  learn_nothing();
  ten_layers_with_relu();
  mean_and_variance();
  derive_initializers();
  ten_layers_with_tanh();
  equal_weights();
  initializers_on_mnist();
  check();
  all_zeros();
}
// [/fold]
