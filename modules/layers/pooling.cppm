/// @file
/// @brief Pooling: layers that reduce every window of an image to one value.
module;

#include <cstddef>
#include <string>
#include <vector>

export module nn.pooling;

export import nn.images;
export import nn.layer;
export import nn.tensor;

export namespace nn {

/// The window of a pooling layer and how it moves.
struct PoolOptions {
  Extent window;      ///< The neighborhood that becomes one value.
  Extent stride = 0;  ///< Steps between neighboring windows; 0 means the window's own size.
};

/// Max pooling: every window of every channel becomes its largest value. Legend: B batch, C
/// channels, H × W an image. Rows and columns that no whole window covers are left out:
/// H′ = ⌊(H − window) / stride⌋ + 1. In training, the layer remembers where each maximum was (of
/// equal values the first), and the gradient goes only there.
class MaxPool {
 public:
  /// @param options Window and stride.
  /// @throws std::invalid_argument if a side of the window is 0.
  explicit MaxPool(const PoolOptions& options);
  /// The same, with windows that do not overlap: `MaxPool{2}`.
  explicit MaxPool(Extent window) : MaxPool{PoolOptions{.window = window}} {}

  /// The neighborhood that becomes one value.
  [[nodiscard]] Extent window() const { return window_; }

  /// Steps between neighboring windows.
  [[nodiscard]] Extent stride() const { return stride_; }

  /// @return `MaxPool 2×2`, with the stride where it differs from the window.
  [[nodiscard]] std::string name() const;

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (C, H′, W′).
  /// @throws std::invalid_argument if the sample is not an image or smaller than the window.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x is smaller than the window.
  InterleavedImages forward(const InterleavedImages& x);

  /// The output; stores nothing for backward().
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x is smaller than the window.
  [[nodiscard]] InterleavedImages predict(const InterleavedImages& x) const;
  /// The same for a tensor, shape (B, C, H, W); if there are only a few images, they are processed
  /// one after the other. @see are_few_images
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, shape (B, C, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  [[nodiscard]] InterleavedImages backward(const InterleavedImages& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  [[nodiscard]] InterleavedImages pool(const InterleavedImages& x, InterleavedImages* places) const;

  Extent window_;
  Extent stride_;
  Shape input_;               // the shape of one sample of the last forward()
  InterleavedImages places_;  // for every output, the place of its maximum in the window
};

/// Average pooling: every window of every channel becomes its mean, and the gradient is divided
/// equally among the window's values. Windows and shapes as in MaxPool.
class AveragePool {
 public:
  /// @param options Window and stride.
  /// @throws std::invalid_argument if a side of the window is 0.
  explicit AveragePool(const PoolOptions& options);
  /// The same, with windows that do not overlap: `AveragePool{2}`.
  explicit AveragePool(Extent window) : AveragePool{PoolOptions{.window = window}} {}

  /// The neighborhood that becomes one value.
  [[nodiscard]] Extent window() const { return window_; }

  /// Steps between neighboring windows.
  [[nodiscard]] Extent stride() const { return stride_; }

  /// @return `AveragePool 2×2`, with the stride where it differs from the window.
  [[nodiscard]] std::string name() const;

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (C, H′, W′).
  /// @throws std::invalid_argument if the sample is not an image or smaller than the window.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x is smaller than the window.
  InterleavedImages forward(const InterleavedImages& x);

  /// The output; stores nothing for backward().
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x is smaller than the window.
  [[nodiscard]] InterleavedImages predict(const InterleavedImages& x) const;

  /// @param dy ∂C/∂Y, shape (B, C, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  [[nodiscard]] InterleavedImages backward(const InterleavedImages& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Extent window_;
  Extent stride_;
  Shape input_;  // the shape of the last forward()'s batch
};

/// Global average pooling: every channel of an image becomes one number, its mean, so that the
/// layers after it have as many inputs as there are channels, whatever the size of the images.
/// Legend: B batch, C channels, H × W an image. The gradient of a mean is divided equally among the
/// H W values: ∂C/∂x = ∂C/∂y / (H W).
///
/// Source: Lin, Chen & Yan (2014), "Network in network".
class GlobalAveragePool {
 public:
  /// @return `GlobalAveragePool`.
  [[nodiscard]] static std::string name() { return "GlobalAveragePool"; }

  /// @param sample (C, H, W), or `Shape{}`.
  /// @return (C).
  /// @throws std::invalid_argument if the sample is not an image.
  [[nodiscard]] static Shape output_shape(const Shape& sample);

  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C).
  /// @throws std::invalid_argument if there are no images.
  Tensor forward(const InterleavedImages& x);

  /// The output; stores nothing for backward().
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C).
  /// @throws std::invalid_argument if there are no images.
  [[nodiscard]] static Tensor predict(const InterleavedImages& x);
  /// The same for a tensor, shape (B, C, H, W); if there are only a few images, they are processed
  /// one after the other. @see are_few_images
  [[nodiscard]] static Tensor predict(const Tensor& x);

  /// @param dy ∂C/∂Y, shape (B, C).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  [[nodiscard]] InterleavedImages backward(const Tensor& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Shape input_;  // the shape of the last forward()'s batch
};

}  // namespace nn
