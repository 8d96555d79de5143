/// @file
/// @brief What the tests share: reference values, comparisons, the text of an error.
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

export module nn.test;

import nn.tensor;

export namespace nn::test {

/// Whether the library is built in double.
constexpr bool in_double = sizeof(real) == sizeof(double);

/// The folder of the data set, data/mnist.
[[nodiscard]] std::filesystem::path mnist_folder();

/// A tensor of reference values that golden/generate.py wrote.
/// @param file The file's stem, such as "dense".
/// @param name The tensor's name in it.
[[nodiscard]] Tensor golden(std::string_view file, std::string_view name);

/// The largest |a − b| / max(1, |b|), or infinity if the shapes differ or a value is not finite.
[[nodiscard]] inline double difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return INFINITY;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a.values()[i];
    const double y = b.values()[i];
    if (!std::isfinite(x) || !std::isfinite(y)) return INFINITY;
    largest = std::max(largest, std::abs(x - y) / std::max(1.0, std::abs(y)));
  }
  return largest;
}

/// How far a value may be from its reference: the rounding of a few hundred operations.
constexpr double tolerance = in_double ? 1e-12 : 2e-5;

/// The text of the exception that a call throws; empty if it throws none, or one of another type.
template <class Error, class Call>
[[nodiscard]] std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception&) {
    return "";
  }
  return "";
}

}  // namespace nn::test
