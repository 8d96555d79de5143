// The program of chapter 17, as its user meets it: what it prints, and how it refuses.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

import nn;

namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status;
  std::string output;  ///< Standard output and error together.
};

/// A network that sees nothing: weights 0, so that its answer is always that of its biases.
nn::Sequential blind(std::size_t pixels, std::size_t answers) {
  nn::Dense dense{pixels, answers, [](nn::Tensor& weight, nn::Fan) { weight.fill(0); }};
  dense.parameters()[1]->value(std::min<std::size_t>(3, answers - 1)) = std::log(nn::real{27});
  return nn::Sequential{dense};
}

/// A folder with a network that takes everything for a 3, at 75.0 %: 27 of 27 + 9.
class PredictProgram : public testing::Test {
 protected:
  PredictProgram() {
    std::string name = (fs::temp_directory_path() / "nn-17_predict-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    nn::save_network(path("network"), blind(784, 10));
    write("bar.pgm", "P2 3 4 9  9 9 9  9 0 9  9 0 9  9 9 9\n");
    write("empty.pgm", "P2 3 1 9  9 9 9\n");
    write("bad.pgm", "P2 3 1 9  9 9\n");
  }
  ~PredictProgram() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream{path(name), std::ios::binary} << bytes;
  }

  /// Runs the program in the folder.
  [[nodiscard]] Outcome run(const std::string& arguments) const {
    const std::string command =
        "(cd " + folder_.string() + " && " + NN_PROGRAM + " " + arguments + ") 2>&1";
    FILE* const pipe = popen(command.c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
      output.append(buffer.data(), count);
    }
    const int status = pclose(pipe);
    return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .output = output};
  }

  void expect_refusal(const std::string& arguments, const std::string& sentence) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.output, "17_predict: " + sentence + "\n");
  }

 private:
  fs::path folder_;
};

// A bar of 2 × 1 pixels becomes one of 20 × 10; 75 % of 32 columns are 24, and 2.8 % seven eighths.
TEST_F(PredictProgram, DrawsWhatTheNetworkSeesAndItsProbabilities) {
  const Outcome outcome = run("bar.pgm --network network");
  EXPECT_EQ(outcome.status, 0);
  const std::string block = "         ██████████         ";
  std::string expected = "\nbar.pgm, 3 × 4 pixels: 3\n\n\n";
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
       {"17_predict: empty.pgm: nn::to_mnist: no ink: brightness is from 1.00 to 1.00, and a "
        "difference below 0.1 from the edge's is none\n",
        "17_predict: nn::load_pictures: bad.pgm, byte 14: the file ends after 2 of 3 pixels\n",
        "17_predict: nn::load_pictures: no file none.png\n", "bar.pgm, 3 × 4 pixels: 3\n"}) {
    EXPECT_NE(outcome.output.find(sentence), std::string::npos) << outcome.output;
  }
}

TEST_F(PredictProgram, ShowsTheFirstPicturesOfAFileOrOne) {
  std::string idx{"\0\0\x08\x03\0\0\0\x05\0\0\0\x03\0\0\0\x03", 16};
  for (int picture = 0; picture < 5; ++picture) idx += std::string{"\0\0\0\0\x80\0\0\0\0", 9};
  write("five", idx);
  const Outcome first = run("five --network network");
  EXPECT_EQ(first.status, 0);
  EXPECT_NE(first.output.find("five, picture 2, 3 × 3 pixels: 3\n"), std::string::npos);
  EXPECT_EQ(first.output.find("picture 3"), std::string::npos);
  EXPECT_TRUE(first.output.ends_with("\nand 2 more, which --index can show\n"));
  const Outcome one = run("five --network network --index 4");
  EXPECT_EQ(one.status, 0);
  EXPECT_TRUE(one.output.starts_with("\nfive, picture 4, 3 × 3 pixels: 3\n"));
  EXPECT_EQ(one.output.find("more"), std::string::npos);
  expect_refusal("five --network network --index 5", "--index: 5, the pictures of five are 0 to 4");
}

TEST_F(PredictProgram, ShowsAPictureAsItIs) {
  write("grey.pgm", "P5 28 28 255 " + std::string(784, '\xFF'));
  const Outcome outcome = run("grey.pgm bar.pgm --raw --network network");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.output.find("  ████████████████████████████\n") != std::string::npos);
  EXPECT_TRUE(outcome.output.find("17_predict: bar.pgm: --raw takes 28 × 28 pixels, not 3 × 4\n") !=
              std::string::npos);
}

TEST_F(PredictProgram, RefusesBadOptionsInOneSentence) {
  nn::save_network(path("narrow"), blind(49, 10));
  nn::save_network(path("short"), blind(784, 2));
  expect_refusal("bar.pgm --network narrow",
                 "--network: narrow takes no 784 pixels: nn::Sequential: layer 1 (Dense 49→10) "
                 "expects 49 columns, the input has 784");
  expect_refusal("bar.pgm --network short",
                 "--network: short makes (2) of 784 pixels, expected (10)");
  const Outcome missing = run("bar.pgm --network none");
  EXPECT_EQ(missing.status, 2);
  EXPECT_TRUE(missing.output.starts_with("17_predict: --network: ")) << missing.output;
  EXPECT_EQ(std::ranges::count(missing.output, '\n'), 1);
  expect_refusal("bar.pgm --index -1", "--index: '-1' is not 0 or more");
  expect_refusal("bar.pgm --index x", "--index: 'x' is not a whole number, 0 or more");
  expect_refusal("bar.pgm --index 1.5", "--index: '1.5' is not a whole number, 0 or more");
  expect_refusal("bar.pgm --index ''", "--index: '' is not a whole number, 0 or more");
  expect_refusal("bar.pgm --network ''", "--network: '' is not a path");
  for (const char* bad : {"", "--nonsense"}) {
    const Outcome outcome = run(bad);
    EXPECT_EQ(outcome.status, 2) << bad;
    EXPECT_EQ(std::ranges::count(outcome.output, '\n'), 1) << outcome.output;
  }
}

// 784 pixels in each of three images, without labels, as Kaggle's test.csv has them.
TEST_F(PredictProgram, WritesASubmissionForATable) {
  std::string table;
  for (int pixel = 0; pixel < 784; ++pixel)
    table += (pixel == 0 ? "pixel" : ",pixel") + std::to_string(pixel);
  std::string row = "\n0";
  for (int pixel = 1; pixel < 784; ++pixel) row += ",255";
  write("test.csv", table + row + row + row + "\n");
  const Outcome outcome = run("test.csv --submission out.csv --network network");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "3 images read, their digits are in out.csv\n");
  std::ifstream in{path("out.csv")};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{in}, {}}),
            "ImageId,Label\n1,3\n2,3\n3,3\n");
  write("small.csv", "pixel0\n1\n");
  expect_refusal("small.csv --submission out.csv --network network",
                 "--submission: small.csv has images of 1 pixels, expected 784");
  expect_refusal("test.csv test.csv --submission out.csv --network network",
                 "--submission: 2 files, expected one table");
}

// What a class of PyTorch's with a member `last` stores.
TEST_F(PredictProgram, TakesWeightsUnderOtherNames) {
  nn::Sequential network = blind(784, 10);
  const auto stored = [&](const char* name) {
    return nn::StoredTensor::of(name, nn::Tensor{nn::Shape{10, 784}});
  };
  nn::Safetensors theirs;
  theirs.tensors = {stored("last.weight"),
                    nn::StoredTensor::of("last.bias", network.parameter("0.bias").value)};
  nn::write_safetensors("test", path("theirs"), theirs);
  expect_refusal("bar.pgm --network theirs",
                 "--network: nn::load_network: theirs: holds tensors ('last.weight', 'last.bias') "
                 "but no layers: make the network and use nn::load_weights (--layers)");
  expect_refusal("bar.pgm --network theirs --layers network",
                 "--network: nn::load_weights: theirs: '0.weight' is missing; the file has "
                 "'last.weight', 'last.bias'; LoadOptions::rename (--rename) maps names, and by "
                 "the shapes 'last=0' would fit");
  const Outcome outcome = run("--layers network --rename last=0 --network theirs bar.pgm");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.output.starts_with("\nbar.pgm, 3 × 4 pixels: 3\n")) << outcome.output;
  for (const char* pairs : {"--rename last", "--rename last=0 --rename last=1"}) {
    const Outcome bad = run("bar.pgm --network theirs --layers network " + std::string{pairs});
    EXPECT_EQ(bad.status, 2);
    EXPECT_TRUE(bad.output.ends_with("expected two names, such as fc1=0, and each once\n"));
  }
  EXPECT_EQ(run("bar.pgm --network theirs --rename last=0").status, 2);
}

TEST_F(PredictProgram, HelpShowsExamples) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("./book predict data/pictures/seven.png"), std::string::npos);
}

TEST_F(PredictProgram, PrintsItsVersion) {
  const Outcome outcome = run("--version");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "17_predict " + std::string{nn::version()} + "\n");
}

TEST_F(PredictProgram, FailsWhereItsOutputCannotBeWritten) {
  const Outcome one = run("bar.pgm --network network >/dev/full");
  EXPECT_EQ(one.status, 1);
  EXPECT_EQ(one.output, "17_predict: cannot write the output\n");
  std::string many;
  for (int i = 0; i < 100; ++i) many += "bar.pgm ";
  const Outcome all = run(many + "--network network >/dev/full");
  EXPECT_EQ(all.status, 1);
  EXPECT_EQ(std::ranges::count(all.output, '\n'), 1) << all.output;
  EXPECT_EQ(run("--help >/dev/full").status, 1);
}

// Whatever it is asked to read, and however long a path is.
TEST_F(PredictProgram, FitsTheTerminal) {
  const std::string folder = path(std::string(60, 'd'));
  fs::create_directory(folder);
  fs::copy(NN_PICTURES, folder);
  const Outcome outcome = run(folder + "/*.p* --network network");
  EXPECT_EQ(outcome.status, 1);  // for the empty one
  std::size_t columns = 0;
  std::size_t pictures = 0;
  std::string line;
  for (const char c : outcome.output) {
    if (c == '\n' && line.ends_with(" pixels: 3")) ++pictures;
    line = c == '\n' ? "" : line + c;
    const bool continuation = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    columns = c == '\n' ? 0 : columns + (continuation ? 0 : 1);
    if (!line.starts_with("17_predict: ")) EXPECT_LE(columns, 80U) << line;
  }
  EXPECT_EQ(pictures, 5U);
}

}  // namespace
