// nn.history: sums, the best epoch, and its CSV and JSON.

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

import nn.history;

namespace {

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

// JSON cannot represent the NaN or infinite cost of a network that diverged.
TEST(History, JsonOfADivergedRunIsStillJson) {
  nn::History history = short_history();
  history.epochs[1].training.cost = NAN;
  EXPECT_TRUE(nlohmann::json::parse(history.json())[1]["training_cost"].is_null());
}

TEST(History, CountsSecondsAndSamples) {
  EXPECT_EQ(short_history().seconds(), 3);
  EXPECT_EQ(short_history().samples_per_second(), 40);
  EXPECT_EQ(nn::History{}.samples_per_second(), 0);
}

TEST(History, TheBestEpochHasTheLowestFiniteCost) {
  nn::History history = short_history();
  EXPECT_EQ(history.best_epoch(), 1U);  // by validation cost
  history.validated = false;
  EXPECT_EQ(history.best_epoch(), 2U);  // by training cost
  for (nn::Epoch& epoch : history.epochs) epoch.training.cost = NAN;
  EXPECT_EQ(history.best_epoch(), 0U);
}

TEST(History, ADivergenceSaysWhere) {
  const nn::Divergence divergence{
      .epoch = 1, .batch = 3, .cost = INFINITY, .first = "layer 2 (ReLU)"};
  EXPECT_EQ(divergence.text(),
            "epoch 1, batch 3: the cost is inf; first non-finite value in layer 2 (ReLU)");
}

}  // namespace
