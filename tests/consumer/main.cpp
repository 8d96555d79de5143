// A program outside the source tree: builds a network, trains it a little, and uses it.

#include <cstdio>

import nn;

int main() {
  // y = x₁ + x₂, seen four times.
  const nn::Dataset sums{.inputs = nn::Tensor{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
                         .targets = nn::Tensor{{0}, {1}, {1}, {2}}};
  nn::Random random{1};
  nn::Sequential network{nn::Dense{2, 1, nn::He{random}}};

  nn::Trainer trainer{network, nn::MeanSquaredError{}, nn::Adam{{.learning_rate = 0.05F}}};
  trainer.fit(sums, {.epochs = 500, .batches = {.size = 4}});
  std::printf("2 + 3 = %.2f\n",
              static_cast<double>(nn::predict(network, nn::Tensor{{2, 3}}).values()[0]));
}
