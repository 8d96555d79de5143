// nn.mnist: small sets with MNIST's file names, and known facts about the real digits.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "data_files.hpp"

import nn.csv;
import nn.mnist;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::Labels;
using nn::Shape;
using nn::Tensor;
using nn::test::append;
using nn::test::Bytes;
using nn::test::bytes_of;
using nn::test::error_of;
using nn::test::idx;
using nn::test::write_compressed;
using nn::test::write_plain;

/// A folder of small files: three images of 2 × 2 pixels with labels 7, 0, 9.
class Mnist : public nn::test::Folder, public testing::Test {
 protected:
  /// The four files of a data set, with two training images and one test image.
  [[nodiscard]] fs::path folder_of_images(std::size_t width, std::size_t height,
                                          std::size_t test_height) const {
    write_compressed(path("train-images-idx3-ubyte.gz"),
                     idx({2, height, width}, Bytes(2 * height * width, 255)));
    write_plain(path("train-labels-idx1-ubyte"), idx({2}, {9, 0}));
    write_plain(path("t10k-images-idx3-ubyte"),
                idx({1, test_height, width}, Bytes(test_height * width, 0)));
    write_compressed(path("t10k-labels-idx1-ubyte.gz"), idx({1}, {4}));
    return path("");
  }

  const fs::path images =
      write_plain(path("images"), idx({3, 2, 2}, {0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8}));
};

TEST_F(Mnist, MakesBrightnessOfBytes) {
  const nn::Dataset set =
      nn::mnist::load_set(images, write_compressed(path("l.gz"), idx({3}, {7, 0, 9})));
  EXPECT_EQ(set.inputs.shape(), (Shape{3, 4}));
  EXPECT_EQ(set.targets, (Labels{7, 0, 9}));
  const Tensor expected{0, 1, nn::real(51) / 255, nn::real(102) / 255};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(set.inputs(0, i), expected(i));
}

TEST_F(Mnist, SaysWhereAMissingFileWasLookedFor) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load(path("nowhere")); }),
            "nn::mnist: no file train-images-idx3-ubyte in " + path("nowhere").string() +
                ", expected this name or train-images.idx3-ubyte, with or without .gz");
}

TEST_F(Mnist, RefusesLabelsThatAreNotDigits) {
  const fs::path labels = write_plain(path("labels"), idx({3}, {7, 10, 9}));
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load_set(images, labels); }),
            "nn::read_idx_labels: " + labels.string() + ", byte 9: label is 10, expected 0 to 9");
}

TEST_F(Mnist, RefusesImagesAndLabelsThatDoNotBelongTogether) {
  const fs::path labels = write_plain(path("labels"), idx({2}, {1, 2}));
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load_set(images, labels); }),
            "nn::mnist: " + images.string() + " holds 3 images, but " + labels.string() +
                " holds 2 labels");
}

// Fashion-MNIST and other sets have the same file names; images may have another size.
TEST_F(Mnist, ReadsAnyFolderOfSuchFiles) {
  for (const std::size_t size : {28U, 14U, 32U}) {
    const nn::Split set = nn::mnist::load(folder_of_images(size, size, size), {.validation = 0.5});
    EXPECT_EQ(set.training.inputs, (Tensor{Shape{1, size * size}, 1}));
    EXPECT_EQ(set.validation.inputs, (Tensor{Shape{1, size * size}, 1}));
    EXPECT_EQ(set.training.targets.labels()[0] + set.validation.targets.labels()[0], 9U);
    EXPECT_EQ(set.test.inputs, (Tensor{Shape{1, size * size}, 0}));
    EXPECT_EQ(set.test.targets, (Labels{4}));
  }
}

TEST_F(Mnist, MayHaveADotInItsNames) {
  write_plain(path("train-images.idx3-ubyte"), idx({2, 1, 2}, {255, 255, 255, 255}));
  write_compressed(path("train-labels.idx1-ubyte.gz"), idx({2}, {9, 9}));
  write_compressed(path("t10k-images.idx3-ubyte.gz"), idx({1, 1, 2}, {0, 255}));
  write_plain(path("test-labels-idx1-ubyte"), idx({1}, {4}));
  // As in one archive of MNIST: folders with the names of the files in them.
  fs::create_directory(path("train-images-idx3-ubyte"));
  const nn::Split set = nn::mnist::load(path(""));
  EXPECT_EQ(set.training.targets, (Labels{9}));
  EXPECT_EQ(set.validation.targets, (Labels{9}));
  EXPECT_EQ(set.test.inputs, (Tensor{{0, 1}}));
}

TEST_F(Mnist, TakesAHyphenBeforeADotAndT10kBeforeTest) {
  const fs::path folder = folder_of_images(2, 2, 2);
  for (const char* const name :
       {"train-images.idx3-ubyte", "t10k-images.idx3-ubyte", "test-images-idx3-ubyte",
        "emnist-digits-train-images-idx3-ubyte"}) {
    write_plain(path(name), bytes_of("none"));
  }
  EXPECT_EQ(nn::mnist::load(folder).test.targets, (Labels{4}));
}

// EMNIST's images are transposed: a file with 2 × 3 pixels gives images of 3 × 2.
TEST_F(Mnist, TurnsImagesOfEmnistUpright) {
  const std::string name = "emnist-digits-";
  write_compressed(path(name + "train-images-idx3-ubyte.gz"),
                   idx({2, 2, 3}, {0, 51, 102, 153, 204, 255, 0, 51, 102, 153, 204, 255}));
  write_compressed(path(name + "train-labels-idx1-ubyte.gz"), idx({2}, {1, 1}));
  write_compressed(path(name + "test-images-idx3-ubyte.gz"), idx({1, 2, 3}, Bytes(6, 255)));
  write_compressed(path(name + "test-labels-idx1-ubyte.gz"), idx({1}, {4}));
  const nn::Split set = nn::mnist::load(path(""));
  const auto fifth = [](int n) { return static_cast<nn::real>(51 * n) / 255; };
  EXPECT_EQ(set.training.inputs,
            (Tensor{{fifth(0), fifth(3), fifth(1), fifth(4), fifth(2), fifth(5)}}));
  EXPECT_EQ(nn::mnist::load_set(path(name + "train-images-idx3-ubyte"),
                                path(name + "train-labels-idx1-ubyte"))
                .first(1)
                .inputs,
            set.training.inputs);
  EXPECT_EQ(set.test.targets, (Labels{4}));
}

/// QMNIST's labels: a row of numbers of four bytes for each image, which begins with the digit.
Bytes wide_labels(const std::vector<std::size_t>& labels) {
  Bytes bytes;
  append(bytes, 0x0C02);
  append(bytes, labels.size());
  append(bytes, 8);
  for (const std::size_t label : labels) {
    append(bytes, label);
    for (std::size_t i = 1; i < 8; ++i) append(bytes, 1'000 * i);
  }
  return bytes;
}

TEST_F(Mnist, ReadsTheLabelsOfQmnist) {
  write_plain(path("qmnist-train-images-idx3-ubyte"), idx({2, 1, 1}, {255, 255}));
  write_compressed(path("qmnist-train-labels-idx2-int.gz"), wide_labels({9, 9}));
  write_plain(path("qmnist-test-images-idx3-ubyte"), idx({2, 1, 1}, {0, 255}));
  write_plain(path("qmnist-test-labels-idx2-int"), wide_labels({4, 0}));
  const nn::Split set = nn::mnist::load(path(""));
  EXPECT_EQ(set.training.targets, (Labels{9}));
  EXPECT_EQ(set.test.targets, (Labels{4, 0}));
  const fs::path labels = write_plain(path("labels"), wide_labels({1, 2, 10}));
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::mnist::load_set(images, labels); }),
            "nn::read_idx_labels: " + labels.string() + ", byte 76: label is 10, expected 0 to 9");
}

// The validation set is a twelfth of the images, so that even a small set leaves enough to train
// on.
TEST_F(Mnist, ScalesItsSplit) {
  const auto sizes = [&](std::size_t count) {
    write_plain(path("train-images-idx3-ubyte"), idx({count, 1, 1}, Bytes(count, 1)));
    write_plain(path("train-labels-idx1-ubyte"), idx({count}, Bytes(count, 3)));
    write_plain(path("t10k-images-idx3-ubyte"), idx({1, 1, 1}, {1}));
    write_plain(path("t10k-labels-idx1-ubyte"), idx({1}, {4}));
    const nn::Split set = nn::mnist::load(path(""));
    EXPECT_EQ(set.training.size() + set.validation.size(), count);
    return set.validation.size();
  };
  EXPECT_EQ(sizes(1), 0U);
  EXPECT_EQ(sizes(2), 1U);
  EXPECT_EQ(sizes(100), 8U);
  EXPECT_EQ(sizes(5'000), 417U);
}

TEST_F(Mnist, RefusesTestImagesOfAnotherSize) {
  const fs::path folder = folder_of_images(5, 3, 2);
  EXPECT_EQ(
      error_of<std::runtime_error>([&] { (void)nn::mnist::load(folder, {.validation = 0.5}); }),
      "nn::mnist: " + folder.string() +
          " holds training images of 5 × 3 pixels and test images of 5 × 2, expected the same "
          "size");
}

/// The real data set, loaded once for the tests that look at it.
const nn::Split& digits() {
  static const nn::Split split = nn::mnist::load(nn::test::mnist_folder());
  return split;
}

std::array<int, 10> label_counts(const nn::Dataset& set) {
  std::array<int, 10> counts{};
  for (const std::size_t label : set.targets.labels()) ++counts.at(label);
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
  EXPECT_NEAR(sum / (60'000.0 * 784), 0.1307, 5e-5);  // the value that many programs use
}

TEST(MnistItself, KeepsTheFractionOfEachDigitInItsSplit) {
  const std::array<int, 10> training = label_counts(digits().training);
  const std::array<int, 10> validation = label_counts(digits().validation);
  for (std::size_t digit = 0; digit < 10; ++digit) {
    const int all = training[digit] + validation[digit];
    EXPECT_NEAR(validation[digit], all / 12.0, 1);
  }
}

TEST(MnistItself, IsSplitInTheSameWayByTheSameSeed) {
  const auto small = [](std::uint64_t seed) {
    return nn::mnist::load(nn::test::mnist_folder(), {.validation = 1.0 / 600, .seed = seed})
        .validation;
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
  const auto refusal = [](double fraction) {
    return error_of<std::invalid_argument>(
        [=] { (void)nn::mnist::load(nn::test::mnist_folder(), {.validation = fraction}); });
  };
  const std::string expected = ", expected at least 0 and below 1";
  const std::string what = "nn::mnist::load: fraction for validation is ";
  EXPECT_EQ(refusal(1), what + "1" + expected);
  EXPECT_EQ(refusal(-0.1), what + "-0.1" + expected);
  EXPECT_EQ(refusal(NAN), what + "nan" + expected);
  EXPECT_EQ(refusal(0.999999),
            "nn::split: 60000 samples for validation and 0 for test leave none of the 60000 "
            "samples for training");
}

}  // namespace
