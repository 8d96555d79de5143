module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

module nn.attention;

import nn.checks;
import nn.exponential;
import nn.matmul;
import nn.parallel;
import nn.vector;

namespace nn {

namespace {

/// How many queries are worked on together.
constexpr std::size_t block_rows = 64;

/// Some rows of a matrix.
Matrix rows_of(Matrix matrix, std::size_t first, std::size_t count) {
  matrix.data += first * matrix.row_stride;
  matrix.rows = count;
  return matrix;
}

/// Where a head is in a tensor of shape (B, T, …): rows of d numbers, one for each place.
struct HeadPlace {
  std::size_t first;   ///< The index of its first number.
  std::size_t stride;  ///< From one place to the next.
};

/// A head's numbers as a matrix.
Matrix matrix_at(const Tensor& tensor, const HeadPlace& place, std::size_t rows,
                 std::size_t columns) {
  Matrix matrix;
  matrix.data = tensor.data() + place.first;
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.row_stride = place.stride;
  return matrix;
}

/// Copies rows to a head's places.
void copy_rows(const Tensor& rows, real* to, std::size_t stride) {
  for (std::size_t i = 0; i < rows.rows(); ++i) std::ranges::copy(rows.row(i), to + i * stride);
}

/// Adds rows to a head's places.
void add_rows(const Tensor& rows, real* to, std::size_t stride) {
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const std::span<const real> row = rows.row(i);
    real* const sums = to + i * stride;
    for (std::size_t j = 0; j < row.size(); ++j) sums[j] += row[j];
  }
}

real largest_of(std::span<const real> row) {
  real largest = row[0];
  std::size_t j = 0;
  if (row.size() >= lanes) {
    Simd all = simd_load(row.data());
    for (j = lanes; j + lanes <= row.size(); j += lanes) {
      const Simd next = simd_load(row.data() + j);
      all = next > all ? next : all;
    }
    for (std::size_t lane = 0; lane < lanes; ++lane) largest = std::max(largest, all[lane]);
  }
  for (; j < row.size(); ++j) largest = std::max(largest, row[j]);
  return largest;
}

/// The sum of value(j) over all j below count, where value gives a vector or a single number.
template <class Vectors, class Numbers>
real sum_over(std::size_t count, const Vectors& vector, const Numbers& number) {
  Simd sums{};
  std::size_t j = 0;
  for (; j + lanes <= count; j += lanes) sums += vector(j);
  real sum = simd_sum(sums);
  for (; j < count; ++j) sum += number(j);
  return sum;
}

/// Turns the scores of one place, not yet divided by √d, into weights. The largest score is
/// subtracted first, which leaves the quotients unchanged and keeps the exponentials from
/// overflowing.
/// @param seen How many places it may look at; the weights of the rest become 0.
void normalize(std::span<real> row, std::size_t seen, real scale) {
  real* const p = row.data();
  const real largest = largest_of(row.first(seen));
  for (std::size_t j = 0; j < seen; ++j) p[j] = exponential((p[j] - largest) * scale);
  const real inverse = 1 / sum_over(
                               seen, [=](std::size_t j) { return simd_load(p + j); },
                               [=](std::size_t j) { return p[j]; });
  for (std::size_t j = 0; j < seen; ++j) p[j] *= inverse;
  std::ranges::fill(row.subspan(seen), real{0});
}

/// Turns ∂C/∂p of one place into the gradient of its scores before they are divided by √d. Where p
/// is 0 the gradient is 0.
void normalize_back(std::span<const real> weights, std::span<real> gradients, real scale) {
  const real* const p = weights.data();
  real* const g = gradients.data();
  const real mean = sum_over(
      weights.size(), [=](std::size_t j) { return simd_load(p + j) * simd_load(g + j); },
      [=](std::size_t j) { return p[j] * g[j]; });
  for (std::size_t j = 0; j < weights.size(); ++j) g[j] = p[j] * (g[j] - mean) * scale;
}

/// One head of one sample: its queries, keys and values, a row for each place that is not padding.
/// There may be more keys and values than queries: those of places before the first query.
struct Head {
  Matrix q;
  Matrix k;
  Matrix v;
  bool causal;

  [[nodiscard]] real scale() const { return 1 / std::sqrt(static_cast<real>(q.columns)); }

  /// How many queries the block that starts with this one has.
  [[nodiscard]] std::size_t rows(std::size_t first) const {
    return std::min(block_rows, q.rows - first);
  }

  /// How many keys a query sees.
  [[nodiscard]] std::size_t seen(std::size_t query) const {
    return causal ? k.rows - q.rows + query + 1 : k.rows;
  }

  /// How many keys the queries of a block see.
  [[nodiscard]] std::size_t keys(std::size_t first) const { return seen(first + rows(first) - 1); }

  // [weights]
  /// The weights of a block of queries, a row for each: softmax(Q Kᵀ / √d).
  [[nodiscard]] Tensor weights(std::size_t first) const {
    Tensor p = matmul(rows_of(q, first, rows(first)), transposed(rows_of(k, 0, keys(first))));
    for (std::size_t i = 0; i < p.rows(); ++i) {
      normalize(p.row(i), seen(first + i), scale());
    }
    return p;
  }
  // [/weights]

  /// Writes the means of the values, for all places.
  void write_context(real* to, std::size_t stride) const {
    for (std::size_t first = 0; first < q.rows; first += block_rows) {
      const Tensor p = weights(first);
      copy_rows(matmul(p, rows_of(v, 0, p.columns())), to + first * stride, stride);
    }
  }
};

/// Where the parts of one head are.
class HeadParts {
 public:
  HeadParts(const Shape& x, std::size_t heads, std::size_t index)
      : width_{x[2] / heads}, features_{x[2]}, row_{index / heads * x[1]}, head_{index % heads} {}

  /// In a tensor of shape (B, T, D).
  [[nodiscard]] HeadPlace context() const { return place(0, features_); }
  /// In a tensor of shape (B, T, 3 D).
  [[nodiscard]] HeadPlace query() const { return place(0, 3 * features_); }
  [[nodiscard]] HeadPlace key() const { return place(1, 3 * features_); }
  [[nodiscard]] HeadPlace value() const { return place(2, 3 * features_); }

  /// The head itself.
  [[nodiscard]] Head head(const Tensor& qkv, std::size_t length, bool causal) const {
    return {.q = matrix_at(qkv, query(), length, width_),
            .k = matrix_at(qkv, key(), length, width_),
            .v = matrix_at(qkv, value(), length, width_),
            .causal = causal};
  }

  /// In a tensor of stored keys and values, shape (B, S, 2 D).
  [[nodiscard]] HeadPlace stored_key() const { return place(0, 2 * features_); }
  [[nodiscard]] HeadPlace stored_value() const { return place(1, 2 * features_); }

 private:
  [[nodiscard]] HeadPlace place(std::size_t part, std::size_t stride) const {
    return {.first = row_ * stride + part * features_ + head_ * width_, .stride = stride};
  }

  std::size_t width_;
  std::size_t features_;
  std::size_t row_;
  std::size_t head_;
};

std::size_t checked_features(std::size_t features, std::size_t heads) {
  if (features == 0 || heads == 0) {
    throw std::invalid_argument(fmt::format(
        "nn::Attention: {} features and {} heads, expected at least 1 of each", features, heads));
  }
  if (features % heads != 0) {
    throw std::invalid_argument(
        fmt::format("nn::Attention: {} features and {} heads, expected a number of heads that "
                    "divides the features",
                    features, heads));
  }
  return features;
}

}  // namespace

Attention::Attention(std::size_t features, const AttentionOptions& options)
    : options_{options},
      weight_in_{"weight_in",
                 Tensor{Shape{checked_features(features, options.heads), 3 * features}}},
      bias_in_{"bias_in", Tensor{Shape{3 * features}}},
      weight_out_{"weight_out", Tensor{Shape{features, features}}},
      bias_out_{"bias_out", Tensor{Shape{features}}} {}

std::string Attention::name() const {
  return fmt::format("Attention {}, {} {}{}", features(), heads(), heads() == 1 ? "head" : "heads",
                     options_.causal ? ", causal" : "");
}

Shape Attention::output_shape(const Shape& sample) const {
  check_weights(weight_in_.value);
  if (sample.rank() > 2 || (sample.rank() > 0 && sample[sample.rank() - 1] != features())) {
    throw std::invalid_argument(fmt::format("expects sequences of shape (T, {})", features()));
  }
  return sample;
}

void Attention::check_input(const Tensor& x, const Lengths& lengths) const {
  check_weights(weight_in_.value, "Attention");
  if (x.rank() != 3 || x.shape()[2] != features()) {
    throw std::invalid_argument(
        fmt::format("nn::Attention: input has shape {}, expected (B, T, {})", to_string(x.shape()),
                    features()));
  }
  check_lengths("Attention", lengths, x);
}

/// Queries, keys and values of all heads, shape (B, T, 3 D).
Tensor Attention::project(const Tensor& x) const {
  return matmul(x, weight_in_.value, bias_in_.value.values());
}

/// The context, shape (B, T, D): for every head, the means of the values.
Tensor Attention::attend(const Tensor& qkv, const Lengths& lengths) const {
  const Shape shape{qkv.shape()[0], qkv.shape()[1], features()};
  Tensor context{shape};
  parallel_for(shape[0] * heads(), [&](std::size_t index) {
    const HeadParts parts{shape, heads(), index};
    const std::size_t length = length_of(lengths, index / heads(), shape[1]);
    const auto [place, stride] = parts.context();
    parts.head(qkv, length, options_.causal).write_context(context.data() + place, stride);
  });
  return context;
}

Tensor Attention::output(const Tensor& context, const Lengths& lengths) const {
  Tensor y = matmul(context, weight_out_.value, bias_out_.value.values());
  clear_padding(y, lengths);
  return y;
}

Tensor Attention::forward(Tensor x, const Lengths& lengths) {
  check_input(x, lengths);
  input_ = std::move(x);
  qkv_ = project(input_);
  context_ = attend(qkv_, lengths);
  lengths_ = lengths;
  return output(context_, lengths_);
}

Tensor Attention::predict(const Tensor& x, const Lengths& lengths) const {
  check_input(x, lengths);
  return output(attend(project(x), lengths), lengths);
}

void Attention::check_stored(std::size_t first, const Shape& x, const Shape& stored) const {
  if (!options_.causal) {
    throw std::invalid_argument(
        "nn::Attention: predict_from() needs a causal mask, because without one the new places "
        "would change the outputs at the places before them");
  }
  if (stored.rank() == 3 && stored[0] == x[0] && stored[2] == 2 * features() &&
      first <= stored[1] && x[1] <= stored[1] - first) {
    return;
  }
  throw std::invalid_argument(
      fmt::format("nn::Attention: keys and values have shape {}, expected ({}, S, {}) with S at "
                  "least {} for {} more places from {} on",
                  to_string(stored), x[0], 2 * features(), first + x[1], x[1], first));
}

Tensor Attention::predict_from(std::size_t first, const Tensor& x, Tensor& keys_values) const {
  check_input(x, {});
  check_stored(first, x.shape(), keys_values.shape());
  const Tensor qkv = project(x);
  const std::size_t new_places = x.shape()[1];
  const Shape stored{x.rows(), keys_values.shape()[1], features()};
  for (std::size_t n = 0; n < x.rows(); ++n) {
    for (std::size_t t = 0; t < new_places; ++t) {
      const auto key_and_value =
          qkv.row(n).subspan(t * 3 * features() + features(), 2 * features());
      std::ranges::copy(key_and_value, keys_values.row(n).data() + (first + t) * 2 * features());
    }
  }
  Tensor context{x.shape()};
  for (std::size_t index = 0; index < x.rows() * heads(); ++index) {
    const HeadParts asking{x.shape(), heads(), index};
    const HeadParts asked{stored, heads(), index};
    const std::size_t width = features() / heads();
    const std::size_t seen = first + new_places;
    const Head head{.q = matrix_at(qkv, asking.query(), new_places, width),
                    .k = matrix_at(keys_values, asked.stored_key(), seen, width),
                    .v = matrix_at(keys_values, asked.stored_value(), seen, width),
                    .causal = true};
    const auto [place, stride] = asking.context();
    head.write_context(context.data() + place, stride);
  }
  return output(context, {});
}

/// The gradients of queries, keys and values, shape (B, T, 3 D).
Tensor Attention::attend_back(const Tensor& dcontext) const {
  const Shape& shape = dcontext.shape();
  Tensor dqkv{qkv_.shape()};
  parallel_for(shape[0] * heads(), [&](std::size_t index) {
    const HeadParts parts{shape, heads(), index};
    const std::size_t length = length_of(lengths_, index / heads(), shape[1]);
    const Head head = parts.head(qkv_, length, options_.causal);
    const Matrix all = matrix_at(dcontext, parts.context(), length, head.q.columns);
    const std::size_t stride = parts.query().stride;
    real* const dq = dqkv.data() + parts.query().first;
    real* const dk = dqkv.data() + parts.key().first;
    real* const dv = dqkv.data() + parts.value().first;
    for (std::size_t first = 0; first < length; first += block_rows) {
      const Tensor p = head.weights(first);
      const Matrix dout = rows_of(all, first, p.rows());
      add_rows(matmul(transposed(p), dout), dv, stride);
      Tensor g = matmul(dout, transposed(rows_of(head.v, 0, p.columns())));
      for (std::size_t i = 0; i < g.rows(); ++i) normalize_back(p.row(i), g.row(i), head.scale());
      copy_rows(matmul(g, rows_of(head.k, 0, g.columns())), dq + first * stride, stride);
      add_rows(matmul(transposed(g), rows_of(head.q, first, g.rows())), dk, stride);
    }
  });
  return dqkv;
}

/// Writes the gradients of all parameters and returns those of queries, keys and values.
Tensor Attention::run_back(Tensor dy) {
  check_backward("Attention", dy.shape(), input_.shape());
  clear_padding(dy, lengths_);
  weight_out_.gradient = matmul(transposed(context_), dy);
  bias_out_.gradient = sum_rows(dy);
  Tensor dqkv = attend_back(matmul(dy, transposed(weight_out_.value)));
  weight_in_.gradient = matmul(transposed(input_), dqkv);
  bias_in_.gradient = sum_rows(dqkv);
  return dqkv;
}

Tensor Attention::backward(Tensor dy) {
  return matmul(run_back(std::move(dy)), transposed(weight_in_.value));
}

Tensor Attention::attention_weights() const {
  if (input_.empty()) {
    throw std::invalid_argument("nn::Attention: attention_weights() was called before forward()");
  }
  const Shape& shape = input_.shape();
  const std::size_t places = shape[1];
  Tensor weights{Shape{shape[0], heads(), places, places}};
  parallel_for(shape[0] * heads(), [&](std::size_t index) {
    const std::size_t length = length_of(lengths_, index / heads(), places);
    const Head head = HeadParts{shape, heads(), index}.head(qkv_, length, options_.causal);
    for (std::size_t first = 0; first < length; first += block_rows) {
      copy_rows(head.weights(first), weights.data() + (index * places + first) * places, places);
    }
  });
  return weights;
}

}  // namespace nn
