// Micro averages with one mistake each, and what the grader must say about it.
#include <cstddef>
#include <vector>

import exercises.micro;
import exercises.mistakes;

using nn::ConfusionMatrix;

namespace {

/// TP, FP and FN.
struct Sums {
  std::size_t tp = 0;
  std::size_t fp = 0;
  std::size_t fn = 0;
};

double divided(std::size_t a, std::size_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}
double ratio(std::size_t a, std::size_t b) { return b == 0 ? 0 : divided(a, b); }
double rounded_down(std::size_t a, std::size_t b) {
  return b == 0 ? 0 : static_cast<double>(a / b);
}
double upside_down(std::size_t a, std::size_t b) { return a == 0 ? 0 : divided(b, a); }
double by_classes(std::size_t a, std::size_t b) { return ratio(a, 3 * b); }

Sums right_sums(const ConfusionMatrix& m) {
  Sums all;
  for (std::size_t c = 0; c < m.size(); ++c) {
    all.tp += m(c, c);
    all.fp += m.predictions(c) - m(c, c);
    all.fn += m.samples(c) - m(c, c);
  }
  return all;
}
Sums all_samples(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  all.tp = m.total();
  return all;
}
Sums first_class(const ConfusionMatrix& m) { return {m(0, 0), 0, 0}; }
Sums last_class(const ConfusionMatrix& m) { return {m(m.size() - 1, m.size() - 1), 0, 0}; }
Sums fp_with_tp(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  all.fp += all.tp;
  return all;
}
Sums fn_with_tp(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  all.fn += all.tp;
  return all;
}
Sums twice(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  all.fp = all.fn = all.fp + all.fn;
  return all;
}
Sums with_negatives(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  for (std::size_t c = 0; c < m.size(); ++c) {
    all.fp += m.total() + m(c, c) - m.samples(c) - m.predictions(c);
  }
  return all;
}
Sums off_diagonal(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  all.fn = all.fp;
  return all;
}
Sums none_is_positive(const ConfusionMatrix& m) {
  Sums all = right_sums(m);
  all.fp = all.fn;
  return all;
}
Sums exchanged(const ConfusionMatrix& m) {
  const Sums all = right_sums(m);
  return {all.tp, all.fn, all.fp};
}

/// Parts of an average, and how they are divided.
using Divide = double(std::size_t a, std::size_t b);
using Average = double(const Sums& all, const ConfusionMatrix& m, Divide divide);
double precision(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(all.tp, all.tp + all.fp);
}
double recall(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(all.tp, all.tp + all.fn);
}
double f1(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(2 * all.tp, 2 * all.tp + all.fp + all.fn);
}
double macro_precision(const Sums& /*all*/, const ConfusionMatrix& m, Divide /*divide*/) {
  return m.macro_precision();
}
double macro_recall(const Sums& /*all*/, const ConfusionMatrix& m, Divide /*divide*/) {
  return m.macro_recall();
}
double macro_f1(const Sums& /*all*/, const ConfusionMatrix& m, Divide /*divide*/) {
  return m.macro_f1();
}
double without_tp(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(all.tp, all.fp);
}
double of_mistakes(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(all.fp, all.tp + all.fp);
}
double both_below(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(all.tp, all.tp + all.fp + all.fn);
}
double without_two(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(all.tp, 2 * all.tp + all.fp + all.fn);
}
double without_two_below(const Sums& all, const ConfusionMatrix& /*m*/, Divide divide) {
  return divide(2 * all.tp, all.tp + all.fp + all.fn);
}
double arithmetic_mean(const Sums& all, const ConfusionMatrix& m, Divide divide) {
  return (precision(all, m, divide) + recall(all, m, divide)) / 2;
}

/// What the averages are made of; each of them can be spoiled.
struct Ways {
  Sums (*sums)(const ConfusionMatrix& m) = right_sums;
  Divide* divide = ratio;
  Average* precision = ::precision;
  Average* recall = ::recall;
  Average* f1 = ::f1;
};

struct Micro {
  static inline Ways ways;
  static Sums sums(const ConfusionMatrix& m) { return ways.sums(m); }
  static double precision(const ConfusionMatrix& m) {
    return ways.precision(sums(m), m, ways.divide);
  }
  static double recall(const ConfusionMatrix& m) { return ways.recall(sums(m), m, ways.divide); }
  static double f1(const ConfusionMatrix& m) { return ways.f1(sums(m), m, ways.divide); }
};

std::vector<exercises::Step> steps(const Ways& ways) {
  return exercises::prepared([ways] { Micro::ways = ways; }, exercises::micro<Micro>());
}

exercises::Tried tried(const char* words, const Ways& ways) { return {words, steps(ways)}; }

}  // namespace

int main() {
  return exercises::check_mistakes(
      steps({}),
      {tried("That is the number of all samples", {.sums = all_samples}),
       tried("That is the TP of one class", {.sums = first_class}),
       tried("That is the TP of the last class", {.sums = last_class}),
       tried("subtract matrix(c, c) from predictions(c)", {.sums = fp_with_tp}),
       tried("subtract matrix(c, c) from samples(c)", {.sums = fn_with_tp}),
       tried("Each mistake counts twice here", {.sums = twice}),
       tried("The true negatives do not belong to FP", {.sums = with_negatives}),
       tried("is a false negative: samples(c)", {.sums = off_diagonal}),
       tried("A prediction of no class is not a false positive", {.sums = none_is_positive}),
       tried("FP and FN are exchanged", {.sums = exchanged}),
       tried("That is the macro average", {.precision = macro_precision}),
       tried("That is the macro average", {.recall = macro_recall}),
       tried("That is the macro average", {.f1 = macro_f1}),
       tried("rounded down", {.divide = rounded_down}),
       tried("are exchanged", {.divide = upside_down}),
       tried("divided by the number of classes", {.divide = by_classes}),
       tried("There is NaN", {.divide = divided}),
       tried("TP is divided by the mistakes alone", {.precision = without_tp}),
       tried("That is the fraction of mistakes", {.precision = of_mistakes}),
       tried("FP and FN are both in the denominator", {.recall = both_below}),
       tried("The factor 2 is missing in both", {.f1 = both_below}),
       tried("The factor 2 is missing in the numerator", {.f1 = without_two}),
       tried("The factor 2 is missing in the denominator", {.f1 = without_two_below}),
       tried("That is the recall: precision needs FP", {.precision = recall}),
       tried("That is the precision: recall needs FN", {.recall = precision}),
       tried("That is the arithmetic mean", {.f1 = arithmetic_mean})});
}
