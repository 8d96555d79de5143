/// @file
/// @brief Exercise 6: batches in a random order.
module;

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

export module mine.batching;

import exercises.todo;
export import nn.random;

export namespace mine {

using namespace nn;

/// The numbers from 0 to count − 1 in a random order, in which every order is equally likely.
/// @param random `random.below(n)` is a random number from 0 to n − 1.
std::vector<std::size_t> permutation(std::size_t count, Random& random) {
  // [todo permutation]
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
  // [/todo]
}

/// Cuts an order into batches. The last batch has the rest and may be smaller.
/// @param order The indices of the samples.
/// @param size The number of samples of a batch, at least 1.
std::vector<std::vector<std::size_t>> batches(const std::vector<std::size_t>& order,
                                              std::size_t size) {
  // [todo batches]
  std::vector<std::vector<std::size_t>> all;
  for (std::size_t begin = 0; begin < order.size(); begin += size) {
    const std::size_t end = std::min(begin + size, order.size());
    all.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(begin),
                     order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return all;
  // [/todo]
}

/// The mean cost of an epoch.
/// @param costs The mean cost of each batch.
/// @param sizes The number of its samples.
double mean_cost(const std::vector<double>& costs, const std::vector<std::size_t>& sizes) {
  // [todo mean_cost]
  double sum = 0;
  double samples = 0;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    sum += costs[i] * static_cast<double>(sizes[i]);
    samples += static_cast<double>(sizes[i]);
  }
  return sum / samples;
  // [/todo]
}

}  // namespace mine
