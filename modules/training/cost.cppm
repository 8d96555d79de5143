/// @file
/// @brief Costs (losses): one number that says how wrong a network is, and its gradient.
module;

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module nn.cost;

export import nn.dataset;
export import nn.tensor;

export namespace nn {

/// A cost C, which the field also calls a loss, compares predictions with targets. It is the mean
/// over the samples of a batch, and so is its gradient.
///
/// - `name()`: its name in tables.
/// - `value(P, T)`: C, for predictions P of shape (B, M).
/// - `gradient(P, T)`: ∂C/∂P, shape (B, M).
///
/// Targets T are labels, one class from 0 to M − 1 for each sample, which mean one-hot rows;
/// or a tensor of wanted outputs, shape (B, M). @see Targets
// [contract]
template <class C>
concept Cost =
    std::copyable<C> && requires(const C& cost, const Tensor& predictions, const Targets& targets) {
      { cost.name() } -> std::convertible_to<std::string>;
      { cost.value(predictions, targets) } -> std::same_as<double>;
      { cost.gradient(predictions, targets) } -> std::same_as<Tensor>;
    };
// [/contract]

/// A cost in which samples have different weights: `weight(T)` is the weight of a batch with
/// targets T in a mean over batches. For any other cost this weight is the number of samples.
template <class C>
concept WeighingCost = Cost<C> && requires(const C& cost, const Targets& targets) {
  { cost.weight(targets) } -> std::same_as<double>;
};

/// Probabilities are clamped to at least this, the smallest normal number (2⁻¹²⁶ in float), so that
/// the cost of a confident wrong prediction stays finite (at most 87.4 nats in float), and so does
/// its gradient.
constexpr real least_probability = std::numeric_limits<real>::min();

/// The mean squared error, for regression: C = 1/(B M) Σ (p − t)².
/// Gradient: ∂C/∂p = 2 (p − t) / (B M).
class MeanSquaredError {
 public:
  /// @return `mean squared error`.
  [[nodiscard]] static std::string name() { return "mean squared error"; }

  /// @param predictions Shape (B, M).
  /// @param targets Labels, or shape (B, M).
  /// @return C, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Targets& targets);

  /// @param predictions Shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Targets& targets);
};

/// The cross-entropy between target and predicted distribution: C = −1/B Σ t ln p, in nats. If the
/// target is a class, this is −ln of the probability of that class, the negative log-likelihood.
/// Gradient: ∂C/∂p = −t / (B p). @see least_probability
class CrossEntropy {
 public:
  /// @return `cross-entropy`.
  [[nodiscard]] static std::string name() { return "cross-entropy"; }

  /// @param predictions Probabilities in [0, 1], shape (B, M): the output of Softmax.
  /// @param targets Labels, or shape (B, M), rows that sum to 1.
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Targets& targets);

  /// @param predictions Probabilities in [0, 1], shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Targets& targets);
};

/// The cross-entropy of M yes-or-no questions: C = −1/(B M) Σ (t ln p + (1 − t) ln(1 − p)), in
/// nats. Gradient: ∂C/∂p = ((1 − t) / (1 − p) − t / p) / (B M). @see least_probability
class BinaryCrossEntropy {
 public:
  /// @return `binary cross-entropy`.
  [[nodiscard]] static std::string name() { return "binary cross-entropy"; }

  /// @param predictions Probabilities in [0, 1], shape (B, M): the output of Sigmoid.
  /// @param targets In [0, 1], shape (B, M), or labels; if M = 1, the labels 0 and 1 are the wanted
  ///   outputs themselves.
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Targets& targets);

  /// @param predictions Probabilities in [0, 1], shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Targets& targets);
};

/// Softmax and cross-entropy combined: C = 1/B Σ (ln Σⱼ e^z(j) − Σⱼ t(j) z(j)) for logits z.
/// Gradient: ∂C/∂z = (softmax(z) − t) / B. If the targets of a sample do not sum to 1, their sum
/// multiplies the logarithm and softmax(z).
///
/// Cost and gradient are those of a Softmax layer followed by CrossEntropy, but computed directly:
/// the logarithm cancels the exponential, so no probability underflows, and the two derivatives
/// simplify to one subtraction.
///
/// A network that predicts something at every place of a sequence, such as the next token, gives
/// logits of shape (B, T, M). Each place then counts as a sample: there are B T labels, those of
/// the first sequence first, and the cost is the mean over all places, with B T instead of B.
class SoftmaxCrossEntropy {
 public:
  /// @return `softmax cross-entropy`.
  [[nodiscard]] static std::string name() { return "softmax cross-entropy"; }

  /// @param logits Any numbers, shape (B, M) or (B, T, M): the last dense layer's output.
  /// @param targets Labels, or shape (B, M), rows that sum to 1; for (B, T, M) B T labels.
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit, there is only one output, or a label
  ///   is out of range.
  [[nodiscard]] static double value(const Tensor& logits, const Targets& targets);

  /// @param logits Any numbers, shape (B, M) or (B, T, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂Z, the shape of the logits.
  /// @throws std::invalid_argument if the shapes do not fit, there is only one output, or a label
  ///   is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& logits, const Targets& targets);
};

/// Class weights that make every class count the same, however rare it is: N / (K n) for a class
/// with n out of N samples, where K classes have samples.
/// @param targets Labels, or one-hot rows.
/// @return The weights of the classes from 0 to the largest; 0 for a class without samples.
/// @throws std::invalid_argument if there are no targets.
[[nodiscard]] std::vector<double> balanced_weights(const Targets& targets);

}  // namespace nn

namespace nn::detail {

/// The interface of every cost, without its type.
struct CostInterface {
  CostInterface() = default;
  CostInterface(const CostInterface&) = default;
  CostInterface& operator=(const CostInterface&) = delete;
  virtual ~CostInterface() = default;
  [[nodiscard]] virtual std::unique_ptr<CostInterface> clone() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual double value(const Tensor& predictions, const Targets& targets) const = 0;
  [[nodiscard]] virtual Tensor gradient(const Tensor& predictions,
                                        const Targets& targets) const = 0;
  [[nodiscard]] virtual double weight(const Targets& targets) const = 0;
};

template <Cost C>
struct CostModel final : CostInterface {
  explicit CostModel(C concrete) : cost{std::move(concrete)} {}
  [[nodiscard]] std::unique_ptr<CostInterface> clone() const override {
    return std::make_unique<CostModel>(*this);
  }
  [[nodiscard]] std::string name() const override { return cost.name(); }
  [[nodiscard]] double value(const Tensor& p, const Targets& t) const override {
    return cost.value(p, t);
  }
  [[nodiscard]] Tensor gradient(const Tensor& p, const Targets& t) const override {
    return cost.gradient(p, t);
  }
  [[nodiscard]] double weight(const Targets& targets) const override {
    if constexpr (WeighingCost<C>) {
      return cost.weight(targets);
    } else {
      return static_cast<double>(targets.size());
    }
  }
  C cost;
};

}  // namespace nn::detail

export namespace nn {

/// A cost of any type, as a value.
class AnyCost {
 public:
  /// @param cost Copied or moved in.
  template <class C>
    requires(!std::same_as<C, AnyCost> && Cost<C>)
  AnyCost(C cost)  // implicit: every cost is one
      : self_{std::make_unique<detail::CostModel<C>>(std::move(cost))} {}
  AnyCost(const AnyCost& other) : self_{other.self().clone()} {}
  AnyCost& operator=(const AnyCost& other) { return *this = AnyCost{other}; }
  AnyCost(AnyCost&&) noexcept = default;
  AnyCost& operator=(AnyCost&&) noexcept = default;
  ~AnyCost() = default;

  /// The cost's name.
  [[nodiscard]] std::string name() const { return self().name(); }

  /// C. @see Cost
  /// @param predictions Shape (B, M).
  /// @param targets One target for each of the B samples.
  [[nodiscard]] double value(const Tensor& predictions, const Targets& targets) const {
    return self().value(predictions, targets);
  }

  /// ∂C/∂P. @see Cost
  /// @param predictions Shape (B, M).
  /// @param targets One target for each of the B samples.
  [[nodiscard]] Tensor gradient(const Tensor& predictions, const Targets& targets) const {
    return self().gradient(predictions, targets);
  }

  /// The weight of a batch in a mean over batches. @see WeighingCost
  /// @param targets The targets of the batch.
  [[nodiscard]] double weight(const Targets& targets) const { return self().weight(targets); }

 private:
  [[nodiscard]] detail::CostInterface& self() const {
    if (self_) return *self_;
    throw std::invalid_argument("nn::AnyCost: is empty because it was moved from");
  }

  std::unique_ptr<detail::CostInterface> self_;
};

/// A cost that weights each sample by its class: C = Σ w c / Σ w over a batch, where c is the cost
/// of a sample and w the weight of its class (PyTorch's convention). Each batch is divided by its
/// own Σ w, so in a batch without samples of rare classes, the frequent classes count in full.
/// @see balanced_weights
class Weighted {
 public:
  /// @param cost The cost to weight.
  /// @param class_weights A weight for every class from 0; finite, 0 or more, and not all 0.
  /// @throws std::invalid_argument if a weight is negative or not finite, or all are 0.
  Weighted(AnyCost cost, std::vector<double> class_weights);

  /// @return The name of the cost and the weights: `softmax cross-entropy weighted 1, 2`.
  [[nodiscard]] std::string name() const;

  /// Σ w over a batch.
  /// @param targets Labels, or one-hot rows.
  /// @throws std::invalid_argument if a class has no weight.
  [[nodiscard]] double weight(const Targets& targets) const;

  /// @param predictions Shape (B, M).
  /// @param targets Labels, or one-hot rows, shape (B, M).
  /// @return C; 0 if all weights in the batch are 0.
  /// @throws std::invalid_argument if the shapes do not fit, or a class has no weight.
  [[nodiscard]] double value(const Tensor& predictions, const Targets& targets) const;

  /// @param predictions Shape (B, M).
  /// @param targets Labels, or one-hot rows, shape (B, M).
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit, or a class has no weight.
  [[nodiscard]] Tensor gradient(const Tensor& predictions, const Targets& targets) const;

 private:
  [[nodiscard]] double weight_of(const Targets& targets, std::size_t sample) const;

  AnyCost cost_;
  std::vector<double> class_weights_;
};

}  // namespace nn
