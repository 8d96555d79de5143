// Costs with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

import exercises.cost;
import exercises.mistakes;

using nn::real;
using nn::Targets;
using nn::Tensor;

namespace {

Tensor times(real factor, Tensor tensor) {
  for (real& x : tensor.values()) x *= factor;
  return tensor;
}

/// A cost whose value is wrong by a factor.
template <class Right, auto factor>
struct Value : Right {
  static double value(const Tensor& p, const Targets& t) { return factor(p) * Right::value(p, t); }
};

/// A cost whose gradient is wrong by a factor.
template <class Right, auto factor>
struct Gradient : Right {
  static Tensor gradient(const Tensor& p, const Targets& t) {
    return times(static_cast<real>(factor(p)), Right::gradient(p, t));
  }
};

constexpr auto minus = [](const Tensor&) { return -1.0; };
constexpr auto batch = [](const Tensor& p) { return static_cast<double>(p.rows()); };
constexpr auto by_classes = [](const Tensor& p) { return 1 / static_cast<double>(p.columns()); };
constexpr auto bits = [](const Tensor&) { return 1 / std::numbers::ln2; };

struct LargestTarget : nn::CrossEntropy {
  static double value(const Tensor& p, const Targets& t) {
    double sum = 0;
    for (std::size_t n = 0; n < p.rows(); ++n) {
      const std::size_t j = t.class_of(n);
      sum -= t.wanted(n, j, p.columns()) * std::log(p(n, j));
    }
    return sum / static_cast<double>(p.rows());
  }
};

struct WithoutTarget : nn::CrossEntropy {
  static Tensor gradient(const Tensor& p, const Targets&) {
    Tensor dp = p;
    for (real& x : dp.values()) x = -1 / (x * static_cast<real>(p.rows()));
    return dp;
  }
};

struct Overflows : nn::SoftmaxCrossEntropy {
  static double value(const Tensor& z, const Targets& t) {
    double sum = 0;
    for (std::size_t n = 0; n < z.rows(); ++n) {
      double exponentials = 0;
      for (const real x : z.row(n)) exponentials += std::exp(x);
      for (std::size_t j = 0; j < z.columns(); ++j) {
        sum -= t.wanted(n, j, z.columns()) * std::log(std::exp(z(n, j)) / exponentials);
      }
    }
    return sum / static_cast<double>(z.rows());
  }
};

struct NotAddedAgain : nn::SoftmaxCrossEntropy {
  static double value(const Tensor& z, const Targets& t) {
    double largest = 0;
    for (std::size_t n = 0; n < z.rows(); ++n) largest += *std::ranges::max_element(z.row(n));
    return nn::SoftmaxCrossEntropy::value(z, t) - largest / static_cast<double>(z.rows());
  }
};

struct Twice : nn::SoftmaxCrossEntropy {
  static double value(const Tensor& z, const Targets& t) {
    return nn::SoftmaxCrossEntropy::value(nn::Softmax{}.predict(z), t);
  }
};

struct OfProbabilities : nn::SoftmaxCrossEntropy {
  static Tensor gradient(const Tensor& z, const Targets& t) {
    return nn::CrossEntropy::gradient(nn::Softmax{}.predict(z), t);
  }
};

struct OnlySoftmax : nn::SoftmaxCrossEntropy {
  static Tensor gradient(const Tensor& z, const Targets&) {
    return times(1 / static_cast<real>(z.rows()), nn::Softmax{}.predict(z));
  }
};

using Plain = nn::CrossEntropy;
using Fused = nn::SoftmaxCrossEntropy;

template <class CrossEntropy, class SoftmaxCrossEntropy = Fused>
exercises::Tried tried(const char* words) {
  return {words, exercises::cost<CrossEntropy, SoftmaxCrossEntropy>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::cost<Plain, Fused>(),
      {tried<Value<Plain, minus>>("It has the wrong sign: logarithms"),
       tried<Value<Plain, batch>>("the sum over the batch"),
       tried<Value<Plain, by_classes>>("also divided by the number of classes"),
       tried<Value<Plain, bits>>("It is in bits"), tried<LargestTarget>("Only the largest target"),
       tried<Gradient<Plain, batch>>("∂C/∂P: the shape (2, 3) is right"),
       tried<Gradient<Plain, minus>>("more probability for the right class"),
       tried<WithoutTarget>("The factor t is missing"),
       tried<Plain, Value<Fused, batch>>("the sum over the batch"),
       tried<Plain, Overflows>("Subtract the largest logit"),
       tried<Plain, NotAddedAgain>("add it again after the logarithm"),
       tried<Plain, Twice>("The softmax is taken twice"),
       tried<Plain, Gradient<Fused, batch>>("its gradient has a factor 1/B"),
       tried<Plain, Gradient<Fused, minus>>("it is (y − t) / B"),
       tried<Plain, OnlySoftmax>("The targets are missing"),
       tried<Plain, OfProbabilities>("with respect to the probabilities")});
}
