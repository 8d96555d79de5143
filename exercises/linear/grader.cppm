/// @file
/// @brief Grades a layer without biases.
module;

#include <fmt/core.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

export module exercises.linear;

export import exercises.grade;
export import nn.layer;
export import nn.matmul;

using nn::Shape;
using nn::Tensor;

namespace exercises {

/// ∂C/∂W = Xᵀ ∂C/∂Y.
Tensor weight_gradient(const Tensor& x, const Tensor& dy) {
  return nn::matmul(nn::transposed(x), dy);
}

/// The sum of two tensors.
Tensor sum(Tensor a, const Tensor& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a.values()[i] += b.values()[i];
  return a;
}

/// A layer's backward pass. A layer without its input often throws, so the message mentions it.
template <class Layer>
Tensor backward(Layer& layer, const Tensor& dy) {
  try {
    return layer.backward(dy);
  } catch (const std::invalid_argument& error) {
    throw Wrong{fmt::format(
        "backward threw an exception: {}\nDoes forward store X, and does backward use it?",
        error.what())};
  }
}

}  // namespace exercises

export namespace exercises {

/// The steps for a layer that is made of its weights.
template <class Linear>
std::vector<Step> linear() {
  // The example of chapter 1: two samples of three inputs, two outputs.
  static const Tensor x{{2, -1, 0.5}, {0, 1, 1}};
  static const Tensor w{{0.5, -1}, {1, 0}, {-2, 4}};
  static const Tensor dy{{1, 0}, {0.5, -1}};
  static const Tensor y = nn::matmul(x, w);

  return {
      {"predict: the batch of section 1.3, without biases",
       [] {
         Tensor only_first = y;
         only_first.row(1)[0] = only_first.row(1)[1] = 0;
         expect("Y", Linear{w}.predict(x), y,
                {{"Only the first sample of the batch has an output.", only_first},
                 {"W is read as if it had a row for each output: its shape is (D, M).",
                  nn::matmul(x, nn::transposed(w.reshaped(Shape{2, 3})))}});
       }},
      {"forward: the same batch",
       [] {
         expect("Y", Linear{w}.forward(x), y,
                {{"forward returns X, not the output.", x},
                 {"Y is empty: compute it before you move X into the tensor for the input.",
                  Tensor{}}});
       }},
      {"name and output_shape",
       [] {
         const Linear layer{w};
         require(!layer.name().empty(), "The name is empty: messages need one.");
         const Shape got = layer.output_shape(Shape{3});
         const std::string values = fmt::format("{}, expected (2). ", to_string(got));
         require(got != Shape{3}, "The output shape for a sample of shape (3) is " + values +
                                      "That is the shape of the input: W has 2 columns.");
         require(got.rank() == 1,
                 "The output shape for a sample of shape (3) is " + values +
                     "Leave the batch out: the shape of one sample is a single number.");
         require(got == Shape{2}, "The output shape for a sample of shape (3) is " + values);
         require(layer.output_shape(Shape{}) == Shape{2},
                 "If the shape of the sample is unknown, `Shape{}`, the output shape must still be "
                 "(2): it depends on W alone.");
       }},
      {"parameters",
       [] {
         Linear layer{w};
         const auto parameters = layer.parameters();
         require(!parameters.empty(),
                 "The list is empty, so an optimizer would never change the weights.");
         require(parameters.size() == 1,
                 fmt::format("The list has {} parameters, expected 1: W.", parameters.size()));
         expect("the value of the parameter", parameters[0]->value, w);
         parameters[0]->value.fill(0);
         expect("Y after every weight was set to 0", layer.predict(x), times(0, y),
                {{"Y did not change: the list must have the address of the weights that predict "
                  "uses, not of a copy.",
                  y}});
       }},
      {"backward: ∂C/∂W of section 1.6",
       [] {
         Linear layer{w};
         layer.forward(x);
         backward(layer, dy);
         const Tensor want = weight_gradient(x, dy);
         const auto of_sample = [](std::size_t n) {
           return weight_gradient(x.rows(n, 1), dy.rows(n, 1));
         };
         expect(
             "∂C/∂W", layer.parameters()[0]->gradient, want,
             {{"∂C/∂W is 0: does forward store X, and does backward write to the gradient?",
               times(0, want)},
              {"It is divided by the batch size: the cost is already a mean, so dy has its 1/B.",
               times(0.5, want)},
              {"It is transposed: ∂C/∂W = Xᵀ ∂C/∂Y has a row for each input.", transpose_of(want)},
              {"Only the first sample counts: sum over the whole batch.", of_sample(0)},
              {"Only the last sample counts: add, instead of overwriting (=).", of_sample(1)},
              {"That is Yᵀ ∂C/∂Y: forward must store its input, not its output.",
               weight_gradient(y, dy)}});
         expect("W after backward", layer.parameters()[0]->value, w,
                {{"backward must not change the weights: an optimizer does that.",
                  sum(w, times(-1, want))}});
       }},
      {"backward: ∂C/∂X of section 1.6",
       [] {
         Linear layer{w};
         layer.forward(x);
         expect("∂C/∂X", backward(layer, dy), nn::matmul(dy, nn::transposed(w)),
                {{"That is ∂C/∂Y: multiply it by Wᵀ.", dy},
                 {"That is ∂C/∂W, which belongs in the gradient of the weights.",
                  weight_gradient(x, dy)},
                 {"∂C/∂X is divided by the batch size: dy has its 1/B already.",
                  times(0.5, nn::matmul(dy, nn::transposed(w)))},
                 {"That is ∂C/∂Y W with W misread as (M, D): ∂C/∂X = ∂C/∂Y Wᵀ.",
                  nn::matmul(dy, w.reshaped(Shape{2, 3}))}});
       }},
      {"backward: a second batch",
       [] {
         Linear layer{w};
         layer.forward(x);
         backward(layer, dy);
         const Tensor x2 = random_tensor(Shape{2, 3}, 4);
         const Tensor dy2 = random_tensor(Shape{2, 2}, 5);
         layer.forward(x2);
         backward(layer, dy2);
         const Tensor want = weight_gradient(x2, dy2);
         expect("∂C/∂W of the second batch", layer.parameters()[0]->gradient, want,
                {{"The gradient of the first batch is still in it: overwrite it.",
                  sum(want, weight_gradient(x, dy))},
                 {"It is the gradient of the first batch.", weight_gradient(x, dy)},
                 {"It uses the X of the first batch: each forward must store its own.",
                  weight_gradient(x, dy2)}});
       }},
      {"both passes: a batch of one, and 7 samples of 5 inputs", [] {
         for (const std::size_t batch : {std::size_t{1}, std::size_t{7}}) {
           const Tensor inputs = random_tensor(Shape{batch, 5}, 6);
           const Tensor weights = random_tensor(Shape{5, 4}, 7);
           const Tensor gradient = random_tensor(Shape{batch, 4}, 8);
           Linear layer{weights};
           expect("Y", layer.forward(inputs), nn::matmul(inputs, weights));
           expect("∂C/∂X", backward(layer, gradient),
                  nn::matmul(gradient, nn::transposed(weights)));
           expect("∂C/∂W", layer.parameters()[0]->gradient, weight_gradient(inputs, gradient));
           expect_gradients(Linear{weights}, inputs);
         }
       }}};
}

}  // namespace exercises
