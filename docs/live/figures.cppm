/// @file
/// @brief The figures of the pages, each in a file of its own name.
module;

#include <memory>

export module live.figures;

export import live;

export namespace live {

[[nodiscard]] std::unique_ptr<Figure> dense();  ///< Chapter 1: a layer, all of its products.
[[nodiscard]] std::unique_ptr<Figure>
activation();  ///< Chapter 2: four functions and their slopes.
[[nodiscard]] std::unique_ptr<Figure>
softmax();  ///< Chapter 2: probabilities, and how they overflow.
[[nodiscard]] std::unique_ptr<Figure> backprop();  ///< Chapter 4: forward and backward by formulas.
[[nodiscard]] std::unique_ptr<Figure> race();      ///< Chapter 5: four optimizers in one valley.
[[nodiscard]] std::unique_ptr<Figure> training();  ///< Chapter 10: MNIST.
[[nodiscard]] std::unique_ptr<Figure> plane();     ///< Chapter 12: points in the plane.

[[nodiscard]] std::unique_ptr<Figure> noise();        ///< Chapter 6: gradients of batches.
[[nodiscard]] std::unique_ptr<Figure> variance();     ///< Chapter 7: signals through many layers.
[[nodiscard]] std::unique_ptr<Figure> convolution();  ///< Chapter 8: a kernel moves over an image.
[[nodiscard]] std::unique_ptr<Figure>
pooling();  ///< Chapter 8: a window, of which one number stays.

}  // namespace live
