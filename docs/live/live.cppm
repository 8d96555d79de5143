/// @file
/// @brief Interactive figures for pages: settings go in, numbers and texts come out.
module;

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

export module live;

export import nn.tensor;

export namespace live {

/// A setting that a reader can change. The page makes an input element for it.
struct Control {
  std::string name;           ///< In the address and in the code; letters, digits, `_`.
  std::string label;          ///< Next to the input.
  std::string help;           ///< One sentence: what it does.
  std::vector<double> start;  ///< The initial values: one, or as many as a grid has.
  double low = 0;             ///< The smallest value allowed.
  double high = 1;            ///< The largest value allowed.
  double step = 0;            ///< The step of the input; 0: any number in between.
  /// If not empty, the reader chooses one of these words, and the value is its index.
  std::vector<std::string> choices{};
  std::size_t columns = 0;  ///< If above 0: a grid of numbers with this many columns.
  bool free = false;        ///< The page makes its own input; any number of values is allowed.
  bool restarts = true;     ///< Whether a new value restarts the figure, from step 0.
  bool shared = true;       ///< Whether its values are kept in the address.
  bool more = false;        ///< Whether the page folds it away at first.
};

/// A control that is on or off.
/// @param name Of the control.
/// @param label Next to the input.
/// @param help What it does.
/// @param on Whether it is initially on.
[[nodiscard]] Control a_switch(std::string name, std::string label, std::string help, bool on);

/// A control with a grid of numbers, from −10 to 10.
/// @param name Of the control.
/// @param label Next to the grid.
/// @param help What the numbers do.
/// @param start The initial values, row by row.
/// @param columns The number of columns.
[[nodiscard]] Control a_grid(std::string name, std::string label, std::string help,
                             std::vector<double> start, std::size_t columns);

/// Numbers for the page to draw, with their shape.
struct Values {
  std::vector<float> numbers;
  std::vector<std::size_t> shape;
};

/// A figure. A page uses it like this: begin(), then update(); the same again after a setting that
/// restarts, or only update() after one that does not; while it runs, advance() a few times and
/// update(). What it shows depends only on the settings and the number of steps, so an address can
/// contain both.
class Figure {
 public:
  Figure() = default;
  Figure(const Figure&) = delete;
  Figure& operator=(const Figure&) = delete;
  virtual ~Figure() = default;

  /// The settings, in the order in which the page shows them.
  [[nodiscard]] virtual std::vector<Control> controls() const = 0;

  /// Sets a control and updates the figure.
  /// @param name Of the control.
  /// @param values As many as it has.
  /// @throws std::invalid_argument if there is no such control, or a value is not in its range.
  void set(std::string_view name, std::span<const double> values);

  /// Restarts with the current settings and updates the figure.
  void restart();

  /// Advances, at most to the last step, and updates the figure.
  /// @param count The number of steps.
  void run(std::size_t count);

  /// The steps since the beginning.
  [[nodiscard]] std::size_t steps() const { return steps_; }
  /// The number of its steps; 0 if it does not run.
  [[nodiscard]] virtual std::size_t last_step() const { return 0; }

  /// Numbers by their name.
  /// @throws std::invalid_argument if the figure shows none of that name.
  [[nodiscard]] const Values& values(std::string_view name) const;
  /// A text by its name.
  /// @throws std::invalid_argument if the figure has no text of that name.
  [[nodiscard]] const std::string& text(std::string_view name) const;

 protected:
  /// Computes the state of step 0.
  virtual void begin() {}
  /// Computes the state of the next step.
  virtual void advance() {}
  /// Calls show() and tell() for everything that the page draws.
  virtual void update() = 0;

  /// The values of a control.
  [[nodiscard]] std::span<const double> numbers(std::string_view control) const;
  /// The value of a control with one value.
  [[nodiscard]] double number(std::string_view control) const;
  /// The value of a control that counts things, or the index of a choice.
  [[nodiscard]] std::size_t count(std::string_view control) const;
  /// Whether a switch is on.
  [[nodiscard]] bool is_on(std::string_view control) const { return number(control) != 0; }
  /// The chosen word.
  [[nodiscard]] std::string choice(std::string_view control) const;

  /// The values of a control as a tensor.
  /// @param control Its name.
  /// @param shape As many numbers as the control has.
  [[nodiscard]] nn::Tensor tensor(std::string_view control, const nn::Shape& shape) const;

  /// Gives the page numbers to draw.
  void show(std::string name, const nn::Tensor& tensor);
  void show(std::string name, std::span<const double> list);
  /// Gives the page numbers with any number of axes.
  void show(std::string name, Values values);
  /// Gives the page a text.
  void tell(std::string name, std::string text);

 private:
  void prepare() const;

  /// The settings; created on first use.
  mutable std::map<std::string, std::vector<double>, std::less<>> settings_;
  std::map<std::string, Values, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> texts_;
  std::size_t steps_ = 0;
};

/// Makes a figure by its name.
/// @param name One of names().
/// @throws std::invalid_argument if there is no such figure.
[[nodiscard]] std::unique_ptr<Figure> open(std::string_view name);

/// The names of the figures.
[[nodiscard]] std::vector<std::string> names();

/// What a page needs to make the inputs of a figure, in JSON: `controls`, with the members of
/// Control, and `last_step`.
/// @param figure Any.
[[nodiscard]] std::string description(const Figure& figure);

}  // namespace live
