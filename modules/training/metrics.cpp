module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <range/v3/algorithm/all_of.hpp>
#include <range/v3/algorithm/count_if.hpp>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/zip.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

module nn.metrics;

namespace nn {

namespace {

// [ratio]
/// 0/0 counts as 0.
double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }
// [/ratio]

auto numbers(std::size_t count) { return ranges::views::iota(std::size_t{0}, count); }

void check_pairs(const char* where, std::size_t predictions, std::size_t targets) {
  if (predictions != targets) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} predictions and {} targets, expected the same number of each",
                    where, predictions, targets));
  }
}

/// Wanted outputs must have the shape of the predictions. Labels may be out of range: then the
/// predictions have no column for that class.
void check_batch(const char* where, const Tensor& predictions, const Targets& targets) {
  if (!targets.are_labels()) targets.check_fit(where, predictions.shape());
  if (predictions.rank() != 2) {
    throw std::invalid_argument(fmt::format("nn::{}: predictions have shape {}, expected (B, M)",
                                            where, to_string(predictions.shape())));
  }
  check_pairs(where, predictions.rows(), targets.size());
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::size_t size) : size_{size} {
  constexpr std::size_t most = 65'536;  // a matrix of this size squared already takes 32 GiB
  if (size < 2 || size > most) {
    throw std::invalid_argument(
        fmt::format("nn::ConfusionMatrix: {} classes, expected 2 to {}", size, most));
  }
  counts_.resize(size * columns());
}

void ConfusionMatrix::check(std::size_t index) const {
  if (counts_.empty()) {
    throw std::invalid_argument("nn::ConfusionMatrix: has no counts because it was moved from");
  }
  if (index >= size_) {
    throw std::invalid_argument(
        fmt::format("nn::ConfusionMatrix: class is {}, expected 0 to {}", index, size_ - 1));
  }
}

// [add]
void ConfusionMatrix::add(const Labels& predicted, const Labels& actual) {
  check_pairs("ConfusionMatrix", predicted.size(), actual.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == Labels::no_class) {
      throw std::invalid_argument(fmt::format(
          "nn::ConfusionMatrix: the target of sample {} contains NaN, so it has no class", i));
    }
    check(actual[i]);
  }
  for (const std::size_t index : predicted) {
    if (index != Labels::no_class) check(index);
  }
  for (const auto [a, p] : ranges::views::zip(actual, predicted)) {
    ++counts_[a * columns() + std::min(p, size_)];  // no class: in the last column
  }
}
// [/add]

std::size_t ConfusionMatrix::total() const { return ranges::accumulate(counts_, std::size_t{0}); }

std::size_t ConfusionMatrix::operator()(std::size_t actual, std::size_t predicted) const {
  check(actual);
  check(predicted);
  return static_cast<std::size_t>(counts_[actual * columns() + predicted]);
}

std::size_t ConfusionMatrix::without_class(std::size_t actual) const {
  check(actual);
  return static_cast<std::size_t>(counts_[actual * columns() + size_]);
}

double ConfusionMatrix::accuracy() const {
  const auto right = [this](std::size_t c) { return (*this)(c, c); };
  const std::size_t sum =
      ranges::accumulate(numbers(size_) | ranges::views::transform(right), std::size_t{0});
  return ratio(static_cast<double>(sum), static_cast<double>(total()));
}

// [precision]
std::size_t ConfusionMatrix::predictions(std::size_t predicted) const {
  const auto predicted_so = [this, predicted](std::size_t actual) {
    return (*this)(actual, predicted);
  };
  return ranges::accumulate(numbers(size_) | ranges::views::transform(predicted_so),
                            std::size_t{0});
}

double ConfusionMatrix::precision(std::size_t index) const {
  return ratio(static_cast<double>((*this)(index, index)), static_cast<double>(predictions(index)));
}
// [/precision]

// [recall]
std::size_t ConfusionMatrix::samples(std::size_t actual) const {
  check(actual);
  const auto row = counts_.begin() + static_cast<std::ptrdiff_t>(actual * columns());
  return std::accumulate(row, row + static_cast<std::ptrdiff_t>(columns()), std::size_t{0});
}

double ConfusionMatrix::recall(std::size_t index) const {
  return ratio(static_cast<double>((*this)(index, index)), static_cast<double>(samples(index)));
}
// [/recall]

// [f1]
double ConfusionMatrix::f1(std::size_t index) const {
  const double p = precision(index);
  const double r = recall(index);
  return ratio(2 * p * r, p + r);
}
// [/f1]

bool ConfusionMatrix::occurs(std::size_t index) const {
  return samples(index) > 0 || predictions(index) > 0;
}

namespace {

// [mean]
/// The mean of a value over the classes that occur, as samples or as predictions.
template <class Value>
double mean_over_classes(const ConfusionMatrix& matrix, Value value) {
  double sum = 0;
  double classes = 0;
  for (std::size_t c = 0; c < matrix.size(); ++c) {
    if (!matrix.occurs(c)) continue;
    sum += value(c);
    ++classes;
  }
  return ratio(sum, classes);
}
// [/mean]

}  // namespace

double ConfusionMatrix::macro_precision() const {
  return mean_over_classes(*this, [this](std::size_t c) { return precision(c); });
}

double ConfusionMatrix::macro_recall() const {
  return mean_over_classes(*this, [this](std::size_t c) { return recall(c); });
}

double ConfusionMatrix::macro_f1() const {
  return mean_over_classes(*this, [this](std::size_t c) { return f1(c); });
}

std::vector<ConfusionMatrix::Confusion> ConfusionMatrix::confusions() const {
  std::vector<Confusion> result;
  for (std::size_t actual = 0; actual < size_; ++actual) {
    for (std::size_t predicted = 0; predicted < size_; ++predicted) {
      const std::size_t count = (*this)(actual, predicted);
      if (actual != predicted && count > 0) result.push_back({actual, predicted, count});
    }
  }
  std::ranges::stable_sort(result, std::greater{}, &Confusion::count);
  return result;
}

std::string ConfusionMatrix::table() const {
  const std::size_t width = std::max(std::to_string(total()).size(), std::size_t{4}) + 1;
  std::string text = "actual \\ predicted\n      ";
  for (std::size_t p = 0; p < size_; ++p) text += fmt::format("{:>{}}", p, width);
  const bool all_named = ranges::all_of(
      numbers(size_), [this](std::size_t actual) { return without_class(actual) == 0; });
  if (!all_named) text += fmt::format("{:>{}}", "none", width);
  for (std::size_t a = 0; a < size_; ++a) {
    text += fmt::format("\n{:>6}", a);
    for (std::size_t p = 0; p < size_; ++p) text += fmt::format("{:>{}}", (*this)(a, p), width);
    if (!all_named) text += fmt::format("{:>{}}", without_class(a), width);
  }
  return text + "\n";
}

std::string ConfusionMatrix::report() const {
  std::string text = fmt::format("{:>5} {:>11} {:>8} {:>8} {:>8}\n", "class", "precision", "recall",
                                 "F1", "samples");
  const auto line = [&](const std::string& name, double p, double r, double f, std::size_t count) {
    text += fmt::format("{:>5} {:>9.2f} % {:>6.2f} % {:>6.2f} % {:>8}\n", name, 100 * p, 100 * r,
                        100 * f, count);
  };
  for (std::size_t c = 0; c < size_; ++c) {
    line(fmt::format("{}", c), precision(c), recall(c), f1(c), samples(c));
  }
  line("mean", macro_precision(), macro_recall(), macro_f1(), total());
  return text;
}

void Accuracy::add(const Tensor& predictions, const Targets& targets) {
  if (predictions.rank() == 3) {  // one sample for each place
    const std::size_t classes = predictions.shape()[2];
    return add(predictions.reshaped(Shape{predictions.size() / classes, classes}), targets);
  }
  check_batch("Accuracy", predictions, targets);
  right_ += static_cast<std::size_t>(ranges::count_if(numbers(targets.size()), [&](std::size_t n) {
    const std::size_t predicted = Labels::from_row(predictions.row(n));
    return predicted != Labels::no_class && predicted == targets.class_of(n);
  }));
  seen_ += targets.size();
}

double Accuracy::value() const {
  return ratio(static_cast<double>(right_), static_cast<double>(seen_));
}

TopAccuracy::TopAccuracy(std::size_t k) : k_{k} {
  if (k == 0) throw std::invalid_argument("nn::TopAccuracy: k is 0, expected at least 1");
}

std::string TopAccuracy::name() const { return fmt::format("top_{}_accuracy", k_); }

void TopAccuracy::add(const Tensor& predictions, const Targets& targets) {
  if (predictions.rank() != 2 || predictions.columns() < 2) {
    throw std::invalid_argument(
        fmt::format("nn::TopAccuracy: predictions have shape {}, expected (B, M) with M at least 2",
                    to_string(predictions.shape())));
  }
  check_batch("TopAccuracy", predictions, targets);
  for (std::size_t n = 0; n < targets.size(); ++n) {
    const std::span<const real> row = predictions.row(n);
    const std::size_t actual = targets.class_of(n);
    if (actual >= row.size() || Labels::from_row(row) == Labels::no_class) continue;
    // [rank]
    // Its rank: how many come before it; equal ones are in the order of their classes.
    const auto comes_before = [row, c = actual](std::size_t j) {
      return j < c ? !(row[j] < row[c]) : row[j] > row[c];
    };
    const auto rank = ranges::count_if(numbers(row.size()), comes_before);
    if (static_cast<std::size_t>(rank) < k_) ++right_;
    // [/rank]
  }
  seen_ += targets.size();
}

double TopAccuracy::value() const {
  return ratio(static_cast<double>(right_), static_cast<double>(seen_));
}

}  // namespace nn
