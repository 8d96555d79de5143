# Programs for 64-bit RISC-V, which has no vector instructions here: what `./book platforms riscv` builds with.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_LIBRARY_ARCHITECTURE riscv64-linux-gnu)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET riscv64-linux-gnu)
# The linker is that of GNU: lld 19 refuses the exceptions' tables of Debian's GoogleTest.
set(CMAKE_CROSSCOMPILING_EMULATOR /usr/bin/qemu-riscv64-static)
set(NN_ARCH "" CACHE STRING "")
