/// @file
/// @brief What the GRU of chapter 14 would answer after each row of a digit.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

export module reading;

import lecture;
import nn;
import nn.text;

using nn::real;
using nn::Shape;
using nn::Tensor;

// [read_rows]
/// The ten probabilities after each row, as if the image ended there: shape (28 N, 10). Copies the
/// trained weights into a GRU whose output is every state.
export Tensor read_rows(const nn::Sequential& network, const Tensor& images) {
  const std::vector<const nn::Parameter*> trained = network[1].parameters();
  nn::GRU gru{28, 128, {.sequence = true}};
  for (std::size_t p = 0; p < trained.size(); ++p) {
    gru.parameters()[p]->value = trained[p]->value;
  }
  const Tensor states = gru.predict(images.reshaped(Shape{images.rows(), 28, 28}));
  const Tensor logits = network[2].predict(states.reshaped(Shape{images.rows() * 28, 128}));
  return nn::Softmax{}.predict(logits);
}
// [/read_rows]

// [right_after]
/// Prints the accuracy of the guesses after these numbers of rows, in percent.
export void show_right_after(const nn::Sequential& network, const nn::Dataset& digits,
                             const std::vector<std::size_t>& rows) {
  const nn::Labels guesses = nn::Labels::from_rows(read_rows(network, digits.inputs));
  for (const std::size_t row : rows) {
    double right = 0;
    for (std::size_t n = 0; n < digits.size(); ++n) {
      if (guesses[28 * n + row - 1] == digits.targets.labels()[n]) ++right;
    }
    const auto all = static_cast<double>(digits.size());
    fmt::print("  after {:2} rows: {:5.1f} % right\n", row, 100 * right / all);
  }
  fmt::print("\n");
}
// [/right_after]

// [show_image]
/// Draws one image, two rows to a line, each line with the most likely digit so far and its
/// probability. Keeps pixels and probabilities for the figure.
export void show_image(const nn::Sequential& network, const Tensor& images, std::size_t index) {
  const Tensor image{Shape{28, 28}, images.row(index)};
  const Tensor p = read_rows(network, images.rows(index, 1));
  for (std::size_t row = 1; row < 28; row += 2) {
    const std::span<const real> guess = p.row(row);
    const auto best = std::ranges::max_element(guess);
    fmt::print("  {}  row {:2}:  {} {:.2f}\n",
               nn::half_blocks<real>(image.row(row - 1), image.row(row)), row + 1,
               best - guess.begin(), *best);
  }
  std::vector<lecture::Curve> columns;
  for (std::size_t c = 0; c < 38; ++c) {
    const bool is_pixel = c < 28;
    columns.push_back({.name = is_pixel ? fmt::format("x{}", c) : fmt::format("p{}", c - 28),
                       .values = std::vector<double>(28)});
    for (std::size_t row = 0; row < 28; ++row) {
      columns[c].values[row] = is_pixel ? 255 * image(row, c) : p(row, c - 28);
    }
  }
  lecture::keep("14_rows.csv", "row", 1, columns);
}
// [/show_image]
