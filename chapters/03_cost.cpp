// Chapter 3: the cost. Read with docs/chapters/03_cost.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

import lecture;
import nn.activation;
import nn.cost;

using lecture::heading;
using lecture::show;
using nn::Labels;
using nn::real;
using nn::Tensor;
// [/fold]

// [count]
/// The number of samples whose largest prediction is at the right class.
std::size_t count_right(const Tensor& predictions, const Labels& classes) {
  const Labels guesses = Labels::from_rows(predictions);
  std::size_t right = 0;
  for (std::size_t n = 0; n < classes.size(); ++n) right += guesses[n] == classes[n] ? 1U : 0U;
  return right;
}
// [/count]

// [counting]
const Labels classes{0, 2};  // sample 0 is of class 0, sample 1 of class 2
const Tensor careful{{0.5, 0.25, 0.25}, {0.25, 0.5, 0.25}};
const Tensor bold{{0.75, 0.125, 0.125}, {0.125, 0.75, 0.125}};
const Tensor nudged{{0.5, 0.25, 0.25}, {0.1875, 0.5, 0.3125}};

void counting() {
  heading("3.1 Why counting right answers is not enough");
  fmt::print("  careful: {} out of 2 right\n", count_right(careful, classes));
  fmt::print("  bold:    {} out of 2 right\n", count_right(bold, classes));
  fmt::print("  nudged:  {} out of 2 right\n", count_right(nudged, classes));
}
// [/counting]

// [squares]
using Squares = nn::MeanSquaredError;
const Tensor T{{1, 0, 0}, {0, 0, 1}};  // the same classes, one-hot

void squared_errors() {
  heading("3.2 The mean squared error");
  fmt::print("  careful {:.4f}, bold {:.4f}, nudged {:.4f}\n", Squares::value(careful, T),
             Squares::value(bold, T), Squares::value(nudged, T));
  Tensor difference = careful;
  for (std::size_t i = 0; i < T.size(); ++i) difference.values()[i] -= T.values()[i];
  show("careful - T", difference);
  show("gradient", Squares::gradient(careful, T));
}
// [/squares]

// [entropy]
using Entropy = nn::CrossEntropy;

void cross_entropy() {
  heading("3.3 Cross-entropy");
  fmt::print("  careful {:.4f}, bold {:.4f}, nudged {:.4f}\n", Entropy::value(careful, T),
             Entropy::value(bold, T), Entropy::value(nudged, T));
  fmt::print("  careful, targets as class numbers: {:.4f}\n", Entropy::value(careful, classes));
  const Tensor slopes = Entropy::gradient(careful, classes);
  fmt::print("  gradient at the right classes: {:.3f} and {:.3f}\n\n", slopes(0, 0), slopes(1, 2));
  fmt::print("  right class has   squared error   cross-entropy\n");
  for (const real p : {0.5F, 0.1F, 0.01F, 0.0001F}) {
    const Tensor doubt{{p, 1 - p}};
    fmt::print("  {:15.4f} {:15.4f} {:15.4f}\n", p, Squares::value(doubt, Labels{0}),
               Entropy::value(doubt, Labels{0}));
  }
}
// [/entropy]

// [binary]
using Binary = nn::BinaryCrossEntropy;

void binary_cross_entropy() {
  heading("3.4 Binary cross-entropy");
  const Tensor answers{{0.5}, {0.75}};
  const Labels truth{1, 0};  // yes, no
  fmt::print("  cost {:.4f}\n", Binary::value(answers, truth));
  show("gradient", Binary::gradient(answers, truth));
}
// [/binary]

// [message]
/// The gradient with respect to a logit z whose sigmoid should be 1.
real gradient_at(const nn::Cost auto& cost, real z) {
  nn::Sigmoid sigmoid;
  const Tensor p = sigmoid.forward(Tensor{{z}});
  return sigmoid.backward(cost.gradient(p, Labels{1}))(0, 0);
}
// [/message]

// [steps]
/// How many steps against the gradient it takes from z until the sigmoid is at least one half.
int count_steps(const nn::Cost auto& cost, real z) {
  int steps = 0;
  for (; z < 0; ++steps) z -= gradient_at(cost, z);
  return steps;
}
// [/steps]

// [saturated]
void saturated_output() {
  heading("3.5 A saturated output");
  fmt::print("       z   output    squares    entropy\n");
  for (const real z : {0.0F, -2.0F, -4.0F, -8.0F}) {
    fmt::print("  {:6.1f} {:8.5f} {:10.5f} {:10.5f}\n", z, nn::Sigmoid{}.predict(Tensor{z})(0),
               gradient_at(Squares{}, z), gradient_at(Binary{}, z));
  }
  fmt::print("\n  steps from -8: {} with squares, {} with entropy\n", count_steps(Squares{}, -8),
             count_steps(Binary{}, -8));
}
// [/saturated]

// [fold: The data of the figure]
void keep_curves() {
  std::string curves = "z,squares,entropy,squares_slope,entropy_slope\n";
  for (int quarters = -32; quarters <= 16; ++quarters) {
    const real z = static_cast<real>(quarters) / 4;
    const Tensor p = nn::Sigmoid{}.predict(Tensor{{z}});
    curves += fmt::format("{:.2f},{:.4g},{:.4g},{:.4g},{:.4g}\n", z, Squares::value(p, Labels{1}),
                          Binary::value(p, Labels{1}), gradient_at(Squares{}, z),
                          gradient_at(Binary{}, z));
  }
  lecture::keep("03_saturation.csv", curves);
}
// [/fold]

// [fused]
using Fused = nn::SoftmaxCrossEntropy;
constexpr real ln2 = std::numbers::ln2_v<real>;
const Tensor Z{{ln2, 0, 0}, {0, ln2, 0}};

void combined() {
  heading("3.6 Softmax and cross-entropy combined");
  nn::Softmax softmax;
  const Tensor P = softmax.forward(Z);
  show("Z", Z);
  show("softmax", P);
  fmt::print("  cost: separate {:.4f}, combined {:.4f}\n", Entropy::value(P, T),
             Fused::value(Z, T));
  show("dZ separate", softmax.backward(Entropy::gradient(P, T)));
  show("dZ combined", Fused::gradient(Z, T));
}
// [/fused]

// [measured]
/// The largest difference between ∂C/∂Z and the slopes measured with nudges of h.
double largest_difference(double h) {
  const Tensor computed = Fused::gradient(Z, T);
  double worst = 0;
  for (std::size_t i = 0; i < Z.size(); ++i) {
    Tensor above = Z;
    Tensor below = Z;
    above.values()[i] += static_cast<real>(h);
    below.values()[i] -= static_cast<real>(h);
    const double measured = (Fused::value(above, T) - Fused::value(below, T)) / (2 * h);
    worst = std::fmax(worst, std::abs(measured - computed.values()[i]));
  }
  return worst;
}
// [/measured]

// [check]
void check_yourself() {
  heading("3.7 Check yourself");
  for (const double parts : {4.0, 8.0, 16.0}) {
    const double h = 1 / parts;
    fmt::print("  h = 1/{:<2}  error {:.1e}, allowed {:.1e}\n", parts, largest_difference(h),
               h * h / 100);
  }
}
// [/check]

// [naive]
const Tensor far{{1000, 0, 0}};

void formulas_as_written() {
  Tensor naive = far;
  real sum = 0;
  for (real& x : naive.values()) {
    x = std::exp(x);
    sum += x;
  }
  for (real& x : naive.values()) x /= sum;
  fmt::print("  the formulas as written: sum {}, class 0 {}, cost {}\n", sum,
             std::isnan(naive(0, 0)) ? "not a number" : "a number", -std::log(naive(0, 1)));
}
// [/naive]

// [apart]
void separate_and_combined() {
  const Labels wanted{1};
  nn::Softmax softmax;
  const Tensor p = softmax.forward(far);
  fmt::print("  Softmax, CrossEntropy: cost {:.1f}\n", Entropy::value(p, wanted));
  show("gradient", softmax.backward(Entropy::gradient(p, wanted)));
  fmt::print("  SoftmaxCrossEntropy: cost {:.1f}\n", Fused::value(far, wanted));
  show("gradient", Fused::gradient(far, wanted));
}
// [/apart]

// [main]
void break_it() {
  heading("3.8 Break it: softmax and logarithm computed separately");
  formulas_as_written();
  separate_and_combined();
}

int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 3: the cost");
  counting();
  squared_errors();
  cross_entropy();
  binary_cross_entropy();
  saturated_output();
  keep_curves();
  combined();
  check_yourself();
  break_it();
}
// [/main]
