/// @file
/// @brief Recurrent layers: they read a sequence step by step and keep a memory of it.
module;

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

export module nn.recurrent;

export import nn.layer;
export import nn.tensor;

namespace nn::detail {

/// One step of a recurrent layer for one sample; the three layers differ only in this. The names
/// are those of the formulas: a = x W + b, u = h′ U, h is the new state, c is what else is kept,
/// and `_before` marks those of the previous step. `__restrict` promises that no two rows overlap;
/// without it the compiler would not vectorize the loops.
struct Cell {
  const char* name;
  std::size_t gates;     ///< k.
  bool keeps;            ///< Whether the cell keeps a c.
  bool has_bias_hidden;  ///< Whether u has its own bias, so that ∂C/∂u differs from ∂C/∂a.

  /// Writes h and c, and overwrites a with the outputs of the gates.
  void (*forward)(std::size_t H, real* __restrict a, const real* __restrict u,
                  const real* __restrict h_before, const real* __restrict c_before,
                  real* __restrict h, real* __restrict c);

  /// Writes ∂C/∂a and ∂C/∂u (if it differs). dh and dc come in as ∂C/∂h and ∂C/∂c and go out as the
  /// gradients that pass on to h′ (without ∂C/∂u Uᵀ) and c′.
  void (*backward)(std::size_t H, const real* __restrict gates, const real* __restrict h_before,
                   const real* __restrict c_before, const real* __restrict c, real* __restrict dh,
                   real* __restrict dc, real* __restrict da, real* __restrict du);
};

// In recurrent_cells.cpp.
extern const Cell elman_cell;
extern const Cell gru_cell;
extern const Cell lstm_cell;

/// Everything that a pass through time computes. Row t B + n belongs to sample n at step t, except
/// in h and c: there the first B rows are the zeros before the first step, so row t B + n belongs
/// to step t − 1.
struct Trace {
  std::size_t batch = 0;  ///< B.
  std::size_t steps = 0;  ///< T; 0 before the first pass.
  Tensor x;               ///< Inputs, shape (T B, D).
  Tensor gates;           ///< Shape (T B, k H).
  Tensor h;               ///< Hidden states, shape ((T + 1) B, H).
  Tensor c;               ///< The memory c, in the same shape; empty if there is none.
  Lengths lengths;        ///< Of the sequences; empty if there is no padding.
};

}  // namespace nn::detail

export namespace nn {

/// The base class of the three recurrent layers. A recurrent layer reads a sequence one step at a
/// time; what it computes at step t, the hidden state h, is also an input of step t + 1. Legend: B
/// batch, T steps, D inputs per step, H outputs (hidden units), k blocks of H numbers: one for each
/// gate and one for the candidate.
///
/// At each step, x and the previous state h′ are multiplied by weights: a = x W + b and u = h′ U,
/// both k H numbers. How the new state follows from a and u depends on the layer; before the first
/// step, h′ = 0. One product computes x W for all steps; u is computed step by step.
///
/// Backward (backpropagation through time) goes from the last step to the first. ∂C/∂h of a step is
/// a sum: the gradient of its output, ∂C/∂u Uᵀ of the next step, and what the gates of the next
/// step pass on directly. All steps use the same weights, so their gradients are sums over the
/// steps: ∂C/∂W = Σ xᵀ ∂C/∂a, ∂C/∂U = Σ h′ᵀ ∂C/∂u, ∂C/∂b = Σ ∂C/∂a; and
/// ∂C/∂x = ∂C/∂a Wᵀ.
///
/// Sequences of different lengths are filled up at their end (padding), and the layer takes the
/// length of each as an argument. A sequence that has ended keeps its state, so the last state is
/// the one at its own end; the padded places of the output are 0, and their gradients are ignored.
/// The input must be finite there. @see Lengths
///
/// Source: Werbos (1990), "Backpropagation through time: what it does and how to do it".
class Recurrence {
 public:
  struct Options {
    bool sequence = false;  ///< Whether the output is every hidden state, not only the last.
  };

  /// D, the number of inputs per step.
  [[nodiscard]] std::size_t inputs() const { return weight_input_.value.rows(); }
  /// H, the number of outputs (hidden units).
  [[nodiscard]] std::size_t outputs() const { return weight_hidden_.value.rows(); }
  /// Whether the output is every hidden state, not only the last.
  [[nodiscard]] bool is_sequence() const { return options_.sequence; }

  /// W, shape (D, k H).
  [[nodiscard]] const Tensor& weight_input() const { return weight_input_.value; }
  /// U, shape (H, k H).
  [[nodiscard]] const Tensor& weight_hidden() const { return weight_hidden_.value; }
  /// b, shape (k H).
  [[nodiscard]] const Tensor& bias() const { return bias_.value; }
  /// b_u, shape (k H), in a GRU; empty in the other layers.
  [[nodiscard]] const Tensor& bias_hidden() const { return bias_hidden_.value; }

  /// @return `LSTM 28→128`, or `LSTM 28→128 sequence`.
  [[nodiscard]] std::string name() const;

  /// @param sample (T, D); (D) if T is not known yet; or `Shape{}`.
  /// @return (H); with the sequence option (T, H), or `Shape{}` if T is unknown.
  /// @throws std::invalid_argument if the sample is not a sequence of D inputs.
  [[nodiscard]] Shape output_shape(const Shape& sample) const;

  /// @param x Sequences, shape (B, T, D).
  /// @param lengths The length of each sequence, at most T; empty if there is no padding.
  /// @return The last hidden states, shape (B, H); or all, shape (B, T, H), 0 at padded places.
  /// @throws std::invalid_argument if x has another shape, or the lengths do not fit it.
  Tensor forward(const Tensor& x, const Lengths& lengths = {});

  /// The output; stores nothing for backward().
  /// @param x Sequences, shape (B, T, D).
  /// @param lengths The length of each sequence, at most T; empty if there is no padding.
  /// @return The last hidden states, shape (B, H); or all, shape (B, T, H), 0 at padded places.
  /// @throws std::invalid_argument if x has another shape, or the lengths do not fit it.
  [[nodiscard]] Tensor predict(const Tensor& x, const Lengths& lengths = {}) const;

  /// @param dy ∂C/∂Y, shaped like the last output.
  /// @return ∂C/∂X, shape (B, T, D); 0 at padded places.
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  Tensor backward(const Tensor& dy);

  /// The gradients of the parameters only.
  /// @param dy ∂C/∂Y, shaped like the last output.
  /// @throws std::invalid_argument if dy does not have the shape of the last output, or there was
  ///   none.
  void backward_parameters(const Tensor& dy);

  /// @return `weight_input` W (D, k H), `weight_hidden` U (H, k H), `bias` b (k H), and a GRU's
  ///   `bias_hidden` b_u (k H).
  [[nodiscard]] std::vector<Parameter*> parameters();

 protected:
  Recurrence(const detail::Cell& cell, std::size_t inputs, std::size_t outputs,
             const Options& options);

  /// Fills W and U. In each of the k blocks, a unit has D inputs and H hidden states, so each block
  /// is filled like a separate layer.
  template <Initializer F>
  void initialize(F& initializer) {
    initializer(weight_input_.value, Fan{.in = inputs(), .out = outputs()});
    initializer(weight_hidden_.value, Fan{.in = outputs(), .out = outputs()});
  }

  /// Sets the biases of one block.
  void set_bias(std::size_t block, real value);

 private:
  void check_input(const Tensor& x, const Lengths& lengths) const;
  [[nodiscard]] Shape batch_shape(const detail::Trace& trace) const;
  [[nodiscard]] detail::Trace run(const Tensor& x, const Lengths& lengths) const;
  [[nodiscard]] Tensor output(const detail::Trace& trace) const;
  [[nodiscard]] Tensor run_back(const Tensor& dy);
  void step_back(std::size_t t, Tensor& dh, Tensor& dc, Tensor& da, Tensor& du) const;

  const detail::Cell* cell_;
  Options options_;
  Parameter weight_input_;
  Parameter weight_hidden_;
  Parameter bias_;
  Parameter bias_hidden_;  // empty where the cell has none
  detail::Trace trace_;    // of the last forward()
};

/// The simple recurrent layer (Elman network, vanilla RNN): h = tanh(x W + b + h′ U), where h′ is
/// the previous state.
/// Legend: D inputs, H outputs; W (D, H), U (H, H), b (H).
///
/// Source: Elman (1990), "Finding structure in time".
class Recurrent : public Recurrence {
 public:
  /// A layer whose weights and biases are zeros until you set them.
  /// @param inputs D, at least 1.
  /// @param outputs H, at least 1.
  /// @param options Whether the output is every state or only the last.
  /// @throws std::invalid_argument if either is 0.
  Recurrent(std::size_t inputs, std::size_t outputs, const Options& options = {})
      : Recurrence{detail::elman_cell, inputs, outputs, options} {}

  /// A layer whose weights an initializer fills; biases are zeros.
  /// @param inputs D, at least 1.
  /// @param outputs H, at least 1.
  /// @param initializer Called with W and `Fan{D, H}`, then with U and `Fan{H, H}`.
  /// @param options Whether the output is every state or only the last.
  /// @throws std::invalid_argument if either is 0.
  template <Initializer F>
  Recurrent(std::size_t inputs, std::size_t outputs, F&& initializer, const Options& options = {})
      : Recurrent{inputs, outputs, options} {
    initialize(initializer);
  }
};

/// The gated recurrent unit: gates in (0, 1) decide how much of the state is replaced. With a = x W
/// + b and u = h′ U + b_u, σ the sigmoid function and ⊙ the elementwise product:
///
/// - reset r = σ(a_r + u_r)
/// - update z = σ(a_z + u_z)
/// - candidate n = tanh(a_n + r ⊙ u_n)
/// - state h = (1 − z) ⊙ n + z ⊙ h′
///
/// Legend: D inputs, H outputs; W (D, 3 H), U (H, 3 H), b and b_u (3 H); the columns are those of
/// r, then z, then n. The reset is applied after the product h′ U, so that a single product gives
/// u. The order of the blocks and the biases are those of PyTorch and cuDNN. (In the paper, the
/// reset comes before the product, and z and 1 − z are swapped.)
///
/// Source: Cho, van Merriënboer, Gulcehre, Bahdanau, Bougares, Schwenk & Bengio (2014), "Learning
/// phrase representations using RNN encoder-decoder for statistical machine translation".
class GRU : public Recurrence {
 public:
  /// A layer whose weights and biases are zeros until you set them.
  /// @param inputs D, at least 1.
  /// @param outputs H, at least 1.
  /// @param options Whether the output is every state or only the last.
  /// @throws std::invalid_argument if either is 0.
  GRU(std::size_t inputs, std::size_t outputs, const Options& options = {})
      : Recurrence{detail::gru_cell, inputs, outputs, options} {}

  /// A layer whose weights an initializer fills; biases are zeros.
  /// @param inputs D, at least 1.
  /// @param outputs H, at least 1.
  /// @param initializer Called with W and `Fan{D, H}`, then with U and `Fan{H, H}`.
  /// @param options Whether the output is every state or only the last.
  /// @throws std::invalid_argument if either is 0.
  template <Initializer F>
  GRU(std::size_t inputs, std::size_t outputs, F&& initializer, const Options& options = {})
      : GRU{inputs, outputs, options} {
    initialize(initializer);
  }
};

/// Long short-term memory: besides the state h there is a memory c (the cell state). The layer adds
/// to c and does not multiply it by weights, so a gradient need not vanish on its way along c. With
/// a = x W + b and u = h′ U, σ the sigmoid function, ⊙ the elementwise product, h′ and c′ those of
/// the previous step:
///
/// - input i = σ(a_i + u_i)
/// - forget f = σ(a_f + u_f)
/// - candidate g = tanh(a_g + u_g)
/// - output o = σ(a_o + u_o)
/// - memory c = f ⊙ c′ + i ⊙ g
/// - state h = o ⊙ tanh(c)
///
/// Legend: D inputs, H outputs; W (D, 4 H), U (H, 4 H), b (4 H); the columns are those of i, then
/// f, g and o, PyTorch's order. (PyTorch has a second bias; b is the sum of the two.)
///
/// The bias of the forget gate starts at 1, so that an untrained layer already remembers.
///
/// Source: Hochreiter & Schmidhuber (1997), "Long short-term memory"; the forget gate is from Gers,
/// Schmidhuber & Cummins (2000), "Learning to forget"; its bias from Jozefowicz, Zaremba &
/// Sutskever (2015), "An empirical exploration of recurrent network architectures".
class LSTM : public Recurrence {
 public:
  /// A layer whose weights and biases are zeros until you set them, except that the biases of the
  /// forget gate are 1.
  /// @param inputs D, at least 1.
  /// @param outputs H, at least 1.
  /// @param options Whether the output is every state or only the last.
  /// @throws std::invalid_argument if either is 0.
  LSTM(std::size_t inputs, std::size_t outputs, const Options& options = {})
      : Recurrence{detail::lstm_cell, inputs, outputs, options} {
    set_bias(1, real{1});  // of f
  }

  /// A layer whose weights an initializer fills; biases are zeros, those of the forget gate 1.
  /// @param inputs D, at least 1.
  /// @param outputs H, at least 1.
  /// @param initializer Called with W and `Fan{D, H}`, then with U and `Fan{H, H}`.
  /// @param options Whether the output is every state or only the last.
  /// @throws std::invalid_argument if either is 0.
  template <Initializer F>
  LSTM(std::size_t inputs, std::size_t outputs, F&& initializer, const Options& options = {})
      : LSTM{inputs, outputs, options} {
    initialize(initializer);
  }
};

}  // namespace nn
