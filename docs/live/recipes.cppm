/// @file
/// @brief Recipes: a network of the reader's choice, how it learns, and both as a program.
module;

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

export module live.recipes;

export import live;
export import nn.adam;
export import nn.backprop;
export import nn.batching;
export import nn.descent;
import nn.metrics;
export import nn.random;
export import nn.tensor;

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

/// Cost and accuracy of what a network was asked, batch by batch.
class Score {
 public:
  /// @param logits The network's answers.
  /// @param targets Numbers of classes.
  void add(const nn::Tensor& logits, const nn::Tensor& targets);
  /// Samples added.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// The mean over the samples.
  [[nodiscard]] double cost() const { return cost_ / static_cast<double>(size_); }
  /// The share that was right.
  [[nodiscard]] double accuracy() const { return accuracy_.value(); }

 private:
  std::size_t size_ = 0;
  double cost_ = 0;
  nn::Accuracy accuracy_;
};

/// One of the library's optimizers.
using Optimizer = std::variant<nn::GradientDescent, nn::Momentum, nn::RMSProp, nn::Adam, nn::AdamW>;

/// A network that learns by a recipe.
class Learner {
 public:
  /// @param network The learner's own.
  /// @param recipe Its optimizer is at work.
  Learner(nn::Sequential network, const Recipe& recipe);
  Learner(const Learner&) = delete;
  Learner& operator=(const Learner&) = delete;
  ~Learner() = default;

  /// One step. Returns what the network answered before it.
  /// @param batch Some samples.
  /// @param progress The share of the training that has passed.
  const nn::Tensor& learn(const nn::Dataset& batch, double progress);

  [[nodiscard]] const nn::Sequential& network() const { return network_; }
  /// What the network answered in the last step.
  [[nodiscard]] const nn::Tensor& outputs() const { return outputs_; }
  /// All parameters one after the other, and the gradients of the last step likewise.
  [[nodiscard]] Values values() const { return all(&nn::Parameter::value); }
  [[nodiscard]] Values gradients() const { return all(&nn::Parameter::gradient); }

 private:
  double rate_;
  bool rate_falls_;
  nn::Sequential network_;
  Optimizer optimizer_;
  std::vector<nn::Parameter*> parameters_;
  nn::Tensor outputs_;

  [[nodiscard]] Values all(nn::Tensor nn::Parameter::* part) const;
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
  /// Shows the last outputs, gradients and parameters: what a test compares.
  void show_learner(const Learner& learner);
};

/// `cost 0.1234`, and words where the steps were too long and it is no number any more.
[[nodiscard]] std::string cost_in_words(double cost);

/// 269,322 for 269322.
[[nodiscard]] std::string thousands(std::size_t number);

/// A number as C++ writes it: `0.002F`.
[[nodiscard]] std::string literal(double number);

/// A trainer that does what the figure does: `nn::Trainer trainer{…}; … trainer.fit(…);`
/// @param recipe What the reader has set.
/// @param sets What the sets are called in the program: to learn from, and held out.
[[nodiscard]] std::string training_code(const Recipe& recipe, std::string_view sets);

}  // namespace live
