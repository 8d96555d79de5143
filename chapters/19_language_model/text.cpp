module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module text;

import nn;

using nn::Shape;
using nn::Tensor;

namespace text {

Pages load_pages() {
  const std::vector<std::byte> bytes = nn::read_whole("load_pages", NN_TEXT_FOLDER "/pages.txt");
  std::string text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  Vocabulary vocabulary{text};
  const Tokens tokens = vocabulary.tokens(text);
  const auto cut = tokens.begin() + static_cast<std::ptrdiff_t>(tokens.size() * 9 / 10);
  return {.text = std::move(text),
          .vocabulary = std::move(vocabulary),
          .training = {tokens.begin(), cut},
          .validation = {cut, tokens.end()}};
}

// ----------------------------------------------------------------------------------- the networks

// [transformer]
nn::Sequential transformer(std::size_t tokens, std::uint64_t seed, bool masked) {
  constexpr std::size_t blocks = 2;
  constexpr std::size_t features = 96;
  nn::Random random{seed};
  const nn::RandomNormal normal{random, 0.02};
  const nn::RandomNormal small{random, 0.02 / std::sqrt(2.0 * blocks)};
  nn::Sequential network{nn::Embedding{tokens, features, nn::RandomNormal{random, 1}},
                         nn::SinusoidalPositions{places, features}};
  for (std::size_t i = 0; i < blocks; ++i) {
    network.push(nn::Residual{nn::LayerNorm{features},
                              nn::Attention{features, normal, {.heads = 4, .causal = masked}}});
    network.push(nn::Residual{nn::LayerNorm{features}, nn::Dense{features, 4 * features, normal},
                              nn::GELU{}, nn::Dense{4 * features, features, small}});
  }
  network.push(nn::LayerNorm{features});
  network.push(nn::Dense{features, tokens, normal});
  return network;
}
// [/transformer]

// [gru]
nn::Sequential gru(std::size_t tokens, std::uint64_t seed) {
  nn::Random random{seed};
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Embedding{tokens, 64, nn::RandomNormal{random, 1}},
                        nn::GRU{64, 240, glorot, {.sequence = true}},
                        nn::Dense{240, tokens, glorot}};
}
// [/gru]

// ------------------------------------------------------------------------------------ the training

namespace {

// [windows]
/// Windows of the text that begin at these places, and for each character in them the one after it.
nn::Batch windows(const Tokens& text, const std::vector<std::size_t>& starts) {
  nn::Batch batch{.inputs = Tensor{Shape{starts.size(), places}}};
  nn::Labels next;
  for (std::size_t n = 0; n < starts.size(); ++n) {
    for (std::size_t t = 0; t < places; ++t) {
      batch.inputs(n, t) = static_cast<real>(text[starts[n] + t]);
      next.push_back(text[starts[n] + t + 1]);
    }
  }
  batch.targets = std::move(next);
  return batch;
}
// [/windows]

}  // namespace

// [train]
void train(nn::Sequential& network, const Tokens& text, const Plan& plan) {
  nn::Random random{plan.seed};
  nn::Adam adam{{.beta2 = real(0.99), .weight_decay = real(0.1), .decoupled = true}};
  const nn::OneCycle cycle{{.rise = 0.1}};
  std::vector<std::size_t> starts(plan.batch);
  for (std::size_t step = 0; step < plan.steps; ++step) {
    for (std::size_t& start : starts) start = random.below(text.size() - places);
    const nn::Batch batch = windows(text, starts);
    const Tensor logits = network.forward(batch.inputs);
    network.backward_parameters(nn::SoftmaxCrossEntropy::gradient(logits, batch.targets));
    nn::clip_gradients(network.parameters(), 1);
    const auto done = static_cast<double>(step);
    adam.set_learning_rate(
        plan.rate *
        static_cast<real>(cycle({.epoch = done, .epochs = static_cast<double>(plan.steps)})));
    adam.step(network.parameters());
    plan.report(step + 1);
  }
}
// [/train]

// [bits]
double bits(const nn::Sequential& network, const Tokens& text) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t start = 0; start + places < text.size(); start += places, ++count) {
    const nn::Batch batch = windows(text, {start});
    sum += nn::SoftmaxCrossEntropy::value(network.predict(batch.inputs), batch.targets);
  }
  return sum / static_cast<double>(count) / std::numbers::ln2;
}
// [/bits]

}  // namespace text
