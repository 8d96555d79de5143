// nn.reporter: its output during training, and how Ctrl-C ends training.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dataset;
using nn::real;
using nn::Tensor;
using nn::test::clouds;
using nn::test::small_network;

nn::Trainer quiet_trainer(nn::Sequential& network, real rate = real(0.1)) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = rate}}};
  trainer.watch(nn::Accuracy{});
  return trainer;
}

/// The cost of a network that has diverged, slow enough for every batch to be shown.
struct HugeSlowCost : nn::SoftmaxCrossEntropy {
  static double value(const Tensor& /*logits*/, const nn::Targets& /*targets*/) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    return 1e30;
  }
};

/// The terminal for a call.
struct Screen {
  unsigned short columns = 0;  ///< As the terminal says; 0 if it does not know.
  std::string kind = "xterm";  ///< The value of TERM.
  std::string given = "";      ///< The value of COLUMNS.
};

/// An environment variable that is set while this exists.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_{name} {
    if (const char* const before = std::getenv(name)) before_ = before;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// The output of a call on a pseudo-terminal; nothing if the system has none.
template <class Call>
std::optional<std::string> shown_on_a_terminal(Call&& call, const Screen& seen = {}) {
  const Variable kind{"TERM", seen.kind};
  const Variable given{"COLUMNS", seen.given};
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return std::nullopt;
  const int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  if (screen < 0) return std::nullopt;
  const winsize size{.ws_row = 24, .ws_col = seen.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (ioctl(screen, TIOCSWINSZ, &size) != 0) return std::nullopt;
  std::fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  dup2(screen, STDOUT_FILENO);
  call();
  std::fflush(stdout);
  dup2(before, STDOUT_FILENO);
  close(before);
  close(screen);  // the last who could write, so that reading comes to an end
  std::string text;
  std::array<char, 256> part{};
  for (ssize_t got = 0; (got = read(terminal, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  close(terminal);
  return text;
}

/// A cost that is interrupted from the keyboard while the third batch passes.
struct InterruptedCost : nn::SoftmaxCrossEntropy {
  static inline int batches = 0;
  static Tensor gradient(const Tensor& logits, const nn::Targets& targets) {
    if (++batches == 3) static_cast<void>(std::raise(SIGINT));
    return nn::SoftmaxCrossEntropy::gradient(logits, targets);
  }
};

TEST(Reporter, PrintsALinePerEpochWithoutATerminal) {
  nn::Sequential network{nn::Dense{2, 3}};  // of zeros, and a rate of 0: cost ln 3, always class 0
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), clouds(30), {.epochs = 2, .batches = {.size = 10}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  1/2  cost 1.0986  accuracy 0.3333 | validation 1.0986  0.3333\n"
            "epoch  2/2  cost 1.0986  accuracy 0.3333 | validation 1.0986  0.3333\n");
}

TEST(Reporter, PrintsWatchedSetsWhereTheyFit) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer = quiet_trainer(network, 0);
  const Dataset few = clouds(4);
  trainer.watch("few", few);
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), nn::TrainingOptions{});
  trainer.fit(clouds(30), clouds(30));
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  1/1  cost 1.0986  accuracy 0.3333 | few 1.0986  0.5000\n"
            "epoch  1/1  cost 1.0986  accuracy 0.3333 | validation 1.0986  0.3333\n"
            "       few  cost 1.0986  accuracy 0.5000\n");
}

TEST(Reporter, BreaksALineThatWouldBeTooLong) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.watch(nn::TopAccuracy{2});
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), clouds(30), {.batches = {.size = 10}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  1/1  cost 1.0986  accuracy 0.3333  top_2_accuracy 0.6667\n"
            "validation  cost 1.0986  accuracy 0.3333  top_2_accuracy 0.6667\n");
  EXPECT_EQ(nn::to_line("evaluation", {.cost = std::log(3.0), .metrics = {1.0 / 3, 2.0 / 3, 1}},
                        {"accuracy", "top_2_accuracy", "top_3_accuracy"}),
            "evaluation  cost 1.0986  accuracy 0.3333  top_2_accuracy 0.6667\n"
            "            top_3_accuracy 1.0000");
}

/// What a training of three slow batches draws, one line over the other; nothing if the system has
/// no terminal.
std::vector<std::string> drawn_on(const Screen& screen) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer{network, HugeSlowCost{}, nn::GradientDescent{}};
  trainer.observe(nn::Reporter{});
  const auto train = [&] { trainer.fit(clouds(3), nn::TrainingOptions{.batches = {.size = 1}}); };
  std::vector<std::string> drawn;
  const std::optional<std::string> text = shown_on_a_terminal(train, screen);
  if (!text) return {};
  for (std::size_t from = 0, to = 0; to != std::string::npos; from = to + 4) {
    to = text->find("\r\x1b[K", from);
    drawn.push_back(text->substr(from, to - from));
  }
  return drawn;
}

// A bar that wrapped could not be overwritten.
TEST(Reporter, ShowsABarThatFitsATerminal) {
  const std::vector<std::string> drawn = drawn_on({});
  if (drawn.empty()) GTEST_SKIP() << "no terminal can be opened here";
  ASSERT_EQ(drawn.size(), 5U);  // nothing, three batches, the epoch
  for (const std::string& line : drawn) EXPECT_LT(line.size(), 80U) << line;
  EXPECT_EQ(drawn[1].substr(0, 49), "  1/1 [======              ] 1/3  cost 1.00e+30  ");
  EXPECT_EQ(drawn[3].substr(0, 49), "  1/1 [====================] 3/3  cost 1.00e+30  ");
  EXPECT_EQ(drawn[4], "epoch  1/1  cost 1.00e+30\r\n");
}

TEST(Reporter, ShowsABarAsNarrowAsTheTerminal) {
  const auto check = [](const Screen& screen, std::size_t columns) {
    const std::vector<std::string> drawn = drawn_on(screen);
    ASSERT_EQ(drawn.size(), 5U);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_LT(drawn[i].size(), columns) << drawn[i];
    EXPECT_TRUE(drawn[3].starts_with("  1/1 ")) << drawn[3];
  };
  if (drawn_on({}).empty()) GTEST_SKIP() << "no terminal can be opened here";
  check({.columns = 60}, 60);
  check({.columns = 30, .given = "70"}, 30);  // the terminal itself knows best
  check({.given = "20"}, 20);
  check({.columns = 300}, 80);
}

TEST(Reporter, ShowsNoBarWhereALineCannotBeOverwritten) {
  if (drawn_on({}).empty()) GTEST_SKIP() << "no terminal can be opened here";
  for (const Screen& screen : {Screen{.kind = "dumb"}, Screen{.columns = 1}}) {
    EXPECT_EQ(drawn_on(screen), std::vector<std::string>{"epoch  1/1  cost 1.00e+30\r\n"});
  }
}

// A full disk for the output does not cost the trained network.
TEST(Reporter, LosesWhatItCannotWriteAndTrainsOn) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.observe(nn::Reporter{});
  std::fflush(stdout);
  const int before = dup(STDOUT_FILENO);
  const int full = open("/dev/full", O_WRONLY);
  dup2(full, STDOUT_FILENO);
  const std::size_t epochs = trainer.fit(clouds(30), {.epochs = 5}).epochs.size();
  dup2(before, STDOUT_FILENO);
  close(before);
  close(full);
  std::clearerr(stdout);
  EXPECT_EQ(epochs, 5U);
}

TEST(Reporter, IsNeededForABar) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const std::optional<std::string> shown =
      shown_on_a_terminal([&] { trainer.fit(clouds(30), {.batches = {.size = 10}}); });
  if (!shown) GTEST_SKIP() << "no terminal can be opened here";
  EXPECT_EQ(*shown, "");
}

TEST(Reporter, IsNeededForAnyOutput) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), clouds(30), {.batches = {.size = 10}});
  EXPECT_GT(trainer.evaluate(clouds(30)).cost, 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Reporter, EndsAfterTheCurrentBatchWhenInterrupted) {
  InterruptedCost::batches = 0;
  nn::Sequential network = small_network();
  nn::Trainer trainer{network, InterruptedCost{}, nn::GradientDescent{}};
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  const nn::History history =
      trainer.fit(clouds(60), clouds(30), {.epochs = 5, .batches = {.size = 10}});
  EXPECT_TRUE(history.interrupted());
  ASSERT_EQ(history.epochs.size(), 1U);
  EXPECT_EQ(history.epochs[0].samples, 30U);
  EXPECT_GT(history.epochs[0].validation.cost, 0);
  EXPECT_FALSE(trainer.fit(clouds(60), {.batches = {.size = 10}}).interrupted());
  EXPECT_NE(testing::internal::GetCapturedStdout().find(
                "\ninterrupted in epoch 1, batch 3/6: the network keeps its last weights\n"),
            std::string::npos);
}

// Between two epochs there is no current batch, so no empty epoch may follow.
TEST(Reporter, EndsAfterTheEpochWhenInterruptedBetweenTwo) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.on_epoch([](const nn::Epoch& epoch) {
    if (epoch.number == 2) static_cast<void>(std::raise(SIGINT));
  });
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  const nn::History history = trainer.fit(clouds(60), {.epochs = 5, .batches = {.size = 10}});
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(history.interrupted());
  ASSERT_EQ(history.epochs.size(), 2U);
  EXPECT_EQ(history.epochs[1].samples, 60U);
  EXPECT_TRUE(text.ends_with("\ninterrupted: the network keeps its last weights\n")) << text;
}

// Ctrl-C reaches the outer of two trainings, too: the inner one's end does not take it away.
TEST(Reporter, MayTrainAnotherNetworkMeanwhile) {
  nn::Sequential outer = small_network();
  nn::Sequential inner = small_network();
  nn::Trainer outer_trainer = quiet_trainer(outer);
  nn::Trainer inner_trainer = quiet_trainer(inner);
  inner_trainer.observe(nn::Reporter{});
  outer_trainer.on_epoch([&](const nn::Epoch& /*epoch*/) {
    EXPECT_FALSE(inner_trainer.fit(clouds(30), {.batches = {.size = 10}}).interrupted());
    static_cast<void>(std::raise(SIGINT));
  });
  outer_trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  const nn::History history = outer_trainer.fit(clouds(30), {.epochs = 5, .batches = {.size = 10}});
  static_cast<void>(testing::internal::GetCapturedStdout());
  EXPECT_TRUE(history.interrupted());
  EXPECT_EQ(history.epochs.size(), 1U);
}

TEST(ReporterDeathTest, SecondCtrlCEndsTheProgram) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.on_epoch([](const nn::Epoch& /*epoch*/) {
    static_cast<void>(std::raise(SIGINT));
    static_cast<void>(std::raise(SIGINT));
  });
  trainer.observe(nn::Reporter{});
  EXPECT_EXIT(trainer.fit(clouds(30), {.batches = {.size = 10}}), testing::KilledBySignal(SIGINT),
              "");
}

volatile std::sig_atomic_t own_handler_calls = 0;

TEST(Reporter, MayBeQuietAndStillStop) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.on_epoch([](const nn::Epoch& /*epoch*/) { static_cast<void>(std::raise(SIGINT)); });
  trainer.observe(nn::Reporter{false});
  testing::internal::CaptureStdout();
  EXPECT_TRUE(trainer.fit(clouds(30), {.epochs = 5}).interrupted());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Reporter, RestoresWhatCtrlCDidBefore) {
  const auto before = std::signal(SIGINT, [](int) { own_handler_calls = own_handler_calls + 1; });
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), {.batches = {.size = 10}});
  static_cast<void>(testing::internal::GetCapturedStdout());
  static_cast<void>(std::raise(SIGINT));
  EXPECT_EQ(own_handler_calls, 1);
  static_cast<void>(std::signal(SIGINT, before));
}

// An exception that ends a training takes the handler away with it.
TEST(Reporter, RestoresCtrlCAfterAnExceptionToo) {
  const auto before = std::signal(SIGINT, [](int) { own_handler_calls = own_handler_calls + 1; });
  own_handler_calls = 0;
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.on_epoch([](const nn::Epoch& /*epoch*/) { throw 1; });
  trainer.observe(nn::Reporter{});
  EXPECT_THROW(trainer.fit(clouds(30)), int);
  static_cast<void>(std::raise(SIGINT));
  EXPECT_EQ(own_handler_calls, 1);
  static_cast<void>(std::signal(SIGINT, before));
}

}  // namespace
