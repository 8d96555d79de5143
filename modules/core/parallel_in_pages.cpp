module;

#include <fmt/core.h>

#include <cstddef>
#include <stdexcept>

module nn.parallel;

namespace nn {

void detail::run(const Loop& loop) {
  for (std::size_t round = 0; round < loop.rounds; ++round) loop.call(loop.body, round);
}

std::size_t threads() { return 1; }

void set_threads(std::size_t count) {
  if (count != 1) {
    throw std::invalid_argument(fmt::format(
        "nn::set_threads: {} threads, expected 1, because a page has only one thread", count));
  }
}

}  // namespace nn
