// Every chapter's program prints what its page shows: chapters/01_dense.out is the record of
// chapters/01_dense.cpp. Where numbers may differ from machine to machine, chapters/….tolerance
// says for each section by how much, and why: `5.6 0.05 rounding differs`. The data of the figures,
// docs/figures/….csv, is compared alike.

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// Of a section, `5.6`, or a file of data, the largest relative difference that its numbers may
/// have.
using Tolerances = std::map<std::string, double>;

Tolerances read_tolerances(std::istream& text) {
  Tolerances tolerances;
  for (std::string line; std::getline(text, line);) {
    std::istringstream words{line};
    std::string section;
    double tolerance = 0;
    std::string reason;
    if (!(words >> section >> tolerance >> reason)) {
      throw std::runtime_error(
          fmt::format("'{}': expected a section, a tolerance and a reason", line));
    }
    tolerances[section] = tolerance;
  }
  return tolerances;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

const std::regex number{R"([-+]?\d[\d,]*(\.\d+)?([eE][-+]?\d+)?)"};

/// A line with its numbers taken out, blanks run together.
std::string words_of(const std::string& line) {
  const std::string words = std::regex_replace(line, number, "#");
  return std::regex_replace(words, std::regex{" +"}, " ");
}

std::vector<double> numbers_of(const std::string& line) {
  std::vector<double> numbers;
  for (std::sregex_iterator match{line.begin(), line.end(), number}, end; match != end; ++match) {
    numbers.push_back(std::stod(std::regex_replace(match->str(), std::regex{","}, "")));
  }
  return numbers;
}

bool are_near(const std::string& a, const std::string& b, double tolerance) {
  if (words_of(a) != words_of(b)) return false;
  const std::vector<double> left = numbers_of(a);
  const std::vector<double> right = numbers_of(b);
  for (std::size_t i = 0; i < left.size(); ++i) {
    const double size = std::fmax(std::abs(left[i]), std::abs(right[i]));
    if (std::abs(left[i] - right[i]) > tolerance * size) return false;
  }
  return true;
}

/// The first line that differs by more than it may, shown on both sides; empty if there is none.
std::string difference(const std::string& record, const std::string& output,
                       const Tolerances& tolerances) {
  const std::vector<std::string> wanted = lines_of(record);
  const std::vector<std::string> found = lines_of(output);
  std::string section;
  for (std::size_t i = 0; i < std::max(wanted.size(), found.size()); ++i) {
    const std::string& left = i < wanted.size() ? wanted[i] : "(the end)";
    const std::string& right = i < found.size() ? found[i] : "(the end)";
    std::smatch heading;
    if (std::regex_search(left, heading, std::regex{R"(^\d+\.\d+(?= ))"})) section = heading.str();
    const auto tolerance = tolerances.find(section);
    const bool equal =
        tolerance == tolerances.end() ? left == right : are_near(left, right, tolerance->second);
    if (!equal) return fmt::format("line {}\n  record: {}\n  output: {}", i + 1, left, right);
  }
  return "";
}

std::string read(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string output_of(const std::string& program) {
  const auto close = [](FILE* pipe) { EXPECT_EQ(pclose(pipe), 0); };
  const std::unique_ptr<FILE, decltype(close)> pipe{popen(program.c_str(), "r"), close};
  std::string output;
  std::array<char, 4096> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe.get())) > 0;) {
    output.append(part.data(), got);
  }
  return output;
}

TEST(Difference, IsNoneBetweenEqualTexts) { EXPECT_EQ(difference("a 1\nb\n", "a 1\nb\n", {}), ""); }

TEST(Difference, ShowsTheFirstLineThatChanged) {
  EXPECT_EQ(difference("a\nb 1\n", "a\nb 2\n", {}), "line 2\n  record: b 1\n  output: b 2");
  EXPECT_EQ(difference("a\n", "a\nb\n", {}), "line 2\n  record: (the end)\n  output: b");
  EXPECT_EQ(difference("a\nb\n", "a\n", {}), "line 2\n  record: b\n  output: (the end)");
}

TEST(Difference, AllowsNumbersTheirToleranceInTheirSectionOnly) {
  const std::string record = "1.1 Fast\ncost 100.0\n1.2 Sure\ncost 100.0\n";
  const Tolerances tolerances{{"1.1", 0.01}};
  EXPECT_EQ(difference(record, "1.1 Fast\ncost 99.1\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\ncost 98.9\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\ncosts 100.0\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\ncost 100.0\n1.2 Sure\ncost 99.9\n", tolerances), "");
}

TEST(Difference, ReadsNumbersAsTheyAreWritten) {
  EXPECT_TRUE(are_near("1,000 images/s, cost -1.5e-03", "1,010 images/s, cost -1.51e-3", 0.02));
  EXPECT_FALSE(are_near("1,000 images/s", "2,000 images/s", 0.02));
}

TEST(Tolerances, NeedAReason) {
  std::istringstream good{"5.6 0.05 rounding differs\n"};
  EXPECT_EQ(read_tolerances(good).at("5.6"), 0.05);
  std::istringstream bare{"5.6 0.05\n"};
  EXPECT_THROW(read_tolerances(bare), std::runtime_error);
}

class Chapter : public testing::TestWithParam<std::string> {};

std::set<std::string> data_files(const fs::path& folder, const std::string& chapter) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder}) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(chapter.substr(0, 3)) && name.ends_with(".csv")) names.insert(name);
  }
  return names;
}

TEST_P(Chapter, PrintsWhatIsRecorded) {
  const fs::path source = fs::path{NN_CHAPTERS_SOURCE} / GetParam();
  const std::string advice = "If the change is right: ./book record " + GetParam();
  const std::string record = read(source.string() + ".out");
  ASSERT_FALSE(record.empty()) << "no record: ./book record " << GetParam();
  std::ifstream lines{source.string() + ".tolerance"};
  const Tolerances tolerances = read_tolerances(lines);

  std::string folder = (fs::temp_directory_path() / "nn-chapter-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string program = (fs::path{NN_CHAPTERS_BUILD} / GetParam()).string();
  EXPECT_EQ(difference(record, output_of(program + " --data " + folder), tolerances), "") << advice;

  const std::set<std::string> files = data_files(NN_FIGURES, GetParam());
  EXPECT_EQ(data_files(folder, GetParam()), files) << advice;
  for (const std::string& file : files) {
    const auto tolerance = tolerances.find(file);
    EXPECT_EQ(difference(read(fs::path{NN_FIGURES} / file), read(fs::path{folder} / file),
                         {{"", tolerance == tolerances.end() ? 0 : tolerance->second}}),
              "")
        << file << ": " << advice;
  }
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Recorded, Chapter, testing::Values(NN_CHAPTERS_RECORDED),
                         [](const auto& chapter) { return chapter.param; });

}  // namespace
