# The toolchain of the pages: clang for WebAssembly, with WASI's C library and vectors of 128 bits.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_CXX_FLAGS_INIT -msimd128)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE NEVER)
set(NN_ARCH "" CACHE STRING "The compiler's own")
