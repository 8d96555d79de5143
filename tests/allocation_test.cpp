// After the first steps, a training step allocates no memory. This program counts every allocation.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <limits>
#include <new>
#include <utility>
#include <vector>

import nn;

namespace {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> allocated_bytes = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  allocated_bytes += whole;
  if (void* const memory = std::aligned_alloc(alignment, whole)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes, alignof(std::max_align_t)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}

namespace {

nn::Dataset noise(std::size_t count) {
  nn::Random random{1};
  nn::Dataset set{.inputs = nn::Tensor{nn::Shape{count, 784}}, .targets = {}};
  for (nn::real& x : set.inputs.values()) x = static_cast<nn::real>(random.uniform());
  nn::Labels labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(random.below(10));
  set.targets = std::move(labels);
  return set;
}

nn::Sequential multi_layer_perceptron() {
  nn::Random random{1};
  return nn::Sequential{nn::Dense{784, 256, nn::He{random}}, nn::ReLU{},
                        nn::Dense{256, 256, nn::He{random}}, nn::ReLU{},
                        nn::Dense{256, 10, nn::Glorot{random}}};
}

nn::Sequential convolutional_network() {
  nn::Random random{1};
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 8, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{8, 16, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{256, 128, nn::He{random}},
                        nn::ReLU{},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}

nn::Sequential recurrent_network() {
  nn::Random random{1};
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Reshape{28, 28}, nn::LSTM{28, 32, glorot, {.sequence = true}},
                        nn::GRU{32, 32, glorot}, nn::Dense{32, 10, glorot}};
}

nn::Sequential normalized_network() {
  nn::Random random{1};
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 8, {.kernel = 5}, nn::He{random}},
                        nn::BatchNorm{8},
                        nn::ReLU{},
                        nn::MaxPool{2},
                        nn::Flatten{},
                        nn::Dense{1152, 64, nn::He{random}},
                        nn::BatchNorm{64},
                        nn::ReLU{},
                        nn::LayerNorm{64},
                        nn::Dense{64, 10, nn::Glorot{random}}};
}

/// Each image as 28 rows that look at each other.
nn::Sequential attentive_network() {
  nn::Random random{1};
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Reshape{28, 28},
                        nn::Dense{28, 32, glorot},
                        nn::Positions{28, 32, glorot},
                        nn::Attention{32, glorot, {.heads = 4}},
                        nn::LayerNorm{32},
                        nn::GELU{},
                        nn::Flatten{},
                        nn::Dense{896, 10, glorot}};
}

/// Two residual blocks, the second with a projection.
nn::Sequential residual_network() {
  nn::Random random{1};
  const nn::He he{random};
  const nn::Convolution::Options same{.kernel = 3, .padding = nn::Padding::same()};
  const nn::Convolution::Options half{.kernel = 3, .stride = 2, .padding = nn::Padding{1}};
  return nn::Sequential{
      nn::Reshape{1, 28, 28},
      nn::Convolution{1, 4, half, he},
      nn::Residual{nn::BatchNorm{4}, nn::ReLU{}, nn::Convolution{4, 4, same, he}},
      nn::Residual{nn::Sequential{nn::Convolution{4, 8, half, he}, nn::BatchNorm{8}},
                   nn::Sequential{nn::Convolution{4, 8, {.kernel = 1, .stride = 2}, he}}},
      nn::GlobalAveragePool{},
      nn::Dense{8, 10, nn::Glorot{random}}};
}

/// What some work allocates once it is warm. A thread that does something for the first time is not
/// warm yet, so the minimum over several runs counts.
std::size_t allocations_of(const std::function<void()>& work) {
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (int repeat = 0; repeat < 8; ++repeat) {
    const std::size_t before = allocations;
    work();
    least = std::min(least, allocations - before);
  }
  return least;
}

TEST(Allocation, IsCounted) {
  EXPECT_EQ(allocations_of([] { std::vector<int> one(1); }), 1U);
}

TEST(Allocation, OfLargeTensorsEndsWhenTheirSizeComesBackAndBeginsWhenItNoLongerDoes) {
  const auto allocated = [](std::size_t size) {
    const std::size_t before = allocations;
    static_cast<void>(nn::Tensor::uninitialized(nn::Shape{size}));
    return allocations - before;
  };
  allocated(10);  // and the list of what is kept
  const std::size_t large = 9'000'000;
  EXPECT_EQ(allocated(large), 1U);  // the first may be a data set: its memory is not kept
  EXPECT_EQ(allocated(large), 1U);
  EXPECT_EQ(allocated(large), 0U);
  EXPECT_EQ(allocated(2 * large), 1U);
  EXPECT_EQ(allocated(large), 0U);
  for (std::size_t i = 0; i <= 1000; ++i) allocated(10);
  EXPECT_EQ(allocated(large), 1U);
}

class Network : public testing::TestWithParam<nn::Sequential (*)()> {};
INSTANTIATE_TEST_SUITE_P(Allocation, Network,
                         testing::Values(multi_layer_perceptron, convolutional_network,
                                         recurrent_network, normalized_network, attentive_network,
                                         residual_network));

TEST_P(Network, StepsWithoutAllocation) {
  const nn::Dataset set = noise(200);
  nn::Sequential network = GetParam()();
  nn::Adam adam;
  const std::vector<nn::Parameter*> parameters = network.parameters();
  const auto batches = nn::Batches{set, {.size = 100}}.epoch(1);
  nn::Batch batch;
  EXPECT_EQ(allocations_of([&] {
              batches.read(1, batch);
              const nn::Tensor logits = network.forward(batch.inputs);
              network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
              adam.step(parameters);
            }),
            0U);
}

TEST_P(Network, PredictsWithoutAllocation) {
  const nn::Dataset set = noise(100);
  const nn::Sequential network = GetParam()();
  EXPECT_EQ(allocations_of([&] { static_cast<void>(network.predict(set.inputs)); }), 0U);
}

// The copy that a Training keeps in case it diverges.
TEST_P(Network, IsCopiedIntoAnEqualNetworkWithoutAllocation) {
  const nn::Dataset set = noise(100);
  nn::Sequential network = GetParam()();
  nn::Sequential copy = network;
  EXPECT_EQ(allocations_of([&] {
              static_cast<void>(network.forward(set.inputs));
              copy = network;
            }),
            0U);
}

// Two runs with the same number of epochs but different numbers of steps differ only in the steps.
TEST_P(Network, FitsWithoutAllocationInAStep) {
  const nn::Dataset set = noise(400);
  nn::Sequential network = GetParam()();
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.watch(nn::Accuracy{});
  const auto allocations_of_batches = [&](std::size_t size) {
    return allocations_of([&] { trainer.fit(set, {.batches = {.size = size}}); });
  };
  EXPECT_EQ(allocations_of_batches(100), allocations_of_batches(200));
}

// The options do not add allocations to a step either.
TEST_P(Network, FitsWithAllOptionsWithoutAllocationInAStep) {
  const nn::Dataset set = noise(400);
  nn::Sequential network = GetParam()();
  nn::Trainer trainer{network,
                      nn::Weighted{nn::SoftmaxCrossEntropy{}, nn::balanced_weights(set.targets)},
                      nn::Adam{}};
  const auto brighter = [](nn::Tensor images, nn::Random random) {
    const auto factor = static_cast<nn::real>(random.uniform(1, 2));
    for (nn::real& x : images.values()) x *= factor;
    return images;
  };
  const auto allocations_of_batches = [&](std::size_t size) {
    const nn::TrainingOptions options{.batches = {.size = size},
                                      .steps = {.schedule = nn::OneCycle{}, .augment = brighter}};
    return allocations_of([&] { trainer.fit(set, options); });
  };
  EXPECT_EQ(allocations_of_batches(100), allocations_of_batches(200));
}

TEST(Allocation, OfTokensNeedsNone) {
  nn::Random random{1};
  const nn::Glorot glorot{random};
  nn::Sequential network{nn::Embedding{9, 16, glorot}, nn::SinusoidalPositions{70, 16},
                         nn::Attention{16, glorot, {.heads = 2, .causal = true}},
                         nn::Attention{16, glorot}};
  const nn::Tensor tokens{nn::Shape{8, 70}, 3};
  EXPECT_EQ(allocations_of([&] { network.backward_parameters(network.forward(tokens)); }), 0U);
}

// All weights would be heads · places² numbers.
TEST(Allocation, OfAttentionGrowsLinearlyWithTheSequence) {
  const auto bytes_of = [](std::size_t places) {
    nn::Random random{1};
    nn::Attention layer{8, nn::Glorot{random}, {.heads = 4}};
    const nn::Tensor x{nn::Shape{1, places, 8}, 1};
    const std::size_t before = allocated_bytes;
    static_cast<void>(layer.backward(layer.forward(x)));
    return allocated_bytes - before;
  };
  const std::size_t shorter = bytes_of(1500);
  const std::size_t longer = bytes_of(3000);
  EXPECT_LT(longer, 5 * shorter / 2);
  EXPECT_LT(longer, 4 * 3000 * 3000 * sizeof(nn::real) / 8);
}

TEST(Allocation, AugmentingNeedsNone) {
  nn::Tensor images = noise(100).inputs;
  const nn::Augment augment{{.rotation = 10, .elastic = {.amplitude = 1}}};
  EXPECT_EQ(allocations_of([&] { images = augment(std::move(images), nn::Random{1}); }), 0U);
}

}  // namespace
