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

/// The files that an argument of the program names: a file, the pictures in a folder, or standard
/// input.
/// @throws std::runtime_error if it is a folder that cannot be read or has no pictures.
export std::vector<Source> sources_of(const std::string& argument);

/// Creates the folder for the stages if it is missing.
/// @throws BadOption if it cannot be created or is not writable.
export void make_folder(const fs::path& folder);

/// Writes the stages of a picture's preprocessing, then its digits as the network sees them, as
/// PNG. Sorted by name, the files are in the order of the stages.
/// @param folder Where to write the files.
/// @param name The beginning of their names.
/// @param found What was found in the picture.
/// @return The files.
/// @throws std::runtime_error if a file cannot be written, or already exists with different
/// content.
export std::vector<fs::path> write_stages(const fs::path& folder, const std::string& name,
                                          const nn::Digits& found);
