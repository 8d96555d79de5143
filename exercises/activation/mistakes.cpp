// Activations with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

import exercises.activation;
import exercises.mistakes;

using nn::real;
using nn::Tensor;

namespace {

template <class Function>
Tensor mapped(Tensor x, Function f) {
  for (real& value : x.values()) value = f(value);
  return x;
}

/// ReLU, or another function in its place.
template <real f(real)>
struct Function : nn::ReLU {
  Tensor predict(Tensor x) const { return mapped(std::move(x), f); }
};

/// ReLU with another backward pass: from ∂C/∂y and the input.
template <real derivative(real, real)>
struct Backward : nn::ReLU {
  Tensor input;
  Tensor forward(Tensor x) {
    input = x;
    return nn::ReLU::forward(std::move(x));
  }
  Tensor backward(Tensor dy) {
    for (std::size_t i = 0; i < dy.size(); ++i) {
      dy.values()[i] = derivative(dy.values()[i], input.values()[i]);
    }
    return dy;
  }
};

real magnitude(real x) { return std::abs(x); }
real only_negative(real x) { return std::min(real{0}, x); }
real without_chain(real, real x) { return x > 0 ? 1 : 0; }
real unchanged(real dy, real) { return dy; }
real times_output(real dy, real x) { return dy * std::max(real{0}, x); }
real by_gradient(real dy, real) { return std::max(real{0}, dy); }
real open_at_zero(real dy, real x) { return x >= 0 ? dy : 0; }

struct NotDivided : nn::Softmax {
  Tensor predict(Tensor x) const {
    return mapped(std::move(x), [](real v) { return std::exp(v); });
  }
};

struct DividedByAll : nn::Softmax {
  Tensor predict(Tensor x) const {
    Tensor y = NotDivided{}.predict(std::move(x));
    real sum = 0;
    for (const real v : y.values()) sum += v;
    return mapped(std::move(y), [sum](real v) { return v / sum; });
  }
};

struct SubtractsTheLargestOfAll : nn::Softmax {
  Tensor predict(Tensor x) const {
    const real largest = std::ranges::max(x.values());
    Tensor y = NotDivided{}.predict(mapped(std::move(x), [=](real v) { return v - largest; }));
    for (std::size_t n = 0; n < y.rows(); ++n) {
      real sum = 0;
      for (const real v : y.row(n)) sum += v;
      for (real& v : y.row(n)) v /= sum;
    }
    return y;
  }
};

struct Overflows : nn::Softmax {
  Tensor predict(Tensor x) const {
    Tensor y = NotDivided{}.predict(std::move(x));
    for (std::size_t n = 0; n < y.rows(); ++n) {
      real sum = 0;
      for (const real v : y.row(n)) sum += v;
      for (real& v : y.row(n)) v /= sum;
    }
    return y;
  }
};

/// Softmax with another backward pass: from ∂C/∂y and y.
template <real derivative(real, real)>
struct SoftmaxBackward : nn::Softmax {
  Tensor output;
  Tensor forward(Tensor x) { return output = nn::Softmax::forward(std::move(x)); }
  Tensor backward(Tensor dy) {
    for (std::size_t i = 0; i < dy.size(); ++i) {
      dy.values()[i] = derivative(dy.values()[i], output.values()[i]);
    }
    return dy;
  }
};

real diagonal(real dy, real y) { return dy * y * (1 - y); }
real without_sum(real dy, real y) { return dy * y; }
real combined(real dy, real y) { return y - dy; }

template <class ReLU, class Softmax = nn::Softmax>
exercises::Tried tried(const char* words) {
  return {words, exercises::activation<ReLU, Softmax>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::activation<nn::ReLU, nn::Softmax>(),
      {tried<Function<magnitude>>("That is |x|"), tried<Function<only_negative>>("min(0, x)"),
       tried<Backward<without_chain>>("not multiplied by ∂C/∂Y"),
       tried<Backward<unchanged>>("That is ∂C/∂Y itself"),
       tried<Backward<times_output>>("multiplied by the output"),
       tried<Backward<by_gradient>>("whether ∂C/∂Y is positive"),
       tried<Backward<open_at_zero>>("the gradient at x = 0 is 0"),
       tried<nn::ReLU, NotDivided>("not divided by their sum"),
       tried<nn::ReLU, DividedByAll>("the sum of the whole batch"),
       tried<nn::ReLU, SubtractsTheLargestOfAll>("not that of the batch"),
       tried<nn::ReLU, Overflows>("Subtract the largest logit"),
       tried<nn::ReLU, SoftmaxBackward<diagonal>>("Only the diagonal"),
       tried<nn::ReLU, SoftmaxBackward<without_sum>>("is missing"),
       tried<nn::ReLU, SoftmaxBackward<combined>>("softmax and cross-entropy together")});
}
