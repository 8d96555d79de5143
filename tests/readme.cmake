# Takes the program out of README.md, so that what a reader copies from there is compiled and run.
file(READ "${PROJECT_SOURCE_DIR}/README.md" readme)
string(REGEX MATCH "```cpp\n(import nn;[^`]*)```" _ "${readme}")
if(NOT CMAKE_MATCH_1)
  message(FATAL_ERROR "README.md shows no program that begins with `import nn;`.")
endif()
file(CONFIGURE OUTPUT readme_example.cpp CONTENT "${CMAKE_MATCH_1}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/README.md")

add_executable(readme_example "${CMAKE_CURRENT_BINARY_DIR}/readme_example.cpp")
target_link_libraries(readme_example PRIVATE nn::nn)
add_test(NAME readme.example COMMAND readme_example WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(readme.example PROPERTIES PASS_REGULAR_EXPRESSION "evaluation  cost 0\\.0")
