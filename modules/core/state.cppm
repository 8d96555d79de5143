/// @file
/// @brief State: what to save so that training can resume exactly where it stopped.
module;

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

export module nn.state;

export import nn.tensor;

export namespace nn {

/// A named place in memory that a checkpoint saves and restores: a tensor, counters, doubles, or a
/// list of doubles whose length may change.
struct State {
  std::string name;  ///< One word; a prefix says which part of the whole it is in: `0.weight`.
  std::variant<Tensor*, std::span<std::uint64_t>, std::span<double>, std::vector<double>*> value;
};

/// A type whose `state()` lists everything it remembers beyond its constructor arguments. The
/// places stay valid as long as the object is not moved.
template <class T>
concept Stateful = requires(T& thing) {
  { thing.state() } -> std::same_as<std::vector<State>>;
};

/// A counter as a State.
/// @param name Its name.
/// @param counter Must outlive the State.
[[nodiscard]] inline State counter_state(std::string_view name, std::uint64_t& counter) {
  return {.name = std::string{name}, .value = std::span{&counter, 1}};
}

/// Appends the state of a part to that of the whole and prefixes its names: `0.weight`.
/// @param whole Is extended.
/// @param part The prefix, without the dot.
/// @param states The state of the part.
inline void append_state(std::vector<State>& whole, std::string_view part,
                         std::vector<State> states) {
  for (State& state : states) {
    state.name = std::string{part} + "." + state.name;
    whole.push_back(std::move(state));
  }
}

}  // namespace nn
