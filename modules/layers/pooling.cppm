/// @file
/// @brief Pooling: layers that keep one value of every neighborhood.
module;

#include <cstddef>
#include <string>
#include <vector>

export module nn.pooling;

export import nn.images;
export import nn.layer;
export import nn.tensor;

export namespace nn {

/// How a pooling layer moves.
struct PoolOptions {
  Extent window;      ///< The neighborhood that becomes one value.
  Extent stride = 0;  ///< Steps between neighboring windows; 0 means the window's own size.
};

/// Max pooling: every window of every channel becomes its largest value. Rows and columns that no
/// whole window covers are left out: H′ = ⌊(H − window) / stride⌋ + 1. In training the layer
/// remembers where each maximum was (of equal values the first), and the gradient goes there and
/// nowhere else.
class MaxPool {
 public:
  /// @param options Window and stride.
  /// @throws std::invalid_argument if a side of the window is 0.
  explicit MaxPool(const PoolOptions& options);
  /// The same, windows side by side: `MaxPool{2}`.
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
  /// @throws std::invalid_argument if x does not fit.
  InterleavedImages forward(const InterleavedImages& x);

  /// The output, keeping nothing.
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] InterleavedImages predict(const InterleavedImages& x) const;
  /// The same of a tensor, shape (B, C, H, W); few images are processed one after the other.
  /// @see are_few_images
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, shape (B, C, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  [[nodiscard]] InterleavedImages backward(const InterleavedImages& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  [[nodiscard]] InterleavedImages pool(const InterleavedImages& x, InterleavedImages* places) const;

  Extent window_;
  Extent stride_;
  Shape input_;               // the shape of one sample of the last forward()
  InterleavedImages places_;  // of every output, the place of its maximum in its window
};

/// Average pooling: every window of every channel becomes its mean, and the gradient is divided
/// equally among the window's values. Windows as in MaxPool.
class AveragePool {
 public:
  /// @param options Window and stride.
  /// @throws std::invalid_argument if a side of the window is 0.
  explicit AveragePool(const PoolOptions& options);
  /// The same, windows side by side: `AveragePool{2}`.
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
  /// @throws std::invalid_argument if x does not fit.
  InterleavedImages forward(const InterleavedImages& x);

  /// The output, keeping nothing.
  /// @param x Shape (B, C, H, W).
  /// @return Shape (B, C, H′, W′).
  /// @throws std::invalid_argument if x does not fit.
  [[nodiscard]] InterleavedImages predict(const InterleavedImages& x) const;

  /// @param dy ∂C/∂Y, shape (B, C, H′, W′).
  /// @return ∂C/∂X, shape (B, C, H, W).
  /// @throws std::invalid_argument if dy is not shaped like the last output, or there was none.
  [[nodiscard]] InterleavedImages backward(const InterleavedImages& dy) const;

  /// @return Nothing: pooling does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Extent window_;
  Extent stride_;
  Shape input_;  // the shape of the last forward()'s batch
};

}  // namespace nn
