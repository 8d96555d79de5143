/// @file
/// @brief Grades the weights of a GRU unit that remembers marked numbers.
module;

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

export module exercises.gate;

export import exercises.grade;
export import nn.recurrent;

using nn::real;
using nn::Shape;
using nn::Tensor;

namespace exercises {

/// The states after each step, if the next one follows from the state, the number and the mark.
Tensor states(const Tensor& story,
              const std::function<double(double h, double x, double m)>& next) {
  Tensor result{Shape{story.rows()}};
  double h = 0;
  for (std::size_t t = 0; t < story.rows(); ++t) {
    h = next(h, double{story(t, 0)}, double{story(t, 1)});
    result(t) = static_cast<real>(h);
  }
  return result;
}

double sigmoid(double a) { return 1 / (1 + std::exp(-a)); }

double remember(double h, double x, double m) { return m == 1 ? std::tanh(x) : h; }

/// What the states may be instead.
std::vector<Mistake> of_states(const Tensor& story) {
  const auto of = [&](const std::function<double(double, double, double)>& next) {
    return states(story, next);
  };
  return {
      {"The state is 0 all the time: the number must reach n, and a mark must shut z.",
       of([](double, double, double) { return 0.0; })},
      {"Every number replaces the state, marked or not: without a mark, z must be near 1.",
       of([](double, double x, double) { return std::tanh(x); })},
      {"The unit takes the numbers that are not marked: exchange the signs of the weight and the "
       "bias of z.",
       of([](double h, double x, double m) { return m == 1 ? h : std::tanh(x); })},
      {"Without a mark, z is ½, so half of the state is lost in each step: z needs a bias.",
       of([](double h, double x, double m) {
         return m == 1 ? std::tanh(x) : (std::tanh(x) + h) / 2;
       })},
      {"With a mark, z is ½: the weight of the mark must outweigh the bias by far.",
       of([](double h, double x, double m) { return m == 1 ? (std::tanh(x) + h) / 2 : h; })},
      {"The mark reaches n, too: n must get the number alone.",
       of([](double h, double x, double m) { return m == 1 ? std::tanh(x + 1) : h; })},
      {"The signs of all states are wrong: the number goes to n with weight 1, not −1.",
       of([](double h, double x, double m) { return m == 1 ? -std::tanh(x) : h; })},
      {"The number goes to n with weight 2, not 1.",
       of([](double h, double x, double m) { return m == 1 ? std::tanh(2 * x) : h; })},
      {"n gets the old state, too, so the new one is not tanh x: U must be 0 there.",
       of([](double h, double x, double m) { return m == 1 ? std::tanh(x + h / 2) : h; })},
      {"Number and mark are exchanged: the first row of W is for the number.",
       of([](double h, double x, double m) {
         const double z = sigmoid(10 - 20 * x);
         return (1 - z) * std::tanh(m) + z * h;
       })},
      {"Once the state is not 0, z depends on it: U must be 0.",
       of([](double h, double x, double m) {
         const double z = sigmoid(10 - 20 * m + 20 * h);
         return (1 - z) * std::tanh(x) + z * h;
       })}};
}

/// A shape that the unit needs, and what another one may mean.
void expect_shape(const std::string& name, const Shape& got, const Shape& want,
                  const Shape& of_lstm) {
  require(got != of_lstm,
          name + " has shape " + to_string(got) +
              ": that is for the four blocks of an LSTM; a GRU has three, r, z and n.");
  require(got == want,
          name + " has shape " + to_string(got) + ", expected " + to_string(want) + ".");
}

}  // namespace exercises

export namespace exercises {

/// The steps for a class with weight_input(), weight_hidden() and bias().
template <class Unit>
std::vector<Step> gate() {
  static const auto states_of = [](const Tensor& story) {
    nn::GRU unit{2, 1, {.sequence = true}};
    const auto parameters = unit.parameters();
    parameters[0]->value = Unit::weight_input();
    parameters[1]->value = Unit::weight_hidden();
    parameters[2]->value = Unit::bias();
    const Tensor x = story.reshaped(Shape{1, story.rows(), 2});
    return unit.predict(x).reshaped(Shape{story.rows()});
  };
  return {
      {"the shapes",
       [] {
         expect_shape("weight_input", Unit::weight_input().shape(), Shape{2, 3}, Shape{2, 4});
         expect_shape("weight_hidden", Unit::weight_hidden().shape(), Shape{1, 3}, Shape{1, 4});
         expect_shape("bias", Unit::bias().shape(), Shape{3}, Shape{4});
       }},
      {"the states in the six steps of section 14.6",
       [] {
         const Tensor story{{0.9F, 0}, {0.5F, 1}, {-0.8F, 0}, {0.3F, 0}, {-0.6F, 1}, {0.7F, 0}};
         expect("the state after each step", states_of(story), states(story, remember),
                of_states(story), 0.06);
       }},
      {"the state after a mark and a hundred numbers without one",
       [] {
         Tensor story = random_tensor(Shape{101, 2}, 1);
         for (std::size_t t = 0; t < story.rows(); ++t) story(t, 1) = t == 0 ? 1 : 0;
         story(0, 0) = 0.75;
         const double h = double{states_of(story)(100)};
         require(std::abs(h - std::tanh(0.75)) < 0.03,
                 "The state has changed to " + std::to_string(h) +
                     ", expected tanh 0.75 = 0.635. z is not near enough to 1 without a mark, so a "
                     "little of the state is lost in each step: give z a larger bias.");
       }},
      {"the state if every number is marked", [] {
         Tensor story = random_tensor(Shape{20, 2}, 2);
         for (std::size_t t = 0; t < story.rows(); ++t) story(t, 1) = 1;
         expect("the state after each step", states_of(story), states(story, remember), {}, 0.02);
       }}};
}

}  // namespace exercises
