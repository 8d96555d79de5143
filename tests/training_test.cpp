// nn.training: small networks that learn, step by step or in one call, and how training ends.

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dataset;
using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::clouds;
using nn::test::error_of;
using nn::test::small_network;

const Dataset exclusive_or{.inputs = Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
                           .targets = Labels{0, 1, 1, 0}};

nn::Trainer quiet_trainer(nn::Sequential& network, real rate = real(0.1)) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = rate}}};
  trainer.watch(nn::Accuracy{});
  return trainer;
}

/// Stops a training after an epoch, as Ctrl-C does.
struct StopAfter : nn::Observer {
  explicit StopAfter(std::size_t count) : epochs{count} {}
  void epoch(nn::Training& training) override {
    if (training.history().epochs.size() == epochs) training.stop();
  }
  std::size_t epochs;
};

TEST(Training, LearnsExclusiveOr) {
  nn::Random random{5};
  nn::Sequential network{nn::Dense{2, 8, nn::Glorot{random}}, nn::ReLU{},
                         nn::Dense{8, 1, nn::Glorot{random}}, nn::Sigmoid{}};
  nn::Trainer trainer{network, nn::BinaryCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = real(0.02)}}};
  trainer.watch(nn::Accuracy{});
  const nn::History history = trainer.fit(exclusive_or, {.epochs = 2'000, .batches = {.size = 1}});
  EXPECT_EQ(history.epochs.back().training.metrics[0], 1);
  EXPECT_EQ(nn::predict_classes(network, exclusive_or.inputs), (Labels{0, 1, 1, 0}));
}

TEST(Training, LearnsALine) {
  Dataset line{.inputs = nn::test::noise(Shape{64, 1}), .targets = {}};
  Tensor wanted = line.inputs;
  for (real& y : wanted.values()) y = 2 * y - 1;
  line.targets = wanted;
  nn::Sequential network{nn::Dense{1, 1}};
  nn::Trainer trainer{network, nn::MeanSquaredError{}, nn::Adam{{.learning_rate = real(0.05)}}};
  trainer.fit(line, nn::TrainingOptions{.epochs = 200, .batches = {.size = 16}});
  EXPECT_NEAR(network.layer<nn::Dense>(0).weights()(0, 0), 2, 1e-3);
  EXPECT_NEAR(network.layer<nn::Dense>(0).biases()(0), -1, 1e-3);
}

TEST(Training, SeparatesClouds) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.fit(clouds(90), nn::TrainingOptions{.epochs = 30, .batches = {.size = 10}});
  EXPECT_EQ(trainer.evaluate(clouds(60, 2)).metrics[0], 1);
}

TEST(Training, AConvolutionalNetworkLearnsDigits) {
  const nn::Split digits = nn::mnist::load(nn::test::mnist_folder(), {.validation = 1.0 / 60});
  nn::Random random{1};
  nn::Sequential network{nn::Reshape{1, 28, 28},
                         nn::Convolution{1, 4, {.kernel = 5}, nn::He{random}},
                         nn::ReLU{},
                         nn::MaxPool{2},
                         nn::Flatten{},
                         nn::Dense{576, 10, nn::Glorot{random}}};
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  trainer.fit(digits.validation, nn::TrainingOptions{.epochs = 4, .batches = {.size = 20}});
  EXPECT_GT(trainer.evaluate(digits.test).metrics[0], 0.85);
}

TEST(Training, MeansWeightAShortLastBatchByItsSize) {
  // With a rate of 0 nothing moves, so the epoch's mean is the cost of the whole set.
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, 0);
  const Dataset set = clouds(25);
  const nn::Epoch epoch = trainer.fit(set, nn::TrainingOptions{.batches = {.size = 10}}).epochs[0];
  const double whole = nn::SoftmaxCrossEntropy::value(network.predict(set.inputs), set.targets);
  EXPECT_NEAR(epoch.training.cost, whole, nn::test::tolerance);
  EXPECT_EQ(epoch.samples, 25U);
  const nn::Epoch dropped =
      trainer.fit(set, nn::TrainingOptions{.batches = {.size = 10, .drop_last = true}}).epochs[0];
  EXPECT_EQ(dropped.samples, 20U);
}

TEST(Training, TakesAllSamplesWhereThereAreFewerThanABatch) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  EXPECT_EQ(trainer.fit(clouds(5), nn::TrainingOptions{}).epochs[0].samples, 5U);
}

TEST(Training, CallsBackAfterEveryEpoch) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  std::vector<std::size_t> seen;
  trainer.on_epoch([&](const nn::Epoch& epoch) {
    seen.push_back(epoch.number);
    trainer.optimizer().set_learning_rate(real(0.5) / 4);
  });
  const nn::History history = trainer.fit(clouds(30), {.epochs = 3, .batches = {.size = 10}});
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
    trainer.fit(set, nn::TrainingOptions{.epochs = 2, .batches = {.size = 25}, .seed = 4});
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
    trainer.fit(set, nn::TrainingOptions{.epochs = 2, .batches = {.size = 100}, .seed = seed});
    return mlp.layer<nn::Dense>(0).weights();
  };
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return weights(4); }));
  EXPECT_FALSE(weights(4) == weights(5));
}

TEST(Training, ClipsGradients) {
  nn::Sequential network = small_network();
  const Tensor before = network.layer<nn::Dense>(2).weights();
  nn::Trainer trainer = quiet_trainer(network, 1);
  trainer.fit(clouds(30),
              nn::TrainingOptions{.batches = {.size = 30}, .steps = {.clip_norm = real(1e-3)}});
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
  const nn::History history = trainer.fit(clouds(25), clouds(30),
                                          {.epochs = 2,
                                           .batches = {.size = 10},
                                           .steps = {.schedule = [&](const nn::Progress& progress) {
                                             costs.push_back(progress.cost);
                                             EXPECT_EQ(progress.epochs, 2);
                                             return 1 + progress.epoch;
                                           }}});
  ASSERT_EQ(history.learning_rates.size(), 6U);
  for (std::size_t step = 0; step < 6; ++step) {
    const double factor = 1 + ((step < 3 ? 0 : 1) + static_cast<double>(step % 3) / 3);
    EXPECT_FLOAT_EQ(static_cast<float>(history.learning_rates[step]),
                    static_cast<float>(0.5 * factor));
    EXPECT_EQ(std::isnan(costs[step]), step < 3);
    if (step >= 3) {
      EXPECT_EQ(costs[step], history.epochs[0].validation.cost);
    }
  }
  EXPECT_EQ(history.epochs[1].learning_rate, history.learning_rates[5]);
  EXPECT_EQ(trainer.optimizer().learning_rate(), real(0.5));
}

TEST(Training, GivesTheRateBackHoweverItEnds) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, real(0.5));
  const auto fail = [](const nn::Epoch& /*epoch*/) { throw std::runtime_error{"full"}; };
  trainer.on_epoch(fail);
  EXPECT_EQ(error_of<std::runtime_error>(
                [&] { trainer.fit(clouds(30), {.steps = {.schedule = nn::Cosine{}}}); }),
            "full");
  EXPECT_EQ(trainer.optimizer().learning_rate(), real(0.5));
  nn::Trainer stopped = quiet_trainer(network, real(0.5));
  stopped.observe(StopAfter{1});
  stopped.fit(clouds(30), {.epochs = 2, .steps = {.schedule = nn::Cosine{}}});
  EXPECT_EQ(stopped.optimizer().learning_rate(), real(0.5));
}

// A schedule's state belongs to one training run.
TEST(Training, BeginsEveryTrainingWithAFreshSchedule) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, 0);
  trainer.optimizer().set_learning_rate(
      real(1e-30));  // too small for any weight: the cost does not change
  const nn::TrainingOptions options{
      .epochs = 4,
      .batches = {.size = 30},
      .steps = {.schedule = nn::ReduceOnPlateau{{.factor = 0.5, .patience = 1, .min_change = 0}}}};
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
        [&] { trainer.fit(clouds(30), {.batches = {.size = 15}, .steps = {.schedule = late}}); });
  };
  EXPECT_EQ(refusal(-1),
            "nn::Training: the schedule returned the factor -1 after 0.5 epochs, expected a finite "
            "number, 0 or more");
  EXPECT_EQ(
      refusal(NAN),
      "nn::Training: the schedule returned the factor nan after 0.5 epochs, expected a finite "
      "number, 0 or more");
}

// Augmentation.

Tensor shaken(Tensor inputs, nn::Random random) {
  for (real& x : inputs.values()) x += static_cast<real>(random.uniform(-1, 1));
  return inputs;
}

TEST(Training, AugmentsTrainingBatchesAgainInEveryEpoch) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network, 0);
  std::vector<std::uint64_t> drawn;
  const auto augment = [&](Tensor inputs, nn::Random random) {
    EXPECT_EQ(inputs.shape(), (Shape{10, 2}));
    drawn.push_back(random());
    return inputs;
  };
  const nn::TrainingOptions options{
      .epochs = 2, .batches = {.size = 10}, .seed = 4, .steps = {.augment = augment}};
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
    trainer.fit(clouds(250),
                {.epochs = 2, .steps = {.schedule = nn::OneCycle{}, .augment = shaken}});
    return network.layer<nn::Dense>(0).weights();
  }));
}

// Several sets.

TEST(Training, WatchesFurtherSets) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const Dataset other = clouds(60, 2);
  trainer.watch("other", other);
  const nn::History history =
      trainer.fit(clouds(30), clouds(30), {.epochs = 2, .batches = {.size = 10}});
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
  EXPECT_EQ(refusal("other"), "nn::Trainer: a set cannot be named 'other': that name is taken");
  EXPECT_EQ(refusal("validation"),
            "nn::Trainer: a set cannot be named 'validation': that name is taken");
  EXPECT_EQ(refusal(""), "nn::Trainer: a set cannot be named '': expected one word");
}

// How it ends.

/// A cost that depends only on the number of steps so far, which is the network's output; its
/// gradient increases that by one.
struct ListedCost {
  std::vector<double> costs;
  [[nodiscard]] static std::string name() { return "listed"; }
  [[nodiscard]] double value(const Tensor& steps, const nn::Targets& /*targets*/) const {
    return costs.at(static_cast<std::size_t>(steps(0, 0)));
  }
  [[nodiscard]] static Tensor gradient(const Tensor& steps, const nn::Targets& /*targets*/) {
    return Tensor{steps.shape(), real(-1)};
  }
};

const Dataset one{.inputs = Tensor{Shape{1, 1}, real{1}}, .targets = Tensor{0}};

/// Trains with one step per epoch. In each, the training cost is the list's entry for the steps
/// before it, and the validation cost the entry for the steps after it.
struct Listed {
  nn::History history;
  std::string all;   ///< What was printed,
  std::string text;  ///< and the last line of it.
  real steps;        ///< Those of the network at the end.
};
Listed train_listed(const std::vector<double>& costs, const Dataset& validation,
                    const nn::TrainingOptions& options, std::size_t stop_after = 1'000) {
  nn::Sequential network{nn::Dense{1, 1}};  // weight and bias grow by 1/2 in a step
  nn::Trainer trainer{network, ListedCost{costs},
                      nn::GradientDescent{{.learning_rate = real(0.5)}}};
  trainer.observe(StopAfter{stop_after});
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  Listed listed{
      .history = trainer.fit(one, validation, options), .all = {}, .text = {}, .steps = 0};
  listed.all = testing::internal::GetCapturedStdout();
  listed.text = listed.all.substr(listed.all.rfind('\n', listed.all.size() - 2) + 1);
  listed.steps = nn::predict(network, one.inputs)(0, 0);
  return listed;
}

TEST(Training, EndsWhenPatienceDoesAndBringsTheBestBack) {
  const Listed listed =
      train_listed({9, 5, 4, 4, 6, 3, 2}, one, {.epochs = 6, .stopping = {.patience = 2}});
  EXPECT_EQ(listed.history.ending, nn::Ending::patience);
  EXPECT_EQ(listed.history.epochs.size(), 4U);
  EXPECT_EQ(listed.history.best_epoch(), 2U);
  EXPECT_EQ(listed.steps, 2);
  EXPECT_EQ(listed.text,
            "2 epochs without a lower validation cost: the network is now that of epoch 2\n");
}

TEST(Training, BringsTheBestBackAfterAllEpochsToo) {
  const Listed back =
      train_listed({9, 5, 4, 6, 5}, one, {.epochs = 4, .stopping = {.patience = 3}});
  EXPECT_EQ(back.history.ending, nn::Ending::all_epochs);
  EXPECT_EQ(back.steps, 2);
  EXPECT_EQ(back.text, "all epochs done: the network is now that of epoch 2\n");
  const Listed last =
      train_listed({9, 5, 4, 6, 3}, one, {.epochs = 4, .stopping = {.patience = 3}});
  EXPECT_EQ(last.steps, 4);
  EXPECT_EQ(last.text, "epoch  4/4  cost 6.0000 | validation 3.0000\n");
}

TEST(Training, BringsTheBestBackWhenInterrupted) {
  const Listed listed =
      train_listed({9, 5, 4, 6, 3}, one, {.epochs = 4, .stopping = {.patience = 3}}, 3);
  EXPECT_TRUE(listed.history.interrupted());
  EXPECT_EQ(listed.steps, 2);
  EXPECT_EQ(listed.text, "interrupted: the network is now that of epoch 2\n");
}

// A cost that is finite on the training set may overflow on another set.
TEST(Training, ANetworkThatDivergedIsNotTheBest) {
  const Dataset far{.inputs = Tensor{Shape{1, 1}, real{10}}, .targets = Tensor{0}};
  std::vector<double> costs(20, NAN);
  costs[0] = costs[1] = 9;  // of training; those of validation are 5 and 11
  const Listed listed = train_listed(costs, far, {.epochs = 3, .stopping = {.patience = 2}});
  EXPECT_EQ(listed.history.best_epoch(), 0U);
  EXPECT_EQ(listed.history.epochs.size(), 2U);
  EXPECT_EQ(listed.text,
            "2 epochs without a lower validation cost: the network keeps its last weights\n");
}

// Divergence.

constexpr real far_too_large = std::numeric_limits<real>::max() / 1000;
constexpr const char* advice =
    "  try a smaller learning rate or gradient clipping (clip_norm); also check the\n"
    "  largest values of the data, and how the weights are initialized\n";

TEST(Training, EndsWhenTheCostIsNotFinite) {
  const Listed listed = train_listed({9, 5, INFINITY, 1}, {}, {.epochs = 5});
  EXPECT_EQ(listed.history.ending, nn::Ending::diverged);
  ASSERT_TRUE(listed.history.divergence);
  EXPECT_EQ(listed.history.divergence->text(),
            "epoch 3, batch 1: the cost is inf; first non-finite value in the cost");
  EXPECT_EQ(listed.history.epochs.size(), 3U);
  EXPECT_EQ(listed.history.best_epoch(), 2U);
  EXPECT_EQ(listed.steps, 0);
  EXPECT_EQ(listed.all,
            "epoch  1/5  cost 9.0000\nepoch  2/5  cost 5.0000\nepoch  3/5  cost inf\n" +
                std::string{"diverged: the network is back to what it was 2 steps earlier\n"
                            "  epoch 3, batch 1: the cost is inf\n"
                            "  first non-finite value in the cost\n"} +
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
  EXPECT_EQ(listed.all, "epoch  1/5  cost nan\ndiverged: the network keeps its last weights\n" +
                            std::string{"  epoch 1, batch 1: the cost is nan\n"
                                        "  first non-finite value in the cost\n"} +
                            advice);
}

TEST(Training, BringsTheBestBackWhenItDiverges) {
  const Listed listed =
      train_listed({9, 5, 4, NAN}, one, {.epochs = 5, .stopping = {.patience = 3}});
  EXPECT_EQ(listed.history.epochs.size(), 4U);
  EXPECT_EQ(listed.steps, 2);
  EXPECT_NE(listed.all.find("diverged: the network is now that of epoch 2\n"), std::string::npos);
}

// The incomplete epoch is recorded, with the validation of the restored network.
TEST(Training, EndsAnEpochThatDiverges) {
  nn::Sequential network = small_network();
  const nn::Sequential before = network;
  nn::Trainer trainer = quiet_trainer(network, far_too_large);
  const double cost = trainer.evaluate(clouds(30, 2)).cost;
  std::size_t epochs = 0;
  trainer.on_epoch([&](const nn::Epoch&) { ++epochs; });
  const nn::History history =
      trainer.fit(clouds(60), clouds(30, 2), {.epochs = 5, .batches = {.size = 10}});
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

TEST(Training, NamesTheFirstLayerThatIsNotFinite) {
  nn::Sequential network = small_network();
  network.parameters()[2]->value(7, 2) = NAN;
  nn::Trainer trainer = quiet_trainer(network);
  const nn::History history = trainer.fit(clouds(30), nn::TrainingOptions{.batches = {.size = 10}});
  EXPECT_EQ(history.divergence->layer, 2U);
  EXPECT_EQ(history.divergence->text(),
            "epoch 1, batch 1: the cost is nan; first non-finite value in layer 3 (Dense 8→3)");
  EXPECT_EQ(history.divergence->steps_back, 0U);
}

TEST(Training, NamesInputsThatAreNotFinite) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const auto spoil = [batch = 0](Tensor inputs, nn::Random /*random*/) mutable {
    if (++batch >= 3) inputs(0, 1) = NAN;
    return inputs;
  };
  const nn::History history = trainer.fit(
      clouds(60), nn::TrainingOptions{.batches = {.size = 10}, .steps = {.augment = spoil}});
  EXPECT_FALSE(history.divergence->layer);
  EXPECT_EQ(history.divergence->text(),
            "epoch 1, batch 3: the cost is nan; first non-finite value in the inputs");
}

/// A cost that is finite, although its gradient is not.
struct Steep : nn::SoftmaxCrossEntropy {
  static Tensor gradient(const Tensor& logits, const nn::Targets& targets) {
    Tensor gradient = nn::SoftmaxCrossEntropy::gradient(logits, targets);
    gradient(0, 0) = std::numeric_limits<real>::infinity();
    return gradient;
  }
};

TEST(Training, NamesTheGradientThatCannotBeClipped) {
  nn::Sequential network{nn::Dense{2, 3}};
  nn::Trainer trainer{network, Steep{}, nn::GradientDescent{{.learning_rate = real(0.1)}}};
  const nn::History history = trainer.fit(
      clouds(60), nn::TrainingOptions{.batches = {.size = 10}, .steps = {.clip_norm = 1}});
  EXPECT_EQ(history.ending, nn::Ending::diverged);
  ASSERT_TRUE(history.divergence);
  EXPECT_FALSE(history.divergence->layer);
  EXPECT_DOUBLE_EQ(history.divergence->cost, std::log(3.0));
  EXPECT_EQ(history.divergence->first, "the gradient of 0.weight");
  EXPECT_TRUE(history.learning_rates.empty());
}

// A last batch of one sample, which BatchNorm rejects, is detected before anything changes.
TEST(Training, RefusesALastBatchOfOneSampleBeforeTheFirstStep) {
  nn::Random random{1};
  nn::Sequential network{nn::Dense{2, 4, nn::He{random}}, nn::BatchNorm{4},
                         nn::Dense{4, 3, nn::Glorot{random}}};
  const Tensor before = network.layer<nn::Dense>(0).weights();
  const auto fit = [&](std::size_t samples, nn::BatchOptions batches) {
    quiet_trainer(network).fit(clouds(samples), {.batches = batches});
  };
  EXPECT_EQ(error_of<std::invalid_argument>([&] { fit(3, {.size = 2}); }),
            "nn::Training: in batches of 2, the last of the 3 samples has a batch to itself: "
            "nn::BatchNorm: a "
            "training batch of shape (1, 4) has one value per feature, expected at least 2; "
            "change batches.size or set batches.drop_last");
  EXPECT_TRUE(error_of<std::invalid_argument>([&] {
                fit(3, {.size = 1, .drop_last = true});
              }).starts_with("nn::Training: in batches of 1, "));
  EXPECT_EQ(network.layer<nn::Dense>(0).weights(), before);
  fit(3, {.size = 2, .drop_last = true});
  fit(4, {.size = 2});
  nn::Sequential without = small_network();
  quiet_trainer(without).fit(clouds(3), {.batches = {.size = 2}});  // one is enough for it
}

// What a layer remembers in addition to its parameters is restored, too.
TEST(Training, BringsRunningMeansBackWhenItDiverges) {
  nn::Random random{1};
  nn::Sequential network{nn::Dense{2, 8, nn::He{random}}, nn::BatchNorm{8},
                         nn::Dense{8, 3, nn::Glorot{random}}};
  nn::Trainer trainer = quiet_trainer(network, far_too_large);
  const nn::History history = trainer.fit(clouds(60), {.epochs = 5, .batches = {.size = 10}});
  EXPECT_TRUE(history.divergence);
  EXPECT_TRUE(std::isfinite(trainer.evaluate(clouds(30, 2)).cost));
}

TEST(Training, EndsWhenTheCostIsSmall) {
  const Listed listed =
      train_listed({9, 5, 0.5, 0.4}, {}, {.epochs = 4, .stopping = {.enough_cost = 0.5}});
  EXPECT_EQ(listed.history.ending, nn::Ending::cost_small);
  EXPECT_EQ(listed.history.epochs.size(), 3U);
  EXPECT_EQ(listed.text, "the training cost is low enough: the network keeps its last weights\n");
}

TEST(Training, EndsWhenTheCostNoLongerChanges) {
  const Listed listed =
      train_listed({8, 4, 4.5, 4.25, 1}, {}, {.epochs = 5, .stopping = {.min_change = 0.1}});
  EXPECT_EQ(listed.history.ending, nn::Ending::cost_stands_still);
  EXPECT_EQ(listed.history.epochs.size(), 4U);
  EXPECT_EQ(listed.text,
            "the training cost no longer changes: the network keeps its last weights\n");
}

/// A layer with a running statistic, which is not a parameter.
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

// A layer is restored completely, and pointers to its parameters stay valid.
TEST(Training, RestoresWholeLayersInPlace) {
  nn::Sequential network{nn::Sequential{Running{}, nn::Dense{1, 1}}, Running{}};
  const std::vector<nn::Parameter*> parameters = network.parameters();
  nn::Trainer trainer{network, ListedCost{{9, 5, 4, 6, 5}},
                      nn::GradientDescent{{.learning_rate = real(0.5)}}};
  trainer.fit(one, one, {.epochs = 4, .stopping = {.patience = 3}});
  EXPECT_EQ(network.layer<Running>(1).passes, 2);
  EXPECT_EQ(network.layer<nn::Sequential>(0).layer<Running>(0).passes, 2);
  EXPECT_EQ(network.parameters(), parameters);
  EXPECT_EQ(parameters[0]->value(0, 0), 1);
}

TEST(Training, RefusesWhatCannotBe) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  const auto refusal = [&](const Dataset& training, const Dataset& validation,
                           const nn::TrainingOptions& options) {
    return error_of<std::invalid_argument>(
        [&] { (void)trainer.fit(training, validation, options); });
  };
  const Dataset set = clouds(30);
  EXPECT_EQ(refusal(set, {}, {.epochs = 0}), "nn::Training: 0 epochs, expected at least 1");
  EXPECT_EQ(refusal(set, {}, {.batches = {.size = 0}}),
            "nn::Batches: batch size is 0, expected 1 to 30");
  EXPECT_EQ(refusal(set, {}, {.batches = {.size = 10}, .steps = {.clip_norm = -1}}),
            "nn::Training: clip_norm is -1, expected 0 or more");
  EXPECT_EQ(refusal(set, {}, {.batches = {.size = 10}, .steps = {.clip_norm = NAN}}),
            "nn::Training: clip_norm is nan, expected 0 or more");
  EXPECT_EQ(refusal({}, {}, {}), "nn::Training: the training set: 0 samples, expected at least 1");
  EXPECT_EQ(refusal(set, {}, {.stopping = {.patience = 5}}),
            "nn::Training: patience is 5, but there is no validation set: pass one, or set "
            "patience to 0");
  EXPECT_EQ(refusal(set, {}, {.stopping = {.enough_cost = -1}}),
            "nn::Training: enough_cost is -1, expected a finite number, 0 or more");
  EXPECT_EQ(refusal(set, {}, {.stopping = {.min_change = NAN}}),
            "nn::Training: min_change is nan, expected a finite number, 0 or more");
  nn::Trainer weighted{network, nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 2}}, nn::Adam{}};
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { weighted.fit(set); }),
      "nn::Weighted: 2 class weights, but a target is class 2, expected one weight for each class");
  const auto lose = [](const Tensor& /*inputs*/, nn::Random /*random*/) {
    return Tensor{Shape{9, 2}};
  };
  EXPECT_EQ(refusal(set, {}, {.batches = {.size = 10}, .steps = {.augment = lose}}),
            "nn::Training: augment returned 9 samples, expected 10");
  const Dataset wide{.inputs = Tensor{Shape{5, 4}}, .targets = Labels{0, 0, 0, 0, 0}};
  EXPECT_EQ(refusal(set, wide, {.batches = {.size = 10}}),
            "nn::Sequential: layer 1 (Dense 2→8) expects 2 columns; the input has 4");
  const Dataset torn{.inputs = Tensor{Shape{5, 2}}, .targets = Labels{0, 0, 0, 0}};
  EXPECT_EQ(
      refusal(set, torn, {.batches = {.size = 10}}),
      "nn::Training: the validation set: 5 inputs and 4 targets, expected the same number of each");
}

// Step by step.

// The ten lines that chapter 4 explains, and Training, take the same steps.
TEST(Training, TakesTheSameStepsAsALoop) {
  const Dataset set = clouds(25);
  nn::Sequential by_hand = small_network();
  nn::GradientDescent descent{{.learning_rate = real(0.1)}};
  const nn::SoftmaxCrossEntropy cost;
  const nn::Batches batches{set, {.size = 10}, nn::Random{7}};
  for (std::size_t e = 1; e <= 2; ++e) {
    for (const nn::Batch& batch : batches.epoch(e)) {
      const Tensor logits = by_hand.forward(batch.inputs);
      by_hand.backward(cost.gradient(logits, batch.targets));
      descent.step(by_hand.parameters());
    }
  }
  nn::Sequential network = small_network();
  nn::Training training{network,
                        cost,
                        nn::GradientDescent{{.learning_rate = real(0.1)}},
                        set,
                        {.epochs = 2, .batches = {.size = 10}, .seed = 7}};
  while (!training.is_over()) training.run_epoch();
  EXPECT_EQ(network.parameter("0.weight").value, by_hand.parameter("0.weight").value);
  EXPECT_EQ(network.parameter("2.bias").value, by_hand.parameter("2.bias").value);
}

TEST(Training, ReportsItsProgress) {
  const Dataset set = clouds(25);
  nn::Sequential network = small_network();
  nn::Training training{
      network, nn::SoftmaxCrossEntropy{}, nn::Adam{}, set, {.epochs = 2, .batches = {.size = 10}}};
  EXPECT_EQ(training.batches(), 3U);
  EXPECT_TRUE(training.step());
  EXPECT_EQ(training.epoch(), 1U);
  EXPECT_EQ(training.batch(), 1U);
  EXPECT_EQ(training.running_cost(), training.cost());
  EXPECT_EQ(training.outputs().shape(), (Shape{10, 3}));
  EXPECT_TRUE(training.step());
  EXPECT_TRUE(training.step());
  EXPECT_TRUE(training.is_epoch_complete());
  EXPECT_FALSE(training.step());
  EXPECT_EQ(training.end_epoch().samples, 25U);
  EXPECT_EQ(training.epoch(), 2U);
  EXPECT_FALSE(training.is_over());
  training.run_epoch();
  EXPECT_TRUE(training.is_over());
  EXPECT_EQ(training.history().learning_rates.size(), 6U);
}

TEST(Training, StopsBetweenTwoSteps) {
  const Dataset set = clouds(25);
  nn::Sequential network = small_network();
  nn::Training training{
      network, nn::SoftmaxCrossEntropy{}, nn::Adam{}, set, {.epochs = 2, .batches = {.size = 10}}};
  EXPECT_TRUE(training.step());
  training.stop();
  EXPECT_FALSE(training.step());
  EXPECT_EQ(training.end_epoch().samples, 10U);
  EXPECT_TRUE(training.is_over());
  EXPECT_TRUE(training.history().interrupted());
}

TEST(Training, TakesNoStepAfterItsEndAndEndsNoEpochWithoutOne) {
  const Dataset set = clouds(25);
  nn::Sequential network = small_network();
  nn::Training training{
      network, nn::SoftmaxCrossEntropy{}, nn::Adam{}, set, {.epochs = 2, .batches = {.size = 10}}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { training.end_epoch(); }),
            "nn::Training: epoch 1 cannot end before its first step");
  while (!training.is_over()) training.run_epoch();
  EXPECT_FALSE(training.step());
  EXPECT_EQ(error_of<std::invalid_argument>([&] { training.run_epoch(); }),
            "nn::Training: training is over after 2 epochs");
  EXPECT_EQ(training.history().epochs.size(), 2U);
}

// Otherwise the optimizer would apply the same old gradient of a frozen layer in every step.
TEST(Training, RefusesLayersThatAreFrozenOrUnfrozenMeanwhile) {
  const Dataset set = clouds(25);
  nn::Sequential network = small_network();
  network.freeze(2, 3);
  nn::Training training{
      network, nn::SoftmaxCrossEntropy{}, nn::Adam{}, set, {.epochs = 2, .batches = {.size = 10}}};
  EXPECT_TRUE(training.step());
  network.freeze(0, 1);
  const nn::Sequential before = network;
  EXPECT_EQ(error_of<std::invalid_argument>([&] { training.step(); }),
            "nn::Training: layer 1 (" + network[0].name() +
                ") was frozen after the Training was made: make a new Training");
  network.unfreeze(0, 3);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { training.step(); }),
            "nn::Training: layer 3 (" + network[2].name() +
                ") was unfrozen after the Training was made: make a new Training");
  EXPECT_EQ(network.parameter("0.weight").value, before.parameter("0.weight").value);
  network.freeze(2, 3);
  EXPECT_TRUE(training.step());
}

TEST(Training, StepsWithTheCallersOptimizer) {
  const Dataset set = clouds(10);
  nn::Sequential network = small_network();
  nn::Adam adam;
  {
    nn::Training training{network, nn::SoftmaxCrossEntropy{}, nn::AnyOptimizer{std::ref(adam)},
                          set};
    EXPECT_TRUE(training.step());
  }
  EXPECT_EQ(std::get<std::span<std::uint64_t>>(adam.state(network.parameters())[0].value)[0], 1U);
}

TEST(Training, LeavesFrozenLayersAlone) {
  nn::Sequential network = small_network();
  network.freeze(0, 1);
  const nn::Sequential before = network;
  quiet_trainer(network).fit(clouds(30));
  EXPECT_EQ(network.parameter("0.weight").value, before.parameter("0.weight").value);
  EXPECT_NE(network.parameter("2.weight").value, before.parameter("2.weight").value);
}

// With a weighted cost, an epoch's mean is weighted by its batches' weights: with a rate of 0, it
// is the mean over the whole set, however that is cut into batches.
TEST(Training, MeansWeightBatchesByTheirClasses) {
  const auto cost_in_batches_of = [](std::size_t size) {
    nn::Sequential network = small_network();
    nn::Trainer trainer{network, nn::Weighted{nn::SoftmaxCrossEntropy{}, {1, 0, 7}},
                        nn::GradientDescent{{.learning_rate = 0}}};
    const Dataset set = clouds(25);
    return trainer.fit(set, set, {.batches = {.size = size}}).epochs[0];
  };
  const nn::Epoch whole = cost_in_batches_of(25);
  EXPECT_NEAR(cost_in_batches_of(1).training.cost, whole.training.cost, nn::test::tolerance);
  EXPECT_NEAR(cost_in_batches_of(10).training.cost, whole.training.cost, nn::test::tolerance);
  EXPECT_NEAR(whole.validation.cost, whole.training.cost, nn::test::tolerance);
}

}  // namespace
