/// @file
/// @brief Augmentation: every epoch the training images anew, a little turned, moved, bent, and
/// drawn with another pen.
module;

#include <cstddef>

export module nn.augment;

export import nn.random;
export import nn.tensor;

export namespace nn {

/// A change of an image that keeps straight lines straight. About the image's centre it is first
/// scaled, then sheared, then turned, then shifted; with the values that stand here it stays as it
/// is.
struct Affine {
  double rotation = 0;  ///< Degrees, counter-clockwise.
  double shear = 0;     ///< Degrees by which upright lines lean to the right.
  double width = 1;     ///< Factor that makes the image wider, above 0.
  double height = 1;    ///< Factor that makes the image taller, above 0.
  double right = 0;     ///< Pixels by which the image moves to the right.
  double down = 0;      ///< Pixels by which the image moves down.
};

/// How paper bends under the pen: neighbouring pixels move alike, distant ones each its own way.
struct Elastic {
  double amplitude = 0;   ///< Pixels that a pixel moves across, and as many up or down: the root of
                          ///< the mean square. 0 or more.
  double smoothness = 4;  ///< Standard deviation σ of the Gaussian that smooths the movements, in
                          ///< pixels, 1 or more: pixels 2 σ apart still move a good third alike.
};

/// Movements of the pixels of an image: even noise smoothed by a Gaussian, so that the
/// movements of two pixels at the distance d correlate by exp(−d² / 4σ²).
/// @param elastic How far and how smoothly.
/// @param height Of the image, H.
/// @param width Of the image, W.
/// @param random Names the movements.
/// @return Shape (2, H, W): for every pixel how many pixels further right, and how many further
///   down, it finds what it will show.
/// @throws std::invalid_argument if the amplitude is negative, the smoothness below 1, either no
///   finite number, or the image has no pixels.
[[nodiscard]] Tensor displacement(const Elastic& elastic, std::size_t height, std::size_t width,
                                  const Random& random);

/// Warps images: every pixel of the result looks up where it comes from, in between four pixels,
/// and mixes them by its distance from each (bilinear interpolation). Outside the image all is 0.
/// @param images Shape (B, C, H, W), or (B, H·H): rows of square images.
/// @param affine The change, the same for all of them.
/// @param displacement Shape (2, H, W), as displacement() gives it; or empty: none.
/// @return The warped images, the same shape.
/// @throws std::invalid_argument if the images have another shape, or the displacement has, or the
///   affine change cannot be undone: a factor that is not above 0, a shear of 90 degrees.
[[nodiscard]] Tensor warp(Tensor images, const Affine& affine, const Tensor& displacement = {});

/// Makes strokes wider or thinner. Every pixel of the result is the largest value that the image
/// has in a square about it, with sides of so many pixels; the smallest if strokes are to become
/// thinner. Between the pixels the image has the values that warp() mixes, outside of it 0. So at
/// half its height an edge moves by half of `pixels`, and a stroke, which has two edges, becomes
/// wider by `pixels`. (A grey dilation or erosion.)
/// @param images Shape (B, C, H, W), or (B, H·H): rows of square images; light on dark: 0 is paper.
/// @param pixels What an upright or level stroke gains in all, from -2 to 2; negative: what it
/// loses.
/// @return The images with other strokes, the same shape.
/// @throws std::invalid_argument if the images have another shape, or `pixels` is out of its range.
[[nodiscard]] Tensor thicken(Tensor images, double pixels);

/// How much images are changed at the most.
struct AugmentOptions {
  double rotation = 0;  ///< Degrees to either side, 0 to 180.
  double shift = 0;     ///< Pixels to the left or right, and as many up or down; 0 or more.
  double scaling = 0;  ///< Share of its width that an image gains or loses, and of its height, each
                       ///< by itself; in [0, 1).
  double shear = 0;    ///< Degrees that upright lines lean to either side, in [0, 90).
  Elastic elastic = {};  ///< How it is bent.
  double thickness = 0;  ///< Pixels that strokes gain or lose in all, 0 to 2: thicken() comes last.
};

/// Changes training images, each in a way of its own, so that a network never sees the same one
/// twice. The affine part and the thickness are drawn evenly from what the options allow, the
/// elastic part is displacement(). For the images alone: what they show stays what it is, if the
/// options are modest (a 6 turned by 180 degrees is a 9).
///
/// How image i of a batch changes follows from the generator and i alone, not from the threads.
///
/// Source: Simard, Steinkraus & Platt (2003), "Best practices for convolutional neural networks
/// applied to visual document analysis". Their elastic distortion, α = 34 and σ = 4, is one of
/// amplitude 1.4 and smoothness 4 here.
class Augment {
 public:
  /// @param options What is allowed; what is not named is not done.
  /// @throws std::invalid_argument if an option is out of its range.
  explicit Augment(const AugmentOptions& options);

  /// @param images Shape (B, C, H, W), or (B, H·H): rows of square images. The channels of an image
  ///   change alike.
  /// @param random Names the changes: give each batch of each epoch a stream of its own.
  /// @return The changed images, the same shape.
  /// @throws std::invalid_argument if the images have another shape.
  [[nodiscard]] Tensor operator()(Tensor images, const Random& random) const;

 private:
  AugmentOptions options_;
};

}  // namespace nn
