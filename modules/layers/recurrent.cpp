module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

module nn.recurrent;

import nn.checks;
import nn.matmul;
import nn.parallel;

namespace nn {

namespace {

/// Copies a (rows, columns, width) block of numbers with its first two axes swapped. This turns a
/// batch of sequences into a sequence of batches, in which every step is contiguous, and back.
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

/// A view of some rows of a matrix.
Matrix rows_of(const Tensor& tensor, std::size_t first, std::size_t count) {
  Matrix rows{tensor};
  rows.data += first * rows.row_stride;
  rows.rows = count;
  return rows;
}

/// A pointer to the first value of a row; null if the tensor is empty.
real* row_at(Tensor& tensor, std::size_t index) {
  return tensor.empty() ? nullptr : tensor.row(index).data();
}
const real* row_at(const Tensor& tensor, std::size_t index) {
  return tensor.empty() ? nullptr : tensor.row(index).data();
}

/// Copies a row; does nothing if the tensor is empty.
void keep_row(Tensor& tensor, std::size_t from, std::size_t to) {
  if (!tensor.empty()) std::ranges::copy(tensor.row(from), row_at(tensor, to));
}

void clear_row(Tensor& tensor, std::size_t index) {
  if (!tensor.empty()) std::ranges::fill(tensor.row(index), real{0});
}

/// Room for the states of all steps, preceded by the zeros before the first step.
Tensor states(std::size_t steps, std::size_t batch, std::size_t outputs) {
  Tensor h = Tensor::uninitialized(Shape{(steps + 1) * batch, outputs});
  std::fill_n(h.data(), batch * outputs, real{0});
  return h;
}

/// Calls body(n) for every sample of a batch; if there are few units, a round of the loop takes
/// several samples.
template <class Body>
void for_samples(std::size_t batch, std::size_t outputs, const Body& body) {
  constexpr std::size_t units = 2048;  // per round
  const std::size_t samples = std::max<std::size_t>(1, units / outputs);
  parallel_for((batch + samples - 1) / samples, [&](std::size_t round) {
    const std::size_t end = std::min(batch, (round + 1) * samples);
    for (std::size_t n = round * samples; n < end; ++n) body(n);
  });
}

void add(std::span<real> sums, const real* terms) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += terms[i];
}

/// Adds the gradients of a step's outputs, without those of padded places.
void add_outputs(Tensor& dh, const Tensor& dy, std::size_t t, const detail::Trace& trace) {
  for (std::size_t n = 0; n < trace.batch; ++n) {
    const bool padded = t >= length_of(trace.lengths, n, trace.steps);
    if (!padded) add(dh.row(n), row_at(dy, t * trace.batch + n));
  }
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

void Recurrence::set_bias(std::size_t block, real value) {
  std::ranges::fill(bias_.value.values().subspan(block * outputs(), outputs()), value);
}

std::string Recurrence::name() const {
  return fmt::format("{} {}→{}{}", cell_->name, inputs(), outputs(),
                     options_.sequence ? " sequence" : "");
}

Shape Recurrence::output_shape(const Shape& sample) const {
  check_weights(weight_input_.value);
  const bool unknown = sample.rank() == 0 || sample == Shape{inputs()};
  if (unknown) return options_.sequence ? Shape{} : Shape{outputs()};
  if (sample.rank() != 2) {
    throw std::invalid_argument(
        fmt::format("expects sequences of shape (T, {}) (put nn::Reshape before it)", inputs()));
  }
  if (sample[1] != inputs()) {
    throw std::invalid_argument(fmt::format("expects sequences of {} inputs", inputs()));
  }
  return options_.sequence ? Shape{sample[0], outputs()} : Shape{outputs()};
}

void Recurrence::check_input(const Tensor& x, const Lengths& lengths) const {
  check_weights(weight_input_.value, cell_->name);
  if (x.rank() != 3) {
    throw std::invalid_argument(fmt::format("nn::{}: input has shape {}, expected (B, T, {})",
                                            cell_->name, to_string(x.shape()), inputs()));
  }
  if (x.shape()[2] != inputs()) {
    throw std::invalid_argument(fmt::format("nn::{}: a step has {} inputs, expected {}",
                                            cell_->name, x.shape()[2], inputs()));
  }
  check_lengths(cell_->name, lengths, x);
}

detail::Trace Recurrence::run(const Tensor& x, const Lengths& lengths) const {
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
      if (t >= length_of(lengths, n, steps)) {
        keep_row(h, before, now);
        keep_row(c, before, now);
        return;
      }
      cell_->forward(H, row_at(a, before), row_at(u, n), row_at(h, before), row_at(c, before),
                     row_at(h, now), row_at(c, now));
    });
  }
  // [/steps]
  return {.batch = batch,
          .steps = steps,
          .x = std::move(inputs),
          .gates = std::move(a),
          .h = std::move(h),
          .c = std::move(c),
          .lengths = lengths};
}

/// The shape of the output.
Shape Recurrence::batch_shape(const detail::Trace& trace) const {
  return options_.sequence ? Shape{trace.batch, trace.steps, outputs()}
                           : Shape{trace.batch, outputs()};
}

/// The hidden states that are the output: all but the initial zeros, or only the last.
Tensor Recurrence::output(const detail::Trace& trace) const {
  const Shape shape = batch_shape(trace);
  if (!options_.sequence) return Tensor{shape, trace.h.values().last(shape.size())};
  Tensor y = samples_first(row_at(trace.h, trace.batch), trace.steps, trace.batch, outputs());
  clear_padding(y, trace.lengths);
  return y;
}

Tensor Recurrence::forward(const Tensor& x, const Lengths& lengths) {
  check_input(x, lengths);
  trace_ = {};  // releases its memory, which the next trace reuses
  trace_ = run(x, lengths);
  return output(trace_);
}

Tensor Recurrence::predict(const Tensor& x, const Lengths& lengths) const {
  check_input(x, lengths);
  return output(run(x, lengths));
}

/// Backpropagation through time: writes the gradients of all parameters and returns ∂C/∂a, shape
/// (T B, k H).
Tensor Recurrence::run_back(const Tensor& dy) {
  check_backward(cell_->name, dy.shape(), trace_.x.empty() ? Shape{} : batch_shape(trace_));
  const auto& [batch, steps, x, gates, h, c, lengths] = trace_;
  const Tensor from_above = options_.sequence ? steps_first(dy) : Tensor{};
  Tensor dh = options_.sequence ? Tensor{Shape{batch, outputs()}} : dy;
  Tensor dc = cell_->keeps ? Tensor{dh.shape()} : Tensor{};
  Tensor da = Tensor::uninitialized(gates.shape());
  Tensor own_du = cell_->has_bias_hidden ? Tensor::uninitialized(gates.shape()) : Tensor{};
  const Tensor& du = cell_->has_bias_hidden ? own_du : da;
  // [steps_back]
  for (std::size_t t = steps; t-- > 0;) {
    const std::size_t first = t * batch;
    if (options_.sequence) add_outputs(dh, from_above, t, trace_);
    step_back(t, dh, dc, da, own_du);
    if (t == 0) break;  // the gradient of the zeros is not needed
    add(dh.values(), matmul(rows_of(du, first, batch), transposed(weight_hidden_.value)).data());
  }
  weight_input_.gradient = matmul(transposed(x), da);
  weight_hidden_.gradient = matmul(transposed(rows_of(h, 0, x.rows())), du);
  bias_.gradient = sum_rows(da);
  if (cell_->has_bias_hidden) bias_hidden_.gradient = sum_rows(du);
  // [/steps_back]
  return da;
}

/// The backward pass through the gates of one step.
void Recurrence::step_back(std::size_t t, Tensor& dh, Tensor& dc, Tensor& da, Tensor& du) const {
  const auto& [batch, steps, x, gates, h, c, lengths] = trace_;
  for_samples(batch, outputs(), [&](std::size_t n) {
    const std::size_t before = t * batch + n;
    if (t >= length_of(lengths, n, steps)) {
      clear_row(da, before);
      clear_row(du, before);
      return;
    }
    cell_->backward(outputs(), row_at(gates, before), row_at(h, before), row_at(c, before),
                    row_at(c, before + batch), row_at(dh, n), row_at(dc, n), row_at(da, before),
                    row_at(du, before));
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
