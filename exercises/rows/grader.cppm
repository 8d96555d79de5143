/// @file
/// @brief Grades an answer at every row.
module;

#include <fmt/core.h>

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

export module exercises.rows;

export import exercises.grade;
export import nn.cost;
export import nn.dataset;
export import nn.dense;
export import nn.recurrent;
import nn.initializers;
import nn.random;

using nn::Labels;
using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Rows {
  std::function<Labels(const Labels&, std::size_t)> for_every_row;
  std::function<Tensor(nn::GRU&, nn::Dense&, const Tensor&)> logits;
  std::function<Tensor(nn::GRU&, nn::Dense&, const Tensor&, std::size_t)> backward;
};

/// Exchanges the first two axes of rows that belong to B images of T rows: image by image becomes
/// row by row.
/// @param rows Shape (B T, …).
/// @param images B.
Tensor row_by_row(const Tensor& rows, std::size_t images) {
  const std::size_t steps = rows.rows() / images;
  Tensor result{rows.shape()};
  for (std::size_t n = 0; n < images; ++n) {
    for (std::size_t t = 0; t < steps; ++t) {
      for (std::size_t j = 0; j < rows.columns(); ++j) {
        result.row(t * images + n)[j] = rows.row(n * steps + t)[j];
      }
    }
  }
  return result;
}

}  // namespace exercises

namespace exercises {

constexpr std::size_t images = 2;
constexpr std::size_t steps = 3;
constexpr std::size_t states = 4;
constexpr std::size_t classes = 5;

/// Both layers, with the same weights at every call.
struct Layers {
  nn::Random random{1};
  nn::GRU gru{2, states, nn::Glorot{random}, {.sequence = true}};
  nn::Dense dense{states, classes, nn::Glorot{random}};
};

Tensor right_logits(Layers& layers, const Tensor& x) {
  return layers.dense.forward(
      layers.gru.forward(x).reshaped(Shape{x.shape()[0] * x.shape()[1], states}));
}

Tensor right_back(Layers& layers, const Tensor& dlogits, std::size_t rows) {
  return layers.gru.backward(
      layers.dense.backward(dlogits).reshaped(Shape{dlogits.rows() / rows, rows, states}));
}

Tensor numbers_of(const Labels& labels) {
  if (labels.size() == 0) return {};
  Tensor row{Shape{labels.size()}};
  for (std::size_t i = 0; i < labels.size(); ++i) row(i) = static_cast<real>(labels[i]);
  return row;
}

/// Runs a pass of the reader's. A layer that gets a wrong shape throws, so the message explains it.
template <class Pass>
Tensor passed(const std::string& name, const Pass& pass) {
  try {
    return pass();
  } catch (const std::invalid_argument& error) {
    const std::string words = error.what();
    throw Wrong{fmt::format(
        "{} threw an exception: {}\n{}", name, words,
        words.find("before forward()") != std::string::npos
            ? "`logits` must call `forward`: `predict` keeps nothing for `backward`."
            : "A dense layer takes (B T, H), a GRU (B, T, D) forward and (B, T, H) back: "
              "`reshaped` turns one into the other.")};
  }
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> rows(const Rows& mine) {
  static const Tensor x = random_tensor(Shape{images, steps, 2}, 1);
  static const Tensor dlogits = random_tensor(Shape{images * steps, classes}, 2);
  return {
      {"for_every_row: three images of two rows",
       [mine] {
         const Labels got = mine.for_every_row(Labels{7, 0, 4}, 2);
         expect("the targets", numbers_of(got), Tensor{7, 7, 0, 0, 4, 4},
                {{"The list is empty.", Tensor{}},
                 {"The labels come row by row, but must come image by image: all of the first "
                  "image, then all of the second.",
                  Tensor{7, 0, 4, 7, 0, 4}},
                 {"Each label appears once: repeat it for each row.", Tensor{7, 0, 4}},
                 {"All are the first label.", Tensor{7, 7, 7, 7, 7, 7}},
                 {"Each label appears once too often.", Tensor{7, 7, 7, 0, 0, 0, 4, 4, 4}},
                 {"The number of the image is in place of its label.", Tensor{0, 0, 1, 1, 2, 2}}});
       }},
      {"for_every_row: two images of 28 rows",
       [mine] {
         const Labels got = mine.for_every_row(Labels{3, 1}, 28);
         require(got.size() == 56,
                 fmt::format("There are {} targets, expected 56 = 2 · 28.", got.size()));
         require(got[0] == 3 && got[27] == 3 && got[28] == 1 && got[55] == 1,
                 "The first 28 targets are those of the first image, the next 28 those of the "
                 "second.");
       }},
      {"logits: two images of three rows, four states, five classes",
       [mine] {
         Layers layers;
         Layers reference;
         const Tensor want = right_logits(reference, x);
         const Tensor got =
             passed("logits", [&] { return mine.logits(layers.gru, layers.dense, x); });
         const Tensor all = reference.gru.predict(x);
         Tensor last{Shape{images, classes}};
         Tensor first{Shape{images, classes}};
         for (std::size_t n = 0; n < images; ++n) {
           for (std::size_t j = 0; j < classes; ++j) {
             last(n, j) = want(n * steps + steps - 1, j);
             first(n, j) = want(n * steps, j);
           }
         }
         expect("the logits", got, want,
                {{"Only the last row of each image has logits: all of them must.", last},
                 {"Only the first row of each image has logits: all of them must.", first},
                 {"Those are the states: the dense layer turns them into logits.",
                  all.reshaped(Shape{images * steps, states})},
                 {"The shape must be (B T, M): give the result of the dense layer back as it is.",
                  want.reshaped(Shape{images, steps, classes})},
                 {"The logits come row by row, but must come image by image.",
                  row_by_row(want, images)}});
       }},
      {"backward: the gradients of all parameters, and ∂C/∂X",
       [mine] {
         Layers layers;
         Layers reference;
         right_logits(reference, x);
         const Tensor want = right_back(reference, dlogits, steps);
         passed("logits", [&] { return mine.logits(layers.gru, layers.dense, x); });
         const Tensor got = passed(
             "backward", [&] { return mine.backward(layers.gru, layers.dense, dlogits, steps); });
         Layers other;
         right_logits(other, x);
         const Tensor mixed = right_back(other, row_by_row(dlogits, images), steps);
         for (std::size_t p = 0; p < 2; ++p) {
           expect("the gradient of the dense layer's `" + layers.dense.parameters()[p]->name + "`",
                  layers.dense.parameters()[p]->gradient, reference.dense.parameters()[p]->gradient,
                  {{"It is 0: does backward call the dense layer's?",
                    times(0, reference.dense.parameters()[p]->gradient)},
                   {"It is divided by the number of rows: the cost is a mean over all B T rows "
                    "already.",
                    times(real{1} / steps, reference.dense.parameters()[p]->gradient)}});
         }
         expect("∂C/∂X", got, want,
                {{"The rows of the images are mixed up: `reshaped` needs B first, then T.", mixed},
                 {"∂C/∂X is divided by the number of rows: the cost is a mean over all B T rows "
                  "already.",
                  times(real{1} / steps, want)},
                 {"Only the dense layer was passed: its result goes back through the GRU.",
                  reference.dense.backward(dlogits)},
                 {"The shape must be (B, T, D).", want.reshaped(Shape{images * steps, 2})}});
         const auto parameters = layers.gru.parameters();
         for (std::size_t p = 0; p < parameters.size(); ++p) {
           expect("the gradient of the GRU's `" + parameters[p]->name + "`",
                  parameters[p]->gradient, reference.gru.parameters()[p]->gradient);
         }
       }},
      {"all three: twenty steps of training with 28 rows", [mine] {
         nn::Random random{3};
         nn::GRU gru{4, 8, nn::Glorot{random}, {.sequence = true}};
         nn::Dense dense{8, 3, nn::Glorot{random}};
         const Tensor inputs = random_tensor(Shape{6, 28, 4}, 4);
         const Labels targets = mine.for_every_row(Labels{0, 1, 2, 0, 1, 2}, 28);
         double first = 0;
         double cost = 0;
         for (int step = 0; step < 20; ++step) {
           const Tensor z = mine.logits(gru, dense, inputs);
           cost = nn::SoftmaxCrossEntropy::value(z, targets);
           if (step == 0) first = cost;
           mine.backward(gru, dense, nn::SoftmaxCrossEntropy::gradient(z, targets), 28);
           for (auto* const p : gru.parameters()) {
             for (std::size_t i = 0; i < p->value.size(); ++i) {
               p->value.values()[i] -= p->gradient.values()[i];
             }
           }
           for (auto* const p : dense.parameters()) {
             for (std::size_t i = 0; i < p->value.size(); ++i) {
               p->value.values()[i] -= p->gradient.values()[i];
             }
           }
         }
         require(cost < 0.9 * first,
                 fmt::format("The cost goes from {:.3f} to {:.3f} only.", first, cost));
       }}};
}

}  // namespace exercises
