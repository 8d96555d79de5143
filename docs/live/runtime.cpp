// What WASI's C++ library leaves out. It does not unwind: a throw ends the call, and live.js throws
// the words on. What the call was making is left behind; the page opens the figure anew.

#include <cstddef>
#include <exception>
#include <new>
#include <string_view>

extern "C" {

__attribute__((import_module("live"), import_name("refuse"))) void live_refuse(const char* words,
                                                                               std::size_t size);

void* __cxa_allocate_exception(std::size_t size) noexcept { return ::operator new(size); }
void __cxa_free_exception(void* /*thrown*/) noexcept {}

/// All that the library throws is a std::exception, which is where the object begins.
[[noreturn]] void __cxa_throw(void* thrown, void* /*type*/, void (* /*destroy*/)(void*)) {
  const std::string_view words = static_cast<std::exception*>(thrown)->what();
  live_refuse(words.data(), words.size());
  __builtin_trap();
}

/// A page does not end its threads.
int __cxa_thread_atexit(void (* /*destroy*/)(void*), void* /*object*/, void* /*library*/) noexcept {
  return 0;
}
}
