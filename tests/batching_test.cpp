// nn.batching: every sample once an epoch, in an order determined by a seed; errors.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

import nn.batching;
import nn.test;

namespace {

using nn::Batch;
using nn::Batches;
using nn::Dataset;
using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

// Sample i is the row (i, 10 i) of class i mod 3.
Dataset numbered(std::size_t count) {
  Dataset set{.inputs = Tensor{Shape{count, 2}}, .targets = {}};
  Labels labels;
  for (std::size_t i = 0; i < count; ++i) {
    set.inputs(i, 0) = static_cast<real>(i);
    set.inputs(i, 1) = static_cast<real>(10 * i);
    labels.push_back(i % 3);
  }
  set.targets = labels;
  return set;
}

// Which samples of a numbered set these are; fails where a row was separated from its target.
std::vector<std::size_t> numbers_of(const Batch& batch) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto number = static_cast<std::size_t>(batch.inputs(i, 0));
    EXPECT_EQ(batch.inputs(i, 1), 10 * batch.inputs(i, 0));
    EXPECT_EQ(batch.targets.labels()[i], number % 3);
    numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::size_t> all_of(const Batches& batches, std::size_t epoch) {
  std::vector<std::size_t> all;
  for (const Batch& batch : batches.epoch(epoch)) {
    const auto numbers = numbers_of(batch);
    all.insert(all.end(), numbers.begin(), numbers.end());
  }
  return all;
}

std::vector<std::size_t> sorted(std::vector<std::size_t> numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

std::vector<std::size_t> up_to(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

TEST(Batches, EveryEpochHasAllSamplesInItsOwnOrder) {
  const Dataset set = numbered(20);
  const Batches batches{set, {.size = 6}, nn::Random{7}};
  const auto first = all_of(batches, 1);
  const auto second = all_of(batches, 2);
  EXPECT_EQ(sorted(first), up_to(20));
  EXPECT_EQ(sorted(second), up_to(20));
  EXPECT_NE(first, up_to(20));
  EXPECT_NE(first, second);
}

// The order of an epoch depends only on its number and the seed, not on earlier epochs.
TEST(Batches, SeedAndEpochDetermineTheOrder) {
  const Dataset set = numbered(20);
  const auto order = [&](std::uint64_t seed, const std::vector<std::size_t>& epochs) {
    const Batches batches{set, {.size = 6}, nn::Random{seed}};
    std::vector<std::size_t> last;
    for (const std::size_t epoch : epochs) last = all_of(batches, epoch);
    return last;
  };
  EXPECT_EQ(order(7, {1, 2, 3}), order(7, {3}));
  EXPECT_NE(order(7, {3}), order(8, {3}));
}

TEST(Batches, AreReadOneByOneToo) {
  const Dataset set = numbered(7);
  const Batches batches{set, {.size = 3}};
  const auto epoch = batches.epoch(4);
  ASSERT_EQ(epoch.size(), 3U);
  std::size_t index = 0;
  for (const Batch& batch : epoch) {
    EXPECT_EQ(batch.inputs, epoch[index].inputs);
    EXPECT_EQ(batch.targets, epoch[index].targets);
    Batch again = numbered(2);  // whose memory is used
    epoch.read(index, again);
    EXPECT_EQ(again.inputs, batch.inputs);
    ++index;
  }
  EXPECT_EQ(index, 3U);
}

TEST(Batches, HaveRowsOfWantedOutputsToo) {
  const Dataset set{.inputs = Tensor{{1}, {2}, {3}}, .targets = Tensor{{1, 0}, {0, 1}, {1, 1}}};
  const Batches batches{set, {.size = 2, .shuffle = false}};
  EXPECT_EQ(batches.epoch(1)[0].targets, (nn::Targets{Tensor{{1, 0}, {0, 1}}}));
  EXPECT_EQ(batches.epoch(1)[1].targets, (nn::Targets{Tensor{{1, 1}}}));
}

TEST(Batches, LastMayBeShort) {
  const Dataset set = numbered(7);
  const Batches batches{set, {.size = 3, .shuffle = false}};
  EXPECT_EQ(batches.count(), 3U);
  EXPECT_EQ(batches.samples(), 7U);
  EXPECT_EQ(batches.epoch(1)[0].size(), 3U);
  EXPECT_EQ(numbers_of(batches.epoch(1)[2]), (std::vector<std::size_t>{6}));
}

TEST(Batches, LastMayBeDropped) {
  const Dataset set = numbered(7);
  const Batches batches{set, {.size = 3, .drop_last = true}};
  EXPECT_EQ(batches.count(), 2U);
  EXPECT_EQ(batches.samples(), 6U);
  // A last batch that is whole is not dropped.
  const Dataset six = numbered(6);
  EXPECT_EQ((Batches{six, {.size = 3, .drop_last = true}}.count()), 2U);
}

// Each epoch drops different samples, so that training uses all of them.
TEST(Batches, DroppedSamplesChange) {
  const Dataset set = numbered(7);
  const Batches batches{set, {.size = 3, .drop_last = true}};
  std::map<std::size_t, int> seen;
  for (std::size_t epoch = 1; epoch <= 50; ++epoch) {
    for (const std::size_t number : all_of(batches, epoch)) ++seen[number];
  }
  EXPECT_EQ(seen.size(), 7U);
  for (const auto& [number, count] : seen) EXPECT_LT(count, 50) << number;
}

TEST(Batches, WithoutShufflingTheOrderStays) {
  const Dataset set = numbered(5);
  EXPECT_EQ(all_of(Batches{set, {.size = 2, .shuffle = false}}, 1), up_to(5));
}

TEST(Batches, MayBeASingleSampleOrTheWholeSet) {
  const Dataset set = numbered(5);
  EXPECT_EQ((Batches{set, {.size = 1}}.count()), 5U);
  EXPECT_EQ((Batches{set, {.size = 5}}.count()), 1U);
}

TEST(Batches, Errors) {
  const Dataset set = numbered(5);
  const auto error = [](const Dataset& dataset, std::size_t size) {
    return error_of<std::invalid_argument>([&] { Batches{dataset, {.size = size}}; });
  };
  EXPECT_EQ(error(set, 0), "nn::Batches: batch size is 0, expected 1 to 5");
  EXPECT_EQ(error(set, 6), "nn::Batches: batch size is 6, expected 1 to 5");
  EXPECT_EQ(error(Dataset{}, 1), "nn::Batches: 0 samples, expected at least 1");
  EXPECT_EQ(error({.inputs = Tensor{{1}, {2}, {3}}, .targets = Labels{1, 2}}, 1),
            "nn::Batches: 3 inputs and 2 targets, expected the same number of each");
  const Batches batches{set, {.size = 2}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)batches.epoch(1)[3]; }),
            "nn::Batches: batch index is 3, expected 0 to 2");
}

}  // namespace
