/// @file
/// @brief Grades micro averages.
module;

#include <cmath>
#include <cstddef>
#include <vector>

export module exercises.micro;

export import exercises.grade;
export import nn.metrics;
import nn.random;

using nn::ConfusionMatrix;
using nn::Labels;

namespace exercises {

ConfusionMatrix matrix_of(const Labels& predicted, const Labels& actual) {
  ConfusionMatrix matrix{3};
  matrix.add(predicted, actual);
  return matrix;
}

double as_double(std::size_t count) { return static_cast<double>(count); }

}  // namespace exercises

export namespace exercises {

/// The steps for a class with sums(matrix), precision(matrix), recall(matrix) and f1(matrix).
template <class Micro>
std::vector<Step> micro() {
  // The ten animals of chapter 9: three cats, three dogs, four birds.
  static const ConfusionMatrix animals =
      matrix_of(Labels{0, 0, 1, 0, 1, 1, 0, 2, 2, 2}, Labels{0, 0, 0, 1, 1, 1, 2, 2, 2, 2});
  // Two right, one wrong, and three that were predicted as no class.
  constexpr std::size_t none = Labels::no_class;
  static const ConfusionMatrix with_none =
      matrix_of(Labels{0, 1, 0, none, none, none}, Labels{0, 1, 2, 2, 2, 1});
  static const auto of = [](double a, double b) { return number(a / b); };

  return {
      {"sums: TP of the animals of section 9.2",
       [] {
         expect("TP", as_double(Micro::sums(animals).tp), 7,
                {{"That is the number of all samples: TP counts only those on the diagonal.",
                  number(10)},
                 {"That is the TP of one class: add those of all.", number(2)},
                 {"That is the TP of the last class: add (+=) instead of overwriting (=).",
                  number(3)}});
       }},
      {"sums: FP and FN of the animals",
       [] {
         const auto mistakes = [](const char* with_tp, const char* true_negatives) {
           return std::vector<Mistake>{
               {with_tp, number(10)},
               {"Each mistake counts twice here: it is an FP of the predicted class, and an FN of "
                "the actual one.",
                number(6)},
               {true_negatives, number(20)},
               {"That is TP.", number(7)}};
         };
         expect("FP", as_double(Micro::sums(animals).fp), 3,
                mistakes("It contains the TP: subtract matrix(c, c) from predictions(c).",
                         "The true negatives do not belong to FP."));
         expect("FN", as_double(Micro::sums(animals).fn), 3,
                mistakes("It contains the TP: subtract matrix(c, c) from samples(c).",
                         "The true negatives do not belong to FN."));
       }},
      {"sums: samples that were predicted as no class",
       [] {
         const auto got = Micro::sums(with_none);
         require(!(got.fp == 4 && got.fn == 1),
                 "FP and FN are exchanged: an FP counts for the class that was predicted.");
         expect("FP", as_double(got.fp), 1,
                {{"A prediction of no class is not a false positive of any class.", number(4)}});
         expect("FN", as_double(got.fn), 4,
                {{"A sample that was predicted as no class is a false negative: samples(c) counts "
                  "it.",
                  number(1)}});
       }},
      {"precision, recall and F1 of the animals",
       [] {
         const auto mistakes = [](double macro) {
           return std::vector<Mistake>{
               {"That is the macro average, a mean over the classes.", number(macro)},
               {"A quotient of whole numbers is rounded down: convert them to double first.",
                number(0)},
               {"TP is divided by the mistakes alone: add TP in the denominator.", of(7, 3)},
               {"That is the fraction of mistakes: TP belongs in the numerator.", of(3, 10)},
               {"Numerator and denominator are exchanged.", of(10, 7)},
               {"FP and FN are both in the denominator: each average has one of them.", of(7, 13)},
               {"The factor 2 is missing in the numerator: F1 is 2 TP / (2 TP + FP + FN).",
                of(7, 20)},
               {"It is divided by the number of classes: the sums are over all of them already.",
                of(7, 30)}};
         };
         expect("the precision", Micro::precision(animals), 0.7,
                mistakes(animals.macro_precision()));
         expect("the recall", Micro::recall(animals), 0.7, mistakes(animals.macro_recall()));
         std::vector<Mistake> of_f1 = mistakes(animals.macro_f1());
         of_f1[5].words = "The factor 2 is missing in both: that is TP / (TP + FP + FN).";
         of_f1.push_back(
             {"The factor 2 is missing in the denominator: F1 is 2 TP / (2 TP + FP + FN).",
              of(14, 13)});
         expect("F1", Micro::f1(animals), 0.7, of_f1);
       }},
      {"precision, recall and F1 with samples that were predicted as no class",
       [] {
         expect("the precision", Micro::precision(with_none), 2.0 / 3,
                {{"That is the recall: precision needs FP, not FN.", of(2, 6)}});
         expect("the recall", Micro::recall(with_none), 2.0 / 6,
                {{"That is the precision: recall needs FN, not FP.", of(2, 3)}});
         expect("F1", Micro::f1(with_none), 4.0 / 9,
                {{"That is the arithmetic mean of precision and recall.", of(1, 2)},
                 {"That is the precision.", of(2, 3)},
                 {"That is the recall.", of(2, 6)},
                 {"That is precision · recall.", of(2, 9)}});
       }},
      {"all three without samples, and without TP",
       [] {
         const ConfusionMatrix empty{3};
         const ConfusionMatrix wrong = matrix_of(Labels{1, 2}, Labels{0, 0});
         for (const ConfusionMatrix& matrix : {empty, wrong}) {
           for (const double x :
                {Micro::precision(matrix), Micro::recall(matrix), Micro::f1(matrix)}) {
             require(!std::isnan(x), "There is NaN: 0/0 must be 0.");
             expect("an average of a matrix with zeros on its diagonal", x, 0);
           }
         }
       }},
      {"all three are the accuracy: 1000 samples of 10 classes", [] {
         nn::Random random{1};
         ConfusionMatrix matrix{10};
         for (int n = 0; n < 1000; ++n) {
           const std::size_t actual = random.below(10);
           const bool is_right = random.uniform() < 0.8;
           matrix.add(Labels{is_right ? actual : random.below(10)}, Labels{actual});
         }
         expect("the precision", Micro::precision(matrix), matrix.accuracy());
         expect("the recall", Micro::recall(matrix), matrix.accuracy());
         expect("F1", Micro::f1(matrix), matrix.accuracy());
       }}};
}

}  // namespace exercises
