module;

#include <fmt/core.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

module live.figures;

import nn.dense;

namespace live {

namespace {

constexpr std::size_t inputs = 3;
constexpr std::size_t outputs = 4;

/// A layer of three inputs and four outputs with every product on the table. Its first two outputs
/// are those of the chapter.
class DenseFigure final : public Figure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    return {{.name = "x",
             .label = "Inputs x",
             .help = "What goes in: a sample of three numbers.",
             .start = {2, -1, 0.5},
             .low = -10,
             .high = 10,
             .step = 0.5,
             .columns = inputs},
            {.name = "w",
             .label = "Weights W",
             .help = "A row for each input, a column for each output.",
             .start = {0.5, -1, 1, 0, 1, 0, 0, 1, -2, 4, 1, 2},
             .low = -10,
             .high = 10,
             .step = 0.5,
             .columns = outputs},
            {.name = "b",
             .label = "Biases b",
             .help = "Added to each output, whatever goes in.",
             .start = {0.25, 1, 0, -1},
             .low = -10,
             .high = 10,
             .step = 0.5,
             .columns = outputs}};
  }

 protected:
  void update() override {
    const nn::Tensor x = tensor("x", nn::Shape{1, inputs});
    const nn::Tensor w = tensor("w", nn::Shape{inputs, outputs});
    const nn::Tensor b = tensor("b", nn::Shape{outputs});
    nn::Dense layer{w, b};
    const nn::Tensor y = layer.predict(x);

    nn::Tensor products{nn::Shape{inputs, outputs}};
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t j = 0; j < outputs; ++j) products(i, j) = x(0, i) * w(i, j);
    }
    show("products", products);
    show("y", y);
    tell("summary",
         fmt::format("x W + b = ({:g}, {:g}, {:g}, {:g})", y(0, 0), y(0, 1), y(0, 2), y(0, 3)));
    for (std::size_t j = 0; j < outputs; ++j) {
      std::string sum = fmt::format("y{} = {:g}", j + 1, b.data()[j]);
      for (std::size_t i = 0; i < inputs; ++i)
        sum += fmt::format(" + {:g} · {:g}", x(0, i), w(i, j));
      tell(fmt::format("sum {}", j), sum + fmt::format(" = {:g}", y(0, j)));
    }
  }
};

}  // namespace

std::unique_ptr<Figure> dense() { return std::make_unique<DenseFigure>(); }

}  // namespace live
