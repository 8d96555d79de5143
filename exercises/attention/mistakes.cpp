// Heads of attention with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

import exercises.attention;
import exercises.mistakes;

using nn::matmul;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::transposed;

namespace {

Tensor times(real factor, Tensor x) {
  for (real& value : x.values()) value *= factor;
  return x;
}

real root(const Tensor& q) { return std::sqrt(static_cast<real>(q.columns())); }

// Scores.

Tensor scores(const Tensor& q, const Tensor& k) {
  return times(1 / root(q), matmul(q, transposed(k)));
}
Tensor undivided(const Tensor& q, const Tensor& k) { return matmul(q, transposed(k)); }
Tensor divided_by_d(const Tensor& q, const Tensor& k) { return times(1 / root(q), scores(q, k)); }
Tensor multiplied(const Tensor& q, const Tensor& k) { return times(root(q), undivided(q, k)); }
Tensor divided_by_places(const Tensor& q, const Tensor& k) {
  return times(1 / std::sqrt(static_cast<real>(q.rows())), undivided(q, k));
}
Tensor turned(const Tensor& q, const Tensor& k) { return scores(k, q); }
Tensor of_queries(const Tensor& q, const Tensor& /*k*/) { return scores(q, q); }
Tensor of_keys(const Tensor& /*q*/, const Tensor& k) { return scores(k, k); }

/// What softmax and the mask can do wrong.
struct Softmax {
  enum class Sum { of_row, of_column, of_all, none };

  Sum sum = Sum::of_row;
  bool subtracts_largest = true;
  bool largest_of_all = false;  ///< Whether a hidden score can be the one that is subtracted.
  bool always_causal = false;
  int seen_after = 0;  ///< How many places after its own a place sees; −1 if not even its own.
  bool backward_mask = false;
  bool masks = true;        ///< Whether there is a mask at all.
  bool zero_score = false;  ///< Whether hidden scores are 0.
  bool mask_after = false;  ///< Whether hidden weights are set to 0 after softmax.
};

bool is_seen(const Softmax& way, bool causal, std::size_t i, std::size_t j) {
  if (way.always_causal) causal = true;
  if (!causal || !way.masks) return true;
  const auto query = static_cast<int>(i);
  const auto key = static_cast<int>(j);
  return way.backward_mask ? key >= query : key <= query + way.seen_after;
}

/// e to the power of each score, or 0 where it is hidden before softmax.
Tensor powers(const Tensor& s, bool causal, const Softmax& way) {
  Tensor p{s.shape()};
  for (std::size_t i = 0; i < s.rows(); ++i) {
    real largest = way.subtracts_largest ? -1e30F : 0;
    for (std::size_t j = 0; j < s.columns() && way.subtracts_largest; ++j) {
      if (way.largest_of_all || is_seen(way, causal, i, j)) largest = std::max(largest, s(i, j));
    }
    if (way.sum != Softmax::Sum::of_row && s(0, 0) < 100) largest = 0;
    for (std::size_t j = 0; j < s.columns(); ++j) {
      if (is_seen(way, causal, i, j) || (way.mask_after && !way.zero_score)) {
        p(i, j) = std::exp(s(i, j) - largest);
      } else if (way.zero_score) {
        p(i, j) = std::exp(-largest);
      }
    }
  }
  return p;
}

Tensor weights(const Tensor& s, bool causal, const Softmax& way) {
  Tensor p = powers(s, causal, way);
  const Tensor terms = p;
  const auto in_sum = [&](std::size_t i, std::size_t j, std::size_t n, std::size_t m) {
    return way.sum == Softmax::Sum::of_all || (way.sum == Softmax::Sum::of_row ? n == i : m == j);
  };
  for (std::size_t i = 0; i < s.rows(); ++i) {
    for (std::size_t j = 0; j < s.columns(); ++j) {
      real sum = way.sum == Softmax::Sum::none ? 1 : 0;
      for (std::size_t n = 0; n < s.rows() && way.sum != Softmax::Sum::none; ++n) {
        for (std::size_t m = 0; m < s.columns(); ++m) {
          if (in_sum(i, j, n, m)) sum += terms(n, m);
        }
      }
      p(i, j) = way.mask_after && !is_seen(way, causal, i, j) ? 0 : terms(i, j) / sum;
    }
  }
  return p;
}

// Outputs.

struct Inputs {
  Tensor q, k, v;
};

Tensor output(const Tensor& p, const Tensor& /*s*/, const Inputs& x) { return matmul(p, x.v); }
Tensor of_turned(const Tensor& p, const Tensor& /*s*/, const Inputs& x) {
  return matmul(transposed(p), x.v);
}
Tensor mean_of_keys(const Tensor& p, const Tensor& /*s*/, const Inputs& x) {
  return matmul(p, x.k);
}
Tensor mean_of_queries(const Tensor& p, const Tensor& /*s*/, const Inputs& x) {
  return matmul(p, x.q);
}
Tensor by_scores(const Tensor& /*p*/, const Tensor& s, const Inputs& x) { return matmul(s, x.v); }

/// What the way back through softmax can do wrong.
struct Back {
  enum class Mean { weighted, plain, sum, none };

  Mean mean = Mean::weighted;
  real sign = 1;
  bool times_p = true;
  bool diagonal = false;  ///< Whether it is p (1 − p) ∂C/∂p.
  bool turned = false;    ///< Whether the means are those of columns.
};

Tensor transpose_if(bool is_turned, const Tensor& x) { return is_turned ? nn::transpose(x) : x; }

Tensor softmax_backward(const Tensor& p_given, const Tensor& dp_given, const Back& way) {
  const Tensor p = transpose_if(way.turned, p_given);
  const Tensor dp = transpose_if(way.turned, dp_given);
  Tensor ds{p.shape()};
  for (std::size_t i = 0; i < p.rows(); ++i) {
    real mean = 0;
    for (std::size_t j = 0; j < p.columns() && way.mean != Back::Mean::none; ++j) {
      mean += way.mean == Back::Mean::weighted ? p(i, j) * dp(i, j) : dp(i, j);
    }
    if (way.mean == Back::Mean::plain) mean /= static_cast<real>(p.columns());
    for (std::size_t j = 0; j < p.columns(); ++j) {
      ds(i, j) = (way.times_p ? p(i, j) : 1) * (dp(i, j) - way.sign * mean);
      if (way.diagonal) ds(i, j) = p(i, j) * (1 - p(i, j)) * dp(i, j);
    }
  }
  return transpose_if(way.turned, ds);
}

/// Which product a gradient is; `right` is the right one.
enum class Product { right, turned, other_factor, exchanged };
enum class OfValues { right, turned, gradient, values };
enum class OfWeights { right, turned, keys };

/// What a head does; each of them can be spoiled.
struct Ways {
  Tensor (*scores)(const Tensor& q, const Tensor& k) = ::scores;
  Softmax softmax = {};
  Tensor (*output)(const Tensor& p, const Tensor& s, const Inputs& x) = ::output;
  Back back = {};
  OfValues values = OfValues::right;
  OfWeights weights = OfWeights::right;
  bool softmax_back = true;
  Product queries = Product::right;
  Product keys = Product::right;
  real query_power = 1;  ///< Of 1 / √d in the gradient of the queries.
  real key_power = 1;
  bool keeps_weights = true;
  bool refuses = true;
};

class Head {
 public:
  static inline Ways ways;

  explicit Head(bool causal = false) : causal_{causal} {}

  static Tensor scores(const Tensor& q, const Tensor& k) { return ways.scores(q, k); }
  Tensor weights(const Tensor& s) const { return ::weights(s, causal_, ways.softmax); }

  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v) {
    if (ways.refuses && (k.shape() != q.shape() || v.shape() != q.shape())) {
      throw std::invalid_argument("queries, keys and values differ in shape");
    }
    x_ = {q, k, v};
    const Tensor s = scores(q, k);
    const Tensor p = weights(s);
    if (ways.keeps_weights) p_ = p;
    return ways.output(p, s, x_);
  }

  static Tensor softmax_backward(const Tensor& p, const Tensor& dp) {
    return ::softmax_backward(p, dp, ways.back);
  }

  Inputs backward(const Tensor& g) const {
    Tensor dp = matmul(g, transposed(ways.weights == OfWeights::keys ? x_.k : x_.v));
    dp = transpose_if(ways.weights == OfWeights::turned, dp);
    const Tensor ds = ways.softmax_back ? softmax_backward(p_, dp) : dp;
    return {.q = times(std::pow(1 / root(x_.q), ways.query_power), query_gradient(ds)),
            .k = times(std::pow(1 / root(x_.q), ways.key_power), key_gradient(ds)),
            .v = value_gradient(g)};
  }

 private:
  Tensor query_gradient(const Tensor& ds) const {
    if (ways.queries == Product::turned) return matmul(transposed(ds), x_.k);
    if (ways.queries == Product::other_factor) return matmul(ds, x_.q);
    if (ways.queries == Product::exchanged) return matmul(transposed(ds), x_.q);
    return matmul(ds, x_.k);
  }
  Tensor key_gradient(const Tensor& ds) const {
    if (ways.keys == Product::turned) return matmul(ds, x_.q);
    if (ways.keys == Product::other_factor) return matmul(transposed(ds), x_.k);
    if (ways.keys == Product::exchanged) return matmul(ds, x_.k);
    return matmul(transposed(ds), x_.q);
  }
  Tensor value_gradient(const Tensor& g) const {
    if (ways.values == OfValues::turned) return matmul(p_, g);
    if (ways.values == OfValues::gradient) return g;
    if (ways.values == OfValues::values) return matmul(transposed(p_), x_.v);
    return matmul(transposed(p_), g);
  }

  bool causal_;
  Inputs x_;
  Tensor p_;
};

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Head::ways = ways; }, exercises::attention<Head>());
}

}  // namespace

int main() {
  using Sum = Softmax::Sum;
  using Mean = Back::Mean;
  return exercises::check_mistakes(
      steps({}),
      {{"They are not divided by √d", steps({.scores = undivided})},
       {"They are divided by d:", steps({.scores = divided_by_d})},
       {"They are multiplied by √d", steps({.scores = multiplied})},
       {"They are divided by √T", steps({.scores = divided_by_places})},
       {"S is transposed", steps({.scores = turned})},
       {"The queries are compared with the queries", steps({.scores = of_queries})},
       {"The keys are compared with the keys", steps({.scores = of_keys})},
       {"Those are the powers", steps({.softmax = {.sum = Sum::none}})},
       {"divided by the sum of all", steps({.softmax = {.sum = Sum::of_all}})},
       {"Every column sums to 1", steps({.softmax = {.sum = Sum::of_column}})},
       {"The mask is there, although", steps({.softmax = {.always_causal = true}})},
       {"1,000 overflows", steps({.softmax = {.subtracts_largest = false}})},
       {"P is transposed", steps({.output = of_turned})},
       {"That is the mean of the keys", steps({.output = mean_of_keys})},
       {"That is the mean of the queries", steps({.output = mean_of_queries})},
       {"That is S V", steps({.output = by_scores})},
       {"The mean is not subtracted", steps({.back = {.mean = Mean::none}})},
       {"It is not multiplied by p", steps({.back = {.times_p = false}})},
       {"The mean is added", steps({.back = {.sign = -1}})},
       {"The plain mean is subtracted", steps({.back = {.mean = Mean::plain}})},
       {"The sum of the row is subtracted", steps({.back = {.mean = Mean::sum}})},
       {"The means are those of columns", steps({.back = {.turned = true}})},
       {"That is p (1 − p) ∂C/∂p", steps({.back = {.diagonal = true}})},
       {"P is not transposed", steps({.values = OfValues::turned})},
       {"That is G, but", steps({.values = OfValues::gradient})},
       {"That is Pᵀ V", steps({.values = OfValues::values})},
       {"The queries are in it", steps({.queries = Product::other_factor})},
       {"as a product with the transpose of ∂C/∂S", steps({.queries = Product::turned})},
       {"as a product with the transpose of ∂C/∂S", steps({.queries = Product::exchanged})},
       {"It is not divided by √d", steps({.query_power = 0})},
       {"It is divided by d:", steps({.query_power = 2})},
       {"Softmax is left out", steps({.softmax_back = false})},
       {"∂C/∂P is transposed", steps({.weights = OfWeights::turned})},
       {"∂C/∂P comes from the keys", steps({.weights = OfWeights::keys})},
       {"The keys are in it", steps({.keys = Product::other_factor})},
       {"∂C/∂S is not transposed", steps({.keys = Product::turned})},
       {"That is ∂C/∂Q", steps({.keys = Product::exchanged})},
       {"It is not divided by √d", steps({.key_power = 0})},
       {"It is divided by d:", steps({.key_power = 2})},
       {"does forward() keep the weights", steps({.keeps_weights = false})},
       {"The mask is missing", steps({.softmax = {.masks = false}})},
       {"Place i sees place i + 1, too", steps({.softmax = {.seen_after = 1}})},
       {"The first place sees nothing", steps({.softmax = {.seen_after = -1}})},
       {"Place i sees itself and the places after it", steps({.softmax = {.backward_mask = true}})},
       {"The mask comes after softmax", steps({.softmax = {.mask_after = true}})},
       {"Hidden scores are 0", steps({.softmax = {.zero_score = true}})},
       {"Hidden weights are 0, but", steps({.softmax = {.zero_score = true, .mask_after = true}})},
       {"not one that is hidden", steps({.softmax = {.largest_of_all = true}})},
       {"It accepts 4 queries with 3 keys", steps({.refuses = false})}});
}
