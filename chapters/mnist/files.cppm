/// @file
/// @brief The files that `./book mnist` writes.
module;

#include <vector>

export module mnist.files;

import mnist.options;
import mnist.recipes;
import mnist.runs;
import mnist.tables;

/// The last check before the training: whatever the program will write can be written, each file
/// once. Folders are made; a refused option leaves no trace.
/// @throws BadOption if a file cannot be written.
export void check_outputs(const Options& options, const Recipe& recipe);

/// Writes all files that the options ask for. One that cannot be written goes to the temporary
/// folder, because the networks may have taken hours.
/// @return Whether every file is where the options say.
export bool keep_all(const Options& options, const std::vector<Run>& runs, const Judged& judged);
