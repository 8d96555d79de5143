// nn.files: whole files, or what stood there before.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

import nn.files;
import nn.test;

namespace {

namespace fs = std::filesystem;
using nn::test::error_of;

class Files : public nn::test::Folder, public testing::Test {
 protected:
  static std::string text_of(const fs::path& file) {
    std::string text;
    for (const std::byte byte : nn::read_whole("test", file)) text += static_cast<char>(byte);
    return text;
  }
};

TEST_F(Files, AreReadAsTheyWereWritten) {
  nn::write_whole("test", path("a"), std::string_view{"one\0two", 7});
  EXPECT_EQ(text_of(path("a")), (std::string{"one\0two", 7}));
  nn::write_whole("test", path("a"), "");
  EXPECT_EQ(text_of(path("a")), "");
  EXPECT_FALSE(fs::exists(path("a.part")));
}

TEST_F(Files, OfNoKindAreRefused) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { text_of(path("none")); }),
            "nn::test: cannot read " + path("none").string() + ": there is no such file");
  EXPECT_EQ(error_of<std::runtime_error>([&] { text_of(path("")); }),
            "nn::test: cannot read " + path("").string() + ": it is no file");
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path(""), "text"); }),
            "nn::test: cannot write " + path("").string() + ": it is no file");
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path("no/a"), "text"); }),
            "nn::test: cannot write " + path("no/a").string() + ": No such file or directory");
}

// A limit on the size of files does what a full disk does: a write in the middle fails.
TEST_F(Files, ThatDoNotFitLeaveWhatStoodThere) {
  nn::write_whole("test", path("a"), "before");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = before;
  limit.rlim_cur = 100'000;
  setrlimit(RLIMIT_FSIZE, &limit);
  const std::string error = error_of<std::runtime_error>(
      [&] { nn::write_whole("test", path("a"), std::string(1'000'000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error, "nn::test: cannot write " + path("a").string() + ": File too large");
  EXPECT_EQ(text_of(path("a")), "before");
  EXPECT_FALSE(fs::exists(path("a.part")));
}

// /dev/full is a disk that is always full.
TEST_F(Files, WithoutRoomForThemAreToldSo) {
  fs::create_symlink("/dev/full", path("a.part"));
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path("a"), "text"); }),
            "nn::test: cannot write " + path("a").string() + ": No space left on device");
}

}  // namespace
