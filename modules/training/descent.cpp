module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

module nn.descent;

import nn.text;

namespace nn {

namespace {

void check_gradients_of(std::string_view owner, std::span<Parameter* const> parameters) {
  for (const Parameter* const p : parameters) {
    if (p->gradient.shape() == p->value.shape()) continue;
    throw std::invalid_argument(
        fmt::format("nn::{}: {} has shape {}, but its gradient has shape {}", owner, p->name,
                    to_string(p->value.shape()), to_string(p->gradient.shape())));
  }
}

/// Reports why the norm of the gradients is infinite or NaN.
[[noreturn]] void refuse_gradients(std::span<Parameter* const> parameters) {
  for (const Parameter* const p : parameters) {
    const std::span<const real> values = p->gradient.values();
    const auto found = std::ranges::find_if(values, [](real g) { return !std::isfinite(g); });
    if (found == values.end()) continue;
    throw std::invalid_argument(
        fmt::format("nn::clip_gradients: value {} of the gradient of {} is {}, expected finite "
                    "numbers",
                    found - values.begin(), p->name, unsigned_nan(*found)));
  }
  throw std::invalid_argument(
      "nn::clip_gradients: the gradients are finite, but their norm overflows: lower the learning "
      "rate or scale the inputs");
}

}  // namespace

void Slots::prepare(std::string_view owner, std::span<Parameter* const> parameters) {
  check_gradients_of(owner, parameters);
  if (names_.empty()) return;  // without slots, the list may change from step to step
  if (known_.empty()) make(parameters);
  check_same(owner, parameters);
}

void Slots::make(std::span<Parameter* const> parameters) {
  tensors_.assign(names_.size(), {});
  for (const Parameter* const p : parameters) {
    for (std::vector<Tensor>& tensors : tensors_) tensors.emplace_back(p->value.shape());
    known_.push_back({.name = p->name, .shape = p->value.shape()});
  }
}

void Slots::check_same(std::string_view owner, std::span<Parameter* const> parameters) const {
  const auto [before, now] =
      std::ranges::mismatch(known_, parameters, [](const Known& known, const Parameter* p) {
        return known.name == p->name && known.shape == p->value.shape();
      });
  if (before == known_.end() && now == parameters.end()) return;
  const auto text = [](const std::string& name, const Shape& shape) {
    return fmt::format("{} of shape {}", name, to_string(shape));
  };
  throw std::invalid_argument(
      fmt::format("nn::{}: parameter {} is {}, but in the first step it was {}; use one optimizer "
                  "for each list of parameters",
                  owner, before - known_.begin() + 1,
                  now == parameters.end() ? "missing" : text((*now)->name, (*now)->value.shape()),
                  before == known_.end() ? "missing" : text(before->name, before->shape)));
}

std::vector<State> Slots::state() {
  std::vector<State> states;
  for (std::size_t slot = 0; slot < tensors_.size(); ++slot) {
    for (std::size_t p = 0; p < tensors_[slot].size(); ++p) {
      states.push_back(
          {.name = fmt::format("{}.{}", names_[slot], p), .value = &tensors_[slot][p]});
    }
  }
  return states;
}

detail::OptimizerInterface& AnyOptimizer::held() const {
  if (self_ == nullptr) {
    throw std::invalid_argument("nn::AnyOptimizer: has no optimizer because it was moved from");
  }
  return *self_;
}

double clip_gradients(std::span<Parameter* const> parameters, real maximum) {
  if (!(maximum > 0)) refuse_option("clip_gradients", "maximum", maximum, "above 0");
  double squares = 0;
  for (const Parameter* const parameter : parameters) {
    for (const double g : parameter->gradient.values()) squares += g * g;
  }
  const double norm = std::sqrt(squares);
  if (!std::isfinite(norm)) refuse_gradients(parameters);
  if (norm > maximum) {
    const auto factor = static_cast<real>(maximum / norm);
    for (Parameter* const parameter : parameters) {
      for (real& g : parameter->gradient.values()) g *= factor;
    }
  }
  return norm;
}

}  // namespace nn
