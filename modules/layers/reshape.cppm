/// @file
/// @brief Reshaping: the same values in another shape, such as rows as images.
module;

#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

export module nn.reshape;

export import nn.layer;
export import nn.tensor;

export namespace nn {

/// Gives every sample another shape: the same values in the same order, with other axes.
class Reshape {
 public:
  /// @param sample The new shape, without the batch.
  /// @throws std::invalid_argument if there is no axis, there are more than three, or one is 0.
  explicit Reshape(const Shape& sample);
  /// The same, from the lengths of the axes: `Reshape{1, 28, 28}`.
  template <std::convertible_to<std::size_t>... Axes>
  explicit Reshape(Axes... axes) : Reshape{Shape{static_cast<std::size_t>(axes)...}} {}

  /// The new shape, without the batch.
  [[nodiscard]] const Shape& sample() const { return sample_; }

  /// @return `Reshape to (1, 28, 28)`.
  [[nodiscard]] std::string name() const;

  /// @param sample Any shape with the same number of values.
  /// @return The new shape.
  /// @throws std::invalid_argument if the sample has more or fewer values.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x A batch; its samples have any shape with the same number of values.
  /// @return The batch, every sample in the new shape.
  /// @throws std::invalid_argument if the samples have more or fewer values.
  Tensor forward(Tensor x);

  /// The output; stores nothing for backward().
  /// @param x A batch; its samples have any shape with the same number of values.
  /// @return The batch, every sample in the new shape.
  /// @throws std::invalid_argument if the samples have more or fewer values.
  [[nodiscard]] Tensor predict(Tensor x) const;

  /// @param dy ∂C/∂Y, with the shape of the last output.
  /// @return The same values, in the shape of the last input.
  /// @throws std::invalid_argument if dy has more or fewer values, or forward() was not called.
  [[nodiscard]] Tensor backward(Tensor dy) const;

  /// @return Nothing: reshaping does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Shape sample_;
  Shape input_;
};

/// Turns every sample into one row, as a dense layer after a convolution needs it: (B, C, H, W)
/// becomes (B, C H W).
class Flatten {
 public:
  /// @return `Flatten`.
  [[nodiscard]] static std::string name() { return "Flatten"; }

  /// @param sample Any shape.
  /// @return One axis with all the values of a sample; `Shape{}` for `Shape{}`.
  [[nodiscard]] static Shape output_shape(const Shape& sample);

  /// @param x A batch of samples of any shape.
  /// @return Shape (B, values of a sample).
  /// @throws std::invalid_argument if x is empty.
  Tensor forward(Tensor x);

  /// The output; stores nothing for backward().
  /// @param x A batch of samples of any shape.
  /// @return Shape (B, values of a sample).
  /// @throws std::invalid_argument if x is empty.
  [[nodiscard]] static Tensor predict(Tensor x);

  /// @param dy ∂C/∂Y, with the shape of the last output.
  /// @return The same values, in the shape of the last input.
  /// @throws std::invalid_argument if dy has more or fewer values, or forward() was not called.
  [[nodiscard]] Tensor backward(Tensor dy) const;

  /// @return Nothing: flattening does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Shape input_;
};

}  // namespace nn
