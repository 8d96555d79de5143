/// @file
/// @brief Checks and small formulas that several modules share. `import nn;` does not export them.
module;

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>

export module nn.checks;

export import nn.tensor;

export namespace nn {

/// Checks an option that may be any finite number of 0 or more.
/// @param owner The class that has the option, for the error: `Adam`.
/// @param option The option's name, for the error.
/// @param value What was asked for.
/// @throws std::invalid_argument if it is negative, infinite or NaN.
void check_not_negative(std::string_view owner, std::string_view option, double value);

/// Checks an option that may be any finite number above 0.
/// @param owner The class that has the option, for the error.
/// @param option The option's name, for the error.
/// @param value What was asked for.
/// @throws std::invalid_argument if it is 0, negative, infinite or NaN.
void check_positive(std::string_view owner, std::string_view option, double value);

/// Checks an option that may be a number in [0, 1), such as a decay.
/// @param owner The class that has the option, for the error.
/// @param option The option's name, for the error.
/// @param value What was asked for.
/// @throws std::invalid_argument if it is outside, or NaN.
void check_below_one(std::string_view owner, std::string_view option, double value);

/// Throws the error for an option: `nn::Adam: beta1 is 1, expected at least 0 and below 1`.
/// @param owner The class that has the option, for the error.
/// @param option The option's name, for the error.
/// @param value What was asked for.
/// @param expected What was expected: `a finite number, 0 or more`.
/// @throws std::invalid_argument always.
[[noreturn]] void refuse_option(std::string_view owner, std::string_view option, double value,
                                std::string_view expected);

/// Checks the number of features of a layer.
/// @param layer Its name, for the error.
/// @param features What was asked for.
/// @return features.
/// @throws std::invalid_argument if it is 0.
std::size_t checked_features(std::string_view layer, std::size_t features);

/// Checks that a layer still has its weights: a layer that was moved from has none.
/// @param weights Its weights.
/// @param layer Its name, for the error; empty if the caller adds the name.
/// @throws std::invalid_argument if there are none.
void check_weights(const Tensor& weights, std::string_view layer = "");

/// Checks that a gradient can be ∂C/∂Y of a layer's last forward(); every backward() begins with
/// this check.
/// @param layer Its name, for the error.
/// @param dy The shape of the gradient given to backward().
/// @param output The shape of the last output; `Shape{}` if there was none.
/// @throws std::invalid_argument if the shapes differ, or forward() was not called.
void check_backward(std::string_view layer, const Shape& dy, const Shape& output);

/// Checks the lengths of the sequences of a batch.
/// @param layer Its name, for the error.
/// @param lengths One for each sequence; empty if there is no padding.
/// @param x Sequences, shape (B, T, …).
/// @throws std::invalid_argument if there is not one for each sequence, or one is larger than T.
void check_lengths(std::string_view layer, std::span<const std::size_t> lengths, const Tensor& x);

/// How many places of a sequence are in use.
/// @param lengths One for each sequence; empty if there is no padding.
/// @param sample The sequence's index.
/// @param places T, the number of all places.
[[nodiscard]] constexpr std::size_t length_of(std::span<const std::size_t> lengths,
                                              std::size_t sample, std::size_t places) {
  return lengths.empty() ? places : lengths[sample];
}

/// Sets the padded places of sequences to 0.
/// @param x Sequences, shape (B, T, D).
/// @param lengths One for each sequence; empty if there is no padding.
void clear_padding(Tensor& x, std::span<const std::size_t> lengths);

/// How many windows fit along one axis of an image: ⌊(length − window) / stride⌋ + 1.
/// @param length The length of the axis, at least that of the window.
/// @param window The length of the window.
/// @param stride Steps from one window to the next, at least 1.
[[nodiscard]] constexpr std::size_t count_windows(std::size_t length, std::size_t window,
                                                  std::size_t stride) {
  return (length - window) / stride + 1;
}

}  // namespace nn

namespace nn::detail {

/// Completes the message that output_shape() threw about a sample.
[[noreturn]] void refuse_sample(std::string_view layer, std::string_view error,
                                const Shape& sample);

}  // namespace nn::detail

export namespace nn {

/// The output shape of a layer, for a layer that checks its own input. The message that
/// output_shape() throws is half a sentence, `expects 784 columns`, because a Sequential adds what
/// the layer got; for a layer used on its own, this function adds it.
/// @param layer Any layer.
/// @param type Its type, for the error: `MaxPool`.
/// @param sample The shape of one sample of the input.
/// @return layer.output_shape(sample).
/// @throws std::invalid_argument if there are no samples or the layer cannot take them.
template <class L>
[[nodiscard]] Shape checked_output(const L& layer, std::string_view type, const Shape& sample) {
  try {
    if (sample.rank() != 0) return layer.output_shape(sample);
  } catch (const std::invalid_argument& error) {
    detail::refuse_sample(type, error.what(), sample);
  }
  detail::refuse_sample(type, "input is empty", sample);
}

}  // namespace nn
