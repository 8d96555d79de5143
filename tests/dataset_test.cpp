// nn.dataset: labels and targets, parts of a set, chosen classes, splits; errors.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.dataset;
import nn.test;

namespace {

using nn::Dataset;
using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Targets;
using nn::Tensor;
using nn::test::error_of;

/// The text of the std::invalid_argument that a call throws; empty if it throws none.
template <class Call>
std::string refused(Call&& call) {
  return error_of<std::invalid_argument>(call);
}

// ---------------------------------------------------------------------------------------- labels

TEST(Labels, AreClassNumbers) {
  Labels labels{3, 1, 4};
  EXPECT_EQ(labels.size(), 3U);
  EXPECT_EQ(labels[2], 4U);
  labels.push_back(1);
  EXPECT_EQ(labels, (Labels{3, 1, 4, 1}));
  EXPECT_EQ((std::vector<std::size_t>{labels.begin(), labels.end()}),
            (std::vector<std::size_t>{3, 1, 4, 1}));
  EXPECT_EQ(Labels{}.size(), 0U);
  EXPECT_EQ((Labels{std::vector<std::size_t>{5, 6}}), (Labels{5, 6}));
}

TEST(Labels, OfNumbersAreWholeNumbers) {
  EXPECT_EQ(Labels::from_numbers(Tensor{0, 7, 16777215}), (Labels{0, 7, 16777215}));
  const auto error = [](const Tensor& numbers) {
    return refused([&] { (void)Labels::from_numbers(numbers); });
  };
  const std::string expected = ", expected a whole number from 0 to 16777215";
  EXPECT_EQ(error({0, 0.5F}), "nn::Labels: label of sample 1 is 0.5" + expected);
  EXPECT_EQ(error({-1, 0}), "nn::Labels: label of sample 0 is -1" + expected);
  EXPECT_EQ(error({16777216}), "nn::Labels: label of sample 0 is 16777216" + expected);
  EXPECT_EQ(error({0, 1, NAN}), "nn::Labels: label of sample 2 is nan" + expected);
  EXPECT_EQ(error({{0, 1}}), "nn::Labels: numbers have shape (1, 2), expected (N)");
  EXPECT_EQ(error({}), "nn::Labels: numbers have shape (), expected (N)");
}

TEST(Labels, OfRowsAreThePlacesOfTheLargestValues) {
  EXPECT_EQ(Labels::from_rows(Tensor{{1, 5, 2}, {3, 0, 3}, {-2, -3, -1}}), (Labels{1, 0, 2}));
  EXPECT_EQ(Labels::from_rows(Tensor{{0.25F}, {0.5F}, {0.75F}}), (Labels{0, 1, 1}));
  EXPECT_EQ(refused([] { (void)Labels::from_rows(Tensor{1, 2}); }),
            "nn::Labels: rows have shape (2), expected (N, M)");
}

TEST(Labels, AsOneHotRowsAreTheSame) {
  const Labels labels{2, 0, 1};
  const Tensor rows = labels.one_hot(3);
  EXPECT_EQ(rows, (Tensor{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}));
  EXPECT_EQ(Labels::from_rows(rows), labels);
  EXPECT_EQ(labels.one_hot(4).columns(), 4U);
  EXPECT_EQ(refused([&] { (void)labels.one_hot(2); }),
            "nn::Labels: label of sample 0 is 2, expected 0 to 1");
  EXPECT_EQ(refused([] { (void)Labels{}.one_hot(2); }),
            "nn::Shape: axis 0 has length 0, expected at least 1");
}

TEST(Labels, AreGatheredOverOthers) {
  const std::vector<std::size_t> places{2, 0, 2};
  Labels to{9};
  Labels{5, 6, 7}.select(places, to);
  EXPECT_EQ(to, (Labels{7, 5, 7}));
}

// --------------------------------------------------------------------------------------- targets

TEST(Targets, AreLabelsOrOutputs) {
  const Targets labels = Labels{1, 0};
  EXPECT_TRUE(labels.are_labels());
  EXPECT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels.labels(), (Labels{1, 0}));
  EXPECT_EQ(refused([&] { (void)labels.outputs(); }),
            "nn::Targets: outputs() was called, but the targets are labels");
  const Targets outputs = Tensor{{1, 2}, {3, 4}, {5, 6}};
  EXPECT_FALSE(outputs.are_labels());
  EXPECT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs.outputs()(2, 1), 6);
  EXPECT_EQ(refused([&] { (void)outputs.labels(); }),
            "nn::Targets: labels() was called, but the targets are a tensor of outputs");
  EXPECT_EQ(Targets{}.size(), 0U);
  EXPECT_NE(labels, outputs);
  EXPECT_EQ(labels, (Targets{Labels{1, 0}}));
}

TEST(Targets, NameAClassForEverySample) {
  EXPECT_EQ((Targets{Labels{2, 1}}.classes()), (Labels{2, 1}));
  EXPECT_EQ((Targets{Tensor{{0, 1}, {1, 0}}}.classes()), (Labels{1, 0}));
  EXPECT_EQ((Targets{Tensor{{0.25F}, {1}}}.classes()), (Labels{0, 1}));
  EXPECT_EQ((Targets{Tensor{0.25F, 1}}.classes()), (Labels{0, 1}));
}

TEST(Targets, SayWhatEveryOutputShouldBe) {
  const Targets labels = Labels{2, 0};
  EXPECT_EQ(labels.wanted(0, 2, 3), 1);
  EXPECT_EQ(labels.wanted(0, 1, 3), 0);
  EXPECT_EQ(labels.wanted(1, 0, 3), 1);
  const Targets binary = Labels{1, 0};
  EXPECT_EQ(binary.wanted(0, 0, 1), 1);
  EXPECT_EQ(binary.wanted(1, 0, 1), 0);
  const Targets outputs = Tensor{{1, 2}, {3, 4}};
  EXPECT_EQ(outputs.wanted(1, 0, 2), 3);
  EXPECT_EQ((Targets{Tensor{5, 6}}.wanted(1, 0, 1)), 6);
}

std::string misfit(const Targets& targets, const Shape& predictions) {
  return refused([&] { targets.check_fit("Cost", predictions); });
}

TEST(Targets, FitPredictions) {
  EXPECT_EQ(misfit(Labels{2, 0}, Shape{2, 3}), "");
  EXPECT_EQ(misfit(Labels{1, 0}, Shape{2, 1}), "");
  EXPECT_EQ(misfit(Tensor{{1, 2}, {3, 4}}, Shape{2, 2}), "");
  EXPECT_EQ(misfit(Tensor{1, 2}, Shape{2, 1}), "");
}

TEST(Targets, AreRefusedIfTheyDoNotFit) {
  const auto shapes = [](const std::string& predictions, const std::string& targets) {
    return "nn::Cost: predictions have shape " + predictions + " and targets " + targets +
           ", expected (B, M) and B labels or (B, M)";
  };
  EXPECT_EQ(misfit(Labels{1, 0}, Shape{3, 2}), shapes("(3, 2)", "are 2 labels"));
  EXPECT_EQ(misfit(Labels{1, 0}, Shape{2}), shapes("(2)", "are 2 labels"));
  EXPECT_EQ(misfit(Tensor{{1, 2}, {3, 4}}, Shape{2, 3}), shapes("(2, 3)", "(2, 2)"));
  EXPECT_EQ(misfit(Tensor{1, 2}, Shape{2, 2}), shapes("(2, 2)", "(2)"));
  EXPECT_EQ(misfit(Tensor{1, 2}, Shape{2}), shapes("(2)", "(2)"));
  EXPECT_EQ(misfit(Labels{1, 3, 0}, Shape{3, 3}),
            "nn::Cost: label of sample 1 is 3, expected 0 to 2");
  EXPECT_EQ(misfit(Labels{1, 2}, Shape{2, 1}), "nn::Cost: label of sample 1 is 2, expected 0 to 1");
}

TEST(Targets, AreGatheredOverOthersOfEitherKind) {
  const std::vector<std::size_t> places{1, 1};
  Targets to = Tensor{{1}};
  Targets{Labels{5, 6}}.select(places, to);
  EXPECT_EQ(to, (Targets{Labels{6, 6}}));
  Targets{Tensor{{1, 2}, {3, 4}}}.select(places, to);
  EXPECT_EQ(to, (Targets{Tensor{{3, 4}, {3, 4}}}));
}

// ------------------------------------------------------------------------------------------ sets

/// Sample i is the row (i, 10 i) of class i mod 3.
Dataset numbered(std::size_t count) {
  Labels labels;
  Tensor inputs{Shape{count, 2}};
  for (std::size_t i = 0; i < count; ++i) {
    inputs(i, 0) = static_cast<real>(i);
    inputs(i, 1) = static_cast<real>(10 * i);
    labels.push_back(i % 3);
  }
  return {.inputs = std::move(inputs), .targets = std::move(labels)};
}

/// Which samples of a numbered set these are; fails where a row was separated from its target.
std::vector<std::size_t> numbers_of(const Dataset& set) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto number = static_cast<std::size_t>(set.inputs(i, 0));
    EXPECT_EQ(set.inputs(i, 1), 10 * set.inputs(i, 0));
    EXPECT_EQ(set.targets.labels()[i], number % 3);
    numbers.push_back(number);
  }
  return numbers;
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

/// Three inputs, but targets for two.
Dataset uneven() { return {.inputs = Tensor{{1}, {2}, {3}}, .targets = Labels{1, 2}}; }

TEST(Dataset, HasParts) {
  const Dataset set = numbered(7);
  EXPECT_EQ(set.size(), 7U);
  EXPECT_EQ(numbers_of(set.part(2, 3)), (std::vector<std::size_t>{2, 3, 4}));
  EXPECT_EQ(numbers_of(set.part(6, 1)), (std::vector<std::size_t>{6}));
  EXPECT_EQ(numbers_of(set.first(2)), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(numbers_of(set.first(7)), up_to(7));
  const Dataset regression{.inputs = Tensor{{1}, {2}, {3}}, .targets = Tensor{{4}, {5}, {6}}};
  EXPECT_EQ(regression.part(1, 2).targets, (Targets{Tensor{{5}, {6}}}));
  EXPECT_EQ(Dataset{}.size(), 0U);
}

TEST(Dataset, RefusesPartsThatItDoesNotHave) {
  const Dataset set = numbered(7);
  EXPECT_EQ(refused([&] { (void)set.part(5, 3); }),
            "nn::Dataset: 3 samples starting at 5, expected 1 or more, all within the set's 7");
  EXPECT_EQ(refused([&] { (void)set.first(8); }),
            "nn::Dataset: 8 samples starting at 0, expected 1 or more, all within the set's 7");
  EXPECT_EQ(refused([&] { (void)set.first(0); }),
            "nn::Dataset: 0 samples starting at 0, expected 1 or more, all within the set's 7");
  EXPECT_EQ(
      refused([&] { (void)set.part(std::numeric_limits<std::size_t>::max(), 2); }),
      "nn::Dataset: 2 samples starting at 18446744073709551615, expected 1 or more, all within "
      "the set's 7");
  EXPECT_EQ(refused([] { (void)uneven().first(1); }),
            "nn::Dataset: 3 inputs and 2 targets, expected the same number of each");
  EXPECT_EQ(refused([] { (void)Dataset{}.first(1); }),
            "nn::Dataset: 0 samples, expected at least 1");
}

TEST(Gather, TakesSamplesInTheOrderAskedFor) {
  const std::vector<std::size_t> places{3, 0, 3};
  const Dataset set = nn::gather(numbered(4), places);
  EXPECT_EQ(set.inputs, (Tensor{{3, 30}, {0, 0}, {3, 30}}));
  EXPECT_EQ(set.targets, (Targets{Labels{0, 0, 0}}));
}

TEST(Gather, KeepsTheShapeOfImagesAndOfOneHotTargets) {
  Dataset set{.inputs = Tensor{Shape{3, 1, 2, 2}}, .targets = Tensor{{1, 0}, {0, 1}, {1, 0}}};
  for (std::size_t i = 0; i < set.inputs.size(); ++i) set.inputs.data()[i] = static_cast<real>(i);
  const std::vector<std::size_t> places{1, 2};
  const Dataset part = nn::gather(set, places);
  EXPECT_EQ(part.inputs.shape(), (Shape{2, 1, 2, 2}));
  EXPECT_EQ(part.inputs(0, 0, 1, 1), 7);
  EXPECT_EQ(part.inputs(1, 0, 0, 0), 8);
  EXPECT_EQ(part.targets, (Targets{Tensor{{0, 1}, {1, 0}}}));
}

TEST(Gather, UsesTheMemoryOfAnotherSet) {
  const Dataset set = numbered(40);
  Dataset to = set.first(20);
  const real* const memory = to.inputs.data();
  const std::vector<std::size_t> places(20, 39);
  nn::gather(set, places, to);
  EXPECT_EQ(to.inputs.data(), memory);
  EXPECT_EQ(numbers_of(to), std::vector<std::size_t>(20, 39));
}

TEST(Gather, Errors) {
  const auto error = [](const Dataset& set, const std::vector<std::size_t>& places) {
    return refused([&] { (void)nn::gather(set, places); });
  };
  EXPECT_EQ(error(numbered(5), {1, 5}), "nn::gather: index is 5, expected 0 to 4");
  EXPECT_EQ(error(numbered(5), {}), "nn::gather: no indices, expected at least one");
  EXPECT_EQ(error(uneven(), {0}),
            "nn::gather: 3 inputs and 2 targets, expected the same number of each");
  EXPECT_EQ(error(Dataset{}, {0}), "nn::gather: 0 samples, expected at least 1");
}

// ------------------------------------------------------------------------------- chosen classes

// Sample i of numbered() is of class i mod 3.
TEST(ChooseClasses, KeepsTheirSamplesAndNumbersThemInTheOrderGiven) {
  const Dataset set = nn::choose_classes(numbered(7), {2, 0});
  EXPECT_EQ(set.inputs, (Tensor{{0, 0}, {2, 20}, {3, 30}, {5, 50}, {6, 60}}));
  EXPECT_EQ(set.targets, (Targets{Labels{1, 0, 1, 0, 1}}));
  EXPECT_EQ(nn::choose_classes(numbered(7), {1}).targets, (Targets{Labels{0, 0}}));
  EXPECT_EQ(nn::choose_classes(numbered(7), {0, 1, 2}).targets, numbered(7).targets);
}

TEST(ChooseClasses, KeepsTheShapeOfImages) {
  const Dataset set{.inputs = Tensor{Shape{3, 1, 2, 2}}, .targets = Labels{4, 9, 4}};
  EXPECT_EQ(nn::choose_classes(set, {4}).inputs.shape(), (Shape{2, 1, 2, 2}));
}

TEST(ChooseClasses, RefusesWhatCannotBeChosen) {
  const auto error = [](const Dataset& set, const std::vector<std::size_t>& classes) {
    return refused([&] { (void)nn::choose_classes(set, classes); });
  };
  EXPECT_EQ(error(numbered(7), {}), "nn::choose_classes: no classes, expected at least one");
  EXPECT_EQ(error(numbered(7), {0, 1, 0}), "nn::choose_classes: class 0 is listed twice");
  EXPECT_EQ(error(numbered(7), {0, 3}), "nn::choose_classes: the set has no sample of class 3");
  EXPECT_EQ(error(uneven(), {0}),
            "nn::choose_classes: 3 inputs and 2 targets, expected the same number of each");
  EXPECT_EQ(
      error({.inputs = Tensor{{1}, {2}}, .targets = Tensor{{1, 0}, {0, 1}}}, {0}),
      "nn::choose_classes: targets are outputs of shape (2, 2), but choosing classes needs labels");
}

// ----------------------------------------------------------------------------------------- splits

// Together the three sets are the whole, and no sample is in two of them.
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
  EXPECT_EQ(parts.training.size(), 12U);
  EXPECT_EQ(parts.validation.size(), 5U);
  EXPECT_EQ(parts.test.size(), 3U);
  expect_parts(parts, 20);
}

TEST(Split, ByFractions) {
  // 0.26 · 21 = 5.46 and 0.12 · 21 = 2.52 are rounded to the nearest.
  const nn::Split parts = nn::split(numbered(21), nn::Fractions{.validation = 0.26, .test = 0.12});
  EXPECT_EQ(parts.training.size(), 13U);
  EXPECT_EQ(parts.validation.size(), 5U);
  EXPECT_EQ(parts.test.size(), 3U);
  expect_parts(parts, 21);
}

TEST(Split, SetsOfSizeZeroAreEmpty) {
  const nn::Split parts = nn::split(numbered(4), nn::Counts{});
  EXPECT_EQ(parts.training.size(), 4U);
  EXPECT_TRUE(parts.validation.inputs.empty());
  EXPECT_EQ(parts.test.targets.size(), 0U);
}

TEST(Split, IsDeterminedByItsSeed) {
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

TEST(Split, SaysWhichSamplesGoWhere) {
  const Dataset set = numbered(20);
  const nn::Counts sizes{.validation = 5, .test = 3};
  const nn::Split parts = nn::split(set, sizes, {.seed = 4});
  const nn::SplitPlaces places = nn::split_places(set.targets, sizes, {.seed = 4});
  EXPECT_EQ(places.training, numbers_of(parts.training));
  EXPECT_EQ(places.validation, numbers_of(parts.validation));
  EXPECT_EQ(places.test, numbers_of(parts.test));
}

/// How far, at most, the number of samples of any class is from its fraction of these places.
double worst_deviation(const Labels& labels, const std::vector<std::size_t>& places) {
  std::map<std::size_t, double> expected;
  for (const std::size_t label : labels) {
    expected[label] += static_cast<double>(places.size()) / static_cast<double>(labels.size());
  }
  for (const std::size_t place : places) expected[labels[place]] -= 1;
  double worst = 0;
  for (const auto& [label, deviation] : expected) worst = std::max(worst, std::abs(deviation));
  return worst;
}

TEST(Split, StratifiedKeepsTheFractionOfEveryClass) {
  // Seventy samples of class 0, twenty of class 1, ten of class 2.
  Labels labels;
  for (std::size_t i = 0; i < 100; ++i) labels.push_back(i < 70 ? 0 : i < 90 ? 1 : 2);
  const auto places =
      nn::split_places(labels, nn::Counts{.validation = 20, .test = 10}, {.stratified = true});
  EXPECT_LT(worst_deviation(labels, places.training), 1);
  EXPECT_LT(worst_deviation(labels, places.validation), 1);
  EXPECT_LT(worst_deviation(labels, places.test), 1);
}

// Many classes of two samples each, and one large class: if each class were rounded separately, all
// small classes would be rounded in the same way, and the large one would have to compensate.
TEST(Split, StratifiedWorksForManyRareClasses) {
  Labels labels;
  for (std::size_t i = 0; i < 300; ++i) labels.push_back(i < 100 ? 0 : i / 2);
  for (std::size_t size = 1; size < 300; ++size) {
    const auto places =
        nn::split_places(labels, nn::Counts{.validation = size}, {.stratified = true});
    EXPECT_LT(worst_deviation(labels, places.training), 1) << size;
    EXPECT_LT(worst_deviation(labels, places.validation), 1) << size;
  }
}

TEST(Split, Errors) {
  const auto error = [](const auto& sizes) {
    return refused([&] { (void)nn::split(numbered(10), sizes); });
  };
  EXPECT_EQ(error(nn::Counts{.validation = 6, .test = 4}),
            "nn::split: 6 samples for validation and 4 for test leave none of the 10 samples for "
            "training");
  EXPECT_EQ(error(nn::Counts{.validation = 11}),
            "nn::split: 11 samples for validation and 0 for test leave none of the 10 samples for "
            "training");
  EXPECT_EQ(error(nn::Fractions{.validation = 0.5, .test = 0.5}),
            "nn::split: 5 samples for validation and 5 for test leave none of the 10 samples for "
            "training");
  EXPECT_EQ(error(nn::Fractions{.validation = 1}),
            "nn::split: fraction for validation is 1, expected at least 0 and below 1");
  EXPECT_EQ(error(nn::Fractions{.test = -0.5}),
            "nn::split: fraction for test is -0.5, expected at least 0 and below 1");
  EXPECT_EQ(error(nn::Fractions{.test = NAN}),
            "nn::split: fraction for test is nan, expected at least 0 and below 1");
  EXPECT_EQ(refused([] { (void)nn::split(uneven(), nn::Counts{.validation = 1}); }),
            "nn::split: 3 inputs and 2 targets, expected the same number of each");
}

TEST(Split, StratifiedNeedsLabels) {
  EXPECT_EQ(
      refused([] {
        (void)nn::split_places(Tensor{{1, 0}, {0, 1}, {1, 0}}, nn::Counts{.validation = 1},
                               {.stratified = true});
      }),
      "nn::split: targets are outputs of shape (3, 2), but stratified splitting needs labels");
}

}  // namespace
