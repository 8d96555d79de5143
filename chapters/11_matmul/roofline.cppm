/// @file
/// @brief The roofline of a machine, drawn with characters, and the data of the page's figure.
module;

#include <vector>

export module matmul.roofline;

import matmul.contest;

/// Prints the roofs of a machine with the steps below them, and writes both for the figure.
/// @param intensities Operations per byte loaded or stored. Only the first steps have one, and only
///   these are drawn: `1` to `7`, the module on one thread as `n` and on all threads as `N`.
export void draw_roofline(const Machine& machine, const std::vector<Step>& steps,
                          const std::vector<double>& intensities);
