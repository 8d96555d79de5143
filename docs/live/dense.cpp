module;

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

module live.figures;

import live.words;
import nn.dense;

namespace live {

namespace {

constexpr std::size_t inputs = 3;
constexpr std::size_t outputs = 4;

/// A layer with three inputs and four outputs, which shows every product. Its first two outputs are
/// those of the chapter.
class DenseFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    return {
        a_grid("x", "Inputs x", "x, on the left: one sample of three numbers.", {2, -1, 0.5},
               inputs),
        a_grid("w", "Weights W", "W, in the table: a row for each input, a column for each output.",
               {0.5, -1, 1, 0, 1, 0, 0, 1, -2, 4, 1, 2}, outputs),
        a_grid("b", "Biases b", "b, above W: added to each output, whatever the inputs.",
               {0.25, 1, 0, -1}, outputs)};
  }

 protected:
  void update() override {
    const nn::Tensor x = tensor("x", nn::Shape{1, inputs});
    const nn::Tensor w = tensor("w", nn::Shape{inputs, outputs});
    const nn::Tensor b = tensor("b", nn::Shape{outputs});
    const nn::Dense layer{w, b};
    const nn::Tensor y = layer.predict(x);
    nn::Tensor products{nn::Shape{inputs, outputs}};
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t j = 0; j < outputs; ++j) products(i, j) = x(0, i) * w(i, j);
    }
    show("products", products);
    show("y", y);
    tell("x", lines(x.values(), few));
    tell("y", lines(y.values(), few));
    tell("products", lines(products.values(), few));
    tell_sums(x, w, b, y);
  }

 private:
  /// Writes out the sum of every output, y(j) = b(j) + Σᵢ x(i) w(i, j).
  void tell_sums(const nn::Tensor& x, const nn::Tensor& w, const nn::Tensor& b,
                 const nn::Tensor& y) {
    std::string sums;
    std::string row;
    for (std::size_t j = 0; j < outputs; ++j) {
      sums += fmt::format("{}y{} = {}", j > 0 ? "\n" : "", subscripts[j], numeral(b.data()[j]));
      for (std::size_t i = 0; i < inputs; ++i) {
        sums += fmt::format(" + {} · {}", term(x(0, i)), term(w(i, j)));
      }
      sums += fmt::format(" = {}", numeral(y(0, j), 5));
      row += fmt::format("{}{}", j > 0 ? ", " : "", numeral(y(0, j), 5));
    }
    tell("sums", sums);
    tell("summary", fmt::format("The layer makes y = x W + b = ({}).", row));
  }

  static constexpr int few = 3;  ///< Digits that a circle has room for.
  static constexpr std::array<std::string_view, outputs> subscripts{"₁", "₂", "₃", "₄"};
};

}  // namespace

std::unique_ptr<Figure> dense() { return std::make_unique<DenseFigure>(); }

}  // namespace live
