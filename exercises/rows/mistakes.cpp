// Answers at every row with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <vector>

import exercises.mistakes;
import exercises.rows;

using exercises::row_by_row;
using exercises::times;
using nn::Dense;
using nn::GRU;
using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

using Repeat = Labels(const Labels& labels, std::size_t rows);
Labels right_labels(const Labels& labels, std::size_t rows) {
  Labels all;
  for (std::size_t n = 0; n < labels.size(); ++n) {
    for (std::size_t t = 0; t < rows; ++t) all.push_back(labels[n]);
  }
  return all;
}
Labels nothing(const Labels& /*labels*/, std::size_t /*rows*/) { return {}; }
Labels mixed_labels(const Labels& labels, std::size_t rows) {
  Labels all;
  for (std::size_t t = 0; t < rows; ++t) {
    for (std::size_t n = 0; n < labels.size(); ++n) all.push_back(labels[n]);
  }
  return all;
}
Labels once(const Labels& labels, std::size_t /*rows*/) { return labels; }
Labels first_label(const Labels& labels, std::size_t rows) {
  return right_labels(Labels(std::vector<std::size_t>(labels.size(), labels[0])), rows);
}
Labels too_often(const Labels& labels, std::size_t rows) { return right_labels(labels, rows + 1); }
Labels numbers(const Labels& labels, std::size_t rows) {
  Labels places;
  for (std::size_t n = 0; n < labels.size(); ++n) places.push_back(n);
  return right_labels(places, rows);
}
Labels always_two(const Labels& labels, std::size_t /*rows*/) { return right_labels(labels, 2); }

using Logits = Tensor(GRU& gru, Dense& dense, const Tensor& x);
Tensor right_logits(GRU& gru, Dense& dense, const Tensor& x) {
  const Tensor states = gru.forward(x);
  return dense.forward(states.reshaped(Shape{x.shape()[0] * x.shape()[1], gru.outputs()}));
}
Tensor not_reshaped(GRU& gru, Dense& dense, const Tensor& x) {
  return dense.forward(gru.forward(x));
}
/// Every so-manieth row of the right ones.
Tensor some_rows(const Tensor& all, std::size_t first, std::size_t step) {
  Tensor result{Shape{all.rows() / step, all.columns()}};
  for (std::size_t n = 0; n < result.rows(); ++n) {
    for (std::size_t j = 0; j < all.columns(); ++j) result(n, j) = all(first + n * step, j);
  }
  return result;
}
Tensor last_rows(GRU& gru, Dense& dense, const Tensor& x) {
  return some_rows(right_logits(gru, dense, x), x.shape()[1] - 1, x.shape()[1]);
}
Tensor first_rows(GRU& gru, Dense& dense, const Tensor& x) {
  return some_rows(right_logits(gru, dense, x), 0, x.shape()[1]);
}
Tensor states_only(GRU& gru, Dense& /*dense*/, const Tensor& x) {
  return gru.forward(x).reshaped(Shape{x.shape()[0] * x.shape()[1], gru.outputs()});
}
Tensor three_axes(GRU& gru, Dense& dense, const Tensor& x) {
  return right_logits(gru, dense, x).reshaped(Shape{x.shape()[0], x.shape()[1], dense.outputs()});
}
Tensor mixed_logits(GRU& gru, Dense& dense, const Tensor& x) {
  return row_by_row(right_logits(gru, dense, x), x.shape()[0]);
}

using Back = Tensor(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows);
Tensor right_back(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  return gru.backward(
      dense.backward(dlogits).reshaped(Shape{dlogits.rows() / rows, rows, gru.outputs()}));
}
Tensor not_reshaped_back(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t /*rows*/) {
  return gru.backward(dense.backward(dlogits));
}
Tensor mixed_back(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  const Tensor d = row_by_row(dense.backward(dlogits), dlogits.rows() / rows);
  return gru.backward(d.reshaped(Shape{dlogits.rows() / rows, rows, gru.outputs()}));
}
Tensor without_dense(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  Dense copy = dense;
  return right_back(gru, copy, dlogits, rows);
}
Tensor divided(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  return right_back(gru, dense, times(1 / static_cast<real>(rows), dlogits), rows);
}
Tensor divided_late(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  return times(1 / static_cast<real>(rows), right_back(gru, dense, dlogits, rows));
}
Tensor without_gru(GRU& /*gru*/, Dense& dense, const Tensor& dlogits, std::size_t /*rows*/) {
  return dense.backward(dlogits);
}
Tensor flat(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  return right_back(gru, dense, dlogits, rows).reshaped(Shape{dlogits.rows(), gru.inputs()});
}

std::vector<exercises::Step> steps(Repeat* repeat, Logits* logits, Back* back) {
  return exercises::rows({repeat, logits, back});
}

exercises::Tried labels(const char* words, Repeat* repeat) {
  return {words, steps(repeat, right_logits, right_back)};
}
exercises::Tried forward(const char* words, Logits* logits) {
  return {words, steps(right_labels, logits, right_back)};
}
exercises::Tried backward(const char* words, Back* back) {
  return {words, steps(right_labels, right_logits, back)};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps(right_labels, right_logits, right_back),
      {labels("The list is empty", nothing),
       labels("The labels come row by row", mixed_labels),
       labels("Each label appears once: repeat it", once),
       labels("All are the first label", first_label),
       labels("Each label appears once too often", too_often),
       labels("The number of the image", numbers),
       labels("There are 4 targets, expected 56", always_two),
       forward("The shape must be (B T, M)", not_reshaped),
       forward("Only the last row of each image has logits", last_rows),
       forward("Only the first row of each image has logits", first_rows),
       forward("Those are the states", states_only),
       forward("The shape must be (B T, M)", three_axes),
       forward("The logits come row by row", mixed_logits),
       backward("backward threw an exception", not_reshaped_back),
       backward("The rows of the images are mixed up", mixed_back),
       backward("does backward call the dense layer's?", without_dense),
       backward("It is divided by the number of rows", divided),
       backward("∂C/∂X is divided by the number of rows", divided_late),
       backward("Only the dense layer was passed", without_gru),
       backward("The shape must be (B, T, D)", flat)});
}
