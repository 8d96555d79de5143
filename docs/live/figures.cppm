/// @file
/// @brief The figures of the pages; each is in a source file with its name.
module;

#include <memory>

export module live.figures;

export import live;

export namespace live {

using Made = std::unique_ptr<Figure>;

[[nodiscard]] Made dense();        ///< Chapter 1: a layer, all of its products.
[[nodiscard]] Made activation();   ///< Chapter 2: four functions and their slopes.
[[nodiscard]] Made softmax();      ///< Chapter 2: probabilities, and how they overflow.
[[nodiscard]] Made backprop();     ///< Chapter 4: forward and backward by formulas.
[[nodiscard]] Made race();         ///< Chapter 5: four optimizers in one valley.
[[nodiscard]] Made noise();        ///< Chapter 6: gradients of batches.
[[nodiscard]] Made variance();     ///< Chapter 7: signals through many layers.
[[nodiscard]] Made convolution();  ///< Chapter 8: a kernel moves over an image.
[[nodiscard]] Made pooling();      ///< Chapter 8: a window becomes one number.
[[nodiscard]] Made training();     ///< Chapter 10: MNIST.
[[nodiscard]] Made roofline();     ///< Chapter 11: what limits a tile.
[[nodiscard]] Made plane();        ///< Chapter 12: points in the plane.
[[nodiscard]] Made attention();    ///< Chapter 18: where three places look.
[[nodiscard]] Made write();        ///< The language model writes.
[[nodiscard]] Made draw();         ///< A separate page: draw a digit.
[[nodiscard]] Made answers();      ///< No figure: the right numbers of exercises.

}  // namespace live
