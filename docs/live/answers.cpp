module;

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

module live.figures;

import nn.activation;
import nn.adam;
import nn.convolution;
import nn.cost;
import nn.dense;
import nn.metrics;
import nn.backprop;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;
using Numbers = std::vector<double>;

/// The numbers of tensors, one after the other.
Numbers all(const std::vector<Tensor>& tensors) {
  Numbers numbers;
  for (const Tensor& tensor : tensors) {
    for (const real x : tensor.values()) numbers.push_back(double{x});
  }
  return numbers;
}

double count(std::size_t number) { return static_cast<double>(number); }

Numbers parameters_of_dense() {
  const nn::Dense layer{784, 256};
  return {count(layer.weights().size() + layer.biases().size())};
}

Numbers dense_by_hand() {
  nn::Dense layer{Tensor{{0.5, -1}, {1, 0}, {-2, 4}}, Tensor{0.25, 1}};
  layer.forward(Tensor{{2, -1, 0.5}, {0, 1, 1}});
  return all({layer.backward(Tensor{{1, 0}, {0.5, -1}})});
}

Numbers softmax_by_hand() { return all({nn::Softmax{}.predict(Tensor{{0, std::log(real{3})}})}); }

Numbers untrained_cost() {
  return {nn::SoftmaxCrossEntropy::value(Tensor{Shape{1, 10}}, nn::Labels{0})};
}

Numbers squared_error_by_hand() {
  const Tensor bold{{0.75, 0.125, 0.125}, {0.125, 0.75, 0.125}};
  const nn::Labels labels{0, 2};
  Numbers numbers{nn::MeanSquaredError::value(bold, labels)};
  for (const double x : all({nn::MeanSquaredError::gradient(bold, labels)})) numbers.push_back(x);
  return numbers;
}

Numbers cost_of_uncertainty() {
  const Tensor target{{real(0.9), real(0.05), real(0.05)}};
  return {nn::CrossEntropy::value(target, target)};
}

Numbers backward_by_hand() {
  nn::Sequential network{nn::Dense{Tensor{{0.5, -1}, {1, 0.5}}, Tensor{0, 1.25}}, nn::ReLU{},
                         nn::Dense{Tensor{{2}, {-1}}, Tensor{-0.5}}};
  const Tensor output = network.forward(Tensor{{1, 0.5}});
  return all({network.backward(nn::MeanSquaredError::gradient(output, Tensor{{2}}))});
}

Numbers adam_by_hand() {
  nn::Parameter theta{"theta", Tensor{1}};
  nn::Adam adam{{.learning_rate = real(0.1)}};
  for (const double gradient : {0.5, -0.25, 0.0}) {
    theta.gradient = Tensor{static_cast<real>(gradient)};
    adam.step(std::vector<nn::Parameter*>{&theta});
  }
  return all({theta.value});
}

Numbers shape_of_convolution() {
  nn::Convolution layer{3, 16, {.kernel = 3, .padding = nn::Padding{1}}};
  const Shape shape = layer.output_shape(Shape{3, 32, 32});
  std::size_t parameters = 0;
  for (const nn::Parameter* const p : layer.parameters()) parameters += p->value.size();
  return {count(shape[0]), count(shape[1]), count(shape[2]), count(parameters)};
}

Numbers mean_by_hand() {
  Tensor corner{Shape{1, 1, 5, 6}};
  for (std::size_t i = 2; i < 5; ++i) {
    for (std::size_t j = 3; j < 6; ++j) corner(0, 0, i, j) = 9;  // so that the means are whole
  }
  const nn::Convolution mean{Tensor{Shape{1, 1, 3, 3}, real{1} / 9}, Tensor{real{0}}};
  const Tensor y = mean.predict(corner);
  Numbers last;
  for (std::size_t j = 0; j < 4; ++j) last.push_back(double{y(0, 0, 2, j)});
  return last;
}

Numbers convolution_by_hand() {
  const Tensor x = Tensor{1, 0, 2, 1, 0, 1, 0, 2, 2, 1, 1, 0, 1, 0, 2, 1};
  nn::Convolution layer{1, 1, {.kernel = 2, .stride = 2}};
  layer.parameters()[0]->value = Tensor{1, 2, 0, -1}.reshaped(Shape{1, 1, 2, 2});
  layer.forward(x.reshaped(Shape{1, 1, 4, 4}));
  layer.backward(Tensor{Shape{1, 1, 2, 2}, 1});
  return all({layer.parameters()[0]->gradient});
}

Numbers confusion_by_hand() {
  nn::ConfusionMatrix matrix{2};
  matrix.add(nn::Labels{0, 0, 0, 0, 0, 0, 1, 1, 0, 1}, nn::Labels{0, 0, 0, 0, 0, 0, 0, 0, 1, 1});
  return {matrix.f1(0), matrix.f1(1), matrix.macro_f1()};
}

struct Answer {
  std::string_view exercise;
  Numbers (*compute)();
};

constexpr std::array computed{
    Answer{"1.1", parameters_of_dense},   Answer{"1.3", dense_by_hand},
    Answer{"2.2", softmax_by_hand},       Answer{"3.1", untrained_cost},
    Answer{"3.2", squared_error_by_hand}, Answer{"3.4", cost_of_uncertainty},
    Answer{"4.2", backward_by_hand},      Answer{"5.3", adam_by_hand},
    Answer{"8.1", shape_of_convolution},  Answer{"8.2", mean_by_hand},
    Answer{"8.4", convolution_by_hand},   Answer{"9.2", confusion_by_hand}};

/// The right numbers of the exercises that are marked as computed in exercises/answers.toml, as the
/// library computes them. A page compares a reader's numbers with them.
class AnswersFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override { return {}; }

 protected:
  void update() override {
    for (const auto& [exercise, compute] : computed) {
      show(std::string{exercise}, std::span<const double>{compute()});
    }
  }
};

}  // namespace

std::unique_ptr<Figure> answers() { return std::make_unique<AnswersFigure>(); }

}  // namespace live
