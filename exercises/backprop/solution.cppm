/// @file
/// @brief Exercise 4: backpropagation through a row of layers.
module;

#include <cstddef>
#include <utility>
#include <vector>

export module mine.backprop;

import exercises.todo;
export import nn.any_layer;

export namespace mine {

using namespace nn;

/// A network: layers in a row, each of which takes the output of the one before.
///
/// An AnyLayer is a layer of any kind. It has `predict(x)`, `forward(x)` and `backward(dy)` as in
/// nn.layer, which take and return a Signal: a tensor, or images in another memory layout.
/// `Signal{x}` makes one from a tensor, and `std::move(signal).tensor()` takes the tensor out of
/// it.
class Network {
 public:
  explicit Network(std::vector<AnyLayer> layers) : layers_{std::move(layers)} {}

  /// The output in inference: each layer's predict().
  /// @param x The input of the first layer.
  /// @return The output of the last.
  Tensor predict(const Tensor& x) const {
    // [todo Network::predict]
    Signal y{x};
    for (const AnyLayer& layer : layers_) y = layer.predict(std::move(y));
    return std::move(y).tensor();
    // [/todo]
  }

  /// The output in training: each layer's forward(), which stores what backward() needs.
  Tensor forward(const Tensor& x) {
    // [todo Network::forward]
    Signal y{x};
    for (AnyLayer& layer : layers_) y = layer.forward(std::move(y));
    return std::move(y).tensor();
    // [/todo]
  }

  /// The chain rule: every layer turns the gradient with respect to its output into the one with
  /// respect to its input, and writes the gradients of its parameters.
  /// @param dy ∂C/∂Y, the gradient with respect to the output of the last layer.
  /// @return ∂C/∂X, with respect to the input of the first.
  Tensor backward(const Tensor& dy) {
    // [todo Network::backward]
    Signal d{dy};
    for (std::size_t i = layers_.size(); i-- > 0;) d = layers_[i].backward(std::move(d));
    return std::move(d).tensor();
    // [/todo]
  }

  /// The parameters of all layers, from the first layer to the last.
  std::vector<Parameter*> parameters() {
    // [todo Network::parameters]
    std::vector<Parameter*> all;
    for (AnyLayer& layer : layers_) {
      for (Parameter* parameter : layer.parameters()) all.push_back(parameter);
    }
    return all;
    // [/todo]
  }

 private:
  std::vector<AnyLayer> layers_;
};

}  // namespace mine
