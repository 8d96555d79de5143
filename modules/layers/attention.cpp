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

  /// How many keys the queries of a block see.
  [[nodiscard]] std::size_t keys(std::size_t first) const {
    return causal ? first + rows(first) : k.rows;
  }

  // [weights]
  /// The weights of a block of queries, a row for each: softmax(Q Kᵀ / √d).
  [[nodiscard]] Tensor weights(std::size_t first) const {
    Tensor p = matmul(rows_of(q, first, rows(first)), transposed(rows_of(k, 0, keys(first))));
    for (std::size_t i = 0; i < p.rows(); ++i) {
      normalize(p.row(i), causal ? first + i + 1 : p.columns(), scale());
    }
    return p;
  }
  // [/weights]
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

 private:
  [[nodiscard]] HeadPlace place(std::size_t part, std::size_t stride) const {
    return {.first = row_ * stride + part * features_ + head_ * width_, .stride = stride};
  }

  std::size_t width_;
  std::size_t features_;
  std::size_t row_;
  std::size_t head_;
};

/// The length of a sequence.
std::size_t length_of(const Lengths& lengths, std::size_t sample, std::size_t places) {
  return lengths.empty() ? places : lengths[sample];
}

/// Sets the padded places of a tensor of shape (B, T, D) to 0.
void clear_padding(Tensor& x, const Lengths& lengths) {
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    std::ranges::fill(x.row(n).subspan(lengths[n] * x.shape()[2]), real{0});
  }
}

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
  if (!lengths.empty() && lengths.size() != x.rows()) {
    throw std::invalid_argument(
        fmt::format("nn::Attention: {} lengths for {} sequences", lengths.size(), x.rows()));
  }
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] <= x.shape()[1]) continue;
    throw std::invalid_argument(
        fmt::format("nn::Attention: the length of the sequence at index {} is {}, expected at most "
                    "{}",
                    n, lengths[n], x.shape()[1]));
  }
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
    const Head head = parts.head(qkv, length, options_.causal);
    const auto [place, stride] = parts.context();
    for (std::size_t first = 0; first < length; first += block_rows) {
      const Tensor p = head.weights(first);
      const Tensor o = matmul(p, rows_of(head.v, 0, p.columns()));
      copy_rows(o, context.data() + place + first * stride, stride);
    }
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
