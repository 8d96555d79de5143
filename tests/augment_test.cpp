// nn.augment: what each change does to an image, that changes are drawn from the whole range of the
// options, and that they do not depend on threads.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn.augment;
import nn.random;
import nn.tensor;
import nn.test;

namespace {

using nn::Affine;
using nn::Augment;
using nn::AugmentOptions;
using nn::Random;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::thicken;
using nn::warp;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::tolerance;

constexpr AugmentOptions modest{.rotation = 15,
                                .shift = 2,
                                .scaling = 0.15,
                                .shear = 10,
                                .elastic = {.amplitude = 1.4, .smoothness = 4},
                                .thickness = 1};

/// Images of random numbers from [0, 1).
Tensor noisy_images(const Shape& shape) {
  Tensor images = nn::test::noise(shape);
  for (real& value : images.values()) value = (value + 1) / 2;
  return images;
}

/// One image that shows a spot about its center, 1 in the middle, and 0 at its edges.
Tensor spot(std::size_t side) {
  Tensor image{Shape{1, 1, side, side}};
  const double center = static_cast<double>(side - 1) / 2;
  for (std::size_t y = 0; y < side; ++y) {
    for (std::size_t x = 0; x < side; ++x) {
      const double d = std::hypot(static_cast<double>(x) - center, static_cast<double>(y) - center);
      image(0, 0, y, x) = static_cast<real>(std::max(0.0, 1 - d / center * 2));
    }
  }
  return image;
}

double sum(const Tensor& tensor) {
  return std::accumulate(tensor.values().begin(), tensor.values().end(), 0.0);
}

TEST(Augment, ByNothingGivesBackTheSameBits) {
  const Tensor images = noisy_images(Shape{3, 784});
  EXPECT_EQ(warp(images, {}), images);
  EXPECT_EQ(Augment{{}}(images, Random{1}), images);
}

TEST(Augment, TurnsCounterClockwise) {
  const Tensor image{{1, 2, 3,  //
                      4, 5, 6,  //
                      7, 8, 9}};
  const Tensor turned{{3, 6, 9,  //
                       2, 5, 8,  //
                       1, 4, 7}};
  // The cosine of a quarter turn is not exactly 0 in the computer: a corner looks a bit outside.
  EXPECT_LT(difference(warp(image, {.rotation = 90}), turned), 10 * tolerance);
  EXPECT_LT(difference(warp(turned, {.rotation = -90}), image), 10 * tolerance);
}

TEST(Augment, ShiftsByWholePixels) {
  const Tensor image{{1, 2, 3,  //
                      4, 5, 6,  //
                      7, 8, 9}};
  const Tensor shifted{{0, 4, 5,  //
                        0, 7, 8,  //
                        0, 0, 0}};
  EXPECT_EQ(warp(image, {.right = 1, .down = -1}), shifted);
  EXPECT_EQ(warp(image, {.right = 3}), Tensor(image.shape()));
  EXPECT_EQ(warp(image, {.down = -1e300}), Tensor(image.shape()));
}

TEST(Augment, ShiftsByHalfAPixelAsMeans) {
  const Tensor image{Shape{1, 1, 1, 4}, Tensor{0, 4, 8, 2}.values()};
  const Tensor right{Shape{1, 1, 1, 4}, Tensor{0, 2, 6, 5}.values()};
  const Tensor down{Shape{1, 1, 1, 4}, Tensor{0, 2, 4, 1}.values()};  // half of what is outside
  EXPECT_EQ(warp(image, {.right = 0.5}), right);
  EXPECT_EQ(warp(image, {.down = 0.5}), down);
}

TEST(Augment, ScalesAboutTheCenter) {
  const Tensor image{Shape{1, 1, 1, 3}, Tensor{1, 2, 4}.values()};
  const Tensor wider{Shape{1, 1, 1, 3}, Tensor{1.5, 2, 3}.values()};
  const Tensor narrower{Shape{1, 1, 1, 3}, Tensor{0, 2, 0}.values()};
  EXPECT_EQ(warp(image, {.width = 2}), wider);
  EXPECT_EQ(warp(image, {.width = 0.5}), narrower);
  EXPECT_EQ(warp(image, {.height = 2}), image);
}

TEST(Augment, ShearLeansToTheRight) {
  const Tensor upright{{0, 1, 0,  //
                        0, 1, 0,  //
                        0, 1, 0}};
  const Tensor leaning{{0, 0, 1,  //
                        0, 1, 0,  //
                        1, 0, 0}};
  EXPECT_LT(difference(warp(upright, {.shear = 45}), leaning), tolerance);
}

TEST(Augment, AgreesWithPyTorch) {
  const Tensor images = golden("augment", "images");
  const Affine affine{
      .rotation = 25, .shear = 10, .width = 1.25, .height = 0.75, .right = 0.75, .down = -0.5};
  EXPECT_LT(difference(warp(images, affine), golden("augment", "affine")), tolerance);
  EXPECT_LT(difference(warp(images, affine, golden("augment", "displacement")),
                       golden("augment", "both")),
            tolerance);
}

TEST(Augment, KeepsTheInk) {
  const Tensor image = spot(28);
  for (const Affine& affine : {Affine{.rotation = 30}, Affine{.right = 1.3, .down = 2.6},
                               Affine{.shear = 15}, Affine{.width = 1.2, .height = 0.9}}) {
    const double factor = affine.width * affine.height;
    EXPECT_NEAR(sum(warp(image, affine)), factor * sum(image), 0.01 * sum(image));
  }
}

TEST(Augment, StaysInTheRangeOfItsInput) {
  const Tensor images = Augment{modest}(noisy_images(Shape{100, 784}), Random{1});
  EXPECT_GE(std::ranges::min(images.values()), 0);
  EXPECT_LE(std::ranges::max(images.values()), 1);
}

TEST(Augment, LooksWhereTheDisplacementSays) {
  const Tensor image{{1, 2, 3,  //
                      4, 5, 6,  //
                      7, 8, 9}};
  Tensor moved{Shape{2, 3, 3}};
  moved(0U, 1U, 1U) = 1;                                       // further right
  moved(1U, 0U, 0U) = 2;                                       // further down
  moved(0U, 2U, 2U) = std::numeric_limits<real>::quiet_NaN();  // nowhere
  moved(0U, 2U, 1U) = -std::numeric_limits<real>::infinity();  // nor here
  EXPECT_EQ(warp(image, {}, moved), (Tensor{{7, 2, 3,          //
                                             4, 6, 6,          //
                                             7, 0, 0}}));
}

/// Displacements of amplitude 3 and smoothness 2.5, one after the other.
std::vector<Tensor> displacements(std::size_t count) {
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < count; ++i) {
    const Random random = Random{1}.stream(i);
    result.push_back(nn::displacement({.amplitude = 3, .smoothness = 2.5}, 12, 13, random));
  }
  return result;
}

/// The mean of a number that each has.
template <class Number>
double mean(const std::vector<Tensor>& all, Number&& number) {
  double sum = 0;
  for (const Tensor& one : all) sum += number(one);
  return sum / static_cast<double>(all.size());
}

// The tolerances are about six standard deviations of such means over 4,000: one is √2 · 9 / √4000
// for a square and 9 / √4000 for a product.
TEST(Augment, DisplacesByTheAmplitudeAtTheEdgesToo) {
  const auto all = displacements(4'000);
  ASSERT_EQ(all[0].shape(), (Shape{2, 12, 13}));
  EXPECT_NEAR(mean(all, [](const Tensor& m) { return m(0U, 0U, 0U); }), 0, 0.3);
  EXPECT_NEAR(mean(all, [](const Tensor& m) { return m(0U, 0U, 0U) * m(0U, 0U, 0U); }), 9, 1.2);
  EXPECT_NEAR(mean(all, [](const Tensor& m) { return m(1U, 5U, 6U) * m(1U, 5U, 6U); }), 9, 1.2);
  EXPECT_NEAR(mean(all, [](const Tensor& m) { return m(0U, 5U, 6U) * m(1U, 5U, 6U); }), 0, 0.9);
}

TEST(Augment, DisplacesNeighborsAlikeByTheSmoothness) {
  const auto all = displacements(4'000);
  for (std::size_t d = 0; d < 12; ++d) {
    const double product = mean(all, [d](const Tensor& m) { return m(0U, 0U, 0U) * m(0U, d, d); });
    const double squared_distance = 2 * static_cast<double>(d * d);
    EXPECT_NEAR(product, 9 * std::exp(-squared_distance / (4 * 2.5 * 2.5)), 1.2) << d;
  }
}

TEST(Augment, DisplacesBetweenTheNoiseAsAtIt) {
  const Tensor moved = nn::displacement({.amplitude = 1, .smoothness = 5}, 500, 700, Random{3});
  std::vector<double> squares(5);  // their means, by the place between two Gaussians
  for (std::size_t y = 0; y < 500; ++y) {
    for (std::size_t x = 0; x < 700; ++x) {
      squares[x % 5] += std::pow(moved(0U, y, x), 2) / (500 * 140);
    }
  }
  // About 500 · 700 / (4π σ²) ≈ 1,100 independent places: √2 / √1,100 is one standard deviation.
  for (const double square : squares) {
    EXPECT_NEAR(square, 1, 0.2);
    EXPECT_NEAR(square, squares[0], 0.05);
  }
}

/// A row of pixels as an image that is one pixel high, between rows of 0.
Tensor line(const Tensor& values) { return Tensor{Shape{1, 1, 1, values.size()}, values.values()}; }

TEST(Augment, ThickensAStrokeByAPixelInAll) {
  const Tensor stroke = line({0, 0, 1, 1, 1, 0, 0});
  EXPECT_EQ(thicken(stroke, 1), line({0, 0.5, 1, 1, 1, 0.5, 0}));
  EXPECT_EQ(thicken(stroke, 2), line({0, 1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(thicken(stroke, 0.5), line({0, 0.25, 1, 1, 1, 0.25, 0}));
}

TEST(Augment, ThinsAStrokeByAPixelInAll) {
  Tensor stroke{Shape{1, 49}};
  Tensor thinner{Shape{1, 49}};
  for (std::size_t y = 0; y < 7; ++y) {
    for (const std::size_t x : {2U, 3U, 4U}) stroke(0U, y * 7 + x) = 1;
    // Outside all is 0, so the ends of the stroke lose half a pixel as well.
    const real end = y == 0 || y == 6 ? 0.5F : 1;
    thinner(0U, y * 7 + 3) = end;
    for (const std::size_t x : {2U, 4U}) thinner(0U, y * 7 + x) = end / 2;
  }
  EXPECT_EQ(thicken(stroke, -1), thinner);
  EXPECT_EQ(sum(thicken(stroke, -2)), 5);  // one column, without its ends
}

TEST(Augment, ThickensToCorners) {
  const Tensor dot{{0, 0, 0,  //
                    0, 4, 0,  //
                    0, 0, 0}};
  EXPECT_EQ(thicken(dot, 1), (Tensor{{1, 2, 1,  //
                                      2, 4, 2,  //
                                      1, 2, 1}}));
  EXPECT_EQ(thicken(dot, -1), (Tensor{{0, 0, 0,  //
                                       0, 1, 0,  //
                                       0, 0, 0}}));
}

/// The largest values, pixel by pixel, that images moved by up to `reach` have; or the smallest.
Tensor extremes(const Tensor& images, double reach, bool largest) {
  Tensor result = images;
  constexpr int steps = 5;
  for (int down = -steps; down <= steps; ++down) {
    for (int right = -steps; right <= steps; ++right) {
      const Tensor moved =
          warp(images, {.right = reach * right / steps, .down = reach * down / steps});
      for (std::size_t i = 0; i < images.size(); ++i) {
        const real value = moved.data()[i];
        real& extreme = result.data()[i];
        extreme = largest ? std::max(extreme, value) : std::min(extreme, value);
      }
    }
  }
  return result;
}

// Thickening gives the same image as the maximum over shifts by half as many pixels to all sides.
TEST(Augment, ThickensAsMovingToAllSidesDoes) {
  const Tensor images = noisy_images(Shape{3, 2, 9, 14});
  for (const double pixels : {0.3, 1.0, 1.7, 2.0}) {
    EXPECT_LT(difference(thicken(images, pixels), extremes(images, pixels / 2, true)),
              10 * tolerance);
    EXPECT_LT(difference(thicken(images, -pixels), extremes(images, pixels / 2, false)),
              10 * tolerance);
  }
}

TEST(Augment, ThickensByNothingToTheSameBits) {
  const Tensor images = noisy_images(Shape{3, 784});
  EXPECT_EQ(thicken(images, 0), images);
  EXPECT_EQ(thicken(images, -0.0), images);
}

/// The affine transformation, recovered from two images that contain each pixel's column and row:
/// away from the edges, the result shows where each pixel came from.
struct Seen {
  double xx, xy, yx, yy;
  double x, y;  // what the center shows, counted from the center
};

std::vector<Seen> seen(const AugmentOptions& options) {
  constexpr std::size_t count = 2'000;
  constexpr std::size_t side = 15;
  Tensor images{Shape{count, 2, side, side}};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t y = 0; y < side; ++y) {
      for (std::size_t x = 0; x < side; ++x) {
        images(i, 0U, y, x) = static_cast<real>(x) - 7;
        images(i, 1U, y, x) = static_cast<real>(y) - 7;
      }
    }
  }
  images = Augment{options}(images, Random{5});
  std::vector<Seen> result;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = [&](std::size_t channel, std::size_t y, std::size_t x) {
      return static_cast<double>(images(i, channel, y, x));
    };
    result.push_back({.xx = at(0, 7, 8) - at(0, 7, 7),
                      .xy = at(0, 8, 7) - at(0, 7, 7),
                      .yx = at(1, 7, 8) - at(1, 7, 7),
                      .yy = at(1, 8, 7) - at(1, 7, 7),
                      .x = at(0, 7, 7),
                      .y = at(1, 7, 7)});
  }
  return result;
}

/// Whether numbers are spread evenly over middle ± most: none outside, some near either end, mean
/// and variance within six standard deviations of theirs.
template <class Number>
void expect_even(const std::vector<Seen>& all, double middle, double most, Number&& number) {
  double least = std::numeric_limits<double>::infinity();
  double largest = -least;
  double mean = 0;
  double squares = 0;
  const auto count = static_cast<double>(all.size());
  for (const Seen& one : all) {
    const double value = (number(one) - middle) / most;
    least = std::min(least, value);
    largest = std::max(largest, value);
    mean += value / count;
    squares += value * value / count;
  }
  EXPECT_GT(least, -1.001);
  EXPECT_LT(least, -0.99);
  EXPECT_GT(largest, 0.99);
  EXPECT_LT(largest, 1.001);
  EXPECT_NEAR(mean, 0, 6 / std::sqrt(3 * count));
  EXPECT_NEAR(squares, 1.0 / 3, 6 * std::sqrt(4.0 / 45 / count));
}

constexpr double degrees = 180 / std::numbers::pi;

TEST(Augment, TurnsEvenlyToEitherSide) {
  const auto all = seen({.rotation = 10});
  expect_even(all, 0, 10, [](const Seen& s) { return std::atan2(s.yx, s.xx) * degrees; });
}

TEST(Augment, ShiftsEvenlyInBothDirections) {
  const auto all = seen({.shift = 2});
  expect_even(all, 0, 2, [](const Seen& s) { return -s.x; });
  expect_even(all, 0, 2, [](const Seen& s) { return -s.y; });
  double product = 0;
  for (const Seen& s : all) product += s.x * s.y / static_cast<double>(all.size());
  EXPECT_NEAR(product, 0, 6 * (4.0 / 3) / std::sqrt(2'000.0));
}

TEST(Augment, ScalesWidthAndHeightEvenly) {
  const auto all = seen({.scaling = 0.2});
  expect_even(all, 1, 0.2, [](const Seen& s) { return 1 / s.xx; });
  expect_even(all, 1, 0.2, [](const Seen& s) { return 1 / s.yy; });
}

TEST(Augment, ShearsEvenlyToEitherSide) {
  const auto all = seen({.shear = 8});
  expect_even(all, 0, 8, [](const Seen& s) { return std::atan(s.xy) * degrees; });
}

// An edge that rises by one over a pixel moves by half of what a stroke gains: the pixel on it
// gains just that.
TEST(Augment, ThickensEvenlyAndThinsAsOften) {
  constexpr std::size_t count = 2'000;
  Tensor images{Shape{count, 1, 3, 5}};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t y = 0; y < 3; ++y) {
      for (std::size_t x = 0; x < 5; ++x) images(i, 0U, y, x) = static_cast<real>(x);
    }
  }
  images = Augment{{.thickness = 0.8}}(images, Random{5});
  std::vector<Seen> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i].x = 2 * (images(i, 0U, 1U, 2U) - 2);
  expect_even(all, 0, 0.8, [](const Seen& s) { return s.x; });
}

TEST(Augment, ChangesTheThicknessLastAndByItself) {
  const Tensor images = noisy_images(Shape{4, 784});
  AugmentOptions options = modest;
  options.thickness = 0;
  const Tensor before = Augment{options}(images, Random{1});
  Random thickness = Random{1}.stream(2).stream(3);
  const Tensor after = thicken(before, thickness.uniform(-1, 1));
  const Tensor changed = Augment{modest}(images, Random{1});
  EXPECT_TRUE(std::ranges::equal(changed.row(3), after.row(3)));
}

TEST(Augment, ChangesAllChannelsOfAnImageAlike) {
  const Tensor one = noisy_images(Shape{1, 1, 9, 14});
  Tensor two{Shape{1, 2, 9, 14}};
  std::ranges::copy(one.values(), two.data());
  std::ranges::copy(one.values(), two.data() + one.size());
  const Tensor changed = Augment{modest}(two, Random{1});
  const Tensor alone = Augment{modest}(one, Random{1});
  EXPECT_TRUE(std::ranges::equal(changed.values().first(one.size()), alone.values()));
  EXPECT_TRUE(std::ranges::equal(changed.values().last(one.size()), alone.values()));
}

TEST(Augment, SeesRowsAsSquareImages) {
  const Tensor rows = noisy_images(Shape{4, 25});
  const Tensor images = rows.reshaped(Shape{4, 1, 5, 5});
  EXPECT_EQ(Augment{modest}(rows, Random{1}).reshaped(images.shape()),
            Augment{modest}(images, Random{1}));
}

TEST(Augment, ChangesEachImageDifferently) {
  const Augment augment{modest};
  Tensor images{Shape{2, 784}};
  const Tensor image = noisy_images(Shape{1, 784});
  for (const std::size_t i : {0U, 1U}) std::ranges::copy(image.values(), images.row(i).begin());
  const Tensor changed = augment(images, Random{1});
  EXPECT_FALSE(std::ranges::equal(changed.row(0), changed.row(1)));
  // Not by the batch that it is in.
  EXPECT_TRUE(std::ranges::equal(changed.row(0), augment(image, Random{1}).values()));
}

TEST(Augment, FollowsFromItsGeneratorAlone) {
  const Augment augment{modest};
  const Tensor images = noisy_images(Shape{20, 784});
  const Tensor changed = augment(images, Random{1}.stream(7));
  EXPECT_EQ(augment(images, Random{1}.stream(7)), changed);
  EXPECT_NE(augment(images, Random{1}.stream(8)), changed);
  EXPECT_NE(augment(images, Random{2}.stream(7)), changed);
}

TEST(Augment, DoesNotDependOnThreads) {
  const Augment augment{modest};
  const Tensor images = noisy_images(Shape{37, 784});
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return augment(images, Random{1}); }));
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return warp(images, {.rotation = 10}); }));
  EXPECT_TRUE(nn::test::same_on_any_threads([&] { return thicken(images, -0.7); }));
}

std::string error_of_options(const AugmentOptions& options) {
  return error_of<std::invalid_argument>([&] { (void)Augment{options}; });
}

TEST(Augment, RefusesOptionsOutOfRange) {
  EXPECT_EQ(error_of_options({.rotation = -1}),
            "nn::Augment: rotation is -1 degrees, expected 0 to 180");
  EXPECT_EQ(error_of_options({.rotation = 181}),
            "nn::Augment: rotation is 181 degrees, expected 0 to 180");
  EXPECT_EQ(error_of_options({.shift = -2}),
            "nn::Augment: shift is -2 pixels, expected a finite number, 0 or more");
  EXPECT_EQ(error_of_options({.shift = INFINITY}),
            "nn::Augment: shift is inf pixels, expected a finite number, 0 or more");
  EXPECT_EQ(error_of_options({.scaling = 1}),
            "nn::Augment: scaling is 1, expected at least 0 and below 1");
  EXPECT_EQ(error_of_options({.shear = 90}),
            "nn::Augment: shear is 90 degrees, expected at least 0 and below 90");
  EXPECT_EQ(error_of_options({.elastic = {.amplitude = -1}}),
            "nn::Elastic: amplitude is -1 pixels, expected a finite number, 0 or more");
  EXPECT_EQ(error_of_options({.elastic = {.smoothness = 0.5}}),
            "nn::Elastic: smoothness is 0.5 pixels, expected a finite number, 1 or more");
  EXPECT_EQ(error_of_options({.thickness = -1}),
            "nn::Augment: thickness is -1 pixels, expected 0 to 2");
  EXPECT_EQ(error_of_options({.thickness = 2.5}),
            "nn::Augment: thickness is 2.5 pixels, expected 0 to 2");
  EXPECT_NE(error_of_options({.scaling = std::numeric_limits<double>::quiet_NaN()}), "");
}

TEST(Augment, RefusesChangesThatCannotBeUndone) {
  const Tensor image{{1}};
  const auto error = [&](const Affine& affine) {
    return error_of<std::invalid_argument>([&] { (void)warp(image, affine); });
  };
  EXPECT_EQ(error({.width = 0}), "nn::warp: width is 0, expected a finite factor above 0");
  EXPECT_EQ(error({.height = -1}), "nn::warp: height is -1, expected a finite factor above 0");
  EXPECT_EQ(error({.shear = -90}),
            "nn::warp: shear is -90 degrees, expected above -90 and below 90");
}

TEST(Augment, RefusesToThickenByMoreThanTwoPixels) {
  const auto error = [](double pixels) {
    return error_of<std::invalid_argument>([&] { (void)thicken(Tensor{{1}}, pixels); });
  };
  EXPECT_EQ(error(2.5), "nn::thicken: pixels is 2.5, expected -2 to 2");
  EXPECT_EQ(error(-3), "nn::thicken: pixels is -3, expected -2 to 2");
  EXPECT_EQ(error(NAN), "nn::thicken: pixels is nan, expected -2 to 2");
}

TEST(Augment, RefusesTensorsThatAreNotImages) {
  EXPECT_EQ(
      error_of<std::invalid_argument>(
          [] { (void)Augment{modest}(Tensor{Shape{2, 785}}, Random{1}); }),
      "nn::Augment: rows of 785 values are not square images, expected the shape (B, C, H, W)");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)warp(Tensor{1, 2, 3, 4}, {}); }),
      "nn::warp: images have shape (4), expected (B, C, H, W), or (B, H·H) for square images");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)thicken(Tensor{Shape{2, 5}}, 1); }),
            "nn::thicken: rows of 5 values are not square images, expected the shape (B, C, H, W)");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)warp(Tensor{Shape{1, 9}}, {}, Tensor{Shape{2, 4, 4}}); }),
            "nn::warp: displacement has shape (2, 4, 4), expected (2, 3, 3)");
}

}  // namespace
