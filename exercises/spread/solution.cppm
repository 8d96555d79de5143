/// @file
/// @brief Exercise 15.6: how alike the samples of a batch are.
module;

#include <cmath>
#include <cstddef>
#include <vector>

export module mine.spread;

import exercises.todo;
export import nn.backprop;
export import nn.matmul;

export namespace mine {

using namespace nn;

/// How far the samples of a batch are from their mean, as a fraction of how far all numbers are
/// from their common mean (roots of mean squares). 0 means that all samples are equal; the largest
/// value is 1.
/// @param x Shape (B, M). Its numbers are not all equal.
double spread(const Tensor& x) {
  // [todo spread]
  const Tensor sums = sum_rows(x);
  double all = 0;
  for (const double sum : sums.values()) all += sum;
  all /= static_cast<double>(x.size());
  double from_batch = 0;
  double from_all = 0;
  for (std::size_t n = 0; n < x.rows(); ++n) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      const double mean = double{sums(j)} / static_cast<double>(x.rows());
      from_batch += std::pow(double{x(n, j)} - mean, 2);
      from_all += std::pow(double{x(n, j)} - all, 2);
    }
  }
  return std::sqrt(from_batch / from_all);
  // [/todo]
}

/// The spread before each activation of a network, in inference.
/// @param network Its layers are numbered from 0.
/// @param activations The numbers of the layers that are activations, in order; each at least 1.
/// @param x A batch.
/// @return For each of them, the spread of its input.
std::vector<double> spreads(const Sequential& network, const std::vector<std::size_t>& activations,
                            const Tensor& x) {
  // [todo spreads]
  const std::vector<Tensor> outputs = network.outputs(x);
  std::vector<double> result;
  for (const std::size_t layer : activations) result.push_back(spread(outputs[layer - 1]));
  return result;
  // [/todo]
}

}  // namespace mine
