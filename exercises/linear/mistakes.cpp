// Layers without biases, with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

import exercises.linear;
import exercises.mistakes;

using exercises::times;
using nn::Parameter;
using nn::real;
using nn::Shape;
using nn::Tensor;

namespace {

enum class Flaw {
  none,
  one_sample,
  misread,
  forward_returns_input,
  moves_first,
  shape_of_input,
  shape_with_batch,
  shape_of_sample,
  no_parameters,
  parameters_of_copy,
  forgets_input,
  throws_without_input,
  writes_nothing,
  mean,
  transposed,
  last_sample,
  keeps_output,
  learns,
  returns_dy,
  returns_dw,
  mean_of_inputs,
  misread_back,
  accumulates,
  first_input
};

/// The layer, with one flaw at a time.
class Linear {
 public:
  static inline Flaw flaw = Flaw::none;

  explicit Linear(Tensor weights) : weights_{"weight", std::move(weights)}, copy_{weights_} {}

  std::string name() const { return "Linear"; }
  Shape output_shape(const Shape& sample) const {
    const std::size_t outputs = weights_.value.columns();
    if (flaw == Flaw::shape_of_input) return sample;
    if (flaw == Flaw::shape_with_batch) return Shape{1, outputs};
    if (flaw == Flaw::shape_of_sample && sample == Shape{}) return sample;
    return Shape{outputs};
  }
  Tensor predict(const Tensor& x) const {
    const Tensor& w = weights_.value;
    Tensor y = nn::matmul(
        x, flaw == Flaw::misread ? transpose_of(w.reshaped(Shape{w.columns(), w.rows()})) : w);
    for (std::size_t n = 1; n < y.rows() && flaw == Flaw::one_sample; ++n) {
      for (real& value : y.row(n)) value = 0;
    }
    return y;
  }
  Tensor forward(const Tensor& x) {
    Tensor y = predict(x);
    if (flaw == Flaw::forward_returns_input) return x;
    if (flaw == Flaw::moves_first) return {};
    if (flaw == Flaw::forgets_input || flaw == Flaw::throws_without_input) return y;
    if (flaw == Flaw::first_input && !input_.empty()) return y;
    input_ = flaw == Flaw::keeps_output ? y : x;
    return y;
  }
  Tensor backward(const Tensor& dy) {
    if (flaw == Flaw::forgets_input) return {};  // loops over its rows, of which there are none
    const real part = 1 / static_cast<real>(dy.rows());
    const Tensor before = weights_.gradient;
    Tensor dw = nn::matmul(nn::transposed(input_), dy);
    if (flaw == Flaw::mean) dw = times(part, dw);
    if (flaw == Flaw::transposed) dw = exercises::transpose_of(dw);
    if (flaw == Flaw::last_sample) {
      const std::size_t last = dy.rows() - 1;
      dw = nn::matmul(nn::transposed(input_.rows(last, 1)), dy.rows(last, 1));
    }
    for (std::size_t i = 0; i < dw.size(); ++i) {
      if (flaw == Flaw::accumulates) dw.values()[i] += before.values()[i];
      if (flaw == Flaw::learns) weights_.value.values()[i] -= dw.values()[i];
    }
    if (flaw != Flaw::writes_nothing) weights_.gradient = dw;
    const Tensor& w = weights_.value;
    if (flaw == Flaw::returns_dy) return dy;
    if (flaw == Flaw::returns_dw) return dw;
    if (flaw == Flaw::misread_back) {
      return nn::matmul(dy, w.reshaped(Shape{w.columns(), w.rows()}));
    }
    return times(flaw == Flaw::mean_of_inputs ? part : 1, nn::matmul(dy, nn::transposed(w)));
  }
  std::vector<Parameter*> parameters() {
    if (flaw == Flaw::no_parameters) return {};
    return {flaw == Flaw::parameters_of_copy ? &copy_ : &weights_};
  }

 private:
  static Tensor transpose_of(const Tensor& matrix) { return exercises::transpose_of(matrix); }

  Parameter weights_;
  Parameter copy_;
  Tensor input_;
};

std::vector<exercises::Step> steps(Flaw flaw) {
  return exercises::prepared([flaw] { Linear::flaw = flaw; }, exercises::linear<Linear>());
}

exercises::Tried tried(const char* words, Flaw flaw) { return {words, steps(flaw)}; }

}  // namespace

int main() {
  using enum Flaw;
  return exercises::check_mistakes(
      steps(none), {tried("Only the first sample of the batch has an output", one_sample),
                    tried("W is read as if", misread),
                    tried("forward returns X", forward_returns_input),
                    tried("Y is empty", moves_first),
                    tried("That is the shape of the input", shape_of_input),
                    tried("the shape of one sample", shape_with_batch),
                    tried("If the shape of the sample is unknown", shape_of_sample),
                    tried("The list is empty", no_parameters),
                    tried("not of a copy", parameters_of_copy),
                    tried("∂C/∂W is 0", forgets_input),
                    tried("Does forward store X, and does backward use it?", throws_without_input),
                    tried("It is divided by the batch size", mean),
                    tried("It is transposed", transposed),
                    tried("Only the last sample counts", last_sample),
                    tried("forward must store its input, not its output", keeps_output),
                    tried("backward must not change the weights", learns),
                    tried("∂C/∂W is 0", writes_nothing),
                    tried("That is ∂C/∂Y: multiply", returns_dy),
                    tried("That is ∂C/∂W, which belongs", returns_dw),
                    tried("∂C/∂X is divided by the batch size", mean_of_inputs),
                    tried("misread as (M, D)", misread_back),
                    tried("The gradient of the first batch is still in it", accumulates),
                    tried("It uses the X of the first batch", first_input)});
}
