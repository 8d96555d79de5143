/// @file
/// @brief What `./book mnist` prints after training.
module;

#include <string>
#include <vector>

export module mnist.tables;

import mnist.recipes;
import mnist.runs;
import nn;

/// The set on which the networks are compared: `test`, or `validation` while choices are made.
export struct Judged {
  std::string name;
  const nn::Dataset& digits;
};

/// A column for each network: means and deviations over the seeds.
export void print_comparison(const Recipe& recipe, const std::vector<Run>& runs,
                             const Judged& judged);

/// Prints which digits are most often confused.
export void print_confusions(const std::vector<Run>& runs);

/// Draws the three mistakes that a network was most confident about, side by side.
export void print_worst_mistakes(const Run& run, const nn::Dataset& digits);

/// The lines printed after the tables if Ctrl-C ended the run.
export std::string interruption(const Run& run);

/// Sums up the comparison in one sentence.
export std::string verdict(const Recipe& recipe, const std::vector<Run>& runs,
                           const Judged& judged);
