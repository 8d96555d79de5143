/// @file
/// @brief Normalization: values with mean 0 and variance 1 between layers, over a batch or within a
/// sample.
module;

#include <cstddef>
#include <string>
#include <vector>

export module nn.normalization;

export import nn.images;
export import nn.layer;
export import nn.tensor;

export namespace nn {

/// Batch normalization: every feature is normalized to mean 0 and variance 1 over the batch, then
/// scaled and shifted by learned parameters: x̂ = (x − μ) / √(σ² + ε), y = γ x̂ + β.
/// Legend: B batch, D features (the columns of rows, the channels of images), H × W an image,
/// n values of each feature: B of rows, B H W of images.
///
/// In training, μ = Σ x / n and σ² = Σ (x − μ)² / n are those of the batch. In inference they are
/// running averages, so that a prediction does not depend on the rest of its batch. With every
/// training batch, the running averages move by a fraction, the momentum, toward the batch's mean
/// and its unbiased variance σ² n / (n − 1).
///
/// Backward, with sums over the n values of the feature: ∂C/∂γ = Σ ∂C/∂y x̂, ∂C/∂β = Σ ∂C/∂y, and,
/// because μ and σ depend on all x, ∂C/∂x = γ / √(σ² + ε) (∂C/∂y − (∂C/∂β + x̂ ∂C/∂γ) / n).
///
/// Source: Ioffe & Szegedy (2015), "Batch normalization: accelerating deep network training by
/// reducing internal covariate shift", algorithm 1.
class BatchNorm {
 public:
  struct Options {
    /// The weight of the new batch in the running statistics, in (0, 1], as in PyTorch. Other
    /// libraries, such as Keras, call the weight of the old statistics momentum.
    real momentum = real(0.1);
    /// ε under the root, more than 0.
    real epsilon = real(1e-5);
  };

  /// A layer with γ = 1 and β = 0. The running mean starts at 0, the running variance at 1.
  /// @param features D, at least 1.
  /// @param options Each in the range given above.
  /// @throws std::invalid_argument if there are no features, or an option is out of its range.
  BatchNorm(std::size_t features, const Options& options);
  /// The same, with the default options.
  explicit BatchNorm(std::size_t features) : BatchNorm{features, Options{}} {}

  /// D, the number of features.
  [[nodiscard]] std::size_t features() const { return scale_.value.size(); }
  /// γ, shape (D).
  [[nodiscard]] const Tensor& scale() const { return scale_.value; }
  /// β, shape (D).
  [[nodiscard]] const Tensor& shift() const { return shift_.value; }
  /// The means that predict() subtracts, shape (D).
  [[nodiscard]] const Tensor& running_mean() const { return running_mean_; }
  /// The variances whose square roots predict() divides by, shape (D).
  [[nodiscard]] const Tensor& running_variance() const { return running_variance_; }

  /// The options it was constructed with.
  [[nodiscard]] const Options& options() const { return options_; }

  /// @return `BatchNorm 256`.
  [[nodiscard]] std::string name() const;

  /// @param sample (D), (D, H, W), or `Shape{}`.
  /// @return The same.
  /// @throws std::invalid_argument if the sample has another shape.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// Normalizes with the batch's own mean and variance and updates the running ones.
  /// @param x Input, shape (B, D) or (B, D, H, W), at least two values of each feature.
  /// @return Output, the same shape.
  /// @throws std::invalid_argument if x has another shape, or only one value per feature, which
  ///   would always be normalized to 0.
  Tensor forward(Tensor x);
  /// The same for interleaved images.
  InterleavedImages forward(InterleavedImages x);

  /// Normalizes with the running mean and variance.
  /// @param x Input, shape (B, D) or (B, D, H, W).
  /// @return Output, the same shape.
  /// @throws std::invalid_argument if x has another shape.
  [[nodiscard]] Tensor predict(Tensor x) const;
  /// The same for interleaved images.
  [[nodiscard]] InterleavedImages predict(InterleavedImages x) const;

  /// @param dy ∂C/∂Y, the shape of the last output.
  /// @return ∂C/∂X, the same shape.
  /// @throws std::invalid_argument if the shape differs, or forward() was not called.
  Tensor backward(const Tensor& dy);
  /// The same for interleaved images.
  InterleavedImages backward(InterleavedImages dy);

  /// @return γ and β, shape (D) each.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&scale_, &shift_}; }

  /// @return Scale and shift, and the running statistics.
  [[nodiscard]] std::vector<State> state() {
    return {{.name = "weight", .value = &scale_.value},
            {.name = "bias", .value = &shift_.value},
            {.name = "running_mean", .value = &running_mean_},
            {.name = "running_var", .value = &running_variance_}};
  }

 private:
  void check(const Shape& input) const;
  Tensor forward(Tensor x, const Shape& shape);
  [[nodiscard]] Tensor predict(const Tensor& x, const Shape& shape) const;
  Tensor backward(const Tensor& dy, const Shape& shape);

  Parameter scale_;
  Parameter shift_;
  Options options_;
  Tensor running_mean_;
  Tensor running_variance_;
  Tensor input_;  // rows, or the values of images in their layout
  Shape shape_;   // of the last input: (B, D) or (B, D, H, W)
  Tensor mean_;
  Tensor inverse_deviation_;  // 1 / √(σ² + ε)
};

/// Layer normalization: every sample is normalized to mean 0 and variance 1 over its features, and
/// each feature is then scaled and shifted by learned parameters: x̂ = (x − μ) / √(σ² + ε),
/// y = γ x̂ + β, where μ = Σ x / D and σ² = Σ (x − μ)² / D are those of one row. It does not depend
/// on the batch, so it is the same in training and inference. Legend: B batch, T places of a
/// sequence, D features: the last axis, whatever the axes before it.
///
/// Backward, ∂C/∂γ = Σ ∂C/∂y x̂ and ∂C/∂β = Σ ∂C/∂y over all rows, and with g = γ ∂C/∂y and means
/// over a row's D values, ∂C/∂x = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε).
///
/// Source: Ba, Kiros & Hinton (2016), "Layer normalization".
class LayerNorm {
 public:
  struct Options {
    real epsilon = real(1e-5);  ///< ε under the root, more than 0.
  };

  /// A layer with γ = 1 and β = 0.
  /// @param features D, at least 1.
  /// @param options Each in the range given above.
  /// @throws std::invalid_argument if there are no features, or an option is out of its range.
  LayerNorm(std::size_t features, const Options& options);
  /// The same, with the default options.
  explicit LayerNorm(std::size_t features) : LayerNorm{features, Options{}} {}

  /// D, the number of features.
  [[nodiscard]] std::size_t features() const { return scale_.value.size(); }
  /// γ, shape (D).
  [[nodiscard]] const Tensor& scale() const { return scale_.value; }
  /// β, shape (D).
  [[nodiscard]] const Tensor& shift() const { return shift_.value; }

  /// The options it was constructed with.
  [[nodiscard]] const Options& options() const { return options_; }

  /// @return `LayerNorm 256`.
  [[nodiscard]] std::string name() const;

  /// @param sample (D), (T, D) or any shape whose last axis is D long; or `Shape{}`.
  /// @return The same.
  /// @throws std::invalid_argument if its last axis has another length.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Input, shape (B, D), (B, T, D) or (B, …, D).
  /// @return Output, the same shape.
  /// @throws std::invalid_argument if x has another shape.
  Tensor forward(Tensor x);

  /// The output; stores nothing for backward().
  /// @param x Input, shape (B, D), (B, T, D) or (B, …, D).
  /// @return Output, the same shape.
  /// @throws std::invalid_argument if x has another shape.
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, the shape of the last output.
  /// @return ∂C/∂X, the same shape.
  /// @throws std::invalid_argument if the shape differs, or forward() was not called.
  Tensor backward(const Tensor& dy);

  /// @return γ and β, shape (D) each.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&scale_, &shift_}; }

 private:
  struct Statistics {  // of every row
    Tensor mean;
    Tensor inverse_deviation;  // 1 / √(σ² + ε)
  };

  [[nodiscard]] Tensor normalized(const Tensor& x, Statistics* kept) const;
  void parameter_gradients(const Tensor& dy);

  Parameter scale_;
  Parameter shift_;
  Options options_;
  Tensor input_;
  Statistics statistics_;
};

}  // namespace nn
