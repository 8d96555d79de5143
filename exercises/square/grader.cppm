/// @file
/// @brief Grades the square as a layer.
module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

export module exercises.square;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.dense;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// f applied to every pair of values.
template <class Function>
Tensor combined(const Tensor& a, const Tensor& b, Function f) {
  Tensor result{a.shape()};
  for (std::size_t i = 0; i < a.size(); ++i) result.values()[i] = f(a.values()[i], b.values()[i]);
  return result;
}

template <class Function>
Tensor mapped(const Tensor& a, Function f) {
  return combined(a, a, [f](real x, real) { return f(x); });
}

Tensor squares(const Tensor& x) {
  return mapped(x, [](real v) { return v * v; });
}

/// ∂C/∂X = 2 X ∂C/∂Y, number by number.
Tensor gradient(const Tensor& x, const Tensor& dy) {
  return combined(x, dy, [](real v, real d) { return 2 * v * d; });
}

}  // namespace exercises

export namespace exercises {

/// The steps for a layer that needs no arguments.
template <class Square>
std::vector<Step> square() {
  static const Tensor x{{-2, 0.5, 3}, {0, -1, 1.5}};
  static const Tensor dy{{1, -1, 2}, {3, 0.5, -4}};
  static const Tensor y = squares(x);

  return {
      {"predict: two samples of three numbers",
       [] {
         expect("Y", Square{}.predict(x), y,
                {{"That is X.", x},
                 {"That is 2x, the derivative.", times(2, x)},
                 {"That is |x|.", mapped(x, [](real v) { return std::abs(v); })},
                 {"That is x |x|: the square of a negative number is positive.",
                  mapped(x, [](real v) { return v * std::abs(v); })},
                 {"That is x³.", mapped(x, [](real v) { return v * v * v; })},
                 {"That is 2ˣ, not x².", mapped(x, [](real v) { return std::exp2(v); })}});
       }},
      {"forward: the same samples",
       [] {
         expect("Y", Square{}.forward(x), y,
                {{"forward returns X, not its square.", x},
                 {"Y is empty: store a copy of X, or compute Y before you move X.", Tensor{}}});
       }},
      {"name, output_shape and parameters",
       [] {
         Square layer;
         require(!layer.name().empty(), "The name is empty: messages need one.");
         for (const Shape& sample : {Shape{3}, Shape{2, 4, 4}, Shape{}}) {
           require(
               layer.output_shape(sample) == sample,
               fmt::format("The output shape for a sample of shape {} is {}, but the output has "
                           "the shape of the input.",
                           to_string(sample), to_string(layer.output_shape(sample))));
         }
         require(layer.parameters().empty(),
                 "The list of parameters must be empty: there is nothing to learn.");
       }},
      {"backward: needs the X that forward stored",
       [] {
         Square layer;
         layer.forward(x);
         expect(
             "∂C/∂X", layer.backward(dy), gradient(x, dy),
             {{"∂C/∂X is empty: does forward store X?", Tensor{}},
              {"That is 2x, the derivative: multiply it by ∂C/∂Y.", times(2, x)},
              {"That is ∂C/∂Y: multiply it by 2x.", dy},
              {"That is 2 ∂C/∂Y: multiply it by x, too.", times(2, dy)},
              {"All values are half of the expected ones: the derivative of x² is 2x, and nothing "
               "is divided by the batch size.",
               times(0.5, gradient(x, dy))},
              {"∂C/∂Y is multiplied by 2y: forward must store its input, not its output.",
               gradient(y, dy)},
              {"∂C/∂Y is multiplied by y: the derivative of x² is 2x.",
               combined(y, dy, [](real v, real d) { return v * d; })},
              {"∂C/∂Y is multiplied by 2 |x|: the root of y does not know the sign of x.",
               gradient(mapped(x, [](real v) { return std::abs(v); }), dy)},
              {"∂C/∂Y is added to 2x: the chain rule multiplies.",
               combined(x, dy, [](real v, real d) { return 2 * v + d; })}});
       }},
      {"backward: a second batch",
       [] {
         const Tensor x2 = random_tensor(Shape{2, 3}, 1);
         const Tensor dy2 = random_tensor(Shape{2, 3}, 2);
         Square layer;
         layer.forward(x);
         layer.backward(dy);
         layer.forward(x2);
         Tensor both = gradient(x2, dy2);
         for (std::size_t i = 0; i < both.size(); ++i) {
           both.values()[i] += gradient(x, dy).values()[i];
         }
         expect("∂C/∂X of the second batch", layer.backward(dy2), gradient(x2, dy2),
                {{"It uses the X of the first batch: each forward must store its own.",
                  gradient(x, dy2)},
                 {"The gradient of the first batch is still in it: write the result instead of "
                  "adding to it.",
                  both}});
       }},
      {"both passes: a batch of one, and images",
       [] {
         for (const Shape& shape : {Shape{1, 5}, Shape{2, 3, 4, 4}}) {
           const Tensor inputs = random_tensor(shape, 3);
           const Tensor gradients = random_tensor(shape, 4);
           Square layer;
           expect("Y", layer.forward(inputs), squares(inputs));
           expect("∂C/∂X", layer.backward(gradients), gradient(inputs, gradients));
         }
       }},
      {"in a network: dense, ReLU, the square, dense", [] {
         nn::Sequential network{
             nn::Dense{random_tensor(Shape{3, 4}, 5), random_tensor(Shape{4}, 6)}, nn::ReLU{},
             Square{}, nn::Dense{random_tensor(Shape{4, 2}, 7), random_tensor(Shape{2}, 8)}};
         const double worst = nn::check_gradients(network, random_tensor(Shape{5, 3}, 9)).worst();
         require(
             worst < 0.01,
             fmt::format("nn::check_gradients finds a relative error of {:.2g}, expected less than "
                         "0.01. Compare backward with ∂C/∂X = 2 X ∂C/∂Y.",
                         worst));
       }}};
}

}  // namespace exercises
