/// @file
/// @brief Grades the confusion matrix and what is computed from it.
module;

#include <fmt/core.h>

#include <cstddef>
#include <string>
#include <vector>

export module exercises.metrics;

export import exercises.grade;
export import nn.metrics;

using nn::Labels;

export namespace exercises {

/// The steps for a class like nn::ConfusionMatrix.
template <class ConfusionMatrix>
std::vector<Step> metrics() {
  // Of class 0: 3 right, 2 as 1. Of class 1: 1 as 0, 1 right, 3 as 2. Of class 2: 2 right. Class 3
  // never.
  static const Labels actual{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2};
  static const Labels predicted{0, 0, 0, 1, 1, 0, 1, 2, 2, 2, 2, 2};
  const auto matrix = [] {
    ConfusionMatrix filled{4};
    filled.add(predicted, actual);
    return filled;
  };
  const auto right = [] {
    nn::ConfusionMatrix filled{4};
    filled.add(predicted, actual);
    return filled;
  };

  return {
      {"add",
       [matrix, right] {
         const ConfusionMatrix mine = matrix();
         const nn::ConfusionMatrix counts = right();
         bool is_same = true;
         bool is_turned = true;
         std::string first;
         for (std::size_t i = 0; i < 4; ++i) {
           for (std::size_t j = 0; j < 4; ++j) {
             is_turned = is_turned && mine(i, j) == counts(j, i);
             if (mine(i, j) == counts(i, j)) continue;
             if (is_same) {
               first =
                   fmt::format("{} samples of class {} were predicted as {}, but the count is {}.",
                               counts(i, j), i, j, mine(i, j));
             }
             is_same = false;
           }
         }
         require(is_same,
                 is_turned ? "Rows and columns are exchanged: a row is an actual class." : first);
       }},
      {"add: a second time",
       [matrix] {
         ConfusionMatrix mine = matrix();
         mine.add(predicted, actual);
         require(mine(0, 0) != 3, "The counts of the first call are gone: add to them.");
         require(mine(0, 0) == 6, fmt::format("The count (0, 0) is {}, expected 6.", mine(0, 0)));
       }},
      {"accuracy",
       [matrix, right] {
         expect("the accuracy", matrix().accuracy(), right().accuracy(),
                {{"That is the number of right samples: divide by that of all.", number(6)},
                 {"That is the mean of the recalls: each sample counts once, whatever its class.",
                  number((0.6 + 0.2 + 1) / 3)},
                 {"That is the mean of the recalls: each sample counts once, whatever its class.",
                  number((0.6 + 0.2 + 1) / 4)},
                 {"Right samples are divided by wrong ones: divide by all.", number(1)}});
       }},
      {"precision",
       [matrix, right] {
         for (std::size_t i = 0; i < 3; ++i) {
           expect(fmt::format("the precision of class {}", i), matrix().precision(i),
                  right().precision(i),
                  {{"That is the recall: precision looks at a column.", number(right().recall(i))},
                   {"You divided by the number of all samples.",
                    number(static_cast<double>(right()(i, i)) / 12)}});
         }
       }},
      {"recall",
       [matrix, right] {
         for (std::size_t i = 0; i < 3; ++i) {
           expect(fmt::format("the recall of class {}", i), matrix().recall(i), right().recall(i),
                  {{"That is the precision: recall looks at a row.", number(right().precision(i))},
                   {"You divided by the number of all samples.",
                    number(static_cast<double>(right()(i, i)) / 12)}});
         }
       }},
      {"f1",
       [matrix, right] {
         for (std::size_t i = 0; i < 3; ++i) {
           const double p = right().precision(i);
           const double r = right().recall(i);
           expect(fmt::format("the F1 of class {}", i), matrix().f1(i), right().f1(i),
                  {{"That is the arithmetic mean, (p + r) / 2.", number((p + r) / 2)},
                   {"The factor 2 is missing.", number(p * r / (p + r))},
                   {"That is p · r: divide by the mean of both.", number(p * r)}});
         }
       }},
      {"a class that never occurs", [matrix] {
         const ConfusionMatrix mine = matrix();
         for (const double x : {mine.precision(3), mine.recall(3), mine.f1(3)}) {
           require(x == x, "For class 3, which never occurs, there is NaN: 0/0 must be 0.");
           expect("a metric of class 3, which never occurs", x, 0);
         }
         require(ConfusionMatrix{2}.accuracy() == 0,
                 "Without samples, the accuracy must be 0: 0/0 must be 0.");
       }}};
}

}  // namespace exercises
