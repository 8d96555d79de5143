/// @file
/// @brief Pictures of digits of any size and shade, read from files and prepared like MNIST's.
module;

#include <filesystem>
#include <vector>

export module nn.pictures;

export import nn.tensor;

export namespace nn {

/// A picture in shades of gray.
struct Picture {
  Tensor brightness;  ///< Shape (height, width), each from 0 for black to 1 for white.
};

/// Reads the pictures in a file. Its contents decide what it is, not its name:
/// - PNG of any kind: one picture; colors become gray, transparent pixels white;
/// - PGM, P2 or P5, up to 16 bits: one picture;
/// - IDX of bytes with three axes: any number of pictures.
///
/// Each may also be compressed by gzip. What a header claims is checked against the length of the
/// file before memory is used for it.
///
/// @param file Up to 256 MiB, decompressed. Pictures may be up to 10,000 pixels wide and high. An
///   IDX file may hold up to 100,000 pictures and 100,000,000 pixels in all.
/// @return At least one picture, in the order of the file.
/// @throws std::runtime_error if the file is missing, is none of these, or is faulty.
[[nodiscard]] std::vector<Picture> load_pictures(const std::filesystem::path& file);

/// Prepares a picture of one digit as MNIST's were prepared. The shade of most of the edge counts
/// as paper, and the shade that differs most from it as ink, whether darker or lighter. The
/// smallest box around the ink is scaled to fit 20 × 20 pixels, keeping its proportions. Then it is
/// placed in 28 × 28 pixels so that the ink's center of mass is in the middle, or as near to it as
/// the box can be without crossing an edge.
///
/// An image of MNIST comes back unchanged, except for ink fainter than 0.2 at the edge of its box.
/// The tests hold this for at least 980 out of the first 1,000 test images.
///
/// Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
/// recognition", section III.
///
/// @param picture Of any size.
/// @return What a network trained on MNIST expects: shape (1, 784), 0 background and 1 ink.
/// @throws std::invalid_argument if there is no ink, because no shade differs from the paper's by
///   0.1 or more; or if the picture does not have 2 axes, or has a value outside 0 to 1.
[[nodiscard]] Tensor to_mnist(const Picture& picture);

}  // namespace nn
