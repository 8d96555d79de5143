/// @file
/// @brief The files that chapter 16's program reads, and the pictures that it writes.
module;

#include <filesystem>
#include <string>
#include <vector>

export module predict.files;

import nn.pictures;

namespace fs = std::filesystem;

/// A file to read.
export struct Source {
  fs::path path;
  std::string name;  ///< As it was given.
};

export bool is_folder(const std::string& path);

/// The files that an argument of the program names: a file, the pictures of a folder, or the
/// standard input.
/// @throws std::runtime_error if it is a folder that cannot be read or holds no picture.
export std::vector<Source> sources_of(const std::string& argument);

/// Makes the folder for the stages, where it is missing.
/// @throws BadOption if that cannot be, or nothing can be written in it.
export void make_folder(const fs::path& folder);

/// Writes the stages of a picture's treatment, then its digits as the network sees them, as PNG.
/// Sorted by name they are in the order in which they were made.
/// @param folder In which the files are written.
/// @param name What their names begin with.
/// @param found What was found in the picture.
/// @return The files.
/// @throws std::runtime_error if one cannot be written, or is there and holds something else.
export std::vector<fs::path> write_stages(const fs::path& folder, const std::string& name,
                                          const nn::Digits& found);
