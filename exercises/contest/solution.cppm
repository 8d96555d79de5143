/// @file
/// @brief Exercise 10: beat the default network.
module;

#include <cstddef>

export module mine.contest;

import exercises.todo;
export import nn;

export namespace mine {

using namespace nn;

/// What you enter in the contest.
struct Entry {
  /// Images in a batch.
  static std::size_t batch_size() {
    // [todo Entry::batch_size]
    return 50;
    // [/todo]
  }

  /// A network with random initial weights.
  /// @param random Determines them.
  /// @return A network for rows of 784 pixels, with ten outputs. The cost is
  ///   SoftmaxCrossEntropy, so the outputs are logits.
  static Sequential network(Random& random) {
    // [todo Entry::network]
    return Sequential{Reshape{1, 28, 28},
                      Convolution{1, 8, {.kernel = 5}, He{random}},
                      MaxPool{2},
                      ReLU{},
                      Convolution{8, 16, {.kernel = 5}, He{random}},
                      MaxPool{2},
                      ReLU{},
                      Flatten{},
                      Dense{256, 64, He{random}},
                      ReLU{},
                      Dense{64, 10, Glorot{random}}};
    // [/todo]
  }

  /// @return How it learns, with the learning rate η.
  static AnyOptimizer optimizer() {
    // [todo Entry::optimizer]
    return Adam{{.learning_rate = 8e-3F}};
    // [/todo]
  }

  /// The rate of a step is η times this factor.
  /// @param passed The fraction of the training time that has passed, in [0, 1].
  static double factor(double passed) {
    // [todo Entry::factor]
    return 1 - passed;
    // [/todo]
  }
};

}  // namespace mine
