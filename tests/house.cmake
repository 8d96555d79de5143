# The rules of the house, each a test house.CHECK: cmake -DROOT=<the repository> -DCHECK=<rule> -P house.cmake
#
#   modules    Every module in the list has its file and its tests, and every file belongs to a module.
#   imports    A module imports only modules above it in the list, from folders that its folder may use.
#   ignorance  What computes knows nothing of files, terminals, signals and the clock.
#   size       No module and no program of a chapter is long, and no namespace `detail` is exported.

cmake_minimum_required(VERSION 3.28)

# What a folder may import from besides itself.
set(layers_may_use core)
set(training_may_use core layers)
set(storage_may_use core)
set(data_may_use core)

# The modules that import from one folder more.
set(exceptions
  "storage/layer_kinds layers"   # a stored network is made of layers
  "storage/weights layers"       # the same
  "storage/onnx layers"          # the same
  "storage/checkpoint training"  # it stores a training
  "data/csv storage")            # it replaces a file as a whole or not at all

# The modules that compute and still know one thing more.
set(knowing
  "training/reporter terminals"  # it shows a training while it runs
  "training/reporter signals"    # Ctrl-C ends a training, not the program
  "training/reporter clocks"      # it draws its bar a few times a second
  "training/training clocks")     # it measures the seconds of an epoch
set(names_of_files "<([io]?fstream|filesystem|fcntl.h|sys/stat.h)>|import nn.files|fopen")
set(names_of_terminals "<(cstdio|stdio.h|iostream|fmt/color.h|termios.h|unistd.h|sys/ioctl.h)>|std::(cout|cerr|clog|cin|print)|fmt::print|printf|isatty")
set(names_of_signals "<(csignal|signal.h)>|SIG[A-Z]+|sigaction")
set(names_of_clocks "<(chrono|ctime|time.h|sys/time.h)>|_clock|clock_")

set(longest 450)
set(longest_chapter 300) # except chapter 11, which has a program for each step of a product

# ------------------------------------------------------------------------------------------- the tree

file(READ "${ROOT}/modules/CMakeLists.txt" lists)
string(REGEX MATCH "set\\(nn_modules([^)]*)\\)" _ "${lists}")
string(REGEX MATCHALL "[a-z_0-9]+/[a-z_0-9]+" modules "${CMAKE_MATCH_1}")
file(GLOB_RECURSE files RELATIVE "${ROOT}/modules" "${ROOT}/modules/*.cppm" "${ROOT}/modules/*.cpp")
if(NOT modules OR NOT files)
  message(FATAL_ERROR "${ROOT}/modules has no .cppm or .cpp files, "
    "or its CMakeLists.txt has no list nn_modules.")
endif()
set(names ${modules})
list(TRANSFORM names REPLACE "^.*/" "")

# module_of(FILE VARIABLE): the module, as FOLDER/NAME, that a file declares itself a part of.
function(module_of file variable)
  file(STRINGS "${ROOT}/modules/${file}" line REGEX "^(export )?module nn\\.[a-z_0-9]+;")
  string(REGEX REPLACE "^.*nn\\.([a-z_0-9]+).*$" "\\1" name "${line}")
  cmake_path(GET file PARENT_PATH folder)
  set(${variable} "${folder}/${name}" PARENT_SCOPE)
endfunction()

function(complain words)
  message(SEND_ERROR "${words}")
endfunction()

# ------------------------------------------------------------------------------------------ the rules

function(check_modules)
  foreach(module IN LISTS modules)
    cmake_path(GET module FILENAME name)
    if(NOT EXISTS "${ROOT}/modules/${module}.cppm")
      complain("nn_modules in modules/CMakeLists.txt has ${module}, but there is no modules/${module}.cppm.")
    endif()
    if(NOT EXISTS "${ROOT}/tests/${name}_test.cpp")
      complain("modules/${module}.cppm has no tests/${name}_test.cpp.")
    endif()
  endforeach()
  foreach(file IN LISTS files)
    module_of(${file} module)
    if(NOT module IN_LIST modules)
      complain("modules/${file} declares itself a part of ${module}, which is not in the list.")
    elseif(file MATCHES "\\.cppm$" AND NOT file STREQUAL "${module}.cppm")
      complain("modules/${file} is the interface of ${module}, so it must be called ${module}.cppm.")
    endif()
  endforeach()
endfunction()

function(check_imports)
  set(used "")
  foreach(file IN LISTS files)
    module_of(${file} module)
    list(FIND modules "${module}" place)
    cmake_path(GET module PARENT_PATH folder)
    file(STRINGS "${ROOT}/modules/${file}" lines REGEX "^(export )?import nn\\.[a-z_0-9]+;")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^.*nn\\.([a-z_0-9]+).*$" "\\1" name "${line}")
      list(FIND names "${name}" place_of_imported)
      if(place_of_imported EQUAL -1)
        complain("modules/${file} imports nn.${name}, which is not in the list.")
        continue()
      elseif(NOT place_of_imported LESS place)
        complain("modules/${file} imports nn.${name}, which must come before ${module} in the list.")
      endif()
      list(GET modules ${place_of_imported} imported)
      cmake_path(GET imported PARENT_PATH from)
      if(from STREQUAL folder OR from IN_LIST ${folder}_may_use)
        continue()
      elseif("${module} ${from}" IN_LIST exceptions)
        list(APPEND used "${module} ${from}")
      else()
        complain("modules/${file} imports nn.${name}: ${folder}/ may not use ${from}/.")
      endif()
    endforeach()
  endforeach()
  foreach(exception IN LISTS exceptions)
    if(NOT exception IN_LIST used)
      complain("No module needs the exception '${exception}' in tests/house.cmake any more.")
    endif()
  endforeach()
endfunction()

function(check_ignorance)
  set(used "")
  foreach(file IN LISTS files)
    module_of(${file} module)
    if(NOT module MATCHES "^(core|layers|training)/")
      continue()
    endif()
    file(READ "${ROOT}/modules/${file}" code)
    string(REGEX REPLACE "//[^\n]*" "" code "${code}")
    foreach(thing files terminals signals clocks)
      if(NOT code MATCHES "${names_of_${thing}}")
        continue()
      elseif("${module} ${thing}" IN_LIST knowing)
        list(APPEND used "${module} ${thing}")
      else()
        complain("modules/${file} has '${CMAKE_MATCH_0}', but ${module} must know nothing of ${thing}.")
      endif()
    endforeach()
  endforeach()
  foreach(exception IN LISTS knowing)
    if(NOT exception IN_LIST used)
      complain("No module needs the exception '${exception}' in tests/house.cmake any more.")
    endif()
  endforeach()
endfunction()

# check_length(FILE MOST): also sets code, what the file contains.
function(check_length file most)
  file(READ "${ROOT}/${file}" code)
  string(REGEX MATCHALL "\n" lines "${code}")
  list(LENGTH lines count)
  if(count GREATER most)
    complain("${file} has ${count} lines; at most ${most} are allowed.")
  endif()
  set(code "${code}" PARENT_SCOPE)
endfunction()

function(check_size)
  file(GLOB programs RELATIVE "${ROOT}" "${ROOT}/chapters/[0-9A-Z]*_*.cpp")
  foreach(program IN LISTS programs)
    if(program MATCHES "/11_")
      check_length(${program} ${longest})
    else()
      check_length(${program} ${longest_chapter})
    endif()
  endforeach()
  foreach(file IN LISTS files)
    check_length(modules/${file} ${longest})
    if(code MATCHES "export namespace [a-z_:]*detail")
      complain("modules/${file} exports a namespace detail.")
    endif()
  endforeach()
endfunction()

cmake_language(CALL check_${CHECK})
