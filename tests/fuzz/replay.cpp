// Runs the seeds of a fuzz target without a fuzzer: good_… must be accepted and bad_… rejected, so
// that the names in the corpus stay true when a format changes. Memory is limited, so a parser that
// allocates the terabyte a header claims fails with an error that is not ours.

#include <fmt/core.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "target.hpp"

namespace fs = std::filesystem;

int main(int count, char** arguments) {
  constexpr rlimit memory{.rlim_cur = 1U << 28U, .rlim_max = 1U << 28U};
  setrlimit(RLIMIT_DATA, &memory);
  int faults = 0;
  int seeds = 0;
  for (const auto& entry : fs::directory_iterator{count > 1 ? arguments[1] : ""}) {
    std::ifstream in{entry.path(), std::ios::binary};
    const std::vector<std::uint8_t> bytes(std::istreambuf_iterator<char>{in}, {});
    const bool taken = nn::fuzz::takes(bytes);
    if (taken != entry.path().filename().string().starts_with("good_")) {
      fmt::print("{} is {}\n", entry.path().string(), taken ? "taken" : "refused");
      ++faults;
    }
    ++seeds;
  }
  fmt::print("{} seeds, {} not as their names say\n", seeds, faults);
  return faults == 0 && seeds > 0 ? 0 : 1;
}
