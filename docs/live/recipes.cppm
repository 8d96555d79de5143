/// @file
/// @brief Recipes: a network that the reader chooses, how it learns, and both as a program.
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

/// The reader's settings for training. The words are those of the controls.
struct Recipe {
  std::vector<std::size_t> widths{};  ///< Of the hidden layers; 0 means no layer.
  std::string activation = "ReLU";
  std::string initializer = "He";
  std::string optimizer = "AdamW";
  double rate = 0.002;
  bool rate_falls = false;  ///< Whether it decays linearly to 0 until the last step.
  double weight_decay = 0;
  double dropout = 0;
  std::size_t batch_size = 100;
  std::size_t epochs = 10;
  std::uint64_t seed = 1;
};

/// A network, built layer by layer, and the C++ that builds the same.
class Plan {
 public:
  /// @param recipe Says what comes between the layers.
  explicit Plan(const Recipe& recipe) : recipe_{recipe}, random_{recipe.seed} {}

  /// A hidden dense layer with its activation and dropout.
  void hidden(std::size_t inputs, std::size_t outputs);
  /// A convolution, a pooling layer after it, and the activation.
  void convolution(std::size_t channels, std::size_t filters, std::size_t kernel);
  /// The last layer.
  void output(std::size_t inputs, std::size_t outputs);
  /// All of a multi-layer perceptron.
  void dense_layers(std::size_t inputs, std::size_t outputs);
  /// A layer that the reader cannot choose.
  /// @param code The C++ that makes it.
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
  /// @param most_epochs, widest The largest values that the reader can choose.
  [[nodiscard]] static std::vector<Control> recipe_controls(const Recipe& start,
                                                            std::size_t most_epochs,
                                                            std::size_t widest);
  /// The reader's settings.
  [[nodiscard]] Recipe recipe() const;

  /// Starts with a new network and, unless the set is empty, with training it.
  /// @param plan Of the network.
  /// @param recipe How it learns.
  /// @param set The training set; must not be moved.
  void begin_training(const Plan& plan, const Recipe& recipe, const nn::Dataset& set);

  /// Trains on the next batch of the epoch. If its cost is not finite, nn::Training ends and
  /// restores an earlier network; but the figure should show the result of the steps, so every
  /// parameter becomes NaN, as in a training loop that does not stop.
  /// @return Whether it did; false at the end of an epoch, and once training has diverged.
  bool step();

  [[nodiscard]] const nn::Sequential& network() const { return network_; }
  [[nodiscard]] nn::Training& training() { return *training_; }

  /// Shows the last outputs, gradients and parameters, which a test compares.
  void show_training();

 private:
  [[nodiscard]] Values all(nn::Tensor nn::Parameter::* part) const;

  nn::Sequential network_;
  std::optional<nn::Training> training_;
};

/// `cost 0.1234`, or words if the steps were too long and it is no longer a number.
[[nodiscard]] std::string cost_in_words(double cost);

/// A number as C++ writes it: `0.002F`.
[[nodiscard]] std::string literal(double number);

/// A trainer that does what the figure does: `nn::Trainer trainer{…}; … trainer.fit(…);`
/// @param recipe The reader's settings.
/// @param sets The names in the program of the training set and the held-out set.
[[nodiscard]] std::string training_code(const Recipe& recipe, std::string_view sets);

/// A line of a program that measures a set and prints cost and accuracy. It needs <cstdio>.
/// @param head What the program prints before them.
/// @param set The set's name in the program.
[[nodiscard]] std::string evaluation_code(std::string_view head, std::string_view set);

}  // namespace live
