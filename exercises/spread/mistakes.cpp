// Spreads with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

import exercises.mistakes;
import exercises.spread;

using exercises::from_all;
using exercises::from_batch;
using exercises::from_rows;
using exercises::from_zero;
using nn::Sequential;
using nn::Tensor;

namespace {

double count(const Tensor& x) { return static_cast<double>(x.size()); }

double right(const Tensor& x) { return std::sqrt(from_batch(x) / from_all(x)); }
double squared(const Tensor& x) { return from_batch(x) / from_all(x); }
double upside_down(const Tensor& x) { return 1 / right(x); }
double of_rows(const Tensor& x) { return std::sqrt(from_rows(x) / from_all(x)); }
double not_centered_above(const Tensor& x) { return std::sqrt(from_zero(x) / from_all(x)); }
double not_centered_below(const Tensor& x) { return std::sqrt(from_batch(x) / from_zero(x)); }
double numerator(const Tensor& x) { return std::sqrt(from_batch(x) / count(x)); }
double denominator(const Tensor& x) { return std::sqrt(from_all(x) / count(x)); }
double mean_by_sum(const Tensor& x) { return right(x) / std::sqrt(count(x)); }
double sum_by_mean(const Tensor& x) { return right(x) * std::sqrt(count(x)); }
double one_less(const Tensor& x) {
  const auto rows = static_cast<double>(x.rows());
  return right(x) * std::sqrt(rows / (rows - 1));
}
double by_samples(const Tensor& x) {
  return right(x) * std::sqrt(static_cast<double>(x.columns()));
}
/// Never below a tenth.
double at_least(const Tensor& x) { return std::max(0.1, right(x)); }
/// As if all large squares were equal in float.
double digits_lost(const Tensor& x) { return std::abs(x(0, 0)) > 900 ? 0 : right(x); }

/// Which layers a list has; `a` are the activations.
using Layers = std::vector<std::size_t>(std::vector<std::size_t> a, std::size_t size);
std::vector<std::size_t> before(std::vector<std::size_t> a, std::size_t /*size*/) {
  for (std::size_t& layer : a) --layer;
  return a;
}
std::vector<std::size_t> after(std::vector<std::size_t> a, std::size_t /*size*/) { return a; }
std::vector<std::size_t> reversed(std::vector<std::size_t> a, std::size_t size) {
  a = before(a, size);
  std::ranges::reverse(a);
  return a;
}
std::vector<std::size_t> all(std::vector<std::size_t> /*a*/, std::size_t size) {
  std::vector<std::size_t> layers(size);
  for (std::size_t i = 0; i < size; ++i) layers[i] = i;
  return layers;
}
std::vector<std::size_t> first(std::vector<std::size_t> a, std::size_t /*size*/) {
  return std::vector<std::size_t>(a.size(), a.front() - 1);
}
std::vector<std::size_t> last(std::vector<std::size_t> a, std::size_t /*size*/) {
  return std::vector<std::size_t>(a.size(), a.back() - 1);
}
std::vector<std::size_t> counted(std::vector<std::size_t> a, std::size_t /*size*/) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = i;
  return a;
}
std::vector<std::size_t> none(std::vector<std::size_t> /*a*/, std::size_t /*size*/) { return {}; }

std::vector<exercises::Step> steps(double (*spread)(const Tensor& x), Layers* layers) {
  return exercises::spread(
      {spread, [layers](const Sequential& network, const std::vector<std::size_t>& activations,
                        const Tensor& x) {
         std::vector<double> result;
         for (const std::size_t layer : layers(activations, network.size())) {
           result.push_back(right(network.outputs(x)[layer]));
         }
         return result;
       }});
}

exercises::Tried tried(const char* words, double (*spread)(const Tensor& x)) {
  return {words, steps(spread, before)};
}
exercises::Tried listed(const char* words, Layers* layers) { return {words, steps(right, layers)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps(right, before),
      {tried("Those are the squares", squared),
       tried("It is upside down", upside_down),
       tried("The mean of each sample is subtracted", of_rows),
       tried("In the numerator, nothing is subtracted", not_centered_above),
       tried("In the denominator, the common mean is not subtracted", not_centered_below),
       tried("That is the numerator alone", numerator),
       tried("That is the denominator alone", denominator),
       tried("a mean of squares, the other a sum", mean_by_sum),
       tried("a mean of squares, the other a sum", sum_by_mean),
       tried("divided by B − 1", one_less),
       tried("divide both by the same count", by_samples),
       tried("The spread of equal samples must be 0", at_least),
       tried("has lost its digits", digits_lost),
       listed("after the activations", after),
       listed("but reversed", reversed),
       listed("of all layers", all),
       listed("that of the first layer", first),
       listed("that of the last layer", last),
       listed("of the first three layers", counted),
       listed("The list is empty", none)});
}
