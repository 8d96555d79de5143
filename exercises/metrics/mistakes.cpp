// Confusion matrices with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <vector>

import exercises.metrics;
import exercises.mistakes;

using nn::Labels;
using Right = nn::ConfusionMatrix;

namespace {

struct Turned : Right {
  using Right::Right;
  void add(const Labels& predicted, const Labels& actual) { Right::add(actual, predicted); }
};

struct Forgets : Right {
  using Right::Right;
  void add(const Labels& predicted, const Labels& actual) {
    static_cast<Right&>(*this) = Right{size()};
    Right::add(predicted, actual);
  }
};

struct OnlyRight : Right {
  using Right::Right;
  void add(const Labels& predicted, const Labels& actual) {
    for (std::size_t n = 0; n < actual.size(); ++n) {
      if (predicted[n] == actual[n]) Right::add(Labels{predicted[n]}, Labels{actual[n]});
    }
  }
};

struct NumberOfRight : Right {
  using Right::Right;
  double accuracy() const { return Right::accuracy() * static_cast<double>(total()); }
};

struct MeanRecall : Right {
  using Right::Right;
  double accuracy() const { return macro_recall(); }
};

struct PrecisionIsRecall : Right {
  using Right::Right;
  double precision(std::size_t i) const { return recall(i); }
};

struct RecallIsPrecision : Right {
  using Right::Right;
  double recall(std::size_t i) const { return precision(i); }
};

struct OfAll : Right {
  using Right::Right;
  double precision(std::size_t i) const {
    return static_cast<double>((*this)(i, i)) / static_cast<double>(total());
  }
};

struct ArithmeticMean : Right {
  using Right::Right;
  double f1(std::size_t i) const { return (precision(i) + recall(i)) / 2; }
};

struct WithoutTwo : Right {
  using Right::Right;
  double f1(std::size_t i) const { return Right::f1(i) / 2; }
};

struct NotANumber : Right {
  using Right::Right;
  double f1(std::size_t i) const {
    const double p = precision(i);
    const double r = recall(i);
    return 2 * p * r / (p + r);
  }
};

template <class Matrix>
exercises::Tried tried(const char* words) {
  return {words, exercises::metrics<Matrix>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::metrics<Right>(),
      {tried<Turned>("Rows and columns are exchanged"), tried<Forgets>("first call are gone"),
       tried<OnlyRight>("2 samples of class 0 were predicted as 1, but the count is 0"),
       tried<NumberOfRight>("the number of right samples"),
       tried<MeanRecall>("mean of the recalls"),
       tried<PrecisionIsRecall>("precision looks at a column"),
       tried<RecallIsPrecision>("recall looks at a row"), tried<OfAll>("the number of all samples"),
       tried<ArithmeticMean>("the arithmetic mean"), tried<WithoutTwo>("The factor 2 is missing"),
       tried<NotANumber>("there is NaN")});
}
