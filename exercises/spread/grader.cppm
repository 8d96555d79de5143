/// @file
/// @brief Grades how alike the samples of a batch are.
module;

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <vector>

export module exercises.spread;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.dense;
export import nn.normalization;

using nn::real;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Spread {
  std::function<double(const Tensor&)> spread;
  std::function<std::vector<double>(const Sequential&, const std::vector<std::size_t>&,
                                    const Tensor&)>
      spreads;
};

/// The sum of the squared distances from what a function gives for each place.
template <class Center>
double squares_from(const Tensor& x, const Center& center) {
  double sum = 0;
  for (std::size_t n = 0; n < x.rows(); ++n) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      sum += std::pow(double{x(n, j)} - center(n, j), 2);
    }
  }
  return sum;
}

/// The mean of column j, of row n, and of all numbers.
double column_mean(const Tensor& x, std::size_t j) {
  double sum = 0;
  for (std::size_t n = 0; n < x.rows(); ++n) sum += double{x(n, j)};
  return sum / static_cast<double>(x.rows());
}
double row_mean(const Tensor& x, std::size_t n) {
  double sum = 0;
  for (const real value : x.row(n)) sum += double{value};
  return sum / static_cast<double>(x.columns());
}
double mean(const Tensor& x) {
  double sum = 0;
  for (const real value : x.values()) sum += double{value};
  return sum / static_cast<double>(x.size());
}

/// The three sums of squares that matter: from the mean of the batch, of all, and from 0.
double from_batch(const Tensor& x) {
  return squares_from(x, [&](std::size_t, std::size_t j) { return column_mean(x, j); });
}
double from_all(const Tensor& x) {
  return squares_from(x, [m = mean(x)](std::size_t, std::size_t) { return m; });
}
double from_zero(const Tensor& x) {
  return squares_from(x, [](std::size_t, std::size_t) { return 0.0; });
}
double from_rows(const Tensor& x) {
  return squares_from(x, [&](std::size_t n, std::size_t) { return row_mean(x, n); });
}

}  // namespace exercises

namespace exercises {

double right_spread(const Tensor& x) { return std::sqrt(from_batch(x) / from_all(x)); }

Tensor in_a_row(const std::vector<double>& numbers) {
  Tensor row{Shape{std::max<std::size_t>(1, numbers.size())}};
  for (std::size_t i = 0; i < numbers.size(); ++i) row(i) = static_cast<real>(numbers[i]);
  return row;
}

/// A deep network with sigmoids, with a normalization before each if one is given.
template <class Normalization>
Sequential deep_network() {
  Sequential network;
  for (std::size_t i = 0; i < 3; ++i) {
    network.push(nn::Dense{random_tensor(Shape{6, 6}, i), random_tensor(Shape{6}, 10 + i)});
    if constexpr (!std::same_as<Normalization, void>) network.push(Normalization{6});
    network.push(nn::Sigmoid{});
  }
  return network;
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> spread(const Spread& mine) {
  static const Tensor x{{1, 5, 10}, {3, 4, 12}};
  return {{"spread: two samples of three numbers",
           [mine] {
             const double want = right_spread(x);
             expect("the spread", mine.spread(x), want,
                    {{"Those are the squares: take the root.", number(want * want)},
                     {"It is upside down: how far all numbers are from their mean belongs in the "
                      "denominator.",
                      number(1 / want)},
                     {"The mean of each sample is subtracted: that of the batch is a mean over the "
                      "samples, one for each column.",
                      number(std::sqrt(from_rows(x) / from_all(x)))},
                     {"In the numerator, nothing is subtracted from the samples.",
                      number(std::sqrt(from_zero(x) / from_all(x)))},
                     {"In the denominator, the common mean is not subtracted.",
                      number(std::sqrt(from_batch(x) / from_zero(x)))},
                     {"That is the numerator alone, as a root of a mean square.",
                      number(std::sqrt(from_batch(x) / 6))},
                     {"That is the denominator alone, as a root of a mean square.",
                      number(std::sqrt(from_all(x) / 6))},
                     {"One of the two is a mean of squares, the other a sum.",
                      number(std::sqrt(from_batch(x) / from_all(x) / 6))},
                     {"One of the two is a mean of squares, the other a sum.",
                      number(std::sqrt(6 * from_batch(x) / from_all(x)))},
                     {"The numerator is divided by B − 1, but both are plain means of squares.",
                      number(std::sqrt(2 * from_batch(x) / from_all(x)))},
                     {"The numerator is a mean over the samples, the denominator over all numbers: "
                      "divide both by the same count.",
                      number(std::sqrt(3 * from_batch(x) / from_all(x)))}});
           }},
          {"spread: equal samples, and samples whose columns have mean 0",
           [mine] {
             const double equal = mine.spread(Tensor{{1, 2}, {1, 2}, {1, 2}});
             require(std::abs(equal) < 1e-6,
                     "The spread of equal samples must be 0: they are their "
                     "mean.");
             expect("the spread of columns with the same mean",
                    mine.spread(Tensor{{1, -2}, {-1, 2}}), 1);
             expect("the spread of numbers around 1000",
                    mine.spread(Tensor{{1001, 998}, {999, 1002}}), 1,
                    {{"A difference of two large squares has lost its digits: subtract the mean "
                      "first.",
                      number(0)}});
           }},
          {"spreads: a network with three sigmoids",
           [mine] {
             const Sequential network = deep_network<void>();
             const Tensor input = random_tensor(Shape{8, 6}, 20);
             const std::vector<Tensor> outputs = network.outputs(input);
             const auto of = [&](std::size_t a, std::size_t b, std::size_t c) {
               return in_a_row(
                   {right_spread(outputs[a]), right_spread(outputs[b]), right_spread(outputs[c])});
             };
             std::vector<double> all;
             for (const Tensor& output : outputs) all.push_back(right_spread(output));
             expect(
                 "the list of spreads", in_a_row(mine.spreads(network, {1, 3, 5}, input)),
                 of(0, 2, 4),
                 {{"Those are the spreads after the activations: take the outputs of the layers "
                   "before them.",
                   of(1, 3, 5)},
                  {"The list is the right one, but reversed.", of(4, 2, 0)},
                  {"Those are the spreads of all layers: take those before the activations.",
                   in_a_row(all)},
                  {"All are that of the first layer.", of(0, 0, 0)},
                  {"All are that of the last layer.", of(4, 4, 4)},
                  {"Those are the spreads of the first three layers: `activations` has the numbers "
                   "of the layers.",
                   of(0, 1, 2)},
                  {"The list is empty.", Tensor{Shape{1}}}});
           }},
          {"spreads: with BatchNorm, and with LayerNorm", [mine] {
             const Tensor input = random_tensor(Shape{8, 6}, 21);
             for (const Sequential& network :
                  {deep_network<nn::BatchNorm>(), deep_network<nn::LayerNorm>()}) {
               const std::vector<Tensor> outputs = network.outputs(input);
               expect("the list of spreads", in_a_row(mine.spreads(network, {2, 5, 8}, input)),
                      in_a_row({right_spread(outputs[1]), right_spread(outputs[4]),
                                right_spread(outputs[7])}));
             }
           }}};
}

}  // namespace exercises
