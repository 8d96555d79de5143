// nn.dense: a layer worked by hand, its gradients, PyTorch's values, its errors.

#include <gtest/gtest.h>

#include <stdexcept>

import nn.backprop;
import nn.dense;
import nn.layer;
import nn.tensor;
import nn.test;

namespace {

using nn::Tensor;
using nn::test::error_of;

// Two inputs, three outputs: y₁ = 1·1 + 2·4 + 0.1 = 9.1, and so on.
nn::Dense small_layer() {
  return nn::Dense{Tensor{{1, 2, 3}, {4, 5, 6}}, Tensor{0.1F, 0.2F, 0.3F}};
}

TEST(Dense, ForwardByHand) {
  nn::Dense layer = small_layer();
  const Tensor y = layer.forward(Tensor{{1, 2}, {0, -1}});
  const Tensor expected{{9.1F, 12.2F, 15.3F}, {-3.9F, -4.8F, -5.7F}};
  EXPECT_LT(nn::test::difference(y, expected), 1e-6);
}

TEST(Dense, PredictIsForward) {
  nn::Dense layer = small_layer();
  const Tensor x{{1, 2}, {0, -1}};
  EXPECT_EQ(layer.predict(x), layer.forward(x));
}

TEST(Dense, Gradients) {
  nn::Dense layer = small_layer();
  const double error = nn::check_gradients(layer, Tensor{{1, 2}, {0, -1}}).worst();
  EXPECT_LT(error, nn::test::in_double ? 1e-7 : 1e-2);
}

TEST(Dense, MatchesPyTorch) {
  const auto golden = [](const char* name) { return nn::test::golden("dense", name); };
  nn::Dense layer{golden("weight"), golden("bias")};
  const double tolerance = nn::test::tolerance;
  EXPECT_LT(nn::test::difference(layer.forward(golden("x")), golden("y")), tolerance);
  EXPECT_LT(nn::test::difference(layer.backward(golden("dy")), golden("dx")), tolerance);
  EXPECT_LT(nn::test::difference(layer.parameters()[0]->gradient, golden("dweight")), tolerance);
  EXPECT_LT(nn::test::difference(layer.parameters()[1]->gradient, golden("dbias")), tolerance);
}

TEST(Dense, RefusesOtherColumns) {
  nn::Dense layer = small_layer();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.forward(Tensor{{1, 2, 3, 4, 5}}); }),
            "nn::Dense: input has 5 columns, expected 2");
}

}  // namespace
