/// @file
/// @brief Exercise 18: one head of attention.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>

export module mine.attention;

import exercises.todo;
export import nn.matmul;

export namespace mine {

using namespace nn;

/// The gradients of queries, keys and values, shape (T, d) each.
struct Gradients {
  Tensor q, k, v;
};

/// One head of attention, for one sequence. Row i of every matrix belongs to place i, and T places
/// have d features each:
///
///     S = Q Kᵀ / √d        P = softmax of each row of S        O = P V
///
/// With a causal mask, place i sees the places j ≤ i only: softmax goes over these, and the other
/// weights of the row are 0.
class Head {
 public:
  /// @param causal Whether there is a causal mask.
  explicit Head(bool causal = false) : causal_{causal} {}

  /// How well each key fits each query, whether a mask hides it or not.
  /// @param q Q, shape (T, d).
  /// @param k K, shape (T, d).
  /// @return S, shape (T, T).
  static Tensor scores(const Tensor& q, const Tensor& k) {
    // [todo Head::scores]
    return divided_by_root(matmul(q, transposed(k)), q.columns());
    // [/todo]
  }

  /// Softmax, with the mask if there is one. Scores can be so large that their powers overflow,
  /// unless the largest score that a place sees is subtracted first.
  /// @param s S, shape (T, T).
  /// @return P, shape (T, T).
  Tensor weights(const Tensor& s) const {
    Tensor p{s.shape()};
    // [todo Head::weights]
    for (std::size_t i = 0; i < s.rows(); ++i) {
      const std::size_t seen = causal_ ? i + 1 : s.columns();
      const real largest = std::ranges::max(s.row(i).first(seen));
      real sum = 0;
      for (std::size_t j = 0; j < seen; ++j) {
        p(i, j) = std::exp(s(i, j) - largest);
        sum += p(i, j);
      }
      for (std::size_t j = 0; j < seen; ++j) p(i, j) /= sum;
    }
    // [/todo]
    return p;
  }

  /// The output. Keeps P in p_ for backward(), as it keeps Q, K and V.
  /// @param q Q, shape (T, d).
  /// @param k K, shape (T, d).
  /// @param v V, shape (T, d).
  /// @return O, shape (T, d).
  /// @throws std::invalid_argument if the three differ in shape.
  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v) {
    q_ = q;
    k_ = k;
    v_ = v;
    // [todo Head::forward]
    if (k.shape() != q.shape() || v.shape() != q.shape()) {
      throw std::invalid_argument("Head: queries, keys and values differ in shape");
    }
    p_ = weights(scores(q, k));
    return matmul(p_, v);
    // [/todo]
  }

  /// The way back through softmax, row by row.
  /// @param p P, shape (T, T).
  /// @param dp ∂C/∂P, shape (T, T).
  /// @return ∂C/∂S, shape (T, T).
  static Tensor softmax_backward(const Tensor& p, const Tensor& dp) {
    Tensor ds{p.shape()};
    // [todo Head::softmax_backward]
    for (std::size_t i = 0; i < p.rows(); ++i) {
      real mean = 0;
      for (std::size_t j = 0; j < p.columns(); ++j) mean += p(i, j) * dp(i, j);
      for (std::size_t j = 0; j < p.columns(); ++j) ds(i, j) = p(i, j) * (dp(i, j) - mean);
    }
    // [/todo]
    return ds;
  }

  /// @param g G = ∂C/∂O, shape (T, d).
  /// @return ∂C/∂Q, ∂C/∂K and ∂C/∂V, shape (T, d) each.
  Gradients backward(const Tensor& g) const {
    // [todo Head::backward]
    const Tensor dp = matmul(g, transposed(v_));
    const Tensor ds = divided_by_root(softmax_backward(p_, dp), q_.columns());
    return {.q = matmul(ds, k_), .k = matmul(transposed(ds), q_), .v = matmul(transposed(p_), g)};
    // [/todo]
  }

 private:
  /// x / √d, for each value of a tensor.
  static Tensor divided_by_root(Tensor x, std::size_t d) {
    for (real& value : x.values()) value /= std::sqrt(static_cast<real>(d));
    return x;
  }

  bool causal_;
  // Of the last forward():
  Tensor q_, k_, v_;  // shape (T, d)
  Tensor p_;          // shape (T, T)
};

}  // namespace mine
