// nn.mnist: the real digits as they are known, and files with every fault, each told with its byte.

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <zlib.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn.batching;
import nn.mnist;
import nn.tensor;
import nn.test;

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;
using nn::Shape;
using nn::test::error_of;

/// A number as IDX has it: four bytes, the most significant first.
void append(Bytes& bytes, std::uint32_t number) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

/// An IDX file of bytes: its header, then its values.
Bytes idx(const std::vector<std::uint32_t>& axes, const Bytes& values) {
  Bytes bytes;
  append(bytes, 0x0800U + static_cast<std::uint32_t>(axes.size()));
  for (const std::uint32_t length : axes) append(bytes, length);
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// A folder of small files, gone after the test: three images of 2 × 2 with labels 7, 0, 9.
class Mnist : public nn::test::Folder, public testing::Test {
 protected:
  fs::path plain(const std::string& name, const Bytes& bytes) const {
    std::ofstream out{path(name), std::ios::binary};
    for (const std::uint8_t byte : bytes) out.put(static_cast<char>(byte));
    return path(name);
  }

  fs::path compressed(const std::string& name, const Bytes& bytes) const {
    const gzFile file = gzopen(path(name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path(name);
  }

  [[nodiscard]] fs::path text(const std::string& name, const std::string& contents) const {
    return plain(name, Bytes(contents.begin(), contents.end()));
  }

  /// What reading this text as CSV is refused with, the path left out.
  [[nodiscard]] std::string csv_fault(const std::string& contents) const {
    const fs::path file = text("file.csv", contents);
    const std::string head = "nn::mnist: " + file.string() + ", ";
    const std::string fault =
        error_of<std::runtime_error>([&] { (void)nn::mnist::load_csv(file); });
    EXPECT_EQ(fault.substr(0, head.size()), head);
    return fault.size() < head.size() ? fault : fault.substr(head.size());
  }

  /// The four files of a data set under their names, two images for training and one for the test.
  [[nodiscard]] fs::path folder_of_images(std::uint32_t size, std::uint32_t test_size) const {
    const Bytes ink(std::size_t{2} * size * size, 255);
    const Bytes paper(std::size_t{test_size} * test_size, 0);
    compressed("train-images-idx3-ubyte.gz", idx({2, size, size}, ink));
    plain("train-labels-idx1-ubyte", idx({2}, {9, 0}));
    plain("t10k-images-idx3-ubyte", idx({1, test_size, test_size}, paper));
    compressed("t10k-labels-idx1-ubyte.gz", idx({1}, {4}));
    return path("");
  }

  /// What reading these bytes as labels is refused with, the path left out.
  [[nodiscard]] std::string fault(const Bytes& bytes, std::size_t axes = 1) const {
    return without_path(plain("file", bytes), axes);
  }

  static std::string without_path(const fs::path& file, std::size_t axes = 1) {
    std::string text = error_of<std::runtime_error>([&] { (void)nn::mnist::read_idx(file, axes); });
    const std::string head = "nn::mnist: " + file.string() + ", ";
    EXPECT_EQ(text.substr(0, head.size()), head);
    return text.size() < head.size() ? text : text.substr(head.size());
  }

  const Bytes images = idx({3, 2, 2}, {0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8});
  const Bytes labels = idx({3}, {7, 0, 9});
};

TEST_F(Mnist, ReadsPlainFiles) {
  const nn::mnist::Idx read = nn::mnist::read_idx(plain("images", images), 3);
  EXPECT_EQ(read.axes, (std::vector<std::size_t>{3, 2, 2}));
  EXPECT_EQ(read.values, (Bytes{0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(Mnist, ReadsCompressedFilesUnderEitherName) {
  compressed("labels.gz", labels);
  EXPECT_EQ(nn::mnist::read_idx(path("labels.gz"), 1).values, (Bytes{7, 0, 9}));
  EXPECT_EQ(nn::mnist::read_idx(path("labels"), 1).values, (Bytes{7, 0, 9}));
}

TEST_F(Mnist, MakesBrightnessOfBytes) {
  const nn::Dataset set = nn::mnist::load_set(plain("i", images), compressed("l.gz", labels));
  EXPECT_EQ(set.inputs.shape(), (Shape{3, 4}));
  EXPECT_EQ(set.targets, (nn::Tensor{7, 0, 9}));
  const nn::Tensor expected{0, 1, nn::real(0.2), nn::real(0.4)};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(set.inputs(0, i), expected(i), 1e-7);
}

TEST_F(Mnist, SaysWhereAMissingFileWasLookedFor) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load(path("nowhere")); }),
            "nn::mnist: no file train-images-idx3-ubyte or train-images-idx3-ubyte.gz in " +
                path("nowhere").string());
  fs::create_directory(path("folder"));
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::read_idx(path("folder"), 1); }),
            "nn::mnist: no file folder or folder.gz in " + path("").string());
}

TEST_F(Mnist, SaysWhatIsWrongWithAHeaderAtWhichByte) {
  EXPECT_EQ(fault({}), "byte 0: the file ends in its header");
  EXPECT_EQ(fault({0, 0, 8}), "byte 3: the file ends in its header");
  EXPECT_EQ(fault({0, 0, 8, 1, 0, 0}), "byte 6: the file ends in its header");
  EXPECT_EQ(fault({0x89, 'P', 'N', 'G', 0, 0, 0, 0}),
            "byte 0: magic number is 0x89504e47, not that of an IDX file");
  EXPECT_EQ(fault({0, 0, 0x0D, 1, 0, 0, 0, 1}), "byte 2: type is 0x0d, expected 0x08 for bytes");
  EXPECT_EQ(fault(images), "byte 3: 3 axes, expected 1");
  EXPECT_EQ(fault(idx({0}, {})), "byte 4: axis 0 has length 0");
  EXPECT_EQ(fault(idx({2, 0, 3}, {}), 3), "byte 8: axis 1 has length 0");
}

TEST_F(Mnist, BelievesNoHeaderThatPromisesTooMuch) {
  EXPECT_EQ(fault(idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, {1}), 3),
            "byte 8: axis 1 has length 4294967295: too many values");
  // Memory grows with the file, not with the promise: this returns at once.
  EXPECT_EQ(fault(idx({0xFFFFFFFF}, {1, 2})),
            "byte 10: the file ends after 2 of 4294967295 values");
  EXPECT_EQ(fault(idx({1U << 20U, 1U << 19U, 2}, {1, 2, 3, 4}), 3),
            "byte 20: the file ends after 4 of 1099511627776 values");
}

TEST_F(Mnist, SaysWhatIsWrongWithTheValues) {
  EXPECT_EQ(fault(idx({4}, {7, 0, 9})), "byte 11: the file ends after 3 of 4 values");
  EXPECT_EQ(fault(idx({2}, {7, 0, 9})), "byte 10: more than the 2 values announced");
}

TEST_F(Mnist, SaysWhatIsWrongWithCompression) {
  // zlib reads ahead: the byte is one of the compressed file.
  const fs::path file = compressed("file.gz", idx({5000}, Bytes(5000, 3)));
  const std::size_t size = fs::file_size(file) - 4;
  fs::resize_file(file, size);
  EXPECT_EQ(without_path(file),
            fmt::format("byte {}: compressed data: the file ends too early", size));
  fs::resize_file(file, 12);  // the header of the compressed file, and little more
  EXPECT_EQ(without_path(file), "byte 12: compressed data: the file ends too early");
  compressed("file.gz", labels);
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(-8, std::ios::end);  // the checksum
  out.put(static_cast<char>(0x55));
  out.close();
  EXPECT_EQ(without_path(file),
            fmt::format("byte {}: compressed data: incorrect data check", fs::file_size(file) - 4));
}

TEST_F(Mnist, RefusesLabelsThatAreNoDigits) {
  const fs::path file = plain("labels", idx({3}, {7, 10, 9}));
  EXPECT_EQ(error_of<std::runtime_error>(
                [&] { (void)nn::mnist::load_set(plain("images", images), file); }),
            "nn::mnist: " + file.string() + ", byte 9: label is 10, expected 0 to 9");
}

TEST_F(Mnist, RefusesImagesAndLabelsThatDoNotBelongTogether) {
  const std::string i = plain("images", images).string();
  const std::string l = plain("labels", idx({2}, {1, 2})).string();
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load_set(i, l); }),
            "nn::mnist: " + i + " holds 3 images, " + l + " holds 2 labels");
}

// Fashion-MNIST and others come under the same names; images may have another size.
TEST_F(Mnist, ReadsAnyFolderOfSuchFiles) {
  for (const std::uint32_t size : {28U, 14U, 32U}) {
    const nn::Split set = nn::mnist::load(folder_of_images(size, size), {.validation = 1});
    EXPECT_EQ(set.training.inputs, (nn::Tensor{Shape{1, size * size}, 1}));
    EXPECT_EQ(set.validation.inputs, (nn::Tensor{Shape{1, size * size}, 1}));
    EXPECT_EQ(set.training.targets(0) + set.validation.targets(0), 9);
    EXPECT_EQ(set.test.inputs, (nn::Tensor{Shape{1, size * size}, 0}));
    EXPECT_EQ(set.test.targets, (nn::Tensor{4}));
  }
}

TEST_F(Mnist, RefusesTestImagesOfAnotherSize) {
  const fs::path folder = folder_of_images(3, 2);
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load(folder, {.validation = 1}); }),
            "nn::mnist: " + folder.string() +
                " holds images of 3 × 3 for training and of 2 × 2 for the test");
}

// Two images of three pixels.
constexpr const char* header = "label,pixel0,pixel1,pixel2\n";
constexpr const char* rows = "7,0,255,51\n0,102,1,2\n";

TEST_F(Mnist, ReadsCsvAsItReadsIdx) {
  const nn::Dataset set = nn::mnist::load_csv(text("two.csv", std::string{header} + rows));
  const nn::Dataset same = nn::mnist::load_set(
      plain("images", idx({2, 1, 3}, {0, 255, 51, 102, 1, 2})), plain("labels", idx({2}, {7, 0})));
  EXPECT_EQ(set.inputs, same.inputs);
  EXPECT_EQ(set.targets, same.targets);
}

TEST_F(Mnist, ReadsCsvWithAnyLineEnds) {
  for (const char* const contents :
       {"label,pixel0\n9,255\n3,0\n", "label,pixel0\n9,255\n3,0",
        "label,pixel0\r\n9,255\r\n3,0\r\n", "label,pixel0\r\n9,255\r\n3,0"}) {
    const nn::Dataset set = nn::mnist::load_csv(text("ends.csv", contents));
    EXPECT_EQ(set.inputs, (nn::Tensor{{1}, {0}}));
    EXPECT_EQ(set.targets, (nn::Tensor{9, 3}));
  }
}

TEST_F(Mnist, ReadsCompressedCsv) {
  const std::string contents = "label,pixel0\n9,255\n";
  compressed("one.csv.gz", Bytes(contents.begin(), contents.end()));
  EXPECT_EQ(nn::mnist::load_csv(path("one.csv")).targets, (nn::Tensor{9}));
}

TEST_F(Mnist, SaysWhatIsWrongWithTheHeaderOfACsv) {
  EXPECT_EQ(csv_fault(""), "line 1: the file is empty");
  EXPECT_EQ(csv_fault("\n"), "line 1, column 1 (label): the header has '', expected 'label'");
  EXPECT_EQ(csv_fault(rows), "line 1, column 1 (label): the header has '7', expected 'label'");
  EXPECT_EQ(csv_fault("pixel0,pixel1\n1,2\n"),
            "line 1, column 1 (label): the header has 'pixel0', expected 'label'");
  EXPECT_EQ(csv_fault("label,pixel0,pixel2\n"),
            "line 1, column 3 (pixel1): the header has 'pixel2', expected 'pixel1'");
  EXPECT_EQ(csv_fault("label,pixel0,\n"),
            "line 1, column 3 (pixel1): the header has '', expected 'pixel1'");
  EXPECT_EQ(csv_fault("label\n7\n"), "line 1, column 2 (pixel0): the line ends before this column");
  EXPECT_EQ(csv_fault(header), "line 2: no rows follow the header");
}

TEST_F(Mnist, SaysWhatIsWrongInWhichLineAndColumnOfACsv) {
  const auto fault = [&](const std::string& row) {
    return csv_fault(std::string{header} + rows + row);
  };
  EXPECT_EQ(fault("1,2,300,4\n"),
            "line 4, column 3 (pixel1): '300' is not a whole number from 0 to 255");
  EXPECT_EQ(fault("10,2,3,4\n"),
            "line 4, column 1 (label): '10' is not a whole number from 0 to 9");
  for (const std::string field :
       {"256", "-1", "+1", "1.0", "", " 1", "1 ", "1e2", "\"1\"", "x", "99999999999999999999"}) {
    EXPECT_EQ(fault("1," + field + ",3,4"),
              "line 4, column 2 (pixel0): '" + field + "' is not a whole number from 0 to 255");
  }
  EXPECT_EQ(fault("1,2,3\n"), "line 4, column 4 (pixel2): the line ends before this column");
  EXPECT_EQ(fault("1,2,3,4,5\n"), "line 4, column 4 (pixel2): the line goes on after this column");
  EXPECT_EQ(fault("1,2,3,4,\n"), "line 4, column 4 (pixel2): the line goes on after this column");
  EXPECT_EQ(fault("\n"), "line 4, column 1 (label): '' is not a whole number from 0 to 9");
}

TEST_F(Mnist, QuotesOfACsvWhatATerminalCanShow) {
  EXPECT_EQ(csv_fault("\xEF\xBB\xBFlabel,pixel0\n"),
            "line 1, column 1 (label): the header has '???label', expected 'label'");
  EXPECT_EQ(csv_fault(std::string(5000, 'x')),
            "line 1, column 1 (label): the header has 'xxxxxxxxxxxxxxxxxxxx'…, expected 'label'");
}

std::string contents_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_F(Mnist, SavesCsvAsItWasRead) {
  const std::string contents = std::string{header} + rows;
  nn::mnist::save_csv(path("copy.csv"), nn::mnist::load_csv(text("two.csv", contents)));
  EXPECT_EQ(contents_of(path("copy.csv")), contents);
}

TEST_F(Mnist, SavesEveryBrightnessToTheLastBit) {
  nn::Dataset set{.inputs = nn::Tensor{Shape{1, 256}}, .targets = nn::Tensor{9}};
  for (std::size_t i = 0; i < 256; ++i) set.inputs(0, i) = static_cast<nn::real>(i) / 255;
  nn::mnist::save_csv(path("all.csv"), set);
  EXPECT_EQ(nn::mnist::load_csv(path("all.csv")).inputs, set.inputs);
}

TEST_F(Mnist, RefusesToSaveWhatCsvCannotHold) {
  const auto fault = [&](const nn::Tensor& inputs, const nn::Tensor& targets) {
    return error_of<std::invalid_argument>(
        [&] { nn::mnist::save_csv(path("none.csv"), {.inputs = inputs, .targets = targets}); });
  };
  const std::string shapes = ", expected (N, pixels) and (N)";
  EXPECT_EQ(fault({}, {}), "nn::mnist: inputs have shape () and targets ()" + shapes);
  EXPECT_EQ(fault(nn::Tensor{{1}, {0}}, nn::Tensor{1}),
            "nn::mnist: inputs have shape (2, 1) and targets (1)" + shapes);
  EXPECT_EQ(fault(nn::Tensor{Shape{1, 1, 2, 2}}, nn::Tensor{1}),
            "nn::mnist: inputs have shape (1, 1, 2, 2) and targets (1)" + shapes);
  EXPECT_EQ(fault(nn::Tensor{{0, nn::real(0.5)}}, nn::Tensor{1}),
            "nn::mnist: pixel 1 of sample 0 is 0.5, expected one of 0/255, 1/255, …, 255/255");
  EXPECT_EQ(fault(nn::Tensor{{2, 0}}, nn::Tensor{1}),
            "nn::mnist: pixel 0 of sample 0 is 2, expected one of 0/255, 1/255, …, 255/255");
  EXPECT_EQ(fault(nn::Tensor{{1}, {0}}, nn::Tensor{1, 10}),
            "nn::mnist: target of sample 1 is 10, expected 0 to 9");
  EXPECT_FALSE(fs::exists(path("none.csv")));
}

/// While one lives, no file may grow beyond so many bytes: a disk that is full.
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

TEST_F(Mnist, SavesAWholeFileOrNone) {
  const nn::Dataset set = nn::mnist::load_csv(text("two.csv", std::string{header} + rows));
  const auto fault = [&](const fs::path& file) {
    return error_of<std::runtime_error>([&] { nn::mnist::save_csv(file, set); });
  };
  const fs::path file = text("old.csv", "what stood there");
  {
    const FullDisk full{20};
    EXPECT_EQ(fault(file), "nn::mnist: cannot write " + file.string() + ": File too large");
  }
  EXPECT_EQ(contents_of(file), "what stood there");
  EXPECT_FALSE(fs::exists(path("old.csv.part")));
  EXPECT_EQ(fault(path("none") / "file.csv"), "nn::mnist: cannot write " +
                                                  (path("none") / "file.csv").string() +
                                                  ": No such file or directory");
  fs::create_directory(path("folder"));
  EXPECT_EQ(fault(path("folder")),
            "nn::mnist: cannot write " + path("folder").string() + ": it is no file");
  EXPECT_EQ(fault(file), "");
  EXPECT_EQ(contents_of(file), contents_of(path("two.csv")));
}

/// The real data set, loaded once for the tests that look at it.
const nn::Split& digits() {
  static const nn::Split split = nn::mnist::load(nn::test::mnist_folder());
  return split;
}

std::array<int, 10> label_counts(const nn::Dataset& set) {
  std::array<int, 10> counts{};
  for (const nn::real label : set.targets.values()) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

TEST(MnistItself, IsWhole) {
  EXPECT_EQ(digits().training.inputs.shape(), (Shape{55'000, 784}));
  EXPECT_EQ(digits().validation.inputs.shape(), (Shape{5'000, 784}));
  EXPECT_EQ(digits().test.inputs.shape(), (Shape{10'000, 784}));
  EXPECT_EQ(label_counts(digits().test),
            (std::array{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  std::array<int, 10> both = label_counts(digits().training);
  const std::array<int, 10> validation = label_counts(digits().validation);
  for (std::size_t digit = 0; digit < 10; ++digit) both[digit] += validation[digit];
  EXPECT_EQ(both, (std::array{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
}

TEST(MnistItself, HasTheKnownMeanBrightness) {
  double sum = 0;
  for (const nn::Dataset* set : {&digits().training, &digits().validation}) {
    for (const nn::real pixel : set->inputs.values()) {
      ASSERT_TRUE(pixel >= 0 && pixel <= 1);
      sum += static_cast<double>(pixel);
    }
  }
  EXPECT_NEAR(sum / (60'000.0 * 784), 0.1307, 5e-5);  // as it stands in many a program
}

TEST(MnistItself, KeepsTheSharesOfTheDigitsInItsSplit) {
  const std::array<int, 10> training = label_counts(digits().training);
  const std::array<int, 10> validation = label_counts(digits().validation);
  for (std::size_t digit = 0; digit < 10; ++digit) {
    const int all = training[digit] + validation[digit];
    EXPECT_NEAR(validation[digit], all / 12.0, 1);
  }
}

TEST(MnistItself, IsSplitAlikeFromTheSameSeed) {
  const auto small = [](std::uint64_t seed) {
    return nn::mnist::load(nn::test::mnist_folder(), {.validation = 100, .seed = seed}).validation;
  };
  const nn::Dataset one = small(1);
  EXPECT_EQ(small(1).inputs, one.inputs);
  EXPECT_FALSE(small(2).inputs == one.inputs);
}

TEST_F(Mnist, SavesAndReadsTheRealDigits) {
  nn::mnist::save_csv(path("digits.csv"), digits().test);
  const nn::Dataset read = nn::mnist::load_csv(path("digits.csv"));
  EXPECT_EQ(read.inputs, digits().test.inputs);
  EXPECT_EQ(read.targets, digits().test.targets);
}

TEST(MnistItself, RefusesAValidationSetThatLeavesNothing) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)nn::mnist::load(nn::test::mnist_folder(), {.validation = 60'000}); }),
            "nn::split: 60000 samples for validation and 0 for test leave none of 60000 to train");
}

}  // namespace
