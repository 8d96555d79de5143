module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

module nn.embedding;

import nn.checks;
import nn.text;

namespace nn {

namespace {

Shape table_shape(const char* layer, const char* rows_are, std::size_t rows, std::size_t features) {
  if (rows == 0 || features == 0) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} {} and {} features, expected at least 1 of each", layer, rows,
                    rows_are, features));
  }
  return Shape{rows, features};
}

std::size_t checked_tokens(std::size_t tokens) {
  if (tokens <= Embedding::max_tokens) return tokens;
  throw std::invalid_argument(
      fmt::format("nn::Embedding: {} tokens, expected at most {}", tokens, Embedding::max_tokens));
}

// What the two layers with positions share.

Shape shape_with_positions(const Tensor& table, const Shape& sample) {
  check_weights(table);
  const std::size_t features = table.columns();
  if (sample.rank() > 2 || (sample.rank() > 0 && sample[sample.rank() - 1] != features)) {
    throw std::invalid_argument(fmt::format("expects sequences of shape (T, {})", features));
  }
  if (sample.rank() == 2 && sample[0] > table.rows()) {
    throw std::invalid_argument(
        fmt::format("expects sequences of at most {} places", table.rows()));
  }
  return sample;
}

void check_places(const char* layer, const Tensor& table, std::size_t first, const Tensor& x) {
  check_weights(table, layer);
  if (x.rank() != 3 || x.shape()[2] != table.columns()) {
    throw std::invalid_argument(fmt::format("nn::{}: input has shape {}, expected (B, T, {})",
                                            layer, to_string(x.shape()), table.columns()));
  }
  if (first <= table.rows() && x.shape()[1] <= table.rows() - first) return;
  const std::string before = first == 0 ? "" : fmt::format(" after the first {}", first);
  throw std::invalid_argument(fmt::format("nn::{}: input has {} places{}, expected at most {}{}",
                                          layer, x.shape()[1], before, table.rows(),
                                          first == 0 ? "" : " in all"));
}

/// Adds a row of the table to every place, beginning with the first one's.
void add_positions(const Tensor& table, std::size_t first, Tensor& x) {
  const real* const rows = table.data() + first * table.columns();
  for (std::size_t n = 0; n < x.rows(); ++n) {
    const std::span<real> sequence = x.row(n);
    for (std::size_t i = 0; i < sequence.size(); ++i) sequence[i] += rows[i];
  }
}

}  // namespace

// -------------------------------------------------------------------------------------- Embedding

Embedding::Embedding(std::size_t tokens, std::size_t features, const EmbeddingOptions& options)
    : options_{options},
      table_{"weight",
             Tensor{table_shape("Embedding", "tokens", checked_tokens(tokens), features)}} {
  if (!options.padding || *options.padding < tokens) return;
  throw std::invalid_argument(fmt::format("nn::Embedding: padding is {}, expected at most {}",
                                          *options.padding, tokens - 1));
}

std::string Embedding::name() const { return fmt::format("Embedding {}→{}", tokens(), features()); }

Shape Embedding::output_shape(const Shape& sample) const {
  check_weights(table_.value);
  if (sample.rank() > 1) throw std::invalid_argument("expects rows of tokens");
  return sample.rank() == 0 ? Shape{} : Shape{sample[0], features()};
}

void Embedding::check_input(const Tensor& x) const {
  check_weights(table_.value, "Embedding");
  if (x.rank() != 2) {
    throw std::invalid_argument(
        fmt::format("nn::Embedding: input has shape {}, expected (B, T)", to_string(x.shape())));
  }
  for (std::size_t n = 0; n < x.rows(); ++n) {
    for (std::size_t t = 0; t < x.columns(); ++t) {
      const real token = x(n, t);
      // Also false for NaN.
      if (token >= 0 && token < static_cast<real>(tokens()) && std::floor(token) == token) continue;
      throw std::invalid_argument(
          fmt::format("nn::Embedding: the token at ({}, {}) is {}, expected a whole number from 0 "
                      "to {}",
                      n, t, unsigned_nan(token), tokens() - 1));
    }
  }
}

Tensor Embedding::predict(const Tensor& x) const {
  check_input(x);
  Tensor y = Tensor::uninitialized(Shape{x.rows(), x.columns(), features()});
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto token = static_cast<std::size_t>(x.values()[i]);
    std::ranges::copy(table_.value.row(token), y.data() + i * features());
  }
  return y;
}

Tensor Embedding::forward(const Tensor& x) {
  Tensor y = predict(x);
  input_ = x;
  return y;
}

void Embedding::backward_parameters(const Tensor& dy) {
  check_backward("Embedding", dy.shape(),
                 input_.empty() ? Shape{} : Shape{input_.rows(), input_.columns(), features()});
  table_.gradient.fill(0);
  for (std::size_t i = 0; i < input_.size(); ++i) {
    const real* const gradient = dy.data() + i * features();
    const std::span<real> sums = table_.gradient.row(static_cast<std::size_t>(input_.values()[i]));
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += gradient[j];
  }
  clear_padding(table_.gradient);
}

Tensor Embedding::backward(const Tensor& dy) {
  backward_parameters(dy);
  return Tensor{input_.shape()};
}

Lengths Embedding::lengths(const Tensor& x) const {
  if (!options_.padding) return {};
  const auto padding = static_cast<real>(*options_.padding);
  Lengths lengths(x.rows());
  for (std::size_t n = 0; n < x.rows(); ++n) {
    std::size_t length = x.columns();
    while (length > 0 && x.row(n)[length - 1] == padding) --length;
    lengths[n] = length;
  }
  return lengths;
}

/// Sets the row of the padding to 0.
void Embedding::clear_padding(Tensor& table) const {
  if (options_.padding) std::ranges::fill(table.row(*options_.padding), real{0});
}

// -------------------------------------------------------------------------------------- Positions

Positions::Positions(std::size_t places, std::size_t features)
    : table_{"weight", Tensor{table_shape("Positions", "places", places, features)}} {}

std::string Positions::name() const { return fmt::format("Positions {}×{}", places(), features()); }

Shape Positions::output_shape(const Shape& sample) const {
  return shape_with_positions(table_.value, sample);
}

Tensor Positions::forward(Tensor x) {
  Tensor y = predict(std::move(x));
  output_ = y.shape();
  return y;
}

Tensor Positions::predict(Tensor x) const { return predict_from(0, std::move(x)); }

Tensor Positions::predict_from(std::size_t first, Tensor x) const {
  check_places("Positions", table_.value, first, x);
  add_positions(table_.value, first, x);
  return x;
}

Tensor Positions::backward(Tensor dy) {
  check_backward("Positions", dy.shape(), output_);
  table_.gradient.fill(0);
  for (std::size_t n = 0; n < dy.rows(); ++n) {
    const std::span<const real> sequence = dy.row(n);
    for (std::size_t i = 0; i < sequence.size(); ++i) table_.gradient.data()[i] += sequence[i];
  }
  return dy;
}

// ---------------------------------------------------------------------------- SinusoidalPositions

SinusoidalPositions::SinusoidalPositions(std::size_t places, std::size_t features)
    : table_{table_shape("SinusoidalPositions", "places", places, features)} {
  for (std::size_t t = 0; t < places; ++t) {
    for (std::size_t j = 0; j < features; ++j) {
      const double pair = static_cast<double>(j - j % 2) / static_cast<double>(features);
      const double angle = static_cast<double>(t) / std::pow(10000, pair);
      table_(t, j) = static_cast<real>(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
}

std::string SinusoidalPositions::name() const {
  return fmt::format("SinusoidalPositions {}×{}", places(), features());
}

Shape SinusoidalPositions::output_shape(const Shape& sample) const {
  return shape_with_positions(table_, sample);
}

Tensor SinusoidalPositions::forward(Tensor x) {
  Tensor y = predict(std::move(x));
  output_ = y.shape();
  return y;
}

Tensor SinusoidalPositions::predict(Tensor x) const { return predict_from(0, std::move(x)); }

Tensor SinusoidalPositions::predict_from(std::size_t first, Tensor x) const {
  check_places("SinusoidalPositions", table_, first, x);
  add_positions(table_, first, x);
  return x;
}

Tensor SinusoidalPositions::backward(Tensor dy) const {
  check_backward("SinusoidalPositions", dy.shape(), output_);
  return dy;
}

}  // namespace nn
