/// @file
/// @brief MNIST: 70,000 handwritten digits, and sets with the same file names.
module;

#include <cstddef>
#include <cstdint>
#include <filesystem>

export module nn.mnist;

export import nn.dataset;

export namespace nn::mnist {

/// Reads the images of one IDX file and the labels of another.
/// @param images Shape (N, height, width), in MNIST (N, 28, 28). EMNIST's are transposed back.
///   @see read_idx
/// @param labels Shape (N), or (N, 8) as in QMNIST. @see read_idx_labels
/// @return Inputs of shape (N, height · width), each brightness divided by 255: 0 background, 1
///   ink; labels.
/// @throws std::runtime_error if a file is missing or invalid, the numbers of images and labels
///   differ, or a label is not 0 to 9.
[[nodiscard]] Dataset load_set(const std::filesystem::path& images,
                               const std::filesystem::path& labels);

/// How to split the training images.
struct LoadOptions {
  /// The fraction of the images set aside for validation, in [0, 1). A twelfth is 5,000 of MNIST's
  /// 60,000. Unless it is 0, at least one image is set aside if there are two or more.
  double validation = 1.0 / 12;
  std::uint64_t seed = 0;  ///< Determines which images are set aside.
  bool stratified = true;  ///< Whether both parts have the same fraction of each digit.
};

/// Loads MNIST: the training and validation sets from the 60,000 training images, the test set from
/// the 10,000 test images. Nothing is ever downloaded. Other sets with the same file names, such as
/// Fashion-MNIST, load in the same way: images of any size, labels 0 to 9.
///
/// Names with a dot (`train-images.idx3-ubyte`) and with `test` instead of `t10k` work too. If a
/// folder has a file under several names, MNIST's own name comes first, `t10k` before `test`, a
/// hyphen before a dot, and plain before `.gz`. If there are no MNIST training images, the folder
/// may have EMNIST's digits (`emnist-digits-train-images-idx3-ubyte`, `emnist-digits-test-…`), its
/// version of MNIST (`emnist-mnist-…`) or QMNIST (`qmnist-train-images-idx3-ubyte`,
/// `qmnist-train-labels-idx2-int`, `qmnist-test-…`), tried in this order. @see load_set for their
/// transposed images and their labels.
/// @param folder Has the four files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
///   `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each plain or with `.gz`.
/// @param options How many images are set aside for validation, and which.
/// @return The three sets, each in the form that load_set() returns.
/// @throws std::runtime_error if a file is missing or invalid, the numbers of images and labels
///   differ, a label is not 0 to 9, or the test images have another size.
/// @throws std::invalid_argument if the fraction is out of range, or leaves no image to train on.
[[nodiscard]] Split load(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace nn::mnist
