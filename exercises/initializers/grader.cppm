/// @file
/// @brief Grades He's and Glorot's initializers, by the statistics of many weights.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

export module exercises.initializers;

export import exercises.grade;
export import nn.initializers;
export import nn.random;

using nn::Fan;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

constexpr Fan fan{.in = 200, .out = 50};

struct Moments {
  double mean;
  double variance;
  double kurtosis;  ///< Of the normal distribution 3, of the uniform one 1.8.
};

Moments moments(const Tensor& weights) {
  const auto count = static_cast<double>(weights.size());
  const auto central = [&](double mean, int power) {
    double sum = 0;
    for (const double w : weights.values()) sum += std::pow(w - mean, power);
    return sum / count;
  };
  const double mean = central(0, 1);
  const double variance = central(mean, 2);
  return {mean, variance, central(mean, 4) / (variance * variance)};
}

/// What both graders look at. The spread of a variance of 200,000 weights is below 0.4 %.
void look_at(const Tensor& weights, double variance, double kurtosis, const std::string& shape,
             const std::vector<Mistake>& mistakes) {
  require(std::ranges::any_of(weights.values(), [](real w) { return w != 0; }),
          "All weights are 0. Do you write to copies (real w instead of real& w), or divide whole "
          "numbers, as in 2 / 200?");
  const Moments got = moments(weights);
  require(
      std::abs(got.mean) < 0.05 * std::sqrt(got.variance),
      fmt::format("The mean of the weights is {:.3g}, expected about 0: about half of them must be "
                  "negative.",
                  got.mean));
  expect("the variance of the weights", got.variance, variance, mistakes, 0.02);
  require(std::abs(got.kurtosis - kurtosis) < 0.1,
          fmt::format("The variance is right, but the distribution is not {}.", shape));
}

}  // namespace exercises

export namespace exercises {

/// The steps for classes like nn::He and nn::Glorot.
template <class He, class Glorot>
std::vector<Step> initializers() {
  const auto filled = [](auto initializer_of) {
    nn::Random random{1};
    Tensor weights{Shape{2'000, 100}};
    initializer_of(random)(weights, fan);
    return weights;
  };
  const auto by_he = [filled] { return filled([](nn::Random& random) { return He{random}; }); };
  const auto by_glorot = [filled] {
    return filled([](nn::Random& random) { return Glorot{random}; });
  };

  return {
      {"He: mean, variance and distribution",
       [by_he] {
         const double want = 2.0 / fan.in;
         look_at(
             by_he(), want, 3, "normal",
             {{"The variance is passed as the deviation: take its root.", number(want * want)},
              {"That is 1 / fan.in: ReLU sets half of the numbers to 0, so the factor is 2.",
               number(want / 2)},
              {"That is 2 / fan.out: the sum of a unit has fan.in terms.", number(2.0 / fan.out)},
              {"That is 2 / (fan.in + fan.out), which is Glorot's.",
               number(2.0 / (fan.in + fan.out))}});
       }},
      {"Glorot: mean, variance and distribution",
       [by_glorot] {
         const double want = 2.0 / (fan.in + fan.out);
         look_at(
             by_glorot(), want, 1.8, "uniform",
             {{"The bound is the deviation: the variance of −a to a is a² / 3, so a is √3 times "
               "as large.",
               number(want / 3)},
              {"The variance is passed as the bound: take the root of 3 times the variance.",
               number(want * want / 3)},
              {"That is 2 / fan.in, which is He's.", number(2.0 / fan.in)},
              {"That is 1 / (fan.in + fan.out): the factor is 2.", number(want / 2)}});
       }},
      {"both: other weights at each call", [] {
         nn::Random random{2};
         Tensor first{Shape{10, 10}};
         Tensor second{Shape{10, 10}};
         He he{random};
         he(first, fan);
         he(second, fan);
         require(first != second,
                 "He gives the same weights twice: use the generator that is passed.");
         Glorot glorot{random};
         glorot(first, fan);
         glorot(second, fan);
         require(first != second,
                 "Glorot gives the same weights twice: use the generator that is passed.");
       }}};
}

}  // namespace exercises
