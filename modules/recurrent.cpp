module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

module nn.recurrent;

import nn.matmul;
import nn.parallel;

namespace nn {

namespace {

// The functions of the gates. They are called for every gate of every unit at every step, so the
// loops over them must run in vectors, and the standard library's do not.

/// 1/n!, from n = 0 on: as many terms of eʳ as make no difference to a number any more, where
/// |r| ≤ ½ ln 2.
constexpr auto reciprocal_factorials = [] {
  std::array<real, sizeof(real) == sizeof(float) ? 8 : 14> terms{1};
  double term = 1;
  for (std::size_t n = 1; n < terms.size(); ++n) {
    terms[n] = static_cast<real>(term /= static_cast<double>(n));
  }
  return terms;
}();

/// eˣ = 2ᵏ eʳ, where k is x / ln 2 rounded and r = x − k ln 2 is what is left: eʳ is the sum of the
/// first terms of its series, and 2ᵏ needs only k, written where a number has its exponent. Beyond
/// 2^±126 (in double 2^±1022) it grows and falls no more.
inline real exponential(real x) {
  using Bits = std::conditional_t<sizeof(real) == sizeof(float), std::uint32_t, std::uint64_t>;
  constexpr int fraction = std::numeric_limits<real>::digits - 1;  // bits
  constexpr Bits bias = std::numeric_limits<real>::max_exponent - 1;
  constexpr real ln2 = std::numbers::ln2_v<real>;
  constexpr real limit = (bias - 1) * ln2;
  // Numbers of this size have no bits left for fractions: what is added to one is rounded.
  constexpr real rounder = real(1.5) * (Bits{1} << static_cast<unsigned>(fraction));
  const real clamped = std::min(std::max(x, -limit), limit);  // NaN stays NaN
  const real rounded = clamped * (1 / ln2) + rounder;
  const real r = clamped - (rounded - rounder) * ln2;
  real sum = reciprocal_factorials.back();
  for (std::size_t n = reciprocal_factorials.size() - 1; n-- > 0;) {
    sum = sum * r + reciprocal_factorials[n];
  }
  return sum * std::bit_cast<real>((std::bit_cast<Bits>(rounded) + bias) << fraction);
}

inline real sigmoid(real x) { return 1 / (1 + exponential(-x)); }
inline real tanh(real x) { return 1 - 2 / (1 + exponential(2 * x)); }

// Their derivatives, by way of what they gave.
inline real sigmoid_slope(real y) { return y * (1 - y); }
inline real tanh_slope(real y) { return 1 - y * y; }

}  // namespace

namespace detail {

/// One step of one sample. Names as in the formulas: a = x W + b, u = h′ U, h the new state, c what
/// else is kept, `_before` those of the step before. `__restrict` says that no two of the rows
/// overlap, without which the loops would not run in vectors.
struct Cell {
  const char* name;
  std::size_t gates;     ///< k.
  bool keeps;            ///< Whether there is a c.
  bool has_bias_hidden;  ///< Whether u has a bias of its own, and so ∂C/∂u differs from ∂C/∂a.

  /// Writes h, c, and over a what the gates gave.
  void (*forward)(std::size_t H, real* __restrict a, const real* __restrict u,
                  const real* __restrict h_before, const real* __restrict c_before,
                  real* __restrict h, real* __restrict c);

  /// Writes ∂C/∂a and ∂C/∂u (where it differs). dh and dc are ∂C/∂h and ∂C/∂c, and become what
  /// passes to h′ (but for ∂C/∂u Uᵀ) and c′.
  void (*backward)(std::size_t H, const real* __restrict gates, const real* __restrict h_before,
                   const real* __restrict c_before, const real* __restrict c, real* __restrict dh,
                   real* __restrict dc, real* __restrict da, real* __restrict du);
};

}  // namespace detail

namespace {

// [elman]
void elman_forward(std::size_t H, real* __restrict a, const real* __restrict u,
                   const real* __restrict /*h_before*/, const real* __restrict /*c_before*/,
                   real* __restrict h, real* __restrict /*c*/) {
  for (std::size_t j = 0; j < H; ++j) h[j] = a[j] = tanh(a[j] + u[j]);
}
// [/elman]

// [elman_backward]
void elman_backward(std::size_t H, const real* __restrict gates,
                    const real* __restrict /*h_before*/, const real* __restrict /*c_before*/,
                    const real* __restrict /*c*/, real* __restrict dh, real* __restrict /*dc*/,
                    real* __restrict da, real* __restrict /*du*/) {
  for (std::size_t j = 0; j < H; ++j) {
    da[j] = dh[j] * tanh_slope(gates[j]);
    dh[j] = 0;  // h′ is seen through U alone
  }
}
// [/elman_backward]

// [gru]
void gru_forward(std::size_t H, real* __restrict a, const real* __restrict u,
                 const real* __restrict h_before, const real* __restrict /*c_before*/,
                 real* __restrict h, real* __restrict u_n) {
  for (std::size_t j = 0; j < H; ++j) {
    const real r = sigmoid(a[j] + u[j]);
    const real z = sigmoid(a[H + j] + u[H + j]);
    const real n = tanh(a[2 * H + j] + r * u[2 * H + j]);
    h[j] = (1 - z) * n + z * h_before[j];
    a[j] = r;
    a[H + j] = z;
    a[2 * H + j] = n;
    u_n[j] = u[2 * H + j];
  }
}
// [/gru]

void gru_backward(std::size_t H, const real* __restrict gates, const real* __restrict h_before,
                  const real* __restrict /*c_before*/, const real* __restrict u_n,
                  real* __restrict dh, real* __restrict /*dc*/, real* __restrict da,
                  real* __restrict du) {
  for (std::size_t j = 0; j < H; ++j) {
    const real r = gates[j];
    const real z = gates[H + j];
    const real n = gates[2 * H + j];
    const real dn = dh[j] * (1 - z) * tanh_slope(n);
    const real dz = dh[j] * (h_before[j] - n) * sigmoid_slope(z);
    const real dr = dn * u_n[j] * sigmoid_slope(r);
    da[j] = du[j] = dr;
    da[H + j] = du[H + j] = dz;
    da[2 * H + j] = dn;
    du[2 * H + j] = dn * r;
    dh[j] *= z;
  }
}

// [lstm]
void lstm_forward(std::size_t H, real* __restrict a, const real* __restrict u,
                  const real* __restrict /*h_before*/, const real* __restrict c_before,
                  real* __restrict h, real* __restrict c) {
  for (std::size_t j = 0; j < H; ++j) {
    const real i = sigmoid(a[j] + u[j]);
    const real f = sigmoid(a[H + j] + u[H + j]);
    const real g = tanh(a[2 * H + j] + u[2 * H + j]);
    const real o = sigmoid(a[3 * H + j] + u[3 * H + j]);
    c[j] = f * c_before[j] + i * g;
    h[j] = o * tanh(c[j]);
    a[j] = i;
    a[H + j] = f;
    a[2 * H + j] = g;
    a[3 * H + j] = o;
  }
}
// [/lstm]

// [lstm_backward]
void lstm_backward(std::size_t H, const real* __restrict gates, const real* __restrict /*h_before*/,
                   const real* __restrict c_before, const real* __restrict c, real* __restrict dh,
                   real* __restrict dc, real* __restrict da, real* __restrict /*du*/) {
  for (std::size_t j = 0; j < H; ++j) {
    const real i = gates[j];
    const real f = gates[H + j];
    const real g = gates[2 * H + j];
    const real o = gates[3 * H + j];
    const real tanh_c = tanh(c[j]);
    const real dc_all = dc[j] + dh[j] * o * tanh_slope(tanh_c);
    da[j] = dc_all * g * sigmoid_slope(i);
    da[H + j] = dc_all * c_before[j] * sigmoid_slope(f);
    da[2 * H + j] = dc_all * i * tanh_slope(g);
    da[3 * H + j] = dh[j] * tanh_c * sigmoid_slope(o);
    dc[j] = dc_all * f;
    dh[j] = 0;  // h′ is seen through U alone
  }
}
// [/lstm_backward]

}  // namespace

namespace detail {

const Cell elman_cell{.name = "Recurrent",
                      .gates = 1,
                      .keeps = false,
                      .has_bias_hidden = false,
                      .forward = elman_forward,
                      .backward = elman_backward};
const Cell gru_cell{.name = "GRU",
                    .gates = 3,
                    .keeps = true,
                    .has_bias_hidden = true,
                    .forward = gru_forward,
                    .backward = gru_backward};
const Cell lstm_cell{.name = "LSTM",
                     .gates = 4,
                     .keeps = true,
                     .has_bias_hidden = false,
                     .forward = lstm_forward,
                     .backward = lstm_backward};

}  // namespace detail

namespace {

/// A (rows, columns, width) block of numbers with its first two axes swapped. So a batch of
/// sequences becomes a sequence of batches, in which every step is in one piece; and back.
void swap_axes(const real* from, std::size_t rows, std::size_t columns, std::size_t width,
               real* to) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      std::copy_n(from + (i * columns + j) * width, width, to + (j * rows + i) * width);
    }
  }
}

/// (B, T, D) as (T B, D): the steps one after the other.
Tensor steps_first(const Tensor& x) {
  const std::size_t batch = x.shape()[0];
  const std::size_t steps = x.shape()[1];
  const std::size_t width = x.shape()[2];
  Tensor y = Tensor::uninitialized(Shape{steps * batch, width});
  swap_axes(x.data(), batch, steps, width, y.data());
  return y;
}

/// (T B, D) as (B, T, D): the samples one after the other.
Tensor samples_first(const real* x, std::size_t steps, std::size_t batch, std::size_t width) {
  Tensor y = Tensor::uninitialized(Shape{batch, steps, width});
  swap_axes(x, steps, batch, width, y.data());
  return y;
}

/// Some rows of a matrix, as a matrix.
Matrix rows_of(const Tensor& tensor, std::size_t first, std::size_t count) {
  Matrix rows{tensor};
  rows.data += first * rows.row_stride;
  rows.rows = count;
  return rows;
}

/// The start of a row, of a tensor that there need not be.
real* row_of(Tensor& tensor, std::size_t index) {
  return tensor.empty() ? nullptr : tensor.row(index).data();
}
const real* row_of(const Tensor& tensor, std::size_t index) {
  return tensor.empty() ? nullptr : tensor.row(index).data();
}

/// The states of all steps and the zeros before the first.
Tensor states(std::size_t steps, std::size_t batch, std::size_t outputs) {
  Tensor h = Tensor::uninitialized(Shape{(steps + 1) * batch, outputs});
  std::fill_n(h.data(), batch * outputs, real{0});
  return h;
}

/// Calls body(n) for every sample of a batch, several samples of few units in one round.
template <class Body>
void for_samples(std::size_t batch, std::size_t outputs, const Body& body) {
  constexpr std::size_t units = 2048;  // of a round
  const std::size_t samples = std::max<std::size_t>(1, units / outputs);
  parallel_for((batch + samples - 1) / samples, [&](std::size_t round) {
    const std::size_t end = std::min(batch, (round + 1) * samples);
    for (std::size_t n = round * samples; n < end; ++n) body(n);
  });
}

void add(std::span<real> sums, const real* terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += terms[i];
}

void sum_rows(const Tensor& tensor, Tensor& sums) {
  sums.fill(0);
  for (std::size_t n = 0; n < tensor.rows(); ++n) add(sums.values(), tensor.row(n).data());
}

Shape weight_shape(const detail::Cell& cell, std::size_t inputs, std::size_t outputs) {
  if (inputs == 0 || outputs == 0) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} inputs and {} outputs, expected at least 1 of each", cell.name,
                    inputs, outputs));
  }
  return Shape{inputs, cell.gates * outputs};
}

}  // namespace

Recurrence::Recurrence(const detail::Cell& cell, std::size_t inputs, std::size_t outputs,
                       const Options& options)
    : cell_{&cell},
      options_{options},
      weight_input_{"weight_input", Tensor{weight_shape(cell, inputs, outputs)}},
      weight_hidden_{"weight_hidden", Tensor{weight_shape(cell, outputs, outputs)}},
      bias_{"bias", Tensor{Shape{cell.gates * outputs}}},
      bias_hidden_{"bias_hidden",
                   cell.has_bias_hidden ? Tensor{Shape{cell.gates * outputs}} : Tensor{}} {}

std::string Recurrence::name() const {
  return fmt::format("{} {}→{}{}", cell_->name, inputs(), outputs(),
                     options_.sequence ? " sequence" : "");
}

Shape Recurrence::output_shape(const Shape& sample) const {
  check_weights(weight_input_.value);
  if (sample.rank() == 0) return options_.sequence ? Shape{} : Shape{outputs()};
  if (sample.rank() != 2) {
    throw std::invalid_argument(
        fmt::format("expects sequences (T, {}) (put nn::Reshape before it)", inputs()));
  }
  if (sample[1] != inputs()) {
    throw std::invalid_argument(fmt::format("expects sequences of {} inputs", inputs()));
  }
  return options_.sequence ? Shape{sample[0], outputs()} : Shape{outputs()};
}

void Recurrence::check_input(const Tensor& x) const {
  check_weights(weight_input_.value, cell_->name);
  if (x.rank() != 3) {
    throw std::invalid_argument(fmt::format("nn::{}: input has shape {}, expected (B, T, {})",
                                            cell_->name, to_string(x.shape()), inputs()));
  }
  if (x.shape()[2] != inputs()) {
    throw std::invalid_argument(fmt::format("nn::{}: a step has {} inputs, expected {}",
                                            cell_->name, x.shape()[2], inputs()));
  }
}

detail::Trace Recurrence::run(const Tensor& x) const {
  const std::size_t batch = x.shape()[0];
  const std::size_t steps = x.shape()[1];
  const std::size_t H = outputs();
  Tensor inputs = steps_first(x);
  Tensor a = matmul(inputs, weight_input_.value, bias_.value.values());
  Tensor h = states(steps, batch, H);
  Tensor c = cell_->keeps ? states(steps, batch, H) : Tensor{};
  // [steps]
  for (std::size_t t = 0; t < steps; ++t) {
    const Tensor u =
        matmul(rows_of(h, t * batch, batch), weight_hidden_.value, bias_hidden_.value.values());
    for_samples(batch, H, [&](std::size_t n) {
      const std::size_t before = t * batch + n;
      const std::size_t now = before + batch;
      cell_->forward(H, row_of(a, before), row_of(u, n), row_of(h, before), row_of(c, before),
                     row_of(h, now), row_of(c, now));
    });
  }
  // [/steps]
  return {.batch = batch,
          .steps = steps,
          .x = std::move(inputs),
          .gates = std::move(a),
          .h = std::move(h),
          .c = std::move(c)};
}

/// The shape of the output.
Shape Recurrence::batch_shape(const detail::Trace& trace) const {
  return options_.sequence ? Shape{trace.batch, trace.steps, outputs()}
                           : Shape{trace.batch, outputs()};
}

/// The hidden states that are asked for: all but the zeros, or the last.
Tensor Recurrence::output(const detail::Trace& trace) const {
  const Shape shape = batch_shape(trace);
  if (!options_.sequence) return Tensor{shape, trace.h.values().last(shape.size())};
  return samples_first(row_of(trace.h, trace.batch), trace.steps, trace.batch, outputs());
}

Tensor Recurrence::forward(const Tensor& x) {
  check_input(x);
  trace_ = {};  // gives its memory to the next
  trace_ = run(x);
  return output(trace_);
}

Tensor Recurrence::predict(const Tensor& x) const {
  check_input(x);
  return output(run(x));
}

/// Backpropagation through time: the gradients of all parameters, and as the result ∂C/∂a, shape
/// (T B, k H).
Tensor Recurrence::run_back(const Tensor& dy) {
  check_backward(cell_->name, dy.shape(), trace_.x.empty() ? Shape{} : batch_shape(trace_));
  const auto& [batch, steps, x, gates, h, c] = trace_;
  const Tensor from_above = options_.sequence ? steps_first(dy) : Tensor{};
  Tensor dh = options_.sequence ? Tensor{Shape{batch, outputs()}} : dy;
  Tensor dc = cell_->keeps ? Tensor{dh.shape()} : Tensor{};
  Tensor da = Tensor::uninitialized(gates.shape());
  Tensor own_du = cell_->has_bias_hidden ? Tensor::uninitialized(gates.shape()) : Tensor{};
  const Tensor& du = cell_->has_bias_hidden ? own_du : da;
  // [steps_back]
  for (std::size_t t = steps; t-- > 0;) {
    const std::size_t first = t * batch;
    if (options_.sequence) add(dh.values(), row_of(from_above, first));
    step_back(t, dh, dc, da, own_du);
    if (t == 0) break;  // nobody needs the gradient of the zeros
    add(dh.values(), matmul(rows_of(du, first, batch), transposed(weight_hidden_.value)).data());
  }
  weight_input_.gradient = matmul(transposed(x), da);
  weight_hidden_.gradient = matmul(transposed(rows_of(h, 0, x.rows())), du);
  sum_rows(da, bias_.gradient);
  if (cell_->has_bias_hidden) sum_rows(du, bias_hidden_.gradient);
  // [/steps_back]
  return da;
}

/// The gates of one step, backward.
void Recurrence::step_back(std::size_t t, Tensor& dh, Tensor& dc, Tensor& da, Tensor& du) const {
  const auto& [batch, steps, x, gates, h, c] = trace_;
  for_samples(batch, outputs(), [&](std::size_t n) {
    const std::size_t before = t * batch + n;
    cell_->backward(outputs(), row_of(gates, before), row_of(h, before), row_of(c, before),
                    row_of(c, before + batch), row_of(dh, n), row_of(dc, n), row_of(da, before),
                    row_of(du, before));
  });
}

void Recurrence::backward_parameters(const Tensor& dy) { static_cast<void>(run_back(dy)); }

Tensor Recurrence::backward(const Tensor& dy) {
  const Tensor dx = matmul(run_back(dy), transposed(weight_input_.value));
  return samples_first(dx.data(), trace_.steps, trace_.batch, inputs());
}

std::vector<Parameter*> Recurrence::parameters() {
  std::vector<Parameter*> all{&weight_input_, &weight_hidden_, &bias_};
  if (cell_->has_bias_hidden) all.push_back(&bias_hidden_);
  return all;
}

}  // namespace nn
