#include "target.hpp"

#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>

namespace nn::fuzz {

namespace {

/// For failures of the machine, not of the parser.
void check(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "fuzz: cannot {} a file in memory.\n", what);
  std::exit(2);
}

/// Whether an error message may be shown to a user: one line that begins with the function's name.
bool is_sentence(std::string_view text) {
  return text.starts_with("nn::") && text.size() < 1000 &&
         std::ranges::none_of(
             text, [](unsigned char c) { return c < ' ' || c == 0x7F; }) &&
         text.find("\xC2\x9B") == std::string_view::npos;  // another way to command a terminal
}

}  // namespace

MemoryFile::MemoryFile()
    : descriptor_{memfd_create("fuzz", 0)}, path_{fmt::format("/proc/self/fd/{}", descriptor_)} {
  check(descriptor_ >= 0, "make");
}

MemoryFile::MemoryFile(std::string_view bytes) : MemoryFile{} {
  // NOLINTNEXTLINE(*-reinterpret-cast): text as bytes
  write({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

MemoryFile::~MemoryFile() { close(descriptor_); }

void MemoryFile::write(std::span<const std::uint8_t> bytes) {
  const bool written =
      pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  check(written && ftruncate(descriptor_, static_cast<off_t>(bytes.size())) == 0, "write");
}

bool takes(std::span<const std::uint8_t> bytes) {
  static MemoryFile file;
  file.write(bytes);
  try {
    parse(file.path());
    return true;
  } catch (const std::runtime_error& error) {
    // Not a derived class either: those come from other libraries, with messages that are not ours.
    if (typeid(error) == typeid(std::runtime_error) && is_sentence(error.what())) return false;
    fmt::print(stderr, "fuzz: not a sentence of ours: {}\n", error.what());
    throw;
  }
}

}  // namespace nn::fuzz

/// Called by libFuzzer with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nn::fuzz::takes({data, size});
  return 0;
}
