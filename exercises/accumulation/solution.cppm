/// @file
/// @brief Exercise 6.5: gradient accumulation.
module;

#include <cstddef>
#include <vector>

export module mine.accumulation;

import exercises.todo;
export import nn.backprop;
export import nn.batching;
export import nn.cost;

export namespace mine {

using namespace nn;

/// How many samples the batches have together.
std::size_t count_samples(const std::vector<Batch>& batches) {
  // [todo count_samples]
  std::size_t samples = 0;
  for (const Batch& batch : batches) samples += batch.size();
  return samples;
  // [/todo]
}

/// Computes the gradient of all samples of the batches, and leaves it in
/// `network.parameters()[p]->gradient` for each p. Changes nothing else of the network that
/// training would change: there is no step.
/// @param network `network.parameters()` is a list of pointers.
/// @param cost The cost of a batch, a mean over its samples.
/// @param batches One or more, of any sizes. A batch has `inputs`, `targets` and `size()`.
void accumulate(Sequential& network, const AnyCost& cost, const std::vector<Batch>& batches) {
  const std::vector<Parameter*> parameters = network.parameters();
  const auto samples = static_cast<real>(count_samples(batches));
  std::vector<Tensor> sums;  // one for each parameter, in the same order; they begin at 0
  for (const Parameter* const p : parameters) sums.emplace_back(p->value.shape());
  // [todo accumulate]
  for (const Batch& batch : batches) {
    const Tensor outputs = network.forward(batch.inputs);
    network.backward(cost.gradient(outputs, batch.targets));
    const real fraction = static_cast<real>(batch.size()) / samples;
    for (std::size_t p = 0; p < sums.size(); ++p) {
      for (std::size_t i = 0; i < sums[p].size(); ++i) {
        sums[p].values()[i] += fraction * parameters[p]->gradient.values()[i];
      }
    }
  }
  for (std::size_t p = 0; p < sums.size(); ++p) parameters[p]->gradient = sums[p];
  // [/todo]
}

}  // namespace mine
