/// @file
/// @brief The training runs and tests of `./book mnist`.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

export module mnist.runs;

import mnist.options;
import mnist.recipes;
import nn;

/// An image that a network misread.
export struct Mistake {
  std::size_t index;  ///< Its index in the set.
  std::size_t actual;
  std::size_t predicted;
  nn::real probability;  ///< The probability of the predicted digit.
};

/// The accuracy on images changed in one way.
export struct Changed {
  std::string name;  ///< How they were changed.
  double accuracy;
};

/// One network trained from one seed, and its results.
export struct Run {
  const Model* model;
  std::uint64_t seed;
  nn::Sequential network;
  nn::History history;
  std::size_t whole_epochs = 0;  ///< Does not count an epoch that Ctrl-C or divergence cut short.
  double cost = 0;               ///< On the images for the comparison.
  nn::ConfusionMatrix confusion{10};
  std::vector<Mistake> mistakes{};  ///< The most confident first.
  std::vector<Changed> changed{};   ///< One for each of changes(), if requested.
};

/// Loads the digits and checks that they fit the recipe.
/// @throws BadOption if they cannot be read or do not fit.
export nn::Split load(const Options& options, const Recipe& recipe);

/// Trains a network; prints its layers and its epochs unless `quiet` is set.
export Run train(const Model& model, const nn::Split& digits, std::uint64_t seed, bool quiet);

/// Loads the networks that --save has stored, instead of training.
/// @throws BadOption if they cannot be read or do not fit.
export std::vector<Run> stored_runs(const Recipe& recipe, const std::filesystem::path& folder);

/// A way to change images, possibly at random.
export struct Change {
  std::string name;
  std::function<nn::Tensor(nn::Tensor, nn::Random)> of;
};

/// The changes: rotated, shifted, other stroke widths, and all of these.
export std::vector<Change> changes();

/// Counts what a network reads correctly and incorrectly, after all training.
export void judge(Run& run, const nn::Dataset& digits);

/// The same on changed images, which are the same for every run.
export void judge_changed(std::vector<Run>& runs, const nn::Dataset& digits);

/// Prints text; if the output cannot be written, the text is lost. (fmt::print() would throw, and
/// the networks trained so far would be lost, too.) The program then exits with status 1.
export void say(const std::string& text);
