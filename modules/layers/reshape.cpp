module;

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

module nn.reshape;

namespace nn {

Reshape::Reshape(const Shape& sample) : sample_{sample} {
  if (sample.rank() == 0 || sample.rank() == Shape::max_rank) {
    throw std::invalid_argument(
        fmt::format("nn::Reshape: sample has shape {}, expected 1 to 3 axes", to_string(sample)));
  }
}

std::string Reshape::name() const { return fmt::format("Reshape to {}", to_string(sample_)); }

Shape Reshape::output_shape(const Shape& sample) const {
  if (sample.rank() != 0 && sample.size() != sample_.size()) {
    throw std::invalid_argument(fmt::format("expects {} values", sample_.size()));
  }
  return sample_;
}

Tensor Reshape::forward(Tensor x) {
  const Shape input = x.shape();
  Tensor y = predict(std::move(x));
  input_ = input;
  return y;
}

Tensor Reshape::predict(Tensor x) const {
  if (x.columns() != sample_.size()) {
    throw std::invalid_argument(fmt::format("nn::Reshape: samples have {} values, expected {}",
                                            x.columns(), sample_.size()));
  }
  const Shape shape = sample_.batch(x.rows());
  return std::move(x).reshaped(shape);
}

namespace {

/// The gradient in the shape of the input: the backward pass of both layers.
Tensor shaped_back(std::string_view layer, Tensor dy, const Shape& input) {
  if (input.rank() == 0) {
    throw std::invalid_argument(
        fmt::format("nn::{}: backward() was called before forward()", layer));
  }
  if (dy.size() != input.size()) {
    throw std::invalid_argument(fmt::format(
        "nn::{}: gradient has shape {}, expected as many values as the last input, of shape {}",
        layer, to_string(dy.shape()), to_string(input)));
  }
  return std::move(dy).reshaped(input);
}

}  // namespace

Tensor Reshape::backward(Tensor dy) const { return shaped_back("Reshape", std::move(dy), input_); }

Shape Flatten::output_shape(const Shape& sample) {
  return sample.rank() == 0 ? Shape{} : Shape{sample.size()};
}

Tensor Flatten::forward(Tensor x) {
  const Shape input = x.shape();
  Tensor y = predict(std::move(x));
  input_ = input;
  return y;
}

Tensor Flatten::predict(Tensor x) {
  if (x.empty()) throw std::invalid_argument("nn::Flatten: input is empty");
  const Shape flat{x.rows(), x.columns()};
  return std::move(x).reshaped(flat);
}

Tensor Flatten::backward(Tensor dy) const { return shaped_back("Flatten", std::move(dy), input_); }

}  // namespace nn
