// Many threads: a network used by eight threads simultaneously answers each as if it were alone,
// and training does not depend on the number of threads. Run under the thread sanitizer.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

import nn;
import nn.test;

namespace {

using nn::Dense;
using nn::Glorot;
using nn::He;
using nn::Random;
using nn::real;
using nn::ReLU;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;
using nn::test::noise;

Sequential multi_layer_perceptron() {  // of chapter 10
  Random random{1};
  return Sequential{Dense{784, 256, He{random}}, ReLU{}, Dense{256, 256, He{random}}, ReLU{},
                    Dense{256, 10, Glorot{random}}};
}

Sequential convolutional_network() {  // of chapter 10
  Random random{1};
  return Sequential{nn::Reshape{1, 28, 28},
                    nn::Convolution{1, 16, {.kernel = 5}, He{random}},
                    nn::MaxPool{2},
                    ReLU{},
                    nn::Convolution{16, 32, {.kernel = 5}, He{random}},
                    nn::MaxPool{2},
                    ReLU{},
                    nn::Flatten{},
                    Dense{512, 128, He{random}},
                    ReLU{},
                    Dense{128, 10, Glorot{random}}};
}

Sequential normalized_network() {
  Random random{1};
  return Sequential{nn::Reshape{1, 28, 28},
                    nn::Convolution{1, 4, {.kernel = 5, .stride = 2}, He{random}},
                    nn::BatchNorm{4},
                    nn::Tanh{},
                    nn::AveragePool{2},
                    nn::Flatten{},
                    nn::Dropout{0.5, random},
                    Dense{144, 32, He{random}},
                    nn::BatchNorm{32},
                    nn::Sigmoid{},
                    nn::LayerNorm{32},
                    Dense{32, 10, Glorot{random}},
                    nn::Softmax{}};
}

Sequential recurrent_network() {
  Random random{1};
  const Glorot glorot{random};
  return Sequential{nn::Reshape{28, 28}, nn::LSTM{28, 16, glorot, {.sequence = true}},
                    nn::GRU{16, 16, glorot, {.sequence = true}}, nn::Recurrent{16, 16, glorot},
                    Dense{16, 10, glorot}};
}

Sequential attentive_network() {
  Random random{1};
  const Glorot glorot{random};
  return Sequential{nn::Reshape{28, 28},
                    nn::Positions{28, 28, glorot},
                    nn::Attention{28, glorot, {.heads = 4, .causal = true}},
                    nn::LayerNorm{28},
                    Dense{28, 16, glorot},
                    nn::GELU{},
                    nn::Attention{16, glorot, {.heads = 2}},
                    nn::Flatten{},
                    Dense{448, 10, glorot}};
}

/// Two residual blocks, the second with a projection.
Sequential residual_network() {
  Random random{1};
  const He he{random};
  const nn::Convolution::Options same{.kernel = 3, .padding = nn::Padding::same()};
  const nn::Convolution::Options half{.kernel = 3, .stride = 2, .padding = nn::Padding{1}};
  return Sequential{nn::Reshape{1, 28, 28},
                    nn::Convolution{1, 4, half, he},
                    nn::Residual{nn::BatchNorm{4}, ReLU{}, nn::Convolution{4, 4, same, he}},
                    nn::Residual{Sequential{nn::Convolution{4, 8, half, he}, nn::BatchNorm{8}},
                                 Sequential{nn::Convolution{4, 8, {.kernel = 1, .stride = 2}, he}}},
                    nn::GlobalAveragePool{},
                    Dense{8, 10, Glorot{random}}};
}

class Network : public testing::TestWithParam<Sequential (*)()> {};
INSTANTIATE_TEST_SUITE_P(Threads, Network,
                         testing::Values(multi_layer_perceptron, convolutional_network,
                                         normalized_network, recurrent_network, attentive_network,
                                         residual_network));

// A batch, and a single image, which some layers process differently.
TEST_P(Network, AnswersEightThreadsAtOnce) {
  const std::size_t before = nn::threads();
  nn::set_threads(2);  // for whose loops the eight threads compete
  const Sequential network = GetParam()();
  const std::array inputs{noise(Shape{40, 784}), noise(Shape{1, 784}, 2)};
  const std::array alone{network.predict(inputs[0]), network.predict(inputs[1])};
  std::atomic<std::size_t> same = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (std::size_t repeat = 0; repeat < 10; ++repeat) {
        same += network.predict(inputs[repeat % 2]) == alone[repeat % 2] ? 1U : 0U;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, 80U);
  nn::set_threads(before);
}

/// The results of training, without the times.
struct Trained {
  std::vector<Tensor> weights;
  std::vector<double> history;
  bool operator==(const Trained&) const = default;
};

Trained train(Sequential network) {
  nn::Labels labels;
  for (std::size_t i = 0; i < 250; ++i) labels.push_back(i % 10);
  const nn::Dataset digits{.inputs = noise(Shape{250, 784}), .targets = labels};
  nn::Trainer trainer{
      network, nn::SoftmaxCrossEntropy{},
      nn::Adam{{.learning_rate = real(2e-3), .weight_decay = real(0.1), .decoupled = true}}};
  trainer.watch(nn::Accuracy{});
  const nn::History history =
      trainer.fit(digits, digits, {.epochs = 2, .batches = {.size = 100}, .seed = 1});
  Trained trained;
  for (const nn::Parameter* parameter : network.parameters()) {
    trained.weights.push_back(parameter->value);
  }
  for (const nn::Epoch& epoch : history.epochs) {
    trained.history.insert(trained.history.end(),
                           {epoch.training.cost, epoch.training.metrics[0], epoch.validation.cost,
                            epoch.validation.metrics[0], epoch.learning_rate});
  }
  return trained;
}

TEST_P(Network, TrainsToTheSameBitsOnAnyNumberOfThreads) {
  EXPECT_EQ(train(GetParam()()).history.size(), 10U);
  EXPECT_TRUE(nn::test::same_on_any_threads([] { return train(GetParam()()); }));
}

}  // namespace
