/// @file
/// @brief Attention: every place of a sequence gets a weighted mean of what all places offer.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module nn.attention;

export import nn.layer;
export import nn.tensor;

export namespace nn {

/// The options of nn::Attention.
struct AttentionOptions {
  /// H, the number of heads. It divides the number of features.
  std::size_t heads = 1;
  /// Whether a place sees only itself and the places before it, not those after it. A network that
  /// predicts the next token needs this, because otherwise it could copy the answer.
  bool causal = false;
};

/// Multi-head scaled dot-product self-attention. Legend: B batch, T places in a sequence, D
/// features, H heads, d = D / H features of a head.
///
/// Three dense layers turn every place x into a query q = x W_q + b_q, a key k = x W_k + b_k and a
/// value v = x W_v + b_v, each with D numbers, which are split among the heads: the first d numbers
/// belong to the first head, and so on. In a head, place i looks at place j with the score s(i, j)
/// = qᵢ · kⱼ / √d. Softmax turns the scores of a place into weights that are positive and sum to 1,
/// p(i, j) = e^s(i, j) / Σₘ e^s(i, m), and the head's output is the mean of the values with these
/// weights, oᵢ = Σⱼ p(i, j) vⱼ. Dividing by √d keeps the variance of the scores the same for heads
/// of any size. The outputs of all heads, side by side, are the context c, and the layer's output
/// is y = c W_o + b_o.
///
/// Backward, in every head: ∂C/∂vⱼ = Σᵢ p(i, j) ∂C/∂oᵢ; ∂C/∂p(i, j) = ∂C/∂oᵢ · vⱼ; through softmax,
/// g(i, j) = p(i, j) (∂C/∂p(i, j) − Σₘ p(i, m) ∂C/∂p(i, m)) / √d; ∂C/∂qᵢ = Σⱼ g(i, j) kⱼ; and
/// ∂C/∂kⱼ = Σᵢ g(i, j) qᵢ. The four dense layers act on the last axis.
///
/// Masks. Where place i must not look, p(i, j) is 0, and no gradient passes. A causal mask hides
/// all j > i. A padding mask hides the places after the end of a sequence: forward() and predict()
/// take the length of every sequence, as an argument and not as a setting of the layer, because a
/// network predicts the parts of a batch on several threads. The padded places of the output are 0,
/// and their gradients are ignored, so that they change no parameter; the input must be finite
/// there. In a network, the lengths come from the layer that reads the tokens and knows which one
/// is padding. @see Embedding
///
/// Memory. The T² weights of all heads would be B H T² numbers, which is much more than everything
/// else if sequences are long. Instead, queries are worked on in blocks of 64 rows, and backward()
/// computes the weights again, which is one of its five matrix products for each head. Between the
/// passes, the layer keeps x, the queries, keys and values, and the context: 5 B T D numbers. While
/// backward() runs, there are their gradients as well, 4 B T D. A block of weights has 64 T numbers
/// on every thread, and in backward() a second one is needed for their gradients. All this grows
/// linearly with T. The time still grows with T²; a causal mask halves it.
///
/// The weights have PyTorch's layout (torch.nn.MultiheadAttention with batch_first): `weight_in` is
/// W_q, W_k and W_v side by side, in files `in_proj_weight`, and `bias_in` is b_q, b_k and b_v, in
/// files `in_proj_bias`; `weight_out` and `bias_out` are called `out_proj.weight` and
/// `out_proj.bias` there.
///
/// Source: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin (2017),
/// "Attention is all you need". The blocks: Dao, Fu, Ermon, Rudra & Ré (2022), "FlashAttention:
/// fast and memory-efficient exact attention with IO-awareness"; unlike there, a block has all the
/// keys that its queries see, so that no sum needs to be corrected later.
class Attention {
 public:
  /// A layer whose weights and biases are zeros until you set them.
  /// @param features D, at least 1.
  /// @param options The number of heads, and the causal mask.
  /// @throws std::invalid_argument if there are no features or no heads, or the heads do not divide
  ///   the features.
  explicit Attention(std::size_t features, const AttentionOptions& options = {});

  /// A layer whose weights an initializer fills; biases are zeros.
  /// @param features D, at least 1.
  /// @param initializer Called with W_q, W_k and W_v together and with W_o, both times with
  ///   `Fan{D, D}`.
  /// @param options The number of heads, and the causal mask.
  /// @throws std::invalid_argument if there are no features or no heads, or the heads do not divide
  ///   the features.
  template <Initializer F>
  Attention(std::size_t features, F&& initializer, const AttentionOptions& options = {})
      : Attention{features, options} {
    initializer(weight_in_.value, Fan{.in = features, .out = features});
    initializer(weight_out_.value, Fan{.in = features, .out = features});
  }

  /// D, the number of features at every place.
  [[nodiscard]] std::size_t features() const { return weight_out_.value.rows(); }
  /// H, the number of heads.
  [[nodiscard]] std::size_t heads() const { return options_.heads; }
  /// Whether a place sees only itself and the places before it.
  [[nodiscard]] bool is_causal() const { return options_.causal; }

  /// W_q, W_k and W_v side by side, shape (D, 3 D).
  [[nodiscard]] const Tensor& weight_in() const { return weight_in_.value; }
  /// b_q, b_k and b_v, shape (3 D).
  [[nodiscard]] const Tensor& bias_in() const { return bias_in_.value; }
  /// W_o, shape (D, D).
  [[nodiscard]] const Tensor& weight_out() const { return weight_out_.value; }
  /// b_o, shape (D).
  [[nodiscard]] const Tensor& bias_out() const { return bias_out_.value; }

  /// @return `Attention 128, 4 heads`, or `Attention 128, 4 heads, causal`.
  [[nodiscard]] std::string name() const;

  /// @param sample (T, D); (D) if T is not known yet; or `Shape{}`.
  /// @return The same.
  /// @throws std::invalid_argument if the sample is not a sequence with D features at every place.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Sequences, shape (B, T, D).
  /// @param lengths The length of each sequence, at most T; empty if there is no padding.
  /// @return Shape (B, T, D); 0 at padded places.
  /// @throws std::invalid_argument if x has another shape, or the lengths do not fit it.
  Tensor forward(Tensor x, const Lengths& lengths = {});

  /// The output; stores nothing for backward().
  /// @param x Sequences, shape (B, T, D).
  /// @param lengths The length of each sequence, at most T; empty if there is no padding.
  /// @return Shape (B, T, D); 0 at padded places.
  /// @throws std::invalid_argument if x has another shape, or the lengths do not fit it.
  [[nodiscard]] Tensor predict(const Tensor& x, const Lengths& lengths = {}) const;

  /// The output at further places of sequences whose first places were predicted before. Only the
  /// new places are computed; of those before them, the keys and values are enough, because a
  /// causal mask keeps later places from changing them. Costs N first D multiplications for the
  /// scores and as many for the means, besides the four dense layers. @see KeyValueCache
  /// @param first The index of the first new place, which is how many places were predicted.
  /// @param x The N new places, shape (B, N, D).
  /// @param keys_values Keys and values side by side, shape (B, S, 2 D), with first + N ≤ S. Those
  ///   of the places before `first` are read, those of the new places are written.
  /// @return Shape (B, N, D): what predict() would return for these places of the whole sequences.
  /// @throws std::invalid_argument if the layer has no causal mask, or a shape does not fit.
  [[nodiscard]] Tensor predict_from(std::size_t first, const Tensor& x, Tensor& keys_values) const;

  /// @param dy ∂C/∂Y, shape (B, T, D).
  /// @return ∂C/∂X, shape (B, T, D); 0 at padded places.
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  Tensor backward(Tensor dy);

  /// The gradients of the parameters only.
  /// @param dy ∂C/∂Y, shape (B, T, D).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  void backward_parameters(Tensor dy) { static_cast<void>(run_back(std::move(dy))); }

  /// The attention weights of the last forward(), which is where each place looked. They are
  /// computed again for this call.
  /// @return p, shape (B, H, T, T): for each sample and head, a row for each place that looks.
  ///   Every row sums to 1; those of padded places are 0.
  /// @throws std::invalid_argument if forward() was not called.
  [[nodiscard]] Tensor attention_weights() const;

  /// @return `weight_in` W_q, W_k, W_v (D, 3 D), `bias_in` (3 D), `weight_out` W_o (D, D), and
  ///   `bias_out` (D).
  [[nodiscard]] std::vector<Parameter*> parameters() {
    return {&weight_in_, &bias_in_, &weight_out_, &bias_out_};
  }

 private:
  void check_input(const Tensor& x, const Lengths& lengths) const;
  void check_stored(std::size_t first, const Shape& x, const Shape& stored) const;
  [[nodiscard]] Tensor project(const Tensor& x) const;
  [[nodiscard]] Tensor attend(const Tensor& qkv, const Lengths& lengths) const;
  [[nodiscard]] Tensor attend_back(const Tensor& dcontext) const;
  [[nodiscard]] Tensor output(const Tensor& context, const Lengths& lengths) const;
  [[nodiscard]] Tensor run_back(Tensor dy);

  AttentionOptions options_;
  Parameter weight_in_;
  Parameter bias_in_;
  Parameter weight_out_;
  Parameter bias_out_;
  // Of the last forward():
  Tensor input_;    // shape (B, T, D)
  Tensor qkv_;      // queries, keys and values, shape (B, T, 3 D)
  Tensor context_;  // shape (B, T, D)
  Lengths lengths_;
};

}  // namespace nn
