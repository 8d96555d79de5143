module;

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.files;

namespace nn {

namespace {

namespace fs = std::filesystem;

/// An open file; closed at the latest when it goes.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : number_{::open(path.c_str(), flags | O_CLOEXEC, mode)} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }

  /// Closing is the last chance of a file system to say that it has not kept the bytes.
  [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

[[noreturn]] void fail(std::string_view owner, const char* what, const fs::path& file,
                       const std::string& reason) {
  throw std::runtime_error(
      fmt::format("nn::{}: cannot {} {}: {}", owner, what, file.string(), reason));
}

std::string reason_of(int error) { return std::generic_category().message(error); }

/// Writes all the bytes and sees them on the disk.
bool write_through(const fs::path& path, std::span<const std::byte> bytes) {
  constexpr mode_t everybody = 0666;  // less what the user's umask takes away
  Descriptor file{path, O_WRONLY | O_CREAT | O_TRUNC, everybody};
  if (!file.is_open()) return false;
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return ::fsync(file.number()) == 0 && file.close();
}

/// A new name is safe only when its folder is on the disk too. A file system that cannot do that
/// has no better to offer.
void flush_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  const Descriptor descriptor{folder, O_RDONLY | O_DIRECTORY};
  if (descriptor.is_open()) static_cast<void>(::fsync(descriptor.number()));
}

}  // namespace

std::vector<std::byte> read_whole(std::string_view owner, const fs::path& file) {
  std::error_code none;
  if (!fs::exists(file, none)) fail(owner, "read", file, "there is no such file");
  if (!fs::is_regular_file(file, none)) fail(owner, "read", file, "it is no file");
  const Descriptor descriptor{file, O_RDONLY};
  if (!descriptor.is_open()) fail(owner, "read", file, reason_of(errno));
  std::vector<std::byte> bytes(fs::file_size(file, none));
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(descriptor.number(), &bytes[size], bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(owner, "read", file, reason_of(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

// [whole]
void write_whole(std::string_view owner, const fs::path& file, std::span<const std::byte> bytes) {
  std::error_code none;
  if (fs::exists(file, none) && !fs::is_regular_file(file, none)) {
    fail(owner, "write", file, "it is no file");
  }
  fs::path part = file;
  part += ".part";
  if (!write_through(part, bytes) || ::rename(part.c_str(), file.c_str()) != 0) {
    const std::string reason = reason_of(errno);
    fs::remove(part, none);
    fail(owner, "write", file, reason);
  }
  flush_folder(file);
}
// [/whole]

void write_whole(std::string_view owner, const fs::path& file, std::string_view text) {
  write_whole(owner, file, std::as_bytes(std::span{text}));
}

}  // namespace nn
