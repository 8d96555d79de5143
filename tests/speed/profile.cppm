/// @file
/// @brief Where the time of a training step goes: every part, measured separately.
module;

#include <string>
#include <vector>

export module speed.profile;

export namespace speed {

/// A part of a step.
struct Part {
  std::string name;
  double operations = 0;        ///< Floating-point operations of the sums of products, else 0.
  double bytes = 0;             ///< Read and written at least, where there are no such sums.
  std::vector<double> seconds;  ///< Of every step.
};

/// The parts of a training step, in the order in which they run.
/// @param name Of the network.
/// @param seconds How long to measure, after some steps that are not counted.
std::vector<Part> profile(const std::string& name, double seconds);

}  // namespace speed
