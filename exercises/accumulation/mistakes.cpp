// Gradient accumulation with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <vector>

import exercises.accumulation;
import exercises.mistakes;

using nn::Batch;
using nn::Parameter;
using nn::real;
using nn::Tensor;

namespace {

std::size_t sum_of_sizes(const std::vector<Batch>& batches) {
  std::size_t samples = 0;
  for (const Batch& batch : batches) samples += batch.size();
  return samples;
}
std::size_t number_of_batches(const std::vector<Batch>& batches) { return batches.size(); }
std::size_t first_times_number(const std::vector<Batch>& batches) {
  return batches.size() * batches.front().size();
}
std::size_t last_size(const std::vector<Batch>& batches) { return batches.back().size(); }

/// The weight of a batch of `size` of all `samples`, in a number of batches.
using Weight = real(real size, real samples, real batches);
real by_samples(real size, real samples, real /*batches*/) { return size / samples; }
real one(real /*size*/, real /*samples*/, real /*batches*/) { return 1; }
real equal(real /*size*/, real /*samples*/, real batches) { return 1 / batches; }
real not_divided(real size, real /*samples*/, real /*batches*/) { return size; }
real twice_divided(real /*size*/, real samples, real /*batches*/) { return 1 / samples; }

/// What accumulation does; each of them can be spoiled.
struct Ways {
  Weight* weight = by_samples;
  bool first_only = false;
  bool last_only = false;
  bool without_last = false;
  bool forgets_to_write = false;
  bool keeps_sums = false;
  bool makes_steps = false;
};

void accumulate(const Ways& ways, nn::Sequential& network, const nn::AnyCost& cost,
                const std::vector<Batch>& batches, std::vector<Tensor>& kept) {
  const std::vector<Parameter*> parameters = network.parameters();
  const auto samples = static_cast<real>(sum_of_sizes(batches));
  std::vector<Tensor> sums;
  if (ways.keeps_sums) sums = kept;
  for (std::size_t p = sums.size(); p < parameters.size(); ++p) {
    sums.emplace_back(parameters[p]->value.shape());
  }
  std::size_t count = batches.size();
  if (ways.first_only) count = 1;
  if (ways.without_last && count > 1) --count;
  for (std::size_t k = 0; k < count; ++k) {
    const Batch& batch = batches[k];
    const Tensor outputs = network.forward(batch.inputs);
    network.backward(cost.gradient(outputs, batch.targets));
    const real weight = ways.first_only || ways.last_only
                            ? 1
                            : ways.weight(static_cast<real>(batch.size()), samples,
                                          static_cast<real>(batches.size()));
    for (std::size_t p = 0; p < sums.size(); ++p) {
      for (std::size_t i = 0; i < sums[p].size(); ++i) {
        const real part = weight * parameters[p]->gradient.values()[i];
        if (ways.last_only) sums[p].values()[i] = 0;
        sums[p].values()[i] += part;
        if (ways.makes_steps) parameters[p]->value.values()[i] -= part;
      }
    }
  }
  kept = sums;
  for (std::size_t p = 0; p < sums.size(); ++p) {
    parameters[p]->gradient = sums[p];
    if (ways.forgets_to_write) parameters[p]->gradient.fill(0);
  }
}

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::accumulation(
      {sum_of_sizes,
       [ways, kept = std::vector<Tensor>{}](nn::Sequential& network, const nn::AnyCost& cost,
                                            const std::vector<Batch>& batches) mutable {
         accumulate(ways, network, cost, batches, kept);
       }});
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

exercises::Tried counted(const char* words, std::size_t (*count)(const std::vector<Batch>&)) {
  return {words, exercises::accumulation({count, nullptr})};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {counted("That is the number of batches", number_of_batches),
       counted("The last batch is shorter than the first", first_times_number),
       counted("That is the size of the last batch", last_size),
       tried("All gradients are 0", {.forgets_to_write = true}),
       tried("the parameters, in a row: the shape", {.makes_steps = true}),
       tried("That is the gradient of the last batch alone", {.last_only = true}),
       tried("That is the gradient of the first batch alone", {.first_only = true}),
       tried("are added up, but not divided", {.weight = one}),
       tried("Every batch has the same weight", {.weight = equal}),
       tried("the sum is not divided by the number of all samples", {.weight = not_divided}),
       tried("The gradient of a batch is a mean already", {.weight = twice_divided}),
       tried("The last batch is missing", {.without_last = true}),
       tried("The gradient of the first call is still in it", {.keeps_sums = true})});
}
