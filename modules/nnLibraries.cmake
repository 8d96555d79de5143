# Finds the libraries that have no package for CMake, here and in projects that use the installed
# library: nn::turbojpeg and nn::webp.

# nn_find_library(NAME HEADER PACKAGE): the target nn::NAME for the library with that header, which
# Debian has in PACKAGE.
function(nn_find_library name header package)
  string(TOUPPER ${name} variable)
  find_path(${variable}_INCLUDE_DIR ${header})
  find_library(${variable}_LIBRARY ${name})
  mark_as_advanced(${variable}_INCLUDE_DIR ${variable}_LIBRARY)
  if(NOT ${variable}_INCLUDE_DIR OR NOT ${variable}_LIBRARY)
    message(FATAL_ERROR "nn needs the library ${name} with its header ${header}. "
      "Install ${package}, or pass -DCMAKE_PREFIX_PATH=FOLDER.")
  endif()
  if(NOT TARGET nn::${name})
    add_library(nn::${name} UNKNOWN IMPORTED)
    set_target_properties(nn::${name} PROPERTIES IMPORTED_LOCATION "${${variable}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${${variable}_INCLUDE_DIR}")
  endif()
endfunction()

nn_find_library(turbojpeg turbojpeg.h libturbojpeg0-dev)
nn_find_library(webp webp/decode.h libwebp-dev)
