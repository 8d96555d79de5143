/// @file
/// @brief The files that `./book mnist` writes.
module;

#include <vector>

export module mnist.files;

import mnist.options;
import mnist.recipes;
import mnist.runs;
import mnist.tables;

/// The last check before training: every file can be written, and no two are the same. Creates
/// folders, but leaves none behind if an option is rejected.
/// @throws BadOption if a file cannot be written.
export void check_outputs(const Options& options, const Recipe& recipe);

/// Writes all files that the options ask for. A file that cannot be written goes to the temporary
/// folder instead, because training the networks may have taken hours.
/// @return Whether every file is where the options say.
export bool keep_all(const Options& options, const std::vector<Run>& runs, const Judged& judged);
