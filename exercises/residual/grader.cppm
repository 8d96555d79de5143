/// @file
/// @brief Grades residual connections.
module;

#include <fmt/core.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

export module exercises.residual;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.dense;
export import nn.matmul;
export import nn.residual;

using nn::Dense;
using nn::Sequential;
using nn::Shape;
using nn::Tensor;

namespace exercises {

// F and P. All layers are square, so that no wrong order gives a wrong shape.
Sequential block() {
  return Sequential{Dense{random_tensor(Shape{3, 3}, 1), random_tensor(Shape{3}, 2)}, nn::Tanh{},
                    Dense{random_tensor(Shape{3, 3}, 3), random_tensor(Shape{3}, 4)}};
}
Sequential projection() {
  return Sequential{Dense{random_tensor(Shape{3, 3}, 5), random_tensor(Shape{3}, 6)}};
}

// The layer of section 17.3, and the networks of section 17.7.
Sequential small_block() { return Sequential{Dense{Tensor{{1, 2}, {3, 4}}, Tensor{10, 20}}}; }
Sequential narrow_block() { return Sequential{Dense{Tensor{{1}, {3}}, Tensor{10}}}; }
Sequential narrow_projection() { return Sequential{Dense{Tensor{{5}, {-1}}, Tensor{100}}}; }

Tensor plus(const Tensor& a, Tensor b, nn::real factor = 1) {
  for (std::size_t i = 0; i < b.size(); ++i) b.values()[i] = a.values()[i] + factor * b.values()[i];
  return b;
}

/// What comes on one of the paths, and how it is written.
struct Path {
  std::string name;
  Tensor value;
};

/// What wrong sums of the two paths mean.
std::vector<Mistake> wrong_sums(const Path& past, const Path& through) {
  const auto& [p, a] = past;
  const auto& [f, b] = through;
  return {{fmt::format("{} is missing: that is {} alone.", p, f), b},
          {fmt::format("{} is missing: that is {} alone.", f, p), a},
          {fmt::format("{} is added twice.", p), plus(plus(a, a), b)},
          {fmt::format("{} is added twice.", f), plus(a, plus(b, b))},
          {fmt::format("That is {0} + {0}: was {1} overwritten before the sum?", f, p), plus(b, b)},
          {fmt::format("That is {0} + {0}: was {1} overwritten before the sum?", p, f), plus(a, a)},
          {fmt::format("{} is subtracted: add it.", f), plus(a, b, -1)},
          {fmt::format("{} is subtracted: add it.", p), plus(b, a, -1)}};
}

std::vector<Mistake> with(std::vector<Mistake> mistakes, const std::vector<Mistake>& more) {
  mistakes.insert(mistakes.end(), more.begin(), more.end());
  return mistakes;
}

/// What wrong outputs mean.
/// @param p Without layers if there is no projection.
std::vector<Mistake> wrong_outputs(const Sequential& f, const Sequential& p, const Tensor& x) {
  const Tensor fx = f.predict(x);
  if (p.size() == 0) return wrong_sums({"X", x}, {"F(X)", fx});
  const Tensor px = p.predict(x);
  return with(wrong_sums({"P(X)", px}, {"F(X)", fx}),
              {{"X is added as it is: with a projection, P(X) takes its place.", plus(x, fx)},
               {"X is added, too: with a projection, P(X) takes its place.", plus(x, plus(px, fx))},
               {"That is P(X) + F(P(X)): F gets X, too.", plus(px, f.predict(px))},
               {"That is P(F(X)) + F(X): P gets X, too.", plus(p.predict(fx), fx)},
               {"That is P(X + F(X)): P gets X alone.", p.predict(plus(x, fx))}});
}

/// What wrong gradients mean.
/// @param p Without layers if there is no projection.
std::vector<Mistake> wrong_gradients(Sequential f, Sequential p, const Tensor& x, const Tensor& g) {
  f.forward(x);
  const Tensor through = f.backward(g);
  if (p.size() == 0) {
    return with(
        wrong_sums({"g", g}, {"F′ᵀ g", through}),
        {{"That is X + F′ᵀ g: the path past the layers returns the gradient, g.", plus(x, through)},
         {"That is g + F(g): a gradient goes back through F with backward().",
          plus(g, f.predict(g))}});
  }
  p.forward(x);
  const Tensor past = p.backward(g);
  return with(
      wrong_sums({"P′ᵀ g", past}, {"F′ᵀ g", through}),
      {{"g is added as it is: with a projection, P′ᵀ g takes its place.", plus(g, through)},
       {"g is added, too: with a projection, P′ᵀ g takes its place.", plus(g, plus(past, through))},
       {"P gets what F returned: its gradient is g, too.", plus(p.backward(through), through)},
       {"F gets what P returned: its gradient is g, too.", plus(past, f.backward(past))}});
}

/// What backward() returns. A layer that has seen no forward() refuses.
template <class Residual>
Tensor back(Residual& mine, const Tensor& dy) {
  try {
    return mine.backward(dy);
  } catch (const std::invalid_argument& error) {
    throw Wrong{
        fmt::format("A layer refuses: {}.\nIn forward(), use forward() of F and of P: predict() "
                    "stores nothing for backward().",
                    error.what())};
  }
}

/// Compares the pointers that parameters() returns by what they point to.
template <class Residual>
void expect_parameters(Residual mine, nn::Residual right, const std::string& which) {
  const std::vector<nn::Parameter*> got = mine.parameters();
  const std::vector<nn::Parameter*> want = right.parameters();
  require(got.size() == want.size(),
          fmt::format("There are {} parameters, expected {}: {}.", got.size(), want.size(), which));
  for (std::size_t i = 0; i < want.size(); ++i) {
    require(got[i]->value == want[i]->value,
            fmt::format("Parameter {} is not the right one; expected {}.", i, which));
  }
}

/// Compares the gradients of the parameters after one pass forward and one back.
template <class Residual>
void expect_parameter_gradients(Residual mine, nn::Residual right, const Tensor& x,
                                const Tensor& dy) {
  mine.forward(x);
  back(mine, dy);
  right.forward(x);
  right.backward(dy);
  for (std::size_t i = 0; i < right.parameters().size(); ++i) {
    const Tensor& want = right.parameters()[i]->gradient;
    expect(fmt::format("the gradient of parameter {}", i), mine.parameters()[i]->gradient, want,
           {{"It is still 0: does backward() go through a copy of the network?", times(0, want)}});
  }
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class that is made of one or two networks, like nn::Residual.
template <class Residual>
std::vector<Step> residual() {
  static const Tensor x = random_tensor(Shape{4, 3}, 7);
  static const Tensor dy = random_tensor(Shape{4, 3}, 8);
  static const auto expect_output = [](const Tensor& got, const Sequential& f, const Sequential& p,
                                       const Tensor& input) {
    expect("Y", got, nn::Residual{f, p}.predict(input), wrong_outputs(f, p, input));
  };
  static const auto expect_gradient = [](const Sequential& f, const Sequential& p,
                                         const Tensor& input, const Tensor& g) {
    Residual mine{f, p};
    mine.forward(input);
    nn::Residual right{f, p};
    right.forward(input);
    expect("∂C/∂X", back(mine, g), right.backward(g), wrong_gradients(f, p, input, g));
  };
  static const auto row = [](const Tensor& values) {
    return values.reshaped(Shape{1, values.size()});
  };

  return {
      {"predict: the example of section 17.3",
       [] {
         const Tensor ones = row(Tensor{1, 1});
         expect_output(Residual{small_block()}.predict(ones), small_block(), Sequential{}, ones);
       }},
      {"predict: 4 samples",
       [] { expect_output(Residual{block()}.predict(x), block(), Sequential{}, x); }},
      {"forward: 4 samples",
       [] { expect_output(Residual{block()}.forward(x), block(), Sequential{}, x); }},
      {"backward: the example of section 17.3",
       [] { expect_gradient(small_block(), Sequential{}, row(Tensor{1, 1}), row(Tensor{1, 0})); }},
      {"backward: 4 samples", [] { expect_gradient(block(), Sequential{}, x, dy); }},
      {"parameters",
       [] { expect_parameters(Residual{block()}, nn::Residual{block()}, "those of F"); }},
      {"backward: the gradients of the parameters",
       [] {
         expect_parameter_gradients(Residual{block()}, nn::Residual{block(), Sequential{}}, x, dy);
       }},
      {"predict, with a projection: 4 samples",
       [] { expect_output(Residual{block(), projection()}.predict(x), block(), projection(), x); }},
      {"predict, with a projection: the example of section 17.7",
       [] {
         const Tensor input = row(Tensor{1, 2});
         const Tensor y = Residual{narrow_block(), narrow_projection()}.predict(input);
         expect("Y", y, row(Tensor{120}));
       }},
      {"forward, with a projection: 4 samples",
       [] { expect_output(Residual{block(), projection()}.forward(x), block(), projection(), x); }},
      {"backward, with a projection: 4 samples",
       [] { expect_gradient(block(), projection(), x, dy); }},
      {"backward, with a projection: the example of section 17.7",
       [] {
         Residual mine{narrow_block(), narrow_projection()};
         mine.forward(row(Tensor{1, 2}));
         expect("∂C/∂X", back(mine, row(Tensor{2})), row(Tensor{12, 4}));
       }},
      {"parameters, with a projection",
       [] {
         expect_parameters(Residual{block(), projection()}, nn::Residual{block(), projection()},
                           "those of F, then those of P");
       }},
      {"backward, with a projection: the gradients of the parameters", [] {
         expect_parameter_gradients(Residual{block(), projection()},
                                    nn::Residual{block(), projection()}, x, dy);
       }}};
}

}  // namespace exercises
