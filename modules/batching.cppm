/// @file
/// @brief Mini-batches in a new order every epoch; training, validation and test sets.
module;

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

export module nn.batching;

import nn.random;
export import nn.tensor;

export namespace nn {

/// Samples and what a network should make of them.
struct Dataset {
  Tensor inputs;   ///< Shape (N, …): N samples.
  Tensor targets;  ///< Shape (N), numbers of classes, or (N, M), rows of wanted outputs.

  /// The number of samples; 0 for an empty set.
  [[nodiscard]] std::size_t size() const { return inputs.rows(); }
};

/// The samples at these places, in this order.
/// @param dataset Any set.
/// @param places Numbers below its size, at least one.
/// @throws std::invalid_argument if inputs and targets differ in number, the set is empty, or there
///   are no places, or one is out of range.
[[nodiscard]] Dataset gather(const Dataset& dataset, std::span<const std::size_t> places);

/// The samples of some classes only, and these numbered anew, 0, 1, … in the order given: a network
/// with as many outputs as there are classes left can learn them.
/// @param dataset Its targets are numbers of classes, shape (N).
/// @param classes Which to keep, `{4, 9}` say: targets of 4 become 0, those of 9 become 1.
/// @return Their samples, in the order of the set.
/// @throws std::invalid_argument if inputs and targets differ in number, targets are not class
///   numbers, no class is named, one is named twice, or one has no samples.
[[nodiscard]] Dataset choose_classes(const Dataset& dataset,
                                     const std::vector<std::size_t>& classes);

/// How a set is cut into batches.
struct BatchOptions {
  std::size_t size = 100;  ///< Samples in a batch, at least 1 and at most as many as there are.
  bool shuffle = true;     ///< Whether every epoch has an order of its own.
  bool drop_last = false;  ///< Whether to leave out a last batch that would be short.
};

/// The batches of an epoch: a permutation of the samples, cut into chunks.
///
/// The last batch holds what is left and may be short. Who takes means over an epoch weights every
/// batch by its size, else its few samples count for more than others.
class Batches {
 public:
  /// @param dataset Must outlive the batches.
  /// @param options Their size and order.
  /// @param random Where the permutations come from.
  /// @throws std::invalid_argument if the set is empty, its inputs and targets differ in number, or
  ///   the batch size is 0 or larger than the set.
  Batches(const Dataset& dataset, const BatchOptions& options, Random random = Random{0});

  /// The number of batches in an epoch.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// The number of samples in an epoch: all, unless a short last batch is dropped.
  [[nodiscard]] std::size_t samples() const;

  /// Draws the order of an epoch; the same epoch of the same random numbers always has the same.
  /// @param epoch Its number.
  void shuffle(std::size_t epoch);

  /// One batch of the epoch.
  /// @param index 0 to count() − 1.
  /// @throws std::invalid_argument if the index is out of range.
  [[nodiscard]] Dataset operator[](std::size_t index) const;

 private:
  const Dataset* dataset_;
  BatchOptions options_;
  Random random_;
  std::vector<std::size_t> order_;
  std::size_t count_;
};

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

/// Sizes of the sets as shares of the whole, rounded to the nearest sample; training takes what is
/// left.
struct Fractions {
  double validation = 0;  ///< In [0, 1).
  double test = 0;        ///< In [0, 1).
};

/// How a set is split.
struct SplitOptions {
  std::uint64_t seed = 0;   ///< Names the permutation that is cut into three.
  bool stratified = false;  ///< Whether every set holds each class in its share of the whole; the
                            ///< targets must be numbers of classes.
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
///   class numbers.
[[nodiscard]] Split split(const Dataset& dataset, const Counts& sizes,
                          const SplitOptions& options = {});
/// The same, the sizes given as shares of the whole.
[[nodiscard]] Split split(const Dataset& dataset, const Fractions& sizes,
                          const SplitOptions& options = {});

/// As split(), but says which samples go where instead of copying them.
/// @param targets Of the set that is to be split.
/// @param sizes Of the sets; training takes what is left.
/// @param options Which samples go where.
/// @return The places of each set's samples, in its order.
/// @throws std::invalid_argument if nothing is left for training, or stratified splitting is asked
///   of targets that are not class numbers.
[[nodiscard]] SplitPlaces split_places(const Tensor& targets, const Counts& sizes,
                                       const SplitOptions& options = {});

}  // namespace nn
