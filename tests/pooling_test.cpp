// nn.pooling: by hand, ties and overlaps, compared with PyTorch; shapes and errors.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

import nn.backprop;
import nn.pooling;
import nn.random;
import nn.test;

namespace {

using nn::AveragePool;
using nn::Extent;
using nn::GlobalAveragePool;
using nn::MaxPool;
using nn::real;
using nn::Shape;
using nn::Tensor;
using nn::test::difference;
using nn::test::error_of;
using nn::test::golden;
using nn::test::gradient_tolerance;
using nn::test::noise;
using nn::test::refusal;
using nn::test::tolerance;
using nn::test::whole_noise;

static_assert(nn::Layer<MaxPool> && nn::Layer<AveragePool>);
static_assert(nn::ImageReader<GlobalAveragePool> && !nn::ImageLayer<GlobalAveragePool>);
static_assert(!nn::ImageReader<MaxPool>);

/// One image of one channel.
Tensor image(const Tensor& rows) { return rows.reshaped(Shape{1, 1, rows.rows(), rows.columns()}); }

TEST(MaxPool, ByHand) {
  MaxPool layer{2};
  const Tensor x = image(Tensor{{1, 5, 2, 0}, {3, 4, 8, 6}, {-1, -2, 0, 0}, {-3, -4, 0, 7}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{5, 8}, {-1, 7}}));
  EXPECT_EQ(layer.backward(image(Tensor{{10, 20}, {30, 40}})),
            image(Tensor{{0, 10, 0, 0}, {0, 0, 20, 0}, {30, 0, 0, 0}, {0, 0, 0, 40}}));
}

TEST(AveragePool, ByHand) {
  AveragePool layer{2};
  const Tensor x = image(Tensor{{1, 5, 2, 0}, {3, 3, 8, 6}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{3, 4}}));
  EXPECT_EQ(layer.backward(image(Tensor{{4, 8}})), image(Tensor{{1, 1, 2, 2}, {1, 1, 2, 2}}));
}

// Chapter 8's loops: the first of the largest values in each window is the output, and gets the
// gradient.
TEST(MaxPool, IsThePlainLoops) {
  const Shape shape{3, 2, 7, 6};
  const Tensor x = whole_noise(shape, 1);
  MaxPool layer{2};
  const Tensor y = layer.forward(x);
  ASSERT_EQ(y.shape(), (Shape{3, 2, 3, 3}));
  const Tensor dy = whole_noise(y.shape(), 2);
  Tensor plain_y{y.shape()};
  Tensor plain_dx{shape};
  for (std::size_t b = 0; b < 3; ++b)
    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) {
          std::size_t row = 2 * i;
          std::size_t column = 2 * j;
          for (std::size_t r = 2 * i; r < 2 * i + 2; ++r)
            for (std::size_t q = 2 * j; q < 2 * j + 2; ++q)
              if (x(b, c, r, q) > x(b, c, row, column)) {
                row = r;
                column = q;
              }
          plain_y(b, c, i, j) = x(b, c, row, column);
          plain_dx(b, c, row, column) = dy(b, c, i, j);
        }
  EXPECT_EQ(y, plain_y);
  EXPECT_EQ(layer.predict(x), plain_y);
  EXPECT_EQ(layer.backward(dy), plain_dx);
}

TEST(MaxPool, GivesTheGradientOfATieToTheFirst) {
  MaxPool layer{2};
  const Tensor x = image(Tensor{{0, 0, 1, 3}, {0, 0, 3, 3}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{0, 3}}));
  EXPECT_EQ(layer.backward(image(Tensor{{7, 9}})), image(Tensor{{7, 0, 0, 9}, {0, 0, 0, 0}}));
}

// If windows overlap, one value may be the maximum of several and then gets all their gradients.
TEST(MaxPool, AddsUpGradientsWhereWindowsOverlap) {
  MaxPool layer{{.window = 2, .stride = 1}};
  const Tensor x = image(Tensor{{1, 2, 3}, {4, 9, 5}, {6, 7, 8}});
  EXPECT_EQ(layer.forward(x), image(Tensor{{9, 9}, {9, 9}}));
  EXPECT_EQ(layer.backward(image(Tensor{{1, 2}, {3, 4}})),
            image(Tensor{{0, 0, 0}, {0, 10, 0}, {0, 0, 0}}));
}

TEST(AveragePool, AddsUpGradientsWhereWindowsOverlap) {
  AveragePool layer{{.window = 2, .stride = 1}};
  EXPECT_EQ(layer.forward(image(Tensor{{4, 0, 8}, {0, 4, 0}})), image(Tensor{{2, 3}}));
  EXPECT_EQ(layer.backward(image(Tensor{{4, 8}})), image(Tensor{{1, 3, 2}, {1, 3, 2}}));
}

// Rows and columns that no whole window covers are left out, and get no gradient.
TEST(Pooling, LeavesOutWhatNoWholeWindowCovers) {
  const Tensor x = image(Tensor{{1, 2, 99}, {3, 4, 99}, {99, 99, 99}});
  MaxPool max{2};
  EXPECT_EQ(max.forward(x), image(Tensor{{4}}));
  EXPECT_EQ(max.backward(image(Tensor{{5}})), image(Tensor{{0, 0, 0}, {0, 5, 0}, {0, 0, 0}}));
  AveragePool average{2};
  EXPECT_EQ(average.forward(x), image(Tensor{{2.5}}));
  EXPECT_EQ(average.backward(image(Tensor{{4}})), image(Tensor{{1, 1, 0}, {1, 1, 0}, {0, 0, 0}}));
}

// A stride wider than the window skips values in between.
TEST(Pooling, MaySkipValues) {
  const Tensor x = image(Tensor{{1, 9, 2, 9, 3, 9}});
  MaxPool layer{{.window = 1, .stride = {1, 2}}};
  EXPECT_EQ(layer.forward(x), image(Tensor{{1, 2, 3}}));
  EXPECT_EQ(layer.backward(image(Tensor{{4, 5, 6}})), image(Tensor{{4, 0, 5, 0, 6, 0}}));
}

TEST(Pooling, KeepsChannelsAndImagesApart) {
  const Tensor x = whole_noise(Shape{3, 4, 6, 6});
  const Tensor y = MaxPool{2}.predict(x);
  for (std::size_t b = 0; b < 3; ++b) {
    for (std::size_t c = 0; c < 4; ++c) {
      const real of_corner = std::max({x(b, c, 4, 4), x(b, c, 4, 5), x(b, c, 5, 4), x(b, c, 5, 5)});
      EXPECT_EQ(y(b, c, 2, 2), of_corner);
    }
  }
}

// Windows of 2 × 2 have their own loop; those of 3 × 3 must not use it.
TEST(Pooling, TakesSquareWindowsOfThree) {
  const Tensor x = image(Tensor{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  MaxPool max{3};
  EXPECT_EQ(max.forward(x), image(Tensor{{9}}));
  EXPECT_EQ(max.backward(image(Tensor{{2}})), image(Tensor{{0, 0, 0}, {0, 0, 0}, {0, 0, 2}}));
  AveragePool average{3};
  EXPECT_LT(difference(average.forward(x), image(Tensor{{5}})), tolerance);
  EXPECT_LT(difference(average.backward(image(Tensor{{9}})), Tensor{Shape{1, 1, 3, 3}, real{1}}),
            tolerance);
}

// Between two training steps it may predict other images. It must find their maxima instead of
// using the places from training, and must not change those.
TEST(MaxPool, PredictsWithoutTheMaximaOfTraining) {
  const Tensor trained = image(Tensor{{9, 0}, {0, 0}});
  const Tensor used = image(Tensor{{0, 0}, {0, 5}});
  MaxPool layer{2};
  (void)layer.forward(trained);
  EXPECT_EQ(layer.predict(used), image(Tensor{{5}}));
  EXPECT_EQ(layer.backward(image(Tensor{{1}})), image(Tensor{{1, 0}, {0, 0}}));
  EXPECT_EQ(layer.predict(whole_noise(Shape{3, 2, 4, 4})).shape(), (Shape{3, 2, 2, 2}));
}

TEST(MaxPool, KeepsANan) {
  const real nan = std::numeric_limits<real>::quiet_NaN();
  const Tensor x = image(Tensor{{nan, 1, 1, 2}, {2, 3, nan, 3}});
  const Tensor y = MaxPool{2}.predict(x);
  EXPECT_TRUE(std::isnan(y(0, 0, 0, 0)));
  EXPECT_TRUE(std::isnan(y(0, 0, 0, 1)));
}

TEST(MaxPool, StaysAsItWasWhenItRefusesAnImage) {
  MaxPool layer{2};
  (void)layer.forward(Tensor{Shape{1, 1, 4, 4}});
  EXPECT_THROW((void)layer.forward(Tensor{Shape{1, 1, 1, 1}}), std::invalid_argument);
  EXPECT_EQ(layer.backward(Tensor{Shape{1, 1, 2, 2}}).shape(), (Shape{1, 1, 4, 4}));
}

// What both kinds of pooling have in common.
template <class L>
class EveryPooling : public testing::Test {
 public:
  static constexpr bool is_max = std::same_as<L, MaxPool>;
  static inline const std::string type = is_max ? "MaxPool" : "AveragePool";
};

using Poolings = testing::Types<MaxPool, AveragePool>;
TYPED_TEST_SUITE(EveryPooling, Poolings);

TYPED_TEST(EveryPooling, MatchesPyTorch) {
  const std::string kind = this->is_max ? "max" : "average";
  const std::vector<std::pair<std::string, nn::PoolOptions>> options{
      {"_2x2", {.window = 2}},
      {"_2x3_stride1x2", {.window = {2, 3}, .stride = {1, 2}}},
      {"_1x2_stride3x3", {.window = {1, 2}, .stride = 3}}};
  for (const auto& [suffix, option] : options) {
    SCOPED_TRACE(suffix);
    TypeParam layer{option};
    const auto value = [&](const char* what) {
      return golden("convolution", kind + suffix + what);
    };
    EXPECT_LT(difference(layer.forward(golden("convolution", "x")), value("_y")), tolerance);
    EXPECT_LT(difference(layer.backward(value("_dy")), value("_dx")), tolerance);
  }
}

/// Numbers that all differ by at least a tenth, so that a step of the gradient check does not
/// change which is the maximum.
Tensor distinct(const Shape& shape) {
  Tensor tensor{shape};
  const auto order = nn::Random{1}.permutation(tensor.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    tensor.values()[i] = static_cast<real>(order[i]) / 10;
  }
  return tensor;
}

TYPED_TEST(EveryPooling, HasTheRightGradient) {
  const std::vector<nn::PoolOptions> options{
      {.window = 2}, {.window = {2, 3}, .stride = 1}, {.window = 1, .stride = 2}};
  for (const nn::PoolOptions& option : options) {
    TypeParam layer{option};
    EXPECT_LT(nn::check_gradients(layer, distinct(Shape{2, 2, 5, 7})).worst(), gradient_tolerance);
  }
}

TYPED_TEST(EveryPooling, PredictsWhatForwardGives) {
  TypeParam layer{{.window = {3, 2}, .stride = {1, 2}}};
  const Tensor x = noise(Shape{3, 2, 7, 8});
  EXPECT_EQ(layer.predict(x), layer.forward(x));
}

TYPED_TEST(EveryPooling, HasTheSameBitsOnAnyNumberOfThreads) {
  TypeParam layer{{.window = 3, .stride = 1}};
  const Tensor x = noise(Shape{20, 2, 10, 10}, 1);
  const Tensor dy = noise(Shape{20, 2, 8, 8}, 2);
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    Tensor y = layer.forward(x);
    return std::vector<Tensor>{std::move(y), layer.backward(dy)};
  }));
}

TYPED_TEST(EveryPooling, SaysWhatItIs) {
  EXPECT_EQ(TypeParam{2}.name(), this->type + " 2×2");
  EXPECT_EQ((TypeParam{{.window = {2, 3}, .stride = 2}}.name()), this->type + " 2×3 stride 2×2");
  EXPECT_EQ((TypeParam{{.window = 3, .stride = 3}}.name()), this->type + " 3×3");
  EXPECT_EQ(TypeParam{2}.output_shape(Shape{8, 25, 24}), (Shape{8, 12, 12}));
  EXPECT_EQ(TypeParam{2}.output_shape(Shape{}), Shape{});
  EXPECT_TRUE(TypeParam{2}.parameters().empty());
}

TYPED_TEST(EveryPooling, KnowsWhatItWasMadeWith) {
  const TypeParam layer{{.window = {2, 3}, .stride = {1, 0}}};
  EXPECT_EQ(layer.window(), (Extent{2, 3}));
  EXPECT_EQ(layer.stride(), (Extent{1, 3}));  // 0 means the window's own
}

TYPED_TEST(EveryPooling, RefusesWhatItCannotPool) {
  const std::string layer = "nn::" + this->type;
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)TypeParam{0}; }),
            layer + ": window is 0×0, expected at least 1×1");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)TypeParam{{.window = {2, 0}}}; }),
            layer + ": window is 2×0, expected at least 1×1");
  EXPECT_EQ(refusal(TypeParam{2}, Shape{2, 784}),
            "nn::InterleavedImages: the tensor has shape (2, 784), expected (B, C, H, W)");
  EXPECT_EQ(refusal(TypeParam{3}, Shape{2, 1, 28, 2}),
            layer + ": expects images of at least 3×3; the input has shape (1, 28, 2)");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)TypeParam{2}.output_shape(Shape{784}); }),
            "expects images of shape (C, H, W)");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)TypeParam{2}.predict(nn::InterleavedImages{}); }),
      layer + ": input is empty");
  const auto [before, after] =
      nn::test::gradient_refusals(TypeParam{2}, Shape{2, 3, 5, 4}, Shape{1, 1, 1, 2});
  EXPECT_EQ(before, layer + ": backward() was called before forward()");
  EXPECT_EQ(
      after,
      layer +
          ": gradient has shape (1, 1, 1, 2), expected (2, 3, 2, 2), the shape of the last output");
}

// ------------------------------------------------------------------------- global average pooling

TEST(GlobalAveragePool, ByHand) {
  GlobalAveragePool layer;
  const Tensor x = Tensor{{1, 2, 3, 6, 0, 0, 0, 8}}.reshaped(Shape{1, 2, 2, 2});
  EXPECT_EQ(layer.forward(x), (Tensor{{3, 2}}));
  EXPECT_EQ(layer.predict(x), (Tensor{{3, 2}}));
  EXPECT_EQ(layer.backward(Tensor{{4, 8}}),
            (Tensor{{1, 1, 1, 1, 2, 2, 2, 2}}.reshaped(Shape{1, 2, 2, 2})));
}

TEST(GlobalAveragePool, MatchesPyTorch) {
  GlobalAveragePool layer;
  const auto value = [](const char* what) { return golden("convolution", what); };
  EXPECT_LT(difference(layer.forward(value("x")), value("global_y")), tolerance);
  EXPECT_LT(difference(layer.backward(value("global_dy")), value("global_dx")), tolerance);
}

TEST(GlobalAveragePool, HasTheRightGradient) {
  GlobalAveragePool layer;
  EXPECT_LT(nn::check_gradients(layer, noise(Shape{3, 2, 3, 4})).worst(), gradient_tolerance);
}

// A window as large as the image does the same.
TEST(GlobalAveragePool, IsAnAveragePoolOverTheWholeImage) {
  for (const std::size_t count : {1U, 20U}) {
    const Tensor x = noise(Shape{count, 3, 5, 4});
    AveragePool window{Extent{5, 4}};
    EXPECT_LT(difference(GlobalAveragePool::predict(x).reshaped(Shape{count, 3, 1, 1}),
                         Tensor{window.predict(x)}),
              tolerance);
  }
}

TEST(GlobalAveragePool, PredictsOfFewImagesWhatItPredictsOfMany) {
  GlobalAveragePool layer;
  const Tensor x = noise(Shape{37, 3, 5, 4});
  const Tensor y = layer.forward(x);
  EXPECT_EQ(layer.predict(x), y);
  EXPECT_EQ(layer.predict(nn::InterleavedImages{x}), y);
  EXPECT_LT(difference(layer.predict(x.rows(36, 1)), y.rows(36, 1)), tolerance);
}

// Its network turns images into rows and, backward, rows into images, without tensors in between.
TEST(GlobalAveragePool, ReadsInterleavedImagesInANetwork) {
  nn::AnyLayer layer{GlobalAveragePool{}};
  const Tensor x = noise(Shape{20, 3, 5, 4});
  EXPECT_EQ(layer.forward(nn::InterleavedImages{x}).tensor(), GlobalAveragePool{}.forward(x));
  EXPECT_TRUE(layer.backward(noise(Shape{20, 3})).is_interleaved());
  EXPECT_EQ(layer.predict(x), GlobalAveragePool{}.predict(x));
}

TEST(GlobalAveragePool, HasTheSameBitsOnAnyNumberOfThreads) {
  GlobalAveragePool layer;
  const Tensor x = noise(Shape{100, 3, 5, 4}, 1);
  const Tensor dy = noise(Shape{100, 3}, 2);
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    Tensor y = layer.forward(x);
    return std::vector<Tensor>{std::move(y), layer.backward(dy)};
  }));
}

TEST(GlobalAveragePool, SaysWhatItIs) {
  EXPECT_EQ(GlobalAveragePool::name(), "GlobalAveragePool");
  EXPECT_EQ(GlobalAveragePool::output_shape(Shape{8, 25, 24}), Shape{8});
  EXPECT_EQ(GlobalAveragePool::output_shape(Shape{}), Shape{});
  EXPECT_TRUE(GlobalAveragePool{}.parameters().empty());
}

TEST(GlobalAveragePool, RefusesWhatItCannotPool) {
  EXPECT_EQ(refusal(GlobalAveragePool{}, Shape{2, 784}),
            "nn::InterleavedImages: the tensor has shape (2, 784), expected (B, C, H, W)");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)GlobalAveragePool::output_shape(Shape{784}); }),
      "expects images of shape (C, H, W)");
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)GlobalAveragePool::predict(nn::InterleavedImages{}); }),
            "nn::GlobalAveragePool: input is empty");
  const auto [before, after] =
      nn::test::gradient_refusals(GlobalAveragePool{}, Shape{2, 3, 5, 4}, Shape{2, 4});
  EXPECT_EQ(before, "nn::GlobalAveragePool: backward() was called before forward()");
  EXPECT_EQ(after,
            "nn::GlobalAveragePool: gradient has shape (2, 4), expected (2, 3), the shape of the "
            "last output");
}

}  // namespace
