// What WASI's C++ library lacks. There is no unwinding: a throw ends the call, and live.js throws
// the message again. Objects of the interrupted call are leaked; the page opens the figure again.

#include <cstddef>
#include <exception>
#include <new>
#include <string_view>

extern "C" {

__attribute__((import_module("live"), import_name("refuse"))) void live_refuse(const char* words,
                                                                               std::size_t size);

void* __cxa_allocate_exception(std::size_t size) noexcept { return ::operator new(size); }
void __cxa_free_exception(void* /*thrown*/) noexcept {}

/// Everything that the library throws begins with a std::exception.
[[noreturn]] void __cxa_throw(void* thrown, void* /*type*/, void (* /*destroy*/)(void*)) {
  const std::string_view words = static_cast<std::exception*>(thrown)->what();
  live_refuse(words.data(), words.size());
  __builtin_trap();
}

/// A page never ends its threads.
int __cxa_thread_atexit(void (* /*destroy*/)(void*), void* /*object*/, void* /*library*/) noexcept {
  return 0;
}
}
