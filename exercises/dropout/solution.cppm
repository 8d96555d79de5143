/// @file
/// @brief Exercise 12: dropout.
module;

#include <cstddef>
#include <string>
#include <vector>

export module mine.dropout;

import exercises.todo;
export import nn.layer;
export import nn.random;

export namespace mine {

using namespace nn;

/// Inverted dropout: in training, y = x m / (1 − p), where the mask m is 0 with probability p, the
/// rate, and otherwise 1.
class Dropout {
 public:
  /// @param rate p, in [0, 1).
  /// @param random Determines the masks: the layer gets a separate generator, random_.
  Dropout(double rate, Random& random) : rate_{rate}, random_{random.stream(random())} {}

  /// Every call draws a new mask m, one number for each value, and stores the factors m / (1 − p)
  /// in mask_ for backward().
  /// `random_.uniform()` draws a number in [0, 1).
  /// @param x X, any shape.
  /// @return Y = X m / (1 − p), the same shape.
  Tensor forward(Tensor x) {
    mask_ = Tensor{x.shape()};
    // [todo Dropout::forward]
    const auto kept = static_cast<real>(1 / (1 - rate_));
    for (std::size_t i = 0; i < x.size(); ++i) {
      mask_.values()[i] = random_.uniform() < rate_ ? 0 : kept;
      x.values()[i] *= mask_.values()[i];
    }
    return x;
    // [/todo]
  }

  /// At inference nothing is dropped.
  /// @param x X, any shape.
  /// @return Y, the same shape.
  Tensor predict(Tensor x) const {
    // [todo Dropout::predict]
    return x;
    // [/todo]
  }

  /// @param dy ∂C/∂Y, the shape of the last output of forward().
  /// @return ∂C/∂X, the same shape.
  Tensor backward(Tensor dy) {
    // [todo Dropout::backward]
    for (std::size_t i = 0; i < dy.size(); ++i) dy.values()[i] *= mask_.values()[i];
    return dy;
    // [/todo]
  }

  std::vector<Parameter*> parameters() { return {}; }
  std::string name() const { return "my Dropout"; }
  Shape output_shape(const Shape& sample) const { return sample; }

 private:
  double rate_;
  Random random_;
  Tensor mask_;  // m / (1 − p) of the last forward(), the shape of its input
};

static_assert(Layer<Dropout>);

}  // namespace mine
