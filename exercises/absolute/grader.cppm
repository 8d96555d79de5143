/// @file
/// @brief Grades the mean absolute error.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

export module exercises.absolute;

export import exercises.grade;
export import nn.cost;

using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Targets;
using nn::Tensor;

namespace exercises {

/// f of each difference ŷ − t.
template <class F>
Tensor of_differences(Tensor p, const Targets& targets, F f) {
  for (std::size_t n = 0; n < p.rows(); ++n) {
    for (std::size_t j = 0; j < p.columns(); ++j) {
      p(n, j) = static_cast<real>(f(double{p(n, j)} - targets.wanted(n, j, p.columns())));
    }
  }
  return p;
}

double sign(double d) { return d > 0 ? 1 : d < 0 ? -1 : 0; }

/// What f gives for each difference, added up.
template <class F>
double sum_of(const Tensor& p, const Targets& targets, F f) {
  double sum = 0;
  for (const real x : of_differences(p, targets, f).values()) sum += double{x};
  return sum;
}

double right_value(const Tensor& p, const Targets& targets) {
  return sum_of(p, targets, [](double d) { return std::abs(d); }) / static_cast<double>(p.size());
}

Tensor right_gradient(const Tensor& p, const Targets& targets) {
  return times(1 / static_cast<real>(p.size()), of_differences(p, targets, sign));
}

}  // namespace exercises

export namespace exercises {

/// The steps for a cost.
template <class Absolute>
std::vector<Step> absolute() {
  // The bold network of chapter 3: two samples of three classes.
  static const Tensor p{{0.75, 0.125, 0.125}, {0.125, 0.75, 0.125}};
  static const Targets labels{Labels{0, 2}};
  // Targets that are numbers, so that the differences do not add up to 0.
  static const Tensor numbers{{1.5, -2}, {0.25, 3}, {-1, 0}};
  static const Targets wanted{Tensor{{1, -1}, {2, 0.5}, {-1.5, 4}}};
  // Two predictions are right.
  static const Tensor equal{{1, 2, -3}, {0, 0.5, 4}};
  static const Targets equal_targets{Tensor{{1, 1, -2}, {3, 0.5, 2}}};

  return {
      {"name", [] { require(!Absolute{}.name().empty(), "The name is empty: tables need one."); }},
      {"value: three samples of two outputs",
       [] {
         const double want = right_value(numbers, wanted);
         const double squares = sum_of(numbers, wanted, [](double d) { return d * d; }) / 6;
         const double cancelled = sum_of(numbers, wanted, [](double d) { return d; }) / 6;
         const char* const cancel =
             "Positive and negative differences cancel: take |ŷ − t| of each, then add.";
         expect("C", Absolute{}.value(numbers, wanted), want,
                {{"It is the sum, not the mean: divide by BM.", number(6 * want)},
                 {"It is divided by B only: divide by BM, which is `predictions.size()`.",
                  number(2 * want)},
                 {"It is divided by M only: divide by BM, which is `predictions.size()`.",
                  number(3 * want)},
                 {"That is the mean squared error: take |ŷ − t|, not the square.", number(squares)},
                 {"That is the root of the mean squared error.", number(std::sqrt(squares))},
                 {cancel, number(cancelled)},
                 {cancel, number(-cancelled)},
                 {"Only differences above 0 count.",
                  number(sum_of(numbers, wanted, [](double d) { return std::max(d, 0.0); }) / 6)},
                 {"The differences are cut to whole numbers: `abs` without `std::` may be the "
                  "integer one.",
                  number(sum_of(numbers, wanted, [](double d) { return std::abs(std::trunc(d)); }) /
                         6)},
                 {"The targets are missing: that is the mean of |ŷ|.", number(7.75 / 6)}});
       }},
      {"value: the bold network of section 3.2, with labels",
       [] {
         const char* const only = "Only the output of the right class counts: add all M.";
         expect("C", Absolute{}.value(p, labels), right_value(p, labels),
                {{only, number((0.25 + 0.875) / 6)}, {only, number((0.25 + 0.875) / 2)}});
       }},
      {"value: a single output, whose label is the target",
       [] {
         expect("C", Absolute{}.value(Tensor{Shape{1, 1}, 0.25}, Labels{1}), 0.75,
                {{"A label of 1 is read as class 1, but with a single output it is the target: "
                  "`targets.wanted(n, j, M)` knows that.",
                  number(0.25)}});
       }},
      {"gradient: the bold network of section 3.2",
       [] {
         const Tensor want = right_gradient(p, labels);
         expect(
             "∂C/∂Ŷ", Absolute{}.gradient(p, labels), want,
             {{"It is not divided: the value has a factor 1/(BM), and so has its gradient.",
               times(6, want)},
              {"It is divided by B only: divide by BM.", times(3, want)},
              {"It is divided by M only: divide by BM.", times(2, want)},
              {"Every sign is wrong: where ŷ is above t, the slope is positive.", times(-1, want)},
              {"It is 1/(BM) everywhere, but where ŷ is below t, the slope is negative.",
               of_differences(p, labels, [](double) { return 1.0 / 6; })},
              {"That is |ŷ − t| / (BM): take the derivative.",
               of_differences(p, labels, [](double d) { return std::abs(d) / 6; })},
              {"That is (ŷ − t) / (BM): of the difference, only the sign counts.",
               of_differences(p, labels, [](double d) { return d / 6; })},
              {"That is the gradient of the mean squared error.",
               of_differences(p, labels, [](double d) { return d / 3; })}});
       }},
      {"gradient: predictions that equal their targets",
       [] {
         const Tensor got = Absolute{}.gradient(equal, equal_targets);
         require(std::ranges::none_of(got.values(), [](real v) { return std::isnan(v); }),
                 "There is NaN where ŷ = t: (ŷ − t) / |ŷ − t| is 0/0 there. Ask which of the two "
                 "is larger.");
         expect("∂C/∂Ŷ", got, right_gradient(equal, equal_targets),
                {{"Where ŷ = t, the gradient must be 0, not 1/(BM): test > and < separately.",
                  of_differences(equal, equal_targets,
                                 [](double d) { return d >= 0 ? 1.0 / 6 : -1.0 / 6; })},
                 {"Where ŷ = t, the gradient must be 0, not −1/(BM): test > and < separately.",
                  of_differences(equal, equal_targets,
                                 [](double d) { return d > 0 ? 1.0 / 6 : -1.0 / 6; })}});
       }},
      {"gradient: a batch of one with a single output",
       [] {
         expect("∂C/∂Ŷ", Absolute{}.gradient(Tensor{Shape{1, 1}, 0.25}, Labels{1}),
                Tensor{Shape{1, 1}, -1},
                {{"A label of 1 is read as class 1, but with a single output it is the target: "
                  "`targets.wanted(n, j, M)` knows that.",
                  Tensor{Shape{1, 1}, 1}}});
       }},
      {"gradient: 4 samples of 5 outputs, measured", [] {
         // Each target is at least 0.25 away, far from the kink.
         Tensor predictions = random_tensor(Shape{4, 5}, 1);
         Tensor outputs = predictions;
         for (std::size_t i = 0; i < outputs.size(); ++i) {
           outputs.values()[i] +=
               (i % 3 == 0 ? -1 : 1) * static_cast<real>(0.25 + 0.1 * static_cast<double>(i));
         }
         const Targets targets{outputs};
         const Tensor got = Absolute{}.gradient(predictions, targets);
         const Tensor measured =
             measured_gradient(predictions, [&] { return Absolute{}.value(predictions, targets); });
         expect("∂C/∂Ŷ", got, measured, {}, 0.01);
       }}};
}

}  // namespace exercises
