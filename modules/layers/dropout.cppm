/// @file
/// @brief Dropout: training sets random values to 0, so that no neuron can rely on another.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

export module nn.dropout;

import nn.checks;
export import nn.images;
export import nn.layer;
import nn.parallel;
export import nn.random;
export import nn.tensor;

export namespace nn {

/// Inverted dropout. In training, each value is set to 0 with probability p, the rate, and the rest
/// is scaled so that the mean stays the same: y = x m / (1 − p), where the mask m is 0 with
/// probability p and otherwise 1. Backward uses the same m: ∂C/∂x = ∂C/∂y m / (1 − p). In inference
/// nothing is dropped: predict() returns x.
///
/// The masks depend only on the generator and the number of forward passes, not on the number of
/// threads or on how images are stored.
///
/// Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), "Dropout: a simple way
/// to prevent neural networks from overfitting".
class Dropout {
 public:
  /// @param rate p, the fraction of values to drop, in [0, 1); rounded down to a multiple of
  ///   1/65,536.
  /// @param random Determines the masks; one number is drawn from it now.
  /// @throws std::invalid_argument if the rate is not in [0, 1).
  Dropout(double rate, Random& random) : rate_{rate}, random_{random.stream(random())} {
    check_below_one("Dropout", "rate", rate);
  }

  /// p, the fraction of values to drop.
  [[nodiscard]] double rate() const { return rate_; }

  /// @return `Dropout 0.5`.
  [[nodiscard]] std::string name() const { return fmt::format("Dropout {}", rate_); }

  /// @param sample Any shape.
  /// @return The same.
  [[nodiscard]] Shape output_shape(const Shape& sample) const { return sample; }

  // [forward]
  /// @param x Input, any shape.
  /// @return x m / (1 − p), the same shape; every call draws a new m.
  Tensor forward(Tensor x) {
    mask_ = next_mask(x.shape());
    return scaled(std::move(x));
  }

  /// @param x Input, any shape.
  /// @return x.
  [[nodiscard]] Tensor predict(Tensor x) const { return x; }
  // [/forward]

  /// @param dy ∂C/∂Y, the shape of the last output.
  /// @return ∂C/∂X, the same shape.
  /// @throws std::invalid_argument if the shape differs, or forward() was not called.
  [[nodiscard]] Tensor backward(Tensor dy) const {
    check_backward("Dropout", dy.shape(), mask_.shape());
    return scaled(std::move(dy));
  }

  /// The same for interleaved images.
  InterleavedImages forward(InterleavedImages x) {
    mask_ = std::move(InterleavedImages{next_mask(x.shape())}.values());
    x.values() = scaled(std::move(x.values()));
    return x;
  }
  /// The same for interleaved images.
  [[nodiscard]] InterleavedImages predict(InterleavedImages x) const { return x; }
  /// The same for interleaved images.
  [[nodiscard]] InterleavedImages backward(InterleavedImages dy) const {
    dy.values() = backward(std::move(dy.values()));
    return dy;
  }

  /// @return Nothing: dropout does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

  /// @return What determines the next masks: the generator, and the number of passes so far.
  [[nodiscard]] std::vector<State> state() {
    return {counter_state("passes", passes_),
            {.name = "random", .value = std::span<std::uint64_t>{random_.words()}}};
  }

 private:
  // [mask]
  /// m / (1 − p) for every value. 64 random bits make four masks, 16 bits each.
  [[nodiscard]] Tensor next_mask(const Shape& shape) {
    constexpr std::size_t numbers = 4;
    constexpr double outcomes = 1U << 16U;
    const auto out_below = static_cast<std::uint16_t>(rate_ * outcomes);
    const auto kept = static_cast<real>(outcomes / (outcomes - static_cast<double>(out_below)));
    const Random random = random_.stream(passes_++);
    Tensor mask = Tensor::uninitialized(shape);
    constexpr std::size_t together = 256;  // 64-bit numbers
    const auto draw = [=, m = mask.values()](std::size_t round) {
      std::array<std::uint64_t, together> drawn;
      random.fill(round * together, drawn);
      const auto shares = std::bit_cast<std::array<std::uint16_t, together * numbers>>(drawn);
      const std::size_t first = round * shares.size();
      const std::size_t count = std::min(shares.size(), m.size() - first);
      for (std::size_t i = 0; i < count; ++i) m[first + i] = shares[i] < out_below ? 0 : kept;
    };
    parallel_for((mask.size() - 1) / (together * numbers) + 1, draw);
    return mask;
  }
  // [/mask]

  /// Multiplies by the mask, elementwise.
  [[nodiscard]] Tensor scaled(Tensor x) const {
    parallel_parts(x.size(),
                   [values = x.data(), m = mask_.data()](std::size_t begin, std::size_t end) {
                     for (std::size_t i = begin; i < end; ++i) values[i] *= m[i];
                   });
    return x;
  }

  double rate_;
  Random random_;
  std::uint64_t passes_ = 0;
  Tensor mask_;  // in the order in which the values of the last output are stored
};

}  // namespace nn
