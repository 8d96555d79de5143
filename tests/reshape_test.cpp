// nn.reshape: the same values in another shape, and back; errors.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

import nn.backprop;
import nn.dense;
import nn.reshape;
import nn.test;

namespace {

using nn::Flatten;
using nn::Reshape;
using nn::Shape;
using nn::Tensor;
using nn::test::error_of;
using nn::test::refusal;
using nn::test::whole_noise;

static_assert(nn::Layer<Reshape> && nn::Layer<Flatten>);

TEST(Reshape, KeepsTheOrderOfTheValues) {
  Reshape layer{1, 2, 3};
  const Tensor rows{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};
  const Tensor images = layer.forward(rows);
  EXPECT_EQ(images.shape(), (Shape{2, 1, 2, 3}));
  EXPECT_EQ(images(1, 0, 1, 0), 10);
  EXPECT_EQ(layer.predict(rows), images);
  EXPECT_EQ(layer.backward(images), rows);
}

TEST(Flatten, MakesRowsOfImages) {
  Flatten layer;
  const Tensor images = whole_noise(Shape{3, 2, 4, 5});
  const Tensor rows = layer.forward(images);
  EXPECT_EQ(rows.shape(), (Shape{3, 40}));
  EXPECT_EQ(rows(2, 25), images(2, 1, 1, 0));
  EXPECT_EQ(layer.predict(images), rows);
  EXPECT_EQ(layer.backward(rows), images);
}

TEST(Flatten, UndoesReshape) {
  nn::Sequential network{Reshape{2, 3}, Flatten{}};
  const Tensor x = whole_noise(Shape{4, 6});
  EXPECT_EQ(network.forward(x), x);
  EXPECT_EQ(network.backward(x), x);
}

TEST(Reshape, SaysWhatItIs) {
  EXPECT_EQ((Reshape{1, 28, 28}.name()), "Reshape to (1, 28, 28)");
  EXPECT_EQ((Reshape{1, 28, 28}.output_shape(Shape{784})), (Shape{1, 28, 28}));
  EXPECT_EQ((Reshape{1, 28, 28}.output_shape(Shape{})), (Shape{1, 28, 28}));
  EXPECT_EQ((Reshape{Shape{4, 4}}.output_shape(Shape{2, 8})), (Shape{4, 4}));
  EXPECT_EQ((Reshape{2, 3}.sample()), (Shape{2, 3}));
  EXPECT_TRUE(Reshape{4}.parameters().empty());
  EXPECT_EQ(Flatten{}.name(), "Flatten");
  EXPECT_EQ(Flatten{}.output_shape(Shape{8, 12, 12}), Shape{1152});
  EXPECT_EQ(Flatten{}.output_shape(Shape{}), Shape{});
  EXPECT_TRUE(Flatten{}.parameters().empty());
}

TEST(Reshape, RefusesAShapeThatNoSampleHas) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{1, 2, 3, 4}; }),
            "nn::Reshape: sample has shape (1, 2, 3, 4), expected 1 to 3 axes");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{Shape{}}; }),
            "nn::Reshape: sample has shape (), expected 1 to 3 axes");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{2, 0}; }),
            "nn::Shape: axis 1 has length 0, expected at least 1");
}

TEST(Reshape, RefusesSamplesOfAnotherSize) {
  EXPECT_EQ(refusal(Reshape{2, 3}, Shape{4, 5}), "nn::Reshape: samples have 5 values, expected 6");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)Reshape{2, 3}.output_shape(Shape{5}); }),
            "expects 6 values");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)nn::Sequential{nn::Dense{1, 5}, Reshape{2, 3}}; }),
      "nn::Sequential: layer 2 (Reshape to (2, 3)) expects 6 values; layer 1 gives 5");
}

TEST(Reshape, RefusesAGradientOfAnotherSize) {
  const Shape gradient{1, 1, 1, 2};
  const auto of_reshape = nn::test::gradient_refusals(Reshape{2, 3}, Shape{4, 6}, gradient);
  EXPECT_EQ(of_reshape.before, "nn::Reshape: backward() was called before forward()");
  EXPECT_EQ(of_reshape.after,
            "nn::Reshape: gradient has shape (1, 1, 1, 2), expected as many values as the last "
            "input, of shape (4, 6)");
  const auto of_flatten = nn::test::gradient_refusals(Flatten{}, Shape{4, 2, 3}, gradient);
  EXPECT_EQ(of_flatten.before, "nn::Flatten: backward() was called before forward()");
  EXPECT_EQ(of_flatten.after,
            "nn::Flatten: gradient has shape (1, 1, 1, 2), expected as many values as the last "
            "input, of shape (4, 2, 3)");
}

TEST(Flatten, StaysAsItWasWhenItRefusesItsInput) {
  Flatten layer;
  (void)layer.forward(Tensor{Shape{1, 2, 3}});
  EXPECT_EQ(refusal(layer, Shape{}), "nn::Flatten: input is empty");
  EXPECT_THROW((void)layer.forward(Tensor{}), std::invalid_argument);
  EXPECT_EQ(layer.backward(Tensor{Shape{1, 6}}).shape(), (Shape{1, 2, 3}));
}

}  // namespace
