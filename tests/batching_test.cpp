// nn.batching: every sample once an epoch, in an order that a seed names; splits; errors.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

import nn.batching;
import nn.random;
import nn.tensor;
import nn.test;

namespace {

using nn::Batches;
using nn::Dataset;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

// Sample i is the row (i, 10 i) of class i mod 3.
Dataset numbered(std::size_t count) {
  Dataset set{.inputs = Tensor{Shape{count, 2}}, .targets = Tensor{Shape{count}}};
  for (std::size_t i = 0; i < count; ++i) {
    set.inputs(i, 0) = static_cast<real>(i);
    set.inputs(i, 1) = static_cast<real>(10 * i);
    set.targets(i) = static_cast<real>(i % 3);
  }
  return set;
}

// Which samples of a numbered set these are; fails where a row was torn from its target.
std::vector<std::size_t> numbers_of(const Dataset& set) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto number = static_cast<std::size_t>(set.inputs(i, 0));
    EXPECT_EQ(set.inputs(i, 1), 10 * set.inputs(i, 0));
    EXPECT_EQ(set.targets(i), static_cast<real>(number % 3));
    numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::size_t> epoch_of(const Batches& batches) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < batches.count(); ++i) {
    const auto batch = numbers_of(batches[i]);
    all.insert(all.end(), batch.begin(), batch.end());
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

TEST(Gather, TakesSamplesInTheOrderAskedFor) {
  const std::vector<std::size_t> places{3, 0, 3};
  const Dataset set = nn::gather(numbered(4), places);
  EXPECT_EQ(set.inputs, (Tensor{{3, 30}, {0, 0}, {3, 30}}));
  EXPECT_EQ(set.targets, (Tensor{0, 0, 0}));
}

TEST(Gather, KeepsTheShapeOfImagesAndOfOneHotTargets) {
  Dataset set{.inputs = Tensor{Shape{3, 1, 2, 2}}, .targets = Tensor{{1, 0}, {0, 1}, {1, 0}}};
  for (std::size_t i = 0; i < set.inputs.size(); ++i) set.inputs.data()[i] = static_cast<real>(i);
  const std::vector<std::size_t> places{1, 2};
  const Dataset part = nn::gather(set, places);
  EXPECT_EQ(part.inputs.shape(), (Shape{2, 1, 2, 2}));
  EXPECT_EQ(part.inputs(0, 0, 1, 1), 7);
  EXPECT_EQ(part.inputs(1, 0, 0, 0), 8);
  EXPECT_EQ(part.targets, (Tensor{{0, 1}, {1, 0}}));
}

// Sample i of numbered() is of class i mod 3.
TEST(ChooseClasses, KeepsTheirSamplesAndNumbersThemInTheOrderGiven) {
  const Dataset set = nn::choose_classes(numbered(7), {2, 0});
  EXPECT_EQ(set.inputs, (Tensor{{0, 0}, {2, 20}, {3, 30}, {5, 50}, {6, 60}}));
  EXPECT_EQ(set.targets, (Tensor{1, 0, 1, 0, 1}));
  EXPECT_EQ(nn::choose_classes(numbered(7), {1}).targets, (Tensor{0, 0}));
  EXPECT_EQ(nn::choose_classes(numbered(7), {0, 1, 2}).targets, numbered(7).targets);
}

TEST(ChooseClasses, KeepsTheShapeOfImages) {
  const Dataset set{.inputs = Tensor{Shape{3, 1, 2, 2}}, .targets = Tensor{4, 9, 4}};
  EXPECT_EQ(nn::choose_classes(set, {4}).inputs.shape(), (Shape{2, 1, 2, 2}));
}

std::string refusal_of(const Dataset& set, const std::vector<std::size_t>& classes) {
  return error_of<std::invalid_argument>([&] { (void)nn::choose_classes(set, classes); });
}

TEST(ChooseClasses, RefusesWhatCannotBeChosen) {
  EXPECT_EQ(refusal_of(numbered(7), {}), "nn::choose_classes: no classes, expected at least one");
  EXPECT_EQ(refusal_of(numbered(7), {0, 1, 0}), "nn::choose_classes: class 0 is named twice");
  EXPECT_EQ(refusal_of(numbered(7), {0, 3}), "nn::choose_classes: no sample is of class 3");
}

TEST(ChooseClasses, RefusesTargetsThatAreNoClassNumbers) {
  const Tensor inputs{{1}, {2}};
  EXPECT_EQ(refusal_of({.inputs = inputs, .targets = Tensor{0}}, {0}),
            "nn::choose_classes: 2 inputs and 1 targets, expected equally many");
  EXPECT_EQ(refusal_of({.inputs = inputs, .targets = Tensor{{1, 0}, {0, 1}}}, {0}),
            "nn::choose_classes: targets have shape (2, 2), choosing classes needs class numbers "
            "(N)");
  EXPECT_EQ(refusal_of({.inputs = inputs, .targets = Tensor{0, nn::real(0.5)}}, {0}),
            "nn::choose_classes: target of sample 1 is 0.5, choosing classes needs class numbers");
}

TEST(Batches, EveryEpochHasAllSamplesInAnOrderOfItsOwn) {
  const Dataset set = numbered(20);
  Batches batches{set, {.size = 6}, nn::Random{7}};
  batches.shuffle(1);
  const auto first = epoch_of(batches);
  batches.shuffle(2);
  const auto second = epoch_of(batches);
  EXPECT_EQ(sorted(first), up_to(20));
  EXPECT_EQ(sorted(second), up_to(20));
  EXPECT_NE(first, up_to(20));
  EXPECT_NE(first, second);
}

// The order of an epoch depends on seed and number only, not on the epochs drawn before.
TEST(Batches, SeedAndEpochNameTheOrder) {
  const Dataset set = numbered(20);
  const auto order = [&](std::uint64_t seed, const std::vector<std::size_t>& epochs) {
    Batches batches{set, {.size = 6}, nn::Random{seed}};
    for (const std::size_t epoch : epochs) batches.shuffle(epoch);
    return epoch_of(batches);
  };
  EXPECT_EQ(order(7, {1, 2, 3}), order(7, {3}));
  EXPECT_NE(order(7, {3}), order(8, {3}));
}

TEST(Batches, LastMayBeShort) {
  const Dataset set = numbered(7);
  const Batches batches{set, {.size = 3}};
  EXPECT_EQ(batches.count(), 3);
  EXPECT_EQ(batches.samples(), 7);
  EXPECT_EQ(batches[0].size(), 3);
  EXPECT_EQ(numbers_of(batches[2]), (std::vector<std::size_t>{6}));
}

TEST(Batches, LastMayBeDropped) {
  const Dataset set = numbered(7);
  const Batches batches{set, {.size = 3, .drop_last = true}};
  EXPECT_EQ(batches.count(), 2);
  EXPECT_EQ(batches.samples(), 6);
  // A last batch that is whole is not dropped.
  const Dataset six = numbered(6);
  const Batches whole{six, {.size = 3, .drop_last = true}};
  EXPECT_EQ(whole.count(), 2);
}

// Dropping leaves out other samples in every epoch, so that all of them are learned from.
TEST(Batches, DroppedSamplesChange) {
  const Dataset set = numbered(7);
  Batches batches{set, {.size = 3, .drop_last = true}};
  std::map<std::size_t, int> seen;
  for (std::size_t epoch = 1; epoch <= 50; ++epoch) {
    batches.shuffle(epoch);
    for (const std::size_t number : epoch_of(batches)) ++seen[number];
  }
  EXPECT_EQ(seen.size(), 7);
  for (const auto& [number, count] : seen) EXPECT_LT(count, 50) << number;
}

TEST(Batches, WithoutShufflingTheOrderStays) {
  const Dataset set = numbered(5);
  Batches batches{set, {.size = 2, .shuffle = false}};
  batches.shuffle(1);
  EXPECT_EQ(epoch_of(batches), up_to(5));
}

TEST(Batches, MayBeASingleSampleOrTheWholeSet) {
  const Dataset set = numbered(5);
  EXPECT_EQ((Batches{set, {.size = 1}}.count()), 5);
  EXPECT_EQ((Batches{set, {.size = 5}}.count()), 1);
}

TEST(Batches, Errors) {
  const Dataset set = numbered(5);
  const auto error = [](const Dataset& dataset, std::size_t size) {
    return error_of<std::invalid_argument>([&] { Batches{dataset, {.size = size}}; });
  };
  EXPECT_EQ(error(set, 0), "nn::Batches: batch size is 0, expected 1 to 5");
  EXPECT_EQ(error(set, 6), "nn::Batches: batch size is 6, expected 1 to 5");
  EXPECT_EQ(error(Dataset{}, 1), "nn::Batches: the set is empty");
  EXPECT_EQ(error({.inputs = Tensor{{1}, {2}, {3}}, .targets = Tensor{1, 2}}, 1),
            "nn::Batches: 3 inputs and 2 targets, expected equally many");
  const Batches batches{set, {.size = 2}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)batches[3]; }),
            "nn::Batches: batch index is 3, expected 0 to 2");
}

TEST(Gather, Errors) {
  const auto error = [](const Dataset& set, const std::vector<std::size_t>& places) {
    return error_of<std::invalid_argument>([&] { (void)nn::gather(set, places); });
  };
  EXPECT_EQ(error(numbered(5), {1, 5}), "nn::gather: place is 5, expected 0 to 4");
  EXPECT_EQ(error(numbered(5), {}), "nn::gather: no places, expected at least one");
  EXPECT_EQ(error({.inputs = Tensor{{1}, {2}, {3}}, .targets = Tensor{1, 2}}, {0}),
            "nn::gather: 3 inputs and 2 targets, expected equally many");
}

// Together the three sets are the whole, and no sample stands in two of them.
void expect_parts(const nn::Split& parts, std::size_t count) {
  auto all = numbers_of(parts.training);
  for (const Dataset* set : {&parts.validation, &parts.test}) {
    const auto numbers = numbers_of(*set);
    all.insert(all.end(), numbers.begin(), numbers.end());
  }
  EXPECT_EQ(sorted(all), up_to(count));
}

TEST(Split, ByCounts) {
  const nn::Split parts = nn::split(numbered(20), nn::Counts{.validation = 5, .test = 3});
  EXPECT_EQ(parts.training.size(), 12);
  EXPECT_EQ(parts.validation.size(), 5);
  EXPECT_EQ(parts.test.size(), 3);
  expect_parts(parts, 20);
}

TEST(Split, ByFractions) {
  // 0.26 · 21 = 5.46 and 0.12 · 21 = 2.52 are rounded to the nearest.
  const nn::Split parts = nn::split(numbered(21), nn::Fractions{.validation = 0.26, .test = 0.12});
  EXPECT_EQ(parts.training.size(), 13);
  EXPECT_EQ(parts.validation.size(), 5);
  EXPECT_EQ(parts.test.size(), 3);
  expect_parts(parts, 21);
}

TEST(Split, SetsOfSizeZeroAreEmpty) {
  const nn::Split parts = nn::split(numbered(4), nn::Counts{});
  EXPECT_EQ(parts.training.size(), 4);
  EXPECT_TRUE(parts.validation.inputs.empty());
  EXPECT_TRUE(parts.test.targets.empty());
}

TEST(Split, SeedNamesTheChoice) {
  const auto validation = [](std::uint64_t seed, bool stratified) {
    return numbers_of(nn::split(numbered(30), nn::Counts{.validation = 10},
                                {.seed = seed, .stratified = stratified})
                          .validation);
  };
  for (const bool stratified : {false, true}) {
    EXPECT_EQ(validation(1, stratified), validation(1, stratified));
    EXPECT_NE(sorted(validation(1, stratified)), sorted(validation(2, stratified)));
  }
}

// How far, at most, the number of samples of any class is from its share of these places.
double worst_deviation(const Tensor& targets, const std::vector<std::size_t>& places) {
  std::map<real, double> share;
  for (const real label : targets.values()) {
    share[label] += static_cast<double>(places.size()) / static_cast<double>(targets.size());
  }
  for (const std::size_t place : places) share[targets(place)] -= 1;
  double worst = 0;
  for (const auto& [label, deviation] : share) worst = std::max(worst, std::abs(deviation));
  return worst;
}

TEST(Split, StratifiedKeepsEveryClassInItsShare) {
  // Seventy samples of class 0, twenty of class 1, ten of class 2.
  Tensor targets{Shape{100}};
  for (std::size_t i = 70; i < 100; ++i) targets(i) = i < 90 ? 1 : 2;
  const auto places =
      nn::split_places(targets, nn::Counts{.validation = 20, .test = 10}, {.stratified = true});
  EXPECT_LT(worst_deviation(targets, places.training), 1);
  EXPECT_LT(worst_deviation(targets, places.validation), 1);
  EXPECT_LT(worst_deviation(targets, places.test), 1);
}

// Many classes of two samples each, and one large class: rounding each class by itself, all the
// small ones alike, would be paid for by the large one.
TEST(Split, StratifiedHoldsForManyRareClasses) {
  Tensor targets{Shape{300}};
  for (std::size_t i = 100; i < 300; ++i) targets(i) = static_cast<real>(i / 2);
  for (std::size_t size = 1; size < 300; ++size) {
    const auto places =
        nn::split_places(targets, nn::Counts{.validation = size}, {.stratified = true});
    EXPECT_LT(worst_deviation(targets, places.training), 1) << size;
    EXPECT_LT(worst_deviation(targets, places.validation), 1) << size;
  }
}

TEST(Split, Errors) {
  const auto error = [](const auto& sizes) {
    return error_of<std::invalid_argument>([&] { (void)nn::split(numbered(10), sizes); });
  };
  EXPECT_EQ(error(nn::Counts{.validation = 6, .test = 4}),
            "nn::split: 6 samples for validation and 4 for test leave none of 10 to train");
  EXPECT_EQ(error(nn::Counts{.validation = 11}),
            "nn::split: 11 samples for validation and 0 for test leave none of 10 to train");
  EXPECT_EQ(error(nn::Fractions{.validation = 0.5, .test = 0.5}),
            "nn::split: 5 samples for validation and 5 for test leave none of 10 to train");
  EXPECT_EQ(error(nn::Fractions{.validation = 1}),
            "nn::split: fraction for validation is 1, expected at least 0 and below 1");
  EXPECT_EQ(error(nn::Fractions{.test = -0.5}),
            "nn::split: fraction for test is -0.5, expected at least 0 and below 1");
  EXPECT_EQ(error(nn::Fractions{.test = NAN}),
            "nn::split: fraction for test is nan, expected at least 0 and below 1");
  EXPECT_EQ(error_of<std::invalid_argument>([] {
              (void)nn::split({.inputs = Tensor{{1}, {2}, {3}}, .targets = Tensor{1, 2}},
                              nn::Counts{.validation = 1});
            }),
            "nn::split: 3 inputs and 2 targets, expected equally many");
}

TEST(Split, StratifiedNeedsClassNumbers) {
  const auto error = [](const Tensor& targets) {
    return error_of<std::invalid_argument>([&] {
      (void)nn::split_places(targets, nn::Counts{.validation = 1}, {.stratified = true});
    });
  };
  EXPECT_EQ(error({{1, 0}, {0, 1}, {1, 0}}),
            "nn::split: targets have shape (3, 2), stratified splitting needs class numbers (N)");
  EXPECT_EQ(error({0, 1, 0.5F}),
            "nn::split: target of sample 2 is 0.5, stratified splitting needs class numbers");
  EXPECT_EQ(error({0, NAN, 1}),
            "nn::split: target of sample 1 is nan, stratified splitting needs class numbers");
  EXPECT_EQ(error({-1, 0, 1}),
            "nn::split: target of sample 0 is -1, stratified splitting needs class numbers");
}

}  // namespace
