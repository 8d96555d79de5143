// Chapter 10: MNIST, an MLP against a CNN. Read with docs/chapters/10_mnist.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

import lecture;
import networks;
import nn;

using lecture::heading;
// [/fold]

// [digits]
/// 55,000 digits for training, 5,000 for validation, 10,000 for the test; fewer in a short run.
nn::Split load_digits() {
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 12});
  if (!lecture::is_short()) return digits;
  return {digits.training.first(2'000), digits.validation.first(500), digits.test.first(1'000)};
}
// [/digits]

// [contender]
/// The hyperparameters chosen on the validation images; the defaults are those of the contest.
struct Recipe {
  nn::real learning_rate = 4e-3F;
  nn::real weight_decay = 0.1F;
  std::size_t epochs = 10;
};

struct Contender {
  std::string name;
  nn::Sequential (*network)(nn::Random&);
  Recipe recipe{};
};

nn::Sequential mlp(nn::Random& random) { return networks::multi_layer_perceptron(random); }
nn::Sequential small_mlp(nn::Random& random) {
  return networks::multi_layer_perceptron(random, 90);
}
nn::Sequential wide_mlp(nn::Random& random) {
  return networks::multi_layer_perceptron(random, 800);
}
// [/contender]

// [train]
struct Trained {
  nn::Sequential network;
  nn::History history{};
};

/// Trains with AdamW. The learning rate goes down in equal steps, one after each epoch, so that the
/// last of ten epochs has a tenth of it.
Trained train(const Contender& contender, const nn::Split& digits, std::uint64_t seed) {
  const auto& [learning_rate, weight_decay, wanted] = contender.recipe;
  const std::size_t epochs = lecture::is_short() ? 1 + wanted / 10 : wanted;
  nn::Random random{seed};
  Trained trained{.network = contender.network(random)};
  const nn::Adam adam{
      {.learning_rate = learning_rate, .weight_decay = weight_decay, .decoupled = true}};
  nn::Trainer trainer{trained.network, nn::SoftmaxCrossEntropy{}, adam};
  trainer.watch(nn::Accuracy{});
  trainer.on_epoch([&](const nn::Epoch& epoch) {
    lecture::progress(fmt::format("{}, seed {}: epoch {}", contender.name, seed, epoch.number));
  });
  const auto line = [](const nn::Progress& p) { return 1 - std::floor(p.epoch) / p.epochs; };
  trained.history = trainer.fit(digits.training, digits.validation,
                                {.epochs = epochs, .seed = seed, .steps = {.schedule = line}});
  return trained;
}
// [/train]

// [try_out]
/// Trains from three seeds and prints the validation accuracy in percent.
/// @return Its mean.
double try_out(const Contender& contender, const nn::Split& digits) {
  const std::vector<double> right = lecture::for_seeds(3, [&](std::uint64_t seed) {
    return 100 * train(contender, digits, seed).history.epochs.back().validation.metrics[0];
  });
  const lecture::Spread spread = lecture::spread(right);
  const auto& [learning_rate, weight_decay, epochs] = contender.recipe;
  lecture::progress("");
  fmt::print("  {:<14}rate {:<8}decay {:<6}{:>2} epochs   {} %\n", contender.name, learning_rate,
             weight_decay, epochs, to_string(spread));
  return spread.mean;
}
// [/try_out]

// [choose]
/// Searches for the recipe with the best validation accuracy: tries learning rates first, then
/// weight decays with the best rate, then numbers of epochs with the best of both.
Recipe choose(const Contender& contender, const nn::Split& digits) {
  Recipe best;
  double most = 0;
  const auto consider = [&](const Recipe& recipe) {
    const double right = try_out({contender.name, contender.network, recipe}, digits);
    if (right <= most) return;
    most = right;
    best = recipe;
  };
  for (const nn::real rate : {5e-4F, 1e-3F, 2e-3F, 4e-3F}) consider({.learning_rate = rate});
  const Recipe with_rate = best;
  for (const nn::real decay : {0.01F, 1.0F}) {
    consider({.learning_rate = with_rate.learning_rate, .weight_decay = decay});
  }
  const Recipe with_decay = best;
  for (const std::size_t epochs : {5U, 20U}) {
    consider({with_decay.learning_rate, with_decay.weight_decay, epochs});
  }
  fmt::print("  chosen: rate {}, decay {}, {} epochs\n", best.learning_rate, best.weight_decay,
             best.epochs);
  return best;
}
// [/choose]

// [search]
void search(const nn::Split& digits) {
  heading("10.4 Choosing the hyperparameters");
  choose({"MLP", mlp}, digits);
  choose({"CNN", networks::convolutional_network}, digits);
  choose({"small MLP", small_mlp}, digits);
  fmt::print("  with about as many multiply-adds as the CNN\n");
  try_out({"wide MLP", wide_mlp}, digits);
  try_out({"long MLP", mlp, {.epochs = 60}}, digits);
}
// [/search]

// [contenders]
/// The networks of the contest. All but the last have the default recipe.
std::vector<Contender> contenders() {
  return {{"MLP", mlp},
          {"CNN", networks::convolutional_network},
          {"small MLP", small_mlp},
          {"long MLP", mlp, {.epochs = 60}}};
}
// [/contenders]

// [contest]
/// Trains every network from three seeds and evaluates each of them once on the test images.
/// @return The networks of seed 1.
std::vector<nn::Sequential> contest(const nn::Split& digits) {
  heading("10.6 The contest");
  std::vector<nn::Sequential> networks;
  fmt::print("  {:<11}{:>10}{:>8}{:>9}{:>17}{:>17}\n", "% right", "parameters", "epochs", "seconds",
             "validation", "test");
  for (const Contender& contender : contenders()) {
    std::vector<double> seconds;
    std::vector<double> validation;
    const std::vector<double> test = lecture::for_seeds(3, [&](std::uint64_t seed) {
      auto [network, history] = train(contender, digits, seed);
      seconds.push_back(history.seconds());
      validation.push_back(100 * history.epochs.back().validation.metrics[0]);
      const double right = lecture::percent_right(network, digits.test);
      if (seed == 1) networks.push_back(std::move(network));
      return right;
    });
    lecture::progress("");
    fmt::print("  {:<11}{:>10}{:>8}{:>9.1f}{:>18}{:>18}\n", contender.name,
               nn::thousands(networks.back().parameter_count()), contender.recipe.epochs,
               lecture::spread(seconds).mean, to_string(lecture::spread(validation)),
               to_string(lecture::spread(test)));
  }
  return networks;
}
// [/contest]

// [paired]
/// How many images are misread by both of two networks, only by the first, only by the second.
struct Paired {
  double both = 0, first = 0, second = 0;
};

Paired compare(const nn::Sequential& first, const nn::Sequential& second, const nn::Dataset& set) {
  const nn::Labels by_first = nn::predict_classes(first, set.inputs);
  const nn::Labels by_second = nn::predict_classes(second, set.inputs);
  const nn::Labels& actual = set.targets.labels();
  Paired wrong;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool first_wrong = by_first[i] != actual[i];
    const bool second_wrong = by_second[i] != actual[i];
    if (first_wrong && second_wrong) ++wrong.both;
    if (first_wrong && !second_wrong) ++wrong.first;
    if (!first_wrong && second_wrong) ++wrong.second;
  }
  return wrong;
}
// [/paired]

// [mcnemar]
/// McNemar's test on the images that exactly one of two networks misreads.
void show_paired(const std::vector<nn::Sequential>& networks, const nn::Dataset& test) {
  heading("10.7 Comparing image by image");
  for (const std::size_t rival : {0U, 2U, 3U}) {
    const auto [both, first, second] = compare(networks[rival], networks[1], test);
    const double difference = first - second;
    fmt::print(
        "  {:<10} both misread {:2}, only this MLP {:3}, only the CNN {:2}: chi-squared {:.1f}\n",
        contenders()[rival].name, both, first, second, difference * difference / (first + second));
  }
}
// [/mcnemar]

// [mistakes]
/// Draws the three mistakes that the network was most confident of.
void show_mistakes(const std::string& name, const nn::Sequential& network,
                   const nn::Dataset& test) {
  const nn::Tensor probabilities = nn::predict_probabilities(network, test.inputs);
  const nn::Labels predicted = nn::Labels::from_rows(probabilities);
  const nn::Labels& actual = test.targets.labels();
  std::vector<std::size_t> wrong;
  for (std::size_t i = 0; i < test.size(); ++i) {
    if (predicted[i] != actual[i]) wrong.push_back(i);
  }
  std::ranges::sort(wrong, std::greater{},
                    [&](std::size_t i) { return probabilities(i, predicted[i]); });
  wrong.resize(std::min<std::size_t>(3, wrong.size()));
  fmt::print("  The {}'s most confident mistakes\n", name);
  for (const std::size_t i : wrong) {
    fmt::print("{:>26}", fmt::format("{} taken for {} ({:.0f} %)", actual[i], predicted[i],
                                     100 * probabilities(i, predicted[i])));
  }
  fmt::print("\n");
  lecture::draw(nn::gather(test, wrong).inputs);
}
// [/mistakes]

// [show_mistakes]
void look_at_mistakes(const std::vector<nn::Sequential>& networks, const nn::Dataset& test) {
  heading("10.9 The most confident mistakes");
  show_mistakes("MLP", networks[0], test);
  show_mistakes("CNN", networks[1], test);
}
// [/show_mistakes]

// [check]
/// Prints each network's fraction of mistakes and its standard error, which comes from the choice
/// of test images.
void check(const std::vector<nn::Sequential>& networks, const nn::Dataset& test) {
  heading("10.12 Check yourself");
  const auto n = static_cast<double>(test.size());
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const double q = 1 - lecture::percent_right(networks[i], test) / 100;
    fmt::print("  {:<10} misreads {:.2f} %, standard error of the sample {:.2f} points\n",
               contenders()[i].name, 100 * q, 100 * std::sqrt(q * (1 - q) / n));
  }
}
// [/check]

// [break]
void break_it(const nn::Split& digits) {
  heading("10.13 Break it: a learning rate a hundred times too large");
  for (Contender contender : {contenders()[0], contenders()[1]}) {
    contender.recipe.learning_rate *= 100;
    contender.recipe.epochs = 1;
    const nn::Evaluation end = train(contender, digits, 1).history.epochs.back().validation;
    lecture::progress("");
    fmt::print("  {:<4} validation cost {:.4f}, {:.2f} % right\n", contender.name, end.cost,
               100 * end.metrics[0]);
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 10: MNIST, an MLP against a CNN");
  const nn::Split digits = load_digits();
  search(digits);
  const std::vector<nn::Sequential> networks = contest(digits);
  show_paired(networks, digits.test);
  look_at_mistakes(networks, digits.test);
  check(networks, digits.test);
  break_it(digits);
}
// [/main]
