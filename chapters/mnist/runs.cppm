/// @file
/// @brief The trainings and tests of `./book mnist`.
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
  std::size_t index;  ///< Its place in the set, from 0 on.
  std::size_t actual;
  std::size_t predicted;
  nn::real probability;  ///< Which the network gave to what it predicted.
};

/// The accuracy on images that were changed.
export struct Changed {
  std::string name;  ///< How.
  double accuracy;
};

/// One network trained from one seed, and what came of it.
export struct Run {
  const Model* model;
  std::uint64_t seed;
  nn::Sequential network;
  nn::History history;
  double cost = 0;  ///< On the images that the networks are compared on.
  nn::ConfusionMatrix confusion{10};
  std::vector<Mistake> mistakes{};  ///< The most confident first.
  std::vector<Changed> changed{};   ///< One for each of changes(), if they were asked for.
};

/// The digits, checked against the recipe.
/// @throws BadOption if they cannot be read or do not fit.
export nn::Split load(const Options& options, const Recipe& recipe);

/// Trains a network; prints its layers and its epochs if it is not to be quiet.
export Run train(const Model& model, const nn::Split& digits, std::uint64_t seed, bool quiet);

/// The networks that --save has stored, in place of a training.
/// @throws BadOption if they cannot be read or do not fit.
export std::vector<Run> stored_runs(const Recipe& recipe, const std::filesystem::path& folder);

/// A way to change images, where chance may have a part.
export struct Change {
  std::string name;
  std::function<nn::Tensor(nn::Tensor, nn::Random)> of;
};

/// Rotated, shifted, drawn with another pen, and all of that.
export std::vector<Change> changes();

/// Counts what a network reads right and wrong, when all training is done.
export void judge(Run& run, const nn::Dataset& digits);

/// The same on changed images, which are the same for every run.
export void judge_changed(std::vector<Run>& runs, const nn::Dataset& digits);

/// Prints text, or loses it if the output cannot be written: fmt::print() would throw, and networks
/// that are trained by then would be lost with it. The program ends with status 1.
export void say(const std::string& text);
