/// @file
/// @brief Exercise 14.5: an answer at every row.
module;

#include <cstddef>

export module mine.rows;

import exercises.todo;
export import nn.dataset;
export import nn.dense;
export import nn.recurrent;

export namespace mine {

using namespace nn;

/// The targets of all rows: each label, once for each row of its image.
/// @param labels B of them. `labels[n]` is a class; `push_back` adds one at the end.
/// @param rows T, the rows of an image.
/// @return B T labels, image by image.
Labels for_every_row(const Labels& labels, std::size_t rows) {
  Labels all;
  // [todo for_every_row]
  for (std::size_t n = 0; n < labels.size(); ++n) {
    for (std::size_t t = 0; t < rows; ++t) all.push_back(labels[n]);
  }
  // [/todo]
  return all;
}

/// The logits after every row, in training.
/// @param gru Made with `{.sequence = true}`, so its output has every state, shape (B, T, H).
/// @param dense Turns a state of H numbers into M logits.
/// @param x Images, shape (B, T, D).
/// @return Shape (B T, M), image by image.
Tensor logits(GRU& gru, Dense& dense, const Tensor& x) {
  // [todo logits]
  const Tensor states = gru.forward(x);
  return dense.forward(
      states.reshaped(Shape{states.shape()[0] * states.shape()[1], gru.outputs()}));
  // [/todo]
}

/// The backward pass of both layers, which writes the gradients of their parameters.
/// @param dlogits The gradient of the cost with respect to the logits, shape (B T, M).
/// @param rows T.
/// @return ∂C/∂X, shape (B, T, D).
Tensor backward(GRU& gru, Dense& dense, const Tensor& dlogits, std::size_t rows) {
  // [todo backward]
  const Tensor dstates = dense.backward(dlogits);
  return gru.backward(dstates.reshaped(Shape{dlogits.rows() / rows, rows, gru.outputs()}));
  // [/todo]
}

}  // namespace mine
