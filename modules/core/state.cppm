/// @file
/// @brief State: what must be kept so that work can go on later as if it had not stopped.
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

/// A named place in memory that a checkpoint saves and restores: a tensor, counters, numbers in
/// double, or a list of them that may have grown.
struct State {
  std::string name;  ///< One word; within something larger its place stands before it: `0.weight`.
  std::variant<Tensor*, std::span<std::uint64_t>, std::span<double>, std::vector<double>*> value;
};

/// Whatever tells all that it remembers, besides what it is made with: `state()`. The places stay
/// valid as long as the thing itself stays where it is.
template <class T>
concept Stateful = requires(T& thing) {
  { thing.state() } -> std::same_as<std::vector<State>>;
};

/// A counter as a piece of a state.
/// @param name Its name.
/// @param counter Must outlive the piece.
[[nodiscard]] inline State counter_state(std::string_view name, std::uint64_t& counter) {
  return {.name = std::string{name}, .value = std::span{&counter, 1}};
}

/// Adds the state of a part to that of the whole, every name with the part's before it: `0.weight`.
/// @param whole Grows.
/// @param part What the part is called in the whole.
/// @param states Of the part.
inline void append_state(std::vector<State>& whole, std::string_view part,
                         std::vector<State> states) {
  for (State& state : states) {
    state.name = std::string{part} + "." + state.name;
    whole.push_back(std::move(state));
  }
}

}  // namespace nn
