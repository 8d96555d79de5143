# Installs the library to a prefix of its own, then builds and runs the program beside this file
# against it, as a stranger would: the prefix is all it is told.
# Needs BUILD (this project's build folder), WORK (a folder to work in), CXX and EXPECTED (output).
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}/prefix")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${WORK}/prefix")
run(${CMAKE_COMMAND} -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build" -G Ninja
  "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
run(${CMAKE_COMMAND} --build "${WORK}/build")

execute_process(COMMAND "${WORK}/build/consumer" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
if(NOT output STREQUAL "${EXPECTED}\n")
  message(FATAL_ERROR "The consumer prints '${output}', expected '${EXPECTED}'.")
endif()
