/// @file
/// @brief The options of chapter 16's program.
module;

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

export module predict.options;

import command_line;

namespace fs = std::filesystem;

export using BadOption = command_line::BadOption;

// [options]
export struct Options {
  std::vector<std::string> files;  ///< Pictures, folders of them, or `-`.
  fs::path network = NN_NETWORKS_FOLDER "/cnn.safetensors";
  std::optional<std::size_t> index;  ///< The only picture of a file to read.
  bool all = false;                 ///< Whether all pictures of a file are read, not the first few.
  bool one = false;                 ///< Whether only the digit with the most ink is read.
  bool raw = false;                 ///< Whether to skip the preprocessing.
  fs::path show;                    ///< The folder for the preprocessing stages; empty: none.
  bool json = false;                ///< Whether to print the answers as JSON.
  fs::path layers;                  ///< The layers' file, if `network` has only weights.
  std::vector<std::string> rename;  ///< New names for those weights: `fc1=0`.
  fs::path submission;              ///< The file for the answers to a table of images.
};
// [/options]

/// Reads the options. For --help and --version it prints what they ask for and ends the program.
/// @throws BadOption if one is invalid.
export Options options_of(int argc, char** argv);
