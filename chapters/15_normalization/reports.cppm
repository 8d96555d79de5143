/// @file
/// @brief Two experiments of Khadka and Shah's report, with three seeds each: initializers, and
/// dropout in a saturated network.
module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

export module reports;

import lecture;
import nn;

// [report]
/// Trains with three seeds and all images in one batch, and prints the accuracy of each network.
void three_seeds(const std::string& name, const nn::Split& digits, std::size_t factor,
                 const std::function<nn::Sequential(nn::Random&)>& make) {
  const nn::Dataset some = digits.training.first(lecture::is_short() ? 500 : 4'000);
  const std::size_t steps = factor * (lecture::is_short() ? 60 : 500);
  fmt::print("  {:<32}", name);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    nn::Random random{seed};
    nn::Sequential network = make(random);
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                        nn::GradientDescent{{.learning_rate = 0.1F}}};
    trainer.fit(some, {.epochs = steps, .batches = {.size = some.size(), .shuffle = false}});
    fmt::print("{:6.0f} %", lecture::percent_right(network, digits.test));
  }
  fmt::print("\n");
}

export void reported_initializers(const nn::Split& digits) {
  struct Formula {
    std::string name;
    double first, second;  // standard deviations of the weights of 784-10-10
  };
  for (const auto& [name, first, second] : std::vector<Formula>{
           {"random   sqrt(1 / 12)", std::sqrt(1 / 12.0), std::sqrt(1 / 12.0)},
           {"He       sqrt(2 / in)", std::sqrt(2 / 784.0), std::sqrt(2 / 10.0)},
           {"Glorot   sqrt(2 / (in + out))", std::sqrt(2 / 794.0), std::sqrt(2 / 20.0)},
           {"bound    sqrt(6 / (in + out))", std::sqrt(6 / 794.0), std::sqrt(6 / 20.0)},
           {"no root  2 / (in + out)", 2 / 794.0, 2 / 20.0},
           {"one      1", 1, 1},
           {"slip     sqrt(2 / in + out)", std::sqrt(2 / 784.0 + 10), std::sqrt(2 / 10.0 + 10)}}) {
    three_seeds(name, digits, 1, [&](nn::Random& random) {
      return nn::Sequential{nn::Dense{784, 10, nn::RandomNormal{random, first}}, nn::ReLU{},
                            nn::Dense{10, 10, nn::RandomNormal{random, second}}};
    });
  }
}
// [/report]

// [saturating]
/// Builds 784-10-10-10-10 with tanh and weights between −0.5 and 0.5.
/// @param rate Dropout's; 0 for none.
nn::Sequential saturating(double rate, nn::Random& random) {
  const nn::RandomUniform fill{random, -0.5, 0.5};
  nn::Sequential network;
  for (const std::size_t inputs : {784U, 10U, 10U}) {
    network.push(nn::Dense{inputs, 10, fill});
    network.push(nn::Tanh{});
    if (rate > 0) network.push(nn::Dropout{rate, random});
  }
  network.push(nn::Dense{10, 10, fill});
  return network;
}

export void reported_dropout(const nn::Split& digits) {
  for (const double rate : {0.0, 0.2, 0.5}) {
    three_seeds(fmt::format("tanh, 4 layers, dropout {}", rate), digits, 1,
                [&](nn::Random& random) { return saturating(rate, random); });
  }
  three_seeds("tanh, 4 layers, twice the steps", digits, 2,
              [](nn::Random& random) { return saturating(0, random); });
}
// [/saturating]
