/// @file
/// @brief Data sets: samples, their targets, and how to split a set for training and testing.
module;

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

export module nn.dataset;

export import nn.tensor;

export namespace nn {

/// Class numbers, one for each sample: `nn::Labels{3, 1, 4}`.
class Labels {
 public:
  Labels() = default;
  /// @param classes Each 0 or more.
  Labels(std::initializer_list<std::size_t> classes) : classes_{classes} {}
  /// @param classes Each 0 or more.
  explicit Labels(std::vector<std::size_t> classes) : classes_{std::move(classes)} {}

  /// Converts class numbers that are stored in a tensor, as some file formats have them.
  /// @param numbers Shape (N).
  /// @throws std::invalid_argument if the shape differs, or a value is not a whole number from 0 to
  ///   2²⁴ − 1 (a float cannot represent every whole number above 2²⁴).
  [[nodiscard]] static Labels from_numbers(const Tensor& numbers);

  /// Means "no class", for a row of scores that contains NaN. It is not the largest number,
  /// because −1 converts to that one, and such a label should be reported as a mistake.
  static constexpr std::size_t no_class = std::numeric_limits<std::size_t>::max() / 2 + 1;

  /// The class that each row of scores predicts (argmax): the column of the largest value, the
  /// first of equal ones. One-hot rows work too. A single column is the probability of class 1, so
  /// the class is 1 where it is at least 1/2. For a row with a NaN it is `no_class`.
  /// @param rows Shape (N, M).
  /// @throws std::invalid_argument if rows is not a matrix.
  [[nodiscard]] static Labels from_rows(const Tensor& rows);

  /// The class that one row of scores predicts. @see from_rows
  /// @param row At least one score.
  [[nodiscard]] static std::size_t from_row(std::span<const real> row);

  /// The number of labels.
  [[nodiscard]] std::size_t size() const { return classes_.size(); }
  /// The label of one sample.
  /// @param sample 0 to size() − 1.
  [[nodiscard]] std::size_t operator[](std::size_t sample) const { return classes_[sample]; }
  /// An iterator to the first label.
  [[nodiscard]] auto begin() const { return classes_.begin(); }
  /// An iterator past the last label.
  [[nodiscard]] auto end() const { return classes_.end(); }

  /// Appends a label.
  /// @param label 0 or more.
  void push_back(std::size_t label) { classes_.push_back(label); }

  /// One-hot encoding: a row for each label, 1 in the column of its class and 0 elsewhere.
  /// @param classes The number of columns, more than any label.
  /// @return Shape (N, classes).
  /// @throws std::invalid_argument if there are no labels or one is not below `classes`.
  [[nodiscard]] Tensor one_hot(std::size_t classes) const;

  /// Copies some labels into another list and reuses its memory.
  /// @param places The indices of the labels, each below size().
  /// @param to Overwritten with the copies.
  void select(std::span<const std::size_t> places, Labels& to) const;

  bool operator==(const Labels&) const = default;

 private:
  std::vector<std::size_t> classes_;
};

/// What a network should predict for some samples: labels for a classifier, or a tensor of wanted
/// outputs, one row for each sample.
class Targets {
 public:
  Targets() = default;
  /// @param labels One for each sample.
  Targets(Labels labels) : value_{std::move(labels)} {}  // implicit: labels are targets
  /// @param outputs Wanted outputs, shape (N, M); with one output for each sample also (N).
  Targets(Tensor outputs) : value_{std::move(outputs)} {}  // implicit: outputs are targets

  // Defaulted in dataset.cpp; here, every importer would compile them again.
  Targets(const Targets& other);
  Targets(Targets&& other) noexcept;
  Targets& operator=(const Targets& other);
  Targets& operator=(Targets&& other) noexcept;
  ~Targets();

  /// The number of samples.
  [[nodiscard]] std::size_t size() const {
    return are_labels() ? std::get<Labels>(value_).size() : std::get<Tensor>(value_).rows();
  }

  /// Whether these are labels.
  [[nodiscard]] bool are_labels() const { return std::holds_alternative<Labels>(value_); }

  /// @return The labels.
  /// @throws std::invalid_argument if these are wanted outputs.
  [[nodiscard]] const Labels& labels() const;

  /// @return The wanted outputs.
  /// @throws std::invalid_argument if these are labels.
  [[nodiscard]] const Tensor& outputs() const;

  /// The class of one sample: its label, or the argmax of its row of wanted outputs.
  /// @param sample 0 to size() − 1.
  [[nodiscard]] std::size_t class_of(std::size_t sample) const {
    const auto* const labels = std::get_if<Labels>(&value_);
    return labels != nullptr ? (*labels)[sample]
                             : Labels::from_row(std::get<Tensor>(value_).row(sample));
  }

  /// The classes of all samples. @see class_of
  [[nodiscard]] Labels classes() const;

  /// What output j should be for one sample: its value in the tensor of wanted outputs. A label is
  /// read as a one-hot row, 1 if j is the class and 0 otherwise; if there is a single output, the
  /// label itself, 0 or 1, is the wanted output.
  /// @param sample 0 to size() − 1.
  /// @param j 0 to columns − 1.
  /// @param columns The number of the network's outputs.
  [[nodiscard]] real wanted(std::size_t sample, std::size_t j, std::size_t columns) const {
    if (const auto* const labels = std::get_if<Labels>(&value_)) {
      const std::size_t label = (*labels)[sample];
      if (columns == 1) return static_cast<real>(label);
      return label == j ? 1 : 0;
    }
    return std::get<Tensor>(value_).data()[sample * columns + j];
  }

  /// Checks that these can be the targets of some predictions.
  /// @param owner The calling class or function, for the error: `CrossEntropy`.
  /// @param predictions The shape of the predictions.
  /// @throws std::invalid_argument unless the predictions have shape (N, M) and these are N labels
  ///   below M (0 and 1 where M = 1), or outputs of that shape.
  void check_fit(std::string_view owner, const Shape& predictions) const;

  /// Like check_fit(), but also takes predictions for every place of sequences, where each place
  /// has a label.
  /// @param owner The calling class or function, for the error: `SoftmaxCrossEntropy`.
  /// @param predictions The shape of the predictions.
  /// @throws std::invalid_argument unless check_fit() accepts the predictions, or they have shape
  ///   (B, T, M) and these are B T labels below M.
  void check_fit_places(std::string_view owner, const Shape& predictions) const;

  /// Copies the targets of some samples into another object and reuses its memory.
  /// @param places The indices of the samples, each below size().
  /// @param to Overwritten with the copies.
  void select(std::span<const std::size_t> places, Targets& to) const;

  /// Whether both are labels or both are outputs, with exactly equal values.
  bool operator==(const Targets& other) const;

 private:
  std::variant<Labels, Tensor> value_;
};

/// Samples and their targets.
struct Dataset {
  Tensor inputs;      ///< Shape (N, …): N samples.
  Targets targets{};  ///< One for each sample.

  /// The number of samples; 0 for an empty set.
  [[nodiscard]] std::size_t size() const { return inputs.rows(); }

  /// Consecutive samples, copied into a new set.
  /// @param start The index of the first one.
  /// @param count How many, at least 1.
  /// @throws std::invalid_argument if inputs and targets differ in number, count is 0, or the set
  ///   has too few samples after start.
  [[nodiscard]] Dataset part(std::size_t start, std::size_t count) const;

  /// The first samples. @see part
  /// @param count How many, at least 1.
  /// @throws std::invalid_argument if inputs and targets differ in number, count is 0, or the set
  ///   has fewer samples.
  [[nodiscard]] Dataset first(std::size_t count) const { return part(0, count); }
};

/// Checks that a set has as many targets as inputs, and at least one sample.
/// @param owner The calling class or function, for the error: `Batches`.
/// @param dataset Any set.
/// @throws std::invalid_argument if it does not.
void check_samples(std::string_view owner, const Dataset& dataset);

/// Copies the samples with these indices, in this order.
/// @param dataset Any set.
/// @param places At least one index, each below the size of the set.
/// @throws std::invalid_argument if inputs and targets differ in number, the set is empty, there
///   are no indices, or one is out of range.
[[nodiscard]] Dataset gather(const Dataset& dataset, std::span<const std::size_t> places);
/// The same, into another set, whose memory is reused.
/// @throws std::invalid_argument also if it is the same set.
void gather(const Dataset& dataset, std::span<const std::size_t> places, Dataset& to);

/// Keeps the samples of some classes and renumbers these 0, 1, … in the order given, so that the
/// network needs only as many outputs as there are classes left.
/// @param dataset Its targets are labels.
/// @param classes Which to keep; with `{4, 9}` targets of 4 become 0 and those of 9 become 1.
/// @return Their samples, in the order of the set.
/// @throws std::invalid_argument if inputs and targets differ in number, targets are not labels, no
///   class is given, one is given twice, or one has no samples.
[[nodiscard]] Dataset choose_classes(const Dataset& dataset,
                                     const std::vector<std::size_t>& classes);

/// A data set divided into three.
struct Split {
  Dataset training;
  Dataset validation;  ///< For choosing hyperparameters: epochs, learning rate, network.
  Dataset test;        ///< For one measurement at the end, after all choices.
};

/// Sizes of the sets in samples; the rest is the training set.
struct Counts {
  std::size_t validation = 0;
  std::size_t test = 0;
};

/// Sizes of the sets as fractions of the whole, rounded to the nearest sample; the rest is the
/// training set.
struct Fractions {
  double validation = 0;  ///< In [0, 1).
  double test = 0;        ///< In [0, 1).
};

/// How a set is split.
struct SplitOptions {
  std::uint64_t seed = 0;   ///< Determines the permutation that is cut into three.
  bool stratified = false;  ///< Whether every set has the same fraction of each class as the
                            ///< whole; the targets must be labels.
};

/// The indices of the samples that go to each set. @see split_places
struct SplitPlaces {
  std::vector<std::size_t> training;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> test;
};

/// Splits a set at random.
/// @param dataset At least one sample more than validation and test together.
/// @param sizes The sizes of the validation and test sets; either may be 0.
/// @param options Seed and stratification.
/// @return The three sets.
/// @throws std::invalid_argument if inputs and targets differ in number, nothing is left for
///   training, a fraction is out of range, or the split is stratified and the targets are not
///   labels.
[[nodiscard]] Split split(const Dataset& dataset, const Counts& sizes,
                          const SplitOptions& options = {});
/// The same, with the sizes as fractions of the whole.
[[nodiscard]] Split split(const Dataset& dataset, const Fractions& sizes,
                          const SplitOptions& options = {});

/// Like split(), but returns the indices of each set's samples instead of copying the samples.
/// @param targets The targets of the set to split.
/// @param sizes The sizes of the validation and test sets; either may be 0.
/// @param options Seed and stratification.
/// @return The indices of each set's samples, in the order of the set.
/// @throws std::invalid_argument if nothing is left for training, or the split is stratified and
///   the targets are not labels.
[[nodiscard]] SplitPlaces split_places(const Targets& targets, const Counts& sizes,
                                       const SplitOptions& options = {});

}  // namespace nn
