// Sizes of messages with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

import exercises.mistakes;
import exercises.sizes;

using nn::Sequential;
using nn::Tensor;

namespace {

double sum_of(const Tensor& tensor, double (*f)(double x)) {
  double sum = 0;
  for (const double x : tensor.values()) sum += f(x);
  return sum;
}
double itself(double x) { return x; }
double square(double x) { return x * x; }
double magnitude(double x) { return std::abs(x); }
double count(const Tensor& tensor) { return static_cast<double>(tensor.size()); }

double right(const Tensor& t) { return std::sqrt(sum_of(t, square) / count(t)); }
double mean_square(const Tensor& t) { return sum_of(t, square) / count(t); }
double sum_of_squares(const Tensor& t) { return sum_of(t, square); }
double norm(const Tensor& t) { return std::sqrt(sum_of(t, square)); }
double mean(const Tensor& t) { return sum_of(t, itself) / count(t); }
double mean_magnitude(const Tensor& t) { return sum_of(t, magnitude) / count(t); }
double deviation(const Tensor& t) {
  return std::sqrt((sum_of(t, square) / count(t)) - (mean(t) * mean(t)));
}
double divided_late(const Tensor& t) { return norm(t) / count(t); }
double largest(const Tensor& t) { return double{*std::ranges::max_element(t.values())}; }
double first_row(const Tensor& t) { return t.rank() == 2 ? right(t.rows(0, 1)) : right(t); }
double by_rows(const Tensor& t) {
  return std::sqrt(sum_of(t, square) / static_cast<double>(t.rows()));
}

/// What the second function does; each of them can be spoiled.
struct Ways {
  bool stores = true;
  bool passes_input = true;
  bool passes_message = true;
  bool from_the_front = false;
  bool reversed = false;
  bool forward = false;
  std::size_t skipped_first = 0;
  std::size_t skipped_last = 0;
};

std::vector<double> sizes_back(const Ways& ways, std::vector<Sequential> layers, Tensor x,
                               const Tensor& dy) {
  std::vector<double> on_the_way{right(x)};
  for (Sequential& layer : layers) {
    const Tensor y = ways.stores ? layer.forward(x) : layer.predict(x);
    if (ways.passes_input) x = y;
    on_the_way.push_back(right(x));
  }
  if (ways.forward) return on_the_way;
  if (!ways.from_the_front) std::ranges::reverse(layers);
  Tensor message = dy;
  std::vector<double> sizes{right(dy)};
  for (Sequential& layer : layers) {
    const Tensor dx = layer.backward(message);
    if (ways.passes_message) message = dx;
    sizes.push_back(right(dx));
  }
  if (ways.reversed && layers.size() > 1) std::ranges::reverse(sizes);
  return {sizes.begin() + static_cast<std::ptrdiff_t>(ways.skipped_first),
          sizes.end() - static_cast<std::ptrdiff_t>(ways.skipped_last)};
}

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::sizes(
      {right, [ways](const std::vector<Sequential>& layers, const Tensor& x, const Tensor& dy) {
         return sizes_back(ways, layers, x, dy);
       }});
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }
exercises::Tried measured(const char* words, double (*size_of)(const Tensor& t)) {
  return {words, exercises::sizes({size_of, nullptr})};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {measured("That is the mean of the squares", mean_square),
       measured("That is the sum of the squares", sum_of_squares),
       measured("That is the root of the sum", norm), measured("in which signs cancel", mean),
       measured("That is the mean of the absolute values", mean_magnitude),
       measured("That is the standard deviation", deviation),
       measured("after the root", divided_late), measured("That is the largest value", largest),
       measured("Only the first row counts", first_row),
       measured("divided by the number of rows", by_rows),
       tried("predict stores nothing", {.stores = false}),
       tried("The list is empty", {.skipped_first = 1, .skipped_last = 1}),
       tried("on their way forward", {.forward = true}), tried("but reversed", {.reversed = true}),
       tried("Every layer gets dy itself", {.passes_message = false}),
       tried("Every layer gets x itself", {.passes_input = false}),
       tried("The message goes from the first layer to the last", {.from_the_front = true}),
       tried("The size of dy itself is missing", {.skipped_first = 1}),
       tried("The last size is missing", {.skipped_last = 1})});
}
