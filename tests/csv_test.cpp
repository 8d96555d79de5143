// nn.csv: sets come back as they were saved, and every faulty file is refused with line and column.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>

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

  /// What reading this text is refused with, without the path.
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

TEST_F(Csv, SaysWhatIsWrongWithTheHeader) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)load_csv(path("none")); }),
            "nn::mnist: no file none or none.gz in " + path("").string());
  EXPECT_EQ(fault(""), "line 1: the file is empty");
  EXPECT_EQ(fault("\n"), "line 1, column 1 (label): the header has '', expected 'label'");
  EXPECT_EQ(fault(rows), "line 1, column 1 (label): the header has '7', expected 'label'");
  EXPECT_EQ(fault("pixel0,pixel1\n1,2\n"),
            "line 1, column 1 (label): the header has 'pixel0', expected 'label'");
  EXPECT_EQ(fault("label,pixel0,pixel2\n"),
            "line 1, column 3 (pixel1): the header has 'pixel2', expected 'pixel1'");
  EXPECT_EQ(fault("label,pixel0,\n"),
            "line 1, column 3 (pixel1): the header has '', expected 'pixel1'");
  EXPECT_EQ(fault("label\n7\n"), "line 1, column 2 (pixel0): the line ends before this column");
  EXPECT_EQ(fault(header), "line 2: no rows follow the header");
}

TEST_F(Csv, SaysWhatIsWrongInWhichLineAndColumn) {
  const auto row_fault = [&](const std::string& row) {
    return fault(std::string{header} + rows + row);
  };
  EXPECT_EQ(row_fault("1,2,300,4\n"),
            "line 4, column 3 (pixel1): '300' is not a whole number from 0 to 255");
  EXPECT_EQ(row_fault("10,2,3,4\n"),
            "line 4, column 1 (label): '10' is not a whole number from 0 to 9");
  for (const std::string field :
       {"256", "-1", "+1", "1.0", "", " 1", "1 ", "1e2", "\"1\"", "x", "99999999999999999999"}) {
    EXPECT_EQ(row_fault("1," + field + ",3,4"),
              "line 4, column 2 (pixel0): '" + field + "' is not a whole number from 0 to 255");
  }
  EXPECT_EQ(row_fault("1,2,3\n"), "line 4, column 4 (pixel2): the line ends before this column");
  EXPECT_EQ(row_fault("1,2,3,4,5\n"),
            "line 4, column 4 (pixel2): the line goes on after this column");
  EXPECT_EQ(row_fault("1,2,3,4,\n"),
            "line 4, column 4 (pixel2): the line goes on after this column");
  EXPECT_EQ(row_fault("\n"), "line 4, column 1 (label): '' is not a whole number from 0 to 9");
}

TEST_F(Csv, IsQuotedAsATerminalCanShowIt) {
  EXPECT_EQ(fault("\xEF\xBB\xBFlabel,pixel0\n"),
            "line 1, column 1 (label): the header has '???label', expected 'label'");
  EXPECT_EQ(fault(std::string(5000, 'x')),
            "line 1, column 1 (label): the header has 'xxxxxxxxxxxxxxxxxxxx'…, expected 'label'");
}

TEST_F(Csv, IsSavedAsItWasRead) {
  const std::string contents = std::string{header} + rows;
  save_csv(path("copy.csv"), load_csv(text("two.csv", contents)));
  EXPECT_EQ(contents_of(path("copy.csv")), contents);
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
            "nn::mnist: inputs have shape () and there are 0 labels" + shapes);
  EXPECT_EQ(refusal(Tensor{{1}, {0}}, Labels{1}),
            "nn::mnist: inputs have shape (2, 1) and there are 1 labels" + shapes);
  EXPECT_EQ(refusal(Tensor{Shape{1, 1, 2, 2}}, Labels{1}),
            "nn::mnist: inputs have shape (1, 1, 2, 2) and there are 1 labels" + shapes);
  EXPECT_NE(refusal(Tensor{{1}}, Tensor{1}), "");  // wanted outputs, not labels
  EXPECT_EQ(refusal(Tensor{{0, nn::real(0.5)}}, Labels{1}),
            "nn::mnist: pixel 1 of sample 0 is 0.5, expected one of 0/255, 1/255, …, 255/255");
  EXPECT_EQ(refusal(Tensor{{2, 0}}, Labels{1}),
            "nn::mnist: pixel 0 of sample 0 is 2, expected one of 0/255, 1/255, …, 255/255");
  EXPECT_EQ(refusal(Tensor{{1}, {0}}, Labels{1, 10}),
            "nn::mnist: label of sample 1 is 10, expected 0 to 9");
  EXPECT_FALSE(fs::exists(path("none.csv")));
}

/// While one lives, no file may grow beyond so many bytes, as on a full disk.
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

TEST_F(Csv, IsSavedAsAWholeOrNotAtAll) {
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
