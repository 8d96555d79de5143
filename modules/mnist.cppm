/// @file
/// @brief MNIST: 70,000 handwritten digits, read from IDX files or Kaggle's CSV.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

export module nn.mnist;

import nn.batching;
export import nn.tensor;

export namespace nn::mnist {

/// The contents of an IDX file of bytes.
struct Idx {
  std::vector<std::size_t> axes;     ///< Their lengths, outermost first.
  std::vector<std::uint8_t> values;  ///< As many as the axes multiplied.
};

/// Reads an IDX file of unsigned bytes, plain or compressed by gzip. The format, all numbers of
/// four bytes with the most significant first: two bytes 0, the type (8 for bytes), the number of
/// axes; the length of each axis; the values.
///
/// @param file The path; where it does not exist but `file.gz` does, that is read.
/// @param axes How many axes are expected.
/// @return The lengths of its axes, and its values.
/// @throws std::runtime_error if the file is missing or not such a file, with what is wrong at
///   which byte (of the contents, once decompressed).
[[nodiscard]] Idx read_idx(const std::filesystem::path& file, std::size_t axes);

/// The images of one IDX file, brightness in [0, 1], with the labels of another.
/// @param images Shape (N, 28, 28) or any other height and width.
/// @param labels Shape (N).
/// @return Inputs of shape (N, height · width), 0 background and 1 ink; targets of shape (N).
/// @throws std::runtime_error if a file is missing or faulty, the two do not belong together, or a
///   label is not 0 to 9.
[[nodiscard]] Dataset load_set(const std::filesystem::path& images,
                               const std::filesystem::path& labels);

/// The images and labels of a CSV file in Kaggle's form: a header `label,pixel0,…,pixel783`, or
/// with any other number of pixels, then a line for each image, its label 0 to 9 and its pixels 0
/// to 255.
///
/// Without labels, as in Kaggle's `test.csv`, a file is refused.
///
/// @param file The path; where it does not exist but `file.gz` does, that is read. Lines may end as
///   Unix or Windows ends them.
/// @return As load_set() gives it.
/// @throws std::runtime_error if the file is missing or not such a file, with what is wrong in
///   which line and column.
[[nodiscard]] Dataset load_csv(const std::filesystem::path& file);

/// Writes the file that load_csv() reads back as the same set, to the last bit.
/// @param file Its path; what stands there is overwritten, by the whole file or not at all.
/// @param dataset Inputs of shape (N, pixels), each a whole number / 255; targets of shape (N),
///   whole numbers 0 to 9.
/// @throws std::invalid_argument if the set is not of this kind.
/// @throws std::runtime_error if the file cannot be written.
void save_csv(const std::filesystem::path& file, const Dataset& dataset);

/// How the 60,000 images for training are shared out.
struct LoadOptions {
  std::size_t validation = 5'000;  ///< Images set aside for validation.
  std::uint64_t seed = 0;          ///< Names the choice.
  bool stratified = true;          ///< Whether every digit keeps its share.
};

/// Loads MNIST: training and validation set from the 60,000 training images, test set the 10,000
/// test images as they are. Nothing is ever downloaded. Other sets under the same names, such as
/// Fashion-MNIST, load alike: images of any size, labels 0 to 9.
/// @param folder Holds the four files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
///   `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each plain or with `.gz`.
/// @param options How many images validate.
/// @return The three sets, each as load_set() gives one.
/// @throws std::runtime_error if a file is missing or faulty, images and labels do not belong
///   together, a label is not 0 to 9, or the test images have another size.
/// @throws std::invalid_argument if validation leaves no image to train on.
[[nodiscard]] Split load(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace nn::mnist
