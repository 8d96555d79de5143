module;

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/transform.hpp>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.backprop;

import nn.checks;
import nn.parallel;
import nn.text;
import nn.vector;

namespace nn {

namespace {

/// The number of values in parameters.
std::size_t count_values(const std::vector<NamedParameter>& parameters) {
  std::size_t count = 0;
  for (const NamedParameter& named : parameters) count += named.parameter->value.size();
  return count;
}

/// The lengths of some of the sequences of a batch.
Lengths part_of(const Lengths& lengths, std::size_t first, std::size_t end) {
  if (lengths.empty()) return {};
  const auto begin = lengths.begin();
  return {begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

Sequential& Sequential::operator=(const Sequential& other) {
  // Overwriting in place would destroy `other` while it is copied, if it is inside this network.
  if (size() != other.size() || contains(&other)) return *this = Sequential{other};
  for (std::size_t i = 0; i < size(); ++i) layers_[i] = other.layers_[i];
  learns_ = other.learns_;
  frozen_ = other.frozen_;
  output_ = other.output_;
  moved_from_ = other.moved_from_;
  return *this;
}

bool Sequential::contains(const void* part) const {
  return std::ranges::any_of(layers_, [&](const AnyLayer& layer) { return layer.contains(part); });
}

void Sequential::append(AnyLayer layer) {
  layers_.push_back(std::move(layer));
  try {
    output_ = next_shape(size() - 1, output_);
  } catch (...) {
    layers_.pop_back();  // a rejected layer leaves the network unchanged
    throw;
  }
  learns_.push_back(!layers_.back().parameters().empty());
  frozen_.push_back(false);
  moved_from_ = false;
}

/// The output shape of layer `index` for a sample of this shape; an error names both layers.
Shape Sequential::next_shape(std::size_t index, const Shape& sample) const {
  try {
    return layers_[index].output_shape(sample);
  } catch (const std::invalid_argument& error) {
    constexpr std::string_view own = "nn::Sequential: ";
    const std::string_view text = error.what();
    if (text.starts_with(own)) {  // from a network inside this one, so it names that one's layers
      throw std::invalid_argument(fmt::format("nn::Sequential: layer {} ({}): its {}", index + 1,
                                              layers_[index].name(), text.substr(own.size())));
    }
    const std::string given = sample.rank() == 1 ? fmt::format("{}", sample[0])
                                                 : fmt::format("shape {}", to_string(sample));
    const std::string giver = index == 0 ? "the input has" : fmt::format("layer {} gives", index);
    throw std::invalid_argument(fmt::format("nn::Sequential: layer {} ({}) {}; {} {}", index + 1,
                                            layers_[index].name(), text, giver, given));
  }
}

Shape Sequential::output_shape(const Shape& sample) const {
  Shape shape = sample;
  for (std::size_t i = 0; i < size(); ++i) shape = next_shape(i, shape);
  return shape;
}

void Sequential::check_index(std::size_t index) const {
  if (index < size()) return;
  throw std::invalid_argument(fmt::format(
      "nn::Sequential: layer index is {}, but the network has {} layers, numbered from 0", index,
      size()));
}

const AnyLayer& Sequential::operator[](std::size_t index) const {
  check_index(index);
  return layers_[index];
}

void Sequential::refuse_type(std::size_t index) const {
  throw std::invalid_argument(fmt::format(
      "nn::Sequential: the layer at index {} is {}, but the call asks for a different type", index,
      layers_[index].name()));
}

void Sequential::check_range(std::size_t first, std::size_t last) const {
  if (first <= last && last <= size()) return;
  throw std::invalid_argument(
      fmt::format("nn::Sequential: first is {} and last is {}, expected first to be at most last, "
                  "and last at most {}",
                  first, last, size()));
}

Sequential Sequential::slice(std::size_t first, std::size_t last) const {
  check_range(first, last);
  Sequential part;
  for (std::size_t i = first; i < last; ++i) {
    part.append(layers_[i]);
    part.frozen_.back() = frozen_[i];
  }
  return part;
}

void Sequential::set_frozen(std::size_t first, std::size_t last, bool frozen) {
  check_range(first, last);
  for (std::size_t i = first; i < last; ++i) frozen_[i] = frozen;
}

bool Sequential::is_frozen(std::size_t index) const {
  check_index(index);
  return frozen_[index];
}

std::vector<std::string> Sequential::layer_names() const {
  return layers_ | ranges::views::transform([](const auto& layer) { return layer.name(); }) |
         ranges::to<std::vector>();
}

std::string Sequential::name() const {
  return fmt::format("Sequential of {} {}", size(), size() == 1 ? "layer" : "layers");
}

void Sequential::check(const Shape& input) const {
  if (moved_from_) {
    throw std::invalid_argument("nn::Sequential: has no layers because it was moved from");
  }
  if (input.rank() == 0) throw std::invalid_argument("nn::Sequential: input is empty");
  static_cast<void>(output_shape(input.sample()));
}

// [forward]
Tensor Sequential::forward(Tensor x) { return forward_signal(std::move(x)).tensor(); }

Signal Sequential::forward_signal(Signal x) {
  check(x.shape());
  for (auto& layer : layers_) x = layer.forward(std::move(x));
  return x;
}
// [/forward]

Tensor Sequential::forward(Tensor x, const Lengths& lengths) {
  check(x.shape());
  check_lengths("Sequential", lengths, x);
  return forward_signal(Signal{std::move(x), lengths}).tensor();
}

// [backward]
Tensor Sequential::backward(Tensor dy) { return backward_signal(std::move(dy)).tensor(); }

Signal Sequential::backward_signal(Signal dy) {
  for (auto& layer : layers_ | std::views::reverse) dy = layer.backward(std::move(dy));
  return dy;
}
// [/backward]

void Sequential::backward_parameters_signal(Signal dy) {
  std::size_t first = 0;
  while (first < size() && !is_trained(first)) ++first;
  for (std::size_t i = size(); i-- > first + 1;) dy = layers_[i].backward(std::move(dy));
  if (first < size()) layers_[first].backward_parameters(std::move(dy));
}

Signal Sequential::predict_part(Signal x) const {
  for (const auto& layer : layers_) x = layer.predict(std::move(x));
  return x;
}

Signal Sequential::predict_signal(Signal x) const {
  check(x.shape());
  return predict_part(std::move(x));
}

/// How many samples go through the network together: so many that the output of the largest layer
/// still fits in the cache, but at least a few vectors of interleaved images.
std::size_t Sequential::rows_of_part(const Shape& sample) const {
  constexpr std::size_t cached = std::size_t{1} << 19U;  // numbers
  Shape shape = sample;
  std::size_t largest = std::max<std::size_t>(shape.size(), 1);
  for (std::size_t i = 0; i < size(); ++i) {
    shape = next_shape(i, shape);
    largest = std::max(largest, shape.size());
  }
  return std::max(cached / largest, 2 * lanes);
}

/// A large batch goes through the network in parts, each on one thread: the output of a layer is
/// still in the cache when the next layer reads it, and threads do not wait for each other between
/// layers.
Tensor Sequential::predict(Tensor x, const Lengths& lengths) const {
  check(x.shape());
  check_lengths("Sequential", lengths, x);
  const std::size_t rows = x.rows();
  const std::size_t most = rows_of_part(x.shape().sample());
  const Shape sample = output_shape(x.shape().sample());
  if (rows < 2 * most || sample.rank() == 0) {
    return predict_part(Signal{std::move(x), lengths}).tensor();
  }
  const std::size_t each = (rows - 1) / (most * threads()) + 1;
  const std::size_t parts = each * threads();  // the same number for each thread
  // Images are interleaved in groups of `lanes`; only the last part may have an incomplete group.
  const auto first_row = [&](std::size_t part) {
    return part == parts ? rows : rows * part / parts / lanes * lanes;
  };
  Tensor y = Tensor::uninitialized(sample.batch(rows));
  parallel_for(parts, [&](std::size_t part) {
    const std::size_t first = first_row(part);
    const std::size_t end = first_row(part + 1);
    if (first == end) return;
    Signal some{x.rows(first, end - first), part_of(lengths, first, end)};
    const Tensor outputs = predict_part(std::move(some)).tensor();
    if (outputs.shape() != sample.batch(end - first)) {
      throw std::invalid_argument(
          fmt::format("nn::Sequential: the output has shape {}, expected {}",
                      to_string(outputs.shape()), to_string(sample.batch(end - first))));
    }
    std::ranges::copy(outputs.values(), y.data() + first * y.columns());
  });
  return y;
}

std::vector<Tensor> Sequential::outputs(Tensor x) const {
  check(x.shape());
  std::vector<Tensor> outputs;
  Lengths lengths;
  for (const AnyLayer& layer : layers_) {
    Signal y = layer.predict(Signal{std::move(x), std::move(lengths)});
    lengths = y.lengths();
    x = std::move(y).tensor();
    outputs.push_back(x);
  }
  return outputs;
}

std::optional<std::size_t> Sequential::first_not_finite(Tensor x) const {
  const std::vector<Tensor> all = outputs(std::move(x));
  const auto is_finite = [](const Tensor& y) {
    return std::ranges::all_of(y.values(), [](real value) { return std::isfinite(value); });
  };
  const auto found = std::ranges::find_if_not(all, is_finite);
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

std::vector<Parameter*> Sequential::parameters() {
  std::vector<Parameter*> all;
  for (std::size_t i = 0; i < size(); ++i) {
    if (frozen_[i]) continue;
    const auto own = layers_[i].parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::vector<const Parameter*> Sequential::parameters() const {
  std::vector<const Parameter*> all;
  for (std::size_t i = 0; i < size(); ++i) {
    if (frozen_[i]) continue;
    const auto own = layers_[i].parameters();
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::vector<NamedParameter> Sequential::named_parameters() const {
  std::vector<NamedParameter> all;
  for (std::size_t i = 0; i < size(); ++i) {
    for (NamedParameter& named : layers_[i].named_parameters()) {
      named.name = fmt::format("{}.{}", i, named.name);
      named.frozen = named.frozen || frozen_[i];
      all.push_back(std::move(named));
    }
  }
  return all;
}

std::vector<std::string> detail::trained_names(std::span<const NamedParameter> parameters) {
  std::vector<std::string> names;
  for (const NamedParameter& named : parameters) {
    if (!named.frozen) names.push_back(named.name);
  }
  return names;
}

std::vector<std::string> Sequential::parameter_names() const {
  return detail::trained_names(named_parameters());
}

const Parameter& Sequential::parameter(std::string_view name) const {
  const std::vector<NamedParameter> all = named_parameters();
  const auto found = std::ranges::find(all, name, &NamedParameter::name);
  if (found != all.end()) return *found->parameter;
  throw std::invalid_argument(fmt::format(
      "nn::Sequential: there is no parameter '{}'; {}", name,
      all.empty()
          ? "the network has none"
          : fmt::format("the parameters are: {}",
                        fmt::join(all | std::views::transform(&NamedParameter::name), ", "))));
}

Parameter& Sequential::parameter(std::string_view name) {
  return const_cast<Parameter&>(std::as_const(*this).parameter(name));  // the network is not const
}

std::vector<State> Sequential::state() {
  std::vector<State> all;
  for (std::size_t i = 0; i < size(); ++i) {
    append_state(all, std::to_string(i), layers_[i].state());
  }
  return all;
}

std::size_t Sequential::parameter_count() const { return count_values(named_parameters()); }

std::string Sequential::summary(const Shape& sample) const {
  std::string table = fmt::format("{:<36} {:>16} {:>11}\n", "layer", "output", "parameters");
  Shape shape = sample;
  for (std::size_t i = 0; i < size(); ++i) {
    shape = next_shape(i, shape);
    table +=
        fmt::format("{:<36} {:>16} {:>11}\n", layers_[i].name() + (frozen_[i] ? " (frozen)" : ""),
                    shape.rank() == 0 ? "any" : to_string(shape),
                    thousands(count_values(layers_[i].named_parameters())));
  }
  return table + fmt::format("{:<36} {:>16} {:>11}\n", "total", "", thousands(parameter_count()));
}

void detail::refuse_input(const std::string& layer, const std::string& error, const Shape& input) {
  throw std::invalid_argument(
      error.starts_with("nn::")  // already a complete message
          ? error
          : fmt::format("nn::check_gradients: {} {}; the input has shape {}", layer, error,
                        to_string(input)));
}

detail::ParameterPlace detail::place_in_network(const Sequential& network, std::size_t index) {
  const std::string name = network.parameter_names().at(index);
  const Sequential* owner = &network;
  std::string_view rest = name;
  while (true) {
    const std::size_t dot = rest.find('.');
    const AnyLayer& layer = (*owner)[static_cast<std::size_t>(std::stoul(std::string{rest}))];
    rest.remove_prefix(dot + 1);
    owner = layer.as<Sequential>();
    if (owner == nullptr) return {layer.name(), name};
  }
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
