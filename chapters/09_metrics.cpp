// Chapter 9: metrics. Read with docs/chapters/09_metrics.md.

// [fold: Headers and imports]
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

import lecture;
import nn;

using lecture::heading;
using nn::ConfusionMatrix;
using nn::Labels;
using nn::Tensor;
// [/fold]

// [matrix]
const Labels animals{0, 0, 0, 1, 1, 1, 2, 2, 2, 2};  // 0 a cat, 1 a dog, 2 a bird
const Labels guesses{0, 0, 1, 0, 1, 1, 0, 2, 2, 2};

ConfusionMatrix matrix_of(std::size_t classes, const Labels& predicted, const Labels& actual) {
  ConfusionMatrix matrix{classes};
  matrix.add(predicted, actual);
  return matrix;
}

void the_matrix() {
  heading("9.2 The confusion matrix");
  const ConfusionMatrix matrix = matrix_of(3, guesses, animals);
  fmt::print("{}accuracy {:.1f}\n", matrix.table(), matrix.accuracy());
}
// [/matrix]

// [shares]
void precision_and_recall() {
  heading("9.3 Precision, recall, F1");
  fmt::print("{}", matrix_of(3, guesses, animals).report());
}
// [/shares]

// [means]
/// Reports on a judge of letters, given the cells row by row; class 0 is genuine, class 1 forged.
void judge(const char* name, const std::vector<int>& cells) {
  ConfusionMatrix matrix{2};
  for (std::size_t c = 0; c < 4; ++c)
    for (int i = 0; i < cells[c]; ++i) matrix.add(Labels{c % 2}, Labels{c / 2});
  fmt::print("{}\n{}", name, matrix.report());
}

void one_number() {
  heading("9.4 One number for all classes");
  judge("always \"genuine\"", {970, 0, 30, 0});
  judge("the detector", {924, 46, 6, 24});
}
// [/means]

// [check]
void check_yourself() {
  heading("9.5 Check yourself");
  nn::Random random{9};
  Labels actual;
  Labels predicted;
  for (std::size_t i = 0; i < 1'000; ++i) {
    actual.push_back(random.below(5));
    predicted.push_back(random.uniform() < 0.6 ? actual[i] % 4 : random.below(4));  // never a 4
  }
  const ConfusionMatrix matrix = matrix_of(5, predicted, actual);
  for (std::size_t c = 0; c < 5; ++c) {
    double tp = 0;
    double fp = 0;
    double fn = 0;
    for (std::size_t n = 0; n < 1'000; ++n) {
      if (predicted[n] == c) ++(actual[n] == c ? tp : fp);
      if (predicted[n] != c && actual[n] == c) ++fn;
    }
    const double error =
        std::max({std::abs(matrix.precision(c) - tp / std::fmax(1, tp + fp)),  // 0/0 is 0
                  std::abs(matrix.recall(c) - tp / std::fmax(1, tp + fn)),
                  std::abs(matrix.f1(c) - 2 * tp / std::fmax(1, 2 * tp + fp + fn))});
    lecture::check(fmt::format("class {}, F1 {:.4f}", c, matrix.f1(c)), error, 1e-12);
  }
}
// [/check]

// [top]
void top_k_accuracy() {
  heading("9.6 Top-k accuracy");
  const Tensor rows{
      {0.1F, 0.6F, 0.2F, 0.1F}, {0.5F, 0.3F, 0.15F, 0.05F}, {0.2F, 0.25F, 0.15F, 0.4F}};
  for (std::size_t k = 1; k <= 3; ++k) {
    nn::TopAccuracy top{k};
    top.add(rows, Labels{1, 1, 0});
    fmt::print("  {}: {:.3f}\n", top.name(), top.value());
  }
}
// [/top]

// [train]
nn::Sequential trained(const nn::Dataset& images, std::size_t epochs, std::size_t seed) {
  nn::Random random{seed};
  nn::Sequential network{nn::Dense{784, 64, nn::He{random}}, nn::ReLU{},
                         nn::Dense{64, 10, nn::Glorot{random}}};
  const nn::Adam adam{{.learning_rate = 2e-3F}};
  nn::Training training{network, nn::SoftmaxCrossEntropy{}, adam, images, {.epochs = epochs}};
  while (!training.is_over()) training.run_epoch();
  return network;
}

void ten_digits(const nn::Sequential& network, const nn::Dataset& images) {
  heading("9.7 Metrics for ten digits");
  const auto seen = nn::evaluate(network, nn::SoftmaxCrossEntropy{}, images, nn::Accuracy{},
                                 nn::F1{10}, nn::TopAccuracy{2}, nn::TopAccuracy{3});
  const std::vector<const char*> names{"accuracy", "f1", "top_2_accuracy", "top_3_accuracy"};
  for (std::size_t i = 0; i < 4; ++i) fmt::print("  {:<15}{:.3f}\n", names[i], seen.metrics[i]);
}
// [/train]

// [digits]
void the_digits_matrix(const nn::Sequential& network, const nn::Dataset& images) {
  heading("9.8 The confusion matrix of the digits");
  const Labels answers = nn::predict_classes(network, images.inputs);
  const ConfusionMatrix confusion = matrix_of(10, answers, images.targets.labels());
  fmt::print("{}{}", confusion.table(), confusion.report());
}
// [/digits]

// [answers]
/// An answer to a yes-or-no question: how confident the classifier is of yes, and the truth.
struct Answer {
  double score;
  bool is;
};

/// Class 1 is yes; the classifier says yes if the score is at least the threshold.
ConfusionMatrix matrix_at(double threshold, const std::vector<Answer>& answers) {
  ConfusionMatrix matrix{2};
  for (const auto& [score, is] : answers)
    matrix.add(Labels{score >= threshold ? 1U : 0U}, Labels{is ? 1U : 0U});
  return matrix;
}

/// The area under the ROC curve, as a sum of columns: each negative is a step to the right.
double area(std::vector<Answer> answers) {
  std::ranges::sort(answers, [](auto& a, auto& b) { return a.score > b.score; });
  double positives = 0;
  double sum = 0;
  for (const Answer& answer : answers) {
    if (answer.is) ++positives;
    if (!answer.is) sum += positives;  // the height of its column
  }
  return sum / (positives * (static_cast<double>(answers.size()) - positives));
}

/// The fraction of pairs of a positive and a negative in which the positive has the higher score.
double ranked_right(const std::vector<Answer>& answers) {
  double right = 0;
  double wrong = 0;
  for (const Answer& a : answers)
    for (const Answer& b : answers)
      if (a.is && !b.is) ++(a.score > b.score ? right : wrong);
  return right / (right + wrong);
}
// [/answers]

// [threshold]
void show_thresholds(const char* name, const std::vector<Answer>& answers,
                     const std::vector<double>& thresholds) {
  fmt::print("{}\n  threshold   precision     recall   false positive rate\n", name);
  for (const double t : thresholds) {
    const ConfusionMatrix matrix = matrix_at(t, answers);
    fmt::print("  {:9.3f}{:10.2f} %{:9.2f} %{:20.2f} %\n", t, 100 * matrix.precision(1),
               100 * matrix.recall(1), 100 - 100 * matrix.recall(0));
  }
  fmt::print("  area under the ROC curve {:.4f}\n", area(answers));
  lecture::check("area and pairs", std::abs(area(answers) - ranked_right(answers)), 1e-5);
}

void moving_the_threshold(const nn::Sequential& network, const nn::Dataset& images) {
  heading("9.9 Moving the threshold");
  show_thresholds("six samples",
                  {{0.9, true}, {0.8, true}, {0.7, false}, {0.4, true}, {0.3, false}, {0.1, false}},
                  {0.9, 0.8, 0.7, 0.4, 0.3, 0.1});
  const Tensor probabilities = nn::predict_probabilities(network, images.inputs);
  std::vector<Answer> nines(images.size());
  for (std::size_t n = 0; n < images.size(); ++n)
    nines[n] = {probabilities(n, 9), images.targets.labels()[n] == 9};
  show_thresholds("is it a 9?", nines,
                  {0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99});
}
// [/threshold]

// [calibration]
struct Bin {
  double count, confidence, right;  ///< Number of answers, sum of confidences, right answers.
};

std::vector<Bin> ten_bins(const Tensor& probabilities, const Labels& labels) {
  std::vector<Bin> bins(10);
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const std::size_t said = Labels::from_row(probabilities.row(n));
    const double confidence = probabilities(n, said);
    Bin& bin = bins[std::min(static_cast<std::size_t>(10 * confidence), std::size_t{9})];
    ++bin.count;
    bin.confidence += confidence;
    if (said == labels[n]) ++bin.right;
  }
  return bins;
}

double calibration_error(const std::vector<Bin>& bins) {
  double sum = 0;
  double count = 0;
  for (const Bin& bin : bins) {
    sum += std::abs(bin.right - bin.confidence);
    count += bin.count;
  }
  return sum / count;
}

void show(const char* name, const std::vector<Bin>& bins) {
  fmt::print("{}\n  answers   confidence      right\n", name);
  for (const auto& [count, confidence, right] : bins) {
    const double percent = 100 / std::fmax(1, count);
    fmt::print("  {:7}{:11.2f} %{:9.2f} %\n", count, percent * confidence, percent * right);
  }
  fmt::print("  expected calibration error {:.2f} %\n", 100 * calibration_error(bins));
}

void calibration(const nn::Sequential& network, const nn::Dataset& images) {
  heading("9.10 Calibration");
  const Tensor six{{0.95F, 0.05F}, {0.95F, 0.05F}, {0.85F, 0.15F},
                   {0.85F, 0.15F}, {0.65F, 0.35F}, {0.65F, 0.35F}};
  show("six answers", ten_bins(six, Labels{0, 0, 0, 1, 0, 1}));
  show("the network",
       ten_bins(nn::predict_probabilities(network, images.inputs), images.targets.labels()));
}
// [/calibration]

// [temperature]
Tensor softmax_at(double temperature, Tensor logits) {
  for (nn::real& z : logits.values()) z /= static_cast<nn::real>(temperature);
  return nn::Softmax{}.predict(logits);
}

/// Prints the cost of every candidate and returns the candidate with the lowest cost.
double best_temperature(const Tensor& z, const nn::Targets& labels) {
  const std::vector<double> candidates{1, 1.4, 1.6, 1.8, 2, 2.2};
  const auto cost = [&](double t) { return nn::CrossEntropy::value(softmax_at(t, z), labels); };
  for (const double t : candidates) fmt::print("  {}: {:.4f}", t, cost(t));
  return std::ranges::min(candidates, {}, cost);
}

void temperature_scaling(const nn::Split& digits) {
  heading("9.11 Temperature scaling");
  const Labels& labels = digits.test.targets.labels();
  for (const std::size_t seed : {1U, 2U, 3U}) {
    const nn::Sequential network = trained(digits.training, 20, seed);
    fmt::print("network {}: cost on the validation images by temperature\n", seed);
    const double best =
        best_temperature(nn::predict(network, digits.validation.inputs), digits.validation.targets);
    const Tensor logits = nn::predict(network, digits.test.inputs);
    const std::vector<Bin> before = ten_bins(softmax_at(1, logits), labels);
    const std::vector<Bin> after = ten_bins(softmax_at(best, logits), labels);
    fmt::print("\n  test images: calibration error {:.2f} % at T = 1, {:.2f} % at T = {}\n",
               100 * calibration_error(before), 100 * calibration_error(after), best);
    if (seed == 1) show("network 1 on the test images, T = 1", before);
    if (seed == 1) show("network 1 on the test images, the chosen T", after);
  }
}
// [/temperature]

// [break]
void break_it() {
  heading("9.12 Break it: the arguments swapped");
  const ConfusionMatrix swapped = matrix_of(3, animals, guesses);  // and it compiles
  fmt::print("{}accuracy {:.1f}\n", swapped.report(), swapped.accuracy());
}
// [/break]

// [main]
int main(int argc, char** argv) {
  lecture::begin(argc, argv, "Chapter 9: metrics");
  the_matrix();
  precision_and_recall();
  one_number();
  check_yourself();
  top_k_accuracy();
  const nn::Split digits = nn::mnist::load(NN_MNIST_FOLDER, {.validation = 1.0 / 6});
  const nn::Sequential network = trained(digits.training, 2, 1);
  ten_digits(network, digits.validation);
  the_digits_matrix(network, digits.validation);
  moving_the_threshold(network, digits.validation);
  calibration(network, digits.validation);
  temperature_scaling(digits);
  break_it();
}
// [/main]
