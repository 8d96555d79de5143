# Compiles and runs the program in README.md, so that what a reader copies from there works.
file(READ "${PROJECT_SOURCE_DIR}/README.md" readme)
string(REGEX MATCH "```cpp\n([^`]*import nn;[^`]*)```" _ "${readme}")
if(NOT CMAKE_MATCH_1)
  message(FATAL_ERROR "README.md has no ```cpp block with `import nn;`.")
endif()
file(CONFIGURE OUTPUT readme_example.cpp CONTENT "${CMAKE_MATCH_1}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/README.md")

add_executable(readme_example "${CMAKE_CURRENT_BINARY_DIR}/readme_example.cpp")
target_link_libraries(readme_example PRIVATE nn::nn)
target_compile_options(readme_example PRIVATE $<$<CONFIG:Release>:-O0>)
# GCC 15 looks for what templates of a module use in the headers of the file that imports it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  target_compile_options(readme_example PRIVATE "SHELL:-include typeinfo" "SHELL:-include vector")
endif()
add_custom_target(readme.tests DEPENDS readme_example)
add_test(NAME readme.example COMMAND readme_example WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(readme.example PROPERTIES PASS_REGULAR_EXPRESSION "epoch  5/5  cost 0\\.0.* validation 0\\.0")
