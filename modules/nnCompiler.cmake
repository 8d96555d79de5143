# Whether the modules can be compiled here, and in a project that uses the installed library.
function(nn_check_compiler)
  set(compiler "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  set(supported "The modules need clang 19 or newer, or GCC 15 or newer")
  if(CMAKE_VERSION VERSION_LESS 3.28)
    message(FATAL_ERROR "The modules need CMake 3.28 or newer; this is ${CMAKE_VERSION}.")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "AppleClang")
    message(FATAL_ERROR "${supported}; this is Apple's clang, which cannot scan files for imports. "
      "Install LLVM with Homebrew and pass -DCMAKE_CXX_COMPILER=$(brew --prefix llvm)/bin/clang++.")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)
    message(FATAL_ERROR "${supported}; this is ${compiler}, and GCC 14 stops with internal "
      "compiler errors. Pass -DCMAKE_CXX_COMPILER=g++-15 or clang++-19 for a new build folder.")
  elseif(NOT CMAKE_CXX_COMPILER_ID MATCHES "^(Clang|GNU)$"
      OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19))
    message(FATAL_ERROR "${supported}; this is ${compiler}. "
      "Pass -DCMAKE_CXX_COMPILER=clang++-19 or g++-15 for a new build folder.")
  elseif(NOT CMAKE_GENERATOR MATCHES "Ninja")
    message(FATAL_ERROR "The modules need the generator Ninja, not ${CMAKE_GENERATOR}: "
      "pass -G Ninja or a preset.")
  elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT CMAKE_CXX_COMPILER_CLANG_SCAN_DEPS)
    message(FATAL_ERROR "There is no clang-scan-deps next to ${compiler}, which CMake needs "
      "to find out which modules a file imports. Install it: Debian has it in clang-tools-VERSION.")
  endif()
endfunction()
