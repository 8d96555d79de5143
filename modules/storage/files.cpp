module;

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
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

/// An open file; the destructor closes it.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : number_{::open(path.c_str(), flags | O_CLOEXEC, mode)} {}
  explicit Descriptor(int number) : number_{number} {}
  Descriptor(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }

  /// Checked, because a file system may report only here that it could not write the bytes.
  [[nodiscard]] bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_ = -1;
};

[[noreturn]] void fail(std::string_view owner, const char* what, const fs::path& file,
                       const std::string& reason) {
  throw std::runtime_error(
      fmt::format("nn::{}: cannot {} {}: {}", owner, what, file.string(), reason));
}

std::string reason_of(int error) { return std::generic_category().message(error); }

/// Writes all the bytes.
bool write_all(const Descriptor& file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// What a path leads to after all symbolic links; it need not exist.
struct Target {
  fs::path path;
  bool exists = false;
  bool has_name = true;  ///< False for an open file without a name, as `/dev/fd/5` can be.
  struct stat status{};

  /// Whether to write the bytes directly, because replacing the file would be wrong: a terminal, a
  /// pipe, `/dev/null`, a file that standard output is redirected to, or a file without a name.
  [[nodiscard]] bool is_stream() const {
    return exists && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode) || !has_name ||
                      is_standard_output());
  }

  [[nodiscard]] mode_t permissions() const { return status.st_mode & mode_t{0777}; }

  [[nodiscard]] bool is_standard_output() const {
    struct stat output{};
    return exists && ::fstat(STDOUT_FILENO, &output) == 0 && output.st_dev == status.st_dev &&
           output.st_ino == status.st_ino;
  }
};

/// Follows a path, and rejects targets that can never be written, such as folders.
Target target_of(std::string_view owner, const fs::path& file) {
  if (file.empty()) fail(owner, "write", file, "the path is empty");
  Target target{.path = file};
  target.exists = ::stat(file.c_str(), &target.status) == 0;
  if (!target.exists && errno != ENOENT) fail(owner, "write", file, reason_of(errno));
  if (target.exists && !S_ISREG(target.status.st_mode) && !target.is_stream()) {
    fail(owner, "write", file, "it is not a file");
  }
  if (target.exists && ::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) != 0) {
    fail(owner, "write", file, reason_of(errno));
  }
  std::error_code error;
  while (!target.is_stream() && fs::is_symlink(fs::symlink_status(target.path, error))) {
    const fs::path next = fs::read_symlink(target.path, error);
    if (error) fail(owner, "write", file, error.message());
    target.path = target.path.parent_path() / next;
  }
  if (target.exists && target.path != file && !fs::exists(target.path, error)) {
    target.path = file;
    target.has_name = false;
  }
  return target;
}

/// A new file in the folder of a target, with a unique name. The destructor removes it, unless it
/// has taken the target's name.
class Temporary {
 public:
  explicit Temporary(const Target& target) {
    static std::atomic<unsigned> count = 0;
    constexpr std::size_t longest = 200;  // leaves room in the 255 bytes of a name
    const mode_t mode = target.exists ? target.permissions() : 0666;  // restricted by the umask
    const std::string name = target.path.filename().string().substr(0, longest);
    do {
      path_ = target.path;
      path_.replace_filename(fmt::format("{}.part-{}-{}", name, ::getpid(), ++count));
      file_ = Descriptor{path_, O_WRONLY | O_CREAT | O_EXCL, mode};
    } while (!file_.is_open() && errno == EEXIST);
    exists_ = file_.is_open();
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (exists_) ::unlink(path_.c_str());
  }

  [[nodiscard]] bool exists() const { return exists_; }

  /// Writes the bytes, and waits until they are on the disk.
  [[nodiscard]] bool write(std::span<const std::byte> bytes) {
    return write_all(file_, bytes) && ::fsync(file_.number()) == 0;
  }

  /// Takes the name of the target and, if that exists, its owner and permissions, as far as the
  /// file system supports them and the user may change them.
  [[nodiscard]] bool replace(const Target& target) {
    if (target.exists) {
      const auto [user, group] = std::pair{target.status.st_uid, target.status.st_gid};
      [[maybe_unused]] const bool given = ::fchown(file_.number(), user, group) == 0;
      [[maybe_unused]] const bool kept = ::fchmod(file_.number(), target.permissions()) == 0;
    }
    if (!file_.close() || ::rename(path_.c_str(), target.path.c_str()) != 0) return false;
    exists_ = false;
    return true;
  }

 private:
  fs::path path_;
  Descriptor file_;
  bool exists_ = false;
};

bool write_stream(const Target& target, std::span<const std::byte> bytes) {
  std::fflush(stdout);  // so that earlier output comes first
  Descriptor stream = target.is_standard_output() ? Descriptor{::dup(STDOUT_FILENO)}
                                                  : Descriptor{target.path, O_WRONLY | O_TRUNC};
  return stream.is_open() && write_all(stream, bytes) && stream.close();
}

/// A new name is safe only after its folder is on the disk, too. Errors are ignored, because some
/// file systems cannot do this and there is no alternative.
void flush_folder(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  const Descriptor descriptor{folder, O_RDONLY | O_DIRECTORY};
  if (descriptor.is_open()) static_cast<void>(::fsync(descriptor.number()));
}

}  // namespace

std::vector<std::byte> read_whole(std::string_view owner, const fs::path& file) {
  std::error_code none;
  if (!fs::exists(file, none)) fail(owner, "read", file, "there is no such file");
  if (!fs::is_regular_file(file, none)) fail(owner, "read", file, "it is not a file");
  const Descriptor descriptor{file, O_RDONLY};
  if (!descriptor.is_open()) fail(owner, "read", file, reason_of(errno));
  struct stat status{};  // of the open file, because the name may already belong to a newer one
  if (::fstat(descriptor.number(), &status) != 0) fail(owner, "read", file, reason_of(errno));
  std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
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
  const Target target = target_of(owner, file);
  if (target.is_stream()) {
    if (!write_stream(target, bytes)) fail(owner, "write", file, reason_of(errno));
    return;
  }
  Temporary part{target};
  if (!part.exists() || !part.write(bytes) || !part.replace(target)) {
    fail(owner, "write", file, reason_of(errno));
  }
  flush_folder(target.path);
}
// [/whole]

void write_whole(std::string_view owner, const fs::path& file, std::string_view text) {
  write_whole(owner, file, std::as_bytes(std::span{text}));
}

void check_writable(std::string_view owner, const fs::path& file) {
  const Target target = target_of(owner, file);
  if (target.is_stream()) return;
  const Temporary part{target};
  if (!part.exists()) fail(owner, "write", file, reason_of(errno));
}

}  // namespace nn
