# The header-only libraries that nn is built on, for WebAssembly. Their headers are in the same folder as
# those of the host's C library, which must not be found here; so each is linked into a separate folder.
set(headers ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${headers})
foreach(name fmt nlohmann range concepts meta std)
  find_path(folder_of_${name} ${name} PATHS /usr/include /usr/local/include REQUIRED NO_DEFAULT_PATH)
  file(CREATE_LINK ${folder_of_${name}}/${name} ${headers}/${name} SYMBOLIC)
endforeach()
foreach(library fmt::fmt range-v3::range-v3 nlohmann_json::nlohmann_json)
  add_library(${library} INTERFACE IMPORTED)
  target_include_directories(${library} SYSTEM INTERFACE ${headers})
endforeach()
# Without a fixed separator, {fmt} brings in the C++ library's locales, a tenth of all that a page loads.
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY "FMT_STATIC_THOUSANDS_SEPARATOR=','")
