module;

#include <fmt/core.h>
#define ZLIB_CONST  // zlib's input pointers become const
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <new>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.stream;

namespace nn {

namespace {

namespace fs = std::filesystem;

/// The number of bytes read first; each further piece is as long as all before it.
constexpr std::size_t first_piece = std::size_t{1} << 16U;
/// zlib counts the bytes of one call in an int.
constexpr std::size_t longest_call = std::size_t{1} << 20U;

fs::path find(std::string_view owner, const fs::path& file) {
  fs::path compressed = file;
  compressed += ".gz";
  std::error_code none;
  for (const fs::path& candidate : {file, compressed}) {
    if (fs::exists(candidate, none) && !fs::is_directory(candidate, none)) return candidate;
  }
  if (fs::is_directory(file, none)) {
    throw std::runtime_error(
        fmt::format("nn::{}: {} is a folder, expected a file", owner, file.string()));
  }
  throw std::runtime_error(fmt::format("nn::{}: no file {} or {} in {}", owner,
                                       file.filename().string(), compressed.filename().string(),
                                       fs::absolute(file).parent_path().string()));
}

}  // namespace

Stream::Stream(std::string_view owner, const fs::path& file)
    : owner_{owner}, path_{find(owner, file)}, file_{gzopen(path_.c_str(), "rb")} {
  const int reason = errno;
  if (!file_) {
    throw std::runtime_error(fmt::format("nn::{}: cannot open {}: {}", owner_, path_.string(),
                                         std::generic_category().message(reason)));
  }
}

Stream::Stream(std::string_view owner, fs::path file, std::vector<std::uint8_t> bytes)
    : owner_{owner}, path_{std::move(file)}, contents_{std::move(bytes)} {}

void Stream::Close::operator()(gzFile_s* file) const { gzclose(file); }

std::vector<std::uint8_t> Stream::read(std::size_t most) {
  std::vector<std::uint8_t> bytes;
  std::size_t size = 0;
  do {
    bytes.resize(std::min(most, std::max(first_piece, 2 * size)));
    size += read_into(std::span{bytes}.subspan(size));
  } while (size == bytes.size() && size < most);
  bytes.resize(size);
  return bytes;
}

/// Fills the bytes unless the contents end before; zlib passes uncompressed data through.
/// @return The number of bytes read.
std::size_t Stream::read_into(std::span<std::uint8_t> bytes) {
  std::size_t done = 0;
  if (!file_) {
    done = std::min(bytes.size(), contents_.size() - position_);
    std::ranges::copy(std::span{contents_}.subspan(position_, done), bytes.begin());
    position_ += done;
    return done;
  }
  while (done < bytes.size()) {
    const std::size_t step = std::min(bytes.size() - done, longest_call);
    const int got = gzread(file_.get(), &bytes[done], static_cast<unsigned>(step));
    int code = Z_OK;
    std::string_view reason = gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR) fail_compressed("the file ends too early");
    if (got < 0) {
      // zlib's message begins with the path, which our message already has.
      if (const auto colon = reason.rfind(": "); colon != std::string_view::npos) {
        reason.remove_prefix(colon + 2);
      }
      fail_compressed(reason);
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
    position_ += static_cast<std::size_t>(got);
  }
  return done;
}

void Stream::fail(std::size_t byte, std::string_view what) const {
  throw std::runtime_error(
      fmt::format("nn::{}: {}, byte {}: {}", owner_, path_.string(), byte, what));
}

/// If compressed data is damaged, positions in the contents are unknown, so the error has the
/// position in the compressed file that zlib has reached. For a pipe, zlib does not know it.
void Stream::fail_compressed(std::string_view what) const {
  const auto place = gzoffset(file_.get());
  fail(place < 0 ? position_ : static_cast<std::size_t>(place),
       fmt::format("compressed data: {}", what));
}

std::vector<std::byte> compressed(std::string_view text) {
  constexpr int with_gzip_header = 15 + 16;  // the largest window, and zlib's code for gzip
  constexpr int memory = 8;                  // zlib's default
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, with_gzip_header, memory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc{};
  }
  std::vector<std::byte> bytes(deflateBound(&stream, text.size()));
  std::size_t read = 0;
  std::size_t written = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const std::size_t step = std::min(text.size() - read, longest_call);
    const std::size_t room = std::min(bytes.size() - written, 2 * longest_call);
    // NOLINTBEGIN(*-reinterpret-cast): zlib's bytes
    stream.next_in = reinterpret_cast<const Bytef*>(text.data() + read);
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data() + written);
    // NOLINTEND(*-reinterpret-cast)
    stream.avail_in = static_cast<uInt>(step);
    stream.avail_out = static_cast<uInt>(room);
    state = deflate(&stream, read + step == text.size() ? Z_FINISH : Z_NO_FLUSH);
    read += step - stream.avail_in;
    written += room - stream.avail_out;
  }
  deflateEnd(&stream);
  bytes.resize(written);
  return bytes;
}

}  // namespace nn
