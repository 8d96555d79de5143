# What find_package(nn) reads. Modules reach a consumer as source: CMake compiles their interfaces
# again, with the consumer's compiler.
include("${CMAKE_CURRENT_LIST_DIR}/nnCompiler.cmake")
nn_check_compiler()

include(CMakeFindDependencyMacro)
find_dependency(fmt)
find_dependency(Threads)
find_dependency(PNG)
find_dependency(ZLIB)
include("${CMAKE_CURRENT_LIST_DIR}/nnLibraries.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/nnTargets.cmake")

# A compiled interface loads only into code of the same dialect, so it is compiled in the consumer's.
if(NOT DEFINED CMAKE_CXX_EXTENSIONS OR CMAKE_CXX_EXTENSIONS)
  set_target_properties(nn::nn PROPERTIES CXX_EXTENSIONS ON)
endif()
if(DEFINED CMAKE_CXX_STANDARD)
  set_target_properties(nn::nn PROPERTIES CXX_STANDARD ${CMAKE_CXX_STANDARD})
endif()
