// Convolutions with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

import exercises.convolution;
import exercises.mistakes;

using nn::Parameter;
using nn::real;
using nn::Tensor;

namespace {

/// Kernels turned by 180°: the values of each, backwards.
Tensor turned(Tensor kernels) {
  const std::size_t area = kernels.shape()[2] * kernels.shape()[3];
  const std::span<real> values = kernels.values();
  for (std::size_t i = 0; i < values.size(); i += area) {
    std::ranges::reverse(values.subspan(i, area));
  }
  return kernels;
}

/// Kernels that ignore all input channels but the first.
Tensor first_channel(Tensor kernels) {
  const std::size_t area = kernels.shape()[2] * kernels.shape()[3];
  const std::span<real> values = kernels.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i / area % kernels.shape()[1] != 0) values[i] = 0;
  }
  return kernels;
}

/// The right layer. Each class below spoils one result.
class Right {
 public:
  Right(Tensor kernels, Tensor biases) : layer_{std::move(kernels), std::move(biases)} {}
  Tensor predict(const Tensor& x) const { return layer_.predict(x); }
  Tensor forward(const Tensor& x) {
    input_ = x;
    return layer_.forward(x);
  }
  Tensor backward(const Tensor& dy) { return layer_.backward(dy); }
  std::vector<Parameter*> parameters() { return layer_.parameters(); }

 protected:
  Tensor& kernel_gradient() { return parameters()[0]->gradient; }
  Tensor& bias_gradient() { return parameters()[1]->gradient; }
  nn::Convolution layer_;
  Tensor input_;
};

/// Predicts with other kernels.
template <Tensor change(Tensor)>
struct Predicts : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const {
    return nn::Convolution{change(layer_.kernels()), layer_.biases()}.predict(x);
  }
};

struct WithoutBias : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const {
    return nn::Convolution{layer_.kernels(), Tensor{layer_.biases().shape()}}.predict(x);
  }
};

/// Changes what backward() wrote.
template <bool kernels>
struct Divided : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    Tensor& gradient = kernels ? kernel_gradient() : bias_gradient();
    gradient = exercises::times(1 / static_cast<real>(dy.rows()), gradient);
    return dx;
  }
};

struct MeanOfPlaces : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    bias_gradient() = exercises::times(
        static_cast<real>(dy.shape()[1]) / static_cast<real>(dy.size()), bias_gradient());
    return dx;
  }
};

template <Tensor change(Tensor)>
struct KernelGradient : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    kernel_gradient() = change(kernel_gradient());
    return dx;
  }
};

struct LastImage : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx = Right::backward(dy);
    nn::Convolution alone = layer_;
    static_cast<void>(alone.forward(input_.rows(input_.rows() - 1, 1)));
    static_cast<void>(alone.backward(dy.rows(dy.rows() - 1, 1)));
    kernel_gradient() = alone.parameters()[0]->gradient;
    return dx;
  }
};

/// Goes back through other kernels.
template <Tensor change(Tensor)>
struct InputGradient : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Right::backward(dy);
    nn::Convolution other{change(layer_.kernels()), layer_.biases()};
    static_cast<void>(other.forward(input_));
    return other.backward(dy);
  }
};

template <class Layer>
exercises::Tried tried(const char* words) {
  return {words, exercises::convolution<Layer>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::convolution<Right>(),
      {tried<Predicts<turned>>("You turned the kernel by 180°"),
       tried<Predicts<first_channel>>("Only the first input channel is used"),
       tried<WithoutBias>("The bias is missing"),
       tried<Divided<false>>("∂C/∂b: the shape (3) is right, but 3 of 3 values are wrong"),
       tried<MeanOfPlaces>("the mean over all places"),
       tried<Divided<true>>("It is divided by the batch size"),
       tried<KernelGradient<turned>>("It is turned by 180°"),
       tried<KernelGradient<first_channel>>("Only the first input channel has a gradient"),
       tried<LastImage>("Only the last image counts"),
       tried<InputGradient<turned>>("once too often"),
       tried<InputGradient<first_channel>>("Only the first input channel has a gradient")});
}
