// The checkpoint of a small training, which goes on from it: of one epoch, so that nothing is left
// to do if the checkpoint was written at its end.

#include <string>

#include "target.hpp"

import nn.activation;
import nn.adam;
import nn.backprop;
import nn.batching;
import nn.cost;
import nn.dense;
import nn.initializers;
import nn.metrics;
import nn.random;
import nn.tensor;
import nn.training;

void nn::fuzz::parse(const std::string& file) {
  static const Dataset set{.inputs = Tensor{{0, 1}, {1, 0}}, .targets = Tensor{0, 1}};
  Random random{1};
  Sequential network{Dense{2, 2, Glorot{random}}};
  Trainer trainer{network, SoftmaxCrossEntropy{}, Adam{}};
  trainer.watch(Accuracy{});
  trainer.set_quiet(true);
  const FitOptions options{
      .epochs = 1, .batch_size = 1, .patience = 1, .checkpoint = file, .checkpoint_seconds = 0};
  (void)trainer.fit(set, set, options);
}
