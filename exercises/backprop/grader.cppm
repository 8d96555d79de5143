/// @file
/// @brief Grades backpropagation.
module;

#include <fmt/core.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module exercises.backprop;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.dense;
export import nn.matmul;

using nn::AnyLayer;
using nn::Dense;
using nn::Shape;
using nn::Tensor;

namespace exercises {

// Two dense layers around a tanh. All are square, so that no wrong order gives a wrong shape.
Dense first() { return Dense{random_tensor(Shape{3, 3}, 1), random_tensor(Shape{3}, 2)}; }
Dense last() { return Dense{random_tensor(Shape{3, 3}, 3), random_tensor(Shape{3}, 4)}; }

std::vector<AnyLayer> layers() {
  return {AnyLayer{first()}, AnyLayer{nn::Tanh{}}, AnyLayer{last()}};
}

nn::Sequential right() { return nn::Sequential{first(), nn::Tanh{}, last()}; }

}  // namespace exercises

export namespace exercises {

/// The steps for a class that is made of layers, like nn::Sequential.
template <class Network>
std::vector<Step> backprop() {
  static const Tensor x = random_tensor(Shape{4, 3}, 5);
  static const Tensor dy = random_tensor(Shape{4, 3}, 6);

  return {
      {"predict",
       [] {
         const nn::Sequential network = right();
         std::vector<AnyLayer> all = layers();
         const Tensor first_output = all[0].predict(x);
         const Tensor without_last = all[1].predict(first_output);
         const Tensor without_first = all[2].predict(all[1].predict(x));
         const Tensor backwards = all[0].predict(all[1].predict(all[2].predict(x)));
         expect(
             "Y", Network{layers()}.predict(x), network.predict(x),
             {{"The last layer is left out.", without_last},
              {"The first layer is left out.", without_first},
              {"The layers are taken from last to first.", backwards},
              {"That is the output of the last layer for the input of the first: each layer takes "
               "the output of the one before.",
               all[2].predict(x)}});
       }},
      {"forward",
       [] {
         nn::Sequential network = right();
         expect("Y", Network{layers()}.forward(x), network.forward(x));
       }},
      {"backward: ∂C/∂X",
       [] {
         Network mine{layers()};
         mine.forward(x);
         nn::Sequential network = right();
         network.forward(x);
         std::vector<AnyLayer> all = layers();
         nn::Signal y{x};
         for (AnyLayer& layer : all) y = layer.forward(std::move(y));
         const auto back = [&](std::vector<std::size_t> order) {
           nn::Signal d{dy};
           for (const std::size_t i : order) d = all[i].backward(std::move(d));
           return std::move(d).tensor();
         };
         expect("∂C/∂X", mine.backward(dy), network.backward(dy),
                {{"The layers are taken from first to last: the gradient comes from the output.",
                  back({0, 1, 2})},
                 {"The first layer is left out.", back({2, 1})},
                 {"The last layer is left out.", back({1, 0})},
                 {"That is the first layer's gradient for ∂C/∂Y itself: each layer takes what the "
                  "layer after it returned.",
                  back({0})},
                 {"That is ∂C/∂Y.", dy}});
       }},
      {"parameters",
       [] {
         Network mine{layers()};
         const std::vector<nn::Parameter*> got = mine.parameters();
         nn::Sequential network = right();
         const std::vector<nn::Parameter*> want = network.parameters();
         require(got.size() == want.size(),
                 fmt::format("There are {} parameters, expected {}: two of each dense layer.",
                             got.size(), want.size()));
         for (std::size_t i = 0; i < want.size(); ++i) {
           require(got[i]->value == want[i]->value,
                   fmt::format("Parameter {} is not the right one: first those of the first layer, "
                               "then those of the next.",
                               i));
         }
       }},
      {"backward: the gradients of the parameters",
       [] {
         Network mine{layers()};
         mine.forward(x);
         mine.backward(dy);
         nn::Sequential network = right();
         network.forward(x);
         network.backward(dy);
         for (std::size_t i = 0; i < 4; ++i) {
           expect(fmt::format("the gradient of parameter {}", i), mine.parameters()[i]->gradient,
                  network.parameters()[i]->gradient);
         }
       }},
      {"predict changes nothing that backward needs", [] {
         Network mine{layers()};
         mine.forward(x);
         static_cast<void>(mine.predict(random_tensor(Shape{4, 3}, 7)));
         nn::Sequential network = right();
         network.forward(x);
         expect("∂C/∂X", mine.backward(dy), network.backward(dy));
       }}};
}

}  // namespace exercises
