/// @file
/// @brief Grades the sizes of messages on their way back.
module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

export module exercises.sizes;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.dense;
import nn.initializers;
import nn.random;

using nn::real;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Sizes {
  std::function<double(const Tensor&)> size_of;
  std::function<std::vector<double>(const std::vector<Sequential>&, const Tensor&, const Tensor&)>
      sizes_back;
};

}  // namespace exercises

namespace exercises {

double right_size(const Tensor& tensor) {
  double squares = 0;
  for (const double x : tensor.values()) squares += x * x;
  return std::sqrt(squares / static_cast<double>(tensor.size()));
}

Tensor in_a_row(const std::vector<double>& numbers) {
  Tensor row{Shape{numbers.size()}};
  for (std::size_t i = 0; i < numbers.size(); ++i) row(i) = static_cast<real>(numbers[i]);
  return row;
}

/// The sizes of a message on its way back, if each layer got the right input.
std::vector<double> right_sizes(std::vector<Sequential> layers, Tensor x, Tensor dy) {
  for (Sequential& layer : layers) x = layer.forward(x);
  std::vector<double> sizes{right_size(dy)};
  for (std::size_t i = layers.size(); i-- > 0;) {
    dy = layers[i].backward(dy);
    sizes.push_back(right_size(dy));
  }
  return sizes;
}

/// The sizes of the numbers on their way forward.
std::vector<double> forward_sizes(std::vector<Sequential> layers, Tensor x) {
  std::vector<double> sizes{right_size(x)};
  for (Sequential& layer : layers) {
    x = layer.forward(x);
    sizes.push_back(right_size(x));
  }
  return sizes;
}

/// What comes out if every layer gets the message, or the input, of the whole row.
std::vector<double> not_passed_on(std::vector<Sequential> layers, Tensor x, const Tensor& dy,
                                  bool passes_input) {
  Tensor message = dy;
  for (Sequential& layer : layers) {
    const Tensor y = layer.forward(x);
    if (passes_input) x = y;
  }
  std::vector<double> sizes{right_size(dy)};
  for (std::size_t i = layers.size(); i-- > 0;) {
    const Tensor dx = layers[i].backward(message);
    if (!passes_input) message = dx;
    sizes.push_back(right_size(dx));
  }
  return sizes;
}

/// The message goes from the first layer to the last.
std::vector<double> in_wrong_order(std::vector<Sequential> layers, Tensor x, Tensor dy) {
  for (Sequential& layer : layers) x = layer.forward(x);
  std::vector<double> sizes{right_size(dy)};
  for (Sequential& layer : layers) {
    dy = layer.backward(dy);
    sizes.push_back(right_size(dy));
  }
  return sizes;
}

/// Layers of four neurons with ReLU.
std::vector<Sequential> small_layers() {
  std::vector<Sequential> layers;
  for (std::size_t i = 0; i < 3; ++i) {
    layers.emplace_back(nn::Dense{random_tensor(Shape{4, 4}, 2 * i), random_tensor(Shape{4}, 9)},
                        nn::ReLU{});
  }
  return layers;
}

/// The ten layers of section 7.2 with He's initializer.
std::vector<Sequential> ten_layers(nn::Random& random) {
  std::vector<Sequential> layers;
  for (int i = 0; i < 10; ++i) {
    layers.emplace_back(nn::Dense{100, 100, nn::He{random}}, nn::ReLU{});
  }
  return layers;
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> sizes(const Sizes& mine) {
  static const Tensor x = random_tensor(Shape{5, 4}, 10);
  static const Tensor dy = random_tensor(Shape{5, 4}, 11);
  return {
      {"size_of: 3, −4, 0 and 5",
       [mine] {
         expect("the size", mine.size_of(Tensor{3, -4, 0, 5}), std::sqrt(12.5),
                {{"That is the mean of the squares: take its root.", number(12.5)},
                 {"That is the sum of the squares.", number(50)},
                 {"That is the root of the sum of the squares: divide by the number of values.",
                  number(std::sqrt(50.0))},
                 {"That is the mean, in which signs cancel.", number(1)},
                 {"That is the mean of the absolute values: square them instead.", number(3)},
                 {"That is the standard deviation: do not subtract the mean.",
                  number(std::sqrt(11.5))},
                 {"It is divided by the number of values after the root: divide the sum of the "
                  "squares.",
                  number(std::sqrt(50.0) / 4)},
                 {"That is the largest value.", number(5)}});
       }},
      {"size_of: a matrix of two samples",
       [mine] {
         expect("the size", mine.size_of(Tensor{{1, 2}, {3, 4}}), std::sqrt(7.5),
                {{"Only the first row counts: `values()` has all numbers of the tensor.",
                  number(std::sqrt(2.5))},
                 {"It is divided by the number of rows: divide by `tensor.size()`.",
                  number(std::sqrt(15.0))}});
       }},
      {"sizes_back: one layer",
       [mine] {
         const std::vector<Sequential> layer{small_layers()[0]};
         const std::vector<double> got = [&] {
           try {
             return mine.sizes_back(layer, x, dy);
           } catch (const std::invalid_argument& error) {
             throw Wrong{
                 fmt::format("backward threw an exception: {}\nDid the layers see the batch "
                             "with forward? predict stores nothing.",
                             error.what())};
           }
         }();
         const std::vector<double> want = right_sizes(layer, x, dy);
         require(!got.empty(), "The list is empty, expected 2 sizes.");
         expect("the list of sizes", in_a_row(got), in_a_row(want),
                {{"Those are the sizes of the numbers on their way forward.",
                  in_a_row(forward_sizes(layer, x))},
                 {"The size of dy itself is missing at the beginning.", in_a_row({want[1]})},
                 {"The last size is missing, that of ∂C/∂X of the first layer.",
                  in_a_row({want[0]})}});
       }},
      {"sizes_back: three layers",
       [mine] {
         const std::vector<Sequential> layers = small_layers();
         const std::vector<double> want = right_sizes(layers, x, dy);
         std::vector<double> reversed = want;
         std::ranges::reverse(reversed);
         expect(
             "the list of sizes", in_a_row(mine.sizes_back(layers, x, dy)), in_a_row(want),
             {{"The list is the right one, but reversed: it begins with the size of dy.",
               in_a_row(reversed)},
              {"Those are the sizes of the numbers on their way forward.",
               in_a_row(forward_sizes(layers, x))},
              {"Every layer gets dy itself: it needs what backward of the layer after it returned.",
               in_a_row(not_passed_on(layers, x, dy, true))},
              {"Every layer gets x itself: its input is the output of the layer before it.",
               in_a_row(not_passed_on(layers, x, dy, false))},
              {"The message goes from the first layer to the last: begin with the last.",
               in_a_row(in_wrong_order(layers, x, dy))}});
       }},
      {"sizes_back: the ten layers of section 7.2", [mine] {
         nn::Random random{1};
         const std::vector<Sequential> layers = ten_layers(random);
         Tensor input{Shape{200, 100}};
         Tensor message{Shape{200, 100}};
         for (real& value : input.values()) value = static_cast<real>(random.normal());
         for (real& value : message.values()) value = static_cast<real>(random.normal());
         expect("the list of sizes", in_a_row(mine.sizes_back(layers, input, message)),
                in_a_row(right_sizes(layers, input, message)), {}, 1e-3);
       }}};
}

}  // namespace exercises
