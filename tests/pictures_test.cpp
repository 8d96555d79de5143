// nn.pictures: digits prepared like MNIST's. picture_files_test.cpp has the files they come from.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

import nn.pictures;
import nn.tensor;
import nn.test;

namespace {

using nn::Picture;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

// ------------------------------------------------------------------------------------- to_mnist

Picture inverted(Picture picture) {
  for (real& value : picture.brightness.values()) value = 1 - value;
  return picture;
}

/// The same picture with each pixel `factor` by `factor` times.
Picture enlarged(const Picture& picture, std::size_t factor) {
  const Tensor& old = picture.brightness;
  Tensor large{Shape{old.shape()[0] * factor, old.shape()[1] * factor}};
  for (std::size_t y = 0; y < large.shape()[0]; ++y) {
    for (std::size_t x = 0; x < large.shape()[1]; ++x) large(y, x) = old(y / factor, x / factor);
  }
  return {large};
}

/// The same picture at another place of a larger sheet.
Picture moved(const Picture& picture, std::size_t down, std::size_t right) {
  const Tensor& old = picture.brightness;
  Tensor sheet{Shape{100, 80}};
  for (std::size_t y = 0; y < old.shape()[0]; ++y) {
    for (std::size_t x = 0; x < old.shape()[1]; ++x) sheet(y + down, x + right) = old(y, x);
  }
  return {sheet};
}

/// A dark bar on white paper.
Picture bar(const Shape& paper, std::size_t top, std::size_t left, const Shape& ink) {
  Tensor tensor{paper, 1};
  for (std::size_t y = top; y < top + ink[0]; ++y) {
    for (std::size_t x = left; x < left + ink[1]; ++x) tensor(y, x) = real(0.25);
  }
  return {tensor};
}

/// The value at a row and a column of what to_mnist() gives.
real at(const Tensor& digit, std::size_t y, std::size_t x) { return digit(0, 28 * y + x); }

/// Expects a block of ink 1 and paper 0 around it.
void expect_block(const Tensor& digit, std::size_t top, std::size_t left, const Shape& ink) {
  ASSERT_EQ(digit.shape(), (Shape{1, 784}));
  for (std::size_t y = 0; y < 28; ++y) {
    for (std::size_t x = 0; x < 28; ++x) {
      const bool inside = y >= top && y < top + ink[0] && x >= left && x < left + ink[1];
      EXPECT_NEAR(at(digit, y, x), inside ? 1 : 0, 1e-5) << "row " << y << ", column " << x;
    }
  }
}

// A bar of 40 × 10 becomes one of 20 × 5. Its center is that of its rows 9 and 10 of 0 to 19, 9.5,
// and of its column 2: the first row goes to 4, which puts 9.5 at 13.5, and column 2 to 14.
TEST(ToMnist, ByHand) {
  const Picture dark = bar(Shape{60, 90}, 3, 70, Shape{40, 10});
  expect_block(nn::to_mnist(dark), 4, 12, Shape{20, 5});
  expect_block(nn::to_mnist(inverted(dark)), 4, 12, Shape{20, 5});
}

TEST(ToMnist, CentersByMassUnlessThatWouldCutTheBox) {
  Picture corner = bar(Shape{30, 30}, 5, 5, Shape{20, 2});  // an L: its mass is to the left, below
  for (std::size_t x = 5; x < 25; ++x) corner.brightness(24, x) = corner.brightness(23, x) = 0;
  for (std::size_t y = 5; y < 25; ++y) corner.brightness(y, 5) = corner.brightness(y, 6) = 0;
  const Tensor digit = nn::to_mnist(corner);
  EXPECT_EQ(at(digit, 0, 8), 1);    // the top, which would stand out above the first row
  EXPECT_EQ(at(digit, 19, 27), 1);  // the end of the foot
  EXPECT_EQ(at(digit, 0, 10), 0);
}

TEST(ToMnist, AveragesWhereItShrinksAndInterpolatesWhereItEnlarges) {
  Picture stripes{Tensor{Shape{44, 44}, 1}};
  for (std::size_t y = 2; y < 42; y += 4) {  // 20 rows of 2: dark, light, dark, light …
    for (std::size_t x = 2; x < 42; ++x) {
      stripes.brightness(y, x) = stripes.brightness(y + 1, x) = 0;
    }
  }
  for (std::size_t y = 2; y < 42; ++y) stripes.brightness(y, 41) = 0;  // the box is 40 × 40
  const Tensor small = nn::to_mnist(stripes);
  std::size_t pale = 0;
  for (const real value : small.values()) pale += std::abs(value - real(0.5)) < 1e-5 ? 1U : 0U;
  EXPECT_EQ(pale, 10U);  // of the last column each second pixel is half ink

  Picture two{Tensor{Shape{4, 4}, 1}};
  two.brightness(1, 1) = 0;
  two.brightness(2, 1) = real(0.5);
  const Tensor large = nn::to_mnist(two);  // 20 rows from ink 1 to ink 0.5, ten columns wide
  const std::size_t left = 9;
  std::size_t top = 0;
  while (at(large, top, left) == 0) ++top;
  EXPECT_EQ(at(large, top, left - 1), 0);
  EXPECT_EQ(at(large, top, left + 9), 1);
  EXPECT_NEAR(at(large, top + 5, left), 0.975, 1e-5);  // a fortieth of a pixel behind the first
  EXPECT_NEAR(at(large, top + 10, left), 0.725, 1e-5);
  EXPECT_NEAR(at(large, top + 19, left), 0.5, 1e-5);
}

TEST(ToMnist, TakesAnyShape) {
  const Picture line = bar(Shape{1, 1000}, 0, 100, Shape{1, 300});
  expect_block(nn::to_mnist(line), 14, 4, Shape{1, 20});
  const Picture upright = bar(Shape{1000, 1}, 100, 0, Shape{300, 1});
  expect_block(nn::to_mnist(upright), 4, 14, Shape{20, 1});
  expect_block(nn::to_mnist(bar(Shape{3, 3}, 1, 1, Shape{1, 1})), 4, 4, Shape{20, 20});
}

TEST(ToMnist, StrengthensThinLines) {
  const Tensor digit = nn::to_mnist(bar(Shape{900, 900}, 50, 450, Shape{800, 4}));
  EXPECT_EQ(std::ranges::max(digit.values()), 1);
}

TEST(ToMnist, RefusesAPictureWithoutInk) {
  const auto refusal = [](const Picture& picture) {
    return error_of<std::invalid_argument>([&] { (void)nn::to_mnist(picture); });
  };
  const std::string rest = ", and a difference below 0.1 from the edge's is none";
  for (const real shade : {real(0), real(0.5), real(1)}) {
    const std::string text = fmt::format("{:.2f}", shade);
    EXPECT_EQ(refusal({Tensor{Shape{20, 30}, shade}}),
              "nn::to_mnist: no ink: brightness is from " + text + " to " + text + rest);
  }
  EXPECT_EQ(refusal({Tensor{Shape{1, 1}, 1}}),
            "nn::to_mnist: no ink: brightness is from 1.00 to 1.00" + rest);
  Picture faint{Tensor{Shape{20, 30}, 1}};
  faint.brightness(10, 10) = real(0.91);
  EXPECT_EQ(refusal(faint), "nn::to_mnist: no ink: brightness is from 0.91 to 1.00" + rest);
  faint.brightness(10, 10) = real(0.89);
  EXPECT_EQ(refusal(faint), "");
}

TEST(ToMnist, RefusesATensorThatIsNotAPicture) {
  const auto refusal = [](const Tensor& tensor) {
    return error_of<std::invalid_argument>([&] { (void)nn::to_mnist({tensor}); });
  };
  EXPECT_EQ(refusal({}), "nn::to_mnist: brightness has shape (), expected 2 axes");
  EXPECT_EQ(refusal(Tensor{Shape{1, 28, 28}}),
            "nn::to_mnist: brightness has shape (1, 28, 28), expected 2 axes");
  EXPECT_EQ(refusal(Tensor{Shape{2, 2}, 2}), "nn::to_mnist: brightness is 2, expected 0 to 1");
  EXPECT_EQ(refusal(Tensor{Shape{2, 2}, std::numeric_limits<real>::quiet_NaN()}),
            "nn::to_mnist: brightness is nan, expected 0 to 1");
}

/// How many of the first test images of MNIST, changed, to_mnist() gives back; at the edge
/// of the box it may leave out ink up to 0.2.
template <class Change>
std::size_t given_back(std::size_t count, const Change& change) {
  const std::vector<Picture> images =
      nn::load_pictures(nn::test::mnist_folder() / "t10k-images-idx3-ubyte.gz");
  EXPECT_EQ(images.size(), 10'000U);
  std::size_t same = 0;
  for (const Picture& image : std::span{images}.first(count)) {
    const Tensor digit = nn::to_mnist(change(image));
    const auto is_near = [](real a, real b) {
      return std::abs(a - b) < (a == 0 ? real(0.201) : real(0.004));
    };
    same += std::ranges::equal(digit.values(), image.brightness.values(), is_near) ? 1U : 0U;
  }
  return same;
}

TEST(ToMnist, GivesMnistBack) {
  const auto moved_away = [](const Picture& image) { return moved(image, 60, 7); };
  const auto enlarged_and_inverted = [](const Picture& image) {
    return enlarged(inverted(image), 7);
  };
  EXPECT_GE(given_back(1'000, std::identity{}), 980U);
  EXPECT_GE(given_back(1'000, inverted), 980U);
  EXPECT_GE(given_back(250, moved_away), 245U);  // large pictures take longer
  EXPECT_GE(given_back(250, enlarged_and_inverted), 245U);
}

}  // namespace
