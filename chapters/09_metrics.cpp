// Chapter 9: metrics. Read with docs/chapters/09_metrics.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

import lecture;
import nn.activation;
import nn.adam;
import nn.dense;
import nn.initializers;
import nn.mnist;
import nn.training;

using lecture::heading;
using nn::ConfusionMatrix;
using nn::Labels;
using nn::Tensor;
// [/fold]

// [append]
/// Adds the labels of some more samples, all of one class.
void append(Labels& labels, std::size_t count, std::size_t label) {
  for (std::size_t i = 0; i < count; ++i) labels.push_back(label);
}
// [/append]

// [loops]
struct Shares {
  double precision, recall, f1;
};

/// Precision, recall and F1 of one class, straight from their definitions, without a matrix.
Shares by_loops(const Labels& predicted, const Labels& actual, std::size_t wanted) {
  double true_positives = 0;
  double false_positives = 0;
  double false_negatives = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const bool is = actual[i] == wanted;
    const bool said = predicted[i] == wanted;
    if (is && said) ++true_positives;
    if (!is && said) ++false_positives;
    if (is && !said) ++false_negatives;
  }
  const auto ratio = [](double part, double whole) { return whole == 0 ? 0 : part / whole; };
  return {ratio(true_positives, true_positives + false_positives),
          ratio(true_positives, true_positives + false_negatives),
          ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives)};
}
// [/loops]

// [rare]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 9: metrics");

  heading("9.1 Accuracy can be worthless");
  Labels letters;
  append(letters, 970, 0);  // genuine
  append(letters, 30, 1);   // forged
  Labels idle;
  append(idle, 1'000, 0);        // always says "genuine"
  Labels detector;               // looks at the letters
  append(detector, 924, 0);      // genuine, left in peace
  append(detector, 46 + 24, 1);  // 46 false alarms, then 24 forgeries found
  append(detector, 6, 0);        // forgeries that slip through
  ConfusionMatrix of_idle{2};
  ConfusionMatrix of_detector{2};
  of_idle.add(idle, letters);
  of_detector.add(detector, letters);
  fmt::print("  always \"genuine\": accuracy {:.3f}, finds {:2} of 30 forgeries\n",
             of_idle.accuracy(), of_idle(1, 1));
  fmt::print("  the detector:     accuracy {:.3f}, finds {:2} of 30 forgeries\n",
             of_detector.accuracy(), of_detector(1, 1));
  // [/rare]

  // [matrix]
  heading("9.2 The confusion matrix");
  const Labels animals{0, 0, 0, 1, 1, 1, 2, 2, 2, 2};  // 0 a cat, 1 a dog, 2 a bird
  const Labels guesses{0, 0, 1, 0, 1, 1, 0, 2, 2, 2};
  ConfusionMatrix matrix{3};
  matrix.add(guesses, animals);
  fmt::print("{}", matrix.table());
  fmt::print("accuracy {:.1f}\n", matrix.accuracy());
  // [/matrix]

  // [shares]
  heading("9.3 Precision, recall, F1");
  fmt::print("{}", matrix.report());
  // [/shares]

  // [means]
  heading("9.4 One number for all classes");
  fmt::print("always \"genuine\"\n{}", of_idle.report());
  fmt::print("the detector\n{}", of_detector.report());
  // [/means]

  // [check]
  heading("9.5 Check yourself");
  nn::Random random{9};
  Labels actual;
  Labels predicted;
  for (int i = 0; i < 1'000; ++i) {
    const std::size_t label = random.below(5);
    const std::size_t guess = random.uniform() < 0.6 ? label : random.below(5);
    actual.push_back(label);
    predicted.push_back(guess == 4 ? 0 : guess);  // class 4 is never predicted
  }
  ConfusionMatrix checked{5};
  checked.add(predicted, actual);
  double worst = 0;
  for (std::size_t c = 0; c < checked.size(); ++c) {
    const Shares shares = by_loops(predicted, actual, c);
    worst = std::fmax(worst, std::abs(shares.precision - checked.precision(c)));
    worst = std::fmax(worst, std::abs(shares.recall - checked.recall(c)));
    worst = std::fmax(worst, std::abs(shares.f1 - checked.f1(c)));
    fmt::print("  class {}: F1 by loops {:.4f}, by the module {:.4f}\n", c, shares.f1,
               checked.f1(c));
  }
  fmt::print("  largest difference of all below 1e-12: {}\n", worst < 1e-12 ? "yes" : "no");
  // [/check]

  // [top]
  heading("9.6 The second guess");
  const Tensor rows{
      {0.1F, 0.6F, 0.2F, 0.1F}, {0.5F, 0.3F, 0.15F, 0.05F}, {0.2F, 0.25F, 0.15F, 0.4F}};
  const Labels right{1, 1, 0};
  for (std::size_t k = 1; k <= 3; ++k) {
    nn::TopAccuracy top{k};
    top.add(rows, right);
    fmt::print("  {}: {:.3f}\n", top.name(), top.value());
  }
  // [/top]

  // [train]
  heading("9.7 Ten digits");
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  nn::Random weights{1};
  nn::Sequential network{nn::Dense{784, 64, nn::He{weights}}, nn::ReLU{},
                         nn::Dense{64, 10, nn::Glorot{weights}}};
  nn::Trainer trainer{network, nn::SoftmaxCrossEntropy{}, nn::Adam{{.learning_rate = 2e-3F}}};
  trainer.watch(nn::Accuracy{});
  trainer.watch(nn::F1{10});
  trainer.watch(nn::TopAccuracy{2});
  trainer.watch(nn::TopAccuracy{3});
  const nn::History history = trainer.fit(digits.training, {.epochs = 2});
  const nn::Evaluation seen = trainer.evaluate(digits.validation);
  for (std::size_t i = 0; i < seen.metrics.size(); ++i) {
    fmt::print("  {:<15}{:.3f}\n", history.metrics[i], seen.metrics[i]);
  }
  // [/train]

  // [digits]
  heading("9.8 The digits' matrix");
  const Labels& labels = digits.validation.targets.labels();
  const Labels answers = nn::predict_classes(network, digits.validation.inputs);
  ConfusionMatrix confusion{10};
  confusion.add(answers, labels);
  fmt::print("{}", confusion.table());
  std::string cells = "actual,predicted,count\n";  // the data of the figure
  for (std::size_t a = 0; a < 10; ++a) {
    for (std::size_t p = 0; p < 10; ++p) cells += fmt::format("{},{},{}\n", a, p, confusion(a, p));
  }
  lecture::keep("09_confusion.csv", cells);
  // [/digits]

  // [report]
  heading("9.9 Digit by digit");
  fmt::print("{}", confusion.report());
  // [/report]

  // [pairs]
  heading("9.10 Which for which");
  struct Pair {
    std::size_t one, other;
  };
  for (const auto [one, other] : {Pair{4, 9}, Pair{7, 9}, Pair{2, 3}, Pair{3, 8}, Pair{5, 8}}) {
    fmt::print("  {} taken for {}: {:2}    {} taken for {}: {:2}\n", one, other,
               confusion(one, other), other, one, confusion(other, one));
  }
  std::size_t mistakes = 0;
  std::size_t frequent = 0;
  const std::vector<ConfusionMatrix::Confusion> confusions = confusion.confusions();
  for (std::size_t i = 0; i < confusions.size(); ++i) {
    mistakes += confusions[i].count;
    if (i < 10) frequent += confusions[i].count;  // most frequent first
  }
  fmt::print("  {} mistakes; {} of them are of the ten most frequent kinds out of 90\n", mistakes,
             frequent);
  // [/pairs]

  // [break]
  heading("9.11 Break it: the arguments swapped");
  ConfusionMatrix swapped{3};
  swapped.add(animals, guesses);  // the wrong way round, and it compiles
  fmt::print("{}", swapped.report());
  fmt::print("accuracy {:.1f}\n", swapped.accuracy());
}
// [/break]
