// Chapter 12: generalization. Read with docs/chapters/12_generalisation.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading, lecture::percent_right, lecture::show;
using nn::Tensor;
// [/fold]

// [train]
/// MNIST, with this fraction of the training images set aside; a small part of it with `--short`.
nn::Split load(double validation) {
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = validation});
  if (!lecture::is_short()) return digits;
  return {digits.training.first(1'000), digits.validation.first(500), digits.test.first(500)};
}

/// What varies between training runs. The default has none of the remedies.
struct Plan {
  std::string name{};
  std::size_t batch_size = 20, epochs = 20;
  nn::real rate = 0.16F, weight_decay = 0;
  double dropout = 0, cost = 0;  // cost: the lowest validation cost, once known
  std::function<Tensor(Tensor, nn::Random)> augment{};
};

nn::Sequential multi_layer_perceptron(double dropout, nn::Random random) {
  return nn::Sequential{
      nn::Dense{784, 256, nn::He{random}},   nn::ReLU{}, nn::Dropout{dropout, random},
      nn::Dense{256, 256, nn::He{random}},   nn::ReLU{}, nn::Dropout{dropout, random},
      nn::Dense{256, 10, nn::Glorot{random}}};
}

/// Trains a network, and measures its accuracy as well as its cost after every epoch.
nn::History fit(nn::Sequential& network, const nn::AnyOptimizer& optimizer, const nn::Split& digits,
                nn::TrainingOptions options) {
  if (lecture::is_short()) options.epochs = options.epochs / 10 + 1;
  lecture::progress(fmt::format("{} epochs, seed {}", options.epochs, options.seed));
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, optimizer};
  trainer.watch(nn::Accuracy{});
  return trainer.fit(digits.training, digits.validation, options);
}

/// Trains with plain gradient descent and the settings of a plan.
nn::History train(const nn::Split& digits, const Plan& plan, std::uint64_t seed = 1) {
  nn::Sequential network = multi_layer_perceptron(plan.dropout, nn::Random{seed});
  const nn::GradientDescent descent{
      {.learning_rate = plan.rate, .weight_decay = plan.weight_decay}};
  return fit(network, descent, digits,
             {.epochs = plan.epochs,
              .batches = {.size = plan.batch_size},
              .seed = seed,
              .steps = {.augment = plan.augment}});
}
// [/train]

// [fit]
void fit_and_overfit(const nn::Split& digits) {
  heading("12.1 Great fit and overfit");
  for (const auto& [size, epochs] : {std::pair{100U, 15U}, {5U, 30U}}) {
    const nn::History history =
        train(digits, {.batch_size = size, .epochs = epochs, .rate = 0.04F});
    fmt::print("batches of {}\n", size);
    fmt::print("  epoch   training cost, accuracy   validation cost, accuracy\n");
    for (const nn::Epoch& epoch : history.epochs) {
      if (epoch.number > 3 && epoch.number % 5 != 0) continue;
      fmt::print("  {:5}{:16.4f}{:8.2f} %{:18.4f}{:8.2f} %\n", epoch.number, epoch.training.cost,
                 100 * epoch.training.metrics[0], epoch.validation.cost,
                 100 * epoch.validation.metrics[0]);
    }
    fmt::print("  validation cost lowest at epoch {}\n", history.best_epoch());
    lecture::keep(size == 5 ? "12_overfit.csv" : "12_great.csv", history.csv());
  }
}
// [/fit]

// [errors]
/// Trains networks with one hidden layer from three seeds, on 2,400 batches however many images
/// there are (fewer with `--short`), and prints their errors in percent.
/// @return A line for the figure.
std::string errors(const nn::Split& digits, std::size_t width, std::size_t count) {
  const nn::Dataset images = digits.training.first(count);
  const std::size_t passes = (lecture::is_short() ? 3'000 : 240'000) / count;
  std::vector<double> training;
  const std::vector<double> validation = lecture::for_seeds(3, [&](std::uint64_t seed) {
    nn::Random random{seed};
    nn::Sequential network{nn::Dense{784, width, nn::He{random}}, nn::ReLU{},
                           nn::Dense{width, 10, nn::Glorot{random}}};
    nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
    trainer.fit(images, {.epochs = passes, .seed = seed});
    training.push_back(100 - percent_right(network, images));
    return 100 - percent_right(network, digits.validation);
  });
  const lecture::Spread left = lecture::spread(training);
  const lecture::Spread right = lecture::spread(validation);
  fmt::print("  {:5}{:8}{:>15} %{:>15} %\n", width, count, to_string(left, 1), to_string(right, 1));
  return fmt::format("{},{},{:.2f},{:.2f}\n", width, count, left.mean, right.mean);
}

void sizes(const nn::Split& digits) {
  heading("12.2 How large a network, how many images");
  fmt::print("  width  images   training error validation error\n");
  std::string lines = "width,images,training,validation\n";
  const std::size_t all = digits.training.size();
  for (const std::size_t width : {1U, 4U, 16U, 128U, 1'024U}) lines += errors(digits, width, all);
  const std::size_t few = all / 48;
  for (const std::size_t width : {1U, 4U, 16U, 128U, 1'024U}) lines += errors(digits, width, few);
  for (const std::size_t part : {480U, 160U, 16U, 5U}) lines += errors(digits, 128, all / part);
  lecture::keep("12_sizes.csv", lines);
}
// [/errors]

// [decay]
void decay_by_hand() {
  heading("12.4 Weight decay");
  nn::Parameter weights{"weight", Tensor{0.5F, 0.5F, -2.0F}};
  weights.gradient = Tensor{0.2F, 0.0F, 0.0F};
  show("before", weights.value);
  nn::GradientDescent{{.learning_rate = 0.1F, .weight_decay = 0.5F}}.step(std::vector{&weights});
  show("after", weights.value);
}
// [/decay]

// [dropout]
const Tensor six{1, 2, 3, 4, 5, 6};

void dropout_by_hand(nn::Random& random) {
  heading("12.5 Dropout");
  nn::Dropout dropout{0.5, random};
  show("x", six);
  show("training", dropout.forward(six));
  show("backward", dropout.backward(Tensor{1, 1, 1, 1, 1, 1}));
  show("next pass", dropout.forward(six));
  show("in use", dropout.predict(six));
}
// [/dropout]

// [warp]
constexpr nn::AugmentOptions modest{.rotation = 10, .shift = 2, .scaling = 0.1, .shear = 5};

void augment_by_hand(const nn::Split& digits, const nn::Random& random) {
  heading("12.6 Augmentation: other images of the same digit");
  const Tensor four = Tensor{4, 8, 12, 0}.reshaped(nn::Shape{1, 1, 2, 2});
  show("image", four.reshaped(nn::Shape{2, 2}));
  show("warped", nn::warp(four, {.right = 0.25, .down = 0.5}).reshaped(nn::Shape{2, 2}));
  const Tensor fives = nn::choose_classes(digits.training, {5}).first(3).inputs;
  for (const Tensor& images :
       {fives, nn::warp(fives, {.rotation = 10}), nn::Augment{modest}(fives, random)}) {
    lecture::draw(images);
  }
}
// [/warp]

// [compare]
/// Follows a plan from three seeds, prints a line, and adds the last seed's costs to the curves.
void follow(Plan& plan, const nn::Split& digits, std::vector<lecture::Curve>& curves) {
  std::vector<double> lowest;
  std::vector<double> last;
  std::vector<double> costs;
  const std::vector<double> right = lecture::for_seeds(3, [&](std::uint64_t seed) {
    costs.clear();
    const nn::History history = train(digits, plan, seed);
    for (const nn::Epoch& epoch : history.epochs) costs.push_back(epoch.validation.cost);
    lowest.push_back(std::ranges::min(costs));
    last.push_back(costs.back());
    return 100 * history.epochs.back().validation.metrics[0];
  });
  curves.push_back({plan.name, costs});
  fmt::print("  {:<14}{:>18}{:>18}{:>15} %\n", plan.name, to_string(lecture::spread(lowest), 4),
             to_string(lecture::spread(last), 4), to_string(lecture::spread(right)));
  plan.cost = lecture::spread(lowest).mean;
}

/// Each remedy alone, in several strengths, then all three in those of the lowest cost.
void one_at_a_time(const nn::Split& digits, const std::string& file) {
  fmt::print("  {:5} images        lowest cost         last cost       accuracy\n",
             digits.training.size());
  const nn::Augment augment{modest};
  std::vector<Plan> plans{{.name = "none"}, {.name = "augmentation", .augment = augment}};
  for (const nn::real d : {3e-5F, 1e-4F, 3e-4F}) {
    plans.push_back({.name = fmt::format("decay {}", d), .weight_decay = d});
  }
  for (const double p : {0.1, 0.3, 0.5}) {
    plans.push_back({.name = fmt::format("dropout {}", p), .dropout = p});
  }
  std::vector<lecture::Curve> curves;
  for (Plan& plan : plans) follow(plan, digits, curves);
  const auto best = [](auto p) { return *std::ranges::min_element(p, p + 3, {}, &Plan::cost); };
  Plan all{.name = "all three", .augment = augment};
  all.weight_decay = best(plans.begin() + 2).weight_decay;
  all.dropout = best(plans.begin() + 5).dropout;
  follow(all, digits, curves);
  lecture::keep(file, "epoch", 1, curves);
}
// [/compare]

// [finish]
nn::Sequential convolutional_network(double dropout, nn::Random random) {
  const nn::He he{random};
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 16, {.kernel = 5}, he},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{16, 32, {.kernel = 5}, he},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{512, 128, he},
                        nn::ReLU{},
                        nn::Dropout{dropout, random},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}

/// Trains with all remedies from three seeds, and tests each network once, at the end.
template <class Build>
void finish(const Build& build, const nn::Split& digits) {
  const nn::Adam adam{{.learning_rate = 2e-3F, .weight_decay = 0.05F, .decoupled = true}};
  const auto right = lecture::for_seeds(3, [&](std::uint64_t seed) {
    nn::Sequential network = build(nn::Random{seed});
    const nn::History history =
        fit(network, adam, digits,
            {.epochs = 20,
             .seed = seed,
             .steps = {.schedule = nn::Cosine{}, .augment = nn::Augment{modest}},
             .stopping = {.patience = 10}});
    const double test = percent_right(network, digits.test);
    fmt::print("  seed {}: epochs {}, the best {}; test {:.2f} %\n", seed, history.epochs.size(),
               history.best_epoch(), test);
    return test;
  });
  fmt::print("  test, mean of three: {} %\n", to_string(lecture::spread(right)));
}
// [/finish]

// [check]
void check_dropout(nn::Random& random) {
  heading("12.10 Check yourself");
  const nn::Sequential small{nn::Dense{3, 4, nn::Glorot{random}}, nn::Dropout{0.5, random},
                             nn::Tanh{}, nn::Dense{4, 2, nn::Glorot{random}}};
  lecture::check_gradients("network", small, six.reshaped(nn::Shape{2, 3}));
  nn::Dropout dropout{0.2, random};
  Tensor mean{six.shape()};
  for (int pass = 0; pass < 10'000; ++pass) {
    const Tensor y = dropout.forward(six);
    for (std::size_t i = 0; i < y.size(); ++i) mean.values()[i] += y.values()[i] / 10'000;
  }
  show("mean", mean);
}
// [/check]

// [break]
void break_it(const nn::Split& digits) {
  heading("12.11 Break it: dropout left on");
  nn::Sequential network = multi_layer_perceptron(0.5, nn::Random{1});
  fit(network, nn::Adam{}, digits, {.epochs = 2, .seed = 1});
  const nn::Dataset& set = digits.validation;
  for (const bool right : {true, true, false, false}) {
    nn::Accuracy accuracy;
    const Tensor logits = right ? network.predict(set.inputs) : network.forward(set.inputs);
    accuracy.add(logits, set.targets);
    fmt::print("  {}  cost {:.4f}, accuracy {:.2f} %\n", right ? "predict" : "forward",
               nn::SoftmaxCrossEntropy::value(logits, set.targets), 100 * accuracy.value());
  }
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 12: generalization");
  const nn::Split digits = load(0.2);
  nn::Random random{12};
  fit_and_overfit(digits);
  sizes(digits);
  decay_by_hand();
  dropout_by_hand(random);
  augment_by_hand(digits, random);
  heading("12.7 One at a time, then together");
  one_at_a_time(digits, "12_methods.csv");
  const std::size_t few = digits.training.size() / 48;
  one_at_a_time({digits.training.first(few), digits.validation, {}}, "12_few_methods.csv");
  const nn::Split more = load(1.0 / 12);
  heading("12.8 All together: the MLP");
  finish([](nn::Random seed) { return multi_layer_perceptron(0.1, seed); }, more);
  heading("12.9 All together: the CNN");
  finish([](nn::Random seed) { return convolutional_network(0.2, seed); }, more);
  check_dropout(random);
  break_it(digits);
}
// [/main]
