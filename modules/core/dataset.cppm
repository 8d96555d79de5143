/// @file
/// @brief Data sets: samples, what a network should make of them, and how a set is divided.
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

  /// Class numbers that are stored as real numbers. The one place where they are converted.
  /// @param numbers Shape (N).
  /// @throws std::invalid_argument if there is another number of axes, or one is not a whole number
  ///   from 0 to 2²⁴ − 1, beyond which float does not hold every whole number.
  [[nodiscard]] static Labels from_numbers(const Tensor& numbers);

  /// What a row of scores that contains NaN names instead of a class. It is not the largest number,
  /// because that is what -1 becomes.
  static constexpr std::size_t no_class = std::numeric_limits<std::size_t>::max() / 2 + 1;

  /// The class that each row of scores or of a one-hot matrix names: the column of the largest
  /// value, the first of equal ones. A single column is the probability of class 1, and names class
  /// 1 where it is at least 1/2. A row with a NaN names `no_class`.
  /// @param rows Shape (N, M).
  /// @throws std::invalid_argument if rows is not a matrix.
  [[nodiscard]] static Labels from_rows(const Tensor& rows);

  /// The class that one row of scores names. @see from_rows
  /// @param row At least one score.
  [[nodiscard]] static std::size_t from_row(std::span<const real> row);

  /// How many there are.
  [[nodiscard]] std::size_t size() const { return classes_.size(); }
  /// One of them.
  /// @param sample 0 to size() − 1.
  [[nodiscard]] std::size_t operator[](std::size_t sample) const { return classes_[sample]; }
  /// The first of them.
  [[nodiscard]] auto begin() const { return classes_.begin(); }
  /// One past the last.
  [[nodiscard]] auto end() const { return classes_.end(); }

  /// Adds one.
  /// @param label 0 or more.
  void push_back(std::size_t label) { classes_.push_back(label); }

  /// A row for each: 1 in the column of its class, 0 elsewhere.
  /// @param classes The number of columns, more than any label.
  /// @return Shape (N, classes).
  /// @throws std::invalid_argument if there are no labels or one is not below `classes`.
  [[nodiscard]] Tensor one_hot(std::size_t classes) const;

  /// Copies some of them over the content of another list, whose memory is used again.
  /// @param places Which, each below size().
  /// @param to Receives them.
  void select(std::span<const std::size_t> places, Labels& to) const;

  bool operator==(const Labels&) const = default;

 private:
  std::vector<std::size_t> classes_;
};

/// What a network should make of some samples: labels for a classifier, or a tensor of wanted
/// outputs, one row for each sample.
class Targets {
 public:
  Targets() = default;
  /// @param labels One for each sample.
  Targets(Labels labels) : value_{std::move(labels)} {}  // implicit: labels are targets
  /// @param outputs Wanted outputs, shape (N, M); with one output for each sample also (N).
  Targets(Tensor outputs) : value_{std::move(outputs)} {}  // implicit: outputs are targets

  // Defaulted where the module is implemented: else every importer compiles them again.
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

  /// The class of one sample: its label, or the class that its row of wanted outputs names.
  /// @param sample 0 to size() − 1.
  [[nodiscard]] std::size_t class_of(std::size_t sample) const {
    const auto* const labels = std::get_if<Labels>(&value_);
    return labels != nullptr ? (*labels)[sample]
                             : Labels::from_row(std::get<Tensor>(value_).row(sample));
  }

  /// The classes of all samples. @see class_of
  [[nodiscard]] Labels classes() const;

  /// What output j should be for one sample: its value in the wanted outputs; for a label 1 where j
  /// is the class and 0 elsewhere, and where there is a single output the label itself, 0 or 1.
  /// @param sample 0 to size() − 1.
  /// @param j 0 to columns − 1.
  /// @param columns How many outputs the network has.
  [[nodiscard]] real wanted(std::size_t sample, std::size_t j, std::size_t columns) const {
    if (const auto* const labels = std::get_if<Labels>(&value_)) {
      const std::size_t label = (*labels)[sample];
      if (columns == 1) return static_cast<real>(label);
      return label == j ? 1 : 0;
    }
    return std::get<Tensor>(value_).data()[sample * columns + j];
  }

  /// Checks that these can be the targets of some predictions.
  /// @param owner Who asks, for the error: `CrossEntropy`.
  /// @param predictions The shape of the predictions.
  /// @throws std::invalid_argument unless the predictions have shape (N, M) and these are N labels
  ///   below M (0 and 1 where M = 1), or outputs of that shape.
  void check_fit(std::string_view owner, const Shape& predictions) const;

  /// Copies some of them over the content of others, whose memory is used again.
  /// @param places Which, each below size().
  /// @param to Receives them.
  void select(std::span<const std::size_t> places, Targets& to) const;

  /// Whether both are the same.
  bool operator==(const Targets& other) const;

 private:
  std::variant<Labels, Tensor> value_;
};

/// Samples and what a network should make of them.
struct Dataset {
  Tensor inputs;      ///< Shape (N, …): N samples.
  Targets targets{};  ///< N of them.

  /// The number of samples; 0 for an empty set.
  [[nodiscard]] std::size_t size() const { return inputs.rows(); }

  /// Some neighboring samples, copied into a set of their own.
  /// @param start The first of them, from 0 on.
  /// @param count How many, at least 1.
  /// @throws std::invalid_argument if inputs and targets differ in number, or the set ends before.
  [[nodiscard]] Dataset part(std::size_t start, std::size_t count) const;

  /// The first samples. @see part
  /// @param count How many, at least 1.
  /// @throws std::invalid_argument if inputs and targets differ in number, or the set has fewer.
  [[nodiscard]] Dataset first(std::size_t count) const { return part(0, count); }
};

/// Checks that a set has as many targets as inputs, and at least one sample.
/// @param owner Who asks, for the error: `Batches`.
/// @param dataset Any set.
/// @throws std::invalid_argument if it does not.
void check_samples(std::string_view owner, const Dataset& dataset);

/// The samples at these places, in this order.
/// @param dataset Any set.
/// @param places Numbers below its size, at least one.
/// @throws std::invalid_argument if inputs and targets differ in number, the set is empty, or there
///   are no places, or one is out of range.
[[nodiscard]] Dataset gather(const Dataset& dataset, std::span<const std::size_t> places);
/// The same, over the content of another set, whose memory is used again.
/// @throws std::invalid_argument also if it is the same set.
void gather(const Dataset& dataset, std::span<const std::size_t> places, Dataset& to);

/// The samples of some classes only, renumbered 0, 1, … in the order given, so that a network with
/// as many outputs as there are classes left can learn them.
/// @param dataset Its targets are labels.
/// @param classes Which to keep; with `{4, 9}` targets of 4 become 0 and those of 9 become 1.
/// @return Their samples, in the order of the set.
/// @throws std::invalid_argument if inputs and targets differ in number, targets are not labels, no
///   class is named, one is named twice, or one has no samples.
[[nodiscard]] Dataset choose_classes(const Dataset& dataset,
                                     const std::vector<std::size_t>& classes);

/// Three sets from one.
struct Split {
  Dataset training;
  Dataset validation;  ///< To choose by: epochs, learning rate, network.
  Dataset test;        ///< To be looked at once, at the end.
};

/// Sizes of the sets in samples; training takes what is left.
struct Counts {
  std::size_t validation = 0;
  std::size_t test = 0;
};

/// Sizes of the sets as fractions of the whole, rounded to the nearest sample; training takes what
/// is left.
struct Fractions {
  double validation = 0;  ///< In [0, 1).
  double test = 0;        ///< In [0, 1).
};

/// How a set is split.
struct SplitOptions {
  std::uint64_t seed = 0;   ///< Determines the permutation that is cut into three.
  bool stratified = false;  ///< Whether every set holds the same fraction of each class as the
                            ///< whole; the targets must be labels.
};

/// The places of the samples that go to each set. @see split
struct SplitPlaces {
  std::vector<std::size_t> training;
  std::vector<std::size_t> validation;
  std::vector<std::size_t> test;
};

/// Splits a set at random.
/// @param dataset At least one sample more than validation and test together.
/// @param sizes Of the sets; a set of size 0 is empty.
/// @param options Which samples go where.
/// @return The three sets.
/// @throws std::invalid_argument if inputs and targets differ in number, nothing is left for
///   training, a fraction is out of range, or stratified splitting is asked of targets that are not
///   labels.
[[nodiscard]] Split split(const Dataset& dataset, const Counts& sizes,
                          const SplitOptions& options = {});
/// The same, with the sizes as fractions of the whole.
[[nodiscard]] Split split(const Dataset& dataset, const Fractions& sizes,
                          const SplitOptions& options = {});

/// Like split(), but returns which samples go where instead of copying them.
/// @param targets Of the set that is to be split.
/// @param sizes Of the sets; training takes what is left.
/// @param options Which samples go where.
/// @return The places of each set's samples, in its order.
/// @throws std::invalid_argument if nothing is left for training, or stratified splitting is asked
///   of targets that are not labels.
[[nodiscard]] SplitPlaces split_places(const Targets& targets, const Counts& sizes,
                                       const SplitOptions& options = {});

}  // namespace nn
