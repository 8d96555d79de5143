// Chapter 12: generalisation. Read with docs/chapters/12_generalisation.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using lecture::percent_right;
using lecture::show;
using nn::real;
using nn::Shape;
using nn::Tensor;
// [/fold]

// [digits]
/// MNIST, this fraction of it set aside; a small part of it if the program is to be short.
nn::Split load(double validation) {
  nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = validation});
  if (!lecture::is_short()) return digits;
  return {digits.training.first(1'000), digits.validation.first(500), digits.test.first(500)};
}
// [/digits]

// [plan]
/// How a network is trained, and what keeps it from learning by heart: at first nothing.
struct Plan {
  std::string name;
  std::size_t batch_size = 5;
  std::size_t epochs = 30;
  std::size_t patience = 0;
  real weight_decay = 0;
  double dropout = 0;
  std::function<Tensor(Tensor, nn::Random)> augment{};
};

std::size_t epochs(std::size_t wanted) { return lecture::is_short() ? wanted / 10 + 1 : wanted; }
// [/plan]

// [mlp]
template <class Mask = nn::Dropout>
nn::Sequential multi_layer_perceptron(double dropout, nn::Random random) {
  return nn::Sequential{nn::Dense{784, 256, nn::He{random}},   nn::ReLU{}, Mask{dropout, random},
                        nn::Dense{256, 256, nn::He{random}},   nn::ReLU{}, Mask{dropout, random},
                        nn::Dense{256, 10, nn::Glorot{random}}};
}
// [/mlp]

// [trainer]
/// Trains a network and measures its accuracy besides its cost.
nn::History fit(nn::Sequential& network, const std::string& name, const nn::AnyOptimizer& optimizer,
                const nn::Split& digits, const nn::TrainingOptions& options) {
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, optimizer};
  trainer.watch(nn::Accuracy{});
  trainer.on_epoch([&](const nn::Epoch& epoch) {
    lecture::progress(fmt::format("{}: epoch {}", name, epoch.number));
  });
  return trainer.fit(digits.training, digits.validation, options);
}
// [/trainer]

// [train]
struct Trained {
  nn::Sequential network;
  nn::History history{};
};

/// Plain gradient descent, whatever the plan.
Trained train(const nn::Split& digits, const Plan& plan) {
  Trained result{.network = multi_layer_perceptron(plan.dropout, nn::Random{1})};
  const nn::GradientDescent descent{{.learning_rate = 0.04F, .weight_decay = plan.weight_decay}};
  result.history = fit(result.network, plan.name, descent, digits,
                       {.epochs = epochs(plan.epochs),
                        .batches = {.size = plan.batch_size},
                        .seed = 1,
                        .steps = {.augment = plan.augment},
                        .stopping = {.patience = plan.patience}});
  return result;
}
// [/train]

// [table]
void print_epochs(const nn::History& history) {
  fmt::print("          training            validation\n");
  fmt::print("  epoch       cost  accuracy        cost  accuracy\n");
  for (const std::size_t number : {1U, 2U, 3U, 5U, 7U, 10U, 15U, 20U, 25U, 30U}) {
    if (number > history.epochs.size()) break;
    const nn::Evaluation& training = history.epochs[number - 1].training;
    const nn::Evaluation& validation = history.epochs[number - 1].validation;
    fmt::print("  {:5}{:11.4f}{:8.2f} %{:12.4f}{:8.2f} %\n", number, training.cost,
               100 * training.metrics[0], validation.cost, 100 * validation.metrics[0]);
  }
  fmt::print("  validation cost lowest at epoch {}\n", history.best_epoch());
}
// [/table]

// [fit]
void fit_and_overfit(const nn::Split& digits) {
  heading("12.1 Great fit and overfit");
  const nn::History great =
      train(digits, {.name = "great fit", .batch_size = 100, .epochs = 15}).history;
  fmt::print("batches of 100\n");
  print_epochs(great);
  const nn::History overfit = train(digits, {.name = "overfit"}).history;
  fmt::print("batches of 5\n");
  print_epochs(overfit);
  lecture::keep("12_great.csv", great.csv());
  lecture::keep("12_overfit.csv", overfit.csv());
}
// [/fit]

// [errors]
/// What a network gets wrong, of every 100 images.
struct Errors {
  double training, validation;
};

/// A network of one hidden layer, trained on about `steps` batches, however many images there are.
Errors errors(const nn::Dataset& training, const nn::Dataset& validation, std::size_t width) {
  const std::size_t steps = lecture::is_short() ? 60 : 5'000;
  const std::size_t passes = std::max<std::size_t>(1, steps * 100 / training.size());
  lecture::progress(fmt::format("{} neurons, {} images", width, training.size()));
  nn::Random random{1};
  nn::Sequential network{nn::Dense{784, width, nn::He{random}}, nn::ReLU{},
                         nn::Dense{width, 10, nn::Glorot{random}}};
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{}};
  trainer.fit(training, {.epochs = passes, .seed = 1});
  const auto wrong = [&](const nn::Dataset& set) {
    const nn::Evaluation seen =
        nn::evaluate(network, nn::SoftmaxCrossEntropy{}, set, nn::Accuracy{});
    return 100 - 100 * seen.metrics[0];
  };
  return {.training = wrong(training), .validation = wrong(validation)};
}
// [/errors]

// [widths]
void widths(const nn::Split& digits) {
  heading("12.2 How large a network, how many images");
  const nn::Dataset thousand = digits.training.first(1'000);
  std::string by_width = "width,training,validation,few_training,few_validation\n";
  fmt::print("            {:6} images            {:6} images\n", digits.training.size(),
             thousand.size());
  fmt::print("  width  training  validation  training  validation\n");
  for (std::size_t width = 1; width <= 1'024; width *= 2) {
    const Errors all = errors(digits.training, digits.validation, width);
    const Errors few = errors(thousand, digits.validation, width);
    fmt::print("  {:5}{:8.1f} %{:10.1f} %{:8.1f} %{:10.1f} %\n", width, all.training,
               all.validation, few.training, few.validation);
    by_width += fmt::format("{},{:.2f},{:.2f},{:.2f},{:.2f}\n", width, all.training, all.validation,
                            few.training, few.validation);
  }
  lecture::keep("12_width.csv", by_width);
}
// [/widths]

// [images]
void numbers_of_images(const nn::Split& digits) {
  std::string by_images = "images,training,validation\n";
  fmt::print("  images, 128 neurons\n");
  for (const std::size_t count : {100U, 300U, 1'000U, 3'000U, 10'000U, 30'000U, 48'000U}) {
    if (count > digits.training.size()) break;
    const Errors found = errors(digits.training.first(count), digits.validation, 128);
    fmt::print("  {:6}{:7.1f} %{:10.1f} %\n", count, found.training, found.validation);
    by_images += fmt::format("{},{:.2f},{:.2f}\n", count, found.training, found.validation);
  }
  lecture::keep("12_images.csv", by_images);
}
// [/images]

// [stop]
void stop_in_time(const nn::Split& digits) {
  heading("12.3 Stop in time");
  const Trained stopped = train(digits, {.name = "patience", .patience = 5});
  fmt::print("  ended after epoch {}; the best was {}\n", stopped.history.epochs.size(),
             stopped.history.best_epoch());
  const nn::Evaluation now =
      nn::evaluate(stopped.network, nn::SoftmaxCrossEntropy{}, digits.validation);
  fmt::print("  validation cost: last epoch {:.4f}, the network as it is now {:.4f}\n",
             stopped.history.epochs.back().validation.cost, now.cost);
}
// [/stop]

// [decay]
void decay_by_hand() {
  heading("12.4 Weight decay");
  nn::Parameter weights{"weight", Tensor{0.5F, 0.5F, -2.0F}};
  weights.gradient = Tensor{0.2F, 0.0F, 0.0F};
  const std::vector<nn::Parameter*> list{&weights};
  show("before", weights.value);
  nn::GradientDescent{{.learning_rate = 0.1F, .weight_decay = 0.5F}}.step(list);
  show("after", weights.value);
}
// [/decay]

// [dropout]
Tensor six_numbers() { return {1, 2, 3, 4, 5, 6}; }

void dropout_by_hand(nn::Random& random) {
  heading("12.5 Dropout");
  const Tensor six = six_numbers();
  nn::Dropout dropout{0.5, random};
  show("x", six);
  show("training", dropout.forward(six));
  show("backward", dropout.backward(Tensor{1, 1, 1, 1, 1, 1}));
  show("next pass", dropout.forward(six));
  show("in use", dropout.predict(six));
}
// [/dropout]

// [warp]
void warp_by_hand() {
  heading("12.6 Other images of the same digit");
  Tensor four{Shape{1, 1, 2, 2}};
  std::ranges::copy(std::array{4.0F, 8.0F, 12.0F, 0.0F}, four.values().begin());
  show("image", four.reshaped(Shape{2, 2}));
  show("warped", nn::warp(four, {.right = 0.25, .down = 0.5}).reshaped(Shape{2, 2}));
}
// [/warp]

// [sheet]
constexpr nn::AugmentOptions modest{.rotation = 10, .shift = 2, .scaling = 0.1, .shear = 5};

/// A digit, changed in five ways by itself and in six by augmentation.
std::vector<Tensor> sheet_of_digits(const nn::Split& digits, const nn::Random& random) {
  const Tensor image = nn::choose_classes(digits.training, {5}).first(1).inputs;
  const nn::Elastic paper{.amplitude = 1.4};
  std::vector<Tensor> sheet{image,
                            nn::warp(image, {.rotation = 10}),
                            nn::warp(image, {.shear = 15}),
                            nn::warp(image, {.width = 1.2, .height = 0.9}),
                            nn::warp(image, {.right = 4, .down = -2}),
                            nn::warp(image, {}, nn::displacement(paper, 28, 28, random))};
  for (std::uint64_t i = 0; i < 6; ++i) {
    sheet.push_back(nn::Augment{modest}(image, random.stream(i)));
  }
  return sheet;
}

/// The pixels that are not blank, for the figure.
void keep_pixels(const std::vector<Tensor>& sheet) {
  std::string pixels = "image,place,brightness\n";
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    for (std::size_t p = 0; p < 784; ++p) {
      if (sheet[i](0, p) != 0) pixels += fmt::format("{},{},{:.2f}\n", i, p, sheet[i](0, p));
    }
  }
  lecture::keep("12_digits.csv", pixels);
}
// [/sheet]

// [compare]
/// Trains after each plan, prints a line for each, and gives all validation costs for a figure.
std::string compare(const std::vector<Plan>& plans, const nn::Split& digits) {
  fmt::print("  {:5} images  training   validation cost      validation\n", digits.training.size());
  fmt::print("                    cost   lowest at    last      accuracy\n");
  std::string costs = "plan,epoch,cost\n";
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const nn::History history = train(digits, plans[i]).history;
    const nn::Epoch& last = history.epochs.back();
    const std::size_t best = history.best_epoch();
    fmt::print("  {:<14}{:8.4f}{:9.4f}{:3}{:8.4f}{:12.2f} %\n", plans[i].name, last.training.cost,
               history.epochs[best - 1].validation.cost, best, last.validation.cost,
               100 * last.validation.metrics[0]);
    for (const nn::Epoch& epoch : history.epochs) {
      costs += fmt::format("{},{},{:.4f}\n", i, epoch.number, epoch.validation.cost);
    }
  }
  return costs;
}
// [/compare]

// [methods]
void one_at_a_time(const nn::Split& digits) {
  heading("12.7 One at a time, then together");
  const nn::Augment augment{modest};
  const std::vector<Plan> plans{
      {.name = "none of them"},
      {.name = "weight decay", .weight_decay = 1e-4F},
      {.name = "dropout", .dropout = 0.1},
      {.name = "augmentation", .augment = augment},
      {.name = "all three", .weight_decay = 1e-4F, .dropout = 0.1, .augment = augment}};
  lecture::keep("12_methods.csv", compare(plans, digits));
  lecture::keep("12_few_methods.csv",
                compare(plans, {digits.training.first(1'000), digits.validation, {}}));
}
// [/methods]

// [finish]
/// Trains with all the chapter has. The test images are looked at once, when all is decided.
double finish(nn::Sequential network, const nn::Split& digits, std::uint64_t seed) {
  const nn::Adam adam{{.learning_rate = 2e-3F, .weight_decay = 0.05F, .decoupled = true}};
  const nn::History history =
      fit(network, fmt::format("seed {}", seed), adam, digits,
          {.epochs = epochs(20),
           .seed = seed,
           .steps = {.schedule = nn::Cosine{}, .augment = nn::Augment{modest}},
           .stopping = {.patience = 10}});
  const double test = percent_right(network, digits.test);
  fmt::print("  seed {}: epochs {}, the best {}; validation {:.2f} %, test {:.2f} %\n", seed,
             history.epochs.size(), history.best_epoch(), percent_right(network, digits.validation),
             test);
  return test;
}
// [/finish]

// [three]
/// Three seeds, their mean and standard deviation.
template <class Build>
void finish_three(const Build& build, const nn::Split& digits) {
  std::vector<double> right;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    right.push_back(finish(build(nn::Random{seed}), digits, seed));
  }
  const auto [mean, deviation] = lecture::spread(right);
  fmt::print("  test, mean of three: {:.2f} ± {:.2f} %\n", mean, deviation);
}
// [/three]

// [all]
void best_perceptron(const nn::Split& digits) {
  heading("12.8 All together: the MLP");
  finish_three([](nn::Random seed) { return multi_layer_perceptron(0.1, seed); }, digits);
}
// [/all]

// [cnn]
nn::Sequential convolutional_network(double dropout, nn::Random random) {
  return nn::Sequential{nn::Reshape{1, 28, 28},
                        nn::Convolution{1, 16, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Convolution{16, 32, {.kernel = 5}, nn::He{random}},
                        nn::MaxPool{2},
                        nn::ReLU{},
                        nn::Flatten{},
                        nn::Dense{512, 128, nn::He{random}},
                        nn::ReLU{},
                        nn::Dropout{dropout, random},
                        nn::Dense{128, 10, nn::Glorot{random}}};
}
// [/cnn]

// [convolutional]
void best_convolutional(const nn::Split& digits) {
  heading("12.9 All together: the CNN");
  finish_three([](nn::Random seed) { return convolutional_network(0.2, seed); }, digits);
}
// [/convolutional]

// [mean]
/// The mean of many outputs in training, value by value.
template <class L>
Tensor mean_output(L layer, const Tensor& x) {
  constexpr int passes = 10'000;
  std::vector<double> sums(x.size());
  for (int pass = 0; pass < passes; ++pass) {
    const Tensor y = layer.forward(x);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += y.values()[i];
  }
  Tensor mean{x.shape()};
  for (std::size_t i = 0; i < sums.size(); ++i) {
    mean.values()[i] = static_cast<real>(sums[i] / passes);
  }
  return mean;
}
// [/mean]

// [check]
void check_dropout(nn::Random& random) {
  heading("12.10 Check yourself");
  nn::Sequential small{nn::Dense{6, 8, nn::Glorot{random}}, nn::Tanh{}, nn::Dropout{0.5, random},
                       nn::Dense{8, 3, nn::Glorot{random}}};
  Tensor inputs{Shape{4, 6}};
  for (real& x : inputs.values()) x = static_cast<real>(random.uniform(-1, 1));
  for (const auto& [layer, name, error] : nn::check_gradients(small, inputs).entries) {
    const std::string what = name.substr(name.find('.') + 1);  // without the layer's index
    fmt::print("  {:<8}differs by less than 1 %: {}\n", what, error < 0.01);
  }
  show("x", six_numbers());
  show("mean", mean_output(nn::Dropout{0.2, random}, six_numbers()));
}
// [/check]

// [wrong]
/// Dropout with two faults: it keeps the share that it should drop, and does not rescale.
class WrongDropout {
 public:
  WrongDropout(double rate, nn::Random& random) : rate_{rate}, random_{random.stream(random())} {}

  [[nodiscard]] static std::string name() { return "WrongDropout"; }
  [[nodiscard]] static Shape output_shape(const Shape& sample) { return sample; }
  Tensor forward(Tensor x) {
    mask_ = Tensor{x.shape()};
    for (real& m : mask_.values()) m = random_.uniform() < rate_ ? 1 : 0;
    return backward(std::move(x));
  }
  [[nodiscard]] static Tensor predict(Tensor x) { return x; }
  [[nodiscard]] Tensor backward(Tensor dy) const {
    for (std::size_t i = 0; i < dy.size(); ++i) dy.values()[i] *= mask_.values()[i];
    return dy;
  }
  [[nodiscard]] static std::vector<nn::Parameter*> parameters() { return {}; }

 private:
  double rate_;
  nn::Random random_;
  Tensor mask_;
};
// [/wrong]

// [break]
template <class Mask>
void two_epochs(const std::string& name, const nn::Split& digits) {
  nn::Sequential network = multi_layer_perceptron<Mask>(0.2, nn::Random{1});
  const nn::Epoch last =
      fit(network, name, nn::Adam{}, digits, {.epochs = epochs(2), .seed = 1}).epochs.back();
  fmt::print("  {:<14}{:8.2f}{:8.1f} %{:12.2f}{:8.1f} %\n", name, last.training.cost,
             100 * last.training.metrics[0], last.validation.cost,
             100 * last.validation.metrics[0]);
}

void break_it(const nn::Split& digits, nn::Random& random) {
  heading("12.11 Break it: the wrong share, and no rescaling");
  show("wrong mean", mean_output(WrongDropout{0.2, random}, six_numbers()));
  fmt::print("                training            validation\n");
  fmt::print("                    cost  accuracy        cost  accuracy\n");
  two_epochs<nn::Dropout>("Dropout 0.2", digits);
  two_epochs<WrongDropout>("WrongDropout", digits);
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 12: generalisation");
  const nn::Split digits = load(0.2);
  nn::Random random{12};
  fit_and_overfit(digits);
  widths(digits);
  numbers_of_images(digits);
  stop_in_time(digits);
  decay_by_hand();
  dropout_by_hand(random);
  warp_by_hand();
  keep_pixels(sheet_of_digits(digits, random));
  one_at_a_time(digits);
  const nn::Split more = load(1.0 / 12);
  best_perceptron(more);
  best_convolutional(more);
  check_dropout(random);
  break_it(digits, random);
}
// [/main]
