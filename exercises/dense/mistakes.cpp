// Layers with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <span>
#include <utility>

import exercises.dense;
import exercises.mistakes;

using nn::Tensor;

namespace {

/// The right layer. Each class below spoils one result.
class Right : public nn::Dense {
 public:
  using nn::Dense::Dense;

 protected:
  Tensor& weight_gradient() { return parameters()[0]->gradient; }
  Tensor& bias_gradient() { return parameters()[1]->gradient; }
};

struct WithoutBias : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const { return nn::matmul(x, weights()); }
};

struct OneSample : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const {
    Tensor y{nn::Shape{x.rows(), outputs()}};
    const Tensor first = Right::predict(x.rows(0, 1));
    for (std::size_t j = 0; j < outputs(); ++j) y(0, j) = first(0, j);
    return y;
  }
};

struct MeanOfBiases : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    bias_gradient() = exercises::times(1 / static_cast<nn::real>(dy.rows()), bias_gradient());
    return dx;
  }
};

struct BiasOfLastSample : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    bias_gradient() = nn::sum_rows(dy.rows(dy.rows() - 1, 1));
    return dx;
  }
};

struct MeanOfWeights : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    weight_gradient() = exercises::times(1 / static_cast<nn::real>(dy.rows()), weight_gradient());
    return dx;
  }
};

struct TransposedWeights : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    weight_gradient() = exercises::transpose_of(weight_gradient());
    return dx;
  }
};

struct WrongSign : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    weight_gradient() = exercises::times(-1, weight_gradient());
    return dx;
  }
};

struct NoWeights : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    weight_gradient().fill(0);
    return dx;
  }
};

struct UntransposedInput : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Right::backward(dy);
    return nn::matmul(dy, weights().reshaped(nn::Shape{outputs(), inputs()}));
  }
};

struct Accumulates : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    const Tensor before = weight_gradient();
    Tensor dx = Right::backward(dy);
    for (std::size_t i = 0; i < before.size(); ++i) {
      weight_gradient().values()[i] += before.values()[i];
    }
    return dx;
  }
};

template <class Layer>
exercises::Tried tried(const char* words) {
  return {words, exercises::dense<Layer>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::dense<Right>(),
      {tried<WithoutBias>("The bias is missing"),
       tried<OneSample>("Only the first sample of the batch has an output"),
       tried<MeanOfBiases>("It is the mean over the batch"),
       tried<BiasOfLastSample>("Only the last sample counts"),
       tried<MeanOfWeights>("It is divided by the batch size"),
       tried<TransposedWeights>("It is transposed"),
       tried<WrongSign>("All values have the wrong sign"), tried<NoWeights>("All values are 0"),
       tried<UntransposedInput>("W misread as (M, D)"),
       tried<Accumulates>("The gradient of the first batch is still in it")});
}
