module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <numeric>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk.hpp>
#include <range/v3/view/drop.hpp>
#include <range/v3/view/map.hpp>
#include <range/v3/view/take.hpp>
#include <span>
#include <stdexcept>
#include <vector>

module nn.batching;

import nn.parallel;

namespace nn {

namespace {

void check_pairs(const char* where, const Dataset& dataset) {
  if (dataset.inputs.rows() != dataset.targets.rows()) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} inputs and {} targets, expected equally many", where,
                    dataset.inputs.rows(), dataset.targets.rows()));
  }
}

/// Asks for memory that is soon to be read: rows at random places take long to come.
void prefetch(std::span<const real> row) {
  constexpr std::size_t line = 64 / sizeof(real);
  for (std::size_t i = 0; i < row.size(); i += line) __builtin_prefetch(&row[i]);
}

/// The rows at these places, one after the other.
Tensor gather_rows(const Tensor& tensor, std::span<const std::size_t> places) {
  Tensor result = Tensor::uninitialized(tensor.shape().sample().batch(places.size()));
  constexpr std::size_t rows = 16;  // in a round
  parallel_for((places.size() + rows - 1) / rows, [&](std::size_t round) {
    const std::size_t end = std::min(places.size(), (round + 1) * rows);
    for (std::size_t i = round * rows; i < end; ++i) {
      if (i + 1 < end) prefetch(tensor.row(places[i + 1]));
      std::ranges::copy(tensor.row(places[i]), result.row(i).begin());
    }
  });
  return result;
}

Dataset gather_if_any(const Dataset& dataset, std::span<const std::size_t> places) {
  return places.empty() ? Dataset{} : gather(dataset, places);
}

Split apply(const Dataset& dataset, const SplitPlaces& places) {
  return {.training = gather(dataset, places.training),
          .validation = gather_if_any(dataset, places.validation),
          .test = gather_if_any(dataset, places.test)};
}

void check_labels(const char* where, const char* who, const Tensor& targets) {
  if (targets.rank() != 1) {
    throw std::invalid_argument(
        fmt::format("nn::{}: targets have shape {}, {} needs class numbers (N)", where,
                    to_string(targets.shape()), who));
  }
  for (std::size_t i = 0; i < targets.rows(); ++i) {
    if (targets(i) >= 0 && targets(i) == std::floor(targets(i))) continue;
    throw std::invalid_argument(fmt::format(
        "nn::{}: target of sample {} is {}, {} needs class numbers", where, i, targets(i), who));
  }
}

/// The number that each class gets when only these are chosen.
std::map<real, real> new_numbers(const Tensor& targets, const std::vector<std::size_t>& classes) {
  std::map<real, real> numbers;
  for (const std::size_t number : classes) {
    const auto old = static_cast<real>(number);
    if (!numbers.emplace(old, static_cast<real>(numbers.size())).second) {
      throw std::invalid_argument(
          fmt::format("nn::choose_classes: class {} is named twice", number));
    }
    if (std::ranges::find(targets.values(), old) == targets.values().end()) {
      throw std::invalid_argument(
          fmt::format("nn::choose_classes: no sample is of class {}", number));
    }
  }
  return numbers;
}

/// The samples of one class, and how many of them have found their place.
struct ClassQueue {
  std::vector<std::size_t> places;
  std::size_t taken = 0;
};

std::vector<ClassQueue> by_class(const std::vector<std::size_t>& order, const Tensor& targets) {
  std::map<real, ClassQueue> classes;
  for (const std::size_t place : order) classes[targets(place)].places.push_back(place);
  return classes | ranges::views::values | ranges::to<std::vector>();
}

/// Orders samples so that the first t of them, for every t, hold each class in its share of the
/// whole, to within one sample: of N samples, n of them of a class, more than t n / N − 1 and fewer
/// than t n / N + 1.
///
/// Sample i of a class may thus not come before t n / N > i and must have come when t n / N ≥ i
/// + 1. At every place, of the classes that may come, comes the one that must come soonest.
///
/// Source: Tijdeman (1980), "The chairman assignment problem".
std::vector<std::size_t> stratify(const std::vector<std::size_t>& order, const Tensor& targets) {
  check_labels("split", "stratified splitting", targets);
  std::vector<ClassQueue> classes = by_class(order, targets);
  std::vector<std::size_t> result;
  for (std::size_t t = 1; t <= order.size(); ++t) {
    const auto deadline = [&](const ClassQueue& c) {
      const auto size = static_cast<double>(c.places.size());
      const bool may_come = t * c.places.size() > c.taken * order.size();
      return may_come ? static_cast<double>(c.taken + 1) / size : INFINITY;
    };
    ClassQueue& next = *std::ranges::min_element(classes, {}, deadline);
    result.push_back(next.places[next.taken++]);
  }
  return result;
}

std::size_t share(const char* name, double fraction, std::size_t whole) {
  if (!(fraction >= 0 && fraction < 1)) {
    throw std::invalid_argument(fmt::format(
        "nn::split: fraction for {} is {}, expected at least 0 and below 1", name, fraction));
  }
  return static_cast<std::size_t>(std::llround(fraction * static_cast<double>(whole)));
}

}  // namespace

Dataset gather(const Dataset& dataset, std::span<const std::size_t> places) {
  check_pairs("gather", dataset);
  if (dataset.size() == 0) throw std::invalid_argument("nn::gather: the set is empty");
  if (places.empty()) throw std::invalid_argument("nn::gather: no places, expected at least one");
  if (const std::size_t last = std::ranges::max(places); last >= dataset.size()) {
    throw std::invalid_argument(
        fmt::format("nn::gather: place is {}, expected 0 to {}", last, dataset.size() - 1));
  }
  return {.inputs = gather_rows(dataset.inputs, places),
          .targets = gather_rows(dataset.targets, places)};
}

Dataset choose_classes(const Dataset& dataset, const std::vector<std::size_t>& classes) {
  check_pairs("choose_classes", dataset);
  check_labels("choose_classes", "choosing classes", dataset.targets);
  if (classes.empty()) {
    throw std::invalid_argument("nn::choose_classes: no classes, expected at least one");
  }
  const std::map<real, real> numbers = new_numbers(dataset.targets, classes);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (numbers.contains(dataset.targets(i))) places.push_back(i);
  }
  Dataset chosen = gather(dataset, places);
  for (real& target : chosen.targets.values()) target = numbers.at(target);
  return chosen;
}

Batches::Batches(const Dataset& dataset, const BatchOptions& options, Random random)
    : dataset_{&dataset}, options_{options}, random_{random}, order_(dataset.size()), count_{0} {
  check_pairs("Batches", dataset);
  if (dataset.size() == 0) throw std::invalid_argument("nn::Batches: the set is empty");
  if (options.size == 0 || options.size > dataset.size()) {
    throw std::invalid_argument(fmt::format("nn::Batches: batch size is {}, expected 1 to {}",
                                            options.size, dataset.size()));
  }
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  // [count]
  const std::size_t whole = dataset.size() / options.size;
  count_ = whole + (dataset.size() % options.size != 0 && !options.drop_last ? 1 : 0);
  // [/count]
}

std::size_t Batches::samples() const { return std::min(order_.size(), count_ * options_.size); }

// [shuffle]
void Batches::shuffle(std::size_t epoch) {
  if (options_.shuffle) order_ = random_.stream(epoch).permutation(order_.size());
}
// [/shuffle]

Dataset Batches::operator[](std::size_t index) const {
  if (order_.empty()) throw std::invalid_argument("nn::Batches: has no order, it was moved from");
  if (index >= count_) {
    throw std::invalid_argument(
        fmt::format("nn::Batches: batch index is {}, expected 0 to {}", index, count_ - 1));
  }
  const auto chunk =
      (order_ | ranges::views::chunk(options_.size))[static_cast<std::ptrdiff_t>(index)];
  return gather(*dataset_, {&*chunk.begin(), static_cast<std::size_t>(chunk.size())});
}

SplitPlaces split_places(const Tensor& targets, const Counts& sizes, const SplitOptions& options) {
  const std::size_t total = targets.rows();
  if (sizes.validation >= total || sizes.test >= total - sizes.validation) {
    throw std::invalid_argument(fmt::format(
        "nn::split: {} samples for validation and {} for test leave none of {} to train",
        sizes.validation, sizes.test, total));
  }
  // [cut]
  std::vector<std::size_t> order = Random{options.seed}.permutation(total);
  if (options.stratified) order = stratify(order, targets);
  const auto cut = [&](std::size_t from, std::size_t count) {
    return order | ranges::views::drop(from) | ranges::views::take(count) |
           ranges::to<std::vector>();
  };
  return {.training = cut(sizes.validation + sizes.test, total),
          .validation = cut(0, sizes.validation),
          .test = cut(sizes.validation, sizes.test)};
  // [/cut]
}

Split split(const Dataset& dataset, const Counts& sizes, const SplitOptions& options) {
  check_pairs("split", dataset);
  return apply(dataset, split_places(dataset.targets, sizes, options));
}

Split split(const Dataset& dataset, const Fractions& sizes, const SplitOptions& options) {
  return split(dataset,
               Counts{.validation = share("validation", sizes.validation, dataset.size()),
                      .test = share("test", sizes.test, dataset.size())},
               options);
}

}  // namespace nn
