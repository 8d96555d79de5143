// The numbers of those answers that a reader finds by changing a program and looking at what
// happens. Each function is such a changed program. Prints a line for each exercise, `5.2: -0.08
// -0.38`, or only for those that are given as arguments. observations.py compares them with
// answers.toml.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

import nn;

using nn::real;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;

namespace {

using Numbers = std::vector<double>;

nn::Split digits() { return nn::mnist::load(NN_MNIST_FOLDER); }

double percent_right(const Sequential& network, const nn::Dataset& set) {
  return 100 * nn::evaluate(network, nn::SoftmaxCrossEntropy{}, set, nn::Accuracy{}).metrics[0];
}

double mean(std::span<const double> numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  return sum / static_cast<double>(numbers.size());
}

Sequential trained_first_network(const nn::Dataset& training, std::size_t epochs) {
  nn::Random random{1};
  Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                     nn::Dense{64, 10, nn::Glorot{random}}};
  nn::Trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}}.fit(training, {.epochs = epochs});
  return network;
}

Numbers ten_epochs() {
  const nn::Split sets = digits();
  const Sequential network = trained_first_network(sets.training, 10);
  return {percent_right(network, sets.training), percent_right(network, sets.test)};
}

Numbers other_pictures() {
  const Sequential network = trained_first_network(digits().training, 3);
  Numbers classes;
  for (const char* const name : {"four.png", "two.pgm"}) {
    const nn::Picture picture = nn::load_pictures(NN_PICTURES_FOLDER "/" + std::string{name})[0];
    classes.push_back(static_cast<double>(nn::predict_classes(network, nn::to_mnist(picture))[0]));
  }
  return classes;
}

Numbers rates_of_one_weight() {
  Numbers factors;
  for (const double rate : {0.125, 0.25, 0.3}) {
    const double w = 1;
    const double next = w - rate * 8 * (w - 3);
    factors.push_back((next - 3) / (w - 3));
  }
  return factors;
}

Numbers without_transpose() {
  const Tensor x{{2, -1, 0.5}, {0, 1, 1}, {1, 0, -1}};
  const Tensor dy{{1, 0}, {0.5, -1}, {0, 1}};
  const Tensor right = nn::matmul(nn::transposed(x), dy);
  const Tensor wrong = nn::matmul(x, dy);
  double largest = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    largest = std::max(largest, std::abs(double{right.values()[i]} - double{wrong.values()[i]}));
  }
  return {largest};
}

Numbers across_the_kink() {
  constexpr real h = 1.0F / 64;
  const auto relu = [](real x) { return double{nn::ReLU{}.predict(Tensor{{x}})(0, 0)}; };
  Numbers differences;
  for (const real x : {real{0}, h / 2}) {
    nn::ReLU layer;
    layer.forward(Tensor{{x}});
    const double computed = double{layer.backward(Tensor{{1}})(0, 0)};
    const double measured = (relu(x + h) - relu(x - h)) / (2 * h);
    differences.push_back(std::abs(measured - computed));
  }
  return differences;
}

/// The factors of ∂C/∂W when every sample is in the batch twice: with the mean, and with the sum.
Numbers samples_twice() {
  const Tensor once{{1, 2, -1}, {0.5, -2, 1}};
  const Tensor twice{{1, 2, -1}, {0.5, -2, 1}, {1, 2, -1}, {0.5, -2, 1}};
  const auto gradient = [](const Tensor& x, const nn::Labels& labels) {
    nn::Dense layer{Tensor{{0.5, -1}, {1, 0}, {-2, 1}}, Tensor{0.25, 1}};
    layer.backward(nn::SoftmaxCrossEntropy::gradient(layer.forward(x), labels));
    return double{layer.parameters()[0]->gradient(0, 0)};
  };
  const double by_mean = gradient(twice, {0, 1, 0, 1}) / gradient(once, {0, 1});
  return {by_mean, by_mean * 4 / 2};
}

Numbers rates_near_the_bottom() {
  constexpr double x = 1e-3;  // f(x, y) = −(cos² x + cos² y)², near (0, 0)
  const double slope = 2 * (std::cos(x) * std::cos(x) + 1) * std::sin(2 * x);
  Numbers factors;
  for (const double rate : {0.5, 1.0}) factors.push_back((x - rate * slope) / x);
  return factors;
}

const Tensor questions{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
const Tensor answers{{0}, {1}, {1}, {0}};

/// Trains a network for XOR as chapter 4 does, one question at a time, and returns its cost.
double learn_xor(Sequential& network) {
  nn::GradientDescent descent{{.learning_rate = 0.02F}};
  for (int epoch = 0; epoch < 2000; ++epoch) {
    for (std::size_t i = 0; i < 4; ++i) {
      const Tensor guess = network.forward(questions.rows(i, 1));
      network.backward(nn::BinaryCrossEntropy::gradient(guess, answers.rows(i, 1)));
      descent.step(network.parameters());
    }
  }
  return nn::BinaryCrossEntropy::value(network.predict(questions), answers);
}

Numbers equal_weights() {
  Sequential network{nn::Dense{2, 8, nn::Constant{0.5}}, nn::ReLU{},
                     nn::Dense{8, 1, nn::Constant{0.5}}, nn::Sigmoid{}};
  const double cost = learn_xor(network);
  return {cost, double{network.predict(questions)(0, 0)}};
}

Numbers two_hidden_neurons() {
  double learned = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    nn::Random random{seed};
    Sequential network{nn::Dense{2, 2, nn::Glorot{random}}, nn::ReLU{},
                       nn::Dense{2, 1, nn::Glorot{random}}, nn::Sigmoid{}};
    learn_xor(network);
    const Tensor guesses = network.predict(questions);
    bool is_right = true;
    for (std::size_t i = 0; i < 4; ++i) {
      is_right = is_right && std::abs(guesses(i, 0) - answers(i, 0)) < 0.5F;
    }
    if (is_right) ++learned;
  }
  return {learned};
}

/// The place in the narrow valley of chapter 5 after some steps of an optimizer.
template <class Optimizer, class Prepare>
std::array<double, 2> walk(Optimizer optimizer, int steps, const Prepare& prepare) {
  nn::Parameter place{"place", Tensor{-4, 1}};
  for (int t = 1; t <= steps; ++t) {
    place.gradient = Tensor{place.value(0), 20 * place.value(1)};
    prepare(optimizer, t);
    optimizer.step(std::vector<nn::Parameter*>{&place});
  }
  return {double{place.value(0)}, double{place.value(1)}};
}

Numbers nesterov() {
  const nn::Momentum momentum{{.learning_rate = 0.03F, .momentum = 0.8F, .nesterov = true}};
  const auto nothing = [](auto&, int) {};
  return {walk(momentum, 1, nothing)[1], walk(momentum, 2, nothing)[1]};
}

Numbers falling_rate() {
  const nn::Adam adam{{.learning_rate = 0.4F}};
  const auto nothing = [](auto&, int) {};
  const auto fall = [](nn::Adam& optimizer, int t) {
    optimizer.set_learning_rate(static_cast<real>(0.4 / std::sqrt(t)));
  };
  return {walk(adam, 20, nothing)[0], walk(adam, 20, fall)[0]};
}

Numbers rates_of_adam() {
  const nn::Dataset set =
      nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0}).training.first(30'000);
  Numbers costs;
  for (const real rate : {0.001F, 0.003F, 0.009F}) {
    nn::Random random{1};
    const nn::Glorot glorot{random};
    Sequential network{nn::Dense{784, 32, glorot}, nn::ReLU{}, nn::Dense{32, 10, glorot}};
    nn::Training training{network,
                          nn::SoftmaxCrossEntropy{},
                          nn::Adam{{.learning_rate = rate}},
                          set,
                          {.batches = {.size = 100, .shuffle = false}}};
    Numbers all;
    while (training.step()) all.push_back(training.cost());
    costs.push_back(mean(std::span{all}.last(10)));
  }
  return costs;
}

/// The first 600 images of every digit, as in chapter 6.
nn::Dataset sorted_by_class(const nn::Dataset& set) {
  std::vector<std::size_t> places;
  for (std::size_t c = 0; c < 10; ++c) {
    std::size_t left = 600;
    for (std::size_t i = 0; i < set.size() && left > 0; ++i) {
      if (set.targets.class_of(i) != c) continue;
      places.push_back(i);
      --left;
    }
  }
  return nn::gather(set, places);
}

/// Trains the network of chapter 6 and returns its validation accuracy in percent.
template <class Epoch>
double percent_after(const nn::Dataset& validation, real rate, std::size_t epochs,
                     const Epoch& epoch) {
  nn::Random random{1};
  const nn::Glorot glorot{random};
  Sequential network{nn::Dense{784, 32, glorot}, nn::ReLU{}, nn::Dense{32, 10, glorot}};
  const nn::SoftmaxCrossEntropy cost;
  nn::GradientDescent descent{{.learning_rate = rate}};
  for (std::size_t e = 1; e <= epochs; ++e) {
    for (const nn::Batch& batch : epoch(e)) {
      network.backward_parameters(cost.gradient(network.forward(batch.inputs), batch.targets));
      descent.step(network.parameters());
    }
  }
  return percent_right(network, validation);
}

Numbers large_batches() {
  const nn::Split sets = digits();
  const nn::Dataset images = sorted_by_class(sets.training);
  const nn::Batches batches{images, {.size = 1000}, nn::Random{1}};
  Numbers right;
  for (const real rate : {0.3F, 1.0F, 3.0F}) {
    right.push_back(
        percent_after(sets.validation, rate, 1, [&](std::size_t e) { return batches.epoch(e); }));
  }
  return right;
}

Numbers shuffled_once() {
  const nn::Split sets = digits();
  const nn::Dataset images = sorted_by_class(sets.training);
  const nn::Batches batches{images, {.size = 100}, nn::Random{1}};
  return {
      percent_after(sets.validation, 0.1F, 10, [&](std::size_t /*e*/) { return batches.epoch(1); }),
      percent_after(sets.validation, 0.1F, 10, [&](std::size_t e) { return batches.epoch(e); })};
}

/// The mean cost after 300 batches of a network of ten layers, over three seeds.
template <class Initializer>
double ten_layers(const nn::Dataset& set) {
  Numbers costs;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    nn::Random random{seed};
    const Initializer fill{random};
    Sequential network{nn::Dense{784, 64, fill}, nn::ReLU{}};
    for (int i = 0; i < 8; ++i) {
      network.push(nn::Dense{64, 64, fill});
      network.push(nn::ReLU{});
    }
    network.push(nn::Dense{64, 10, fill});
    nn::Training training{network,
                          nn::SoftmaxCrossEntropy{},
                          nn::GradientDescent{{.learning_rate = 0.05F}},
                          set,
                          {.batches = {.size = 100}, .seed = seed}};
    double cost = 0;
    for (int i = 0; i < 300; ++i) {
      training.step();
      if (i >= 250) cost += training.cost() / 50;
    }
    costs.push_back(cost);
  }
  return mean(costs);
}

Numbers deep_initializers() {
  const nn::Dataset set = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 0}).training;
  return {ten_layers<nn::He>(set), ten_layers<nn::Glorot>(set)};
}

/// A BatchNorm behind a dense layer whose weights are multiplied by 10.
Numbers weights_times_ten() {
  nn::Random random{1};
  Tensor x{Shape{20, 5}};
  Tensor dy{Shape{20, 4}};
  for (real& value : x.values()) value = static_cast<real>(random.normal());
  for (real& value : dy.values()) value = static_cast<real>(random.normal());
  Sequential network{nn::Dense{5, 4, nn::He{random}}, nn::BatchNorm{4}};
  Sequential large = network;
  for (real& w : large.parameters()[0]->value.values()) w *= 10;
  const double y = double{network.forward(x)(0, 0)};
  const double y_large = double{large.forward(x)(0, 0)};
  network.backward(dy);
  large.backward(dy);
  return {y_large / y, double{large.parameters()[0]->gradient(0, 0)} /
                           double{network.parameters()[0]->gradient(0, 0)}};
}

Numbers top_k() {
  const nn::Split sets = digits();
  nn::Random random{1};
  Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                     nn::Dense{64, 10, nn::Glorot{random}}};
  const nn::Adam adam{{.learning_rate = 2e-3F}};
  nn::Training training{network, nn::SoftmaxCrossEntropy{}, adam, sets.training, {.epochs = 2}};
  while (!training.is_over()) training.run_epoch();
  const auto within = [&](std::size_t k) {
    return nn::evaluate(network, nn::SoftmaxCrossEntropy{}, sets.test, nn::TopAccuracy{k})
        .metrics[0];
  };
  std::size_t k = 1;
  while (within(k) <= 0.999) ++k;
  return {static_cast<double>(k)};
}

/// How many of 20 test images the network of the second report reads, trained on 100 for longer.
Numbers saturated_outputs() {
  const nn::Split sets = digits();
  Numbers right;
  for (const auto& [epochs, rate] : {std::pair{100UL, 0.01F}, std::pair{20UL, 0.1F}}) {
    nn::Random random{1};
    const nn::RandomNormal normal{random, 1};
    Sequential network{nn::Dense{784, 1000, normal}, nn::Tanh{},
                       nn::Dense{1000, 100, normal}, nn::Tanh{},
                       nn::Dense{100, 10, normal},   nn::Tanh{}};
    nn::Trainer{network, nn::MeanSquaredError{}, nn::GradientDescent{{.learning_rate = rate}}}.fit(
        sets.training.first(100), {.epochs = epochs, .batches = {.size = 1}});
    right.push_back(percent_right(network, sets.test.first(20)) * 20 / 100);
  }
  return right;
}

/// In how many of 20 seeds the check of section A.10 fails, because a nudge changes a maximum.
Numbers failing_checks() {
  double failed = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    nn::Random random{seed};
    const nn::Glorot init{random};
    Sequential network{nn::Convolution{1, 2, {.kernel = 3}, init}, nn::MaxPool{2}, nn::Sigmoid{},
                       nn::Flatten{}, nn::Dense{8, 2, init}};
    Tensor images{Shape{2, 1, 6, 6}};
    for (real& x : images.values()) x = static_cast<real>(random.normal());
    if (nn::check_gradients(network, images).worst() > 1e-2) ++failed;
  }
  return {failed};
}

/// The accuracy in percent after sixty steps of the full batch, at the rates 0.5 and 1.
Numbers full_batch() {
  const nn::Split sets = digits();
  const nn::Dataset training = sets.training.first(42'000);
  Numbers right;
  for (const real rate : {0.5F, 1.0F}) {
    nn::Random random{1};
    Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                       nn::Dense{64, 10, nn::Glorot{random}}};
    nn::Trainer{network, nn::SoftmaxCrossEntropy{}, nn::GradientDescent{{.learning_rate = rate}}}
        .fit(training, {.epochs = 60, .batches = {.size = training.size()}});
    right.push_back(percent_right(network, sets.validation));
  }
  return right;
}

/// The two classes that lose most recall if images are turned by up to half a turn, smaller first.
Numbers turned_digits() {
  const nn::Split sets = digits();
  const auto recalls = [&](double rotation) {
    nn::Random random{1};
    Sequential network{nn::Dense{784, 128, nn::He{random}}, nn::ReLU{},
                       nn::Dense{128, 10, nn::Glorot{random}}};
    const nn::Augment augment{{.rotation = rotation, .shift = 2, .scaling = 0.1, .shear = 5}};
    nn::Trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}}.fit(
        sets.training, {.epochs = 5, .steps = {.augment = augment}});
    nn::ConfusionMatrix matrix{10};
    matrix.add(nn::predict_classes(network, sets.validation.inputs),
               sets.validation.targets.labels());
    Numbers result;
    for (std::size_t c = 0; c < 10; ++c) result.push_back(matrix.recall(c));
    return result;
  };
  const Numbers before = recalls(10);
  const Numbers after = recalls(180);
  std::array<std::size_t, 10> classes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::ranges::sort(classes, {}, [&](std::size_t c) { return after[c] - before[c]; });
  return {static_cast<double>(std::min(classes[0], classes[1])),
          static_cast<double>(std::max(classes[0], classes[1]))};
}

struct Observation {
  std::string_view exercise;
  Numbers (*observe)();
};

constexpr std::array observations{Observation{"0.2", ten_epochs},
                                  Observation{"0.3", other_pictures},
                                  Observation{"1.2", rates_of_one_weight},
                                  Observation{"1.5", without_transpose},
                                  Observation{"2.5", across_the_kink},
                                  Observation{"3.3", samples_twice},
                                  Observation{"4.1", rates_near_the_bottom},
                                  Observation{"4.3", equal_weights},
                                  Observation{"4.4", two_hidden_neurons},
                                  Observation{"5.2", nesterov},
                                  Observation{"5.4", rates_of_adam},
                                  Observation{"5.5", falling_rate},
                                  Observation{"6.3", large_batches},
                                  Observation{"6.4", shuffled_once},
                                  Observation{"7.5", deep_initializers},
                                  Observation{"9.3", top_k},
                                  Observation{"12.4", turned_digits},
                                  Observation{"15.4", weights_times_ten},
                                  Observation{"A.3", saturated_outputs},
                                  Observation{"A.4", failing_checks},
                                  Observation{"A.5", full_batch}};

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments{argv + 1, static_cast<std::size_t>(argc - 1)};
  for (const auto& [exercise, observe] : observations) {
    const auto is_this = [&](const char* wanted) { return exercise == wanted; };
    if (!arguments.empty() && std::ranges::none_of(arguments, is_this)) continue;
    fmt::print("{}:", exercise);
    for (const double x : observe()) fmt::print(" {:.5g}", x);
    fmt::print("\n");
  }
}
