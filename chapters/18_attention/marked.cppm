/// @file
/// @brief The marked number of chapter 14, found by one head and by its rival.
module;

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <vector>

export module marked;

import experiments;
import lecture;
import nn;
import vision;

using lecture::Curve, lecture::heading, lecture::percent_right;
using nn::real, nn::Shape, nn::Tensor;

// [remember]
nn::Sequential one_head(nn::Random& random) {
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Dense{2, 32, glorot}, nn::Attention{32, glorot}, MeanOverPlaces{},
                        nn::Dense{32, 2, glorot}};
}

/// The rival: each place is computed for itself, and only the mean brings them together.
nn::Sequential only_mean(nn::Random& random) {
  const nn::Glorot glorot{random};
  return nn::Sequential{nn::Dense{2, 64, glorot},  nn::ReLU{},
                        nn::Dense{64, 64, glorot}, nn::ReLU{},
                        MeanOverPlaces{},          nn::Dense{64, 2, glorot}};
}

/// Chooses a learning rate and trains, as chapter 14 does. Returns the last network.
nn::Sequential remember(const char* name, nn::Sequential (*build)(nn::Random&)) {
  const std::size_t steps = lecture::is_short() ? 10 : 80;
  nn::Sequential network;
  const auto training = [&](real rate, std::uint64_t seed) {
    nn::Random random{seed};
    network = build(random);
    return train(network, steps, steps / 2, rate, random);
  };
  tune(name, steps, 1, training, training);
  return network;
}
// [/remember]

// [map]
/// Shows one sequence to the network: prints how many places look at the marked one, and keeps
/// where each of them looks.
void keep_map(const nn::Sequential& network) {
  constexpr std::size_t steps = 20;
  nn::Random random{7};
  const Tensor x = marked(1, steps, 0, steps, random).inputs;
  nn::Attention head = network.layer<nn::Attention>(1);
  head.forward(network.slice(0, 1).predict(x));
  const Tensor p = head.attention_weights().reshaped(Shape{steps, steps});
  std::vector<Curve> columns{{"number", {}}, {"mark", {}}};
  for (std::size_t j = 0; j < steps; ++j) columns.push_back({fmt::format("p{}", j + 1), {}});
  std::size_t looking = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    for (std::size_t c = 0; c < 2; ++c) columns[c].values.push_back(x(0, i, c));
    for (std::size_t j = 0; j < steps; ++j) {
      columns[2 + j].values.push_back(p(i, j));
      if (x(0, j, 1) == 1 && p(i, j) > 0.9F) ++looking;
    }
  }
  fmt::print("\n  {} out of {} places give the marked one more than 0.9 of their weight\n", looking,
             steps);
  lecture::keep("18_map.csv", "step", 1, columns);
}
// [/map]

// [longer]
export void marked_numbers() {
  heading("18.4 One head finds the marked number");
  fmt::print("  layer      steps   0.0003  0.001  0.003   0.01   0.03    0.1   at the best\n");
  const nn::Sequential head = remember("one head", one_head);
  const nn::Sequential mean = remember("only mean", only_mean);
  fmt::print("\n  steps            80    160    320    640\n");
  for (const nn::Sequential* const network : {&head, &mean}) {
    fmt::print("  {:<11}", network == &head ? "one head" : "only mean");
    for (const std::size_t steps : {80U, 160U, 320U, 640U}) {
      nn::Random random{1};
      const std::size_t count = lecture::is_short() ? 100 : 1'000;
      const nn::Dataset sequences = marked(count, steps, 0, steps / 2, random);
      fmt::print("{:7.1f}", percent_right(*network, sequences));
    }
    fmt::print(" % right\n");
  }
  keep_map(head);
}
// [/longer]
