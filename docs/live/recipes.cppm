/// @file
/// @brief Recipes: a network of the reader's choice, how it learns, and both as a program.
module;

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

export module live.recipes;

export import live;
export import nn.training;

export namespace live {

/// What a reader sets of a training. The words are those of the controls.
struct Recipe {
  std::vector<std::size_t> widths{};  ///< Of the hidden layers; a layer of width 0 is left out.
  std::string activation = "ReLU";
  std::string initializer = "He";
  std::string optimizer = "AdamW";
  double rate = 0.002;
  bool rate_falls = false;  ///< On a line to 0, which it reaches with the last step.
  double weight_decay = 0;
  double dropout = 0;
  std::size_t batch_size = 100;
  std::size_t epochs = 10;
  std::uint64_t seed = 1;
};

/// A network, built layer by layer, and the C++ that builds the same.
class Plan {
 public:
  /// @param recipe Says what stands between the layers.
  explicit Plan(const Recipe& recipe) : recipe_{recipe}, random_{recipe.seed} {}

  /// A dense layer in the midst of the network, with its activation and dropout.
  void hidden(std::size_t inputs, std::size_t outputs);
  /// A convolution, a pool behind it, and the activation.
  void convolution(std::size_t channels, std::size_t filters, std::size_t kernel);
  /// The last layer.
  void output(std::size_t inputs, std::size_t outputs);
  /// All of a multi-layer perceptron.
  void dense_layers(std::size_t inputs, std::size_t outputs);
  /// A layer without choices.
  /// @param code What makes it.
  template <class L>
  void add(L layer, std::string code) {
    network_.push(std::move(layer));
    line_.push_back(std::move(code));
  }
  /// Ends a line of the code.
  void end_line();

  [[nodiscard]] const nn::Sequential& network() const { return network_; }
  /// `nn::Sequential network{…};`
  [[nodiscard]] std::string code() const;

 private:
  void activation();
  void dropout();

  Recipe recipe_;
  nn::Random random_;
  nn::Sequential network_;
  std::vector<std::string> line_;
  std::vector<std::string> lines_;
};

/// A figure in which a network learns.
class LearningFigure : public Figure {
 protected:
  /// The controls of a recipe.
  /// @param start Their first values.
  /// @param most_epochs, widest Up to where the reader may go.
  [[nodiscard]] static std::vector<Control> recipe_controls(const Recipe& start,
                                                            std::size_t most_epochs,
                                                            std::size_t widest);
  /// What the reader has set.
  [[nodiscard]] Recipe recipe() const;

  /// Begins with a fresh network, and with a training of it unless the set is empty.
  /// @param plan Of the network.
  /// @param recipe How it learns.
  /// @param set What to learn from; must stay where it is.
  void begin_training(const Plan& plan, const Recipe& recipe, const nn::Dataset& set);

  /// Trains on the next batch of the epoch. If its cost is not finite, nn::Training ends and brings
  /// back an earlier network; the figure is to show what came of the steps, so every parameter
  /// becomes NaN, as it would in a loop that does not stop.
  /// @return Whether it did: not at the end of an epoch, nor once the training has diverged.
  bool step();

  [[nodiscard]] const nn::Sequential& network() const { return network_; }
  [[nodiscard]] nn::Training& training() { return *training_; }

  /// Shows the last outputs, gradients and parameters: what a test compares.
  void show_training();

 private:
  [[nodiscard]] Values all(nn::Tensor nn::Parameter::* part) const;

  nn::Sequential network_;
  std::optional<nn::Training> training_;
};

/// `cost 0.1234`, and words where the steps were too long and it is no number any more.
[[nodiscard]] std::string cost_in_words(double cost);

/// A number as C++ writes it: `0.002F`.
[[nodiscard]] std::string literal(double number);

/// A trainer that does what the figure does: `nn::Trainer trainer{…}; … trainer.fit(…);`
/// @param recipe What the reader has set.
/// @param sets What the sets are called in the program: to learn from, and held out.
[[nodiscard]] std::string training_code(const Recipe& recipe, std::string_view sets);

/// A line of a program that measures a set and prints cost and accuracy. It needs <cstdio>.
/// @param head What the program prints before them.
/// @param set What the set is called in the program.
[[nodiscard]] std::string evaluation_code(std::string_view head, std::string_view set);

}  // namespace live
