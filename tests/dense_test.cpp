// nn.dense: a layer worked by hand, its gradients, PyTorch's values, its errors.

#include <gtest/gtest.h>

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

import nn.backprop;
import nn.dense;
import nn.layer;
import nn.tensor;
import nn.test;

namespace {

using nn::Shape;
using nn::Tensor;
using nn::test::error_of;

static_assert(nn::FirstLayer<nn::Dense>);

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

// With ∂C/∂Y = dy: ∂C/∂w(2, 1) = Σ_b x(b, 2) dy(b, 1) = 2·1 + (−1)·0 = 2, ∂C/∂b(1) = 1 + 0 = 1,
// ∂C/∂x(1, 1) = Σⱼ dy(1, j) w(1, j) = 1·1 + 0·2 + (−1)·3 = −2.
TEST(Dense, BackwardByHand) {
  nn::Dense layer = small_layer();
  (void)layer.forward(Tensor{{1, 2}, {0, -1}});
  const Tensor dx = layer.backward(Tensor{{1, 0, -1}, {0, 1, 2}});
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{1, 0, -1}, {2, -1, -4}}));
  EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{1, 1, 1}));
  EXPECT_EQ(dx, (Tensor{{-2, -2}, {8, 17}}));
}

// Section 1.4: y = 2 w should be 6, so ∂C/∂w = 2 (2 w − 6) · 2, and w moves half of the way to 3.
TEST(Dense, OneWeightLearns) {
  Tensor w{{1}};
  for (const nn::real expected : {2.0F, 2.5F, 2.75F, 2.875F}) {
    nn::Dense layer{w, Tensor{0}};
    const Tensor y = layer.forward(Tensor{{2}});
    (void)layer.backward(Tensor{{2 * (y(0, 0) - 6)}});
    w(0, 0) -= 0.0625F * layer.parameters()[0]->gradient(0, 0);
    EXPECT_EQ(w(0, 0), expected);
  }
}

// Section 1.6: ∂C/∂w(3, 1) = 0.5 · 1 + 1 · 0.5, one path for each sample, and
// ∂C/∂x(2, 1) = 0.5 · 0.5 + (−1)(−1), one path for each output.
TEST(Dense, AddsUpOverPaths) {
  nn::Dense layer{Tensor{{0.5, -1}, {1, 0}, {-2, 4}}, Tensor{0.25, 1}};
  EXPECT_EQ(layer.forward(Tensor{{2, -1, 0.5}, {0, 1, 1}}), (Tensor{{-0.75, 1}, {-0.75, 5}}));
  const Tensor dx = layer.backward(Tensor{{1, 0}, {0.5, -1}});
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{2, 0}, {-0.5, -1}, {1, -1}}));
  EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{1.5, -1}));
  EXPECT_EQ(dx, (Tensor{{0.5, 1, -2}, {1.25, 0.5, -5}}));
}

TEST(Dense, PredictIsForward) {
  nn::Dense layer = small_layer();
  const Tensor x{{1, 2}, {0, -1}};
  EXPECT_EQ(layer.predict(x), layer.forward(x));
}

// Between forward and backward, the network may be used for predictions.
TEST(Dense, PredictKeepsNothing) {
  nn::Dense layer = small_layer();
  (void)layer.forward(Tensor{{1, 2}});
  (void)layer.predict(Tensor{{30, 40}});
  (void)layer.backward(Tensor{{1, 0, 0}});
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{1, 0, 0}, {2, 0, 0}}));
}

TEST(Dense, Gradients) {
  nn::Dense layer = small_layer();
  const double error = nn::check_gradients(layer, Tensor{{1, 2}, {0, -1}}).worst();
  EXPECT_LT(error, nn::test::gradient_tolerance);
}

// The gradients of a new batch replace the old ones; they are not added to them.
TEST(Dense, ReplacesTheLastGradients) {
  nn::Dense layer = small_layer();
  (void)layer.forward(Tensor{{5, 6}});
  (void)layer.backward(Tensor{{7, 8, 9}});
  (void)layer.forward(Tensor{{1, 2}});
  (void)layer.backward(Tensor{{1, 0, 0}});
  EXPECT_EQ(layer.parameters()[0]->gradient, (Tensor{{1, 0, 0}, {2, 0, 0}}));
  EXPECT_EQ(layer.parameters()[1]->gradient, (Tensor{1, 0, 0}));
}

TEST(Dense, BackwardParametersLeavesOnlyTheInputOut) {
  const Tensor x = nn::test::noise(Shape{6, 5}, 1);
  const Tensor dy = nn::test::noise(Shape{6, 7}, 2);
  nn::Dense all{nn::test::noise(Shape{5, 7}, 3), nn::test::noise(Shape{7}, 4)};
  nn::Dense first = all;
  (void)all.forward(x);
  (void)first.forward(x);
  (void)all.backward(dy);
  first.backward_parameters(dy);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(first.parameters()[i]->gradient, all.parameters()[i]->gradient);
  }
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

TEST(Dense, MatchesPyTorchOnSequences) {
  const auto golden = [](const char* name) { return nn::test::golden("dense", name); };
  nn::Dense layer{golden("weight"), golden("bias")};
  const double tolerance = nn::test::tolerance;
  const Tensor x = golden("sequence_x");
  EXPECT_LT(nn::test::difference(layer.forward(x), golden("sequence_y")), tolerance);
  EXPECT_LT(nn::test::difference(layer.predict(x), golden("sequence_y")), tolerance);
  EXPECT_LT(nn::test::difference(layer.backward(golden("sequence_dy")), golden("sequence_dx")),
            tolerance);
  EXPECT_LT(nn::test::difference(layer.parameters()[0]->gradient, golden("sequence_dweight")),
            tolerance);
  EXPECT_LT(nn::test::difference(layer.parameters()[1]->gradient, golden("sequence_dbias")),
            tolerance);
}

// Every place of a sequence is a row.
TEST(Dense, TreatsPlacesAsRows) {
  const Tensor x = nn::test::noise(Shape{4, 6, 5}, 1);
  const Tensor dy = nn::test::noise(Shape{4, 6, 7}, 2);
  nn::Dense places{nn::test::noise(Shape{5, 7}, 3), nn::test::noise(Shape{7}, 4)};
  nn::Dense rows = places;
  EXPECT_EQ(places.forward(x), rows.forward(x.reshaped(Shape{24, 5})).reshaped(Shape{4, 6, 7}));
  EXPECT_EQ(places.backward(dy), rows.backward(dy.reshaped(Shape{24, 7})).reshaped(Shape{4, 6, 5}));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(places.parameters()[i]->gradient, rows.parameters()[i]->gradient);
  }
  EXPECT_LT(nn::check_gradients(places, nn::test::noise(Shape{2, 3, 5})).worst(),
            nn::test::gradient_tolerance);
}

TEST(Dense, HasTheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = nn::test::noise(Shape{100, 300}, 1);
  const Tensor dy = nn::test::noise(Shape{100, 50}, 2);
  nn::Dense layer{nn::test::noise(Shape{300, 50}, 3), nn::test::noise(Shape{50}, 4)};
  EXPECT_TRUE(nn::test::same_on_any_threads([&] {
    Tensor y = layer.forward(x);
    Tensor dx = layer.backward(dy);
    return std::vector{std::move(y), std::move(dx), layer.parameters()[0]->gradient,
                       layer.parameters()[1]->gradient};
  }));
}

TEST(Dense, StartsAsZeros) {
  nn::Dense layer{2, 3};
  EXPECT_EQ(layer.weights(), (Tensor{Shape{2, 3}}));
  EXPECT_EQ(layer.biases(), (Tensor{Shape{3}}));
  EXPECT_EQ(layer.predict(Tensor{{4, 5}}), (Tensor{{0, 0, 0}}));
}

TEST(Dense, HandsItsWeightsAndFanToAnInitializer) {
  std::vector<nn::Fan> fans;
  const nn::Dense layer{2, 3, [&](Tensor& weights, nn::Fan fan) {
                          fans.push_back(fan);
                          weights.fill(7);
                        }};
  ASSERT_EQ(fans.size(), 1U);
  EXPECT_EQ(fans[0].in, 2U);
  EXPECT_EQ(fans[0].out, 3U);
  EXPECT_EQ(layer.weights(), (Tensor{{7, 7, 7}, {7, 7, 7}}));
  EXPECT_EQ(layer.biases(), (Tensor{0, 0, 0}));
}

TEST(Dense, SaysWhatItIs) {
  nn::Dense layer{784, 256};
  EXPECT_EQ(layer.name(), "Dense 784→256");
  EXPECT_EQ(layer.inputs(), 784U);
  EXPECT_EQ(layer.outputs(), 256U);
  EXPECT_EQ(layer.output_shape(Shape{784}), Shape{256});
  EXPECT_EQ(layer.output_shape(Shape{28, 784}), (Shape{28, 256}));  // a sequence
  EXPECT_EQ(layer.output_shape(Shape{}), Shape{256});  // whatever the input is, if it fits
  EXPECT_EQ(layer.parameters()[0]->name, "weight");
  EXPECT_EQ(layer.parameters()[1]->name, "bias");
}

TEST(Dense, RefusesToBeWithoutInputsOrOutputs) {
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::Dense{0, 3}; }),
            "nn::Dense: 0 inputs and 3 outputs, expected at least 1 of each");
  EXPECT_EQ(error_of<std::invalid_argument>([] { (void)nn::Dense{2, 0}; }),
            "nn::Dense: 2 inputs and 0 outputs, expected at least 1 of each");
}

TEST(Dense, RefusesWeightsAndBiasesThatDoNotFit) {
  EXPECT_EQ(error_of<std::invalid_argument>(
                [] { (void)nn::Dense{Tensor{Shape{2, 3}}, Tensor{Shape{2}}}; }),
            "nn::Dense: weights have shape (2, 3) and biases (2), expected (D, M) and (M)");
  EXPECT_EQ(
      error_of<std::invalid_argument>([] { (void)nn::Dense{Tensor{Shape{6}}, Tensor{Shape{6}}}; }),
      "nn::Dense: weights have shape (6) and biases (6), expected (D, M) and (M)");
}

TEST(Dense, RefusesOtherColumns) {
  nn::Dense layer = small_layer();
  const char* const text = "nn::Dense: input has 5 columns, expected 2";
  const Tensor x{{1, 2, 3, 4, 5}};
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.forward(x); }), text);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(x); }), text);
}

TEST(Dense, RefusesWhatIsNotRows) {
  nn::Dense layer = small_layer();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.forward(Tensor{1, 2}); }),
            "nn::Dense: input has shape (2), expected (B, 2) or (B, T, 2)");
  EXPECT_EQ(
      error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{Shape{9, 1, 1, 2}}); }),
      "nn::Dense: input has shape (9, 1, 1, 2), expected (B, 2) or (B, T, 2)");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{}); }),
            "nn::Dense: input has shape (), expected (B, 2) or (B, T, 2)");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{Shape{9, 2, 1}}); }),
            "nn::Dense: input has 1 columns, expected 2");
}

TEST(Dense, RefusesSamplesThatItCannotTake) {
  const nn::Dense layer = small_layer();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.output_shape(Shape{5}); }),
            "expects 2 columns");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.output_shape(Shape{1, 1, 2}); }),
            "expects rows of 2 columns (put nn::Flatten before it)");
}

TEST(Dense, RefusesAGradientUnlikeItsOutput) {
  nn::Dense layer = small_layer();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{{1, 2, 3}}); }),
            "nn::Dense: backward() was called before forward()");
  (void)layer.forward(Tensor{{1, 2}, {3, 4}});
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{{1, 2}, {3, 4}}); }),
            "nn::Dense: gradient has shape (2, 2), expected (2, 3), the shape of the last output");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { layer.backward_parameters(Tensor{{1, 2, 3}}); }),
            "nn::Dense: gradient has shape (1, 3), expected (2, 3), the shape of the last output");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{1, 2, 3}); }),
            "nn::Dense: gradient has shape (3), expected (2, 3), the shape of the last output");
  (void)layer.forward(Tensor{Shape{4, 5, 2}});
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.backward(Tensor{Shape{20, 3}}); }),
            "nn::Dense: gradient has shape (20, 3), expected (4, 5, 3), the shape of the last "
            "output");
}

// The sample of an image without channels has the right number of values, but not in a row.
TEST(Dense, RefusesSamplesOfTwoAxesWithoutItsColumns) {
  const nn::Dense layer = small_layer();
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.output_shape(Shape{2, 1}); }),
            "expects rows of 2 columns (put nn::Flatten before it)");
}

TEST(Dense, SaysThatItWasMovedFrom) {
  nn::Dense layer = small_layer();
  const nn::Dense other = std::move(layer);
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.predict(Tensor{{1, 2}}); }),
            "nn::Dense: has no weights because it was moved from");
  EXPECT_EQ(error_of<std::invalid_argument>([&] { (void)layer.output_shape(Shape{2}); }),
            "has no weights because it was moved from");
}

}  // namespace
