/// @file
/// @brief Embedding: tokens as rows of learned numbers, and the positions of the tokens.
module;

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

export module nn.embedding;

export import nn.layer;
export import nn.tensor;

export namespace nn {

/// The options of nn::Embedding.
struct EmbeddingOptions {
  /// The token that fills short sequences up, if there is one. Its row is 0 and stays 0, and the
  /// attention layers after it do not look at places that it fills. @see Embedding::lengths
  std::optional<std::size_t> padding;
};

/// Turns every token into a row of a table of learned numbers: y(n, t) = w(x(n, t)). A token is a
/// whole number, the index of a character, a word or a part of a word in a list. Legend: B batch, T
/// places in a sequence, V tokens (the size of the vocabulary), D features.
///
/// It is a dense layer whose inputs are one-hot rows, without the multiplications by 0. Backward,
/// ∂C/∂w(v) = Σ ∂C/∂y(n, t) over all places where x(n, t) = v, so every place adds its gradient to
/// the row of its token (scatter-add), always in the same order. A token cannot change a little, so
/// ∂C/∂X is 0.
///
/// A batch has sequences of one length. Shorter ones are filled up at their end with a token that
/// is only for this, the padding. Its places need a mask in every attention layer. The mask follows
/// from the tokens, and this is the only layer of a network that sees them, so a network asks it
/// for the lengths() of the sequences and hands them to the layers after it, for as long as these
/// keep the places as they are. @see LengthsLayer
///
/// Source: Bengio, Ducharme, Vincent & Jauvin (2003), "A neural probabilistic language model".
class Embedding {
 public:
  /// The largest V. Float holds every whole number up to 2²⁴, but not every one above.
  static constexpr std::size_t max_tokens = std::size_t{1} << 24U;

  /// A layer whose table is zeros until you set it.
  /// @param tokens V, 1 to 2²⁴.
  /// @param features D, at least 1.
  /// @param options The padding.
  /// @throws std::invalid_argument if V or D is 0, V is too large, or the padding is not below V.
  Embedding(std::size_t tokens, std::size_t features, const EmbeddingOptions& options = {});

  /// A layer whose table an initializer fills; the row of the padding is 0.
  /// @param tokens V, 1 to 2²⁴.
  /// @param features D, at least 1.
  /// @param initializer Called with the table and `Fan{1, D}`, because only one of the V one-hot
  ///   inputs is not 0.
  /// @param options The padding.
  /// @throws std::invalid_argument if V or D is 0, V is too large, or the padding is not below V.
  template <Initializer F>
  Embedding(std::size_t tokens, std::size_t features, F&& initializer,
            const EmbeddingOptions& options = {})
      : Embedding{tokens, features, options} {
    initializer(table_.value, Fan{.in = 1, .out = features});
    clear_padding(table_.value);
  }

  /// V, the number of tokens.
  [[nodiscard]] std::size_t tokens() const { return table_.value.rows(); }
  /// D, the number of features.
  [[nodiscard]] std::size_t features() const { return table_.value.columns(); }
  /// The token that fills short sequences up; nothing if there is none.
  [[nodiscard]] std::optional<std::size_t> padding() const { return options_.padding; }
  /// w, shape (V, D): a row for each token.
  [[nodiscard]] const Tensor& table() const { return table_.value; }

  /// @return `Embedding 65→128`.
  [[nodiscard]] std::string name() const;

  /// @param sample (T), or `Shape{}`.
  /// @return (T, D), or `Shape{}` if T is unknown.
  /// @throws std::invalid_argument if the sample is not a row of tokens.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Tokens, shape (B, T), each a whole number below V.
  /// @return Their rows, shape (B, T, D).
  /// @throws std::invalid_argument if x has another shape or something that is not such a token.
  Tensor forward(const Tensor& x);

  /// The output; stores nothing for backward().
  /// @param x Tokens, shape (B, T), each a whole number below V.
  /// @return Their rows, shape (B, T, D).
  /// @throws std::invalid_argument if x has another shape or something that is not such a token.
  [[nodiscard]] Tensor predict(const Tensor& x) const;

  /// @param dy ∂C/∂Y, shape (B, T, D).
  /// @return 0, shape (B, T).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  Tensor backward(const Tensor& dy);

  /// The gradient of the table only.
  /// @param dy ∂C/∂Y, shape (B, T, D).
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  void backward_parameters(const Tensor& dy);

  /// The number of tokens in each sequence up to the last one that is not padding.
  /// @param x Tokens, shape (B, T).
  /// @return One length for each sequence; empty if the layer has no padding token.
  [[nodiscard]] Lengths lengths(const Tensor& x) const;

  /// @return The table, `weight` (V, D).
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&table_}; }

 private:
  void check_input(const Tensor& x) const;
  void clear_padding(Tensor& table) const;

  EmbeddingOptions options_;
  Parameter table_;
  Tensor input_;  // the tokens of the last forward()
};

/// Adds a learned row to every place of a sequence, so that the layers after it know where a place
/// is: y(n, t) = x(n, t) + p(t). Attention needs this, because it treats the places of a sequence
/// as a set: if they change places, so do its outputs, and nothing else changes. Legend: B batch, T
/// places in a sequence, D features, S the largest T.
///
/// Backward, ∂C/∂p(t) = Σₙ ∂C/∂y(n, t) and ∂C/∂X = ∂C/∂Y. Rows after the last place get no
/// gradient.
///
/// Source: Gehring, Auli, Grangier, Yarats & Dauphin (2017), "Convolutional sequence to sequence
/// learning".
class Positions {
 public:
  /// A layer whose rows are zeros until you set them.
  /// @param places S, at least 1.
  /// @param features D, at least 1.
  /// @throws std::invalid_argument if either is 0.
  Positions(std::size_t places, std::size_t features);

  /// A layer whose rows an initializer fills.
  /// @param places S, at least 1.
  /// @param features D, at least 1.
  /// @param initializer Called with the rows and `Fan{1, D}`.
  /// @throws std::invalid_argument if either is 0.
  template <Initializer F>
  Positions(std::size_t places, std::size_t features, F&& initializer)
      : Positions{places, features} {
    initializer(table_.value, Fan{.in = 1, .out = features});
  }

  /// S, the largest number of places.
  [[nodiscard]] std::size_t places() const { return table_.value.rows(); }
  /// D, the number of features.
  [[nodiscard]] std::size_t features() const { return table_.value.columns(); }
  /// p, shape (S, D): a row for each place.
  [[nodiscard]] const Tensor& table() const { return table_.value; }

  /// @return `Positions 64×128`.
  [[nodiscard]] std::string name() const;

  /// @param sample (T, D); (D) if T is not known yet; or `Shape{}`.
  /// @return The same.
  /// @throws std::invalid_argument if the sample is not a sequence with D features at every place,
  ///   or is too long.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Sequences, shape (B, T, D), T at most S.
  /// @return x + p, the same shape.
  /// @throws std::invalid_argument if x has another shape or is too long.
  Tensor forward(Tensor x);

  /// The output; stores nothing for backward().
  /// @param x Sequences, shape (B, T, D), T at most S.
  /// @return x + p, the same shape.
  /// @throws std::invalid_argument if x has another shape or is too long.
  [[nodiscard]] Tensor predict(Tensor x) const;

  /// The output at some places of longer sequences; stores nothing for backward().
  /// @param first The index of the first place.
  /// @param x The N places from there on, shape (B, N, D), with first + N ≤ S.
  /// @return x plus the rows of these places, the same shape.
  /// @throws std::invalid_argument if x has another shape or ends too late.
  [[nodiscard]] Tensor predict_from(std::size_t first, Tensor x) const;

  /// @param dy ∂C/∂Y, shape (B, T, D).
  /// @return dy.
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  Tensor backward(Tensor dy);

  /// @return The rows, `weight` (S, D).
  [[nodiscard]] std::vector<Parameter*> parameters() { return {&table_}; }

 private:
  Parameter table_;
  Shape output_;  // of the last forward()
};

/// Positions that are not learned: waves of different lengths, a pair of features for each length.
/// y(n, t) = x(n, t) + p(t) with p(t, 2i) = sin(t / 10000^(2i/D)) and p(t, 2i + 1) =
/// cos(t / 10000^(2i/D)). The pairs are like the hands of a clock: the first turns once in 2π
/// places, the last hardly moves, and the row of place t + k follows from the row of place t by a
/// rotation that is the same for all t. Legend: B batch, T places in a sequence, D features, S the
/// largest T, for which the rows are computed once.
///
/// Source: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin (2017),
/// "Attention is all you need", section 3.5.
class SinusoidalPositions {
 public:
  /// @param places S, at least 1.
  /// @param features D, at least 1. If it is odd, the last feature has no cosine.
  /// @throws std::invalid_argument if either is 0.
  SinusoidalPositions(std::size_t places, std::size_t features);

  /// S, the largest number of places.
  [[nodiscard]] std::size_t places() const { return table_.rows(); }
  /// D, the number of features.
  [[nodiscard]] std::size_t features() const { return table_.columns(); }
  /// p, shape (S, D): a row for each place.
  [[nodiscard]] const Tensor& table() const { return table_; }

  /// @return `SinusoidalPositions 64×128`.
  [[nodiscard]] std::string name() const;

  /// @param sample (T, D); (D) if T is not known yet; or `Shape{}`.
  /// @return The same.
  /// @throws std::invalid_argument if the sample is not a sequence with D features at every place,
  ///   or is too long.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Sequences, shape (B, T, D), T at most S.
  /// @return x + p, the same shape.
  /// @throws std::invalid_argument if x has another shape or is too long.
  Tensor forward(Tensor x);

  /// The output; stores nothing for backward().
  /// @param x Sequences, shape (B, T, D), T at most S.
  /// @return x + p, the same shape.
  /// @throws std::invalid_argument if x has another shape or is too long.
  [[nodiscard]] Tensor predict(Tensor x) const;

  /// The output at some places of longer sequences; stores nothing for backward().
  /// @param first The index of the first place.
  /// @param x The N places from there on, shape (B, N, D), with first + N ≤ S.
  /// @return x plus the rows of these places, the same shape.
  /// @throws std::invalid_argument if x has another shape or ends too late.
  [[nodiscard]] Tensor predict_from(std::size_t first, Tensor x) const;

  /// @param dy ∂C/∂Y, shape (B, T, D).
  /// @return dy.
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  [[nodiscard]] Tensor backward(Tensor dy) const;

  /// @return Nothing: the layer does not learn.
  [[nodiscard]] std::vector<Parameter*> parameters() { return {}; }

 private:
  Tensor table_;
  Shape output_;  // of the last forward()
};

}  // namespace nn
