// nn.dropout: how much is dropped, that the mean stays, and that masks are the same everywhere.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <variant>
#include <vector>

import nn.backprop;
import nn.dense;
import nn.dropout;
import nn.images;
import nn.initializers;
import nn.layer;
import nn.parallel;
import nn.random;
import nn.tensor;
import nn.test;

namespace {

using nn::Dropout;
using nn::Random;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;
using nn::test::gradient_tolerance;

static_assert(nn::ImageLayer<Dropout>);

Tensor ones(const Shape& shape) {
  Tensor tensor{shape};
  std::ranges::fill(tensor.values(), real{1});
  return tensor;
}

Dropout dropout(double rate, std::uint64_t seed = 1) {
  Random random{seed};
  return Dropout{rate, random};
}

TEST(Dropout, LeavesOutItsFractionAndScalesTheRest) {
  constexpr std::size_t size = 100'000;
  for (const double rate : {0.1, 0.25, 0.5, 0.9}) {
    const Tensor y = dropout(rate).forward(ones(Shape{10, size / 10}));
    const auto kept = static_cast<real>(1 / (1 - rate));
    const auto zeros = std::ranges::count(y.values(), real{0});
    // Six standard deviations of a count: √(n p (1 − p)).
    EXPECT_NEAR(static_cast<double>(zeros), rate * size, 6 * std::sqrt(size * rate * (1 - rate)));
    for (const real value : y.values()) {
      if (value != 0) {
        EXPECT_NEAR(value, kept, 1e-3 * kept);
      }
    }
  }
}

TEST(Dropout, OfRateNoneIsTheIdentity) {
  const Tensor x{{1, -2, 3}};
  EXPECT_EQ(dropout(0).forward(x), x);
}

TEST(Dropout, LeavesNothingOutInInference) {
  const Tensor x{{1, -2, 3}};
  EXPECT_EQ(dropout(0.5).predict(x), x);
}

TEST(Dropout, HasTheSameMaskBackward) {
  Dropout layer = dropout(0.5);
  const Tensor x = ones(Shape{7, 13});
  const Tensor y = layer.forward(x);
  EXPECT_EQ(layer.backward(x), y);
}

TEST(Dropout, HasAnotherMaskAtEveryPassAndForEverySeed) {
  const Tensor x = ones(Shape{10, 100});
  Dropout layer = dropout(0.5);
  const Tensor first = layer.forward(x);
  EXPECT_NE(layer.forward(x), first);
  EXPECT_NE(dropout(0.5, 2).forward(x), first);
  EXPECT_EQ(dropout(0.5).forward(x), first);
  Random random{1};
  Dropout one{0.5, random};
  Dropout two{0.5, random};
  EXPECT_NE(one.forward(x), two.forward(x));
}

TEST(Dropout, DoesNotDependOnThreadsNorOnTheLayoutOfImages) {
  const Tensor x = ones(Shape{19, 3, 5, 7});
  const Tensor y = dropout(0.3).forward(x);
  const std::size_t before = nn::threads();
  for (const std::size_t threads : {1U, 3U}) {
    nn::set_threads(threads);
    EXPECT_EQ(dropout(0.3).forward(x), y);
    Dropout layer = dropout(0.3);
    EXPECT_EQ(Tensor{layer.forward(nn::InterleavedImages{x})}, y);
    EXPECT_EQ(Tensor{layer.backward(nn::InterleavedImages{x})}, y);
  }
  nn::set_threads(before);
}

TEST(Dropout, PassesTheGradientCheckInANetwork) {
  Random random{3};
  nn::Sequential network{nn::Dense{5, 8, nn::He{random}}, Dropout{0.4, random},
                         nn::Dense{8, 2, nn::He{random}}};
  EXPECT_LT(nn::check_gradients(network, nn::test::noise(Shape{2, 5})).worst(), gradient_tolerance);
}

// A restored state resumes the masks where they stopped.
TEST(Dropout, ExposesWhatItsMasksDependOn) {
  const Tensor x = ones(Shape{10, 100});
  Dropout layer = dropout(0.5);
  (void)layer.forward(x);
  Dropout other = dropout(0.5, 2);
  const std::vector<nn::State> from = layer.state();
  const std::vector<nn::State> to = other.state();
  ASSERT_EQ(from.size(), 2U);
  EXPECT_EQ(from[0].name, "passes");
  EXPECT_EQ(from[1].name, "random");
  EXPECT_EQ(std::get<std::span<std::uint64_t>>(from[1].value).size(), 3U);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::ranges::copy(std::get<std::span<std::uint64_t>>(from[i].value),
                      std::get<std::span<std::uint64_t>>(to[i].value).begin());
  }
  EXPECT_EQ(other.forward(x), layer.forward(x));
}

TEST(Dropout, RefusesRatesThatLeaveNothing) {
  Random random{1};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { Dropout(1, random); }),
            "nn::Dropout: rate is 1, expected at least 0 and below 1");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { Dropout(-0.5, random); }),
            "nn::Dropout: rate is -0.5, expected at least 0 and below 1");
  EXPECT_THROW(Dropout(std::numeric_limits<double>::quiet_NaN(), random), std::invalid_argument);
}

TEST(Dropout, RefusesAGradientOfAnotherShape) {
  Dropout layer = dropout(0.5);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{1}); }),
            "nn::Dropout: backward() was called before forward()");
  (void)layer.forward(Tensor{{1, 2}});
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{{1, 2, 3}}); }),
      "nn::Dropout: gradient has shape (1, 3), expected (1, 2), the shape of the last output");
}

}  // namespace
