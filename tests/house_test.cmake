# Whether house.cmake notices: breaks each rule in a copy of the modules and expects its complaint.
# Needs ROOT (the repository) and WORK (a folder to work in).
cmake_minimum_required(VERSION 3.28)

# expect(CHECK COMPLAINT): the check of the copy fails, and says so.
function(expect check complaint)
  execute_process(COMMAND ${CMAKE_COMMAND} "-DROOT=${WORK}" -DCHECK=${check}
    -P "${ROOT}/tests/house.cmake" RESULT_VARIABLE status ERROR_VARIABLE words)
  string(REGEX REPLACE "[ \n]+" " " words "${words}") # as CMake breaks lines
  string(FIND "${words}" "${complaint}" place)
  if(status EQUAL 0 OR place EQUAL -1)
    message(SEND_ERROR "house.${check} does not report '${complaint}'; it prints:\n${words}")
  endif()
endfunction()

# expect_of_line(CHECK FILE LINE COMPLAINT): the check fails if FILE has that line as well.
function(expect_of_line check file line complaint)
  file(READ "${ROOT}/modules/${file}" code)
  file(APPEND "${WORK}/modules/${file}" "${line}\n")
  expect(${check} "${complaint}")
  file(WRITE "${WORK}/modules/${file}" "${code}")
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(COPY "${ROOT}/modules" DESTINATION "${WORK}")
file(GLOB tests "${ROOT}/tests/*_test.cpp")
file(COPY ${tests} DESTINATION "${WORK}/tests")

expect_of_line(imports core/tensor.cpp "import nn.random;"
  "modules/core/tensor.cpp imports nn.random, which must come before core/tensor in the list.")
expect_of_line(imports core/images.cpp "import nn.cost;"
  "modules/core/images.cpp imports nn.cost: core/ may not use training/.")
expect_of_line(imports storage/files_in_pages.cpp "import nn.dense;"
  "modules/storage/files_in_pages.cpp imports nn.dense: storage/ may not use layers/.")
expect_of_line(imports data/augment.cppm "export import nn.metrics;"
  "modules/data/augment.cppm imports nn.metrics: data/ may not use training/.")
expect_of_line(imports training/training_state.cpp "import nn.checkpoint;"
  "modules/training/training_state.cpp imports nn.checkpoint, which must come before")
expect_of_line(imports layers/dense.cppm "import nn.missing;"
  "modules/layers/dense.cppm imports nn.missing, which is not in the list.")
expect_of_line(ignorance training/history.cpp "#include <fstream>"
  "modules/training/history.cpp has '<fstream>', but training/history must know nothing of files.")
expect_of_line(ignorance training/training.cpp "void f() { fmt::print(\"\"); }"
  "modules/training/training.cpp has 'fmt::print', but training/training must know nothing of terminals.")
expect_of_line(ignorance training/evaluation.cpp "#include <chrono>"
  "modules/training/evaluation.cpp has '<chrono>', but training/evaluation must know nothing of clocks.")
expect_of_line(ignorance layers/dense.cppm "#include <csignal>"
  "modules/layers/dense.cppm has '<csignal>', but layers/dense must know nothing of signals.")
expect_of_line(size layers/layer.cppm "export namespace nn::detail {}"
  "modules/layers/layer.cppm exports a namespace detail.")
string(REPEAT "\n" 450 lines)
expect_of_line(size layers/layer.cppm "${lines}" "lines; at most 450 are allowed.")
string(REPEAT "\n" 301 lines)
file(WRITE "${WORK}/chapters/01_long.cpp" "${lines}")
expect(size "chapters/01_long.cpp has 301 lines; at most 300 are allowed.")
file(REMOVE "${WORK}/chapters/01_long.cpp")

file(COPY_FILE "${ROOT}/modules/core/tensor.cppm" "${WORK}/modules/core/tensors.cppm")
expect(modules "modules/core/tensors.cppm is the interface of core/tensor, so it must be called core/tensor.cppm.")
file(RENAME "${WORK}/modules/core/tensors.cppm" "${WORK}/modules/data/tensor.cppm")
expect(modules "modules/data/tensor.cppm declares itself a part of data/tensor, which is not in the list.")
file(REMOVE "${WORK}/modules/data/tensor.cppm" "${WORK}/tests/tensor_test.cpp" "${WORK}/modules/layers/dense.cppm")
expect(modules "modules/core/tensor.cppm has no tests/tensor_test.cpp.")
expect(modules "nn_modules in modules/CMakeLists.txt has layers/dense, but there is no modules/layers/dense.cppm.")
