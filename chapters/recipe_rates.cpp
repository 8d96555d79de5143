// Recipe: a learning rate for each layer. Read with docs/recipes.md.

// [rates]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

import nn;

/// An optimizer for the first parameters of a network and another for the rest.
class TwoRates {
 public:
  TwoRates(std::size_t count, nn::AnyOptimizer first, nn::AnyOptimizer rest)
      : count_{count},
        first_{std::move(first)},
        rest_{std::move(rest)},
        ratio_{rest_.learning_rate() / first_.learning_rate()} {}

  static std::string name() { return "TwoRates"; }
  void step(std::span<nn::Parameter* const> parameters) {
    first_.step(parameters.first(count_));
    rest_.step(parameters.subspan(count_));
  }

  // A schedule scales both: it sets the rate of the first, and the rest keeps its ratio to it.
  [[nodiscard]] nn::real learning_rate() const { return first_.learning_rate(); }
  void set_learning_rate(nn::real rate) {
    first_.set_learning_rate(rate);
    rest_.set_learning_rate(rate * ratio_);
  }

 private:
  std::size_t count_;
  nn::AnyOptimizer first_;
  nn::AnyOptimizer rest_;
  nn::real ratio_;
};
// [/rates]

// [use]
int main() {
  const nn::Dataset points{.inputs = nn::Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
                           .targets = nn::Labels{0, 1, 1, 0}};
  nn::Random random{1};
  nn::Sequential network{nn::Dense{2, 4, nn::Glorot{random}}, nn::Tanh{},
                         nn::Dense{4, 2, nn::Glorot{random}}};
  const nn::Sequential before = network;
  const std::size_t count = network[0].parameters().size();  // weights and biases of layer 0
  const TwoRates optimizer{count, nn::GradientDescent{{.learning_rate = 0.001F}},
                           nn::GradientDescent{{.learning_rate = 0.1F}}};
  nn::Training training{network, nn::SoftmaxCrossEntropy{}, optimizer, points};
  training.step();
  for (const std::string& name : network.parameter_names()) {
    const nn::Parameter& parameter = network.parameter(name);
    double moved = 0;
    double gradient = 0;
    for (std::size_t i = 0; i < parameter.value.size(); ++i) {
      moved += std::abs(parameter.value.values()[i] - before.parameter(name).value.values()[i]);
      gradient += std::abs(parameter.gradient.values()[i]);
    }
    fmt::print("{:<9} moved by {:.4f} of its gradient\n", name, moved / gradient);
  }
}
// [/use]
