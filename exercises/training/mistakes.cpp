// Training loops with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

import exercises.mistakes;
import exercises.training;

using exercises::Cost;
using exercises::IsOver;
using exercises::Network;
using exercises::Optimizer;
using exercises::Order;
using exercises::Training;
using exercises::Tried;
using nn::Dataset;
using nn::Tensor;

namespace {

/// A loop with parts that can be spoiled.
struct Loop {
  bool forward = true;          ///< Whether it calls forward, not predict.
  bool backward = true;         ///< Whether it calls backward.
  bool step = true;             ///< Whether it calls step after each batch.
  bool step_first = false;      ///< Whether it calls step before backward.
  bool step_last = false;       ///< Whether it calls step once, at the end.
  bool gathers = true;          ///< Whether it takes the samples of the batch.
  bool in_order = false;        ///< Whether it takes the samples from the first on.
  bool own_targets = true;      ///< Whether it takes the targets of the batch.
  bool of_inputs = false;       ///< Whether the cost gets the inputs.
  bool of_predictions = false;  ///< Whether backward gets the predictions.
  std::function<double(const std::vector<double>& costs, const std::vector<double>& sizes)> mean =
      [](const auto& costs, const auto& sizes) {
        double sum = 0;
        double samples = 0;
        for (std::size_t i = 0; i < costs.size(); ++i) {
          sum += costs[i] * sizes[i];
          samples += sizes[i];
        }
        return sum / samples;
      };

  double operator()(Network& network, const Cost& cost, Optimizer& optimizer,
                    const Dataset& dataset, const std::vector<Order>& batches) const {
    std::vector<double> costs;
    std::vector<double> sizes;
    std::size_t taken = 0;
    for (const Order& places : batches) {
      Dataset batch = in_order ? dataset.part(taken, places.size()) : nn::gather(dataset, places);
      taken += places.size();
      if (!gathers) batch = dataset;
      if (!own_targets) batch.targets = dataset.first(places.size()).targets;
      const Tensor predictions =
          forward ? network.forward(batch.inputs) : network.predict(batch.inputs);
      const Tensor& judged = of_inputs ? batch.inputs : predictions;
      costs.push_back(cost.value(judged, batch.targets));
      sizes.push_back(static_cast<double>(batch.size()));
      const Tensor gradient = cost.gradient(judged, batch.targets);
      if (step_first) optimizer.step(network.parameters());
      if (backward) network.backward(of_predictions ? predictions : gradient);
      if (step && !step_first && !step_last) optimizer.step(network.parameters());
    }
    if (step_last) optimizer.step(network.parameters());
    return mean(costs, sizes);
  }
};

double accuracy(const Network& network, const Dataset& dataset) {
  const nn::Labels predicted = nn::Labels::from_rows(network.predict(dataset.inputs));
  double right = 0;
  for (std::size_t n = 0; n < dataset.size(); ++n) {
    if (predicted[n] == dataset.targets.labels()[n]) ++right;
  }
  return right / static_cast<double>(dataset.size());
}

/// Early stopping with parts that can be spoiled.
struct Stopping {
  bool lowest = true;    ///< Whether it compares with the lowest cost, not with the last.
  bool restarts = true;  ///< Whether a new lowest cost restarts the count.
  bool equal = false;    ///< Whether an equal cost counts as a new lowest one.
  bool late = false;     ///< Whether it ends an epoch too late.

  IsOver operator()(std::size_t patience) const {
    return [*this, patience, best = std::numeric_limits<double>::infinity(),
            epochs = std::size_t{0}](double cost) mutable {
      if (cost < best || (equal && cost == best)) {
        best = cost;
        if (restarts) epochs = 0;
      } else {
        ++epochs;
        if (!lowest) best = cost;
      }
      return late ? epochs > patience : epochs >= patience;
    };
  }
};

const Training right{.run_epoch = Loop{}, .accuracy = accuracy, .stopping = Stopping{}};

Tried run_epoch(const char* words, Loop wrong) {
  Training mine = right;
  mine.run_epoch = std::move(wrong);
  return {words, exercises::training(mine)};
}

Tried stopping(const char* words, Stopping wrong) {
  Training mine = right;
  mine.stopping = wrong;
  return {words, exercises::training(mine)};
}

Tried accuracy_by(const char* words, double (*wrong)(double)) {
  Training mine = right;
  mine.accuracy = [wrong](const Network& network, const Dataset& dataset) {
    return wrong(accuracy(network, dataset));
  };
  return {words, exercises::training(mine)};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::training(right),
      {run_epoch("It calls predict", {.forward = false}),
       run_epoch("It never calls backward", {.backward = false}),
       run_epoch("It never calls step", {.step = false}),
       run_epoch("step comes before backward", {.step_first = true}),
       run_epoch("There is one step in an epoch", {.step_last = true}),
       run_epoch("forward gets the whole set", {.gathers = false}),
       run_epoch("The batches have other samples", {.in_order = true}),
       run_epoch("targets of other samples", {.own_targets = false}),
       run_epoch("The cost gets the inputs", {.of_inputs = true}),
       run_epoch("backward gets something other", {.of_predictions = true}),
       run_epoch("a short batch must count less", {.mean =
                                                       [](const auto& costs, const auto&) {
                                                         double sum = 0;
                                                         for (const double cost : costs)
                                                           sum += cost;
                                                         return sum /
                                                                static_cast<double>(costs.size());
                                                       }}),
       run_epoch("the cost of the last batch",
                 {.mean = [](const auto& costs, const auto&) { return costs.back(); }}),
       accuracy_by("the fraction of wrong answers", [](double part) { return 1 - part; }),
       accuracy_by("the number of right answers", [](double part) { return 4 * part; }),
       accuracy_by("in percent", [](double part) { return 100 * part; }),
       stopping("not with the one before", {.lowest = false}),
       stopping("restarts the count", {.restarts = false}),
       stopping("An equal cost", {.equal = true}), stopping("Patience 1 ends", {.late = true})});
}
