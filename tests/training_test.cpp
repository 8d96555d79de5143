// nn.training: small networks that learn, what is told of it, and how it ends.

#include <fcntl.h>
#include <fmt/core.h>
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
#include <limits>
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

// The learning rate.

TEST(Training, FollowsAScheduleStepByStep) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, real(0.5));
  std::vector<double> costs;
  const nn::History history =
      trainer.fit(clouds(25), clouds(30),
                  {.epochs = 2, .batch_size = 10, .schedule = [&](const nn::Progress& progress) {
                     costs.push_back(progress.cost);
                     EXPECT_EQ(progress.epochs, 2);
                     return 1 + progress.epoch;
                   }});
  ASSERT_EQ(history.learning_rates.size(), 6U);
  for (std::size_t step = 0; step < 6; ++step) {
    const double factor = 1 + ((step < 3 ? 0 : 1) + static_cast<double>(step % 3) / 3);
    EXPECT_FLOAT_EQ(static_cast<float>(history.learning_rates[step]),
                    static_cast<float>(0.5 * factor));
    EXPECT_EQ(std::isnan(costs[step]), step < 3);
    if (step >= 3) EXPECT_EQ(costs[step], history.epochs[0].validation.cost);
  }
  EXPECT_EQ(history.epochs[1].learning_rate, history.learning_rates[5]);
  EXPECT_EQ(trainer.learning_rate(), real(0.5));
}

TEST(Training, GivesTheRateBackHoweverItEnds) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, real(0.5));
  const auto fail = [](const nn::Epoch& /*epoch*/) { throw std::runtime_error{"full"}; };
  EXPECT_EQ(error_of<std::runtime_error>(
                [&] { trainer.fit(clouds(30), {.schedule = nn::Cosine{}, .on_epoch = fail}); }),
            "full");
  EXPECT_EQ(trainer.learning_rate(), real(0.5));
  const auto interrupt = [](const nn::Epoch& /*epoch*/) { static_cast<void>(std::raise(SIGINT)); };
  trainer.fit(clouds(30), {.epochs = 2, .schedule = nn::Cosine{}, .on_epoch = interrupt});
  EXPECT_EQ(trainer.learning_rate(), real(0.5));
}

// What a schedule remembers is of one training.
TEST(Training, BeginsEveryTrainingWithAFreshSchedule) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.set_learning_rate(real(1e-30));  // too small for any weight: the cost stands still
  const nn::FitOptions options{
      .epochs = 4,
      .batch_size = 30,
      .schedule = nn::ReduceOnPlateau{{.factor = 0.5, .patience = 1, .min_change = 0}}};
  const std::vector<double> rates = trainer.fit(clouds(30), options).learning_rates;
  EXPECT_EQ(rates[0], rates[1]);
  EXPECT_LT(rates[3], rates[1]);
  EXPECT_EQ(trainer.fit(clouds(30), options).learning_rates, rates);
}

TEST(Training, RefusesWhatNoRateCanBe) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const auto refusal = [&](double factor) {
    const auto late = [=](const nn::Progress& p) { return p.epoch < 0.5 ? 1 : factor; };
    return error_of<std::invalid_argument>(
        [&] { trainer.fit(clouds(30), {.batch_size = 15, .schedule = late}); });
  };
  EXPECT_EQ(refusal(-1),
            "nn::Trainer: the schedule gives the factor -1 after 0.5 epochs, expected a finite "
            "number, 0 or more");
  EXPECT_EQ(refusal(NAN),
            "nn::Trainer: the schedule gives the factor nan after 0.5 epochs, expected a finite "
            "number, 0 or more");
}

// What counts how much.

TEST(Training, WeightsClassesAsPyTorch) {
  using nn::test::golden;
  const Tensor weights = golden("training", "class_weights");
  const Tensor classes = golden("training", "classes");
  Tensor rows{Shape{6, 4}};
  for (std::size_t b = 0; b < 6; ++b) rows(b, static_cast<std::size_t>(classes(b))) = 1;
  for (const Tensor& targets : {classes, rows}) {
    nn::Sequential network{nn::Dense{golden("training", "weight"), golden("training", "bias")}};
    nn::Trainer trainer = quiet_trainer(network, 1);
    const nn::History history = trainer.fit(
        {.inputs = golden("training", "x"), .targets = targets},
        nn::FitOptions{.shuffle = false,
                       .class_weights = {weights.values().begin(), weights.values().end()}});
    EXPECT_NEAR(history.epochs[0].training.cost, double{golden("training", "cost").data()[0]},
                nn::test::tolerance);
    const auto& dense = network.layer<nn::Dense>(0);
    EXPECT_LT(nn::test::difference(dense.weights(), golden("training", "weight_after")),
              nn::test::tolerance);
    EXPECT_LT(nn::test::difference(dense.biases(), golden("training", "bias_after")),
              nn::test::tolerance);
  }
}

// Batches of other weights, too: with a rate of 0 the epoch's mean is that of the whole set.
TEST(Training, MeansWeightBatchesByTheirClasses) {
  const auto cost_in_batches_of = [](std::size_t size) {
    nn::Sequential network = small_network();
    nn::Trainer trainer = quiet_trainer(network, 0);
    const Dataset set = clouds(25);
    return trainer.fit(set, set, {.batch_size = size, .class_weights = {1, 0, 7}}).epochs[0];
  };
  const nn::Epoch whole = cost_in_batches_of(25);
  EXPECT_NEAR(cost_in_batches_of(1).training.cost, whole.training.cost, nn::test::tolerance);
  EXPECT_NEAR(cost_in_batches_of(10).training.cost, whole.training.cost, nn::test::tolerance);
  EXPECT_GT(std::abs(whole.training.cost - whole.validation.cost), 0.01);  // not weighted
}

TEST(Training, AClassOfWeight0TeachesNothing) {
  nn::Sequential network = small_network();
  const Tensor before = network.layer<nn::Dense>(2).weights();
  nn::Trainer trainer = quiet_trainer(network, 1);
  Dataset set = clouds(30);
  set.targets.fill(1);
  const nn::Epoch epoch = trainer.fit(set, nn::FitOptions{.class_weights = {1, 0}}).epochs[0];
  EXPECT_EQ(network.layer<nn::Dense>(2).weights(), before);
  EXPECT_EQ(epoch.training.cost, 0);
}

TEST(Training, BalancedWeights) {
  EXPECT_EQ(nn::balanced_weights(Tensor{0, 0, 0, 1, 3, 3}),
            (std::vector{6 / (3 * 3.0), 6 / (3 * 1.0), 0.0, 6 / (3 * 2.0)}));
  EXPECT_EQ(nn::balanced_weights(Tensor{{1, 0}, {0, 1}, {0, 1}, {0, 1}}),
            (std::vector{2.0, 4 / 6.0}));
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::balanced_weights(Tensor{}); }),
            "nn::balanced_weights: there are no targets");
}

// Augmentation.

Tensor shaken(Tensor inputs, nn::Random random) {
  for (real& x : inputs.values()) x += static_cast<real>(random.uniform(-1, 1));
  return inputs;
}

TEST(Training, AugmentsTheBatchesOfTrainingAnewEveryEpoch) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, 0);
  std::vector<std::uint64_t> drawn;
  const auto augment = [&](Tensor inputs, nn::Random random) {
    EXPECT_EQ(inputs.shape(), (Shape{10, 2}));
    drawn.push_back(random());
    return inputs;
  };
  const nn::FitOptions options{.epochs = 2, .batch_size = 10, .seed = 4, .augment = augment};
  trainer.fit(clouds(30), clouds(30), options);
  ASSERT_EQ(drawn.size(), 6U);  // the validation set is left alone
  for (std::size_t i = 1; i < 6; ++i) EXPECT_NE(drawn[i], drawn[0]);
  const std::vector<std::uint64_t> first = std::exchange(drawn, {});
  trainer.fit(clouds(30), clouds(30), options);
  EXPECT_EQ(drawn, first);
}

TEST(Training, AugmentedGivesTheSameBitsOnAnyNumberOfThreads) {
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    nn::Sequential network = small_network();
    nn::Trainer trainer = quiet_trainer(network);
    trainer.fit(
        clouds(250),
        {.epochs = 2, .schedule = nn::OneCycle{}, .class_weights = {1, 2, 3}, .augment = shaken});
    return network.layer<nn::Dense>(0).weights();
  }));
}

// Several sets.

TEST(Training, WatchesFurtherSets) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const Dataset other = clouds(60, 2);
  trainer.watch("other", other);
  const nn::History history = trainer.fit(clouds(30), clouds(30), {.epochs = 2, .batch_size = 10});
  EXPECT_EQ(history.sets, std::vector<std::string>{"other"});
  ASSERT_EQ(history.epochs[1].sets.size(), 1U);
  const nn::Evaluation now = trainer.evaluate(other);
  EXPECT_EQ(history.epochs[1].sets[0].cost, now.cost);
  EXPECT_EQ(history.epochs[1].sets[0].metrics, now.metrics);
  EXPECT_TRUE(history.csv().starts_with(
      "epoch,training_cost,training_accuracy,validation_cost,validation_accuracy,other_cost,"
      "other_accuracy\n"));
  EXPECT_EQ(nlohmann::json::parse(history.json())[1]["other_cost"], now.cost);
  const auto refusal = [&](const char* name) {
    return error_of<std::invalid_argument>([&] { trainer.watch(name, other); });
  };
  EXPECT_EQ(refusal("other"), "nn::Trainer: a set cannot be named 'other', another has that name");
  EXPECT_EQ(refusal("validation"),
            "nn::Trainer: a set cannot be named 'validation', another has that name");
  EXPECT_EQ(refusal(""), "nn::Trainer: a set cannot be named '', which is no word");
}

TEST(Training, EvaluatesSeveralSets) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.set_quiet(false);
  const Dataset clean = clouds(30);
  const Dataset few = clouds(4);
  testing::internal::CaptureStdout();
  const std::vector<nn::Evaluation> seen = trainer.evaluate({{"clean", clean}, {"few", few}});
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "clean  cost 1.0986  accuracy 0.3333\n"
            "few    cost 1.0986  accuracy 0.5000\n");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].metrics, std::vector{0.5});
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
            "nn::History: cannot write " + nowhere.string() + ": No such file or directory");
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

TEST(Training, PrintsWatchedSetsWhereTheyFit) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer = quiet_trainer(network, 0);
  const Dataset few = clouds(4);
  trainer.watch("few", few);
  trainer.set_quiet(false);
  testing::internal::CaptureStdout();
  trainer.fit(clouds(30), nn::FitOptions{});
  trainer.fit(clouds(30), clouds(30));
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "epoch  1/1  cost 1.0986  accuracy 0.3333 | few 1.0986  0.5000\n"
            "epoch  1/1  cost 1.0986  accuracy 0.3333 | validation 1.0986  0.3333\n"
            "       few  cost 1.0986  accuracy 0.5000\n");
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

/// Costs by the number of steps made, which the network puts out, whatever the targets are; its
/// gradient is that of one step.
struct ListedCost {
  std::vector<double> costs;
  [[nodiscard]] static std::string name() { return "listed"; }
  [[nodiscard]] double value(const Tensor& steps, const Tensor& /*targets*/) const {
    return costs.at(static_cast<std::size_t>(steps(0, 0)));
  }
  [[nodiscard]] static Tensor gradient(const Tensor& steps, const Tensor& /*targets*/) {
    return Tensor{steps.shape(), real(-1)};
  }
};

const Dataset one{.inputs = Tensor{Shape{1, 1}, real{1}}, .targets = Tensor{0}};

/// Trains with a step an epoch. In each the training cost is what stands before it in the list, the
/// validation cost what stands after it.
struct Listed {
  nn::History history;
  std::string all;   ///< What was printed,
  std::string text;  ///< and the last line of it.
  real steps;        ///< Those of the network at the end.
};
Listed train_listed(const std::vector<double>& costs, const Dataset& validation,
                    const nn::FitOptions& options) {
  nn::Sequential network{nn::Dense{1, 1}};  // weight and bias grow by 1/2 in a step
  nn::Trainer trainer{network, ListedCost{costs},
                      nn::GradientDescent{{.learning_rate = real(0.5)}}};
  testing::internal::CaptureStdout();
  Listed listed{
      .history = trainer.fit(one, validation, options), .all = {}, .text = {}, .steps = 0};
  listed.all = testing::internal::GetCapturedStdout();
  listed.text = listed.all.substr(listed.all.rfind('\n', listed.all.size() - 2) + 1);
  listed.steps = trainer.predict(one.inputs)(0, 0);
  return listed;
}

TEST(Training, EndsWhenPatienceDoesAndBringsTheBestBack) {
  const Listed listed = train_listed({9, 5, 4, 4, 6, 3, 2}, one, {.epochs = 6, .patience = 2});
  EXPECT_EQ(listed.history.ending, nn::Ending::patience);
  EXPECT_EQ(listed.history.epochs.size(), 4U);
  EXPECT_EQ(listed.history.best_epoch(), 2U);
  EXPECT_EQ(listed.steps, 2);
  EXPECT_EQ(listed.text, "2 epochs without a lower validation cost: the network is epoch 2's\n");
}

TEST(Training, BringsTheBestBackAfterAllEpochsToo) {
  const Listed back = train_listed({9, 5, 4, 6, 5}, one, {.epochs = 4, .patience = 3});
  EXPECT_EQ(back.history.ending, nn::Ending::all_epochs);
  EXPECT_EQ(back.steps, 2);
  EXPECT_EQ(back.text, "all epochs done: the network is epoch 2's\n");
  const Listed last = train_listed({9, 5, 4, 6, 3}, one, {.epochs = 4, .patience = 3});
  EXPECT_EQ(last.steps, 4);
  EXPECT_EQ(last.text, "epoch  4/4  cost 6.0000 | validation 3.0000\n");
}

TEST(Training, BringsTheBestBackWhenInterrupted) {
  const auto interrupt = [](const nn::Epoch& epoch) {
    if (epoch.number == 3) static_cast<void>(std::raise(SIGINT));
  };
  const Listed listed =
      train_listed({9, 5, 4, 6, 3}, one, {.epochs = 4, .patience = 3, .on_epoch = interrupt});
  EXPECT_TRUE(listed.history.interrupted());
  EXPECT_EQ(listed.steps, 2);
  EXPECT_EQ(listed.text, "interrupted: the network is epoch 2's\n");
}

// What is finite on the training set may overflow on another.
TEST(Training, ANetworkThatRanAwayIsNoBest) {
  const Dataset far{.inputs = Tensor{Shape{1, 1}, real{10}}, .targets = Tensor{0}};
  std::vector<double> costs(20, NAN);
  costs[0] = costs[1] = 9;  // of training; those of validation are 5 and 11
  const Listed listed = train_listed(costs, far, {.epochs = 3, .patience = 2});
  EXPECT_EQ(listed.history.best_epoch(), 0U);
  EXPECT_EQ(listed.history.epochs.size(), 2U);
  EXPECT_EQ(listed.text,
            "2 epochs without a lower validation cost: the network stays as it is now\n");
}

// Divergence.

constexpr real far_too_large = std::numeric_limits<real>::max() / 1000;
constexpr const char* advice =
    "  try a smaller learning rate, or clipped gradients (clip_norm); look at the\n"
    "  largest values of the data, and at how the weights begin\n";

TEST(Training, EndsWhenTheCostIsNotFinite) {
  const Listed listed = train_listed({9, 5, INFINITY, 1}, {}, {.epochs = 5});
  EXPECT_EQ(listed.history.ending, nn::Ending::diverged);
  ASSERT_TRUE(listed.history.divergence);
  EXPECT_EQ(listed.history.divergence->text(),
            "epoch 3, batch 1: the cost is inf; not finite first: the cost");
  EXPECT_EQ(listed.history.epochs.size(), 3U);
  EXPECT_EQ(listed.history.best_epoch(), 2U);
  EXPECT_EQ(listed.steps, 0);
  EXPECT_EQ(listed.all, "epoch  1/5  cost 9.0000\nepoch  2/5  cost 5.0000\nepoch  3/5  cost inf\n" +
                            std::string{"diverged: the network is what it was 2 steps before\n"
                                        "  epoch 3, batch 1: the cost is inf\n"
                                        "  not finite first: the cost\n"} +
                            advice);
}

TEST(Training, KeepsTheNetworkEveryHundredSteps) {
  std::vector<double> costs(300, 1);
  costs[250] = NAN;
  const Listed listed = train_listed(costs, {}, {.epochs = 300});
  EXPECT_EQ(listed.history.epochs.size(), 251U);
  EXPECT_EQ(listed.history.epochs.back().samples, 0U);
  EXPECT_EQ(listed.history.learning_rates.size(), 250U);
  EXPECT_EQ(listed.history.divergence->steps_back, 50U);
  EXPECT_EQ(listed.steps, 200);
}

TEST(Training, LeavesANetworkThatNeverHadACost) {
  const Listed listed = train_listed({-NAN, 1}, {}, {.epochs = 5});
  EXPECT_EQ(listed.history.epochs.size(), 1U);
  EXPECT_EQ(listed.all, "epoch  1/5  cost nan\ndiverged: the network stays as it is now\n" +
                            std::string{"  epoch 1, batch 1: the cost is nan\n"
                                        "  not finite first: the cost\n"} +
                            advice);
}

TEST(Training, BringsTheBestBackWhenItDiverges) {
  const Listed listed = train_listed({9, 5, 4, NAN}, one, {.epochs = 5, .patience = 3});
  EXPECT_EQ(listed.history.epochs.size(), 4U);
  EXPECT_EQ(listed.steps, 2);
  EXPECT_NE(listed.all.find("diverged: the network is epoch 2's\n"), std::string::npos);
}

// The epoch at hand is told as far as it came, its validation that of the network kept.
TEST(Training, EndsAnEpochThatDiverges) {
  nn::Sequential network = small_network();
  const nn::Sequential before = network;
  nn::Trainer trainer = quiet_trainer(network, far_too_large);
  const double cost = trainer.evaluate(clouds(30, 2)).cost;
  std::size_t epochs = 0;
  const nn::History history =
      trainer.fit(clouds(60), clouds(30, 2),
                  {.epochs = 5, .batch_size = 10, .on_epoch = [&](const nn::Epoch&) { ++epochs; }});
  ASSERT_TRUE(history.divergence);
  EXPECT_EQ(history.divergence->epoch, 1U);
  EXPECT_EQ(history.divergence->batch, history.divergence->steps_back + 1);
  EXPECT_GE(history.divergence->layer, 0U);
  ASSERT_EQ(history.epochs.size(), 1U);
  EXPECT_EQ(epochs, 1U);
  EXPECT_EQ(history.epochs[0].samples, 10 * history.divergence->steps_back);
  EXPECT_FALSE(std::isfinite(history.epochs[0].training.cost));
  EXPECT_EQ(history.epochs[0].validation.cost, cost);
  EXPECT_EQ(network.layer<nn::Dense>(0).weights(), before.layer<nn::Dense>(0).weights());
  EXPECT_EQ(network.layer<nn::Dense>(2).biases(), before.layer<nn::Dense>(2).biases());
}

TEST(Training, NamesTheLayerWhoseValuesWentFirst) {
  nn::Sequential network = small_network();
  network.parameters()[2]->value(7, 2) = NAN;
  nn::Trainer trainer = quiet_trainer(network);
  const nn::History history = trainer.fit(clouds(30), nn::FitOptions{.batch_size = 10});
  EXPECT_EQ(history.divergence->layer, 2U);
  EXPECT_EQ(history.divergence->text(),
            "epoch 1, batch 1: the cost is nan; not finite first: layer 3 (Dense 8→3)");
  EXPECT_EQ(history.divergence->steps_back, 0U);
}

TEST(Training, TellsInputsThatWentFirst) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const auto spoil = [batch = 0](Tensor inputs, nn::Random /*random*/) mutable {
    if (++batch >= 3) inputs(0, 1) = NAN;
    return inputs;
  };
  const nn::History history =
      trainer.fit(clouds(60), nn::FitOptions{.batch_size = 10, .augment = spoil});
  EXPECT_FALSE(history.divergence->layer);
  EXPECT_EQ(history.divergence->text(),
            "epoch 1, batch 3: the cost is nan; not finite first: the inputs");
}

// What a layer remembers beside its parameters comes back too.
TEST(Training, BringsRunningMeansBackWhenItDiverges) {
  nn::Random random{1};
  nn::Sequential network{nn::Dense{2, 8, nn::He{random}}, nn::BatchNorm{8},
                         nn::Dense{8, 3, nn::Glorot{random}}};
  nn::Trainer trainer = quiet_trainer(network, far_too_large);
  const nn::History history = trainer.fit(clouds(60), {.epochs = 5, .batch_size = 10});
  EXPECT_TRUE(history.divergence);
  EXPECT_TRUE(std::isfinite(trainer.evaluate(clouds(30, 2)).cost));
}

/// An optimizer that does not tell what it remembers.
struct Secretive {
  [[nodiscard]] static std::string name() { return "Secretive"; }
  [[nodiscard]] static real learning_rate() { return 0; }
  void set_learning_rate(real /*rate*/) {}
  void step(std::span<nn::Parameter* const> /*parameters*/) {}
};

/// A metric that does not, either.
struct Guess {
  [[nodiscard]] static std::string name() { return "guess"; }
  void reset() {}
  void add(const Tensor& /*predictions*/, const Tensor& /*targets*/) {}
  [[nodiscard]] static double value() { return 0; }
};

class Resuming : public nn::test::Folder, public testing::Test {
 protected:
  [[nodiscard]] nn::FitOptions options(std::size_t epochs) const {
    return {.epochs = epochs, .batch_size = 10, .seed = 4, .checkpoint = path("c")};
  }
};

TEST_F(Resuming, GoesOnAfterTheEpochsThereWere) {
  nn::Sequential whole = small_network();
  const nn::History all =
      quiet_trainer(whole).fit(clouds(95), clouds(30), {.epochs = 5, .batch_size = 10, .seed = 4});
  nn::Sequential network = small_network();
  quiet_trainer(network).fit(clouds(95), clouds(30), options(2));
  nn::Sequential other = small_network(99);  // its weights are in the file
  nn::Trainer trainer = quiet_trainer(other);
  trainer.set_quiet(false);
  testing::internal::CaptureStdout();
  const nn::History history = trainer.fit(clouds(95), clouds(30), options(5));
  EXPECT_TRUE(testing::internal::GetCapturedStdout().starts_with(
      "goes on after epoch 2, batch 0, from " + path("c").string() + "\nepoch  3/5  cost"));
  EXPECT_EQ(history.csv(), all.csv());
  EXPECT_EQ(history.learning_rates, all.learning_rates);
  EXPECT_EQ(history.epochs[0].samples, 95);
  EXPECT_EQ(other.layer<nn::Dense>(0).weights(), whole.layer<nn::Dense>(0).weights());
}

TEST_F(Resuming, ATrainingThatIsOverGivesItsNetworkAndHistory) {
  nn::Sequential network = small_network();
  const nn::History before = quiet_trainer(network).fit(clouds(90), options(3));
  nn::Sequential other = small_network(99);
  const nn::History history = quiet_trainer(other).fit(clouds(90), options(3));
  EXPECT_EQ(history.csv(), before.csv());
  EXPECT_EQ(history.seconds(), before.seconds());
  EXPECT_EQ(other.layer<nn::Dense>(2).weights(), network.layer<nn::Dense>(2).weights());
}

TEST_F(Resuming, GoesOnInTheMiddleOfAnEpochThatCtrlCEnded) {
  nn::Sequential whole = small_network();
  const nn::History all =
      quiet_trainer(whole).fit(clouds(90), {.epochs = 3, .batch_size = 10, .seed = 4});
  nn::Sequential network = small_network();
  nn::FitOptions interrupted = options(3);
  interrupted.augment = [batch = 0](Tensor inputs, nn::Random /*random*/) mutable {
    if (++batch == 13) std::raise(SIGINT);
    return inputs;
  };
  EXPECT_TRUE(quiet_trainer(network).fit(clouds(90), interrupted).interrupted());
  nn::Sequential other = small_network();
  const nn::History history = quiet_trainer(other).fit(clouds(90), options(3));
  EXPECT_EQ(history.csv(), all.csv());
  EXPECT_EQ(other.layer<nn::Dense>(0).weights(), whole.layer<nn::Dense>(0).weights());
}

TEST_F(Resuming, RefusesACheckpointOfAnotherTraining) {
  nn::Sequential network = small_network();
  quiet_trainer(network).fit(clouds(90), options(1));
  const auto refusal = [&](nn::Sequential other, const Dataset& training,
                           const nn::FitOptions& asked, real rate = real(0.1)) {
    const std::string text =
        error_of<std::runtime_error>([&] { quiet_trainer(other, rate).fit(training, asked); });
    const std::string head = "nn::Trainer: " + path("c").string() +
                             ": is of another training (delete it, or name another file): ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  };
  EXPECT_EQ(
      refusal(nn::Sequential{nn::Dense{2, 9}, nn::ReLU{}, nn::Dense{9, 3}}, clouds(90), options(2)),
      "layer 1 is Dense 2→8 there, Dense 2→9 here");
  EXPECT_EQ(refusal(nn::Sequential{nn::Dense{2, 8}, nn::ReLU{}}, clouds(90), options(2)),
            "layer 3 is Dense 8→3 there, missing here");
  const std::string other_set = refusal(small_network(), clouds(90, 2), options(2));
  EXPECT_TRUE(other_set.starts_with("the training set is 90 samples of shape (2), fingerprint "))
      << other_set;
  nn::FitOptions other = options(2);
  other.batch_size = 9;
  EXPECT_EQ(refusal(small_network(), clouds(90), other), "batch_size is 10 there, 9 here");
  EXPECT_EQ(refusal(small_network(), clouds(90), options(2), real(0.2)),
            "the learning rate is 0.1 there, 0.2 here");
}

TEST_F(Resuming, RefusesWhatCannotBeKept) {
  nn::Sequential network = small_network();
  nn::Trainer secretive{network, nn::SoftmaxCrossEntropy{}, Secretive{}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { secretive.fit(clouds(90), options(1)); }),
            "nn::Trainer: Secretive does not tell its state, so there can be no checkpoint");
  nn::Trainer trainer = quiet_trainer(network);
  trainer.watch(Guess{});
  EXPECT_EQ(error_of<std::invalid_argument>([&] { trainer.fit(clouds(90), options(1)); }),
            "nn::Trainer: guess does not tell its state, so there can be no checkpoint");
  nn::FitOptions never = options(1);
  never.checkpoint_seconds = -1;
  EXPECT_EQ(error_of<std::invalid_argument>([&] { trainer.fit(clouds(90), never); }),
            "nn::Trainer: checkpoint_seconds is -1, expected 0 or more");
}

TEST_F(Resuming, RefusesNumbersThatCannotBe) {
  nn::Sequential network = small_network();
  quiet_trainer(network).fit(clouds(90), options(1));
  const nn::Safetensors good = nn::read_safetensors("test", path("c"));
  const auto refusal_with = [&](const nn::StoredTensor& broken) {
    nn::Safetensors contents = good;
    for (nn::StoredTensor& tensor : contents.tensors) {
      if (tensor.name == broken.name) tensor = broken;
    }
    nn::write_safetensors("test", path("c"), contents);
    const std::string text =
        error_of<std::runtime_error>([&] { quiet_trainer(network).fit(clouds(90), options(1)); });
    const std::string head = "nn::Trainer: " + path("c").string() + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  };
  std::vector<double> epochs = good.find("history.epochs")->numbers();
  for (const double samples : {-1.0, 1e300, std::numeric_limits<double>::infinity()}) {
    epochs.back() = samples;
    EXPECT_EQ(refusal_with(nn::StoredTensor::of("history.epochs", epochs)),
              fmt::format("'history.epochs' has an epoch of {} samples", samples));
  }
  epochs.pop_back();
  EXPECT_EQ(refusal_with(nn::StoredTensor::of("history.epochs", epochs)),
            "'history.epochs' ends within an epoch");
  for (const double rate : {-1.0, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(refusal_with(nn::StoredTensor::of("learning_rate", std::vector{rate})),
              fmt::format("'learning_rate' is {}", rate));
  }
  EXPECT_EQ(refusal_with(nn::StoredTensor::of("steps_when_kept", std::vector<std::uint64_t>{10})),
            "'steps_when_kept' is 10 of 9 steps");
}

TEST_F(Resuming, RefusesAPlaceThatCannotBeWrittenBeforeItTrains) {
  nn::Sequential network = small_network();
  nn::FitOptions nowhere = options(1);
  nowhere.checkpoint = path("none/c");
  nowhere.on_epoch = [](const nn::Epoch& /*epoch*/) { ADD_FAILURE(); };
  EXPECT_EQ(
      error_of<std::runtime_error>([&] { quiet_trainer(network).fit(clouds(90), nowhere); }),
      "nn::Trainer: cannot write " + nowhere.checkpoint.string() + ": No such file or directory");
}

TEST_F(Resuming, RefusesStepsThatCannotBe) {
  nn::Sequential network = small_network();
  quiet_trainer(network).fit(clouds(90), options(1));
  nn::Safetensors contents = nn::read_safetensors("test", path("c"));
  for (nn::StoredTensor& tensor : contents.tensors) {
    if (tensor.name == "epoch.batches") tensor.bytes[0] = std::byte{4};
  }
  nn::write_safetensors("test", path("c"), contents);
  EXPECT_EQ(
      error_of<std::runtime_error>([&] { quiet_trainer(network).fit(clouds(90), options(1)); }),
      "nn::Trainer: " + path("c").string() +
          ": 9 steps cannot be 1 epochs of 9 batches and 4 batches");
}

TEST(Training, EndsWhenTheCostIsSmall) {
  const Listed listed = train_listed({9, 5, 0.5, 0.4}, {}, {.epochs = 4, .enough_cost = 0.5});
  EXPECT_EQ(listed.history.ending, nn::Ending::cost_small);
  EXPECT_EQ(listed.history.epochs.size(), 3U);
  EXPECT_EQ(listed.text, "the training cost is small enough: the network stays as it is now\n");
}

TEST(Training, EndsWhenTheCostStandsStill) {
  const Listed listed = train_listed({8, 4, 4.5, 4.25, 1}, {}, {.epochs = 5, .min_change = 0.1});
  EXPECT_EQ(listed.history.ending, nn::Ending::cost_stands_still);
  EXPECT_EQ(listed.history.epochs.size(), 4U);
  EXPECT_EQ(listed.text, "the training cost stands still: the network stays as it is now\n");
}

/// A layer with a running statistic, which is no parameter.
struct Running {
  real passes = 0;
  [[nodiscard]] static std::string name() { return "Running"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  [[nodiscard]] Tensor forward(Tensor x) {
    ++passes;
    return x;
  }
  [[nodiscard]] static Tensor backward(Tensor dy) { return dy; }
  [[nodiscard]] static Tensor predict(Tensor x) { return x; }
  [[nodiscard]] static std::vector<nn::Parameter*> parameters() { return {}; }
};

// All that a layer holds comes back, and who holds a parameter still does.
TEST(Training, BringsBackWholeLayersWhereTheyStand) {
  nn::Sequential network{nn::Sequential{Running{}, nn::Dense{1, 1}}, Running{}};
  const std::vector<nn::Parameter*> parameters = network.parameters();
  nn::Trainer trainer{network, ListedCost{{9, 5, 4, 6, 5}},
                      nn::GradientDescent{{.learning_rate = real(0.5)}}};
  trainer.set_quiet(true);
  trainer.fit(one, one, {.epochs = 4, .patience = 3});
  EXPECT_EQ(network.layer<Running>(1).passes, 2);
  EXPECT_EQ(network.layer<nn::Sequential>(0).layer<Running>(0).passes, 2);
  EXPECT_EQ(network.parameters(), parameters);
  EXPECT_EQ(parameters[0]->value(0, 0), 1);
}

TEST(Training, EndsAfterTheBatchAtHandWhenInterrupted) {
  InterruptedCost::batches = 0;
  nn::Sequential network = small_network();
  nn::Trainer trainer{network, InterruptedCost{}, nn::GradientDescent{}};
  trainer.set_quiet(true);
  const nn::History history = trainer.fit(clouds(60), clouds(30), {.epochs = 5, .batch_size = 10});
  EXPECT_TRUE(history.interrupted());
  ASSERT_EQ(history.epochs.size(), 1U);
  EXPECT_EQ(history.epochs[0].samples, 30U);
  EXPECT_GT(history.epochs[0].validation.cost, 0);
  EXPECT_FALSE(trainer.fit(clouds(60), nn::FitOptions{.batch_size = 10}).interrupted());
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
  EXPECT_TRUE(history.interrupted());
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
                     EXPECT_FALSE(inner_trainer.fit(clouds(30), inside).interrupted());
                     static_cast<void>(std::raise(SIGINT));
                   }});
  EXPECT_TRUE(history.interrupted());
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
  EXPECT_EQ(refusal(set, {}, {.patience = 5}),
            "nn::Trainer: patience is 5, but there is no validation set");
  EXPECT_EQ(refusal(set, {}, {.enough_cost = -1}),
            "nn::Trainer: enough_cost is -1, expected 0 or more");
  EXPECT_EQ(refusal(set, {}, {.min_change = NAN}),
            "nn::Trainer: min_change is nan, expected 0 or more");
  EXPECT_EQ(refusal(set, {}, {.class_weights = {1, 2}}),
            "nn::Trainer: 2 class weights, but a target is class 2");
  EXPECT_EQ(refusal(set, {}, {.class_weights = {1, -1, 2}}),
            "nn::Trainer: the weight of a class is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal({}, {}, {.class_weights = {1}}), "nn::Batches: the set is empty");
  const auto lose = [](const Tensor& /*inputs*/, nn::Random /*random*/) {
    return Tensor{Shape{9, 2}};
  };
  EXPECT_EQ(refusal(set, {}, {.batch_size = 10, .augment = lose}),
            "nn::Trainer: augment made 9 samples of 10");
  const Dataset wide{.inputs = Tensor{Shape{5, 4}}, .targets = Tensor{Shape{5}}};
  EXPECT_EQ(refusal(set, wide, {.batch_size = 10}),
            "nn::Sequential: layer 1 (Dense 2→8) expects 2 columns, the input has 4");
  const Dataset torn{.inputs = Tensor{Shape{5, 2}}, .targets = Tensor{Shape{4}}};
  EXPECT_EQ(refusal(set, torn, {.batch_size = 10}),
            "nn::Batches: 5 inputs and 4 targets, expected equally many");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)trainer.evaluate(Dataset{}); }),
            "nn::Batches: the set is empty");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)trainer.predict(Tensor{}); }),
            "nn::Trainer: inputs are empty");
}

}  // namespace
