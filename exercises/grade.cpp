module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

module exercises.grade;

import nn.random;

namespace exercises {

using nn::Shape;
using nn::Tensor;

namespace {

/// 2, −0.5 or 3.33333, with a minus sign as in the book.
std::string digits_of(double x) {
  const std::string digits = fmt::format("{:.6g}", std::abs(x));
  return std::signbit(x) && digits != "0" ? "−" + digits : digits;
}

/// The characters of a text in UTF-8: every byte but those that go on with one.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

/// Breaks a line at spaces, for a terminal of 80 columns.
std::string wrapped(std::string_view line) {
  constexpr std::size_t columns = 78;
  std::string text;
  std::size_t used = 0;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' ', line.find_first_not_of(' ')));
    const bool fits = used == 0 || used + length_of(word) <= columns;
    text += fits ? word : "\n" + std::string{word.substr(1)};
    used = (fits ? used : 0) + length_of(word);
    line.remove_prefix(word.size());
  }
  return text;
}

/// The place of value i: (2, 1).
std::string place(const Shape& shape, std::size_t i) {
  std::string indices;
  for (std::size_t axis = shape.rank(); axis-- > 0; i /= shape[axis]) {
    indices = fmt::format("{}{}{}", i % shape[axis], indices.empty() ? "" : ", ", indices);
  }
  return "(" + indices + ")";
}

double largest(const Tensor& tensor) {
  double most = 0;
  for (const double x : tensor.values()) most = std::max(most, std::abs(x));
  return most;
}

/// NaN differs from everything, so that it is never right.
bool is_close(double got, double want, double margin) { return std::abs(got - want) <= margin; }

bool are_close(const Tensor& got, const Tensor& want, double tolerance) {
  if (got.shape() != want.shape()) return false;
  const double margin = tolerance * largest(want);
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (!is_close(got.values()[i], want.values()[i], margin)) return false;
  }
  return true;
}

/// k, if every value is k times the right one.
std::optional<double> common_factor(const Tensor& got, const Tensor& want, double tolerance) {
  double products = 0;
  double squares = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    products += double{got.values()[i]} * want.values()[i];
    squares += double{want.values()[i]} * want.values()[i];
  }
  if (squares == 0 || want.size() < 2) return {};
  const double k = products / squares;
  Tensor scaled = want;
  for (nn::real& x : scaled.values()) x *= static_cast<nn::real>(k);
  if (k == 0 || !are_close(got, scaled, tolerance)) return {};
  return k;
}

/// What explains all wrong values at once; empty if nothing known does.
std::string explain(const Tensor& got, const Tensor& want, const std::vector<Mistake>& mistakes,
                    double tolerance) {
  for (const Mistake& mistake : mistakes) {
    if (are_close(got, mistake.value, tolerance)) return mistake.words;
  }
  const auto is_nan = [](nn::real x) { return std::isnan(x); };
  if (std::ranges::any_of(got.values(), is_nan)) {
    return "NaN comes from 0/0, ∞/∞, ∞ − ∞, 0 · ∞, or the root or logarithm of a negative "
           "number.";
  }
  if (largest(got) == 0) return "All values are 0.";
  if (want.rank() == 2 && want.rows() > 1 && want.columns() > 1 &&
      got.shape() == Shape{want.rows(), want.columns()} && want.rows() == want.columns() &&
      are_close(got, transpose_of(want), tolerance)) {
    return "It is the transpose of what is expected.";
  }
  if (const std::optional<double> k = common_factor(got, want, tolerance)) {
    if (is_close(*k, -1, tolerance)) return "All values have the wrong sign.";
    return fmt::format("All values are {} times the expected ones.", digits_of(*k));
  }
  return "";
}

/// A small matrix, one row after the other: the reader's, then the right one.
std::string rows_of(const Tensor& tensor, std::string_view title) {
  std::string text = fmt::format("\n  {}:", title);
  for (std::size_t n = 0; n < tensor.rows(); ++n) {
    text += "\n   ";
    for (const double x : tensor.row(n)) {
      const std::string digits = digits_of(x);
      const std::size_t width =
          digits.size() - (digits.starts_with("−") ? 2 : 0);  // "−" is 3 bytes
      text += std::string(width < 10 ? 10 - width : 1, ' ') + digits;
    }
  }
  return text;
}

}  // namespace

void expect(std::string_view name, const Tensor& got, const Tensor& want,
            const std::vector<Mistake>& mistakes, double tolerance) {
  if (got.shape() != want.shape()) {
    for (const Mistake& mistake : mistakes) {
      if (are_close(got, mistake.value, tolerance)) {
        throw Wrong{fmt::format("{}: the shape is {}, expected {}. {}", name,
                                to_string(got.shape()), to_string(want.shape()), mistake.words)};
      }
    }
    const bool is_turned = got.rank() == 2 && want.rank() == 2 && got.rows() == want.columns() &&
                           got.columns() == want.rows();
    throw Wrong{fmt::format("{}: the shape is {}, expected {}.{}", name, to_string(got.shape()),
                            to_string(want.shape()),
                            is_turned ? " That is the shape of the transpose." : "")};
  }
  const double margin = tolerance * std::max(largest(want), 1e-30);
  std::size_t wrong = 0;
  std::size_t first = 0;
  for (std::size_t i = want.size(); i-- > 0;) {
    if (is_close(got.values()[i], want.values()[i], margin)) continue;
    ++wrong;
    first = i;
  }
  if (wrong == 0) return;
  std::string words = fmt::format(
      "{}: the shape {} is right, but {} of {} values {} wrong.\nThe first is at {}: {}, "
      "expected {}.",
      name, to_string(want.shape()), wrong, want.size(), wrong == 1 ? "is" : "are",
      place(want.shape(), first), digits_of(got.values()[first]), digits_of(want.values()[first]));
  if (const std::string reason = explain(got, want, mistakes, tolerance); !reason.empty()) {
    words += "\n" + reason;
  }
  const Tensor table = want.rank() == 1 ? want.reshaped(Shape{1, want.size()}) : want;
  if (table.rank() == 2 && table.rows() <= 4 && table.columns() <= 6) {
    words += rows_of(got.reshaped(table.shape()), "yours") + rows_of(table, "expected");
  }
  throw Wrong{words};
}

void expect(std::string_view name, double got, double want, const std::vector<Mistake>& mistakes,
            double tolerance) {
  if (is_close(got, want, tolerance * std::max(std::abs(want), 1e-30))) return;
  std::string words = fmt::format("{} is {}, expected {}.", name, digits_of(got), digits_of(want));
  for (const Mistake& mistake : mistakes) {
    const double value = mistake.value.values()[0];
    if (!is_close(got, value, tolerance * std::abs(value))) continue;
    words += "\n" + mistake.words;
    break;
  }
  throw Wrong{words};
}

void require(bool holds, const std::string& words) {
  if (!holds) throw Wrong{words};
}

Tensor random_tensor(const Shape& shape, std::uint64_t seed) {
  nn::Random random{seed};
  Tensor tensor{shape};
  for (nn::real& x : tensor.values()) x = static_cast<nn::real>(random.uniform(-1, 1));
  return tensor;
}

Tensor number(double x) { return Tensor{static_cast<nn::real>(x)}; }

Tensor times(nn::real factor, Tensor tensor) {
  for (nn::real& x : tensor.values()) x *= factor;
  return tensor;
}

Tensor transpose_of(const Tensor& matrix) {
  Tensor result{Shape{matrix.columns(), matrix.rows()}};
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t j = 0; j < matrix.columns(); ++j) result(j, i) = matrix(i, j);
  }
  return result;
}

Tensor measured_gradient(Tensor& value, const std::function<double()>& cost) {
  constexpr nn::real step = 5e-3F;  // rounding errors grow below it, those of the formula above
  Tensor gradient{value.shape()};
  for (std::size_t i = 0; i < value.size(); ++i) {
    nn::real& x = value.values()[i];
    const nn::real before = x;
    x = before + step;
    const double above = x;
    const double cost_above = cost();
    x = before - step;
    const double width = above - double{x};  // 2h after rounding
    gradient.values()[i] = static_cast<nn::real>((cost_above - cost()) / width);
    x = before;
  }
  return gradient;
}

Outcome grade(const std::vector<Step>& steps,
              const std::function<void(const std::string&)>& begin) {
  for (const Step& step : steps) {
    if (begin) begin(step.name);
    try {
      step.look();
    } catch (const NotWritten& missing) {
      return {step.name, fmt::format("{} is not written yet.", missing.what())};
    } catch (const Wrong& wrong) {
      return {step.name, wrong.what()};
    } catch (const std::exception& error) {
      return {step.name, fmt::format("It threw an exception: {}", error.what())};
    }
  }
  return {};
}

int grade_and_print(const std::vector<Step>& steps) {
  // A step that crashes or never ends is named, because its name is printed before it is run.
  const auto begin = [first = true](const std::string& name) mutable {
    if (!first) fmt::print("ok\n");
    first = false;
    fmt::print("  {} … ", name);
    std::fflush(stdout);
  };
  const Outcome outcome = grade(steps, begin);
  if (outcome.step.empty()) {
    fmt::print("ok\n");
    return 0;
  }
  const bool is_missing = outcome.words.ends_with(" is not written yet.");
  fmt::print("{}\n\n", is_missing ? "not written" : "wrong");
  std::istringstream lines{outcome.words};
  for (std::string line; std::getline(lines, line);) fmt::print("{}\n", wrapped(line));
  return is_missing ? 3 : 1;
}

}  // namespace exercises
