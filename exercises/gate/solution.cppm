/// @file
/// @brief Exercise 14.4: the weights of a GRU unit by hand.
module;

export module mine.gate;

import exercises.todo;
export import nn.recurrent;

export namespace mine {

using namespace nn;

/// The weights and biases of a GRU with two inputs, a number and a mark, and one unit. Without a
/// mark, the unit keeps its state; with one, its state becomes tanh of the number. The biases of
/// U, which a GRU has too, are 0.
class Unit {
 public:
  /// @return W, shape (2, 3): `Tensor{{…}, {…}}` with a row for the number and one for the mark;
  /// the
  ///   columns are those of r, z and n.
  static Tensor weight_input() {
    // [todo Unit::weight_input]
    return Tensor{{0, 0, 1}, {0, -20, 0}};
    // [/todo]
  }

  /// @return U, shape (1, 3): `Tensor{{…}}`, from the state to r, z and n.
  static Tensor weight_hidden() {
    // [todo Unit::weight_hidden]
    return Tensor{{0, 0, 0}};
    // [/todo]
  }

  /// @return b, shape (3), for r, z and n.
  static Tensor bias() {
    // [todo Unit::bias]
    return Tensor{0, 10, 0};
    // [/todo]
  }
};

}  // namespace mine
