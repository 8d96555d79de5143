/// @file
/// @brief CSV: images of digits as a table, in the format that Kaggle uses for MNIST.
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
/// @param labeled Whether there must be labels; otherwise they are skipped.
/// @throws std::invalid_argument if it does not name labels and pixels.
[[nodiscard]] std::vector<CsvColumn> named_columns(std::span<const std::string_view> names,
                                                   bool labeled);
/// The columns of a table without a header.
/// @throws std::invalid_argument if their meaning does not follow from their number.
[[nodiscard]] std::vector<CsvColumn> columns_without_names(std::size_t count, bool labeled);
/// Whether the first line is 0, 1, 2, …, and too long to be an image: the header that pandas writes
/// for columns without names.
/// @throws std::invalid_argument if it could also be an image.
[[nodiscard]] bool are_column_numbers(std::span<const std::string_view> fields);

}  // namespace nn::mnist::detail

export namespace nn::mnist {

/// Reads images and labels from a table: a line for each image, with its label 0 to 9 and its
/// pixels 0 to 255.
///
/// A header names the columns: Kaggle's is `label,pixel0,…,pixel783`. Other names with the same
/// meaning work too, in upper or lower case, with or without quotes: `class`, `digit`, `target` or
/// `y` for the label, in any column; pixels numbered from 0 or 1 (`pixel1`, `px_0`, `0`) or by row
/// and column (`1x1`, `1x2`, …), in order. Row numbers are skipped: a first column without a name,
/// and columns called `id`, `index` or `ImageId`. Without a header, the label must come first and
/// the image must be square, because otherwise the table could be something else.
///
/// Fields are separated by commas, semicolons, tabs or spaces, and may have blanks or quotes around
/// them. `7.0` and `7e0` mean 7, and so does `7,0` unless commas separate the fields. A byte order
/// mark and blank lines are skipped, and lines may end as on Unix, Windows or old Macintoshes.
///
/// @param file The path, plain or compressed with gzip; if it does not exist but `file.gz` does,
///   that is read.
/// @return Inputs of shape (N, pixels), each pixel divided by 255; labels.
/// @throws std::runtime_error if the file is missing or not such a file, or has no labels. The
///   error names the line and column, what is wrong, and what was expected.
[[nodiscard]] Dataset load_csv(const std::filesystem::path& file);

/// Reads only the images, such as those of Kaggle's `test.csv`. Labels, if there are any, are
/// skipped.
/// @param file As for load_csv(), with or without labels.
/// @return Shape (N, pixels), each pixel divided by 255.
/// @throws std::runtime_error if the file is missing or not such a file. @see load_csv
[[nodiscard]] Tensor load_csv_images(const std::filesystem::path& file);

/// Writes a file that load_csv() reads back as the same set, to the last bit.
/// @param file Its path; an existing file is replaced atomically. If the path ends in `.gz`, the
///   file is compressed.
/// @param dataset Inputs of shape (N, pixels), each a whole number from 0 to 255, divided by 255;
///   labels 0 to 9.
/// @throws std::invalid_argument if the set does not fit this format.
/// @throws std::runtime_error if the file cannot be written.
void save_csv(const std::filesystem::path& file, const Dataset& dataset);

/// Writes predictions in Kaggle's submission format: the header `ImageId,Label`, then a line for
/// each image, counted from 1.
/// @param file Its path, as for save_csv().
/// @param labels 0 to 9, in the order of the images: `Labels::from_rows(predict(network, images))`.
/// @throws std::invalid_argument if a label is not 0 to 9.
/// @throws std::runtime_error if the file cannot be written.
void save_submission(const std::filesystem::path& file, const Labels& labels);

}  // namespace nn::mnist
