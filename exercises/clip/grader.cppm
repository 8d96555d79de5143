/// @file
/// @brief Grades weights with which two ReLUs make min(x, 1).
module;

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

export module exercises.clip;

export import exercises.grade;
export import nn.activation;
export import nn.backprop;
export import nn.dense;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// A function of each number.
template <class F>
Tensor mapped(Tensor x, F f) {
  for (real& value : x.values()) value = static_cast<real>(f(double{value}));
  return x;
}

double relu(double x) { return std::max(0.0, x); }

/// A shape that the network needs.
void expect_shape(const std::string& name, const Tensor& got, const Shape& want) {
  require(got.shape() == want,
          name + " has shape " + to_string(got.shape()) + ", expected " + to_string(want) + ".");
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class with the weights and biases of both layers.
template <class Clip>
std::vector<Step> clip() {
  static const auto network = [] {
    return nn::Sequential{nn::Dense{Clip::hidden_weights(), Clip::hidden_biases()}, nn::ReLU{},
                          nn::Dense{Clip::output_weights(), Clip::output_bias()}};
  };
  return {{"the shapes",
           [] {
             expect_shape("hidden_weights", Clip::hidden_weights(), Shape{1, 2});
             expect_shape("hidden_biases", Clip::hidden_biases(), Shape{2});
             expect_shape("output_weights", Clip::output_weights(), Shape{2, 1});
             expect_shape("output_bias", Clip::output_bias(), Shape{1});
           }},
          {"the output for −2, −0.5, 0, 0.5, 1 and 3",
           [] {
             const Tensor x{{-2}, {-0.5}, {0}, {0.5}, {1}, {3}};
             const Tensor got = network().predict(x).reshaped(Shape{6});
             const auto of = [&x](auto f) { return mapped(x.reshaped(Shape{6}), f); };
             expect(
                 "y", got, of([](double v) { return std::min(v, 1.0); }),
                 {{"That is max(x, 1): it is flat below 1, but must be flat above.",
                   of([](double v) { return std::max(v, 1.0); })},
                  {"That is x: no neuron has its kink at 1.", of([](double v) { return v; })},
                  {"That is max(0, x), which is 0 for negative x and has no limit.", of(relu)},
                  {"Negative x become 0: below 1 there must be no other kink.",
                   of([](double v) { return std::clamp(v, 0.0, 1.0); })},
                  {"The kink is at 0: the bias of a hidden neuron moves it to 1.",
                   of([](double v) { return std::min(v, 0.0); })},
                  {"The kink is at −1: exchange the signs of weight and bias of the hidden neuron.",
                   of([](double v) { return std::min(v, -1.0); })},
                  {"That is max(0, 1 − x): subtract it from 1 in the last layer.",
                   of([](double v) { return relu(1 - v); })},
                  {"That is max(0, x − 1): on the side where it is 0, nothing of x is left.",
                   of([](double v) { return relu(v - 1); })},
                  {"That is 1 + max(0, 1 − x): the weight of the output must be negative.",
                   of([](double v) { return 1 + relu(1 - v); })},
                  {"It is 1 too small everywhere: the output needs a bias.",
                   of([](double v) { return -relu(1 - v); })},
                  {"That is 1 − max(0, x − 1): the hidden neuron needs the opposite sign.",
                   of([](double v) { return 1 - relu(v - 1); })},
                  {"That is |x − 1|: one of the two neurons is not needed.",
                   of([](double v) { return std::abs(v - 1); })},
                  {"That is 1 everywhere: does x reach the output?",
                   of([](double /*v*/) { return 1.0; })},
                  {"Below 1 the line is twice as steep as it should be.",
                   of([](double v) { return 1 - 2 * relu(1 - v); })}});
           }},
          {"the output for −1000 and 1000", [] {
             const Tensor y = network().predict(Tensor{{-1000}, {1000}});
             expect("y for x = −1000", double{y(0, 0)}, -1000,
                    {{"For large negative x the output stops falling, so there is a second kink.",
                      number(-2)}});
             expect("y for x = 1000", double{y(1, 0)}, 1);
           }}};
}

}  // namespace exercises
