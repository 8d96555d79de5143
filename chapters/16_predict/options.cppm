/// @file
/// @brief What may be said to chapter 16's program.
module;

#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

export module predict.options;

namespace fs = std::filesystem;

// [options]
export struct Options {
  std::vector<std::string> files;  ///< Pictures, folders of them, or `-`.
  fs::path network = NN_NETWORKS_FOLDER "/cnn.safetensors";
  std::optional<std::size_t> index;  ///< Of the pictures in a file, the only one to read.
  bool all = false;                 ///< Whether all pictures of a file are read, not the first few.
  bool one = false;                 ///< Whether only the digit with the most ink is read.
  bool raw = false;                 ///< Whether a picture goes to the network as it is.
  fs::path show;                    ///< The folder for pictures of what was done; empty: none.
  bool json = false;                ///< Whether the answers are for a program.
  fs::path layers;                  ///< Of a stored network, if `network` has only weights.
  std::vector<std::string> rename;  ///< What to call those weights: `fc1=0`.
  fs::path submission;              ///< Where the answers for a table of images go.
};

/// An option that cannot be: ends the program before any picture is read.
export struct BadOption : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// [/options]

/// Reads the options. For --help and --version it prints what they ask for, and ends the program.
/// @throws BadOption if there is one that cannot be.
export Options options_of(int argc, char** argv);
