// How every program of a chapter ends when something is wrong. Output that could not be written,
// such as to a full disk, is an error, and so is an exception that nobody catches: the program
// prints one sentence and ends with status 1. It is linked into the programs; nobody has to call
// it.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

const char* program_name() {
#if defined(__linux__)
  return program_invocation_short_name;
#else
  return getprogname();
#endif
}

[[noreturn]] void end(const char* what) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", program_name(), what);
  std::_Exit(EXIT_FAILURE);
}

[[noreturn]] void end_uncaught() {
  try {
    if (const std::exception_ptr uncaught = std::current_exception()) {
      std::rethrow_exception(uncaught);
    }
  } catch (const std::exception& error) {
    end(error.what());
  } catch (...) {
    end("an exception of unknown type");
  }
  std::abort();
}

/// The standard output is buffered, so that the last of it may fail only here.
void check_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) end("cannot write the output");
}

/// Before main() begins.
[[maybe_unused]] const bool prepared = [] {
  std::set_terminate(end_uncaught);
  return std::atexit(check_output) == 0;
}();

}  // namespace
