// nn.images: a batch in the other order, there and back.

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <utility>

import nn.images;
import nn.tensor;
import nn.test;
import nn.vector;

namespace {

using nn::Images;
using nn::lanes;
using nn::real;
using nn::Shape;
using nn::Tensor;

/// A batch whose values are all different: 1, 2, 3, …
Tensor counted(const Shape& shape) {
  Tensor tensor{shape};
  std::iota(tensor.values().begin(), tensor.values().end(), real{1});
  return tensor;
}

TEST(Images, HoldTheSamePixelOfSeveralImagesSideBySide) {
  const Tensor tensor = counted(Shape{lanes + 2, 2, 3, 5});
  const Images images{tensor};
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
  const Images images{counted(Shape{1, 1, 2, 2})};
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
      EXPECT_EQ(Tensor{Images{tensor}}, tensor) << count << " images, " << width << " wide";
    }
  }
}

TEST(Images, OfNothingAreAnEmptyTensor) {
  EXPECT_TRUE(Tensor{Images{}}.empty());
  EXPECT_EQ(Images{}.shape(), Shape{});
}

TEST(Images, RefuseOtherThanFourAxes) {
  const Tensor matrix{{1, 2}};
  EXPECT_EQ(nn::test::error_of<std::invalid_argument>([&] { (void)Images{matrix}; }),
            "nn::Images: (1, 2) is not the shape of images, expected (B, C, H, W)");
}

TEST(Signal, HandsOverTheFormThatIsWanted) {
  const Tensor tensor = counted(Shape{3, 1, 4, 4});
  nn::Signal from_tensor{tensor};
  EXPECT_TRUE(from_tensor.is_images());
  EXPECT_EQ(std::move(from_tensor).images(), Images{tensor});
  nn::Signal from_images{Images{tensor}};
  EXPECT_TRUE(from_images.is_images());
  EXPECT_EQ(std::move(from_images).tensor(), tensor);
  const Tensor matrix{{1, 2}};
  EXPECT_FALSE(nn::Signal{matrix}.is_images());
}

}  // namespace
