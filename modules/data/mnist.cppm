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
/// @param images Shape (N, height, width), in MNIST (N, 28, 28).
/// @param labels Shape (N).
/// @return Inputs of shape (N, height · width), each brightness divided by 255: 0 background, 1
///   ink; labels.
/// @throws std::runtime_error if a file is missing or faulty, the files hold different numbers of
///   images and labels, or a label is not 0 to 9.
[[nodiscard]] Dataset load_set(const std::filesystem::path& images,
                               const std::filesystem::path& labels);

/// How the 60,000 training images are divided.
struct LoadOptions {
  std::size_t validation = 5'000;  ///< Images set aside for validation.
  std::uint64_t seed = 0;          ///< Determines which.
  bool stratified = true;          ///< Whether both parts hold the same fraction of each digit.
};

/// Loads MNIST: the training and validation sets from the 60,000 training images, the test set from
/// the 10,000 test images. Nothing is ever downloaded. Other sets with the same file names, such as
/// Fashion-MNIST, load in the same way: images of any size, labels 0 to 9.
/// @param folder Holds the four files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
///   `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, each plain or with `.gz`.
/// @param options How many images are set aside for validation, and which.
/// @return The three sets, each as load_set() returns one.
/// @throws std::runtime_error if a file is missing or faulty, two files hold different numbers of
///   images and labels, a label is not 0 to 9, or the test images differ in size.
/// @throws std::invalid_argument if validation leaves no image to train on.
[[nodiscard]] Split load(const std::filesystem::path& folder, const LoadOptions& options = {});

}  // namespace nn::mnist
