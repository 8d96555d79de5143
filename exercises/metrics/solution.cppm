/// @file
/// @brief Exercise 9: the confusion matrix and what is computed from it.
module;

#include <cstddef>
#include <vector>

export module mine.metrics;

import exercises.todo;
export import nn.dataset;

export namespace mine {

using namespace nn;

/// Counts how often samples of each actual class (row) were predicted as each class (column).
/// Every quotient whose denominator is 0 is 0.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::size_t size) : size_{size}, counts_(size * size) {}

  /// Adds samples, one for each pair of labels.
  void add(const Labels& predicted, const Labels& actual) {
    // [todo ConfusionMatrix::add]
    for (std::size_t n = 0; n < actual.size(); ++n) {
      ++counts_[actual[n] * size_ + predicted[n]];
    }
    // [/todo]
  }

  /// How many samples of class `actual` were predicted as `predicted`.
  std::size_t operator()(std::size_t actual, std::size_t predicted) const {
    return counts_[actual * size_ + predicted];
  }

  /// The fraction of all samples that were predicted correctly.
  double accuracy() const {
    // [todo ConfusionMatrix::accuracy]
    double right = 0;
    double all = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      right += count(i, i);
      for (std::size_t j = 0; j < size_; ++j) all += count(i, j);
    }
    return all == 0 ? 0 : right / all;
    // [/todo]
  }

  /// Of the samples that were predicted as a class, the fraction that belongs to it.
  double precision(std::size_t index) const {
    // [todo ConfusionMatrix::precision]
    double predicted = 0;
    for (std::size_t i = 0; i < size_; ++i) predicted += count(i, index);
    return predicted == 0 ? 0 : count(index, index) / predicted;
    // [/todo]
  }

  /// Of the samples that belong to a class, the fraction that was predicted as it.
  double recall(std::size_t index) const {
    // [todo ConfusionMatrix::recall]
    double actual = 0;
    for (std::size_t j = 0; j < size_; ++j) actual += count(index, j);
    return actual == 0 ? 0 : count(index, index) / actual;
    // [/todo]
  }

  /// The harmonic mean of precision and recall, 2 / (1/p + 1/r).
  double f1(std::size_t index) const {
    const double p = precision(index);
    const double r = recall(index);
    // [todo ConfusionMatrix::f1]
    return p + r == 0 ? 0 : 2 * p * r / (p + r);
    // [/todo]
  }

 private:
  double count(std::size_t actual, std::size_t predicted) const {
    return static_cast<double>((*this)(actual, predicted));
  }

  std::size_t size_;
  std::vector<std::size_t> counts_;  // row after row
};

}  // namespace mine
