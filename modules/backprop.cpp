module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/reverse.hpp>
#include <range/v3/view/transform.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

module nn.backprop;

namespace nn {

namespace {

/// 269,322
std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, ",");
  return text;
}

}  // namespace

Sequential& Sequential::operator=(const Sequential& other) {
  // Written over in place, a network inside this one would be gone while it is copied.
  if (size() != other.size() || contains(other)) return *this = Sequential{other};
  for (std::size_t i = 0; i < size(); ++i) layers_[i] = other.layers_[i];
  parameter_counts_ = other.parameter_counts_;
  output_ = other.output_;
  moved_from_ = other.moved_from_;
  return *this;
}

bool Sequential::contains(const Sequential& other) const {
  return std::ranges::any_of(layers_, [&](const detail::AnyLayer& layer) {
    if (layer->type() != typeid(Sequential)) return false;
    const auto* const inner = static_cast<const Sequential*>(layer->address());
    return inner == &other || inner->contains(other);
  });
}

void Sequential::append(detail::AnyLayer layer) {
  std::size_t count = 0;
  for (const Parameter* parameter : layer->parameters()) count += parameter->value.size();
  layers_.push_back(std::move(layer));
  try {
    output_ = next_shape(size() - 1, output_);
  } catch (...) {
    layers_.pop_back();  // a refused layer leaves the network as it was
    throw;
  }
  parameter_counts_.push_back(count);
  moved_from_ = false;
}

/// What layer `index` makes of a sample, or an error that names both sides of the joint.
Shape Sequential::next_shape(std::size_t index, const Shape& sample) const {
  try {
    return layers_[index]->output_shape(sample);
  } catch (const std::invalid_argument& error) {
    constexpr std::string_view own = "nn::Sequential: ";
    const std::string_view text = error.what();
    if (text.starts_with(own)) {  // a network inside this one, and it has named the joint
      throw std::invalid_argument(fmt::format("nn::Sequential: layer {} ({}): its {}", index + 1,
                                              layers_[index]->name(), text.substr(own.size())));
    }
    const std::string given = sample.rank() == 1 ? fmt::format("{}", sample[0]) : to_string(sample);
    const std::string giver = index == 0 ? "the input has" : fmt::format("layer {} gives", index);
    throw std::invalid_argument(fmt::format("nn::Sequential: layer {} ({}) {}, {} {}", index + 1,
                                            layers_[index]->name(), text, giver, given));
  }
}

Shape Sequential::output_shape(const Shape& sample) const {
  Shape shape = sample;
  for (std::size_t i = 0; i < size(); ++i) shape = next_shape(i, shape);
  return shape;
}

const void* Sequential::address_if(std::size_t index, const std::type_info& type) const {
  if (index >= size()) {
    throw std::invalid_argument(
        fmt::format("nn::Sequential: layer index {}, the network has {} layers", index, size()));
  }
  return layers_[index]->type() == type ? layers_[index]->address() : nullptr;
}

const void* Sequential::address(std::size_t index, const std::type_info& type) const {
  const void* const layer = address_if(index, type);
  if (layer == nullptr) {
    throw std::invalid_argument(
        fmt::format("nn::Sequential: layer {} is {}, another type was asked for", index + 1,
                    layers_[index]->name()));
  }
  return layer;
}

std::vector<std::string> Sequential::layer_names() const {
  return layers_ | ranges::views::transform([](const auto& layer) { return layer->name(); }) |
         ranges::to<std::vector>();
}

std::string Sequential::name() const {
  return fmt::format("Sequential of {} {}", size(), size() == 1 ? "layer" : "layers");
}

void Sequential::check(const Tensor& x) const {
  if (moved_from_) {
    throw std::invalid_argument("nn::Sequential: has no layers, it was moved from");
  }
  if (x.empty()) throw std::invalid_argument("nn::Sequential: input is empty");
  static_cast<void>(output_shape(x.shape().sample()));
}

// [forward]
Tensor Sequential::forward(Tensor x) {
  check(x);
  Signal signal{std::move(x)};
  for (auto& layer : layers_) signal = layer->forward(std::move(signal));
  return std::move(signal).tensor();
}
// [/forward]

// [backward]
Tensor Sequential::backward(Tensor dy) {
  Signal signal{std::move(dy)};
  for (auto& layer : layers_ | ranges::views::reverse) signal = layer->backward(std::move(signal));
  return std::move(signal).tensor();
}
// [/backward]

void Sequential::backward_parameters(Tensor dy) {
  const auto learns = std::ranges::find_if(parameter_counts_, [](auto count) { return count > 0; });
  const auto first = static_cast<std::size_t>(learns - parameter_counts_.begin());
  Signal signal{std::move(dy)};
  for (std::size_t i = size(); i-- > first + 1;) signal = layers_[i]->backward(std::move(signal));
  if (first < size()) layers_[first]->backward_parameters(std::move(signal));
}

Tensor Sequential::predict(Tensor x) const {
  check(x);
  Signal signal{std::move(x)};
  for (const auto& layer : layers_) signal = layer->predict(std::move(signal));
  return std::move(signal).tensor();
}

std::optional<std::size_t> Sequential::first_not_finite(Tensor x) const {
  check(x);
  Sequential copy = *this;
  for (std::size_t i = 0; i < size(); ++i) {
    x = copy.layers_[i]->forward(std::move(x)).tensor();
    if (!std::ranges::all_of(x.values(), [](real y) { return std::isfinite(y); })) return i;
  }
  return std::nullopt;
}

std::vector<Parameter*> Sequential::parameters() {
  std::vector<Parameter*> all;
  for (auto& layer : layers_) {
    const auto own = layer->parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::vector<State> Sequential::state() {
  std::vector<State> all;
  for (std::size_t i = 0; i < size(); ++i) {
    append_state(all, std::to_string(i), layers_[i]->state());
  }
  return all;
}

std::size_t Sequential::parameter_count() const {
  return std::accumulate(parameter_counts_.begin(), parameter_counts_.end(), std::size_t{0});
}

std::string Sequential::summary(const Shape& sample) const {
  std::string table = fmt::format("{:<36} {:>16} {:>11}\n", "layer", "output", "parameters");
  Shape shape = sample;
  for (std::size_t i = 0; i < size(); ++i) {
    shape = next_shape(i, shape);
    table += fmt::format("{:<36} {:>16} {:>11}\n", layers_[i]->name(),
                         shape.rank() == 0 ? "any" : to_string(shape),
                         with_commas(parameter_counts_[i]));
  }
  return table + fmt::format("{:<36} {:>16} {:>11}\n", "total", "", with_commas(parameter_count()));
}

void detail::refuse_input(const std::string& layer, const std::string& error, const Shape& input) {
  throw std::invalid_argument(
      error.starts_with("nn::")  // a sentence already
          ? error
          : fmt::format("nn::check_gradients: {} {}, the input has shape {}", layer, error,
                        to_string(input)));
}

void detail::check_shape(const std::string& layer, const std::string& what, const Tensor& gradient,
                         const Tensor& value) {
  if (gradient.shape() == value.shape()) return;
  throw std::invalid_argument(
      fmt::format("nn::check_gradients: {}: the gradient of {} has shape {}, expected {}", layer,
                  what, to_string(gradient.shape()), to_string(value.shape())));
}

double GradientCheck::worst() const {
  double worst = 0;
  for (const Entry& entry : entries) worst = std::max(worst, entry.relative_error);
  return worst;
}

}  // namespace nn
