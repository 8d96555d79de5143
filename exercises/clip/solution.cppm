/// @file
/// @brief Exercise 2.3: min(x, 1) from two ReLUs.
module;

export module mine.clip;

import exercises.todo;
export import nn.activation;
export import nn.backprop;
export import nn.dense;

export namespace mine {

using namespace nn;

/// A network with one input, two neurons with ReLU, and one output, y = min(x, 1).
class Clip {
 public:
  /// @return The weights of the two neurons, shape (1, 2): `Tensor{{w1, w2}}`.
  static Tensor hidden_weights() {
    // [todo Clip::hidden_weights]
    return Tensor{{-1, 0}};
    // [/todo]
  }

  /// @return Their biases, shape (2).
  static Tensor hidden_biases() {
    // [todo Clip::hidden_biases]
    return Tensor{1, 0};
    // [/todo]
  }

  /// @return The weights of the output, shape (2, 1): `Tensor{{v1}, {v2}}`.
  static Tensor output_weights() {
    // [todo Clip::output_weights]
    return Tensor{{-1}, {0}};
    // [/todo]
  }

  /// @return Its bias, shape (1).
  static Tensor output_bias() {
    // [todo Clip::output_bias]
    return Tensor{1};
    // [/todo]
  }

  /// The network that these make.
  static Sequential network() {
    return Sequential{Dense{hidden_weights(), hidden_biases()}, ReLU{},
                      Dense{output_weights(), output_bias()}};
  }
};

}  // namespace mine
