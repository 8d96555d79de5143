/// @file
/// @brief Exercise 7.4: the sizes of messages on their way back.
module;

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

export module mine.sizes;

import exercises.todo;
export import nn.backprop;

export namespace mine {

using namespace nn;

/// How large the numbers of a tensor are: the root of the mean of their squares.
double size_of(const Tensor& tensor) {
  // [todo size_of]
  double squares = 0;
  for (const double x : tensor.values()) squares += x * x;
  return std::sqrt(squares / static_cast<double>(tensor.size()));
  // [/todo]
}

/// Sends a batch forward through all layers, then a message back.
/// @param layers First to last. Each is a small network, such as a dense layer and ReLU.
/// @param x The input of the first layer.
/// @param dy The message ∂C/∂Y for the output of the last layer.
/// @return The size of dy, then of what the last layer's `backward` returns, and so on to the
///   first layer's: one number more than there are layers.
std::vector<double> sizes_back(std::vector<Sequential> layers, Tensor x, Tensor dy) {
  // [todo sizes_back]
  for (Sequential& layer : layers) x = layer.forward(std::move(x));
  std::vector<double> sizes{size_of(dy)};
  for (std::size_t i = layers.size(); i-- > 0;) {
    dy = layers[i].backward(std::move(dy));
    sizes.push_back(size_of(dy));
  }
  return sizes;
  // [/todo]
}

}  // namespace mine
