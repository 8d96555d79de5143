/// @file
/// @brief Grades gradient accumulation.
module;

#include <fmt/core.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module exercises.accumulation;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.batching;
export import nn.cost;
export import nn.dense;

using nn::Batch;
using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Accumulation {
  std::function<std::size_t(const std::vector<Batch>&)> count_samples;
  std::function<void(nn::Sequential&, const nn::AnyCost&, const std::vector<Batch>&)> accumulate;
};

}  // namespace exercises

namespace exercises {

/// Random samples of three inputs and two wanted outputs.
nn::Dataset samples(std::size_t count) {
  return {.inputs = random_tensor(Shape{count, 3}, 1),
          .targets = random_tensor(Shape{count, 2}, 2)};
}

/// The samples in batches of these sizes, in order.
std::vector<Batch> batches_of(const nn::Dataset& set, const std::vector<std::size_t>& sizes) {
  std::vector<Batch> batches;
  std::size_t start = 0;
  for (const std::size_t size : sizes) {
    batches.push_back(set.part(start, size));
    start += size;
  }
  return batches;
}

nn::Sequential small_network() {
  return nn::Sequential{nn::Dense{random_tensor(Shape{3, 4}, 3), random_tensor(Shape{4}, 4)},
                        nn::ReLU{},
                        nn::Dense{random_tensor(Shape{4, 2}, 5), random_tensor(Shape{2}, 6)}};
}

/// All gradients in one tensor, so that a mistake is seen in all of them at once.
Tensor gradients_of(const nn::Sequential& network) {
  std::vector<real> numbers;
  for (const nn::Parameter* const p : network.parameters()) {
    for (const real x : p->gradient.values()) numbers.push_back(x);
  }
  return Tensor{Shape{numbers.size()}, numbers};
}

/// The same of the parameters' values.
Tensor values_of(const nn::Sequential& network) {
  std::vector<real> numbers;
  for (const nn::Parameter* const p : network.parameters()) {
    for (const real x : p->value.values()) numbers.push_back(x);
  }
  return Tensor{Shape{numbers.size()}, numbers};
}

/// The gradient of one batch.
Tensor gradient_of(const Batch& batch) {
  nn::Sequential network = small_network();
  const nn::MeanSquaredError cost;
  network.backward(cost.gradient(network.forward(batch.inputs), batch.targets));
  return gradients_of(network);
}

/// The gradients of batches, each times its weight, added up.
Tensor weighted(const std::vector<Batch>& batches,
                const std::function<double(const Batch&)>& weight) {
  Tensor sum;
  for (const Batch& batch : batches) {
    const Tensor part = times(static_cast<real>(weight(batch)), gradient_of(batch));
    if (sum.empty()) sum = Tensor{part.shape()};
    for (std::size_t i = 0; i < sum.size(); ++i) sum.values()[i] += part.values()[i];
  }
  return sum;
}

/// What is wrong if the gradient of several batches is.
std::vector<Mistake> of_batches(const std::vector<Batch>& batches, std::size_t count) {
  const auto all = static_cast<double>(count);
  const auto number_of = static_cast<double>(batches.size());
  const auto size = [](const Batch& batch) { return static_cast<double>(batch.size()); };
  return {
      {"That is the gradient of the last batch alone: backward overwrites the gradients, so add "
       "them to the sums after each batch.",
       gradient_of(batches.back())},
      {"That is the gradient of the first batch alone: the loop must go on.",
       gradient_of(batches.front())},
      {"The gradients of the batches are added up, but not divided.",
       weighted(batches, [](const Batch&) { return 1.0; })},
      {"Every batch has the same weight, so a sample of the short batch counts more: weight each "
       "batch by its number of samples.",
       weighted(batches, [=](const Batch&) { return 1 / number_of; })},
      {"Each batch is weighted by its size, but the sum is not divided by the number of all "
       "samples.",
       weighted(batches, size)},
      {"The gradient of a batch is a mean already: multiply it by the batch's size before you "
       "divide by the number of all samples.",
       weighted(batches, [=](const Batch&) { return 1 / all; })},
      {"The last batch is missing.", weighted(batches,
                                              [&](const Batch& batch) {
                                                return batch.inputs == batches.back().inputs
                                                           ? 0
                                                           : size(batch) / all;
                                              })},
      {"All gradients are 0: the sums must be written to the parameters in the end.",
       Tensor{gradient_of(batches.front()).shape()}}};
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> accumulation(const Accumulation& mine) {
  static const nn::Dataset set = samples(10);
  static const auto with = [](const Accumulation& functions, const std::vector<Batch>& batches) {
    nn::Sequential network = small_network();
    functions.accumulate(network, nn::MeanSquaredError{}, batches);
    return network;
  };
  return {
      {"count_samples: batches of 4, 4 and 2",
       [mine] {
         expect("the number of samples",
                static_cast<double>(mine.count_samples(batches_of(set, {4, 4, 2}))), 10,
                {{"That is the number of batches: add up their sizes.", number(3)},
                 {"The last batch is shorter than the first: add up the sizes of all.", number(12)},
                 {"That is the size of the last batch: add (+=) instead of overwriting (=).",
                  number(2)}});
       }},
      {"accumulate: a single batch",
       [mine] {
         const nn::Sequential network = with(mine, {set});
         expect("the gradient of all parameters, in a row", gradients_of(network), gradient_of(set),
                {{"All gradients are 0: the sums must be written to the parameters in the end.",
                  times(0, gradient_of(set))},
                 {"Each batch is weighted by its size, but the sum is not divided by the number of "
                  "all samples.",
                  times(10, gradient_of(set))},
                 {"The gradient of a batch is a mean already: multiply it by the batch's size "
                  "before you divide by the number of all samples.",
                  times(0.1F, gradient_of(set))}});
         expect("the parameters, in a row", values_of(network), values_of(small_network()), {},
                1e-6);
       }},
      {"accumulate: two batches of 5",
       [mine] {
         const std::vector<Batch> batches = batches_of(set, {5, 5});
         expect("the gradient of all parameters, in a row", gradients_of(with(mine, batches)),
                gradient_of(set), of_batches(batches, 10));
       }},
      {"accumulate: batches of 4, 4 and 2",
       [mine] {
         const std::vector<Batch> batches = batches_of(set, {4, 4, 2});
         const nn::Sequential network = with(mine, batches);
         expect("the parameters, in a row", values_of(network), values_of(small_network()), {},
                1e-6);
         expect("the gradient of all parameters, in a row", gradients_of(network), gradient_of(set),
                of_batches(batches, 10));
       }},
      {"accumulate: a second time, with other batches",
       [mine] {
         nn::Sequential network = with(mine, batches_of(set, {4, 4, 2}));
         const std::vector<Batch> again = batches_of(set, {6, 4});
         mine.accumulate(network, nn::MeanSquaredError{}, again);
         Tensor both = gradient_of(set);
         for (real& x : both.values()) x *= 2;
         expect("the gradient of all parameters, in a row", gradients_of(network), gradient_of(set),
                {{"The gradient of the first call is still in it: begin each call with sums of 0.",
                  both}});
       }},
      {"accumulate: 100 samples of ten classes in ten batches", [mine] {
         nn::Sequential network{
             nn::Dense{random_tensor(Shape{6, 10}, 7), random_tensor(Shape{10}, 8)}};
         nn::Sequential at_once = network;
         nn::Dataset many{.inputs = random_tensor(Shape{100, 6}, 9), .targets = nn::Labels{0}};
         std::vector<std::size_t> classes(100);
         for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = (3 * i) % 10;
         many.targets = nn::Labels(classes);
         const nn::SoftmaxCrossEntropy cost;
         mine.accumulate(network, cost, batches_of(many, std::vector<std::size_t>(10, 10)));
         at_once.backward(cost.gradient(at_once.forward(many.inputs), many.targets));
         expect("the gradient of all parameters, in a row", gradients_of(network),
                gradients_of(at_once), {}, 1e-3);
       }}};
}

}  // namespace exercises
