module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

module live.figures;

import live.windows;
import live.words;
import nn.convolution;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

/// Kernels that a reader can start with.
struct Kernel {
  std::string name;
  Shape shape;
  std::vector<real> weights;
  real bias;
};

std::vector<Kernel> kernels() {
  constexpr real ninth = real{1} / 9;
  return {{"2×2, as in 8.2", Shape{2, 2}, {1, 2, 0, -1}, 1},
          {"1×2, a vertical edge", Shape{1, 2}, {-1, 1}, 0},
          {"2×1, a horizontal edge", Shape{2, 1}, {-1, 1}, 0},
          {"3×3, a vertical edge", Shape{3, 3}, {-1, 0, 1, -1, 0, 1, -1, 0, 1}, 0},
          {"3×3, a horizontal edge", Shape{3, 3}, {-1, -1, -1, 0, 0, 0, 1, 1, 1}, 0},
          {"3×3, the mean", Shape{3, 3}, std::vector<real>(9, ninth), 0}};
}

/// A kernel moves over an image; all products at its current place are shown. It begins with a
/// digit and a vertical edge, because there the output shows what a kernel finds.
class ConvolutionFigure final : public WindowFigure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<std::string> names;
    for (const Kernel& kernel : kernels()) names.push_back(kernel.name);
    std::vector<Control> all = image_controls(2);
    all.push_back({.name = "kernel",
                   .label = "Kernel",
                   .help = "The weights to start with. You can change them and the bias.",
                   .start = {3},
                   .high = static_cast<double>(names.size() - 1),
                   .step = 1,
                   .choices = names});
    all.push_back({.name = "weights",
                   .label = "Weights and bias",
                   .help = "The numbers that you typed into the kernel, and the bias.",
                   .start = {},
                   .low = -100,
                   .high = 100,
                   .free = true});
    all.push_back(
        {.name = "stride",
         .label = "Stride",
         .help = "How many pixels the window moves at a time: 2 halves the output's sides.",
         .start = {1},
         .low = 1,
         .high = 3,
         .step = 1});
    all.push_back(
        {.name = "padding",
         .label = "Padding",
         .help = "Rows and columns of zeros around the image, so that the output shrinks less.",
         .start = {0},
         .high = 2,
         .step = 1});
    return all;
  }

 protected:
  [[nodiscard]] Shape window() const override { return kernel().shape; }
  [[nodiscard]] std::size_t stride() const override { return count("stride"); }
  [[nodiscard]] std::size_t padding() const override { return count("padding"); }

  [[nodiscard]] Tensor output(const Tensor& image) const override { return layer().predict(image); }

  [[nodiscard]] std::string sum() const override {
    const std::vector<real> pixels = seen();
    const nn::Convolution convolution = layer();
    std::string words;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      words += fmt::format("{} · {} + ", term(pixels[i]), term(convolution.kernels().values()[i]));
    }
    return words + fmt::format("{} = {}", term(convolution.biases()(0)), numeral(result()));
  }

  void update() override {
    WindowFigure::update();
    const nn::Convolution convolution = layer();
    const Tensor kernel = convolution.kernels().reshaped(window());
    show_words("kernel", kernel);
    show_words("bias", convolution.biases());
    Tensor products{window(), std::span<const real>{seen()}};
    for (std::size_t i = 0; i < products.size(); ++i) products.values()[i] *= kernel.values()[i];
    show_words("products", products);
    tell("shapes", fmt::format("{}: {} becomes {}", convolution.name(),
                               to_string(x().shape().sample()), to_string(y().shape().sample())));
  }

 private:
  /// The chosen kernel, with the numbers that a reader typed.
  [[nodiscard]] Kernel kernel() const {
    Kernel kernel = kernels().at(count("kernel"));
    std::vector<real> all = kernel.weights;
    all.push_back(kernel.bias);
    all = typed_or(numbers("weights"), all);
    kernel.bias = all.back();
    all.pop_back();
    kernel.weights = all;
    return kernel;
  }

  [[nodiscard]] nn::Convolution layer() const {
    const Kernel k = kernel();
    return nn::Convolution{Tensor{Shape{1, 1, k.shape[0], k.shape[1]}, std::span{k.weights}},
                           Tensor{k.bias}, stride(), nn::Padding{padding()}};
  }
};

}  // namespace

std::unique_ptr<Figure> convolution() { return std::make_unique<ConvolutionFigure>(); }

}  // namespace live
