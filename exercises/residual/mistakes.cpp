// Residual connections with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <utility>
#include <vector>

import exercises.mistakes;
import exercises.residual;

using nn::Parameter;
using nn::real;
using nn::Sequential;
using nn::Tensor;

namespace {

using Parameters = std::vector<Parameter*>;

/// a + factor b.
Tensor sum(Tensor a, const Tensor& b, real factor = 1) {
  for (std::size_t i = 0; i < a.size(); ++i) a.values()[i] += factor * b.values()[i];
  return a;
}

/// What is right. Without a projection, p has no layers and returns what it gets.
Tensor output(const Sequential& f, const Sequential& p, const Tensor& x) {
  return sum(p.predict(x), f.predict(x));
}
Tensor gradient(Sequential& f, Sequential& p, const Tensor& /*x*/, const Tensor& g) {
  return sum(p.backward(g), f.backward(g));
}
Parameters joined(Parameters all, const Parameters& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}
Parameters parameters_of(Sequential& f, Sequential& p) {
  return joined(f.parameters(), p.parameters());
}

/// What a residual connection does; each of them can be spoiled.
struct Ways {
  Tensor (*output)(const Sequential& f, const Sequential& p, const Tensor& x) = ::output;
  Tensor (*gradient)(Sequential& f, Sequential& p, const Tensor& x, const Tensor& g) = ::gradient;
  Parameters (*parameters)(Sequential& f, Sequential& p) = parameters_of;
  bool is_stored = true;
};

struct Residual {
  static inline Ways ways;

  explicit Residual(Sequential block, Sequential projection = Sequential{})
      : f{std::move(block)}, p{std::move(projection)} {}
  Tensor predict(const Tensor& x) const { return ways.output(f, p, x); }
  Tensor forward(const Tensor& x) {
    input = x;
    if (ways.is_stored) {
      f.forward(x);
      p.forward(x);
    }
    return predict(x);
  }
  Tensor backward(const Tensor& g) { return ways.gradient(f, p, input, g); }
  Parameters parameters() { return ways.parameters(f, p); }

  Sequential f;
  Sequential p;
  Tensor input;
};

// Outputs. Most of these mistakes can be made with a projection and without one.
using F = const Sequential&;
using X = const Tensor&;

bool is_projected(F p) { return p.size() > 0; }

Tensor through_only(F f, F /*p*/, X x) { return f.predict(x); }
Tensor past_only(F /*f*/, F p, X x) { return p.predict(x); }
Tensor past_twice(F f, F p, X x) { return sum(output(f, p, x), p.predict(x)); }
Tensor through_twice(F f, F p, X x) { return sum(output(f, p, x), f.predict(x)); }
Tensor x_overwritten(F f, F p, X x) {
  return is_projected(p) ? output(f, p, x) : sum(f.predict(x), f.predict(x));
}
Tensor past_overwritten(F f, F p, X x) {
  return is_projected(p) ? sum(f.predict(x), f.predict(x)) : output(f, p, x);
}
Tensor through_overwritten(F /*f*/, F p, X x) { return sum(p.predict(x), p.predict(x)); }
Tensor difference(F f, F p, X x) { return sum(p.predict(x), f.predict(x), -1); }
Tensor minus_past(F f, F p, X x) { return sum(f.predict(x), p.predict(x), -1); }
Tensor through_only_if_projected(F f, F p, X x) {
  return is_projected(p) ? f.predict(x) : output(f, p, x);
}
Tensor past_only_if_projected(F f, F p, X x) {
  return is_projected(p) ? p.predict(x) : output(f, p, x);
}
Tensor without_projection(F f, F /*p*/, X x) { return sum(x, f.predict(x)); }
Tensor three_paths(F f, F p, X x) {
  return is_projected(p) ? sum(output(f, p, x), x) : output(f, p, x);
}
Tensor f_of_projected(F f, F p, X x) { return sum(p.predict(x), f.predict(p.predict(x))); }
Tensor p_of_output(F f, F p, X x) {
  return is_projected(p) ? sum(p.predict(f.predict(x)), f.predict(x)) : output(f, p, x);
}
Tensor p_of_sum(F f, F p, X x) { return p.predict(sum(x, f.predict(x))); }

// Gradients.
using Net = Sequential&;
using G = const Tensor&;

Tensor back_through_only(Net f, Net p, X /*x*/, G g) {
  p.backward(g);
  return f.backward(g);
}
Tensor back_past_only(Net f, Net p, X /*x*/, G g) {
  f.backward(g);
  return p.backward(g);
}
Tensor back_past_twice(Net f, Net p, X x, G g) { return sum(gradient(f, p, x, g), p.backward(g)); }
Tensor back_through_twice(Net f, Net p, X x, G g) {
  return sum(gradient(f, p, x, g), f.backward(g));
}
Tensor g_overwritten(Net f, Net /*p*/, X /*x*/, G g) { return sum(f.backward(g), f.backward(g)); }
Tensor back_difference(Net f, Net p, X /*x*/, G g) { return sum(p.backward(g), f.backward(g), -1); }
Tensor adds_x(Net f, Net /*p*/, X x, G g) { return sum(x, f.backward(g)); }
Tensor forward_again(Net f, Net p, X /*x*/, G g) { return sum(p.backward(g), f.predict(g)); }
Tensor back_without_projection(Net f, Net /*p*/, X /*x*/, G g) { return sum(g, f.backward(g)); }
Tensor back_through_only_if_projected(Net f, Net p, X x, G g) {
  return is_projected(p) ? f.backward(g) : gradient(f, p, x, g);
}
Tensor back_past_only_if_projected(Net f, Net p, X x, G g) {
  return is_projected(p) ? p.backward(g) : gradient(f, p, x, g);
}
Tensor back_three_paths(Net f, Net p, X x, G g) {
  return is_projected(p) ? sum(gradient(f, p, x, g), g) : gradient(f, p, x, g);
}
Tensor p_after_f(Net f, Net p, X x, G g) {
  if (!is_projected(p)) return gradient(f, p, x, g);
  const Tensor through = f.backward(g);
  return sum(p.backward(through), through);
}
Tensor f_after_p(Net f, Net p, X /*x*/, G g) {
  const Tensor past = p.backward(g);
  return sum(past, f.backward(past));
}
Tensor through_copy_of_f(Net f, Net p, X /*x*/, G g) {
  Sequential copy = f;
  return sum(p.backward(g), copy.backward(g));
}
Tensor past_copy_of_p(Net f, Net p, X /*x*/, G g) {
  Sequential copy = p;
  return sum(copy.backward(g), f.backward(g));
}

// Parameters.
Parameters none(Net /*f*/, Net /*p*/) { return {}; }
Parameters of_f(Net f, Net /*p*/) { return f.parameters(); }
Parameters of_p_if_projected(Net f, Net p) {
  return is_projected(p) ? p.parameters() : f.parameters();
}
Parameters p_first(Net f, Net p) { return joined(p.parameters(), f.parameters()); }
Parameters f_twice(Net f, Net /*p*/) { return joined(f.parameters(), f.parameters()); }

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Residual::ways = ways; }, exercises::residual<Residual>());
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("X is missing: that is F(X) alone", {.output = through_only}),
       tried("F(X) is missing: that is X alone", {.output = past_only}),
       tried("X is added twice", {.output = past_twice}),
       tried("F(X) is added twice", {.output = through_twice}),
       tried("That is F(X) + F(X): was X overwritten", {.output = x_overwritten}),
       tried("That is X + X: was F(X) overwritten", {.output = through_overwritten}),
       tried("F(X) is subtracted", {.output = difference}),
       tried("X is subtracted", {.output = minus_past}),
       tried("P(X) is missing: that is F(X) alone", {.output = through_only_if_projected}),
       tried("F(X) is missing: that is P(X) alone", {.output = past_only_if_projected}),
       tried("That is F(X) + F(X): was P(X) overwritten", {.output = past_overwritten}),
       tried("X is added as it is", {.output = without_projection}),
       tried("X is added, too", {.output = three_paths}),
       tried("That is P(X) + F(P(X))", {.output = f_of_projected}),
       tried("That is P(F(X)) + F(X)", {.output = p_of_output}),
       tried("That is P(X + F(X))", {.output = p_of_sum}),
       tried("predict() stores nothing for backward()", {.is_stored = false}),
       tried("g is missing: that is F′ᵀ g alone", {.gradient = back_through_only}),
       tried("F′ᵀ g is missing: that is g alone", {.gradient = back_past_only}),
       tried("g is added twice", {.gradient = back_past_twice}),
       tried("F′ᵀ g is added twice", {.gradient = back_through_twice}),
       tried("That is F′ᵀ g + F′ᵀ g: was g overwritten", {.gradient = g_overwritten}),
       tried("F′ᵀ g is subtracted", {.gradient = back_difference}),
       tried("That is X + F′ᵀ g", {.gradient = adds_x}),
       tried("That is g + F(g)", {.gradient = forward_again}),
       tried("g is added as it is", {.gradient = back_without_projection}),
       tried("g is added, too", {.gradient = back_three_paths}),
       tried("P′ᵀ g is missing: that is F′ᵀ g alone", {.gradient = back_through_only_if_projected}),
       tried("F′ᵀ g is missing: that is P′ᵀ g alone", {.gradient = back_past_only_if_projected}),
       tried("P gets what F returned", {.gradient = p_after_f}),
       tried("F gets what P returned", {.gradient = f_after_p}),
       tried("the gradient of parameter 0: ", {.gradient = through_copy_of_f}),
       tried("It is still 0", {.gradient = through_copy_of_f}),
       tried("the gradient of parameter 4: ", {.gradient = past_copy_of_p}),
       tried("There are 0 parameters, expected 4", {.parameters = none}),
       tried("There are 8 parameters, expected 4", {.parameters = f_twice}),
       tried("There are 4 parameters, expected 6", {.parameters = of_f}),
       tried("There are 2 parameters, expected 6", {.parameters = of_p_if_projected}),
       tried("Parameter 0 is not the right one", {.parameters = p_first})});
}
