/// @file
/// @brief The convolutional layer: small kernels that slide over an image.
module;

#include <cstddef>
#include <string>
#include <vector>

export module nn.convolution;

export import nn.images;
export import nn.layer;
export import nn.tensor;

export namespace nn {

/// Zero padding around an image: none (valid), enough to keep its size (same), or a given number of
/// zeros on each side.
class Padding {
 public:
  /// No padding: the kernel stays inside the image.
  [[nodiscard]] static constexpr Padding valid() { return Padding{0}; }

  /// Enough zeros that the output has size ⌈n/s⌉ for n pixels and stride s; if their number is odd,
  /// the extra one goes below or to the right.
  [[nodiscard]] static constexpr Padding same() {
    Padding padding{0};
    padding.same_ = true;
    return padding;
  }

  /// A given number of zeros.
  /// @param each_side Rows above and below, columns left and right.
  explicit constexpr Padding(Extent each_side) : each_side_{each_side} {}

  /// Whether it is same().
  [[nodiscard]] constexpr bool is_same() const { return same_; }
  /// Rows above and below, columns left and right; 0 for valid() and same().
  [[nodiscard]] constexpr Extent each_side() const { return each_side_; }

 private:
  Extent each_side_;
  bool same_ = false;
};

}  // namespace nn

namespace nn::detail {

/// The extents of one image's convolution: input, padded input, output.
struct Geometry {
  std::size_t channels;
  Extent input;
  Extent padded;
  Extent output;
  std::size_t top;   ///< Rows of padding above.
  std::size_t left;  ///< Columns of padding on the left.
};

/// Strides of an image in memory, counted in numbers.
struct ImageSteps {
  std::size_t column;
  std::size_t row;
  std::size_t channel;
};

/// @param pixel The numbers of a pixel: `lanes` where images are interleaved, else 1.
[[nodiscard]] inline ImageSteps image_steps(Extent image, std::size_t pixel) {
  return {.column = pixel, .row = image.width * pixel, .channel = image.area() * pixel};
}

}  // namespace nn::detail

export namespace nn {

/// A convolutional layer: for every output channel, a small kernel slides over the image, and each
/// output is the sum of the products at one place. Legend: B batch, C input channels, O output
/// channels, H × W an image, F × G a kernel, s stride.
///
/// Y(o, i, j) = b(o) + Σ_c Σ_m Σ_n X(c, s i + m, s j + n) K(o, c, m, n), X with its padding. (In
/// mathematics this is a cross-correlation; a convolution would rotate the kernel by 180°. Because
/// the kernel is learned, this makes no difference, and the field calls it a convolution.)
///
/// Backward, summed over the batch: ∂C/∂K(o, c, m, n) = Σᵢⱼ ∂C/∂Y(o, i, j) X(c, s i + m, s j + n);
/// ∂C/∂b(o) = Σᵢⱼ ∂C/∂Y(o, i, j). ∂C/∂X is a sum like that for Y, but over ∂C/∂Y with s − 1 zeros
/// between its values and zeros around it, and with the kernels rotated by 180°.
///
/// Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
/// recognition".
class Convolution {
 public:
  struct Options {
    Extent kernel;                       ///< F × G.
    Extent stride = 1;                   ///< Steps between neighboring outputs, down and across.
    Padding padding = Padding::valid();  ///< Zeros around the image.
  };

  /// A layer whose kernels and biases are zeros until you set them.
  /// @param inputs C, at least 1.
  /// @param outputs O, at least 1.
  /// @param options Kernel, stride, padding.
  /// @throws std::invalid_argument if either is 0, a side of the kernel or the stride is 0, or the
  ///   padding is more than 2²⁴.
  Convolution(std::size_t inputs, std::size_t outputs, const Options& options);

  /// A layer whose kernels an initializer fills; biases are zeros.
  /// @param inputs C, at least 1.
  /// @param outputs O, at least 1.
  /// @param options Kernel, stride, padding.
  /// @param initializer Called with the kernels and `Fan{F G C, F G O}`.
  /// @throws std::invalid_argument if either is 0, a side of the kernel or the stride is 0, or the
  ///   padding is more than 2²⁴.
  template <Initializer F>
  Convolution(std::size_t inputs, std::size_t outputs, const Options& options, F&& initializer)
      : Convolution{inputs, outputs, options} {
    const std::size_t area = options.kernel.area();
    initializer(kernels_.value, Fan{.in = area * inputs, .out = area * outputs});
  }

  /// A layer with given kernels.
  /// @param kernels K, shape (O, C, F, G).
  /// @param biases b, shape (O).
  /// @param stride Steps between neighboring outputs.
  /// @param padding Zeros around the image.
  /// @throws std::invalid_argument if the shapes do not fit each other, the stride is 0, or the
  ///   padding is more than 2²⁴.
  Convolution(Tensor kernels, Tensor biases, Extent stride = 1, Padding padding = Padding::valid());

  /// K, shape (O, C, F, G).
  [[nodiscard]] const Tensor& kernels() const { return kernels_.value; }

  /// b, shape (O).
  [[nodiscard]] const Tensor& biases() const { return biases_.value; }

  /// Steps between neighboring outputs, down and across.
  [[nodiscard]] Extent stride() const { return stride_; }

  /// Zeros around the image.
  [[nodiscard]] Padding padding() const { return padding_; }

  /// @return `Convolution 1→8 5×5`, with stride and padding where there are any.
  [[nodiscard]] std::string name() const;

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (O, H′, W′), where H′ = ⌊(H + padding − F) / s⌋ + 1.
  /// @throws std::invalid_argument if the sample has a different number of channels or is smaller
  ///   than the kernel.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Images, shape (B, C, H, W).
  /// @return Shape (B, O, H′, W′).
  /// @throws std::invalid_argument if x has another number of channels or is too small.
  InterleavedImages forward(InterleavedImages x);

  /// The output; stores nothing for backward().
  /// @param x Images, shape (B, C, H, W).
  /// @return Shape (B, O, H′, W′).
  /// @throws std::invalid_argument if x has another number of channels or is too small.
  [[nodiscard]] InterleavedImages predict(InterleavedImages x) const;
  /// The same for a tensor, shape (B, C, H, W). If the stride is 1 and there are only a few images,
  /// they are processed one after the other. @see are_few_images
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, shape (B, O, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  InterleavedImages backward(InterleavedImages dy);

  /// The gradients of kernels and biases only.
  /// @param dy ∂C/∂Y, shape (B, O, H′, W′).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  void backward_parameters(InterleavedImages dy);

  /// @return Kernels and biases.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&kernels_, &biases_}; }

 private:
  // In convolution.cpp: what is computed.
  [[nodiscard]] detail::Geometry geometry(const Shape& sample) const;
  [[nodiscard]] detail::Geometry checked_geometry(const Shape& sample) const;
  [[nodiscard]] detail::Geometry last_geometry(const Shape& dy) const;

  // In convolution_loops.cpp: how it is computed.
  [[nodiscard]] InterleavedImages correlate(const InterleavedImages& x,
                                            const detail::Geometry& g) const;
  [[nodiscard]] Tensor correlate_few(const Tensor& x, const detail::Geometry& g) const;
  [[nodiscard]] InterleavedImages input_gradient(const InterleavedImages& dy,
                                                 const detail::Geometry& g) const;

  // In convolution_gradient.cpp: the gradients of the parameters.
  void kernel_gradient(const InterleavedImages& dy, const detail::Geometry& g);
  void bias_gradient(const InterleavedImages& dy);

  Parameter kernels_;
  Parameter biases_;
  Extent stride_;
  Padding padding_;
  InterleavedImages input_;  // of the last forward(), padded
  Shape input_sample_;       // the shape of one sample, without padding
};

}  // namespace nn
