// nn.checkpoint: what is kept comes back, and nothing comes back into another training.

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn.checkpoint;
import nn.safetensors;
import nn.state;
import nn.tensor;
import nn.test;

namespace {

using nn::Checkpoint;
using nn::Description;
using nn::Shape;
using nn::State;
using nn::Tensor;
using nn::test::error_of;

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
  [[nodiscard]] std::string head() const { return "nn::Trainer: " + path("c").string() + ": "; }
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
  EXPECT_EQ(
      refusal({{"layer 1", "Dense 2→3"}, {"seed", "2"}}),
      head() + "is of another training (delete it, or name another file): seed is 1 there, 2 here");
  EXPECT_EQ(refusal({{"layer 1", "Dense 2→4"}, {"seed", "2"}}),
            head() +
                "is of another training (delete it, or name another file): layer 1 is Dense 2→3 "
                "there, Dense 2→4 here");
  EXPECT_EQ(refusal({{"layer 1", "Dense 2→3"}, {"seed", "1"}, {"layer 2", "ReLU"}}),
            head() +
                "is of another training (delete it, or name another file): layer 2 is missing "
                "there, ReLU here");
  EXPECT_EQ(refusal({{"seed", "1"}}), head() +
                                          "is of another training (delete it, or name another "
                                          "file): layer 1 is Dense 2→3 there, missing here");
}

TEST_F(CheckpointFile, OfAnotherVersionIsRefused) {
  nn::Safetensors contents;
  contents.metadata["nn.checkpoint"] = "0.0.1";
  nn::write_safetensors("test", path("c"), contents);
  EXPECT_EQ(refusal({}), head() +
                             "is of another training (delete it, or name another file): the "
                             "library's version is 0.0.1 there, " +
                             std::string{nn::version()} + " here");
  contents.metadata.clear();
  nn::write_safetensors("test", path("c"), contents);
  EXPECT_EQ(refusal({}), head() + "is no checkpoint of a training");
}

// What the file says goes to a terminal, so it must not command it; and it may be long.
TEST_F(CheckpointFile, IsQuotedAsATerminalCanShowIt) {
  nn::save_checkpoint(path("c"), {{"seed", "\x1b[31m2→3\n\u009b\x7f"}}, {});
  EXPECT_EQ(refusal({{"seed", "1"}}), head() +
                                          "is of another training (delete it, or name another "
                                          "file): seed is ?[31m2→3??? there, 1 here");
  nn::save_checkpoint(path("c"), {{"seed", std::string(199, 'x') + "→" + std::string(9, 'x')}}, {});
  EXPECT_EQ(refusal({{"seed", "1"}}),
            head() + "is of another training (delete it, or name another file): seed is " +
                std::string(199, 'x') + "… there, 1 here");
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
            head() + "'costs' is of type F64, expected U64");
  EXPECT_EQ(refusal({good, {.name = "costs", .value = std::span{costs}}}),
            head() + "'costs' has 2 values, expected 3");
  EXPECT_EQ(weights, (Tensor{Shape{2, 2}}));
}

}  // namespace
