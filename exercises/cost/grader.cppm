/// @file
/// @brief Grades cross-entropy, alone and combined with softmax.
module;

#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

export module exercises.cost;

export import exercises.grade;
export import nn.activation;
export import nn.cost;

using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Targets;
using nn::Tensor;

namespace exercises {

/// 1 for the class of each sample, 0 elsewhere, times a factor.
Tensor one_hot(const Targets& targets, std::size_t classes, real factor) {
  Tensor result{Shape{targets.size(), classes}};
  for (std::size_t n = 0; n < targets.size(); ++n) {
    for (std::size_t j = 0; j < classes; ++j) {
      result(n, j) = factor * targets.wanted(n, j, classes);
    }
  }
  return result;
}

}  // namespace exercises

export namespace exercises {

/// The steps for classes like nn::CrossEntropy and nn::SoftmaxCrossEntropy.
template <class CrossEntropy, class SoftmaxCrossEntropy>
std::vector<Step> cost() {
  static const Tensor p{{0.5, 0.25, 0.25}, {0.125, 0.75, 0.125}};
  static const Tensor z{{1, 2, 0}, {-1, 0, 3}};
  static const Targets labels{Labels{0, 1}};
  static const nn::CrossEntropy plain;
  static const nn::SoftmaxCrossEntropy fused;
  static const double value = plain.value(p, labels);

  return {
      {"CrossEntropy: value",
       [] {
         expect(
             "C", CrossEntropy::value(p, labels), value,
             {{"It has the wrong sign: logarithms of probabilities are negative.", number(-value)},
              {"It is the sum over the batch, not the mean: divide by B.", number(2 * value)},
              {"It is also divided by the number of classes: divide by B alone.",
               number(value / 3)},
              {"It is in bits: the book's logarithm is the natural one.",
               number(value / std::numbers::ln2)}});
       }},
      {"CrossEntropy: value of targets that are distributions",
       [] {
         const Targets shares{Tensor{{0.5, 0.5, 0}, {0.25, 0.25, 0.5}}};
         expect("C", CrossEntropy::value(p, shares), plain.value(p, shares),
                {{"Only the largest target of each row counts: sum over all classes.",
                  number(-(0.5 * std::log(0.5) + 0.5 * std::log(0.125)) / 2)}});
       }},
      {"CrossEntropy: gradient",
       [] {
         const Tensor want = plain.gradient(p, labels);
         Tensor inverse = p;
         for (real& x : inverse.values()) x = -1 / (2 * x);
         expect("∂C/∂P", CrossEntropy::gradient(p, labels), want,
                {{"The value is a mean over the batch, so its gradient has a factor 1/B.",
                  times(2, want)},
                 {"It has the wrong sign: more probability for the right class means less cost.",
                  times(-1, want)},
                 {"The factor t is missing: −t / p is 0 for every class that is not wanted.",
                  inverse}});
       }},
      {"SoftmaxCrossEntropy: value",
       [] {
         const double right = fused.value(z, labels);
         const Tensor y = nn::Softmax{}.predict(z);
         expect("C", SoftmaxCrossEntropy::value(z, labels), right,
                {{"It is the sum over the batch, not the mean: divide by B.", number(2 * right)},
                 {"It has the wrong sign.", number(-right)},
                 {"That is −z of the right class: the logarithm of the sum of exponentials is "
                  "missing.",
                  number(-(1.0 + 0.0) / 2)},
                 {"The largest logit is subtracted before the exponentials: add it again after the "
                  "logarithm.",
                  number(right - (2.0 + 3.0) / 2)},
                 {"The softmax is taken twice: its inputs are the logits.",
                  number(fused.value(y, labels))}});
       }},
      {"SoftmaxCrossEntropy: value of large logits",
       [] {
         const Tensor large{{1000, 0, -1000}, {-1000, 1000, 999}};
         const Targets wrong{Labels{1, 2}};
         const double got = SoftmaxCrossEntropy::value(large, wrong);
         require(std::isfinite(got),
                 "For logits of 1000, the cost is not finite: e¹⁰⁰⁰ is larger than any double, and "
                 "the logarithm of a probability that became 0 is −∞. Subtract the largest logit "
                 "first, and do not compute the probability.");
         expect("C", got, fused.value(large, wrong));
       }},
      {"SoftmaxCrossEntropy: gradient",
       [] {
         const Tensor want = fused.gradient(z, labels);
         const Tensor y = nn::Softmax{}.predict(z);
         expect("∂C/∂Z", SoftmaxCrossEntropy::gradient(z, labels), want,
                {{"The value is a mean over the batch, so its gradient has a factor 1/B.",
                  times(2, want)},
                 {"It has the wrong sign: it is (y − t) / B.", times(-1, want)},
                 {"The targets are missing: it is (y − t) / B.", times(0.5, y)},
                 {"It is also divided by the number of classes: divide by B alone.",
                  times(real{1} / 3, want)},
                 {"That is the gradient with respect to the probabilities, −t / y / B.",
                  plain.gradient(y, labels)},
                 {"The softmax is missing: that is (z − t) / B.", [&] {
                    Tensor wrong = times(0.5, z);
                    const Tensor t = one_hot(labels, 3, 0.5);
                    for (std::size_t i = 0; i < wrong.size(); ++i) {
                      wrong.values()[i] -= t.values()[i];
                    }
                    return wrong;
                  }()}});
       }},
      {"both: 6 samples of 10 classes", [] {
         const Tensor logits = random_tensor(Shape{6, 10}, 1);
         const Targets targets{Labels{3, 1, 4, 1, 5, 9}};
         const Tensor y = nn::Softmax{}.predict(logits);
         expect("C of the probabilities", CrossEntropy::value(y, targets), plain.value(y, targets));
         expect("∂C/∂P", CrossEntropy::gradient(y, targets), plain.gradient(y, targets));
         expect("C of the logits", SoftmaxCrossEntropy::value(logits, targets),
                fused.value(logits, targets));
         expect("∂C/∂Z", SoftmaxCrossEntropy::gradient(logits, targets),
                fused.gradient(logits, targets));
       }}};
}

}  // namespace exercises
