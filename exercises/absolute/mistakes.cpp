// Mean absolute errors with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

import exercises.absolute;
import exercises.mistakes;

using nn::real;
using nn::Targets;
using nn::Tensor;

namespace {

double magnitude(double d) { return std::abs(d); }
double square(double d) { return d * d; }
double difference(double d) { return d; }
double rounded(double d) { return std::abs(std::trunc(d)); }
double positive(double d) { return std::max(d, 0.0); }
double root(double mean) { return std::sqrt(mean); }
double unchanged(double mean) { return mean; }

double sign(double d) { return d > 0 ? 1 : d < 0 ? -1 : 0; }
double turned(double d) { return -sign(d); }
double always_one(double /*d*/) { return 1; }
double twice(double d) { return 2 * d; }
double open_above(double d) { return d >= 0 ? 1 : -1; }
double open_below(double d) { return d > 0 ? 1 : -1; }
double quotient(double d) { return d / std::abs(d); }

enum class Divisor { all, batch, outputs, one };
enum class Read { wanted, as_class, right_class, nothing };

/// What a cost does; each of them can be spoiled.
struct Ways {
  double (*f)(double d) = magnitude;
  double (*end)(double mean) = unchanged;
  Divisor by = Divisor::all;
  Read read = Read::wanted;
  double (*slope)(double d) = sign;
  Divisor gradient_by = Divisor::all;
  Read gradient_read = Read::wanted;
};

struct Absolute {
  static inline Ways ways;

  static double divisor(Divisor by, const Tensor& p) {
    switch (by) {
      case Divisor::batch:
        return static_cast<double>(p.rows());
      case Divisor::outputs:
        return static_cast<double>(p.columns());
      case Divisor::one:
        return 1;
      default:
        return static_cast<double>(p.size());
    }
  }
  static double target(Read read, const Targets& targets, std::size_t n, std::size_t j,
                       std::size_t columns) {
    if (read == Read::nothing) return 0;
    if (read == Read::as_class && targets.are_labels()) return targets.labels()[n] == j ? 1 : 0;
    return double{targets.wanted(n, j, columns)};
  }
  static std::string name() { return "mean absolute error"; }
  static double value(const Tensor& p, const Targets& targets) {
    double sum = 0;
    for (std::size_t n = 0; n < p.rows(); ++n) {
      for (std::size_t j = 0; j < p.columns(); ++j) {
        if (ways.read == Read::right_class && targets.are_labels() && targets.labels()[n] != j)
          continue;
        sum += ways.f(double{p(n, j)} - target(ways.read, targets, n, j, p.columns()));
      }
    }
    return ways.end(sum / divisor(ways.by, p));
  }
  static Tensor gradient(const Tensor& p, const Targets& targets) {
    Tensor gradient{p.shape()};
    for (std::size_t n = 0; n < p.rows(); ++n) {
      for (std::size_t j = 0; j < p.columns(); ++j) {
        const double d = double{p(n, j)} - target(ways.gradient_read, targets, n, j, p.columns());
        gradient(n, j) = static_cast<real>(ways.slope(d) / divisor(ways.gradient_by, p));
      }
    }
    return gradient;
  }
};

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Absolute::ways = ways; }, exercises::absolute<Absolute>());
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("It is the sum, not the mean", {.by = Divisor::one}),
       tried("It is divided by B only: divide by BM, which", {.by = Divisor::batch}),
       tried("It is divided by M only: divide by BM, which", {.by = Divisor::outputs}),
       tried("That is the mean squared error", {.f = square}),
       tried("That is the root of the mean squared error", {.f = square, .end = root}),
       tried("differences cancel", {.f = difference}),
       tried("differences cancel", {.f = difference, .end = magnitude}),
       tried("Only the output of the right class", {.read = Read::right_class}),
       tried("The targets are missing", {.read = Read::nothing}),
       tried("The differences are cut to whole numbers", {.f = rounded}),
       tried("Only differences above 0 count", {.f = positive}),
       tried("A label of 1 is read as class 1", {.read = Read::as_class}),
       tried("It is not divided", {.gradient_by = Divisor::one}),
       tried("It is divided by B only: divide by BM.", {.gradient_by = Divisor::batch}),
       tried("It is divided by M only: divide by BM.", {.gradient_by = Divisor::outputs}),
       tried("Every sign is wrong", {.slope = turned}),
       tried("It is 1/(BM) everywhere", {.slope = always_one}),
       tried("That is |ŷ − t| / (BM)", {.slope = magnitude}),
       tried("That is (ŷ − t) / (BM)", {.slope = difference}),
       tried("the gradient of the mean squared error", {.slope = twice}),
       tried("not 1/(BM)", {.slope = open_above}),
       tried("not −1/(BM)", {.slope = open_below}),
       tried("There is NaN where ŷ = t", {.slope = quotient}),
       tried("A label of 1 is read as class 1", {.gradient_read = Read::as_class})});
}
