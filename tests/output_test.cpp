// Every chapter's program prints what its page shows: chapters/01_dense.out is the record of
// chapters/01_dense.cpp. If numbers may differ between machines, chapters/….tolerance says for each
// section by how much, and why: `5.6 0.05 rounding differs`. For a section with `any`, only the
// heading is compared: `11.12 any a picture of this machine`. The data of the figures,
// docs/figures/….csv, is compared in the same way; a file with `any` is not compared.
//
// A tolerance may also be for lines, wherever they are: `/cost/ 0.1 rounding differs` is for the
// numbers of all lines with a cost. `/\d+ threads/ any cores differ` is for what is not compared.
//
// If a chapter takes minutes, its short form is compared, chapters/….short.out with its own
// ….short.tolerance; the full form only if the environment has NN_LONG=1.
//
// A chapter that takes options is run as often as chapters/….runs says; a run that is marked `long`
// is compared where the environment has NN_LONG=1.

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;

/// The largest relative difference allowed for the numbers of a section, `5.6`, or of a data file;
/// infinite if its lines are not compared at all.
using Tolerances = std::map<std::string, double>;

Tolerances read_tolerances(std::istream& text) {
  Tolerances tolerances;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('/')) continue;
    std::istringstream words{line};
    std::string section;
    std::string tolerance;
    std::string reason;
    if (!(words >> section >> tolerance >> reason)) {
      throw std::runtime_error(
          fmt::format("'{}': expected a section, a tolerance and a reason", line));
    }
    tolerances[section] = tolerance == "any" ? INFINITY : std::stod(tolerance);
  }
  return tolerances;
}

/// For lines that match a pattern: the tolerance of their numbers; if there is none, the matching
/// text is not compared.
struct Rule {
  std::regex pattern;
  std::optional<double> tolerance;
};

std::vector<Rule> read_rules(std::istream& text) {
  const std::regex form{R"(/(.+)/ (any|[\d.]+) \S.*)"};
  std::vector<Rule> rules;
  for (std::string line; std::getline(text, line);) {
    std::smatch parts;
    if (!line.starts_with('/')) continue;
    if (!std::regex_match(line, parts, form)) {
      throw std::runtime_error(
          fmt::format("'{}': expected /a pattern/, a tolerance or `any`, and a reason", line));
    }
    rules.push_back({.pattern = std::regex{parts.str(1)}, .tolerance = {}});
    if (parts[2] != "any") rules.back().tolerance = std::stod(parts[2]);
  }
  return rules;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The section number if a line is a heading, `5.6` or `A.2`; otherwise empty.
std::string number_of_heading(const std::string& line) {
  static const std::regex pattern{R"(^(\d+|[A-Z])\.\d+(?= ))"};
  std::smatch heading;
  return std::regex_search(line, heading, pattern) ? heading.str() : "";
}

/// Removes what is not compared: sections with `any` except their headings, matches of patterns,
/// and lines that are then empty. A picture may have empty lines anywhere, so if there are rules,
/// no empty line is compared.
std::vector<std::string> compared_lines(const std::string& text, const Tolerances& tolerances,
                                        const std::vector<Rule>& rules) {
  std::vector<std::string> lines;
  bool is_free = false;
  for (const std::string& line : lines_of(text)) {
    const std::string section = number_of_heading(line);
    if (section.empty() && is_free) continue;
    if (!section.empty()) {
      const auto tolerance = tolerances.find(section);
      is_free = tolerance != tolerances.end() && std::isinf(tolerance->second);
    }
    std::string rest = line;
    for (const Rule& rule : rules) {
      if (!rule.tolerance) rest = std::regex_replace(rest, rule.pattern, "");
    }
    if (!rest.empty() || rules.empty()) lines.push_back(rest);
  }
  return lines;
}

const std::regex number{R"([-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][-+]?\d+)?)"};

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

/// The tolerance of a line, from a rule or else its section; none if the text must be equal.
std::optional<double> tolerance_of(const std::string& line, const std::string& section,
                                   const Tolerances& tolerances, const std::vector<Rule>& rules) {
  for (const Rule& rule : rules) {
    if (rule.tolerance && std::regex_search(line, rule.pattern)) return rule.tolerance;
  }
  const auto found = tolerances.find(section);
  const bool exact = found == tolerances.end() || std::isinf(found->second);
  return exact ? std::nullopt : std::optional{found->second};
}

/// The lines that differ by more than the tolerance, from both texts; empty if there are none. At
/// most five, because after a missing line all lines differ.
std::string difference(const std::string& record, const std::string& output,
                       const Tolerances& tolerances, const std::vector<Rule>& rules = {}) {
  const std::vector<std::string> wanted = compared_lines(record, tolerances, rules);
  const std::vector<std::string> found = compared_lines(output, tolerances, rules);
  std::string section;
  std::string text;
  std::size_t shown = 0;
  for (std::size_t i = 0; i < std::max(wanted.size(), found.size()) && shown < 5; ++i) {
    const std::string& left = i < wanted.size() ? wanted[i] : "(the end)";
    const std::string& right = i < found.size() ? found[i] : "(the end)";
    if (const std::string next = number_of_heading(left); !next.empty()) section = next;
    const auto tolerance = tolerance_of(left, section, tolerances, rules);
    const bool equal = tolerance ? are_near(left, right, *tolerance) : left == right;
    if (equal) continue;
    text += fmt::format("{}line {}\n  record: {}\n  output: {}", ++shown > 1 ? "\n" : "", i + 1,
                        left, right);
  }
  return text;
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

TEST(Difference, ShowsTheLinesThatChanged) {
  EXPECT_EQ(difference("a\nb 1\n", "a\nb 2\n", {}), "line 2\n  record: b 1\n  output: b 2");
  EXPECT_EQ(difference("a\n", "a\nb\n", {}), "line 2\n  record: (the end)\n  output: b");
  EXPECT_EQ(difference("a\nb\n", "a\n", {}), "line 2\n  record: b\n  output: (the end)");
  EXPECT_EQ(difference("a\nb\nc\n", "d\nb\ne\n", {}),
            "line 1\n  record: a\n  output: d\nline 3\n  record: c\n  output: e");
}

TEST(Difference, AllowsNumbersTheirToleranceInTheirSectionOnly) {
  const std::string record = "1.1 Fast\ncost 100.0\n1.2 Sure\ncost 100.0\n";
  const Tolerances tolerances{{"1.1", 0.01}};
  EXPECT_EQ(difference(record, "1.1 Fast\ncost 99.1\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\ncost 98.9\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\ncosts 100.0\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\ncost 100.0\n1.2 Sure\ncost 99.9\n", tolerances), "");
}

TEST(Difference, KnowsTheSectionsOfAnAppendix) {
  const std::string record = "A.1 Fast\ncost 100.0\nA.2 Sure\ncost 100.0\n";
  const Tolerances tolerances{{"A.1", 0.01}};
  EXPECT_EQ(difference(record, "A.1 Fast\ncost 99.1\nA.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "A.1 Fast\ncost 100.0\nA.2 Sure\ncost 99.1\n", tolerances), "");
}

TEST(Difference, ReadsACommaAsPartOfANumberBetweenGroupsOfThreeDigits) {
  const Tolerances tolerances{{"", 0.1}};
  EXPECT_EQ(difference("60,000 images\n", "61,000 images\n", tolerances), "");
  EXPECT_NE(difference("60,000 images\n", "60,900,000 images\n", tolerances), "");
  EXPECT_EQ(difference("71,86.2\n", "67.1,88\n", tolerances), "");
  EXPECT_NE(difference("71,86.2\n", "71,68\n", tolerances), "");
}

std::vector<Rule> rules_of(const std::string& text) {
  std::istringstream lines{text};
  return read_rules(lines);
}

TEST(Difference, AllowsLinesATolerance) {
  const std::vector<Rule> rules = rules_of("/cost/ 0.1 rounding\n");
  EXPECT_EQ(difference("cost 1.00\nb 2\n", "cost 1.05\nb 2\n", {}, rules), "");
  EXPECT_NE(difference("cost 1.00\nb 2\n", "cost 1.20\nb 2\n", {}, rules), "");
  EXPECT_NE(difference("cost 1.00\nb 2.0\n", "cost 1.00\nb 2.1\n", {}, rules), "");
}

TEST(Difference, DoesNotCompareWhatARuleTakesOut) {
  const std::vector<Rule> rules =
      rules_of("/; \\d+ threads/ any cores\n/^images/s.*/ any clocks\n");
  EXPECT_EQ(difference("a; 2 threads\n", "a; 8 threads\n", {}, rules), "");
  EXPECT_NE(difference("a; 2 threads\n", "b; 2 threads\n", {}, rules), "");
  EXPECT_EQ(difference("images/s 5\nb\n", "images/s 6\n\nimages/s 7\nb\n", {}, rules), "");
  EXPECT_NE(difference("images/s 5\nb\n", "images/s 5\n", {}, rules), "");
}

TEST(Rules, NeedAReasonAndMayFollowTolerances) {
  EXPECT_THROW(rules_of("/cost/ 0.1\n"), std::runtime_error);
  EXPECT_THROW(rules_of("/cost 0.1 rounding\n"), std::runtime_error);
  std::istringstream both{"/cost/ 0.1 rounding\n5.6 0.05 rounding\n"};
  EXPECT_EQ(read_tolerances(both).size(), 1U);
  EXPECT_EQ(rules_of("/cost/ 0.1 rounding\n5.6 0.05 rounding\n").size(), 1U);
}

TEST(Difference, ComparesOnlyTheHeadingWhereAnythingIsAllowed) {
  const std::string record = "1.1 Fast\n---\n/\\\n\n1.2 Sure\ncost 100.0\n";
  const Tolerances tolerances{{"1.1", INFINITY}};
  EXPECT_EQ(difference(record, "1.1 Fast\n---\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_EQ(difference(record, "1.1 Fast\n|\n|\n|\n|\n|\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Slow\n---\n/\\\n\n1.2 Sure\ncost 100.0\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\n---\n/\\\n\n1.2 Sure\ncost 100.1\n", tolerances), "");
  EXPECT_NE(difference(record, "1.1 Fast\n---\n/\\\n", tolerances), "");
  EXPECT_EQ(difference("1.1 Fast\n|\n", "1.1 Fast\n/\n/\n", tolerances), "");
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
  std::istringstream any{"5.6 any a picture of this machine\n"};
  EXPECT_TRUE(std::isinf(read_tolerances(any).at("5.6")));
  std::istringstream neither{"5.6 some rounding differs\n"};
  EXPECT_ANY_THROW(read_tolerances(neither));
}

/// A run of a program with options: `10.13 long --recipe report`, a line of chapters/….runs.
struct ProgramRun {
  std::string chapter;
  std::string section;
  bool is_long;
  std::string options;  ///< With a blank before each.

  [[nodiscard]] std::string heading() const {
    const std::string text =
        fmt::format("{} ./book {}{}", section, chapter.substr(chapter.find('_') + 1), options);
    return fmt::format("{}\n{}\n", text, std::string(text.size(), '-'));
  }
};

std::vector<ProgramRun> read_runs(const std::string& chapter, std::istream& text) {
  std::vector<ProgramRun> runs;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('#')) continue;
    std::smatch parts;
    if (!std::regex_match(line, parts, std::regex{R"((\w+\.\d+) (short|long)((?: \S+)*))"})) {
      throw std::runtime_error(fmt::format("'{}': expected a section, short or long", line));
    }
    runs.push_back({chapter, parts[1], parts[2] == "long", parts[3]});
  }
  return runs;
}

/// The section under a heading, both included, without the empty line that ends it.
std::string section_of(const std::string& record, const std::string& heading) {
  const std::size_t begin = record.find(heading);
  if (begin == std::string::npos) return "";
  const std::string rest = record.substr(begin + heading.size());
  std::smatch next;
  std::regex_search(rest, next, std::regex{R"(\n\w+\.\d+ [^\n]*\n-+\n)"});
  std::string text = heading + (next.empty() ? rest : next.prefix().str());
  if (next.empty()) text.pop_back();
  return text;
}

TEST(Runs, AreReadAndFoundInTheRecord) {
  std::istringstream text{"# a comment\n1.1 short\n1.3 long --a b\n"};
  const std::vector<ProgramRun> runs = read_runs("01_x", text);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_FALSE(runs[0].is_long);
  EXPECT_TRUE(runs[1].is_long);
  EXPECT_EQ(runs[1].heading(), "1.3 ./book x --a b\n------------------\n");
  const std::string first = "1.1 ./book x\n------------\none\n\ntwo\n";
  const std::string second = runs[1].heading() + "three\n";
  EXPECT_EQ(section_of(first + "\n" + second + "\n", runs[0].heading()), first);
  EXPECT_EQ(section_of(first + "\n" + second + "\n", runs[1].heading()), second);
  std::istringstream bad{"1.1 --a\n"};
  EXPECT_THROW(read_runs("01_x", bad), std::runtime_error);
}

/// A run of a lecture: some take so long (`lengthy`) that their `brief` form has a separate record.
enum class Form { whole, lengthy, brief };

struct LectureRun {
  std::string chapter;
  Form form;
};

bool runs_long() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
  return std::getenv("NN_LONG") != nullptr;
}

class Chapter : public testing::TestWithParam<LectureRun> {};
class ProgramWithOptions : public testing::TestWithParam<ProgramRun> {};

/// The records of a chapter, and how closely they are compared.
struct Record {
  explicit Record(const std::string& chapter, const std::string& form = "")
      : advice{"If the change is right: ./book record " + chapter} {
    const std::string source = (fs::path{NN_CHAPTERS_SOURCE} / chapter).string() + form;
    text = read(source + ".out");
    std::istringstream lines{read(source + ".tolerance")};
    tolerances = read_tolerances(lines);
    lines = std::istringstream{read(source + ".tolerance")};
    rules = read_rules(lines);
  }

  std::string advice;
  std::string text;
  Tolerances tolerances;
  std::vector<Rule> rules;
};

/// A new folder for the files of a program; the destructor removes it.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "nn-chapter-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }

  fs::path path;
};

/// The files of data that a chapter wrote: their names begin with its number, `01_` or `A_`.
std::set<std::string> data_files(const fs::path& folder, const std::string& chapter) {
  const std::string prefix = chapter.substr(0, chapter.find('_') + 1);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder}) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".csv")) names.insert(name);
  }
  return names;
}

/// Compares the data of a figure, docs/figures/NAME, with what a program has written.
void expect_data(const Record& record, const std::string& name, const fs::path& written) {
  const auto tolerance = record.tolerances.find(name);
  const double allowed = tolerance == record.tolerances.end() ? 0 : tolerance->second;
  if (std::isinf(allowed)) return;
  // A comma between two cells, not in the middle of one number.
  const auto cells = [](const fs::path& file) {
    return std::regex_replace(read(file), std::regex{","}, ", ");
  };
  EXPECT_EQ(
      difference(cells(fs::path{NN_FIGURES} / name), cells(written), {{"", allowed}}, record.rules),
      "")
      << name << ": " << record.advice;
}

TEST_P(Chapter, PrintsWhatIsRecorded) {
  const LectureRun& run = GetParam();
  const Record record{run.chapter, run.form == Form::brief ? ".short" : ""};
  ASSERT_FALSE(record.text.empty()) << "no record: ./book record " << run.chapter;
  if (run.form == Form::lengthy && !runs_long()) GTEST_SKIP() << "long: set NN_LONG=1";
  const Folder folder;
  const std::string program = (fs::path{NN_CHAPTERS_BUILD} / run.chapter).string();
  const std::string options = run.form == Form::brief ? " --short --data " : " --data ";
  const std::string output = output_of(program + options + folder.path.string());
  EXPECT_EQ(difference(record.text, output, record.tolerances, record.rules), "") << record.advice;

  const std::set<std::string> files = data_files(NN_FIGURES, run.chapter);
  EXPECT_EQ(data_files(folder.path, run.chapter), files) << record.advice;
  if (run.form == Form::brief) return;  // the figures are drawn from the full form
  for (const std::string& file : files) expect_data(record, file, folder.path / file);
}

/// How a program ends, and what it prints as an error.
struct Ending {
  /// @param by A command that runs the program.
  Ending(const std::string& name, const std::string& arguments, const std::string& by = "") {
    const std::string program = by + (fs::path{NN_CHAPTERS_BUILD} / name).string();
    const Folder folder;
    const std::string error = (folder.path / "error").string();
    const int ended = std::system((program + " " + arguments + " 2>" + error).c_str());
    status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    text = read(error);
  }

  int status;
  std::string text;
};

TEST(Programs, FailWhereTheirOutputCannotBeWritten) {
  for (const std::string name : {"01_dense", "recipe_own_cost"}) {
    for (const char* by : {"", "stdbuf -oL "}) {  // only the end fails, or the first line
      const Ending full{name, ">/dev/full", by};
      EXPECT_EQ(full.status, 1) << by << name;
      EXPECT_TRUE(full.text.starts_with(name + ": cannot write ")) << full.text;
      EXPECT_EQ(std::ranges::count(full.text, '\n'), 1) << full.text;
    }
    EXPECT_EQ(Ending(name, ">/dev/null").status, 0) << name;
  }
}

TEST(Programs, CheckTheirOptions) {
  const std::string known = ";\nthe options are --step, --short, --data DIR and --version\n";
  const auto refusal = [&](const std::string& arguments) {
    const Ending refused{"01_dense", arguments};
    EXPECT_EQ(refused.status, 2) << arguments;
    EXPECT_TRUE(refused.text.ends_with(known)) << refused.text;
    return refused.text.substr(0, refused.text.size() - known.size());
  };
  const auto ends = [&](const std::string& arguments, const std::string& sentence) {
    EXPECT_TRUE(refusal(arguments).ends_with("01_dense: " + sentence)) << refusal(arguments);
  };
  ends("--nonsense", "there is no option '--nonsense'");
  ends("--data", "--data is '', expected an existing folder");
  ends("--data ''", "--data is '', expected an existing folder");
  ends("--data nowhere", "--data is 'nowhere', expected an existing folder");
  ends("--data /proc",
       "--data is '/proc', expected a folder for new files (No such file or directory)");
  EXPECT_EQ(output_of((fs::path{NN_CHAPTERS_BUILD} / "01_dense").string() + " --version"),
            "01_dense " NN_VERSION "\n");
}

TEST_P(ProgramWithOptions, PrintsWhatIsRecorded) {
  const ProgramRun& run = GetParam();
  const Record record{run.chapter};
  const std::string recorded = section_of(record.text, run.heading());
  ASSERT_FALSE(recorded.empty()) << "no record of " << run.heading() << record.advice;
  if (run.is_long && !runs_long()) GTEST_SKIP() << "long: set NN_LONG=1";
  const Folder folder;
  fs::create_directory_symlink(fs::path{NN_CHAPTERS_SOURCE} / "../data", folder.path / "data");
  const std::string program = (fs::path{NN_CHAPTERS_BUILD} / run.chapter).string();
  const std::string output =
      output_of("cd " + folder.path.string() + " && " + program + run.options);
  EXPECT_EQ(difference(recorded, run.heading() + output, record.tolerances, record.rules), "")
      << record.advice;

  // What it wrote, in whatever folder, is recorded with the program's number or name:
  // mnist_cnn.csv.
  const std::string prefix = run.chapter.substr(0, run.chapter.find('_')) + "_";
  for (const auto& entry : fs::recursive_directory_iterator{folder.path}) {
    const fs::path& file = entry.path();
    if (file.extension() != ".csv") continue;
    expect_data(record, prefix + file.filename().string(), file);
  }
}

std::vector<ProgramRun> all_runs() {
  std::vector<ProgramRun> runs;
  for (const auto& entry : fs::directory_iterator{NN_CHAPTERS_SOURCE}) {
    if (entry.path().extension() != ".runs") continue;
    std::ifstream lines{entry.path()};
    for (ProgramRun& run : read_runs(entry.path().stem().string(), lines))
      runs.push_back(std::move(run));
  }
  return runs;
}

std::string name_of(const testing::TestParamInfo<ProgramRun>& info) {
  const ProgramRun& run = info.param;
  const std::string name = fmt::format("{}_{}", run.chapter, run.is_long ? "long_" : "");
  return name + std::regex_replace(run.section, std::regex{R"(\.)"}, "_");
}

std::vector<LectureRun> all_lectures() {
  std::vector<LectureRun> runs;
  for (const std::string chapter : {NN_CHAPTERS_RECORDED}) {
    const bool has_short = fs::exists(fs::path{NN_CHAPTERS_SOURCE} / (chapter + ".short.out"));
    runs.push_back({chapter, has_short ? Form::lengthy : Form::whole});
    if (has_short) runs.push_back({chapter, Form::brief});
  }
  return runs;
}

std::string name_of_lecture(const testing::TestParamInfo<LectureRun>& info) {
  return info.param.chapter + (info.param.form == Form::lengthy ? "_long" : "");
}

INSTANTIATE_TEST_SUITE_P(Recorded, ProgramWithOptions, testing::ValuesIn(all_runs()), name_of);
INSTANTIATE_TEST_SUITE_P(Recorded, Chapter, testing::ValuesIn(all_lectures()), name_of_lecture);

}  // namespace
