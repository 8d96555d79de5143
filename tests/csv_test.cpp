// nn.csv: sets are read as they were saved, and the error for an invalid file has line and column.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "data_files.hpp"

import nn.csv;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::Labels;
using nn::Shape;
using nn::Tensor;
using nn::mnist::load_csv;
using nn::mnist::save_csv;
using nn::test::bytes_of;
using nn::test::contents_of;
using nn::test::error_of;

// Two images of three pixels.
constexpr const char* header = "label,pixel0,pixel1,pixel2\n";
constexpr const char* rows = "7,0,255,51\n0,102,1,2\n";

class Csv : public nn::test::Folder, public testing::Test {
 protected:
  [[nodiscard]] fs::path text(const std::string& name, const std::string& contents) const {
    return nn::test::write_plain(path(name), bytes_of(contents));
  }

  /// The error when this text is read, without the path.
  [[nodiscard]] std::string fault(const std::string& contents) const {
    const fs::path file = text("file.csv", contents);
    const std::string head = "nn::mnist: " + file.string() + ", ";
    const std::string error = error_of<std::runtime_error>([&] { (void)load_csv(file); });
    EXPECT_EQ(error.substr(0, head.size()), head);
    return error.size() < head.size() ? error : error.substr(head.size());
  }
};

TEST_F(Csv, IsRead) {
  const nn::Dataset set = load_csv(text("two.csv", std::string{header} + rows));
  EXPECT_EQ(set.inputs, (Tensor{{0, 1, nn::real(51) / 255},
                                {nn::real(102) / 255, nn::real(1) / 255, nn::real(2) / 255}}));
  EXPECT_EQ(set.targets, (Labels{7, 0}));
}

TEST_F(Csv, MayHaveAnyLineEnds) {
  for (const char* const contents :
       {"label,pixel0\n9,255\n3,0\n", "label,pixel0\n9,255\n3,0",
        "label,pixel0\r\n9,255\r\n3,0\r\n", "label,pixel0\r\n9,255\r\n3,0"}) {
    const nn::Dataset set = load_csv(text("ends.csv", contents));
    EXPECT_EQ(set.inputs, (Tensor{{1}, {0}}));
    EXPECT_EQ(set.targets, (Labels{9, 3}));
  }
}

TEST_F(Csv, MayBeCompressed) {
  nn::test::write_compressed(path("one.csv.gz"), bytes_of("label,pixel0\n9,255\n"));
  EXPECT_EQ(load_csv(path("one.csv")).targets, (Labels{9}));
}

/// Two images of three pixels with labels 7 and 0, whatever the file looks like.
void expect_two(const nn::Dataset& set) {
  EXPECT_EQ(set.inputs, (Tensor{{0, 1, nn::real(51) / 255},
                                {nn::real(102) / 255, nn::real(1) / 255, nn::real(2) / 255}}));
  EXPECT_EQ(set.targets, (Labels{7, 0}));
}

TEST_F(Csv, MayHaveAnyHeaderOfTheSameMeaning) {
  for (const std::string names :
       {"label,pixel1,pixel2,pixel3", "Label,Pixel0,Pixel1,Pixel2",
        "\"label\",\"pixel0\",\"pixel1\",\"pixel2\"", " label , pixel0 , pixel1 , pixel2 ",
        "class,px_1,px_2,px_3", "digit,0,1,2", "target,x1,x2,x3", "y,pixel 0,pixel 1,pixel 2",
        "label,1x1,1x2,1x3", "label,1x1,2x1,3x1", "label,pixel000,pixel001,pixel002",
        "# label,pixel0,pixel1,pixel2", "LABELS,V1,V2,V3"}) {
    SCOPED_TRACE(names);
    expect_two(load_csv(text("two.csv", names + "\n" + rows)));
  }
  EXPECT_EQ(load_csv(text("grid.csv", "label,0x0,0x1,1x0,1x1\n7,1,2,3,4\n")).size(), 1U);
}

TEST_F(Csv, MayHaveItsLabelsElsewhereAndNumberedRows) {
  expect_two(load_csv(text("last.csv", "pixel0,pixel1,pixel2,label\n0,255,51,7\n102,1,2,0\n")));
  expect_two(load_csv(text("last.csv", "0,1,2,class\n0,255,51,7\n102,1,2,0\n")));
  expect_two(load_csv(text("row.csv",
                           ",label,pixel0,pixel1,pixel2\n0,7,0,255,51\n"
                           "1000,0,102,1,2\n")));
  expect_two(load_csv(text("id.csv",
                           "id,pixel0,pixel1,pixel2,label\n0,0,255,51,7\n"
                           "a,102,1,2,0\n")));
}

TEST_F(Csv, MayHaveAByteOrderMarkAndBlankLines) {
  const std::string mark = "\xEF\xBB\xBF";
  expect_two(load_csv(text("two.csv", mark + header + rows)));
  expect_two(
      load_csv(text("two.csv", "\n" + (header + ("\r\n \r\n" + std::string{rows})) + "\n\n \t\n")));
  expect_two(load_csv(text("two.csv", "label,pixel0,pixel1,pixel2\r7,0,255,51\r0,102,1,2\r")));
  EXPECT_EQ(load_csv(text("none.csv", mark + "7,0,255,51,3\n")).targets, (Labels{7}));
}

TEST_F(Csv, MayHaveOtherSeparators) {
  for (const std::string contents :
       {"label;pixel0;pixel1;pixel2\n7;0;255;51\n0;102;1;2\n",
        "label; pixel0; pixel1; pixel2\n7; 0; 255; 51\n0; 102; 1; 2\n",
        "label\tpixel0\tpixel1\tpixel2\n7\t0\t255\t51\n0\t102\t1\t2\n",
        "label pixel0 pixel1 pixel2\n7 0 255 51\n0 102 1 2\n",
        " label pixel0  pixel1 pixel2 \n   7   0 255  51\n   0 102   1   2\n",
        "label;pixel0;pixel1;pixel2\n7,0;0,0;255,0;51,0\n0;102;1;2\n"}) {
    SCOPED_TRACE(contents);
    expect_two(load_csv(text("two.csv", contents)));
  }
}

TEST_F(Csv, MayWriteItsWholeNumbersInOtherWays) {
  for (const std::string lines :
       {"7.0,0.0,255.0,51.000\n0.0,102.,1.0,2.0\n", " 7 , 0 ,255 ,51\t\n0, 102, 1, 2\n",
        "\"7\",\"0\",\"255\",\"51\"\n\" 0\",102,1,2\n",
        "7.000e+00,0.000e+00,2.550e+02,5.1e1\n-0.0,1.02e2,1e0,2e+0\n"}) {
    SCOPED_TRACE(lines);
    expect_two(load_csv(text("two.csv", header + lines)));
  }
}

TEST_F(Csv, MayHaveNoHeaderIfTheImageIsASquare) {
  const nn::Dataset set = load_csv(text("none.csv", "7,0,255,51,3\n0,1,1,2,255\n"));
  EXPECT_EQ(set.inputs.shape(), (Shape{2, 4}));
  EXPECT_EQ(set.inputs(0, 1), 1);
  EXPECT_EQ(set.targets, (Labels{7, 0}));
  EXPECT_EQ(fault(rows),
            "line 1: 4 columns and no header: they are the pixels of a square image, expected a "
            "label before them; load_csv_images reads images without labels");
  EXPECT_EQ(fault("7,0,255\n"),
            "line 1: 3 columns and no header, expected a label and the pixels of a square image, "
            "or a header 'label,pixel0,…'");
  EXPECT_EQ(fault("0,0,255,51,7\n0,0,1,2,3\n"),
            "line 3: the first column is 0 in every line, so the labels may come last: put them "
            "first, or add a header 'pixel0,…,label'");
  EXPECT_EQ(fault("7,0,x,51,3\n"),
            "line 1, column 3 (pixel1): 'x' is not a whole number from 0 to 255");
}

// What pandas writes for a table that was read without one.
TEST_F(Csv, MayHaveColumnNumbersForAHeader) {
  const auto numbers = [](std::size_t count) {
    std::string line = "0";
    for (std::size_t i = 1; i < count; ++i) line += "," + std::to_string(i);
    return line + "\n";
  };
  std::string row = "7";
  for (std::size_t i = 0; i < 400; ++i) row += ",1";
  EXPECT_EQ(load_csv(text("numbers.csv", numbers(401) + row + "\n")).targets, (Labels{7}));
  EXPECT_EQ(fault(numbers(5) + "7,1,2,3,4\n"),
            "line 1: the numbers 0, 1, 2 and so on may be a header or an image: add a header "
            "'label,pixel0,…'");
}

TEST_F(Csv, WithoutLabelsHasImages) {
  using nn::mnist::load_csv_images;
  const Tensor images{{0, 1, nn::real(51) / 255, 0}};
  for (const std::string contents :
       {"pixel0,pixel1,pixel2,pixel3\n0,255,51,0\n", "0,255,51,0\n", "7,0,255,51,0\n",
        "id,pixel0,pixel1,pixel2,pixel3\n9999,0,255,51,0\n",
        "label,pixel0,pixel1,pixel2,pixel3\n99,0,255,51,0\n"}) {
    SCOPED_TRACE(contents);
    EXPECT_EQ(load_csv_images(text("test.csv", contents)), images);
  }
  EXPECT_EQ(fault("pixel0,pixel1\n1,2\n"),
            "line 1: the header has no label, expected 'label'; load_csv_images reads images "
            "without labels");
  EXPECT_EQ(error_of<std::runtime_error>(
                [&] { (void)load_csv_images(text("test.csv", "pixel0,pixel1\n1,256\n")); }),
            "nn::mnist: " + path("test.csv").string() +
                ", line 2, column 2 (pixel1): '256' is not a whole number from 0 to 255");
}

TEST_F(Csv, SaysWhatIsWrongWithTheHeader) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)load_csv(path("none")); }),
            "nn::mnist: no file none or none.gz in " + path("").string());
  EXPECT_EQ(fault(""), "line 1: the file is empty");
  EXPECT_EQ(fault("\n"), "line 2: the file is empty");
  EXPECT_EQ(fault("label,pixel0,pixel2\n"),
            "line 1: column 3 of the header is 'pixel2', expected 'pixel1'");
  EXPECT_EQ(fault("label,pixel2,pixel3\n"),
            "line 1: column 2 of the header is 'pixel2', expected 'pixel0'");
  EXPECT_EQ(fault("label,pixel0,px1\n"),
            "line 1: column 3 of the header is 'px1', expected 'pixel1'");
  EXPECT_EQ(fault("label,pixel0,\n"), "line 1: column 3 of the header is '', expected 'pixel1'");
  EXPECT_EQ(fault("label,pixel0,label\n"),
            "line 1: column 3 of the header is 'label', expected 'pixel1'");
  EXPECT_EQ(fault("label,1x1,1x2,3x1\n"),
            "line 1: column 4 of the header is '3x1', expected '1x3' or '2x1'");
  EXPECT_EQ(fault("label,1x1,1x2,2x1,2x3\n"),
            "line 1: column 5 of the header is '2x3', expected '2x2'");
  EXPECT_EQ(fault("label,1x1,1x2,2x1,2x2,2x3\n"),
            "line 1: column 6 of the header is '2x3', expected '3x1'");
  EXPECT_EQ(fault("name,age\n"),
            "line 1: column 1 of the header is 'name', expected 'label' or 'pixel0'");
  EXPECT_EQ(fault("label\n7\n"), "line 1: the header has no pixels, expected 'pixel0'");
  EXPECT_EQ(fault("label,pixel0\tpixel1\n"),
            "line 1: the line has both commas and tabs, expected a single separator");
  EXPECT_EQ(fault(std::string{"\xFF\xFEl\0", 4}),
            "line 1: the text is UTF-16, expected UTF-8 or ASCII");
  EXPECT_EQ(fault(header), "line 2: no rows follow the header");
}

TEST_F(Csv, SaysWhatIsWrongInWhichLineAndColumn) {
  const auto row_fault = [&](const std::string& row) {
    return fault(std::string{header} + rows + row);
  };
  EXPECT_EQ(row_fault("1,2,300,4\n"),
            "line 4, column 3 (pixel1): '300' is not a whole number from 0 to 255");
  EXPECT_EQ(row_fault("\n10,2,3,4\n"),
            "line 5, column 1 (label): '10' is not a whole number from 0 to 9");
  for (const std::string field : {"256", "-1", "+1", "1.5", "", "1e3", "0x1", "x", "nan", "inf",
                                  "1 2", "'1'", "99999999999999999999", "1e999"}) {
    EXPECT_EQ(row_fault("1," + field + ",3,4"),
              "line 4, column 2 (pixel0): '" + field + "' is not a whole number from 0 to 255");
  }
  EXPECT_EQ(row_fault("1,2,3\n"), "line 4, column 4 (pixel2): the line ends before this column");
  EXPECT_EQ(row_fault("1,2,3,4,5\n"),
            "line 4, column 4 (pixel2): the line continues after this column");
  EXPECT_EQ(row_fault("1,2,3,4,\n"),
            "line 4, column 4 (pixel2): the line continues after this column");
  EXPECT_EQ(row_fault("1;2;3;4\n"),
            "line 4, column 1 (label): '1;2;3;4' is not a whole number from 0 to 9");
}

TEST_F(Csv, IsQuotedAsATerminalCanShowIt) {
  EXPECT_EQ(fault("\x1B[31mlabel,pixel0\n"),
            "line 1: column 1 of the header is '?[31mlabel', expected 'label' or 'pixel0'");
  EXPECT_EQ(fault(std::string(5000, 'x')),
            "line 1: column 1 of the header is 'xxxxxxxxxxxxxxxxxxxx'…, expected 'label' or "
            "'pixel0'");
}

TEST_F(Csv, IsSavedAsItWasRead) {
  const std::string contents = std::string{header} + rows;
  save_csv(path("copy.csv"), load_csv(text("two.csv", contents)));
  EXPECT_EQ(contents_of(path("copy.csv")), contents);
}

TEST_F(Csv, IsCompressedIfItsNameSaysSo) {
  const nn::Dataset set = load_csv(text("two.csv", std::string{header} + rows));
  save_csv(path("two.csv.gz"), set);
  EXPECT_TRUE(contents_of(path("two.csv.gz")).starts_with("\x1F\x8B"));
  fs::remove(path("two.csv"));
  expect_two(load_csv(path("two.csv.gz")));
  expect_two(load_csv(path("two.csv")));
  nn::Dataset large{.inputs = Tensor{Shape{2'000, 784}, 1}, .targets = Labels{}};
  large.targets = Labels{std::vector<std::size_t>(2'000, 9)};
  save_csv(path("large.csv.gz"), large);
  EXPECT_LT(fs::file_size(path("large.csv.gz")), 30'000U);
  EXPECT_EQ(load_csv(path("large.csv.gz")).inputs, large.inputs);
}

TEST_F(Csv, HasTheFormOfASubmission) {
  nn::mnist::save_submission(path("submission.csv"), Labels{7, 0, 9});
  EXPECT_EQ(contents_of(path("submission.csv")), "ImageId,Label\n1,7\n2,0\n3,9\n");
  nn::mnist::save_submission(path("submission.csv.gz"), Labels{7});
  EXPECT_TRUE(contents_of(path("submission.csv.gz")).starts_with("\x1F\x8B"));
  EXPECT_EQ(error_of<std::invalid_argument>(
                [&] { nn::mnist::save_submission(path("none.csv"), Labels{1, 10}); }),
            "nn::mnist::save_submission: label of sample 1 is 10, expected 0 to 9");
  EXPECT_FALSE(fs::exists(path("none.csv")));
}

TEST_F(Csv, KeepsEveryBrightnessToTheLastBit) {
  nn::Dataset set{.inputs = Tensor{Shape{1, 256}}, .targets = Labels{9}};
  for (std::size_t i = 0; i < 256; ++i) set.inputs(0, i) = static_cast<nn::real>(i) / 255;
  save_csv(path("all.csv"), set);
  EXPECT_EQ(load_csv(path("all.csv")).inputs, set.inputs);
}

TEST_F(Csv, IsNotWrittenForASetItCannotHold) {
  const auto refusal = [&](const Tensor& inputs, const nn::Targets& targets) {
    return error_of<std::invalid_argument>(
        [&] { save_csv(path("none.csv"), {.inputs = inputs, .targets = targets}); });
  };
  const std::string shapes = ", expected (N, pixels) and N labels";
  EXPECT_EQ(refusal({}, Labels{}),
            "nn::mnist::save_csv: inputs have shape () and there are 0 labels" + shapes);
  EXPECT_EQ(refusal(Tensor{{1}, {0}}, Labels{1}),
            "nn::mnist::save_csv: inputs have shape (2, 1) and there are 1 labels" + shapes);
  EXPECT_EQ(refusal(Tensor{Shape{1, 1, 2, 2}}, Labels{1}),
            "nn::mnist::save_csv: inputs have shape (1, 1, 2, 2) and there are 1 labels" + shapes);
  EXPECT_NE(refusal(Tensor{{1}}, Tensor{1}), "");  // wanted outputs, not labels
  EXPECT_EQ(
      refusal(Tensor{{0, nn::real(0.5)}}, Labels{1}),
      "nn::mnist::save_csv: pixel 1 of sample 0 is 0.5, expected one of 0/255, 1/255, …, 255/255");
  EXPECT_EQ(
      refusal(Tensor{{2, 0}}, Labels{1}),
      "nn::mnist::save_csv: pixel 0 of sample 0 is 2, expected one of 0/255, 1/255, …, 255/255");
  EXPECT_EQ(refusal(Tensor{{1}, {0}}, Labels{1, 10}),
            "nn::mnist::save_csv: label of sample 1 is 10, expected 0 to 9");
  EXPECT_FALSE(fs::exists(path("none.csv")));
}

/// While one of these exists, no file may grow beyond this many bytes, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_{signal(SIGXFSZ, SIG_IGN)} {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(Csv, IsSavedAtomically) {
  const nn::Dataset set = load_csv(text("two.csv", std::string{header} + rows));
  const auto refusal = [&](const fs::path& file) {
    return error_of<std::runtime_error>([&] { save_csv(file, set); });
  };
  const fs::path file = text("old.csv", "the old contents");
  {
    const FullDisk full{20};
    EXPECT_EQ(refusal(file), "nn::mnist: cannot write " + file.string() + ": File too large");
  }
  EXPECT_EQ(contents_of(file), "the old contents");
  EXPECT_FALSE(fs::exists(path("old.csv.part")));
  EXPECT_TRUE(refusal(path("none") / "file.csv").starts_with("nn::mnist: cannot write "));
  EXPECT_EQ(refusal(file), "");
  EXPECT_EQ(contents_of(file), contents_of(path("two.csv")));
}

}  // namespace
