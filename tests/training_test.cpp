// nn.training: small networks that learn, what is told of it, and how it ends.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

import nn;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::Dataset;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

const Dataset exclusive_or{.inputs = Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
                           .targets = Tensor{0, 1, 1, 0}};

/// Three clouds of points, a class each.
Dataset clouds(std::size_t count, std::uint64_t seed = 1) {
  nn::Random random{seed};
  Dataset set{.inputs = Tensor{Shape{count, 2}}, .targets = Tensor{Shape{count}}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t label = i % 3;
    set.inputs(i, 0) = static_cast<real>(random.normal(label == 1 ? 4 : 0, 0.5));
    set.inputs(i, 1) = static_cast<real>(random.normal(label == 2 ? 4 : 0, 0.5));
    set.targets(i) = static_cast<real>(label);
  }
  return set;
}

nn::Sequential small_network(std::uint64_t seed = 3) {
  nn::Random random{seed};
  return nn::Sequential{nn::Dense{2, 8, nn::He{random}}, nn::ReLU{},
                        nn::Dense{8, 3, nn::Glorot{random}}};
}

nn::Trainer quiet_trainer(nn::Sequential& network, real rate = real(0.1)) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = rate}}};
  trainer.watch(nn::Accuracy{});
  trainer.set_quiet(true);
  return trainer;
}

TEST(Training, LearnsExclusiveOr) {
  nn::Random random{5};
  nn::Sequential network{nn::Dense{2, 8, nn::Glorot{random}}, nn::ReLU{},
                         nn::Dense{8, 1, nn::Glorot{random}}, nn::Sigmoid{}};
  nn::Trainer trainer{network, nn::BinaryCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = real(0.02)}}};
  trainer.watch(nn::Accuracy{});
  trainer.set_quiet(true);
  const nn::History history = trainer.fit(exclusive_or, {.epochs = 2'000, .batch_size = 1});
  EXPECT_EQ(history.epochs.back().training.metrics[0], 1);
  EXPECT_EQ(trainer.predict_classes(exclusive_or.inputs), (std::vector<std::size_t>{0, 1, 1, 0}));
}

TEST(Training, LearnsALine) {
  Dataset line{.inputs = nn::test::noise(Shape{64, 1}), .targets = Tensor{Shape{64, 1}}};
  for (std::size_t i = 0; i < 64; ++i) line.targets(i, 0) = 2 * line.inputs(i, 0) - 1;
  nn::Sequential network{nn::Dense{1, 1}};
  nn::Trainer trainer{network, nn::MeanSquaredError{}, nn::Adam{{.learning_rate = real(0.05)}}};
  trainer.set_quiet(true);
  trainer.fit(line, nn::FitOptions{.epochs = 200, .batch_size = 16});
  EXPECT_NEAR(network.layer<nn::Dense>(0).weights()(0, 0), 2, 1e-3);
  EXPECT_NEAR(network.layer<nn::Dense>(0).biases()(0), -1, 1e-3);
}

TEST(Training, SeparatesClouds) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.fit(clouds(90), nn::FitOptions{.epochs = 30, .batch_size = 10});
  EXPECT_EQ(trainer.evaluate(clouds(60, 2)).metrics[0], 1);
}

TEST(Training, AConvolutionalNetworkLearnsDigits) {
  const nn::Split digits = nn::mnist::load(nn::test::mnist_folder(), {.validation = 1'000});
  nn::Random random{1};
  nn::Sequential network{nn::Reshape{1, 28, 28},
                         nn::Convolution{1, 4, {.kernel = 5}, nn::He{random}},
                         nn::ReLU{},
                         nn::MaxPool{2},
                         nn::Flatten{},
                         nn::Dense{576, 10, nn::Glorot{random}}};
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  trainer.set_quiet(true);
  trainer.fit(digits.validation, nn::FitOptions{.epochs = 4, .batch_size = 20});
  EXPECT_GT(trainer.evaluate(digits.test).metrics[0], 0.85);
}

TEST(Training, MeansWeightAShortLastBatchByItsSize) {
  // With a rate of 0 nothing moves, so the epoch's mean is the cost of the whole set.
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, 0);
  const Dataset set = clouds(25);
  const nn::Epoch epoch = trainer.fit(set, nn::FitOptions{.batch_size = 10}).epochs[0];
  const double whole = nn::SoftmaxCrossEntropy::value(network.predict(set.inputs), set.targets);
  EXPECT_NEAR(epoch.training.cost, whole, nn::test::tolerance);
  EXPECT_EQ(epoch.samples, 25U);
  const nn::Epoch dropped =
      trainer.fit(set, nn::FitOptions{.batch_size = 10, .drop_last = true}).epochs[0];
  EXPECT_EQ(dropped.samples, 20U);
}

TEST(Training, TakesAllSamplesWhereThereAreFewerThanABatch) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  EXPECT_EQ(trainer.fit(clouds(5), nn::FitOptions{}).epochs[0].samples, 5U);
}

TEST(Training, EvaluatesInBatchesLikeTheWhole) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const Dataset many = clouds(1'203);  // more than pass through the network at once
  EXPECT_EQ(trainer.predict(many.inputs), network.predict(many.inputs));
  EXPECT_NEAR(trainer.evaluate(many).cost,
              nn::SoftmaxCrossEntropy::value(network.predict(many.inputs), many.targets), 1e-6);
}

// y = 2x of x = 1, 2, 3, where 2, 5, 6 are wanted: errors 0, −1, 0.
TEST(Training, EvaluatesByHand) {
  nn::Sequential network{nn::Dense{Tensor{Shape{1, 1}, real{2}}, Tensor{real{0}}}};
  nn::Trainer trainer{network, nn::MeanSquaredError{}, nn::GradientDescent{}};
  trainer.set_quiet(true);
  const std::vector<real> x{1, 2, 3};
  EXPECT_DOUBLE_EQ(
      trainer.evaluate({.inputs = Tensor{Shape{3, 1}, x}, .targets = Tensor{2, 5, 6}}).cost,
      1.0 / 3);
}

// Precision over a set that passes in several batches is not the mean of the batches' precisions.
TEST(Training, MetricsSeeTheSetAsAWhole) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.watch(nn::Precision{3});
  trainer.watch(nn::F1{3});
  const Dataset many = clouds(1'203);
  nn::ConfusionMatrix matrix{3};
  matrix.add(nn::target_classes(many.targets), trainer.predict_classes(many.inputs));
  EXPECT_EQ(trainer.evaluate(many).metrics,
            (std::vector{matrix.accuracy(), matrix.precision(), matrix.f1()}));
}

TEST(Training, CallsBackAfterEveryEpoch) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  std::vector<std::size_t> seen;
  const nn::History history = trainer.fit(
      clouds(30),
      nn::FitOptions{.epochs = 3, .batch_size = 10, .on_epoch = [&](const nn::Epoch& epoch) {
                       seen.push_back(epoch.number);
                       trainer.set_learning_rate(real(0.5) / 4);
                     }});
  EXPECT_EQ(seen, (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_DOUBLE_EQ(history.epochs[0].learning_rate, double{real(0.1)});
  EXPECT_DOUBLE_EQ(history.epochs[1].learning_rate, 0.125);
}

TEST(Training, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Dataset set{.inputs = nn::test::noise(Shape{60, 144}), .targets = clouds(60).targets};
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    nn::Random random{1};
    nn::Sequential cnn{nn::Reshape{1, 12, 12},
                       nn::Convolution{1, 5, {.kernel = 3}, nn::He{random}},
                       nn::ReLU{},
                       nn::MaxPool{2},
                       nn::Convolution{5, 9, {.kernel = 3}, nn::He{random}},
                       nn::Tanh{},
                       nn::Flatten{},
                       nn::Dense{81, 3, nn::Glorot{random}}};
    nn::Trainer trainer{cnn, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
    trainer.set_quiet(true);
    trainer.fit(set, nn::FitOptions{.epochs = 2, .batch_size = 25, .seed = 4});
    std::vector<Tensor> values;
    for (const nn::Parameter* parameter : cnn.parameters()) values.push_back(parameter->value);
    return values;
  }));
}

// The great-fit network of chapter 10, narrow: the products are large enough for several threads.
TEST(Training, GivesTheSameBitsOnAnyNumberOfThreadsAndOthersFromAnotherSeed) {
  const Dataset set{.inputs = nn::test::noise(Shape{250, 784}), .targets = clouds(250).targets};
  const auto weights = [&](std::uint64_t seed) {
    nn::Random random{1};
    nn::Sequential mlp{nn::Dense{784, 128, nn::He{random}}, nn::ReLU{},
                       nn::Dense{128, 3, nn::Glorot{random}}};
    nn::Trainer trainer{mlp, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
    trainer.set_quiet(true);
    trainer.fit(set, nn::FitOptions{.epochs = 2, .batch_size = 100, .seed = seed});
    return mlp.layer<nn::Dense>(0).weights();
  };
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return weights(4); }));
  EXPECT_FALSE(weights(4) == weights(5));
}

TEST(Training, ClipsGradients) {
  nn::Sequential network = small_network();
  const Tensor before = network.layer<nn::Dense>(2).weights();
  nn::Trainer trainer = quiet_trainer(network, 1);
  trainer.fit(clouds(30), nn::FitOptions{.batch_size = 30, .clip_norm = real(1e-3)});
  double squares = 0;
  const Tensor after = network.layer<nn::Dense>(2).weights();
  for (std::size_t i = 0; i < after.size(); ++i) {
    squares += std::pow(double{after.values()[i]} - double{before.values()[i]}, 2);
  }
  EXPECT_LE(std::sqrt(squares), 1.01e-3);
  EXPECT_GT(squares, 0);
}

// What is told: the history and the printed lines.

nn::History short_history() {
  nn::History history;
  history.metrics = {"accuracy"};
  history.validated = true;
  history.epochs = {{.number = 1,
                     .training = {.cost = 0.5, .metrics = {0.75}},
                     .validation = {.cost = 0.25, .metrics = {0.875}},
                     .seconds = 2,
                     .samples = 60},
                    {.number = 2,
                     .training = {.cost = 0.125, .metrics = {1}},
                     .validation = {.cost = 0.375, .metrics = {0.5}},
                     .seconds = 1,
                     .samples = 60}};
  return history;
}

TEST(History, IsWrittenAsCsv) {
  EXPECT_EQ(short_history().csv(),
            "epoch,training_cost,training_accuracy,validation_cost,validation_accuracy\n"
            "1,0.5,0.75,0.25,0.875\n"
            "2,0.125,1,0.375,0.5\n");
  nn::History alone = short_history();
  alone.validated = false;
  EXPECT_EQ(alone.csv(), "epoch,training_cost,training_accuracy\n1,0.5,0.75\n2,0.125,1\n");
}

TEST(History, IsWrittenAsJson) {
  const auto json = nlohmann::json::parse(short_history().json());
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0]["epoch"], 1);
  EXPECT_EQ(json[0]["training_cost"], 0.5);
  EXPECT_EQ(json[1]["training_accuracy"], 1);
  EXPECT_EQ(json[1]["validation_cost"], 0.375);
  EXPECT_EQ(json[1]["validation_accuracy"], 0.5);
}

TEST(History, JsonOfOneEpoch) {
  nn::History history = short_history();
  history.epochs.pop_back();
  EXPECT_EQ(history.json(),
            "[\n"
            "  {\n"
            "    \"epoch\": 1,\n"
            "    \"training_cost\": 0.5,\n"
            "    \"training_accuracy\": 0.75,\n"
            "    \"validation_cost\": 0.25,\n"
            "    \"validation_accuracy\": 0.875\n"
            "  }\n"
            "]\n");
}

// JSON has no word for what a network that ran away costs.
TEST(History, JsonOfARunawayIsStillJson) {
  nn::History history = short_history();
  history.epochs[1].training.cost = NAN;
  EXPECT_TRUE(nlohmann::json::parse(history.json())[1]["training_cost"].is_null());
}

TEST(History, CountsSecondsAndSamples) {
  EXPECT_EQ(short_history().seconds(), 3);
  EXPECT_EQ(short_history().samples_per_second(), 40);
  EXPECT_EQ(nn::History{}.samples_per_second(), 0);
}

TEST(History, GoesToAFileOrSaysThatItCannot) {
  std::string name = (fs::temp_directory_path() / "nn-history-XXXXXX").string();
  const fs::path folder = mkdtemp(name.data());
  short_history().write_csv(folder / "history.csv");
  std::ifstream in{folder / "history.csv"};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{in}, {}}), short_history().csv());
  const fs::path nowhere = folder / "none" / "history.json";
  EXPECT_EQ(error_of<std::runtime_error>([&] { short_history().write_json(nowhere); }),
            "nn::History: cannot write " + nowhere.string());
  fs::remove_all(folder);
}

TEST(Training, PrintsALineAnEpochWhereNoTerminalIs) {
  nn::Sequential network{nn::Dense{2, 3}};  // of zeros, and a rate of 0: cost ln 3, always class 0
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.set_quiet(false);
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), clouds(30), {.epochs = 2, .batch_size = 10});
  trainer.evaluate(clouds(30));
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  1/2  cost 1.0986  accuracy 0.3333 | validation 1.0986  0.3333\n"
            "epoch  2/2  cost 1.0986  accuracy 0.3333 | validation 1.0986  0.3333\n"
            "evaluation  cost 1.0986  accuracy 0.3333\n");
}

TEST(Training, BreaksALineThatWouldBeTooLong) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.watch(nn::TopAccuracy{2});
  trainer.set_quiet(false);
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), clouds(30), {.batch_size = 10});
  trainer.watch(nn::TopAccuracy{3});
  trainer.evaluate(clouds(30));
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  1/1  cost 1.0986  accuracy 0.3333  top_2_accuracy 0.6667\n"
            "validation  cost 1.0986  accuracy 0.3333  top_2_accuracy 0.6667\n"
            "evaluation  cost 1.0986  accuracy 0.3333  top_2_accuracy 0.6667\n"
            "            top_3_accuracy 1.0000\n");
}

/// The cost of a network that has run away, slow enough for every batch to be shown.
struct HugeSlowCost : nn::SoftmaxCrossEntropy {
  static double value(const Tensor& /*logits*/, const Tensor& /*targets*/) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    return 1e30;
  }
};

/// What a call writes where it believes to write to a terminal; nothing if the system has none.
template <class Call>
std::optional<std::string> shown_on_a_terminal(Call&& call) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return std::nullopt;
  const int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  if (screen < 0) return std::nullopt;
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

// A bar that wrapped could not be overwritten.
TEST(Training, ShowsABarThatFitsATerminal) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer{network, HugeSlowCost{}, nn::GradientDescent{}};
  const std::optional<std::string> shown =
      shown_on_a_terminal([&] { trainer.fit(clouds(3), nn::FitOptions{.batch_size = 1}); });
  if (!shown) GTEST_SKIP() << "no terminal can be opened here";
  const std::string& text = *shown;
  std::vector<std::string> drawn;  // one line over the other
  for (std::size_t from = 0, to = 0; to != std::string::npos; from = to + 4) {
    to = text.find("\r\x1b[K", from);
    drawn.push_back(text.substr(from, to - from));
  }
  ASSERT_EQ(drawn.size(), 5U) << text;  // nothing, three batches, the epoch
  for (const std::string& line : drawn) EXPECT_LT(line.size(), 80U) << line;
  EXPECT_EQ(drawn[1].substr(0, 49), "  1/1 [======              ] 1/3  cost 1.00e+30  ");
  EXPECT_EQ(drawn[3].substr(0, 49), "  1/1 [====================] 3/3  cost 1.00e+30  ");
  EXPECT_EQ(drawn[4], "epoch  1/1  cost 1.00e+30\r\n");
}

TEST(Training, ShowsNoBarWhenQuiet) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const std::optional<std::string> shown =
      shown_on_a_terminal([&] { trainer.fit(clouds(30), {.batch_size = 10}); });
  if (!shown) GTEST_SKIP() << "no terminal can be opened here";
  EXPECT_EQ(*shown, "");
}

TEST(Training, PrintsNothingWhenQuiet) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), clouds(30), {.batch_size = 10});
  trainer.evaluate(clouds(30));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

// How it ends.

/// A cost that is interrupted from the keyboard while the third batch passes.
struct InterruptedCost : nn::SoftmaxCrossEntropy {
  static inline int batches = 0;
  static Tensor gradient(const Tensor& logits, const Tensor& targets) {
    if (++batches == 3) static_cast<void>(std::raise(SIGINT));
    return nn::SoftmaxCrossEntropy::gradient(logits, targets);
  }
};

TEST(Training, EndsAfterTheBatchAtHandWhenInterrupted) {
  InterruptedCost::batches = 0;
  nn::Sequential network = small_network();
  nn::Trainer trainer{network, InterruptedCost{}, nn::GradientDescent{}};
  trainer.set_quiet(true);
  const nn::History history = trainer.fit(clouds(60), clouds(30), {.epochs = 5, .batch_size = 10});
  EXPECT_TRUE(history.interrupted);
  ASSERT_EQ(history.epochs.size(), 1U);
  EXPECT_EQ(history.epochs[0].samples, 30U);
  EXPECT_GT(history.epochs[0].validation.cost, 0);
  EXPECT_FALSE(trainer.fit(clouds(60), nn::FitOptions{.batch_size = 10}).interrupted);
}

// Between two epochs there is no batch at hand: no empty epoch may follow.
TEST(Training, EndsAfterTheEpochWhenInterruptedBetweenTwo) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.set_quiet(false);
  testing::internal::CaptureStdout();
  const nn::History history = trainer.fit(
      clouds(60), {.epochs = 5, .batch_size = 10, .on_epoch = [](const nn::Epoch& epoch) {
                     if (epoch.number == 2) static_cast<void>(std::raise(SIGINT));
                   }});
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(history.interrupted);
  ASSERT_EQ(history.epochs.size(), 2U);
  EXPECT_EQ(history.epochs[1].samples, 60U);
  EXPECT_TRUE(text.ends_with("\ninterrupted: the network stays as it is now\n")) << text;
}

// Ctrl-C reaches the outer of two trainings, too: the inner one's end does not take it away.
TEST(Training, MayTrainAnotherNetworkMeanwhile) {
  nn::Sequential outer = small_network();
  nn::Sequential inner = small_network();
  nn::Trainer outer_trainer = quiet_trainer(outer);
  nn::Trainer inner_trainer = quiet_trainer(inner);
  const nn::FitOptions inside{.batch_size = 10};
  const nn::History history = outer_trainer.fit(
      clouds(30), {.epochs = 5, .batch_size = 10, .on_epoch = [&](const nn::Epoch& /*epoch*/) {
                     EXPECT_FALSE(inner_trainer.fit(clouds(30), inside).interrupted);
                     static_cast<void>(std::raise(SIGINT));
                   }});
  EXPECT_TRUE(history.interrupted);
  EXPECT_EQ(history.epochs.size(), 1U);
}

TEST(TrainingDeathTest, SecondCtrlCEndsTheProgram) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  EXPECT_EXIT(trainer.fit(clouds(30), {.batch_size = 10,
                                       .on_epoch =
                                           [](const nn::Epoch& /*epoch*/) {
                                             static_cast<void>(std::raise(SIGINT));
                                             static_cast<void>(std::raise(SIGINT));
                                           }}),
              testing::KilledBySignal(SIGINT), "");
}

volatile std::sig_atomic_t own_handler_calls = 0;

TEST(Training, PutsBackWhatCtrlCDidBefore) {
  const auto before = std::signal(SIGINT, [](int) { own_handler_calls = own_handler_calls + 1; });
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.fit(clouds(30), nn::FitOptions{.batch_size = 10});
  static_cast<void>(std::raise(SIGINT));
  EXPECT_EQ(own_handler_calls, 1);
  static_cast<void>(std::signal(SIGINT, before));
}

TEST(Training, RefusesWhatCannotBe) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const auto refusal = [&](const Dataset& training, const Dataset& validation,
                           const nn::FitOptions& options) {
    return error_of<std::invalid_argument>(
        [&] { (void)trainer.fit(training, validation, options); });
  };
  const Dataset set = clouds(30);
  EXPECT_EQ(refusal(set, {}, {.epochs = 0}), "nn::Trainer: 0 epochs, expected at least 1");
  EXPECT_EQ(refusal(set, {}, {.batch_size = 0}), "nn::Batches: batch size is 0, expected 1 to 30");
  EXPECT_EQ(refusal(set, {}, {.batch_size = 10, .clip_norm = -1}),
            "nn::Trainer: gradients clipped to norm -1, expected 0 or more");
  EXPECT_EQ(refusal(set, {}, {.batch_size = 10, .clip_norm = NAN}),
            "nn::Trainer: gradients clipped to norm nan, expected 0 or more");
  EXPECT_EQ(refusal({}, {}, {}), "nn::Batches: the set is empty");
  const Dataset wide{.inputs = Tensor{Shape{5, 4}}, .targets = Tensor{Shape{5}}};
  EXPECT_EQ(refusal(set, wide, {.batch_size = 10}),
            "nn::Sequential: layer 1 (Dense 2→8) expects 2 columns, the input has 4");
  const Dataset torn{.inputs = Tensor{Shape{5, 2}}, .targets = Tensor{Shape{4}}};
  EXPECT_EQ(refusal(set, torn, {.batch_size = 10}),
            "nn::Batches: 5 inputs and 4 targets, expected equally many");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)trainer.evaluate({}); }),
            "nn::Batches: the set is empty");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)trainer.predict(Tensor{}); }),
            "nn::Trainer: inputs are empty");
}

}  // namespace
