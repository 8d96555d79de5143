/// @file
/// @brief The key-value cache: continues a sequence without computing its earlier places again.
module;

#include <cstddef>
#include <string>
#include <vector>

export module nn.key_value_cache;

export import nn.backprop;

export namespace nn {

/// Predicts sequences place by place, as a network that writes text does: each token that it
/// chooses is the next input. Legend: B sequences, T places so far, S the largest T, D features of
/// an attention layer, L attention layers.
///
/// Under a causal mask, a place never changes once it is computed, because it does not see the
/// places after it. All that a later place t needs from the earlier ones are their keys and values,
/// in every attention layer: oₜ = Σⱼ p(t, j) vⱼ over all j ≤ t, where p(t, j) comes from qₜ · kⱼ /
/// √d. So the cache keeps kⱼ and vⱼ of every place, and computes the rest for the new places only.
///
/// An attention layer then needs 2 T D multiplications for scores and means at the next place, and
/// its dense layers 4 D². Predicting all T places again would cost T² D (half of 2 T² D is masked)
/// and 4 T D². The memory is 2 S D numbers for each sequence in each attention layer:
/// 2 L B S D in all.
///
/// The outputs are the same, to the last bit, as those of predict() for the whole sequence, because
/// nn::matmul adds up every sum in the same order however many rows it has.
///
/// Source: Shazeer (2019), "Fast transformer decoding: one write-head is all you need", section
/// 2.4, which describes this incremental form of attention before it improves it.
class KeyValueCache {
 public:
  /// An empty cache.
  /// @param network Its layers act on every place separately, but for attention layers with a
  ///   causal mask: Attention, Embedding, Positions, SinusoidalPositions, Dense, LayerNorm,
  ///   Dropout, the elementwise activations, and Residual and Sequential with such layers inside.
  ///   The cache refers to the network, which must exist longer and must not change.
  /// @param capacity S, the largest number of places, at least 1.
  /// @param sequences B, how many sequences are continued together, at least 1.
  /// @throws std::invalid_argument if capacity or sequences is 0, a layer needs more than the
  ///   current place, an attention layer has no causal mask, or the network has positions for fewer
  ///   than S places.
  explicit KeyValueCache(const Sequential& network, std::size_t capacity,
                         std::size_t sequences = 1);

  /// The output at the next places; stores their keys and values.
  /// @param x The next N places of each sequence, shape (B, N, …) as the network takes them: tokens
  ///   (B, N) for a network that begins with nn::Embedding.
  /// @return The network's output at these places, shape (B, N, …).
  /// @throws std::invalid_argument if the shape does not fit, fewer than N places are left, or a
  ///   sequence has padding.
  [[nodiscard]] Tensor predict(Tensor x);

  /// Forgets all places, so that the next one is the first.
  void clear() { places_ = 0; }

  /// T, how many places were predicted since the last clear().
  [[nodiscard]] std::size_t places() const { return places_; }
  /// S, the largest number of places.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  /// B, how many sequences are continued together.
  [[nodiscard]] std::size_t sequences() const { return sequences_; }

 private:
  void add_layers(const Sequential& network, const std::string& prefix);
  void add_layer(const AnyLayer& layer, const std::string& place);
  void check_input(const Tensor& x) const;
  [[nodiscard]] Tensor run(const Sequential& network, Tensor x, std::size_t& next);
  [[nodiscard]] Tensor run_layer(const AnyLayer& layer, Tensor x, std::size_t& next);

  const Sequential* network_;
  std::size_t capacity_;
  std::size_t sequences_;
  std::size_t places_ = 0;
  std::vector<Tensor> keys_values_;  // of every attention layer, first to last: shape (B, S, 2 D)
};

}  // namespace nn
