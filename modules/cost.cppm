/// @file
/// @brief Costs: one number that says how wrong a network is, and its gradient.
module;

#include <concepts>
#include <cstddef>
#include <limits>
#include <string>

export module nn.cost;

export import nn.tensor;

export namespace nn {

/// A cost C compares predictions with targets. It is the mean over the samples of a batch, and so
/// is its gradient.
///
/// - `name()`: what a table calls it.
/// - `value(P, T)`: C, for predictions P of shape (B, M).
/// - `gradient(P, T)`: ∂C/∂P, shape (B, M).
///
/// Targets T are either of shape (B, M), one row of the wanted outputs a sample, or of shape (B),
/// the number of the right class, 0 … M − 1: short for a row with 1 there and 0 elsewhere. Where
/// M = 1, a target of shape (B) is the wanted output itself.
// [contract]
template <class C>
concept Cost = std::copyable<C> && requires(const C& cost, const Tensor& tensor) {
  { cost.name() } -> std::convertible_to<std::string>;
  { cost.value(tensor, tensor) } -> std::same_as<double>;
  { cost.gradient(tensor, tensor) } -> std::same_as<Tensor>;
};
// [/contract]

/// The least probability that costs tell from 0: the smallest normal number (2⁻¹²⁶ in float). Any
/// smaller one counts as this, so the cost of certainty in the wrong class stays finite (at most
/// 87.4 nats in float), and so does its gradient.
constexpr real least_probability = std::numeric_limits<real>::min();

/// The mean squared error, for regression: C = 1/(B M) Σ (p − t)².
/// Gradient: ∂C/∂p = 2 (p − t) / (B M).
class MeanSquaredError {
 public:
  /// @return `mean squared error`.
  [[nodiscard]] static std::string name() { return "mean squared error"; }

  /// @param predictions Shape (B, M).
  /// @param targets Shape (B, M), or class numbers (B).
  /// @return C, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a class is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Tensor& targets);

  /// @param predictions Shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a class is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Tensor& targets);
};

/// The cross-entropy between target and predicted distribution: C = −1/B Σ t ln p, in nats; for a
/// target that is a class it is −ln of the probability of that class.
/// Gradient: ∂C/∂p = −t / (B p). @see least_probability
class CrossEntropy {
 public:
  /// @return `cross-entropy`.
  [[nodiscard]] static std::string name() { return "cross-entropy"; }

  /// @param predictions Probabilities in [0, 1], shape (B, M): what Softmax gives.
  /// @param targets Shape (B, M), rows that sum to 1, or class numbers (B).
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a class is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Tensor& targets);

  /// @param predictions Probabilities in [0, 1], shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a class is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Tensor& targets);
};

/// The cross-entropy of M yes-or-no questions: C = −1/(B M) Σ (t ln p + (1 − t) ln(1 − p)), in
/// nats. Gradient: ∂C/∂p = ((1 − t) / (1 − p) − t / p) / (B M). @see least_probability
class BinaryCrossEntropy {
 public:
  /// @return `binary cross-entropy`.
  [[nodiscard]] static std::string name() { return "binary cross-entropy"; }

  /// @param predictions Probabilities in [0, 1], shape (B, M): what Sigmoid gives.
  /// @param targets In [0, 1], shape (B, M), or class numbers (B); where M = 1, 0 or 1 of shape
  /// (B).
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a class is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Tensor& targets);

  /// @param predictions Probabilities in [0, 1], shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a class is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Tensor& targets);
};

/// Softmax and cross-entropy in one: C = 1/B Σ (ln Σⱼ e^z(j) − Σⱼ t(j) z(j)) of logits z.
/// Gradient: ∂C/∂z = (softmax(z) − t) / B. Where the targets of a sample do not sum to 1, their sum
/// stands before the logarithm and before softmax(z).
///
/// The same cost and gradient as a Softmax layer followed by CrossEntropy, without the detour: the
/// logarithm undoes the exponential, so no probability is ever too small, and the two derivatives
/// shrink to one subtraction.
class SoftmaxCrossEntropy {
 public:
  /// @return `softmax cross-entropy`.
  [[nodiscard]] static std::string name() { return "softmax cross-entropy"; }

  /// @param logits Any numbers, shape (B, M): the last dense layer's output.
  /// @param targets Shape (B, M), rows that sum to 1, or class numbers (B).
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit, there is one output only, or a class
  /// is out of range.
  [[nodiscard]] static double value(const Tensor& logits, const Tensor& targets);

  /// @param logits Any numbers, shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂Z, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit, there is one output only, or a class
  /// is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& logits, const Tensor& targets);
};

}  // namespace nn
