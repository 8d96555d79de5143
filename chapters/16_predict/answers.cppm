/// @file
/// @brief The answers of chapter 16's program, and how it prints them.
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
  std::size_t digit;         ///< The most probable digit,
  std::size_t second;        ///< and the second most probable.

  [[nodiscard]] nn::real certainty() const { return probabilities(0, digit); }
  [[nodiscard]] bool is_unsure() const { return certainty() < 0.9F; }
  /// Whether a 7 may be a 1 with an upstroke: then the 1 has a small probability, too.
  [[nodiscard]] bool may_be_european() const {
    return digit == 7 && second == 1 && probabilities(0, 1) >= 0.001F;
  }
};
// [/reading]

/// What the network reads in a picture.
export struct Answer {
  std::string file;
  std::optional<std::size_t> index;  ///< The number of the picture, if the file has several.
  std::size_t width;
  std::size_t height;
  std::vector<Reading> digits;   ///< From left to right, at least one.
  std::vector<fs::path> stages;  ///< The files that --show has written.
};

/// The file, and the number of the picture if it has several.
export std::string name(const Answer& answer);

/// Prints the answers: as drawings or lines immediately, or together as JSON at the end.
export class Report {
 public:
  Report(bool is_json, bool is_list) : is_json_{is_json}, is_list_{is_list} {}

  void answer(const Answer& answer);
  void failure(const std::string& file, const std::string& sentence, int status = EXIT_FAILURE);
  /// Reports how many pictures of a file were not read.
  void more(const std::string& file, std::size_t count) const;
  /// @return The program's exit status: that of the worst failure.
  int end();

 private:
  bool is_json_;
  bool is_list_;
  int status_ = EXIT_SUCCESS;
  std::vector<std::string> json_;
};
