/// @file
/// @brief The options of `./book mnist`.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

export module mnist.options;

import command_line;
import mnist.recipes;
import nn;

namespace fs = std::filesystem;

export using BadOption = command_line::BadOption;

export struct Options {
  std::string recipe = "default";
  std::optional<std::size_t> epochs;
  std::optional<std::size_t> batch_size;
  std::optional<nn::real> learning_rate;
  std::uint64_t seed = 1;
  std::size_t seeds = 1;
  std::size_t threads = nn::threads();
  fs::path data = NN_MNIST_FOLDER;
  fs::path json;
  fs::path csv;
  fs::path save;
  fs::path load;
  bool changed = false;
  bool test = false;
  bool quiet = false;

  /// Whether a hyperparameter differs from its recipe. Then the networks are compared on validation
  /// images, because choices must not use the test set.
  [[nodiscard]] bool is_a_choice() const { return epochs || batch_size || learning_rate; }
};

/// Reads the options. For --help and --version it prints what they ask for and ends the program.
/// @throws BadOption if one is invalid.
export Options options_of(int argc, char** argv);

/// The recipe with the options applied, in the same way for both networks.
/// @throws BadOption if the learning rate is not a number above 0.
export Recipe prepare(const Options& options);
