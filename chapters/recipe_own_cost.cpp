// Recipe: a cost of your own. Read with docs/recipes.md.

// [cost]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <string>

import nn;

/// Huber's cost: the square of small errors, but only the size of large ones, so that an outlier
/// does not pull as hard. For an error e it is e²/2 where |e| ≤ 1, else |e| − 1/2; the mean over a
/// batch.
struct Huber {
  static std::string name() { return "Huber"; }

  static double value(const nn::Tensor& predictions, const nn::Targets& targets) {
    double sum = 0;
    for (std::size_t n = 0; n < predictions.rows(); ++n) {
      const double e = std::abs(predictions(n, 0) - targets.wanted(n, 0, 1));
      sum += e <= 1 ? e * e / 2 : e - 0.5;
    }
    return sum / static_cast<double>(predictions.rows());
  }

  /// The derivative is e, cut off at −1 and 1.
  static nn::Tensor gradient(const nn::Tensor& predictions, const nn::Targets& targets) {
    nn::Tensor gradient{predictions.shape()};
    for (std::size_t n = 0; n < predictions.rows(); ++n) {
      const nn::real e = predictions(n, 0) - targets.wanted(n, 0, 1);
      gradient(n, 0) =
          std::fmin(std::fmax(e, -1.0F), 1.0F) / static_cast<nn::real>(predictions.rows());
    }
    return gradient;
  }
};
// [/cost]

// [use]
/// Fits a line to four points of y = 2x and one outlier, and returns its slope.
double slope(const nn::AnyCost& cost) {
  const nn::Dataset points{.inputs = nn::Tensor{{1}, {2}, {3}, {4}, {5}},
                           .targets = nn::Tensor{{2}, {4}, {6}, {8}, {40}}};
  nn::Sequential line{nn::Dense{1, 1}};
  nn::Trainer trainer{line, cost, nn::Adam{{.learning_rate = 0.05F}}};
  trainer.fit(points, {.epochs = 2000, .batches = {.size = 5}});
  return line.parameter("0.weight").value(0, 0);
}

int main() {
  fmt::print("slope with mean squared error  {:.1f}\n", slope(nn::MeanSquaredError{}));
  fmt::print("slope with Huber's cost        {:.1f}\n", slope(Huber{}));
}
// [/use]
