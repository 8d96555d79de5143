/// @file
/// @brief Pictures of digits, from files of any size and shade, made like those of MNIST.
module;

#include <filesystem>
#include <vector>

export module nn.pictures;

export import nn.tensor;

export namespace nn {

/// A picture in shades of grey.
struct Picture {
  Tensor brightness;  ///< Shape (height, width), each from 0 for black to 1 for white.
};

/// Reads the pictures of a file; its contents tell what it is, not its name:
/// - PNG of any kind: one picture; colours become grey, what is transparent white;
/// - PGM, P2 or P5, up to 16 bits: one picture;
/// - IDX of bytes with three axes, plain or compressed by gzip: as many pictures as it holds.
///
/// Nothing is believed that a header claims before the file is seen to be long enough for it.
///
/// @param file Up to 256 MiB; its pictures up to 10,000 pixels high and wide. An IDX file may have
///   up to 100,000 pictures and 100,000,000 pixels in all.
/// @return At least one picture, in the order of the file.
/// @throws std::runtime_error if the file is missing or none of these, or something in it is wrong,
///   with the byte where (in a compressed file, of its contents).
[[nodiscard]] std::vector<Picture> load_pictures(const std::filesystem::path& file);

/// A picture of one digit, as MNIST would have it. What most of the edge is, is the paper, and the
/// shade farthest from it the ink, be it darker or lighter. The smallest box around the ink is
/// scaled to fit 20 × 20 pixels, its sides in proportion; and of 28 × 28 pixels the middle one is
/// where the ink's centre of mass comes to lie, unless the box would stand out.
///
/// Images of MNIST stay what they are, at least 980 of the first 1,000 for the test, as its test
/// asks, but for ink fainter than 0.2 at the edge of the box.
///
/// Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
/// recognition", section III.
///
/// @param picture Of any size.
/// @return What a network that learned MNIST reads: shape (1, 784), 0 background and 1 ink.
/// @throws std::invalid_argument if there is no ink: no shade differs by 0.1 or more from the
///   paper's; or the picture has another rank than 2, or a value that is not from 0 to 1.
[[nodiscard]] Tensor to_mnist(const Picture& picture);

}  // namespace nn
