/// @file
/// @brief Grades one head of attention.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module exercises.attention;

export import exercises.grade;
export import nn.attention;
export import nn.matmul;

using nn::matmul;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::transposed;

namespace exercises {

/// The queries, keys and values of a sequence, or their gradients; shape (T, d) each.
struct Sequence {
  Tensor q, k, v;
};

/// Every value of a square matrix, by a function of it and of its place.
Tensor each(Tensor x, const std::function<real(real value, std::size_t i, std::size_t j)>& f) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) x(i, j) = f(x(i, j), i, j);
  }
  return x;
}

/// Whether place i sees place j.
using Mask = bool (*)(std::size_t i, std::size_t j);
bool everything(std::size_t /*i*/, std::size_t /*j*/) { return true; }
bool up_to_own(std::size_t i, std::size_t j) { return j <= i; }
bool up_to_next(std::size_t i, std::size_t j) { return j <= i + 1; }
bool from_own(std::size_t i, std::size_t j) { return j >= i; }

Mask mask_of(bool causal) { return causal ? up_to_own : everything; }

/// Zeros where a mask hides.
Tensor hidden(const Tensor& x, Mask sees) {
  return each(x, [=](real value, std::size_t i, std::size_t j) { return sees(i, j) ? value : 0; });
}

/// e to the power of each score that is seen, after the largest of its row is subtracted.
Tensor powers_of(const Tensor& s, Mask sees) {
  std::vector<real> largest(s.rows(), -1e30F);
  each(s, [&](real value, std::size_t i, std::size_t j) {
    if (sees(i, j)) largest[i] = std::max(largest[i], value);
    return value;
  });
  return each(s, [&](real value, std::size_t i, std::size_t j) {
    return sees(i, j) ? std::exp(value - largest[i]) : 0;
  });
}

/// Each value divided by the sum of its row.
Tensor by_row(const Tensor& x) {
  return each(x, [&](real value, std::size_t i, std::size_t) {
    real sum = 0;
    for (const real term : x.row(i)) sum += term;
    return value / sum;
  });
}

Tensor softmax(const Tensor& s, Mask sees = everything) { return by_row(powers_of(s, sees)); }

/// Softmax of each column.
Tensor by_column(const Tensor& s, Mask sees = everything) {
  const Tensor powers =
      each(s, [=](real x, std::size_t i, std::size_t j) { return sees(i, j) ? std::exp(x) : 0; });
  return transpose_of(by_row(transpose_of(powers)));
}

real root(const Tensor& q) { return std::sqrt(static_cast<real>(q.columns())); }

Tensor scores(const Sequence& x) { return times(1 / root(x.q), matmul(x.q, transposed(x.k))); }

Tensor output(const Sequence& x, bool causal = false) {
  return matmul(softmax(scores(x), mask_of(causal)), x.v);
}

/// ∂C/∂S = p (∂C/∂p − mean of its row).
/// @param mean Of a row of ∂C/∂P, from the weights and the gradients.
Tensor through_softmax(const Tensor& p, const Tensor& dp,
                       real (*mean)(std::span<const real> p, std::span<const real> dp)) {
  return each(p, [&](real weight, std::size_t i, std::size_t j) {
    return weight * (dp(i, j) - mean(p.row(i), dp.row(i)));
  });
}

real weighted_mean(std::span<const real> p, std::span<const real> dp) {
  real mean = 0;
  for (std::size_t j = 0; j < p.size(); ++j) mean += p[j] * dp[j];
  return mean;
}
real plain_mean(std::span<const real> /*p*/, std::span<const real> dp) {
  real sum = 0;
  for (const real x : dp) sum += x;
  return sum / static_cast<real>(dp.size());
}
real sum_of(std::span<const real> p, std::span<const real> dp) {
  return plain_mean(p, dp) * static_cast<real>(dp.size());
}
real no_mean(std::span<const real> /*p*/, std::span<const real> /*dp*/) { return 0; }
real minus_mean(std::span<const real> p, std::span<const real> dp) { return -weighted_mean(p, dp); }

Tensor softmax_backward(const Tensor& p, const Tensor& dp) {
  return through_softmax(p, dp, weighted_mean);
}

/// What a backward pass computes on its way: the weights, and the gradients of weights and scores.
struct Inner {
  Tensor p, dp, ds;
};

Inner inner(const Sequence& x, const Tensor& g, bool causal) {
  Inner all{.p = softmax(scores(x), mask_of(causal)), .dp = matmul(g, transposed(x.v)), .ds = {}};
  all.ds = softmax_backward(all.p, all.dp);
  return all;
}

Tensor query_gradient(const Sequence& x, const Tensor& ds) {
  return times(1 / root(x.q), matmul(ds, x.k));
}
Tensor key_gradient(const Sequence& x, const Tensor& ds) {
  return times(1 / root(x.q), matmul(transposed(ds), x.q));
}
Tensor value_gradient(const Tensor& p, const Tensor& g) { return matmul(transposed(p), g); }

Sequence gradients(const Sequence& x, const Tensor& g, bool causal) {
  const auto [p, dp, ds] = inner(x, g, causal);
  return {.q = query_gradient(x, ds), .k = key_gradient(x, ds), .v = value_gradient(p, g)};
}

std::vector<Mistake> wrong_scores(const Sequence& x) {
  const Tensor products = matmul(x.q, transposed(x.k));
  const Tensor s = scores(x);
  return {
      {"They are not divided by √d.", products},
      {"They are divided by d: divide by its root.", times(1 / root(x.q), s)},
      {"They are multiplied by √d: divide.", times(root(x.q), products)},
      {"They are divided by √T: d is the number of features, the columns of Q.",
       times(1 / std::sqrt(static_cast<real>(x.q.rows())), products)},
      {"S is transposed: row i belongs to query i, so it is Q Kᵀ.", transpose_of(s)},
      {"The queries are compared with the queries: it is Q Kᵀ.",
       scores({.q = x.q, .k = x.q, .v = {}})},
      {"The keys are compared with the keys: it is Q Kᵀ.", scores({.q = x.k, .k = x.k, .v = {}})}};
}

std::vector<Mistake> wrong_weights(const Tensor& s) {
  const Tensor powers = each(s, [](real x, std::size_t, std::size_t) { return std::exp(x); });
  real sum = 0;
  for (const real x : powers.values()) sum += x;
  return {{"Those are the powers: divide each by the sum of its row.", powers},
          {"The powers are divided by the sum of all: divide each by the sum of its row.",
           times(1 / sum, powers)},
          {"Every column sums to 1: a query's weights are a row, and each row must sum to 1.",
           by_column(s)},
          {"The mask is there, although `causal_` is false.", softmax(s, up_to_own)}};
}

std::vector<Mistake> wrong_causal_weights(const Tensor& s) {
  const Tensor zero_scores = softmax(hidden(s, up_to_own));
  return {{"The mask is missing: place i sees the places j ≤ i only.", softmax(s)},
          {"Place i sees place i + 1, too: it sees the places j ≤ i only.", softmax(s, up_to_next)},
          {"Place i sees itself and the places after it: it sees the places j ≤ i.",
           softmax(s, from_own)},
          {"The mask comes after softmax, so the rows no longer sum to 1: the sum must be over the "
           "places that are seen.",
           hidden(softmax(s), up_to_own)},
          {"Hidden scores are 0, but e⁰ is 1: leave them out of softmax.", zero_scores},
          {"Hidden weights are 0, but each counts as e⁰ = 1 in the sum: leave them out of it.",
           hidden(zero_scores, up_to_own)},
          {"Every column sums to 1: a query's weights are a row, and each row must sum to 1.",
           by_column(s, up_to_own)}};
}

std::vector<Mistake> wrong_outputs(const Sequence& x, bool causal) {
  const Tensor s = scores(x);
  const Tensor p = softmax(s, mask_of(causal));
  return {{"P is transposed: it is P V.", matmul(transposed(p), x.v)},
          {"That is the mean of the keys, P K: take the mean of the values.", matmul(p, x.k)},
          {"That is the mean of the queries, P Q: take the mean of the values.", matmul(p, x.q)},
          {"That is S V: use the weights, P, not the scores.", matmul(s, x.v)}};
}

std::vector<Mistake> wrong_score_gradients(const Tensor& p, const Tensor& dp) {
  return {{"The mean is not subtracted: subtract Σ p ∂C/∂p of the row.",
           through_softmax(p, dp, no_mean)},
          {"It is not multiplied by p.",
           each(dp, [&](real x, std::size_t i,
                        std::size_t) { return x - weighted_mean(p.row(i), dp.row(i)); })},
          {"The mean is added: subtract it.", through_softmax(p, dp, minus_mean)},
          {"The plain mean is subtracted: weight each ∂C/∂p by its p.",
           through_softmax(p, dp, plain_mean)},
          {"The sum of the row is subtracted: weight each ∂C/∂p by its p.",
           through_softmax(p, dp, sum_of)},
          {"The means are those of columns: take the mean of each row.",
           transpose_of(softmax_backward(transpose_of(p), transpose_of(dp)))},
          {"That is p (1 − p) ∂C/∂p, but a score changes the other weights of its row, too: "
           "subtract the mean.",
           each(p, [&](real x, std::size_t i, std::size_t j) { return x * (1 - x) * dp(i, j); })}};
}

std::vector<Mistake> wrong_value_gradients(const Sequence& x, const Tensor& g, bool causal) {
  const auto [p, dp, ds] = inner(x, g, causal);
  return {{"P is not transposed: it is Pᵀ G.", matmul(p, g)},
          {"That is G, but every place took a part of each value: it is Pᵀ G.", g},
          {"That is Pᵀ V: multiply by the gradient, G.", matmul(transposed(p), x.v)}};
}

/// Mistakes that are the same for queries and keys.
/// @param gradient Of the queries or of the keys, from the gradient of the scores.
std::vector<Mistake> wrong_ways_to(const Sequence& x, const Inner& all, const Tensor& g,
                                   Tensor (*gradient)(const Sequence&, const Tensor&)) {
  const Tensor right = gradient(x, all.ds);
  const auto from = [&](const Tensor& dp) { return gradient(x, softmax_backward(all.p, dp)); };
  return {{"It is not divided by √d.", times(root(x.q), right)},
          {"It is divided by d: divide by its root.", times(1 / root(x.q), right)},
          {"Softmax is left out: ∂C/∂P goes through softmax_backward first.", gradient(x, all.dp)},
          {"∂C/∂P is transposed: it is G Vᵀ.", from(transpose_of(all.dp))},
          {"∂C/∂P comes from the keys: it is G Vᵀ.", from(matmul(g, transposed(x.k)))}};
}

std::vector<Mistake> with(std::vector<Mistake> mistakes, const std::vector<Mistake>& more) {
  mistakes.insert(mistakes.end(), more.begin(), more.end());
  return mistakes;
}

std::vector<Mistake> wrong_query_gradients(const Sequence& x, const Tensor& g, bool causal) {
  const Inner all = inner(x, g, causal);
  return with({{"The queries are in it: a query was multiplied by keys, so it is ∂C/∂S K / √d.",
                times(1 / root(x.q), matmul(all.ds, x.q))},
               // In the example of section 18.3:
               {"All values are 0, as a product with the transpose of ∂C/∂S is here: for the "
                "queries it is ∂C/∂S K / √d.",
                times(1 / root(x.q), matmul(transposed(all.ds), x.k))}},
              wrong_ways_to(x, all, g, query_gradient));
}

std::vector<Mistake> wrong_key_gradients(const Sequence& x, const Tensor& g, bool causal) {
  const Inner all = inner(x, g, causal);
  return with({{"The keys are in it: a key was multiplied by queries, so it is (∂C/∂S)ᵀ Q / √d.",
                times(1 / root(x.q), matmul(transposed(all.ds), x.k))},
               {"∂C/∂S is not transposed: for the keys it is (∂C/∂S)ᵀ Q / √d.",
                times(1 / root(x.q), matmul(all.ds, x.q))},
               {"That is ∂C/∂Q: the two are exchanged.", query_gradient(x, all.ds)}},
              wrong_ways_to(x, all, g, key_gradient));
}

// The sequence of section 18.2, and the gradient of section 18.3.
const Tensor three{{1}, {0}, {2}};
const Sequence small{.q = three, .k = times(std::numbers::ln2_v<real>, three), .v = three};
const Tensor of_second{{0}, {1}, {0}};

// Four places of three features.
const Sequence larger{.q = random_tensor(Shape{4, 3}, 1),
                      .k = random_tensor(Shape{4, 3}, 2),
                      .v = random_tensor(Shape{4, 3}, 3)};
const Tensor of_larger = random_tensor(Shape{4, 3}, 4);

void expect_finite(const Tensor& p, const std::string& words) {
  require(std::ranges::all_of(p.values(), [](real x) { return std::isfinite(x); }), words);
}

/// The reader's gradients.
template <class Head>
Sequence gradients_of(Head head, const Sequence& x, const Tensor& g) {
  head.forward(x.q, x.k, x.v);
  try {
    auto mine = head.backward(g);
    return {.q = std::move(mine.q), .k = std::move(mine.k), .v = std::move(mine.v)};
  } catch (const std::invalid_argument& error) {
    const std::string words = error.what();
    require(words.find("factor is empty") == std::string::npos,
            fmt::format("{}: does forward() keep the weights in p_?", words));
    throw;
  }
}

template <class Head>
void expect_all(const Sequence& x, const Tensor& g, bool causal) {
  const Sequence got = gradients_of(Head{causal}, x, g);
  const Sequence want = gradients(x, g, causal);
  expect("∂C/∂V", got.v, want.v, wrong_value_gradients(x, g, causal));
  expect("∂C/∂Q", got.q, want.q, wrong_query_gradients(x, g, causal));
  expect("∂C/∂K", got.k, want.k, wrong_key_gradients(x, g, causal));
}

/// The columns first, first + 1, … of a matrix, as many as it has rows.
Tensor square_from(const Tensor& x, std::size_t first) {
  return each(Tensor{Shape{x.rows(), x.rows()}},
              [&](real, std::size_t i, std::size_t j) { return x(i, first + j); });
}

/// Compares with the library's layer. Its input is the identity matrix, so that its queries, keys
/// and values are its weights, and their gradients are those of the weights.
template <class Head>
void expect_as_in_library(bool causal) {
  constexpr std::size_t count = 5;
  const Tensor weights = random_tensor(Shape{count, 3 * count}, 5);
  const Tensor identity = each(Tensor{Shape{count, count}}, [](real, std::size_t i, std::size_t j) {
    return i == j ? real{1} : real{0};
  });
  const Shape batch{1, count, count};
  nn::Attention right{count, {.causal = causal}};
  right.parameters()[0]->value = weights;
  right.parameters()[2]->value = identity;
  const Sequence x{.q = square_from(weights, 0),
                   .k = square_from(weights, count),
                   .v = square_from(weights, 2 * count)};
  const Tensor o = right.forward(identity.reshaped(batch)).reshaped(identity.shape());
  expect("O", Head{causal}.forward(x.q, x.k, x.v), o);
  const Tensor g = random_tensor(identity.shape(), 6);
  right.backward(g.reshaped(batch));
  const Tensor& want = right.parameters()[0]->gradient;
  const Sequence got = gradients_of(Head{causal}, x, g);
  expect("∂C/∂Q", got.q, square_from(want, 0));
  expect("∂C/∂K", got.k, square_from(want, count));
  expect("∂C/∂V", got.v, square_from(want, 2 * count));
}

/// Compares with measured gradients, for the cost Σ g o.
template <class Head>
void expect_measured() {
  Sequence x = larger;
  const Sequence got = gradients_of(Head{true}, x, of_larger);
  const auto cost = [&x] {
    const Tensor o = Head{true}.forward(x.q, x.k, x.v);
    double sum = 0;
    for (std::size_t i = 0; i < o.size(); ++i) {
      sum += double{of_larger.values()[i]} * double{o.values()[i]};
    }
    return sum;
  };
  expect("∂C/∂Q", got.q, measured_gradient(x.q, cost), {}, 0.01);
  expect("∂C/∂K", got.k, measured_gradient(x.k, cost), {}, 0.01);
  expect("∂C/∂V", got.v, measured_gradient(x.v, cost), {}, 0.01);
}

/// @param x Differ in shape.
template <class Head>
void expect_refused(const Sequence& x) {
  try {
    Head{}.forward(x.q, x.k, x.v);
  } catch (const std::invalid_argument&) {
    return;
  }
  throw Wrong{
      fmt::format("It accepts {} queries with {} keys and {} values: throw std::invalid_argument "
                  "if the three differ in shape.",
                  x.q.rows(), x.k.rows(), x.v.rows())};
}

}  // namespace exercises

export namespace exercises {

/// The steps for a head that is made with or without a causal mask.
template <class Head>
std::vector<Step> attention() {
  static const auto expect_scores = [](const Sequence& x) {
    expect("S", Head::scores(x.q, x.k), scores(x), wrong_scores(x));
  };
  static const auto expect_output = [](const Sequence& x, bool causal) {
    expect("O", Head{causal}.forward(x.q, x.k, x.v), output(x, causal), wrong_outputs(x, causal));
  };
  static const auto expect_score_gradient = [](const Sequence& x, const Tensor& g) {
    const auto [p, dp, ds] = inner(x, g, false);
    expect("∂C/∂S", Head::softmax_backward(p, dp), ds, wrong_score_gradients(p, dp));
  };

  return {
      {"scores: the example of section 18.2", [] { expect_scores(small); }},
      {"scores: 4 places of 3 features", [] { expect_scores(larger); }},
      {"weights: the example of section 18.2",
       [] {
         const Tensor s = scores(small);
         expect("P", Head{}.weights(s), softmax(s), wrong_weights(s));
       }},
      {"weights: scores of 1,000 and more",
       [] {
         const Tensor s{{1'000, 1'001}, {-1'001, -1'000}};
         const Tensor p = Head{}.weights(s);
         expect_finite(p,
                       "A weight is infinite or NaN, because e to the power of 1,000 overflows and "
                       "that of −1,000 is 0: subtract the largest score of the row first.");
         expect("P", p, softmax(s));
       }},
      {"forward: the example of section 18.2", [] { expect_output(small, false); }},
      {"forward: 4 places of 3 features", [] { expect_output(larger, false); }},
      {"softmax_backward: the example of section 18.3",
       [] { expect_score_gradient(small, of_second); }},
      {"softmax_backward: 4 places", [] { expect_score_gradient(larger, of_larger); }},
      {"backward: the example of section 18.3", [] { expect_all<Head>(small, of_second, false); }},
      {"backward: 4 places of 3 features", [] { expect_all<Head>(larger, of_larger, false); }},
      {"weights, causal: the example of section 18.5",
       [] {
         const Tensor s = scores(small);
         const Tensor p = Head{true}.weights(s);
         require(p.shape() != s.shape() || p(0, 0) > 0,
                 "The first place sees nothing: every place must see itself.");
         expect("P", p, softmax(s, up_to_own), wrong_causal_weights(s));
       }},
      {"weights, causal: a score of 1,000 that is hidden",
       [] {
         const Tensor s{{1, 1'000}, {2, 3}};
         const Tensor p = Head{true}.weights(s);
         expect_finite(p,
                       "A weight is infinite or NaN: subtract the largest of the scores that a "
                       "place sees, not one that is hidden.");
         expect("P", p, softmax(s, up_to_own));
       }},
      {"forward, causal: 4 places of 3 features", [] { expect_output(larger, true); }},
      {"backward, causal: 4 places of 3 features",
       [] { expect_all<Head>(larger, of_larger, true); }},
      {"both: as in the library, 5 places of 5 features",
       [] {
         expect_as_in_library<Head>(false);
         expect_as_in_library<Head>(true);
       }},
      {"backward: gradient check", [] { expect_measured<Head>(); }},
      {"forward: keys and values of another sequence", [] {
         expect_refused<Head>({.q = larger.q, .k = larger.k.rows(0, 3), .v = larger.v.rows(0, 3)});
       }}};
}

}  // namespace exercises
