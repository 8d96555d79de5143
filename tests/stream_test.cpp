// nn.stream: plain and compressed files give the same bytes; for damaged ones, the error has the
// byte.

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "data_files.hpp"

import nn.stream;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::Stream;
using nn::test::Bytes;
using nn::test::error_of;
using nn::test::write_compressed;
using nn::test::write_plain;

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

/// More bytes than one piece, with a period that no piece has.
Bytes many_bytes() {
  Bytes bytes(1'000'003);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

class StreamFiles : public nn::test::Folder, public testing::Test {
 protected:
  /// The error of reading all of a file, without its path.
  static std::string fault(const fs::path& file) {
    const std::string text =
        error_of<std::runtime_error>([&] { (void)Stream("test", file).read(all); });
    const std::string head = "nn::test: " + file.string() + ", ";
    EXPECT_EQ(text.substr(0, head.size()), head);
    return text.size() < head.size() ? text : text.substr(head.size());
  }
};

TEST_F(StreamFiles, ReadPlainAndCompressedAlike) {
  const Bytes bytes = many_bytes();
  for (const fs::path& file :
       {write_plain(path("plain"), bytes), write_compressed(path("packed"), bytes)}) {
    EXPECT_EQ(Stream("test", file).read(all), bytes);
    EXPECT_EQ(Stream("test", file).read(bytes.size()), bytes);
    EXPECT_EQ(Stream("test", file).read(bytes.size() + 1), bytes);
  }
}

// A pipe gives its bytes once and cannot be asked how long it is.
TEST_F(StreamFiles, ReadPipesToTheirEnd) {
  const Bytes bytes = many_bytes();
  const fs::path pipe = path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& [what, file] : {std::pair{"plain", write_plain(path("plain"), bytes)},
                                   std::pair{"packed", write_compressed(path("packed"), bytes)}}) {
    std::thread writer{
        [&] { std::ofstream{pipe, std::ios::binary} << nn::test::contents_of(file); }};
    EXPECT_EQ(Stream("test", pipe).read(all), bytes) << what;
    writer.join();
  }
}

TEST_F(StreamFiles, ReadOnWhereTheyStopped) {
  Stream stream{"test", write_compressed(path("packed"), {1, 2, 3, 4, 5})};
  EXPECT_EQ(stream.read(2), (Bytes{1, 2}));
  EXPECT_EQ(stream.position(), 2U);
  EXPECT_EQ(stream.read(0), Bytes{});
  EXPECT_EQ(stream.read(2), (Bytes{3, 4}));
  EXPECT_EQ(stream.read(2), (Bytes{5}));
  EXPECT_EQ(stream.position(), 5U);
  EXPECT_EQ(stream.read(2), Bytes{});
}

TEST_F(StreamFiles, TakeTheCompressedFileIfThereIsNoOther) {
  write_compressed(path("file.gz"), {1, 2});
  EXPECT_EQ(Stream("test", path("file")).path(), path("file.gz"));
  EXPECT_EQ(Stream("test", path("file")).read(all), (Bytes{1, 2}));
  write_plain(path("file"), {3});
  EXPECT_EQ(Stream("test", path("file")).read(all), (Bytes{3}));
}

TEST_F(StreamFiles, SayWhereAMissingFileWasLookedFor) {
  const auto refusal = [](const fs::path& file) {
    return error_of<std::runtime_error>([&] { (void)Stream("test", file); });
  };
  EXPECT_EQ(refusal(path("none")), "nn::test: no file none or none.gz in " + path("").string());
  fs::create_directory(path("folder"));
  EXPECT_EQ(refusal(path("folder")),
            "nn::test: " + path("folder").string() + " is a folder, expected a file");
}

TEST_F(StreamFiles, SayWhereCompressedDataIsDamaged) {
  // zlib reads ahead, so the byte is one of the compressed file.
  const fs::path file = write_compressed(path("file"), Bytes(5000, 3));
  const std::size_t size = fs::file_size(file) - 4;
  fs::resize_file(file, size);
  EXPECT_EQ(fault(file), fmt::format("byte {}: compressed data: the file ends too early", size));
  fs::resize_file(file, 12);  // the header of the compressed file, and little more
  EXPECT_EQ(fault(file), "byte 12: compressed data: the file ends too early");
  write_compressed(file, {7, 0, 9});
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(-8, std::ios::end);  // the checksum
  out.put(static_cast<char>(0x55));
  out.close();
  EXPECT_EQ(fault(file),
            fmt::format("byte {}: compressed data: incorrect data check", fs::file_size(file) - 4));
}

TEST_F(StreamFiles, RefuseInTheNameOfTheirOwner) {
  const Stream stream{"test", write_plain(path("file"), {1})};
  EXPECT_EQ(error_of<std::runtime_error>([&] { stream.fail(7, "it is odd"); }),
            "nn::test: " + path("file").string() + ", byte 7: it is odd");
}

TEST_F(StreamFiles, ShowBytesAsText) {
  const Bytes bytes = nn::test::bytes_of("a\n\xFF");
  EXPECT_EQ(nn::as_text(bytes), "a\n\xFF");
  EXPECT_EQ(nn::as_text({}), "");
}

}  // namespace
