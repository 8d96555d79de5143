# Builds and runs the program next to this file as a user would, WAY by WAY: find_package finds the library
# installed to a separate prefix; for add_subdirectory and FetchContent the project gets the folder of the
# unpacked archive of the sources. These two share a build folder, so that the library is compiled once.
# Needs BUILD (this project's build folder), WORK (a folder to work in), CXX, WAYS and EXPECTED (output).
cmake_minimum_required(VERSION 3.28)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# WORK/sources from the archive that CPack makes; a build that is there may go on with it.
function(unpack_sources)
  file(REMOVE_RECURSE "${WORK}/archive" "${WORK}/sources")
  run(${CMAKE_CPACK_COMMAND} --config "${BUILD}/CPackSourceConfig.cmake" -B "${WORK}/archive")
  file(GLOB archive "${WORK}/archive/nn-*.tar.gz")
  file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${WORK}/archive")
  file(REMOVE "${archive}")
  file(GLOB folder "${WORK}/archive/nn-*")
  file(RENAME "${folder}" "${WORK}/sources")
endfunction()

if(NOT "find_package" IN_LIST WAYS)
  unpack_sources()
endif()
foreach(way IN LISTS WAYS)
  set(build "${WORK}/build")
  set(settings "-DNN_FOLDER=${WORK}/sources" -DCMAKE_BUILD_TYPE=Debug)
  if(way STREQUAL "find_package")
    file(REMOVE_RECURSE "${WORK}/prefix")
    run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${WORK}/prefix")
    set(build "${WORK}/build-installed")
    set(settings "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
  endif()
  run(${CMAKE_COMMAND} -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}" -G Ninja
    "-DCMAKE_CXX_COMPILER=${CXX}" -DWAY=${way} ${settings})
  run(${CMAKE_COMMAND} --build "${build}")
  execute_process(COMMAND "${build}/consumer" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  if(NOT output STREQUAL "${EXPECTED}\n")
    message(FATAL_ERROR "The consumer, by ${way}, prints '${output}', expected '${EXPECTED}'.")
  endif()
endforeach()
