// Networks with one mistake each, and what the grader must say about it.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

import exercises.backprop;
import exercises.mistakes;

using nn::AnyLayer;
using nn::Parameter;
using nn::Signal;
using nn::Tensor;

namespace {

using Layers = std::vector<AnyLayer>;

Tensor predict_through(const Layers& layers, const Tensor& x) {
  Signal y{x};
  for (const AnyLayer& layer : layers) y = layer.predict(std::move(y));
  return std::move(y).tensor();
}

/// The right network. Each class below spoils one pass.
class Right {
 public:
  explicit Right(Layers layers) : layers_{std::move(layers)} {}
  Tensor predict(const Tensor& x) const { return predict_through(layers_, x); }
  Tensor forward(const Tensor& x) {
    Signal y{x};
    for (AnyLayer& layer : layers_) y = layer.forward(std::move(y));
    return std::move(y).tensor();
  }
  Tensor backward(const Tensor& dy) { return backward_through(0, layers_.size(), dy); }
  std::vector<Parameter*> parameters() {
    std::vector<Parameter*> all;
    for (AnyLayer& layer : layers_) {
      for (Parameter* parameter : layer.parameters()) all.push_back(parameter);
    }
    return all;
  }

 protected:
  Tensor backward_through(std::size_t first, std::size_t last, const Tensor& dy) {
    Signal d{dy};
    for (std::size_t i = last; i-- > first;) d = layers_[i].backward(std::move(d));
    return std::move(d).tensor();
  }
  Layers layers_;
};

struct PredictsWithoutLast : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const {
    return predict_through({layers_.begin(), layers_.end() - 1}, x);
  }
};

struct PredictsWithoutFirst : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const {
    return predict_through({layers_.begin() + 1, layers_.end()}, x);
  }
};

struct PredictsBackwards : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const {
    return predict_through({layers_.rbegin(), layers_.rend()}, x);
  }
};

struct PredictsUnchained : Right {
  using Right::Right;
  Tensor predict(const Tensor& x) const { return predict_through({layers_.back()}, x); }
};

struct FirstToLast : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Signal d{dy};
    for (AnyLayer& layer : layers_) d = layer.backward(std::move(d));
    return std::move(d).tensor();
  }
};

struct WithoutFirst : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) { return backward_through(1, layers_.size(), dy); }
};

struct WithoutLast : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) { return backward_through(0, layers_.size() - 1, dy); }
};

struct Unchained : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    Tensor dx;
    for (std::size_t i = layers_.size(); i-- > 0;) dx = backward_through(i, i + 1, dy);
    return dx;
  }
};

struct ReturnsItsArgument : Right {
  using Right::Right;
  Tensor backward(const Tensor& dy) {
    backward_through(0, layers_.size(), dy);
    return dy;
  }
};

struct FirstLayerOnly : Right {
  using Right::Right;
  std::vector<Parameter*> parameters() { return layers_.front().parameters(); }
};

struct ReversedParameters : Right {
  using Right::Right;
  std::vector<Parameter*> parameters() {
    std::vector<Parameter*> all = Right::parameters();
    std::ranges::reverse(all);
    return all;
  }
};

template <class Network>
exercises::Tried tried(const char* words) {
  return {words, exercises::backprop<Network>()};
}

}  // namespace

int main() {
  return exercises::check_mistakes(
      exercises::backprop<Right>(),
      {tried<PredictsWithoutLast>("The last layer is left out"),
       tried<PredictsWithoutFirst>("The first layer is left out"),
       tried<PredictsBackwards>("from last to first"),
       tried<PredictsUnchained>("for the input of the first"),
       tried<FirstToLast>("from first to last"), tried<WithoutFirst>("The first layer is left out"),
       tried<WithoutLast>("The last layer is left out"),
       tried<Unchained>("what the layer after it returned"),
       tried<ReturnsItsArgument>("That is ∂C/∂Y."),
       tried<FirstLayerOnly>("There are 2 parameters, expected 4"),
       tried<ReversedParameters>("Parameter 0 is not the right one")});
}
