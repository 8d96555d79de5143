// The program of chapter 16 from its user's view: its output and its error messages.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

import nn;
import nn.test;
import nn.test.program;

namespace {

namespace fs = std::filesystem;
using nn::test::Outcome;

/// A blind network: its weights are 0, so its answer depends only on its biases. It reads every
/// picture as one digit, and finds that so many times as probable as any other.
nn::Sequential blind(std::size_t pixels, std::size_t answers, std::size_t digit = 3,
                     nn::real times = 27) {
  nn::Dense dense{pixels, answers, [](nn::Tensor& weight, nn::Fan) { weight.fill(0); }};
  dense.parameters()[1]->value(std::min(digit, answers - 1)) = std::log(times);
  return nn::Sequential{dense};
}

/// A rectangle of black ink.
struct Rectangle {
  std::size_t left, top, width, height;
};

/// A PGM file of white paper.
std::string drawing(std::size_t width, std::size_t height, const std::vector<Rectangle>& ink) {
  std::string pixels(width * height, '\xFF');
  for (const Rectangle& part : ink) {
    for (std::size_t y = part.top; y < part.top + part.height; ++y) {
      pixels.replace(y * width + part.left, part.width, part.width, '\0');
    }
  }
  return "P5 " + std::to_string(width) + " " + std::to_string(height) + " 255 " + pixels;
}

/// How wide a line of UTF-8 is.
std::size_t columns_of(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// A folder with a network that reads every picture as a 3, with 75.0 %: 27 out of 27 + 9.
class PredictProgram : public testing::Test {
 protected:
  PredictProgram() {
    nn::save_network(path("network"), blind(784, 10));
    write("bar.pgm", "P2 3 4 9  9 9 9  9 0 9  9 0 9  9 9 9\n");
    write("empty.pgm", "P2 3 1 9  9 9 9\n");
    write("bad.pgm", "P2 3 1 9  9 9\n");
    // Two strokes, of which the second has more ink.
    write("two.pgm", drawing(200, 120, {{50, 35, 8, 50}, {140, 35, 10, 50}}));
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return folder_.path(name).string();
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream{path(name), std::ios::binary} << bytes;
  }

  [[nodiscard]] std::string contents(const std::string& name) const {
    std::ifstream in{path(name), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  /// Writes an IDX file of five pictures.
  void write_five() const {
    std::string idx{"\0\0\x08\x03\0\0\0\x05\0\0\0\x04\0\0\0\x03", 16};
    const std::string bar{"\0\0\0\0\xFF\0\0\xFF\0\0\0\0", 12};
    for (int picture = 0; picture < 5; ++picture) idx += bar;
    write("five", idx);
  }

  /// The answers of the program as JSON.
  [[nodiscard]] nlohmann::json json_of(const std::string& arguments, int status = 0) const {
    const Outcome outcome = run(arguments + " --json --network network 2>err");
    EXPECT_EQ(outcome.status, status) << outcome.output;
    return nlohmann::json::parse(outcome.output);
  }

  /// Runs the program in the folder.
  [[nodiscard]] Outcome run(const std::string& arguments) const {
    return nn::test::run_command("cd " + path("") + " && " + NN_PROGRAM + " " + arguments);
  }

  void expect_refusal(const std::string& arguments, const std::string& sentence) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.output, "16_predict: " + sentence + "\n");
  }

 private:
  nn::test::Folder folder_;
};

// A bar of 2 × 1 pixels becomes one of 20 × 10; 75 % of 32 columns are 24, and 2.8 % seven eighths.
TEST_F(PredictProgram, DrawsWhatTheNetworkSeesAndItsProbabilities) {
  const Outcome outcome = run("bar.pgm --network network");
  EXPECT_EQ(outcome.status, 0);
  const std::string block = "         ██████████         ";
  std::string expected = "\nbar.pgm, 3 × 4 pixels: 3\n  unsure: perhaps 0 (2.8 %)\n\n\n";
  for (int digit = 0; digit < 10; ++digit) {
    expected += "  " + block + "    " + std::to_string(digit);
    expected += digit == 3 ? "   75.0 %  ████████████████████████\n" : "    2.8 %  ▉\n";
  }
  expected += "\n\n";
  EXPECT_EQ(outcome.output, expected);
}

TEST_F(PredictProgram, ShowsTheOthersIfOneIsEmptyOrBad) {
  const Outcome outcome = run("empty.pgm bad.pgm none.png bar.pgm --network network");
  EXPECT_EQ(outcome.status, 1);
  for (const char* sentence :
       {"16_predict: empty.pgm: nn::find_digits: no ink: brightness ranges from 1.00 to 1.00, "
        "expected a difference of at least 0.1 between the ink and the edge of the picture: draw "
        "darker or use more light\n",
        "16_predict: nn::load_pictures: bad.pgm, byte 14: the file ends after 2 out of 3 pixels\n",
        "16_predict: nn::load_pictures: no file none.png\n",
        "bar.pgm: 3 (75.0 %), unsure: perhaps 0 (2.8 %)\n"}) {
    EXPECT_NE(outcome.output.find(sentence), std::string::npos) << outcome.output;
  }
}

TEST_F(PredictProgram, ShowsTheFirstPicturesOfAFileOrOne) {
  write_five();
  const Outcome first = run("five --network network");
  EXPECT_EQ(first.status, 0);
  EXPECT_NE(first.output.find("five, picture 2, 3 × 4 pixels: 3\n"), std::string::npos);
  EXPECT_EQ(first.output.find("picture 3"), std::string::npos);
  EXPECT_TRUE(first.output.ends_with("\nand 2 more; --index shows them\n"));
  const Outcome one = run("five --network network --index 4");
  EXPECT_EQ(one.status, 0);
  EXPECT_TRUE(one.output.starts_with("\nfive, picture 4, 3 × 4 pixels: 3\n"));
  EXPECT_EQ(one.output.find("more"), std::string::npos);
  expect_refusal("five --network network --index 5",
                 "--index: 5, but the pictures of five are numbered 0 to 4");
}

TEST_F(PredictProgram, ReadsAllPicturesOfAFileALineEach) {
  write_five();
  const Outcome all = run("five --network network --index all");
  EXPECT_EQ(all.status, 0);
  std::string expected;
  for (int picture = 0; picture < 5; ++picture) {
    expected +=
        "five, picture " + std::to_string(picture) + ": 3 (75.0 %), unsure: perhaps 0 (2.8 %)\n";
  }
  EXPECT_EQ(all.output, expected);
  const Outcome several = run("five bar.pgm --network network");
  EXPECT_EQ(lines_of(several.output).at(3), "five: 2 more; read them with --index all");
  const nlohmann::json json = json_of("five --index all");
  ASSERT_EQ(json.size(), 5U);
  EXPECT_EQ(json[4]["picture"], 4);
  EXPECT_EQ(json_of("five").size(), 3U);
  EXPECT_EQ(contents("err"), "16_predict: five: 2 more; read them with --index all\n");
}

TEST_F(PredictProgram, ReadsSeveralDigitsFromLeftToRight) {
  const Outcome all = run("two.pgm --network network");
  EXPECT_EQ(all.status, 0);
  const std::string line = "  3   75.0 %  unsure: perhaps 0 (2.8 %)\n";
  EXPECT_EQ(all.output, "\ntwo.pgm, 200 × 120 pixels: 33\n\n" + line + line);
  const nlohmann::json both = json_of("two.pgm")[0];
  ASSERT_EQ(both["digits"].size(), 2U);
  EXPECT_LT(both["digits"][0]["box"][0], both["digits"][1]["box"][0]);
}

TEST_F(PredictProgram, ReadsTheDigitWithTheMostInkIfAskedForOne) {
  const Outcome one = run("two.pgm --one --network network");
  EXPECT_EQ(one.status, 0);
  EXPECT_TRUE(one.output.starts_with("\ntwo.pgm, 200 × 120 pixels: 3\n")) << one.output;
  const nlohmann::json json = json_of("two.pgm --one")[0];
  ASSERT_EQ(json["digits"].size(), 1U);
  EXPECT_NEAR(json["digits"][0]["box"][0], 0.7, 0.01);
}

TEST_F(PredictProgram, SaysWhereThereIsNoDigit) {
  write("blot.pgm", drawing(200, 120, {{90, 50, 20, 20}}));
  const Outcome outcome = run("blot.pgm --network network");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.output.starts_with("16_predict: blot.pgm: nn::find_digits: no digit: "))
      << outcome.output;
  EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 1);
  EXPECT_EQ(run("blot.pgm --network network --show stages").output, outcome.output);
  EXPECT_TRUE(fs::exists(path("stages/blot-01-paper.png")));
  EXPECT_TRUE(fs::exists(path("stages/blot-02-ink.png")));
}

TEST_F(PredictProgram, NamesTheSecondCandidateBelow90Percent) {
  nn::save_network(path("sure"), blind(784, 10, 4, 90));  // 90 of 99
  nn::save_network(path("unsure"), blind(784, 10, 4, 80));
  EXPECT_EQ(run("bar.pgm bar.pgm --network sure").output,
            "bar.pgm: 4 (90.9 %)\nbar.pgm: 4 (90.9 %)\n");
  EXPECT_TRUE(run("bar.pgm bar.pgm --network unsure")
                  .output.starts_with("bar.pgm: 4 (89.9 %), unsure: perhaps 0 (1.1 %)\n"));
  EXPECT_EQ(run("bar.pgm --network sure").output.find("unsure"), std::string::npos);
}

TEST_F(PredictProgram, SaysThatA7MayBeA1WithAnUpstroke) {
  nn::Sequential network = blind(784, 10, 7, 27);
  network.parameter("0.bias").value(1) = std::log(nn::real{9});
  nn::save_network(path("seven"), network);
  const Outcome outcome = run("bar.pgm --network seven");
  EXPECT_EQ(lines_of(outcome.output).at(2),
            "  unsure: perhaps 1 (20.5 %); may be a 1 with an upstroke");
  network.parameter("0.bias").value(7) = std::log(nn::real{1000});  // 9 of 1,017 are a 1
  nn::save_network(path("seven"), network);
  EXPECT_EQ(lines_of(run("bar.pgm bar.pgm --network seven").output).at(0),
            "bar.pgm: 7 (98.3 %), may be a 1 with an upstroke");
  network.parameter("0.bias").value(7) = std::log(nn::real{100'000});
  nn::save_network(path("seven"), network);
  EXPECT_EQ(lines_of(run("bar.pgm bar.pgm --network seven").output).at(0), "bar.pgm: 7 (100.0 %)");
}

TEST_F(PredictProgram, ShowWritesTheStagesInOrder) {
  const Outcome first = run("two.pgm --show stages --network network");
  EXPECT_EQ(first.status, 0);
  const std::vector<std::string> names{"stages/two-01-paper.png", "stages/two-02-ink.png",
                                       "stages/two-03-digits.png", "stages/two-04-digit.png",
                                       "stages/two-05-digit.png"};
  std::string listed;
  for (const std::string& name : names) listed += "  " + name + "\n";
  EXPECT_TRUE(first.output.ends_with("\n\n" + listed)) << first.output;
  const std::vector<nn::Picture> digit = nn::load_pictures(path(names[3]));
  EXPECT_EQ(digit[0].brightness.shape(), (nn::Shape{224, 224}));
  EXPECT_EQ(digit[0].brightness(112, 112), 1);
  EXPECT_EQ(digit[0].brightness(0, 0), 0);
  EXPECT_EQ(std::distance(fs::directory_iterator{path("stages")}, {}), 5);
  EXPECT_EQ(run("two.pgm --show stages --network network").output, first.output);  // the same again
  EXPECT_EQ(json_of("two.pgm --show stages")[0]["stages"].size(), names.size());
  EXPECT_EQ(run("bar.pgm --show stages --network network").status, 0);  // which has no stages
  EXPECT_TRUE(fs::exists(path("stages/bar-01-digit.png")));
  const Outcome list = run("two.pgm two.pgm --show list --network network");
  EXPECT_EQ(list.status, 0);
  EXPECT_TRUE(fs::exists(path("list/0001-two-01-paper.png"))) << list.output;
  EXPECT_TRUE(fs::exists(path("list/0002-two-05-digit.png"))) << list.output;
}

TEST_F(PredictProgram, ShowDoesNotReplaceOtherFiles) {
  fs::create_directory(path("stages"));
  write("stages/bar-01-digit.png", "mine");
  const Outcome outcome = run("bar.pgm --show stages --network network");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("16_predict: --show: stages/bar-01-digit.png already exists with "
                                "different content: delete it or choose an empty folder\n"),
            std::string::npos);
  EXPECT_NE(outcome.output.find("bar.pgm, 3 × 4 pixels: 3\n"), std::string::npos);
  EXPECT_EQ(contents("stages/bar-01-digit.png"), "mine");
  expect_refusal("bar.pgm --show network --network network",
                 "--show: cannot create the folder network: it is a file");
  expect_refusal("bar.pgm --show '' --network network", "--show: the path is empty");
}

TEST_F(PredictProgram, ReadsThePicturesOfAFolder) {
  fs::create_directories(path("folder/deeper"));
  for (const char* name : {"b.pgm", "a.PGM", "c.idx3-ubyte"}) {
    write(std::string{"folder/"} + name, contents("bar.pgm"));
  }
  write("folder/notes.txt", "no picture");
  const Outcome outcome = run("folder --network network");
  EXPECT_EQ(outcome.status, 0);
  const std::string answer = ": 3 (75.0 %), unsure: perhaps 0 (2.8 %)\n";
  EXPECT_NE(outcome.output.find("folder/a.PGM" + answer + "folder/b.pgm" + answer +
                                "folder/c.idx3-ubyte" + answer),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("16_predict: folder: 2 other files skipped\n"), std::string::npos);
  EXPECT_EQ(json_of("folder").size(), 3U);
  fs::create_directory(path("empty"));
  const Outcome empty = run("empty bar.pgm folder/deeper --network network");
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.output.find("16_predict: no picture in the folder empty, which is empty\n"),
            std::string::npos)
      << empty.output;
  EXPECT_NE(empty.output.find("bar.pgm" + answer), std::string::npos);
  write("empty/notes.txt", "no picture");
  EXPECT_EQ(run("empty --network network").output,
            "16_predict: no picture in the folder empty: 1 other file skipped\n");
}

TEST_F(PredictProgram, ReadsTheStandardInputAndPipes) {
  const auto expect_answer = [&](const std::string& arguments, const std::string& name) {
    const Outcome outcome = run(arguments + " --network network");
    EXPECT_EQ(outcome.status, 0) << arguments;
    EXPECT_TRUE(outcome.output.starts_with("\n" + name + ", 3 × 4 pixels: 3\n")) << outcome.output;
  };
  ASSERT_EQ(std::system(("gzip -k " + path("bar.pgm") + " && mkfifo " + path("pipe")).c_str()), 0);
  expect_answer("- <bar.pgm", "standard input");
  expect_answer("- <bar.pgm.gz", "standard input");
  expect_answer("/dev/fd/3 3<bar.pgm", "/dev/fd/3");
  ASSERT_EQ(std::system(("cat " + path("bar.pgm") + " >" + path("pipe") + " &").c_str()), 0);
  expect_answer("pipe", "pipe");
  write_five();
  EXPECT_EQ(json_of("- --index all <five").size(), 5U);
  const Outcome nothing = run("- --network network </dev/null");
  EXPECT_EQ(nothing.status, 1);
  EXPECT_EQ(std::ranges::count(nothing.output, '\n'), 1) << nothing.output;
}

TEST_F(PredictProgram, GivesItsAnswersAsJson) {
  write("odd\xFF.pgm", contents("bar.pgm"));
  const nlohmann::json json = json_of("two.pgm empty.pgm none 'odd\xFF.pgm'", 1);
  ASSERT_EQ(json.size(), 4U);
  EXPECT_EQ(json[0]["file"], "two.pgm");
  EXPECT_EQ(json[0]["answer"], "33");
  EXPECT_EQ(json[0]["width"], 200);
  EXPECT_EQ(json[0]["height"], 120);
  EXPECT_EQ(json[0]["unsure"], true);
  const nlohmann::json& digit = json[0]["digits"][0];
  EXPECT_EQ(digit["digit"], 3);
  EXPECT_EQ(digit["probability"], 0.75);
  EXPECT_EQ(digit["second"], 0);
  EXPECT_EQ(digit["probabilities"].size(), 10U);
  EXPECT_EQ(digit["probabilities"][9], 0.027778);
  EXPECT_EQ(json[1]["file"], "empty.pgm");
  EXPECT_TRUE(
      json[1]["error"].get<std::string>().starts_with("empty.pgm: nn::find_digits: no ink"));
  EXPECT_EQ(json[2]["file"], "none");
  EXPECT_EQ(json[3]["answer"], "3");
}

TEST_F(PredictProgram, ShowsAPictureUnchanged) {
  write("gray.pgm", "P5 28 28 255 " + std::string(784, '\xFF'));
  const Outcome outcome = run("gray.pgm --raw --network network");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("  ████████████████████████████\n"), std::string::npos);
  const Outcome refused = run("bar.pgm --raw --network network");
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.output, "16_predict: bar.pgm: --raw takes 28 × 28 pixels, not 3 × 4\n");
}

TEST_F(PredictProgram, RefusesBadOptionsInOneSentence) {
  nn::save_network(path("narrow"), blind(49, 10));
  nn::save_network(path("short"), blind(784, 2));
  expect_refusal(
      "bar.pgm --network narrow",
      "--network: narrow does not take 784 pixels: nn::Sequential: layer 1 (Dense 49→10) "
      "expects 49 columns; the input has 784");
  expect_refusal("bar.pgm --network short",
                 "--network: short turns 784 pixels into (2), expected (10)");
  const Outcome missing = run("bar.pgm --network none");
  EXPECT_EQ(missing.status, 2);
  EXPECT_TRUE(missing.output.starts_with("16_predict: --network: ")) << missing.output;
  EXPECT_EQ(std::ranges::count(missing.output, '\n'), 1);
  expect_refusal("bar.pgm --index -1", "--index: '-1', expected 0 or more");
  expect_refusal("bar.pgm --index x", "--index: 'x', expected a whole number, 0 or more, or all");
  expect_refusal("bar.pgm --index 1.5",
                 "--index: '1.5', expected a whole number, 0 or more, or all");
  expect_refusal("bar.pgm --index ''", "--index: '', expected a whole number, 0 or more, or all");
  expect_refusal("'' --network network", "FILE: the path is empty");
  expect_refusal("bar.pgm --network ''", "--network: the path is empty");
  for (const char* bad : {"", "--nonsense"}) {
    const Outcome outcome = run(bad);
    EXPECT_EQ(outcome.status, 2) << bad;
    EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 1) << outcome.output;
  }
}

// Three images of 784 pixels without labels, as in Kaggle's test.csv.
TEST_F(PredictProgram, WritesASubmissionForATable) {
  std::string table;
  for (int pixel = 0; pixel < 784; ++pixel)
    table += (pixel == 0 ? "pixel" : ",pixel") + std::to_string(pixel);
  std::string row = "\n0";
  for (int pixel = 1; pixel < 784; ++pixel) row += ",255";
  write("test.csv", table + row + row + row + "\n");
  const Outcome outcome = run("test.csv --submission out.csv --network network");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "3 images read; their digits are in out.csv\n");
  std::ifstream in{path("out.csv")};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{in}, {}}),
            "ImageId,Label\n1,3\n2,3\n3,3\n");
  write("small.csv", "pixel0\n1\n");
  expect_refusal("small.csv --submission out.csv --network network",
                 "--submission: small.csv has images of 1 pixels, expected 784 (28 × 28)");
  expect_refusal("test.csv test.csv --submission out.csv --network network",
                 "--submission: 2 files, expected one table");
  expect_refusal("- --submission out.csv --network network",
                 "--submission: '-' is standard input, expected a file with a table");
  expect_refusal("test.csv --submission ./test.csv --network network",
                 "--submission: this would overwrite the table test.csv");
  expect_refusal("bar.pgm --layers network", "--layers requires --network");
  expect_refusal("bar.pgm --network network --layers none",
                 "--layers: nn::load_network: cannot read none: there is no such file");
}

// The weights of a PyTorch module with a member `last`.
TEST_F(PredictProgram, TakesWeightsUnderOtherNames) {
  nn::Sequential network = blind(784, 10);
  const auto stored = [&](const char* name) {
    return nn::StoredTensor::of(name, nn::Tensor{nn::Shape{10, 784}});
  };
  nn::Safetensors theirs;
  theirs.tensors = {stored("last.weight"),
                    nn::StoredTensor::of("last.bias", network.parameter("0.bias").value)};
  nn::write_safetensors("test", path("theirs"), theirs);
  expect_refusal(
      "bar.pgm --network theirs",
      "--network: nn::load_network: theirs: the file has tensors ('last.weight', 'last.bias') "
      "but no list of layers: build the network and use nn::load_weights (predict --layers)");
  expect_refusal(
      "bar.pgm --network theirs --layers network",
      "--network: nn::load_weights: theirs: '0.weight' is missing; the file has "
      "'last.weight', 'last.bias'; rename them with LoadOptions::rename (predict --rename); "
      "judging by the shapes, 'last=0' would fit");
  const Outcome outcome = run("--layers network --rename last=0 --network theirs bar.pgm");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.output.starts_with("\nbar.pgm, 3 × 4 pixels: 3\n")) << outcome.output;
  for (const char* pairs : {"--rename last", "--rename last=0 --rename last=1"}) {
    const Outcome bad = run("bar.pgm --network theirs --layers network " + std::string{pairs});
    EXPECT_EQ(bad.status, 2);
    EXPECT_TRUE(
        bad.output.ends_with("expected two names, such as fc1=0, and each old name only once\n"));
  }
  EXPECT_EQ(run("bar.pgm --network theirs --rename last=0").status, 2);
}

TEST_F(PredictProgram, HelpNamesEveryOptionWithin80Columns) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.status, 0);
  for (const char* part :
       {"./book predict data/pictures/seven.png", "--one", "--index", "--json", "--show", "--raw",
        "--network", "--layers", "--rename", "--submission", "upstroke", "FILE"}) {
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part;
  }
  for (const std::string& line : lines_of(outcome.output)) EXPECT_LE(columns_of(line), 80U) << line;
  EXPECT_EQ(outcome.output.find("Excludes"), std::string::npos) << outcome.output;
}

TEST_F(PredictProgram, SuggestsTheOptionThatAMisspelledOneMayHaveMeant) {
  EXPECT_EQ(run("bar.pgm --jsn").output,
            "16_predict: there is no option '--jsn'; did you mean '--json'?\n");
  EXPECT_EQ(run("--indx 3").output,  // although a file is missing, too
            "16_predict: there is no option '--indx'; did you mean '--index'?\n");
}

TEST_F(PredictProgram, PrintsItsVersion) {
  const Outcome outcome = run("--version");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "16_predict " + std::string{nn::version()} + "\n");
}

TEST_F(PredictProgram, FailsWhereItsOutputCannotBeWritten) {
  const Outcome one = run("bar.pgm --network network >/dev/full");
  EXPECT_EQ(one.status, 1);
  EXPECT_EQ(one.output, "16_predict: cannot write the output\n");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "bar.pgm ";
  const Outcome all = run(many + "--network network >/dev/full");
  EXPECT_EQ(all.status, 1);
  EXPECT_EQ(std::ranges::count(all.output, '\n'), 1) << all.output;
  EXPECT_EQ(run("--help >/dev/full").status, 1);
}

// Whatever it reads, and however long a path is. Only lists have complete paths.
TEST_F(PredictProgram, FitsTheTerminal) {
  const std::string folder = path(std::string(60, 'd'));
  fs::create_directory(folder);
  fs::copy(NN_PICTURES, folder);
  std::size_t pictures = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".py") || name.ends_with(".md") || name == "empty.png") continue;
    const Outcome outcome = run(entry.path().string() + " --network network");
    EXPECT_EQ(outcome.status, 0) << name;
    for (const std::string& line : lines_of(outcome.output)) {
      pictures += line.find(" pixels: 3") != std::string::npos ? 1U : 0U;
      EXPECT_LE(columns_of(line), 80U) << line;
    }
  }
  EXPECT_EQ(pictures, 6U);
}

}  // namespace
