/// @file
/// @brief What chapter 16's program has read, and how it says so.
module;

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

export module predict.answers;

import nn.pictures;

namespace fs = std::filesystem;

// [reading]
/// A digit as the network reads it.
export struct Reading {
  nn::FoundDigit found;
  nn::Tensor probabilities;  ///< Shape (1, 10).
  std::size_t digit;         ///< The most probable,
  std::size_t second;        ///< and the next.

  [[nodiscard]] nn::real certainty() const { return probabilities(0, digit); }
  [[nodiscard]] bool is_unsure() const { return certainty() < 0.9F; }
  /// Of what is read as 7, a 1 that is written with an upstroke leaves a trace of the 1.
  [[nodiscard]] bool may_be_european() const {
    return digit == 7 && second == 1 && probabilities(0, 1) >= 0.001F;
  }
};
// [/reading]

/// What the network reads in a picture.
export struct Answer {
  std::string file;
  std::optional<std::size_t> index;  ///< Of the picture, if the file has several.
  std::size_t width;
  std::size_t height;
  std::vector<Reading> digits;   ///< From left to right, at least one.
  std::vector<fs::path> stages;  ///< The files that --show has made.
};

/// The file, and the number of the picture if it has several.
export std::string name(const Answer& answer);

/// Gives the answers: as drawings or as lines, when they are there, or together as JSON.
export class Report {
 public:
  Report(bool is_json, bool is_list) : is_json_{is_json}, is_list_{is_list} {}

  void answer(const Answer& answer);
  void failure(const std::string& file, const std::string& sentence, int status = EXIT_FAILURE);
  /// Says how many pictures of a file were not read.
  void more(const std::string& file, std::size_t count) const;
  /// @return The program's status: the worst of all failures'.
  int end();

 private:
  bool is_json_;
  bool is_list_;
  int status_ = EXIT_SUCCESS;
  std::vector<std::string> json_;
};
