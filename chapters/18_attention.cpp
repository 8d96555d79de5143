// Chapter 18: attention. Read with docs/chapters/18_attention.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

import lecture;
import marked;
import nn;
import vision;

using lecture::heading, lecture::percent_right, lecture::show;
using nn::real, nn::Shape, nn::Tensor;
// [/fold]

// [plain]
/// One head for one sequence: a query, a key and a value for each place.
struct Head {
  Tensor q, k, v;  // shape (T, d)

  /// s(i, j) = qᵢ · kⱼ / √d.
  [[nodiscard]] Tensor scores() const {
    Tensor s{Shape{q.rows(), k.rows()}};
    for (std::size_t i = 0; i < q.rows(); ++i) {
      for (std::size_t j = 0; j < k.rows(); ++j) {
        for (std::size_t c = 0; c < q.columns(); ++c) s(i, j) += q(i, c) * k(j, c);
        s(i, j) /= std::sqrt(static_cast<real>(q.columns()));
      }
    }
    return s;
  }

  [[nodiscard]] Tensor weights() const { return nn::Softmax{}.predict(scores()); }
  [[nodiscard]] Tensor output() const { return nn::matmul(weights(), v); }
};
// [/plain]

// [by-hand]
const Tensor three{{1}, {0}, {2}};  // a sequence of three places with one feature
constexpr real ln2 = std::numbers::ln2_v<real>;

Head by_hand() {
  heading("18.2 A weighted mean of all places");
  const Head head{.q = three, .k = nn::matmul(three, Tensor{{ln2}}), .v = three};
  Tensor powers = head.scores();
  for (real& s : powers.values()) s = std::exp(s);
  show("scores s", head.scores());
  show("e to the s", powers);
  show("weights p", head.weights());
  show("outputs o", head.output());
  return head;
}
// [/by-hand]

// [back]
/// The gradients of a head's queries, keys and values, where g is ∂C/∂o.
Head plain_back(const Head& head, const Tensor& g) {
  const auto& [q, k, v] = head;
  const Tensor p = head.weights();
  Head to{.q = Tensor{q.shape()}, .k = Tensor{k.shape()}, .v = Tensor{v.shape()}};
  for (std::size_t i = 0; i < q.rows(); ++i) {
    Tensor dp{Shape{k.rows()}};
    real mean = 0;
    for (std::size_t j = 0; j < k.rows(); ++j) {
      for (std::size_t c = 0; c < v.columns(); ++c) {
        to.v(j, c) += p(i, j) * g(i, c);
        dp(j) += g(i, c) * v(j, c);
      }
      mean += p(i, j) * dp(j);
    }
    for (std::size_t j = 0; j < k.rows(); ++j) {
      const real ds = p(i, j) * (dp(j) - mean) / std::sqrt(static_cast<real>(q.columns()));
      for (std::size_t c = 0; c < q.columns(); ++c) {
        to.q(i, c) += ds * k(j, c);
        to.k(j, c) += ds * q(i, c);
      }
    }
  }
  return to;
}

void back_by_hand(const Head& head) {
  heading("18.3 Backward");
  const Head gradients = plain_back(head, Tensor{{0}, {1}, {0}});
  show("dQ", gradients.q);
  show("dK", gradients.k);
  show("dV", gradients.v);
}
// [/back]

// [masks]
/// One feature, one head, and the weights of section 18.2.
nn::Attention small(const nn::AttentionOptions& options = {}) {
  nn::Attention layer{1, options};
  layer.parameters()[0]->value = Tensor{{1, ln2, 1}};
  layer.parameters()[2]->value = Tensor{{1}};
  return layer;
}

void show_weights(const char* name, nn::Attention layer, const nn::Lengths& lengths = {}) {
  const Tensor y = layer.forward(three.reshaped(Shape{1, 3, 1}), lengths);
  show(fmt::format("{} p", name), layer.attention_weights().reshaped(Shape{3, 3}));
  show("o", y.reshaped(Shape{3, 1}));
}

void masks() {
  heading("18.5 Masks");
  show_weights("causal", small({.causal = true}));
  fmt::print("\n");
  show_weights("length 2", small(), {2});
}
// [/masks]

// [heads]
/// The standard deviation of scores, and the mean of the largest weight among 16 places.
void show_scale(std::size_t d, real scale) {
  const Tensor q = lecture::noise(Shape{1'000, d}, 1);
  const Tensor k = lecture::noise(Shape{16, d}, 2);
  Tensor s = Head{.q = q, .k = k, .v = k}.scores();
  double squares = 0;
  for (real& score : s.values()) {
    score *= scale;
    squares += double{score} * score;
  }
  double largest = 0;
  const Tensor p = nn::Softmax{}.predict(s);
  for (std::size_t i = 0; i < p.rows(); ++i) largest += std::ranges::max(p.row(i));
  fmt::print(" {:9.2f}{:9.2f}", std::sqrt(squares / static_cast<double>(s.size())),
             largest / static_cast<double>(p.rows()));
}

void several_heads() {
  heading("18.6 Several heads, and what they cost");
  fmt::print("           not divided         divided by the root of d\n");
  fmt::print("      d   deviation  largest p   deviation  largest p\n");
  for (const std::size_t d : {4U, 16U, 64U, 256U}) {
    fmt::print("  {:5}", d);
    show_scale(d, std::sqrt(static_cast<real>(d)));
    show_scale(d, 1);
    fmt::print("\n");
  }
  fmt::print("\n      T    all weights    kept by the layer    (MB; B = 32, D = 64, H = 4)\n");
  for (const double places : {16, 80, 1'024, 4'096}) {
    fmt::print("  {:5}{:15.1f}{:21.1f}\n", places, 32 * 4 * places * places * 4 / 1e6,
               5 * 32 * places * 64 * 4 / 1e6);
  }
}
// [/heads]

// [order]
void order() {
  heading("18.7 A set has no order");
  const Tensor swapped{{0}, {1}, {2}};
  nn::Attention layer = small();
  const auto outputs = [&](const Tensor& x) {
    return layer.predict(x.reshaped(Shape{1, 3, 1})).reshaped(Shape{1, 3});
  };
  show("1, 0, 2", outputs(three));
  show("0, 1, 2", outputs(swapped));
  nn::Positions positions{3, 1};
  positions.parameters()[0]->value = Tensor{{0}, {1}, {0}};
  const auto placed = [&](const Tensor& x) {
    return outputs(positions.predict(x.reshaped(Shape{1, 3, 1})));
  };
  fmt::print("  with 1 added to the second place:\n");
  show("1, 0, 2", placed(three));
  show("0, 1, 2", placed(swapped));
}
// [/order]

// [block]
void block() {
  heading("18.8 A block");
  show("x", Tensor{{-3, -2, -1, 0, 1, 2, 3}});
  show("ReLU", nn::ReLU{}.predict(Tensor{{-3, -2, -1, 0, 1, 2, 3}}));
  show("GELU", nn::GELU{}.predict(Tensor{{-3, -2, -1, 0, 1, 2, 3}}));
  nn::Random random{1};
  nn::Sequential network;
  push_block(network, 64, 160, random);
  fmt::print("\n{}", network.summary(Shape{16, 64}));
}
// [/block]

// [digits]
nn::Sequential sixteen_patches(const nn::Split& digits, Recipe& recipe) {
  heading("18.9 A digit as sixteen patches");
  nn::Random random{1};
  fmt::print("{}\n", vision_transformer(random).summary(Shape{784}));
  recipe = choose(digits);
  fmt::print("\n");
  return contest(recipe, digits);
}
// [/digits]

// [check]
/// The columns first, first + 1, … of a matrix, as many as `count`.
Tensor columns(const Tensor& matrix, std::size_t first, std::size_t count) {
  Tensor result{Shape{matrix.rows(), count}};
  for (std::size_t i = 0; i < matrix.rows(); ++i) {
    for (std::size_t c = 0; c < count; ++c) result(i, c) = matrix(i, first + c);
  }
  return result;
}

void check_yourself() {
  heading("18.10 Check yourself");
  nn::Random random{1};
  nn::Attention layer{4, nn::Glorot{random}};
  const Tensor x = lecture::noise(Shape{6, 4}, 1);
  const Tensor g = lecture::noise(Shape{6, 4}, 2);
  const Tensor qkv = nn::matmul(x, layer.weight_in());
  const Head head{columns(qkv, 0, 4), columns(qkv, 4, 4), columns(qkv, 8, 4)};
  lecture::check_equal("plain, nn::Attention: Y", nn::matmul(head.output(), layer.weight_out()),
                       layer.forward(x.reshaped(Shape{1, 6, 4})), 1e-6);
  layer.backward(g.reshaped(Shape{1, 6, 4}));
  const Head gradients = plain_back(head, nn::matmul(g, nn::transposed(layer.weight_out())));
  const Tensor& dw = layer.parameters()[0]->gradient;
  const nn::Matrix xt = nn::transposed(x);
  lecture::check_equal("dW of queries", nn::matmul(xt, gradients.q), columns(dw, 0, 4), 1e-5);
  lecture::check_equal("dW of keys", nn::matmul(xt, gradients.k), columns(dw, 4, 4), 1e-5);
  lecture::check_equal("dW of values", nn::matmul(xt, gradients.v), columns(dw, 8, 4), 1e-5);
  lecture::check_gradients("Attention", nn::Attention{4, nn::Glorot{random}, {.heads = 2}},
                           lecture::noise(Shape{2, 5, 4}, 3));
  lecture::check_gradients("MeanOverPlaces", MeanOverPlaces{}, lecture::noise(Shape{2, 5, 4}, 3));
}
// [/check]

// [break]
/// Prints the accuracy on images and on the same images with shuffled patches, and the largest
/// difference between the logits of the two.
void compare(const char* name, const nn::Sequential& network, const nn::Dataset& digits) {
  const nn::Dataset in_disorder{shuffled(digits.inputs), digits.targets};
  const Tensor a = nn::predict(network, digits.inputs);
  const Tensor b = nn::predict(network, in_disorder.inputs);
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::fmax(largest, std::abs(double{a.values()[i]} - b.values()[i]));
  }
  fmt::print("  {:<18} in order {:.2f} %, shuffled {:.2f} %; logits differ by up to {:.0e}\n", name,
             percent_right(network, digits), percent_right(network, in_disorder), largest);
}

void break_it(const nn::Sequential& trained, const Recipe& recipe, const nn::Split& digits) {
  heading("18.11 Break it: leave the positions out");
  const Tensor some = digits.validation.inputs.rows(0, 3);
  lecture::draw(some);
  lecture::draw(shuffled(some), 0);
  fmt::print("\n");
  compare("with positions", trained, digits.validation);
  compare("without positions", without_positions(recipe, digits.training), digits.validation);
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 18: attention");
  back_by_hand(by_hand());
  marked_numbers();
  masks();
  several_heads();
  order();
  block();
  const nn::Split digits = load_mnist();
  Recipe recipe;
  const nn::Sequential trained = sixteen_patches(digits, recipe);
  check_yourself();
  break_it(trained, recipe, digits);
}
// [/main]
