module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

module predict.answers;

import nn.text;
import terminal;

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

// [remark]
/// A remark on a doubtful digit; empty for any other.
std::string remark(const Reading& reading) {
  std::string text;
  if (reading.is_unsure()) {
    text = fmt::format("unsure: perhaps {} ({:.1f} %)", reading.second,
                       100 * reading.probabilities(0, reading.second));
  }
  if (reading.may_be_european()) {
    text += (text.empty() ? "" : "; ") + std::string{"may be a 1 with an upstroke"};
  }
  return text;
}
// [/remark]

/// `, picture 8` if a file has several.
std::string picture_of(const Answer& answer) {
  return answer.index ? fmt::format(", picture {}", *answer.index) : "";
}

// [number]
std::string number(const Answer& answer) {
  std::string number;
  for (const Reading& reading : answer.digits) number += std::to_string(reading.digit);
  return number;
}

/// The least certain digit, which determines how certain the whole number is.
const Reading& least_certain(const Answer& answer) {
  return *std::ranges::min_element(answer.digits, {}, &Reading::certainty);
}
// [/number]

// [drawing]
/// A bar as long as a fraction of 32 columns, to an eighth of a column.
std::string bar(nn::real share) {
  constexpr std::array<const char*, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::lround(32 * 8 * share));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + parts[eighths % 8];
}
// [/drawing]

/// Prints a line without trailing blanks.
void print_line(std::string line) {
  line.resize(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

/// The end of a path that is too long for a line.
std::string shortened(const std::string& path) {
  constexpr std::size_t most = 40;
  if (path.size() <= most) return path;
  std::size_t begin = path.size() - most;
  while ((static_cast<unsigned char>(path[begin]) & 0xC0U) == 0x80U) ++begin;  // inside a character
  return "…" + path.substr(begin);
}

// [picture]
/// Shows what the network saw, and next to it the probability of each digit.
void print_bars(const Reading& reading) {
  constexpr std::size_t above = 2;  // lines of the drawing above the first bar
  for (std::size_t line = 0; line < 14; ++line) {
    const auto row = [&](std::size_t y) { return reading.found.pixels.row(0).subspan(28 * y, 28); };
    std::string text = "  " + nn::half_blocks<nn::real>(row(2 * line), row(2 * line + 1));
    if (line >= above && line - above < 10) {
      const nn::real probability = reading.probabilities(0, line - above);
      text +=
          fmt::format("    {}  {:5.1f} %  {}", line - above, 100 * probability, bar(probability));
    }
    print_line(text);
  }
}

/// Prints a single digit as a drawing with bars, or several digits with a line each.
void print_picture(const Answer& answer) {
  fmt::print("\n{}{}, {} × {} pixels: {}\n", shortened(answer.file), picture_of(answer),
             answer.width, answer.height, terminal::bold(number(answer)));
  if (answer.digits.size() == 1) {
    const Reading& reading = answer.digits[0];
    if (const std::string text = remark(reading); !text.empty()) fmt::print("  {}\n", text);
    print_bars(reading);
  } else {
    fmt::print("\n");
    for (const Reading& reading : answer.digits) {
      print_line(fmt::format("  {}  {:5.1f} %  {}", reading.digit, 100 * reading.certainty(),
                             remark(reading)));
    }
  }
  if (!answer.stages.empty()) fmt::print("\n");
  for (const fs::path& file : answer.stages) fmt::print("  {}\n", file.string());
}
// [/picture]

// [line]
/// Prints an answer on one line, for many files.
void print_in_a_line(const Answer& answer) {
  const Reading& reading = least_certain(answer);
  std::string text = remark(reading);
  if (!text.empty()) text.insert(0, ", ");
  fmt::print("{}: {} ({:.1f} %){}\n", name(answer), number(answer), 100 * reading.certainty(),
             text);
  for (const fs::path& file : answer.stages) fmt::print("  {}\n", file.string());
}
// [/line]

// [json]
/// An answer as JSON. Six decimals are enough, close to the precision of a float.
Json json_of(const Answer& answer) {
  const auto rounded = [](double value) { return std::round(1e6 * value) / 1e6; };
  Json json{{"file", answer.file}};
  if (answer.index) json["picture"] = *answer.index;
  json.update({{"width", answer.width},
               {"height", answer.height},
               {"answer", number(answer)},
               {"unsure", least_certain(answer).is_unsure()},
               {"digits", Json::array()}});
  for (const Reading& reading : answer.digits) {
    const nn::FoundDigit& box = reading.found;
    Json probabilities = Json::array();
    for (const double value : reading.probabilities.values()) {
      probabilities.push_back(rounded(value));
    }
    json["digits"].push_back(
        {{"digit", reading.digit},
         {"probability", rounded(reading.certainty())},
         {"second", reading.second},
         {"probabilities", probabilities},
         {"box", {rounded(box.left), rounded(box.top), rounded(box.right), rounded(box.bottom)}}});
  }
  for (const fs::path& file : answer.stages) json["stages"].push_back(file.string());
  return json;
}
// [/json]

/// The JSON as a line; a file's name may not be valid UTF-8.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string name(const Answer& answer) { return answer.file + picture_of(answer); }

void Report::answer(const Answer& answer) {
  if (is_json_) {
    json_.push_back(line_of(json_of(answer)));
  } else if (is_list_) {
    print_in_a_line(answer);
  } else {
    print_picture(answer);
  }
}

void Report::failure(const std::string& file, const std::string& sentence, int status) {
  terminal::print_error(sentence);
  status_ = std::max(status_, status);
  if (is_json_) json_.push_back(line_of({{"file", file}, {"error", sentence}}));
}

void Report::more(const std::string& file, std::size_t count) const {
  if (is_json_) {
    terminal::print_error(fmt::format("{}: {} more; read them with --index all", file, count));
  } else if (is_list_) {
    fmt::print("{}: {} more; read them with --index all\n", file, count);
  } else {
    fmt::print("\nand {} more; --index shows them\n", count);
  }
}

int Report::end() {
  if (!is_json_) return status_;
  std::string lines;
  for (const std::string& one : json_) lines += (lines.empty() ? "" : ",\n") + one;
  fmt::print("[{}]\n", lines);
  return status_;
}
