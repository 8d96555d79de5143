/// @file
/// @brief Images of digits as a table, in the form that Kaggle uses for MNIST.
module;

#include <filesystem>

export module nn.csv;

export import nn.dataset;

export namespace nn::mnist {

/// Reads images and labels from a CSV file in Kaggle's form: a header `label,pixel0,…,pixel783`, or
/// any other number of pixels; then a line for each image, with its label 0 to 9 and its pixels 0
/// to 255. A file without labels, such as Kaggle's `test.csv`, is refused.
///
/// @param file The path, plain or compressed by gzip; if it does not exist but `file.gz` does, that
///   is read. Lines may end as on Unix or Windows.
/// @return Inputs of shape (N, pixels), each pixel divided by 255; labels.
/// @throws std::runtime_error if the file is missing or not such a file. The error says what is
///   wrong in which line and column.
[[nodiscard]] Dataset load_csv(const std::filesystem::path& file);

/// Writes a file that load_csv() reads back as the same set, to the last bit.
/// @param file Its path; an existing file is replaced, by the whole new one or not at all.
/// @param dataset Inputs of shape (N, pixels), each a whole number from 0 to 255, divided by 255;
///   labels 0 to 9.
/// @throws std::invalid_argument if the set is not of this kind.
/// @throws std::runtime_error if the file cannot be written.
void save_csv(const std::filesystem::path& file, const Dataset& dataset);

}  // namespace nn::mnist
