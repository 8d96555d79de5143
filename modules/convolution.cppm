/// @file
/// @brief Convolution and pooling: layers that look at a neighbourhood.
module;

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module nn.convolution;

import nn.images;
export import nn.layer;
export import nn.tensor;

export namespace nn {

/// A height and a width; `Extent{3}` and plain `3` are a square.
struct Extent {
  std::size_t height;
  std::size_t width;

  /// A square.
  /// @param side Its height and its width.
  constexpr Extent(std::size_t side)
      : height{side}, width{side} {}  // NOLINT(google-explicit-constructor)
  /// A rectangle.
  /// @param h Its rows.
  /// @param w Its columns.
  constexpr Extent(std::size_t h, std::size_t w) : height{h}, width{w} {}
  constexpr bool operator==(const Extent&) const = default;
};

/// The zeros around an image: none (valid), as many as keep its size (same), or a given number on
/// each side.
class Padding {
 public:
  /// No zeros: the kernel stays inside the image.
  [[nodiscard]] static constexpr Padding valid() { return Padding{0}; }

  /// As many zeros that the output's size is that of the input divided by the stride, rounded up;
  /// where their number is odd, the one more stands below or on the right.
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

/// Where everything lies in one image's convolution: its input, the input with padding around it,
/// its output.
struct Geometry {
  std::size_t channels;
  Extent input;
  Extent padded;
  Extent output;
  std::size_t top;   ///< Rows of padding above.
  std::size_t left;  ///< Columns of padding on the left.
};

}  // namespace nn::detail

export namespace nn {

/// A convolutional layer: every output channel is the image seen through one small kernel, moved
/// over all places. Legend: B batch, C input channels, O output channels, H × W an image, F × G a
/// kernel, s stride.
///
/// Y(o, i, j) = b(o) + Σ_c Σ_m Σ_n X(c, s i + m, s j + n) K(o, c, m, n), X with its padding. (In
/// mathematics this is a cross-correlation; a convolution would turn the kernel by 180°. The kernel
/// being learned, the field calls it a convolution all the same.)
///
/// Backward, summed over the batch: ∂C/∂K(o, c, m, n) = Σᵢⱼ ∂C/∂Y(o, i, j) X(c, s i + m, s j + n);
/// ∂C/∂b(o) = Σᵢⱼ ∂C/∂Y(o, i, j); ∂C/∂X is the same sum as Y, over ∂C/∂Y with s − 1 zeros between
/// its values and zeros around it, with the kernels turned by 180°.
///
/// Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning applied to document
/// recognition".
class Convolution {
 public:
  struct Options {
    Extent kernel;                       ///< F × G.
    Extent stride = 1;                   ///< Steps between neighbouring outputs, down and across.
    Padding padding = Padding::valid();  ///< Zeros around the image.
  };

  /// A layer of zeros: its kernels wait to be set.
  /// @param inputs C, at least 1.
  /// @param outputs O, at least 1.
  /// @param options Kernel, stride, padding.
  /// @throws std::invalid_argument if either is 0, a side of kernel or stride is, or the padding is
  ///   more than 2²⁴.
  Convolution(std::size_t inputs, std::size_t outputs, const Options& options);

  /// A layer whose kernels an initializer fills; biases are zeros.
  /// @param inputs C, at least 1.
  /// @param outputs O, at least 1.
  /// @param options Kernel, stride, padding.
  /// @param initializer Called with the kernels and `Fan{F G C, F G O}`.
  /// @throws std::invalid_argument if either is 0, a side of kernel or stride is, or the padding is
  ///   more than 2²⁴.
  template <Initializer F>
  Convolution(std::size_t inputs, std::size_t outputs, const Options& options, F&& initializer)
      : Convolution{inputs, outputs, options} {
    const std::size_t area = options.kernel.height * options.kernel.width;
    initializer(kernels_.value, Fan{.in = area * inputs, .out = area * outputs});
  }

  /// A layer with given kernels.
  /// @param kernels K, shape (O, C, F, G).
  /// @param biases b, shape (O).
  /// @param stride Steps between neighbouring outputs.
  /// @param padding Zeros around the image.
  /// @throws std::invalid_argument if the shapes do not fit each other, the stride is 0, or the
  ///   padding is more than 2²⁴.
  Convolution(Tensor kernels, Tensor biases, Extent stride = 1, Padding padding = Padding::valid());

  /// K, shape (O, C, F, G).
  [[nodiscard]] const Tensor& kernels() const { return kernels_.value; }

  /// b, shape (O).
  [[nodiscard]] const Tensor& biases() const { return biases_.value; }

  /// Steps between neighbouring outputs, down and across.
  [[nodiscard]] Extent stride() const { return stride_; }

  /// Zeros around the image.
  [[nodiscard]] Padding padding() const { return padding_; }

  /// @return `Convolution 1→8 5×5`, with stride and padding where there are any.
  [[nodiscard]] std::string name() const;

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (O, H′, W′), where H′ = ⌊(H + padding − F) / s⌋ + 1.
  /// @throws std::invalid_argument if the sample has other channels or is smaller than the kernel.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Images, shape (B, C, H, W).
  /// @return Shape (B, O, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] Images forward(Images x);

  /// The output, keeping nothing.
  /// @param x Images, shape (B, C, H, W).
  /// @return Shape (B, O, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] Images predict(Images x) const;
  /// The same of a tensor, shape (B, C, H, W); where the stride is 1, few images are taken one
  /// after the other.
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, shape (B, O, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  [[nodiscard]] Images backward(Images dy);

  /// The gradients of kernels and biases only.
  /// @param dy ∂C/∂Y, shape (B, O, H′, W′).
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  void backward_parameters(Images dy);

  /// @return Kernels and biases.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&kernels_, &biases_}; }

 private:
  [[nodiscard]] detail::Geometry geometry(const Shape& sample) const;
  [[nodiscard]] detail::Geometry checked_geometry(const Shape& dy) const;
  [[nodiscard]] Images padded(Images x) const;
  [[nodiscard]] static Tensor padded(const Tensor& x, const detail::Geometry& g);
  [[nodiscard]] Images correlate(const Images& x, const detail::Geometry& g) const;
  void kernel_gradient(const Images& dy, const detail::Geometry& g);
  void bias_gradient(const Images& dy, const detail::Geometry& g);
  [[nodiscard]] Images input_gradient(const Images& dy, const detail::Geometry& g) const;

  Parameter kernels_;
  Parameter biases_;
  Extent stride_;
  Padding padding_;
  Images input_;  // with its padding
  Shape input_sample_;
};

/// How a pooling layer moves.
struct PoolOptions {
  Extent window;      ///< The neighbourhood that becomes one value.
  Extent stride = 0;  ///< Steps between neighbouring windows; 0: the window's own size.
};

/// Max pooling: every window of every channel becomes its largest value. Rows and columns that no
/// whole window covers are left out: H′ = ⌊(H − window) / stride⌋ + 1. In training it remembers
/// where each maximum stood (of equal ones the first), and the gradient goes there and nowhere
/// else.
class MaxPool {
 public:
  /// @param options Window and stride.
  /// @throws std::invalid_argument if a side of the window is 0.
  explicit MaxPool(const PoolOptions& options);
  /// The same, windows side by side: `MaxPool{2}`.
  explicit MaxPool(Extent window) : MaxPool{PoolOptions{.window = window}} {}

  /// The neighbourhood that becomes one value.
  [[nodiscard]] Extent window() const { return window_; }

  /// Steps between neighbouring windows.
  [[nodiscard]] Extent stride() const { return stride_; }

  /// @return `MaxPool 2×2`, with the stride where it is another.
  [[nodiscard]] std::string name() const;

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (C, H′, W′).
  /// @throws std::invalid_argument if the sample is not an image or smaller than the window.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] Images forward(const Images& x);

  /// The output, keeping nothing.
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] Images predict(const Images& x) const;
  /// The same of a tensor, shape (B, C, H, W); few images are taken one after the other.
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, shape (B, C, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  [[nodiscard]] Images backward(const Images& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  [[nodiscard]] Images pool(const Images& x, Images* places) const;

  Extent window_;
  Extent stride_;
  Shape input_;    // of one sample
  Images places_;  // of every output, the place of its maximum in its window
};

/// Average pooling: every window of every channel becomes its mean; each of its values gets an
/// equal share of the gradient. Windows as in MaxPool.
class AveragePool {
 public:
  /// @param options Window and stride.
  /// @throws std::invalid_argument if a side of the window is 0.
  explicit AveragePool(const PoolOptions& options);
  /// The same, windows side by side: `AveragePool{2}`.
  explicit AveragePool(Extent window) : AveragePool{PoolOptions{.window = window}} {}

  /// The neighbourhood that becomes one value.
  [[nodiscard]] Extent window() const { return window_; }

  /// Steps between neighbouring windows.
  [[nodiscard]] Extent stride() const { return stride_; }

  /// @return `AveragePool 2×2`, with the stride where it is another.
  [[nodiscard]] std::string name() const;

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (C, H′, W′).
  /// @throws std::invalid_argument if the sample is not an image or smaller than the window.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] Images forward(const Images& x);

  /// The output, keeping nothing.
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] Images predict(const Images& x) const;

  /// @param dy ∂C/∂Y, shape (B, C, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  [[nodiscard]] Images backward(const Images& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Extent window_;
  Extent stride_;
  Shape input_;
};

/// Gives every sample another shape: the same values, counted off anew.
class Reshape {
 public:
  /// @param sample The new shape, without the batch.
  /// @throws std::invalid_argument if there is no axis, there are more than three, or one is 0.
  explicit Reshape(const Shape& sample);
  /// The same, by the lengths of the axes: `Reshape{1, 28, 28}`.
  template <std::convertible_to<std::size_t>... Axes>
  explicit Reshape(Axes... axes) : Reshape{Shape{static_cast<std::size_t>(axes)...}} {}

  /// The new shape, without the batch.
  [[nodiscard]] const Shape& sample() const { return sample_; }

  /// @return `Reshape to (1, 28, 28)`.
  [[nodiscard]] std::string name() const;

  /// @param sample Any shape with as many values.
  /// @return The new shape.
  /// @throws std::invalid_argument if the sample has more or fewer values.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x A batch of samples of any shape with as many values.
  /// @return The batch, every sample in the new shape.
  /// @throws std::invalid_argument if the samples have more or fewer values.
  [[nodiscard]] Tensor forward(Tensor x);

  /// The output, keeping nothing.
  /// @param x A batch of samples of any shape with as many values.
  /// @return The batch, every sample in the new shape.
  /// @throws std::invalid_argument if the samples have more or fewer values.
  [[nodiscard]] Tensor predict(Tensor x) const;

  /// @param dy ∂C/∂Y, shaped like the last output.
  /// @return The same values, shaped like the last input.
  /// @throws std::invalid_argument if dy has more or fewer values, or there was no forward().
  [[nodiscard]] Tensor backward(Tensor dy) const;

  /// @return Nothing: reshaping does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Shape sample_;
  Shape input_;
};

/// Makes one row of every sample, for the dense layer behind a convolution: (B, C, H, W) becomes
/// (B, C H W).
class Flatten {
 public:
  /// @return `Flatten`.
  [[nodiscard]] static std::string name() { return "Flatten"; }

  /// @param sample Any shape.
  /// @return One axis as long as all of them multiplied.
  [[nodiscard]] static Shape output_shape(const Shape& sample) {
    return sample.rank() == 0 ? Shape{} : Shape{sample.size()};
  }

  /// @param x A batch of samples of any shape.
  /// @return Shape (B, values of a sample).
  /// @throws std::invalid_argument if x is empty.
  [[nodiscard]] Tensor forward(Tensor x) {
    const Shape input = x.shape();
    Tensor y = predict(std::move(x));
    input_ = input;
    return y;
  }

  /// The output, keeping nothing.
  /// @param x A batch of samples of any shape.
  /// @return Shape (B, values of a sample).
  /// @throws std::invalid_argument if x is empty.
  [[nodiscard]] static Tensor predict(Tensor x) {
    if (x.empty()) throw std::invalid_argument("nn::Flatten: input is empty");
    const Shape flat{x.rows(), x.columns()};
    return std::move(x).reshaped(flat);
  }

  /// @param dy ∂C/∂Y, shaped like the last output.
  /// @return The same values, shaped like the last input.
  /// @throws std::invalid_argument if dy has more or fewer values, or there was no forward().
  [[nodiscard]] Tensor backward(Tensor dy) const;

  /// @return Nothing: flattening does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Shape input_;
};

}  // namespace nn
