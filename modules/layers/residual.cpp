module;

#include <fmt/core.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

module nn.residual;

import nn.checks;
import nn.parallel;

namespace nn {

namespace {

void add_to(Tensor& sum, const Tensor& x) {
  parallel_parts(sum.size(),
                 [to = sum.data(), from = x.data()](std::size_t begin, std::size_t end) {
                   for (std::size_t i = begin; i < end; ++i) to[i] += from[i];
                 });
}

/// The sum of what came past the layers and what came through them, in the layout of the latter.
Signal sum_of(Signal past, Signal through) {
  if (!through.is_interleaved()) {
    Lengths lengths = through.lengths();
    Tensor sum = std::move(through).tensor();
    add_to(sum, std::move(past).tensor());
    return Signal{std::move(sum), std::move(lengths)};
  }
  InterleavedImages sum = std::move(through).images();
  add_to(sum.values(), std::move(past).images().values());
  return sum;
}

/// X + F(X), both checked: a layer of the user may return another shape than it announced.
Signal checked_sum(Signal past, Signal through) {
  if (past.shape() != through.shape()) {
    throw std::invalid_argument(
        fmt::format("nn::Residual: the layers give shape {}, expected {}, the shape to add it to",
                    to_string(through.shape()), to_string(past.shape())));
  }
  return sum_of(std::move(past), std::move(through));
}

}  // namespace

Residual::Residual(Sequential block, Sequential projection)
    : block_{std::move(block)}, projection_{std::move(projection)} {
  if (block_.size() == 0) {
    throw std::invalid_argument("nn::Residual: 0 layers, expected at least 1");
  }
  try {
    static_cast<void>(output_shape(Shape{}));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("nn::Residual: {}", error.what()));
  }
}

std::string Residual::name() const {
  return fmt::format("Residual of {} {}{}", block_.size(), block_.size() == 1 ? "layer" : "layers",
                     is_projected() ? ", projected" : "");
}

namespace {

/// The shape of the projection's output; an error says that it is the projection's.
Shape projected(const Sequential& projection, const Shape& sample) {
  try {
    return projection.output_shape(sample);
  } catch (const std::invalid_argument& error) {
    std::string_view text = error.what();
    constexpr std::string_view owner = "nn::Sequential: ";
    if (text.starts_with(owner)) text.remove_prefix(owner.size());
    text = text.substr(0, text.rfind("; "));  // the caller says what the input is
    throw std::invalid_argument(fmt::format("has a projection whose {}", text));
  }
}

}  // namespace

Shape Residual::output_shape(const Shape& sample) const {
  const Shape through = block_.output_shape(sample);
  const Shape past = is_projected() ? projected(projection_, sample) : sample;
  if (past == through || past.rank() == 0 || through.rank() == 0) return through;
  throw std::invalid_argument(
      is_projected() ? fmt::format("has layers that give shape {}, but a projection that gives {}",
                                   to_string(through), to_string(past))
                     : fmt::format("needs a projection, because its layers give shape {}",
                                   to_string(through)));
}

void Residual::check(const Shape& input) const {
  if (input.rank() == 0) throw std::invalid_argument("nn::Residual: input is empty");
  try {
    static_cast<void>(output_shape(input.sample()));
  } catch (const std::invalid_argument& error) {
    if (std::string_view{error.what()}.starts_with("nn::")) throw;  // from one of the layers
    throw std::invalid_argument(fmt::format("nn::Residual: {}; the input has shape {}",
                                            error.what(), to_string(input.sample())));
  }
}

// [forward]
Signal Residual::forward_signal(Signal x) {
  check(x.shape());
  Signal through = block_.forward(x);  // a copy of X; the original goes past the layers
  Signal past = is_projected() ? projection_.forward(std::move(x)) : std::move(x);
  Signal y = checked_sum(std::move(past), std::move(through));
  output_ = y.shape();
  return y;
}
// [/forward]

Signal Residual::predict_signal(Signal x) const {
  check(x.shape());
  Signal through = block_.predict(x);
  Signal past = is_projected() ? projection_.predict(std::move(x)) : std::move(x);
  return checked_sum(std::move(past), std::move(through));
}

void Residual::check_gradient(const Shape& dy) const {
  check_backward("Residual", dy, block_.size() == 0 ? Shape{} : output_);
}

// [backward]
Signal Residual::backward_signal(Signal dy) {
  check_gradient(dy.shape());
  Signal through = block_.backward(dy);                                                // F′ᵀ g
  Signal past = is_projected() ? projection_.backward(std::move(dy)) : std::move(dy);  // P′ᵀ g or g
  return sum_of(std::move(past), std::move(through));
}
// [/backward]

void Residual::backward_parameters_signal(Signal dy) {
  check_gradient(dy.shape());
  block_.backward_parameters(dy);
  if (is_projected()) projection_.backward_parameters(std::move(dy));
}

std::vector<Parameter*> Residual::parameters() {
  std::vector<Parameter*> all = block_.parameters();
  const std::vector<Parameter*> projecting = projection_.parameters();
  all.insert(all.end(), projecting.begin(), projecting.end());
  return all;
}

std::vector<NamedParameter> Residual::named_parameters() const {
  std::vector<NamedParameter> all;
  const auto append = [&](std::string_view part, const Sequential& network) {
    for (NamedParameter& named : network.named_parameters()) {
      named.name = fmt::format("{}.{}", part, named.name);
      all.push_back(std::move(named));
    }
  };
  append("block", block_);
  append("projection", projection_);
  return all;
}

bool Residual::contains(const void* part) const {
  return part == &block_ || part == &projection_ || block_.contains(part) ||
         projection_.contains(part);
}

std::vector<State> Residual::state() {
  std::vector<State> all;
  append_state(all, "block", block_.state());
  append_state(all, "projection", projection_.state());
  return all;
}

}  // namespace nn
