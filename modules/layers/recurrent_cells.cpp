module;

#include <cstddef>

module nn.recurrent;

import nn.exponential;
import nn.vector;

namespace nn {

namespace {

// The functions of the gates. They are called for every gate of every unit at every step, so the
// loops that call them must be vectorized, which the standard library's functions would prevent.

inline real sigmoid(real x) {
  const auto [power, rest] = exponential_parts(-x);
  return 1 / (1 + power * (1 + rest));
}

/// (e²ˣ − 1) / (e²ˣ + 1). Near 0, e²ˣ is almost 1, and rounding it would lose the digits of x, so
/// the 1 is subtracted first: e²ˣ − 1 = power · rest + (power − 1).
inline real tanh(real x) {
  const auto [power, rest] = exponential_parts(2 * x);
  const real above_one = multiply_add(power, rest, power - 1);
  return above_one / (above_one + 2);
}

// Their derivatives, computed from their results.
inline real sigmoid_slope(real y) { return y * (1 - y); }
inline real tanh_slope(real y) { return 1 - y * y; }

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
    dh[j] = 0;  // h′ is used only through U
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
    dh[j] = 0;  // h′ is used only through U
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

}  // namespace nn
