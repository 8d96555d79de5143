module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.evaluation;

import nn.activation;
import nn.batching;
import nn.text;

namespace nn {

namespace {

/// How many samples pass through the network together in inference.
constexpr std::size_t batch_size = 500;

/// Written without a branch, so that the compiler vectorizes the loop.
bool all_finite(std::span<const real> values) {
  bool finite = true;
  for (const real x : values) finite &= std::abs(x) <= std::numeric_limits<real>::max();
  return finite;
}

void check_finite(const std::string& owner, const std::string& set, const char* what,
                  const Tensor& tensor) {
  for (std::size_t n = 0; n < tensor.rows(); ++n) {
    const std::span<const real> row = tensor.row(n);
    if (all_finite(row)) continue;
    const auto found = std::ranges::find_if(row, [](real x) { return !std::isfinite(x); });
    throw std::invalid_argument(
        fmt::format("nn::{}: sample {} of {}: {} {} is {}, expected finite numbers", owner, n, set,
                    what, found - row.begin(), unsigned_nan(*found)));
  }
}

}  // namespace

void check_dataset(const std::string& owner, const std::string& set, const Dataset& dataset,
                   const Sequential& network) {
  check_samples(owner + ": " + set, dataset);
  if (network.size() == 0) {
    throw std::invalid_argument(fmt::format("nn::{}: the network has no layers", owner));
  }
  static_cast<void>(network.output_shape(dataset.inputs.shape().sample()));
  check_finite(owner, set, "input", dataset.inputs);
  if (!dataset.targets.are_labels()) {
    check_finite(owner, set, "target", dataset.targets.outputs());
  }
}

// -------------------------------------------------------------------------- running evaluation

RunningEvaluation::RunningEvaluation(std::vector<AnyMetric> metrics)
    : metrics_{std::move(metrics)} {
  reset();
}

void RunningEvaluation::add_cost(double cost, double weight) {
  cost_sum_ += weight * cost;
  weight_sum_ += weight;
}

void RunningEvaluation::add_to_metrics(const Tensor& predictions, const Targets& targets) {
  for (AnyMetric& metric : metrics_) metric.add(predictions, targets);
}

Evaluation RunningEvaluation::result() const {
  Evaluation evaluation{.cost = cost(), .metrics = {}};
  for (const AnyMetric& metric : metrics_) evaluation.metrics.push_back(metric.value());
  return evaluation;
}

void RunningEvaluation::reset() {
  for (AnyMetric& metric : metrics_) metric.reset();
  cost_sum_ = 0;
  weight_sum_ = 0;
}

std::vector<State> RunningEvaluation::state() {
  std::vector<State> states{{.name = "cost_sum", .value = std::span{&cost_sum_, 1}},
                            {.name = "weight_sum", .value = std::span{&weight_sum_, 1}}};
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    append_state(states, fmt::format("metric.{}", i), metrics_[i].state());
  }
  return states;
}

// ----------------------------------------------------------------------------------- evaluation

Evaluation evaluate(const Sequential& network, const AnyCost& cost, const Dataset& set,
                    std::vector<AnyMetric> metrics) {
  check_dataset("evaluate", "the set", set, network);
  RunningEvaluation running{std::move(metrics)};
  const Batches batches{set, {.size = std::min(batch_size, set.size()), .shuffle = false}};
  for (const Batch& batch : batches.epoch(0)) {
    const Tensor predictions = network.predict(batch.inputs);
    running.add_cost(cost.value(predictions, batch.targets), cost.weight(batch.targets));
    running.add_to_metrics(predictions, batch.targets);
  }
  return running.result();
}

Tensor predict(const Sequential& network, const Tensor& inputs) {
  if (inputs.empty()) throw std::invalid_argument("nn::predict: inputs are empty");
  Tensor outputs;
  for (std::size_t first = 0; first < inputs.rows(); first += batch_size) {
    const Tensor part =
        network.predict(inputs.rows(first, std::min(batch_size, inputs.rows() - first)));
    if (outputs.empty()) {
      outputs = Tensor::uninitialized(part.shape().sample().batch(inputs.rows()));
    }
    std::ranges::copy(part.values(), outputs.row(first).begin());
  }
  return outputs;
}

bool ends_in_softmax(const Sequential& network) {
  if (network.size() == 0) return false;
  const AnyLayer& last = network[network.size() - 1];
  const auto* const inner = last.as<Sequential>();
  return inner != nullptr ? ends_in_softmax(*inner) : last.as<Softmax>() != nullptr;
}

Tensor predict_probabilities(const Sequential& network, const Tensor& inputs) {
  Tensor outputs = predict(network, inputs);
  if (!ends_in_softmax(network)) outputs = Softmax{}.predict(std::move(outputs));
  for (std::size_t n = 0; n < outputs.rows(); ++n) {
    if (all_finite(outputs.row(n))) continue;
    throw std::invalid_argument(
        fmt::format("nn::predict_probabilities: the network's output for sample {} is NaN", n));
  }
  return outputs;
}

Labels predict_classes(const Sequential& network, const Tensor& inputs) {
  return Labels::from_rows(predict(network, inputs));
}

}  // namespace nn
