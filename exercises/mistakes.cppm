/// @file
/// @brief The test of a grader: what is right passes, and each known mistake gets its own message.
module;

#include <fmt/core.h>

#include <functional>
#include <string>
#include <vector>

export module exercises.mistakes;

import exercises.grade;

export namespace exercises {

/// A solution with a mistake.
struct Tried {
  std::string words;  ///< Part of what the grader must say.
  std::vector<Step> steps;
};

/// Steps that each begin with a call: one class can then make many mistakes, and the grader is
/// compiled for it only once.
/// @param prepare Chooses the mistake.
/// @param steps The steps for the class.
std::vector<Step> prepared(const std::function<void()>& prepare, std::vector<Step> steps) {
  for (Step& step : steps) {
    step.look = [prepare, look = step.look] {
      prepare();
      look();
    };
  }
  return steps;
}

/// The program of the test.
/// @param right The steps for a right solution.
/// @param mistakes At least eight, each with other words.
/// @return The status of the program: 0 if the grader says what it must.
int check_mistakes(const std::vector<Step>& right, const std::vector<Tried>& mistakes) {
  int failed = 0;
  const auto complain = [&](const std::string& words) {
    fmt::print("{}\n", words);
    failed = 1;
  };
  if (const Outcome outcome = grade(right); !outcome.step.empty()) {
    complain(fmt::format("The right solution fails: {}: {}", outcome.step, outcome.words));
  }
  if (mistakes.size() < 8)
    complain(fmt::format("{} mistakes, expected 8 or more", mistakes.size()));
  for (const Tried& mistake : mistakes) {
    const Outcome outcome = grade(mistake.steps);
    if (outcome.words.find(mistake.words) == std::string::npos) {
      complain(fmt::format("Expected '{}', got: {}: {}\n", mistake.words, outcome.step,
                           outcome.step.empty() ? "every step passed" : outcome.words));
    }
  }
  return failed;
}

}  // namespace exercises
