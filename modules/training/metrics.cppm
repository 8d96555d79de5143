/// @file
/// @brief Metrics: how good a classifier is, and which classes it confuses.
module;

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module nn.metrics;

export import nn.dataset;
export import nn.state;
export import nn.tensor;

export namespace nn {

/// A metric accumulates batches and returns one value; higher is better.
///
/// - `name()`: one word, used as a column header.
/// - `reset()`: forgets all batches.
/// - `add(P, T)`: adds a batch, predictions P of shape (B, M) and targets T as for a Cost.
/// - `value()`: the value over everything that was added, in [0, 1]; 0 before the first batch.
///
/// A metric that is also Stateful can be resumed in the middle of an epoch.
template <class M>
concept Metric = std::copyable<M> && requires(M metric, const M& constant,
                                              const Tensor& predictions, const Targets& targets) {
  { constant.name() } -> std::convertible_to<std::string>;
  metric.reset();
  metric.add(predictions, targets);
  { constant.value() } -> std::same_as<double>;
};

/// A confusion matrix: counts how often samples of each actual class were predicted as each class.
class ConfusionMatrix {
 public:
  /// @param size The number of classes, 2 to 65,536.
  /// @throws std::invalid_argument if there are fewer or more.
  explicit ConfusionMatrix(std::size_t size);

  /// Adds samples.
  /// @param predicted The predicted classes; Labels::no_class counts as a wrong prediction.
  /// @param actual The true classes, as many.
  /// @throws std::invalid_argument if the two differ in number or a class is out of range.
  void add(const Labels& predicted, const Labels& actual);

  /// The number of classes.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// How many samples were counted.
  [[nodiscard]] std::size_t total() const;

  /// How many samples of class `actual` were predicted as class `predicted`.
  /// @param actual 0 to size() − 1.
  /// @param predicted 0 to size() − 1.
  /// @throws std::invalid_argument if a class is out of range.
  [[nodiscard]] std::size_t operator()(std::size_t actual, std::size_t predicted) const;

  /// How many samples are of class `actual`.
  /// @param actual 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] std::size_t samples(std::size_t actual) const;

  /// How many samples were predicted as class `predicted`.
  /// @param predicted 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] std::size_t predictions(std::size_t predicted) const;

  /// How many samples of class `actual` were predicted as no class, because of a NaN.
  /// @param actual 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] std::size_t without_class(std::size_t actual) const;

  /// Whether a class occurs, as a sample or as a prediction.
  /// @param index The class, 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] bool occurs(std::size_t index) const;

  /// The fraction of samples predicted correctly, in [0, 1].
  [[nodiscard]] double accuracy() const;

  /// The fraction of the samples predicted as this class that really are of it: TP / (TP + FP). If
  /// no sample was predicted as this class, 0/0 counts as 0.
  /// @param index The class, 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] double precision(std::size_t index) const;

  /// The fraction of the samples of this class that were predicted as it: TP / (TP + FN). If there
  /// are none, 0/0 counts as 0.
  /// @param index The class, 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] double recall(std::size_t index) const;

  /// The harmonic mean of precision P and recall R: 2 P R / (P + R); 0 if both are 0.
  /// @param index The class, 0 to size() − 1.
  /// @throws std::invalid_argument if the class is out of range.
  [[nodiscard]] double f1(std::size_t index) const;

  /// The macro average of the precision: the mean of precision(index) over the classes that occur,
  /// each with the same weight; 0 if none does. As in scikit-learn, a class with neither samples
  /// nor predictions does not count.
  [[nodiscard]] double macro_precision() const;

  /// The macro average of the recall, over the same classes.
  [[nodiscard]] double macro_recall() const;

  /// The macro average of F1, over the same classes.
  [[nodiscard]] double macro_f1() const;

  /// Two classes that were mixed up: `count` samples of class `actual` predicted as `predicted`.
  struct Confusion {
    std::size_t actual;
    std::size_t predicted;
    std::size_t count;
  };

  /// The mix-ups, most frequent first.
  [[nodiscard]] std::vector<Confusion> confusions() const;

  /// The counts as an aligned table: a row for each actual class, a column for each predicted
  /// class, and a column `none` if there were predictions of no class.
  [[nodiscard]] std::string table() const;

  /// Precision, recall and F1 of every class and their means as an aligned table, in percent.
  [[nodiscard]] std::string report() const;

  /// @return `counts`: the matrix, row by row.
  [[nodiscard]] std::vector<State> state() {
    return {{.name = "counts", .value = std::span{counts_}}};
  }

 private:
  void check(std::size_t index) const;
  [[nodiscard]] std::size_t columns() const { return size_ + 1; }

  std::size_t size_;
  std::vector<std::uint64_t> counts_;  // a row for each class; the last column: no class
};

/// The fraction of samples whose class is predicted correctly. A row of predictions that contains
/// NaN is wrong.
class Accuracy {
 public:
  /// @return `accuracy`.
  [[nodiscard]] static std::string name() { return "accuracy"; }
  /// Forgets what was added.
  void reset() { *this = {}; }

  /// Adds a batch.
  /// @param predictions Shape (B, M).
  /// @param targets Labels, or shape (B, M); a label without a column in the predictions is a miss.
  /// @throws std::invalid_argument if either has another number of axes, or the two differ in
  ///   number.
  void add(const Tensor& predictions, const Targets& targets);

  /// @return In [0, 1].
  [[nodiscard]] double value() const;

  /// @return What was counted.
  [[nodiscard]] std::vector<State> state() {
    return {counter_state("right", right_), counter_state("seen", seen_)};
  }

 private:
  std::uint64_t right_ = 0;
  std::uint64_t seen_ = 0;
};

/// Top-k accuracy: the fraction of samples whose class is among the k largest predictions. A row of
/// predictions that contains NaN is wrong.
class TopAccuracy {
 public:
  /// @param k At least 1.
  /// @throws std::invalid_argument if k is 0.
  explicit TopAccuracy(std::size_t k);

  /// @return `top_3_accuracy`.
  [[nodiscard]] std::string name() const;
  /// Forgets what was added.
  void reset() { right_ = seen_ = 0; }

  /// Adds a batch. Of equal predictions, that of the lower class counts as larger.
  /// @param predictions Shape (B, M), M at least 2.
  /// @param targets Labels, or shape (B, M); a label of M or more counts as a miss.
  /// @throws std::invalid_argument if M is 1, either has another number of axes, or the two differ
  ///   in number.
  void add(const Tensor& predictions, const Targets& targets);

  /// @return In [0, 1].
  [[nodiscard]] double value() const;

  /// @return What was counted.
  [[nodiscard]] std::vector<State> state() {
    return {counter_state("right", right_), counter_state("seen", seen_)};
  }

 private:
  std::size_t k_;
  std::uint64_t right_ = 0;
  std::uint64_t seen_ = 0;
};

/// A macro average as a metric: the mean over the classes, each class with the same weight.
template <class Summary>
class MacroMean {
 public:
  /// @param size The number of classes, 2 to 65,536.
  /// @throws std::invalid_argument if there are fewer or more.
  explicit MacroMean(std::size_t size) : matrix_{size} {}

  /// @return `precision`, `recall` or `f1`.
  [[nodiscard]] static std::string name() { return Summary::name; }
  /// Forgets what was added.
  void reset() { matrix_ = ConfusionMatrix{matrix_.size()}; }

  /// Adds a batch.
  /// @param predictions Shape (B, M).
  /// @param targets Labels, or shape (B, M).
  /// @throws std::invalid_argument if either has another number of axes, the two differ in number,
  ///   or a class is not below size.
  void add(const Tensor& predictions, const Targets& targets) {
    if (!targets.are_labels()) targets.check_fit("MacroMean", predictions.shape());
    matrix_.add(Labels::from_rows(predictions), targets.classes());
  }

  /// @return In [0, 1].
  [[nodiscard]] double value() const { return Summary::of(matrix_); }

  /// @return What was counted.
  [[nodiscard]] std::vector<State> state() { return matrix_.state(); }

 private:
  ConfusionMatrix matrix_;
};

/// What Precision takes from a confusion matrix.
struct PrecisionSummary {
  static constexpr const char* name = "precision";
  /// @param matrix What was counted.
  /// @return The mean precision, in [0, 1].
  static double of(const ConfusionMatrix& matrix) { return matrix.macro_precision(); }
};

/// What Recall takes from a confusion matrix.
struct RecallSummary {
  static constexpr const char* name = "recall";
  /// @param matrix What was counted.
  /// @return The mean recall, in [0, 1].
  static double of(const ConfusionMatrix& matrix) { return matrix.macro_recall(); }
};

/// What F1 takes from a confusion matrix.
struct F1Summary {
  static constexpr const char* name = "f1";
  /// @param matrix What was counted.
  /// @return The mean F1, in [0, 1].
  static double of(const ConfusionMatrix& matrix) { return matrix.macro_f1(); }
};

/// The mean precision of the classes. @see ConfusionMatrix::macro_precision
using Precision = MacroMean<PrecisionSummary>;

/// The mean recall of the classes. @see ConfusionMatrix::macro_recall
using Recall = MacroMean<RecallSummary>;

/// The mean F1 of the classes. @see ConfusionMatrix::macro_f1
using F1 = MacroMean<F1Summary>;

}  // namespace nn

namespace nn::detail {

/// The interface of every metric, without its type.
struct MetricInterface {
  MetricInterface() = default;
  MetricInterface(const MetricInterface&) = default;
  MetricInterface& operator=(const MetricInterface&) = delete;
  virtual ~MetricInterface() = default;
  [[nodiscard]] virtual std::unique_ptr<MetricInterface> clone() const = 0;
  [[nodiscard]] virtual std::string name() const = 0;
  virtual void reset() = 0;
  virtual void add(const Tensor& predictions, const Targets& targets) = 0;
  [[nodiscard]] virtual double value() const = 0;
  [[nodiscard]] virtual bool is_resumable() const = 0;
  [[nodiscard]] virtual std::vector<State> state() = 0;
};

template <Metric M>
struct MetricModel final : MetricInterface {
  explicit MetricModel(M concrete) : metric{std::move(concrete)} {}
  [[nodiscard]] std::unique_ptr<MetricInterface> clone() const override {
    return std::make_unique<MetricModel>(*this);
  }
  [[nodiscard]] std::string name() const override { return metric.name(); }
  void reset() override { metric.reset(); }
  void add(const Tensor& p, const Targets& t) override { metric.add(p, t); }
  [[nodiscard]] double value() const override { return metric.value(); }
  [[nodiscard]] bool is_resumable() const override { return Stateful<M>; }
  [[nodiscard]] std::vector<State> state() override {
    if constexpr (Stateful<M>) return metric.state();
    return {};
  }
  M metric;
};

}  // namespace nn::detail

export namespace nn {

/// A metric of any type, as a value.
class AnyMetric {
 public:
  /// @param metric Copied or moved in.
  template <class M>
    requires(!std::same_as<M, AnyMetric> && Metric<M>)
  AnyMetric(M metric)  // implicit: every metric is one
      : self_{std::make_unique<detail::MetricModel<M>>(std::move(metric))} {}
  AnyMetric(const AnyMetric& other) : self_{other.self().clone()} {}
  AnyMetric& operator=(const AnyMetric& other) { return *this = AnyMetric{other}; }
  AnyMetric(AnyMetric&&) noexcept = default;
  AnyMetric& operator=(AnyMetric&&) noexcept = default;
  ~AnyMetric() = default;

  /// The metric's name.
  [[nodiscard]] std::string name() const { return self().name(); }
  /// Forgets what was added.
  void reset() { self().reset(); }
  /// Adds a batch. @see Metric
  /// @param predictions Shape (B, M).
  /// @param targets One target for each of the B samples.
  void add(const Tensor& predictions, const Targets& targets) { self().add(predictions, targets); }
  /// The value over everything that was added.
  [[nodiscard]] double value() const { return self().value(); }
  /// Whether state() is complete, so that it can be resumed in the middle of an epoch.
  [[nodiscard]] bool is_resumable() const { return self().is_resumable(); }
  /// What it has counted; empty if it is not resumable.
  [[nodiscard]] std::vector<State> state() { return self().state(); }

 private:
  [[nodiscard]] detail::MetricInterface& self() const {
    if (self_) return *self_;
    throw std::invalid_argument("nn::AnyMetric: is empty because it was moved from");
  }

  std::unique_ptr<detail::MetricInterface> self_;
};

}  // namespace nn
