module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

module nn.batching;

namespace nn {

Batches::Batches(const Dataset& dataset, const BatchOptions& options, Random random)
    : dataset_{&dataset}, options_{options}, random_{random}, count_{0} {
  check_samples("Batches", dataset);
  if (options.size == 0 || options.size > dataset.size()) {
    throw std::invalid_argument(fmt::format("nn::Batches: batch size is {}, expected 1 to {}",
                                            options.size, dataset.size()));
  }
  // [count]
  const std::size_t whole = dataset.size() / options.size;
  count_ = whole + (dataset.size() % options.size != 0 && !options.drop_last ? 1 : 0);
  // [/count]
}

std::size_t Batches::samples() const { return std::min(dataset_->size(), count_ * options_.size); }

// [epoch]
Batches::Epoch Batches::epoch(std::size_t number) const {
  std::vector<std::size_t> order;
  if (options_.shuffle) {
    order = random_.stream(number).permutation(dataset_->size());
  } else {
    order.resize(dataset_->size());
    std::iota(order.begin(), order.end(), std::size_t{0});
  }
  return Epoch{*dataset_, options_.size, count_, std::move(order)};
}
// [/epoch]

Batches::Epoch::Epoch(const Dataset& dataset, std::size_t batch_size, std::size_t count,
                      std::vector<std::size_t> order)
    : dataset_{&dataset}, batch_size_{batch_size}, count_{count}, order_{std::move(order)} {
  if ((count - 1) * batch_size >= order_.size()) {  // the set has changed since then
    throw std::invalid_argument(
        fmt::format("nn::Batches: the set now has {} samples, too few for {} batches of {}",
                    order_.size(), count, batch_size));
  }
}

// [read]
void Batches::Epoch::read(std::size_t index, Batch& batch) const {
  if (order_.empty())
    throw std::invalid_argument("nn::Batches: has no order because it was moved from");
  if (index >= count_) {
    throw std::invalid_argument(
        fmt::format("nn::Batches: batch index is {}, expected 0 to {}", index, count_ - 1));
  }
  const std::size_t first = index * batch_size_;
  const std::size_t size = std::min(batch_size_, order_.size() - first);
  gather(*dataset_, std::span{order_}.subspan(first, size), batch);
}
// [/read]

Batch Batches::Epoch::operator[](std::size_t index) const {
  Batch batch;
  read(index, batch);
  return batch;
}

}  // namespace nn
