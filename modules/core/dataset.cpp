module;

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/drop.hpp>
#include <range/v3/view/map.hpp>
#include <range/v3/view/take.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

module nn.dataset;

import nn.parallel;
import nn.random;
import nn.text;

namespace nn {

namespace {

/// Prefetches a row that will be read soon, because rows at random places take long to arrive.
void prefetch(std::span<const real> row) {
  constexpr std::size_t line = 64 / sizeof(real);
  for (std::size_t i = 0; i < row.size(); i += line) __builtin_prefetch(&row[i]);
}

/// Copies the rows at these places, in this order.
void gather_rows(const Tensor& tensor, std::span<const std::size_t> places, Tensor& to) {
  const Shape shape = tensor.shape().sample().batch(places.size());
  if (to.shape() != shape) to = Tensor::uninitialized(shape);
  constexpr std::size_t rows = 16;  // per round of the parallel loop
  parallel_for((places.size() + rows - 1) / rows, [&](std::size_t round) {
    const std::size_t end = std::min(places.size(), (round + 1) * rows);
    for (std::size_t i = round * rows; i < end; ++i) {
      if (i + 1 < end) prefetch(tensor.row(places[i + 1]));
      std::ranges::copy(tensor.row(places[i]), to.row(i).begin());
    }
  });
}

const Labels& checked_labels(const char* owner, const char* purpose, const Targets& targets) {
  if (targets.are_labels()) return targets.labels();
  throw std::invalid_argument(
      fmt::format("nn::{}: targets are outputs of shape {}, but {} needs labels", owner,
                  to_string(targets.outputs().shape()), purpose));
}

}  // namespace

// --------------------------------------------------------------------------------------- labels

Labels Labels::from_numbers(const Tensor& numbers) {
  if (numbers.rank() != 1) {
    throw std::invalid_argument(
        fmt::format("nn::Labels: numbers have shape {}, expected (N)", to_string(numbers.shape())));
  }
  constexpr real bound = 1 << 24;
  std::vector<std::size_t> classes;
  for (const real number : numbers.values()) {
    if (!(number >= 0 && number < bound) || number != std::floor(number)) {
      throw std::invalid_argument(
          fmt::format("nn::Labels: label of sample {} is {}, expected a whole number "
                      "from 0 to 16777215",
                      classes.size(), unsigned_nan(number)));
    }
    classes.push_back(static_cast<std::size_t>(number));
  }
  return Labels{std::move(classes)};
}

Labels Labels::from_rows(const Tensor& rows) {
  if (rows.rank() != 2) {
    throw std::invalid_argument(
        fmt::format("nn::Labels: rows have shape {}, expected (N, M)", to_string(rows.shape())));
  }
  std::vector<std::size_t> classes(rows.rows());
  for (std::size_t n = 0; n < classes.size(); ++n) classes[n] = from_row(rows.row(n));
  return Labels{std::move(classes)};
}

std::size_t Labels::from_row(std::span<const real> row) {
  if (std::ranges::any_of(row, [](real score) { return std::isnan(score); })) return no_class;
  if (row.size() == 1) return row[0] >= real(0.5) ? 1 : 0;
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

Tensor Labels::one_hot(std::size_t classes) const {
  Tensor rows{Shape{size(), classes}};
  for (std::size_t n = 0; n < size(); ++n) {
    if (classes_[n] >= classes) {
      throw std::invalid_argument(fmt::format(
          "nn::Labels: label of sample {} is {}, expected 0 to {}", n, classes_[n], classes - 1));
    }
    rows(n, classes_[n]) = 1;
  }
  return rows;
}

void Labels::select(std::span<const std::size_t> places, Labels& to) const {
  to.classes_.resize(places.size());
  std::ranges::transform(places, to.classes_.begin(),
                         [this](std::size_t place) { return classes_[place]; });
}

// -------------------------------------------------------------------------------------- targets

const Labels& Targets::labels() const {
  if (const auto* const labels = std::get_if<Labels>(&value_)) return *labels;
  throw std::invalid_argument(
      "nn::Targets: labels() was called, but the targets are a tensor of outputs");
}

const Tensor& Targets::outputs() const {
  if (const auto* const outputs = std::get_if<Tensor>(&value_)) return *outputs;
  throw std::invalid_argument("nn::Targets: outputs() was called, but the targets are labels");
}

Targets::Targets(const Targets& other) = default;
Targets::Targets(Targets&& other) noexcept = default;
Targets& Targets::operator=(const Targets& other) = default;
Targets& Targets::operator=(Targets&& other) noexcept = default;
Targets::~Targets() = default;
bool Targets::operator==(const Targets& other) const = default;

Labels Targets::classes() const {
  if (are_labels()) return labels();
  std::vector<std::size_t> classes(size());
  for (std::size_t n = 0; n < classes.size(); ++n) classes[n] = class_of(n);
  return Labels{std::move(classes)};
}

void Targets::check_fit(std::string_view owner, const Shape& predictions) const {
  const auto refuse = [&](std::string_view targets) {
    throw std::invalid_argument(fmt::format(
        "nn::{}: predictions have shape {} and targets {}, expected (B, M) and B labels "
        "or (B, M)",
        owner, to_string(predictions), targets));
  };
  const bool fits = predictions.rank() == 2 && size() == predictions[0];
  if (!are_labels()) {
    const Shape& shape = outputs().shape();
    if (fits && (shape == predictions || (shape.rank() == 1 && predictions[1] == 1))) return;
    refuse(to_string(shape));
  }
  if (!fits) refuse(fmt::format("are {} labels", size()));
  const std::size_t classes = predictions[1] == 1 ? 2 : predictions[1];
  const Labels& all = labels();
  const auto wrong = std::ranges::find_if(all, [=](std::size_t label) { return label >= classes; });
  if (wrong == all.end()) return;
  throw std::invalid_argument(fmt::format("nn::{}: label of sample {} is {}, expected 0 to {}",
                                          owner, wrong - all.begin(), *wrong, classes - 1));
}

void Targets::check_fit_places(std::string_view owner, const Shape& predictions) const {
  if (predictions.rank() != 3) return check_fit(owner, predictions);
  const std::size_t places = predictions[0] * predictions[1];
  if (are_labels() && size() == places) return check_fit(owner, Shape{places, predictions[2]});
  const std::string targets =
      are_labels() ? fmt::format("are {} labels", size()) : to_string(outputs().shape());
  throw std::invalid_argument(
      fmt::format("nn::{}: predictions have shape {} and targets {}, expected {} labels, one for "
                  "each place",
                  owner, to_string(predictions), targets, places));
}

void Targets::select(std::span<const std::size_t> places, Targets& to) const {
  if (are_labels()) {
    if (!to.are_labels()) to = Labels{};
    labels().select(places, std::get<Labels>(to.value_));
  } else {
    if (to.are_labels()) to = Tensor{};
    gather_rows(outputs(), places, std::get<Tensor>(to.value_));
  }
}

// ----------------------------------------------------------------------------------------- sets

void check_samples(std::string_view owner, const Dataset& dataset) {
  if (dataset.size() != dataset.targets.size()) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} inputs and {} targets, expected the same number of each", owner,
                    dataset.size(), dataset.targets.size()));
  }
  if (dataset.size() == 0) {
    throw std::invalid_argument(fmt::format("nn::{}: 0 samples, expected at least 1", owner));
  }
}

Dataset Dataset::part(std::size_t start, std::size_t count) const {
  check_samples("Dataset", *this);
  if (count == 0 || count > size() || start > size() - count) {
    throw std::invalid_argument(fmt::format(
        "nn::Dataset: {} samples starting at {}, expected 1 or more, all within the set's {}",
        count, start, size()));
  }
  Dataset part{.inputs = inputs.rows(start, count)};
  std::vector<std::size_t> places(count);
  for (std::size_t i = 0; i < count; ++i) places[i] = start + i;
  targets.select(places, part.targets);
  return part;
}

void gather(const Dataset& dataset, std::span<const std::size_t> places, Dataset& to) {
  check_samples("gather", dataset);
  if (&to == &dataset) {
    throw std::invalid_argument(
        "nn::gather: the destination is the set itself, expected a different one");
  }
  if (places.empty()) throw std::invalid_argument("nn::gather: no indices, expected at least one");
  if (const std::size_t last = std::ranges::max(places); last >= dataset.size()) {
    throw std::invalid_argument(
        fmt::format("nn::gather: index is {}, expected 0 to {}", last, dataset.size() - 1));
  }
  gather_rows(dataset.inputs, places, to.inputs);
  dataset.targets.select(places, to.targets);
}

Dataset gather(const Dataset& dataset, std::span<const std::size_t> places) {
  Dataset result;
  gather(dataset, places, result);
  return result;
}

namespace {

/// The new number of each chosen class.
std::map<std::size_t, std::size_t> new_numbers(const Labels& labels,
                                               const std::vector<std::size_t>& classes) {
  std::map<std::size_t, std::size_t> numbers;
  for (const std::size_t old : classes) {
    if (!numbers.emplace(old, numbers.size()).second) {
      throw std::invalid_argument(fmt::format("nn::choose_classes: class {} is listed twice", old));
    }
    if (std::ranges::find(labels, old) == labels.end()) {
      throw std::invalid_argument(
          fmt::format("nn::choose_classes: the set has no sample of class {}", old));
    }
  }
  return numbers;
}

}  // namespace

Dataset choose_classes(const Dataset& dataset, const std::vector<std::size_t>& classes) {
  check_samples("choose_classes", dataset);
  const Labels& labels = checked_labels("choose_classes", "choosing classes", dataset.targets);
  if (classes.empty()) {
    throw std::invalid_argument("nn::choose_classes: no classes, expected at least one");
  }
  const std::map<std::size_t, std::size_t> numbers = new_numbers(labels, classes);
  std::vector<std::size_t> places;
  Labels chosen;
  for (std::size_t n = 0; n < dataset.size(); ++n) {
    const auto found = numbers.find(labels[n]);
    if (found == numbers.end()) continue;
    places.push_back(n);
    chosen.push_back(found->second);
  }
  Dataset result = gather(dataset, places);
  result.targets = std::move(chosen);
  return result;
}

// ------------------------------------------------------------------------------------ splitting

namespace {

Dataset gather_if_any(const Dataset& dataset, std::span<const std::size_t> places) {
  return places.empty() ? Dataset{} : gather(dataset, places);
}

Split apply(const Dataset& dataset, const SplitPlaces& places) {
  return {.training = gather(dataset, places.training),
          .validation = gather_if_any(dataset, places.validation),
          .test = gather_if_any(dataset, places.test)};
}

/// The samples of one class, and how many of them have been placed.
struct ClassQueue {
  std::vector<std::size_t> places;
  std::size_t taken = 0;
};

std::vector<ClassQueue> by_class(const std::vector<std::size_t>& order, const Labels& labels) {
  std::map<std::size_t, ClassQueue> classes;
  for (const std::size_t place : order) classes[labels[place]].places.push_back(place);
  return classes | ranges::views::values | ranges::to<std::vector>();
}

/// Orders samples so that the first t of them, for every t, contain each class in proportion, to
/// within one sample: if n out of N samples are of a class, more than t n / N − 1 and fewer than
/// t n / N + 1 of the first t are.
///
/// So sample i of a class may not come before t n / N > i, and must have come once t n / N ≥ i + 1.
/// At every place, out of the classes that may come, the one with the nearest deadline comes next.
///
/// Source: Tijdeman (1980), "The chairman assignment problem".
std::vector<std::size_t> stratify(const std::vector<std::size_t>& order, const Targets& targets) {
  std::vector<ClassQueue> classes =
      by_class(order, checked_labels("split", "stratified splitting", targets));
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

std::size_t count_of(const char* name, double fraction, std::size_t whole) {
  if (!(fraction >= 0 && fraction < 1)) {
    throw std::invalid_argument(
        fmt::format("nn::split: fraction for {} is {}, expected at least 0 and below 1", name,
                    unsigned_nan(fraction)));
  }
  return static_cast<std::size_t>(std::llround(fraction * static_cast<double>(whole)));
}

}  // namespace

SplitPlaces split_places(const Targets& targets, const Counts& sizes, const SplitOptions& options) {
  const std::size_t total = targets.size();
  if (sizes.validation >= total || sizes.test >= total - sizes.validation) {
    throw std::invalid_argument(
        fmt::format("nn::split: {} samples for validation and {} for test leave none of the {} "
                    "samples for training",
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
  if (dataset.size() != dataset.targets.size()) check_samples("split", dataset);
  return apply(dataset, split_places(dataset.targets, sizes, options));
}

Split split(const Dataset& dataset, const Fractions& sizes, const SplitOptions& options) {
  return split(dataset,
               Counts{.validation = count_of("validation", sizes.validation, dataset.size()),
                      .test = count_of("test", sizes.test, dataset.size())},
               options);
}

}  // namespace nn
