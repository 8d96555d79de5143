// nn.checkpoint: what is saved is restored, and never into a different training run.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Checkpoint;
using nn::Dataset;
using nn::Description;
using nn::real;
using nn::Shape;
using nn::State;
using nn::Tensor;
using nn::test::clouds;
using nn::test::error_of;
using nn::test::small_network;

/// Something with a state of every kind.
struct Thing {
  Tensor weights{Shape{2, 2}};
  std::uint64_t steps = 0;
  std::vector<double> costs = std::vector<double>(2);
  std::vector<double> grown{};

  std::vector<State> state() {
    return {{.name = "weights", .value = &weights},
            nn::counter_state("steps", steps),
            {.name = "costs", .value = std::span{costs}},
            {.name = "grown", .value = &grown}};
  }
};

class CheckpointFile : public nn::test::Folder, public testing::Test {
 protected:
  [[nodiscard]] std::string refusal(const Description& description) const {
    return error_of<std::runtime_error>([&] { Checkpoint(path("c"), description); });
  }
  [[nodiscard]] std::string head() const { return "nn::Checkpoints: " + path("c").string() + ": "; }
};

TEST_F(CheckpointFile, GivesBackWhatWasKept) {
  Thing thing{.weights = {{1, 2}, {3, 4}}, .steps = 7, .costs = {0.5, 0.25}, .grown = {1, 2, 3}};
  nn::save_checkpoint(path("c"), {{"seed", "1"}}, thing.state());
  Thing other;
  Checkpoint{path("c"), {{"seed", "1"}}}.restore(other.state());
  EXPECT_EQ(other.weights, thing.weights);
  EXPECT_EQ(other.steps, thing.steps);
  EXPECT_EQ(other.costs, thing.costs);
  EXPECT_EQ(other.grown, thing.grown);
}

TEST_F(CheckpointFile, OfAnotherTrainingIsRefusedByItsFirstDifference) {
  nn::save_checkpoint(path("c"), {{"layer 1", "Dense 2→3"}, {"seed", "1"}}, {});
  EXPECT_EQ(refusal({{"layer 1", "Dense 2→3"}, {"seed", "1"}}), "");
  EXPECT_EQ(refusal({{"layer 1", "Dense 2→3"}, {"seed", "2"}}),
            head() +
                "the file is from a different training run (delete it or choose another file): "
                "seed is 1 in "
                "the file and "
                "2 here");
  EXPECT_EQ(refusal({{"layer 1", "Dense 2→4"}, {"seed", "2"}}),
            head() +
                "the file is from a different training run (delete it or choose another file): "
                "layer 1 is "
                "Dense 2→3 in the file and Dense 2→4 here");
  EXPECT_EQ(refusal({{"layer 1", "Dense 2→3"}, {"seed", "1"}, {"layer 2", "ReLU"}}),
            head() +
                "the file is from a different training run (delete it or choose another file): "
                "layer 2 is "
                "missing in the file and ReLU here");
  EXPECT_EQ(refusal({{"seed", "1"}}), head() +
                                          "the file is from a different training run (delete it or "
                                          "choose another file): layer 1 is Dense "
                                          "2→3 in the file and missing here");
}

TEST_F(CheckpointFile, OfAnotherVersionIsRefused) {
  nn::Safetensors contents;
  contents.metadata["nn.checkpoint"] = "0.0.1";
  nn::write_safetensors("test", path("c"), contents);
  EXPECT_EQ(refusal({}),
            head() +
                "the file is from a different training run (delete it or choose another file): the "
                "library's version is 0.0.1 in the file and " +
                std::string{nn::version()} + " here");
  contents.metadata.clear();
  nn::write_safetensors("test", path("c"), contents);
  EXPECT_EQ(refusal({}), head() + "the file is not a training checkpoint");
}

// Text from a file is printed to a terminal, so it must not contain control codes or be too long.
TEST_F(CheckpointFile, IsQuotedAsATerminalCanShowIt) {
  nn::save_checkpoint(path("c"), {{"seed", "\x1b[31m2→3\n\u009b\x7f"}}, {});
  EXPECT_EQ(refusal({{"seed", "1"}}),
            head() +
                "the file is from a different training run (delete it or choose "
                "another file): seed is ?[31m2→3??? in the file and 1 here");
  nn::save_checkpoint(path("c"), {{"seed", std::string(199, 'x') + "→" + std::string(9, 'x')}}, {});
  EXPECT_EQ(
      refusal({{"seed", "1"}}),
      head() +
          "the file is from a different training run (delete it or choose another file): seed is " +
          std::string(199, 'x') + "… in the file and 1 here");
}

TEST_F(CheckpointFile, ThatDoesNotFitGivesNothing) {
  Thing thing;
  thing.weights.fill(1);
  nn::save_checkpoint(path("c"), {}, thing.state());
  const Checkpoint checkpoint{path("c"), {}};
  const auto refusal = [&](std::vector<State> states) {
    return error_of<std::runtime_error>([&] { checkpoint.restore(states); });
  };
  Tensor weights{Shape{2, 2}};
  Tensor other{Shape{4}};
  std::uint64_t steps = 0;
  std::vector<double> costs(3);
  const State good{.name = "weights", .value = &weights};
  EXPECT_EQ(refusal({good, {.name = "weights", .value = &other}}),
            head() + "'weights' has shape (2, 2), expected (4)");
  EXPECT_EQ(refusal({good, nn::counter_state("stops", steps)}), head() + "'stops' is missing");
  EXPECT_EQ(refusal({good, nn::counter_state("costs", steps)}),
            head() + "'costs' has type F64, expected U64");
  EXPECT_EQ(refusal({good, {.name = "costs", .value = std::span{costs}}}),
            head() + "'costs' has 2 values, expected 3");
  EXPECT_EQ(weights, (Tensor{Shape{2, 2}}));
}

// Training with checkpoints.

nn::Trainer quiet_trainer(nn::Sequential& network, real rate = real(0.1)) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::GradientDescent{{.learning_rate = rate}}};
  trainer.watch(nn::Accuracy{});
  return trainer;
}

/// An optimizer that does not expose its state.
struct Secretive {
  [[nodiscard]] static std::string name() { return "Secretive"; }
  [[nodiscard]] static real learning_rate() { return 0; }
  void set_learning_rate(real /*rate*/) {}
  void step(std::span<nn::Parameter* const> /*parameters*/) {}
};

/// A metric that does not expose it either.
struct Guess {
  [[nodiscard]] static std::string name() { return "guess"; }
  void reset() {}
  void add(const Tensor& /*predictions*/, const nn::Targets& /*targets*/) {}
  [[nodiscard]] static double value() { return 0; }
};

/// Stops a training after some steps, as Ctrl-C does.
struct StopAfterSteps : nn::Observer {
  explicit StopAfterSteps(std::size_t count) : steps{count} {}
  void step(nn::Training& training) override {
    if (training.history().learning_rates.size() == steps) training.stop();
  }
  std::size_t steps;
};

class Resuming : public nn::test::Folder, public testing::Test {
 protected:
  /// A trainer that saves checkpoints to a file.
  [[nodiscard]] nn::Trainer keeping(nn::Sequential& network, real rate = real(0.1)) const {
    nn::Trainer trainer = quiet_trainer(network, rate);
    trainer.observe(nn::Checkpoints{path("c")});
    return trainer;
  }
  [[nodiscard]] static nn::TrainingOptions options(std::size_t epochs) {
    return {.epochs = epochs, .batches = {.size = 10}, .seed = 4};
  }
};

TEST_F(Resuming, ResumesAfterTheEpochsSoFar) {
  nn::Sequential whole = small_network();
  const nn::History all = quiet_trainer(whole).fit(
      clouds(95), clouds(30), {.epochs = 5, .batches = {.size = 10}, .seed = 4});
  nn::Sequential network = small_network();
  keeping(network).fit(clouds(95), clouds(30), options(2));
  nn::Sequential other = small_network(99);  // its weights are in the file
  nn::Trainer trainer = keeping(other);
  trainer.observe(nn::Reporter{});
  testing::internal::CaptureStdout();
  const nn::History history = trainer.fit(clouds(95), clouds(30), options(5));
  EXPECT_TRUE(testing::internal::GetCapturedStdout().starts_with(
      "resumed after epoch 2, batch 0\nepoch  3/5  cost"));
  EXPECT_EQ(history.csv(), all.csv());
  EXPECT_EQ(history.learning_rates, all.learning_rates);
  EXPECT_EQ(history.epochs[0].samples, 95);
  EXPECT_EQ(other.layer<nn::Dense>(0).weights(), whole.layer<nn::Dense>(0).weights());
}

// Half a wave over four epochs ends at 0; over eight, it is at ½ by then.
TEST_F(Resuming, SaysHowTheLearningRateJumpsUnderASchedule) {
  nn::TrainingOptions plan = options(4);
  plan.steps.schedule = nn::Cosine{};
  nn::Sequential network = small_network();
  keeping(network).fit(clouds(90), plan);
  const auto resumed = [&] {
    nn::Trainer trainer = keeping(network);
    trainer.observe(nn::Reporter{});
    testing::internal::CaptureStdout();
    trainer.fit(clouds(90), plan);
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_EQ(resumed(), "resumed after epoch 4, batch 0\n");
  plan.epochs = 8;
  EXPECT_TRUE(resumed().starts_with(
      "resumed after epoch 4, batch 0\n"
      "the schedule now spans 8 epochs: the learning rate jumps from 0.00019 to 0.0522\n"));
}

TEST_F(Resuming, ATrainingThatIsOverGivesItsNetworkAndHistory) {
  nn::Sequential network = small_network();
  const nn::History before = keeping(network).fit(clouds(90), options(3));
  nn::Sequential other = small_network(99);
  const nn::History history = keeping(other).fit(clouds(90), options(3));
  EXPECT_EQ(history.csv(), before.csv());
  EXPECT_EQ(history.seconds(), before.seconds());
  EXPECT_EQ(other.layer<nn::Dense>(2).weights(), network.layer<nn::Dense>(2).weights());
}

TEST_F(Resuming, ResumesInTheMiddleOfAnEpochThatWasStopped) {
  nn::Sequential whole = small_network();
  const nn::History all =
      quiet_trainer(whole).fit(clouds(90), {.epochs = 3, .batches = {.size = 10}, .seed = 4});
  nn::Sequential network = small_network();
  nn::Trainer stopped = keeping(network);
  stopped.observe(StopAfterSteps{13});
  EXPECT_TRUE(stopped.fit(clouds(90), options(3)).interrupted());
  nn::Sequential other = small_network();
  const nn::History history = keeping(other).fit(clouds(90), options(3));
  EXPECT_EQ(history.csv(), all.csv());
  EXPECT_EQ(other.layer<nn::Dense>(0).weights(), whole.layer<nn::Dense>(0).weights());
}

/// Reads sequences of six tokens, some of them padded.
nn::Sequential reader(std::uint64_t seed) {
  nn::Random random{seed};
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Embedding{5, 4, glorot, {.padding = 0}},
                        nn::Positions{6, 4, glorot},
                        nn::Attention{4, glorot, {.heads = 2}},
                        nn::GELU{},
                        nn::Flatten{},
                        nn::Dense{24, 3, glorot}};
}

TEST_F(Resuming, ResumesANetworkThatReadsTokens) {
  nn::Dataset texts{.inputs = Tensor{Shape{60, 6}}, .targets = {}};
  nn::Labels labels;
  for (std::size_t n = 0; n < 60; ++n) {
    for (std::size_t t = 0; t < 1 + n % 6; ++t) {
      texts.inputs(n, t) = static_cast<real>(1 + (n * t) % 4);
    }
    labels.push_back(n % 3);
  }
  texts.targets = std::move(labels);
  nn::Sequential whole = reader(1);
  const nn::History all =
      quiet_trainer(whole).fit(texts, {.epochs = 3, .batches = {.size = 10}, .seed = 4});
  nn::Sequential network = reader(1);
  keeping(network).fit(texts, options(2));
  nn::Sequential other = reader(9);
  EXPECT_EQ(keeping(other).fit(texts, options(3)).csv(), all.csv());
  EXPECT_EQ(other.layer<nn::Embedding>(0).table(), whole.layer<nn::Embedding>(0).table());
  EXPECT_EQ(other.layer<nn::Attention>(2).weight_in(), whole.layer<nn::Attention>(2).weight_in());
}

TEST_F(Resuming, RefusesACheckpointOfAnotherTraining) {
  nn::Sequential network = small_network();
  keeping(network).fit(clouds(90), options(1));
  const auto refusal = [&](nn::Sequential other, const Dataset& training,
                           const nn::TrainingOptions& asked, real rate = real(0.1)) {
    const std::string text =
        error_of<std::runtime_error>([&] { keeping(other, rate).fit(training, asked); });
    const std::string head =
        "nn::Checkpoints: " + path("c").string() +
        ": the file is from a different training run (delete it or choose another file): ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  };
  EXPECT_EQ(
      refusal(nn::Sequential{nn::Dense{2, 9}, nn::ReLU{}, nn::Dense{9, 3}}, clouds(90), options(2)),
      "layer 1 is Dense 2→8 in the file and Dense 2→9 here");
  EXPECT_EQ(refusal(nn::Sequential{nn::Dense{2, 8}, nn::ReLU{}}, clouds(90), options(2)),
            "layer 3 is Dense 8→3 in the file and missing here");
  const std::string other_set = refusal(small_network(), clouds(90, 2), options(2));
  EXPECT_TRUE(other_set.starts_with("the training set is 90 samples of shape (2), fingerprint "))
      << other_set;
  nn::TrainingOptions other = options(2);
  other.batches = {.size = 9};
  EXPECT_EQ(refusal(small_network(), clouds(90), other),
            "batches.size is 10 in the file and 9 here");
  EXPECT_EQ(refusal(small_network(), clouds(90), options(2), real(0.2)),
            "the learning rate is 0.1 in the file and 0.2 here");
}

TEST_F(Resuming, RefusesWhatCannotBeKept) {
  nn::Sequential network = small_network();
  nn::Trainer secretive{network, nn::SoftmaxCrossEntropy{}, Secretive{}};
  secretive.observe(nn::Checkpoints{path("c")});
  EXPECT_EQ(error_of<std::invalid_argument>([&] { secretive.fit(clouds(90), options(1)); }),
            "nn::Checkpoints: Secretive does not expose its state, so it cannot be stored");
  nn::Trainer trainer = keeping(network);
  trainer.watch(Guess{});
  EXPECT_EQ(error_of<std::invalid_argument>([&] { trainer.fit(clouds(90), options(1)); }),
            "nn::Checkpoints: guess does not expose its state, so it cannot be stored");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { nn::Checkpoints(path("c"), -1); }),
            "nn::Checkpoints: seconds is -1, expected a finite number, 0 or more");
}

TEST_F(Resuming, RefusesNumbersThatCannotBe) {
  nn::Sequential network = small_network();
  keeping(network).fit(clouds(90), options(1));
  const nn::Safetensors good = nn::read_safetensors("test", path("c"));
  const auto refusal_with = [&](const nn::StoredTensor& broken) {
    nn::Safetensors contents = good;
    for (nn::StoredTensor& tensor : contents.tensors) {
      if (tensor.name == broken.name) tensor = broken;
    }
    nn::write_safetensors("test", path("c"), contents);
    const std::string text =
        error_of<std::runtime_error>([&] { keeping(network).fit(clouds(90), options(1)); });
    const std::string head = "nn::Checkpoints: " + path("c").string() + ": ";
    return text.starts_with(head) ? text.substr(head.size()) : "no refusal: " + text;
  };
  std::vector<double> epochs = good.find("history.epochs")->numbers();
  for (const double samples : {-1.0, 1e300, std::numeric_limits<double>::infinity()}) {
    epochs.back() = samples;
    EXPECT_EQ(
        refusal_with(nn::StoredTensor::of("history.epochs", epochs)),
        fmt::format("'history.epochs' has {} samples in epoch 1, expected 0 to 1e15", samples));
  }
  epochs.pop_back();
  EXPECT_EQ(refusal_with(nn::StoredTensor::of("history.epochs", epochs)),
            "'history.epochs' ends within epoch 1, so the file is damaged");
  for (const double rate : {-1.0, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(refusal_with(nn::StoredTensor::of("learning_rate", std::vector{rate})),
              fmt::format("'learning_rate' is {}, expected a finite number, 0 or more", rate));
  }
  EXPECT_EQ(refusal_with(nn::StoredTensor::of("steps_when_kept", std::vector<std::uint64_t>{10})),
            "'steps_when_kept' is 10, but there were only 9 steps");
}

TEST_F(Resuming, RefusesAPlaceThatCannotBeWrittenBeforeItTrains) {
  nn::Sequential network = small_network();
  nn::Trainer trainer = quiet_trainer(network);
  trainer.observe(nn::Checkpoints{path("none/c")});
  trainer.on_epoch([](const nn::Epoch& /*epoch*/) { ADD_FAILURE(); });
  EXPECT_EQ(
      error_of<std::runtime_error>([&] { trainer.fit(clouds(90), options(1)); }),
      "nn::Checkpoints: cannot write " + path("none/c").string() + ": No such file or directory");
}

// Otherwise an epoch could be lost; but the checkpoint of a finished run may be read-only.
TEST_F(Resuming, ChecksThatItCanKeepWhatItResumes) {
  nn::Sequential network = small_network();
  keeping(network).fit(clouds(90), options(1));
  std::filesystem::permissions(path(""), std::filesystem::perms{0555});
  {
    const nn::test::NotRoot anyone;
    EXPECT_EQ(keeping(network).fit(clouds(90), options(1)).epochs.size(), 1U);
    EXPECT_EQ(error_of<std::runtime_error>([&] { keeping(network).fit(clouds(90), options(2)); }),
              "nn::Checkpoints: cannot write " + path("c").string() + ": Permission denied");
  }
  std::filesystem::permissions(path(""), std::filesystem::perms{0755});
}

TEST_F(Resuming, RefusesStepsThatCannotBe) {
  nn::Sequential network = small_network();
  keeping(network).fit(clouds(90), options(1));
  nn::Safetensors contents = nn::read_safetensors("test", path("c"));
  for (nn::StoredTensor& tensor : contents.tensors) {
    if (tensor.name == "epoch.batches") tensor.bytes[0] = std::byte{4};
  }
  nn::write_safetensors("test", path("c"), contents);
  EXPECT_EQ(error_of<std::runtime_error>([&] { keeping(network).fit(clouds(90), options(1)); }),
            "nn::Checkpoints: " + path("c").string() +
                ": 9 steps do not match 1 epochs of 9 batches plus 4 batches");
}

}  // namespace
