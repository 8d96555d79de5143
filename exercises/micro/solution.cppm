/// @file
/// @brief Exercise 9.4: micro averages.
module;

#include <cstddef>

export module mine.micro;

import exercises.todo;
export import nn.metrics;

export namespace mine {

using namespace nn;

/// The micro averages of a confusion matrix: TP, FP and FN are first added up over all classes.
/// Every quotient whose denominator is 0 is 0.
class Micro {
 public:
  /// TP, FP and FN, each a sum over all classes.
  struct Sums {
    std::size_t tp = 0;
    std::size_t fp = 0;
    std::size_t fn = 0;
  };

  /// Adds them up over all classes. `matrix(actual, predicted)` is a count, and `matrix.size()` is
  /// the number of classes. A sample that was predicted as no class, because of a NaN, is a false
  /// negative of its class, but not a false positive of any class. `matrix.samples(actual)` counts
  /// such samples, too.
  static Sums sums(const ConfusionMatrix& matrix) {
    Sums all;
    // [todo Micro::sums]
    for (std::size_t c = 0; c < matrix.size(); ++c) {
      all.tp += matrix(c, c);
      all.fp += matrix.predictions(c) - matrix(c, c);
      all.fn += matrix.samples(c) - matrix(c, c);
    }
    // [/todo]
    return all;
  }

  /// The micro-averaged precision.
  static double precision(const ConfusionMatrix& matrix) {
    const Sums all = sums(matrix);
    // [todo Micro::precision]
    return ratio(all.tp, all.tp + all.fp);
    // [/todo]
  }

  /// The micro-averaged recall.
  static double recall(const ConfusionMatrix& matrix) {
    const Sums all = sums(matrix);
    // [todo Micro::recall]
    return ratio(all.tp, all.tp + all.fn);
    // [/todo]
  }

  /// The harmonic mean of both.
  static double f1(const ConfusionMatrix& matrix) {
    const Sums all = sums(matrix);
    // [todo Micro::f1]
    return ratio(2 * all.tp, 2 * all.tp + all.fp + all.fn);
    // [/todo]
  }

 private:
  /// A quotient of two counts, which may be 0/0.
  static double ratio(std::size_t part, std::size_t whole) {
    // [todo Micro::ratio]
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    // [/todo]
  }
};

}  // namespace mine
