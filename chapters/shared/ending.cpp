// How every program of a chapter ends when something is wrong. Output that could not be written,
// such as to a full disk, is an error, and so is an exception that nobody catches: the program
// prints one sentence and ends with status 1. It is linked into the programs; nobody has to call
// it.

#include <cstdio>
#include <cstdlib>
#include <exception>

import terminal;

namespace {

[[noreturn]] void end(const char* what) {
  std::fflush(stdout);
  terminal::print_error(what);
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
void check_output(int status, void* /*unused*/) {
  const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (lost && status == EXIT_SUCCESS) end("cannot write the output");
}

/// Before main() begins.
[[maybe_unused]] const bool prepared = [] {
  std::set_terminate(end_uncaught);
#if defined(__GLIBC__)
  return on_exit(check_output, nullptr) == 0;
#else  // the status is not known here, so a program may say it twice
  return std::atexit([] { check_output(EXIT_SUCCESS, nullptr); }) == 0;
#endif
}();

}  // namespace
