// Chapter 17: residual connections. Read with docs/chapters/17_residual.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

import experiments;
import lecture;
import nn;

using lecture::Curve, lecture::heading, lecture::percent_right, lecture::show;
using nn::real, nn::Shape, nn::Tensor;
// [/fold]

// [nothing]
void nothing_learned(const nn::Split& digits) {
  heading("17.1 Fifty layers that learn almost nothing");
  measure("plain", digits);
}
// [/nothing]

// [cause]
void cause(const nn::Split& digits, std::vector<Curve>& norms) {
  heading("17.2 The gradient is there, but it misleads");
  show_norms({"plain"}, digits, norms);
  fmt::print("\n");
  show_trust({"plain"}, digits);
}
// [/cause]

// [skip]
/// A residual connection, written like its formulas.
struct Skip {
  nn::Sequential f;

  Tensor forward(const Tensor& x) { return sum(x, f.forward(x)); }
  Tensor backward(const Tensor& g) { return sum(g, f.backward(g)); }

  static Tensor sum(Tensor a, const Tensor& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a.values()[i] += b.values()[i];
    return a;
  }
  // [/skip]

  // [layer]
  [[nodiscard]] Tensor predict(const Tensor& x) const { return sum(x, f.predict(x)); }
  std::vector<nn::Parameter*> parameters() { return f.parameters(); }
  [[nodiscard]] std::string name() const { return "Skip"; }
  [[nodiscard]] Shape output_shape(const Shape& sample) const { return sample; }
};
// [/layer]

// [by-hand]
void by_hand() {
  heading("17.3 A path past each layer");
  Skip skip{nn::Sequential{nn::Dense{Tensor{{1, 2}, {3, 4}}, Tensor{10, 20}}}};
  show("Y", skip.forward(Tensor{{1, 1}}));
  show("dX", skip.backward(Tensor{{1, 0}}));
}
// [/by-hand]

// [paths]
nn::Dense factor(real w) { return nn::Dense{Tensor{{w}}, Tensor{0}}; }

void sum_over_paths() {
  heading("17.4 A sum over paths");
  nn::Sequential plain{factor(0.5F), factor(0.25F)};
  nn::Sequential residual{Skip{nn::Sequential{factor(0.5F)}}, Skip{nn::Sequential{factor(0.25F)}}};
  for (nn::Sequential* const network : {&plain, &residual}) {
    const Tensor y = network->forward(Tensor{{8}});
    const Tensor dx = network->backward(Tensor{{1}});
    fmt::print("  {}: y = {}, dy/dx = {}\n", network == &plain ? "plain   " : "residual", y(0, 0),
               dx(0, 0));
  }
  for (const double l : {8, 20, 50}) {
    fmt::print(
        "  {:2} blocks: 0.125^L = {:.0e}, 1.125^L = {:.3g}; 2^L = {:.3g}, (1 + 1/L)^L = {:.2f}\n",
        l, std::pow(0.125, l), std::pow(1.125, l), std::pow(2, l), std::pow(1 + 1 / l, l));
  }
}
// [/paths]

// [deep]
void deep(const nn::Split& digits, std::vector<Curve>& norms) {
  heading("17.5 Deep residual networks");
  show_norms({"unscaled", "residual"}, digits, norms);
  fmt::print("\n");
  show_trust({"residual"}, digits);
  fmt::print("\n");
  measure("residual", digits);
}
// [/deep]

// [norm]
void where_to_normalize(const nn::Split& digits, std::vector<Curve>& norms) {
  heading("17.6 Pre-norm and post-norm");
  show_norms({"pre-norm", "post-norm"}, digits, norms);
  fmt::print("\n");
  show_trust({"pre-norm", "post-norm"}, digits);
  fmt::print("\n");
  for (const std::string kind : {"pre-norm", "post-norm"}) measure(kind, digits);
  lecture::keep("17_norms.csv", "layer", 1, norms);
}
// [/norm]

// [shapes]
void other_shapes() {
  heading("17.7 Where the shape changes");
  const nn::Sequential f{nn::Dense{Tensor{{1}, {3}}, Tensor{10}}};
  const nn::Sequential p{nn::Dense{Tensor{{5}, {-1}}, Tensor{100}}};
  nn::Residual residual{f, p};
  show("Y", residual.forward(Tensor{{1, 2}}));
  show("dX", residual.backward(Tensor{{2}}));
  nn::GlobalAveragePool pool;
  const Tensor images = Tensor{1, 2, 3, 6, 0, 0, 0, 8}.reshaped(Shape{1, 2, 2, 2});
  show("means", pool.forward(images));
  show("their dX", Tensor{pool.backward(Tensor{{4, 8}})}.reshaped(Shape{2, 4}));
}
// [/shapes]

// [resnet]
constexpr nn::Convolution::Options same{.kernel = 3, .padding = nn::Padding{1}};
constexpr nn::Convolution::Options half{.kernel = 3, .stride = 2, .padding = nn::Padding{1}};

/// F of a residual block: two convolutions, each normalized; the first may halve the image.
nn::Sequential two_convolutions(std::size_t in, std::size_t out, bool halved, const nn::He& he) {
  return nn::Sequential{nn::Convolution{in, out, halved ? half : same, he}, nn::BatchNorm{out},
                        nn::ReLU{}, nn::Convolution{out, out, same, he}, nn::BatchNorm{out}};
}

nn::Sequential residual_cnn(nn::Random& random) {
  const nn::He he{random};
  const nn::Convolution::Options one{.kernel = 1, .stride = 2};
  return nn::Sequential{
      nn::Reshape{1, 28, 28},
      nn::Convolution{1, 24, same, he},
      nn::MaxPool{2},
      nn::BatchNorm{24},
      nn::ReLU{},
      nn::Residual{two_convolutions(24, 24, false, he)},
      nn::ReLU{},
      nn::Residual{two_convolutions(24, 48, true, he),
                   nn::Sequential{nn::Convolution{24, 48, one, he}, nn::BatchNorm{48}}},
      nn::ReLU{},
      nn::Residual{two_convolutions(48, 48, false, he)},
      nn::ReLU{},
      nn::GlobalAveragePool{},
      nn::Dense{48, 10, nn::Glorot{random}}};
}
// [/resnet]

// [mnist]
/// Trains the residual network with augmentation, and prints how many digits it reads.
void train_and_test(const nn::Split& digits, std::uint64_t seed) {
  nn::Random random{seed};
  nn::Sequential network = residual_cnn(random);
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::Adam{{.learning_rate = 3e-3F, .weight_decay = 0.01F, .decoupled = true}}};
  trainer.on_epoch([&](const nn::Epoch& epoch) {
    lecture::progress(fmt::format("seed {}, epoch {}", seed, epoch.number));
  });
  const nn::AugmentOptions modest{.rotation = 10, .shift = 2, .scaling = 0.1, .shear = 5};
  trainer.fit(digits.training,
              {.epochs = lecture::is_short() ? 2U : 12U,
               .seed = seed,
               .steps = {.schedule = nn::OneCycle{}, .augment = nn::Augment{modest}}});
  const double validation = percent_right(network, digits.validation);
  const double test = percent_right(network, digits.test);
  lecture::progress("");
  fmt::print("  seed {}: validation {:.2f} %, test {:.2f} %\n", seed, validation, test);
}

void residual_mnist() {
  heading("17.8 A residual network reads digits");
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 12});
  if (lecture::is_short()) {
    digits = {digits.training.first(1'000), digits.validation.first(200), digits.test.first(500)};
  }
  nn::Random random{1};
  fmt::print("{}", residual_cnn(random).summary());
  train_and_test(digits, 1);
}
// [/mnist]

// [check]
void check_yourself() {
  heading("17.9 Check yourself");
  nn::Random random{1};
  const nn::Sequential f{nn::Dense{3, 3, nn::He{random}}, nn::Tanh{}};
  Skip plain{f};
  nn::Residual fast{f};
  const Tensor x = lecture::noise(Shape{20, 3}, 1);
  const Tensor g = lecture::noise(Shape{20, 3}, 2);
  lecture::check_equal("Skip, nn::Residual: Y", plain.forward(x), fast.forward(x), 1e-6);
  lecture::check_equal("dX", plain.backward(g), fast.backward(g), 1e-6);
  lecture::check_gradients("Residual", fast, x);
  lecture::check_gradients("GlobalAveragePool", nn::GlobalAveragePool{},
                           lecture::noise(Shape{2, 3, 4, 4}, 3));
}
// [/check]

// [forgetful]
/// A residual connection with a mistake: its backward pass forgets the path past the layers.
struct Forgetful : Skip {
  Tensor backward(const Tensor& g) { return f.backward(g); }
};

void break_it(const nn::Split& digits) {
  heading("17.10 Break it: forget + g");
  nn::Random random{1};
  const nn::Sequential f{nn::Dense{3, 3, nn::He{random}}, nn::Tanh{}};
  lecture::check_gradients("Forgetful", Forgetful{Skip{f}}, lecture::noise(Shape{20, 3}, 1));
  const auto percent = [&]<class Block>(const Block& /*kind*/, std::uint64_t seed) {
    nn::Random draws{seed};
    const nn::He he{draws};
    const nn::RandomNormal small = small_weights(draws, 19);
    nn::Sequential network{nn::Dense{784, 100, he}};
    for (int i = 0; i < 19; ++i) {
      network.push(Block{nn::Sequential{nn::ReLU{}, nn::Dense{100, 100, small}}});
    }
    network.push(nn::ReLU{});
    network.push(nn::Dense{100, 10, he});
    train_once(network, digits.training, 0.1F, seed);
    return percent_right(network, digits.test);
  };
  const auto print = [&](const char* name, const auto& kind) {
    const auto right =
        lecture::for_seeds(3, [&](std::uint64_t seed) { return percent(kind, seed); });
    fmt::print("  20 hidden, {:<10}{:>12} %\n", name, to_string(lecture::spread(right), 1));
  };
  print("Skip", Skip{});
  print("Forgetful", Forgetful{});
}
// [/forgetful]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 17: residual connections");
  const nn::Split digits = load();
  std::vector<Curve> norms;
  nothing_learned(digits);
  cause(digits, norms);
  by_hand();
  sum_over_paths();
  deep(digits, norms);
  where_to_normalize(digits, norms);
  other_shapes();
  residual_mnist();
  check_yourself();
  break_it(digits);
}
// [/main]
