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
/// How many samples have their largest prediction at the right class.
std::size_t count_right(const Tensor& predictions, const Labels& classes) {
  const Labels guesses = Labels::from_rows(predictions);
  std::size_t right = 0;
  for (std::size_t n = 0; n < classes.size(); ++n) right += guesses[n] == classes[n] ? 1U : 0U;
  return right;
}
// [/count]

// [counting]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 3: the cost");

  heading("3.1 Counting is not enough");
  const Labels classes{0, 2};  // sample 0 is of class 0, sample 1 of class 2
  const Tensor careful{{0.5, 0.25, 0.25}, {0.25, 0.5, 0.25}};
  const Tensor bold{{0.75, 0.125, 0.125}, {0.125, 0.75, 0.125}};
  const Tensor nudged{{0.5, 0.25, 0.25}, {0.1875, 0.5, 0.3125}};
  fmt::print("  careful: {} of 2 right\n", count_right(careful, classes));
  fmt::print("  bold:    {} of 2 right\n", count_right(bold, classes));
  fmt::print("  nudged:  {} of 2 right\n", count_right(nudged, classes));
  // [/counting]

  // [squares]
  heading("3.2 The mean squared error");
  using Squares = nn::MeanSquaredError;
  const Tensor T{{1, 0, 0}, {0, 0, 1}};  // the same classes, one-hot
  fmt::print("  careful {:.4f}, bold {:.4f}, nudged {:.4f}\n", Squares::value(careful, T),
             Squares::value(bold, T), Squares::value(nudged, T));
  Tensor difference = careful;
  for (std::size_t i = 0; i < T.size(); ++i) difference.values()[i] -= T.values()[i];
  show("careful - T", difference);
  show("gradient", Squares::gradient(careful, T));
  // [/squares]

  // [entropy]
  heading("3.3 Cross-entropy");
  using Entropy = nn::CrossEntropy;
  fmt::print("  careful {:.4f}, bold {:.4f}, nudged {:.4f}\n", Entropy::value(careful, T),
             Entropy::value(bold, T), Entropy::value(nudged, T));
  fmt::print("  careful, targets as class numbers: {:.4f}\n", Entropy::value(careful, classes));
  const Tensor slopes = Entropy::gradient(careful, classes);
  fmt::print("  gradient at the right classes: {:.3f} and {:.3f}\n\n", slopes(0, 0), slopes(1, 2));
  fmt::print("  right class has   squared error   cross-entropy\n");
  for (const real p : {real(0.5), real(0.1), real(0.01), real(0.0001)}) {
    const Tensor doubt{{p, 1 - p}};
    fmt::print("  {:15.4f} {:15.4f} {:15.4f}\n", p, Squares::value(doubt, Labels{0}),
               Entropy::value(doubt, Labels{0}));
  }
  // [/entropy]

  // [binary]
  heading("3.4 Yes or no");
  using Binary = nn::BinaryCrossEntropy;
  const Tensor answers{{0.5}, {0.75}};
  const Tensor truth{1, 0};
  fmt::print("  cost {:.4f}\n", Binary::value(answers, truth));
  show("gradient", Binary::gradient(answers, truth));
  // [/binary]

  // [saturated]
  heading("3.5 A saturated output");
  fmt::print("       z   output    squares    entropy\n");
  for (const real z : {real(0), real(-2), real(-4), real(-8)}) {
    nn::Sigmoid sigmoid;
    const Tensor p = sigmoid.forward(Tensor{nn::Shape{1, 1}, z});
    const Tensor slow = sigmoid.backward(Squares::gradient(p, Tensor{1}));
    const Tensor fast = sigmoid.backward(Binary::gradient(p, Tensor{1}));
    fmt::print("  {:6.1f} {:8.5f} {:10.5f} {:10.5f}\n", z, p(0, 0), slow(0, 0), fast(0, 0));
  }
  // [/saturated]

  // [steps]
  // Against the gradient, until a sigmoid that should say 1 says at least one half.
  const auto count_steps = [](const nn::Cost auto& cost, real start) {
    nn::Sigmoid sigmoid;
    Tensor z{nn::Shape{1, 1}, start};
    int steps = 0;
    for (Tensor p = sigmoid.forward(z); p(0, 0) < real{0.5}; p = sigmoid.forward(z)) {
      z(0, 0) -= sigmoid.backward(cost.gradient(p, Tensor{1}))(0, 0);
      ++steps;
    }
    return steps;
  };
  fmt::print("\n  steps from -8: {} with squares, {} with entropy\n", count_steps(Squares{}, -8),
             count_steps(Binary{}, -8));
  // [/steps]

  // [curves]
  std::string curves = "z,squares,entropy,squares_slope,entropy_slope\n";
  for (int quarters = -32; quarters <= 16; ++quarters) {
    const real z = static_cast<real>(quarters) / 4;
    nn::Sigmoid sigmoid;
    const Tensor p = sigmoid.forward(Tensor{nn::Shape{1, 1}, z});
    const Tensor slow = sigmoid.backward(Squares::gradient(p, Tensor{1}));
    const Tensor fast = sigmoid.backward(Binary::gradient(p, Tensor{1}));
    curves += fmt::format("{:.2f},{:.4g},{:.4g},{:.4g},{:.4g}\n", z, Squares::value(p, Tensor{1}),
                          Binary::value(p, Tensor{1}), slow(0, 0), fast(0, 0));
  }
  lecture::keep("03_saturation.csv", curves);
  // [/curves]

  // [fused]
  heading("3.6 Softmax and cross-entropy in one");
  constexpr real ln2 = std::numbers::ln2_v<real>;
  const Tensor Z{{ln2, 0, 0}, {0, ln2, 0}};
  using Fused = nn::SoftmaxCrossEntropy;
  nn::Softmax softmax;
  const Tensor P = softmax.forward(Z);
  show("Z", Z);
  show("softmax", P);
  fmt::print("  cost: apart {:.4f}, in one {:.4f}\n", Entropy::value(P, T), Fused::value(Z, T));
  const Tensor dZ = Fused::gradient(Z, T);
  show("dZ apart", softmax.backward(Entropy::gradient(P, T)));
  show("dZ in one", dZ);
  // [/fused]

  // [check]
  heading("3.7 Check yourself");
  for (const int part : {4, 8, 16}) {
    const real h = real(1) / static_cast<real>(part);
    double worst = 0;
    for (std::size_t i = 0; i < Z.size(); ++i) {
      Tensor above = Z;
      Tensor below = Z;
      above.values()[i] += h;
      below.values()[i] -= h;
      const double slope = (Fused::value(above, T) - Fused::value(below, T)) / (2 * double{h});
      worst = std::fmax(worst, std::abs(slope - dZ.values()[i]));
    }
    fmt::print("  h = 1/{:<2}  largest difference {:.1e}\n", part, worst);
  }
  // [/check]

  // [naive]
  heading("3.8 Break it: softmax and logarithm apart");
  const Tensor far{{1000, 0, 0}};
  const Labels wanted{1};
  Tensor naive = far;
  real sum = 0;
  for (real& x : naive.values()) sum += (x = std::exp(x));
  for (real& x : naive.values()) x /= sum;
  fmt::print("  as the formulas stand: sum {}, class 0 {}, cost {}\n", sum,
             std::isnan(naive(0, 0)) ? "not a number" : "a number", -std::log(naive(0, 1)));
  // [/naive]

  // [apart]
  const auto largest = [](const Tensor& tensor) {  // whatever its sign
    real result = 0;
    for (const real x : tensor.values()) result = std::fmax(result, std::abs(x));
    return result;
  };
  const Tensor safe = softmax.forward(far);
  fmt::print("  Softmax, CrossEntropy: cost {:.1f}, largest gradient {:.0f}\n",
             Entropy::value(safe, wanted),
             largest(softmax.backward(Entropy::gradient(safe, wanted))));
  fmt::print("  SoftmaxCrossEntropy:   cost {:.1f}, largest gradient {:.0f}\n",
             Fused::value(far, wanted), largest(Fused::gradient(far, wanted)));
}
// [/apart]
