// nn.files: either the new file is complete, or the old one stays.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
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

  static fs::perms permissions_of(const fs::path& file) { return fs::status(file).permissions(); }

  /// The names of all files in the folder, in their order.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const fs::directory_entry& entry : fs::directory_iterator{path("")}) {
      all.push_back(entry.path().filename().string());
    }
    std::ranges::sort(all);
    return all;
  }
};

using Names = std::vector<std::string>;

TEST_F(Files, AreReadAsTheyWereWritten) {
  nn::write_whole("test", path("a"), std::string_view{"one\0two", 7});
  EXPECT_EQ(text_of(path("a")), (std::string{"one\0two", 7}));
  nn::write_whole("test", path("a"), "");
  EXPECT_EQ(text_of(path("a")), "");
  EXPECT_EQ(names(), Names{"a"});
}

TEST_F(Files, OfNoKindAreRefused) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { text_of(path("none")); }),
            "nn::test: cannot read " + path("none").string() + ": there is no such file");
  EXPECT_EQ(error_of<std::runtime_error>([&] { text_of(path("")); }),
            "nn::test: cannot read " + path("").string() + ": it is not a file");
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path(""), "text"); }),
            "nn::test: cannot write " + path("").string() + ": it is not a file");
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path("no/a"), "text"); }),
            "nn::test: cannot write " + path("no/a").string() + ": No such file or directory");
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", "", "text"); }),
            "nn::test: cannot write : the path is empty");
  nn::write_whole("test", path("a"), "before");
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path("a/b"), "text"); }),
            "nn::test: cannot write " + path("a/b").string() + ": Not a directory");
  const fs::path long_name = path(std::string(300, 'x'));
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", long_name, "text"); }),
            "nn::test: cannot write " + long_name.string() + ": File name too long");
  EXPECT_EQ(names(), Names{"a"});
}

// A limit on the size of files does what a full disk does: a write in the middle fails.
TEST_F(Files, ThatDoNotFitLeaveWhatWasThere) {
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
  EXPECT_EQ(names(), Names{"a"});
}

TEST_F(Files, NeverUseANameThatIsTaken) {
  nn::write_whole("test", path("x.part"), "mine");
  const std::string next = "x.part-" + std::to_string(getpid()) + "-";
  for (int i = 0; i < 50; ++i) fs::create_directory(path(next + std::to_string(i)));
  nn::write_whole("test", path("x"), "text");
  EXPECT_EQ(text_of(path("x")), "text");
  EXPECT_EQ(text_of(path("x.part")), "mine");
  const std::string longest(255, 'n');
  nn::write_whole("test", path(longest), "text");
  EXPECT_EQ(text_of(path(longest)), "text");
  EXPECT_EQ(names().size(), 53U);
}

TEST_F(Files, KeepThePermissionsOfWhatTheyReplace) {
  const mode_t mask = umask(0027);
  nn::write_whole("test", path("a"), "text");
  EXPECT_EQ(permissions_of(path("a")), fs::perms{0640});
  for (const int mode : {0600, 0666, 0755}) {
    fs::permissions(path("a"), fs::perms{static_cast<unsigned>(mode)});
    nn::write_whole("test", path("a"), "other text");
    EXPECT_EQ(permissions_of(path("a")), fs::perms{static_cast<unsigned>(mode)});
  }
  umask(mask);
}

TEST_F(Files, ThatAreProtectedAreNotReplaced) {
  nn::write_whole("test", path("a"), "before");
  fs::permissions(path("a"), fs::perms{0444});
  fs::permissions(path(""), fs::perms{0777});
  const nn::test::NotRoot anyone;
  const std::string refusal =
      "nn::test: cannot write " + path("a").string() + ": Permission denied";
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", path("a"), "text"); }),
            refusal);
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::check_writable("test", path("a")); }), refusal);
  EXPECT_EQ(text_of(path("a")), "before");
}

TEST_F(Files, BehindLinksAreReplacedAndTheLinksStay) {
  fs::create_directories(path("folder/inner"));
  nn::write_whole("test", path("folder/target"), "before");
  fs::create_symlink("folder/target", path("relative"));
  fs::create_symlink(path("relative"), path("absolute"));
  fs::create_symlink("../missing", path("folder/inner/dangling"));
  fs::create_symlink(path("folder/inner/dangling"), path("second"));
  nn::write_whole("test", path("absolute"), "text");
  EXPECT_EQ(text_of(path("folder/target")), "text");
  nn::check_writable("test", path("second"));
  EXPECT_FALSE(fs::exists(path("folder/missing")));
  nn::write_whole("test", path("second"), "new text");
  EXPECT_EQ(text_of(path("folder/missing")), "new text");
  for (const char* link : {"relative", "absolute", "folder/inner/dangling", "second"}) {
    EXPECT_TRUE(fs::is_symlink(path(link))) << link;
  }
  EXPECT_EQ(names(), (Names{"absolute", "folder", "relative", "second"}));
}

TEST_F(Files, BehindLinksThatLeadNowhereAreRefused) {
  fs::create_symlink("no/target", path("dangling"));
  fs::create_symlink("loop", path("loop"));
  EXPECT_EQ(
      error_of<std::runtime_error>([&] { nn::write_whole("test", path("dangling"), "text"); }),
      "nn::test: cannot write " + path("dangling").string() + ": No such file or directory");
  EXPECT_EQ(
      error_of<std::runtime_error>([&] { nn::write_whole("test", path("loop"), "text"); }),
      "nn::test: cannot write " + path("loop").string() + ": Too many levels of symbolic links");
  EXPECT_EQ(names(), (Names{"dangling", "loop"}));
}

/// Repeatedly replaces one of two long texts with the other.
/// @return Whether every write succeeded.
bool write_often(const fs::path& file, char first) {
  for (int i = 0; i < 300; ++i) {
    try {
      nn::write_whole("test", file, std::string(20'000, static_cast<char>(first + i % 2)));
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  return true;
}

TEST_F(Files, MayHaveSeveralWritersAndReaders) {
  nn::write_whole("test", path("a"), std::string(20'000, '0'));
  const pid_t child = fork();  // it and this program have two writers each
  std::array<int, 2> good{};
  std::thread other{
      [&] { good[0] = static_cast<int>(write_often(path("a"), child == 0 ? 'a' : 'c')); }};
  std::thread another{[&] { good[1] = static_cast<int>(write_often(path("a"), 'e')); }};
  int torn = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string text = text_of(path("a"));
    torn += static_cast<int>(text.size() != 20'000 || std::ranges::count(text, text[0]) != 20'000);
  }
  other.join();
  another.join();
  const bool all_well = torn == 0 && good[0] == 1 && good[1] == 1;
  if (child == 0) std::_Exit(all_well ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(all_well) << torn << " torn reads";
  EXPECT_EQ(names(), Names{"a"});
}

TEST_F(Files, ThatAreDevicesOrPipesGetTheBytes) {
  EXPECT_EQ(error_of<std::runtime_error>([&] { nn::write_whole("test", "/dev/full", "text"); }),
            "nn::test: cannot write /dev/full: No space left on device");
  nn::write_whole("test", "/dev/null", "text");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  nn::check_writable("test", path("pipe"));  // without waiting for a reader
  std::string text;
  std::thread reader{[&] { std::getline(std::ifstream{path("pipe")}, text); }};
  nn::write_whole("test", path("pipe"), "text");
  reader.join();
  EXPECT_EQ(text, "text");
}

// `/dev/fd/5` may lead to a file that was removed after it was opened.
TEST_F(Files, WithoutANameGetTheBytes) {
  const int descriptor = memfd_create("open", 0);
  const fs::path file = "/proc/self/fd/" + std::to_string(descriptor);
  nn::write_whole("test", file, "longer text");
  nn::write_whole("test", file, "text");
  EXPECT_EQ(text_of(file), "text");
  EXPECT_FALSE(fs::exists(fs::read_symlink(file)));
  close(descriptor);
}

// `program --json /dev/stdout > file`: replacing the file would lose the later output.
TEST_F(Files, ThatAreTheStandardOutputTakeTheirTurn) {
  const pid_t child = fork();
  if (child == 0) {
    if (freopen(path("out").c_str(), "w", stdout) == nullptr) std::_Exit(2);
    std::fputs("before ", stdout);
    nn::write_whole("test", "/dev/stdout", "text");
    std::fputs(" behind", stdout);
    std::fflush(stdout);
    std::_Exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text_of(path("out")), "before text behind");
}

TEST_F(Files, CanBeTriedWithoutATrace) {
  nn::write_whole("test", path("a"), "before");
  fs::create_directory(path("folder"));
  nn::check_writable("test", path("a"));
  nn::check_writable("test", path("new"));
  EXPECT_EQ(text_of(path("a")), "before");
  EXPECT_EQ(names(), (Names{"a", "folder"}));
  const auto refused = [&](const fs::path& file) {
    return error_of<std::runtime_error>([&] { nn::check_writable("test", file); });
  };
  const auto refusal = [](const fs::path& file, const char* reason) {
    return "nn::test: cannot write " + file.string() + ": " + reason;
  };
  EXPECT_EQ(refused(""), refusal("", "the path is empty"));
  EXPECT_EQ(refused(path("folder")), refusal(path("folder"), "it is not a file"));
  EXPECT_EQ(refused(path("no/a")), refusal(path("no/a"), "No such file or directory"));
  EXPECT_EQ(refused(path("a/b")), refusal(path("a/b"), "Not a directory"));
  EXPECT_NE(refused("/proc/a"), "");  // where even root cannot make a file
  fs::permissions(path("folder"), fs::perms{0555});
  fs::permissions(path(""), fs::perms{0777});
  const nn::test::NotRoot anyone;
  EXPECT_EQ(refused(path("folder/a")), refusal(path("folder/a"), "Permission denied"));
}

}  // namespace
