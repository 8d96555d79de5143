/// @file
/// @brief Grades a check of all gradients of a dense layer.
module;

#include <cstddef>
#include <vector>

export module exercises.slopes;

export import exercises.grade;
export import nn.matmul;

using nn::Shape;
using nn::Tensor;

namespace exercises {

/// The mistakes of a slope that is measured by two costs.
std::vector<Mistake> of_quotients(const Tensor& want) {
  return {{"The difference of the two costs must be divided by 2h.", times(0.25, want)},
          {"The two costs are 2h apart, not h.", times(2, want)},
          {"Only one of the two costs has a nudge, but they are divided by 2h.", times(0.5, want)},
          {"The cost below is subtracted from the cost above, not the other way round.",
           times(-1, want)},
          {"All slopes are 0: the nudge must be in the copies that the costs are computed from.",
           times(0, want)}};
}

/// Every value is the sum of its column.
Tensor with_sums(Tensor matrix) {
  const Tensor sums = nn::sum_rows(matrix);
  for (std::size_t n = 0; n < matrix.rows(); ++n) {
    for (std::size_t j = 0; j < matrix.columns(); ++j) matrix(n, j) = sums(j);
  }
  return matrix;
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class with of_biases(setting), of_inputs(setting) and worst(measured, computed).
template <class Slopes>
std::vector<Step> slopes() {
  using Setting = typename Slopes::Setting;
  // The example of chapter 1: two samples of three inputs, two outputs.
  static const Setting chapter{.x = Tensor{{2, -1, 0.5}, {0, 1, 1}},
                               .w = Tensor{{0.5, -1}, {1, 0}, {-2, 4}},
                               .b = Tensor{0.25, 1},
                               .factors = Tensor{{1, 0}, {0.5, -1}}};
  static const auto of_weights = [](const Setting& s) {
    return nn::matmul(nn::transposed(s.x), s.factors);
  };
  static const auto of_inputs = [](const Setting& s) {
    return nn::matmul(s.factors, nn::transposed(s.w));
  };

  return {
      {"of_biases: ∂C/∂b of section 1.6",
       [] {
         const Tensor want = nn::sum_rows(chapter.factors);
         std::vector<Mistake> mistakes = of_quotients(want);
         mistakes.push_back(
             {"That is ∂C/∂W: nudge the biases, not the weights.", of_weights(chapter)});
         mistakes.push_back(
             {"The slopes are those of one bias each, in a vector.", want.reshaped(Shape{1, 2})});
         mistakes.push_back({"All biases are nudged at once: make new copies for each of them.",
                             Tensor{0.5, 0.5}});
         mistakes.push_back(
             {"The nudges of earlier biases are still in the copies, above and "
              "below: make new copies for each bias.",
              Tensor{1.5, 0.5}});
         mistakes.push_back({"The slope of the last bias is missing.", Tensor{1.5, 0}});
         expect("∂C/∂b", Slopes::of_biases(chapter), want, mistakes);
       }},
      {"of_inputs: ∂C/∂X of section 1.6",
       [] {
         const Tensor want = of_inputs(chapter);
         std::vector<Mistake> mistakes = of_quotients(want);
         Tensor only_first = want;
         for (std::size_t i = 0; i < 3; ++i) only_first(1, i) = 0;
         mistakes.push_back(
             {"Only the first sample is nudged: `values()` has the numbers of all.", only_first});
         mistakes.push_back({"An input is nudged in all samples at once: nudge one number of X.",
                             with_sums(want)});
         mistakes.push_back(
             {"That is ∂C/∂W: nudge the input, not the weights.", of_weights(chapter)});
         expect("∂C/∂X", Slopes::of_inputs(chapter), want, mistakes);
       }},
      {"worst: the slopes of exercise 5, with the mistake and without it",
       [] {
         const Tensor measured{{2, 1}, {-0.5, -1}, {1, -2}};
         const Tensor computed{{1.5, 1.5}, {0.5, 0}, {1, -1}};
         const double got = Slopes::worst(measured, computed);
         expect(
             "the largest difference", got, 1,
             {{"The differences have signs: take the absolute value of each.", number(0.5)},
              {"That is the smallest difference, with its sign.", number(-1)},
              {"That is the sum of the absolute values: keep only the largest.", number(4)},
              {"That is the sum of the differences: keep only the largest.", number(-3)},
              {"That is the mean of the absolute values: keep only the largest.", number(4.0 / 6)},
              {"It is 0: does the loop look at the differences?", number(0)}});
         expect("the largest difference, with the two tensors exchanged",
                Slopes::worst(computed, measured), 1,
                {{"The differences have signs: take the absolute value of each.", number(0.5)}});
         expect("the largest difference of equal tensors", Slopes::worst(measured, measured), 0);
       }},
      {"worst: one large difference, at the beginning",
       [] {
         expect("the largest difference", Slopes::worst(Tensor{7, 1, 2}, Tensor{4, 1, 1.5}), 3,
                {{"Only the last difference counts: keep the larger of it and what you have.",
                  number(0.5)},
                 {"The differences are squared: take the absolute values.", number(9)}});
       }},
      {"all three: 4 samples of 5 inputs, 3 outputs", [] {
         const Setting setting{.x = random_tensor(Shape{4, 5}, 1),
                               .w = random_tensor(Shape{5, 3}, 2),
                               .b = random_tensor(Shape{3}, 3),
                               .factors = random_tensor(Shape{4, 3}, 4)};
         const Tensor db = Slopes::of_biases(setting);
         expect("∂C/∂b", db, nn::sum_rows(setting.factors), {}, 1e-3);
         expect("∂C/∂X", Slopes::of_inputs(setting), of_inputs(setting), {}, 1e-3);
         require(Slopes::worst(db, nn::sum_rows(setting.factors)) < 1e-3,
                 "The largest difference between measured and computed biases is not below 0.001.");
       }}};
}

}  // namespace exercises
