/// @file
/// @brief Parallel loops: their rounds run on several threads.
module;

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>

export module nn.parallel;

namespace nn::detail {

/// What a worker thread runs: `call(body, i)` for its share of the rounds.
struct Loop {
  void (*call)(void* body, std::size_t round);
  void* body;
  std::size_t rounds;
};

void run(const Loop& loop);

}  // namespace nn::detail

export namespace nn {

/// How many threads parallel loops use; by default, as many as this process may use cores.
[[nodiscard]] std::size_t threads();

/// Sets how many threads parallel loops use. Do not call it inside a parallel loop.
/// @param count 1 to 1024.
/// @throws std::invalid_argument if the count is not in that range.
void set_threads(std::size_t count);

/// Calls body(0) … body(rounds − 1), on several threads and in no particular order.
///
/// No round may write what another round reads or writes. Then the result is the same on any number
/// of threads, to the last bit. To compute a sum, let every round write to its own place and add
/// these up after the loop. A loop started inside another loop, or while another thread of the
/// program runs one, runs on the calling thread alone.
///
/// @param rounds How many; each should take more than a few hundred nanoseconds.
/// @param body Called with the number of the round. If it throws, the loop stops and the exception
///   reaches the caller.
template <std::invocable<std::size_t> Body>
void parallel_for(std::size_t rounds, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::run(
      {.call = [](void* erased, std::size_t round) { (*static_cast<Plain*>(erased))(round); },
       .body = const_cast<void*>(static_cast<const void*>(&body)),
       .rounds = rounds});
}

/// Splits [0, size) into parts and calls body(begin, end) for each, in parallel like
/// parallel_for(): for elementwise work.
/// @param size The number of values.
/// @param body Called with the first index of a part and one past its last.
template <std::invocable<std::size_t, std::size_t> Body>
void parallel_parts(std::size_t size, Body&& body) {
  constexpr std::size_t part = 8192;
  parallel_for((size + part - 1) / part,
               [&](std::size_t round) { body(round * part, std::min(size, (round + 1) * part)); });
}

}  // namespace nn
