/// @file
/// @brief A contest: the reader's network against that of chapter 10, for the same training time.
module;

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <limits>
#include <string>
#include <utility>
#include <vector>

export module exercises.contest;

export import exercises.grade;
export import nn;

namespace exercises {

/// The CNN of chapter 10, and how it learns.
struct Default {
  static constexpr std::size_t batch_size = 100;

  static nn::Sequential network(nn::Random& random) {
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
                          nn::Dense{128, 10, nn::Glorot{random}}};
  }
  static nn::AnyOptimizer optimizer() { return nn::Adam{{.learning_rate = 2e-3F}}; }
  static double factor(double /*passed*/) { return 1; }
};

/// A network while it takes part.
class Participant {
 public:
  /// @param entry Says what it is and how it learns.
  template <class Entry>
  Participant(Entry /*entry*/, nn::Random random, const nn::Dataset& images)
      : network_{Entry::network(random)},
        training_{network_,
                  nn::SoftmaxCrossEntropy{},
                  Entry::optimizer(),
                  images,
                  {.epochs = std::numeric_limits<int>::max(),
                   .batches = {.size = Entry::batch_size},
                   .seed = 1,
                   .steps = {.schedule =
                                 [this](const nn::Progress& /*epochs*/) {
                                   return Entry::factor(passed_);
                                 }}}},
        batch_size_{Entry::batch_size} {}
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  /// Takes a step.
  /// @param passed The fraction of the training time that has passed.
  /// @return Whether it could: not after the training has diverged.
  bool step(double passed) {
    passed_ = passed;
    const auto begin = std::chrono::steady_clock::now();
    if (training_.is_epoch_complete()) training_.end_epoch();
    const bool is_fine = training_.step();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    images_ += batch_size_;
    return is_fine;
  }

  double seconds() const { return seconds_; }
  std::size_t images() const { return images_; }
  /// The fraction of some images that it reads.
  double accuracy(const nn::Dataset& some) const {
    return nn::evaluate(network_, nn::SoftmaxCrossEntropy{}, some, nn::Accuracy{}).metrics[0];
  }

 private:
  nn::Sequential network_;
  nn::Training training_;
  std::size_t batch_size_;
  double passed_ = 0;
  double seconds_ = 0;
  std::size_t images_ = 0;  // it has learned from, counted again in each epoch
};

const nn::Split& digits() {
  static const nn::Split split = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 12});
  return split;
}

const char* const diverges = "The training diverges: use a smaller learning rate.";

std::string percent(double fraction) { return fmt::format("{:.2f} %", 100 * fraction); }

}  // namespace exercises

export namespace exercises {

/// The steps for a class like Default.
/// @param images What the default network learns from, in one epoch; the time that this takes is
///   the time for both.
template <class Entry>
std::vector<Step> contest(std::size_t images = 20'000) {
  return {
      {"network: an image in, ten logits out",
       [] {
         nn::Random random{1};
         const nn::Sequential network = Entry::network(random);
         const nn::Tensor some = digits().validation.inputs.rows(0, 20);
         const nn::Tensor y = network.predict(some);
         require(y.shape() == nn::Shape{20, 10},
                 fmt::format("For 20 images the network's output has shape {}, expected (20, 10).",
                             to_string(y.shape())));
         bool sums_are_one = true;
         for (std::size_t n = 0; n < y.rows(); ++n) {
           double sum = 0;
           for (const nn::real p : y.row(n)) sum += double{p};
           sums_are_one = sums_are_one && std::abs(sum - 1) < 1e-3;
         }
         require(!sums_are_one,
                 "The outputs are probabilities: the cost contains the softmax, so the network "
                 "ends with the layer that makes the logits.");
         require(!std::ranges::all_of(y.values(), [](nn::real value) { return value == 0; }),
                 "All outputs are 0: give every layer with weights an initializer.");
       }},
      {"factor: a number from the beginning to the end",
       [] {
         for (const double passed : {0.0, 0.25, 0.5, 0.75, 1.0}) {
           const double factor = Entry::factor(passed);
           require(
               std::isfinite(factor) && factor >= 0,
               fmt::format("The factor at {} is {}, expected a number from 0 up.", passed, factor));
         }
         require(Entry::factor(0.25) + Entry::factor(0.5) > 0,
                 "The factor is 0 in the first half already, so the network stops learning.");
       }},
      {"training: does it learn?",
       [] {
         Participant yours{Entry{}, nn::Random{1}, digits().training};
         for (int i = 0; i < 30; ++i) {
           require(yours.step(0.25), diverges);
         }
         const double accuracy = yours.accuracy(digits().validation.first(1'000));
         require(accuracy > 0.3,
                 fmt::format("After 30 steps the network reads {} of 1,000 validation images. Ten "
                             "percent is what guessing gives: look at the initial weights and at "
                             "the learning rate.",
                             percent(accuracy)));
       }},
      {"contest: the same training time for both", [images] {
         const nn::Dataset training = digits().training.first(images);
         Participant theirs{Default{}, nn::Random{1}, training};
         Participant yours{Entry{}, nn::Random{1}, digits().training};
         for (std::size_t done = 0; done < images; done += Default::batch_size) {
           const double passed = static_cast<double>(done) / static_cast<double>(images);
           theirs.step(passed);
           while (yours.seconds() < theirs.seconds()) {
             require(yours.step(passed), diverges);
           }
         }
         const double their_accuracy = theirs.accuracy(digits().validation);
         const double your_accuracy = yours.accuracy(digits().validation);
         const auto line = [](const char* whose, const Participant& one, double accuracy) {
           return fmt::format("\n    {:<20}{:>8} images{:>9} right", whose,
                              nn::thousands(one.images()), percent(accuracy));
         };
         const std::string result = fmt::format("In {:.1f} s of training:", theirs.seconds()) +
                                    line("the default network", theirs, their_accuracy) +
                                    line("yours", yours, your_accuracy);
         if (your_accuracy > their_accuracy) {
           fmt::print("\n    {}\n  … ", result);
           return;
         }
         std::string reason = "Yours does not read more.";
         if (2 * yours.images() < theirs.images()) {
           reason = "Its steps take too long.";
         } else if (Entry::factor(0) == Entry::factor(1)) {
           reason = "Its learning rate is as large at the end as at the start.";
         }
         throw Wrong{fmt::format("{} {}", reason, result)};
       }}};
}

}  // namespace exercises
