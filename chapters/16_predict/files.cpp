module;

#include <fmt/core.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

module predict.files;

import nn.files;
import predict.options;
import terminal;

namespace fs = std::filesystem;

namespace {

std::string in_lower_case(std::string text) {
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return text;
}

/// Whether a file in a folder is a picture, by its name. Unsupported formats count too, because
/// their error says what to do.
bool has_name_of_picture(const fs::path& file) {
  constexpr std::array<std::string_view, 19> endings{
      ".png", ".pgm", ".ppm",  ".pbm",  ".pnm",  ".jpg",  ".jpeg", ".webp", ".bmp", ".gif",
      ".tif", ".jp2", ".tiff", ".heic", ".heif", ".avif", ".ico",  ".idx",  ".pdf"};
  std::string name = in_lower_case(file.filename().string());
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.starts_with('.')) return false;
  return name.find("idx3") != std::string::npos ||
         std::ranges::any_of(endings, [&](auto ending) { return name.ends_with(ending); });
}

/// The pictures in a folder, sorted by name; the number of other files goes to standard error.
std::vector<Source> pictures_in(const std::string& folder) {
  std::vector<Source> pictures;
  std::size_t others = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
    std::error_code none;
    if (entry.is_regular_file(none) && has_name_of_picture(entry.path())) {
      pictures.push_back({.path = entry.path(), .name = entry.path().string()});
    } else {
      ++others;
    }
  }
  const std::string skipped =
      others == 0 ? "" : fmt::format("{} other file{} skipped", others, others == 1 ? "" : "s");
  if (pictures.empty()) {
    throw std::runtime_error(fmt::format("no picture in the folder {}{}{}", folder,
                                         others == 0 ? ", which is empty" : ": ", skipped));
  }
  if (others > 0) terminal::print_error(fmt::format("{}: {}", folder, skipped));
  std::ranges::sort(pictures, {}, &Source::name);
  return pictures;
}

}  // namespace

bool is_folder(const std::string& path) {
  std::error_code none;
  return fs::is_directory(path, none);
}

std::vector<Source> sources_of(const std::string& argument) {
  if (argument == "-") return {{.path = "/dev/stdin", .name = "standard input"}};
  if (is_folder(argument)) return pictures_in(argument);
  return {{.path = argument, .name = argument}};
}

// ------------------------------------------------------------------------------------- --show

namespace {

/// A picture as the bytes of a PNG file.
/// @param image Shape (height, width); 0 is black, 1 is white.
std::vector<std::byte> png_of(const nn::Tensor& image) {
  std::vector<std::uint8_t> pixels(image.size());
  std::ranges::transform(image.values(), pixels.begin(), [](nn::real value) {
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp<nn::real>(value, 0, 1)));
  });
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.columns());
  header.height = static_cast<png_uint_32>(image.rows());
  header.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::byte> bytes(size);
  if (png_image_write_to_memory(&header, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(fmt::format("libpng: {}", header.message));
  }
  bytes.resize(size);
  return bytes;
}

/// A digit as the network sees it, eight times as large.
nn::Tensor enlarged(const nn::Tensor& pixels) {
  constexpr std::size_t side = 28;
  constexpr std::size_t factor = 8;
  nn::Tensor image{nn::Shape{side * factor, side * factor}};
  for (std::size_t y = 0; y < image.rows(); ++y) {
    for (std::size_t x = 0; x < image.columns(); ++x) {
      image(y, x) = pixels.data()[y / factor * side + x / factor];
    }
  }
  return image;
}

/// Writes a file unless one with that name has other content.
void write_new(const fs::path& file, std::span<const std::byte> bytes) {
  std::error_code none;
  if (!fs::exists(fs::symlink_status(file, none))) {
    nn::write_whole("predict", file, bytes);
  } else if (!std::ranges::equal(nn::read_whole("predict", file), bytes)) {
    throw std::runtime_error(fmt::format(
        "--show: {} already exists with different content: delete it or choose an empty folder",
        file.string()));
  }
}

}  // namespace

void make_folder(const fs::path& folder) {
  std::error_code error;
  std::error_code none;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, none)) {
    throw BadOption(fmt::format("--show: cannot create the folder {}: {}", folder.string(),
                                fs::exists(folder, none) ? "it is a file" : error.message()));
  }
  try {
    nn::check_writable("write_whole", folder / "digit.png");
  } catch (const std::runtime_error& fault) {
    throw BadOption(fmt::format("--show: {}", fault.what()));
  }
}

std::vector<fs::path> write_stages(const fs::path& folder, const std::string& name,
                                   const nn::Digits& found) {
  std::vector<fs::path> files;
  const auto write = [&](const std::string& stage, const nn::Tensor& image) {
    files.push_back(folder / fmt::format("{}-{:02}-{}.png", name, files.size() + 1, stage));
    write_new(files.back(), png_of(image));
  };
  for (const nn::Stage& stage : found.stages) write(stage.name, stage.image);
  for (const nn::FoundDigit& digit : found.digits) write("digit", enlarged(digit.pixels));
  return files;
}
