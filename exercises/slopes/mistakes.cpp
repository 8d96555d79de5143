// Checks of gradients with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

import exercises.mistakes;
import exercises.slopes;

using exercises::times;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

struct Setting {
  Tensor x, w, b, factors;
};

Tensor of_biases(const Setting& s) { return nn::sum_rows(s.factors); }
Tensor of_inputs(const Setting& s) { return nn::matmul(s.factors, nn::transposed(s.w)); }
Tensor of_weights(const Setting& s) { return nn::matmul(nn::transposed(s.x), s.factors); }

Tensor biases_in_a_row(const Setting& s) { return of_biases(s).reshaped(Shape{1, s.b.size()}); }
Tensor all_biases(const Setting& s) {
  real sum = 0;
  for (const real slope : of_biases(s).values()) sum += slope;
  return Tensor{Shape{s.b.size()}, sum};
}
Tensor biases_so_far(const Setting& s) {
  Tensor slopes = of_biases(s);
  for (std::size_t i = 1; i < slopes.size(); ++i) slopes(i) += slopes(i - 1);
  return slopes;
}
Tensor without_last_bias(const Setting& s) {
  Tensor slopes = of_biases(s);
  slopes(slopes.size() - 1) = 0;
  return slopes;
}
Tensor first_sample(const Setting& s) {
  Tensor slopes = of_inputs(s);
  for (std::size_t n = 1; n < slopes.rows(); ++n) std::ranges::fill(slopes.row(n), real{0});
  return slopes;
}
Tensor all_samples(const Setting& s) {
  Tensor slopes = of_inputs(s);
  const Tensor sums = nn::sum_rows(slopes);
  for (std::size_t n = 0; n < slopes.rows(); ++n)
    std::ranges::copy(sums.values(), slopes.row(n).begin());
  return slopes;
}

double signed_worst(double largest, double difference) { return std::max(largest, difference); }
double smallest(double largest, double difference) { return std::min(largest, difference); }
double absolute(double largest, double difference) {
  return std::max(largest, std::abs(difference));
}
double sum(double largest, double difference) { return largest + difference; }
double squared(double largest, double difference) {
  return std::max(largest, difference * difference);
}
double last(double /*largest*/, double difference) { return std::abs(difference); }
double nothing(double /*largest*/, double /*difference*/) { return 0; }

/// What a check does; each of them can be spoiled.
struct Ways {
  Tensor (*biases)(const Setting& s) = of_biases;
  Tensor (*inputs)(const Setting& s) = of_inputs;
  real factor = 1;
  real factor_of_inputs = 1;
  double (*keep)(double largest, double difference) = absolute;
};

struct Slopes {
  using Setting = ::Setting;
  static inline Ways ways;
  static Tensor of_biases(const Setting& s) { return times(ways.factor, ways.biases(s)); }
  static Tensor of_inputs(const Setting& s) { return times(ways.factor_of_inputs, ways.inputs(s)); }
  static double worst(const Tensor& measured, const Tensor& computed) {
    double largest = 0;
    for (std::size_t i = 0; i < measured.size(); ++i) {
      largest = ways.keep(largest, double{measured.values()[i]} - double{computed.values()[i]});
    }
    return largest;
  }
};

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Slopes::ways = ways; }, exercises::slopes<Slopes>());
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}), {tried("must be divided by 2h", {.factor = 0.25}),
                  tried("2h apart, not h", {.factor = 2}),
                  tried("Only one of the two costs has a nudge", {.factor = 0.5}),
                  tried("not the other way round", {.factor = -1}),
                  tried("All slopes are 0", {.factor = 0}),
                  tried("nudge the biases, not the weights", {.biases = of_weights}),
                  tried("in a vector", {.biases = biases_in_a_row}),
                  tried("All biases are nudged at once", {.biases = all_biases}),
                  tried("The nudges of earlier biases", {.biases = biases_so_far}),
                  tried("The slope of the last bias is missing", {.biases = without_last_bias}),
                  tried("must be divided by 2h", {.factor_of_inputs = 0.25}),
                  tried("Only the first sample is nudged", {.inputs = first_sample}),
                  tried("in all samples at once", {.inputs = all_samples}),
                  tried("nudge the input, not the weights", {.inputs = of_weights}),
                  tried("The differences have signs", {.keep = signed_worst}),
                  tried("That is the smallest difference", {.keep = smallest}),
                  tried("That is the sum of the differences", {.keep = sum}),
                  tried("The differences are squared", {.keep = squared}),
                  tried("Only the last difference counts", {.keep = last}),
                  tried("It is 0", {.keep = nothing})});
}
