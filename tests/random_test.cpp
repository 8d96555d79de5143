// nn.random: published test vectors, recorded numbers, and statistics over many numbers.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

import nn.random;
import nn.test;

namespace {

using nn::Random;
using nn::test::error_of;

// Can be used wherever the standard library takes a generator.
static_assert(std::uniform_random_bit_generator<Random>);

// The known answers of the authors of Philox4x32-10 (Random123, kat_vectors): of the four words of
// a block, at() gives the first two. Computed by the compiler, so wrong numbers do not even build.
static_assert(Random{0, 0}.at(0) == 0xe169c58d'6627e8d5);
static_assert(Random{~0ULL, ~0ULL}.at(~0ULL) == 0x41c83b0e'408f276d);
static_assert(Random{0x299f31d0'a4093822, 0x03707344'13198a2e}.at(0x85a308d3'243f6a88) ==
              0x94fdcceb'd16cfe09);

/// The first numbers of a generator.
template <class Draw>
auto drawn(std::size_t count, Draw draw) {
  std::vector<decltype(draw())> numbers(count);
  std::ranges::generate(numbers, draw);
  return numbers;
}

TEST(Random, FillsWithTheNumbersAtPlaces) {
  const nn::Random random{7, 3};
  std::vector<std::uint64_t> bits(37);
  random.fill(0xFFFFFFF0, bits);  // the upper half of the place changes on the way
  for (std::size_t i = 0; i < bits.size(); ++i) EXPECT_EQ(bits[i], random.at(0xFFFFFFF0 + i));
}

TEST(Random, GivesTheKnownAnswersOfPhilox) {
  EXPECT_EQ((Random{0, 0}.at(0)), 0xe169c58d'6627e8d5);
  EXPECT_EQ((Random{~0ULL, ~0ULL}.at(~0ULL)), 0x41c83b0e'408f276d);
  EXPECT_EQ((Random{0x299f31d0'a4093822, 0x03707344'13198a2e}.at(0x85a308d3'243f6a88)),
            0x94fdcceb'd16cfe09);
}

TEST(Random, CanBeEnteredAnywhere) {
  Random random{42};
  const auto sequence = drawn(100, std::ref(random));
  for (std::size_t i = 0; i < sequence.size(); ++i) EXPECT_EQ(Random{42}.at(i), sequence[i]);
}

// A copy of seed, stream and the count of numbers resumes the sequence.
TEST(Random, IsThreeWords) {
  Random random = Random{42}.stream(3);
  (void)random();
  (void)random();
  EXPECT_EQ(random.words()[0], 42U);
  EXPECT_EQ(random.words()[2], 2U);
  Random other{0};
  std::ranges::copy(random.words(), other.words().begin());
  EXPECT_EQ(other(), random());
  EXPECT_EQ(other.uniform(), random.uniform());
  other.words()[2] = 0;
  EXPECT_EQ(other(), Random{42}.stream(3).at(0));
}

TEST(Random, IsAValue) {
  Random random{42};
  (void)random();
  Random copy = random;
  EXPECT_EQ(copy(), random());
}

TEST(Random, HasOneSequenceForEverySeedAndStream) {
  std::set<std::uint64_t> seen;
  for (const std::uint64_t seed : {0U, 1U, 2U, 42U}) {
    for (const std::uint64_t stream : {0U, 1U, 2U, 3U}) {
      Random random = Random{seed}.stream(stream);
      for (int i = 0; i < 100; ++i) seen.insert(random());
    }
  }
  EXPECT_EQ(seen.size(), 1600U);  // none of them met another's numbers
}

TEST(Random, BeginsAStreamAtItsFirstNumber) {
  Random random{42};
  (void)random();
  EXPECT_EQ(random.stream(3)(), Random{42}.stream(3).at(0));
}

TEST(Random, GivesStreamsOfStreams) {
  const Random random{42};
  std::set<std::uint64_t> first{random.at(0)};
  for (const std::uint64_t outer : {0U, 1U, 2U}) {
    first.insert(random.stream(outer).at(0));
    for (const std::uint64_t inner : {0U, 1U, 2U}) {
      first.insert(random.stream(outer).stream(inner).at(0));
    }
  }
  EXPECT_EQ(first.size(), 1U + 3U + 9U);
}

// Recorded: to the last bit the same with every compiler on every machine, or the experiments of
// the book could not be repeated. (Correctly rounded logarithms and cosines would give the same
// numbers up to a difference of 4 in the last place.)
TEST(Random, RepeatsUniformNumbersToTheLastBit) {
  Random random{42};
  EXPECT_EQ(drawn(4, [&] { return random.uniform(); }),
            (std::vector<double>{0x1.dfd524ee73abcp-2, 0x1.4ee9b3f7f36c8p-2, 0x1.510ebb97a6d80p-1,
                                 0x1.575e1b57758e0p-1}));
  EXPECT_EQ(drawn(4, [&] { return random.uniform(-0.1, 0.7); }),
            (std::vector<double>{0x1.2479178885b36p-1, 0x1.14048ba86a3efp-3, 0x1.fa60d3ba5250ap-2,
                                 0x1.cfceb688b1899p-3}));
}

TEST(Random, RepeatsNormalNumbersToTheLastBit) {
  Random random{42};
  EXPECT_EQ(
      drawn(6, [&] { return random.normal(); }),
      (std::vector<double>{-0x1.0c00dff6c2db9p-1, -0x1.66d5a2125598ap-1, -0x1.07f702e3b57a4p-1,
                           -0x1.61a1985b3590ap+0, -0x1.b558c2b89b638p-2, -0x1.5cfc6340b5f56p+0}));
  EXPECT_EQ(drawn(2, [&] { return random.normal(0.3, 0.7); }),
            (std::vector<double>{-0x1.0144af2397ec4p-3, -0x1.4d3fad89ae303p-2}));
}

TEST(Random, RepeatsOrders) {
  EXPECT_EQ(Random{42}.permutation(10), (std::vector<std::size_t>{2, 8, 7, 0, 1, 6, 4, 5, 3, 9}));
}

// The bounds below are four standard deviations of the measured values; with a fixed seed, they
// always hold.
TEST(Random, SpreadsUniformNumbersEvenly) {
  constexpr int count = 100'000;
  Random random{1};
  std::array<int, 10> tenths{};
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ++tenths.at(static_cast<std::size_t>(u * 10));
    sum += u;
  }
  EXPECT_NEAR(sum / count, 0.5, 4 * std::sqrt(1.0 / 12 / count));
  for (const int tenth : tenths) EXPECT_NEAR(tenth, count / 10, 4 * std::sqrt(count * 0.1 * 0.9));
}

TEST(Random, StaysBetweenLowAndHigh) {
  Random random{1};
  const auto numbers = drawn(100'000, [&] { return random.uniform(-3, 5); });
  const auto [least, largest] = std::ranges::minmax(numbers);
  EXPECT_GE(least, -3);
  EXPECT_LT(least, -2.99);
  EXPECT_LT(largest, 5);
  EXPECT_GT(largest, 4.99);
  EXPECT_EQ(random.uniform(2, 2), 2);
}

TEST(Random, HasTheMomentsOfTheNormalDistribution) {
  constexpr int count = 100'000;
  Random random{1};
  std::array<double, 5> moment{};
  int within_one = 0;
  for (int i = 0; i < count; ++i) {
    const double x = random.normal();
    for (std::size_t k = 1; k <= 4; ++k) moment.at(k) += std::pow(x, k) / count;
    within_one += std::abs(x) < 1 ? 1 : 0;
  }
  const double error = 4 / std::sqrt(count);
  EXPECT_NEAR(moment[1], 0, error);
  EXPECT_NEAR(moment[2], 1, error * std::sqrt(2));
  EXPECT_NEAR(moment[3], 0, error * std::sqrt(15));
  EXPECT_NEAR(moment[4], 3, error * std::sqrt(96));
  EXPECT_NEAR(within_one / double{count}, 0.682689, error * std::sqrt(0.683 * 0.317));
}

TEST(Random, ShiftsAndScalesNormalNumbers) {
  Random standard{9};
  Random shifted{9};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(shifted.normal(5, 2), 5 + 2 * standard.normal());
  EXPECT_EQ(shifted.normal(3, 0), 3);
}

TEST(Random, FavorsNoNumberBelowABound) {
  constexpr int count = 70'000;
  Random random{1};
  std::array<int, 7> counts{};
  for (int i = 0; i < count; ++i) ++counts.at(random.below(7));
  for (const int n : counts)
    EXPECT_NEAR(n, count / 7, 4 * std::sqrt(count * (1 / 7.0) * (6 / 7.0)));
}

// Here a plain remainder would give the lower third of the numbers twice as often as the rest.
TEST(Random, FavorsNoNumberBelowAVeryLargeBound) {
  constexpr std::size_t bound = 3ULL << 62U;
  constexpr int count = 30'000;
  Random random{1};
  int lowest_third = 0;
  for (int i = 0; i < count; ++i) {
    const std::size_t number = random.below(bound);
    ASSERT_LT(number, bound);
    lowest_third += number < bound / 3 ? 1 : 0;
  }
  EXPECT_NEAR(lowest_third, count / 3, 4 * std::sqrt(count * (1 / 3.0) * (2 / 3.0)));
}

TEST(Random, HasOneNumberBelowOneAndNoneBelowZero) {
  Random random{1};
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)random.below(0); }),
            "nn::Random::below: bound is 0, expected at least 1");
}

TEST(Random, PermutesEveryNumberOnce) {
  auto order = Random{5}.permutation(1000);
  std::vector<std::size_t> sorted(1000);
  std::iota(sorted.begin(), sorted.end(), std::size_t{0});
  EXPECT_NE(order, sorted);
  std::ranges::sort(order);
  EXPECT_EQ(order, sorted);
  EXPECT_TRUE(Random{5}.permutation(0).empty());
  EXPECT_EQ(Random{5}.permutation(1), std::vector<std::size_t>{0});
}

TEST(Random, FavorsNoOrder) {
  constexpr int count = 24'000;
  Random random{1};
  std::map<std::vector<std::size_t>, int> orders;
  for (int i = 0; i < count; ++i) ++orders[random.permutation(4)];
  EXPECT_EQ(orders.size(), 24U);
  for (const auto& [order, n] : orders) {
    EXPECT_NEAR(n, count / 24, 4 * std::sqrt(count * (1 / 24.0) * (23 / 24.0)));
  }
}

}  // namespace
