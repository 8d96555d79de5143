/// @file
/// @brief Images of digits as a table, in the form that Kaggle uses for MNIST.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

export module nn.csv;

export import nn.dataset;

namespace nn::mnist::detail {

/// A column of a table.
struct CsvColumn {
  enum class Role : std::uint8_t { label, pixel, other };
  Role role;
  std::string name;  ///< For error messages.
};

/// The columns that a header names. @see csv_columns.cpp
/// @param labeled Whether there must be labels; otherwise they are passed over.
/// @throws std::invalid_argument if it does not name labels and pixels.
[[nodiscard]] std::vector<CsvColumn> named_columns(std::span<const std::string_view> names,
                                                   bool labeled);
/// The columns of a table without a header.
/// @throws std::invalid_argument if their number does not say what they are.
[[nodiscard]] std::vector<CsvColumn> columns_without_names(std::size_t count, bool labeled);
/// Whether the first line is 0, 1, 2, … and so many that it cannot be an image: the header that
/// pandas writes for columns without names.
/// @throws std::invalid_argument if it can be an image as well.
[[nodiscard]] bool are_column_numbers(std::span<const std::string_view> fields);

}  // namespace nn::mnist::detail

export namespace nn::mnist {

/// Reads images and labels from a table: a line for each image, with its label 0 to 9 and its
/// pixels 0 to 255.
///
/// A header names the columns: Kaggle's is `label,pixel0,…,pixel783`. Others of the same meaning
/// are read as well, in either case, with or without quotes: `class`, `digit`, `target` or `y` for
/// the label, in any column; pixels that are numbered from 0 or 1 (`pixel1`, `px_0`, `0`) or by
/// row and column (`1x1`, `1x2`, …), in order. A first column without a name and columns `id`,
/// `index` or `ImageId`, which number the rows, are passed over. Without a header the label comes
/// first, and the image must be a square, or the table could be something else.
///
/// Fields are separated by commas, semicolons, tabs or spaces, and may have blanks or quotes
/// around them. `7.0` and `7e0` are 7; where no comma separates, so is `7,0`. A byte order mark and
/// blank lines are passed over, and lines end as on Unix, Windows or old Macintoshes.
///
/// @param file The path, plain or compressed by gzip; if it does not exist but `file.gz` does, that
///   is read.
/// @return Inputs of shape (N, pixels), each pixel divided by 255; labels.
/// @throws std::runtime_error if the file is missing or not such a file, or has no labels. The
/// error
///   says what is wrong in which line and column, and what was expected.
[[nodiscard]] Dataset load_csv(const std::filesystem::path& file);

/// Reads the images alone, such as those of Kaggle's `test.csv`. Labels, if there are any, are
/// passed over.
/// @param file As for load_csv(), with or without labels.
/// @return Shape (N, pixels), each pixel divided by 255.
/// @throws std::runtime_error if the file is missing or not such a file. @see load_csv
[[nodiscard]] Tensor load_csv_images(const std::filesystem::path& file);

/// Writes a file that load_csv() reads back as the same set, to the last bit.
/// @param file Its path; an existing file is replaced, by the whole new one or not at all. If it
///   ends in `.gz`, it is compressed.
/// @param dataset Inputs of shape (N, pixels), each a whole number from 0 to 255, divided by 255;
///   labels 0 to 9.
/// @throws std::invalid_argument if the set is not of this kind.
/// @throws std::runtime_error if the file cannot be written.
void save_csv(const std::filesystem::path& file, const Dataset& dataset);

/// Writes what a network answered, in the form in which Kaggle takes it: the header
/// `ImageId,Label`, and a line for each image, counted from 1.
/// @param file Its path, as for save_csv().
/// @param labels 0 to 9, in the order of the images: `Labels::from_rows(predict(network, images))`.
/// @throws std::invalid_argument if a label is not 0 to 9.
/// @throws std::runtime_error if the file cannot be written.
void save_submission(const std::filesystem::path& file, const Labels& labels);

}  // namespace nn::mnist
