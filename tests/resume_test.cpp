// Training that is killed resumes where it was, with the same bits; a full disk is reported.

#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

import nn.random;
import nn.test;

namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// One run of the program after the other, on the same checkpoint.
class Resumed : public nn::test::Folder, public testing::Test {
 protected:
  /// @param largest_file In bytes; 0: no limit.
  [[nodiscard]] pid_t start(const std::string& name, int threads, rlim_t largest_file = 0) const {
    const std::string checkpoint = path(name + ".checkpoint");
    const std::string result = path(name);
    const std::string count = std::to_string(threads);
    const std::string error = path(name + ".error");
    const pid_t child = fork();
    if (child != 0) return child;
    if (largest_file > 0) {  // what a full disk does: a write in the middle fails
      const rlimit limit{.rlim_cur = largest_file, .rlim_max = largest_file};
      setrlimit(RLIMIT_FSIZE, &limit);
      std::signal(SIGXFSZ, SIG_IGN);
    }
    if (freopen("/dev/null", "w", stdout) == nullptr) _exit(9);
    if (freopen(error.c_str(), "w", stderr) == nullptr) _exit(9);
    execl(NN_PROGRAM, NN_PROGRAM, checkpoint.c_str(), result.c_str(), count.c_str(), nullptr);
    _exit(9);
  }

  /// @return Its status; −1 if a signal ended it.
  static int end_of(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void expect_the_same_bits(const std::string& a, const std::string& b) const {
    EXPECT_FALSE(contents(path(a)).empty());
    EXPECT_EQ(contents(path(a + ".csv")), contents(path(b + ".csv")));
    EXPECT_TRUE(contents(path(a)) == contents(path(b)));
  }
};

// Every run has a different number of threads. If training ends before a hundred kills, it starts
// again.
TEST_F(Resumed, AHundredTimesAfterAKillToTheSameBits) {
  constexpr int wanted = 100;
  ASSERT_EQ(end_of(start("whole", 2)), 0) << contents(path("whole.error"));
  nn::Random random{1};
  int kills = 0;
  int trainings = 1;
  while (kills < wanted) {
    const pid_t child = start("killed", 1 + kills % 3);
    std::this_thread::sleep_for(std::chrono::duration<double>{random.uniform(0, 0.08)});
    kill(child, SIGKILL);
    const int status = end_of(child);
    ASSERT_TRUE(status == -1 || status == 0) << contents(path("killed.error"));
    if (status == -1) {
      ++kills;
      continue;
    }
    expect_the_same_bits("killed", "whole");
    fs::remove(path("killed.checkpoint"));
    ++trainings;
  }
  ASSERT_EQ(end_of(start("killed", 2)), 0) << contents(path("killed.error"));
  expect_the_same_bits("killed", "whole");
  fmt::print("{} kills survived in {} trainings\n", kills, trainings);
}

TEST_F(Resumed, AfterTheDiskWasFull) {
  ASSERT_EQ(end_of(start("whole", 1)), 0) << contents(path("whole.error"));
  const rlim_t enough = fs::file_size(path("whole.checkpoint"));
  EXPECT_EQ(end_of(start("full", 1, enough - 1'000)), 1);
  EXPECT_EQ(
      contents(path("full.error")),
      "nn::Checkpoints: cannot write " + path("full.checkpoint").string() + ": File too large\n");
  EXPECT_TRUE(fs::exists(path("full.checkpoint")));  // the one before
  const auto is_part = [](const fs::directory_entry& file) {
    return file.path().filename().string().starts_with("full.checkpoint.part");
  };
  EXPECT_TRUE(std::ranges::none_of(fs::directory_iterator{path("")}, is_part));
  EXPECT_EQ(end_of(start("full", 1)), 0) << contents(path("full.error"));
  expect_the_same_bits("full", "whole");
}

}  // namespace
