/// @file
/// @brief Grades permutations, batches and the mean cost of an epoch.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

export module exercises.batching;

export import exercises.grade;
export import nn.random;

export namespace exercises {

using Order = std::vector<std::size_t>;

/// What the grader calls.
struct Batching {
  std::function<Order(std::size_t, nn::Random&)> permutation;
  std::function<std::vector<Order>(const Order&, std::size_t)> batches;
  std::function<double(const std::vector<double>&, const Order&)> mean_cost;
};

/// The steps for these functions.
std::vector<Step> batching(const Batching& mine) {
  return {
      {"permutation: of 0 to 99",
       [mine] {
         nn::Random random{1};
         const Order order = mine.permutation(100, random);
         require(order.size() == 100,
                 fmt::format("It has {} numbers, expected 100.", order.size()));
         require(std::ranges::all_of(order, [](std::size_t i) { return i < 100; }),
                 "A number is too large: expected 0 to 99.");
         Order sorted = order;
         std::ranges::sort(sorted);
         require(std::ranges::adjacent_find(sorted) == sorted.end(),
                 "A number occurs twice: begin with 0, 1, 2, … and only exchange places.");
         require(order != sorted, "It is in the old order.");
       }},
      {"permutation: another one at each call",
       [mine] {
         nn::Random random{2};
         const Order first = mine.permutation(50, random);
         require(mine.permutation(50, random) != first,
                 "Two calls give the same order: use the generator that is passed, which goes on.");
       }},
      {"permutation: all orders are equally likely",
       [mine] {
         nn::Random random{3};
         std::map<Order, int> counts;
         constexpr int draws = 12'000;
         for (int i = 0; i < draws; ++i) ++counts[mine.permutation(3, random)];
         require(
             counts.contains({0, 1, 2}) || counts.size() != 2,
             "Of the six orders of three numbers only two occur, those in which no number keeps "
             "its place: a number may be exchanged with itself.");
         require(counts.size() == 6,
                 fmt::format("Of the six orders of three numbers, {} occur.", counts.size()));
         // The spread of a count is about 41; a shuffle with any place has 1,780 and 2,220.
         for (const auto& [order, times] : counts) {
           require(times > 1'850 && times < 2'150,
                   fmt::format("In {} draws, the order {} {} {} occurs {} times, expected about "
                               "{}.\nIs each place exchanged with any place? Only those that are "
                               "not settled yet may take part.",
                               draws, order[0], order[1], order[2], times, draws / 6));
         }
       }},
      {"batches: 10 samples in batches of 4",
       [mine] {
         const Order order{3, 1, 4, 0, 5, 9, 2, 6, 8, 7};
         const std::vector<Order> got = mine.batches(order, 4);
         std::size_t samples = 0;
         for (const Order& batch : got) samples += batch.size();
         require(got.size() != 2 || samples != 8,
                 "There are two batches: the last two samples are lost.");
         require(got.size() == 3, fmt::format("There are {} batches, expected 3.", got.size()));
         require(got[2].size() != 4, "The last batch has 4 samples, but only 2 are left.");
         require(got == std::vector<Order>{{3, 1, 4, 0}, {5, 9, 2, 6}, {8, 7}},
                 "The batches do not follow the order: the first has its first four numbers.");
       }},
      {"batches: 8 samples in batches of 4",
       [mine] {
         const std::vector<Order> got = mine.batches({0, 1, 2, 3, 4, 5, 6, 7}, 4);
         require(got.size() == 2, fmt::format("There are {} batches, expected 2{}.", got.size(),
                                              got.size() == 3 ? ": no empty one at the end" : ""));
       }},
      {"mean_cost", [mine] {
         expect(
             "the mean cost", mine.mean_cost({1, 1, 4}, {100, 100, 10}), 240.0 / 210,
             {{"It is the mean of the batches' means: a short batch must count less.", number(2)},
              {"It is not divided by the number of samples.", number(240)},
              {"It is divided by the number of batches, not of samples.", number(80)},
              {"The last batch is left out.", number(1)}});
       }}};
}

}  // namespace exercises
