# Runs a program that a figure told. The costs and shares that the figure shows, if it has trained, are
# what the program measures in the end; else the program has read digits.
# Needs PROGRAM and SUMMARY, a file with the figure's words.
file(READ "${SUMMARY}" summary)
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "cost [0-9.]+[0-9]" expected "${summary}")
if(NOT expected)
  set(expected "accuracy 0.9")
endif()
foreach(words IN LISTS expected)
  string(FIND "${output}" "${words}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "The figure shows '${words}', the program prints:\n${output}")
  endif()
endforeach()
