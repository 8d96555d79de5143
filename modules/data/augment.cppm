/// @file
/// @brief Data augmentation: small random rotations, shifts, distortions and changes of the stroke
/// width, different in every epoch.
module;

#include <cstddef>

export module nn.augment;

export import nn.random;
export import nn.tensor;

export namespace nn {

/// An affine transformation of an image, in which straight lines stay straight. The image is first
/// scaled, then sheared, then rotated, each about its center, and then shifted. The defaults change
/// nothing.
struct Affine {
  double rotation = 0;  ///< Degrees, counter-clockwise.
  double shear = 0;     ///< Degrees by which vertical lines lean to the right.
  double width = 1;     ///< Factor that makes the image wider, above 0.
  double height = 1;    ///< Factor that makes the image taller, above 0.
  double right = 0;     ///< Pixels by which the image moves right.
  double down = 0;      ///< Pixels by which the image moves down.
};

/// An elastic distortion of an image, as if it were printed on rubber: neighboring pixels move in
/// almost the same way, distant ones independently.
struct Elastic {
  double amplitude = 0;   ///< Root mean square of the movement in each direction, in pixels; 0 or
                          ///< more.
  double smoothness = 4;  ///< Standard deviation σ of the Gaussian that smooths the movements, in
                          ///< pixels; 1 or more. Pixels 2 σ apart have a correlation of 0.37.
};

/// Draws a movement for each pixel of an image: uniform noise smoothed by a Gaussian, so that the
/// movements of two pixels at distance d have the correlation exp(−d² / 4σ²).
/// @param elastic How far and how smoothly.
/// @param height Of the image, H.
/// @param width Of the image, W.
/// @param random Determines the movements.
/// @return Shape (2, H, W): each pixel takes its new value from this many pixels further right and
///   further down.
/// @throws std::invalid_argument if the amplitude is negative, the smoothness is below 1, either is
///   not finite, or the image has no pixels.
[[nodiscard]] Tensor displacement(const Elastic& elastic, std::size_t height, std::size_t width,
                                  const Random& random);

/// Warps images. Every pixel of the result takes its value from the place it comes from, which is
/// between four pixels, by bilinear interpolation. Outside, an image is 0.
/// @param images Shape (B, C, H, W), or (B, H·H) for rows of square images.
/// @param affine The affine transformation, the same for all images.
/// @param displacement Shape (2, H, W), as displacement() returns it; empty for none.
/// @return The warped images, in the same shape.
/// @throws std::invalid_argument if the images or the displacement have another shape, or the
///   affine transformation is not invertible: a factor is not above 0, or the shear is 90 degrees
///   or more.
[[nodiscard]] Tensor warp(Tensor images, const Affine& affine, const Tensor& displacement = {});

/// Makes strokes wider or thinner (grayscale dilation or erosion). Every pixel of the result is the
/// largest value of the image in a square around it whose sides are `pixels` long, or the smallest
/// value if strokes become thinner. Between pixels, the image is interpolated as in warp();
/// outside, it is 0. So an edge moves by half of `pixels`, measured where it is half as bright as
/// the stroke, and a stroke, which has two edges, becomes wider by `pixels`.
/// @param images Shape (B, C, H, W), or (B, H·H) for rows of square images; 0 is paper.
/// @param pixels How much wider a vertical or horizontal stroke becomes, from -2 to 2.
/// @return The changed images, in the same shape.
/// @throws std::invalid_argument if the images have another shape, or `pixels` is out of range.
[[nodiscard]] Tensor thicken(Tensor images, double pixels);

/// The largest random changes that Augment makes.
struct AugmentOptions {
  double rotation = 0;   ///< Degrees to either side, 0 to 180.
  double shift = 0;      ///< Pixels to the left or right, and as many up or down; 0 or more.
  double scaling = 0;    ///< Largest change of the width, and independently of the height, as a
                         ///< fraction of it; in [0, 1).
  double shear = 0;      ///< Degrees that vertical lines lean to either side, in [0, 90).
  Elastic elastic = {};  ///< The elastic distortion.
  double thickness = 0;  ///< Pixels by which strokes become wider or thinner, 0 to 2; done last.
};

/// Changes each training image differently, so that a network never sees the same image twice. The
/// affine transformation and the thickness are drawn uniformly from the ranges in the options; the
/// elastic distortion is a displacement(). Labels do not change, so keep the options modest: a 6
/// rotated by 180 degrees is a 9.
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

  /// @param images Shape (B, C, H, W), or (B, H·H) for rows of square images. All channels of an
  ///   image change in the same way.
  /// @param random Determines the changes; pass a different stream for each batch of each epoch.
  /// @return The changed images, in the same shape.
  /// @throws std::invalid_argument if the images have another shape.
  [[nodiscard]] Tensor operator()(Tensor images, const Random& random) const;

 private:
  AugmentOptions options_;
};

}  // namespace nn
