// nn.images: extents, and a batch in the interleaved layout, there and back.

#include <gtest/gtest.h>

#include <cstddef>
#include <numeric>
#include <stdexcept>

import nn.images;
import nn.tensor;
import nn.test;
import nn.vector;

namespace {

using nn::InterleavedImages;
using nn::lanes;
using nn::real;
using nn::Shape;
using nn::Tensor;

TEST(Extent, IsAHeightAndAWidth) {
  constexpr nn::Extent extent{2, 3};
  EXPECT_EQ(extent.height, 2U);
  EXPECT_EQ(extent.width, 3U);
  EXPECT_EQ(extent.area(), 6U);
  EXPECT_EQ(to_string(extent), "2×3");
  EXPECT_EQ(nn::Extent{3}, (nn::Extent{3, 3}));
  EXPECT_NE(extent, (nn::Extent{3, 2}));
}

/// A batch whose values are all different: 1, 2, 3, …
Tensor counted(const Shape& shape) {
  Tensor tensor{shape};
  std::iota(tensor.values().begin(), tensor.values().end(), real{1});
  return tensor;
}

TEST(Images, HoldTheSamePixelOfSeveralImagesInNeighboringPlaces) {
  const Tensor tensor = counted(Shape{lanes + 2, 2, 3, 5});
  const InterleavedImages images{tensor};
  ASSERT_EQ(images.groups(), 2U);
  EXPECT_EQ(images.count(), lanes + 2);
  EXPECT_EQ(images.sample(), (Shape{2, 3, 5}));
  EXPECT_EQ(images.shape(), tensor.shape());
  const std::size_t pixel = (1 * 3 + 2) * 5 + 4;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    EXPECT_EQ(images.group(0)[pixel * lanes + lane], tensor(lane, 1, 2, 4));
  }
  EXPECT_EQ(images.group(1)[pixel * lanes + 1], tensor(lanes + 1, 1, 2, 4));
}

TEST(Images, LeaveZerosInLanesWithoutAnImage) {
  const InterleavedImages images{counted(Shape{1, 1, 2, 2})};
  for (std::size_t pixel = 0; pixel < 4; ++pixel) {
    for (std::size_t lane = 1; lane < lanes; ++lane) {
      EXPECT_EQ(images.group(0)[pixel * lanes + lane], 0);
    }
  }
}

TEST(Images, ConvertBackUnchanged) {
  for (const std::size_t count : {std::size_t{1}, lanes - 1, lanes, lanes + 1, 3 * lanes + 2}) {
    for (const std::size_t width : {std::size_t{1}, std::size_t{7}, lanes, 2 * lanes + 3}) {
      const Tensor tensor = counted(Shape{count, 2, 3, width});
      EXPECT_EQ(Tensor{InterleavedImages{tensor}}, tensor)
          << count << " images, " << width << " wide";
    }
  }
}

TEST(Images, OfNothingAreAnEmptyTensor) {
  EXPECT_TRUE(Tensor{InterleavedImages{}}.empty());
  EXPECT_EQ(InterleavedImages{}.shape(), Shape{});
}

TEST(Images, RefuseAnyNumberOfAxesButFour) {
  const Tensor matrix{{1, 2}};
  EXPECT_EQ(nn::test::error_of<std::invalid_argument>([&] { (void)InterleavedImages{matrix}; }),
            "nn::InterleavedImages: the tensor has shape (1, 2), expected (B, C, H, W)");
}

TEST(Images, ClearTheLanesThatHoldNone) {
  InterleavedImages images{counted(Shape{lanes + 1, 1, 2, 2})};
  images.values().fill(5);
  images.clear_spare_lanes();
  for (std::size_t pixel = 0; pixel < 4; ++pixel) {
    EXPECT_EQ(images.group(0)[pixel * lanes + lanes - 1], 5);
    EXPECT_EQ(images.group(1)[pixel * lanes], 5);
    for (std::size_t lane = 1; lane < lanes; ++lane) {
      EXPECT_EQ(images.group(1)[pixel * lanes + lane], 0);
    }
  }
}

TEST(Images, AreFewIfTheyFillAQuarterOfAVector) {
  EXPECT_EQ(nn::are_few_images(counted(Shape{1, 1, 2, 2})), lanes >= 4);
  EXPECT_FALSE(nn::are_few_images(counted(Shape{lanes / 4 + 1, 1, 2, 2})));
  EXPECT_FALSE(nn::are_few_images(counted(Shape{1, 4})));
}

}  // namespace
