/// @file
/// @brief Grades the training loop, with a network, a cost and an optimizer that log their calls.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

export module exercises.training;

export import exercises.grade;
export import nn.dataset;
export import nn.layer;

using nn::Dataset;
using nn::Labels;
using nn::Tensor;

export namespace exercises {

using Order = std::vector<std::size_t>;

/// The calls of a training loop, in order: `forward`, `gradient`, `backward`, `step`.
struct Log {
  std::vector<std::string> calls;
  std::vector<Tensor> inputs;  ///< Of forward().
};

/// A network that doubles its input.
class Network {
 public:
  explicit Network(Log& log) : log_{&log} {}

  Tensor forward(const Tensor& x) {
    log_->calls.emplace_back("forward");
    log_->inputs.push_back(x);
    return predict_silently(x);
  }
  Tensor backward(const Tensor& dy) {
    log_->calls.emplace_back("backward");
    require(dy.values()[0] == 1, "backward gets something other than the cost's gradient.");
    return dy;
  }
  [[nodiscard]] Tensor predict(const Tensor& x) const {
    log_->calls.emplace_back("predict");
    return predict_silently(x);
  }
  std::vector<nn::Parameter*> parameters() { return {&parameter_}; }

 private:
  static Tensor predict_silently(Tensor x) {
    for (nn::real& value : x.values()) value *= 2;
    return x;
  }

  Log* log_;
  nn::Parameter parameter_{"weight", Tensor{2}};
};

/// A cost that knows which predictions belong to which targets: the first value of sample n is 2 n,
/// and n is its label. Its value is the mean of the labels.
class Cost {
 public:
  explicit Cost(Log& log) : log_{&log} {}

  [[nodiscard]] double value(const Tensor& predictions, const nn::Targets& targets) const {
    check(predictions, targets);
    double sum = 0;
    for (const std::size_t label : targets.labels()) sum += static_cast<double>(label);
    return sum / static_cast<double>(targets.size());
  }
  [[nodiscard]] Tensor gradient(const Tensor& predictions, const nn::Targets& targets) const {
    log_->calls.emplace_back("gradient");
    check(predictions, targets);
    Tensor gradient = predictions;
    gradient.fill(1);
    return gradient;
  }

 private:
  static void check(const Tensor& predictions, const nn::Targets& targets) {
    require(predictions.rows() == targets.size(),
            fmt::format("The cost gets {} predictions and {} targets: take those of the batch.",
                        predictions.rows(), targets.size()));
    for (std::size_t n = 0; n < targets.size(); ++n) {
      const double wanted = 2 * static_cast<double>(targets.labels()[n]);
      if (predictions(n, 0) == wanted) continue;
      require(2 * predictions(n, 0) != wanted,
              "The cost gets the inputs: it must compare the network's output with the targets.");
      throw Wrong{"The cost gets targets of other samples than those of the predictions."};
    }
  }

  Log* log_;
};

/// An optimizer that does nothing.
class Optimizer {
 public:
  explicit Optimizer(Log& log) : log_{&log} {}
  void step(std::span<nn::Parameter* const> parameters) {
    log_->calls.emplace_back("step");
    require(parameters.size() == 1, "step does not get the network's parameters.");
  }

 private:
  Log* log_;
};

using IsOver = std::function<bool(double)>;

/// What the grader calls.
struct Training {
  std::function<double(Network&, const Cost&, Optimizer&, const Dataset&,
                       const std::vector<Order>&)>
      run_epoch;
  std::function<double(const Network&, const Dataset&)> accuracy;
  std::function<IsOver(std::size_t)> stopping;  ///< Makes the function of a patience.
};

}  // namespace exercises

namespace exercises {

/// Five samples; sample n is {n, 1} with the label n.
Dataset samples() {
  return {.inputs = Tensor{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}},
          .targets = Labels{0, 1, 2, 3, 4}};
}

std::size_t count(const Log& log, const std::string& call) {
  return static_cast<std::size_t>(std::ranges::count(log.calls, call));
}

/// After how many epochs with these costs training ends; 0 if it does not.
std::size_t end_of(const IsOver& is_over, const std::vector<double>& costs) {
  for (std::size_t e = 0; e < costs.size(); ++e) {
    if (is_over(costs[e])) return e + 1;
  }
  return 0;
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> training(const Training& mine) {
  const auto epoch = [mine](Log& log, const std::vector<Order>& batches) {
    Network network{log};
    Optimizer optimizer{log};
    return mine.run_epoch(network, Cost{log}, optimizer, samples(), batches);
  };
  const auto calls = [epoch](const std::vector<Order>& batches) {
    Log log;
    epoch(log, batches);
    return log;
  };
  const auto stops = [mine](const std::string& name, std::size_t patience,
                            const std::vector<double>& costs, std::size_t want,
                            const std::string& reason) {
    const std::size_t got = end_of(mine.stopping(patience), costs);
    require(got == want,
            fmt::format(
                "With patience {} and the costs {}, {}; {}. {}", patience, name,
                got == 0 ? "training never ends" : fmt::format("training ends after epoch {}", got),
                want == 0 ? "it should not end" : fmt::format("it should end after epoch {}", want),
                reason));
  };
  return {
      {"run_epoch: the calls for one batch",
       [calls] {
         const Log log = calls({{3, 1}});
         require(count(log, "predict") == 0,
                 "It calls predict: backward needs what forward stores.");
         require(count(log, "backward") > 0,
                 "It never calls backward, so the parameters have no gradients.");
         require(count(log, "step") > 0, "It never calls step, so no parameter changes.");
         const auto place = [&](const char* call) { return std::ranges::find(log.calls, call); };
         require(place("backward") < place("step"),
                 "step comes before backward: it uses the gradients of the batch before.");
         require(log.calls == std::vector<std::string>{"forward", "gradient", "backward", "step"},
                 fmt::format(
                     "It makes {} calls, expected forward, gradient, backward, step, each once.",
                     log.calls.size()));
       }},
      {"run_epoch: three batches",
       [calls] {
         const Log log = calls({{3, 1}, {0, 4}, {2}});
         const auto rows = [&](std::size_t i) { return log.inputs[i].rows(); };
         require(!log.inputs.empty() && rows(0) != 5, "forward gets the whole set, not the batch.");
         require(log.inputs.size() == 3,
                 fmt::format("It calls forward {} times for 3 batches.", log.inputs.size()));
         require(count(log, "step") != 1,
                 "There is one step in an epoch: take one after each batch.");
         require(count(log, "step") == 3 && count(log, "backward") == 3,
                 fmt::format("It calls backward {} times and step {} times for 3 batches.",
                             count(log, "backward"), count(log, "step")));
         require(log.inputs[0](0, 0) == 3 && log.inputs[0](1, 0) == 1 && log.inputs[2](0, 0) == 2,
                 "The batches have other samples than those at the given places.");
       }},
      {"run_epoch: the mean cost",
       [epoch] {
         Log log;
         // The batches' costs are 3.5, 1 and 2, and their sizes 2, 2 and 1.
         expect(
             "the mean cost", epoch(log, {{3, 4}, {0, 2}, {2}}), 11.0 / 5,
             {{"It is the mean of the batches' means: a short batch must count less.",
               number(6.5 / 3)},
              {"It is the cost of the last batch.", number(2)},
              {"It is the sum of the batches' mean costs: multiply each by its batch's size, then "
               "divide by the number of samples.",
               number(6.5)},
              {"It is the sum over the samples: divide by their number.", number(11)}});
       }},
      {"accuracy",
       [mine] {
         Log log;
         const Dataset set{.inputs = Tensor{{1, 2, 0}, {3, 1, 0}, {0, 1, 2}, {5, 1, 2}},
                           .targets = Labels{1, 0, 0, 0}};
         expect("the accuracy", mine.accuracy(Network{log}, set), 0.75,
                {{"It is the fraction of wrong answers.", number(0.25)},
                 {"It is the number of right answers: divide by that of the samples.", number(3)},
                 {"It is in percent; expected a fraction, from 0 to 1.", number(75)}});
       }},
      {"EarlyStopping", [stops] {
         stops("3, 2, 1, 0.5", 1, {3, 2, 1, 0.5}, 0, "They fall: there is nothing to stop.");
         stops("1, 2", 1, {1, 2}, 2,
               "Patience 1 ends training at the first epoch without a new lowest cost.");
         stops("3, 2, 2.5, 2.4, 2.3", 3, {3, 2, 2.5, 2.4, 2.3}, 5,
               "Compare with the lowest cost, 2, not with the one before.");
         stops("3, 4, 2, 3, 1, 2, 3", 2, {3, 4, 2, 3, 1, 2, 3}, 7,
               "A new lowest cost restarts the count.");
         stops("2, 2, 2", 2, {2, 2, 2}, 3, "An equal cost is not a new lowest one.");
       }}};
}

}  // namespace exercises
