#include <cstddef>

import exercises.training;
import mine.training;

int main() {
  using namespace exercises;
  return grade_and_print(training({.run_epoch = mine::run_epoch<Network, Cost, Optimizer>,
                                   .accuracy = mine::accuracy<Network>,
                                   .stopping = [](std::size_t patience) -> IsOver {
                                     return [mine = mine::EarlyStopping{patience}](
                                                double cost) mutable { return mine.is_over(cost); };
                                   }}));
}
