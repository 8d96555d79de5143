module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

module nn.checks;

import nn.text;

namespace nn {

void refuse_option(std::string_view owner, std::string_view option, double value,
                   std::string_view expected) {
  const double shown = unsigned_nan(value);  // below, a float is printed as 0.1, not 0.10000000149
  const auto single = static_cast<float>(shown);
  const std::string number =
      double{single} == shown ? fmt::format("{}", single) : fmt::format("{}", shown);
  throw std::invalid_argument(
      fmt::format("nn::{}: {} is {}, expected {}", owner, option, number, expected));
}

void check_not_negative(std::string_view owner, std::string_view option, double value) {
  if (value >= 0 && std::isfinite(value)) return;
  refuse_option(owner, option, value, "a finite number, 0 or more");
}

void check_positive(std::string_view owner, std::string_view option, double value) {
  if (value > 0 && std::isfinite(value)) return;
  refuse_option(owner, option, value, "a finite number above 0");
}

void check_below_one(std::string_view owner, std::string_view option, double value) {
  if (value >= 0 && value < 1) return;
  refuse_option(owner, option, value, "at least 0 and below 1");
}

std::size_t checked_features(std::string_view layer, std::size_t features) {
  if (features > 0) return features;
  throw std::invalid_argument(fmt::format("nn::{}: 0 features, expected at least 1", layer));
}

void check_weights(const Tensor& weights, std::string_view layer) {
  if (!weights.empty()) return;
  throw std::invalid_argument(fmt::format("{}{}{}has no weights because it was moved from",
                                          layer.empty() ? "" : "nn::", layer,
                                          layer.empty() ? "" : ": "));
}

void check_backward(std::string_view layer, const Shape& dy, const Shape& output) {
  if (output.rank() == 0) {
    throw std::invalid_argument(
        fmt::format("nn::{}: backward() was called before forward()", layer));
  }
  if (dy != output) {
    throw std::invalid_argument(
        fmt::format("nn::{}: gradient has shape {}, expected {}, the shape of the last output",
                    layer, to_string(dy), to_string(output)));
  }
}

void check_lengths(std::string_view layer, std::span<const std::size_t> lengths, const Tensor& x) {
  if (!lengths.empty() && lengths.size() != x.rows()) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} lengths for {} sequences", layer, lengths.size(), x.rows()));
  }
  const std::size_t places = x.rank() > 1 ? x.shape()[1] : 1;
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] <= places) continue;
    throw std::invalid_argument(
        fmt::format("nn::{}: the length of the sequence at index {} is {}, expected at most {}",
                    layer, n, lengths[n], places));
  }
}

void clear_padding(Tensor& x, std::span<const std::size_t> lengths) {
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    std::ranges::fill(x.row(n).subspan(lengths[n] * x.shape()[2]), real{0});
  }
}

void detail::refuse_sample(std::string_view layer, std::string_view error, const Shape& sample) {
  throw std::invalid_argument(sample.rank() == 0 ? fmt::format("nn::{}: {}", layer, error)
                                                 : fmt::format("nn::{}: {}; the input has shape {}",
                                                               layer, error, to_string(sample)));
}

}  // namespace nn
