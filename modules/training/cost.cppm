/// @file
/// @brief Costs: one number that says how wrong a network is, and its gradient.
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

/// A cost C compares predictions with targets. It is the mean over the samples of a batch, and so
/// is its gradient.
///
/// - `name()`: what a table calls it.
/// - `value(P, T)`: C, for predictions P of shape (B, M).
/// - `gradient(P, T)`: ∂C/∂P, shape (B, M).
///
/// Targets T are labels, one class from 0 to M − 1 for each sample, which mean a row with 1 in
/// that column and 0 elsewhere; or a tensor of wanted outputs, shape (B, M). @see Targets
// [contract]
template <class C>
concept Cost =
    std::copyable<C> && requires(const C& cost, const Tensor& predictions, const Targets& targets) {
      { cost.name() } -> std::convertible_to<std::string>;
      { cost.value(predictions, targets) } -> std::same_as<double>;
      { cost.gradient(predictions, targets) } -> std::same_as<Tensor>;
    };
// [/contract]

/// A cost under which samples count differently: `weight(T)` is what a batch with targets T weighs
/// in a mean over batches. With any other cost it is the number of samples.
template <class C>
concept WeighingCost = Cost<C> && requires(const C& cost, const Targets& targets) {
  { cost.weight(targets) } -> std::same_as<double>;
};

/// Probabilities are clamped to at least this, the smallest normal number (2⁻¹²⁶ in float), so that
/// the cost of being certain of the wrong class stays finite (at most 87.4 nats in float), and so
/// does its gradient.
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

/// The cross-entropy between target and predicted distribution: C = −1/B Σ t ln p, in nats; for a
/// target that is a class it is −ln of the probability of that class.
/// Gradient: ∂C/∂p = −t / (B p). @see least_probability
class CrossEntropy {
 public:
  /// @return `cross-entropy`.
  [[nodiscard]] static std::string name() { return "cross-entropy"; }

  /// @param predictions Probabilities in [0, 1], shape (B, M): what Softmax gives.
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

  /// @param predictions Probabilities in [0, 1], shape (B, M): what Sigmoid gives.
  /// @param targets In [0, 1], shape (B, M), or labels; where M = 1, labels 0 and 1 are the wanted
  ///   outputs.
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static double value(const Tensor& predictions, const Targets& targets);

  /// @param predictions Probabilities in [0, 1], shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂P, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit or a label is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& predictions, const Targets& targets);
};

/// Softmax and cross-entropy in one: C = 1/B Σ (ln Σⱼ e^z(j) − Σⱼ t(j) z(j)) of logits z.
/// Gradient: ∂C/∂z = (softmax(z) − t) / B. Where the targets of a sample do not sum to 1, their sum
/// multiplies the logarithm and softmax(z).
///
/// The same cost and gradient as a Softmax layer followed by CrossEntropy, without the detour: the
/// logarithm undoes the exponential, so no probability is ever too small, and the two derivatives
/// shrink to one subtraction.
class SoftmaxCrossEntropy {
 public:
  /// @return `softmax cross-entropy`.
  [[nodiscard]] static std::string name() { return "softmax cross-entropy"; }

  /// @param logits Any numbers, shape (B, M): the last dense layer's output.
  /// @param targets Labels, or shape (B, M), rows that sum to 1.
  /// @return C in nats, at least 0.
  /// @throws std::invalid_argument if the shapes do not fit, there is one output only, or a label
  /// is out of range.
  [[nodiscard]] static double value(const Tensor& logits, const Targets& targets);

  /// @param logits Any numbers, shape (B, M).
  /// @param targets As value() takes them.
  /// @return ∂C/∂Z, shape (B, M).
  /// @throws std::invalid_argument if the shapes do not fit, there is one output only, or a label
  /// is out of range.
  [[nodiscard]] static Tensor gradient(const Tensor& logits, const Targets& targets);
};

/// Weights under which every class counts alike, however rare: N / (K n) for a class of n samples,
/// where N samples are of K classes.
/// @param targets Labels, or one-hot rows.
/// @return The weights of the classes from 0 to the largest; 0 for one that has no samples.
/// @throws std::invalid_argument if there are no targets.
[[nodiscard]] std::vector<double> balanced_weights(const Targets& targets);

}  // namespace nn

namespace nn::detail {

/// Any cost without its type.
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
  /// @param targets For B samples.
  [[nodiscard]] double value(const Tensor& predictions, const Targets& targets) const {
    return self().value(predictions, targets);
  }

  /// ∂C/∂P. @see Cost
  /// @param predictions Shape (B, M).
  /// @param targets For B samples.
  [[nodiscard]] Tensor gradient(const Tensor& predictions, const Targets& targets) const {
    return self().gradient(predictions, targets);
  }

  /// What a batch weighs in a mean over batches. @see WeighingCost
  /// @param targets Of the batch.
  [[nodiscard]] double weight(const Targets& targets) const { return self().weight(targets); }

 private:
  [[nodiscard]] detail::CostInterface& self() const {
    if (self_) return *self_;
    throw std::invalid_argument("nn::AnyCost: is empty because it was moved from");
  }

  std::unique_ptr<detail::CostInterface> self_;
};

/// A cost in which a sample counts by the weight of its class: C = Σ w c / Σ w over a batch, where
/// c is the cost of a sample and w the weight of its class (PyTorch's convention). Each batch is
/// divided by its own Σ w, so in a batch without rare samples the frequent ones count in full.
/// @see balanced_weights
class Weighted {
 public:
  /// @param cost The cost of a batch.
  /// @param class_weights A weight for every class from 0 on; finite, 0 or more, and not all 0.
  /// @throws std::invalid_argument if a weight is not such a number, or all are 0.
  Weighted(AnyCost cost, std::vector<double> class_weights);

  /// @return The name of the cost and the weights: `softmax cross-entropy weighted 1, 2`.
  [[nodiscard]] std::string name() const;

  /// Σ w over a batch.
  /// @param targets Labels, or one-hot rows.
  /// @throws std::invalid_argument if a class has no weight.
  [[nodiscard]] double weight(const Targets& targets) const;

  /// @param predictions Shape (B, M).
  /// @param targets Labels, or one-hot rows, shape (B, M).
  /// @return C; 0 where all weights in the batch are 0.
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
