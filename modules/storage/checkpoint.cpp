module;

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

module nn.checkpoint;

import nn.checks;
import nn.files;
import nn.text;

namespace nn {

namespace {

using std::filesystem::path;

constexpr const char* owner = "Checkpoints";
constexpr const char* kind_key = "nn.checkpoint";  // marks the file, and holds the version

template <class... Calls>
struct Overloaded : Calls... {
  using Calls::operator()...;
};

StoredTensor stored(const State& state) {
  return std::visit(
      Overloaded{
          [&](const Tensor* tensor) { return StoredTensor::of(state.name, *tensor); },
          [&](std::span<const std::uint64_t> numbers) {
            return StoredTensor::of(state.name, numbers);
          },
          [&](std::span<const double> numbers) { return StoredTensor::of(state.name, numbers); },
          [&](const std::vector<double>* numbers) {
            return StoredTensor::of(state.name, std::span{*numbers});
          }},
      state.value);
}

void check_size(const StoredTensor& stored, std::size_t size, std::size_t expected) {
  if (size == expected) return;
  throw std::runtime_error(
      fmt::format("'{}' has {} values, expected {}", stored.name, size, expected));
}

/// Reads a value of the state's type and checks that it fits.
/// @param write Whether to write it there, too.
void restore_one(const State& state, const StoredTensor& stored, bool write) {
  const auto copy = [&](const auto& from, auto to) {
    check_size(stored, from.size(), to.size());
    if (write) std::ranges::copy(from, to.begin());
  };
  std::visit(
      Overloaded{[&](Tensor* tensor) {
                   Tensor value = stored.tensor();
                   if (value.shape() != tensor->shape()) {
                     throw std::runtime_error(fmt::format("'{}' has shape {}, expected {}",
                                                          stored.name, to_string(value.shape()),
                                                          to_string(tensor->shape())));
                   }
                   if (write) *tensor = std::move(value);
                 },
                 [&](std::span<std::uint64_t> numbers) { copy(stored.whole_numbers(), numbers); },
                 [&](std::span<double> numbers) { copy(stored.numbers(), numbers); },
                 [&](std::vector<double>* numbers) {
                   std::vector<double> values = stored.numbers();
                   if (write) *numbers = std::move(values);
                 }},
      state.value);
}

[[noreturn]] void fail(const path& file, std::string_view what) {
  throw std::runtime_error(fmt::format("nn::{}: {}: {}", owner, file.string(), what));
}

}  // namespace

void save_checkpoint(const path& file, const Description& description,
                     const std::vector<State>& states) {
  Safetensors contents;
  contents.metadata.insert(description.begin(), description.end());
  contents.metadata[kind_key] = version();
  for (const State& state : states) contents.tensors.push_back(stored(state));
  write_safetensors(owner, file, contents);
}

Checkpoint::Checkpoint(path file, const Description& description)
    : file_{std::move(file)}, contents_{read_safetensors(owner, file_)} {
  auto& there = contents_.metadata;
  if (!there.contains(kind_key)) fail(file_, "the file is not a training checkpoint");
  const auto differs = [&](std::string_view what, std::string_view before, std::string_view now) {
    fail(file_,
         fmt::format(
             "the file is from a different training run (delete it or choose another file): {} "
             "is {} in the file and {} here",
             printable(what), printable(before), now));
  };
  if (there[kind_key] != version()) differs("the library's version", there[kind_key], version());
  for (const auto& [word, value] : description) {
    if (!there.contains(word)) differs(word, "missing", value);
    if (there[word] != value) differs(word, there[word], value);
  }
  for (const auto& [word, value] : there) {
    const auto found = std::ranges::find(description, word, &Description::value_type::first);
    if (found == description.end() && word != kind_key) differs(word, value, "missing");
  }
}

void Checkpoint::restore(const std::vector<State>& states) const {
  for (const bool write : {false, true}) {  // nothing is written unless everything fits
    for (const State& state : states) {
      const StoredTensor* const stored = contents_.find(state.name);
      if (stored == nullptr) fail(file_, fmt::format("'{}' is missing", state.name));
      try {
        restore_one(state, *stored, write);
      } catch (const std::runtime_error& error) {
        fail(file_, error.what());
      }
    }
  }
}

void Checkpoint::refuse(std::string_view what) const { fail(file_, what); }

// ---------------------------------------------------------------------------------- checkpoints

Checkpoints::Checkpoints(path file, double seconds) : file_{std::move(file)}, seconds_{seconds} {
  check_not_negative(owner, "seconds", seconds);
}

void Checkpoints::begin(Training& training) {
  if (const auto part = training.not_resumable()) {
    throw std::invalid_argument(
        fmt::format("nn::{}: {} does not expose its state, so it cannot be stored", owner, *part));
  }
  description_ = training.description();
  if (!std::filesystem::exists(file_)) {
    save(training);
    return;
  }
  const Checkpoint checkpoint{file_, description_};
  try {
    training.resume([&](const std::vector<State>& states) { checkpoint.restore(states); });
  } catch (const std::runtime_error& error) {
    const std::string_view text = error.what();
    if (text.starts_with("nn::")) throw;  // already names the file
    checkpoint.refuse(text);
  }
  if (!training.is_over()) check_writable(owner, file_);
  saved_ = std::chrono::steady_clock::now();
}

void Checkpoints::step(Training& training) {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - saved_;
  const bool due = seconds_ > 0 && passed.count() >= seconds_;
  if (due && !training.is_epoch_complete()) save(training);
}

void Checkpoints::interrupt(Training& training) { save(training); }

void Checkpoints::epoch(Training& training) {
  if (training.batch() == 0 && !training.history().divergence) save(training);
}

void Checkpoints::save(Training& training) {
  save_checkpoint(file_, description_, training.state());
  saved_ = std::chrono::steady_clock::now();
}

}  // namespace nn
