#include <concepts>

import exercises.schedules;
import mine.schedules;

static_assert(!std::derived_from<mine::StepDecay, nn::StepDecay> &&
                  !std::derived_from<mine::Cosine, nn::Cosine> &&
                  !std::derived_from<mine::WarmUp, nn::WarmUp>,
              "the schedules that are graded must be yours");

int main() {
  return exercises::grade_and_print(
      exercises::schedules<mine::StepDecay, mine::Cosine, mine::WarmUp>(mine::learning_rate));
}
