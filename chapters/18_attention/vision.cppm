/// @file
/// @brief Supporting code of chapter 18: images as sequences of patches, a small vision
/// transformer, and its contest with the CNN of chapter 10.
module;

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

export module vision;

import lecture;
import networks;
import nn;

using nn::real;
using nn::Shape;
using nn::Tensor;

// [mean]
/// The mean over all places of a sequence, (B, T, D) → (B, D).
export class MeanOverPlaces {
 public:
  [[nodiscard]] Tensor predict(const Tensor& x) const {
    Tensor y{Shape{x.shape()[0], x.shape()[2]}};
    for (std::size_t n = 0; n < y.rows(); ++n) {
      for (std::size_t t = 0; t < x.shape()[1]; ++t) {
        for (std::size_t d = 0; d < y.columns(); ++d) y(n, d) += x(n, t, d);
      }
      for (real& mean : y.row(n)) mean /= static_cast<real>(x.shape()[1]);
    }
    return y;
  }

  Tensor forward(const Tensor& x) {
    input_ = x.shape();
    return predict(x);
  }

  /// Each place gets the same part of the gradient.
  Tensor backward(const Tensor& g) {
    Tensor dx{input_};
    for (std::size_t n = 0; n < input_[0]; ++n) {
      for (std::size_t t = 0; t < input_[1]; ++t) {
        for (std::size_t d = 0; d < input_[2]; ++d) {
          dx(n, t, d) = g(n, d) / static_cast<real>(input_[1]);
        }
      }
    }
    return dx;
  }

  std::vector<nn::Parameter*> parameters() { return {}; }
  [[nodiscard]] std::string name() const { return "Mean over places"; }
  [[nodiscard]] Shape output_shape(const Shape& sample) const {
    return sample.rank() < 2 ? sample : Shape{sample[1]};
  }

 private:
  Shape input_;
};
// [/mean]

// [patches]
/// Where in an image number i of patch p is.
std::size_t pixel(std::size_t p, std::size_t i) {
  return 28 * (p / 4 * 7 + i / 7) + p % 4 * 7 + i % 7;
}

/// Cuts images of 28×28 pixels into 16 patches of 7×7, in reading order: (B, 784) → (B, 16, 49).
class Patches {
 public:
  [[nodiscard]] Tensor predict(const Tensor& x) const {
    Tensor y{Shape{x.rows(), 16, 49}};
    for (std::size_t n = 0; n < x.rows(); ++n) {
      for (std::size_t p = 0; p < 16; ++p) {
        for (std::size_t i = 0; i < 49; ++i) y(n, p, i) = x(n, pixel(p, i));
      }
    }
    return y;
  }

  [[nodiscard]] Tensor forward(const Tensor& x) const { return predict(x); }

  Tensor backward(const Tensor& g) {
    Tensor dx{Shape{g.shape()[0], 784}};
    for (std::size_t n = 0; n < dx.rows(); ++n) {
      for (std::size_t p = 0; p < 16; ++p) {
        for (std::size_t i = 0; i < 49; ++i) dx(n, pixel(p, i)) = g(n, p, i);
      }
    }
    return dx;
  }

  std::vector<nn::Parameter*> parameters() { return {}; }
  [[nodiscard]] std::string name() const { return "Patches 7×7"; }
  [[nodiscard]] Shape output_shape(const Shape& /*sample*/) const { return Shape{16, 49}; }
};
// [/patches]

// [transformer]
/// Adds a block: attention with four heads, then an MLP, each with a path past it.
export void push_block(nn::Sequential& network, std::size_t features, std::size_t hidden,
                       nn::Random& random) {
  const nn::Glorot glorot{random};
  network.push(
      nn::Residual{nn::LayerNorm{features}, nn::Attention{features, glorot, {.heads = 4}}});
  network.push(nn::Residual{nn::LayerNorm{features}, nn::Dense{features, hidden, glorot},
                            nn::GELU{}, nn::Dense{hidden, features, glorot}});
}

export nn::Sequential vision_transformer(nn::Random& random, bool has_positions = true) {
  nn::Sequential network{Patches{}, nn::Dense{49, 64, nn::Glorot{random}}};
  if (has_positions) network.push(nn::Positions{16, 64, nn::RandomNormal{random, 0.1}});
  for (int i = 0; i < 2; ++i) push_block(network, 64, 160, random);
  network.push(nn::LayerNorm{64});
  network.push(MeanOverPlaces{});
  network.push(nn::Dense{64, 10, nn::Glorot{random}});
  return network;
}
// [/transformer]

// [train]
/// 55,000 digits for training, 5,000 for validation, 10,000 for the test; fewer in a short run.
export nn::Split load_mnist() {
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 12});
  if (!lecture::is_short()) return digits;
  return {digits.training.first(1'000), digits.validation.first(300), digits.test.first(500)};
}

export struct Recipe {
  real learning_rate = 4e-3F;
  real weight_decay = 0.1F;
  std::size_t epochs = 10;
};

/// Trains as chapter 10 does: AdamW, and a rate that goes down in equal steps after each epoch.
/// @return The seconds that it took.
double train(nn::Sequential& network, const nn::Dataset& digits, const Recipe& recipe,
             std::uint64_t seed) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{},
                      nn::Adam{{.learning_rate = recipe.learning_rate,
                                .weight_decay = recipe.weight_decay,
                                .decoupled = true}}};
  trainer.on_epoch([&](const nn::Epoch& epoch) {
    lecture::progress(fmt::format("rate {}, seed {}: epoch {} of {}", recipe.learning_rate, seed,
                                  epoch.number, recipe.epochs));
  });
  const auto line = [](const nn::Progress& p) { return 1 - std::floor(p.epoch) / p.epochs; };
  const nn::History history =
      trainer.fit(digits, {.epochs = recipe.epochs, .seed = seed, .steps = {.schedule = line}});
  lecture::progress("");
  return history.seconds();
}
// [/train]

// [choose]
/// Searches for the transformer's learning rate, with the candidates that the CNN had in chapter 10
/// and one short run for each.
export Recipe choose(const nn::Split& digits) {
  const bool is_short = lecture::is_short();
  Recipe best;
  double most = 0;
  for (const real rate : {5e-4F, 1e-3F, 2e-3F, 4e-3F}) {
    nn::Random random{100};
    nn::Sequential network = vision_transformer(random);
    train(network, digits.training, {.learning_rate = rate, .epochs = is_short ? 1U : 2U}, 100);
    const double right = lecture::percent_right(network, digits.validation);
    fmt::print("  transformer  rate {:<7} validation {:.2f} %\n", rate, right);
    if (right <= most) continue;
    most = right;
    best = {.learning_rate = rate, .epochs = is_short ? 1U : 4U};  // as long as the CNN
  }
  return best;
}
// [/choose]

// [contest]
/// Trains a network from three seeds and prints the means. Returns the last network.
nn::Sequential contender(const char* name, nn::Sequential (*build)(nn::Random&),
                         const Recipe& recipe, const nn::Split& digits) {
  nn::Sequential network;
  std::vector<double> seconds;
  std::vector<double> validation;
  const auto test = lecture::for_seeds(lecture::is_short() ? 2 : 3, [&](std::uint64_t seed) {
    nn::Random random{seed};
    network = build(random);
    seconds.push_back(train(network, digits.training, recipe, seed));
    validation.push_back(lecture::percent_right(network, digits.validation));
    return lecture::percent_right(network, digits.test);
  });
  fmt::print("  {:<12}{:>7}{:>11}{:>8}{:>9.1f}{:>15}{:>15}\n", name,
             nn::thousands(digits.training.size()), nn::thousands(network.parameter_count()),
             recipe.epochs, lecture::spread(seconds).mean, to_string(lecture::spread(validation)),
             to_string(lecture::spread(test)));
  return network;
}

/// The CNN against the transformer, on all images and on a thousand of them. Returns a transformer
/// that was trained on all.
export nn::Sequential contest(const Recipe& recipe, const nn::Split& digits) {
  const auto transformer = [](nn::Random& random) { return vision_transformer(random); };
  const bool is_short = lecture::is_short();
  fmt::print("  {:<12}{:>7}{:>11}{:>8}{:>9}{:>15}{:>15}\n", "% right", "images", "parameters",
             "epochs", "seconds", "validation", "test");
  contender("CNN", networks::convolutional_network, {.epochs = is_short ? 2U : 10U}, digits);
  nn::Sequential trained = contender("transformer", transformer, recipe, digits);
  const nn::Split few{digits.training.first(1'000), digits.validation, digits.test};
  contender("CNN", networks::convolutional_network, {.epochs = is_short ? 4U : 50U}, few);
  contender("transformer", transformer,
            {recipe.learning_rate, recipe.weight_decay, is_short ? 2U : 20U}, few);
  return trained;
}
// [/contest]

// [shuffled]
/// The same images with the patches of each in a random order.
export Tensor shuffled(const Tensor& images) {
  nn::Random random{1};
  Tensor result{images.shape()};
  for (std::size_t n = 0; n < images.rows(); ++n) {
    const std::vector<std::size_t> order = random.permutation(16);
    for (std::size_t p = 0; p < 16; ++p) {
      for (std::size_t i = 0; i < 49; ++i) result(n, pixel(p, i)) = images(n, pixel(order[p], i));
    }
  }
  return result;
}

/// Trains a transformer without positions, as the contest does.
export nn::Sequential without_positions(const Recipe& recipe, const nn::Dataset& digits) {
  nn::Random random{3};
  nn::Sequential network = vision_transformer(random, false);
  train(network, digits, recipe, 3);
  return network;
}
// [/shuffled]
