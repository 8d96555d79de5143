module;

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

module live.figures;

import live.windows;
import live.words;
import nn.pooling;

namespace live {

namespace {

using nn::real;
using nn::Shape;
using nn::Tensor;

/// A window that is reduced to one number, the largest or the mean, and where the gradient goes.
/// The initial settings are those of section 8.7.
class PoolingFigure final : public WindowFigure {
 public:
  [[nodiscard]] std::vector<Control> controls() const override {
    std::vector<Control> all = image_controls(0);
    all.push_back({.name = "kind",
                   .label = "Pooling",
                   .help = "Max keeps the largest number in a window; average blurs the window.",
                   .start = {0},
                   .high = 1,
                   .step = 1,
                   .choices = {"max: the largest", "average: the mean"}});
    all.push_back({.name = "size",
                   .label = "Window",
                   .help = "Its height and width, in pixels.",
                   .start = {2},
                   .low = 1,
                   .high = 4,
                   .step = 1});
    all.push_back({.name = "stride",
                   .label = "Stride",
                   .help = "How many pixels it moves at a time; usually its own size.",
                   .start = {2},
                   .low = 1,
                   .high = 4,
                   .step = 1});
    return all;
  }

 protected:
  [[nodiscard]] Shape window() const override { return Shape{count("size"), count("size")}; }
  [[nodiscard]] std::size_t stride() const override { return count("stride"); }

  [[nodiscard]] Tensor output(const Tensor& image) const override {
    if (is_max()) return nn::MaxPool{options()}.predict(image);
    return nn::AveragePool{options()}.predict(image);
  }

  [[nodiscard]] std::string sum() const override {
    std::string words;
    for (const real pixel : seen()) {
      if (!words.empty()) words += is_max() ? ", " : " + ";
      words += term(pixel);
    }
    return is_max() ? fmt::format("the largest of {} is {}", words, numeral(result()))
                    : fmt::format("({}) / {} = {}", words, window().size(), numeral(result()));
  }

  void update() override {
    WindowFigure::update();
    Tensor here{y().shape()};
    here.values()[steps()] = 1;
    const Shape flat{x().shape()[2], x().shape()[3]};
    show("share", backward(here).reshaped(flat));
    show_words("gradient", backward(Tensor{y().shape(), 1}).reshaped(flat));
  }

 private:
  [[nodiscard]] bool is_max() const { return count("kind") == 0; }
  [[nodiscard]] nn::PoolOptions options() const {
    return {.window = count("size"), .stride = stride()};
  }

  /// The gradient with respect to the image, if that of the output is `dy`.
  [[nodiscard]] Tensor backward(const Tensor& dy) const {
    return is_max() ? through(nn::MaxPool{options()}, dy) : through(nn::AveragePool{options()}, dy);
  }

  template <class Pool>
  [[nodiscard]] Tensor through(Pool pool, const Tensor& dy) const {
    pool.forward(x());
    return pool.backward(dy);
  }
};

}  // namespace

std::unique_ptr<Figure> pooling() { return std::make_unique<PoolingFigure>(); }

}  // namespace live
