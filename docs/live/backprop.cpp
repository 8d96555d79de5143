module;

#include <fmt/core.h>
#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

module live.figures;

import live.words;
import nn.activation;
import nn.cost;
import nn.dense;

namespace live {

namespace {

using nn::Tensor;

/// The network of the chapter, with all the values of its forward and backward pass.
struct Walk {
  nn::Dense first;
  nn::ReLU bend{};
  nn::Dense second;
  Tensor input, target;
  Tensor sums{}, hidden{}, output{};
  Tensor d_output{}, d_hidden{}, d_sums{}, d_input{};
  double cost = 0;

  void forward() {
    sums = first.forward(input);
    hidden = bend.forward(sums);
    output = second.forward(hidden);
    cost = nn::MeanSquaredError::value(output, target);
  }

  void backward() {
    d_output = nn::MeanSquaredError::gradient(output, target);
    d_hidden = second.backward(d_output);
    d_sums = bend.backward(d_hidden);
    d_input = first.backward(d_sums);
  }

  [[nodiscard]] double w1(std::size_t i, std::size_t j) const { return first.weights()(i, j); }
  [[nodiscard]] double w2(std::size_t i) const { return second.weights()(i, 0); }
};

/// A step of the figure.
struct Formula {
  std::string_view name;
  std::string_view rule;
  std::vector<std::string> sums;  ///< For each number of the result, how it is computed.
  Tensor result;
};

std::string product(double a, double b) { return fmt::format("{} · {}", term(a), term(b)); }

std::vector<Formula> forward_formulas(const Walk& w) {
  std::vector<std::string> sums;
  std::vector<std::string> hidden;
  for (std::size_t j = 0; j < 2; ++j) {
    sums.push_back(fmt::format("{} + {} + {}", product(w.input(0, 0), w.w1(0, j)),
                               product(w.input(0, 1), w.w1(1, j)), term(w.first.biases()(j))));
    hidden.push_back(fmt::format("max(0, {})", numeral(w.sums(0, j))));
  }
  const std::string output =
      fmt::format("{} + {} + {}", product(w.hidden(0, 0), w.w2(0)),
                  product(w.hidden(0, 1), w.w2(1)), term(w.second.biases()(0)));
  const std::string cost = fmt::format("({} − {})²", numeral(w.output(0, 0)), term(w.target(0, 0)));
  return {{"sums", "X W₁ + b₁", sums, w.sums},
          {"hidden", "ReLU(sums)", hidden, w.hidden},
          {"output", "hidden W₂ + b₂", {output}, w.output},
          {"cost", "(output − target)²", {cost}, Tensor{static_cast<nn::real>(w.cost)}}};
}

/// From the cost back to the input of the second layer.
std::vector<Formula> second_formulas(Walk& w) {
  const double d = w.d_output(0, 0);
  std::vector<std::string> weights;
  std::vector<std::string> hidden;
  for (std::size_t i = 0; i < 2; ++i) {
    weights.push_back(product(w.hidden(0, i), d));
    hidden.push_back(product(d, w.w2(i)));
  }
  const std::string cost =
      fmt::format("2 · ({} − {})", numeral(w.output(0, 0)), term(w.target(0, 0)));
  const std::vector<nn::Parameter*> parameters = w.second.parameters();
  return {{"d output", "2 (output − target)", {cost}, w.d_output},
          {"dW₂", "hiddenᵀ · d output", weights, parameters[0]->gradient},
          {"db₂", "d output", {""}, parameters[1]->gradient},
          {"d hidden", "d output · W₂ᵀ", hidden, w.d_hidden}};
}

/// From there back through ReLU and the first layer to the input.
std::vector<Formula> first_formulas(Walk& w) {
  std::vector<std::string> sums;
  std::vector<std::string> weights;
  std::vector<std::string> input;
  for (std::size_t i = 0; i < 2; ++i) {
    sums.push_back(product(w.d_hidden(0, i), w.sums(0, i) > 0 ? 1 : 0));
    for (std::size_t j = 0; j < 2; ++j) {
      weights.push_back(product(w.input(0, i), w.d_sums(0, j)));
    }
    input.push_back(fmt::format("{} + {}", product(w.d_sums(0, 0), w.w1(i, 0)),
                                product(w.d_sums(0, 1), w.w1(i, 1))));
  }
  const std::vector<nn::Parameter*> parameters = w.first.parameters();
  return {{"d sums", "d hidden where the sum is above 0, else 0", sums, w.d_sums},
          {"dW₁", "Xᵀ · d sums", weights, parameters[0]->gradient},
          {"db₁", "d sums", {"", ""}, parameters[1]->gradient},
          {"dX", "d sums · W₁ᵀ", input, w.d_input}};
}

/// How each number of the result is computed.
std::string sums_of(const Formula& formula, std::string_view between) {
  std::string all;
  for (std::size_t i = 0; i < formula.sums.size(); ++i) {
    const std::string result = numeral(formula.result.values()[i]);
    if (i > 0) all += between;
    all += formula.sums[i].empty() ? result : fmt::format("{} = {}", formula.sums[i], result);
  }
  return all;
}

/// The network on paper: twelve formulas, one after the other, with their numbers.
class BackpropFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<Control> all{
        a_grid("x", "Input X", "One sample of two features, which enters on the left.", {1, 0.5},
               2),
        a_grid("target", "Target",
               "What the output should be; the cost is the square of the difference.", {0.5}, 1),
        a_grid("w1", "Weights W₁", "A row for each input, a column for each sum.",
               {0.5, -1, 1, 0.5}, 2),
        a_grid("b1", "Biases b₁", "Added to the sums. ReLU blocks the path of a sum below 0.",
               {0, 1.25}, 2),
        a_grid("w2", "Weights W₂", "How much each hidden neuron counts in the output.", {2, -1}, 1),
        a_grid("b2", "Bias b₂", "Added to the output, so its gradient equals that of the output.",
               {-0.5}, 1)};
    for (Control& control : all) control.restarts = false;  // the formulas stay where they are
    return all;
  }

  [[nodiscard]] std::size_t last_step() const override { return 12; }

 protected:
  void update() override {
    Walk walk{.first = nn::Dense{tensor("w1", nn::Shape{2, 2}), tensor("b1", nn::Shape{2})},
              .second = nn::Dense{tensor("w2", nn::Shape{2, 1}), tensor("b2", nn::Shape{1})},
              .input = tensor("x", nn::Shape{1, 2}),
              .target = tensor("target", nn::Shape{1, 1})};
    walk.forward();
    walk.backward();
    std::vector<Formula> formulas = forward_formulas(walk);
    for (const auto& more : {second_formulas(walk), first_formulas(walk)}) {
      formulas.insert(formulas.end(), more.begin(), more.end());
    }
    // Numbers in the drawing have three digits, because there is little room; formulas have all.
    tell("x", lines(walk.input.values(), 3));
    tell("weights", fmt::format("{}\n{}", lines(walk.first.weights().values(), 3),
                                lines(walk.second.weights().values(), 3)));
    tell("biases", fmt::format("{}\n{}\n{}", term(walk.first.biases()(0)),
                               term(walk.first.biases()(1)), term(walk.second.biases()(0))));
    for (std::size_t k = 0; k < formulas.size(); ++k) tell_formula(k, formulas[k]);
    tell_summary(formulas);
  }

 private:
  /// Its name and its rule, and its numbers if its step is done.
  void tell_formula(std::size_t k, const Formula& formula) {
    const bool done = k < steps();
    show(std::string{formula.name}, formula.result);
    tell(fmt::format("formula {}", k), fmt::format("{} = {}\n{}", formula.name, formula.rule,
                                                   done ? sums_of(formula, "\n") : ""));
    tell(fmt::format("result {}", k), done ? lines(formula.result.values(), 3) : "");
  }

  void tell_summary(const std::vector<Formula>& formulas) {
    if (steps() == 0) {
      tell("summary",
           "Nothing has gone through the network yet. Twelve steps go forward to the cost and "
           "back to the input.");
      return;
    }
    const Formula& formula = formulas.at(steps() - 1);
    tell("summary", fmt::format("Step {} of 12, {}: {} = {}: {}.", steps(),
                                steps() <= 4 ? "forward" : "backward", formula.name, formula.rule,
                                sums_of(formula, ", ")));
  }
};

}  // namespace

std::unique_ptr<Figure> backprop() { return std::make_unique<BackpropFigure>(); }

}  // namespace live
