// A checkpoint of a small training run, which resumes from it. It has one epoch, so that nothing is
// left to do if the checkpoint was written at its end.

#include <string>

#include "target.hpp"

import nn.activation;
import nn.adam;
import nn.checkpoint;
import nn.dense;
import nn.initializers;

void nn::fuzz::parse(const std::string& file) {
  static const Dataset set{.inputs = Tensor{{0, 1}, {1, 0}}, .targets = Labels{0, 1}};
  Random random{1};
  Sequential network{Dense{2, 2, Glorot{random}}};
  Trainer trainer{network, SoftmaxCrossEntropy{}, Adam{}};
  trainer.watch(Accuracy{});
  trainer.observe(Checkpoints{file, 0});
  (void)trainer.fit(set, set, {.epochs = 1, .batches = {.size = 1}, .stopping = {.patience = 1}});
}
