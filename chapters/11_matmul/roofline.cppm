/// @file
/// @brief The roofline of a machine, drawn with characters, and the data of the page's figure.
module;

#include <vector>

export module matmul.roofline;

import matmul.contest;

/// Prints the roofs of a machine and where the steps are below them, and keeps both for the figure.
/// @param intensities Operations for each byte loaded or stored, of the first steps: these are
/// drawn,
///   the seven of the chapter as `1` to `7`, the module as `n` and on all threads as `N`.
export void draw_roofline(const Machine& machine, const std::vector<Step>& steps,
                          const std::vector<double>& intensities);
