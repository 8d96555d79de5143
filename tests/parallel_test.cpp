// nn.parallel: every round runs once, errors reach the caller, nested loops, loops from many
// threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

import nn.parallel;
import nn.test;

namespace {

using nn::test::error_of;

/// Each test runs on 4 threads, however many the machine has, and leaves the number as it was.
class Parallel : public testing::Test {
 protected:
  void SetUp() override { nn::set_threads(4); }
  void TearDown() override { nn::set_threads(before_); }

 private:
  std::size_t before_ = nn::threads();
};

/// How often each round of a loop ran.
std::vector<int> runs_of_each(std::size_t rounds) {
  std::vector<std::atomic<int>> runs(rounds);
  nn::parallel_for(rounds, [&](std::size_t round) { ++runs[round]; });
  return {runs.begin(), runs.end()};
}

TEST_F(Parallel, RunsEveryRoundOnce) {
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    nn::set_threads(threads);
    for (const std::size_t rounds : {0U, 1U, 2U, 7U, 1000U}) {
      EXPECT_EQ(runs_of_each(rounds), std::vector<int>(rounds, 1))
          << rounds << " rounds on " << threads << " threads";
    }
  }
}

TEST_F(Parallel, RunsOneLoopAfterTheOther) {
  std::vector<int> sums(5);
  for (int loop = 0; loop < 500; ++loop) {
    nn::parallel_for(sums.size(), [&](std::size_t round) { ++sums[round]; });
  }
  EXPECT_EQ(sums, std::vector<int>(5, 500));
}

// The rule of the module: each round writes to its own place, and the places are added up in order.
TEST_F(Parallel, GivesTheSameOnAnyNumberOfThreads) {
  EXPECT_TRUE(nn::test::same_on_any_threads([] {
    std::vector<float> parts(100);
    nn::parallel_for(parts.size(), [&](std::size_t round) {
      for (int i = 1; i < 1000; ++i) parts[round] += 1 / static_cast<float>(i + 7 * int(round));
    });
    return std::accumulate(parts.begin(), parts.end(), 0.0F);
  }));
}

TEST_F(Parallel, HandsAnExceptionToTheCaller) {
  const auto fail_in_round_3 = [](std::size_t round) {
    if (round == 3) throw std::runtime_error("round 3 failed");
  };
  for (const std::size_t threads : {1U, 2U, 8U}) {
    nn::set_threads(threads);
    for (int again = 0; again < 50; ++again) {
      EXPECT_EQ(error_of<std::runtime_error>([&] { nn::parallel_for(100, fail_in_round_3); }),
                "round 3 failed");
      EXPECT_EQ(runs_of_each(20), std::vector<int>(20, 1));  // the next loop is whole again
    }
  }
}

TEST_F(Parallel, HandsOnOneOfManyExceptions) {
  EXPECT_EQ(error_of<std::runtime_error>([] {
              nn::parallel_for(100, [](std::size_t) { throw std::runtime_error("every round"); });
            }),
            "every round");
}

TEST_F(Parallel, RunsALoopInsideALoop) {
  std::vector<int> sums(40);
  nn::parallel_for(sums.size(), [&](std::size_t outer) {
    nn::parallel_for(25, [&](std::size_t inner) { sums[outer] += static_cast<int>(inner); });
  });
  EXPECT_EQ(sums, std::vector<int>(40, 300));
}

TEST_F(Parallel, HandsOnAnExceptionOfAnInnerLoop) {
  EXPECT_EQ(error_of<std::runtime_error>([] {
              nn::parallel_for(8, [](std::size_t) {
                nn::parallel_for(8, [](std::size_t) { throw std::runtime_error("inner"); });
              });
            }),
            "inner");
}

TEST_F(Parallel, RunsLoopsOfSeveralThreadsAtOnce) {
  std::vector<int> wrong(4);
  std::vector<std::thread> callers;
  callers.reserve(wrong.size());
  for (int& count : wrong) {
    callers.emplace_back([&count] {
      for (int loop = 0; loop < 200; ++loop) {
        count += runs_of_each(30) == std::vector<int>(30, 1) ? 0 : 1;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST_F(Parallel, CallsTheBodyItself) {
  struct Counter {
    std::atomic<int> calls = 0;
    void operator()(std::size_t /*round*/) { ++calls; }
  };
  Counter counter;
  nn::parallel_for(10, counter);  // not a copy of it
  EXPECT_EQ(counter.calls, 10);
  const std::function<void(std::size_t)> constant = [&](std::size_t) { ++counter.calls; };
  nn::parallel_for(10, constant);
  EXPECT_EQ(counter.calls, 20);
}

TEST_F(Parallel, HasTheThreadsItWasGiven) {
  nn::set_threads(3);
  EXPECT_EQ(nn::threads(), 3U);
  nn::set_threads(1024);  // takes effect only when a loop runs
  EXPECT_EQ(nn::threads(), 1024U);
}

TEST_F(Parallel, RefusesOtherNumbersOfThreads) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { nn::set_threads(0); }),
            "nn::set_threads: 0 threads, expected 1 to 1024");
  EXPECT_EQ(error_of<std::invalid_argument>([] { nn::set_threads(1025); }),
            "nn::set_threads: 1025 threads, expected 1 to 1024");
  EXPECT_EQ(nn::threads(), 4U);
}

}  // namespace
