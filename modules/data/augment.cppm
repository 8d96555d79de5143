/// @file
/// @brief Augmentation: in every epoch the training images are turned, moved and bent a little, and
/// their strokes made wider or thinner.
module;

#include <cstddef>

export module nn.augment;

export import nn.random;
export import nn.tensor;

export namespace nn {

/// An affine change of an image: straight lines stay straight. The image is first scaled, then
/// sheared, then turned, each about its center, and then shifted. The defaults change nothing.
struct Affine {
  double rotation = 0;  ///< Degrees, counter-clockwise.
  double shear = 0;     ///< Degrees by which vertical lines lean to the right.
  double width = 1;     ///< Factor that makes the image wider, above 0.
  double height = 1;    ///< Factor that makes the image taller, above 0.
  double right = 0;     ///< Pixels by which the image moves to the right.
  double down = 0;      ///< Pixels by which the image moves down.
};

/// An elastic change of an image, as if its paper were bent: neighboring pixels move alike, distant
/// ones independently.
struct Elastic {
  double amplitude = 0;   ///< Root mean square of the movement in each direction, in pixels; 0 or
                          ///< more.
  double smoothness = 4;  ///< Standard deviation σ of the Gaussian that smooths the movements, in
                          ///< pixels; 1 or more. Movements of pixels 2 σ apart correlate by 0.37.
};

/// Draws a movement for each pixel of an image: uniform noise smoothed by a Gaussian, so that the
/// movements of two pixels at the distance d correlate by exp(−d² / 4σ²).
/// @param elastic How far and how smoothly.
/// @param height Of the image, H.
/// @param width Of the image, W.
/// @param random Determines the movements.
/// @return Shape (2, H, W): how many pixels further right, and how many further down, each pixel
///   looks up its new value.
/// @throws std::invalid_argument if the amplitude is negative, the smoothness below 1, either is
///   not finite, or the image has no pixels.
[[nodiscard]] Tensor displacement(const Elastic& elastic, std::size_t height, std::size_t width,
                                  const Random& random);

/// Warps images. Every pixel of the result looks up the place that it comes from, which is between
/// four pixels, and mixes them by its distance from each (bilinear interpolation). Outside, an
/// image is 0.
/// @param images Shape (B, C, H, W), or (B, H·H) for rows of square images.
/// @param affine The change, the same for all of them.
/// @param displacement Shape (2, H, W), as displacement() returns it; empty for none.
/// @return The warped images, in the same shape.
/// @throws std::invalid_argument if the images or the displacement have another shape, or the
///   affine change cannot be undone: a factor is not above 0, or the shear is 90 degrees or more.
[[nodiscard]] Tensor warp(Tensor images, const Affine& affine, const Tensor& displacement = {});

/// Makes strokes wider or thinner (a gray dilation or erosion). Every pixel of the result is the
/// largest value of the image in a square around it whose sides are `pixels` long, or the smallest
/// value if strokes become thinner. Between its pixels the image has the values that warp() mixes,
/// and outside it is 0. So an edge moves by half of `pixels`, measured where it is half as bright
/// as the stroke, and a stroke, which has two edges, becomes wider by `pixels`.
/// @param images Shape (B, C, H, W), or (B, H·H) for rows of square images; 0 is paper.
/// @param pixels How much wider a vertical or horizontal stroke becomes, from -2 to 2.
/// @return The changed images, in the same shape.
/// @throws std::invalid_argument if the images have another shape, or `pixels` is out of range.
[[nodiscard]] Tensor thicken(Tensor images, double pixels);

/// The largest changes that Augment makes.
struct AugmentOptions {
  double rotation = 0;   ///< Degrees to either side, 0 to 180.
  double shift = 0;      ///< Pixels to the left or right, and as many up or down; 0 or more.
  double scaling = 0;    ///< Fraction of its width, and independently of its height, that an image
                         ///< gains or loses at most; in [0, 1).
  double shear = 0;      ///< Degrees that vertical lines lean to either side, in [0, 90).
  Elastic elastic = {};  ///< How the image is bent.
  double thickness = 0;  ///< Pixels by which strokes become wider or thinner, 0 to 2; done last.
};

/// Changes training images at random, each differently, so that a network never sees the same one
/// twice. The affine change and the thickness are drawn uniformly from what the options allow; the
/// elastic change is a displacement(). Labels are left alone, so keep the options modest: a 6
/// turned by 180 degrees is a 9.
///
/// How image i of a batch changes depends on the generator and on i, not on the number of threads.
///
/// Source: Simard, Steinkraus & Platt (2003), "Best practices for convolutional neural networks
/// applied to visual document analysis". Their elastic distortion with α = 34 and σ = 4 has
/// amplitude 1.4 and smoothness 4 here.
class Augment {
 public:
  /// @param options The largest changes; by default none.
  /// @throws std::invalid_argument if an option is out of range.
  explicit Augment(const AugmentOptions& options);

  /// @param images Shape (B, C, H, W), or (B, H·H) for rows of square images. The channels of an
  ///   image change alike.
  /// @param random Determines the changes; pass a different stream for each batch of each epoch.
  /// @return The changed images, in the same shape.
  /// @throws std::invalid_argument if the images have another shape.
  [[nodiscard]] Tensor operator()(Tensor images, const Random& random) const;

 private:
  AugmentOptions options_;
};

}  // namespace nn
