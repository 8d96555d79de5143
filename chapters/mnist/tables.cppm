/// @file
/// @brief What `./book mnist` prints when the networks are trained.
module;

#include <string>
#include <vector>

export module mnist.tables;

import mnist.recipes;
import mnist.runs;
import nn;

/// What the networks are compared on: `test`, or `validation` for a choice.
export struct Judged {
  std::string name;
  const nn::Dataset& digits;
};

/// A column for each network: means and deviations over the seeds.
export void print_comparison(const Recipe& recipe, const std::vector<Run>& runs,
                             const Judged& judged);

/// Which digit is taken for which.
export void print_confusions(const std::vector<Run>& runs);

/// Draws the three mistakes that a network was most confident of, side by side.
export void print_worst_mistakes(const Run& run, const nn::Dataset& digits);

/// One plain sentence, from the numbers.
export std::string verdict(const Recipe& recipe, const std::vector<Run>& runs,
                           const Judged& judged);
