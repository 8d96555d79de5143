/// @file
/// @brief Grades images whose rows are the columns of others.
module;

#include <cstddef>
#include <functional>
#include <vector>

export module exercises.columns;

export import exercises.grade;

using nn::Shape;
using nn::Tensor;

export namespace exercises {

using Turn = std::function<Tensor(const Tensor& images)>;

/// A tensor of three axes, each value by its place.
/// @param shape Its three lengths.
/// @param value Called with n, i and j.
template <class Value>
Tensor images_of(const Shape& shape, const Value& value) {
  Tensor images{shape};
  for (std::size_t n = 0; n < shape[0]; ++n) {
    for (std::size_t i = 0; i < shape[1]; ++i) {
      for (std::size_t j = 0; j < shape[2]; ++j) images(n, i, j) = value(n, i, j);
    }
  }
  return images;
}

}  // namespace exercises

namespace exercises {

Tensor turned(const Tensor& x) {
  return images_of(Shape{x.shape()[0], x.shape()[2], x.shape()[1]},
                   [&](std::size_t n, std::size_t i, std::size_t j) { return x(n, j, i); });
}

/// What square images may be instead.
std::vector<Mistake> of_squares(const Tensor& x) {
  const std::size_t last = x.shape()[1] - 1;
  const auto of = [&](auto value) { return images_of(x.shape(), value); };
  using Place = std::size_t;
  return {
      {"The images are unchanged. If pixels are swapped in place, each pair is swapped twice: let "
       "j begin at i + 1.",
       x},
      {"The images are turned clockwise by a quarter turn: nothing is mirrored in (j, i).",
       of([&](Place n, Place i, Place j) { return x(n, last - j, i); })},
      {"The images are turned counterclockwise by a quarter turn: nothing is mirrored in (j, i).",
       of([&](Place n, Place i, Place j) { return x(n, j, last - i); })},
      {"The images are mirrored, left to right.",
       of([&](Place n, Place i, Place j) { return x(n, i, last - j); })},
      {"The images are upside down.",
       of([&](Place n, Place i, Place j) { return x(n, last - i, j); })},
      {"They are mirrored at the other diagonal: pixel (i, j) comes from (j, i), counted from the "
       "upper left.",
       of([&](Place n, Place i, Place j) { return x(n, last - j, last - i); })},
      {"Only the first image is turned.",
       of([&](Place n, Place i, Place j) { return n == 0 ? x(n, j, i) : x(n, i, j); })},
      {"All images are the first one.", of([&](Place, Place i, Place j) { return x(0, j, i); })},
      {"The pixels above the diagonal are lost: read from the old images, write to new ones.",
       of([&](Place n, Place i, Place j) { return i < j ? x(n, j, i) : x(n, i, j); })},
      {"The pixels below the diagonal are lost: read from the old images, write to new ones.",
       of([&](Place n, Place i, Place j) { return i > j ? x(n, j, i) : x(n, i, j); })},
      {"The last row and column are missing: loops end after the last pixel.",
       of([&](Place n, Place i, Place j) { return i == last || j == last ? 0 : x(n, j, i); })}};
}

}  // namespace exercises

export namespace exercises {

/// The steps for this function.
std::vector<Step> columns(const Turn& mine) {
  return {
      {"one image of 3 × 3",
       [mine] {
         const Tensor x = Tensor{1, 2, 3, 4, 5, 6, 7, 8, 9}.reshaped(Shape{1, 3, 3});
         expect("the images", mine(x), turned(x), of_squares(x));
       }},
      {"two images of 4 × 4",
       [mine] {
         const Tensor x = random_tensor(Shape{2, 4, 4}, 1);
         std::vector<Mistake> mistakes = of_squares(x);
         mistakes.push_back({"Another axis is swapped: the first one counts the images.",
                             images_of(Shape{4, 2, 4}, [&](std::size_t i, std::size_t n,
                                                           std::size_t j) { return x(n, i, j); })});
         mistakes.push_back({"The two images are exchanged.",
                             images_of(x.shape(), [&](std::size_t n, std::size_t i, std::size_t j) {
                               return x(1 - n, j, i);
                             })});
         expect("the images", mine(x), turned(x), mistakes);
       }},
      {"three images of 2 × 5", [mine] {
         const Tensor x = random_tensor(Shape{3, 2, 5}, 2);
         expect("the images", mine(x), turned(x),
                {{"Only the shape has changed, not the order of the numbers: that is what "
                  "`reshaped` does.",
                  x.reshaped(Shape{3, 5, 2})},
                 {"The result must have W rows and H columns.", x}});
       }}};
}

}  // namespace exercises
