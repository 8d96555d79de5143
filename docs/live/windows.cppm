/// @file
/// @brief The common part of the figures of chapter 8: an image, and a window that moves over it.
module;

#include <cstddef>
#include <span>
#include <string>
#include <vector>

export module live.windows;

export import live;

export namespace live {

/// A window that moves over an image, to the next place at each step, in reading order. Each place
/// gives one number of the output.
class WindowFigure : public Figure {
 public:
  /// One less than the number of places, because it begins at the first.
  [[nodiscard]] std::size_t last_step() const override { return y_.empty() ? 0 : y_.size() - 1; }

 protected:
  /// The window's place in the padded image.
  struct Place {
    std::size_t row;
    std::size_t column;
  };

  /// `image`, the chosen image, and `pixels`, the numbers that a reader typed instead.
  /// @param start The index of the first image.
  [[nodiscard]] static std::vector<Control> image_controls(std::size_t start);

  /// The window's height and width.
  [[nodiscard]] virtual nn::Shape window() const = 0;
  /// How many pixels it moves at a time.
  [[nodiscard]] virtual std::size_t stride() const = 0;
  /// The zeros around the image.
  [[nodiscard]] virtual std::size_t padding() const { return 0; }
  /// The layer's output for the image.
  [[nodiscard]] virtual nn::Tensor output(const nn::Tensor& image) const = 0;
  /// How the number of this place is computed: one sentence.
  [[nodiscard]] virtual std::string sum() const = 0;

  void begin() override;
  void update() override;

  /// The image, shape (1, 1, H, W).
  [[nodiscard]] const nn::Tensor& x() const { return x_; }
  /// The output, shape (1, 1, H′, W′).
  [[nodiscard]] const nn::Tensor& y() const { return y_; }
  /// The number of this place.
  [[nodiscard]] nn::real result() const { return y_.values()[steps()]; }
  /// The place of this step in the output.
  [[nodiscard]] Place place() const;
  /// The numbers in the window, row by row.
  [[nodiscard]] std::vector<nn::real> seen() const;

  /// Gives the page numbers to draw, and the same numbers as text, one per line.
  void show_words(const std::string& name, const nn::Tensor& tensor);

 private:
  [[nodiscard]] nn::real pixel(std::size_t row, std::size_t column) const;

  nn::Tensor x_;
  nn::Tensor y_;
};

/// The numbers that a reader typed, if there are as many as expected; otherwise the original ones.
[[nodiscard]] std::vector<nn::real> typed_or(std::span<const double> typed,
                                             std::span<const nn::real> there);

}  // namespace live
