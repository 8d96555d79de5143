// Reading files is separate, so that a build for a browser, which has no files, can leave it out.
// This source file finds out what kind of file it is.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

module nn.pictures;

import nn.idx;
import nn.stream;
import nn.text;

namespace nn {

namespace {

namespace fs = std::filesystem;
using detail::Contents;
using detail::longest_side_in_file;
using namespace std::string_view_literals;

constexpr std::size_t most_bytes = std::size_t{256} << 20U;
constexpr std::size_t most_pixels = longest_side_in_file * longest_side_in_file;
constexpr std::size_t most_pictures = 100'000;

constexpr const char* owner = "load_pictures";

[[noreturn]] void refuse(const fs::path& file, std::string_view what) {
  throw std::runtime_error(fmt::format("nn::{}: {}: {}", owner, file.string(), what));
}

/// Reads a file to its end, or a pipe or a device.
Contents read(const fs::path& file) {
  std::error_code none;
  if (fs::is_directory(file, none)) {
    throw std::runtime_error(
        fmt::format("nn::{}: {} is a folder, expected a file", owner, file.string()));
  }
  if (!fs::exists(file, none)) {
    throw std::runtime_error(fmt::format("nn::{}: no file {}", owner, file.string()));
  }
  if (!fs::is_regular_file(file, none) || fs::file_size(file, none) <= most_bytes) {
    Contents contents{.file = file, .bytes = Stream{owner, file}.read(most_bytes + 1)};
    if (contents.bytes.size() <= most_bytes) return contents;  // a small one may decompress to more
  }
  refuse(file, "the file is larger than 256 MiB, the limit");
}

// ------------------------------------------------------------------------- what a file begins with

/// The signature of a file format: bytes at a fixed place near the beginning.
struct Mark {
  std::size_t byte;
  std::string_view text;
};

bool has(std::string_view text, const Mark& mark) {
  return text.size() >= mark.byte && text.substr(mark.byte).starts_with(mark.text);
}

struct Reader {
  Mark mark;
  Picture (*read)(const Contents&);
};

constexpr std::array readers{
    Reader{.mark = {0, "\x89PNG\r\n\x1a\n"}, .read = detail::read_png},
    Reader{.mark = {0, "\xFF\xD8\xFF"}, .read = detail::read_jpeg},
    Reader{.mark = {8, "WEBP"}, .read = detail::read_webp},
    Reader{.mark = {0, "BM"}, .read = detail::read_bmp},
    Reader{.mark = {0, "P1"}, .read = detail::read_pnm},
    Reader{.mark = {0, "P2"}, .read = detail::read_pnm},
    Reader{.mark = {0, "P3"}, .read = detail::read_pnm},
    Reader{.mark = {0, "P4"}, .read = detail::read_pnm},
    Reader{.mark = {0, "P5"}, .read = detail::read_pnm},
    Reader{.mark = {0, "P6"}, .read = detail::read_pnm},
};

/// A common format for pictures that is not supported.
struct Unread {
  Mark mark;
  std::string_view name;
  std::string_view advice = "export it as PNG or JPEG";
};

constexpr std::string_view render = "export the page as PNG or JPEG";
constexpr std::string_view unpack = "unpack it and pass the pictures in it";

// More specific signatures come before the general one of their family.
constexpr std::array unread{
    Unread{.mark = {4, "ftypavif"}, .name = "AVIF"},
    Unread{.mark = {4, "ftypavis"}, .name = "AVIF"},
    Unread{.mark = {4, "ftyphe"}, .name = "HEIC"},
    Unread{.mark = {4, "ftypmif1"}, .name = "HEIC or another kind of HEIF"},
    Unread{.mark = {4, "ftypmsf1"}, .name = "HEIC or another kind of HEIF"},
    Unread{.mark = {4, "ftypcrx"}, .name = "a raw photograph (CR3)"},
    Unread{.mark = {4, "ftyp"}, .name = "a video", .advice = "export a frame as PNG or JPEG"},
    Unread{.mark = {0, "II*\0"sv}, .name = "TIFF"},
    Unread{.mark = {0, "MM\0*"sv}, .name = "TIFF"},
    Unread{.mark = {0, "II+\0"sv}, .name = "TIFF"},
    Unread{.mark = {0, "MM\0+"sv}, .name = "TIFF"},
    Unread{.mark = {0, "GIF8"}, .name = "GIF"},
    Unread{.mark = {0, "\0\0\0\x0CjP  "sv}, .name = "JPEG 2000"},
    Unread{.mark = {0, "\xFF\x4F\xFF\x51"}, .name = "JPEG 2000"},
    Unread{.mark = {0, "\0\0\0\x0CJXL "sv}, .name = "JPEG XL"},
    Unread{.mark = {0, "\xFF\x0A"}, .name = "JPEG XL"},
    Unread{.mark = {0, "\0\0\1\0"sv}, .name = "ICO"},
    Unread{.mark = {0, "\0\0\2\0"sv}, .name = "CUR"},
    Unread{.mark = {0, "%PDF"}, .name = "PDF", .advice = render},
    Unread{.mark = {0, "%!PS"}, .name = "PostScript", .advice = render},
    Unread{.mark = {0, "P7"}, .name = "PAM"},
    Unread{.mark = {0, "PF\n"}, .name = "PFM"},
    Unread{.mark = {0, "Pf\n"}, .name = "PFM"},
    Unread{.mark = {0, "8BPS"}, .name = "PSD"},
    Unread{.mark = {0, "gimp xcf"}, .name = "XCF"},
    Unread{.mark = {0, "qoif"}, .name = "QOI"},
    Unread{.mark = {0, "PK\3\4"}, .name = "a ZIP archive", .advice = unpack},
};

/// Whether text is an SVG drawing; declarations and comments may come before its first element.
bool is_svg(std::string_view text) {
  constexpr std::size_t most_before = 4096;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.starts_with('<') &&
         text.substr(0, most_before).find("<svg") != std::string_view::npos;
}

/// Rejects a file of an unsupported format, with the format's name if it is known.
[[noreturn]] void refuse_kind(const Contents& contents) {
  constexpr std::string_view expected = "expected PNG, JPEG, WebP, BMP, PBM, PGM, PPM or IDX";
  const std::string_view text = contents.text();
  for (const Unread& kind : unread) {
    if (!has(text, kind.mark)) continue;
    contents.fail(fmt::format("this is {}, which is not supported: {}", kind.name, kind.advice));
  }
  if (is_svg(text)) contents.fail("this is SVG, which is not supported: export it as PNG or JPEG");
  if (text.empty()) contents.fail(fmt::format("the file is empty, {}", expected));
  contents.fail(fmt::format("the file begins with {}, {}", in_quotes(text, 4), expected));
}

// ------------------------------------------------------------------------------------------ IDX

std::vector<Picture> read_idx_pictures(Contents contents) {
  const fs::path file = contents.file;
  const Idx idx = parse_idx(std::move(contents.bytes), file, 3, most_pixels);
  const Shape shape{idx.axes[1], idx.axes[2]};
  const std::size_t count = idx.axes[0];
  if (count > most_pictures || std::max(shape[0], shape[1]) > longest_side_in_file) {
    refuse(file,
           fmt::format(
               "the file has {} pictures of {} × {} pixels, expected at most {} pictures and {} "
               "pixels per side",
               count, shape[1], shape[0], most_pictures, longest_side_in_file));
  }
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = std::span{idx.values}.subspan(i * shape.size(), shape.size());
    pictures.push_back(detail::picture_of_gray(bytes, shape));
  }
  return pictures;
}

/// Whether a file is IDX: two zero bytes, and a third that other formats with two zeros never have.
bool is_idx(std::span<const std::uint8_t> first) {
  return first.size() >= 2 && first[0] == 0 && first[1] == 0 && (first.size() < 3 || first[2] > 2);
}

}  // namespace

namespace detail {

std::string_view Contents::text() const { return as_text(bytes); }

void Contents::fail(std::string_view what) const { refuse(file, what); }

void Contents::fail(std::size_t byte, std::string_view what) const {
  throw std::runtime_error(
      fmt::format("nn::{}: {}, byte {}: {}", owner, file.string(), byte, what));
}

}  // namespace detail

std::vector<Picture> load_pictures(const fs::path& file) {
  Contents contents = read(file);
  if (is_idx(contents.bytes)) return read_idx_pictures(std::move(contents));
  for (const Reader& reader : readers) {
    if (has(contents.text(), reader.mark)) return {reader.read(contents)};
  }
  refuse_kind(contents);
}

}  // namespace nn
