/// @file
/// @brief Grades shifted images.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

export module exercises.shift;

export import exercises.grade;
export import nn.random;

using nn::real;
using nn::Shape;
using nn::Tensor;

export namespace exercises {

/// What the grader calls.
struct Shift {
  std::function<Tensor(const Tensor& image, int down, int right)> shifted;
  std::function<Tensor(const Tensor& images, int most, nn::Random& random)> shifted_at_random;
};

/// An image made of another one: what comes to (i, j).
/// @param image Shape (H, W).
/// @param pixel Called with i and j.
template <class Pixel>
Tensor image_of(const Tensor& image, const Pixel& pixel) {
  Tensor result{image.shape()};
  for (int i = 0; i < static_cast<int>(image.rows()); ++i) {
    for (int j = 0; j < static_cast<int>(image.columns()); ++j) result(i, j) = pixel(i, j);
  }
  return result;
}

/// A pixel, or 0 outside of the image.
real pixel_or_zero(const Tensor& image, int i, int j) {
  const bool is_inside = i >= 0 && j >= 0 && i < static_cast<int>(image.rows()) &&
                         j < static_cast<int>(image.columns());
  return is_inside ? image(i, j) : 0;
}

/// The right result.
Tensor right_shift(const Tensor& image, int down, int right) {
  return image_of(image, [&](int i, int j) { return pixel_or_zero(image, i - down, j - right); });
}

/// The remainder, which is never negative.
int wrapped(int i, std::size_t size) {
  const auto n = static_cast<int>(size);
  return ((i % n) + n) % n;
}

}  // namespace exercises

namespace exercises {

/// The pixel nearest to a place outside of the image.
real nearest(const Tensor& image, int i, int j) {
  return image(std::clamp(i, 0, static_cast<int>(image.rows()) - 1),
               std::clamp(j, 0, static_cast<int>(image.columns()) - 1));
}

/// What a shifted image may be instead.
std::vector<Mistake> of_shift(const Tensor& x, int down, int right) {
  return {
      {"The image is unchanged.", x},
      {"All is the wrong way round: `down` and `right` move to larger indices, so a pixel comes "
       "from smaller ones.",
       right_shift(x, -down, -right)},
      {"It moves up where it should move down.", right_shift(x, -down, right)},
      {"It moves to the left where it should move to the right.", right_shift(x, down, -right)},
      {"Rows and columns are exchanged: `down` counts rows.", right_shift(x, right, down)},
      {"It is not moved down.", right_shift(x, 0, right)},
      {"It is not moved to the right.", right_shift(x, down, 0)},
      {"What is moved out comes in again on the other side: it must be lost.",
       image_of(x,
                [&](int i, int j) {
                  return x(wrapped(i - down, x.rows()), wrapped(j - right, x.columns()));
                })},
      {"The pixels at the edge are repeated: zeros must come in.",
       image_of(x, [&](int i, int j) { return nearest(x, i - down, j - right); })},
      {"The original shows where zeros must come in: begin with an image of zeros.",
       image_of(x, [&](int i, int j) {
         const bool is_inside = i - down >= 0 && j - right >= 0 &&
                                i - down < static_cast<int>(x.rows()) &&
                                j - right < static_cast<int>(x.columns());
         return is_inside ? x(i - down, j - right) : x(i, j);
       })}};
}

/// By which amounts an image was moved; nothing if it is none of those that are allowed.
std::optional<std::pair<int, int>> amounts(const Tensor& image, const Tensor& moved, int most) {
  for (int down = -most; down <= most; ++down) {
    for (int right = -most; right <= most; ++right) {
      if (moved == right_shift(image, down, right)) return std::pair{down, right};
    }
  }
  return {};
}

}  // namespace exercises

export namespace exercises {

/// The steps for these functions.
std::vector<Step> shift(const Shift& mine) {
  static const Tensor x = Tensor{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}.reshaped(Shape{3, 4});
  return {
      {"shifted: one row down and two columns to the right",
       [mine] {
         expect("the image", mine.shifted(x, 1, 2), right_shift(x, 1, 2), of_shift(x, 1, 2));
       }},
      {"shifted: two rows up and one column to the left",
       [mine] {
         std::vector<Mistake> mistakes = of_shift(x, -2, -1);
         mistakes[0].words = "A negative amount moves nothing.";
         mistakes[1].words = "A negative amount is taken without its sign.";
         expect("the image", mine.shifted(x, -2, -1), right_shift(x, -2, -1), mistakes);
       }},
      {"shifted: by nothing, and by more than there is",
       [mine] {
         expect("the image, shifted by nothing", mine.shifted(x, 0, 0), x);
         expect("the image, shifted by five rows", mine.shifted(x, 5, 0), times(0, x));
         expect("the image, shifted by six columns to the left", mine.shifted(x, 0, -6),
                times(0, x));
       }},
      {"shifted_at_random: a thousand images", [mine] {
         const Tensor images = random_tensor(Shape{1000, 6, 6}, 1);
         nn::Random random{1};
         const Tensor moved = mine.shifted_at_random(images, 2, random);
         require(moved.shape() == images.shape(),
                 fmt::format("The shape is {}, expected {}.", to_string(moved.shape()),
                             to_string(images.shape())));
         std::array<std::array<int, 5>, 5> counts{};
         for (std::size_t n = 0; n < images.rows(); ++n) {
           const Tensor image = images.rows(n, 1).reshaped(Shape{6, 6});
           const auto found = amounts(image, moved.rows(n, 1).reshaped(Shape{6, 6}), 2);
           require(found.has_value(),
                   fmt::format("Image {} is not the original moved by −2 to 2 pixels.", n));
           ++counts.at(static_cast<std::size_t>(found->first + 2))
                 .at(static_cast<std::size_t>(found->second + 2));
         }
         int most = 0;
         int diagonal = 0;
         std::array<int, 5> rows{};
         std::array<int, 5> columns{};
         for (std::size_t i = 0; i < 5; ++i) {
           diagonal += counts.at(i).at(i);
           for (std::size_t j = 0; j < 5; ++j) {
             most = std::max(most, counts.at(i).at(j));
             rows.at(i) += counts.at(i).at(j);
             columns.at(j) += counts.at(i).at(j);
           }
         }
         require(counts[2][2] < 1000, "No image is moved.");
         require(most < 1000, "All images are moved by the same amounts: draw for each of them.");
         require(counts[2][2] < 800, "Most images are not moved at all: move each of them.");
         require(diagonal < 1000, "Both amounts are always equal: draw one for each direction.");
         require(rows[2] < 1000, "No image is moved up or down.");
         require(columns[2] < 1000, "No image is moved to the left or right.");
         for (const auto& [direction, low, high] :
              {std::tuple{"up or down", rows[0], rows[4]},
               std::tuple{"left or right", columns[0], columns[4]}}) {
           require(low > 0 || high > 0,
                   fmt::format("Going {}, no image is moved by two pixels.", direction));
           require(low > 0, fmt::format("Going {}, no amount is −2.", direction));
           require(high > 0,
                   fmt::format("Going {}, no amount is 2: `below(n)` is less than n.", direction));
         }
         for (std::size_t i = 0; i < 5; ++i) {
           require(std::abs(rows.at(i) - 200) < 60 && std::abs(columns.at(i) - 200) < 60,
                   fmt::format("The amounts −2 to 2 are not equally likely: up or down they appear "
                               "{}, {}, {}, {} and {} times in a thousand images.",
                               rows[0], rows[1], rows[2], rows[3], rows[4]));
         }
         nn::Random again{1};
         require(mine.shifted_at_random(images, 0, again) == images,
                 "With most = 0, no image may move.");
       }}};
}

}  // namespace exercises
