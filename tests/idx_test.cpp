// nn.idx: files are read as they were written, and the error for an invalid file has the byte.

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "data_files.hpp"

import nn.idx;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::test::Bytes;
using nn::test::error_of;
using nn::test::idx;
using nn::test::write_compressed;
using nn::test::write_plain;

class IdxFiles : public nn::test::Folder, public testing::Test {
 protected:
  /// The error when these bytes are read, without the path.
  [[nodiscard]] std::string fault(const Bytes& bytes, std::size_t axes = 1) const {
    const fs::path file = write_plain(path("file"), bytes);
    const std::string text = error_of<std::runtime_error>([&] { (void)nn::read_idx(file, axes); });
    const std::string head = "nn::read_idx: " + file.string() + ", ";
    EXPECT_EQ(text.substr(0, head.size()), head);
    return text.size() < head.size() ? text : text.substr(head.size());
  }

  const Bytes images = idx({3, 2, 2}, {0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8});
};

TEST_F(IdxFiles, AreRead) {
  const nn::Idx read = nn::read_idx(write_plain(path("images"), images), 3);
  EXPECT_EQ(read.axes, (std::vector<std::size_t>{3, 2, 2}));
  EXPECT_EQ(read.values, (Bytes{0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(IdxFiles, AreParsedInMemoryWithTheSameErrors) {
  const nn::Idx parsed = nn::parse_idx(images, "pipe", 3);
  EXPECT_EQ(parsed.axes, (std::vector<std::size_t>{3, 2, 2}));
  EXPECT_EQ(parsed.values, (Bytes{0, 255, 51, 102, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::parse_idx(images, "pipe", 1); }),
            "nn::read_idx: pipe, byte 3: 3 axes, expected 1");
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::parse_idx({0, 0, 8}, "pipe", 1); }),
            "nn::read_idx: pipe, byte 3: the file ends within its header");
}

TEST_F(IdxFiles, AreReadCompressedUnderEitherName) {
  write_compressed(path("labels.gz"), idx({3}, {7, 0, 9}));
  EXPECT_EQ(nn::read_idx(path("labels.gz"), 1).values, (Bytes{7, 0, 9}));
  EXPECT_EQ(nn::read_idx(path("labels"), 1).values, (Bytes{7, 0, 9}));
}

TEST_F(IdxFiles, SayWhatIsWrongWithTheHeader) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::read_idx(path("none"), 1); }),
            "nn::read_idx: no file none or none.gz in " + path("").string());
  EXPECT_EQ(fault({}), "byte 0: the file ends within its header");
  EXPECT_EQ(fault({0, 0, 8}), "byte 3: the file ends within its header");
  EXPECT_EQ(fault({0, 0, 8, 1, 0, 0}), "byte 6: the file ends within its header");
  EXPECT_EQ(
      fault({0x89, 'P', 'N', 'G', 0, 0, 0, 0}),
      "byte 0: magic number is 0x89504e47, but that of an IDX file of bytes begins with 0x000008");
  EXPECT_EQ(fault({0, 0, 0x0D, 1, 0, 0, 0, 1}), "byte 2: type is 0x0d, expected 0x08 for bytes");
  EXPECT_EQ(fault(images), "byte 3: 3 axes, expected 1");
  EXPECT_EQ(fault(idx({0}, {})), "byte 4: axis 0 has length 0, expected at least 1");
  EXPECT_EQ(fault(idx({2, 0, 3}, {}), 3), "byte 8: axis 1 has length 0, expected at least 1");
}

TEST_F(IdxFiles, AreNotBelievedIfTheyPromiseTooMuch) {
  EXPECT_EQ(fault(idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, {1}), 3),
            "byte 8: axis 1 has length 4294967295, expected at most 1099511627776 values in all");
  // Memory grows with the file, not with the header's claim, so this returns immediately.
  EXPECT_EQ(fault(idx({0xFFFFFFFF}, {1, 2})),
            "byte 10: the file ends after 2 out of 4294967295 values");
  EXPECT_EQ(fault(idx({1U << 20U, 1U << 19U, 2}, {1, 2, 3, 4}), 3),
            "byte 20: the file ends after 4 out of 1099511627776 values");
}

TEST_F(IdxFiles, CanBeLimited) {
  const fs::path file = write_plain(path("images"), images);
  EXPECT_EQ(nn::read_idx(file, 3, 12).values.size(), 12U);
  EXPECT_EQ(error_of<std::runtime_error>([&] { (void)nn::read_idx(file, 3, 11); }),
            "nn::read_idx: " + file.string() +
                ", byte 12: axis 2 has length 2, expected at most 11 values in all");
}

TEST_F(IdxFiles, SayWhatIsWrongWithTheValues) {
  EXPECT_EQ(fault(idx({4}, {7, 0, 9})), "byte 11: the file ends after 3 out of 4 values");
  EXPECT_EQ(fault(idx({2}, {7, 0, 9})),
            "byte 10: the file has more than the 2 values that its header announces");
}

}  // namespace
