/// @file
/// @brief Mini-batches, in a new order every epoch.
module;

#include <cstddef>
#include <iterator>
#include <vector>

export module nn.batching;

export import nn.dataset;
export import nn.random;

export namespace nn {

/// A batch is a small data set.
using Batch = Dataset;

/// How a set is divided into batches.
struct BatchOptions {
  std::size_t size = 100;  ///< The batch size, from 1 to the number of samples.
  bool shuffle = true;     ///< Whether every epoch has its own random order.
  bool drop_last = false;  ///< Whether to leave out the last batch if it would be smaller.
};

/// The mini-batches of a data set. For every epoch, the samples are put in a random order, which is
/// cut into batches:
///
///     for (const nn::Batch& batch : batches.epoch(1)) learn_from(batch);
///
/// The last batch has the remaining samples and may be smaller. For a mean over an epoch, weight
/// every batch by its size; otherwise the samples of a small batch count more than the rest.
class Batches {
 public:
  /// @param dataset Must outlive the batches.
  /// @param options Their size and order.
  /// @param random The source of the permutations.
  /// @throws std::invalid_argument if the set is empty, its inputs and targets differ in number, or
  ///   the batch size is 0 or larger than the set.
  Batches(const Dataset& dataset, const BatchOptions& options, Random random = Random{0});

  /// The number of batches in an epoch.
  [[nodiscard]] std::size_t count() const { return count_; }

  /// The number of samples in an epoch: all, unless a short last batch is dropped.
  [[nodiscard]] std::size_t samples() const;

  class Epoch;

  /// The batches of one epoch.
  /// @param number Any number; with the same generator it always gives the same order.
  /// @throws std::invalid_argument if the set has become too small for this many batches.
  [[nodiscard]] Epoch epoch(std::size_t number) const;

 private:
  const Dataset* dataset_;
  BatchOptions options_;
  Random random_;
  std::size_t count_;
};

/// The batches of one epoch, in order: a range that makes one batch at a time and reuses its memory
/// for the next.
class Batches::Epoch {
 public:
  /// The number of batches.
  [[nodiscard]] std::size_t size() const { return count_; }

  /// One batch, copied from the data set.
  /// @param index 0 to size() − 1.
  /// @throws std::invalid_argument if there is no such batch.
  [[nodiscard]] Batch operator[](std::size_t index) const;

  /// Copies one batch into another and reuses its memory.
  /// @param index 0 to size() − 1.
  /// @param batch Overwritten with the batch.
  /// @throws std::invalid_argument if there is no such batch.
  void read(std::size_t index, Batch& batch) const;

  /// An input iterator over the batches.
  class Iterator {
   public:
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    /// @param epoch The epoch to iterate over.
    explicit Iterator(const Epoch& epoch) : epoch_{&epoch} { load(); }
    /// The current batch.
    const Batch& operator*() const { return batch_; }
    /// Moves to the next batch.
    Iterator& operator++() {
      ++index_;
      load();
      return *this;
    }
    /// Moves to the next batch.
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t /*end*/) const { return index_ == epoch_->size(); }

   private:
    void load() {
      if (index_ < epoch_->size()) epoch_->read(index_, batch_);
    }
    const Epoch* epoch_ = nullptr;
    std::size_t index_ = 0;
    Batch batch_;
  };

  /// The first batch.
  [[nodiscard]] Iterator begin() const { return Iterator{*this}; }
  /// The end of the epoch.
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  friend class Batches;
  Epoch(const Dataset& dataset, std::size_t batch_size, std::size_t count,
        std::vector<std::size_t> order);

  const Dataset* dataset_;
  std::size_t batch_size_;
  std::size_t count_;
  std::vector<std::size_t> order_;
};

}  // namespace nn
