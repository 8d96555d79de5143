// Functions with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

import exercises.batching;
import exercises.mistakes;

using exercises::Batching;
using exercises::Order;
using exercises::Tried;

namespace {

Order in_order(std::size_t count) {
  Order order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  return order;
}

/// Exchanges each place i with one of the first `reach(i)`.
Order exchanged(std::size_t count, nn::Random& random,
                const std::function<std::size_t(std::size_t)>& reach) {
  Order order = in_order(count);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(reach(i))]);
  return order;
}

Order shuffled(std::size_t count, nn::Random& random) {
  return exchanged(count, random, [](std::size_t i) { return i; });
}

std::vector<Order> cut(const Order& order, std::size_t size) {
  std::vector<Order> all;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i % size == 0) all.emplace_back();
    all.back().push_back(order[i]);
  }
  return all;
}

double mean(const std::vector<double>& costs, const Order& sizes) {
  double sum = 0;
  double samples = 0;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    sum += costs[i] * static_cast<double>(sizes[i]);
    samples += static_cast<double>(sizes[i]);
  }
  return sum / samples;
}

const Batching right{.permutation = shuffled, .batches = cut, .mean_cost = mean};

Tried permutation(const char* words, decltype(Batching::permutation) wrong) {
  Batching mine = right;
  mine.permutation = std::move(wrong);
  return {words, exercises::batching(mine)};
}

Tried batches(const char* words, decltype(Batching::batches) wrong) {
  Batching mine = right;
  mine.batches = std::move(wrong);
  return {words, exercises::batching(mine)};
}

Tried mean_cost(const char* words, decltype(Batching::mean_cost) wrong) {
  Batching mine = right;
  mine.mean_cost = std::move(wrong);
  return {words, exercises::batching(mine)};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::batching(right),
      {permutation("It is in the old order",
                   [](std::size_t count, nn::Random&) { return in_order(count); }),
       permutation("A number occurs twice",
                   [](std::size_t count, nn::Random& random) {
                     Order order(count);
                     for (std::size_t& i : order) i = random.below(count);
                     return order;
                   }),
       permutation("Two calls give the same order",
                   [](std::size_t count, nn::Random&) {
                     nn::Random own{1};
                     return shuffled(count, own);
                   }),
       permutation("no number keeps its place",
                   [](std::size_t count, nn::Random& random) {
                     return exchanged(count, random, [](std::size_t i) { return i - 1; });
                   }),
       permutation("with any place",
                   [](std::size_t count, nn::Random& random) {
                     Order order = in_order(count);
                     for (std::size_t& i : order) std::swap(i, order[random.below(count)]);
                     return order;
                   }),
       permutation("A number is too large",
                   [](std::size_t count, nn::Random& random) {
                     Order order = shuffled(count, random);
                     for (std::size_t& i : order) ++i;
                     return order;
                   }),
       batches("the last two samples are lost",
               [](const Order& order, std::size_t size) {
                 std::vector<Order> all = cut(order, size);
                 if (all.back().size() < size) all.pop_back();
                 return all;
               }),
       batches("The last batch has 4 samples",
               [](const Order& order, std::size_t size) {
                 std::vector<Order> all = cut(order, size);
                 all.back().resize(size);
                 return all;
               }),
       batches("no empty one at the end",
               [](const Order& order, std::size_t size) {
                 std::vector<Order> all = cut(order, size);
                 if (all.back().size() == size) all.emplace_back();
                 return all;
               }),
       batches("do not follow the order",
               [](const Order& order, std::size_t size) {
                 Order sorted = order;
                 std::ranges::sort(sorted);
                 return cut(sorted, size);
               }),
       mean_cost("the mean of the batches' means",
                 [](const std::vector<double>& costs, const Order&) {
                   double sum = 0;
                   for (const double cost : costs) sum += cost;
                   return sum / static_cast<double>(costs.size());
                 }),
       mean_cost("by the number of batches",
                 [](const std::vector<double>& costs, const Order& sizes) {
                   double sum = 0;
                   for (std::size_t i = 0; i < costs.size(); ++i)
                     sum += costs[i] * static_cast<double>(sizes[i]);
                   return sum / static_cast<double>(costs.size());
                 })});
}
