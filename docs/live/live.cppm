/// @file
/// @brief Figures that a page can work with: settings go in, numbers and words come out.
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

/// What a reader can set. A page makes an input of it, by itself.
struct Control {
  std::string name;           ///< In the address and in the code; letters, digits, `_`.
  std::string label;          ///< Beside the input.
  std::string help;           ///< One sentence: what it does.
  std::vector<double> start;  ///< The values at the start; one, or as many as a grid has.
  double low = 0;             ///< The least that a value may be.
  double high = 1;            ///< The most.
  double step = 0;            ///< Of the input; 0: any number between.
  /// Not empty: the reader chooses one of these words, and the value is its place, from 0 on.
  std::vector<std::string> choices{};
  std::size_t columns = 0;  ///< Above 0: a grid of numbers, so many in a row.
  bool free = false;        ///< The page has an input of its own; any number of values may come.
  bool restarts = true;     ///< Whether a new value begins the figure anew, from step 0.
  bool shared = true;       ///< Whether its values stand in the address.
};

/// A control that is on or off.
/// @param name Of the control.
/// @param label Beside the input.
/// @param help What it does.
/// @param on Whether it is on at the start.
[[nodiscard]] Control a_switch(std::string name, std::string label, std::string help, bool on);

/// A control with a grid of numbers, from −10 to 10.
/// @param name Of the control.
/// @param label Beside the grid.
/// @param help What they do.
/// @param start Row by row.
/// @param columns So many in a row.
[[nodiscard]] Control a_grid(std::string name, std::string label, std::string help,
                             std::vector<double> start, std::size_t columns);

/// Numbers for the page to draw, with their shape.
struct Values {
  std::vector<float> numbers;
  std::vector<std::size_t> shape;
};

/// A figure. A page uses it like this: begin(), then update(); after a setting that restarts, the
/// same again; after one that does not, update(); while it runs advance() a few times and update().
/// What is seen follows from the settings and the number of steps alone, so both make an address.
class Figure {
 public:
  Figure() = default;
  Figure(const Figure&) = delete;
  Figure& operator=(const Figure&) = delete;
  virtual ~Figure() = default;

  /// What can be set, in the order in which the page shows it.
  [[nodiscard]] virtual std::vector<Control> controls() const = 0;

  /// Sets a control, and shows what that makes of the figure.
  /// @param name Of the control.
  /// @param values As many as it has.
  /// @throws std::invalid_argument if there is no such control, or a value is not in its range.
  void set(std::string_view name, std::span<const double> values);

  /// Begins again with the settings that are there, and shows it.
  void restart();

  /// Goes some steps further, at most to the last, and shows where it came.
  /// @param count Steps.
  void run(std::size_t count);

  /// The steps since the beginning.
  [[nodiscard]] std::size_t steps() const { return steps_; }
  /// How many steps it has; 0: it does not run.
  [[nodiscard]] virtual std::size_t last_step() const { return 0; }

  /// Numbers by their name.
  /// @throws std::invalid_argument if the figure shows none of that name.
  [[nodiscard]] const Values& values(std::string_view name) const;
  /// Words by their name.
  /// @throws std::invalid_argument if the figure tells none of that name.
  [[nodiscard]] const std::string& text(std::string_view name) const;

 protected:
  /// Makes the state of step 0.
  virtual void begin() {}
  /// Makes the state of the next step.
  virtual void advance() {}
  /// Calls show() and tell() for all that the page draws.
  virtual void update() = 0;

  /// The values of a control.
  [[nodiscard]] std::span<const double> numbers(std::string_view control) const;
  /// The value of a control that has one.
  [[nodiscard]] double number(std::string_view control) const;
  /// The value of a control that counts things, or the place of a choice.
  [[nodiscard]] std::size_t count(std::string_view control) const;
  /// Whether a switch is on.
  [[nodiscard]] bool is_on(std::string_view control) const { return number(control) != 0; }
  /// The word that is chosen.
  [[nodiscard]] std::string choice(std::string_view control) const;

  /// The values of a control as a tensor.
  /// @param control Its name.
  /// @param shape As many numbers as the control has.
  [[nodiscard]] nn::Tensor tensor(std::string_view control, const nn::Shape& shape) const;

  /// Gives the page numbers to draw.
  void show(std::string name, const nn::Tensor& tensor);
  void show(std::string name, std::span<const double> list);
  /// Gives the page numbers with more axes or fewer than a tensor has.
  void show(std::string name, Values values);
  /// Gives the page words.
  void tell(std::string name, std::string text);

 private:
  void prepare() const;

  /// The settings; made when they are first asked for.
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

/// What a page must know to make the inputs of a figure, in JSON: `controls`, as they stand in
/// Control, and `last_step`.
/// @param figure Any.
[[nodiscard]] std::string description(const Figure& figure);

}  // namespace live
