/// @file
/// @brief A contest: the reader's network against that of chapter 10, for the same training time.
module;

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

export module exercises.contest;

export import exercises.grade;
export import nn;

namespace exercises {

/// A network with the layers of chapter 10's CNN, and how it learns.
struct Default {
  static std::size_t batch_size() { return 100; }
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
                   .batches = {.size = Entry::batch_size(), .drop_last = true},
                   .seed = 1,
                   .steps = {.schedule =
                                 [this](const nn::Progress& /*epochs*/) {
                                   return Entry::factor(passed_);
                                 }}}},
        batch_size_{Entry::batch_size()} {}
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
  /// @param some Images, shape (B, 784).
  bool all_outputs_are_zero(const nn::Tensor& some) const {
    const nn::Tensor y = network_.predict(some);
    return std::ranges::all_of(y.values(), [](nn::real value) { return value == 0; });
  }
  /// Of some images.
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

constexpr std::array moments{0.0, 0.25, 0.5, 0.75, 1.0};

const char* const diverges = "The training diverges: use a smaller learning rate.";

std::string percent(double fraction) { return fmt::format("{:.2f} %", 100 * fraction); }

}  // namespace exercises

export namespace exercises {

/// The steps for a class like Default.
/// @param images What the default network learns from, in one epoch, unless its computer is so slow
///   that ten seconds pass before. The time that this takes is the time for both.
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
       }},
      {"factor: finite and not negative",
       [] {
         for (const double passed : moments) {
           const double factor = Entry::factor(passed);
           require(std::isfinite(factor) && factor >= 0,
                   fmt::format("The factor at {} is {}, expected 0 or more.", passed, factor));
         }
         require(
             Entry::factor(0.25) + Entry::factor(0.5) > 0,
             "The factor is 0 at 0.25 and at 0.5. Is there a division of whole numbers, such as "
             "1 / 2?");
       }},
      {"training: does it learn?",
       [] {
         Participant yours{Entry{}, nn::Random{1}, digits().training};
         const nn::Dataset some = digits().validation.first(1'000);
         const bool are_zeros = yours.all_outputs_are_zero(some.inputs);
         const double fastest = *std::ranges::max_element(moments, {}, Entry::factor);
         while (yours.images() < 3'000) require(yours.step(fastest), diverges);
         const double accuracy = yours.accuracy(some);
         require(accuracy > 0.3,
                 fmt::format("After {} images the network classifies {} of 1,000 validation images "
                             "correctly, expected more than 30 %; guessing gives 10 %. {}",
                             nn::thousands(yours.images()), percent(accuracy),
                             are_zeros ? "All its outputs were 0 before: give every layer with "
                                         "weights an initializer."
                                       : "Look at the initial weights and at the learning rate."));
       }},
      {"contest: the same training time for both", [images] {
         const nn::Dataset training = digits().training.first(images);
         Participant theirs{Default{}, nn::Random{1}, training};
         Participant yours{Entry{}, nn::Random{1}, digits().training};
         constexpr double longest = 10;  // seconds
         const auto passed = [&] {
           return std::max(static_cast<double>(theirs.images()) / static_cast<double>(images),
                           theirs.seconds() / longest);
         };
         while (passed() < 1) {
           const double before = passed();
           theirs.step(before);
           while (yours.seconds() < theirs.seconds()) {
             require(yours.step(before), diverges);
           }
         }
         const double their_accuracy = theirs.accuracy(digits().validation);
         const double your_accuracy = yours.accuracy(digits().validation);
         const auto line = [](const char* whose, const Participant& one, double accuracy) {
           return fmt::format("\n    {:<20}{:>8} images{:>9} correct", whose,
                              nn::thousands(one.images()), percent(accuracy));
         };
         const std::string result = fmt::format("In {:.1f} s of training:", theirs.seconds()) +
                                    line("the default network", theirs, their_accuracy) +
                                    line("yours", yours, your_accuracy);
         constexpr double chance = 0.005;  // twice the standard error of such a difference
         if (your_accuracy > their_accuracy + chance) {
           fmt::print("\n    {}\n  … ", result);
           return;
         }
         std::string reason = "Yours is not better.";
         if (your_accuracy > their_accuracy) {
           reason = "A lead of half a point or less may be chance.";
         } else if (2 * yours.images() < theirs.images()) {
           reason = "Its steps take too long.";
         } else if (Entry::factor(0) == Entry::factor(1) && Entry::factor(1) > 0) {
           reason = "Its learning rate is as large at the end as at the start.";
         }
         throw Wrong{fmt::format("{} {}", reason, result)};
       }}};
}

}  // namespace exercises
